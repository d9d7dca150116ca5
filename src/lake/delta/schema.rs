//! A table's columns as Delta's schema.
//!
//! Delta reads the files that are there, so a column is in the schema only if its type in the file is one that Delta has, and
//! its name is one that needs no column mapping. Files may have more columns than the schema: the others are left out, and
//! that is said. All columns are nullable to Delta: its "not null" binds writers, and nobody else writes here, but older
//! files may lack a column or have been written when it could be null.

use crate::lake::manifest::{File, Table};
use crate::normalize::LOAD_ID;
use crate::normalize::schema::{Column, DataType};
use crate::normalize::time::format_date;
use crate::parquet::{self, ColumnSpec, Physical};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Digits that Delta's decimals can have.
const MAX_DIGITS: u8 = 38;

/// A table to Delta's readers.
pub struct DeltaSchema<'a> {
    /// Delta's `schemaString`.
    pub text: String,
    /// Columns that statistics are given of, each with its place in files.
    told: Vec<(usize, &'a Column)>,
    /// Columns that Delta's readers do not see, and why.
    pub left_out: Vec<(&'a str, String)>,
    /// It has a timestamp without a zone, for which readers need a feature of its own.
    pub local_times: bool,
}

impl DeltaSchema<'_> {
    pub fn of(table: &Table) -> DeltaSchema<'_> {
        let (mut fields, mut told, mut left_out, mut local_times) = (Vec::new(), Vec::new(), Vec::new(), false);
        let mut names = BTreeSet::new();
        for (place, column) in table.columns().enumerate() {
            let type_ = if !fits(&column.name) {
                Err("its name has a character that Delta's column names must not have".to_owned())
            } else if !names.insert(column.name.to_lowercase()) {
                Err("another column has its name in other letters".to_owned())
            } else {
                delta_type(column)
            };
            match type_ {
                Ok(type_) => {
                    local_times |= type_ == LOCAL_TIMESTAMP;
                    fields.push(json!({ "name": column.name, "type": type_, "nullable": true, "metadata": {} }));
                    told.extend(always_bounded(column).then_some((place, column)));
                }
                Err(reason) => left_out.push((column.name.as_str(), reason)),
            }
        }
        let text = json!({ "type": "struct", "fields": fields }).to_string();
        DeltaSchema { text, told, left_out, local_times }
    }

    /// Table properties: which columns have statistics. Readers that are not told expect them of the first 32, and some take a
    /// bound that is missing for one that nothing fits.
    pub fn properties(&self) -> Value {
        let names: Vec<&str> = self.told.iter().map(|(_, column)| column.name.as_str()).collect();
        match names.is_empty() {
            true => json!({ "delta.dataSkippingNumIndexedCols": "0" }),
            false => json!({ "delta.dataSkippingStatsColumns": names.join(",") }),
        }
    }

    /// Delta's statistics of a file. Bounds are given of all columns that have values, or of none.
    pub fn stats(&self, file: &File) -> String {
        let mut all = json!({ "numRecords": file.rows });
        let (Some(all), Some(stats)) = (all.as_object_mut(), &file.stats) else { return all.to_string() };
        // A column that came later is null in all of the file's rows.
        let nulls = |place: usize| stats.nulls.get(place).copied().unwrap_or(file.rows);
        let (mut min, mut max, mut null_count) = (Map::new(), Map::new(), Map::new());
        let mut complete = true;
        for (place, column) in &self.told {
            null_count.insert(column.name.clone(), nulls(*place).into());
            let bound = |values: &[Value], up| values.get(*place).and_then(|value| bound(column, value, up));
            match (bound(&stats.min, 0), bound(&stats.max, 999)) {
                (Some(least), Some(most)) => {
                    min.insert(column.name.clone(), least);
                    max.insert(column.name.clone(), most);
                }
                _ => complete &= nulls(*place) == file.rows,
            }
        }
        if complete {
            all.insert("minValues".into(), min.into());
            all.insert("maxValues".into(), max.into());
        }
        all.insert("nullCount".into(), null_count.into());
        Value::from(std::mem::take(all)).to_string()
    }
}

/// Whether every file has the column's least and greatest value, if it has any. Texts may be too long to be kept; a load's id
/// never is. The property that lists columns knows no other names than these.
fn always_bounded(column: &Column) -> bool {
    let plain = column.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let bounded = match column.data_type {
        Some(DataType::Bigint | DataType::Double | DataType::Timestamp | DataType::Date) => true,
        _ => column.name == LOAD_ID,
    };
    plain && bounded
}

const LOCAL_TIMESTAMP: &str = "timestamp_ntz";

fn delta_type(column: &Column) -> Result<String, String> {
    let spec = ColumnSpec::from(column);
    let name = match (spec.data_type, Physical::of(&spec)) {
        (DataType::Text | DataType::Json, _) => "string",
        (DataType::Binary, _) => "binary",
        (DataType::Bool, _) => "boolean",
        (DataType::Double, _) => "double",
        (DataType::Date, _) => "date",
        (DataType::Timestamp, _) if spec.timezone => "timestamp",
        (DataType::Timestamp, _) => LOCAL_TIMESTAMP,
        (DataType::Bigint, Physical::I32 { bits: 8 }) => "byte",
        (DataType::Bigint, Physical::I32 { bits: 16 }) => "short",
        (DataType::Bigint, Physical::I32 { .. }) => "integer",
        (DataType::Bigint, _) => "long",
        (_, Physical::Decimal { precision, scale, .. }) if precision <= MAX_DIGITS => {
            return Ok(format!("decimal({precision},{scale})"));
        }
        (_, Physical::Decimal { precision, .. }) => {
            return Err(format!("its numbers have {precision} digits, and Delta has {MAX_DIGITS}"));
        }
        (DataType::Time, _) => return Err("Delta has no type for a time of day".into()),
        (other, _) => return Err(format!("Delta has no type {}", other.name())),
    };
    Ok(name.into())
}

/// Without column mapping, Delta refuses what Parquet's oldest readers stumble over.
fn fits(name: &str) -> bool {
    !name.is_empty() && !name.contains([' ', ',', ';', '{', '}', '(', ')', '\n', '\t', '='])
}

/// 0001-01-01 to 9999-12-31: every reader's calendar has these days.
const DAYS: std::ops::RangeInclusive<i64> = -719_162..=2_932_896;
/// In microseconds.
const DAY: i64 = 86_400_000_000;

/// A bound as Delta writes it. Its timestamps have milliseconds: `up` microseconds are added before the rest is cut off.
fn bound(column: &Column, value: &Value, up: i64) -> Option<Value> {
    match (column.data_type, value.as_i64()) {
        (Some(DataType::Timestamp), Some(micros)) if DAYS.contains(&micros.div_euclid(DAY)) => {
            let millis = (micros + up).div_euclid(1000);
            Some(parquet::timestamp(millis * 1000, column.timezone != Some(false)).into())
        }
        (Some(DataType::Date), Some(days)) if DAYS.contains(&days) => Some(format_date(days).into()),
        (Some(DataType::Timestamp | DataType::Date), _) => None,
        _ => Some(value.clone()).filter(|value| !value.is_null()),
    }
}
