//! What is held against any input. The bodies of the fuzz targets: libFuzzer drives them for as long as somebody likes, and
//! `tests/fuzz.rs` for a moment in every test run.

#[path = "../../tests/readers/arrow.rs"]
mod arrow;
#[path = "../../tests/support/choices.rs"]
pub mod choices;
#[path = "../../tests/support/documents.rs"]
mod documents;
#[path = "../../tests/support/loads.rs"]
mod loads;
#[path = "../../tests/readers/model.rs"]
mod model;
#[path = "../../tests/readers/round_trip.rs"]
mod round_trip;
#[path = "../../tests/support/watched.rs"]
mod watched;

pub mod normalizer;
pub mod parquet;
pub mod records;
