//! Loads that merge, in a lake in memory with the real engine. Which rows there are after each strategy is the oracle's to say
//! (`tests/oracle.rs`); here it is about files, snapshots, failures and races.

mod support;

use gatelake::error::Error;
use gatelake::lake::{Disposition, Manifest, Outcome, RunRecord};
use gatelake::normalize::{Strategy, WriteDisposition};
use gatelake::run::Plan;
use std::collections::BTreeSet;
use support::invariants::{check, content, published};
use support::store::{Client, Effects, FAULTS, Fault, Memory};
use support::world::{Gateway, HOUR, T0, World, attempt, configured, merging, once, paths, plan, runs_at_once};

struct Lake {
    memory: Memory,
    plan: Plan,
}

impl Lake {
    fn of(strategy: Strategy) -> Lake {
        let mut plan = plan(&[("users", Disposition::Merge), ("folders", Disposition::Replace)]);
        plan.resources[0].options = merging(strategy);
        // Runs that die keep no others away here.
        plan.budget.lease = false;
        Lake { memory: Memory::default(), plan }
    }
    /// A lake of the resource `users` as these lines of gatelake.toml have it.
    fn configured(users: &str) -> Lake {
        let mut lake = Lake { memory: Memory::default(), plan: plan(&[]) };
        lake.configure(users);
        lake
    }
    fn configure(&mut self, users: &str) {
        self.plan = configured(users);
    }
    fn run(&self, hour: i64, users: &str) -> RunRecord {
        self.run_of(hour, says(users))
    }
    fn run_of(&self, hour: i64, mut gateway: Gateway) -> RunRecord {
        let world = World::new(T0 + hour * HOUR, 1);
        let client = Client::new(&self.memory);
        let record = once(&self.plan, T0 + hour * HOUR, &mut gateway, &client, &world);
        check(&self.memory, &paths());
        record
    }
    /// A run with faults; gives the number of its effects.
    fn attempt(&self, hour: i64, users: &str, faults: impl IntoIterator<Item = (u64, Fault)>, seed: u64) -> u64 {
        let effects = Effects::new(faults);
        let client = Client::with(&self.memory, &effects);
        attempt(&self.plan, T0 + hour * HOUR, &mut says(users), &client, seed);
        effects.calls()
    }
    fn current(&self) -> Manifest {
        published(&self.memory, &paths()).pop().unwrap()
    }
    fn files(&self, table: &str) -> BTreeSet<String> {
        self.current().table(table).unwrap().files.iter().map(|file| file.path.clone()).collect()
    }
    /// The rows of a table without the lake's own columns.
    fn rows(&self, table: &str) -> BTreeSet<String> {
        let rows = content(&self.memory, &paths()).remove(table).unwrap();
        rows.iter().map(|row| bare(row)).collect()
    }
}

fn says(users: &str) -> Gateway {
    Gateway::says(&[("users", users), ("folders", r#"[{"id":0,"path":"/"}]"#)])
}

fn broken() -> Error {
    Error::new(gatelake::error::Kind::Upstream, "html_answer", "the gateway answered a web page")
}

fn bare(row: &str) -> String {
    let mut row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(row).unwrap();
    row.retain(|name, value| !name.starts_with("_dlt_") && !value.is_null());
    serde_json::Value::Object(row).to_string()
}

/// The hour's instant as rows have it.
fn iso(hour: i64) -> String {
    gatelake::normalize::time::format_timestamp((T0 + hour * HOUR) * 1000)
}

fn set(rows: &[&str]) -> BTreeSet<String> {
    rows.iter().map(|row| row.to_string()).collect()
}

#[test]
fn only_files_that_hold_a_touched_key_are_written_anew() {
    let mut lake = Lake::of(Strategy::DeleteInsert);
    lake.plan.resources[0].options.file_bytes = 1; // A file a load: nothing is put together.
    lake.run(0, r#"[{"id":1,"name":"ada","keys":["a","b"]},{"id":2,"name":"bob","keys":["c"]}]"#);
    let first = lake.files("users");
    lake.run(1, r#"[{"id":3,"name":"cyd","keys":["d"]}]"#);
    let second = lake.files("users");
    assert!(second.is_superset(&first) && second.len() == 2, "{second:?}");
    let keys = lake.files("users__keys");
    lake.run(2, r#"[{"id":3,"name":"cyd","keys":["d","e"]},{"id":4,"name":"dan"}]"#);
    assert!(lake.files("users").is_superset(&first), "the file of 1 and 2 is as it was");
    assert_eq!(lake.files("users").intersection(&second).count(), 1, "and that of 3 is gone");
    assert_eq!(lake.files("users__keys").intersection(&keys).count(), 1);
    let all = [
        r#"{"id":1,"name":"ada"}"#,
        r#"{"id":2,"name":"bob"}"#,
        r#"{"id":3,"name":"cyd"}"#,
        r#"{"id":4,"name":"dan"}"#,
    ];
    assert_eq!(lake.rows("users"), set(&all));
    let values: Vec<String> = lake.rows("users__keys").into_iter().collect();
    assert_eq!(values, ["a", "b", "c", "d", "e"].map(|value| format!(r#"{{"value":"{value}"}}"#)));
    // A file that holds a touched key and another one is written anew for the other one.
    lake.run(3, r#"[{"id":2,"name":"bea"}]"#);
    assert_eq!(lake.files("users").intersection(&first).count(), 0);
    assert!(lake.rows("users").contains(r#"{"id":1,"name":"ada"}"#));
    assert_eq!(lake.rows("users__keys").len(), 4, "what hung from 2 is gone");
}

#[test]
fn files_of_other_keys_are_not_read_and_a_damaged_one_of_them_does_no_harm() {
    for (key, names) in [("id", ["1", "2", "3"]), ("name", ["\"ada\"", "\"bob\"", "\"cyd\""])] {
        let mut lake = Lake::of(Strategy::Upsert);
        lake.plan.resources[0].options.file_bytes = 1;
        lake.plan.resources[0].options.primary_key = vec![key.into()];
        let user = |nth: usize, v: i64| format!(r#"[{{"{key}":{},"v":{v},"keys":["k{v}"]}}]"#, names[nth]);
        lake.run(0, &user(0, 1));
        lake.run(1, &user(2, 1));
        let first = lake.current().table("users").unwrap().files[0].path.clone();
        let good = lake.memory.bytes(&paths().key(&first)).unwrap();
        lake.memory.damage(&paths().key(&first));
        let record = lake.run(2, &user(2, 2));
        assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
        assert_eq!(lake.run(3, &user(1, 3)).outcome, Outcome::Published, "between two files, in none of them");
        assert_eq!(lake.run(4, &user(0, 4)).outcome, Outcome::Partial, "its own file is needed");
        lake.memory.replace(&paths().key(&first), &good);
        lake.run(5, &user(0, 5));
        let rows: BTreeSet<String> =
            [(0, 5), (1, 3), (2, 2)].map(|(nth, v)| format!(r#"{{"{key}":{},"v":{v}}}"#, names[nth])).into();
        assert_eq!(lake.rows("users"), rows);
        assert_eq!(lake.rows("users__keys").len(), 3);
    }
}

#[test]
fn many_small_loads_are_a_few_files_whose_rows_stay_in_order() {
    for disposition in [Disposition::Append, Disposition::Merge] {
        let mut lake = Lake::of(Strategy::InsertOnly);
        lake.plan.resources[0].disposition = disposition;
        if disposition == Disposition::Append {
            lake.plan.resources[0].options = Default::default();
        }
        let mut reads = Vec::new();
        for n in 0..40 {
            let record = lake.run(n, &format!(r#"[{{"id":{n},"keys":["a","b"]}}]"#));
            assert_eq!(record.outcome, Outcome::Published);
            reads.push(record.operations.get);
        }
        for (table, rows) in [("users", 40), ("users__keys", 80)] {
            let found = lake.current().table(table).unwrap().clone();
            assert!(found.files.len() <= 6, "{disposition:?}: {table} has {} files", found.files.len());
            assert_eq!(found.rows, rows);
        }
        let rows = content(&lake.memory, &paths()).remove("users").unwrap();
        let ids: Vec<i64> = rows
            .iter()
            .map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap()["id"].as_i64().unwrap())
            .collect();
        assert!(ids.is_sorted(), "{disposition:?}: {ids:?}");
        assert!(reads.iter().max().unwrap() < &40, "{disposition:?}: {reads:?}");
    }
}

#[test]
fn what_is_left_of_several_files_is_one() {
    let mut lake = Lake::of(Strategy::DeleteInsert);
    let users = |numbers: std::ops::Range<i64>, v: i64| {
        let rows = numbers.map(|id| format!(r#"{{"id":{id},"v":{v},"name":"user {}"}}"#, id * 7919 % 4001));
        format!("[{}]", rows.collect::<Vec<_>>().join(","))
    };
    lake.run(0, &users(0..4000, 0));
    lake.run(1, &users(4000..8000, 1));
    // From here on a file is full with these: the next load has one of its own.
    let bytes = lake.current().table("users").unwrap().files.iter().map(|file| file.bytes).max().unwrap();
    lake.plan.resources[0].options.file_bytes = bytes as usize + 1;
    assert_eq!(lake.files("users").len(), 1);
    lake.run(2, &users(8000..16_000, 2));
    assert_eq!(lake.files("users").len(), 2);
    // Of both some rows stay.
    lake.run(3, &users(10..15_990, 3));
    let table = lake.current().table("users").unwrap().clone();
    let rows: Vec<u64> = table.files.iter().map(|file| file.rows).collect();
    assert_eq!((rows[0], rows.iter().sum()), (20, 16_000), "{rows:?}");
    assert_eq!(lake.rows("users").len(), 16_000);
}

#[test]
fn a_damaged_file_that_would_only_be_put_together_stays_as_it_is() {
    let mut lake = Lake::of(Strategy::DeleteInsert);
    lake.plan.resources[0].disposition = Disposition::Append;
    lake.plan.resources[0].options = Default::default();
    lake.run(0, r#"[{"id":1}]"#);
    let file = lake.current().table("users").unwrap().files[0].path.clone();
    let good = lake.memory.bytes(&paths().key(&file)).unwrap();
    lake.memory.damage(&paths().key(&file));
    assert_eq!(lake.run(1, r#"[{"id":2}]"#).outcome, Outcome::Published);
    assert_eq!(lake.files("users").len(), 2);
    lake.memory.replace(&paths().key(&file), &good);
    lake.run(2, r#"[{"id":3}]"#);
    assert_eq!((lake.files("users").len(), lake.current().table("users").unwrap().rows), (1, 3));
}

#[test]
fn the_same_again_costs_nothing_and_an_empty_load_changes_nothing() {
    for strategy in [Strategy::DeleteInsert, Strategy::Upsert, Strategy::InsertOnly, Strategy::Scd2] {
        let lake = Lake::of(strategy);
        let users = r#"[{"id":1,"name":"ada","keys":["a"]},{"id":2,"name":"bob"}]"#;
        assert_eq!(lake.run(0, users).outcome, Outcome::Published);
        let (keys, before) = (lake.memory.keys().len(), lake.current());
        let again = lake.run(1, r#"[{"id":2,"name":"bob"},{"id":1,"name":"ada","keys":["a"]}]"#);
        assert_eq!((again.outcome, lake.memory.keys().len()), (Outcome::Unchanged, keys + 1), "{strategy:?}");
        assert_eq!(
            lake.run(2, "[]").outcome,
            Outcome::Unchanged,
            "{strategy:?}: nothing came, and nothing is taken for gone"
        );
        assert_eq!(lake.current(), before);
        // The same content as the load before last is something new after all.
        assert_eq!(lake.run(3, r#"[{"id":1,"name":"eve"}]"#).outcome, Outcome::Published);
        assert_eq!(lake.run(4, users).outcome, Outcome::Published);
    }
}

#[test]
fn versions_are_kept_with_the_time_that_they_were_valid() {
    let lake = Lake::of(Strategy::Scd2);
    lake.run(0, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bob"}]"#);
    lake.run(1, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bea"}]"#);
    lake.run(2, r#"[{"id":2,"name":"bea"}]"#);
    let rows = content(&lake.memory, &paths()).remove("users").unwrap();
    let mut versions: Vec<(String, String, String)> = rows
        .iter()
        .map(|row| {
            let row: serde_json::Value = serde_json::from_str(row).unwrap();
            let hour = |name: &str| {
                let text = row[name].as_str().map(|text| text.get(11..16).unwrap_or_default().to_owned());
                text.unwrap_or_else(|| "now".into())
            };
            (row["name"].as_str().unwrap().to_owned(), hour("_dlt_valid_from"), hour("_dlt_valid_to"))
        })
        .collect();
    versions.sort();
    let at = |n: i64| iso(n).get(11..16).unwrap().to_owned();
    let expected = [
        ("ada".to_owned(), at(0), at(2)),
        ("bea".to_owned(), at(1), "now".to_owned()),
        ("bob".to_owned(), at(0), at(1)),
    ];
    assert_eq!(versions, expected);
}

#[test]
fn of_records_with_one_key_the_last_one_is_kept_with_its_children_and_that_is_said() {
    let lake = Lake::of(Strategy::Upsert);
    let users = r#"[{"id":1,"name":"ada","keys":["a","b"]},{"id":2,"name":"bob","keys":[]},{"id":1,"name":"eve","keys":["c"]}]"#;
    lake.run(0, users);
    assert_eq!(lake.rows("users"), set(&[r#"{"id":1,"name":"eve"}"#, r#"{"id":2,"name":"bob"}"#]));
    assert_eq!(lake.rows("users__keys"), set(&[r#"{"value":"c"}"#]));
    let warnings = lake.current().warnings;
    assert!(warnings.iter().any(|one| one.code == "duplicate_key" && one.count == 1), "{warnings:?}");
    // The same records in another order are something new.
    lake.run(1, r#"[{"id":1,"name":"eve","keys":["c"]},{"id":1,"name":"ada","keys":["a","b"]},{"id":2,"name":"bob","keys":[]}]"#);
    assert_eq!(lake.rows("users"), set(&[r#"{"id":1,"name":"ada"}"#, r#"{"id":2,"name":"bob"}"#]));
    assert_eq!(lake.rows("users__keys"), set(&[r#"{"value":"a"}"#, r#"{"value":"b"}"#]));
}

#[test]
fn new_columns_come_last_in_files_that_are_written_anew_too() {
    let lake = Lake::of(Strategy::DeleteInsert);
    lake.run(0, r#"[{"id":1,"v":1},{"id":2,"v":2}]"#);
    lake.run(1, r#"[{"id":2,"v":"two","team":"ops"}]"#);
    assert_eq!(lake.rows("users"), set(&[r#"{"id":1,"v":1}"#, r#"{"id":2,"v__v_text":"two","team":"ops"}"#]));
    lake.run(2, r#"[{"id":1,"v":5}]"#);
    assert_eq!(lake.rows("users"), set(&[r#"{"id":1,"v":5}"#, r#"{"id":2,"v__v_text":"two","team":"ops"}"#]));
    let table = lake.current().table("users").unwrap().clone();
    assert!(table.files.iter().all(|file| usize::from(file.columns > 0) == 1));
}

#[test]
fn a_resource_without_what_its_strategy_needs_fails_alone() {
    let mut lake = Lake::of(Strategy::Upsert);
    lake.plan.resources[0].options.primary_key.clear();
    let record = lake.run(0, r#"[{"id":1}]"#);
    assert_eq!(record.outcome, Outcome::Partial);
    assert_eq!(record.resources[0].error.as_ref().unwrap().code, "no_primary_key");
    assert!(lake.current().table("folders").is_some());
}

#[test]
fn an_old_file_that_is_damaged_stops_its_resource_and_no_other() {
    let lake = Lake::of(Strategy::DeleteInsert);
    lake.run(0, r#"[{"id":1,"v":1}]"#);
    let file = lake.current().table("users").unwrap().files[0].path.clone();
    let good = lake.memory.bytes(&paths().key(&file)).unwrap();
    lake.memory.damage(&paths().key(&file));
    let mut gateway = Gateway::says(&[("users", r#"[{"id":1,"v":2}]"#), ("folders", r#"[{"id":7,"path":"/new"}]"#)]);
    let client = Client::new(&lake.memory);
    let record = once(&lake.plan, T0 + HOUR, &mut gateway, &client, &World::new(T0 + HOUR, 1));
    assert_eq!(record.outcome, Outcome::Partial, "{}", record.to_text());
    assert_eq!(record.resources[0].error.as_ref().unwrap().code, "checksum_mismatch");
    // Whole again, the next run goes on.
    lake.memory.replace(&paths().key(&file), &good);
    assert_eq!(lake.run(2, r#"[{"id":1,"v":3}]"#).outcome, Outcome::Published);
    assert_eq!(lake.rows("users"), set(&[r#"{"id":1,"v":3}"#]));
}

#[test]
fn runs_that_race_merge_with_the_winners_snapshot() {
    let mut both = 0;
    for seed in 0..150 {
        let lake = Lake::of(Strategy::Upsert);
        lake.run(0, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bob"}]"#);
        let runs = vec![(1, says(r#"[{"id":2,"name":"bea"}]"#)), (2, says(r#"[{"id":3,"name":"cyd"}]"#))];
        runs_at_once(&lake.memory, &lake.plan, runs, seed);
        check(&lake.memory, &paths());
        let rows = lake.rows("users");
        assert!(rows.contains(r#"{"id":1,"name":"ada"}"#) && rows.contains(r#"{"id":3,"name":"cyd"}"#), "seed {seed}");
        assert_eq!(rows.len(), 3, "seed {seed}: no key twice, none lost");
        both += usize::from(rows.contains(r#"{"id":2,"name":"bea"}"#));
    }
    assert!(both > 10, "the earlier one hardly ever came first: {both}");
}

#[test]
fn whatever_fails_the_rows_are_those_before_or_after_and_the_next_try_gets_there() {
    for strategy in [Strategy::DeleteInsert, Strategy::Scd2] {
        let first = r#"[{"id":1,"v":1,"keys":["a"]},{"id":2,"v":1,"keys":["b"]}]"#;
        let second = r#"[{"id":2,"v":2,"keys":["c","d"]},{"id":3,"v":2}]"#;
        let begun = || {
            let lake = Lake::of(strategy);
            lake.run(0, first);
            lake
        };
        let before = content(&begun().memory, &paths());
        let calm = begun();
        let calls = calm.attempt(1, second, [], 2);
        let after = content(&calm.memory, &paths());
        assert_ne!(before, after);
        for (fault, call) in FAULTS.into_iter().flat_map(|fault| (0..calls).map(move |call| (fault, call))) {
            let lake = begun();
            lake.attempt(1, second, [(call, fault)], 3);
            check(&lake.memory, &paths());
            let seen = content(&lake.memory, &paths());
            let reviewed = |rows: &support::invariants::Rows, table: &str| rows.get(table).cloned();
            for table in ["users", "users__keys"] {
                let now = reviewed(&seen, table);
                assert!(
                    now == reviewed(&before, table) || now == reviewed(&after, table),
                    "{strategy:?}, {fault:?} at call {call}: {table} is neither"
                );
            }
            // A run that published without this resource is mended by the next one.
            lake.run(2, second);
            assert_eq!(lake.rows("users"), calm.rows("users"), "{strategy:?}, {fault:?} at call {call}");
            assert_eq!(lake.rows("users__keys"), calm.rows("users__keys"), "{strategy:?}, {fault:?} at call {call}");
        }
    }
}

#[test]
fn a_load_that_fails_leaves_merged_tables_stale() {
    let lake = Lake::of(Strategy::DeleteInsert);
    lake.run(0, r#"[{"id":1}]"#);
    let gateway = Gateway::says(&[("folders", r#"[{"id":9,"path":"/x"}]"#)]).but("users", broken);
    assert_eq!(lake.run_of(1, gateway).outcome, Outcome::Partial);
    let table = lake.current().table("users").unwrap().clone();
    assert_eq!((table.rows, table.freshness.stale.unwrap().code.as_str()), (1, "html_answer"));
}

#[test]
fn versions_stand_in_the_columns_that_the_configuration_names() {
    let merge = "disposition = \"merge\"\nstrategy = \"scd2\"\n";
    let lake = Lake::configured(&format!(
        "{merge}merge_key = [\"id\"]\nvalidity_column_names = [\"since\", \"until\"]\nactive_record_timestamp = \"9999-12-31\""
    ));
    lake.run(0, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bob"}]"#);
    // The merge key: of 1 nothing is said, so it stays valid.
    lake.run(1, r#"[{"id":2,"name":"bea"}]"#);
    let (first, second) = (iso(0), iso(1));
    let ever = "9999-12-31T00:00:00.000000Z";
    let row = |id: i64, name: &str, since: &str, until: &str| {
        format!(r#"{{"since":"{since}","until":"{until}","id":{id},"name":"{name}"}}"#)
    };
    let expected = [row(1, "ada", &first, ever), row(2, "bea", &second, ever), row(2, "bob", &first, &second)];
    assert_eq!(lake.rows("users"), expected.into_iter().collect());
    // By default they are dlt's, and a valid version has none in the second.
    let lake = Lake::configured(merge);
    lake.run(0, r#"[{"id":1,"name":"ada"}]"#);
    let table = lake.current().table("users").unwrap().schema.clone();
    let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["_dlt_valid_from", "_dlt_valid_to", "id", "name", "_dlt_load_id", "_dlt_id"]);
    assert_eq!(lake.current().table("users").unwrap().files[0].stats.as_ref().unwrap().nulls[1], 1);
}

#[test]
fn rows_go_and_are_chosen_as_the_configuration_says_for_as_long_as_it_does() {
    let merge = "disposition = \"merge\"\nprimary_key = [\"tenant\", \"id\"]\n";
    let hints = format!("{merge}hard_delete = \"isGone\"\ndedup_sort = {{ seenAt = \"desc\" }}");
    let mut lake = Lake::configured(&hints);
    // Two of a key: the one that was seen later comes, though it is not the first. A key is both columns.
    lake.run(
        0,
        r#"[{"tenant":"a","id":1,"seenAt":3},{"tenant":"a","id":1,"seenAt":5},{"tenant":"b","id":1,"seenAt":1}]"#,
    );
    let (a, b) = (r#"{"tenant":"a","id":1,"seen_at":5}"#, r#"{"tenant":"b","id":1,"seen_at":1}"#);
    assert_eq!(lake.rows("users"), set(&[a, b]));
    lake.run(1, r#"[{"tenant":"b","id":1,"isGone":true},{"tenant":"c","id":1,"isGone":false}]"#);
    assert_eq!(lake.rows("users"), set(&[a, r#"{"tenant":"c","id":1,"is_gone":false}"#]));
    // Taken out of the file, neither holds any longer, whatever the last load's schema says.
    lake.configure(merge);
    lake.run(2, r#"[{"tenant":"c","id":1,"isGone":true,"seenAt":1},{"tenant":"c","id":1,"isGone":true,"seenAt":2}]"#);
    assert_eq!(lake.rows("users"), set(&[a, r#"{"tenant":"c","id":1,"seen_at":1,"is_gone":true}"#]));
    // The other order.
    lake.configure(&hints.replace("desc", "asc"));
    lake.run(3, r#"[{"tenant":"d","id":2,"seenAt":9},{"tenant":"d","id":2,"seenAt":8}]"#);
    assert!(lake.rows("users").contains(r#"{"tenant":"d","id":2,"seen_at":8}"#), "{:?}", lake.rows("users"));
}

#[test]
fn names_of_validity_columns_that_no_file_would_have_are_refused() {
    for names in [["Valid From", "valid_to"], ["a", "a"], ["_dlt_id", "valid_to"]] {
        let lake = {
            let mut lake = Lake::of(Strategy::Scd2);
            let WriteDisposition::Merge(merge) = &mut lake.plan.resources[0].options.write_disposition else {
                panic!()
            };
            [merge.validity.from, merge.validity.to] = names.map(str::to_owned);
            lake
        };
        let record = lake.run(0, r#"[{"id":1}]"#);
        let error = record.resources[0].error.as_ref().unwrap();
        assert_eq!(error.code, "bad_options", "{names:?}");
        assert!(error.message.contains("validity_column_names"), "{}", error.message);
    }
}

#[test]
fn no_version_tells_secrets_apart() {
    let lake = Lake::of(Strategy::Scd2);
    lake.plan.resources.iter().for_each(|one| assert!(one.options.redact.is_empty()));
    let with = |password: &str, memo: &str| {
        format!(
            r#"[{{"id":1,"name":"ada","password":"{password}","login":[{{"secretKey":"{password}"}}],"memo":"{memo}"}}]"#
        )
    };
    lake.run(0, &with("first-secret", "a"));
    let before = content(&lake.memory, &paths()).remove("users").unwrap();
    assert_eq!(lake.run(1, &with("second-secret", "a")).outcome, Outcome::Unchanged);
    lake.run(2, &with("third-secret", "b"));
    lake.run(3, &with("fourth-secret", "a"));
    let ids = |rows: &[String]| -> Vec<String> {
        let id = |row: &String| serde_json::from_str::<serde_json::Value>(row).unwrap()["_dlt_id"].to_string();
        rows.iter().map(id).collect()
    };
    let after = content(&lake.memory, &paths()).remove("users").unwrap();
    assert_eq!(after.len(), 3);
    assert_eq!(ids(&after).iter().filter(|id| **id == ids(&before)[0]).count(), 2, "content that returns has its id");
    // What the configuration takes out is not hashed either.
    let mut lake = Lake::of(Strategy::Scd2);
    lake.plan.resources[0].options.redact = vec!["users.memo".into()];
    lake.run(0, &with("x", "one"));
    lake.run(1, &with("x", "two"));
    assert_eq!(ids(&content(&lake.memory, &paths()).remove("users").unwrap()).len(), 1);
}
