//! What the API answers: JSON, or a file. Nothing is cached, sniffed or framed.

use crate::error::{Error, Kind};
use serde::Serialize;
use wasm_bindgen::JsValue;
use worker::{Response, ResponseBuilder};

/// An answer, not yet on its way.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
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

    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    pub fn into_response(self) -> std::result::Result<web_sys::Response, JsValue> {
        let fixed = [
            ("cache-control", "no-store"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
        ];
        let mut builder = ResponseBuilder::new().with_status(self.status);
        for (name, value) in &self.headers {
            builder = builder.with_header(name, value)?;
        }
        for (name, value) in fixed {
            builder = builder.with_header(name, value)?;
        }
        let response: Response = builder.fixed(self.body);
        Ok(response.into())
    }
}

/// A request that gets no answer of substance.
pub struct Refusal(pub u16, pub Error);

impl Refusal {
    pub fn new(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal(status, Error::new(Kind::Config, code, message))
    }

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
