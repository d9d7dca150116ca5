//! Runs of this Worker.

use super::host::Host;
use super::setup;
use super::store::R2;
use crate::config::Plan;
use crate::error::Result;
use crate::gateway::runs;
use crate::host::Host as _;
use crate::lake::RunRecord;
use worker::Env;

/// Brings what the gateways of `plan` have, or the one that is named, into the bucket.
pub async fn all(env: &Env, plan: &Plan, dataset: Option<&str>, scheduled_time: i64) -> Result<Vec<RunRecord>> {
    let open = |gateway: &_| setup::open(env, gateway);
    let records = runs::all(plan, dataset, scheduled_time, open, &R2::new(env)?, &Host).await;
    Host.log(&format!("{} MiB of memory", core::arch::wasm32::memory_size(0) / 16));
    records
}
