//! Cells of some rows: as text for people, as columns for programs.

use super::cache::Cursor;
use super::{Arrangement, Tables, no_such_row};
use crate::error::{Error, Kind, Result};
use crate::parquet::{ColumnData, unreadable};
use std::ops::Range;

impl Tables {
    /// Cells of the rows at `places` of an arrangement, or of the table's own order: for each of `columns`, a text or null for
    /// each row, of at most `limit` characters and a `…` where there are more. The notation is that of
    /// [`crate::parquet::rows_json`], without JSON's quotes. Places behind the last row are left out.
    ///
    /// # Errors
    /// `no_such_table`, `no_such_column`; `other_table` if the arrangement is one of another table; `parquet_read`.
    pub fn cells(
        &self,
        table: usize,
        arrangement: Option<&Arrangement>,
        places: Range<usize>,
        columns: &[usize],
        limit: usize,
    ) -> Result<Vec<Vec<Option<String>>>> {
        let rows = self.numbers(table, arrangement, places)?;
        let cells = columns.iter().map(|column| {
            let spec = self.table(table)?.spec(*column)?;
            let mut cursor = Cursor::new(self, table, *column);
            let cells = rows.iter().map(|row| Ok(cursor.get(*row)?.map(|value| value.short(spec, limit))));
            cells.collect()
        });
        cells.collect()
    }

    /// The whole text of one cell.
    ///
    /// # Errors
    /// As [`Tables::cells`]; `no_such_row`.
    pub fn text(
        &self,
        table: usize,
        arrangement: Option<&Arrangement>,
        place: usize,
        column: usize,
    ) -> Result<Option<String>> {
        let row = self.row(table, arrangement, place)?;
        let spec = self.table(table)?.spec(column)?;
        Ok(Cursor::new(self, table, column).get(row)?.map(|value| value.text(spec).into_owned()))
    }

    /// All columns of the rows at `places`, in the order of [`Tables::specs`]; for some of the columns see
    /// [`Tables::columns`]. Ask for some thousand rows at a time: what comes is not packed.
    ///
    /// # Errors
    /// As [`Tables::cells`].
    pub fn batch(
        &self,
        table: usize,
        arrangement: Option<&Arrangement>,
        places: Range<usize>,
    ) -> Result<Vec<ColumnData>> {
        let all: Vec<usize> = (0..self.specs(table)?.len()).collect();
        self.columns(table, arrangement, places, &all)
    }

    /// [`Tables::batch`] of these columns.
    ///
    /// # Errors
    /// As [`Tables::cells`].
    pub fn columns(
        &self,
        table: usize,
        arrangement: Option<&Arrangement>,
        places: Range<usize>,
        columns: &[usize],
    ) -> Result<Vec<ColumnData>> {
        let rows = self.numbers(table, arrangement, places)?;
        columns.iter().map(|column| self.column(table, *column, &rows)).collect()
    }

    fn column(&self, table: usize, column: usize, rows: &[u32]) -> Result<ColumnData> {
        let spec = self.table(table)?.spec(column)?;
        let mut cells = ColumnData::new(spec.data_type);
        let mut cursor = Cursor::new(self, table, column);
        let mut left = rows;
        while let Some(row) = left.first() {
            let page = cursor.seek(*row)?.0.clone();
            let here = cursor.rows();
            let count = left.iter().take_while(|row| here.contains(row)).count();
            let Some((run, behind)) = left.split_at_checked(count) else { break };
            let places = run.iter().map(|row| (row - here.start) as usize);
            let fits = cells.extend(&page, places);
            fits.ok_or_else(|| unreadable("it has a text that is not UTF-8").at(&spec.name))?;
            left = behind;
        }
        Ok(cells)
    }

    /// Row numbers at some places of an arrangement.
    pub(super) fn numbers(
        &self,
        table: usize,
        arrangement: Option<&Arrangement>,
        places: Range<usize>,
    ) -> Result<Vec<u32>> {
        let all = self.rows(table)?;
        let Some(arrangement) = arrangement else {
            let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX).min(all);
            return Ok((place(places.start)..place(places.end)).collect());
        };
        if arrangement.table != table {
            let message = format!("the rows are those of table {}, not of table {table}", arrangement.table);
            return Err(Error::new(Kind::Data, "other_table", message));
        }
        let end = places.end.min(arrangement.rows.len());
        Ok(arrangement.rows.get(places.start.min(end)..end).unwrap_or_default().to_vec())
    }

    /// The row at a place of an arrangement.
    pub(super) fn row(&self, table: usize, arrangement: Option<&Arrangement>, place: usize) -> Result<u32> {
        let row = self.numbers(table, arrangement, place..place.saturating_add(1))?.first().copied();
        let described = self.table(table)?;
        let count = arrangement.map_or(described.readable as usize, Arrangement::len);
        row.ok_or_else(|| no_such_row(&described.schema.name, place, count))
    }
}
