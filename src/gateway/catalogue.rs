//! What the admin API is known to offer, as data. Only reading: nothing here has another verb than GET.

use crate::normalize::Select;

/// A generation of the admin API. Product 2.x has the one, every 3.x so far the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Api {
    V2,
    V3,
}

impl Api {
    /// As it stands in the configuration: `2` or `3`.
    pub fn number(self) -> u8 {
        match self {
            Api::V2 => 2,
            Api::V3 => 3,
        }
    }

    pub fn other(self) -> Api {
        match self {
            Api::V2 => Api::V3,
            Api::V3 => Api::V2,
        }
    }
}

/// How a resource's records lie in its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Records {
    /// A list of objects, bare or in an envelope. Anything else is an error.
    Envelope,
    /// The body itself: one object as one row, or an array's items.
    Root,
    /// An envelope's list of objects, or a bare array of anything: plain values become the column `value`.
    List,
}

impl Records {
    /// What the engine is told, once the first byte of the body is known.
    pub fn select(self, first: u8) -> Select {
        match self {
            Records::Envelope => Select::Envelope,
            Records::List if first != b'[' => Select::Envelope,
            Records::Root | Records::List => Select::Root,
        }
    }
}

/// A known resource of the admin API.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its root table, and its name in the configuration.
    pub table: &'static str,
    /// Paths below the base URL; `None` where a generation does not have it.
    pub v3: Option<&'static str>,
    pub v2: Option<&'static str>,
    /// The path of a single record by its name, in 3.x.
    pub item: Option<&'static str>,
    pub records: Records,
    /// Pulled unless the configuration says otherwise.
    pub on: bool,
}

impl Resource {
    pub fn path(&self, api: Api) -> Option<&'static str> {
        match api {
            Api::V2 => self.v2,
            Api::V3 => self.v3,
        }
    }
}

const NONE: Resource = Resource { table: "", v3: None, v2: None, item: None, records: Records::Envelope, on: true };

/// Every known resource. The paths of users, folders and connections are the vendor's; that diagnostics have no version in
/// their path, and the 2.x path of the encryption levels, stands only in second-hand descriptions. A backup holds host keys and
/// password hashes: it is off unless asked for.
pub const RESOURCES: [Resource; 6] = [
    Resource { table: "cloud_connections", v3: Some("/backend/3.0.0/cloudconnections"), ..NONE },
    Resource { table: "folders", v3: Some("/backend/3.0.0/folders"), ..NONE },
    Resource {
        table: "users",
        v3: Some("/backend/3.0.0/users"),
        v2: Some("/backend/api/users"),
        item: Some("/backend/3.0.0/users/{username}"),
        ..NONE
    },
    Resource {
        table: "diagnostics",
        v3: Some("/backend/diagnostics"),
        v2: Some("/backend/diagnostics"),
        records: Records::Root,
        ..NONE
    },
    Resource { table: "s3_encryption_levels", v2: Some("/backend/api/s3encryption"), records: Records::List, ..NONE },
    Resource { table: "backup", v3: Some("/backend/3.0.0/backup"), records: Records::Root, on: false, ..NONE },
];

/// The resource of that name.
pub fn resource(table: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.table == table)
}
