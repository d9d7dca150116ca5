//! Delta logs and copies of calm lakes: what they cost and say, and lakes for others' readers (tests/readers/delta.py).

mod support;

use gatelake::lake::derived::Derived;
use gatelake::lake::manifest::decode;
use gatelake::lake::{Derive, Disposition, Outcome, RunRecord};
use gatelake::normalize::Options;
use gatelake::parquet::nested::{Field, Kind, write};
use gatelake::run::Plan;
use serde_json::{Value, json};
use std::path::Path;
use support::delta::{caught_up, copies_are_current, versions};
use support::invariants::{check, published};
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, once, paths, plan};

const BOTH: Derive = Derive { delta: true, latest: true };

/// All that there are: a new one must be looked at here.
fn dispositions() -> Vec<(String, Disposition)> {
    let known = |disposition| match disposition {
        Disposition::Append | Disposition::Replace | Disposition::Merge => disposition,
    };
    let named = |(name, disposition): (&str, Disposition)| (name.to_owned(), known(disposition));
    [
        ("folders", Disposition::Replace),
        ("users", Disposition::Replace),
        ("events", Disposition::Append),
        ("members", Disposition::Merge),
    ]
    .map(named)
    .into()
}

struct Lake {
    memory: Memory,
    plan: Plan,
}

impl Lake {
    fn of(resources: &[(String, Disposition)], derive: Derive) -> Lake {
        let named: Vec<(&str, Disposition)> = resources.iter().map(|(name, how)| (name.as_str(), *how)).collect();
        Lake { memory: Memory::default(), plan: Plan { derive, ..plan(&named) } }
    }

    fn one(name: &str, how: Disposition) -> Lake {
        Lake::of(&[(name.to_owned(), how)], BOTH)
    }

    fn options(mut self, resource: &str, options: &str) -> Lake {
        let resource = self.plan.resources.iter_mut().find(|one| one.name == resource).unwrap();
        resource.options = Options::from_json(options).unwrap();
        self
    }

    fn hour(&self, n: i64, mut gateway: Gateway) -> RunRecord {
        let world = World::new(T0 + n * HOUR, n as u64);
        once(&self.plan, T0 + n * HOUR, &mut gateway, &Client::new(&self.memory), &world)
    }

    /// Writes all that is there below `target/delta/<name>`, for others to read.
    fn keep(&self, name: &str) {
        check(&self.memory, &paths());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/delta").join(name);
        drop(std::fs::remove_dir_all(&folder));
        let prefix = paths().key("");
        for key in self.memory.keys() {
            let file = folder.join(key.strip_prefix(&prefix).unwrap());
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, self.memory.bytes(&key).unwrap()).unwrap();
        }
    }
}

/// Records of load `n`, of which some stay, some change, some go; every second load has a field that none had before.
fn records(n: i64) -> String {
    let record = |id: i64| {
        let (v, field) = (n * (id % 3), n / 2);
        let tags: Vec<String> = (0..id % 4).map(|tag| format!(r#"{{"tag":"t{tag}","n":{v}}}"#)).collect();
        format!(
            r#"{{"id":{id},"name":"ünï {id}","value":{v},"ratio":{}.5,"seen":"2026-01-0{}T01:02:03.{:06}Z","f{field}":{},"tags":[{}]}}"#,
            v - 4,
            1 + id % 9,
            v * 1001,
            id % 2 == 0,
            tags.join(",")
        )
    };
    format!("[{}]", (n % 3..20 + n).map(record).collect::<Vec<_>>().join(","))
}

#[test]
fn every_disposition_over_several_loads() {
    let resources = dispositions();
    let lake = Lake::of(&resources, BOTH).options("users", r#"{"primary_key":"id"}"#);
    for n in 0..8 {
        // Twice in a row the gateway says the same.
        let says = records(n.min(5));
        let answers: Vec<(&str, &str)> = resources.iter().map(|(name, _)| (name.as_str(), says.as_str())).collect();
        let record = lake.hour(n, Gateway::says(&answers));
        assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
        assert_eq!(record.warnings, []);
        caught_up(&lake.memory, &paths(), true);
        copies_are_current(&lake.memory, &paths());
    }
    let versions = |table| versions(&lake.memory, &paths(), table).len();
    assert_eq!(["users", "users__tags", "events", "_dlt_loads"].map(versions), [6, 6, 8, 8]);
    lake.keep("dispositions");
}

#[test]
fn a_column_that_becomes_wider_does_so_in_all_files() {
    let lake = Lake::one("wide", Disposition::Append).options("wide", r#"{"widen_numbers":true}"#);
    for (n, quota) in (0..).zip(["1", "2.5", "3", "4.25"]) {
        let says = format!(r#"[{{"id":{n},"quota":{quota},"keys":[{{"weight":{quota}}},{{"weight":{n}}}]}}]"#);
        let record = lake.hour(n, Gateway::says(&[("wide", &says)]));
        assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
        caught_up(&lake.memory, &paths(), true);
        copies_are_current(&lake.memory, &paths());
    }
    lake.keep("wide");
}

#[test]
fn a_log_that_grows_has_checkpoints() {
    let resources = [("events".to_owned(), Disposition::Append), ("state".to_owned(), Disposition::Replace)];
    let lake = Lake::of(&resources, Derive { delta: true, latest: false });
    for n in 0..120 {
        let events = format!(r#"[{{"event":{n},"at":"2026-02-01T00:00:{:02}Z","note":"n{}"}}]"#, n % 60, n % 7);
        // Two hours apart: what the first ones removed is long gone in the end.
        let record = lake.hour(2 * n, Gateway::says(&[("events", &events), ("state", &format!(r#"[{{"v":{n}}}]"#))]));
        assert_eq!(record.warnings, []);
    }
    caught_up(&lake.memory, &paths(), true);
    let there = |key: &str| lake.memory.bytes(key).is_some();
    for table in ["events", "state", "_dlt_loads"] {
        for version in [50, 100] {
            let (checkpoint, last) = paths().delta_checkpoint(table, version);
            assert!(there(&checkpoint) && there(&last), "{table} {version}");
        }
        assert!(!there(&paths().delta_checkpoint(table, 0).0));
    }
    lake.keep("long");
}

/// What a checkpoint's file can hold, beyond what ours do: tests/readers/delta.py compares it with the records.
#[test]
fn records_with_fields_in_fields() {
    let group = |fields| Kind::Group(fields);
    let fields = [
        Field::needed("id", Kind::I64),
        Field::optional(
            "a",
            group(vec![
                Field::optional("flag", Kind::Bool),
                Field::needed("names", Kind::Texts),
                Field::optional("b", group(vec![Field::optional("map", Kind::TextMap), Field::needed("n", Kind::I32)])),
            ]),
        ),
        Field::optional("more", Kind::Texts),
    ];
    let record = |n: i64| {
        let texts = |count: i64| (0..count).map(|text| format!("t{text}")).collect::<Vec<_>>();
        let map = json!({ "k": "v", "null": null, "n": n.to_string() });
        let maps = [json!({}), map, Value::Null];
        let b = match n % 4 {
            0 => Value::Null,
            _ => json!({ "map": maps[(n % 3) as usize], "n": -n }),
        };
        let flag = [json!(true), json!(false), Value::Null][(n % 3) as usize].clone();
        let a = match n % 7 {
            0 => Value::Null,
            _ => json!({ "flag": flag, "names": texts(n % 5), "b": b }),
        };
        let more = (n % 3 > 0).then(|| texts(n % 4));
        json!({ "id": n << 33, "a": a, "more": more })
    };
    let records: Vec<Value> = (0..500).map(record).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/nested");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, records) in [("many", records.as_slice()), ("none", &[])] {
        std::fs::write(folder.join(format!("{name}.parquet")), write(&fields, records).unwrap()).unwrap();
        std::fs::write(folder.join(format!("{name}.json")), json!(records).to_string()).unwrap();
    }
    for wrong in [
        json!({}),
        json!({ "id": "1" }),
        json!({ "id": 1, "a": {} }),
        json!({ "id": 1, "a": { "names": [1] } }),
        json!({ "id": 1, "a": { "names": [], "b": { "n": 1_i64 << 31 } } }),
        json!({ "id": 1, "a": { "names": [], "b": { "n": 1, "map": { "k": true } } } }),
        json!({ "id": 1, "more": "text" }),
    ] {
        assert_eq!(write(&fields, std::slice::from_ref(&wrong)).unwrap_err().code(), "parquet_page", "{wrong}");
    }
}

#[test]
fn columns_that_delta_has_no_place_for_are_left_out_and_told() {
    let types = r#"[
        {"name":"id","data_type":"bigint"},
        {"name":"tiny","data_type":"bigint","precision":8}, {"name":"short","data_type":"bigint","precision":16},
        {"name":"whole","data_type":"bigint","precision":32},
        {"name":"price","data_type":"decimal","precision":10,"scale":2}, {"name":"exact","data_type":"decimal"},
        {"name":"huge","data_type":"wei"}, {"name":"at","data_type":"time"}, {"name":"day","data_type":"date"},
        {"name":"moment","data_type":"timestamp"}, {"name":"local","data_type":"timestamp","timezone":false},
        {"name":"doc","data_type":"json"}, {"name":"on","data_type":"bool"}]"#;
    let record = |id: i64, year: i64| {
        format!(
            r#"{{"id":{id},"tiny":{},"short":{},"whole":{},"price":"{id}.25","exact":"-{id}.000000001",
            "huge":"1000000000000000000000000000{id}","at":"0{id}:02:03.000004","day":"{year}-03-0{id}",
            "moment":"{year}-03-0{id}T00:00:00.00000{id}Z","local":"{year}-03-0{id}T01:00:00",
            "doc":{{"a":[{id},null]}},"on":true,"long":"{}","a b":1}}"#,
            -id,
            id * 100,
            id * 100_000,
            "ä".repeat(40)
        )
    };
    let lake = Lake::one("types", Disposition::Append).options("types", &format!(r#"{{"columns":{types}}}"#));
    let says = |records: [String; 2]| Gateway::says(&[("types", &format!("[{}]", records.join(",")))]);
    let record_of = lake.hour(0, says([record(1, 1969), r#"{"id":2}"#.into()]));
    let told: Vec<&str> = record_of.warnings.iter().map(|warning| warning.column.as_str()).collect();
    assert_eq!(told, ["huge", "at"], "{}", record_of.to_text());
    assert!(record_of.warnings.iter().all(|warning| warning.code == "delta_column" && warning.table == "types"));
    lake.hour(1, says([record(3, 2026), record(4, 1800)]));
    let version = versions(&lake.memory, &paths(), "types").pop().unwrap();
    let types: Vec<(&str, &str)> = version.fields.iter().map(|(name, kind)| (name.as_str(), kind.as_str())).collect();
    let expected = [
        ("id", "long"),
        ("tiny", "byte"),
        ("short", "short"),
        ("whole", "integer"),
        ("price", "decimal(10,2)"),
        ("exact", "decimal(38,9)"),
        ("day", "date"),
        ("moment", "timestamp"),
        ("local", "timestamp_ntz"),
        ("doc", "string"),
        ("on", "boolean"),
        ("long", "string"),
        ("a_b", "long"),
        ("_dlt_load_id", "string"),
        ("_dlt_id", "string"),
    ];
    assert_eq!(types, expected);
    lake.keep("types");

    // Names that Delta would need a column mapping for.
    let lake = Lake::one("names", Disposition::Replace).options("names", r#"{"naming":"direct"}"#);
    let record = lake.hour(0, Gateway::says(&[("names", r#"[{"a b":1,"Id":2,"id":3,"x;y":4,"é":5}]"#)]));
    let told: Vec<&str> = record.warnings.iter().map(|warning| warning.column.as_str()).collect();
    assert_eq!(told, ["a b", "id", "x;y"]);
    lake.keep("names");
}

#[test]
fn switched_on_later_a_log_begins_and_switched_off_in_between_it_catches_up() {
    let resources = [("users".to_owned(), Disposition::Replace), ("events".to_owned(), Disposition::Append)];
    let mut lake = Lake::of(&resources, Derive::default());
    for n in 0..9 {
        lake.plan.derive.delta = matches!(n, 2..=3 | 6..);
        let users = format!(r#"[{{"id":1,"v":{n},"since_{n}":1}}]"#);
        lake.hour(n, Gateway::says(&[("users", &users), ("events", &format!(r#"[{{"event":{n}}}]"#))]));
    }
    caught_up(&lake.memory, &paths(), false);
    let told: Vec<String> =
        versions(&lake.memory, &paths(), "users").into_iter().map(|version| version.snapshot).collect();
    let snapshots: Vec<String> = published(&lake.memory, &paths()).into_iter().map(|one| one.snapshot).collect();
    assert_eq!(told, snapshots[2..]);
    lake.keep("switched");
}

#[test]
fn what_it_costs() {
    let resources = [("users".to_owned(), Disposition::Replace), ("folders".to_owned(), Disposition::Replace)];
    let state = |v: i64| Gateway::says(&[("users", &format!(r#"[{{"v":{v}}}]"#)), ("folders", r#"[{"id":1}]"#)]);
    let mut costs = Vec::new();
    for derive in [Derive::default(), Derive { delta: true, latest: false }, BOTH] {
        let lake = Lake::of(&resources, derive);
        lake.hour(0, state(0));
        let operations =
            |record: RunRecord| (record.outcome, record.operations.get, record.operations.head, record.operations.put);
        costs.push([operations(lake.hour(1, state(0))), operations(lake.hour(2, state(1)))]);
    }
    let [none, delta, both] = costs.try_into().unwrap();
    // Pointer and manifest; then `derived.json`, and nothing is written.
    assert_eq!(none[0], (Outcome::Unchanged, 2, 0, 0));
    assert_eq!(delta[0], (Outcome::Unchanged, 3, 0, 0));
    assert_eq!(both[0], (Outcome::Unchanged, 3, 0, 0));
    // Two tables changed, `users` and `_dlt_loads`: a commit each, and `derived.json` read and put. A copy is looked for, its
    // file read, and put.
    let Outcome::Published = none[1].0 else { panic!("{none:?}") };
    assert_eq!((delta[1].1 - none[1].1, delta[1].2, delta[1].3 - none[1].3), (1, 0, 2 + 1));
    assert_eq!((both[1].1 - delta[1].1, both[1].2, both[1].3 - delta[1].3), (2, 2, 2));
}

#[test]
fn what_the_logs_name_is_told_to_whoever_tidies_up() {
    let lake = Lake::one("users", Disposition::Replace);
    for n in 0..3 {
        lake.hour(n, Gateway::says(&[("users", &format!(r#"[{{"v":{n}}}]"#))]));
    }
    let key = paths().derived();
    let derived: Derived = decode(&key, &lake.memory.bytes(&key).unwrap()).unwrap();
    let mut needs: Vec<String> = derived.delta.needs().collect();
    let now = published(&lake.memory, &paths()).pop().unwrap();
    let mut named: Vec<String> =
        now.tables.iter().flat_map(|table| &table.files).map(|file| file.path.clone()).collect();
    needs.sort();
    named.sort();
    assert_eq!(needs, named);
}
