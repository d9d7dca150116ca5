//! Where a gateway is: its base URL in one normal form, the paths below it, and what counts as the same origin.
//!
//! People copy base URLs from the browser, from the vendor's samples (`https://{host}:443/backend/3.0.0`) or just name a
//! host. All of these mean one thing, and paths of the catalogue already begin with `/backend/`, so whatever repeats that
//! part is taken off here, once.

use crate::error::{Error, Kind, Result};
use std::fmt;

/// Scheme, host and port: what a redirect must not leave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    https: bool,
    /// Lower case; an IPv6 address stands in brackets.
    host: String,
    port: u16,
}

impl Origin {
    pub fn is_https(&self) -> bool {
        self.https
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    /// Names or addresses of this machine itself.
    pub fn is_loopback(&self) -> bool {
        let v4 = self.host.starts_with("127.") && self.host.parse::<std::net::Ipv4Addr>().is_ok();
        v4 || self.host == "localhost" || self.host.ends_with(".localhost") || self.host == "[::1]"
    }

    /// The address of what a `Location` header names, seen from `from` on this origin; `None` if it leads to another
    /// origin or is not a URL. The second part is the origin that it leads to, as far as it can be read.
    pub fn follow(&self, from: &str, location: &str) -> (Option<String>, Option<Origin>) {
        let location = location.trim();
        if location.is_empty() {
            return (None, None);
        }
        let path = from.split(['?', '#']).next().unwrap_or_default();
        let absolute = if let Some(rest) = location.strip_prefix("//") {
            format!("{}//{rest}", if self.https { "https:" } else { "http:" })
        } else if location.starts_with('/') {
            format!("{self}{location}")
        } else if location.contains("://") {
            location.to_owned()
        } else if location.starts_with('?') {
            format!("{path}{location}")
        } else {
            let folder = path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or_default();
            format!("{folder}{location}")
        };
        let absolute = absolute.split('#').next().unwrap_or_default().to_owned();
        match split(&absolute) {
            Ok((origin, _)) if origin == *self => (Some(absolute), Some(origin)),
            Ok((origin, _)) => (None, Some(origin)),
            Err(_) => (None, None),
        }
    }
}

/// `https://host`, with the port unless it is the scheme's own.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.https { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// A gateway's base URL in normal form: an origin, and the prefix of a reverse proxy if there is one.
///
/// ```
/// use gatelake::gateway::url::Base;
/// let base = Base::parse("https://Files.example:443/backend/3.0.0/", false)?;
/// assert_eq!(base.url("/backend/3.0.0/users"), "https://files.example/backend/3.0.0/users");
/// # Ok::<(), gatelake::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    origin: Origin,
    /// Empty, or begins with a slash and does not end in one.
    prefix: String,
}

impl Base {
    /// Reads what a person wrote. Without a scheme it is https; plain http only reaches this machine itself, unless
    /// `allow_http`. Errors are of kind `Config`.
    pub fn parse(text: &str, allow_http: bool) -> Result<Base> {
        let text = text.trim();
        let with_scheme = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let (origin, path) = split(&with_scheme)?;
        if !origin.https && !allow_http && !origin.is_loopback() {
            return Err(bad("it is plain http: passwords and tokens would cross the network unencrypted")
                .help("Write https://…, or set `allow_http = true` if the network itself is trusted"));
        }
        if path.contains(['?', '#']) {
            return Err(bad("it has a query or a fragment").help("Write only scheme, host and port"));
        }
        Ok(Base { origin, prefix: prefix(path)? })
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The URL of a path of the catalogue (`/backend/…`).
    pub fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

impl fmt::Display for Base {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.prefix)
    }
}

/// What stands before `/backend`: the catalogue's paths bring the rest.
fn prefix(path: &str) -> Result<String> {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if let Some(at) = parts.iter().position(|part| *part == "backend") {
        match parts.get(at + 1..).unwrap_or_default() {
            [] | ["3.0.0"] | ["api"] => parts.truncate(at),
            [part, ..] => {
                return Err(bad(&format!("its path goes on with `{part}` after /backend"))
                    .help("Leave the path out: /backend/3.0.0 and /backend/api are added where they belong"));
            }
        }
    }
    let legal = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    if let Some(part) = parts.iter().find(|part| matches!(**part, "." | "..") || !part.chars().all(legal)) {
        return Err(
            bad(&format!("its path has the part `{part}`")).help("Leave the path out, unless a proxy wants one")
        );
    }
    Ok(parts.iter().map(|part| format!("/{part}")).collect())
}

/// Origin and the rest of an absolute URL.
fn split(url: &str) -> Result<(Origin, &str)> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("it has no scheme"))?;
    let https = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return Err(bad("its scheme is neither https nor http")),
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    if authority.contains('@') {
        return Err(bad("it has a user name or password in it")
            .help("Set `username`, and name the secret that holds the password with `password_secret`"));
    }
    let bracket = authority.rfind(']').map_or(0, |at| at + 1);
    let (host, port) = match authority.get(bracket..).and_then(|tail| tail.rfind(':')) {
        Some(colon) => authority.split_at_checked(bracket + colon).unwrap_or((authority, "")),
        None => (authority, ""),
    };
    let port = match port.strip_prefix(':') {
        None | Some("") => Some(if https { 443 } else { 80 }),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().filter(|port| *port != 0),
        Some(_) => None,
    };
    let port = port.ok_or_else(|| bad("its port is not a number from 1 to 65535"))?;
    let inside = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let named = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if !inside.map_or(named, |v6| v6.parse::<std::net::Ipv6Addr>().is_ok()) {
        let hint = if host.contains('{') { "Put the gateway's name in place of the braces" } else { HOST_HELP };
        return Err(bad("its host is neither a name nor an address").help(hint));
    }
    Ok((Origin { https, host: host.to_ascii_lowercase(), port }, path))
}

const HOST_HELP: &str = "Write for example https://sftp.example.com; names with other letters in their xn-- form";

/// Never repeats the URL itself: it may hold a password.
fn bad(what: &str) -> Error {
    Error::new(Kind::Config, "bad_base_url", format!("the URL cannot be used: {what}"))
}

/// Percent-encodes everything but RFC 3986's unreserved characters: for one segment of a path, and for the fields of a
/// form, where `%20` stands for a space as well as `+` does.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

/// Puts `value` in place of the `{…}` of a path of the catalogue. `.` and `..`, which would be read as steps in the tree,
/// have no escaped form: they are refused, as is an empty value.
pub fn fill(path: &str, value: &str) -> Result<String> {
    if matches!(value, "" | "." | "..") {
        return Err(Error::new(Kind::Config, "bad_path_value", "an empty name, `.` or `..` cannot stand in a path"));
    }
    match (path.split_once('{'), path.split_once('}')) {
        (Some((before, _)), Some((_, after))) => Ok(format!("{before}{}{after}", encode(value))),
        _ => Err(Error::new(Kind::Config, "bad_path_value", format!("the path {path} takes no name"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_base_means_one() {
        for (written, base) in [
            ("https://files.example", "https://files.example"),
            ("https://files.example/", "https://files.example"),
            ("https://files.example:443", "https://files.example"),
            ("files.example:443", "https://files.example"),
            ("  HTTPS://Files.Example  ", "https://files.example"),
            ("https://files.example:443/backend/3.0.0", "https://files.example"),
            ("https://files.example:443/backend/3.0.0/", "https://files.example"),
            ("https://files.example//backend//", "https://files.example"),
            ("https://files.example/backend/api", "https://files.example"),
            ("192.0.2.7", "https://192.0.2.7"),
            ("https://192.0.2.7:8443/backend", "https://192.0.2.7:8443"),
            ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            ("https://[2001:DB8::1]", "https://[2001:db8::1]"),
            ("https://proxy.example/sftp/backend/3.0.0", "https://proxy.example/sftp"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:80/backend", "http://localhost"),
            ("http://[::1]:9", "http://[::1]:9"),
        ] {
            assert_eq!(Base::parse(written, false).unwrap().to_string(), base, "{written}");
        }
    }

    #[test]
    fn what_is_no_base_is_refused_without_repeating_it() {
        for (written, says) in [
            ("http://files.example", "plain http"),
            ("http://127.example", "plain http"),
            ("ftp://files.example", "neither https nor http"),
            ("https://admin:hunter2@files.example", "user name or password"),
            ("https://hunter2@files.example", "user name or password"),
            ("https://files.example?token=hunter2", "query or a fragment"),
            ("https://files.example/#hunter2", "query or a fragment"),
            ("https://files.example:0", "port"),
            ("https://files.example:65536", "port"),
            ("https://files.example:+1", "port"),
            ("https://files.example:x", "port"),
            ("https://", "host"),
            ("", "host"),
            ("https://{host}:443/backend/3.0.0", "host"),
            ("https://dateien ärger.example", "host"),
            ("https://[hunter2]", "host"),
            ("https://files.example/backend/2.0.0", "2.0.0"),
            ("https://files.example/backend/3.0.0/users", "3.0.0"),
            ("https://files.example/a/../b", ".."),
        ] {
            let error = Base::parse(written, false).unwrap_err();
            assert!(error.is_config() && error.code() == "bad_base_url", "{written}");
            assert!(error.to_string().contains(says), "{written}: {error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        assert_eq!(Base::parse("http://files.example", true).unwrap().to_string(), "http://files.example");
    }

    #[test]
    fn redirects_stay_on_the_origin() {
        let origin = Base::parse("https://files.example", false).unwrap().origin().clone();
        let from = "https://files.example/backend/3.0.0/users?page=1";
        for (location, to) in [
            ("/backend/users", Some("https://files.example/backend/users")),
            ("users/", Some("https://files.example/backend/3.0.0/users/")),
            ("?page=2", Some("https://files.example/backend/3.0.0/users?page=2")),
            ("", None),
            ("/\\evil.example/x", Some("https://files.example/\\evil.example/x")),
            ("https://files.example\\@evil.example/x", None),
            ("https://files.example:443/x#y", Some("https://files.example:443/x")),
            ("HTTPS://FILES.EXAMPLE/x", Some("HTTPS://FILES.EXAMPLE/x")),
            ("//files.example/x", Some("https://files.example/x")),
            ("//evil.example/x", None),
            ("http://files.example/x", None),
            ("https://files.example:444/x", None),
            ("https://files.example@evil.example/x", None),
            ("https://files.example.evil.example/x", None),
            ("javascript://files.example/x", None),
            ("http://169.254.169.254/latest", None),
        ] {
            assert_eq!(origin.follow(from, location).0.as_deref(), to, "{location}");
        }
        let (_, other) = origin.follow(from, "https://team.cloudflareaccess.com/cdn-cgi/access/login?token=x");
        assert_eq!(other.unwrap().to_string(), "https://team.cloudflareaccess.com");
    }

    #[test]
    fn names_in_paths_are_encoded() {
        for (name, path) in [
            ("alice", "/users/alice"),
            ("a.b@c", "/users/a.b%40c"),
            ("b c/d", "/users/b%20c%2Fd"),
            ("50%?#", "/users/50%25%3F%23"),
            ("zoë", "/users/zo%C3%AB"),
            ("{x}", "/users/%7Bx%7D"),
        ] {
            assert_eq!(fill("/users/{username}", name).unwrap(), path);
        }
        for name in ["", ".", ".."] {
            assert_eq!(fill("/users/{username}", name).unwrap_err().code(), "bad_path_value");
        }
        assert_eq!(fill("/users", "alice").unwrap_err().code(), "bad_path_value");
    }
}
