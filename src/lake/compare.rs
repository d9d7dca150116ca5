//! Two snapshots → the rows that differ, resource by resource: [`crate::changes`] over what lies in the bucket.
//!
//! Of one resource, whose tables hang together, all files are in memory that either snapshot names, a file that both name
//! once; so the files and rows of one resource are bounded, by [`MAX_BYTES`] and [`MAX_ROWS`]. With the 56 bytes that a row may
//! need, one decoded row group and the answer, a comparison stays below the 128 MB of a Worker. A resource whose tables have
//! the same files on both sides is not read at all.

use super::manifest::{File, Manifest, Table};
use super::reader::Reader;
use crate::changes::{Changes, RowRecord, TableChanges, TableFiles};
use crate::error::{Error, Kind, Result};
use crate::host::Store;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Bytes of the files of one resource, those of both sides together.
pub const MAX_BYTES: u64 = 32 << 20;
/// Rows of one resource, those of both sides together.
pub const MAX_ROWS: u64 = 500_000;

/// Which rows to show of what differs.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    /// One table; `None`: all tables that come from the gateway.
    pub table: Option<&'a str>,
    /// Of each table.
    pub offset: usize,
    pub limit: usize,
}

/// What differs between two snapshots.
#[derive(Debug, Serialize)]
pub struct Comparison {
    pub from: Side,
    pub to: Side,
    /// Tables of resources that changed at all, parents before their children.
    pub tables: Vec<ComparedTable>,
    /// Tables that are the same file by file, as all are that hang together with them.
    pub unchanged: Vec<String>,
}

/// One of the two, in short.
#[derive(Debug, Serialize)]
pub struct Side {
    pub snapshot: String,
    pub created_at: i64,
}

/// What differs in one table, and some of its rows: first those removed, then those changed, then those added.
#[derive(Debug, Serialize)]
pub struct ComparedTable {
    #[serde(flatten)]
    pub changes: TableChanges,
    pub rows: Vec<RowRecord>,
}

impl From<&Manifest> for Side {
    fn from(manifest: &Manifest) -> Side {
        Side { snapshot: manifest.snapshot.clone(), created_at: manifest.created_at }
    }
}

/// Compares.
///
/// # Errors
/// `comparison_too_large`; those of the store, and of files that are gone or damaged.
pub async fn compare<S: Store>(
    reader: &Reader<'_, S>,
    from: &Manifest,
    to: &Manifest,
    window: Window<'_>,
) -> Result<Comparison> {
    let mut comparison = Comparison { from: from.into(), to: to.into(), tables: Vec::new(), unchanged: Vec::new() };
    for root in roots(from, to, window.table) {
        let (old, new) = (family(from, root), family(to, root));
        let names = |tables: &[&Table]| tables.iter().map(|table| table.schema.name.clone()).collect::<Vec<_>>();
        let wanted = |name: &str| window.table.is_none_or(|table| table == name);
        if same(&old, &new) {
            comparison.unchanged.extend(names(&new).into_iter().filter(|name| wanted(name)));
            continue;
        }
        check(root, old.iter().chain(&new))?;
        let key = to.table(root).map(|table| table.key.clone()).unwrap_or_default();
        let mut read = BTreeMap::new();
        let (old, new) = (load(reader, &old, &mut read).await?, load(reader, &new, &mut read).await?);
        drop(read);
        let changes = Changes::between(old, new, &key)?;
        for table in changes.tables().filter(|table| wanted(&table.name)) {
            let rows = changes.records(&table.name, window.offset, window.limit)?;
            comparison.tables.push(ComparedTable { changes: table.clone(), rows });
        }
    }
    Ok(comparison)
}

/// The root tables that are asked for, in the order of the later snapshot.
fn roots<'m>(from: &'m Manifest, to: &'m Manifest, table: Option<&str>) -> Vec<&'m str> {
    let mut roots: Vec<&str> = Vec::new();
    for manifest in [to, from] {
        for one in &manifest.tables {
            let wanted = table.map_or(one.resource.is_some(), |table| table == one.schema.name);
            let root = root(manifest, one);
            if wanted && !roots.contains(&root) {
                roots.push(root);
            }
        }
    }
    roots
}

fn root<'m>(manifest: &'m Manifest, table: &'m Table) -> &'m str {
    let (mut name, mut parent) = (&table.schema.name, table.schema.parent.as_ref());
    // No chain of parents is longer than there are tables.
    for _ in &manifest.tables {
        let Some(above) = parent.and_then(|parent| manifest.table(parent)) else { break };
        (name, parent) = (&above.schema.name, above.schema.parent.as_ref());
    }
    name
}

/// A root table and all that hang from it.
fn family<'m>(manifest: &'m Manifest, name: &str) -> Vec<&'m Table> {
    manifest.tables.iter().filter(|table| root(manifest, table) == name).collect()
}

fn same(old: &[&Table], new: &[&Table]) -> bool {
    let told = |tables: &[&Table]| -> BTreeMap<String, Vec<File>> {
        tables.iter().map(|table| (table.schema.name.clone(), table.files.clone())).collect()
    };
    told(old) == told(new)
}

fn check<'m>(root: &str, tables: impl Iterator<Item = &'m &'m Table>) -> Result<()> {
    let (mut seen, mut bytes, mut rows) = (BTreeSet::new(), 0, 0);
    for file in tables.flat_map(|table| &table.files) {
        rows += file.rows;
        bytes += if seen.insert(&file.path) { file.bytes } else { 0 };
    }
    if bytes <= MAX_BYTES && rows <= MAX_ROWS {
        return Ok(());
    }
    let mib = MAX_BYTES >> 20;
    let message = format!(
        "both snapshots together have {bytes} bytes and {rows} rows of {root}; up to {mib} MiB and {MAX_ROWS} rows are compared here"
    );
    Err(Error::new(Kind::Limit, "comparison_too_large", message).at(root).help(
        "Name a table of another resource, or fetch both snapshots' files and compare them where there is more memory",
    ))
}

/// The tables with their files' bytes; `read` has those that were read before.
async fn load<S: Store>(
    reader: &Reader<'_, S>,
    tables: &[&Table],
    read: &mut BTreeMap<String, Rc<[u8]>>,
) -> Result<Vec<TableFiles<Rc<[u8]>>>> {
    let mut loaded = Vec::new();
    for table in tables {
        let mut files = Vec::new();
        for file in &table.files {
            let bytes = match read.get(&file.path) {
                Some(bytes) => bytes.clone(),
                None => reader.file(file).await?.into(),
            };
            read.insert(file.path.clone(), bytes.clone());
            files.push(bytes);
        }
        loaded.push(TableFiles { schema: table.schema.clone(), files });
    }
    Ok(loaded)
}
