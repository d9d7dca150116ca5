//! What is derived from the snapshots for readers that know nothing of pointers: Delta logs and `latest/`.
//!
//! Both follow the pointer after it has moved. `derived.json` says how far they have come, so a run finds out with one read
//! whether the one before died on the way, and goes on from there. Nothing of this can fail a run.

use super::delta::{Logs, Progress};
use super::latest::{Copy, Latest};
use super::manifest::{Ancestor, FORMAT, Manifest, decode, encode};
use super::paths::Paths;
use super::reader::Reader;
use super::store::Retrying;
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Etag, Host, Put, Store};
use crate::normalize::Warning;
use serde::{Deserialize, Serialize};

/// Snapshots that each log gets a commit of its own for, when logs have fallen behind; those before are passed over.
const MAX_BEHIND: usize = 20;
/// Others that may save their progress while we try to.
const MAX_RACES: u32 = 8;

/// What to derive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Derive {
    /// A Delta log for every table.
    pub delta: bool,
    /// A copy of every table that is one file.
    pub latest: bool,
}

/// `derived.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Derived {
    pub format: u32,
    /// The latest snapshot that a run took them to.
    pub snapshot: String,
    #[serde(default)]
    pub delta: Progress,
    #[serde(default)]
    pub latest: Vec<Copy>,
}

/// Who derives, where.
pub struct Follower<'a, S, H> {
    pub store: &'a Retrying<'a, S, H>,
    pub paths: &'a Paths,
    pub derive: Derive,
}

impl<S: Store, H: Host> Follower<'_, S, H> {
    /// Takes everything to the snapshot `now`; `before` is one that may come in handy. What went wrong is a warning: readers
    /// of tables see what they saw, and the next run goes on.
    pub async fn follow(&self, now: &Manifest, before: Option<&Manifest>) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if self.derive == Derive::default() {
            return warnings;
        }
        if let Err(error) = self.try_follow(now, before, &mut warnings).await {
            let message = format!("Delta logs or `latest/` are behind the snapshot, and the next run goes on: {error}");
            warnings.push(Warning::new("derived_behind", "", "", message));
        }
        warnings
    }

    async fn try_follow(&self, now: &Manifest, before: Option<&Manifest>, warnings: &mut Vec<Warning>) -> Result<()> {
        let (known, derived) = self.read().await?.unzip();
        let mut derived = derived.unwrap_or_else(|| Derived {
            format: FORMAT,
            snapshot: String::new(),
            delta: Progress::default(),
            latest: Vec::new(),
        });
        if derived.snapshot > now.snapshot {
            return Ok(());
        }
        let before_bytes = encode(&derived)?;
        let followed = self.all(&mut derived, now, before, warnings).await;
        derived.snapshot.clone_from(&now.snapshot);
        let bytes = encode(&derived)?;
        if bytes != before_bytes {
            self.save(&bytes, &now.snapshot, known).await?;
        }
        followed
    }

    async fn all(
        &self,
        derived: &mut Derived,
        now: &Manifest,
        before: Option<&Manifest>,
        warnings: &mut Vec<Warning>,
    ) -> Result<()> {
        let Follower { store, paths, derive } = *self;
        if derive.delta && derived.delta.snapshot < now.snapshot {
            let logs = Logs { store, paths };
            let progress = &mut derived.delta;
            for missed in missed(progress, now) {
                let at_hand = before.filter(|before| before.snapshot == missed.snapshot);
                let read = match at_hand {
                    Some(_) => None,
                    None => Reader::new(store, paths).manifest(&missed.manifest, &missed.sha256).await?,
                };
                // One that is no longer kept is passed over.
                if let Some(manifest) = at_hand.or(read.as_ref()) {
                    progress.follow(&logs, manifest, warnings).await?;
                }
            }
            progress.follow(&logs, now, warnings).await?;
        }
        if derive.latest {
            Latest { store, paths }.follow(&mut derived.latest, now).await?;
        }
        Ok(())
    }

    async fn read(&self) -> Result<Option<(Etag, Derived)>> {
        let key = self.paths.derived();
        let Some(object) = self.store.get(&key).await? else { return Ok(None) };
        Ok(Some((object.head.etag, decode(&key, &object.bytes)?)))
    }

    /// What another run saved meanwhile stays if it is of this snapshot or a later one.
    async fn save(&self, bytes: &[u8], snapshot: &str, mut known: Option<Etag>) -> Result<()> {
        let key = self.paths.derived();
        for _ in 0..MAX_RACES {
            let cond = known.map_or(Cond::Create, Cond::Match);
            if let Put::Done(_) = self.store.put(&key, bytes, cond, &[]).await? {
                return Ok(());
            }
            let found = self.read().await?;
            if found.as_ref().is_some_and(|(_, found)| found.snapshot.as_str() >= snapshot) {
                return Ok(());
            }
            known = found.map(|(etag, _)| etag);
        }
        Err(Error::new(Kind::Conflict, "too_many_races", "others went on replacing the object")
            .at(key)
            .help("Let one Worker alone write to a dataset"))
    }
}

/// Snapshots that logs have not been taken to yet, oldest first, without `now` itself. Logs begin with the snapshot that is
/// there when they are switched on.
fn missed<'m>(progress: &Progress, now: &'m Manifest) -> Vec<&'m Ancestor> {
    let later = |one: &&Ancestor| !progress.snapshot.is_empty() && one.snapshot > progress.snapshot;
    let mut missed: Vec<&Ancestor> = now.ancestors.iter().take_while(later).take(MAX_BEHIND).collect();
    missed.reverse();
    missed
}
