//! Rows that are told by key or content: what a load that merges makes of the files that are there.
//!
//! dlt does this in a database; here it is done on files (rules: docs/normalizer.md). The load's keys are learned from its own files
//! of the root table. Then, table by table, parents before their children, the old files are looked through, and those alone are written anew that
//! hold a row that goes or is retired; then the load's own files, and those alone that hold a row that does not come.
//!
//! In memory are the file under way with what becomes of it, 50 bytes for each row of the root table that the load brings and 4 more for each
//! table below it, and 16 bytes for each old row that goes or that the load brings again. Every merge reads all files of the root table; files are
//! not put together, so the number of files grows with the loads that bring something new.

mod files;
mod load;
mod rewrite;

pub use files::{Files, Shelf, merge};

use crate::error::{Error, Kind, Result};
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Loaded, Merge, PARENT_ID, ROW_ID, Strategy, Warning, writer_options};
use crate::parquet::{ColumnData, Reader, Value};
use load::Coming;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// 128 bits of SHA-256: of a key's values, or of an id. Who may choose a user's name must not be able to make two keys look like one.
type Digest = u128;

/// How a load is merged.
#[derive(Clone, Debug, Default)]
pub struct Order {
    pub merge: Merge,
    /// Files that are written anew have encodings alone that every Parquet reader knows.
    pub plain_encodings: bool,
}

/// What becomes of a file.
pub enum Verdict {
    /// It stays as it is.
    Same,
    /// This one takes its place.
    Made(Vec<u8>, FileEnd),
    /// None of its rows stays.
    Gone,
}

/// One merge under way. See the module for the order of its calls.
pub struct Merger<'l> {
    order: &'l Order,
    load_id: &'l str,
    loaded: &'l Loaded,
    coming: Coming,
    /// Of the load's keys or versions, those that the old tables have.
    present: Vec<Digest>,
    /// By table: ids of old rows that go, or that the load brings again. In order once the table's old files were seen.
    marked: BTreeMap<String, Vec<Digest>>,
    /// Rows that the load's files of the table under way have, before the next one.
    before: usize,
}

impl<'l> Merger<'l> {
    /// `loaded` and `load_id`: of the load that merges.
    ///
    /// # Errors
    /// `no_primary_key` where the strategy needs one.
    pub fn new(order: &'l Order, loaded: &'l Loaded, load_id: &'l str) -> Result<Merger<'l>> {
        let root = root(loaded)?;
        let coming = Coming::new(order.merge.strategy, root);
        if matches!(order.merge.strategy, Strategy::Upsert | Strategy::InsertOnly) && !coming.has_primary_key() {
            let message = format!("{} has no primary key, and its rows shall be merged by it", root.name);
            return Err(Error::new(Kind::Data, "no_primary_key", message)
                .help("Name the columns that tell its records apart, or merge with `delete-insert`"));
        }
        Ok(Merger { order, load_id, loaded, coming, present: Vec::new(), marked: BTreeMap::new(), before: 0 })
    }

    /// A file of the load's root table, in order.
    pub fn learn(&mut self, file: &[u8]) -> Result<()> {
        self.coming.learn(&Reader::open(file)?)
    }

    /// All files of the root table are learned.
    pub fn learned(&mut self) {
        self.coming.settle();
    }

    /// Whether a table's old files have to be looked through at all.
    pub fn touches(&self, table: &TableSchema) -> bool {
        match &table.parent {
            None => self.coming.touches(),
            Some(parent) => self.marked.get(parent).is_some_and(|ids| !ids.is_empty()),
        }
    }

    /// An old file of a table.
    pub fn old(&mut self, table: &TableSchema, file: &[u8]) -> Result<Verdict> {
        let reader = Reader::open(file)?;
        let mut rows = rewrite::Rows::default();
        for group in 0..reader.row_groups().len() {
            match &table.parent {
                None => self.old_roots(table, &reader, group, &mut rows)?,
                Some(parent) => self.old_children(table, parent, &reader, group, &mut rows)?,
            }
        }
        self.verdict(table, &reader, &rows)
    }

    /// All old files of a table were looked through.
    pub fn seen(&mut self, table: &TableSchema) {
        for found in [self.marked.entry(table.name.clone()).or_default(), &mut self.present] {
            found.sort_unstable();
            found.dedup();
        }
        self.before = 0;
    }

    /// A file of the load, in order.
    pub fn new_file(&mut self, table: &TableSchema, file: &[u8]) -> Result<Verdict> {
        let reader = Reader::open(file)?;
        let mut rows = rewrite::Rows::default();
        for group in 0..reader.row_groups().len() {
            for id in ids(&reader, group, ROW_ID)? {
                let row = self.before + rows.len();
                rows.push(match &table.parent {
                    None => self.comes(row, id),
                    Some(_) => self.child_comes(table, row, id),
                });
            }
        }
        self.before += rows.len();
        self.verdict(table, &reader, &rows)
    }

    /// What a person should know of it.
    pub fn warnings(&self) -> Vec<Warning> {
        let Ok(root) = root(self.loaded) else { return Vec::new() };
        let mut warnings = Vec::new();
        if self.coming.duplicates > 0 {
            let message = "records of one load have the same key: one of them is kept";
            let warning = Warning::new("duplicate_key", &root.name, "", message.into());
            warnings.push(Warning { count: self.coming.duplicates, ..warning });
        }
        if self.order.merge.strategy == Strategy::DeleteInsert && !self.coming.touches() {
            let message = "rows are to be merged, and no key tells them apart: they come behind those that are there";
            warnings.push(Warning::new("no_key", &root.name, "", message.into()));
        }
        warnings
    }

    fn old_roots(
        &mut self,
        table: &TableSchema,
        reader: &Reader<'_>,
        group: usize,
        rows: &mut rewrite::Rows,
    ) -> Result<()> {
        let ids = ids(reader, group, ROW_ID)?;
        let found = self.coming.matches(reader, group, &ids)?;
        let marked = self.marked.entry(table.name.clone()).or_default();
        let valid_to = match self.order.merge.strategy {
            Strategy::Scd2 => Some(column(reader, group, &self.order.merge.validity.to)?),
            _ => None,
        };
        for (row, (id, found)) in ids.into_iter().zip(found).enumerate() {
            let stays = match self.order.merge.strategy {
                Strategy::DeleteInsert | Strategy::Upsert => {
                    if found.any() {
                        marked.push(id);
                    }
                    self.present.extend(found.primary);
                    !found.any()
                }
                Strategy::InsertOnly => {
                    if found.primary.is_some() {
                        marked.push(id);
                    }
                    self.present.extend(found.primary);
                    true
                }
                Strategy::Scd2 => {
                    let to = valid_to.as_ref().and_then(|column| column.get(row));
                    let active = match (to, self.order.merge.validity.active) {
                        (None, None) => true,
                        (Some(Value::I64(to)), Some(literal)) => to == literal,
                        _ => false,
                    };
                    if let Some(version) = found.primary {
                        marked.push(id);
                        if active {
                            self.present.push(version);
                        }
                    } else if active && found.retires {
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
        rows: &mut rewrite::Rows,
    ) -> Result<()> {
        let ids = ids(reader, group, ROW_ID)?;
        let parents = self::ids(reader, group, PARENT_ID)?;
        let goes = matches!(self.order.merge.strategy, Strategy::DeleteInsert | Strategy::Upsert);
        let mut found = Vec::new();
        let known = self.marked.get(parent);
        for (id, parent) in ids.into_iter().zip(parents) {
            let marked = known.is_some_and(|known| known.binary_search(&parent).is_ok());
            found.extend(marked.then_some(id));
            rows.push(!(marked && goes));
        }
        self.marked.entry(table.name.clone()).or_default().extend(found);
        Ok(())
    }

    /// Whether a root row of the load comes; remembers it for its children.
    fn comes(&mut self, row: usize, id: Digest) -> bool {
        let key = self.coming.key(row);
        let present = key.is_some_and(|key| self.present.binary_search(&key).is_ok());
        let stays_out = match self.order.merge.strategy {
            Strategy::DeleteInsert => self.coming.is_deleted(row),
            // What is to be deleted and is not there comes all the same, as with dlt.
            Strategy::Upsert => self.coming.is_deleted(row) && present,
            Strategy::InsertOnly => self.coming.is_deleted(row) || present,
            Strategy::Scd2 => self.present.binary_search(&id).is_ok(),
        };
        if stays_out {
            self.coming.drop_row(row);
        }
        !self.coming.is_dropped(row)
    }

    fn child_comes(&self, table: &TableSchema, row: usize, id: Digest) -> bool {
        let known = || self.marked.get(&table.name).is_some_and(|ids| ids.binary_search(&id).is_ok());
        match self.order.merge.strategy {
            Strategy::DeleteInsert | Strategy::Upsert => !self.of_dropped(table, row),
            // As with dlt: items that a list of a known record did not have before do come.
            Strategy::InsertOnly | Strategy::Scd2 => !known(),
        }
    }

    /// Whether the row hangs from a root row that does not come.
    fn of_dropped(&self, table: &TableSchema, row: usize) -> bool {
        let ends = |name: &str| {
            let table = self.loaded.tables.iter().find(|table| table.name == name);
            table.map(|table| table.ends.as_slice()).unwrap_or_default()
        };
        let Ok(root) = root(self.loaded) else { return false };
        let record = ends(&table.name).partition_point(|end| *end as usize <= row);
        let behind = ends(&root.name).get(record).copied().unwrap_or_default() as usize;
        behind > 0 && self.coming.is_dropped(behind - 1)
    }

    fn verdict(&self, table: &TableSchema, reader: &Reader<'_>, rows: &rewrite::Rows) -> Result<Verdict> {
        if rows.all_stay() {
            return Ok(Verdict::Same);
        }
        if rows.none_stays() {
            return Ok(Verdict::Gone);
        }
        // A version that the load does not bring again was valid until the load's are.
        let retired = match self.order.merge.strategy {
            Strategy::Scd2 => {
                Some((self.order.merge.validity.to.as_str(), self.order.merge.validity.boundary_of(self.load_id)?))
            }
            _ => None,
        };
        let options = writer_options(self.load_id, self.order.plain_encodings);
        let (bytes, end) = rewrite::file(table, reader, rows, retired, options)?;
        Ok(Verdict::Made(bytes, end))
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
fn digest<'v>(cells: impl Iterator<Item = Option<Value<'v>>>) -> Digest {
    let mut hasher = Sha256::new();
    for cell in cells {
        let number: [u8; 16];
        let (kind, bytes): (u8, &[u8]) = match cell {
            None => (0, &[]),
            Some(Value::Bool(value)) => (1, if value { &[1] } else { &[0] }),
            Some(Value::I64(value)) => {
                number = i128::from(value).to_le_bytes();
                (2, &number)
            }
            Some(Value::I128(value)) => {
                number = value.to_le_bytes();
                (2, &number)
            }
            Some(Value::F64(value)) => {
                // The two zeros are one key, as they are in SQL.
                number = u128::from((value + 0.0).to_bits()).to_le_bytes();
                (3, &number)
            }
            Some(Value::Bytes(bytes)) => (4, bytes),
        };
        hasher.update([kind]);
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    }
    let hash: [u8; 32] = hasher.finalize().into();
    let (half, _) = hash.split_first_chunk().unwrap_or((&[0; 16], &[]));
    u128::from_le_bytes(*half)
}

/// A column of a row group; nulls if the file does not have it.
fn column(reader: &Reader<'_>, group: usize, name: &str) -> Result<ColumnData> {
    let place = reader.schema().iter().position(|column| column.name == name);
    let found = place.map(|place| reader.columns(group, &[place])).transpose()?.and_then(|mut columns| columns.pop());
    Ok(found.unwrap_or_else(|| ColumnData::Bool(vec![None; reader.group_rows(group)])))
}
