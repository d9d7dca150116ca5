//! What a finished file of ours says of its columns: how many nulls, and between which values the others lie.

use super::reader::{footer, unreadable};
use super::schema::Physical;
use super::{ColumnSpec, Reader};
use crate::error::Result;
use crate::normalize::schema::DataType;
use parquet_format_safe::Statistics;
use serde_json::Value as Json;

/// A column of a whole file.
#[derive(Clone, Debug, PartialEq)]
pub struct ColumnSummary {
    pub nulls: u64,
    /// The least and the greatest value: exact, or not given. Integers, microseconds and days are numbers, texts are texts.
    /// Decimals, binary, booleans, JSON, row ids and columns with a long text have none.
    pub bounds: Option<(Json, Json)>,
}

/// All columns of a file, from its footer alone.
///
/// # Errors
/// `parquet_read`, as [`Reader::open`].
pub fn summary(bytes: &[u8]) -> Result<Vec<ColumnSummary>> {
    let reader = Reader::open(bytes)?;
    let groups = footer(bytes)?.row_groups;
    let column = |(number, spec): (usize, &ColumnSpec)| {
        let mut column = ColumnSummary { nulls: 0, bounds: None };
        let mut known = true;
        for group in &groups {
            let meta = group.columns.get(number).and_then(|chunk| chunk.meta_data.as_ref());
            let statistics = meta.and_then(|meta| meta.statistics.as_ref());
            let statistics = statistics.ok_or_else(|| unreadable("a column without statistics").at(&spec.name))?;
            let nulls = statistics.null_count.unwrap_or_default();
            column.nulls += u64::try_from(nulls).unwrap_or_default();
            if nulls == group.num_rows {
                continue;
            }
            match bounds(spec, statistics) {
                Some(more) => column.bounds = Some(column.bounds.take().map_or(more.clone(), |all| widen(all, more))),
                None => known = false,
            }
        }
        column.bounds = column.bounds.filter(|_| known);
        Ok(column)
    };
    reader.schema().iter().enumerate().map(column).collect()
}

fn bounds(spec: &ColumnSpec, statistics: &Statistics) -> Option<(Json, Json)> {
    let value = |bytes: &Option<Vec<u8>>| {
        let bytes = bytes.as_deref()?;
        match Physical::of(spec) {
            Physical::I32 { .. } => Some(i32::from_le_bytes(bytes.try_into().ok()?).into()),
            Physical::I64 => Some(i64::from_le_bytes(bytes.try_into().ok()?).into()),
            // Infinity is no number in JSON.
            Physical::F64 => Some(serde_json::Number::from_f64(f64::from_le_bytes(bytes.try_into().ok()?))?.into()),
            Physical::Bytes if spec.data_type == DataType::Text => Some(std::str::from_utf8(bytes).ok()?.into()),
            _ => None,
        }
    };
    Some((value(&statistics.min_value)?, value(&statistics.max_value)?))
}

fn widen((min, max): (Json, Json), (least, most): (Json, Json)) -> (Json, Json) {
    (if less(&least, &min) { least } else { min }, if less(&max, &most) { most } else { max })
}

/// Texts compare by their bytes, numbers as what they are.
fn less(a: &Json, b: &Json) -> bool {
    match (a.as_i64().zip(b.as_i64()), a.as_f64().zip(b.as_f64()), a.as_str().zip(b.as_str())) {
        (Some((a, b)), ..) => a < b,
        (_, Some((a, b)), _) => a < b,
        (.., Some((a, b))) => a < b,
        _ => false,
    }
}
