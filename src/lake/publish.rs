//! One step: the pointer goes from the snapshot before to ours, or stays.
//!
//! Files and manifests are write-once and named by their content, so whatever a run that died or lost leaves behind is
//! never seen. Only the compare-and-swap of `current.json` changes what readers see; a run that loses it plans again on the
//! winner's snapshot, and gives way if that one is of the same or a later scheduled time.

use super::files::DataFile;
use super::manifest::{FORMAT, MAX_ANCESTORS, Manifest, Pointer, Table, encode};
use super::paths::{self, Paths};
use super::plan::{Fetched, Planned, plan};
use super::reader::{Current, Reader};
use super::record::{Failure, Outcome};
use super::store::{Retrying, pause};
use super::system::{self, Cell};
use crate::access;
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Host, Put, Store};
use std::collections::{BTreeMap, BTreeSet};

/// Who publishes, where.
#[derive(Clone, Copy)]
pub struct Publisher<'a, S, H> {
    pub store: &'a Retrying<'a, S, H>,
    pub host: &'a H,
    pub paths: &'a Paths,
    /// Unique to this run.
    pub run: &'a str,
    pub load_id: &'a str,
    pub scheduled_time: i64,
    /// Whether the snapshot has the table `access_review`.
    pub access_review: bool,
}

/// What came of it.
pub struct Published {
    pub outcome: Outcome,
    /// The snapshot that ours was laid over.
    pub before: Option<Manifest>,
    /// The snapshot that readers see now.
    pub after: Option<Manifest>,
    /// By resource: why it keeps the tables that it had.
    pub failures: BTreeMap<String, Failure>,
}

impl Published {
    /// Readers see what they saw.
    pub fn nothing(outcome: Outcome, current: Option<Current>) -> Published {
        let after = current.map(|current| current.manifest);
        Published { outcome, before: after.clone(), after, failures: BTreeMap::new() }
    }
}

/// Snapshots that others may publish while we try to.
const MAX_RACES: u32 = 8;

/// A snapshot whose files and manifest are in the store, waiting for the pointer.
struct Draft {
    pointer: Pointer,
    manifest: Manifest,
}

impl<S: Store, H: Host> Publisher<'_, S, H> {
    /// `AlreadyPublished` or `Superseded` if a run of this scheduled time comes too late, be it after another one or after a
    /// collection that has given up waiting for it.
    pub fn too_late(&self, current: Option<&Current>) -> Option<Outcome> {
        let current = current.filter(|current| current.pointer.closed_until() >= self.scheduled_time)?;
        let published = current.published().any(|one| one.snapshot == self.load_id);
        Some(if published { Outcome::AlreadyPublished } else { Outcome::Superseded })
    }

    /// Publishes what was fetched over `base`, which is what [`Reader::current`] said when the run began.
    ///
    /// # Errors
    /// The store's, when it goes on failing; `key_taken` and `too_many_races` if somebody else writes here. Readers see the
    /// snapshot before, then.
    pub async fn publish(&self, mut base: Option<Current>, mut fetched: Vec<Fetched>) -> Result<Published> {
        // One time for all attempts, so that the lake's own tables get the same file in each.
        let now = self.host.now();
        let asked = fetched.len();
        for race in 1..=MAX_RACES {
            if let Some(outcome) = self.too_late(base.as_ref()) {
                return Ok(Published::nothing(outcome, base));
            }
            let before = base.as_ref().map(|base| &base.manifest);
            // What a lost race reviewed were other tables.
            fetched.truncate(asked);
            let mut planned = plan(before, &fetched, self.load_id)?;
            let nothing_came = planned.failures.len() == asked;
            if !self.access_review {
                planned.without(access::TABLE);
            } else if !nothing_came && let Some(review) = self.review(before, &planned, &fetched).await {
                fetched.push(review);
                planned = plan(before, &fetched, self.load_id)?;
            }
            let failures = planned.failures.clone();
            let outcome = match (failures.len(), planned.changed) {
                (0, true) => Outcome::Published,
                (0, false) => Outcome::Unchanged,
                _ if nothing_came => Outcome::Failed,
                _ => Outcome::Partial,
            };
            if outcome == Outcome::Failed || !planned.changed {
                let before = base.map(|base| base.manifest);
                return Ok(Published { outcome, after: before.clone(), before, failures });
            }
            let draft = self.draft(base.as_ref(), planned, &mut fetched, now).await?;
            match self.swap(&draft, base.as_ref(), race).await? {
                Swap::Won => {
                    let before = base.map(|base| base.manifest);
                    return Ok(Published { outcome, before, after: Some(draft.manifest), failures });
                }
                Swap::Lost(winner) => base = winner.map(|winner| *winner),
            }
        }
        Err(Error::new(Kind::Conflict, "too_many_races", "others went on publishing while this run tried to")
            .at(self.paths.pointer())
            .help("Let one Worker alone write to a dataset"))
    }

    /// Puts everything that a snapshot needs, its manifest last.
    async fn draft(
        &self,
        base: Option<&Current>,
        planned: Planned,
        fetched: &mut [Fetched],
        now: i64,
    ) -> Result<Draft> {
        let Planned { mut tables, warnings, empty_files: mut own_files, .. } = planned;
        let before = base.map(|base| &base.manifest);
        let dataset = self.paths.dataset();
        let of_lake =
            |name| before.and_then(|before| before.table(name)).cloned().unwrap_or_else(|| system::new_table(name));
        let (mut loads, mut versions) = (of_lake(system::LOADS), of_lake(system::VERSION));
        let all = tables.iter().chain([&loads, &versions]);
        let (schema, document) = system::schema_document(dataset, all, before.map(|before| &before.schema))?;
        let row = system::loads_row(self.load_id, dataset, &schema.hash, now);
        own_files.push(self.add_row(&mut loads, row, now).await?);
        if before.is_none_or(|before| before.schema != schema) {
            let row = system::version_row(dataset, &schema, &document, now);
            own_files.push(self.add_row(&mut versions, row, now).await?);
        }
        tables.extend([loads, versions]);

        let named: BTreeSet<&str> =
            tables.iter().flat_map(|table| &table.files).map(|file| file.path.as_str()).collect();
        let arrived = fetched.iter_mut().filter_map(|one| one.result.as_mut().ok());
        let files = arrived.flat_map(|arrived| arrived.files.values_mut().flatten()).chain(&mut own_files);
        for file in files.filter(|file| named.contains(file.entry.path.as_str())) {
            file.put(self.store, self.paths).await?;
        }

        let ancestors = base.map(|base| base.published().take(MAX_ANCESTORS).collect()).unwrap_or_default();
        let manifest = Manifest {
            format: FORMAT,
            dataset: dataset.into(),
            snapshot: self.load_id.into(),
            run: self.run.into(),
            scheduled_time: self.scheduled_time,
            created_at: now,
            schema,
            tables,
            warnings,
            ancestors,
        };
        let bytes = encode(&manifest)?;
        let sha256 = paths::sha256(&bytes);
        let path = paths::snapshot(self.load_id, &sha256);
        self.store.put_once(&self.paths.key(&path), &bytes, &sha256).await?;
        let pointer = Pointer {
            format: FORMAT,
            snapshot: self.load_id.into(),
            manifest: path,
            sha256,
            scheduled_time: self.scheduled_time,
            run: self.run.into(),
            oldest: base.and_then(|base| base.pointer.oldest.clone()),
            fence: base.and_then(|base| base.pointer.fence),
        };
        Ok(Draft { pointer, manifest })
    }

    /// Adds a row to one of the lake's own tables, and gives the file to be put.
    async fn add_row(&self, table: &mut Table, row: Vec<Cell>, now: i64) -> Result<DataFile> {
        let before = match system::open_file(table).cloned() {
            Some(file) => {
                table.files.pop();
                Some(self.reader().file(&file).await?)
            }
            None => None,
        };
        let (bytes, end) = system::with_row(&table.schema, before.as_deref(), row)?;
        let file = DataFile::new(&table.schema.name, self.load_id, bytes, end);
        table.files.push(file.entry.clone());
        table.load_id = self.load_id.into();
        table.rows += 1;
        table.bytes = table.files.iter().map(|file| file.bytes).sum();
        table.freshness.fetched_at = now;
        Ok(file)
    }

    async fn swap(&self, draft: &Draft, base: Option<&Current>, race: u32) -> Result<Swap> {
        let cond = base.map_or(Cond::Create, |base| Cond::Match(base.etag.clone()));
        let put = self.store.put(&self.paths.pointer(), &encode(&draft.pointer)?, cond, &[]).await;
        if let Ok(Put::Done(_)) = put {
            return Ok(Swap::Won);
        }
        pause(self.host, race).await;
        let current = self.reader().current().await;
        // It may have been ours all the same: its answer lost, and another snapshot published on top since.
        if let Ok(Some(current)) = &current
            && current.published().any(|one| one.manifest == draft.pointer.manifest)
        {
            return Ok(Swap::Won);
        }
        put?;
        Ok(Swap::Lost(current?.map(Box::new)))
    }

    pub(super) fn reader(&self) -> Reader<'_, Retrying<'_, S, H>> {
        Reader::new(self.store, self.paths)
    }
}

enum Swap {
    Won,
    /// What another run made of the lake meanwhile.
    Lost(Option<Box<Current>>),
}
