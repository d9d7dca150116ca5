//! An R2 bucket as the lake's store.

use super::js_error;
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Head, Listing, Object, Put, Store};
use crate::lake::paths::is_mutable;
use js_sys::Uint8Array;
use wasm_bindgen::JsCast;
use web_sys::ReadableStream;
use worker::{Bucket, Conditional, Env, HttpMetadata};

/// The metadata under which writers put a body's SHA-256, in hex; R2 then checks the body against it.
const SHA256: &str = "sha256";
/// R2 removes at most this many objects a call.
const DELETE_LIMIT: usize = 1000;

pub struct R2(Bucket);

impl R2 {
    /// The bucket that the binding `LAKE` names.
    pub fn new(env: &Env) -> Result<R2> {
        env.bucket("LAKE").map(R2).map_err(|_| {
            Error::new(Kind::Config, "missing_binding", "the Worker has no R2 bucket bound as `LAKE`")
                .help("Add an [[r2_buckets]] entry with binding = \"LAKE\" to wrangler.toml")
        })
    }
}

impl Store for R2 {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        let failed = |error| failed("get", key, error);
        let Some(object) = self.0.get(key).execute().await.map_err(failed)? else { return Ok(None) };
        let head = head(&object).map_err(failed)?;
        let Some(body) = object.body() else { return Ok(None) };
        let bytes = body.bytes().await.map_err(failed)?;
        Ok(Some(Object { head, bytes }))
    }

    async fn head(&self, key: &str) -> Result<Option<Head>> {
        let object = self.0.head(key).await.map_err(|error| failed("head", key, error))?;
        object.map(|object| head(&object).map_err(|error| failed("head", key, error))).transpose()
    }

    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put> {
        // The worker crate takes metadata as a hash map; its order does not matter here.
        #[allow(clippy::disallowed_types)]
        let metadata: std::collections::HashMap<String, String> =
            meta.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // The worker crate takes a body as a vector, which it copies to JavaScript, or as a stream, which it hands over as it is. R2 itself
        // takes arrays too: what is called a stream here is one, and a file is not in the wasm's memory twice.
        let body: ReadableStream = Uint8Array::from(bytes).unchecked_into();
        let mut put = self.0.put(key, body).custom_metadata(metadata).http_metadata(HttpMetadata {
            cache_control: Some(match is_mutable(key) {
                true => "no-store".into(),
                false => "public, max-age=31536000, immutable".into(),
            }),
            ..HttpMetadata::default()
        });
        if let Some(sha256) = meta.iter().find(|(name, _)| *name == SHA256).and_then(|(_, hex)| from_hex(hex)) {
            put = put.sha256(sha256);
        }
        match cond {
            Cond::Always => {}
            Cond::Create => {
                put = put.only_if(Conditional { etag_does_not_match: Some("*".into()), ..Conditional::default() });
            }
            Cond::Match(etag) => {
                put = put.only_if(Conditional { etag_matches: Some(etag), ..Conditional::default() });
            }
        }
        // A failed condition is an answer without an object.
        match put.execute().await.map_err(|error| failed("put", key, error))? {
            Some(object) => Ok(Put::Done(object.etag())),
            None => Ok(Put::Lost),
        }
    }

    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        let mut list = self.0.list().prefix(prefix).limit(limit as u32);
        if let Some(cursor) = cursor {
            list = list.cursor(cursor);
        }
        let page = list.execute().await.map_err(|error| failed("list", prefix, error))?;
        let heads = page.objects().iter().map(listed).collect();
        Ok(Listing { heads, cursor: if page.truncated() { page.cursor() } else { None } })
    }

    async fn delete(&self, keys: &[String]) -> Result<()> {
        for some in keys.chunks(DELETE_LIMIT) {
            let place = some.first().map(String::as_str).unwrap_or_default();
            self.0.delete_multiple(some.to_vec()).await.map_err(|error| failed("delete", place, error))?;
        }
        Ok(())
    }
}

fn listed(object: &worker::Object) -> Head {
    Head { key: object.key(), etag: object.etag(), size: object.size(), meta: Vec::new() }
}

fn head(object: &worker::Object) -> worker::Result<Head> {
    let mut meta: Vec<(String, String)> = object.custom_metadata()?.into_iter().collect();
    meta.sort();
    Ok(Head { meta, ..listed(object) })
}

fn from_hex(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// R2's failures come and go, as far as anybody can tell from here.
fn failed(what: &str, key: &str, error: worker::Error) -> Error {
    Error::new(Kind::Transient, "store_failed", format!("R2 {what} failed: {}", js_error(error.into()))).at(key)
}
