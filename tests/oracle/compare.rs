//! Where two canonical documents differ.

use serde_json::{Map, Value};

/// Every difference in what a port must match, as a path and what stood there. Versions and error messages may differ, and so
/// may how a root row got its id where dlt drew it by lot: ours can be computed again.
pub fn differences(expected: &Value, got: &Value) -> Vec<String> {
    let mut out = Vec::new();
    compare("", &comparable(expected), &comparable(got), &mut out);
    out
}

fn comparable(document: &Value) -> Value {
    let mut out = Map::new();
    let loads = document["loads"].as_array().into_iter().flatten().map(|load| {
        let kept = ["ordinal", "status", "rows"].map(|name| (name.to_owned(), load[name].clone()));
        Value::Object(Map::from_iter(kept))
    });
    out.insert("loads".into(), loads.collect());
    out.insert("row_order".into(), document["row_order"].clone());
    let mut tables = document["tables"].clone();
    // dlt keeps a column whose name is empty in its schema and in no file; we keep none.
    for table in tables.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(columns) = table["columns"].as_array_mut() {
            columns.retain(|column| column["name"] != "");
        }
    }
    out.insert("tables".into(), tables);
    out.insert("parquet".into(), document["parquet"]["tables"].clone());
    Value::Object(out)
}

fn compare(path: &str, expected: &Value, got: &Value, out: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (name, value) in expected {
                match got.get(name) {
                    Some(other) => compare(&format!("{path}/{name}"), value, other, out),
                    None => out.push(format!("{path}/{name}: {value} is missing")),
                }
            }
            for (name, value) in got.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                out.push(format!("{path}/{name}: {value} is not expected"));
            }
        }
        (Value::Array(expected), Value::Array(got)) => {
            if expected.len() != got.len() {
                out.push(format!("{path}: {} expected, got {}", expected.len(), got.len()));
            }
            for (index, (value, other)) in expected.iter().zip(got).enumerate() {
                compare(&format!("{path}[{index}]"), value, other, out);
            }
        }
        _ if expected == got => {}
        _ => out.push(format!("{path}: expected {expected}, got {got}")),
    }
}

/// `patch` over `document`: objects are merged, everything else takes the place of what was there.
pub fn patch(document: &mut Value, patch: &Value) {
    match (document, patch) {
        (Value::Object(document), Value::Object(members)) => {
            for (name, value) in members {
                self::patch(document.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (document, value) => *document = value.clone(),
    }
}
