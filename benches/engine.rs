//! `cargo bench`: JSON bytes in, Parquet bytes out, natively, on one thread, and what its stages take one by one. Reads the file
//! named by `BENCH_JSON` (default `target/bench/users.json`, which `npm run bench` makes). Medians of 5 runs.
//!
//! A stage is run alone, over what it gets in the load: all bytes, all texts, all instants, all cells. Side by side in the load
//! they share loads from memory and wait for each other, so the stages do not add up to the whole.

use gatelake::gateway::redact;
use gatelake::json::reader::{Reader as Body, Records};
use gatelake::json::scan::{Scan, skip_value};
use gatelake::normalize::hash::{Id, table_seed};
use gatelake::normalize::{Load, Options, Select, schema::DataType, schema::Schema, time};
use gatelake::parquet::{ColumnData, ColumnSpec, Pieces, Profile, Reader, Writer, WriterOptions};
use gatelake::table::{ByteArrays, PAGE_ROWS, Padded, Page, Values};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::ops::Range;
use std::time::Instant;

const RUNS: usize = 5;
const CHUNK: usize = 64 << 10;

/// A load's files by table and number, its rows, and the records that were read the thorough way.
type Outcome = (BTreeMap<(String, u32), Vec<u8>>, u64, u64);

fn load(json: &[u8], thorough: bool) -> Outcome {
    let mut load = Load::new("users", Options::default(), Schema::default(), "1700000000.0").expect("a load");
    if thorough {
        load = load.thorough();
    }
    load.begin_body(Select::Envelope).expect("a body");
    let mut files: BTreeMap<(String, u32), Vec<u8>> = BTreeMap::new();
    let mut keep = |load: &mut Load| {
        for part in load.take_parts() {
            files.entry((part.table, part.file)).or_default().extend(part.bytes);
        }
    };
    for chunk in json.chunks(CHUNK) {
        load.feed(chunk).expect("JSON");
        keep(&mut load);
    }
    load.end_body().expect("a whole body");
    let loaded = load.finish().expect("tables");
    keep(&mut load);
    (files, loaded.tables.iter().map(|table| table.rows).sum(), load.thorough_records())
}

/// The median time of a job in milliseconds, and what it gave.
// The ban on clocks is for the core.
#[allow(clippy::disallowed_methods)]
fn median<T>(mut job: impl FnMut() -> T) -> (f64, T) {
    let mut run = || {
        let begun = Instant::now();
        let given = black_box(job());
        (begun.elapsed().as_secs_f64() * 1e3, given)
    };
    let mut runs: Vec<(f64, T)> = (0..RUNS).map(|_| run()).collect();
    runs.sort_by(|a, b| a.0.total_cmp(&b.0));
    runs.swap_remove(RUNS / 2)
}

/// Checks the grammar of each record and goes on.
struct Passing;

impl Records for Passing {
    fn record(&mut self, b: &[u8], at: usize) -> Scan<usize> {
        skip_value(b, at, 0)
    }
    fn settle(&mut self) -> gatelake::error::Result<()> {
        Ok(())
    }
}

fn scan(json: &[u8]) {
    let mut body = Body::new(Select::Envelope);
    json.chunks(CHUNK).for_each(|chunk| body.feed(chunk, &mut Passing).expect("JSON"));
    body.end(&mut Passing).expect("a whole body");
}

/// A table's columns as its files have them, whole.
struct Cells {
    specs: Vec<ColumnSpec>,
    columns: Vec<ColumnData>,
    rows: usize,
}

fn read(file: &[u8]) -> Vec<Cells> {
    let reader = Reader::open(file).expect("a file of ours");
    let group = |group: usize| Cells {
        specs: reader.schema().to_vec(),
        columns: reader.read(group).expect("a row group"),
        rows: reader.row_groups().nth(group).unwrap_or_default(),
    };
    (0..reader.row_groups().len()).map(group).collect()
}

/// A page as the column builders have it. Texts are all plain here, and so more bytes than in the load, where a dictionary
/// holds those that repeat themselves.
struct Packed {
    rows: usize,
    validity: Vec<u8>,
    values: Vals,
}

enum Vals {
    Bool(Vec<u8>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Ids(Vec<u8>),
    Texts(usize, Vec<u8>),
}

/// A row group's pages, column by column.
struct Pages {
    specs: Vec<ColumnSpec>,
    pages: Vec<Vec<Packed>>,
}

fn pack(table: &Cells) -> Pages {
    let pages = |(spec, column): (&ColumnSpec, &ColumnData)| {
        let starts = (0..table.rows).step_by(PAGE_ROWS);
        starts.map(|start| pack_page(spec, column, start..(start + PAGE_ROWS).min(table.rows))).collect()
    };
    Pages { specs: table.specs.clone(), pages: table.specs.iter().zip(&table.columns).map(pages).collect() }
}

fn pack_page(spec: &ColumnSpec, column: &ColumnData, rows: Range<usize>) -> Packed {
    fn packed<T, U>(cells: &[Option<T>], of: impl Fn(&T) -> U) -> (Vec<u8>, Vec<U>) {
        let mut validity = vec![0; cells.len().div_ceil(8)];
        let set = cells.iter().enumerate().filter(|(_, cell)| cell.is_some());
        set.for_each(|(row, _)| validity[row / 8] |= 1 << (row % 8));
        (validity, cells.iter().flatten().map(of).collect())
    }
    fn with<T>((validity, values): (Vec<u8>, Vec<T>), wrap: impl Fn(Vec<T>) -> Vals) -> (Vec<u8>, Vals) {
        (validity, wrap(values))
    }
    let count = rows.len();
    let (validity, values) = match column {
        ColumnData::Bool(cells) => with(packed(&cells[rows], |value| *value as u8), Vals::Bool),
        ColumnData::I64(cells) => with(packed(&cells[rows], |value| *value), Vals::I64),
        ColumnData::F64(cells) => with(packed(&cells[rows], |value| *value), Vals::F64),
        ColumnData::Text(cells) if spec.profile == Profile::Id => {
            with(packed(&cells[rows], String::clone), |ids| Vals::Ids(ids.concat().into_bytes()))
        }
        ColumnData::Text(cells) => with(packed(&cells[rows], String::clone), |texts| {
            Vals::Texts(texts.len(), ByteArrays::plain(texts.iter().map(String::as_bytes)))
        }),
        ColumnData::I128(_) | ColumnData::Binary(_) => panic!("JSON without hints has no decimals and no binary"),
    };
    Packed { rows: count, validity, values }
}

fn write(groups: &[Pages]) -> usize {
    let mut bytes = 0;
    for Pages { specs, pages } in groups {
        let mut writer = Writer::new(WriterOptions::default());
        let numbers: Vec<usize> = specs.iter().map(|spec| writer.add_column(spec.clone())).collect();
        for (number, pages) in numbers.into_iter().zip(pages) {
            for Packed { rows, validity, values } in pages {
                let values = match values {
                    Vals::Bool(values) => Values::Bool(values),
                    Vals::I64(values) => Values::I64(values),
                    Vals::F64(values) => Values::F64(values),
                    Vals::Ids(data) => Values::Fixed { width: 14, data },
                    Vals::Texts(count, plain) => Values::Bytes(ByteArrays { count: *count, plain }),
                };
                writer.page(number, Page { rows: *rows, validity: Some(validity), values }).expect("a page");
            }
        }
        let mut pieces = Pieces::default();
        writer.finish(&mut pieces).expect("a file");
        bytes += pieces.into_pieces().iter().map(Vec::len).sum::<usize>();
    }
    bytes
}

fn main() {
    let path = std::env::var("BENCH_JSON").unwrap_or_else(|_| "target/bench/users.json".into());
    let Ok(json) = std::fs::read(&path) else {
        println!("bench: no file {path}: run `npm run bench` once, or name one in BENCH_JSON");
        return;
    };
    let megabytes = json.len() as f64 / 1e6;
    let (whole, (files, rows, _)) = median(|| load(&json, false));
    let (thorough, _) = median(|| load(&json, true));

    let bytes: usize = files.values().map(Vec::len).sum();
    println!("{path}: {megabytes:.1} MB of JSON, {rows} rows, {:.1} MB of Parquet\n", bytes as f64 / 1e6);
    let line = |name: &str, ms: f64| {
        println!("{name:<52} {ms:>6.0} ms {:>6.0} MB/s {:>5.0} %", megabytes / ms * 1e3, ms / whole * 100.0);
    };
    line("the whole load", whole);
    line("every record the thorough way", thorough);
    println!("\nstages, each alone");

    let cells: Vec<Cells> = files.values().flat_map(|file| read(file)).collect();
    let columns = || cells.iter().flat_map(|table| table.specs.iter().zip(&table.columns));
    let own = |spec: &ColumnSpec| spec.name.starts_with("_dlt");
    // As in the load, with other bytes behind each.
    let (mut texts, mut window) = (Vec::new(), Vec::new());
    for (_, column) in columns().filter(|(spec, _)| !own(spec)) {
        if let ColumnData::Text(cells) = column {
            for text in cells.iter().flatten() {
                texts.push((window.len(), window.len() + text.len()));
                window.extend_from_slice(text.as_bytes());
            }
        }
    }
    window.extend_from_slice(&[0; 64]);
    let each = || texts.iter().map(|(start, end)| Padded::new(&window, *start, *end));
    let instants: Vec<String> = columns()
        .filter(|(spec, _)| spec.data_type == DataType::Timestamp)
        .filter_map(|(_, column)| if let ColumnData::I64(cells) = column { Some(cells) } else { None })
        .flat_map(|cells| cells.iter().flatten().map(|micros| time::format_timestamp(*micros)))
        .map(|text| format!("{}Z", &text[..23]))
        .collect();

    line("copy the bytes, chunk by chunk", median(|| copy(&json)).0);
    line("scan: find the records, check the grammar", median(|| scan(&json)).0);
    line(
        &format!("look for secrets in {} texts", texts.len()),
        median(|| each().filter(|text| redact::may_be_secret(*text)).count()).0,
    );
    line("hash these texts", median(|| each().fold(0u64, |sum, text| sum.wrapping_add(text.hash()))).0);
    line(
        &format!("read {} instants", instants.len()),
        median(|| instants.iter().filter_map(|text| time::detect_timestamp(text.as_bytes())).sum::<i64>()).0,
    );
    line(&format!("make and spell {rows} row ids"), median(|| ids(rows)).0);
    let pages: Vec<Pages> = cells.iter().map(pack).collect();
    line("encode, compress and write all pages", median(|| write(&pages)).0);
}

fn copy(json: &[u8]) -> usize {
    let mut room = vec![0; CHUNK];
    for chunk in json.chunks(CHUNK) {
        black_box(&mut room)[..chunk.len()].copy_from_slice(chunk);
    }
    room.len()
}

fn ids(rows: u64) -> Vec<[u8; 14]> {
    let (load, table) = (Id::from_text("1700000000.0"), table_seed("users"));
    let spelled = |row| {
        let mut text = [0; 14];
        load.child(table, row).write_base64(&mut text);
        text
    };
    (0..rows).map(spelled).collect()
}
