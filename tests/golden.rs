//! The engine's pure rules against what dlt answered, value by value (`tests/oracle/golden`).

use gatelake::normalize::names::Naming;
use gatelake::normalize::time;
use serde_json::Value;

fn golden(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/oracle/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Counts what was compared, so that a renamed field cannot make a test pass empty, and shows every difference at once.
#[derive(Default)]
struct Check {
    compared: usize,
    differences: Vec<String>,
}

impl Check {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: impl FnOnce() -> String, expected: T, got: T) {
        self.compared += 1;
        if expected != got {
            self.differences.push(format!("{}: expected {expected:?}, got {got:?}", what()));
        }
    }
    fn done(self, at_least: usize) {
        assert!(self.differences.is_empty(), "{} differ:\n{}", self.differences.len(), self.differences.join("\n"));
        assert!(self.compared >= at_least, "only {} compared", self.compared);
    }
}

#[test]
fn identifiers_are_dlts() {
    let mut check = Check::default();
    for case in golden("identifiers") {
        let raw = case["in"].as_str().unwrap();
        for (suffix, max) in [("None", 0), ("63", 63), ("30", 30), ("16", 16)] {
            let naming = Naming::new("snake_case", max).unwrap();
            let expected = case[format!("ident_{suffix}")].as_str();
            check.same(|| format!("{raw:?} as identifier within {max}"), expected, naming.identifier(raw).as_deref());
            let expected = case[format!("path_{suffix}")].as_str().unwrap();
            check.same(|| format!("{raw:?} as path within {max}"), expected, &naming.table(raw));
        }
    }
    check.done(617 * 8);
}

#[test]
fn every_convention_is_dlts() {
    let mut check = Check::default();
    for case in golden("naming_conventions") {
        let naming = Naming::new(case["naming"].as_str().unwrap(), case["max"].as_u64().unwrap() as usize).unwrap();
        if let Some(parts) = case["fragments"].as_array() {
            let parts: Vec<&str> = parts.iter().map(|part| part.as_str().unwrap()).collect();
            check.same(|| case.to_string(), case["out"].as_str().unwrap(), &naming.join(&parts));
            continue;
        }
        let raw = case["in"].as_str().unwrap();
        check.same(|| case.to_string(), case["path"].as_str().unwrap(), &naming.column(raw));
        check.same(|| case.to_string(), case["tables_path"].as_str().unwrap(), &naming.table(raw));
    }
    check.done(500);
}

#[test]
fn joined_names_are_shortened_as_dlt_does() {
    let mut check = Check::default();
    for case in golden("shorten_fragments") {
        let parts: Vec<&str> = case["in"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        let naming = Naming::new("snake_case", case["max"].as_u64().unwrap() as usize).unwrap();
        check.same(|| format!("{parts:?}"), case["out"].as_str().unwrap(), &naming.join(&parts));
    }
    check.done(18);
}

#[test]
fn timestamps_in_text_are_dlts() {
    let mut check = Check::default();
    // `2024-01-02T03:04:05[.6][+01:30]` of the golden file as microseconds; the zone is the answer's own.
    for case in golden("iso_strings") {
        let text = case["in"].as_str().unwrap();
        let instant = case["to_timestamp_utc"].as_str().map(|iso| format!("{}Z", with_micros(&iso[..iso.len() - 6])));
        let detected = case["detected"].as_bool().unwrap();
        let got = time::detect_timestamp(text.as_bytes()).map(time::format_timestamp);
        check.same(|| format!("{text:?} detected"), instant.clone().filter(|_| detected), got);
        let got = time::detect_date(text).is_some();
        check.same(|| format!("{text:?} detected as a date"), case["date_detected"].as_bool().unwrap(), got);
        check.same(|| format!("{text:?} to timestamp"), instant, time::to_timestamp(text).map(time::format_timestamp));
        let date = case["to_date"].as_str().map(str::to_owned);
        check.same(|| format!("{text:?} to date"), date, time::to_date(text).map(time::format_date));
        let clock = case["to_time"].as_str().map(with_micros);
        check.same(|| format!("{text:?} to time"), clock, time::to_time(text).map(time::format_time));
    }
    check.done(80 * 5);
}

fn with_micros(iso: &str) -> String {
    if iso.contains('.') { iso.to_owned() } else { format!("{iso}.000000") }
}
