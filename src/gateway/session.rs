//! A run's conversation with one gateway: one login, then reads, one at a time.

use super::answer::{Answer, Failure, first, redirected};
use super::budget::{Backoff, Budget, retry_after};
use super::catalogue::Api;
use super::login::{Token, basic};
use super::url::encode;
use super::wire::Wire;
use crate::config::{Credentials, Dialect, Gateway, Login};
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Http, Method, Request, Response};
use crate::secret::Secret;

/// Redirects within the origin that one read follows.
const REDIRECTS: u32 = 3;

/// Logs in when it first has to, and again only when the token ends or is refused. Everything takes `&mut self`: there are never
/// two logins at once.
///
/// A session is good for one run. It answers [`Session::api`] and [`Session::offers`], brings whole resources with
/// [`Session::pull`], and is a [`crate::run::Source`]. Its errors name the gateway and the URL without its query, and hold none
/// of the credentials, not even when the server repeats them.
pub struct Session<'a, H, T> {
    pub(super) wire: Wire<'a, H, T>,
    pub(super) gateway: &'a Gateway,
    pub(super) credentials: Credentials,
    pub(super) token: Option<Token>,
    /// The login that worked.
    pub(super) dialect: Option<Dialect>,
}

/// An answer whose body has begun, and begins like JSON.
pub(super) struct Opened<B> {
    /// The body up to and including the first byte that is not white space, and what came with it.
    pub lead: Vec<u8>,
    pub body: B,
    /// The `X-Total-Count` header.
    pub total: Option<u64>,
    /// The `Link` header names a next page.
    pub next: bool,
    pub status: u16,
    pub content_type: Option<String>,
}

impl<'a, H: Http, T: Host> Session<'a, H, T> {
    /// Nothing is sent yet. `budget` may be shared with the sessions of other gateways.
    pub fn new(
        http: &'a H,
        host: &'a T,
        gateway: &'a Gateway,
        credentials: Credentials,
        budget: &'a Budget,
    ) -> Session<'a, H, T> {
        let wire = Wire { http, host, budget, timeout: gateway.limits.timeout_ms };
        let token = match &credentials.login {
            Login::Token(token) => Some(Token { text: token.clone(), renew_at: None }),
            Login::Password { .. } => None,
        };
        Session { wire, gateway, credentials, token, dialect: None }
    }

    /// The generation of the API: as configured, or as the login showed. Logs in if that has not happened yet; a token alone
    /// says nothing, and is taken for one of 3.x.
    pub async fn api(&mut self) -> Result<Api> {
        self.token().await?;
        Ok(self.generation())
    }

    pub(super) fn generation(&self) -> Api {
        self.gateway.api.unwrap_or(if self.dialect == Some(Dialect::V2Header) { Api::V2 } else { Api::V3 })
    }

    /// A token to use now: the one at hand, or a new one shortly before that ends.
    async fn token(&mut self) -> Result<Secret> {
        let now = self.wire.host.now();
        match &self.token {
            Some(token) if token.renew_at.is_none_or(|at| now < at) => Ok(token.text.clone()),
            _ => self.log_in().await,
        }
    }

    /// Reads `url`, of this gateway, until its body begins. What may pass is tried again, redirects within the origin are
    /// followed, and a refused token is renewed once.
    pub(super) async fn open(&mut self, place: &str, url: String) -> Result<Opened<H::Body>> {
        self.reach(place, url).await.map_err(|failure| failure.error)
    }

    /// The same, with what the last answer was.
    pub(super) async fn reach(&mut self, place: &str, url: String) -> Result<Opened<H::Body>, Failure> {
        let mut backoff = Backoff::new(self.gateway.limits.retries);
        let (mut url, mut redirects, mut renewed) = (url, 0, false);
        loop {
            let token = self.token().await?;
            let at = |error: Error| error.at(format!("{place}, {}", bare(&url)));
            let failure = match self.try_open(&url, &token).await {
                Ok(opened) => return Ok(opened),
                Err(failure) => failure.veiled(&self.secrets()),
            };
            match failure.status {
                401 if !renewed && matches!(self.credentials.login, Login::Password { .. }) => {
                    renewed = true;
                    self.wire.host.log(&format!("{place}: the token was refused, one new login"));
                    self.log_in().await?;
                }
                401 => return Err(Failure { error: at(self.token_refused(failure.error)), ..failure }),
                300..=399 => {
                    let origin = self.gateway.base.origin();
                    let (target, other) = origin.follow(&url, failure.location.as_deref().unwrap_or_default());
                    match target {
                        Some(target) if redirects < REDIRECTS => {
                            redirects += 1;
                            url = target;
                        }
                        _ => {
                            let error = at(redirected(failure.status, origin, other.as_ref(), &self.secrets()));
                            return Err(Failure { error, ..failure });
                        }
                    }
                }
                _ => {
                    let paused =
                        backoff.pause(at(failure.error), failure.retry_after, self.wire.budget, self.wire.host);
                    if let Err(error) = paused.await {
                        return Err(Failure { error, ..failure });
                    }
                }
            }
        }
    }

    fn token_refused(&self, error: Error) -> Error {
        error.help(match self.credentials.login {
            Login::Token(_) => {
                "The token is wrong or has ended: store a new one under the binding that `token_secret` names"
            }
            Login::Password { .. } => {
                "A new login did not help: check that this web admin may use the API, and the appliance's clock"
            }
        })
    }

    async fn try_open(&self, url: &str, token: &Secret) -> Result<Opened<H::Body>, Failure> {
        let headers = vec![
            ("accept".to_owned(), Secret::new("application/json")),
            ("authorization".to_owned(), Secret::new(format!("Bearer {}", token.reveal()))),
        ];
        let request = self.request(Method::Get, url.to_owned(), headers, None);
        let mut response = self.wire.send(request).await?;
        if !(200..300).contains(&response.status) {
            return Err(self.failure(response).await);
        }
        let mut lead = Vec::new();
        while first(&lead).is_none() {
            match self.wire.chunk(&mut response.body).await? {
                // White space without end is no beginning.
                Some(chunk) if lead.len() < 1 << 16 => lead.extend_from_slice(&chunk),
                _ => {
                    let message = "the answer is empty where JSON was expected";
                    return Err(no_data(&response, Error::new(Kind::Transient, "empty_body", message)));
                }
            }
        }
        let content_type = response.header("content-type").unwrap_or_default();
        let json = match first(&lead) {
            Some(b'{' | b'[') => true,
            Some(b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => content_type.contains("json"),
            _ => false,
        };
        if !json {
            lead.extend(self.wire.excerpt(&mut response.body).await);
            return Err(no_data(&response, self.answer(&response, &lead, &self.secrets()).not_json()));
        }
        let total = response.header("x-total-count").and_then(|total| total.trim().parse().ok());
        let next =
            response.header("link").is_some_and(|link| link.contains("rel=\"next\"") || link.contains("rel=next"));
        let content_type = response.header("content-type").map(str::to_owned);
        Ok(Opened { lead, body: response.body, total, next, status: response.status, content_type })
    }

    pub(super) fn request(
        &self,
        method: Method,
        url: String,
        mut headers: Vec<(String, Secret)>,
        body: Option<Secret>,
    ) -> Request {
        headers.push(("user-agent".to_owned(), Secret::new(concat!("gatelake/", env!("CARGO_PKG_VERSION")))));
        headers.extend(self.credentials.headers.iter().cloned());
        Request { method, url, headers, body }
    }

    /// Judges an answer that is no 2xx; reads the beginning of its body.
    pub(super) async fn failure(&self, mut response: Response<H::Body>) -> Failure {
        let excerpt = self.wire.excerpt(&mut response.body).await;
        Failure {
            error: self.answer(&response, &excerpt, &self.secrets()).error(),
            status: response.status,
            retry_after: response.header("retry-after").and_then(|value| retry_after(value, self.wire.host.now())),
            location: response.header("location").map(str::to_owned),
            content_type: response.header("content-type").map(str::to_owned),
        }
    }

    pub(super) fn answer<'r>(
        &self,
        response: &'r Response<H::Body>,
        excerpt: &'r [u8],
        secrets: &'r [Secret],
    ) -> Answer<'r> {
        let content_type = response.header("content-type").unwrap_or_default();
        Answer { status: response.status, content_type, excerpt, secrets }
    }

    /// Everything of ours that a server might repeat, also as it stood in the request.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        let mut secrets: Vec<Secret> = self.credentials.secrets().cloned().collect();
        secrets.extend(self.token.iter().map(|token| token.text.clone()));
        let encoded: Vec<Secret> = secrets.iter().map(|secret| Secret::new(encode(secret.reveal()))).collect();
        secrets.extend(encoded);
        if let Login::Password { client: Some((id, secret)), .. } = &self.credentials.login {
            secrets.push(basic(id, secret));
        }
        secrets
    }
}

/// An answer whose status is good, and nothing else.
fn no_data<B>(response: &Response<B>, error: Error) -> Failure {
    let content_type = response.header("content-type").map(str::to_owned);
    Failure { status: response.status, content_type, ..error.into() }
}

/// A URL without its query.
pub(super) fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
