//! From the names of bindings to the secrets themselves, which only live as long as the run.

use super::{Auth, Dialect, Gateway, Setting};
use crate::error::{Error, Kind, Result};
use crate::secret::Secret;

/// What a gateway's requests need that the file does not hold. Prints no secret.
#[derive(Clone, Debug)]
pub struct Credentials {
    pub login: Login,
    /// Headers of every request, names in lower case.
    pub headers: Vec<(String, Secret)>,
}

#[derive(Clone, Debug)]
pub enum Login {
    Token(Secret),
    Password { dialect: Dialect, username: String, password: Secret, client: Option<(Secret, Secret)> },
}

impl Credentials {
    /// Every secret in here, to be taken out of whatever the server says. The client id is none: it is the gateway's name for
    /// a program, and often a word that errors need.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let (first, pair) = match &self.login {
            Login::Token(token) => (token, None),
            Login::Password { password, client, .. } => (password, client.as_ref()),
        };
        let client = pair.into_iter().map(|(_, secret)| secret);
        std::iter::once(first).chain(client).chain(self.headers.iter().map(|(_, value)| value))
    }
}

impl Gateway {
    /// Looks the gateway's secrets up. The error, `missing_secret`, of kind `Config`, names every binding that is not set or
    /// cannot be sent as it is, and the command that sets it.
    pub fn credentials(&self, lookup: impl Fn(&str) -> Option<Secret>) -> Result<Credentials> {
        let mut problems: Vec<(String, &str)> = Vec::new();
        let mut find = |name: &str, fits: fn(u8) -> bool| {
            let found = lookup(name);
            let problem = match found.as_ref().map(Secret::reveal) {
                None => Some("is not set"),
                Some("") => Some("is empty"),
                Some(text) if text.ends_with(['\n', '\r']) => Some("ends in a line break: store it without one"),
                Some(text) if !text.bytes().all(fits) => Some("holds characters that no header can carry"),
                Some(_) => None,
            };
            let problem = problem.map(|what| (name.to_owned(), what));
            problems.extend(problem.filter(|problem| !problems.contains(problem)));
            found.unwrap_or_else(|| Secret::new(""))
        };
        let anything = |_| true;
        let login = match &self.auth {
            Auth::Token { token_secret } => Login::Token(find(token_secret, |b| b.is_ascii_graphic())),
            Auth::Password { dialect, username, password_secret, client } => Login::Password {
                dialect: *dialect,
                username: username.clone(),
                password: find(password_secret, anything),
                client: client.as_ref().map(|client| {
                    let id = match &client.id {
                        Setting::Text(text) => Secret::new(text),
                        Setting::Binding(name) => find(name, anything),
                    };
                    (id, find(&client.secret, anything))
                }),
            },
        };
        let header = |b: u8| b == b' ' || b.is_ascii_graphic();
        let headers = self.headers.iter().map(|(name, binding)| (name.clone(), find(binding, header))).collect();
        if problems.is_empty() {
            return Ok(Credentials { login, headers });
        }
        let list: Vec<String> = problems.iter().map(|(name, what)| format!("the secret {name} {what}")).collect();
        let commands: Vec<String> = problems.iter().map(|(name, _)| format!("`wrangler secret put {name}`")).collect();
        Err(Error::new(Kind::Config, "missing_secret", list.join("; "))
            .at(format!("gateway {}", self.dataset))
            .help(format!("Set it with {}; for local runs put it into .dev.vars", commands.join(" and "))))
    }
}
