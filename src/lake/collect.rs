//! Removes what is no longer wanted: snapshots that retention lets go, and what runs left behind that died, lost or brought
//! nothing new. It stands outside the publishing path, and needs three facts of it:
//!
//! 1. **The pointer never goes back.** A run publishes only if it is scheduled for a later time than [`Pointer::closed_until`]. So
//!    what a load of an earlier time left behind, and no snapshot names, none ever will.
//! 2. **A snapshot is laid over the one before.** Each of its files was named there or was made by its own load. So of the files
//!    made up to the oldest kept snapshot, those that any kept one names are named by the oldest.
//! 3. **Names tell the load** that made an object, and no object gets another content.
//!
//! First the pointer is told, by compare-and-swap: from which snapshot on all are kept, and, where loads of later times than its
//! own left something behind long ago, that these may publish no more (a *fence*). Then objects are removed. Whoever reads the
//! pointer never sees a snapshot whose files may be missing, however often a collection dies in between. Clocks decide what
//! is old enough to go, never what may go.

use super::derived::Derived;
use super::manifest::{Ancestor, FORMAT, Pointer, decode, encode};
use super::paths::{self, Kept, Paths};
use super::reader::{Current, Reader};
use super::record::Failure;
use super::store::{Counting, Operations, Retrying};
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Head, Host, Put, Store};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which snapshots stay: those that either rule keeps, and the current one always.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// So many of the newest.
    pub snapshots: u64,
    /// All that readers saw in the last so many milliseconds.
    pub age_ms: i64,
}

/// One collection.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub retention: Retention,
    /// What a load left behind whose scheduled time is no longer ago than this, in milliseconds, stays: it may be under way.
    pub safety_ms: i64,
    /// Says what it would do, and does nothing.
    pub dry: bool,
    /// When it ends at the latest, done or not: milliseconds since the Unix epoch.
    pub deadline: i64,
}

/// The time after which a load that has not published is given up: far longer than any run lasts.
pub const SAFETY_MS: i64 = 24 * 3_600_000;
/// How long one collection suffices.
pub const INTERVAL_MS: i64 = 24 * 3_600_000;
/// Objects that one collection removes at most: their keys are held in memory.
const MOST: usize = 20_000;
/// Objects removed in one call, and heads in one page of a listing.
const PAGE: usize = 1000;

/// What a collection did, or would do: `collected.json`. Times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    pub format: u32,
    pub dataset: String,
    pub started_at: i64,
    pub finished_at: i64,
    /// It only looked.
    pub dry: bool,
    /// The oldest snapshot that is kept, and how many are.
    pub oldest: Option<String>,
    pub kept: u64,
    /// Snapshots that are kept no longer.
    pub snapshots: u64,
    /// Objects removed, and their bytes together.
    pub manifests: u64,
    pub files: u64,
    pub runs: u64,
    pub bytes: u64,
    /// Objects that no snapshot names, whose load may still be under way.
    pub waiting: u64,
    /// Whether all was removed that could be; if not, the next collection goes on.
    pub complete: bool,
    /// What ended it early.
    pub error: Option<Failure>,
    pub operations: Operations,
}

/// Collects, and leaves its report in the lake. It has no error but the one in its report.
pub async fn collect<S: Store, H: Host>(store: &S, host: &H, paths: &Paths, terms: &Terms) -> Collection {
    let counting = Counting::new(store);
    let retrying = Retrying::new(&counting, host, &format!("collection-{:016x}", host.random()));
    let mut report = Collection {
        format: FORMAT,
        dataset: paths.dataset().into(),
        started_at: host.now(),
        dry: terms.dry,
        ..Collection::default()
    };
    let collector = Collector { store: &retrying, host, paths, terms, report: &mut report };
    if let Err(error) = collector.go().await {
        report.error = Some(Failure::from(&error));
    }
    report.finished_at = host.now();
    report.operations = counting.operations();
    if !terms.dry {
        let put = match encode(&report) {
            Ok(bytes) => retrying.put(&paths.collected(), &bytes, Cond::Always, &[]).await,
            Err(error) => Err(error),
        };
        if let Err(error) = put {
            host.log(&format!("{}: the collection's report could not be written: {error}", paths.collected()));
        }
    }
    host.log(&report.headline());
    report
}

impl Collection {
    fn count(&mut self, paths: &Paths, object: &Head) {
        match paths.kind(&object.key) {
            Some(Kept::Manifest { .. }) => self.manifests += 1,
            Some(Kept::Run { .. }) => self.runs += 1,
            Some(Kept::Data { .. }) | None => self.files += 1,
        }
        self.bytes += object.size;
    }

    /// One line.
    pub fn headline(&self) -> String {
        let Collection { dataset, kept, snapshots, manifests, files, runs, bytes, waiting, .. } = self;
        let verb = if self.dry { "would remove" } else { "removed" };
        let rest = match &self.error {
            Some(error) => format!(": {} [{}]", error.message, error.code),
            None if self.complete => String::new(),
            None => "; there is more".into(),
        };
        format!(
            "{dataset}: collection keeps {kept} snapshots, lets go of {snapshots}, {verb} {manifests} manifests, {files} files, \
             {runs} run records, {bytes} bytes, leaves {waiting} objects for later{rest}"
        )
    }
}

struct Collector<'a, S, H> {
    store: &'a Retrying<'a, S, H>,
    host: &'a H,
    paths: &'a Paths,
    terms: &'a Terms,
    report: &'a mut Collection,
}

impl<S: Store, H: Host> Collector<'_, S, H> {
    async fn go(self) -> Result<()> {
        let reader = Reader::new(self.store, self.paths);
        // Before the first snapshot nothing says what belongs to it.
        let Some(current) = reader.current().await? else {
            self.report.complete = true;
            return Ok(());
        };
        let (now, retention) = (self.host.now(), self.terms.retention);
        let history = reader.history(&current).await?;
        let kept = history.get(..retained(&history, retention, now)).unwrap_or_default();
        let Some(oldest) = kept.last() else { return Ok(()) };
        let sweep = Sweep {
            oldest: &oldest.snapshot,
            loads: kept.iter().map(|one| one.snapshot.as_str()).collect(),
            manifests: kept.iter().map(|one| one.manifest.as_str()).collect(),
            files: referred(self.store, self.paths, oldest).await?,
            closed_until: current.pointer.closed_until(),
            given_up: now - self.terms.safety_ms,
            forgotten: now - retention.age_ms,
        };
        let found = self.find(&sweep).await?;
        let gone = history.len() - kept.len();
        if !self.terms.dry {
            self.tell(&current, (gone > 0).then_some(oldest), found.fence).await?;
        }
        self.report.oldest = Some(oldest.snapshot.clone());
        self.report.kept = kept.len() as u64;
        self.report.snapshots = gone as u64;
        self.report.waiting = found.waiting;
        for some in found.objects.chunks(PAGE) {
            if !self.terms.dry {
                self.in_time()?;
                let keys: Vec<String> = some.iter().map(|object| object.key.clone()).collect();
                self.store.delete(&keys).await?;
            }
            some.iter().for_each(|object| self.report.count(self.paths, object));
        }
        self.report.complete = found.all;
        Ok(())
    }

    /// Lists what may go.
    async fn find(&self, sweep: &Sweep<'_>) -> Result<Found> {
        let mut found = Found::default();
        for prefix in [self.paths.snapshots(), self.paths.data(), self.paths.runs()] {
            let mut cursor = None;
            loop {
                if self.host.now() >= self.terms.deadline || found.objects.len() >= MOST {
                    return Ok(found);
                }
                let page = self.store.list(&prefix, cursor.as_deref(), PAGE).await?;
                for head in page.heads {
                    let Some(kind) = self.paths.kind(&head.key) else { continue };
                    match sweep.judge(kind) {
                        Verdict::Stays => continue,
                        Verdict::Waits => {
                            found.waiting += 1;
                            continue;
                        }
                        Verdict::Goes => {}
                        Verdict::GoesBehind(time) => found.fence = found.fence.max(Some(time)),
                    }
                    found.objects.push(head);
                }
                cursor = page.cursor;
                if cursor.is_none() {
                    break;
                }
            }
        }
        found.all = true;
        Ok(found)
    }

    /// Has the pointer say what will be gone, if it does not yet. `oldest`: the snapshot from which on all are kept, if those before
    /// it go now.
    async fn tell(&self, current: &Current, oldest: Option<&Ancestor>, fence: Option<i64>) -> Result<()> {
        let before = &current.pointer;
        let pointer = Pointer {
            oldest: oldest.map(|oldest| oldest.snapshot.clone()).or_else(|| before.oldest.clone()),
            fence: before.fence.max(fence),
            ..before.clone()
        };
        if pointer == *before {
            return Ok(());
        }
        let unmoved = Cond::Match(current.etag.clone());
        match self.store.put(&self.paths.pointer(), &encode(&pointer)?, unmoved, &[]).await? {
            Put::Done(_) => Ok(()),
            Put::Lost => {
                Err(Error::new(Kind::Conflict, "collection_overtaken", "a run published while this collected")
                    .at(self.paths.pointer())
                    .help("Nothing was removed; the next collection starts from what is there now"))
            }
        }
    }

    fn in_time(&self) -> Result<()> {
        if self.host.now() < self.terms.deadline {
            return Ok(());
        }
        Err(Error::new(Kind::Limit, "collection_deadline", "the collection's time is up")
            .help("The next collection removes the rest"))
    }
}

/// How many of the history, newest first, are kept.
fn retained(history: &[Ancestor], retention: Retention, now: i64) -> usize {
    let mut kept = 0;
    let mut next: Option<&Ancestor> = None;
    for one in history {
        // Readers saw it until the one after it came. Of two clocks that disagree, the one that keeps it longer is believed.
        let seen_until = next.map_or(i64::MAX, |next| next.created_at.max(one.created_at));
        if kept >= retention.snapshots.max(1) && seen_until <= now.saturating_sub(retention.age_ms) {
            break;
        }
        kept += 1;
        next = Some(one);
    }
    kept as usize
}

/// The data files, by their paths, that stay whatever load made them: of the snapshots, the oldest kept one names all that are in
/// question; of the Delta logs, the last versions. **Whoever else keeps names of data files adds them here.**
async fn referred<S: Store, H: Host>(
    store: &Retrying<'_, S, H>,
    paths: &Paths,
    oldest: &Ancestor,
) -> Result<BTreeSet<String>> {
    let manifest = Reader::new(store, paths).of(oldest).await?;
    let named = manifest.tables.iter().flat_map(|table| &table.files).map(|file| file.path.clone());
    let key = paths.derived();
    let derived = match store.get(&key).await? {
        Some(object) => Some(decode::<Derived>(&key, &object.bytes)?),
        None => None,
    };
    Ok(named.chain(derived.iter().flat_map(|derived| derived.delta.needs())).collect())
}

/// What stays and what goes.
struct Sweep<'a> {
    oldest: &'a str,
    /// Ids and manifests of the kept snapshots.
    loads: BTreeSet<&'a str>,
    manifests: BTreeSet<&'a str>,
    files: BTreeSet<String>,
    /// Loads scheduled until then may publish no more.
    closed_until: i64,
    /// Loads scheduled until then are not under way any more.
    given_up: i64,
    /// Runs scheduled until then are old.
    forgotten: i64,
}

enum Verdict {
    Stays,
    /// Nothing names it, but its load may be under way.
    Waits,
    Goes,
    /// It goes once loads of this time may publish no more.
    GoesBehind(i64),
}

impl Sweep<'_> {
    fn judge(&self, object: Kept<'_>) -> Verdict {
        let load_id = match object {
            Kept::Data { path, .. } if self.files.contains(path) => return Verdict::Stays,
            // Its own snapshot may name it. If none does, it goes when that snapshot does.
            Kept::Data { load_id, .. } if load_id > self.oldest && self.loads.contains(load_id) => {
                return Verdict::Stays;
            }
            Kept::Manifest { path, .. } if self.manifests.contains(path) => return Verdict::Stays,
            Kept::Data { load_id, .. } | Kept::Manifest { load_id, .. } => load_id,
            Kept::Run { load_id } => {
                let old = paths::scheduled_time(load_id).is_some_and(|time| time < self.forgotten);
                return if old && load_id < self.oldest { Verdict::Goes } else { Verdict::Stays };
            }
        };
        match paths::scheduled_time(load_id) {
            Some(time) if time <= self.closed_until => Verdict::Goes,
            Some(time) if time < self.given_up => Verdict::GoesBehind(time),
            _ => Verdict::Waits,
        }
    }
}

/// What may go, and what has to be said before.
#[derive(Default)]
struct Found {
    objects: Vec<Head>,
    fence: Option<i64>,
    waiting: u64,
    /// Everything was looked at.
    all: bool,
}

/// Whether there is need for a collection: the last one is long enough ago, or left something undone, or cannot be read.
pub async fn is_due<S: Store>(store: &S, paths: &Paths, now: i64) -> Result<bool> {
    let Some(last) = last(store, paths).await? else { return Ok(true) };
    let fresh = (now - INTERVAL_MS + 1..=now).contains(&last.finished_at);
    Ok(!(fresh && last.complete && last.error.is_none()))
}

/// The last collection's report.
pub async fn last<S: Store>(store: &S, paths: &Paths) -> Result<Option<Collection>> {
    let key = paths.collected();
    let Some(object) = store.get(&key).await? else { return Ok(None) };
    Ok(decode(&key, &object.bytes).ok())
}
