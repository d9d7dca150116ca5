//! The lake, end to end in memory, with the real engine: what a run publishes, keeps, refuses and reports.

mod support;

use gatelake::error::{Error, Kind};
use gatelake::lake::manifest::decode;
use gatelake::lake::store::{Operations, Retrying};
use gatelake::lake::{Derive, Disposition, Files, Manifest, Moment, Outcome, Reader, RunRecord, paths};
use gatelake::normalize::{FileEnd, Part};
use gatelake::run::Plan;
use serde_json::Value;
use std::collections::BTreeSet;
use support::invariants::{check, content, published, rows};
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, block_on, once, paths, plan};

const USERS: &str = r#"[{"id":1,"name":"ada","v":1,"keys":[{"k":"a"},{"k":"b"}]},{"id":2,"name":"bob","v":1}]"#;
const FOLDERS: &str = r#"[{"id":0,"path":"/","v":1}]"#;

struct Lake {
    memory: Memory,
    world: World,
    plan: Plan,
}

impl Lake {
    fn new(resources: &[(&str, Disposition)]) -> Lake {
        Lake { memory: Memory::default(), world: World::new(T0, 1), plan: plan(resources) }
    }
    fn usual() -> Lake {
        Lake::new(&[("users", Disposition::Replace), ("folders", Disposition::Replace)])
    }
    /// The same, with row ids made from `id`.
    fn keyed() -> Lake {
        let mut lake = Lake::usual();
        lake.set_key(&["id"]);
        lake
    }
    fn set_key(&mut self, columns: &[&str]) {
        for resource in &mut self.plan.resources {
            resource.options.primary_key = columns.iter().map(|name| name.to_string()).collect();
        }
    }
    fn current(&self) -> Manifest {
        published(&self.memory, &self.plan.paths).pop().unwrap()
    }
    fn run(&self, hour: i64, mut gateway: Gateway) -> RunRecord {
        let record = once(&self.plan, T0 + hour * HOUR, &mut gateway, &Client::new(&self.memory), &self.world);
        check(&self.memory, &self.plan.paths);
        let reader = Reader::new(&self.memory, &self.plan.paths);
        assert_eq!(block_on(reader.run(&record.id)).unwrap().as_ref(), Some(&record), "every run leaves its record");
        record
    }
    fn rows(&self, table: &str) -> Vec<String> {
        content(&self.memory, &self.plan.paths).remove(table).unwrap()
    }
    fn count(&self, folder: &str) -> usize {
        let prefix = self.plan.paths.key(folder);
        self.memory.keys().iter().filter(|key| key.starts_with(&prefix)).count()
    }
}

fn both(users: &str, folders: &str) -> Gateway {
    Gateway::says(&[("users", users), ("folders", folders)])
}

fn broken() -> Error {
    Error::new(Kind::Upstream, "html_answer", "the gateway answered a web page")
}

#[test]
fn a_first_run_publishes_all_tables_with_dlts_own() {
    let lake = Lake::usual();
    let record = lake.run(0, both(USERS, FOLDERS));
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    assert_eq!(record.snapshot.as_deref(), Some("1795456800.000"));
    let manifest = published(&lake.memory, &paths()).pop().unwrap();
    let names: Vec<&str> = manifest.tables.iter().map(|table| table.schema.name.as_str()).collect();
    assert_eq!(names, ["users", "users__keys", "folders", "_dlt_loads", "_dlt_version"]);
    assert_eq!(lake.rows("users").len(), 2);
    assert_eq!(lake.rows("users__keys").len(), 2);
    let loads = rows(&lake.memory, &paths(), &manifest, "_dlt_loads");
    let hash = &manifest.schema.hash;
    let expected = format!(
        r#"{{"load_id":"1795456800.000","schema_name":"sftp","status":0,"inserted_at":"2026-11-23T18:00:00.000000Z","schema_version_hash":"{hash}"}}"#
    );
    assert_eq!(loads, [expected]);
    let keys = lake.memory.keys();
    assert!(keys.contains(&"lake/sftp/current.json".to_string()));
    assert!(keys.iter().any(|key| key.starts_with("lake/sftp/data/users__keys/1795456800.000-")));
    assert!(record.tables.iter().all(|table| table.changed && table.rows_before.is_none()));
}

#[test]
fn a_run_with_nothing_new_writes_nothing_but_its_record() {
    // With a key, another order of the records is no change.
    let turned = r#"[{"id":2,"name":"bob","v":1},{"keys":[{"k":"a"},{"k":"b"}],"id":1,"name":"ada","v":1}]"#;
    for (lake, users) in [(Lake::usual(), USERS), (Lake::keyed(), USERS), (Lake::keyed(), turned)] {
        lake.run(0, both(USERS, FOLDERS));
        let objects = lake.memory.keys().len();
        let record = lake.run(1, both(users, FOLDERS));
        assert_eq!(record.outcome, Outcome::Unchanged);
        let Operations { get, head, put, list, delete } = record.operations;
        let told = (get, head, put, list, delete);
        assert_eq!(told, (2, 0, 1, 0, 1), "the pointer and its manifest are read, the lease is taken and ended");
        assert!(!record.wrote(), "there is nothing new to collect");
        assert_eq!(lake.memory.keys().len(), objects + 1);
        assert_eq!(lake.count("runs/"), 2);
        assert!(record.tables.iter().all(|table| !table.changed));
    }
}

/// Of these tables, the ones whose files are other ones in the second snapshot.
fn renewed<'a>(before: &Manifest, after: &'a Manifest) -> Vec<&'a str> {
    let other = |name: &&str| before.table(name).unwrap().files != after.table(name).unwrap().files;
    after.tables.iter().map(|table| table.schema.name.as_str()).filter(other).collect()
}

#[test]
fn with_a_key_only_changed_tables_get_a_file() {
    let lake = Lake::keyed();
    lake.run(0, both(USERS, FOLDERS));
    let before = lake.current();
    let record = lake.run(1, both(&USERS.replace("bob", "eve"), FOLDERS));
    assert_eq!(record.outcome, Outcome::Published);
    let after = lake.current();
    assert_eq!(renewed(&before, &after), ["users", "_dlt_loads"]);
    assert_eq!(after.schema, before.schema);
    assert_eq!(after.table("folders").unwrap().freshness.fetched_at, T0);
    assert!(lake.rows("users").iter().any(|row| row.contains("eve")));

    // The other way round: a child table alone.
    lake.run(2, both(&USERS.replace("bob", "eve").replace(r#""k":"b""#, r#""k":"c""#), FOLDERS));
    assert_eq!(renewed(&after, &lake.current()), ["users__keys", "_dlt_loads"]);
}

#[test]
fn without_a_key_all_tables_of_a_resource_come_from_one_load() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let before = lake.current();
    lake.run(1, both(&USERS.replace("bob", "eve"), FOLDERS));
    assert_eq!(renewed(&before, &lake.current()), ["users", "users__keys", "_dlt_loads"]);
}

#[test]
fn another_key_renews_all_tables_of_a_resource_with_the_next_change() {
    let users = |name: &str, k: &str| USERS.replace("bob", name).replace(r#""k":"b""#, &format!(r#""k":"{k}""#));
    let mut lake = Lake::usual();
    lake.run(0, both(&users("bob", "b"), FOLDERS));
    for (hour, key, name, k) in [
        (1, &["id"][..], "bob", "c"),
        (2, &["id", "v"], "bob", "d"),
        (3, &["v", "id"], "eve", "d"),
        (4, &[], "eve", "e"),
    ] {
        let before = lake.current();
        lake.set_key(key);
        lake.run(hour, both(&users(name, k), FOLDERS));
        // What columns may be null is part of the schema, also of a table whose rows stay; the order of a key's columns is not.
        let expected: &[&str] = match key {
            ["v", "id"] => &["users", "users__keys", "_dlt_loads"],
            _ => &["users", "users__keys", "folders", "_dlt_loads", "_dlt_version"],
        };
        assert_eq!(renewed(&before, &lake.current()), expected, "{key:?}");
    }
}

#[test]
fn child_tables_come_into_being_when_data_has_them() {
    let lake = Lake::keyed();
    let bare = r#"[{"id":1,"name":"ada","v":1},{"id":2,"name":"bob","v":1}]"#;
    lake.run(0, both(bare, FOLDERS));
    assert_eq!(lake.current().table("users__keys"), None);
    let record = lake.run(1, both(USERS, FOLDERS));
    let keys = record.tables.iter().find(|table| table.name == "users__keys").unwrap();
    assert_eq!((keys.rows_before, keys.rows, keys.changed), (None, 2, true));
    let manifest = lake.current();
    let names: Vec<&str> = manifest.tables.iter().map(|table| table.schema.name.as_str()).collect();
    assert_eq!(names, ["users", "users__keys", "folders", "_dlt_loads", "_dlt_version"]);
    assert_eq!(manifest.schema.version, 2);
    let deeper = USERS.replace(r#"{"k":"a"}"#, r#"{"k":"a","uses":[{"at":1}]}"#);
    lake.run(2, both(&deeper, FOLDERS));
    assert_eq!(lake.current().table("users__keys__uses").unwrap().schema.parent.as_deref(), Some("users__keys"));
    assert_eq!(lake.run(3, both(&deeper, FOLDERS)).outcome, Outcome::Unchanged);
}

#[test]
fn replace_empties_child_tables_and_they_can_still_be_read() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let bare = r#"[{"id":1,"name":"ada","v":1},{"id":2,"name":"bob","v":1}]"#;
    let record = lake.run(1, both(bare, FOLDERS));
    assert_eq!(record.outcome, Outcome::Published);
    assert!(lake.rows("users__keys").is_empty());
    let manifest = published(&lake.memory, &paths()).pop().unwrap();
    let keys = manifest.table("users__keys").unwrap();
    assert_eq!((keys.rows, keys.files.len(), keys.columns().count()), (0, 1, 4));
    assert_eq!(lake.run(2, both(bare, FOLDERS)).outcome, Outcome::Unchanged);
}

#[test]
fn append_keeps_what_was_there_and_new_columns_are_null_in_it() {
    let lake = Lake::new(&[("events", Disposition::Append)]);
    let says = |json: &str| Gateway::says(&[("events", json)]);
    lake.run(0, says(r#"[{"a":1},{"a":2}]"#));
    lake.run(1, says(r#"[{"a":3,"b":"x"}]"#));
    let record = lake.run(2, says("[]"));
    assert_eq!(record.outcome, Outcome::Unchanged);
    let parsed: Vec<Value> = lake.rows("events").iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    let told: Vec<_> = parsed.iter().map(|row| (row["a"].as_i64().unwrap(), row["b"].as_str())).collect();
    assert_eq!(told, [(1, None), (2, None), (3, Some("x"))]);
    assert!(parsed.iter().all(|row| row.as_object().unwrap().len() == 4));
    let manifest = published(&lake.memory, &paths()).pop().unwrap();
    let page = block_on(Reader::new(&lake.memory, &paths()).rows(manifest.table("events").unwrap(), 1, 1)).unwrap();
    assert_eq!(page, lake.rows("events")[1..2]);
}

#[test]
fn a_resource_that_fails_keeps_its_last_good_tables_and_says_since_when() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let moved = FOLDERS.replace("\"/\"", "\"/home\"");
    let record = lake.run(1, both(USERS, &moved).but("users", broken));
    assert_eq!(record.outcome, Outcome::Partial);
    assert!(record.outcome.is_failure());
    assert_eq!(record.resources[0].error.as_ref().unwrap().code, "html_answer");
    assert_eq!(lake.rows("users").len(), 2);
    assert!(lake.rows("folders")[0].contains("/home"));
    let stale = |lake: &Lake, table: &str| {
        published(&lake.memory, &paths()).pop().unwrap().table(table).unwrap().freshness.stale.clone()
    };
    let mark = stale(&lake, "users").unwrap();
    assert_eq!((mark.code.as_str(), stale(&lake, "users__keys")), ("html_answer", Some(mark.clone())));
    assert_eq!(stale(&lake, "folders"), None);

    // It goes on failing: nothing new to say, so nothing new is published, and the mark stays.
    let record = lake.run(2, both(USERS, &moved).but("users", broken));
    assert_eq!((record.outcome, record.snapshot.as_deref()), (Outcome::Partial, Some("1795460400.000")));
    assert_eq!(stale(&lake, "users"), Some(mark));

    // It works again, with the rows as they were: the mark goes, without a data file.
    let files = lake.count("data/users");
    assert_eq!(lake.run(3, both(USERS, &moved)).outcome, Outcome::Published);
    assert_eq!(stale(&lake, "users"), None);
    assert_eq!(lake.count("data/users"), files);
}

#[test]
fn when_everything_fails_the_pointer_stays_and_readers_can_know() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    lake.run(1, both(USERS, FOLDERS));
    let refused = || Error::new(Kind::Auth, "bad_credentials", "the gateway refused the password");
    for hour in 2..4 {
        let gateway = Gateway { refuses_login: Some(refused), ..both(USERS, FOLDERS) };
        let record = lake.run(hour, gateway);
        assert_eq!((record.outcome, record.snapshot.as_deref()), (Outcome::Failed, Some("1795456800.000")));
        assert_eq!(record.requests, 1, "nothing else is asked with credentials that were refused");
    }
    let paths = paths();
    let reader = Reader::new(&lake.memory, &paths);
    let current = block_on(reader.current()).unwrap().unwrap();
    let freshness = block_on(reader.freshness(&current)).unwrap();
    let users = &freshness["users"];
    let runs = block_on(reader.runs(None, 10)).unwrap().runs;
    let outcomes: Vec<_> = runs.iter().map(|run| run.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Failed, Outcome::Unchanged, Outcome::Published]);
    let mark = users.stale.as_ref().unwrap();
    assert_eq!((mark.code.as_str(), mark.since), ("bad_credentials", runs[1].finished_at));
    assert_eq!(users.fetched_at, runs[2].finished_at);
    assert_eq!(block_on(reader.run(&runs[0].id)).unwrap().as_ref(), Some(&runs[0]));
}

#[test]
fn a_table_that_shrinks_too_far_is_not_published_unless_allowed() {
    let people = |n: usize| {
        let one = |id: usize| format!(r#"{{"id":{id},"v":1}}"#);
        format!("[{}]", (0..n).map(one).collect::<Vec<_>>().join(","))
    };
    for (before, after, published) in
        [(20, 10, true), (20, 9, false), (9, 1, true), (9, 0, false), (1, 0, false), (10, 5, true), (10, 4, false)]
    {
        let mut lake = Lake::usual();
        lake.run(0, both(&people(before), FOLDERS));
        let record = lake.run(1, both(&people(after), FOLDERS));
        assert_eq!(record.outcome == Outcome::Published, published, "{before} → {after}");
        assert_eq!(lake.rows("users").len(), if published { after } else { before });
        if published {
            continue;
        }
        let error = record.resources[0].error.as_ref().unwrap();
        assert_eq!(error.code, "shrink_guard");
        for word in [before.to_string(), after.to_string(), "allow_shrink".into(), "max_shrink_percent".into()] {
            assert!(error.message.contains(&word), "{}", error.message);
        }
        lake.plan.resources[0].guard.allow_shrink = true;
        assert_eq!(lake.run(2, both(&people(after), FOLDERS)).outcome, Outcome::Published);
        assert_eq!(lake.rows("users").len(), after);
    }
}

#[test]
fn a_run_of_the_same_time_again_or_of_an_earlier_one_changes_nothing() {
    let lake = Lake::usual();
    lake.run(1, both(USERS, FOLDERS));
    let objects = lake.memory.keys().len();
    let other = both(&USERS.replace("ada", "eve"), FOLDERS);
    let again = lake.run(1, other);
    assert_eq!((again.outcome, again.requests), (Outcome::AlreadyPublished, 0));
    let older = lake.run(0, both(&USERS.replace("ada", "eve"), FOLDERS));
    assert_eq!((older.outcome, older.requests), (Outcome::Superseded, 0));
    assert!(!again.outcome.is_failure() && !older.outcome.is_failure());
    assert_eq!(lake.memory.keys().len(), objects + 2, "two run records");
    assert!(lake.rows("users")[0].contains("ada"));
}

#[test]
fn time_that_runs_out_leaves_the_rest_stale() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let gateway = Gateway { slow: 13 * 60_000, ..both(&USERS.replace("ada", "eve"), FOLDERS) };
    let record = lake.run(1, gateway);
    assert_eq!(record.outcome, Outcome::Partial);
    assert_eq!(record.resources[1].error.as_ref().unwrap().code, "deadline");
    assert!(lake.rows("users").iter().any(|row| row.contains("eve")));
}

#[test]
fn large_files_are_put_while_they_come_and_small_ones_are_held() {
    let mut lake = Lake::usual();
    lake.plan.budget.hold_bytes = 0;
    lake.run(0, both(USERS, FOLDERS));
    let files = lake.count("data/");
    let record = lake.run(1, both(USERS, FOLDERS));
    assert_eq!(record.outcome, Outcome::Unchanged);
    assert_eq!(lake.count("data/"), files + 3, "put in vain, named by no manifest");
}

#[test]
fn a_load_that_begins_anew_leaves_nothing_of_its_first_try() {
    let (memory, world, paths) = (Memory::default(), World::new(T0, 1), paths());
    let retrying = Retrying::new(&memory, &world, "run");
    let part = |bytes: &[u8], rows: Option<u64>| {
        let end = rows.map(|rows| FileEnd { rows, columns: 1 });
        vec![Part { table: "users".into(), file: 0, bytes: bytes.into(), group: None, end }]
    };
    // The first try: one file put because nothing may be held, another one that never ends.
    let mut files = Files::new(&retrying, &paths, "1795456800.000", 3);
    block_on(files.add(part(b"first", Some(1)))).unwrap();
    block_on(files.add(part(b"and", None))).unwrap();
    assert_eq!((files.held(), memory.keys().len()), (3, 1));
    files.restart();
    assert_eq!(files.held(), 0);
    block_on(files.add(part(b"o", None))).unwrap();
    block_on(files.add(part(b"ne", Some(7)))).unwrap();
    let finished = files.finish().unwrap();
    let users = &finished["users"];
    assert_eq!((users.len(), users[0].entry.rows, users[0].bytes.as_deref()), (1, 7, Some(&b"one"[..])));
    assert_eq!(memory.keys().len(), 1, "what was put stays, unnamed");

    // A load must end its files, and a preview must fit.
    let mut files = Files::new(&retrying, &paths, "1795456800.000", usize::MAX).at_most(3);
    block_on(files.add(part(b"123", None))).unwrap();
    assert_eq!(block_on(files.add(part(b"4", Some(1)))).unwrap_err().code(), "too_large");
    files.restart();
    block_on(files.add(part(b"123", None))).unwrap();
    assert_eq!(files.finish().unwrap_err().code(), "unfinished_file");
}

#[test]
fn the_lakes_own_tables_stay_in_few_files() {
    let lake = Lake::usual();
    for hour in 0..120 {
        lake.run_quietly(hour, both(&USERS.replace("ada", &format!("ada{hour}")), FOLDERS));
    }
    check(&lake.memory, &lake.plan.paths);
    let manifest = published(&lake.memory, &paths()).pop().unwrap();
    let loads = manifest.table("_dlt_loads").unwrap();
    assert_eq!((loads.rows, loads.files.len()), (120, 1));
    assert_eq!(manifest.table("_dlt_version").unwrap().rows, 1);
    assert_eq!(manifest.ancestors.len(), 100);

    let paths = paths();
    let reader = Reader::new(&lake.memory, &paths);
    let find = |text: &str| block_on(reader.find(&Moment::parse(text))).unwrap().map(|found| found.snapshot);
    let oldest = block_on(reader.find(&Moment::parse("1795456800.000"))).unwrap().unwrap();
    assert_eq!(oldest.ancestors, []);
    let page = block_on(reader.snapshots(|one| one.snapshot.as_str() < "1795460400.000", 10)).unwrap();
    assert_eq!(page.iter().map(|one| one.snapshot.as_str()).collect::<Vec<_>>(), ["1795456800.000"]);
    assert_eq!(find("1795456800.001"), None);
    assert_eq!(find("previous").unwrap(), paths::load_id(T0 + 118 * HOUR));
}

impl Lake {
    fn run_quietly(&self, hour: i64, mut gateway: Gateway) {
        let record = once(&self.plan, T0 + hour * HOUR, &mut gateway, &Client::new(&self.memory), &self.world);
        assert_eq!(record.outcome, Outcome::Published);
    }
}

#[test]
fn a_new_column_gives_a_new_schema_version() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let record = lake.run(1, both(&USERS.replace(r#""name":"bob""#, r#""name":"bob","mail":"b@x""#), FOLDERS));
    let users = record.tables.iter().find(|table| table.name == "users").unwrap();
    assert_eq!(users.new_columns, ["mail"]);
    let snapshots = published(&lake.memory, &paths());
    let (before, after) = (&snapshots[0].schema, &snapshots[1].schema);
    assert_eq!((before.version, after.version), (1, 2));
    assert_eq!(after.previous_hashes, std::slice::from_ref(&before.hash));
    let versions = rows(&lake.memory, &paths(), &snapshots[1], "_dlt_version");
    assert_eq!(versions.len(), 2);
    let row: Value = serde_json::from_str(&versions[1]).unwrap();
    assert_eq!((row["version"].as_i64(), row["engine_version"].as_i64()), (Some(2), Some(11)));
    let document: Value = serde_json::from_str(row["schema"].as_str().unwrap()).unwrap();
    assert_eq!(document["version_hash"], row["version_hash"]);
    assert_eq!(document["tables"]["users__keys"]["parent"], "users");
    assert_eq!(document["tables"]["users"]["columns"]["mail"]["data_type"], "text");
}

#[test]
fn two_resources_cannot_own_one_table() {
    let lake = Lake::new(&[("users", Disposition::Replace), ("users__keys", Disposition::Replace)]);
    let record = lake.run(0, Gateway::says(&[("users", USERS), ("users__keys", FOLDERS)]));
    assert_eq!(record.outcome, Outcome::Partial);
    assert_eq!(record.resources[1].error.as_ref().unwrap().code, "table_clash");
    assert_eq!(lake.rows("users__keys").len(), 2);
}

#[test]
fn the_lakes_own_tables_are_no_resources() {
    let lake = Lake::new(&[("_dlt_loads", Disposition::Replace), ("folders", Disposition::Replace)]);
    for hour in 0..2 {
        let record = lake.run(hour, Gateway::says(&[("_dlt_loads", FOLDERS), ("folders", FOLDERS)]));
        assert_eq!(record.resources[0].error.as_ref().unwrap().code, "table_clash");
    }
    assert_eq!(lake.current().table("_dlt_loads").unwrap().rows, 1);
}

#[test]
fn damage_and_foreign_formats_are_named_not_read() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let paths = paths();
    let reader = Reader::new(&lake.memory, &paths);
    let manifest = block_on(reader.current()).unwrap().unwrap().manifest;
    let file = &manifest.table("users").unwrap().files[0];
    lake.memory.damage(&paths.key(&file.path));
    let error = block_on(reader.rows(manifest.table("users").unwrap(), 0, 10)).unwrap_err();
    assert_eq!(error.code(), "checksum_mismatch");
    assert!(error.to_string().contains(&file.path), "{error}");

    let pointer = String::from_utf8(lake.memory.bytes(&paths.pointer()).unwrap()).unwrap();
    let newer = pointer.replace(r#""format":1"#, r#""format":2,"unheard_of":true"#);
    let error = decode::<gatelake::lake::manifest::Pointer>("current.json", newer.as_bytes()).unwrap_err();
    assert_eq!(error.code(), "unknown_format");
    let error = decode::<gatelake::lake::manifest::Pointer>("current.json", b"<html>").unwrap_err();
    assert_eq!(error.code(), "damaged_document");
}

#[test]
fn the_report_reads_well() {
    let lake = Lake::usual();
    lake.run(0, both(USERS, FOLDERS));
    let text = lake.run(1, both(&USERS.replace("bob", "eve"), FOLDERS).but("folders", broken)).to_text();
    for part in [
        "partial, snapshot 1795460400.000",
        "scheduled for 2026-11-23T19:00:00.000000Z",
        "users: 4 rows, 1 pages",
        "folders: failed, what was there stays: the gateway answered a web page (folders) [html_answer]",
        "changed",
        "stale since 2026-11-23T18:00:00.000000Z [html_answer]",
        "3 requests to the gateway",
    ] {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

/// The examples of `docs/lake.md` in their order, each as it stands there and as it really is.
fn examples() -> Vec<(Value, Value)> {
    let mut lake = Lake::keyed();
    lake.plan.derive = Derive { delta: true, latest: true };
    let says = |name: &str| {
        let users = format!(r#"[{{"id":1,"name":"ada"}},{{"id":2,"name":"{name}","password":"geheim"}}]"#);
        Gateway { slow: 400, ..both(&users, FOLDERS) }
    };
    lake.world = World::new(T0 + 500, 1);
    lake.run(0, says("bob"));
    lake.world = World::new(T0 + HOUR + 700, 2);
    let record = lake.run(1, says("eve").but("folders", broken));
    let pointer = lake.memory.bytes(&lake.plan.paths.pointer()).unwrap();
    let pointer: Value = serde_json::from_slice(&pointer).unwrap();
    let manifest = lake.plan.paths.key(pointer["manifest"].as_str().unwrap());
    let record = lake.plan.paths.run(&record.id).unwrap();
    let derived = lake.plan.paths.derived();
    let documents = [lake.plan.paths.pointer(), manifest, record, derived].map(|key| lake.memory.bytes(&key).unwrap());
    let shown =
        include_str!("../docs/lake.md").split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let parse = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap();
    let examples: Vec<_> = shown.zip(&documents).map(|(shown, real)| (parse(shown.as_bytes()), parse(real))).collect();
    assert_eq!(examples.len(), 4);
    examples
}

/// Objects have the same fields; arrays may go on where the example ends; values are equal but for those that hang on bytes.
fn compare(shown: &Value, real: &Value, at: &str) {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => {
            assert_eq!(shown.keys().collect::<Vec<_>>(), real.keys().collect::<Vec<_>>(), "fields of {at}");
            shown.iter().for_each(|(name, value)| compare(value, &real[name], &format!("{at}/{name}")));
        }
        (Value::Array(shown), Value::Array(real)) => {
            assert!(shown.len() <= real.len(), "{at}: {shown:?}");
            let numbered = shown.iter().zip(real).enumerate();
            numbered.for_each(|(n, (shown, real))| compare(shown, real, &format!("{at}/{n}")));
        }
        _ => {
            let field = at.rsplit('/').find(|part| part.parse::<usize>().is_err()).unwrap();
            let of_bytes =
                ["bytes", "digest", "hash", "manifest", "path", "sha256", "files", "id", "schema"].contains(&field);
            let same = shown == real || of_bytes && std::mem::discriminant(shown) == std::mem::discriminant(real);
            assert!(same || at.contains("previous_hashes"), "{at}: {shown} is {real}");
        }
    }
}

fn fields<'a>(value: &'a Value, found: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| {
            found.insert(name);
            fields(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| fields(item, found)),
        _ => {}
    }
}

#[test]
fn the_documents_are_those_of_the_documentation() {
    for (number, (shown, real)) in examples().iter().enumerate() {
        compare(shown, real, &format!("example {number}"));
        let mut named = BTreeSet::new();
        fields(real, &mut named);
        let text = include_str!("../docs/lake.md");
        let missing: Vec<&&str> = named.iter().filter(|name| !text.contains(&format!("`{name}`"))).collect();
        assert!(missing.is_empty(), "not explained: {missing:?}");
    }
}
