//! Arrow's IPC streaming format (<https://arrow.apache.org/docs/format/Columnar.html>, "IPC Streaming Format").
//!
//! | column | Arrow type |
//! |---|---|
//! | text | utf8 |
//! | json | utf8 of the canonical extension type `arrow.json` |
//! | bigint | int64, or 8, 16 or 32 bits by its precision |
//! | double, bool, binary | float64, bool, binary |
//! | timestamp | timestamp in microseconds, of zone UTC or without one |
//! | date, time | date32, time64 in microseconds |
//! | decimal, wei | decimal128 of at most 38 digits: the tables never hold more, and DuckDB and Polars refuse decimal256 |
//!
//! The messages are made by the crate that makes arrow2's; what follows each of them, the columns' bytes, is written here.

use super::misfit;
use crate::error::Result;
use crate::normalize::schema::DataType;
use crate::parquet::{ColumnData, ColumnSpec, Physical};
use arrow_format::ipc::planus::Builder;
use arrow_format::ipc::{
    Binary, Bool, Buffer, Date, DateUnit, Decimal, Endianness, Field, FieldNode, FloatingPoint, Int, KeyValue, Message,
    MessageHeader, MetadataVersion, Precision, RecordBatch, Schema, Time, TimeUnit, Timestamp, Type, Utf8,
};

/// Of messages and buffers, the one the format asks for at least.
const ALIGNMENT: usize = 8;
/// What every message begins with, before its length.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// What ends the stream: a message of no length.
pub const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
/// Digits of a decimal128.
const MAX_DIGITS: u8 = 38;

/// The stream's first message.
pub fn schema(columns: &[ColumnSpec], out: &mut Vec<u8>) {
    let schema = Schema {
        endianness: Endianness::Little,
        fields: Some(columns.iter().map(field).collect()),
        custom_metadata: None,
        features: None,
    };
    message(MessageHeader::Schema(Box::new(schema)), &[], out);
}

/// A message of these rows.
pub fn batch(columns: &[ColumnSpec], batch: &[ColumnData], rows: usize, out: &mut Vec<u8>) -> Result<()> {
    let mut body = Body { bytes: Vec::new(), nodes: Vec::new(), buffers: Vec::new() };
    for (spec, column) in columns.iter().zip(batch) {
        let written = body.column(spec, column);
        written.ok_or_else(|| misfit("a cell came that its column's type cannot hold".into()).at(&spec.name))?;
    }
    let Body { bytes, nodes, buffers } = body;
    let batch = RecordBatch { length: rows as i64, nodes: Some(nodes), buffers: Some(buffers), compression: None };
    message(MessageHeader::RecordBatch(Box::new(batch)), &bytes, out);
    Ok(())
}

fn message(header: MessageHeader, body: &[u8], out: &mut Vec<u8>) {
    let message = Message {
        version: MetadataVersion::V5,
        header: Some(header),
        body_length: body.len() as i64,
        custom_metadata: None,
    };
    let mut builder = Builder::new();
    let message = builder.finish(&message, None);
    let length = message.len().next_multiple_of(ALIGNMENT);
    out.extend_from_slice(&CONTINUATION);
    out.extend_from_slice(&(length as u32).to_le_bytes());
    out.extend_from_slice(message);
    out.resize(out.len() + length - message.len(), 0);
    out.extend_from_slice(body);
}

fn field(spec: &ColumnSpec) -> Field {
    let pair = |key: &str, value: &str| KeyValue { key: Some(key.into()), value: Some(value.into()) };
    let json = || vec![pair("ARROW:extension:name", "arrow.json"), pair("ARROW:extension:metadata", "")];
    Field {
        name: Some(spec.name.clone()),
        nullable: spec.nullable,
        type_: Some(type_(spec)),
        dictionary: None,
        children: Some(Vec::new()),
        custom_metadata: (spec.data_type == DataType::Json).then(json),
    }
}

fn type_(spec: &ColumnSpec) -> Type {
    match (spec.data_type, Physical::of(spec)) {
        (DataType::Date, _) => Type::Date(Box::new(Date { unit: DateUnit::Day })),
        (DataType::Time, _) => Type::Time(Box::new(Time { unit: TimeUnit::Microsecond, bit_width: 64 })),
        (DataType::Timestamp, _) => {
            let timezone = spec.timezone.then(|| "UTC".into());
            Type::Timestamp(Box::new(Timestamp { unit: TimeUnit::Microsecond, timezone }))
        }
        (DataType::Binary, _) => Type::Binary(Box::new(Binary {})),
        (_, Physical::Bytes) => Type::Utf8(Box::new(Utf8 {})),
        (_, Physical::Bool) => Type::Bool(Box::new(Bool {})),
        (_, Physical::F64) => Type::FloatingPoint(Box::new(FloatingPoint { precision: Precision::Double })),
        (_, Physical::I32 { bits }) => Type::Int(Box::new(Int { bit_width: bits as i32, is_signed: true })),
        (_, Physical::I64) => Type::Int(Box::new(Int { bit_width: 64, is_signed: true })),
        (_, Physical::Decimal { precision, scale, .. }) => {
            let precision = i32::from(precision.min(MAX_DIGITS));
            Type::Decimal(Box::new(Decimal { precision, scale: i32::from(scale), bit_width: 128 }))
        }
    }
}

/// The columns' bytes, and where each column's are.
struct Body {
    bytes: Vec<u8>,
    nodes: Vec<FieldNode>,
    buffers: Vec<Buffer>,
}

/// Its methods answer `None` for a cell that the column's type cannot hold.
impl Body {
    fn column(&mut self, spec: &ColumnSpec, column: &ColumnData) -> Option<()> {
        match column {
            ColumnData::Bool(cells) => {
                self.validity(spec, cells)?;
                self.bits(cells.iter().map(|cell| *cell == Some(true)));
            }
            ColumnData::I64(cells) => match Physical::of(spec) {
                Physical::I32 { bits: 8 } => self.fixed(spec, cells, |v| i8::try_from(v).ok().map(i8::to_le_bytes))?,
                Physical::I32 { bits: 16 } => {
                    self.fixed(spec, cells, |v| i16::try_from(v).ok().map(i16::to_le_bytes))?
                }
                Physical::I32 { .. } => self.fixed(spec, cells, |v| i32::try_from(v).ok().map(i32::to_le_bytes))?,
                _ => self.fixed(spec, cells, |value| Some(value.to_le_bytes()))?,
            },
            ColumnData::F64(cells) => self.fixed(spec, cells, |value| Some(value.to_le_bytes()))?,
            ColumnData::I128(cells) => {
                let digits = match Physical::of(spec) {
                    Physical::Decimal { precision, .. } => precision.min(MAX_DIGITS),
                    _ => MAX_DIGITS,
                };
                let limit = 10u128.checked_pow(digits.into())?;
                self.fixed(spec, cells, |value| (value.unsigned_abs() < limit).then(|| value.to_le_bytes()))?;
            }
            ColumnData::Text(cells) => self.texts(spec, cells)?,
            ColumnData::Binary(cells) => self.texts(spec, cells)?,
        }
        Some(())
    }

    /// A column's node and its first buffer, which is left out if nothing is null.
    fn validity<T>(&mut self, spec: &ColumnSpec, cells: &[Option<T>]) -> Option<()> {
        let nulls = cells.iter().filter(|cell| cell.is_none()).count();
        if nulls > 0 && !spec.nullable {
            return None;
        }
        self.nodes.push(FieldNode { length: cells.len() as i64, null_count: nulls as i64 });
        self.bits(cells.iter().map(Option::is_some).take(if nulls > 0 { cells.len() } else { 0 }));
        Some(())
    }

    fn bits(&mut self, bits: impl Iterator<Item = bool>) {
        let start = self.bytes.len();
        for (number, bit) in bits.enumerate() {
            if number % 8 == 0 {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(bit) << (number % 8);
            }
        }
        self.end_buffer(start);
    }

    fn fixed<T: Copy, const N: usize>(
        &mut self,
        spec: &ColumnSpec,
        cells: &[Option<T>],
        bytes: impl Fn(T) -> Option<[u8; N]>,
    ) -> Option<()> {
        self.validity(spec, cells)?;
        let start = self.bytes.len();
        self.bytes.reserve(cells.len() * N);
        for cell in cells {
            self.bytes.extend_from_slice(&cell.map_or(Some([0; N]), &bytes)?);
        }
        self.end_buffer(start);
        Some(())
    }

    fn texts(&mut self, spec: &ColumnSpec, cells: &[Option<impl AsRef<[u8]>>]) -> Option<()> {
        self.validity(spec, cells)?;
        let texts = cells.iter().map(|cell| cell.as_ref().map_or(&[][..], AsRef::as_ref));
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        let mut end = 0;
        for text in texts.clone() {
            end = i32::try_from(text.len()).ok().and_then(|length| length.checked_add(end))?;
            self.bytes.extend_from_slice(&end.to_le_bytes());
        }
        self.end_buffer(start);
        let start = self.bytes.len();
        texts.for_each(|text| self.bytes.extend_from_slice(text));
        self.end_buffer(start);
        Some(())
    }

    /// Notes the buffer from `start` on; the next one begins aligned.
    fn end_buffer(&mut self, start: usize) {
        let end = self.bytes.len();
        self.buffers.push(Buffer { offset: start as i64, length: (end - start) as i64 });
        self.bytes.resize(end.next_multiple_of(ALIGNMENT), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Exporter, Format};
    use super::*;
    use crate::parquet::Profile;
    use arrow2::array::{Array, BinaryArray, BooleanArray, PrimitiveArray, Utf8Array};
    use arrow2::datatypes::{DataType as Arrow, TimeUnit as Unit};
    use arrow2::io::ipc::read::{StreamReader, StreamState, read_stream_metadata};

    fn spec(name: &str, data_type: DataType, precision: Option<u8>, scale: Option<u8>) -> ColumnSpec {
        let profile = Profile::General;
        ColumnSpec { name: name.into(), data_type, nullable: true, precision, scale, timezone: true, profile }
    }

    /// Every column type, and what arrow2 should take it for.
    fn columns() -> Vec<(ColumnSpec, Arrow)> {
        let json = Arrow::Extension("arrow.json".into(), Box::new(Arrow::Utf8), Some(String::new()));
        let plain = |data_type: DataType, arrow| (spec(data_type.name(), data_type, None, None), arrow);
        let int = |bits, arrow| (spec(&format!("int{bits}"), DataType::Bigint, Some(bits), None), arrow);
        let decimal = |p, s, arrow| (spec(&format!("decimal{p}"), DataType::Decimal, Some(p), Some(s)), arrow);
        let mut columns = vec![
            plain(DataType::Text, Arrow::Utf8),
            plain(DataType::Json, json),
            plain(DataType::Binary, Arrow::Binary),
            plain(DataType::Bigint, Arrow::Int64),
            int(8, Arrow::Int8),
            int(16, Arrow::Int16),
            int(32, Arrow::Int32),
            plain(DataType::Double, Arrow::Float64),
            plain(DataType::Bool, Arrow::Boolean),
            plain(DataType::Timestamp, Arrow::Timestamp(Unit::Microsecond, Some("UTC".into()))),
            plain(DataType::Date, Arrow::Date32),
            plain(DataType::Time, Arrow::Time64(Unit::Microsecond)),
            plain(DataType::Decimal, Arrow::Decimal(38, 9)),
            plain(DataType::Wei, Arrow::Decimal(38, 0)),
            decimal(4, 2, Arrow::Decimal(4, 2)),
            decimal(50, 10, Arrow::Decimal(38, 10)),
        ];
        let local = ColumnSpec { timezone: false, ..spec("local", DataType::Timestamp, None, None) };
        columns.push((local, Arrow::Timestamp(Unit::Microsecond, None)));
        let required = ColumnSpec { nullable: false, ..spec("required", DataType::Text, None, None) };
        columns.push((required, Arrow::Utf8));
        columns
    }

    /// Cells that differ from row to row; every `nulls`th is null, none if that is 0.
    fn cells(spec: &ColumnSpec, rows: usize, nulls: usize) -> ColumnData {
        fn of<T>(rows: usize, nulls: usize, cell: impl Fn(usize) -> T) -> Vec<Option<T>> {
            (0..rows).map(|row| (nulls == 0 || row % nulls != nulls - 1).then(|| cell(row))).collect()
        }
        let nulls = if spec.nullable { nulls } else { 0 };
        let sign = |row: usize| if row.is_multiple_of(2) { 1i8 } else { -1 };
        match (spec.data_type, Physical::of(spec)) {
            (DataType::Bool, _) => ColumnData::Bool(of(rows, nulls, |row| row % 3 == 0)),
            (DataType::Double, _) => ColumnData::F64(of(rows, nulls, |row| f64::from(sign(row)) / row as f64)),
            (DataType::Binary, _) => ColumnData::Binary(of(rows, nulls, |row| vec![row as u8; row % 5])),
            (_, Physical::Bytes) => ColumnData::Text(of(rows, nulls, |row| "ä\0🦀".repeat(row % 4))),
            (_, Physical::Decimal { precision, .. }) => {
                let most = 10i128.pow(precision.min(38).into()) - 1;
                ColumnData::I128(of(rows, nulls, |row| (most - row as i128) * i128::from(sign(row))))
            }
            (_, Physical::I32 { bits }) => {
                let most = i64::MAX >> (64 - bits);
                ColumnData::I64(of(rows, nulls, |row| if row == 0 { -most - 1 } else { most - row as i64 % 100 }))
            }
            (DataType::Time, _) => ColumnData::I64(of(rows, nulls, |row| 86_399_999_999 - row as i64)),
            _ => ColumnData::I64(of(rows, nulls, |row| (1 << 50) * i64::from(sign(row)) - row as i64)),
        }
    }

    /// What arrow2 read, as our columns have it.
    fn read(array: &dyn Array) -> ColumnData {
        fn ints<T: arrow2::types::NativeType + Into<i64>>(array: &dyn Array) -> ColumnData {
            let array = array.as_any().downcast_ref::<PrimitiveArray<T>>().unwrap();
            ColumnData::I64(array.iter().map(|value| value.map(|value| (*value).into())).collect())
        }
        let any = array.as_any();
        match array.data_type().to_logical_type() {
            Arrow::Boolean => ColumnData::Bool(any.downcast_ref::<BooleanArray>().unwrap().iter().collect()),
            Arrow::Float64 => {
                ColumnData::F64(any.downcast_ref::<PrimitiveArray<f64>>().unwrap().iter().map(|v| v.copied()).collect())
            }
            Arrow::Utf8 => {
                let texts = any.downcast_ref::<Utf8Array<i32>>().unwrap();
                ColumnData::Text(texts.iter().map(|text| text.map(str::to_owned)).collect())
            }
            Arrow::Binary => {
                let bytes = any.downcast_ref::<BinaryArray<i32>>().unwrap();
                ColumnData::Binary(bytes.iter().map(|bytes| bytes.map(<[u8]>::to_vec)).collect())
            }
            Arrow::Decimal(..) => {
                let values = any.downcast_ref::<PrimitiveArray<i128>>().unwrap();
                ColumnData::I128(values.iter().map(|value| value.copied()).collect())
            }
            Arrow::Int8 => ints::<i8>(array),
            Arrow::Int16 => ints::<i16>(array),
            Arrow::Int32 | Arrow::Date32 => ints::<i32>(array),
            _ => ints::<i64>(array),
        }
    }

    #[test]
    fn arrow2_reads_every_type_back() {
        let columns = columns();
        let specs: Vec<ColumnSpec> = columns.iter().map(|(spec, _)| spec.clone()).collect();
        let mut out = Vec::new();
        let mut exporter = Exporter::new(Format::Arrow, &specs, &mut out);
        let batches: Vec<Vec<ColumnData>> = [(0, 0), (1, 1), (7, 0), (8, 2), (1000, 7), (65, 1)]
            .iter()
            .map(|(rows, nulls)| specs.iter().map(|spec| cells(spec, *rows, *nulls)).collect())
            .collect();
        for batch in &batches {
            exporter.batch(batch, &mut out).unwrap();
            assert_eq!(out.len() % ALIGNMENT, 0);
        }
        exporter.finish(&mut out).unwrap();
        // Other readers look at the same file by hand.
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/readers");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("types.arrows"), &out).unwrap();

        let mut bytes = out.as_slice();
        let metadata = read_stream_metadata(&mut bytes).unwrap();
        for ((spec, arrow), field) in columns.iter().zip(&metadata.schema.fields) {
            assert_eq!((&spec.name, arrow, spec.nullable), (&field.name, &field.data_type, field.is_nullable));
        }
        let mut reader = StreamReader::new(&mut bytes, metadata, None);
        for batch in &batches {
            let Some(Ok(StreamState::Some(chunk))) = reader.next() else { panic!("a batch is missing") };
            for ((spec, column), array) in specs.iter().zip(batch).zip(chunk.arrays()) {
                assert_eq!(read(array.as_ref()), *column, "{}", spec.name);
            }
        }
        assert!(reader.next().is_none());
        assert!(bytes.is_empty());
    }

    #[test]
    fn what_a_type_cannot_hold_is_refused() {
        let required = |spec| ColumnSpec { nullable: false, ..spec };
        let cases = [
            (spec("i", DataType::Bigint, Some(8), None), ColumnData::I64(vec![Some(128)])),
            (spec("d", DataType::Date, None, None), ColumnData::I64(vec![Some(1 << 31)])),
            (spec("w", DataType::Wei, None, None), ColumnData::I128(vec![Some(10i128.pow(38))])),
            (spec("p", DataType::Decimal, Some(2), Some(1)), ColumnData::I128(vec![Some(-100)])),
            (required(spec("t", DataType::Text, None, None)), ColumnData::Text(vec![None])),
        ];
        for (spec, column) in cases {
            let mut out = Vec::new();
            let mut exporter = Exporter::new(Format::Arrow, std::slice::from_ref(&spec), &mut out);
            let begun = out.len();
            assert_eq!(exporter.batch(&[column], &mut out).unwrap_err().code(), "export_batch", "{}", spec.name);
            assert_eq!(out.len(), begun);
        }
    }
}
