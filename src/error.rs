//! The one error of the crate: what happened, where, and what to do about it.
//!
//! An error never holds a secret: whoever makes one redacts first (`gateway::redact`), and nothing here stores headers,
//! request bodies or query strings.

use std::fmt;

/// What kind of thing went wrong, as far as the caller's next step depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The gateway or our own API refused the credentials. Trying again with the same ones is wrong.
    Auth,
    /// It may work later: a restart, a rate limit, a broken connection.
    Transient,
    /// The configuration is wrong; only its owner can mend it.
    Config,
    /// The other side answered something that is not its protocol.
    Upstream,
    /// The bytes are not the JSON, or not the rows, that they should be.
    Data,
    /// A bound was reached: depth, size, count or time.
    Limit,
    /// Somebody else published first.
    Conflict,
    /// The object store failed.
    Store,
}

/// What happened (`message`), where (`at`), what to do (`help`), and what caused it.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    code: &'static str,
    message: String,
    at: Option<String>,
    help: Option<String>,
    source: Option<Error>,
}

impl Error {
    /// `code` is stable, lower_snake, and documented in `docs/errors.md`.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, code, message: message.into(), at: None, help: None, source: None }))
    }

    /// Where it happened: a resource, a URL without its query, a byte offset and pointer, an object key.
    pub fn at(mut self, place: impl Into<String>) -> Self {
        let place = place.into();
        self.0.at = Some(match self.0.at.take() {
            Some(inner) => format!("{place}, {inner}"),
            None => place,
        });
        self
    }

    /// What the reader of the message can do now.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub fn caused_by(mut self, source: Error) -> Self {
        self.0.source = Some(source);
        self
    }

    pub fn kind(&self) -> Kind {
        self.0.kind
    }
    pub fn code(&self) -> &'static str {
        self.0.code
    }
    pub fn message(&self) -> &str {
        &self.0.message
    }
    /// The message, and what was the cause.
    pub fn what(&self) -> String {
        match &self.0.source {
            Some(source) => format!("{}: {source}", self.0.message),
            None => self.0.message.clone(),
        }
    }
    pub fn place(&self) -> Option<&str> {
        self.0.at.as_deref()
    }
    pub fn remedy(&self) -> Option<&str> {
        self.0.help.as_deref()
    }
    pub fn is_auth(&self) -> bool {
        self.0.kind == Kind::Auth
    }
    pub fn is_transient(&self) -> bool {
        self.0.kind == Kind::Transient
    }
    pub fn is_config(&self) -> bool {
        self.0.kind == Kind::Config
    }
    pub fn is_upstream(&self) -> bool {
        self.0.kind == Kind::Upstream
    }
    pub fn is_conflict(&self) -> bool {
        self.0.kind == Kind::Conflict
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.message)?;
        if let Some(at) = &self.0.at {
            write!(f, " ({at})")?;
        }
        if let Some(source) = &self.0.source {
            write!(f, ": {source}")?;
        }
        if let Some(help) = &self.0.help {
            write!(f, ". {help}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/{}: {self}", self.0.kind, self.0.code)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;
