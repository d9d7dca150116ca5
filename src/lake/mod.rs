//! Files → a snapshot, published in one step.
//!
//! ```text
//! parts ─► Files ─put once─► data/…          ┐
//!          plan ──put once─► snapshots/…     ├─ readers see the old snapshot or the new one, of all tables
//!          publish ──compare-and-swap─► current.json ┘
//!          follow ──put once─► data/…/_delta_log/…, latest/…   for readers that know no pointer
//! ```
//! Beside it, `lease` keeps a second run from the gateway, and `collect` removes what is no longer wanted.
//!
//! `docs/lake.md` has the layout, the documents' fields and the promises. Everything works on [`crate::host::Store`] alone.

pub mod collect;
pub mod compare;
pub mod delta;
pub mod derived;
pub mod files;
pub mod latest;
pub mod lease;
pub mod manifest;
mod moment;
pub mod paths;
pub mod plan;
pub mod publish;
pub mod reader;
pub mod record;
mod review;
pub mod store;
mod system;

use crate::error::{Error, Kind, Result};
use crate::normalize::schema::TableSchema;
use serde_json::value::RawValue;

pub use collect::{Collection, Retention, collect};
pub use derived::{Derive, Follower};
pub use files::Files;
pub use manifest::{Ancestor, Disposition, Manifest, Table};
pub use moment::Moment;
pub use paths::Paths;
pub use publish::{Published, Publisher};
pub use reader::{Current, Reader};
pub use record::{Outcome, RunRecord};

/// The first rows of a file that is still in memory, as JSON.
pub fn sample(schema: &TableSchema, file: &files::DataFile, rows: usize) -> Result<Vec<Box<RawValue>>> {
    raw(system::rows(schema, &file.entry, file.bytes.as_deref().unwrap_or_default(), 0, rows)?)
}

/// Rows, each JSON by itself, as parts of a larger document.
pub fn raw(rows: Vec<String>) -> Result<Vec<Box<RawValue>>> {
    let damaged = |_| Error::new(Kind::Data, "damaged_row", "a row cannot be written as JSON");
    rows.into_iter().map(|row| RawValue::from_string(row).map_err(damaged)).collect()
}
