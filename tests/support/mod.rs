//! A lake in memory, whose store fails on command, and what must hold whatever happens.
#![allow(dead_code)] // every test file uses its part

pub mod conformance;
pub mod invariants;
pub mod store;
pub mod world;
