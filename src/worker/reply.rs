//! Answers of [`crate::api`] on their way. Nothing is cached, sniffed or framed.

use crate::api::Reply;
use wasm_bindgen::JsValue;
use worker::{Response, ResponseBuilder};

impl Reply {
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
