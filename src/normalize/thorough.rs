//! The thorough reader: a record in dlt's order, with schema evolution.
//!
//! It walks the record's bytes object by object, the way dlt's normalizer walks its dicts: the scalars of a level first, then
//! the dicts from the last to the first, then the lists. That order decides which of two colliding keys wins, in which order
//! new columns appear and in which order two lists fill one table, so it must be dlt's own. Objects are walked more than
//! once, which is why only records that bring something new come here.

mod discard;

use super::coerce::{Cell, Value, coerce};
use super::contract::{Clause, Mode};
use super::hash::Id;
use super::schema::{Column, DataType};
use super::sheet::{Own, Slot, reserved, variant_name};
use super::shredder::{ROOT, Row, Shredder, Step, lost, place};
use super::tree::NONE;
use crate::error::{Error, Kind, Result};
use crate::gateway::redact;
use crate::json::compact::{self, Redact};
use crate::json::scan::{Number, Scan, byte, key, number, skip_space, skip_value, string};
use crate::table;
use std::borrow::Cow;

/// Where a value of the record goes.
#[derive(Clone, Copy)]
pub struct Found {
    node: u32,
    key: usize,
    at: usize,
}

/// A flattened row: scalars by name, lists by path, both in dlt's order.
#[derive(Default)]
struct Flat {
    cells: Vec<Found>,
    lists: Vec<(u32, Found)>,
}

/// The row that children hang from: its id, as ours or as the data's own text.
#[derive(Clone)]
struct Parent {
    row: Row,
    text: Option<String>,
}

/// A value on its way to a column: borrowed from the record where it stands there as it is.
enum Raw<'b> {
    Plain(Value<'b>),
    Text(String),
    Json(String),
}

impl<'b> Raw<'b> {
    fn view(&self) -> Value<'_> {
        match self {
            Raw::Plain(value) => *value,
            Raw::Text(text) => Value::Text(text),
            Raw::Json(text) => Value::Json(text),
        }
    }

    /// As a cell of that column, if it fits.
    fn fit(&self, column: &Column) -> Option<Cell<'b>> {
        match self {
            Raw::Plain(value) => coerce(*value, column),
            owned => coerce(owned.view(), column).map(|cell| match cell {
                Cell::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
                Cell::Binary(bytes) => Cell::Binary(bytes),
                Cell::Null => Cell::Null,
                Cell::Bool(value) => Cell::Bool(value),
                Cell::I64(value) => Cell::I64(value),
                Cell::F64(value) => Cell::F64(value),
                Cell::I128(value) => Cell::I128(value),
            }),
        }
    }
}

/// A cell and where it goes.
struct Placed<'b> {
    slot: u32,
    cell: Cell<'b>,
    variant: bool,
    /// The column, where the value makes it.
    new: Option<Column>,
    found: Found,
}

/// A value and its column, or the contract's clause that keeps it out of it.
enum Put<'b> {
    In(Placed<'b>),
    Out(Kept),
}

/// What the contract keeps out: the value, the column that it was for, and the clause.
#[derive(Clone, Copy)]
struct Kept {
    found: Found,
    slot: u32,
    clause: Clause,
}

/// What a row is made of.
#[derive(Clone, Copy)]
enum Item {
    Object(usize),
    /// A scalar, or a list in a list, as the only member of a row.
    Wrapped(Found),
}

/// A row under way: its table, what it is made of, the node that reads it, the row that it hangs from with its place there.
#[derive(Clone, Copy)]
struct Place<'p> {
    sheet: u32,
    item: Item,
    node: u32,
    parent: Option<(&'p Parent, u64)>,
}

impl Shredder {
    /// Reads the record at `at`, whatever it is: a dict, a scalar to be wrapped, a batch of items.
    pub fn thorough_record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        let end = skip_value(b, at, 0)?;
        self.steps.clear();
        self.root_item(b, at, false)?;
        Ok(end)
    }

    /// A list is a batch of items; a list in a batch is a value like any other, and so is a null.
    fn root_item(&mut self, b: &[u8], at: usize, in_batch: bool) -> Scan<()> {
        match byte(b, at) {
            b'n' if !in_batch => {}
            b'{' => self.root_row(b, Item::Object(at))?,
            b'[' if !in_batch => {
                let mut at = skip_space(b, at + 1);
                while byte(b, at) != b']' {
                    self.root_item(b, at, true)?;
                    at = after_item(b, at)?;
                }
            }
            _ => {
                let key = self.key(ROOT, "value")?;
                self.root_row(b, Item::Wrapped(Found { node: ROOT, key, at }))?;
            }
        }
        Ok(())
    }

    fn root_row(&mut self, b: &[u8], item: Item) -> Scan<()> {
        let sheet = self.nodes.get(ROOT as usize).map_or(0, |node| node.sheet);
        let ordinal = self.ordinal;
        self.row(b, Place { sheet, item, node: ROOT, parent: None }).map_err(|stop| match stop {
            crate::json::scan::Stop::Fail(error) if error.place().is_none() => {
                let table = self.sheets.get(sheet as usize).map(|sheet| sheet.schema.name.clone()).unwrap_or_default();
                error.at(format!("table {table}, record {ordinal}")).into()
            }
            stop => stop,
        })?;
        self.end_root_row();
        Ok(())
    }

    /// One row and, after it, the rows of its lists, unless the contract keeps it out.
    fn row(&mut self, b: &[u8], row: Place<'_>) -> Scan<()> {
        if !self.admits_table(b, row)? {
            return Ok(());
        }
        self.thorough_rows += 1;
        let mut flat = Flat::default();
        match row.item {
            Item::Object(at) => self.flatten(b, at, row.node, &mut flat)?,
            Item::Wrapped(found) => self.place_value(b, found, row.sheet, &mut flat)?,
        }
        let Some(me) = self.write(b, &flat, row)? else { return Ok(()) };
        let wrapped = matches!(row.item, Item::Wrapped(_));
        for (list, found) in flat.lists {
            self.list_rows(b, list, &me, Step { list: found, row: row.node, wrapped, index: 0 })?;
        }
        Ok(())
    }

    /// dlt's `_flatten`: a stack of dicts, so the last one of a level is expanded first.
    fn flatten(&mut self, b: &[u8], at: usize, node: u32, flat: &mut Flat) -> Scan<()> {
        let sheet = self.nodes.get(node as usize).map_or(0, |node| node.sheet);
        let mut stack = vec![(node, at)];
        while let Some((node, at)) = stack.pop() {
            for found in self.members(b, at, node)? {
                let whole = self.keeps_whole(found);
                match byte(b, found.at) {
                    _ if self.is_secret(b, found) => {}
                    b'{' if !whole => stack.push((self.dict(found.node, found.key)?, found.at)),
                    _ => self.place_value(b, found, sheet, flat)?,
                }
            }
        }
        Ok(())
    }

    /// An object's members: equal keys keep the first one's place and the last one's value.
    fn members(&mut self, b: &[u8], at: usize, node: u32) -> Scan<Vec<Found>> {
        let visit = self.next_visit();
        let mut members: Vec<Found> = Vec::new();
        let mut at = skip_space(b, at + 1);
        while byte(b, at) != b'}' {
            let (name, value) = key(b, at)?;
            let index = self.key(node, &name.value(b))?;
            let known = self.nodes.get_mut(node as usize).and_then(|node| node.keys.get_mut(index)).ok_or_else(lost)?;
            if known.seen == visit {
                if let Some(member) = members.get_mut(known.entry as usize) {
                    member.at = value;
                }
            } else {
                known.seen = visit;
                known.entry = members.len() as u32;
                members.push(Found { node, key: index, at: value });
            }
            at = after_item(b, value)?;
        }
        Ok(members)
    }

    /// Puts a value among the row's cells or lists; one of the same name that is there already gives way, in its place.
    fn place_value(&mut self, b: &[u8], found: Found, sheet: u32, flat: &mut Flat) -> Scan<()> {
        if byte(b, found.at) == b'[' && !self.keeps_whole(found) {
            if self.is_secret(b, found) {
                return Ok(());
            }
            let list = self.list(found.node, found.key)?;
            let same = flat.lists.iter_mut().find(|(other, _)| self.same_list(*other, list));
            match same {
                Some((_, place)) => *place = found,
                None => flat.lists.push((list, found)),
            }
            return Ok(());
        }
        let slot_index = self.slot_of(found)?;
        let row = self.thorough_rows;
        let slot = self.sheets.get_mut(sheet as usize).and_then(|sheet| sheet.slots.get_mut(slot_index as usize));
        let slot = slot.ok_or_else(lost)?;
        if slot.row == row {
            let entry = slot.entry;
            if let Some(loser) = flat.cells.get_mut(entry) {
                let beaten = std::mem::replace(loser, found);
                self.warn_collision(beaten, found, sheet, slot_index);
            }
        } else {
            slot.row = row;
            slot.entry = flat.cells.len();
            flat.cells.push(found);
        }
        Ok(())
    }

    fn warn_collision(&mut self, loser: Found, winner: Found, sheet: u32, slot: u32) {
        let names = [loser, winner].map(|found| self.pointer(found));
        let Some(sheet) = self.sheets.get(sheet as usize) else { return };
        let column = sheet.slots.get(slot as usize).map(|slot| slot.name.clone()).unwrap_or_default();
        let [loser, winner] = names;
        self.warnings.add("key_collision", &sheet.schema.name, &column, || {
            format!("`{loser}` and `{winner}` both become `{column}`: the value of `{winner}` is kept")
        });
    }

    fn warn_nameless(&mut self, found: Found, sheet: u32) {
        let pointer = self.pointer(found);
        let Some(sheet) = self.sheets.get(sheet as usize) else { return };
        self.warnings.add("nameless", &sheet.schema.name, "", || {
            format!("nothing is left of the name `{pointer}` by the naming convention: its values are not stored")
        });
    }

    /// Two lists are one when their normalized paths are: the later value wins.
    fn same_list(&self, a: u32, b: u32) -> bool {
        let path = |list: u32| self.lists.get(list as usize).map(|list| &list.path);
        a == b || path(a) == path(b)
    }

    /// dlt's `is_nested_type`: a dict or list here stays JSON.
    fn keeps_whole(&self, found: Found) -> bool {
        let Some(node) = self.nodes.get(found.node as usize) else { return true };
        if node.level <= 0 {
            return true;
        }
        let Some(sheet) = self.sheets.get(node.sheet as usize) else { return true };
        let slot = node.keys.get(found.key).and_then(|key| sheet.slots.get(key.act.slot as usize));
        match slot {
            Some(slot) => match slot.column {
                Some(typed) => typed.data_type == DataType::Json,
                None => self.inference.preferred(&slot.name) == Some(DataType::Json),
            },
            None => true,
        }
    }

    /// Whether the key says that the value is a secret. True and false and null are none.
    fn is_secret(&mut self, b: &[u8], found: Found) -> bool {
        let Some(node) = self.nodes.get(found.node as usize) else { return true };
        let Some(act) = node.keys.get(found.key).map(|key| key.act) else { return true };
        let secret = act.secret && !matches!(byte(b, found.at), b't' | b'f' | b'n');
        if secret {
            self.secrets.push((node.sheet, act.slot));
        }
        secret
    }

    fn slot_of(&self, found: Found) -> Result<u32> {
        let key = self.nodes.get(found.node as usize).and_then(|node| node.keys.get(found.key));
        key.map(|key| key.act.slot).ok_or_else(lost)
    }

    fn pointer(&self, found: Found) -> String {
        let Some(node) = self.nodes.get(found.node as usize) else { return String::new() };
        let mut pointer = node.pointer.clone();
        if let Some(key) = node.keys.get(found.key) {
            crate::json::place::push_part(&mut pointer, &key.name);
        }
        pointer
    }

    /// dlt's `_coerce_row`, then the row's own columns, then everything into the builders. `None`: the contract keeps the row
    /// out. What it keeps out once for its name, it keeps out of all later rows, whatever comes there: a null drops the row, too.
    fn write(&mut self, b: &[u8], flat: &Flat, row: Place<'_>) -> Scan<Option<Parent>> {
        let Place { sheet: sheet_index, parent, .. } = row;
        let sheet = self.sheets.get(sheet_index as usize).ok_or_else(lost)?;
        let first_row = sheet.system.id.is_none();
        let mut kept: Vec<Kept> = Vec::new();
        if sheet.discards {
            for found in &flat.cells {
                if self.is_secret(b, *found) {
                    continue;
                }
                let slot = self.slot_of(*found)?;
                kept.extend(self.slot(sheet_index, slot)?.discard.map(|clause| Kept { found: *found, slot, clause }));
            }
            if self.drops_row(b, row, &kept)? {
                return Ok(None);
            }
        }
        let known = kept.len();
        let mut cells: Vec<Placed<'_>> = Vec::with_capacity(flat.cells.len());
        let mut new: Vec<Column> = Vec::new();
        let mut own_id = None;
        let mut variants = false;
        for found in &flat.cells {
            let slot_index = self.slot_of(*found)?;
            let slot = self.slot(sheet_index, slot_index)?;
            if let Some(own) = slot.own {
                // The normalizer's own columns: their place is the data's, their value is ours.
                let missing = slot.column.is_none();
                if own == Own::RowId {
                    own_id = own_id_text(b, found.at)?;
                    if own_id.as_deref().is_some_and(|text| redact::secret_value(text).is_some()) {
                        own_id = None;
                        self.count_secrets(*found, 1)?;
                    }
                }
                if missing {
                    new.push(own.column());
                }
                continue;
            }
            if slot.name.is_empty() {
                self.warn_nameless(*found, sheet_index);
                continue;
            }
            if slot.discard.is_some() || self.is_secret(b, *found) {
                continue;
            }
            let Some(raw) = self.read_value(b, *found)? else {
                self.check_null(sheet_index, slot_index)?;
                continue;
            };
            let mut placed = match self.put(row, slot_index, raw, *found, first_row)? {
                Put::In(placed) => placed,
                Put::Out(value) => {
                    kept.push(value);
                    continue;
                }
            };
            if let Some(column) = placed.new.take() {
                match new.iter_mut().find(|other| other.name == column.name) {
                    Some(place) => *place = column,
                    None => new.push(column),
                }
            }
            variants |= placed.variant;
            // Only a variant can meet a column that the row has filled already, or the other way round.
            match cells.iter_mut().find(|other| variants && other.slot == placed.slot) {
                Some(place) => *place = placed,
                None => cells.push(placed),
            }
        }
        if kept.len() > known {
            // dlt then looks at every name again, those of variants among them.
            for Placed { slot, found, .. } in &cells {
                let discard = self.slot(sheet_index, *slot)?.discard;
                kept.extend(discard.map(|clause| Kept { found: *found, slot: *slot, clause }));
            }
            if self.drops_row(b, row, &kept)? {
                self.make_later(sheet_index, new)?;
                return Ok(None);
            }
            cells.retain(|cell| !kept.iter().any(|kept| kept.slot == cell.slot));
        }
        for value in kept {
            self.quarantine_value(b, row, value)?;
        }
        self.make(sheet_index, new)?;
        let me = self.identify(b, flat, row, own_id)?;
        self.begin_row(sheet_index);
        let sheet = self.sheets.get_mut(sheet_index as usize).ok_or_else(lost)?;
        let mut digest = 0u64;
        for Placed { slot, cell, .. } in &cells {
            digest = digest.wrapping_add(sheet.store_in(*slot, cell));
        }
        let id_column = sheet.system.id.unwrap_or(NONE) as usize;
        if let Some(text) = &me.text {
            sheet.table.ids_to_text(id_column);
            sheet.table.open_row().push_text(id_column, text.as_bytes().into());
        }
        match parent {
            None => {
                self.root_text = me.text.clone();
                sheet.end_root(me.row.id, digest);
            }
            Some((parent, index)) => {
                if let Some(text) = &parent.text {
                    let column = sheet.system.parent.unwrap_or(NONE) as usize;
                    sheet.table.ids_to_text(column);
                    sheet.table.open_row().push_text(column, text.as_bytes().into());
                }
                if let (Some(text), Some(column)) = (&self.root_text, sheet.system.root) {
                    sheet.table.ids_to_text(column as usize);
                    sheet.table.open_row().push_text(column as usize, text.as_bytes().into());
                }
                sheet.end_child(me.row, &parent.row, index, digest);
            }
        }
        Ok(Some(me))
    }

    /// The row's id: the data's own, the key's hash, the parent's with the place in the list, or a count.
    fn identify(
        &mut self,
        b: &[u8],
        flat: &Flat,
        Place { sheet: sheet_index, item, parent, .. }: Place<'_>,
        own_id: Option<String>,
    ) -> Scan<Parent> {
        let seed = self.sheets.get(sheet_index as usize).map_or(0, |sheet| sheet.seed);
        let at = match item {
            Item::Object(at) | Item::Wrapped(Found { at, .. }) => at,
        };
        let mut row = match parent {
            Some((parent, index)) => parent.row.child(seed, index),
            None => match self.unkeyed_row(b, at, seed)? {
                Some(row) => row,
                None => self.keyed(b, flat, sheet_index)?,
            },
        };
        if let Some(text) = &own_id {
            row.id = Id::from_text(text);
            if parent.is_none() {
                row = Row::new(row.id, table::hash(text.as_bytes()));
            }
        }
        Ok(Parent { row, text: own_id })
    }

    /// The row that the key's values name.
    fn keyed(&self, b: &[u8], flat: &Flat, sheet_index: u32) -> Scan<Row> {
        let mut values = Vec::new();
        for column in &self.key {
            let mut value = None;
            for found in &flat.cells {
                if self.slot(sheet_index, self.slot_of(*found)?)?.name == *column {
                    value = Some(found.at);
                }
            }
            if value.is_none_or(|at| byte(b, at) == b'n') {
                return Err(null_key(column).into());
            }
            values.push(value);
        }
        Ok(self.keyed_row(b, &values)?.ok_or_else(lost)?)
    }

    fn slot(&self, sheet: u32, slot: u32) -> Result<&Slot> {
        self.sheets.get(sheet as usize).and_then(|sheet| sheet.slots.get(slot as usize)).ok_or_else(lost)
    }

    fn check_null(&self, sheet: u32, slot: u32) -> Result<()> {
        let sheet = self.sheets.get(sheet as usize).ok_or_else(lost)?;
        let slot = sheet.slots.get(slot as usize).ok_or_else(lost)?;
        let column = slot.schema.and_then(|index| sheet.schema.columns.get(index));
        let required = match column {
            Some(column) => column.data_type.is_some() && !column.nullable,
            None => reserved(&slot.name).is_some(),
        };
        if required { Err(null_key(&slot.name)) } else { Ok(()) }
    }

    /// The value as inference and coercion see it; `None` for null and for what looks like a secret.
    fn read_value<'b>(&mut self, b: &'b [u8], found: Found) -> Scan<Option<Raw<'b>>> {
        let at = found.at;
        Ok(Some(match byte(b, at) {
            b'n' => return Ok(None),
            b't' => Raw::Plain(Value::Bool(true)),
            b'f' => Raw::Plain(Value::Bool(false)),
            b'"' => {
                let text = string(b, at + 1)?.value(b);
                if redact::secret_value(&text).is_some() && !self.revealed(found)? {
                    self.count_secrets(found, 1)?;
                    return Ok(None);
                }
                match text {
                    Cow::Borrowed(text) => Raw::Plain(Value::Text(text)),
                    Cow::Owned(text) => Raw::Text(text),
                }
            }
            b'{' | b'[' => {
                let (mut text, mut redacted) = (String::new(), 0);
                if self.revealed(found)? {
                    compact::push_value(&mut text, b, at, &compact::Open, &mut redacted)?;
                } else {
                    compact::push_value(&mut text, b, at, &Secrets, &mut redacted)?;
                }
                self.count_secrets(found, redacted)?;
                Raw::Json(text)
            }
            _ => Raw::Plain(match number(b, at)? {
                (Number::Int(value), _) => Value::Int(value),
                (Number::Float(value), _) => Value::Double(value),
                (Number::Big, end) => {
                    Value::BigInt(std::str::from_utf8(b.get(at..end).unwrap_or_default()).unwrap_or_default())
                }
            }),
        }))
    }

    fn count_secrets(&mut self, found: Found, count: u64) -> Result<()> {
        let (sheet, slot) = (self.nodes.get(found.node as usize).map_or(0, |node| node.sheet), self.slot_of(found)?);
        self.secrets.extend((0..count).map(|_| (sheet, slot)));
        Ok(())
    }

    /// The configuration lets this column through.
    fn revealed(&self, found: Found) -> Result<bool> {
        let sheet = self.nodes.get(found.node as usize).map_or(0, |node| node.sheet);
        Ok(self.slot(sheet, self.slot_of(found)?)?.redact == Some(false))
    }

    /// A value into its column, or into the variant for its type; makes the column when there is none and the contract lets
    /// it.
    fn put<'b>(
        &mut self,
        row: Place<'_>,
        slot_index: u32,
        raw: Raw<'b>,
        found: Found,
        first_row: bool,
    ) -> Result<Put<'b>> {
        let sheet = self.sheets.get(row.sheet as usize).ok_or_else(lost)?;
        let name = sheet.slots.get(slot_index as usize).ok_or_else(lost)?.name.clone();
        let hint = sheet.column(slot_index);
        let known = hint.filter(|column| column.data_type.is_some());
        if let Some(column) = known {
            let required = !column.nullable;
            return match raw.fit(column) {
                Some(cell) => Ok(Put::In(Placed { slot: slot_index, cell, variant: column.variant, new: None, found })),
                None => self.put_variant(row, &name, raw, found, required),
            };
        }
        let preferred = self.inference.preferred(&name);
        let data_type = preferred.unwrap_or_else(|| self.inference.detected(raw.view()));
        let column = self.new_column(data_type, &name, hint.cloned(), found);
        let Some(cell) = raw.fit(&column) else { return self.put_variant(row, &name, raw, found, !column.nullable) };
        let clause = self.policy.new_column(&name, row.parent.is_none(), first_row);
        if clause.mode != Mode::Evolve {
            let what = format!("the column `{name}` would be new");
            return self.keep_out(row, Kept { found, slot: slot_index, clause }, &what);
        }
        Ok(Put::In(Placed { slot: slot_index, cell, variant: false, new: Some(column), found }))
    }

    /// `required`: the column that the value does not fit must not be null.
    fn put_variant<'b>(
        &mut self,
        row: Place<'_>,
        name: &str,
        raw: Raw<'b>,
        found: Found,
        required: bool,
    ) -> Result<Put<'b>> {
        let kind = raw.view().data_type();
        let variant = variant_name(&self.naming, name, kind);
        let sheet = self.sheets.get_mut(row.sheet as usize).ok_or_else(lost)?;
        let slot_index = sheet.slot(&variant);
        let hint = sheet.column(slot_index).cloned();
        let table = sheet.schema.name.clone();
        let known = hint.as_ref().is_some_and(|column| column.data_type.is_some());
        let column = match hint {
            Some(column) if known => column,
            hint => {
                let data_type = self.inference.detected(raw.view());
                Column { variant: true, ..self.new_column(data_type, &variant, hint, found) }
            }
        };
        let Some(cell) = raw.fit(&column) else {
            return Err(Error::new(
                Kind::Data,
                "variant_misfit",
                format!(
                    "a {} value fits neither `{name}` nor `{variant}`, which the data itself has taken",
                    kind.name()
                ),
            )
            .at(format!("table {table}, {}", place(&self.pointer(found)))));
        };
        let clause = self.policy.new_variant(&variant, known);
        if required && matches!(clause.mode, Mode::Evolve | Mode::DiscardValue) {
            return Err(null_key(name).at(self.location(row.sheet, &self.value_pointer(row, found))));
        }
        if clause.mode != Mode::Evolve {
            let what = format!("a {} value does not fit the column `{name}`", kind.name());
            return self.keep_out(row, Kept { found, slot: slot_index, clause }, &what);
        }
        self.warnings.add("variant", &table, &variant, || {
            format!("`{name}` also holds values of type {}: they are in `{variant}`", kind.name())
        });
        let new = Some(column).filter(|_| !known);
        Ok(Put::In(Placed { slot: slot_index, cell, variant: true, new, found }))
    }

    /// Makes the new columns of a row that stays, behind those that rows which did not stay have left, and the normalizer's own.
    fn make(&mut self, sheet_index: u32, new: Vec<Column>) -> Result<()> {
        let sheet = self.sheets.get_mut(sheet_index as usize).ok_or_else(lost)?;
        let late = std::mem::take(&mut sheet.late);
        if !late.is_empty() {
            self.late -= 1;
        }
        for column in late.into_iter().chain(new) {
            self.declare(sheet_index, column)?;
        }
        let sheet = self.sheets.get_mut(sheet_index as usize).ok_or_else(lost)?;
        sheet.complete_system();
        sheet.check_width()
    }

    /// The column that a first value makes.
    fn new_column(&self, data_type: DataType, name: &str, hint: Option<Column>, found: Found) -> Column {
        Column {
            data_type: Some(data_type),
            origin: self.pointer(found),
            ..hint.or_else(|| reserved(name)).unwrap_or_else(|| Column { name: name.to_owned(), ..Column::default() })
        }
    }

    /// The rows of a list.
    fn list_rows(&mut self, b: &[u8], list_index: u32, parent: &Parent, step: Step) -> Scan<()> {
        let list = self.lists.get(list_index as usize).ok_or_else(lost)?;
        let (sheet, node, value) = (list.sheet, list.node, list.value);
        let mut at = skip_space(b, step.list.at + 1);
        let mut index = 0;
        while byte(b, at) != b']' {
            let item = match byte(b, at) {
                b'{' => Item::Object(at),
                b'[' => {
                    let bridge = self.bridge(list_index)?;
                    Item::Wrapped(Found { node: bridge, key: 0, at })
                }
                _ => Item::Wrapped(Found { node, key: value, at }),
            };
            self.steps.push(Step { index, ..step });
            self.row(b, Place { sheet, item, node, parent: Some((parent, index)) })?;
            self.steps.pop();
            index += 1;
            at = after_item(b, at)?;
        }
        Ok(())
    }
}

/// From a value to what follows the comma after it, or to the bracket.
fn after_item(b: &[u8], at: usize) -> Scan<usize> {
    let at = skip_space(b, skip_value(b, at, 0)?);
    Ok(if byte(b, at) == b',' { skip_space(b, at + 1) } else { at })
}

/// A row's own `_dlt_id`, if it is something: not empty, not zero.
fn own_id_text(b: &[u8], at: usize) -> Scan<Option<String>> {
    let text = match byte(b, at) {
        b'"' => string(b, at + 1)?.value(b).into_owned(),
        b'-' | b'0'..=b'9' => match number(b, at)? {
            (Number::Int(0), _) | (Number::Float(0.0), _) => String::new(),
            (_, end) => String::from_utf8_lossy(b.get(at..end).unwrap_or_default()).into_owned(),
        },
        _ => String::new(),
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// A column that must not be null has no value.
pub fn null_key(column: &str) -> Error {
    Error::new(
        Kind::Data,
        "null_in_key",
        format!("`{column}` is null or missing, and it must not be: it is part of a key, or hinted so"),
    )
    .help("Choose a key that every record has, or none")
}

/// Redacts what looks like a secret.
pub struct Secrets;

impl Redact for Secrets {
    fn key(&self, name: &str) -> bool {
        redact::secret_key_name(name)
    }
    fn text(&self, value: &str) -> bool {
        redact::secret_value(value).is_some()
    }
}
