//! One task, and one fault at one of its effects: all of them.

use super::lake::{Done, Job, Lake, Terrain, Work};
use crate::support::invariants::content;
use crate::support::store::{FAULTS, Fault};
use crate::support::world::HOUR;
use crate::{Report, Seen};
use gatelake::lake::collect::Terms;
use gatelake::lake::{Outcome, Retention};

/// The whole of the exhaustive part has no seed: it is the same each time.
const AGAIN: &str = "cargo test --release --test simulation";
/// Beyond a lease's end.
const LATER: i64 = HOUR / 2;

/// Faults that a run gets over by trying again.
fn passes(fault: Fault) -> bool {
    matches!(fault, Fault::ErrorBefore | Fault::ErrorAfter | Fault::Throttled)
}

fn terrain(lease: bool, snapshots: u64) -> Terrain {
    let retention = Retention { snapshots, age_ms: 0 };
    Terrain { lease, more: false, apart: false, terms: Terms { retention, safety_ms: 0, dry: false, deadline: 0 } }
}

/// A lake before the run that is tried, by its name.
type Before = (&'static str, fn(bool, &mut Seen) -> Lake);

/// What hours' runs see: 1 and 2 bring other columns, types and child tables; 3 is as 2, and brings no event either.
const VERSIONS: [i64; 6] = [3, 4, 5, 5, 6, 7];

const BEFORE: [Before; 4] = [
    ("the first run", |lease, _| Lake::new(terrain(lease, 2), &VERSIONS)),
    ("a run with new columns and tables", |lease, seen| begun(lease, 1, seen)),
    ("a run with nothing new", |lease, seen| begun(lease, 3, seen)),
    ("a run after one that died with its lease", |lease, seen| {
        let mut lake = begun(lease, 1, seen);
        lake.at(1, -HOUR / 2);
        // In the middle of its work.
        let died = lake.alone(Job { faults: vec![(8, Fault::CrashAfter)], ..Job::calm(Work::Run(1)) }, seen);
        assert!(died.0.is_none());
        lake
    }),
];

/// The runs of the hours before this one went well.
fn begun(lease: bool, hours: i64, seen: &mut Seen) -> Lake {
    let mut lake = Lake::new(terrain(lease, 2), &VERSIONS);
    for hour in 0..hours {
        assert_eq!(lake.run(hour, seen).outcome, Outcome::Published);
    }
    lake
}

pub fn all(report: &mut Report) {
    for (name, before) in BEFORE {
        for lease in [true, false] {
            runs(report, name, lease, before);
        }
    }
    collections(report);
    two_die(report);
}

fn runs(report: &mut Report, name: &str, lease: bool, before: fn(bool, &mut Seen) -> Lake) {
    let hour =
        if name == "the first run" { 0 } else { before(lease, &mut Seen::default()).watch.snapshots.len() as i64 };
    let mut effects = 0;
    let title = |what: &str| format!("{name}, {} lease: {what}", if lease { "with" } else { "without" });
    let (mut old, mut new) = (Default::default(), Default::default());
    report.schedule(&title("no fault"), AGAIN, |seen| {
        let mut lake = before(lease, seen);
        old = content(&lake.memory, &lake.paths());
        lake.at(hour, 0);
        let (done, calls) = lake.alone(Job::calm(Work::Run(hour)), seen);
        let Some(Done::Run(record)) = done else { unreachable!() };
        let expected = if name == "a run with nothing new" { Outcome::Unchanged } else { Outcome::Published };
        assert_eq!(record.outcome, expected, "{}", record.to_text());
        effects = calls;
        new = content(&lake.memory, &lake.paths());
    });
    for (effect, fault) in (0..effects).flat_map(|effect| FAULTS.map(|fault| (effect, fault))) {
        report.schedule(&title(&format!("{fault:?} at effect {effect}")), AGAIN, |seen| {
            let mut lake = before(lease, seen);
            lake.at(hour, 0);
            let job = Job { slow: 17 * 60_000, faults: vec![(effect, fault)], ..Job::calm(Work::Run(hour)) };
            let (done, _) = lake.alone(job, seen);
            let now = content(&lake.memory, &lake.paths());
            if let (true, Some(Done::Run(record))) = (passes(fault), &done) {
                let fine = matches!(record.outcome, Outcome::Published | Outcome::Unchanged);
                assert!(fine, "not got over: {}", record.to_text());
                assert_eq!(now, new);
            }
            // The run of that hour again, when nobody waits for the lease any more: nothing is lost, nothing is there twice.
            lake.at(hour, LATER);
            let again = lake.run(hour, seen);
            let partial = matches!(&done, Some(Done::Run(record)) if record.outcome == Outcome::Partial);
            if !partial {
                let done = [Outcome::Published, Outcome::AlreadyPublished, Outcome::Unchanged];
                assert!(done.contains(&again.outcome), "{}", again.to_text());
                assert_eq!(content(&lake.memory, &lake.paths()), new, "rerun ends elsewhere");
            }
            // The next hour mends whatever was partly failed.
            lake.at(hour + 1, LATER);
            let next = lake.run(hour + 1, seen);
            assert!(matches!(next.outcome, Outcome::Published | Outcome::Unchanged), "{}", next.to_text());
            let report = lake.collect(seen);
            assert!(report.complete && report.error.is_none(), "{}", report.headline());
            lake.no_litter();
        });
    }
}

/// A lake with snapshots to let go, files of runs that died before and after the current snapshot, and one that lost.
fn littered(seen: &mut Seen) -> Lake {
    let mut lake = begun(false, 2, seen);
    lake.terrain.terms.retention.snapshots = 1;
    let dies = |hour, effect| Job { faults: vec![(effect, Fault::CrashAfter)], ..Job::calm(Work::Run(hour)) };
    lake.at(2, 0);
    assert!(lake.alone(dies(2, 12), seen).0.is_none());
    assert_eq!(lake.run(2, seen).outcome, Outcome::Published);
    lake.at(4, 0);
    assert!(lake.alone(dies(4, 12), seen).0.is_none());
    lake.at(4, LATER);
    lake
}

fn collections(report: &mut Report) {
    let (mut effects, mut end) = (0, Vec::new());
    report.schedule("a collection: no fault", AGAIN, |seen| {
        let mut lake = littered(seen);
        let before = lake.memory.keys();
        let dry = lake.alone(Job::calm(Work::Collect { dry: true }), seen).0;
        assert_eq!(lake.memory.keys(), before, "a dry collection wrote");
        let (done, calls) = lake.alone(Job::calm(Work::Collect { dry: false }), seen);
        let (Some(Done::Collected(dry)), Some(Done::Collected(done))) = (dry, done) else { unreachable!() };
        assert!(done.complete && done.error.is_none(), "{}", done.headline());
        let objects = |report: &gatelake::lake::Collection| {
            [report.snapshots, report.manifests, report.files, report.runs, report.bytes, report.waiting]
        };
        assert_eq!(objects(&dry), objects(&done), "dry told something else");
        assert_eq!(done.snapshots, 2);
        assert!(done.files > 5 && done.waiting == 0, "{}", done.headline());
        lake.no_litter();
        effects = calls;
        end = lake.memory.keys();
    });
    for (effect, fault) in (0..effects).flat_map(|effect| FAULTS.map(|fault| (effect, fault))) {
        report.schedule(&format!("a collection: {fault:?} at effect {effect}"), AGAIN, |seen| {
            let mut lake = littered(seen);
            let job = Job { slow: 60_000, faults: vec![(effect, fault)], ..Job::calm(Work::Collect { dry: false }) };
            lake.alone(job, seen);
            let done = lake.collect(seen);
            assert!(done.complete && done.error.is_none(), "{}", done.headline());
            assert_eq!(lake.memory.keys(), end, "the next collection ends elsewhere");
        });
    }
}

/// Two runs die, one after the other, after any of their effects; the third one brings what there is to bring.
fn two_die(report: &mut Report) {
    let effects = |before: i64| {
        let seen = &mut Seen::default();
        let mut lake = begun(true, before, seen);
        lake.at(before, 0);
        lake.alone(Job::calm(Work::Run(before)), seen).1
    };
    let (first_effects, second_effects) = (effects(0), effects(1));
    for (first, second) in (0..first_effects).flat_map(|first| (0..second_effects).map(move |second| (first, second))) {
        report.schedule(&format!("two runs die, after effects {first} and {second}"), AGAIN, |seen| {
            let mut lake = Lake::new(terrain(true, 2), &VERSIONS);
            for (hour, effect) in [(0, first), (1, second)] {
                lake.at(hour, 0);
                let job = Job { faults: vec![(effect, Fault::CrashAfter)], ..Job::calm(Work::Run(hour)) };
                lake.alone(job, seen);
            }
            lake.at(1, LATER);
            let last = lake.run(1, seen).outcome;
            assert!(matches!(last, Outcome::Published | Outcome::AlreadyPublished), "{last:?}");
            let last = lake.watch.snapshots.last().map(|one| one.manifest.snapshot.as_str());
            assert_eq!(last, Some("1795460400.000"));
        });
    }
}
