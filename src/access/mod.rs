//! Who can get in: the gateway's users, folders, keys and connections in one table, and what somebody should look at.
//!
//! ```text
//! tables ─columns─► Reading ─► Review ─records─► Writing ─► the table `access_review`
//!                                 └─► Summary: findings, counts, who reaches what
//! ```
//! The tables come from a page's [`crate::view::Tables`] or from the files of a snapshot: whoever has them asks
//! [`Reading::wanted`] which columns matter and hands over their cells. `docs/access.md` says what each column and finding means.

mod fields;
mod key;
mod people;
mod reading;
mod review;
mod reviewing;
mod summary;
mod writing;

pub use fields::{RESOURCES, USERS_TABLE};
pub use key::{Fingerprint, Key, State, keys, written};
pub use reading::{Reading, Wanted};
pub use review::{Finding, Review, Severity};
pub use reviewing::Reviewing;
pub use summary::{Found, Reach, ReachPermission, ReachUser, Summary};
pub use writing::Writing;

/// The table's name, and that of the resource which it is.
pub const TABLE: &str = "access_review";
