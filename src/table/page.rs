//! One column's page of values: what the builders hand to the Parquet writer. Filled by `normalize`, encoded by `parquet`.

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
    /// Text, JSON, binary: lengths, and the bytes one after another.
    Bytes {
        lens: &'a [u32],
        data: &'a [u8],
    },
    /// Positions in the dictionary that `Writer::dictionary` gets before the row group ends; they refer to its first `size`
    /// entries.
    Indices {
        indices: &'a [u32],
        size: u32,
    },
}
