//! `latest/<table>.parquet`: a copy of the table's file under a name that stays, for readers that follow no pointer. Only a
//! table of one file has it.
//!
//! Each copy is replaced by itself, after the pointer has moved: two of them may be of two snapshots, none is ever half a
//! file.

use super::manifest::{File, Manifest};
use super::paths::Paths;
use super::reader::Reader;
use super::store::{Retrying, meta};
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Host, Put, Store};
use serde::{Deserialize, Serialize};

/// Under this name an object's metadata have the load of the snapshot that it was copied for.
const LOAD: &str = "load_id";
/// Others that may replace the copy while we try to.
const MAX_RACES: u32 = 8;

/// What is known of a table's copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    pub table: String,
    /// Of the file that it is of; `None` if there is none for sure.
    pub path: Option<String>,
}

pub struct Latest<'a, S, H> {
    pub store: &'a Retrying<'a, S, H>,
    pub paths: &'a Paths,
}

impl<S: Store, H: Host> Latest<'_, S, H> {
    /// Copies what a snapshot has and removes what is of earlier ones. `copies` is right after an error, too.
    ///
    /// # Errors
    /// The store's, and those of [`Reader::file`].
    pub async fn follow(&self, copies: &mut Vec<Copy>, manifest: &Manifest) -> Result<()> {
        let gone = copies.iter().map(|copy| &copy.table).filter(|table| manifest.table(table).is_none());
        let names = manifest.tables.iter().map(|table| &table.schema.name);
        for name in names.chain(gone.cloned().collect::<Vec<_>>().iter()) {
            let file = match manifest.table(name).map(|table| table.files.as_slice()) {
                Some([file]) => Some(file),
                _ => None,
            };
            let path = file.map(|file| file.path.clone());
            let known = copies.iter().position(|copy| copy.table == *name);
            if known.and_then(|at| copies.get(at)).is_some_and(|copy| copy.path == path) {
                continue;
            }
            match file {
                Some(file) => self.copy(name, file, &manifest.snapshot).await?,
                // Also where none is known of: the run that made one may have died before it said so.
                None => self.store.delete(&[self.paths.latest(name)]).await?,
            }
            match known.and_then(|at| copies.get_mut(at)) {
                Some(copy) => copy.path = path,
                None => copies.push(Copy { table: name.clone(), path }),
            }
        }
        Ok(())
    }

    async fn copy(&self, table: &str, file: &File, load_id: &str) -> Result<()> {
        let key = self.paths.latest(table);
        let mut bytes = None;
        for _ in 0..MAX_RACES {
            let head = self.store.head(&key).await?;
            let there = |name| head.as_ref().and_then(|head| meta(head, name));
            // A run that died had come so far, or one of a later time has gone on.
            if there("sha256") == Some(&file.sha256) || there(LOAD).is_some_and(|there| there > load_id) {
                return Ok(());
            }
            let bytes = match &bytes {
                Some(bytes) => bytes,
                None => bytes.insert(Reader::new(self.store, self.paths).file(file).await?),
            };
            let cond = head.map_or(Cond::Create, |head| Cond::Match(head.etag));
            if let Put::Done(_) = self.store.put(&key, bytes, cond, &[(LOAD, load_id)]).await? {
                return Ok(());
            }
        }
        Err(Error::new(Kind::Conflict, "too_many_races", "others went on replacing the table's copy")
            .at(key)
            .help("Let one Worker alone write to a dataset"))
    }
}
