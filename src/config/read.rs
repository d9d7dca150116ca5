//! Walks a TOML table key by key and collects every problem. No problem ever repeats a value: somebody may have put a secret
//! where it does not belong.

use crate::error::{Error, Kind};
use std::cell::RefCell;
use toml::{Table, Value};

/// What is wrong, one line each: `key: what is allowed there`.
#[derive(Default)]
pub(super) struct Problems(RefCell<Vec<String>>);

impl Problems {
    pub fn into_error(self) -> Option<Error> {
        let problems = self.0.into_inner();
        let message = match problems.as_slice() {
            [] => return None,
            [one] => format!("the configuration has a problem: {one}"),
            many => format!("the configuration has {} problems:\n- {}", many.len(), many.join("\n- ")),
        };
        Some(Error::new(Kind::Config, "bad_config", message).help("docs/configuration.md explains every key"))
    }
}

/// One table of the file, and what has been asked of it so far.
pub(super) struct Section<'a> {
    path: String,
    table: Option<&'a Table>,
    problems: &'a Problems,
    known: RefCell<Vec<&'a str>>,
}

impl<'a> Section<'a> {
    pub fn root(table: &'a Table, problems: &'a Problems) -> Section<'a> {
        Section { path: String::new(), table: Some(table), problems, known: RefCell::default() }
    }

    fn child(&self, key: &str, table: Option<&'a Table>) -> Section<'a> {
        Section { path: self.key(key), table, problems: self.problems, known: RefCell::default() }
    }

    /// The whole path of a key.
    fn key(&self, key: &str) -> String {
        if key.is_empty() {
            return self.path.clone();
        }
        let bare = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        let key = if bare { key.to_owned() } else { format!("{key:?}") };
        if self.path.is_empty() { key } else { format!("{}.{key}", self.path) }
    }

    /// The last part of this table's path.
    pub fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or_default()
    }

    pub fn problem(&self, key: &str, what: &str) {
        self.problems.0.borrow_mut().push(format!("{}: {what}", self.key(key)));
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    /// Every key of the table.
    pub fn keys(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.table.into_iter().flatten().map(|(key, value)| (key.as_str(), value))
    }

    fn get(&self, key: &'a str) -> Option<&'a Value> {
        self.known.borrow_mut().push(key);
        self.table?.get(key)
    }

    fn typed<T>(&self, key: &'a str, what: &str, read: impl FnOnce(&'a Value) -> Option<T>) -> Option<T> {
        let value = self.get(key)?;
        let read = read(value);
        if read.is_none() {
            self.problem(key, &format!("must be {what}, not {}", type_of(value)));
        }
        read
    }

    pub fn text(&self, key: &'static str) -> Option<String> {
        let text = self.typed(key, "a text in quotes", Value::as_str)?;
        if text.trim().is_empty() && key != "prefix" {
            self.problem(key, "must not be empty");
            return None;
        }
        Some(text.to_owned())
    }

    pub fn flag(&self, key: &'static str) -> Option<bool> {
        self.typed(key, "true or false", Value::as_bool)
    }

    pub fn number(&self, key: &'static str, least: u32, most: u32) -> Option<u64> {
        let number = self.typed(key, &format!("a whole number from {least} to {most}"), Value::as_integer)?;
        if !(i64::from(least)..=i64::from(most)).contains(&number) {
            self.problem(key, &format!("must be from {least} to {most}"));
            return None;
        }
        u64::try_from(number).ok()
    }

    /// One of some names; one that is a number may stand there as a number.
    pub fn choice<T: Copy>(&self, key: &'a str, choices: &[(&str, T)]) -> Option<T> {
        let name = self.typed(key, "a text in quotes", |value| match value {
            Value::Integer(number) => Some(number.to_string()),
            value => value.as_str().map(str::to_owned),
        })?;
        let found = choices.iter().find(|(choice, _)| *choice == name);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(choice, _)| *choice).collect();
            let guess = guess(&name, &names);
            self.problem(key, &format!("must be one of {}{guess}", quoted(&names)));
        }
        found.map(|(_, value)| *value)
    }

    pub fn texts(&self, key: &'static str) -> Option<Vec<String>> {
        self.typed(key, "a list of texts", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A table; an empty one where there is none.
    pub fn section(&self, key: &'static str) -> Section<'a> {
        let table = self.typed(key, "a section", Value::as_table);
        self.child(key, table)
    }

    /// The tables of a table: `[key.NAME]` each.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let parent = match self.get(key) {
            Some(Value::Array(_)) => {
                self.problem(key, &format!("each needs a name: write `[{key}.NAME]` in place of `[[{key}]]`"));
                return Vec::new();
            }
            _ => self.section(key),
        };
        let sections = parent.keys().filter_map(|(name, value)| match value.as_table() {
            Some(table) => Some(parent.child(name, Some(table))),
            None => {
                parent.problem(name, &format!("must be a section `[{key}.NAME]`, not {}", type_of(value)));
                None
            }
        });
        sections.collect()
    }

    /// A section that may also be just `true` or `false`; the flag says whether it is on.
    pub fn switch(&self, key: &'static str, on: bool) -> (bool, Section<'a>) {
        match self.get(key) {
            None => (on, self.child(key, None)),
            Some(Value::Boolean(on)) => (*on, self.child(key, None)),
            Some(Value::Table(table)) => {
                let section = self.child(key, Some(table));
                (section.flag("enabled").unwrap_or(true), section)
            }
            Some(other) => {
                self.problem(key, &format!("must be true, false or a section, not {}", type_of(other)));
                (false, self.child(key, None))
            }
        }
    }

    /// The name of a secret binding.
    pub fn binding(&self, key: &'static str) -> Option<String> {
        let name = self.text(key)?;
        self.binding_name(key, &name).then_some(name)
    }

    /// Whether a text can be the name of a secret binding: only capitals, so that a secret itself hardly ever passes for one.
    pub fn binding_name(&self, key: &str, name: &str) -> bool {
        let fits = name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !fits {
            self.problem(
                key,
                "must name a secret binding (capitals, digits and `_`, like FILES_PASSWORD), not hold the secret",
            );
        }
        fits
    }

    /// A key that must not be here, because its value would be a secret.
    pub fn refuse_secret(&self, key: &'static str, instead: &str) {
        if self.get(key).is_some() {
            self.problem(
                key,
                &format!(
                    "secrets do not belong into this file: write `{instead} = \"A_NAME\"` and store the value with \
                     `wrangler secret put A_NAME`; if this file was shared, change the secret"
                ),
            );
        }
    }

    /// Reports the keys that nothing has asked for.
    pub fn finish(&self) {
        let known = self.known.borrow();
        for (key, _) in self.keys().filter(|(key, _)| !known.contains(key)) {
            let guess = guess(key, &known);
            let all = if guess.is_empty() { format!("; known here: {}", known.join(", ")) } else { String::new() };
            self.problem(key, &format!("there is no such key{guess}{all}"));
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with a fraction",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a section",
    }
}

fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("{name:?}")).collect();
    names.join(", ")
}

/// `; did you mean "x"?`, or nothing when no name is near.
pub(super) fn guess(word: &str, names: &[&str]) -> String {
    let score = |name: &str| {
        let part = word.len() > 2 && (name.contains(word) || word.contains(name));
        if part { 1.0 } else { strsim::jaro_winkler(word, name) }
    };
    let best = names.iter().map(|name| (score(name), *name)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score > 0.8).map(|(_, name)| format!("; did you mean {name:?}?")).unwrap_or_default()
}
