//! One JSON value as compact text, as a column of type `json` keeps it: no white space, keys in order of their first
//! appearance, the last of equal keys' values, floats in their shortest form, only what must be escaped escaped.

use super::scan::{Number, Scan, byte, key, number, skip_space, skip_value, string};
use crate::normalize::number as spelling;
use std::fmt::Write;

/// Decides what must not be seen.
pub trait Redact {
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
pub fn push_value(out: &mut String, b: &[u8], at: usize, redact: &impl Redact, redacted: &mut u64) -> Scan<()> {
    match byte(b, at) {
        b'{' => push_object(out, b, at, redact, redacted)?,
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
                out.push_str(if digits == "-0" { "0" } else { digits });
            }
        },
    }
    Ok(())
}

fn push_object(out: &mut String, b: &[u8], at: usize, redact: &impl Redact, redacted: &mut u64) -> Scan<()> {
    let mut members: Vec<(String, usize)> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    let mut at = skip_space(b, at + 1);
    while byte(b, at) != b'}' {
        let (name, value) = key(b, at)?;
        let name = name.value(b).into_owned();
        at = skip_space(b, skip_value(b, value, 0)?);
        if byte(b, at) == b',' {
            at = skip_space(b, at + 1);
        }
        if redact.text(&name) {
            *redacted += 1;
            continue;
        }
        match places.get(&name).and_then(|i: &usize| members.get_mut(*i)) {
            Some(member) => member.1 = value,
            None => {
                places.insert(name.clone(), members.len());
                members.push((name, value));
            }
        }
    }
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
