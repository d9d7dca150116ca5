//! What each published snapshot must hold, from what the gateway had at its hour and what the snapshot before held.

use super::gateway::State;
use crate::support::invariants::Snapshot;
use gatelake::lake::manifest::Disposition;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Rows by table, without what dlt adds and without nulls.
type Tables = BTreeMap<String, Vec<Value>>;

const RESOURCES: [&str; 4] = ["users", "folders", "cloud_connections", "diagnostics"];

/// The history of one lake so far.
#[derive(Default)]
pub struct Model {
    /// By resource, of the last snapshot seen.
    now: BTreeMap<&'static str, Tables>,
    seen: usize,
}

impl Model {
    /// Compares snapshots that are new. `state`: what the gateway had for the run of a scheduled time.
    pub fn check(&mut self, snapshots: &[Snapshot], state: impl Fn(i64) -> State) {
        for snapshot in &snapshots[self.seen..] {
            let manifest = &snapshot.manifest;
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
                        Some(Disposition::Merge) => merge(now, brought, resource),
                        _ => *now = brought,
                    }
                }
                now.retain(|_, rows| !rows.is_empty());
                let found = found(snapshot, resource);
                assert_eq!(found, *now, "{resource} in snapshot {}, stale: {stale}", manifest.snapshot);
            }
        }
        self.seen = snapshots.len();
    }
}

/// The rows of the keys that came, and what hangs from them, give way. Rows below name theirs in `of`.
fn merge(now: &mut Tables, brought: Tables, root: &str) {
    let keys: Vec<Value> = brought.get(root).into_iter().flatten().map(|row| row["id"].clone()).collect();
    for (table, rows) in &mut *now {
        let key = if table == root { "id" } else { "of" };
        rows.retain(|row| !keys.contains(&row[key]));
    }
    brought.into_iter().for_each(|(table, rows)| now.entry(table).or_default().extend(rows));
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

fn found(snapshot: &Snapshot, resource: &str) -> Tables {
    let mut tables = Tables::new();
    for table in snapshot.manifest.of(resource) {
        let row = |row: &Value| {
            let row = row.as_object().unwrap();
            let told = row.iter().filter(|(name, value)| !name.starts_with("_dlt_") && !value.is_null());
            ordered(told.map(|(name, value)| (name.split("__v_").next().unwrap().into(), spelled(value))).collect())
        };
        let rows: Vec<Value> = snapshot.rows[&table.schema.name].iter().map(row).collect();
        if !rows.is_empty() {
            tables.insert(table.schema.name.clone(), rows);
        }
    }
    tables
}
