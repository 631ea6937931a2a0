//! Line 5 and places: what a replay from elsewhere costs. Rows of the table, and broken rules that it has to notice.

use std::time::Duration;

use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::{Decision, FamilyState, Generation, decide};

use super::mutants::{Mutant, answered};
use super::rows::{MICROSECOND, REUSE, late, recovers, replaced, replays, rotates};
use super::table::Row;
use super::{ELSEWHERE, Rule, generation, place};

/// Tokens that come from another place than the rotation, and ones that do not.
pub fn rows() -> Vec<Row> {
    let overlap = RotationPolicy::default().overlap;
    let from_elsewhere = |row: &mut Row| row.from = place(ELSEWHERE);
    let replayed = move |ago: Duration, tat: u64| {
        move |row: &mut Row| {
            replaced(ago)(row);
            from_elsewhere(row);
            row.state.recovery_tat = tat;
        }
    };
    let costs = |tat: u64| Decision::ReplayElsewhere { generation: generation(100), recovery_tat: tat };
    let moment = Duration::ZERO;
    vec![
        Row::new("from elsewhere, this very moment", costs(107), replayed(moment, 0)),
        Row::new("from elsewhere, at the end of the overlap", costs(107), replayed(overlap, 0)),
        Row::new("from elsewhere, with the older one confirmed only", costs(107), |row| {
            replayed(moment, 0)(row);
            row.state.confirmed = generation(99);
        }),
        Row::new("from elsewhere, with nothing confirmed", costs(107), |row| {
            replayed(moment, 0)(row);
            row.state.confirmed = Generation::NONE;
        }),
        Row::new("from elsewhere, for the last of the credit", costs(130), replayed(moment, 123)),
        Row::new("from elsewhere, with too little credit by one", REUSE, replayed(moment, 124)),
        Row::new("from elsewhere, with too little credit and the older one confirmed only", REUSE, |row| {
            replayed(moment, 124)(row);
            row.state.confirmed = generation(99);
        }),
        Row::new("the same place needs no credit", replays(), |row| {
            replayed(moment, 1_000_000)(row);
            row.state.rotated_from = row.from;
        }),
        Row::new("from elsewhere again, which is free", replays(), |row| {
            replayed(moment, 1_000_000)(row);
            row.state.recovered = generation(100);
        }),
        Row::new("an older payment makes nothing free", REUSE, |row| {
            replayed(moment, 124)(row);
            row.state.recovered = generation(99);
        }),
        Row::new("from elsewhere, two generations old", Decision::Reuse { distance: 2 }, |row| {
            replayed(moment, 0)(row);
            row.presented = generation(98);
        }),
        Row::new("from elsewhere, just past the overlap", REUSE, replayed(overlap + MICROSECOND, 0)),
        Row::new("a lost answer may be fetched from elsewhere", recovers(110), |row| {
            late(row);
            from_elsewhere(row);
        }),
        Row::new("the newest token may come from elsewhere", rotates(), from_elsewhere),
        Row::new("a lost rotation may be proved from elsewhere", Decision::Ahead(generation(102)), |row| {
            from_elsewhere(row);
            row.presented = generation(101);
        }),
        Row::new("from elsewhere, with a burst of none", REUSE, |row| {
            replayed(moment, 0)(row);
            row.policy.recovery_burst = 0;
        }),
        Row::new("from elsewhere, where a credit is earned every second generation", costs(102), |row| {
            replayed(moment, 0)(row);
            row.policy.recovery_every = 2;
        }),
        Row::new("from elsewhere, where a credit is earned every fourth generation", costs(103), |row| {
            replayed(moment, 0)(row);
            row.policy.recovery_every = 4;
        }),
        Row::new("from elsewhere, with the largest settings", costs(100 + 2_863_311_530), |row| {
            replayed(moment, 0)(row);
            row.policy.recovery_burst = u32::MAX;
            row.policy.recovery_every = u32::MAX;
        }),
    ]
}

/// Rules that are wrong about places.
pub fn mutants() -> Vec<Mutant> {
    let priced = |change: fn(u64) -> u64| {
        answered(move |decision, _, _| match decision {
            Decision::ReplayElsewhere { generation, recovery_tat } => {
                Decision::ReplayElsewhere { generation, recovery_tat: change(recovery_tat) }
            }
            other => other,
        })
    };
    // The rule, asked about another credit where a token comes from elsewhere.
    let with_credit = |change: fn(&mut FamilyState)| -> Box<Rule> {
        Box::new(move |state, presented, from, now, policy| {
            let mut changed = *state;
            change(&mut changed);
            match decide(&changed, presented, from, now, policy) {
                Decision::ReplayElsewhere { .. } if from != state.rotated_from => {
                    decide(&changed, presented, from, now, policy)
                }
                _ => decide(state, presented, from, now, policy),
            }
        })
    };
    vec![
        ("every place is the same", at_home(|_, _| true)),
        ("elsewhere is free before the confirmation", at_home(|state, _| state.confirmed < state.generation)),
        ("elsewhere is free before any confirmation", at_home(|state, _| state.confirmed == Generation::NONE)),
        ("elsewhere is free after the confirmation", at_home(|state, _| state.confirmed == state.generation)),
        (
            "every place is another one",
            Box::new(|state, presented, _, now, policy| decide(state, presented, place(999), now, policy)),
        ),
        (
            "the newest token is good in its place only",
            Box::new(|state, presented, from, now, policy| match decide(state, presented, from, now, policy) {
                Decision::Rotate(_) if from != state.rotated_from => Decision::Reuse { distance: 0 },
                other => other,
            }),
        ),
        (
            "a lost answer is fetched in its place only",
            Box::new(|state, presented, from, now, policy| match decide(state, presented, from, now, policy) {
                Decision::Recover { .. } if from != state.rotated_from => Decision::Reuse { distance: 1 },
                other => other,
            }),
        ),
        (
            "elsewhere without a credit is a replay",
            Box::new(|state, presented, from, now, policy| match decide(state, presented, from, now, policy) {
                Decision::Reuse { distance: 1 } if policy.is_overlap(state.rotated_at, now) => {
                    Decision::Replay(state.generation)
                }
                other => other,
            }),
        ),
        (
            "a replay from elsewhere is paid for each time",
            Box::new(|state, presented, from, now, policy| {
                let unpaid = FamilyState { recovered: Generation::NONE, ..*state };
                match decide(&unpaid, presented, from, now, policy) {
                    Decision::Recover { .. } => decide(state, presented, from, now, policy),
                    other => other,
                }
            }),
        ),
        ("elsewhere costs nothing", priced(|tat| tat - 7)),
        ("elsewhere costs a whole credit", priced(|tat| tat + 3)),
        ("elsewhere costs half a credit", priced(|tat| tat - 2)),
        ("the price is rounded down", priced(|tat| if tat == 103 { 102 } else { tat })),
        ("elsewhere needs one less", with_credit(|state| state.recovery_tat = state.recovery_tat.saturating_sub(1))),
        ("elsewhere needs no credit", with_credit(|state| state.recovery_tat = 0)),
    ]
}

/// The rule, with tokens that come from elsewhere taken for ones from the place of the rotation, where `exception` says so.
pub fn at_home(exception: impl Fn(&FamilyState, Generation) -> bool + 'static) -> Box<Rule> {
    Box::new(move |state, presented, from, now, policy| {
        let from = if exception(state, presented) { state.rotated_from } else { from };
        decide(state, presented, from, now, policy)
    })
}

/// The rule, with a whole credit for each replay from elsewhere.
pub fn whole_price() -> Box<Rule> {
    Box::new(|state, presented, from, now, policy| match decide(state, presented, from, now, policy) {
        Decision::ReplayElsewhere { generation, .. } => {
            let newest = u64::from(generation.number());
            let recovery_tat = state.recovery_tat.max(newest) + u64::from(policy.recovery_every);
            if recovery_tat - newest > u64::from(policy.recovery_every * policy.recovery_burst) {
                return Decision::Reuse { distance: 1 };
            }
            Decision::ReplayElsewhere { generation, recovery_tat }
        }
        other => other,
    })
}
