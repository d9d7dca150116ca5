//! What a Delta log has come to, and the commit that brings it up to a snapshot: pure, so that a writer who lost a version
//! to another one reads that commit and plans again.

use super::schema::DeltaSchema;
use crate::error::{Error, Kind, Result};
use crate::lake::manifest::{File, Manifest, Table};
use crate::lake::paths;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Names us in the log's `txn` actions.
const APP: &str = "gatelake";
/// Delta's default for how long a file that was removed is kept for those who still read it: 7 days, in milliseconds. So
/// long a checkpoint has to name it.
const TOMBSTONE_MS: i64 = 7 * 86_400_000;
/// The table feature of timestamps without a zone.
const LOCAL_TIMES: &str = "timestampNtz";

/// A table's log, as far as planning the next commit needs it. Files are named as in the table's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogState {
    pub table: String,
    /// The table's, to Delta.
    pub id: String,
    /// Of the last commit; they are numbered from 0 on.
    pub version: u64,
    /// The scheduled time of the last snapshot that changed the table: the version of our `txn`.
    pub scheduled_time: i64,
    /// SHA-256 of the schema's text, in hex.
    pub schema: String,
    /// The protocol has the feature for timestamps without a zone. It is never taken back.
    pub local_times: bool,
    /// Sorted.
    pub files: Vec<String>,
    /// Files that are no longer in the table, as long as checkpoints have to name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Tombstone>,
}

/// A file that the table had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    pub path: String,
    /// Milliseconds since the Unix epoch.
    pub at: i64,
}

/// A table in a snapshot.
#[derive(Clone, Copy)]
pub struct Target<'a> {
    pub name: &'a str,
    pub manifest: &'a Manifest,
}

/// One version of the log.
pub struct Commit {
    /// Delta's actions, a line of JSON each.
    pub actions: Vec<String>,
    /// The log after it.
    pub state: LogState,
}

impl Commit {
    /// The object's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        (self.actions.join("\n") + "\n").into_bytes()
    }
}

impl<'a> Target<'a> {
    /// `None` if the snapshot does not have it.
    pub fn table(&self) -> Option<&'a Table> {
        self.manifest.table(self.name)
    }

    /// The next commit, if the log is not there yet. A table that the snapshot does not have is empty.
    ///
    /// # Errors
    /// `delta_log` if a file lies outside of the table's folder.
    pub fn commit(&self, before: Option<&LogState>) -> Result<Option<Commit>> {
        let Manifest { scheduled_time, created_at, .. } = *self.manifest;
        let table = self.table();
        let schema = table.map(DeltaSchema::of);
        let files = table.map(|table| self.names(table)).transpose()?.unwrap_or_default();
        let mut state = match (before, &schema) {
            (Some(before), _) => before.clone(),
            (None, Some(_)) => self.first(),
            (None, None) => return Ok(None),
        };
        let mut now: Vec<String> = files.iter().map(|(name, _)| (*name).to_owned()).collect();
        now.sort_unstable();
        let before_files = std::mem::replace(&mut state.files, now);
        let added: Vec<&(&str, &File)> = files.iter().filter(|(name, _)| !holds(&before_files, name)).collect();
        let gone = before_files.iter().filter(|name| !holds(&state.files, name));
        let removed: Vec<Tombstone> = gone.map(|path| Tombstone { path: path.clone(), at: created_at }).collect();
        let hash = schema.as_ref().map(|schema| paths::sha256(schema.text.as_bytes()));
        let evolved = hash.as_ref().is_some_and(|hash| *hash != state.schema);
        if before.is_some() && added.is_empty() && removed.is_empty() && !evolved {
            return Ok(None);
        }

        let upgraded = schema.as_ref().is_some_and(|schema| schema.local_times) && !state.local_times;
        state.version = before.map_or(0, |before| before.version + 1);
        state.scheduled_time = scheduled_time;
        state.schema = hash.unwrap_or(state.schema);
        state.local_times |= upgraded;
        state.removed.retain(|one| one.at > created_at - TOMBSTONE_MS && !holds(&state.files, &one.path));
        state.removed.extend(removed.iter().cloned());

        let mut actions = vec![self.info(before_files.len() - removed.len(), removed.len())];
        if before.is_none() || upgraded {
            actions.push(protocol(state.local_times));
        }
        if let Some(schema) = schema.as_ref().filter(|_| before.is_none() || evolved) {
            actions.push(self.metadata(&state.id, schema));
        }
        actions.extend(removed.iter().map(remove));
        if let Some(schema) = &schema {
            actions.extend(added.iter().map(|(name, file)| self.add(name, file, schema)));
        }
        actions.push(self.transaction(scheduled_time));
        Ok(Some(Commit { actions, state }))
    }

    /// All that a checkpoint of the log in this state holds, if the state is that of the snapshot. `None` for a table that it
    /// does not have.
    pub fn checkpoint(&self, state: &LogState) -> Result<Option<Vec<String>>> {
        let Some(table) = self.table() else { return Ok(None) };
        let schema = DeltaSchema::of(table);
        let mut actions = vec![protocol(state.local_times), self.metadata(&state.id, &schema)];
        actions.push(self.transaction(state.scheduled_time));
        actions.extend(self.names(table)?.iter().map(|(name, file)| self.add(name, file, &schema)));
        actions.extend(state.removed.iter().map(remove));
        Ok(Some(actions))
    }

    /// A log without a commit. The table's id is made from where it begins, so that all who begin it agree.
    fn first(&self) -> LogState {
        let Manifest { dataset, snapshot, .. } = self.manifest;
        let mut id = paths::sha256(format!("{dataset}/{}/{snapshot}", self.name).as_bytes());
        // The form of a random UUID.
        id.truncate(32);
        id.replace_range(12..13, "4");
        id.replace_range(16..17, "8");
        [20, 16, 12, 8].into_iter().for_each(|place| id.insert(place, '-'));
        LogState::begun(self.name, id)
    }

    /// The table's files, each with its name in the folder. Names consist of digits, letters, `.` and `-` and so are URLs.
    fn names<'t>(&self, table: &'t Table) -> Result<Vec<(&'t str, &'t File)>> {
        let folder = paths::table_folder(self.name);
        let name = |file: &'t File| match file.path.strip_prefix(&folder) {
            Some(name) => Ok((name, file)),
            None => {
                Err(Error::new(Kind::Data, "delta_log", "a file lies outside of its table's folder").at(&file.path))
            }
        };
        table.files.iter().map(name).collect()
    }

    fn info(&self, kept: usize, removed: usize) -> String {
        let operation = match (kept, removed) {
            (_, 0) => r#""WRITE","operationParameters":{"mode":"Append"}"#,
            (0, _) => r#""WRITE","operationParameters":{"mode":"Overwrite"}"#,
            _ => r#""MERGE","operationParameters":{}"#,
        };
        let (at, blind, snapshot) = (self.manifest.created_at, removed == 0, quoted(&self.manifest.snapshot));
        let engine = concat!("gatelake/", env!("CARGO_PKG_VERSION"));
        format!(
            r#"{{"commitInfo":{{"timestamp":{at},"operation":{operation},"isBlindAppend":{blind},"engineInfo":"{engine}","userMetadata":{snapshot}}}}}"#
        )
    }

    fn metadata(&self, id: &str, schema: &DeltaSchema<'_>) -> String {
        let (name, text, properties) = (quoted(self.name), quoted(&schema.text), schema.properties());
        format!(
            r#"{{"metaData":{{"id":"{id}","name":{name},"format":{{"provider":"parquet","options":{{}}}},"schemaString":{text},"partitionColumns":[],"configuration":{properties}}}}}"#
        )
    }

    fn add(&self, name: &str, file: &File, schema: &DeltaSchema<'_>) -> String {
        let made_at = paths::made_by(name).and_then(paths::scheduled_time).unwrap_or(self.manifest.created_at);
        let (size, stats) = (file.bytes, quoted(&schema.stats(file)));
        format!(
            r#"{{"add":{{"path":"{name}","partitionValues":{{}},"size":{size},"modificationTime":{made_at},"dataChange":true,"stats":{stats}}}}}"#
        )
    }

    fn transaction(&self, scheduled_time: i64) -> String {
        let at = self.manifest.created_at;
        format!(r#"{{"txn":{{"appId":"{APP}","version":{scheduled_time},"lastUpdated":{at}}}}}"#)
    }
}

fn remove(Tombstone { path, at }: &Tombstone) -> String {
    let path = quoted(path);
    format!(r#"{{"remove":{{"path":{path},"deletionTimestamp":{at},"dataChange":true}}}}"#)
}

/// What readers and writers must know: the least there is, or the one feature that we may need.
fn protocol(local_times: bool) -> String {
    let versions = match local_times {
        false => r#""minReaderVersion":1,"minWriterVersion":2"#.to_owned(),
        true => format!(
            r#""minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["{LOCAL_TIMES}"],"writerFeatures":["{LOCAL_TIMES}"]"#
        ),
    };
    format!(r#"{{"protocol":{{{versions}}}}}"#)
}

/// As JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn holds(sorted: &[String], name: &str) -> bool {
    sorted.binary_search_by(|one| one.as_str().cmp(name)).is_ok()
}

impl LogState {
    /// Before anything is known but the table's id.
    fn begun(table: &str, id: String) -> LogState {
        LogState {
            table: table.into(),
            id,
            version: 0,
            scheduled_time: 0,
            schema: String::new(),
            local_times: false,
            files: Vec::new(),
            removed: Vec::new(),
        }
    }

    /// The log of a table after a commit that another writer made.
    ///
    /// # Errors
    /// `delta_log` if it is none.
    pub fn after(before: Option<LogState>, table: &str, commit: &[u8]) -> Result<LogState> {
        let damaged = || Error::new(Kind::Data, "delta_log", "an object of the Delta log is not a commit of ours");
        let lines = commit.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let actions: Vec<Value> =
            lines.map(|line| serde_json::from_slice(line).map_err(|_| damaged())).collect::<Result<_>>()?;
        let of = |kind: &'static str| actions.iter().filter_map(move |action| action.get(kind));
        let text = |action: &Value, field: &str| action.get(field).and_then(Value::as_str).map(str::to_owned);
        let mut state = match before {
            Some(before) => LogState { version: before.version + 1, ..before },
            None => {
                let id = of("metaData").find_map(|action| text(action, "id"));
                LogState::begun(table, id.ok_or_else(damaged)?)
            }
        };
        for schema in of("metaData").filter_map(|action| text(action, "schemaString")) {
            state.schema = paths::sha256(schema.as_bytes());
        }
        for protocol in of("protocol") {
            let features = protocol.get("readerFeatures").and_then(Value::as_array).into_iter().flatten();
            state.local_times |= features.into_iter().any(|feature| feature == LOCAL_TIMES);
        }
        for action in of("remove") {
            let path = text(action, "path").ok_or_else(damaged)?;
            state.files.retain(|one| *one != path);
            let at = action.get("deletionTimestamp").and_then(Value::as_i64).unwrap_or_default();
            state.removed.push(Tombstone { path, at });
        }
        for action in of("add") {
            let path = text(action, "path").ok_or_else(damaged)?;
            state.removed.retain(|one| one.path != path);
            state.files.push(path);
        }
        state.files.sort_unstable();
        state.files.dedup();
        for transaction in of("txn").filter(|action| action.get("appId").is_some_and(|app| app == APP)) {
            let version = transaction.get("version").and_then(Value::as_i64).ok_or_else(damaged)?;
            state.scheduled_time = state.scheduled_time.max(version);
        }
        Ok(state)
    }
}
