//! The lake over time: snapshots by id and by time, what changed between two of them, what is kept and what is collected.

mod support;

use gatelake::error::Error;
use gatelake::host::{Cond, Store};
use gatelake::lake::collect::{INTERVAL_MS, Terms, is_due, last};
use gatelake::lake::compare::{Comparison, MAX_ROWS, Window, compare};
use gatelake::lake::manifest::Manifest;
use gatelake::lake::{Collection, Disposition, Moment, Outcome, Paths, Reader, Retention, collect, paths as names};
use gatelake::run::Plan;
use serde_json::{Value, json};
use support::invariants::Watch;
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, block_on, once, paths, plan};

struct Lake {
    memory: Memory,
    plan: Plan,
    paths: Paths,
    watch: Watch,
}

impl Lake {
    fn new() -> Lake {
        let mut plan = plan(&[("users", Disposition::Replace), ("folders", Disposition::Replace)]);
        plan.resources[0].options.primary_key = vec!["id".into()];
        Lake { memory: Memory::default(), plan, paths: paths(), watch: Watch::default() }
    }
    /// Hours 0, 1, … see these users, and folders that stay.
    fn of(users: &[Value]) -> Lake {
        let mut lake = Lake::new();
        for (hour, users) in (0..).zip(users) {
            lake.run(hour, users, Outcome::Published);
        }
        lake
    }
    /// So many snapshots, one an hour.
    fn with(snapshots: i64) -> Lake {
        Lake::of(&(0..snapshots).map(|v| json!([{ "id": 1, "v": v }])).collect::<Vec<_>>())
    }
    fn run(&mut self, hour: i64, users: &Value, expected: Outcome) {
        let folders = r#"[{"path":"/"}]"#;
        let mut gateway = Gateway::says(&[("users", &users.to_string()), ("folders", folders)]);
        let world = World::new(T0 + hour * HOUR, hour as u64 + 1);
        let record = once(&self.plan, T0 + hour * HOUR, &mut gateway, &Client::new(&self.memory), &world);
        assert_eq!(record.outcome, expected, "{}", record.to_text());
        self.watch.check(&self.memory, &self.paths);
    }
    fn find(&self, moment: &str) -> Result<Option<Manifest>, Error> {
        block_on(Reader::new(&self.memory, &self.paths).find(&Moment::parse(moment)))
    }
    /// The hour of a snapshot that is meant.
    fn hour(&self, moment: &str) -> Option<i64> {
        self.find(moment).unwrap().map(|found| (found.scheduled_time - T0) / HOUR)
    }
    fn compare(&self, from: &str, to: &str, window: Window<'_>) -> Result<Comparison, Error> {
        let (from, to) = (self.find(from)?.unwrap(), self.find(to)?.unwrap());
        block_on(compare(&Reader::new(&self.memory, &self.paths), &from, &to, window))
    }
    fn collect(&mut self, now: i64, terms: Terms) -> Collection {
        let world = World::new(now, 1);
        let report = world.run(collect(&Client::new(&self.memory), &world, &self.paths, &terms));
        self.watch.check(&self.memory, &self.paths);
        report
    }
    fn put(&self, key: &str) {
        block_on(self.memory.put(&self.paths.key(key), b"x", Cond::Always, &[])).unwrap();
    }
}

fn terms(snapshots: u64, age_ms: i64) -> Terms {
    Terms { retention: Retention { snapshots, age_ms }, safety_ms: 24 * HOUR, dry: false, deadline: i64::MAX }
}

const ALL: Window<'static> = Window { table: None, offset: 0, limit: 100 };

#[test]
fn a_snapshot_is_found_by_id_by_time_and_by_place() {
    let lake = Lake::with(3);
    let id = |hour: i64| names::load_id(T0 + hour * HOUR);
    assert_eq!(lake.hour("current"), Some(2));
    assert_eq!(lake.hour("previous"), Some(1));
    assert_eq!(lake.hour(&id(0)), Some(0));
    assert_eq!(lake.hour(&id(7)), None);
    for (at, hour) in
        [(T0 - 1, None), (T0, Some(0)), (T0 + HOUR - 1, Some(0)), (T0 + HOUR, Some(1)), (i64::MAX, Some(2))]
    {
        assert_eq!(lake.hour(&at.to_string()), hour, "{at}");
    }
    assert_eq!(lake.hour("2026-11-23T19:59:59Z"), Some(1));
    assert_eq!(Lake::with(1).hour("previous"), None);
    assert_eq!(Lake::new().hour("current"), None);
}

#[test]
fn what_changed_is_told_row_by_row() {
    let lake = Lake::of(&[
        json!([{ "id": 1, "name": "ada", "keys": [{ "k": "a" }, { "k": "b" }] }, { "id": 2, "name": "bob" }, { "id": 3, "name": "cy" }]),
        json!([{ "id": 3, "name": "cy" }, { "id": 1, "name": "eve", "keys": [{ "k": "a" }, { "k": "c" }] }, { "id": 4, "name": "di", "age": 7 }]),
    ]);
    let found = serde_json::to_value(lake.compare("previous", "current", ALL).unwrap()).unwrap();
    assert_eq!((&found["from"]["snapshot"], &found["to"]["created_at"]), (&json!("1795456800.000"), &json!(T0 + HOUR)));
    assert_eq!(found["unchanged"], json!(["folders"]));
    let [users, keys] = found["tables"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!((&users["name"], &users["identity"]), (&json!("users"), &json!({ "by": "key", "columns": ["id"] })));
    assert_eq!((&users["removed"], &users["changed"], &users["added"]), (&json!(1), &json!(1), &json!(1)));
    let [removed, changed, added] = users["rows"].as_array().unwrap().as_slice() else { panic!("{users}") };
    assert_eq!(
        (&removed["kind"], &removed["key"]["id"], &removed["row"]["name"]),
        (&json!("removed"), &json!(2), &json!("bob"))
    );
    assert_eq!((&changed["kind"], &changed["old_row"], &changed["new_row"]), (&json!("changed"), &json!(0), &json!(1)));
    assert_eq!(changed["key"], json!({ "id": 1 }));
    assert_eq!(changed["fields"], json!({ "name": { "old": "ada", "new": "eve" } }));
    assert!(changed.get("row").is_none());
    assert_eq!((&added["key"]["id"], &added["row"]["age"]), (&json!(4), &json!(7)));
    // What came before a column did has null in it, and is as it was.
    assert_eq!((&keys["name"], &keys["changed"], &keys["removed"]), (&json!("users__keys"), &json!(1), &json!(0)));
    assert_eq!(keys["rows"][0]["fields"], json!({ "k": { "old": "b", "new": "c" } }));
    assert_eq!(keys["rows"][0]["key"]["_dlt_list_idx"], json!(1));
    assert!(keys["rows"][0]["key"]["_dlt_parent_id"].is_string());

    // The other way round, and with itself.
    let back = lake.compare("current", "previous", ALL).unwrap();
    assert_eq!((back.tables[0].changes.removed, back.tables[0].changes.added), (1, 1));
    let same = lake.compare("current", "current", ALL).unwrap();
    assert_eq!(
        (same.tables.len(), same.unchanged.as_slice()),
        (0, &["users", "users__keys", "folders"].map(String::from)[..])
    );
}

#[test]
fn large_comparisons_come_in_pages_and_within_bounds() {
    let users = |v: i64| Value::from_iter((0..50).map(|id| json!({ "id": id, "n": v + id })));
    let lake = Lake::of(&[users(0), users(1)]);
    let mut seen = Vec::new();
    for offset in (0..60).step_by(20) {
        let page = lake.compare("previous", "current", Window { table: Some("users"), offset, limit: 20 }).unwrap();
        let [users] = page.tables.as_slice() else { panic!("{page:?}") };
        assert_eq!(users.changes.changed, 50);
        seen.extend(users.rows.iter().map(|row| row.key["id"].as_i64().unwrap()));
    }
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
    // The lake's own tables are compared when they are asked for.
    let loads = lake.compare("previous", "current", Window { table: Some("_dlt_loads"), ..ALL }).unwrap();
    assert_eq!(loads.tables[0].changes.added, 1);

    let (from, mut to) = (lake.find("previous").unwrap().unwrap(), lake.find("current").unwrap().unwrap());
    to.tables[0].files[0].rows = MAX_ROWS;
    let reader = Reader::new(&lake.memory, &lake.paths);
    let error = block_on(compare(&reader, &from, &to, ALL)).unwrap_err();
    assert_eq!(error.code(), "comparison_too_large");
}

#[test]
fn retention_keeps_by_number_and_by_age() {
    let now = T0 + 9 * HOUR + 1;
    for (snapshots, age, kept) in [
        (1, 0, 1),
        (3, 0, 3),
        (100, 0, 10),
        // What readers saw in the last hours: the one that was current when they began, too.
        (1, HOUR, 2),
        (1, 3 * HOUR, 4),
        (3, HOUR, 3),
        (1, 1000 * HOUR, 10),
        (0, 0, 1),
    ] {
        let mut lake = Lake::with(10);
        let report = lake.collect(now, terms(snapshots, age));
        assert!(report.complete && report.error.is_none(), "{}", report.headline());
        assert_eq!((report.kept, report.snapshots), (kept, 10 - kept), "{snapshots} and {age}");
        assert_eq!(lake.watch.kept().len() as u64, kept);
        lake.watch.no_litter(&lake.memory, &lake.paths);
        if kept == 10 {
            assert_eq!(lake.watch.pointer().unwrap().oldest, None, "nothing went, so nothing is said");
        }
    }
}

#[test]
fn what_is_gone_is_said_to_be_gone() {
    let mut lake = Lake::with(5);
    lake.collect(T0 + 5 * HOUR, terms(2, 0));
    for moment in [names::load_id(T0), names::load_id(T0 + 2 * HOUR), (T0 + HOUR).to_string()] {
        let error = lake.find(&moment).unwrap_err();
        assert_eq!(error.code(), "snapshot_gone", "{moment}");
        assert!(error.message().contains(&names::load_id(T0 + 3 * HOUR)), "{error}");
    }
    assert_eq!(lake.hour("previous"), Some(3));
    assert_eq!(lake.hour(&names::load_id(T0 + 4 * HOUR)), Some(4));
    // The next snapshot no longer names what is gone.
    lake.run(5, &json!([{ "id": 1, "v": 5 }]), Outcome::Published);
    let ancestors = lake.find("current").unwrap().unwrap().ancestors;
    let ancestors: Vec<&str> = ancestors.iter().map(|one| one.snapshot.as_str()).collect();
    assert_eq!(ancestors, [names::load_id(T0 + 4 * HOUR), names::load_id(T0 + 3 * HOUR)]);
    lake.collect(T0 + 6 * HOUR, terms(1, 0));
    assert_eq!(lake.find("previous").unwrap_err().code(), "snapshot_gone");
}

#[test]
fn what_a_dead_run_left_waits_for_its_time_and_for_a_fence() {
    let mut lake = Lake::with(2);
    let left = names::data("users", &names::load_id(T0 + 5 * HOUR), &"ab".repeat(32));
    let manifest = names::snapshot(&names::load_id(T0 + 5 * HOUR), &"ab".repeat(32));
    lake.put(&left);
    lake.put(&manifest);
    let young = lake.collect(T0 + 20 * HOUR, terms(100, 0));
    assert_eq!((young.waiting, young.files, young.manifests), (2, 0, 0));
    assert_eq!(lake.watch.pointer().unwrap().fence, None);

    let old = lake.collect(T0 + 30 * HOUR, terms(100, 0));
    assert_eq!((old.waiting, old.files, old.manifests), (0, 1, 1));
    assert!(!lake.memory.has(&lake.paths.key(&left)));
    assert_eq!(lake.watch.pointer().unwrap().fence, Some(T0 + 5 * HOUR));
    // A run of such a time may bring nothing more, a later one may.
    lake.run(5, &json!([{ "id": 1, "v": 5 }]), Outcome::Superseded);
    lake.run(31, &json!([{ "id": 1, "v": 5 }]), Outcome::Published);
}

#[test]
fn what_is_not_the_lakes_stays() {
    let mut lake = Lake::with(3);
    let others = [
        "data/users/_delta_log/00000000000000000000.json",
        "data/users/mine.parquet",
        "notes.txt",
        "latest/users.parquet",
    ];
    others.iter().for_each(|key| lake.put(key));
    let before = lake.memory.keys();
    let dry = lake.collect(T0 + 100 * HOUR, Terms { dry: true, ..terms(1, 0) });
    assert_eq!(lake.memory.keys(), before, "a dry one touches nothing");
    let report = lake.collect(T0 + 100 * HOUR, terms(1, 0));
    let objects = |report: &Collection| [report.manifests, report.files, report.runs, report.bytes];
    assert_eq!(objects(&dry), objects(&report));
    assert_eq!((report.manifests, report.runs), (2, 2));
    assert_eq!(
        before.len() as u64 - (report.manifests + report.files + report.runs) + 1,
        lake.memory.keys().len() as u64
    );
    assert!(others.iter().all(|key| lake.memory.has(&lake.paths.key(key))));
}

#[test]
fn a_collection_leaves_its_report_and_suffices_for_a_day() {
    let mut lake = Lake::with(2);
    let (memory, paths) = (&lake.memory, &lake.paths);
    assert!(block_on(is_due(memory, paths, T0)).unwrap());
    let now = T0 + 2 * HOUR;
    let report = lake.collect(now, terms(1, 0));
    let (memory, paths) = (&lake.memory, &lake.paths);
    let mut told = block_on(last(memory, paths)).unwrap().unwrap();
    assert!(report.operations.put > told.operations.put || report.operations == told.operations);
    told.operations = report.operations;
    assert_eq!(told, report);
    for (later, due) in [(0, false), (INTERVAL_MS - 1, false), (INTERVAL_MS, true), (-HOUR, true)] {
        assert_eq!(block_on(is_due(memory, paths, now + later)).unwrap(), due, "{later}");
    }
    // Before anything was published there is nothing to go by.
    let empty = Lake::new().collect(T0, terms(1, 0));
    assert!(empty.complete && empty.oldest.is_none());
}

#[test]
fn a_collection_that_runs_out_of_time_removes_nothing_by_halves() {
    let mut lake = Lake::with(5);
    let files = lake.memory.keys().len();
    let report = lake.collect(T0 + 5 * HOUR, Terms { deadline: T0, ..terms(1, 0) });
    assert!(!report.complete);
    assert!(block_on(is_due(&lake.memory, &lake.paths, T0 + 5 * HOUR)).unwrap(), "there is something left to do");
    assert_eq!(lake.memory.keys().len(), files + 1, "its report");
    let report = lake.collect(T0 + 5 * HOUR, terms(1, 0));
    assert!(report.complete && report.files > 0);
    lake.watch.no_litter(&lake.memory, &lake.paths);
}
