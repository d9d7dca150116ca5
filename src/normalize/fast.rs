//! The fast reader: records whose every key and type is known go straight from bytes to builders.
//!
//! It reads a record once, in the order of its bytes, and stores cells as it meets them. Anything that needs thought (a new
//! key, a value of another type, a key met twice, two keys with one name) is a [`Stop::Miss`]: the rows so far are taken back
//! and the thorough reader takes the record. Both must store the same cells; `tests/engine.rs` holds them to it.

use super::sheet::cell_digest;
use super::shredder::{ROOT, Row, Shredder};
use super::time::detect_timestamp;
use super::tree::{Act, Fast, NONE, Node};
use crate::gateway::redact;
use crate::json::scan::{
    MAX_DEPTH, Number, Scan, Stop, byte, key, literal, number, skip_space, skip_value, stop, string,
};
use crate::table::{OpenRow, Padded};

/// What the cells of a row have come to while it is read.
pub struct Open {
    sheet: u32,
    /// The row's id; unknown in a keyed root until its key has been met.
    row: Option<Row>,
    digest: u64,
}

impl Shredder {
    pub fn fast_record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        if byte(b, at) != b'{' {
            return Err(Stop::Miss);
        }
        let Some(node) = self.nodes.get(ROOT as usize) else { return Err(Stop::Miss) };
        let sheet_index = node.sheet;
        let Some(sheet) = self.sheets.get(sheet_index as usize) else { return Err(Stop::Miss) };
        if sheet.system.id.is_none() || sheet.system.load_id.is_none() {
            return Err(Stop::Miss);
        }
        let row = self.unkeyed_row(b, at, sheet.seed)?;
        let mut open = Open { sheet: sheet_index, row, digest: 0 };
        self.key_values.fill(None);
        self.begin_row(sheet_index);
        let end = self.object(b, at + 1, ROOT, 1, &mut open)?;
        let row = self.known_row(b, &mut open)?;
        if let Some(sheet) = self.sheets.get_mut(sheet_index as usize) {
            sheet.end_root(row.id, open.digest);
        }
        self.end_root_row();
        Ok(end)
    }

    /// The row's id, or from its key if that has been read: a key after the lists is the thorough reader's.
    fn known_row(&self, b: &[u8], open: &mut Open) -> Scan<Row> {
        if let Some(row) = open.row {
            return Ok(row);
        }
        let row = self.keyed_row(b, &self.key_values)?.ok_or(Stop::Miss)?;
        open.row = Some(row);
        Ok(row)
    }

    /// The members of an object; `at` is after the opening brace.
    fn object(&mut self, b: &[u8], at: usize, node_index: u32, depth: u32, open: &mut Open) -> Scan<usize> {
        if depth >= MAX_DEPTH {
            return Err(Stop::Miss);
        }
        let visit = self.next_visit();
        let mut previous = NONE;
        let mut at = skip_space(b, at);
        if byte(b, at) == b'}' {
            return Ok(at + 1);
        }
        loop {
            let Some(node) = self.nodes.get_mut(node_index as usize) else { return Err(Stop::Miss) };
            let Some(sheet) = self.sheets.get_mut(open.sheet as usize) else { return Err(Stop::Miss) };
            let mut row = sheet.table.open_row();
            // The node and the row stay at hand over a run of scalars, until a dict or a list comes.
            let (act, value) = loop {
                let expected = node.expected(previous);
                let (index, after) = match node.spells(b, at, expected) {
                    Some(after) => (expected, after),
                    None => look_up(node, b, at, previous)?,
                };
                previous = index;
                let Some(key) = node.keys.get_mut(index as usize) else { return Err(Stop::Miss) };
                if key.seen == visit || key.act.thorough {
                    return Err(Stop::Miss);
                }
                key.seen = visit;
                let act = &key.act;
                let value = if byte(b, after) > b' ' { after } else { skip_space(b, after) };
                if let Some(place) = act.key_part.and_then(|part| self.key_values.get_mut(part as usize)) {
                    // Dicts and lists leave the key's column empty.
                    if matches!(byte(b, value), b'{' | b'[') {
                        return Err(Stop::Miss);
                    }
                    *place = Some(value);
                }
                at = match byte(b, value) {
                    first if act.secret && !matches!(first, b't' | b'f' | b'n') => {
                        self.secrets.push((open.sheet, act.slot));
                        skip_value(b, value, depth)?
                    }
                    b'{' | b'[' => break (*act, value),
                    first => scalar(b, value, first, act, &mut row, &mut open.digest)?,
                };
                match next(b, at, b'}', "a comma or a closing brace is missing")? {
                    Next::Item(item) => at = item,
                    Next::End(end) => return Ok(end),
                }
            };
            at = self.nested(b, value, act, depth, open)?;
            match next(b, at, b'}', "a comma or a closing brace is missing")? {
                Next::Item(item) => at = item,
                Next::End(end) => return Ok(end),
            }
        }
    }

    /// A dict or a list, as a value.
    #[inline(always)]
    fn nested(&mut self, b: &[u8], at: usize, act: Act, depth: u32, open: &mut Open) -> Scan<usize> {
        match byte(b, at) {
            b'{' if act.node != NONE => self.object(b, at + 1, act.node, depth + 1, open),
            b'[' if act.list != NONE => self.items(b, at + 1, act.list, depth + 1, open),
            b'{' => {
                // Nothing comes of an empty dict, wherever it stands; a first list, empty or not, makes its table's place.
                let inside = skip_space(b, at + 1);
                if byte(b, inside) == b'}' && !act.whole { Ok(inside + 1) } else { Err(Stop::Miss) }
            }
            _ => Err(Stop::Miss),
        }
    }

    /// The items of a list, each a row of its child table; `at` is after the opening bracket.
    fn items(&mut self, b: &[u8], at: usize, list_index: u32, depth: u32, open: &mut Open) -> Scan<usize> {
        let mut at = skip_space(b, at);
        if byte(b, at) == b']' {
            return Ok(at + 1);
        }
        let parent = self.known_row(b, open)?;
        let Some(list) = self.lists.get(list_index as usize) else { return Err(Stop::Miss) };
        let (sheet_index, node_index, bridge) = (list.sheet, list.node, list.bridge);
        let act = |node: u32, key: usize| {
            self.nodes.get(node as usize).and_then(|node| node.keys.get(key)).map(|key| key.act)
        };
        let Some(value) = act(node_index, list.value) else { return Err(Stop::Miss) };
        let inner = act(bridge, 0).filter(|act| !act.thorough && act.list != NONE).map(|act| act.list);
        let Some(sheet) = self.sheets.get(sheet_index as usize) else { return Err(Stop::Miss) };
        if sheet.system.id.is_none() || sheet.system.parent.is_none() || depth >= MAX_DEPTH {
            return Err(Stop::Miss);
        }
        let seed = sheet.seed;
        let mut index = 0;
        self.begin_row(sheet_index);
        loop {
            let row = parent.child(seed, index);
            let mut item = Open { sheet: sheet_index, row: Some(row), digest: 0 };
            at = match byte(b, at) {
                b'{' => self.object(b, at + 1, node_index, depth + 1, &mut item)?,
                b'[' => self.items(b, at + 1, inner.ok_or(Stop::Miss)?, depth + 1, &mut item)?,
                _ if value.thorough => return Err(Stop::Miss),
                b'"' | b'-' | b'0'..=b'9' if value.secret => {
                    self.secrets.push((sheet_index, value.slot));
                    skip_value(b, at, depth)?
                }
                first => {
                    let Some(sheet) = self.sheets.get_mut(sheet_index as usize) else { return Err(Stop::Miss) };
                    scalar(b, at, first, &value, &mut sheet.table.open_row(), &mut item.digest)?
                }
            };
            if let Some(sheet) = self.sheets.get_mut(sheet_index as usize) {
                sheet.end_child(row, &parent, index, item.digest);
            }
            index += 1;
            match next(b, at, b']', "a comma or a closing bracket is missing")? {
                Next::Item(item) => at = item,
                Next::End(end) => return Ok(end),
            }
        }
    }
}

/// The key at `at`, which is not the one expected after `previous`, and the position after its colon.
#[inline(never)]
fn look_up(node: &mut Node, b: &[u8], at: usize, previous: u32) -> Scan<(u32, usize)> {
    // Where a key is missing, one of the next two comes in its place, and it is expected again the next time.
    let mut skipped = node.expected(previous);
    for _ in 0..2 {
        skipped = node.expected(skipped);
        if let Some(after) = node.spells(b, at, skipped) {
            return Ok((skipped, after));
        }
    }
    let (name, value) = key(b, at)?;
    let found = if name.escaped { node.find(name.value(b).as_bytes()) } else { node.find(name.raw(b)) };
    let found = found.ok_or(Stop::Miss)? as u32;
    node.expect(previous, found);
    Ok((found, value))
}

/// What follows a member or an item.
enum Next {
    /// Another one, there.
    Item(usize),
    /// Nothing: here is the position after the closing bracket.
    End(usize),
}

#[inline(always)]
fn next(b: &[u8], at: usize, close: u8, what: &'static str) -> Scan<Next> {
    let at = skip_space(b, at);
    match byte(b, at) {
        b',' => Ok(Next::Item(skip_space(b, at + 1))),
        end if end == close => Ok(Next::End(at + 1)),
        _ => stop(b, at, what),
    }
}

/// Stores a scalar that begins with `first` and gives the position after it.
#[inline(always)]
fn scalar(b: &[u8], at: usize, first: u8, act: &Act, row: &mut OpenRow<'_>, digest: &mut u64) -> Scan<usize> {
    let column = act.column as usize;
    let (bits, end) = match first {
        b'"' => {
            let text = string(b, at + 1)?;
            let unescaped;
            let value = if text.escaped {
                unescaped = text.value(b);
                Padded::from(unescaped.as_bytes())
            } else {
                text.padded(b)
            };
            let bits = match act.fast {
                Fast::Text => {
                    let pushed = row.push_text(column, value);
                    // A text that the column holds already has been judged.
                    if !pushed.known && redact::may_be_secret(value) {
                        return Err(Stop::Miss);
                    }
                    pushed.hash
                }
                // What reads as an instant is no secret.
                Fast::Timestamp => {
                    let Some(time) = detect_timestamp(value.bytes()) else { return Err(Stop::Miss) };
                    row.push_i64(column, time);
                    time as u64
                }
                _ => return Err(Stop::Miss),
            };
            (bits, text.after())
        }
        b'-' | b'0'..=b'9' => {
            let (value, end) = number(b, at)?;
            let bits = match (value, act.fast) {
                (Number::Int(value), Fast::Bigint) => {
                    row.push_i64(column, value);
                    value as u64
                }
                (Number::Float(value), Fast::Double) => {
                    row.push_f64(column, value);
                    value.to_bits()
                }
                (Number::Int(value), Fast::Double) => {
                    row.push_f64(column, value as f64);
                    (value as f64).to_bits()
                }
                _ => return Err(Stop::Miss),
            };
            (bits, end)
        }
        b't' | b'f' => {
            let truth = first == b't';
            let end = literal(b, at, if truth { b"true" } else { b"false" })?;
            if act.fast != Fast::Bool {
                return Err(Stop::Miss);
            }
            row.push_bool(column, truth);
            (truth as u64, end)
        }
        b'n' => {
            let end = literal(b, at, b"null")?;
            return if act.required { Err(Stop::Miss) } else { Ok(end) };
        }
        _ => return stop(b, at, "not a JSON value"),
    };
    *digest = digest.wrapping_add(cell_digest(act.seed, bits));
    Ok(end)
}
