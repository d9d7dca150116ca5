//! The Cloudflare Worker: a thin shell around the core.
//!
//! | file | what |
//! |---|---|
//! | `routes`, `reply` | the HTTP API, around [`crate::api`], and its answers |
//! | `runs`, `collections` | what the cron and the API start; of collections, the routes too |
//! | `page` | the script of the page's engine, whose policy names the gateways that pages may reach |
//! | `setup` | configuration and secrets |
//! | `transport` | `host::Http` over `fetch` and over service or VPC bindings |
//! | `store` | `host::Store` over R2 |
//! | `host` | clock, waiting, chance, log |
//! | `auth` | who may use the API |
//!
//! `entry.js` is what Cloudflare calls; it hands over to `fetch` and `scheduled` here.

mod auth;
mod collections;
#[cfg(feature = "conformance")]
#[path = "../../tests/support/conformance.rs"]
mod conformance;
mod host;
mod page;
mod reply;
mod routes;
mod runs;
mod setup;
mod store;
mod transport;

use crate::host::Host as _;
use wasm_bindgen::prelude::*;
use worker::{Context, Env, worker_sys};

/// Answers a request to the API, or for the script of the page's engine.
#[wasm_bindgen]
pub async fn fetch(
    request: web_sys::Request,
    env: Env,
    ctx: worker_sys::Context,
) -> Result<web_sys::Response, JsValue> {
    let request = worker::Request::from(request);
    if request.path() == page::ENGINE {
        return page::engine(request, &env).await;
    }
    routes::answer(request, env, Context::new(ctx)).await.into_response()
}

/// Runs what the cron triggered, for the time that it was scheduled for (milliseconds since the Unix epoch). The promise
/// rejects when a run failed, wholly or in part, so that Cloudflare counts the failure.
#[wasm_bindgen]
pub async fn scheduled(scheduled_time: f64, env: Env) -> Result<(), JsValue> {
    let runs = async {
        let plan = setup::plan(&env)?;
        let records = runs::all(&env, &plan, None, scheduled_time as i64).await?;
        collections::after(&env, &plan, &records).await;
        Ok::<_, crate::error::Error>(records)
    };
    let failed = match runs.await {
        Ok(records) => {
            let failed = records.iter().filter(|record| record.outcome.is_failure());
            failed.map(|record| record.headline()).collect::<Vec<_>>().join("; ")
        }
        Err(error) => {
            host::Host.log(&error.to_string());
            error.to_string()
        }
    };
    if failed.is_empty() { Ok(()) } else { Err(js_sys::Error::new(&failed).into()) }
}

/// Holds the bucket against the suite that every store must pass; answers how many checks held, or throws what does not.
#[cfg(feature = "conformance")]
#[wasm_bindgen]
pub async fn conformance(env: Env, prefix: String) -> Result<u32, JsValue> {
    let store = store::R2::new(&env).map_err(|error| js_sys::Error::new(&error.to_string()))?;
    conformance::conformance(&store, &prefix).await.map_err(|what| js_sys::Error::new(&what).into())
}

/// What a JavaScript error says, without its stack.
fn js_error(error: JsValue) -> String {
    let text = match js_sys::Reflect::get(&error, &"message".into()) {
        Ok(message) if message.is_string() => message.as_string(),
        _ => error.as_string(),
    };
    text.unwrap_or_else(|| "no reason given".into()).chars().take(200).collect()
}
