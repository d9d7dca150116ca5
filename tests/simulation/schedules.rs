//! Several tasks at once, at random.

use super::lake::{Job, Lake, Terrain, Work};
use crate::support::store::FAULTS;
use crate::support::world::{Chance, HOUR};
use crate::{Report, Seen};
use gatelake::lake::collect::Terms;
use gatelake::lake::{Outcome, Retention};

/// What must have come up among so many: a simulation that never meets it shows nothing about it.
pub const MUST_COME_UP: [&str; 14] = [
    "run published",
    "run unchanged",
    "run partial",
    "run failed",
    "run already published",
    "run superseded",
    "run busy",
    "died",
    "collection of something",
    "collection, dry",
    "collection ended by collection_overtaken",
    "read",
    "a fence",
    "a snapshot that was let go",
];

const MINUTE: i64 = 60_000;
/// Hours that a schedule may have.
const HOURS: i64 = 16;

pub fn all(report: &mut Report, seed: u64, count: u64) {
    for seed in seed..seed + count {
        let again = format!("SIM_SEED={seed} SIM_SCHEDULES=1 cargo test --release --test simulation");
        report.schedule(&format!("seed {seed}"), &again, |seen| schedule(seed, seen));
    }
}

fn schedule(seed: u64, seen: &mut Seen) {
    let chance = Chance::new(seed);
    let pick = |from: &[i64]| from[chance.below(from.len() as u64) as usize];
    let retention = Retention { snapshots: 1 + chance.below(3), age_ms: pick(&[0, 6 * HOUR]) };
    let terms = Terms { retention, safety_ms: pick(&[0, 2 * HOUR]), dry: false, deadline: 0 };
    let (lease, more, apart) = (chance.below(2) == 0, chance.below(4) == 0, chance.below(2) == 0);
    let terrain = Terrain { lease, more, apart, terms };
    // The gateway stands still from time to time.
    let mut v = chance.below(5) as i64;
    let mut next = |_| {
        v += pick(&[0, 1, 1, 2]);
        v
    };
    let versions: Vec<i64> = (0..HOURS).map(&mut next).collect();
    seen.log.push(format!("  {terrain:?}, versions {versions:?}"));
    let mut lake = Lake::new(terrain, &versions);
    let mut hour = 0;
    if chance.below(4) > 0 {
        assert_eq!(lake.run(0, seen).outcome, Outcome::Published);
        hour = 1;
    }
    for _ in 0..1 + chance.below(2) {
        lake.at(hour, chance.below(50) as i64 * MINUTE);
        let jobs = jobs(&chance, hour);
        hour += 1 + chance.below(2) as i64;
        lake.work(&chance, &jobs, seen);
    }
    settle(&mut lake, hour + 1, seen);
}

/// One to three runs of hours that lie close together, and perhaps a collection and a reader.
fn jobs(chance: &Chance, hour: i64) -> Vec<Job> {
    let mut works: Vec<Work> = (0..1 + chance.below(3)).map(|_| Work::Run(hour + chance.below(3) as i64 - 1)).collect();
    works.retain(|work| !matches!(work, Work::Run(hour) if *hour < 0));
    works.extend((0..chance.below(3)).map(|_| Work::Collect { dry: chance.below(5) == 0 }));
    works.extend((0..chance.below(2)).map(|_| Work::Read));
    let job = |work| {
        let faulty = work != Work::Read && chance.below(2) == 0;
        let fault = |_| (chance.below(30), FAULTS[chance.below(FAULTS.len() as u64) as usize]);
        Job {
            work,
            skew: if chance.below(4) == 0 { (chance.below(41) as i64 - 20) * MINUTE } else { 0 },
            slow: [2_000, 40_000, 17 * 60_000][chance.below(3) as usize],
            faults: (0..if faulty { 1 + chance.below(3) } else { 0 }).map(fault).collect(),
        }
    };
    works.into_iter().map(job).collect()
}

/// **A rerun converges.** Once all is calm, the next run brings what the gateway has, running it again changes nothing, and a
/// collection leaves nothing but what is kept.
fn settle(lake: &mut Lake, hour: i64, seen: &mut Seen) {
    lake.at(hour, 30 * MINUTE);
    let before = lake.watch.snapshots.len();
    let record = lake.run(hour, seen);
    assert!(matches!(record.outcome, Outcome::Published | Outcome::Unchanged), "{}", record.to_text());
    assert_eq!(lake.watch.snapshots.len() > before, record.outcome == Outcome::Published);
    let again = lake.run(hour, seen);
    let nothing = [Outcome::AlreadyPublished, Outcome::Unchanged];
    assert!(nothing.contains(&again.outcome), "{}", again.to_text());

    lake.terrain.terms = Terms { retention: Retention { snapshots: 1, age_ms: 0 }, safety_ms: 0, ..lake.terrain.terms };
    // Beyond any clock that was wrong.
    lake.at(hour + 1, 0);
    let report = lake.collect(seen);
    assert!(report.complete && report.error.is_none() && report.waiting == 0, "{}", report.headline());
    assert_eq!(lake.watch.kept().len(), 1, "more than one snapshot is kept");
    lake.no_litter();
    let last = &lake.watch.kept()[0].manifest;
    assert_eq!(last.table("access_review").is_some(), lake.terrain.more, "the review that the configuration says");
    let Some(pointer) = lake.watch.pointer() else { return };
    if pointer.fence.is_some() {
        seen.note("a fence");
    }
    if pointer.oldest.is_some() {
        seen.note("a snapshot that was let go");
    }
}
