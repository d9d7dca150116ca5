//! The whole job for a program: gateways of a configuration into a store of the caller's; and a look at one of them.

use super::direct::{Means, secret};
use super::fetch::Fetch;
use super::host::Host;
use super::signal::unless;
use super::store::Store;
use super::{plain, thrown};
use crate::config::{Credentials, Gateway, Plan, Transport};
use crate::error::{Error, Kind, Result};
use crate::gateway::budget::Budget;
use crate::gateway::{Session, runs};
use crate::host::Host as _;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(method, getter, structural)]
    fn dataset(this: &Means) -> Option<String>;
}

/// Brings what the gateways of a configuration (the text of a `gatelake.toml`) have into `store`. `scheduled_time`, in milliseconds
/// since the Unix epoch, is the runs' identity: the same time again publishes nothing new. Resolves to the runs' records, as
/// `docs/api.md` has them; a run that failed is among them, with its error.
///
/// Rejects with an `Error` with a `code` if the configuration is wrong, or with the signal's reason.
#[wasm_bindgen(js_name = runGateways)]
pub async fn run_gateways(
    configuration: &str,
    scheduled_time: f64,
    store: Store,
    means: Means,
) -> std::result::Result<JsValue, JsValue> {
    let plan = Plan::parse(configuration).map_err(thrown)?;
    let dataset = means.dataset();
    if let Some(name) = &dataset {
        named(&plan, name).map_err(thrown)?;
    }
    let host = Host(means.log());
    let open = |gateway: &Gateway| open(gateway, &means);
    let work = runs::all(&plan, dataset.as_deref(), scheduled_time as i64, open, &store, &host);
    plain(&unless(means.signal(), work).await?.map_err(thrown)?)
}

/// The shapes of the answers of one gateway of a configuration, without a single value: what `POST /api/probe` answers. Rejects as
/// [`run_gateways`] does, and with what keeps us from the gateway.
#[wasm_bindgen(js_name = probeGateway)]
pub async fn probe_gateway(configuration: &str, dataset: &str, means: Means) -> std::result::Result<JsValue, JsValue> {
    let plan = Plan::parse(configuration).map_err(thrown)?;
    let gateway = named(&plan, dataset).map_err(thrown)?;
    let (transport, credentials) = open(gateway, &means).map_err(thrown)?;
    let host = Host(means.log());
    let budget = Budget::new(host.now() + plan.limits.deadline_ms as i64, plan.limits.requests);
    let mut session = Session::new(&transport, &host, gateway, credentials, &budget);
    plain(&unless(means.signal(), session.probe()).await?.map_err(thrown)?)
}

fn named<'p>(plan: &'p Plan, name: &str) -> Result<&'p Gateway> {
    plan.gateway(name).ok_or_else(|| {
        let known: Vec<&str> = plan.gateways.iter().map(|gateway| gateway.dataset.as_str()).collect();
        Error::new(Kind::Config, "no_such_dataset", format!("there is no dataset {name}"))
            .help(format!("They are: {}", known.join(", ")))
    })
}

fn open(gateway: &Gateway, means: &Means) -> Result<(Fetch, Credentials)> {
    if let Transport::Binding(name) = &gateway.transport {
        let message = format!("`transport` names the binding `{name}`, and there are no bindings outside of a Worker");
        return Err(Error::new(Kind::Config, "missing_binding", message)
            .at(format!("gateway {}", gateway.dataset))
            .help(
                "Leave `transport` out for runs elsewhere, and give `base_url` the address that is reached from there",
            ));
    }
    Ok((Fetch::by(means.fetch()), gateway.credentials(|name| secret(&means.secrets(), name))?))
}
