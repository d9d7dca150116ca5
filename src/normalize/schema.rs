//! The schema of the tables of one resource: what is stored in a snapshot and evolves from load to load.
//!
//! Names and rules are dlt's (normalizer.md sections 2, 3 and 4, carried over into `docs/normalizer.md`).

use super::contract::Contract;
use serde::{Deserialize, Serialize};

/// A column's logical type, by dlt's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataType {
    Text,
    Bigint,
    Double,
    Bool,
    /// Microseconds since the Unix epoch, UTC.
    Timestamp,
    /// Days since the Unix epoch.
    Date,
    /// Microseconds since midnight.
    Time,
    /// A scaled integer of at most 38 digits.
    Decimal,
    /// An integer of at most 38 digits.
    Wei,
    Binary,
    /// Compact JSON text.
    Json,
}

impl DataType {
    /// dlt's name, as it stands in `col__v_<name>` and in schema documents.
    pub fn name(self) -> &'static str {
        match self {
            DataType::Text => "text",
            DataType::Bigint => "bigint",
            DataType::Double => "double",
            DataType::Bool => "bool",
            DataType::Timestamp => "timestamp",
            DataType::Date => "date",
            DataType::Time => "time",
            DataType::Decimal => "decimal",
            DataType::Wei => "wei",
            DataType::Binary => "binary",
            DataType::Json => "json",
        }
    }
}

fn yes() -> bool {
    true
}
fn is_false(b: &bool) -> bool {
    !*b
}

/// One column. `data_type: None` is a hinted column that no value has reached yet: it is not in any file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    pub name: String,
    pub data_type: Option<DataType>,
    #[serde(default = "yes")]
    pub nullable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<u8>,
    /// `Some(false)`: a timestamp without a zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<bool>,
    #[serde(skip_serializing_if = "is_false")]
    pub variant: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub primary_key: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub merge_key: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub partition: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub cluster: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub sort: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub unique: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub row_key: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub parent_key: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub root_key: bool,
    #[serde(skip_serializing_if = "is_false")]
    pub hard_delete: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dedup_sort: Option<SortOrder>,
    /// Since when a version of a row is valid (`scd2`).
    #[serde(rename = "x-valid-from", skip_serializing_if = "is_false")]
    pub valid_from: bool,
    /// Up to when it was.
    #[serde(rename = "x-valid-to", skip_serializing_if = "is_false")]
    pub valid_to: bool,
    /// The row's id is the hash of its content: several rows may have it.
    #[serde(rename = "x-row-version", skip_serializing_if = "is_false")]
    pub row_version: bool,
    /// A column of doubles that was one of integers: the variant that held the doubles (`widen_numbers`).
    #[serde(rename = "x-widened-by", skip_serializing_if = "Option::is_none")]
    pub widened_by: Option<String>,
    /// JSON pointer of the first value seen, with `*` for list positions; empty for dlt's own columns.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub origin: String,
}

/// Which of several rows of one key is kept: the one with the least value in the column, or with the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SortOrder {
    Asc,
    Desc,
}

impl Default for Column {
    fn default() -> Self {
        Column {
            name: String::new(),
            data_type: None,
            nullable: true,
            precision: None,
            scale: None,
            timezone: None,
            variant: false,
            primary_key: false,
            merge_key: false,
            partition: false,
            cluster: false,
            sort: false,
            unique: false,
            row_key: false,
            parent_key: false,
            root_key: false,
            hard_delete: false,
            dedup_sort: None,
            valid_from: false,
            valid_to: false,
            row_version: false,
            widened_by: None,
            origin: String::new(),
        }
    }
}

impl Column {
    pub fn new(name: impl Into<String>, data_type: DataType) -> Self {
        Column { name: name.into(), data_type: Some(data_type), ..Column::default() }
    }
    pub fn not_null(mut self) -> Self {
        self.nullable = false;
        self
    }
    /// It holds ids of rows, which look like chance.
    pub fn names_rows(&self) -> bool {
        self.row_key || self.parent_key || self.root_key || self.row_version
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableSchema {
    pub name: String,
    /// The table that this one's rows hang from; `None` for a root table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// In the order of the Parquet file; columns are only ever appended.
    pub columns: Vec<Column>,
    /// Rows have been written in some load: the columns contract applies from then on.
    #[serde(default)]
    pub seen_data: bool,
    /// Of a root table: the last contract that a load was given. Loads that are given none go by it.
    #[serde(default, skip_serializing_if = "Contract::is_evolve")]
    pub schema_contract: Contract,
    /// It holds what the contract kept out of the other tables.
    #[serde(default, skip_serializing_if = "is_false")]
    pub quarantine: bool,
}

impl TableSchema {
    /// A table that has no columns yet.
    pub fn new(name: String, parent: Option<String>) -> TableSchema {
        let schema_contract = Contract::default();
        TableSchema { name, parent, columns: Vec::new(), seen_data: false, schema_contract, quarantine: false }
    }

    /// Whether its rows are a resource's records: neither items of their lists nor what a contract kept out.
    pub fn holds_records(&self) -> bool {
        self.parent.is_none() && !self.quarantine
    }
}

/// Every table that came from one resource, roots before their children.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    pub tables: Vec<TableSchema>,
}

impl Schema {
    /// The table whose rows are the resource's records.
    pub fn root(&self) -> Option<&TableSchema> {
        self.tables.iter().find(|table| table.holds_records())
    }

    /// The same without what rows of that table are told by and merged by. dlt's schemas keep such hints for ever; here the
    /// configuration of each load says what they are, so that they may be taken back.
    pub fn without_merge_hints(mut self, table: &str) -> Schema {
        let tables = self.tables.iter_mut().filter(|known| known.name == table);
        for column in tables.flat_map(|table| &mut table.columns) {
            if column.primary_key || column.merge_key {
                (column.primary_key, column.merge_key, column.nullable) = (false, false, true);
            }
            (column.hard_delete, column.dedup_sort) = (false, None);
        }
        self
    }

    pub fn table(&self, name: &str) -> Option<&TableSchema> {
        self.tables.iter().find(|table| table.name == name)
    }
}
