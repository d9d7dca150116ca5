//! Looking at tables, against an oracle that unpacks everything and does the plainest thing: any window, order, filter, search,
//! profile and walk must be the same.

#[path = "support/choices.rs"]
mod choices;
#[path = "support/documents.rs"]
mod documents;
#[path = "support/loads.rs"]
mod loads;
#[path = "readers/model.rs"]
mod model;
#[path = "view/oracle.rs"]
mod oracle;

use choices::Choices;
use documents::{Json, Spelling, Style, records};
use gatelake::error::Result;
use gatelake::normalize::schema::{Column, DataType, TableSchema};
use gatelake::normalize::{Load, Options, Select};
use gatelake::parquet::WriterOptions;
use gatelake::view::{Arrangement, Arranging, Profile, Profiling, Request, Tables};
use loads::{Cuts, LOAD_ID, plain};
use model::{Cell, any_table, cells, every_type, spec};
use oracle::{Known, any_request};

fn arrange(tables: &Tables, table: usize, request: &str, budget: usize) -> Result<Arrangement> {
    let mut work = Arranging::new(tables, table, &Request::from_json(request)?)?;
    while !work.step(tables, budget)? {}
    Ok(work.finish())
}

fn profile(tables: &Tables, rows: Option<&Arrangement>, column: usize, budget: usize) -> Profile {
    let mut work = Profiling::new(tables, 0, rows, column).unwrap();
    while !work.step(tables, budget).unwrap() {}
    work.finish()
}

/// Files of any tables, the later ones with all of the columns, the first ones with some.
fn any_files(c: &mut Choices) -> (TableSchema, Vec<Vec<u8>>) {
    let mut table = any_table(c);
    let columns = table.columns.iter().map(|column| {
        let spec = &column.spec;
        let typed = Column::new(&spec.name, spec.data_type);
        let timezone = (!spec.timezone).then_some(false);
        Column { nullable: spec.nullable, precision: spec.precision, scale: spec.scale, timezone, ..typed }
    });
    // A column that no value has reached is in no file.
    let mut columns: Vec<Column> = columns.collect();
    columns.insert(c.below(columns.len() as u64 + 1) as usize, Column { name: "untyped".into(), ..Column::default() });
    let schema = TableSchema { columns, ..TableSchema::new("t".into(), None) };
    let all = table.write(WriterOptions { plain_encodings: c.one_in(3), ..WriterOptions::default() }).unwrap();
    let mut files = Vec::new();
    if c.one_in(2) {
        table.columns.truncate(1 + c.below(table.columns.len() as u64) as usize);
        files.push(table.write(WriterOptions::default()).unwrap());
    }
    files.push(all.clone());
    if c.one_in(3) {
        files.push(all);
    }
    (schema, files)
}

fn tables(schema: &TableSchema, files: &[Vec<u8>]) -> Tables {
    let mut tables = Tables::new();
    for file in files {
        assert_eq!(tables.add(schema, file.clone()).unwrap(), 0);
    }
    tables
}

#[test]
fn any_window_is_what_the_files_hold() {
    for seed in 0..300 {
        let mut c = Choices::Seed(seed);
        let (schema, files) = any_files(&mut c);
        let (tables, known) = (tables(&schema, &files), Known::of(&schema, &files));
        let listed = &tables.list()[0];
        assert_eq!((listed.rows, listed.readable as usize, listed.files), (known.rows as u64, known.rows, files.len()));
        assert_eq!(listed.columns.len(), known.columns.len());
        for _ in 0..10 {
            let first = c.below(known.rows as u64 + 2) as usize;
            let end = first + c.below(known.rows as u64 + 2) as usize;
            let columns: Vec<usize> =
                (0..1 + c.below(4)).map(|_| c.below(known.columns.len() as u64) as usize).collect();
            let limit = c.pick(&[0, 1, 5, 200]);
            let shown = tables.cells(0, None, first..end, &columns, limit).unwrap();
            let values = tables.columns(0, None, first..end, &columns).unwrap();
            for ((column, shown), values) in columns.iter().zip(shown).zip(values) {
                let here = first.min(known.rows)..end.min(known.rows);
                let texts: Vec<_> = known.texts[*column][here.clone()].iter().map(|text| cut(text, limit)).collect();
                assert_eq!(shown, texts, "seed {seed}, column {column}, rows {first} to {end}");
                let values = cells(values);
                assert_eq!(values.len(), here.len());
                assert!(values.iter().zip(&known.cells[*column][here]).all(|(a, b)| model::same(a, b)), "seed {seed}");
            }
            if first < known.rows {
                assert_eq!(tables.text(0, None, first, columns[0]).unwrap(), known.texts[columns[0]][first]);
            }
        }
        let groups: Vec<_> = tables.row_groups(0).unwrap().collect();
        let whole = groups.iter().flat_map(|group| {
            cells(tables.batch(0, None, group.start as usize..group.end as usize).unwrap().remove(0))
        });
        assert!(whole.zip(&known.cells[0]).all(|(a, b)| model::same(&a, b)));
        assert_eq!(groups.last().map_or(0, |group| group.end as usize), known.rows);
        assert_eq!(tables.file(0, files.len() - 1).unwrap(), files[files.len() - 1]);
    }
}

fn cut(text: &Option<String>, limit: usize) -> Option<String> {
    text.as_ref().map(|text| match text.chars().count() > limit {
        true => text.chars().take(limit).chain(['…']).collect(),
        false => text.clone(),
    })
}

#[test]
fn any_order_filter_and_search() {
    let (mut found, mut all) = (0, 0);
    for seed in 0..400 {
        let mut c = Choices::Seed(seed);
        let (schema, files) = any_files(&mut c);
        let (tables, known) = (tables(&schema, &files), Known::of(&schema, &files));
        for _ in 0..6 {
            let request = any_request(&known, &mut c);
            let text = request.to_string();
            let rows = arrange(&tables, 0, &text, c.pick(&[1, 100, 1 << 20])).unwrap();
            assert_eq!(rows.rows(), known.arrange(&request), "seed {seed}: {text}");
            found += rows.len();
            all += known.rows;
            // Cells and columns come in the order of the rows.
            let shown = tables.cells(0, Some(&rows), 0..usize::MAX, &[0], 1 << 20).unwrap();
            let expected: Vec<_> = rows.rows().iter().map(|row| known.texts[0][*row as usize].clone()).collect();
            assert_eq!(shown[0], expected, "seed {seed}: {text}");
            let values = cells(tables.batch(0, Some(&rows), 0..usize::MAX).unwrap().remove(0));
            let expected = rows.rows().iter().map(|row| &known.cells[0][*row as usize]);
            assert!(values.iter().zip(expected).all(|(a, b)| model::same(a, b)), "seed {seed}: {text}");
        }
    }
    assert!(found * 20 > all && found < all, "{found} of {all} rows were found: the test shows little");
}

#[test]
fn any_profile() {
    for seed in 0..200 {
        let mut c = Choices::Seed(seed);
        let (schema, files) = any_files(&mut c);
        let (tables, known) = (tables(&schema, &files), Known::of(&schema, &files));
        let rows = arrange(&tables, 0, &any_request(&known, &mut c).to_string(), 1 << 20).unwrap();
        for column in 0..known.columns.len() {
            let all: Vec<u32> = (0..known.rows as u32).collect();
            known.check_profile(&profile(&tables, None, column, 7), column, &all);
            known.check_profile(&profile(&tables, Some(&rows), column, 1 << 20), column, rows.rows());
        }
    }
}

/// What is special about keys of texts: the end of a text, what is long and equal, and what is not read twice.
#[test]
fn texts_are_ordered_by_their_bytes() {
    let long = "x".repeat(5000);
    let mut texts: Vec<String> =
        ["", "\0", "a", "a\0", "a\0\0\0\0\0\0", "a\0\0\0\0\0\0\0", "abcdefg", "abcdefgh", "ABCDEFG", "ä", "\u{10FFFF}"]
            .map(str::to_owned)
            .to_vec();
    texts.extend((0..40).map(|end| format!("{long}{}", end % 7)));
    texts.extend((0..60).map(|length| "a".repeat(length)));
    let column = model::Column {
        spec: spec("text", DataType::Text),
        cells: texts.iter().map(|text| Cell::Text(text.clone().into_bytes())).collect(),
        from_page: 0,
        dictionary_pages: 1,
    };
    let table = model::Table { columns: vec![column], pages: vec![vec![30, 20], vec![texts.len() - 50]] };
    let schema =
        TableSchema { columns: vec![Column::new("text", DataType::Text)], ..TableSchema::new("t".into(), None) };
    let tables = tables(&schema, &[table.write(WriterOptions::default()).unwrap()]);
    for descending in [false, true] {
        let request = serde_json::json!({ "order": [{ "column": 0, "descending": descending }] });
        let mut expected: Vec<u32> = (0..texts.len() as u32).collect();
        expected.sort_by(|a, b| {
            let order = texts[*a as usize].cmp(&texts[*b as usize]);
            if descending { order.reverse() } else { order }
        });
        assert_eq!(arrange(&tables, 0, &request.to_string(), 1).unwrap().rows(), expected);
    }
}

#[test]
fn different_values_are_counted_up_to_a_bound() {
    let rows = 100_500;
    let column = model::Column {
        spec: spec("n", DataType::Bigint),
        cells: (0..rows).map(|row| Cell::Int(if row % 50 == 49 { 7 } else { row })).collect(),
        from_page: 0,
        dictionary_pages: 0,
    };
    let table = model::Table { columns: vec![column], pages: vec![vec![rows as usize]] };
    let schema =
        TableSchema { columns: vec![Column::new("n", DataType::Bigint)], ..TableSchema::new("t".into(), None) };
    let tables = tables(&schema, &[table.write(WriterOptions::default()).unwrap()]);
    let profile = profile(&tables, None, 0, 30_000);
    assert_eq!((profile.distinct.count, profile.distinct.exact), (98_490, true));
    assert_eq!((profile.frequent[0].value.as_str(), profile.frequent[0].count), ("7", 2011));
    let mut twice = Tables::new();
    let other = model::Column {
        spec: spec("n", DataType::Bigint),
        cells: (0..rows).map(|row| Cell::Int(-row)).collect(),
        from_page: 0,
        dictionary_pages: 0,
    };
    for column in [table.columns.into_iter().next().unwrap(), other] {
        let table = model::Table { columns: vec![column], pages: vec![vec![rows as usize]] };
        twice.add(&schema, table.write(WriterOptions::default()).unwrap()).unwrap();
    }
    let profile = self::profile(&twice, None, 0, 1 << 20);
    assert_eq!((profile.distinct.count, profile.distinct.exact), (100_000, false));
    assert_eq!((profile.min.as_deref(), profile.max.as_deref()), (Some("-100499"), Some("100498")));
    assert_eq!(profile.histogram.iter().map(|bin| bin.count).sum::<u64>(), 2 * rows as u64);
}

/// While a load is under way its finished row groups can be looked at, and what is seen stays what it is.
#[test]
fn a_load_under_way() {
    let mut early = 0;
    for seed in 0..12 {
        let mut c = Choices::Seed(seed);
        // Few kinds of records, often repeated, so that there are many rows of a few tables; texts that do not compress.
        let mut body = String::from("[");
        for row in 0..9000u64 {
            let noise: String = (0..12).map(|_| format!("{:016x}", c.next())).collect();
            let late = if row > 4000 { format!(r#","late":{row}"#) } else { String::new() };
            let list: Vec<String> = (0..c.below(4)).map(|at| format!(r#"{{"at":{at},"n":"{}"}}"#, row % 97)).collect();
            let comma = if row > 0 { "," } else { "" };
            body += &format!(
                r#"{comma}{{"id":{row},"noise":"{noise}","kind":"{}"{late},"list":[{}]}}"#,
                row % 5,
                list.join(",")
            );
        }
        body += "]";
        let options = || Options::from_json(r#"{"file_bytes": 1500000}"#).unwrap();
        let whole =
            loads::load(&[body.as_bytes()], &Select::Envelope, Cuts::Whole, false, options(), Default::default());
        let schema = whole.loaded.unwrap().schema;
        let mut load = Load::new("users", options(), Default::default(), LOAD_ID).unwrap();
        load.begin_body(Select::Envelope).unwrap();
        let mut tables = Tables::new();
        let known: Vec<Known> = schema
            .tables
            .iter()
            .map(|table| {
                let files =
                    whole.files.iter().filter(|((name, _), _)| *name == table.name).map(|(_, bytes)| bytes.clone());
                Known::of(table, &files.collect::<Vec<_>>())
            })
            .collect();
        for chunk in body.as_bytes().chunks(200_000) {
            load.feed(chunk).unwrap();
            tables.take(&mut load).unwrap();
            for (number, listed) in tables.list().iter().enumerate() {
                assert_eq!(listed.name, schema.tables[number].name);
                assert!(listed.readable as u64 <= listed.rows);
                let end = listed.readable as usize;
                for column in 0..listed.columns.len() {
                    let shown = tables.cells(number, None, end.saturating_sub(40)..end, &[column], 1 << 20).unwrap();
                    assert_eq!(shown[0], known[number].texts[column][end.saturating_sub(40)..end], "seed {seed}");
                    early += shown[0].len();
                }
            }
        }
        load.end_body().unwrap();
        let loaded = tables.finish(&mut load).unwrap();
        assert_eq!(loaded.schema, schema);
        for (number, listed) in tables.list().iter().enumerate() {
            assert_eq!((listed.rows, listed.readable as usize), (known[number].rows as u64, known[number].rows));
            let expected = whole.files.iter().filter(|((name, _), _)| name == listed.name).map(|(_, bytes)| bytes);
            let files: Vec<Vec<u8>> = (0..listed.files).map(|file| tables.file(number, file).unwrap()).collect();
            assert!(files.iter().eq(expected), "seed {seed}");
            let all: Vec<usize> = (0..listed.columns.len()).collect();
            assert_eq!(tables.cells(number, None, 0..usize::MAX, &all, 1 << 20).unwrap(), known[number].texts);
        }
    }
    assert!(early > 10_000, "{early}");
}

/// By the ids as they stand in the files. Two lists may fill one table, of which one hangs from another table than the schema
/// says: such rows have no parent here.
#[test]
fn from_rows_to_their_children_and_back() {
    let (mut walked, mut lost) = (0, 0);
    for seed in 0..150 {
        let mut c = Choices::Seed(seed);
        let document = records(&mut c, Style { collisions: false, secrets: false });
        let document = Json::List(document).spell(Spelling::any(&mut c));
        let whole = plain(document.as_bytes(), Cuts::Whole);
        let Ok(loaded) = &whole.loaded else { continue };
        let mut tables = Tables::new();
        for table in &loaded.schema.tables {
            for (_, bytes) in whole.files.iter().filter(|((name, _), _)| *name == table.name) {
                tables.add(table, bytes.clone()).unwrap();
            }
        }
        let listed = tables.list();
        let ids = |number: usize, flag: fn(&Column) -> bool| -> Vec<Option<String>> {
            let column = listed[number].columns.iter().position(|column| flag(column));
            let shown = tables.cells(number, None, 0..usize::MAX, column.as_slice(), 99).unwrap();
            shown.into_iter().flatten().collect()
        };
        let own: Vec<_> = (0..listed.len()).map(|number| ids(number, |column| column.row_key)).collect();
        let parents: Vec<_> = (0..listed.len()).map(|number| ids(number, |column| column.parent_key)).collect();
        for (number, table) in listed.iter().enumerate() {
            for (row, id) in own[number].iter().enumerate() {
                let children = tables.children(number, None, row).unwrap();
                let hang = |at: &usize| listed[*at].parent == Some(table.name);
                let expected: Vec<usize> = (0..listed.len()).filter(hang).collect();
                assert_eq!(children.iter().map(|child| child.table).collect::<Vec<_>>(), expected, "seed {seed}");
                for child in children {
                    let rows = parents[child.table].iter().enumerate().filter(|(_, parent)| *parent == id);
                    let rows: Vec<u32> = rows.map(|(row, _)| row as u32).collect();
                    assert_eq!(child.rows.rows(), rows, "seed {seed}, row {row} of {}", table.name);
                    walked += rows.len();
                    for place in 0..rows.len() {
                        let parent = tables.parent(child.table, Some(&child.rows), place).unwrap();
                        assert_eq!(parent, Some((number, row as u32)), "seed {seed}, row {row} of {}", table.name);
                    }
                }
            }
            for (row, id) in parents[number].iter().enumerate() {
                let above = table.parent.and_then(|name| tables.number(name)).unwrap();
                let found = own[above].iter().position(|own| own == id).map(|row| (above, row as u32));
                assert_eq!(
                    tables.parent(number, None, row).unwrap(),
                    found,
                    "seed {seed}, row {row} of {}",
                    table.name
                );
                lost += found.is_none() as usize;
            }
        }
        if !listed.is_empty() {
            assert_eq!(tables.parent(0, None, 0).unwrap(), None);
        }
    }
    assert!(walked > 500 && lost > 0, "{walked} {lost}");
}

#[test]
fn what_cannot_be_done_says_why() {
    let table = every_type(1, vec![vec![50]], false);
    let columns = table.columns.iter().map(|column| {
        let spec = &column.spec;
        let timezone = (!spec.timezone).then_some(false);
        let typed = Column::new(&spec.name, spec.data_type);
        Column { nullable: spec.nullable, precision: spec.precision, scale: spec.scale, timezone, ..typed }
    });
    let schema = TableSchema { columns: columns.collect(), ..TableSchema::new("t".into(), None) };
    let bytes = table.write(WriterOptions::default()).unwrap();
    let mut tables = tables(&schema, std::slice::from_ref(&bytes));
    let column = |name: &str| schema.columns.iter().position(|column| column.name == name).unwrap();
    let bad = [
        ("bigint", "four"),
        ("bigint", "1.5"),
        ("bigint", "9223372036854775808"),
        ("double", "x"),
        ("bool", "yes"),
        ("timestamp", "soon"),
        ("date", "2026-13-01"),
        ("time", "25:00"),
        ("decimal", "1.0000000001"),
        ("wei", "0.5"),
        ("binary", "?"),
    ];
    for (name, value) in bad {
        let request = serde_json::json!({ "filters": [{ "column": column(name), "op": "ge", "value": value }] });
        let error = arrange(&tables, 0, &request.to_string(), 1).unwrap_err();
        assert_eq!((error.code(), error.place()), ("bad_value", Some(name)), "{name} {value}");
        assert!(error.remedy().is_some_and(|help| help.starts_with("Give ")), "{error}");
    }
    let code = |request: &str| arrange(&tables, 0, request, 1).unwrap_err().code();
    assert_eq!(code(r#"{"order":[{"column":999}]}"#), "no_such_column");
    assert_eq!(code(r#"{"filters":[{"column":0,"op":"like","value":"x"}]}"#), "bad_request");
    assert_eq!(tables.cells(1, None, 0..1, &[0], 9).unwrap_err().code(), "no_such_table");
    assert_eq!(tables.cells(0, None, 0..1, &[999], 9).unwrap_err().code(), "no_such_column");
    assert_eq!(tables.text(0, None, 50, 0).unwrap_err().code(), "no_such_row");
    assert_eq!(tables.file(0, 1).unwrap_err().code(), "no_such_file");
    let rows = arrange(&tables, 0, "{}", 1).unwrap();
    let other = TableSchema { name: "u".into(), ..schema.clone() };
    tables.add(&other, bytes.clone()).unwrap();
    assert_eq!(tables.cells(1, Some(&rows), 0..1, &[0], 9).unwrap_err().code(), "other_table");
    let narrow = TableSchema { columns: schema.columns[1..].to_vec(), ..TableSchema::new("v".into(), None) };
    assert_eq!(tables.add(&narrow, bytes.clone()).unwrap_err().code(), "other_columns");
    let mut turned = schema.clone();
    turned.columns[column("text")].data_type = Some(DataType::Bigint);
    assert_eq!(tables.add(&turned, bytes.clone()).unwrap_err().code(), "other_columns");
    assert_eq!(tables.add(&schema, bytes[1..].to_vec()).unwrap_err().code(), "parquet_read");
}
