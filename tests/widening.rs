//! `widen_numbers`: integers and numbers with a fraction in one column, whatever becomes of the rows that were there.

mod support;

use gatelake::lake::{Manifest, Outcome, RunRecord};
use gatelake::normalize::Options;
use gatelake::normalize::schema::DataType;
use gatelake::run::Plan;
use support::invariants::{check, content, published};
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, configured, once, paths};

struct Lake {
    memory: Memory,
    plan: Plan,
}

impl Lake {
    /// A lake of the resource `users` as these lines of gatelake.toml have it.
    fn of(users: &str) -> Lake {
        Lake { memory: Memory::default(), plan: configured(users) }
    }
    fn configure(&mut self, users: &str) {
        self.plan = configured(users);
    }
    fn users(&mut self) -> &mut Options {
        let users = self.plan.resources.iter_mut().find(|resource| resource.name == "users");
        &mut users.unwrap().options
    }
    fn run(&self, hour: i64, users: &str) -> RunRecord {
        let world = World::new(T0 + hour * HOUR, 1);
        let mut gateway = Gateway::says(&[("users", users), ("folders", r#"[{"id":0,"path":"/"}]"#)]);
        let record = once(&self.plan, T0 + hour * HOUR, &mut gateway, &Client::new(&self.memory), &world);
        check(&self.memory, &paths());
        record
    }
    fn publish(&self, hour: i64, users: &str) {
        let record = self.run(hour, users);
        assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    }
    fn current(&self) -> Manifest {
        published(&self.memory, &paths()).pop().unwrap()
    }
    /// Names and types of a table's own columns.
    fn columns(&self, table: &str) -> Vec<(String, DataType)> {
        let manifest = self.current();
        let columns =
            manifest.table(table).unwrap().schema.columns.iter().filter(|column| !column.name.starts_with('_'));
        columns.map(|column| (column.name.clone(), column.data_type.unwrap())).collect()
    }
    /// A table's cells of a column, in the rows' order, as JSON.
    fn cells(&self, table: &str, column: &str) -> Vec<String> {
        let rows = content(&self.memory, &paths()).remove(table).unwrap();
        let mut cells: Vec<(i64, String)> = Vec::new();
        for row in rows {
            let row: serde_json::Value = serde_json::from_str(&row).unwrap();
            cells.push((row["id"].as_i64().unwrap_or_default(), row[column].to_string()));
        }
        cells.sort_by_key(|(id, _)| *id);
        cells.into_iter().map(|(_, cell)| cell).collect()
    }
}

fn named(columns: &[(&str, DataType)]) -> Vec<(String, DataType)> {
    columns.iter().map(|(name, data_type)| ((*name).to_owned(), *data_type)).collect()
}

const WIDE: [(&str, DataType); 2] = [("id", DataType::Bigint), ("quota", DataType::Double)];
const FIRST: &str = r#"[{"id":1,"quota":10,"keys":[{"weight":1}]},{"id":2,"quota":20,"keys":[{"weight":2}]}]"#;
const SECOND: &str = r#"[{"id":2,"quota":2.5,"keys":[{"weight":0.5},{"weight":7}]},{"id":3,"quota":30}]"#;

#[test]
fn a_column_becomes_wider_with_all_rows_that_stay() {
    for (users, quotas, weights) in [
        ("", ["2.5", "30.0"].as_slice(), ["0.5", "7.0"].as_slice()),
        ("disposition = \"append\"", &["10.0", "20.0", "2.5", "30.0"], &["1.0", "2.0", "0.5", "7.0"]),
        ("disposition = \"merge\"\nprimary_key = [\"id\"]", &["10.0", "2.5", "30.0"], &["1.0", "0.5", "7.0"]),
        (
            "disposition = \"merge\"\nstrategy = \"upsert\"\nprimary_key = [\"id\"]",
            &["10.0", "2.5", "30.0"],
            &["1.0", "0.5", "7.0"],
        ),
        (
            "disposition = \"merge\"\nstrategy = \"insert-only\"\nprimary_key = [\"id\"]",
            &["10.0", "20.0", "30.0"],
            &["1.0", "2.0", "7.0"],
        ),
        (
            "disposition = \"merge\"\nstrategy = \"scd2\"",
            &["10.0", "20.0", "2.5", "30.0"],
            &["1.0", "2.0", "0.5", "7.0"],
        ),
    ] {
        let lake = Lake::of(&format!("widen_numbers = true\n{users}"));
        lake.publish(0, FIRST);
        assert_eq!(lake.columns("users"), named(&[("id", DataType::Bigint), ("quota", DataType::Bigint)]), "{users}");
        lake.publish(1, SECOND);
        assert_eq!(lake.columns("users"), named(&WIDE), "{users}");
        let mut found = lake.cells("users", "quota");
        // Versions of one user have no order among themselves.
        found.sort_by_key(|cell| quotas.iter().position(|quota| quota == cell));
        assert_eq!(found, quotas, "{users}");
        assert_eq!(lake.columns("users__keys"), named(&[("weight", DataType::Double)]), "{users}");
        let mut found = lake.cells("users__keys", "weight");
        found.sort_by_key(|cell| weights.iter().position(|weight| weight == cell));
        assert_eq!(found, weights, "{users}");
        // From now on it is a column of doubles like any other.
        lake.run(2, SECOND);
        let record = lake.run(3, r#"[{"id":9,"quota":9,"keys":[{"weight":9}]},{"id":3,"quota":"x"}]"#);
        assert_eq!(record.outcome, Outcome::Published, "{users}: {}", record.to_text());
        assert!(lake.cells("users", "quota").contains(&"9.0".to_owned()), "{users}");
        assert!(lake.columns("users").contains(&("quota__v_text".to_owned(), DataType::Text)), "{users}");
    }
}

#[test]
fn files_that_ended_before_the_first_fraction_are_written_anew() {
    for disposition in ["replace", "append"] {
        let mut lake = Lake::of(&format!("widen_numbers = true\ndisposition = \"{disposition}\""));
        lake.users().file_bytes = 1;
        let user = |id: usize| {
            let quota = if id < 29_000 { id.to_string() } else { format!("{id}.5") };
            // What does not get smaller by compression fills a row group.
            let noise = (id as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            format!(
                r#"{{"id":{id},"quota":{quota},"home":"{noise:x}{:x}{:x}"}}"#,
                noise.rotate_left(9) ^ 77,
                noise.rotate_left(31) ^ 99
            )
        };
        let users: Vec<String> = (0..30_000).map(user).collect();
        lake.publish(0, &format!("[{}]", users.join(",")));
        assert!(lake.current().table("users").unwrap().files.len() > 1, "several files");
        let columns = [WIDE[0], WIDE[1], ("home", DataType::Text)];
        assert_eq!(lake.columns("users"), named(&columns));
        let cells = lake.cells("users", "quota");
        assert_eq!((cells.len(), cells[28_999].as_str(), cells[29_000].as_str()), (30_000, "28999.0", "29000.5"));
        // Nothing new is nothing to publish, once the tables were loaded as they are.
        if disposition == "replace" {
            lake.run(1, &format!("[{}]", users.join(",")));
            assert_eq!(lake.run(2, &format!("[{}]", users.join(","))).outcome, Outcome::Unchanged);
        }
    }
}

#[test]
fn nothing_is_widened_that_nobody_asked_for() {
    let mut lake = Lake::of("disposition = \"append\"");
    lake.publish(0, FIRST);
    lake.publish(1, SECOND);
    let apart = [WIDE[0], ("quota", DataType::Bigint), ("quota__v_double", DataType::Double)];
    assert_eq!(lake.columns("users"), named(&apart));
    // Asked for later, it is done to what is there.
    lake.configure("widen_numbers = true\ndisposition = \"append\"");
    lake.publish(2, r#"[{"id":4,"quota":40}]"#);
    assert_eq!(lake.columns("users"), named(&WIDE));
    assert_eq!(lake.cells("users", "quota"), ["10.0", "20.0", "2.5", "30.0", "40.0"]);
    assert_eq!(lake.columns("users__keys"), named(&[("weight", DataType::Double)]));
    // And it stays, whatever is asked for then.
    lake.configure("disposition = \"append\"");
    lake.publish(3, r#"[{"id":5,"quota":50}]"#);
    assert_eq!(lake.columns("users"), named(&WIDE));
}

#[test]
fn a_contract_and_a_hint_say_more_than_the_option() {
    let lake = Lake::of("widen_numbers = true\nschema_contract = { data_type = \"discard_value\" }");
    lake.publish(0, FIRST);
    lake.publish(1, SECOND);
    assert_eq!(lake.columns("users"), named(&[("id", DataType::Bigint), ("quota", DataType::Bigint)]));
    let mut lake = Lake::of("widen_numbers = true");
    let hints = r#"{"columns": {"quota": {"data_type": "bigint"}}}"#;
    lake.users().columns = Options::from_json(hints).unwrap().columns;
    lake.publish(0, FIRST);
    lake.publish(1, SECOND);
    assert!(lake.columns("users").contains(&("quota__v_double".to_owned(), DataType::Double)));
    assert_eq!(lake.columns("users__keys"), named(&[("weight", DataType::Double)]), "of which nothing is hinted");
}
