//! Files → a snapshot, published in one step.
//!
//! ```text
//! parts ─► Files ─put once─► data/…          ┐
//!          plan ──put once─► snapshots/…     ├─ readers see the old snapshot or the new one, of all tables
//!          publish ──compare-and-swap─► current.json ┘
//! ```
//! `docs/lake.md` has the layout, the documents' fields and the promises. Everything works on [`crate::host::Store`] alone.

pub mod files;
pub mod manifest;
pub mod paths;
pub mod plan;
pub mod publish;
pub mod reader;
pub mod record;
pub mod store;
mod system;

pub use files::Files;
pub use manifest::{Disposition, Manifest, Table};
pub use paths::Paths;
pub use publish::{Published, Publisher};
pub use reader::{Current, Reader};
pub use record::{Outcome, RunRecord};
