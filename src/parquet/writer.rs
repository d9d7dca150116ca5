//! Pages → a Parquet file, row group by row group.

use super::encode;
use super::output::Output;
use super::pages::Group;
use super::schema::{self, Physical};
use super::statistics::Bounds;
use super::{ColumnSpec, FileSummary, JSON_COLUMNS, MAGIC, MAX_ROWS, SCHEMA_HASH, WriterOptions};
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::DataType;
use crate::table::{ByteArrays, Page, Values};
use parquet_format_safe::thrift::protocol::TCompactOutputProtocol;
use parquet_format_safe::{
    ColumnChunk, ColumnMetaData, ColumnOrder, CompressionCodec, DataPageHeader, DictionaryPageHeader, Encoding,
    FileMetaData, KeyValue, PageEncodingStats, PageHeader, PageType, RowGroup, Statistics, TypeDefinedOrder,
};

/// `<application> version <version>`: the form that readers parse to see whether a writer's statistics can be trusted.
pub(super) const CREATED_BY: &str = concat!("gatelake version ", env!("CARGO_PKG_VERSION"));

/// A chunk whose first page is at least so long and shrinks by less than a quarter is not compressed: keys and other random
/// texts cost more time than they save room. `plain_encodings` compresses all.
const SAMPLE: usize = 4 << 10;

/// Writes one file. Give each column its pages, and the dictionary they refer to; end the row group; at last finish the file.
///
/// A column may be added at any time: rows before it are null in it, in the open row group and in the finished ones. Equal
/// calls give equal bytes. After an error the file is not usable.
pub struct Writer {
    options: WriterOptions,
    columns: Vec<Column>,
    row_groups: Vec<RowGroup>,
    scratch: Scratch,
    /// Rows and bytes of the finished row groups.
    rows: u64,
    written: u64,
    /// Bytes of the open row group.
    pending: usize,
}

/// A column, and its chunk in the open row group.
struct Column {
    spec: ColumnSpec,
    physical: Physical,
    codec: CompressionCodec,
    plain: bool,
    chunk: Chunk,
}

struct Chunk {
    /// The column's, or none once it has turned out not to pay.
    codec: CompressionCodec,
    /// Rows before the column was added, not yet in `rows`.
    missing: u64,
    /// Rows in `pages`.
    rows: u64,
    nulls: u64,
    /// Header and body of each data page.
    pages: Vec<Box<[u8]>>,
    dictionary: Option<Box<[u8]>>,
    /// Entries that the dictionary must have at least.
    referred: u32,
    /// Entries that it has.
    entries: u32,
    /// Data pages of each encoding.
    encodings: Vec<(Encoding, i32)>,
    bounds: Bounds,
    compressed: usize,
    uncompressed: usize,
}

/// Buffers that are used again for every page.
struct Scratch {
    body: Vec<u8>,
    compressed: Vec<u8>,
    header: Vec<u8>,
    snappy: snap::raw::Encoder,
}

impl Writer {
    pub fn new(options: WriterOptions) -> Writer {
        Writer {
            options,
            columns: Vec::new(),
            row_groups: Vec::new(),
            scratch: Scratch {
                body: Vec::new(),
                compressed: Vec::new(),
                header: Vec::new(),
                snappy: snap::raw::Encoder::new(),
            },
            rows: 0,
            written: 0,
            pending: 0,
        }
    }

    /// Adds a column behind the others and gives its number. Rows that other columns already have pages for are null in it.
    pub fn add_column(&mut self, spec: ColumnSpec) -> usize {
        let physical = Physical::of(&spec);
        let plain = self.options.plain_encodings;
        let codec = match plain || physical.compressed(spec.profile) {
            true => CompressionCodec::SNAPPY,
            false => CompressionCodec::UNCOMPRESSED,
        };
        let missing = self.columns.iter().map(|column| column.chunk.rows + column.chunk.missing).max().unwrap_or(0);
        let chunk = Chunk { missing, ..Chunk::new(&spec, codec) };
        self.columns.push(Column { spec, physical, codec, plain, chunk });
        self.columns.len() - 1
    }

    /// Encodes and compresses a column's next page. The rows of a page begin where the column's last page ended.
    ///
    /// # Errors
    /// `parquet_page` if the page does not fit the column: another kind of values, a null in a column that has none, a number
    /// beyond the column's precision. `parquet_limit` if it has 2 GiB or more, or the row group more than [`MAX_ROWS`] rows.
    pub fn page(&mut self, column: usize, page: Page<'_>) -> Result<()> {
        let Some(column) = self.columns.get_mut(column) else { return Err(no_column(column)) };
        let before = column.chunk.compressed;
        let written = column.page(&page, &mut self.scratch).map_err(|error| error.at(&column.spec.name));
        self.pending += column.chunk.compressed - before;
        written
    }

    /// The entries that a column's indices of the open row group refer to, in order; each should be in use. Dropped if no page
    /// refers to it.
    ///
    /// # Errors
    /// As [`Writer::page`].
    pub fn dictionary(&mut self, column: usize, entries: ByteArrays<'_>) -> Result<()> {
        let Some(column) = self.columns.get_mut(column) else { return Err(no_column(column)) };
        let before = column.chunk.compressed;
        let written = column.dictionary(entries, &mut self.scratch).map_err(|error| error.at(&column.spec.name));
        self.pending += column.chunk.compressed - before;
        written
    }

    /// Appends the open row group's bytes to `out`. Without any rows it does nothing. A column that got no page is null in all
    /// of its rows.
    ///
    /// # Errors
    /// `parquet_rows` if columns differ in their number of rows, or rows of a not-null column were not given;
    /// `parquet_dictionary` if indices have no entry to refer to.
    pub fn end_row_group(&mut self, out: &mut impl Output) -> Result<()> {
        let rows = self.columns.iter().map(|column| column.chunk.rows + column.chunk.missing).max().unwrap_or(0);
        if rows == 0 {
            return Ok(());
        }
        let start = self.begin(out);
        let mut chunks = Vec::with_capacity(self.columns.len());
        for column in &mut self.columns {
            let chunk = column.end(rows, self.written, start, &mut self.scratch, out);
            chunks.push(chunk.map_err(|error| error.at(&column.spec.name))?);
        }
        let total =
            |size: fn(&ColumnMetaData) -> i64| chunks.iter().filter_map(|c| c.meta_data.as_ref()).map(size).sum();
        let (bytes, compressed) =
            (total(|chunk| chunk.total_uncompressed_size), total(|chunk| chunk.total_compressed_size));
        let ordinal = i16::try_from(self.row_groups.len()).ok();
        let offset = self.written as i64;
        self.row_groups.push(RowGroup::new(chunks, bytes, rows as i64, None, offset, Some(compressed), ordinal));
        self.rows += rows;
        self.written += (out.taken() - start) as u64;
        self.pending = 0;
        Ok(())
    }

    /// Where the last finished row group lies: with its bytes, all that reading it takes, long before there is a footer.
    pub fn last_row_group(&self) -> Option<Group> {
        Group::of(self.row_groups.last()?, self.columns.iter().map(|column| column.physical))
    }

    /// Compressed bytes of the open row group.
    pub fn pending_bytes(&self) -> usize {
        self.pending
    }

    /// Rows of the finished row groups.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes handed out so far.
    pub fn file_bytes(&self) -> u64 {
        self.written
    }

    /// Ends the open row group and appends it and the footer to `out`. A file without rows has its schema all the same.
    ///
    /// # Errors
    /// As [`Writer::end_row_group`]; `parquet_rows` also if a not-null column was added after a row group had ended.
    pub fn finish(mut self, out: &mut impl Output) -> Result<FileSummary> {
        self.end_row_group(out)?;
        let start = self.begin(out);
        // Columns that came after a row group had ended: their nulls lie behind all row groups.
        for group in &mut self.row_groups {
            for column in self.columns.iter_mut().skip(group.columns.len()) {
                let chunk = column.end(group.num_rows as u64, self.written, start, &mut self.scratch, out);
                let chunk = chunk.map_err(|error| error.at(&column.spec.name))?;
                if let Some(meta) = &chunk.meta_data {
                    group.total_byte_size += meta.total_uncompressed_size;
                    group.total_compressed_size =
                        group.total_compressed_size.map(|size| size + meta.total_compressed_size);
                }
                group.columns.push(chunk);
            }
        }
        let row_groups = self.row_groups.len() as u32;
        let footer = FileMetaData::new(
            2,
            schema::elements(self.columns.iter().map(|column| &column.spec)),
            self.rows as i64,
            std::mem::take(&mut self.row_groups),
            self.key_values(),
            Some(CREATED_BY.into()),
            vec![ColumnOrder::TYPEORDER(TypeDefinedOrder {}); self.columns.len()],
            None,
            None,
        );
        end_file(&footer, out)?;
        let bytes = self.written + (out.taken() - start) as u64;
        Ok(FileSummary { rows: self.rows, row_groups, bytes })
    }

    /// Where this call's bytes begin in `out`; the file's first call writes the magic number.
    fn begin(&mut self, out: &mut impl Output) -> usize {
        let start = out.taken();
        if self.written == 0 {
            out.write(MAGIC);
        }
        start
    }

    fn key_values(&self) -> Option<Vec<KeyValue>> {
        let specs = || self.columns.iter().map(|column| &column.spec);
        let json: Vec<&str> =
            specs().filter(|spec| spec.data_type == DataType::Json).map(|spec| spec.name.as_str()).collect();
        let json = (!json.is_empty()).then(|| (JSON_COLUMNS.to_owned(), serde_json::json!(json).to_string()));
        let all = self.options.metadata.iter().cloned().chain([(SCHEMA_HASH.to_owned(), schema::hash(specs()))]);
        Some(all.chain(json).map(|(key, value)| KeyValue::new(key, value)).collect())
    }
}

impl Column {
    fn page(&mut self, page: &Page<'_>, scratch: &mut Scratch) -> Result<()> {
        let present = match page.validity {
            None => page.rows,
            Some(bits) => {
                ones(bits, page.rows).ok_or_else(|| misfit("its validity has fewer bits than the page has rows"))?
            }
        };
        if present < page.rows && !self.spec.nullable {
            return Err(misfit("a null in a column that is not nullable"));
        }
        let values = match page.values {
            Values::Bool(values) => values.len(),
            Values::I64(values) => values.len(),
            Values::F64(values) => values.len(),
            Values::I128(values) => values.len(),
            Values::Bytes(texts) => texts.count,
            Values::Fixed { width, data } => data.len() / width.max(1),
            Values::Indices { indices, .. } => indices.len(),
        };
        if values != present {
            return Err(misfit(format!("{values} values for {present} rows that are not null")));
        }
        self.nulls(self.chunk.missing, scratch)?;
        if present == 0 {
            return self.nulls(page.rows as u64, scratch);
        }
        scratch.body.clear();
        if self.spec.nullable {
            encode::levels(page.rows, present, page.validity.unwrap_or_default(), &mut scratch.body);
        }
        let encoding = self.values(&page.values, &mut scratch.body)?;
        // Texts are kept as they are written.
        let texts = match page.values {
            Values::Bytes(texts) => texts.plain,
            _ => &[],
        };
        self.seal_page(page.rows, present, encoding, texts, scratch)
    }

    /// Takes values into the bounds, and encodes them unless they are so already.
    fn values(&mut self, values: &Values<'_>, out: &mut Vec<u8>) -> Result<Encoding> {
        let chunk = &mut self.chunk;
        match (self.physical, values) {
            (Physical::Bool, Values::Bool(values)) => encode::bools(values, out),
            (Physical::I64 | Physical::I32 { .. }, Values::I64(values)) => {
                let (min, max) = values.iter().fold((i64::MAX, i64::MIN), |(min, max), v| (min.min(*v), max.max(*v)));
                chunk.bounds.add_i64(min, max);
                let bits = match self.physical {
                    Physical::I32 { bits } => bits,
                    _ => 64,
                };
                if min < i64::MIN >> (64 - bits) || max > i64::MAX >> (64 - bits) {
                    return Err(misfit(format!("an integer that needs more than {bits} bits")));
                }
                // Sums of differences must not overflow in any reader, so far-flung values are written plainly.
                let narrow = bits < 64;
                if !self.plain && max.checked_sub(min).is_some_and(|span| span < 1 << if narrow { 30 } else { 62 }) {
                    encode::delta(values, out);
                    return Ok(Encoding::DELTA_BINARY_PACKED);
                }
                match narrow {
                    true => encode::fixed(values, |value| (value as i32).to_le_bytes(), out),
                    false => encode::fixed(values, i64::to_le_bytes, out),
                }
            }
            (Physical::F64, Values::F64(values)) => {
                chunk.bounds.add_f64s(values);
                encode::fixed(values, f64::to_le_bytes, out);
            }
            (Physical::Decimal { width, precision, .. }, Values::I128(values)) => {
                let (min, max) = values.iter().fold((i128::MAX, i128::MIN), |(min, max), v| (min.min(*v), max.max(*v)));
                let limit = 10i128.checked_pow(precision as u32);
                if limit.is_some_and(|limit| max >= limit || min <= -limit) {
                    return Err(misfit(format!("a decimal of more than {precision} digits")));
                }
                chunk.bounds.add_i128(min, max);
                encode::decimals(values, width, out);
            }
            (Physical::Bytes, Values::Bytes(texts)) => {
                check_texts(*texts, chunk.bounds.add_texts(*texts))?;
            }
            (Physical::Bytes, Values::Fixed { width, data }) => {
                if self.plain {
                    out.extend_from_slice(&ByteArrays::plain(data.chunks(*width)));
                } else {
                    encode::delta_constant(*width as i64, data.len() / width, out);
                    out.extend_from_slice(data);
                    return Ok(Encoding::DELTA_LENGTH_BYTE_ARRAY);
                }
            }
            (Physical::Bytes, Values::Indices { indices, size }) => {
                let max = indices.iter().fold(0, |max, index| max.max(*index));
                if max >= *size {
                    return Err(misfit(format!("index {max} into a dictionary of {size}")));
                }
                chunk.referred = chunk.referred.max(*size);
                encode::indices(indices, max, out);
                return Ok(Encoding::RLE_DICTIONARY);
            }
            _ => return Err(misfit(format!("values of another kind than {}", self.spec.data_type.name()))),
        }
        Ok(Encoding::PLAIN)
    }

    /// Writes that many null rows, which are then no longer missing.
    fn nulls(&mut self, rows: u64, scratch: &mut Scratch) -> Result<()> {
        self.chunk.missing = 0;
        if rows == 0 {
            return Ok(());
        }
        if !self.spec.nullable {
            return Err(rows_error(format!("{rows} rows of a column that is not nullable were not given")));
        }
        scratch.body.clear();
        encode::levels(rows as usize, 0, &[], &mut scratch.body);
        self.seal_page(rows as usize, 0, Encoding::PLAIN, &[], scratch)
    }

    fn seal_page(
        &mut self,
        rows: usize,
        present: usize,
        encoding: Encoding,
        texts: &[u8],
        scratch: &mut Scratch,
    ) -> Result<()> {
        let count = i32::try_from(rows).map_err(|_| too_large("a page"))?;
        if self.chunk.rows + rows as u64 > MAX_ROWS as u64 {
            let message = format!("a row group of more than {MAX_ROWS} rows");
            return Err(Error::new(Kind::Limit, "parquet_limit", message));
        }
        let header = DataPageHeader::new(count, encoding, Encoding::RLE, Encoding::RLE, None);
        let header = PageHeader::new(PageType::DATA_PAGE, 0, 0, None, header, None, None, None);
        let page = self.seal(header, texts, scratch)?;
        let chunk = &mut self.chunk;
        chunk.pages.push(page);
        chunk.rows += rows as u64;
        chunk.nulls += (rows - present) as u64;
        match chunk.encodings.iter_mut().find(|(known, _)| *known == encoding) {
            Some((_, pages)) => *pages += 1,
            None => chunk.encodings.push((encoding, 1)),
        }
        Ok(())
    }

    fn dictionary(&mut self, entries: ByteArrays<'_>, scratch: &mut Scratch) -> Result<()> {
        if self.chunk.referred == 0 {
            return Ok(());
        }
        if self.chunk.dictionary.is_some() {
            return Err(misfit("a second dictionary in one row group"));
        }
        check_texts(entries, self.chunk.bounds.add_texts(entries))?;
        let count = i32::try_from(entries.count).map_err(|_| too_large("a dictionary"))?;
        let header = DictionaryPageHeader::new(count, Encoding::PLAIN, None);
        let header = PageHeader::new(PageType::DICTIONARY_PAGE, 0, 0, None, None, None, header, None);
        scratch.body.clear();
        self.chunk.dictionary = Some(self.seal(header, entries.plain, scratch)?);
        self.chunk.entries = entries.count as u32;
        Ok(())
    }

    /// The body in `scratch` and the texts behind it, compressed, with a header in front, in memory of exactly their size.
    fn seal(&mut self, mut header: PageHeader, texts: &[u8], scratch: &mut Scratch) -> Result<Box<[u8]>> {
        let Scratch { body, compressed, header: head, snappy } = scratch;
        let length = body.len() + texts.len();
        header.uncompressed_page_size = i32::try_from(length).map_err(|_| too_large("a page"))?;
        let mut stored: [&[u8]; 2] = [body, texts];
        if self.chunk.codec == CompressionCodec::SNAPPY {
            body.extend_from_slice(texts);
            let most = snap::raw::max_compress_len(length);
            if compressed.len() < most {
                compressed.resize(most, 0);
            }
            let small = snappy.compress(body, compressed).map_err(|_| too_large("a page"))?;
            // A chunk has one codec, which its first page decides.
            let pays = self.plain || !self.chunk.pages.is_empty() || length < SAMPLE || small <= length / 4 * 3;
            if !pays {
                self.chunk.codec = CompressionCodec::UNCOMPRESSED;
            }
            stored = if pays { [compressed.get(..small).unwrap_or_default(), &[]] } else { [body.as_slice(), &[]] };
        }
        let stored_length: usize = stored.iter().map(|part| part.len()).sum();
        header.compressed_page_size = i32::try_from(stored_length).map_err(|_| too_large("a page"))?;
        head.clear();
        header.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut *head)).map_err(thrift)?;
        self.chunk.uncompressed += head.len() + length;
        self.chunk.compressed += head.len() + stored_length;
        let [first, second] = stored;
        Ok([head.as_slice(), first, second].concat().into_boxed_slice())
    }

    /// Appends the chunk's pages to `out` and begins a new one. `out[start]` is at `offset` in the file.
    fn end(
        &mut self,
        rows: u64,
        offset: u64,
        start: usize,
        scratch: &mut Scratch,
        out: &mut impl Output,
    ) -> Result<ColumnChunk> {
        self.nulls(self.chunk.missing, scratch)?;
        if self.chunk.rows == 0 {
            self.nulls(rows, scratch)?;
        }
        let chunk = std::mem::replace(&mut self.chunk, Chunk::new(&self.spec, self.codec));
        if chunk.rows != rows {
            return Err(rows_error(format!("{} rows in a row group of {rows}", chunk.rows)));
        }
        if chunk.entries < chunk.referred {
            let (entries, referred) = (chunk.entries, chunk.referred);
            let message = format!("indices refer to {referred} entries, the dictionary has {entries}");
            return Err(Error::new(Kind::Data, "parquet_dictionary", message));
        }
        let place = |at: usize| (offset + (at - start) as u64) as i64;
        let dictionary_at = chunk.dictionary.as_ref().map(|_| place(out.taken()));
        chunk.dictionary.into_iter().for_each(|dictionary| out.hand(dictionary));
        let pages_at = place(out.taken());
        chunk.pages.into_iter().for_each(|page| out.hand(page));
        let mut stats: Vec<PageEncodingStats> = chunk
            .encodings
            .iter()
            .map(|(encoding, pages)| PageEncodingStats::new(PageType::DATA_PAGE, *encoding, *pages))
            .collect();
        if dictionary_at.is_some() {
            stats.insert(0, PageEncodingStats::new(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1));
        }
        let mut encodings: Vec<Encoding> = stats.iter().map(|stats| stats.encoding).collect();
        encodings.push(Encoding::RLE);
        encodings.sort_unstable();
        encodings.dedup();
        let (min, max) = chunk.bounds.plain(self.physical).unzip();
        let meta = ColumnMetaData::new(
            self.physical.type_(),
            encodings,
            vec![self.spec.name.clone()],
            chunk.codec,
            rows as i64,
            chunk.uncompressed as i64,
            chunk.compressed as i64,
            None,
            pages_at,
            None,
            dictionary_at,
            Statistics::new(None, None, chunk.nulls as i64, None, max, min),
            stats,
            None,
        );
        Ok(ColumnChunk::new(None, 0, meta, None, None, None, None, None, None))
    }
}

impl Chunk {
    fn new(spec: &ColumnSpec, codec: CompressionCodec) -> Chunk {
        Chunk {
            codec,
            missing: 0,
            rows: 0,
            nulls: 0,
            pages: Vec::new(),
            dictionary: None,
            referred: 0,
            entries: 0,
            encodings: Vec::new(),
            bounds: Bounds::new(spec),
            compressed: 0,
            uncompressed: 0,
        }
    }
}

/// Appends the footer and what tells where it begins.
pub(super) fn end_file(footer: &FileMetaData, out: &mut impl Output) -> Result<()> {
    let mut body = Vec::new();
    footer.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut body)).map_err(thrift)?;
    let length = u32::try_from(body.len()).map_err(|_| too_large("the footer"))?;
    body.extend_from_slice(&length.to_le_bytes());
    body.extend_from_slice(MAGIC);
    out.hand(body.into_boxed_slice());
    Ok(())
}

/// Set bits among the first `rows`; `None` if there are fewer bits.
fn ones(bits: &[u8], rows: usize) -> Option<usize> {
    let whole: usize = bits.get(..rows / 8)?.iter().map(|byte| byte.count_ones() as usize).sum();
    match rows % 8 {
        0 => Some(whole),
        rest => Some(whole + (bits.get(rows / 8)? & ((1 << rest) - 1)).count_ones() as usize),
    }
}

/// `count` and `bytes`: of the texts that are really there.
fn check_texts(texts: ByteArrays<'_>, (count, bytes): (usize, usize)) -> Result<()> {
    if (count, bytes) != (texts.count, texts.plain.len()) {
        return Err(misfit(format!("{count} texts in {bytes} bytes for {} in {}", texts.count, texts.plain.len())));
    }
    Ok(())
}

fn misfit(message: impl Into<String>) -> Error {
    Error::new(Kind::Data, "parquet_page", message)
}

fn rows_error(message: String) -> Error {
    Error::new(Kind::Data, "parquet_rows", message)
}

fn no_column(column: usize) -> Error {
    misfit(format!("the file has no column {column}"))
}

fn too_large(what: &str) -> Error {
    Error::new(Kind::Limit, "parquet_limit", format!("{what} of 2 GiB or more"))
}

pub(super) fn thrift(error: parquet_format_safe::thrift::Error) -> Error {
    Error::new(Kind::Limit, "parquet_limit", format!("the Parquet metadata cannot be written: {error}"))
}
