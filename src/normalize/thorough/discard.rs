//! What the schema contract keeps out while a record is read: it fails the load, or goes into quarantine.

use super::{Found, Item, Kept, Place, Put};
use crate::error::Result;
use crate::json::compact;
use crate::json::place::push_part;
use crate::json::scan::Scan;
use crate::normalize::contract::{Clause, Entity, Mode};
use crate::normalize::quarantine::Discarded;
use crate::normalize::schema::Column;
use crate::normalize::shredder::{Shredder, lost, place};

impl Shredder {
    /// Whether rows may come into the table: a new one falls under the contract.
    pub(super) fn admits_table(&mut self, b: &[u8], row: Place<'_>) -> Scan<bool> {
        let sheet = self.sheets.get(row.sheet as usize).ok_or_else(lost)?;
        let clause = match row.parent {
            None => self.policy.root_table(),
            Some(_) if sheet.system.id.is_none() => self.policy.contract.clause(Entity::Tables),
            Some(_) => return Ok(true),
        };
        match clause.mode {
            Mode::Evolve => match self.broken.take() {
                Some(error) => Err(error.into()),
                None => Ok(true),
            },
            Mode::Freeze => {
                let what = format!("the table `{}` would be new", sheet.schema.name);
                Err(clause.frozen(&what, self.location(row.sheet, &self.row_pointer())).into())
            }
            Mode::DiscardRow | Mode::DiscardValue => {
                self.quarantine_row(b, row, String::new(), clause)?;
                Ok(false)
            }
        }
    }

    /// Whether one of these drops the row; it is in quarantine, then.
    pub(super) fn drops_row(&mut self, b: &[u8], row: Place<'_>, kept: &[Kept]) -> Scan<bool> {
        let Some(first) = kept.iter().find(|kept| kept.clause.mode == Mode::DiscardRow) else { return Ok(false) };
        let column = self.slot(row.sheet, first.slot)?.name.clone();
        self.quarantine_row(b, row, column, first.clause)?;
        Ok(true)
    }

    /// A value that the contract keeps out: an error if the schema is frozen, else the name discards from now on.
    pub(super) fn keep_out<'b>(&mut self, row: Place<'_>, kept: Kept, what: &str) -> Result<Put<'b>> {
        if kept.clause.mode == Mode::Freeze {
            let place = self.location(row.sheet, &self.value_pointer(row, kept.found));
            return Err(kept.clause.frozen(what, place));
        }
        let sheet = self.sheets.get_mut(row.sheet as usize).ok_or_else(lost)?;
        sheet.discards = true;
        let slot = sheet.slots.get_mut(kept.slot as usize).ok_or_else(lost)?;
        slot.discard = Some(kept.clause);
        // The fast reader must not store what comes for this name.
        let owners = slot.owners.clone();
        self.owners_thorough(&owners);
        Ok(Put::Out(kept))
    }

    /// The columns that a dropped row would have made: they are in the schema, as with dlt, and in the files from the next row
    /// on that stays.
    pub(super) fn make_later(&mut self, sheet_index: u32, new: Vec<Column>) -> Result<()> {
        let sheet = self.sheets.get_mut(sheet_index as usize).ok_or_else(lost)?;
        if sheet.late.is_empty() && !new.is_empty() {
            self.late += 1;
        }
        sheet.late.extend(new);
        Ok(())
    }

    /// The row into the quarantine, with all that is below it.
    fn quarantine_row(&mut self, b: &[u8], row: Place<'_>, column: String, clause: Clause) -> Scan<()> {
        let sheet = self.sheets.get(row.sheet as usize).ok_or_else(lost)?;
        let (table, path) = (sheet.schema.name.clone(), sheet.path.clone());
        let at = match row.item {
            Item::Object(at) => at,
            Item::Wrapped(found) => found.at,
        };
        let (value, pointer) = match self.quarantine_is_full() {
            true => (String::new(), String::new()),
            false => (self.redacted_row(b, at, &path)?, self.row_pointer()),
        };
        Ok(self.quarantine(&Discarded { table, column, clause, pointer, value })?)
    }

    /// One value into the quarantine; nulls and secrets leave nothing there.
    pub(super) fn quarantine_value(&mut self, b: &[u8], row: Place<'_>, kept: Kept) -> Scan<()> {
        let sheet = self.sheets.get(row.sheet as usize).ok_or_else(lost)?;
        let (table, column) = (sheet.schema.name.clone(), self.slot(row.sheet, kept.slot)?.name.clone());
        let node = self.nodes.get(kept.found.node as usize).ok_or_else(lost)?;
        let name = node.keys.get(kept.found.key).ok_or_else(lost)?.name.as_str();
        let value = self.redacted_value(b, kept.found.at, name, &sheet.path, &node.path)?;
        if value == "null" || value == compact::REDACTED {
            return Ok(());
        }
        let pointer = self.value_pointer(row, kept.found);
        Ok(self.quarantine(&Discarded { table, column, clause: kept.clause, pointer, value })?)
    }

    /// JSON pointer from the root row to the row under way.
    fn row_pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.steps {
            if !step.wrapped {
                pointer.push_str(&self.pointer_in_row(step.row, step.list));
            }
            push_part(&mut pointer, &step.index.to_string());
        }
        pointer
    }

    pub(super) fn value_pointer(&self, row: Place<'_>, found: Found) -> String {
        let mut pointer = self.row_pointer();
        if matches!(row.item, Item::Object(_)) {
            pointer.push_str(&self.pointer_in_row(row.node, found));
        }
        pointer
    }

    /// From the row that a node reads to a value in it.
    fn pointer_in_row(&self, row: u32, found: Found) -> String {
        let row = self.nodes.get(row as usize).map_or(0, |node| node.pointer.len());
        self.pointer(found).get(row..).unwrap_or_default().to_owned()
    }

    /// Where in the load: table, record, and pointer from the root row.
    pub(super) fn location(&self, sheet: u32, pointer: &str) -> String {
        let table = self.sheets.get(sheet as usize).map(|sheet| sheet.schema.name.as_str()).unwrap_or_default();
        format!("table {table}, record {}, {}", self.ordinal, place(pointer))
    }
}
