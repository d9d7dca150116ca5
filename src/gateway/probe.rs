//! What a real appliance answers, without a single value: for finding out what the vendor has not published.

use super::redact::may_be_secret;
use super::session::{Opened, Session};
use crate::config::Gateway;
use crate::error::Result;
use crate::host::{Host, Http};
use crate::json::place::push_part;
use crate::json::reader::{Reader, Records};
use crate::json::scan::{Number, Scan, byte, key, number, skip_space, skip_value, string};
use crate::lake::record::Failure;
use crate::normalize::Select;
use crate::normalize::time::detect_timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// No more bytes of an answer are looked at.
const MAX_BYTES: usize = 16 << 20;
/// No more places of an answer are told apart.
const MAX_PLACES: usize = 2_000;

/// The shapes of a gateway's answers.
#[derive(Debug, Serialize)]
pub struct Probe {
    /// Of this document.
    pub format: u32,
    pub product: &'static str,
    /// Generation of the API: 2 or 3.
    pub api: u8,
    pub resources: Vec<Probed>,
}

/// One resource's answer.
#[derive(Debug, Serialize)]
pub struct Probed {
    pub resource: &'static str,
    pub path: &'static str,
    /// Why there is no shape, or only the beginning of one.
    pub error: Option<Failure>,
    /// Whether the answer was read to its end.
    pub complete: bool,
    pub bytes: usize,
    /// The answer states a total in `X-Total-Count`, or a next page in `Link`.
    pub total_header: bool,
    pub next_link: bool,
    /// How often which kind of value stood where. A place is a JSON pointer; `*` stands for an array's items and for names that
    /// could be data.
    pub shape: BTreeMap<String, BTreeMap<&'static str, u64>>,
}

impl<H: Http, T: Host> Session<'_, H, T> {
    /// Asks for every resource that is switched on, once. Only a login that fails is an error.
    pub async fn probe(&mut self) -> Result<Probe> {
        let api = self.api().await?;
        let gateway: &Gateway = self.gateway;
        let mut resources = Vec::new();
        for pull in &gateway.resources {
            let Some(path) = pull.resource.path(api) else { continue };
            let mut probed = Probed {
                resource: pull.resource.table,
                path,
                error: None,
                complete: false,
                bytes: 0,
                total_header: false,
                next_link: false,
                shape: BTreeMap::new(),
            };
            if let Err(error) = self.look(&gateway.base.url(path), &mut probed).await {
                probed.error = Some(Failure::from(&error));
            }
            resources.push(probed);
        }
        Ok(Probe { format: 1, product: concat!("gatelake ", env!("CARGO_PKG_VERSION")), api: api.number(), resources })
    }

    async fn look(&mut self, url: &str, probed: &mut Probed) -> Result<()> {
        let place = format!("gateway {}", self.gateway.dataset);
        let Opened { lead, mut body, total, next } = self.open(&place, url.to_owned()).await?;
        (probed.total_header, probed.next_link) = (total.is_some(), next);
        // An array's items go by one by one; anything else is one value, whatever lies around the records in it.
        let whole = super::answer::first(&lead) != Some(b'[');
        let mut shapes = Shapes { found: &mut probed.shape, under: if whole { "" } else { "/*" } };
        let mut reader = Reader::new(Select::Root);
        let mut chunk = Some(lead);
        while let Some(bytes) = chunk {
            probed.bytes += bytes.len();
            reader.feed(&bytes, &mut shapes)?;
            if probed.bytes >= MAX_BYTES {
                return Ok(());
            }
            chunk = self.wire.chunk(&mut body).await?;
        }
        reader.end(&mut shapes)?;
        probed.complete = true;
        if !whole {
            probed.shape.insert(String::new(), BTreeMap::from([("array", 1)]));
        }
        Ok(())
    }
}

/// Counts kinds of values by place.
struct Shapes<'a> {
    found: &'a mut BTreeMap<String, BTreeMap<&'static str, u64>>,
    /// Where the reader's records lie.
    under: &'static str,
}

impl Records for Shapes<'_> {
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        // Nothing is counted before the value is whole.
        let end = skip_value(b, at, 0)?;
        self.value(b, at, &mut self.under.to_owned())?;
        Ok(end)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}

impl Shapes<'_> {
    fn value(&mut self, b: &[u8], at: usize, place: &mut String) -> Scan<usize> {
        match byte(b, at) {
            b'{' => {
                self.count(place, "object");
                self.members(b, at + 1, b'}', place)
            }
            b'[' => {
                self.count(place, "array");
                self.members(b, at + 1, b']', place)
            }
            b'"' => {
                let text = string(b, at + 1)?;
                self.count(place, kind_of_text(&text.value(b)));
                Ok(text.after())
            }
            b'-' | b'0'..=b'9' => {
                let (value, end) = number(b, at)?;
                self.count(place, if matches!(value, Number::Float(_)) { "fraction" } else { "integer" });
                Ok(end)
            }
            first => {
                self.count(place, if first == b'n' { "null" } else { "boolean" });
                skip_value(b, at, 0)
            }
        }
    }

    /// The members of an object or the items of an array; `at` is after the opening bracket.
    fn members(&mut self, b: &[u8], at: usize, close: u8, place: &mut String) -> Scan<usize> {
        let mut at = skip_space(b, at);
        while byte(b, at) != close {
            let length = place.len();
            if close == b'}' {
                let (name, value) = key(b, at)?;
                let name = name.value(b);
                push_part(place, if may_be_data(&name) { "*" } else { &name });
                at = value;
            } else {
                place.push_str("/*");
            }
            at = skip_space(b, self.value(b, at, place)?);
            place.truncate(length);
            if byte(b, at) == b',' {
                at = skip_space(b, at + 1);
            }
        }
        Ok(at + 1)
    }

    fn count(&mut self, place: &str, kind: &'static str) {
        if let Some(kinds) = self.found.get_mut(place) {
            *kinds.entry(kind).or_default() += 1;
        } else if self.found.len() < MAX_PLACES {
            self.found.insert(place.to_owned(), BTreeMap::from([(kind, 1)]));
        }
    }
}

/// Names that a program gave are short words; user names, addresses, paths and hashes are not.
fn may_be_data(name: &str) -> bool {
    let word = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'$'));
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.is_empty() || name.len() > 40 || !word || digits > 3 || may_be_secret(name.as_bytes())
}

/// What a text looks like, which says nothing of what it is.
fn kind_of_text(text: &str) -> &'static str {
    match text {
        "" => "text, empty",
        _ if detect_timestamp(text.as_bytes()).is_some() => "text, time",
        _ if text.parse::<f64>().is_ok() => "text, number",
        _ if matches!(text.to_ascii_lowercase().as_str(), "true" | "false") => "text, boolean",
        _ => "text",
    }
}
