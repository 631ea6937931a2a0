//! Broken rules, for each line of the table in `docs/rotation.md`, and servers that break a promise beside the rule.

use std::sync::Arc;
use std::time::Duration;

use heirloom::domain::Timestamp;
use heirloom::domain::place::Place;
use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide};

use crate::kit::checker::Promise::{self, *};

/// Anything that judges a presented token: the rule, or a broken one.
pub type Rule = dyn Fn(&FamilyState, Generation, Place, Timestamp, &RotationPolicy) -> Decision + Send + Sync;

/// What a server may do wrong although it keeps the rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    LoginsAreNotFlushed,
    LogoutsAreNotFlushed,
    PasswordsAreNotFlushed,
    PasswordsLeaveSessions,
    PasswordsLeaveTheOwnSession,
    TakesTheNewCookieAway,
    ForgetsOneSession,
    RollsReuseBack,
    AccessOutlivesSessions,
    DrawsTokens,
    AcceptsForgeries,
    ClearsCookiesOnDoubt,
    FailsNowAndThen,
}

/// Each flaw, and the promise by which it has to be noticed.
pub const FLAWS: &[(Flaw, Promise)] = &[
    (Flaw::LoginsAreNotFlushed, HonestStay),
    (Flaw::LogoutsAreNotFlushed, EndedStaysEnded),
    (Flaw::PasswordsAreNotFlushed, NothingLost),
    (Flaw::PasswordsLeaveSessions, EndedStaysEnded),
    (Flaw::PasswordsLeaveTheOwnSession, EndedStaysEnded),
    (Flaw::TakesTheNewCookieAway, Answers),
    (Flaw::ForgetsOneSession, EndedStaysEnded),
    (Flaw::RollsReuseBack, EndedStaysEnded),
    (Flaw::AccessOutlivesSessions, AccessEndsWithSession),
    (Flaw::DrawsTokens, OneLine),
    (Flaw::AcceptsForgeries, ForgeriesFail),
    (Flaw::ClearsCookiesOnDoubt, Answers),
    (Flaw::FailsNowAndThen, Answers),
];

/// A broken rule: the line of the table that it breaks, what it does, and the promise by which it has to be noticed.
pub struct Mutant {
    pub line: u8,
    pub name: &'static str,
    pub breaks: Promise,
    pub rule: Arc<Rule>,
}

fn mutant(line: u8, name: &'static str, breaks: Promise, rule: Arc<Rule>) -> Mutant {
    Mutant { line, name, breaks, rule }
}

/// The rule, asked about something else than what is the case.
fn asked(
    change: impl Fn(&mut FamilyState, &mut Generation, &mut Timestamp, &mut RotationPolicy) + Send + Sync + 'static,
) -> Arc<Rule> {
    Arc::new(move |state, presented, from, now, policy| {
        let (mut state, mut presented, mut now, mut policy) = (*state, presented, now, *policy);
        change(&mut state, &mut presented, &mut now, &mut policy);
        decide(&state, presented, from, now, &policy)
    })
}

/// The rule, with tokens taken for ones from elsewhere, or from the place of the rotation.
fn placed(place: impl Fn(&FamilyState, Place) -> Place + Send + Sync + 'static) -> Arc<Rule> {
    Arc::new(move |state, presented, from, now, policy| decide(state, presented, place(state, from), now, policy))
}

/// The rule, with something else made of its answer.
fn answered(change: impl Fn(Decision, &FamilyState, Generation) -> Decision + Send + Sync + 'static) -> Arc<Rule> {
    Arc::new(move |state, presented, from, now, policy| {
        change(decide(state, presented, from, now, policy), state, presented)
    })
}

pub fn mutants() -> Vec<Mutant> {
    let mut mutants = endings();
    mutants.extend(successors());
    mutants.extend(second_chances());
    mutants.extend(reuse());
    mutants
}

fn endings() -> Vec<Mutant> {
    let hours = Duration::from_secs(10_000);
    vec![
        mutant(1, "revoked families live on", EndedStaysEnded, asked(|state, _, _, _| state.revoked = None)),
        mutant(
            1,
            "the newest token opens a revoked family again",
            EndedStaysEnded,
            asked(|state, presented, _, _| state.revoked = state.revoked.filter(|_| *presented < state.generation)),
        ),
        mutant(
            2,
            "idle families live on",
            Lifetimes,
            asked(move |state, _, _, _| state.idle_expires_at = state.expires_at + hours),
        ),
        mutant(
            2,
            "the absolute expiry does not count",
            Lifetimes,
            asked(move |state, _, now, _| {
                state.expires_at = *now + hours;
                state.idle_expires_at = *now + hours;
            }),
        ),
        mutant(
            2,
            "expiries are reached early",
            Lifetimes,
            asked(|state, _, now, _| *now += (state.idle_expires_at - state.rotated_at) * 0.8),
        ),
    ]
}

fn successors() -> Vec<Mutant> {
    vec![
        mutant(
            3,
            "the newest token is not rotated",
            OneLine,
            answered(|decision, state, _| match decision {
                Decision::Rotate(_) => Decision::Replay(state.generation),
                other => other,
            }),
        ),
        mutant(
            3,
            "a rotation skips a generation",
            OneLine,
            answered(|decision, _, _| match decision {
                Decision::Rotate(next) => Decision::Rotate(next.next().unwrap_or(next)),
                other => other,
            }),
        ),
        mutant(
            4,
            "ahead is reuse",
            HonestStay,
            answered(|decision, state, presented| match decision {
                Decision::Ahead(_) => Decision::Reuse { distance: presented.number() - state.generation.number() },
                other => other,
            }),
        ),
        mutant(
            4,
            "ahead goes on after the row",
            OneLine,
            answered(|decision, state, _| match decision {
                Decision::Ahead(next) => Decision::Ahead(state.generation.next().unwrap_or(next)),
                other => other,
            }),
        ),
    ]
}

fn second_chances() -> Vec<Mutant> {
    vec![
        mutant(5, "there is no overlap", HonestStay, asked(|_, _, _, policy| policy.overlap = Duration::ZERO)),
        mutant(
            5,
            "the overlap ends with the confirmation",
            HonestStay,
            asked(|state, _, _, policy| {
                if state.confirmed == state.generation {
                    policy.overlap = Duration::ZERO;
                }
            }),
        ),
        mutant(
            5,
            "the overlap never ends",
            OldTokensEndFamilies,
            asked(|_, _, _, policy| policy.overlap = Duration::from_secs(1_000_000)),
        ),
        mutant(
            5,
            "a replay rotates",
            OneLine,
            answered(|decision, _, _| match decision {
                Decision::Replay(newest) => Decision::Rotate(newest.next().unwrap_or(newest)),
                other => other,
            }),
        ),
        mutant(
            5,
            "a replay repeats what was shown",
            OneLine,
            answered(|decision, _, presented| match decision {
                Decision::Replay(_) => Decision::Replay(presented),
                other => other,
            }),
        ),
        mutant(5, "every place is the same", Credit, placed(|state, _| state.rotated_from)),
        mutant(
            5,
            "elsewhere is free before the confirmation",
            Credit,
            placed(|state, from| if state.confirmed < state.generation { state.rotated_from } else { from }),
        ),
        mutant(5, "every place is another one", HonestStay, placed(|_, _| Place::default())),
        mutant(
            5,
            "elsewhere costs nothing",
            Credit,
            answered(|decision, state, _| match decision {
                Decision::ReplayElsewhere { generation, .. } => {
                    Decision::ReplayElsewhere { generation, recovery_tat: state.recovery_tat }
                }
                other => other,
            }),
        ),
        mutant(6, "nothing is recovered", HonestStay, asked(|_, _, _, policy| policy.recovery_burst = 0)),
        mutant(
            6,
            "what is in use is recovered",
            OldTokensEndFamilies,
            asked(|state, presented, _, policy| {
                state.confirmed = *presented;
                policy.recovery_burst = 1_000_000;
            }),
        ),
        mutant(
            6,
            "there is no limit to the credit",
            Credit,
            asked(|_, _, _, policy| policy.recovery_burst = 1_000_000),
        ),
        mutant(6, "nothing is taken off the credit", Credit, asked(|state, _, _, _| state.recovery_tat = 0)),
        mutant(
            6,
            "a recovery rotates",
            OneLine,
            answered(|decision, _, _| match decision {
                Decision::Recover { generation, .. } => Decision::Rotate(generation.next().unwrap_or(generation)),
                other => other,
            }),
        ),
    ]
}

fn reuse() -> Vec<Mutant> {
    vec![
        mutant(
            7,
            "reuse is answered with the newest",
            OldTokensEndFamilies,
            answered(|decision, state, _| match decision {
                Decision::Reuse { .. } => Decision::Replay(state.generation),
                other => other,
            }),
        ),
        mutant(
            7,
            "reuse is refused as expired, without an end",
            Lifetimes,
            answered(|decision, _, _| match decision {
                Decision::Reuse { .. } => Decision::Expired,
                other => other,
            }),
        ),
        mutant(
            7,
            "older tokens pass for the one before the newest",
            OldTokensEndFamilies,
            asked(|state, presented, _, _| {
                if presented.next() < Some(state.generation) {
                    *presented = Generation::new(state.generation.number() - 1).unwrap_or(*presented);
                }
            }),
        ),
        mutant(
            7,
            "very old tokens rotate",
            OldTokensEndFamilies,
            answered(|decision, state, _| match decision {
                Decision::Reuse { distance: 3.. } => {
                    Decision::Rotate(state.generation.next().unwrap_or(state.generation))
                }
                other => other,
            }),
        ),
    ]
}
