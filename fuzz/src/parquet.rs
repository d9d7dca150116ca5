//! Any table, there and back by two readers; then any damage to its file.

use super::choices::Choices;
use super::model::any_table;
use super::round_trip::{read_all, round_trip};
use super::watched;
use gatelake::parquet::{MAX_ROWS, WriterOptions};

/// No reader of a small file may ask for more at once: the widest cells of as many rows as a row group may have, with room to
/// grow.
const MOST: usize = 64 * MAX_ROWS;

pub fn target(data: &[u8]) {
    let mut c = Choices::Bytes(data);
    if let (3, Choices::Bytes(file)) = (c.below(4), &c) {
        return read(file);
    }
    let options = WriterOptions { plain_encodings: c.one_in(2), ..WriterOptions::default() };
    let mut bytes = round_trip(&any_table(&mut c), options);
    for _ in 0..16 {
        if c.is_over() || bytes.is_empty() {
            break;
        }
        damage(&mut bytes, &mut c);
        read(&bytes);
    }
}

fn read(bytes: &[u8]) {
    if let Err(error) = read_all(bytes) {
        assert_eq!(error.code(), "parquet_read");
    }
    assert!(watched::largest() < MOST, "{} bytes at once", watched::largest());
}

fn damage(bytes: &mut Vec<u8>, c: &mut Choices) {
    // Most of a small file is its footer: places are counted from the front or from the end.
    let at = c.below((bytes.len() as u64).min(65_536)) as usize;
    let at = if c.one_in(2) { bytes.len() - 1 - at } else { at };
    match c.below(4) {
        0 => bytes[at] ^= 1 << c.below(8),
        1 => bytes[at] = c.below(256) as u8,
        2 => drop(bytes.drain(at..(at + 1 + c.below(16) as usize).min(bytes.len()))),
        _ => bytes.insert(at, c.below(256) as u8),
    }
}
