//! Bytes → records: strict JSON (RFC 8259), cut into records as it arrives, never held as a tree.
//!
//! - [`scan`]: the tokens, on a window of bytes that ends in zeros;
//! - [`reader`]: finds the records in a body, chunk by chunk;
//! - [`lanes`]: many bytes looked at together;
//! - [`place`]: says where an error is, as byte offset and JSON pointer;
//! - [`compact`]: one value as compact text, for columns that keep JSON.

pub mod compact;
pub mod lanes;
pub mod place;
pub mod reader;
pub mod scan;
