//! The tables that the lake keeps about itself, by dlt's names: `_dlt_loads`, a row for each published snapshot, and
//! `_dlt_version`, a row for each schema. And files without rows, for tables that have none.
//!
//! A row is added by writing the table's last file anew with the row behind the others, until it has [`FILE_ROWS`]: one
//! read and one put a snapshot, and the number of files stays small for ever.

use super::manifest::{Disposition, File, Freshness, SchemaVersion, Table, materialized};
use crate::error::{Error, Kind, Result};
use crate::normalize::FileEnd;
use crate::normalize::schema::{Column, DataType, TableSchema};
use crate::order;
use crate::parquet::{ColumnData, ColumnSpec, Reader, Writer, WriterOptions, rows_json};
use crate::table::{ByteArrays, Page, Values};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha3::{Digest, Sha3_256};

pub const LOADS: &str = "_dlt_loads";
pub const VERSION: &str = "_dlt_version";
/// Rows after which a new file of a system table is begun.
pub const FILE_ROWS: u64 = 1000;
/// The version of dlt's schema documents whose form ours have.
const ENGINE_VERSION: i64 = 11;

/// One cell of a system table.
pub enum Cell {
    Text(String),
    Int(i64),
}

/// A row of `_dlt_loads`: the load is complete (dlt's status 0). `now` in milliseconds.
pub fn loads_row(load_id: &str, schema_name: &str, hash: &str, now: i64) -> Vec<Cell> {
    vec![
        Cell::Text(load_id.into()),
        Cell::Text(schema_name.into()),
        Cell::Int(0),
        Cell::Int(now.saturating_mul(1000)),
        Cell::Text(hash.into()),
    ]
}

/// A row of `_dlt_version`. `now` in milliseconds.
pub fn version_row(schema_name: &str, version: &SchemaVersion, document: &Value, now: i64) -> Vec<Cell> {
    vec![
        Cell::Int(i64::try_from(version.version).unwrap_or(i64::MAX)),
        Cell::Int(ENGINE_VERSION),
        Cell::Int(now.saturating_mul(1000)),
        Cell::Text(schema_name.into()),
        Cell::Text(version.hash.clone()),
        Cell::Text(document.to_string()),
    ]
}

/// The system table of that name before its first row.
pub fn new_table(name: &str) -> Table {
    let not_null = |name, data_type| Column::new(name, data_type).not_null();
    let columns = match name {
        LOADS => vec![
            not_null("load_id", DataType::Text),
            Column::new("schema_name", DataType::Text),
            not_null("status", DataType::Bigint),
            not_null("inserted_at", DataType::Timestamp),
            Column::new("schema_version_hash", DataType::Text),
        ],
        _ => vec![
            not_null("version", DataType::Bigint),
            not_null("engine_version", DataType::Bigint),
            not_null("inserted_at", DataType::Timestamp),
            not_null("schema_name", DataType::Text),
            not_null("version_hash", DataType::Text),
            not_null("schema", DataType::Text),
        ],
    };
    Table {
        schema: TableSchema { columns, seen_data: true, ..TableSchema::new(name.into(), None) },
        resource: None,
        disposition: Disposition::Append,
        key: Vec::new(),
        load_id: String::new(),
        rows: 0,
        bytes: 0,
        digest: String::new(),
        freshness: Freshness { fetched_at: 0, stale: None },
        files: Vec::new(),
    }
}

/// The file that a further row goes to, if it is not full.
pub fn open_file(table: &Table) -> Option<&File> {
    table.files.last().filter(|file| file.rows < FILE_ROWS)
}

/// A file of what `before` (the bytes of [`open_file`]) holds, and the row behind it.
pub fn with_row(schema: &TableSchema, before: Option<&[u8]>, row: Vec<Cell>) -> Result<(Vec<u8>, FileEnd)> {
    let mut columns: Vec<ColumnData> = Vec::new();
    if let Some(bytes) = before {
        let reader = Reader::open(bytes)?;
        for group in 0..reader.row_groups().len() {
            let cells = reader.read(group)?;
            match columns.is_empty() {
                true => columns = cells,
                false => columns.iter_mut().zip(cells).try_for_each(|(column, more)| extend(column, more))?,
            }
        }
    }
    let row = row.into_iter().map(|cell| match cell {
        Cell::Text(text) => ColumnData::Text(vec![Some(text)]),
        Cell::Int(value) => ColumnData::I64(vec![Some(value)]),
    });
    match columns.is_empty() {
        true => columns = row.collect(),
        false => columns.iter_mut().zip(row).try_for_each(|(column, cell)| extend(column, cell))?,
    }
    let mut writer = writer(schema);
    for (number, column) in columns.iter().enumerate() {
        write(&mut writer, number, column)?;
    }
    finish(writer, schema)
}

/// A file of no rows that has all of the table's columns.
pub fn empty_file(schema: &TableSchema) -> Result<(Vec<u8>, FileEnd)> {
    finish(writer(schema), schema)
}

/// Some rows of a table's file as JSON objects with all of the table's columns: a file written before a column came has
/// nulls in it.
pub fn rows(schema: &TableSchema, file: &File, bytes: &[u8], skip: u64, limit: usize) -> Result<Vec<String>> {
    let mut rows = rows_json(&[bytes], skip, limit)?;
    let mut missing = String::new();
    for column in materialized(schema).skip(file.columns as usize) {
        missing.push_str(&format!(",{}:null", Value::from(column.name.as_str())));
    }
    for row in rows.iter_mut().filter(|_| !missing.is_empty()) {
        row.pop();
        row.push_str(&missing);
        row.push('}');
    }
    Ok(rows)
}

fn writer(schema: &TableSchema) -> Writer {
    let mut writer = Writer::new(WriterOptions::default());
    for column in materialized(schema) {
        writer.add_column(ColumnSpec::from(column));
    }
    writer
}

fn finish(writer: Writer, schema: &TableSchema) -> Result<(Vec<u8>, FileEnd)> {
    let mut bytes = Vec::new();
    let summary = writer.finish(&mut bytes)?;
    Ok((bytes, FileEnd { rows: summary.rows, columns: materialized(schema).count() as u32 }))
}

/// System tables have text and integers, and every cell has a value.
fn write(writer: &mut Writer, number: usize, column: &ColumnData) -> Result<()> {
    match column {
        ColumnData::I64(cells) => {
            let values: Vec<i64> = cells.iter().flatten().copied().collect();
            writer.page(number, Page { rows: values.len(), validity: None, values: Values::I64(&values) })
        }
        ColumnData::Text(cells) => {
            let plain = ByteArrays::plain(cells.iter().flatten().map(String::as_bytes));
            let texts = ByteArrays { count: cells.iter().flatten().count(), plain: &plain };
            writer.page(number, Page { rows: texts.count, validity: None, values: Values::Bytes(texts) })
        }
        _ => Err(not_a_system_table()),
    }
}

fn extend(column: &mut ColumnData, more: ColumnData) -> Result<()> {
    match (column, more) {
        (ColumnData::I64(cells), ColumnData::I64(more)) => cells.extend(more),
        (ColumnData::Text(cells), ColumnData::Text(more)) => cells.extend(more),
        _ => return Err(not_a_system_table()),
    }
    Ok(())
}

fn not_a_system_table() -> Error {
    Error::new(Kind::Data, "damaged_document", "a file of a system table has columns that are not its own")
}

/// The schema of all tables in the form of dlt's document, and its version: the number after the one `before` if anything
/// in it is new.
pub fn schema_document<'a>(
    name: &str,
    tables: impl Iterator<Item = &'a Table>,
    before: Option<&SchemaVersion>,
) -> Result<(SchemaVersion, Value)> {
    let mut documents = Map::new();
    let mut by_name = Vec::new();
    for table in tables {
        by_name.push(&table.schema);
        documents.insert(table.schema.name.clone(), table_document(table)?);
    }
    let content = order::sorted(json!({ "name": name, "engine_version": ENGINE_VERSION, "tables": documents }));
    // dlt's version hash: SHA3-256 over the document with sorted keys, and then, table by table in the order of their
    // names, each table's name and its columns' names in their own order.
    let mut hash = Sha3_256::new_with_prefix(content.to_string());
    order::sort(&mut by_name, |a, b| a.name.cmp(&b.name));
    for table in by_name {
        hash.update(&table.name);
        table.columns.iter().for_each(|column| hash.update(&column.name));
    }
    let hash = STANDARD.encode(hash.finalize());
    let mut version = before.cloned().unwrap_or_default();
    if version.hash != hash {
        if !version.hash.is_empty() {
            version.previous_hashes.insert(0, version.hash);
            version.previous_hashes.truncate(10);
        }
        version.hash = hash;
        version.version += 1;
    }
    let mut document = Map::new();
    document.insert("version".into(), version.version.into());
    document.insert("version_hash".into(), version.hash.as_str().into());
    document.insert("previous_hashes".into(), version.previous_hashes.clone().into());
    if let Value::Object(content) = content {
        document.extend(content);
    }
    Ok((version, Value::Object(document)))
}

fn table_document(table: &Table) -> Result<Value> {
    let mut columns = Map::new();
    for column in &table.schema.columns {
        let value = serde_json::to_value(column)
            .map_err(|error| Error::new(Kind::Data, "not_serializable", error.to_string()).at(&column.name))?;
        columns.insert(column.name.clone(), value);
    }
    let mut document = json!({ "name": table.schema.name, "columns": columns });
    let more = match &table.schema.parent {
        Some(parent) => json!({ "parent": parent }),
        None => json!({ "write_disposition": table.disposition, "resource": table.resource }),
    };
    if let (Value::Object(document), Value::Object(more)) = (&mut document, more) {
        document.extend(more.into_iter().filter(|(_, value)| !value.is_null()));
        if table.schema.seen_data {
            document.insert("x-normalizer".into(), json!({ "seen-data": true }));
        }
        if !table.schema.schema_contract.is_evolve() {
            document.insert("schema_contract".into(), json!(table.schema.schema_contract));
        }
    }
    Ok(document)
}
