//! A gateway in memory that answers from a script.

pub use super::world::World as Clock;
use super::world::{T0, Time};
use gatelake::config::{Credentials, Gateway, Plan};
use gatelake::error::{Error, Kind, Result};
use gatelake::gateway::pull::Sink;
use gatelake::host::{Body, Http, Request, Response};
use gatelake::json::reader::{Reader, Records};
use gatelake::json::scan::{Scan, skip_value};
use gatelake::normalize::{Envelope, Select};
use gatelake::secret::Secret;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// Every secret of these tests has it inside.
pub const MARKER: &str = "hunter2";
pub const PASSWORD: &str = "hunter2 & \"ä\" =+%";
pub const CLIENT_SECRET: &str = "hunter2/client";
pub const ACCESS: &str = "hunter2-access";

/// What comes over the wire, in turn.
#[derive(Clone, Debug)]
pub enum Step {
    Bytes(Vec<u8>),
    /// Milliseconds.
    Wait(u64),
    /// The connection breaks, with the transport's words.
    Break(String),
    /// Nothing more comes, ever.
    Stall,
}

#[derive(Clone, Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    /// Before the headers.
    before: Vec<Step>,
    body: Vec<Step>,
}

impl Reply {
    pub fn status(status: u16) -> Reply {
        Reply { status, headers: Vec::new(), before: Vec::new(), body: Vec::new() }
    }
    pub fn json(text: impl Into<String>) -> Reply {
        Reply::status(200).header("content-type", "application/json").body(text)
    }
    pub fn html(text: &str) -> Reply {
        Reply::status(200).header("content-type", "text/html;charset=UTF-8").body(text)
    }
    /// No answer at all, for the transport's reason.
    pub fn broken(reason: &str) -> Reply {
        Reply { before: vec![Step::Break(reason.into())], ..Reply::status(0) }
    }
    pub fn silent() -> Reply {
        Reply { before: vec![Step::Stall], ..Reply::status(0) }
    }
    pub fn after(mut self, ms: u64) -> Reply {
        self.before.insert(0, Step::Wait(ms));
        self
    }
    pub fn but(mut self, status: u16) -> Reply {
        self.status = status;
        self
    }
    pub fn header(mut self, name: &str, value: &str) -> Reply {
        self.headers.push((name.into(), value.into()));
        self
    }
    pub fn body(self, text: impl Into<String>) -> Reply {
        self.then(Step::Bytes(text.into().into_bytes()))
    }
    pub fn then(mut self, step: Step) -> Reply {
        self.body.push(step);
        self
    }
    /// The body ends half-way.
    pub fn cut(mut self) -> Reply {
        for step in &mut self.body {
            if let Step::Bytes(bytes) = step {
                bytes.truncate(bytes.len() / 2);
            }
        }
        self
    }
    /// What the client sees of it.
    pub async fn open(self, time: &Rc<Time>) -> Result<Response<Wire>> {
        let mut before = Wire { time: time.clone(), steps: self.before.into() };
        if let Some(chunk) = before.chunk().await? {
            panic!("bytes before the headers: {chunk:?}");
        }
        let body = Wire { time: time.clone(), steps: self.body.into() };
        Ok(Response { status: self.status, headers: self.headers, body })
    }
    /// The body comes in pieces of so many bytes, `ms` apart.
    pub fn pieces(mut self, length: usize, ms: u64) -> Reply {
        let body = std::mem::take(&mut self.body);
        for step in body {
            match step {
                Step::Bytes(bytes) => {
                    let pieces = bytes.chunks(length).map(<[u8]>::to_vec);
                    self.body.extend(pieces.flat_map(|piece| [Step::Wait(ms), Step::Bytes(piece)]));
                }
                step => self.body.push(step),
            }
        }
        self
    }
}

/// The JSON of a token.
pub fn token(text: &str) -> Reply {
    Reply::json(format!(r#"{{"access_token":"{text}","token_type":"bearer"}}"#))
}

/// A request as it was sent, secrets in the clear.
#[derive(Clone, Debug)]
pub struct Sent {
    /// `GET /path?query`
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Sent {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

pub type Script = Box<dyn Fn(&Sent) -> Reply>;

/// Answers from the script of the request's line, or of its line without the query, in turn; the last answer again and again.
pub struct Web {
    pub clock: Rc<Clock>,
    scripts: RefCell<BTreeMap<String, VecDeque<Reply>>>,
    echo: RefCell<Option<Script>>,
    pub sent: RefCell<Vec<Sent>>,
}

impl Web {
    pub fn new() -> Web {
        Web {
            clock: Rc::new(Clock::new(T0, 7)),
            scripts: RefCell::default(),
            echo: RefCell::default(),
            sent: RefCell::default(),
        }
    }
    pub fn on(self, line: &str, replies: impl IntoIterator<Item = Reply>) -> Web {
        self.scripts.borrow_mut().insert(line.into(), replies.into_iter().collect());
        self
    }
    /// What is in no script is answered by this.
    pub fn otherwise(self, script: impl Fn(&Sent) -> Reply + 'static) -> Web {
        self.echo.replace(Some(Box::new(script)));
        self
    }
    /// The lines of all requests so far.
    pub fn lines(&self) -> Vec<String> {
        self.sent.borrow().iter().map(|sent| sent.line.clone()).collect()
    }
    pub fn logins(&self) -> usize {
        self.lines().iter().filter(|line| line.starts_with("POST ")).count()
    }

    fn reply(&self, sent: &Sent) -> Reply {
        let mut scripts = self.scripts.borrow_mut();
        let bare = sent.line.split('?').next().unwrap();
        let found = if scripts.contains_key(&sent.line) { &sent.line } else { bare };
        let echo = self.echo.borrow();
        match (scripts.get_mut(found), echo.as_ref()) {
            (Some(replies), _) if replies.len() > 1 => replies.pop_front().unwrap(),
            (Some(replies), _) => replies.front().unwrap().clone(),
            (None, Some(echo)) => echo(sent),
            (None, None) => panic!("nobody expected {}", sent.line),
        }
    }
}

impl Http for Web {
    type Body = Wire;

    async fn send(&self, request: Request) -> Result<Response<Wire>> {
        let path = request.url.strip_prefix("https://files.example").expect("a request to the gateway");
        let sent = Sent {
            line: format!("{} {path}", format!("{:?}", request.method).to_uppercase()),
            headers: request.headers.iter().map(|(name, value)| (name.clone(), value.reveal().into())).collect(),
            body: request.body.as_ref().map(|body| body.reveal().into()).unwrap_or_default(),
        };
        let reply = self.reply(&sent);
        self.sent.borrow_mut().push(sent);
        reply.open(&self.clock.time).await
    }
}

pub struct Wire {
    time: Rc<Time>,
    steps: VecDeque<Step>,
}

impl Body for Wire {
    async fn chunk(&mut self) -> Result<Option<Vec<u8>>> {
        loop {
            match self.steps.pop_front() {
                Some(Step::Bytes(bytes)) => return Ok(Some(bytes)),
                Some(Step::Wait(ms)) => self.time.timer(ms).await,
                Some(Step::Break(reason)) => return Err(gatelake::gateway::transport_failure(&reason)),
                Some(Step::Stall) => std::future::pending().await,
                None => return Ok(None),
            }
        }
    }
}

/// A gateway's configuration, from lines of its section.
pub fn gateway(lines: &str) -> Gateway {
    let text = format!("[gateway.files]\nbase_url = \"https://files.example\"\n{lines}");
    Plan::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}")).gateways.remove(0)
}

/// Lines of a gateway of API 3 with a login, and more of them.
pub fn v3(lines: &str) -> Gateway {
    gateway(&format!(
        "username = \"webadmin\"\npassword_secret = \"PASSWORD\"\nclient_id = \"client\"\nclient_secret_secret = \"CLIENT\"\n{lines}"
    ))
}

pub fn credentials(gateway: &Gateway) -> Credentials {
    let secret = |name: &str| match name {
        "PASSWORD" => Some(PASSWORD),
        "CLIENT" => Some(CLIENT_SECRET),
        "ACCESS" => Some(ACCESS),
        "TOKEN" => Some("hunter2-static"),
        _ => None,
    };
    gateway.credentials(|name| secret(name).map(Secret::new)).unwrap()
}

/// Keeps the records of a resource, as their JSON.
#[derive(Default)]
pub struct Kept {
    pub records: Vec<String>,
    pub restarts: usize,
    reader: Option<Reader>,
}

impl Records for Kept {
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        let end = skip_value(b, at, 1)?;
        self.records.push(String::from_utf8(b[at..end].to_vec()).unwrap());
        Ok(end)
    }
    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Sink for Kept {
    fn restart(&mut self) -> Result<()> {
        *self = Kept { restarts: self.restarts + 1, ..Kept::default() };
        Ok(())
    }
    fn begin(&mut self, select: Select) -> Result<()> {
        self.reader = Some(Reader::new(select));
        Ok(())
    }
    async fn feed(&mut self, bytes: &[u8]) -> Result<()> {
        let mut reader = self.reader.take().unwrap();
        let fed = reader.feed(bytes, self);
        self.reader = Some(reader);
        fed
    }
    fn end(&mut self) -> Result<Envelope> {
        match self.reader.take() {
            Some(mut reader) => reader.end(self),
            None => Err(Error::new(Kind::Data, "no_body", "no body has begun")),
        }
    }
}
