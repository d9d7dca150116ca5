//! Two states of a resource's tables, compared: [`crate::changes`] for a page.

use super::view::Tables;
use super::{plain, thrown};
use crate::changes::{Changes, TableFiles};
use crate::error::Result;
use wasm_bindgen::prelude::*;

/// A comparison, under way or done.
///
/// ```js
/// const comparison = new Comparison(before, now, 'users', ['id']);
/// let tables;
/// while (!(tables = comparison.step())) await others();
/// comparison.rows('users', 0, 50);
/// ```
#[wasm_bindgen]
pub struct Comparison {
    changes: Changes<Vec<u8>>,
}

#[wasm_bindgen]
impl Comparison {
    /// Takes a copy of the tables of one resource, which are `root` and all that hang from it, from both sides. `key`: the columns
    /// that tell the root's rows apart, none if nobody says. Throws an `Error` with a `code`, as all the methods do.
    #[wasm_bindgen(constructor)]
    pub fn new(old: &Tables, new: &Tables, root: &str, key: Vec<String>) -> std::result::Result<Comparison, JsValue> {
        let sides = files(old, root).and_then(|old| Ok((old, files(new, root)?)));
        let (old, new) = sides.map_err(thrown)?;
        Ok(Comparison { changes: Changes::begin(old, new, &key).map_err(thrown)? })
    }

    /// Reads the next row group. `undefined` as long as there is more to do, then what differs, table by table.
    pub fn step(&mut self) -> std::result::Result<JsValue, JsValue> {
        if self.changes.step().map_err(thrown)? {
            return Ok(JsValue::UNDEFINED);
        }
        plain(&self.changes.tables().collect::<Vec<_>>())
    }

    /// Some of a table's rows that differ: those that are gone, those that changed, those that came, `{kind, old_row, new_row,
    /// columns}` each. Row numbers are those of the table's own order.
    pub fn rows(&self, table: &str, first: usize, count: usize) -> std::result::Result<JsValue, JsValue> {
        plain(&self.changes.rows(table, first, count).map_err(thrown)?)
    }
}

/// The tables that hang from `root`, itself first, with all their files.
fn files(tables: &Tables, root: &str) -> Result<Vec<TableFiles<Vec<u8>>>> {
    let tables = &tables.tables;
    let mut family: Vec<TableFiles<Vec<u8>>> = Vec::new();
    for (number, listed) in tables.list().into_iter().enumerate() {
        let below = family.iter().any(|table| Some(table.schema.name.as_str()) == listed.parent);
        if listed.name == root || below {
            let files = (0..listed.files).map(|file| tables.file(number, file));
            family.push(TableFiles { schema: tables.schema(number)?.clone(), files: files.collect::<Result<_>>()? });
        }
    }
    Ok(family)
}
