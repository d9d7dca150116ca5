//! What a run may spend, and how long to wait before the next try.

use crate::error::{Error, Kind, Result};
use crate::host::Host;
use std::cell::Cell;

/// The shortest and the longest wait between two tries, in milliseconds, when the server names none.
const BASE: u64 = 200;
const CAP: u64 = 15_000;

/// The run's deadline and requests, shared by everything that spends them.
#[derive(Debug)]
pub struct Budget {
    /// Milliseconds since the Unix epoch.
    deadline: Cell<i64>,
    requests: Cell<u32>,
    allowed: u32,
}

impl Budget {
    /// `deadline` in milliseconds since the Unix epoch; `requests` is how many may still be sent.
    pub fn new(deadline: i64, requests: u32) -> Budget {
        Budget { deadline: Cell::new(deadline), requests: Cell::new(requests), allowed: requests }
    }

    /// Milliseconds left.
    pub fn time_left(&self, host: &impl Host) -> u64 {
        u64::try_from(self.deadline.get().saturating_sub(host.now())).unwrap_or(0)
    }

    /// Sets another deadline, in milliseconds since the Unix epoch.
    pub fn until(&self, deadline: i64) {
        self.deadline.set(deadline);
    }

    /// Requests sent so far.
    pub fn spent(&self) -> u32 {
        self.allowed - self.requests.get()
    }

    pub fn requests_left(&self) -> u32 {
        self.requests.get()
    }

    /// Takes one request off the budget and says how many milliseconds it may last at most. Errors of kind `Limit`:
    /// `deadline`, `request_budget`.
    pub fn request(&self, host: &impl Host) -> Result<u64> {
        let left = self.time_left(host);
        if left == 0 {
            return Err(deadline());
        }
        match self.requests.get().checked_sub(1) {
            Some(rest) => self.requests.set(rest),
            None => {
                return Err(Error::new(Kind::Limit, "request_budget", "the run has no requests left")
                    .help("Raise `limits.requests`, or set a larger `page_size` so that fewer pages are needed"));
            }
        }
        Ok(left)
    }
}

/// The run's time is up.
pub fn deadline() -> Error {
    Error::new(Kind::Limit, "deadline", "the run's time is up")
        .help("Raise `limits.deadline_seconds`, or pull fewer resources in one run")
}

/// The waits of one operation that is tried again and again: decorrelated jitter, so that clients which failed together
/// do not come back together.
pub struct Backoff {
    left: u32,
    last: u64,
}

impl Backoff {
    /// At most `retries` further tries.
    pub fn new(retries: u32) -> Backoff {
        Backoff { left: retries, last: BASE }
    }

    /// Waits before the next try, or gives `error` back: it is not transient, no tries are left, or the wait would outlast
    /// the run. `asked` is what the server wants, in milliseconds: it is never undercut.
    pub async fn pause(&mut self, error: Error, asked: Option<u64>, budget: &Budget, host: &impl Host) -> Result<()> {
        if !error.is_transient() || self.left == 0 {
            return Err(error);
        }
        self.left -= 1;
        let wait = match asked {
            Some(asked) => asked.saturating_add(between(host, 0, BASE)),
            None => between(host, BASE, self.last.saturating_mul(3)).min(CAP),
        };
        self.last = wait.clamp(BASE, CAP);
        let left = budget.time_left(host);
        if wait >= left {
            let error = match asked {
                Some(asked) => error.help(format!(
                    "The server asks to wait {} s, which is more than the {} s that the run has left",
                    asked.div_ceil(1000),
                    left / 1000
                )),
                None => error,
            };
            return Err(error);
        }
        host.log(&format!("next try in {wait} ms: {error}"));
        host.sleep(wait).await;
        Ok(())
    }
}

/// A random number of `low..=high`.
fn between(host: &impl Host, low: u64, high: u64) -> u64 {
    low + host.random() % (high.saturating_sub(low) + 1)
}

/// What a `Retry-After` header asks for, in milliseconds from `now` (milliseconds since the epoch): whole seconds or an HTTP
/// date. `None` when it is neither.
pub fn retry_after(value: &str, now: i64) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are a wait without end.
        return Some(value.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1000));
    }
    let date = httpdate::parse_http_date(value).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let date = i64::try_from(date.as_millis()).ok()?;
    Some(u64::try_from(date.saturating_sub(now)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::retry_after;

    #[test]
    fn both_forms_of_retry_after() {
        let now = 784_111_770_000; // Sun, 06 Nov 1994 08:49:30 GMT
        for (value, wait) in [
            ("0", Some(0)),
            (" 7 ", Some(7000)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7000)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7000)),
            ("Sun Nov  6 08:49:37 1994", Some(7000)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", Some(0)),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(retry_after(value, now), wait, "{value}");
        }
    }
}
