//! A browser or an app that is logged in: several tabs on one jar, on a network that loses and delays answers.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::OptionFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use rand::RngExt as _;
use rand::rngs::StdRng;
use tokio::time::sleep;

use super::{Fate, Shared, drawn};
use crate::kit::record::{Access, Actor, Ask, Delivery, Grant, Token};

pub struct Device {
    by: Actor,
    pub delivery: Delivery,
    pub jar: Option<Token>,
    pub access: Option<Access>,
    /// Its access token has been used, and that was answered.
    is_confirmed: bool,
    /// The generations that may have taken from the credit.
    paid: Vec<u32>,
    /// Thieves can read its tokens.
    is_open: bool,
    shared: Arc<Shared>,
    rng: StdRng,
}

impl Device {
    pub fn new(by: Actor, is_open: bool, delivery: Delivery, shared: Arc<Shared>, rng: StdRng) -> Self {
        Self { by, delivery, jar: None, access: None, is_confirmed: false, paid: Vec::new(), is_open, shared, rng }
    }

    pub fn begins(&mut self, grant: &Grant) {
        self.paid.clear();
        if let (true, Actor::Honest(number)) = (self.is_open, self.by) {
            self.shared.loot().insert(number, Vec::new());
        }
        self.keeps(grant);
    }

    fn keeps(&mut self, grant: &Grant) {
        if self.jar.as_ref() == Some(&grant.refresh) {
            return;
        }
        self.jar = Some(grant.refresh.clone());
        self.access = Some(grant.access.clone());
        self.is_confirmed = false;
        if let (true, Actor::Honest(number)) = (self.is_open, self.by) {
            self.shared.loot().entry(number).or_default().push(grant.refresh.clone());
        }
    }

    pub fn forgets(&mut self) {
        self.jar = None;
        self.access = None;
    }

    /// Refreshes, in one tab or in several at once, until there is an answer; then uses what it got.
    pub async fn refreshes(&mut self) {
        let Some(token) = self.jar.clone() else { return };
        let began = self.shared.record.now();
        let mut is_lost = self.rng.random_bool(0.08) && self.is_confirmed && self.may_pay(token.generation + 1);
        loop {
            let is_answered = self.tabs_refresh(&token, is_lost).await;
            if is_answered {
                break;
            }
            let is_asleep = is_lost && self.rng.random_bool(0.4);
            self.shared.rests(if is_asleep { self.shared.after_the_overlap() } else { self.shared.town.retry }).await;
            is_lost = false;
        }
        let terms = &self.shared.terms;
        if self.shared.record.now() - began + terms.clocks >= terms.overlap {
            self.pays(token.generation + 1);
        }
        if self.rng.random_bool(0.9) {
            self.uses_access().await;
        }
    }

    pub async fn uses_access(&mut self) {
        let Some(access) = self.access.clone() else { return };
        let answer = self.shared.ask(self.by, Ask::WhoAmI(access), Fate::Pass).await;
        match answer.map(|answer| (answer.status, answer.has_code("session_revoked"))) {
            Some((200, _)) => self.is_confirmed = true,
            Some((401, true)) => self.forgets(),
            _ => {}
        }
    }

    /// Whether any tab was answered. Each keeps what it gets, in whatever order that is, and some use it before the others
    /// have theirs.
    async fn tabs_refresh(&mut self, token: &Token, is_lost: bool) -> bool {
        let tabs = if self.rng.random_bool(0.6) { 1 } else { self.rng.random_range(2..4) };
        let race = self.shared.race();
        let roams = tabs > 1 && self.rng.random_bool(0.1) && self.may_pay(token.generation + 1);
        if roams {
            self.pays(token.generation + 1);
        }
        let mut answers = FuturesUnordered::new();
        for tab in 0..tabs {
            let start = if tab == 0 { Duration::ZERO } else { drawn(&mut self.rng, Duration::ZERO..race) };
            let fate = if is_lost { lost(&mut self.rng) } else { self.fate(tab, race) };
            let (shared, by, ask) = (Arc::clone(&self.shared), self.by, Ask::Refresh(token.clone()));
            let is_busy = self.rng.random_bool(0.5);
            let from = if roams && tab > 0 { by.abroad() } else { by.home() };
            answers.push(async move {
                sleep(start).await;
                let answer = shared.ask_from(from, by, ask, fate).await?;
                let access = answer.grant.as_ref().map(|grant| grant.access.clone()).filter(|_| is_busy);
                let used =
                    OptionFuture::from(access.map(|access| shared.ask(by, Ask::WhoAmI(access), Fate::Pass))).await;
                Some((answer, used.flatten().is_some_and(|answer| answer.is_good())))
            });
        }
        let mut is_answered = false;
        let mut is_used = false;
        while let Some(answer) = answers.next().await {
            let Some((answer, was_used)) = answer else { continue };
            is_used |= was_used;
            match (&answer.grant, answer.status) {
                (Some(grant), 200) => self.keeps(grant),
                (_, 401) => self.forgets(),
                _ => continue,
            }
            is_answered = true;
        }
        self.is_confirmed |= is_used;
        is_answered
    }

    /// The first tab's answer arrives, unless the servers are at fault.
    fn fate(&mut self, tab: usize, race: Duration) -> Fate {
        match self.rng.random_range(0..10) {
            0..6 => Fate::Pass,
            6 => Fate::Double,
            7 if tab > 0 => lost(&mut self.rng),
            _ => {
                let delays = (drawn(&mut self.rng, Duration::ZERO..race), drawn(&mut self.rng, Duration::ZERO..race));
                Fate::Delay { request: delays.0, answer: delays.1 }
            }
        }
    }

    /// Whether the credit covers that another generation is answered late, or from two networks.
    fn may_pay(&self, generation: u32) -> bool {
        let (burst, every) = (self.shared.terms.recovery_burst, self.shared.terms.recovery_every);
        let mut paid = self.paid.iter().rev().zip(2..);
        paid.all(|(first, count)| count <= burst + (generation - first) / every)
    }

    fn pays(&mut self, generation: u32) {
        if self.paid.last() != Some(&generation) {
            self.paid.push(generation);
        }
    }
}

fn lost(rng: &mut StdRng) -> Fate {
    [Fate::LoseRequest, Fate::LoseAnswer, Fate::CutAnswer][rng.random_range(0..3)]
}
