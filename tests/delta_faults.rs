//! Delta logs and copies under every single fault at every single call, and when runs overlap: what is there is always of a
//! published snapshot, and the next run brings it up to date, whether or not it finds anything new itself.

mod support;

use gatelake::lake::{Derive, Disposition, Outcome, RunRecord};
use gatelake::run::{Plan, run};
use support::delta::{caught_up, check_logs, copies_are_current, versions};
use support::invariants::{check, published};
use support::store::{Client, Effects, FAULTS, Fault, Memory};
use support::world::{Chance, Gateway, HOUR, T0, Task, Time, Visit, World, attempt, paths, plan, together};

fn tables() -> Plan {
    let mut plan = plan(&[("users", Disposition::Replace), ("events", Disposition::Append)]);
    // One that died would keep the next try away.
    plan.budget.lease = false;
    Plan { derive: Derive { delta: true, latest: true }, ..plan }
}

/// The gateway in state `v`, with a column that no earlier state has.
fn state(v: i64) -> Gateway {
    let users = format!(r#"[{{"id":1,"v":{v},"only_{v}":true,"keys":[{{"v":{v}}}]}},{{"id":2,"v":{v}}}]"#);
    Gateway::says(&[("users", &users), ("events", &format!(r#"[{{"event":{v}}}]"#))])
}

/// The run of an hour, which sees the state of that number.
fn hour(memory: &Memory, n: i64, seed: u64, faults: &[(u64, Fault)]) -> (Option<RunRecord>, u64) {
    let client = Client::failing(memory, faults.iter().copied());
    let record = attempt(&tables(), T0 + n * HOUR, &mut state(n), &client, seed);
    (record, client.effects.calls())
}

/// A lake in which the runs of these hours went well.
fn after(hours: &[i64]) -> Memory {
    let memory = Memory::default();
    for n in hours {
        let (record, _) = hour(&memory, *n, 1, &[]);
        let record = record.unwrap();
        assert_eq!((record.outcome, record.warnings.len()), (Outcome::Published, 0), "{}", record.to_text());
    }
    memory
}

#[test]
fn whatever_happens_to_a_call_the_next_run_repairs_even_one_that_brings_nothing_new() {
    let (calm, calls) = hour(&after(&[0]), 1, 2, &[]);
    assert!(calm.unwrap().outcome == Outcome::Published);
    let mut behind = 0;
    for (fault, call) in FAULTS.into_iter().flat_map(|fault| (0..calls).map(move |call| (fault, call))) {
        let memory = after(&[0]);
        let (record, _) = hour(&memory, 1, 3, &[(call, fault)]);
        check(&memory, &paths());
        check_logs(&memory, &paths());
        let lags = published(&memory, &paths()).len() == 2 && versions(&memory, &paths(), "users__keys").len() < 2;
        behind += u64::from(lags);
        // What a run lived through, it also put right or told.
        if let Some(record) = record.filter(|record| record.outcome == Outcome::Published) {
            match record.warnings.is_empty() {
                true => caught_up(&memory, &paths(), true),
                false => assert_eq!(record.warnings[0].code, "derived_behind", "{fault:?} at {call}"),
            }
        }
        // The same time again, as a cron does, or the next one, with or without anything new.
        let next = [(1, 1), (2, 1), (2, 2)][(call % 3) as usize];
        let client = Client::new(&memory);
        let record = attempt(&tables(), T0 + next.0 * HOUR, &mut state(next.1), &client, 4).unwrap();
        assert!(record.warnings.is_empty(), "{fault:?} at {call}: {}", record.to_text());
        check(&memory, &paths());
        caught_up(&memory, &paths(), true);
        copies_are_current(&memory, &paths());
    }
    assert!(behind > 7, "hardly ever was a log behind: {behind} of {}", calls * 7);
}

#[test]
fn the_first_run_may_die_anywhere() {
    let (_, calls) = hour(&Memory::default(), 0, 2, &[]);
    for call in 0..calls {
        let memory = Memory::default();
        hour(&memory, 0, 3, &[(call, Fault::CrashAfter)]);
        check_logs(&memory, &paths());
        hour(&memory, 1, 4, &[]);
        // Where a log was not begun, it begins with the second snapshot.
        caught_up(&memory, &paths(), false);
        copies_are_current(&memory, &paths());
    }
}

#[test]
fn several_runs_may_die_before_their_logs_and_each_snapshot_gets_its_version() {
    let memory = after(&[0]);
    for n in 1..=5 {
        // Dies at the first call after the pointer has moved.
        let (_, calls) = hour(&memory.clone(), n, 7, &[]);
        let died = (0..calls).find(|call| {
            let memory = memory.clone();
            hour(&memory, n, 7, &[(*call, Fault::CrashBefore)]);
            published(&memory, &paths()).len() as i64 == n + 1
        });
        hour(&memory, n, 7, &[(died.unwrap(), Fault::CrashBefore)]);
        assert_eq!(published(&memory, &paths()).len() as i64, n + 1);
    }
    assert_eq!(versions(&memory, &paths(), "users").len(), 1);
    hour(&memory, 6, 8, &[]);
    caught_up(&memory, &paths(), true);
    assert_eq!(versions(&memory, &paths(), "users").len(), 7);
    copies_are_current(&memory, &paths());
}

#[test]
fn without_the_progress_a_run_reads_the_logs_and_goes_on() {
    let memory = after(&[0, 1, 2]);
    memory.remove(&paths().derived());
    let (record, _) = hour(&memory, 3, 5, &[]);
    assert!(record.unwrap().warnings.is_empty());
    caught_up(&memory, &paths(), true);
    copies_are_current(&memory, &paths());
}

#[test]
fn what_is_no_commit_stops_one_log_and_no_other() {
    let memory = after(&[0]);
    memory.replace(&paths().delta_commit("users", 1), b"not a commit");
    let (record, _) = hour(&memory, 1, 5, &[]);
    let record = record.unwrap();
    assert_eq!(record.outcome, Outcome::Published);
    let told: Vec<(&str, &str)> =
        record.warnings.iter().map(|warning| (warning.code.as_str(), warning.table.as_str())).collect();
    assert_eq!(told, [("delta_log", "users")]);
    assert_eq!(versions(&memory, &paths(), "events").len(), 2);
    // Once it is gone the log goes on with what is there then.
    memory.remove(&paths().delta_commit("users", 1));
    hour(&memory, 2, 6, &[]);
    caught_up(&memory, &paths(), false);
}

#[test]
fn runs_that_overlap_and_fail_write_one_history() {
    for seed in 0..150 {
        let memory = after(&[0]);
        let (chance, time, plan) = (Chance::new(seed), Time::new(T0 + 3 * HOUR), tables());
        let fault = |_| (chance.below(60), FAULTS[chance.below(FAULTS.len() as u64) as usize]);
        let mut tasks: Vec<Task<'_, RunRecord>> = Vec::new();
        for n in [1, 2, 1, 3] {
            let faults: Vec<(u64, Fault)> = (0..chance.below(3)).map(fault).collect();
            let (effects, world) =
                (Effects::in_time(&time, 1000, faults), World::living_in(time.clone(), 0, chance.next()));
            let (client, mut gateway, plan) = (Client::with(&memory, &effects), state(n), &plan);
            let work = async move {
                let mut visit = Visit { gateway: &mut gateway, world: &world };
                run(plan, T0 + n * HOUR, &mut visit, &client, &world).await
            };
            tasks.push((effects, Box::pin(work)));
        }
        together(&time, &chance, tasks);
        check(&memory, &paths());
        check_logs(&memory, &paths());
        hour(&memory, 4, seed, &[]);
        caught_up(&memory, &paths(), true);
        copies_are_current(&memory, &paths());
    }
}
