//! What can be chosen for one resource. Names and meanings are dlt's where dlt has them.

use super::contract::Contract;
use super::disposition::WriteDisposition;
use super::hints::{self, Hint};
use super::infer;
use super::schema::DataType;
use crate::error::{Error, Kind, Result};
use serde::Deserialize;

/// Options of one resource. `docs/configuration.md` lists those that `gatelake.toml` has, `docs/normalizer.md` the others.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Levels of dicts and lists that become columns and tables; deeper ones stay JSON text.
    pub max_table_nesting: u32,
    /// Characters that an identifier may have; 0 means without limit.
    pub max_identifier_length: usize,
    /// `snake_case` (default), `direct`, `sql_ci_v1`, `sql_cs_v1`, `duck_case`, `s3_tables`.
    pub naming: String,
    /// What becomes of the rows that are there. The engine makes what the merge needs; the lake, or whoever keeps the tables, does it.
    pub write_disposition: WriteDisposition,
    /// Children carry the id of their root row, as they do in any case when rows are merged by key.
    pub root_key: bool,
    /// Raw or normalized column names, or one. Rows then have ids that stay the same from load to load.
    #[serde(deserialize_with = "hints::names")]
    pub primary_key: Vec<String>,
    /// What may change of the schema that earlier loads left. `None`: as the last load that was given one.
    pub schema_contract: Option<Contract>,
    /// Columns by which rows are merged; they must not be null.
    #[serde(deserialize_with = "hints::names")]
    pub merge_key: Vec<String>,
    /// Hints by column name (raw or normalized), or a list of them: the columns that the root table begins with.
    #[serde(deserialize_with = "hints::read")]
    pub columns: Vec<Hint>,
    /// Detectors that are on beside dlt's one, `iso_timestamp`: `iso_date`, `timestamp`. dlt's other ones are known, and do
    /// nothing here: `large_integer` is always on, `hexbytes_to_text` and `wei_to_double` are about values that JSON has not.
    pub detections_add: Vec<String>,
    /// Detectors that are off; those that are both here and in `detections_add` are on.
    pub detections_remove: Vec<String>,
    /// Types of new columns by name: `{"created_at": "timestamp", "re:_at$": "timestamp"}`. The first that fits counts.
    #[serde(deserialize_with = "infer::read")]
    pub preferred_types: Vec<(String, DataType)>,
    /// Columns of integers become columns of doubles when a number with a fraction comes, rather than getting a variant beside them. See
    /// [`Loaded::widened`](super::Loaded::widened) for what is left to do then.
    pub widen_numbers: bool,
    /// Columns whose values are never stored, as `table.column`, beside those that look secret by themselves.
    pub redact: Vec<String>,
    /// Columns that look secret and are stored all the same, as `table.column`.
    pub reveal: Vec<String>,
    /// Only encodings that every Parquet reader knows, at the price of larger files.
    pub plain_encodings: bool,
    /// A file of a table is ended, and the next begun, at this size in bytes.
    pub file_bytes: usize,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            max_table_nesting: 1000,
            max_identifier_length: 0,
            naming: "snake_case".into(),
            write_disposition: WriteDisposition::default(),
            root_key: false,
            primary_key: Vec::new(),
            schema_contract: None,
            merge_key: Vec::new(),
            columns: Vec::new(),
            detections_add: Vec::new(),
            detections_remove: Vec::new(),
            preferred_types: Vec::new(),
            widen_numbers: false,
            redact: Vec::new(),
            reveal: Vec::new(),
            plain_encodings: false,
            file_bytes: 8 << 20,
        }
    }
}

impl Options {
    /// From JSON text, as the command line and the page have it.
    pub fn from_json(text: &str) -> Result<Options> {
        serde_json::from_str(text)
            .map_err(|error| Error::new(Kind::Config, "bad_options", format!("the options cannot be read: {error}")))
    }
}
