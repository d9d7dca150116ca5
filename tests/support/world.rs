//! A deterministic world: a clock that moves when everybody waits, seeded chance, tasks that take turns by a seed, and a
//! gateway that says what the test says.

use super::store::{Client, Effects, Memory};
use gatelake::error::{Error, Result};
use gatelake::host::{Host, Store};
use gatelake::lake::plan::ShrinkGuard;
use gatelake::lake::{Derive, Disposition, Files, Paths, RunRecord};
use gatelake::normalize::{Loaded, Merge, Options, Select, Strategy, WriteDisposition};
use gatelake::run::{self, Budget, Order, Plan, Resource, Source, Traffic};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Poll, Wake, Waker};

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

/// The time of a world, which several hosts may live in. It passes when somebody says so, or when all wait for it.
pub struct Time {
    now: Cell<i64>,
    timers: RefCell<BTreeMap<u64, i64>>,
    named: Cell<u64>,
}

impl Time {
    /// Milliseconds since the Unix epoch.
    pub fn new(now: i64) -> Rc<Time> {
        Rc::new(Time { now: Cell::new(now), timers: RefCell::default(), named: Cell::new(0) })
    }
    pub fn now(&self) -> i64 {
        self.now.get()
    }
    pub fn pass(&self, ms: i64) {
        self.now.set(self.now.get() + ms);
    }
    pub fn timer(&self, ms: u64) -> Timer<'_> {
        let id = self.named.replace(self.named.get() + 1);
        let due = self.now.get().saturating_add_unsigned(ms);
        self.timers.borrow_mut().insert(id, due);
        Timer { time: self, id, due }
    }
    /// Moves on to the next moment that somebody waits for; false if nobody does.
    fn next(&self) -> bool {
        let next = self.timers.borrow().values().min().copied();
        self.now.set(self.now.get().max(next.unwrap_or(i64::MIN)));
        next.is_some()
    }
}

pub struct Timer<'t> {
    time: &'t Time,
    id: u64,
    due: i64,
}

impl Future for Timer<'_> {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.time.now.get() >= self.due { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Timer<'_> {
    fn drop(&mut self) {
        self.time.timers.borrow_mut().remove(&self.id);
    }
}

/// A host, whose clock may be wrong by some milliseconds.
pub struct World {
    pub time: Rc<Time>,
    skew: i64,
    pub chance: Chance,
    pub log: RefCell<Vec<String>>,
    /// Every wait that lasted to its end, in milliseconds.
    pub waits: RefCell<Vec<u64>>,
}

impl World {
    pub fn new(now: i64, seed: u64) -> World {
        World::living_in(Time::new(now), 0, seed)
    }
    pub fn living_in(time: Rc<Time>, skew: i64, seed: u64) -> World {
        World { time, skew, chance: Chance::new(seed), log: RefCell::default(), waits: RefCell::default() }
    }
    /// Runs a future to its end.
    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        let task: Task<'_, T> = (Effects::new([]), Box::pin(future));
        together(&self.time, &Chance::new(1), vec![task]).pop().unwrap().unwrap()
    }
}

impl Host for World {
    fn now(&self) -> i64 {
        self.time.now() + self.skew
    }
    async fn sleep(&self, ms: u64) {
        self.time.timer(ms).await;
        self.waits.borrow_mut().push(ms);
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
    let turn = |context: &mut Context<'_>| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }
    };
    std::future::poll_fn(turn).await;
}

/// Runs a future that waits for no time to its end.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    for _ in 0..1_000_000 {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
    panic!("a future that never ends");
}

/// What is done, and the effects that it may die at.
pub type Task<'a, T> = (Rc<Effects>, Pin<Box<dyn Future<Output = T> + 'a>>);

/// Set while a task need not wait for time to pass.
struct Awake(AtomicBool);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// Runs tasks in turns that `chance` gives out; when all wait, time passes. One that has died gives `None`.
pub fn together<T>(time: &Time, chance: &Chance, tasks: Vec<Task<'_, T>>) -> Vec<Option<T>> {
    struct Open<'a, T> {
        number: usize,
        task: Task<'a, T>,
        awake: Arc<Awake>,
    }
    let mut done: Vec<Option<T>> = tasks.iter().map(|_| None).collect();
    let awake = || Arc::new(Awake(AtomicBool::new(true)));
    let mut open: Vec<Open<'_, T>> =
        tasks.into_iter().enumerate().map(|(number, task)| Open { number, task, awake: awake() }).collect();
    let mut turns = 0;
    while !open.is_empty() {
        turns += 1;
        assert!(turns < 1_000_000, "tasks that never end");
        let ready: Vec<usize> = (0..open.len()).filter(|at| open[*at].awake.0.load(Relaxed)).collect();
        if ready.is_empty() {
            assert!(time.next(), "somebody waits for what never comes");
            open.iter().for_each(|one| one.awake.0.store(true, Relaxed));
            continue;
        }
        let at = ready[chance.below(ready.len() as u64) as usize];
        let Open { number, task: (effects, future), awake } = &mut open[at];
        awake.0.store(false, Relaxed);
        let waker = Waker::from(awake.clone());
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                done[*number] = Some(result);
                drop(open.swap_remove(at));
            }
            Poll::Pending if effects.crashed.get() => drop(open.swap_remove(at)),
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
        self.world.time.pass(self.gateway.slow);
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

/// Options of a resource whose rows are merged by `id`.
pub fn merging(strategy: Strategy) -> Options {
    let merge = Merge { strategy, ..Merge::default() };
    Options { write_disposition: WriteDisposition::Merge(merge), primary_key: vec!["id".into()], ..Options::default() }
}

pub fn plan(resources: &[(&str, Disposition)]) -> Plan {
    let resource = |(name, disposition): &(&str, Disposition)| Resource {
        name: name.to_string(),
        options: match disposition {
            Disposition::Merge => merging(Strategy::DeleteInsert),
            Disposition::Append | Disposition::Replace => Options::default(),
        },
        disposition: *disposition,
        guard: ShrinkGuard::default(),
    };
    let resources = resources.iter().map(resource).collect();
    Plan { paths: paths(), resources, access_review: false, budget: Budget::default(), derive: Derive::default() }
}

/// The plan of a gateway with users and folders, where these lines of gatelake.toml are about the users.
pub fn configured(users: &str) -> Plan {
    let text = format!(
        "[lake]\nprefix = \"lake\"\n[gateway.sftp]\nbase_url = \"files.example\"\ntoken_secret = \"TOKEN\"\napi = 3\n\
         [gateway.sftp.resources]\ndiagnostics = false\ncloud_connections = false\n[gateway.sftp.resources.users]\n{users}"
    );
    let config = gatelake::config::Plan::parse(&text).unwrap_or_else(|error| panic!("{error}"));
    config.run(&config.gateways[0], 780_000).unwrap()
}

/// One run, alone.
pub fn once(plan: &Plan, time: i64, gateway: &mut Gateway, store: &impl Store, world: &World) -> RunRecord {
    world.run(run::run(plan, time, &mut Visit { gateway, world }, store, world))
}

/// Runs at once, each of an hour and seeing its own gateway, in turns by the seed.
pub fn runs_at_once(memory: &Memory, plan: &Plan, runs: Vec<(i64, Gateway)>, seed: u64) -> Vec<RunRecord> {
    let (chance, time) = (Chance::new(seed), Time::new(T0 + 3 * HOUR));
    let mut tasks: Vec<Task<'_, RunRecord>> = Vec::new();
    for (hour, mut gateway) in runs {
        let (effects, world) = (Effects::new([]), World::living_in(time.clone(), 0, chance.next()));
        let client = Client::with(memory, &effects);
        let work = async move {
            let mut visit = Visit { gateway: &mut gateway, world: &world };
            run::run(plan, T0 + hour * HOUR, &mut visit, &client, &world).await
        };
        tasks.push((effects, Box::pin(work)));
    }
    together(&time, &chance, tasks).into_iter().map(Option::unwrap).collect()
}

/// One run through a client that may fail it; `None` if it died. `seed`: of its chance.
pub fn attempt(plan: &Plan, time: i64, gateway: &mut Gateway, client: &Client<'_>, seed: u64) -> Option<RunRecord> {
    let world = World::new(time, seed);
    let mut visit = Visit { gateway, world: &world };
    let task: Task<'_, RunRecord> =
        (client.effects.clone(), Box::pin(run::run(plan, time, &mut visit, client, &world)));
    together(&world.time, &Chance::new(seed), vec![task]).pop()?
}
