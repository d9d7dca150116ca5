//! The two documents that readers follow: the pointer, and the manifest of a snapshot. Both are JSON with a `format`.
//!
//! Times are milliseconds since the Unix epoch. Paths are relative to the dataset (see [`super::paths`]).

use crate::error::{Error, Kind, Result};
use crate::normalize::Warning;
use crate::normalize::schema::{Column, Schema, TableSchema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of all documents in the lake that this build writes, and the only one it reads.
pub const FORMAT: u32 = 1;

/// `current.json`: which snapshot readers see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    pub format: u32,
    /// The snapshot's id, which is its load's id.
    pub snapshot: String,
    pub manifest: String,
    /// Of the manifest's bytes, in hex.
    pub sha256: String,
    /// Never goes back.
    pub scheduled_time: i64,
    /// The run that published it.
    pub run: String,
    /// The oldest snapshot that is kept, by its id; absent as long as all are. Never goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<String>,
    /// A run scheduled for this time or before may publish no more: what it left behind was collected. Never goes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<i64>,
}

impl Pointer {
    /// Only a run that is scheduled for a later time may move it.
    pub fn closed_until(&self) -> i64 {
        self.scheduled_time.max(self.fence.unwrap_or(i64::MIN))
    }

    /// Whether the snapshot of that id, if it was ever published, is kept.
    pub fn keeps(&self, snapshot: &str) -> bool {
        self.oldest.as_deref().is_none_or(|oldest| oldest <= snapshot)
    }
}

/// `snapshots/<load id>-<hash>.json`: all tables at one point in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub format: u32,
    pub dataset: String,
    /// The load's id: the value of `_dlt_load_id` in the rows that it brought.
    pub snapshot: String,
    pub run: String,
    pub scheduled_time: i64,
    pub created_at: i64,
    pub schema: SchemaVersion,
    /// In the order of the configured resources, roots before their children; the lake's own tables last.
    pub tables: Vec<Table>,
    pub warnings: Vec<Warning>,
    /// The snapshots before this one, newest first, at most [`MAX_ANCESTORS`]: the last one's manifest goes on.
    pub ancestors: Vec<Ancestor>,
}

/// How many earlier snapshots a manifest names.
pub const MAX_ANCESTORS: usize = 100;

/// A published snapshot, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ancestor {
    pub snapshot: String,
    pub manifest: String,
    /// Of the manifest's bytes, in hex.
    pub sha256: String,
    pub created_at: i64,
    pub tables: u64,
    pub rows: u64,
    /// Of all data files together.
    pub bytes: u64,
}

/// dlt's versioning of schemas: the number goes up by one whenever the hash changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaVersion {
    pub version: u64,
    pub hash: String,
    /// The hashes before, newest first, at most ten.
    pub previous_hashes: Vec<String>,
}

/// What a load does to a table's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    /// A load's rows come after those that are there.
    Append,
    /// A load's rows take the place of those that are there, in all tables of the resource.
    #[default]
    Replace,
}

/// One table of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// `name`, `parent`, `columns`, `seen_data`.
    #[serde(flatten)]
    pub schema: TableSchema,
    /// The resource that it comes from; `None` for the lake's own tables.
    pub resource: Option<String>,
    pub disposition: Disposition,
    /// The columns of the root table that all row ids of the resource are made from. Empty: ids are new in every load, and
    /// the resource's tables always come from the same one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// The load that last changed its rows or columns.
    pub load_id: String,
    pub rows: u64,
    /// Of its files together.
    pub bytes: u64,
    /// Of the rows that load `load_id` brought: 32 hex digits, equal for equal content; empty for the lake's own tables.
    pub digest: String,
    pub freshness: Freshness,
    /// In row order. At least one, so that every table can be read: an empty table has a file of no rows.
    pub files: Vec<File>,
}

/// When a table's content was last seen at the gateway, and why it was not since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freshness {
    pub fetched_at: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stale: Option<Stale>,
}

/// Why a table was not brought up to date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// When the first load that failed ended.
    pub since: i64,
    /// An error's code.
    pub code: String,
    pub message: String,
}

/// One data file, write-once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    /// In hex.
    pub sha256: String,
    /// How many columns it has; older files may have fewer than the table.
    pub columns: u32,
    /// `None` of files from before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stats: Option<Stats>,
}

/// What is in a file's columns, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stats {
    pub nulls: Vec<u64>,
    /// The least value and the greatest, exact, or null where they are not known: see [`crate::parquet::ColumnSummary`].
    pub min: Vec<Value>,
    pub max: Vec<Value>,
}

impl Table {
    /// The columns that are in its files; one that no value has reached yet is in the schema alone.
    pub fn columns(&self) -> impl Iterator<Item = &Column> {
        materialized(&self.schema)
    }
}

/// The columns of a schema that are in files.
pub fn materialized(schema: &TableSchema) -> impl Iterator<Item = &Column> {
    schema.columns.iter().filter(|column| column.data_type.is_some())
}

impl Manifest {
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.schema.name == name)
    }

    /// The tables of one resource.
    pub fn of<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = &'a Table> {
        self.tables.iter().filter(move |table| table.resource.as_deref() == Some(resource))
    }

    /// What the next load of that resource starts from; empty if there was none.
    pub fn schema_of(&self, resource: &str) -> Schema {
        Schema { tables: self.of(resource).map(|table| table.schema.clone()).collect() }
    }

    /// Itself in short, given where it lies.
    pub fn summary(&self, manifest: &str, sha256: &str) -> Ancestor {
        Ancestor {
            snapshot: self.snapshot.clone(),
            manifest: manifest.into(),
            sha256: sha256.into(),
            created_at: self.created_at,
            tables: self.tables.len() as u64,
            rows: self.tables.iter().map(|table| table.rows).sum(),
            bytes: self.tables.iter().map(|table| table.bytes).sum(),
        }
    }
}

/// A document's bytes. It fails only where serde_json does.
pub fn encode<T: Serialize>(document: &T) -> Result<Vec<u8>> {
    serde_json::to_vec(document)
        .map_err(|error| Error::new(Kind::Data, "not_serializable", format!("a document cannot be written: {error}")))
}

/// Reads a document of ours back. Whatever is not of [`FORMAT`] is refused by name, before anything else is looked at.
pub fn decode<T: DeserializeOwned>(key: &str, bytes: &[u8]) -> Result<T> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let damaged = |error: serde_json::Error| {
        Error::new(Kind::Data, "damaged_document", format!("not a document of this lake: {error}")).at(key)
    };
    let Format { format } = serde_json::from_slice(bytes).map_err(damaged)?;
    if format != FORMAT {
        let message = format!("the document has format {format}, this build knows format {FORMAT} only");
        return Err(Error::new(Kind::Data, "unknown_format", message)
            .at(key)
            .help("Another version of Gatelake wrote it: run that version, or choose another dataset"));
    }
    serde_json::from_slice(bytes).map_err(damaged)
}
