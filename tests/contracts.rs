//! What a schema contract discards: where it stands, what must not be in it, and what becomes of it in the lake.

mod support;

use gatelake::lake::{Disposition, Manifest, Outcome, RunRecord};
use gatelake::normalize::{Load, Loaded, Options, Select, schema::Schema};
use gatelake::parquet::rows_json;
use gatelake::run::Plan;
use serde_json::{Value, json};
use support::invariants::{check, content, published};
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, once, plan};

fn load(schema: Schema, options: Value, rows: &str) -> (Loaded, Vec<Value>) {
    let options = Options::from_json(&options.to_string()).unwrap();
    let mut load = Load::new("users", options, schema, "1700000000.5").unwrap();
    load.begin_body(Select::Root).unwrap();
    load.feed(rows.as_bytes()).unwrap();
    load.end_body().unwrap();
    let loaded = load.finish().unwrap();
    let parts = load.take_parts().into_iter().filter(|part| part.table == "users_quarantine");
    let file: Vec<u8> = parts.flat_map(|part| part.bytes).collect();
    let rows = if file.is_empty() { Vec::new() } else { rows_json(&[&file], 0, usize::MAX).unwrap() };
    (loaded, rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect())
}

fn made(rows: &str) -> Schema {
    load(Schema::default(), json!({}), rows).0.schema
}

#[test]
fn each_row_says_what_was_discarded_where_and_why() {
    let schema = made(r#"[{"id":1,"home":{"path":"/"},"keys":[{"name":"a","at":[1]}]}]"#);
    let contract = json!({"tables": "discard_row", "columns": "discard_value", "data_type": "discard_row"});
    let rows = r#"[
        {"id":2, "home":{"path":"/x","a/b":"new"}},
        null,
        {"id":"three", "keys":[{"name":"of a dropped row"}]},
        {"id":4, "keys":[{"name":"b","at":[2,"x",[3]]},{"name":"c"},{"size":7,"name":"d"}], "tags":["t"]}]"#;
    let (loaded, quarantine) = load(schema, json!({"schema_contract": contract}), rows);
    let told: Vec<Value> = quarantine
        .iter()
        .map(|row| {
            ["table_name", "column_name", "ordinal", "pointer", "reason", "value"].map(|name| row[name].clone()).into()
        })
        .collect();
    let expected = json!([
        ["users", "home__a_b", 0, "/home/a~1b", "columns: discard_value", r#""new""#],
        [
            "users",
            "id__v_text",
            1,
            "",
            "data_type: discard_row",
            r#"{"id":"three","keys":[{"name":"of a dropped row"}]}"#
        ],
        ["users__keys__at", "value__v_text", 2, "/keys/0/at/1", "data_type: discard_row", r#""x""#],
        ["users__keys__at__list", null, 2, "/keys/0/at/2/0", "tables: discard_row", "3"],
        ["users__keys", "size", 2, "/keys/2/size", "columns: discard_value", "7"],
        ["users__tags", null, 2, "/tags/0", "tables: discard_row", r#""t""#],
    ]);
    assert_eq!(Value::Array(told), expected);
    assert!(quarantine.iter().all(|row| row["_dlt_load_id"] == "1700000000.5"));
    let ids: std::collections::BTreeSet<&str> = quarantine.iter().map(|row| row["_dlt_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 6, "ids are unique");
    let warned: Vec<_> =
        loaded.warnings.iter().map(|w| (w.code.as_str(), w.table.as_str(), w.column.as_str(), w.count)).collect();
    assert_eq!(
        warned,
        [
            ("quarantine", "users", "home__a_b", 1),
            ("quarantine", "users", "id__v_text", 1),
            ("quarantine", "users__keys", "size", 1),
            ("quarantine", "users__keys__at", "value__v_text", 1),
            ("quarantine", "users__keys__at__list", "", 1),
            ("quarantine", "users__tags", "", 1),
        ]
    );
    let names: Vec<&str> = loaded.schema.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["users", "users__keys", "users__keys__at", "users_quarantine"]);
}

#[test]
fn nothing_discarded_means_no_quarantine() {
    let schema = made(r#"[{"id":1,"name":"a"}]"#);
    let (loaded, _) = load(
        schema,
        json!({"schema_contract": "discard_row"}),
        r#"[{"id":2,"name":null,"new":null,"more":[],"d":{}}]"#,
    );
    assert_eq!(loaded.schema.tables.len(), 1);
    assert_eq!(loaded.warnings, []);
}

#[test]
fn no_secret_gets_into_the_quarantine() {
    let planted = "Pl4nted-S3cret-0123456789";
    let pem = format!("-----BEGIN RSA PRIVATE KEY-----\\n{planted}\\n-----END RSA PRIVATE KEY-----");
    // Under a key, by its look, in lists, below dropped rows, in JSON columns, and in columns that the configuration names.
    let record = format!(
        r#"{{"id":"x","password":"{planted}","look":"{pem}","deep":{{"apiKey":"{planted}","list":["{pem}",{{"token":{{"a":"{planted}"}}}}]}},
            "notes":"{planted}","home":{{"hint":"{planted}"}},"keys":[{{"comment":"{planted}"}}],"pins":["{planted}"],"ok":"visible"}}"#
    );
    let redact = json!(["users.notes", "users.home__hint", "users__keys.comment", "users__pins.value"]);
    for nesting in [0, 1, 1000] {
        for schema in
            [Schema::default(), made(r#"[{"id":1}]"#), made(r#"[{"id":1,"ok":"a","look":"b","keys":[{"a":1}]}]"#)]
        {
            for mode in ["discard_row", "discard_value"] {
                let options = json!({"schema_contract": mode, "redact": redact, "max_table_nesting": nesting});
                let rows = format!("[{record},{record}]");
                let (_, quarantine) = load(schema.clone(), options, &rows);
                let text = format!("{quarantine:?}");
                assert!(!quarantine.is_empty() && !text.contains("Pl4nted"), "{nesting} {mode}: {text}");
                assert!(
                    text.contains("visible")
                        || schema.tables.iter().any(|table| table.columns.iter().any(|c| c.name == "ok"))
                );
            }
        }
    }
    // What the configuration reveals may be seen here, too.
    let options = json!({"schema_contract": "discard_row", "redact": redact, "reveal": ["users.password"]});
    let (_, quarantine) = load(Schema::default(), options, &format!("[{record}]"));
    assert_eq!(format!("{quarantine:?}").matches("Pl4nted").count(), 1, "{quarantine:?}");
}

#[test]
fn the_quarantine_is_bounded() {
    let schema = made(r#"[{"id":1}]"#);
    let options = || json!({"schema_contract": {"columns": "discard_value"}});
    let rows: Vec<String> = (0..10_050).map(|id| format!(r#"{{"id":{id},"new":{id}}}"#)).collect();
    let (loaded, quarantine) = load(schema.clone(), options(), &format!("[{}]", rows.join(",")));
    assert_eq!(quarantine.len(), 10_000);
    let count = |code: &str| loaded.warnings.iter().find(|warning| warning.code == code).map(|warning| warning.count);
    assert_eq!((count("quarantine"), count("quarantine_full")), (Some(10_050), Some(50)));

    // The cut is never inside a character, wherever they stand.
    for shift in 0..4 {
        let long = "x".repeat(shift) + &"😀".repeat(5_000);
        let (_, quarantine) = load(schema.clone(), options(), &format!(r#"[{{"id":1,"new":"{long}"}}]"#));
        let value = quarantine[0]["value"].as_str().unwrap();
        assert!(value.ends_with("😀…") && (4_090..=4_100).contains(&value.len()), "{}", value.len());
    }
    // Keys that are data make no warning each.
    let rows: Vec<String> = (0..300).flat_map(|n| [n, 7]).map(|n| format!(r#"{{"id":1,"new{n}":1}}"#)).collect();
    let (loaded, _) = load(schema.clone(), options(), &format!("[{}]", rows.join(",")));
    let counts = loaded.warnings.iter().map(|warning| (warning.column.as_str(), warning.count));
    let counts: std::collections::BTreeMap<_, _> = counts.collect();
    assert_eq!((counts.len(), counts["new7"], counts[""]), (101, 301, 200));

    let wide: Vec<String> = (0..100_000).map(|n| format!(r#""k{n}":[{n}]"#)).collect();
    let rows = format!("[{{{}}}]", wide.join(","));
    let (_, quarantine) = load(Schema::default(), json!({"schema_contract": {"tables": "discard_value"}}), &rows);
    assert!(quarantine[0]["value"].as_str().unwrap().len() < 4_200);
}

#[test]
fn a_frozen_schema_fails_with_all_that_is_needed_to_mend_it() {
    let schema = made(r#"[{"id":1,"keys":[{"name":"a"}]}]"#);
    let fails = |mode: Value, rows: &str| {
        let options = Options::from_json(&json!({"schema_contract": mode}).to_string()).unwrap();
        let mut load = Load::new("users", options, schema.clone(), "1700000000.5").unwrap();
        load.begin_body(Select::Root).unwrap();
        let error = load.feed(rows.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "schema_frozen");
        error.to_string()
    };
    let rows = r#"[{"id":2},{"id":3,"keys":[{"name":"b"},{"name":"c","size":"private"}]}]"#;
    let text = fails(json!("freeze"), rows);
    for part in ["`size`", "columns = \"freeze\"", "table users__keys, record 1, `/keys/1/size`", "\"discard_value\""] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("private"), "{text}");
    let text = fails(json!({"data_type": "freeze"}), r#"[{"id":"private"}]"#);
    assert!(text.contains("a text value does not fit the column `id`") && text.contains("record 0, `/id`"), "{text}");
    assert!(!text.contains("private"), "{text}");
    let text = fails(json!({"tables": "freeze"}), r#"[{"id":1,"tags":[1]}]"#);
    assert!(text.contains("the table `users__tags` would be new") && text.contains("`/tags/0`"), "{text}");
}

struct Lake {
    memory: Memory,
    world: World,
    plan: Plan,
}

impl Lake {
    /// `users` comes under a contract from its second run on.
    fn new(disposition: Disposition, contract: Value) -> Lake {
        let mut lake = Lake {
            memory: Memory::default(),
            world: World::new(T0, 1),
            plan: plan(&[("users", disposition), ("folders", Disposition::Replace)]),
        };
        assert_eq!(lake.run(0, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bob"}]"#).outcome, Outcome::Published);
        let options = &mut lake.plan.resources[0].options;
        *options = Options::from_json(&json!({"schema_contract": contract}).to_string()).unwrap();
        lake
    }
    fn run(&self, hour: i64, users: &str) -> RunRecord {
        let mut gateway = Gateway::says(&[("users", users), ("folders", r#"[{"id":0}]"#)]);
        let record = once(&self.plan, T0 + hour * HOUR, &mut gateway, &Client::new(&self.memory), &self.world);
        check(&self.memory, &self.plan.paths);
        record
    }
    fn current(&self) -> Manifest {
        published(&self.memory, &self.plan.paths).pop().unwrap()
    }
    fn rows(&self, table: &str) -> Option<usize> {
        content(&self.memory, &self.plan.paths).remove(table).map(|rows| rows.len())
    }
}

#[test]
fn the_lake_publishes_the_quarantine_with_the_tables() {
    let lake = Lake::new(Disposition::Replace, json!("discard_value"));
    assert_eq!(lake.rows("users_quarantine"), None);
    let odd = r#"[{"id":1,"name":"ada","x":1},{"id":2,"name":"bob","x":2}]"#;
    let record = lake.run(1, odd);
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    assert_eq!(record.resources[0].rows, 2, "rows in quarantine are not loaded");
    assert!(record.warnings.iter().any(|warning| warning.code == "quarantine" && warning.count == 2));
    assert_eq!((lake.rows("users"), lake.rows("users_quarantine")), (Some(2), Some(2)));
    let manifest = lake.current();
    assert!(manifest.table("users_quarantine").unwrap().schema.quarantine);
    assert_eq!(manifest.table("users").unwrap().schema.schema_contract.columns.name(), "discard_value");

    // The same again is nothing new, in another order neither.
    assert_eq!(lake.run(2, odd).outcome, Outcome::Unchanged);
    assert_eq!(lake.run(3, r#"[{"id":2,"name":"bob","x":2},{"id":1,"name":"ada","x":1}]"#).outcome, Outcome::Unchanged);
    // Another value in quarantine is.
    assert_eq!(lake.run(4, &odd.replace(":2}", ":3}")).outcome, Outcome::Published);
    // When all fits again, it is empty, and no shrink guard holds that up.
    let record = lake.run(5, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bob"}]"#);
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    assert_eq!((lake.rows("users"), lake.rows("users_quarantine")), (Some(2), Some(0)));
    assert!(record.warnings.is_empty() && lake.current().warnings.is_empty());
    assert_eq!(lake.run(6, odd).outcome, Outcome::Published);
    assert_eq!(lake.rows("users_quarantine"), Some(2));
}

#[test]
fn appended_loads_add_to_the_quarantine() {
    let lake = Lake::new(Disposition::Append, json!({"data_type": "discard_row"}));
    lake.run(1, r#"[{"id":"x"},{"id":3}]"#);
    let record = lake.run(2, r#"[{"id":"y"}]"#);
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    assert_eq!((lake.rows("users"), lake.rows("users_quarantine")), (Some(3), Some(2)));
    assert_eq!(lake.run(3, r#"[{"id":4}]"#).outcome, Outcome::Published);
    assert_eq!((lake.rows("users"), lake.rows("users_quarantine")), (Some(4), Some(2)));
}

#[test]
fn a_frozen_resource_keeps_its_last_good_tables() {
    let lake = Lake::new(Disposition::Replace, json!("freeze"));
    let record = lake.run(1, r#"[{"id":1,"name":"ada"},{"id":2,"name":"bob","x":1}]"#);
    assert_eq!(record.resources[0].error.as_ref().unwrap().code, "schema_frozen");
    assert_eq!(lake.current().table("users").unwrap().freshness.stale.as_ref().unwrap().code, "schema_frozen");
    assert_eq!((lake.rows("users"), lake.rows("users_quarantine")), (Some(2), None));
    let record = lake.run(2, r#"[{"id":3,"name":"eve"},{"id":2,"name":"bob"}]"#);
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    assert!(lake.current().table("users").unwrap().freshness.stale.is_none());
}
