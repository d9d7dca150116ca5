//! Columns → CSV, JSON Lines, Arrow or Parquet, batch by batch: what a person takes home from a table.
//!
//! An [`Exporter`] is given a table's columns and then its rows in any number of batches, in the order in which they should
//! stand in the file; the bytes it appends are that file. It holds nothing of the rows, but for the open row group of a Parquet file. A
//! table that lies in one file is better handed out as it lies; several become one here.
//!
//! Cells have one form in all texts, that of [`crate::parquet::rows_json`]. A null is `null` in JSON Lines and nothing in CSV, where
//! an empty text is `""`: the best that CSV can do, and many readers take both for the same. Only CSV changes what it is given: see
//! [`Formulas`].

#[cfg(any(feature = "web", test))]
mod arrow;
mod csv;
mod parquet;

use crate::error::{Error, Kind, Result};
use crate::normalize::schema::DataType;
use crate::parquet::{ColumnData, ColumnSpec, row_object, row_object_keys};

pub use csv::Formulas;

/// What an export looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 in UTF-8 without a byte order mark: a header line, CR LF behind every line.
    Csv(Formulas),
    /// A JSON object a line, LF behind every line: <https://jsonlines.org>.
    JsonLines,
    /// Arrow's IPC streaming format: the schema, a record batch for each batch, the end. Only where feature `web` is on.
    #[cfg(any(feature = "web", test))]
    Arrow,
    /// A Parquet file like those of a lake, but for dictionaries.
    Parquet,
}

/// One table on its way out.
pub struct Exporter {
    columns: Vec<ColumnSpec>,
    writer: Writer,
}

enum Writer {
    Csv(Formulas),
    JsonLines {
        keys: Vec<String>,
    },
    #[cfg(any(feature = "web", test))]
    Arrow,
    Parquet(Box<parquet::Parquet>),
}

impl Exporter {
    /// Begins the file; what stands before the rows is appended to `out`.
    pub fn new(format: Format, columns: &[ColumnSpec], out: &mut Vec<u8>) -> Exporter {
        let columns = columns.to_vec();
        let writer = match format {
            Format::Csv(formulas) => {
                csv::header(&columns, formulas, out);
                Writer::Csv(formulas)
            }
            Format::JsonLines => Writer::JsonLines { keys: row_object_keys(&columns) },
            #[cfg(any(feature = "web", test))]
            Format::Arrow => {
                arrow::schema(&columns, out);
                Writer::Arrow
            }
            Format::Parquet => Writer::Parquet(Box::new(parquet::Parquet::new(&columns))),
        };
        Exporter { columns, writer }
    }

    /// Appends rows: for each column of [`Exporter::new`] its cells, as many in each.
    ///
    /// # Errors
    /// `export_batch` if the batch does not have these columns, or Arrow's types cannot hold a cell. Nothing is appended then. Those of
    /// [`crate::parquet::Writer::page`] if a cell does not fit its column; the file is of no use then.
    pub fn batch(&mut self, batch: &[ColumnData], out: &mut Vec<u8>) -> Result<()> {
        let rows = self.rows(batch)?;
        match &mut self.writer {
            Writer::Csv(formulas) => csv::rows(&self.columns, batch, rows, *formulas, out),
            Writer::JsonLines { keys } => {
                let mut line = String::new();
                for row in 0..rows {
                    line.clear();
                    row_object(&self.columns, keys, batch, row, &mut line);
                    // Only in the white space of a JSON column's text can there be one.
                    if line.contains('\n') {
                        line = line.replace('\n', " ");
                    }
                    line.push('\n');
                    out.extend_from_slice(line.as_bytes());
                }
            }
            #[cfg(any(feature = "web", test))]
            Writer::Arrow => arrow::batch(&self.columns, batch, rows, out)?,
            Writer::Parquet(file) => file.batch(batch, rows, out)?,
        }
        Ok(())
    }

    /// Ends the file.
    ///
    /// # Errors
    /// `parquet_limit`, if it is a Parquet file that cannot be so large.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<()> {
        match self.writer {
            Writer::Csv(_) | Writer::JsonLines { .. } => {}
            #[cfg(any(feature = "web", test))]
            Writer::Arrow => out.extend_from_slice(&arrow::END),
            Writer::Parquet(file) => file.finish(out)?,
        }
        Ok(())
    }

    /// Rows of a batch that has the right columns.
    fn rows(&self, batch: &[ColumnData]) -> Result<usize> {
        let rows = batch.first().map_or(0, ColumnData::len);
        if batch.len() != self.columns.len() {
            return Err(misfit(format!("{} columns came for a table of {}", batch.len(), self.columns.len())));
        }
        for (spec, column) in self.columns.iter().zip(batch) {
            if column.len() != rows {
                return Err(misfit(format!("{} cells came for {rows} rows", column.len())).at(&spec.name));
            }
            if !holds(column, spec.data_type) {
                return Err(misfit(format!("cells of another type than {} came", spec.data_type.name())).at(&spec.name));
            }
        }
        Ok(rows)
    }
}

fn misfit(what: String) -> Error {
    Error::new(Kind::Data, "export_batch", what)
}

/// Whether cells of that type lie in such a column.
fn holds(column: &ColumnData, data_type: DataType) -> bool {
    match column {
        ColumnData::Bool(_) => data_type == DataType::Bool,
        ColumnData::I64(_) => {
            matches!(data_type, DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time)
        }
        ColumnData::F64(_) => data_type == DataType::Double,
        ColumnData::I128(_) => matches!(data_type, DataType::Decimal | DataType::Wei),
        ColumnData::Text(_) => matches!(data_type, DataType::Text | DataType::Json),
        ColumnData::Binary(_) => data_type == DataType::Binary,
    }
}
