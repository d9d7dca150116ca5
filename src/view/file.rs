//! One Parquet file in memory: whole, or the row groups of it that are finished.

use super::typed;
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::{DataType, TableSchema};
use crate::parquet::{Bytes, ColumnSpec, Group, Reader};

pub struct File {
    /// Where each piece begins, and the piece.
    pieces: Vec<(u64, Box<[u8]>)>,
    len: u64,
    done: bool,
    /// Of each of the table's columns, where it is in the file, and how it is written there; those that are missing at the end
    /// are not in it.
    columns: Vec<Option<(usize, ColumnSpec)>>,
}

impl File {
    /// A file whose bytes have yet to come.
    pub fn open() -> File {
        File { pieces: Vec::new(), len: 0, done: false, columns: Vec::new() }
    }

    /// A finished file, and its row groups.
    pub fn whole(schema: &TableSchema, bytes: Vec<u8>) -> Result<(File, Vec<Group>)> {
        let reader = Reader::open(&bytes)?;
        let (stored, mut next, mut found) = (reader.schema(), 0, 0);
        let mut columns = Vec::new();
        for column in typed(schema) {
            // They stand in the schema's order, but for files whose columns came in another one.
            let around = (next..stored.len()).chain(0..next.min(stored.len()));
            let place = around.filter_map(|at| Some((at, stored.get(at)?))).find(|(_, spec)| spec.name == column.name);
            if let Some((at, spec)) = place {
                fits(spec, &ColumnSpec::from(column))?;
                (next, found) = (at + 1, found + 1);
            }
            columns.push(place.map(|(at, spec)| (at, spec.clone())));
        }
        if found < stored.len() {
            let known = |name: &str| typed(schema).any(|column| column.name == name);
            let name = stored.iter().find(|spec| !known(&spec.name)).map_or("", |spec| &spec.name);
            return Err(other_columns(name, "is not in the table's schema"));
        }
        let groups = reader.into_groups();
        let mut file = File { columns, ..File::open() };
        file.push(bytes);
        file.done = true;
        Ok((file, groups))
    }

    /// The next bytes of a file that is being written with such columns.
    pub fn append(&mut self, bytes: Vec<u8>, columns: &[ColumnSpec], end: bool) {
        self.push(bytes);
        let behind = columns.iter().enumerate().skip(self.columns.len());
        self.columns.extend(behind.map(|(at, spec)| Some((at, spec.clone()))));
        self.done = end;
    }

    fn push(&mut self, bytes: Vec<u8>) {
        let at = self.len;
        self.len += bytes.len() as u64;
        self.pieces.push((at, bytes.into_boxed_slice()));
    }

    pub fn len(&self) -> u64 {
        self.len
    }

    /// Where one of the table's columns is in the file, and what it is there.
    pub fn column(&self, column: usize) -> Option<(usize, &ColumnSpec)> {
        self.columns.get(column)?.as_ref().map(|(at, spec)| (*at, spec))
    }

    /// All of its bytes, once they are there.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let pieces = || self.pieces.iter().map(|(_, piece)| &**piece);
        self.done.then(|| pieces().collect::<Vec<_>>().concat())
    }
}

impl Bytes for File {
    fn tail(&self, at: u64) -> &[u8] {
        let behind = self.pieces.partition_point(|(start, _)| *start <= at);
        let piece = behind.checked_sub(1).and_then(|piece| self.pieces.get(piece));
        piece.map_or(&[], |(start, piece)| piece.tail(at - start))
    }
}

/// Values of a column of a file are shown and compared with those of other files: types may differ in width only.
fn fits(stored: &ColumnSpec, table: &ColumnSpec) -> Result<()> {
    let same = match (stored.data_type, table.data_type) {
        (DataType::Decimal | DataType::Wei, DataType::Decimal | DataType::Wei) => {
            stored.decimal_scale() == table.decimal_scale()
        }
        (DataType::Timestamp, DataType::Timestamp) => stored.timezone == table.timezone,
        (stored, table) => stored == table,
    };
    match same {
        true => Ok(()),
        false => Err(other_columns(&table.name, "has another type in the file than in the table's schema")),
    }
}

fn other_columns(name: &str, what: &str) -> Error {
    Error::new(Kind::Data, "other_columns", format!("the column {what}")).at(name)
}
