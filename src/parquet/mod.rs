//! Pages ↔ Parquet bytes; the only room that knows the format.
//!
//! [`Writer`] takes the pages that column builders hold anyway and turns each at once into an encoded, compressed page. A row
//! group leaves as bytes when it ends, so memory holds the open row group and the footer, nothing else. The thrift structures
//! are those of `parquet-format-safe`, the crate under arrow2's Parquet; the pages are written here, because that is what
//! allows true column statistics, dictionaries given up half-way and columns that appear late in a file.
//!
//! [`Reader`] reads such files back, and only such: it knows the encodings below, and answers anything else with an error.
//!
//! What a file looks like (parquet.thrift and the Encodings, LogicalTypes documents of apache/parquet-format have the terms):
//!
//! | column | type | pages |
//! |---|---|---|
//! | text, json | BYTE_ARRAY, STRING | RLE_DICTIONARY, then PLAIN when the dictionary does not pay; snappy |
//! | row ids ([`Profile::Id`]) | BYTE_ARRAY, STRING | DELTA_LENGTH_BYTE_ARRAY, not compressed |
//! | binary | BYTE_ARRAY | as text |
//! | bigint | INT64, or INT32 of 8, 16 or 32 bits by its precision | DELTA_BINARY_PACKED, not compressed |
//! | timestamp | INT64, microseconds, UTC (or local) | the same |
//! | date / time | INT32 days / INT64 microseconds, local | the same |
//! | decimal, wei | FIXED_LEN_BYTE_ARRAY | PLAIN, snappy |
//! | double, bool | DOUBLE, BOOLEAN | PLAIN, snappy |
//!
//! [`WriterOptions::plain_encodings`] replaces the DELTA encodings by PLAIN and snappy, for loaders that do not know them.

mod decode;
mod encode;
pub mod nested;
mod output;
mod pages;
mod reader;
mod rows;
mod schema;
mod statistics;
mod summary;
mod writer;

use crate::normalize::schema::{Column, DataType};
pub(crate) use schema::Physical;

pub use output::{Output, Pieces};
pub use pages::{Bytes, Chunk, Directory, Group, Place, Slab, Texts, Values};
pub(crate) use reader::unreadable;
pub use reader::{ColumnData, Reader};
pub use rows::{Value, rows_json, timestamp};
pub(crate) use rows::{row_object, row_object_keys};
pub use summary::{ColumnSummary, summary};
pub use writer::Writer;

/// What a file begins and ends with.
const MAGIC: &[u8] = b"PAR1";
/// Rows that a row group may have. A few bytes can stand for any number of nulls, and what a damaged file claims to hold is
/// memory that its reader asks for; a row group of a load has some hundred thousand.
pub const MAX_ROWS: usize = 1 << 22;
/// Key of the file's metadata under which the names of its JSON columns stand, as a JSON array: Parquet calls them strings.
const JSON_COLUMNS: &str = "gatelake.json_columns";

/// Key under which the hash of the file's columns stands: files with the same one have the same columns.
const SCHEMA_HASH: &str = "gatelake.schema_hash";

/// What a file's column is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnSpec {
    pub name: String,
    pub data_type: DataType,
    /// `false` is written as REQUIRED: a null in such a column is an error.
    pub nullable: bool,
    /// Bits of a bigint (up to 8, 16 and 32 give narrower integers), digits of a decimal (38 if not given).
    pub precision: Option<u8>,
    /// Digits after the point of a decimal: 9 if neither this nor the precision is given, else 0.
    pub scale: Option<u8>,
    /// `false`: a timestamp without a zone.
    pub timezone: bool,
    pub profile: Profile,
}

/// How a column's text behaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// It repeats itself or compresses well.
    #[default]
    General,
    /// It is random: neither compression nor bounds would pay.
    Id,
}

impl From<&Column> for ColumnSpec {
    /// A column whose type no value has told yet is taken for text.
    fn from(column: &Column) -> Self {
        ColumnSpec {
            name: column.name.clone(),
            data_type: column.data_type.unwrap_or(DataType::Text),
            nullable: column.nullable,
            precision: column.precision,
            scale: column.scale,
            timezone: column.timezone != Some(false),
            profile: if column.row_key || column.parent_key { Profile::Id } else { Profile::General },
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriterOptions {
    /// Only PLAIN and RLE_DICTIONARY, everything compressed with snappy: what every Parquet reader understands.
    pub plain_encodings: bool,
    /// Key-value metadata of the file.
    pub metadata: Vec<(String, String)>,
}

/// What a finished file came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSummary {
    pub rows: u64,
    pub row_groups: u32,
    /// Size of the whole file.
    pub bytes: u64,
}
