//! The quarantine table: what the schema contract kept out of the other tables, and why.
//!
//! dlt drops such data without a trace. Here a row for each dropped row or value goes into one further table of the resource,
//! `<root table>_quarantine`: no child table can have that name, since those have the separator behind the root's name.

use super::coerce::Cell;
use super::contract::{Clause, Entity};
use super::names::Naming;
use super::options::Options;
use super::schema::{Column, DataType, TableSchema};
use super::shredder::{Shredder, lost};
use crate::error::Result;
use crate::gateway::redact;
use crate::json::compact::{self, Open, REDACTED};
use crate::json::scan::{Scan, byte, key, skip_space, skip_value, string};
use std::borrow::Cow;

/// Rows that a load may put there; what comes after them is counted in a warning.
const MAX_ROWS: u64 = 10_000;
/// Columns that have a warning of their own.
const MAX_WARNINGS: usize = 100;
/// Bytes of a value that are kept; a longer one ends in `…`.
const MAX_VALUE: usize = 4_096;

const TABLE: &str = "table_name";
const COLUMN: &str = "column_name";
const ORDINAL: &str = "ordinal";
const POINTER: &str = "pointer";
const REASON: &str = "reason";
const VALUE: &str = "value";

/// Something that the contract keeps out.
pub struct Discarded {
    pub table: String,
    /// The column that it would have made; empty where the whole table would be new.
    pub column: String,
    pub clause: Clause,
    /// JSON pointer from the root row.
    pub pointer: String,
    /// Compact JSON, redacted.
    pub value: String,
}

/// The name of the quarantine table of a root table.
pub fn table_name(naming: &Naming, root: &str) -> String {
    naming.table(&format!("{root}_quarantine"))
}

/// Its schema before the first row: the normalizer's own columns come behind these, as in any root table.
fn table(name: String) -> TableSchema {
    let columns = vec![
        Column::new(TABLE, DataType::Text).not_null(),
        Column::new(COLUMN, DataType::Text),
        Column::new(ORDINAL, DataType::Bigint).not_null(),
        Column::new(POINTER, DataType::Text).not_null(),
        Column::new(REASON, DataType::Text).not_null(),
        Column::new(VALUE, DataType::Text),
    ];
    TableSchema { columns, quarantine: true, ..TableSchema::new(name, None) }
}

impl Shredder {
    /// Puts a row into the quarantine table, and says so in a warning.
    pub fn quarantine(&mut self, discarded: &Discarded) -> Result<()> {
        let name = self.quarantine_table.clone();
        let Discarded { table: from, column, clause, pointer, value } = discarded;
        // Names that are data would make a warning each.
        let known = self.warnings.has("quarantine", from, column);
        let told = if known || self.warned < MAX_WARNINGS { column.as_str() } else { "" };
        self.warned += usize::from(!known);
        self.warnings.add("quarantine", from, told, || {
            let what = match clause.entity {
                Entity::Columns if told.is_empty() => format!("many more columns of `{from}` would be new"),
                Entity::DataType if told.is_empty() => {
                    format!("many more columns of `{from}` would be made by other types")
                }
                Entity::Tables => format!("the table `{from}` would be new"),
                Entity::Columns => format!("the column `{column}` would be new"),
                Entity::DataType => format!("values of another type would make the column `{column}`"),
            };
            format!("{what}, which the schema contract forbids ({}): they are in `{name}`", clause.text())
        });
        let index = match self.table_index(&name) {
            Some(index) => index,
            None => self.add_sheet(table(name.clone()), vec![name.clone()])?,
        };
        let sheet = self.sheets.get_mut(index as usize).ok_or_else(lost)?;
        sheet.complete_system();
        let (seed, count) = (sheet.seed, sheet.table.total());
        if count >= MAX_ROWS {
            self.warnings.add("quarantine_full", &name, "", || {
                format!("more than {MAX_ROWS} rows and values were discarded in one load: the others are not kept")
            });
            return Ok(());
        }
        let id = self.counted_row(seed).id.child(seed, count);
        self.begin_row(index);
        let ordinal = self.ordinal as i64;
        let sheet = self.sheets.get_mut(index as usize).ok_or_else(lost)?;
        let text = |text: &str| Cell::Text(Cow::Owned(text.to_owned()));
        let cells = [
            (TABLE, text(from)),
            (COLUMN, if column.is_empty() { Cell::Null } else { text(column) }),
            (POINTER, text(pointer)),
            (REASON, text(&clause.reason())),
            (VALUE, text(value)),
        ];
        let mut digest = 0u64;
        for (name, cell) in cells {
            let slot = sheet.slot(name);
            digest = digest.wrapping_add(sheet.store_in(slot, &cell));
        }
        // Records come in any order: where one stood is no part of the content.
        let slot = sheet.slot(ORDINAL);
        sheet.store_in(slot, &Cell::I64(ordinal));
        let id_column = sheet.system.id.ok_or_else(lost)?;
        sheet.table.open_row().push_id(id_column as usize, id);
        sheet.end_row(digest);
        Ok(())
    }

    /// What is discarded from now on is only counted.
    pub fn quarantine_is_full(&self) -> bool {
        let sheet = self.table_index(&self.quarantine_table).and_then(|index| self.sheets.get(index as usize));
        sheet.is_some_and(|sheet| sheet.table.total() >= MAX_ROWS)
    }

    /// A whole row as redacted JSON. `table`: the normalized names down to the row's table.
    pub fn redacted_row(&self, b: &[u8], at: usize, table: &[String]) -> Scan<String> {
        let mut walk = self.walk(b);
        walk.item(at, table)?;
        Ok(walk.shortened())
    }

    /// A value of a row as redacted JSON. `path`: the normalized names from the row down to the object that has it under `name`.
    pub fn redacted_value(&self, b: &[u8], at: usize, name: &str, table: &[String], path: &[String]) -> Scan<String> {
        let mut walk = self.walk(b);
        walk.value(name, at, table, path)?;
        Ok(walk.shortened())
    }

    fn walk<'a>(&'a self, b: &'a [u8]) -> Walk<'a> {
        Walk { b, options: &self.options, naming: &self.naming, out: String::new() }
    }
}

/// Writes JSON as it came, but for white space and secrets: by the name of a key, by the look of a text, and by the column
/// that a value would have gone to.
struct Walk<'a> {
    b: &'a [u8],
    options: &'a Options,
    naming: &'a Naming,
    out: String,
}

impl Walk<'_> {
    fn full(&self) -> bool {
        self.out.len() > MAX_VALUE
    }

    /// Cut to [`MAX_VALUE`] bytes, never inside a character.
    fn shortened(mut self) -> String {
        if self.full() {
            self.out.truncate(self.out.floor_char_boundary(MAX_VALUE));
            self.out.push('…');
        }
        self.out
    }

    fn object(&mut self, at: usize, table: &[String], path: &[String]) -> Scan<usize> {
        let begin = at;
        self.out.push('{');
        let mut at = skip_space(self.b, at + 1);
        while byte(self.b, at) != b'}' {
            if self.full() {
                return skip_value(self.b, begin, 0);
            }
            let (name, value) = key(self.b, at)?;
            let name = name.value(self.b);
            compact::push_text(&mut self.out, redact::shown_key(&name));
            self.out.push(':');
            at = skip_space(self.b, self.value(&name, value, table, path)?);
            if byte(self.b, at) == b',' {
                self.out.push(',');
                at = skip_space(self.b, at + 1);
            }
        }
        self.out.push('}');
        Ok(at + 1)
    }

    fn value(&mut self, name: &str, at: usize, table: &[String], path: &[String]) -> Scan<usize> {
        let shown = redact::shown_key(name);
        let decided = self.decided(table, path, shown);
        let secret = decided.unwrap_or_else(|| shown != name || redact::secret_key_name(name));
        let under = |part: String| path.iter().cloned().chain([part]).collect::<Vec<String>>();
        match byte(self.b, at) {
            first if secret && !matches!(first, b't' | b'f' | b'n') => self.redacted(at),
            b'{' => self.object(at, table, &under(self.naming.column(shown))),
            b'[' => {
                let child: Vec<String> = table.iter().cloned().chain(under(self.naming.table(shown))).collect();
                self.list(at, &child)
            }
            _ => self.scalar(at, decided == Some(false)),
        }
    }

    fn list(&mut self, at: usize, table: &[String]) -> Scan<usize> {
        let begin = at;
        self.out.push('[');
        let mut at = skip_space(self.b, at + 1);
        while byte(self.b, at) != b']' {
            if self.full() {
                return skip_value(self.b, begin, 0);
            }
            at = skip_space(self.b, self.item(at, table)?);
            if byte(self.b, at) == b',' {
                self.out.push(',');
                at = skip_space(self.b, at + 1);
            }
        }
        self.out.push(']');
        Ok(at + 1)
    }

    /// A row, or an item of a list, which is one.
    fn item(&mut self, at: usize, table: &[String]) -> Scan<usize> {
        match byte(self.b, at) {
            b'{' => self.object(at, table, &[]),
            b'[' => self.value("list", at, table, &[]),
            _ => self.value("value", at, table, &[]),
        }
    }

    fn scalar(&mut self, at: usize, revealed: bool) -> Scan<usize> {
        if byte(self.b, at) == b'"'
            && !revealed
            && redact::secret_value(&string(self.b, at + 1)?.value(self.b)).is_some()
        {
            return self.redacted(at);
        }
        compact::push_value(&mut self.out, self.b, at, &Open, &mut 0)?;
        skip_value(self.b, at, 0)
    }

    fn redacted(&mut self, at: usize) -> Scan<usize> {
        self.out.push_str(REDACTED);
        skip_value(self.b, at, 0)
    }

    /// What the configuration says of the column for a key: never stored, or stored whatever it looks like.
    fn decided(&self, table: &[String], path: &[String], key: &str) -> Option<bool> {
        let Options { redact, reveal, .. } = self.options;
        if redact.is_empty() && reveal.is_empty() {
            return None;
        }
        let parts = |parts: &[String], last: Option<&str>| {
            let parts: Vec<&str> = parts.iter().map(String::as_str).chain(last).collect();
            if let [one] = parts.as_slice() { (*one).to_owned() } else { self.naming.join(&parts) }
        };
        let name = format!("{}.{}", parts(table, None), parts(path, Some(&self.naming.column(key))));
        if redact.contains(&name) {
            return Some(true);
        }
        reveal.contains(&name).then_some(false)
    }
}
