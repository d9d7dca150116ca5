//! The HTTP API. One gate in front of all of it; `docs/api.md` has every route with its answers.

use super::auth::{self, Access};
use super::host::Host;
use super::store::R2;
use super::{runs, setup};
use crate::api::{self, Answer, Query, Refusal, Reply};
use crate::config::{Gateway, Plan};
use crate::error::{Error, Kind};
use crate::gateway::Session;
use crate::gateway::budget::Budget;
use crate::host::Host as _;
use crate::lake::{Paths, Reader};
use crate::run;
use serde::Deserialize;
use serde_json::json;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::{Context, Env, Method, Request};

/// A run may be asked for a time that is at most so far ahead, in milliseconds: every later run has to be later still.
const AHEAD: i64 = 60_000;
/// A request's body has at most this many bytes.
const BODY: usize = 4096;
/// Rows of each table in a preview: by default, and at most.
const ROWS: (usize, usize) = (20, 1000);

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
                    _ => return Err(Refusal::no_route(&path)),
                }
            }
            _ => return Err(Refusal::no_route(&path)),
        };
        if let Some(refused) = self.allow(methods) {
            return Ok(refused);
        }
        let plan = setup::plan(&self.env)?;
        let post = self.request.method() == Method::Post;
        match (parts.get(1..).unwrap_or_default(), post) {
            (path, false) if let Some(known) = api::parameters(path) => {
                let query = self.query(known)?;
                let (store, paths) = self.lake(&plan, &query)?;
                api::read(&Reader::new(&store, &paths), path, &query).await
            }
            (["collect"], true) => self.collect(&plan).await,
            (["collect"], false) => self.collections(&plan).await,
            (["datasets"], _) => self.datasets(&plan),
            (["runs"], _) => self.run(plan).await,
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
        Query::new(url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())), known)
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

    async fn preview(&self, plan: &Plan) -> Answer {
        let query = self.query(&["dataset", "resource", "limit", "files"])?;
        let gateway = dataset(plan, &query)?;
        let limit = query.number("limit", ROWS)?;
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

    fn lake(&self, plan: &Plan, query: &Query) -> std::result::Result<(R2, Paths), Refusal> {
        let gateway = dataset(plan, query)?;
        Ok((R2::new(&self.env)?, Paths::new(&plan.prefix, &gateway.dataset)?))
    }
}

fn health() -> Reply {
    Reply::json(200, &json!({ "ok": true, "product": "gatelake", "version": env!("CARGO_PKG_VERSION") }))
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
