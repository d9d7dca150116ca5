//! Loads that merge: what becomes of the files of the snapshot that they are laid over.

use super::files::{DataFile, TableFiles};
use super::manifest::{Manifest, Table, materialized};
use super::plan::{Arrived, Fetched};
use super::reader::Reader;
use super::record::Failure;
use crate::error::Result;
use crate::host::Store;
use crate::merge::{Item, merge};
use crate::normalize::schema::TableSchema;
use crate::normalize::{Merge, Strategy, Warning};

/// The tables of a resource after a merge.
pub struct Merged {
    pub files: TableFiles,
    pub warnings: Vec<Warning>,
}

/// Merges what was fetched to be merged with the tables of `base`. A resource that cannot be has failed.
pub async fn merge_all<S: Store>(
    reader: &Reader<'_, S>,
    load_id: &str,
    base: Option<&Manifest>,
    fetched: &mut [Fetched],
) {
    for one in fetched {
        let Some(order) = one.merge.clone() else { continue };
        let Ok(arrived) = &mut one.result else { continue };
        arrived.merged = None;
        if brings_nothing_new(&order, base, &one.resource, &one.key, arrived) {
            continue;
        }
        let old = tables(base, &one.resource);
        match merged(reader, load_id, &order, old, arrived).await {
            Ok(merged) => arrived.merged = Some(merged),
            Err(error) => one.result = Err(Failure::from(&error.at(&one.resource))),
        }
    }
}

async fn merged<'m, S: Store>(
    reader: &Reader<'_, S>,
    load_id: &str,
    order: &Merge,
    old: impl Iterator<Item = &'m Table>,
    arrived: &Arrived,
) -> Result<Merged> {
    let old = old.map(|table| {
        let files = table.files.iter().filter(|file| file.rows > 0);
        let files = files.map(|file| DataFile { entry: file.clone(), bytes: None });
        (table.schema.name.clone(), files.collect())
    });
    let old: TableFiles = old.collect();
    let read = async |file: &DataFile| match &file.bytes {
        Some(bytes) => Ok(bytes.clone()),
        None => reader.file(&file.entry).await,
    };
    let (items, warnings) = merge(order, &arrived.loaded, load_id, &old, &arrived.files, read).await?;
    let mut files = TableFiles::new();
    for (table, items) in items {
        let made = items.into_iter().map(|item| match item {
            Item::Given(file) => DataFile { bytes: None, ..file },
            Item::Made(bytes, end) => DataFile::new(&table, load_id, bytes, end),
        });
        let made = made.collect();
        files.insert(table, made);
    }
    Ok(Merged { files, warnings })
}

fn tables<'m>(base: Option<&'m Manifest>, resource: &'m str) -> impl Iterator<Item = &'m Table> {
    base.into_iter().flat_map(move |base| base.of(resource))
}

/// Whether the tables are after the load what they are: it has no rows, or those of the load before.
fn brings_nothing_new(
    order: &Merge,
    base: Option<&Manifest>,
    resource: &str,
    key: &[String],
    arrived: &Arrived,
) -> bool {
    let loaded = &arrived.loaded;
    if loaded.tables.iter().all(|table| table.rows == 0) {
        return true;
    }
    // Without anything that tells them, rows are added again.
    let root = loaded.schema.tables.iter().find(|table| table.parent.is_none() && !table.quarantine);
    let told = order.strategy == Strategy::Scd2
        || root.is_some_and(|root| root.columns.iter().any(|column| column.primary_key || column.merge_key));
    let same = |table: &TableSchema| {
        let before = tables(base, resource).find(|before| before.schema.name == table.name);
        let now = loaded.tables.iter().find(|now| now.name == table.name);
        match (before, now) {
            (Some(before), Some(now)) => {
                before.digest == now.digest && before.key == key && materialized(&before.schema).eq(materialized(table))
            }
            (before, _) => before.is_none() && materialized(table).next().is_none(),
        }
    };
    told && loaded.schema.tables.iter().all(same)
}
