//! Tables in memory: typed column builders whose content is page content.
//!
//! Cells are appended row by row; a cell that is not set is null, and nothing is stored for it. Every [`PAGE_ROWS`] rows the
//! columns' pages go to the Parquet writer, which encodes and compresses them at once; full row groups leave as bytes. So
//! memory depends on the number of columns, not of rows. A record that turned out to be incomplete is taken back with
//! [`Table::roll_back`]: no marks are kept for that, the last rows are simply cut off.

mod builder;
mod dictionary;
mod padded;
mod page;

pub use builder::{Builder, Cells, Pushed};
pub use padded::{Padded, hash};
pub use page::{ByteArrays, Page, Values};

use crate::error::Result;
use crate::normalize::hash::Id;
use crate::normalize::schema::Column;
use crate::normalize::{FileEnd, Part};
use crate::parquet::{ColumnSpec, Pieces, Writer, WriterOptions};

/// Rows of a page: small pages keep the working set in the processor's cache.
pub const PAGE_ROWS: usize = 1024;
/// A page also ends when a column's texts reach this many bytes. It is looked at every so many rows.
const PAGE_BYTES: usize = 64 << 10;
const LOOK_ROWS: usize = 128;
/// A row group ends when its compressed pages and its dictionaries reach this many bytes.
const ROW_GROUP_BYTES: usize = 1 << 20;

/// One table of a load, and the file it is being written to.
pub struct Table {
    name: String,
    options: WriterOptions,
    specs: Vec<ColumnSpec>,
    columns: Vec<Builder>,
    writer: Option<Writer>,
    /// Rows in the open page, the open one not counted.
    rows: usize,
    /// At how many rows to look whether the page is full.
    look_at: usize,
    /// Rows of the whole load.
    total: u64,
    /// Rows in the row group before the open page.
    group_rows: u64,
    file: u32,
    file_bytes: usize,
    file_limit: usize,
    parts: Vec<Part>,
}

/// The cells of one row. A column's second cell is not taken, nor is one of a column that there is not.
pub struct OpenRow<'a> {
    columns: &'a mut [Builder],
    row: usize,
    /// Rows in the row group before the open page.
    born: u64,
}

impl OpenRow<'_> {
    #[inline(always)]
    pub fn push_i64(&mut self, column: usize, value: i64) {
        if let Some(builder) = self.columns.get_mut(column) {
            builder.push_i64(self.row, value);
        }
    }

    #[inline(always)]
    pub fn push_f64(&mut self, column: usize, value: f64) {
        if let Some(builder) = self.columns.get_mut(column) {
            builder.push_f64(self.row, value);
        }
    }

    #[inline(always)]
    pub fn push_bool(&mut self, column: usize, value: bool) {
        if let Some(builder) = self.columns.get_mut(column) {
            builder.push_bool(self.row, value);
        }
    }

    pub fn push_i128(&mut self, column: usize, value: i128) {
        if let Some(builder) = self.columns.get_mut(column) {
            builder.push_i128(self.row, value);
        }
    }

    #[inline(always)]
    pub fn push_id(&mut self, column: usize, id: Id) {
        if let Some(builder) = self.columns.get_mut(column) {
            builder.push_id(self.row, id);
        }
    }

    /// Text, JSON or binary.
    #[inline(always)]
    pub fn push_text(&mut self, column: usize, text: Padded<'_>) -> Pushed {
        match self.columns.get_mut(column) {
            Some(builder) => builder.push_text(self.row, text, self.born),
            None => Pushed { hash: 0, known: false },
        }
    }
}

impl Table {
    /// A table without columns; files end at about `file_limit` bytes.
    pub fn new(name: &str, options: WriterOptions, file_limit: usize) -> Table {
        Table {
            name: name.to_owned(),
            options,
            specs: Vec::new(),
            columns: Vec::new(),
            writer: None,
            rows: 0,
            look_at: LOOK_ROWS,
            total: 0,
            group_rows: 0,
            file: 0,
            file_bytes: 0,
            file_limit,
            parts: Vec::new(),
        }
    }

    /// Adds a column, which must have a type; rows so far are null in it.
    pub fn add_column(&mut self, column: &Column, cells: Cells) -> usize {
        let spec = ColumnSpec::from(column);
        if let Some(writer) = &mut self.writer {
            writer.add_column(spec.clone());
        }
        self.specs.push(spec);
        self.columns.push(Builder::new(cells));
        self.columns.len() - 1
    }

    /// Rows of the load so far.
    pub fn total(&self) -> u64 {
        self.total + self.rows as u64
    }

    /// Rows in the open page.
    #[inline(always)]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The row that is open: where its cells go.
    #[inline(always)]
    pub fn open_row(&mut self) -> OpenRow<'_> {
        OpenRow { columns: &mut self.columns, row: self.rows, born: self.group_rows }
    }

    /// See [`Builder::ids_to_text`].
    pub fn ids_to_text(&mut self, column: usize) {
        if let Some(builder) = self.columns.get_mut(column) {
            builder.ids_to_text();
        }
    }

    #[inline(always)]
    pub fn end_row(&mut self) {
        self.rows += 1;
    }

    /// Forgets the rows from `row` of the open page on.
    pub fn roll_back(&mut self, row: usize) {
        // The row that was open counts: it may have cells.
        let end = std::mem::replace(&mut self.rows, row) + 1;
        let born = self.group_rows + row as u64;
        self.columns.iter_mut().for_each(|builder| builder.truncate(row, end, born));
    }

    /// Between records: writes the page when it is full, then the row group, then the file.
    #[inline(always)]
    pub fn settle(&mut self) -> Result<()> {
        if self.rows >= self.look_at { self.look() } else { Ok(()) }
    }

    fn look(&mut self) -> Result<()> {
        let full = self.rows >= PAGE_ROWS || self.columns.iter().any(|builder| builder.text_bytes() >= PAGE_BYTES);
        self.look_at = if full { LOOK_ROWS } else { self.rows + LOOK_ROWS };
        if full {
            self.write_page()?;
            let dictionaries: usize = self.columns.iter().map(Builder::dictionary_bytes).sum();
            let pages = self.writer.as_ref().map_or(0, Writer::pending_bytes);
            if pages + dictionaries >= ROW_GROUP_BYTES {
                self.write_row_group()?;
                if self.file_bytes >= self.file_limit {
                    self.end_file()?;
                }
            }
        }
        Ok(())
    }

    /// Writes all that is left. A table without rows has no file.
    pub fn finish(&mut self) -> Result<()> {
        if self.rows > 0 {
            self.write_page()?;
        }
        if self.group_rows > 0 {
            self.write_row_group()?;
        }
        if self.writer.is_some() { self.end_file() } else { Ok(()) }
    }

    /// A file without rows.
    pub fn end_empty(&mut self) -> Result<()> {
        self.open();
        self.end_file()
    }

    /// Bytes that are ready, in order.
    pub fn take_parts(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.parts)
    }

    fn open(&mut self) {
        if self.writer.is_none() {
            let mut writer = Writer::new(self.options.clone());
            for spec in &self.specs {
                writer.add_column(spec.clone());
            }
            self.writer = Some(writer);
        }
    }

    fn write_page(&mut self) -> Result<()> {
        self.open();
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let (rows, group_rows) = (self.rows, self.group_rows);
        for (number, builder) in self.columns.iter_mut().enumerate() {
            builder.with_page(rows, group_rows, |page| writer.page(number, page))?;
        }
        self.total += rows as u64;
        self.group_rows += rows as u64;
        self.rows = 0;
        Ok(())
    }

    fn write_row_group(&mut self) -> Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        for (number, builder) in self.columns.iter_mut().enumerate() {
            builder.end_row_group(|entries| writer.dictionary(number, entries))?;
        }
        let mut bytes = Pieces::default();
        writer.end_row_group(&mut bytes)?;
        let group = writer.last_row_group();
        self.group_rows = 0;
        self.hand_out(bytes);
        if let Some(last) = self.parts.last_mut() {
            last.group = group;
        }
        Ok(())
    }

    fn end_file(&mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let mut bytes = Pieces::default();
        let summary = writer.finish(&mut bytes)?;
        self.hand_out(bytes);
        if let Some(last) = self.parts.last_mut() {
            last.end = Some(FileEnd { rows: summary.rows, columns: self.specs.len() as u32 });
        }
        self.file += 1;
        self.file_bytes = 0;
        Ok(())
    }

    fn hand_out(&mut self, bytes: Pieces) {
        for bytes in bytes.into_pieces() {
            self.file_bytes += bytes.len();
            self.parts.push(Part { table: self.name.clone(), file: self.file, bytes, group: None, end: None });
        }
    }
}
