//! Cells as keys, and rows in the order of their keys.
//!
//! Numbers become 64-bit keys of the same order. Texts are kept once each and ordered by 7 bytes at a time; where these are
//! equal, by what comes behind all that the texts have in common. So texts are compared as numbers, and no text is read
//! again for each comparison.

use super::cache::Memo;
use super::intern::Interner;
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::DataType;
use crate::parquet::{ColumnSpec, Slab, Value, Values};
use std::ops::Range;

/// Bytes of different texts that are held at once.
const MOST: usize = 512 << 20;
/// A row without a value.
const NULL: u32 = u32::MAX;
/// Bytes of a text that a key holds, beside how many are left.
const STEP: usize = 7;

/// The cells of a column, for ordering.
pub enum Keys {
    /// See [`number`]; `None`: null.
    Numbers(Vec<Option<u64>>),
    /// Numbers of texts, or [`NULL`].
    Texts { texts: Interner, rows: Vec<u32>, memo: Memo<u32> },
}

/// A number, instant or boolean as a key of the same order; the two zeros are equal, and so is all that is not a number.
#[inline]
pub fn number(value: Value<'_>) -> u64 {
    const SIGN: u64 = 1 << 63;
    match value {
        Value::Bool(value) => value as u64,
        Value::I64(value) => value as u64 ^ SIGN,
        Value::F64(value) if value.is_nan() => u64::MAX,
        // The sum takes the sign from a zero.
        Value::F64(value) => match (value + 0.0).to_bits() {
            bits if bits & SIGN == 0 => bits ^ SIGN,
            bits => !bits,
        },
        Value::I128(_) | Value::Bytes(_) => 0,
    }
}

impl Keys {
    /// None yet, for a column of so many rows.
    pub fn of(spec: &ColumnSpec, rows: usize) -> Keys {
        match spec.data_type {
            DataType::Text | DataType::Json | DataType::Binary | DataType::Decimal | DataType::Wei => {
                Keys::Texts { texts: Interner::default(), rows: Vec::with_capacity(rows), memo: Memo::default() }
            }
            _ => Keys::Numbers(Vec::with_capacity(rows)),
        }
    }

    /// The next row's cell.
    #[inline]
    pub fn push(&mut self, page: &Slab, at: usize) -> Result<()> {
        match self {
            Keys::Numbers(keys) => keys.push(page.get(at).map(number)),
            Keys::Texts { texts, rows, memo } => {
                rows.push(match &page.values {
                    _ if !page.has(at) => NULL,
                    Values::Entries(entries, dictionary) => {
                        let entry = entries.get(at).copied().unwrap_or_default();
                        memo.get(dictionary, entry, |bytes| texts.number(bytes))
                    }
                    _ => match page.get(at) {
                        Some(Value::Bytes(bytes)) => texts.number(bytes),
                        // A decimal's bytes, the highest first and the sign turned round, are in its order.
                        Some(Value::I128(value)) => texts.number(&(value ^ i128::MIN).to_be_bytes()),
                        _ => NULL,
                    },
                });
                if texts.bytes() > MOST {
                    return Err(Error::new(Kind::Limit, "too_much_text", "the column has too much text to be sorted")
                        .help("Filter the rows first"));
                }
            }
        }
        Ok(())
    }
}

/// Orders `places` by the keys that are at them: equal ones stay as they are, nulls go to the end.
pub fn by(keys: Keys, descending: bool, places: &mut Vec<u32>) {
    match keys {
        Keys::Numbers(keys) => {
            let key = |place: u32| keys.get(place as usize).copied().flatten();
            let turned = if descending { u64::MAX } else { 0 };
            let mut sorted: Vec<(u64, u32)> = Vec::with_capacity(places.len());
            for (now, place) in places.iter().enumerate() {
                sorted.extend(key(*place).map(|key| (key ^ turned, now as u32)));
            }
            sorted.sort_unstable();
            let nulls = places.iter().filter(|place| key(**place).is_none()).copied();
            let present = sorted.iter().filter_map(|(_, now)| places.get(*now as usize).copied());
            *places = present.chain(nulls).collect();
        }
        Keys::Texts { texts, rows, .. } => {
            let mut order = ranked(&texts);
            if descending {
                order.reverse();
            }
            let mut rank = vec![0u32; order.len()];
            for (at, text) in order.iter().enumerate() {
                if let Some(rank) = rank.get_mut(*text as usize) {
                    *rank = at as u32;
                }
            }
            // Counts of each text; then where the next place with it goes.
            let bucket = |place: u32| {
                let text = rows.get(place as usize).copied().unwrap_or(NULL);
                rank.get(text as usize).map_or(rank.len(), |rank| *rank as usize)
            };
            let mut next = vec![0u32; order.len() + 1];
            for place in places.iter() {
                if let Some(count) = next.get_mut(bucket(*place)) {
                    *count += 1;
                }
            }
            let mut sum = 0;
            for count in &mut next {
                sum += std::mem::replace(count, sum);
            }
            let mut sorted = vec![0; places.len()];
            for place in places.iter() {
                if let Some(next) = next.get_mut(bucket(*place)) {
                    if let Some(slot) = sorted.get_mut(*next as usize) {
                        *slot = *place;
                    }
                    *next += 1;
                }
            }
            *places = sorted;
        }
    }
}

/// The numbers of different texts, in the order of their bytes.
pub fn ranked(texts: &Interner) -> Vec<u32> {
    let mut keys: Vec<(u64, u32)> = (0..texts.len() as u32).map(|text| (0, text)).collect();
    // Runs that are equal in their first bytes, and how many these are.
    let mut runs: Vec<(Range<usize>, usize)> = vec![(0..keys.len(), 0)];
    while let Some((range, depth)) = runs.pop() {
        let start = range.start;
        let Some(run) = keys.get_mut(range) else { continue };
        for (key, text) in run.iter_mut() {
            *key = key_at(texts.get(*text), depth);
        }
        run.sort_unstable();
        let mut at = start;
        for equal in run.chunk_by(|a, b| a.0 == b.0) {
            if equal.len() > 1 {
                runs.push((at..at + equal.len(), depth + STEP + common(texts, equal, depth + STEP)));
            }
            at += equal.len();
        }
    }
    keys.into_iter().map(|(_, text)| text).collect()
}

/// Seven bytes of a text and, lowest, how many it has from there on, 8 at most: of texts that end, the shorter comes first.
fn key_at(text: &[u8], depth: usize) -> u64 {
    let rest = text.get(depth..).unwrap_or_default();
    let high = match rest.first_chunk::<8>() {
        Some(bytes) => u64::from_be_bytes(*bytes),
        None => {
            let mut bytes = [0; 8];
            bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            u64::from_be_bytes(bytes)
        }
    };
    high & !0xFF | rest.len().min(STEP + 1) as u64
}

/// How many bytes all of these texts have in common behind `depth`.
fn common(texts: &Interner, run: &[(u64, u32)], depth: usize) -> usize {
    let behind = |text: u32| texts.get(text).get(depth..).unwrap_or_default();
    let Some(((_, first), others)) = run.split_first() else { return 0 };
    let first = behind(*first);
    others.iter().fold(first.len(), |most, (_, text)| {
        let same = first.iter().zip(behind(*text)).take(most).take_while(|(a, b)| a == b);
        same.count()
    })
}
