//! Cells of the gateway's tables → users, folders and keys.

use super::fields::{Field, Sheet};
use super::key;
use super::people::{ById, Folder, Permission, Text, User, UserKey};
use super::review::Review;
use crate::error::{Error, Kind, Result};
use crate::normalize::schema::TableSchema;
use crate::parquet::{ColumnData, ColumnSpec};
use std::borrow::Cow;

/// What to read of one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub table: String,
    /// Names of columns; those that a file does not have are null in it.
    pub columns: Vec<String>,
}

/// A review for which the tables are being read.
pub struct Reading {
    sheets: Vec<(Wanted, Sheet, Vec<Field>)>,
    /// What the tables have, values or not.
    provided: Vec<(Sheet, Field)>,
    /// By the ids of their rows.
    users: ById<User>,
    folders: ById<Folder>,
    connections: ById<Text>,
    /// Bytes that may be held, and that are.
    limit: usize,
    held: usize,
}

/// What a user, a key, a permission or a folder takes besides its texts, with its share of the maps.
const ENTRY: usize = 256;

impl Reading {
    /// Begins a review of these tables; any others may be among them. `limit`: bytes of memory that users, folders and keys may
    /// take, roughly.
    ///
    /// # Errors
    /// `no_users` if the table of users is not there.
    pub fn new<'t>(tables: impl IntoIterator<Item = &'t TableSchema>, limit: usize) -> Result<Reading> {
        let mut reading = Reading {
            sheets: Vec::new(),
            provided: Vec::new(),
            users: ById::new(),
            folders: ById::new(),
            connections: ById::new(),
            limit,
            held: 0,
        };
        let tables: Vec<(Sheet, &TableSchema)> =
            tables.into_iter().filter_map(|table| Some((Sheet::of(table)?, table))).collect();
        for sheet in Sheet::ALL {
            for (_, table) in tables.iter().filter(|(own, _)| *own == sheet) {
                let columns = sheet.columns(table);
                reading.provided.extend(columns.iter().map(|(field, _)| (sheet, *field)));
                let (fields, names) = columns
                    .into_iter()
                    .filter(|(_, column)| column.data_type.is_some())
                    .map(|(field, column)| (field, column.name.clone()))
                    .unzip();
                reading.sheets.push((Wanted { table: table.name.clone(), columns: names }, sheet, fields));
            }
        }
        match reading.sheets.first() {
            Some((_, Sheet::Users, _)) => Ok(reading),
            _ => Err(Error::new(Kind::Data, "no_users", "there is no table of users to review")
                .help("Bring the resource `users`, or open a snapshot that has it")),
        }
    }

    /// What to read, in the order in which it is to be handed over.
    pub fn wanted(&self) -> impl ExactSizeIterator<Item = &Wanted> {
        self.sheets.iter().map(|(wanted, _, _)| wanted)
    }

    /// Takes some rows of the table that is number `number` of [`Reading::wanted`]: those of its columns that are there.
    ///
    /// # Errors
    /// `review_too_large`.
    pub fn take(&mut self, number: usize, columns: &[(&ColumnSpec, &ColumnData)]) -> Result<()> {
        let Some((wanted, sheet, fields)) = self.sheets.get(number) else { return Ok(()) };
        let mut cells: Vec<(Field, &ColumnSpec, &ColumnData)> = Vec::new();
        for (name, field) in wanted.columns.iter().zip(fields) {
            let found = columns.iter().find(|(spec, _)| spec.name == *name);
            cells.extend(found.map(|(spec, cells)| (*field, *spec, *cells)));
        }
        let sheet = *sheet;
        for row in 0..columns.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0) {
            let row = Row { cells: &cells, row };
            match sheet {
                Sheet::Users => self.user(&row),
                Sheet::Keys => self.key(&row),
                Sheet::Permissions => self.permission(&row),
                Sheet::Addresses => self.address(&row),
                Sheet::Folders => self.folder(&row),
                Sheet::Connections => self.connection(&row),
            }
            if self.held > self.limit {
                let mib = self.limit >> 20;
                let message = format!("users, folders and keys would take more than {mib} MiB of memory");
                return Err(Error::new(Kind::Limit, "review_too_large", message)
                    .help("Query the tables themselves for so many users"));
            }
        }
        Ok(())
    }

    /// All was handed over.
    pub fn finish(self) -> Review {
        Review::new(self.users.items, self.folders, self.connections, &self.provided)
    }

    fn keep(&mut self, text: Option<Cow<str>>) -> Option<Text> {
        let text: Text = text?.into();
        self.held += text.len();
        Some(text)
    }

    fn user(&mut self, row: &Row) {
        self.held += ENTRY;
        let home = self.keep(row.text(Field::HomeId));
        let home_path = self.keep(row.text(Field::HomePath));
        let connection = self.keep(row.text(Field::HomeConnection));
        // A home folder that came as an object is a folder, whether or not the list of folders is here.
        if let (Some(id), Some(_)) = (&home, &home_path) {
            let folder = Folder { path: home_path.clone(), connection };
            if self.folders.get(id).is_none() {
                self.folders.insert(id.clone(), folder);
            }
        }
        let mut user = User {
            name: self.keep(row.text(Field::Name).or(row.text(Field::Id))).unwrap_or_default(),
            kind: self.keep(row.text(Field::Kind)),
            enabled: row.flag(Field::Enabled),
            password: row.flag(Field::Password),
            home,
            home_path,
            bucket: self.keep(row.text(Field::Bucket)),
            last_login: self.keep(row.text(Field::LastLogin)),
            expires: self.keep(row.text(Field::Expires)),
            ..User::default()
        };
        if let Some(text) = row.text(Field::Key) {
            user.keys = self.keys_of(&text, &Row { cells: &[], row: 0 });
        }
        let id = self.keep(row.text(Field::Row)).unwrap_or_default();
        self.users.insert(id, user);
    }

    /// The user that a row hangs from.
    fn parent(&mut self, row: &Row) -> Option<&mut User> {
        self.users.get_mut(&row.text(Field::Parent)?)
    }

    fn key(&mut self, row: &Row) {
        if row.flag(Field::Enabled) == Some(false) {
            if let Some(user) = self.parent(row) {
                user.disabled_keys += 1;
            }
            return;
        }
        // A key without a text is one that cannot be read.
        let text = row.text(Field::Key).unwrap_or(Cow::Borrowed("?"));
        let keys = self.keys_of(&text, row);
        if let Some(user) = self.parent(row) {
            user.keys.extend(keys);
        }
    }

    fn keys_of(&mut self, text: &str, row: &Row) -> Vec<UserKey> {
        let mut keys = Vec::new();
        for key in key::keys(text) {
            self.held += ENTRY;
            keys.push(UserKey {
                name: self.keep(row.text(Field::Name)),
                weak: key.is_weak(),
                kind: self.keep(key.kind.as_deref().map(Cow::Borrowed)),
                bits: key.bits,
                fingerprint: key.fingerprint,
                state: key.state,
                created: self.keep(row.text(Field::Created)),
                expires: self.keep(row.text(Field::Expires)),
            });
        }
        keys
    }

    fn permission(&mut self, row: &Row) {
        self.held += ENTRY;
        let permission = Permission {
            folder: self.keep(row.text(Field::FolderId)),
            path: self.keep(row.text(Field::Path)),
            permission: self.keep(row.text(Field::Permission)),
        };
        if let Some(user) = self.parent(row) {
            user.permissions.push(permission);
        }
    }

    fn address(&mut self, row: &Row) {
        let address = self.keep(row.text(Field::Address));
        self.held += size_of::<Text>();
        if let Some(user) = self.parent(row) {
            user.addresses.extend(address);
        }
    }

    fn folder(&mut self, row: &Row) {
        let Some(id) = self.keep(row.text(Field::Id)) else { return };
        self.held += ENTRY;
        let path = self.keep(row.text(Field::Path).or(row.text(Field::Name)));
        let connection = self.keep(row.text(Field::ConnectionId));
        self.folders.insert(id, Folder { path, connection });
    }

    fn connection(&mut self, row: &Row) {
        let (id, name) = (self.keep(row.text(Field::Id)), self.keep(row.text(Field::Name)));
        if let (Some(id), Some(name)) = (id, name) {
            self.held += ENTRY;
            self.connections.insert(id, name);
        }
    }
}

/// A row's cells by what they are.
struct Row<'c> {
    cells: &'c [(Field, &'c ColumnSpec, &'c ColumnData)],
    row: usize,
}

impl<'c> Row<'c> {
    /// The first of a field's cells that holds anything; 2.x writes an empty text where there is nothing.
    fn text(&self, field: Field) -> Option<Cow<'c, str>> {
        let own = self.cells.iter().filter(|(own, _, _)| *own == field);
        let mut texts = own.filter_map(|(_, spec, cells)| Some(cells.get(self.row)?.text(spec)));
        texts.find(|text| !text.trim().is_empty())
    }

    fn flag(&self, field: Field) -> Option<bool> {
        match self.text(field)?.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        }
    }
}
