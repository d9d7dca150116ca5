//! Pages that were unpacked lately, and finding the one that holds a cell.

use super::Tables;
use crate::error::Result;
use crate::parquet::{Directory, Slab, Texts, Value, unreadable};
use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;

/// Memory for unpacked pages. A screen in the order of a column, where each row lies on other pages, takes some 10 MiB.
const MOST: usize = 32 << 20;

/// Table, row group, column.
type Key = (usize, usize, usize);

/// Column chunks of which pages are unpacked. When they take too much memory, the one that came first goes with all of its
/// pages, unless it was needed since: then it lines up once more.
#[derive(Default)]
pub struct Cache {
    line: VecDeque<Key>,
    bytes: usize,
}

/// The unpacked chunks of one row group, by column.
#[derive(Default)]
pub struct Chunks(Vec<(usize, Kept)>);

struct Kept {
    needed: bool,
    directory: Directory,
    dictionary: Rc<Texts>,
    /// Page by page.
    pages: Vec<Option<Rc<Slab>>>,
    bytes: usize,
}

impl Chunks {
    /// Where a column's chunk is, or where it belongs.
    fn place(&self, column: usize) -> Result<usize, usize> {
        self.0.binary_search_by_key(&column, |(column, _)| *column)
    }
}

impl Tables {
    /// The page of a column that holds a row, and the rows that it holds.
    pub(super) fn page(&self, table: usize, column: usize, row: u32) -> Result<(Range<u32>, Rc<Slab>)> {
        let number = table;
        let table = self.table(number)?;
        table.spec(column)?;
        let at = table.groups.partition_point(|group| group.rows().end <= row);
        let Some(group) = table.groups.get(at) else {
            return Err(super::no_such_row(&table.schema.name, row as usize, table.readable as usize));
        };
        let nulls = || (group.rows(), Rc::new(Slab::nulls(group.group.rows)));
        let Some(file) = table.files.get(group.file) else { return Ok(nulls()) };
        let Some((stored, spec)) = file.column(column) else { return Ok(nulls()) };
        let Some(chunk) = group.group.chunk(stored) else { return Ok(nulls()) };
        let find = || -> Option<(Range<u32>, Rc<Slab>, usize)> {
            let mut chunks = group.chunks.borrow_mut();
            let mut grown = 0;
            let place = chunks.place(column).unwrap_or_else(|place| place);
            if chunks.0.get(place).is_none_or(|(known, _)| *known != column) {
                let directory = Directory::of(file, chunk, group.group.rows)?;
                let dictionary = Rc::new(directory.dictionary(file)?);
                let pages = vec![None; directory.pages().len()];
                grown = dictionary.bytes() + size_of_val(directory.pages()) + size_of_val(&*pages);
                chunks.0.insert(place, (column, Kept { needed: false, directory, dictionary, pages, bytes: 0 }));
                self.cache.borrow_mut().line.push_back((number, at, column));
            }
            let (_, kept) = chunks.0.get_mut(place)?;
            kept.needed = true;
            let page = kept.directory.page_of((row - group.first) as usize);
            let place = kept.directory.pages().get(page)?;
            let first = group.first + place.first as u32;
            let unpacked = kept.pages.get_mut(page)?;
            let slab = match unpacked {
                Some(slab) => slab.clone(),
                None => {
                    let slab = Rc::new(kept.directory.read(file, page, spec, &kept.dictionary)?);
                    grown += slab.bytes();
                    unpacked.insert(slab).clone()
                }
            };
            kept.bytes += grown;
            Some((first..first + place.rows as u32, slab, grown))
        };
        let found = find();
        let damaged = || unreadable("a page is damaged").at(&spec.name).at(format!("table {}", table.schema.name));
        let (rows, slab, grown) = found.ok_or_else(damaged)?;
        self.make_room(grown);
        Ok((rows, slab))
    }

    /// So many bytes were unpacked.
    fn make_room(&self, grown: usize) {
        let mut cache = self.cache.borrow_mut();
        cache.bytes += grown;
        while cache.bytes > MOST {
            let Some(key) = cache.line.pop_front() else { return };
            let (table, group, column) = key;
            let Some(group) = self.tables.get(table).and_then(|table| table.groups.get(group)) else { continue };
            let mut chunks = group.chunks.borrow_mut();
            let Ok(place) = chunks.place(column) else { continue };
            match chunks.0.get_mut(place) {
                Some((_, kept)) if kept.needed => {
                    kept.needed = false;
                    cache.line.push_back(key);
                }
                _ => cache.bytes -= chunks.0.remove(place).1.bytes,
            }
        }
    }
}

/// Goes over the cells of one column; cheap where rows follow one another.
pub struct Cursor<'a> {
    tables: &'a Tables,
    table: usize,
    column: usize,
    rows: Range<u32>,
    page: Rc<Slab>,
}

impl<'a> Cursor<'a> {
    pub fn new(tables: &'a Tables, table: usize, column: usize) -> Cursor<'a> {
        Cursor { tables, table, column, rows: 0..0, page: Rc::new(Slab::nulls(0)) }
    }

    /// The page that holds the row, and the row's place in it.
    #[inline]
    pub fn seek(&mut self, row: u32) -> Result<(&Rc<Slab>, usize)> {
        if !self.rows.contains(&row) {
            (self.rows, self.page) = self.tables.page(self.table, self.column, row)?;
        }
        Ok((&self.page, (row - self.rows.start) as usize))
    }

    /// A row's cell; `None` is null.
    pub fn get(&mut self, row: u32) -> Result<Option<Value<'_>>> {
        let (page, at) = self.seek(row)?;
        Ok(page.get(at))
    }

    /// Rows of the page that was sought last.
    pub fn rows(&self) -> &Range<u32> {
        &self.rows
    }
}

/// What was found out about the entries of a dictionary, so that each is looked at once.
pub struct Memo<T> {
    dictionary: Option<Rc<Texts>>,
    known: Vec<Option<T>>,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Memo { dictionary: None, known: Vec::new() }
    }
}

impl<T: Copy> Memo<T> {
    #[inline]
    pub fn get(&mut self, dictionary: &Rc<Texts>, entry: u32, find: impl FnOnce(&[u8]) -> T) -> T {
        if !self.dictionary.as_ref().is_some_and(|known| Rc::ptr_eq(known, dictionary)) {
            self.known.clear();
            self.known.resize(dictionary.len(), None);
            self.dictionary = Some(dictionary.clone());
        }
        match self.known.get_mut(entry as usize) {
            Some(Some(known)) => *known,
            Some(unknown) => *unknown.insert(find(dictionary.get(entry as usize))),
            None => find(&[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalize::schema::{Column, DataType, TableSchema};
    use crate::parquet::{ColumnSpec, Writer, WriterOptions};
    use crate::table::{Page, Values};

    /// 12 chunks of 4 MB each: not all of them can be held, and what was let go is there again when it is needed.
    #[test]
    fn memory_is_bounded() {
        let column = Column::new("n", DataType::Bigint).not_null();
        let (mut writer, mut bytes) = (Writer::new(WriterOptions::default()), Vec::new());
        writer.add_column(ColumnSpec::from(&column));
        for page in 0..10 {
            let values: Vec<i64> = (0..50_000).map(|row| page * 50_000 + row).collect();
            writer.page(0, Page { rows: values.len(), validity: None, values: Values::I64(&values) }).unwrap();
        }
        writer.finish(&mut bytes).unwrap();
        let schema = TableSchema { columns: vec![column], ..TableSchema::new("t".into(), None) };
        let mut tables = Tables::new();
        for _ in 0..12 {
            tables.add(&schema, bytes.clone()).unwrap();
        }
        let mut most = 0;
        for _ in 0..2 {
            let mut cursor = Cursor::new(&tables, 0, 0);
            for row in (0..6_000_000).step_by(50_000) {
                assert_eq!(cursor.get(row).unwrap(), Some(Value::I64(row as i64 % 500_000)));
                let (cache, groups) = (tables.cache.borrow(), &tables.tables[0].groups);
                let held: usize = groups
                    .iter()
                    .flat_map(|group| group.chunks.borrow().0.iter().map(|(_, kept)| kept.bytes).collect::<Vec<_>>())
                    .sum();
                assert_eq!(held, cache.bytes);
                most = most.max(held);
            }
        }
        assert!(most <= MOST && most > MOST - (5 << 20), "{most}");
    }
}
