//! One state of one table: its files as one run of rows.

use super::digest::{self, Digest};
use crate::error::{Error, Kind, Result};
use crate::normalize::{LOAD_ID, PARENT_ID, ROOT_ID, ROW_ID};
use crate::parquet::{ColumnData, ColumnSpec, Reader, row_object, row_object_keys};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::ops::Range;

/// The columns that say which row a row is and which load brought it; what is in a row, they do not say.
const BOOKKEEPING: [&str; 4] = [ROW_ID, PARENT_ID, ROOT_ID, LOAD_ID];

pub fn is_content(column: &str) -> bool {
    !BOOKKEEPING.contains(&column)
}

/// The files of one table in row order, and where their row groups begin.
pub struct Side<B> {
    files: Vec<B>,
    groups: Vec<Group>,
}

struct Group {
    file: usize,
    number: usize,
    rows: Range<u32>,
}

/// A row group in memory.
pub struct Batch {
    pub rows: Range<u32>,
    pub columns: Vec<(ColumnSpec, ColumnData)>,
}

impl Batch {
    /// For each row the sum of the digests of those columns' cells.
    pub fn digests(&self, of: impl Fn(&str) -> bool) -> Vec<Digest> {
        let mut rows = vec![[0; 2]; self.rows.len()];
        for (spec, column) in self.columns.iter().filter(|(spec, _)| of(&spec.name)) {
            digest::add_column(digest::of_column(spec), column, &mut rows);
        }
        rows
    }

    /// The digests of that column's cells, the same in each column of row ids.
    pub fn ids(&self, name: &str) -> Vec<Digest> {
        let mut rows = vec![[0; 2]; self.rows.len()];
        for (_, column) in self.columns.iter().filter(|(spec, _)| spec.name == name) {
            digest::add_column([0; 2], column, &mut rows);
        }
        rows
    }
}

impl<B: AsRef<[u8]>> Side<B> {
    pub fn new(files: Vec<B>) -> Result<Side<B>> {
        let (mut groups, mut end) = (Vec::new(), 0u32);
        for (file, bytes) in files.iter().enumerate() {
            for (number, rows) in Reader::open(bytes.as_ref())?.row_groups().enumerate() {
                let start = end;
                end = u32::try_from(rows).ok().and_then(|rows| start.checked_add(rows)).ok_or_else(too_many)?;
                groups.push(Group { file, number, rows: start..end });
            }
        }
        Ok(Side { files, groups })
    }

    pub fn rows(&self) -> u32 {
        self.groups.last().map_or(0, |group| group.rows.end)
    }

    /// Whether the files are the same, byte by byte.
    pub fn same(&self, other: &Side<B>) -> bool {
        self.files.iter().map(AsRef::as_ref).eq(other.files.iter().map(AsRef::as_ref))
    }

    /// How many row groups it has.
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// A row group; `None` behind the last one.
    pub fn batch(&self, group: usize) -> Result<Option<Batch>> {
        match self.groups.get(group) {
            Some(group) => self.read(group, group.rows.clone()).map(Some),
            None => Ok(None),
        }
    }

    /// Of some rows, in the order asked for, each column's cell that is not null, as its digest. Rows that lie close together
    /// are cheaper.
    pub fn cells(&self, rows: &[u32]) -> Result<Vec<BTreeMap<String, Digest>>> {
        let mut cells = vec![BTreeMap::new(); rows.len()];
        let rows: Vec<Option<u32>> = rows.iter().copied().map(Some).collect();
        self.pick(&rows, |batch, wanted| {
            for (spec, _) in batch.columns.iter().filter(|(spec, _)| is_content(&spec.name)) {
                let digests = batch.digests(|name| name == spec.name);
                for (place, row) in wanted {
                    let digest = digests.get(*row).filter(|digest| **digest != [0; 2]);
                    if let (Some(cells), Some(digest)) = (cells.get_mut::<usize>(*place), digest) {
                        cells.insert(spec.name.clone(), *digest);
                    }
                }
            }
        })?;
        Ok(cells)
    }

    /// Of some rows, in the order asked for, their content as JSON; of `None` nothing.
    pub fn objects(&self, rows: &[Option<u32>]) -> Result<Vec<Map<String, Value>>> {
        let mut objects = vec![Map::new(); rows.len()];
        self.pick(rows, |batch, wanted| {
            let (schema, columns): (Vec<ColumnSpec>, Vec<ColumnData>) = batch.columns.into_iter().unzip();
            let keys = row_object_keys(&schema);
            for (place, row) in wanted {
                let mut text = String::new();
                row_object(&schema, &keys, &columns, *row, &mut text);
                // What was just written as JSON is JSON.
                if let (Some(object), Ok(read)) = (objects.get_mut(*place), serde_json::from_str(&text)) {
                    *object = read;
                }
            }
        })?;
        Ok(objects)
    }

    /// Shows `take` some rows, those of each row group together: what lies between the first and the last of them, and for each
    /// its place among `rows` and its number in the batch.
    fn pick(&self, rows: &[Option<u32>], mut take: impl FnMut(Batch, &[(usize, usize)])) -> Result<()> {
        for group in &self.groups {
            let wanted = || rows.iter().zip(0..).filter_map(|(row, place)| Some((place, (*row)?)));
            let wanted = || wanted().filter(|(_, row)| group.rows.contains(row));
            let (Some(first), Some(last)) = (wanted().map(|(_, row)| row).min(), wanted().map(|(_, row)| row).max())
            else {
                continue;
            };
            let places: Vec<(usize, usize)> = wanted().map(|(place, row)| (place, (row - first) as usize)).collect();
            take(self.read(group, first..last + 1)?, &places);
        }
        Ok(())
    }

    fn read(&self, group: &Group, rows: Range<u32>) -> Result<Batch> {
        let bytes = self.files.get(group.file).map(AsRef::as_ref).unwrap_or_default();
        let reader = Reader::open(bytes)?;
        let columns = reader.window(group.number, (rows.start - group.rows.start) as usize, rows.len())?;
        Ok(Batch { rows, columns: reader.schema().iter().cloned().zip(columns).collect() })
    }
}

fn too_many() -> Error {
    Error::new(Kind::Limit, "too_many_rows", "tables of more than 4,294,967,295 rows cannot be compared")
}
