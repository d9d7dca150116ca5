//! A lake in memory, whose store fails on command, and what must hold whatever happens; a gateway in memory, which answers
//! from a script.
#![allow(dead_code)] // every test file uses its part

pub mod conformance;
pub mod delta;
pub mod gateway;
pub mod invariants;
pub mod store;
pub mod world;
