//! Tables to look at: [`crate::view`] for a page.

use super::{Normalizer, bad_schema, plain, thrown};
use crate::error::{Error, Kind};
use crate::normalize::schema::TableSchema;
use crate::view::{self, Arrangement, Arranging, Profiling, Request};
use js_sys::{Array, Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

/// The tables of a load under way, or of files that were fetched. Tables and columns are numbers, as in `list()`;
/// an arrangement is a number, too, and 0 is a table's own order.
///
/// ```js
/// const tables = Tables.preview('users', '{}', '2026-11-23T00:00:00Z');
/// for await (const chunk of body) { tables.feed(chunk); show(tables.list()); }
/// tables.finish();
/// const work = tables.arrange(0, '{"order": [{"column": 1}], "search": "anna"}');
/// let found;
/// while (!(found = tables.step(work, 100_000))) await others();
/// tables.cells(0, work, 0, Math.min(50, found.rows), new Uint32Array([0, 1]));
/// ```
#[wasm_bindgen]
pub struct Tables {
    pub(super) tables: view::Tables,
    load: Option<Normalizer>,
    /// A number is a place here, counted from 1, and is never given again.
    held: Vec<Option<Box<Held>>>,
}

/// What a number stands for.
enum Held {
    Arranging(Arranging),
    Arrangement(Arrangement),
    Profiling(Profiling),
}

#[wasm_bindgen]
impl Tables {
    /// No tables: for `add`.
    pub fn empty() -> Tables {
        Tables { tables: view::Tables::new(), load: None, held: Vec::new() }
    }

    /// Those of a load, by the arguments of `Normalizer`. Throws an `Error` with a `code`, as all the methods do.
    pub fn preview(table: &str, options: &str, load_id: &str, schema: Option<String>) -> Result<Tables, JsValue> {
        Ok(Tables { load: Some(Normalizer::new(table, options, load_id, schema)?), ..Tables::empty() })
    }

    /// A body begins whose records lie in an envelope or, with `root`, that is the record or the list of records itself.
    pub fn begin(&mut self, root: bool) -> Result<(), JsValue> {
        self.load.as_mut().ok_or_else(|| thrown(no_load()))?.begin(root)
    }

    /// The load's next bytes, of any length. The first ones begin a body, if none was begun: one with an envelope.
    pub fn feed(&mut self, chunk: &Uint8Array) -> Result<(), JsValue> {
        let Some(load) = &mut self.load else { return Err(thrown(no_load())) };
        load.feed(chunk)?;
        self.tables.take(&mut load.load).map_err(thrown)
    }

    /// The body is whole; a further one may follow. Answers `{records_at, records, facts}`: what stood around the records.
    #[wasm_bindgen(js_name = endBody)]
    pub fn end_body(&mut self) -> Result<JsValue, JsValue> {
        self.load.as_mut().ok_or_else(|| thrown(no_load()))?.end_body()
    }

    /// Ends the load, and an open body with it: `{schema, tables, stable_ids, warnings}`. All rows can be looked at then.
    pub fn finish(&mut self) -> Result<JsValue, JsValue> {
        let Some(mut load) = self.load.take() else { return Err(thrown(no_load())) };
        if load.in_body {
            load.end_body()?;
        }
        plain(&self.tables.finish(&mut load.load).map_err(thrown)?)
    }

    /// Adds a file behind the rows of its table, and gives the table's number. `schema`: the table's, as JSON text, as it
    /// stands in a manifest; `bytes`: of the file, with the checksum that the manifest says.
    pub fn add(&mut self, schema: &str, bytes: Vec<u8>) -> Result<usize, JsValue> {
        self.tables.add(&described(schema)?, bytes).map_err(thrown)
    }

    /// A table that may have no file at all, by its schema, and its number.
    pub fn declare(&mut self, schema: &str) -> Result<usize, JsValue> {
        Ok(self.tables.declare(&described(schema)?))
    }

    /// `[{name, parent, rows, readable, bytes, files, columns}]`; `columns`: those that have a type, as in a schema.
    pub fn list(&self) -> Result<JsValue, JsValue> {
        plain(&self.tables.list())
    }

    /// For each of `columns` an array with a text or null for each row from `first` to before `end`, those behind the last row
    /// left out; texts are cut behind `limit` characters (200 if it is not given) with a `…`.
    pub fn cells(
        &self,
        table: usize,
        arrangement: u32,
        first: usize,
        end: usize,
        columns: Vec<u32>,
        limit: Option<usize>,
    ) -> Result<Array, JsValue> {
        let columns: Vec<usize> = columns.iter().map(|column| *column as usize).collect();
        let rows = self.arrangement(arrangement)?;
        let cells = self.tables.cells(table, rows, first..end, &columns, limit.unwrap_or(200)).map_err(thrown)?;
        Ok(cells.into_iter().map(|cells| cells.into_iter().map(text).collect::<Array>()).collect())
    }

    /// The whole text of a cell, or null. `place`: the row's place in the arrangement.
    pub fn text(&self, table: usize, arrangement: u32, place: usize, column: usize) -> Result<JsValue, JsValue> {
        let rows = self.arrangement(arrangement)?;
        Ok(text(self.tables.text(table, rows, place, column).map_err(thrown)?))
    }

    /// Begins to filter, search and order a table; gives the number to `step` with. `request`: JSON text, `{order: [{column,
    /// descending}], filters: [{column, op, value}], search}`, all of which may be left out.
    pub fn arrange(&mut self, table: usize, request: &str) -> Result<u32, JsValue> {
        let request = Request::from_json(request).map_err(thrown)?;
        let arranging = Arranging::new(&self.tables, table, &request).map_err(thrown)?;
        Ok(self.hold(Held::Arranging(arranging)))
    }

    /// Begins to go over a column; gives the number to `step` with.
    pub fn profile(&mut self, table: usize, arrangement: u32, column: usize) -> Result<u32, JsValue> {
        let rows = self.arrangement(arrangement)?;
        let profiling = Profiling::new(&self.tables, table, rows, column).map_err(thrown)?;
        Ok(self.hold(Held::Profiling(profiling)))
    }

    /// Goes on by some `budget` cells. `undefined` as long as there is more to do, then `{rows}`, and the number is an
    /// arrangement from now on; or the column's profile, and the number is used up.
    pub fn step(&mut self, work: u32, budget: usize) -> Result<JsValue, JsValue> {
        let Some(held) = place(work).and_then(|place| self.held.get_mut(place)) else {
            return Err(thrown(no_handle(work)));
        };
        let done = match held.as_deref_mut() {
            Some(Held::Arranging(work)) => work.step(&self.tables, budget),
            Some(Held::Profiling(work)) => work.step(&self.tables, budget),
            Some(Held::Arrangement(_)) => Ok(true),
            None => Err(no_handle(work)),
        };
        if !done.map_err(thrown)? {
            return Ok(JsValue::UNDEFINED);
        }
        let rows = match held.take().map(|held| *held) {
            Some(Held::Arranging(work)) => work.finish(),
            Some(Held::Arrangement(rows)) => rows,
            Some(Held::Profiling(work)) => return plain(&work.finish()),
            None => return Err(thrown(no_handle(work))),
        };
        let answer = object([("rows", rows.len().into())]);
        *held = Some(Box::new(Held::Arrangement(rows)));
        answer
    }

    /// Gives up an arrangement, or work that is under way.
    pub fn release(&mut self, number: u32) {
        if let Some(held) = place(number).and_then(|place| self.held.get_mut(place)) {
            *held = None;
        }
    }

    /// `[{table, rows, arrangement}]`: each child table, how many of its rows hang from this one, and these as an arrangement
    /// (0 where there are none).
    pub fn children(&mut self, table: usize, arrangement: u32, place: usize) -> Result<Array, JsValue> {
        let rows = self.arrangement(arrangement)?;
        let children = self.tables.children(table, rows, place).map_err(thrown)?;
        let child = |child: view::Child| {
            let count = child.rows.len();
            let held = if count == 0 { 0 } else { self.hold(Held::Arrangement(child.rows)) };
            object([("table", child.table.into()), ("rows", count.into()), ("arrangement", held.into())])
        };
        children.into_iter().map(child).collect()
    }

    /// `{table, row}` that a row hangs from, the row in its table's own order; null if there is none.
    pub fn parent(&self, table: usize, arrangement: u32, place: usize) -> Result<JsValue, JsValue> {
        let rows = self.arrangement(arrangement)?;
        match self.tables.parent(table, rows, place).map_err(thrown)? {
            Some((table, row)) => object([("table", table.into()), ("row", row.into())]),
            None => Ok(JsValue::NULL),
        }
    }

    /// The bytes of a table's file, which must be finished.
    pub fn file(&self, table: usize, file: usize) -> Result<Uint8Array, JsValue> {
        Ok(Uint8Array::from(self.tables.file(table, file).map_err(thrown)?.as_slice()))
    }
}

impl Tables {
    /// Those of something that made them.
    pub(super) fn of(tables: view::Tables) -> Tables {
        Tables { tables, ..Tables::empty() }
    }

    fn hold(&mut self, held: Held) -> u32 {
        self.held.push(Some(Box::new(held)));
        self.held.len() as u32
    }

    pub(super) fn arrangement(&self, number: u32) -> Result<Option<&Arrangement>, JsValue> {
        match place(number).map(|place| self.held.get(place)) {
            None => Ok(None),
            Some(Some(Some(held))) if let Held::Arrangement(rows) = &**held => Ok(Some(rows)),
            _ => Err(thrown(no_handle(number))),
        }
    }
}

/// A table's schema from JSON text.
fn described(schema: &str) -> Result<TableSchema, JsValue> {
    serde_json::from_str(schema).map_err(|error| thrown(bad_schema(error)))
}

/// Where a number's work is held; none for 0.
fn place(number: u32) -> Option<usize> {
    (number as usize).checked_sub(1)
}

fn text(cell: Option<String>) -> JsValue {
    cell.map_or(JsValue::NULL, JsValue::from)
}

fn object<const N: usize>(members: [(&str, JsValue); N]) -> Result<JsValue, JsValue> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &name.into(), &value)?;
    }
    Ok(object.into())
}

fn no_load() -> Error {
    Error::new(Kind::Data, "no_load", "these tables are not those of a load, or it has ended")
}

fn no_handle(number: u32) -> Error {
    Error::new(Kind::Data, "no_such_arrangement", format!("there is no arrangement {number}"))
        .help("It was released, or is not ready: call `step` until it answers")
}
