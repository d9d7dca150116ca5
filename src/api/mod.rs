//! The HTTP API as far as it knows no server: parameters in, answers out. The Worker and `gatelake show` speak it alike;
//! `docs/api.md` has every route.

mod query;
mod read;

pub use query::Query;
pub use read::{parameters, read};

use crate::error::{Error, Kind};
use serde::Serialize;

/// What a route comes to.
pub type Answer = std::result::Result<Reply, Refusal>;

/// An answer, not yet on its way.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// A document.
    pub fn json(status: u16, value: &impl Serialize) -> Reply {
        // Our own types have nothing that JSON cannot express; were it otherwise, an empty 500 says less than nothing wrong.
        match serde_json::to_vec(value) {
            Ok(body) => Reply { status, headers: vec![("content-type", "application/json".into())], body },
            Err(_) => Reply { status: 500, headers: Vec::new(), body: Vec::new() },
        }
    }

    /// What went wrong, under the status that fits.
    pub fn error(status: u16, error: &Error) -> Reply {
        Reply::json(
            status,
            &serde_json::json!({ "error": {
                "code": error.code(),
                "message": error.message(),
                "at": error.place(),
                "help": error.remedy(),
            } }),
        )
    }

    /// The same with one header more.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }
}

/// A request that gets no answer of substance: the status, and why.
#[derive(Debug)]
pub struct Refusal(pub u16, pub Error);

impl Refusal {
    /// Without help.
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal(status, Error::new(Kind::Config, code, message))
    }

    /// Of a path that leads nowhere.
    pub fn no_route(path: &str) -> Refusal {
        Refusal::new(404, "no_such_route", format!("there is nothing at {path}")).help("docs/api.md lists the routes")
    }

    /// The same with what to do about it.
    pub fn help(self, help: impl Into<String>) -> Refusal {
        Refusal(self.0, self.1.help(help))
    }
}

/// An error on our side of the API is never the caller's (4xx).
impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let status = match error.kind() {
            Kind::Config => 500,
            Kind::Auth | Kind::Upstream | Kind::Data => 502,
            Kind::Transient | Kind::Store | Kind::Conflict => 503,
            Kind::Limit => 504,
        };
        Refusal(status, error)
    }
}
