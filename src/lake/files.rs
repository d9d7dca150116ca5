//! Parts of tables' files as they arrive → whole files, put only when they must be.
//!
//! Whether a table changed is known when its last row is in, and an unchanged table must cost no file. So finished files are
//! held in memory up to a bound, and from there on put, the largest first: small tables, which are many, are never put in
//! vain; a large table that turns out unchanged leaves files that no manifest names, for a collection to find.

use super::manifest::{File, Stats};
use super::paths::{self, Paths};
use super::store::Retrying;
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Store};
use crate::normalize::{FileEnd, Part};
use crate::parquet::summary;
use std::collections::BTreeMap;

/// A finished file of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFile {
    pub entry: File,
    /// `None` once it is in the store.
    pub bytes: Option<Vec<u8>>,
}

impl DataFile {
    pub fn new(table: &str, load_id: &str, bytes: Vec<u8>, end: FileEnd) -> DataFile {
        let sha256 = paths::sha256(&bytes);
        let path = paths::data(table, load_id, &sha256);
        let size = bytes.len() as u64;
        let entry = File { path, rows: end.rows, bytes: size, sha256, columns: end.columns, stats: stats(&bytes) };
        DataFile { entry, bytes: Some(bytes) }
    }

    /// Puts it if it is not there yet, and lets go of its bytes.
    pub async fn put<S: Store, H: Host>(&mut self, store: &Retrying<'_, S, H>, paths: &Paths) -> Result<()> {
        if let Some(bytes) = &self.bytes {
            store.put_once(&paths.key(&self.entry.path), bytes, &self.entry.sha256).await?;
            self.bytes = None;
        }
        Ok(())
    }

    fn held(&self) -> usize {
        self.bytes.as_ref().map_or(0, Vec::len)
    }
}

/// From the footer of a file that was written just now; a file is as good without.
fn stats(bytes: &[u8]) -> Option<Stats> {
    let columns = summary(bytes).ok()?;
    let nulls = columns.iter().map(|column| column.nulls).collect();
    let (min, max) = columns.into_iter().map(|column| column.bounds.unwrap_or_default()).unzip();
    Some(Stats { nulls, min, max })
}

/// Finished files by table, in row order.
pub type TableFiles = BTreeMap<String, Vec<DataFile>>;

/// Collects the files of one resource's load.
pub struct Files<'a, S, H> {
    store: &'a Retrying<'a, S, H>,
    paths: &'a Paths,
    load_id: &'a str,
    hold: usize,
    at_most: usize,
    held: usize,
    open: BTreeMap<(String, u32), Vec<Vec<u8>>>,
    finished: TableFiles,
}

impl<'a, S: Store, H: Host> Files<'a, S, H> {
    /// `hold`: how many bytes to keep in memory; files that are still open do count, but cannot be put.
    pub fn new(store: &'a Retrying<'a, S, H>, paths: &'a Paths, load_id: &'a str, hold: usize) -> Self {
        Files {
            store,
            paths,
            load_id,
            hold,
            at_most: usize::MAX,
            held: 0,
            open: BTreeMap::new(),
            finished: BTreeMap::new(),
        }
    }

    /// Refuses to hold more bytes than this: for those who must not put anything.
    pub fn at_most(self, bytes: usize) -> Self {
        Files { at_most: bytes, ..self }
    }

    /// The load begins anew: what was taken so far is void. Files that are in the store already stay there, unnamed.
    pub fn restart(&mut self) {
        self.held = 0;
        self.open.clear();
        self.finished.clear();
    }

    /// Takes what a load has ready.
    pub async fn add(&mut self, parts: Vec<Part>) -> Result<()> {
        for Part { table, file, bytes, end, .. } in parts {
            self.held += bytes.len();
            let mut open = self.open.remove(&(table.clone(), file)).unwrap_or_default();
            open.push(bytes);
            match end {
                Some(end) => {
                    let whole = DataFile::new(&table, self.load_id, open.concat(), end);
                    self.finished.entry(table).or_default().push(whole);
                }
                None => {
                    self.open.insert((table, file), open);
                }
            }
        }
        if self.held > self.at_most {
            let mib = self.at_most >> 20;
            return Err(Error::new(Kind::Limit, "too_large", format!("the tables come to more than {mib} MiB"))
                .help("Publish the resource with a run, and look at its tables then"));
        }
        while self.held > self.hold {
            let largest = self.finished.values_mut().flatten().max_by_key(|file| file.held());
            let Some(file) = largest.filter(|file| file.bytes.is_some()) else { break };
            self.held -= file.held();
            file.put(self.store, self.paths).await?;
        }
        Ok(())
    }

    /// Bytes in memory.
    pub fn held(&self) -> usize {
        self.held
    }

    /// The files, all of them ended.
    pub fn finish(self) -> Result<TableFiles> {
        match self.open.into_keys().next() {
            None => Ok(self.finished),
            Some((table, _)) => {
                Err(Error::new(Kind::Data, "unfinished_file", "a load ended before one of its files").at(table))
            }
        }
    }
}
