//! A column's types in the file's schema.

use super::{ColumnSpec, Profile};
use crate::normalize::schema::DataType;
use parquet_format_safe::{
    ConvertedType, DecimalType, FieldRepetitionType, IntType, LogicalType, MicroSeconds, SchemaElement, StringType,
    TimeType, TimeUnit, TimestampType, Type,
};
use sha2::{Digest, Sha256};

/// Digits that a 256-bit decimal can hold.
const MAX_DIGITS: u8 = 76;

/// How a column's values lie in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Physical {
    Bool,
    /// Integers of so many bits that are kept in 32.
    I32 {
        bits: u32,
    },
    I64,
    F64,
    Bytes,
    Decimal {
        width: usize,
        precision: u8,
        scale: u8,
    },
}

impl Physical {
    pub fn of(spec: &ColumnSpec) -> Physical {
        match (spec.data_type, spec.precision, spec.scale) {
            (DataType::Bool, ..) => Physical::Bool,
            (DataType::Bigint, Some(0..=8), _) => Physical::I32 { bits: 8 },
            (DataType::Bigint, Some(9..=16), _) => Physical::I32 { bits: 16 },
            (DataType::Bigint, Some(17..=32), _) | (DataType::Date, ..) => Physical::I32 { bits: 32 },
            (DataType::Bigint | DataType::Timestamp | DataType::Time, ..) => Physical::I64,
            (DataType::Double, ..) => Physical::F64,
            (DataType::Text | DataType::Json | DataType::Binary, ..) => Physical::Bytes,
            (DataType::Wei, ..) => decimal(MAX_DIGITS, 0),
            (DataType::Decimal, None, _) => decimal(38, 9),
            (DataType::Decimal, Some(precision), scale) => decimal(precision, scale.unwrap_or(0)),
        }
    }

    pub fn type_(self) -> Type {
        match self {
            Physical::Bool => Type::BOOLEAN,
            Physical::I32 { .. } => Type::INT32,
            Physical::I64 => Type::INT64,
            Physical::F64 => Type::DOUBLE,
            Physical::Bytes => Type::BYTE_ARRAY,
            Physical::Decimal { .. } => Type::FIXED_LEN_BYTE_ARRAY,
        }
    }

    /// Whether pages of such a column are compressed. What DELTA encodings left, and random text, would not get smaller.
    pub fn compressed(self, profile: Profile) -> bool {
        !matches!((self, profile), (Physical::I32 { .. } | Physical::I64, _) | (Physical::Bytes, Profile::Id))
    }
}

fn decimal(precision: u8, scale: u8) -> Physical {
    let precision = precision.clamp(1, MAX_DIGITS);
    // The fewest bytes that hold 10^precision - 1 and a sign, as other writers choose them.
    let width = match 10i128.checked_pow(precision as u32) {
        Some(limit) => (i128::BITS - limit.leading_zeros() + 1).div_ceil(8) as usize,
        None => 32,
    };
    Physical::Decimal { width, precision, scale: scale.min(precision) }
}

/// The schema as parquet.thrift wants it: the root and then each column.
pub fn elements<'a>(specs: impl ExactSizeIterator<Item = &'a ColumnSpec>) -> Vec<SchemaElement> {
    let count = specs.len() as i32;
    let root = SchemaElement::new(None, None, None, "schema".into(), count, None, None, None, None, None);
    std::iter::once(root).chain(specs.map(element)).collect()
}

fn element(spec: &ColumnSpec) -> SchemaElement {
    let physical = Physical::of(spec);
    let repetition = if spec.nullable { FieldRepetitionType::OPTIONAL } else { FieldRepetitionType::REQUIRED };
    let micros = || TimeUnit::MICROS(MicroSeconds {});
    // Times without a zone carry the old annotations too: LogicalTypes.md demands it of writers.
    let (converted, logical) = match (spec.data_type, physical) {
        (DataType::Text | DataType::Json, _) => (Some(ConvertedType::UTF8), Some(LogicalType::STRING(StringType {}))),
        (DataType::Bigint, Physical::I32 { bits }) => {
            let converted = match bits {
                8 => ConvertedType::INT_8,
                16 => ConvertedType::INT_16,
                _ => ConvertedType::INT_32,
            };
            (Some(converted), Some(LogicalType::INTEGER(IntType::new(bits as i8, true))))
        }
        (DataType::Timestamp, _) => (
            Some(ConvertedType::TIMESTAMP_MICROS),
            Some(LogicalType::TIMESTAMP(TimestampType::new(spec.timezone, micros()))),
        ),
        (DataType::Date, _) => (Some(ConvertedType::DATE), Some(LogicalType::DATE(Default::default()))),
        (DataType::Time, _) => {
            (Some(ConvertedType::TIME_MICROS), Some(LogicalType::TIME(TimeType::new(false, micros()))))
        }
        (_, Physical::Decimal { precision, scale, .. }) => {
            (Some(ConvertedType::DECIMAL), Some(LogicalType::DECIMAL(DecimalType::new(scale as i32, precision as i32))))
        }
        _ => (None, None),
    };
    let (length, precision, scale) = match physical {
        Physical::Decimal { width, precision, scale } => {
            (Some(width as i32), Some(precision as i32), Some(scale as i32))
        }
        _ => (None, None, None),
    };
    let name = spec.name.clone();
    SchemaElement::new(physical.type_(), length, repetition, name, None, converted, scale, precision, None, logical)
}

/// The column that has such an element, if one has: only what [`elements`] gives is understood. `json`: names of JSON columns.
pub fn column(element: &SchemaElement, json: &[String]) -> Option<ColumnSpec> {
    let (data_type, precision, scale) = match (element.type_?, &element.logical_type) {
        (Type::BOOLEAN, _) => (DataType::Bool, None, None),
        (Type::INT32, Some(LogicalType::INTEGER(int))) => (DataType::Bigint, u8::try_from(int.bit_width).ok(), None),
        (Type::INT32, _) => (DataType::Date, None, None),
        (Type::INT64, Some(LogicalType::TIMESTAMP(_))) => (DataType::Timestamp, None, None),
        (Type::INT64, Some(LogicalType::TIME(_))) => (DataType::Time, None, None),
        (Type::INT64, _) => (DataType::Bigint, None, None),
        (Type::DOUBLE, _) => (DataType::Double, None, None),
        (Type::BYTE_ARRAY, None) => (DataType::Binary, None, None),
        (Type::BYTE_ARRAY, _) if json.contains(&element.name) => (DataType::Json, None, None),
        (Type::BYTE_ARRAY, _) => (DataType::Text, None, None),
        (Type::FIXED_LEN_BYTE_ARRAY, Some(LogicalType::DECIMAL(decimal))) => {
            match (u8::try_from(decimal.precision).ok()?, u8::try_from(decimal.scale).ok()?) {
                (MAX_DIGITS, 0) => (DataType::Wei, None, None),
                (precision, scale) => (DataType::Decimal, Some(precision), Some(scale)),
            }
        }
        _ => return None,
    };
    let local = matches!(&element.logical_type, Some(LogicalType::TIMESTAMP(moment)) if !moment.is_adjusted_to_u_t_c);
    let spec = ColumnSpec {
        name: element.name.clone(),
        data_type,
        nullable: element.repetition_type == Some(FieldRepetitionType::OPTIONAL),
        precision,
        scale,
        timezone: !local,
        profile: Profile::General,
    };
    (self::element(&spec) == *element).then_some(spec)
}

/// SHA-256, in hex, over a line of JSON for each column: `["name","type",nullable,precision,scale,timezone]`, each behind the
/// one before and ended by a line feed.
pub fn hash<'a>(specs: impl Iterator<Item = &'a ColumnSpec>) -> String {
    let mut hash = Sha256::new();
    for ColumnSpec { name, data_type, nullable, precision, scale, timezone, .. } in specs {
        hash.update(serde_json::json!([name, data_type, nullable, precision, scale, timezone]).to_string());
        hash.update("\n");
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// LogicalTypes.md: n bytes hold floor(log10(2^(8n - 1) - 1)) digits.
    #[test]
    fn decimals_take_the_fewest_bytes() {
        let digits = [
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 3),
            (6, 3),
            (9, 4),
            (10, 5),
            (18, 8),
            (19, 9),
            (21, 9),
            (38, 16),
            (39, 32),
        ];
        for (precision, bytes) in digits {
            assert_eq!(decimal(precision, 0), Physical::Decimal { width: bytes, precision, scale: 0 });
        }
        assert_eq!(decimal(0, 5), Physical::Decimal { width: 1, precision: 1, scale: 1 });
        assert_eq!(decimal(200, 5), Physical::Decimal { width: 32, precision: 76, scale: 5 });
    }
}
