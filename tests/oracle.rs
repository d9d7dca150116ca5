//! The engine against dlt, case by case: `cargo test --release --test oracle`.
//!
//! `ORACLE_CASES` names the folder of the cases (`NAME.json`, and `NAME.expected.json` with what dlt answered); without it they
//! are those in `tests/oracle/cases` and `tests/oracle/extra`. `tests/oracle/README.md` describes both documents. `ORACLE_OUT` names a document
//! that shall be written: what every load of every case comes to, for other ways to the engine ([`files`]).

#[path = "oracle/canonical.rs"]
mod canonical;
#[path = "oracle/case.rs"]
mod case;
#[path = "oracle/compare.rs"]
mod compare;
#[path = "oracle/files.rs"]
mod files;
#[path = "oracle/merged.rs"]
mod merged;
#[path = "oracle/quarantine.rs"]
mod quarantine;

use case::Case;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Differences that are shown of a case; one rarely comes alone.
const SHOWN: usize = 8;

/// A case that we answer differently on purpose.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    reason: String,
    /// What we answer, as a merge patch over dlt's answer.
    instead: Value,
}

#[derive(Default)]
struct Tally {
    matched: Vec<String>,
    deviating: Vec<String>,
    /// By the option that the engine does not have.
    skipped: BTreeMap<String, Vec<String>>,
    failed: Vec<String>,
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn json<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn case_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| {
        path.to_string_lossy().ends_with(".json") && !path.to_string_lossy().ends_with(".expected.json")
    });
    files.sort();
    files
}

/// Past the test harness, which would show the lines of failed tests only.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[test]
fn the_engine_answers_as_dlt_does() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle");
    let folders = match std::env::var_os("ORACLE_CASES") {
        Some(folder) => vec![PathBuf::from(folder)],
        None => ["cases", "extra"].map(|name| here.join(name)).into_iter().filter(|folder| folder.is_dir()).collect(),
    };
    let deviations: BTreeMap<String, Deviation> = json(&here.join("deviations.json"));
    let mut tally = Tally::default();
    let mut told = BTreeMap::new();
    for path in folders.iter().flat_map(|folder| case_files(folder)) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let case = Case::parse(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        judge(&path, &name, &case, &deviations, &mut tally);
        told.insert(name, files::told(&case));
    }
    if let Some(out) = std::env::var_os("ORACLE_OUT") {
        std::fs::write(&out, serde_json::to_vec(&told).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", Path::new(&out).display()));
    }
    for (option, names) in &tally.skipped {
        say(&format!("skipped, no {option}: {}", names.join(" ")));
    }
    for name in &tally.deviating {
        say(&format!("deviates: {name}"));
    }
    for report in &tally.failed {
        say(&format!("FAILED {report}"));
    }
    let skipped: usize = tally.skipped.values().map(Vec::len).sum();
    say(&format!(
        "oracle: {} matched, {} deviate on purpose, {skipped} skipped, {} failed",
        tally.matched.len(),
        tally.deviating.len(),
        tally.failed.len()
    ));
    assert!(tally.failed.is_empty(), "{} cases failed; each is named above", tally.failed.len());
    assert!(!tally.matched.is_empty(), "no case in {folders:?}");
}

fn judge(path: &Path, name: &str, case: &Case, deviations: &BTreeMap<String, Deviation>, tally: &mut Tally) {
    let outcome = match case.run() {
        Ok(outcome) => outcome,
        Err(option) => {
            tally.skipped.entry(option).or_default().push(name.into());
            return;
        }
    };
    let mut expected: Value = json(&path.with_extension("expected.json"));
    let deviation = deviations.get(name);
    if let Some(deviation) = deviation {
        compare::patch(&mut expected, &deviation.instead);
    }
    let got = canonical::document(case, &outcome);
    let mut differences = compare::differences(&expected, &got);
    // Whether files are put together is nothing that a row would know of.
    let apart = case.with_files_of(1);
    let apart = canonical::document(&apart, &apart.run().expect("the option is there"));
    differences.extend(compare::differences(&got, &apart).into_iter().map(|one| format!("with a file a load: {one}")));
    if let Some(deviation) = deviation.filter(|_| differences.is_empty()) {
        tally.deviating.push(format!("{name}: {}", deviation.reason));
    } else if differences.is_empty() {
        tally.matched.push(name.into());
    } else if let Some(reason) = excused(case, &outcome, &expected, &got) {
        tally.deviating.push(format!("{name}: {reason}"));
    } else {
        let errors = outcome.loads.iter().filter_map(|load| load.as_ref().err()).map(|error| format!("error: {error}"));
        let lines: Vec<String> = errors.chain(differences.iter().take(SHOWN).cloned()).collect();
        tally.failed.push(format!("{name}: {} differences\n    {}", differences.len(), lines.join("\n    ")));
    }
}

/// Cases that nobody has judged one by one may still hold what dlt breaks off at or misreads, and so cannot match. They are
/// in order if every load went through that did with dlt, all is the same without those that did not, and the values that
/// dlt could not carry stand in the rows. The answer is the reason.
fn excused(case: &Case, outcome: &case::Outcome, expected: &Value, got: &Value) -> Option<String> {
    let rows: Vec<&Value> = got["tables"].as_object()?.values().map(|table| &table["rows"]).collect();
    let loads = expected["loads"].as_array()?;
    if loads.iter().zip(&outcome.loads).any(|(theirs, ours)| theirs["status"] == "loaded" && ours.is_err()) {
        return None;
    }
    let unlinked = |cell: &Value| cell.as_str().is_some_and(|text| text.starts_with('@') && text.ends_with("[?]"));
    if case.has_odd_ids() && !has_cell(&rows, &unlinked) {
        return Some("rows with row ids of their own: every child is linked, every id is text".into());
    }
    let failed = loads.iter().filter(|load| load["status"] == "failed");
    if failed.clone().count() > 0 && !rest_matches(case, expected) {
        return None;
    }
    let errors: Vec<&str> = failed.filter_map(|load| load["error"].as_array()?.last()?["message"].as_str()).collect();
    let mut values = case.odd_values();
    values.retain(|value| !errors.is_empty() || value.starts_with(case::TYPE_MARKS));
    if values.iter().all(|value| has_cell(&rows, &|cell| cell == value.as_str()))
        && let Some(value) = values.first()
    {
        return Some(format!("dlt cannot carry {value}; we store it as it is"));
    }
    let too_large = |error: &&str| TOO_LARGE.iter().any(|words| error.contains(words));
    let number = |cell: &Value| cell.as_f64().or_else(|| cell.as_str()?.parse().ok());
    if !errors.is_empty()
        && errors.iter().any(too_large)
        && case.numbers().iter().any(|value| has_cell(&rows, &|cell| number(cell) == Some(*value)))
    {
        return Some("dlt breaks off at a value that its column has no room for; it goes to a variant".into());
    }
    if case.has_nameless_lists() && errors.iter().any(|error| error.contains("'_dlt_load_id' is declared non-nullable"))
    {
        return Some(
            "dlt breaks off at a list of scalars under a key that has no name; its rows are the table's".into(),
        );
    }
    None
}

/// Do we answer as dlt does without the loads that it broke off?
fn rest_matches(case: &Case, expected: &Value) -> bool {
    let mut expected = expected.clone();
    let Some(loads) = expected["loads"].as_array_mut() else { return false };
    let rest = case.of_loads(|ordinal| loads.get(ordinal).is_some_and(|load| load["status"] == "loaded"));
    loads.retain(|load| load["status"] == "loaded");
    (0..).zip(loads).for_each(|(ordinal, load)| load["ordinal"] = Value::from(ordinal));
    let Ok(outcome) = rest.run() else { return false };
    compare::differences(&expected, &canonical::document(&rest, &outcome)).is_empty()
}

/// How dlt says that a number does not fit: 64 bits, an instant, a decimal's digits.
const TOO_LARGE: [&str; 5] = [
    "too large to convert to C long",
    "exceeds 64-bit range",
    "Value too large",
    "Rescaling Decimal value",
    "does not fit into precision",
];

fn has_cell(rows: &[&Value], fits: &impl Fn(&Value) -> bool) -> bool {
    rows.iter().any(|json| match json {
        Value::Array(items) => has_cell(&items.iter().collect::<Vec<_>>(), fits),
        Value::Object(members) => has_cell(&members.values().collect::<Vec<_>>(), fits),
        plain => fits(plain),
    })
}
