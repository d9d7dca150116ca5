//! One resource, from its first page to its last. Bytes go to a [`Sink`] as they come; that the server's own totals were met
//! decides whether they count.

use super::answer::veiled;
use super::budget::Backoff;
use super::catalogue::Resource;
use super::session::{Opened, Session};
use crate::config::Pull;
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Http};
use crate::normalize::{Envelope, Select};
use crate::run::Traffic;

/// The names under which servers say how many records there are in all, folded by [`fold`].
const TOTALS: [&str; 5] = ["totalelements", "totalcount", "totalrecords", "recordstotal", "total"];
/// So many first bytes of a page tell it from the one before.
const FINGERPRINT: usize = 4096;

/// Where a resource's bodies go.
#[allow(async_fn_in_trait)]
pub trait Sink {
    /// Whether the resource may still begin anew when a body breaks off. If not, that is the end of it.
    fn again(&self) -> bool {
        true
    }
    /// The resource begins, or begins anew: whatever came before is void.
    fn restart(&mut self) -> Result<()>;
    /// A body begins.
    fn begin(&mut self, select: Select) -> Result<()>;
    /// Its next bytes, of any length.
    async fn feed(&mut self, bytes: &[u8]) -> Result<()>;
    /// It is whole: what stood around its records.
    fn end(&mut self) -> Result<Envelope>;
}

impl<H: Http, T: Host> Session<'_, H, T> {
    /// Whether the gateway's generation has that resource. Only known after the login if the configuration does not say.
    pub fn offers(&self, resource: &Resource) -> bool {
        resource.path(self.generation()).is_some()
    }

    /// Brings all records of a resource to `sink`. A body that breaks off begins the whole resource anew: its pages are only
    /// worth something together. `traffic` is right after an error, too.
    pub async fn pull(&mut self, pull: &Pull, sink: &mut impl Sink, traffic: &mut Traffic) -> Result<()> {
        let before = self.wire.budget.requests_left();
        let result = self.attempts(pull, sink, traffic).await;
        traffic.requests += u64::from(before - self.wire.budget.requests_left());
        result
    }

    async fn attempts(&mut self, pull: &Pull, sink: &mut impl Sink, traffic: &mut Traffic) -> Result<()> {
        let api = self.api().await?;
        let place = format!("gateway {}", self.gateway.dataset);
        let other = pull.resource.path(api.other());
        let Some(path) = pull.resource.path(api) else {
            let message = format!("API {} does not have this resource", api.number());
            return Err(Error::new(Kind::Config, "not_offered", message)
                .at(place)
                .help("Switch it off under [gateway.NAME.resources]"));
        };
        let mut backoff = Backoff::new(self.gateway.limits.retries);
        loop {
            sink.restart()?;
            let (mut pages, mut bytes) = (Pages::new(pull.page_size), 0);
            let broken = loop {
                let url = self.gateway.base.url(&format!("{path}{}", pages.query()));
                let opened = self.open(&place, url).await.map_err(|error| match other {
                    Some(other) if error.code() == "not_found" => error.help(format!(
                        "API {} has it at {other}: check `api` and `base_url`, or switch the resource off",
                        api.other().number()
                    )),
                    _ => error,
                })?;
                let turned = self.read(opened, pull, sink, &mut bytes, traffic).await.and_then(|page| pages.turn(page));
                match turned {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(error) => break error,
                }
            };
            let broken = veiled(broken, &self.secrets()).at(format!("{place}, {}", self.gateway.base.url(path)));
            if !sink.again() {
                return Err(broken);
            }
            backoff.pause(broken, None, self.wire.budget, self.wire.host).await?;
        }
    }

    async fn read(
        &self,
        opened: Opened<H::Body>,
        pull: &Pull,
        sink: &mut impl Sink,
        bytes: &mut u64,
        traffic: &mut Traffic,
    ) -> Result<Page> {
        let Opened { lead, mut body, total, next, .. } = opened;
        let first = super::answer::first(&lead).unwrap_or_default();
        sink.begin(pull.records.select(first))?;
        let (mut beginning, mut length, mut chunk) = (Vec::new(), 0, Some(lead));
        while let Some(some) = chunk {
            let more = some.len() as u64;
            traffic.bytes += more;
            *bytes += more;
            length += more;
            if *bytes > self.gateway.limits.resource_bytes {
                let mib = self.gateway.limits.resource_bytes >> 20;
                return Err(Error::new(Kind::Limit, "resource_too_large", format!("more than {mib} MiB came"))
                    .help("Raise `limits.resource_mib` if that is right"));
            }
            beginning.extend(some.iter().take(FINGERPRINT - beginning.len()));
            sink.feed(&some).await?;
            chunk = self.wire.chunk(&mut body).await?;
        }
        let envelope = sink.end().map_err(|error| match error.code() {
            // Some transports report a connection that broke as the end of the body.
            "cut_body" | "empty_body" => {
                Error::new(Kind::Transient, error.code(), error.message()).at(error.place().unwrap_or_default())
            }
            _ => error,
        })?;
        traffic.pages += 1;
        Ok(Page { envelope, total, next, fingerprint: (length, beginning) })
    }
}

/// What one answer came to.
struct Page {
    envelope: Envelope,
    /// The `X-Total-Count` header.
    total: Option<u64>,
    /// The `Link` header names a next page.
    next: bool,
    /// Length and first bytes of the body.
    fingerprint: (u64, Vec<u8>),
}

impl Page {
    /// A number or switch of the envelope, found beside the records, in a `page` beside them, or at the top.
    fn fact(&self, names: &[&str]) -> Option<u64> {
        let parent = self.envelope.records_at.rsplit_once('/').map(|(parent, _)| parent).unwrap_or_default();
        let places = [format!("{parent}/"), format!("{parent}/page/"), "/".to_owned(), "/page/".to_owned()];
        let facts = || places.iter().flat_map(|place| self.envelope.facts.iter().map(move |fact| (place, fact)));
        let found = |name: &&str| {
            let mut named =
                facts().filter(|(place, (at, _))| at.strip_prefix(place.as_str()).map(fold).as_deref() == Some(name));
            named.find_map(|(_, (_, value))| u64::try_from(*value).ok())
        };
        names.iter().find_map(found)
    }

    fn total(&self) -> Option<u64> {
        self.fact(&TOTALS).or(self.total)
    }
}

/// `totalElements` and `total_elements` are one name.
fn fold(name: &str) -> String {
    name.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// Where we are in a resource. Pages count from 0. Nothing is asked for in pages unless it was configured, or the server's
/// answer showed that it has some.
struct Pages {
    size: Option<u64>,
    /// The page that the next request asks for, or asked for.
    asked: Option<u64>,
    read: u64,
    records: u64,
    /// As the page before said.
    total: Option<u64>,
    last: Option<(u64, Vec<u8>)>,
}

impl Pages {
    fn new(size: Option<u32>) -> Pages {
        Pages { size: size.map(u64::from), asked: size.map(|_| 0), read: 0, records: 0, total: None, last: None }
    }

    fn query(&self) -> String {
        match (self.asked, self.size) {
            (Some(page), Some(size)) => format!("?page={page}&size={size}"),
            _ => String::new(),
        }
    }

    /// Takes an answer; whether there is a next page to ask for. Errors: the server gave another page than was asked for, or
    /// not all that it says it has.
    fn turn(&mut self, page: Page) -> Result<bool> {
        let number = page.fact(&["number", "pagenumber"]);
        let ignored = match (self.asked, number) {
            (Some(asked), Some(number)) => asked != number,
            _ => false,
        };
        if ignored || self.last.as_ref() == Some(&page.fingerprint) {
            return Err(Error::new(Kind::Upstream, "page_ignored", "the server answers with a page that was not asked for")
                .help("It seems to ignore the `page` parameter: remove `page_size`, or set it so large that one page holds everything"));
        }
        self.read += 1;
        self.records += page.envelope.records;
        let (before, total) = (self.total, page.total());
        self.total = total;
        if before.is_some_and(|before| total.is_some_and(|total| total != before)) {
            // Some records have moved to another page: one may be missing and another be there twice, though the sum is right.
            return Err(self.incomplete(total, "the list changed while its pages were read"));
        }
        if self.more(&page, number) {
            if page.envelope.records == 0 {
                return Err(self.incomplete(page.total(), "an empty page came although there should be more"));
            }
            self.size = self.size.or(page.fact(&["size", "pagesize"])).or(Some(page.envelope.records));
            self.asked = Some(number.or(self.asked).unwrap_or(0) + 1);
            self.last = Some(page.fingerprint);
            return Ok(true);
        }
        match page.total() {
            Some(total) if total != self.records => Err(self.incomplete(Some(total), "not all records came")),
            _ => Ok(false),
        }
    }

    fn more(&self, page: &Page, number: Option<u64>) -> bool {
        if let Some(last) = page.fact(&["last"]) {
            return last == 0;
        }
        if let (Some(number), Some(pages)) = (number.or(self.asked), page.fact(&["totalpages"])) {
            return number + 1 < pages;
        }
        match (page.next, self.size, page.total()) {
            (true, _, _) => true,
            (_, Some(_), Some(total)) => self.records < total,
            // More than was asked for is everything.
            (_, Some(size), None) => page.envelope.records == size,
            _ => false,
        }
    }

    /// Pages may shift while they are read: then it is worth another try. A single answer will not be another one.
    fn incomplete(&self, total: Option<u64>, what: &str) -> Error {
        let total = total.map(|total| format!(" of {total}")).unwrap_or_default();
        let kind = if self.read > 1 { Kind::Transient } else { Kind::Upstream };
        Error::new(kind, "incomplete", format!("{what}: {}{total} in {} pages", self.records, self.read))
            .help("If the server gives its lists in pages only when asked, set `page_size` for this resource")
    }
}
