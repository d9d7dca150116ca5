use super::schema::{Column, DataType};
use std::borrow::Cow;
#[derive(Clone, Debug)]
pub enum Value<'a> {
    Bool(bool),
    Int(i64),
    Big(&'a str),
    Double(f64),
    Text(Cow<'a, str>),
    Json(Cow<'a, str>),
}
impl Value<'_> {
    pub fn data_type(&self) -> DataType {
        match self {
            Value::Bool(_) => DataType::Bool,
            Value::Int(_) => DataType::Bigint,
            Value::Big(_) => DataType::Decimal,
            Value::Double(_) => DataType::Double,
            Value::Text(_) => DataType::Text,
            Value::Json(_) => DataType::Json,
        }
    }
}
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    Bool(bool),
    I64(i64),
    F64(f64),
    Text(Cow<'a, str>),
    I128(i128),
    Binary(Vec<u8>),
}
pub struct Inferred {
    pub data_type: DataType,
    pub precision: Option<u8>,
    pub scale: Option<u8>,
}
pub fn infer(v: &Value<'_>) -> Inferred {
    Inferred { data_type: v.data_type(), precision: None, scale: None }
}
pub struct Misfit;
pub fn coerce<'a>(v: &Value<'a>, c: &Column) -> Result<Cell<'a>, Misfit> {
    Ok(match (v, c.data_type) {
        (Value::Bool(b), Some(DataType::Bool)) => Cell::Bool(*b),
        (Value::Int(b), Some(DataType::Bigint)) => Cell::I64(*b),
        (Value::Double(b), Some(DataType::Double)) => Cell::F64(*b),
        (Value::Text(b), Some(DataType::Text)) => Cell::Text(b.clone()),
        (Value::Json(b), Some(DataType::Json)) => Cell::Text(b.clone()),
        _ => return Err(Misfit),
    })
}
