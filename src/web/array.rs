//! A resource's records without tables, for a program: [`crate::normalize::Array`].

use super::{plain, thrown};
use crate::normalize::{Array, Select};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

/// Bodies in, and the records of all of them out as one JSON array, each on a line of its own, secrets redacted.
///
/// ```js
/// const array = new RecordArray();
/// array.begin(false);
/// for await (const chunk of body) { array.feed(chunk); save(array.take()); }
/// array.endBody();
/// array.finish();
/// save(array.take());
/// ```
#[wasm_bindgen]
#[derive(Default)]
pub struct RecordArray {
    array: Array,
}

#[wasm_bindgen]
impl RecordArray {
    #[wasm_bindgen(constructor)]
    pub fn new() -> RecordArray {
        RecordArray::default()
    }

    /// A body begins whose records lie in an envelope or, with `root`, that is the record or the list of records itself.
    pub fn begin(&mut self, root: bool) {
        self.array.begin_body(if root { Select::Root } else { Select::Envelope });
    }

    /// The body's next bytes, of any length. Throws an `Error` with a `code`, as `endBody` does.
    pub fn feed(&mut self, chunk: &[u8]) -> Result<(), JsValue> {
        self.array.feed(chunk).map_err(thrown)
    }

    /// The body is whole; a further one may follow. Answers `{records_at, records, facts}`: what stood around the records.
    #[wasm_bindgen(js_name = endBody)]
    pub fn end_body(&mut self) -> Result<JsValue, JsValue> {
        plain(&self.array.end_body().map_err(thrown)?)
    }

    /// No more bodies: the array is closed.
    pub fn finish(&mut self) {
        self.array.finish();
    }

    /// The text that is ready, as UTF-8; nothing of it comes twice.
    pub fn take(&mut self) -> Uint8Array {
        Uint8Array::from(self.array.take().as_bytes())
    }
}
