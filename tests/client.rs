//! The client of the admin API against a gateway in memory: what it sends, what it makes of every answer, and that no secret
//! ever comes out.

#[path = "client/answers.rs"]
mod answers;
#[path = "client/login.rs"]
mod login;
#[path = "client/pages.rs"]
mod pages;
#[path = "client/probe.rs"]
mod probe;
#[path = "client/secrets.rs"]
mod secrets;
mod support;

use gatelake::config::Gateway;
use gatelake::error::{Error, Result};
use gatelake::gateway::Session;
use gatelake::gateway::budget::Budget;
use gatelake::host::Host;
use gatelake::run::Traffic;
use support::gateway::{Clock, Kept, MARKER, Web, credentials};

/// Base64 of `client:hunter2/client`.
const BASIC: &str = "Y2xpZW50Omh1bnRlcjIvY2xpZW50";

/// One run's conversation with the gateway.
fn visit<R>(web: &Web, gateway: &Gateway, work: impl AsyncFnOnce(&mut Session<'_, Web, Clock>) -> R) -> R {
    let limits = &gateway.limits;
    let budget = Budget::new(web.clock.now() + limits.deadline_ms as i64, limits.requests);
    let mut session = Session::new(web, &*web.clock, gateway, credentials(gateway), &budget);
    let done = web.clock.run(work(&mut session));
    for line in web.clock.log.borrow().iter() {
        assert_clean(line);
    }
    done
}

async fn pull(session: &mut Session<'_, Web, Clock>, gateway: &Gateway, table: &str) -> (Result<()>, Kept, Traffic) {
    let pull = gateway.resources.iter().find(|pull| pull.resource.table == table).expect("a resource that is on");
    let (mut kept, mut traffic) = (Kept::default(), Traffic::default());
    let result = session.pull(pull, &mut kept, &mut traffic).await;
    if let Err(error) = &result {
        assert_clean_error(error);
    }
    (result, kept, traffic)
}

/// Brings the users, in a run of their own.
fn users(web: &Web, gateway: &Gateway) -> Result<Kept> {
    visit(web, gateway, async |session| {
        let (result, kept, _) = pull(session, gateway, "users").await;
        result.map(|()| kept)
    })
}

fn assert_clean(text: &str) {
    assert!(!text.contains(MARKER) && !text.contains(BASIC), "a secret came out: {text}");
}

fn assert_clean_error(error: &Error) {
    assert_clean(&format!("{error}\n{error:?}"));
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        assert_clean(&format!("{inner}\n{inner:?}"));
        source = inner.source();
    }
}

fn failed<T>(result: Result<T>) -> Error {
    match result {
        Ok(_) => panic!("it should have failed"),
        Err(error) => {
            assert_clean_error(&error);
            error
        }
    }
}
