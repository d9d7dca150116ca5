//! What a row is, where rows are versions (`scd2`): dlt's hash of the whole record, as it came.
//!
//! A hash of a secret is a way to guess it, so what would not be stored is not hashed either: `"***"` stands in its place. The hash
//! of a record that holds no secret is dlt's to the letter.

use super::hash::content_hash;
use super::names::Naming;
use super::thorough::Secrets;
use crate::json::compact;
use crate::json::scan::{Scan, byte, skip_value};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub struct Versions {
    table: String,
    /// Columns that the configuration takes out, as `table.column`.
    redacted: BTreeSet<String>,
}

impl Versions {
    pub fn new(table: &str, redacted: &[String]) -> Versions {
        Versions { table: table.to_owned(), redacted: redacted.iter().cloned().collect() }
    }

    /// Of the record at `at`, which need not be whole yet.
    pub fn hash(&self, b: &[u8], at: usize, naming: &Naming) -> Scan<String> {
        skip_value(b, at, 0)?;
        let mut text = String::new();
        compact::push_value(&mut text, b, at, &Secrets, &mut 0)?;
        let mut value: Value = serde_json::from_str(&text).unwrap_or_default();
        if byte(b, at) != b'{' {
            value = Value::Object(Map::from_iter([("value".to_owned(), value)]));
        }
        if !self.redacted.is_empty() {
            self.redact(&mut value, &[&self.table], &mut Vec::new(), naming);
        }
        Ok(content_hash(value.as_object().unwrap_or(&Map::new())))
    }

    /// Takes out the columns of a row: `table` and `path` are the normalized names down to its table, and from there to the value.
    fn redact(&self, value: &mut Value, table: &[&str], path: &mut Vec<String>, naming: &Naming) {
        let taken_out = |path: &[String]| {
            let parts: Vec<&str> = path.iter().map(String::as_str).collect();
            self.redacted.contains(&format!("{}.{}", naming.join(table), naming.join(&parts)))
        };
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    path.push(naming.column(name));
                    self.redact(value, table, path, naming);
                    path.pop();
                }
            }
            Value::Array(items) => {
                let below: Vec<&str> = table.iter().copied().chain(path.iter().map(String::as_str)).collect();
                for item in items {
                    let mut inner = Vec::new();
                    if !item.is_object() {
                        inner.push("value".to_owned());
                    }
                    self.redact(item, &below, &mut inner, naming);
                }
            }
            scalar if taken_out(path) => *scalar = Value::from("***"),
            _ => {}
        }
    }
}
