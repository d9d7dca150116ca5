//! `gatelake.toml` for programs that run elsewhere than in the Worker: what is in it, and which secrets they have to find.

use super::{plain, thrown};
use crate::config::{Gateway, Plan, Transport};
use crate::secret::Secret;
use serde::Serialize;
use std::cell::RefCell;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A configuration that is right. */
export interface Configuration {
  /** What every key in the store begins with; may be empty. */
  prefix: string;
  /** By name. */
  gateways: {
    dataset: string;
    base_url: string;
    /** A Worker's binding that leads to it; null: the network. */
    binding: string | null;
    /** Names of the secrets that it needs. */
    secrets: string[];
    /** Those that are on. */
    resources: string[];
  }[];
}
"#;

#[derive(Serialize)]
struct Configuration<'a> {
    prefix: &'a str,
    gateways: Vec<Described<'a>>,
}

#[derive(Serialize)]
struct Described<'a> {
    dataset: &'a str,
    base_url: String,
    binding: Option<&'a str>,
    secrets: Vec<String>,
    resources: Vec<&'static str>,
}

/// Reads the text of a `gatelake.toml`. Throws an `Error` with the code `bad_toml` or `bad_config` that says all that is wrong.
#[wasm_bindgen(js_name = readConfiguration, unchecked_return_type = "Configuration")]
pub fn read_configuration(text: &str) -> Result<JsValue, JsValue> {
    let plan = Plan::parse(text).map_err(thrown)?;
    let gateways = plan.gateways.iter().map(|gateway| Described {
        dataset: &gateway.dataset,
        base_url: gateway.base.to_string(),
        binding: match &gateway.transport {
            Transport::Fetch => None,
            Transport::Binding(name) => Some(name),
        },
        secrets: secrets(gateway),
        resources: gateway.resources.iter().map(|pull| pull.resource.table).collect(),
    });
    plain(&Configuration { prefix: &plan.prefix, gateways: gateways.collect() })
}

/// What a gateway looks up, each name once.
fn secrets(gateway: &Gateway) -> Vec<String> {
    let asked = RefCell::new(Vec::new());
    // Every secret may be an `x`: only the questions count.
    let _ = gateway.credentials(|name| {
        let mut asked = asked.borrow_mut();
        if !asked.iter().any(|known| known == name) {
            asked.push(name.to_owned());
        }
        Some(Secret::new("x"))
    });
    asked.into_inner()
}
