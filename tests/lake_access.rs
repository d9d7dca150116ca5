//! The table `access_review` of a snapshot: made from that snapshot's own tables, whatever came, failed or raced.

mod support;

use gatelake::access::Reviewing;
use gatelake::error::{Error, Kind};
use gatelake::lake::manifest::Manifest;
use gatelake::lake::{Disposition, Outcome, RunRecord};
use gatelake::run::Plan;
use gatelake::view::Tables;
use serde_json::{Map, Value, json};
use support::invariants::{check, published, rows};
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, once, paths, plan, runs_at_once};

const REVIEW: &str = "access_review";

struct Lake {
    memory: Memory,
    plan: Plan,
}

impl Lake {
    fn new() -> Lake {
        let mut plan = plan(&[("users", Disposition::Replace), ("folders", Disposition::Replace)]);
        plan.access_review = true;
        Lake { memory: Memory::default(), plan }
    }

    fn run(&self, hour: i64, mut gateway: Gateway) -> RunRecord {
        let time = T0 + hour * HOUR;
        let record = once(&self.plan, time, &mut gateway, &Client::new(&self.memory), &World::new(time, 1));
        check(&self.memory, &self.plan.paths);
        record
    }

    fn current(&self) -> Manifest {
        published(&self.memory, &self.plan.paths).pop().unwrap()
    }

    /// User, folder, permission and findings of the rows that readers see.
    fn review(&self) -> Vec<[String; 4]> {
        let rows = rows(&self.memory, &self.plan.paths, &self.current(), REVIEW);
        let cell = |row: &Value, name: &str| row[name].as_str().unwrap_or("-").to_owned();
        let rows = rows.iter().map(|row| serde_json::from_str::<Value>(row).unwrap());
        rows.map(|row| ["user", "folder", "permission", "findings"].map(|name| cell(&row, name))).collect()
    }

    /// The review's mark, as code and message.
    fn stale(&self) -> Option<(String, String)> {
        let stale = self.current().table(REVIEW).unwrap().freshness.stale.clone();
        stale.map(|stale| (stale.code, stale.message))
    }
}

/// `users`: name, home folder and note of each; `folders`: their paths, ids counted from 0.
fn says(users: &[(&str, u32, &str)], folders: &[&str]) -> Gateway {
    let user = |(name, home, note): &(&str, u32, &str)| {
        json!({ "username": name, "enabled": true, "usesPassword": false, "homeFolderId": home, "notes": note,
            "publicKeys": [{ "name": "k", "value": "?", "enabled": *name != "bob" }],
            "permissions": [{ "folderId": home, "permission": "READ_WRITE" }] })
    };
    let folder = |(id, path): (usize, &&str)| json!({ "id": id, "absolutePath": path });
    let users: Vec<Value> = users.iter().map(user).collect();
    let folders: Vec<Value> = folders.iter().enumerate().map(folder).collect();
    Gateway::says(&[("users", &json!(users).to_string()), ("folders", &json!(folders).to_string())])
}

fn line(user: &str, folder: &str, findings: &str) -> [String; 4] {
    [user, folder, "READ_WRITE", findings].map(str::to_owned)
}

fn broken() -> Error {
    Error::new(Kind::Upstream, "html_answer", "the gateway answered a web page")
}

#[test]
fn it_comes_in_the_snapshot_of_its_sources_and_changes_only_with_what_it_says() {
    let lake = Lake::new();
    let record = lake.run(0, says(&[("ada", 1, ""), ("bob", 1, "")], &["/", "/in"]));
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    let expected = [line("ada", "/in", "unreadable_key"), line("bob", "/in", "no_credential")];
    assert_eq!(lake.review(), expected);
    let first = lake.current();
    let table = first.table(REVIEW).unwrap();
    assert_eq!((table.resource.as_deref(), table.load_id.as_str()), (Some(REVIEW), first.snapshot.as_str()));
    assert_eq!(record.tables.iter().find(|table| table.name == REVIEW).unwrap().rows, 2);
    assert!(record.resources.iter().all(|resource| resource.name != REVIEW), "nothing of it was asked of the gateway");

    // Nothing new: the pointer and its manifest are read, and nothing is made.
    let record = lake.run(1, says(&[("ada", 1, ""), ("bob", 1, "")], &["/", "/in"]));
    assert_eq!((record.outcome, record.operations.get, record.operations.put), (Outcome::Unchanged, 2, 0));
    // A note says nothing of access: `users` changes, the review does not.
    lake.run(2, says(&[("ada", 1, "call her"), ("bob", 1, "")], &["/", "/in"]));
    let (second, table) = (lake.current(), table.clone());
    assert_ne!(second.snapshot, first.snapshot);
    assert_eq!(second.table(REVIEW).unwrap().files, table.files);
    assert!(second.table(REVIEW).unwrap().freshness.fetched_at > table.freshness.fetched_at);
    // A folder's new name is a change of the review, though no user changed. `users` is read back from the store for it.
    lake.run(3, says(&[("ada", 1, "call her"), ("bob", 1, "")], &["/", "/out"]));
    assert_eq!(lake.review(), [line("ada", "/out", "unreadable_key"), line("bob", "/out", "no_credential")]);
    assert_eq!(lake.current().table("users").unwrap().files, second.table("users").unwrap().files);
}

#[test]
fn it_is_of_the_tables_that_stay_and_as_stale_as_they_are() {
    let lake = Lake::new();
    lake.run(0, says(&[("ada", 1, "")], &["/", "/in"]));
    // Users fail and stay; the folders are new, and so the review is too.
    let record = lake.run(1, says(&[], &["/", "/out"]).but("users", broken));
    assert_eq!(record.outcome, Outcome::Partial, "{}", record.to_text());
    assert_eq!(lake.review(), [line("ada", "/out", "unreadable_key")]);
    let (code, message) = lake.stale().unwrap();
    assert_eq!(code, "stale_source");
    assert!(message.contains("users") && message.contains("the gateway answered a web page"), "{message}");
    // An empty list is refused by the guard: the review is of the users that readers still see.
    let record = lake.run(2, says(&[], &["/", "/out"]));
    assert_eq!(record.resources[0].error.as_ref().unwrap().code, "shrink_guard");
    assert_eq!(lake.review(), [line("ada", "/out", "unreadable_key")]);
    assert_eq!(lake.stale().unwrap().0, "stale_source");
    // All is well again.
    let record = lake.run(3, says(&[("ada", 1, "")], &["/", "/out"]));
    assert_eq!(record.outcome, Outcome::Published);
    assert_eq!(lake.stale(), None);
    // Everything fails: nothing is published, as without a review.
    let record = lake.run(4, says(&[], &[]).but("users", broken).but("folders", broken));
    assert_eq!(record.outcome, Outcome::Failed);
}

#[test]
fn it_goes_when_it_is_switched_off_and_comes_back() {
    let mut lake = Lake::new();
    let gateway = || says(&[("ada", 1, "")], &["/", "/in"]);
    lake.run(0, gateway());
    lake.plan.access_review = false;
    assert_eq!(lake.run(1, gateway()).outcome, Outcome::Published);
    assert!(lake.current().table(REVIEW).is_none());
    assert_eq!(lake.run(2, gateway()).outcome, Outcome::Unchanged);
    lake.plan.access_review = true;
    assert_eq!(lake.run(3, gateway()).outcome, Outcome::Published);
    assert_eq!(lake.review(), [line("ada", "/in", "unreadable_key")]);
}

#[test]
fn without_users_there_is_none() {
    let lake = Lake::new();
    let record = lake.run(0, says(&[], &["/"]).but("users", broken));
    assert_eq!(record.outcome, Outcome::Partial);
    assert!(lake.current().table(REVIEW).is_none());
}

#[test]
fn when_it_cannot_be_made_the_rest_is_published_and_the_next_run_mends_it() {
    let lake = Lake::new();
    lake.run(0, says(&[("ada", 1, "")], &["/", "/in"]));
    let before = lake.review();
    // The folders' file was changed behind the lake's back, and is needed when the users are new.
    let current = lake.current();
    let file = lake.plan.paths.key(&current.table("folders").unwrap().files[0].path);
    lake.memory.damage(&file);
    let time = T0 + HOUR;
    let mut gateway = says(&[("ada", 1, ""), ("eve", 0, "")], &["/", "/in"]);
    let record = once(&lake.plan, time, &mut gateway, &Client::new(&lake.memory), &World::new(time, 1));
    assert_eq!(record.outcome, Outcome::Partial, "{}", record.to_text());
    let report = record.resources.iter().find(|resource| resource.name == REVIEW).unwrap();
    assert_eq!(report.error.as_ref().unwrap().code, "checksum_mismatch");
    assert_eq!(lake.current().table("users").unwrap().rows, 2);
    assert_eq!((lake.review(), lake.stale().unwrap().0.as_str()), (before, "checksum_mismatch"));
    // Mended, the review is made though its sources are as they were.
    lake.memory.damage(&file);
    let record = lake.run(2, says(&[("ada", 1, ""), ("eve", 0, "")], &["/", "/in"]));
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    assert_eq!(lake.review(), [line("ada", "/in", "unreadable_key"), line("eve", "/", "unreadable_key")]);
}

/// The rows of a snapshot's review, made by way of a page from the snapshot's other tables; without what ties rows to loads.
fn by_the_page(memory: &Memory, manifest: &Manifest) -> Vec<Map<String, Value>> {
    let mut tables = Tables::new();
    for table in manifest.tables.iter().filter(|table| table.schema.name != REVIEW) {
        for file in &table.files {
            tables.add(&table.schema, memory.bytes(&paths().key(&file.path)).unwrap()).unwrap();
        }
    }
    let mut work = Reviewing::new(&tables, "1").unwrap();
    while !work.step(&tables, 7).unwrap() {}
    let file = work.tables().file(0, 0).unwrap();
    bare(&gatelake::parquet::rows_json(&[file], 0, usize::MAX).unwrap())
}

fn bare(rows: &[String]) -> Vec<Map<String, Value>> {
    let rows = rows.iter().map(|row| serde_json::from_str::<Map<String, Value>>(row).unwrap());
    rows.map(|row| row.into_iter().filter(|(name, _)| !name.starts_with("_dlt_")).collect()).collect()
}

#[test]
fn runs_that_race_publish_reviews_of_the_tables_beside_them() {
    let mut raced = 0;
    for seed in 0..60 {
        let mut lake = Lake::new();
        lake.plan.budget.lease = false;
        lake.run(0, says(&[("ada", 1, "")], &["/", "/in"]));
        // The first brings new folders and no users, the second new users and no folders.
        let runs = vec![
            (1, says(&[], &["/", "/out"]).but("users", broken)),
            (2, says(&[("ada", 1, ""), ("bob", 0, "")], &[]).but("folders", broken)),
        ];
        let records = runs_at_once(&lake.memory, &lake.plan, runs, seed);
        check(&lake.memory, &paths());
        raced += usize::from(records[0].outcome == Outcome::Partial && records[1].operations.get > 6);
        for manifest in published(&lake.memory, &paths()) {
            let published = bare(&rows(&lake.memory, &paths(), &manifest, REVIEW));
            assert_eq!(published, by_the_page(&lake.memory, &manifest), "seed {seed}, {}", manifest.snapshot);
        }
    }
    assert!(raced > 0, "no seed made them meet");
}
