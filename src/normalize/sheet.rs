//! One table while it is being loaded: its schema, its columns' builders, and what the shredder needs to know of its names.

use super::coerce::Cell;
use super::contract::Clause;
use super::hash::{Id, table_seed};
use super::names::Naming;
use super::schema::{Column, DataType, TableSchema};
use super::shredder::Row;
use super::{Counts, Validity, Warning};
use crate::error::{Error, Kind, Result};
use crate::parquet::WriterOptions;
use crate::table::{Cells, Table, hash};
use std::collections::BTreeMap;

pub const LOAD_ID: &str = "_dlt_load_id";
pub const ROW_ID: &str = "_dlt_id";
pub const PARENT_ID: &str = "_dlt_parent_id";
pub const LIST_IDX: &str = "_dlt_list_idx";
pub const ROOT_ID: &str = "_dlt_root_id";

/// A table may have this many columns; more are a sign of keys that are data.
pub const MAX_COLUMNS: usize = 10_000;

/// The normalizer's own columns, which data cannot fill (but for a row's id).
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Own {
    LoadId,
    RowId,
    Parent,
    Index,
    /// Of the row's root row.
    Root,
}

/// A column's name in a table, and the column once it has a type.
pub struct Slot {
    pub name: String,
    pub own: Option<Own>,
    /// What tells the column's cells from others' in the content digest.
    pub seed: u64,
    /// Position in the schema and the builder, once there is a type.
    pub column: Option<Typed>,
    /// Position in the schema, typed or not.
    pub schema: Option<usize>,
    /// The keys that lead here, as (node, key).
    pub owners: Vec<(u32, u32)>,
    /// Decided by name: values are never stored, or always although the name looks secret.
    pub redact: Option<bool>,
    /// The contract keeps values out that come for this name.
    pub discard: Option<Clause>,
    /// The row, and the place in it, of the thorough reader's last value for this name.
    pub row: u64,
    pub entry: usize,
}

#[derive(Clone, Copy)]
pub struct Typed {
    pub builder: u32,
    pub data_type: DataType,
    pub nullable: bool,
}

/// The builders of the normalizer's own columns.
#[derive(Clone, Copy, Default)]
pub struct System {
    pub load_id: Option<u32>,
    pub id: Option<u32>,
    pub parent: Option<u32>,
    pub index: Option<u32>,
    pub root: Option<u32>,
    /// Of a root table with versions: since and up to when the load's are valid.
    pub valid: Option<[(u32, Option<i64>); 2]>,
}

pub struct Sheet {
    pub table: Table,
    pub schema: TableSchema,
    pub slots: Vec<Slot>,
    by_name: BTreeMap<String, u32>,
    pub system: System,
    /// Normalized names from the root table down to this one.
    pub path: Vec<String>,
    /// Tells this table's child ids from other tables'.
    pub seed: u64,
    /// Keys of the lists that fill this table, as (node, key).
    pub sources: Vec<(u32, u32)>,
    /// Columns of rows that the contract dropped: in the schema, and not yet in a file.
    pub late: Vec<Column>,
    /// Rows carry the id of their root row.
    roots: bool,
    /// See [`super::TableLoaded::counts`].
    pub counts: Counts,
    /// Some slot discards.
    pub discards: bool,
    /// The open page's row that the record under way began with.
    pub began: Option<usize>,
    /// Order-free sums over the rows of records that ended, and of the one under way.
    digest: (u64, u64),
    pending: (u64, u64),
    load_id: String,
}

#[inline(always)]
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 32)
}

/// What a cell adds to its row's digest.
#[inline(always)]
pub fn cell_digest(seed: u64, value: u64) -> u64 {
    mix(value ^ seed)
}

impl Sheet {
    pub fn new(
        schema: TableSchema,
        path: Vec<String>,
        load_id: &str,
        roots: bool,
        options: WriterOptions,
        file_limit: usize,
    ) -> Sheet {
        let mut sheet = Sheet {
            table: Table::new(&schema.name, options, file_limit),
            seed: table_seed(&schema.name),
            slots: Vec::new(),
            by_name: BTreeMap::new(),
            system: System::default(),
            path,
            sources: Vec::new(),
            late: Vec::new(),
            roots,
            counts: Counts::default(),
            discards: false,
            began: None,
            digest: (0, 0),
            pending: (0, 0),
            load_id: load_id.to_owned(),
            schema: TableSchema { columns: Vec::new(), ..schema.clone() },
        };
        for column in schema.columns {
            sheet.declare(column);
        }
        // The rows that are there were loaded without.
        if sheet.needs_root() && sheet.system.id.is_some() {
            sheet.declare(Column { nullable: true, ..Own::Root.column() });
        }
        sheet
    }

    fn needs_root(&self) -> bool {
        self.roots && !self.is_root() && self.system.root.is_none() && !self.schema.quarantine
    }

    fn is_root(&self) -> bool {
        self.schema.parent.is_none()
    }

    /// The slot of that name, made if need be.
    pub fn slot(&mut self, name: &str) -> u32 {
        if let Some(slot) = self.by_name.get(name) {
            return *slot;
        }
        let slot = self.slots.len() as u32;
        self.by_name.insert(name.to_owned(), slot);
        let own = match name {
            LOAD_ID if self.is_root() => Some(Own::LoadId),
            ROW_ID => Some(Own::RowId),
            PARENT_ID if !self.is_root() => Some(Own::Parent),
            LIST_IDX if !self.is_root() => Some(Own::Index),
            ROOT_ID if !self.is_root() && self.roots => Some(Own::Root),
            _ => None,
        };
        self.slots.push(Slot {
            name: name.to_owned(),
            own,
            seed: hash(name.as_bytes()),
            column: None,
            schema: None,
            owners: Vec::new(),
            redact: None,
            discard: None,
            row: u64::MAX,
            entry: 0,
        });
        slot
    }

    /// Appends a column to the schema. One of its name that had no type yet goes: a column stands where its type was found.
    pub fn declare(&mut self, column: Column) -> u32 {
        let slot_index = self.slot(&column.name);
        if let Some(untyped) = self.slots.get(slot_index as usize).and_then(|slot| slot.schema) {
            self.schema.columns.remove(untyped);
            let behind = self.slots.iter_mut().filter_map(|slot| slot.schema.as_mut());
            behind.filter(|place| **place > untyped).for_each(|place| *place -= 1);
        }
        let own = self.slots.get(slot_index as usize).and_then(|slot| slot.own);
        let cells = match own {
            Some(Own::LoadId) => Cells::Constant { text: self.load_id.clone(), indices: Vec::new() },
            Some(Own::RowId) => Cells::Ids(Vec::new()),
            Some(Own::Parent | Own::Root) => Cells::Parents { parents: Vec::new(), indices: Vec::new() },
            _ => Cells::of(column.data_type.unwrap_or(DataType::Text)),
        };
        let typed = column.data_type.map(|data_type| Typed {
            builder: self.table.add_column(&column, cells) as u32,
            data_type,
            nullable: column.nullable,
        });
        let place = own.map(|own| match own {
            Own::LoadId => &mut self.system.load_id,
            Own::RowId => &mut self.system.id,
            Own::Parent => &mut self.system.parent,
            Own::Index => &mut self.system.index,
            Own::Root => &mut self.system.root,
        });
        if let (Some(place), Some(typed)) = (place, typed) {
            *place = Some(typed.builder);
        }
        if let Some(slot) = self.slots.get_mut(slot_index as usize) {
            slot.column = typed;
            slot.schema = Some(self.schema.columns.len());
        }
        self.schema.columns.push(column);
        slot_index
    }

    /// The columns that say when a version is valid, and what they say of the load's. `load_id`: seconds, which are the time of the
    /// versions where no other is given.
    pub fn set_validity(&mut self, validity: &Validity, load_id: &str) -> Result<()> {
        let boundary = validity.boundary_of(load_id)?;
        let mut builder = |name: &str| {
            let slot = self.slot(name);
            self.slots.get(slot as usize).and_then(|slot| slot.column).map_or(u32::MAX, |typed| typed.builder)
        };
        let (from, to) = (builder(&validity.from), builder(&validity.to));
        self.system.valid = Some([(from, Some(boundary)), (to, validity.active)]);
        Ok(())
    }

    /// What is known of a slot's column, which may have no type yet.
    pub fn column(&self, slot: u32) -> Option<&Column> {
        let slot = self.slots.get(slot as usize)?;
        let late = self.late.iter().find(|column| column.name == slot.name);
        late.or_else(|| self.schema.columns.get(slot.schema?))
    }

    pub fn check_width(&self) -> Result<()> {
        if self.schema.columns.len() <= MAX_COLUMNS {
            return Ok(());
        }
        Err(Error::new(
            Kind::Limit,
            "too_many_columns",
            format!("table {} would have more than {MAX_COLUMNS} columns", self.schema.name),
        )
        .help("Keys that are data rather than names make a column each: set `max_table_nesting` to keep them as JSON"))
    }

    /// Makes the normalizer's own columns that the table does not have yet, in dlt's order.
    pub fn complete_system(&mut self) {
        let System { load_id, id, parent, index, .. } = self.system;
        if self.needs_root() {
            self.declare(Own::Root.column());
        }
        if self.is_root() {
            if load_id.is_none() {
                self.declare(Own::LoadId.column());
            }
        } else {
            if parent.is_none() {
                self.declare(Own::Parent.column());
            }
            if index.is_none() {
                self.declare(Own::Index.column());
            }
        }
        if id.is_none() {
            self.declare(if self.system.valid.is_some() { version_id() } else { Own::RowId.column() });
        }
    }

    /// Rows are about to get cells. True: the next one is the record's first in this table.
    #[inline(always)]
    pub fn begin(&mut self) -> bool {
        let first = self.began.is_none();
        if first {
            self.began = Some(self.table.rows());
        }
        first
    }

    /// Ends a child's row: its id, its parent's, its place in the list.
    #[inline(always)]
    pub fn end_child(&mut self, me: Row, parent: &Row, index: u64, digest: u64) {
        let System { id: id_column, parent: parent_column, index: index_column, root, .. } = self.system;
        let mut row = self.table.open_row();
        if let Some(root) = root {
            row.push_id(root as usize, me.root);
        }
        row.push_id(id_column.unwrap_or(u32::MAX) as usize, me.id);
        row.push_id(parent_column.unwrap_or(u32::MAX) as usize, parent.id);
        row.push_i64(index_column.unwrap_or(u32::MAX) as usize, index as i64);
        self.end_row(digest.wrapping_add(mix(parent.link ^ index.wrapping_mul(0x9E37_79B9_7F4A_7C15))));
    }

    /// Ends a root row.
    #[inline(always)]
    pub fn end_root(&mut self, id: Id, digest: u64) {
        let System { id: id_column, valid, .. } = self.system;
        let mut row = self.table.open_row();
        row.push_id(id_column.unwrap_or(u32::MAX) as usize, id);
        // No part of the digest: they say when, not what.
        for (column, instant) in valid.into_iter().flatten() {
            if let Some(instant) = instant {
                row.push_i64(column as usize, instant);
            }
        }
        self.end_row(digest);
    }

    #[inline(always)]
    pub fn end_row(&mut self, digest: u64) {
        self.table.end_row();
        self.pending.0 = self.pending.0.wrapping_add(mix(digest));
        self.pending.1 = self.pending.1.wrapping_add(mix(digest ^ 0xA5A5_A5A5_5A5A_5A5A));
    }

    /// What the rows of the record under way come to.
    pub fn record_digest(&self) -> u64 {
        self.pending.0
    }

    /// The record ended: its rows stay. `root`: what ties them to the content of their root row, where it has no key.
    pub fn keep(&mut self, root: Option<u64>) -> Result<()> {
        self.began = None;
        if let Some(root) = root {
            self.pending = (mix(self.pending.0 ^ root), mix(self.pending.1 ^ root.rotate_left(32)));
        }
        self.digest.0 = self.digest.0.wrapping_add(self.pending.0);
        self.digest.1 = self.digest.1.wrapping_add(self.pending.1);
        self.pending = (0, 0);
        self.table.settle()
    }

    /// The record is read again: its rows go.
    pub fn roll_back(&mut self) {
        if let Some(row) = self.began.take() {
            self.table.roll_back(row);
        }
        self.pending = (0, 0);
    }

    /// 32 hex digits over the content of all rows, whatever their order.
    pub fn digest(&self) -> String {
        format!("{:016x}{:016x}", self.digest.0, self.digest.1)
    }

    /// Stores a cell for a slot whose column has a type.
    pub fn store_in(&mut self, slot: u32, cell: &Cell<'_>) -> u64 {
        match self.slots.get(slot as usize).map(|slot| (slot.column, slot.seed)) {
            Some((Some(typed), seed)) => self.store(typed.builder, seed, cell),
            _ => 0,
        }
    }

    /// Stores a cell in the open row and gives what it adds to the row's digest.
    pub fn store(&mut self, builder: u32, seed: u64, cell: &Cell<'_>) -> u64 {
        let at = builder as usize;
        let mut row = self.table.open_row();
        let value = match cell {
            Cell::Null => return 0,
            Cell::Text(text) => row.push_text(at, text.as_bytes().into()).hash,
            Cell::Binary(bytes) => row.push_text(at, bytes.as_slice().into()).hash,
            Cell::I64(value) => {
                row.push_i64(at, *value);
                *value as u64
            }
            Cell::F64(value) => {
                row.push_f64(at, *value);
                value.to_bits()
            }
            Cell::Bool(value) => {
                row.push_bool(at, *value);
                *value as u64
            }
            Cell::I128(value) => {
                row.push_i128(at, *value);
                (*value as u64) ^ ((*value >> 64) as u64).wrapping_mul(0x9E37_79B9)
            }
        };
        cell_digest(seed, value)
    }
}

impl Own {
    /// The column as dlt hints it.
    pub fn column(self) -> Column {
        let text = |name: &str| Column::new(name, DataType::Text).not_null();
        match self {
            Own::LoadId => text(LOAD_ID),
            Own::RowId => Column { unique: true, row_key: true, ..text(ROW_ID) },
            Own::Parent => Column { parent_key: true, ..text(PARENT_ID) },
            Own::Index => Column::new(LIST_IDX, DataType::Bigint).not_null(),
            Own::Root => Column { root_key: true, ..text(ROOT_ID) },
        }
    }
}

/// The id of a row that is one version of many.
fn version_id() -> Column {
    Column { row_version: true, ..Column::new(ROW_ID, DataType::Text).not_null() }
}

/// The hints of a column of the data's that has the name of one of the normalizer's own, where that is none of the table's.
pub fn reserved(name: &str) -> Option<Column> {
    let plain = Column { name: name.to_owned(), nullable: false, ..Column::default() };
    match name {
        LOAD_ID | LIST_IDX => Some(plain),
        PARENT_ID => Some(Column { parent_key: true, ..plain }),
        ROOT_ID => Some(Column { root_key: true, ..plain }),
        _ => None,
    }
}

/// The name of a variant column: `col__v_text`.
pub fn variant_name(naming: &Naming, column: &str, data_type: DataType) -> String {
    naming.join(&[column, &format!("v_{}", data_type.name())])
}

/// Warnings of a load, counted by what and where.
#[derive(Default)]
pub struct Warnings(BTreeMap<(String, String, &'static str), (String, u64)>);

impl Warnings {
    pub fn add(&mut self, code: &'static str, table: &str, column: &str, message: impl FnOnce() -> String) {
        let entry = self.0.entry((table.to_owned(), column.to_owned(), code));
        entry.or_insert_with(|| (message(), 0)).1 += 1;
    }

    pub fn has(&self, code: &'static str, table: &str, column: &str) -> bool {
        self.0.contains_key(&(table.to_owned(), column.to_owned(), code))
    }

    pub fn take(&mut self) -> Vec<Warning> {
        let taken = std::mem::take(&mut self.0).into_iter();
        taken
            .map(|((table, column, code), (message, count))| Warning {
                code: code.to_owned(),
                table,
                column,
                message,
                count,
            })
            .collect()
    }
}
