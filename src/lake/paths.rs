//! Every key that the lake uses, made here and nowhere else.
//!
//! ```text
//! <prefix>/<dataset>/current.json                                  the pointer
//! <prefix>/<dataset>/snapshots/<load id>-<hash>.json               manifests, write-once
//! <prefix>/<dataset>/data/<table>/<load id>-<hash>.parquet         data files, write-once
//! <prefix>/<dataset>/data/<table>/_delta_log/<version>.json        the table's Delta log, its commits write-once
//! <prefix>/<dataset>/latest/<table>.parquet                        the table as it is now, while it is one file
//! <prefix>/<dataset>/derived.json                                  how far the two above have followed the snapshots
//! <prefix>/<dataset>/runs/<time left>-<load id>-<attempt>.json     run records, newest first in a listing
//! <prefix>/<dataset>/lease.json                                    who is at work, while somebody is
//! <prefix>/<dataset>/collected.json                                the report of the last collection
//! ```
//! `<hash>` is the first 12 hex digits of the object's SHA-256: the same bytes have the same key, and different bytes of two
//! runs that overlap never meet. Manifests hold *relative* paths (without `<prefix>/<dataset>/`), so a lake may be copied
//! elsewhere as it is.

use crate::error::{Error, Kind, Result};
use sha2::{Digest, Sha256};

/// Where one dataset lies in its bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paths {
    root: String,
    dataset: String,
}

/// Times end here (the year 2286) for the names of run records.
const LAST_MS: i64 = 9_999_999_999_999;

const POINTER: &str = "current.json";
const LEASE: &str = "lease.json";
const COLLECTED: &str = "collected.json";
const DATA: &str = "data/";
const SNAPSHOTS: &str = "snapshots/";
const RUNS: &str = "runs/";
const DERIVED: &str = "derived.json";
const LATEST: &str = "latest";
const LAST_CHECKPOINT: &str = "_last_checkpoint";

/// Whether this is the key of an object that changes under its name: caches must not keep it. All others are write-once.
pub fn is_mutable(key: &str) -> bool {
    let mut parts = key.rsplit('/');
    let (name, folder) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // The files of a table that is called `latest` have a load's id, and a point, in their names.
    let latest = || folder == LATEST && name.strip_suffix(".parquet").is_some_and(|table| !table.contains('.'));
    matches!(name, POINTER | LEASE | COLLECTED | DERIVED | LAST_CHECKPOINT) || latest()
}

impl Paths {
    /// `prefix` may be empty or hold several parts (`lake/prod`); `dataset` is one part. A part begins with a letter or digit
    /// and consists of at most 64 letters, digits, `_`, `-` and `.`: nothing that a URL, a shell or a reader's glob would
    /// take for something else.
    pub fn new(prefix: &str, dataset: &str) -> Result<Paths> {
        let mut root = String::new();
        let prefix = prefix.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(prefix);
        for part in prefix.split('/').filter(|_| !prefix.is_empty()) {
            safe_part("prefix", part)?;
            root.push_str(part);
            root.push('/');
        }
        safe_part("dataset", dataset)?;
        root.push_str(dataset);
        root.push('/');
        Ok(Paths { root, dataset: dataset.into() })
    }

    pub fn dataset(&self) -> &str {
        &self.dataset
    }

    /// The key of a path relative to the dataset, as manifests hold them.
    pub fn key(&self, relative: &str) -> String {
        format!("{}{relative}", self.root)
    }

    pub fn pointer(&self) -> String {
        self.key(POINTER)
    }

    pub fn lease(&self) -> String {
        self.key(LEASE)
    }

    /// Of the last collection's report.
    pub fn collected(&self) -> String {
        self.key(COLLECTED)
    }

    /// How far what is derived from the snapshots has come.
    pub fn derived(&self) -> String {
        self.key(DERIVED)
    }

    /// Where the table lies that has only one file.
    pub fn latest(&self, table: &str) -> String {
        self.key(&format!("{LATEST}/{}.parquet", table_part(table)))
    }

    /// What all keys of a table's Delta log begin with.
    pub fn delta_log(&self, table: &str) -> String {
        self.key(&format!("{}_delta_log/", table_folder(table)))
    }

    /// A commit of a table's Delta log.
    pub fn delta_commit(&self, table: &str, version: u64) -> String {
        format!("{}{version:020}.json", self.delta_log(table))
    }

    /// The state of a table's Delta log at a version, and what says that there is one.
    pub fn delta_checkpoint(&self, table: &str, version: u64) -> (String, String) {
        let log = self.delta_log(table);
        (format!("{log}{version:020}.checkpoint.parquet"), format!("{log}{LAST_CHECKPOINT}"))
    }

    /// What all run records' keys begin with.
    pub fn runs(&self) -> String {
        self.key(RUNS)
    }

    /// What the keys of data files begin with, and other people's below them.
    pub fn data(&self) -> String {
        self.key(DATA)
    }

    /// What all manifests' keys begin with.
    pub fn snapshots(&self) -> String {
        self.key(SNAPSHOTS)
    }

    /// What an object of the dataset is by its key, if it is a write-once one of the lake's own making.
    pub fn kind<'k>(&self, key: &'k str) -> Option<Kept<'k>> {
        let path = key.strip_prefix(&self.root)?;
        if let Some(name) = path.strip_prefix(SNAPSHOTS) {
            return Some(Kept::Manifest { path, load_id: load_of(name, ".json")? });
        }
        if let Some(name) = path.strip_prefix(RUNS) {
            let (_, id) = name.strip_suffix(".json")?.split_once('-')?;
            let load_id = id.split('-').next()?;
            return (self.run(id)? == key).then_some(Kept::Run { load_id });
        }
        let (_, name) = path.strip_prefix(DATA)?.split_once('/')?;
        Some(Kept::Data { path, load_id: load_of(name, ".parquet")? })
    }

    /// What the records' keys of all runs scheduled after `time` sort before, and no others.
    pub fn runs_after(&self, time: i64) -> String {
        format!("{}{:013}", self.runs(), LAST_MS - time)
    }

    /// The key of a run's record; `None` if that is no run id. Time is counted downwards, because stores list upwards and
    /// the newest run is what people ask for.
    pub fn run(&self, id: &str) -> Option<String> {
        let (load_id, attempt) = id.split_once('-')?;
        let time = scheduled_time(load_id)?;
        if attempt.len() != 8 || !attempt.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return None;
        }
        Some(format!("{}-{id}.json", self.runs_after(time)))
    }
}

/// A write-once object by its key: its path in the dataset, and the load that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept<'k> {
    Data { path: &'k str, load_id: &'k str },
    Manifest { path: &'k str, load_id: &'k str },
    Run { load_id: &'k str },
}

/// The load id of a name `<load id>-<hash><suffix>`.
fn load_of<'k>(name: &'k str, suffix: &str) -> Option<&'k str> {
    let (load_id, hash) = name.strip_suffix(suffix)?.split_once('-')?;
    let hex = hash.len() == 12 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    (hex && scheduled_time(load_id).is_some()).then_some(load_id)
}

/// The relative path of a data file with that SHA-256 (hex).
pub fn data(table: &str, load_id: &str, sha256: &str) -> String {
    format!("{}{load_id}-{}.parquet", table_folder(table), short(sha256))
}

/// What the relative paths of all of a table's data files begin with.
pub fn table_folder(table: &str) -> String {
    format!("data/{}/", table_part(table))
}

/// The load that brought a data file, by the file's path.
pub fn made_by(path: &str) -> Option<&str> {
    Some(path.rsplit('/').next()?.split_once('-')?.0).filter(|load_id| scheduled_time(load_id).is_some())
}

/// The relative path of a manifest with that SHA-256 (hex).
pub fn snapshot(load_id: &str, sha256: &str) -> String {
    format!("snapshots/{load_id}-{}.json", short(sha256))
}

/// dlt's form of a load id, unix seconds with a fraction, of a scheduled time in milliseconds. Ids of later times sort
/// behind those of earlier ones, as numbers and as text.
pub fn load_id(scheduled_time: i64) -> String {
    let ms = scheduled_time.clamp(0, LAST_MS);
    format!("{:010}.{:03}", ms / 1000, ms % 1000)
}

/// The other way: the milliseconds of a load id; `None` if it is not of our form.
pub fn scheduled_time(load_id: &str) -> Option<i64> {
    let (seconds, millis) = load_id.split_once('.')?;
    let digits = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(seconds, 10) || !digits(millis, 3) {
        return None;
    }
    Some(seconds.parse::<i64>().ok()? * 1000 + millis.parse::<i64>().ok()?)
}

/// The id of one attempt at a load: two runs of the same scheduled time differ in it.
pub fn run_id(load_id: &str, random: u64) -> String {
    format!("{load_id}-{:08x}", random & 0xffff_ffff)
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

/// Tables are named by data where the naming convention is not snake_case, so any text can come: what is not a letter,
/// digit, `_` or `-` is written `~xx`, and names beyond 160 bytes (a key has 1,024) end in their hash instead.
fn table_part(table: &str) -> String {
    let mut part = String::with_capacity(table.len());
    for byte in table.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'-' => part.push(byte.into()),
            _ => part.push_str(&format!("~{byte:02x}")),
        }
    }
    if part.len() > 160 {
        part.truncate(140);
        part.push_str(&format!("~~{}", short(&sha256(table.as_bytes()))));
    }
    part
}

fn safe_part(what: &str, part: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let starts = part.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    if starts && part.len() <= 64 && part.bytes().all(allowed) {
        return Ok(());
    }
    Err(Error::new(Kind::Config, "unsafe_name", format!("{part:?} cannot be part of an object's key"))
        .at(what)
        .help("Use at most 64 letters, digits, '_', '-' and '.', a letter or digit first"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_leave_their_folder_are_refused() {
        for bad in ["", ".", "..", "a/b", "_x", "-x", "a b", "ä", "a\0", "a\\b", &"x".repeat(65)] {
            assert_eq!(Paths::new("", bad).unwrap_err().code(), "unsafe_name", "{bad:?}");
        }
        for bad in ["/", "a//b", "/a", "a/..", "a/./b"] {
            assert!(Paths::new(bad, "sftp").is_err(), "{bad:?}");
        }
        assert_eq!(Paths::new("lake/prod/", "sftp").unwrap().pointer(), "lake/prod/sftp/current.json");
        assert_eq!(Paths::new("", "sftp").unwrap().pointer(), "sftp/current.json");
        assert!(is_mutable("sftp/current.json") && !is_mutable("sftp/data/current_json/1.000-0123456789ab.parquet"));
        let (paths, log) = (Paths::new("", "data").unwrap(), "data/data/users/_delta_log/");
        assert_eq!(paths.latest("a b"), "data/latest/a~20b.parquet");
        assert_eq!(paths.delta_commit("users", 7), format!("{log}00000000000000000007.json"));
        assert!(is_mutable(&paths.latest("users")) && is_mutable(&paths.derived()));
        assert!(is_mutable(&format!("{log}_last_checkpoint")) && !is_mutable(&paths.delta_commit("users", 7)));
        assert!(!is_mutable(&paths.key(&data("latest", "1795459200.123", "0123456789abcdef"))));
    }

    #[test]
    fn only_the_lakes_own_names_are_its_objects() {
        let (paths, id, hash) = (Paths::new("a", "sftp").unwrap(), "1795459200.123", "0123456789abcdef");
        let (file, manifest) = (data("users", id, hash), snapshot(id, hash));
        assert_eq!(paths.kind(&paths.key(&file)), Some(Kept::Data { path: &file, load_id: id }));
        assert_eq!(paths.kind(&paths.key(&manifest)), Some(Kept::Manifest { path: &manifest, load_id: id }));
        let run = paths.run(&run_id(id, 7)).unwrap();
        assert_eq!(paths.kind(&run), Some(Kept::Run { load_id: id }));
        for other in [
            "a/sftp/current.json".to_owned(),
            "a/sftp/lease.json".to_owned(),
            "a/sftp/data/users/_delta_log/00000000000000000000.json".to_owned(),
            "a/sftp/data/users/notes.parquet".to_owned(),
            format!("a/sftp/data/users/more/{id}-0123456789ab.parquet"),
            format!("a/sftp/data/{id}-0123456789ab.parquet"),
            format!("a/sftp/snapshots/{id}-0123456789ab.json.bak"),
            format!("a/sftp/snapshots/{id}-0123456789aB.json"),
            format!("a/sftp/runs/0000000000000-{id}-00000007.json"),
            format!("a/other/data/users/{id}-0123456789ab.parquet"),
        ] {
            assert_eq!(paths.kind(&other), None, "{other}");
        }
    }

    #[test]
    fn any_table_name_gives_a_safe_part_of_its_own() {
        let hash = "0123456789abcdef";
        assert_eq!(data("users__keys", "1.000", hash), "data/users__keys/1.000-0123456789ab.parquet");
        assert_eq!(data("../a b", "1.000", hash), "data/~2e~2e~2fa~20b/1.000-0123456789ab.parquet");
        let (one, two) = ("x".repeat(70_000), "x".repeat(70_001));
        assert!(data(&one, "1.000", hash).len() < 220);
        assert_ne!(data(&one, "1.000", hash), data(&two, "1.000", hash));
    }

    #[test]
    fn load_ids_are_dlts_and_sort_like_their_times() {
        assert_eq!(load_id(1_795_459_200_123), "1795459200.123");
        assert_eq!(scheduled_time("1795459200.123"), Some(1_795_459_200_123));
        assert!(load_id(999_999_999_999) < load_id(1_000_000_000_000));
        for bad in ["", "1", "1795459200", "1795459200.1234", "../../../../x", "179545920a.123"] {
            assert_eq!(scheduled_time(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn newer_runs_are_listed_before_older_ones() {
        let paths = Paths::new("", "sftp").unwrap();
        let key = |ms| paths.run(&run_id(&load_id(ms), 0xabc)).unwrap();
        assert_eq!(key(1_795_459_200_123), "sftp/runs/8204540799876-1795459200.123-00000abc.json");
        assert!(key(1_795_459_200_124) < key(1_795_459_200_123));
        assert!(key(1_795_459_200_124) < paths.runs_after(1_795_459_200_123));
        assert!(key(1_795_459_200_123) > paths.runs_after(1_795_459_200_123));
        assert_eq!(paths.run("1795459200.123-../../x"), None);
    }
}
