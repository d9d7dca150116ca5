//! What each published snapshot must hold, from what the gateway had at its hour and what the snapshot before held.

use super::gateway::State;
use crate::support::invariants::rows;
use crate::support::store::Memory;
use gatelake::lake::manifest::{Disposition, Manifest};
use gatelake::lake::Paths;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Rows by table, without what dlt adds and without nulls.
type Tables = BTreeMap<String, Vec<Value>>;

const RESOURCES: [&str; 3] = ["users", "folders", "cloud_connections"];

/// The history of one lake so far.
#[derive(Default)]
pub struct Model {
    /// By resource, of the last snapshot seen.
    now: BTreeMap<&'static str, Tables>,
    seen: usize,
}

impl Model {
    /// Compares snapshots that are new. `state`: what the gateway had for the run of a scheduled time.
    pub fn check(&mut self, memory: &Memory, paths: &Paths, snapshots: &[Manifest], state: impl Fn(i64) -> State) {
        for manifest in &snapshots[self.seen..] {
            for resource in RESOURCES {
                let root = manifest.table(resource);
                let stale = root.is_none_or(|root| root.freshness.stale.is_some());
                let now = self.now.entry(resource).or_default();
                if !stale {
                    let brought = brought(state(manifest.scheduled_time), resource);
                    match root.map(|root| root.disposition) {
                        Some(Disposition::Append) => {
                            brought.into_iter().for_each(|(table, rows)| now.entry(table).or_default().extend(rows));
                        }
                        _ => *now = brought,
                    }
                }
                now.retain(|_, rows| !rows.is_empty());
                let found = found(memory, paths, manifest, resource);
                assert_eq!(found, *now, "{resource} in snapshot {}, stale: {stale}", manifest.snapshot);
            }
        }
        self.seen = snapshots.len();
    }
}

/// What the records of a resource come to.
fn brought(state: State, resource: &str) -> Tables {
    let mut tables = Tables::new();
    for record in state.records(resource) {
        shred(&record, resource, &mut tables);
    }
    tables
}

fn shred(record: &Value, table: &str, tables: &mut Tables) {
    let mut row = Map::new();
    for (name, value) in record.as_object().unwrap() {
        match value {
            Value::Array(items) => items.iter().for_each(|item| shred(item, &format!("{table}__{name}"), tables)),
            plain => drop(row.insert(name.clone(), spelled(plain))),
        }
    }
    tables.entry(table.into()).or_default().push(ordered(row));
}

/// A field's column may be of another type than its value, by what came first.
fn spelled(value: &Value) -> Value {
    Value::from(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

fn ordered(row: Map<String, Value>) -> Value {
    let sorted: BTreeMap<String, Value> = row.into_iter().collect();
    sorted.into_iter().collect::<Map<_, _>>().into()
}

fn found(memory: &Memory, paths: &Paths, manifest: &Manifest, resource: &str) -> Tables {
    let mut tables = Tables::new();
    for table in manifest.of(resource) {
        let name = &table.schema.name;
        let row = |text: String| {
            let row: Map<String, Value> = serde_json::from_str(&text).unwrap();
            let told = row.into_iter().filter(|(name, value)| !name.starts_with("_dlt_") && !value.is_null());
            ordered(told.map(|(name, value)| (name.split("__v_").next().unwrap().into(), spelled(&value))).collect())
        };
        let rows: Vec<Value> = rows(memory, paths, manifest, name).into_iter().map(row).collect();
        if !rows.is_empty() {
            tables.insert(name.clone(), rows);
        }
    }
    tables
}
