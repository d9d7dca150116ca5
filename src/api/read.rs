//! The routes that a lake alone can answer: snapshots, tables, changes, runs.

use super::{Answer, Query, Refusal, Reply};
use crate::error::{Error, Kind};
use crate::host::Store;
use crate::lake::compare::{Window, compare};
use crate::lake::{Ancestor, Manifest, Moment, Reader, Table, raw};
use serde_json::json;

/// Rows in one answer: by default, and at most.
const ROWS: (usize, usize) = (100, 10_000);
/// Rows of each compared table in one answer.
const CHANGES: (usize, usize) = (100, 1000);
/// Documents in one answer.
const DOCUMENTS: (usize, usize) = (20, 100);

/// The parameters of such a route, by the parts of its path below `/api/`; `None` if it is another one, or none.
pub fn parameters(path: &[&str]) -> Option<&'static [&'static str]> {
    match path {
        ["changes"] => Some(&["dataset", "from", "to", "table", "limit", "offset"]),
        ["runs"] => Some(&["dataset", "limit", "cursor"]),
        ["runs", _] | ["snapshots", _] => Some(&["dataset"]),
        ["snapshots"] => Some(&["dataset", "limit", "before", "at"]),
        ["tables", name] if name.ends_with(".parquet") => Some(&["dataset", "snapshot", "at", "file"]),
        ["tables", _] => Some(&["dataset", "snapshot", "at", "limit", "offset"]),
        _ => None,
    }
}

/// Answers such a route over the dataset that `reader` reads. The caller has looked at `dataset`.
///
/// # Errors
/// Why not, with the status that fits.
pub async fn read<S: Store>(reader: &Reader<'_, S>, path: &[&str], query: &Query) -> Answer {
    match path {
        ["changes"] => changes(reader, query).await,
        ["runs"] => runs(reader, query).await,
        ["runs", id] => one_run(reader, id).await,
        ["snapshots"] => snapshots(reader, query).await,
        ["snapshots", "current"] => current(reader).await,
        ["snapshots", id] => Ok(Reply::json(200, &json!({ "snapshot": at(reader, Some(id)).await? }))),
        ["tables", name] => match name.strip_suffix(".parquet") {
            Some(table) => file(reader, table, query).await,
            None => rows(reader, name, query).await,
        },
        _ => Err(Refusal::no_route(&format!("/api/{}", path.join("/")))),
    }
}

async fn changes<S: Store>(reader: &Reader<'_, S>, query: &Query) -> Answer {
    let from = at(reader, Some(query.get("from").unwrap_or("previous"))).await?;
    let to = at(reader, query.get("to")).await?;
    let table = query.get("table");
    if let Some(name) = table.filter(|name| from.table(name).is_none() && to.table(name).is_none()) {
        return Err(Refusal::new(404, "no_such_table", format!("neither snapshot has a table {name}")));
    }
    let limit = query.number("limit", CHANGES)?;
    let offset = query.number("offset", (0, usize::MAX))?;
    match compare(reader, &from, &to, Window { table, offset, limit }).await {
        Ok(comparison) => Ok(Reply::json(200, &comparison)),
        Err(error) if error.code() == "comparison_too_large" => Err(Refusal(413, error)),
        Err(error) => Err(error.into()),
    }
}

async fn runs<S: Store>(reader: &Reader<'_, S>, query: &Query) -> Answer {
    let limit = query.number("limit", DOCUMENTS)?;
    let page = reader.runs(query.get("cursor"), limit).await?;
    Ok(Reply::json(200, &json!({ "runs": page.runs, "cursor": page.cursor })))
}

async fn one_run<S: Store>(reader: &Reader<'_, S>, id: &str) -> Answer {
    match reader.run(id).await? {
        Some(record) => Ok(Reply::json(200, &record)),
        None => Err(Refusal::new(404, "no_such_run", "there is no record of such a run")
            .help("`GET /api/runs` lists those that there are")),
    }
}

async fn snapshots<S: Store>(reader: &Reader<'_, S>, query: &Query) -> Answer {
    let limit = query.number("limit", DOCUMENTS)?;
    let (before, at) = (query.get("before"), query.time("at")?);
    let wanted = |one: &Ancestor| {
        before.is_none_or(|before| one.snapshot.as_str() < before) && at.is_none_or(|at| one.created_at <= at)
    };
    Ok(Reply::json(200, &json!({ "snapshots": reader.snapshots(wanted, limit).await? })))
}

async fn current<S: Store>(reader: &Reader<'_, S>) -> Answer {
    let mut current = reader.current().await?.ok_or_else(nothing)?;
    let freshness = reader.freshness(&current).await?;
    current.manifest.ancestors.retain(|one| current.pointer.keeps(&one.snapshot));
    Ok(Reply::json(200, &json!({ "snapshot": current.manifest, "freshness": freshness })))
}

async fn file<S: Store>(reader: &Reader<'_, S>, name: &str, query: &Query) -> Answer {
    let manifest = at(reader, query.moment()?).await?;
    let files = &table(&manifest, name)?.files;
    let last = files.len().saturating_sub(1);
    let file = match query.get("file") {
        Some(_) => files.get(query.number("file", (0, last))?),
        None if last > 0 => {
            return Err(Refusal::new(400, "several_files", format!("{name} lies in {} files", files.len()))
                .help(format!("Ask for them one by one, with `file` from 0 to {last}")));
        }
        None => files.first(),
    };
    let file = file.ok_or_else(|| Refusal::new(404, "no_such_file", format!("{name} has no such file")))?;
    Ok(Reply { status: 200, headers: Vec::new(), body: reader.file(file).await? }
        .with("content-type", "application/vnd.apache.parquet")
        .with("content-disposition", format!("attachment; filename=\"{name}.parquet\""))
        .with("etag", format!("\"{}\"", file.sha256))
        .with("x-gatelake-snapshot", &manifest.snapshot)
        .with("x-gatelake-files", files.len().to_string()))
}

#[derive(serde::Serialize)]
struct Rows<'a> {
    table: &'a str,
    snapshot: &'a str,
    columns: Vec<serde_json::Value>,
    /// Rows of the table in all.
    total: u64,
    offset: usize,
    rows: Vec<Box<serde_json::value::RawValue>>,
}

async fn rows<S: Store>(reader: &Reader<'_, S>, name: &str, query: &Query) -> Answer {
    let manifest = at(reader, query.moment()?).await?;
    let table = table(&manifest, name)?;
    let limit = query.number("limit", ROWS)?;
    let offset = query.number("offset", (0, usize::MAX))?;
    let rows = raw(reader.rows(table, offset as u64, limit).await?)?;
    let columns = table
        .columns()
        .map(|column| json!({ "name": column.name, "data_type": column.data_type, "nullable": column.nullable }));
    let snapshot = &manifest.snapshot;
    Ok(Reply::json(200, &Rows { table: name, snapshot, columns: columns.collect(), total: table.rows, offset, rows }))
}

fn nothing() -> Refusal {
    Refusal::new(404, "nothing_published", "nothing is published yet")
        .help("Wait for the cron, or start a run with `POST /api/runs`")
}

/// The manifest of the snapshot that is meant, see [`Moment::parse`], or of the current one.
async fn at<S: Store>(reader: &Reader<'_, S>, moment: Option<&str>) -> Result<Manifest, Refusal> {
    let moment = moment.map_or(Moment::Current, Moment::parse);
    match reader.find(&moment).await.map_err(missing)? {
        Some(manifest) => Ok(manifest),
        None if moment == Moment::Current => Err(nothing()),
        None => Err(Refusal::new(404, "no_such_snapshot", "there is no such snapshot, or there was none yet")
            .help("`GET /api/snapshots` lists those that there are")),
    }
}

fn table<'m>(manifest: &'m Manifest, name: &str) -> Result<&'m Table, Refusal> {
    manifest.table(name).ok_or_else(|| {
        let names: Vec<&str> = manifest.tables.iter().map(|table| table.schema.name.as_str()).collect();
        Refusal::new(404, "no_such_table", format!("this snapshot has no table {name}"))
            .help(format!("It has: {}", names.join(", ")))
    })
}

/// What a snapshot's absence is answered with: one that was let go is gone (410), others never were (404).
fn missing(error: Error) -> Refusal {
    match (error.code(), error.kind()) {
        ("snapshot_gone", Kind::Data) => Refusal(410, error),
        _ => error.into(),
    }
}
