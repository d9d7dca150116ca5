//! One load through the front door, its answer, and what must hold between two of them.
#![allow(dead_code)] // every test file uses its part

use super::choices::Choices;
use super::documents::{PLANTED, PLANTED_NUMBER};
use gatelake::error::Error;
use gatelake::normalize::schema::Schema;
use gatelake::normalize::{Envelope, FileEnd, Load, Loaded, Options, Part, Select};
use gatelake::parquet::{ColumnData, Reader};
use std::collections::BTreeMap;

pub const LOAD_ID: &str = "1700000000.5";

/// How a body's bytes come.
#[derive(Clone, Copy, Debug)]
pub enum Cuts {
    Whole,
    Every(usize),
    /// Chunks of 0 to 16 bytes, seeded.
    Random(u64),
}

impl Cuts {
    pub fn of(self, bytes: &[u8]) -> Vec<&[u8]> {
        match self {
            Cuts::Whole => vec![bytes],
            Cuts::Every(length) => bytes.chunks(length).collect(),
            Cuts::Random(seed) => {
                let (mut c, mut rest, mut chunks) = (Choices::Seed(seed), bytes, Vec::new());
                while !rest.is_empty() {
                    let (chunk, after) = rest.split_at(c.below(17).min(rest.len() as u64) as usize);
                    chunks.push(chunk);
                    rest = after;
                }
                chunks
            }
        }
    }
}

pub struct Answer {
    pub loaded: Result<Loaded, Error>,
    pub envelopes: Vec<Envelope>,
    /// The bytes of each file, by table and number: as far as they came, if the load failed.
    pub files: BTreeMap<(String, u32), Vec<u8>>,
    pub ends: Vec<FileEnd>,
    /// Records that were read the thorough way.
    pub thorough: u64,
}

/// A load of table `users`: all bodies, cut the same way.
pub fn load(bodies: &[&[u8]], select: &Select, cuts: Cuts, thorough: bool, options: Options, schema: Schema) -> Answer {
    let mut answer = Answer {
        loaded: Ok(Loaded::default()),
        envelopes: Vec::new(),
        files: BTreeMap::new(),
        ends: Vec::new(),
        thorough: 0,
    };
    let mut load = match Load::new("users", options, schema, LOAD_ID) {
        Ok(load) if thorough => load.thorough(),
        Ok(load) => load,
        Err(error) => return Answer { loaded: Err(error), ..answer },
    };
    answer.loaded = (|| {
        for body in bodies {
            load.begin_body(select.clone())?;
            for chunk in cuts.of(body) {
                load.feed(chunk)?;
                answer.keep(load.take_parts());
            }
            answer.envelopes.push(load.end_body()?);
        }
        load.finish()
    })();
    answer.keep(load.take_parts());
    answer.thorough = load.thorough_records();
    answer
}

/// One body, read as whatever it is, with nothing special.
pub fn plain(bytes: &[u8], cuts: Cuts) -> Answer {
    load(&[bytes], &Select::Root, cuts, false, Options::default(), Schema::default())
}

impl Answer {
    fn keep(&mut self, parts: Vec<Part>) {
        for part in parts {
            self.files.entry((part.table, part.file)).or_default().extend(part.bytes);
            self.ends.extend(part.end);
        }
    }

    /// The error with all it says, or nothing.
    pub fn error(&self) -> Option<String> {
        self.loaded.as_ref().err().map(|error| format!("{error:?}"))
    }

    /// All columns of each table, row group after row group.
    pub fn cells(&self) -> BTreeMap<String, BTreeMap<String, Vec<Option<String>>>> {
        let mut tables = BTreeMap::<String, BTreeMap<String, Vec<Option<String>>>>::new();
        for ((table, _), bytes) in &self.files {
            let columns = tables.entry(table.clone()).or_default();
            let reader = Reader::open(bytes).unwrap();
            for group in 0..reader.row_groups().len() {
                for (spec, data) in reader.schema().iter().zip(reader.read(group).unwrap()) {
                    columns.entry(spec.name.clone()).or_default().extend(texts(data));
                }
            }
        }
        tables
    }
}

/// Cells as text.
fn texts(data: ColumnData) -> Vec<Option<String>> {
    fn of<T>(cells: Vec<Option<T>>, text: impl Fn(T) -> String) -> Vec<Option<String>> {
        cells.into_iter().map(|cell| cell.map(&text)).collect()
    }
    match data {
        ColumnData::Bool(cells) => of(cells, |value| value.to_string()),
        ColumnData::I64(cells) => of(cells, |value| value.to_string()),
        ColumnData::F64(cells) => of(cells, |value| value.to_string()),
        ColumnData::I128(cells) => of(cells, |value| value.to_string()),
        ColumnData::Text(cells) => of(cells, |text| text),
        ColumnData::Binary(cells) => of(cells, |bytes| String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// The same in every respect, down to the bytes of the files; of a failed load, the same error.
pub fn assert_same(a: &Answer, b: &Answer, what: impl Fn() -> String) {
    assert_eq!(a.error(), b.error(), "{}", what());
    if let (Ok(loaded), Ok(other)) = (&a.loaded, &b.loaded) {
        assert_eq!(loaded, other, "{}", what());
        assert_eq!(a.envelopes, b.envelopes, "{}", what());
        assert!(a.files == b.files, "{}: the files' bytes differ", what());
    }
}

/// The files hold the rows that the load says, in the columns that its schema says.
pub fn assert_adds_up(answer: &Answer, what: impl Fn() -> String) {
    let Ok(loaded) = &answer.loaded else { return };
    let cells = answer.cells();
    let ended: u64 = answer.ends.iter().map(|end| end.rows).sum();
    assert_eq!(ended, loaded.tables.iter().map(|table| table.rows).sum::<u64>(), "{}", what());
    for table in &loaded.tables {
        let schema = loaded.schema.table(&table.name).unwrap();
        let typed = schema.columns.iter().filter(|column| column.data_type.is_some()).count();
        let Some(columns) = cells.get(&table.name) else {
            assert_eq!(table.rows, 0, "{}: {} has no file", what(), table.name);
            continue;
        };
        // The columns that a row brought which the contract then dropped are in files from the next row on.
        let dropped = loaded.schema.tables.iter().any(|table| table.quarantine);
        let complete = columns.len() == typed || (dropped && columns.len() < typed);
        assert!(complete, "{}: {} of {typed} columns of {}", what(), columns.len(), table.name);
        for (name, cells) in columns {
            assert_eq!(cells.len() as u64, table.rows, "{}: {}.{name}", what(), table.name);
            let column = schema.columns.iter().find(|column| column.name == *name).unwrap();
            assert!(column.nullable || !cells.contains(&None), "{}: {}.{name} has a null", what(), table.name);
        }
    }
}

/// Nothing that was planted is in anything that comes out: files (their bytes and their cells), schema, warnings, envelopes,
/// errors.
pub fn assert_clean(answer: &Answer, what: impl Fn() -> String) {
    let number = PLANTED_NUMBER.to_string();
    let planted = |text: &str| text.contains(PLANTED) || text.contains(&number);
    let said = format!("{:?} {:?}", answer.loaded, answer.envelopes);
    assert!(!planted(&said), "{}: {said}", what());
    for (name, bytes) in &answer.files {
        let found = bytes.windows(PLANTED.len()).any(|window| window == PLANTED.as_bytes());
        assert!(!found, "{}: the bytes of {name:?}", what());
    }
    if answer.loaded.is_ok() {
        for (table, columns) in answer.cells() {
            for (name, cells) in columns {
                let found = cells.iter().flatten().find(|text| planted(text));
                assert_eq!(found, None, "{}: {table}.{name}", what());
            }
        }
    }
}
