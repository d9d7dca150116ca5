//! Rows as Parquet: the pages of the lake's own writer, filled from cells.

use crate::error::Result;
use crate::parquet::{ColumnData, ColumnSpec, Writer, WriterOptions};
use crate::table::{ByteArrays, Page, Values};

/// A row group ends at so many compressed bytes, or rows.
const GROUP_BYTES: usize = 8 << 20;
const GROUP_ROWS: usize = 1 << 20;

/// A file under way.
pub struct Parquet {
    writer: Writer,
    /// Of the open row group.
    rows: usize,
}

impl Parquet {
    pub fn new(columns: &[ColumnSpec]) -> Parquet {
        let mut writer = Writer::new(WriterOptions::default());
        for column in columns {
            writer.add_column(column.clone());
        }
        Parquet { writer, rows: 0 }
    }

    /// Takes rows; appends the row group's bytes when it ends with them.
    pub fn batch(&mut self, batch: &[ColumnData], rows: usize, out: &mut Vec<u8>) -> Result<()> {
        for (number, column) in batch.iter().enumerate() {
            self.page(number, column, rows)?;
        }
        self.rows += rows;
        if self.rows >= GROUP_ROWS || self.writer.pending_bytes() >= GROUP_BYTES {
            self.writer.end_row_group(out)?;
            self.rows = 0;
        }
        Ok(())
    }

    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        self.writer.finish(out).map(drop)
    }

    fn page(&mut self, number: usize, column: &ColumnData, rows: usize) -> Result<()> {
        let validity = validity(column, rows);
        let mut write =
            |values: Values<'_>| self.writer.page(number, Page { rows, validity: validity.as_deref(), values });
        match column {
            ColumnData::Bool(cells) => write(Values::Bool(&present(cells, |value| u8::from(*value)))),
            ColumnData::I64(cells) => write(Values::I64(&present(cells, |value| *value))),
            ColumnData::F64(cells) => write(Values::F64(&present(cells, |value| *value))),
            ColumnData::I128(cells) => write(Values::I128(&present(cells, |value| *value))),
            ColumnData::Text(cells) => {
                let texts = present(cells, String::as_bytes);
                let (count, plain) = (texts.len(), ByteArrays::plain(texts));
                write(Values::Bytes(ByteArrays { count, plain: &plain }))
            }
            ColumnData::Binary(cells) => {
                let texts = present(cells, Vec::as_slice);
                let (count, plain) = (texts.len(), ByteArrays::plain(texts));
                write(Values::Bytes(ByteArrays { count, plain: &plain }))
            }
        }
    }
}

fn present<'a, T, U>(cells: &'a [Option<T>], value: impl Fn(&'a T) -> U) -> Vec<U> {
    cells.iter().flatten().map(value).collect()
}

/// A bit for each row, the least significant one first; none if no cell is null.
fn validity(column: &ColumnData, rows: usize) -> Option<Vec<u8>> {
    if (0..rows).all(|row| column.get(row).is_some()) {
        return None;
    }
    let byte = |first: usize| {
        let bits = (first..rows.min(first + 8)).filter(|row| column.get(*row).is_some());
        bits.fold(0u8, |byte, row| byte | 1 << (row - first))
    };
    Some((0..rows).step_by(8).map(byte).collect())
}
