//! The API's routes over time: what changed between two snapshots, and what is collected.

use super::collections;
use super::reply::{Refusal, Reply};
use super::routes::{Answer, Api, at, named};
use super::store::R2;
use crate::config::Plan;
use crate::error::Kind;
use crate::lake::compare::{Window, compare};
use crate::lake::{Paths, Reader, collect};
use serde_json::json;

/// Rows of each table in one answer: by default, and at most.
const ROWS: (usize, usize) = (100, 1000);

impl Api {
    /// What differs between two snapshots.
    pub(super) async fn changes(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "from", "to", "table", "limit", "offset"])?;
        let (store, paths) = self.lake(plan, &query)?;
        let reader = Reader::new(&store, &paths);
        let from = at(&reader, Some(query.get("from").unwrap_or("previous"))).await?;
        let to = at(&reader, query.get("to")).await?;
        let table = query.get("table");
        if let Some(name) = table.filter(|name| from.table(name).is_none() && to.table(name).is_none()) {
            return Err(Refusal::new(404, "no_such_table", format!("neither snapshot has a table {name}")));
        }
        let limit = query.number("limit", ROWS)?;
        let offset = query.number("offset", (0, usize::MAX))?;
        match compare(&reader, &from, &to, Window { table, offset, limit }).await {
            Ok(comparison) => Ok(Reply::json(200, &comparison)),
            Err(error) if error.code() == "comparison_too_large" => Err(Refusal(413, error)),
            Err(error) => Err(error.into()),
        }
    }

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

/// What a snapshot's absence is answered with: one that was let go is gone (410), others never were (404).
pub(super) fn missing(error: crate::error::Error) -> Refusal {
    match (error.code(), error.kind()) {
        ("snapshot_gone", Kind::Data) => Refusal(410, error),
        _ => error.into(),
    }
}
