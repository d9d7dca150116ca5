//! The parameters of a request.

use super::Refusal;
use crate::lake::Moment;
use std::collections::BTreeMap;

/// Each is one that the route knows, and stands there once.
#[derive(Debug)]
pub struct Query(BTreeMap<String, String>);

impl Query {
    /// Of a URL's pairs.
    ///
    /// # Errors
    /// `unknown_parameter` for one that is not of `known`, and for one that stands there twice.
    pub fn new(pairs: impl Iterator<Item = (String, String)>, known: &[&str]) -> Result<Query, Refusal> {
        let mut query = BTreeMap::new();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                return Err(Refusal::new(400, "unknown_parameter", format!("there is no parameter `{name}` here"))
                    .help(format!("It takes: {known}")));
            }
            let twice = format!("the parameter `{name}` stands there twice");
            if query.insert(name, value).is_some() {
                return Err(Refusal::new(400, "unknown_parameter", twice));
            }
        }
        Ok(Query(query))
    }

    /// The parameter's text.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Which snapshot is asked for: `snapshot`, or the time `at`.
    ///
    /// # Errors
    /// `bad_parameter` if both are, or if `at` is no time.
    pub fn moment(&self) -> Result<Option<&str>, Refusal> {
        match (self.get("snapshot"), self.get("at")) {
            (Some(_), Some(_)) => Err(Refusal::new(400, "bad_parameter", "`snapshot` and `at` cannot both be meant")),
            (_, Some(_)) => self.time("at").map(|_| self.get("at")),
            (snapshot, None) => Ok(snapshot),
        }
    }

    /// A time, in milliseconds since the Unix epoch.
    ///
    /// # Errors
    /// `bad_parameter` if it is none.
    pub fn time(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        Moment::time(text).map(Some).ok_or_else(|| {
            Refusal::new(400, "bad_parameter", format!("`{name}` must be a time"))
                .help("Write it like 2026-11-23T18:00:00Z, or in milliseconds since the Unix epoch")
        })
    }

    /// A whole number: what it is by default, and at most.
    ///
    /// # Errors
    /// `bad_parameter` if it is none, or more.
    pub fn number(&self, name: &str, (default, most): (usize, usize)) -> Result<usize, Refusal> {
        let Some(text) = self.get(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| {
            Refusal::new(400, "bad_parameter", format!("`{name}` must be a whole number from 0 to {most}"))
        })
    }
}
