//! Row ids: 80 bits, written as 14 characters of base64, the form of dlt's `_dlt_id`.
//!
//! Two kinds. Hashes of keys and of contents are dlt's own, shake-128 over JSON, because they must meet rows that dlt wrote.
//! All others are ours: a function of what the row hangs from, its table and its place, so that a replay gives the same ids.

use crate::order;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Map, Value};
use sha3::Shake128;
use sha3::digest::{ExtendableOutput, Update, XofReader};

/// dlt's own names begin so; a content hash leaves them out.
pub const DLT_PREFIX: &str = "_dlt";
/// Odd, and without pattern in its bits: fractions of the golden ratio and of the square root of two.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
const ROOT_TWO: u64 = 0x6a09_e667_f3bc_c909;

/// The id of a row, or of whatever rows hang from (a load).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    high: u64,
    low: u16,
}

impl Id {
    /// The id that a text stands for: the one it spells if it is 14 characters of base64, else its hash. A load id makes the
    /// id that the load's root rows hang from.
    pub fn from_text(text: &str) -> Id {
        let mut bytes = [0; 10];
        match STANDARD_NO_PAD.decode(text).as_deref().map(<[u8; 10]>::try_from) {
            Ok(Ok(spelled)) => bytes = spelled,
            _ => shake(text.as_bytes(), &mut bytes),
        }
        let [high @ .., l1, l2] = bytes;
        Id { high: u64::from_be_bytes(high), low: u16::from_be_bytes([l1, l2]) }
    }

    /// The id of the `index`th row of a table that hangs from this one. `table` is [`table_seed`] of its name. Children of one
    /// row and table never collide; all others do as often as chance has it in 80 bits.
    pub fn child(self, table: u64, index: u64) -> Id {
        let place =
            table.wrapping_add(index.wrapping_mul(GOLDEN)).wrapping_add(u64::from(self.low).wrapping_mul(ROOT_TWO));
        let place = mix(place);
        let high = mix(self.high ^ place);
        // The top bits are the best mixed ones.
        let low = mix(high.wrapping_add(place.rotate_left(32))) >> 48;
        Id { high, low: low as u16 }
    }

    /// As it stands in `_dlt_id`: base64 without padding.
    pub fn write_base64(self, out: &mut [u8; 14]) {
        // 14 groups of six bits, two at a time: 84 bits, of which the last four are zeros.
        let tail = (self.high & 0xf) << 20 | u64::from(self.low) << 4;
        let (pairs, _) = out.as_chunks_mut::<2>();
        for (nth, pair) in pairs.iter_mut().enumerate() {
            let bits = if nth < 5 { self.high >> (52 - 12 * nth) } else { tail >> (12 * (6 - nth)) };
            *pair = PAIRS.get(bits as usize % PAIRS.len()).copied().unwrap_or_default();
        }
    }
}

/// The two letters of base64 that each twelve bits make.
#[allow(clippy::indexing_slicing, reason = "made by the compiler, which refuses what is out of bounds")]
const PAIRS: [[u8; 2]; 4096] = {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < pairs.len() {
        pairs[bits] = [ALPHABET[bits >> 6], ALPHABET[bits & 63]];
        bits += 1;
    }
    pairs
};

/// The seed that a table's name gives to [`Id::child`].
pub fn table_seed(table: &str) -> u64 {
    let mut bytes = [0; 8];
    shake(table.as_bytes(), &mut bytes);
    u64::from_be_bytes(bytes)
}

/// Splitmix64's finalizer: every bit of the outcome depends on every bit of the input, and no two inputs share one.
pub(crate) fn mix(mut x: u64) -> u64 {
    x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// dlt's hash of a primary key, which is the `_dlt_id` of upserted rows: `key` has the normalized names of the key's columns
/// and the values as they came, not coerced.
pub fn key_hash(key: &Map<String, Value>) -> String {
    json_hash(key.iter())
}

/// dlt's hash of an item's content, which is the `_dlt_id` of an scd2 row: the item as it came, nested and under its own
/// names, without dlt's.
pub fn content_hash(item: &Map<String, Value>) -> String {
    json_hash(item.iter().filter(|(name, _)| !name.starts_with(DLT_PREFIX)))
}

fn json_hash<'a>(fields: impl Iterator<Item = (&'a String, &'a Value)>) -> String {
    let fields = fields.map(|(name, value)| (name.clone(), value.clone())).collect();
    text_hash(&order::sorted(Value::Object(fields)).to_string())
}

/// The hash of JSON text that is as [`content_hash`] would have it: compact, its keys in order, without dlt's.
pub fn text_hash(text: &str) -> String {
    let mut bytes = [0; 10];
    shake(text.as_bytes(), &mut bytes);
    STANDARD_NO_PAD.encode(bytes)
}

fn shake(data: &[u8], out: &mut [u8]) {
    let mut hasher = Shake128::default();
    hasher.update(data);
    hasher.finalize_xof().read(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn text(id: Id) -> String {
        let mut out = [0; 14];
        id.write_base64(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn an_id_reads_back_as_itself() {
        let load = Id::from_text("1795417671.2672353");
        for index in 0..1000 {
            let id = load.child(table_seed("users"), index);
            assert_eq!(Id::from_text(&text(id)), id);
        }
        assert_eq!(text(Id::from_text("zXT5HESBdeBMeg")), "zXT5HESBdeBMeg");
        assert_eq!(text(Id::from_text("//////////////")).len(), 14);
        assert_ne!(Id::from_text("row-1"), Id::from_text("row-2"));
    }

    #[test]
    fn the_place_decides_the_id() {
        let (a, b) = (Id::from_text("a"), Id::from_text("b"));
        let (users, keys) = (table_seed("users"), table_seed("users__keys"));
        let ids = [
            a.child(users, 0),
            a.child(users, 1),
            a.child(keys, 0),
            b.child(users, 0),
            a.child(users, 0).child(users, 0),
        ];
        assert_eq!(BTreeSet::from(ids).len(), ids.len());
        assert_eq!(a.child(users, 7), Id::from_text("a").child(table_seed("users"), 7));
    }

    #[test]
    fn ids_of_many_rows_do_not_collide() {
        let load = Id::from_text("1795417671.2672353");
        let (users, keys) = (table_seed("users"), table_seed("users__keys"));
        let parents = (0..50_000).map(|index| load.child(users, index));
        let mut ids: Vec<Id> = parents.flat_map(|parent| (0..10).map(move |index| parent.child(keys, index))).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        // Half of what 80 bits have is enough to tell half a million rows apart with a chance of one in eight; the halves
        // must therefore be nearly free of collisions, too.
        let mut low: Vec<u64> = ids.iter().map(|id| id.high << 24 >> 8 | u64::from(id.low)).collect();
        low.sort_unstable();
        low.dedup();
        assert!(count - low.len() < 5, "{} collide in 56 bits", count - low.len());
    }

    #[test]
    fn each_bit_of_the_input_turns_half_of_the_id() {
        let bits = |a: Id, b: Id| (a.high ^ b.high).count_ones() + (a.low ^ b.low).count_ones();
        let table = table_seed("users");
        for flipped in 0..80 {
            let mut turned = 0;
            for index in 0..200 {
                let parent = Id::from_text("load").child(table, index);
                let mut other = parent;
                if flipped < 64 {
                    other.high ^= 1 << flipped
                } else {
                    other.low ^= 1 << (flipped - 64)
                }
                turned += bits(parent.child(table, index), other.child(table, index));
            }
            assert!((36 * 200..=44 * 200).contains(&turned), "bit {flipped} of the parent turns {turned} of 16000");
        }
        for flipped in 0..64 {
            let parent = Id::from_text("load");
            let turned: u32 =
                (0..200).map(|n| bits(parent.child(table, n), parent.child(table, n ^ 1 << flipped))).sum();
            assert!((36 * 200..=44 * 200).contains(&turned), "bit {flipped} of the index turns {turned} of 16000");
        }
    }
}
