//! A Delta Lake log for every table, so that Delta's readers see the same files as ours, with time travel.
//!
//! ```text
//! data/<table>/_delta_log/00000000000000000000.json             a commit for each snapshot that changed the table
//! data/<table>/_delta_log/00000000000000000050.checkpoint.parquet
//! data/<table>/_delta_log/_last_checkpoint
//! ```
//! The log is derived from the manifests, after the pointer has moved, and adds nothing to them. A commit follows from two of
//! them and holds no time of its own, so two writers that do the same write the same bytes. The protocol is
//! <https://github.com/delta-io/delta/blob/master/PROTOCOL.md>.

mod checkpoint;
mod log;
mod schema;
mod state;

use super::manifest::Manifest;
use super::paths;
use crate::error::{Kind, Result};
use crate::host::{Host, Store};
use crate::normalize::Warning;
use serde::{Deserialize, Serialize};

pub use log::{CHECKPOINT_EVERY, Logs};
pub use schema::DeltaSchema;
pub use state::{Commit, LogState, Target};

/// How far the logs of a dataset have followed its snapshots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// The snapshot that all have come to.
    pub snapshot: String,
    /// One for each table.
    pub logs: Vec<LogState>,
}

impl Progress {
    /// Relative paths of the data files that the logs' last versions name. Readers of Delta need them, whichever snapshot they
    /// are from: the logs may be behind the pointer. Earlier versions of a log can be read as long as their files are kept.
    /// Whatever lies in a `_delta_log` folder belongs to the log and is needed as long as the table.
    pub fn needs(&self) -> impl Iterator<Item = String> {
        self.logs.iter().flat_map(|log| {
            let folder = paths::table_folder(&log.table);
            log.files.iter().map(move |name| format!("{folder}{name}"))
        })
    }

    /// Takes all logs one snapshot further.
    ///
    /// # Errors
    /// The store's. What is wrong with one table's log is a warning, and the others go on.
    pub async fn follow<S: Store, H: Host>(
        &mut self,
        logs: &Logs<'_, S, H>,
        manifest: &Manifest,
        warnings: &mut Vec<Warning>,
    ) -> Result<()> {
        let gone = self.logs.iter().map(|log| &log.table).filter(|table| manifest.table(table).is_none());
        let names = manifest.tables.iter().map(|table| &table.schema.name);
        for name in names.chain(gone.cloned().collect::<Vec<_>>().iter()) {
            let known = self.logs.iter().position(|log| log.table == *name);
            let mut state = known.map(|at| self.logs.remove(at));
            let target = Target { name, manifest };
            let followed = logs.follow(&mut state, target).await;
            if let Some(state) = state {
                self.logs.insert(known.unwrap_or(self.logs.len()), state);
            }
            match followed {
                Ok(true) => warnings.extend(left_out(target)),
                Ok(false) => {}
                Err(error) if matches!(error.kind(), Kind::Transient | Kind::Store) => return Err(error),
                Err(error) => {
                    let message = format!("the Delta log of {name} stays behind: {error}");
                    warnings.push(Warning::new(error.code(), name, "", message));
                }
            }
        }
        self.snapshot.clone_from(&manifest.snapshot);
        Ok(())
    }
}

/// The columns that the log has to do without.
fn left_out(target: Target<'_>) -> Vec<Warning> {
    let table = target.table();
    let schema = table.map(DeltaSchema::of);
    let warning = |(column, reason): (&str, String)| {
        let message = format!("`{column}` is not in the Delta table: {reason}");
        Warning::new("delta_column", target.name, column, message)
    };
    schema.into_iter().flat_map(|schema| schema.left_out).map(warning).collect()
}
