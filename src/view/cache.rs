//! Pages that were unpacked lately, and finding the one that holds a cell.

use super::Tables;
use crate::error::Result;
use crate::parquet::{Directory, Slab, Texts, Value, unreadable};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Memory for unpacked pages. A screen in the order of a column, where each row lies on other pages, takes some 10 MiB.
const MOST: usize = 32 << 20;

/// Table, row group, column.
type Key = (usize, usize, usize);

/// Column chunks of which pages are unpacked; the one that was not needed for longest goes first, with all of its pages.
#[derive(Default)]
pub struct Cache {
    chunks: BTreeMap<Key, Kept>,
    /// Which was needed when.
    order: BTreeMap<u64, Key>,
    clock: u64,
    bytes: usize,
}

struct Kept {
    used: u64,
    directory: Directory,
    dictionary: Rc<Texts>,
    pages: BTreeMap<usize, Rc<Slab>>,
    bytes: usize,
}

impl Cache {
    fn chunk(&mut self, key: Key, make: impl FnOnce() -> Option<(Directory, Texts)>) -> Option<&mut Kept> {
        self.clock += 1;
        if !self.chunks.contains_key(&key) {
            let (directory, dictionary) = make()?;
            let bytes = dictionary.bytes() + size_of_val(directory.pages());
            let kept =
                Kept { used: self.clock, directory, dictionary: dictionary.into(), pages: BTreeMap::new(), bytes };
            self.bytes += bytes;
            self.chunks.insert(key, kept);
        }
        let kept = self.chunks.get_mut(&key)?;
        self.order.remove(&kept.used);
        kept.used = self.clock;
        self.order.insert(self.clock, key);
        Some(kept)
    }

    fn make_room(&mut self) {
        while self.bytes > MOST {
            let Some((_, key)) = self.order.pop_first() else { return };
            if let Some(kept) = self.chunks.remove(&key) {
                self.bytes -= kept.bytes;
            }
        }
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
        let mut cache = self.cache.borrow_mut();
        let mut found = || -> Option<(Range<u32>, Rc<Slab>)> {
            let kept = cache.chunk((number, at, column), || {
                let directory = Directory::of(file, chunk, group.group.rows)?;
                let dictionary = directory.dictionary(file)?;
                Some((directory, dictionary))
            })?;
            let page = kept.directory.page_of((row - group.first) as usize);
            let place = kept.directory.pages().get(page)?;
            let first = group.first + place.first as u32;
            let rows = first..first + place.rows as u32;
            if let Some(slab) = kept.pages.get(&page) {
                return Some((rows, slab.clone()));
            }
            let slab = Rc::new(kept.directory.read(file, page, spec, &kept.dictionary)?);
            kept.pages.insert(page, slab.clone());
            let bytes = slab.bytes();
            kept.bytes += bytes;
            cache.bytes += bytes;
            cache.make_room();
            Some((rows, slab))
        };
        found().ok_or_else(|| unreadable("a page is damaged").at(&spec.name).at(format!("table {}", table.schema.name)))
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
