//! An object store in memory, and a client of it whose calls fail, answer late, or never return.

use gatelake::error::{Error, Kind, Result};
use gatelake::host::{Cond, Head, Listing, Object, Put, Store};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::future::pending;
use std::rc::Rc;

use super::world::{Time, others_first};

#[derive(Clone)]
struct Stored {
    bytes: Vec<u8>,
    etag: String,
    meta: Vec<(String, String)>,
}

/// A listing gives at most so many heads at once, however many are asked for.
const FEW: usize = 3;

/// A strongly consistent bucket that remembers every version of every object.
#[derive(Clone, Default)]
pub struct Memory {
    objects: RefCell<BTreeMap<String, Stored>>,
    versions: Cell<u64>,
    ever: RefCell<BTreeMap<String, Rc<[u8]>>>,
    /// Keys that got other bytes than before.
    pub rewritten: RefCell<BTreeSet<String>>,
    /// Key and bytes of every put that took effect, in order.
    pub history: RefCell<Vec<(String, Rc<[u8]>)>>,
}

/// Everything that a [`Memory`] ever held, as if nothing had been removed: each object as it was put last.
pub struct Archive<'a>(pub &'a Memory);

impl Memory {
    pub fn keys(&self) -> Vec<String> {
        self.objects.borrow().keys().cloned().collect()
    }
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.objects.borrow().get(key).map(|stored| stored.bytes.clone())
    }
    pub fn has(&self, key: &str) -> bool {
        self.objects.borrow().contains_key(key)
    }
    /// As it was put last, whether or not it was removed since.
    pub fn ever(&self, key: &str) -> Option<Rc<[u8]>> {
        self.ever.borrow().get(key).cloned()
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
        let bytes: Rc<[u8]> = bytes.into();
        self.history.borrow_mut().push((key.into(), bytes.clone()));
        let before = self.ever.borrow_mut().insert(key.into(), bytes.clone());
        if before.is_some_and(|before| before != bytes) {
            self.rewritten.borrow_mut().insert(key.into());
        }
        Put::Done(etag)
    }

    fn remove_all(&self, keys: &[String]) {
        keys.iter().for_each(|key| drop(self.objects.borrow_mut().remove(key)));
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
        self.remove_all(keys);
        Ok(())
    }
}

/// What can happen to one call, to the store or over the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It fails and has no effect; the next try may work.
    ErrorBefore,
    /// It takes effect, and its answer is lost.
    ErrorAfter,
    /// It fails for good, without effect.
    Refused,
    /// It takes effect and is answered as if it had not: the store tried again by itself. A gateway answers a web page.
    LostAfter,
    /// It fails, and takes effect only at the client's next call, or when the client is gone. A gateway never answers.
    Late,
    /// Too many requests: it has no effect, and should be tried again later.
    Throttled,
    /// It takes long, and works.
    Slow,
    /// The task dies before it, or after it.
    CrashBefore,
    CrashAfter,
}

pub const FAULTS: [Fault; 9] = [
    Fault::ErrorBefore,
    Fault::ErrorAfter,
    Fault::Refused,
    Fault::LostAfter,
    Fault::Late,
    Fault::Throttled,
    Fault::Slow,
    Fault::CrashBefore,
    Fault::CrashAfter,
];

/// What a task does to the world, one after the other, and what happens to it there.
pub struct Effects {
    /// By the effect's number, from 0.
    faults: BTreeMap<u64, Fault>,
    calls: Cell<u64>,
    /// What a slow call takes, and what each one does.
    time: Option<(Rc<Time>, u64)>,
    /// Set when the task has died.
    pub crashed: Cell<bool>,
}

/// Milliseconds that a call takes in a world with a time.
const CALL_MS: i64 = 5;

impl Effects {
    pub fn new(faults: impl IntoIterator<Item = (u64, Fault)>) -> Rc<Effects> {
        Effects::made(None, faults)
    }
    /// In a world where time passes; a slow call takes `slow_ms`.
    pub fn in_time(time: &Rc<Time>, slow_ms: u64, faults: impl IntoIterator<Item = (u64, Fault)>) -> Rc<Effects> {
        Effects::made(Some((time.clone(), slow_ms)), faults)
    }
    fn made(time: Option<(Rc<Time>, u64)>, faults: impl IntoIterator<Item = (u64, Fault)>) -> Rc<Effects> {
        Rc::new(Effects { faults: faults.into_iter().collect(), calls: Cell::new(0), time, crashed: Cell::new(false) })
    }
    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    /// Before an effect: lets others go ahead, and says what is to happen to it.
    pub async fn next(&self) -> Option<Fault> {
        others_first().await;
        let number = self.calls.replace(self.calls.get() + 1);
        let fault = self.faults.get(&number).copied();
        if fault == Some(Fault::CrashBefore) {
            self.crash().await;
        }
        if let Some((time, slow_ms)) = &self.time {
            time.pass(CALL_MS);
            if fault == Some(Fault::Slow) {
                time.timer(*slow_ms).await;
            }
        }
        fault
    }

    pub async fn crash(&self) {
        self.crashed.set(true);
        pending::<()>().await;
    }
}

type LatePut = (String, Vec<u8>, Cond, Vec<(String, String)>);

/// One client of a [`Memory`]. Every call first lets other clients go ahead.
pub struct Client<'a> {
    memory: &'a Memory,
    pub effects: Rc<Effects>,
    late: RefCell<Vec<LatePut>>,
    late_deletes: RefCell<Vec<String>>,
}

impl<'a> Client<'a> {
    pub fn new(memory: &'a Memory) -> Self {
        Client::with(memory, &Effects::new([]))
    }
    pub fn failing(memory: &'a Memory, faults: impl IntoIterator<Item = (u64, Fault)>) -> Self {
        Client::with(memory, &Effects::new(faults))
    }
    pub fn with(memory: &'a Memory, effects: &Rc<Effects>) -> Self {
        Client { memory, effects: effects.clone(), late: RefCell::default(), late_deletes: RefCell::default() }
    }

    async fn fault(&self) -> Option<Fault> {
        let fault = self.effects.next().await;
        self.catch_up();
        fault
    }

    /// What was late takes effect.
    fn catch_up(&self) {
        for (key, bytes, cond, meta) in self.late.borrow_mut().drain(..) {
            self.memory.apply(&key, &bytes, &cond, &meta);
        }
        self.memory.remove_all(&std::mem::take(&mut *self.late_deletes.borrow_mut()));
    }

    /// A call that changes nothing can only fail or be the last one.
    async fn read<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        match self.fault().await {
            None | Some(Fault::LostAfter | Fault::Slow) => call.await,
            Some(Fault::Refused) => Err(refused()),
            Some(Fault::CrashAfter) => {
                self.effects.crash().await;
                call.await
            }
            Some(_) => Err(broken()),
        }
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        self.catch_up();
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
            Some(Fault::ErrorBefore | Fault::Throttled) => return Err(broken()),
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
                self.effects.crash().await;
                Ok(put)
            }
            _ => Ok(put),
        }
    }
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing> {
        self.read(self.memory.list(prefix, cursor, limit)).await
    }
    async fn delete(&self, keys: &[String]) -> Result<()> {
        let fault = self.fault().await;
        match fault {
            Some(Fault::ErrorBefore | Fault::Throttled) => return Err(broken()),
            Some(Fault::Refused) => return Err(refused()),
            Some(Fault::Late) => {
                self.late_deletes.borrow_mut().extend_from_slice(keys);
                return Err(broken());
            }
            _ => self.memory.remove_all(keys),
        }
        match fault {
            Some(Fault::ErrorAfter) => Err(broken()),
            Some(Fault::CrashAfter) => {
                self.effects.crash().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Store for Archive<'_> {
    async fn get(&self, key: &str) -> Result<Option<Object>> {
        let bytes = self.0.ever(key);
        let head = |size| Head { key: key.into(), etag: String::new(), size, meta: Vec::new() };
        Ok(bytes.map(|bytes| Object { head: head(bytes.len() as u64), bytes: bytes.to_vec() }))
    }
    async fn head(&self, _: &str) -> Result<Option<Head>> {
        Err(refused())
    }
    async fn put(&self, _: &str, _: &[u8], _: Cond, _: &[(&str, &str)]) -> Result<Put> {
        Err(refused())
    }
    async fn list(&self, _: &str, _: Option<&str>, _: usize) -> Result<Listing> {
        Err(refused())
    }
    async fn delete(&self, _: &[String]) -> Result<()> {
        Err(refused())
    }
}
