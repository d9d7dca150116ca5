//! The API's routes about what is collected.

use super::collections;
use super::routes::{Api, named};
use super::store::R2;
use crate::api::{Answer, Reply};
use crate::config::Plan;
use crate::lake::{Paths, collect};
use serde_json::json;

impl Api {
    /// Collects now, in all datasets or the one that is named.
    pub(super) async fn collect(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "dry"])?;
        let dry = query.number("dry", (0, 1))? == 1;
        let gateways = match query.get("dataset") {
            Some(name) => vec![named(plan, name)?],
            None => plan.gateways.iter().collect(),
        };
        let reports = collections::all(&self.env, plan, &gateways, dry).await?;
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
