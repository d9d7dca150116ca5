//! A run under every single fault at every single call to the store, and runs that overlap: the invariants hold, and the
//! next run ends where it would have ended without.

mod support;

use gatelake::lake::{Disposition, Outcome, Reader, RunRecord};
use gatelake::run::{Plan, run};
use support::conformance::conformance;
use support::invariants::{Rows, check, content, published};
use support::store::{Client, FAULTS, Fault, Memory};
use support::world::{Chance, Gateway, HOUR, T0, Task, Visit, World, attempt, block_on, once, paths, plan, together};

#[test]
fn the_memory_store_is_a_store() {
    let memory = Memory::default();
    block_on(conformance(&memory, "any/")).unwrap();
    block_on(conformance(&Client::new(&memory), "")).unwrap();
}

fn tables() -> Plan {
    plan(&[("users", Disposition::Replace), ("folders", Disposition::Replace), ("events", Disposition::Append)])
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

/// A lake in which the run of hour 0 has published state 0.
fn begun() -> Memory {
    let memory = Memory::default();
    let record = once(&tables(), T0, &mut state(0), &Client::new(&memory), &World::new(T0, 1));
    assert_eq!(record.outcome, Outcome::Published, "{}", record.to_text());
    memory
}

/// The run of an hour, which sees the state of that number, through a client that fails as said; `None` if it died.
fn hour(memory: &Memory, n: i64, seed: u64, faults: &[(u64, Fault)]) -> (Option<RunRecord>, u64) {
    let client = Client::failing(memory, faults.iter().copied());
    let record = attempt(&tables(), T0 + n * HOUR, &mut state(n), &client, seed);
    (record, client.calls())
}

/// What the lake holds when the runs of these hours went well.
fn undisturbed(hours: &[i64]) -> Rows {
    let memory = Memory::default();
    for n in hours {
        hour(&memory, *n, 1, &[]);
    }
    content(&memory, &paths())
}

/// The record of a run that the lake holds.
fn recorded(memory: &Memory, id: &str) -> Option<RunRecord> {
    block_on(Reader::new(memory, &paths()).run(id)).unwrap()
}

#[test]
fn one_fault_at_any_call_neither_harms_nor_keeps_the_next_try_from_the_same_end() {
    let (calm, expected) = (hour(&begun(), 1, 2, &[]), undisturbed(&[0, 1]));
    assert_eq!(calm.0.unwrap().outcome, Outcome::Published);
    let mut tried = 0;
    for fault in FAULTS {
        for call in 0..calm.1 {
            let memory = begun();
            let (record, _) = hour(&memory, 1, 3, &[(call, fault)]);
            check(&memory, &paths());
            let seen = content(&memory, &paths());
            assert!(
                seen == expected || seen == undisturbed(&[0]),
                "{fault:?} at call {call}: neither before nor after"
            );
            let transient = !matches!(fault, Fault::Refused | Fault::CrashBefore | Fault::CrashAfter);
            if let (true, Some(record)) = (transient, &record) {
                assert_eq!(record.outcome, Outcome::Published, "{fault:?} at call {call}: {}", record.to_text());
                assert_eq!(seen, expected, "{fault:?} at call {call}");
            }
            if let Some(record) = &record {
                if fault != Fault::Refused {
                    assert_eq!(recorded(&memory, &record.id).as_ref(), Some(record), "{fault:?} at call {call}");
                }
                let told = record.outcome == Outcome::Published;
                assert_eq!(
                    told,
                    seen == expected,
                    "{fault:?} at call {call}: the record is wrong: {}",
                    record.to_text()
                );
            }
            let (again, _) = hour(&memory, 1, 4, &[]);
            let again = again.unwrap().outcome;
            assert!(matches!(again, Outcome::Published | Outcome::AlreadyPublished), "{fault:?} at {call}: {again:?}");
            check(&memory, &paths());
            assert_eq!(content(&memory, &paths()), expected, "{fault:?} at call {call}");
            tried += 1;
        }
    }
    assert!(tried >= 7 * 10, "only {tried} cases");
}

#[test]
fn the_very_first_run_may_die_anywhere() {
    let (_, calls) = hour(&Memory::default(), 0, 2, &[]);
    let expected = undisturbed(&[0]);
    for fault in FAULTS {
        for call in 0..calls {
            let memory = Memory::default();
            hour(&memory, 0, 3, &[(call, fault)]);
            check(&memory, &paths());
            hour(&memory, 0, 4, &[]);
            check(&memory, &paths());
            assert_eq!(content(&memory, &paths()), expected, "{fault:?} at call {call}");
        }
    }
}

#[test]
fn two_runs_may_die_one_after_the_other_anywhere() {
    let (_, first_calls) = hour(&Memory::default(), 0, 2, &[]);
    let (_, second_calls) = hour(&begun(), 1, 2, &[]);
    let (first_lost, both) = (undisturbed(&[1]), undisturbed(&[0, 1]));
    let mut ends = [0, 0];
    for (first, second) in (0..first_calls).flat_map(|first| (0..second_calls).map(move |second| (first, second))) {
        let memory = Memory::default();
        assert_eq!(hour(&memory, 0, 3, &[(first, Fault::CrashAfter)]).0, None);
        hour(&memory, 1, 4, &[(second, Fault::CrashAfter)]);
        check(&memory, &paths());
        hour(&memory, 1, 5, &[]);
        check(&memory, &paths());
        let published: Vec<i64> = published(&memory, &paths()).iter().map(|one| one.scheduled_time).collect();
        let (end, expected) = match published.as_slice() {
            [_] => (0, &first_lost),
            _ => (1, &both),
        };
        ends[end] += 1;
        assert_eq!(published[published.len() - 1], T0 + HOUR);
        assert_eq!(content(&memory, &paths()), *expected, "died after {first} and {second}");
    }
    assert!(ends.iter().all(|n| *n > 0), "{ends:?}");
}

/// Runs of these hours at once, each seeing the state of its hour, with faults at random calls if `faulty`.
fn overlap(memory: &Memory, hours: &[i64], seed: u64, faulty: bool) -> Vec<Option<RunRecord>> {
    let chance = Chance::new(seed);
    let fault = |_| (chance.below(25), FAULTS[chance.below(7) as usize]);
    let faults = |_: &i64| if faulty { (0..chance.below(4)).map(fault).collect() } else { Vec::new() };
    let clients: Vec<Client> = hours.iter().map(|n| Client::failing(memory, faults(n))).collect();
    let worlds: Vec<World> = hours.iter().map(|n| World::new(T0 + n * HOUR, chance.next())).collect();
    let mut gateways: Vec<Gateway> = hours.iter().map(|n| state(*n)).collect();
    let plan = tables();
    let mut visits: Vec<Visit> =
        gateways.iter_mut().zip(&worlds).map(|(gateway, world)| Visit { gateway, world }).collect();
    let mut tasks: Vec<Task<'_>> = Vec::new();
    for (((n, visit), client), world) in hours.iter().zip(&mut visits).zip(&clients).zip(&worlds) {
        tasks.push((client, Box::pin(run(&plan, T0 + n * HOUR, visit, client, world))));
    }
    together(&chance, tasks)
}

fn outcomes(records: &[Option<RunRecord>]) -> Vec<Outcome> {
    records.iter().map(|record| record.as_ref().unwrap().outcome).collect()
}

#[test]
fn two_runs_of_one_time_end_in_one_winner() {
    let expected = undisturbed(&[0, 1]);
    for seed in 0..200 {
        let memory = begun();
        let mut outcomes = outcomes(&overlap(&memory, &[1, 1], seed, false));
        outcomes.sort_by_key(|outcome| outcome.name());
        assert_eq!(outcomes, [Outcome::AlreadyPublished, Outcome::Published], "seed {seed}");
        check(&memory, &paths());
        assert_eq!(content(&memory, &paths()), expected, "seed {seed}");
    }
}

#[test]
fn of_runs_of_two_times_the_later_always_wins_and_the_earlier_may_come_before_it() {
    let (alone, both) = (undisturbed(&[0, 2]), undisturbed(&[0, 1, 2]));
    let mut ends = [0, 0];
    for seed in 0..200 {
        let memory = begun();
        let outcomes = outcomes(&overlap(&memory, &[1, 2], seed, false));
        assert_eq!(outcomes[1], Outcome::Published, "seed {seed}");
        check(&memory, &paths());
        let (end, expected) = match outcomes[0] {
            Outcome::Published => (0, &both),
            Outcome::Superseded => (1, &alone),
            other => panic!("seed {seed}: {other:?}"),
        };
        ends[end] += 1;
        assert_eq!(content(&memory, &paths()), *expected, "seed {seed}");
    }
    assert!(ends.iter().all(|n| *n > 0), "both orders must have come up: {ends:?}");
}

#[test]
fn runs_that_overlap_and_fail_at_random_leave_a_sound_lake() {
    for seed in 0..300 {
        let memory = begun();
        overlap(&memory, &[1, 2, 1, 3], seed, true);
        check(&memory, &paths());
        let (last, _) = hour(&memory, 4, seed, &[]);
        assert_eq!(last.unwrap().outcome, Outcome::Published, "seed {seed}");
        check(&memory, &paths());
        let events: Vec<i64> =
            published(&memory, &paths()).iter().map(|manifest| (manifest.scheduled_time - T0) / HOUR).collect();
        assert_eq!(content(&memory, &paths())["events"].len(), events.len(), "seed {seed}");
        assert_eq!(content(&memory, &paths())["users"], undisturbed(&[4])["users"], "seed {seed}");
    }
}

#[test]
fn the_same_columns_found_by_two_runs_are_no_conflict_and_others_are() {
    for (mine, theirs, ends) in [("x", "x", None), ("x", "y", Some("columns_moved"))] {
        let rows = |v: i64, column: &str| format!(r#"[{{"id":1,"v":{v},"{column}":1}}]"#);
        let (mut reached, plan) = (0, plan(&[("users", Disposition::Replace), ("folders", Disposition::Replace)]));
        for seed in 0..60 {
            let memory = Memory::default();
            let both =
                |users: &str, v: i64| Gateway::says(&[("users", users), ("folders", &format!(r#"[{{"v":{v}}}]"#))]);
            once(&plan, T0, &mut both(r#"[{"id":1,"v":0}]"#, 0), &memory, &World::new(T0, 1));
            let clients = [Client::new(&memory), Client::new(&memory)];
            let worlds = [World::new(T0 + HOUR, seed), World::new(T0 + 2 * HOUR, seed + 1000)];
            let (mut first, mut second) = (both(&rows(1, theirs), 1), both(&rows(2, mine), 2));
            let (mut a, mut b) =
                (Visit { gateway: &mut first, world: &worlds[0] }, Visit { gateway: &mut second, world: &worlds[1] });
            let tasks: Vec<Task<'_>> = vec![
                (&clients[0], Box::pin(run(&plan, T0 + HOUR, &mut a, &clients[0], &worlds[0]))),
                (&clients[1], Box::pin(run(&plan, T0 + 2 * HOUR, &mut b, &clients[1], &worlds[1]))),
            ];
            let records = together(&Chance::new(seed), tasks);
            let (first, second) = (records[0].as_ref().unwrap(), records[1].as_ref().unwrap());
            check(&memory, &paths());
            // Only where the later run read the pointer before the earlier one moved it did they meet.
            let raced = first.outcome == Outcome::Published && second.operations.get > 3;
            if raced {
                reached += 1;
                let error = second.resources[0].error.as_ref().map(|error| error.code.as_str());
                assert_eq!(error, ends, "seed {seed}");
            }
        }
        assert!(reached > 0, "no seed made them meet");
    }
}
