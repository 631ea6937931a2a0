//! Those who use the servers, honestly or not. All their choices come from one seed, and nothing they do depends on whether
//! the servers are real.

mod device;
mod person;
mod thief;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::{BoxFuture, join_all};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::checker::Terms;
use super::record::{Actor, Answer, Ask, Exchange, Network, Record, Token};
use person::Person;
use thief::Thief;

/// Whatever answers.
pub trait Server: Send + Sync {
    /// The answer, unless none arrives.
    fn answer<'a>(&'a self, from: Network, ask: &'a Ask, fate: Fate) -> BoxFuture<'a, Option<Answer>>;
}

/// What the network does to a request and its answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    Pass,
    Delay {
        request: Duration,
        answer: Duration,
    },
    LoseRequest,
    LoseAnswer,
    /// The answer breaks off in the middle.
    CutAnswer,
    /// The request is delivered twice. An answer arrives when both have been decided.
    Double,
}

/// How many there are, and how fast they live.
#[derive(Clone, Copy, Debug)]
pub struct Town {
    pub people: u32,
    pub thieves: u32,
    pub forgers: u32,
    /// Between two things that somebody does.
    pub pause: (Duration, Duration),
    /// Before asking again when there was no answer.
    pub retry: Duration,
    /// How likely somebody is to stay away until the session is over, rather than to do something.
    pub absence: f64,
}

/// What they all share.
pub struct Shared {
    pub server: Arc<dyn Server>,
    pub record: Arc<Record>,
    pub terms: Terms,
    pub town: Town,
    is_over: watch::Sender<bool>,
    /// The tokens that the first device of each person has held since its login, where thieves can read them.
    loot: Mutex<HashMap<u32, Vec<Token>>>,
}

impl Shared {
    pub fn new(server: Arc<dyn Server>, record: Arc<Record>, terms: Terms, town: Town) -> Arc<Self> {
        Arc::new(Self { server, record, terms, town, is_over: watch::Sender::new(false), loot: Mutex::default() })
    }

    /// Lets everybody finish what they are doing, and then look whether what they were promised is so.
    pub fn end(&self) {
        self.is_over.send_replace(true);
    }

    fn is_over(&self) -> bool {
        *self.is_over.borrow()
    }

    /// Waits, unless it is over.
    async fn rests(&self, time: Duration) {
        let mut over = self.is_over.subscribe();
        let _ = timeout(time, over.wait_for(|&is_over| is_over)).await;
    }

    async fn ask(&self, by: Actor, ask: Ask, fate: Fate) -> Option<Answer> {
        self.ask_from(by.home(), by, ask, fate).await
    }

    async fn ask_from(&self, from: Network, by: Actor, ask: Ask, fate: Fate) -> Option<Answer> {
        let sent = self.record.now();
        let answer = self.server.answer(from, &ask, fate).await;
        let (ended, answered, is_doubled) = (self.record.now(), answer.clone(), fate == Fate::Double);
        self.record.add(Exchange { by, from, ask, sent, ended, answer: answered, is_doubled });
        answer
    }

    /// Asks until there is an answer that decides something.
    async fn insist(&self, by: Actor, ask: Ask) -> Answer {
        loop {
            let answer = self.ask(by, ask.clone(), Fate::Pass).await;
            if let Some(answer) = answer.filter(|answer| answer.status != 503 && answer.status != 429) {
                return answer;
            }
            sleep(self.town.retry).await;
        }
    }

    /// Longer than the overlap can last, as far as two processes' clocks may differ.
    fn after_the_overlap(&self) -> Duration {
        self.terms.overlap + self.terms.clocks + self.terms.confirm
    }

    /// Within which tabs race: no clock calls it late.
    fn race(&self) -> Duration {
        self.terms.overlap.saturating_sub(self.terms.clocks) / 4
    }

    fn loot(&self) -> std::sync::MutexGuard<'_, HashMap<u32, Vec<Token>>> {
        self.loot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everybody lives until it is [`over`](Shared::end), and has then looked whether what they were promised is so.
pub async fn live(shared: &Arc<Shared>, seed: u64) {
    let mut seeds = StdRng::seed_from_u64(seed);
    let mut lives = Vec::new();
    for number in 0..shared.town.people {
        lives.push(tokio::spawn(Person::new(number, seeds.random(), Arc::clone(shared)).lives()));
    }
    for number in 0..shared.town.thieves {
        lives.push(tokio::spawn(Thief::new(Actor::Thief(number), seeds.random(), Arc::clone(shared)).lives()));
    }
    for number in 0..shared.town.forgers {
        lives.push(tokio::spawn(Thief::new(Actor::Forger(number), seeds.random(), Arc::clone(shared)).forges()));
    }
    for ended in join_all(lives).await {
        ended.expect("nobody panics");
    }
}

fn drawn(rng: &mut StdRng, range: Range<Duration>) -> Duration {
    let (from, to) = (range.start.as_micros() as u64, range.end.as_micros() as u64);
    Duration::from_micros(rng.random_range(from..to.max(from + 1)))
}
