//! The review of tables that somebody looks at, in steps, so that whoever calls can answer others in between.

use super::{Reading, Summary, Wanted, Writing};
use crate::error::Result;
use crate::normalize::schema::Schema;
use crate::view::Tables;
use std::mem;

/// What users, folders and keys may take in memory: a page's wasm has 4 GB at most.
const MAX_BYTES: usize = 512 << 20;

/// A review under way, or done.
pub struct Reviewing {
    load_id: String,
    state: State,
    /// The table `access_review`, as far as it is made.
    tables: Tables,
}

enum State {
    /// The tables that are still to be read, the next one last, and the row that comes next.
    Reading(Box<Reading>, Vec<(usize, Wanted)>, usize),
    Writing(Box<Writing>),
    Written(Box<Writing>),
    Broken,
}

impl Reviewing {
    /// Begins a review of tables that are all there. `load_id`: for the new table's `_dlt_load_id`.
    ///
    /// # Errors
    /// `no_users`.
    pub fn new(tables: &Tables, load_id: &str) -> Result<Reviewing> {
        let schemas = (0..tables.list().len()).filter_map(|number| tables.schema(number).ok());
        let reading = Reading::new(schemas, MAX_BYTES)?;
        let mut left: Vec<(usize, Wanted)> = reading.wanted().cloned().enumerate().collect();
        left.reverse();
        let state = State::Reading(Box::new(reading), left, 0);
        Ok(Reviewing { load_id: load_id.to_owned(), state, tables: Tables::new() })
    }

    /// Goes on by some rows of the same `tables`, and says whether that was all.
    ///
    /// # Errors
    /// `review_too_large`; those of [`Tables::columns`] and of a load. A review that failed cannot go on.
    pub fn step(&mut self, tables: &Tables, rows: usize) -> Result<bool> {
        match mem::replace(&mut self.state, State::Broken) {
            State::Reading(mut reading, mut left, row) => {
                let Some((number, wanted)) = left.last() else {
                    let writing = Writing::new(reading.finish(), Schema::default(), &self.load_id)?;
                    self.state = State::Writing(Box::new(writing));
                    return Ok(false);
                };
                let next = read(&mut reading, *number, wanted, tables, row, rows)?;
                if next.is_none() {
                    left.pop();
                }
                self.state = State::Reading(reading, left, next.unwrap_or(0));
                Ok(false)
            }
            State::Writing(mut writing) => {
                let more = writing.step(rows)?;
                match more {
                    true => self.tables.take(writing.load())?,
                    false => drop(self.tables.finish(writing.load())?),
                }
                self.state = if more { State::Writing(writing) } else { State::Written(writing) };
                Ok(!more)
            }
            done => {
                self.state = done;
                Ok(true)
            }
        }
    }

    /// What it comes to; `None` until it is done.
    pub fn summary(&self) -> Option<Summary<'_>> {
        match &self.state {
            State::Written(writing) => Some(writing.review().summary()),
            _ => None,
        }
    }

    /// The table `access_review`, which is handed over.
    pub fn tables(&mut self) -> Tables {
        mem::take(&mut self.tables)
    }
}

/// Reads some rows of a table from row `first` on, and gives the row that comes next, if there is one.
fn read(
    reading: &mut Reading,
    number: usize,
    wanted: &Wanted,
    tables: &Tables,
    first: usize,
    rows: usize,
) -> Result<Option<usize>> {
    let Some(table) = tables.number(&wanted.table) else { return Ok(None) };
    let specs = tables.specs(table)?.iter().enumerate();
    let (columns, specs): (Vec<usize>, Vec<_>) = specs.filter(|(_, spec)| wanted.columns.contains(&spec.name)).unzip();
    let all = tables.rows(table)? as usize;
    let end = first.saturating_add(rows.max(1)).min(all);
    let cells = tables.columns(table, None, first..end, &columns)?;
    let cells: Vec<_> = specs.into_iter().zip(&cells).collect();
    reading.take(number, &cells)?;
    Ok((end < all).then_some(end))
}
