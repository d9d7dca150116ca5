//! A whole merge: over files wherever they lie.

use super::{Merger, Verdict, root};
use crate::error::Result;
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Loaded, Merge, Warning};
use std::collections::BTreeMap;

/// A file of a table after a merge.
pub enum Item<F> {
    /// One that was given, as it is.
    Given(F),
    Made(Vec<u8>, FileEnd),
}

/// The files of each table of the load's resource after it, rows of old files first. `old` and `new`: those before, and those of the
/// load, by table, in order; `read` brings a file's bytes. Tables that are none of the merge's, the quarantine, have what the
/// load brought.
///
/// # Errors
/// `no_primary_key` where the strategy needs one; those of `read`, and of files that cannot be read.
pub async fn merge<F: Clone>(
    order: &Merge,
    loaded: &Loaded,
    load_id: &str,
    old: &BTreeMap<String, Vec<F>>,
    new: &BTreeMap<String, Vec<F>>,
    read: impl AsyncFn(&F) -> Result<Vec<u8>>,
) -> Result<(BTreeMap<String, Vec<Item<F>>>, Vec<Warning>)> {
    let mut merger = Merger::new(order, loaded, load_id)?;
    let root = root(loaded)?;
    let none = Vec::new();
    let of = |files: &'_ BTreeMap<String, Vec<F>>, table: &TableSchema| files.get(&table.name).unwrap_or(&none).clone();
    for file in &of(new, root) {
        merger.learn(&read(file).await?)?;
    }
    merger.learned();
    let mut merged = BTreeMap::new();
    for table in parents_first(&loaded.schema.tables) {
        let mut items = Vec::new();
        if table.quarantine {
            items.extend(of(new, table).into_iter().map(Item::Given));
        } else {
            let touched = merger.touches(table);
            for file in of(old, table) {
                let verdict = if touched { merger.old(table, &read(&file).await?)? } else { Verdict::Same };
                items.extend(item(verdict, file));
            }
            let mut first = 0;
            for file in of(new, table) {
                let bytes = read(&file).await?;
                let rows = crate::parquet::Reader::open(&bytes)?.rows() as usize;
                items.extend(item(merger.new_file(table, &bytes, first)?, file));
                first += rows;
            }
        }
        merged.insert(table.name.clone(), items);
    }
    Ok((merged, merger.warnings()))
}

fn item<F>(verdict: Verdict, file: F) -> Option<Item<F>> {
    match verdict {
        Verdict::Same => Some(Item::Given(file)),
        Verdict::Made(bytes, end) => Some(Item::Made(bytes, end)),
        Verdict::Gone => None,
    }
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
