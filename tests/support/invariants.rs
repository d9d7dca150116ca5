//! What must hold for a lake at any moment, whatever failed, died or overlapped, in words. The tests' data say which state
//! of the gateway they are from: every row of a `replace` table that may change has a column `v`.

use super::store::{Archive, Memory};
use super::world::block_on;
use gatelake::lake::derived::Derived;
use gatelake::lake::manifest::{Manifest, Pointer, Table, decode};
use gatelake::lake::paths::{Kept, is_mutable, sha256};
use gatelake::lake::{Disposition, Paths, Reader};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Every row of a table, as JSON text.
pub type Rows = BTreeMap<String, Vec<String>>;

/// Checks all of them, for what readers see now and for everything they ever saw.
pub fn check(memory: &Memory, paths: &Paths) {
    Watch::default().check(memory, paths);
}

/// Looks at one lake again and again. What can change no more is looked at once.
#[derive(Default)]
pub struct Watch {
    /// Puts that were looked at.
    looked: usize,
    pointers: Vec<Pointer>,
    /// Every snapshot that readers ever saw, oldest first, those that were collected since included.
    pub snapshots: Vec<Snapshot>,
    /// By the paths of a table's files: their rows.
    read: BTreeMap<Vec<String>, Rc<Vec<Value>>>,
    /// Files that are as is said of them.
    sound: BTreeSet<String>,
}

/// A published snapshot with all that is in it, but for the lake's documents of its schema.
pub struct Snapshot {
    /// Where its manifest lies.
    path: String,
    pub manifest: Manifest,
    pub rows: BTreeMap<String, Rc<Vec<Value>>>,
}

impl Watch {
    pub fn check(&mut self, memory: &Memory, paths: &Paths) {
        let rewritten = memory.rewritten.borrow();
        let wrong = rewritten.iter().find(|key| !is_mutable(key));
        assert_eq!(wrong, None, "no object but those that are there to change ever gets other bytes");
        let (before, known) = (self.pointers.len(), self.snapshots.len());
        self.pointers.extend(pointers(memory, paths, self.looked));
        self.looked = memory.history.borrow().len();
        no_going_back(&self.pointers[before.saturating_sub(1)..]);
        let mut last = self.snapshots.last().map(|last| last.manifest.snapshot.clone());
        for pointer in &self.pointers[before..] {
            // A collection says what it does in the same object.
            if last.replace(pointer.snapshot.clone()).as_ref() != Some(&pointer.snapshot) {
                let manifest = manifest(memory, paths, pointer);
                sound_files(memory, paths, &manifest, &mut self.sound);
                let rows = rows_of_all(memory, paths, &manifest, &mut self.read);
                self.snapshots.push(Snapshot { path: pointer.manifest.clone(), manifest, rows });
            }
        }
        for number in known..self.snapshots.len() {
            no_mixture(&self.snapshots[number]);
            no_orphans(&self.snapshots[number]);
            appended_rows_stay(&self.snapshots, number);
        }
        self.kept().iter().for_each(|snapshot| no_loss(memory, paths, snapshot));
        if before < self.pointers.len() || known == 0 {
            readers_find_what_is_kept(memory, paths, self.kept());
        }
    }

    /// The published snapshots that the pointer says are kept.
    pub fn kept(&self) -> &[Snapshot] {
        let Some(pointer) = self.pointers.last() else { return &[] };
        let gone = self.snapshots.iter().take_while(|one| !pointer.keeps(&one.manifest.snapshot)).count();
        &self.snapshots[gone..]
    }

    /// The pointer as it is.
    pub fn pointer(&self) -> Option<&Pointer> {
        self.pointers.last()
    }

    /// **No litter.** After a collection that had nothing to wait for, every object of the lake's own is named by a kept snapshot,
    /// or is the record of a run.
    pub fn no_litter(&self, memory: &Memory, paths: &Paths) {
        let tables = self.kept().iter().flat_map(|one| &one.manifest.tables);
        let mut named: BTreeSet<String> = tables.flat_map(|table| &table.files).map(|file| file.path.clone()).collect();
        named.extend(needed_by_logs(memory, paths));
        let pointed: BTreeSet<&str> = self.kept().iter().map(|one| one.path.as_str()).collect();
        for key in memory.keys() {
            match paths.kind(&key) {
                Some(Kept::Data { path, .. }) => assert!(named.contains(path), "{path} is named by nothing"),
                Some(Kept::Manifest { path, .. }) => assert!(pointed.contains(path), "{path} is not kept"),
                Some(Kept::Run { .. }) => {}
                None => assert!(is_mutable(&key) || key.contains("/_delta_log/"), "{key} is nothing of the lake's"),
            }
        }
    }
}

/// Every value that the pointer had, from that put of the store on.
fn pointers(memory: &Memory, paths: &Paths, from: usize) -> Vec<Pointer> {
    let (history, key) = (memory.history.borrow(), paths.pointer());
    history[from..].iter().filter(|(one, _)| *one == key).map(|(key, bytes)| decode(key, bytes).unwrap()).collect()
}

fn manifest(memory: &Memory, paths: &Paths, pointer: &Pointer) -> Manifest {
    let key = paths.key(&pointer.manifest);
    let bytes = memory.ever(&key).unwrap_or_else(|| panic!("the pointer came before its manifest: {key}"));
    assert_eq!(sha256(&bytes), pointer.sha256, "the pointer has another checksum: {key}");
    decode(&key, &bytes).unwrap()
}

/// Every snapshot that readers ever saw, oldest first, those that were collected since included.
pub fn published(memory: &Memory, paths: &Paths) -> Vec<Manifest> {
    let mut pointers = pointers(memory, paths, 0);
    pointers.dedup_by(|one, before| one.manifest == before.manifest);
    pointers.iter().map(|pointer| manifest(memory, paths, pointer)).collect()
}

/// **No going back.** The pointer's scheduled time only ever rose, and so did what it says of collections; one that moved to a
/// new snapshot was not closed to its time.
fn no_going_back(pointers: &[Pointer]) {
    for pair in pointers.windows(2) {
        let [before, after] = pair else { continue };
        let moved = before.manifest != after.manifest;
        let forward = before.closed_until() < after.scheduled_time || !moved;
        let told = before.fence <= after.fence && before.oldest <= after.oldest;
        assert!(forward && told, "{before:?} went back to {after:?}");
    }
}

/// Every file has the bytes, rows and columns that are said of it.
fn sound_files(memory: &Memory, paths: &Paths, manifest: &Manifest, sound: &mut BTreeSet<String>) {
    for table in &manifest.tables {
        assert!(!table.files.is_empty(), "{} cannot be read", table.schema.name);
        assert_eq!(table.rows, table.files.iter().map(|file| file.rows).sum::<u64>());
        assert_eq!(table.bytes, table.files.iter().map(|file| file.bytes).sum::<u64>());
        let names: BTreeSet<&str> = table.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(names.len(), table.files.len(), "{} names a file twice", table.schema.name);
        for file in table.files.iter().filter(|file| sound.insert(format!("{} {}", file.path, file.sha256))) {
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
fn no_loss(memory: &Memory, paths: &Paths, snapshot: &Snapshot) {
    let files = snapshot.manifest.tables.iter().flat_map(|table| &table.files).map(|file| &file.path);
    for path in files.chain([&snapshot.path]) {
        let there = memory.has(&paths.key(path));
        assert!(there, "{path} is gone, and snapshot {} needs it", snapshot.manifest.snapshot);
    }
}

/// **No mixture.** All `replace` tables that are not marked stale are of one state of the gateway.
fn no_mixture(snapshot: &Snapshot) {
    let fresh = |table: &&Table| {
        table.resource.is_some() && table.disposition == Disposition::Replace && table.freshness.stale.is_none()
    };
    let tables = snapshot.manifest.tables.iter().filter(fresh);
    let rows = tables.flat_map(|table| snapshot.rows[&table.schema.name].iter());
    let states: BTreeSet<i64> = rows.filter_map(|row| row["v"].as_i64()).collect();
    assert!(states.len() <= 1, "snapshot {} mixes states {states:?}", snapshot.manifest.snapshot);
}

/// **No orphan.** Every row of a child table hangs from a row of its parent table.
fn no_orphans(snapshot: &Snapshot) {
    for table in &snapshot.manifest.tables {
        let Some(parent) = &table.schema.parent else { continue };
        let ids = |table: &str, column: &str| -> BTreeSet<&str> {
            snapshot.rows[table].iter().filter_map(|row| row[column].as_str()).collect()
        };
        let (parents, children) = (ids(parent, "_dlt_id"), ids(&table.schema.name, "_dlt_parent_id"));
        assert!(children.is_subset(&parents), "{} has rows without a parent", table.schema.name);
    }
}

/// Every load that was published has one row in `_dlt_loads`, in order; the rows that a load appended are there once, and in
/// every later snapshot.
fn appended_rows_stay(snapshots: &[Snapshot], number: usize) {
    let Snapshot { manifest, rows, .. } = &snapshots[number];
    let loads: Vec<&str> = snapshots[..=number].iter().map(|one| one.manifest.snapshot.as_str()).collect();
    let told: Vec<&str> = rows["_dlt_loads"].iter().filter_map(|row| row["load_id"].as_str()).collect();
    assert_eq!(told, loads, "snapshot {}", manifest.snapshot);
    for table in manifest.tables.iter().filter(|table| table.disposition == Disposition::Append) {
        let name = &table.schema.name;
        let before = number.checked_sub(1).and_then(|before| snapshots[before].manifest.table(name));
        assert!(table.rows >= before.map_or(0, |before| before.rows), "{name} lost rows in {}", manifest.snapshot);
        let ids: Vec<&str> =
            rows.get(name).iter().flat_map(|rows| rows.iter()).filter_map(|row| row["_dlt_id"].as_str()).collect();
        let once: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), once.len(), "{name} has rows twice in {}", manifest.snapshot);
    }
}

/// The readers' side tells the same history, as far as it is kept.
fn readers_find_what_is_kept(memory: &Memory, paths: &Paths, kept: &[Snapshot]) {
    let reader = Reader::new(memory, paths);
    let listed = block_on(reader.snapshots(|_| true, 1000)).unwrap();
    let listed: Vec<&str> = listed.iter().rev().map(|one| one.snapshot.as_str()).collect();
    let loads: Vec<&str> = kept.iter().map(|one| one.manifest.snapshot.as_str()).collect();
    assert_eq!(listed, loads);
    let current = block_on(reader.current()).unwrap().map(|current| current.manifest);
    assert_eq!(current.as_ref(), kept.last().map(|last| &last.manifest));
}

/// The files that the last versions of the Delta logs name.
fn needed_by_logs(memory: &Memory, paths: &Paths) -> Vec<String> {
    let key = paths.derived();
    let derived = memory.bytes(&key).map(|bytes| decode::<Derived>(&key, &bytes).unwrap());
    let needed: Vec<String> = derived.iter().flat_map(|derived| derived.delta.needs()).collect();
    needed.iter().for_each(|path| assert!(memory.has(&paths.key(path)), "{path} is gone, and a Delta log needs it"));
    needed
}

/// All rows of a snapshot; those of files that were read before are not read again.
fn rows_of_all(
    memory: &Memory,
    paths: &Paths,
    manifest: &Manifest,
    read: &mut BTreeMap<Vec<String>, Rc<Vec<Value>>>,
) -> BTreeMap<String, Rc<Vec<Value>>> {
    let mut all = BTreeMap::new();
    // The documents of the schema are long, and nothing is held against them here.
    for table in manifest.tables.iter().filter(|table| table.schema.name != "_dlt_version") {
        let name = &table.schema.name;
        let parsed =
            || rows(memory, paths, manifest, name).iter().map(|row| serde_json::from_str(row).unwrap()).collect();
        let files = table.files.iter().map(|file| file.path.clone()).collect();
        all.insert(name.clone(), read.entry(files).or_insert_with(|| Rc::new(parsed())).clone());
    }
    all
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
