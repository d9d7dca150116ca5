//! The compiled paths: for each object in a record, which keys it has been seen to have and where their values go.
//!
//! A record's keys come in the order of the record before it, nearly always. So an object's node remembers its keys in
//! order, spelled as they stand in the bytes, and the reader compares a handful of words instead of looking anything up.

use crate::json::scan::word;
use crate::table;

/// No node, list or column.
pub const NONE: u32 = u32::MAX;
/// Words of a key that are compared at once: 40 bytes with its quotes and colon.
const WORDS: usize = 5;

/// What the fast reader does with a value of the type that the column has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fast {
    /// No column yet, or one whose values are always looked at thoroughly.
    No,
    Text,
    Timestamp,
    Bigint,
    Double,
    Bool,
}

/// Where a key's value goes. Copied out of the tree for each value, so it is small.
#[derive(Clone, Copy, Debug)]
pub struct Act {
    pub fast: Fast,
    /// The builder of the key's column in its table.
    pub column: u32,
    /// What tells the column's cells from others' in the content digest.
    pub seed: u64,
    /// Where a dict goes, and a list.
    pub node: u32,
    pub list: u32,
    /// The slot (the column's name) in the table.
    pub slot: u32,
    /// Several keys lead to this name, or it is one of the normalizer's own, or it keeps JSON: always read thoroughly.
    pub thorough: bool,
    /// Nesting ends here: dicts and lists are kept as JSON, empty ones too.
    pub whole: bool,
    /// The name says that it holds a secret.
    pub secret: bool,
    /// Null must not be.
    pub required: bool,
    /// Position in the primary key.
    pub key_part: Option<u8>,
}

pub struct Key {
    /// The key's name as it is in JSON, unescaped.
    pub name: String,
    /// With quotes and colon; empty when the key can only be written with escapes.
    literal: Box<[u8]>,
    words: [u64; WORDS],
    /// Which of the words' bytes count.
    masks: [u64; WORDS],
    pub act: Act,
    /// The key that is expected after this one: what came after it when its place had to be looked up.
    next: u32,
    /// The object visit that met the key last: meeting it twice in one means a duplicate.
    pub seen: u32,
    /// The thorough reader's place for its value.
    pub entry: u32,
}

/// One object at one place of a record: a table's row, or a dict that is flattened into it.
pub struct Node {
    /// Index of the table that its scalars go to.
    pub sheet: u32,
    /// Levels of nesting that are still turned into columns and tables (dlt's `_r_lvl`).
    pub level: i64,
    /// Normalized names from the row down to here.
    pub path: Vec<String>,
    /// JSON pointer from the record, `*` for list positions.
    pub pointer: String,
    /// A key on the way here says that this is secret.
    pub secret: bool,
    pub keys: Vec<Key>,
    /// The key that is expected first.
    first: u32,
    /// Open addressing by the literal's hash.
    slots: Vec<u32>,
}

impl Node {
    pub fn new(sheet: u32, level: i64, path: Vec<String>, pointer: String) -> Node {
        Node { sheet, level, path, pointer, secret: false, keys: Vec::new(), first: NONE, slots: Vec::new() }
    }

    /// The key that is expected after `previous` ([`NONE`]: at the beginning of an object).
    #[inline(always)]
    pub fn expected(&self, previous: u32) -> u32 {
        self.keys.get(previous as usize).map_or(self.first, |key| key.next)
    }

    /// From now on `key` is expected after `previous`.
    pub fn expect(&mut self, previous: u32, key: u32) {
        match self.keys.get_mut(previous as usize) {
            Some(previous) => previous.next = key,
            None => self.first = key,
        }
    }

    /// The position after the colon if the bytes at `at` (its opening quote) spell that key.
    #[inline(always)]
    pub fn spells(&self, b: &[u8], at: usize, key: u32) -> Option<usize> {
        let key = self.keys.get(key as usize)?;
        let window = b.get(at..)?.first_chunk()?;
        key.is_at(b, at, window).then(|| at + key.literal.len())
    }

    /// The key of that name.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = table::hash(name) as usize & mask;
        loop {
            let index = *self.slots.get(slot)?;
            if index == NONE {
                return None;
            }
            if self.keys.get(index as usize).is_some_and(|key| key.name.as_bytes() == name) {
                return Some(index as usize);
            }
            slot = (slot + 1) & mask;
        }
    }

    pub fn add(&mut self, name: String, act: Act) -> usize {
        let plain = name.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\');
        let literal: Box<[u8]> = if plain { format!("\"{name}\":").into_bytes().into() } else { Box::default() };
        let mut padded = literal.to_vec();
        padded.resize(literal.len().max(WORDS * 8), 0);
        let (mut words, mut masks) = ([0; WORDS], [0; WORDS]);
        for (i, (target, mask)) in words.iter_mut().zip(&mut masks).enumerate() {
            *target = word(&padded, i * 8);
            *mask = match literal.len().saturating_sub(i * 8) {
                0 => 0,
                n if n >= 8 => u64::MAX,
                n => (1 << (8 * n)) - 1,
            };
        }
        self.keys.push(Key { name, literal, words, masks, act, next: NONE, seen: 0, entry: 0 });
        if self.slots.len() < self.keys.len() * 2 {
            self.slots = vec![NONE; (self.keys.len() * 4).next_power_of_two()];
            (0..self.keys.len()).for_each(|index| self.place(index));
        } else {
            self.place(self.keys.len() - 1);
        }
        self.keys.len() - 1
    }

    fn place(&mut self, index: usize) {
        let Some(key) = self.keys.get(index) else { return };
        let mask = self.slots.len() - 1;
        let mut slot = table::hash(key.name.as_bytes()) as usize & mask;
        while self.slots.get(slot).is_some_and(|taken| *taken != NONE) {
            slot = (slot + 1) & mask;
        }
        if let Some(free) = self.slots.get_mut(slot) {
            *free = index as u32;
        }
    }
}

impl Key {
    #[inline(always)]
    fn is_at(&self, b: &[u8], at: usize, window: &[u8; WORDS * 8]) -> bool {
        let (words, masks) = (&self.words, &self.masks);
        let (window, _) = window.as_chunks::<8>();
        let differs = |n: usize| match (window.get(n), masks.get(n), words.get(n)) {
            (Some(window), Some(mask), Some(word)) => (u64::from_le_bytes(*window) & mask) ^ word,
            _ => 1,
        };
        let width = self.literal.len();
        if differs(0) != 0 || width == 0 || (width > 8 && differs(1) != 0) {
            return false;
        }
        if width > 16 && differs(2) | differs(3) | differs(4) != 0 {
            return false;
        }
        width <= WORDS * 8 || b.get(at..at + width) == Some(&self.literal)
    }
}

/// A list at one place of a record: the child table that its items are rows of.
pub struct List {
    pub sheet: u32,
    /// Normalized names from the root down: lists of one path are one list.
    pub path: String,
    /// The items' node: dicts are read by it, and scalars by its key `value`.
    pub node: u32,
    pub value: usize,
    /// Reads items that are lists themselves, by its only key `list`; made when one is met.
    pub bridge: u32,
}
