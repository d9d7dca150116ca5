//! The shape of a JSON text: places, kinds of values and counts, and no value.
//!
//! A name can be data itself, where a server uses objects as maps (`{"alice": …}`). It is shown if it is made of words that
//! fields of such an API are made of, or if so many objects have it that it must be a field's; else it becomes `<key>`.

use super::redact::words;
use crate::json::place::push_part;
use crate::json::scan::{MAX_DEPTH, Number, Scan, Stop, byte, key, number, skip_space, skip_value, string};
use crate::normalize::time::detect_timestamp;
use std::collections::BTreeMap;

/// What stands for a name that may be data.
const MASKED: &str = "<key>";
/// An unknown name is a field's if at least so many objects of one place, and nine of ten of them, have it.
const OBJECTS: u64 = 20;
const LONGEST_NAME: usize = 64;

/// Kind of value → how many of them.
pub type Kinds = BTreeMap<&'static str, u64>;

/// What the JSON value has that `window` begins with (it ends in [`crate::json::scan::SLACK`] zeros), as far as it goes, by
/// JSON pointer: `*` stands for all items of a list, `<key>` for all names that may be data.
pub(super) fn shape(window: &[u8]) -> BTreeMap<String, Kinds> {
    let mut root = Node::default();
    // Where the text ends or goes wrong, what came before has been seen.
    let _ = root.take(window, skip_space(window, 0), 0);
    let mut shape = BTreeMap::new();
    root.show("", &mut shape);
    shape
}

/// A JSON pointer in which names that may be data are masked.
pub(super) fn masked_pointer(pointer: &str) -> String {
    let part = |part: &str| if part.is_empty() || known(part) { part.to_owned() } else { MASKED.to_owned() };
    pointer.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// All values of one place.
#[derive(Default)]
struct Node {
    kinds: Kinds,
    items: Option<Box<Node>>,
    keys: BTreeMap<String, Node>,
}

impl Node {
    /// Takes the value at `at` and gives the position after it.
    fn take(&mut self, b: &[u8], at: usize, depth: u32) -> Scan<usize> {
        let kind = match byte(b, at) {
            _ if depth >= MAX_DEPTH => return Err(Stop::Bad { at, what: "too deep" }),
            b'{' => "object",
            b'[' => "array",
            b'"' => kind_of_text(&string(b, at + 1)?.value(b)),
            b't' | b'f' => "boolean",
            b'n' => "null",
            _ => match number(b, at)? {
                (Number::Float(_), _) => "fraction",
                _ => "integer",
            },
        };
        // Only the lists and objects around a cut are counted although they are not whole.
        let end = if matches!(kind, "object" | "array") { at + 1 } else { skip_value(b, at, depth)? };
        *self.kinds.entry(kind).or_default() += 1;
        match kind {
            "object" => self.take_members(b, skip_space(b, end), depth + 1),
            "array" => self.take_items(b, skip_space(b, end), depth + 1),
            _ => Ok(end),
        }
    }

    fn take_members(&mut self, b: &[u8], mut at: usize, depth: u32) -> Scan<usize> {
        while byte(b, at) != b'}' {
            let (name, value) = key(b, at)?;
            let member = self.keys.entry(name.value(b).into_owned()).or_default();
            at = skip_space(b, member.take(b, value, depth)?);
            match byte(b, at) {
                b',' => at = skip_space(b, at + 1),
                b'}' => {}
                _ => return Err(Stop::More),
            }
        }
        Ok(at + 1)
    }

    fn take_items(&mut self, b: &[u8], mut at: usize, depth: u32) -> Scan<usize> {
        let items = self.items.get_or_insert_default();
        while byte(b, at) != b']' {
            // A record that is cut would seem to lack its last keys.
            skip_value(b, at, depth)?;
            at = skip_space(b, items.take(b, at, depth)?);
            match byte(b, at) {
                b',' => at = skip_space(b, at + 1),
                b']' => {}
                _ => return Err(Stop::More),
            }
        }
        Ok(at + 1)
    }

    fn show(&self, pointer: &str, shape: &mut BTreeMap<String, Kinds>) {
        // Several masked names share a place.
        let kinds = shape.entry(pointer.to_owned()).or_default();
        for (kind, count) in &self.kinds {
            *kinds.entry(kind).or_default() += count;
        }
        if let Some(items) = self.items.as_ref().filter(|items| !items.kinds.is_empty()) {
            items.show(&format!("{pointer}/*"), shape);
        }
        let objects = self.kinds.get("object").copied().unwrap_or(0);
        for (name, member) in &self.keys {
            let seen: u64 = member.kinds.values().sum();
            let common = objects >= OBJECTS && seen.saturating_mul(10) >= objects.saturating_mul(9);
            let mut inner = pointer.to_owned();
            push_part(&mut inner, if known(name) || common && plain(name) { name } else { MASKED });
            member.show(&inner, shape);
        }
    }
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

/// Whether a name looks like a field's at all.
fn plain(name: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    name.len() <= LONGEST_NAME && name.bytes().all(legal) && name.starts_with(|c: char| !c.is_ascii_digit())
}

/// Whether a name is made of words of the trade alone: it tells nothing about this gateway.
fn known(name: &str) -> bool {
    let known = |word: &String| {
        let single = word.strip_suffix('s').unwrap_or(word);
        WORDS.split_ascii_whitespace().any(|known| known == word || known == single)
    };
    let words = words(name);
    plain(name) && !words.is_empty() && words.iter().all(known)
}

/// Words that names of fields are made of: in this API as far as it is known, in its neighbours, and in what Spring, JPA and
/// Jackson put around them. Plurals in `s` go without saying.
const WORDS: &str = "
    a about absolute access account action active actual address admin administrator after age agent alert algo
    algorithm alias all allow allowed anonymous any api app application archive arn array at attempt attribute auth
    authentication authorities authority authorization authorized auto available average azure backend backup
    bandwidth banner base before begin bit blob block blocked body bool boolean bucket build by byte cache can
    capacity cert certificate change changed check checksum child children cidr cipher class client cloud
    cloudconnection cluster code comment company completed config configuration connected connection connector
    container content copy core count country cpu create created creation credential cron current curve custom data
    database date day db default delete deleted denied deny department depth description detail device dir direction
    directory disable disabled disk display displayname distinguished dn domain down download downtime dsa dto
    duration ecdsa ed25519 edit elements email embedded empty enable enabled encoding encrypted encryption end
    endpoint engine entities entity entries entry env environment error event exclude exists expiration expire
    expired expiry export external extra failed failure false family feature field file filesystem filter
    fingerprint first firstname flag folder format free from full fullname gateway gb gcp gcs generated gid global
    google group has hash header health heap history home homedir homefolder hook host hostname hour href http icon
    id identifier identities identity idle idp import in inbound include index info inherited initial inline input
    instance integration integrity internal interval invalid ip ipv4 ipv6 is iso issuer item java job json jvm
    kernel kex key keyring kind kms label language last lastname latest ldap length level license limit line link
    list listen listener load local locale location lock locked log logged login logout mac machine managed mask max
    maximum mb md5 member memory message meta metadata method mfa migration min minimum minute mode modified month
    mount name nested net network next node note notification null number object of offline offset oid oidc on
    online only operation option order organization os other out outbound output owner page pageable paged parent
    part partition pass passphrase password path pattern pending percent percentage permission phone php pid
    platform policies policy pool port prefix presigned previous primary principal priorities priority private
    process product profile project properties property protocol provider proxy ps pub pubkey public publickey query
    queue quota random range rate raw reachable read ready realm reason record redirect refresh region registered
    relation relative remote rename repeat request required reset resource response rest result retention revision
    rights role root row rsa rule running s s3 s3encryption saml sample sas schedule schema scheme scope script
    search second secret secure security self sent separator sequence serial server service session set setting
    severity sftp sha sha1 sha256 share shared sid signature single site size slice smb sms snapshot socket software
    sort sorted source space spec sse ssh ssl sso stack stage start started state static statistic stats status step
    storage store stream string sub subject subnet subscription success suffix summary swap system table tag target
    task team temp template tenant test text thread threshold time timeout timestamp timezone title tls to token
    tool total trace traffic transfer trigger true trust trusted type uid unit unix unpaged unsorted until update
    updated upload uptime uri url usage use used user username utc uuid valid validity value vault vendor verified
    verify version view virtual vm volume vpc warning web webhook website week width window with workspace write
    year zip zone";
