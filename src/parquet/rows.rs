//! Rows of Parquet files as JSON, for people and programs that ask for a few of them.

use super::reader::{ColumnData, Reader};
use super::{ColumnSpec, Physical};
use crate::error::Result;
use crate::normalize::schema::DataType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::borrow::Cow;
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
    for row in 0..columns.first().map_or(0, ColumnData::len) {
        let mut object = String::new();
        row_object(schema, &keys, columns, row, &mut object);
        rows.push(object);
    }
}

/// The columns' names as keys of JSON objects, each with its colon.
pub(crate) fn row_object_keys(schema: &[ColumnSpec]) -> Vec<String> {
    schema.iter().map(|spec| format!("{}:", Json::from(spec.name.as_str()))).collect()
}

/// Appends a row as a JSON object in the form of [`rows_json`]; `keys` are those of [`row_object_keys`].
pub(crate) fn row_object(schema: &[ColumnSpec], keys: &[String], columns: &[ColumnData], row: usize, out: &mut String) {
    for (number, ((spec, key), column)) in schema.iter().zip(keys).zip(columns).enumerate() {
        out.push(if number == 0 { '{' } else { ',' });
        out.push_str(key);
        match column.get(row) {
            Some(value) => value.json(spec, out),
            None => out.push_str("null"),
        }
    }
    out.push_str(if schema.is_empty() { "{}" } else { "}" });
}

/// One cell that is not null, as it lies in its column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    /// Integers, microseconds, days.
    I64(i64),
    F64(f64),
    /// Unscaled decimals.
    I128(i128),
    /// Text and JSON in UTF-8, and binary.
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// As text, in the notation of [`rows_json`], but for the quotes of JSON.
    pub fn text(self, spec: &ColumnSpec) -> Cow<'a, str> {
        match self {
            Value::Bytes(bytes) if spec.data_type != DataType::Binary => String::from_utf8_lossy(bytes),
            _ => {
                let mut text = String::new();
                self.write(spec, &mut text);
                Cow::Owned(text)
            }
        }
    }

    /// Appends the same to a text.
    pub(crate) fn write(self, spec: &ColumnSpec, out: &mut String) {
        match (self, spec.data_type) {
            (Value::Bool(value), _) => out.push_str(if value { "true" } else { "false" }),
            (Value::I64(value), DataType::Timestamp) => push_timestamp(value, spec.timezone, out),
            (Value::I64(value), DataType::Date) => push_date(value, out),
            (Value::I64(value), DataType::Time) => push_time(value, out),
            // Writing to a string cannot fail, here and below.
            (Value::I64(value), _) => drop(write!(out, "{value}")),
            (Value::F64(value), _) if value.is_finite() => drop(write!(out, "{}", Json::from(value))),
            (Value::F64(value), _) if value.is_nan() => out.push_str("NaN"),
            (Value::F64(value), _) => out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" }),
            (Value::I128(value), _) => push_decimal(value, spec.decimal_scale() as usize, out),
            (Value::Bytes(bytes), DataType::Binary) => STANDARD.encode_string(bytes, out),
            (Value::Bytes(bytes), _) => out.push_str(&String::from_utf8_lossy(bytes)),
        }
    }

    /// The same, of at most `limit` characters and a `…` where there were more. A long text costs no more than a short one.
    pub fn short(self, spec: &ColumnSpec, limit: usize) -> String {
        // A character has at most 4 bytes, or stands for 3 quarters of one. One more than wanted says that there are more.
        let most = limit.saturating_add(1).saturating_mul(4);
        let text = match self {
            Value::Bytes(bytes) => Value::Bytes(bytes.get(..most).unwrap_or(bytes)).text(spec),
            other => other.text(spec),
        };
        match text.char_indices().nth(limit) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text.into_owned(),
        }
    }

    /// Appends it as JSON.
    fn json(self, spec: &ColumnSpec, out: &mut String) {
        let bare = match (self, spec.data_type) {
            (Value::Bytes(_), DataType::Binary) => false,
            (Value::Bytes(bytes), _) => return json_text(spec, &String::from_utf8_lossy(bytes), out),
            (Value::Bool(_), _) => true,
            (Value::I64(value), DataType::Bigint) => value.unsigned_abs() <= MAX_SAFE,
            (Value::F64(value), _) => value.is_finite(),
            _ => false,
        };
        if bare {
            return self.write(spec, out);
        }
        out.push('"');
        self.write(spec, out);
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
        let _ = write!(out, "{}", Json::from(text));
    }
}

impl ColumnSpec {
    /// Digits after the point of a decimal's values.
    pub(crate) fn decimal_scale(&self) -> u8 {
        match Physical::of(self) {
            Physical::Decimal { scale, .. } => scale,
            _ => 0,
        }
    }
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
