//! Rows of Parquet files as JSON, for people and programs that ask for a few of them.

use super::reader::{ColumnData, Reader};
use super::{ColumnSpec, Physical};
use crate::error::Result;
use crate::normalize::schema::DataType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// Integers beyond this are not exact in JavaScript.
const MAX_SAFE: u64 = (1 << 53) - 1;

/// Rows `offset` to `offset + limit` of files that follow one another: a JSON object each, with the columns of its file in their
/// order. Row groups before the offset and after the limit are not decoded.
///
/// Times are RFC 3339 with microseconds (years beyond 9999 with a sign, as ISO 8601 has it), without the `Z` when the column
/// has no zone; decimals are strings with all digits of their scale; integers beyond ±(2^53 − 1), which JavaScript would round,
/// are strings; binary is base64; JSON columns are the JSON itself. NaN and the infinities are the strings of their names.
///
/// # Errors
/// `parquet_read`, as [`Reader::open`] and [`Reader::read`].
pub fn rows_json<B: AsRef<[u8]>>(files: &[B], offset: u64, limit: usize) -> Result<Vec<String>> {
    let (mut skip, mut rows) = (offset, Vec::new());
    for file in files {
        let reader = Reader::open(file.as_ref())?;
        for (group, size) in reader.row_groups().enumerate() {
            if rows.len() >= limit {
                return Ok(rows);
            }
            if skip >= size as u64 {
                skip -= size as u64;
                continue;
            }
            let columns = reader.window(group, skip as usize, limit - rows.len())?;
            objects(reader.schema(), &columns, &mut rows);
            skip = 0;
        }
    }
    Ok(rows)
}

fn objects(schema: &[ColumnSpec], columns: &[ColumnData], rows: &mut Vec<String>) {
    let names: Vec<String> = schema.iter().map(|spec| Value::from(spec.name.as_str()).to_string()).collect();
    let count = columns.first().map_or(0, ColumnData::len);
    for row in 0..count {
        let mut object = String::from("{");
        for ((spec, name), column) in schema.iter().zip(&names).zip(columns) {
            if object.len() > 1 {
                object.push(',');
            }
            object.push_str(name);
            object.push(':');
            match cell(spec, column, row) {
                Some(json) => object.push_str(&json),
                None => object.push_str("null"),
            }
        }
        object.push('}');
        rows.push(object);
    }
}

impl ColumnData {
    fn len(&self) -> usize {
        match self {
            ColumnData::Bool(cells) => cells.len(),
            ColumnData::I64(cells) => cells.len(),
            ColumnData::F64(cells) => cells.len(),
            ColumnData::I128(cells) => cells.len(),
            ColumnData::Text(cells) => cells.len(),
            ColumnData::Binary(cells) => cells.len(),
        }
    }
}

/// One cell as JSON; `None` is null.
fn cell(spec: &ColumnSpec, column: &ColumnData, row: usize) -> Option<String> {
    Some(match column {
        ColumnData::Bool(cells) => cells.get(row).copied()??.to_string(),
        ColumnData::I64(cells) => {
            let value = cells.get(row).copied()??;
            match spec.data_type {
                DataType::Timestamp => format!("\"{}\"", timestamp(value, spec.timezone)),
                DataType::Date => format!("\"{}\"", date(value)),
                DataType::Time => format!("\"{}\"", time(value)),
                _ if value.unsigned_abs() > MAX_SAFE => format!("\"{value}\""),
                _ => value.to_string(),
            }
        }
        ColumnData::F64(cells) => match cells.get(row).copied()?? {
            value if value.is_finite() => Value::from(value).to_string(),
            value if value.is_nan() => "\"NaN\"".into(),
            value if value > 0.0 => "\"Infinity\"".into(),
            _ => "\"-Infinity\"".into(),
        },
        ColumnData::I128(cells) => {
            let scale = match Physical::of(spec) {
                Physical::Decimal { scale, .. } => scale,
                _ => 0,
            };
            format!("\"{}\"", decimal(cells.get(row).copied()??, scale as usize))
        }
        ColumnData::Text(cells) => {
            let text = cells.get(row)?.as_deref()?;
            match spec.data_type == DataType::Json && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
                true => text.to_owned(),
                false => Value::from(text).to_string(),
            }
        }
        ColumnData::Binary(cells) => format!("\"{}\"", STANDARD.encode(cells.get(row)?.as_deref()?)),
    })
}

fn decimal(value: i128, scale: usize) -> String {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

const DAY: i64 = 86_400_000_000;

/// Microseconds since the Unix epoch as RFC 3339.
pub fn timestamp(micros: i64, utc: bool) -> String {
    let zone = if utc { "Z" } else { "" };
    format!("{}T{}{zone}", date(micros.div_euclid(DAY)), time(micros.rem_euclid(DAY)))
}

fn time(micros: i64) -> String {
    let (sign, micros) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
    let seconds = micros / 1_000_000;
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{sign}{hours:02}:{minutes:02}:{:02}.{:06}", seconds % 60, micros % 1_000_000)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that the leap day ends one.
fn date(days: i64) -> String {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + (month >= 10) as i64, if month < 10 { month + 3 } else { month - 9 });
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:+05}-{month:02}-{day:02}"),
    }
}
