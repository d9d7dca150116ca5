//! The shapes of a gateway's answers: what is told, and that no value is.

use super::support::gateway::{Reply, Step, Web, gateway, token, v3};
use super::{assert_clean, failed, visit};
use gatelake::config::Gateway;
use gatelake::error::Result;
use gatelake::gateway::Kinds;
use gatelake::gateway::probe::{LOOKED_AT, Probe, Sight};
use serde_json::{Value, json};

const LOGIN: &str = "POST /backend/login";
const USERS: &str = "GET /backend/3.0.0/users";

fn probe(web: &Web, gateway: &Gateway) -> Result<Probe> {
    let probe = visit(web, gateway, async |session| session.probe().await)?;
    assert_clean(&serde_json::to_string(&probe).unwrap());
    Ok(probe)
}

/// A gateway of API 3 that answers so to users, and has nothing else.
fn with_users(reply: Reply) -> Web {
    Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [reply]).otherwise(|_| Reply::status(404))
}

fn users(reply: Reply) -> Sight {
    let probe = probe(&with_users(reply), &v3("")).unwrap();
    probe.resources.into_iter().find(|sight| sight.path == "/backend/3.0.0/users").unwrap()
}

/// Place: kinds and counts.
fn shape(sight: &Sight) -> Vec<String> {
    let kinds = |kinds: &Kinds| kinds.iter().map(|(kind, count)| format!(" {kind} {count}")).collect::<String>();
    sight.shape.iter().map(|(place, found)| format!("{place}:{}", kinds(found))).collect()
}

fn places(sight: &Sight) -> Vec<&str> {
    sight.shape.keys().map(String::as_str).collect()
}

#[test]
fn types_and_counts_by_place() {
    let body = r#" {"content": [
        {"id": 1, "username": "hunter2 a", "enabled": true, "quota": 1.5,
         "sshKeys": [{"value": "x"}, {"value": null}], "createdDate": "2026-11-23T18:00:00Z"},
        {"id": 2e3, "username": "hunter2 b", "homeFolder": {"id": 7}, "sshKeys": [], "enabled": "TRUE",
         "createdDate": "2026-11-23T18:00:00.5+01:00"},
        {"id": null, "sshKeys": [[]], "notes": "", "quota": "7", "createdDate": 1795456800}
    ], "totalElements": 3, "last": true} "#;
    for reply in [Reply::json(body), Reply::json(body).pieces(1, 1)] {
        let sight = users(reply.header("x-total-count", "3"));
        assert_eq!(
            shape(&sight),
            [
                ": object 1",
                "/content: array 1",
                "/content/*: object 3",
                "/content/*/createdDate: integer 1 text, time 2",
                "/content/*/enabled: boolean 1 text, boolean 1",
                "/content/*/homeFolder: object 1",
                "/content/*/homeFolder/id: integer 1",
                "/content/*/id: fraction 1 integer 1 null 1",
                "/content/*/notes: text, empty 1",
                "/content/*/quota: fraction 1 text, number 1",
                "/content/*/sshKeys: array 3",
                "/content/*/sshKeys/*: array 1 object 2",
                "/content/*/sshKeys/*/value: null 1 text 1",
                "/content/*/username: text 2",
                "/last: boolean 1",
                "/totalElements: integer 1",
            ]
        );
        assert_eq!((sight.status, sight.content_type.as_deref()), (200, Some("application/json")));
        assert_eq!((sight.records_at.as_deref(), sight.records), (Some("/content"), 3));
        assert_eq!((sight.bytes, sight.complete), (body.len() as u64, true));
        assert_eq!((sight.total_header, sight.next_link, sight.error.is_none()), (true, false, true));
    }
}

#[test]
fn the_printed_form_is_stable() {
    let web = Web::new()
        .on(LOGIN, [token("hunter2-t")])
        .on(USERS, [Reply::json(r#"[{"username":"hunter2 ü/1"}]"#)])
        .on("GET /backend/3.0.0/users/hunter2%20%C3%BC%2F1", [Reply::json(r#"{"notes":"x"}"#)])
        .otherwise(|_| Reply::json(r#"{"error":"x"}"#).but(404));
    let lines = "[gateway.files.resources]\nfolders = false";
    let probe = probe(&web, &v3(lines)).unwrap();
    let missing = |resource: &str, path: &str| {
        json!({
            "resource": resource, "path": path, "status": 404, "content_type": "application/json",
            "error": "not_found", "bytes": 0, "complete": false, "total_header": false, "next_link": false, "records_at": null, "records": 0,
            "shape": {},
        })
    };
    let there = |path: &str, bytes: u64, shape: Value| {
        json!({
            "resource": "users", "path": path, "status": 200, "content_type": "application/json", "error": null,
            "bytes": bytes, "complete": true, "total_header": false, "next_link": false, "records_at": "", "records": 1,
            "shape": shape,
        })
    };
    let one = |kind: &str| json!({ kind: 1 });
    let expected = json!({ "format": 1, "product": "gatelake 0.1.0", "api": 3, "login": "login", "resources": [
        missing("cloud_connections", "/backend/3.0.0/cloudconnections"),
        missing("folders", "/backend/3.0.0/folders"),
        there("/backend/3.0.0/users", 29, json!({ "": one("array"), "/*": one("object"), "/*/username": one("text") })),
        there("/backend/3.0.0/users/{username}", 13, json!({ "": one("object"), "/notes": one("text") })),
        missing("diagnostics", "/backend/diagnostics"),
    ] });
    // Printed, so that the order of the keys counts too.
    assert_eq!(serde_json::to_string_pretty(&probe).unwrap(), serde_json::to_string_pretty(&expected).unwrap());
    assert_eq!(web.logins(), 1);
    assert!(web.lines().iter().all(|line| !line.contains('?') && !line.contains("backup")), "{:?}", web.lines());
}

#[test]
fn a_backup_is_looked_at_only_when_it_is_switched_on() {
    let asked = |lines: &str| {
        let web = Web::new().on(LOGIN, [token("hunter2-t")]).otherwise(|_| Reply::json("{}"));
        probe(&web, &v3(lines)).unwrap().resources.iter().any(|sight| sight.resource == "backup")
    };
    assert!(asked("[gateway.files.resources]\nbackup = true") && !asked(""));
}

#[test]
fn the_other_generation_has_its_own_resources() {
    let web = Web::new()
        .on(LOGIN, [Reply::status(200).header("authorization", "Bearer hunter2-t")])
        .on("GET /backend/api/users", [Reply::json(r#"{"users":[{"username":"hunter2","sharedDir":"TRUE"}]}"#)])
        .on("GET /backend/api/s3encryption", [Reply::json(r#"["1"]"#)])
        .on("GET /backend/diagnostics", [Reply::json(r#"{"version":"2"}"#)]);
    let v2 = gateway("username = \"webadmin\"\npassword_secret = \"PASSWORD\"");
    let probe = probe(&web, &v2).unwrap();
    assert_eq!((probe.api, probe.login), (2, "v2-header"));
    let seen: Vec<(&str, u16, u64)> =
        probe.resources.iter().map(|sight| (sight.path, sight.status, sight.records)).collect();
    assert_eq!(
        seen,
        [("/backend/api/users", 200, 1), ("/backend/diagnostics", 200, 1), ("/backend/api/s3encryption", 200, 1)]
    );
    assert_eq!(places(&probe.resources[0]), ["", "/users", "/users/*", "/users/*/sharedDir", "/users/*/username"]);
}

/// Numbers, texts and names of all kinds, each with the marker in it.
#[test]
fn no_value_and_no_name_that_is_data_comes_out() {
    let body = r#"{"users":{
        "hunter2":{"enabled":true,"role":"hunter2"}, "hunter2@files.example":{"enabled":false}, "Hunter hunter2":{},
        "alice":{"keys":["ssh-rsa hunter2"]}, "bob_the_admin":{}, "user17":{}, "42":{"id":271828},
        "-----BEGIN OPENSSH PRIVATE KEY-----hunter2":1, "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJodW50ZXIyIn0.c2ln":1,
        "AKIAIOSFODNN7EXAMPLE":1, "$2a$10$hunter2":1, "/home/hunter2":1, "":1, "näme":1, "<key>":1, "*":1, "a~b/c":1},
        "passwordHash":"hunter2","secretAccessKey":"hunter2"}"#;
    let sight = users(Reply::json(body));
    assert_eq!(
        places(&sight),
        [
            "",
            "/passwordHash",
            "/secretAccessKey",
            "/users",
            "/users/<key>",
            "/users/<key>/enabled",
            "/users/<key>/id",
            "/users/<key>/keys",
            "/users/<key>/keys/*",
            "/users/<key>/role"
        ]
    );
    let masked = &sight.shape["/users/<key>"];
    assert_eq!((masked["object"], masked["integer"]), (7, 10));
    assert_eq!(sight.error, Some("unknown_shape"));
    let printed = serde_json::to_string(&sight).unwrap();
    for value in ["alice", "bob", "user17", "271828", "AKIA", "eyJ", "BEGIN", "42"] {
        assert!(!printed.contains(value), "{value}: {printed}");
    }
}

#[test]
fn an_unknown_name_that_nearly_all_have_is_a_fields() {
    let list = |n: usize, with: usize| {
        let one = |i: usize| if i < with { r#"{"flurbo":1,"x y":1}"# } else { r#"{"id":1}"# };
        format!("[{}]", (0..n).map(one).collect::<Vec<_>>().join(","))
    };
    for (n, with, shown) in [(19, 19, false), (20, 20, true), (20, 18, true), (20, 17, false), (1, 1, false)] {
        let sight = users(Reply::json(list(n, with)));
        assert_eq!(places(&sight).contains(&"/*/flurbo"), shown, "{with} of {n}");
        assert!(places(&sight).contains(&"/*/<key>"), "{with} of {n}");
    }
}

#[test]
fn only_the_beginning_of_a_long_answer_is_looked_at() {
    let record = format!(r#"{{"username":"hunter2","notes":"{}"}}"#, "x".repeat(1000));
    let many = vec![record.as_str(); 2 * LOOKED_AT / record.len()].join(",");
    let sight = users(Reply::json(format!(r#"{{"users":[{many}],"total":1}}"#)).pieces(100_000, 1));
    assert_eq!((sight.bytes, sight.complete), (LOOKED_AT as u64, false));
    assert_eq!((sight.records_at.as_deref(), sight.error.is_none()), (Some("/users"), true));
    let records = sight.records;
    assert!(records > 900 && records < 1100, "{records}");
    // The record that is cut does not count, so none seems to lack a key.
    for place in ["/users/*", "/users/*/username", "/users/*/notes"] {
        assert_eq!(sight.shape[place].values().sum::<u64>(), records, "{place}");
    }
    assert!(!sight.shape.contains_key("/total"));
    // What ends exactly there is whole.
    let exact = format!("[{}]", " ".repeat(LOOKED_AT - 2));
    let sight = users(Reply::json(exact));
    assert_eq!((sight.bytes, sight.complete, sight.error.is_none()), (LOOKED_AT as u64, true, true));
}

#[test]
fn what_goes_wrong_stands_at_its_resource() {
    for (reply, status, code) in [
        (Reply::json(r#"{"error":"access_denied","message":"hunter2"}"#).but(403), 403, "access_denied"),
        (Reply::html("<title>SFTP Gateway hunter2</title>"), 200, "html_instead_of_json"),
        (Reply::html("<title>Sign in</title>").but(403), 403, "blocked"),
        (Reply::status(302).header("location", "https://evil.example/?hunter2"), 302, "redirected"),
        (Reply::status(502), 502, "service_down"),
        (Reply::broken("reset"), 0, "connection_failed"),
        (Reply::json(r#"[{"username":"hunter2"}, {"hunter2"]"#), 200, "invalid_json"),
        (Reply::json(r#"[{"username":"hunter2"}, {"#), 200, "cut_body"),
        (Reply::json(r#"[{"username":"hunter2"}, "#).then(Step::Stall), 200, "timeout"),
        (Reply::json(r#"[{"username":"hunter2"}, "#).then(Step::Break("hunter2".into())), 200, "connection_failed"),
        (Reply::json(r#"["hunter2"]"#), 200, "not_records"),
        (Reply::json(r#""hunter2""#), 200, "unknown_shape"),
        (Reply::json(r#"{"result":{"users":[{"username":"hunter2"}]}}"#), 200, "unknown_shape"),
        (Reply::json(format!("{}1{}", "[".repeat(300), "]".repeat(300))), 200, "invalid_json"),
    ] {
        let sight = users(reply.clone());
        assert_eq!((sight.status, sight.error), (status, Some(code)), "{reply:?}");
        assert_eq!(sight.shape.is_empty(), sight.bytes == 0, "{reply:?}");
    }
    // Where a run finds nothing, the shape shows what there is.
    let sight = users(Reply::json(r#"{"result":{"users":[{"username":"hunter2"}]}}"#));
    assert_eq!(places(&sight), ["", "/result", "/result/users", "/result/users/*", "/result/users/*/username"]);
}

#[test]
fn refused_credentials_end_it() {
    let web = Web::new().on(LOGIN, [Reply::status(403)]);
    assert_eq!(failed(probe(&web, &v3(""))).code(), "login_refused");

    let web = Web::new().on(LOGIN, [token("hunter2-t")]).otherwise(|_| Reply::status(401));
    let found = probe(&web, &v3("")).unwrap();
    assert_eq!(found.resources.len(), 1);
    assert_eq!(found.resources[0].error, Some("token_refused"));
    assert_eq!(web.logins(), 2);

    let web = Web::new().otherwise(|_| Reply::json("[]"));
    assert_eq!(probe(&web, &gateway("token_secret = \"TOKEN\"")).unwrap().login, "token");
}
