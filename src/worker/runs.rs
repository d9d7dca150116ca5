//! Runs of this Worker: all gateways, one after the other.

use super::host::Host;
use super::setup;
use super::store::R2;
use crate::config::{Gateway, Plan};
use crate::error::Result;
use crate::gateway::Session;
use crate::gateway::budget::Budget;
use crate::host::Host as _;
use crate::lake::RunRecord;
use crate::run::{self, Unopened};
use worker::Env;

/// Brings what the gateways of `plan` have, or the one that is named. Each is a run of its own: one that fails leaves the
/// others alone, and what is left of the time is shared out among those still to come.
pub async fn all(env: &Env, plan: &Plan, dataset: Option<&str>, scheduled_time: i64) -> Result<Vec<RunRecord>> {
    let store = R2::new(env)?;
    let host = Host;
    let end = host.now() + plan.limits.deadline_ms as i64;
    let budget = Budget::new(end, plan.limits.requests);
    let gateways: Vec<&Gateway> =
        plan.gateways.iter().filter(|gateway| dataset.is_none_or(|name| name == gateway.dataset)).collect();
    let mut records = Vec::new();
    for (done, gateway) in gateways.iter().enumerate() {
        let share = (end - host.now()) / (gateways.len() - done) as i64;
        let run = plan.run(gateway, share)?;
        let record = match setup::open(env, gateway) {
            Ok((transport, credentials)) => {
                let mut session = Session::new(&transport, &host, gateway, credentials, &budget);
                run::run(&run, scheduled_time, &mut session, &store, &host).await
            }
            Err(error) => run::run(&run, scheduled_time, &mut Unopened::new(error), &store, &host).await,
        };
        host.log(&format!("{}: {} MiB of memory", gateway.dataset, core::arch::wasm32::memory_size(0) / 16));
        records.push(record);
    }
    Ok(records)
}
