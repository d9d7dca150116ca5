//! The least and the greatest value of a column chunk: exact, or not given at all.

use super::encode;
use super::schema::Physical;
use super::{ColumnSpec, Profile};
use crate::normalize::schema::DataType;
use crate::table::ByteArrays;

/// A chunk that has a text longer than this, in bytes, gets no bounds.
const MAX_TEXT: usize = 64;

/// The bounds so far; `None` inside: no value yet.
#[derive(Debug)]
pub enum Bounds {
    /// This chunk gets none.
    Off,
    I64(Option<(i64, i64)>),
    F64(Option<(f64, f64)>),
    I128(Option<(i128, i128)>),
    Bytes(Option<(Bound, Bound)>),
}

/// A text and its first 16 bytes as a number that compares like them.
#[derive(Debug)]
pub struct Bound {
    key: u128,
    text: Vec<u8>,
}

impl Bounds {
    /// For a new chunk. Booleans, random ids and JSON documents have no use for bounds.
    pub fn new(spec: &ColumnSpec) -> Bounds {
        match (Physical::of(spec), spec.data_type, spec.profile) {
            (Physical::Bool, ..) | (Physical::Bytes, DataType::Json, _) | (Physical::Bytes, _, Profile::Id) => {
                Bounds::Off
            }
            (Physical::I32 { .. } | Physical::I64, ..) => Bounds::I64(None),
            (Physical::F64, ..) => Bounds::F64(None),
            (Physical::Bytes, ..) => Bounds::Bytes(None),
            (Physical::Decimal { .. }, ..) => Bounds::I128(None),
        }
    }

    pub fn add_i64(&mut self, min: i64, max: i64) {
        if let Bounds::I64(bounds) = self {
            *bounds = Some(bounds.map_or((min, max), |(least, most)| (least.min(min), most.max(max))));
        }
    }

    pub fn add_i128(&mut self, min: i128, max: i128) {
        if let Bounds::I128(bounds) = self {
            *bounds = Some(bounds.map_or((min, max), |(least, most)| (least.min(min), most.max(max))));
        }
    }

    /// A NaN ends it: readers do not agree on where in the order it stands.
    pub fn add_f64s(&mut self, values: &[f64]) {
        let (Bounds::F64(bounds), Some(first)) = (&mut *self, values.first()) else { return };
        let (mut min, mut max) = bounds.unwrap_or((*first, *first));
        let mut nan = false;
        for &value in values {
            nan |= value.is_nan();
            min = if value < min { value } else { min };
            max = if value > max { value } else { max };
        }
        *bounds = Some((min, max));
        if nan {
            *self = Bounds::Off;
        }
    }

    /// Says how many texts there are and how many bytes they take.
    pub fn add_texts(&mut self, texts: ByteArrays<'_>) -> (usize, usize) {
        let mut found = (0, 0);
        for padded in texts.iter() {
            found = (found.0 + 1, found.1 + 4 + padded.len());
            if padded.len() > MAX_TEXT {
                *self = Bounds::Off;
            }
            let Bounds::Bytes(bounds) = self else { continue };
            // The first 16 bytes as a number that compares like them.
            let (key, text) = (padded.head().swap_bytes(), padded.bytes());
            match bounds {
                None => *bounds = Some((Bound::new(key, text), Bound::new(key, text))),
                Some((min, max)) => {
                    if key <= min.key && (key, text) < (min.key, &min.text) {
                        min.set(key, text);
                    }
                    if key >= max.key && (key, text) > (max.key, &max.text) {
                        max.set(key, text);
                    }
                }
            }
        }
        found
    }

    /// The bounds in PLAIN encoding, as parquet.thrift's `Statistics` wants them: least, greatest.
    pub fn plain(&self, physical: Physical) -> Option<(Vec<u8>, Vec<u8>)> {
        match (self, physical) {
            (Bounds::I64(Some((min, max))), Physical::I32 { .. }) => {
                Some(((*min as i32).to_le_bytes().to_vec(), (*max as i32).to_le_bytes().to_vec()))
            }
            (Bounds::I64(Some((min, max))), _) => Some((min.to_le_bytes().to_vec(), max.to_le_bytes().to_vec())),
            // A zero stands for both zeros, so the lower bound must be the negative one and the upper the positive.
            (Bounds::F64(Some((min, max))), _) => {
                let min = if *min == 0.0 { -0.0 } else { *min };
                let max = if *max == 0.0 { 0.0 } else { *max };
                Some((min.to_le_bytes().to_vec(), max.to_le_bytes().to_vec()))
            }
            (Bounds::I128(Some((min, max))), Physical::Decimal { width, .. }) => {
                Some((encode::decimal(*min, width), encode::decimal(*max, width)))
            }
            (Bounds::Bytes(Some((min, max))), _) => Some((min.text.clone(), max.text.clone())),
            _ => None,
        }
    }
}

impl Bound {
    fn new(key: u128, text: &[u8]) -> Bound {
        Bound { key, text: text.to_vec() }
    }
    fn set(&mut self, key: u128, text: &[u8]) {
        self.key = key;
        self.text.clear();
        self.text.extend_from_slice(text);
    }
}
