//! Which files of a table are put together, so that a table that many loads add a little to stays a few files.

use std::ops::Range;

/// Files that are put together at most, of one table in one load: each has to be read.
const MOST: usize = 64;

/// Neighbours to become one file each, in order, of files of these sizes. Nothing else is: rows stay in their order.
///
/// A file joins those behind it once they come to what it is. So each time that a row is written again its file has at least twice the size, which
/// ends at `limit`; and what is left are sizes that halve from file to file. Files beyond half the limit stay as they are for good.
pub fn groups(sizes: &[u64], limit: u64) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut joined = 0;
    let mut behind = 0;
    for (place, size) in sizes.iter().copied().enumerate().rev() {
        match groups.last_mut() {
            Some(group) if size <= behind && size + behind <= limit && joined < MOST => {
                group.start = place;
                behind += size;
                joined += 1;
            }
            _ => {
                groups.push(place..place + 1);
                behind = size;
            }
        }
    }
    groups.reverse();
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The files after so many loads of that size, and the bytes that were written.
    fn after(loads: usize, size: impl Fn(usize) -> u64, limit: u64) -> (Vec<u64>, u64) {
        let (mut files, mut written) = (Vec::new(), 0);
        for load in 0..loads {
            files.push(size(load));
            let mut next = Vec::new();
            for group in groups(&files, limit) {
                let sum = files[group.clone()].iter().sum();
                written += if group.len() > 1 { sum } else { 0 };
                next.push(sum);
            }
            files = next;
        }
        (files, written)
    }

    #[test]
    fn small_loads_become_few_files_and_each_row_is_written_a_few_times() {
        for (what, size) in [("equal", [5, 5, 5]), ("up and down", [1, 3, 9]), ("mostly tiny", [1, 1, 400])] {
            let (files, written) = after(3000, |load| size[load % 3], 1000);
            let total: u64 = files.iter().sum();
            assert!(files.iter().all(|size| *size <= 1000), "{what}: {files:?}");
            assert!(files.len() as u64 <= total / 500 + 12, "{what}: {files:?}");
            // log2 of what goes into a file.
            assert!(written <= total * 10, "{what}: {written} of {total}");
        }
    }

    #[test]
    fn large_files_are_left_alone_and_a_heap_of_small_ones_is_worked_off() {
        assert_eq!(groups(&[600, 600, 10, 600], 1000), [0..1, 1..2, 2..4]);
        assert_eq!(groups(&[], 1000), []);
        let group = |sizes: &[u64]| groups(sizes, 1_000_000).iter().map(Range::len).max();
        assert_eq!(group(&[1; 500]), Some(MOST + 1));
        let mut sizes = vec![1; 500];
        for _ in 0..9 {
            sizes = groups(&sizes, 1_000_000).into_iter().map(|group| sizes[group].iter().sum()).collect();
        }
        assert!(sizes.len() < 10, "{sizes:?}");
    }
}
