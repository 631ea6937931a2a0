//! An honest browser, alone with the server: several tabs on one cookie jar, networks that delay and lose answers and that
//! it moves between, a database that forgets. It is never logged out.

use std::time::Duration;

use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::rotation::Generation;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;

use super::world::World;
use super::{ELSEWHERE, HOME, holds, place};

/// The browser's tabs find their access token expired, and all refresh with the token that the jar holds then.
#[derive(Clone, Debug)]
struct Round {
    /// Since the last answer of the round before.
    pause: Duration,
    tabs: Vec<Tab>,
    /// No answer arrives, if the credit for that is left.
    is_lost: bool,
    forgets: Option<Forgets>,
}

#[derive(Clone, Debug)]
struct Tab {
    /// When its request reaches the server: as a part of 1000 of the overlap.
    arrival: u32,
    /// How long the answer takes then.
    delay: Duration,
    /// Its own answer does not arrive, whatever becomes of the others. The first tab's always does, unless none does.
    is_lost: bool,
    /// Its request comes from another place than the others, if the credit for that is left.
    roams: bool,
}

/// After so many of a round's happenings the database loses so many of its last writes.
#[derive(Clone, Copy, Debug)]
struct Forgets {
    after: usize,
    writes: usize,
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    RequestArrives(usize),
    AnswerArrives(Generation),
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let pause = prop_oneof![
        1 => (0..30_000_u64).prop_map(Duration::from_millis),
        2 => (30..3_600_u64).prop_map(Duration::from_secs),
        1 => (1..12_u64).prop_map(|hours| Duration::from_secs(hours * 3600)),
    ];
    let delay = (0..8_000_u64).prop_map(Duration::from_millis);
    let tab = (0..=1_000_u32, delay, any::<bool>(), any::<bool>()).prop_map(|(arrival, delay, is_lost, roams)| Tab {
        arrival,
        delay,
        is_lost,
        roams,
    });
    let forgets = proptest::option::of((0..6_usize, 1..5_usize).prop_map(|(after, writes)| Forgets { after, writes }));
    let round = (pause, vec(tab, 1..4), any::<bool>(), forgets).prop_map(|(pause, tabs, is_lost, forgets)| Round {
        pause,
        tabs,
        is_lost,
        forgets,
    });
    vec(round, 1..40)
}

fn policies() -> impl Strategy<Value = RotationPolicy> {
    (1..30_u64, 1..5_u32, 1..20_u32).prop_map(|(overlap, recovery_burst, recovery_every)| RotationPolicy {
        overlap: Duration::from_secs(overlap),
        recovery_burst,
        recovery_every,
    })
}

struct Browser {
    jar: Generation,
    /// The generations that may have taken from the credit.
    paid: Vec<u32>,
    world: World,
}

impl Browser {
    /// A browser that has logged in and made a request.
    fn new(policy: RotationPolicy) -> Self {
        let year = Duration::from_secs(365 * 24 * 3600);
        let mut world = World::new(policy, Lifetimes { idle: year, absolute: year });
        world.confirm(Generation::FIRST);
        Self { jar: Generation::FIRST, paid: Vec::new(), world }
    }

    /// Whether the credit covers that the answer with `generation` is lost, or asked for from two places: in any stretch of
    /// generations no more of them than the burst, and one for each `recovery_every` of its length. Notes it if so.
    fn may_pay(&mut self, generation: u32) -> bool {
        let RotationPolicy { recovery_burst, recovery_every, .. } = self.world.policy;
        let is_known = self.paid.last() == Some(&generation);
        let mut paid = self.paid.iter().rev().zip(2..);
        let is_covered =
            is_known || paid.all(|(first, count)| count <= recovery_burst + (generation - first) / recovery_every);
        if is_covered && !is_known {
            self.paid.push(generation);
        }
        is_covered
    }

    fn lives_through(&mut self, round: &Round) -> Result<(), TestCaseError> {
        self.world.passes(round.pause);
        let (token, started) = (self.jar, self.world.now);
        let is_lost = round.is_lost && self.may_pay(token.number() + 1);
        let roams = round.tabs.iter().any(|tab| tab.roams) && self.may_pay(token.number() + 1);
        let spread = self.spread();
        let arrival = |tab: &Tab| spread * tab.arrival / 1000;
        let mut happenings: Vec<(Duration, Happening)> =
            round.tabs.iter().enumerate().map(|(at, tab)| (arrival(tab), Happening::RequestArrives(at))).collect();
        for count in 1.. {
            let Some(next) = (0..happenings.len()).min_by_key(|&at| happenings[at].0) else { break };
            let (time, happening) = happenings.remove(next);
            self.world.now = started + time;
            match happening {
                Happening::AnswerArrives(answered) => {
                    self.jar = answered;
                    self.world.confirm(answered);
                }
                Happening::RequestArrives(at) => {
                    let tab = &round.tabs[at];
                    let from = place(if roams && tab.roams { ELSEWHERE } else { HOME });
                    let answer = self.world.show_from(from, token);
                    prop_assert!(answer.is_ok(), "tab {} is refused generation {:?}: {:?}", at, token, answer);
                    if let Ok(answered) = answer
                        && !is_lost
                        && (at == 0 || !tab.is_lost)
                    {
                        happenings.push((time + tab.delay, Happening::AnswerArrives(answered)));
                    }
                }
            }
            if let Some(forgets) = round.forgets.filter(|forgets| forgets.after == count) {
                self.world.loses(forgets.writes);
            }
        }
        Ok(())
    }

    /// How far apart the tabs' requests may reach the server: the overlap, or what is left of it.
    fn spread(&self) -> Duration {
        let World { state, now, policy, .. } = &self.world;
        let left = Duration::try_from(state.rotated_at + policy.overlap - *now).unwrap_or_default();
        if self.is_late() || self.jar >= state.generation { policy.overlap } else { left }
    }

    /// Whether the next answer is one that got lost, and the overlap has gone by since.
    fn is_late(&self) -> bool {
        let World { state, now, policy, .. } = &self.world;
        self.jar < state.generation && *now > state.rotated_at + policy.overlap
    }
}

#[test]
fn racing_tabs_and_lost_answers_within_the_credit_log_nobody_out() {
    holds((policies(), rounds()), |(policy, rounds)| {
        let mut browser = Browser::new(policy);
        for mut round in rounds {
            round.forgets = None;
            browser.world.passes(round.pause);
            // For tabs that race then, see the next test.
            if browser.is_late() {
                round.tabs.truncate(1);
            }
            browser.lives_through(&Round { pause: Duration::ZERO, ..round })?;
        }
        Ok(())
    });
}

#[test]
fn tabs_that_race_for_an_answer_that_got_lost_all_get_it() {
    holds((policies(), rounds()), |(policy, rounds)| {
        let mut browser = Browser::new(policy);
        rounds.into_iter().try_for_each(|round| browser.lives_through(&Round { forgets: None, ..round }))
    });
}

#[test]
fn a_database_that_loses_its_last_writes_logs_nobody_out() {
    holds((policies(), rounds()), |(policy, rounds)| {
        let mut browser = Browser::new(policy);
        rounds.into_iter().try_for_each(|mut round| {
            // A row that a confirmation brought up to date does not know where the lost rotation came from.
            round.tabs.iter_mut().for_each(|tab| tab.roams = false);
            browser.lives_through(&Round { is_lost: false, ..round })
        })
    });
}
