//! Rows of Parquet files as JSON, for people and programs that ask for a few of them.

use super::reader::{ColumnData, Reader};
use super::{ColumnSpec, Physical};
use crate::error::Result;
use crate::normalize::schema::DataType;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;
use std::borrow::Cow;

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
    let names: Vec<String> = schema.iter().map(|spec| Json::from(spec.name.as_str()).to_string()).collect();
    let count = columns.first().map_or(0, ColumnData::len);
    for row in 0..count {
        let mut object = String::from("{");
        for ((spec, name), column) in schema.iter().zip(&names).zip(columns) {
            if object.len() > 1 {
                object.push(',');
            }
            object.push_str(name);
            object.push(':');
            match column.get(row) {
                Some(value) => object.push_str(&value.json(spec)),
                None => object.push_str("null"),
            }
        }
        object.push('}');
        rows.push(object);
    }
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
        Cow::Owned(match (self, spec.data_type) {
            (Value::Bool(value), _) => value.to_string(),
            (Value::I64(value), DataType::Timestamp) => timestamp(value, spec.timezone),
            (Value::I64(value), DataType::Date) => date(value),
            (Value::I64(value), DataType::Time) => time(value),
            (Value::I64(value), _) => value.to_string(),
            (Value::F64(value), _) if value.is_finite() => Json::from(value).to_string(),
            (Value::F64(value), _) if value.is_nan() => "NaN".into(),
            (Value::F64(value), _) => if value > 0.0 { "Infinity" } else { "-Infinity" }.into(),
            (Value::I128(value), _) => decimal(value, spec.decimal_scale() as usize),
            (Value::Bytes(bytes), DataType::Binary) => STANDARD.encode(bytes),
            (Value::Bytes(bytes), _) => return String::from_utf8_lossy(bytes),
        })
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

    fn json(self, spec: &ColumnSpec) -> String {
        let text = self.text(spec);
        let bare = match (self, spec.data_type) {
            (Value::Bool(_), _) => true,
            (Value::I64(value), DataType::Bigint) => value.unsigned_abs() <= MAX_SAFE,
            (Value::F64(value), _) => value.is_finite(),
            (Value::Bytes(_), DataType::Json) => serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok(),
            _ => false,
        };
        if bare { text.into_owned() } else { Json::from(text).to_string() }
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
