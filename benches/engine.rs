//! `cargo bench`: JSON bytes in, Parquet bytes out, natively, on one thread. Reads the file named by `BENCH_JSON` (default
//! `target/bench/users.json`, which `npm run bench` makes). Medians of 5 runs.

use gatelake::normalize::{Load, Options, Select, schema::Schema};
use std::time::Instant;

struct Outcome {
    seconds: f64,
    rows: u64,
    bytes: usize,
    thorough: u64,
}

// The ban on clocks is for the core.
#[allow(clippy::disallowed_methods)]
fn load(json: &[u8], thorough: bool) -> Outcome {
    let begun = Instant::now();
    let mut load = Load::new("users", Options::default(), Schema::default(), "1700000000.0").expect("a load");
    if thorough {
        load = load.thorough();
    }
    load.begin_body(Select::Envelope).expect("a body");
    let mut bytes = 0;
    for chunk in json.chunks(256 << 10) {
        load.feed(chunk).expect("JSON");
        bytes += load.take_parts().iter().map(|part| part.bytes.len()).sum::<usize>();
    }
    load.end_body().expect("a whole body");
    let loaded = load.finish().expect("tables");
    bytes += load.take_parts().iter().map(|part| part.bytes.len()).sum::<usize>();
    let rows = loaded.tables.iter().map(|table| table.rows).sum();
    Outcome { seconds: begun.elapsed().as_secs_f64(), rows, bytes, thorough: load.thorough_records() }
}

fn main() {
    let path = std::env::var("BENCH_JSON").unwrap_or_else(|_| "target/bench/users.json".into());
    let Ok(json) = std::fs::read(&path) else {
        println!("bench: no file {path}: run `npm run bench` once, or name one in BENCH_JSON");
        return;
    };
    let megabytes = json.len() as f64 / 1e6;
    for (name, thorough) in [("as loaded", false), ("every record the thorough way", true)] {
        let mut runs: Vec<Outcome> = (0..5).map(|_| load(&json, thorough)).collect();
        runs.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let median = &runs[2];
        println!(
            "{name}: {megabytes:.1} MB in {:.0} ms, {:.0} MB/s; {} rows, {:.1} MB of Parquet, {} records the thorough way",
            median.seconds * 1e3,
            megabytes / median.seconds,
            median.rows,
            median.bytes as f64 / 1e6,
            median.thorough
        );
    }
}
