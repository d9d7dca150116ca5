//! The table `access_review` of a snapshot: made anew from the tables that the snapshot is going to have whenever one of them
//! is not what it was, whichever run brought it. Of the users' and keys' texts [`MAX_BYTES`] are in memory, and one file at a time.

use super::Disposition;
use super::files::{DataFile, Files};
use super::manifest::{File, Freshness, Manifest, Stale, Table};
use super::plan::{Arrived, Fetched, Planned, ShrinkGuard};
use super::publish::Publisher;
use super::record::Failure;
use crate::access::{self, Reading, Wanted, Writing};
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Store};
use crate::normalize::Options;
use crate::normalize::schema::Schema;
use crate::parquet;
use std::borrow::Cow;

/// What users, folders and keys may take in memory: a Worker has 128 MB, and needs some for the files.
const MAX_BYTES: usize = 32 << 20;
/// Bytes of the table's own files that wait in memory.
const HOLD_BYTES: usize = 4 << 20;
/// Rows that are written at a time.
const ROWS: usize = 10_000;

/// Why a review is stale whose own making did not fail.
fn stale_source(resource: &str, stale: &Stale) -> Stale {
    let error = Error::new(Kind::Upstream, "stale_source", format!("{resource}: {}", stale.message));
    Failure::from(&error).since(stale.since, None)
}

/// Whether making a review failed, rather than bringing what it is made from.
fn is_own(stale: &Stale) -> bool {
    stale.code != "stale_source"
}

/// The tables that the review is made from, and those that hang from them.
fn sources(tables: &[Table]) -> impl Iterator<Item = &Table> {
    let own = |resource: &str| access::RESOURCES.contains(&resource);
    tables.iter().filter(move |table| table.resource.as_deref().is_some_and(own))
}

/// Whether a table is the review.
pub(super) fn is_review(table: &Table) -> bool {
    table.resource.as_deref() == Some(access::TABLE)
}

/// Whether the review must be made: its table is not there, making it failed the last time, or what it is made from changed.
fn is_due(before: Option<&Manifest>, planned: &Planned) -> bool {
    let Some(before) = before else { return true };
    let failed = |table: &Table| table.freshness.stale.as_ref().is_some_and(is_own);
    // A column without values, which no file has, says all the same that the API gives such a thing.
    fn content(table: &Table) -> (&str, usize, &[File]) {
        (&table.schema.name, table.schema.columns.len(), &table.files)
    }
    let there = before.tables.iter().find(|table| is_review(table));
    there.is_none_or(failed) || !sources(&before.tables).map(content).eq(sources(&planned.tables).map(content))
}

/// A review is as fresh as the oldest of its sources, and stale when one of them is. `of`: what is known of the review itself;
/// `all`: of every resource.
pub(super) fn freshness<'f>(of: &Freshness, all: impl Iterator<Item = (&'f str, &'f Freshness)> + Clone) -> Freshness {
    let sources = all.filter(|(resource, _)| access::RESOURCES.contains(resource));
    let stale =
        sources.clone().find_map(|(resource, freshness)| Some(stale_source(resource, freshness.stale.as_ref()?)));
    Freshness {
        fetched_at: sources.map(|(_, freshness)| freshness.fetched_at).min().unwrap_or(of.fetched_at),
        // Where making it failed, that is the reason.
        stale: of.stale.clone().filter(is_own).or(stale),
    }
}

impl<S: Store, H: Host> Publisher<'_, S, H> {
    /// The review of a snapshot with these tables, as if it had been fetched; `None` where it stays as it is, or there are no
    /// users. When making it fails, the review that there was stays, stale.
    pub(super) async fn review(
        &self,
        before: Option<&Manifest>,
        planned: &Planned,
        fetched: &[Fetched],
    ) -> Option<Fetched> {
        if !sources(&planned.tables).any(|table| table.schema.name == access::USERS_TABLE) || !is_due(before, planned) {
            return None;
        }
        let started_from = before.map(|before| before.schema_of(access::TABLE)).unwrap_or_default();
        let result = self.make(&planned.tables, &held(planned, fetched), started_from.clone()).await;
        Some(Fetched {
            resource: access::TABLE.into(),
            disposition: Disposition::Replace,
            merge: None,
            output: (&Options::default()).into(),
            // Its sources were guarded.
            guard: ShrinkGuard { allow_shrink: true, ..ShrinkGuard::default() },
            key: Vec::new(),
            started_from,
            fetched_at: self.host.now(),
            result: result.map_err(|error| Failure::from(&error.at(access::TABLE))),
        })
    }

    async fn make(&self, tables: &[Table], held: &[&DataFile], schema: Schema) -> Result<Arrived> {
        let sources: Vec<&Table> = sources(tables).collect();
        let mut reading = Reading::new(sources.iter().map(|table| &table.schema), MAX_BYTES)?;
        let wanted: Vec<Wanted> = reading.wanted().cloned().collect();
        for (number, wanted) in wanted.iter().enumerate() {
            let table = sources.iter().find(|table| table.schema.name == wanted.table);
            for file in table.iter().flat_map(|table| &table.files) {
                let own = held.iter().find(|own| own.entry.path == file.path);
                let bytes = match own.and_then(|own| own.bytes.as_deref()) {
                    Some(bytes) => Cow::Borrowed(bytes),
                    None => Cow::Owned(self.reader().file(file).await?),
                };
                read(&mut reading, number, wanted, &bytes).map_err(|error| error.at(self.paths.key(&file.path)))?;
            }
        }
        let mut writing = Writing::new(reading.finish(), schema, self.load_id)?;
        let mut files = Files::new(self.store, self.paths, self.load_id, HOLD_BYTES);
        while writing.step(ROWS)? {
            files.add(writing.load().take_parts()).await?;
        }
        let loaded = writing.load().finish()?;
        files.add(writing.load().take_parts()).await?;
        Ok(Arrived { loaded, files: files.finish()?, merged: None })
    }
}

/// The files of this run, of which some are still in memory.
fn held<'a>(planned: &'a Planned, fetched: &'a [Fetched]) -> Vec<&'a DataFile> {
    let arrived = fetched.iter().filter_map(|one| one.result.as_ref().ok());
    arrived.flat_map(|arrived| arrived.files.values().flatten()).chain(&planned.empty_files).collect()
}

/// Hands over what is wanted of a file.
fn read(reading: &mut Reading, number: usize, wanted: &Wanted, bytes: &[u8]) -> Result<()> {
    let reader = parquet::Reader::open(bytes)?;
    let specs = reader.schema().iter().enumerate();
    let (columns, specs): (Vec<usize>, Vec<&parquet::ColumnSpec>) =
        specs.filter(|(_, spec)| wanted.columns.contains(&spec.name)).unzip();
    for group in 0..reader.row_groups().len() {
        let cells = reader.columns(group, &columns)?;
        let cells: Vec<_> = specs.iter().copied().zip(&cells).collect();
        reading.take(number, &cells)?;
    }
    Ok(())
}
