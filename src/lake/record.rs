//! What a run leaves behind: `runs/….json`, written even when the run failed.

use super::manifest::{Disposition, FORMAT, Stale};
use super::store::Operations;
use crate::normalize::Warning;
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every resource came in, and readers see a new snapshot.
    Published,
    /// Every resource came in and was as before: nothing was written.
    Unchanged,
    /// Some resources failed and keep their last good tables; what the others brought is published.
    Partial,
    /// Nothing was published.
    Failed,
    /// Another run of the same scheduled time was first.
    AlreadyPublished,
    /// A snapshot of a later scheduled time is there already.
    Superseded,
    /// Another run of the dataset is at work: the gateway was not asked.
    Busy,
}

impl Outcome {
    /// Whether the run's caller should be told that it failed.
    pub fn is_failure(self) -> bool {
        matches!(self, Outcome::Partial | Outcome::Failed)
    }

    pub fn name(self) -> &'static str {
        match self {
            Outcome::Published => "published",
            Outcome::Unchanged => "unchanged",
            Outcome::Partial => "partial",
            Outcome::Failed => "failed",
            Outcome::AlreadyPublished => "already published",
            Outcome::Superseded => "superseded",
            Outcome::Busy => "busy",
        }
    }
}

/// The record of one run. Times are milliseconds since the Unix epoch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    pub format: u32,
    /// `<load id>-<attempt>`.
    pub id: String,
    pub dataset: String,
    pub scheduled_time: i64,
    pub started_at: i64,
    pub finished_at: i64,
    pub outcome: Outcome,
    /// The snapshot that readers see after this run, if there is any.
    pub snapshot: Option<String>,
    /// What ended the run as a whole, apart from its resources.
    pub error: Option<Failure>,
    pub resources: Vec<ResourceReport>,
    pub tables: Vec<TableReport>,
    pub warnings: Vec<Warning>,
    /// Requests to the gateway, logins among them.
    pub requests: u64,
    /// Calls to the store, this record's own put not counted.
    pub operations: Operations,
}

impl RunRecord {
    /// The record of a run that has not come to anything yet.
    pub fn new(id: &str, dataset: &str, scheduled_time: i64, started_at: i64) -> RunRecord {
        RunRecord {
            format: FORMAT,
            id: id.into(),
            dataset: dataset.into(),
            scheduled_time,
            started_at,
            finished_at: started_at,
            outcome: Outcome::Failed,
            snapshot: None,
            error: None,
            resources: Vec::new(),
            tables: Vec::new(),
            warnings: Vec::new(),
            requests: 0,
            operations: Operations::default(),
        }
    }

    /// Whether it left anything in the store but this record: only then may there be something to collect. A lease's put goes
    /// with its delete.
    pub fn wrote(&self) -> bool {
        self.operations.put > self.operations.delete.min(1)
    }
}

/// An error as it is written down. Errors hold no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable, lower_snake.
    pub code: String,
    /// What happened, where, and what to do.
    pub message: String,
}

impl From<&crate::error::Error> for Failure {
    fn from(error: &crate::error::Error) -> Failure {
        Failure { code: error.code().into(), message: error.to_string() }
    }
}

impl Failure {
    /// As a table's mark, given when it happened and the mark so far: staleness goes on from the run that began it.
    pub fn since(&self, now: i64, before: Option<&Stale>) -> Stale {
        let since = before.map_or(now, |before| before.since);
        Stale { since, code: self.code.clone(), message: self.message.clone() }
    }
}

/// How one resource fared. It failed if there is an `error`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceReport {
    pub name: String,
    pub disposition: Disposition,
    pub error: Option<Failure>,
    /// Rows that arrived, in all its tables.
    pub rows: u64,
    pub pages: u64,
    /// Of response bodies.
    pub bytes: u64,
    pub requests: u64,
}

impl ResourceReport {
    /// Of what was made rather than fetched, and could not be.
    pub fn failed(name: String, failure: Failure) -> ResourceReport {
        let disposition = Disposition::Replace;
        ResourceReport { name, disposition, error: Some(failure), rows: 0, pages: 0, bytes: 0, requests: 0 }
    }
}

/// What a run did to one table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableReport {
    pub name: String,
    /// `None`: the table is new.
    pub rows_before: Option<u64>,
    pub rows: u64,
    /// Those that are in files.
    pub columns: u64,
    /// Columns that the table did not have before.
    pub new_columns: Vec<String>,
    /// Files and bytes that the table has now.
    pub files: u64,
    pub bytes: u64,
    /// Its rows or columns are not what they were.
    pub changed: bool,
    pub stale: Option<Stale>,
}
