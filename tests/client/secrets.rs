//! A server, or whatever stands in front of it, that says everything again that it was told, wherever a message could take it
//! from: nothing of it comes out.

use super::support::gateway::{ACCESS, CLIENT_SECRET, PASSWORD, Reply, Sent, Step, Web, credentials, token, v3};
use super::{BASIC, assert_clean, assert_clean_error, pull, visit};
use gatelake::secret::Secret;
use std::cell::RefCell;
use std::rc::Rc;

/// Everything secret of a request, as it was sent and as it was before it was encoded.
fn told(sent: &Sent) -> Vec<String> {
    let headers = sent.headers.iter().flat_map(|(name, value)| {
        let last = value.rsplit(' ').next().unwrap();
        [format!("{name}: {value}"), value.clone(), last.to_owned()]
    });
    headers.chain([sent.body.clone()]).chain([PASSWORD, CLIENT_SECRET, ACCESS, BASIC].map(str::to_owned)).collect()
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// Answers that say `text` in every place.
fn echoes(text: &str, status: u16) -> Vec<Reply> {
    let q = quoted(text);
    let header = text.replace('\n', " ");
    // A part of a secret is not known for one: only what can be a host's name as a whole is put there.
    let named = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    let host = if named { text } else { "evil.example" };
    let json = |body: String| Reply::json(body).but(status);
    vec![
        json(format!(r#"{{"error":{q},"error_description":{q},"message":{q},"detail":{q},"title":{q},"path":{q}}}"#)),
        json(format!(r#"{{"error":"invalid_grant","error_description":{q}}}"#)),
        json(format!(r#"{{"error":"invalid_client","message":{q}}}"#)),
        json(format!(r#"{{"message":{}}}"#, quoted(&format!("bad request: {text} is no good")))),
        json(format!(r#"{{"message":{}}}"#, quoted(&("x ".repeat(95) + text)))),
        json(format!("{{{q}:1,\"x\":[{q}]}}")),
        json(format!("[{q}]")),
        json(format!("[{{{q}:{q}}}")),
        json(q.clone()),
        Reply::html(&format!("<title>Sign in</title>{text}")).but(status),
        Reply::status(status).header("content-type", &header).body(text),
        Reply::status(status).header("www-authenticate", &format!("Bearer error=\"{header}\"")),
        Reply::status(status).header("location", &format!("https://{host}/")),
        Reply::status(status).header("location", &format!("https://evil.example/?{header}")),
        Reply::status(status).header("location", &format!("/login?{header}")),
        Reply::status(status).header("retry-after", &header),
        Reply::broken(&format!("invalid header value: {text}")),
        Reply::broken(&format!("certificate of {text} is self-signed")),
        Reply::status(status).body("{").then(Step::Break(format!("lost {text}"))),
    ]
}

/// Runs a gateway that answers `at` that request with the echo of number `which`; false when there is no such echo.
fn sweep(at: &str, status: u16, which: usize) -> bool {
    let there = Rc::new(RefCell::new(true));
    let (noted, at) = (there.clone(), at.to_owned());
    let web = Web::new().otherwise(move |sent| {
        if !sent.line.starts_with(&at) {
            return if sent.line.starts_with("POST") { token("hunter2-t") } else { Reply::json("[]") };
        }
        let told = told(sent);
        let texts: Vec<String> =
            told.iter().cloned().chain([told.join(" "), told.join("\n"), told.join("&")]).collect();
        match texts.iter().flat_map(|text| echoes(text, status)).nth(which) {
            Some(reply) if which.is_multiple_of(2) => reply.pieces(5, 1),
            Some(reply) => reply,
            None => {
                noted.replace(false);
                Reply::status(404)
            }
        }
    });
    let mut gateway = v3("headers = { x-access = \"ACCESS\" }");
    gateway.limits.retries = 1;
    visit(&web, &gateway, async |session| {
        for _ in 0..2 {
            let (result, _, _) = pull(session, &gateway, "users").await;
            if let Err(error) = result {
                assert_clean_error(&error);
            }
        }
    });
    *there.borrow()
}

#[test]
fn no_secret_comes_back_whatever_the_server_says() {
    let mut swept = 0;
    for at in ["POST /backend/login", "GET /backend/3.0.0/users"] {
        for status in [200, 302, 400, 401, 403, 404, 409, 429, 500, 503, 526] {
            swept += (0..).take_while(|which| sweep(at, status, *which)).count();
        }
    }
    assert!(swept > 5000, "{swept}");
}

#[test]
fn nothing_that_can_be_printed_shows_a_secret() {
    let gateway = v3("headers = { x-access = \"ACCESS\" }");
    let credentials = credentials(&gateway);
    assert_clean(&format!("{gateway:?} {credentials:?} {:?}", Secret::new(PASSWORD)));
    assert!(format!("{credentials:?}").contains("***"));
}
