//! The fast reader: records whose every key and type is known go straight from bytes to builders.
//!
//! It reads a record once, in the order of its bytes, and stores cells as it meets them. Anything that needs thought (a new
//! key, a value of another type, a key met twice, two keys with one name) is a [`Stop::Miss`]: the rows so far are taken back
//! and the thorough reader takes the record. Both must store the same cells; `tests/engine.rs` holds them to it.

use super::sheet::cell_digest;
use super::shredder::{ROOT, Row, Shredder};
use super::time::detect_timestamp;
use super::tree::{Act, Fast, NONE};
use crate::gateway::redact;
use crate::json::scan::{
    MAX_DEPTH, Number, Scan, Stop, after_colon, byte, literal, number, skip_space, skip_value, stop, string,
};

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
        let (Some(id_column), true) = (sheet.system.id, sheet.system.load_id.is_some()) else { return Err(Stop::Miss) };
        let row = if self.key.is_empty() { Some(self.counted_row(sheet.seed)) } else { None };
        let mut open = Open { sheet: sheet_index, row, digest: 0 };
        self.key_values.fill(None);
        self.begin_row(sheet_index);
        let end = self.object(b, at + 1, ROOT, 1, &mut open)?;
        let row = self.known_row(b, &mut open)?;
        if let Some(sheet) = self.sheets.get_mut(sheet_index as usize) {
            sheet.table.push_id(id_column as usize, row.id);
            sheet.end_row(open.digest);
        }
        self.ordinal += 1;
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
        let mut expected = 0;
        let mut at = skip_space(b, at);
        if byte(b, at) == b'}' {
            return Ok(at + 1);
        }
        loop {
            let Some(node) = self.nodes.get_mut(node_index as usize) else { return Err(Stop::Miss) };
            let (index, after) = match node.predict(b, at, expected) {
                Some(index) => (index, node.keys.get(index).map_or(at, |key| at + key.width())),
                None => {
                    if byte(b, at) != b'"' {
                        return stop(b, at, "an object's key must be a string");
                    }
                    let name = string(b, at + 1)?;
                    let found = if name.escaped { node.find(name.value(b).as_bytes()) } else { node.find(name.raw(b)) };
                    (found.ok_or(Stop::Miss)?, name.after())
                }
            };
            expected = index + 1;
            let Some(key) = node.keys.get_mut(index) else { return Err(Stop::Miss) };
            if key.seen == visit || key.act.thorough {
                return Err(Stop::Miss);
            }
            key.seen = visit;
            let act = key.act;
            let value =
                if byte(b, after) == b':' && byte(b, after + 1) > b' ' { after + 1 } else { after_colon(b, after)? };
            if let Some(place) = act.key_part.and_then(|part| self.key_values.get_mut(part as usize)) {
                // Dicts and lists leave the key's column empty.
                if matches!(byte(b, value), b'{' | b'[') {
                    return Err(Stop::Miss);
                }
                *place = Some(value);
            }
            at = skip_space(b, self.value(b, value, act, depth, open)?);
            match byte(b, at) {
                b',' => at = skip_space(b, at + 1),
                b'}' => return Ok(at + 1),
                _ => return stop(b, at, "a comma or a closing brace is missing"),
            }
        }
    }

    #[inline(always)]
    fn value(&mut self, b: &[u8], at: usize, act: Act, depth: u32, open: &mut Open) -> Scan<usize> {
        let first = byte(b, at);
        if act.secret && !matches!(first, b't' | b'f' | b'n') {
            let end = skip_value(b, at, depth)?;
            self.secrets.push((open.sheet, act.slot));
            return Ok(end);
        }
        match first {
            b'"' => self.text(b, at, act, open),
            b'-' | b'0'..=b'9' => {
                let (value, end) = number(b, at)?;
                let Some(sheet) = self.sheets.get_mut(open.sheet as usize) else { return Err(Stop::Miss) };
                let Some((builder, row)) = sheet.table.column(act.column as usize) else { return Err(Stop::Miss) };
                let bits = match (value, act.fast) {
                    (Number::Int(value), Fast::Bigint) => {
                        builder.push_i64(row, value);
                        value as u64
                    }
                    (Number::Float(value), Fast::Double) => {
                        builder.push_f64(row, value);
                        value.to_bits()
                    }
                    (Number::Int(value), Fast::Double) => {
                        builder.push_f64(row, value as f64);
                        (value as f64).to_bits()
                    }
                    _ => return Err(Stop::Miss),
                };
                open.digest = open.digest.wrapping_add(cell_digest(act.seed, bits));
                Ok(end)
            }
            b't' | b'f' => {
                let truth = first == b't';
                let end = literal(b, at, if truth { b"true" } else { b"false" })?;
                if act.fast != Fast::Bool {
                    return Err(Stop::Miss);
                }
                let Some(sheet) = self.sheets.get_mut(open.sheet as usize) else { return Err(Stop::Miss) };
                let Some((builder, row)) = sheet.table.column(act.column as usize) else { return Err(Stop::Miss) };
                builder.push_bool(row, truth);
                open.digest = open.digest.wrapping_add(cell_digest(act.seed, truth as u64));
                Ok(end)
            }
            b'n' => {
                let end = literal(b, at, b"null")?;
                if act.required { Err(Stop::Miss) } else { Ok(end) }
            }
            b'{' if act.node != NONE => self.object(b, at + 1, act.node, depth + 1, open),
            b'[' if act.list != NONE => self.items(b, at + 1, act.list, depth + 1, open),
            b'{' | b'[' => {
                // Nothing comes of an empty dict, wherever it stands; a first list, empty or not, makes its table's place.
                let inside = skip_space(b, at + 1);
                if first == b'{' && byte(b, inside) == b'}' && !act.whole { Ok(inside + 1) } else { Err(Stop::Miss) }
            }
            _ => stop(b, at, "not a JSON value"),
        }
    }

    #[inline(always)]
    fn text(&mut self, b: &[u8], at: usize, act: Act, open: &mut Open) -> Scan<usize> {
        let text = string(b, at + 1)?;
        let unescaped;
        let bytes = if text.escaped {
            unescaped = text.value(b);
            unescaped.as_bytes()
        } else {
            text.raw(b)
        };
        // What reads as an instant is no secret.
        if act.fast != Fast::Timestamp && redact::may_be_secret(bytes) {
            return Err(Stop::Miss);
        }
        let Some(sheet) = self.sheets.get_mut(open.sheet as usize) else { return Err(Stop::Miss) };
        let bits = match act.fast {
            Fast::Text => sheet.table.push_bytes(act.column as usize, bytes),
            Fast::Timestamp => {
                let Some(time) = detect_timestamp(bytes) else { return Err(Stop::Miss) };
                sheet.table.push_i64(act.column as usize, time);
                time as u64
            }
            _ => return Err(Stop::Miss),
        };
        open.digest = open.digest.wrapping_add(cell_digest(act.seed, bits));
        Ok(text.after())
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
        loop {
            let row = parent.child(seed, index);
            let mut item = Open { sheet: sheet_index, row: Some(row), digest: 0 };
            self.begin_row(sheet_index);
            at = match byte(b, at) {
                b'{' => self.object(b, at + 1, node_index, depth + 1, &mut item)?,
                b'[' => self.items(b, at + 1, inner.ok_or(Stop::Miss)?, depth + 1, &mut item)?,
                _ if value.thorough => return Err(Stop::Miss),
                _ => self.value(b, at, value, depth, &mut item)?,
            };
            if let Some(sheet) = self.sheets.get_mut(sheet_index as usize) {
                sheet.end_child(row.id, parent.id, index, item.digest, parent.link);
            }
            index += 1;
            at = skip_space(b, at);
            match byte(b, at) {
                b',' => at = skip_space(b, at + 1),
                b']' => return Ok(at + 1),
                _ => return stop(b, at, "a comma or a closing bracket is missing"),
            }
        }
    }
}
