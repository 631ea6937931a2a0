//! The owner of an account with two devices, who now and then logs out or changes the password, and at the end looks
//! whether everything is as it was promised.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::time::sleep;

use super::device::Device;
use super::{Fate, Shared, drawn};
use crate::kit::record::{Access, Actor, Answer, Ask, Delivery, Token};

pub struct Person {
    by: Actor,
    email: Arc<str>,
    password: Arc<str>,
    passwords_chosen: u32,
    /// Thieves can read what the first device holds.
    is_careless: bool,
    first: Device,
    second: Device,
    /// Tokens of sessions that have ended.
    ended: Vec<Token>,
    rng: StdRng,
    shared: Arc<Shared>,
}

impl Person {
    pub fn new(number: u32, seed: u64, shared: Arc<Shared>) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let by = Actor::Honest(number);
        let is_careless = number.is_multiple_of(3);
        let deliveries = if number.is_multiple_of(2) {
            (Delivery::Cookie, Delivery::Body)
        } else {
            (Delivery::Body, Delivery::Cookie)
        };
        let mut device = |is_open, delivery| {
            Device::new(by, is_open, delivery, Arc::clone(&shared), StdRng::seed_from_u64(rng.random()))
        };
        Self {
            by,
            email: format!("person-{number}@example.com").into(),
            password: format!("the first password of {number}").into(),
            passwords_chosen: 1,
            is_careless,
            first: device(is_careless, deliveries.0),
            second: device(false, deliveries.1),
            ended: Vec::new(),
            rng,
            shared,
        }
    }

    pub async fn lives(mut self) {
        let register = Ask::Register { email: self.email.clone(), password: self.password.clone() };
        self.shared.insist(self.by, register).await;
        while !self.shared.is_over() {
            self.logs_in().await;
            let pause = self.pause();
            self.shared.rests(pause).await;
            self.does_something().await;
        }
        self.looks_whether_all_is_well().await;
    }

    /// The careless often stay away for longer than the overlap, or nobody could get ahead of them.
    fn pause(&mut self) -> Duration {
        let (from, to) = self.shared.town.pause;
        let late = self.shared.after_the_overlap();
        if self.is_careless && self.rng.random_bool(0.4) {
            drawn(&mut self.rng, late..late * 3 / 2)
        } else {
            drawn(&mut self.rng, from..to)
        }
    }

    /// Logs in on each device that is not.
    async fn logs_in(&mut self) {
        for is_first in [true, false] {
            let device = if is_first { &self.first } else { &self.second };
            if device.jar.is_some() {
                continue;
            }
            let answer = self.tries_to_log_in(self.password.clone(), device.delivery).await;
            let device = if is_first { &mut self.first } else { &mut self.second };
            if let Some(grant) = answer.grant {
                device.begins(&grant);
                device.uses_access().await;
            }
        }
    }

    async fn tries_to_log_in(&self, password: Arc<str>, delivery: Delivery) -> Answer {
        self.shared.insist(self.by, Ask::Login { email: self.email.clone(), password, delivery }).await
    }

    async fn does_something(&mut self) {
        if self.rng.random_bool(self.shared.town.absence) {
            return self.shared.rests(self.shared.terms.idle + self.shared.terms.clocks).await;
        }
        match self.rng.random_range(0..100) {
            0..3 => self.logs_out().await,
            3 => self.logs_out_everywhere().await,
            4 => self.changes_the_password().await,
            5 => self.ends_the_other_session().await,
            6..9 => self.shows_what_has_ended().await,
            9..16 => {
                self.first.uses_access().await;
                self.second.uses_access().await;
            }
            16..60 => self.first.refreshes().await,
            60..85 => self.second.refreshes().await,
            _ => drop(join(self.first.refreshes(), self.second.refreshes()).await),
        }
    }

    async fn logs_out(&mut self) {
        let Some(token) = self.second.jar.clone() else { return };
        let access = self.second.access.clone();
        self.second.forgets();
        self.shared.insist(self.by, Ask::Logout(token.clone())).await;
        self.shared.ask(self.by, Ask::Refresh(token.clone()), Fate::Pass).await;
        self.ended.push(token);
        self.uses_what_is_dead(access).await;
    }

    /// Again, long after: nothing may have brought it back.
    async fn shows_what_has_ended(&self) {
        if let Some(token) = self.ended.last() {
            self.shared.ask(self.by, Ask::Refresh(token.clone()), Fate::Pass).await;
        }
    }

    async fn uses_what_is_dead(&self, access: Option<Access>) {
        let Some(access) = access else { return };
        sleep(self.shared.terms.access_lag * 2).await;
        self.shared.ask(self.by, Ask::WhoAmI(access), Fate::Pass).await;
    }

    async fn logs_out_everywhere(&mut self) {
        let Some(access) = self.first.access.clone() else { return };
        let answer = self.shared.ask(self.by, Ask::LogoutAll(access.clone()), Fate::Pass).await;
        if !answer.is_some_and(|answer| answer.is_good()) {
            return;
        }
        let dead = [self.first.jar.clone(), self.second.jar.clone()];
        self.first.forgets();
        self.second.forgets();
        for token in dead.into_iter().flatten() {
            self.shared.ask(self.by, Ask::Refresh(token.clone()), Fate::Pass).await;
            self.ended.push(token);
        }
        self.uses_what_is_dead(Some(access)).await;
    }

    async fn ends_the_other_session(&mut self) {
        let (Some(access), Some(token)) = (self.first.access.clone(), self.second.jar.clone()) else { return };
        let ask = Ask::EndSession { access, family: token.family };
        if self.shared.ask(self.by, ask, Fate::Pass).await.is_some_and(|answer| answer.is_good()) {
            let access = self.second.access.clone();
            self.second.forgets();
            self.shared.ask(self.by, Ask::Refresh(token.clone()), Fate::Pass).await;
            self.ended.push(token);
            self.uses_what_is_dead(access).await;
        }
    }

    async fn changes_the_password(&mut self) {
        let Some(access) = self.first.access.clone() else { return };
        self.passwords_chosen += 1;
        let new: Arc<str> = format!("password {} of {}", self.passwords_chosen, self.email).into();
        let ask = Ask::ChangePassword { access, current: self.password.clone(), new: new.clone() };
        let answer = self.shared.ask(self.by, ask, Fate::Pass).await;
        let grant = answer.as_ref().and_then(|answer| answer.grant.as_ref());
        match (answer.as_ref().map(|answer| answer.status), grant) {
            (Some(200), Some(grant)) => {
                let old = std::mem::replace(&mut self.password, new);
                let dead = [self.first.jar.clone(), self.second.jar.clone()];
                let access = self.first.access.clone();
                self.first.begins(grant);
                self.second.forgets();
                for token in dead.into_iter().flatten() {
                    self.shared.ask(self.by, Ask::Refresh(token.clone()), Fate::Pass).await;
                    self.ended.push(token);
                }
                self.first.uses_access().await;
                self.uses_what_is_dead(access).await;
                self.tries_to_log_in(old, Delivery::Body).await;
            }
            (None | Some(503), _) => {
                // It may happen yet. After that, only trying tells.
                sleep(self.shared.terms.settle).await;
                if self.tries_to_log_in(new.clone(), Delivery::Body).await.is_good() {
                    self.password = new;
                }
            }
            _ => {}
        }
    }

    async fn looks_whether_all_is_well(&mut self) {
        for device in [&mut self.first, &mut self.second] {
            device.refreshes().await;
            device.uses_access().await;
        }
        for token in &self.ended {
            self.shared.insist(self.by, Ask::Refresh(token.clone())).await;
        }
        self.tries_to_log_in(self.password.clone(), Delivery::Body).await;
    }
}
