//! What a run would do to one resource, without doing it.

use super::{Order, Plan, Source, Traffic, table_report};
use crate::error::{Error, Kind, Result};
use crate::host::{Host, Store};
use crate::lake::manifest::encode;
use crate::lake::merging::{Shelf, fit, merge_all};
use crate::lake::plan::{Arrived, plan as lay};
use crate::lake::record::{Failure, TableReport};
use crate::lake::store::Retrying;
use crate::lake::{Files, Reader, paths, sample};
use crate::normalize::Warning;
use crate::normalize::schema::Schema;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// More bytes of Parquet than this are not held for a preview: they stand in memory up to three times on their way out, and a
/// Worker has 128 MB.
const MAX_BYTES: usize = 24 << 20;

/// A resource as it would be published now.
#[derive(Debug, Serialize)]
pub struct Preview {
    pub resource: String,
    /// What fetching it cost.
    pub traffic: Traffic,
    /// Why a run would not publish it, if so.
    pub refused: Option<Failure>,
    /// Its tables, compared with those that readers see now.
    pub tables: Vec<TableReport>,
    pub schema: Schema,
    pub warnings: Vec<Warning>,
    /// The first rows of what arrived, by table.
    pub samples: BTreeMap<String, Vec<Box<RawValue>>>,
    /// The files that a run would put, in the order of the schema's tables.
    pub files: Vec<PreviewFile>,
}

/// A file as a run would put it. In documents `bytes` is how many there are.
#[derive(Debug, Serialize)]
pub struct PreviewFile {
    pub table: String,
    #[serde(serialize_with = "length")]
    pub bytes: Vec<u8>,
}

fn length<S: Serializer>(bytes: &[u8], serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_u64(bytes.len() as u64)
}

impl Preview {
    /// The document and the files in one body: the document's length in four bytes, the lowest first, the document, and
    /// then the bytes of its `files` one after the other.
    pub fn framed(self) -> Result<Vec<u8>> {
        let document = encode(&self)?;
        let files: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        let mut body = Vec::with_capacity(4 + document.len() + files);
        // No document of a schema comes near 4 GiB.
        body.extend((document.len() as u32).to_le_bytes());
        body.extend(document);
        self.files.into_iter().for_each(|file| body.extend(file.bytes));
        Ok(body)
    }
}

/// Fetches and normalizes one resource of `plan` and compares it with the current snapshot. `rows`: how many to show of each
/// table. The store is only read.
pub async fn preview<S: Store, H: Host>(
    plan: &Plan,
    resource: &str,
    rows: usize,
    source: &mut impl Source,
    store: &S,
    host: &H,
) -> Result<Preview> {
    let Some(resource) = plan.resources.iter().find(|one| one.name == resource) else {
        let names: Vec<&str> = plan.resources.iter().map(|one| one.name.as_str()).collect();
        return Err(Error::new(
            Kind::Config,
            "no_such_resource",
            format!("there is no resource {resource} to preview"),
        )
        .help(format!("Those that are switched on: {}", names.join(", "))));
    };
    let now = host.now();
    let deadline = now + plan.budget.run_ms;
    let load_id = paths::load_id(now);
    let store = Retrying::new(store, host, "preview");
    let current = Reader::new(&store, &plan.paths).current().await?;
    let base = current.as_ref().map(|current| &current.manifest);
    let started_from = base.map(|base| base.schema_of(&resource.name)).unwrap_or_default();

    source.login(deadline).await?;
    let mut traffic = Traffic::default();
    let order = Order { resource, schema: started_from.clone(), load_id: &load_id, deadline };
    // Nothing is put as long as everything may be held.
    let mut files = Files::new(&store, &plan.paths, &load_id, usize::MAX).at_most(MAX_BYTES);
    let loaded = source.load(order, &mut files, &mut traffic).await?;
    let mut arrived = Arrived { loaded, files: files.finish()?, merged: None };
    let shelf = Shelf { store: &store, paths: &plan.paths, load_id: &load_id, puts: false };
    fit(&mut arrived, (&resource.options).into(), &shelf).await?;

    let mut samples = BTreeMap::new();
    for table in &arrived.loaded.schema.tables {
        let Some(file) = arrived.files.get(&table.name).and_then(|files| files.first()) else { continue };
        samples.insert(table.name.clone(), sample(table, file, rows)?);
    }
    let (schema, warnings) = (arrived.loaded.schema.clone(), arrived.loaded.warnings.clone());
    let mut fetched = resource.fetched(started_from, now, Ok(arrived));
    merge_all(&shelf, base, std::slice::from_mut(&mut fetched)).await;
    let planned = lay(base, std::slice::from_ref(&fetched), &load_id)?;
    let mut files = fetched.result.map(|arrived| arrived.files).unwrap_or_default();
    let files = schema.tables.iter().flat_map(|table| {
        let files = files.remove(&table.name).unwrap_or_default();
        files.into_iter().map(|file| PreviewFile { table: table.name.clone(), bytes: file.bytes.unwrap_or_default() })
    });
    let files = files.collect();
    let own = planned.tables.iter().filter(|table| table.resource.as_ref() == Some(&resource.name));
    Ok(Preview {
        resource: resource.name.clone(),
        traffic,
        refused: planned.failures.get(&resource.name).cloned(),
        tables: own.map(|table| table_report(table, base)).collect(),
        schema,
        warnings,
        samples,
        files,
    })
}
