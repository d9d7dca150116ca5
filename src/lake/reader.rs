//! The readers' side: what the HTTP API, the page and the next run ask of a lake.

use super::manifest::{Ancestor, File, Freshness, MAX_ANCESTORS, Manifest, Pointer, Stale, Table, decode};
use super::moment::Moment;
use super::paths::{self, Paths};
use super::record::{Outcome, RunRecord};
use super::{review, system};
use crate::access;
use crate::error::{Error, Kind, Result};
use crate::host::{Etag, Store};
use std::collections::BTreeMap;

/// Reads one dataset. Everything it hands out was compared with its checksum first.
pub struct Reader<'a, S> {
    store: &'a S,
    paths: &'a Paths,
}

/// The pointer, the version it was read at, and what it points to.
#[derive(Clone, Debug)]
pub struct Current {
    pub etag: Etag,
    pub pointer: Pointer,
    pub manifest: Manifest,
}

impl Current {
    /// Itself and the published snapshots that it names and that are kept, newest first.
    pub fn published(&self) -> impl Iterator<Item = Ancestor> {
        let itself = self.manifest.summary(&self.pointer.manifest, &self.pointer.sha256);
        let kept = self.manifest.ancestors.iter().filter(|one| self.pointer.keeps(&one.snapshot));
        std::iter::once(itself).chain(kept.cloned())
    }
}

/// Some run records, newest first.
pub struct RunPage {
    pub runs: Vec<RunRecord>,
    /// Give it to the next call to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// A resource's state is gathered from at most so many runs.
const MAX_RUNS: usize = 50;

impl<'a, S: Store> Reader<'a, S> {
    pub fn new(store: &'a S, paths: &'a Paths) -> Self {
        Reader { store, paths }
    }

    /// What readers see now; `None` if nothing was ever published. Two reads.
    pub async fn current(&self) -> Result<Option<Current>> {
        let key = self.paths.pointer();
        let Some(object) = self.store.get(&key).await? else { return Ok(None) };
        let pointer: Pointer = decode(&key, &object.bytes)?;
        match self.manifest(&pointer.manifest, &pointer.sha256).await? {
            Some(manifest) => Ok(Some(Current { etag: object.head.etag, pointer, manifest })),
            None => Err(Error::new(Kind::Data, "missing_object", "the current snapshot's manifest is gone")
                .at(self.paths.key(&pointer.manifest))
                .help("Restore the object, or remove current.json to begin anew with the next run")),
        }
    }

    /// The published snapshot that is meant; `None` if there is none. One or two reads more than [`Reader::current`], and one
    /// for every hundred snapshots in between.
    ///
    /// # Errors
    /// `snapshot_gone` if it would be older than those that are kept.
    pub async fn find(&self, moment: &Moment) -> Result<Option<Manifest>> {
        let Some(current) = self.current().await? else { return Ok(None) };
        if let Moment::Id(id) = moment
            && !current.pointer.keeps(id)
        {
            return Err(gone(&current.pointer));
        }
        let (mut found, mut number) = (None, 0);
        self.walk(&current, |one| {
            let (meant, older) = match moment {
                Moment::Current => (true, true),
                Moment::Previous => (number == 1, number == 1),
                Moment::Id(id) => (one.snapshot == *id, one.snapshot.as_str() <= id.as_str()),
                Moment::At(time) => (one.created_at <= *time, one.created_at <= *time),
            };
            number += 1;
            found = meant.then_some(one);
            !older
        })
        .await?;
        match found {
            Some(one) if one.manifest == current.pointer.manifest => Ok(Some(current.manifest)),
            Some(one) => self.of(&one).await.map(Some),
            // There may have been one once.
            None if current.pointer.oldest.is_some() && !matches!(moment, Moment::Id(_)) => Err(gone(&current.pointer)),
            None => Ok(None),
        }
    }

    /// The manifest of a published snapshot.
    pub async fn of(&self, snapshot: &Ancestor) -> Result<Manifest> {
        self.manifest(&snapshot.manifest, &snapshot.sha256).await?.ok_or_else(|| {
            Error::new(Kind::Data, "missing_object", "the manifest of a snapshot is gone")
                .at(self.paths.key(&snapshot.manifest))
                .help("Restore the object; if a collection has just removed it, the snapshot is no longer listed")
        })
    }

    /// Published snapshots that are kept, newest first: at most `limit`, of those only that `wanted` takes.
    /// Manifests that no pointer ever named do not count.
    pub async fn snapshots(&self, wanted: impl Fn(&Ancestor) -> bool, limit: usize) -> Result<Vec<Ancestor>> {
        let mut found = Vec::new();
        let Some(current) = self.current().await? else { return Ok(found) };
        self.walk(&current, |one| {
            if found.len() < limit && wanted(&one) {
                found.push(one);
            }
            found.len() < limit
        })
        .await?;
        Ok(found)
    }

    /// All published snapshots that are kept, newest first.
    pub async fn history(&self, current: &Current) -> Result<Vec<Ancestor>> {
        let mut all = Vec::new();
        self.walk(current, |one| {
            all.push(one);
            true
        })
        .await?;
        Ok(all)
    }

    /// Shows `visit` the published snapshots that are kept, newest first, until it has seen enough.
    async fn walk(&self, current: &Current, mut visit: impl FnMut(Ancestor) -> bool) -> Result<()> {
        let mut chain: Vec<Ancestor> = current.published().collect();
        loop {
            let oldest = chain.get(MAX_ANCESTORS - 1..).and_then(|full| full.last()).cloned();
            if !chain.drain(..).all(&mut visit) {
                return Ok(());
            }
            let Some(oldest) = oldest else { return Ok(()) };
            chain = self.of(&oldest).await?.ancestors;
            chain.retain(|one| current.pointer.keeps(&one.snapshot));
        }
    }

    /// A data file's bytes.
    pub async fn file(&self, file: &File) -> Result<Vec<u8>> {
        match self.verified(&file.path, &file.sha256).await? {
            Some(bytes) => Ok(bytes),
            None => Err(Error::new(Kind::Data, "missing_object", "a data file of this snapshot is gone")
                .at(self.paths.key(&file.path))
                .help("Restore the object; only files that no kept snapshot names may be removed")),
        }
    }

    /// At most `limit` rows of a table, from row `offset` on: JSON objects with all of the table's columns in their order.
    /// Reads only the files that hold them.
    pub async fn rows(&self, table: &Table, offset: u64, limit: usize) -> Result<Vec<String>> {
        let (mut skip, mut rows) = (offset, Vec::new());
        for file in &table.files {
            if rows.len() >= limit {
                break;
            }
            if skip >= file.rows {
                skip -= file.rows;
                continue;
            }
            let bytes = self.file(file).await?;
            let more = system::rows(&table.schema, file, &bytes, skip, limit - rows.len());
            rows.extend(more.map_err(|error| error.at(self.paths.key(&file.path)))?);
            skip = 0;
        }
        Ok(rows)
    }

    /// The record of one run.
    pub async fn run(&self, id: &str) -> Result<Option<RunRecord>> {
        match self.paths.run(id) {
            Some(key) => self.record(&key).await,
            None => Ok(None),
        }
    }

    /// Some run records, newest first: one listing, then one read for each of at most `limit` (1 to 1000).
    pub async fn runs(&self, cursor: Option<&str>, limit: usize) -> Result<RunPage> {
        let (keys, cursor) = self.run_keys(cursor, limit.clamp(1, 1000)).await?;
        let mut runs = Vec::new();
        for key in keys {
            runs.extend(self.record(&key).await?);
        }
        Ok(RunPage { runs, cursor })
    }

    /// How fresh every resource of a snapshot is, runs that published nothing included: one that found everything as before
    /// confirms, one that failed makes stale since its end. Reads run records back to the one that confirmed last.
    pub async fn freshness(&self, current: &Current) -> Result<BTreeMap<String, Freshness>> {
        let mut known: BTreeMap<String, Freshness> = BTreeMap::new();
        for table in &current.manifest.tables {
            if let Some(resource) = &table.resource {
                known.insert(resource.clone(), table.freshness.clone());
            }
        }
        let mut open: BTreeMap<String, Option<Stale>> = known.keys().map(|resource| (resource.clone(), None)).collect();
        let published = self.paths.runs_after(current.pointer.scheduled_time);
        let (keys, _) = self.run_keys(None, MAX_RUNS).await?;
        for key in keys.iter().take_while(|key| **key < published) {
            if open.is_empty() {
                break;
            }
            let Some(run) = self.record(key).await? else { continue };
            for report in &run.resources {
                let Some(stale) = open.get_mut(&report.name) else { continue };
                match report.error.as_ref().or(run.error.as_ref()) {
                    Some(failure) => {
                        stale.get_or_insert_with(|| failure.since(run.finished_at, None)).since = run.finished_at;
                    }
                    None if matches!(run.outcome, Outcome::Unchanged | Outcome::Partial) => {
                        let stale = stale.take();
                        known.insert(report.name.clone(), Freshness { fetched_at: run.finished_at, stale });
                        open.remove(&report.name);
                    }
                    None => {}
                }
            }
        }
        // Those that no run confirmed were stale before already, or are since the oldest of these runs.
        for (resource, stale) in open {
            if let (Some(freshness), Some(stale)) = (known.get_mut(&resource), stale) {
                let since = freshness.stale.as_ref().map_or(stale.since, |before| before.since);
                freshness.stale = Some(Stale { since, ..stale });
            }
        }
        if let Some(own) = known.get(access::TABLE) {
            let all = known.iter().map(|(resource, freshness)| (resource.as_str(), freshness));
            known.insert(access::TABLE.into(), review::freshness(own, all));
        }
        Ok(known)
    }

    /// Keys of run records, newest first, and where to go on.
    async fn run_keys(&self, cursor: Option<&str>, limit: usize) -> Result<(Vec<String>, Option<String>)> {
        let (mut keys, mut cursor) = (Vec::new(), cursor.map(str::to_owned));
        loop {
            let listing = self.store.list(&self.paths.runs(), cursor.as_deref(), limit - keys.len()).await?;
            keys.extend(listing.heads.into_iter().map(|head| head.key));
            cursor = listing.cursor;
            if cursor.is_none() || keys.len() >= limit {
                return Ok((keys, cursor));
            }
        }
    }

    async fn record(&self, key: &str) -> Result<Option<RunRecord>> {
        let object = self.store.get(key).await?;
        object.map(|object| decode(key, &object.bytes)).transpose()
    }

    pub(super) async fn manifest(&self, path: &str, sha256: &str) -> Result<Option<Manifest>> {
        match self.verified(path, sha256).await? {
            Some(bytes) => Ok(Some(decode(&self.paths.key(path), &bytes)?)),
            None => Ok(None),
        }
    }

    async fn verified(&self, path: &str, sha256: &str) -> Result<Option<Vec<u8>>> {
        let key = self.paths.key(path);
        let Some(object) = self.store.get(&key).await? else { return Ok(None) };
        if paths::sha256(&object.bytes) == sha256 {
            return Ok(Some(object.bytes));
        }
        Err(Error::new(Kind::Data, "checksum_mismatch", "the object is not what was written")
            .at(key)
            .help("Restore it from a copy; objects under data/ and snapshots/ must never be changed"))
    }
}

fn gone(pointer: &Pointer) -> Error {
    let oldest = pointer.oldest.as_deref().unwrap_or_default();
    Error::new(Kind::Data, "snapshot_gone", format!("snapshots before {oldest} are no longer kept"))
        .help("`keep_snapshots` and `keep_days` of [lake] say how many are")
}
