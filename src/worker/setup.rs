//! What this Worker is set up for: the configuration, and the secrets that it names.

use super::transport::Transport;
use crate::config::{self, Credentials, Gateway, Plan};
use crate::error::Result;
use crate::secret::Secret;
use worker::Env;

/// The var that takes the place of the bundled file, its whole text.
const CONFIG: &str = "GATELAKE_CONFIG";

/// The configuration: the var, or the `gatelake.toml` that was bundled.
pub fn plan(env: &Env) -> Result<Plan> {
    match env.var(CONFIG) {
        Ok(text) => Plan::parse(&text.to_string()).map_err(|error| error.at(format!("the var {CONFIG}"))),
        Err(_) => Plan::parse(include_str!("../../gatelake.toml")).map_err(|error| error.at("gatelake.toml")),
    }
}

/// The secret binding of that name.
pub fn secret(env: &Env, name: &str) -> Option<Secret> {
    env.secret(name).ok().map(|secret| Secret::new(secret.to_string()))
}

/// The way to a gateway, and what it wants to see there.
pub fn open(env: &Env, gateway: &Gateway) -> Result<(Transport, Credentials)> {
    let transport = match &gateway.transport {
        config::Transport::Fetch => Transport::Fetch,
        config::Transport::Binding(name) => Transport::binding(env, name)?,
    };
    Ok((transport, gateway.credentials(|name| secret(env, name))?))
}
