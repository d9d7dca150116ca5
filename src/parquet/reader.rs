//! Parquet files of our own → columns.

use super::pages::{Directory, Group, Slab};
use super::schema::{self, Physical};
use super::{ColumnSpec, JSON_COLUMNS, MAGIC, MAX_ROWS, Value};
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::DataType;
use parquet_format_safe::thrift::protocol::TCompactInputProtocol;
use parquet_format_safe::{FileMetaData, KeyValue};
use std::ops::Range;
use std::rc::Rc;

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
    metadata: Vec<KeyValue>,
    schema: Vec<ColumnSpec>,
    groups: Vec<Group>,
    rows: u64,
}

impl<'a> Reader<'a> {
    /// Reads the footer.
    ///
    /// # Errors
    /// `parquet_read` if this is not a Parquet file, is cut, or has a type that [`super::Writer`] never writes.
    pub fn open(bytes: &'a [u8]) -> Result<Reader<'a>> {
        let footer = footer(bytes)?;
        let json = match value(footer.key_value_metadata.as_deref().unwrap_or_default(), JSON_COLUMNS) {
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
        let groups = footer.row_groups.iter().enumerate().map(|(number, group)| {
            let group = Group::of(group, schema.iter().map(Physical::of));
            group.ok_or_else(|| unreadable(format!("row group {number} is damaged")))
        });
        let groups = groups.collect::<Result<_>>()?;
        let metadata = footer.key_value_metadata.unwrap_or_default();
        Ok(Reader { bytes, metadata, schema, groups, rows: footer.num_rows as u64 })
    }

    /// The columns in the file's order. Profiles are not stored; a decimal of 76 digits counts as wei.
    pub fn schema(&self) -> &[ColumnSpec] {
        &self.schema
    }

    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Rows of each row group.
    pub fn row_groups(&self) -> impl ExactSizeIterator<Item = usize> {
        self.groups.iter().map(|group| group.rows)
    }

    /// The value of a key of the file's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        value(&self.metadata, key)
    }

    /// A row group's columns.
    ///
    /// # Errors
    /// `parquet_read` if there is no such row group or it cannot be decoded.
    pub fn read(&self, row_group: usize) -> Result<Vec<ColumnData>> {
        self.window(row_group, 0, usize::MAX)
    }

    /// Some of a row group's columns, by their numbers in [`Reader::schema`]. The others are not decoded.
    ///
    /// # Errors
    /// As [`Reader::read`]; also if there is no such column.
    pub fn columns(&self, row_group: usize, columns: &[usize]) -> Result<Vec<ColumnData>> {
        let group = self.group(row_group)?;
        columns.iter().map(|column| self.column(group, row_group, *column, 0..group.rows)).collect()
    }

    /// At most `take` rows of a row group after its first `skip`. Pages without any of them are not decoded.
    pub(crate) fn window(&self, row_group: usize, skip: usize, take: usize) -> Result<Vec<ColumnData>> {
        let group = self.group(row_group)?;
        let end = skip.saturating_add(take).min(group.rows);
        (0..self.schema.len()).map(|column| self.column(group, row_group, column, skip.min(end)..end)).collect()
    }

    fn group(&self, row_group: usize) -> Result<&Group> {
        self.groups.get(row_group).ok_or_else(|| unreadable(format!("there is no row group {row_group}")))
    }

    fn column(&self, group: &Group, row_group: usize, column: usize, rows: Range<usize>) -> Result<ColumnData> {
        let spec = self.schema.get(column).ok_or_else(|| unreadable(format!("there is no column {column}")))?;
        let cells = self.cells(group, column, spec, rows);
        cells.ok_or_else(|| unreadable(format!("row group {row_group} is damaged")).at(&spec.name))
    }

    /// Where the row groups lie.
    pub(crate) fn into_groups(self) -> Vec<Group> {
        self.groups
    }

    fn cells(&self, group: &Group, column: usize, spec: &ColumnSpec, wanted: Range<usize>) -> Option<ColumnData> {
        let directory = Directory::of(self.bytes, group.chunk(column)?, group.rows)?;
        let dictionary = Rc::new(directory.dictionary(self.bytes)?);
        let mut cells = ColumnData::new(spec.data_type);
        for (number, page) in directory.pages().iter().enumerate() {
            let from = wanted.start.saturating_sub(page.first);
            let here = from..wanted.end.saturating_sub(page.first).min(page.rows);
            if !here.is_empty() {
                cells.extend(&directory.read(self.bytes, number, spec, &dictionary)?, here)?;
            }
        }
        Some(cells)
    }
}

/// The thrift structure at the end of the file.
pub(super) fn footer(bytes: &[u8]) -> Result<FileMetaData> {
    let body = bytes.strip_prefix(MAGIC).and_then(|bytes| bytes.strip_suffix(MAGIC)?.split_last_chunk::<4>());
    let (body, length) = body.ok_or_else(|| unreadable("it does not begin and end as one"))?;
    let start = body.len().checked_sub(u32::from_le_bytes(*length) as usize);
    let footer = start.and_then(|start| body.get(start..)).ok_or_else(|| unreadable("its footer is cut"))?;
    // What the structure may take in memory: a file can claim more than it has.
    let most = footer.len().saturating_mul(16);
    FileMetaData::read_from_in_protocol(&mut TCompactInputProtocol::new(footer, most)).map_err(unreadable)
}

fn value<'a>(pairs: &'a [KeyValue], key: &str) -> Option<&'a str> {
    pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
}

impl ColumnData {
    /// No rows of such a column.
    pub fn new(data_type: DataType) -> ColumnData {
        match data_type {
            DataType::Bool => ColumnData::Bool(Vec::new()),
            DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time => ColumnData::I64(Vec::new()),
            DataType::Double => ColumnData::F64(Vec::new()),
            DataType::Decimal | DataType::Wei => ColumnData::I128(Vec::new()),
            DataType::Text | DataType::Json => ColumnData::Text(Vec::new()),
            DataType::Binary => ColumnData::Binary(Vec::new()),
        }
    }

    /// Appends some rows of a page; `None` if the page is not one of such a column, or has a text that is none.
    pub(crate) fn extend(&mut self, page: &Slab, rows: impl ExactSizeIterator<Item = usize>) -> Option<()> {
        fn push<'a, T>(
            cells: &mut Vec<Option<T>>,
            page: &'a Slab,
            rows: impl ExactSizeIterator<Item = usize>,
            cell: impl Fn(Value<'a>) -> Option<T>,
        ) -> Option<()> {
            cells.try_reserve(rows.len()).ok()?;
            for row in rows {
                cells.push(match page.get(row) {
                    Some(value) => Some(cell(value)?),
                    None => None,
                });
            }
            Some(())
        }
        macro_rules! of {
            ($kind:ident) => {
                |value| if let Value::$kind(value) = value { Some(value) } else { None }
            };
        }
        match self {
            ColumnData::Bool(cells) => push(cells, page, rows, of!(Bool)),
            ColumnData::I64(cells) => push(cells, page, rows, of!(I64)),
            ColumnData::F64(cells) => push(cells, page, rows, of!(F64)),
            ColumnData::I128(cells) => push(cells, page, rows, of!(I128)),
            ColumnData::Binary(cells) => push(cells, page, rows, |value| of!(Bytes)(value).map(<[u8]>::to_vec)),
            ColumnData::Text(cells) => push(cells, page, rows, |value| {
                of!(Bytes)(value).and_then(|bytes| std::str::from_utf8(bytes).ok()).map(str::to_owned)
            }),
        }
    }

    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            ColumnData::Bool(cells) => cells.len(),
            ColumnData::I64(cells) => cells.len(),
            ColumnData::F64(cells) => cells.len(),
            ColumnData::I128(cells) => cells.len(),
            ColumnData::Text(cells) => cells.len(),
            ColumnData::Binary(cells) => cells.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row's cell; `None` is null.
    pub fn get(&self, row: usize) -> Option<Value<'_>> {
        Some(match self {
            ColumnData::Bool(cells) => Value::Bool((*cells.get(row)?)?),
            ColumnData::I64(cells) => Value::I64((*cells.get(row)?)?),
            ColumnData::F64(cells) => Value::F64((*cells.get(row)?)?),
            ColumnData::I128(cells) => Value::I128((*cells.get(row)?)?),
            ColumnData::Text(cells) => Value::Bytes(cells.get(row)?.as_ref()?.as_bytes()),
            ColumnData::Binary(cells) => Value::Bytes(cells.get(row)?.as_ref()?),
        })
    }
}

pub(crate) fn unreadable(cause: impl std::fmt::Display) -> Error {
    Error::new(Kind::Data, "parquet_read", format!("this Parquet file cannot be read: {cause}"))
}
