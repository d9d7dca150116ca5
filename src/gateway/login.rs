//! The three logins of the admin API, and how to find out which one a gateway has.
//!
//! It is an administrator's account, and nobody has published when it is locked: a password that was refused once is never
//! tried again, nor at another path. Only a path that is not there (404), takes no POST (405) or no such body (415) leads on.

use super::answer::{Answer, Failure, redirected};
use super::budget::{Backoff, retry_after};
use super::catalogue::Api;
use super::session::Session;
use super::url::encode;
use crate::config::{Dialect, Login};
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Http, Method, Request};
use crate::secret::Secret;
use base64::Engine;
use serde::Deserialize;

/// A token is renewed this many milliseconds before its end, or when a tenth of its life is left, whichever is later.
const AHEAD: i64 = 60_000;
/// A token's answer has at most this many bytes.
const GRANT_BYTES: usize = 64 << 10;

pub(super) struct Token {
    pub text: Secret,
    /// When to get the next one, in milliseconds since the epoch; `None`: when it is refused.
    pub renew_at: Option<i64>,
}

/// What OAuth answers. The vendor's samples show these fields only; the others that the standard has are not needed.
#[derive(Deserialize)]
struct Grant {
    access_token: Option<String>,
    /// Seconds that are left.
    expires_in: Option<serde_json::Value>,
}

impl Dialect {
    fn path(self) -> &'static str {
        if self == Dialect::OauthToken { "/backend/oauth/token" } else { "/backend/login" }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Dialect::Auto => "auto",
            Dialect::Login => "login",
            Dialect::OauthToken => "oauth-token",
            Dialect::V2Header => "v2-header",
        }
    }
}

impl<H: Http, T: Host> Session<'_, H, T> {
    /// Gets a token, whether there is one already or not.
    pub(super) async fn log_in(&mut self) -> Result<Secret> {
        let dialects = self.dialects();
        for dialect in &dialects {
            if let Some(mut token) = self.log_in_by(*dialect).await? {
                // A server that hands out the same token again has nothing better: use it until it is refused.
                if self.token.as_ref().is_some_and(|old| old.text == token.text) {
                    token.renew_at = None;
                }
                self.wire.host.log(&format!("gateway {}: logged in ({})", self.gateway.dataset, dialect.name()));
                self.dialect = Some(*dialect);
                let text = token.text.clone();
                self.token = Some(token);
                return Ok(text);
            }
        }
        let tried: Vec<String> =
            dialects.iter().map(|dialect| format!("{} at {}", dialect.name(), dialect.path())).collect();
        Err(Error::new(
            Kind::Config,
            "no_login",
            format!("the gateway has no login that is known here: tried {}", tried.join(", ")),
        )
        .at(self.gateway.base.to_string())
        .help(
            "Check `base_url`; API 3 needs `client_id` and `client_secret_secret`; or name a token with `token_secret`",
        ))
    }

    /// Which logins to try, in this order.
    fn dialects(&self) -> Vec<Dialect> {
        let Login::Password { dialect, client, .. } = &self.credentials.login else { return Vec::new() };
        match (self.dialect.unwrap_or(*dialect), self.gateway.api) {
            (Dialect::Auto, Some(Api::V3)) => vec![Dialect::Login, Dialect::OauthToken],
            (Dialect::Auto, None) if client.is_some() => vec![Dialect::Login, Dialect::OauthToken, Dialect::V2Header],
            (Dialect::Auto, _) => vec![Dialect::V2Header],
            (known, _) => vec![known],
        }
    }

    /// `None` when the gateway does not have this login.
    async fn log_in_by(&self, dialect: Dialect) -> Result<Option<Token>> {
        let mut backoff = Backoff::new(self.gateway.limits.retries);
        let url = self.gateway.base.url(dialect.path());
        let mut scope = true;
        loop {
            let Some(request) = self.login_request(dialect, &url, scope) else { return Ok(None) };
            let failure = match self.try_login(request).await {
                Ok(token) => return Ok(Some(token)),
                Err(failure) => failure.veiled(&self.secrets()),
            };
            match failure.status {
                404 | 405 | 415 => return Ok(None),
                // Judged before the password: nothing is lost by asking for the client's own scope.
                400 if scope && failure.error.code() == "invalid_scope" => scope = false,
                _ => {
                    let error = failure.error.at(format!("login, {url}"));
                    backoff.pause(error, failure.retry_after, self.wire.budget, self.wire.host).await?;
                }
            }
        }
    }

    fn login_request(&self, dialect: Dialect, url: &str, scope: bool) -> Option<Request> {
        let Login::Password { username, password, client, .. } = &self.credentials.login else { return None };
        let mut headers = vec![("accept".to_owned(), Secret::new("application/json"))];
        let body = if dialect == Dialect::V2Header {
            headers.push(("content-type".to_owned(), Secret::new("application/json")));
            serde_json::json!({ "username": username, "password": password.reveal() }).to_string()
        } else {
            let (id, secret) = client.as_ref()?;
            headers.push(("authorization".to_owned(), Secret::new(format!("Basic {}", basic(id, secret).reveal()))));
            headers.push(("content-type".to_owned(), Secret::new("application/x-www-form-urlencoded")));
            let scope = if scope { "&scope=read" } else { "" };
            format!("grant_type=password&username={}&password={}{scope}", encode(username), encode(password.reveal()))
        };
        Some(self.request(Method::Post, url.to_owned(), headers, Some(Secret::new(body))))
    }

    async fn try_login(&self, request: Request) -> Result<Token, Failure> {
        let sent = self.wire.host.now();
        let mut response = self.wire.send(request).await?;
        let status = response.status;
        let secrets = self.secrets();
        if (300..400).contains(&status) {
            let (url, own) = (self.gateway.base.url("/"), self.gateway.base.origin());
            let (_, other) = own.follow(&url, response.header("location").unwrap_or_default());
            return Err(Failure { status, ..redirected(status, own, other.as_ref(), &secrets).into() });
        }
        if !(200..300).contains(&status) {
            // The status alone decides: a refusal whose words break off is still a refusal, and no reason to try again.
            let excerpt = self.wire.excerpt(&mut response.body).await;
            let answer = self.answer(&response, &excerpt, &secrets);
            let wait = response.header("retry-after").and_then(|value| retry_after(value, self.wire.host.now()));
            let challenge = response.header("www-authenticate").unwrap_or_default();
            return Err(Failure { status, retry_after: wait, ..refused(&answer, challenge).into() });
        }
        let mut text = Vec::new();
        while let Some(chunk) = self.wire.chunk(&mut response.body).await? {
            text.extend_from_slice(&chunk);
            if text.len() > GRANT_BYTES {
                return Err(no_token("the login's answer is far too long for a token").into());
            }
        }
        let answer = self.answer(&response, &text, &secrets);
        if answer.is_html() {
            return Err(answer.not_json().into());
        }
        let grant: Option<Grant> = serde_json::from_slice(&text).ok();
        let (token, life) = match grant {
            Some(Grant { access_token: Some(token), expires_in }) => {
                (Some(token), expires_in.as_ref().and_then(seconds))
            }
            _ => (response.header("authorization").and_then(bearer), None),
        };
        // Whatever it is made of, it has to fit into a header.
        let token = token.filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()));
        let token =
            token.ok_or_else(|| no_token("the login succeeded, but its answer holds no token that can be used"))?;
        let renew_at = life.map(|life| sent.saturating_add(life).saturating_sub(AHEAD.min(life / 10)));
        Ok(Token { text: Secret::new(token), renew_at })
    }
}

/// What a refused login means. No 401 or 403 of a login is ever worth a second try.
fn refused(answer: &Answer, challenge: &str) -> Error {
    let code = answer.oauth_error();
    let error = answer.error();
    let client =
        code == "invalid_client" || (answer.status == 401 && challenge.to_ascii_lowercase().starts_with("basic"));
    let told = |kind, code, what: &str| Error::new(kind, code, format!("{what} ({}{})", answer.status, answer.says()));
    match answer.status {
        400 if code == "invalid_scope" => {
            told(Kind::Config, "invalid_scope", "the gateway does not grant this client any scope")
                .help("Check the client's scopes on the appliance")
        }
        400 | 401 if client => {
            told(Kind::Auth, "client_refused", "the gateway refuses the client id or the client secret").help(
                "Compare them with security.client-id and security.client-secret in /opt/sftpgw/application.properties",
            )
        }
        403 if answer.is_html() => error,
        400 if code == "invalid_grant" => login_refused(told),
        401 | 403 => login_refused(told),
        400..=499 if !error.is_transient() => {
            told(Kind::Upstream, "login_failed", "the gateway does not understand the login")
                .help("Set `auth` to the login that this gateway has: \"login\", \"oauth-token\" or \"v2-header\"")
        }
        _ => error,
    }
}

fn login_refused(told: impl Fn(Kind, &'static str, &str) -> Error) -> Error {
    told(Kind::Auth, "login_refused", "the gateway refuses the user name or the password").help(
        "Nothing was tried again, so that the account is not locked: check `username`, and store the right password with \
         `wrangler secret put`; an account that signs in by SSO has no password here",
    )
}

fn no_token(what: &str) -> Error {
    Error::new(Kind::Upstream, "no_token", what)
        .help("Set `auth` to the login that this gateway has: \"login\", \"oauth-token\" or \"v2-header\"")
}

/// What stands behind `Basic` in a header.
pub(super) fn basic(id: &Secret, secret: &Secret) -> Secret {
    let pair = format!("{}:{}", id.reveal(), secret.reveal());
    Secret::new(base64::engine::general_purpose::STANDARD.encode(pair))
}

/// The token of an `Authorization: Bearer …` header.
fn bearer(header: &str) -> Option<String> {
    let (scheme, token) = header.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Milliseconds of an `expires_in`, a number of seconds (as text with some servers); what is no positive number says nothing.
fn seconds(value: &serde_json::Value) -> Option<i64> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())?;
    (seconds > 0).then(|| seconds.saturating_mul(1000))
}
