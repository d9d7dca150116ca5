//! A lake for whoever looks around in it: [`crate::lake::Reader`] over a store of the caller's.

use super::store::Store;
use super::{plain, thrown};
use crate::api::{self, Answer, Query, Refusal, Reply};
use crate::lake::{Paths, Reader, collect};
use js_sys::{Reflect, Uint8Array};
use serde::Serialize;
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

/// One dataset of a lake. Everything it hands out was compared with its checksum first.
///
/// ```js
/// const lake = new Lake(store, 'gatelake', 'sftp');
/// const { status, headers, body } = await lake.answer(['tables', 'users.parquet'], ['snapshot', 'previous']);
/// ```
#[wasm_bindgen]
pub struct Lake {
    store: Store,
    paths: Paths,
}

#[derive(Serialize)]
struct Head<'a> {
    status: u16,
    headers: BTreeMap<&'static str, &'a str>,
}

#[wasm_bindgen]
impl Lake {
    /// `prefix`: what the keys begin with; may be empty. Throws an `Error` with a `code`, as all the methods do.
    #[wasm_bindgen(constructor)]
    pub fn new(store: Store, prefix: &str, dataset: &str) -> Result<Lake, JsValue> {
        Ok(Lake { store, paths: Paths::new(prefix, dataset).map_err(thrown)? })
    }

    /// What the Worker's API answers to a `GET` (`docs/api.md`): `{status, headers, body}`. `path`: its parts below `/api/`; `query`: names
    /// and values of its parameters, in turn.
    pub async fn answer(&self, path: Vec<String>, query: Vec<String>) -> Result<JsValue, JsValue> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let reply = match self.asked(&path, query).await {
            Ok(reply) => reply,
            Err(Refusal(status, error)) => Reply::error(status, &error),
        };
        let headers = reply.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = plain(&Head { status: reply.status, headers })?;
        Reflect::set(&answer, &"body".into(), &Uint8Array::from(reply.body.as_slice()))?;
        Ok(answer)
    }

    /// The report of the last collection, as JSON text; undefined if there was none.
    pub async fn collection(&self) -> Result<Option<String>, JsValue> {
        let last = collect::last(&self.store, &self.paths).await.map_err(thrown)?;
        Ok(last.and_then(|report| serde_json::to_string(&report).ok()))
    }
}

impl Lake {
    async fn asked(&self, path: &[&str], query: Vec<String>) -> Answer {
        let Some(known) = api::parameters(path) else {
            return Err(Refusal::no_route(&format!("/api/{}", path.join("/"))));
        };
        let pairs = query.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone())));
        api::read(&self.reader(), path, &Query::new(pairs, known)?).await
    }

    fn reader(&self) -> Reader<'_, Store> {
        Reader::new(&self.store, &self.paths)
    }
}
