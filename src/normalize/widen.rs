//! `widen_numbers`: a column of integers that numbers with a fraction came to becomes one of doubles, where dlt leaves it and puts those into a
//! second column, `<column>__v_double` (docs/compare.md).
//!
//! While the load runs they do lie in two columns, for what was written cannot be changed. The schema that it leaves has one, which says of itself
//! what it was widened by; [`crate::merge::fit`] writes the files anew that have two.

use super::Warning;
use super::hints::Hint;
use super::names::Naming;
use super::schema::{Column, DataType, Schema, TableSchema};
use super::sheet::variant_name;

/// A column that was.
pub struct Widened {
    pub table: String,
    pub column: String,
    /// The variant that is none any more.
    pub by: String,
}

/// Widens what can be. Columns whose type is hinted keep it. Answers which there were.
pub fn widen(schema: &mut Schema, hints: &[Hint], naming: &Naming) -> Vec<Widened> {
    let mut widened = Vec::new();
    for TableSchema { name: table, parent, columns, .. } in &mut schema.tables {
        // From the last: a variant stands behind its column.
        for place in (0..columns.len()).rev() {
            let is_double = |column: &Column| column.variant && column.data_type == Some(DataType::Double);
            let Some(variant) = columns.get(place).filter(|column| is_double(column)) else { continue };
            let hinted = |column: &Column| {
                let of = |hint: &Hint| hint.data_type.is_some() && naming.column(&hint.name) == column.name;
                parent.is_none() && hints.iter().any(of)
            };
            let by = variant.name.clone();
            let narrow = columns.iter_mut().find(|column| {
                column.data_type == Some(DataType::Bigint)
                    && variant_name(naming, &column.name, DataType::Double) == by
                    && !hinted(column)
            });
            let Some(column) = narrow else { continue };
            (column.data_type, column.precision, column.widened_by) = (Some(DataType::Double), None, Some(by.clone()));
            widened.push(Widened { table: table.clone(), column: column.name.clone(), by });
            columns.remove(place);
        }
    }
    widened
}

/// Says `widened` where the load said that values are in a variant that is none any more.
pub fn tell(widened: &[Widened], warnings: &mut [Warning]) {
    for warning in warnings.iter_mut().filter(|warning| warning.code == "variant") {
        let of = |one: &&Widened| one.table == warning.table && one.by == warning.column;
        let Some(Widened { column, .. }) = widened.iter().find(of) else { continue };
        let message = format!("`{column}` was a column of integers, and has become one of doubles");
        *warning = Warning { count: warning.count, ..Warning::new("widened", &warning.table, column, message) };
    }
}

/// Whether files of the table as it was have to be written anew to be the table's as it is.
pub fn is_wider(now: &TableSchema, before: &TableSchema) -> bool {
    let bigint = |name: &str| {
        let mut columns = before.columns.iter();
        columns.any(|column| column.name == name && column.data_type == Some(DataType::Bigint))
    };
    now.columns.iter().any(|column| column.widened_by.is_some() && bigint(&column.name))
}
