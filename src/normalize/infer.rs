//! The type that a first value gives its column: what is preferred for the column's name, or what detectors see in the value,
//! or what JSON says. The rules are dlt's.

use super::coerce::{Detectors, Value};
use super::names::Naming;
use super::options::Options;
use super::schema::DataType;
use crate::error::{Error, Kind, Result};
use regex_lite::Regex;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt::{Formatter, Result as Formatted};

/// Every detector that dlt has. Beside the first three they do nothing here: integers beyond 64 bits have a type anyway
/// (`large_integer`), and values of Python's other types do not come as JSON.
const DETECTORS: [&str; 6] =
    ["iso_timestamp", "iso_date", "timestamp", "large_integer", "hexbytes_to_text", "wei_to_double"];

/// Before a preference's name: it is a regular expression, found anywhere in a column's name.
const REGEX: &str = "re:";

/// How the columns of a load get their types.
pub struct Inference {
    detectors: Detectors,
    preferred: Vec<(Pattern, DataType)>,
}

enum Pattern {
    Name(String),
    Regex(Regex),
}

impl Inference {
    /// Errors are of kind `Config`: a detector that is none, a pattern that cannot be read.
    pub fn new(options: &Options, naming: &Naming, load_id: &str) -> Result<Inference> {
        for name in options.detections_add.iter().chain(&options.detections_remove) {
            if !DETECTORS.contains(&name.as_str()) {
                return Err(Error::new(Kind::Config, "unknown_detector", format!("there is no detector `{name}`"))
                    .help(format!("those there are: {}", DETECTORS.join(", "))));
            }
        }
        let has = |names: &[String], name: &str| names.iter().any(|other| other == name);
        let on = |name: &str, default: bool| {
            has(&options.detections_add, name) || (default && !has(&options.detections_remove, name))
        };
        let detectors = Detectors {
            iso_timestamp: on("iso_timestamp", true),
            iso_date: on("iso_date", false),
            epoch_near: if on("timestamp", false) {
                Some(load_time(load_id, "the detector `timestamp`")?)
            } else {
                None
            },
        };
        // Two that become one by the naming convention are one, of the later type.
        let mut by_name: Vec<(String, DataType)> = Vec::new();
        for (name, data_type) in &options.preferred_types {
            let name = normalized(name, naming);
            match by_name.iter_mut().find(|(other, _)| *other == name) {
                Some((_, place)) => *place = *data_type,
                None => by_name.push((name, *data_type)),
            }
        }
        let preferred = by_name.iter().map(|(name, data_type)| Ok((pattern(name)?, *data_type)));
        let preferred = preferred.collect::<Result<_>>()?;
        Ok(Inference { detectors, preferred })
    }

    /// The type that columns of that name shall have.
    pub fn preferred(&self, column: &str) -> Option<DataType> {
        let fits = |pattern: &Pattern| match pattern {
            Pattern::Name(name) => name == column,
            Pattern::Regex(regex) => regex.is_match(column),
        };
        self.preferred.iter().find(|(pattern, _)| fits(pattern)).map(|(_, data_type)| *data_type)
    }

    /// The type that the value suggests.
    pub fn detected(&self, value: Value) -> DataType {
        value.infer(&self.detectors)
    }
}

/// What `what` takes for now, in seconds: the load's own time, so that a load that is run again comes to the same.
pub fn load_time(load_id: &str, what: &str) -> Result<f64> {
    load_id.parse().ok().filter(|seconds: &f64| seconds.is_finite()).ok_or_else(|| {
        let message = format!("{what} needs a load id that is a time, and `{load_id}` is none");
        Error::new(Kind::Config, "no_load_time", message).help("use the seconds since 1970 as load id")
    })
}

/// A name is normalized as the columns are, also one that stands as `re:^name$`; one that holds a character of patterns is not.
fn normalized(name: &str, naming: &Naming) -> String {
    let (prefix, name) = name.strip_prefix(REGEX).map_or(("", name), |regex| (REGEX, regex));
    let exact = name.strip_prefix('^').and_then(|rest| rest.strip_suffix('$'));
    let plain = exact.unwrap_or(name);
    if plain.contains(|c: char| c.is_whitespace() || "()[]{}?*+-|^$\\.&~#".contains(c)) {
        return format!("{prefix}{name}");
    }
    let column = naming.column(plain);
    if exact.is_some() { format!("{prefix}^{column}$") } else { format!("{prefix}{column}") }
}

fn pattern(name: &str) -> Result<Pattern> {
    let Some(regex) = name.strip_prefix(REGEX) else { return Ok(Pattern::Name(name.to_owned())) };
    Regex::new(regex).map(Pattern::Regex).map_err(|error| {
        let message = format!("the pattern `{name}` of `preferred_types` cannot be read: {error}");
        Error::new(Kind::Config, "bad_pattern", message)
    })
}

/// Pairs in the order in which they stand.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Vec<(String, DataType)>, D::Error> {
    struct Pairs;
    impl<'de> Visitor<'de> for Pairs {
        type Value = Vec<(String, DataType)>;
        fn expecting(&self, out: &mut Formatter) -> Formatted {
            out.write_str("types by column name")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Self::Value, A::Error> {
            let mut pairs = Vec::new();
            while let Some(pair) = map.next_entry()? {
                pairs.push(pair);
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inference(options: &str, load_id: &str) -> Result<Inference> {
        let options = Options::from_json(options)?;
        Inference::new(&options, &Naming::new("snake_case", 0)?, load_id)
    }

    #[test]
    fn now_is_the_time_of_the_load() {
        let inference = inference(r#"{"detections_add": ["timestamp"]}"#, "1700000000.5").unwrap();
        let five_years = 5 * 365 * 86_400;
        for (seconds, data_type) in [
            (1_700_000_000 + five_years, DataType::Timestamp),
            (1_700_000_001 + five_years, DataType::Bigint),
            (1_700_000_001 - five_years, DataType::Timestamp),
            (1_700_000_000 - five_years, DataType::Bigint),
        ] {
            assert_eq!(inference.detected(Value::Int(seconds)), data_type, "{seconds}");
        }
    }

    #[test]
    fn the_first_name_or_pattern_that_fits_counts() {
        let preferred = r#"{"preferred_types": {"createdAt": "date", "re:_at$": "timestamp", "re:^userName$": "binary", "re:.": "text"}}"#;
        let inference = inference(preferred, "1").unwrap();
        for (column, data_type) in [
            ("created_at", DataType::Date),
            ("updated_at", DataType::Timestamp),
            ("user_name", DataType::Binary),
            ("user_name2", DataType::Text),
        ] {
            assert_eq!(inference.preferred(column), Some(data_type), "{column}");
        }
        assert_eq!(inference.preferred(""), None);
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (options, code) in [
            (r#"{"detections_add": ["iso_dates"]}"#, "unknown_detector"),
            (r#"{"detections_remove": ["dates"]}"#, "unknown_detector"),
            (r#"{"detections_add": ["timestamp"]}"#, "no_load_time"),
            (r#"{"preferred_types": {"re:(": "text"}}"#, "bad_pattern"),
            (r#"{"preferred_types": {"a": "string"}}"#, "bad_options"),
            (r#"{"columns": [{"data_type": "text"}]}"#, "bad_options"),
            (r#"{"columns": [{"name": "a", "dedup_sort": "down"}]}"#, "bad_options"),
            (r#"{"columns": {"a": {"datatype": "text"}}}"#, "bad_options"),
        ] {
            let error = inference(options, "today").err().unwrap_or_else(|| panic!("{options}"));
            assert_eq!((error.kind(), error.code()), (Kind::Config, code), "{options}");
        }
    }
}
