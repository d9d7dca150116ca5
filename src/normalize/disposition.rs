//! What a load does to the rows that are there: dlt's `write_disposition`, by dlt's names.

use super::hints::Hint;
use super::infer::load_time;
use super::names::Naming;
use super::schema::DataType;
use super::time::{detect_date, detect_timestamp};
use super::{LOAD_ID, ROW_ID};
use crate::error::Result;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// What becomes of the rows that are there, and of those that come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum WriteDisposition {
    /// They stay; the load's rows come behind them.
    #[default]
    Append,
    /// The load's rows take their place.
    Replace,
    /// Rows are told by key or content.
    Merge(Merge),
}

/// How rows are merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    pub strategy: Strategy,
    pub validity: Validity,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// Rows of the same primary or merge key go, the load's come, one for each primary key.
    #[default]
    DeleteInsert,
    /// The same by primary key alone; row ids are the key's hash.
    Upsert,
    /// Rows whose primary key is there already do not come.
    InsertOnly,
    /// Rows are versions: one that the load does not bring again is retired, a new one is inserted.
    Scd2,
}

impl Strategy {
    /// Every strategy by the name that configurations have for it.
    pub const NAMED: [(&str, Strategy); 4] = [
        ("delete-insert", Strategy::DeleteInsert),
        ("upsert", Strategy::Upsert),
        ("insert-only", Strategy::InsertOnly),
        ("scd2", Strategy::Scd2),
    ];

    /// # Errors
    /// A sentence about a name that no strategy has.
    fn named(name: &str) -> Result<Strategy, String> {
        let found = Strategy::NAMED.iter().find(|(known, _)| *known == name);
        found.map(|(_, strategy)| *strategy).ok_or_else(|| {
            let known = Strategy::NAMED.map(|(known, _)| known).join(", ");
            format!("there is no strategy `{name}`, only {known}")
        })
    }
}

/// When a version of a row is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validity {
    pub from: String,
    pub to: String,
    /// What `to` is of the version that is valid now, in microseconds since the Unix epoch; `None`: null.
    pub active: Option<i64>,
    /// Since when the load's versions are valid, and up to when those that they retire were; `None`: the load's own time.
    pub boundary: Option<i64>,
}

impl Default for Validity {
    fn default() -> Self {
        Validity { from: "_dlt_valid_from".into(), to: "_dlt_valid_to".into(), active: None, boundary: None }
    }
}

impl WriteDisposition {
    pub fn merge(&self) -> Option<&Merge> {
        match self {
            WriteDisposition::Merge(merge) => Some(merge),
            _ => None,
        }
    }

    pub fn scd2(&self) -> Option<&Validity> {
        self.merge().filter(|merge| merge.strategy == Strategy::Scd2).map(|merge| &merge.validity)
    }

    /// Children carry the id of their root row, by which dlt finds those that must go.
    pub fn has_root_ids(&self) -> bool {
        self.merge().is_some_and(|merge| merge.strategy != Strategy::Scd2)
    }

    /// Of several records of one key in a load, one remains, and what hangs from it.
    pub fn keeps_one_of_a_key(&self) -> bool {
        self.merge().is_some_and(|merge| matches!(merge.strategy, Strategy::DeleteInsert | Strategy::Upsert))
    }
}

impl Validity {
    /// Since when the versions of a load are valid, in microseconds since the Unix epoch.
    ///
    /// # Errors
    /// `no_load_time` if the load's id is no time, and no other one is given.
    pub fn boundary_of(&self, load_id: &str) -> Result<i64> {
        match self.boundary {
            Some(boundary) => Ok(boundary),
            None => Ok((load_time(load_id, "the strategy `scd2`")? * 1e6).round() as i64),
        }
    }

    /// Whether the two columns can be called that: differently, as no column of the normalizer's own, and as the convention
    /// leaves it. A merge finds them in files by these very names.
    pub fn is_named_well(&self, naming: &Naming) -> bool {
        let fits = |name: &String| naming.column(name) == *name && ![ROW_ID, LOAD_ID].contains(&name.as_str());
        self.from != self.to && fits(&self.from) && fits(&self.to)
    }

    /// The hints of the two columns, which are the first of the table behind those that are hinted.
    pub fn hints(&self) -> [Hint; 2] {
        let hint = |name: &String| Hint {
            name: name.clone(),
            data_type: Some(DataType::Timestamp),
            nullable: Some(true),
            ..Hint::default()
        };
        [Hint { valid_from: true, ..hint(&self.from) }, Hint { valid_to: true, ..hint(&self.to) }]
    }
}

/// A date or an instant in ISO 8601 as microseconds since the Unix epoch.
pub fn instant(text: &str) -> Option<i64> {
    let day = || detect_date(text).map(|days| days * 86_400_000_000);
    detect_timestamp(text.as_bytes()).or_else(day)
}

impl<'de> Deserialize<'de> for WriteDisposition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "lowercase")]
        enum Name {
            Append,
            Replace,
            Merge,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Given {
            disposition: Name,
            #[serde(default)]
            strategy: Option<String>,
            #[serde(default)]
            validity_column_names: Option<[String; 2]>,
            #[serde(default)]
            active_record_timestamp: Option<String>,
            #[serde(default)]
            boundary_timestamp: Option<String>,
        }
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "append, replace, merge, or an object with a `disposition`")]
        enum Form {
            Name(Name),
            Given(Given),
        }
        let instant = |text: Option<String>| match text {
            None => Ok(None),
            Some(text) => {
                let found = instant(&text);
                found.map(Some).ok_or_else(|| D::Error::custom(format!("`{text}` is no date or instant")))
            }
        };
        let given = match Form::deserialize(deserializer)? {
            Form::Name(disposition) => Given {
                disposition,
                strategy: None,
                validity_column_names: None,
                active_record_timestamp: None,
                boundary_timestamp: None,
            },
            Form::Given(given) => given,
        };
        let strategy = given.strategy.as_deref();
        Ok(match (given.disposition, strategy) {
            (Name::Append, None) => WriteDisposition::Append,
            // How a database would go about it: here it is one step in any case.
            (Name::Replace, None | Some("truncate-and-insert" | "insert-from-staging" | "staging-optimized")) => {
                WriteDisposition::Replace
            }
            (Name::Merge, _) => {
                let strategy = match strategy {
                    None => Strategy::default(),
                    Some(name) => Strategy::named(name).map_err(D::Error::custom)?,
                };
                let names = Validity::default();
                let [from, to] = given.validity_column_names.unwrap_or([names.from, names.to]);
                let active = instant(given.active_record_timestamp)?;
                let boundary = instant(given.boundary_timestamp)?;
                WriteDisposition::Merge(Merge { strategy, validity: Validity { from, to, active, boundary } })
            }
            (_, Some(other)) => return Err(D::Error::custom(format!("`{other}` is a strategy of merge alone"))),
        })
    }
}
