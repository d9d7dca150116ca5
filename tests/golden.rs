//! The engine's pure rules against what dlt answered, value by value (`tests/oracle/golden`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatelake::normalize::coerce::Value as Json;
use gatelake::normalize::coerce::{Cell, Detectors, coerce, decimal_shape};
use gatelake::normalize::hash::{content_hash, key_hash};
use gatelake::normalize::names::Naming;
use gatelake::normalize::schema::{Column, DataType, Schema};
use gatelake::normalize::{Load, Options, Select, number, time};
use serde_json::Value;

fn golden(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/oracle/golden/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Counts what was compared, so that a renamed field cannot make a test pass empty, and shows every difference at once.
#[derive(Default)]
struct Check {
    compared: usize,
    differences: Vec<String>,
}

impl Check {
    fn same<T: PartialEq + std::fmt::Debug>(&mut self, what: impl FnOnce() -> String, expected: T, got: T) {
        self.compared += 1;
        if expected != got {
            self.differences.push(format!("{}: expected {expected:?}, got {got:?}", what()));
        }
    }
    fn done(self, at_least: usize) {
        assert!(self.differences.is_empty(), "{} differ:\n{}", self.differences.len(), self.differences.join("\n"));
        assert!(self.compared >= at_least, "only {} compared", self.compared);
    }
}

#[test]
fn identifiers_are_dlts() {
    let mut check = Check::default();
    for case in golden("identifiers") {
        let raw = case["in"].as_str().unwrap();
        for (suffix, max) in [("None", 0), ("63", 63), ("30", 30), ("16", 16)] {
            let naming = Naming::new("snake_case", max).unwrap();
            let expected = case[format!("ident_{suffix}")].as_str();
            check.same(|| format!("{raw:?} as identifier within {max}"), expected, naming.identifier(raw).as_deref());
            let expected = case[format!("path_{suffix}")].as_str().unwrap();
            check.same(|| format!("{raw:?} as path within {max}"), expected, &naming.table(raw));
        }
    }
    check.done(617 * 8);
}

#[test]
fn every_convention_is_dlts() {
    let mut check = Check::default();
    for case in golden("naming_conventions") {
        let naming = Naming::new(case["naming"].as_str().unwrap(), case["max"].as_u64().unwrap() as usize).unwrap();
        if let Some(parts) = case["fragments"].as_array() {
            let parts: Vec<&str> = parts.iter().map(|part| part.as_str().unwrap()).collect();
            check.same(|| case.to_string(), case["out"].as_str().unwrap(), &naming.join(&parts));
            continue;
        }
        let raw = case["in"].as_str().unwrap();
        check.same(|| case.to_string(), case["path"].as_str().unwrap(), &naming.column(raw));
        check.same(|| case.to_string(), case["tables_path"].as_str().unwrap(), &naming.table(raw));
    }
    check.done(500);
}

#[test]
fn joined_names_are_shortened_as_dlt_does() {
    let mut check = Check::default();
    for case in golden("shorten_fragments") {
        let parts: Vec<&str> = case["in"].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
        let naming = Naming::new("snake_case", case["max"].as_u64().unwrap() as usize).unwrap();
        check.same(|| format!("{parts:?}"), case["out"].as_str().unwrap(), &naming.join(&parts));
    }
    check.done(18);
}

#[test]
fn timestamps_in_text_are_dlts() {
    let mut check = Check::default();
    // `2024-01-02T03:04:05[.6][+01:30]` of the golden file as microseconds; the zone is the answer's own.
    for case in golden("iso_strings") {
        let text = case["in"].as_str().unwrap();
        let instant = case["to_timestamp_utc"].as_str().map(|iso| format!("{}Z", with_micros(&iso[..iso.len() - 6])));
        let detected = case["detected"].as_bool().unwrap();
        let got = time::detect_timestamp(text.as_bytes()).map(time::format_timestamp);
        check.same(|| format!("{text:?} detected"), instant.clone().filter(|_| detected), got);
        let got = time::detect_date(text).is_some();
        check.same(|| format!("{text:?} detected as a date"), case["date_detected"].as_bool().unwrap(), got);
        check.same(|| format!("{text:?} to timestamp"), instant, time::to_timestamp(text).map(time::format_timestamp));
        let date = case["to_date"].as_str().map(str::to_owned);
        check.same(|| format!("{text:?} to date"), date, time::to_date(text).map(time::format_date));
        let clock = case["to_time"].as_str().map(with_micros);
        check.same(|| format!("{text:?} to time"), clock, time::to_time(text).map(time::format_time));
        // A text that dlt reads as a date-time and cannot convert is none to us.
        let kind = case["parsed"].as_str().and_then(|parsed| parsed.split_once(' ')).map(|(kind, _)| kind);
        let kind = kind.filter(|kind| *kind != "DateTime" || case["to_timestamp_utc"].is_string());
        let got = if time::detect_timestamp(text.as_bytes()).is_some() {
            Some("DateTime")
        } else if time::detect_date(text).is_some() {
            Some("Date")
        } else {
            time::to_time(text).map(|_| "Time")
        };
        check.same(|| format!("{text:?} as what"), kind, got);
    }
    check.done(80 * 6);
}

fn with_micros(iso: &str) -> String {
    if iso.contains('.') { iso.to_owned() } else { format!("{iso}.000000") }
}

/// The types of values that JSON has; those of the golden files that only a program can hand to dlt are left out.
const JSON_TYPES: [DataType; 5] = [DataType::Text, DataType::Bigint, DataType::Double, DataType::Bool, DataType::Json];
const ALL_TYPES: [DataType; 11] = [
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

fn named(name: &str) -> DataType {
    *ALL_TYPES.iter().find(|data_type| data_type.name() == name).unwrap_or_else(|| panic!("no type {name}"))
}

#[test]
fn values_are_coerced_as_dlt_does() {
    let mut check = Check::default();
    for case in golden("coercion_matrix") {
        let (from, to) = (named(case["from"].as_str().unwrap()), named(case["to"].as_str().unwrap()));
        if !JSON_TYPES.contains(&from) {
            continue;
        }
        let text = case["value"].to_string();
        let tagged = |name: &str| case["value"][name].as_str();
        let json = case["value"]["json"].to_string();
        let value = match from {
            DataType::Text => Json::Text(case["value"].as_str().unwrap()),
            DataType::Bigint => Json::Int(tagged("int").unwrap().parse().unwrap()),
            DataType::Double => Json::Double(tagged("double").unwrap().parse().unwrap()),
            DataType::Bool => Json::Bool(case["value"].as_bool().unwrap()),
            _ => Json::Json(&json),
        };
        let column = Column::new("c", to);
        let got = coerce(value, &column).map(shown(to));
        let expected = case["error"].is_null().then(|| expected(&case["result"], &column)).flatten();
        check.same(|| format!("{text} of {} to {}", from.name(), to.name()), expected, got);
    }
    check.done(452);
}

/// A cell as text that tells types and all digits apart.
fn shown(data_type: DataType) -> impl Fn(Cell) -> String {
    move |cell| match (cell, data_type) {
        (Cell::Null, _) => "null".into(),
        (Cell::Text(text), DataType::Json) => {
            serde_json::from_str(&text).unwrap_or(Value::String(text.into())).to_string()
        }
        (Cell::Text(text), _) => format!("text {text}"),
        (Cell::I64(micros), DataType::Timestamp) => time::format_timestamp(micros),
        (Cell::I64(days), DataType::Date) => time::format_date(days),
        (Cell::I64(micros), DataType::Time) => time::format_time(micros),
        (Cell::F64(value), _) => format!("double {}", number::repr(value)),
        (cell, _) => format!("{cell:?}"),
    }
}

/// The answer in the same form; `None` where the converted value does not fit the column's Parquet type, so that dlt fails.
fn expected(result: &Value, column: &Column) -> Option<String> {
    let tagged = |name: &str| result[name].as_str();
    Some(match column.data_type.unwrap() {
        DataType::Text => format!("text {}", result.as_str().unwrap()),
        DataType::Bigint => format!("I64({})", tagged("int").unwrap().parse::<i64>().ok()?),
        DataType::Double => format!("double {}", tagged("double").unwrap()),
        DataType::Bool => format!("Bool({})", result.as_bool().unwrap()),
        DataType::Timestamp => {
            let iso = tagged("datetime").unwrap();
            format!("{}Z", with_micros(iso.strip_suffix("+00:00").unwrap_or(iso)))
        }
        DataType::Date => tagged("date").unwrap().to_owned(),
        DataType::Time => with_micros(tagged("time").unwrap()),
        to @ (DataType::Decimal | DataType::Wei) => {
            let (precision, scale) = decimal_shape(column);
            format!("I128({})", number::decimal(tagged(to.name()).unwrap(), precision, scale)?)
        }
        DataType::Binary => format!("Binary({:?})", STANDARD.decode(tagged("binary").unwrap()).unwrap()),
        DataType::Json => match result {
            Value::Object(tagged) => match tagged.iter().next().unwrap() {
                (tag, Value::String(number)) if tag == "int" || tag == "double" => number.clone(),
                (_, json) => json.to_string(),
            },
            plain => plain.to_string(),
        },
    })
}

#[test]
fn the_pairs_that_coerce_are_dlts() {
    let pairs = golden("coercion_pairs");
    let mut check = Check::default();
    for from in JSON_TYPES {
        // Between them, these texts fit every type.
        let samples: Vec<Json> = match from {
            DataType::Text => ["1", "2024-01-01", "12:30", "aGk="].map(Json::Text).into(),
            DataType::Bigint => vec![Json::Int(1)],
            DataType::Double => vec![Json::Double(1.0)],
            DataType::Bool => vec![Json::Bool(true)],
            _ => vec![Json::Json("{}")],
        };
        for to in ALL_TYPES {
            let listed = pairs.iter().any(|pair| pair.as_str() == Some(&format!("{}->{}", from.name(), to.name())));
            let coerces = samples.iter().any(|value| coerce(*value, &Column::new("c", to)).is_some());
            check.same(|| format!("{} to {}", from.name(), to.name()), listed || from == to, coerces);
        }
    }
    check.done(55);
}

#[test]
fn integers_beyond_64_bits_are_decimals_and_then_text() {
    let detectors = Detectors::default();
    for (digits, data_type) in [
        ("9223372036854775808", DataType::Wei),
        ("-9223372036854775809", DataType::Wei),
        ("18446744073709551616", DataType::Wei),
        (&"9".repeat(38), DataType::Wei),
        (&"9".repeat(39), DataType::Text),
    ] {
        let value = Json::BigInt(digits);
        assert_eq!(value.infer(&detectors), data_type, "{digits}");
        assert!(coerce(value, &Column::new("c", data_type)).is_some(), "{digits}");
        assert_eq!(coerce(value, &Column::new("c", DataType::Bigint)), None, "{digits}");
        assert_eq!(coerce(value, &Column::new("c", DataType::Text)), Some(Cell::Text(digits.into())));
        assert_eq!(coerce(value, &Column::new("c", DataType::Double)), Some(Cell::F64(digits.parse().unwrap())));
    }
}

#[test]
fn detectors_make_more_of_text_and_numbers() {
    let off = Detectors { iso_timestamp: false, iso_date: false, epoch_near: None };
    let all = Detectors { iso_timestamp: true, iso_date: true, epoch_near: Some(1_700_000_000.0) };
    for (value, by_default, with_all) in [
        (Json::Text("2024-01-02T03:04:05Z"), DataType::Timestamp, DataType::Timestamp),
        (Json::Text("2024-01-02"), DataType::Text, DataType::Date),
        (Json::Text("12:30"), DataType::Text, DataType::Text),
        (Json::Int(1_700_000_001), DataType::Bigint, DataType::Timestamp),
        (Json::Int(1_500_000_000), DataType::Bigint, DataType::Bigint),
        (Json::Double(1_699_999_999.5), DataType::Double, DataType::Timestamp),
        (Json::Bool(true), DataType::Bool, DataType::Bool),
        (Json::Json("[]"), DataType::Json, DataType::Json),
    ] {
        assert_eq!(value.infer(&Detectors::default()), by_default, "{value:?}");
        assert_eq!(value.infer(&all), with_all, "{value:?}");
        assert_eq!(value.infer(&off), value.data_type(), "{value:?}");
    }
}

#[test]
fn key_and_content_hashes_are_dlts() {
    let mut check = Check::default();
    for case in golden("row_hash") {
        let row = case["row"].as_object().unwrap();
        let got = match case["subset"].as_array() {
            Some(names) => {
                let of_key = row.iter().filter(|(name, _)| names.iter().any(|key| key.as_str() == Some(name)));
                key_hash(&of_key.map(|(name, value)| (name.clone(), value.clone())).collect())
            }
            None => content_hash(row),
        };
        check.same(|| case.to_string(), case["hash"].as_str().unwrap(), &got);
    }
    check.done(12);
}

#[test]
fn texts_near_the_edge_are_read_as_dlt_reads_them() {
    let mut check = Check::default();
    for case in golden("text_readings") {
        let text = case["in"].as_str().unwrap();
        let mut same = |field: &str, got: Value| check.same(|| format!("{text:?} as {field}"), &case[field], &got);
        same("detected", time::detect_timestamp(text.as_bytes()).into());
        same("date_detected", time::detect_date(text).is_some().into());
        same("timestamp", time::to_timestamp(text).into());
        same("date", time::to_date(text).into());
        same("time", time::to_time(text).into());
        same("double", number::float_or_hex(text).map(number::repr).into());
        let binary = coerce(Json::Text(text), &Column::new("c", DataType::Binary));
        let hex = binary.map(|cell| match cell {
            Cell::Binary(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
            other => panic!("{other:?} is not binary"),
        });
        same("binary", hex.into());
        // Beyond 128 bits dlt reads on; no column could take it.
        if case["bigint"].as_str().is_none_or(|digits| digits.len() < 38) {
            same("bigint", number::int(text).map(|value| value.to_string()).into());
        }
    }
    check.done(1200 * 7);
}

/// Where dlt's REST source guesses that the records are, and where we do: the same place, or we ask what is meant, but for one case. Nine of its
/// answers are unmistakable, two of them with pages.
#[test]
fn records_are_found_where_dlt_finds_them_or_not_at_all() {
    let mut check = Check::default();
    for case in golden("rest_detectors") {
        let selector = case["data_selector"].as_str().unwrap();
        let mut load = Load::new("items", Options::default(), Schema::default(), "1").unwrap();
        load.begin_body(Select::Envelope).unwrap();
        // Records are objects here.
        let body = case["response"].to_string().replace("[1]", "[{}]").replace("[2]", "[{}]");
        let Ok(envelope) = load.feed(body.as_bytes()).and_then(|()| load.end_body()) else { continue };
        let pointer = match selector {
            "$" => String::new(),
            // A list inside of what stands beside a list of records is part of something else; dlt takes the first it meets.
            "meta.x" => "/foo".to_owned(),
            selector => format!("/{}", selector.replace('.', "/")),
        };
        check.same(|| case.to_string(), &pointer, &envelope.records_at);
        if let (Some(path), Some(pages)) =
            (case["total_pages_path"][0].as_array(), case["total_pages_path"][1].as_i64())
        {
            let pointer: String = path.iter().map(|part| format!("/{}", part.as_str().unwrap())).collect();
            check.same(|| case.to_string(), true, envelope.facts.contains(&(pointer, pages)));
        }
    }
    check.done(11);
}
