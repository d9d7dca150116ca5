//! What a merge costs: loads of some of 1,000,000 users, or of all with some changed, merged with those that are there.
//!
//! `cargo bench --bench merging`; `ROWS=100000` for fewer. One thread, files in memory. The engine's share, making the load's own files,
//! is told apart: it is what appending the same would cost.
#![allow(clippy::disallowed_methods)] // it measures time

use futures_util::FutureExt;
use gatelake::error::Result;
use gatelake::merge::{Ended, Files, Shelf, merge};
use gatelake::normalize::{FileEnd, Load, Loaded, Merge, Options, Select, Strategy, WriteDisposition};
use std::cell::Cell;
use std::rc::Rc;
use std::time::Instant;

/// Files in memory, and how many a merge made.
#[derive(Default)]
struct Memory {
    made: Cell<usize>,
    read: Cell<usize>,
}

impl Shelf for Memory {
    type File = Rc<Vec<u8>>;
    async fn read(&self, file: &Self::File) -> Result<Vec<u8>> {
        self.read.set(self.read.get() + 1);
        Ok(file.as_ref().clone())
    }
    async fn keep(&self, _: &str, bytes: Vec<u8>, _: FileEnd) -> Result<Self::File> {
        self.made.set(self.made.get() + 1);
        Ok(Rc::new(bytes))
    }
    fn bytes(&self, file: &Self::File) -> u64 {
        file.len() as u64
    }
}

fn options(strategy: Strategy) -> Options {
    let merge = Merge { strategy, ..Merge::default() };
    Options { write_disposition: WriteDisposition::Merge(merge), primary_key: vec!["id".into()], ..Options::default() }
}

/// The users of these numbers; those that `changed` says have another state.
fn users(numbers: impl Iterator<Item = u64>, changed: impl Fn(u64) -> bool) -> String {
    let mut json = String::from("[");
    for (nth, n) in numbers.enumerate() {
        let (comma, state) = (if nth > 0 { "," } else { "" }, u64::from(changed(n)));
        json.push_str(&format!(
            r#"{comma}{{"id":{n},"username":"user{n:07}","state":{state},"home":"/data/partners/{}/in","enabled":{},"keys":[{{"name":"k{n}","bits":{}}}]}}"#,
            n % 977,
            n % 3 > 0,
            2048 + n % 2 * 2048
        ));
    }
    json.push(']');
    json
}

fn load(json: &str, strategy: Strategy, schema: &Loaded, id: &str) -> Result<(Loaded, Files<Rc<Vec<u8>>>)> {
    let mut load = Load::new("users", options(strategy), schema.schema.clone(), id)?;
    load.begin_body(Select::Root)?;
    let mut parts = Vec::new();
    for chunk in json.as_bytes().chunks(1 << 20) {
        load.feed(chunk)?;
        parts.extend(load.take_parts());
    }
    load.end_body()?;
    let loaded = load.finish()?;
    parts.extend(load.take_parts());
    let mut files = Files::new();
    let mut open = std::collections::BTreeMap::<String, Vec<u8>>::new();
    for part in parts {
        let bytes = open.entry(part.table.clone()).or_default();
        bytes.extend(part.bytes);
        if part.end.is_some() {
            files.entry(part.table).or_insert_with(Vec::new).push(Rc::new(std::mem::take(bytes)));
        }
    }
    Ok((loaded, files))
}

/// Load after load of 0.1 % of the users that are there, and as many new ones.
fn many_loads(rows: u64, strategy: Strategy, first: &Loaded, mut old: Files<Rc<Vec<u8>>>) -> Result<()> {
    let few = rows / 1000;
    let mut schema = Loaded { schema: first.schema.clone(), ..Loaded::default() };
    for nth in 1..=100 {
        let numbers = (0..few).map(|n| n * 1000).chain(rows + nth * few..rows + (nth + 1) * few);
        let id = format!("{}.0", 1_700_003_600 + nth);
        let (loaded, new) = load(
            &users(numbers, |_| true).replace("\"bits\":", &format!("\"nth\":{nth},\"bits\":")),
            strategy,
            &schema,
            &id,
        )?;
        let memory = Memory::default();
        let ended = Ended { id: &id, loaded: &loaded, output: (&options(strategy)).into() };
        let began = Instant::now();
        let merged = merge(&Merge { strategy, ..Merge::default() }, ended, &old, &new, &memory).now_or_never();
        let merged_in = began.elapsed().as_millis();
        if let Some(merged) = merged.transpose()? {
            old = merged.0;
        }
        schema.schema = loaded.schema.clone();
        if [1, 10, 100].contains(&nth) {
            let files: usize = old.values().map(Vec::len).sum();
            let what = format!("0.1 % and as many new, no. {nth}");
            println!(
                "  {what:<32} {:>9} {merged_in:>9} {:>7} {:>7}, {files} files",
                "",
                memory.read.get(),
                memory.made.get()
            );
        }
    }
    Ok(())
}

fn main() -> Result<()> {
    let rows: u64 = std::env::var("ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    for strategy in [Strategy::DeleteInsert, Strategy::Scd2] {
        let (first, old) = load(&users(0..rows, |_| false), strategy, &Loaded::default(), "1700000000.0")?;
        let files: usize = old.values().map(Vec::len).sum();
        println!("{strategy:?}: {rows} users, {} rows in two tables, {files} files", 2 * rows);
        println!("  {:<32} {:>9} {:>9} {:>7} {:>7}", "a load of", "load, ms", "merge, ms", "read", "made");
        let loads: [(&str, String); 4] = [
            ("1 % of the users, side by side", users(0..rows / 100, |_| true)),
            ("1 % of the users, all over", users((0..rows).step_by(100), |_| true)),
            ("all users, 1 % of them changed", users(0..rows, |n| n.is_multiple_of(100))),
            ("all users, none changed", users(0..rows, |_| false)),
        ];
        for (what, json) in loads {
            let began = Instant::now();
            let (loaded, new) = load(&json, strategy, &first, "1700003600.0")?;
            let loaded_in = began.elapsed().as_millis();
            let memory = Memory::default();
            let order = Merge { strategy, ..Merge::default() };
            let ended = Ended { id: "1700003600.0", loaded: &loaded, output: (&options(strategy)).into() };
            let began = Instant::now();
            let merged = merge(&order, ended, &old, &new, &memory).now_or_never();
            let merged_in = began.elapsed().as_millis();
            let _ = merged.transpose()?;
            let (read, made) = (memory.read.get(), memory.made.get());
            println!("  {what:<32} {loaded_in:>9} {merged_in:>9} {read:>7} {made:>7}");
        }
        many_loads(rows, strategy, &first, old)?;
    }
    Ok(())
}
