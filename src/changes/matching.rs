//! Which rows of two states are the same row.

use super::RowChangeKind;
use super::digest::Digest;

/// A row in short, 40 bytes. They sort by what the row is, then by what is in it, then by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    pub identity: Digest,
    pub content: Digest,
    pub row: u32,
}

/// What became of one row: where it was and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fate {
    pub old: Option<u32>,
    pub new: Option<u32>,
}

impl Fate {
    pub fn kind(self) -> RowChangeKind {
        match (self.old, self.new) {
            (_, None) => RowChangeKind::Removed,
            (Some(_), Some(_)) => RowChangeKind::Changed,
            (None, Some(_)) => RowChangeKind::Added,
        }
    }
}

/// Whether no two have the same identity; the entries are sorted.
pub fn unique(entries: &[Entry]) -> bool {
    entries.iter().zip(entries.iter().skip(1)).all(|(a, b)| a.identity != b.identity)
}

/// The rows that differ, those removed first, in their old order, then those changed and those added in their new one. Both
/// states are sorted.
///
/// Rows of one identity are usually one on each side. Where they are more, those of equal content are the same row, and what
/// is left goes together in its order as changed.
pub fn differences(old: &[Entry], new: &[Entry]) -> Vec<Fate> {
    let groups = |entries| <[Entry]>::chunk_by(entries, |a: &Entry, b: &Entry| a.identity == b.identity).peekable();
    let (mut olds, mut news) = (groups(old), groups(new));
    let mut fates = Vec::new();
    loop {
        let identity = |group: Option<&&[Entry]>| group.and_then(|group| group.first()).map(|entry| entry.identity);
        let (old, new) = (identity(olds.peek()), identity(news.peek()));
        let least = match (old, new) {
            (Some(old), Some(new)) => old.min(new),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => break,
        };
        let old = olds.next_if(|_| old == Some(least)).unwrap_or_default();
        let new = news.next_if(|_| new == Some(least)).unwrap_or_default();
        let (old, new) = (left(old, new), left(new, old));
        let pairs = old.len().min(new.len());
        fates.extend(old.iter().zip(&new).map(|(old, new)| Fate { old: Some(*old), new: Some(*new) }));
        fates.extend(old.iter().skip(pairs).map(|old| Fate { old: Some(*old), new: None }));
        fates.extend(new.iter().skip(pairs).map(|new| Fate { old: None, new: Some(*new) }));
    }
    fates.sort_unstable_by_key(|fate| (fate.kind(), fate.new.or(fate.old)));
    fates
}

/// The rows of `here` that have no counterpart of equal content in `there`, in their order.
fn left(here: &[Entry], there: &[Entry]) -> Vec<u32> {
    let mut there = there.iter().map(|entry| entry.content).peekable();
    let mut left = Vec::new();
    for entry in here {
        while there.next_if(|content| *content < entry.content).is_some() {}
        if there.next_if_eq(&entry.content).is_none() {
            left.push(entry.row);
        }
    }
    left.sort_unstable();
    left
}
