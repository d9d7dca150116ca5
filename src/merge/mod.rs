//! Rows that are told by key or content: what a load that merges makes of the files that are there.
//!
//! dlt does this in a database; here it is done on files (rules: docs/normalizer.md). The load's keys are learned from its own files
//! of the root table. Then, table by table, parents before their children, the old files are looked through, and those alone are written anew that
//! hold a row that goes or is retired; then the load's own files, and those alone that hold a row that does not come.
//!
//! In memory are the file under way and, of the load, 16 bytes for each row of the root table and 4 for each of them in every
//! other table; of the old tables, 16 bytes for each row that goes or that the load brings again.

mod files;
mod load;
mod rewrite;

pub use files::{Item, merge};

use crate::changes::digest::{Digest, add_column};
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Loaded, Merge, Strategy, Warning};
use crate::parquet::{ColumnData, Reader, Value};
use load::Coming;
use std::collections::{BTreeMap, BTreeSet};

const ROW_ID: &str = "_dlt_id";
const PARENT_ID: &str = "_dlt_parent_id";
/// Ids are the same thing in whichever column they stand.
const ID_SEED: Digest = [0x1d, 0x1d];

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
    merge: &'l Merge,
    load_id: &'l str,
    loaded: &'l Loaded,
    coming: Coming,
    /// Of the load's keys or versions, those that the old tables have.
    present: BTreeSet<Digest>,
    /// By table: ids of old rows that go, or that the load brings again.
    marked: BTreeMap<String, BTreeSet<Digest>>,
}

impl<'l> Merger<'l> {
    /// `loaded` and `load_id`: of the load that merges.
    ///
    /// # Errors
    /// `no_primary_key` where the strategy needs one.
    pub fn new(merge: &'l Merge, loaded: &'l Loaded, load_id: &'l str) -> Result<Merger<'l>> {
        let root = root(loaded)?;
        let coming = Coming::new(merge.strategy, root);
        if matches!(merge.strategy, Strategy::Upsert | Strategy::InsertOnly) && !coming.has_primary_key() {
            let message = format!("{} has no primary key, and its rows shall be merged by it", root.name);
            return Err(Error::new(Kind::Data, "no_primary_key", message)
                .help("Name the columns that tell its records apart, or merge with `delete-insert`"));
        }
        Ok(Merger { merge, load_id, loaded, coming, present: BTreeSet::new(), marked: BTreeMap::new() })
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

    /// A file of the load; `first`: how many rows its table's files before it have.
    pub fn new_file(&mut self, table: &TableSchema, file: &[u8], first: usize) -> Result<Verdict> {
        let reader = Reader::open(file)?;
        let mut rows = rewrite::Rows::default();
        for group in 0..reader.row_groups().len() {
            let ids = digests(&reader, group, &[ROW_ID], Some(ID_SEED))?;
            for id in ids {
                let row = first + rows.len();
                rows.push(match &table.parent {
                    None => self.comes(row, id),
                    Some(_) => self.child_comes(table, row, id),
                });
            }
        }
        self.verdict(table, &reader, &rows)
    }

    /// What a person should know of it.
    pub fn warnings(&self) -> Vec<Warning> {
        let Ok(root) = root(self.loaded) else { return Vec::new() };
        let mut warnings = Vec::new();
        if self.merge.strategy == Strategy::Upsert && self.coming.duplicates > 0 {
            let message = "records of one load have the same key: the last one is kept";
            let warning = Warning::new("duplicate_key", &root.name, "", message.into());
            warnings.push(Warning { count: self.coming.duplicates, ..warning });
        }
        if self.merge.strategy == Strategy::DeleteInsert && !self.coming.touches() {
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
        let ids = digests(reader, group, &[ROW_ID], Some(ID_SEED))?;
        let found = self.coming.matches(reader, group, &ids)?;
        let marked = self.marked.entry(table.name.clone()).or_default();
        let valid_to = match self.merge.strategy {
            Strategy::Scd2 => Some(column(reader, group, &self.merge.validity.to)?),
            _ => None,
        };
        for (row, (id, found)) in ids.into_iter().zip(found).enumerate() {
            let stays = match self.merge.strategy {
                Strategy::DeleteInsert | Strategy::Upsert => {
                    if found.any() {
                        marked.insert(id);
                    }
                    self.present.extend(found.primary);
                    !found.any()
                }
                Strategy::InsertOnly => {
                    if found.primary.is_some() {
                        marked.insert(id);
                    }
                    self.present.extend(found.primary);
                    true
                }
                Strategy::Scd2 => {
                    let to = valid_to.as_ref().and_then(|column| column.get(row));
                    let active = match (to, self.merge.validity.active) {
                        (None, None) => true,
                        (Some(Value::I64(to)), Some(literal)) => to == literal,
                        _ => false,
                    };
                    if let Some(version) = found.primary {
                        marked.insert(id);
                        if active {
                            self.present.insert(version);
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
        let ids = digests(reader, group, &[ROW_ID], Some(ID_SEED))?;
        let parents = digests(reader, group, &[PARENT_ID], Some(ID_SEED))?;
        let goes = matches!(self.merge.strategy, Strategy::DeleteInsert | Strategy::Upsert);
        let mut found = Vec::new();
        let known = self.marked.get(parent);
        for (id, parent) in ids.into_iter().zip(parents) {
            let marked = known.is_some_and(|known| known.contains(&parent));
            found.extend(marked.then_some(id));
            rows.push(!(marked && goes));
        }
        self.marked.entry(table.name.clone()).or_default().extend(found);
        Ok(())
    }

    /// Whether a root row of the load comes; remembers it for its children.
    fn comes(&mut self, row: usize, id: Digest) -> bool {
        let key = self.coming.key(row);
        let present = key.is_some_and(|key| self.present.contains(&key));
        let stays_out = match self.merge.strategy {
            Strategy::DeleteInsert => self.coming.is_deleted(row),
            // What is to be deleted and is not there comes all the same, as with dlt.
            Strategy::Upsert => self.coming.is_deleted(row) && present,
            Strategy::InsertOnly => self.coming.is_deleted(row) || present,
            Strategy::Scd2 => self.present.contains(&id),
        };
        if stays_out {
            self.coming.drop_row(row);
        }
        !self.coming.is_dropped(row)
    }

    fn child_comes(&self, table: &TableSchema, row: usize, id: Digest) -> bool {
        let known = || self.marked.get(&table.name).is_some_and(|ids| ids.contains(&id));
        match self.merge.strategy {
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
        let retired = match self.merge.strategy {
            Strategy::Scd2 => Some((self.merge.validity.to.as_str(), self.merge.validity.boundary_of(self.load_id)?)),
            _ => None,
        };
        let (bytes, end) = rewrite::file(table, reader, rows, retired, self.load_id)?;
        Ok(Verdict::Made(bytes, end))
    }
}

/// The table that the load's records are rows of.
fn root(loaded: &Loaded) -> Result<&TableSchema> {
    let root = loaded.schema.tables.iter().find(|table| table.parent.is_none() && !table.quarantine);
    root.ok_or_else(|| {
        Error::new(Kind::Data, "internal", "a load has no root table").help("Please report this as a bug")
    })
}

/// Of each row of a row group, the digest of its cells in these columns; columns that the file does not have add nothing. `seed`: of
/// every column, where its name is not to count.
fn digests(reader: &Reader<'_>, group: usize, names: &[&str], seed: Option<Digest>) -> Result<Vec<Digest>> {
    let found: Vec<usize> =
        names.iter().filter_map(|name| reader.schema().iter().position(|column| column.name == *name)).collect();
    let mut digests = vec![[0; 2]; reader.group_rows(group)];
    for (cells, place) in reader.columns(group, &found)?.iter().zip(&found) {
        let spec = reader.schema().get(*place);
        let seed = seed.or_else(|| spec.map(crate::changes::digest::of_column)).unwrap_or_default();
        add_column(seed, cells, &mut digests);
    }
    Ok(digests)
}

/// A column of a row group; nulls if the file does not have it.
fn column(reader: &Reader<'_>, group: usize, name: &str) -> Result<ColumnData> {
    let place = reader.schema().iter().position(|column| column.name == name);
    let found = place.map(|place| reader.columns(group, &[place])).transpose()?.and_then(|mut columns| columns.pop());
    Ok(found.unwrap_or_else(|| ColumnData::Bool(vec![None; reader.group_rows(group)])))
}
