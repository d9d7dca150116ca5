//! Commits of a table's log, written one after the other.

use super::checkpoint;
use super::state::{LogState, Target};
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Host, Put, Store};
use crate::lake::paths::Paths;
use crate::lake::store::Retrying;

/// A checkpoint is written at every version that this divides. Spark and Databricks do so at every tenth; ours repeat no more
/// than the names of files, so that readers take in a few dozen commits quickly, and each checkpoint is two puts.
pub const CHECKPOINT_EVERY: u64 = 50;
/// Commits of others that are read before it is left to the next run to go on.
const MAX_COMMITS: u32 = 500;

/// Where logs are written.
pub struct Logs<'a, S, H> {
    pub store: &'a Retrying<'a, S, H>,
    pub paths: &'a Paths,
}

impl<S: Store, H: Host> Logs<'_, S, H> {
    /// Brings a table's log up to a snapshot, and says whether it took a commit. A version that another writer was faster
    /// with is read, and the rest planned from there; a log that is further already stays as it is. `state` is right after an
    /// error, too.
    ///
    /// # Errors
    /// The store's; `delta_log` if the log holds what cannot be ours, or others keep writing to it.
    pub async fn follow(&self, state: &mut Option<LogState>, target: Target<'_>) -> Result<bool> {
        for _ in 0..MAX_COMMITS {
            if state.as_ref().is_some_and(|state| state.scheduled_time >= target.manifest.scheduled_time) {
                return Ok(false);
            }
            let Some(commit) = target.commit(state.as_ref())? else { return Ok(false) };
            let key = self.paths.delta_commit(target.name, commit.state.version);
            let bytes = commit.bytes();
            if let Put::Lost = self.store.put(&key, &bytes, Cond::Create, &[]).await? {
                let found = self.store.get(&key).await?.map(|object| object.bytes).unwrap_or_default();
                // A run that came as far and died, or that is at it this very moment, put the same.
                if found != bytes {
                    *state = Some(LogState::after(state.take(), target.name, &found).map_err(|error| error.at(key))?);
                    continue;
                }
            }
            self.checkpoint(target, &commit.state).await?;
            *state = Some(commit.state);
            return Ok(true);
        }
        Err(Error::new(Kind::Conflict, "delta_log", format!("after {MAX_COMMITS} commits of others the log goes on"))
            .at(self.paths.delta_log(target.name))
            .help("The next run reads on; let nobody else write to the log"))
    }

    /// Whoever makes the checkpoint of a version makes the same one.
    async fn checkpoint(&self, target: Target<'_>, state: &LogState) -> Result<()> {
        if state.version == 0 || !state.version.is_multiple_of(CHECKPOINT_EVERY) {
            return Ok(());
        }
        let Some(actions) = target.checkpoint(state)? else { return Ok(()) };
        let bytes = checkpoint::bytes(&actions)?;
        let (checkpoint, last) = self.paths.delta_checkpoint(target.name, state.version);
        self.store.put(&checkpoint, &bytes, Cond::Create, &[]).await?;
        let (version, size, adds) = (state.version, bytes.len(), state.files.len());
        let actions = actions.len();
        let hint = format!(r#"{{"version":{version},"size":{actions},"sizeInBytes":{size},"numOfAddFiles":{adds}}}"#);
        self.store.put(&last, hint.as_bytes(), Cond::Always, &[]).await?;
        Ok(())
    }
}
