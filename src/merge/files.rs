//! A whole load laid over the files that are there, wherever they lie.

use super::rewrite::{Rewriting, Rows, fits};
use super::{Ended, Merger, Span, join, root};
use crate::error::Result;
use crate::normalize::schema::TableSchema;
use crate::normalize::{FileEnd, Merge, Strategy, Warning, writer_options};
use std::collections::BTreeMap;

/// Where files lie.
#[allow(async_fn_in_trait)]
pub trait Shelf {
    /// A file of a table, which can be asked for again.
    type File: Clone;
    async fn read(&self, file: &Self::File) -> Result<Vec<u8>>;
    /// Takes a file that was made, so that it need not be held until the end.
    async fn keep(&self, table: &str, bytes: Vec<u8>, end: FileEnd) -> Result<Self::File>;
    /// Its size.
    fn bytes(&self, file: &Self::File) -> u64;
    /// What is known of a column of it, without reading it: the one that has this place among the table's columns that are in files.
    fn span<'f>(&self, _file: &'f Self::File, _column: usize) -> Option<Span<'f>> {
        None
    }
}

/// Files by table, in order.
pub type Files<F> = BTreeMap<String, Vec<F>>;

/// The files of each table of the load's resource after it, rows of old files first, and what a person should know. `old` and `new`: those
/// before, and those of the load. A table that is none of the merge's, the quarantine, has what the load brought.
///
/// # Errors
/// `no_primary_key` where the strategy needs one; those of the shelf, and of files that cannot be read.
pub async fn merge<S: Shelf>(
    merge: &Merge,
    load: Ended<'_>,
    old: &Files<S::File>,
    new: &Files<S::File>,
    shelf: &S,
) -> Result<(Files<S::File>, Vec<Warning>)> {
    let mut merger = Merger::new(merge, load.loaded)?;
    let retired = match merge.strategy {
        // A version that the load does not bring again was valid until the load's are.
        Strategy::Scd2 => Some((merge.validity.to.as_str(), merge.validity.boundary_of(load.id)?)),
        _ => None,
    };
    let root = root(load.loaded)?;
    for file in of(new, root) {
        merger.learn(&shelf.read(file).await?)?;
    }
    merger.learned();
    let mut merged = BTreeMap::new();
    let tables = parents_first(&load.loaded.schema.tables);
    for (nth, table) in tables.iter().copied().enumerate() {
        let (old, new) = (of(old, table), of(new, table));
        if table.quarantine {
            merged.insert(table.name.clone(), new.to_vec());
            continue;
        }
        let touched = merger.touches(table);
        let mut pile = Pile::new(load, table, retired, old, new, shelf);
        for file in old {
            let concerned = touched && !(table.parent.is_none() && merger.is_apart(table, file, new, shelf));
            pile.add(file, concerned.then_some(|bytes: &[u8]| merger.old(table, bytes))).await?;
        }
        merger.seen(table);
        for file in new {
            pile.add(file, Some(|bytes: &[u8]| merger.new_file(table, bytes))).await?;
        }
        merger.done(tables.get(nth + 1..).unwrap_or_default());
        merged.insert(table.name.clone(), pile.finish().await?);
    }
    Ok((merged, merger.warnings()))
}

/// The same of a load whose rows come behind those that are there.
///
/// # Errors
/// Those of the shelf, and of files that cannot be read.
pub async fn append<S: Shelf>(
    load: Ended<'_>,
    old: &Files<S::File>,
    new: &Files<S::File>,
    shelf: &S,
) -> Result<Files<S::File>> {
    let mut appended = BTreeMap::new();
    for table in &load.loaded.schema.tables {
        let (old, new) = (of(old, table), of(new, table));
        let mut pile = Pile::new(load, table, None, old, new, shelf);
        for file in old.iter().chain(new) {
            pile.add(file, None::<fn(&[u8]) -> Result<Rows>>).await?;
        }
        appended.insert(table.name.clone(), pile.finish().await?);
    }
    Ok(appended)
}

/// Files of one table, those written anew that have a column as it was before it was widened.
///
/// # Errors
/// Those of the shelf, and of files that cannot be read.
pub async fn fit<S: Shelf>(load: Ended<'_>, table: &TableSchema, files: &[S::File], shelf: &S) -> Result<Vec<S::File>> {
    let mut fitting = Vec::new();
    for file in files {
        let bytes = shelf.read(file).await?;
        if fits(table, &bytes)? {
            fitting.push(file.clone());
            continue;
        }
        let mut anew = Rewriting::new(table, None, writer_options(load.id, load.output.plain_encodings));
        anew.add(&bytes, None)?;
        let (bytes, end) = anew.finish()?;
        fitting.push(shelf.keep(&table.name, bytes, end).await?);
    }
    Ok(fitting)
}

fn of<'f, F>(files: &'f Files<F>, table: &TableSchema) -> &'f [F] {
    files.get(&table.name).map(Vec::as_slice).unwrap_or_default()
}

/// The files of one table, on their way to what they become.
struct Pile<'a, S: Shelf> {
    load: Ended<'a>,
    table: &'a TableSchema,
    /// The column and the instant that say of rows that they are not valid any more.
    retired: Option<(&'a str, i64)>,
    shelf: &'a S,
    limit: u64,
    /// How many files each of those to come becomes one of.
    groups: std::vec::IntoIter<usize>,
    /// Of the group under way: its files, and how many more it has.
    pieces: Vec<Piece<S::File>>,
    missing: usize,
    /// What is written anew, and about its size: what comes next may go in, too.
    open: Option<(Rewriting<'a>, u64)>,
    files: Vec<S::File>,
}

struct Piece<F> {
    file: F,
    /// Once it was read.
    bytes: Option<Vec<u8>>,
    /// Where some of them may not stay.
    rows: Option<Rows>,
}

impl<'a, S: Shelf> Pile<'a, S> {
    fn new(
        load: Ended<'a>,
        table: &'a TableSchema,
        retired: Option<(&'a str, i64)>,
        old: &[S::File],
        new: &[S::File],
        shelf: &'a S,
    ) -> Self {
        // Where a load brings nothing to a table, nothing is put together: it may have to stay as it is.
        let limit = if new.is_empty() { 0 } else { load.output.file_bytes };
        let sizes: Vec<u64> = old.iter().chain(new).map(|file| shelf.bytes(file)).collect();
        let groups: Vec<usize> = join::groups(&sizes, limit).into_iter().map(|group| group.len()).collect();
        let (groups, pieces, missing, open, files) = (groups.into_iter(), Vec::new(), 0, None, Vec::new());
        Pile { load, table, retired, shelf, limit, groups, pieces, missing, open, files }
    }

    /// The next file; `judge` says what becomes of its rows, if any may not stay.
    async fn add(&mut self, file: &S::File, judge: Option<impl FnOnce(&[u8]) -> Result<Rows>>) -> Result<()> {
        if self.missing == 0 {
            self.missing = self.groups.next().unwrap_or(1);
        }
        self.missing -= 1;
        let (bytes, rows) = match judge {
            Some(judge) => {
                let bytes = self.shelf.read(file).await?;
                let rows = judge(&bytes)?;
                (Some(bytes), Some(rows))
            }
            None => (None, None),
        };
        if !rows.as_ref().is_some_and(Rows::none_stays) {
            self.pieces.push(Piece { file: file.clone(), bytes, rows });
        }
        if self.missing == 0 { self.end().await } else { Ok(()) }
    }

    /// The group is complete.
    async fn end(&mut self) -> Result<()> {
        let pieces = std::mem::take(&mut self.pieces);
        if pieces.is_empty() {
            return Ok(());
        }
        if pieces.iter().all(|piece| piece.rows.as_ref().is_none_or(Rows::all_stay)) {
            self.close().await?;
            // A load need not fail for what it could leave alone.
            let joined = match pieces.as_slice() {
                [_] => None,
                several => self.joined(several).await.ok(),
            };
            match joined {
                Some(file) => self.files.push(file),
                None => self.files.extend(pieces.into_iter().map(|piece| piece.file)),
            }
            return Ok(());
        }
        let share = |piece: &Piece<S::File>| {
            let bytes = self.shelf.bytes(&piece.file);
            piece.rows.as_ref().map_or(bytes, |rows| rows.share_of(bytes))
        };
        let more: u64 = pieces.iter().map(share).sum();
        if self.open.as_ref().is_some_and(|(_, bytes)| bytes + more > self.limit) {
            self.close().await?;
        }
        let (mut open, bytes) = self.open.take().unwrap_or_else(|| (self.rewriting(), 0));
        for piece in pieces {
            self.copy(&mut open, &piece).await?;
        }
        self.open = Some((open, bytes + more));
        Ok(())
    }

    /// Ends the file that is being written.
    async fn close(&mut self) -> Result<()> {
        if let Some((open, _)) = self.open.take() {
            self.files.push(self.kept(open).await?);
        }
        Ok(())
    }

    /// All files after the last one.
    async fn finish(mut self) -> Result<Vec<S::File>> {
        self.close().await?;
        Ok(self.files)
    }

    async fn joined(&self, pieces: &[Piece<S::File>]) -> Result<S::File> {
        let mut whole = self.rewriting();
        for piece in pieces {
            self.copy(&mut whole, piece).await?;
        }
        self.kept(whole).await
    }

    fn rewriting(&self) -> Rewriting<'a> {
        Rewriting::new(self.table, self.retired, writer_options(self.load.id, self.load.output.plain_encodings))
    }

    async fn copy(&self, to: &mut Rewriting<'a>, Piece { file, bytes, rows }: &Piece<S::File>) -> Result<()> {
        match bytes {
            Some(bytes) => to.add(bytes, rows.as_ref()),
            None => to.add(&self.shelf.read(file).await?, rows.as_ref()),
        }
    }

    async fn kept(&self, made: Rewriting<'a>) -> Result<S::File> {
        let (bytes, end) = made.finish()?;
        self.shelf.keep(&self.table.name, bytes, end).await
    }
}

/// Every table behind the one that its rows hang from.
fn parents_first(tables: &[TableSchema]) -> Vec<&TableSchema> {
    let mut order: Vec<&TableSchema> = tables.iter().filter(|table| table.parent.is_none()).collect();
    let mut at = 0;
    while let Some(parent) = order.get(at) {
        let name = Some(&parent.name);
        order.extend(tables.iter().filter(|table| table.parent.as_ref() == name));
        at += 1;
    }
    order
}
