//! Parquet files of our own → columns.

use super::schema::{self, Physical};
use super::{ColumnSpec, JSON_COLUMNS, MAGIC, MAX_ROWS, decode};
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::DataType;
use parquet_format_safe::thrift::protocol::TCompactInputProtocol;
use parquet_format_safe::{
    ColumnMetaData, CompressionCodec, DataPageHeader, Encoding, FileMetaData, PageHeader, RowGroup,
};
use std::borrow::Cow;
use std::ops::Range;

/// Memory that a page's header may take; ours have no statistics, so it is small.
const MAX_HEADER: usize = 1024;
/// Snappy's densest element makes 64 bytes of 3.
const MAX_RATIO: usize = 22;

/// A column's cells within a row group; `None` is a null.
#[derive(Clone, Debug, PartialEq)]
pub enum ColumnData {
    Bool(Vec<Option<bool>>),
    /// Integers, microseconds, days.
    I64(Vec<Option<i64>>),
    F64(Vec<Option<f64>>),
    /// Unscaled decimals.
    I128(Vec<Option<i128>>),
    /// Text and JSON.
    Text(Vec<Option<String>>),
    Binary(Vec<Option<Vec<u8>>>),
}

/// A whole file in memory. It understands what [`super::Writer`] writes; of a damaged file, what is not noticed as an error
/// may be read as other values, so compare the file's checksum first.
pub struct Reader<'a> {
    bytes: &'a [u8],
    footer: FileMetaData,
    schema: Vec<ColumnSpec>,
}

impl<'a> Reader<'a> {
    /// Reads the footer.
    ///
    /// # Errors
    /// `parquet_read` if this is not a Parquet file, is cut, or has a type that [`super::Writer`] never writes.
    pub fn open(bytes: &'a [u8]) -> Result<Reader<'a>> {
        let footer = footer(bytes)?;
        let json = match value(&footer, JSON_COLUMNS) {
            Some(names) => serde_json::from_str(names).map_err(unreadable)?,
            None => Vec::new(),
        };
        let columns = footer.schema.iter().skip(1).map(|element| {
            schema::column(element, &json).ok_or_else(|| unreadable("a type that is not ours").at(&element.name))
        });
        let schema: Vec<ColumnSpec> = columns.collect::<Result<_>>()?;
        let rows = footer.row_groups.iter().try_fold(0i64, |rows, group| {
            let whole = group.num_rows >= 0 && group.columns.len() == schema.len();
            rows.checked_add(group.num_rows).filter(|_| whole && group.num_rows <= MAX_ROWS as i64)
        });
        if rows != Some(footer.num_rows) {
            return Err(unreadable("its row groups do not make up the file"));
        }
        Ok(Reader { bytes, footer, schema })
    }

    /// The columns in the file's order. Profiles are not stored; a decimal of 76 digits counts as wei.
    pub fn schema(&self) -> &[ColumnSpec] {
        &self.schema
    }

    pub fn rows(&self) -> u64 {
        self.footer.num_rows as u64
    }

    /// Rows of each row group.
    pub fn row_groups(&self) -> impl ExactSizeIterator<Item = usize> {
        self.footer.row_groups.iter().map(|group| group.num_rows as usize)
    }

    /// The value of a key of the file's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        value(&self.footer, key)
    }

    /// A row group's columns.
    ///
    /// # Errors
    /// `parquet_read` if there is no such row group or it cannot be decoded.
    pub fn read(&self, row_group: usize) -> Result<Vec<ColumnData>> {
        self.window(row_group, 0, usize::MAX)
    }

    /// At most `take` rows of a row group after its first `skip`. Pages without any of them are not decoded.
    pub(crate) fn window(&self, row_group: usize, skip: usize, take: usize) -> Result<Vec<ColumnData>> {
        let Some(group) = self.footer.row_groups.get(row_group) else {
            return Err(unreadable(format!("there is no row group {row_group}")));
        };
        let end = skip.saturating_add(take).min(group.num_rows as usize);
        let column = |(number, spec)| {
            let pages = Pages::of(self.bytes, group, number, spec);
            let cells = pages.and_then(|pages| pages.cells(spec, skip.min(end)..end));
            cells.ok_or_else(|| unreadable(format!("row group {row_group} is damaged")).at(&spec.name))
        };
        self.schema.iter().enumerate().map(column).collect()
    }
}

/// The thrift structure at the end of the file.
fn footer(bytes: &[u8]) -> Result<FileMetaData> {
    let body = bytes.strip_prefix(MAGIC).and_then(|bytes| bytes.strip_suffix(MAGIC)?.split_last_chunk::<4>());
    let (body, length) = body.ok_or_else(|| unreadable("it does not begin and end as one"))?;
    let start = body.len().checked_sub(u32::from_le_bytes(*length) as usize);
    let footer = start.and_then(|start| body.get(start..)).ok_or_else(|| unreadable("its footer is cut"))?;
    // What the structure may take in memory: a file can claim more than it has.
    let most = footer.len().saturating_mul(16);
    FileMetaData::read_from_in_protocol(&mut TCompactInputProtocol::new(footer, most)).map_err(unreadable)
}

fn value<'a>(footer: &'a FileMetaData, key: &str) -> Option<&'a str> {
    let pairs = footer.key_value_metadata.as_deref().unwrap_or_default();
    pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
}

/// What is left of a column chunk. `None` of its methods: it is damaged.
struct Pages<'a> {
    bytes: &'a [u8],
    meta: &'a ColumnMetaData,
    rows: usize,
}

impl<'a> Pages<'a> {
    fn of(file: &'a [u8], group: &'a RowGroup, column: usize, spec: &ColumnSpec) -> Option<Self> {
        let meta = group.columns.get(column)?.meta_data.as_ref()?;
        let start = usize::try_from(meta.dictionary_page_offset.unwrap_or(meta.data_page_offset)).ok()?;
        let bytes = file.get(start..)?.get(..usize::try_from(meta.total_compressed_size).ok()?)?;
        let ours = meta.type_ == Physical::of(spec).type_() && meta.num_values == group.num_rows;
        ours.then_some(Pages { bytes, meta, rows: group.num_rows as usize })
    }

    /// The cells of the wanted rows.
    fn cells(mut self, spec: &ColumnSpec, wanted: Range<usize>) -> Option<ColumnData> {
        let dictionary = match self.meta.dictionary_page_offset {
            Some(_) => {
                let (header, page) = self.next()?;
                let count = usize::try_from(header.dictionary_page_header.as_ref()?.num_values).ok()?;
                Some((self.open(&header, page)?, count))
            }
            None => None,
        };
        let entries = match &dictionary {
            Some((page, count)) => decode::byte_arrays(page, *count)?,
            None => Vec::new(),
        };
        let mut cells = ColumnData::new(spec.data_type);
        let mut row = 0;
        while row < wanted.end {
            let (header, page) = self.next()?;
            let data = header.data_page_header.as_ref()?;
            let rows = usize::try_from(data.num_values).ok().filter(|rows| *rows <= self.rows - row)?;
            let here = wanted.start.saturating_sub(row).min(rows)..(wanted.end - row).min(rows);
            row += rows;
            if !here.is_empty() {
                let page = self.open(&header, page)?;
                cells.extend(spec, data, &page, rows, &entries, here)?;
            }
        }
        Some(cells)
    }

    /// The next page: its header, and the body as it is stored.
    fn next(&mut self) -> Option<(PageHeader, &'a [u8])> {
        let header = PageHeader::read_from_in_protocol(&mut TCompactInputProtocol::new(&mut self.bytes, MAX_HEADER));
        let header = header.ok()?;
        let body = self.bytes.split_off(..usize::try_from(header.compressed_page_size).ok()?)?;
        Some((header, body))
    }

    /// A page's body, decompressed.
    fn open(&self, header: &PageHeader, body: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let size = usize::try_from(header.uncompressed_page_size).ok()?;
        match self.meta.codec {
            CompressionCodec::UNCOMPRESSED if size == body.len() => Some(Cow::Borrowed(body)),
            // What it claims to become is memory that it takes.
            CompressionCodec::SNAPPY if size <= body.len().saturating_mul(MAX_RATIO) => {
                let mut page = vec![0; size];
                let length = snap::raw::Decoder::new().decompress(body, &mut page).ok()?;
                (length == size).then_some(Cow::Owned(page))
            }
            _ => None,
        }
    }
}

impl ColumnData {
    fn new(data_type: DataType) -> ColumnData {
        match data_type {
            DataType::Bool => ColumnData::Bool(Vec::new()),
            DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time => ColumnData::I64(Vec::new()),
            DataType::Double => ColumnData::F64(Vec::new()),
            DataType::Decimal | DataType::Wei => ColumnData::I128(Vec::new()),
            DataType::Text | DataType::Json => ColumnData::Text(Vec::new()),
            DataType::Binary => ColumnData::Binary(Vec::new()),
        }
    }

    /// Appends the `wanted` ones among the rows of a data page; `entries` are those of the dictionary.
    fn extend(
        &mut self,
        spec: &ColumnSpec,
        header: &DataPageHeader,
        mut page: &[u8],
        rows: usize,
        entries: &[&[u8]],
        wanted: Range<usize>,
    ) -> Option<()> {
        let levels = if spec.nullable { Some(decode::levels(rows, &mut page)?) } else { None };
        let count = levels.as_ref().map_or(rows, |levels| levels.iter().filter(|level| **level).count());
        let levels = levels.as_deref();
        match (self, Physical::of(spec), header.encoding) {
            (ColumnData::Bool(cells), _, Encoding::PLAIN) => {
                place(cells, decode::bools(page, count)?, levels, wanted, Some)
            }
            (ColumnData::I64(cells), physical, encoding) => {
                let values = match (encoding, physical) {
                    (Encoding::DELTA_BINARY_PACKED, _) => decode::delta(&mut page, count).filter(|_| page.is_empty()),
                    (Encoding::PLAIN, Physical::I32 { .. }) => {
                        decode::fixed(page, count, |bytes| i32::from_le_bytes(bytes) as i64)
                    }
                    (Encoding::PLAIN, _) => decode::fixed(page, count, i64::from_le_bytes),
                    _ => None,
                };
                let spare = if let Physical::I32 { bits } = physical { 64 - bits } else { 0 };
                place(cells, values?, levels, wanted, |value| (value << spare >> spare == value).then_some(value))
            }
            (ColumnData::F64(cells), _, Encoding::PLAIN) => {
                place(cells, decode::fixed(page, count, f64::from_le_bytes)?, levels, wanted, Some)
            }
            (ColumnData::I128(cells), Physical::Decimal { width, .. }, Encoding::PLAIN) => {
                place(cells, decode::decimals(page, count, width)?, levels, wanted, Some)
            }
            (cells @ (ColumnData::Text(_) | ColumnData::Binary(_)), _, encoding) => {
                let values = match encoding {
                    Encoding::PLAIN => decode::byte_arrays(page, count),
                    Encoding::RLE_DICTIONARY => decode::indices(page, count, entries),
                    Encoding::DELTA_LENGTH_BYTE_ARRAY => decode::delta_byte_arrays(page, count),
                    _ => None,
                }?;
                match cells {
                    ColumnData::Text(cells) => {
                        place(cells, values, levels, wanted, |text| std::str::from_utf8(text).ok().map(str::to_owned))
                    }
                    ColumnData::Binary(cells) => place(cells, values, levels, wanted, |bytes| Some(bytes.to_vec())),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Appends the cells of the `wanted` rows of a page, whose values are those of the rows that `levels` says have one.
fn place<V, T>(
    cells: &mut Vec<Option<T>>,
    values: Vec<V>,
    levels: Option<&[bool]>,
    wanted: Range<usize>,
    convert: impl Fn(V) -> Option<T>,
) -> Option<()> {
    cells.try_reserve(wanted.len()).ok()?;
    let Some(levels) = levels else {
        for value in values.into_iter().skip(wanted.start).take(wanted.len()) {
            cells.push(Some(convert(value)?));
        }
        return Some(());
    };
    let (before, here) = (levels.get(..wanted.start)?, levels.get(wanted)?);
    let mut values = values.into_iter().skip(before.iter().filter(|level| **level).count());
    for level in here {
        cells.push(if *level { Some(convert(values.next()?)?) } else { None });
    }
    Some(())
}

fn unreadable(cause: impl std::fmt::Display) -> Error {
    Error::new(Kind::Data, "parquet_read", format!("this Parquet file cannot be read: {cause}"))
}
