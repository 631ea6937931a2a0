//! Broken rules, one and more for each line of the table. Each has to be noticed by the table.

use std::time::Duration;

use heirloom::domain::Timestamp;
use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::revocation::RevocationReason;
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide};

use super::rows::rows;
use super::{Rule, clocks, elsewhere, generation};

const INSTANT: Duration = Duration::from_nanos(1);
const LONG: Duration = Duration::from_secs(1_000_000);

/// What is wrong with a rule, and the rule.
pub type Mutant = (&'static str, Box<Rule>);

/// The rule, asked about something else than what is the case.
pub fn asked(
    change: impl Fn(&mut FamilyState, &mut Generation, &mut Timestamp, &mut RotationPolicy) + 'static,
) -> Box<Rule> {
    Box::new(move |state, presented, from, now, policy| {
        let (mut state, mut presented, mut now, mut policy) = (*state, presented, now, *policy);
        change(&mut state, &mut presented, &mut now, &mut policy);
        decide(&state, presented, from, now, &policy)
    })
}

/// The rule, with something else made of its answer.
pub fn answered(change: impl Fn(Decision, &FamilyState, Generation) -> Decision + 'static) -> Box<Rule> {
    Box::new(move |state, presented, from, now, policy| {
        change(decide(state, presented, from, now, policy), state, presented)
    })
}

/// The rule, unless a live family's row and an old token meet `exception`.
fn unless(
    exception: impl Fn(&FamilyState, u32, Duration) -> bool + 'static,
    then: impl Fn(&FamilyState) -> Decision + 'static,
) -> Box<Rule> {
    Box::new(move |state, presented, from, now, policy| {
        let is_live = state.revoked.is_none() && now < state.expires_at && now < state.idle_expires_at;
        let age = Duration::try_from(now - state.rotated_at).unwrap_or_default();
        match state.generation.number().checked_sub(presented.number()) {
            Some(distance @ 1..) if is_live && exception(state, distance, age) => then(state),
            _ => decide(state, presented, from, now, policy),
        }
    })
}

fn mutants() -> Vec<Mutant> {
    let mut mutants = endings_and_successors();
    mutants.extend(overlap());
    mutants.extend(elsewhere::mutants());
    mutants.extend(clocks::mutants());
    mutants.extend(recovery());
    mutants.extend(reuse());
    mutants
}

fn endings_and_successors() -> Vec<Mutant> {
    vec![
        ("revoked families live on", asked(|state, _, _, _| state.revoked = None)),
        (
            "expired goes before revoked",
            Box::new(|state, presented, from, now, policy| {
                let alive = FamilyState { revoked: None, ..*state };
                match decide(&alive, presented, from, now, policy) {
                    Decision::Expired => Decision::Expired,
                    _ => decide(state, presented, from, now, policy),
                }
            }),
        ),
        (
            "a newer token opens a revoked family again",
            asked(|state, presented, _, _| state.revoked = state.revoked.filter(|_| *presented <= state.generation)),
        ),
        (
            "every reason is logout",
            answered(|decision, _, _| match decision {
                Decision::Revoked(_) => Decision::Revoked(RevocationReason::Logout),
                other => other,
            }),
        ),
        ("idle families live on", asked(|state, _, _, _| state.idle_expires_at = state.expires_at)),
        (
            "only the idle expiry counts",
            asked(|state, _, _, _| state.expires_at = state.idle_expires_at.max(state.expires_at)),
        ),
        ("expiries are reached an instant late", asked(|_, _, now, _| *now -= INSTANT)),
        ("expiries are reached an hour early", asked(|_, _, now, _| *now += Duration::from_secs(3_599))),
        (
            "the newest token is not rotated",
            answered(|decision, state, _| match decision {
                Decision::Rotate(_) => Decision::Replay(state.generation),
                other => other,
            }),
        ),
        (
            "a rotation skips a generation",
            answered(|decision, _, _| match decision {
                Decision::Rotate(next) => Decision::Rotate(next.next().unwrap_or(next)),
                other => other,
            }),
        ),
        (
            "ahead is reuse",
            answered(|decision, state, presented| match decision {
                Decision::Ahead(_) => Decision::Reuse { distance: presented.number() - state.generation.number() },
                other => other,
            }),
        ),
        (
            "ahead is an ordinary rotation",
            answered(|decision, _, _| match decision {
                Decision::Ahead(next) => Decision::Rotate(next),
                other => other,
            }),
        ),
        (
            "ahead goes on after the row",
            answered(|decision, state, _| match decision {
                Decision::Ahead(next) => Decision::Ahead(state.generation.next().unwrap_or(next)),
                other => other,
            }),
        ),
        (
            "ahead by one only",
            asked(|state, presented, _, _| {
                *presented = (*presented).min(state.generation.next().unwrap_or(*presented))
            }),
        ),
        (
            "the last generation answers itself",
            answered(|decision, _, presented| match decision {
                Decision::Expired if presented == Generation::LAST => Decision::Replay(Generation::LAST),
                other => other,
            }),
        ),
    ]
}

fn overlap() -> Vec<Mutant> {
    let replay = |state: &FamilyState| Decision::Replay(state.generation);
    let seconds = Duration::from_secs(10);
    vec![
        ("there is no overlap", asked(|_, _, _, policy| policy.overlap = Duration::ZERO)),
        ("the overlap is judged for any token", unless(move |_, _, age| age <= seconds, replay)),
        (
            "the overlap ends an instant early",
            asked(|_, _, _, policy| policy.overlap = policy.overlap.saturating_sub(INSTANT)),
        ),
        ("the overlap ends a microsecond late", asked(|_, _, _, policy| policy.overlap += Duration::from_micros(1))),
        ("the overlap never ends", asked(|_, _, _, policy| policy.overlap = LONG)),
        (
            "an overlap of nothing holds an instant",
            asked(|_, _, _, policy| policy.overlap = policy.overlap.max(INSTANT)),
        ),
        (
            "the overlap ends with the confirmation",
            asked(|state, _, _, policy| {
                if state.confirmed == state.generation {
                    policy.overlap = Duration::ZERO;
                }
            }),
        ),
        (
            "the overlap is for those who have confirmed",
            asked(|state, presented, _, policy| {
                if state.confirmed < *presented {
                    policy.overlap = Duration::ZERO;
                }
            }),
        ),
        (
            "a replay rotates",
            answered(|decision, _, _| match decision {
                Decision::Replay(newest) => Decision::Rotate(newest.next().unwrap_or(newest)),
                other => other,
            }),
        ),
        (
            "a replay repeats what was shown",
            answered(|decision, _, presented| match decision {
                Decision::Replay(_) => Decision::Replay(presented),
                other => other,
            }),
        ),
        (
            "a recovery goes before a replay",
            Box::new(|state, presented, from, now, policy| {
                match decide(state, presented, from, now, &RotationPolicy { overlap: Duration::ZERO, ..*policy }) {
                    recovery @ Decision::Recover { .. } => recovery,
                    _ => decide(state, presented, from, now, policy),
                }
            }),
        ),
    ]
}

fn recovery() -> Vec<Mutant> {
    vec![
        ("nothing is recovered", asked(|_, _, _, policy| policy.recovery_burst = 0)),
        ("what is in use is recovered", asked(|state, presented, _, _| state.confirmed = *presented)),
        ("what is in use is recovered, if it was before", {
            asked(|state, presented, _, _| {
                if state.recovered == state.generation {
                    state.confirmed = *presented;
                }
            })
        }),
        (
            "those who do not confirm recover as well",
            asked(|state, presented, _, _| state.confirmed = state.confirmed.max(*presented)),
        ),
        (
            "any age is recovered",
            unless(
                |state, distance, _| distance == 2 && state.confirmed < state.generation,
                |state| Decision::Recover { generation: state.generation, recovery_tat: Some(0) },
            ),
        ),
        ("there is no limit to the credit", asked(|_, _, _, policy| policy.recovery_burst = 1_000_000)),
        (
            "there is one credit more",
            asked(|_, _, _, policy| policy.recovery_burst += u32::from(policy.recovery_burst > 1)),
        ),
        ("there is one credit less", asked(|_, _, _, policy| policy.recovery_burst = policy.recovery_burst.min(2))),
        ("a burst of none is one", asked(|_, _, _, policy| policy.recovery_burst = policy.recovery_burst.max(1))),
        (
            "a credit is earned a generation early",
            asked(|state, _, _, _| state.recovery_tat = state.recovery_tat.saturating_sub(1)),
        ),
        ("a credit is earned a generation late", asked(|state, _, _, _| state.recovery_tat += 1)),
        ("credits are never earned back", asked(|state, _, _, _| state.recovery_tat = state.recovery_tat.max(125))),
        ("nothing is taken off the credit", asked(|state, _, _, _| state.recovery_tat = 0)),
        (
            "a recovery is paid for each time it is asked for",
            asked(|state, _, _, _| state.recovered = Generation::NONE),
        ),
        (
            "one recovery makes all later ones free",
            asked(|state, _, _, _| {
                if state.recovered > Generation::NONE {
                    state.recovered = state.generation;
                }
            }),
        ),
        (
            "a recovery rotates",
            answered(|decision, _, _| match decision {
                Decision::Recover { generation, .. } => Decision::Rotate(generation.next().unwrap_or(generation)),
                other => other,
            }),
        ),
    ]
}

fn reuse() -> Vec<Mutant> {
    vec![
        (
            "reuse is answered",
            answered(|decision, state, _| match decision {
                Decision::Reuse { .. } => Decision::Replay(state.generation),
                other => other,
            }),
        ),
        (
            "reuse is refused without an end",
            answered(|decision, _, _| match decision {
                Decision::Reuse { .. } => Decision::Expired,
                other => other,
            }),
        ),
        (
            "the distance is counted from the presented token's successor",
            answered(|decision, _, _| match decision {
                Decision::Reuse { distance } => Decision::Reuse { distance: distance - 1 },
                other => other,
            }),
        ),
        ("very old tokens are forgotten", unless(|_, distance, _| distance > 50, |_| Decision::Expired)),
        (
            "a token of two generations ago passes for one of the last",
            asked(|state, presented, _, _| {
                if presented.next() < Some(state.generation) && *presented >= generation(98) {
                    *presented = generation(99);
                }
            }),
        ),
    ]
}

#[test]
fn the_table_notices_every_broken_rule() {
    let rows = rows();
    for (name, rule) in mutants() {
        let is_noticed = rows.iter().any(|row| row.complaint(&*rule).is_some());
        assert!(is_noticed, "the table holds although {name}");
    }
}

/// Otherwise the rows, and not the rule, would be what a broken rule is noticed by.
#[test]
fn a_rule_that_is_asked_and_answered_unchanged_is_not_complained_about() {
    let unbroken =
        [asked(|_, _, _, _| ()), answered(|decision, _, _| decision), unless(|_, _, _| false, |_| Decision::Expired)];
    for rule in unbroken {
        assert!(rows().iter().all(|row| row.complaint(&*rule).is_none()));
    }
}
