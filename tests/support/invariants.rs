//! What must hold for a lake at any moment, whatever failed, died or overlapped, in words. The tests' data say which state
//! of the gateway they are from: every row of a `replace` table that may change has a column `v`.

use super::store::{Archive, Memory};
use super::world::block_on;
use gatelake::lake::manifest::{Manifest, Pointer, decode};
use gatelake::lake::paths::{Kept, is_mutable, sha256};
use gatelake::lake::{Disposition, Paths, Reader};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Every row of a table, as JSON text.
pub type Rows = BTreeMap<String, Vec<String>>;

/// Checks all of them, for what readers see now and for everything they ever saw.
pub fn check(memory: &Memory, paths: &Paths) {
    Watch::default().check(memory, paths);
}

/// Looks at one lake again and again. What can change no more is looked at once.
#[derive(Default)]
pub struct Watch {
    /// Published snapshots that were found sound.
    sound: usize,
}

impl Watch {
    /// Checks all invariants. The answer: every snapshot that readers ever saw, oldest first, and how many of them are gone.
    pub fn check(&mut self, memory: &Memory, paths: &Paths) -> (Vec<Manifest>, usize) {
        write_once(memory);
        no_going_back(memory, paths);
        let snapshots = published(memory, paths);
        for (number, manifest) in snapshots.iter().enumerate().skip(self.sound) {
            sound_files(memory, paths, manifest);
            no_mixture(memory, paths, manifest);
            no_orphans(memory, paths, manifest);
            appended_rows_stay(memory, paths, &snapshots, number);
        }
        self.sound = snapshots.len();
        let gone = snapshots.len() - kept(memory, paths, &snapshots).len();
        for manifest in &snapshots[gone..] {
            no_loss(memory, paths, manifest);
        }
        readers_find_what_is_kept(memory, paths, &snapshots[gone..]);
        (snapshots, gone)
    }
}

/// Every value that the pointer ever had.
fn pointers(memory: &Memory, paths: &Paths) -> Vec<Pointer> {
    let (history, key) = (memory.history.borrow(), paths.pointer());
    history.iter().filter(|(one, _)| *one == key).map(|(key, bytes)| decode(key, bytes).unwrap()).collect()
}

/// Every snapshot that readers ever saw, oldest first, those that were collected since included.
pub fn published(memory: &Memory, paths: &Paths) -> Vec<Manifest> {
    let mut pointers = pointers(memory, paths);
    // A collection says what it does in the same object.
    pointers.dedup_by(|one, before| one.manifest == before.manifest);
    let manifest = |pointer: Pointer| {
        let key = paths.key(&pointer.manifest);
        let bytes = memory.ever(&key).unwrap_or_else(|| panic!("the pointer came before its manifest: {key}"));
        assert_eq!(sha256(&bytes), pointer.sha256, "the pointer has another checksum: {key}");
        decode(&key, &bytes).unwrap()
    };
    pointers.into_iter().map(manifest).collect()
}

/// Those of them that the pointer says are kept.
pub fn kept<'m>(memory: &Memory, paths: &Paths, snapshots: &'m [Manifest]) -> &'m [Manifest] {
    let Some(pointer) = pointers(memory, paths).pop() else { return snapshots };
    let gone = snapshots.iter().take_while(|one| !pointer.keeps(&one.snapshot)).count();
    &snapshots[gone..]
}

/// No object but those that are there to change ever got other bytes.
fn write_once(memory: &Memory) {
    let history = memory.history.borrow();
    let mut first: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for (key, bytes) in history.iter().filter(|(key, _)| !is_mutable(key)) {
        let before = first.entry(key).or_insert(bytes);
        assert_eq!(*before, &**bytes, "{key} was written twice");
    }
}

/// **No going back.** The pointer's scheduled time only ever rose, and so did what it says of collections; one that moved to a
/// new snapshot was not closed to its time.
fn no_going_back(memory: &Memory, paths: &Paths) {
    for pair in pointers(memory, paths).windows(2) {
        let [before, after] = pair else { continue };
        let moved = before.manifest != after.manifest;
        let forward = before.closed_until() < after.scheduled_time || !moved;
        let told = before.fence <= after.fence && before.oldest <= after.oldest;
        assert!(forward && told, "{before:?} went back to {after:?}");
    }
}

/// Every file has the bytes, rows and columns that are said of it.
fn sound_files(memory: &Memory, paths: &Paths, manifest: &Manifest) {
    for table in &manifest.tables {
        assert!(!table.files.is_empty(), "{} cannot be read", table.schema.name);
        assert_eq!(table.rows, table.files.iter().map(|file| file.rows).sum::<u64>());
        assert_eq!(table.bytes, table.files.iter().map(|file| file.bytes).sum::<u64>());
        let names: BTreeSet<&str> = table.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names.len(), table.files.len(), "{} names a file twice", table.schema.name);
        for file in &table.files {
            let bytes = memory.ever(&paths.key(&file.path)).unwrap_or_else(|| panic!("{} never was", file.path));
            assert_eq!(sha256(&bytes), file.sha256, "{}", file.path);
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

/// **No loss.** Everything that a kept snapshot names is there: no collection removes it, and nothing is named that was not put.
fn no_loss(memory: &Memory, paths: &Paths, manifest: &Manifest) {
    for file in manifest.tables.iter().flat_map(|table| &table.files) {
        let there = memory.has(&paths.key(&file.path));
        assert!(there, "{} is gone, and snapshot {} names it", file.path, manifest.snapshot);
    }
}

/// **No mixture.** All `replace` tables that are not marked stale are of one state of the gateway.
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

/// **No orphan.** Every row of a child table hangs from a row of its parent table.
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
fn appended_rows_stay(memory: &Memory, paths: &Paths, snapshots: &[Manifest], number: usize) {
    let manifest = &snapshots[number];
    let loads: Vec<&str> = snapshots[..=number].iter().map(|manifest| manifest.snapshot.as_str()).collect();
    let rows_of = |name: &str| rows(memory, paths, manifest, name);
    let field = |row: &String, name: &str| serde_json::from_str::<Value>(row).unwrap()[name].clone();
    let told: Vec<Value> = rows_of("_dlt_loads").iter().map(|row| field(row, "load_id")).collect();
    assert_eq!(told, loads, "snapshot {}", manifest.snapshot);
    for table in manifest.tables.iter().filter(|table| table.disposition == Disposition::Append) {
        let name = &table.schema.name;
        let now = rows_of(name);
        let before = number.checked_sub(1).map(|before| &snapshots[before]);
        if let Some(before) = before.filter(|before| before.table(name).is_some()) {
            let before = rows(memory, paths, before, name);
            assert!(now.len() >= before.len(), "{name} lost rows in {}", manifest.snapshot);
        }
        let ids: Vec<Value> = now.iter().map(|row| field(row, "_dlt_id")).filter(Value::is_string).collect();
        let once: BTreeSet<String> = ids.iter().map(Value::to_string).collect();
        assert_eq!(ids.len(), once.len(), "{name} has rows twice in {}", manifest.snapshot);
    }
}

/// The readers' side tells the same history, as far as it is kept.
fn readers_find_what_is_kept(memory: &Memory, paths: &Paths, kept: &[Manifest]) {
    let reader = Reader::new(memory, paths);
    let listed = block_on(reader.snapshots(|_| true, 1000)).unwrap();
    let listed: Vec<&str> = listed.iter().rev().map(|one| one.snapshot.as_str()).collect();
    let loads: Vec<&str> = kept.iter().map(|manifest| manifest.snapshot.as_str()).collect();
    assert_eq!(listed, loads);
    let current = block_on(reader.current()).unwrap().map(|current| current.manifest);
    assert_eq!(current.as_ref(), kept.last());
}

/// **No litter.** After a collection that had nothing to wait for, every object of the lake's own is named by a kept snapshot, or
/// is the record of a run.
pub fn no_litter(memory: &Memory, paths: &Paths) {
    let snapshots = published(memory, paths);
    let mut named = BTreeSet::new();
    for manifest in kept(memory, paths, &snapshots) {
        named.extend(manifest.tables.iter().flat_map(|table| &table.files).map(|file| file.path.as_str()));
    }
    let pointed: BTreeSet<String> = pointers(memory, paths).into_iter().map(|pointer| pointer.manifest).collect();
    for key in memory.keys() {
        match paths.kind(&key) {
            Some(Kept::Data { path, .. }) => assert!(named.contains(path), "{path} is named by nothing"),
            Some(Kept::Manifest { path, .. }) => assert!(pointed.contains(path), "{path} was never published"),
            Some(Kept::Run { .. }) => {}
            None => assert!(is_mutable(&key), "{key} is nothing of the lake's"),
        }
    }
}

/// A table's rows in a snapshot, which may be gone by now.
pub fn rows(memory: &Memory, paths: &Paths, manifest: &Manifest, table: &str) -> Vec<String> {
    let table = manifest.table(table).unwrap_or_else(|| panic!("no table {table}"));
    block_on(Reader::new(&Archive(memory), paths).rows(table, 0, usize::MAX)).unwrap()
}

/// All rows that came from the gateway, of the current snapshot.
pub fn content(memory: &Memory, paths: &Paths) -> Rows {
    let Some(manifest) = published(memory, paths).pop() else { return Rows::new() };
    let names = manifest.tables.iter().filter(|table| table.resource.is_some()).map(|table| &table.schema.name);
    names.map(|name| (name.clone(), rows(memory, paths, &manifest, name))).collect()
}
