//! Gatelake: an SFTP gateway's users, folders, keys and cloud connections as tables in your own bucket.
//!
//! One direction, one pass (docs/design.md tells the way of the data):
//!
//! | room | what it turns into what |
//! |---|---|
//! | [`config`] | `gatelake.toml` and bindings → a validated plan |
//! | [`gateway`] | the admin API → response bodies, chunk by chunk |
//! | [`json`] | bytes → records, strict and bounded |
//! | [`normalize`] | records → tables, by dlt's rules, redacted |
//! | [`table`] | cells → pages of columns |
//! | [`parquet`] | pages ↔ Parquet bytes |
//! | [`merge`] | the rows of a load and those that are there → one table |
//! | [`lake`] | files → a snapshot, published in one step |
//! | [`view`] | Parquet bytes → cells, orders and figures for somebody who looks at them |
//! | [`changes`] | two states of a resource's tables → the rows that differ |
//! | [`export`] | columns → CSV, JSON Lines, Arrow |
//! | [`access`] | the gateway's tables → who can get in, as a table and as findings |
//! | [`api`] | requests of the HTTP API → answers out of a lake |
//! | [`run`] | one run: all of the above in order, and its report |
//! | `worker`, `web` | thin shells: Cloudflare Workers; a page and an npm module |
//!
//! The core knows no JavaScript, no clock and no chance: [`host`] has the traits through which the world comes in.
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

// The suite of the tests is written against this crate from outside.
#[cfg(feature = "conformance")]
extern crate self as gatelake;

#[forbid(unsafe_code)]
pub mod access;
#[forbid(unsafe_code)]
pub mod api;
#[forbid(unsafe_code)]
pub mod changes;
#[forbid(unsafe_code)]
pub mod config;
#[forbid(unsafe_code)]
pub mod error;
#[forbid(unsafe_code)]
pub mod export;
#[forbid(unsafe_code)]
pub mod gateway;
#[forbid(unsafe_code)]
pub mod host;
#[forbid(unsafe_code)]
pub mod json;
#[forbid(unsafe_code)]
pub mod lake;
#[forbid(unsafe_code)]
pub mod merge;
#[forbid(unsafe_code)]
pub mod normalize;
#[forbid(unsafe_code)]
mod order;
#[forbid(unsafe_code)]
pub mod parquet;
#[forbid(unsafe_code)]
pub mod run;
#[forbid(unsafe_code)]
pub mod secret;
#[forbid(unsafe_code)]
pub mod table;
#[forbid(unsafe_code)]
pub mod view;
#[cfg(feature = "web")]
#[forbid(unsafe_code)]
pub mod web;
#[cfg(feature = "worker")]
mod worker;
