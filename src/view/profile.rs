//! What a column holds.

use super::cache::{Cursor, Memo};
use super::intern::Interner;
use super::sort::number;
use super::{Arrangement, Tables};
use crate::error::Result;
use crate::normalize::schema::DataType;
use crate::parquet::{ColumnSpec, Slab, Value, Values};
use serde::Serialize;
use std::cmp::Ordering;

/// Different values that are counted one by one, and the bytes that they may have together.
const DISTINCT: usize = 100_000;
const DISTINCT_BYTES: usize = 16 << 20;
/// The most frequent values that are named.
const FREQUENT: usize = 10;
/// Bins of a histogram.
const BINS: usize = 20;
/// Characters of a value that are shown.
const SHOWN: usize = 200;
/// A value that is not counted by itself.
const OTHER: u32 = u32::MAX;

/// A column in figures. Values are in the notation of cells, cut at 200 characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Profile {
    pub rows: u64,
    pub nulls: u64,
    pub distinct: Distinct,
    /// In the order in which columns are sorted; NaN is neither.
    pub min: Option<String>,
    pub max: Option<String>,
    /// The ten that come most often, the first of equal ones first. Where not all different values were counted, another
    /// one, which came first behind the 100,000th, may come more often.
    pub frequent: Vec<Frequent>,
    /// Up to 20 bins of equal width from the least value to the greatest, for numbers and times; none where one of the two
    /// is infinite, or they are too far apart to be subtracted. NaN is in no bin.
    pub histogram: Vec<Bin>,
    /// Of texts and JSON in characters, of binary in bytes.
    pub lengths: Option<Lengths>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Distinct {
    pub count: u64,
    /// `false`: there are more.
    pub exact: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frequent {
    pub value: String,
    pub count: u64,
}

/// Values from `from` to `to`. Of doubles the upper bound is the next bin's, but for the last one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Bin {
    pub from: String,
    pub to: String,
    pub count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Lengths {
    pub min: u64,
    pub max: u64,
    pub mean: f64,
}

/// A [`Profile`] under way.
pub struct Profiling {
    table: usize,
    column: usize,
    spec: ColumnSpec,
    /// In the table's order; `None`: all of the table's.
    rows: Option<Vec<u32>>,
    count: usize,
    /// Rows that were read, the second time those for the bins.
    read: usize,
    binning: Option<Scale>,
    nulls: u64,
    seen: Seen,
    memo: Memo<(u32, u32)>,
    /// Of each value of `seen`, how often it came.
    counts: Vec<u64>,
    lengths: (u64, u64, u64),
    bins: Vec<u64>,
}

/// The different values, as the bytes of [`bytes`].
#[derive(Default)]
struct Seen {
    values: Interner,
    more: bool,
    bounds: Option<(Vec<u8>, Vec<u8>)>,
}

/// Where bins begin, and how wide they are.
#[derive(Clone, Copy)]
enum Scale {
    Whole { from: i128, to: i128, width: i128 },
    Double { from: f64, to: f64, width: f64 },
}

impl Profiling {
    /// Begins to go over a column of a table, or of some of its rows.
    ///
    /// # Errors
    /// `no_such_table`, `no_such_column`, `other_table`.
    pub fn new(tables: &Tables, table: usize, arrangement: Option<&Arrangement>, column: usize) -> Result<Profiling> {
        let spec = tables.table(table)?.spec(column)?.clone();
        let rows = match arrangement {
            Some(_) => {
                let mut wanted = vec![false; tables.rows(table)? as usize];
                for row in tables.numbers(table, arrangement, 0..usize::MAX)? {
                    if let Some(wanted) = wanted.get_mut(row as usize) {
                        *wanted = true;
                    }
                }
                Some((0..).zip(wanted).filter_map(|(row, wanted)| wanted.then_some(row)).collect::<Vec<u32>>())
            }
            None => None,
        };
        let count = rows.as_ref().map_or(tables.rows(table)? as usize, Vec::len);
        Ok(Profiling {
            table,
            column,
            spec,
            rows,
            count,
            read: 0,
            binning: None,
            nulls: 0,
            seen: Seen::default(),
            memo: Memo::default(),
            counts: Vec::new(),
            lengths: (u64::MAX, 0, 0),
            bins: Vec::new(),
        })
    }

    /// Goes on: reads at most so many rows. `true`: it is done.
    ///
    /// # Errors
    /// `parquet_read`.
    pub fn step(&mut self, tables: &Tables, budget: usize) -> Result<bool> {
        let end = self.read.saturating_add(budget.max(1)).min(self.count);
        let mut cursor = Cursor::new(tables, self.table, self.column);
        for at in std::mem::replace(&mut self.read, end)..end {
            let row = match &self.rows {
                Some(rows) => rows.get(at).copied().unwrap_or_default(),
                None => at as u32,
            };
            let (page, at) = cursor.seek(row)?;
            match self.binning {
                Some(scale) => self.bin(scale, page, at),
                None => self.look(page, at),
            }
        }
        if end < self.count || self.binning.is_some() {
            return Ok(end == self.count);
        }
        let bounds = self.seen.bounds.as_ref();
        self.binning = bounds.and_then(|(min, max)| Scale::of(value(&self.spec, min)?, value(&self.spec, max)?));
        self.read = 0;
        self.bins = vec![0; self.binning.map_or(0, Scale::bins)];
        Ok(self.binning.is_none())
    }

    /// What was found, once [`Profiling::step`] has said that it is done.
    pub fn finish(self) -> Profile {
        let shown = |bytes: &[u8]| value(&self.spec, bytes).map(|value| value.short(&self.spec, SHOWN));
        // Turned round, the greatest count comes first, and of equal ones the first value.
        let mut most: Vec<(u64, u32)> = self.counts.iter().map(|count| !count).zip(0..).collect();
        most.sort_unstable();
        let frequent = most.iter().take(FREQUENT).filter_map(|(count, number)| {
            Some(Frequent { value: shown(self.seen.values.get(*number))?, count: !count })
        });
        let edges = |scale: Scale| (0..self.bins.len()).map(move |bin| scale.edges(bin));
        let histogram = self.binning.into_iter().flat_map(edges).zip(&self.bins).map(|((from, to), count)| Bin {
            from: self.whole(from).short(&self.spec, SHOWN),
            to: self.whole(to).short(&self.spec, SHOWN),
            count: *count,
        });
        let present = self.count as u64 - self.nulls;
        let (min, max, sum) = self.lengths;
        Profile {
            rows: self.count as u64,
            nulls: self.nulls,
            distinct: Distinct { count: self.seen.values.len() as u64, exact: !self.seen.more },
            min: self.seen.bounds.as_ref().and_then(|(min, _)| shown(min)),
            max: self.seen.bounds.as_ref().and_then(|(_, max)| shown(max)),
            frequent: frequent.collect(),
            histogram: histogram.collect(),
            lengths: (min <= max).then(|| Lengths { min, max, mean: sum as f64 / present as f64 }),
        }
    }

    fn look(&mut self, page: &Slab, at: usize) {
        let Profiling { spec, seen, memo, .. } = self;
        let mut new = |found: Value<'_>| (seen.number(spec, found), length(spec, found));
        let (number, length) = match &page.values {
            _ if !page.has(at) => {
                self.nulls += 1;
                return;
            }
            Values::Entries(entries, dictionary) => {
                let entry = entries.get(at).copied().unwrap_or_default();
                memo.get(dictionary, entry, |bytes| new(Value::Bytes(bytes)))
            }
            _ => match page.get(at) {
                Some(found) => new(found),
                None => return,
            },
        };
        if self.counts.len() < self.seen.values.len() {
            self.counts.resize(self.seen.values.len(), 0);
        }
        if let Some(count) = self.counts.get_mut(number as usize) {
            *count += 1;
        }
        if matches!(self.spec.data_type, DataType::Text | DataType::Json | DataType::Binary) {
            let (min, max, sum) = &mut self.lengths;
            (*min, *max, *sum) = ((*min).min(length as u64), (*max).max(length as u64), *sum + length as u64);
        }
    }

    fn bin(&mut self, scale: Scale, page: &Slab, at: usize) {
        if let Some(count) = page.get(at).and_then(|value| self.bins.get_mut(scale.bin(value)?)) {
            *count += 1;
        }
    }

    /// An edge as a cell of the column.
    fn whole(&self, edge: Edge) -> Value<'static> {
        match (edge, self.spec.data_type) {
            (Edge::Double(value), _) => Value::F64(value),
            (Edge::Whole(value), DataType::Decimal | DataType::Wei) => Value::I128(value),
            (Edge::Whole(value), _) => Value::I64(value as i64),
        }
    }
}

impl Seen {
    /// The number of a value, or [`OTHER`].
    fn number(&mut self, spec: &ColumnSpec, found: Value<'_>) -> u32 {
        let mut fixed = [0; 16];
        let bytes = bytes(found, &mut fixed);
        let order = |known: &[u8]| value(spec, known).map_or(Ordering::Equal, |known| compare(found, known));
        match &mut self.bounds {
            _ if matches!(found, Value::F64(value) if value.is_nan()) => {}
            None => self.bounds = Some((bytes.to_vec(), bytes.to_vec())),
            Some((min, _)) if order(min).is_lt() => *min = bytes.to_vec(),
            Some((_, max)) if order(max).is_gt() => *max = bytes.to_vec(),
            _ => {}
        }
        if self.values.len() < DISTINCT && self.values.bytes() < DISTINCT_BYTES {
            return self.values.number(bytes);
        }
        self.values.find(bytes).unwrap_or_else(|_| {
            self.more = true;
            OTHER
        })
    }
}

/// A value's bytes, by which it is known again; equal numbers have equal ones.
fn bytes<'a>(found: Value<'a>, fixed: &'a mut [u8; 16]) -> &'a [u8] {
    *fixed = match found {
        Value::Bytes(bytes) => return bytes,
        Value::Bool(value) => i128::from(value),
        Value::I64(value) => i128::from(value),
        Value::F64(value) if value.is_nan() => i128::from(f64::NAN.to_bits()),
        Value::F64(value) => i128::from((value + 0.0).to_bits()),
        Value::I128(value) => value,
    }
    .to_le_bytes();
    fixed
}

/// The value of such bytes.
fn value<'a>(spec: &ColumnSpec, bytes: &'a [u8]) -> Option<Value<'a>> {
    let fixed = || bytes.first_chunk().map(|bytes| i128::from_le_bytes(*bytes));
    Some(match spec.data_type {
        DataType::Text | DataType::Json | DataType::Binary => Value::Bytes(bytes),
        DataType::Bool => Value::Bool(fixed()? != 0),
        DataType::Double => Value::F64(f64::from_bits(fixed()? as u64)),
        DataType::Decimal | DataType::Wei => Value::I128(fixed()?),
        DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time => Value::I64(fixed()? as i64),
    })
}

fn compare(a: Value<'_>, b: Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Bytes(a), Value::Bytes(b)) => a.cmp(b),
        (Value::I128(a), Value::I128(b)) => a.cmp(&b),
        (a, b) => number(a).cmp(&number(b)),
    }
}

fn length(spec: &ColumnSpec, found: Value<'_>) -> u32 {
    match found {
        Value::Bytes(bytes) if spec.data_type == DataType::Binary => bytes.len() as u32,
        // Characters: bytes that do not go on with one.
        Value::Bytes(bytes) => bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u32,
        _ => 0,
    }
}

/// A bound of a bin.
#[derive(Clone, Copy)]
enum Edge {
    Whole(i128),
    Double(f64),
}

impl Scale {
    fn of(min: Value<'_>, max: Value<'_>) -> Option<Scale> {
        let whole = |from: i128, to: i128| {
            let span = to.checked_sub(from)?;
            Some(Scale::Whole { from, to, width: span / BINS as i128 + 1 })
        };
        match (min, max) {
            (Value::I64(from), Value::I64(to)) => whole(from.into(), to.into()),
            (Value::I128(from), Value::I128(to)) => whole(from, to),
            (Value::F64(from), Value::F64(to)) => {
                let width = (to - from) / BINS as f64;
                width.is_finite().then_some(Scale::Double { from, to, width })
            }
            _ => None,
        }
    }

    fn bins(self) -> usize {
        match self {
            Scale::Whole { from, to, width } => ((to - from) / width) as usize + 1,
            Scale::Double { width, .. } if width > 0.0 => BINS,
            Scale::Double { .. } => 1,
        }
    }

    fn bin(self, found: Value<'_>) -> Option<usize> {
        match (self, found) {
            (Scale::Whole { from, width, .. }, Value::I64(value)) => {
                usize::try_from((i128::from(value) - from) / width).ok()
            }
            (Scale::Whole { from, width, .. }, Value::I128(value)) => usize::try_from((value - from) / width).ok(),
            // A value divided by no width is not a number, and counts as the first bin's.
            (Scale::Double { from, width, .. }, Value::F64(value)) if !value.is_nan() => {
                Some((((value - from) / width) as usize).min(self.bins() - 1))
            }
            _ => None,
        }
    }

    fn edges(self, bin: usize) -> (Edge, Edge) {
        match self {
            Scale::Whole { from, to, width } => {
                let from = from + bin as i128 * width;
                (Edge::Whole(from), Edge::Whole((from + width - 1).min(to)))
            }
            Scale::Double { from, to, width } => {
                let end = if bin + 1 == self.bins() { to } else { from + (bin + 1) as f64 * width };
                (Edge::Double(from + bin as f64 * width), Edge::Double(end))
            }
        }
    }
}
