//! Records → tables, by dlt's rules.
//!
//! ```text
//! bytes ─► json::Reader ─records─► Load ─cells─► table::Table ─pages─► parquet::Writer ─► Part
//! ```
//! `Load` is the front door: one load of one resource. Feed it response bodies in chunks of any size, take finished bytes
//! out as they come, and close it.

pub mod coerce;
pub mod hash;
pub mod names;
pub mod number;
pub mod schema;
pub mod time;
pub mod unicode;

use crate::error::Result;
use schema::Schema;
use serde::{Deserialize, Serialize};

/// How the records lie in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// Find the records: a bare array, or an envelope with exactly one array of objects (gateway-api.md section 4).
    Envelope,
    /// The body itself: an array's items, or one object as one row (dlt's `$`).
    Root,
}

/// What the envelope around the records said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// JSON pointer of the records' array, `""` for a bare array.
    pub records_at: String,
    /// Records in this body.
    pub records: u64,
    /// Integers and booleans beside the records, by pointer: `/totalElements`, `/page/totalPages`, `/last` (0 or 1).
    pub facts: Vec<(String, i64)>,
}

/// Something a person should know, though nothing failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// Stable, lower_snake: `key_collision`, `variant`, `redacted`, `big_integer`, …
    pub code: String,
    pub table: String,
    pub column: String,
    pub message: String,
    /// How often in this load.
    pub count: u64,
}

/// Finished bytes of one table's file, in order.
pub struct Part {
    pub table: String,
    /// 0, 1, 2 … within the load; a new file begins when one has reached `Options::file_bytes`.
    pub file: u32,
    pub bytes: Vec<u8>,
    /// Set on the last part of a file.
    pub end: Option<FileEnd>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEnd {
    pub rows: u64,
    pub columns: u32,
}

/// What a load came to, table by table (only tables that have columns).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// The evolved schema.
    pub schema: Schema,
    pub tables: Vec<TableLoaded>,
    pub warnings: Vec<Warning>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLoaded {
    pub name: String,
    pub rows: u64,
    /// Equal content gives an equal digest, whatever the order of the root records and whatever the load: 32 hex digits.
    /// Covers all columns but `_dlt_load_id`.
    pub digest: String,
}

/// Options of one resource. Names and meanings are dlt's; `docs/configuration.md` lists them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Levels of dicts and lists that become columns and tables; deeper ones stay JSON text.
    pub max_table_nesting: u32,
    /// Bytes that an identifier may have.
    pub max_identifier_length: usize,
    /// `snake_case` (default), `direct`, `sql_ci_v1`, …
    pub naming: String,
    /// Raw or normalized column names.
    pub primary_key: Vec<String>,
    /// A file of a table is ended, and the next begun, at this size in bytes.
    pub file_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_table_nesting: 1000,
            max_identifier_length: 65_536,
            naming: "snake_case".into(),
            primary_key: Vec::new(),
            file_bytes: 16 << 20,
        }
    }
}

/// One load of one resource.
pub struct Load {}

impl Load {
    /// `schema` is what the last load left, empty at first; `load_id` is written to `_dlt_load_id` and seeds the row ids.
    pub fn new(_table: &str, _options: Options, _schema: Schema, _load_id: &str) -> Result<Load> {
        Ok(Load {})
    }
    /// A new response body begins (a resource has one a page).
    pub fn begin_body(&mut self, _select: Select) -> Result<()> {
        Ok(())
    }
    /// The body's next bytes.
    pub fn feed(&mut self, _chunk: &[u8]) -> Result<()> {
        Ok(())
    }
    /// The body is whole: a cut one is an error. Says what stood around the records.
    pub fn end_body(&mut self) -> Result<Envelope> {
        Ok(Envelope::default())
    }
    /// Bytes that are ready to be stored; call it after each `feed` to keep memory small.
    pub fn take_parts(&mut self) -> Vec<Part> {
        Vec::new()
    }
    /// No more bodies: flushes what is left (then `take_parts` once more).
    pub fn finish(&mut self) -> Result<Loaded> {
        Ok(Loaded::default())
    }
}
