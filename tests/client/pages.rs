//! Whole resources: every envelope, every way of paging, and what is no whole resource.

use super::support::gateway::{Kept, Reply, Sent, Step, Web, gateway, token, v3};
use super::{failed, pull, users, visit};
use gatelake::config::Gateway;
use gatelake::error::{Kind, Result};
use gatelake::run::Traffic;

const LOGIN: &str = "POST /backend/login";
const USERS: &str = "GET /backend/3.0.0/users";

/// How a server lays out a page of records: `number`, `size`, records of the page as JSON, records in all.
type Layout = fn(u64, u64, &[String], u64) -> String;

fn last(number: u64, size: u64, total: u64) -> bool {
    (number + 1) * size >= total
}

const SPRING: Layout = |number, size, page, total| {
    format!(
        r#"{{"content":[{}],"pageable":{{"sort":{{"sorted":false}},"pageNumber":{number},"pageSize":{size}}},"totalElements":{total},"totalPages":{},"last":{},"first":{},"number":{number},"size":{size},"numberOfElements":{},"sort":[{{"property":"id"}}],"empty":{}}}"#,
        page.join(","),
        total.div_ceil(size),
        last(number, size, total),
        number == 0,
        page.len(),
        page.is_empty()
    )
};
const SPRING_NEW: Layout = |number, size, page, total| {
    format!(
        r#"{{"content":[{}],"page":{{"size":{size},"number":{number},"totalElements":{total},"totalPages":{}}}}}"#,
        page.join(","),
        total.div_ceil(size)
    )
};
const SNAKE: Layout = |number, size, page, total| {
    format!(
        r#"{{"total_elements":{total},"total_pages":{},"number":{number},"size":{size},"users":[{}]}}"#,
        total.div_ceil(size),
        page.join(",")
    )
};
const HAL: Layout = |number, size, page, total| {
    format!(
        r#"{{"_embedded":{{"users":[{}]}},"_links":{{"self":{{"href":"x"}}}},"page":{{"size":{size},"totalElements":{total},"totalPages":{},"number":{number}}}}}"#,
        page.join(","),
        total.div_ceil(size)
    )
};
const COUNTED: Layout = |_, _, page, total| format!(r#"{{"items":[{}],"total":{total}}}"#, page.join(","));
const BARE: Layout = |_, _, page, _| format!("[{}]", page.join(","));

fn user(n: u64) -> String {
    format!(r#"{{"id":{n},"username":"user{n}"}}"#)
}

/// Page and size that a request asks for; `None` where it does not.
fn asked(sent: &Sent) -> (Option<u64>, Option<u64>) {
    let query = sent.line.split_once('?').map(|(_, query)| query).unwrap_or_default();
    let value = |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.parse().ok());
    (value("page="), value("size="))
}

/// A server with `total` users, in pages of `size` unless it is asked for others.
fn server(layout: Layout, total: u64, size: u64) -> Web {
    Web::new().on(LOGIN, [token("hunter2-t")]).otherwise(move |sent| {
        let (number, asked) = asked(sent);
        let (number, size) = (number.unwrap_or(0), asked.unwrap_or(size));
        let page: Vec<String> = (number * size..(number * size + size).min(total)).map(user).collect();
        Reply::json(layout(number, size, &page, total))
    })
}

/// A server that gives these bodies in turn.
fn saying(bodies: &[&str]) -> Web {
    Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, bodies.iter().map(|body| Reply::json(*body)))
}

fn ids(kept: &Kept) -> Vec<u64> {
    let id = |record: &String| serde_json::from_str::<serde_json::Value>(record).unwrap()["id"].as_u64().unwrap();
    kept.records.iter().map(id).collect()
}

fn with_size(size: u32) -> Gateway {
    v3(&format!("[gateway.files.resources]\nusers = {{ page_size = {size} }}"))
}

#[test]
fn every_envelope_gives_the_same_records() {
    let records = r#"[{"id":1,"keys":[{"id":9}]},{"id":2}]"#;
    for body in [
        "RECORDS",
        r#"{"users":RECORDS}"#,
        r#"{"content":RECORDS}"#,
        r#"{"data":RECORDS,"success":true}"#,
        r#"{"items":RECORDS,"count":2}"#,
        r#"{"_embedded":{"userList":RECORDS},"_links":{"self":{"href":"x"}}}"#,
        r#"{"status":"ok","users":RECORDS,"warnings":[]}"#,
        r#"{"anything":RECORDS}"#,
        r#"{"meta":{"totalElements":7},"users":RECORDS}"#,
    ] {
        for piece in [1, 7, 4096] {
            let reply = Reply::json(body.replace("RECORDS", records)).pieces(piece, 0);
            let web = Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [reply]);
            let kept = users(&web, &v3("")).unwrap_or_else(|error| panic!("{body}: {error}"));
            assert_eq!(kept.records, [r#"{"id":1,"keys":[{"id":9}]}"#, r#"{"id":2}"#], "{body}");
            assert_eq!(web.lines(), [LOGIN, USERS], "no paging where the server shows none: {body}");
        }
    }
    for body in [
        "[]",
        r#"{"users":[]}"#,
        r#"{"content":[],"totalElements":0,"totalPages":0,"last":true}"#,
        r#"{"_embedded":{"users":[]}}"#,
    ] {
        assert!(users(&saying(&[body]), &v3("")).unwrap().records.is_empty(), "{body}");
    }
}

/// Never no rows because nobody knew where to look.
#[test]
fn an_unknown_shape_names_what_it_found() {
    for (body, code, says) in [
        ("{}", "unknown_shape", "no list of records"),
        (r#"{"error":"none","hint":3}"#, "unknown_shape", "error, hint"),
        (r#"{"a":[{"x":1}],"b":[{"y":1}]}"#, "ambiguous_envelope", "/a and /b"),
        (r#"{"users":["alice"]}"#, "unknown_shape", "users"),
        (r#"["alice"]"#, "not_records", "other than objects"),
        (r#"{"page":{"totalElements":0}}"#, "unknown_shape", "page"),
        ("null", "unknown_shape", "no object"),
    ] {
        let error = failed(users(&saying(&[body]), &v3("")));
        assert_eq!((error.code(), error.kind()), (code, Kind::Upstream), "{body}: {error}");
        assert!(error.to_string().contains(says), "{body}: {error}");
    }
}

#[test]
fn pages_are_followed_once_the_server_shows_some() {
    for layout in [SPRING, SPRING_NEW, SNAKE, HAL] {
        for (total, pages) in [(0, 1), (1, 1), (3, 1), (4, 2), (6, 2), (7, 3)] {
            let web = server(layout, total, 3);
            let kept = users(&web, &v3("")).unwrap();
            assert_eq!(ids(&kept), (0..total).collect::<Vec<_>>());
            let asked: Vec<String> = (1..pages).map(|page| format!("{USERS}?page={page}&size=3")).collect();
            assert_eq!(web.lines()[1..], [vec![USERS.to_owned()], asked].concat(), "{total}");
        }
    }
}

#[test]
fn pages_are_asked_for_when_configured() {
    for layout in [SPRING, SPRING_NEW, SNAKE, HAL, COUNTED, BARE] {
        for total in [0, 1, 2, 3, 4, 5] {
            let web = server(layout, total, 1000);
            let kept = users(&web, &with_size(2)).unwrap();
            assert_eq!(ids(&kept), (0..total).collect::<Vec<_>>());
            assert_eq!(web.lines()[1], format!("{USERS}?page=0&size=2"));
        }
    }
    // More than a page at once is everything.
    assert_eq!(users(&saying(&[r#"[{"id":1},{"id":2},{"id":3}]"#]), &with_size(2)).unwrap().records.len(), 3);
}

#[test]
fn headers_tell_about_pages_too() {
    let page = |body: &str| Reply::json(body).header("x-total-count", "3");
    let web = Web::new()
        .on(LOGIN, [token("hunter2-t")])
        .on(&format!("{USERS}?page=0&size=2"), [page(r#"[{"id":1},{"id":2}]"#)])
        .on(&format!("{USERS}?page=1&size=2"), [page(r#"[{"id":3}]"#)]);
    assert_eq!(ids(&users(&web, &with_size(2)).unwrap()), [1, 2, 3]);

    let link = r#"<https://files.example/backend/3.0.0/users?page=1>; rel="next""#;
    let web = Web::new()
        .on(LOGIN, [token("hunter2-t")])
        .on(USERS, [Reply::json(r#"[{"id":1},{"id":2}]"#).header("link", link)])
        .on(&format!("{USERS}?page=1&size=2"), [Reply::json(r#"[{"id":3}]"#)]);
    assert_eq!(ids(&users(&web, &v3("")).unwrap()), [1, 2, 3]);

    let web = Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [page(r#"[{"id":1}]"#)]);
    assert_eq!(failed(users(&web, &v3(""))).code(), "incomplete");
}

#[test]
fn fewer_records_than_the_server_says_are_an_error() {
    for (body, says) in [
        (r#"{"users":[{"id":1}],"total":2}"#, "1 of 2"),
        (r#"{"content":[{"id":1}],"totalElements":3,"totalPages":1,"last":true}"#, "1 of 3"),
        (r#"{"content":[{"id":1},{"id":2}],"page":{"totalElements":1,"totalPages":1,"number":0,"size":20}}"#, "2 of 1"),
        (r#"{"content":[],"totalElements":3,"last":true}"#, "0 of 3"),
    ] {
        let web = saying(&[body]);
        let error = failed(users(&web, &v3("")));
        assert_eq!((error.code(), error.kind(), web.lines().len()), ("incomplete", Kind::Upstream, 2), "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
}

/// Rows that come or go while pages are read shift all that follow: some would be missing, others twice.
#[test]
fn a_list_that_changes_while_it_is_read_is_read_anew() {
    let page = |number: u64, ids: &[u64], total: u64| {
        let page: Vec<String> = ids.iter().map(|id| user(*id)).collect();
        Reply::json(SPRING(number, 2, &page, total))
    };
    let second = format!("{USERS}?page=1&size=2");
    let third = format!("{USERS}?page=2&size=2");
    // One goes, and the next page has skipped another; one comes, and the next page repeats another.
    for moved in [
        [page(1, &[4], 3), page(1, &[3, 4], 4)],
        [page(1, &[2, 3], 5), page(1, &[3, 4], 4)],
        [page(1, &[], 2), page(1, &[3, 4], 4)],
    ] {
        let web = Web::new()
            .on(LOGIN, [token("hunter2-t")])
            .on(USERS, [page(0, &[1, 2], 4)])
            .on(&second, moved)
            .on(&third, [page(2, &[4], 5)]);
        let kept = users(&web, &v3("")).unwrap();
        assert_eq!((ids(&kept), kept.restarts), (vec![1, 2, 3, 4], 2));
    }
    // One that goes on so is given up.
    let web =
        Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [page(0, &[1, 2], 4)]).on(&second, [page(1, &[], 4)]);
    let error = failed(users(&web, &v3("")));
    assert_eq!((error.code(), error.kind()), ("incomplete", Kind::Transient));
    assert_eq!(web.lines().len(), 1 + 6 * 2);
}

#[test]
fn a_server_that_ignores_the_page_is_found_out() {
    for (layout, gateway) in [(SPRING, v3("")), (SPRING_NEW, v3("")), (BARE, with_size(2)), (COUNTED, with_size(2))] {
        let web = Web::new()
            .on(LOGIN, [token("hunter2-t")])
            .otherwise(move |_| Reply::json(layout(0, 2, &[user(1), user(2)], 5)));
        let error = failed(users(&web, &gateway));
        assert_eq!((error.code(), error.kind(), web.lines().len()), ("page_ignored", Kind::Upstream, 3));
        assert!(error.remedy().is_some_and(|help| help.contains("page_size")), "{error}");
    }
}

#[test]
fn pages_without_end_end() {
    let mut gateway = v3("");
    gateway.limits.requests = 20;
    let web = Web::new().on(LOGIN, [token("hunter2-t")]).otherwise(|sent| {
        let number = asked(sent).0.unwrap_or(0);
        Reply::json(SPRING(number, 1, &[user(number)], 1_000_000))
    });
    let error = failed(users(&web, &gateway));
    assert_eq!((error.code(), web.lines().len()), ("request_budget", 20));

    let mut gateway = v3("");
    gateway.limits.resource_bytes = 1 << 20;
    let web = server(SPRING, 1_000_000, 1000);
    let error = failed(users(&web, &gateway));
    assert_eq!((error.code(), error.kind()), ("resource_too_large", Kind::Limit));
    assert!(error.to_string().contains("limits.resource_mib"), "{error}");
}

#[test]
fn a_body_that_breaks_off_begins_the_resource_anew() {
    let whole = r#"[{"id":1},{"id":2}]"#;
    let half = || Reply::json(r#"[{"id":1},{"i"#);
    for broken in [half(), half().then(Step::Break("reset".into())), half().then(Step::Stall), Reply::json("")] {
        let web = Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [broken.clone(), Reply::json(whole)]);
        let kept = users(&web, &v3("")).unwrap_or_else(|error| panic!("{broken:?}: {error}"));
        assert_eq!(ids(&kept), [1, 2], "{broken:?}");
        assert_eq!(web.lines(), [LOGIN, USERS, USERS], "{broken:?}");
    }
    // A list cut right behind a record is cut all the same.
    let web = Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [Reply::json(r#"[{"id":1}"#)]);
    let error = failed(users(&web, &v3("")));
    assert_eq!((error.code(), error.kind(), web.lines().len()), ("cut_body", Kind::Transient, 7));
    // What is wrong, not cut, will not be better next time.
    for (body, code) in [
        (r#"[{"id":1},}]"#, "invalid_json"),
        (r#"[{"id":1}]]"#, "invalid_json"),
        ("[{\"a\":\"\u{1}\"}]", "invalid_json"),
    ] {
        let web = Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [Reply::json(body)]);
        let error = failed(users(&web, &v3("")));
        assert_eq!((error.code(), error.kind(), web.lines().len()), (code, Kind::Data, 2), "{body}");
        assert!(error.place().is_some_and(|at| at.contains("byte")), "{error}");
    }
    let web = Web::new()
        .on(LOGIN, [token("hunter2-t")])
        .on(USERS, [Reply::json("").then(Step::Bytes(b"[{\"a\":\"\xff\xfe\"}]".to_vec()))]);
    assert_eq!(failed(users(&web, &v3(""))).code(), "invalid_json");
}

#[test]
fn a_broken_second_page_begins_at_the_first() {
    let page = |number: u64| {
        let page: Vec<String> = (number * 2..number * 2 + 2).map(user).collect();
        Reply::json(SPRING(number, 2, &page, 4))
    };
    let second = format!("{USERS}?page=1&size=2");
    let web = Web::new()
        .on(LOGIN, [token("hunter2-t")])
        .on(USERS, [page(0)])
        .on(&second, [Reply::json(r#"{"content":[{"id""#), page(1)]);
    let kept = users(&web, &v3("")).unwrap();
    assert_eq!((ids(&kept), kept.restarts), (vec![0, 1, 2, 3], 2));
    assert_eq!(web.lines(), [LOGIN, USERS, &second, USERS, &second]);
    // A page that does not come at all is asked for again by itself.
    let web =
        Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, [page(0)]).on(&second, [Reply::status(502), page(1)]);
    let kept = users(&web, &v3("")).unwrap();
    assert_eq!((kept.restarts, web.lines()), (1, vec![LOGIN.into(), USERS.into(), second.clone(), second]));
}

fn bring(web: &Web, gateway: &Gateway, table: &str) -> (Result<()>, Kept, Traffic) {
    visit(web, gateway, async |session| pull(session, gateway, table).await)
}

#[test]
fn resources_that_are_no_lists_come_as_they_are() {
    let body = r#"{"disk":{"free":1},"nodes":[{"a":1}]}"#;
    let web = Web::new().on(LOGIN, [token("hunter2-t")]).on("GET /backend/diagnostics", [Reply::json(body)]);
    let (result, kept, traffic) = bring(&web, &v3(""), "diagnostics");
    result.unwrap();
    assert_eq!(kept.records, [body]);
    assert_eq!((traffic.pages, traffic.requests, traffic.bytes), (1, 2, body.len() as u64));

    let v2 = gateway("username = \"webadmin\"\npassword_secret = \"PASSWORD\"\napi = 2");
    let login = Reply::status(200).header("authorization", "Bearer hunter2-t");
    for (body, records) in [
        (r#"["1","4"]"#, vec![r#""1""#, r#""4""#]),
        (r#"[{"value":"1"}]"#, vec![r#"{"value":"1"}"#]),
        (r#"{"levels":[{"value":"1"}]}"#, vec![r#"{"value":"1"}"#]),
    ] {
        let web = Web::new().on(LOGIN, [login.clone()]).on("GET /backend/api/s3encryption", [Reply::json(body)]);
        let (result, kept, _) = bring(&web, &v2, "s3_encryption_levels");
        result.unwrap();
        assert_eq!(kept.records, records);
    }
}

#[test]
fn a_resource_of_the_other_generation_is_not_asked_for() {
    let pair = "client_id = \"client\"\nclient_secret_secret = \"CLIENT\"";
    let any = gateway(&format!("username = \"webadmin\"\npassword_secret = \"PASSWORD\"\n{pair}"));
    let web = Web::new()
        .on(LOGIN, [Reply::status(415), Reply::status(200).header("authorization", "Bearer hunter2-t")])
        .on("POST /backend/oauth/token", [Reply::status(404)]);
    let (result, _, traffic) = bring(&web, &any, "folders");
    let error = failed(result);
    assert_eq!((error.code(), error.kind(), traffic.requests), ("not_offered", Kind::Config, 3));
}
