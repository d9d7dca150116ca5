//! Identifiers: how a JSON key becomes the name of a column or table.
//!
//! The rules are dlt's naming conventions, so that a column keeps the name that existing SQL knows. Keys are *paths*: they
//! are cut at the separator, each part is turned into an identifier on its own, and the parts are joined again. Two keys may
//! come out equal (`userName`, `user_name`); whoever calls this tells the user so.

use super::unicode::{digit, strip};
use crate::error::{Error, Kind, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha3::Shake128;
use sha3::digest::{ExtendableOutput, Update, XofReader};

/// The name of a key that is empty or blank.
const EMPTY: &str = "_empty";
/// Characters of the tag in a shortened name: four bytes in base64.
const TAG: usize = 6;
/// The longest name that S3 Tables takes.
const S3_TABLES_MAX: usize = 255;

/// dlt's naming conventions, by dlt's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Convention {
    /// `snake_case`, the default: lower case, words split at case changes, ASCII letters, digits of any script, `_`.
    SnakeCase,
    /// `direct`: names stay as they are but for quotes, line breaks and the separator, which is `▶`.
    Direct,
    /// `sql_ci_v1`: as `sql_cs_v1`, in lower case.
    SqlCi,
    /// `sql_cs_v1`: the case stays, everything but letters, digits and `_` becomes `_`.
    SqlCs,
    /// `duck_case`: all characters stay but line breaks and double quotes.
    DuckCase,
    /// `s3_tables`: `snake_case` within 255 characters, tables without leading underscores.
    S3Tables,
}

/// A convention and the length that names may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Naming {
    convention: Convention,
    /// Characters (not bytes, as in dlt); 0 means without limit.
    max_length: usize,
}

impl Naming {
    /// `name` is dlt's name of the convention; `max_length` counts characters, 0 means without limit. An unknown name, and a
    /// length that has no room for the tag of a shortened name, are errors of kind `Config`.
    pub fn new(name: &str, max_length: usize) -> Result<Naming> {
        let convention = match name {
            "snake_case" => Convention::SnakeCase,
            "direct" => Convention::Direct,
            "sql_ci_v1" => Convention::SqlCi,
            "sql_cs_v1" => Convention::SqlCs,
            "duck_case" => Convention::DuckCase,
            "s3_tables" => Convention::S3Tables,
            _ => {
                return Err(Error::new(
                    Kind::Config,
                    "unknown_naming",
                    format!("there is no naming convention `{name}`"),
                )
                .help("use snake_case, direct, sql_ci_v1, sql_cs_v1, duck_case or s3_tables"));
            }
        };
        if (1..TAG).contains(&max_length) {
            let message =
                format!("names of at most {max_length} characters leave no room to tell shortened ones apart");
            return Err(Error::new(Kind::Config, "identifiers_too_short", message)
                .help(format!("set max_identifier_length to {TAG} or more")));
        }
        let max_length = match convention {
            Convention::S3Tables if max_length == 0 || max_length > S3_TABLES_MAX => S3_TABLES_MAX,
            _ => max_length,
        };
        Ok(Naming { convention, max_length })
    }

    /// What stands between the parts of a flattened column's or child table's name.
    pub fn separator(&self) -> &'static str {
        if self.convention == Convention::Direct { "▶" } else { "__" }
    }

    /// One part of a path. `None` when there is nothing but white space.
    pub fn identifier(&self, raw: &str) -> Option<String> {
        let raw = strip(raw);
        if raw.is_empty() {
            return None;
        }
        let name = match self.convention {
            Convention::SnakeCase | Convention::S3Tables => snake_case(raw),
            Convention::Direct => raw.replace(['\n', '\r', '\'', '"', '▶'], "_"),
            Convention::SqlCs | Convention::SqlCi => sql_case(raw),
            Convention::DuckCase => collapse(&raw.replace(['\n', '\r', '"'], "_")),
        };
        let name = self.shorten(&name, raw);
        Some(if self.convention == Convention::SqlCi { name.to_lowercase() } else { name })
    }

    /// The column name of a JSON key: a path, or `_empty` if the key is blank. A key of separators alone (`____`) comes out
    /// empty, as it does in dlt.
    pub fn column(&self, key: &str) -> String {
        if strip(key).is_empty() { EMPTY.to_owned() } else { self.path(key, |part| self.identifier(part)) }
    }

    /// A table's name, or the part of it that a list's key gives. Blank in, empty out: unlike a column it gets no `_empty`.
    pub fn table(&self, raw: &str) -> String {
        self.path(raw, |part| {
            let name = self.identifier(part)?;
            let bare = self.convention == Convention::S3Tables;
            Some(if bare { name.trim_start_matches('_').to_owned() } else { name })
        })
    }

    /// Joins names that are normalized already: `["users", "ssh_keys"]` → `users__ssh_keys`. Blank ones are left out.
    pub fn join(&self, parts: &[&str]) -> String {
        let path = self.concat(parts);
        self.shorten(&path, &path)
    }

    fn path(&self, raw: &str, normalize: impl Fn(&str) -> Option<String>) -> String {
        let parts: Vec<String> = raw.split(self.separator()).filter_map(normalize).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        self.shorten(&self.concat(&parts), raw)
    }

    fn concat(&self, parts: &[&str]) -> String {
        let parts: Vec<&str> = parts.iter().copied().filter(|part| !strip(part).is_empty()).collect();
        parts.join(self.separator())
    }

    /// Cuts the middle out of a name that is too long and puts six characters of `original`'s hash in its place, so that
    /// names which differ only there stay different.
    fn shorten(&self, name: &str, original: &str) -> String {
        let length = name.chars().count();
        if self.max_length == 0 || length <= self.max_length {
            return name.to_owned();
        }
        let room = self.max_length - TAG;
        let head = name.chars().take(room.div_ceil(2));
        let tail = name.chars().skip(length - room / 2);
        head.chain(tag(original).chars()).chain(tail).collect()
    }
}

/// shake-128 of the text, four bytes, as lower-case base64 without the characters a name must not have.
fn tag(original: &str) -> String {
    let mut hasher = Shake128::default();
    hasher.update(original.as_bytes());
    let mut bytes = [0; 4];
    hasher.finalize_xof().read(&mut bytes);
    STANDARD_NO_PAD.encode(bytes).replace('/', "a").replace('+', "b").to_lowercase()
}

fn snake_case(raw: &str) -> String {
    let raw: String = raw
        .chars()
        .map(|c| match c {
            '+' | '*' => 'x',
            '-' => '_',
            '@' => 'a',
            '|' => 'l',
            c => c,
        })
        .collect();
    let mut name = split_words(&reduce(&raw)).to_ascii_lowercase();
    if name.starts_with(|c| digit(c).is_some()) {
        name.insert(0, '_');
    }
    let kept = name.trim_end_matches('_').len();
    let trailing = "x".repeat(name.len() - kept);
    name.truncate(kept);
    collapse(&(name + &trailing))
}

fn sql_case(raw: &str) -> String {
    let mut name = reduce(raw);
    if name.starts_with(|c| digit(c).is_some()) {
        name.insert(0, '_');
    }
    let name = if name == "_" { &name } else { name.trim_end_matches('_') };
    collapse(name)
}

/// Each run of characters that are no ASCII letter, digit of some script or underscore becomes one underscore.
fn reduce(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut in_run = false;
    for c in raw.chars() {
        let allowed = c.is_ascii_alphabetic() || c == '_' || digit(c).is_some();
        if allowed || !in_run {
            out.push(if allowed { c } else { '_' });
        }
        in_run = !allowed;
    }
    out
}

/// `HTTPServer` → `HTTP_Server`, `userID` → `user_ID`, `S3Bucket` → `S3_Bucket`.
fn split_words(name: &str) -> String {
    let mut capitalized = String::with_capacity(name.len() + 4);
    let mut rest = name.chars().peekable();
    while let Some(before) = rest.next() {
        capitalized.push(before);
        let mut ahead = rest.clone();
        let word =
            ahead.next().is_some_and(|c| c.is_ascii_uppercase()) && ahead.peek().is_some_and(char::is_ascii_lowercase);
        if before == '_' || !word {
            continue;
        }
        capitalized.push('_');
        capitalized.extend(rest.next());
        while let Some(lower) = rest.next_if(char::is_ascii_lowercase) {
            capitalized.push(lower);
        }
    }
    let mut out = String::with_capacity(capitalized.len() + 4);
    let mut before = '_';
    for c in capitalized.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            out.push('_');
        }
        out.push(c);
        before = c;
    }
    out
}

/// Runs of underscores become one: two would read as a separator.
fn collapse(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        if c != '_' || !out.ends_with('_') {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(convention: &str, pairs: &[(&str, &str)]) {
        let naming = Naming::new(convention, 0).unwrap();
        for (raw, name) in pairs {
            assert_eq!(naming.column(raw), *name, "{convention}: {raw:?}");
        }
    }

    #[test]
    fn blank_keys_have_a_name() {
        columns("snake_case", &[("", "_empty"), (" \t\u{1f}", "_empty"), ("____", ""), ("__a__", "a"), ("_", "x")]);
    }
}
