//! Collections of this Worker: what the cron does when its runs are done, and what the API asks for.

use super::host::Host;
use super::routes::{Api, named};
use super::store::R2;
use crate::api::{Answer, Reply};
use crate::config::{Gateway, Plan};
use crate::error::Result;
use crate::host::Host as _;
use crate::lake::collect::{self, SAFETY_MS, Terms};
use crate::lake::{Collection, Paths, RunRecord, collect as collect_dataset};
use serde_json::json;
use worker::Env;

/// The time that the cron's collections have together, in milliseconds: it comes on top of the runs' own, which is at most 14 of
/// the 15 minutes that Cloudflare gives.
const CRON_MS: i64 = 45_000;

/// Collects where a run of the cron left something behind and the last collection is long enough ago. Whatever fails is logged: a
/// run is no worse for it.
pub async fn after(env: &Env, plan: &Plan, records: &[RunRecord]) {
    let host = Host;
    let deadline = host.now() + CRON_MS;
    for record in records.iter().filter(|record| record.wrote()) {
        let Some(gateway) = plan.gateway(&record.dataset) else { continue };
        let collected = async {
            let paths = Paths::new(&plan.prefix, &gateway.dataset)?;
            match collect::is_due(&R2::new(env)?, &paths, host.now()).await? {
                true => one(env, plan, gateway, deadline, false).await.map(drop),
                false => Ok(()),
            }
        };
        if let Err(error) = collected.await {
            host.log(&format!("{}: no collection: {error}", record.dataset));
        }
    }
}

/// Collects in those datasets now, one after the other.
pub async fn all(env: &Env, plan: &Plan, gateways: &[&Gateway], dry: bool) -> Result<Vec<Collection>> {
    let deadline = Host.now() + plan.limits.deadline_ms as i64;
    let mut reports = Vec::new();
    for gateway in gateways {
        reports.push(one(env, plan, gateway, deadline, dry).await?);
    }
    Ok(reports)
}

async fn one(env: &Env, plan: &Plan, gateway: &Gateway, deadline: i64, dry: bool) -> Result<Collection> {
    let paths = Paths::new(&plan.prefix, &gateway.dataset)?;
    let terms = Terms { retention: plan.retention, safety_ms: SAFETY_MS, dry, deadline };
    Ok(collect_dataset(&R2::new(env)?, &Host, &paths, &terms).await)
}

impl Api {
    /// Collects now, in all datasets or the one that is named.
    pub(super) async fn collect(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "dry"])?;
        let dry = query.number("dry", (0, 1))? == 1;
        let gateways = match query.get("dataset") {
            Some(name) => vec![named(plan, name)?],
            None => plan.gateways.iter().collect(),
        };
        let reports = all(&self.env, plan, &gateways, dry).await?;
        let failed = reports.iter().any(|report| report.error.is_some());
        Ok(Reply::json(if failed { 502 } else { 200 }, &json!({ "collections": reports })))
    }

    /// The reports of the last collections that were not dry.
    pub(super) async fn collections(&self, plan: &Plan) -> Answer {
        self.query(&[])?;
        let store = R2::new(&self.env)?;
        let mut reports = Vec::new();
        for gateway in &plan.gateways {
            let paths = Paths::new(&plan.prefix, &gateway.dataset)?;
            reports.extend(collect::last(&store, &paths).await?);
        }
        Ok(Reply::json(200, &json!({ "collections": reports })))
    }
}
