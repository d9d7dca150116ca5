//! Records → tables, by dlt's rules.
//!
//! ```text
//! bytes ─► json::Reader ─records─► Load ─cells─► table::Table ─pages─► parquet::Writer ─► Part
//! ```
//! `Load` is the front door: one load of one resource. Feed it response bodies in chunks of any size, take finished bytes
//! out as they come, and close it.

mod array;
pub mod coerce;
pub mod contract;
mod counts;
pub mod disposition;
mod fast;
pub mod hash;
pub mod hints;
mod infer;
pub mod names;
pub mod number;
pub mod options;
mod quarantine;
pub mod schema;
mod sheet;
mod shredder;
mod thorough;
pub mod time;
mod tree;
pub mod unicode;
mod versions;
mod widen;

pub use array::Array;
pub use contract::{Contract, Mode};
pub use counts::{Counts, Iter as CountsIter};
pub use disposition::{Merge, Strategy, Validity, WriteDisposition};
pub use options::Options;
pub(crate) use widen::is_wider;

use crate::error::{Error, Kind, Result};
use crate::json::reader::Reader;
use crate::parquet::{Group, WriterOptions};
use schema::Schema;
use serde::{Deserialize, Serialize};
use sheet::Sheet;
pub(crate) use sheet::{LIST_IDX, LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID};
use shredder::Shredder;

/// How the files of a load are written, those too that a merge makes of older ones.
pub(crate) fn writer_options(load_id: &str, plain_encodings: bool) -> WriterOptions {
    WriterOptions { plain_encodings, metadata: vec![("gatelake.load_id".into(), load_id.to_owned())] }
}

/// How the records lie in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// Find the records: a bare array, or an envelope with exactly one array of objects.
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

impl Warning {
    /// What happened once, to a table, or to one of its columns if that is not empty.
    pub fn new(code: &str, table: &str, column: &str, message: String) -> Warning {
        Warning { code: code.into(), table: table.into(), column: column.into(), message, count: 1 }
    }
}

/// Finished bytes of one table's file, in order.
pub struct Part {
    pub table: String,
    /// 0, 1, 2 … within the load; a new file begins when one has reached `Options::file_bytes`.
    pub file: u32,
    pub bytes: Vec<u8>,
    /// Set on the last part of a row group: where it lies in the file, so that it can be read before the file is whole.
    pub group: Option<Group>,
    /// Set on the last part of a file.
    pub end: Option<FileEnd>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEnd {
    pub rows: u64,
    pub columns: u32,
}

/// The bytes of one file's parts.
pub(crate) fn whole(parts: Vec<Part>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.bytes.len()).sum());
    for part in parts {
        bytes.extend(part.bytes);
    }
    bytes
}

/// What a load came to, table by table (only tables that have columns).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// The evolved schema.
    pub schema: Schema,
    pub tables: Vec<TableLoaded>,
    /// Row ids come from a primary key and are the same in every load. Without one, ids differ from load to load, so the
    /// tables of the resource can only be kept or replaced together.
    pub stable_ids: bool,
    pub warnings: Vec<Warning>,
    /// Columns were widened ([`Options::widen_numbers`]): files of before, the load's own among them, may have them as they were, until
    /// [`crate::merge::fit`] has them written anew.
    #[serde(skip)]
    pub widened: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLoaded {
    pub name: String,
    pub rows: u64,
    /// Equal content gives an equal digest, whatever the order of the root records and whatever the load: 32 hex digits.
    /// Covers all columns but `_dlt_load_id`.
    pub digest: String,
    /// Of a load that keeps one row of each key: how many rows each record brought. So it is known which of them hang from a row that
    /// another one of its key takes the place of.
    #[serde(skip)]
    pub counts: Counts,
}

/// One load of one resource.
pub struct Load {
    shredder: Shredder,
    reader: Option<Reader>,
}

impl Load {
    /// `schema` is what the last load left, empty at first; `load_id` is written to `_dlt_load_id` and seeds the row ids.
    /// Errors are of kind `Config`: a table name that is none, an unknown naming convention.
    pub fn new(table: &str, options: Options, schema: Schema, load_id: &str) -> Result<Load> {
        Ok(Load { shredder: Shredder::new(table, options, schema, load_id)?, reader: None })
    }

    /// Reads every record the thorough way. The tables are the same, only later: for tests, and for measuring the fast way.
    pub fn thorough(mut self) -> Load {
        self.shredder.always_thorough = true;
        self
    }

    /// A new response body begins (a resource has one a page).
    pub fn begin_body(&mut self, select: Select) -> Result<()> {
        self.reader = Some(Reader::new(select));
        Ok(())
    }

    /// The body's next bytes. Errors: not JSON, not records, a limit; a load that failed cannot go on.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<()> {
        self.reader.as_mut().ok_or_else(no_body)?.feed(chunk, &mut self.shredder)
    }

    /// The same for bytes that lie elsewhere: see [`Reader::feed_from`].
    pub fn feed_from(&mut self, length: usize, fill: impl FnMut(usize, &mut [u8])) -> Result<()> {
        self.reader.as_mut().ok_or_else(no_body)?.feed_from(length, fill, &mut self.shredder)
    }

    /// The body is whole: a cut one is an error. Says what stood around the records.
    pub fn end_body(&mut self) -> Result<Envelope> {
        self.reader.take().ok_or_else(no_body)?.end(&mut self.shredder)
    }

    /// Bytes that are ready to be stored; call it after each `feed` to keep memory small.
    pub fn take_parts(&mut self) -> Vec<Part> {
        self.shredder.sheets.iter_mut().flat_map(|sheet| sheet.table.take_parts()).collect()
    }

    /// The tables so far that have a column, and the rows of each. Their order stays, and so does that of the columns
    /// which have a type; further ones come behind.
    pub fn tables(&self) -> impl Iterator<Item = (&schema::TableSchema, u64)> {
        let sheets = self.shredder.sheets.iter().map(|sheet| (&sheet.schema, sheet.table.total()));
        sheets.filter(|(schema, _)| schema.columns.iter().any(|column| column.data_type.is_some()))
    }

    /// Records that had to be read the thorough way: a figure for benchmarks and curious people.
    pub fn thorough_records(&self) -> u64 {
        self.shredder.thorough_records
    }

    /// No more bodies: flushes what is left (then `take_parts` once more).
    pub fn finish(&mut self) -> Result<Loaded> {
        for sheet in &mut self.shredder.sheets {
            sheet.table.finish()?;
            // Of a column that never had a value no file tells.
            let missing = sheet.schema.columns.iter().find(|column| column.data_type.is_none() && !column.nullable);
            if let Some(column) = missing.filter(|_| sheet.table.total() > 0) {
                return Err(thorough::null_key(&column.name).at(format!("table {}", sheet.schema.name)));
            }
        }
        let mut schema = self.shredder.schema();
        let Options { columns, widen_numbers, .. } = &self.shredder.options;
        let widened = match widen_numbers {
            true => widen::widen(&mut schema, columns, &self.shredder.naming),
            false => Vec::new(),
        };
        let mut warnings = self.shredder.warnings.take();
        widen::tell(&widened, &mut warnings);
        let tables = self.shredder.sheets.iter_mut().filter(|sheet| schema.table(&sheet.schema.name).is_some());
        let tables = tables.map(|sheet| TableLoaded {
            name: sheet.schema.name.clone(),
            rows: sheet.table.total(),
            digest: sheet.digest(),
            counts: std::mem::take(&mut sheet.counts),
        });
        Ok(Loaded {
            tables: tables.collect(),
            stable_ids: !self.shredder.key.is_empty(),
            warnings,
            widened: !widened.is_empty(),
            schema,
        })
    }
}

fn no_body() -> Error {
    Error::new(Kind::Data, "no_body", "a body must be begun before its bytes come and before it ends")
}

/// A file of a table without rows: its schema alone, so that readers find the table.
pub fn empty_file(table: &schema::TableSchema, load_id: &str) -> Result<Vec<u8>> {
    let mut sheet = Sheet::new(table.clone(), Vec::new(), load_id, false, Default::default(), 0);
    sheet.table.end_empty()?;
    Ok(whole(sheet.table.take_parts()))
}
