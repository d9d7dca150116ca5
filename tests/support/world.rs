//! A deterministic world: a clock that moves when somebody waits, seeded chance, tasks that take turns by a seed, and a
//! gateway that says what the test says.

use super::store::Client;
use gatelake::error::{Error, Result};
use gatelake::host::{Host, Store};
use gatelake::lake::plan::ShrinkGuard;
use gatelake::lake::{Disposition, Files, Paths, RunRecord};
use gatelake::normalize::{Loaded, Options, Select};
use gatelake::run::{self, Budget, Order, Plan, Resource, Source, Traffic};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Monday, 2026-11-23 18:00:00 UTC.
pub const T0: i64 = 1_795_456_800_000;
pub const HOUR: i64 = 3_600_000;

/// xorshift64*.
pub struct Chance(pub Cell<u64>);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(Cell::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }
    pub fn next(&self) -> u64 {
        let mut x = self.0.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        self.0.set(x);
        x.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    pub fn below(&self, n: u64) -> u64 {
        (self.next() >> 16) % n
    }
}

pub struct World {
    now: Cell<i64>,
    pub chance: Chance,
    pub log: RefCell<Vec<String>>,
}

impl World {
    pub fn new(now: i64, seed: u64) -> World {
        World { now: Cell::new(now), chance: Chance::new(seed), log: RefCell::default() }
    }
}

impl Host for World {
    fn now(&self) -> i64 {
        self.now.get()
    }
    async fn sleep(&self, ms: u64) {
        self.now.set(self.now.get() + ms as i64);
        others_first().await;
    }
    fn random(&self) -> u64 {
        self.chance.next()
    }
    fn log(&self, line: &str) {
        self.log.borrow_mut().push(line.into());
    }
}

/// Gives the turn away once.
pub async fn others_first() {
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    for _ in 0..1_000_000 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
    panic!("a future that never ends");
}

pub type Task<'a> = (&'a Client<'a>, Pin<Box<dyn Future<Output = RunRecord> + 'a>>);

/// Runs tasks in turns that `chance` gives out; a task whose client has died gives `None`.
pub fn together(chance: &Chance, tasks: Vec<Task<'_>>) -> Vec<Option<RunRecord>> {
    let mut done: Vec<Option<RunRecord>> = tasks.iter().map(|_| None).collect();
    let mut open: Vec<(usize, Task<'_>)> = tasks.into_iter().enumerate().collect();
    let mut turns = 0;
    while !open.is_empty() {
        turns += 1;
        assert!(turns < 1_000_000, "tasks that never end");
        let at = chance.below(open.len() as u64) as usize;
        let (number, (client, future)) = &mut open[at];
        match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(record) => {
                done[*number] = Some(record);
                drop(open.swap_remove(at));
            }
            Poll::Pending if client.crashed.get() => drop(open.swap_remove(at)),
            Poll::Pending => {}
        }
    }
    done
}

/// A body, or what goes wrong instead.
type Answer = Result<String, fn() -> Error>;

/// A gateway: what it answers to each resource.
#[derive(Default)]
pub struct Gateway {
    pub refuses_login: Option<fn() -> Error>,
    pub answers: BTreeMap<String, Answer>,
    /// Milliseconds that each answer takes.
    pub slow: i64,
    pub requests: u64,
}

impl Gateway {
    pub fn says(answers: &[(&str, &str)]) -> Gateway {
        let answers = answers.iter().map(|(name, json)| (name.to_string(), Ok(json.to_string())));
        Gateway { answers: answers.collect(), ..Gateway::default() }
    }
    pub fn but(mut self, resource: &str, error: fn() -> Error) -> Gateway {
        self.answers.insert(resource.into(), Err(error));
        self
    }
}

pub struct Visit<'a> {
    pub gateway: &'a mut Gateway,
    pub world: &'a World,
}

impl Source for Visit<'_> {
    async fn login(&mut self, _deadline: i64) -> Result<()> {
        self.gateway.requests += 1;
        self.gateway.refuses_login.map_or(Ok(()), |error| Err(error()))
    }
    async fn load<S: Store, H: Host>(
        &mut self,
        order: Order<'_>,
        files: &mut Files<'_, S, H>,
        traffic: &mut Traffic,
    ) -> Result<Loaded> {
        others_first().await;
        self.gateway.requests += 1;
        traffic.requests += 1;
        self.world.now.set(self.world.now.get() + self.gateway.slow);
        let resource = order.resource;
        let json = self.gateway.answers[&resource.name].as_ref().map_err(|error| error())?;
        traffic.pages += 1;
        traffic.bytes += json.len() as u64;
        let mut load = order.begin()?;
        load.begin_body(Select::Root)?;
        load.feed(json.as_bytes())?;
        load.end_body()?;
        files.add(load.take_parts()).await?;
        let loaded = load.finish()?;
        files.add(load.take_parts()).await?;
        Ok(loaded)
    }
    fn requests(&self) -> u64 {
        self.gateway.requests
    }
}

pub fn paths() -> Paths {
    Paths::new("lake", "sftp").unwrap()
}

pub fn plan(resources: &[(&str, Disposition)]) -> Plan {
    let resource = |(name, disposition): &(&str, Disposition)| Resource {
        name: name.to_string(),
        options: Options::default(),
        disposition: *disposition,
        guard: ShrinkGuard::default(),
    };
    let resources = resources.iter().map(resource).collect();
    Plan { paths: paths(), resources, access_review: false, budget: Budget::default() }
}

/// One run, alone.
pub fn once(plan: &Plan, time: i64, gateway: &mut Gateway, store: &impl Store, world: &World) -> RunRecord {
    block_on(run::run(plan, time, &mut Visit { gateway, world }, store, world))
}
