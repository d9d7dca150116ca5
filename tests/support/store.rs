//! An object store in memory, and a client of it whose calls fail, answer late, or never return.

use gatelake::error::{Error, Kind, Result};
use gatelake::host::{Cond, Head, Listing, Object, Put, Store};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::pending;

#[derive(Clone)]
struct Stored {
    bytes: Vec<u8>,
    etag: String,
    meta: Vec<(String, String)>,
}

/// A listing gives at most so many heads at once, however many are asked for.
const FEW: usize = 3;

/// A strongly consistent bucket that remembers every version of every object.
#[derive(Default)]
pub struct Memory {
    objects: RefCell<BTreeMap<String, Stored>>,
    versions: Cell<u64>,
    /// Key and bytes of every put that took effect, in order.
    pub history: RefCell<Vec<(String, Vec<u8>)>>,
}

impl Memory {
    pub fn keys(&self) -> Vec<String> {
        self.objects.borrow().keys().cloned().collect()
    }
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.borrow().get(key).map(|stored| stored.bytes.clone())
    }
    /// Behind the lake's back, as are those below.
    pub fn damage(&self, key: &str) {
        self.objects.borrow_mut().get_mut(key).unwrap().bytes[0] ^= 1;
    }
    pub fn remove(&self, key: &str) {
        self.objects.borrow_mut().remove(key).unwrap();
    }
    pub fn replace(&self, key: &str, bytes: &[u8]) {
        let stored = Stored { bytes: bytes.into(), etag: "replaced".into(), meta: Vec::new() };
        self.objects.borrow_mut().insert(key.into(), stored);
    }

    fn apply(&self, key: &str, bytes: &[u8], cond: &Cond, meta: &[(String, String)]) -> Put {
        let mut objects = self.objects.borrow_mut();
        let fits = match (cond, objects.get(key)) {
            (Cond::Always, _) | (Cond::Create, None) => true,
            (Cond::Match(etag), Some(stored)) => stored.etag == *etag,
            (Cond::Create, Some(_)) | (Cond::Match(_), None) => false,
        };
        if !fits {
            return Put::Lost;
        }
        self.versions.set(self.versions.get() + 1);
        let etag = format!("v{}", self.versions.get());
        objects.insert(key.into(), Stored { bytes: bytes.into(), etag: etag.clone(), meta: meta.into() });
        self.history.borrow_mut().push((key.into(), bytes.into()));
        Put::Done(etag)
    }

    fn head_of(&self, key: &str) -> Option<Head> {
        let objects = self.objects.borrow();
        let stored = objects.get(key)?;
        Some(Head {
            key: key.into(),
            etag: stored.etag.clone(),
            size: stored.bytes.len() as u64,
            meta: stored.meta.clone(),
        })
    }
}

fn owned(meta: &[(&str, &str)]) -> Vec<(String, String)> {
    meta.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect()
}

impl Store for Memory {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        Ok(self.head_of(key).map(|head| Object { head, bytes: self.bytes(key).unwrap() }))
    }
    async fn head(&self, key: &str) -> Result<Option<Head>> {
        Ok(self.head_of(key))
    }
    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put> {
        Ok(self.apply(key, bytes, &cond, &owned(meta)))
    }
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        let size = limit.min(FEW);
        let after = |key: &&String| key.starts_with(prefix) && cursor.is_none_or(|cursor| key.as_str() > cursor);
        let mut keys: Vec<String> = self.objects.borrow().keys().filter(after).take(size + 1).cloned().collect();
        let more = keys.len() > size;
        keys.truncate(size);
        let cursor = keys.last().filter(|_| more).cloned();
        let bare = |key: &String| Head { meta: Vec::new(), ..self.head_of(key).unwrap() };
        Ok(Listing { heads: keys.iter().map(bare).collect(), cursor })
    }
    async fn delete(&self, keys: &[String]) -> Result<()> {
        keys.iter().for_each(|key| drop(self.objects.borrow_mut().remove(key)));
        Ok(())
    }
}

/// What can happen to one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect; the next try may work.
    ErrorBefore,
    /// It takes effect, and its answer is lost.
    ErrorAfter,
    /// It fails for good, without effect.
    Refused,
    /// It takes effect and is answered as if it had not: the store tried again by itself.
    LostAfter,
    /// It fails, and takes effect only after the client's next call.
    Late,
    /// The run dies before it, or after it.
    CrashBefore,
    CrashAfter,
}

pub const FAULTS: [Fault; 7] = [
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Refused,
    Fault::LostAfter,
    Fault::Late,
    Fault::CrashBefore,
    Fault::CrashAfter,
];

type LatePut = (String, Vec<u8>, Cond, Vec<(String, String)>);

/// One client of a [`Memory`]. Every call first lets other clients go ahead.
pub struct Client<'a> {
    memory: &'a Memory,
    /// By the call's number, from 0.
    faults: BTreeMap<u64, Fault>,
    calls: Cell<u64>,
    late: RefCell<Vec<LatePut>>,
    /// Set when the run has died.
    pub crashed: Cell<bool>,
}

impl<'a> Client<'a> {
    pub fn new(memory: &'a Memory) -> Self {
        Client::failing(memory, [])
    }
    pub fn failing(memory: &'a Memory, faults: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Client {
            memory,
            faults: faults.into_iter().collect(),
            calls: Cell::new(0),
            late: RefCell::default(),
            crashed: Cell::new(false),
        }
    }
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    async fn fault(&self) -> Option<Fault> {
        super::world::others_first().await;
        let number = self.calls.replace(self.calls.get() + 1);
        for (key, bytes, cond, meta) in self.late.borrow_mut().drain(..) {
            self.memory.apply(&key, &bytes, &cond, &meta);
        }
        let fault = self.faults.get(&number).copied();
        if fault == Some(Fault::CrashBefore) {
            self.crash().await;
        }
        fault
    }

    async fn crash(&self) {
        self.crashed.set(true);
        pending::<()>().await;
    }

    /// A call that changes nothing can only fail or be the last one.
    async fn read<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match self.fault().await {
            None | Some(Fault::LostAfter) => call.await,
            Some(Fault::Refused) => Err(refused()),
            Some(Fault::CrashAfter) => {
                self.crash().await;
                call.await
            }
            Some(_) => Err(broken()),
        }
    }
}

fn broken() -> Error {
    Error::new(Kind::Transient, "store_broken", "the connection to the store broke")
}
fn refused() -> Error {
    Error::new(Kind::Store, "store_refused", "the store refuses to serve")
}

impl Store for Client<'_> {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        self.read(self.memory.get(key)).await
    }
    async fn head(&self, key: &str) -> Result<Option<Head>> {
        self.read(self.memory.head(key)).await
    }
    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put> {
        let meta = owned(meta);
        let fault = self.fault().await;
        match fault {
            Some(Fault::ErrorBefore) => return Err(broken()),
            Some(Fault::Refused) => return Err(refused()),
            Some(Fault::Late) => {
                self.late.borrow_mut().push((key.into(), bytes.into(), cond, meta));
                return Err(broken());
            }
            _ => {}
        }
        let put = self.memory.apply(key, bytes, &cond, &meta);
        match fault {
            Some(Fault::ErrorAfter) => Err(broken()),
            Some(Fault::LostAfter) => Ok(Put::Lost),
            Some(Fault::CrashAfter) => {
                self.crash().await;
                Ok(put)
            }
            _ => Ok(put),
        }
    }
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        self.read(self.memory.list(prefix, cursor, limit)).await
    }
    async fn delete(&self, keys: &[String]) -> Result<()> {
        self.read(self.memory.delete(keys)).await
    }
}
