//! The distinct texts of a column within a row group, in order of arrival.

use super::builder::same;

/// No dictionary grows beyond this: its entries would not pay.
pub const MAX_BYTES: usize = 256 << 10;
const EMPTY: u32 = u32::MAX;

#[derive(Default)]
pub struct Dictionary {
    pub lens: Vec<u32>,
    pub data: Vec<u8>,
    /// Where each entry begins in `data`.
    starts: Vec<u32>,
    hashes: Vec<u32>,
    /// The row (of the row group) that brought each entry: so that rows can be taken back.
    born: Vec<u64>,
    /// Open addressing with linear steps; a power of two long.
    slots: Vec<u32>,
}

impl Dictionary {
    pub fn len(&self) -> usize {
        self.lens.len()
    }

    /// The entry's bytes.
    pub fn get(&self, index: u32) -> &[u8] {
        let index = index as usize;
        match (self.starts.get(index), self.lens.get(index)) {
            (Some(start), Some(len)) => self.data.get(*start as usize..(*start + *len) as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The position of `bytes`, added if new.
    #[inline]
    pub fn index(&mut self, bytes: &[u8], hash: u64, row: u64) -> u32 {
        if self.slots.len() < (self.lens.len() + 1) * 2 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        let tag = (hash >> 32) as u32;
        loop {
            match self.slots.get(slot) {
                Some(&EMPTY) | None => break,
                Some(&index) => {
                    if self.hashes.get(index as usize) == Some(&tag) && same(self.get(index), bytes) {
                        return index;
                    }
                }
            }
            slot = (slot + 1) & mask;
        }
        let index = self.lens.len() as u32;
        if let Some(free) = self.slots.get_mut(slot) {
            *free = index;
        }
        self.starts.push(self.data.len() as u32);
        self.lens.push(bytes.len() as u32);
        self.hashes.push(tag);
        self.born.push(row);
        self.data.extend_from_slice(bytes);
        index
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for index in 0..self.lens.len() as u32 {
            let mut slot = super::builder::hash(self.get(index)) as usize & (size - 1);
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
        while self.born.last().is_some_and(|born| *born >= row) {
            let index = self.lens.len() as u32 - 1;
            let mask = self.slots.len() - 1;
            let mut slot = super::builder::hash(self.get(index)) as usize & mask;
            while self.slots.get(slot).is_some_and(|taken| *taken != index && *taken != EMPTY) {
                slot = (slot + 1) & mask;
            }
            if let Some(taken) = self.slots.get_mut(slot) {
                *taken = EMPTY;
            }
            let start = self.starts.pop().unwrap_or_default() as usize;
            self.data.truncate(start);
            self.lens.pop();
            self.hashes.pop();
            self.born.pop();
        }
    }

    pub fn clear(&mut self) {
        self.lens.clear();
        self.data.clear();
        self.starts.clear();
        self.hashes.clear();
        self.born.clear();
        self.slots.fill(EMPTY);
    }
}
