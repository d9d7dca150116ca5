//! One table on both sides, from its files to the rows that differ.

use super::digest::{self, Digest};
use super::matching::{Entry, Fate, differences, unique};
use super::side::{Batch, Side, is_content};
use super::{ColumnChange, Identity, RowChange, RowChangeKind, TableChanges, TableFiles, TableState};
use crate::error::Result;
use crate::lake::manifest::materialized;
use crate::normalize::schema::{Column, TableSchema};
use crate::normalize::{LIST_IDX, PARENT_ID, ROW_ID};
use crate::parquet::ColumnSpec;
use std::collections::BTreeMap;

pub struct Pair<B> {
    pub changes: TableChanges,
    pub old: Side<B>,
    pub new: Side<B>,
    /// Whether rows of other tables are told apart by this one's.
    pub is_parent: bool,
    /// Whether its rows, or those of tables that hang together with it, may differ.
    pub to_read: bool,
    /// Of a parent that is done, on each side: see [`by_id`].
    pub parents: [Vec<Entry>; 2],
    /// The rows that differ, of a table on both sides.
    fates: Vec<Fate>,
    /// Columns in the new table's order, then those that are gone.
    columns: Vec<String>,
}

/// What was read of a pair so far, the old side first.
#[derive(Default)]
pub struct Scan {
    /// The next row group: the new side's are counted on from the old one's.
    pub group: usize,
    pub sides: [Scanned; 2],
}

#[derive(Default)]
pub struct Scanned {
    entries: Vec<Entry>,
    /// A parent's row ids, by row.
    ids: Vec<Digest>,
    null_in_key: bool,
}

impl<B: AsRef<[u8]>> Pair<B> {
    /// `None` where a side does not have the table.
    pub fn new(old: Option<TableFiles<B>>, new: Option<TableFiles<B>>, key: &[String]) -> Result<Pair<B>> {
        let nothing = || (TableSchema::new(String::new(), None), Vec::new());
        let state = match (&old, &new) {
            (None, _) => TableState::New,
            (_, None) => TableState::Gone,
            _ => TableState::Kept,
        };
        let (old_schema, old_files) = old.map_or_else(nothing, |old| (old.schema, old.files));
        let (new_schema, new_files) = new.map_or_else(nothing, |new| (new.schema, new.files));
        let there = if state == TableState::Gone { &old_schema } else { &new_schema };
        let (old, new) = (Side::new(old_files), Side::new(new_files));
        let (old, new) = (old.map_err(|e| e.at(&there.name))?, new.map_err(|e| e.at(&there.name))?);
        let (old_rows, new_rows) = (u64::from(old.rows()), u64::from(new.rows()));
        let changes = TableChanges {
            name: there.name.clone(),
            parent: there.parent.clone(),
            state,
            identity: (state == TableState::Kept).then(|| identity(&old_schema, &new_schema, key)),
            old_rows,
            new_rows,
            removed: if state == TableState::Gone { old_rows } else { 0 },
            changed: 0,
            added: if state == TableState::New { new_rows } else { 0 },
            columns: column_changes(&old_schema, &new_schema),
        };
        let gone = materialized(&old_schema).filter(|column| named(&new_schema, &column.name).is_none());
        let columns = materialized(&new_schema).chain(gone).map(|column| column.name.clone()).collect();
        let (is_parent, to_read, parents, fates) = (false, true, Default::default(), Vec::new());
        Ok(Pair { changes, old, new, is_parent, to_read, parents, fates, columns })
    }

    /// Rows to read.
    pub fn work(&self) -> u64 {
        match self.changes.state {
            TableState::Kept if self.to_read => self.changes.old_rows + self.changes.new_rows,
            _ => 0,
        }
    }

    /// The side of the scan's next row group, 0 or 1, and its rows; `None` when all are read.
    pub fn next(&self, scan: &Scan) -> Result<Option<(usize, Batch)>> {
        if self.work() == 0 {
            return Ok(None);
        }
        let side = |number, batch: Option<Batch>| batch.map(|batch| (number, batch));
        match scan.group.checked_sub(self.old.groups()) {
            None => Ok(side(0, self.old.batch(scan.group)?)),
            Some(group) => Ok(side(1, self.new.batch(group)?)),
        }
    }

    /// Takes rows of a side in. `parents`: those of the same side that they hang from.
    pub fn scan(&self, side: usize, batch: &Batch, parents: &[Entry], scanned: &mut Scanned) {
        if scanned.entries.is_empty() {
            let rows = if side == 0 { self.old.rows() } else { self.new.rows() };
            scanned.entries.reserve_exact(rows as usize);
        }
        let contents = batch.digests(is_content);
        let mut identities = contents.clone();
        match &self.changes.identity {
            Some(Identity::Key { columns }) => {
                identities.fill([0; 2]);
                for column in columns {
                    let part = batch.digests(|name| name == column);
                    scanned.null_in_key |= part.contains(&[0; 2]);
                    for ([a, b], [c, d]) in identities.iter_mut().zip(part) {
                        (*a, *b) = (a.wrapping_add(c), b.wrapping_add(d));
                    }
                }
            }
            Some(Identity::Parent) => {
                let places = batch.digests(|name| name == LIST_IDX);
                for ((identity, id), place) in identities.iter_mut().zip(batch.ids(PARENT_ID)).zip(places) {
                    let found = parents.binary_search_by(|parent| parent.identity.cmp(&id)).ok();
                    let parent = found.and_then(|found| parents.get(found)).map_or([0; 2], |parent| parent.content);
                    *identity = digest::child(parent, place);
                }
            }
            Some(Identity::Content { .. }) | None => {}
        }
        let rows = batch.rows.clone().zip(identities).zip(contents);
        scanned.entries.extend(rows.map(|((row, identity), content)| Entry { identity, content, row }));
        if self.is_parent {
            scanned.ids.extend(batch.ids(ROW_ID));
        }
    }

    /// All is read: finds the rows that differ.
    pub fn settle(&mut self, scan: Scan) {
        if self.changes.state != TableState::Kept {
            return;
        }
        let [mut old, mut new] = scan.sides;
        old.entries.sort_unstable();
        new.entries.sort_unstable();
        if let Some(Identity::Key { columns }) = &self.changes.identity {
            let usable = |side: &Scanned| !side.null_in_key && unique(&side.entries);
            if !(usable(&old) && usable(&new)) {
                self.changes.identity = Some(Identity::Content { unusable_key: Some(columns.clone()) });
                for entries in [&mut old.entries, &mut new.entries] {
                    entries.iter_mut().for_each(|entry| entry.identity = entry.content);
                    entries.sort_unstable();
                }
            }
        }
        self.fates = differences(&old.entries, &new.entries);
        let count = |kind| self.fates.iter().filter(|fate| fate.kind() == kind).count() as u64;
        self.changes.removed = count(RowChangeKind::Removed);
        self.changes.changed = count(RowChangeKind::Changed);
        self.changes.added = count(RowChangeKind::Added);
        if self.is_parent {
            self.parents = [old, new].map(by_id);
        }
    }

    /// See [`super::Changes::rows`].
    pub fn rows(&self, first: usize, count: usize) -> Result<Vec<RowChange>> {
        let fates: Vec<Fate> = match self.changes.state {
            TableState::New => {
                window(self.new.rows(), first, count).map(|row| Fate { old: None, new: Some(row) }).collect()
            }
            TableState::Gone => {
                window(self.old.rows(), first, count).map(|row| Fate { old: Some(row), new: None }).collect()
            }
            TableState::Kept => self.fates.iter().skip(first).take(count).copied().collect(),
        };
        let changed = || fates.iter().filter_map(|fate| fate.old.zip(fate.new));
        let old = self.old.cells(&changed().map(|(old, _)| old).collect::<Vec<_>>())?;
        let new = self.new.cells(&changed().map(|(_, new)| new).collect::<Vec<_>>())?;
        let mut columns = old.iter().zip(&new).map(|(old, new)| self.differing(old, new));
        let row = |fate: Fate| RowChange {
            kind: fate.kind(),
            old_row: fate.old.map(u64::from),
            new_row: fate.new.map(u64::from),
            columns: match fate.kind() {
                RowChangeKind::Changed => columns.next().unwrap_or_default(),
                _ => Vec::new(),
            },
        };
        Ok(fates.into_iter().map(row).collect())
    }

    fn differing(&self, old: &BTreeMap<String, Digest>, new: &BTreeMap<String, Digest>) -> Vec<String> {
        self.columns.iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
    }
}

/// Numbers `first` to `first + count` of so many rows.
fn window(rows: u32, first: usize, count: usize) -> impl Iterator<Item = u32> {
    (0..rows).skip(first).take(count)
}

/// A parent's rows, their ids' digests in the place of identities and those in the place of contents.
fn by_id(side: Scanned) -> Vec<Entry> {
    let Scanned { mut entries, ids, .. } = side;
    for entry in &mut entries {
        entry.content = entry.identity;
        entry.identity = ids.get(entry.row as usize).copied().unwrap_or_default();
    }
    entries.sort_unstable();
    entries
}

fn identity(old: &TableSchema, new: &TableSchema, key: &[String]) -> Identity {
    if new.parent.is_some() {
        return Identity::Parent;
    }
    let primary = || materialized(new).filter(|column| column.primary_key).map(|column| column.name.clone()).collect();
    let columns: Vec<String> = if key.is_empty() { primary() } else { key.to_vec() };
    let there = |name: &String| named(old, name).is_some() && named(new, name).is_some();
    match !columns.is_empty() && columns.iter().all(there) {
        true => Identity::Key { columns },
        false => Identity::Content { unusable_key: None },
    }
}

fn named<'a>(schema: &'a TableSchema, name: &str) -> Option<&'a Column> {
    materialized(schema).find(|column| column.name == name)
}

/// Columns in the new table's order, those that are gone last.
fn column_changes(old: &TableSchema, new: &TableSchema) -> Vec<ColumnChange> {
    let type_ = |column: &Column| {
        let ColumnSpec { data_type, precision, scale, timezone, .. } = ColumnSpec::from(column);
        (data_type, precision, scale, timezone)
    };
    let mut changes = Vec::new();
    for column in materialized(new) {
        let before = named(old, &column.name);
        if before.map(type_) != Some(type_(column)) {
            changes.push(ColumnChange { name: column.name.clone(), old: before.cloned(), new: Some(column.clone()) });
        }
    }
    for column in materialized(old).filter(|column| named(new, &column.name).is_none()) {
        changes.push(ColumnChange { name: column.name.clone(), old: Some(column.clone()), new: None });
    }
    changes
}
