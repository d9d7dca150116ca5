//! Rows that differ, with what is in them: for those who do not have the tables at hand.

use super::pair::Pair;
use super::{Changes, Identity, RowChange, RowChangeKind};
use crate::error::Result;
use crate::normalize::{LIST_IDX, PARENT_ID};
use serde::Serialize;
use serde_json::{Map, Value};

/// A row that differs, in the notation of [`crate::parquet::rows_json`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowRecord {
    pub kind: RowChangeKind,
    /// Its number in the table before, from 0; `None` if it was not there.
    pub old_row: Option<u64>,
    pub new_row: Option<u64>,
    /// What tells it apart: the key's columns, or parent and place. Empty where rows are told apart by their content.
    pub key: Map<String, Value>,
    /// The whole row, of one that was removed or added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<Map<String, Value>>,
    /// Of a changed one the fields that differ.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub fields: Map<String, Value>,
}

impl<B: AsRef<[u8]>> Changes<B> {
    /// The same rows as [`Changes::rows`], with their content. Decodes of each row group what lies between the first and the last
    /// of them.
    ///
    /// # Errors
    /// `parquet_read` if a file is damaged.
    pub fn records(&self, table: &str, first: usize, count: usize) -> Result<Vec<RowRecord>> {
        match self.pairs.iter().find(|pair| pair.changes.name == table) {
            Some(pair) => pair.records(first, count),
            None => Ok(Vec::new()),
        }
    }
}

impl<B: AsRef<[u8]>> Pair<B> {
    fn records(&self, first: usize, count: usize) -> Result<Vec<RowRecord>> {
        let changes = self.rows(first, count)?;
        let numbers = |row: fn(&RowChange) -> Option<u64>| -> Vec<Option<u32>> {
            changes.iter().map(|change| row(change).and_then(|row| u32::try_from(row).ok())).collect()
        };
        let old = self.old.objects(&numbers(|change| change.old_row))?;
        let new = self.new.objects(&numbers(|change| change.new_row))?;
        let told_apart: Vec<&str> = match &self.changes.identity {
            Some(Identity::Key { columns }) => columns.iter().map(String::as_str).collect(),
            Some(Identity::Parent) => vec![PARENT_ID, LIST_IDX],
            Some(Identity::Content { .. }) | None => Vec::new(),
        };
        let record = |((change, old), new): ((RowChange, Map<String, Value>), Map<String, Value>)| {
            let RowChange { kind, old_row, new_row, columns } = change;
            let there = if kind == RowChangeKind::Removed { &old } else { &new };
            let cell = |row: &Map<String, Value>, name: &str| row.get(name).cloned().unwrap_or(Value::Null);
            let key = told_apart.iter().map(|name| ((*name).to_owned(), cell(there, name))).collect();
            let field = |name: String| {
                let both =
                    Map::from_iter([("old".to_owned(), cell(&old, &name)), ("new".to_owned(), cell(&new, &name))]);
                (name, Value::Object(both))
            };
            let fields = columns.into_iter().map(field).collect();
            let row = match kind {
                RowChangeKind::Removed => Some(old),
                RowChangeKind::Added => Some(new),
                RowChangeKind::Changed => None,
            };
            RowRecord { kind, old_row, new_row, key, row, fields }
        };
        Ok(changes.into_iter().zip(old).zip(new).map(record).collect())
    }
}
