//! The rows of the table of `docs/rotation.md`, line by line, each with its boundaries.

use std::time::Duration;

use heirloom::domain::policy::RotationPolicy;
use heirloom::domain::revocation::{Revocation, RevocationReason};
use heirloom::domain::rotation::{Decision, Generation};

use super::table::{HOUR, NOW, Row};
use super::{clocks, elsewhere, generation};

pub const MICROSECOND: Duration = Duration::from_micros(1);

fn revoked(reason: RevocationReason) -> Option<Revocation> {
    Some(Revocation { at: NOW - HOUR * 2, reason })
}

pub fn late(row: &mut Row) {
    row.presented = generation(99);
    row.state.confirmed = generation(99);
}

pub fn late_answer(number: u32, tat: u64) -> Decision {
    Decision::Recover { generation: generation(number), recovery_tat: Some(tat) }
}

pub fn recovers(tat: u64) -> Decision {
    late_answer(100, tat)
}

pub const REUSE: Decision = Decision::Reuse { distance: 1 };

pub fn replays() -> Decision {
    Decision::Replay(generation(100))
}

pub fn rotates() -> Decision {
    Decision::Rotate(generation(101))
}

/// The whole table.
pub fn rows() -> Vec<Row> {
    let mut rows = endings();
    rows.extend(newest_and_ahead());
    rows.extend(overlap());
    rows.extend(elsewhere::rows());
    rows.extend(clocks::rows());
    rows.extend(recovery());
    rows.extend(reuse());
    rows
}

fn endings() -> Vec<Row> {
    use RevocationReason::{Admin, Disabled, Limit, Logout, LogoutAll, PasswordChange, Reuse};
    let mut rows: Vec<Row> = [Logout, LogoutAll, Reuse, PasswordChange, Disabled, Admin, Limit]
        .map(|reason| {
            Row::new("a revoked family tells why", Decision::Revoked(reason), |row| row.state.revoked = revoked(reason))
        })
        .into();
    let ended = Decision::Revoked(Logout);
    let end = |row: &mut Row| row.state.revoked = revoked(Logout);
    rows.extend([
        Row::new("revoked goes before expired", ended, |row| {
            end(row);
            row.now = row.state.expires_at + HOUR;
        }),
        Row::new("revoked goes before ahead", ended, |row| {
            end(row);
            row.presented = generation(107);
        }),
        Row::new("revoked goes before the overlap", ended, |row| {
            end(row);
            late(row);
            row.state.rotated_at = NOW;
        }),
        Row::new("revoked goes before recovery", ended, |row| {
            end(row);
            late(row);
        }),
        Row::new("revoked goes before reuse", ended, |row| {
            end(row);
            row.presented = generation(3);
        }),
        Row::new("revoked goes before the last generation", ended, |row| {
            end(row);
            row.presented = Generation::LAST;
        }),
        Row::new("a moment before the idle expiry", rotates(), |row| row.now = row.state.idle_expires_at - MICROSECOND),
        Row::new("at the idle expiry", Decision::Expired, |row| row.now = row.state.idle_expires_at),
        Row::new("past the idle expiry", Decision::Expired, |row| row.now = row.state.idle_expires_at + HOUR),
        Row::new("a moment before the absolute expiry", rotates(), |row| {
            row.state.idle_expires_at = row.state.expires_at;
            row.now = row.state.expires_at - MICROSECOND;
        }),
        Row::new("at the absolute expiry, whatever the idle one says", Decision::Expired, |row| {
            row.state.idle_expires_at = row.state.expires_at + HOUR;
            row.now = row.state.expires_at;
        }),
        Row::new("expired goes before ahead", Decision::Expired, |row| {
            row.presented = generation(101);
            row.now = row.state.idle_expires_at;
        }),
        Row::new("expired goes before the overlap", Decision::Expired, |row| {
            late(row);
            row.now = row.state.idle_expires_at;
            row.state.rotated_at = row.now;
        }),
        Row::new("expired goes before recovery", Decision::Expired, |row| {
            late(row);
            row.now = row.state.idle_expires_at;
        }),
        Row::new("expired goes before reuse", Decision::Expired, |row| {
            row.presented = generation(3);
            row.now = row.state.idle_expires_at;
        }),
    ]);
    rows
}

fn newest_and_ahead() -> Vec<Row> {
    let last = |row: &mut Row| row.presented = Generation::LAST;
    vec![
        Row::new("the newest token", rotates(), |_| ()),
        Row::new("the newest token, right after it was issued", rotates(), |row| row.state.rotated_at = NOW),
        Row::new("the newest token, not yet confirmed", rotates(), |row| row.state.confirmed = Generation::NONE),
        Row::new("the newest token, just recovered", rotates(), |row| row.state.recovered = generation(100)),
        Row::new("the first token", Decision::Rotate(generation(2)), |row| {
            row.state.generation = Generation::FIRST;
            row.state.confirmed = Generation::NONE;
            row.presented = Generation::FIRST;
        }),
        Row::new("one lost rotation", Decision::Ahead(generation(102)), |row| row.presented = generation(101)),
        Row::new("many lost rotations", Decision::Ahead(generation(5_001)), |row| row.presented = generation(5_000)),
        Row::new("the last but one generation", Decision::Rotate(Generation::LAST), |row| {
            row.presented = generation(Generation::LAST.number() - 1);
            row.state.generation = row.presented;
        }),
        Row::new("ahead, up to the last generation", Decision::Ahead(Generation::LAST), |row| {
            row.presented = generation(Generation::LAST.number() - 1);
        }),
        Row::new("ahead, with the last generation", Decision::Expired, last),
        Row::new("the last generation, which has no next", Decision::Expired, |row| {
            last(row);
            row.state.generation = Generation::LAST;
        }),
    ]
}

pub fn replaced(ago: Duration) -> impl Fn(&mut Row) + Copy {
    move |row: &mut Row| {
        row.presented = generation(99);
        row.state.rotated_at = NOW - ago;
    }
}

fn overlap() -> Vec<Row> {
    let overlap = RotationPolicy::default().overlap;
    vec![
        Row::new("replaced this very moment", replays(), replaced(Duration::ZERO)),
        Row::new("at the end of the overlap", replays(), replaced(overlap)),
        Row::new("just past the overlap", REUSE, replaced(overlap + MICROSECOND)),
        Row::new("in the overlap, with the older one confirmed only", replays(), |row| {
            replaced(overlap)(row);
            row.state.confirmed = generation(99);
        }),
        Row::new("in the overlap, with nothing confirmed", replays(), |row| {
            replaced(overlap)(row);
            row.state.confirmed = Generation::NONE;
        }),
        Row::new("in the overlap, two generations old", Decision::Reuse { distance: 2 }, |row| {
            replaced(Duration::ZERO)(row);
            row.presented = generation(98);
        }),
        Row::new("in the overlap, two generations old and confirmed", Decision::Reuse { distance: 2 }, |row| {
            replaced(Duration::ZERO)(row);
            row.presented = generation(98);
            row.state.confirmed = generation(98);
        }),
        Row::new("without an overlap, this very moment", REUSE, |row| {
            replaced(Duration::ZERO)(row);
            row.policy.overlap = Duration::ZERO;
        }),
        Row::new("without an overlap, a clock that ran backwards", REUSE, |row| {
            replaced(Duration::ZERO)(row);
            row.now -= HOUR;
            row.policy.overlap = Duration::ZERO;
        }),
        Row::new("an overlap of an hour", replays(), |row| {
            replaced(HOUR)(row);
            row.policy.overlap = HOUR;
        }),
    ]
}

fn recovery() -> Vec<Row> {
    let with = |tat: u64| {
        move |row: &mut Row| {
            late(row);
            row.state.recovery_tat = tat;
        }
    };
    let again = Decision::Recover { generation: generation(100), recovery_tat: None };
    vec![
        Row::new("the first lost answer", recovers(110), with(0)),
        Row::new("just past the overlap", recovers(110), |row| {
            late(row);
            row.state.rotated_at = NOW - row.policy.overlap - MICROSECOND;
        }),
        Row::new("without an overlap, this very moment", recovers(110), |row| {
            late(row);
            row.state.rotated_at = NOW;
            row.policy.overlap = Duration::ZERO;
        }),
        Row::new("the very first answer of a family", late_answer(2, 12), |row| {
            row.state.generation = generation(2);
            row.state.confirmed = Generation::FIRST;
            row.presented = Generation::FIRST;
        }),
        Row::new("the second lost answer in a row", recovers(119), with(109)),
        Row::new("the third lost answer in a row", recovers(128), with(118)),
        Row::new("the last credit, to the full", recovers(130), with(120)),
        Row::new("no credit left by one", REUSE, with(121)),
        Row::new("the fourth lost answer in a row", REUSE, with(127)),
        Row::new("one credit is earned back after ten generations", late_answer(110, 140), |row| {
            with(130)(row);
            row.state.generation = generation(110);
            row.presented = generation(109);
            row.state.confirmed = generation(109);
        }),
        Row::new("and not after nine", REUSE, |row| {
            with(130)(row);
            row.state.generation = generation(109);
            row.presented = generation(108);
            row.state.confirmed = generation(108);
        }),
        Row::new("lost again, which is free", again, |row| {
            late(row);
            row.state.recovered = generation(100);
        }),
        Row::new("lost again with no credit left, which is still free", again, |row| {
            with(1_000_000)(row);
            row.state.recovered = generation(100);
        }),
        Row::new("an older recovery makes nothing free", REUSE, |row| {
            with(127)(row);
            row.state.recovered = generation(99);
        }),
        Row::new("confirmed since, though it was recovered", REUSE, |row| {
            late(row);
            row.state.recovered = generation(100);
            row.state.confirmed = generation(100);
        }),
        Row::new("a client that does not confirm", REUSE, |row| {
            late(row);
            row.state.confirmed = generation(98);
        }),
        Row::new("a client that has never confirmed", REUSE, |row| {
            late(row);
            row.state.confirmed = Generation::NONE;
        }),
        Row::new("a burst of none", REUSE, |row| {
            late(row);
            row.policy.recovery_burst = 0;
        }),
        Row::new("a burst of one", recovers(110), |row| {
            late(row);
            row.policy.recovery_burst = 1;
        }),
        Row::new("a burst of one, taken in the generation before", REUSE, |row| {
            with(109)(row);
            row.policy.recovery_burst = 1;
        }),
        Row::new("the largest settings", recovers(1_000_100), |row| {
            late(row);
            row.policy.recovery_burst = u32::MAX;
            row.policy.recovery_every = 1_000_000;
        }),
    ]
}

fn reuse() -> Vec<Row> {
    let shown = |p: u32, c: u32| {
        move |row: &mut Row| {
            row.presented = generation(p);
            row.state.confirmed = generation(c);
        }
    };
    vec![
        Row::new("the token before, once its successor is in use", REUSE, shown(99, 100)),
        Row::new("two generations old", Decision::Reuse { distance: 2 }, shown(98, 100)),
        Row::new("two generations old, and the last confirmed", Decision::Reuse { distance: 2 }, shown(98, 98)),
        Row::new("two generations old, while the newest was recovered", Decision::Reuse { distance: 2 }, |row| {
            shown(98, 98)(row);
            row.state.recovered = generation(100);
        }),
        Row::new("the first token of an old family", Decision::Reuse { distance: 99 }, shown(1, 100)),
    ]
}
