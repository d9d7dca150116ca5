//! What a gateway's answers look like, without a single value of them: for a person who wants to show how their appliance
//! answers, and for finding out why a resource does not come.

use super::answer::{first, veil};
use super::catalogue::{RESOURCES, Records, Resource};
use super::session::{Opened, Session};
use super::shape::{Kinds, masked_pointer, shape};
use super::url::fill;
use crate::error::Result;
use crate::host::{Host, Http};
use crate::json::reader::{self, Reader};
use crate::json::scan::{SLACK, Scan, byte, key, skip_space, skip_value, string};
use serde::Serialize;
use std::collections::BTreeMap;

/// So many bytes of an answer are looked at. They are all that is held of it, and never as a tree.
pub const LOOKED_AT: usize = 1 << 20;

/// What [`Session::probe`] found. As JSON it is the same, byte for byte, whenever the gateway's answers are.
#[derive(Debug, Serialize)]
pub struct Probe {
    /// Of this document.
    pub format: u32,
    pub product: &'static str,
    /// Generation of the API: 2 or 3.
    pub api: u8,
    /// The login that worked: `login`, `oauth-token`, `v2-header`, or `token` for one that was given.
    pub login: &'static str,
    /// In the catalogue's order.
    pub resources: Vec<Sight>,
}

/// One answer.
#[derive(Debug, Default, Serialize)]
pub struct Sight {
    pub resource: &'static str,
    /// As the catalogue has it: `{username}` stands for the first user's.
    pub path: &'static str,
    /// The last answer's; 0 when there was none.
    pub status: u16,
    pub content_type: Option<String>,
    /// The code of the error that a run would meet. No message: a server's words may be about somebody.
    pub error: Option<&'static str>,
    /// Bytes looked at, and whether that was all.
    pub bytes: u64,
    pub complete: bool,
    /// Whether the headers `x-total-count`, and `link` with a next page, were there.
    pub total_header: bool,
    pub next_link: bool,
    /// Where a run would find the records, as a JSON pointer, and how many of them there were.
    pub records_at: Option<String>,
    pub records: u64,
    /// What there is, by JSON pointer: `*` stands for all items of a list, `<key>` for names that may be data. The kinds are
    /// `array`, `boolean`, `fraction` (a number with a fraction or an exponent), `integer`, `null`, `object`, `text`, and what a
    /// text looks like: `text, boolean`, `text, empty`, `text, number`, `text, time`.
    pub shape: BTreeMap<String, Kinds>,
}

impl<H: Http, T: Host> Session<'_, H, T> {
    /// Looks once at every known resource of this gateway's generation, and at the first user by name. At a backup only if it
    /// is switched on: it is full of secrets, and may be work for the appliance. An error is that of the login; what goes wrong
    /// with a resource stands at that resource.
    pub async fn probe(&mut self) -> Result<Probe> {
        let api = self.api().await?;
        let mut resources = Vec::new();
        for resource in &RESOURCES {
            let wanted = resource.on || self.gateway.resources.iter().any(|pull| pull.resource == resource);
            let Some(path) = resource.path(api).filter(|_| wanted) else { continue };
            let (sight, username) = self.look(resource, path, None).await;
            // Every further answer would be the same, and cost a login.
            let refused = sight.error == Some("token_refused");
            resources.push(sight);
            if refused {
                break;
            }
            // Only 3.x has records by name.
            if let (Some(item), Some(username), true) = (resource.item, username, resource.v3 == Some(path)) {
                resources.push(self.look(resource, item, Some(username)).await.0);
            }
        }
        let login = self.dialect.map_or("token", |dialect| dialect.name());
        let product = concat!("gatelake ", env!("CARGO_PKG_VERSION"));
        Ok(Probe { format: 1, product, api: api.number(), login, resources })
    }

    /// Looks at one answer; `name` takes the place of the braces in `path`. The second part is the first record's `username`.
    async fn look(&mut self, resource: &Resource, path: &'static str, name: Option<String>) -> (Sight, Option<String>) {
        let mut sight = Sight { resource: resource.table, path, ..Sight::default() };
        let filled = match &name {
            Some(name) => fill(path, name),
            None => Ok(path.to_owned()),
        };
        let reached = match filled {
            Ok(filled) => self.reach(&format!("probe of {path}"), self.gateway.base.url(&filled)).await,
            Err(error) => Err(error.into()),
        };
        let shown = |content_type: Option<String>| content_type.map(|text| veil(&text, &self.secrets()));
        let Opened { lead, mut body, total, next, status, content_type } = match reached {
            Ok(opened) => opened,
            Err(failure) => {
                (sight.status, sight.content_type) = (failure.status, shown(failure.content_type));
                sight.error = Some(failure.error.code());
                return (sight, None);
            }
        };
        (sight.status, sight.content_type) = (status, shown(content_type));
        (sight.total_header, sight.next_link) = (total.is_some(), next);
        let mut bytes = lead;
        while bytes.len() <= LOOKED_AT && !sight.complete && sight.error.is_none() {
            match self.wire.chunk(&mut body).await {
                Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
                Ok(None) => sight.complete = true,
                Err(error) => sight.error = Some(error.code()),
            }
        }
        sight.complete &= bytes.len() <= LOOKED_AT;
        bytes.truncate(LOOKED_AT);
        sight.bytes = bytes.len() as u64;

        // A record by its name is no list.
        let records = if name.is_some() { Records::Root } else { resource.records };
        let mut reader = Reader::new(records.select(first(&bytes).unwrap_or_default()));
        let mut found = Found::default();
        let read = reader.feed(&bytes, &mut found).and_then(|()| match sight.complete {
            true => reader.end(&mut found).map(|envelope| Some(envelope.records_at)),
            false => Ok(reader.records_at().map(str::to_owned)),
        });
        match read {
            Ok(place) => sight.records_at = place.map(|place| masked_pointer(&place)),
            Err(error) => sight.error = Some(error.code()),
        }
        sight.records = found.records;
        bytes.extend_from_slice(&[0; SLACK]);
        sight.shape = shape(&bytes);
        (sight, found.username)
    }
}

/// Counts records, and keeps the first one's `username`.
#[derive(Default)]
struct Found {
    records: u64,
    username: Option<String>,
}

impl reader::Records for Found {
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        let end = skip_value(b, at, 1)?;
        self.records += 1;
        if self.records == 1 && byte(b, at) == b'{' {
            let mut at = skip_space(b, at + 1);
            while byte(b, at) == b'"' {
                let (name, value) = key(b, at)?;
                if name.raw(b) == b"username" && byte(b, value) == b'"' {
                    self.username = Some(string(b, value + 1)?.value(b).into_owned());
                }
                at = skip_space(b, skip_value(b, value, 1)?);
                if byte(b, at) == b',' {
                    at = skip_space(b, at + 1);
                }
            }
        }
        Ok(end)
    }

    fn settle(&mut self) -> Result<()> {
        Ok(())
    }
}
