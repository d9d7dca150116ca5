//! The lake under everything that can happen to it, with the whole core at work: the client of the gateway, the engine, the
//! publication, the collection. Clock, network and store are simulated, and all chance comes from a seed.
//!
//! - `exhaustive`: one task, every effect that it has on the world × every fault there.
//! - `schedules`: two and three runs at once, collections and readers among them, with faults, wrong clocks and a gateway whose
//!   tables change their shape. `SIM_SCHEDULES` says how many (10,000), `SIM_SEED` the first one's seed (1).
//!
//! What must hold is in `support/invariants.rs` and, against what the gateway really had, in `model`.

#[path = "simulation/exhaustive.rs"]
mod exhaustive;
#[path = "simulation/gateway.rs"]
mod gateway;
#[path = "simulation/lake.rs"]
mod lake;
#[path = "simulation/model.rs"]
mod model;
#[path = "simulation/schedules.rs"]
mod schedules;
mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook};
use std::process::ExitCode;

/// Failures of each part that are told in full.
const TOLD: u64 = 10;

thread_local! {
    static LAST_WORDS: RefCell<String> = RefCell::default();
}

/// What was tried, and what came up.
#[derive(Default)]
pub struct Report {
    tried: u64,
    failed: u64,
    told: u64,
    seen: BTreeMap<String, u64>,
}

impl Report {
    /// Runs one schedule. `again`: how to run it by itself.
    pub fn schedule(&mut self, name: &str, again: &str, schedule: impl FnOnce(&mut Seen)) {
        self.tried += 1;
        let mut seen = Seen::default();
        let ended = catch_unwind(AssertUnwindSafe(|| schedule(&mut seen)));
        if ended.is_err() {
            self.failed += 1;
            self.told += 1;
            if self.told <= TOLD {
                let words = LAST_WORDS.take();
                say(&format!("FAILED: {name}\n  {words}\n  again: {again}\n{}", seen.log.join("\n")));
            }
        }
        for what in seen.what {
            *self.seen.entry(what).or_default() += 1;
        }
    }
}

/// What came up in a schedule, and what it did, step by step.
#[derive(Default)]
pub struct Seen {
    what: Vec<String>,
    pub log: Vec<String>,
}

impl Seen {
    pub fn note(&mut self, what: impl Into<String>) {
        self.what.push(what.into());
    }
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).unwrap_or_default();
    if text.is_empty() { default } else { text.parse().unwrap_or_else(|_| panic!("{name} must be a whole number")) }
}

fn main() -> ExitCode {
    // As cargo's own tests do: names that are given choose.
    let names: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with('-')).collect();
    if !names.is_empty() && !names.iter().any(|name| "simulation".contains(name.as_str())) {
        return ExitCode::SUCCESS;
    }
    set_hook(Box::new(|panic| LAST_WORDS.set(panic.to_string().replace('\n', "\n  "))));
    let (seed, count) = (number("SIM_SEED", 1), number("SIM_SCHEDULES", 10_000));
    let mut report = Report::default();
    exhaustive::all(&mut report);
    let exhaustive = report.tried;
    report.told = 0;
    schedules::all(&mut report, seed, count);
    say(&format!("simulation: {exhaustive} of one fault each, {count} at random from seed {seed}; what came up:"));
    for (what, times) in &report.seen {
        say(&format!("  {times:>8} {what}"));
    }
    if count >= 10_000 {
        for what in schedules::MUST_COME_UP.iter().filter(|what| !report.seen.contains_key(**what)) {
            report.failed += 1;
            say(&format!("FAILED: {what} never came up"));
        }
    }
    let Report { tried, failed, .. } = report;
    let result = if failed == 0 { "ok" } else { "FAILED" };
    say(&format!("test result: {result}. {} passed; {failed} failed", tried - failed.min(tried)));
    say(&format!("simulation: {tried} schedules, {failed} failed"));
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
