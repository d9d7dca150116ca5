//! Logins: each dialect, finding out which, refusals, and a token's life.

use super::support::gateway::{Reply, Step, Web, gateway, token, v3};
use super::{BASIC, failed, pull, users, visit};
use gatelake::error::Kind;
use gatelake::gateway::catalogue::Api;
use gatelake::host::Host;

const LOGIN: &str = "POST /backend/login";
const OAUTH: &str = "POST /backend/oauth/token";
const USERS: &str = "GET /backend/3.0.0/users";
const FORM: &str = "grant_type=password&username=webadmin&password=hunter2%20%26%20%22%C3%A4%22%20%3D%2B%25";
const V2: &str = "username = \"webadmin\"\npassword_secret = \"PASSWORD\"\n";

fn json_login() -> Reply {
    Reply::status(200).header("authorization", "Bearer hunter2-v2")
}

#[test]
fn each_dialect_says_what_its_server_wants() {
    for (auth, line) in [("login", LOGIN), ("oauth-token", OAUTH)] {
        let web = Web::new().on(line, [token("hunter2-t")]).on(USERS, [Reply::json("[]")]);
        let gateway = v3(&format!("auth = \"{auth}\""));
        users(&web, &gateway).unwrap();
        let sent = web.sent.borrow();
        assert_eq!(sent.len(), 2);
        assert_eq!(sent[0].header("authorization"), Some(format!("Basic {BASIC}").as_str()));
        assert_eq!(sent[0].header("content-type"), Some("application/x-www-form-urlencoded"));
        assert_eq!(sent[0].header("accept"), Some("application/json"));
        assert_eq!(sent[0].body, format!("{FORM}&scope=read"));
        assert_eq!(sent[1].header("authorization"), Some("Bearer hunter2-t"));
        assert_eq!(sent[1].body, "");
        assert!(sent.iter().all(|sent| sent.header("user-agent").is_some_and(|ua| ua.starts_with("gatelake/"))));
    }

    let web =
        Web::new().on(LOGIN, [json_login()]).on("GET /backend/api/users", [Reply::json(r#"{"users":[{"a":1}]}"#)]);
    assert_eq!(users(&web, &gateway(&format!("{V2}auth = \"v2-header\""))).unwrap().records, [r#"{"a":1}"#]);
    let sent = web.sent.borrow();
    assert_eq!(sent[0].body, r#"{"username":"webadmin","password":"hunter2 & \"ä\" =+%"}"#);
    assert_eq!(sent[0].header("content-type"), Some("application/json"));
    assert_eq!(sent[0].header("authorization"), None);
    assert_eq!(sent[1].header("authorization"), Some("Bearer hunter2-v2"));
}

#[test]
fn a_token_is_found_wherever_it_stands() {
    for reply in [
        token("hunter2-t"),
        Reply::json(r#"{"access_token":"hunter2-t","expires_in":"3600","scope":"read","extra":[1]}"#),
        Reply::json(r#"{"access_token":"hunter2-t","expires_in":null}"#),
        Reply::json(r#"{"access_token":"hunter2-t"}"#).pieces(3, 10),
        Reply::status(200).header("authorization", "bearer hunter2-t"),
        Reply::status(204).header("authorization", "Bearer   hunter2-t "),
        Reply::json(r#"{"message":"welcome"}"#).header("authorization", "Bearer hunter2-t"),
        Reply::status(200).body(r#"{"access_token":"hunter2-t"}"#),
    ] {
        let web = Web::new().on(LOGIN, [reply.clone()]).on(USERS, [Reply::json("[]")]);
        users(&web, &v3("api = 3")).unwrap_or_else(|error| panic!("{reply:?}: {error}"));
        assert_eq!(web.sent.borrow()[1].header("authorization"), Some("Bearer hunter2-t"), "{reply:?}");
    }
}

#[test]
fn the_dialect_is_found_out() {
    let pair = "client_id = \"client\"\nclient_secret_secret = \"CLIENT\"\n";
    for status in [404, 405, 415] {
        let web = Web::new().on(LOGIN, [Reply::status(status)]).on(OAUTH, [token("hunter2-t")]);
        let api = visit(&web, &v3(""), async |session| session.api().await).unwrap();
        assert_eq!((api, web.lines()), (Api::V3, vec![LOGIN.to_owned(), OAUTH.to_owned()]));

        let web = Web::new().on(LOGIN, [Reply::status(status), json_login()]).on(OAUTH, [Reply::status(status)]);
        let api = visit(&web, &v3(""), async |session| session.api().await).unwrap();
        assert_eq!((api, web.lines()), (Api::V2, vec![LOGIN.to_owned(), OAUTH.to_owned(), LOGIN.to_owned()]));
        assert_eq!(web.sent.borrow()[2].header("content-type"), Some("application/json"));
    }
    // Without the client pair there is only one that could work.
    let web = Web::new().on(LOGIN, [json_login()]);
    let api = visit(&web, &gateway(V2), async |session| session.api().await).unwrap();
    assert_eq!((api, web.logins()), (Api::V2, 1));
    // What is configured stands, whatever login works.
    let web = Web::new().on(LOGIN, [json_login()]);
    let gateway3 = gateway(&format!("{V2}{pair}api = 3"));
    assert_eq!(visit(&web, &gateway3, async |session| session.api().await).unwrap(), Api::V3);
    // Found once, it is known for the rest of the run.
    let web = Web::new()
        .on(LOGIN, [Reply::status(404)])
        .on(OAUTH, [token("hunter2-a"), token("hunter2-b")])
        .on(USERS, [Reply::status(401), Reply::json("[]")]);
    users(&web, &v3("")).unwrap();
    assert_eq!(web.lines(), [LOGIN, OAUTH, USERS, OAUTH, USERS]);
}

#[test]
fn a_gateway_without_a_known_login_is_told_so() {
    for (lines, tried) in [("", 3), ("api = 3", 2), ("auth = \"oauth-token\"", 1)] {
        let web = Web::new().on(LOGIN, [Reply::status(404)]).on(OAUTH, [Reply::status(405)]);
        let error = failed(users(&web, &v3(lines)));
        assert_eq!((error.code(), error.kind(), web.logins()), ("no_login", Kind::Config, tried));
        assert!(error.to_string().contains("/backend/oauth/token"), "{error}");
    }
}

/// An administrator's account may be locked: whatever was refused is never tried again, nor elsewhere.
#[test]
fn a_refusal_is_final() {
    let json = |status, text: &str| Reply::json(text).but(status);
    let cut = Step::Break("the connection was reset".into());
    for (reply, code, kind, says) in [
        (
            json(400, r#"{"error":"invalid_grant","error_description":"Bad credentials"}"#),
            "login_refused",
            Kind::Auth,
            "Bad credentials",
        ),
        (Reply::status(401), "login_refused", Kind::Auth, "401"),
        (Reply::status(401).header("www-authenticate", "Bearer realm=\"x\""), "login_refused", Kind::Auth, "password"),
        (Reply::status(403), "login_refused", Kind::Auth, "wrangler secret put"),
        (json(403, r#"{"message":"Locked"}"#), "login_refused", Kind::Auth, "Locked"),
        (Reply::status(403).body("{\"mess").then(cut.clone()), "login_refused", Kind::Auth, "403"),
        (Reply::status(401).then(cut), "login_refused", Kind::Auth, "401"),
        (Reply::status(403).then(Step::Stall), "login_refused", Kind::Auth, "403"),
        (Reply::status(401).body("x").pieces(1, 29_000), "login_refused", Kind::Auth, "401"),
        (json(401, &"x".repeat(1 << 17)), "login_refused", Kind::Auth, "401"),
        (json(401, r#"{"error":"invalid_client"}"#), "client_refused", Kind::Auth, "application.properties"),
        (json(400, r#"{"error":"invalid_client"}"#), "client_refused", Kind::Auth, "invalid_client"),
        (Reply::status(401).header("www-authenticate", "Basic realm=\"x\""), "client_refused", Kind::Auth, "client"),
        (Reply::html("<h1>Forbidden</h1>").but(403), "blocked", Kind::Config, "in front"),
        (json(400, r#"{"message":"Bad Request"}"#), "login_failed", Kind::Upstream, "Bad Request"),
        (json(400, r#"{"error":"unsupported_grant_type"}"#), "login_failed", Kind::Upstream, "`auth`"),
        (Reply::status(422), "login_failed", Kind::Upstream, "422"),
        (Reply::status(526), "certificate", Kind::Config, "self-signed certificate"),
        (Reply::html("<title>Sign in</title>"), "login_page", Kind::Config, "sign-in page"),
        (Reply::html("<title>SFTP Gateway</title>"), "html_instead_of_json", Kind::Upstream, "web page"),
        (Reply::json("{}"), "no_token", Kind::Upstream, "no token"),
        (Reply::status(200), "no_token", Kind::Upstream, "no token"),
        (json(200, r#"{"access_token":""}"#), "no_token", Kind::Upstream, "no token"),
        (json(200, r#"{"access_token":"hunter2\nx: y"}"#), "no_token", Kind::Upstream, "no token"),
        (json(200, r#"{"access_token":7}"#), "no_token", Kind::Upstream, "no token"),
        (Reply::status(200).header("authorization", "Basic hunter2"), "no_token", Kind::Upstream, "no token"),
        (Reply::json(" ".repeat(1 << 17)), "no_token", Kind::Upstream, "too long"),
        (
            Reply::status(302).header("location", "https://evil.example/login?t=hunter2"),
            "redirected",
            Kind::Config,
            "https://evil.example, which is not followed",
        ),
        (Reply::status(308).header("location", "/backend/login/"), "redirected", Kind::Config, "within itself"),
        (Reply::status(303), "redirected", Kind::Config, "unreadable URL"),
    ] {
        let web = Web::new().on(LOGIN, [reply.clone()]);
        let error = failed(users(&web, &v3("")));
        assert_eq!((error.code(), error.kind()), (code, kind), "{reply:?}: {error}");
        assert_eq!(web.lines(), [LOGIN], "{reply:?}");
        assert!(error.to_string().contains(says), "{reply:?}: {error}");
        assert!(error.to_string().contains("https://files.example/backend/login"), "{error}");
    }
}

#[test]
fn a_client_without_that_scope_asks_for_its_own() {
    let refused = || Reply::json(r#"{"error":"invalid_scope"}"#).but(400);
    let web = Web::new().on(LOGIN, [refused(), token("hunter2-t")]).on(USERS, [Reply::json("[]")]);
    users(&web, &v3("")).unwrap();
    let bodies: Vec<String> = web.sent.borrow().iter().map(|sent| sent.body.clone()).collect();
    assert_eq!(bodies, [format!("{FORM}&scope=read"), FORM.to_owned(), String::new()]);

    let web = Web::new().on(LOGIN, [refused()]);
    let error = failed(users(&web, &v3("")));
    assert_eq!((error.code(), web.logins()), ("invalid_scope", 2));
}

#[test]
fn a_service_that_restarts_is_waited_for() {
    let down = Reply::html("<h1>502 Bad Gateway</h1>").but(502);
    let web = Web::new()
        .on(LOGIN, [down.clone(), Reply::broken("reset"), Reply::silent(), token("hunter2-t")])
        .on(USERS, [Reply::json("[]")]);
    users(&web, &v3("")).unwrap();
    assert_eq!(web.logins(), 4);

    let web = Web::new().on(LOGIN, [down]);
    let error = failed(users(&web, &v3("")));
    assert_eq!((error.code(), error.kind(), web.logins()), ("service_down", Kind::Transient, 6));

    let busy = Reply::status(429).header("retry-after", "7");
    let web = Web::new().on(LOGIN, [busy, token("hunter2-t")]).on(USERS, [Reply::json("[]")]);
    users(&web, &v3("")).unwrap();
    assert!((7000..=7200).contains(&web.clock.waits.borrow()[0]));
}

#[test]
fn one_login_serves_the_run() {
    let web = Web::new().on(LOGIN, [token("hunter2-t")]).otherwise(|_| Reply::json("[]"));
    let gateway = v3("");
    visit(&web, &gateway, async |session| {
        for table in ["users", "folders", "cloud_connections", "diagnostics", "users"] {
            pull(session, &gateway, table).await.0.unwrap();
        }
    });
    assert_eq!((web.logins(), web.lines().len()), (1, 6));
}

#[test]
fn a_token_is_renewed_ahead_of_its_end() {
    // The life in seconds, as the server writes it, and when the next login is due, in milliseconds.
    let cases = [("3600", Some(3_540_000)), ("\"100\"", Some(90_000)), ("0", None), ("-5", None), ("\"x\"", None)];
    for (life, due) in cases {
        let answers = ["hunter2-a", "hunter2-b"]
            .map(|t| Reply::json(format!(r#"{{"access_token":"{t}","expires_in":{life}}}"#)).after(500));
        let web = Web::new().on(LOGIN, answers).on(USERS, [Reply::json("[]")]);
        let mut gateway = v3("");
        gateway.limits.deadline_ms = 10_000_000;
        visit(&web, &gateway, async |session| {
            let began = web.clock.now();
            session.api().await.unwrap();
            if let Some(due) = due {
                web.clock.sleep((began + due - 1 - web.clock.now()) as u64).await;
                session.api().await.unwrap();
                assert_eq!(web.logins(), 1, "{life}: too early");
                web.clock.sleep(1).await;
                session.api().await.unwrap();
                assert_eq!(web.logins(), 2, "{life}: too late");
                pull(session, &gateway, "users").await.0.unwrap();
                assert_eq!(web.sent.borrow()[2].header("authorization"), Some("Bearer hunter2-b"));
            } else {
                web.clock.sleep(700_000).await;
                session.api().await.unwrap();
                assert_eq!(web.logins(), 1, "{life}");
            }
        });
    }
}

#[test]
fn the_same_token_again_is_used_until_it_is_refused() {
    let web = Web::new().on(LOGIN, [Reply::json(r#"{"access_token":"hunter2-t","expires_in":10}"#)]);
    visit(&web, &v3(""), async |session| {
        for _ in 0..20 {
            session.api().await.unwrap();
            web.clock.sleep(10_000).await;
        }
    });
    assert_eq!(web.logins(), 2);
}

#[test]
fn a_refused_token_is_renewed_once() {
    let unauthorized = || Reply::json(r#"{"error":"invalid_token","error_description":"hunter2-a expired"}"#).but(401);
    let web = Web::new()
        .on(LOGIN, [token("hunter2-a"), token("hunter2-b")])
        .on(USERS, [unauthorized(), Reply::json(r#"[{"a":1}]"#)]);
    assert_eq!(users(&web, &v3("")).unwrap().records.len(), 1);
    assert_eq!(web.lines(), [LOGIN, USERS, LOGIN, USERS]);
    assert_eq!(web.sent.borrow()[3].header("authorization"), Some("Bearer hunter2-b"));

    for refusal in [unauthorized(), Reply::status(401).header("www-authenticate", "Bearer error=\"invalid_token\"")] {
        let web = Web::new().on(LOGIN, [token("hunter2-a")]).on(USERS, [refusal]);
        let error = failed(users(&web, &v3("")));
        assert_eq!((error.code(), error.kind()), ("token_refused", Kind::Auth));
        assert_eq!(web.lines(), [LOGIN, USERS, LOGIN, USERS]);
        assert!(error.to_string().contains("https://files.example/backend/3.0.0/users"), "{error}");
    }

    // The password no longer holds: that is what is said, and the end of it.
    let web = Web::new().on(LOGIN, [token("hunter2-a"), Reply::status(403)]).on(USERS, [unauthorized()]);
    let error = failed(users(&web, &v3("")));
    assert_eq!((error.code(), web.logins()), ("login_refused", 2));
}

#[test]
fn a_given_token_needs_no_login_and_has_none() {
    let gateway = gateway("token_secret = \"TOKEN\"");
    let web = Web::new().on(USERS, [Reply::json("[]")]);
    assert_eq!(visit(&web, &gateway, async |session| session.api().await).unwrap(), Api::V3);
    users(&web, &gateway).unwrap();
    assert_eq!(web.sent.borrow()[0].header("authorization"), Some("Bearer hunter2-static"));

    let web = Web::new().on(USERS, [Reply::status(401)]);
    let error = failed(users(&web, &gateway));
    assert_eq!((error.code(), web.lines()), ("token_refused", vec![USERS.to_owned()]));
    assert!(error.to_string().contains("token_secret"), "{error}");
}
