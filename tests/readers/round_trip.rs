//! A table written, read back by our reader and by arrow2, and compared cell by cell.

use super::model::{Cell, Column, Table};
use super::{arrow, model};
use gatelake::normalize::schema::DataType;
use gatelake::parquet::{ColumnSpec, Profile, Reader, WriterOptions, rows_json};
use parquet_format_safe as thrift;

pub fn footer(bytes: &[u8]) -> thrift::FileMetaData {
    let (body, tail) = bytes.split_at(bytes.len() - 8);
    assert_eq!((&bytes[..4], &tail[4..]), (b"PAR1".as_slice(), b"PAR1".as_slice()));
    let length = u32::from_le_bytes(tail[..4].try_into().unwrap()) as usize;
    let mut protocol = thrift::thrift::protocol::TCompactInputProtocol::new(&body[body.len() - length..], usize::MAX);
    thrift::FileMetaData::read_from_in_protocol(&mut protocol).unwrap()
}

/// Writes, reads back by both readers and compares everything; gives the bytes.
pub fn round_trip(table: &Table, options: WriterOptions) -> Vec<u8> {
    let bytes = table.write(options).unwrap();
    let reader = Reader::open(&bytes).unwrap();
    assert_eq!(reader.rows() as usize, table.rows());
    assert_eq!(
        reader.row_groups().collect::<Vec<_>>(),
        table.pages.iter().map(|p| p.iter().sum()).collect::<Vec<usize>>()
    );
    for (read, column) in reader.schema().iter().zip(&table.columns) {
        let (precision, scale) = match column.spec.data_type {
            DataType::Decimal => (Some(column.spec.precision.unwrap_or(38)), Some(column.spec.scale.unwrap_or(9))),
            _ => (column.spec.precision, column.spec.scale),
        };
        assert_eq!(*read, ColumnSpec { precision, scale, profile: Profile::General, ..column.spec.clone() });
    }
    let mut row = 0;
    let meta = footer(&bytes);
    let by_arrow = arrow::row_groups(&bytes, meta.clone());
    for (group, (pages, meta)) in table.pages.iter().zip(&meta.row_groups).enumerate() {
        let rows: usize = pages.iter().sum();
        let columns: Vec<_> = reader.read(group).unwrap().into_iter().map(model::cells).collect();
        assert_eq!((columns.len(), by_arrow[group].len()), (table.columns.len(), table.columns.len()));
        for (number, (column, chunk)) in table.columns.iter().zip(&meta.columns).enumerate() {
            let expected = &table.expected(column)[row..row + rows];
            for (name, read) in [("our reader", &columns[number]), ("arrow2", &by_arrow[group][number])] {
                assert_eq!(read.len(), rows, "{} by {name}", column.spec.name);
                for (at, (read, expected)) in read.iter().zip(expected).enumerate() {
                    let place = row + at;
                    let column = &column.spec.name;
                    assert!(model::same(read, expected), "{column} row {place} by {name}: {read:?}, not {expected:?}");
                }
            }
            check_statistics(column, expected, chunk.meta_data.as_ref().unwrap());
        }
        row += rows;
    }
    bytes
}

/// Bounds must be those of the values, or missing where the rules say so.
fn check_statistics(column: &Column, cells: &[Cell], meta: &thrift::ColumnMetaData) {
    let statistics = meta.statistics.as_ref().unwrap();
    let present: Vec<&Cell> = cells.iter().filter(|cell| **cell != Cell::Null).collect();
    assert_eq!(statistics.null_count, Some((cells.len() - present.len()) as i64), "{}", column.spec.name);
    assert_eq!(meta.num_values, cells.len() as i64);
    let bounded = match column.spec.data_type {
        DataType::Bool | DataType::Json => false,
        DataType::Text | DataType::Binary => {
            column.spec.profile == Profile::General
                && present.iter().all(|cell| matches!(cell, Cell::Text(text) if text.len() <= 64))
        }
        DataType::Double => !present.iter().any(|cell| matches!(cell, Cell::Double(value) if value.is_nan())),
        _ => true,
    } && !present.is_empty();
    let bounds = statistics.min_value.as_ref().zip(statistics.max_value.as_ref());
    assert_eq!(bounds.is_some(), bounded, "{}", column.spec.name);
    let Some((min, max)) = bounds else { return };
    match column.spec.data_type {
        DataType::Double => {
            let values =
                || present.iter().map(|cell| if let Cell::Double(value) = cell { *value } else { unreachable!() });
            let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
            let zero = |value: f64, zero: f64| if value == 0.0 { zero } else { value };
            assert_eq!(min[..], zero(least, -0.0).to_le_bytes());
            assert_eq!(max[..], zero(most, 0.0).to_le_bytes());
        }
        DataType::Text | DataType::Binary => {
            let values =
                || present.iter().map(|cell| if let Cell::Text(value) = cell { value } else { unreachable!() });
            assert_eq!((Some(min), Some(max)), (values().min(), values().max()));
        }
        DataType::Decimal | DataType::Wei => {
            let number = |bytes: &[u8]| {
                let sign = if bytes[0] >= 128 { -1i128 } else { 0 };
                bytes.iter().fold(sign, |number, byte| number << 8 | *byte as i128)
            };
            let values =
                || present.iter().map(|cell| if let Cell::Decimal(value) = cell { *value } else { unreachable!() });
            assert_eq!((Some(number(min)), Some(number(max))), (values().min(), values().max()));
        }
        _ => {
            let number = |bytes: &[u8]| match bytes.len() {
                4 => i32::from_le_bytes(bytes.try_into().unwrap()) as i64,
                _ => i64::from_le_bytes(bytes.try_into().unwrap()),
            };
            let values =
                || present.iter().map(|cell| if let Cell::Int(value) = cell { *value } else { unreachable!() });
            assert_eq!((Some(number(min)), Some(number(max))), (values().min(), values().max()));
        }
    }
}

/// Everything there is to read, as a caller would that has not compared the checksum.
pub fn read_all(bytes: &[u8]) -> gatelake::error::Result<()> {
    let reader = Reader::open(bytes)?;
    for (group, rows) in reader.row_groups().enumerate() {
        let columns = reader.read(group)?;
        assert_eq!(columns.len(), reader.schema().len());
        assert!(columns.into_iter().all(|column| model::cells(column).len() == rows));
    }
    rows_json(&[bytes], reader.rows() / 2, 5).map(drop)
}
