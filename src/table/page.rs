//! One column's page of values: what the builders hand to the Parquet writer. Filled by `normalize`, encoded by `parquet`.

use super::padded::Padded;

/// A page of one column: `rows` cells of which those with a validity bit are in `values`, packed.
pub struct Page<'a> {
    pub rows: usize,
    /// One bit a row, least significant first, 1 = present. `None`: every row is present.
    pub validity: Option<&'a [u8]>,
    pub values: Values<'a>,
}

/// The present values, packed, in row order.
pub enum Values<'a> {
    /// One byte a value, 0 or 1.
    Bool(&'a [u8]),
    /// Integers, microseconds, days.
    I64(&'a [i64]),
    F64(&'a [f64]),
    /// Unscaled decimals.
    I128(&'a [i128]),
    /// Text, JSON, binary.
    Bytes(ByteArrays<'a>),
    /// Texts of `width` bytes each, one after the other.
    Fixed {
        width: usize,
        data: &'a [u8],
    },
    /// Positions in the dictionary that `Writer::dictionary` gets before the row group ends; they refer to its first `size`
    /// entries.
    Indices {
        indices: &'a [u32],
        size: u32,
    },
}

/// Texts as Parquet's PLAIN encoding has them: each behind its length in four bytes, the lowest first.
#[derive(Clone, Copy, Debug)]
pub struct ByteArrays<'a> {
    pub count: usize,
    pub plain: &'a [u8],
}

impl<'a> ByteArrays<'a> {
    /// The texts. Ends early where a length does not fit.
    pub fn iter(self) -> impl Iterator<Item = Padded<'a>> {
        let mut rest = self.plain;
        std::iter::from_fn(move || {
            let (length, behind) = rest.split_first_chunk()?;
            let length = u32::from_le_bytes(*length) as usize;
            rest = behind.get(length..)?;
            Some(Padded::new(behind, 0, length))
        })
    }

    /// Texts in that form.
    pub fn plain<'t>(texts: impl IntoIterator<Item = &'t [u8]>) -> Vec<u8> {
        let mut plain = Vec::new();
        for text in texts {
            plain.extend_from_slice(&(text.len() as u32).to_le_bytes());
            plain.extend_from_slice(text);
        }
        plain
    }
}
