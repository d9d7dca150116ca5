//! What an answer that is no data means, in words for the person who can mend it.

use super::redact::{MASK, redact_text};
use super::url::Origin;
use crate::error::{Error, Kind};
use crate::order;
use crate::secret::Secret;

const CERTIFICATE_HELP: &str = "The appliance comes with a self-signed certificate. Reach it through a Workers VPC service \
    (`transport = \"binding:NAME\"`) whose certificate check is set to fit, through a Cloudflare Tunnel with noTLSVerify and an \
    Access service token, or give it a certificate of a public authority. On a machine of yours, `gatelake pull` trusts it with \
    `--pin-sha256` or `--cacert`, and `gatelake check` shows its fingerprint";
const ACCESS_HELP: &str = "Cloudflare Access stands in front: make a service token, allow it in the application's policy, and \
    set `headers = { cf-access-client-id = \"BINDING\", cf-access-client-secret = \"BINDING\" }` for this gateway";
const SSO_HELP: &str = "A sign-in page for people stands in front, which a program cannot pass: reach the gateway's own \
    address, or let the proxy exempt /backend/";
const BASE_HELP: &str = "Check `base_url`: it should be the gateway's own address, without a path";

/// One try that brought no data.
pub(super) struct Failure {
    pub error: Error,
    /// 0 when there was no answer at all.
    pub status: u16,
    /// Milliseconds that the server asks to wait.
    pub retry_after: Option<u64>,
    /// Where a redirect leads.
    pub location: Option<String>,
    pub content_type: Option<String>,
}

impl Failure {
    /// A transport that cannot send a request may quote its headers.
    pub fn veiled(self, secrets: &[Secret]) -> Failure {
        Failure { error: veiled(self.error, secrets), ..self }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        Failure { error, status: 0, retry_after: None, location: None, content_type: None }
    }
}

/// The beginning of an answer, for judging it.
pub(super) struct Answer<'a> {
    pub status: u16,
    pub content_type: &'a str,
    /// The first bytes of the body.
    pub excerpt: &'a [u8],
    /// What must not come back in a message, though the server may say it.
    pub secrets: &'a [Secret],
}

impl Answer<'_> {
    /// HTML, by what it says and by how it begins.
    pub fn is_html(&self) -> bool {
        match first(self.excerpt) {
            Some(b'<') => true,
            Some(b'{' | b'[') => false,
            _ => self.content_type.to_ascii_lowercase().contains("html"),
        }
    }

    fn is_login_page(&self) -> bool {
        let page = String::from_utf8_lossy(self.excerpt).to_ascii_lowercase();
        self.is_html()
            && ["type=\"password\"", "sign in", "log in", "login", "saml"].iter().any(|sign| page.contains(sign))
    }

    /// The error of a status that is neither 2xx nor 3xx. 401 and 404 mean more to the caller, who then says it better.
    pub fn error(&self) -> Error {
        let status = self.status;
        let says = self.says();
        let error = |kind, code, what: &str| Error::new(kind, code, format!("{what} ({status}{says})"));
        match status {
            401 => error(Kind::Auth, "token_refused", "the token was refused"),
            403 if self.is_html() => error(Kind::Config, "blocked", "something in front of the gateway refuses us")
                .help(format!("Allow this caller there. {ACCESS_HELP}")),
            // The login itself was good: other resources may well be allowed.
            403 => error(Kind::Config, "access_denied", "the web admin may not read this")
                .help("Give this web admin the right to read it, or switch the resource off"),
            404 => error(Kind::Config, "not_found", "there is nothing at this URL").help(BASE_HELP),
            408 | 425 => error(Kind::Transient, "server_busy", "the gateway did not take the request"),
            429 => error(Kind::Transient, "rate_limited", "the gateway asks to slow down"),
            502..=504 => error(Kind::Transient, "service_down", "the gateway's service is not up").help(
                "A restart takes some ten seconds; if it lasts, look after the service and its log on the appliance",
            ),
            520..=524 | 527 | 530 => error(Kind::Transient, "unreachable", "Cloudflare does not reach the gateway")
                .help("Check that the appliance is up, that its firewall lets Cloudflare or the tunnel in, and the tunnel's state"),
            525 | 526 => certificate(&format!("{status}")),
            500..=599 => error(Kind::Transient, "server_error", "the gateway failed"),
            _ => error(Kind::Upstream, "refused_request", "the gateway refused the request"),
        }
    }

    /// What came instead of JSON, although the status is good.
    pub fn not_json(&self) -> Error {
        if self.is_login_page() {
            return Error::new(Kind::Config, "login_page", "a sign-in page came where JSON was expected")
                .help(format!("{SSO_HELP}. If it is Cloudflare's: {ACCESS_HELP}"));
        }
        if self.is_html() {
            return Error::new(Kind::Upstream, "html_instead_of_json", "a web page came where JSON was expected")
                .help(format!("The gateway's web interface answers unknown paths so. {BASE_HELP}"));
        }
        let kind = veil(self.content_type, self.secrets);
        let kind = if kind.is_empty() { "without a content type".to_owned() } else { format!("of the type {kind}") };
        Error::new(Kind::Upstream, "not_json", format!("an answer {kind} came where JSON was expected")).help(BASE_HELP)
    }

    /// `: what the server says`, fit to be shown; empty if it says nothing.
    pub fn says(&self) -> String {
        self.message().map(|message| format!(": {message}")).unwrap_or_default()
    }

    /// OAuth's `error` code, or nothing.
    pub fn oauth_error(&self) -> String {
        self.field("error").unwrap_or_default()
    }

    fn field(&self, name: &str) -> Option<String> {
        let value: serde_json::Value = serde_json::from_slice(self.excerpt).ok()?;
        value.get(name)?.as_str().map(str::to_owned)
    }

    fn message(&self) -> Option<String> {
        let mut parts: Vec<String> = Vec::new();
        for name in ["error", "error_description", "message", "detail", "title"] {
            parts.extend(self.field(name).filter(|text| !text.trim().is_empty() && !parts.contains(text)));
        }
        Some(veil(&parts.join(", "), self.secrets)).filter(|text| !text.is_empty())
    }
}

/// Words of somebody else, fit to be shown: without our own secrets, and without what looks like one.
pub(super) fn veil(text: &str, secrets: &[Secret]) -> String {
    // The longer ones first: one secret may be a part of another.
    let mut secrets: Vec<&str> = secrets.iter().map(Secret::reveal).filter(|secret| !secret.is_empty()).collect();
    order::sort(&mut secrets, |a, b| b.len().cmp(&a.len()));
    redact_text(&secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK)))
}

/// An error whose maker did not know our secrets, and may have repeated one.
pub(super) fn veiled(error: Error, secrets: &[Secret]) -> Error {
    let text = error.to_string();
    if secrets.iter().any(|secret| !secret.is_empty() && text.contains(secret.reveal())) {
        let veiled = Error::new(error.kind(), error.code(), veil(error.message(), secrets));
        return error.place().into_iter().fold(veiled, |veiled, place| veiled.at(veil(place, secrets)));
    }
    error
}

/// The first byte that is not white space.
pub(super) fn first(bytes: &[u8]) -> Option<u8> {
    bytes.iter().find(|b| !b.is_ascii_whitespace()).copied()
}

fn certificate(reason: &str) -> Error {
    let message = format!("the gateway's certificate is not trusted: most likely a self-signed certificate ({reason})");
    Error::new(Kind::Config, "certificate", message).help(CERTIFICATE_HELP)
}

/// A redirect of `own` that is not followed: to another origin, or one too many. Only the origin is named: the rest of such a
/// URL is full of tokens.
pub(super) fn redirected(status: u16, own: &Origin, to: Option<&Origin>, secrets: &[Secret]) -> Error {
    if to == Some(own) {
        let message = format!("the gateway redirects within itself and leads nowhere ({status})");
        return Error::new(Kind::Config, "redirected", message).help(BASE_HELP);
    }
    let place = to.map(|origin| veil(&origin.to_string(), secrets)).unwrap_or_else(|| "an unreadable URL".into());
    let host = to.map(Origin::host).unwrap_or_default();
    let help = match host {
        _ if host.ends_with(".cloudflareaccess.com") => ACCESS_HELP.to_owned(),
        _ if ["login", "sso", "auth", "okta", "idp"].iter().any(|sign| host.contains(sign)) => SSO_HELP.to_owned(),
        _ => format!("If the gateway has moved there, set `base_url = \"{place}\"`; otherwise: {SSO_HELP}"),
    };
    Error::new(
        Kind::Config,
        "redirected",
        format!("the gateway redirects to {place}, which is not followed ({status})"),
    )
    .help(help)
}

/// The error of a transport that got no answer, made from its own words (of a JavaScript exception, say): an untrusted
/// certificate is told from a connection that may work later. Every transport uses it.
pub fn transport_failure(text: &str) -> Error {
    let lower = text.to_ascii_lowercase();
    let signs = ["certificate", "self signed", "self-signed", "unable_to_verify", "err_cert", "unknown_issuer"];
    if signs.iter().any(|sign| lower.contains(sign)) {
        return certificate(&redact_text(text));
    }
    Error::new(Kind::Transient, "connection_failed", format!("the connection failed: {}", redact_text(text)))
        .help("Check `base_url`, that the gateway is up, and that its firewall lets this caller in")
}
