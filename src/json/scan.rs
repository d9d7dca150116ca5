//! The tokens of strict JSON on a window of bytes.
//!
//! A window is data followed by [`SLACK`] zero bytes. Zero is never a legal byte outside of a string nor inside one, so no
//! loop tests for the end: it runs into the zeros, stops as on any bad byte, and only then asks whether the data ended
//! there ([`Stop::More`]: the rest has not arrived) or the byte is wrong ([`Stop::Bad`]).

use super::lanes::{BITS, Lanes, WIDTH};
use crate::error::Error;
use crate::table::Padded;
use std::borrow::Cow;

/// Zero bytes after the data of every window. Reads of up to this many bytes past a data byte stay inside of it.
pub const SLACK: usize = 64;
/// How deep arrays and objects may nest.
pub const MAX_DEPTH: u32 = 256;

/// Why reading stopped.
#[derive(Debug)]
pub enum Stop {
    /// The data ends inside of a value.
    More,
    /// The byte at `at` breaks the grammar.
    Bad { at: usize, what: &'static str },
    /// The record has something that the compiled paths do not know (a new key, another type): read it the thorough way.
    Miss,
    /// It cannot go on.
    Fail(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Stop::Fail(error)
    }
}

pub type Scan<T> = Result<T, Stop>;

/// What a bad byte means: the data's end, or an error.
#[cold]
#[inline(never)]
pub fn stop<T>(b: &[u8], at: usize, what: &'static str) -> Scan<T> {
    if at + SLACK >= b.len() { Err(Stop::More) } else { Err(Stop::Bad { at, what }) }
}

/// The byte at `at`, zero beyond the window.
#[inline(always)]
pub fn byte(b: &[u8], at: usize) -> u8 {
    match b.get(at) {
        Some(byte) => *byte,
        None => 0,
    }
}

/// Eight bytes from `at` on, the first one lowest; zeros beyond the window.
#[inline(always)]
pub(crate) fn word(b: &[u8], at: usize) -> u64 {
    match b.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => last_word(b, at),
    }
}

#[cold]
#[inline(never)]
fn last_word(b: &[u8], at: usize) -> u64 {
    let rest = b.get(at..).unwrap_or_default();
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// The first position at or after `at` that is not white space.
#[inline(always)]
pub fn skip_space(b: &[u8], at: usize) -> usize {
    if byte(b, at) > b' ' { at } else { skip_more(b, at) }
}

#[inline(never)]
fn skip_more(b: &[u8], mut at: usize) -> usize {
    loop {
        // Indented JSON: eight spaces at once.
        if word(b, at) == 0x2020_2020_2020_2020 {
            at += 8;
            continue;
        }
        match byte(b, at) {
            b' ' | b'\n' | b'\r' | b'\t' => at += 1,
            _ => return at,
        }
    }
}

/// A string's inside: `start..end` without the quotes, checked to be UTF-8 and to have only legal escapes.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    pub start: usize,
    pub end: usize,
    pub escaped: bool,
}

impl Text {
    /// The position after the closing quote.
    #[inline(always)]
    pub fn after(&self) -> usize {
        self.end + 1
    }

    /// The bytes as they stand between the quotes.
    #[inline(always)]
    pub fn raw<'a>(&self, b: &'a [u8]) -> &'a [u8] {
        b.get(self.start..self.end).unwrap_or_default()
    }

    /// The same, to be read in whole steps.
    #[inline(always)]
    pub fn padded<'a>(&self, b: &'a [u8]) -> Padded<'a> {
        Padded::new(b, self.start, self.end)
    }

    /// The string's value.
    pub fn value<'a>(&self, b: &'a [u8]) -> Cow<'a, str> {
        let raw = self.raw(b);
        if self.escaped { Cow::Owned(unescape(raw)) } else { String::from_utf8_lossy(raw) }
    }
}

/// Runs to the next quote, backslash or control character. Says whether bytes above 127 may have been passed.
#[inline(always)]
fn run(b: &[u8], mut at: usize) -> (usize, bool) {
    let mut passed = Lanes::none();
    loop {
        let lanes = Lanes::load(b, at);
        let found = (lanes.first_equal(b'"') | lanes.first_equal(b'\\') | lanes.first_below(b' ')).bits();
        if found != 0 {
            let lane = found.trailing_zeros() / BITS;
            // Only the bytes before the special one count.
            let high = passed.high().bits() | lanes.high().bits() & ((1u64 << (lane * BITS)) - 1);
            return (at + lane as usize, high != 0);
        }
        passed = passed.or(lanes);
        at += WIDTH;
    }
}

/// Reads a string; `at` is the position after the opening quote.
#[inline(always)]
pub fn string(b: &[u8], at: usize) -> Scan<Text> {
    let (end, high) = run(b, at);
    if byte(b, end) == b'"' && !high {
        return Ok(Text { start: at, end, escaped: false });
    }
    // Taken apart and put together: so both ways meet in registers, which is a tenth of the whole load's time.
    let Text { start, end, escaped } = string_rest(b, at, end, high)?;
    Ok(Text { start, end, escaped })
}

#[cold]
fn checked(b: &[u8], text: Text) -> Scan<Text> {
    match std::str::from_utf8(text.raw(b)) {
        Ok(_) => Ok(text),
        Err(error) => Err(Stop::Bad { at: text.start + error.valid_up_to(), what: "the string is not UTF-8" }),
    }
}

#[inline(never)]
fn string_rest(b: &[u8], start: usize, mut at: usize, mut high: bool) -> Scan<Text> {
    let mut escaped = false;
    loop {
        match byte(b, at) {
            b'"' => {
                let text = Text { start, end: at, escaped };
                return if high { checked(b, text) } else { Ok(text) };
            }
            b'\\' => {
                escaped = true;
                at = match byte(b, at + 1) {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at + 2,
                    b'u' => escaped_unit(b, at)?,
                    _ => return stop(b, at + 1, "no such escape"),
                };
            }
            _ => return stop(b, at, "a control character must be escaped in a string"),
        }
        let (next, more) = run(b, at);
        at = next;
        high |= more;
    }
}

fn hex4(b: &[u8], at: usize) -> Scan<u32> {
    let mut unit = 0;
    for i in at..at + 4 {
        match (byte(b, i) as char).to_digit(16) {
            Some(digit) => unit = unit * 16 + digit,
            None => return stop(b, i, "\\u needs four hexadecimal digits"),
        }
    }
    Ok(unit)
}

/// The end of the `\u` escape at `at`, or of the surrogate pair.
fn escaped_unit(b: &[u8], at: usize) -> Scan<usize> {
    match hex4(b, at + 2)? {
        0xD800..=0xDBFF => {
            if byte(b, at + 6) != b'\\' {
                return stop(b, at + 6, "half a surrogate pair");
            }
            if byte(b, at + 7) != b'u' {
                return stop(b, at + 7, "half a surrogate pair");
            }
            match hex4(b, at + 8)? {
                0xDC00..=0xDFFF => Ok(at + 12),
                _ => Err(Stop::Bad { at: at + 6, what: "half a surrogate pair" }),
            }
        }
        0xDC00..=0xDFFF => Err(Stop::Bad { at, what: "half a surrogate pair" }),
        _ => Ok(at + 6),
    }
}

/// The value of a string that `string` has accepted.
pub fn unescape(raw: &[u8]) -> String {
    let mut out = Vec::with_capacity(raw.len());
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.iter().position(|byte| *byte == b'\\').unwrap_or(rest.len());
        out.extend_from_slice(rest.get(..plain).unwrap_or_default());
        at += plain;
        if at >= raw.len() {
            break;
        }
        let code = match byte(raw, at + 1) {
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = hex4(raw, at + 2).unwrap_or(0xFFFD);
                at += 4;
                let code = if (0xD800..0xDC00).contains(&unit) {
                    let low = hex4(raw, at + 4).unwrap_or(0xDC00);
                    at += 6;
                    0x10000 + ((unit - 0xD800) << 10) + (low & 0x3FF)
                } else {
                    unit
                };
                char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            other => other as char,
        };
        at += 2;
        out.extend_from_slice(code.encode_utf8(&mut [0; 4]).as_bytes());
    }
    String::from_utf8(out).unwrap_or_default()
}

/// A number: an integer that fits 64 bits, one that does not (its text is `b[at..end]`), or one with a fraction or exponent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Int(i64),
    Big,
    Float(f64),
}

const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
];

/// Reads a number and says where it ends. The byte after it must have arrived, or the number could go on.
#[inline(always)]
pub fn number(b: &[u8], start: usize) -> Scan<(Number, usize)> {
    let negative = byte(b, start) == b'-';
    let first = start + negative as usize;
    let mut at = first;
    let mut value = 0u64;
    loop {
        let digit = byte(b, at).wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        value = value.wrapping_mul(10).wrapping_add(digit as u64);
        at += 1;
    }
    let digits = at - first;
    if digits == 0 {
        return stop(b, at, "a number needs a digit here");
    }
    if byte(b, first) == b'0' && digits > 1 {
        return Err(Stop::Bad { at: first, what: "a number must not begin with a zero" });
    }
    let next = byte(b, at);
    if next == b'.' || next | 0x20 == b'e' {
        return float(b, start, first, at, value);
    }
    if next == 0 && at + SLACK >= b.len() {
        return Err(Stop::More);
    }
    if digits <= 18 {
        let value = value as i64;
        return Ok((Number::Int(if negative { -value } else { value }), at));
    }
    Ok((long(b, start, at), at))
}

/// An integer of more than 18 digits.
#[inline(never)]
fn long(b: &[u8], start: usize, end: usize) -> Number {
    let text = std::str::from_utf8(b.get(start..end).unwrap_or_default()).unwrap_or_default();
    text.parse().map_or(Number::Big, Number::Int)
}

#[inline(never)]
fn float(b: &[u8], start: usize, first: usize, mut at: usize, whole: u64) -> Scan<(Number, usize)> {
    let mut mantissa = whole;
    let mut digits = at - first;
    let mut scale = 0i32;
    if byte(b, at) == b'.' {
        at += 1;
        let from = at;
        loop {
            let digit = byte(b, at).wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit as u64);
            at += 1;
        }
        if at == from {
            return stop(b, at, "a fraction needs a digit");
        }
        digits += at - from;
        scale = -((at - from).min(9999) as i32);
    }
    if byte(b, at) | 0x20 == b'e' {
        at += 1;
        let minus = byte(b, at) == b'-';
        at += (minus || byte(b, at) == b'+') as usize;
        let from = at;
        let mut exponent = 0i32;
        loop {
            let digit = byte(b, at).wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            exponent = exponent.saturating_mul(10).saturating_add(digit as i32).min(99_999);
            at += 1;
        }
        if at == from {
            return stop(b, at, "an exponent needs a digit");
        }
        scale += if minus { -exponent } else { exponent };
    }
    if byte(b, at) == 0 && at + SLACK >= b.len() {
        return Err(Stop::More);
    }
    // Exact when the digits and the power of ten both are (Clinger 1990); else the standard library's full algorithm.
    let exact = digits <= 19 && mantissa < 1 << 53;
    let value = match POWERS.get(scale.unsigned_abs() as usize) {
        Some(power) if exact => {
            let value = if scale < 0 { mantissa as f64 / power } else { mantissa as f64 * power };
            if first > start { -value } else { value }
        }
        _ => {
            let text = std::str::from_utf8(b.get(start..at).unwrap_or_default()).unwrap_or_default();
            text.parse().unwrap_or(f64::NAN)
        }
    };
    if !value.is_finite() {
        return Err(Stop::Bad { at: start, what: "the number is too large for a 64-bit float" });
    }
    Ok((Number::Float(value), at))
}

/// Checks `true`, `false` or `null` and gives the position after it.
#[inline(always)]
pub fn literal(b: &[u8], at: usize, word: &'static [u8]) -> Scan<usize> {
    if b.get(at..at + word.len()) == Some(word) { Ok(at + word.len()) } else { no_literal(b, at, word) }
}

#[cold]
#[inline(never)]
fn no_literal(b: &[u8], at: usize, word: &'static [u8]) -> Scan<usize> {
    let same = word.iter().zip(b.get(at..).unwrap_or_default()).take_while(|(a, b)| a == b).count();
    stop(b, at + same, "not a JSON value")
}

/// Checks the whole value at `at` (no space before it) and gives the position after it.
pub fn skip_value(b: &[u8], at: usize, depth: u32) -> Scan<usize> {
    let first = byte(b, at);
    // Asked of brackets alone: where the data ends, nothing is known yet.
    if depth >= MAX_DEPTH && matches!(first, b'{' | b'[') {
        return Err(Stop::Bad { at, what: "arrays and objects nest too deep (256 levels are allowed)" });
    }
    match first {
        b'"' => Ok(string(b, at + 1)?.after()),
        b'{' => {
            let mut at = skip_space(b, at + 1);
            if byte(b, at) == b'}' {
                return Ok(at + 1);
            }
            loop {
                let (_, value) = key(b, at)?;
                at = skip_space(b, skip_value(b, value, depth + 1)?);
                match byte(b, at) {
                    b',' => at = skip_space(b, at + 1),
                    b'}' => return Ok(at + 1),
                    _ => return stop(b, at, "a comma or a closing brace is missing"),
                }
            }
        }
        b'[' => {
            let mut at = skip_space(b, at + 1);
            if byte(b, at) == b']' {
                return Ok(at + 1);
            }
            loop {
                at = skip_space(b, skip_value(b, at, depth + 1)?);
                match byte(b, at) {
                    b',' => at = skip_space(b, at + 1),
                    b']' => return Ok(at + 1),
                    _ => return stop(b, at, "a comma or a closing bracket is missing"),
                }
            }
        }
        b't' => literal(b, at, b"true"),
        b'f' => literal(b, at, b"false"),
        b'n' => literal(b, at, b"null"),
        b'-' | b'0'..=b'9' => Ok(number(b, at)?.1),
        _ => stop(b, at, "not a JSON value"),
    }
}

/// Reads `"key" :` at `at` and gives the key and the position of its value.
#[inline]
pub fn key(b: &[u8], at: usize) -> Scan<(Text, usize)> {
    if byte(b, at) != b'"' {
        return stop(b, at, "an object's key must be a string");
    }
    let text = string(b, at + 1)?;
    Ok((text, after_colon(b, text.after())?))
}

/// From the end of a key to its value.
#[inline(always)]
pub fn after_colon(b: &[u8], at: usize) -> Scan<usize> {
    let at = skip_space(b, at);
    if byte(b, at) != b':' {
        return stop(b, at, "a colon is missing after the key");
    }
    Ok(skip_space(b, at + 1))
}
