//! What the core asks of the world it runs in: HTTP, a store of objects, a clock, chance. Three small traits, so that the
//! core knows no JavaScript and every test can be deterministic. Futures need not be `Send`: Workers and pages have one thread.
#![allow(async_fn_in_trait)]

use crate::error::Result;
use crate::secret::Secret;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// One HTTP request. Redirects are never followed by a transport: a 3xx comes back as it is.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: Method,
    pub url: String,
    /// Names are lower case. Values may be secret, so they all are.
    pub headers: Vec<(String, Secret)>,
    pub body: Option<Secret>,
}

pub struct Response<B> {
    pub status: u16,
    /// Names are lower case.
    pub headers: Vec<(String, String)>,
    pub body: B,
}

impl<B> Response<B> {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A response's body as it arrives.
pub trait Body {
    /// The next bytes, `None` at the end. A connection that breaks is an error of kind `Transient`.
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>>;
}

/// A way to the gateway: the public internet, a service or VPC binding, a browser's fetch, or memory in tests.
pub trait Http {
    type Body: Body;
    async fn send(&self, request: Request) -> Result<Response<Self::Body>>;
}

/// Clock, waiting, chance and log of the place we run in.
pub trait Host {
    /// Milliseconds since the Unix epoch. In a Worker it advances only with I/O.
    fn now(&self) -> i64;
    async fn sleep(&self, ms: u64);
    fn random(&self) -> u64;
    /// One line for the operator; never holds a secret.
    fn log(&self, line: &str);
}

/// The version of an object, opaque; from R2 it is the unquoted etag.
pub type Etag = String;

/// When a put may take effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cond {
    Always,
    /// Only if there is no object of that key.
    Create,
    /// Only if the object is still this version.
    Match(Etag),
}

/// A put's outcome. A lost race is a value, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Put {
    Done(Etag),
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub key: String,
    pub etag: Etag,
    /// Bytes.
    pub size: u64,
    /// What the writer attached (`put`'s `meta`); empty in listings.
    pub meta: Vec<(String, String)>,
}

pub struct Object {
    pub head: Head,
    pub bytes: Vec<u8>,
}

/// One page of a listing, in key order.
pub struct Listing {
    pub heads: Vec<Head>,
    /// Give it to the next `list` to go on; `None` at the end.
    pub cursor: Option<String>,
}

/// A bucket, or what stands for one: strongly consistent, with conditional puts.
pub trait Store {
    async fn get(&self, key: &str) -> Result<Option<Object>>;
    async fn head(&self, key: &str) -> Result<Option<Head>>;
    /// `meta` is stored with the object (names lower_snake, 2 KB in all at most). An error may hide a put that took effect:
    /// the caller finds out by `head`.
    async fn put(&self, key: &str, bytes: &[u8], cond: Cond, meta: &[(&str, &str)]) -> Result<Put>;
    /// At most `limit` heads (1 to 1000); a store may give fewer though there are more, and says so by the cursor.
    async fn list(&self, prefix: &str, cursor: Option<&str>, limit: usize) -> Result<Listing>;
    /// Removing what is not there is no error.
    async fn delete(&self, keys: &[String]) -> Result<()>;
}
