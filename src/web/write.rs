//! Rows as a file of another format, piece by piece: [`crate::export`] for a page.

use super::thrown;
use super::view::Tables;
use crate::error::{Error, Kind};
use crate::export::{Exporter, Format, Formulas};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

/// A file under way.
///
/// ```js
/// const writer = new Writer(tables, 0, arrangement, 'csv');
/// for (let bytes; (bytes = writer.next(tables, 20_000)); ) save(bytes);
/// ```
#[wasm_bindgen]
pub struct Writer {
    /// `None` when the end is written.
    exporter: Option<Exporter>,
    format: Format,
    table: usize,
    arrangement: u32,
    count: usize,
    done: usize,
    /// What stands before the first row.
    head: Vec<u8>,
}

#[wasm_bindgen]
impl Writer {
    /// All rows of an arrangement, in `format`: `csv` (formulas neutralised), `jsonl`, `arrow` (the streaming format) or `parquet`. Throws an
    /// `Error` with a `code`, as `next` does.
    #[wasm_bindgen(constructor)]
    pub fn new(tables: &Tables, table: usize, arrangement: u32, format: &str) -> Result<Writer, JsValue> {
        let format = match format {
            "csv" => Format::Csv(Formulas::Neutralised),
            "jsonl" => Format::JsonLines,
            "arrow" => Format::Arrow,
            "parquet" => Format::Parquet,
            _ => {
                let error = Error::new(Kind::Config, "no_such_format", format!("there is no format {format}"));
                return Err(thrown(error.help("There are csv, jsonl, arrow and parquet")));
            }
        };
        let count = match tables.arrangement(arrangement)? {
            Some(arrangement) => arrangement.len(),
            None => tables.tables.rows(table).map_err(thrown)? as usize,
        };
        let specs = tables.tables.specs(table).map_err(thrown)?;
        let mut head = Vec::new();
        let exporter = Some(Exporter::new(format, specs, &mut head));
        Ok(Writer { exporter, format, table, arrangement, count, done: 0, head })
    }

    #[wasm_bindgen(getter, js_name = mediaType)]
    pub fn media_type(&self) -> String {
        match self.format {
            Format::Csv(_) => "text/csv;charset=utf-8",
            Format::JsonLines => "application/jsonl",
            Format::Arrow => "application/vnd.apache.arrow.stream",
            Format::Parquet => "application/vnd.apache.parquet",
        }
        .into()
    }

    /// Rows that were written.
    #[wasm_bindgen(getter)]
    pub fn rows(&self) -> usize {
        self.done
    }

    /// The next bytes, of so many rows; `undefined` when there are no more.
    pub fn next(&mut self, tables: &Tables, rows: usize) -> Result<Option<Uint8Array>, JsValue> {
        let Some(exporter) = &mut self.exporter else { return Ok(None) };
        let mut bytes = std::mem::take(&mut self.head);
        let end = self.done.saturating_add(rows).min(self.count);
        if self.done < end {
            let arrangement = tables.arrangement(self.arrangement)?;
            let batch = tables.tables.batch(self.table, arrangement, self.done..end).map_err(thrown)?;
            exporter.batch(&batch, &mut bytes).map_err(thrown)?;
            self.done = end;
        }
        if self.done == self.count
            && let Some(exporter) = self.exporter.take()
        {
            exporter.finish(&mut bytes).map_err(thrown)?;
        }
        Ok(Some(Uint8Array::from(bytes.as_slice())))
    }
}
