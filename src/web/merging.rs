//! Loads that merge, for who keeps files without a lake.

use super::{Normalizer, thrown};
use crate::error::{Error, Kind, Result};
use crate::merge::{self, Files};
use crate::normalize::{FileEnd, Loaded, Options};
use futures_util::FutureExt;
use js_sys::{Array, Object, Reflect, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::prelude::*;

/// What a merge has to know of its load.
pub struct Ended {
    options: Options,
    load_id: String,
    /// Once it has ended.
    loaded: Option<Loaded>,
}

impl Ended {
    pub fn new(options: &Options, load_id: &str) -> Ended {
        Ended { options: options.clone(), load_id: load_id.to_owned(), loaded: None }
    }

    pub fn with(&mut self, loaded: Loaded) {
        self.loaded = Some(loaded);
    }
}

#[wasm_bindgen]
extern "C" {
    /// A whole Parquet file of a table.
    #[wasm_bindgen(typescript_type = "{ table: string; bytes: Uint8Array; rows: number; columns: number }")]
    pub type TableFile;
    #[wasm_bindgen(method, getter)]
    fn table(this: &TableFile) -> String;
    #[wasm_bindgen(method, getter)]
    fn bytes(this: &TableFile) -> Uint8Array;
    #[wasm_bindgen(method, getter)]
    fn columns(this: &TableFile) -> u32;
    #[wasm_bindgen(method, getter)]
    fn rows(this: &TableFile) -> f64;
}

#[wasm_bindgen]
impl Normalizer {
    /// After `finish`, of a load whose `write_disposition` is a merge: the files of all tables when its rows are merged with those that are
    /// there. `old`: the files so far, oldest first; `load`: those that the load made. A load without rows leaves `old` as it is.
    #[wasm_bindgen(unchecked_return_type = "{ table: string; bytes: Uint8Array; rows: number; columns: number }[]")]
    pub fn merge(&self, old: Vec<TableFile>, load: Vec<TableFile>) -> std::result::Result<Array, JsValue> {
        given(self.merged(&files(old), &files(load)).map_err(thrown)?)
    }

    /// After `finish`, of a load with `widen_numbers`: files, those of before too, with the columns of the schema that the load leaves.
    #[wasm_bindgen(unchecked_return_type = "{ table: string; bytes: Uint8Array; rows: number; columns: number }[]")]
    pub fn fit(&self, some: Vec<TableFile>) -> std::result::Result<Array, JsValue> {
        given(self.fitting(files(some)).map_err(thrown)?)
    }
}

fn given(files: Files<File>) -> std::result::Result<Array, JsValue> {
    let out = Array::new();
    for (table, files) in files {
        for file in files {
            let object = Object::new();
            Reflect::set(&object, &"table".into(), &table.as_str().into())?;
            Reflect::set(&object, &"bytes".into(), &Uint8Array::from(file.bytes.as_slice()))?;
            Reflect::set(&object, &"rows".into(), &file.rows.into())?;
            Reflect::set(&object, &"columns".into(), &file.columns.into())?;
            out.push(&object);
        }
    }
    Ok(out)
}

impl Normalizer {
    fn ended(&self) -> Result<merge::Ended<'_>> {
        let Ended { options, load_id, loaded } = &self.ended;
        let loaded = loaded.as_ref().ok_or_else(|| {
            Error::new(Kind::Data, "no_load", "a load that has not ended makes nothing of files")
                .help("Call `finish` first")
        })?;
        Ok(merge::Ended { id: load_id, loaded, output: options.into() })
    }

    fn fitting(&self, files: Files<File>) -> Result<Files<File>> {
        let load = self.ended()?;
        let mut fitting = Files::new();
        for (name, files) in files {
            let files = match load.loaded.schema.table(&name) {
                Some(table) => at_once(merge::fit(load, table, &files, &Memory))?,
                None => files,
            };
            fitting.insert(name, files);
        }
        Ok(fitting)
    }

    fn merged(&self, old: &Files<File>, load: &Files<File>) -> Result<Files<File>> {
        let ended = self.ended()?;
        let Some(merge) = self.ended.options.write_disposition.merge() else {
            return Err(Error::new(Kind::Config, "bad_options", "the load's `write_disposition` is no merge"));
        };
        if ended.loaded.tables.iter().all(|table| table.rows == 0) {
            return Ok(old.clone());
        }
        at_once(merge::merge(merge, ended, old, load, &Memory)).map(|(files, _)| files)
    }
}

/// Nothing in memory need be waited for.
fn at_once<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    work.now_or_never().ok_or_else(|| Error::new(Kind::Data, "internal", "files in memory were waited for"))?
}

#[derive(Clone)]
struct File {
    bytes: Rc<Vec<u8>>,
    /// As JavaScript counts them.
    rows: f64,
    columns: u32,
}

fn files(given: Vec<TableFile>) -> Files<File> {
    let mut files = Files::new();
    for file in given {
        let one = File { bytes: Rc::new(file.bytes().to_vec()), rows: file.rows(), columns: file.columns() };
        files.entry(file.table()).or_insert_with(Vec::new).push(one);
    }
    files
}

struct Memory;

impl merge::Shelf for Memory {
    type File = File;
    async fn read(&self, file: &File) -> Result<Vec<u8>> {
        Ok(file.bytes.as_ref().clone())
    }
    async fn keep(&self, _: &str, bytes: Vec<u8>, end: FileEnd) -> Result<File> {
        Ok(File { bytes: Rc::new(bytes), rows: end.rows as f64, columns: end.columns })
    }
    fn bytes(&self, file: &File) -> u64 {
        file.bytes.len() as u64
    }
}
