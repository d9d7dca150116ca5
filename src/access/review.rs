//! What the tables say together: rows, and what somebody should look at.

use super::fields::{Field, Sheet};
use super::key::{self, Fingerprint, State};
use super::people::{ById, Folder, Text, User, UserKey};
use crate::order::sort;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How soon somebody should look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    High,
    Medium,
    Low,
}

/// Something that somebody should look at. The order is that in which they are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    WeakKey,
    SharedKey,
    NoCredential,
    UnreadableKey,
    DisabledWithKeys,
    NoKey,
    UnknownKeyType,
    UnknownFolder,
}

impl Finding {
    pub const ALL: [Finding; 8] = [
        Finding::WeakKey,
        Finding::SharedKey,
        Finding::NoCredential,
        Finding::UnreadableKey,
        Finding::DisabledWithKeys,
        Finding::NoKey,
        Finding::UnknownKeyType,
        Finding::UnknownFolder,
    ];

    /// As it stands in the column `findings`. No code is part of another one, so that a search for one finds it alone.
    pub fn code(self) -> &'static str {
        match self {
            Finding::WeakKey => "weak_key",
            Finding::SharedKey => "shared_key",
            Finding::NoCredential => "no_credential",
            Finding::UnreadableKey => "unreadable_key",
            Finding::DisabledWithKeys => "disabled_with_keys",
            Finding::NoKey => "no_key",
            Finding::UnknownKeyType => "unknown_key_type",
            Finding::UnknownFolder => "unknown_folder",
        }
    }

    pub fn severity(self) -> Severity {
        match self {
            Finding::WeakKey | Finding::SharedKey => Severity::High,
            Finding::NoCredential | Finding::UnreadableKey => Severity::Medium,
            _ => Severity::Low,
        }
    }

    /// What it means, of a user.
    pub fn title(self) -> &'static str {
        match self {
            Finding::WeakKey => "has a DSA key, or an RSA key of fewer than 2048 bits",
            Finding::SharedKey => "has a key that another user has too",
            Finding::NoCredential => "is enabled, and has neither an enabled key nor a password",
            Finding::UnreadableKey => {
                "has a key that cannot be read: it may not work, and nothing is known of its strength"
            }
            Finding::DisabledWithKeys => "is disabled, and has enabled keys, which work again once the user is enabled",
            Finding::NoKey => "has no enabled key; whether there is a password is not provided by the API",
            Finding::UnknownKeyType => "has a key of a type that is not known here, nor how strong it is",
            Finding::UnknownFolder => "has a home folder or a permission whose folder is not among the folders",
        }
    }
}

/// A row of the table, its columns in their order. `docs/access.md` says what each is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Row<'r> {
    pub user: &'r str,
    pub user_type: Option<&'r str>,
    pub enabled: Option<bool>,
    pub uses_password: Option<bool>,
    pub home_folder: Option<Cow<'r, str>>,
    pub folder: Option<Cow<'r, str>>,
    pub permission: Option<&'r str>,
    pub cloud_connection: Option<&'r str>,
    pub allowed_ips: Option<&'r str>,
    pub key_name: Option<&'r str>,
    pub key_type: Option<&'r str>,
    pub key_bits: Option<u32>,
    pub key_fingerprint: Option<String>,
    pub key_created: Option<&'r str>,
    pub disabled_keys: Option<u32>,
    pub last_login: Option<&'r str>,
    pub user_expires: Option<&'r str>,
    pub key_expires: Option<&'r str>,
    pub findings: Option<String>,
    pub not_provided: Option<&'r str>,
}

/// A folder that a user reaches, as far as the tables tell.
#[derive(Clone, Debug)]
pub(super) struct Place<'r> {
    pub folder: Option<Cow<'r, str>>,
    pub permission: Option<&'r str>,
    pub connection: Option<&'r str>,
    /// It is not among the folders, though these are there.
    pub unknown: bool,
}

/// The review of who can get in.
pub struct Review {
    pub(super) users: Vec<User>,
    folders: ById<Folder>,
    connections: ById<Text>,
    owners: Owners,
    /// Columns of which the gateway's answers say nothing, for anybody.
    pub(super) not_provided: Vec<&'static str>,
    /// The same as the column has them.
    unsaid: String,
    has_keys: bool,
    has_disabled_keys: bool,
    has_folders: bool,
}

impl Review {
    pub(super) fn new(
        mut users: Vec<User>,
        folders: ById<Folder>,
        connections: ById<Text>,
        provided: &[(Sheet, Field)],
    ) -> Review {
        let not_provided = not_provided(provided);
        sort(&mut users, |a, b| a.name.cmp(&b.name));
        for user in &mut users {
            sort(&mut user.keys, |a, b| (&a.name, &a.fingerprint).cmp(&(&b.name, &b.fingerprint)));
            sort(&mut user.addresses, Text::cmp);
        }
        Review {
            owners: owners(&users),
            unsaid: not_provided.join(", "),
            has_keys: !not_provided.contains(&"key_type"),
            has_disabled_keys: !not_provided.contains(&"disabled_keys"),
            has_folders: provided.contains(&(Sheet::Folders, Field::Id)),
            not_provided,
            users,
            folders,
            connections,
        }
    }

    /// How many rows a user has: every folder with every key, and at least one.
    pub(super) fn rows_of(&self, user: &User) -> usize {
        self.places(user).len().max(1).saturating_mul(user.keys.len().max(1))
    }

    /// The folders that a user has permissions for, and the home folder if it is none of them.
    pub(super) fn places<'r>(&'r self, user: &'r User) -> Vec<Place<'r>> {
        let mut places: Vec<Place> = Vec::new();
        for one in &user.permissions {
            let place = self.place(user, one.folder.as_deref(), one.path.as_deref());
            places.push(Place { permission: one.permission.as_deref(), ..place });
        }
        let home = self.place(user, user.home.as_deref(), user.home_path.as_deref());
        if home.folder.is_some() && !places.iter().any(|place| place.folder == home.folder) {
            places.push(home);
        }
        sort(&mut places, |a, b| (&a.folder, a.permission).cmp(&(&b.folder, b.permission)));
        places
    }

    fn place<'r>(&'r self, user: &'r User, id: Option<&'r str>, path: Option<&'r str>) -> Place<'r> {
        let folder = id.and_then(|id| self.folders.get(id));
        let known = folder.and_then(|folder| folder.path.as_deref()).or(path);
        let numbered = || id.map(|id| Cow::Owned(format!("#{id}")));
        let connection = folder.and_then(|folder| folder.connection.as_deref());
        let connection = connection.map(|id| self.connections.get(id).map_or(id, |name| name));
        Place {
            folder: known.map(Cow::Borrowed).or_else(numbered),
            permission: None,
            connection: connection.or(user.bucket.as_deref()),
            unknown: self.has_folders && id.is_some() && folder.is_none(),
        }
    }

    /// The home folder as a row shows it.
    pub(super) fn home<'r>(&'r self, user: &'r User) -> Option<Cow<'r, str>> {
        self.place(user, user.home.as_deref(), user.home_path.as_deref()).folder
    }

    /// What is to be said of a user, whatever the folder and the key.
    pub(super) fn findings_of_user<'r>(&'r self, user: &'r User) -> impl Iterator<Item = Finding> + 'r {
        let enabled = user.enabled != Some(false);
        let keyless = self.has_keys && user.keys.is_empty();
        [
            (Finding::NoCredential, enabled && keyless && user.password == Some(false)),
            (Finding::DisabledWithKeys, !enabled && !user.keys.is_empty()),
            (Finding::NoKey, enabled && keyless && user.password.is_none()),
        ]
        .into_iter()
        .filter_map(|(finding, holds)| holds.then_some(finding))
    }

    /// What is to be said of a key.
    pub(super) fn findings_of_key(&self, key: &UserKey) -> impl Iterator<Item = Finding> {
        let owner = key.fingerprint.and_then(|fingerprint| self.owners.get(&fingerprint));
        let shared = owner == Some(&None);
        [
            (Finding::WeakKey, key.weak),
            (Finding::SharedKey, shared),
            (Finding::UnreadableKey, key.state == State::Unreadable),
            (Finding::UnknownKeyType, key.state == State::Unknown),
        ]
        .into_iter()
        .filter_map(|(finding, holds)| holds.then_some(finding))
    }

    /// The row of a user for one of the folders and one of the keys, where there are any.
    pub(super) fn row<'r>(&'r self, user: &'r User, shown: &'r Shown, place: usize, key: usize) -> Row<'r> {
        let place = shown.places.get(place);
        let key = user.keys.get(key);
        let mut findings: Vec<Finding> = self.findings_of_user(user).collect();
        findings.extend(key.into_iter().flat_map(|key| self.findings_of_key(key)));
        findings.extend(place.filter(|place| place.unknown).map(|_| Finding::UnknownFolder));
        let findings = Finding::ALL.into_iter().filter(|one| findings.contains(one));
        let codes: Vec<&str> = findings.map(Finding::code).collect();
        Row {
            user: &user.name,
            user_type: user.kind.as_deref(),
            enabled: user.enabled,
            uses_password: user.password,
            home_folder: shown.home.clone(),
            folder: place.and_then(|place| place.folder.clone()),
            permission: place.and_then(|place| place.permission),
            cloud_connection: place.and_then(|place| place.connection),
            allowed_ips: shown.addresses.as_deref(),
            key_name: key.and_then(|key| key.name.as_deref()),
            key_type: key.and_then(|key| key.kind.as_deref()),
            key_bits: key.and_then(|key| key.bits),
            key_fingerprint: key.and_then(|key| key.fingerprint.as_ref()).map(key::written),
            key_created: key.and_then(|key| key.created.as_deref()),
            disabled_keys: self.has_disabled_keys.then_some(user.disabled_keys),
            last_login: user.last_login.as_deref(),
            user_expires: user.expires.as_deref(),
            key_expires: key.and_then(|key| key.expires.as_deref()),
            findings: (!codes.is_empty()).then(|| codes.join(", ")),
            not_provided: (!self.unsaid.is_empty()).then_some(&self.unsaid),
        }
    }

    /// What all rows of a user have in common.
    pub(super) fn shown<'r>(&'r self, user: &'r User) -> Shown<'r> {
        let addresses = (!user.addresses.is_empty()).then(|| user.addresses.join(", "));
        Shown { places: self.places(user), home: self.home(user), addresses }
    }
}

/// A user as the rows show it.
pub(super) struct Shown<'r> {
    pub places: Vec<Place<'r>>,
    home: Option<Cow<'r, str>>,
    addresses: Option<String>,
}

/// The user, by number, who has a key; `None` where two have it, or more.
type Owners = BTreeMap<Fingerprint, Option<usize>>;

fn owners(users: &[User]) -> Owners {
    let mut owners = Owners::new();
    for (number, user) in users.iter().enumerate() {
        for fingerprint in user.keys.iter().filter_map(|key| key.fingerprint) {
            let owner = owners.entry(fingerprint).or_insert(Some(number));
            *owner = owner.filter(|owner| *owner == number);
        }
    }
    owners
}

/// The columns for which the tables have no column of their own. One that is there and null for a user is another thing: none.
fn not_provided(provided: &[(Sheet, Field)]) -> Vec<&'static str> {
    use Sheet::{Addresses, Folders, Keys, Permissions, Users};
    let sources: [(&str, &[(Sheet, Field)]); 17] = [
        ("user_type", &[(Users, Field::Kind)]),
        ("enabled", &[(Users, Field::Enabled)]),
        ("uses_password", &[(Users, Field::Password)]),
        ("home_folder", &[(Users, Field::HomeId), (Users, Field::HomePath)]),
        ("permission", &[(Permissions, Field::Permission)]),
        ("cloud_connection", &[(Folders, Field::ConnectionId), (Users, Field::HomeConnection), (Users, Field::Bucket)]),
        ("allowed_ips", &[(Addresses, Field::Address)]),
        ("key_name", &[(Keys, Field::Name)]),
        ("key_type", &[(Keys, Field::Key), (Users, Field::Key)]),
        ("key_bits", &[(Keys, Field::Key), (Users, Field::Key)]),
        ("key_fingerprint", &[(Keys, Field::Key), (Users, Field::Key)]),
        ("key_created", &[(Keys, Field::Created)]),
        ("disabled_keys", &[(Keys, Field::Enabled)]),
        ("last_login", &[(Users, Field::LastLogin)]),
        ("user_expires", &[(Users, Field::Expires)]),
        ("key_expires", &[(Keys, Field::Expires)]),
        (
            "folder",
            &[
                (Users, Field::HomeId),
                (Users, Field::HomePath),
                (Permissions, Field::FolderId),
                (Permissions, Field::Path),
            ],
        ),
    ];
    let unsaid = sources.into_iter().filter(|(_, from)| !from.iter().any(|source| provided.contains(source)));
    unsaid.map(|(column, _)| column).collect()
}
