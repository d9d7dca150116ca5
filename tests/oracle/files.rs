//! The files that every load of a case leaves, as digests: `tests/npm/package-oracle.test.mjs` holds the packed module's against them.

use super::case::{Case, Memory, load_id, loaded};
use futures_util::FutureExt;
use gatelake::merge::{self, Ended, Files, Output};
use gatelake::normalize::schema::Schema;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

type Kept = Files<Vec<u8>>;

/// What a program needs to do the same, and what it must come to: `{table, loads: [{id, options, rows, files | error}]}`, `rows` as text. `None`
/// for a case with an option that the engine does not have.
pub fn told(case: &Case) -> Option<Value> {
    let (mut schema, mut kept) = (Schema::default(), Kept::new());
    let mut loads = Vec::new();
    for ordinal in 0..case.len() {
        let (given, options, rows) = case.load(ordinal).ok()?;
        let id = load_id(ordinal);
        let (merge, output) = (options.write_disposition.merge().cloned(), Output::from(&options));
        let result = loaded(&case.table, options, schema.clone(), &id, &rows).and_then(|(loaded, files)| {
            let mut new = Kept::new();
            for ((table, _), bytes) in files {
                new.entry(table).or_default().push(bytes);
            }
            let after = match merge {
                Some(_) if loaded.tables.iter().all(|table| table.rows == 0) => kept.clone(),
                Some(merge) => {
                    let ended = Ended { id: &id, loaded: &loaded, output };
                    let merged = merge::merge(&merge, ended, &kept, &new, &Memory);
                    merged.now_or_never().expect("what is in memory need not be waited for")?.0
                }
                None if given.get("write_disposition").is_some_and(|one| one == "replace") => new,
                None => {
                    let mut all = kept.clone();
                    new.into_iter().for_each(|(table, files)| all.entry(table).or_default().extend(files));
                    all
                }
            };
            Ok((loaded.schema, after))
        });
        let mut load = json!({ "id": id, "options": given, "rows": rows });
        match result {
            Ok((known, after)) => {
                (schema, kept) = (known, after);
                load["files"] = kept.iter().map(|(table, files)| (table.clone(), digests(files))).collect();
            }
            Err(error) => load["error"] = json!(error.code()),
        }
        loads.push(load);
    }
    Some(json!({ "table": case.table, "loads": loads }))
}

fn digests(files: &[Vec<u8>]) -> Value {
    files.iter().map(|bytes| Value::from(format!("{:x}", Sha256::digest(bytes)))).collect()
}
