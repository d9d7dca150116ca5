//! One column's open page.

use super::dictionary::{Dictionary, MAX_BYTES};
use super::{Page, Values};
use crate::error::Result;
use crate::normalize::hash::Id;
use crate::normalize::schema::DataType;

/// What a column holds, packed: only the cells that are not null.
pub enum Cells {
    Bool(Vec<u8>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    I128(Vec<i128>),
    Text(Texts),
    /// Row ids, spelled out when the page is written.
    Ids(Vec<Id>),
    /// The ids of parent rows: those of one parent stand together, so they are a dictionary without a search.
    Parents {
        parents: Vec<Id>,
        indices: Vec<u32>,
    },
    /// The same text in every row: nothing is stored.
    Constant {
        text: String,
        indices: Vec<u32>,
    },
}

impl Cells {
    pub fn of(data_type: DataType) -> Cells {
        match data_type {
            DataType::Bool => Cells::Bool(Vec::new()),
            DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time => Cells::I64(Vec::new()),
            DataType::Double => Cells::F64(Vec::new()),
            DataType::Decimal | DataType::Wei => Cells::I128(Vec::new()),
            DataType::Text | DataType::Json | DataType::Binary => Cells::Text(Texts::default()),
        }
    }
}

/// Texts of a page: as positions in a dictionary while that pays, else as they are.
#[derive(Default)]
pub struct Texts {
    plain: bool,
    lens: Vec<u32>,
    data: Vec<u8>,
    indices: Vec<u32>,
    dictionary: Dictionary,
    /// A page of this row group refers to the dictionary.
    paged: bool,
}

/// A column's open page.
pub struct Builder {
    cells: Cells,
    /// One bit a row, from the first null on; empty: no null so far.
    validity: Vec<u8>,
    /// Rows that have a cell or are known to be null.
    rows: usize,
    lens: Vec<u32>,
    data: Vec<u8>,
}

/// Equality of short texts without a call to the C library's comparison.
#[inline(always)]
pub(super) fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

const K: u64 = 0x9E37_79B9_7F4A_7C15;
const L: u64 = 0xC2B2_AE3D_27D4_EB4F;

#[inline(always)]
fn stir(h: u64, w: u64, by: u64) -> u64 {
    let h = (h ^ w).wrapping_mul(by);
    h ^ (h >> 32)
}

/// A 64-bit hash of bytes, the same on every machine. Two lanes, so that long texts do not wait for one multiplication after
/// the other.
#[inline(always)]
pub fn hash(bytes: &[u8]) -> u64 {
    let mut h = (bytes.len() as u64).wrapping_mul(K);
    let (pairs, rest) = bytes.as_chunks::<16>();
    if !pairs.is_empty() {
        let mut other = L;
        for pair in pairs {
            let both = u128::from_le_bytes(*pair);
            h = stir(h, both as u64, K);
            other = stir(other, (both >> 64) as u64, L);
        }
        h = stir(h, other.rotate_left(23), K);
    }
    let (words, rest) = rest.as_chunks::<8>();
    for word in words {
        h = stir(h, u64::from_le_bytes(*word), K);
    }
    let mut last = 0u64;
    for (i, byte) in rest.iter().enumerate() {
        last |= u64::from(*byte) << (8 * i);
    }
    h = stir(h, last, K);
    stir(h, h >> 29, L)
}

impl Builder {
    pub fn new(cells: Cells) -> Builder {
        Builder { cells, validity: Vec::new(), rows: 0, lens: Vec::new(), data: Vec::new() }
    }

    /// Makes `row` the column's last row, present; rows between are null. False: the row already has a cell.
    #[inline(always)]
    fn present(&mut self, row: usize) -> bool {
        if row == self.rows && self.validity.is_empty() {
            self.rows = row + 1;
            return true;
        }
        self.present_after_null(row)
    }

    #[inline(never)]
    fn present_after_null(&mut self, row: usize) -> bool {
        if row < self.rows {
            return false;
        }
        self.nulls_to(row);
        if !self.validity.is_empty() {
            if row & 7 == 0 {
                self.validity.push(1);
            } else if let Some(last) = self.validity.last_mut() {
                *last |= 1 << (row & 7);
            }
        }
        self.rows = row + 1;
        true
    }

    /// Marks the rows up to `end` as null.
    fn nulls_to(&mut self, end: usize) {
        if end <= self.rows {
            return;
        }
        if self.validity.is_empty() {
            self.validity.resize(self.rows / 8, 0xFF);
            if self.rows & 7 != 0 {
                self.validity.push((1 << (self.rows & 7)) - 1);
            }
        }
        self.validity.resize(end.div_ceil(8), 0);
        self.rows = end;
    }

    #[inline(always)]
    pub fn push_i64(&mut self, row: usize, value: i64) {
        if self.present(row)
            && let Cells::I64(values) = &mut self.cells
        {
            values.push(value);
        }
    }

    #[inline(always)]
    pub fn push_f64(&mut self, row: usize, value: f64) {
        if self.present(row)
            && let Cells::F64(values) = &mut self.cells
        {
            values.push(value);
        }
    }

    #[inline(always)]
    pub fn push_bool(&mut self, row: usize, value: bool) {
        if self.present(row)
            && let Cells::Bool(values) = &mut self.cells
        {
            values.push(value as u8);
        }
    }

    pub fn push_i128(&mut self, row: usize, value: i128) {
        if self.present(row)
            && let Cells::I128(values) = &mut self.cells
        {
            values.push(value);
        }
    }

    #[inline(always)]
    pub fn push_id(&mut self, row: usize, id: Id) {
        if !self.present(row) {
            return;
        }
        match &mut self.cells {
            Cells::Ids(ids) => ids.push(id),
            Cells::Parents { parents, indices } => {
                if parents.last() != Some(&id) {
                    parents.push(id);
                }
                indices.push(parents.len() as u32 - 1);
            }
            Cells::Text(texts) => {
                let mut text = [0; 14];
                id.write_base64(&mut text);
                texts.push_plain(&text);
            }
            _ => {}
        }
    }

    /// Appends to a text column; `born` is the number of rows in the row group before this page. Gives the bytes' hash.
    #[inline(always)]
    pub fn push_bytes(&mut self, row: usize, bytes: &[u8], born: u64) -> u64 {
        let hash = hash(bytes);
        if self.present(row)
            && let Cells::Text(texts) = &mut self.cells
        {
            if texts.plain {
                texts.push_plain(bytes);
            } else {
                let index = texts.dictionary.index(bytes, hash, born + row as u64);
                texts.indices.push(index);
            }
        }
        hash
    }

    /// A column of ids must take a text that is no id of ours: it becomes a column of plain texts.
    pub fn ids_to_text(&mut self) {
        let mut texts = Texts { plain: true, ..Texts::default() };
        let mut text = [0; 14];
        match &self.cells {
            Cells::Ids(ids) => {
                for id in ids {
                    id.write_base64(&mut text);
                    texts.push_plain(&text);
                }
            }
            Cells::Parents { parents, indices } => {
                for parent in indices.iter().filter_map(|index| parents.get(*index as usize)) {
                    parent.write_base64(&mut text);
                    texts.push_plain(&text);
                }
            }
            _ => return,
        }
        self.cells = Cells::Text(texts);
    }

    /// Cuts off the rows from `row` on; `born` is that row's number in the row group.
    pub fn truncate(&mut self, row: usize, born: u64) {
        if row >= self.rows {
            return;
        }
        let dropped = if self.validity.is_empty() {
            self.rows - row
        } else {
            (row..self.rows).filter(|r| self.validity.get(r / 8).is_some_and(|bits| bits >> (r & 7) & 1 == 1)).count()
        };
        if !self.validity.is_empty() {
            self.validity.truncate(row.div_ceil(8));
            if row & 7 != 0
                && let Some(last) = self.validity.last_mut()
            {
                *last &= (1 << (row & 7)) - 1;
            }
        }
        self.rows = row;
        match &mut self.cells {
            Cells::Bool(values) => values.truncate(values.len() - dropped),
            Cells::I64(values) => values.truncate(values.len() - dropped),
            Cells::F64(values) => values.truncate(values.len() - dropped),
            Cells::I128(values) => values.truncate(values.len() - dropped),
            Cells::Ids(ids) => ids.truncate(ids.len() - dropped),
            Cells::Parents { parents, indices } => {
                let kept = indices.len() - dropped;
                let dropped_first = indices.get(kept).copied();
                indices.truncate(kept);
                // Positions only grow, and a page begins with a new parent: what lies above the last kept one was brought by
                // the rows cut off.
                let needed = match (indices.last(), dropped_first) {
                    (Some(last), _) => *last as usize + 1,
                    (None, Some(first)) => first as usize,
                    (None, None) => parents.len(),
                };
                parents.truncate(needed);
            }
            Cells::Text(texts) => texts.truncate(dropped, born),
            Cells::Constant { .. } => {}
        }
    }

    /// Bytes of text in the open page, those in a dictionary not counted.
    pub fn text_bytes(&self) -> usize {
        match &self.cells {
            Cells::Text(texts) => texts.data.len(),
            _ => 0,
        }
    }

    /// Bytes that the row group's dictionary will have.
    pub fn dictionary_bytes(&self) -> usize {
        match &self.cells {
            Cells::Parents { parents, .. } => parents.len() * 18,
            Cells::Text(texts) => texts.dictionary.data.len(),
            _ => 0,
        }
    }

    /// Gives the page of `rows` rows to `write` and begins the next.
    pub fn with_page(
        &mut self,
        rows: usize,
        group_rows: u64,
        write: impl FnOnce(Page<'_>) -> Result<()>,
    ) -> Result<()> {
        match &mut self.cells {
            Cells::Constant { indices, .. } => {
                indices.resize(rows, 0);
                self.rows = rows;
            }
            Cells::Text(texts) => texts.choose(group_rows + rows as u64),
            _ => {}
        }
        self.nulls_to(rows);
        let values = match &self.cells {
            Cells::Bool(values) => Values::Bool(values),
            Cells::I64(values) => Values::I64(values),
            Cells::F64(values) => Values::F64(values),
            Cells::I128(values) => Values::I128(values),
            Cells::Ids(ids) => {
                spell(ids, &mut self.lens, &mut self.data);
                Values::Bytes { lens: &self.lens, data: &self.data }
            }
            Cells::Parents { parents, indices } => Values::Indices { indices, size: parents.len() as u32 },
            Cells::Constant { indices, .. } => Values::Indices { indices, size: 1 },
            Cells::Text(texts) if texts.plain => Values::Bytes { lens: &texts.lens, data: &texts.data },
            Cells::Text(texts) => Values::Indices { indices: &texts.indices, size: texts.dictionary.len() as u32 },
        };
        let validity = if self.validity.is_empty() { None } else { Some(self.validity.as_slice()) };
        write(Page { rows, validity, values })?;
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.validity.clear();
        self.rows = 0;
        match &mut self.cells {
            Cells::Bool(values) => values.clear(),
            Cells::I64(values) => values.clear(),
            Cells::F64(values) => values.clear(),
            Cells::I128(values) => values.clear(),
            Cells::Ids(ids) => ids.clear(),
            Cells::Parents { indices, .. } | Cells::Constant { indices, .. } => indices.clear(),
            Cells::Text(texts) => texts.clear(),
        }
    }

    /// Gives the row group's dictionary, if the column has one, to `write`, and forgets it.
    pub fn end_row_group(&mut self, write: impl FnOnce(&[u32], &[u8]) -> Result<()>) -> Result<()> {
        match &mut self.cells {
            Cells::Parents { parents, .. } if !parents.is_empty() => {
                spell(parents, &mut self.lens, &mut self.data);
                write(&self.lens, &self.data)?;
                parents.clear();
            }
            Cells::Text(texts) if texts.paged => {
                write(&texts.dictionary.lens, &texts.dictionary.data)?;
                texts.dictionary.clear();
                texts.paged = false;
            }
            Cells::Constant { text, .. } => write(&[text.len() as u32], text.as_bytes())?,
            _ => {}
        }
        Ok(())
    }
}

fn spell(ids: &[Id], lens: &mut Vec<u32>, data: &mut Vec<u8>) {
    lens.clear();
    lens.resize(ids.len(), 14);
    data.clear();
    data.resize(ids.len() * 14, 0);
    for (id, out) in ids.iter().zip(data.as_chunks_mut::<14>().0) {
        id.write_base64(out);
    }
}

impl Texts {
    #[inline(always)]
    fn push_plain(&mut self, bytes: &[u8]) {
        self.lens.push(bytes.len() as u32);
        self.data.extend_from_slice(bytes);
    }

    /// When the page ends: a dictionary that holds most values, or too many bytes, is given up for good. The pages already
    /// written keep it.
    fn choose(&mut self, rows: u64) {
        if self.plain {
            return;
        }
        let entries = self.dictionary.len() as u64;
        if (entries >= 64 && entries * 2 > rows) || self.dictionary.data.len() > MAX_BYTES {
            for index in std::mem::take(&mut self.indices) {
                let bytes = self.dictionary.get(index);
                self.lens.push(bytes.len() as u32);
                self.data.extend_from_slice(bytes);
            }
            self.plain = true;
            if !self.paged {
                self.dictionary = Dictionary::default();
            }
        } else {
            self.paged = true;
        }
    }

    fn truncate(&mut self, dropped: usize, born: u64) {
        if self.plain {
            let kept = self.lens.len() - dropped;
            let bytes: usize = self.lens.get(kept..).unwrap_or_default().iter().map(|len| *len as usize).sum();
            self.lens.truncate(kept);
            self.data.truncate(self.data.len() - bytes);
        } else {
            self.indices.truncate(self.indices.len() - dropped);
            self.dictionary.roll_back(born);
        }
    }

    fn clear(&mut self) {
        self.lens.clear();
        self.data.clear();
        self.indices.clear();
    }
}
