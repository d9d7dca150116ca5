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
    /// Every secret in here, to be taken out of whatever the server says.
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
    /// Looks the gateway's secrets up. A missing one is an error of kind `Config` that names every missing binding and the
    /// command that sets it.
    pub fn credentials(&self, lookup: impl Fn(&str) -> Option<Secret>) -> Result<Credentials> {
        let mut problems = Vec::new();
        let mut find = |name: &str| match lookup(name) {
            Some(secret) if secret.is_empty() => {
                problems.push((name.to_owned(), "is empty"));
                secret
            }
            Some(secret) => secret,
            None => {
                problems.push((name.to_owned(), "is not set"));
                Secret::new("")
            }
        };
        let login = match &self.auth {
            Auth::Token { token_secret } => Login::Token(find(token_secret)),
            Auth::Password { dialect, username, password_secret, client } => Login::Password {
                dialect: *dialect,
                username: username.clone(),
                password: find(password_secret),
                client: client.as_ref().map(|client| {
                    let id = match &client.id {
                        Setting::Text(text) => Secret::new(text),
                        Setting::Binding(name) => find(name),
                    };
                    (id, find(&client.secret))
                }),
            },
        };
        let headers: Vec<(String, Secret)> =
            self.headers.iter().map(|(name, binding)| (name.clone(), find(binding))).collect();
        for (name, binding) in &self.headers {
            let value = headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.reveal());
            if value.is_some_and(|value| value.bytes().any(|b| b.is_ascii_control()) || !value.is_ascii()) {
                problems
                    .push((binding.clone(), "holds characters that no header can carry (a line break at its end?)"));
            }
        }
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
