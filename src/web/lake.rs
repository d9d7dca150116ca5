//! A lake for whoever looks around in it: [`crate::lake::Reader`] over a store of the caller's.

use super::store::Store;
use super::{plain, thrown};
use crate::error::{Error, Kind};
use crate::lake::manifest::{Ancestor, File};
use crate::lake::{Moment, Paths, Reader};
use js_sys::Uint8Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// One dataset of a lake. Everything it hands out was compared with its checksum first.
///
/// ```js
/// const lake = new Lake(store, 'gatelake', 'sftp');
/// const { snapshot } = await lake.current();
/// const bytes = await lake.file(snapshot.tables[0].files[0]);
/// ```
#[wasm_bindgen]
pub struct Lake {
    store: Store,
    paths: Paths,
}

#[derive(Serialize)]
struct Current<'a, F> {
    snapshot: &'a crate::lake::Manifest,
    freshness: F,
}

#[derive(Serialize)]
struct Runs<'a, R> {
    runs: R,
    cursor: Option<&'a str>,
}

#[wasm_bindgen]
impl Lake {
    /// `prefix`: what the keys begin with; may be empty. Throws an `Error` with a `code`, as all the methods do.
    #[wasm_bindgen(constructor)]
    pub fn new(store: Store, prefix: &str, dataset: &str) -> Result<Lake, JsValue> {
        Ok(Lake { store, paths: Paths::new(prefix, dataset).map_err(thrown)? })
    }

    /// `{snapshot, freshness}`: the manifest that readers see now, and how fresh each resource is; undefined if nothing was ever
    /// published.
    pub async fn current(&self) -> Result<JsValue, JsValue> {
        let reader = self.reader();
        let Some(mut current) = reader.current().await.map_err(thrown)? else { return Ok(JsValue::UNDEFINED) };
        let freshness = reader.freshness(&current).await.map_err(thrown)?;
        current.manifest.ancestors.retain(|one| current.pointer.keeps(&one.snapshot));
        plain(&Current { snapshot: &current.manifest, freshness })
    }

    /// The manifest of the snapshot that is meant: `current`, `previous`, an id, or what readers saw at a time; undefined if there is
    /// none.
    pub async fn snapshot(&self, id: &str) -> Result<JsValue, JsValue> {
        self.reader()
            .find(&Moment::parse(id))
            .await
            .map_err(thrown)?
            .map_or(Ok(JsValue::UNDEFINED), |found| plain(&found))
    }

    /// Published snapshots in short, newest first: at most `limit`, only those before the one of id `before` if that is given.
    pub async fn snapshots(&self, limit: usize, before: Option<String>) -> Result<JsValue, JsValue> {
        let wanted = |one: &Ancestor| before.as_ref().is_none_or(|before| one.snapshot < *before);
        plain(&self.reader().snapshots(wanted, limit).await.map_err(thrown)?)
    }

    /// `{runs, cursor}`: records of past runs, newest first, and where to go on.
    pub async fn runs(&self, limit: usize, cursor: Option<String>) -> Result<JsValue, JsValue> {
        let page = self.reader().runs(cursor.as_deref(), limit).await.map_err(thrown)?;
        plain(&Runs { runs: &page.runs, cursor: page.cursor.as_deref() })
    }

    /// One record; undefined if there is none of that id.
    pub async fn run(&self, id: &str) -> Result<JsValue, JsValue> {
        self.reader().run(id).await.map_err(thrown)?.map_or(Ok(JsValue::UNDEFINED), |found| plain(&found))
    }

    /// The bytes of a file, as it stands in a manifest.
    pub async fn file(&self, file: JsValue) -> Result<Uint8Array, JsValue> {
        let file: File = serde_wasm_bindgen::from_value(file).map_err(|error| {
            thrown(Error::new(Kind::Config, "no_such_file", format!("that is no file of a manifest: {error}")))
        })?;
        Ok(Uint8Array::from(self.reader().file(&file).await.map_err(thrown)?.as_slice()))
    }
}

impl Lake {
    fn reader(&self) -> Reader<'_, Store> {
        Reader::new(&self.store, &self.paths)
    }
}
