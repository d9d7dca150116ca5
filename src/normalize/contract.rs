//! What a load may change of the schema that earlier loads left: dlt's schema contract.

use super::hints::Hint;
use super::options::Options;
use super::schema::{Column, TableSchema};
use crate::error::{Error, Kind};
use serde::{Deserialize, Serialize};

/// What becomes of data that would change the schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The schema changes.
    #[default]
    Evolve,
    /// The load fails.
    Freeze,
    /// The row goes, and all that hangs from it.
    DiscardRow,
    /// The value goes; of a table that may not be, all rows.
    DiscardValue,
}

/// The modes by what would change. Written as an object, or as one mode for all three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Spelled")]
pub struct Contract {
    /// A table that there is not yet.
    pub tables: Mode,
    /// A column that its table does not have yet.
    pub columns: Mode,
    /// A value of another type than its column's: a variant column; or a hint of another type.
    pub data_type: Mode,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "a schema contract is evolve, freeze, discard_row or discard_value, or an object with these for tables, columns and data_type"
)]
enum Spelled {
    All(Mode),
    Each(Each),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Each {
    #[serde(default)]
    tables: Mode,
    #[serde(default)]
    columns: Mode,
    #[serde(default)]
    data_type: Mode,
}

impl From<Spelled> for Contract {
    fn from(spelled: Spelled) -> Contract {
        match spelled {
            Spelled::All(mode) => Contract::all(mode),
            Spelled::Each(Each { tables, columns, data_type }) => Contract { tables, columns, data_type },
        }
    }
}

/// What a clause of the contract is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entity {
    Tables,
    Columns,
    DataType,
}

/// A mode and the clause that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clause {
    pub entity: Entity,
    pub mode: Mode,
}

impl Clause {
    /// As it stands in the configuration: `columns = "freeze"`.
    pub fn text(self) -> String {
        format!("{} = \"{}\"", self.entity.name(), self.mode.name())
    }

    /// The reason in the quarantine table: `columns: discard_row`.
    pub fn reason(self) -> String {
        format!("{}: {}", self.entity.name(), self.mode.name())
    }

    /// The load fails at `what` would be new.
    pub fn frozen(self, what: &str, place: String) -> Error {
        let (clause, entity) = (self.text(), self.entity.name());
        Error::new(Kind::Data, "schema_frozen", format!("{what}, which the schema contract forbids: {clause}"))
            .at(place)
            .help(format!(
                "Nothing of this load is stored. Allow it with {entity} = \"evolve\", or go on without it: \"discard_value\" or \"discard_row\" put it into the quarantine table"
            ))
    }
}

impl Entity {
    pub fn name(self) -> &'static str {
        match self {
            Entity::Tables => "tables",
            Entity::Columns => "columns",
            Entity::DataType => "data_type",
        }
    }
}

impl Mode {
    pub fn name(self) -> &'static str {
        match self {
            Mode::Evolve => "evolve",
            Mode::Freeze => "freeze",
            Mode::DiscardRow => "discard_row",
            Mode::DiscardValue => "discard_value",
        }
    }
}

impl Contract {
    /// One mode for all.
    pub fn all(mode: Mode) -> Contract {
        Contract { tables: mode, columns: mode, data_type: mode }
    }

    pub fn clause(&self, entity: Entity) -> Clause {
        let mode = match entity {
            Entity::Tables => self.tables,
            Entity::Columns => self.columns,
            Entity::DataType => self.data_type,
        };
        Clause { entity, mode }
    }

    pub fn is_evolve(&self) -> bool {
        *self == Contract::default()
    }
}

/// Columns whose names begin so are under no contract.
const DLT: &str = "_dlt";

/// The contract of one load over the schema that the last one left.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policy {
    /// In force for this load: the option's, or what an earlier load left with the root table.
    pub contract: Contract,
    /// The option's alone: hints are held to it.
    given: Contract,
    /// The root table has had no row in any load.
    pub new_root: bool,
}

impl Policy {
    pub fn new(options: &Options, root: Option<&TableSchema>) -> Policy {
        let left = root.map(|root| root.schema_contract).unwrap_or_default();
        Policy {
            contract: options.schema_contract.unwrap_or(left),
            given: options.schema_contract.unwrap_or_default(),
            new_root: root.is_none_or(|root| !root.seen_data),
        }
    }

    /// The clause that a new column falls under. `root`: in the root table, which takes all columns in the load that fills it
    /// first; a child table takes all those of its first row.
    pub fn new_column(&self, name: &str, root: bool, first_row: bool) -> Clause {
        let clause = self.contract.clause(Entity::Columns);
        let free = if root { self.new_root } else { first_row };
        if free || name.starts_with(DLT) { Clause { mode: Mode::Evolve, ..clause } } else { clause }
    }

    /// The clause that a variant column falls under.
    pub fn new_variant(&self, name: &str, known: bool) -> Clause {
        let clause = self.contract.clause(Entity::DataType);
        if known || name.starts_with(DLT) { Clause { mode: Mode::Evolve, ..clause } } else { clause }
    }

    /// The root table's clause: it is held to the option, and only while it has had no rows.
    pub fn root_table(&self) -> Clause {
        let clause = self.given.clause(Entity::Tables);
        if self.new_root { clause } else { Clause { mode: Mode::Evolve, ..clause } }
    }

    /// The clause that a hint falls under, given the column that the root table has. A root table that is new takes all.
    pub fn hint(&self, hint: &Hint, before: Option<&Column>) -> Clause {
        let known = before.filter(|before| before.data_type.is_some());
        let clause = match known {
            None => self.given.clause(Entity::Columns),
            Some(_) => self.given.clause(Entity::DataType),
        };
        let same = known.is_some_and(|known| same_type(hint, known));
        let ours = hint.name.starts_with(DLT);
        if self.new_root || same || ours { Clause { mode: Mode::Evolve, ..clause } } else { clause }
    }

    /// dlt forgets `max_table_nesting` in the load that makes a root table under a contract for columns.
    pub fn forgets_nesting(&self) -> bool {
        self.new_root && self.given.columns != Mode::Evolve
    }
}

/// Whether a hint says nothing about a column's type but what it is already.
fn same_type(hint: &Hint, column: &Column) -> bool {
    fn fits<T: PartialEq>(hint: &Option<T>, has: &Option<T>) -> bool {
        hint.is_none() || hint == has
    }
    fits(&hint.data_type, &column.data_type)
        && fits(&hint.precision, &column.precision)
        && fits(&hint.scale, &column.scale)
        && fits(&hint.timezone, &column.timezone)
        && hint.nullable.is_none_or(|nullable| nullable == column.nullable)
}
