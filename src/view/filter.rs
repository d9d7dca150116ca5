//! What a cell must be.

use super::cache::Memo;
use super::sort::number;
use crate::error::{Error, Kind, Result};
use crate::normalize::number::{MAX_DIGITS, decimal, float, int};
use crate::normalize::schema::DataType;
use crate::normalize::time::{to_date, to_time, to_timestamp};
use crate::parquet::{ColumnSpec, Slab, Value, Values};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value as Json;
use std::cmp::Ordering;

/// A condition for the cells of one column. A null fulfils none but `is_null`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    pub column: usize,
    pub op: Op,
    /// What the cell is compared with, in the notation of cells, or in another that the column's type can be read from: a
    /// date for a timestamp, say. A text, a number or a boolean.
    #[serde(default)]
    pub value: Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    /// The cell's text contains the value, upper and lower case being the same.
    Contains,
    /// It begins with it.
    Starts,
    IsNull,
    NotNull,
}

/// A filter, ready for its column.
pub enum Test {
    Null(bool),
    Compare(Op, Operand, Memo<bool>),
    Find(Needle),
}

pub enum Operand {
    /// See [`number`].
    Number(u64),
    I128(i128),
    Bytes(Vec<u8>),
}

impl Filter {
    pub fn test(&self, spec: &ColumnSpec) -> Result<Test> {
        let text = match &self.value {
            Json::String(text) => text.clone(),
            Json::Null => String::new(),
            other => other.to_string(),
        };
        Ok(match self.op {
            Op::IsNull | Op::NotNull => Test::Null(self.op == Op::IsNull),
            Op::Contains | Op::Starts => {
                Test::Find(Needle { starts: self.op == Op::Starts, ..Needle::of(&text, spec) })
            }
            op => Test::Compare(op, operand(&text, spec)?, Memo::default()),
        })
    }
}

/// A value as cells of the column are.
fn operand(text: &str, spec: &ColumnSpec) -> Result<Operand> {
    let integer = |value: Option<i64>| value.map(|value| Operand::Number(number(Value::I64(value))));
    let (found, kind) = match spec.data_type {
        DataType::Text | DataType::Json => return Ok(Operand::Bytes(text.as_bytes().to_vec())),
        DataType::Binary => (STANDARD.decode(text).ok().map(Operand::Bytes), "base64, as `3q2+7w==`"),
        DataType::Bool => {
            (text.parse().ok().map(|value| Operand::Number(number(Value::Bool(value)))), "`true` or `false`")
        }
        DataType::Bigint => {
            (integer(int(text).and_then(|value| value.try_into().ok())), "a whole number of at most 64 bits, as `42`")
        }
        DataType::Double => (float(text).map(|value| Operand::Number(number(Value::F64(value)))), "a number, as `4.2`"),
        DataType::Decimal | DataType::Wei => {
            let value = decimal(text, MAX_DIGITS, spec.decimal_scale()).map(Operand::I128);
            (value, "a decimal with no more digits behind the point than the column has, as `4.2`")
        }
        DataType::Timestamp => (integer(to_timestamp(text)), "a date or a date with a time, as `2026-01-31T12:00:00Z`"),
        DataType::Date => (integer(to_date(text)), "a date, as `2026-01-31`"),
        DataType::Time => (integer(to_time(text)), "a time of day, as `12:30:00`"),
    };
    found.ok_or_else(|| {
        let message = format!("a value of type {} is needed", spec.data_type.name());
        Error::new(Kind::Config, "bad_value", message).at(&spec.name).help(format!("Give {kind}"))
    })
}

impl Test {
    #[inline]
    pub fn holds(&mut self, page: &Slab, at: usize) -> bool {
        match self {
            Test::Null(wanted) => page.has(at) != *wanted,
            Test::Find(needle) => needle.is_in(page, at),
            Test::Compare(..) if !page.has(at) => false,
            Test::Compare(op, operand, memo) => match &page.values {
                Values::Entries(entries, dictionary) => {
                    let entry = entries.get(at).copied().unwrap_or_default();
                    memo.get(dictionary, entry, |bytes| op.holds(operand.against(Value::Bytes(bytes))))
                }
                _ => page.get(at).is_some_and(|value| op.holds(operand.against(value))),
            },
        }
    }
}

impl Op {
    /// Whether a cell holds that is so to the operand.
    fn holds(self, cell: Ordering) -> bool {
        match self {
            Op::Eq => cell.is_eq(),
            Op::Ne => cell.is_ne(),
            Op::Lt => cell.is_lt(),
            Op::Le => cell.is_le(),
            Op::Gt => cell.is_gt(),
            Op::Ge => cell.is_ge(),
            Op::Contains | Op::Starts | Op::IsNull | Op::NotNull => false,
        }
    }
}

impl Operand {
    /// How a cell is to it.
    fn against(&self, cell: Value<'_>) -> Ordering {
        match (self, cell) {
            (Operand::I128(operand), Value::I128(cell)) => cell.cmp(operand),
            (Operand::Bytes(operand), Value::Bytes(cell)) => cell.cmp(operand),
            (Operand::Number(operand), cell) => number(cell).cmp(operand),
            _ => Ordering::Less,
        }
    }
}

/// A text that is looked for in the texts of cells, upper and lower case being the same.
pub struct Needle {
    /// In lower case.
    text: String,
    spec: ColumnSpec,
    starts: bool,
    memo: Memo<bool>,
}

impl Needle {
    pub fn of(text: &str, spec: &ColumnSpec) -> Needle {
        Needle { text: text.to_lowercase(), spec: spec.clone(), starts: false, memo: Memo::default() }
    }

    /// For any place in a cell; `None` if no cell of such a column can contain it.
    pub fn new(text: &str, spec: &ColumnSpec) -> Option<Needle> {
        let letters = match spec.data_type {
            DataType::Text | DataType::Json | DataType::Binary => None,
            DataType::Bigint | DataType::Date => Some("0123456789-+"),
            DataType::Decimal | DataType::Wei => Some("0123456789-."),
            DataType::Time => Some("0123456789-:."),
            DataType::Timestamp => Some("0123456789-+:.tz"),
            DataType::Bool => Some("truefals"),
            DataType::Double => Some("0123456789-+.einfnaty"),
        };
        let needle = Needle::of(text, spec);
        letters.is_none_or(|letters| needle.text.chars().all(|c| letters.contains(c))).then_some(needle)
    }

    #[inline]
    pub fn is_in(&mut self, page: &Slab, at: usize) -> bool {
        let Needle { text, spec, starts, memo } = self;
        match &page.values {
            _ if !page.has(at) => false,
            Values::Entries(entries, dictionary) => {
                let entry = entries.get(at).copied().unwrap_or_default();
                memo.get(dictionary, entry, |bytes| find(text, Value::Bytes(bytes), spec, *starts))
            }
            _ => page.get(at).is_some_and(|value| find(text, value, spec, *starts)),
        }
    }
}

fn find(needle: &str, cell: Value<'_>, spec: &ColumnSpec, starts: bool) -> bool {
    match cell {
        Value::Bytes(bytes) if spec.data_type != DataType::Binary && bytes.is_ascii() => {
            ascii(needle.as_bytes(), bytes, starts)
        }
        Value::Bytes(_) if spec.data_type != DataType::Binary => {
            let text = cell.text(spec).to_lowercase();
            if starts { text.starts_with(needle) } else { text.contains(needle) }
        }
        _ => ascii(needle.as_bytes(), cell.text(spec).as_bytes(), starts),
    }
}

/// The same for a text of ASCII characters alone.
fn ascii(needle: &[u8], text: &[u8], starts: bool) -> bool {
    let Some((first, rest)) = needle.split_first() else { return true };
    let (upper, lower) = (first.to_ascii_uppercase(), *first);
    let mut places = text.iter().enumerate().filter(|(_, byte)| **byte == lower || **byte == upper);
    let here = |at: usize| text.get(at + 1..at + needle.len()).is_some_and(|text| text.eq_ignore_ascii_case(rest));
    if starts {
        return text.first().is_some_and(|byte| *byte == lower || *byte == upper) && here(0);
    }
    places.any(|(at, _)| here(at))
}
