//! The JSON test suite of Nicolas Seriot (MIT licence, `tests/json-suite`): what must be accepted is, what must be refused is,
//! what may be either is answered as the table below says, however the bytes are cut.

#[path = "support/choices.rs"]
mod choices;
#[path = "support/documents.rs"]
mod documents;
#[path = "support/loads.rs"]
mod loads;

use loads::{Cuts, plain};
use std::collections::BTreeMap;
use std::io::Write;

/// What may be either: whether we take it, and why. Names are without `i_` and `.json`.
const EITHER: [(&str, bool, &str); 35] = [
    ("number_double_huge_neg_exp", true, "rounded to zero, which is the nearest float"),
    ("number_huge_exp", false, FLOAT),
    ("number_neg_int_huge_exp", false, FLOAT),
    ("number_pos_double_huge_exp", false, FLOAT),
    ("number_real_neg_overflow", false, FLOAT),
    ("number_real_pos_overflow", false, FLOAT),
    ("number_real_underflow", true, "rounded to zero, which is the nearest float"),
    ("number_too_big_neg_int", true, INTEGER),
    ("number_too_big_pos_int", true, INTEGER),
    ("number_very_big_negative_int", true, INTEGER),
    ("object_key_lone_2nd_surrogate", false, SURROGATE),
    ("string_1st_surrogate_but_2nd_missing", false, SURROGATE),
    ("string_1st_valid_surrogate_2nd_invalid", false, SURROGATE),
    ("string_UTF-16LE_with_BOM", false, UTF8_ALONE),
    ("string_UTF-8_invalid_sequence", false, UTF8),
    ("string_UTF8_surrogate_U+D800", false, UTF8),
    ("string_incomplete_surrogate_and_escape_valid", false, SURROGATE),
    ("string_incomplete_surrogate_pair", false, SURROGATE),
    ("string_incomplete_surrogates_escape_valid", false, SURROGATE),
    ("string_invalid_lonely_surrogate", false, SURROGATE),
    ("string_invalid_surrogate", false, SURROGATE),
    ("string_invalid_utf-8", false, UTF8),
    ("string_inverted_surrogates_U+1D11E", false, SURROGATE),
    ("string_iso_latin_1", false, UTF8),
    ("string_lone_second_surrogate", false, SURROGATE),
    ("string_lone_utf8_continuation_byte", false, UTF8),
    ("string_not_in_unicode_range", false, UTF8),
    ("string_overlong_sequence_2_bytes", false, UTF8),
    ("string_overlong_sequence_6_bytes", false, UTF8),
    ("string_overlong_sequence_6_bytes_null", false, UTF8),
    ("string_truncated-utf-8", false, UTF8),
    ("string_utf16BE_no_BOM", false, UTF8_ALONE),
    ("string_utf16LE_no_BOM", false, UTF8_ALONE),
    ("structure_500_nested_arrays", false, "256 levels are allowed"),
    (
        "structure_UTF-8_BOM_empty_object",
        false,
        "RFC 8259, 8.1: a byte order mark must not be sent; nothing is guessed",
    ),
];
const FLOAT: &str = "no float is as large, and infinity is no number of JSON";
const INTEGER: &str = "integers are exact whatever their size";
const SURROGATE: &str = "half a surrogate pair stands for no character, and no column could hold it";
const UTF8: &str = "RFC 3629: not UTF-8, and no column of text could hold it";
const UTF8_ALONE: &str = "RFC 8259, 8.1: JSON is exchanged in UTF-8 alone";

#[test]
fn every_file_is_judged_as_it_must_be() {
    let either: BTreeMap<&str, (bool, &str)> =
        EITHER.into_iter().map(|(name, taken, why)| (name, (taken, why))).collect();
    let (mut counts, mut taken, mut judged, mut failures) = ([0usize; 3], 0, 0, Vec::new());
    let mut files: Vec<_> = std::fs::read_dir("tests/json-suite").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(kind) = ["y_", "n_", "i_"].iter().position(|prefix| name.starts_with(prefix)) else { continue };
        let (accept, why) = match kind {
            0 => (true, "it is JSON"),
            1 => (false, "it is no JSON"),
            _ => either[&name[2..name.len() - ".json".len()]],
        };
        counts[kind] += 1;
        taken += (kind == 2 && accept) as usize;
        let bytes = std::fs::read(&path).unwrap();
        let whole = plain(&bytes, Cuts::Whole);
        if whole.loaded.is_ok() != accept {
            failures.push(format!("{name}: {why}, but the answer is {:?}", whole.error()));
        }
        if let Err(error) = &whole.loaded
            && !["invalid_json", "cut_body", "empty_body", "html_instead_of_json"].contains(&error.code())
        {
            failures.push(format!("{name}: refused for another reason than its JSON: {error:?}"));
        }
        for cuts in [Cuts::Every(1)].into_iter().chain((0..10).map(Cuts::Random)) {
            judged += 1;
            let cut = plain(&bytes, cuts);
            if (cut.error(), cut.loaded.ok()) != (whole.error(), whole.loaded.as_ref().ok().cloned()) {
                failures.push(format!("{name}: {cuts:?} gives another answer"));
            }
        }
    }
    assert_eq!(counts[2], either.len());
    assert!(counts[0] > 90 && counts[1] > 180, "the suite is not there: {counts:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    let line = format!(
        "json suite: {} accepted, {} refused, of {} that may be either {taken} accepted; {judged} more times in pieces",
        counts[0], counts[1], counts[2]
    );
    let _ = writeln!(std::io::stdout(), "{line}");
}
