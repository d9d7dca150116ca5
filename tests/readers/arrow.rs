//! The files as arrow2 reads them: its decoders share nothing with ours but the thrift structures.

use super::model::Cell;
use arrow2::array::{Array, BinaryArray, BooleanArray, FixedSizeBinaryArray, PrimitiveArray, Utf8Array};
use arrow2::datatypes::DataType;
use arrow2::io::parquet::read;
use arrow2::types::NativeType;
use std::io::Cursor;

/// The columns of each row group. `footer` is the file's own.
pub fn row_groups(bytes: &[u8], mut footer: parquet_format_safe::FileMetaData) -> Vec<Vec<Vec<Cell>>> {
    // It refuses decimals whose digits are all behind the point, and takes wide ones for narrow: let them be bytes.
    for element in footer.schema.iter_mut().filter(|element| element.scale.is_some()) {
        (element.converted_type, element.logical_type) = (None, None);
    }
    let metadata = read::FileMetaData::try_from_thrift(footer).unwrap();
    let fields = read::infer_schema(&metadata).unwrap().fields;
    let columns = |group| {
        let columns =
            read::read_columns_many(&mut Cursor::new(bytes), group, fields.clone(), None, None, None).unwrap();
        columns.into_iter().map(|mut arrays| cells(arrays.next().unwrap().unwrap().as_ref())).collect()
    };
    metadata.row_groups.iter().map(columns).collect()
}

fn cells(array: &dyn Array) -> Vec<Cell> {
    let any = array.as_any();
    match array.data_type() {
        DataType::Boolean => of(any.downcast_ref::<BooleanArray>().unwrap(), Cell::Bool),
        DataType::Int8 => numbers(array, |value: i8| Cell::Int(value.into())),
        DataType::Int16 => numbers(array, |value: i16| Cell::Int(value.into())),
        DataType::Int32 | DataType::Date32 => numbers(array, |value: i32| Cell::Int(value.into())),
        DataType::Int64 | DataType::Timestamp(..) | DataType::Time64(_) => numbers(array, Cell::Int),
        DataType::Float64 => numbers(array, Cell::Double),
        DataType::FixedSizeBinary(_) => of(any.downcast_ref::<FixedSizeBinaryArray>().unwrap(), |bytes: &[u8]| {
            let sign = if bytes[0] >= 128 { -1 } else { 0 };
            Cell::Decimal(bytes.iter().fold(sign, |value, byte| value << 8 | *byte as i128))
        }),
        DataType::Utf8 => of(any.downcast_ref::<Utf8Array<i32>>().unwrap(), |text: &str| Cell::Text(text.into())),
        DataType::Binary => {
            of(any.downcast_ref::<BinaryArray<i32>>().unwrap(), |bytes: &[u8]| Cell::Text(bytes.into()))
        }
        other => panic!("{other:?}"),
    }
}

fn numbers<T: NativeType>(array: &dyn Array, cell: impl Fn(T) -> Cell) -> Vec<Cell> {
    of(array.as_any().downcast_ref::<PrimitiveArray<T>>().unwrap(), |value: &T| cell(*value))
}

fn of<T>(array: impl IntoIterator<Item = Option<T>>, cell: impl Fn(T) -> Cell) -> Vec<Cell> {
    array.into_iter().map(|value| value.map_or(Cell::Null, &cell)).collect()
}
