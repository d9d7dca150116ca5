//! The columns of a checkpoint: those of Delta's actions that we write, by the protocol's "Checkpoint Schema".

use crate::error::{Error, Kind as ErrorKind, Result};
use crate::parquet::nested::{Field, Kind, write};
use serde_json::Value;

/// A checkpoint's bytes, given its actions: a line of JSON each, as a commit has them.
pub fn bytes(actions: &[String]) -> Result<Vec<u8>> {
    let actions: Vec<Value> = actions
        .iter()
        .map(|action| serde_json::from_str(action).map_err(|error| not_json(&error.to_string())))
        .collect::<Result<_>>()?;
    write(&fields(), &actions)
}

fn not_json(cause: &str) -> Error {
    Error::new(ErrorKind::Data, "not_serializable", format!("an action of the Delta log is no JSON: {cause}"))
}

fn fields() -> Vec<Field> {
    let action = |name, fields| Field::optional(name, Kind::Group(fields));
    vec![
        action(
            "txn",
            vec![
                Field::needed("appId", Kind::Text),
                Field::needed("version", Kind::I64),
                Field::optional("lastUpdated", Kind::I64),
            ],
        ),
        action(
            "add",
            vec![
                Field::needed("path", Kind::Text),
                Field::needed("partitionValues", Kind::TextMap),
                Field::needed("size", Kind::I64),
                Field::needed("modificationTime", Kind::I64),
                Field::needed("dataChange", Kind::Bool),
                Field::optional("stats", Kind::Text),
            ],
        ),
        action(
            "remove",
            vec![
                Field::needed("path", Kind::Text),
                Field::optional("deletionTimestamp", Kind::I64),
                Field::needed("dataChange", Kind::Bool),
            ],
        ),
        action(
            "metaData",
            vec![
                Field::needed("id", Kind::Text),
                Field::optional("name", Kind::Text),
                Field::optional("description", Kind::Text),
                Field::needed(
                    "format",
                    Kind::Group(vec![Field::needed("provider", Kind::Text), Field::needed("options", Kind::TextMap)]),
                ),
                Field::needed("schemaString", Kind::Text),
                Field::needed("partitionColumns", Kind::Texts),
                Field::optional("createdTime", Kind::I64),
                Field::needed("configuration", Kind::TextMap),
            ],
        ),
        action(
            "protocol",
            vec![
                Field::needed("minReaderVersion", Kind::I32),
                Field::needed("minWriterVersion", Kind::I32),
                Field::optional("readerFeatures", Kind::Texts),
                Field::optional("writerFeatures", Kind::Texts),
            ],
        ),
    ]
}
