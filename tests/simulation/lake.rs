//! A simulated lake, and the tasks that work on it at once.

use super::gateway::{Network, State};
use super::model::Model;
use crate::Seen;
use crate::support::gateway::credentials;
use crate::support::invariants::Watch;
use crate::support::store::{Client, Effects, Fault, Memory};
use crate::support::world::{Chance, HOUR, T0, Task, Time, World, together};
use gatelake::config::Plan;
use gatelake::error::Error;
use gatelake::gateway::Session;
use gatelake::gateway::budget::Budget;
use gatelake::host::Host;
use gatelake::lake::collect::{Collection, Terms, collect};
use gatelake::lake::{Outcome, Paths, Reader, RunRecord};
use gatelake::run::run;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The run of an hour.
    Run(i64),
    Collect {
        dry: bool,
    },
    /// Reads everything of the current snapshot.
    Read,
}

/// A task, and what goes wrong with it.
#[derive(Clone, Debug)]
pub struct Job {
    pub work: Work,
    /// Milliseconds that its clock is wrong by.
    pub skew: i64,
    /// Milliseconds that a slow call takes.
    pub slow: u64,
    /// By the number of the effect.
    pub faults: Vec<(u64, Fault)>,
}

impl Job {
    pub fn calm(work: Work) -> Job {
        Job { work, skew: 0, slow: 0, faults: Vec::new() }
    }
    /// It may have an effect after it was told that it had none.
    fn is_late(&self) -> bool {
        self.faults.iter().any(|(_, fault)| *fault == Fault::Late)
    }
}

/// What came of a task.
#[derive(Debug)]
pub enum Done {
    Run(RunRecord),
    Collected(Collection),
    Read(Result<(), Error>),
}

/// How snapshots are kept and gateways shared.
#[derive(Clone, Copy, Debug)]
pub struct Terrain {
    pub lease: bool,
    pub more: bool,
    /// Each load's files stay by themselves.
    pub apart: bool,
    pub terms: Terms,
}

pub struct Lake {
    pub memory: Memory,
    pub time: Rc<Time>,
    config: Plan,
    pub terrain: Terrain,
    /// By hour: the version that its run sees.
    versions: BTreeMap<i64, i64>,
    pub watch: Watch,
    model: Model,
    /// Tasks so far that were alone: each has its own chance.
    alone: u64,
}

impl Lake {
    /// `versions`: of hours 0, 1, … .
    pub fn new(terrain: Terrain, versions: &[i64]) -> Lake {
        Lake {
            memory: Memory::default(),
            time: Time::new(T0),
            config: super::gateway::config(terrain.lease, terrain.more),
            terrain,
            versions: (0..).zip(versions.iter().copied()).collect(),
            watch: Watch::default(),
            model: Model::default(),
            alone: 0,
        }
    }

    pub fn paths(&self) -> Paths {
        Paths::new(&self.config.prefix, "sftp").unwrap()
    }

    fn state(&self, scheduled_time: i64) -> State {
        let hour = (scheduled_time - T0) / HOUR;
        State { v: self.versions[&hour], hour }
    }

    /// **No litter**: see there.
    pub fn no_litter(&self) {
        self.watch.no_litter(&self.memory, &self.paths());
    }

    /// Moves on to an hour, and so many milliseconds beyond it.
    pub fn at(&self, hour: i64, ms: i64) {
        self.time.pass((T0 + hour * HOUR + ms - self.time.now()).max(0));
    }

    /// One task by itself, without faults.
    pub fn calm(&mut self, work: Work, seen: &mut Seen) -> Done {
        self.alone(Job::calm(work), seen).0.unwrap()
    }

    pub fn run(&mut self, hour: i64, seen: &mut Seen) -> RunRecord {
        self.at(hour, 0);
        let Done::Run(record) = self.calm(Work::Run(hour), seen) else { unreachable!() };
        record
    }

    pub fn collect(&mut self, seen: &mut Seen) -> Collection {
        let Done::Collected(report) = self.calm(Work::Collect { dry: false }, seen) else { unreachable!() };
        report
    }

    /// One task by itself, and how many effects it had.
    pub fn alone(&mut self, job: Job, seen: &mut Seen) -> (Option<Done>, u64) {
        self.alone += 1;
        let (mut done, calls) = self.work(&Chance::new(self.alone), &[job], seen);
        (done.pop().unwrap(), calls[0])
    }

    /// Tasks at once, in turns by `chance`; then looks at everything. The answer: what came of each that did not die, and how
    /// many effects each had.
    pub fn work(&mut self, chance: &Chance, jobs: &[Job], seen: &mut Seen) -> (Vec<Option<Done>>, Vec<u64>) {
        let paths = self.paths();
        let effects: Vec<Rc<Effects>> =
            jobs.iter().map(|job| Effects::in_time(&self.time, job.slow, job.faults.iter().copied())).collect();
        let clients: Vec<Client<'_>> = effects.iter().map(|effects| Client::with(&self.memory, effects)).collect();
        let world = |job: &Job| World::living_in(self.time.clone(), job.skew, chance.next());
        let worlds: Vec<World> = jobs.iter().map(world).collect();
        let mut tasks: Vec<Task<'_, Done>> = Vec::new();
        for (((job, effects), client), world) in jobs.iter().zip(&effects).zip(&clients).zip(&worlds) {
            let (this, paths) = (&*self, &paths);
            let work = async move {
                match job.work {
                    Work::Run(hour) => Done::Run(this.do_run(hour, effects, client, world).await),
                    Work::Collect { dry } => {
                        let deadline = world.now() + 10 * 60_000;
                        let terms = Terms { dry, deadline, ..this.terrain.terms };
                        Done::Collected(collect(client, world, paths, &terms).await)
                    }
                    Work::Read => Done::Read(read(client, paths).await),
                }
            };
            tasks.push((effects.clone(), Box::pin(work)));
        }
        let done = together(&self.time, chance, tasks);
        let calls = effects.iter().map(|effects| effects.calls()).collect();
        // What was late takes effect now.
        drop(clients);
        for (job, done) in jobs.iter().zip(&done) {
            let told = done.as_ref().map_or("died".into(), told);
            seen.note(told.split(':').next().unwrap_or_default());
            seen.log.push(format!("  {job:?}: {told}"));
        }
        self.check(&paths);
        for (job, done) in jobs.iter().zip(&done) {
            self.check_told(job, done.as_ref());
        }
        (done, calls)
    }

    async fn do_run(&self, hour: i64, effects: &Rc<Effects>, client: &Client<'_>, world: &World) -> RunRecord {
        let gateway = &self.config.gateways[0];
        let (ms, scheduled_time) = (self.config.limits.deadline_ms as i64, T0 + hour * HOUR);
        let mut plan = self.config.run(gateway, ms).unwrap();
        if self.terrain.apart {
            plan.resources.iter_mut().for_each(|resource| resource.options.file_bytes = 1);
        }
        let network = Network { effects: effects.clone(), time: self.time.clone(), state: self.state(scheduled_time) };
        let budget = Budget::new(world.now() + ms, self.config.limits.requests);
        let mut session = Session::new(&network, world, gateway, credentials(gateway), &budget);
        run(&plan, scheduled_time, &mut session, client, world).await
    }

    fn check(&mut self, paths: &Paths) {
        self.watch.check(&self.memory, paths);
        let state = |time| {
            let hour = (time - T0) / HOUR;
            State { v: self.versions[&hour], hour }
        };
        self.model.check(&self.watch.snapshots, state);
        let (kept, all) = (self.watch.kept().len() as u64, self.watch.snapshots.len() as u64);
        let promised = self.terrain.terms.retention.snapshots.min(all);
        assert!(kept >= promised, "{kept} snapshots are kept, {promised} were promised");
    }

    /// **The record tells the truth**, and a reader is not disturbed.
    fn check_told(&self, job: &Job, done: Option<&Done>) {
        match done {
            Some(Done::Run(record)) => {
                let own = self.watch.snapshots.iter().any(|one| one.manifest.run == record.id);
                let told = match record.outcome {
                    Outcome::Published => true,
                    // It is one of a partly failed run only if there was something new to publish.
                    Outcome::Partial => own,
                    _ => false,
                };
                let error = record.error.as_ref().map(|error| error.code.as_str());
                assert_ne!(error, Some("too_many_races"), "nobody loses against so few");
                assert!(told == own || job.is_late() && own, "published: {own}, told: {}", record.to_text());
            }
            Some(Done::Read(Err(error))) => {
                // Only where nothing is kept for those who are still reading.
                let disturbed = self.terrain.terms.retention.age_ms == 0 && error.code() == "missing_object";
                assert!(disturbed, "a reader met {error:?}");
            }
            _ => {}
        }
    }
}

async fn read(client: &Client<'_>, paths: &Paths) -> Result<(), Error> {
    let reader = Reader::new(client, paths);
    let Some(current) = reader.current().await? else { return Ok(()) };
    for table in &current.manifest.tables {
        let rows = reader.rows(table, 0, usize::MAX).await?;
        assert_eq!(rows.len() as u64, table.rows);
    }
    Ok(())
}

fn told(done: &Done) -> String {
    match done {
        Done::Run(record) => {
            let why = record.error.as_ref().map(|error| error.code.clone()).unwrap_or_default();
            let failed =
                record.resources.iter().filter_map(|one| Some(format!("{} {}", one.name, one.error.as_ref()?.code)));
            format!("run {}: {why} {}", record.outcome.name(), failed.collect::<Vec<_>>().join(", "))
        }
        Done::Collected(report) => {
            let objects = report.files + report.manifests + report.runs;
            let what = match &report.error {
                Some(error) => format!("collection ended by {}", error.code),
                None if report.dry => "collection, dry".into(),
                None if objects == 0 => "collection of nothing".into(),
                None => "collection of something".into(),
            };
            format!("{what}: {}", report.headline())
        }
        Done::Read(Ok(())) => "read".into(),
        Done::Read(Err(error)) => format!("read, {}", error.code()),
    }
}
