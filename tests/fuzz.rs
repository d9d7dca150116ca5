//! The fuzz targets for a moment: the committed corpus, then so many inputs made from it, the same ones in every run.
//! `npm run fuzz` goes on from here for as long as one likes, guided by coverage.

#[path = "../fuzz/src/lib.rs"]
mod targets;

use std::io::Write;
use std::path::Path;
use targets::choices::Choices;

/// What JSON and what damage is made of.
const PIECES: [&[u8]; 18] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\\",
    b"\\u00e4",
    b"\\ud83d\\ude00",
    b"null",
    b"true",
    b"-0",
    b"1e5",
    b"12345678901234567890",
    b" \n\t",
    b"\xc3\xa4",
    b"\x00\xff",
];
/// Longer inputs are cut.
const MOST: usize = 4096;

/// Runs the target over its corpus, the files of `also`, and `count` inputs made from them.
fn short_run(name: &str, target: fn(&[u8]), also: Option<&str>, count: u64) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [Some(format!("fuzz/corpus/{name}")), also.map(str::to_owned)];
    let mut paths: Vec<_> = folders
        .iter()
        .flatten()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no corpus for {name}");
    let corpus: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    corpus.iter().for_each(|input| target(input));
    for seed in 0..count {
        let mut c = Choices::Seed(seed);
        let mut input = c.pick(&corpus);
        for _ in 0..1 + c.below(6) {
            mutate(&mut input, &mut c, &corpus);
        }
        input.truncate(MOST);
        target(&input);
    }
    let (runs, seeds) = (corpus.len() as u64 + count, corpus.len());
    let _ = writeln!(std::io::stdout(), "fuzz: {name}: {runs} inputs, {seeds} of them seeds");
}

fn mutate(input: &mut Vec<u8>, c: &mut Choices, corpus: &[Vec<u8>]) {
    let at = c.below(input.len() as u64 + 1) as usize;
    let end = (at + 1 + c.below(24) as usize).min(input.len());
    match c.below(7) {
        0 if at < input.len() => input[at] ^= 1 << c.below(8),
        1 if at < input.len() => input[at] = c.below(256) as u8,
        2 => drop(input.drain(at.min(end)..end)),
        3 => drop(input.splice(at..at, c.pick(&PIECES).iter().copied())),
        4 => {
            let again = input[at.min(end)..end].to_vec();
            drop(input.splice(at..at, again));
        }
        5 => {
            let other = c.pick(corpus);
            let from = c.below(other.len() as u64 + 1) as usize;
            drop(input.splice(at.., other[from..].iter().copied()));
        }
        _ => input.truncate(at),
    }
}

#[test]
fn records() {
    short_run("records", targets::records::target, Some("tests/json-suite"), 80_000);
}

#[test]
fn normalizer() {
    short_run("normalizer", targets::normalizer::target, None, 10_000);
}

#[test]
fn parquet() {
    short_run("parquet", targets::parquet::target, None, 30_000);
}
