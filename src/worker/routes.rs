//! The HTTP API. One gate in front of all of it; `docs/api.md` has every route with its answers.

use super::auth::{self, Access};
use super::history::missing;
use super::host::Host;
use super::reply::{Refusal, Reply};
use super::store::R2;
use super::{runs, setup};
use crate::config::{Gateway, Plan};
use crate::error::{Error, Kind};
use crate::gateway::Session;
use crate::gateway::budget::Budget;
use crate::host::Host as _;
use crate::lake::{Ancestor, Manifest, Moment, Paths, Reader, Table, raw};
use crate::run;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::{Context, Env, Method, Request};

pub(super) type Answer = std::result::Result<Reply, Refusal>;

/// A run may be asked for a time that is at most so far ahead, in milliseconds: every later run has to be later still.
const AHEAD: i64 = 60_000;
/// A request's body has at most this many bytes.
const BODY: usize = 4096;
/// Rows in one answer: by default, and at most.
const ROWS: (usize, usize) = (100, 10_000);
/// Documents in one answer.
const DOCUMENTS: (usize, usize) = (20, 100);

/// Answers a request, whatever it is.
pub async fn answer(request: Request, env: Env, ctx: Context) -> Reply {
    let head = request.method() == Method::Head;
    let mut reply = match (Api { request, env, ctx }).route().await {
        Ok(reply) => reply,
        Err(Refusal(401, error)) => Reply::error(401, &error).with("www-authenticate", "Bearer"),
        Err(Refusal(status, error)) => Reply::error(status, &error),
    };
    if head {
        reply.body.clear();
    }
    reply
}

pub(super) struct Api {
    request: Request,
    pub(super) env: Env,
    ctx: Context,
}

impl Api {
    async fn route(self) -> Answer {
        let path = self.request.path();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (get, post) = (["GET", "HEAD"].as_slice(), ["POST"].as_slice());
        let methods = match parts.as_slice() {
            ["healthz"] => {
                return match self.allow(get) {
                    None => Ok(health()),
                    Some(refused) => Ok(refused),
                };
            }
            ["api", ..] => {
                self.gate()?;
                match parts.get(1..).unwrap_or_default() {
                    ["runs"] => &["GET", "HEAD", "POST"],
                    ["collect"] => &["GET", "HEAD", "POST"],
                    ["changes"] | ["datasets"] | ["runs", _] | ["snapshots"] | ["snapshots", _] | ["tables", _] => get,
                    ["preview"] | ["probe"] => post,
                    _ => return Err(no_route(&path)),
                }
            }
            _ => return Err(no_route(&path)),
        };
        if let Some(refused) = self.allow(methods) {
            return Ok(refused);
        }
        let plan = setup::plan(&self.env)?;
        let post = self.request.method() == Method::Post;
        match (parts.get(1..).unwrap_or_default(), post) {
            (["changes"], _) => self.changes(&plan).await,
            (["collect"], true) => self.collect(&plan).await,
            (["collect"], false) => self.collections(&plan).await,
            (["datasets"], _) => self.datasets(&plan),
            (["runs"], true) => self.run(plan).await,
            (["runs"], false) => self.runs(&plan).await,
            (["runs", id], _) => self.one_run(&plan, id).await,
            (["snapshots"], _) => self.snapshots(&plan).await,
            (["snapshots", id], _) => self.snapshot(&plan, id).await,
            (["tables", name], _) => match name.strip_suffix(".parquet") {
                Some(table) => self.file(&plan, table).await,
                None => self.rows(&plan, name).await,
            },
            (["preview"], _) => self.preview(&plan).await,
            _ => self.probe(&plan).await,
        }
    }

    fn gate(&self) -> std::result::Result<(), Refusal> {
        let token = setup::secret(&self.env, auth::TOKEN);
        let shown = self.request.headers().get("authorization").ok().flatten();
        match auth::judge(token.as_ref(), shown.as_deref()) {
            Access::Granted => Ok(()),
            Access::Closed => Err(Refusal::new(503, "closed", "the API is closed: no token is configured").help(format!(
                "Set one of at least {} characters with `wrangler secret put {}`; `openssl rand -hex 32` makes a good one",
                auth::SHORTEST,
                auth::TOKEN
            ))),
            Access::Denied => Err(Refusal::new(401, "denied", "this needs the API's token")
                .help(format!("Send the header `authorization: Bearer …` with the value of {}", auth::TOKEN))),
        }
    }

    /// The refusal of a method that the route does not have.
    fn allow(&self, methods: &[&str]) -> Option<Reply> {
        let method = self.request.method().to_string();
        if methods.contains(&method.as_str()) {
            return None;
        }
        let allowed = methods.join(", ");
        let error = Error::new(Kind::Config, "method_not_allowed", format!("{method} is not for this route"))
            .help(format!("It takes {allowed}"));
        Some(Reply::error(405, &error).with("allow", allowed))
    }

    /// The parameters of the query, each one of `known`, each once.
    pub(super) fn query(&self, known: &[&str]) -> std::result::Result<Query, Refusal> {
        let url = self.request.url().map_err(|_| Refusal::new(400, "bad_url", "the URL cannot be read"))?;
        let mut query = BTreeMap::new();
        for (name, value) in url.query_pairs() {
            if !known.contains(&name.as_ref()) {
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                return Err(Refusal::new(400, "unknown_parameter", format!("there is no parameter `{name}` here"))
                    .help(format!("It takes: {known}")));
            }
            if query.insert(name.to_string(), value.to_string()).is_some() {
                return Err(Refusal::new(
                    400,
                    "unknown_parameter",
                    format!("the parameter `{name}` stands there twice"),
                ));
            }
        }
        Ok(Query(query))
    }

    fn datasets(&self, plan: &Plan) -> Answer {
        self.query(&[])?;
        let one = |gateway: &Gateway| {
            let resources: Vec<&str> = gateway.resources.iter().map(|pull| pull.resource.table).collect();
            json!({
                "dataset": gateway.dataset,
                "gateway": gateway.base.to_string(),
                "direct": gateway.direct,
                "resources": resources,
            })
        };
        Ok(Reply::json(200, &json!({ "datasets": plan.gateways.iter().map(one).collect::<Vec<_>>() })))
    }

    /// Starts runs, and answers with their records. They go on when the caller does not wait.
    async fn run(mut self, plan: Plan) -> Answer {
        #[derive(Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Body {
            scheduled_time: Option<i64>,
        }
        let query = self.query(&["dataset"])?;
        let dataset = match query.get("dataset") {
            Some(name) => Some(named(&plan, name)?.dataset.clone()),
            None => None,
        };
        let bytes = self.request.bytes().await.map_err(|_| Refusal::new(400, "bad_body", "the body did not arrive"))?;
        let body: Body = match bytes.as_slice() {
            [] => Body::default(),
            bytes if bytes.len() > BODY => return Err(Refusal::new(413, "bad_body", "the body is too long")),
            bytes => serde_json::from_slice(bytes).map_err(|error| {
                Refusal::new(400, "bad_body", format!("the body cannot be read: {error}"))
                    .help("Send no body, or {\"scheduled_time\": milliseconds since the Unix epoch}")
            })?,
        };
        let now = Host.now();
        let scheduled_time = body.scheduled_time.unwrap_or(now);
        if !(0..=now + AHEAD).contains(&scheduled_time) {
            return Err(Refusal::new(400, "bad_time", "scheduled_time is no time of the past")
                .help("Give it in milliseconds since the Unix epoch: a snapshot of the future would keep all others from coming"));
        }
        let env = self.env.clone();
        let promise = future_to_promise(async move {
            let reply = match runs::all(&env, &plan, dataset.as_deref(), scheduled_time).await {
                Ok(records) => {
                    let failed = records.iter().any(|record| record.outcome.is_failure());
                    Reply::json(if failed { 502 } else { 200 }, &json!({ "runs": records }))
                }
                Err(error) => {
                    let Refusal(status, error) = error.into();
                    Reply::error(status, &error)
                }
            };
            Ok(reply.into_response()?.into())
        });
        let waited = promise.clone();
        self.ctx.wait_until(async move {
            // The record says how it went; here only the end counts.
            let _ = JsFuture::from(waited).await;
        });
        let response = JsFuture::from(promise)
            .await
            .map_err(|_| Refusal::new(500, "no_answer", "the run ended without an answer"))?;
        let mut response = worker::Response::from(web_sys::Response::from(response));
        let status = response.status_code();
        let body =
            response.bytes().await.map_err(|_| Refusal::new(500, "no_answer", "the run ended without an answer"))?;
        Ok(Reply { status, headers: vec![("content-type", "application/json".into())], body })
    }

    async fn runs(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "limit", "cursor"])?;
        let (store, paths) = self.lake(plan, &query)?;
        let limit = query.number("limit", DOCUMENTS)?;
        let page = Reader::new(&store, &paths).runs(query.get("cursor"), limit).await?;
        Ok(Reply::json(200, &json!({ "runs": page.runs, "cursor": page.cursor })))
    }

    async fn one_run(&self, plan: &Plan, id: &str) -> Answer {
        let query = self.query(&["dataset"])?;
        let (store, paths) = self.lake(plan, &query)?;
        match Reader::new(&store, &paths).run(id).await? {
            Some(record) => Ok(Reply::json(200, &record)),
            None => Err(Refusal::new(404, "no_such_run", "there is no record of such a run")
                .help("`GET /api/runs` lists those that there are")),
        }
    }

    async fn snapshots(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "limit", "before", "at"])?;
        let (store, paths) = self.lake(plan, &query)?;
        let limit = query.number("limit", DOCUMENTS)?;
        let (before, at) = (query.get("before"), query.time("at")?);
        let wanted = |one: &Ancestor| {
            before.is_none_or(|before| one.snapshot.as_str() < before) && at.is_none_or(|at| one.created_at <= at)
        };
        let found = Reader::new(&store, &paths).snapshots(wanted, limit).await?;
        Ok(Reply::json(200, &json!({ "snapshots": found })))
    }

    async fn snapshot(&self, plan: &Plan, id: &str) -> Answer {
        let query = self.query(&["dataset"])?;
        let (store, paths) = self.lake(plan, &query)?;
        let reader = Reader::new(&store, &paths);
        if id != "current" {
            let manifest = at(&reader, Some(id)).await?;
            return Ok(Reply::json(200, &json!({ "snapshot": manifest })));
        }
        let mut current = reader.current().await?.ok_or_else(nothing)?;
        let freshness = reader.freshness(&current).await?;
        current.manifest.ancestors.retain(|one| current.pointer.keeps(&one.snapshot));
        Ok(Reply::json(200, &json!({ "snapshot": current.manifest, "freshness": freshness })))
    }

    async fn file(&self, plan: &Plan, name: &str) -> Answer {
        let query = self.query(&["dataset", "snapshot", "at", "file"])?;
        let (store, paths) = self.lake(plan, &query)?;
        let reader = Reader::new(&store, &paths);
        let manifest = at(&reader, query.moment()?).await?;
        let files = &table(&manifest, name)?.files;
        let last = files.len().saturating_sub(1);
        let file = match query.get("file") {
            Some(_) => files.get(query.number("file", (0, last))?),
            None if last > 0 => {
                return Err(Refusal::new(400, "several_files", format!("{name} lies in {} files", files.len()))
                    .help(format!("Ask for them one by one, with `file` from 0 to {last}")));
            }
            None => files.first(),
        };
        let file = file.ok_or_else(|| Refusal::new(404, "no_such_file", format!("{name} has no such file")))?;
        let body = reader.file(file).await?;
        let named = format!("attachment; filename=\"{name}.parquet\"");
        Ok(Reply { status: 200, headers: Vec::new(), body }
            .with("content-type", "application/vnd.apache.parquet")
            .with("content-disposition", named)
            .with("etag", format!("\"{}\"", file.sha256))
            .with("x-gatelake-snapshot", &manifest.snapshot)
            .with("x-gatelake-files", files.len().to_string()))
    }

    async fn rows(&self, plan: &Plan, name: &str) -> Answer {
        let query = self.query(&["dataset", "snapshot", "at", "limit", "offset"])?;
        let (store, paths) = self.lake(plan, &query)?;
        let reader = Reader::new(&store, &paths);
        let manifest = at(&reader, query.moment()?).await?;
        let table = table(&manifest, name)?;
        let limit = query.number("limit", ROWS)?;
        let offset = query.number("offset", (0, usize::MAX))?;
        let rows = raw(reader.rows(table, offset as u64, limit).await?)?;
        let columns = table
            .columns()
            .map(|column| json!({ "name": column.name, "data_type": column.data_type, "nullable": column.nullable }));
        Ok(Reply::json(
            200,
            &Rows {
                table: name,
                snapshot: &manifest.snapshot,
                columns: columns.collect(),
                total: table.rows,
                offset,
                rows,
            },
        ))
    }

    async fn preview(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "resource", "limit", "files"])?;
        let gateway = dataset(plan, &query)?;
        let limit = query.number("limit", (20, ROWS.0 * 10))?;
        let with_files = query.number("files", (0, 1))? == 1;
        let names: Vec<&str> = gateway.resources.iter().map(|pull| pull.resource.table).collect();
        let resource = query.get("resource").filter(|name| names.contains(name)).ok_or_else(|| {
            Refusal::new(400, "no_such_resource", "the parameter `resource` must name one that is switched on")
                .help(format!("They are: {}", names.join(", ")))
        })?;
        let store = R2::new(&self.env)?;
        let (transport, credentials) = setup::open(&self.env, gateway)?;
        let budget = Budget::new(Host.now() + plan.limits.deadline_ms as i64, plan.limits.requests);
        let mut session = Session::new(&transport, &Host, gateway, credentials, &budget);
        let run = plan.run(gateway, plan.limits.deadline_ms as i64)?;
        let preview = run::preview(&run, resource, limit, &mut session, &store, &Host).await?;
        if with_files {
            let reply = Reply { status: 200, headers: Vec::new(), body: preview.framed()? };
            return Ok(reply.with("content-type", "application/octet-stream"));
        }
        Ok(Reply::json(200, &preview))
    }

    async fn probe(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset"])?;
        let gateway = dataset(plan, &query)?;
        let (transport, credentials) = setup::open(&self.env, gateway)?;
        let budget = Budget::new(Host.now() + plan.limits.deadline_ms as i64, plan.limits.requests);
        let mut session = Session::new(&transport, &Host, gateway, credentials, &budget);
        Ok(Reply::json(200, &session.probe().await?))
    }

    pub(super) fn lake(&self, plan: &Plan, query: &Query) -> std::result::Result<(R2, Paths), Refusal> {
        let gateway = dataset(plan, query)?;
        Ok((R2::new(&self.env)?, Paths::new(&plan.prefix, &gateway.dataset)?))
    }
}

#[derive(serde::Serialize)]
struct Rows<'a> {
    table: &'a str,
    snapshot: &'a str,
    columns: Vec<serde_json::Value>,
    /// Rows of the table in all.
    total: u64,
    offset: usize,
    rows: Vec<Box<serde_json::value::RawValue>>,
}

pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Which snapshot is asked for: `snapshot`, or the time `at`.
    fn moment(&self) -> std::result::Result<Option<&str>, Refusal> {
        match (self.get("snapshot"), self.get("at")) {
            (Some(_), Some(_)) => Err(Refusal::new(400, "bad_parameter", "`snapshot` and `at` cannot both be meant")),
            (_, Some(_)) => self.time("at").map(|_| self.get("at")),
            (snapshot, None) => Ok(snapshot),
        }
    }

    /// A time, in milliseconds since the Unix epoch.
    fn time(&self, name: &str) -> std::result::Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        Moment::time(text).map(Some).ok_or_else(|| {
            Refusal::new(400, "bad_parameter", format!("`{name}` must be a time"))
                .help("Write it like 2026-11-23T18:00:00Z, or in milliseconds since the Unix epoch")
        })
    }

    pub(super) fn number(&self, name: &str, (default, most): (usize, usize)) -> std::result::Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| {
            Refusal::new(400, "bad_parameter", format!("`{name}` must be a whole number from 0 to {most}"))
        })
    }
}

fn health() -> Reply {
    Reply::json(200, &json!({ "ok": true, "product": "gatelake", "version": env!("CARGO_PKG_VERSION") }))
}

fn no_route(path: &str) -> Refusal {
    Refusal::new(404, "no_such_route", format!("there is nothing at {path}")).help("docs/api.md lists the routes")
}

fn nothing() -> Refusal {
    Refusal::new(404, "nothing_published", "nothing is published yet")
        .help("Wait for the cron, or start a run with `POST /api/runs`")
}

/// The gateway that a request is about: the one it names, or the only one.
fn dataset<'p>(plan: &'p Plan, query: &Query) -> std::result::Result<&'p Gateway, Refusal> {
    match (query.get("dataset"), plan.gateways.as_slice()) {
        (Some(name), _) => named(plan, name),
        (None, [only]) => Ok(only),
        (None, _) => Err(Refusal::new(400, "dataset_needed", "there are several datasets: name one with `dataset`")
            .help(format!("They are: {}", datasets(plan)))),
    }
}

pub(super) fn named<'p>(plan: &'p Plan, name: &str) -> std::result::Result<&'p Gateway, Refusal> {
    plan.gateway(name).ok_or_else(|| {
        Refusal::new(404, "no_such_dataset", format!("there is no dataset {name}"))
            .help(format!("They are: {}", datasets(plan)))
    })
}

fn datasets(plan: &Plan) -> String {
    plan.gateways.iter().map(|gateway| gateway.dataset.as_str()).collect::<Vec<_>>().join(", ")
}

/// The manifest of the snapshot that is meant, see [`Moment::parse`], or of the current one.
pub(super) async fn at(reader: &Reader<'_, R2>, moment: Option<&str>) -> std::result::Result<Manifest, Refusal> {
    let moment = moment.map_or(Moment::Current, Moment::parse);
    match reader.find(&moment).await.map_err(missing)? {
        Some(manifest) => Ok(manifest),
        None if moment == Moment::Current => Err(nothing()),
        None => Err(Refusal::new(404, "no_such_snapshot", "there is no such snapshot, or there was none yet")
            .help("`GET /api/snapshots` lists those that there are")),
    }
}

fn table<'m>(manifest: &'m Manifest, name: &str) -> std::result::Result<&'m Table, Refusal> {
    manifest.table(name).ok_or_else(|| {
        let names: Vec<&str> = manifest.tables.iter().map(|table| table.schema.name.as_str()).collect();
        Refusal::new(404, "no_such_table", format!("this snapshot has no table {name}"))
            .help(format!("It has: {}", names.join(", ")))
    })
}
