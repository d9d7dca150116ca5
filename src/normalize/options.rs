//! What can be chosen for one resource. Names and meanings are dlt's where dlt has them.

use super::contract::Contract;
use super::names::Naming;
use super::schema::Column;
use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Options of one resource; `docs/configuration.md` lists them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Levels of dicts and lists that become columns and tables; deeper ones stay JSON text.
    pub max_table_nesting: u32,
    /// Characters that an identifier may have; 0 means without limit.
    pub max_identifier_length: usize,
    /// `snake_case` (default), `direct`, `sql_ci_v1`, `sql_cs_v1`, `duck_case`, `s3_tables`.
    pub naming: String,
    /// Raw or normalized column names. Rows then have ids that stay the same from load to load.
    pub primary_key: Vec<String>,
    /// Hints by column name (raw or normalized): the columns that the root table begins with.
    pub columns: BTreeMap<String, Column>,
    /// What may change of the schema that earlier loads left. `None`: as the last load that was given one.
    pub schema_contract: Option<Contract>,
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
            primary_key: Vec::new(),
            columns: BTreeMap::new(),
            schema_contract: None,
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

    /// The columns that the root table begins with: the key's, then the other hinted ones.
    pub fn hints(&self, naming: &Naming) -> Vec<Column> {
        let mut hints: Vec<Column> = Vec::new();
        for name in &self.primary_key {
            let name = naming.column(name);
            hints.push(Column { name, primary_key: true, nullable: false, ..Column::default() });
        }
        for (name, hint) in &self.columns {
            let name = naming.column(name);
            match hints.iter_mut().find(|column| column.name == name) {
                Some(column) => {
                    *column = Column { name, primary_key: true, nullable: false, ..hint.clone() };
                }
                None => hints.push(Column { name, ..hint.clone() }),
            }
        }
        hints
    }
}
