//! Which tables and columns of the gateway tell something of access. Names are compared by their letters and digits alone, so
//! that it does not matter how the gateway spells them, by which convention the tables were named, and whether a home folder
//! came as an id or as an object: `homeFolderId`, `home_folder_id` and `home_folder__id` are the same.

use crate::normalize::schema::{Column, TableSchema};

/// What a table is to the review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Users,
    Keys,
    Permissions,
    Addresses,
    Folders,
    Connections,
}

/// What a column is to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The row's own id, and that of the row that it hangs from.
    Row,
    Parent,
    Id,
    Name,
    Enabled,
    Kind,
    Password,
    /// Of a user: the home folder's id, path and cloud connection, or the path itself in 2.x.
    HomeId,
    HomePath,
    HomeConnection,
    /// Where a 2.x user's files are.
    Bucket,
    /// A key's text.
    Key,
    LastLogin,
    Expires,
    Created,
    FolderId,
    Path,
    Permission,
    Address,
    ConnectionId,
}

/// The gateway's resources that the review is made from: their root tables' names. There is none without the users.
pub const RESOURCES: [&str; 3] = [USERS_TABLE, "folders", "cloud_connections"];
pub const USERS_TABLE: &str = "users";

/// Of a field's names the first that has a value counts. Those of 3.x are the columns of its database and the vendor's forms,
/// those of 2.x (`bucketName`, `path`, `pubSsh`) stand in the vendor's documents. No release is known to tell a last login or when
/// a user or key expires; the names are those that such fields usually have.
const USERS: &[(Field, &[&str])] = &[
    (Field::Id, &["id"]),
    (Field::Name, &["username", "name"]),
    (Field::Enabled, &["enabled"]),
    (Field::Kind, &["usertype"]),
    (Field::Password, &["usespassword"]),
    (Field::HomeId, &["homefolderid"]),
    (Field::HomePath, &["homefolderabsolutepath", "homefolderpath", "homefolder", "path"]),
    (Field::HomeConnection, &["homefoldercloudconnectioninheritedid", "homefoldercloudconnectionid"]),
    (Field::Bucket, &["bucketname"]),
    (Field::Key, &["pubssh", "publickey"]),
    (Field::LastLogin, &["lastlogin", "lastlogindate", "lastloginat"]),
    (Field::Expires, EXPIRES),
];
const KEYS: &[(Field, &[&str])] = &[
    (Field::Name, &["name"]),
    (Field::Key, &["value", "publickey"]),
    (Field::Enabled, &["enabled"]),
    (Field::Created, &["createddate", "createdat", "created"]),
    (Field::Expires, EXPIRES),
];
const PERMISSIONS: &[(Field, &[&str])] = &[
    (Field::FolderId, &["folderid"]),
    (Field::Path, &["folderabsolutepath", "folderpath"]),
    (Field::Permission, &["permission", "value"]),
];
const ADDRESSES: &[(Field, &[&str])] = &[(Field::Address, &["value", "address", "ip", "cidr"])];
const FOLDERS: &[(Field, &[&str])] = &[
    (Field::Id, &["id"]),
    (Field::Path, &["absolutepath", "path"]),
    (Field::Name, &["name"]),
    (Field::ConnectionId, &["cloudconnectioninheritedid", "cloudconnectionid"]),
];
const CONNECTIONS: &[(Field, &[&str])] = &[(Field::Id, &["id"]), (Field::Name, &["name", "storageurl"])];
const EXPIRES: &[&str] = &["expires", "expiresat", "expirydate", "expirationdate"];

/// A child table's name behind that of `users`.
const CHILDREN: [(&str, Sheet); 5] = [
    ("publickeys", Sheet::Keys),
    ("sshkeys", Sheet::Keys),
    ("permissions", Sheet::Permissions),
    ("folderpermissions", Sheet::Permissions),
    ("allowedips", Sheet::Addresses),
];

impl Sheet {
    /// In the order in which they are read: users before what hangs from them.
    pub const ALL: [Sheet; 6] =
        [Sheet::Users, Sheet::Keys, Sheet::Permissions, Sheet::Addresses, Sheet::Folders, Sheet::Connections];

    /// What that table is; `None` if it says nothing of access.
    pub fn of(table: &TableSchema) -> Option<Sheet> {
        let [users, folders, connections] = RESOURCES;
        match (table.parent.as_deref(), table.name.as_str()) {
            (None, name) if name == users => Some(Sheet::Users),
            (None, name) if name == folders => Some(Sheet::Folders),
            (None, name) if name == connections => Some(Sheet::Connections),
            (Some(parent), name) if parent == users => {
                let below = bare(name.strip_prefix(users)?);
                CHILDREN.iter().find(|(name, _)| *name == below).map(|(_, sheet)| *sheet)
            }
            _ => None,
        }
    }

    fn names(self) -> &'static [(Field, &'static [&'static str])] {
        match self {
            Sheet::Users => USERS,
            Sheet::Keys => KEYS,
            Sheet::Permissions => PERMISSIONS,
            Sheet::Addresses => ADDRESSES,
            Sheet::Folders => FOLDERS,
            Sheet::Connections => CONNECTIONS,
        }
    }

    /// The columns that matter, the better ones of a field first. A column that no value has reached has no type.
    pub fn columns(self, table: &TableSchema) -> Vec<(Field, &Column)> {
        let names: Vec<String> = table.columns.iter().map(|column| bare(unvaried(column))).collect();
        let mut found: Vec<(Field, &Column)> = Vec::new();
        for column in &table.columns {
            found.extend(column.row_key.then_some((Field::Row, column)));
            found.extend(column.parent_key.then_some((Field::Parent, column)));
        }
        for (field, known) in self.names() {
            for known in known.iter() {
                let own = table.columns.iter().zip(&names).filter(|(_, name)| name == known);
                found.extend(own.map(|(column, _)| (*field, column)));
            }
        }
        found
    }
}

/// A variant column holds values of another type than the column whose name it has, and its type behind.
fn unvaried(column: &Column) -> &str {
    let cut = column.variant.then(|| column.name.rfind("__v_")).flatten();
    cut.and_then(|at| column.name.get(..at)).unwrap_or(&column.name)
}

/// Letters and digits alone, small.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
