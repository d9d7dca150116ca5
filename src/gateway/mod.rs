//! The admin API: how to log in, what there is to read, and how to get it without ever holding a whole body.
//!
//! ```text
//! Session ─login─► token          url        where the gateway is
//!    │                            catalogue  what it offers
//!    ├─pull──► chunks ─► Sink     budget     what may be spent, and when to try again
//!    └─probe─► Probe              answer     what an answer that is no data means
//! ```
//! [`redact`] says what a secret looks like, for this room's messages and for the tables alike.

mod answer;
pub mod budget;
pub mod catalogue;
mod login;
pub mod probe;
pub mod pull;
pub mod redact;
pub mod runs;
mod session;
mod shape;
mod source;
pub mod url;
mod wire;

pub use answer::transport_failure;
pub use session::Session;
pub use shape::Kinds;
