//! The script of the page's engine: the one static asset whose policy depends on the configuration. Connections to gateways
//! leave from there, so the page around it keeps a policy that knows no other origin than its own.

use super::setup;
use crate::config::Plan;
use wasm_bindgen::JsValue;
use worker::{Env, Headers, Request, RequestInit};

/// Its path among the assets.
pub const ENGINE: &str = "/worker.js";

const ASSETS: &str = "ASSETS";
const POLICY: &str = "content-security-policy";
/// What a gateway's origin is added to.
const CONNECT: &str = "connect-src 'self'";

/// The script, with the origins of those gateways in its policy that are configured with `direct = true`. With none, or with a
/// configuration that cannot be read, it comes as it lies there.
pub async fn engine(request: Request, env: &Env) -> Result<web_sys::Response, JsValue> {
    let assets = env.assets(ASSETS)?;
    let origins = setup::plan(env).map(|plan| origins(&plan)).unwrap_or_default();
    if origins.is_empty() {
        return Ok(assets.fetch_request(request).await?.into());
    }
    // Browsers keep the policy of a cached script when they are told that it has not changed: the configuration may have.
    let mut plain = RequestInit::new();
    plain.with_method(request.method());
    let response = assets.fetch_request(Request::new_with_init(request.url()?.as_str(), &plain)?).await?;
    let headers = Headers::new();
    for (name, value) in response.headers().entries().filter(|(name, _)| name != "etag") {
        let value = if name == POLICY { value.replacen(CONNECT, &format!("{CONNECT}{origins}"), 1) } else { value };
        headers.set(&name, &value)?;
    }
    headers.set("cache-control", "no-store")?;
    Ok(response.with_headers(headers).into())
}

/// Each with a space before it. An origin has nothing but letters, digits and `-._:/[]` in it, and so ends no directive.
fn origins(plan: &Plan) -> String {
    let direct = plan.gateways.iter().filter(|gateway| gateway.direct);
    direct.map(|gateway| format!(" {}", gateway.base.origin())).collect()
}
