//! What a snapshot would be, given the one before and what a run brought: pure, so that a run that lost the race for the
//! pointer plans again on the winner's snapshot.

use super::files::{DataFile, TableFiles};
use super::manifest::{Disposition, File, Freshness, Manifest, Table, materialized};
use super::merging::Merged;
use super::record::Failure;
use super::{review, system};
use crate::error::{Error, Kind, Result};
use crate::merge::Output;
use crate::normalize::schema::{Schema, TableSchema};
use crate::normalize::{Loaded, Merge, TableLoaded, Warning};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much a resource's root table may lose in one load that replaces it. dlt empties a table when a request answers an
/// empty list; here such a load is refused, and the last good tables stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ShrinkGuard {
    /// Let every load through.
    pub allow_shrink: bool,
    /// The share of rows that may go, 0 to 100; falling to zero never may.
    pub max_shrink_percent: u8,
}

/// Smaller tables may shrink by any share, but not to zero.
const GUARDED_ROWS: u64 = 10;

impl Default for ShrinkGuard {
    fn default() -> Self {
        ShrinkGuard { allow_shrink: false, max_shrink_percent: 50 }
    }
}

impl ShrinkGuard {
    fn check(&self, table: &str, before: u64, now: u64) -> Result<()> {
        let least = u128::from(before) * u128::from(100 - self.max_shrink_percent.min(100));
        let falls = before >= GUARDED_ROWS && u128::from(now) * 100 < least;
        if self.allow_shrink || !(falls || (now == 0 && before > 0)) {
            return Ok(());
        }
        let message = format!("{table} would fall from {before} rows to {now}; the last good rows stay");
        Err(Error::new(Kind::Limit, "shrink_guard", message).help(format!(
            "If that is right, run once with allow_shrink for this resource, or raise max_shrink_percent (now {})",
            self.max_shrink_percent
        )))
    }
}

/// What a run brought for one resource.
pub struct Fetched {
    pub resource: String,
    pub disposition: Disposition,
    /// How its rows are merged, if they are.
    pub merge: Option<Merge>,
    /// How files of its tables are written anew.
    pub output: Output,
    pub guard: ShrinkGuard,
    /// The columns that its row ids are made from; empty: ids are new in every load.
    pub key: Vec<String>,
    /// The schema that its load started from.
    pub started_from: Schema,
    /// When its load ended, well or not: milliseconds since the Unix epoch.
    pub fetched_at: i64,
    pub result: Result<Arrived, Failure>,
}

/// A complete load of one resource.
pub struct Arrived {
    pub loaded: Loaded,
    pub files: TableFiles,
    /// Of a load that merges or appends: the tables after it; `None` if it changes nothing.
    pub merged: Option<Merged>,
}

/// A snapshot to be, without the lake's own tables.
pub struct Planned {
    pub tables: Vec<Table>,
    pub warnings: Vec<Warning>,
    /// Files of no rows that it needs.
    pub empty_files: Vec<DataFile>,
    /// By resource: why it keeps the tables that it had.
    pub failures: BTreeMap<String, Failure>,
    /// Whether readers would see anything else than before.
    pub changed: bool,
}

impl Planned {
    /// Leaves out the tables of a resource.
    pub fn without(&mut self, resource: &str) {
        let own = |table: &Table| table.resource.as_deref() == Some(resource);
        for table in self.tables.extract_if(.., |table| own(table)) {
            self.warnings.retain(|warning| warning.table != table.schema.name);
            self.changed = true;
        }
    }
}

/// Lays what was fetched over the snapshot before.
pub fn plan(base: Option<&Manifest>, fetched: &[Fetched], load_id: &str) -> Result<Planned> {
    let mut plan = Planned {
        tables: Vec::new(),
        warnings: Vec::new(),
        empty_files: Vec::new(),
        failures: BTreeMap::new(),
        changed: false,
    };
    for one in fetched {
        let resource = Resource { base, fetched: one, load_id };
        let failure = match &one.result {
            Ok(arrived) => resource.renew(arrived, &mut plan).err().map(|error| Failure::from(&error)),
            Err(failure) => Some(failure.clone()),
        };
        if let Some(failure) = failure {
            resource.keep(&failure, &mut plan);
            plan.failures.insert(one.resource.clone(), failure);
        }
    }
    // Resources that this run was not asked for stay as they are.
    for table in base.iter().flat_map(|base| &base.tables) {
        let Some(resource) = &table.resource else { continue };
        if !fetched.iter().any(|one| one.resource == *resource) {
            carry(base, table.clone(), &mut plan);
        }
    }
    let review = plan.tables.iter().find(|table| review::is_review(table));
    let all = plan.tables.iter().filter_map(|table| Some((table.resource.as_deref()?, &table.freshness)));
    let freshness = review.map(|table| review::freshness(&table.freshness, all));
    let review = plan.tables.iter_mut().find(|table| review::is_review(table));
    if let (Some(table), Some(freshness)) = (review, freshness) {
        table.freshness = freshness;
    }
    let old = base.iter().flat_map(|base| &base.tables).filter(|table| table.resource.is_some());
    plan.changed = seen(old) != seen(&plan.tables);
    Ok(plan)
}

/// What readers would notice: all but the order, and when it was last confirmed.
fn seen<'a>(tables: impl IntoIterator<Item = &'a Table>) -> BTreeMap<&'a str, Table> {
    let undated = |table: &Table| Freshness { fetched_at: 0, ..table.freshness.clone() };
    let one = |table: &'a Table| (table.schema.name.as_str(), Table { freshness: undated(table), ..table.clone() });
    tables.into_iter().map(one).collect()
}

/// Takes over a table of the snapshot before, and what was said of it.
fn carry(base: Option<&Manifest>, table: Table, plan: &mut Planned) {
    let said = base.iter().flat_map(|base| &base.warnings).filter(|warning| warning.table == table.schema.name);
    plan.warnings.extend(said.cloned());
    plan.tables.push(table);
}

struct Resource<'a> {
    base: Option<&'a Manifest>,
    fetched: &'a Fetched,
    load_id: &'a str,
}

impl Resource<'_> {
    /// The last good tables, marked. A mark of the same cause stays as it is: no new snapshot for a failure that goes on.
    fn keep(&self, failure: &Failure, plan: &mut Planned) {
        for table in self.base.iter().flat_map(|base| base.of(&self.fetched.resource)) {
            let mut table = table.clone();
            let before = table.freshness.stale.as_ref();
            if before.is_none_or(|stale| stale.code != failure.code) {
                table.freshness.stale = Some(failure.since(self.fetched.fetched_at, before));
            }
            carry(self.base, table, plan);
        }
    }

    /// The tables after a complete load; on an error `plan` is as before.
    fn renew(&self, arrived: &Arrived, plan: &mut Planned) -> Result<()> {
        let Fetched { resource, disposition, guard, key, started_from, .. } = self.fetched;
        let schema_now = self.base.map(|base| base.schema_of(resource)).unwrap_or_default();
        let moved = schema_now != *started_from;
        let gone = schema_now.tables.iter().filter(|table| arrived.loaded.schema.table(&table.name).is_none());
        let none = TableLoaded::default();
        let mut found = Vec::new();
        for schema in arrived.loaded.schema.tables.iter().chain(gone) {
            if materialized(schema).next().is_none() {
                continue;
            }
            let name = &schema.name;
            let before = self.before(name, plan)?;
            if moved && before.is_some_and(|before| !extends(&before.schema, schema)) {
                return Err(columns_moved(name));
            }
            let loaded = arrived.loaded.tables.iter().find(|table| table.name == *name).unwrap_or(&none);
            if *disposition == Disposition::Replace && schema.holds_records() {
                guard.check(name, before.map_or(0, |before| before.rows), loaded.rows)?;
            }
            let files = arrived.files.get(name).map(Vec::as_slice).unwrap_or_default();
            if files.iter().map(|file| file.entry.rows).sum::<u64>() != loaded.rows {
                return Err(Error::new(Kind::Data, "rows_missing", "a table's files do not hold its rows").at(name));
            }
            let kept = before.filter(|before| self.unchanged(before, schema, loaded));
            let merged =
                arrived.merged.as_ref().map(|merged| merged.files.get(name).map(Vec::as_slice).unwrap_or_default());
            let stay = before.filter(|_| *disposition == Disposition::Append && merged.is_none());
            let old = stay.map(|before| before.files.as_slice()).unwrap_or_default();
            found.push(Found { schema, before, kept, loaded, old, files: merged.unwrap_or(files) });
        }
        if *disposition == Disposition::Merge && arrived.merged.is_some() {
            found.iter_mut().for_each(|one| one.kept = None);
        }
        // A child's rows name their parents by id. Where ids are not those of the load before, tables stay together or not at all.
        let same_ids = |before: &Table| !key.is_empty() && before.key == *key;
        let together = *disposition == Disposition::Replace
            && !found.iter().filter_map(|one| one.before).all(same_ids)
            && found.iter().any(|one| one.kept.is_none());
        let mut tables = Vec::new();
        for one in &found {
            tables.push(match one.kept.filter(|kept| !together || kept.rows == 0) {
                Some(kept) => {
                    let (schema, freshness) = (one.schema.clone(), self.fresh());
                    Table { schema, disposition: *disposition, freshness, ..kept.clone() }
                }
                None => self.table(one, &mut plan.empty_files)?,
            });
        }
        plan.tables.extend(tables);
        plan.warnings.extend(arrived.loaded.warnings.iter().cloned());
        plan.warnings.extend(arrived.merged.iter().flat_map(|merged| &merged.warnings).cloned());
        Ok(())
    }

    /// The table of that name in the snapshot before, if the name is this resource's to use.
    fn before(&self, name: &str, plan: &Planned) -> Result<Option<&Table>> {
        let before = self.base.and_then(|base| base.table(name));
        let planned = plan.tables.iter().find(|table| table.schema.name == name);
        let owner = match planned.or(before) {
            _ if matches!(name, system::LOADS | system::VERSION) => "the lake itself",
            Some(Table { resource: Some(owner), .. }) if *owner != self.fetched.resource => owner,
            _ => return Ok(before),
        };
        Err(Error::new(Kind::Config, "table_clash", format!("the table {name} belongs to {owner}"))
            .at(&self.fetched.resource)
            .help("Give the resource another name"))
    }

    fn unchanged(&self, before: &Table, schema: &TableSchema, loaded: &TableLoaded) -> bool {
        let same_rows = match self.fetched.disposition {
            Disposition::Append => loaded.rows == 0,
            // Whether it is unchanged was seen when it was to be merged.
            Disposition::Merge => true,
            Disposition::Replace => before.rows == loaded.rows && (loaded.rows == 0 || before.digest == loaded.digest),
        };
        same_rows && materialized(&before.schema).eq(materialized(schema))
    }

    fn fresh(&self) -> Freshness {
        Freshness { fetched_at: self.fetched.fetched_at, stale: None }
    }

    /// The table after the load.
    fn table(&self, found: &Found, empty_files: &mut Vec<DataFile>) -> Result<Table> {
        let Found { schema, loaded, old, files, .. } = found;
        let new = files.iter().map(|file| &file.entry);
        let mut files: Vec<File> = old.iter().chain(new).filter(|file| file.rows > 0).cloned().collect();
        if files.is_empty() {
            let (bytes, end) = system::empty_file(schema)?;
            let file = DataFile::new(&schema.name, self.load_id, bytes, end);
            files.push(file.entry.clone());
            empty_files.push(file);
        }
        Ok(Table {
            schema: (*schema).clone(),
            resource: Some(self.fetched.resource.clone()),
            disposition: self.fetched.disposition,
            key: self.fetched.key.clone(),
            load_id: self.load_id.into(),
            rows: files.iter().map(|file| file.rows).sum(),
            bytes: files.iter().map(|file| file.bytes).sum(),
            digest: loaded.digest.clone(),
            freshness: self.fresh(),
            files,
        })
    }
}

/// A table of a load beside the one of the snapshot before.
struct Found<'a> {
    schema: &'a TableSchema,
    before: Option<&'a Table>,
    /// The table before, if the load brought the same.
    kept: Option<&'a Table>,
    loaded: &'a TableLoaded,
    /// What stays in front of `files`.
    old: &'a [File],
    files: &'a [DataFile],
}

/// Whether `new` has the columns of `old` at the same places, and perhaps more behind them.
fn extends(old: &TableSchema, new: &TableSchema) -> bool {
    let mut new = materialized(new);
    materialized(old).all(|column| new.next().is_some_and(|n| n.name == column.name && n.data_type == column.data_type))
}

fn columns_moved(table: &str) -> Error {
    let message = format!("another run gave {table} other columns while this one was under way");
    Error::new(Kind::Conflict, "columns_moved", message).help("The next run starts from the new columns")
}
