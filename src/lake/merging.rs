//! Loads that merge or append: what becomes of the files of the snapshot that they are laid over.

use super::files::{DataFile, TableFiles};
use super::manifest::{Disposition, Manifest, Table, materialized};
use super::paths::Paths;
use super::plan::{Arrived, Fetched};
use super::reader::Reader;
use super::record::Failure;
use super::store::Retrying;
use crate::error::Result;
use crate::host::{Host, Store};
use crate::merge::{self, Ended, Output, Span};
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Merge, Strategy, Warning, is_wider};

/// The tables of a resource after a load that does not replace them.
pub struct Merged {
    pub files: TableFiles,
    pub warnings: Vec<Warning>,
}

/// The files of a dataset.
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

    fn bytes(&self, file: &DataFile) -> u64 {
        file.entry.bytes
    }

    fn span<'f>(&self, file: &'f DataFile, column: usize) -> Option<Span<'f>> {
        let stats = file.entry.stats.as_ref()?;
        let nulls = *stats.nulls.get(column)? > 0;
        Some(Span { nulls, least: stats.min.get(column)?, greatest: stats.max.get(column)? })
    }
}

/// Lays what was fetched to be merged or appended over the tables of `base`. A resource that cannot be has failed.
pub async fn merge_all<S: Store, H: Host>(shelf: &Shelf<'_, S, H>, base: Option<&Manifest>, fetched: &mut [Fetched]) {
    for one in fetched.iter_mut().filter(|one| one.disposition != Disposition::Replace) {
        let Ok(arrived) = &mut one.result else { continue };
        arrived.merged = None;
        let loaded = &arrived.loaded;
        if loaded.tables.iter().all(|table| table.rows == 0) {
            continue;
        }
        let load = Ended { id: shelf.load_id, loaded, output: one.output };
        let laid = async {
            let old = old(base, &one.resource, load, shelf).await?;
            match &one.merge {
                Some(merge) => merge::merge(merge, load, &old, &arrived.files, shelf).await,
                None => Ok((merge::append(load, &old, &arrived.files, shelf).await?, Vec::new())),
            }
        };
        let same = |merge| brings_what_is_there(merge, base, &one.resource, &one.key, arrived);
        if one.merge.as_ref().is_some_and(same) {
            continue;
        }
        match laid.await {
            Ok((files, warnings)) => arrived.merged = Some(Merged { files, warnings }),
            Err(error) => one.result = Err(Failure::from(&error.at(&one.resource))),
        }
    }
}

/// The files that are there, with the columns of the load's schema.
async fn old<S: Store, H: Host>(
    base: Option<&Manifest>,
    resource: &str,
    load: Ended<'_>,
    shelf: &Shelf<'_, S, H>,
) -> Result<TableFiles> {
    let mut old = TableFiles::new();
    for table in tables(base, resource) {
        let files = table.files.iter().filter(|file| file.rows > 0);
        let files: Vec<DataFile> = files.map(|file| DataFile { entry: file.clone(), bytes: None }).collect();
        let name = &table.schema.name;
        let files = match load.loaded.schema.table(name) {
            Some(now) if is_wider(now, &table.schema) => merge::fit(load, now, &files, shelf).await?,
            _ => files,
        };
        old.insert(name.clone(), files);
    }
    Ok(old)
}

/// Has the files of a load that widened columns written as its schema has them by now.
///
/// # Errors
/// Those of the store.
pub async fn fit<S: Store, H: Host>(arrived: &mut Arrived, output: Output, shelf: &Shelf<'_, S, H>) -> Result<()> {
    let Arrived { loaded, files, .. } = arrived;
    if !loaded.widened {
        return Ok(());
    }
    let load = Ended { id: shelf.load_id, loaded, output };
    let widened = |table: &&TableSchema| table.columns.iter().any(|column| column.widened_by.is_some());
    for table in loaded.schema.tables.iter().filter(widened) {
        if let Some(files) = files.get_mut(&table.name) {
            *files = merge::fit(load, table, files, shelf).await?;
        }
    }
    Ok(())
}

fn tables<'m>(base: Option<&'m Manifest>, resource: &'m str) -> impl Iterator<Item = &'m Table> {
    base.into_iter().flat_map(move |base| base.of(resource))
}

/// Whether the tables are after the load what they are: it has the rows of the load before.
fn brings_what_is_there(
    merge: &Merge,
    base: Option<&Manifest>,
    resource: &str,
    key: &[String],
    arrived: &Arrived,
) -> bool {
    let loaded = &arrived.loaded;
    // Which of several rows of one key is kept depends on their order, of which a digest knows nothing.
    let said = base.iter().flat_map(|base| &base.warnings);
    let ambiguous = |name: &str| said.clone().any(|one| one.code == "duplicate_key" && one.table == name);
    // Without anything that tells them, rows are added again.
    let root = loaded.schema.root();
    let told = merge.strategy == Strategy::Scd2
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
