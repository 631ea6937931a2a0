//! Those who hold a copy of somebody's token, each kind of `docs/rotation.md`, and those who make tokens up.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

use super::{Fate, Shared, drawn};
use crate::kit::record::{Actor, Ask, Grant, Token};

pub struct Thief {
    by: Actor,
    rng: StdRng,
    shared: Arc<Shared>,
}

impl Thief {
    pub fn new(by: Actor, seed: u64, shared: Arc<Shared>) -> Self {
        Self { by, rng: StdRng::seed_from_u64(seed), shared }
    }

    pub async fn lives(mut self) {
        while !self.shared.is_over() {
            self.pauses().await;
            let Some(victim) = self.finds_a_victim() else { continue };
            match self.rng.random_range(0..7) {
                0 => self.shows_an_old_token(victim).await,
                1 => self.trails_by_one(victim).await,
                2 => self.shows_two_at_once(victim).await,
                3 => self.goes_first(victim, true).await,
                4 | 5 => self.follows(victim).await,
                _ => self.goes_first(victim, false).await,
            }
        }
    }

    /// Changes bits of genuine tokens. Nothing may come of it.
    pub async fn forges(mut self) {
        while !self.shared.is_over() {
            self.pauses().await;
            let Some(token) = self.finds_a_victim().and_then(|victim| self.newest(victim)) else { continue };
            let Ok(mut bytes) = URL_SAFE_NO_PAD.decode(&token.text[3..]) else { continue };
            let at = self.rng.random_range(0..bytes.len());
            bytes[at] ^= 1 << self.rng.random_range(0..8);
            let text = format!("hl_{}", URL_SAFE_NO_PAD.encode(bytes)).into();
            self.shows(&Token { text, ..token }).await;
        }
    }

    async fn pauses(&mut self) {
        let (from, to) = self.shared.town.pause;
        let pause = drawn(&mut self.rng, from..to);
        self.shared.rests(pause).await;
    }

    fn finds_a_victim(&mut self) -> Option<u32> {
        let loot = self.shared.loot();
        let mut victims: Vec<u32> =
            loot.iter().filter(|(_, tokens)| !tokens.is_empty()).map(|(number, _)| *number).collect();
        drop(loot);
        victims.sort_unstable();
        (!victims.is_empty()).then(|| victims[self.rng.random_range(0..victims.len())])
    }

    fn newest(&self, victim: u32) -> Option<Token> {
        self.shared.loot().get(&victim)?.last().cloned()
    }

    async fn shows(&self, token: &Token) -> Option<Grant> {
        self.shared.ask(self.by, Ask::Refresh(token.clone()), Fate::Pass).await?.grant
    }

    /// Waits until the victim's newest token is another one, and tells it; `None` if that takes too long or the session is
    /// another.
    async fn sees_the_victim_move(&self, victim: u32, from: &Token) -> Option<Token> {
        let step = self.shared.town.pause.0.max(Duration::from_millis(10));
        let timeout = self.shared.after_the_overlap() * 4 + self.shared.town.pause.1 * 4;
        for _ in 0..timeout.as_micros() / step.as_micros() {
            let newest = self.newest(victim).filter(|newest| newest.family == from.family)?;
            if newest.generation > from.generation {
                return Some(newest);
            }
            if self.shared.is_over() {
                return None;
            }
            sleep(step).await;
        }
        None
    }

    /// An old copy, from a backup or a log.
    async fn shows_an_old_token(&mut self, victim: u32) {
        let Some(stolen) = self.newest(victim) else { return };
        let mut newest = stolen.clone();
        for _ in 0..self.rng.random_range(2..5) {
            let Some(next) = self.sees_the_victim_move(victim, &newest).await else { return };
            newest = next;
        }
        self.shows(&stolen).await;
    }

    /// Shows what the victim has just replaced, as late as a retry after the overlap would be.
    async fn trails_by_one(&mut self, victim: u32) {
        let Some(stolen) = self.newest(victim) else { return };
        if self.sees_the_victim_move(victim, &stolen).await.is_some() {
            self.shared.rests(self.shared.after_the_overlap()).await;
            self.shows(&stolen).await;
        }
    }

    /// Within the overlap he passes for a second tab, once; then he is ahead of the victim.
    async fn shows_two_at_once(&mut self, victim: u32) {
        let Some(stolen) = self.newest(victim) else { return };
        if self.sees_the_victim_move(victim, &stolen).await.is_some()
            && let Some(grant) = self.shows(&stolen).await
        {
            self.shows(&grant.refresh).await;
        }
    }

    /// Presents each token that the victim has just replaced, again and again, until he is caught.
    async fn follows(&mut self, victim: u32) {
        let Some(mut held) = self.newest(victim) else { return };
        for _ in 0..12 {
            if self.sees_the_victim_move(victim, &held).await.is_none() {
                return;
            }
            let Some(grant) = self.shows(&held).await else { return };
            if self.rng.random_bool(0.5) {
                self.shared.ask(self.by, Ask::WhoAmI(grant.access), Fate::Pass).await;
            }
            held = grant.refresh;
        }
    }

    /// Refreshes before the victim does, again and again; uses what he gets, or is careful not to.
    async fn goes_first(&mut self, victim: u32, uses_it: bool) {
        let Some(mut held) = self.newest(victim) else { return };
        for _ in 0..8 {
            let Some(grant) = self.shows(&held).await else { return };
            if uses_it {
                self.shared.ask(self.by, Ask::WhoAmI(grant.access), Fate::Pass).await;
            }
            let before = held;
            held = grant.refresh;
            if self.sees_the_victim_move(victim, &before).await.is_none() {
                return;
            }
        }
    }
}
