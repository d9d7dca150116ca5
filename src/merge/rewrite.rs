//! Files of a table, written anew as one, without some of their rows.

use crate::error::{Error, Kind, Result};
use crate::normalize::schema::{Column, TableSchema};
use crate::normalize::{FileEnd, whole};
use crate::parquet::{ColumnSpec, Reader, Value, WriterOptions};
use crate::table::{Cells, OpenRow, Table};

/// What becomes of a file's rows, in their order.
#[derive(Default)]
pub struct Rows {
    fates: Vec<Fate>,
    stay: usize,
    retired: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    Goes,
    /// It stays, and is not valid any more.
    Retires,
}

impl Rows {
    pub fn push(&mut self, stays: bool) {
        self.stay += usize::from(stays);
        self.fates.push(if stays { Fate::Stays } else { Fate::Goes });
    }

    pub fn retire(&mut self) {
        self.stay += 1;
        self.retired += 1;
        self.fates.push(Fate::Retires);
    }

    /// Of a file of that size, about what stays.
    pub fn share_of(&self, bytes: u64) -> u64 {
        bytes * self.stay as u64 / self.fates.len().max(1) as u64
    }

    pub fn all_stay(&self) -> bool {
        self.stay == self.fates.len() && self.retired == 0
    }

    pub fn none_stays(&self) -> bool {
        self.stay == 0
    }
}

/// A file under way.
pub struct Rewriting<'s> {
    schema: &'s TableSchema,
    table: Table,
    /// Of the columns that the table has by now.
    columns: Vec<&'s Column>,
    /// The column, by its place, and the instant that say of rows that they are not valid any more.
    retired: Option<(usize, i64)>,
}

impl<'s> Rewriting<'s> {
    pub fn new(schema: &'s TableSchema, retired: Option<(&str, i64)>, options: WriterOptions) -> Rewriting<'s> {
        let mut table = Table::new(&schema.name, options, usize::MAX);
        let mut columns = Vec::new();
        for column in &schema.columns {
            if let Some(data_type) = column.data_type {
                table.add_column(column, Cells::of(data_type));
                columns.push(column);
            }
        }
        let retired = retired.and_then(|(name, instant)| Some((place(&columns, name)?, instant)));
        Rewriting { schema, table, columns, retired }
    }

    /// The rows that stay of one more file; all of them, where nothing is said of its rows.
    pub fn add(&mut self, file: &[u8], rows: Option<&Rows>) -> Result<()> {
        self.copy(file, rows).map_err(|error| error.at(&self.schema.name))
    }

    fn copy(&mut self, file: &[u8], rows: Option<&Rows>) -> Result<()> {
        let reader = Reader::open(file)?;
        // Where each column of the file goes.
        let places = reader.schema().iter().map(|spec| place(&self.columns, &spec.name));
        let places: Vec<usize> = places.collect::<Option<_>>().ok_or_else(other_columns)?;
        let wide = |place: &usize| self.columns.get(*place).is_some_and(|column| column.widened_by.is_some());
        let places: Vec<(usize, bool)> = places.into_iter().map(|place| (place, wide(&place))).collect();
        let mut fates = rows.into_iter().flat_map(|rows| &rows.fates);
        for group in 0..reader.row_groups().len() {
            let columns = reader.read(group)?;
            for row in 0..reader.group_rows(group) {
                let fate = fates.next().copied().unwrap_or(Fate::Stays);
                if fate == Fate::Goes {
                    continue;
                }
                let mut open = self.table.open_row();
                if let Some((place, instant)) = self.retired.filter(|_| fate == Fate::Retires) {
                    // The first cell of a column counts.
                    open.push_i64(place, instant);
                }
                for (cells, (place, wide)) in columns.iter().zip(&places) {
                    push(&mut open, *place, cells.get(row), *wide);
                }
                self.table.end_row();
                self.table.settle()?;
            }
        }
        Ok(())
    }

    /// The file.
    pub fn finish(mut self) -> Result<(Vec<u8>, FileEnd)> {
        self.table.finish()?;
        let parts = self.table.take_parts();
        let end = parts.iter().find_map(|part| part.end.clone()).ok_or_else(no_end)?;
        Ok((whole(parts), end))
    }
}

/// Where a column of a file goes: to that of its name, or to the one that has become as wide as it.
fn place(columns: &[&Column], name: &str) -> Option<usize> {
    columns.iter().position(|column| column.name == name || column.widened_by.as_deref() == Some(name))
}

/// Whether a file has the columns that the table has by now, as it has them.
pub fn fits(table: &TableSchema, file: &[u8]) -> Result<bool> {
    let reader = Reader::open(file)?;
    let same = |spec: &ColumnSpec| {
        table.columns.iter().any(|column| column.name == spec.name && column.data_type == Some(spec.data_type))
    };
    let wide: Vec<&Column> = table.columns.iter().filter(|column| column.widened_by.is_some()).collect();
    Ok(reader.schema().iter().filter(|spec| place(&wide, &spec.name).is_some()).all(same))
}

/// `wide`: into a column of doubles.
fn push(row: &mut OpenRow<'_>, column: usize, cell: Option<Value<'_>>, wide: bool) {
    match cell {
        None => {}
        Some(Value::I64(value)) if wide => row.push_f64(column, value as f64),
        Some(Value::Bool(value)) => row.push_bool(column, value),
        Some(Value::I64(value)) => row.push_i64(column, value),
        Some(Value::F64(value)) => row.push_f64(column, value),
        Some(Value::I128(value)) => row.push_i128(column, value),
        Some(Value::Bytes(bytes)) => {
            row.push_text(column, bytes.into());
        }
    }
}

fn other_columns() -> Error {
    Error::new(Kind::Data, "other_columns", "a file has columns that its table does not have")
}

fn no_end() -> Error {
    Error::new(Kind::Data, "internal", "a file did not end").help("Please report this as a bug")
}
