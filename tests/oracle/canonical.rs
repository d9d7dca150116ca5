//! The canonical document of an outcome: what `README.md` beside this file describes, without ids that differ from run to run.

use super::case::{Case, Outcome, load_id};
use super::merged;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatelake::normalize::hash::{Id, table_seed};
use gatelake::normalize::schema::{Column, DataType, TableSchema};
use gatelake::normalize::time::{format_date, format_time, format_timestamp};
use gatelake::parquet::{ColumnData, ColumnSpec, Reader};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

type Row = Map<String, Value>;

pub fn document(case: &Case, outcome: &Outcome) -> Value {
    let loads = outcome.loads.iter().enumerate().map(|(ordinal, load)| match load {
        Ok(rows) => json!({ "ordinal": ordinal, "status": "loaded", "rows": rows }),
        Err(_) => json!({ "ordinal": ordinal, "status": "failed" }),
    });
    let parquet = outcome.last_files.iter().map(|(table, file)| (table.clone(), arrow_schema(file)));
    json!({
        "loads": loads.collect::<Vec<_>>(),
        "row_order": if outcome.disposition == "merge" && !outcome.schema.tables.is_empty() { "canonical" } else { "input" },
        "tables": tables(case, outcome),
        "parquet": { "tables": parquet.collect::<Map<_, _>>() },
    })
}

fn tables(case: &Case, outcome: &Outcome) -> Value {
    let mut positions = Positions::default();
    let mut out = Map::new();
    let mut all = merged::Rows::new();
    for table in &outcome.schema.tables {
        let files = outcome.files.get(&table.name);
        let mut rows: Vec<Row> = files.into_iter().flatten().flat_map(|bytes| rows_of(bytes)).collect();
        for row in &mut rows {
            for column in table.columns.iter().filter(|column| column.data_type.is_some()) {
                row.entry(column.name.clone()).or_insert(Value::Null);
            }
        }
        all.insert(table.name.clone(), rows);
    }
    if outcome.disposition == "merge" {
        merged::order(outcome, &mut all);
        merged::rank(outcome, &mut all);
    }
    // Parents stand before their children.
    for table in &outcome.schema.tables {
        let files = outcome.files.get(&table.name);
        let mut rows = all.remove(&table.name).unwrap_or_default();
        if let Some(parent) = &table.parent {
            rows.sort_by_key(|row| {
                // A table that several lists fill has rows of other parents, too: they come last.
                let place = positions.of(parent, row.get("_dlt_parent_id")).unwrap_or(usize::MAX);
                (place, row["_dlt_list_idx"].as_i64())
            });
        }
        positions.remember(&table.name, &rows);
        let mut kinds: Vec<&str> = rows.iter_mut().map(|row| masked(case, outcome, table, row, &positions)).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut entry = json!({
            "parent": table.parent,
            "columns": table.columns.iter().map(column).collect::<Vec<_>>(),
            "materialized": files.is_some(),
            "rows": rows,
        });
        if table.parent.is_none() {
            entry["write_disposition"] = json!(outcome.disposition);
            if let Some(strategy) = &outcome.strategy {
                entry["merge_strategy"] = json!(strategy);
            }
        }
        if !kinds.is_empty() {
            entry["dlt_id"] = json!(kinds.join("/"));
        }
        out.insert(table.name.clone(), entry);
    }
    Value::Object(out)
}

/// The place of each row in its table, by its id.
#[derive(Default)]
struct Positions(BTreeMap<(String, String), usize>);

impl Positions {
    fn remember(&mut self, table: &str, rows: &[Row]) {
        for (position, row) in rows.iter().enumerate() {
            self.0.insert((table.to_owned(), row["_dlt_id"].as_str().expect("an id is text").to_owned()), position);
        }
    }

    fn of(&self, table: &str, id: Option<&Value>) -> Option<usize> {
        self.0.get(&(table.to_owned(), id?.as_str()?.to_owned())).copied()
    }
}

/// Replaces ids by what they refer to, and says how the row's own id came about.
fn masked(case: &Case, outcome: &Outcome, table: &TableSchema, row: &mut Row, positions: &Positions) -> &'static str {
    let id = row.remove("_dlt_id").expect("every row has an id");
    let text = id.as_str().expect("an id is text");
    let kind = match &table.parent {
        None if case.has_own_ids() => "user",
        None => match outcome.strategy.as_deref() {
            Some("upsert" | "insert-only") => "key_hash",
            Some("scd2") => "row_hash",
            _ => "random",
        },
        Some(parent) => {
            let parent_id = row["_dlt_parent_id"].clone();
            let index = row["_dlt_list_idx"].as_u64().expect("an index is a number");
            let place = positions.of(parent, Some(&parent_id)).map_or("?".into(), |place| place.to_string());
            row.insert("_dlt_parent_id".into(), json!(format!("@{parent}[{place}]")));
            if let Some(id) = row.get_mut("_dlt_root_id").filter(|id| !id.is_null()) {
                let root = outcome.schema.tables.iter().find(|table| table.parent.is_none()).expect("there is a root");
                let place = positions.of(&root.name, Some(id)).map_or("?".into(), |place| place.to_string());
                *id = json!(format!("@{}[{place}]", root.name));
            }
            let parent_id = Id::from_text(parent_id.as_str().expect("an id is text"));
            let derived = parent_id.child(table_seed(&table.name), index);
            if derived == Id::from_text(text) { "derived" } else { "user" }
        }
    };
    if let Some(load) = row.get_mut("_dlt_load_id") {
        let ordinal = (0..100).find(|ordinal| *load == load_id(*ordinal));
        *load = ordinal.map_or(json!("?"), |ordinal| json!(ordinal));
    }
    if !matches!(kind, "random" | "derived") {
        row.insert("_dlt_id".into(), id);
    }
    kind
}

/// Name, type, nullability, and the hints that are not as by default.
fn column(column: &Column) -> Value {
    let mut out = json!({
        "name": column.name,
        "data_type": column.data_type.map(DataType::name),
        "nullable": column.nullable,
    });
    for (name, set) in [
        ("variant", column.variant),
        ("primary_key", column.primary_key),
        ("merge_key", column.merge_key),
        ("partition", column.partition),
        ("cluster", column.cluster),
        ("sort", column.sort),
        ("unique", column.unique),
        ("row_key", column.row_key),
        ("parent_key", column.parent_key),
        ("root_key", column.root_key),
        ("hard_delete", column.hard_delete),
        ("x-valid-from", column.valid_from),
        ("x-valid-to", column.valid_to),
        ("x-row-version", column.row_version),
        ("incomplete", column.data_type.is_none()),
    ] {
        if set {
            out[name] = json!(true);
        }
    }
    for (name, number) in [("precision", column.precision), ("scale", column.scale)] {
        if let Some(number) = number {
            out[name] = json!(number);
        }
    }
    if column.timezone == Some(false) {
        out["timezone"] = json!(false);
    }
    if let Some(order) = &column.dedup_sort {
        out["dedup_sort"] = json!(order);
    }
    out
}

pub fn rows_of(file: &[u8]) -> Vec<Row> {
    let reader = Reader::open(file).expect("the engine's files can be read");
    let mut rows = Vec::new();
    for (group, size) in reader.row_groups().enumerate() {
        let columns = reader.read(group).expect("the engine's files can be read");
        for row in 0..size {
            let cells = reader.schema().iter().zip(&columns);
            rows.push(cells.map(|(spec, column)| (spec.name.clone(), cell(spec, column, row))).collect());
        }
    }
    rows
}

fn cell(spec: &ColumnSpec, column: &ColumnData, row: usize) -> Value {
    let value = match column {
        ColumnData::Bool(cells) => cells[row].map(Value::from),
        ColumnData::I64(cells) => cells[row].map(|value| match spec.data_type {
            DataType::Timestamp if spec.timezone => format_timestamp(value).into(),
            DataType::Timestamp => format_timestamp(value).trim_end_matches('Z').into(),
            DataType::Date => format_date(value).into(),
            DataType::Time => format_time(value).into(),
            _ => value.into(),
        }),
        ColumnData::F64(cells) => cells[row].map(|value| match value {
            value if value.is_nan() => "NaN".into(),
            f64::INFINITY => "Infinity".into(),
            f64::NEG_INFINITY => "-Infinity".into(),
            value => value.into(),
        }),
        ColumnData::I128(cells) => cells[row].map(|value| plain_decimal(value, decimal_scale(spec)).into()),
        ColumnData::Text(cells) => cells[row].as_ref().map(|text| match spec.data_type {
            DataType::Json => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
            _ => json!(text),
        }),
        ColumnData::Binary(cells) => cells[row].as_ref().map(|bytes| STANDARD.encode(bytes).into()),
    };
    value.unwrap_or(Value::Null)
}

fn decimal_scale(spec: &ColumnSpec) -> u8 {
    match (spec.data_type, spec.precision) {
        (DataType::Wei, _) => 0,
        (_, None) => 9,
        (_, Some(_)) => spec.scale.unwrap_or(0),
    }
}

/// Without zeros at the end of the fraction.
fn plain_decimal(unscaled: i128, scale: u8) -> String {
    let digits = format!("{:0width$}", unscaled.unsigned_abs(), width = usize::from(scale) + 1);
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let text = format!("{}{whole}.{fraction}", if unscaled < 0 { "-" } else { "" });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `[name, type, nullable]` of each column, types by Arrow's names.
fn arrow_schema(file: &[u8]) -> Value {
    let reader = Reader::open(file).expect("the engine's files can be read");
    reader.schema().iter().map(|spec| json!([spec.name, arrow_type(spec), spec.nullable])).collect()
}

fn arrow_type(spec: &ColumnSpec) -> String {
    match spec.data_type {
        DataType::Text | DataType::Json => "string".into(),
        DataType::Double => "double".into(),
        DataType::Bool => "bool".into(),
        DataType::Timestamp if spec.timezone => "timestamp[us, tz=UTC]".into(),
        DataType::Timestamp => "timestamp[us]".into(),
        DataType::Date => "date32[day]".into(),
        DataType::Time => "time64[us]".into(),
        DataType::Binary => "binary".into(),
        DataType::Bigint => format!("int{}", spec.precision.unwrap_or(64)),
        DataType::Wei => "decimal256(76, 0)".into(),
        DataType::Decimal => format!("decimal128({}, {})", spec.precision.unwrap_or(38), decimal_scale(spec)),
    }
}
