//! One column's open page.

use super::dictionary::{Dictionary, MAX_BYTES};
use super::padded::{Buffer, HEAD, Padded};
use super::{ByteArrays, Page, Values};
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
    data: Buffer,
    /// Where each text ends in `data`.
    ends: Vec<usize>,
    indices: Vec<u32>,
    dictionary: Dictionary,
    /// A page of this row group refers to the dictionary.
    paged: bool,
}

/// What is known of a text that was appended.
pub struct Pushed {
    pub hash: u64,
    /// The column has taken the same text before.
    pub known: bool,
}

/// A column's open page.
pub struct Builder {
    cells: Cells,
    /// One bit a row: whether it has a cell; rows beyond its end have none. Not kept where every row has one: ids, constants.
    validity: Vec<u8>,
    /// For ids, when they are spelled out.
    spelled: Vec<u8>,
}

impl Builder {
    pub fn new(cells: Cells) -> Builder {
        Builder { cells, validity: Vec::new(), spelled: Vec::new() }
    }

    /// Gives `row` a cell. False: it has one already.
    #[inline(always)]
    fn present(&mut self, row: usize) -> bool {
        let bit = 1 << (row & 7);
        match self.validity.get_mut(row >> 3) {
            Some(bits) => {
                let new = *bits & bit == 0;
                *bits |= bit;
                new
            }
            None => self.first_present(row),
        }
    }

    /// The same where the bits do not reach that far.
    #[cold]
    #[inline(never)]
    fn first_present(&mut self, row: usize) -> bool {
        self.validity.resize((row >> 3) + 64, 0);
        if let Some(bits) = self.validity.get_mut(row >> 3) {
            *bits |= 1 << (row & 7);
        }
        true
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
        match &mut self.cells {
            Cells::Ids(ids) => ids.push(id),
            Cells::Parents { parents, indices } => {
                if parents.last() != Some(&id) {
                    parents.push(id);
                }
                indices.push(parents.len() as u32 - 1);
            }
            _ => self.push_id_text(row, id),
        }
    }

    /// In a column that had to take other ids than ours.
    #[cold]
    #[inline(never)]
    fn push_id_text(&mut self, row: usize, id: Id) {
        if self.present(row)
            && let Cells::Text(texts) = &mut self.cells
        {
            let mut text = [0; 14];
            id.write_base64(&mut text);
            texts.push_plain(Padded::from(text.as_slice()));
        }
    }

    /// Appends to a text column; `born` is the number of rows in the row group before this page.
    #[inline(always)]
    pub fn push_text(&mut self, row: usize, text: Padded<'_>, born: u64) -> Pushed {
        let mut pushed = Pushed { hash: text.hash(), known: false };
        if self.present(row)
            && let Cells::Text(texts) = &mut self.cells
        {
            if texts.plain {
                texts.push_plain(text);
            } else {
                let entries = texts.dictionary.len() as u32;
                let index = texts.dictionary.index(text, pushed.hash, born + row as u64);
                texts.indices.push(index);
                pushed.known = index < entries;
            }
        }
        pushed
    }

    /// A column of ids must take a text that is no id of ours: it becomes a column of plain texts.
    pub fn ids_to_text(&mut self) {
        let mut texts = Texts { plain: true, ..Texts::default() };
        let mut text = [0; 14];
        let mut push = |id: &Id| {
            id.write_base64(&mut text);
            texts.push_plain(Padded::from(text.as_slice()));
        };
        match &self.cells {
            Cells::Ids(ids) => ids.iter().for_each(&mut push),
            Cells::Parents { parents, indices } => {
                indices.iter().filter_map(|index| parents.get(*index as usize)).for_each(&mut push);
            }
            _ => return,
        }
        for row in 0..texts.ends.len() {
            self.present(row);
        }
        self.cells = Cells::Text(texts);
    }

    /// Cuts off the rows from `row` to `end`, which are all that follow; `born` is the first one's number in the row group.
    pub fn truncate(&mut self, row: usize, end: usize, born: u64) {
        let dropped = self.forget_present(row, end);
        match &mut self.cells {
            Cells::Bool(values) => values.truncate(values.len() - dropped),
            Cells::I64(values) => values.truncate(values.len() - dropped),
            Cells::F64(values) => values.truncate(values.len() - dropped),
            Cells::I128(values) => values.truncate(values.len() - dropped),
            Cells::Ids(ids) => ids.truncate(row),
            Cells::Parents { parents, indices } => {
                let dropped_first = indices.get(row).copied();
                indices.truncate(row);
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

    /// Clears the bits of the rows from `row` to `end` and says how many there were.
    fn forget_present(&mut self, row: usize, end: usize) -> usize {
        let kept = (1u8 << (row & 7)) - 1;
        let end = end.div_ceil(8).min(self.validity.len());
        let Some((first, rest)) = self.validity.get_mut(row >> 3..end).and_then(<[u8]>::split_first_mut) else {
            return 0;
        };
        let mut dropped = (*first & !kept).count_ones();
        *first &= kept;
        for bits in rest {
            dropped += bits.count_ones();
            *bits = 0;
        }
        dropped as usize
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
            Cells::Text(texts) => texts.dictionary.bytes(),
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
            Cells::Constant { indices, .. } => indices.resize(rows, 0),
            Cells::Text(texts) => texts.choose(group_rows + rows as u64),
            _ => {}
        }
        let whole = matches!(self.cells, Cells::Ids(_) | Cells::Parents { .. } | Cells::Constant { .. });
        if self.validity.len() < rows.div_ceil(8) && !whole {
            self.validity.resize(rows.div_ceil(8), 0);
        }
        let values = match &self.cells {
            Cells::Bool(values) => Values::Bool(values),
            Cells::I64(values) => Values::I64(values),
            Cells::F64(values) => Values::F64(values),
            Cells::I128(values) => Values::I128(values),
            Cells::Ids(ids) => {
                spell::<0>(ids, &mut self.spelled);
                Values::Fixed { width: 14, data: &self.spelled }
            }
            Cells::Parents { parents, indices } => Values::Indices { indices, size: parents.len() as u32 },
            Cells::Constant { indices, .. } => Values::Indices { indices, size: 1 },
            Cells::Text(texts) if texts.plain => {
                Values::Bytes(ByteArrays { count: texts.ends.len(), plain: texts.data.bytes() })
            }
            Cells::Text(texts) => Values::Indices { indices: &texts.indices, size: texts.dictionary.len() as u32 },
        };
        let validity = (!whole).then_some(self.validity.as_slice());
        write(Page { rows, validity, values })?;
        self.clear();
        Ok(())
    }

    fn clear(&mut self) {
        self.validity.fill(0);
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
    pub fn end_row_group(&mut self, write: impl FnOnce(ByteArrays<'_>) -> Result<()>) -> Result<()> {
        match &mut self.cells {
            Cells::Parents { parents, .. } if !parents.is_empty() => {
                spell::<HEAD>(parents, &mut self.spelled);
                write(ByteArrays { count: parents.len(), plain: &self.spelled })?;
                parents.clear();
            }
            Cells::Text(texts) if texts.paged => {
                write(texts.dictionary.texts())?;
                texts.dictionary.clear();
                texts.paged = false;
            }
            Cells::Constant { text, .. } => {
                write(ByteArrays { count: 1, plain: &ByteArrays::plain([text.as_bytes()]) })?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Ids in base64, each behind the `HEAD` bytes of its length.
fn spell<const HEAD: usize>(ids: &[Id], out: &mut Vec<u8>) {
    out.clear();
    out.resize(ids.len() * (HEAD + 14), 0);
    for (id, room) in ids.iter().zip(out.chunks_exact_mut(HEAD + 14)) {
        let (head, text) = room.split_at_mut(HEAD);
        head.copy_from_slice(14u32.to_le_bytes().get(..HEAD).unwrap_or_default());
        if let Some(text) = text.first_chunk_mut() {
            id.write_base64(text);
        }
    }
}

impl Texts {
    #[inline(always)]
    fn push_plain(&mut self, text: Padded<'_>) {
        self.data.push(text);
        self.ends.push(self.data.len());
    }

    /// When the page ends: a dictionary that holds most values, or too many bytes, is given up for good. The pages already
    /// written keep it.
    fn choose(&mut self, rows: u64) {
        if self.plain {
            return;
        }
        let entries = self.dictionary.len() as u64;
        if (entries >= 64 && entries * 2 > rows) || self.dictionary.bytes() > MAX_BYTES {
            for index in std::mem::take(&mut self.indices) {
                self.data.push(self.dictionary.get(index));
                self.ends.push(self.data.len());
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
            self.ends.truncate(self.ends.len() - dropped);
            self.data.truncate(self.ends.last().copied().unwrap_or(0));
        } else {
            self.indices.truncate(self.indices.len() - dropped);
            self.dictionary.roll_back(born);
        }
    }

    fn clear(&mut self) {
        self.data.clear();
        self.ends.clear();
        self.indices.clear();
    }
}
