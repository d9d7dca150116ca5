//! Any bytes as a body. The chunks are cut at places that the bytes themselves decide, so every file of JSON is a seed.

use super::choices::Choices;
use super::loads::{Answer, Cuts, assert_adds_up, assert_same, load};
use gatelake::normalize::schema::Schema;
use gatelake::normalize::{Options, Select};
use serde_json::Value;

pub fn target(body: &[u8]) {
    let mut c = Choices::Seed(body.iter().fold(1, |hash: u64, byte| hash.wrapping_mul(31).wrapping_add(*byte as u64)));
    let judged = second_judge(body);
    if judged == Judgement::Accepts && matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
        check_kept(body);
    }
    for select in [Select::Root, Select::Envelope] {
        let read =
            |body: &[u8], cuts, thorough| load(&[body], &select, cuts, thorough, Options::default(), Schema::default());
        let whole = read(body, Cuts::Whole, false);
        let what = || format!("{select:?} of {:?}", String::from_utf8_lossy(body));
        assert_same(&whole, &read(body, Cuts::Every(1), false), what);
        assert_same(&whole, &read(body, Cuts::Random(c.next()), true), what);
        assert_adds_up(&whole, what);
        check_place(&whole, body, what);
        match (refused(&whole), judged) {
            (Some(code), Judgement::Accepts) => panic!("{}: {code}, but it is JSON: {:?}", what(), whole.error()),
            (None, Judgement::Refuses) => assert!(whole.loaded.is_err(), "{}: accepted, but it is no JSON", what()),
            _ => {}
        }
        // What comes before the first wrong byte may be the beginning of a body.
        if let (Some("invalid_json"), Some(at)) = (refused(&whole), offset(&whole)) {
            let before = read(&body[..at], Cuts::Whole, false);
            assert!(refused(&before) != Some("invalid_json"), "{}: wrong already before byte {at}", what());
        }
        // A body that is cut is an error.
        if whole.loaded.is_ok() && !body.is_empty() {
            let at = c.below(body.len() as u64) as usize;
            let closes = !body[at..].trim_ascii().is_empty() && body.trim_ascii_start().starts_with(b"[");
            let cut = read(&body[..at], Cuts::Whole, false);
            assert!(!closes || matches!(refused(&cut), Some("cut_body" | "empty_body")), "{}: cut at {at}", what());
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Judgement {
    Accepts,
    Refuses,
    /// Its limits are not ours: 128 levels, and no integers beyond the range of floats.
    Abstains,
}

fn second_judge(body: &[u8]) -> Judgement {
    match serde_json::from_slice::<Value>(body) {
        Ok(_) => Judgement::Accepts,
        Err(error) => {
            let words = error.to_string();
            let limit = words.starts_with("recursion limit") || words.starts_with("number out of range");
            if limit { Judgement::Abstains } else { Judgement::Refuses }
        }
    }
}

/// What a column keeps as JSON is the same value for serde_json as the body that it came from.
fn check_kept(body: &[u8]) {
    let record = [b"[{\"kept\":".as_slice(), body, b"}]"].concat();
    let options = Options { max_table_nesting: 0, ..Options::default() };
    let answer = load(&[&record], &Select::Root, Cuts::Whole, false, options, Schema::default());
    let loaded = answer.loaded.as_ref().unwrap_or_else(|error| panic!("{error}: {:?}", String::from_utf8_lossy(body)));
    if !loaded.warnings.is_empty() {
        // Something in it looks like a secret.
        return;
    }
    let kept = answer.cells()["users"]["kept"][0].clone().unwrap();
    let [ours, theirs]: [Value; 2] = [kept.as_bytes(), body].map(|text| serde_json::from_slice(text).unwrap());
    assert!(same(&ours, &theirs), "{:?} is kept as {kept:?}", String::from_utf8_lossy(body));
}

/// Equal, and `-0` is 0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_f64() || b.is_f64() => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

/// The code of an error that says that this is no JSON. Others are about what the JSON holds.
fn refused(answer: &Answer) -> Option<&'static str> {
    let code = answer.loaded.as_ref().err()?.code();
    ["invalid_json", "cut_body", "empty_body", "html_instead_of_json"].contains(&code).then_some(code)
}

fn offset(answer: &Answer) -> Option<usize> {
    answer.loaded.as_ref().err()?.place()?.strip_prefix("byte ")?.split(',').next()?.parse().ok()
}

fn check_place(answer: &Answer, body: &[u8], what: impl Fn() -> String) {
    if matches!(refused(answer), Some("invalid_json" | "cut_body")) {
        let at = offset(answer).unwrap_or_else(|| panic!("{}: no place in {:?}", what(), answer.error()));
        assert!(at <= body.len(), "{}: byte {at} is not in the body", what());
    }
}
