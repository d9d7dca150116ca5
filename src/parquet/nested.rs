//! Records with fields in fields → a Parquet file: what a Delta Lake checkpoint is made of.
//!
//! Tables are flat and go through [`super::Writer`]. Here a record is a JSON object, taken apart as the Dremel paper has it
//! (Nested Encoding in parquet-format's README): a leaf's definition level says how far down the record had something, its
//! repetition level whether it goes on with a list. All is PLAIN and snappy, one page a column and one row group a file.

use super::encode;
use super::writer::{CREATED_BY, end_file, thrift};
use super::{MAGIC, MAX_ROWS};
use crate::error::{Error, Kind as ErrorKind, Result};
use parquet_format_safe::thrift::protocol::TCompactOutputProtocol;
use parquet_format_safe::{
    ColumnChunk, ColumnMetaData, CompressionCodec, ConvertedType, DataPageHeader, Encoding, FieldRepetitionType,
    FileMetaData, ListType, LogicalType, MapType, PageHeader, PageType, RowGroup, SchemaElement, StringType, Type,
};
use serde_json::Value;

/// A field of a record.
pub struct Field {
    pub name: &'static str,
    pub optional: bool,
    pub kind: Kind,
}

/// What a field holds.
pub enum Kind {
    Bool,
    I32,
    I64,
    Text,
    Group(Vec<Field>),
    /// A list of texts.
    Texts,
    /// An object whose values are texts.
    TextMap,
}

impl Field {
    pub fn needed(name: &'static str, kind: Kind) -> Field {
        Field { name, optional: false, kind }
    }

    pub fn optional(name: &'static str, kind: Kind) -> Field {
        Field { name, optional: true, kind }
    }
}

/// The file of these records. What a record has beyond the fields is left out.
///
/// # Errors
/// `parquet_page` if a field that is needed is missing or holds something else; `parquet_limit` if it gets too large.
pub fn write(fields: &[Field], records: &[Value]) -> Result<Vec<u8>> {
    if records.len() > MAX_ROWS {
        let message = format!("a row group of more than {MAX_ROWS} rows");
        return Err(Error::new(ErrorKind::Limit, "parquet_limit", message));
    }
    let mut shape = Shape::default();
    shape.elements.push(group("schema", None, fields.len(), None));
    fields.iter().for_each(|field| shape.add(field, &[], 0));
    let Shape { elements, mut leaves } = shape;
    for record in records {
        let mut at = Cursor(leaves.iter_mut());
        fields.iter().try_for_each(|field| at.put(field, record.get(field.name), 0))?;
    }

    let mut out = MAGIC.to_vec();
    let mut group = RowGroup::new(Vec::new(), 0, records.len() as i64, None, None, None, None);
    for leaf in &leaves {
        let meta = leaf.write(&mut out)?;
        group.total_byte_size += meta.total_uncompressed_size;
        group.columns.push(ColumnChunk::new(None, 0, meta, None, None, None, None, None, None));
    }
    let groups = if records.is_empty() { Vec::new() } else { vec![group] };
    let rows = records.len() as i64;
    let footer = FileMetaData::new(1, elements, rows, groups, None, Some(CREATED_BY.into()), None, None, None);
    end_file(&footer, &mut out)?;
    Ok(out)
}

/// A column: the values of one leaf, and the levels of all its entries.
struct Leaf {
    path: Vec<String>,
    type_: Type,
    max_definition: u8,
    repeated: bool,
    definitions: Vec<u8>,
    repetitions: Vec<u8>,
    /// PLAIN; booleans a byte each until they are written.
    values: Vec<u8>,
}

/// The schema, and the leaves in its order.
#[derive(Default)]
struct Shape {
    elements: Vec<SchemaElement>,
    leaves: Vec<Leaf>,
}

impl Shape {
    fn add(&mut self, field: &Field, parents: &[&str], level: u8) {
        let Field { name, optional, kind } = field;
        let path = [parents, &[name]].concat();
        let repetition = if *optional { FieldRepetitionType::OPTIONAL } else { FieldRepetitionType::REQUIRED };
        let level = level + u8::from(*optional);
        match kind {
            Kind::Bool | Kind::I32 | Kind::I64 | Kind::Text => self.leaf(&path, kind, repetition, level, false),
            Kind::Group(fields) => {
                self.elements.push(group(name, Some(repetition), fields.len(), None));
                fields.iter().for_each(|field| self.add(field, &path, level));
            }
            Kind::Texts => {
                let list = (ConvertedType::LIST, LogicalType::LIST(ListType {}));
                self.elements.push(group(name, Some(repetition), 1, Some(list)));
                self.elements.push(group("list", Some(FieldRepetitionType::REPEATED), 1, None));
                let element = [&path[..], &["list", "element"]].concat();
                self.leaf(&element, &Kind::Text, FieldRepetitionType::REQUIRED, level + 1, true);
            }
            Kind::TextMap => {
                let map = (ConvertedType::MAP, LogicalType::MAP(MapType {}));
                self.elements.push(group(name, Some(repetition), 1, Some(map)));
                self.elements.push(group("key_value", Some(FieldRepetitionType::REPEATED), 2, None));
                let under = |leaf| [&path[..], &["key_value", leaf]].concat();
                self.leaf(&under("key"), &Kind::Text, FieldRepetitionType::REQUIRED, level + 1, true);
                self.leaf(&under("value"), &Kind::Text, FieldRepetitionType::OPTIONAL, level + 2, true);
            }
        }
    }

    fn leaf(&mut self, path: &[&str], kind: &Kind, repetition: FieldRepetitionType, level: u8, repeated: bool) {
        let (type_, text) = match kind {
            Kind::Bool => (Type::BOOLEAN, None),
            Kind::I32 => (Type::INT32, None),
            Kind::I64 => (Type::INT64, None),
            _ => (Type::BYTE_ARRAY, Some((ConvertedType::UTF8, LogicalType::STRING(StringType {})))),
        };
        let (converted, logical) = text.unzip();
        let name = path.last().copied().unwrap_or_default().to_owned();
        self.elements
            .push(SchemaElement::new(type_, None, repetition, name, None, converted, None, None, None, logical));
        self.leaves.push(Leaf {
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            type_,
            max_definition: level,
            repeated,
            definitions: Vec::new(),
            repetitions: Vec::new(),
            values: Vec::new(),
        });
    }
}

fn group(
    name: &str,
    repetition: Option<FieldRepetitionType>,
    children: usize,
    annotation: Option<(ConvertedType, LogicalType)>,
) -> SchemaElement {
    let (converted, logical) = annotation.unzip();
    SchemaElement::new(None, None, repetition, name.into(), Some(children as i32), converted, None, None, None, logical)
}

/// One record on its way into the leaves, which come in the order of the fields.
struct Cursor<'a>(std::slice::IterMut<'a, Leaf>);

/// Repetition level, definition level, value.
type Entry<'v> = (u8, u8, Option<&'v Value>);

impl Cursor<'_> {
    fn put(&mut self, field: &Field, value: Option<&Value>, level: u8) -> Result<()> {
        let value = value.filter(|value| !value.is_null());
        let fits = match (&field.kind, value) {
            (kind, None) => field.optional && self.nothing(kind, level),
            (kind, Some(value)) => {
                let level = level + u8::from(field.optional);
                match (kind, value) {
                    (Kind::Group(fields), Value::Object(object)) => {
                        return fields.iter().try_for_each(|field| self.put(field, object.get(field.name), level));
                    }
                    (Kind::Texts, Value::Array(items)) if items.is_empty() => self.nothing(kind, level),
                    (Kind::TextMap, Value::Object(items)) if items.is_empty() => self.nothing(kind, level),
                    (Kind::Texts, Value::Array(items)) => {
                        self.push(items.iter().enumerate().map(|(n, item)| (repeats(n), level + 1, Some(item))))
                    }
                    (Kind::TextMap, Value::Object(items)) => {
                        let keys: Vec<Value> = items.keys().map(|key| key.as_str().into()).collect();
                        let defined = |value: &Value| level + 1 + u8::from(!value.is_null());
                        self.push(keys.iter().enumerate().map(|(n, key)| (repeats(n), level + 1, Some(key))))
                            && self.push(items.values().enumerate().map(|(n, value)| {
                                (repeats(n), defined(value), Some(value).filter(|value| !value.is_null()))
                            }))
                    }
                    (Kind::Group(_) | Kind::Texts | Kind::TextMap, _) => false,
                    (_, value) => self.push([(0, level, Some(value))].into_iter()),
                }
            }
        };
        if fits { Ok(()) } else { Err(misfit(field.name)) }
    }

    /// An entry without a value in every leaf below.
    fn nothing(&mut self, kind: &Kind, level: u8) -> bool {
        let mut none = || self.push([(0, level, None)].into_iter());
        match kind {
            Kind::Group(fields) => fields.iter().all(|field| self.nothing(&field.kind, level)),
            Kind::TextMap => none() && none(),
            _ => none(),
        }
    }

    /// Entries of the next leaf; whether all of them fit.
    fn push<'v>(&mut self, mut entries: impl Iterator<Item = Entry<'v>>) -> bool {
        self.0.next().is_some_and(|leaf| entries.all(|entry| leaf.push(entry)))
    }
}

/// All but a list's first entry go on with it.
fn repeats(number: usize) -> u8 {
    u8::from(number > 0)
}

impl Leaf {
    fn push(&mut self, (repetition, definition, value): Entry<'_>) -> bool {
        self.repetitions.push(repetition);
        self.definitions.push(definition);
        let Some(value) = value else { return true };
        match (self.type_, value) {
            (Type::BOOLEAN, Value::Bool(value)) => self.values.push(u8::from(*value)),
            (Type::INT32, value) => match value.as_i64().and_then(|value| i32::try_from(value).ok()) {
                Some(value) => self.values.extend(value.to_le_bytes()),
                None => return false,
            },
            (Type::INT64, value) => match value.as_i64() {
                Some(value) => self.values.extend(value.to_le_bytes()),
                None => return false,
            },
            (Type::BYTE_ARRAY, Value::String(text)) => {
                let Ok(length) = u32::try_from(text.len()) else { return false };
                self.values.extend(length.to_le_bytes());
                self.values.extend(text.as_bytes());
            }
            _ => return false,
        }
        true
    }

    /// Appends its one page to `out`.
    fn write(&self, out: &mut Vec<u8>) -> Result<ColumnMetaData> {
        let mut body = Vec::new();
        if self.repeated {
            levels(&self.repetitions, &mut body);
        }
        if self.max_definition > 0 {
            levels(&self.definitions, &mut body);
        }
        match self.type_ {
            Type::BOOLEAN => encode::bools(&self.values, &mut body),
            _ => body.extend(&self.values),
        }
        let too_large = |_| Error::new(ErrorKind::Limit, "parquet_limit", "a page of 2 GiB or more");
        let compressed = snap::raw::Encoder::new()
            .compress_vec(&body)
            .map_err(|_| Error::new(ErrorKind::Limit, "parquet_limit", "a page that is too large to be compressed"))?;
        let size = |bytes: &[u8]| i32::try_from(bytes.len()).map_err(too_large);
        let entries = self.definitions.len();
        let header = DataPageHeader::new(entries as i32, Encoding::PLAIN, Encoding::RLE, Encoding::RLE, None);
        let (whole, stored) = (size(&body)?, size(&compressed)?);
        let header = PageHeader::new(PageType::DATA_PAGE, whole, stored, None, header, None, None, None);
        let start = out.len();
        header.write_to_out_protocol(&mut TCompactOutputProtocol::new(&mut *out)).map_err(thrift)?;
        let head = out.len() - start;
        out.extend(&compressed);
        Ok(ColumnMetaData::new(
            self.type_,
            vec![Encoding::PLAIN, Encoding::RLE],
            self.path.clone(),
            CompressionCodec::SNAPPY,
            entries as i64,
            (head + body.len()) as i64,
            (head + compressed.len()) as i64,
            None,
            start as i64,
            None,
            None,
            None,
            None,
            None,
        ))
    }
}

/// Levels as runs, with their length in front: version-1 data pages have them so. None is above 255.
fn levels(levels: &[u8], out: &mut Vec<u8>) {
    let mut runs = Vec::new();
    for run in levels.chunk_by(|a, b| a == b) {
        encode::uleb((run.len() as u64) << 1, &mut runs);
        runs.extend(run.first());
    }
    out.extend((runs.len() as u32).to_le_bytes());
    out.extend(runs);
}

fn misfit(field: &str) -> Error {
    Error::new(ErrorKind::Data, "parquet_page", "a record's field is missing, or is not of its kind").at(field)
}
