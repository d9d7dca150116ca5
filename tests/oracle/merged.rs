//! The order of rows that were merged: no database promises one, so they stand in that of what they hold.

use super::case::{Outcome, load_id};
use gatelake::normalize::schema::TableSchema;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Row = Map<String, Value>;

/// Every table's rows, by name.
pub type Rows = BTreeMap<String, Vec<Row>>;

/// Columns that say when a version is valid.
fn is_validity(table: &TableSchema, name: &str) -> bool {
    table.columns.iter().any(|column| column.name == name && (column.valid_from || column.valid_to))
}

/// Puts the rows of root tables into order: by their values, then their load, then all that hangs from them.
pub fn order(outcome: &Outcome, rows: &mut Rows) {
    for table in outcome.schema.tables.iter().filter(|table| table.parent.is_none()) {
        let Some(mut own) = rows.remove(&table.name) else { continue };
        own.sort_by_cached_key(|row| {
            let tree = tree(outcome, rows, table, row);
            let load = (0..100).find(|ordinal| row.get("_dlt_load_id") == Some(&Value::from(load_id(*ordinal))));
            (dump(&tree["v"]), load, dump(&tree))
        });
        rows.insert(table.name.clone(), own);
    }
}

/// A row's values, and below it those of its children.
fn tree(outcome: &Outcome, rows: &Rows, table: &TableSchema, row: &Row) -> Value {
    let values = row.iter().filter(|(name, _)| !name.starts_with("_dlt_") && !is_validity(table, name));
    let mut tree = Map::new();
    tree.insert("v".into(), Value::Object(values.map(|(name, value)| (name.clone(), value.clone())).collect()));
    for child in outcome.schema.tables.iter().filter(|child| child.parent.as_ref() == Some(&table.name)) {
        let own = rows.get(&child.name).into_iter().flatten();
        let mut own: Vec<&Row> = own.filter(|other| other.get("_dlt_parent_id") == row.get("_dlt_id")).collect();
        own.sort_by_key(|row| row["_dlt_list_idx"].as_i64());
        if !own.is_empty() {
            let below = own.into_iter().map(|row| self::tree(outcome, rows, child, row));
            tree.insert(child.name.clone(), below.collect());
        }
    }
    Value::Object(tree)
}

/// JSON as Python writes it, with sorted keys: the order was made from such texts.
fn dump(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(dump).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let sorted: BTreeMap<&String, &Value> = members.iter().collect();
            let members =
                sorted.into_iter().map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), dump(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        scalar => scalar.to_string(),
    }
}

/// Instants of validity by their rank among all: they are those of the run.
pub fn rank(outcome: &Outcome, rows: &mut Rows) {
    let mut stamps: Vec<String> = Vec::new();
    let each = |rows: &mut Rows, visit: &mut dyn FnMut(&mut Value)| {
        for table in &outcome.schema.tables {
            for row in rows.get_mut(&table.name).into_iter().flatten() {
                row.iter_mut().filter(|(name, _)| is_validity(table, name)).for_each(|(_, value)| visit(value));
            }
        }
    };
    // What stands for "still valid" is no instant of the run.
    let literal = |stamp: &str| stamp > "9001";
    each(rows, &mut |value| stamps.extend(value.as_str().filter(|stamp| !literal(stamp)).map(str::to_owned)));
    stamps.sort();
    stamps.dedup();
    each(rows, &mut |value| {
        let place = value.as_str().and_then(|stamp| stamps.iter().position(|other| other == stamp));
        if let Some(place) = place {
            *value = Value::from(format!("#{place}"));
        }
    });
}
