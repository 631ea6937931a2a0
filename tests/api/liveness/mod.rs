//! Liveness is judged by the rule and again in SQL, which is the price of rotating without reading first. This table
//! holds both to the same expectations, on real rows.

mod cases;

use std::collections::HashMap;

use heirloom::db::{Connection, DbError, families, live_sessions, locked_family, rotation_batch};
use heirloom::domain::family::{Delivery, Family};
use heirloom::domain::ids::{FamilyId, UserId};
use heirloom::domain::judgment::{Judgment, judge};
use heirloom::domain::policy::{Lifetimes, RotationPolicy};
use heirloom::domain::refresh_token::{IssuedGeneration, PresentedToken};
use heirloom::domain::revocation::{Revocation, RevocationReason};
use heirloom::domain::rotation::Decision;
use uuid::Uuid;

use crate::support::postgres::TestDatabase;
use cases::{Case, NOW, cases, generation};

/// A way to rotate whichever of the presented tokens are good. Returns what it issued.
type Rotate = fn(&mut Connection, &[Case], &Lifetimes) -> Result<Vec<IssuedGeneration>, DbError>;

/// The rule, under each row's lock.
fn by_the_rule(
    connection: &mut Connection,
    cases: &[Case],
    lifetimes: &Lifetimes,
) -> Result<Vec<IssuedGeneration>, DbError> {
    let mut issued = Vec::new();
    for case in cases {
        connection.transaction(|connection| {
            let mut locked = locked_family::lock(connection, case.family.id)?.unwrap();
            let judged = judge(&case.presented, locked.family(), &RotationPolicy::default());
            assert_eq!(judged, case.expected, "{}", case.name);
            if let Judgment::Decided(Decision::Rotate(next)) = judged {
                locked.rotate(connection, &case.presented, next, lifetimes)?;
                issued.push(IssuedGeneration::newest_of(locked.family()));
            }
            Ok(())
        })?;
    }
    Ok(issued)
}

/// The statement for one family, for each of them.
fn one_by_one(
    connection: &mut Connection,
    cases: &[Case],
    lifetimes: &Lifetimes,
) -> Result<Vec<IssuedGeneration>, DbError> {
    let rotate = |case: &Case| rotation_batch::rotate(connection, &[&case.presented], lifetimes);
    Ok(cases.iter().map(rotate).collect::<Result<Vec<_>, _>>()?.concat())
}

/// The statement for many families, once for all of them.
fn all_at_once(
    connection: &mut Connection,
    cases: &[Case],
    lifetimes: &Lifetimes,
) -> Result<Vec<IssuedGeneration>, DbError> {
    let batch: Vec<&PresentedToken> = cases.iter().map(|case| &case.presented).collect();
    rotation_batch::rotate(connection, &batch, lifetimes)
}

/// What differs from the table when the cases are rotated in one way: the generations issued and the rows afterwards.
fn complaints(database: &TestDatabase, users: [UserId; 2], first_id: u128, rotate: Rotate) -> Vec<String> {
    database.runs(move |connection| {
        let cases: Vec<Case> = (first_id..).zip(cases()).map(|(id, case)| case.stored(id, &users)).collect();
        cases.iter().try_for_each(|case| families::insert(connection, &case.family))?;
        let lifetimes = Lifetimes::default();
        let issued = rotate(connection, &cases, &lifetimes)?;
        let issued: HashMap<FamilyId, IssuedGeneration> =
            issued.into_iter().map(|issued| (issued.family_id, issued)).collect();
        let mut complaints = Vec::new();
        for case in &cases {
            let expected = case.family_afterwards(&lifetimes);
            let found = issued.get(&case.family.id).cloned();
            if found != case.rotates().then(|| IssuedGeneration::newest_of(&expected)) {
                complaints.push(format!("{}: {:?} expected, issued: {found:?}", case.name, case.expected));
            }
            let row = families::find_of_user(connection, case.family.user_id, case.family.id)?.unwrap();
            let (row, expected) = ((row.state, row.ip), (expected.state, expected.ip));
            if row != expected {
                complaints.push(format!("{}: the row is {row:?} instead of {expected:?}", case.name));
            }
        }
        Ok(complaints)
    })
}

#[test]
fn the_rule_and_both_statements_rotate_the_same_tokens() {
    let database = TestDatabase::create();
    let users = [false, true].map(|is_active| database.has_user(1 + u128::from(is_active), is_active, NOW));
    let ways: [(&str, Rotate); 3] =
        [("by the rule", by_the_rule), ("one by one", one_by_one), ("all at once", all_at_once)];
    let mut all = Vec::new();
    for (at, (way, rotate)) in (1..).zip(ways) {
        let found = complaints(&database, users, at * 1000, rotate);
        all.extend(found.into_iter().map(|complaint| format!("{way}: {complaint}")));
    }
    assert!(all.is_empty(), "\n{}", all.join("\n"));
}

#[test]
fn sessions_are_listed_as_alive_while_the_rule_calls_them_neither_revoked_nor_expired() {
    let database = TestDatabase::create();
    let users = [false, true].map(|is_active| database.has_user(1 + u128::from(is_active), is_active, NOW));
    database.runs(move |connection| {
        let cases: Vec<Case> = (1..).zip(cases()).map(|(id, case)| case.stored(id, &users)).collect();
        cases.iter().try_for_each(|case| families::insert(connection, &case.family))?;
        let ids: Vec<FamilyId> = cases.iter().map(|case| case.family.id).collect();
        let alive = live_sessions::among(connection, &ids, NOW)?;
        for case in &cases {
            assert_eq!(alive.contains(&case.family.id), case.is_alive(), "{}", case.name);
        }
        Ok(())
    });
}

/// A generation seen in use, the family that it meets, and whether that is news.
const CONFIRMATIONS: [(&str, u32, u32, Option<RevocationReason>, bool); 7] = [
    ("the newest, not confirmed before", 100, 99, None, true),
    ("an older one, later than the confirmed one", 99, 98, None, true),
    ("the first confirmation of a family", 100, 0, None, true),
    ("confirmed before", 100, 100, None, false),
    ("older than the confirmed one", 98, 99, None, false),
    ("one that the row does not have yet", 101, 99, None, false),
    ("of a revoked family", 100, 99, Some(RevocationReason::Logout), false),
];

#[test]
fn one_confirmation_and_many_store_the_same() {
    let database = TestDatabase::create();
    let user_id = database.has_user(1, true, NOW);
    database.runs(move |connection| {
        let mut begin = |id: u128, confirmed: u32, reason: Option<RevocationReason>| {
            let id = Uuid::from_u128(id).into();
            let mut family = Family::begin(id, user_id, Delivery::Cookie, NOW, &Lifetimes::default());
            (family.state.generation, family.state.confirmed) = (generation(100), generation(confirmed));
            family.state.revoked = reason.map(|reason| Revocation { at: NOW, reason });
            families::insert(connection, &family).map(|()| id)
        };
        let (mut alone, mut together) = (Vec::new(), Vec::new());
        for (id, (_, seen, confirmed, reason, _)) in (1..).zip(CONFIRMATIONS) {
            alone.push((begin(id, confirmed, reason)?, generation(seen)));
            together.push((begin(1000 + id, confirmed, reason)?, generation(seen)));
        }
        let batched = rotation_batch::confirm(connection, &together)?;
        for (at, (name, seen, confirmed, _, is_news)) in CONFIRMATIONS.into_iter().enumerate() {
            assert_eq!(families::confirm(connection, alone[at].0, alone[at].1)?, is_news, "{name}, alone");
            assert_eq!(batched.contains(&together[at].0), is_news, "{name}, batched");
            for family_id in [alone[at].0, together[at].0] {
                let row = families::find_of_user(connection, user_id, family_id)?.unwrap();
                let expected = generation(if is_news { seen } else { confirmed });
                assert_eq!(row.state.confirmed, expected, "{name}: what the row has confirmed");
            }
        }
        Ok(())
    });
}
