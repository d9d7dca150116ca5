//! CSV: RFC 4180, for spreadsheets too.

use crate::parquet::{ColumnData, ColumnSpec, Value};

/// What becomes of texts that a spreadsheet would take for a formula and run.
///
/// The rule is OWASP's (<https://owasp.org/www-community/attacks/CSV_Injection>): a text that begins with `=`, `+`, `-`, `@`, a
/// tab, CR or LF, or with one of the full-width forms `＝＋－＠`, gets an apostrophe in front. Spreadsheets trim a cell before they
/// look at it, so white space, control characters and invisible marks in front do not hide such a beginning. Text, JSON and
/// binary columns are looked at, and the header's names: whoever fills the gateway's forms can write any of them. Numbers and
/// times are not: `-1` stays a number.
///
/// A separator inside a text could begin a new cell where the spreadsheet's language has another one than the comma, so texts
/// with a semicolon or a tab are quoted as well.
///
/// The apostrophe stays in the file; who reads it back with a program wants [`Formulas::Kept`], or another format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Formulas {
    #[default]
    Neutralised,
    /// Every text as it is.
    Kept,
}

/// The names of the columns.
pub fn header(columns: &[ColumnSpec], formulas: Formulas, out: &mut Vec<u8>) {
    let mut line = String::new();
    for (number, spec) in columns.iter().enumerate() {
        separate(number, &mut line);
        field(&spec.name, formulas, &mut line);
    }
    end(&mut line, out);
}

/// The rows of a batch whose columns are these.
pub fn rows(columns: &[ColumnSpec], batch: &[ColumnData], rows: usize, formulas: Formulas, out: &mut Vec<u8>) {
    let mut line = String::new();
    for row in 0..rows {
        for (number, (spec, column)) in columns.iter().zip(batch).enumerate() {
            separate(number, &mut line);
            match column.get(row) {
                None => (),
                Some(value @ Value::Bytes(_)) => field(&value.text(spec), formulas, &mut line),
                // Digits, signs, points and letters.
                Some(value) => value.write(spec, &mut line),
            }
        }
        end(&mut line, out);
    }
}

fn separate(number: usize, line: &mut String) {
    if number > 0 {
        line.push(',');
    }
}

/// A line of nothing would be no row to most readers, so the one null of a table of one column is quoted: it reads as an
/// empty text rather than not at all.
fn end(line: &mut String, out: &mut Vec<u8>) {
    out.extend_from_slice(if line.is_empty() { b"\"\"" } else { line.as_bytes() });
    out.extend_from_slice(b"\r\n");
    line.clear();
}

fn field(text: &str, formulas: Formulas, line: &mut String) {
    let guard = if formulas == Formulas::Neutralised && is_formula(text) { "'" } else { "" };
    if !text.is_empty() && !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n' | b';' | b'\t')) {
        line.push_str(guard);
        line.push_str(text);
        return;
    }
    line.push('"');
    line.push_str(guard);
    for (number, part) in text.split('"').enumerate() {
        line.push_str(if number > 0 { "\"\"" } else { "" });
        line.push_str(part);
    }
    line.push('"');
}

/// Whether a spreadsheet could run it: see [`Formulas`].
fn is_formula(text: &str) -> bool {
    // Most texts begin with a letter or a digit.
    if text.bytes().next().is_none_or(|byte| byte.is_ascii_alphanumeric()) {
        return false;
    }
    if text.starts_with(['\t', '\r', '\n']) {
        return true;
    }
    text.trim_start_matches(is_blank).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// White space, control characters, and the marks that are not seen: soft hyphen, zero-width and directional ones, joiners,
/// the byte order mark.
fn is_blank(c: char) -> bool {
    let invisible = matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}');
    c.is_whitespace() || c.is_control() || invisible
}
