//! Two wrappers of a store: one counts its calls, one tries again and recognises its own puts.

use super::paths;
use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Etag, Head, Host, Listing, Object, Put, Store};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// Calls to a store, by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations {
    pub get: u64,
    pub head: u64,
    pub put: u64,
    pub list: u64,
    pub delete: u64,
}

impl Operations {
    pub fn total(self) -> u64 {
        self.get + self.head + self.put + self.list + self.delete
    }
}

/// Counts what passes through.
pub struct Counting<'a, S> {
    store: &'a S,
    count: Cell<Operations>,
}

impl<'a, S: Store> Counting<'a, S> {
    pub fn new(store: &'a S) -> Self {
        Counting { store, count: Cell::default() }
    }

    pub fn operations(&self) -> Operations {
        self.count.get()
    }

    fn add(&self, change: impl FnOnce(&mut Operations)) {
        let mut count = self.count.get();
        change(&mut count);
        self.count.set(count);
    }
}

impl<S: Store> Store for Counting<'_, S> {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        self.add(|count| count.get += 1);
        self.store.get(key).await
    }
    async fn head(&self, key: &str) -> Result<Option<Head>> {
        self.add(|count| count.head += 1);
        self.store.head(key).await
    }
    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put> {
        self.add(|count| count.put += 1);
        self.store.put(key, bytes, cond, meta).await
    }
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        self.add(|count| count.list += 1);
        self.store.list(prefix, cursor, limit).await
    }
    async fn delete(&self, keys: &[String]) -> Result<()> {
        self.add(|count| count.delete += 1);
        self.store.delete(keys).await
    }
}

/// Calls in all for one operation that fails with an error of kind `Transient`.
const ATTEMPTS: u32 = 4;
/// Milliseconds before the second call; doubled for each further one, and as much again at random.
const PAUSE: u64 = 100;

/// Tries again what may work later. A conditional put that took effect though its answer was lost is answered `Lost` at the
/// next attempt: so every put carries its writer's name and checksum, and an object that has both is one's own.
pub struct Retrying<'a, S, H> {
    store: &'a S,
    host: &'a H,
    /// Names this writer: unique to a run.
    writer: String,
}

impl<'a, S: Store, H: Host> Retrying<'a, S, H> {
    pub fn new(store: &'a S, host: &'a H, writer: &str) -> Self {
        Retrying { store, host, writer: writer.into() }
    }

    async fn attempts<T>(&self, mut call: impl AsyncFnMut() -> Result<T>) -> Result<T> {
        let mut attempt = 1;
        loop {
            match call().await {
                Err(error) if error.is_transient() && attempt < ATTEMPTS => pause(self.host, attempt).await,
                done => return done,
            }
            attempt += 1;
        }
    }

    /// Puts an object whose key is made from its checksum. It being there already, ours or another's, is success.
    pub async fn put_once(&self, key: &str, bytes: &[u8], sha256: &str) -> Result<()> {
        if let Put::Done(_) = self.put_named(key, bytes, Cond::Create, sha256, &[]).await? {
            return Ok(());
        }
        match self.head(key).await? {
            Some(head) if meta(&head, "sha256") == Some(sha256) => Ok(()),
            _ => Err(Error::new(Kind::Conflict, "key_taken", "another object has the key of a write-once file")
                .at(key)
                .help("Something else writes into the dataset's folder: remove that object, or choose another prefix")),
        }
    }

    async fn put_named(&self, key: &str, bytes: &[u8], cond: Cond, sha256: &str, meta: &[(&str, &str)]) -> Result<Put> {
        let meta = [meta, &[("sha256", sha256), ("writer", &self.writer)]].concat();
        let put = self.attempts(async || self.store.put(key, bytes, cond.clone(), &meta).await).await;
        if let Ok(Put::Done(_)) = put {
            return put;
        }
        match self.own(key, sha256).await {
            Ok(Some(etag)) => Ok(Put::Done(etag)),
            // Without an answer to the question nobody knows whether the race was lost.
            Err(error) if put.is_ok() => Err(error),
            _ => put,
        }
    }

    /// The version of the object, if this writer put these bytes.
    async fn own(&self, key: &str, sha256: &str) -> Result<Option<Etag>> {
        let head = self.head(key).await?;
        let own = |head: &Head| meta(head, "sha256") == Some(sha256) && meta(head, "writer") == Some(&self.writer);
        Ok(head.filter(own).map(|head| head.etag))
    }
}

impl<S: Store, H: Host> Store for Retrying<'_, S, H> {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        self.attempts(async || self.store.get(key).await).await
    }
    async fn head(&self, key: &str) -> Result<Option<Head>> {
        self.attempts(async || self.store.head(key).await).await
    }
    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put> {
        self.put_named(key, bytes, cond, &paths::sha256(bytes), meta).await
    }
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        self.attempts(async || self.store.list(prefix, cursor, limit).await).await
    }
    async fn delete(&self, keys: &[String]) -> Result<()> {
        self.attempts(async || self.store.delete(keys).await).await
    }
}

/// Waits before attempt `attempt + 1`.
pub(super) async fn pause(host: &impl Host, attempt: u32) {
    let base = PAUSE << (attempt - 1).min(6);
    host.sleep(base + host.random() % base).await;
}

/// What the writer of an object attached to it under that name.
pub(super) fn meta<'a>(head: &'a Head, name: &str) -> Option<&'a str> {
    head.meta.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}
