//! `gatelake.toml` → a [`Plan`], checked as a whole before anything runs.
//!
//! The file never holds a secret: it names the bindings that do. Whatever is wrong is said at once, each with its key, what
//! is allowed there and the nearest right name; `docs/configuration.md` lists every key.

mod gateway;
mod read;
mod secrets;

pub use secrets::{Credentials, Login};

use crate::error::{Error, Kind, Result};
use crate::gateway::catalogue::{Api, Records, Resource};
use crate::gateway::url::Base;
use crate::lake::plan::ShrinkGuard;
use crate::lake::{Derive, Disposition, Paths, Retention};
use crate::normalize::Options;
use crate::run;
use read::Section;

/// The last part of a run, kept for publishing, in milliseconds; a fifth of a short one.
const PUBLISH_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 3_600_000;

/// Everything a run needs to know but the secrets.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What every key in the bucket begins with; empty, or without a slash at either end.
    pub prefix: String,
    /// Which snapshots are kept.
    pub retention: Retention,
    /// Whether runs keep each other from the gateway.
    pub lease: bool,
    /// What else every dataset has for its readers.
    pub derive: Derive,
    pub limits: Limits,
    /// In the order of their names.
    pub gateways: Vec<Gateway>,
}

/// Bounds of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the whole run, from its start.
    pub deadline_ms: u64,
    /// Of a request until its headers, and of each wait for more of its body.
    pub timeout_ms: u64,
    /// Further tries of a request, and of a resource whose body broke off.
    pub retries: u32,
    /// To all gateways together, tries included.
    pub requests: u32,
    /// Bytes of all pages of one resource together.
    pub resource_bytes: u64,
}

/// One gateway: a dataset of its own.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// lower_snake, unique.
    pub dataset: String,
    pub base: Base,
    /// `None`: as the login that works says.
    pub api: Option<Api>,
    pub auth: Auth,
    pub transport: Transport,
    /// Pages may connect to it by themselves, where it allows their origin.
    pub direct: bool,
    /// Headers of every request: name (lower case), and the binding that holds the value.
    pub headers: Vec<(String, String)>,
    pub limits: Limits,
    /// Whether runs publish the table `access_review`.
    pub access_review: bool,
    /// Those that are on. One that the gateway's generation lacks is still here when `api` is `None`.
    pub resources: Vec<Pull>,
}

/// How a gateway knows us. Names of bindings, not their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Auth {
    /// A token that somebody else got.
    Token {
        token_secret: String,
    },
    Password {
        dialect: Dialect,
        username: String,
        password_secret: String,
        client: Option<Client>,
    },
}

/// The pair that 3.x wants besides the user: `security.client-id` and `security.client-secret` of the appliance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    pub id: Setting,
    pub secret: String,
}

/// A text of the file, or the binding that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    Text(String),
    Binding(String),
}

/// Which login to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Find out: those below, in this order, as long as the path itself is not there.
    Auto,
    /// A form with the client pair as HTTP Basic, at `/backend/login`.
    Login,
    /// The same at `/backend/oauth/token`.
    OauthToken,
    /// 2.x: JSON at `/backend/login`, the token in a response header.
    V2Header,
}

/// The way to the gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The public internet.
    Fetch,
    /// A service or VPC binding of that name.
    Binding(String),
}

/// One resource that is to be pulled, and how.
#[derive(Clone, Debug)]
pub struct Pull {
    pub resource: &'static Resource,
    pub records: Records,
    /// Records a page; asks for pages from the start. `None`: pages are followed only when the server shows that it has some.
    pub page_size: Option<u32>,
    pub disposition: Disposition,
    pub shrink: ShrinkGuard,
    pub options: Options,
}

impl Plan {
    /// Reads the text of a `gatelake.toml`. The error, of kind `Config`, lists everything that is wrong.
    ///
    /// ```
    /// let plan = gatelake::config::Plan::parse(r#"
    ///     [gateway.files]
    ///     base_url = "https://files.example"
    ///     username = "webadmin"
    ///     password_secret = "FILES_PASSWORD"
    /// "#)?;
    /// assert_eq!(plan.gateways[0].dataset, "files");
    /// # Ok::<(), gatelake::error::Error>(())
    /// ```
    pub fn parse(text: &str) -> Result<Plan> {
        let table: toml::Table = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        Plan::from_table(&table)
    }

    /// The same from a table that is already there.
    pub fn from_table(table: &toml::Table) -> Result<Plan> {
        let problems = read::Problems::default();
        let root = Section::root(table, &problems);
        let plan = plan(&root);
        root.finish();
        match problems.into_error() {
            Some(error) => Err(error),
            None => Ok(plan),
        }
    }

    /// What to bring from one gateway, in at most `run_ms` milliseconds.
    pub fn run(&self, gateway: &Gateway, run_ms: i64) -> Result<run::Plan> {
        let resource = |pull: &Pull| run::Resource {
            name: pull.resource.table.to_owned(),
            options: pull.options.clone(),
            disposition: pull.disposition,
            guard: pull.shrink,
        };
        let publish_ms = PUBLISH_MS.min(run_ms / 5);
        Ok(run::Plan {
            paths: Paths::new(&self.prefix, &gateway.dataset)?,
            resources: gateway.resources.iter().map(resource).collect(),
            access_review: gateway.access_review,
            budget: run::Budget { run_ms, publish_ms, lease: self.lease, ..run::Budget::default() },
            derive: self.derive,
        })
    }

    /// The gateway of that dataset.
    pub fn gateway(&self, dataset: &str) -> Option<&Gateway> {
        self.gateways.iter().find(|gateway| gateway.dataset == dataset)
    }
}

/// Only line, column and reason: the parser's own message quotes the line, and a line may hold what should not be there.
fn syntax(text: &str, error: &toml::de::Error) -> Error {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Error::new(Kind::Config, "bad_toml", "the configuration is not valid TOML")
        .at(format!("line {line}, column {column}"))
        .help("The usual causes: a text without quotes, a missing `=`, a key or table that stands there twice")
}

fn plan(root: &Section) -> Plan {
    let lake = root.section("lake");
    let prefix = lake.text("prefix").unwrap_or_else(|| "gatelake".into());
    if Paths::new(&prefix, "any").is_err() {
        lake.problem("prefix", "must be names of letters, digits, `_`, `-` and `.`, with single slashes between them");
    }
    let mut shrink = ShrinkGuard::default();
    if let Some(percent) = lake.number("max_shrink_percent", 0, 100) {
        shrink.max_shrink_percent = percent as u8;
    }
    let retention = Retention {
        snapshots: lake.number("keep_snapshots", 1, 10_000).unwrap_or(100),
        age_ms: lake.number("keep_days", 1, 3650).unwrap_or(30) as i64 * DAY_MS,
    };
    let lease = lake.flag("lease").unwrap_or(false);
    let derive = Derive { delta: lake.flag("delta").unwrap_or(true), latest: lake.flag("latest").unwrap_or(false) };
    lake.finish();

    let limits = limits(&root.section("limits"));
    let mut gateways = Vec::new();
    let sections = root.sections("gateway");
    if sections.is_empty() {
        root.problem("gateway", "there is none: name at least one, as a section `[gateway.NAME]` with its `base_url`");
    }
    for section in sections {
        gateways.extend(gateway::read(&section, &limits, shrink));
        section.finish();
    }
    Plan { prefix, retention, lease, derive, limits, gateways }
}

/// Workers end a cron's run after 15 minutes and answer at most 10,000 requests of it, those to the bucket included.
fn limits(section: &Section) -> Limits {
    let limits = Limits {
        deadline_ms: section.number("deadline_seconds", 5, 840).unwrap_or(780) * 1000,
        timeout_ms: section.number("timeout_seconds", 1, 300).unwrap_or(30) * 1000,
        retries: section.number("retries", 0, 20).unwrap_or(5) as u32,
        requests: section.number("requests", 2, 9000).unwrap_or(900) as u32,
        resource_bytes: section.number("resource_mib", 1, 65_536).unwrap_or(4096) << 20,
    };
    section.finish();
    limits
}
