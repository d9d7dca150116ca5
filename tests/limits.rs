//! Every limit on what a body may be: as much as is allowed goes through, one more is an error that says what, where, and what
//! to do.

#[path = "support/choices.rs"]
mod choices;
#[path = "support/documents.rs"]
mod documents;
#[path = "support/loads.rs"]
mod loads;

use gatelake::error::{Error, Kind};
use loads::{Cuts, plain};

const MIB: usize = 1 << 20;

fn refused(body: &str) -> Error {
    let whole = plain(body.as_bytes(), Cuts::Whole);
    let cut = plain(body.as_bytes(), Cuts::Every(100_003));
    assert_eq!(whole.error(), cut.error());
    whole.loaded.unwrap_err()
}

fn accepted(body: &str) {
    for cuts in [Cuts::Whole, Cuts::Every(100_003)] {
        assert_eq!(plain(body.as_bytes(), cuts).error(), None);
    }
}

/// `{"k0":VALUE,"k1":VALUE, …}` as the second record, which begins at byte 9.
fn wide(keys: usize, value: &str) -> String {
    let members: Vec<String> = (0..keys).map(|key| format!("\"k{key}\":{value}")).collect();
    format!("[{{\"a\":1}},{{{}}}]", members.join(","))
}

fn check(error: &Error, code: &str, message: &str, place: &str, help: &str) {
    assert_eq!((error.kind(), error.code()), (Kind::Limit, code), "{error}");
    assert!(error.message().contains(message), "{error}");
    assert_eq!(error.place(), Some(place), "{error}");
    assert!(error.remedy().is_some_and(|remedy| remedy.contains(help)), "{error}");
}

#[test]
fn depth() {
    // The list of records is not counted: its items may nest 256 levels.
    let lists = |levels: usize| format!("[1,{}7{}]", "[".repeat(levels), "]".repeat(levels));
    let objects = |levels: usize| format!("[1,{}7{}]", "{\"a\":".repeat(levels), "}".repeat(levels));
    accepted(&lists(256));
    accepted(&objects(256));
    for (body, at, pointer) in [
        (lists(257), 3 + 256, format!("/1{}", "/0".repeat(256))),
        (objects(257), 3 + 5 * 256, format!("/1{}", "/a".repeat(256))),
    ] {
        for cuts in [Cuts::Whole, Cuts::Every(1)] {
            let error = plain(body.as_bytes(), cuts).loaded.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Data, "invalid_json"), "{error}");
            assert!(error.message().contains("nest too deep (256 levels are allowed)"), "{error}");
            assert_eq!(error.place(), Some(format!("byte {at}, pointer \"{pointer}\"").as_str()), "{error}");
        }
    }
}

/// A string, or a record of many small parts, is as long as a record may be.
#[test]
fn length_of_a_record_and_of_a_string() {
    let text = |length: usize| format!("[1,\"{}\",2]", "x".repeat(length));
    // The comma before it and the quotes are counted.
    accepted(&text(64 * MIB - 3));
    for length in [64 * MIB - 2, 70 * MIB] {
        let error = refused(&text(length));
        check(&error, "record_too_large", "more than 64 MiB", "byte 3, pointer \"/1\"", "check `select`");
    }
}

#[test]
fn columns_of_a_table() {
    // `a`, `_dlt_load_id` and `_dlt_id` are columns too.
    accepted(&wide(9_997, "1"));
    let error = refused(&wide(9_998, "1"));
    let place = "byte 9, pointer \"/1\", table users, record 1";
    check(&error, "too_many_columns", "table users would have more than 10000 columns", place, "`max_table_nesting`");
}

#[test]
fn tables_of_a_load() {
    // The root is one of them.
    accepted(&wide(999, "[1]"));
    let error = refused(&wide(1_000, "[1]"));
    let place = "byte 9, pointer \"/1\", table users, record 1";
    check(&error, "too_many_tables", "more than 1000 tables", place, "`max_table_nesting`");
}

#[test]
fn keys_of_an_object() {
    // Nulls make no columns, but their keys have to be known again.
    accepted(&wide(19_999, "null"));
    let error = refused(&wide(20_000, "null"));
    let place = "byte 9, pointer \"/1\", table users, record 1";
    check(&error, "too_many_keys", "more than 20000 different keys", place, "`max_table_nesting`");
}
