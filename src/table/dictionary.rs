//! The distinct texts of a column within a row group, in order of arrival.

use super::ByteArrays;
use super::padded::{Buffer, HEAD, Padded};

/// No dictionary grows beyond this: its entries would not pay.
pub const MAX_BYTES: usize = 256 << 10;
const EMPTY: u32 = u32::MAX;

#[derive(Default)]
pub struct Dictionary {
    entries: Vec<Entry>,
    data: Buffer,
    /// Open addressing with linear steps; a power of two long.
    slots: Vec<u32>,
}

/// Where a text is, and what tells it from others at a glance.
struct Entry {
    start: usize,
    len: usize,
    hash: u32,
    /// The row (of the row group) that brought it: so that rows can be taken back.
    born: u32,
}

impl Dictionary {
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all entries.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    pub fn texts(&self) -> ByteArrays<'_> {
        ByteArrays { count: self.entries.len(), plain: self.data.bytes() }
    }

    /// The entry's text; none has an empty one's.
    pub fn get(&self, index: u32) -> Padded<'_> {
        match self.entries.get(index as usize) {
            Some(entry) => self.data.text(entry.start, entry.len),
            None => Padded::from([].as_slice()),
        }
    }

    /// The position of `text`, added if new.
    #[inline(always)]
    pub fn index(&mut self, text: Padded<'_>, hash: u64, row: u64) -> u32 {
        if self.slots.len() < (self.entries.len() + 1) * 2 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        let tag = (hash >> 32) as u32;
        while let Some(&index) = self.slots.get(slot) {
            // None: the slot is empty.
            let Some(entry) = self.entries.get(index as usize) else { break };
            if entry.hash == tag && self.data.text(entry.start, entry.len).same(text) {
                return index;
            }
            slot = (slot + 1) & mask;
        }
        let index = self.entries.len() as u32;
        if let Some(free) = self.slots.get_mut(slot) {
            *free = index;
        }
        let start = self.data.push(text);
        self.entries.push(Entry { start, len: text.len(), hash: tag, born: row as u32 });
        index
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for index in 0..self.entries.len() as u32 {
            let mut slot = self.get(index).hash() as usize & (size - 1);
            while self.slots.get(slot).is_some_and(|taken| *taken != EMPTY) {
                slot = (slot + 1) & (size - 1);
            }
            if let Some(free) = self.slots.get_mut(slot) {
                *free = index;
            }
        }
    }

    /// Forgets the entries that rows from `row` on brought. The last one in is the first one out, which is what makes removal
    /// from an open-addressed table safe: no other entry was placed around it.
    pub fn roll_back(&mut self, row: u64) {
        while self.entries.last().is_some_and(|entry| u64::from(entry.born) >= row) {
            let index = self.entries.len() as u32 - 1;
            let mask = self.slots.len() - 1;
            let mut slot = self.get(index).hash() as usize & mask;
            while self.slots.get(slot).is_some_and(|taken| *taken != index && *taken != EMPTY) {
                slot = (slot + 1) & mask;
            }
            if let Some(taken) = self.slots.get_mut(slot) {
                *taken = EMPTY;
            }
            if let Some(entry) = self.entries.pop() {
                self.data.truncate(entry.start - HEAD);
            }
        }
    }

    pub fn clear(&mut self) {
        self.entries.clear();
        self.data.clear();
        self.slots.fill(EMPTY);
    }
}
