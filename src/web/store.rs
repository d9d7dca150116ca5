//! A store of the caller's, written in JavaScript, as the lake's.

use crate::error::{Error, Kind, Result};
use crate::host::{self, Cond, Head, Listing, Object, Put};
use js_sys::{Array, Object as JsObject, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A bucket, or what stands for one: strongly consistent, with conditional puts. `npm/store/store.d.ts` has the promises. */
export interface Store {
  get(key: string): Promise<{ bytes: Uint8Array; etag: string; meta: Record<string, string> } | null>;
  head(key: string): Promise<{ etag: string; size: number; meta: Record<string, string> } | null>;
  put(key: string, bytes: Uint8Array, options?: { create?: true; match?: string; meta?: Record<string, string> }): Promise<string | null>;
  list(prefix: string, options: { cursor?: string; limit: number }): Promise<{ objects: { key: string; etag: string; size: number }[]; cursor?: string }>;
  delete(keys: string[]): Promise<void>;
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "Store")]
    pub type Store;
    #[wasm_bindgen(method, catch)]
    fn get(this: &Store, key: &str) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn head(this: &Store, key: &str) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn put(this: &Store, key: &str, bytes: Uint8Array, options: JsObject) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn list(this: &Store, prefix: &str, options: JsObject) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &Store, keys: Array) -> std::result::Result<JsValue, JsValue>;
}

/// Codes of the stores that come with the npm module. Whatever else a store throws is `store_failed`.
const CODES: [&str; 7] = [
    "store_failed",
    "no_such_bucket",
    "store_denied",
    "store_locked",
    "store_unfit",
    "store_unreachable",
    "unsafe_key",
];

impl host::Store for Store {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        let found = settled(self.get(key)).await.map_err(|thrown| failed("get", key, &thrown))?;
        if absent(&found) {
            return Ok(None);
        }
        let bytes: Uint8Array = member(&found, "bytes").dyn_into().map_err(|_| unlike("get", key, "bytes"))?;
        let head = head("get", key, &found, f64::from(bytes.length()))?;
        Ok(Some(Object { head, bytes: bytes.to_vec() }))
    }

    async fn head(&self, key: &str) -> Result<Option<Head>> {
        let found = settled(self.head(key)).await.map_err(|thrown| failed("head", key, &thrown))?;
        if absent(&found) {
            return Ok(None);
        }
        let size = member(&found, "size").as_f64().ok_or_else(|| unlike("head", key, "size"))?;
        head("head", key, &found, size).map(Some)
    }

    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put> {
        let attached = JsObject::new();
        for (name, value) in meta {
            set(&attached, name, &(*value).into());
        }
        let options = JsObject::new();
        set(&options, "meta", &attached);
        match cond {
            Cond::Always => {}
            Cond::Create => set(&options, "create", &JsValue::TRUE),
            Cond::Match(etag) => set(&options, "match", &etag.into()),
        }
        let put = settled(self.put(key, Uint8Array::from(bytes), options)).await;
        let etag = put.map_err(|thrown| failed("put", key, &thrown))?;
        match etag.as_string() {
            Some(etag) => Ok(Put::Done(etag)),
            None if absent(&etag) => Ok(Put::Lost),
            None => Err(unlike("put", key, "the new etag")),
        }
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        let options = JsObject::new();
        set(&options, "limit", &(limit as f64).into());
        if let Some(cursor) = cursor {
            set(&options, "cursor", &cursor.into());
        }
        let page = settled(self.list(prefix, options)).await.map_err(|thrown| failed("list", prefix, &thrown))?;
        let objects: Array = member(&page, "objects").dyn_into().map_err(|_| unlike("list", prefix, "objects"))?;
        let one = |object: JsValue| {
            let key = member(&object, "key").as_string().ok_or_else(|| unlike("list", prefix, "key"))?;
            let size = member(&object, "size").as_f64().ok_or_else(|| unlike("list", prefix, "size"))?;
            head("list", &key, &object, size)
        };
        Ok(Listing {
            heads: objects.iter().map(one).collect::<Result<_>>()?,
            cursor: member(&page, "cursor").as_string(),
        })
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        let place = keys.first().map(String::as_str).unwrap_or_default();
        let keys: Array = keys.iter().map(JsValue::from).collect();
        settled(self.delete(keys)).await.map(drop).map_err(|thrown| failed("delete", place, &thrown))
    }
}

/// What a call comes to: of a promise its outcome, and what is no promise as it is. A method may also throw at once.
async fn settled(answer: std::result::Result<JsValue, JsValue>) -> std::result::Result<JsValue, JsValue> {
    JsFuture::from(Promise::resolve(&answer?)).await
}

fn absent(value: &JsValue) -> bool {
    value.is_null() || value.is_undefined()
}

/// Undefined where there is no such member, or nothing to have one.
fn member(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or_default()
}

fn set(object: &JsObject, name: &str, value: &JsValue) {
    // Setting a property of a fresh object cannot fail.
    let _ = Reflect::set(object, &name.into(), value);
}

fn head(what: &str, key: &str, found: &JsValue, size: f64) -> Result<Head> {
    let etag = member(found, "etag").as_string().ok_or_else(|| unlike(what, key, "etag"))?;
    let entries = match member(found, "meta").dyn_into::<JsObject>() {
        Ok(meta) => JsObject::entries(&meta),
        Err(_) => Array::new(),
    };
    let meta = entries.iter().filter_map(|pair| {
        let pair = pair.unchecked_into::<Array>();
        Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
    });
    Ok(Head { key: key.to_owned(), etag, size: size as u64, meta: meta.collect() })
}

/// What the store threw. It says itself what may be tried again.
fn failed(what: &str, key: &str, thrown: &JsValue) -> Error {
    let said = |name| member(thrown, name).as_string();
    let kind = if member(thrown, "transient").is_truthy() { Kind::Transient } else { Kind::Store };
    let code = said("code").unwrap_or_default();
    let code = CODES.into_iter().find(|known| *known == code).unwrap_or("store_failed");
    let message = said("message").or_else(|| thrown.as_string()).unwrap_or_else(|| "no reason given".into());
    let error = Error::new(kind, code, format!("the store's {what} failed: {message}")).at(key);
    said("help").into_iter().fold(error, |error, help| error.help(help))
}

/// It does not answer as a store has to.
fn unlike(what: &str, key: &str, lacks: &str) -> Error {
    Error::new(Kind::Store, "store_unfit", format!("the store's {what} answered without {lacks}"))
        .at(key)
        .help("A store has to answer as its interface says")
}
