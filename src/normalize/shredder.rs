//! The state of a load: the compiled paths, the tables they lead to, and what both readers of records share.

use super::contract::{Mode, Policy};
use super::hash::{Id, key_hash};
use super::hints;
use super::infer::Inference;
use super::names::Naming;
use super::options::Options;
use super::quarantine;
use super::schema::{Column, DataType, Schema, TableSchema};
use super::sheet::{Sheet, Warnings};
use super::thorough::Found;
use super::tree::{Act, Fast, List, NONE, Node};
use super::versions::Versions;
use super::{Validity, writer_options};
use crate::error::{Error, Kind, Result};
use crate::gateway::redact;
use crate::json::compact;
use crate::json::reader::Records;
use crate::json::scan::{Scan, Stop, byte};
use crate::order;
use crate::table;
use std::collections::BTreeMap;

/// A load may fill this many tables.
const MAX_TABLES: usize = 1_000;
/// An object may have this many different keys at one place.
const MAX_KEYS: usize = 20_000;

pub struct Shredder {
    pub options: Options,
    pub naming: Naming,
    pub inference: Inference,
    pub nodes: Vec<Node>,
    pub lists: Vec<List>,
    pub sheets: Vec<Sheet>,
    by_name: BTreeMap<String, u32>,
    /// Number of the object under way, never the same twice: for finding keys that come twice in one.
    pub visit: u32,
    pub load_id: String,
    /// What root rows hang from where there is no key.
    load: Id,
    /// Root rows so far.
    pub ordinal: u64,
    /// Tables that the record under way has rows in.
    pub touched: Vec<u32>,
    /// Secrets met in the record under way, as (table, slot).
    pub secrets: Vec<(u32, u32)>,
    pub warnings: Warnings,
    /// Names of the primary key's columns, normalized; empty: root ids count rows.
    pub key: Vec<String>,
    pub policy: Policy,
    pub quarantine_table: String,
    /// Columns that have a warning of their own about the quarantine.
    pub warned: usize,
    /// Tables with columns that are not yet in a file: the fast reader does not know them.
    pub late: usize,
    /// The options' hints break the contract: the first record says so.
    pub broken: Option<Error>,
    /// The lists that lead to the row under way.
    pub steps: Vec<Step>,
    /// Where the values of the key's columns stand, in the record under way.
    pub key_values: Vec<Option<usize>>,
    /// Rows that the thorough reader has read, for its slots' marks.
    pub thorough_rows: u64,
    pub always_thorough: bool,
    /// Root rows are versions: their ids are hashes of what they hold.
    versions: Option<Versions>,
    /// See [`super::TableLoaded::counts`].
    counts_rows: bool,
    /// The id of the root row under way, where it is the data's own text.
    pub root_text: Option<String>,
    /// Records that the fast reader could not read.
    pub thorough_records: u64,
}

/// A row under way, as its children need to know it.
#[derive(Clone, Copy)]
pub struct Row {
    pub id: Id,
    /// Of the root row that it hangs from, or is.
    pub root: Id,
    /// What ties the children's digests to this row; does not depend on the load.
    pub link: u64,
}

impl Row {
    /// A root row.
    pub fn new(id: Id, link: u64) -> Row {
        Row { id, root: id, link }
    }

    pub fn child(&self, seed: u64, index: u64) -> Row {
        let link = (self.link ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31) ^ index;
        Row { id: self.id.child(seed, index), root: self.root, link: link.wrapping_mul(0xBF58_476D_1CE4_E5B9) }
    }
}

/// One list on the way from the record to a row: the key that it stands under, in a row of that node, and the item.
#[derive(Clone, Copy)]
pub struct Step {
    pub list: Found,
    pub row: u32,
    /// The row is the list itself.
    pub wrapped: bool,
    pub index: u64,
}

/// The root's node: every load has exactly one.
pub const ROOT: u32 = 0;

impl Shredder {
    pub fn new(table: &str, options: Options, schema: Schema, load_id: &str) -> Result<Shredder> {
        let naming = Naming::new(&options.naming, options.max_identifier_length)?;
        let name = naming.table(table);
        if name.is_empty() {
            return Err(Error::new(Kind::Config, "bad_table_name", format!("`{table}` is no table name")));
        }
        let inference = Inference::new(&options, &naming, load_id)?;
        let mut schema = schema;
        let mut warnings = Warnings::default();
        let policy = Policy::new(&options, schema.table(&name));
        let mut options = options;
        let validity = options.write_disposition.scd2().cloned();
        if validity.as_ref().is_some_and(|validity| !validity.is_named_well(&naming)) {
            let message = "`validity_column_names` are no two names that columns can have";
            return Err(Error::new(Kind::Config, "bad_options", message).help(
                "Give two different ones that the naming convention leaves as they are: [\"valid_from\", \"valid_to\"]",
            ));
        }
        options.columns.extend(validity.iter().flat_map(Validity::hints));
        let (mut key, broken) = hint_root(&mut schema, &name, &options, &naming, &mut warnings, &policy);
        if validity.is_some() {
            key.clear();
        }
        let mut shredder = Shredder {
            naming,
            inference,
            nodes: Vec::new(),
            lists: Vec::new(),
            sheets: Vec::new(),
            by_name: BTreeMap::new(),
            visit: 0,
            load_id: load_id.to_owned(),
            load: Id::from_text(load_id),
            ordinal: 0,
            touched: Vec::new(),
            secrets: Vec::new(),
            warnings,
            key_values: vec![None; key.len()],
            key,
            policy,
            quarantine_table: quarantine::table_name(&naming, &name),
            late: 0,
            warned: 0,
            // The fast reader asks no questions.
            always_thorough: broken.is_some(),
            broken,
            versions: validity.is_some().then(|| Versions::new(&name, &options.redact)),
            counts_rows: options.write_disposition.keeps_one_of_a_key(),
            root_text: None,
            steps: Vec::new(),
            thorough_rows: 0,
            thorough_records: 0,
            options,
        };
        for stored in schema.tables {
            shredder.restore(stored)?;
        }
        let root = shredder.by_name.get(&name).copied().ok_or_else(lost)?;
        if let (Some(validity), Some(sheet)) = (validity, shredder.sheets.get_mut(root as usize)) {
            sheet.set_validity(&validity, load_id)?;
        }
        let level = match shredder.policy.forgets_nesting() {
            true => Options::default().max_table_nesting,
            false => shredder.options.max_table_nesting,
        };
        shredder.nodes.push(Node::new(root, level.into(), Vec::new(), String::new()));
        Ok(shredder)
    }

    /// A table of an earlier load. Its path is found again when a list leads to it; until then its name stands for it.
    fn restore(&mut self, stored: TableSchema) -> Result<u32> {
        let path = vec![stored.name.clone()];
        self.add_sheet(stored, path)
    }

    /// The table of that name, if there is one.
    pub fn table_index(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    pub fn add_sheet(&mut self, schema: TableSchema, path: Vec<String>) -> Result<u32> {
        if self.sheets.len() >= MAX_TABLES {
            return Err(Error::new(
                Kind::Limit,
                "too_many_tables",
                format!("the load would fill more than {MAX_TABLES} tables"),
            )
            .help("Lists under keys that are data make a table each: set `max_table_nesting` to keep them as JSON"));
        }
        let index = self.sheets.len() as u32;
        self.by_name.insert(schema.name.clone(), index);
        let writer = writer_options(&self.load_id, self.options.plain_encodings);
        let roots = self.options.root_key || self.options.write_disposition.has_root_ids();
        self.sheets.push(Sheet::new(schema, path, &self.load_id, roots, writer, self.options.file_bytes));
        Ok(index)
    }

    /// The node's key of that name, compiled if it is new.
    pub fn key(&mut self, node_index: u32, name: &str) -> Result<usize> {
        let Some(node) = self.nodes.get(node_index as usize) else { return Err(lost()) };
        if let Some(key) = node.find(name.as_bytes()) {
            return Ok(key);
        }
        if node.keys.len() >= MAX_KEYS {
            return Err(Error::new(
                Kind::Limit,
                "too_many_keys",
                format!("objects at {} have more than {MAX_KEYS} different keys", place(&node.pointer)),
            )
            .help("Keys that are data rather than names: set `max_table_nesting` to keep these objects as JSON"));
        }
        let (sheet_index, level) = (node.sheet, node.level);
        let shown = redact::shown_key(name);
        let normalized = self.naming.column(shown);
        let column = if node.path.is_empty() {
            normalized
        } else {
            let mut parts: Vec<&str> = node.path.iter().map(String::as_str).collect();
            parts.push(&normalized);
            self.naming.join(&parts)
        };
        let secret = node.secret || shown != name || redact::secret_key_name(name);
        let key_index = node.keys.len() as u32;
        let Some(sheet) = self.sheets.get_mut(sheet_index as usize) else { return Err(lost()) };
        let slot_index = sheet.slot(&column);
        let full_name = format!("{}.{column}", sheet.schema.name);
        let own = column.starts_with("_dlt_");
        let watched = own || sheet.slots.get(slot_index as usize).is_some_and(|slot| slot.discard.is_some());
        // What may be kept whole is looked at thoroughly.
        let json = self.inference.preferred(&column) == Some(DataType::Json);
        let Some(slot) = sheet.slots.get_mut(slot_index as usize) else { return Err(lost()) };
        slot.owners.push((node_index, key_index));
        let decided = if self.options.redact.contains(&full_name) {
            Some(true)
        } else if self.options.reveal.contains(&full_name) {
            Some(false)
        } else {
            None
        };
        slot.redact = decided;
        let owners = if slot.owners.len() > 1 { slot.owners.clone() } else { Vec::new() };
        let key_part = if node_index == ROOT { self.key.iter().position(|part| *part == column) } else { None };
        let act = Act {
            fast: Fast::No,
            column: NONE,
            seed: table::hash(column.as_bytes()),
            node: NONE,
            list: NONE,
            slot: slot_index,
            thorough: watched || json,
            whole: level <= 0,
            secret: decided.unwrap_or(secret),
            required: false,
            key_part: key_part.map(|part| part as u8),
        };
        if let Some(node) = self.nodes.get_mut(node_index as usize) {
            node.add(name.to_owned(), act);
        }
        self.owners_thorough(&owners);
        self.refresh(sheet_index, slot_index);
        Ok(key_index as usize)
    }

    /// Several keys lead to one name: only the thorough reader knows which of them wins.
    pub fn owners_thorough(&mut self, owners: &[(u32, u32)]) {
        for (node, key) in owners {
            if let Some(key) = self.nodes.get_mut(*node as usize).and_then(|node| node.keys.get_mut(*key as usize)) {
                key.act.thorough = true;
            }
        }
    }

    /// Tells the keys of a slot what its column is now.
    pub fn refresh(&mut self, sheet: u32, slot: u32) {
        let Some(slot) = self.sheets.get(sheet as usize).and_then(|sheet| sheet.slots.get(slot as usize)) else {
            return;
        };
        for (node, key) in &slot.owners {
            let Some(key) = self.nodes.get_mut(*node as usize).and_then(|node| node.keys.get_mut(*key as usize)) else {
                continue;
            };
            let Some(typed) = slot.column else { continue };
            key.act.column = typed.builder;
            key.act.required = !typed.nullable;
            key.act.fast = match typed.data_type {
                DataType::Text => Fast::Text,
                DataType::Timestamp => Fast::Timestamp,
                DataType::Bigint => Fast::Bigint,
                DataType::Double => Fast::Double,
                DataType::Bool => Fast::Bool,
                _ => Fast::No,
            };
            // A column that keeps JSON takes dicts and lists whole.
            key.act.thorough |= typed.data_type == DataType::Json;
        }
    }

    /// The node of the dict under a key.
    pub fn dict(&mut self, node_index: u32, key_index: usize) -> Result<u32> {
        let Some(node) = self.nodes.get(node_index as usize) else { return Err(lost()) };
        let Some(key) = node.keys.get(key_index) else { return Err(lost()) };
        if key.act.node != NONE {
            return Ok(key.act.node);
        }
        let mut path = node.path.clone();
        path.push(self.naming.column(&key.name));
        let mut made = Node::new(node.sheet, node.level - 1, path, child_pointer(&node.pointer, &key.name));
        // A name that is let through on purpose lets through what is below it.
        made.secret = key.act.secret;
        let made_index = self.nodes.len() as u32;
        self.nodes.push(made);
        self.set(node_index, key_index, |act| act.node = made_index);
        Ok(made_index)
    }

    /// The list under a key: its table, and the node of its items.
    pub fn list(&mut self, node_index: u32, key_index: usize) -> Result<u32> {
        let Some(node) = self.nodes.get(node_index as usize) else { return Err(lost()) };
        let Some(key) = node.keys.get(key_index) else { return Err(lost()) };
        if key.act.list != NONE {
            return Ok(key.act.list);
        }
        let Some(parent) = self.sheets.get(node.sheet as usize) else { return Err(lost()) };
        let mut path = parent.path.clone();
        path.extend(node.path.iter().cloned());
        path.push(self.naming.table(&key.name));
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        let name = self.naming.join(&parts);
        // dlt counts from the row that the list is in, however many dicts deep it stands there.
        let (secret, level) = (key.act.secret, node.level + node.path.len() as i64 - 1);
        let pointer = format!("{}/*", child_pointer(&node.pointer, &key.name));
        let parent_name = parent.schema.name.clone();
        let sheet_index = match self.by_name.get(&name) {
            Some(sheet) => *sheet,
            None => self.add_sheet(TableSchema::new(name, Some(parent_name)), path.clone())?,
        };
        let place = path.join("\0");
        let mut owners = Vec::new();
        if let Some(sheet) = self.sheets.get_mut(sheet_index as usize) {
            sheet.path = path;
            sheet.sources.push((node_index, key_index as u32));
            if sheet.sources.len() > 1 {
                owners = sheet.sources.clone();
            }
        }
        // Rows of a table with several sources come in the thorough reader's order.
        self.owners_thorough(&owners);
        let mut items = Node::new(sheet_index, level, Vec::new(), pointer);
        items.secret = secret;
        let items_index = self.nodes.len() as u32;
        self.nodes.push(items);
        let value = self.key(items_index, "value")?;
        let made = self.lists.len() as u32;
        self.lists.push(List { sheet: sheet_index, path: place, node: items_index, value, bridge: NONE });
        self.set(node_index, key_index, |act| act.list = made);
        Ok(made)
    }

    /// The node of a list's items that are lists: a row of its own stands between, which costs a level of nesting.
    pub fn bridge(&mut self, list_index: u32) -> Result<u32> {
        let list = self.lists.get(list_index as usize).ok_or_else(lost)?;
        if list.bridge != NONE {
            return Ok(list.bridge);
        }
        let items = self.nodes.get(list.node as usize).ok_or_else(lost)?;
        let mut bridge = Node::new(items.sheet, items.level - 1, Vec::new(), items.pointer.clone());
        bridge.secret = items.secret;
        let made = self.nodes.len() as u32;
        self.nodes.push(bridge);
        self.key(made, "list")?;
        if let Some(list) = self.lists.get_mut(list_index as usize) {
            list.bridge = made;
        }
        Ok(made)
    }

    fn set(&mut self, node: u32, key: usize, change: impl FnOnce(&mut Act)) {
        if let Some(key) = self.nodes.get_mut(node as usize).and_then(|node| node.keys.get_mut(key)) {
            change(&mut key.act);
        }
    }

    /// A new column for a slot.
    pub fn declare(&mut self, sheet_index: u32, column: Column) -> Result<u32> {
        let Some(sheet) = self.sheets.get_mut(sheet_index as usize) else { return Err(lost()) };
        let slot = sheet.declare(column);
        sheet.check_width()?;
        self.refresh(sheet_index, slot);
        Ok(slot)
    }

    #[inline(always)]
    pub fn begin_row(&mut self, sheet_index: u32) {
        if let Some(sheet) = self.sheets.get_mut(sheet_index as usize)
            && sheet.begin()
        {
            self.touched.push(sheet_index);
        }
    }

    /// The id of the next root row where there is no key.
    #[inline(always)]
    pub fn counted_row(&self, seed: u64) -> Row {
        Row::new(self.load.child(seed, self.ordinal), 0)
    }

    /// The row that the values of the key name: dlt's key hash, over the values as they came. `None` while one is not known.
    pub fn keyed_row(&self, b: &[u8], values: &[Option<usize>]) -> Scan<Option<Row>> {
        let mut key = serde_json::Map::new();
        for (column, value) in self.key.iter().zip(values) {
            let Some(at) = value.filter(|at| byte(b, *at) != b'n') else { return Ok(None) };
            let mut text = String::new();
            compact::push_value(&mut text, b, at, &compact::Open, &mut 0)?;
            key.insert(column.clone(), serde_json::from_str(&text).unwrap_or_default());
        }
        let hash = key_hash(&key);
        Ok(Some(named(&hash)))
    }

    /// The root row at `at`, if something else than a key's values tells what its id is.
    pub fn unkeyed_row(&self, b: &[u8], at: usize, seed: u64) -> Scan<Option<Row>> {
        Ok(match &self.versions {
            Some(versions) => Some(named(&versions.hash(b, at, &self.naming)?)),
            None if self.key.is_empty() => Some(self.counted_row(seed)),
            None => None,
        })
    }

    /// A root row and all below it are in, or were kept out.
    #[inline(always)]
    pub fn end_root_row(&mut self) {
        if self.counts_rows {
            self.count_rows();
        }
        self.ordinal += 1;
    }

    fn count_rows(&mut self) {
        for sheet in &mut self.sheets {
            sheet.counts.record(self.ordinal, sheet.table.total());
        }
    }

    #[inline(always)]
    pub fn next_visit(&mut self) -> u32 {
        self.visit = self.visit.wrapping_add(1);
        if self.visit == 0 {
            self.count_visits_anew();
        }
        self.visit
    }

    /// Once in four thousand million objects: no key may look as if this visit had met it.
    #[cold]
    #[inline(never)]
    fn count_visits_anew(&mut self) {
        self.nodes.iter_mut().flat_map(|node| &mut node.keys).for_each(|key| key.seen = 0);
        self.visit = 1;
    }

    fn forget_record(&mut self) {
        self.secrets.clear();
        for sheet in self.touched.drain(..) {
            if let Some(sheet) = self.sheets.get_mut(sheet as usize) {
                sheet.roll_back();
            }
        }
    }

    /// The schema as it is now.
    pub fn schema(&self) -> Schema {
        let root = self.nodes.get(ROOT as usize).map(|node| node.sheet as usize);
        // A load without records is held to nothing, and leaves nothing.
        let given = self.options.schema_contract.filter(|_| self.ordinal > 0);
        let tables = self.sheets.iter().enumerate().map(|(index, sheet)| {
            let seen_data = sheet.schema.seen_data || sheet.table.total() > 0;
            let given = given.filter(|_| root == Some(index));
            let schema_contract = given.unwrap_or(sheet.schema.schema_contract);
            let mut table = TableSchema { seen_data, schema_contract, ..sheet.schema.clone() };
            for late in &sheet.late {
                table.columns.retain(|column| column.name != late.name);
                table.columns.push(late.clone());
            }
            table
        });
        let mut tables: Vec<TableSchema> =
            tables.filter(|table| table.columns.iter().any(|column| column.data_type.is_some())).collect();
        order::sort(&mut tables, |a, b| a.quarantine.cmp(&b.quarantine));
        Schema { tables }
    }
}

impl Records for Shredder {
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        let fast = if self.always_thorough || self.late > 0 { Err(Stop::Miss) } else { self.fast_record(b, at) };
        match fast {
            Ok(end) => Ok(end),
            Err(Stop::Miss) => {
                self.forget_record();
                self.thorough_records += 1;
                let read = self.thorough_record(b, at);
                if read.is_err() {
                    self.forget_record();
                }
                read
            }
            Err(stop) => {
                self.forget_record();
                Err(stop)
            }
        }
    }

    fn settle(&mut self) -> Result<()> {
        for (sheet, slot) in std::mem::take(&mut self.secrets) {
            let Some(sheet) = self.sheets.get(sheet as usize) else { continue };
            let Some(slot) = sheet.slots.get(slot as usize) else { continue };
            self.warnings.add("redacted", &sheet.schema.name, &slot.name, || {
                format!("`{}` looks like a secret and is not stored", slot.name)
            });
        }
        let mut result = Ok(());
        // Records may come in any order: without a key, children are known by the content of the row that they hang from.
        let root = self.nodes.get(ROOT as usize).map(|node| node.sheet).unwrap_or(NONE);
        let content = self.sheets.get(root as usize).filter(|_| self.key.is_empty()).map(Sheet::record_digest);
        for sheet in self.touched.drain(..) {
            if let Some(kept) = self.sheets.get_mut(sheet as usize) {
                result = result.and(kept.keep(content.filter(|_| sheet != root)));
            }
        }
        result
    }
}

/// Brings the hints into the root table, made if need be, as far as the contract lets them. Gives the columns of its key, and
/// the error if the contract is broken.
fn hint_root(
    schema: &mut Schema,
    name: &str,
    options: &Options,
    naming: &Naming,
    warnings: &mut Warnings,
    policy: &Policy,
) -> (Vec<String>, Option<Error>) {
    if schema.table(name).is_none() {
        schema.tables.insert(0, TableSchema::new(name.to_owned(), None));
    }
    let Some(root) = schema.tables.iter_mut().find(|table| table.name == name) else { return Default::default() };
    let mut broken = None;
    let mut hints = Vec::new();
    if policy.root_table().mode == Mode::Evolve {
        hints = hints::resolve(&options.columns, &options.primary_key, &options.merge_key, naming);
    }
    hints.retain(|hint| {
        let clause = policy.hint(hint, root.columns.iter().find(|column| column.name == hint.name));
        if clause.mode == Mode::Freeze {
            let what = format!("the options' hint would change the column `{}`", hint.name);
            broken = Some(clause.frozen(&what, format!("table {name}")));
        }
        clause.mode == Mode::Evolve
    });
    for column in hints::apply(hints, root) {
        warnings.add("late_hint", name, &column, || {
            format!("`{column}` is hinted to be of another type than it has in the files that are there: it keeps that")
        });
    }
    (root.columns.iter().filter(|column| column.primary_key).map(|column| column.name.clone()).collect(), broken)
}

/// The row of that name.
fn named(hash: &str) -> Row {
    Row::new(Id::from_text(hash), table::hash(hash.as_bytes()))
}

/// An index that this module made itself leads nowhere: cannot happen, and must not panic if it does.
#[cold]
pub fn lost() -> Error {
    Error::new(Kind::Data, "internal", "the normalizer lost track of a path").help("Please report this as a bug")
}

pub fn place(pointer: &str) -> String {
    if pointer.is_empty() { "the top of the record".into() } else { format!("`{pointer}`") }
}

fn child_pointer(pointer: &str, name: &str) -> String {
    let mut pointer = pointer.to_owned();
    crate::json::place::push_part(&mut pointer, name);
    pointer
}
