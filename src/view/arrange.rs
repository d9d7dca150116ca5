//! Rows of a table, filtered, searched and ordered.

use super::cache::Cursor;
use super::filter::{Filter, Needle, Test};
use super::sort::Keys;
use super::{Tables, sort};
use crate::error::{Error, Kind, Result};
use serde::Deserialize;

/// Rows at a time that are looked at for all columns: a page of each is unpacked then.
const RUN: usize = 2048;

/// Which rows, in what order. All filters must hold, and the search as well.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// The first column counts most; rows that are equal in all of them keep the table's order.
    pub order: Vec<By>,
    pub filters: Vec<Filter>,
    /// A row is found if the text of any of its cells contains this, upper and lower case being the same. Empty: all rows.
    pub search: String,
}

/// Numbers, instants and booleans by their value (NaN above all), text and JSON by their characters, binary by its bytes. Nulls come
/// last either way.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct By {
    pub column: usize,
    #[serde(default)]
    pub descending: bool,
}

impl Request {
    /// From JSON text: `{"order": [{"column": 3, "descending": true}], "filters": [{"column": 1, "op": "ge", "value": "5"}],
    /// "search": "anna"}`, each of which may be left out.
    ///
    /// # Errors
    /// `bad_request`.
    pub fn from_json(text: &str) -> Result<Request> {
        serde_json::from_str(text)
            .map_err(|error| Error::new(Kind::Config, "bad_request", format!("the request cannot be read: {error}")))
    }
}

/// Numbers of rows of one table.
#[derive(Debug, PartialEq, Eq)]
pub struct Arrangement {
    pub(super) table: usize,
    pub(super) rows: Vec<u32>,
}

impl Arrangement {
    /// The table whose rows these are.
    pub fn table(&self) -> usize {
        self.table
    }

    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// An [`Arrangement`] under way. Rows that become readable meanwhile are not in it.
pub struct Arranging {
    table: usize,
    tests: Vec<(usize, Test)>,
    search: Option<Vec<(usize, Needle)>>,
    order: Vec<By>,
    /// Rows of the table when it began.
    all: u32,
    /// Rows that were looked at for filters and search.
    seen: u32,
    /// Those that hold, in the table's order.
    rows: Vec<u32>,
    /// Places in `rows`, as ordered so far.
    places: Vec<u32>,
    /// Of the column that is being read, and how many of `rows` were.
    keys: Option<(Keys, usize)>,
}

impl Arranging {
    /// Begins to arrange a table.
    ///
    /// # Errors
    /// `no_such_table`, `no_such_column`; `bad_value` if a filter's value is none of its column's type; `bad_operator` if
    /// the operator needs text and the column has none.
    pub fn new(tables: &Tables, table: usize, request: &Request) -> Result<Arranging> {
        let specs = tables.specs(table)?;
        let column = |number: usize| tables.table(table)?.spec(number);
        let tests = request.filters.iter().map(|filter| Ok((filter.column, filter.test(column(filter.column)?)?)));
        let tests: Vec<_> = tests.collect::<Result<_>>()?;
        request.order.iter().try_for_each(|by| column(by.column).map(|_| ()))?;
        let needles = || {
            let needle = |(number, spec)| Some((number, Needle::new(&request.search, spec)?));
            specs.iter().enumerate().filter_map(needle).collect()
        };
        let search: Option<Vec<(usize, Needle)>> = (!request.search.is_empty()).then(needles);
        let all = tables.rows(table)?;
        let filtered = !tests.is_empty() || search.is_some();
        Ok(Arranging {
            table,
            tests,
            search,
            order: request.order.clone(),
            all,
            seen: if filtered { 0 } else { all },
            rows: if filtered { Vec::new() } else { (0..all).collect() },
            places: Vec::new(),
            keys: None,
        })
    }

    /// Goes on: looks at some `budget` cells of one column, or a few more, or sorts once. `true`: it is done.
    ///
    /// # Errors
    /// `parquet_read`; `too_much_text` if the texts to be sorted take more than 512 MiB.
    pub fn step(&mut self, tables: &Tables, budget: usize) -> Result<bool> {
        if self.seen < self.all {
            let columns = (self.tests.len() + self.search.as_ref().map_or(0, Vec::len)).max(1);
            let end = self.seen.saturating_add((budget / columns).clamp(RUN, u32::MAX as usize) as u32).min(self.all);
            self.filter(tables, end)?;
            return Ok(self.seen == self.all && self.order.is_empty());
        }
        let Some(by) = self.order.last().copied() else { return Ok(true) };
        if self.places.is_empty() {
            self.places = (0..self.rows.len() as u32).collect();
        }
        let (keys, read) = match &mut self.keys {
            Some(keys) => keys,
            None => self.keys.insert((Keys::of(tables.table(self.table)?.spec(by.column)?, self.rows.len()), 0)),
        };
        let end = read.saturating_add(budget.max(RUN)).min(self.rows.len());
        let mut cursor = Cursor::new(tables, self.table, by.column);
        for row in self.rows.get(*read..end).unwrap_or_default() {
            let (page, at) = cursor.seek(*row)?;
            keys.push(page, at)?;
        }
        *read = end;
        if end < self.rows.len() {
            return Ok(false);
        }
        if let Some((keys, _)) = self.keys.take() {
            sort::by(keys, by.descending, &mut self.places);
        }
        self.order.pop();
        Ok(self.order.is_empty())
    }

    /// The rows, once [`Arranging::step`] has said that it is done.
    pub fn finish(self) -> Arrangement {
        let Arranging { table, rows, places, .. } = self;
        let rows = match places.is_empty() {
            true => rows,
            false => places.iter().filter_map(|place| rows.get(*place as usize).copied()).collect(),
        };
        Arrangement { table, rows }
    }

    fn filter(&mut self, tables: &Tables, end: u32) -> Result<()> {
        let table = self.table;
        let cursor = |column: usize| Cursor::new(tables, table, column);
        let mut tests: Vec<_> = self.tests.iter_mut().map(|(column, test)| (cursor(*column), test)).collect();
        let mut search: Option<Vec<_>> = self
            .search
            .as_mut()
            .map(|needles| needles.iter_mut().map(|(column, needle)| (cursor(*column), needle)).collect());
        while self.seen < end {
            let next = self.seen.saturating_add(RUN as u32).min(end);
            let mut left: Vec<u32> = (self.seen..next).collect();
            for (cursor, test) in &mut tests {
                keep(&mut left, |row| cursor.seek(row).map(|(page, at)| test.holds(page, at)))?;
            }
            if let Some(needles) = &mut search {
                let (all, mut missed) = (left.clone(), left);
                for (cursor, needle) in needles {
                    keep(&mut missed, |row| cursor.seek(row).map(|(page, at)| !needle.is_in(page, at)))?;
                }
                let mut missed = missed.into_iter().peekable();
                left = all.into_iter().filter(|row| missed.next_if_eq(row).is_none()).collect();
            }
            self.rows.extend(left);
            self.seen = next;
        }
        Ok(())
    }
}

/// Keeps the rows that hold, or gives the first error.
fn keep(rows: &mut Vec<u32>, mut holds: impl FnMut(u32) -> Result<bool>) -> Result<()> {
    let mut failed = None;
    rows.retain(|row| match &failed {
        Some(_) => false,
        None => holds(*row).unwrap_or_else(|error| {
            failed = Some(error);
            false
        }),
    });
    failed.map_or(Ok(()), Err)
}
