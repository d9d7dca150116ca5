//! Public keys as people paste them → type, bits and fingerprint, as `ssh-keygen -lf` says them.
//!
//! The `ssh-key` crate reads the key itself. What it refuses is not dropped: the type stands at the beginning of the key's
//! binary form (RFC 4253, section 6.6), and the fingerprint is taken over that form whatever is in it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

/// RSA keys of fewer bits are weak: NIST SP 800-131A, revision 2, section 3.
pub const LEAST_RSA_BITS: u32 = 2048;
/// The type of DSA keys. NIST SP 800-131A and FIPS 186-5 no longer allow them, OpenSSH has refused them since 7.0.
const DSA: &str = "ssh-dss";
const RSA: &str = "ssh-rsa";
/// How the type of a certificate ends.
const CERTIFICATE: &str = "-cert-v01@openssh.com";
/// A type's name has at most this many bytes: RFC 4251, section 6.
const LONGEST_TYPE: usize = 64;

/// A fingerprint: SHA-256 over the key's binary form.
pub type Fingerprint = [u8; 32];

/// What a text says of one key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Key {
    /// As it stands in the key: `ssh-ed25519`. `None`: there is no key to be found in the text.
    pub kind: Option<Box<str>>,
    /// As `ssh-keygen` counts them: of an RSA modulus, of a DSA prime, of a curve.
    pub bits: Option<u32>,
    /// Of a certificate: of the key in it, so that both can be told to be the same.
    pub fingerprint: Option<Fingerprint>,
    pub state: State,
}

/// How far a key could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    Whole,
    /// A key of a type that nothing is known of.
    Unknown,
    /// No key, or one whose inside is not what its type says.
    #[default]
    Unreadable,
}

impl Key {
    /// Whether it should no longer be used.
    pub fn is_weak(&self) -> bool {
        match self.kind.as_deref().map(plain_type).as_deref() {
            Some(DSA) => true,
            Some(RSA) => self.bits.is_some_and(|bits| bits < LEAST_RSA_BITS),
            _ => false,
        }
    }
}

/// A fingerprint as OpenSSH writes it: `SHA256:` and base64 without padding.
pub fn written(fingerprint: &Fingerprint) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(fingerprint))
}

/// The keys in a text: lines of an `authorized_keys` file, with or without options, comments and types; blocks of RFC 4716;
/// and, as unreadable ones, whatever else stands there. Empty lines and comments hold none.
pub fn keys(text: &str) -> impl Iterator<Item = Key> {
    let mut lines = text.lines();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !line.starts_with("----") {
                return Some(of_line(line));
            }
            let block = lines.by_ref().take_while(|line| !line.trim_start().starts_with("----"));
            return Some(of_block(block));
        }
    })
}

/// Options, type, key, comment; only the key is needed.
fn of_line(line: &str) -> Key {
    let mut before = None;
    for word in Words(line) {
        if let Some(key) = decoded(word).and_then(|blob| of_blob(&blob)) {
            let other = |said: &str| said.contains("ssh-") && Some(said) != key.kind.as_deref();
            let state = if before.is_some_and(other) { State::Unreadable } else { key.state };
            return Key { state, ..key };
        }
        before = Some(word);
    }
    Key::default()
}

/// The lines between those with dashes: headers, which end in a backslash when they go on, and base64.
fn of_block<'t>(lines: impl Iterator<Item = &'t str>) -> Key {
    let (mut encoded, mut header) = (String::new(), false);
    for line in lines.map(str::trim) {
        let begins = line.contains(':');
        if !header && !begins {
            encoded.push_str(line);
        }
        header = (header || begins) && line.ends_with('\\');
    }
    decoded(&encoded).and_then(|blob| of_blob(&blob)).unwrap_or_default()
}

/// Words between blanks; those in double quotes are not looked into.
struct Words<'t>(&'t str);

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let text = self.0.trim_start();
        let (mut quoted, mut escaped) = (false, false);
        let end = text.find(|c: char| {
            let quote = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            quoted ^= quote;
            c.is_whitespace() && !quoted
        });
        let (word, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
        self.0 = rest;
        (!word.is_empty()).then_some(word)
    }
}

fn decoded(word: &str) -> Option<Vec<u8>> {
    // The length of the type's name, in four bytes, begins with three zeros in every key.
    word.starts_with("AAAA").then(|| STANDARD_NO_PAD.decode(word.trim_end_matches('=')).ok())?
}

fn of_blob(blob: &[u8]) -> Option<Key> {
    let mut rest = Fields(blob);
    let kind = rest.next().filter(|name| name.len() <= LONGEST_TYPE && name.iter().all(u8::is_ascii_graphic))?;
    let kind = std::str::from_utf8(kind).ok().filter(|kind| !kind.is_empty())?;
    let certified = kind.ends_with(CERTIFICATE).then(|| certified(kind, rest)).flatten();
    let plain = certified.as_deref().unwrap_or(blob);
    let bits = PublicKey::from_bytes(plain).ok().and_then(|key| bits(key.key_data()));
    let state = match bits {
        Some(_) => State::Whole,
        None if fields(&plain_type(kind)).is_some() => State::Unreadable,
        None => State::Unknown,
    };
    Some(Key { kind: Some(kind.into()), bits, fingerprint: Some(Sha256::digest(plain).into()), state })
}

/// The key that a certificate is for, in its own binary form: the certificate has the same fields behind a nonce.
fn certified(kind: &str, mut rest: Fields) -> Option<Vec<u8>> {
    let plain = plain_type(kind);
    let mut blob = Vec::new();
    push(&mut blob, plain.as_bytes());
    rest.next()?;
    for _ in 0..fields(&plain)? {
        push(&mut blob, rest.next()?);
    }
    Some(blob)
}

/// The type of the key that a certificate of this type is for; a key's own type for what is no certificate.
fn plain_type(kind: &str) -> std::borrow::Cow<'_, str> {
    match kind.strip_suffix(CERTIFICATE) {
        Some(hardware) if hardware.starts_with("sk-") => format!("{hardware}@openssh.com").into(),
        Some(plain) => plain.into(),
        None => kind.into(),
    }
}

/// How many fields a key of that type has behind its type; `None` for types that are not known.
fn fields(kind: &str) -> Option<usize> {
    Some(match kind {
        "ssh-ed25519" => 1,
        RSA | "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => 2,
        "sk-ssh-ed25519@openssh.com" => 2,
        "sk-ecdsa-sha2-nistp256@openssh.com" => 3,
        DSA => 4,
        _ => return None,
    })
}

fn bits(key: &KeyData) -> Option<u32> {
    match key {
        KeyData::Rsa(key) => integer_bits(key.n.as_positive_bytes()?),
        KeyData::Dsa(key) => integer_bits(key.p.as_positive_bytes()?),
        KeyData::Ecdsa(key) => Some(match key.curve() {
            ssh_key::EcdsaCurve::NistP256 => 256,
            ssh_key::EcdsaCurve::NistP384 => 384,
            ssh_key::EcdsaCurve::NistP521 => 521,
        }),
        KeyData::Ed25519(_) | KeyData::SkEd25519(_) | KeyData::SkEcdsaSha2NistP256(_) => Some(256),
        _ => None,
    }
}

/// Bits of an integer, the highest byte first: its leading zeros do not count.
fn integer_bits(bytes: &[u8]) -> Option<u32> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let bytes = bytes.get(zeros..)?;
    u32::try_from(bytes.len()).ok()?.checked_mul(8)?.checked_sub(bytes.first()?.leading_zeros())
}

/// The fields of a binary form, each behind its length in four bytes.
#[derive(Clone, Copy)]
struct Fields<'b>(&'b [u8]);

impl<'b> Iterator for Fields<'b> {
    type Item = &'b [u8];

    fn next(&mut self) -> Option<&'b [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (field, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        self.0 = rest;
        Some(field)
    }
}

fn push(blob: &mut Vec<u8>, field: &[u8]) {
    // A field was read with such a length, or is a type's short name.
    blob.extend((field.len() as u32).to_be_bytes());
    blob.extend(field);
}
