//! What is known of a table's columns before its data is: hints, by dlt's rules.
//!
//! Hinted columns stand first, in the order of the hints, keys that have no hint after them. A hint without a type waits: the
//! column stands where its type is found.

use super::names::Naming;
use super::schema::{Column, DataType, SortOrder, TableSchema};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use std::fmt::{Formatter, Result as Formatted};

/// A hint for one column. What is not given is left as it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hint {
    /// Raw or normalized.
    pub name: String,
    pub data_type: Option<DataType>,
    pub nullable: Option<bool>,
    pub precision: Option<u8>,
    pub scale: Option<u8>,
    pub timezone: Option<bool>,
    pub primary_key: Option<bool>,
    pub merge_key: Option<bool>,
    pub unique: Option<bool>,
    pub sort: Option<bool>,
    pub partition: Option<bool>,
    pub cluster: Option<bool>,
    pub hard_delete: Option<bool>,
    pub dedup_sort: Option<SortOrder>,
    #[serde(skip)]
    pub valid_from: bool,
    #[serde(skip)]
    pub valid_to: bool,
}

/// A property that is a table's rather than a column's: which columns have it is said for all of them at once.
type Shared = (fn(&mut Hint) -> &mut Option<bool>, fn(&mut Column) -> &mut bool);

const PRIMARY_KEY: Shared = (|hint| &mut hint.primary_key, |column| &mut column.primary_key);
const MERGE_KEY: Shared = (|hint| &mut hint.merge_key, |column| &mut column.merge_key);
const PARTITION: Shared = (|hint| &mut hint.partition, |column| &mut column.partition);
const CLUSTER: Shared = (|hint| &mut hint.cluster, |column| &mut column.cluster);

impl Hint {
    /// `later` over this one.
    fn merge(&mut self, later: Hint) {
        fn over<T>(place: &mut Option<T>, later: Option<T>) {
            if later.is_some() {
                *place = later;
            }
        }
        over(&mut self.data_type, later.data_type);
        // What is said by default says nothing against another hint.
        over(&mut self.nullable, later.nullable.filter(|nullable| !nullable));
        over(&mut self.precision, later.precision);
        over(&mut self.scale, later.scale);
        over(&mut self.timezone, later.timezone.filter(|timezone| !timezone));
        over(&mut self.primary_key, later.primary_key.filter(|on| *on));
        over(&mut self.merge_key, later.merge_key.filter(|on| *on));
        over(&mut self.unique, later.unique.filter(|on| *on));
        over(&mut self.sort, later.sort.filter(|on| *on));
        over(&mut self.partition, later.partition.filter(|on| *on));
        over(&mut self.cluster, later.cluster.filter(|on| *on));
        over(&mut self.hard_delete, later.hard_delete.filter(|on| *on));
        over(&mut self.dedup_sort, later.dedup_sort);
    }

    /// The column as hinted. `physical`: its type may change too, no file has it yet.
    fn apply(&self, column: &mut Column, physical: bool) {
        if physical {
            column.data_type = self.data_type.or(column.data_type);
            column.precision = self.precision.or(column.precision);
            column.scale = self.scale.or(column.scale);
            column.timezone = self.timezone.or(column.timezone);
        }
        column.nullable = self.nullable.unwrap_or(column.nullable);
        column.primary_key = self.primary_key.unwrap_or(column.primary_key);
        column.merge_key = self.merge_key.unwrap_or(column.merge_key);
        column.unique = self.unique.unwrap_or(column.unique);
        column.sort = self.sort.unwrap_or(column.sort);
        column.partition = self.partition.unwrap_or(column.partition);
        column.cluster = self.cluster.unwrap_or(column.cluster);
        column.hard_delete = self.hard_delete.unwrap_or(column.hard_delete);
        column.valid_from |= self.valid_from;
        column.valid_to |= self.valid_to;
        column.dedup_sort = self.dedup_sort.or(column.dedup_sort);
    }
}

/// The hints of a table with normalized names, in order. Keys given by themselves win over those among the hints, and their
/// columns must not be null.
pub fn resolve(hints: &[Hint], primary_key: &[String], merge_key: &[String], naming: &Naming) -> Vec<Hint> {
    let mut raw: Vec<Hint> = Vec::new();
    for hint in hints {
        match raw.iter_mut().find(|other| other.name == hint.name) {
            Some(other) => *other = hint.clone(),
            None => raw.push(hint.clone()),
        }
    }
    for (names, (key, _)) in [(primary_key, PRIMARY_KEY), (merge_key, MERGE_KEY)] {
        if !names.is_empty() {
            raw.iter_mut().for_each(|hint| *key(hint) = None);
        }
        for name in names {
            if !raw.iter().any(|hint| hint.name == *name) {
                raw.push(Hint { name: name.clone(), ..Hint::default() });
            }
            for hint in raw.iter_mut().filter(|hint| hint.name == *name) {
                *key(hint) = Some(true);
                hint.nullable.get_or_insert(false);
            }
        }
    }
    let mut resolved: Vec<Hint> = Vec::new();
    for hint in raw {
        let name = naming.column(&hint.name);
        match resolved.iter_mut().find(|other| other.name == name) {
            Some(other) => other.merge(hint),
            None => resolved.push(Hint { name, ..hint }),
        }
    }
    resolved
}

/// Brings hints into a table. Gives the names of columns whose hinted type comes too late: files have them in another one.
pub fn apply(hints: Vec<Hint>, table: &mut TableSchema) -> Vec<String> {
    let mut hints = hints;
    for (hinted, property) in [PRIMARY_KEY, MERGE_KEY, PARTITION, CLUSTER] {
        if hints.iter_mut().any(|hint| *hinted(hint) == Some(true)) {
            table.columns.iter_mut().for_each(|column| *property(column) = false);
        }
    }
    let mut late = Vec::new();
    for hint in hints {
        let place = table.columns.iter().position(|column| column.name == hint.name);
        let known = place.and_then(|place| table.columns.get_mut(place));
        match known {
            Some(column) if column.data_type.is_some() || hint.data_type.is_none() => {
                let physical = column.data_type.is_none() || !table.seen_data;
                hint.apply(column, physical);
                if hint.data_type.is_some_and(|hinted| column.data_type != Some(hinted)) {
                    late.push(hint.name);
                }
            }
            // A column stands where its type is found.
            known => {
                let mut column = known.cloned().unwrap_or(Column { name: hint.name.clone(), ..Column::default() });
                table.columns.retain(|other| other.name != column.name);
                hint.apply(&mut column, true);
                table.columns.push(column);
            }
        }
    }
    late
}

/// Hints as dlt takes them: `{"name": {...}}`, or `[{"name": "name", ...}]`. The order is kept.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Hint>, D::Error> {
    struct Form;
    impl<'de> Visitor<'de> for Form {
        type Value = Vec<Hint>;
        fn expecting(&self, out: &mut Formatter) -> Formatted {
            out.write_str("hints by column name, or a list of hints with a `name` each")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Hint>, A::Error> {
            let mut hints = Vec::new();
            while let Some((name, hint)) = map.next_entry::<String, Hint>()? {
                hints.push(Hint { name, ..hint });
            }
            Ok(hints)
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<Hint>, A::Error> {
            let mut hints = Vec::new();
            while let Some(hint) = seq.next_element::<Hint>()? {
                if hint.name.is_empty() {
                    return Err(A::Error::missing_field("name"));
                }
                hints.push(hint);
            }
            Ok(hints)
        }
    }
    deserializer.deserialize_any(Form)
}

/// One name, or a list of names.
pub fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a name, or a list of names")]
    enum Form {
        One(String),
        Many(Vec<String>),
    }
    Ok(match Form::deserialize(deserializer)? {
        Form::One(name) => vec![name],
        Form::Many(names) => names,
    })
}
