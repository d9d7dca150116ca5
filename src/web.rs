//! Feature `web`: the engine for JavaScript that runs elsewhere than in the Worker: a page. With feature `npm`, Node and bundled programs,
//! which run the whole job.

mod access;
#[cfg(feature = "npm")]
mod array;
mod compare;
#[cfg(feature = "npm")]
mod configuration;
mod direct;
pub mod fetch;
mod host;
#[cfg(feature = "npm")]
mod lake;
#[cfg(feature = "npm")]
mod merging;
#[cfg(feature = "npm")]
mod run;
mod signal;
#[cfg(feature = "npm")]
mod store;
mod view;
mod write;

use crate::error::{Error, Kind};
use crate::normalize::schema::Schema;
use crate::normalize::{Load, Options, Part, Select};
use js_sys::{Object, Reflect, Uint8Array};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::*;

/// One load of one table, with its child tables: JSON bytes in, Parquet bytes out.
///
/// ```js
/// const load = new Normalizer('users', '{}', '2026-11-23T00:00:00Z');
/// for await (const chunk of body) { load.feed(chunk); save(load.takeParts()); }
/// const { schema, tables, warnings } = load.finish();
/// save(load.takeParts());
/// ```
#[wasm_bindgen]
pub struct Normalizer {
    load: Load,
    in_body: bool,
    #[cfg(feature = "npm")]
    ended: merging::Ended,
}

#[wasm_bindgen]
impl Normalizer {
    /// `options`: JSON text, `{}` for the defaults; `schema`: what the last load's `finish` gave, as JSON text, if there was one.
    /// Throws an `Error` with a `code`, as all the methods do.
    #[wasm_bindgen(constructor)]
    pub fn new(table: &str, options: &str, load_id: &str, schema: Option<String>) -> Result<Normalizer, JsValue> {
        let options = Options::from_json(options).map_err(thrown)?;
        let schema = match schema {
            Some(text) => serde_json::from_str(&text).map_err(|error| thrown(bad_schema(error)))?,
            None => Schema::default(),
        };
        Ok(Normalizer {
            #[cfg(feature = "npm")]
            ended: merging::Ended::new(&options, load_id),
            load: Load::new(table, options, schema, load_id).map_err(thrown)?,
            in_body: false,
        })
    }

    /// A body begins whose records lie in an envelope or, with `root`, that is the record or the list of records itself.
    pub fn begin(&mut self, root: bool) -> Result<(), JsValue> {
        self.load.begin_body(if root { Select::Root } else { Select::Envelope }).map_err(thrown)?;
        self.in_body = true;
        Ok(())
    }

    /// The next bytes of a body, of any length. The first ones begin it, if `begin` did not: as one with an envelope.
    pub fn feed(&mut self, chunk: &Uint8Array) -> Result<(), JsValue> {
        if !self.in_body {
            self.begin(false)?;
        }
        let piece = |at: usize, length: usize| chunk.subarray(at as u32, (at + length) as u32);
        self.load.feed_from(chunk.length() as usize, |at, room| piece(at, room.len()).copy_to(room)).map_err(thrown)
    }

    /// The body is whole; a further one may follow. Answers `{records_at, records, facts}`: what stood around the records.
    #[wasm_bindgen(js_name = endBody)]
    pub fn end_body(&mut self) -> Result<JsValue, JsValue> {
        self.in_body = false;
        plain(&self.load.end_body().map_err(thrown)?)
    }

    /// Finished bytes, `{table, file, bytes, end: {rows, columns} | null}` each, in order; `end` closes a file.
    #[wasm_bindgen(js_name = takeParts)]
    pub fn take_parts(&mut self) -> Result<Vec<Object>, JsValue> {
        self.load.take_parts().into_iter().map(part).collect()
    }

    /// The tables so far that have a column, as a schema has them; further ones come behind, and so do columns.
    #[cfg(feature = "npm")]
    pub fn tables(&self) -> Result<JsValue, JsValue> {
        plain(&self.load.tables().map(|(schema, _)| schema).collect::<Vec<_>>())
    }

    /// Ends the load, and an open body with it: `{schema, tables, stable_ids, warnings}`. What is left is in `takeParts` then.
    pub fn finish(&mut self) -> Result<JsValue, JsValue> {
        if self.in_body {
            self.end_body()?;
        }
        let loaded = self.load.finish().map_err(thrown)?;
        let told = plain(&loaded);
        #[cfg(feature = "npm")]
        self.ended.with(loaded);
        told
    }
}

fn bad_schema(error: serde_json::Error) -> Error {
    Error::new(Kind::Config, "bad_schema", format!("the schema cannot be read: {error}"))
}

fn part(part: Part) -> Result<Object, JsValue> {
    let end = match part.end {
        Some(end) => {
            let object = Object::new();
            Reflect::set(&object, &"rows".into(), &(end.rows as f64).into())?;
            Reflect::set(&object, &"columns".into(), &end.columns.into())?;
            object.into()
        }
        None => JsValue::NULL,
    };
    let object = Object::new();
    Reflect::set(&object, &"table".into(), &part.table.into())?;
    Reflect::set(&object, &"file".into(), &part.file.into())?;
    Reflect::set(&object, &"bytes".into(), &Uint8Array::from(part.bytes.as_slice()))?;
    Reflect::set(&object, &"end".into(), &end)?;
    Ok(object)
}

/// As `JSON.parse` would have made it: objects rather than `Map`s, numbers rather than `BigInt`s.
fn plain(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

/// An `Error` with a `code`, and with `at` and `help` where there is something to say.
fn thrown(error: Error) -> JsValue {
    let thrown = js_sys::Error::new(&error.what());
    let parts = [("code", Some(error.code())), ("at", error.place()), ("help", error.remedy())];
    for (name, text) in parts.into_iter().filter_map(|(name, text)| Some((name, text?))) {
        // Setting a property of a fresh object cannot fail.
        let _ = Reflect::set(&thrown, &name.into(), &text.into());
    }
    thrown.into()
}
