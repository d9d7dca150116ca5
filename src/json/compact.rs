//! One JSON value as compact text, as a column of type `json` keeps it: no white space, keys in order of their first
//! appearance, the last of equal keys' values, floats in their shortest form, only what must be escaped escaped.

use super::scan::{Number, Scan, byte, key, number, skip_space, skip_value, string};
use crate::normalize::number as spelling;
use crate::order;
use std::borrow::Cow;
use std::fmt::Write;

/// Decides what must not be seen.
pub trait Redact {
    /// Whether the text is to be hashed: keys are in their own order, and integers beyond 64 bits are floats.
    fn canonical(&self) -> bool {
        false
    }
    fn key(&self, name: &str) -> bool;
    fn text(&self, value: &str) -> bool;
}

/// Redacts nothing.
pub struct Open;

impl Redact for Open {
    fn key(&self, _: &str) -> bool {
        false
    }
    fn text(&self, _: &str) -> bool {
        false
    }
}

/// What stands for a redacted value inside of JSON text.
pub const REDACTED: &str = "\"***\"";

/// Appends the value at `at`, already checked, to `out`; counts what it redacted.
pub fn push_value(out: &mut String, b: &[u8], at: usize, redact: &dyn Redact, redacted: &mut u64) -> Scan<()> {
    match byte(b, at) {
        b'{' => push_object(out, b, at, redact, redacted, &|_| true)?,
        b'[' => {
            out.push('[');
            let mut at = skip_space(b, at + 1);
            while byte(b, at) != b']' {
                push_value(out, b, at, redact, redacted)?;
                at = skip_space(b, skip_value(b, at, 0)?);
                if byte(b, at) == b',' {
                    out.push(',');
                    at = skip_space(b, at + 1);
                }
            }
            out.push(']');
        }
        b'"' => {
            let text = string(b, at + 1)?.value(b);
            if redact.text(&text) {
                *redacted += 1;
                out.push_str(REDACTED);
            } else {
                push_text(out, &text);
            }
        }
        b't' => out.push_str("true"),
        b'f' => out.push_str("false"),
        b'n' => out.push_str("null"),
        _ => match number(b, at)? {
            (Number::Float(value), _) => out.push_str(&spelling::json(value)),
            (_, end) => {
                let digits = std::str::from_utf8(b.get(at..end).unwrap_or_default()).unwrap_or_default();
                let beyond = || digits.parse::<i64>().is_err() && digits.parse::<u64>().is_err();
                match digits {
                    "-0" => out.push('0'),
                    _ if redact.canonical() && beyond() => {
                        out.push_str(&spelling::json(digits.parse().unwrap_or_default()));
                    }
                    _ => out.push_str(digits),
                }
            }
        },
    }
    Ok(())
}

/// The same of an object, with the members alone whose names `keep` has.
pub fn push_object(
    out: &mut String,
    b: &[u8],
    at: usize,
    redact: &dyn Redact,
    redacted: &mut u64,
    keep: &dyn Fn(&str) -> bool,
) -> Scan<()> {
    let mut members: Vec<(Cow<'_, str>, usize)> = Vec::new();
    let mut at = skip_space(b, at + 1);
    while byte(b, at) != b'}' {
        let (name, value) = key(b, at)?;
        let name = name.value(b);
        at = skip_space(b, skip_value(b, value, 0)?);
        if byte(b, at) == b',' {
            at = skip_space(b, at + 1);
        }
        if redact.text(&name) {
            *redacted += 1;
        } else if keep(&name) {
            members.push((name, value));
        }
    }
    let members = last_values(members, redact.canonical());
    out.push('{');
    for (i, (name, value)) in members.iter().enumerate() {
        if i > 0 {
            out.push(',');
        }
        push_text(out, name);
        out.push(':');
        if redact.key(name) && !matches!(byte(b, *value), b't' | b'f' | b'n') {
            *redacted += 1;
            out.push_str(REDACTED);
        } else {
            push_value(out, b, *value, redact, redacted)?;
        }
    }
    out.push('}');
    Ok(())
}

/// Each name once, with the value that came last: in the order of the names, or of their first appearance.
fn last_values(members: Vec<(Cow<'_, str>, usize)>, by_name: bool) -> Vec<(Cow<'_, str>, usize)> {
    // By its value's place in the text each name has its place among the others.
    let mut named: Vec<_> = members.into_iter().map(|(name, value)| (name, value, value)).collect();
    named.sort_unstable();
    named.dedup_by(|later, first| {
        let same = later.0 == first.0;
        first.2 = if same { later.2 } else { first.2 };
        same
    });
    if !by_name {
        order::sort(&mut named, |a, b| a.1.cmp(&b.1));
    }
    named.into_iter().map(|(name, _, last)| (name, last)).collect()
}

/// Appends a JSON string literal.
pub fn push_text(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
