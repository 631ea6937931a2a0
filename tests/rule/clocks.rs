//! Line 5 and clocks: how far `rotated_at` may lie in the future. Rows of the table, and broken rules that it has to notice.

use std::time::Duration;

use heirloom::domain::Timestamp;
use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::rotation::FamilyState;

use super::generation;
use super::mutants::{Mutant, asked};
use super::rows::{MICROSECOND, REUSE, recovers, replays};
use super::table::{HOUR, NOW, Row};

/// The clock of the process that rotated is ahead of the one that judges.
pub fn rows() -> Vec<Row> {
    let ahead_by = |time: Duration| {
        move |row: &mut Row| {
            row.presented = generation(99);
            row.state.rotated_at = NOW + time;
        }
    };
    let most = RotationPolicy::CLOCK_TOLERANCE;
    vec![
        Row::new("a clock that is ahead a little", replays(), ahead_by(MICROSECOND)),
        Row::new("a clock that is ahead as far as it may", replays(), ahead_by(most)),
        Row::new("a clock that is ahead too far", REUSE, ahead_by(most + MICROSECOND)),
        Row::new("a clock that is an hour ahead", REUSE, ahead_by(HOUR)),
        Row::new("a clock that is an hour ahead, and the older one confirmed only", recovers(110), |row| {
            ahead_by(HOUR)(row);
            row.state.confirmed = generation(99);
        }),
        Row::new("a clock that is ahead by more than the overlap", replays(), |row| {
            ahead_by(most)(row);
            row.policy.overlap = MICROSECOND;
        }),
        Row::new("a long overlap does not excuse a clock", REUSE, |row| {
            ahead_by(most + MICROSECOND)(row);
            row.policy.overlap = HOUR;
        }),
    ]
}

/// Rules that are wrong about clocks.
pub fn mutants() -> Vec<Mutant> {
    let ahead = |change: fn(&mut FamilyState, Timestamp, &mut RotationPolicy)| {
        asked(move |state, _, now, policy| {
            if *now < state.rotated_at {
                change(state, *now, policy);
            }
        })
    };
    vec![
        ("a clock may be ahead as far as it likes", ahead(|state, now, _| state.rotated_at = now)),
        ("no clock may be ahead", ahead(|_, _, policy| policy.overlap = Duration::ZERO)),
        ("a clock may be ahead a microsecond less", ahead(|state, _, _| state.rotated_at += Duration::from_micros(1))),
        ("a clock may be ahead a microsecond more", ahead(|state, _, _| state.rotated_at -= Duration::from_micros(1))),
        (
            "a clock may be ahead as far as the overlap",
            ahead(|state, now, policy| {
                if state.rotated_at - now <= policy.overlap {
                    state.rotated_at = now;
                }
            }),
        ),
        (
            "a clock may be ahead no further than the overlap",
            ahead(|state, now, policy| {
                if state.rotated_at - now > policy.overlap {
                    policy.overlap = Duration::ZERO;
                }
            }),
        ),
    ]
}
