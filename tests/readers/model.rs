//! A table as a test thinks of it, how it is cut into pages, and what other readers should find in its file.
#![allow(dead_code)] // every test file uses its part

use super::choices::Choices;
use gatelake::normalize::schema::DataType;
use gatelake::parquet::{ColumnData, ColumnSpec, Profile, Writer, WriterOptions};
use gatelake::table::{ByteArrays, Page, Values};
use std::fmt::Write;

#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Decimal(i128),
    Text(Vec<u8>),
}

pub struct Column {
    pub spec: ColumnSpec,
    pub cells: Vec<Cell>,
    /// The first page that the writer knows the column at; its cells before are null.
    pub from_page: usize,
    /// Of each row group, so many pages are dictionary-encoded if this is text.
    pub dictionary_pages: usize,
}

pub struct Table {
    pub columns: Vec<Column>,
    /// Rows of each page of each row group.
    pub pages: Vec<Vec<usize>>,
}

pub fn spec(name: &str, data_type: DataType) -> ColumnSpec {
    let profile = Profile::General;
    ColumnSpec { name: name.into(), data_type, nullable: true, precision: None, scale: None, timezone: true, profile }
}

impl Table {
    pub fn rows(&self) -> usize {
        self.pages.iter().flatten().sum()
    }

    /// The cells as the file should have them: null where the column was not known yet.
    pub fn expected(&self, column: &Column) -> Vec<Cell> {
        let unknown: usize = self.pages.iter().flatten().take(column.from_page).sum();
        let mut cells = column.cells.clone();
        cells[..unknown].fill(Cell::Null);
        cells
    }

    /// The file, as one run of bytes.
    pub fn write(&self, options: WriterOptions) -> gatelake::error::Result<Vec<u8>> {
        let (mut writer, mut out) = (Writer::new(options), Vec::new());
        let (mut known, mut row, mut page) = (0, 0, 0);
        for group in &self.pages {
            let mut dictionaries: Vec<Vec<&[u8]>> = vec![Vec::new(); self.columns.len()];
            for (in_group, rows) in group.iter().enumerate() {
                while let Some(column) = self.columns.get(known).filter(|column| column.from_page <= page) {
                    assert_eq!(writer.add_column(column.spec.clone()), known);
                    known += 1;
                }
                for (number, column) in self.columns[..known].iter().enumerate() {
                    let entries = (in_group < column.dictionary_pages).then_some(&mut dictionaries[number]);
                    write_page(&mut writer, number, &column.spec, &column.cells[row..row + rows], entries)?;
                }
                row += rows;
                page += 1;
            }
            for (number, entries) in dictionaries.iter().enumerate().filter(|(_, entries)| !entries.is_empty()) {
                let plain = ByteArrays::plain(entries.iter().copied());
                writer.dictionary(number, ByteArrays { count: entries.len(), plain: &plain })?;
            }
            assert!(writer.pending_bytes() > 0);
            writer.end_row_group(&mut out)?;
            assert_eq!((writer.pending_bytes(), writer.rows(), writer.file_bytes()), (0, row as u64, out.len() as u64));
        }
        for column in &self.columns[known..] {
            writer.add_column(column.spec.clone());
        }
        let summary = writer.finish(&mut out)?;
        assert_eq!((summary.rows, summary.bytes), (self.rows() as u64, out.len() as u64));
        assert_eq!(summary.row_groups as usize, self.pages.len());
        Ok(out)
    }

    /// One JSON object for the columns, then one JSON array for each row: all cells as strings in the plainest form there is
    /// (see [`plain`]), so that a reader's values are compared without any formatting of ours in between.
    pub fn describe(&self) -> String {
        let expected: Vec<Vec<Cell>> = self.columns.iter().map(|column| self.expected(column)).collect();
        let columns: Vec<serde_json::Value> = self.columns.iter().map(|column| describe_column(&column.spec)).collect();
        let groups: Vec<usize> = self.pages.iter().map(|pages| pages.iter().sum()).collect();
        let mut text = serde_json::json!({ "columns": columns, "row_groups": groups }).to_string();
        for row in 0..self.rows() {
            let cells = expected.iter().zip(&self.columns);
            let cells: Vec<Option<String>> =
                cells.map(|(cells, column)| plain(&cells[row], column.spec.data_type)).collect();
            write!(text, "\n{}", serde_json::json!(cells)).unwrap();
        }
        text + "\n"
    }
}

fn describe_column(spec: &ColumnSpec) -> serde_json::Value {
    let arrow = match (spec.data_type, spec.precision) {
        (DataType::Text | DataType::Json, _) => "string".to_owned(),
        (DataType::Bigint, None) => "int64".to_owned(),
        (DataType::Bigint, Some(bits)) => format!("int{bits}"),
        (DataType::Double, _) => "double".to_owned(),
        (DataType::Bool, _) => "bool".to_owned(),
        (DataType::Timestamp, _) if spec.timezone => "timestamp[us, tz=UTC]".to_owned(),
        (DataType::Timestamp, _) => "timestamp[us]".to_owned(),
        (DataType::Date, _) => "date32[day]".to_owned(),
        (DataType::Time, _) => "time64[us]".to_owned(),
        (DataType::Decimal, None) => "decimal128(38, 9)".to_owned(),
        (DataType::Decimal, Some(precision @ ..=38)) => format!("decimal128({precision}, {})", spec.scale.unwrap_or(0)),
        (DataType::Decimal, Some(precision)) => format!("decimal256({precision}, {})", spec.scale.unwrap_or(0)),
        (DataType::Wei, _) => "decimal256(76, 0)".to_owned(),
        (DataType::Binary, _) => "binary".to_owned(),
    };
    serde_json::json!({ "name": spec.name, "type": spec.data_type.name(), "arrow": arrow, "nullable": spec.nullable })
}

/// Integers, days, microseconds and unscaled decimals in decimal, doubles as the hexadecimal digits of their bits, binary in
/// hexadecimal, text as it is.
fn plain(cell: &Cell, data_type: DataType) -> Option<String> {
    Some(match cell {
        Cell::Null => return None,
        Cell::Bool(value) => value.to_string(),
        Cell::Int(value) => value.to_string(),
        Cell::Double(value) => format!("{:016x}", value.to_bits()),
        Cell::Decimal(value) => value.to_string(),
        Cell::Text(bytes) if data_type == DataType::Binary => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Cell::Text(bytes) => String::from_utf8(bytes.clone()).unwrap(),
    })
}

fn write_page<'a>(
    writer: &mut Writer,
    number: usize,
    spec: &ColumnSpec,
    cells: &'a [Cell],
    entries: Option<&mut Vec<&'a [u8]>>,
) -> gatelake::error::Result<()> {
    let mut bits = vec![0u8; cells.len().div_ceil(8)];
    let (mut bools, mut ints, mut doubles, mut decimals) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut texts: Vec<&[u8]> = Vec::new();
    for (row, cell) in cells.iter().enumerate() {
        match cell {
            Cell::Null => continue,
            Cell::Bool(value) => bools.push(*value as u8),
            Cell::Int(value) => ints.push(*value),
            Cell::Double(value) => doubles.push(*value),
            Cell::Decimal(value) => decimals.push(*value),
            Cell::Text(value) => texts.push(value),
        }
        bits[row / 8] |= 1 << (row % 8);
    }
    let validity = cells.contains(&Cell::Null).then_some(bits.as_slice());
    let mut indices = Vec::new();
    let (plain, data) = (ByteArrays::plain(texts.iter().copied()), texts.concat());
    let values = match (spec.data_type, entries) {
        (DataType::Bool, _) => Values::Bool(&bools),
        (DataType::Bigint | DataType::Timestamp | DataType::Date | DataType::Time, _) => Values::I64(&ints),
        (DataType::Double, _) => Values::F64(&doubles),
        (DataType::Decimal | DataType::Wei, _) => Values::I128(&decimals),
        (_, None) if spec.profile == Profile::Id => {
            Values::Fixed { width: texts.first().map_or(1, |id| id.len()), data: &data }
        }
        (_, None) => Values::Bytes(ByteArrays { count: texts.len(), plain: &plain }),
        (_, Some(entries)) => {
            for text in texts {
                let index = entries.iter().position(|entry| *entry == text).unwrap_or_else(|| {
                    entries.push(text);
                    entries.len() - 1
                });
                indices.push(index as u32);
            }
            Values::Indices { indices: &indices, size: entries.len() as u32 }
        }
    };
    writer.page(number, Page { rows: cells.len(), validity, values })
}

/// A column as [`gatelake::parquet::Reader`] gives it, as cells.
pub fn cells(data: ColumnData) -> Vec<Cell> {
    fn of<T>(cells: Vec<Option<T>>, cell: impl Fn(T) -> Cell) -> Vec<Cell> {
        cells.into_iter().map(|value| value.map_or(Cell::Null, &cell)).collect()
    }
    match data {
        ColumnData::Bool(cells) => of(cells, Cell::Bool),
        ColumnData::I64(cells) => of(cells, Cell::Int),
        ColumnData::F64(cells) => of(cells, Cell::Double),
        ColumnData::I128(cells) => of(cells, Cell::Decimal),
        ColumnData::Text(cells) => of(cells, |text| Cell::Text(text.into_bytes())),
        ColumnData::Binary(cells) => of(cells, Cell::Text),
    }
}

/// Equal, doubles by their bits.
pub fn same(a: &Cell, b: &Cell) -> bool {
    match (a, b) {
        (Cell::Double(a), Cell::Double(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

/// A value that the column can hold: an extreme one, a near one or any.
fn value(spec: &ColumnSpec, random: &mut Choices) -> Cell {
    let near = random.below(50) as i64;
    let text = |random: &mut Choices| -> Vec<u8> {
        match random.below(8) {
            0 => Vec::new(),
            1 => "äöü → 漢字 🦀".repeat(1 + random.below(4) as usize).into_bytes(),
            2 => vec![b'x'; random.below(200) as usize],
            3 => b"a\0b\"\\\n\t\x7f".to_vec(),
            _ => format!("/home/user{:04}", random.below(40)).into_bytes(),
        }
    };
    match spec.data_type {
        DataType::Bool => Cell::Bool(random.below(2) == 1),
        DataType::Bigint => {
            let bits = spec.precision.unwrap_or(64) as u32;
            let (min, max) = (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits));
            Cell::Int(match random.below(30) {
                0 => min,
                1 => max,
                2..4 => random.next() as i64 >> (64 - bits),
                _ => near - 25,
            })
        }
        DataType::Timestamp => Cell::Int(match random.below(300) {
            // Other readers' calendars end sooner than 64 bits do.
            0 => -62_135_596_800_000_000,
            1 => 253_402_300_799_999_999,
            _ => 1_700_000_000_000_000 + near * 86_400_000_000 + random.below(1 << 40) as i64,
        }),
        DataType::Date => Cell::Int(random.pick(&[-719_162, 2_932_896, 0, -1, near, 19_000 + near])),
        DataType::Time => Cell::Int(random.pick(&[0, 86_399_999_999, near * 1_000_000 + near])),
        DataType::Double => Cell::Double(match random.below(20) {
            0 => random.pick(&[f64::MAX, f64::MIN, f64::MIN_POSITIVE, -0.0, 0.0, f64::INFINITY, f64::NEG_INFINITY]),
            1 => f64::from_bits(1),
            _ => near as f64 / 7.0 - 3.0,
        }),
        DataType::Decimal | DataType::Wei => {
            let digits = spec.precision.filter(|_| spec.data_type == DataType::Decimal).unwrap_or(38).min(38);
            let limit = 10i128.pow(digits as u32);
            Cell::Decimal(match random.below(10) {
                0 => limit - 1,
                1 => 1 - limit,
                2 => (((random.next() as i128) << 64) | random.next() as i128) % limit,
                _ => (near as i128 - 25) % limit,
            })
        }
        DataType::Binary => Cell::Text((0..random.below(20)).map(|_| random.next() as u8).collect()),
        DataType::Json => {
            Cell::Text(serde_json::json!({ "näh": [near, null], "t": "\u{1F980}" }).to_string().into_bytes())
        }
        DataType::Text if spec.profile == Profile::Id => {
            Cell::Text(format!("{:014x}", random.next() >> 8).into_bytes())
        }
        DataType::Text => Cell::Text(text(random)),
    }
}

/// Every type in each of its widths.
fn specs() -> Vec<ColumnSpec> {
    let types = [
        DataType::Text,
        DataType::Bigint,
        DataType::Double,
        DataType::Bool,
        DataType::Timestamp,
        DataType::Date,
        DataType::Time,
        DataType::Decimal,
        DataType::Wei,
        DataType::Binary,
        DataType::Json,
    ];
    let mut specs: Vec<ColumnSpec> = types.iter().map(|data_type| spec(data_type.name(), *data_type)).collect();
    for bits in [8, 16, 32] {
        specs.push(ColumnSpec { precision: Some(bits), ..spec(&format!("int{bits}"), DataType::Bigint) });
    }
    for (precision, scale) in [(1, 1), (4, 2), (9, 0), (18, 18), (19, 5), (38, 38), (50, 10)] {
        let name = format!("decimal_{precision}_{scale}");
        specs.push(ColumnSpec { precision: Some(precision), scale: Some(scale), ..spec(&name, DataType::Decimal) });
    }
    specs.push(ColumnSpec { timezone: false, ..spec("local", DataType::Timestamp) });
    specs.push(ColumnSpec { profile: Profile::Id, ..spec("id", DataType::Text) });
    specs
}

/// Every type, with and without nulls, in `pages`; the columns from the middle on appear late.
pub fn every_type(seed: u64, pages: Vec<Vec<usize>>, late: bool) -> Table {
    let mut random = Choices::Seed(seed);
    let rows: usize = pages.iter().flatten().sum();
    let count = pages.iter().map(Vec::len).sum::<usize>() as u64;
    let specs = specs();
    let required: Vec<ColumnSpec> = specs
        .iter()
        .map(|spec| ColumnSpec { name: format!("{}_required", spec.name), nullable: false, ..spec.clone() })
        .collect();
    let optional = specs.iter().chain(&specs).enumerate().map(|(place, spec)| {
        let name = if place < specs.len() { spec.name.clone() } else { format!("{}_more", spec.name) };
        ColumnSpec { name, ..spec.clone() }
    });
    let all: Vec<ColumnSpec> = required.into_iter().chain(optional).collect();
    let columns = all.into_iter().enumerate().map(|(place, spec)| {
        // How many of a hundred cells are null.
        let nulls = if spec.nullable { random.pick(&[0, 1, 10, 50, 99, 100]) } else { 0 };
        let constant = random.below(5) == 0;
        let mut last = value(&spec, &mut random);
        let mut cell = |_| {
            if !constant {
                last = value(&spec, &mut random);
            }
            if random.below(100) < nulls { Cell::Null } else { last.clone() }
        };
        let cells = (0..rows).map(&mut cell).collect();
        let from_page =
            if late && place >= specs.len() * 2 && spec.nullable { random.below(count + 1) } else { 0 } as usize;
        Column { spec, cells, from_page, dictionary_pages: random.below(4) as usize }
    });
    let mut columns: Vec<Column> = columns.collect();
    columns.sort_by_key(|column| column.from_page);
    Table { columns, pages }
}

/// Pages of awkward sizes, around the places where encodings have their blocks.
pub fn awkward_pages(random: &mut Choices) -> Vec<Vec<usize>> {
    let sizes = [1, 2, 7, 8, 9, 31, 32, 33, 63, 65, 127, 128, 129, 130, 257, 500];
    (0..1 + random.below(3)).map(|_| (0..1 + random.below(4)).map(|_| random.pick(&sizes)).collect()).collect()
}

/// A few columns of any types, in pages of any sizes, some of the columns late.
pub fn any_table(c: &mut Choices) -> Table {
    let pages: Vec<Vec<usize>> = match c.below(4) {
        3 => awkward_pages(c),
        groups => (0..groups).map(|_| (0..1 + c.below(3)).map(|_| 1 + c.below(40) as usize).collect()).collect(),
    };
    let (rows, count) = (pages.iter().flatten().sum(), pages.iter().map(Vec::len).sum::<usize>() as u64);
    let wide = 1 + c.below(6);
    let column = |place: u64| {
        let nullable = !c.one_in(3);
        let spec = ColumnSpec { name: format!("c{place}"), nullable, ..c.pick(&specs()) };
        let nulls = if nullable { c.below(9) } else { 0 };
        let mut cells = vec![Cell::Null; rows];
        for row in 0..rows {
            // Runs of equal cells, and all equal ones at the end of a fuzzer's bytes.
            cells[row] = match c.below(8) {
                null if null < nulls => Cell::Null,
                7 if row > 0 && (nullable || cells[row - 1] != Cell::Null) => cells[row - 1].clone(),
                _ => value(&spec, c),
            };
        }
        let from_page = if nullable { c.below(count + 1) } else { 0 } as usize;
        Column { spec, cells, from_page, dictionary_pages: c.below(4) as usize }
    };
    let mut columns: Vec<Column> = (0..wide).map(column).collect();
    columns.sort_by_key(|column| column.from_page);
    // Some column must know of every row.
    columns[0].from_page = 0;
    Table { columns, pages }
}
