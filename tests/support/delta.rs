//! What must hold of Delta logs and copies at any moment, read by the protocol alone: nothing here shares code with the writer.

use super::invariants::published;
use super::store::Memory;
use gatelake::lake::{Manifest, Paths, Table};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A version of a table's log.
pub struct Version {
    /// The snapshot that its commit names.
    pub snapshot: String,
    /// Names in the table's folder.
    pub files: BTreeSet<String>,
    /// Names and types of the columns.
    pub fields: Vec<(String, String)>,
}

/// All versions of a table's log, by replaying its commits.
pub fn versions(memory: &Memory, paths: &Paths, table: &str) -> Vec<Version> {
    let (mut versions, mut files, mut fields) = (Vec::new(), BTreeSet::new(), Vec::new());
    for number in 0.. {
        let Some(bytes) = memory.bytes(&paths.delta_commit(table, number)) else { break };
        let text = String::from_utf8(bytes).unwrap();
        let actions: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let of = |kind: &'static str| actions.iter().filter_map(move |action| action.get(kind));
        assert_eq!(of("protocol").count(), usize::from(number == 0), "{table} {number}");
        assert!(number > 0 || of("metaData").count() == 1, "{table} has no schema");
        for metadata in of("metaData") {
            let schema: Value = serde_json::from_str(metadata["schemaString"].as_str().unwrap()).unwrap();
            let field = |field: &Value| (text_of(&field["name"]), text_of(&field["type"]));
            fields = schema["fields"].as_array().unwrap().iter().map(field).collect();
        }
        for remove in of("remove") {
            assert!(remove["deletionTimestamp"].as_i64().is_some_and(|at| at > 0), "{remove}");
            assert!(files.remove(&text_of(&remove["path"])), "{table} {number} removes what is not there");
        }
        for add in of("add") {
            let key = paths.key(&format!("data/{table}/{}", text_of(&add["path"])));
            let size = memory.bytes(&key).unwrap_or_else(|| panic!("{key} is not there")).len();
            assert_eq!(add["size"], size, "{key}");
            assert!(files.insert(text_of(&add["path"])), "{table} {number} adds twice");
        }
        let snapshot = of("commitInfo").map(|info| text_of(&info["userMetadata"])).next().unwrap();
        assert_eq!(of("txn").map(|txn| txn["version"].as_i64()).collect::<Vec<_>>(), [scheduled(&snapshot)]);
        versions.push(Version { snapshot, files: files.clone(), fields: fields.clone() });
    }
    versions
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn scheduled(snapshot: &str) -> Option<i64> {
    gatelake::lake::paths::scheduled_time(snapshot)
}

/// Each version of each log is its table in the snapshot that it names, and later versions are of later snapshots.
pub fn check_logs(memory: &Memory, paths: &Paths) {
    let snapshots = published(memory, paths);
    for table in tables(&snapshots) {
        let versions = versions(memory, paths, table);
        for pair in versions.windows(2) {
            assert!(pair[0].snapshot < pair[1].snapshot, "{table} goes back");
        }
        for version in &versions {
            let manifest = snapshots.iter().find(|manifest| manifest.snapshot == version.snapshot);
            let state = manifest.unwrap_or_else(|| panic!("{table}: {} was never published", version.snapshot));
            assert_eq!(version.files, names(state.table(table)), "{table} in {}", version.snapshot);
            let columns = state.table(table).into_iter().flat_map(|table| table.columns());
            let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
            let fields: Vec<&str> = version.fields.iter().map(|(name, _)| name.as_str()).collect();
            assert!(state.table(table).is_none() || fields == columns, "{table}: {fields:?} for {columns:?}");
        }
    }
}

/// Every log has come to the current snapshot. `all`: with a version for every snapshot that changed its table.
pub fn caught_up(memory: &Memory, paths: &Paths, all: bool) {
    check_logs(memory, paths);
    let snapshots = published(memory, paths);
    for table in tables(&snapshots) {
        let mut changes: Vec<&str> = Vec::new();
        for (number, manifest) in snapshots.iter().enumerate() {
            let before = number.checked_sub(1).map(|number| names(snapshots[number].table(table)));
            let now = names(manifest.table(table));
            if before.unwrap_or_default() != now {
                changes.push(&manifest.snapshot);
            }
        }
        let versions = versions(memory, paths, table);
        let told: Vec<&str> = versions.iter().map(|version| version.snapshot.as_str()).collect();
        assert_eq!(told.last(), changes.last(), "{table}");
        assert!(!all || told == changes, "{table}: {told:?} of {changes:?}");
    }
}

/// The tables of one file have a copy of it, and no others have one.
pub fn copies_are_current(memory: &Memory, paths: &Paths) {
    let Some(now) = published(memory, paths).pop() else { return };
    let mut expected = BTreeMap::new();
    for table in now.tables.iter().filter(|table| table.files.len() == 1) {
        let bytes = memory.bytes(&paths.key(&table.files[0].path)).unwrap();
        expected.insert(paths.latest(&table.schema.name), bytes);
    }
    let folder = paths.key("latest/");
    let keys = memory.keys().into_iter().filter(|key| key.starts_with(&folder));
    let there: BTreeMap<String, Vec<u8>> = keys.map(|key| (key.clone(), memory.bytes(&key).unwrap())).collect();
    assert!(there == expected, "{:?} for {:?}", there.keys(), expected.keys());
}

fn tables(snapshots: &[Manifest]) -> BTreeSet<&str> {
    snapshots.iter().flat_map(|manifest| &manifest.tables).map(|table| table.schema.name.as_str()).collect()
}

fn names(table: Option<&Table>) -> BTreeSet<String> {
    let files = table.into_iter().flat_map(|table| &table.files);
    files.map(|file| file.path.rsplit('/').next().unwrap().to_owned()).collect()
}
