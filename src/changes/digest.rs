//! Cells → 128 bits each, which add up to their row's.
//!
//! A cell's digest is made from its column's name and type and its value, a row's is the sum of its cells'. So the order of
//! columns does not matter, and a null counts as much as a column that is not there: nothing. Equal rows have equal digests;
//! that others do is a matter of chance in 128 bits. It is no signature: who wants two rows to look equal can make some.

use crate::normalize::hash::mix;
use crate::parquet::{ColumnData, ColumnSpec};

/// Two lanes that know nothing of each other.
pub type Digest = [u64; 2];

/// Odd, and without pattern in their bits: fractions of the golden ratio and of the square root of three.
const K: u64 = 0x9e37_79b9_7f4a_7c15;
const L: u64 = 0xbb67_ae85_84ca_a73b;

/// Of a column's name and type: cells of two columns that differ in them are never equal. The bits of an integer and the
/// digits of a decimal say how it is stored, not what it is.
pub fn of_column(spec: &ColumnSpec) -> Digest {
    let ColumnSpec { name, data_type, timezone, .. } = spec;
    let type_and_name = format!("{} {} {timezone} {name}", data_type.name(), spec.decimal_scale());
    of_bytes([K, L], type_and_name.as_bytes())
}

/// Adds to each row's digest that of its cell in this column, whose own is `seed`.
pub fn add_column(seed: Digest, column: &ColumnData, rows: &mut [Digest]) {
    match column {
        ColumnData::Bool(cells) => add(cells, rows, |value| of_word(seed, u64::from(*value))),
        ColumnData::I64(cells) => add(cells, rows, |value| of_word(seed, *value as u64)),
        ColumnData::F64(cells) => add(cells, rows, |value| of_word(seed, value.to_bits())),
        ColumnData::I128(cells) => add(cells, rows, |value| of_bytes(seed, &value.to_le_bytes())),
        ColumnData::Text(cells) => add(cells, rows, |text| of_bytes(seed, text.as_bytes())),
        ColumnData::Binary(cells) => add(cells, rows, |bytes| of_bytes(seed, bytes)),
    }
}

/// What hangs from another thing, at a place.
pub fn child([a, b]: Digest, [place, other]: Digest) -> Digest {
    [mix(a ^ mix(place.wrapping_add(K))), mix(b ^ mix(other.wrapping_add(L)))]
}

fn add<T>(cells: &[Option<T>], rows: &mut [Digest], digest: impl Fn(&T) -> Digest) {
    for (cell, [a, b]) in cells.iter().zip(rows) {
        if let Some(value) = cell {
            let [c, d] = digest(value);
            (*a, *b) = (a.wrapping_add(c), b.wrapping_add(d));
        }
    }
}

fn of_word([a, b]: Digest, word: u64) -> Digest {
    [mix(a ^ word), mix(b.wrapping_add(word))]
}

fn of_bytes([mut a, mut b]: Digest, bytes: &[u8]) -> Digest {
    let mut take = |word: u64| {
        a = (a ^ word).wrapping_mul(K);
        a ^= a >> 32;
        b = b.rotate_left(23).wrapping_add(word).wrapping_mul(L);
        b ^= b >> 29;
    };
    let (words, rest) = bytes.as_chunks();
    words.iter().for_each(|word| take(u64::from_le_bytes(*word)));
    take(rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)));
    of_word([a, b], bytes.len() as u64)
}
