//! Two states of a resource's tables → what differs: the current snapshot and what a run would publish, or two snapshots.
//!
//! | table | its row is the same row as the one with |
//! |---|---|
//! | root, with a key that is unique and never null on both sides | the same values of the key's columns |
//! | child | the same place in the list (`_dlt_list_idx`) of the same parent row |
//! | any other | the same content: rows are added and removed, never changed |
//!
//! Columns are compared by name, and one that a side or one of its older files does not have is null there. What dlt keeps
//! for itself, `_dlt_id`, `_dlt_parent_id`, `_dlt_root_id` and `_dlt_load_id`, is no content: rows that merely came with
//! another load are as before. Cells of different types are different, doubles are compared by their bits.
//!
//! A root table and what hangs from it is not read if all their files are the same on both sides. Else every row group is
//! decoded once, and of each row 40 bytes are kept until its table is done, 16 more and for longer if the
//! table has children; then only the rows that differ. Which columns of them do is found when it is asked for.

mod digest;
mod matching;
mod pair;
mod record;
mod side;

use crate::error::Result;
use crate::normalize::schema::{Column, TableSchema};
use pair::{Pair, Scan};
pub use record::RowRecord;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// One state of one table. The bytes are those of its Parquet files, whole and in row order.
pub struct TableFiles<B> {
    pub schema: TableSchema,
    pub files: Vec<B>,
}

/// What became of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TableState {
    New,
    Gone,
    /// It is on both sides.
    Kept,
}

/// How a table's rows were told apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Identity {
    Key {
        columns: Vec<String>,
    },
    /// By the row that they hang from and their place in its list.
    Parent,
    /// `unusable_key`: the key there is, if it has nulls or two rows share it on either side.
    Content {
        #[serde(skip_serializing_if = "Option::is_none")]
        unusable_key: Option<Vec<String>>,
    },
}

/// A column that one side does not have (`None`) or has with another type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnChange {
    pub name: String,
    pub old: Option<Column>,
    pub new: Option<Column>,
}

/// What differs in one table, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TableChanges {
    pub name: String,
    pub parent: Option<String>,
    pub state: TableState,
    /// `None` where there is but one side. Of a table that need not be read, what it would have been if its key is usable.
    pub identity: Option<Identity>,
    pub old_rows: u64,
    pub new_rows: u64,
    pub removed: u64,
    pub changed: u64,
    pub added: u64,
    pub columns: Vec<ColumnChange>,
}

/// What became of a row, in the order of [`Changes::rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowChangeKind {
    Removed,
    Changed,
    Added,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowChange {
    pub kind: RowChangeKind,
    /// Its number in the table before, from 0; `None` if it was not there.
    pub old_row: Option<u64>,
    pub new_row: Option<u64>,
    /// Of a changed one the columns that differ, in the table's order; those that are gone last.
    pub columns: Vec<String>,
}

/// A comparison, under way or done.
pub struct Changes<B> {
    /// Parents before their children.
    pairs: Vec<Pair<B>>,
    /// The pair that is being compared.
    at: usize,
    scan: Scan,
    /// Rows read and to be read, of both sides.
    done: u64,
    total: u64,
}

impl<B: AsRef<[u8]>> Changes<B> {
    /// Compares to the end.
    ///
    /// # Errors
    /// As [`Changes::begin`] and [`Changes::step`].
    pub fn between(old: Vec<TableFiles<B>>, new: Vec<TableFiles<B>>, key: &[String]) -> Result<Changes<B>> {
        let mut changes = Changes::begin(old, new, key)?;
        while changes.step()? {}
        Ok(changes)
    }

    /// Takes both sides, reads the files' ends and compares the columns. `key`: the columns that tell the root table's rows
    /// apart; if empty, those that the new side's schema has as its primary key.
    ///
    /// # Errors
    /// `parquet_read` if a file cannot be read, `too_many_rows`.
    pub fn begin(old: Vec<TableFiles<B>>, new: Vec<TableFiles<B>>, key: &[String]) -> Result<Changes<B>> {
        let (mut old, mut pairs) = (old, Vec::new());
        for table in new {
            let place = old.iter().position(|before| before.schema.name == table.schema.name);
            let before = place.map(|place| old.remove(place));
            pairs.push(Pair::new(before, Some(table), key)?);
        }
        for table in old {
            pairs.push(Pair::new(Some(table), None, key)?);
        }
        let mut pairs = parents_first(pairs);
        hang(&mut pairs);
        let total = pairs.iter().map(Pair::work).sum();
        Ok(Changes { pairs, at: 0, scan: Scan::default(), done: 0, total })
    }

    /// Reads the next row group. Answers whether there is more to do.
    ///
    /// # Errors
    /// `parquet_read` if it is damaged.
    pub fn step(&mut self) -> Result<bool> {
        let Some(pair) = self.pairs.get(self.at) else { return Ok(false) };
        let next = pair.next(&self.scan).map_err(|error| error.at(&pair.changes.name))?;
        if let Some((side, batch)) = next {
            self.scan.group += 1;
            self.done += batch.rows.len() as u64;
            let parent = self.pairs.iter().find(|one| Some(&one.changes.name) == pair.changes.parent.as_ref());
            let parents = parent.and_then(|parent| parent.parents.get(side)).map(Vec::as_slice).unwrap_or_default();
            if let Some(scanned) = self.scan.sides.get_mut(side) {
                pair.scan(side, &batch, parents, scanned);
            }
            return Ok(true);
        }
        let scan = std::mem::take(&mut self.scan);
        if let Some(pair) = self.pairs.get_mut(self.at) {
            pair.settle(scan);
        }
        self.at += 1;
        self.forget_parents();
        Ok(self.at < self.pairs.len())
    }

    /// Lets go of the parents' rows that no table to come hangs from.
    fn forget_parents(&mut self) {
        let (done, to_come) = self.pairs.split_at_mut(self.at);
        for pair in done {
            if !to_come.iter().any(|one| one.changes.parent.as_ref() == Some(&pair.changes.name)) {
                pair.parents = Default::default();
            }
        }
    }

    /// Rows read so far, and how many there are to read.
    pub fn progress(&self) -> (u64, u64) {
        (self.done, self.total)
    }

    /// The tables of both sides, parents before their children. Until all is done the numbers are those of the tables done.
    pub fn tables(&self) -> impl ExactSizeIterator<Item = &TableChanges> {
        self.pairs.iter().map(|pair| &pair.changes)
    }

    /// Some of a table's rows that differ: those removed come first, then those changed, then those added, each in their
    /// order. So the numbers in [`TableChanges`] say where each kind begins.
    ///
    /// # Errors
    /// `parquet_read` if a file is damaged.
    pub fn rows(&self, table: &str, first: usize, count: usize) -> Result<Vec<RowChange>> {
        match self.pairs.iter().find(|pair| pair.changes.name == table) {
            Some(pair) => pair.rows(first, count),
            None => Ok(Vec::new()),
        }
    }
}

/// In the order given but for tables that come before their parents.
fn parents_first<B>(pairs: Vec<Pair<B>>) -> Vec<Pair<B>> {
    let (mut ordered, mut rest): (Vec<Pair<B>>, _) = (Vec::new(), pairs);
    while !rest.is_empty() {
        let names: Vec<String> = rest.iter().map(|pair| pair.changes.name.clone()).collect();
        let waits = |pair: &Pair<B>| pair.changes.parent.as_ref().is_some_and(|parent| names.contains(parent));
        let (ready, waiting): (Vec<_>, Vec<_>) = rest.into_iter().partition(|pair| !waits(pair));
        // Tables that hang from each other: there is no order.
        let stuck = ready.is_empty();
        ordered.extend(ready);
        rest = waiting;
        if stuck {
            ordered.append(&mut rest);
        }
    }
    ordered
}

/// Finds each table's parent, and which roots' tables need not be read. Parents come before their children.
fn hang<B: AsRef<[u8]>>(pairs: &mut [Pair<B>]) {
    let mut roots: BTreeMap<String, String> = BTreeMap::new();
    let mut differing: BTreeSet<String> = BTreeSet::new();
    for number in 0..pairs.len() {
        let (before, rest) = pairs.split_at_mut(number);
        let Some(pair) = rest.first_mut() else { break };
        let TableChanges { name, parent, identity, .. } = &mut pair.changes;
        let mut root = name.clone();
        if *identity == Some(Identity::Parent) {
            let kept = |one: &&mut Pair<B>| {
                one.changes.state == TableState::Kept && Some(&one.changes.name) == parent.as_ref()
            };
            match before.iter_mut().find(kept) {
                Some(parent) => {
                    parent.is_parent = true;
                    root = roots.get(&parent.changes.name).cloned().unwrap_or(root);
                }
                None => *identity = Some(Identity::Content { unusable_key: None }),
            }
        }
        if !pair.old.same(&pair.new) {
            differing.insert(root.clone());
        }
        roots.insert(name.clone(), root);
    }
    for pair in pairs {
        pair.to_read = roots.get(&pair.changes.name).is_some_and(|root| differing.contains(root));
    }
}
