//! Finds the records in a response body that arrives chunk by chunk.
//!
//! The reader keeps only the bytes of the record that has not ended yet. A step (a bracket, a key, a fact, a whole record)
//! either happens entirely or, when the data ends inside of it, not at all: it is tried again with more bytes. A record that
//! outgrows its chunk is tried only when the bytes have doubled, so that a huge one costs no more than twice its length.

use super::place;
use super::scan::{self, SLACK, Scan, Stop, byte, key, skip_space, skip_value};
use crate::error::{Error, Kind, Result};
use crate::gateway::redact::{secret_key_name, shown_key};
use crate::normalize::{Envelope, Select};

/// Where the records go.
pub trait Records {
    /// Takes the record at `at` and gives the position after it. On [`Stop::More`] it must have forgotten what it saw.
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize>;
    /// A record ended: the moment to write what is full.
    fn settle(&mut self) -> Result<()>;
}

/// Names under which an array of records may lie in an object, besides `_embedded.*`.
const NAMES: [&str; 12] = [
    "content",
    "data",
    "items",
    "results",
    "entries",
    "records",
    "rows",
    "entities",
    "values",
    "users",
    "folders",
    "cloudConnections",
];
/// Arrays of objects that describe a page and are never its records.
const NOT_RECORDS: [&str; 3] = ["sort", "links", "_links"];
/// Objects of an envelope are read this deep: `_embedded.users`, `page.totalElements`.
const ENVELOPE_DEPTH: usize = 3;
/// A record, or any other single step, may have this many bytes.
pub const MAX_STEP: usize = 64 << 20;
/// A chunk is taken in pieces of this many bytes.
const PIECE: usize = 256 << 10;
/// An envelope may have this many facts.
const MAX_FACTS: usize = 256;

#[derive(Clone, Copy, PartialEq, Debug)]
enum State {
    /// Before the first byte.
    Start,
    /// In the records' array, before a record or the bracket that closes it.
    Records { first: bool },
    /// In an object of the envelope, before a key or its closing brace.
    Object { first: bool },
    /// After the body.
    End,
}

pub struct Reader {
    select: Select,
    state: State,
    /// Data and `SLACK` zeros.
    window: Vec<u8>,
    /// Where the data not yet taken begins in the window.
    at: usize,
    /// Do not try again before the window holds this much.
    retry_at: usize,
    /// The window's last byte is the space after the body.
    ended: bool,
    /// Bytes of the body before the window.
    base: u64,
    /// Keys of the envelope's open objects.
    path: Vec<String>,
    /// Empty arrays met so far: an envelope without records may hold its empty list here.
    empty: Vec<String>,
    keys: Vec<String>,
    found: bool,
    envelope: Envelope,
}

impl Reader {
    pub fn new(select: Select) -> Reader {
        Reader {
            select,
            state: State::Start,
            window: vec![0; SLACK],
            at: 0,
            retry_at: 0,
            ended: false,
            base: 0,
            path: Vec::new(),
            empty: Vec::new(),
            keys: Vec::new(),
            found: false,
            envelope: Envelope::default(),
        }
    }

    /// Takes the body's next bytes and hands on the records that have become whole.
    pub fn feed(&mut self, chunk: &[u8], records: &mut impl Records) -> Result<()> {
        let fill = |at: usize, room: &mut [u8]| {
            if let Some(piece) = chunk.get(at..at + room.len()) {
                room.copy_from_slice(piece);
            }
        };
        self.feed_from(chunk.len(), fill, records)
    }

    /// The same for a chunk of `length` bytes of which no slice can be made: `fill` gets a place in it, and the room for the
    /// bytes that begin there.
    pub fn feed_from(
        &mut self,
        length: usize,
        mut fill: impl FnMut(usize, &mut [u8]),
        records: &mut impl Records,
    ) -> Result<()> {
        // Data beyond what one window needs is taken piece by piece, so that a large chunk costs no large buffer.
        for at in (0..length).step_by(PIECE) {
            fill(at, self.room(PIECE.min(length - at)));
            if self.window.len() - SLACK >= self.retry_at {
                self.pump(records)?;
            }
        }
        Ok(())
    }

    /// The body has ended.
    pub fn end(&mut self, records: &mut impl Records) -> Result<Envelope> {
        // A space ends a number that stands alone; where it is wrong, the body was cut inside of a literal or an escape.
        self.room(1).fill(b' ');
        self.ended = true;
        self.pump(records)?;
        if self.state != State::End {
            return Err(self.cut());
        }
        if !self.found {
            let mut lists = self.empty.iter().filter(|place| is_records_name(place));
            match (lists.next(), lists.next()) {
                (Some(place), None) => self.envelope.records_at = place.clone(),
                (Some(a), Some(b)) => return Err(ambiguous(a, b)),
                (None, _) => return Err(unknown_shape(&self.keys)),
            }
        }
        Ok(std::mem::take(&mut self.envelope))
    }

    /// Where the records lie, as a JSON pointer, once their list has begun.
    pub fn records_at(&self) -> Option<&str> {
        self.found.then_some(self.envelope.records_at.as_str())
    }

    /// Room for that many more bytes behind those that are left of the window.
    fn room(&mut self, length: usize) -> &mut [u8] {
        let end = self.window.len() - SLACK;
        if self.at > 0 {
            self.window.copy_within(self.at..end, 0);
            self.base += self.at as u64;
            self.retry_at = self.retry_at.saturating_sub(self.at);
        }
        let kept = end - self.at;
        self.at = 0;
        self.window.resize(kept + length + SLACK, 0);
        let (data, slack) = self.window.split_at_mut(kept + length);
        slack.fill(0);
        data.get_mut(kept..).unwrap_or_default()
    }

    fn pump(&mut self, records: &mut impl Records) -> Result<()> {
        let window = std::mem::take(&mut self.window);
        let result = self.steps(&window, records);
        let rest = window.len() - SLACK - self.at.min(window.len() - SLACK);
        let outcome = match result {
            Ok(()) => Ok(()),
            Err(Stop::More) if rest > MAX_STEP => Err(self.placed(too_large(), &window)),
            Err(Stop::More) => {
                self.retry_at = self.at + (rest * 2).min(MAX_STEP + 1);
                Ok(())
            }
            Err(Stop::Bad { at, .. }) if self.ended && at + SLACK + 1 >= window.len() => Ok(()),
            Err(Stop::Bad { at, what }) => Err(self.bad(&window, at, what)),
            Err(Stop::Fail(error)) => Err(self.placed(error, &window)),
            Err(Stop::Miss) => Err(Error::new(Kind::Data, "unreadable_record", "a record could not be read")),
        };
        self.window = window;
        outcome
    }

    fn steps(&mut self, b: &[u8], records: &mut impl Records) -> Scan<()> {
        let end = b.len() - SLACK;
        loop {
            let at = skip_space(b, self.at);
            match self.state {
                State::End if at >= end => {
                    self.at = end;
                    return Ok(());
                }
                State::End => return Err(Stop::Bad { at, what: "something follows the end of the JSON value" }),
                _ if at >= end => return Err(Stop::More),
                State::Start => self.start(b, at, records)?,
                State::Records { first } => self.next_record(b, at, first, records)?,
                State::Object { first } => self.member(b, at, first)?,
            }
        }
    }

    fn start(&mut self, b: &[u8], at: usize, records: &mut impl Records) -> Scan<()> {
        match (byte(b, at), &self.select) {
            (b'[', _) => {
                self.found = true;
                self.at = at + 1;
                self.state = State::Records { first: true };
            }
            (b'{', Select::Envelope) => {
                self.at = at + 1;
                self.state = State::Object { first: true };
            }
            (_, Select::Root) => {
                self.at = records.record(b, at)?;
                records.settle()?;
                self.found = true;
                self.envelope.records += 1;
                self.state = State::End;
            }
            (b'<', _) => return Err(Stop::Fail(html())),
            _ => {
                skip_value(b, at, 0)?;
                return Err(Stop::Fail(unknown_shape(&[])));
            }
        }
        Ok(())
    }

    fn next_record(&mut self, b: &[u8], mut at: usize, first: bool, records: &mut impl Records) -> Scan<()> {
        match byte(b, at) {
            b']' => {
                self.at = at + 1;
                self.state = if self.path.is_empty() { State::End } else { State::Object { first: false } };
                self.path.pop();
                return Ok(());
            }
            b',' if !first => at = skip_space(b, at + 1),
            _ if first => {}
            _ => return scan::stop(b, at, "a comma or the closing bracket is missing between records"),
        }
        if first && byte(b, at) == b',' {
            return scan::stop(b, at, "not a JSON value");
        }
        if self.select == Select::Envelope && byte(b, at) != b'{' {
            skip_value(b, at, 1)?;
            return Err(Stop::Fail(
                Error::new(Kind::Upstream, "not_records", "the list holds something other than objects")
                    .help("Set `select = \"root\"` for this resource if its items are meant to be plain values"),
            ));
        }
        let end = records.record(b, at)?;
        // Asked of whole records too, so that the answer does not depend on the chunks.
        if end - self.at > MAX_STEP {
            return Err(Stop::Fail(too_large()));
        }
        self.at = end;
        self.envelope.records += 1;
        self.state = State::Records { first: false };
        records.settle()?;
        Ok(())
    }

    /// One key and what it says, in an object of the envelope.
    fn member(&mut self, b: &[u8], mut at: usize, first: bool) -> Scan<()> {
        match byte(b, at) {
            b'}' => {
                self.at = at + 1;
                self.state = if self.path.pop().is_none() { State::End } else { State::Object { first: false } };
                return Ok(());
            }
            b',' if !first => at = skip_space(b, at + 1),
            _ if first => {}
            _ => return scan::stop(b, at, "a comma or the closing brace is missing"),
        }
        let (name, value) = key(b, at)?;
        let name = name.value(b).into_owned();
        let inside = skip_space(b, value + 1);
        let secret = secret_key_name(&name);
        match byte(b, value) {
            b'[' if byte(b, inside) == 0 => return scan::stop(b, inside, "not a JSON value"),
            b'[' if byte(b, inside) == b'{' && self.may_hold_records(&name) => {
                let place = self.pointer(&name);
                if self.found {
                    return Err(Stop::Fail(ambiguous(&self.envelope.records_at, &place)));
                }
                self.found = true;
                self.envelope.records_at = place;
                self.path.push(name);
                self.at = inside;
                self.state = State::Records { first: true };
                return Ok(());
            }
            b'{' if self.path.len() < ENVELOPE_DEPTH && !secret => {
                self.note(&name);
                self.path.push(name);
                self.at = value + 1;
                self.state = State::Object { first: true };
                return Ok(());
            }
            _ => {}
        }
        let end = skip_value(b, value, self.path.len() as u32 + 1)?;
        match byte(b, value) {
            b'[' if byte(b, inside) == b']' => self.empty.push(self.pointer(&name)),
            b't' => self.fact(&name, 1),
            b'f' => self.fact(&name, 0),
            b'-' | b'0'..=b'9' if !secret => {
                if let (scan::Number::Int(number), _) = scan::number(b, value)? {
                    self.fact(&name, number);
                }
            }
            _ => {}
        }
        self.note(&name);
        self.at = end;
        self.state = State::Object { first: false };
        Ok(())
    }

    /// Records lie at the top of an envelope or in `_embedded`; a list that lies deeper is part of something else.
    fn may_hold_records(&self, name: &str) -> bool {
        let place = match self.path.as_slice() {
            [] => true,
            [only] => only == "_embedded",
            _ => false,
        };
        place && !NOT_RECORDS.contains(&name)
    }

    fn fact(&mut self, name: &str, value: i64) {
        if self.envelope.facts.len() < MAX_FACTS {
            let place = self.pointer(name);
            self.envelope.facts.push((place, value));
        }
    }

    fn note(&mut self, name: &str) {
        if self.keys.len() < MAX_FACTS && self.path.is_empty() {
            self.keys.push(shown_key(name).chars().take(60).collect());
        }
    }

    fn pointer(&self, name: &str) -> String {
        let mut pointer = String::new();
        for part in self.path.iter().map(String::as_str).chain([name]) {
            place::push_part(&mut pointer, part);
        }
        pointer
    }

    /// Where the step under way begins, behind space and comma.
    fn begin(&self, b: &[u8]) -> usize {
        match self.state {
            State::Records { first: false } => skip_space(b, skip_space(b, self.at) + 1),
            _ => skip_space(b, self.at),
        }
    }

    /// What is known of the place of `at`, in words for an error.
    fn place(&self, b: &[u8], at: usize) -> String {
        let mut pointer = String::new();
        match self.state {
            State::Records { .. } => {
                pointer.push_str(&self.envelope.records_at);
                place::push_part(&mut pointer, &self.envelope.records.to_string());
            }
            _ => self.path.iter().for_each(|part| place::push_part(&mut pointer, part)),
        }
        place::push_inner(&mut pointer, b, self.begin(b), at);
        let offset = self.base + at as u64;
        format!("byte {offset}, pointer \"{pointer}\"")
    }

    fn bad(&self, b: &[u8], at: usize, what: &str) -> Error {
        if self.state == State::Start && byte(b, skip_space(b, 0)) == b'<' {
            return html();
        }
        Error::new(Kind::Data, "invalid_json", format!("invalid JSON: {what}")).at(self.place(b, at))
    }

    /// An error about the record, or whatever else, that begins here.
    fn placed(&self, error: Error, b: &[u8]) -> Error {
        error.at(self.place(b, self.begin(b)))
    }

    fn cut(&self) -> Error {
        let data = (self.window.len() - SLACK).saturating_sub(1);
        if self.base == 0 && data == 0 {
            return Error::new(Kind::Data, "empty_body", "the body is empty where JSON was expected");
        }
        Error::new(Kind::Data, "cut_body", "the body ends before its JSON does")
            .at(self.place(&self.window, data))
            .help("The connection was cut or the service stopped while answering: the run tries again by itself")
    }
}

fn is_records_name(pointer: &str) -> bool {
    let mut parts = pointer.split('/').skip(1);
    match (parts.next(), parts.next(), parts.next()) {
        (Some("_embedded"), Some(_), None) => true,
        (Some(name), None, _) => NAMES.contains(&name),
        _ => false,
    }
}

fn html() -> Error {
    Error::new(Kind::Upstream, "html_instead_of_json", "a web page came where JSON was expected")
        .help("Check the base URL and its path: the gateway's web interface answers unknown paths with a page")
}

fn too_large() -> Error {
    Error::new(Kind::Limit, "record_too_large", format!("a single record has more than {} MiB", MAX_STEP >> 20))
        .help("Nothing in a list of records is so long: check `select`, and the resource's path")
}

fn ambiguous(a: &str, b: &str) -> Error {
    Error::new(Kind::Upstream, "ambiguous_envelope", format!("two lists could be the records: {a} and {b}"))
}

fn unknown_shape(keys: &[String]) -> Error {
    let found = if keys.is_empty() {
        "no object and no list".to_owned()
    } else {
        format!("an object with the keys {}", keys.join(", "))
    };
    Error::new(Kind::Upstream, "unknown_shape", format!("the answer holds no list of records: {found}"))
        .help("Set `select = \"root\"` for this resource if the whole object is meant to be one row")
}
