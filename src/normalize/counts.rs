//! How many rows of a table each record of a load brought.

/// The numbers, record after record: a byte each, and one more for each 255 rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    bytes: Vec<u8>,
    records: u64,
    rows: u64,
}

const MORE: u8 = u8::MAX;

impl Counts {
    /// The record after `records` others is in, and the table has `rows` rows by then. Records that nothing was said of brought none.
    pub fn record(&mut self, records: u64, rows: u64) {
        let unsaid = records.saturating_sub(self.records);
        self.bytes.extend((0..unsaid).map(|_| 0));
        let mut more = rows.saturating_sub(self.rows);
        while more >= u64::from(MORE) {
            self.bytes.push(MORE);
            more -= u64::from(MORE);
        }
        self.bytes.push(more as u8);
        (self.records, self.rows) = (records + 1, rows);
    }

    /// Record after record.
    pub fn iter(&self) -> Iter<'_> {
        Iter(self.bytes.iter())
    }
}

#[derive(Default)]
pub struct Iter<'c>(std::slice::Iter<'c, u8>);

impl Iterator for Iter<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let mut rows = 0;
        loop {
            let byte = *self.0.next()?;
            rows += usize::from(byte);
            if byte < MORE {
                return Some(rows);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_come_back() {
        let counts = [0, 1, 254, 255, 256, 509, 510, 70_000, 0];
        let (mut table, mut rows) = (Counts::default(), 0);
        for (record, count) in counts.iter().enumerate() {
            rows += *count as u64;
            table.record(record as u64, rows);
        }
        assert_eq!(table.iter().collect::<Vec<_>>(), counts);
    }

    #[test]
    fn a_table_that_comes_late_had_no_row_before() {
        let mut table = Counts::default();
        table.record(3, 2);
        table.record(5, 4);
        assert_eq!(table.iter().collect::<Vec<_>>(), [0, 0, 0, 2, 0, 2]);
    }
}
