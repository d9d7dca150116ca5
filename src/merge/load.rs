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
    /// Of each row: its primary key, or its version.
    keys: Vec<Digest>,
    /// The same in order, each once.
    known: Vec<Digest>,
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
    /// Its primary key, or its version, if the load has it.
    pub primary: Option<Digest>,
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
            known: Vec::new(),
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
        self.dropped = vec![false; self.keys.len()];
        let mut order: Vec<(Digest, usize)> = self.keys.iter().copied().zip(0..).collect();
        order.sort_unstable();
        let single = matches!(self.strategy, Strategy::DeleteInsert | Strategy::Upsert) && self.has_primary_key();
        for same in order.chunk_by(|a, b| a.0 == b.0) {
            self.known.extend(same.first().map(|(key, _)| *key));
            if !single || same.len() == 1 {
                continue;
            }
            let rows = same.iter().map(|(_, row)| *row);
            let winner = match self.strategy {
                Strategy::Upsert => rows.max(),
                _ => rows.min_by(|a, b| self.before(*a, *b)),
            };
            self.duplicates += same.len() as u64 - 1;
            for (_, row) in same {
                if let (Some(dropped), true) = (self.dropped.get_mut(*row), winner != Some(*row)) {
                    *dropped = true;
                }
            }
        }
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
            let key = primary.get(row).filter(|key| self.known.binary_search(key).is_ok());
            let merge_key = merge.get(row).is_some_and(|key| self.merge_keys.binary_search(key).is_ok());
            Found { primary: key.copied(), merge: merge_key, retires: self.merge.is_empty() || merge_key }
        });
        Ok(found.collect())
    }

    /// A row's primary key.
    pub fn key(&self, row: usize) -> Option<Digest> {
        self.keys.get(row).copied()
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
