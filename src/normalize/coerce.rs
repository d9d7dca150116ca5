//! A JSON value into a column of some type: what type a new column gets, what fits an existing one, and as what cell.
//!
//! The rules are dlt's. The first value of a column decides its type. A later value that does not fit goes to a column of its
//! own, `<column>__v_<type>`, named after [`Value::data_type`]: `price__v_text`. Where dlt breaks off the load because the
//! destination cannot take the converted value (an integer beyond 64 bits, a decimal with too many digits), the value does
//! not fit here.
//!
//! Integers beyond 64 bits, which dlt cannot carry, are of type `wei`, `decimal(38,0)`, up to 38 digits, and text beyond. So
//! is the new column that one of them makes; next to a `bigint` column they go to `<column>__v_wei` and `<column>__v_text`.

use super::number::{self, MAX_DIGITS};
use super::schema::{Column, DataType};
use super::time;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;

/// Digits behind the point of a decimal column without a hint.
const DECIMAL_SCALE: u8 = 9;
/// The seconds around now that the detector `timestamp` takes for instants: five years of 365 days.
const EPOCH_RANGE: f64 = 5.0 * 365.0 * 86_400.0;

/// A JSON value other than null. Objects and arrays are here only where they stay JSON.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits with a sign: its digits, a minus before them if negative, no leading zeros.
    BigInt(&'a str),
    Double(f64),
    Text(&'a str),
    /// Compact JSON text of an object or array.
    Json(&'a str),
}

/// A value as a column holds it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// The text `null` in a column of JSON.
    Null,
    Bool(bool),
    /// `bigint`; microseconds of `timestamp` and `time`, days of `date`.
    I64(i64),
    F64(f64),
    /// Unscaled `decimal` and `wei`.
    I128(i128),
    /// `text` and `json`.
    Text(Cow<'a, str>),
    Binary(Vec<u8>),
}

/// The detectors that are on, by which text and numbers may become more than text and numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detectors {
    /// `iso_timestamp`, the only one that dlt has on by default: text with a date and a time.
    pub iso_timestamp: bool,
    /// `iso_date`: text with a date alone.
    pub iso_date: bool,
    /// `timestamp`: numbers of seconds within five years of this one, seconds since the epoch.
    pub epoch_near: Option<f64>,
}

impl Default for Detectors {
    fn default() -> Self {
        Detectors { iso_timestamp: true, iso_date: false, epoch_near: None }
    }
}

impl Value<'_> {
    /// The type by JSON's syntax alone, as it stands in a variant's name.
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Bool(_) => DataType::Bool,
            Value::Int(_) => DataType::Bigint,
            Value::BigInt(digits) if digits.trim_start_matches('-').len() <= usize::from(MAX_DIGITS) => DataType::Wei,
            Value::BigInt(_) | Value::Text(_) => DataType::Text,
            Value::Double(_) => DataType::Double,
            Value::Json(_) => DataType::Json,
        }
    }

    /// The type of the column that this value makes.
    pub fn infer(&self, detectors: &Detectors) -> DataType {
        let near = |value: f64| detectors.epoch_near.is_some_and(|now| (value - now).abs() <= EPOCH_RANGE);
        match self {
            Value::Text(text) if detectors.iso_timestamp && time::detect_timestamp(text.as_bytes()).is_some() => {
                DataType::Timestamp
            }
            Value::Text(text) if detectors.iso_date && time::detect_date(text).is_some() => DataType::Date,
            Value::Int(value) if near(*value as f64) => DataType::Timestamp,
            Value::Double(value) if near(*value) => DataType::Timestamp,
            _ => self.data_type(),
        }
    }
}

/// Digits in all and behind the point of a `decimal` column; a hint of the precision alone means none behind it.
pub fn decimal_shape(column: &Column) -> (u8, u8) {
    match (column.data_type, column.precision) {
        (Some(DataType::Wei), _) => (MAX_DIGITS, 0),
        (_, None) => (MAX_DIGITS, DECIMAL_SCALE),
        (_, Some(precision)) => (precision, column.scale.unwrap_or(0)),
    }
}

/// The value as a cell of the column, or `None` if it does not fit: a variant then takes it. A column without a type takes
/// nothing.
pub fn coerce<'a>(value: Value<'a>, column: &Column) -> Option<Cell<'a>> {
    match column.data_type? {
        DataType::Text => Some(Cell::Text(to_text(value))),
        DataType::Bigint => to_bigint(value).map(Cell::I64),
        DataType::Double => to_double(value).map(Cell::F64),
        DataType::Bool => to_bool(value).map(Cell::Bool),
        DataType::Timestamp => to_timestamp(value).map(Cell::I64),
        DataType::Date => match value {
            Value::Text(text) => time::to_date(text).map(Cell::I64),
            _ => to_timestamp(value).map(|micros| Cell::I64(time::day(micros))),
        },
        DataType::Time => match value {
            Value::Text(text) => time::to_time(text).map(Cell::I64),
            _ => None,
        },
        DataType::Decimal | DataType::Wei => {
            let (precision, scale) = decimal_shape(column);
            to_decimal(value, precision, scale).map(Cell::I128)
        }
        DataType::Binary => to_binary(value).map(Cell::Binary),
        DataType::Json => match value {
            Value::Json(json) => Some(Cell::Text(Cow::Borrowed(json))),
            Value::Text(text) => parse_json(text),
            _ => None,
        },
    }
}

fn to_text(value: Value) -> Cow<str> {
    match value {
        Value::Text(text) | Value::BigInt(text) | Value::Json(text) => Cow::Borrowed(text),
        // As Python spells them: existing tables hold these words.
        Value::Bool(true) => Cow::Borrowed("True"),
        Value::Bool(false) => Cow::Borrowed("False"),
        Value::Int(value) => Cow::Owned(value.to_string()),
        Value::Double(value) => Cow::Owned(number::repr(value)),
    }
}

fn to_bigint(value: Value) -> Option<i64> {
    match value {
        Value::Int(value) => Some(value),
        Value::Double(value) if value.fract() == 0.0 && (-TWO_63..TWO_63).contains(&value) => Some(value as i64),
        Value::Text(text) => i64::try_from(number::int(text)?).ok(),
        Value::Double(_) | Value::BigInt(_) | Value::Bool(_) | Value::Json(_) => None,
    }
}

const TWO_63: f64 = 9_223_372_036_854_775_808.0;

fn to_double(value: Value) -> Option<f64> {
    match value {
        Value::Double(value) => Some(value),
        Value::Int(value) => Some(value as f64),
        Value::BigInt(digits) => digits.parse().ok().filter(|value: &f64| value.is_finite()),
        Value::Text(text) => number::float_or_hex(text),
        Value::Bool(_) | Value::Json(_) => None,
    }
}

fn to_bool(value: Value) -> Option<bool> {
    let any = |text: &str, words: [&str; 5]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match value {
        Value::Bool(value) => Some(value),
        Value::Int(value) => Some(value != 0),
        Value::BigInt(_) => Some(true),
        Value::Double(value) => Some(value != 0.0),
        Value::Text(text) if any(text, ["yes", "true", "t", "y", "1"]) => Some(true),
        Value::Text(text) if any(text, ["no", "false", "f", "n", "0"]) => Some(false),
        Value::Text(_) | Value::Json(_) => None,
    }
}

fn to_timestamp(value: Value) -> Option<i64> {
    match value {
        Value::Text(text) => time::to_timestamp(text),
        Value::Int(seconds) => time::epoch_seconds(seconds),
        Value::Double(seconds) => time::epoch(seconds),
        Value::Bool(_) | Value::BigInt(_) | Value::Json(_) => None,
    }
}

fn to_decimal(value: Value, precision: u8, scale: u8) -> Option<i128> {
    match value {
        Value::Text(text) | Value::BigInt(text) => number::decimal(text, precision, scale),
        Value::Int(value) => number::decimal(&value.to_string(), precision, scale),
        // The shortest digits of a double are what its writer meant: 0.1 is one tenth.
        Value::Double(value) => number::decimal(&number::repr(value), precision, scale),
        Value::Bool(_) | Value::Json(_) => None,
    }
}

/// Text is hexadecimal after `0x`, else base64 with padding; an integer is its bytes, the lowest first, as few as needed.
fn to_binary(value: Value) -> Option<Vec<u8>> {
    let integer: u128 = match value {
        Value::Text(text) => {
            return match text.strip_prefix("0x") {
                Some(hex) => from_hex(hex),
                None => {
                    let padded = GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true);
                    GeneralPurpose::new(&STANDARD, padded).decode(text).ok()
                }
            };
        }
        Value::Int(value) => value.try_into().ok()?,
        Value::BigInt(digits) => digits.parse().ok()?,
        Value::Bool(_) | Value::Double(_) | Value::Json(_) => return None,
    };
    let mut bytes = integer.to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    Some(bytes)
}

/// Pairs of hexadecimal digits; white space may stand between two pairs.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for run in text.split(|c: char| c.is_ascii_whitespace() || c == '\u{b}') {
        let mut digits = run.chars().map(|c| c.to_digit(16));
        while let Some(high) = digits.next() {
            bytes.push(u8::try_from(high? * 16 + digits.next()??).ok()?);
        }
    }
    Some(bytes)
}

/// Text that is JSON, compact. dlt writes a string without its quotes, and `null` is null.
fn parse_json(text: &str) -> Option<Cell<'static>> {
    match serde_json::from_str(text).ok()? {
        serde_json::Value::Null => Some(Cell::Null),
        serde_json::Value::String(text) => Some(Cell::Text(Cow::Owned(text))),
        value => Some(Cell::Text(Cow::Owned(value.to_string()))),
    }
}
