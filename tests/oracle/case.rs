//! A stored case, and how the engine runs it.

use super::quarantine;
use futures_util::FutureExt;
use gatelake::error::{Error, Kind};
use gatelake::merge::{self, Ended, Files, Output, Shelf};
use gatelake::normalize::schema::Schema;
use gatelake::normalize::{FileEnd, Load, Loaded, Options, Select, empty_file, number, time};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// `{table, options, loads}`; a load is a JSON array of items, or `{rows, options}` with options of its own.
#[derive(Deserialize)]
pub struct Case {
    pub table: String,
    #[serde(default)]
    options: Map<String, Value>,
    loads: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct LoadWithOptions {
    rows: Box<RawValue>,
    #[serde(default)]
    options: Map<String, Value>,
}

/// Text that begins with one of these is no text to dlt.
pub const TYPE_MARKS: fn(char) -> bool = |c| ('\u{f026}'..='\u{f02d}').contains(&c);

/// What there is after all loads.
#[derive(Default)]
pub struct Outcome {
    pub schema: Schema,
    /// The same with the quarantine table: what the next load starts from.
    stored: Schema,
    /// Of each load: rows by table, or why it failed.
    pub loads: Vec<Result<BTreeMap<String, u64>, Error>>,
    /// The table's files, oldest first.
    pub files: Files<Vec<u8>>,
    /// The last file ever written of each table, though a later load may have replaced it.
    pub last_files: BTreeMap<String, Vec<u8>>,
    pub disposition: String,
    /// How rows are merged, where the case says.
    pub strategy: Option<String>,
    /// Loads that dlt has given an ordinal: not one that failed, nor one that changed nothing, unless it was the first.
    numbered: usize,
}

/// The id of the `ordinal`th load.
pub fn load_id(ordinal: usize) -> String {
    format!("17000000{ordinal:02}.5")
}

impl Case {
    pub fn parse(text: &str) -> serde_json::Result<Case> {
        serde_json::from_str(text)
    }

    /// The same with some of its loads.
    pub fn of_loads(&self, chosen: impl Fn(usize) -> bool) -> Case {
        let loads = self.loads.iter().enumerate().filter(|(ordinal, _)| chosen(*ordinal)).map(|(_, load)| load.clone());
        Case { table: self.table.clone(), options: self.options.clone(), loads: loads.collect() }
    }

    /// The same with files that are ended at this size, and put together up to it.
    pub fn with_files_of(&self, bytes: u64) -> Case {
        let mut case = self.of_loads(|_| true);
        case.options.insert("file_bytes".into(), bytes.into());
        case
    }

    /// The same with rows that are never merged.
    fn appending(&self) -> Case {
        let mut case = self.of_loads(|_| true);
        case.options.remove("write_disposition");
        case
    }

    /// The data brings its own `_dlt_id`.
    pub fn has_own_ids(&self) -> bool {
        self.options.contains_key("_user_ids")
    }

    /// The values that dlt breaks off at, or misreads, and we do not.
    pub fn odd_values(&self) -> Vec<String> {
        self.values(&|value| is_odd(value).then(|| as_text(value)))
    }

    /// The numbers, and texts that read as numbers.
    pub fn numbers(&self) -> Vec<f64> {
        self.values(&|value| number::float_or_hex(&as_text(value)))
    }

    /// Rows of child tables that bring a row id of their own, or a row of the root with one that is no text.
    pub fn has_odd_ids(&self) -> bool {
        self.rows().any(|row| odd_id(&row, true))
    }

    /// Lists under keys that are blank or of underscores alone, which give no table a name.
    pub fn has_nameless_lists(&self) -> bool {
        self.rows().any(|row| nameless_list(&row))
    }

    fn rows(&self) -> impl Iterator<Item = Value> {
        self.loads
            .iter()
            .flat_map(|load| match serde_json::from_str(load.get()) {
                Ok(Value::Object(mut load)) => load.remove("rows").and_then(|rows| rows.as_array().cloned()),
                Ok(Value::Array(rows)) => Some(rows),
                _ => None,
            })
            .flatten()
    }

    fn values<T>(&self, choose: &impl Fn(&RawValue) -> Option<T>) -> Vec<T> {
        let mut out = Vec::new();
        self.loads.iter().for_each(|load| values(load, choose, &mut out));
        out
    }

    /// How many loads.
    pub fn len(&self) -> usize {
        self.loads.len()
    }

    /// The options of a load, as they stand there and as the engine's, and its rows. `Err`: the option that the engine does not have.
    pub fn load(&self, ordinal: usize) -> Result<(Map<String, Value>, Options, String), String> {
        let load = &self.loads[ordinal];
        let load = match load.get().starts_with('{') {
            true => serde_json::from_str(load.get()).map_err(|error| format!("load {ordinal}: {error}"))?,
            false => LoadWithOptions { rows: load.clone(), options: Map::new() },
        };
        let mut options = self.options.clone();
        options.extend(load.options);
        options.remove("_user_ids");
        Ok((options.clone(), engine_options(options)?, load.rows.get().to_owned()))
    }

    /// `Err`: the option that the engine does not have.
    pub fn run(&self) -> Result<Outcome, String> {
        let mut outcome = Outcome::default();
        for ordinal in 0..self.len() {
            let (options, engine, rows) = self.load(ordinal)?;
            let given = options.get("write_disposition").cloned().unwrap_or(json!("append"));
            outcome.disposition = given["disposition"].as_str().or(given.as_str()).unwrap_or_default().to_owned();
            outcome.strategy = given["strategy"].as_str().map(str::to_owned);
            let result = outcome.load(&self.table, engine, outcome.numbered, &rows);
            if let Err(error) = &result
                && error.kind() == Kind::Config
            {
                return Err(error.to_string());
            }
            outcome.loads.push(result);
        }
        // What dlt writes to a file system it never merges.
        if outcome.disposition == "merge" && self.options.contains_key("write_disposition") {
            outcome.last_files = self.appending().run()?.last_files;
        }
        Ok(outcome)
    }
}

impl Outcome {
    fn load(
        &mut self,
        table: &str,
        options: Options,
        ordinal: usize,
        rows: &str,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let nesting = options.max_table_nesting != Options::default().max_table_nesting;
        let (merge, output) = (options.write_disposition.merge().cloned(), Output::from(&options));
        let (mut loaded, mut files) = loaded(table, options, self.stored.clone(), &load_id(ordinal), rows)?;
        self.stored = loaded.schema.clone();
        // dlt keeps nothing of what a contract discards. Our quarantine table is left out of all that is compared, here and
        // nowhere else, once it is known to hold exactly what is missing in the other tables.
        let discarded = quarantine::take(&mut loaded, &mut files, rows, nesting);
        let root = loaded.schema.tables.iter().find(|table| table.parent.is_none());
        let none_stayed =
            discarded && root.is_some_and(|root| loaded.tables.iter().any(|t| t.name == root.name && t.rows == 0));
        // dlt forgets that a table has seen data when it is given a nesting limit, and then thinks that there is nothing to empty.
        let untouched = none_stayed && nesting;
        // `replace` keeps nothing of what was there. The lake refuses to empty a table unasked; here it is asked.
        if self.disposition == "replace" && !untouched {
            self.files.values_mut().for_each(Vec::clear);
        }
        let mut new = Files::<Vec<u8>>::new();
        for ((table, _), bytes) in files {
            self.last_files.insert(table.clone(), bytes.clone());
            new.entry(table).or_default().push(bytes);
        }
        // A load that brings nothing leaves all as it is.
        if loaded.tables.iter().any(|table| table.rows > 0) {
            let ended = Ended { id: &load_id(ordinal), loaded: &loaded, output };
            let memory = "what is in memory need not be waited for";
            if let Some(merge) = merge {
                self.files = merge::merge(&merge, ended, &self.files, &new, &Memory).now_or_never().expect(memory)?.0;
                self.files.retain(|table, files| !files.is_empty() || new.contains_key(table));
            } else {
                let files = merge::append(ended, &self.files, &new, &Memory).now_or_never().expect(memory)?;
                self.files.extend(files.into_iter().filter(|(_, files)| !files.is_empty()));
            }
        }
        // dlt counts the root table of an emptied resource, with no rows, and writes a file of none if any came.
        let emptied = root.filter(|_| (self.disposition == "replace" || none_stayed) && !untouched);
        if let Some(root) = emptied.filter(|_| none_stayed) {
            self.last_files.insert(root.name.clone(), empty_file(root, &load_id(ordinal))?);
        }
        let emptied = emptied.map(|table| (table.name.clone(), 0));
        let filled = loaded.tables.iter().filter(|table| table.rows > 0).map(|table| (table.name.clone(), table.rows));
        // It makes no load of one that brings nothing, but for the first, which has its own tables' rows.
        let anything = emptied.is_some() || untouched || loaded.tables.iter().any(|table| table.rows > 0);
        if self.numbered == 0 || anything {
            self.numbered += 1;
        }
        self.schema = loaded.schema.clone();
        Ok(emptied.into_iter().chain(filled).collect())
    }
}

/// Files by table and number.
type Made = BTreeMap<(String, u32), Vec<u8>>;

/// One load by the engine.
pub fn loaded(table: &str, options: Options, schema: Schema, id: &str, rows: &str) -> Result<(Loaded, Made), Error> {
    let mut load = Load::new(table, options, schema, id)?;
    load.begin_body(Select::Root)?;
    for chunk in rows.as_bytes().chunks(1000) {
        load.feed(chunk)?;
    }
    load.end_body()?;
    let loaded = load.finish()?;
    let mut files = Made::new();
    for part in load.take_parts() {
        files.entry((part.table, part.file)).or_default().extend(part.bytes);
    }
    Ok((loaded, files))
}

/// Files in memory.
pub struct Memory;

impl Shelf for Memory {
    type File = Vec<u8>;
    async fn read(&self, file: &Vec<u8>) -> Result<Vec<u8>, Error> {
        Ok(file.clone())
    }
    async fn keep(&self, _: &str, bytes: Vec<u8>, _: FileEnd) -> Result<Vec<u8>, Error> {
        Ok(bytes)
    }
    fn bytes(&self, file: &Vec<u8>) -> u64 {
        file.len() as u64
    }
}

/// Every scalar of a document, as it stands there.
fn values<T>(json: &RawValue, choose: &impl Fn(&RawValue) -> Option<T>, out: &mut Vec<T>) {
    let text = json.get();
    match text.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap();
            members.values().for_each(|value| values(value, choose, out));
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text).unwrap();
            items.iter().for_each(|value| values(value, choose, out));
        }
        _ => out.extend(choose(json)),
    }
}

fn as_text(value: &RawValue) -> String {
    serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned())
}

/// Values that dlt cannot carry, or makes something else of, as we store them: integers beyond 64 bits, text that dlt takes
/// for a timestamp and cannot convert, text that begins with one of dlt's marks for a type.
fn is_odd(value: &RawValue) -> bool {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'"') => {
            let text = as_text(value);
            let dated = text.get(..10).map(|date| time::detect_date(date).is_some());
            let unconvertible =
                dated == Some(true) && text.len() > 10 && time::detect_timestamp(text.as_bytes()).is_none();
            unconvertible || text.starts_with(TYPE_MARKS)
        }
        Some(b'-' | b'0'..=b'9') => {
            text.parse::<f64>().unwrap().abs() >= 9e18
                && text.parse::<i64>().is_err()
                && text.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
        }
        _ => false,
    }
}

fn nameless_list(json: &Value) -> bool {
    match json {
        Value::Array(items) => items.iter().any(nameless_list),
        Value::Object(members) => members.iter().any(|(name, value)| {
            let nameless = name != "_" && name.chars().all(|c| c == '_' || c.is_whitespace());
            (nameless && value.is_array()) || nameless_list(value)
        }),
        _ => false,
    }
}

fn odd_id(json: &Value, in_root: bool) -> bool {
    match json {
        Value::Array(items) => items.iter().any(|item| odd_id(item, false)),
        Value::Object(members) => members.iter().any(|(name, value)| {
            let own = name == "_dlt_id" || name == "_dltId";
            let odd = own && !(in_root && value.as_str().is_some_and(|text| !text.is_empty()));
            odd || odd_id(value, false)
        }),
        _ => false,
    }
}

/// dlt's options as the engine's: their names are the same.
fn engine_options(options: Map<String, Value>) -> Result<Options, String> {
    for (name, value) in &options {
        Options::from_json(&json!({ name: value }).to_string()).map_err(|_| name.clone())?;
    }
    Options::from_json(&Value::Object(options).to_string()).map_err(|error| error.to_string())
}
