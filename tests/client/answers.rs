//! What comes back instead of data: statuses, redirects, pages for people, waits and broken connections.

use super::support::gateway::{ACCESS, Reply, Step, Web, gateway, token, v3};
use super::{failed, users, visit};
use gatelake::error::Kind;
use gatelake::host::Host;

const LOGIN: &str = "POST /backend/login";
const USERS: &str = "GET /backend/3.0.0/users";

fn answering(replies: impl IntoIterator<Item = Reply>) -> Web {
    Web::new().on(LOGIN, [token("hunter2-t")]).on(USERS, replies)
}

fn data() -> Reply {
    Reply::json(r#"[{"a":1}]"#)
}

/// Requests for users, tries included.
fn tries(web: &Web) -> usize {
    web.lines().iter().filter(|line| line.starts_with("GET")).count()
}

#[test]
fn every_answer_says_what_to_do() {
    let json = |status, text: &str| Reply::json(text).but(status);
    let spring = r#"{"timestamp":"2026-11-23T18:00:00Z","status":500,"error":"Internal Server Error","path":"/x"}"#;
    for (reply, code, kind, says, tried) in [
        (json(403, r#"{"error":"access_denied"}"#), "access_denied", Kind::Config, "may not read this", 1),
        (Reply::html("<h1>Forbidden</h1>").but(403), "blocked", Kind::Config, "service token", 1),
        (Reply::status(404), "not_found", Kind::Config, "API 2 has it at /backend/api/users", 1),
        (json(400, r#"{"message":"Bad Request"}"#), "refused_request", Kind::Upstream, "400: Bad Request", 1),
        (json(409, r#"{"message":"Entry Already Exists"}"#), "refused_request", Kind::Upstream, "Already", 1),
        (Reply::status(418), "refused_request", Kind::Upstream, "418", 1),
        (Reply::status(204), "empty_body", Kind::Transient, "empty", 6),
        (Reply::json(" \n "), "empty_body", Kind::Transient, "empty", 6),
        (Reply::status(408), "server_busy", Kind::Transient, "408", 6),
        (Reply::status(429), "rate_limited", Kind::Transient, "slow down", 6),
        (json(500, spring), "server_error", Kind::Transient, "500: Internal Server Error", 6),
        (Reply::html("<h1>502 Bad Gateway</h1>").but(502), "service_down", Kind::Transient, "not up", 6),
        (Reply::status(503), "service_down", Kind::Transient, "not up", 6),
        (Reply::status(504), "service_down", Kind::Transient, "not up", 6),
        (Reply::status(520), "unreachable", Kind::Transient, "Cloudflare does not reach", 6),
        (Reply::status(522), "unreachable", Kind::Transient, "firewall", 6),
        (Reply::status(530), "unreachable", Kind::Transient, "tunnel", 6),
        (Reply::status(525), "certificate", Kind::Config, "binding:NAME", 1),
        (Reply::status(526), "certificate", Kind::Config, "self-signed", 1),
        (Reply::broken("connection reset by peer"), "connection_failed", Kind::Transient, "reset by peer", 6),
        (Reply::broken("self-signed certificate in chain"), "certificate", Kind::Config, "noTLSVerify", 1),
        (Reply::broken("TLS: UNABLE_TO_VERIFY_LEAF_SIGNATURE"), "certificate", Kind::Config, "self-signed", 1),
        (Reply::silent(), "timeout", Kind::Transient, "no answer came within 30 s", 6),
        (Reply::html("<!DOCTYPE html><title>SFTP</title>"), "html_instead_of_json", Kind::Upstream, "base_url", 1),
        (Reply::json("\n <html>"), "html_instead_of_json", Kind::Upstream, "web page", 1),
        (Reply::html(""), "empty_body", Kind::Transient, "empty", 6),
        (Reply::status(200).body("OK"), "not_json", Kind::Upstream, "without a content type", 1),
        (Reply::status(200).header("content-type", "text/csv").body("a,b"), "not_json", Kind::Upstream, "text/csv", 1),
        (Reply::status(200).header("content-type", "text/plain").body("12"), "not_json", Kind::Upstream, "plain", 1),
        (Reply::json("12"), "unknown_shape", Kind::Upstream, "no object and no list", 1),
        (json(200, r#"{"status":"ok","n":1}"#), "unknown_shape", Kind::Upstream, "status, n", 1),
        (Reply::json(" ".repeat(1 << 17)).pieces(1 << 12, 0), "empty_body", Kind::Transient, "empty", 6),
    ] {
        let web = answering([reply.clone()]);
        let error = failed(users(&web, &v3("")));
        assert_eq!((error.code(), error.kind(), tries(&web)), (code, kind, tried), "{reply:?}: {error}");
        assert!(error.to_string().contains(says), "{reply:?}: {error}");
        let place = error.place().unwrap_or_default();
        assert!(place.contains("gateway files, https://files.example/backend/3.0.0/users"), "{reply:?}: {error}");
        assert_eq!(web.logins(), 1, "{reply:?}");
    }
}

#[test]
fn a_page_for_people_is_known_by_all_of_it() {
    let page = format!("<!DOCTYPE html><head>{}</head><input type=\"password\">", " ".repeat(500));
    for reply in [Reply::html(&page).pieces(16, 1), Reply::html(&page)] {
        let web = answering([reply]);
        let error = failed(users(&web, &v3("")));
        assert_eq!(error.code(), "login_page");
        assert!(error.remedy().is_some_and(|help| help.contains("cf-access-client-id")), "{error}");
    }
    // One that never ends is left, and one that goes on and on is not read.
    let web = answering([Reply::html("<html>").then(Step::Stall)]);
    assert_eq!(failed(users(&web, &v3(""))).code(), "html_instead_of_json");
    let web = answering([Reply::html(&"<p>".repeat(1000)).pieces(1, 20_000)]);
    assert_eq!(failed(users(&web, &v3(""))).code(), "html_instead_of_json");
    assert!(web.clock.now() - super::support::world::T0 < 120_000);
}

#[test]
fn redirects_are_followed_on_the_origin_alone() {
    let to = |status, location: &str| Reply::status(status).header("location", location);
    for location in [
        "/backend/3.0.0/users/",
        "https://files.example:443/backend/3.0.0/users/",
        "users/",
        "//files.example/backend/3.0.0/users/",
    ] {
        let web = answering([to(302, location)])
            .on("GET /backend/3.0.0/users/", [data()])
            .on("GET :443/backend/3.0.0/users/", [data()]);
        assert_eq!(users(&web, &v3("")).unwrap().records.len(), 1, "{location}");
        assert_eq!(web.sent.borrow()[2].header("authorization"), Some("Bearer hunter2-t"));
    }
    for (location, code, says) in [
        ("https://evil.example/backend?x=hunter2", "redirected", "https://evil.example, which is not followed"),
        ("http://files.example/backend/3.0.0/users", "redirected", "http://files.example"),
        ("https://files.example:8443/", "redirected", "https://files.example:8443"),
        ("https://hunter2:x@files.example/", "redirected", "unreadable URL"),
        ("//169.254.169.254/latest/", "redirected", "169.254.169.254"),
        ("https://team.cloudflareaccess.com/cdn-cgi/access/login?x=hunter2", "redirected", "cf-access-client-id"),
        ("https://login.microsoftonline.com/x/saml2", "redirected", "exempt /backend/"),
        ("/login", "login_page", "sign-in page"),
        ("/backend/3.0.0/users", "redirected", "within itself"),
        ("", "redirected", "unreadable URL"),
    ] {
        let web = answering([to(302, location)]).on("GET /login", [Reply::html("<form>Log in</form>")]);
        let error = failed(users(&web, &v3("")));
        assert_eq!(error.code(), code, "{location}: {error}");
        assert!(error.to_string().contains(says), "{location}: {error}");
        assert!(tries(&web) <= 4, "{location}");
    }
    assert_eq!(failed(users(&answering([Reply::status(304)]), &v3(""))).code(), "redirected");
}

#[test]
fn a_server_that_asks_to_wait_is_obeyed() {
    let date = "Mon, 23 Nov 2026 18:00:12 GMT"; // twelve seconds after the run began
    for (value, least, most) in [
        ("7", 7000, 7200),
        (date, 12_000, 12_200),
        ("Mon, 23 Nov 2026 17:00:00 GMT", 0, 200),
        ("0", 0, 200),
        ("soon", 200, 600),
    ] {
        for status in [429, 503] {
            let busy = Reply::status(status).header("retry-after", value);
            let web = answering([busy, data()]);
            users(&web, &v3("")).unwrap();
            let waits = web.clock.waits.borrow();
            assert!(matches!(waits.as_slice(), [wait] if (least..=most).contains(wait)), "{value}: {waits:?}");
        }
    }
    for value in ["3600", "99999999999999999999999", "Mon, 23 Nov 2099 18:00:12 GMT"] {
        let web = answering([Reply::status(429).header("retry-after", value)]);
        let error = failed(users(&web, &v3("")));
        assert_eq!((error.code(), tries(&web)), ("rate_limited", 1));
        assert!(error.to_string().contains("more than the 780 s that the run has left"), "{error}");
        assert!(web.clock.waits.borrow().is_empty());
    }
}

#[test]
fn waits_between_tries_grow_within_bounds_and_differ() {
    let web = answering([Reply::status(503)]);
    failed(users(&web, &v3("")));
    let waits = web.clock.waits.borrow().clone();
    assert_eq!(waits.len(), 5);
    let mut longest = 600;
    for wait in &waits {
        assert!((200..=longest).contains(wait), "{waits:?}");
        longest = (wait * 3).min(15_000);
    }
    assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");

    let mut gateway = v3("");
    gateway.limits.retries = 0;
    let web = answering([Reply::status(503), data()]);
    assert_eq!(failed(users(&web, &gateway)).code(), "service_down");
}

#[test]
fn the_run_ends_in_time() {
    // A server that never answers: tries of 30 s each until the deadline, and not a moment longer.
    for seconds in [5, 31, 100] {
        let mut gateway = v3("");
        gateway.limits.deadline_ms = seconds * 1000;
        gateway.limits.retries = 1000;
        let web = answering([Reply::silent()]);
        let error = failed(users(&web, &gateway));
        assert!(["deadline", "timeout"].contains(&error.code()), "{error}");
        let took = web.clock.now() - super::support::world::T0;
        assert!(took <= seconds as i64 * 1000, "{took} ms of {seconds} s");
    }
    let mut gateway = v3("");
    gateway.limits.deadline_ms = 20_000;
    let web = answering([Reply::silent()]);
    let error = failed(users(&web, &gateway));
    assert_eq!((error.code(), error.kind()), ("deadline", Kind::Limit));
    // A slow answer is no failure as long as something keeps coming.
    let web = answering([Reply::json(r#"[{"a":1},{"a":2}]"#).pieces(4, 29_000).after(29_000)]);
    assert_eq!(users(&web, &v3("")).unwrap().records.len(), 2);
    let web = answering([Reply::json("[1,").then(Step::Stall)]);
    let error = failed(users(&web, &v3("")));
    assert_eq!(error.code(), "not_records");
    let web = answering([Reply::json(r#"[{"a":1},"#).then(Step::Stall)]);
    let error = failed(users(&web, &v3("")));
    assert_eq!((error.code(), tries(&web)), ("timeout", 6));
    assert!(error.to_string().contains("stalled"), "{error}");
}

#[test]
fn requests_are_counted_and_bounded() {
    let mut gateway = v3("");
    gateway.limits.requests = 3;
    let web = answering([Reply::status(503)]);
    let error = failed(users(&web, &gateway));
    assert_eq!((error.code(), error.kind(), web.lines().len()), ("request_budget", Kind::Limit, 3));
    let web = answering([data()]);
    let (_, _, traffic) = visit(&web, &gateway, async |session| super::pull(session, &gateway, "users").await);
    assert_eq!((traffic.requests, traffic.pages, traffic.bytes), (2, 1, 9));
}

#[test]
fn headers_of_the_configuration_go_with_every_request() {
    let lines = "headers = { cf-access-client-id = \"TOKEN\", CF-Access-Client-Secret = \"ACCESS\" }";
    let web =
        answering([Reply::status(401), Reply::status(302).header("location", "/other")]).on("GET /other", [data()]);
    users(&web, &v3(lines)).unwrap();
    assert_eq!(web.lines(), [LOGIN, USERS, LOGIN, USERS, "GET /other"]);
    for sent in web.sent.borrow().iter() {
        assert_eq!(sent.header("cf-access-client-id"), Some("hunter2-static"));
        assert_eq!(sent.header("cf-access-client-secret"), Some(ACCESS));
    }
}

#[test]
fn a_prefix_of_a_proxy_stands_before_every_path() {
    let mut gateway = gateway("token_secret = \"TOKEN\"");
    gateway.base = gatelake::gateway::url::Base::parse("files.example:443/sftp/backend/3.0.0", false).unwrap();
    let web = Web::new().on("GET /sftp/backend/3.0.0/users", [data()]);
    users(&web, &gateway).unwrap();
}
