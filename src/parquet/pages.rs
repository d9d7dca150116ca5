//! Where a file's pages stand, and one page → its cells.
//!
//! A row group's [`Group`] says where its column chunks begin; a chunk's [`Directory`] where each of its pages does, which is
//! found by walking over the page headers. So the cells of a few rows cost the decoding of the few pages that hold them.

use super::schema::Physical;
use super::{ColumnSpec, Value, decode};
use crate::normalize::schema::DataType;
use parquet_format_safe::thrift::protocol::TCompactInputProtocol;
use parquet_format_safe::{CompressionCodec, Encoding, PageHeader, RowGroup};
use std::borrow::Cow;
use std::rc::Rc;

/// Memory that a page's header may take; ours have no statistics, so it is small.
const MAX_HEADER: usize = 1024;
/// Snappy's densest element makes 64 bytes of 3.
const MAX_RATIO: usize = 22;

/// A file's bytes, in one piece, or in several between which no page is divided.
pub trait Bytes {
    /// The bytes from `at` to the end of their piece; none beyond the end.
    fn tail(&self, at: u64) -> &[u8];
}

impl Bytes for [u8] {
    fn tail(&self, at: u64) -> &[u8] {
        usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default()
    }
}

/// A row group: its rows, and where its columns lie. Columns that appeared later in the file may be missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub rows: usize,
    chunks: Vec<Chunk>,
}

/// One column's pages of a row group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunk {
    start: u64,
    end: u64,
    snappy: bool,
    /// The first page is a dictionary.
    dictionary: bool,
}

impl Group {
    /// `None` if it is not one that [`super::Writer`] could have written for such columns.
    pub(super) fn of(group: &RowGroup, columns: impl Iterator<Item = Physical>) -> Option<Group> {
        let chunk = |(chunk, physical): (&parquet_format_safe::ColumnChunk, Physical)| {
            let meta = chunk.meta_data.as_ref()?;
            let start = u64::try_from(meta.dictionary_page_offset.unwrap_or(meta.data_page_offset)).ok()?;
            let snappy = match meta.codec {
                CompressionCodec::UNCOMPRESSED => false,
                CompressionCodec::SNAPPY => true,
                _ => return None,
            };
            let ours = meta.type_ == physical.type_() && meta.num_values == group.num_rows;
            ours.then_some(Chunk {
                start,
                end: start.checked_add(u64::try_from(meta.total_compressed_size).ok()?)?,
                snappy,
                dictionary: meta.dictionary_page_offset.is_some(),
            })
        };
        let chunks: Option<Vec<Chunk>> = group.columns.iter().zip(columns).map(chunk).collect();
        Some(Group { rows: usize::try_from(group.num_rows).ok()?, chunks: chunks? })
    }

    /// A column's pages; `None` for one that the row group does not know.
    pub fn chunk(&self, column: usize) -> Option<&Chunk> {
        self.chunks.get(column)
    }
}

/// A page's body as it is stored.
#[derive(Clone, Copy, Debug)]
struct Body {
    at: u64,
    stored: u32,
    /// Bytes when it is decompressed.
    size: u32,
}

/// A data page and the rows that it holds.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Counted from the row group's first row.
    pub first: usize,
    pub rows: usize,
    encoding: Encoding,
    body: Body,
}

/// The pages of one column chunk. `None` of its methods: the bytes are damaged.
#[derive(Clone, Debug)]
pub struct Directory {
    snappy: bool,
    /// The dictionary's page, and how many entries it has.
    dictionary: Option<(Body, usize)>,
    pages: Vec<Place>,
}

impl Directory {
    /// Walks over the headers of a chunk of so many rows.
    pub fn of<B: Bytes + ?Sized>(file: &B, chunk: &Chunk, rows: usize) -> Option<Directory> {
        let (mut at, mut first) = (chunk.start, 0);
        let mut directory = Directory { snappy: chunk.snappy, dictionary: None, pages: Vec::new() };
        while first < rows {
            let piece = file.tail(at);
            let most = usize::try_from(chunk.end.checked_sub(at)?).unwrap_or(usize::MAX).min(piece.len());
            let mut rest = piece.get(..most)?;
            let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut rest, MAX_HEADER));
            let header = header.ok()?;
            let body = Body {
                at: at + (most - rest.len()) as u64,
                stored: u32::try_from(header.compressed_page_size).ok()?,
                size: u32::try_from(header.uncompressed_page_size).ok()?,
            };
            rest.get(..body.stored as usize)?;
            at = body.at + body.stored as u64;
            if chunk.dictionary && directory.dictionary.is_none() {
                let entries = usize::try_from(header.dictionary_page_header.as_ref()?.num_values).ok()?;
                directory.dictionary = Some((body, entries));
                continue;
            }
            let data = header.data_page_header.as_ref()?;
            let here = usize::try_from(data.num_values).ok().filter(|here| *here <= rows - first)?;
            directory.pages.push(Place { first, rows: here, encoding: data.encoding, body });
            first += here;
        }
        Some(directory)
    }

    /// All of its pages, in the order of their rows.
    pub fn pages(&self) -> &[Place] {
        &self.pages
    }

    /// Which page holds a row.
    pub fn page_of(&self, row: usize) -> usize {
        self.pages.partition_point(|page| page.first + page.rows <= row)
    }

    /// The dictionary; empty where there is none.
    pub fn dictionary<B: Bytes + ?Sized>(&self, file: &B) -> Option<Texts> {
        let Some((body, count)) = self.dictionary else { return Some(Texts::default()) };
        let data = self.open(file, body)?.into_owned();
        Some(Texts { spans: decode::byte_arrays(&data, 0, count)?, data })
    }

    /// A page's cells. `dictionary`: what [`Directory::dictionary`] gave.
    pub fn read<B: Bytes + ?Sized>(
        &self,
        file: &B,
        page: usize,
        spec: &ColumnSpec,
        dictionary: &Rc<Texts>,
    ) -> Option<Slab> {
        let place = self.pages.get(page)?;
        Slab::decode(spec, place, self.open(file, place.body)?, dictionary)
    }

    /// A page's body, decompressed.
    fn open<'a, B: Bytes + ?Sized>(&self, file: &'a B, body: Body) -> Option<Cow<'a, [u8]>> {
        let (stored, size) = (file.tail(body.at).get(..body.stored as usize)?, body.size as usize);
        match self.snappy {
            false => (size == stored.len()).then_some(Cow::Borrowed(stored)),
            // What it claims to become is memory that it takes.
            true if size > stored.len().saturating_mul(MAX_RATIO) => None,
            true => {
                let mut page = vec![0; size];
                let length = snap::raw::Decoder::new().decompress(stored, &mut page).ok()?;
                (length == size).then_some(Cow::Owned(page))
            }
        }
    }
}

/// Byte strings, and where each stands.
#[derive(Debug, Default)]
pub struct Texts {
    data: Vec<u8>,
    spans: Vec<decode::Span>,
}

impl Texts {
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The text of that number; none beyond the last.
    pub fn get(&self, at: usize) -> &[u8] {
        let span = self.spans.get(at).map(|(start, end)| *start as usize..*end as usize);
        span.and_then(|span| self.data.get(span)).unwrap_or_default()
    }

    /// Memory, in bytes.
    pub fn bytes(&self) -> usize {
        self.data.len() + self.spans.len() * size_of::<decode::Span>()
    }
}

/// The cells of one page: each row has its slot, which says nothing where the row is null.
#[derive(Debug)]
pub struct Slab {
    rows: usize,
    /// Of each row, whether it has a value; `None`: all have.
    present: Option<Vec<bool>>,
    pub values: Values,
}

#[derive(Debug)]
pub enum Values {
    /// No row has a value.
    None,
    Bool(Vec<bool>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    I128(Vec<i128>),
    /// Text, JSON and binary.
    Texts(Texts),
    /// The same by numbers into the chunk's dictionary.
    Entries(Vec<u32>, Rc<Texts>),
}

impl Slab {
    /// Rows that are all null.
    pub fn nulls(rows: usize) -> Slab {
        Slab { rows, present: None, values: Values::None }
    }

    fn decode(spec: &ColumnSpec, place: &Place, body: Cow<'_, [u8]>, dictionary: &Rc<Texts>) -> Option<Slab> {
        let (rows, mut page) = (place.rows, &*body);
        let present = if spec.nullable { Some(decode::levels(rows, &mut page)?) } else { None };
        let present = present.filter(|present| present.contains(&false));
        let count = present.as_ref().map_or(rows, |present| present.iter().filter(|one| **one).count());
        let spread = present.as_deref();
        let values = match (spec.data_type, place.encoding) {
            (DataType::Bool, Encoding::PLAIN) => Values::Bool(slots(decode::bools(page, count)?, spread)?),
            (DataType::Double, Encoding::PLAIN) => {
                Values::F64(slots(decode::fixed(page, count, f64::from_le_bytes)?, spread)?)
            }
            (DataType::Decimal | DataType::Wei, Encoding::PLAIN) => match Physical::of(spec) {
                Physical::Decimal { width, .. } => Values::I128(slots(decode::decimals(page, count, width)?, spread)?),
                _ => return None,
            },
            (DataType::Text | DataType::Json | DataType::Binary, Encoding::RLE_DICTIONARY) => {
                let numbers = decode::indices(page, count, dictionary.len())?;
                Values::Entries(slots(numbers, spread)?, dictionary.clone())
            }
            (DataType::Text | DataType::Json | DataType::Binary, encoding) => {
                let before = body.len() - page.len();
                let spans = match encoding {
                    Encoding::PLAIN => decode::byte_arrays(page, before, count),
                    Encoding::DELTA_LENGTH_BYTE_ARRAY => decode::delta_byte_arrays(page, before, count),
                    _ => None,
                };
                let spans = slots(spans?, spread)?;
                Values::Texts(Texts { spans, data: body.into_owned() })
            }
            (DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time, encoding) => {
                let physical = Physical::of(spec);
                let values = match (encoding, physical) {
                    (Encoding::DELTA_BINARY_PACKED, _) => decode::delta(&mut page, count).filter(|_| page.is_empty()),
                    (Encoding::PLAIN, Physical::I32 { .. }) => {
                        decode::fixed(page, count, |bytes| i32::from_le_bytes(bytes) as i64)
                    }
                    (Encoding::PLAIN, _) => decode::fixed(page, count, i64::from_le_bytes),
                    _ => None,
                }?;
                let spare = if let Physical::I32 { bits } = physical { 64 - bits } else { 0 };
                if values.iter().any(|value| value << spare >> spare != *value) {
                    return None;
                }
                Values::I64(slots(values, spread)?)
            }
            _ => return None,
        };
        Some(Slab { rows, present, values })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether the row has a value.
    #[inline]
    pub fn has(&self, row: usize) -> bool {
        match &self.present {
            Some(present) => present.get(row).copied().unwrap_or(false),
            None => row < self.rows && !matches!(self.values, Values::None),
        }
    }

    /// A row's cell; `None` is null.
    #[inline]
    pub fn get(&self, row: usize) -> Option<Value<'_>> {
        if !self.has(row) {
            return None;
        }
        Some(match &self.values {
            Values::None => return None,
            Values::Bool(values) => Value::Bool(*values.get(row)?),
            Values::I64(values) => Value::I64(*values.get(row)?),
            Values::F64(values) => Value::F64(*values.get(row)?),
            Values::I128(values) => Value::I128(*values.get(row)?),
            Values::Texts(texts) => Value::Bytes(texts.get(row)),
            Values::Entries(numbers, texts) => Value::Bytes(texts.get(*numbers.get(row)? as usize)),
        })
    }

    /// Memory, in bytes; a dictionary is its chunk's, not the page's.
    pub fn bytes(&self) -> usize {
        let values = match &self.values {
            Values::None => 0,
            Values::Bool(values) => values.len(),
            Values::I64(values) => values.len() * 8,
            Values::F64(values) => values.len() * 8,
            Values::I128(values) => values.len() * 16,
            Values::Texts(texts) => texts.bytes(),
            Values::Entries(numbers, _) => numbers.len() * 4,
        };
        values + self.present.as_ref().map_or(0, Vec::len)
    }
}

/// Gives each row a slot: `values` are those of the rows that `present` says have one.
fn slots<T: Copy + Default>(values: Vec<T>, present: Option<&[bool]>) -> Option<Vec<T>> {
    let Some(present) = present else { return Some(values) };
    let mut slots = decode::room(present.len())?;
    let mut values = values.into_iter();
    for has in present {
        slots.push(if *has { values.next()? } else { T::default() });
    }
    Some(slots)
}
