//! The Cloudflare Worker: a thin shell around the core.
//!
//! | file | what |
//! |---|---|
//! | `transport` | `host::Http` over `fetch` and over service or VPC bindings |
//! | `store` | `host::Store` over R2 |
//! | `host` | clock, waiting, chance, log |
//! | `auth` | who may use the API |
//!
//! `entry.js` is what Cloudflare calls; it hands over to `fetch` and `scheduled` here.

mod auth;
mod host;
mod store;
mod transport;

use wasm_bindgen::JsValue;

/// What a JavaScript error says, without its stack.
fn js_error(error: JsValue) -> String {
    let text = match js_sys::Reflect::get(&error, &"message".into()) {
        Ok(message) if message.is_string() => message.as_string(),
        _ => error.as_string(),
    };
    text.unwrap_or_else(|| "no reason given".into()).chars().take(200).collect()
}
