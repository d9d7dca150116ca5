//! The simulated gateway: what it has at any state, and the network in between.
//!
//! Another disposition is tried by another resource here: a line in [`TOML`], its records in [`State::records`], and what they come
//! to in `model`.

use crate::support::gateway::{Reply, Step, Wire, token};
use crate::support::store::{Effects, Fault};
use crate::support::world::Time;
use gatelake::config::Plan;
use gatelake::error::Result;
use gatelake::host::{Http, Request, Response};
use gatelake::lake::Derive;
use serde_json::{Value, json};
use std::rc::Rc;

/// The configuration: `users` replaced with a key, with child tables; `folders` replaced without a key, rarely other ones;
/// `cloud_connections` appended, as if they were events; `diagnostics` merged, of which the gateway tells some each time.
const TOML: &str = r#"
[lake]
prefix = "lake"
[gateway.sftp]
base_url = "https://files.example"
api = "3"
username = "webadmin"
password_secret = "PASSWORD"
client_id = "client"
client_secret_secret = "CLIENT"
[gateway.sftp.resources]
diagnostics = { select = "list", disposition = "merge", strategy = "upsert", primary_key = ["id"] }
users = { primary_key = ["id"] }
cloud_connections = { disposition = "append" }
"#;

/// `more`: with all that the lake makes by itself, the access review, Delta logs and copies.
pub fn config(lease: bool, more: bool) -> Plan {
    let mut plan = Plan::parse(TOML).unwrap();
    plan.lease = lease;
    plan.gateways[0].access_review = more;
    plan.derive = Derive { delta: more, latest: more };
    plan
}

/// What the gateway has: version `v` of users and folders, and the event of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    pub v: i64,
    pub hour: i64,
}

impl State {
    /// The records of a resource. Columns come and go, one changes its type, child tables come into being.
    pub fn records(self, resource: &str) -> Vec<Value> {
        let State { v, hour } = self;
        match resource {
            "users" => (1..3 + v % 3).map(|id| self.user(id)).collect(),
            "folders" => vec![json!({ "path": "/" }), json!({ "path": format!("/home{}", v / 3) })],
            "cloud_connections" if hour % 4 == 3 => Vec::new(),
            "cloud_connections" => vec![json!({ "event": hour, format!("e{}", hour % 3): true })],
            "diagnostics" if v % 5 == 2 => Vec::new(),
            // One of them has no parts: what it had goes.
            "diagnostics" => [v % 4, v % 3 + 4]
                .map(|id| {
                    let parts: Vec<Value> = (0..(v + id) % 3).map(|n| json!({ "of": id, "n": n, "v": v })).collect();
                    json!({ "id": id, "v": v, format!("d{}", v % 3): v, "parts": parts })
                })
                .into(),
            other => panic!("nobody has {other}"),
        }
    }

    fn user(self, id: i64) -> Value {
        let v = self.v;
        let mut user = json!({ "id": id, "v": v, format!("c{}", v % 4): v });
        match v % 3 {
            0 => user["t"] = json!(v),
            1 => user["t"] = json!(format!("text {v}")),
            _ => {}
        }
        if id == 1 || v % 2 == 1 {
            user["keys"] = (0..=v % 2).map(|place| json!({ "v": v, "place": place })).collect();
        }
        if v % 5 == 4 && id == 1 {
            user["keys"][0]["uses"] = json!([{ "v": v }, { "v": v }]);
        }
        user
    }

    fn answer(self, path: &str) -> Reply {
        let resource = match path {
            "/backend/login" => return token("hunter2-token"),
            "/backend/3.0.0/users" => "users",
            "/backend/3.0.0/folders" => "folders",
            "/backend/3.0.0/cloudconnections" => "cloud_connections",
            "/backend/diagnostics" => "diagnostics",
            other => panic!("nobody expected {other}"),
        };
        Reply::json(Value::from(self.records(resource)).to_string())
    }
}

/// The way there, where each request is an effect.
pub struct Network {
    pub effects: Rc<Effects>,
    pub time: Rc<Time>,
    pub state: State,
}

impl Http for Network {
    type Body = Wire;

    async fn send(&self, request: Request) -> Result<Response<Wire>> {
        let fault = self.effects.next().await;
        let path = request.url.strip_prefix("https://files.example").expect("a request to the gateway");
        let reply = match fault {
            None | Some(Fault::Slow | Fault::CrashBefore) => self.state.answer(path),
            Some(Fault::ErrorBefore) => Reply::broken("connection reset"),
            Some(Fault::ErrorAfter) => self.state.answer(path).cut().then(Step::Break("connection reset".into())),
            Some(Fault::Refused) => Reply::json(r#"{"error":"forbidden"}"#).but(403),
            Some(Fault::LostAfter) => Reply::html("<html>Sign in</html>"),
            Some(Fault::Late) => Reply::silent(),
            Some(Fault::Throttled) => Reply::status(429).header("retry-after", "7"),
            Some(Fault::CrashAfter) => {
                self.effects.crash().await;
                Reply::silent()
            }
        };
        reply.open(&self.time).await
    }
}
