//! A whole merge: over files wherever they lie.

use super::{Merger, Order, Verdict, root};
use crate::error::Result;
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Loaded, Warning};
use std::collections::BTreeMap;

/// Where the files of a merge lie.
#[allow(async_fn_in_trait)]
pub trait Shelf {
    /// A file of a table, which can be asked for again.
    type File: Clone;
    async fn read(&self, file: &Self::File) -> Result<Vec<u8>>;
    /// Takes a file that the merge made, so that it need not be held until the end.
    async fn keep(&self, table: &str, bytes: Vec<u8>, end: FileEnd) -> Result<Self::File>;
}

/// Files by table, in order.
pub type Files<F> = BTreeMap<String, Vec<F>>;

/// The files of each table of the load's resource after it, rows of old files first, and what a person should know. `old` and `new`: those
/// before, and those of the load. A table that is none of the merge's, the quarantine, has what the load brought.
///
/// # Errors
/// `no_primary_key` where the strategy needs one; those of the shelf, and of files that cannot be read.
pub async fn merge<S: Shelf>(
    order: &Order,
    loaded: &Loaded,
    load_id: &str,
    old: &Files<S::File>,
    new: &Files<S::File>,
    shelf: &S,
) -> Result<(Files<S::File>, Vec<Warning>)> {
    let mut merger = Merger::new(order, loaded, load_id)?;
    let of = |files: &Files<S::File>, table: &TableSchema| files.get(&table.name).cloned().unwrap_or_default();
    for file in of(new, root(loaded)?) {
        merger.learn(&shelf.read(&file).await?)?;
    }
    merger.learned();
    let mut merged = BTreeMap::new();
    for table in parents_first(&loaded.schema.tables) {
        let mut files = Vec::new();
        if table.quarantine {
            files = of(new, table);
        } else {
            let touched = merger.touches(table);
            for file in of(old, table) {
                let verdict = if touched { merger.old(table, &shelf.read(&file).await?)? } else { Verdict::Same };
                files.extend(after(verdict, file, table, shelf).await?);
            }
            merger.seen(table);
            for file in of(new, table) {
                let verdict = merger.new_file(table, &shelf.read(&file).await?)?;
                files.extend(after(verdict, file, table, shelf).await?);
            }
        }
        merged.insert(table.name.clone(), files);
    }
    Ok((merged, merger.warnings()))
}

async fn after<S: Shelf>(verdict: Verdict, file: S::File, table: &TableSchema, shelf: &S) -> Result<Option<S::File>> {
    Ok(match verdict {
        Verdict::Same => Some(file),
        Verdict::Made(bytes, end) => Some(shelf.keep(&table.name, bytes, end).await?),
        Verdict::Gone => None,
    })
}

/// Every table behind the one that its rows hang from.
fn parents_first(tables: &[TableSchema]) -> Vec<&TableSchema> {
    let mut order: Vec<&TableSchema> = tables.iter().filter(|table| table.parent.is_none()).collect();
    let mut at = 0;
    while let Some(parent) = order.get(at) {
        let name = Some(&parent.name);
        order.extend(tables.iter().filter(|table| table.parent.as_ref() == name));
        at += 1;
    }
    order
}
