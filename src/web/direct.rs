//! A gateway read by the page itself, with a login that is typed there: for a look at a gateway that no Worker is set up for. The
//! gateway has to allow the page's origin (CORS), and the page's policy the gateway's.

use super::fetch::Fetch;
use super::host::Host;
use super::signal::unless;
use super::{plain, thrown};
use crate::config::{self, Gateway, Plan};
use crate::error::{Error, Kind, Result};
use crate::gateway::Session;
use crate::gateway::budget::Budget;
use crate::gateway::pull::Sink;
use crate::host::Host as _;
use crate::normalize::{Envelope, Select};
use crate::run::Traffic;
use crate::secret::Secret;
use js_sys::{Function, Promise, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** What the work may use beside its configuration. */
export interface Means {
  /** What the configuration's names of secrets stand for. */
  secrets: Record<string, string>;
  /** Of a run: the one gateway to read; all of them, one after the other, if it is left out. */
  dataset?: string;
  /** The way to the gateways; the global one if it is left out. It must not follow redirects. */
  fetch?: (request: Request) => Promise<Response>;
  /** Ends it all: the promise rejects with its reason. */
  signal?: AbortSignal;
  /** Hears what is tried again, and of a run a line about each resource. */
  log?: (line: string) => void;
}
/** Where a gateway's bodies go. A `Normalizer` for each resource does what is asked here. */
export interface BodySink {
  /** Whether a resource may still begin anew when a body breaks off, rather than fail; it may if this is left out. */
  readonly again?: boolean;
  /** The resource begins, or begins anew: whatever came of it before is void. */
  restart(resource: string): void;
  /** A body begins; its records lie in an envelope, or it is the record or list of records itself. */
  begin(resource: string, records: 'envelope' | 'root'): void;
  /** Its next bytes. The next ones come when the promise has been kept. */
  feed(resource: string, bytes: Uint8Array): void | Promise<void>;
  /** It is whole: what stood around its records, as `Normalizer.endBody` answers. */
  end(resource: string): { records_at: string; records: number; facts: [string, number][] };
}
export interface Pulled {
  /** The generation of the gateway's API: 2 or 3. */
  api: number;
  /** Requests, logins and further tries among them. */
  requests: number;
  /** The resources of the settings that this generation has. */
  offers: { table: string; path: string }[];
  resources: { resource: string; pages: number; bytes: number; requests: number }[];
}
"#;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "BodySink")]
    pub type BodySink;
    #[wasm_bindgen(method, getter, structural)]
    fn again(this: &BodySink) -> Option<bool>;
    #[wasm_bindgen(method, catch)]
    fn restart(this: &BodySink, resource: &str) -> std::result::Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn begin(this: &BodySink, resource: &str, records: &str) -> std::result::Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn feed(this: &BodySink, resource: &str, bytes: Uint8Array) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn end(this: &BodySink, resource: &str) -> std::result::Result<JsValue, JsValue>;

    #[wasm_bindgen(typescript_type = "Record<string, string>")]
    pub type Secrets;

    #[wasm_bindgen(typescript_type = "Means")]
    pub type Means;
    #[wasm_bindgen(method, getter, structural)]
    pub fn secrets(this: &Means) -> Secrets;
    #[wasm_bindgen(method, getter, structural)]
    pub fn fetch(this: &Means) -> Option<Function>;
    #[wasm_bindgen(method, getter, structural)]
    pub fn signal(this: &Means) -> Option<AbortSignal>;
    #[wasm_bindgen(method, getter, structural)]
    pub fn log(this: &Means) -> Option<Function>;
}

/// The name that errors give the gateway.
const NAME: &str = "direct";

/// Logs in to a gateway and brings resources of it to `sink`, one after the other, page by page.
///
/// `settings`: JSON text with the keys of a `[gateway.NAME]` section of `gatelake.toml`, which names secrets and holds none: what
/// those names stand for is kept no longer than the call. A resource that the gateway's generation does not have is left out of the
/// answer.
///
/// Rejects with an `Error` with a `code`, with the signal's reason, or with whatever the sink threw.
///
/// ```js
/// const settings = { base_url, username, password_secret: 'PASSWORD', client_id, client_secret_secret: 'CLIENT' };
/// await pullGateway(JSON.stringify(settings), ['users'], sink, { secrets: { PASSWORD: '…', CLIENT: '…' }, signal });
/// ```
#[wasm_bindgen(js_name = pullGateway, unchecked_return_type = "Pulled")]
pub async fn pull_gateway(
    settings: String,
    resources: Vec<String>,
    sink: BodySink,
    means: Means,
) -> std::result::Result<JsValue, JsValue> {
    let gateway = read(&settings).map_err(thrown)?;
    let credentials =
        gateway.credentials(|name| secret(&means.secrets(), name)).map_err(|error| thrown(asked_for(error)))?;
    let mut sink = Bridge { sink, resource: String::new(), thrown: None };
    let done = {
        let work = pull(&gateway, credentials, &resources, &mut sink, &means);
        unless(means.signal(), work).await?
    };
    match done {
        Ok(pulled) => plain(&pulled),
        Err(error) => Err(sink.thrown.unwrap_or_else(|| thrown(error))),
    }
}

#[derive(Serialize)]
struct Pulled {
    api: u8,
    requests: u32,
    offers: Vec<Offer>,
    resources: Vec<Resource>,
}

#[derive(Serialize)]
struct Offer {
    table: &'static str,
    path: &'static str,
}

#[derive(Serialize)]
struct Resource {
    resource: String,
    #[serde(flatten)]
    traffic: Traffic,
}

async fn pull(
    gateway: &Gateway,
    credentials: config::Credentials,
    resources: &[String],
    sink: &mut Bridge,
    means: &Means,
) -> Result<Pulled> {
    let (limits, host) = (&gateway.limits, Host(means.log()));
    let budget = Budget::new(host.now() + limits.deadline_ms as i64, limits.requests);
    let transport = Fetch::by(means.fetch());
    let mut session = Session::new(&transport, &host, gateway, credentials, &budget);
    let api = session.api().await?;
    let offer = |pull: &config::Pull| pull.resource.path(api).map(|path| Offer { table: pull.resource.table, path });
    let offers = gateway.resources.iter().filter_map(offer).collect();
    let mut pulled = Vec::new();
    for resource in resources {
        let Some(pull) = gateway.resources.iter().find(|pull| pull.resource.table == *resource) else {
            let known: Vec<&str> = gateway.resources.iter().map(|pull| pull.resource.table).collect();
            return Err(Error::new(Kind::Config, "not_configured", format!("{resource} is not switched on"))
                .help(format!("They are: {}", known.join(", "))));
        };
        if !session.offers(pull.resource) {
            continue;
        }
        let mut traffic = Traffic::default();
        sink.resource.clone_from(resource);
        session.pull(pull, sink, &mut traffic).await?;
        pulled.push(Resource { resource: resource.clone(), traffic });
    }
    Ok(Pulled { api: api.number(), requests: budget.spent(), offers, resources: pulled })
}

/// The settings as a section of a configuration, under the same checks.
fn read(settings: &str) -> Result<Gateway> {
    // The reader's own words may repeat a value.
    let section: toml::Table = serde_json::from_str(settings).map_err(|error| {
        Error::new(Kind::Config, "bad_config", "the settings are no JSON object of texts, numbers, switches and lists")
            .at(format!("line {}, column {}", error.line(), error.column()))
    })?;
    let named = |name: &str, table: toml::Table| toml::Table::from_iter([(name.to_owned(), toml::Value::Table(table))]);
    let plan = Plan::from_table(&named("gateway", named(NAME, section)))?;
    match plan.gateways.into_iter().next() {
        Some(gateway) if gateway.transport == config::Transport::Fetch => Ok(gateway),
        _ => Err(Error::new(Kind::Config, "bad_config", "transport: there are no bindings outside of a Worker")),
    }
}

pub(super) fn secret(secrets: &Secrets, name: &str) -> Option<Secret> {
    Reflect::get(secrets, &name.into()).ok()?.as_string().map(Secret::new)
}

/// A missing secret is one that nobody has typed; what a Worker's owner would do about it is no help here.
fn asked_for(error: Error) -> Error {
    error.help("Give the password, the client secret or the token with the call")
}

/// From the gateway's client to JavaScript.
struct Bridge {
    sink: BodySink,
    /// The one that is being read.
    resource: String,
    /// What the sink threw, to be thrown again as it was.
    thrown: Option<JsValue>,
}

impl Bridge {
    /// A body that ended too early is the one thing thrown that may pass: the resource is then read again.
    fn answered<T>(&mut self, answer: std::result::Result<T, JsValue>) -> Result<T> {
        answer.map_err(|thrown| {
            let code = Reflect::get(&thrown, &"code".into()).ok().and_then(|code| code.as_string());
            self.thrown = Some(thrown);
            match code.as_deref() {
                Some("cut_body") => Error::new(Kind::Transient, "cut_body", "the body ends before its JSON does"),
                Some("empty_body") => Error::new(Kind::Transient, "empty_body", "nothing came"),
                _ => Error::new(Kind::Data, "sink", "the bodies were not taken"),
            }
        })
    }
}

impl Sink for Bridge {
    fn again(&self) -> bool {
        self.sink.again().unwrap_or(true)
    }

    fn restart(&mut self) -> Result<()> {
        self.thrown = None;
        let answer = self.sink.restart(&self.resource);
        self.answered(answer)
    }

    fn begin(&mut self, select: Select) -> Result<()> {
        let records = match select {
            Select::Envelope => "envelope",
            Select::Root => "root",
        };
        let answer = self.sink.begin(&self.resource, records);
        self.answered(answer)
    }

    async fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        let answer = match self.sink.feed(&self.resource, Uint8Array::from(bytes)) {
            Ok(value) if value.is_undefined() => Ok(value),
            Ok(value) => JsFuture::from(Promise::resolve(&value)).await,
            Err(thrown) => Err(thrown),
        };
        self.answered(answer).map(drop)
    }

    fn end(&mut self) -> Result<Envelope> {
        let answer = self.sink.end(&self.resource).and_then(|said| Ok(serde_wasm_bindgen::from_value(said)?));
        self.answered(answer)
    }
}
