//! The rows of the root table that a load brings: by which keys they are told, and which of them come.

use super::drawers::Drawers;
use super::{Digest, column, keys};
use crate::error::Result;
use crate::normalize::schema::{DataType, SortOrder, TableSchema};
use crate::normalize::{ROW_ID, Strategy};
use crate::parquet::{Reader, Value};
use std::cmp::Ordering;

pub struct Coming {
    strategy: Strategy,
    primary: Vec<String>,
    merge: Vec<String>,
    hard_delete: Option<(String, DataType)>,
    /// By which column one of several rows of a key is chosen.
    sort: Option<(String, SortOrder)>,
    rows: usize,
    /// The rows of each primary key, or of each version.
    keys: Drawers<u32>,
    merge_keys: Drawers<()>,
    /// Rows whose key, or version, the old tables have in a row that is valid.
    present: Vec<bool>,
    /// Rows that are versions which the old tables have, valid or not.
    versions: Vec<bool>,
    sorts: Vec<Sort>,
    /// Rows that say that theirs are to be deleted.
    deleted: Vec<bool>,
    dropped: Vec<bool>,
    /// Rows that another one of their key takes the place of.
    pub duplicates: u64,
}

/// An old row's part in the load.
#[derive(Clone, Copy, Default)]
pub struct Found {
    /// The load has its primary key, or it itself as a version.
    pub primary: bool,
    /// The load has its merge key.
    merge: bool,
    /// It is one of those that the load speaks of: a version that does not come again is retired.
    pub retires: bool,
}

impl Found {
    pub fn any(&self) -> bool {
        self.primary || self.merge
    }
}

impl Coming {
    pub fn new(strategy: Strategy, root: &TableSchema) -> Coming {
        let named = |wanted: fn(&crate::normalize::schema::Column) -> bool| -> Vec<String> {
            root.columns.iter().filter(|column| wanted(column)).map(|column| column.name.clone()).collect()
        };
        let versions = strategy == Strategy::Scd2;
        let hard = root.columns.iter().find(|column| column.hard_delete && !versions);
        let sort = root.columns.iter().find_map(|column| Some((column.name.clone(), column.dedup_sort?)));
        Coming {
            strategy,
            primary: if versions { vec![ROW_ID.to_owned()] } else { named(|column| column.primary_key) },
            // Only two of the strategies know of a key that several rows may have.
            merge: match strategy {
                Strategy::DeleteInsert | Strategy::Scd2 => named(|column| column.merge_key),
                Strategy::Upsert | Strategy::InsertOnly => Vec::new(),
            },
            hard_delete: hard.and_then(|column| Some((column.name.clone(), column.data_type?))),
            sort: sort.filter(|_| strategy == Strategy::DeleteInsert),
            rows: 0,
            keys: Drawers::default(),
            merge_keys: Drawers::default(),
            present: Vec::new(),
            versions: Vec::new(),
            sorts: Vec::new(),
            deleted: Vec::new(),
            dropped: Vec::new(),
            duplicates: 0,
        }
    }

    pub fn has_primary_key(&self) -> bool {
        !self.primary.is_empty()
    }

    /// Whether anything tells old rows from each other.
    pub fn touches(&self) -> bool {
        self.has_primary_key() || !self.merge.is_empty()
    }

    /// The columns of each key that old rows are found by; none where every old row has to be looked at.
    pub fn compared(&self) -> Vec<&[String]> {
        let keys =
            [&self.primary, &self.merge].into_iter().filter(|key| !key.is_empty() && self.strategy != Strategy::Scd2);
        keys.map(Vec::as_slice).collect()
    }

    pub fn learn(&mut self, reader: &Reader<'_>) -> Result<()> {
        for group in 0..reader.row_groups().len() {
            if self.has_primary_key() {
                for (row, key) in (self.rows..).zip(keys(reader, group, &self.primary)?) {
                    // A file has no more rows than this.
                    self.keys.push(key, row as u32);
                }
            }
            if !self.merge.is_empty() {
                keys(reader, group, &self.merge)?.into_iter().for_each(|key| self.merge_keys.push(key, ()));
            }
            self.rows += reader.group_rows(group);
            if let Some((name, _)) = &self.sort {
                let cells = column(reader, group, name)?;
                self.sorts.extend((0..cells.len()).map(|row| Sort::of(cells.get(row))));
            }
            if let Some((name, data_type)) = &self.hard_delete {
                let cells = column(reader, group, name)?;
                let deletes = |cell: Option<Value<'_>>| match data_type {
                    DataType::Bool => matches!(cell, Some(Value::Bool(true))),
                    _ => cell.is_some(),
                };
                self.deleted.extend((0..cells.len()).map(|row| deletes(cells.get(row))));
            }
        }
        Ok(())
    }

    /// All rows are learned: one of each key remains, where the strategy has it so.
    pub fn settle(&mut self) {
        self.keys.settle();
        self.merge_keys.settle();
        self.present = vec![false; self.rows];
        self.dropped = vec![false; self.rows];
        match self.strategy {
            Strategy::DeleteInsert => {
                self.drop_duplicates();
                // Whether a row's key was there before is no matter.
                self.keys.forget_values();
            }
            Strategy::Upsert => self.drop_duplicates(),
            Strategy::Scd2 => self.versions = vec![false; self.rows],
            Strategy::InsertOnly => {}
        }
    }

    fn drop_duplicates(&mut self) {
        let mut dropped = std::mem::take(&mut self.dropped);
        for same in self.keys.shared() {
            let rows = same.iter().map(|row| *row as usize);
            let winner = match self.strategy {
                Strategy::Upsert => rows.clone().max(),
                _ => rows.clone().min_by(|a, b| self.before(*a, *b)),
            };
            for row in rows.filter(|row| winner != Some(*row)) {
                if let Some(dropped) = dropped.get_mut(row) {
                    *dropped = true;
                }
            }
        }
        self.duplicates = dropped.iter().filter(|dropped| **dropped).count() as u64;
        self.dropped = dropped;
    }

    /// Which of two rows of one key is rather kept: the one that the sort puts first, nulls last; else the one that came first.
    fn before(&self, a: usize, b: usize) -> Ordering {
        let descending = self.sort.as_ref().is_some_and(|(_, order)| *order == SortOrder::Desc);
        let sorted = match (self.sorts.get(a), self.sorts.get(b)) {
            (Some(a), Some(b)) => a.compare(b, descending),
            _ => Ordering::Equal,
        };
        sorted.then(a.cmp(&b))
    }

    /// What the load has of the old rows of a row group, whose ids' digests are given; remembers that they are there. `active`: whether a row is
    /// valid.
    pub fn meet(
        &mut self,
        reader: &Reader<'_>,
        group: usize,
        ids: &[Digest],
        active: impl Fn(usize) -> bool,
    ) -> Result<Vec<Found>> {
        let primary = match self.strategy {
            Strategy::Scd2 => ids.to_vec(),
            _ if self.has_primary_key() => keys(reader, group, &self.primary)?,
            _ => Vec::new(),
        };
        let merge = if self.merge.is_empty() { Vec::new() } else { keys(reader, group, &self.merge)? };
        let mut found = Vec::with_capacity(ids.len());
        for row in 0..ids.len() {
            let same = primary.get(row).and_then(|key| self.keys.get(*key));
            let active = active(row);
            for row in same.into_iter().flatten().map(|row| *row as usize) {
                if let (Some(present), true) = (self.present.get_mut(row), active) {
                    *present = true;
                }
                if let Some(version) = self.versions.get_mut(row) {
                    *version = true;
                }
            }
            let merge_key = merge.get(row).is_some_and(|key| self.merge_keys.has(*key));
            let retires = self.merge.is_empty() || merge_key;
            found.push(Found { primary: same.is_some(), merge: merge_key, retires });
        }
        Ok(found)
    }

    /// Whether an old row that is valid has the row's key, or is its version.
    pub fn is_present(&self, row: usize) -> bool {
        self.present.get(row).copied().unwrap_or(false)
    }

    pub fn has_old_versions(&self) -> bool {
        self.versions.contains(&true)
    }

    /// Whether this is a version that the load has and the old tables have.
    pub fn is_old_version(&self, id: Digest) -> bool {
        let row = self.keys.get(id).and_then(|rows| rows.first());
        row.is_some_and(|row| self.versions.get(*row as usize).copied().unwrap_or(false))
    }

    /// The root table is done: its keys are not asked for any more. Versions are, by their children.
    pub fn root_is_done(&mut self) {
        if self.strategy != Strategy::Scd2 {
            self.keys = Drawers::default();
            self.merge_keys = Drawers::default();
        }
    }

    pub fn is_deleted(&self, row: usize) -> bool {
        self.deleted.get(row).copied().unwrap_or(false)
    }

    pub fn is_dropped(&self, row: usize) -> bool {
        self.dropped.get(row).copied().unwrap_or(false)
    }

    pub fn drop_row(&mut self, row: usize) {
        if let Some(dropped) = self.dropped.get_mut(row) {
            *dropped = true;
        }
    }
}

/// A cell that rows are ordered by.
enum Sort {
    Null,
    Number(i128),
    Float(f64),
    Bytes(Vec<u8>),
}

impl Sort {
    fn of(cell: Option<Value<'_>>) -> Sort {
        match cell {
            None => Sort::Null,
            Some(Value::Bool(value)) => Sort::Number(value.into()),
            Some(Value::I64(value)) => Sort::Number(value.into()),
            Some(Value::I128(value)) => Sort::Number(value),
            Some(Value::F64(value)) => Sort::Float(value),
            Some(Value::Bytes(bytes)) => Sort::Bytes(bytes.to_vec()),
        }
    }

    fn compare(&self, other: &Sort, descending: bool) -> Ordering {
        let order = match (self, other) {
            (Sort::Null, Sort::Null) => return Ordering::Equal,
            (Sort::Null, _) => return Ordering::Greater,
            (_, Sort::Null) => return Ordering::Less,
            (Sort::Number(a), Sort::Number(b)) => a.cmp(b),
            (Sort::Float(a), Sort::Float(b)) => a.total_cmp(b),
            (Sort::Bytes(a), Sort::Bytes(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        if descending { order.reverse() } else { order }
    }
}
