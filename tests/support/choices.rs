//! Where generated tables and documents take their chances from.
#![allow(dead_code)] // every test file uses its part

/// Either a fuzzer's bytes, so that what it changes in them changes what is made of them, or a seed: the same everywhere, and
/// named in a failing test's message.
pub enum Choices<'b> {
    /// When they run out, every choice is 0, which generators take for the plainest one.
    Bytes(&'b [u8]),
    /// splitmix64.
    Seed(u64),
}

impl Choices<'_> {
    pub fn next(&mut self) -> u64 {
        match self {
            Choices::Bytes(bytes) => {
                let (taken, rest) = bytes.split_at(bytes.len().min(8));
                *bytes = rest;
                taken.iter().rev().fold(0, |value, byte| value << 8 | *byte as u64)
            }
            Choices::Seed(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut z = *state;
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                z ^ (z >> 31)
            }
        }
    }

    /// A number below `end`; of a fuzzer's bytes it takes one where that is enough.
    pub fn below(&mut self, end: u64) -> u64 {
        match self {
            Choices::Bytes(bytes) if end <= 256 => bytes.split_off_first().map_or(0, |byte| *byte as u64 % end),
            _ => self.next() % end,
        }
    }

    /// True for one number of `n`, which is not the 0 of bytes that have run out.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) + 1 == n
    }

    pub fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize].clone()
    }

    /// No bytes left: time to come to an end.
    pub fn is_over(&self) -> bool {
        matches!(self, Choices::Bytes([]))
    }
}
