//! What a row is, where rows are versions (`scd2`): dlt's hash of the whole record, as it came.
//!
//! A hash of a secret is a way to guess it, so what would not be stored is not hashed either: `"***"` stands in its place. The hash
//! of a record that holds no secret is dlt's to the letter.

use super::hash::{DLT_PREFIX, content_hash, text_hash};
use super::names::Naming;
use super::thorough::Secrets;
use crate::json::compact::{self, Redact};
use crate::json::scan::{Scan, byte, skip_value};
use serde_json::{Map, Value};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

pub struct Versions {
    table: String,
    /// Columns that the configuration takes out, as `table.column`.
    redacted: BTreeSet<String>,
    names: Names,
}

impl Versions {
    pub fn new(table: &str, redacted: &[String]) -> Versions {
        let redacted = redacted.iter().cloned().collect();
        Versions { table: table.to_owned(), redacted, names: Names::default() }
    }

    /// Of the record at `at`, which need not be whole yet.
    pub fn hash(&self, b: &[u8], at: usize, naming: &Naming) -> Scan<String> {
        skip_value(b, at, 0)?;
        let mut text = String::new();
        if byte(b, at) == b'{' {
            compact::push_object(&mut text, b, at, &self.names, &mut 0, &|name| !name.starts_with(DLT_PREFIX))?;
        } else {
            text.push_str("{\"value\":");
            compact::push_value(&mut text, b, at, &self.names, &mut 0)?;
            text.push('}');
        }
        if self.redacted.is_empty() {
            return Ok(text_hash(&text));
        }
        let mut value: Value = serde_json::from_str(&text).unwrap_or_default();
        self.redact(&mut value, &[&self.table], &mut Vec::new(), naming);
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

/// [`Secrets`], which remembers what it thinks of names: records have the same ones.
#[derive(Default)]
struct Names(RefCell<BTreeMap<String, bool>>);

/// So many names are remembered at most: they may be data, too.
const REMEMBERED: usize = 1000;

impl Redact for Names {
    fn canonical(&self) -> bool {
        true
    }

    fn key(&self, name: &str) -> bool {
        if let Some(known) = self.0.borrow().get(name) {
            return *known;
        }
        let secret = Secrets.key(name);
        let mut known = self.0.borrow_mut();
        if known.len() < REMEMBERED {
            known.insert(name.to_owned(), secret);
        }
        secret
    }

    fn text(&self, value: &str) -> bool {
        Secrets.text(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_that_is_hashed_is_that_of_the_value() {
        for (record, secrets) in [
            (
                r#"{"b": 1, "a": {"d": [1, {"z": 1, "y": null}], "c": true}, "_dlt_load_id": "x", "nested": {"_dlt_id": 1}}"#,
                "",
            ),
            (
                r#"{"a": 1, "c": 2, "a": 3, "\u0061": 4, "b": 0, "e": 1e2, "f": 12345678901234567890123, "g": -1.50}"#,
                "",
            ),
            (
                r#"{"t": "line\nbreak \u0001 \u00e9 \"q\" \\ /", "u": 18446744073709551615, "v": -9223372036854775808}"#,
                "",
            ),
            (r#"{"user": "ada", "password": "hunter2", "deep": [{"secretKey": {"x": 1}}]}"#, "password secretKey"),
            ("{}", ""),
        ] {
            let mut value: Value = serde_json::from_str(record).unwrap();
            for name in secrets.split_whitespace() {
                let secret = if name == "password" { value.get_mut(name) } else { value["deep"][0].get_mut(name) };
                *secret.unwrap() = "***".into();
            }
            let hash = Versions::new("users", &[]).hash(record.as_bytes(), 0, &Naming::new("snake_case", 0).unwrap());
            assert_eq!(hash.unwrap(), content_hash(value.as_object().unwrap()), "{record}");
            // Taking out what is not there changes nothing, and is the other way to the hash.
            let hash = Versions::new("users", &["users.none".into()]).hash(
                record.as_bytes(),
                0,
                &Naming::new("snake_case", 0).unwrap(),
            );
            assert_eq!(hash.unwrap(), content_hash(value.as_object().unwrap()), "{record}");
        }
    }
}
