//! What is known of users and folders, in as little room as it takes.

use super::key::{Fingerprint, State};
use std::collections::BTreeMap;

/// A text that no longer changes.
pub type Text = Box<str>;

/// A user.
#[derive(Debug, Default)]
pub struct User {
    pub name: Text,
    pub kind: Option<Text>,
    pub enabled: Option<bool>,
    pub password: Option<bool>,
    /// The id of the home folder in 3.x.
    pub home: Option<Text>,
    /// Its path where the user's own record has it.
    pub home_path: Option<Text>,
    pub bucket: Option<Text>,
    pub last_login: Option<Text>,
    pub expires: Option<Text>,
    pub addresses: Vec<Text>,
    pub permissions: Vec<Permission>,
    /// Those that are not disabled.
    pub keys: Vec<UserKey>,
    pub disabled_keys: u32,
}

/// A permission of a user for a folder.
#[derive(Debug)]
pub struct Permission {
    pub folder: Option<Text>,
    pub path: Option<Text>,
    pub permission: Option<Text>,
}

/// A key of a user.
#[derive(Debug)]
pub struct UserKey {
    pub name: Option<Text>,
    pub kind: Option<Text>,
    pub bits: Option<u32>,
    pub fingerprint: Option<Fingerprint>,
    pub state: State,
    pub weak: bool,
    pub created: Option<Text>,
    pub expires: Option<Text>,
}

/// A folder of 3.x.
#[derive(Debug, Default)]
pub struct Folder {
    pub path: Option<Text>,
    /// The id of the cloud connection that it is on.
    pub connection: Option<Text>,
}

/// Things by their ids.
#[derive(Debug)]
pub struct ById<T> {
    places: BTreeMap<Text, usize>,
    pub items: Vec<T>,
}

impl<T> ById<T> {
    pub fn new() -> ById<T> {
        ById { places: BTreeMap::new(), items: Vec::new() }
    }

    pub fn get(&self, id: &str) -> Option<&T> {
        self.items.get(*self.places.get(id)?)
    }

    pub fn get_mut(&mut self, id: &str) -> Option<&mut T> {
        self.items.get_mut(*self.places.get(id)?)
    }

    /// Of two with one id, the later is found.
    pub fn insert(&mut self, id: Text, item: T) {
        self.places.insert(id, self.items.len());
        self.items.push(item);
    }
}
