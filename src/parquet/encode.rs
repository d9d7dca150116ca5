//! Values → the bytes of a page, by the encodings of apache/parquet-format (Encodings.md).

/// Values of a DELTA_BINARY_PACKED block, in miniblocks of [`GROUP`].
pub const BLOCK: usize = 128;
/// Values that are bit-packed together.
pub const GROUP: usize = 32;

pub fn uleb(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn zigzag(value: i64, out: &mut Vec<u8>) {
    uleb(((value << 1) ^ (value >> 63)) as u64, out);
}

/// Definition levels of a nullable column's page: with the length in front, as version-1 data pages have them. `validity` has a
/// bit for each row; only its first `rows` bits count.
pub fn levels(rows: usize, present: usize, validity: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(&[0; 4]);
    if present == 0 || present == rows {
        uleb((rows as u64) << 1, out);
        out.push((present > 0) as u8);
    } else {
        let bytes = rows.div_ceil(8);
        uleb((bytes as u64) << 1 | 1, out);
        out.extend_from_slice(validity.get(..bytes).unwrap_or_default());
        if let (Some(last), 1..) = (out.last_mut(), rows % 8) {
            *last &= (1 << (rows % 8)) - 1;
        }
    }
    let length = (out.len() - start - 4) as u32;
    if let Some(head) = out.get_mut(start..).and_then(|out| out.first_chunk_mut()) {
        *head = length.to_le_bytes();
    }
}

/// PLAIN booleans: a bit each, the first one lowest. `values` are 0 or 1.
pub fn bools(values: &[u8], out: &mut Vec<u8>) {
    let (eights, rest) = values.as_chunks::<8>();
    // The product moves the lowest bit of byte i to bit 56 + i.
    out.extend(eights.iter().map(|eight| (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u8));
    if !rest.is_empty() {
        out.push(rest.iter().enumerate().fold(0, |byte, (bit, value)| byte | (value & 1) << bit));
    }
}

/// PLAIN values of `N` bytes each.
pub fn fixed<T: Copy, const N: usize>(values: &[T], bytes: impl Fn(T) -> [u8; N], out: &mut Vec<u8>) {
    let start = out.len();
    out.resize(start + values.len() * N, 0);
    let (slots, _) = out.get_mut(start..).unwrap_or_default().as_chunks_mut::<N>();
    for (slot, value) in slots.iter_mut().zip(values) {
        *slot = bytes(*value);
    }
}

/// PLAIN decimals: big-endian, two's complement, `width` bytes of 1 to 32.
pub fn decimals(values: &[i128], width: usize, out: &mut Vec<u8>) {
    out.reserve(values.len() * width);
    for value in values {
        out.extend_from_slice(&decimal(*value, width));
    }
}

/// One decimal of `width` bytes; the caller has checked that it fits.
pub fn decimal(value: i128, width: usize) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    let sign = if value < 0 { 0xFF } else { 0 };
    let mut out = vec![sign; width.saturating_sub(16)];
    out.extend_from_slice(bytes.get(16usize.saturating_sub(width)..).unwrap_or_default());
    out
}

/// RLE_DICTIONARY indices, none of them above `max`: as runs, or bit-packed, whichever is shorter.
pub fn indices(values: &[u32], max: u32, out: &mut Vec<u8>) {
    let width = (u32::BITS - max.leading_zeros()).max(1);
    out.push(width as u8);
    let bytes = width.div_ceil(8) as usize;
    let ends = values.iter().zip(values.get(1..).unwrap_or_default()).filter(|(a, b)| a != b).count();
    // A run's length takes a byte, rarely two.
    if (1 + ends) * (1 + bytes) < values.len() * width as usize / 8 {
        for run in values.chunk_by(|a, b| a == b) {
            uleb((run.len() as u64) << 1, out);
            out.extend_from_slice(run.first().unwrap_or(&0).to_le_bytes().get(..bytes).unwrap_or_default());
        }
        return;
    }
    let eights = values.len().div_ceil(8);
    uleb((eights as u64) << 1 | 1, out);
    let end = out.len() + eights * width as usize;
    for chunk in values.chunks(GROUP) {
        let mut group = [0; GROUP];
        for (slot, value) in group.iter_mut().zip(chunk) {
            *slot = *value as u64;
        }
        pack(&group, width, out);
    }
    out.truncate(end);
}

/// DELTA_BINARY_PACKED. The caller makes sure that the values lie less than 2^62 apart (2^30 in an INT32 column), so that no
/// reader has to wrap around in its sums.
pub fn delta(values: &[i64], out: &mut Vec<u8>) {
    uleb(BLOCK as u64, out);
    uleb((BLOCK / GROUP) as u64, out);
    uleb(values.len() as u64, out);
    let Some((first, rest)) = values.split_first() else { return out.push(0) };
    let mut last = *first;
    zigzag(last, out);
    let mut deltas = [0i64; BLOCK];
    for block in rest.chunks(BLOCK) {
        let mut min = i64::MAX;
        for (delta, value) in deltas.iter_mut().zip(block) {
            *delta = value.wrapping_sub(last);
            min = min.min(*delta);
            last = *value;
        }
        // The miniblock that the values end in is filled up; those after it are not written.
        deltas.iter_mut().skip(block.len()).for_each(|delta| *delta = min);
        let mut groups = [[0u64; GROUP]; BLOCK / GROUP];
        let mut widths = [0u8; BLOCK / GROUP];
        let (deltas, _) = deltas.as_chunks::<GROUP>();
        for ((group, width), deltas) in groups.iter_mut().zip(&mut widths).zip(deltas) {
            let mut bits = 0;
            for (slot, delta) in group.iter_mut().zip(deltas) {
                *slot = delta.wrapping_sub(min) as u64;
                bits |= *slot;
            }
            *width = (u64::BITS - bits.leading_zeros()) as u8;
        }
        zigzag(min, out);
        out.extend_from_slice(&widths);
        for (group, width) in groups.iter().zip(widths).take(block.len().div_ceil(GROUP)) {
            pack(group, width as u32, out);
        }
    }
}

/// The same for `count` times one value.
pub fn delta_constant(value: i64, count: usize, out: &mut Vec<u8>) {
    uleb(BLOCK as u64, out);
    uleb((BLOCK / GROUP) as u64, out);
    uleb(count as u64, out);
    zigzag(if count > 0 { value } else { 0 }, out);
    // Each block says that the least difference is none, and that the others take no bits.
    for _ in 0..count.saturating_sub(1).div_ceil(BLOCK) {
        out.extend_from_slice(&[0; 1 + BLOCK / GROUP]);
    }
}

/// Bit-packs 32 values of `width` bits (63 at most), the first one lowest.
fn pack(values: &[u64; GROUP], width: u32, out: &mut Vec<u8>) {
    if width == 0 {
        return;
    }
    let mut bytes = [0u8; 8 * GROUP];
    let mut words = bytes.as_chunks_mut::<8>().0.iter_mut();
    let (mut word, mut used) = (0u64, 0);
    for value in values {
        word |= value << used;
        used += width;
        if used >= u64::BITS {
            if let Some(slot) = words.next() {
                *slot = word.to_le_bytes();
            }
            used -= u64::BITS;
            word = if used == 0 { 0 } else { value >> (width - used) };
        }
    }
    if let (Some(slot), 1..) = (words.next(), used) {
        *slot = word.to_le_bytes();
    }
    out.extend_from_slice(bytes.get(..width as usize * GROUP / 8).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(encode: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        encode(&mut out);
        out
    }

    /// The values of the example in Encodings.md; the block is ours: 128 values in four miniblocks.
    #[test]
    fn delta_of_the_specification() {
        let block = [0x80, 1, 4, 8, 14, 3, 2, 0, 0, 0, 0b1100_0000, 0b0011_1111, 0, 0, 0, 0, 0, 0];
        assert_eq!(encoded(|out| delta(&[7i64, 5, 3, 1, 2, 3, 4, 5], out)), block);
        assert_eq!(encoded(|out| delta(&[3i64], out)), [0x80, 1, 4, 1, 6]);
        for count in [0, 1, 2, 32, 128, 129, 130, 257, 1000] {
            assert_eq!(encoded(|out| delta_constant(14, count, out)), encoded(|out| delta(&vec![14i64; count], out)));
        }
        assert_eq!(encoded(|out| delta(&[], out)), [0x80, 1, 4, 0, 0]);
    }

    /// The example in Encodings.md.
    #[test]
    fn bit_packing_of_the_specification() {
        let indices = encoded(|out| indices(&[0, 1, 2, 3, 4, 5, 6, 7], 7, out));
        assert_eq!(indices, [3, 0b11, 0b1000_1000, 0b1100_0110, 0b1111_1010]);
    }

    #[test]
    fn indices_take_the_shorter_form() {
        assert_eq!(encoded(|out| indices(&[300; 100], 300, out)), [9, 200, 1, 44, 1]);
        let runs = [[1; 40], [2; 40]].concat();
        assert_eq!(encoded(|out| indices(&runs, 2, out)), [2, 80, 1, 80, 2]);
        // One bit each, even of a dictionary of one entry: not every reader knows a width of none.
        assert_eq!(encoded(|out| indices(&[0; 3], 0, out)), [1, 0b11, 0]);
        // Nine values fill two groups of eight.
        assert_eq!(encoded(|out| indices(&[1, 0, 1, 0, 1, 0, 1, 0, 1], 1, out)), [1, 0b101, 0b0101_0101, 1]);
    }

    #[test]
    fn widths_beyond_a_word_are_packed_whole() {
        // 63-bit values: each begins one bit earlier in its word than the one before.
        let values: Vec<u64> = (0..GROUP as u64).map(|value| (1 << 62) | value).collect();
        let packed = encoded(|out| pack(values.first_chunk().unwrap(), 63, out));
        assert_eq!(packed.len(), 63 * GROUP / 8);
        for (place, value) in values.iter().enumerate() {
            let bit = |at: usize| (packed[at / 8] >> (at % 8) & 1) as u64;
            assert_eq!((0..63).fold(0, |sum, n| sum | bit(place * 63 + n) << n), *value);
        }
    }

    #[test]
    fn levels_are_runs_or_the_validity_itself() {
        assert_eq!(encoded(|out| levels(300, 300, &[], out)), [3, 0, 0, 0, 0xD8, 4, 1]);
        assert_eq!(encoded(|out| levels(5, 0, &[], out)), [2, 0, 0, 0, 10, 0]);
        // Bits after the last row do not count.
        assert_eq!(encoded(|out| levels(10, 5, &[0b1010_1010, 0xFD, 7], out)), [3, 0, 0, 0, 5, 0b1010_1010, 1]);
    }

    #[test]
    fn booleans_are_bits_from_the_lowest() {
        for count in 0..20 {
            let values: Vec<u8> = (0..count).map(|n| (n % 3 == 0 || n == 7) as u8).collect();
            let bits = encoded(|out| bools(&values, out));
            assert_eq!(bits.len(), values.len().div_ceil(8));
            for (n, value) in values.iter().enumerate() {
                assert_eq!(bits[n / 8] >> (n % 8) & 1, *value);
            }
        }
    }

    #[test]
    fn decimals_are_big_endian_and_signed() {
        assert_eq!(decimal(-2, 1), [0xFE]);
        assert_eq!(decimal(258, 3), [0, 1, 2]);
        assert_eq!(decimal(-1, 32), [0xFF; 32]);
        assert_eq!(decimal(1, 17), [[0; 16].as_slice(), &[1]].concat());
    }
}
