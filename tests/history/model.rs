//! A server in memory that keeps families as the real one does, but asks any rule it is given and may have a flaw of its
//! own. It answers the very same clients, on a clock that leaps from one thing that happens to the next.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use heirloom::domain::Timestamp;
use heirloom::domain::client::Client;
use heirloom::domain::family::{self, Family};
use heirloom::domain::place::Place;
use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::revocation::{Revocation, RevocationReason};
use heirloom::domain::rotation::{Decision, FamilyState, Generation};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use time::macros::datetime;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::kit::checker::Terms;
use crate::kit::clients::{Fate, Server};
use crate::kit::record::{Access, Answer, Ask, Delivery, Grant, Network, Token};
use crate::model_answers::{answer, genuine, plain};
use crate::mutants::{Flaw, Rule};

const BEGAN: Timestamp = datetime!(2026-03-01 12:00:00 UTC);

pub struct Model {
    state: Mutex<State>,
    rule: Arc<Rule>,
    flaw: Option<Flaw>,
    terms: Terms,
    began: Instant,
}

struct State {
    rng: StdRng,
    passwords: HashMap<Arc<str>, Arc<str>>,
    families: HashMap<Uuid, Row>,
    /// What a crash takes back, oldest first, and when it was written.
    unflushed: Vec<(Instant, Undo)>,
    is_away: bool,
}

#[derive(Clone)]
struct Row {
    email: Arc<str>,
    delivery: Delivery,
    state: FamilyState,
}

enum Undo {
    Row(Uuid, Option<Box<Row>>),
    Password(Arc<str>, Arc<str>),
}

impl Server for Model {
    fn answer<'a>(&'a self, from: Network, ask: &'a Ask, fate: Fate) -> BoxFuture<'a, Option<Answer>> {
        async move {
            self.travels().await;
            match fate {
                Fate::LoseRequest => return None,
                Fate::Delay { request, .. } => sleep(request).await,
                _ => {}
            }
            let answer = self.handles(from, ask);
            match fate {
                Fate::LoseAnswer | Fate::CutAnswer => return None,
                Fate::Delay { answer, .. } => sleep(answer).await,
                Fate::Double => drop(self.handles(from, ask)),
                _ => {}
            }
            self.travels().await;
            Some(answer)
        }
        .boxed()
    }
}

impl Model {
    pub fn new(rule: Arc<Rule>, flaw: Option<Flaw>, terms: Terms, seed: u64) -> Self {
        let state = State {
            rng: StdRng::seed_from_u64(seed),
            passwords: HashMap::new(),
            families: HashMap::new(),
            unflushed: Vec::new(),
            is_away: false,
        };
        Self { state: Mutex::new(state), rule, flaw, terms, began: Instant::now() }
    }

    /// The database loses what it had not flushed, and is away until it [`comes_back`](Self::comes_back).
    pub fn crashes(&self, unflushed: Duration) {
        let mut state = self.locked();
        state.is_away = true;
        let lost = state.unflushed.iter().rposition(|(at, _)| at.elapsed() > unflushed).map_or(0, |last| last + 1);
        let lost: Vec<Undo> = state.unflushed.drain(lost..).map(|(_, undo)| undo).collect();
        state.unflushed.clear();
        for undo in lost.into_iter().rev() {
            match undo {
                Undo::Row(id, Some(row)) => drop(state.families.insert(id, *row)),
                Undo::Row(id, None) => drop(state.families.remove(&id)),
                Undo::Password(email, password) => drop(state.passwords.insert(email, password)),
            }
        }
    }

    pub fn comes_back(&self) {
        self.locked().is_away = false;
    }

    async fn travels(&self) {
        let time = Duration::from_micros(self.locked().rng.random_range(500..4000));
        sleep(time).await;
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn policy(&self) -> RotationPolicy {
        let Terms { overlap, recovery_burst, recovery_every, .. } = self.terms;
        RotationPolicy { overlap, recovery_burst, recovery_every }
    }

    fn lifetimes(&self) -> Lifetimes {
        Lifetimes { idle: self.terms.idle, absolute: self.terms.absolute }
    }

    /// One of two processes answers, each by its own clock.
    fn handles(&self, from: Network, ask: &Ask) -> Answer {
        let mut state = self.locked();
        if state.is_away {
            return Answer { clears_cookie: self.has(Flaw::ClearsCookiesOnDoubt), ..answer(503, "unavailable") };
        }
        if self.has(Flaw::FailsNowAndThen) && state.rng.random_bool(0.001) {
            return answer(500, "internal_error");
        }
        let ahead = if state.rng.random_bool(0.5) { self.terms.clocks } else { Duration::ZERO };
        let now = BEGAN + self.began.elapsed() + ahead;
        match ask {
            Ask::Register { email, password } => {
                state.passwords.insert(email.clone(), password.clone());
                plain(201)
            }
            Ask::Login { email, password, delivery } => self.logs_in(&mut state, email, password, *delivery, now),
            Ask::Refresh(token) => self.refreshes(&mut state, token, from, now),
            Ask::Logout(token) => {
                self.ends(&mut state, token.family, RevocationReason::Logout, now);
                Answer { clears_cookie: true, ..plain(200) }
            }
            _ => self.authenticated(&mut state, ask, now),
        }
    }

    fn logs_in(
        &self,
        state: &mut State,
        email: &Arc<str>,
        password: &Arc<str>,
        delivery: Delivery,
        now: Timestamp,
    ) -> Answer {
        if state.passwords.get(email) != Some(password) {
            return answer(401, "invalid_credentials");
        }
        let id = self.begins(state, email, delivery, now);
        if !self.has(Flaw::LoginsAreNotFlushed) {
            self.flushes(state);
        }
        self.grants(state, id, 1)
    }

    fn begins(&self, state: &mut State, email: &Arc<str>, delivery: Delivery, now: Timestamp) -> Uuid {
        let id = Uuid::from_u128(state.rng.random());
        let begun = Family::begin(id.into(), id.into(), family::Delivery::Body, now, &self.lifetimes()).state;
        state.write(id, Row { email: email.clone(), delivery, state: begun });
        id
    }

    fn refreshes(&self, state: &mut State, token: &Token, from: Network, now: Timestamp) -> Answer {
        let place = Place::of(&Client::new(Some(from.address().into()), None));
        let is_genuine = token.text == genuine(token.family, token.generation, token.delivery, 0).text;
        if !is_genuine && !self.has(Flaw::AcceptsForgeries) {
            return Answer { clears_cookie: true, ..answer(401, "refresh_token_invalid") };
        }
        let (Some(mut row), Some(presented)) =
            (state.families.get(&token.family).cloned(), Generation::new(token.generation))
        else {
            return answer(401, "session_revoked");
        };
        let decision = (self.rule)(&row.state, presented, place, now, &self.policy());
        let answered = match decision {
            Decision::Revoked(reason) => {
                let clears_cookie = reason == RevocationReason::PasswordChange && self.has(Flaw::TakesTheNewCookieAway);
                let reason = Some(reason.as_str().to_owned());
                return Answer { reason, clears_cookie, ..answer(401, "session_revoked") };
            }
            Decision::Expired => return answer(401, "refresh_token_expired"),
            Decision::Reuse { .. } => {
                if !self.has(Flaw::RollsReuseBack) {
                    self.ends(state, token.family, RevocationReason::Reuse, now);
                }
                return answer(401, "refresh_token_reused");
            }
            Decision::Rotate(next) | Decision::Ahead(next) => {
                row.state.generation = next;
                row.state.rotated_at = now;
                row.state.rotated_from = place;
                row.state.idle_expires_at = Family::idle_expiry(now, row.state.expires_at, &self.lifetimes());
                next
            }
            Decision::Replay(newest) => return self.grants(state, token.family, newest.number()),
            Decision::ReplayElsewhere { generation, recovery_tat } => {
                row.state.recovered = row.state.generation;
                row.state.recovery_tat = recovery_tat;
                generation
            }
            Decision::Recover { generation, recovery_tat } => {
                row.state.recovered = row.state.generation;
                row.state.recovery_tat = recovery_tat.unwrap_or(row.state.recovery_tat);
                row.state.rotated_at = now;
                row.state.rotated_from = place;
                generation
            }
        };
        state.write(token.family, row);
        self.grants(state, token.family, answered.number())
    }

    fn authenticated(&self, state: &mut State, ask: &Ask, now: Timestamp) -> Answer {
        let (Ask::WhoAmI(access)
        | Ask::LogoutAll(access)
        | Ask::EndSession { access, .. }
        | Ask::ChangePassword { access, .. }) = ask
        else {
            return answer(404, "not_found");
        };
        let Some(mut row) = state.families.get(&access.family).cloned() else { return answer(401, "session_revoked") };
        if row.state.revoked.is_some() && !self.has(Flaw::AccessOutlivesSessions) {
            return answer(401, "session_revoked");
        }
        let (email, delivery) = (row.email.clone(), row.delivery);
        let seen = Generation::new(access.generation).unwrap_or(Generation::NONE);
        if row.state.confirmed < seen && row.state.revoked.is_none() {
            if row.state.is_behind(seen) {
                row.state.generation = seen;
                row.state.rotated_at = now;
            }
            row.state.confirmed = seen;
            state.write(access.family, row);
        }
        match ask {
            Ask::LogoutAll(_) => {
                let spared = if self.has(Flaw::ForgetsOneSession) { Some(access.family) } else { None };
                self.ends_all(state, &email, spared, RevocationReason::LogoutAll, now);
                plain(200)
            }
            Ask::EndSession { family, .. } => {
                let is_theirs =
                    state.families.get(family).is_some_and(|row| row.email == email && row.state.revoked.is_none());
                if !is_theirs {
                    return answer(404, "session_not_found");
                }
                self.ends(state, *family, RevocationReason::Logout, now);
                plain(204)
            }
            Ask::ChangePassword { current, new, .. } => {
                if state.passwords.get(&email) != Some(current) {
                    return answer(403, "invalid_credentials");
                }
                if let Some(old) = state.passwords.insert(email.clone(), new.clone()) {
                    state.unflushed.push((Instant::now(), Undo::Password(email.clone(), old)));
                }
                if !self.has(Flaw::PasswordsLeaveSessions) {
                    let spared = if self.has(Flaw::PasswordsLeaveTheOwnSession) { Some(access.family) } else { None };
                    self.ends_all(state, &email, spared, RevocationReason::PasswordChange, now);
                }
                let id = self.begins(state, &email, delivery, now);
                self.flushes(state);
                self.grants(state, id, 1)
            }
            _ => plain(200),
        }
    }

    fn ends_all(
        &self,
        state: &mut State,
        email: &Arc<str>,
        except: Option<Uuid>,
        reason: RevocationReason,
        now: Timestamp,
    ) {
        let theirs = state.families.iter().filter(|(id, row)| row.email == *email && Some(**id) != except);
        let ids: Vec<Uuid> = theirs.map(|(id, _)| *id).collect();
        ids.into_iter().for_each(|id| self.ends(state, id, reason, now));
    }

    fn ends(&self, state: &mut State, id: Uuid, reason: RevocationReason, now: Timestamp) {
        let Some(mut row) = state.families.get(&id).filter(|row| row.state.revoked.is_none()).cloned() else { return };
        row.state.revoked = Some(Revocation { at: now, reason });
        state.write(id, row);
        if !self.has(Flaw::LogoutsAreNotFlushed) {
            self.flushes(state);
        }
    }

    fn flushes(&self, state: &mut State) {
        let is_left_out = |undo: &Undo| self.has(Flaw::PasswordsAreNotFlushed) && matches!(undo, Undo::Password(..));
        state.unflushed.retain(|(_, undo)| is_left_out(undo));
    }

    fn grants(&self, state: &mut State, id: Uuid, generation: u32) -> Answer {
        let Some(row) = state.families.get(&id) else { return answer(401, "session_revoked") };
        let delivery = row.delivery;
        let drawn = if self.has(Flaw::DrawsTokens) { state.rng.random() } else { 0 };
        let refresh = genuine(id, generation, delivery, drawn);
        let access = Access { family: id, generation, text: "".into() };
        Answer { grant: Some(Grant { refresh, access }), ..plain(200) }
    }
}

impl State {
    fn write(&mut self, id: Uuid, row: Row) {
        let before = self.families.insert(id, row).map(Box::new);
        self.unflushed.push((Instant::now(), Undo::Row(id, before)));
    }
}
