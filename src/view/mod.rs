//! Tables to look at: Parquet bytes in memory, any window of any order of them, in time that does not depend on their rows.
//!
//! The tables are those of a load under way (exactly the bytes that would be written), or files of a snapshot. Nothing is
//! unpacked ahead: a cell costs the page that holds it, and pages that were unpacked lately are kept. What goes over all rows
//! (arranging, profiling) goes page by page and in steps, so that whoever calls can answer others in between, or give up.
//!
//! | | |
//! |---|---|
//! | [`Tables`] | what there is: tables, columns, rows, files |
//! | [`Tables::cells`], [`Tables::batch`] | cells as text for people, as columns for programs |
//! | [`Arranging`] → [`Arrangement`] | rows filtered, searched and ordered |
//! | [`Profiling`] → [`Profile`] | what a column holds |
//! | [`Tables::children`], [`Tables::parent`] | from a row to those that hang from it, and back |
//!
//! Tables and columns go by numbers, in the order of [`Tables::list`]: a column's name comes from foreign data. A load under way
//! only ever appends to both.

mod arrange;
mod cache;
mod cells;
mod file;
mod filter;
mod intern;
mod profile;
mod sort;
mod walk;

pub use arrange::{Arrangement, Arranging, By, Request};
pub use filter::{Filter, Op};
pub use profile::{Bin, Distinct, Frequent, Lengths, Profile, Profiling};
pub use walk::Child;

use crate::error::{Error, Kind, Result};
use crate::normalize::schema::{Column, TableSchema};
use crate::normalize::{Load, Loaded};
use crate::parquet::{ColumnSpec, Group};
use cache::{Cache, Chunks};
use file::File;
use serde::Serialize;
use std::cell::RefCell;
use std::ops::Range;

/// Tables that one can look at.
#[derive(Default)]
pub struct Tables {
    tables: Vec<Table>,
    cache: RefCell<Cache>,
}

/// One table.
struct Table {
    schema: TableSchema,
    /// Of each column that has a type.
    columns: Vec<ColumnSpec>,
    files: Vec<File>,
    groups: Vec<RowGroup>,
    /// Rows in the row groups.
    readable: u32,
    /// Rows of the load so far.
    rows: u64,
    /// Rows by the ids of their parents, and by their own.
    by_parent: RefCell<Option<walk::Index>>,
    by_id: RefCell<Option<walk::Index>>,
}

/// A row group of one of the table's files.
struct RowGroup {
    file: usize,
    /// The table's row that it begins with.
    first: u32,
    group: Group,
    chunks: RefCell<Chunks>,
}

/// What a table is, for people.
#[derive(Debug, Serialize)]
pub struct Listed<'a> {
    pub name: &'a str,
    pub parent: Option<&'a str>,
    /// Of a load under way: those that came so far.
    pub rows: u64,
    /// Those that can be looked at: rows of a load under way must wait for their row group to end.
    pub readable: u32,
    /// Of the files so far.
    pub bytes: u64,
    pub files: usize,
    /// Those that have a type, in the order of the files. A column's number is its place here.
    pub columns: Vec<&'a Column>,
}

impl Tables {
    pub fn new() -> Tables {
        Tables::default()
    }

    /// Takes what a load has ready: call it after each `feed`. It is the load's only reader then.
    ///
    /// # Errors
    /// `too_many_rows`.
    pub fn take(&mut self, load: &mut Load) -> Result<()> {
        for (schema, rows) in load.tables() {
            let Some((_, table)) = self.of(schema) else { continue };
            table.rows = rows;
            if table.columns.len() != typed(schema).count() {
                table.describe(schema);
            }
        }
        for part in load.take_parts() {
            if let Some(table) = self.tables.iter_mut().find(|table| table.schema.name == part.table) {
                table.append(part)?;
            }
        }
        Ok(())
    }

    /// Ends a load, and takes what is left.
    ///
    /// # Errors
    /// Those of [`Load::finish`]; `too_many_rows`.
    pub fn finish(&mut self, load: &mut Load) -> Result<Loaded> {
        let loaded = load.finish()?;
        self.take(load)?;
        for schema in &loaded.schema.tables {
            if let Some((_, table)) = self.of(schema) {
                table.describe(schema);
            }
        }
        Ok(loaded)
    }

    /// Adds a file to the table of that name, behind its rows, and gives the table's number. The schema may have columns that
    /// the file has not (they are null in it), and that earlier calls did not have. Compare the file's checksum first.
    ///
    /// # Errors
    /// `parquet_read` if the bytes are not a file of the engine's; `other_columns` if it has columns that the schema does not
    /// have, or of other types; `too_many_rows`.
    pub fn add(&mut self, schema: &TableSchema, bytes: Vec<u8>) -> Result<usize> {
        let (file, groups) = File::whole(schema, bytes).map_err(|error| error.at(&schema.name))?;
        let Some((number, table)) = self.of(schema) else { return Ok(0) };
        if typed(schema).count() >= table.columns.len() {
            table.describe(schema);
        }
        table.files.push(file);
        for group in groups {
            table.add(group)?;
        }
        table.rows = table.readable as u64;
        Ok(number)
    }

    /// A table that may have no file at all, and its number.
    pub fn declare(&mut self, schema: &TableSchema) -> usize {
        self.of(schema).map_or(0, |(number, _)| number)
    }

    /// All tables; a table's number is its place here.
    pub fn list(&self) -> Vec<Listed<'_>> {
        fn listed(table: &Table) -> Listed<'_> {
            Listed {
                name: &table.schema.name,
                parent: table.schema.parent.as_deref(),
                rows: table.rows,
                readable: table.readable,
                bytes: table.files.iter().map(File::len).sum(),
                files: table.files.len(),
                columns: typed(&table.schema).collect(),
            }
        }
        self.tables.iter().map(listed).collect()
    }

    /// The number of the table of that name.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.schema.name == name)
    }

    /// A table's schema, columns without a type included.
    ///
    /// # Errors
    /// `no_such_table`, as all that is asked of a table.
    pub fn schema(&self, table: usize) -> Result<&TableSchema> {
        Ok(&self.table(table)?.schema)
    }

    /// What a table's columns are, by their numbers.
    ///
    /// # Errors
    /// `no_such_table`.
    pub fn specs(&self, table: usize) -> Result<&[ColumnSpec]> {
        Ok(&self.table(table)?.columns)
    }

    /// Rows that can be looked at.
    ///
    /// # Errors
    /// `no_such_table`.
    pub fn rows(&self, table: usize) -> Result<u32> {
        Ok(self.table(table)?.readable)
    }

    /// The rows of each row group: whoever reads a table from end to end asks for these ranges, or parts of them.
    ///
    /// # Errors
    /// `no_such_table`.
    pub fn row_groups(&self, table: usize) -> Result<impl ExactSizeIterator<Item = Range<u32>>> {
        Ok(self.table(table)?.groups.iter().map(RowGroup::rows))
    }

    /// The bytes of a table's file, as they would be stored or were.
    ///
    /// # Errors
    /// `no_such_file` if there are not so many, or it is still being written.
    pub fn file(&self, table: usize, file: usize) -> Result<Vec<u8>> {
        let table = self.table(table)?;
        let whole = table.files.get(file).and_then(File::bytes);
        whole.ok_or_else(|| {
            let message = format!("table {} has no finished file {file}", table.schema.name);
            Error::new(Kind::Data, "no_such_file", message)
                .help("A file of a load is finished when the load is, or when it is full")
        })
    }

    fn table(&self, table: usize) -> Result<&Table> {
        self.tables.get(table).ok_or_else(|| {
            Error::new(Kind::Data, "no_such_table", format!("there is no table {table}, only {}", self.tables.len()))
        })
    }

    /// The number of the table of that schema's name, which is made if need be, and the table.
    fn of(&mut self, schema: &TableSchema) -> Option<(usize, &mut Table)> {
        let at = self.number(&schema.name).unwrap_or(self.tables.len());
        if at == self.tables.len() {
            self.tables.push(Table::new(schema));
        }
        Some((at, self.tables.get_mut(at)?))
    }
}

impl Table {
    fn new(schema: &TableSchema) -> Table {
        Table {
            schema: schema.clone(),
            columns: typed(schema).map(ColumnSpec::from).collect(),
            files: Vec::new(),
            groups: Vec::new(),
            readable: 0,
            rows: 0,
            by_parent: RefCell::default(),
            by_id: RefCell::default(),
        }
    }

    /// The schema has become another: columns came, or hints changed.
    fn describe(&mut self, schema: &TableSchema) {
        self.columns = typed(schema).map(ColumnSpec::from).collect();
        self.schema = schema.clone();
    }

    fn append(&mut self, part: crate::normalize::Part) -> Result<()> {
        if self.files.len() <= part.file as usize {
            self.files.push(File::open());
        }
        let Some(file) = self.files.last_mut() else { return Ok(()) };
        file.append(part.bytes, &self.columns, part.end.is_some());
        part.group.map_or(Ok(()), |group| self.add(group))
    }

    /// Adds a row group of the last file.
    fn add(&mut self, group: Group) -> Result<()> {
        let end = u32::try_from(group.rows).ok().and_then(|rows| self.readable.checked_add(rows));
        let end = end.ok_or_else(|| {
            let message = format!("table {} has more than 4,294,967,295 rows", self.schema.name);
            Error::new(Kind::Limit, "too_many_rows", message)
        })?;
        let file = self.files.len().saturating_sub(1);
        self.groups.push(RowGroup { file, first: self.readable, group, chunks: RefCell::default() });
        self.readable = end;
        Ok(())
    }

    fn spec(&self, column: usize) -> Result<&ColumnSpec> {
        self.columns.get(column).ok_or_else(|| {
            let (name, count) = (&self.schema.name, self.columns.len());
            Error::new(Kind::Data, "no_such_column", format!("table {name} has no column {column}, only {count}"))
        })
    }
}

impl RowGroup {
    fn rows(&self) -> Range<u32> {
        self.first..self.first + self.group.rows as u32
    }
}

/// The columns that are in files.
fn typed(schema: &TableSchema) -> impl Iterator<Item = &Column> {
    schema.columns.iter().filter(|column| column.data_type.is_some())
}

fn no_such_row(table: &str, row: usize, count: usize) -> Error {
    Error::new(Kind::Data, "no_such_row", format!("table {table} has no row {row} here, only {count}"))
}
