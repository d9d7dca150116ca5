//! Parquet files of our own → columns, through arrow2.

use super::{ColumnSpec, JSON_COLUMNS, MAGIC, Profile};
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::DataType;
use arrow2::array::{Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, Utf8Array};
use arrow2::datatypes::{DataType as Arrow, Field, TimeUnit};
use arrow2::io::parquet::read;
use arrow2::types::NativeType;
use parquet_format_safe::thrift::protocol::TCompactInputProtocol;
use parquet_format_safe::{FileMetaData, Type};
use std::io::Cursor;

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

/// A whole file in memory.
///
/// What is promised of damaged bytes: [`Reader::open`] answers an error or a schema, whatever it is given, and never panics.
/// [`Reader::read`] promises nothing: arrow2's page decoders panic, or ask for more memory than there is, when page content is
/// not what its header says. So whoever reads has compared the file's checksum before, as `lake::Reader::file` does; a file
/// that somebody else wrote is not for this reader at all.
pub struct Reader<'a> {
    bytes: &'a [u8],
    metadata: read::FileMetaData,
    fields: Vec<Field>,
    schema: Vec<ColumnSpec>,
}

impl<'a> Reader<'a> {
    /// Reads the footer.
    ///
    /// # Errors
    /// `parquet_read` if this is not a Parquet file, is cut, contradicts itself in rows or places, or has a type that
    /// [`super::Writer`] never writes.
    pub fn open(bytes: &'a [u8]) -> Result<Reader<'a>> {
        let mut footer = footer(bytes)?;
        // arrow2 refuses decimals whose digits are all behind the point, and takes wide ones for narrow. To it they are bytes.
        let mut decimals = Vec::new();
        for element in footer.schema.iter_mut().skip(1) {
            decimals.push(element.precision.zip(element.scale));
            if element.type_ == Some(Type::FIXED_LEN_BYTE_ARRAY) {
                (element.converted_type, element.logical_type) = (None, None);
            }
        }
        let metadata = read::FileMetaData::try_from_thrift(footer).map_err(unreadable)?;
        for column in metadata.row_groups.iter().flat_map(|group| group.columns()) {
            let (start, length) = column.byte_range();
            if start.checked_add(length).is_none_or(|end| end > bytes.len() as u64) {
                return Err(unreadable("a column lies beyond the file's end"));
            }
        }
        let rows = metadata.row_groups.iter().try_fold(0usize, |rows, group| rows.checked_add(group.num_rows()));
        if rows != Some(metadata.num_rows) {
            return Err(unreadable("its row groups do not add up to its rows"));
        }
        let fields = read::infer_schema(&metadata).map_err(unreadable)?.fields;
        let key_values = metadata.key_value_metadata().iter().flatten();
        let json = key_values.filter(|pair| pair.key == JSON_COLUMNS).find_map(|pair| pair.value.as_deref());
        let json: Vec<String> = match json {
            Some(names) => serde_json::from_str(names).map_err(unreadable)?,
            None => Vec::new(),
        };
        let schema =
            fields.iter().zip(decimals).map(|(field, decimal)| spec(field, decimal, &json)).collect::<Result<_>>()?;
        Ok(Reader { bytes, metadata, fields, schema })
    }

    /// The columns in the file's order. Profiles are not stored; a decimal of 76 digits counts as wei.
    pub fn schema(&self) -> &[ColumnSpec] {
        &self.schema
    }

    pub fn rows(&self) -> u64 {
        self.metadata.num_rows as u64
    }

    /// Rows of each row group.
    pub fn row_groups(&self) -> impl ExactSizeIterator<Item = usize> {
        self.metadata.row_groups.iter().map(|group| group.num_rows())
    }

    /// The value of a key of the file's metadata.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        let pairs = self.metadata.key_value_metadata().as_deref().unwrap_or_default();
        pairs.iter().find(|pair| pair.key == key)?.value.as_deref()
    }

    /// A row group's columns.
    ///
    /// # Errors
    /// `parquet_read` if there is no such row group or it cannot be decoded.
    pub fn read(&self, row_group: usize) -> Result<Vec<ColumnData>> {
        self.window(row_group, 0, usize::MAX)
    }

    /// At most `take` rows of a row group after its first `skip`.
    pub(super) fn window(&self, row_group: usize, skip: usize, take: usize) -> Result<Vec<ColumnData>> {
        let Some(group) = self.metadata.row_groups.get(row_group) else {
            return Err(unreadable(format!("there is no row group {row_group}")));
        };
        let end = skip.saturating_add(take).min(group.num_rows());
        let fields = self.fields.clone();
        let columns = read::read_columns_many(&mut Cursor::new(self.bytes), group, fields, None, Some(end), None);
        let columns = columns.map_err(unreadable)?.into_iter().zip(&self.fields);
        let column = |(mut column, field): (read::ArrayIter<'_>, &Field)| {
            let array = column.next().ok_or_else(|| unreadable("a column has no pages"))?.map_err(unreadable)?;
            if array.len() != end {
                return Err(unreadable(format!("a column has {} of {end} rows", array.len())));
            }
            cells(array.as_ref(), skip.min(end)).map_err(|error| error.at(&field.name))
        };
        columns.map(column).collect()
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

/// `decimal`: precision and scale, if it is one.
fn spec(field: &Field, decimal: Option<(i32, i32)>, json: &[String]) -> Result<ColumnSpec> {
    let (data_type, precision, scale) = match field.data_type {
        Arrow::Boolean => (DataType::Bool, None, None),
        Arrow::Int8 => (DataType::Bigint, Some(8), None),
        Arrow::Int16 => (DataType::Bigint, Some(16), None),
        Arrow::Int32 => (DataType::Bigint, Some(32), None),
        Arrow::Int64 => (DataType::Bigint, None, None),
        Arrow::Float64 => (DataType::Double, None, None),
        Arrow::Timestamp(TimeUnit::Microsecond, _) => (DataType::Timestamp, None, None),
        Arrow::Date32 => (DataType::Date, None, None),
        Arrow::Time64(TimeUnit::Microsecond) => (DataType::Time, None, None),
        Arrow::Utf8 if json.contains(&field.name) => (DataType::Json, None, None),
        Arrow::Utf8 => (DataType::Text, None, None),
        Arrow::Binary => (DataType::Binary, None, None),
        Arrow::FixedSizeBinary(1..=32) if decimal == Some((76, 0)) => (DataType::Wei, None, None),
        Arrow::FixedSizeBinary(1..=32) if let Some((precision, scale)) = decimal => {
            (DataType::Decimal, u8::try_from(precision).ok(), u8::try_from(scale).ok())
        }
        _ => return Err(unreadable(format!("a type that is not ours: {:?}", field.data_type)).at(&field.name)),
    };
    Ok(ColumnSpec {
        name: field.name.clone(),
        data_type,
        nullable: field.is_nullable,
        precision,
        scale,
        timezone: !matches!(field.data_type, Arrow::Timestamp(_, None)),
        profile: Profile::General,
    })
}

/// The cells after the first `skip`.
fn cells(array: &dyn Array, skip: usize) -> Result<ColumnData> {
    Ok(match array.data_type() {
        Arrow::Boolean => ColumnData::Bool(of::<BooleanArray>(array)?.iter().skip(skip).collect()),
        Arrow::Int8 => ColumnData::I64(numbers(array, skip, i64::from as fn(i8) -> i64)?),
        Arrow::Int16 => ColumnData::I64(numbers(array, skip, i64::from as fn(i16) -> i64)?),
        Arrow::Int32 | Arrow::Date32 => ColumnData::I64(numbers(array, skip, i64::from as fn(i32) -> i64)?),
        Arrow::Int64 | Arrow::Timestamp(..) | Arrow::Time64(_) => {
            ColumnData::I64(numbers(array, skip, |value: i64| value)?)
        }
        Arrow::Float64 => ColumnData::F64(numbers(array, skip, |value: f64| value)?),
        Arrow::FixedSizeBinary(_) => {
            let values =
                of::<FixedSizeBinaryArray>(array)?.iter().skip(skip).map(|bytes| bytes.map(integer).transpose());
            ColumnData::I128(values.collect::<Result<_>>()?)
        }
        Arrow::Utf8 => ColumnData::Text(
            of::<Utf8Array<i32>>(array)?.iter().skip(skip).map(|text| text.map(str::to_owned)).collect(),
        ),
        _ => ColumnData::Binary(
            of::<BinaryArray<i32>>(array)?.iter().skip(skip).map(|bytes| bytes.map(<[u8]>::to_vec)).collect(),
        ),
    })
}

/// A big-endian number in two's complement.
fn integer(bytes: &[u8]) -> Result<i128> {
    let (high, low) = bytes.split_at(bytes.len().saturating_sub(16));
    let sign = if bytes.first().is_some_and(|byte| *byte >= 0x80) { -1 } else { 0 };
    let value = low.iter().fold(sign, |value, byte| value << 8 | *byte as i128);
    if high.iter().any(|byte| *byte as i8 as i128 != sign) || (value < 0) != (sign < 0) {
        return Err(unreadable("a decimal of more than 38 digits"));
    }
    Ok(value)
}

fn numbers<T: NativeType, U>(array: &dyn Array, skip: usize, convert: impl Fn(T) -> U) -> Result<Vec<Option<U>>> {
    Ok(of::<PrimitiveArray<T>>(array)?.iter().skip(skip).map(|value| value.map(|value| convert(*value))).collect())
}

fn of<T: 'static>(array: &dyn Array) -> Result<&T> {
    array.as_any().downcast_ref().ok_or_else(|| unreadable("arrow2 answered with another type than it announced"))
}

fn unreadable(cause: impl std::fmt::Display) -> Error {
    Error::new(Kind::Data, "parquet_read", format!("this Parquet file cannot be read: {cause}"))
}
