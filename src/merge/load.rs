//! The rows of the root table that a load brings: by which keys they are told, and which of them come.

use super::{Digest, column, keys};
use crate::error::Result;
use crate::normalize::schema::{DataType, TableSchema};
use crate::normalize::{ROW_ID, Strategy};
use crate::parquet::{Reader, Value};
use std::cmp::Ordering;

pub struct Coming {
    strategy: Strategy,
    primary: Vec<String>,
    merge: Vec<String>,
    hard_delete: Option<(String, DataType)>,
    /// By which column one of several rows of a key is chosen; `true`: the greatest.
    sort: Option<(String, bool)>,
    /// Of each row its primary key, or its version; once they are settled, in order, and each once.
    keys: Vec<Digest>,
    /// Of each row: the place of its key among those.
    places: Vec<u32>,
    /// Of each key: whether the old tables have it, as a version that is valid.
    present: Vec<bool>,
    /// Of each version: whether the old tables have it, valid or not.
    versions: Vec<bool>,
    /// The merge keys, in order.
    merge_keys: Vec<Digest>,
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
    /// The place of its primary key, or of its version, if the load has it.
    pub primary: Option<usize>,
    /// The load has its merge key.
    merge: bool,
    /// It is one of those that the load speaks of: a version that does not come again is retired.
    pub retires: bool,
}

impl Found {
    pub fn any(&self) -> bool {
        self.primary.is_some() || self.merge
    }
}

impl Coming {
    pub fn new(strategy: Strategy, root: &TableSchema) -> Coming {
        let named = |wanted: fn(&crate::normalize::schema::Column) -> bool| -> Vec<String> {
            root.columns.iter().filter(|column| wanted(column)).map(|column| column.name.clone()).collect()
        };
        let versions = strategy == Strategy::Scd2;
        let hard = root.columns.iter().find(|column| column.hard_delete && !versions);
        let sort = root.columns.iter().find(|column| column.dedup_sort.is_some());
        Coming {
            strategy,
            primary: if versions { vec![ROW_ID.to_owned()] } else { named(|column| column.primary_key) },
            // Only two of the strategies know of a key that several rows may have.
            merge: match strategy {
                Strategy::DeleteInsert | Strategy::Scd2 => named(|column| column.merge_key),
                Strategy::Upsert | Strategy::InsertOnly => Vec::new(),
            },
            hard_delete: hard.and_then(|column| Some((column.name.clone(), column.data_type?))),
            sort: sort
                .filter(|_| strategy == Strategy::DeleteInsert)
                .map(|column| (column.name.clone(), column.dedup_sort.as_deref() == Some("desc"))),
            keys: Vec::new(),
            places: Vec::new(),
            present: Vec::new(),
            versions: Vec::new(),
            merge_keys: Vec::new(),
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

    /// How many rows there are to learn.
    pub fn expect(&mut self, rows: u64) {
        self.keys.reserve_exact(rows as usize);
    }

    pub fn learn(&mut self, reader: &Reader<'_>) -> Result<()> {
        for group in 0..reader.row_groups().len() {
            if self.has_primary_key() {
                self.keys.extend(keys(reader, group, &self.primary)?);
            } else {
                self.keys.extend(std::iter::repeat_n(0, reader.group_rows(group)));
            }
            if !self.merge.is_empty() {
                self.merge_keys.extend(keys(reader, group, &self.merge)?);
            }
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
        let unsorted = std::mem::take(&mut self.keys);
        let key = |row: &u32| unsorted.get(*row as usize).copied().unwrap_or_default();
        // A file has no more rows than this.
        let mut order: Vec<u32> = (0..unsorted.len() as u32).collect();
        order.sort_unstable_by_key(|row| (key(row), *row));
        self.dropped = vec![false; unsorted.len()];
        self.places = vec![0; unsorted.len()];
        let single = matches!(self.strategy, Strategy::DeleteInsert | Strategy::Upsert) && self.has_primary_key();
        self.keys.reserve_exact(unsorted.len());
        for same in order.chunk_by(|a, b| key(a) == key(b)) {
            let place = self.keys.len() as u32;
            self.keys.extend(same.first().map(key));
            for row in same {
                if let Some(known) = self.places.get_mut(*row as usize) {
                    *known = place;
                }
            }
            if !single || same.len() == 1 {
                continue;
            }
            let rows = same.iter().map(|row| *row as usize);
            let winner = match self.strategy {
                Strategy::Upsert => rows.max(),
                _ => rows.min_by(|a, b| self.before(*a, *b)),
            };
            self.duplicates += same.len() as u64 - 1;
            for row in same.iter().map(|row| *row as usize) {
                if let (Some(dropped), true) = (self.dropped.get_mut(row), winner != Some(row)) {
                    *dropped = true;
                }
            }
        }
        self.present = vec![false; self.keys.len()];
        self.versions = vec![false; if self.strategy == Strategy::Scd2 { self.keys.len() } else { 0 }];
        self.merge_keys.sort_unstable();
        self.merge_keys.dedup();
    }

    /// Which of two rows of one key is rather kept: the one that the sort puts first, nulls last; else the one that came first.
    fn before(&self, a: usize, b: usize) -> Ordering {
        let descending = self.sort.as_ref().is_some_and(|(_, descending)| *descending);
        let sorted = match (self.sorts.get(a), self.sorts.get(b)) {
            (Some(a), Some(b)) => a.compare(b, descending),
            _ => Ordering::Equal,
        };
        sorted.then(a.cmp(&b))
    }

    /// What the load has of the old rows of a row group, whose ids' digests are given.
    pub fn matches(&self, reader: &Reader<'_>, group: usize, ids: &[Digest]) -> Result<Vec<Found>> {
        let primary = match self.strategy {
            Strategy::Scd2 => ids.to_vec(),
            _ if self.has_primary_key() => keys(reader, group, &self.primary)?,
            _ => Vec::new(),
        };
        let merge = if self.merge.is_empty() { Vec::new() } else { keys(reader, group, &self.merge)? };
        let found = (0..ids.len()).map(|row| {
            let place = primary.get(row).and_then(|key| self.keys.binary_search(key).ok());
            let merge_key = merge.get(row).is_some_and(|key| self.merge_keys.binary_search(key).is_ok());
            Found { primary: place, merge: merge_key, retires: self.merge.is_empty() || merge_key }
        });
        Ok(found.collect())
    }

    /// An old row has the key, or is the version, of that place; `active`: it is valid.
    pub fn is_there(&mut self, place: usize, active: bool) {
        if let (Some(present), true) = (self.present.get_mut(place), active) {
            *present = true;
        }
        if let Some(version) = self.versions.get_mut(place) {
            *version = true;
        }
    }

    /// Whether an old row that is valid has the row's key, or is its version.
    pub fn is_present(&self, row: usize) -> bool {
        let place = self.places.get(row).copied().unwrap_or(u32::MAX);
        self.present.get(place as usize).copied().unwrap_or(false)
    }

    pub fn has_old_versions(&self) -> bool {
        self.versions.contains(&true)
    }

    /// Whether this is a version that the load has and the old tables have.
    pub fn is_old_version(&self, id: Digest) -> bool {
        self.keys.binary_search(&id).is_ok_and(|place| self.versions.get(place).copied().unwrap_or(false))
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
