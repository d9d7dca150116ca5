//! Texts that are read, compared, hashed and copied 16 bytes at a time, whatever their length.
//!
//! A short text costs most when its length must be obeyed to the byte: a loop over what is left, a call to copy a handful of
//! bytes. So a [`Padded`] text knows bytes behind its end that may be read too, and a [`Buffer`] has some that may be
//! overwritten. Both are right without them, only slower.

/// Bytes of a step.
const STEP: usize = 16;
/// Texts up to this length are copied in one piece of it.
const PIECE: usize = 32;
/// Bytes of the length before a text in a [`Buffer`].
pub const HEAD: usize = 4;

/// A text, and the bytes that follow it.
#[derive(Clone, Copy)]
pub struct Padded<'a> {
    window: &'a [u8],
    len: usize,
}

const K: u64 = 0x9E37_79B9_7F4A_7C15;
const L: u64 = 0xC2B2_AE3D_27D4_EB4F;

#[inline(always)]
fn stir(h: u64, w: u64, by: u64) -> u64 {
    let h = (h ^ w).wrapping_mul(by);
    h ^ (h >> 32)
}

/// The hash of [`Padded::hash`].
pub fn hash(bytes: &[u8]) -> u64 {
    Padded::from(bytes).hash()
}

impl<'a> From<&'a [u8]> for Padded<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Padded { window: bytes, len: bytes.len() }
    }
}

impl<'a> Padded<'a> {
    /// The text `b[start..end]`, both within `b`.
    #[inline(always)]
    pub fn new(b: &'a [u8], start: usize, end: usize) -> Padded<'a> {
        let window = b.get(start..).unwrap_or_default();
        Padded { window, len: end.saturating_sub(start).min(window.len()) }
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        self.len
    }

    pub fn is_empty(self) -> bool {
        self.len == 0
    }

    #[inline(always)]
    pub fn bytes(self) -> &'a [u8] {
        self.window.get(..self.len).unwrap_or_default()
    }

    /// The text and what follows it.
    #[inline(always)]
    pub fn window(self) -> &'a [u8] {
        self.window
    }

    /// 16 bytes from `at` on, as they stand, those behind the text's end with them.
    #[inline(always)]
    fn raw(self, at: usize) -> u128 {
        match self.window.get(at..).and_then(|rest| rest.first_chunk::<STEP>()) {
            Some(bytes) => u128::from_le_bytes(*bytes),
            None => self.last(at),
        }
    }

    /// The same where fewer than 16 bytes are left: zeros take the place of the others.
    #[cold]
    #[inline(never)]
    fn last(self, at: usize) -> u128 {
        let rest = self.window.get(at..).unwrap_or_default();
        rest.iter().rev().fold(0, |word, byte| word << 8 | u128::from(*byte))
    }

    /// The first 16 bytes, those behind the text's end as zeros.
    #[inline(always)]
    pub fn head(self) -> u128 {
        let raw = self.raw(0);
        let (low, high) = (raw as u64, (raw >> 64) as u64);
        let (low, high) = match self.len {
            len if len >= STEP => (low, high),
            len if len >= 8 => (low, high & mask(len - 8)),
            len => (low & mask(len), 0),
        };
        u128::from(high) << 64 | u128::from(low)
    }

    /// The last 16 bytes of a text that has as many.
    #[inline(always)]
    fn tail(self) -> u128 {
        self.raw(self.len.saturating_sub(STEP))
    }

    /// A 64-bit hash, the same on every machine. Two lanes, so that long texts do not wait for one multiplication after the
    /// other.
    #[inline(always)]
    pub fn hash(self) -> u64 {
        let mut h = (self.len as u64).wrapping_mul(K);
        let mut other = L;
        let mut take = |both: u128| {
            h = stir(h, both as u64, K);
            other = stir(other, (both >> 64) as u64, L);
        };
        if self.len <= STEP {
            take(self.head());
        } else {
            let mut at = 0;
            while at + STEP < self.len {
                take(self.raw(at));
                at += STEP;
            }
            take(self.tail());
        }
        h = stir(h, other.rotate_left(23), K);
        stir(h, h >> 29, L)
    }

    #[inline(always)]
    pub fn same(self, other: Padded<'_>) -> bool {
        if self.len != other.len {
            return false;
        }
        if self.len <= STEP {
            return self.head() == other.head();
        }
        let mut at = 0;
        while at + STEP < self.len {
            if self.raw(at) != other.raw(at) {
                return false;
            }
            at += STEP;
        }
        self.tail() == other.tail()
    }
}

/// Ones in the lowest `bytes` bytes, of which there are fewer than 8.
#[inline(always)]
fn mask(bytes: usize) -> u64 {
    (1 << (8 * bytes)) - 1
}

/// Texts one after the other, each behind its length in four bytes, the lowest first: Parquet's PLAIN encoding of byte arrays.
#[derive(Default)]
pub struct Buffer {
    /// The texts, and at least [`PIECE`] bytes without meaning once there was a text.
    bytes: Vec<u8>,
    len: usize,
}

impl Buffer {
    #[inline(always)]
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The text of `len` bytes that begins at `start`.
    #[inline(always)]
    pub fn text(&self, start: usize, len: usize) -> Padded<'_> {
        Padded::new(&self.bytes, start, start + len)
    }

    /// Appends a text and gives the place where it begins.
    #[inline(always)]
    pub fn push(&mut self, text: Padded<'_>) -> usize {
        let start = self.len + HEAD;
        let end = start + text.len;
        if end + PIECE > self.bytes.len() {
            self.grow(end + PIECE);
        }
        if let Some((head, room)) = self.bytes.get_mut(self.len..).and_then(|room| room.split_first_chunk_mut::<HEAD>())
        {
            *head = (text.len as u32).to_le_bytes();
            match (text.window.first_chunk::<PIECE>(), room.first_chunk_mut::<PIECE>()) {
                (Some(from), Some(to)) if text.len <= PIECE => *to = *from,
                _ => {
                    if let Some(to) = room.get_mut(..text.len) {
                        to.copy_from_slice(text.bytes());
                    }
                }
            }
        }
        self.len = end;
        start
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, needed: usize) {
        self.bytes.resize(needed.max(self.bytes.len() * 2).max(256), 0);
    }

    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub fn clear(&mut self) {
        self.len = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Texts of every length up to 70, each equal to no other, with and without bytes behind them.
    fn texts() -> Vec<Vec<u8>> {
        let long: Vec<u8> = (0..70).collect();
        let mut texts: Vec<Vec<u8>> = (0..=70).map(|len| long[..len].to_vec()).collect();
        // One differs in its last byte, one in its first, one in the middle.
        for len in 1..=70 {
            for at in [0, len / 2, len - 1] {
                let mut text = long[..len].to_vec();
                text[at] ^= 0x80;
                texts.push(text);
            }
        }
        texts.sort();
        texts.dedup();
        texts
    }

    fn padded(text: &[u8], with: u8) -> Vec<u8> {
        [text, &[with; 64]].concat()
    }

    #[test]
    fn what_follows_a_text_does_not_count() {
        let texts = texts();
        for (i, a) in texts.iter().enumerate() {
            let exact = Padded::from(a.as_slice());
            for with in [0, 0x41, 0xFF] {
                let window = padded(a, with);
                let long = Padded::new(&window, 0, a.len());
                assert_eq!(long.bytes(), a);
                assert_eq!(long.hash(), exact.hash(), "{} bytes", a.len());
                assert_eq!(long.head(), exact.head());
                for (j, b) in texts.iter().enumerate() {
                    assert_eq!(long.same(Padded::from(b.as_slice())), i == j, "{a:?} {b:?}");
                    assert_eq!(exact.same(Padded::new(&padded(b, 0x41), 0, b.len())), i == j);
                }
            }
        }
    }

    #[test]
    fn different_texts_have_different_hashes() {
        let mut hashes: Vec<u64> = texts().iter().map(|text| hash(text)).collect();
        let count = hashes.len();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), count);
        // Zeros are bytes like any other.
        assert_ne!(hash(b""), hash(&[0]));
        assert_ne!(hash(&[0; 16]), hash(&[0; 17]));
    }

    #[test]
    fn a_buffer_holds_what_was_pushed() {
        let mut buffer = Buffer::default();
        let texts = texts();
        for round in 0..2 {
            let mut expected = Vec::new();
            for text in &texts {
                let window = padded(text, 0x7F);
                let given =
                    if round == 0 { Padded::from(text.as_slice()) } else { Padded::new(&window, 0, text.len()) };
                let start = buffer.push(given);
                assert_eq!(buffer.text(start, text.len()).bytes(), text);
                expected.extend((text.len() as u32).to_le_bytes());
                expected.extend(text);
            }
            assert_eq!(buffer.bytes(), expected);
            buffer.truncate(7);
            assert_eq!(buffer.bytes(), &expected[..7]);
            buffer.clear();
        }
    }
}
