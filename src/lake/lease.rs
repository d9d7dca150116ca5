//! Who is at work on a dataset, so that a second run does not ask the gateway for the same at the same time.
//!
//! A lease saves load and does nothing else: whether a run may publish is decided by the pointer alone. So a lease that is lost,
//! doubled or taken for dead too early does no harm, and whatever fails about it is logged and passed over. It ends when its
//! run says so, or at a time that is written in it: a run that died keeps others away no longer than it could have lasted.

use super::manifest::{FORMAT, decode, encode};
use super::paths::Paths;
use super::store::Retrying;
use crate::error::Result;
use crate::host::{Cond, Host, Put, Store};
use serde::{Deserialize, Serialize};

/// `lease.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub format: u32,
    /// The run that is at work.
    pub run: String,
    /// Milliseconds since the Unix epoch, by that run's clock.
    pub expires_at: i64,
}

/// A lease that would last longer than this from now on, in milliseconds, was written by a clock that is wrong: it counts for nothing.
pub const LONGEST_MS: i64 = 30 * 60_000;
/// Tries to take it while others come and go.
const TRIES: u32 = 3;

/// What came of asking for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    Mine(Lease),
    /// Somebody else is at work.
    Busy(Lease),
    /// The store did not play along: the run goes on without.
    Without,
}

impl Lease {
    pub fn new(run: &str, expires_at: i64) -> Lease {
        Lease { format: FORMAT, run: run.into(), expires_at }
    }

    fn is_live(&self, now: i64) -> bool {
        (now + 1..=now + LONGEST_MS).contains(&self.expires_at)
    }

    /// Takes it, if nobody has a live one. One call to the store where there is none, three where a dead one lies.
    pub async fn take<S: Store, H: Host>(self, store: &Retrying<'_, S, H>, host: &H, paths: &Paths) -> Asked {
        match self.try_take(store, host, paths).await {
            Ok(asked) => asked,
            Err(error) => {
                host.log(&format!("{}: the run goes on without a lease: {error}", paths.dataset()));
                Asked::Without
            }
        }
    }

    async fn try_take<S: Store, H: Host>(self, store: &Retrying<'_, S, H>, host: &H, paths: &Paths) -> Result<Asked> {
        let (key, bytes) = (paths.lease(), encode(&self)?);
        let mut cond = Cond::Create;
        for _ in 0..TRIES {
            if let Put::Done(_) = store.put(&key, &bytes, cond, &[]).await? {
                return Ok(Asked::Mine(self));
            }
            cond = match store.get(&key).await? {
                None => Cond::Create,
                Some(object) => match decode::<Lease>(&key, &object.bytes) {
                    Ok(other) if other.run == self.run => return Ok(Asked::Mine(other)),
                    Ok(other) if other.is_live(host.now()) => return Ok(Asked::Busy(other)),
                    // It has ended, or is no lease at all.
                    _ => Cond::Match(object.head.etag),
                },
            };
        }
        Ok(Asked::Without)
    }

    /// Ends it, unless it has ended by itself and may be another's by now.
    pub async fn release<S: Store, H: Host>(self, store: &Retrying<'_, S, H>, host: &H, paths: &Paths) {
        if !self.is_live(host.now()) {
            return;
        }
        if let Err(error) = store.delete(&[paths.lease()]).await {
            host.log(&format!("{}: the lease could not be ended and will end by itself: {error}", paths.dataset()));
        }
    }
}
