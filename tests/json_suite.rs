//! The JSON test suite of Nicolas Seriot (MIT licence, `tests/json-suite`): what must be accepted is, what must be refused is,
//! however the bytes are cut; and nothing panics on what may be either.

use gatelake::normalize::{Load, Options, Select, schema::Schema};

fn judge(chunks: &[&[u8]]) -> Result<(), gatelake::error::Error> {
    let mut load = Load::new("t", Options::default(), Schema::default(), "1.0")?;
    load.begin_body(Select::Root)?;
    for chunk in chunks {
        load.feed(chunk)?;
    }
    load.end_body()?;
    load.finish().map(|_| ())
}

/// A small deterministic generator (xorshift), so that a failing cut can be made again.
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

fn cuts(bytes: &[u8], state: &mut u64) -> Vec<usize> {
    let mut at = 0;
    let mut cuts = vec![0];
    while at < bytes.len() {
        at = (at + 1 + next(state) as usize % 7).min(bytes.len());
        cuts.push(at);
    }
    cuts
}

#[test]
fn every_file_is_judged_as_it_must_be() {
    let mut counts = [0usize; 3];
    let mut failures = Vec::new();
    let mut files: Vec<_> = std::fs::read_dir("tests/json-suite").unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(kind) = ["y_", "n_", "i_"].iter().position(|prefix| name.starts_with(prefix)) else { continue };
        counts[kind] += 1;
        let bytes = std::fs::read(&path).unwrap();
        let mut state = 0x9E37_79B9_7F4A_7C15 ^ bytes.len() as u64;
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let marks = cuts(&bytes, &mut state);
        let random: Vec<&[u8]> = marks.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        let answers =
            [judge(&[&bytes]), judge(&single), judge(&random)].map(|answer| answer.map_err(|error| error.to_string()));
        for (answer, way) in answers.iter().zip(["in one chunk", "byte by byte", "at random cuts"]) {
            match (kind, answer) {
                (0, Err(error)) => failures.push(format!("{name} {way}: refused: {error}")),
                (1, Ok(())) => failures.push(format!("{name} {way}: accepted")),
                _ => {}
            }
        }
        if answers.iter().any(|answer| answer != &answers[0]) {
            failures.push(format!("{name}: the answer depends on the cuts: {answers:?}"));
        }
    }
    println!("json suite: {} must be accepted, {} must be refused, {} may be either", counts[0], counts[1], counts[2]);
    assert!(counts[0] > 90 && counts[1] > 180, "the suite is not there: {counts:?}");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
