//! A review in short, for a page: how many, what stands out, who reaches what.

use super::review::{Finding, Review, Severity};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a review comes to besides its rows.
#[derive(Debug, Serialize)]
pub struct Summary<'r> {
    pub users: usize,
    /// Enabled ones of all users; a key that two users have counts twice.
    pub keys: usize,
    pub findings: Vec<Found>,
    /// Columns of which the gateway's answers say nothing, for anybody.
    pub not_provided: &'r [&'static str],
    pub reach: Reach<'r>,
}

/// A finding that there is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    pub code: &'static str,
    pub severity: Severity,
    pub title: &'static str,
    /// Users of whom it is said.
    pub count: usize,
}

/// Who reaches which folder.
#[derive(Debug, Serialize)]
pub struct Reach<'r> {
    pub users: Vec<ReachUser<'r>>,
    /// Each once, in order.
    pub folders: Vec<Cow<'r, str>>,
    pub permissions: Vec<ReachPermission<'r>>,
}

#[derive(Debug, Serialize)]
pub struct ReachUser<'r> {
    pub name: &'r str,
    /// Also of a user of whom nothing else is said.
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<Cow<'r, str>>,
}

#[derive(Debug, Serialize)]
pub struct ReachPermission<'r> {
    pub user: &'r str,
    pub folder: Cow<'r, str>,
    /// Empty: the home folder, for which no permission is stated.
    pub permission: &'r str,
}

impl Review {
    /// The review in short.
    pub fn summary(&self) -> Summary<'_> {
        let mut counts = [0usize; Finding::ALL.len()];
        let mut reach = Reach { users: Vec::new(), folders: Vec::new(), permissions: Vec::new() };
        let mut folders = BTreeSet::new();
        for user in &self.users {
            let places = self.places(user);
            let mut said: Vec<Finding> = self.findings_of_user(user).collect();
            said.extend(user.keys.iter().flat_map(|key| self.findings_of_key(key)));
            said.extend(places.iter().any(|place| place.unknown).then_some(Finding::UnknownFolder));
            for (count, finding) in counts.iter_mut().zip(Finding::ALL) {
                *count += usize::from(said.contains(&finding));
            }
            for place in places {
                let Some(folder) = place.folder else { continue };
                folders.insert(folder.clone());
                let permission = place.permission.unwrap_or_default();
                reach.permissions.push(ReachPermission { user: &user.name, folder, permission });
            }
            let enabled = user.enabled != Some(false);
            reach.users.push(ReachUser { name: &user.name, enabled, home: self.home(user) });
        }
        reach.folders = folders.into_iter().collect();
        let found = Finding::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0);
        Summary {
            users: self.users.len(),
            keys: self.users.iter().map(|user| user.keys.len()).sum(),
            findings: found.map(|(finding, count)| Found::new(finding, count)).collect(),
            not_provided: &self.not_provided,
            reach,
        }
    }
}

impl Found {
    fn new(finding: Finding, count: usize) -> Found {
        Found { code: finding.code(), severity: finding.severity(), title: finding.title(), count }
    }
}
