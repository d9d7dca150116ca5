//! What a contract discards: gone with dlt, in the quarantine table with us.

use super::canonical::rows_of;
use gatelake::normalize::Loaded;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

type Files = BTreeMap<(String, u32), Vec<u8>>;

/// Takes the quarantine table out of a load's answer and says whether it has rows. Panics if it is wrong: each row must point
/// to its value in the load's `rows`, and every scalar of `rows` must be in a cell of a table or in quarantine. The latter is
/// only asked where each scalar makes a cell of its own: not with JSON columns, colliding keys or redaction.
pub fn take(loaded: &mut Loaded, files: &mut Files, rows: &str, nesting: bool) -> bool {
    let Some(name) = loaded.schema.tables.iter().find(|table| table.quarantine).map(|table| table.name.clone()) else {
        return false;
    };
    loaded.schema.tables.retain(|table| !table.quarantine);
    loaded.tables.retain(|table| table.name != name);
    let discarded: Vec<Map<String, Value>> =
        files.extract_if(.., |(table, _), _| *table == name).flat_map(|(_, bytes)| rows_of(&bytes)).collect();
    let records = root_rows(&serde_json::from_str(rows).unwrap());
    for row in &discarded {
        let text = |column: &str| row[column].as_str().unwrap();
        let record = &records[row["ordinal"].as_u64().unwrap() as usize];
        let value =
            record.pointer(text("pointer")).unwrap_or_else(|| panic!("{} leads nowhere: {row:?}", text("pointer")));
        if !text("value").ends_with('…') && !text("value").contains("***") {
            assert_eq!(serde_json::from_str::<Value>(text("value")).unwrap(), *value, "{row:?}");
        }
    }
    let told: u64 =
        loaded.warnings.iter().filter(|warning| warning.code == "quarantine").map(|warning| warning.count).sum();
    assert_eq!(told, discarded.len() as u64);
    let blurred = |code: &str| loaded.warnings.iter().any(|warning| warning.code == code);
    if !nesting && !rows.contains("_dlt") && !blurred("key_collision") && !blurred("redacted") {
        let cells = files.values().flat_map(|bytes| rows_of(bytes)).flatten();
        let cells = cells.filter(|(name, value)| !name.starts_with("_dlt") && !value.is_null()).count();
        let kept = discarded.iter().map(|row| scalars(&serde_json::from_str(row["value"].as_str().unwrap()).unwrap()));
        assert_eq!(scalars(&Value::Array(records)), cells + kept.sum::<usize>(), "{rows} {discarded:?}");
    }
    !discarded.is_empty()
}

/// What become rows of the root table: a list in the list is a batch, a null is none.
fn root_rows(items: &Value) -> Vec<Value> {
    let items = items.as_array().unwrap().iter();
    let rows = items.flat_map(|item| item.as_array().cloned().unwrap_or_else(|| vec![item.clone()]));
    rows.filter(|row| !row.is_null()).collect()
}

fn scalars(value: &Value) -> usize {
    match value {
        Value::Null => 0,
        Value::Array(items) => items.iter().map(scalars).sum(),
        Value::Object(members) => members.values().map(scalars).sum(),
        _ => 1,
    }
}
