//! Runs of a whole configuration: all its gateways, one after the other.

use super::Session;
use super::budget::Budget;
use crate::config::{Credentials, Gateway, Plan};
use crate::error::Result;
use crate::host::{Host, Http, Store};
use crate::lake::RunRecord;
use crate::run::{self, Unopened};

/// Brings what the gateways of `plan` have, or the one that is named, for the time that it was scheduled for (milliseconds since the
/// Unix epoch). Each is a run of its own: one that fails leaves the others alone, and what is left of the time is shared out among
/// those still to come. `open`: the way to a gateway, and what it wants to see there.
///
/// # Errors
/// `unsafe_name`, before anything is read.
pub async fn all<T: Http, S: Store, H: Host>(
    plan: &Plan,
    dataset: Option<&str>,
    scheduled_time: i64,
    open: impl Fn(&Gateway) -> Result<(T, Credentials)>,
    store: &S,
    host: &H,
) -> Result<Vec<RunRecord>> {
    let end = host.now() + plan.limits.deadline_ms as i64;
    let budget = Budget::new(end, plan.limits.requests);
    let gateways: Vec<&Gateway> =
        plan.gateways.iter().filter(|gateway| dataset.is_none_or(|name| name == gateway.dataset)).collect();
    let mut records = Vec::new();
    for (done, gateway) in gateways.iter().enumerate() {
        let share = (end - host.now()) / (gateways.len() - done) as i64;
        let run = plan.run(gateway, share)?;
        let record = match open(gateway) {
            Ok((transport, credentials)) => {
                let mut session = Session::new(&transport, host, gateway, credentials, &budget);
                run::run(&run, scheduled_time, &mut session, store, host).await
            }
            Err(error) => run::run(&run, scheduled_time, &mut Unopened::new(error), store, host).await,
        };
        records.push(record);
    }
    Ok(records)
}
