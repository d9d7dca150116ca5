//! One run, from the cron to the report.
//!
//! ```text
//! plan → read the pointer → take the lease → log in → for each resource: fetch, normalize, encode, collect → put data → put manifest
//!      → compare-and-swap → end the lease → Delta logs and `latest/` → run record
//! ```
//! A run that dies after any arrow leaves readers on the snapshot that they had, and the next run begins anew. Nothing is
//! lost on the way to the report: a run has no error but the one in its record.

mod preview;
mod text;

pub use preview::{Preview, preview};

use crate::error::{Error, Kind, Result};
use crate::host::{Cond, Host, Put, Store};
use crate::lake::lease::{Asked, Lease};
use crate::lake::manifest::{Manifest, encode};
use crate::lake::merging::{Shelf, fit};
use crate::lake::plan::{Arrived, Fetched, ShrinkGuard};
use crate::lake::record::{Failure, Outcome, ResourceReport, RunRecord, TableReport};
use crate::lake::store::{Counting, Retrying};
use crate::lake::{Current, Derive, Disposition, Files, Follower, Paths, Published, Publisher, Reader, Table, paths};
use crate::merge::Output;
use crate::normalize::schema::Schema;
use crate::normalize::{Load, Loaded, Options};
use serde::Serialize;

/// What to bring where.
#[derive(Clone, Debug)]
pub struct Plan {
    pub paths: Paths,
    /// The enabled ones, in the order in which they are fetched.
    pub resources: Vec<Resource>,
    /// Whether the table `access_review` is published with them.
    pub access_review: bool,
    pub budget: Budget,
    /// What follows the pointer.
    pub derive: Derive,
}

/// One resource of the gateway.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Also the name of its root table.
    pub name: String,
    pub options: Options,
    pub disposition: Disposition,
    pub guard: ShrinkGuard,
}

impl Resource {
    fn fetched(&self, started_from: Schema, fetched_at: i64, result: Result<Arrived, Failure>) -> Fetched {
        let Resource { name, options, disposition, guard } = self;
        let key = options.primary_key.clone();
        Fetched {
            resource: name.clone(),
            disposition: *disposition,
            merge: options.write_disposition.merge().cloned(),
            output: options.into(),
            guard: *guard,
            key,
            started_from,
            fetched_at,
            result,
        }
    }
}

/// What a run may use.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Milliseconds for the whole run; a Worker's cron is ended after 15 minutes.
    pub run_ms: i64,
    /// The part of it that is kept for publishing.
    pub publish_ms: i64,
    /// Bytes of files that are kept in memory until it is known whether their tables changed.
    pub hold_bytes: usize,
    /// Whether to keep other runs from the gateway meanwhile, and to give way to one that is at work.
    pub lease: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { run_ms: 13 * 60_000, publish_ms: 60_000, hold_bytes: 8 << 20, lease: false }
    }
}

/// A lease outlasts its run by so many milliseconds.
const LEASE_MARGIN_MS: i64 = 60_000;

/// Where resources come from: the gateway's client, or whatever a test says.
#[allow(async_fn_in_trait)]
pub trait Source {
    /// Gets what all loads need, once a run, before `deadline` (milliseconds since the Unix epoch).
    async fn login(&mut self, deadline: i64) -> Result<()>;
    /// Whether it has that resource at all; asked after the login. One that it lacks is left out of the run.
    fn offers(&self, _resource: &str) -> bool {
        true
    }
    /// Brings all of one resource: its tables' bytes to `files` as they come, what they came to as the answer. `traffic`
    /// is right after an error, too.
    async fn load<S: Store, H: Host>(
        &mut self,
        order: Order<'_>,
        files: &mut Files<'_, S, H>,
        traffic: &mut Traffic,
    ) -> Result<Loaded>;
    /// Requests so far, logins among them.
    fn requests(&self) -> u64;
}

/// A gateway that could not even be opened: its run fails with the reason, on record.
pub struct Unopened(Option<Error>);

impl Unopened {
    pub fn new(error: Error) -> Unopened {
        Unopened(Some(error))
    }
}

impl Source for Unopened {
    async fn login(&mut self, _deadline: i64) -> Result<()> {
        self.0.take().map_or(Ok(()), Err)
    }

    async fn load<S: Store, H: Host>(
        &mut self,
        order: Order<'_>,
        _files: &mut Files<'_, S, H>,
        _traffic: &mut Traffic,
    ) -> Result<Loaded> {
        Err(Error::new(Kind::Config, "not_opened", "the gateway was not opened").at(&order.resource.name))
    }

    fn requests(&self) -> u64 {
        0
    }
}

/// One load to be done.
pub struct Order<'a> {
    pub resource: &'a Resource,
    /// What the last load left.
    pub schema: Schema,
    pub load_id: &'a str,
    /// When it must have ended: milliseconds since the Unix epoch.
    pub deadline: i64,
}

impl Order<'_> {
    /// The load, begun. Its keys, and how it merges, are the resource's options and nothing else.
    pub fn begin(&self) -> Result<Load> {
        let (name, options) = (&self.resource.name, &self.resource.options);
        Load::new(name, options.clone(), self.schema.clone().without_merge_hints(name), self.load_id)
    }
}

/// What a load cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Traffic {
    pub pages: u64,
    /// Of response bodies.
    pub bytes: u64,
    pub requests: u64,
}

/// Does one run for the time that it was scheduled for (milliseconds). That time makes the load's id: runs of the same time
/// bring the same load, whenever and however often they are tried.
pub async fn run<S: Store, H: Host>(
    plan: &Plan,
    scheduled_time: i64,
    source: &mut impl Source,
    store: &S,
    host: &H,
) -> RunRecord {
    let started_at = host.now();
    let load_id = paths::load_id(scheduled_time);
    let id = paths::run_id(&load_id, host.random());
    let counting = Counting::new(store);
    let retrying = Retrying::new(&counting, host, &id);
    let publisher = Publisher {
        store: &retrying,
        host,
        paths: &plan.paths,
        run: &id,
        load_id: &load_id,
        scheduled_time,
        access_review: plan.access_review,
    };
    let mut record = RunRecord::new(&id, plan.paths.dataset(), scheduled_time, started_at);
    match (Run { plan, publisher: &publisher, record: &mut record }).go(source, started_at).await {
        Ok(published) => {
            if let Some(now) = &published.after {
                let follower = Follower { store: &retrying, paths: &plan.paths, derive: plan.derive };
                record.warnings.extend(follower.follow(now, published.before.as_ref()).await);
            }
            conclude(published, &mut record);
        }
        Err(error) => record.error = Some(Failure::from(&error)),
    }
    record.finished_at = host.now();
    record.requests = source.requests();
    record.operations = counting.operations();
    write(plan, &retrying, host, &record).await;
    host.log(&record.headline());
    record
}

struct Run<'a, S, H> {
    plan: &'a Plan,
    publisher: &'a Publisher<'a, S, H>,
    record: &'a mut RunRecord,
}

impl<S: Store, H: Host> Run<'_, S, H> {
    async fn go(mut self, source: &mut impl Source, started_at: i64) -> Result<Published> {
        let current = Reader::new(self.publisher.store, &self.plan.paths).current().await?;
        self.record.snapshot = current.as_ref().map(|current| current.manifest.snapshot.clone());
        if self.publisher.too_late(current.as_ref()).is_some() {
            return self.publisher.publish(current, Vec::new()).await;
        }
        let lease = match self.lease(started_at).await {
            Asked::Busy(other) => {
                self.record.error = Some(Failure::from(&busy(&other, self.publisher.host.now())));
                return Ok(Published::nothing(Outcome::Busy, current));
            }
            Asked::Mine(lease) => Some(lease),
            Asked::Without => None,
        };
        let fetched = self.fetch(source, current.as_ref(), started_at).await;
        let published = self.publisher.publish(current, fetched).await;
        if let Some(lease) = lease {
            lease.release(self.publisher.store, self.publisher.host, &self.plan.paths).await;
        }
        published
    }

    /// Asks for the dataset's lease, for as long as this run may last.
    async fn lease(&self, started_at: i64) -> Asked {
        if !self.plan.budget.lease {
            return Asked::Without;
        }
        let Publisher { store, host, run, .. } = *self.publisher;
        let lease = Lease::new(run, started_at + self.plan.budget.run_ms + LEASE_MARGIN_MS);
        lease.take(store, host, &self.plan.paths).await
    }

    /// Every resource in turn, whatever becomes of the others.
    async fn fetch(&mut self, source: &mut impl Source, current: Option<&Current>, started_at: i64) -> Vec<Fetched> {
        let budget = self.plan.budget;
        let host = self.publisher.host;
        let deadline = started_at + budget.run_ms - budget.publish_ms;
        let mut hold = budget.hold_bytes;
        // What ends all loads to come: the credentials were refused, or time is up.
        let mut over = source.login(deadline).await.err().map(|error| Failure::from(&error));
        let mut fetched = Vec::new();
        for resource in &self.plan.resources {
            if over.is_none() && !source.offers(&resource.name) {
                continue;
            }
            let schema = current.map(|current| current.manifest.schema_of(&resource.name)).unwrap_or_default();
            if over.is_none() && host.now() >= deadline {
                over = Some(Failure::from(&out_of_time()));
            }
            let mut traffic = Traffic::default();
            let result = match &over {
                Some(failure) => Err(failure.clone()),
                None => {
                    let order = Order { resource, schema: schema.clone(), load_id: self.publisher.load_id, deadline };
                    self.load(source, order, &mut hold, &mut traffic).await.map_err(|error| {
                        let failure = Failure::from(&error);
                        over = error.is_auth().then(|| failure.clone());
                        failure
                    })
                }
            };
            let report = resource_report(resource, &result, traffic);
            host.log(&format!("{}: {report}", self.record.dataset));
            self.record.resources.push(report);
            if let Ok(arrived) = &result {
                self.record.warnings.extend(arrived.loaded.warnings.iter().cloned());
            }
            fetched.push(resource.fetched(schema, host.now(), result));
        }
        fetched
    }

    async fn load(
        &self,
        source: &mut impl Source,
        order: Order<'_>,
        hold: &mut usize,
        traffic: &mut Traffic,
    ) -> Result<Arrived> {
        let (name, output) = (&order.resource.name, Output::from(&order.resource.options));
        let mut files = Files::new(self.publisher.store, &self.plan.paths, order.load_id, *hold);
        let loaded = source.load(order, &mut files, traffic).await.map_err(|error| error.at(name))?;
        *hold = hold.saturating_sub(files.held());
        let mut arrived = Arrived { loaded, files: files.finish()?, merged: None };
        let Publisher { store, load_id, .. } = *self.publisher;
        let shelf = Shelf { store, paths: &self.plan.paths, load_id, puts: true };
        fit(&mut arrived, output, &shelf).await?;
        Ok(arrived)
    }
}

fn out_of_time() -> Error {
    Error::new(Kind::Limit, "deadline", "no time was left to fetch this resource")
        .help("Raise the run's time limit, or bring fewer resources in one run")
}

fn busy(other: &Lease, now: i64) -> Error {
    let seconds = (other.expires_at - now) / 1000 + 1;
    Error::new(Kind::Conflict, "busy", format!("run {} is at work on this dataset", other.run))
        .help(format!("Wait for its end. If it died, the next run may begin in {seconds} s at the latest"))
}

fn resource_report(resource: &Resource, result: &Result<Arrived, Failure>, traffic: Traffic) -> ResourceReport {
    let tables = result.iter().flat_map(|arrived| {
        let quarantine = |name: &str| arrived.loaded.schema.table(name).is_some_and(|table| table.quarantine);
        arrived.loaded.tables.iter().filter(move |table| !quarantine(&table.name))
    });
    ResourceReport {
        name: resource.name.clone(),
        disposition: resource.disposition,
        error: result.as_ref().err().cloned(),
        rows: tables.map(|table| table.rows).sum(),
        pages: traffic.pages,
        bytes: traffic.bytes,
        requests: traffic.requests,
    }
}

/// Says in the record what publishing came to.
fn conclude(published: Published, record: &mut RunRecord) {
    let Published { outcome, before, after, mut failures } = published;
    record.outcome = outcome;
    for report in &mut record.resources {
        report.error = failures.remove(&report.name).or(report.error.take());
    }
    // What was not asked of the gateway: the access review.
    record.resources.extend(failures.into_iter().map(|(name, failure)| ResourceReport::failed(name, failure)));
    let Some(after) = after else { return };
    record.snapshot = Some(after.snapshot.clone());
    if !matches!(outcome, Outcome::AlreadyPublished | Outcome::Superseded | Outcome::Busy) {
        record.tables = after.tables.iter().map(|table| table_report(table, before.as_ref())).collect();
    }
}

fn table_report(table: &Table, before: Option<&Manifest>) -> TableReport {
    let before = before.and_then(|before| before.table(&table.schema.name));
    let had = |name: &str| before.is_some_and(|before| before.columns().any(|column| column.name == name));
    let new_columns = table.columns().filter(|column| !had(&column.name)).map(|column| column.name.clone());
    TableReport {
        name: table.schema.name.clone(),
        rows_before: before.map(|before| before.rows),
        rows: table.rows,
        columns: table.columns().count() as u64,
        new_columns: new_columns.collect(),
        files: table.files.len() as u64,
        bytes: table.bytes,
        changed: before.is_none_or(|before| before.load_id != table.load_id),
        stale: table.freshness.stale.clone(),
    }
}

/// A record that cannot be written is logged; the run's outcome stays what it is.
async fn write<S: Store, H: Host>(plan: &Plan, store: &Retrying<'_, S, H>, host: &H, record: &RunRecord) {
    let Some(key) = plan.paths.run(&record.id) else { return };
    let put = match encode(record) {
        Ok(bytes) => store.put(&key, &bytes, Cond::Create, &[]).await,
        Err(error) => Err(error),
    };
    match put {
        Ok(Put::Done(_)) => {}
        Ok(Put::Lost) => host.log(&format!("{key}: the run's record has the name of another one")),
        Err(error) => host.log(&format!("{key}: the run's record could not be written: {error}")),
    }
}
