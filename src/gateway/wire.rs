//! One request at a time over whatever transport there is: counted, bounded in time, and judged only as far as "did anything
//! come back".

use super::budget::{Budget, deadline};
use crate::error::{Error, Kind, Result};
use crate::host::{Body, Host, Http, Request, Response};
use futures_util::future::{Either, select};
use std::future::Future;
use std::pin::pin;

/// As much of the body of an error is read for its message.
const EXCERPT: usize = 4096;

pub(super) struct Wire<'a, H, T> {
    pub http: &'a H,
    pub host: &'a T,
    pub budget: &'a Budget,
    /// Milliseconds until headers, and between two chunks.
    pub timeout: u64,
}

impl<H: Http, T: Host> Wire<'_, H, T> {
    /// Sends; the answer may have any status.
    pub async fn send(&self, request: Request) -> Result<Response<H::Body>> {
        let left = self.budget.request(self.host)?;
        self.within(left, "no answer came", self.http.send(request)).await
    }

    /// The next bytes of a body; never an empty chunk.
    pub async fn chunk(&self, body: &mut H::Body) -> Result<Option<Vec<u8>>> {
        loop {
            let left = self.budget.time_left(self.host);
            match self.within(left, "the body stalled: nothing more came", body.chunk()).await? {
                Some(chunk) if chunk.is_empty() => continue,
                chunk => return Ok(chunk),
            }
        }
    }

    /// The beginning of an error's body, as far as it comes within one timeout. That it breaks off is no further error.
    pub async fn excerpt(&self, body: &mut H::Body) -> Vec<u8> {
        let until = self.host.now().saturating_add_unsigned(self.timeout);
        let mut excerpt = Vec::new();
        while excerpt.len() < EXCERPT
            && self.host.now() < until
            && let Ok(Some(chunk)) = self.chunk(body).await
        {
            excerpt.extend_from_slice(&chunk);
        }
        excerpt.truncate(EXCERPT);
        excerpt
    }

    async fn within<F: Future<Output = Result<V>>, V>(&self, left: u64, what: &str, work: F) -> Result<V> {
        if left == 0 {
            return Err(deadline());
        }
        let wait = left.min(self.timeout);
        match select(pin!(work), pin!(self.host.sleep(wait))).await {
            Either::Left((done, _)) => done,
            Either::Right(_) if wait == left => Err(deadline()),
            Either::Right(_) => Err(Error::new(Kind::Transient, "timeout", format!("{what} within {} s", wait / 1000))
                .help("Check that the gateway can be reached from here and is not overloaded, or raise `limits.timeout_seconds`")),
        }
    }
}
