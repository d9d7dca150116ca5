//! Who can get in, for a page: [`crate::access`] over the tables that it looks at.

use super::view::Tables;
use super::{plain, thrown};
use crate::access::Reviewing;
use wasm_bindgen::prelude::*;

/// An access review under way, or done.
///
/// ```js
/// const work = new AccessReview(tables, '1795460400.000');
/// let review;
/// while (!(review = work.step(tables, 20_000))) await others();
/// const rows = work.tables();
/// ```
#[wasm_bindgen]
pub struct AccessReview {
    work: Reviewing,
}

#[wasm_bindgen]
impl AccessReview {
    /// Of tables that are all there. `load_id`: for the new table's `_dlt_load_id`. Throws an `Error` with a `code`, as all the
    /// methods do: `no_users` if there are no users among the tables.
    #[wasm_bindgen(constructor)]
    pub fn new(tables: &Tables, load_id: &str) -> Result<AccessReview, JsValue> {
        Ok(AccessReview { work: Reviewing::new(&tables.tables, load_id).map_err(thrown)? })
    }

    /// Goes on by some rows of the same `tables`. `undefined` as long as there is more to do, then `{users, keys, findings,
    /// not_provided, reach}`.
    pub fn step(&mut self, tables: &Tables, rows: usize) -> Result<JsValue, JsValue> {
        match self.work.step(&tables.tables, rows).map_err(thrown)? {
            true => plain(&self.work.summary()),
            false => Ok(JsValue::UNDEFINED),
        }
    }

    /// The table `access_review`, which is handed over.
    pub fn tables(&mut self) -> Tables {
        Tables::of(self.work.tables())
    }
}
