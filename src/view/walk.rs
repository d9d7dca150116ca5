//! From a row to those that hang from it, and back: `_dlt_parent_id` of a child's row is `_dlt_id` of its parent's.

use super::cache::{Cursor, Memo};
use super::{Arrangement, Table, Tables};
use crate::error::Result;
use crate::parquet::{Value, Values};
use crate::table::hash;
use std::cell::RefCell;

/// The hashes of ids and their rows, in order.
pub struct Index(Vec<(u64, u32)>);

/// The rows of one child table that hang from a row, in their order.
#[derive(Debug, PartialEq, Eq)]
pub struct Child {
    pub table: usize,
    pub rows: Arrangement,
}

impl Tables {
    /// The child tables of a table, each with those of its rows that belong to the row at a place of an arrangement. The
    /// first call goes over the ids of each child table.
    ///
    /// # Errors
    /// `no_such_table`, `no_such_row`, `other_table`; `parquet_read`.
    pub fn children(&self, table: usize, arrangement: Option<&Arrangement>, place: usize) -> Result<Vec<Child>> {
        let row = self.row(table, arrangement, place)?;
        let parent = self.table(table)?;
        let mut children = Vec::new();
        let Some(id) = self.id(table, row, row_key(parent))? else { return Ok(children) };
        for (number, child) in self.tables.iter().enumerate() {
            if child.schema.parent.as_ref() == Some(&parent.schema.name) {
                let rows = match parent_key(child) {
                    Some(column) => self.find(number, column, &child.by_parent, &id)?,
                    None => Vec::new(),
                };
                children.push(Child { table: number, rows: Arrangement { table: number, rows } });
            }
        }
        Ok(children)
    }

    /// The table and the row that the row at a place of an arrangement hangs from; `None` for a root table's row, and where
    /// the parent cannot be looked at (yet).
    ///
    /// # Errors
    /// As [`Tables::children`].
    pub fn parent(
        &self,
        table: usize,
        arrangement: Option<&Arrangement>,
        place: usize,
    ) -> Result<Option<(usize, u32)>> {
        let row = self.row(table, arrangement, place)?;
        let child = self.table(table)?;
        let Some(number) = child.schema.parent.as_deref().and_then(|name| self.number(name)) else { return Ok(None) };
        let parent = self.table(number)?;
        let (Some(column), Some(id)) = (row_key(parent), self.id(table, row, parent_key(child))?) else {
            return Ok(None);
        };
        let rows = self.find(number, column, &parent.by_id, &id)?;
        Ok(rows.first().map(|row| (number, *row)))
    }

    fn id(&self, table: usize, row: u32, column: Option<usize>) -> Result<Option<Vec<u8>>> {
        let Some(column) = column else { return Ok(None) };
        let mut cursor = Cursor::new(self, table, column);
        let value = cursor.get(row)?;
        Ok(if let Some(Value::Bytes(id)) = value { Some(id.to_vec()) } else { None })
    }

    /// The rows that have an id in a column.
    fn find(&self, table: usize, column: usize, index: &RefCell<Option<Index>>, id: &[u8]) -> Result<Vec<u32>> {
        // Rows that became readable since are not in it.
        let mut index = index.borrow_mut();
        let count = self.rows(table)? as usize;
        let index = match &mut *index {
            Some(index) if index.0.len() == count => index,
            other => other.insert(self.index(table, column)?),
        };
        let wanted = hash(id);
        let first = index.0.partition_point(|(hash, _)| *hash < wanted);
        let same = index.0.iter().skip(first).take_while(|(hash, _)| *hash == wanted);
        let mut cursor = Cursor::new(self, table, column);
        let mut rows = Vec::new();
        for (_, row) in same {
            if cursor.get(*row)? == Some(Value::Bytes(id)) {
                rows.push(*row);
            }
        }
        Ok(rows)
    }

    fn index(&self, table: usize, column: usize) -> Result<Index> {
        let mut entries = Vec::with_capacity(self.rows(table)? as usize);
        let (mut cursor, mut memo) = (Cursor::new(self, table, column), Memo::default());
        for row in 0..self.rows(table)? {
            let (page, at) = cursor.seek(row)?;
            let key = match &page.values {
                Values::Entries(ids, dictionary) if page.has(at) => {
                    memo.get(dictionary, ids.get(at).copied().unwrap_or_default(), hash)
                }
                _ => match page.get(at) {
                    Some(Value::Bytes(id)) => hash(id),
                    _ => 0,
                },
            };
            entries.push((key, row));
        }
        entries.sort_unstable();
        Ok(Index(entries))
    }
}

fn row_key(table: &Table) -> Option<usize> {
    super::typed(&table.schema).position(|column| column.row_key)
}

fn parent_key(table: &Table) -> Option<usize> {
    super::typed(&table.schema).position(|column| column.parent_key)
}
