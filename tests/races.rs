//! Runs of one dataset at once: who wins, who gives way, and that a lease changes nothing but the load on the gateway.
//! `tests/simulation.rs` has the same with faults.

mod support;

use gatelake::error::Error;
use gatelake::host::{Cond, Store};
use gatelake::lake::lease::{LONGEST_MS, Lease};
use gatelake::lake::manifest::encode;
use gatelake::lake::{Disposition, Outcome, RunRecord};
use gatelake::run::Plan;
use support::conformance::conformance;
use support::invariants::{Rows, check, content};
use support::store::{Client, Memory};
use support::world::{Gateway, HOUR, T0, World, block_on, once, paths, plan, runs_at_once};

#[test]
fn the_memory_store_is_a_store() {
    let memory = Memory::default();
    let checked = block_on(conformance(&memory, "any/")).unwrap();
    assert_eq!(block_on(conformance(&Client::new(&memory), "")).unwrap(), checked);
    assert!(checked > 20, "{checked}");
}

fn tables(lease: bool) -> Plan {
    let resources =
        [("users", Disposition::Replace), ("folders", Disposition::Replace), ("events", Disposition::Append)];
    let mut plan = plan(&resources);
    plan.budget.lease = lease;
    plan
}

/// The gateway in state `v`: all tables differ from those of other states.
fn state(v: i64) -> Gateway {
    let users = format!(r#"[{{"id":1,"v":{v},"keys":[{{"v":{v}}}]}},{{"id":2,"v":{v}}}]"#);
    Gateway::says(&[
        ("users", &users),
        ("folders", &format!(r#"[{{"id":0,"v":{v}}}]"#)),
        ("events", &format!(r#"[{{"event":{v}}}]"#)),
    ])
}

/// What the lake holds when the runs of these hours went well.
fn undisturbed(hours: &[i64]) -> (Memory, Rows) {
    let memory = Memory::default();
    for n in hours {
        let (mut gateway, world) = (state(*n), World::new(T0 + n * HOUR, 1));
        let record = once(&tables(true), T0 + n * HOUR, &mut gateway, &Client::new(&memory), &world);
        assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    }
    let rows = content(&memory, &paths());
    (memory, rows)
}

/// Runs of these hours at once, and what must hold then.
fn at_once(memory: &Memory, plan: &Plan, runs: Vec<(i64, Gateway)>, seed: u64) -> Vec<RunRecord> {
    let records = runs_at_once(memory, plan, runs, seed);
    check(memory, &paths());
    records
}

fn both(first: i64, second: i64) -> Vec<(i64, Gateway)> {
    vec![(first, state(first)), (second, state(second))]
}

#[test]
fn two_runs_of_one_time_end_in_one_winner() {
    let expected = undisturbed(&[0, 1]).1;
    for seed in 0..200 {
        let memory = undisturbed(&[0]).0;
        let records = at_once(&memory, &tables(false), both(1, 1), seed);
        let mut outcomes: Vec<Outcome> = records.iter().map(|record| record.outcome).collect();
        outcomes.sort_by_key(|outcome| outcome.name());
        assert_eq!(outcomes, [Outcome::AlreadyPublished, Outcome::Published], "seed {seed}");
        assert_eq!(content(&memory, &paths()), expected, "seed {seed}");
    }
}

#[test]
fn of_runs_of_two_times_the_later_always_wins_and_the_earlier_may_come_before_it() {
    let (alone, together) = (undisturbed(&[0, 2]).1, undisturbed(&[0, 1, 2]).1);
    let mut ends = [0, 0];
    for seed in 0..200 {
        let memory = undisturbed(&[0]).0;
        let records = at_once(&memory, &tables(false), both(1, 2), seed);
        assert_eq!(records[1].outcome, Outcome::Published, "seed {seed}");
        let (end, expected) = match records[0].outcome {
            Outcome::Published => (0, &together),
            Outcome::Superseded => (1, &alone),
            other => panic!("seed {seed}: {other:?}"),
        };
        ends[end] += 1;
        assert_eq!(content(&memory, &paths()), *expected, "seed {seed}");
    }
    assert!(ends.iter().all(|n| *n > 0), "both orders must have come up: {ends:?}");
}

#[test]
fn the_same_columns_found_by_two_runs_are_no_conflict_and_others_are() {
    for (mine, theirs, ends) in [("x", "x", None), ("x", "y", Some("columns_moved"))] {
        let rows = |v: i64, column: &str| format!(r#"[{{"id":1,"v":{v},"{column}":1}}]"#);
        let mut plan = plan(&[("users", Disposition::Replace), ("folders", Disposition::Replace)]);
        plan.budget.lease = false;
        let mut reached = 0;
        for seed in 0..60 {
            let memory = Memory::default();
            let gateway =
                |users: &str, v: i64| Gateway::says(&[("users", users), ("folders", &format!(r#"[{{"v":{v}}}]"#))]);
            once(&plan, T0, &mut gateway(r#"[{"id":1,"v":0}]"#, 0), &memory, &World::new(T0, 1));
            let runs = vec![(1, gateway(&rows(1, theirs), 1)), (2, gateway(&rows(2, mine), 2))];
            let records = at_once(&memory, &plan, runs, seed);
            // Only where the later run read the pointer before the earlier one moved it did they meet.
            if records[0].outcome == Outcome::Published && records[1].operations.get > 3 {
                reached += 1;
                let error = records[1].resources[0].error.as_ref().map(|error| error.code.as_str());
                assert_eq!(error, ends, "seed {seed}");
            }
        }
        assert!(reached > 0, "no seed made them meet");
    }
}

#[test]
fn a_lease_keeps_a_second_run_from_the_gateway() {
    let mut ends = [0, 0];
    for seed in 0..200 {
        let memory = undisturbed(&[0]).0;
        let records = at_once(&memory, &tables(true), both(1, 2), seed);
        assert!(!memory.has(&paths().lease()), "it ends with its run");
        let Some(busy) = records.iter().position(|record| record.outcome == Outcome::Busy) else {
            // One had ended when the other one looked.
            ends[0] += 1;
            continue;
        };
        ends[1] += 1;
        let (busy, other) = (&records[busy], &records[1 - busy]);
        assert_eq!(other.outcome, Outcome::Published, "seed {seed}");
        assert_eq!((busy.requests, busy.resources.len(), busy.outcome.is_failure()), (0, 0, false));
        assert!(busy.operations.total() <= 5, "{:?}", busy.operations);
        let error = busy.error.as_ref().unwrap();
        assert_eq!(error.code, "busy");
        assert!(error.message.contains(&other.id), "{}", error.message);
    }
    assert!(ends.iter().all(|n| *n > 0), "{ends:?}");
}

/// The run of hour 1, which finds that under the lease's key.
fn finds(left: &[u8]) -> (RunRecord, Memory) {
    let memory = undisturbed(&[0]).0;
    block_on(memory.put(&paths().lease(), left, Cond::Always, &[])).unwrap();
    let world = World::new(T0 + HOUR, 1);
    let record = once(&tables(true), T0 + HOUR, &mut state(1), &Client::new(&memory), &world);
    (record, memory)
}

#[test]
fn a_lease_that_has_ended_is_nobodys() -> Result<(), Error> {
    let now = T0 + HOUR;
    let until = |time: i64| encode(&Lease::new("another", time));
    let minute = 60_000;
    for (left, busy) in [
        (until(now + minute)?, true),
        (until(now + LONGEST_MS)?, true),
        (until(now)?, false),
        (until(now - minute)?, false),
        // Nobody's clock says so.
        (until(now + LONGEST_MS + 1)?, false),
        (until(i64::MAX)?, false),
        (b"{}".to_vec(), false),
        (b"".to_vec(), false),
    ] {
        let (record, memory) = finds(&left);
        let expected = if busy { Outcome::Busy } else { Outcome::Published };
        assert_eq!(record.outcome, expected, "{}", String::from_utf8_lossy(&left));
        assert_eq!(memory.has(&paths().lease()), busy, "another's stays, one's own goes");
    }
    Ok(())
}
