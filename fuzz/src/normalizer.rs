//! Documents of any kind over several loads, with any options.

use super::choices::Choices;
use super::documents::{Json, PLANTED, PLANTED_NUMBER, Spelling, Style, records};
use super::loads::{Cuts, assert_adds_up, assert_clean, assert_same, load};
use gatelake::normalize::hints::Hint;
use gatelake::normalize::schema::{Column, DataType, Schema};
use gatelake::normalize::{Contract, Merge, Mode, Options, Select, Strategy, WriteDisposition};

pub fn target(data: &[u8]) {
    let mut c = Choices::Bytes(data);
    let options = options(&mut c);
    let hidden = !options.redact.is_empty();
    let style = Style { collisions: c.one_in(2), secrets: c.one_in(2) };
    let mut schema = Schema::default();
    for number in 0..1 + c.below(3) {
        let select = if c.one_in(3) { Select::Envelope } else { Select::Root };
        let spelling = Spelling::any(&mut c);
        let cuts = [Cuts::Every(1 + c.below(64) as usize), Cuts::Random(c.next())];
        let mut lists: Vec<Vec<Json>> = (0..1 + c.below(2)).map(|_| records(&mut c, style)).collect();
        lists.iter_mut().flatten().for_each(|record| prepare(record, hidden));
        let bodies: Vec<String> = lists.iter().map(|list| body(list, &select, spelling)).collect();
        let bytes: Vec<&[u8]> = bodies.iter().map(String::as_bytes).collect();
        let read = |cuts, thorough| load(&bytes, &select, cuts, thorough, options.clone(), schema.clone());
        let what = || format!("load {number}, {options:?}, {select:?} of {bodies:#?} after {schema:?}");

        let whole = read(Cuts::Whole, false);
        assert_same(&whole, &read(cuts[0], false), || format!("{:?}: {}", cuts[0], what()));
        assert_same(&whole, &read(cuts[1], true), || format!("the thorough way, {:?}: {}", cuts[1], what()));
        assert_clean(&whole, what);
        assert_adds_up(&whole, what);
        let Ok(loaded) = whole.loaded else { return };
        if select == Select::Root {
            let rows: usize = lists.iter().flatten().map(rows).sum();
            let root = loaded.tables.iter().find(|table| table.name == "users");
            let found = root.map_or(0, |table| table.rows as usize);
            // A list under a key without letters has no name of its own: its rows come to its parent's table.
            let discarded = options.schema_contract.is_some() && found < rows;
            assert!(
                found == rows || discarded || (style.collisions && found > rows),
                "{found} rows of {rows}: {}",
                what()
            );
        }
        assert_grown(&schema, &loaded.schema, what);
        schema = loaded.schema;
    }
}

fn options(c: &mut Choices) -> Options {
    let chosen = |yes: bool, name: &str| if yes { vec![name.to_owned()] } else { Vec::new() };
    Options {
        max_table_nesting: c.pick(&[1000, 0, 1, 2, 3]),
        max_identifier_length: c.pick(&[0, 0, 0, 6, 9, 30]),
        naming: c
            .pick(&["snake_case", "snake_case", "direct", "sql_ci_v1", "sql_cs_v1", "duck_case", "s3_tables"])
            .into(),
        primary_key: chosen(c.one_in(4), "id"),
        write_disposition: match c.below(8) {
            at @ 4.. => {
                let strategies = [Strategy::DeleteInsert, Strategy::Upsert, Strategy::InsertOnly, Strategy::Scd2];
                let strategy = strategies.get(at as usize - 4).copied().unwrap_or_default();
                WriteDisposition::Merge(Merge { strategy, ..Merge::default() })
            }
            _ => WriteDisposition::default(),
        },
        root_key: c.one_in(8),
        columns: match c.below(6) {
            5 => {
                let hints = [DataType::Text, DataType::Json, DataType::Double, DataType::Decimal, DataType::Timestamp];
                let hint = |name: &str| Hint { name: name.into(), data_type: Some(c.pick(&hints)), ..Hint::default() };
                ["a", "name"].map(hint).into()
            }
            _ => Default::default(),
        },
        redact: chosen(c.one_in(3), "users.memo"),
        reveal: chosen(c.one_in(3), "users.pwd"),
        plain_encodings: c.one_in(2),
        file_bytes: c.pick(&[8 << 20, 1]),
        merge_key: Vec::new(),
        detections_add: chosen(c.one_in(4), "iso_date"),
        detections_remove: chosen(c.one_in(4), "iso_timestamp"),
        preferred_types: match c.below(6) {
            5 => vec![(
                "re:^a".to_owned(),
                c.pick(&[DataType::Text, DataType::Json, DataType::Double, DataType::Timestamp]),
            )],
            _ => Vec::new(),
        },
        schema_contract: c.one_in(3).then(|| contract(c)),
        // What is widened does not only grow, and its files are not all of a load's making: tests/widening.rs.
        widen_numbers: false,
    }
}

fn contract(c: &mut Choices) -> Contract {
    let mut mode =
        || c.pick(&[Mode::Evolve, Mode::Evolve, Mode::Evolve, Mode::DiscardRow, Mode::DiscardValue, Mode::Freeze]);
    Contract { tables: mode(), columns: mode(), data_type: mode() }
}

/// Records that hold what the options speak of: a column that is hidden, though nothing else gives it away, and one that looks
/// secret and may be let through.
fn prepare(record: &mut Json, hidden: bool) {
    if let Json::Object(members) = record {
        if hidden {
            members.push(("memo".into(), Json::Text(PLANTED.into())));
        }
        members.push(("pwd".into(), Json::Text("not one at all".into())));
    }
}

fn body(records: &[Json], select: &Select, spelling: Spelling) -> String {
    let list = Json::List(records.to_vec());
    match select {
        Select::Root => list.spell(spelling),
        Select::Envelope => {
            let of = |number: usize| Json::Number(number.to_string());
            let page =
                Json::Object(vec![("totalElements".into(), of(records.len())), ("last".into(), Json::Bool(true))]);
            let session = Json::Object(vec![
                ("token".into(), Json::Number(PLANTED_NUMBER.to_string())),
                ("password".into(), Json::Object(vec![(PLANTED.into(), page.clone())])),
            ]);
            let members = [("session", session), ("content", list), ("page", page)];
            Json::Object(members.map(|(key, value)| (key.to_owned(), value)).into()).spell(spelling)
        }
    }
}

/// Rows of the root table: a list among the records is a batch of them; a null is none, but in a batch.
fn rows(record: &Json) -> usize {
    match record {
        Json::Null => 0,
        Json::List(items) => items.len(),
        _ => 1,
    }
}

/// Every column that had a type has it still.
fn assert_grown(before: &Schema, after: &Schema, what: impl Fn() -> String) {
    for table in &before.tables {
        let grown = after.table(&table.name).unwrap_or_else(|| panic!("{}: {} is gone", what(), table.name));
        let typed = |columns: &[Column]| -> Vec<(String, DataType)> {
            columns.iter().filter_map(|column| Some((column.name.clone(), column.data_type?))).collect()
        };
        let (old, new) = (typed(&table.columns), typed(&grown.columns));
        assert!(new.starts_with(&old), "{}: {} had {old:?} and has {new:?}", what(), table.name);
    }
}
