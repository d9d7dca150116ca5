//! Byte strings, each kept once.

use crate::table::hash;

/// No string.
const NONE: u32 = u32::MAX;

/// Different byte strings, numbered in the order in which they came.
#[derive(Default)]
pub struct Interner {
    data: Vec<u8>,
    /// Where each ends in `data`.
    ends: Vec<usize>,
    hashes: Vec<u32>,
    /// Numbers by hash, half of the places empty at least; their count is a power of two.
    table: Vec<u32>,
}

impl Interner {
    /// The number of a string, which is a new one if that is the next.
    pub fn number(&mut self, bytes: &[u8]) -> u32 {
        match self.find(bytes) {
            Ok(number) => number,
            Err(hash) => {
                let number = self.ends.len() as u32;
                self.data.extend_from_slice(bytes);
                self.ends.push(self.data.len());
                self.hashes.push(hash);
                if self.ends.len() * 2 > self.table.len() {
                    self.grow();
                } else {
                    place(&mut self.table, hash, number);
                }
                number
            }
        }
    }

    /// The number of a string that is there, or else its hash.
    pub fn find(&self, bytes: &[u8]) -> Result<u32, u32> {
        let hash = hash(bytes);
        let hash = (hash ^ hash >> 32) as u32;
        let mask = self.table.len().wrapping_sub(1);
        let mut at = hash as usize;
        while let Some(number) = self.table.get(at & mask).copied().filter(|number| *number != NONE) {
            if self.hashes.get(number as usize) == Some(&hash) && self.get(number) == bytes {
                return Ok(number);
            }
            at = at.wrapping_add(1);
        }
        Err(hash)
    }

    pub fn get(&self, number: u32) -> &[u8] {
        let number = number as usize;
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(number).and_then(|end| self.data.get(start..*end)).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all of them.
    pub fn bytes(&self) -> usize {
        self.data.len()
    }

    fn grow(&mut self) {
        self.table = vec![NONE; (self.table.len() * 2).max(64)];
        for (number, hash) in self.hashes.iter().enumerate() {
            place(&mut self.table, *hash, number as u32);
        }
    }
}

fn place(table: &mut [u32], hash: u32, number: u32) {
    let mask = table.len().wrapping_sub(1);
    let mut at = hash as usize;
    // Half of the places are empty.
    while let Some(place) = table.get_mut(at & mask) {
        if *place == NONE {
            *place = number;
            return;
        }
        at = at.wrapping_add(1);
    }
}
