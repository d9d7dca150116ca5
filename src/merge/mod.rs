//! What a load makes of the files that are there: its rows come behind theirs, or are merged with them by key or content.
//!
//! dlt merges in a database; here it is done on files (rules: docs/normalizer.md). The load's keys are learned from its own files
//! of the root table. Then, table by table, parents before their children, the old files are looked through, and those alone are written anew that
//! hold a row that goes or is retired; then the load's own files, and those alone that hold a row that does not come. Old files whose keys
//! surely are not the load's are not read. Small neighbours are put together, so that a table of many loads is a few files.
//!
//! In memory are the files that become one with what becomes of their rows, some 22 bytes for each row of the root table that the load brings, a byte
//! more of each record for each table, and 16 bytes for each old row that goes or that the load brings again, as long as other tables
//! hang from its table.

mod drawers;
mod files;
mod join;
mod load;
mod rewrite;
mod span;

pub use files::{Files, Shelf, append, fit, merge};
pub use span::Span;

use crate::error::{Error, Kind, Result};
use crate::normalize::schema::TableSchema;
use crate::normalize::{CountsIter, Loaded, Merge, Options, PARENT_ID, ROW_ID, Strategy, Warning};
use crate::parquet::{ColumnData, Reader, Value};
use drawers::Drawers;
use load::Coming;
use rewrite::Rows;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What a key's values, or an id, are compared by: themselves, or 127 bits of SHA-256. Who may choose a user's name must not be able to make two keys look like one.
type Digest = u128;

/// A load that has ended, and how its files are written.
#[derive(Clone, Copy)]
pub struct Ended<'l> {
    pub id: &'l str,
    pub loaded: &'l Loaded,
    pub output: Output,
}

/// How files are written anew.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// With encodings alone that every Parquet reader knows.
    pub plain_encodings: bool,
    /// Files are put together up to so many bytes.
    pub file_bytes: u64,
}

impl From<&Options> for Output {
    fn from(options: &Options) -> Output {
        Output { plain_encodings: options.plain_encodings, file_bytes: options.file_bytes as u64 }
    }
}

/// One merge under way. See the module for the order of its calls.
struct Merger<'l> {
    merge: &'l Merge,
    loaded: &'l Loaded,
    coming: Coming,
    /// By table: ids of old rows that go, or that the load brings again. In order once the table's old files were seen; gone once nothing needs
    /// them. Versions know for themselves which are old.
    marked: BTreeMap<String, Drawers<()>>,
    /// How many of the load's root rows were seen.
    roots: usize,
    /// From which root rows the load's rows of the table under way hang.
    hanging: Hanging<'l>,
}

impl<'l> Merger<'l> {
    /// # Errors
    /// `no_primary_key` where the strategy needs one.
    fn new(merge: &'l Merge, loaded: &'l Loaded) -> Result<Merger<'l>> {
        let root = root(loaded)?;
        let coming = Coming::new(merge.strategy, root);
        if matches!(merge.strategy, Strategy::Upsert | Strategy::InsertOnly) && !coming.has_primary_key() {
            let message = format!("{} has no primary key, and its rows shall be merged by it", root.name);
            return Err(Error::new(Kind::Data, "no_primary_key", message)
                .help("Name the columns that tell its records apart, or merge with `delete-insert`"));
        }
        Ok(Merger { merge, loaded, coming, marked: BTreeMap::new(), roots: 0, hanging: Hanging::default() })
    }

    /// A file of the load's root table, in order.
    fn learn(&mut self, file: &[u8]) -> Result<()> {
        self.coming.learn(&Reader::open(file)?)
    }

    /// All files of the root table are learned.
    fn learned(&mut self) {
        self.coming.settle();
    }

    /// Whether a table's old files have to be looked through at all.
    fn touches(&self, table: &TableSchema) -> bool {
        match &table.parent {
            None => self.coming.touches(),
            Some(parent) if self.has_versions(parent) => self.coming.has_old_versions(),
            Some(parent) => self.marked.get(parent).is_some_and(|ids| !ids.is_empty()),
        }
    }

    /// Whether an old file of the root table has surely no row with a key of the load, whose files are given.
    fn is_apart<S: Shelf>(&self, table: &TableSchema, old: &S::File, load: &[S::File], shelf: &S) -> bool {
        let columns = || table.columns.iter().filter(|column| column.data_type.is_some());
        let place = |name: &String| columns().position(|column| column.name == *name);
        let apart = |file: &S::File, column: usize| {
            let spans = shelf.span(old, column).zip(shelf.span(file, column));
            spans.is_some_and(|(old, new)| old.apart(&new))
        };
        let keys = self.coming.compared();
        let key_apart = |key: &[String]| {
            let places: Vec<usize> = key.iter().filter_map(place).collect();
            load.iter().all(|file| places.iter().any(|column| apart(file, *column)))
        };
        !keys.is_empty() && keys.into_iter().all(key_apart)
    }

    /// What becomes of the rows of an old file of a table.
    fn old(&mut self, table: &TableSchema, file: &[u8]) -> Result<Rows> {
        let reader = Reader::open(file)?;
        let mut rows = Rows::default();
        for group in 0..reader.row_groups().len() {
            match &table.parent {
                None => self.old_roots(table, &reader, group, &mut rows)?,
                Some(parent) => self.old_children(table, parent, &reader, group, &mut rows)?,
            }
        }
        Ok(rows)
    }

    /// All old files of a table were looked through.
    fn seen(&mut self, table: &TableSchema) {
        if let Some(marked) = self.marked.get_mut(&table.name) {
            marked.settle();
        }
        self.hanging = Hanging::new(self.loaded, table);
    }

    /// The table is done, and these are to come.
    fn done(&mut self, to_come: &[&TableSchema]) {
        // The first table is the root.
        self.coming.root_is_done();
        self.marked.retain(|name, _| to_come.iter().any(|table| table.parent.as_ref() == Some(name)));
    }

    /// The same of a file of the load, in order.
    fn new_file(&mut self, table: &TableSchema, file: &[u8]) -> Result<Rows> {
        let reader = Reader::open(file)?;
        let mut rows = Rows::default();
        for group in 0..reader.row_groups().len() {
            for id in ids(&reader, group, ROW_ID)? {
                rows.push(match &table.parent {
                    None => self.comes(),
                    Some(_) => self.child_comes(table, id),
                });
            }
        }
        Ok(rows)
    }

    /// What a person should know of it.
    fn warnings(&self) -> Vec<Warning> {
        let Ok(root) = root(self.loaded) else { return Vec::new() };
        let mut warnings = Vec::new();
        if self.coming.duplicates > 0 {
            let message = "records of one load have the same key: one of them is kept";
            let warning = Warning::new("duplicate_key", &root.name, "", message.into());
            warnings.push(Warning { count: self.coming.duplicates, ..warning });
        }
        if self.merge.strategy == Strategy::DeleteInsert && !self.coming.touches() {
            let message = "rows are to be merged, and no key tells them apart: they come behind those that are there";
            warnings.push(Warning::new("no_key", &root.name, "", message.into()));
        }
        warnings
    }

    fn old_roots(&mut self, table: &TableSchema, reader: &Reader<'_>, group: usize, rows: &mut Rows) -> Result<()> {
        let ids = ids(reader, group, ROW_ID)?;
        let valid_to = match self.merge.strategy {
            Strategy::Scd2 => Some(column(reader, group, &self.merge.validity.to)?),
            _ => None,
        };
        let literal = self.merge.validity.active;
        let active = |row: usize| {
            valid_to.as_ref().is_none_or(|column| match (column.get(row), literal) {
                (None, None) => true,
                (Some(Value::I64(to)), Some(literal)) => to == literal,
                _ => false,
            })
        };
        let found = self.coming.meet(reader, group, &ids, active)?;
        let asked = self.has_children(table);
        let marked = self.marked.entry(table.name.clone()).or_default();
        for (row, (id, found)) in ids.into_iter().zip(found).enumerate() {
            let stays = match self.merge.strategy {
                Strategy::DeleteInsert | Strategy::Upsert => {
                    if found.any() && asked {
                        marked.push(id, ());
                    }
                    !found.any()
                }
                Strategy::InsertOnly => {
                    if found.primary && asked {
                        marked.push(id, ());
                    }
                    true
                }
                Strategy::Scd2 => {
                    if !found.primary && active(row) && found.retires {
                        rows.retire();
                        continue;
                    }
                    true
                }
            };
            rows.push(stays);
        }
        Ok(())
    }

    fn old_children(
        &mut self,
        table: &TableSchema,
        parent: &str,
        reader: &Reader<'_>,
        group: usize,
        rows: &mut Rows,
    ) -> Result<()> {
        let ids = ids(reader, group, ROW_ID)?;
        let parents = self::ids(reader, group, PARENT_ID)?;
        let goes = matches!(self.merge.strategy, Strategy::DeleteInsert | Strategy::Upsert);
        // Whose ids are asked for: by tables below this one, or by the load's own rows.
        let asked = !goes || self.has_children(table);
        let of_versions = self.has_versions(parent);
        let mut own = self.marked.remove(&table.name).unwrap_or_default();
        let marks = self.marked.get(parent);
        for (id, parent) in ids.into_iter().zip(parents) {
            let marked = match of_versions {
                true => self.coming.is_old_version(parent),
                false => marks.is_some_and(|marks| marks.has(parent)),
            };
            if marked && asked {
                own.push(id, ());
            }
            rows.push(!(marked && goes));
        }
        self.marked.insert(table.name.clone(), own);
        Ok(())
    }

    fn has_children(&self, table: &TableSchema) -> bool {
        self.loaded.schema.tables.iter().any(|one| one.parent.as_ref() == Some(&table.name))
    }

    /// Whether the table's rows are versions: those of the root table can be.
    fn has_versions(&self, table: &str) -> bool {
        let is_root = || root(self.loaded).is_ok_and(|root| root.name == table);
        self.merge.strategy == Strategy::Scd2 && is_root()
    }

    /// Whether the next root row of the load comes; remembers it for its children.
    fn comes(&mut self) -> bool {
        let row = self.roots;
        self.roots += 1;
        let present = self.coming.is_present(row);
        let stays_out = match self.merge.strategy {
            Strategy::DeleteInsert => self.coming.is_deleted(row),
            // What is to be deleted and is not there comes all the same, as with dlt.
            Strategy::Upsert => self.coming.is_deleted(row) && present,
            Strategy::InsertOnly => self.coming.is_deleted(row) || present,
            Strategy::Scd2 => present,
        };
        if stays_out {
            self.coming.drop_row(row);
        }
        !self.coming.is_dropped(row)
    }

    /// Whether the next row of the load's in a table further down comes.
    fn child_comes(&mut self, table: &TableSchema, id: Digest) -> bool {
        match self.merge.strategy {
            Strategy::DeleteInsert | Strategy::Upsert => {
                self.hanging.next().is_none_or(|root| !self.coming.is_dropped(root))
            }
            // As with dlt: items that a list of a known record did not have before do come.
            Strategy::InsertOnly | Strategy::Scd2 => self.marked.get(&table.name).is_none_or(|marks| !marks.has(id)),
        }
    }
}

/// Of each row of a table of a load, in their order, the place of the root row that it hangs from.
#[derive(Default)]
struct Hanging<'l> {
    rows: CountsIter<'l>,
    root_rows: CountsIter<'l>,
    /// Root rows so far, and rows that still hang from the last one.
    roots: usize,
    left: usize,
}

impl<'l> Hanging<'l> {
    fn new(loaded: &'l Loaded, table: &TableSchema) -> Hanging<'l> {
        let counts =
            |name: &str| loaded.tables.iter().find(|table| table.name == name).map(|table| table.counts.iter());
        let root_rows = root(loaded).ok().and_then(|root| counts(&root.name)).unwrap_or_default();
        Hanging { rows: counts(&table.name).unwrap_or_default(), root_rows, roots: 0, left: 0 }
    }
}

impl Iterator for Hanging<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.left == 0 {
            self.left = self.rows.next()?;
            self.roots += self.root_rows.next()?;
        }
        self.left -= 1;
        self.roots.checked_sub(1)
    }
}

/// The table that the load's records are rows of.
fn root(loaded: &Loaded) -> Result<&TableSchema> {
    loaded.schema.root().ok_or_else(|| {
        Error::new(Kind::Data, "internal", "a load has no root table").help("Please report this as a bug")
    })
}

/// Of each row of a row group, the digest of its cells in these columns.
fn keys(reader: &Reader<'_>, group: usize, names: &[String]) -> Result<Vec<Digest>> {
    let columns = names.iter().map(|name| column(reader, group, name)).collect::<Result<Vec<_>>>()?;
    Ok((0..reader.group_rows(group)).map(|row| digest(columns.iter().map(|column| column.get(row)))).collect())
}

/// The same of one column that holds ids.
fn ids(reader: &Reader<'_>, group: usize, name: &str) -> Result<Vec<Digest>> {
    keys(reader, group, &[name.to_owned()])
}

/// Equal values in the same order give equal digests, and no others do. A column has one type for ever.
fn digest<'v>(cells: impl ExactSizeIterator<Item = Option<Value<'v>>>) -> Digest {
    let single = cells.len() == 1;
    let mut hasher = Sha256::new();
    for cell in cells {
        let number: [u8; 16];
        let (kind, bytes): (u8, &[u8]) = match cell {
            None => (0, &[]),
            Some(Value::Bool(value)) => (1, if value { &[1] } else { &[0] }),
            Some(Value::I64(value)) => {
                number = i128::from(value).to_le_bytes();
                (2, number.first_chunk::<8>().unwrap_or(&[0; 8]))
            }
            Some(Value::I128(value)) => {
                number = value.to_le_bytes();
                (2, &number)
            }
            Some(Value::F64(value)) => {
                // The two zeros are one key, as they are in SQL.
                number = u128::from((value + 0.0).to_bits()).to_le_bytes();
                (3, number.first_chunk::<8>().unwrap_or(&[0; 8]))
            }
            Some(Value::Bytes(bytes)) => (4, bytes),
        };
        if let (true, Some(itself)) = (single, itself(kind, bytes)) {
            return itself;
        }
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    let hash: [u8; 32] = hasher.finalize().into();
    let (half, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    u128::from_le_bytes(*half) | HASHED
}

/// Says of a digest that it is a hash.
const HASHED: Digest = 1 << 127;

/// A value that is short enough to be its own digest, as row ids are.
fn itself(kind: u8, bytes: &[u8]) -> Option<Digest> {
    let mut digest = [0; 16];
    let [content @ .., length, last] = &mut digest;
    content.get_mut(..bytes.len())?.copy_from_slice(bytes);
    (*length, *last) = (bytes.len() as u8, kind);
    Some(Digest::from_le_bytes(digest))
}

/// A column of a row group; nulls if the file does not have it.
fn column(reader: &Reader<'_>, group: usize, name: &str) -> Result<ColumnData> {
    let place = reader.schema().iter().position(|column| column.name == name);
    let found = place.map(|place| reader.columns(group, &[place])).transpose()?.and_then(|mut columns| columns.pop());
    Ok(found.unwrap_or_else(|| ColumnData::Bool(vec![None; reader.group_rows(group)])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_equal_where_keys_are() {
        let bytes = |text: &'static str| Some(Value::Bytes(text.as_bytes()));
        let keys: Vec<Vec<Option<Value<'_>>>> = vec![
            vec![None],
            vec![None, None],
            vec![bytes("")],
            vec![bytes("\0")],
            vec![bytes("a")],
            vec![bytes("a\0")],
            vec![bytes("4bytes, 14 of ")],
            vec![bytes("4bytes, 15 of \0")],
            vec![bytes("a"), bytes("b")],
            vec![bytes("ab"), bytes("")],
            vec![bytes("ab"), None],
            vec![Some(Value::I64(1))],
            vec![Some(Value::I64(-1))],
            vec![Some(Value::I64(i64::MAX))],
            vec![Some(Value::F64(1.0))],
            vec![Some(Value::Bool(true))],
            vec![Some(Value::I128(i128::MAX))],
        ];
        let digests: Vec<Digest> = keys.iter().map(|key| digest(key.iter().copied())).collect();
        for (a, first) in digests.iter().enumerate() {
            for (b, second) in digests.iter().enumerate() {
                assert_eq!(a == b, first == second, "{:?} and {:?}", keys[a], keys[b]);
            }
        }
        let zero = |value| digest([Some(Value::F64(value))].into_iter());
        assert_eq!(zero(0.0), zero(-0.0));
    }
}
