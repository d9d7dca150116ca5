//! What must hold for any document: the way the bytes are cut does not matter, nor which of the two readers took a record,
//! nor the order of the keys; a planted secret is nowhere; nothing panics.

#[path = "support/choices.rs"]
mod choices;
#[path = "support/documents.rs"]
mod documents;
#[path = "support/loads.rs"]
mod loads;

use choices::Choices;
use documents::{Json, PLANTED, PLANTED_NUMBER, Spelling, Style, records};
use gatelake::normalize::schema::{Schema, TableSchema};
use gatelake::normalize::{Options, Select};
use loads::{Answer, Cuts, assert_adds_up, assert_clean, assert_same, load, plain};

/// A list of records in some spelling.
fn document(c: &mut Choices, style: Style) -> String {
    let spelling = Spelling::any(c);
    Json::List(records(c, style)).spell(spelling)
}

fn with(document: &str, cuts: Cuts, options: Options) -> Answer {
    load(&[document.as_bytes()], &Select::Root, cuts, false, options, Schema::default())
}

fn thorough(document: &str, options: Options) -> Answer {
    load(&[document.as_bytes()], &Select::Root, Cuts::Whole, true, options, Schema::default())
}

#[test]
fn cuts_and_readers_do_not_matter() {
    let (mut fast, mut all) = (0, 0);
    for seed in 0..400 {
        let mut c = Choices::Seed(seed);
        let document = document(&mut c, Style { collisions: seed % 2 == 0, secrets: seed % 3 == 0 });
        let whole = plain(document.as_bytes(), Cuts::Whole);
        for cuts in [Cuts::Every(1), Cuts::Every(7), Cuts::Every(64), Cuts::Every(777), Cuts::Random(seed)] {
            let cut = plain(document.as_bytes(), cuts);
            assert_same(&whole, &cut, || format!("seed {seed}, {cuts:?}: {document}"));
        }
        let slow = thorough(&document, Options::default());
        assert_same(&whole, &slow, || format!("seed {seed}, thorough against fast: {document}"));
        assert_adds_up(&whole, || format!("seed {seed}: {document}"));
        all += slow.thorough;
        fast += slow.thorough - whole.thorough;
    }
    assert!(fast > 1000, "the fast reader had only {fast} of {all} records: the test shows little");
}

/// Whatever decides the types of new columns, also where an earlier load had it otherwise.
#[test]
fn readers_do_not_matter_whatever_gives_types() {
    let options = [
        "{}",
        r#"{"detections_remove":["iso_timestamp"]}"#,
        r#"{"detections_add":["iso_date","timestamp"]}"#,
        r#"{"preferred_types":{"re:[aeiou]$":"json","re:^.{4}$":"text"}}"#,
        r#"{"preferred_types":{"re:_at$":"text","re:.":"double"}}"#,
        r#"{"columns":{"id":{"data_type":"decimal"},"name":{"data_type":"json"},"createdAt":{"data_type":"text"}}}"#,
    ];
    let mut fast = 0;
    for seed in 0..300u64 {
        let mut c = Choices::Seed(seed);
        let style = Style { collisions: seed % 2 == 0, secrets: seed % 3 == 0 };
        let (before, after) = (c.pick(&options), c.pick(&options));
        let first = with(&document(&mut c, style), Cuts::Whole, Options::from_json(before).unwrap());
        let Ok(first) = first.loaded else { continue };
        let document = document(&mut c, style);
        let again = |thorough: bool| {
            let options = Options::from_json(after).unwrap();
            load(&[document.as_bytes()], &Select::Root, Cuts::Whole, thorough, options, first.schema.clone())
        };
        let (whole, slow) = (again(false), again(true));
        assert_same(&whole, &slow, || format!("seed {seed}, {before} then {after}: {document}"));
        fast += slow.thorough - whole.thorough;
    }
    assert!(fast > 300, "the fast reader had only {fast} records: the test shows little");
}

/// Whatever a contract keeps out of the tables of an earlier load, and wherever the body is cut.
#[test]
fn cuts_and_readers_do_not_matter_under_a_contract() {
    let contracts = [
        r#"{"columns":"discard_value","data_type":"discard_value"}"#,
        r#"{"columns":"discard_row","data_type":"discard_value"}"#,
        r#"{"tables":"discard_row","data_type":"discard_row"}"#,
        r#""discard_row""#,
        r#"{"data_type":"freeze"}"#,
    ];
    let (mut fast, mut quarantined, mut frozen) = (0, 0, 0);
    for seed in 0..300u64 {
        let mut c = Choices::Seed(seed);
        let style = Style { collisions: seed % 2 == 0, secrets: seed % 3 == 0 };
        let first = with(&document(&mut c, style), Cuts::Whole, Options::default());
        let Ok(first) = first.loaded else { continue };
        let document = document(&mut c, style);
        let contract = c.pick(&contracts);
        let again = |cuts: Cuts, thorough: bool| {
            let options = Options::from_json(&format!(r#"{{"schema_contract":{contract}}}"#)).unwrap();
            load(&[document.as_bytes()], &Select::Root, cuts, thorough, options, first.schema.clone())
        };
        let what = || format!("seed {seed}, {contract}: {document}");
        let whole = again(Cuts::Whole, false);
        assert_clean(&whole, what);
        assert_adds_up(&whole, what);
        for cuts in [Cuts::Every(1), Cuts::Every(61), Cuts::Random(seed)] {
            assert_same(&whole, &again(cuts, false), what);
        }
        let slow = again(Cuts::Whole, true);
        assert_same(&whole, &slow, || format!("{}, thorough against fast", what()));
        fast += slow.thorough - whole.thorough;
        match &whole.loaded {
            Ok(loaded) => quarantined += loaded.tables.iter().filter(|table| table.name == "users_quarantine").count(),
            Err(error) => frozen += usize::from(error.code() == "schema_frozen"),
        }
    }
    assert!(fast > 500 && quarantined > 50 && frozen > 5, "{fast} fast, {quarantined} quarantined, {frozen} frozen");
}

/// Documents of many pages, row groups and files: a record that is taken back must leave no trace in any of them.
#[test]
fn cuts_do_not_matter_where_pages_and_files_end() {
    let mut c = Choices::Seed(1);
    let records: Vec<String> = (0..24_000u64)
        .map(|number| {
            let late = if number > 6_000 && c.one_in(3) { format!(",\"late\":{}", number % 7) } else { String::new() };
            // At first it repeats itself, then it does not, then it does again.
            let name = if number % 10_000 < 5_000 { number % 11 } else { c.next() };
            let (note, other) = ([0; 6].map(|_| format!("{:016x}", c.next())).concat(), c.one_in(5_000));
            let size = if other { "\"ten\"".to_owned() } else { (number % 1_000).to_string() };
            let tags = (0..c.below(3)).map(|tag| format!("{{\"t\":{tag}}}")).collect::<Vec<_>>().join(",");
            format!("{{\"name\":\"n{name}\",\"note\":\"{note}\",\"size\":{size},\"tags\":[{tags}]{late}}}")
        })
        .collect();
    let document = format!("[{}]", records.join(","));
    let options = || Options { file_bytes: 1, ..Options::default() };
    let whole = with(&document, Cuts::Whole, options());
    assert!(whole.ends.len() > 2 && whole.ends[0].rows > 4_096, "{:?}", whole.ends);
    assert_adds_up(&whole, || "large".into());
    for cuts in [Cuts::Every(61), Cuts::Every(4_099), Cuts::Every(100_003)] {
        assert_same(&whole, &with(&document, cuts, options()), || format!("{cuts:?}"));
    }
    assert_same(&whole, &thorough(&document, options()), || "thorough".into());
    assert!(whole.thorough < 50, "{} of the records were read the thorough way", whole.thorough);
}

/// A column has the type of its first value, so the order of records counts, and that of keys decides where a new column
/// stands. Nothing else depends on it.
#[test]
fn the_order_of_keys_decides_nothing_but_the_order_of_columns() {
    let mut moved = 0;
    for seed in 0..300 {
        let mut c = Choices::Seed(seed);
        let list = Json::List(records(&mut c, Style { collisions: false, secrets: seed % 2 == 0 }));
        let options = || Options { primary_key: vec!["id".into(); (seed % 3 == 2) as usize], ..Options::default() };
        let [first, second] = [None, Some(seed)].map(|order| {
            let document = list.spell(Spelling { order, ..Spelling::default() });
            (with(&document, Cuts::Whole, options()), document)
        });
        let what = || format!("seed {seed}: {} against {}", first.1, second.1);
        let (first, second) = (&first.0, &second.0);
        assert_eq!(first.loaded.as_ref().err().map(|e| e.code()), second.loaded.as_ref().err().map(|e| e.code()));
        let (Ok(a), Ok(b)) = (&first.loaded, &second.loaded) else { continue };
        assert_eq!(first.cells(), second.cells(), "{}", what());
        assert_eq!((by_name(&a.schema), &a.warnings), (by_name(&b.schema), &b.warnings), "{}", what());
        let digests = |loaded: &gatelake::normalize::Loaded| {
            let mut tables = loaded.tables.clone();
            tables.sort_by(|a, b| a.name.cmp(&b.name));
            tables
        };
        assert_eq!(digests(a), digests(b), "{}", what());
        moved += (a.schema != b.schema) as u32;
    }
    assert!(moved > 100, "only {moved} documents had their columns in another order: the test shows little");
}

/// Tables and their columns by name.
fn by_name(schema: &Schema) -> Vec<TableSchema> {
    let mut tables = schema.tables.clone();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    tables.iter_mut().for_each(|table| table.columns.sort_by(|a, b| a.name.cmp(&b.name)));
    tables
}

/// Under any naming, as columns, child tables or kept JSON, in any spelling and however it is cut.
#[test]
fn planted_secrets_are_nowhere() {
    let mut planted = 0;
    for seed in 0..600 {
        let mut c = Choices::Seed(seed);
        let document = document(&mut c, Style { collisions: seed % 2 == 0, secrets: true });
        let options = Options {
            max_table_nesting: c.pick(&[1000, 1000, 0, 1, 2]),
            naming: c.pick(&["snake_case", "direct", "duck_case", "sql_cs_v1"]).into(),
            primary_key: vec!["id".into(); c.one_in(5) as usize],
            ..Options::default()
        };
        let answer = with(&document, c.pick(&[Cuts::Whole, Cuts::Every(1), Cuts::Random(seed)]), options.clone());
        assert_clean(&answer, || format!("seed {seed}, {options:?}: {document}"));
        if document.contains(PLANTED) || document.contains(&PLANTED_NUMBER.to_string()) {
            planted += 1;
            let told = |loaded: &gatelake::normalize::Loaded| loaded.warnings.iter().any(|w| w.code == "redacted");
            // One of two equal keys may have won over the secret.
            assert!(
                seed % 2 == 0 || answer.loaded.as_ref().map_or(true, told),
                "seed {seed}: no warning for {document}"
            );
        }
    }
    assert!(planted > 100, "only {planted} documents held a secret: the test shows little");
}

/// Tables stand in the schema in the order in which their lists were met, be they empty, by either reader.
#[test]
fn an_empty_list_keeps_its_place_among_the_tables() {
    let document = r#"[{"a":1,"b":2},{"a":1,"b":[]},{"a":1,"c":[3]},{"a":1,"b":[4]}]"#;
    let loads = [with(document, Cuts::Whole, Options::default()), thorough(document, Options::default())];
    for answer in &loads {
        let tables = &answer.loaded.as_ref().unwrap().schema.tables;
        let names: Vec<_> = tables.iter().map(|table| table.name.as_str()).collect();
        assert_eq!(names, ["users", "users__b", "users__c"]);
    }
    assert_same(&loads[0], &loads[1], || document.into());
}

/// Keys that are data can be secrets too: in names, in pointers, in kept JSON.
#[test]
fn a_secret_as_a_key_is_not_shown() {
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.Zq7xPLANTEDx7qZ";
    for nesting in [1000, 0] {
        let document = format!(r#"[{{"a":{{"{token}":true,"b":1}}}},{{"{token}":[1,{{"x":true}}],"c":2}}]"#);
        let answer = with(&document, Cuts::Whole, Options { max_table_nesting: nesting, ..Options::default() });
        assert_clean(&answer, || document.clone());
        assert_eq!(answer.loaded.unwrap().tables[0].rows, 2);
    }
    for (body, place) in [
        (format!(r#"[{{"{token}":{{"{PLANTED}":tru}}}}]"#), r#""/0/redacted""#),
        (format!(r#"[{{"tokens":{{"{PLANTED}":tru}}}}]"#), r#""/0/tokens""#),
        (format!(r#"{{"{token}":1}}"#), "the keys redacted"),
        (format!(r#"{{"a":{{"tokens":{{"{PLANTED}":{{"b":tru}}}}}}}}"#), r#"pointer "/a""#),
    ] {
        let answer =
            load(&[body.as_bytes()], &Select::Envelope, Cuts::Whole, false, Options::default(), Schema::default());
        assert_clean(&answer, || body.clone());
        assert!(answer.error().unwrap().contains(place), "{:?}", answer.error());
    }
}

/// The data's own row ids are stored as they are, unless they are secrets.
#[test]
fn a_row_id_of_the_data_is_looked_at_too() {
    let answer = plain(br#"[{"_dlt_id":"mine","a":1},{"_dlt_id":"$2b$12$Zq7xPLANTEDx7qZ","a":2}]"#, Cuts::Whole);
    assert_clean(&answer, || "a secret as a row's id".into());
    let ids = &answer.cells()["users"]["_dlt_id"];
    assert_eq!((ids[0].as_deref(), ids[1].as_ref().map(String::len)), (Some("mine"), Some(14)));
    let warnings: Vec<_> =
        answer.loaded.as_ref().unwrap().warnings.iter().map(|w| (&w.code[..], &w.column[..])).collect();
    assert_eq!(warnings, [("redacted", "_dlt_id")]);
}

/// What breaks a body must not bring out what stands before or after it.
#[test]
fn errors_hold_no_planted_secret() {
    let mut errors = 0;
    for seed in 0..600 {
        let mut c = Choices::Seed(seed);
        let mut bytes = document(&mut c, Style { collisions: true, secrets: true }).into_bytes();
        damage(&mut bytes, &mut c);
        let select = c.pick(&[Select::Root, Select::Envelope]);
        let cuts = c.pick(&[Cuts::Whole, Cuts::Every(3)]);
        let answer = load(&[&bytes], &select, cuts, false, Options::default(), Schema::default());
        // What is still a body may have lost the mark by which a secret is known: that is nobody's error.
        let Some(error) = answer.error() else { continue };
        let planted = error.contains(PLANTED) || error.contains(&PLANTED_NUMBER.to_string());
        assert!(!planted, "seed {seed}: {error} of {}", String::from_utf8_lossy(&bytes));
        errors += 1;
    }
    assert!(errors > 300, "only {errors} bodies were refused: the test shows little");
}

#[test]
fn keyed_rows_have_the_same_ids_either_way() {
    let options = || Options { primary_key: vec!["id".into()], ..Options::default() };
    let record = |i: u64| match i % 3 {
        0 => format!("{{\"id\":{i},\"tags\":[1,2],\"name\":\"n\"}}"),
        1 => format!("{{\"tags\":[1,2],\"id\":{i},\"name\":\"n\"}}"),
        _ => format!("{{\"name\":\"n\",\"id\":{i}}}"),
    };
    let document = format!("[{}]", (0..200).map(record).collect::<Vec<_>>().join(","));
    let fast = with(&document, Cuts::Every(333), options());
    let slow = thorough(&document, options());
    assert_same(&fast, &slow, || "keyed".into());
    assert!(fast.loaded.as_ref().unwrap().stable_ids);
    assert!(fast.thorough < 100, "{} of 200 records were read the thorough way", fast.thorough);
    for nothing in ["", "\"id\":null,", "\"id\":[],", "\"id\":{},", "\"id\":{\"a\":1},", "\"id\":[{\"b\":2}],"] {
        let records = |nothing: &str| format!("[{{\"id\":1,\"n\":1}},{{{nothing}\"n\":2}}]");
        for answer in [with(&records(nothing), Cuts::Every(99), options()), thorough(&records(nothing), options())] {
            let error = answer.loaded.unwrap_err();
            let place = "byte 16, pointer \"/1\", table users, record 1";
            assert_eq!((error.code(), error.place()), ("null_in_key", Some(place)), "{nothing}");
            assert!(error.message().contains("`id` is null or missing"), "{error}");
        }
    }
}

#[test]
fn the_digest_knows_content_not_order() {
    for key in [vec!["id".to_owned()], Vec::new()] {
        let digest = |document: &str| {
            let options = Options { primary_key: key.clone(), ..Options::default() };
            let answer = with(document, Cuts::Every(50), options);
            answer.loaded.unwrap().tables.into_iter().map(|table| (table.name, table.digest)).collect::<Vec<_>>()
        };
        let a = digest(r#"[{"id":1,"n":"x","k":[{"v":1},{"v":2}]},{"id":2,"n":"y","k":[{"v":3}]}]"#);
        assert_eq!(a, digest(r#"[{"id":2,"n":"y","k":[{"v":3}]},{"k":[{"v":1},{"v":2}],"n":"x","id":1}]"#));
        // A key that changes hands is a change of the child table, though the same values are in it.
        let moved = digest(r#"[{"id":1,"n":"x","k":[{"v":1}]},{"id":2,"n":"y","k":[{"v":3},{"v":2}]}]"#);
        assert_eq!(a[0], moved[0]);
        assert_ne!(a[1], moved[1]);
        // Rows without a key hang from their root row's content.
        let renamed = digest(r#"[{"id":1,"n":"z","k":[{"v":1},{"v":2}]},{"id":2,"n":"y","k":[{"v":3}]}]"#);
        assert_ne!(a[0], renamed[0]);
        assert_eq!(a[1] == renamed[1], !key.is_empty());
    }
}

#[test]
fn any_bytes_are_answered_and_never_panic() {
    for seed in 0..600 {
        let mut c = Choices::Seed(seed);
        let bytes = if seed % 4 == 0 {
            (0..c.below(200)).map(|_| c.next() as u8).collect()
        } else {
            let mut bytes = document(&mut c, Style { collisions: true, secrets: false }).into_bytes();
            (0..1 + c.below(4)).for_each(|_| damage(&mut bytes, &mut c));
            bytes
        };
        for select in [Select::Root, Select::Envelope] {
            let read = |cuts| load(&[&bytes], &select, cuts, false, Options::default(), Schema::default());
            let what = || format!("seed {seed}: {}", String::from_utf8_lossy(&bytes));
            assert_same(&read(Cuts::Whole), &read(Cuts::Every(5)), what);
        }
    }
}

fn damage(bytes: &mut Vec<u8>, c: &mut Choices) {
    if bytes.is_empty() {
        return;
    }
    let at = c.below(bytes.len() as u64) as usize;
    match c.below(3) {
        0 => bytes[at] = c.next() as u8,
        1 => bytes.truncate(at),
        _ => bytes.insert(at, c.pick(b"{}[]\",:0\\")),
    }
}

/// However far it came: within a literal, an escape, a number, between records, before the last bracket.
#[test]
fn a_cut_body_is_an_error_wherever_it_is_cut() {
    let list = r#"[{"id":-1.5e+10,"t":"ä\u00e4\ud83d\ude00\n","u":[true,false,null,{"x":[]}]},"#;
    let list = list.to_owned() + r#"{"id":123456789012345678901234567890,"u":{}} , 7, "s" ]"#;
    let envelope = format!(r#"{{"page":{{"last":true,"size":-20}},"content":{}}}"#, list.replace(r#" , 7, "s""#, ""));
    for (body, select) in [(&list, Select::Root), (&envelope, Select::Envelope)] {
        let read = |bytes: &[u8], cuts| load(&[bytes], &select, cuts, false, Options::default(), Schema::default());
        assert!(read(body.as_bytes(), Cuts::Whole).loaded.is_ok(), "{body}");
        for end in 0..body.len() {
            for cuts in [Cuts::Whole, Cuts::Every(1), Cuts::Random(end as u64)] {
                let error = read(&body.as_bytes()[..end], cuts).loaded.unwrap_err();
                let code = if end == 0 { "empty_body" } else { "cut_body" };
                assert_eq!(error.code(), code, "{error} of {:?}", &body.as_bytes()[..end].escape_ascii().to_string());
                let place = error.place().unwrap_or("byte 0,");
                assert!(place.starts_with(&format!("byte {end},")), "{error}, cut at {end}");
            }
        }
    }
}

#[test]
fn errors_say_where() {
    let error = |document: &str| plain(document.as_bytes(), Cuts::Every(3)).loaded.unwrap_err().to_string();
    let text = error("[{\"a\":1},{\"b\":{\"c/d\":[1,tru]}}]");
    assert!(text.contains("byte 27") && text.contains("\"/1/b/c~1d/1\""), "{text}");
    let text = error("[{\"a\":1},{\"b\":2");
    assert!(text.contains("ends before") && text.contains("byte 15"), "{text}");
    let text = error("[{\"a\":\"\\ud800\"}]");
    assert!(text.contains("surrogate") && text.contains("\"/0/a\""), "{text}");
}
