//! Rows of Parquet files as JSON, for people and programs that ask for a few of them.

use super::reader::{ColumnData, Reader};
use super::{ColumnSpec, Physical};
use crate::error::Result;
use crate::normalize::schema::DataType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use std::fmt::Write;

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
    let keys = row_object_keys(schema);
    let count = columns.first().map_or(0, ColumnData::len);
    for row in 0..count {
        let mut line = String::new();
        row_object(schema, &keys, columns, row, &mut line);
        rows.push(line);
    }
}

/// The columns' names as keys of JSON objects, each with its colon.
pub(crate) fn row_object_keys(schema: &[ColumnSpec]) -> Vec<String> {
    schema.iter().map(|spec| format!("{}:", Value::from(spec.name.as_str()))).collect()
}

/// Appends a row as a JSON object in the form of [`rows_json`]; `keys` are those of [`row_object_keys`].
pub(crate) fn row_object(schema: &[ColumnSpec], keys: &[String], columns: &[ColumnData], row: usize, out: &mut String) {
    for (number, ((spec, key), column)) in schema.iter().zip(keys).zip(columns).enumerate() {
        out.push(if number == 0 { '{' } else { ',' });
        out.push_str(key);
        json(spec, column, row, out);
    }
    out.push_str(if schema.is_empty() { "{}" } else { "}" });
}

impl ColumnData {
    /// Cells, nulls included.
    pub fn len(&self) -> usize {
        match self {
            ColumnData::Bool(cells) => cells.len(),
            ColumnData::I64(cells) => cells.len(),
            ColumnData::F64(cells) => cells.len(),
            ColumnData::I128(cells) => cells.len(),
            ColumnData::Text(cells) => cells.len(),
            ColumnData::Binary(cells) => cells.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Appends one cell as JSON.
fn json(spec: &ColumnSpec, column: &ColumnData, row: usize, out: &mut String) {
    let quoted = match column {
        ColumnData::Text(cells) => {
            return match cells.get(row).and_then(Option::as_deref) {
                Some(text) => json_text(spec, text, out),
                None => out.push_str("null"),
            };
        }
        ColumnData::Bool(_) => false,
        ColumnData::I64(cells) => {
            let moment = matches!(spec.data_type, DataType::Timestamp | DataType::Date | DataType::Time);
            moment || cells.get(row).copied().flatten().is_some_and(|value| value.unsigned_abs() > MAX_SAFE)
        }
        ColumnData::F64(cells) => cells.get(row).copied().flatten().is_some_and(|value| !value.is_finite()),
        ColumnData::I128(_) | ColumnData::Binary(_) => true,
    };
    let start = out.len();
    if quoted {
        out.push('"');
    }
    if cell_text(spec, column, row, out).is_none() {
        out.truncate(start);
        out.push_str("null");
    } else if quoted {
        out.push('"');
    }
}

fn json_text(spec: &ColumnSpec, text: &str, out: &mut String) {
    if spec.data_type == DataType::Json && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        out.push_str(text);
    } else if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        // Writing to a string cannot fail, here and below.
        let _ = write!(out, "{}", Value::from(text));
    }
}

/// Appends one cell's text, as [`rows_json`] has it but without quotes and escapes. `None`: it is null, nothing is appended.
pub(crate) fn cell_text(spec: &ColumnSpec, column: &ColumnData, row: usize, out: &mut String) -> Option<()> {
    match column {
        ColumnData::Bool(cells) => out.push_str(if cells.get(row).copied()?? { "true" } else { "false" }),
        ColumnData::I64(cells) => {
            let value = cells.get(row).copied()??;
            match spec.data_type {
                DataType::Timestamp => push_timestamp(value, spec.timezone, out),
                DataType::Date => push_date(value, out),
                DataType::Time => push_time(value, out),
                _ => {
                    let _ = write!(out, "{value}");
                }
            }
        }
        ColumnData::F64(cells) => match cells.get(row).copied()?? {
            value if value.is_finite() => {
                let _ = write!(out, "{}", Value::from(value));
            }
            value if value.is_nan() => out.push_str("NaN"),
            value if value > 0.0 => out.push_str("Infinity"),
            _ => out.push_str("-Infinity"),
        },
        ColumnData::I128(cells) => {
            let scale = match Physical::of(spec) {
                Physical::Decimal { scale, .. } => scale,
                _ => 0,
            };
            push_decimal(cells.get(row).copied()??, scale as usize, out);
        }
        ColumnData::Text(cells) => out.push_str(cells.get(row)?.as_deref()?),
        ColumnData::Binary(cells) => STANDARD.encode_string(cells.get(row)?.as_deref()?, out),
    }
    Some(())
}

fn push_decimal(value: i128, scale: usize, out: &mut String) {
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    let point = if scale > 0 { "." } else { "" };
    let _ = write!(out, "{sign}{whole}{point}{fraction}");
}

const DAY: i64 = 86_400_000_000;

/// Microseconds since the Unix epoch as RFC 3339.
pub fn timestamp(micros: i64, utc: bool) -> String {
    let mut out = String::new();
    push_timestamp(micros, utc, &mut out);
    out
}

fn push_timestamp(micros: i64, utc: bool, out: &mut String) {
    push_date(micros.div_euclid(DAY), out);
    out.push('T');
    push_time(micros.rem_euclid(DAY), out);
    out.push_str(if utc { "Z" } else { "" });
}

fn push_time(micros: i64, out: &mut String) {
    if micros < 0 {
        out.push('-');
    }
    let micros = micros.unsigned_abs();
    let seconds = micros / 1_000_000;
    match seconds / 3600 {
        hours @ 0..100 => digits::<2>(hours, out),
        hours => {
            let _ = write!(out, "{hours}");
        }
    }
    out.push(':');
    digits::<2>(seconds / 60 % 60, out);
    out.push(':');
    digits::<2>(seconds % 60, out);
    out.push('.');
    digits::<6>(micros % 1_000_000, out);
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar. Years are counted from March, so that the leap day ends one.
fn push_date(days: i64, out: &mut String) {
    let days = days + 719_468;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = (era * 400 + year + (month >= 10) as i64, if month < 10 { month + 3 } else { month - 9 });
    match year {
        0..=9999 => digits::<4>(year as u64, out),
        _ => {
            let _ = write!(out, "{year:+05}");
        }
    }
    out.push('-');
    digits::<2>(month as u64, out);
    out.push('-');
    digits::<2>(day as u64, out);
}

/// The last `N` digits of a number, without the formatting machinery: exports write millions of times.
fn digits<const N: usize>(mut number: u64, out: &mut String) {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    digits.iter().for_each(|digit| out.push(char::from(*digit)));
}
