//! The bytes of a page → values: what [`super::encode`] writes, and nothing else. `None`: the bytes are damaged.

use super::encode::{BLOCK, GROUP};

/// Splits a version-1 page's definition levels off: for each of its `rows`, whether it has a value.
pub fn levels(rows: usize, page: &mut &[u8]) -> Option<Vec<bool>> {
    let length = u32::from_le_bytes(*page.split_off(..4)?.first_chunk()?);
    let levels = page.split_off(..length as usize)?;
    hybrid(levels, 1, rows, |level| [false, true].get(level as usize).copied())
}

/// RLE_DICTIONARY indices into so many entries.
pub fn indices(page: &[u8], count: usize, entries: usize) -> Option<Vec<u32>> {
    let (width, indices) = page.split_first()?;
    hybrid(indices, *width as usize, count, |index| (index < entries as u64).then_some(index as u32))
}

/// Runs of one value, and groups of eight bit-packed ones. Only the last group may hold more than `count` values in all.
fn hybrid<T: Copy>(mut bytes: &[u8], width: usize, count: usize, value: impl Fn(u64) -> Option<T>) -> Option<Vec<T>> {
    if !(1..=32).contains(&width) {
        return None;
    }
    let mut values = room(count)?;
    while values.len() < count {
        let left = count - values.len();
        let head = uleb(&mut bytes)?;
        let length = usize::try_from(head >> 1).ok()?;
        if head & 1 == 0 {
            let run =
                bytes.split_off(..width.div_ceil(8))?.iter().rev().fold(0, |value, byte| value << 8 | *byte as u64);
            values.resize(values.len() + Some(length).filter(|length| *length <= left)?, value(run)?);
        } else {
            let packed = bytes.split_off(..length.checked_mul(width)?)?;
            if length > left.div_ceil(8) {
                return None;
            }
            for packed in unpack(packed, width).take(left) {
                values.push(value(packed)?);
            }
        }
    }
    bytes.is_empty().then_some(values)
}

/// PLAIN booleans.
pub fn bools(page: &[u8], count: usize) -> Option<Vec<bool>> {
    (page.len() == count.div_ceil(8)).then(|| unpack(page, 1).take(count).map(|bit| bit == 1).collect())
}

/// PLAIN values of `N` bytes each.
pub fn fixed<T, const N: usize>(page: &[u8], count: usize, value: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
    let (values, rest) = page.as_chunks::<N>();
    (values.len() == count && rest.is_empty()).then(|| values.iter().map(|bytes| value(*bytes)).collect())
}

/// PLAIN decimals of `width` bytes each, 1 at least.
pub fn decimals(page: &[u8], count: usize, width: usize) -> Option<Vec<i128>> {
    if Some(page.len()) != count.checked_mul(width) {
        return None;
    }
    page.chunks_exact(width).map(decimal).collect()
}

/// A big-endian number in two's complement.
fn decimal(bytes: &[u8]) -> Option<i128> {
    let (high, low) = bytes.split_at(bytes.len().saturating_sub(16));
    let sign = if bytes.first().is_some_and(|byte| *byte >= 0x80) { -1 } else { 0 };
    let value = low.iter().fold(sign, |value, byte| value << 8 | *byte as i128);
    // More than 128 bits must be the sign's.
    (high.iter().all(|byte| *byte as i8 as i128 == sign) && (value < 0) == (sign < 0)).then_some(value)
}

/// Where a byte string begins and ends in the body of its page.
pub type Span = (u32, u32);

/// PLAIN byte arrays: each with its length in front. `page` stands behind `before` bytes of the body.
pub fn byte_arrays(page: &[u8], before: usize, count: usize) -> Option<Vec<Span>> {
    let mut values = room(Some(count).filter(|count| *count <= page.len() / 4)?)?;
    let mut rest = page;
    for _ in 0..count {
        let (length, behind) = rest.split_first_chunk()?;
        values.push(span(u32::from_le_bytes(*length), before + page.len() - behind.len())?);
        rest = behind.get(u32::from_le_bytes(*length) as usize..)?;
    }
    rest.is_empty().then_some(values)
}

/// DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. `page` stands behind `before` bytes of the body.
pub fn delta_byte_arrays(mut page: &[u8], before: usize, count: usize) -> Option<Vec<Span>> {
    let end = before + page.len();
    let lengths = delta(&mut page, count)?;
    let mut values = room(count)?;
    for length in lengths {
        let length = u32::try_from(length).ok()?;
        values.push(span(length, end - page.len())?);
        page = page.get(length as usize..)?;
    }
    page.is_empty().then_some(values)
}

fn span(length: u32, start: usize) -> Option<Span> {
    let start = u32::try_from(start).ok()?;
    Some((start, start.checked_add(length)?))
}

/// DELTA_BINARY_PACKED, in blocks as [`super::encode`] makes them. `page` is left with what stands behind the values.
pub fn delta(page: &mut &[u8], count: usize) -> Option<Vec<i64>> {
    let head = [uleb(page)?, uleb(page)?, uleb(page)?];
    if head != [BLOCK as u64, (BLOCK / GROUP) as u64, count as u64] {
        return None;
    }
    let mut last = zigzag(page)?;
    let mut values = room(count)?;
    if count > 0 {
        values.push(last);
    }
    while values.len() < count {
        let min = zigzag(page)?;
        let widths: &[u8; BLOCK / GROUP] = page.split_off(..BLOCK / GROUP)?.first_chunk()?;
        for width in widths.iter().map(|width| *width as usize) {
            let left = (count - values.len()).min(GROUP);
            if left == 0 {
                break;
            }
            let packed = Some(width).filter(|width| *width <= 64)?;
            let packed = page.split_off(..packed * GROUP / 8)?;
            let mut next = |delta: u64| {
                last = last.wrapping_add(min).wrapping_add(delta as i64);
                last
            };
            match width {
                0 => values.extend(std::iter::repeat_with(|| next(0)).take(left)),
                _ => values.extend(unpack(packed, width).take(left).map(next)),
            }
        }
    }
    Some(values)
}

/// An empty vector for `count` values, if there is the memory: a damaged count can be any.
pub fn room<T>(count: usize) -> Option<Vec<T>> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).ok()?;
    Some(values)
}

fn uleb(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *bytes.split_off_first()?;
        let bits = (byte & 0x7F) as u64;
        value |= bits << shift;
        if bits << shift >> shift != bits {
            return None;
        }
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn zigzag(bytes: &mut &[u8]) -> Option<i64> {
    uleb(bytes).map(|value| (value >> 1) as i64 ^ -((value & 1) as i64))
}

/// Bit-packed values of `width` bits (1 to 64), the first one lowest.
fn unpack(bytes: &[u8], width: usize) -> impl Iterator<Item = u64> {
    let mut words = bytes.chunks(8).map(|word| match word.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => word.iter().rev().fold(0, |word, byte| word << 8 | *byte as u64),
    });
    let (mut held, mut bits) = (0u128, 0);
    (0..bytes.len() * 8 / width).map_while(move |_| {
        if bits < width {
            held |= (words.next()? as u128) << bits;
            bits += 64;
        }
        let value = held as u64 & u64::MAX >> (64 - width);
        held >>= width;
        bits -= width;
        Some(value)
    })
}
