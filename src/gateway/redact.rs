//! What a secret looks like: the only door between the admin API and everything that is stored, shown or logged.
//!
//! - [`secret_key_name`]: a key under which texts, numbers, objects and lists are secret. Booleans and nulls under it are not:
//!   `"usesPassword": true` says something and gives nothing away.
//! - [`secret_value`] and [`may_be_secret`]: a text that is secret wherever it stands; [`shown_key`] for one that is a key.
//! - [`redact_text`]: a sentence of somebody else, made fit for an error or a log.
//!
//! Names are judged strictly: `tokenRing` is taken for a token. The way out is `reveal` in the configuration, by column. Public
//! keys, fingerprints and resource names (ARNs) are data and stay.

use crate::json::lanes::{BITS, Lanes, WIDTH};
use crate::table::Padded;

/// What stands in a message where a secret was.
pub const MASK: &str = "***";
/// A foreign message has at most this many characters.
const MESSAGE_CHARS: usize = 200;

/// Words that make a name secret wherever they stand in it.
const SECRET_WORDS: [&str; 18] = [
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "secret",
    "secrets",
    "token",
    "tokens",
    "sas",
    "jwt",
    "credential",
    "credentials",
    "otp",
    "totp",
    "cookie",
    "bearer",
];
/// The same where somebody wrote a name without capitals or underscores.
const SECRET_PARTS: [&str; 12] = [
    "password",
    "passwd",
    "passphrase",
    "privatekey",
    "secretkey",
    "accesskey",
    "accountkey",
    "apikey",
    "connectionstring",
    "sharedaccess",
    "serviceaccountkey",
    "serviceaccountjson",
];
/// Ends of such a word.
const SECRET_ENDS: [&str; 4] = ["secret", "token", "pwd", "credentials"];
/// A name that ends so speaks about the secret; the secret is not under it.
const ABOUT: [&str; 27] = [
    "age",
    "algorithm",
    "arn",
    "at",
    "changed",
    "count",
    "created",
    "date",
    "days",
    "enabled",
    "endpoint",
    "expiration",
    "expired",
    "expires",
    "expiry",
    "fingerprint",
    "length",
    "modified",
    "name",
    "policy",
    "required",
    "status",
    "time",
    "type",
    "updated",
    "uri",
    "url",
];

/// Whether what stands under this key (as it is in the JSON) is secret, unless it is a boolean or null.
///
/// ```
/// use gatelake::gateway::redact::secret_key_name;
/// assert!(secret_key_name("secretAccessKey") && secret_key_name("sas_token"));
/// assert!(!secret_key_name("publicKey") && !secret_key_name("secretariat") && !secret_key_name("tokenExpiryDate"));
/// ```
pub fn secret_key_name(name: &str) -> bool {
    let words = words(name);
    let Some(last) = words.last() else { return false };
    let whole = words.concat();
    let listed = words.iter().any(|word| SECRET_WORDS.contains(&word.as_str()));
    let inside = SECRET_PARTS.iter().any(|part| whole.contains(part));
    let ends = words.iter().any(|word| SECRET_ENDS.iter().any(|end| word.ends_with(end)));
    let starts = whole.starts_with("secret") && !whole.starts_with("secretar");
    let sas = ["sastoken", "sasur", "saskey", "sassig"].iter().any(|part| whole.starts_with(part));
    // In `sasUrl` the URL is the secret.
    let about = ABOUT.contains(&last.as_str()) && words.len() > 1 && !words.iter().any(|word| word == "sas");
    (listed || inside || ends || starts || sas || last == "pass") && !about
}

/// The words of a name in small letters: cut at capitals and at whatever is neither letter nor digit.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = name.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        // `sasToken`, and the `T` of `SASToken`.
        let begins = c.is_uppercase() && (!before.is_uppercase() || after.is_lowercase());
        if begins || !c.is_alphanumeric() {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Why a text is secret, whatever key it stands under; `None` when it is not.
pub fn secret_value(text: &str) -> Option<&'static str> {
    find(text.as_bytes().into())
}

/// The same for bytes of UTF-8, on the hot path.
pub fn may_be_secret(text: Padded<'_>) -> bool {
    find(text).is_some()
}

/// A key as it may be shown, and as its column is named: keys that are data can be secrets themselves.
pub fn shown_key(name: &str) -> &str {
    if secret_value(name).is_some() { REDACTED_KEY } else { name }
}

/// What stands for a key that is a secret.
const REDACTED_KEY: &str = "redacted";

/// Nothing shorter is taken for a secret by its looks.
const SHORTEST: usize = 8;

#[inline(always)]
fn find(text: Padded<'_>) -> Option<&'static str> {
    if text.len() < SHORTEST {
        return None;
    }
    if may_be_by_start(text)
        && let Some(reason) = by_start(text.bytes())
    {
        return Some(reason);
    }
    let mut at = 0;
    while at < text.len() {
        if marked(text.window(), at)
            && let Some(reason) = look(text.bytes(), at)
        {
            return Some(reason);
        }
        at += WIDTH;
    }
    None
}

/// The bits of the first `n` bytes.
#[inline(always)]
fn before(n: usize) -> u64 {
    if n < WIDTH { (1 << (n as u32 * BITS)) - 1 } else { u64::MAX }
}

/// Whether [`at_mark`] could know anything of the bytes from `at` on: whether two dashes stand together, a dot before an `e`, or
/// an equals sign. Nearly every text of a gateway comes out clean.
#[inline(always)]
fn marked(b: &[u8], at: usize) -> bool {
    let (here, next) = (Lanes::load(b, at), Lanes::load(b, at + 1));
    (here.equal(b'-') & next.equal(b'-') | here.equal(b'.') & next.equal(b'e') | here.equal(b'=')).any()
}

#[cold]
#[inline(never)]
fn look(b: &[u8], from: usize) -> Option<&'static str> {
    let marks = |at: &usize| match b.get(*at..) {
        Some([b'-', b'-', ..] | [b'.', b'e', b'y', ..]) => true,
        Some([b'=', after, ..]) => !b" =".contains(after),
        _ => false,
    };
    (from..b.len().min(from + WIDTH)).filter(marks).find_map(|at| at_mark(b, at))
}

/// Whether [`by_start`] could know anything: by the first letter, or by a colon among the first 16 bytes (the longest scheme
/// of a URL in use has 13 letters).
#[inline(always)]
fn may_be_by_start(text: Padded<'_>) -> bool {
    let colons = |at: usize| Lanes::load(text.window(), at).equal(b':').bits() & before(text.len().saturating_sub(at));
    let first = text.window().first().unwrap_or(&0);
    matches!(first, b'$' | b'{' | b'P' | b'B' | b'L' | b'e') || colons(0) != 0 || (WIDTH < 16 && colons(WIDTH) != 0)
}

/// What is known by how it begins.
#[inline(never)]
fn by_start(b: &[u8]) -> Option<&'static str> {
    match b.first() {
        Some(b'$') => password_hash(b).then_some("password hash"),
        Some(b'{') if password_hash(b) => Some("password hash"),
        Some(b'{') => service_account(b).then_some("service account"),
        Some(b'P') => b.starts_with(b"PuTTY-User-Key-File-").then_some("private key"),
        Some(b'B') => bearer(b).then_some("bearer token"),
        Some(b'L') if b.starts_with(b"LS0tLS1CRUdJTi") => encoded(b),
        Some(b'e') if b.starts_with(b"eyJ") || b.starts_with(b"ewo") => encoded(b),
        _ => url_password(b),
    }
}

/// The formats of crypt(3), and those that Spring and LDAP put in braces.
#[cold]
fn password_hash(b: &[u8]) -> bool {
    let crypt: [&[u8]; 12] = [
        b"$1$",
        b"$2a$",
        b"$2b$",
        b"$2x$",
        b"$2y$",
        b"$5$",
        b"$6$",
        b"$7$",
        b"$y$",
        b"$argon2",
        b"$pbkdf2",
        b"$scrypt$",
    ];
    let braces: [&[u8]; 10] =
        [b"{bcrypt", b"{noop", b"{pbkdf2", b"{scrypt", b"{sha", b"{ssha", b"{md", b"{smd5", b"{argon2", b"{crypt"];
    let inside = |begin: &&[u8]| {
        b.get(..begin.len()).is_some_and(|b| b.eq_ignore_ascii_case(begin)) && b.get(..24).unwrap_or(b).contains(&b'}')
    };
    crypt.iter().any(|begin| b.starts_with(begin)) || (braces.iter().any(inside) && !b.contains(&b'"'))
}

/// A key file of Google Cloud, as the vendor's form takes it.
#[cold]
fn service_account(b: &[u8]) -> bool {
    has(b, b"\"service_account\"") || has(b, b"\"private_key\"")
}

#[cold]
fn bearer(b: &[u8]) -> bool {
    let token = b.strip_prefix(b"Bearer ").unwrap_or_default();
    token.len() >= 16 && !token.contains(&b' ')
}

/// Base64 of a key file, as secrets are often handed around, or of a token's header.
#[cold]
fn encoded(b: &[u8]) -> Option<&'static str> {
    use base64::Engine;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
    let head = b.split(|b| !token_byte(*b) && !b"+/".contains(b)).next()?;
    let head = head.get(..64).unwrap_or(head.get(..head.len() / 4 * 4)?);
    let plain = STANDARD_NO_PAD.decode(head).or_else(|_| URL_SAFE_NO_PAD.decode(head)).ok()?;
    match b.iter().find(|b| !token_byte(**b)) {
        Some(b'.') if has(&plain, b"\"alg\"") => Some("JSON web token"),
        _ if has(&plain, b"PRIVATE KEY") => Some("private key"),
        _ => has(&plain, b"service_account").then_some("service account"),
    }
}

fn has(b: &[u8], part: &[u8]) -> bool {
    b.windows(part.len()).any(|window| window == part)
}

/// `scheme://user:password@host`
#[cold]
fn url_password(b: &[u8]) -> Option<&'static str> {
    let rest = b.get(b.windows(3).position(|w| w == b"://")? + 3..)?;
    let authority = rest.split(|b| matches!(b, b'/' | b'?' | b'#' | b' ')).next()?;
    let user = authority.get(..authority.iter().rposition(|b| *b == b'@')?)?;
    let colon = user.iter().position(|b| *b == b':')?;
    (colon + 1 < user.len()).then_some("URL with a password")
}

/// What is known by what stands around a dash, an equals sign or a dot.
#[cold]
fn at_mark(b: &[u8], at: usize) -> Option<&'static str> {
    let (before, after) = (b.get(..at)?, b.get(at + 1..)?);
    match b.get(at)? {
        b'-' if after.starts_with(b"-") => {
            let line = after.get(..80).unwrap_or(after);
            let begin = line.windows(5).position(|w| w == b"BEGIN").and_then(|at| line.get(at..))?;
            has(begin, b"PRIVATE KEY").then_some("private key")
        }
        b'.' if after.starts_with(b"eyJ") => {
            let head = before.iter().rev().take_while(|b| token_byte(**b)).count();
            let head = before.get(before.len() - head..)?;
            let body = after.iter().take_while(|b| token_byte(**b)).count();
            (head.starts_with(b"eyJ") && after.get(body) == Some(&b'.')).then_some("JSON web token")
        }
        b'=' => {
            after.first().filter(|b| b.is_ascii_graphic() && **b != b'=')?;
            let name = before.get(before.len().saturating_sub(24)..)?;
            ASSIGNED.iter().find(|(end, _)| ends_with(name, end)).map(|(_, reason)| *reason)
        }
        _ => None,
    }
}

/// Names that stand before `=` in connection strings and signed URLs.
const ASSIGNED: [(&[u8], &str); 14] = [
    (b"accountkey", "storage account key"),
    (b"sharedaccesskey", "storage account key"),
    (b"sharedaccesssignature", "shared access signature"),
    (b"?sig", "shared access signature"),
    (b"&sig", "shared access signature"),
    (b";sig", "shared access signature"),
    (b"x-amz-signature", "signed URL"),
    (b"x-goog-signature", "signed URL"),
    (b"password", "password in a connection string"),
    (b"passwd", "password in a connection string"),
    (b"pwd", "password in a connection string"),
    (b"secretkey", "secret key in a connection string"),
    (b"secretaccesskey", "secret key in a connection string"),
    (b"client_secret", "secret in a connection string"),
];

fn ends_with(name: &[u8], end: &[u8]) -> bool {
    name.len() >= end.len() && name.get(name.len() - end.len()..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
}

fn token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'-' || b == b'_'
}

/// A foreign sentence, fit for an error or a log: one line of at most 200 characters, in which whatever may be a secret has
/// become `***`. The words themselves stay readable; when in doubt, something goes.
pub fn redact_text(text: &str) -> String {
    if text.contains("-----BEGIN") || text.contains("PRIVATE KEY") {
        return MASK.to_owned();
    }
    let mut out = String::new();
    let mut chars = 0;
    let mut hide = Hide::No;
    for word in text.split_whitespace() {
        let word = masked_word(word, &mut hide);
        chars += word.chars().count() + 1;
        if chars > MESSAGE_CHARS {
            out.push_str(" …");
            break;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}

/// What the words before this one mean for it.
#[derive(Clone, Copy, PartialEq)]
enum Hide {
    No,
    /// Somebody spoke of a secret: the first word after a colon may be it.
    AfterColon,
    /// This one.
    Next,
}

fn masked_word(word: &str, hide: &mut Hide) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    if (*hide == Hide::Next && !bare.is_empty()) || url_password(word.as_bytes()).is_some() {
        *hide = Hide::No;
        return MASK.to_owned();
    }
    // `name=value`, `name:value`, `"name":"value"`, and several of them in a row.
    let mut out = String::new();
    for piece in word.split_inclusive(['&', ';', ',']) {
        let cut = piece.find(['=', ':']).filter(|at| secret_key_name(piece.get(..*at).unwrap_or_default()));
        match cut.and_then(|at| piece.split_at_checked(at + 1)) {
            Some((name, value)) if value.chars().any(char::is_alphanumeric) => out.push_str(&format!("{name}{MASK}")),
            Some(_) => {
                out.push_str(piece);
                *hide = Hide::Next;
            }
            None => out.push_str(&masked_runs(piece)),
        }
    }
    let scheme = ["bearer", "basic"].iter().any(|scheme| bare.eq_ignore_ascii_case(scheme));
    if scheme || (*hide == Hide::AfterColon && word.ends_with([':', '='])) {
        *hide = Hide::Next;
    } else if *hide == Hide::No && secret_key_name(bare) {
        *hide = Hide::AfterColon;
    }
    out
}

/// Runs of characters that tokens and keys are made of, masked when they are long and look made up.
fn masked_runs(piece: &str) -> String {
    let in_run = |c: char| c.is_ascii_alphanumeric() || "+/_=~.-".contains(c);
    let mut out = String::new();
    let mut rest = piece;
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c| !in_run(c)).unwrap_or(rest.len());
        let (run, tail) = rest.split_at_checked(end.max(c.len_utf8())).unwrap_or((rest, ""));
        if made_up(run) {
            out.push_str(MASK);
        } else {
            out.extend(run.chars().map(|c| if c.is_control() { ' ' } else { c }));
        }
        rest = tail;
    }
    out
}

/// Long, and with letters and digits mixed within one part of it; paths, host names and dates are not.
fn made_up(run: &str) -> bool {
    let long = |part: &str| {
        part.len() >= 32
            || (part.len() >= 16
                && part.contains(|c: char| c.is_ascii_digit())
                && part.contains(|c: char| c.is_ascii_alphabetic()))
    };
    run.split(['.', '/']).any(long) || secret_value(run).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Secrets are found wherever they stand among the bytes that are looked at together.
    #[test]
    fn the_fast_look_misses_no_place() {
        for fill in 0..70 {
            let (before, after) = ("a".repeat(fill), "b".repeat(69 - fill));
            for secret in [
                "-----BEGIN RSA PRIVATE KEY-----",
                ";AccountKey=x",
                "?sig=xyzxyz",
                "-----BEGIN OPENSSH PRIVATE KEY-----",
                " eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            ] {
                for text in [format!("{before}{secret}{after}"), format!("{before}{secret}")] {
                    assert!(may_be_secret(text.as_bytes().into()), "{text}");
                }
            }
            for clean in ["ssh-rsa AAAA== ines@example.test", "2024-02-09T12:22:47.34Z", "a.e=="] {
                let text = format!("{before}{clean}{after}");
                assert!(!may_be_secret(text.as_bytes().into()), "{text}");
            }
        }
    }
}
