//! Loads that merge: what becomes of the files of the snapshot that they are laid over.

use super::files::{DataFile, TableFiles};
use super::manifest::{Manifest, Table, materialized};
use super::paths::Paths;
use super::plan::{Arrived, Fetched};
use super::reader::Reader;
use super::record::Failure;
use super::store::Retrying;
use crate::error::Result;
use crate::host::{Host, Store};
use crate::merge::{self, Order};
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Strategy, Warning};

/// The tables of a resource after a merge.
pub struct Merged {
    pub files: TableFiles,
    pub warnings: Vec<Warning>,
}

/// The files of a dataset, for merges.
pub struct Shelf<'a, S, H> {
    pub store: &'a Retrying<'a, S, H>,
    pub paths: &'a Paths,
    pub load_id: &'a str,
    /// Whether files are put as they are made. Else they are held, for those who must not put anything.
    pub puts: bool,
}

impl<S: Store, H: Host> merge::Shelf for Shelf<'_, S, H> {
    type File = DataFile;

    async fn read(&self, file: &DataFile) -> Result<Vec<u8>> {
        match &file.bytes {
            Some(bytes) => Ok(bytes.clone()),
            None => Reader::new(self.store, self.paths).file(&file.entry).await,
        }
    }

    async fn keep(&self, table: &str, bytes: Vec<u8>, end: FileEnd) -> Result<DataFile> {
        let mut file = DataFile::new(table, self.load_id, bytes, end);
        if self.puts {
            file.put(self.store, self.paths).await?;
        }
        Ok(file)
    }
}

/// Merges what was fetched to be merged with the tables of `base`. A resource that cannot be has failed.
pub async fn merge_all<S: Store, H: Host>(shelf: &Shelf<'_, S, H>, base: Option<&Manifest>, fetched: &mut [Fetched]) {
    for one in fetched {
        let Some(order) = one.merge.clone() else { continue };
        let Ok(arrived) = &mut one.result else { continue };
        arrived.merged = None;
        if brings_nothing_new(&order, base, &one.resource, &one.key, arrived) {
            continue;
        }
        let old = tables(base, &one.resource).map(|table| {
            let files = table.files.iter().filter(|file| file.rows > 0);
            let files = files.map(|file| DataFile { entry: file.clone(), bytes: None });
            (table.schema.name.clone(), files.collect())
        });
        let old: TableFiles = old.collect();
        match merge::merge(&order, &arrived.loaded, shelf.load_id, &old, &arrived.files, shelf).await {
            Ok((files, warnings)) => arrived.merged = Some(Merged { files, warnings }),
            Err(error) => one.result = Err(Failure::from(&error.at(&one.resource))),
        }
    }
}

fn tables<'m>(base: Option<&'m Manifest>, resource: &'m str) -> impl Iterator<Item = &'m Table> {
    base.into_iter().flat_map(move |base| base.of(resource))
}

/// Whether the tables are after the load what they are: it has no rows, or those of the load before.
fn brings_nothing_new(
    order: &Order,
    base: Option<&Manifest>,
    resource: &str,
    key: &[String],
    arrived: &Arrived,
) -> bool {
    let loaded = &arrived.loaded;
    if loaded.tables.iter().all(|table| table.rows == 0) {
        return true;
    }
    // Which of several rows of one key is kept depends on their order, of which a digest knows nothing.
    let said = base.iter().flat_map(|base| &base.warnings);
    let ambiguous = |name: &str| said.clone().any(|one| one.code == "duplicate_key" && one.table == name);
    // Without anything that tells them, rows are added again.
    let root = loaded.schema.root();
    let told = order.merge.strategy == Strategy::Scd2
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
    let ambiguous = root.is_some_and(|root| ambiguous(&root.name));
    told && !ambiguous && loaded.schema.tables.iter().all(same)
}
