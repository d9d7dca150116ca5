//! What must hold for a lake at any moment, whatever failed, died or overlapped, in words. The tests' data say which state
//! of the gateway they are from: every row of a `replace` table has a column `v`.

use super::store::Memory;
use super::world::block_on;
use gatelake::lake::manifest::{Manifest, Pointer, decode};
use gatelake::lake::{Disposition, Paths, Reader};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every row of a table, as JSON text.
pub type Rows = BTreeMap<String, Vec<String>>;

/// Checks all of them, for what readers see now and for everything they ever saw.
pub fn check(memory: &Memory, paths: &Paths) {
    write_once(memory, paths);
    no_going_back(memory, paths);
    let snapshots = published(memory, paths);
    for manifest in &snapshots {
        no_loss(memory, paths, manifest);
        no_mixture(memory, paths, manifest);
        no_orphans(memory, paths, manifest);
    }
    appended_rows_stay(memory, paths, &snapshots);
    readers_find_all(memory, paths, &snapshots);
}

/// Every value that the pointer ever had.
fn pointers(memory: &Memory, paths: &Paths) -> Vec<Pointer> {
    let history = memory.history.borrow();
    let values = history.iter().filter(|(key, _)| *key == paths.pointer());
    values.map(|(key, bytes)| decode(key, bytes).unwrap()).collect()
}

/// Every snapshot that readers ever saw, oldest first.
pub fn published(memory: &Memory, paths: &Paths) -> Vec<Manifest> {
    let manifest = |pointer: Pointer| {
        let key = paths.key(&pointer.manifest);
        let bytes = memory.bytes(&key).unwrap_or_else(|| panic!("a published manifest is gone: {key}"));
        assert_eq!(gatelake::lake::paths::sha256(&bytes), pointer.sha256, "the pointer has another checksum: {key}");
        decode(&key, &bytes).unwrap()
    };
    pointers(memory, paths).into_iter().map(manifest).collect()
}

/// No object but the pointer ever got other bytes.
fn write_once(memory: &Memory, paths: &Paths) {
    let mut first: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for (key, bytes) in memory.history.borrow().iter().filter(|(key, _)| *key != paths.pointer()) {
        let before = first.entry(key.clone()).or_insert_with(|| bytes.clone());
        assert_eq!(before, bytes, "{key} was written twice");
    }
}

/// The pointer's scheduled time only ever rose.
fn no_going_back(memory: &Memory, paths: &Paths) {
    let pointers = pointers(memory, paths);
    for pair in pointers.windows(2) {
        assert!(pair[0].scheduled_time < pair[1].scheduled_time, "{:?} went back to {:?}", pair[0], pair[1]);
    }
}

/// Every file that a published snapshot names is there, as it was written, with the rows and bytes that are said of it.
fn no_loss(memory: &Memory, paths: &Paths, manifest: &Manifest) {
    for table in &manifest.tables {
        assert!(!table.files.is_empty(), "{} cannot be read", table.schema.name);
        assert_eq!(table.rows, table.files.iter().map(|file| file.rows).sum::<u64>());
        assert_eq!(table.bytes, table.files.iter().map(|file| file.bytes).sum::<u64>());
        let names: BTreeSet<&str> = table.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names.len(), table.files.len(), "{} names a file twice", table.schema.name);
        for file in &table.files {
            let bytes = memory.bytes(&paths.key(&file.path)).unwrap_or_else(|| panic!("{} is gone", file.path));
            assert_eq!(gatelake::lake::paths::sha256(&bytes), file.sha256, "{}", file.path);
            assert_eq!(bytes.len() as u64, file.bytes, "{}", file.path);
            let parquet = gatelake::parquet::Reader::open(&bytes).unwrap();
            assert_eq!(parquet.rows(), file.rows, "{}", file.path);
            let columns: Vec<&str> = parquet.schema().iter().map(|column| column.name.as_str()).collect();
            assert_eq!(columns.len(), file.columns as usize, "{}", file.path);
            let table_columns: Vec<&str> = table.columns().map(|column| column.name.as_str()).collect();
            assert!(table_columns.starts_with(&columns), "{}: {columns:?} in {table_columns:?}", file.path);
        }
    }
}

/// All `replace` tables that are not marked stale are of one state of the gateway.
fn no_mixture(memory: &Memory, paths: &Paths, manifest: &Manifest) {
    let mut states = BTreeSet::new();
    for table in &manifest.tables {
        if table.resource.is_some() && table.disposition == Disposition::Replace && table.freshness.stale.is_none() {
            let rows = rows(memory, paths, manifest, &table.schema.name);
            let state = |row: &String| serde_json::from_str::<Value>(row).unwrap()["v"].as_i64();
            states.extend(rows.iter().filter_map(state));
        }
    }
    assert!(states.len() <= 1, "snapshot {} mixes states {states:?}", manifest.snapshot);
}

/// Every row of a child table hangs from a row of its parent table.
fn no_orphans(memory: &Memory, paths: &Paths, manifest: &Manifest) {
    for table in &manifest.tables {
        let Some(parent) = &table.schema.parent else { continue };
        let ids = |table: &str, column: &str| -> BTreeSet<String> {
            let rows = rows(memory, paths, manifest, table);
            rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap()[column].to_string()).collect()
        };
        let (parents, children) = (ids(parent, "_dlt_id"), ids(&table.schema.name, "_dlt_parent_id"));
        assert!(children.is_subset(&parents), "{} has rows without a parent", table.schema.name);
    }
}

/// Every load that was published has one row in `_dlt_loads`, in order; the rows that a load appended are there once, and in
/// every later snapshot.
fn appended_rows_stay(memory: &Memory, paths: &Paths, snapshots: &[Manifest]) {
    let loads: Vec<&str> = snapshots.iter().map(|manifest| manifest.snapshot.as_str()).collect();
    for (number, manifest) in snapshots.iter().enumerate() {
        let rows_of = |name: &str| rows(memory, paths, manifest, name);
        let field = |row: &String, name: &str| serde_json::from_str::<Value>(row).unwrap()[name].clone();
        let told: Vec<Value> = rows_of("_dlt_loads").iter().map(|row| field(row, "load_id")).collect();
        assert_eq!(told, loads[..=number], "snapshot {}", manifest.snapshot);
        for table in manifest.tables.iter().filter(|table| table.disposition == Disposition::Append) {
            let name = &table.schema.name;
            let now = rows_of(name);
            let before = number.checked_sub(1).and_then(|before| snapshots[before].table(name).map(|_| before));
            if let Some(before) = before {
                let before = rows(memory, paths, &snapshots[before], name);
                assert!(now.len() >= before.len(), "{name} lost rows in {}", manifest.snapshot);
            }
            let ids: Vec<Value> = now.iter().map(|row| field(row, "_dlt_id")).filter(Value::is_string).collect();
            let once: BTreeSet<String> = ids.iter().map(Value::to_string).collect();
            assert_eq!(ids.len(), once.len(), "{name} has rows twice in {}", manifest.snapshot);
        }
    }
}

/// The readers' side tells the same history.
fn readers_find_all(memory: &Memory, paths: &Paths, snapshots: &[Manifest]) {
    let reader = Reader::new(memory, paths);
    let listed = block_on(reader.snapshots(|_| true, 1000)).unwrap();
    let listed: Vec<&str> = listed.iter().rev().map(|one| one.snapshot.as_str()).collect();
    let loads: Vec<&str> = snapshots.iter().map(|manifest| manifest.snapshot.as_str()).collect();
    assert_eq!(listed, loads);
    let current = block_on(reader.current()).unwrap().map(|current| current.manifest);
    assert_eq!(current.as_ref(), snapshots.last());
}

/// A table's rows in a snapshot.
pub fn rows(memory: &Memory, paths: &Paths, manifest: &Manifest, table: &str) -> Vec<String> {
    let table = manifest.table(table).unwrap_or_else(|| panic!("no table {table}"));
    block_on(Reader::new(memory, paths).rows(table, 0, usize::MAX)).unwrap()
}

/// All rows that came from the gateway, of the current snapshot.
pub fn content(memory: &Memory, paths: &Paths) -> Rows {
    let Some(manifest) = published(memory, paths).pop() else { return Rows::new() };
    let names = manifest.tables.iter().filter(|table| table.resource.is_some()).map(|table| &table.schema.name);
    names.map(|name| (name.clone(), rows(memory, paths, &manifest, name))).collect()
}
