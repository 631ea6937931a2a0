//! The table: presented tokens, the families and users that they meet, and what they are worth.

use std::net::IpAddr;
use std::time::Duration;

use heirloom::domain::Timestamp;
use heirloom::domain::claims::Claims;
use heirloom::domain::client::Client;
use heirloom::domain::family::{Delivery, Family};
use heirloom::domain::ids::{FamilyId, UserId};
use heirloom::domain::judgment::Judgment;
use heirloom::domain::policy::Lifetimes;
use heirloom::domain::refresh_token::PresentedToken;
use heirloom::domain::revocation::{Revocation, RevocationReason};
use heirloom::domain::rotation::{Decision, Generation};
use time::macros::datetime;
use uuid::Uuid;

pub const NOW: Timestamp = datetime!(2026-03-01 12:00:00 UTC);
const HOUR: Duration = Duration::from_secs(3600);
const MICROSECOND: Duration = Duration::from_micros(1);
const ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 7));
const OTHER_ADDRESS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(198, 51, 100, 66));

/// A presented token, the family and the user that it meets, and what it is worth.
#[derive(Clone)]
pub struct Case {
    pub name: &'static str,
    pub family: Family,
    owner_is_active: bool,
    pub presented: PresentedToken,
    pub expected: Judgment,
}

impl Case {
    /// The newest token, of generation 100, confirmed and issued an hour ago to another address, in a cookie. `change`
    /// makes the case of it.
    fn new(name: &'static str, expected: Judgment, change: impl FnOnce(&mut Self)) -> Self {
        let (id, user_id) = (FamilyId::from(Uuid::nil()), UserId::from(Uuid::nil()));
        let mut family = Family::begin(id, user_id, Delivery::Cookie, NOW - HOUR, &Lifetimes::default());
        (family.state.generation, family.state.confirmed) = (generation(100), generation(100));
        family.issue_to(&Client::new(Some(OTHER_ADDRESS), Some("Firefox")));
        let client = Client::new(Some(ADDRESS), Some("Firefox"));
        let presented =
            PresentedToken { family_id: id, generation: generation(100), delivery: Delivery::Cookie, at: NOW, client };
        let mut case = Self { name, family, owner_is_active: true, presented, expected };
        change(&mut case);
        case
    }

    pub fn rotates(&self) -> bool {
        matches!(self.expected, Judgment::Decided(Decision::Rotate(_)))
    }

    pub fn is_alive(&self) -> bool {
        self.family.state.revoked.is_none() && self.expected != Judgment::Decided(Decision::Expired)
    }

    /// The same case with another family's id and one of `users`.
    pub fn stored(&self, id: u128, users: &[UserId; 2]) -> Self {
        let mut case = self.clone();
        case.family.id = Uuid::from_u128(id).into();
        case.presented.family_id = case.family.id;
        case.family.user_id = users[usize::from(self.owner_is_active)];
        case
    }

    /// The family after the rotation, if there is one.
    pub fn family_afterwards(&self, lifetimes: &Lifetimes) -> Family {
        let mut family = self.family.clone();
        if self.rotates() {
            let lifetimes = family.lifetimes(lifetimes);
            let state = &mut family.state;
            state.generation = state.generation.next().unwrap();
            state.rotated_at = NOW;
            state.idle_expires_at = Family::idle_expiry(NOW, state.expires_at, &lifetimes);
            family.issue_to(&self.presented.client);
        }
        family
    }
}

pub fn generation(number: u32) -> Generation {
    Generation::new(number).unwrap()
}

pub fn cases() -> Vec<Case> {
    let rotates = Judgment::Decided(Decision::Rotate(generation(101)));
    let expired = Judgment::Decided(Decision::Expired);
    let revoked = |reason| Judgment::Decided(Decision::Revoked(reason));
    let reuse = |distance| Judgment::Decided(Decision::Reuse { distance });
    let revokes = |case: &mut Case, reason| case.family.state.revoked = Some(Revocation { at: NOW - HOUR, reason });
    let idle_until = |case: &mut Case, at| case.family.state.idle_expires_at = at;
    let ends = |case: &mut Case, at| {
        (case.family.state.idle_expires_at, case.family.state.expires_at) = (at, at);
    };
    let disabled = |case: &mut Case| case.owner_is_active = false;
    vec![
        Case::new("alive", rotates, |_| {}),
        Case::new("alive, never confirmed", rotates, |case| case.family.state.confirmed = Generation::NONE),
        Case::new("rotated a moment ago", rotates, |case| case.family.state.rotated_at = NOW),
        Case::new("rotated by a process whose clock is ahead", rotates, |case| {
            case.family.state.rotated_at = NOW + HOUR
        }),
        Case::new("with claims, a proof, an actor and an idle lifetime of its own", rotates, |case| {
            case.family.content.claims = Claims::new([("plan".to_owned(), "pro".into())]).unwrap();
            case.family.content.proof.amr = vec!["hwk".to_owned(), "user".to_owned()];
            case.family.content.proof.acr = Some("aal2".to_owned());
            case.family.content.actor = Some("support|bob".to_owned());
            case.family.remember = false;
            case.family.idle_ttl = Some(HOUR);
        }),
        Case::new("with an idle lifetime beyond the server's", rotates, |case| {
            case.family.idle_ttl = Some(100_000 * HOUR);
        }),
        Case::new("at its first generation", Judgment::Decided(Decision::Rotate(generation(2))), |case| {
            case.family.state.generation = Generation::FIRST;
            case.family.state.confirmed = Generation::NONE;
            case.presented.generation = Generation::FIRST;
        }),
        Case::new("a microsecond before its idle expiry", rotates, |case| idle_until(case, NOW + MICROSECOND)),
        Case::new("exactly at its idle expiry", expired, |case| idle_until(case, NOW)),
        Case::new("past its idle expiry", expired, |case| idle_until(case, NOW - HOUR)),
        Case::new("a microsecond before its absolute expiry", rotates, |case| ends(case, NOW + MICROSECOND)),
        Case::new("exactly at its absolute expiry", expired, |case| ends(case, NOW)),
        Case::new("past its absolute expiry", expired, |case| ends(case, NOW - HOUR)),
        Case::new("close to its absolute expiry", rotates, |case| ends(case, NOW + HOUR)),
        Case::new("revoked", revoked(RevocationReason::Logout), |case| revokes(case, RevocationReason::Logout)),
        Case::new("revoked and expired", revoked(RevocationReason::Reuse), |case| {
            revokes(case, RevocationReason::Reuse);
            ends(case, NOW - HOUR);
        }),
        Case::new("revoked by a process whose clock is ahead", revoked(RevocationReason::Admin), |case| {
            case.family.state.revoked = Some(Revocation { at: NOW + HOUR, reason: RevocationReason::Admin });
        }),
        Case::new(
            "one generation old, within the overlap",
            Judgment::Decided(Decision::Replay(generation(100))),
            |case| {
                case.family.state.rotated_at = NOW;
                case.family.issue_to(&case.presented.client);
                case.presented.generation = generation(99);
            },
        ),
        Case::new(
            "one generation old, within the overlap, from elsewhere",
            Judgment::Decided(Decision::ReplayElsewhere { generation: generation(100), recovery_tat: 107 }),
            |case| {
                case.family.state.rotated_at = NOW;
                case.presented.generation = generation(99);
            },
        ),
        Case::new("one generation old", reuse(1), |case| case.presented.generation = generation(99)),
        Case::new("two generations old", reuse(2), |case| case.presented.generation = generation(98)),
        Case::new("old and expired", expired, |case| {
            case.presented.generation = generation(98);
            idle_until(case, NOW);
        }),
        Case::new("one generation ahead", Judgment::Decided(Decision::Ahead(generation(102))), |case| {
            case.presented.generation = generation(101);
        }),
        Case::new("in a body instead of a cookie", Judgment::WrongDelivery, |case| {
            case.presented.delivery = Delivery::Body;
        }),
        Case::new("in a cookie instead of a body", Judgment::WrongDelivery, |case| {
            case.family.delivery = Delivery::Body;
        }),
        Case::new("in a body, as it should be", rotates, |case| {
            (case.family.delivery, case.presented.delivery) = (Delivery::Body, Delivery::Body);
        }),
        Case::new("of a disabled user, and revoked for that", revoked(RevocationReason::Disabled), |case| {
            disabled(case);
            revokes(case, RevocationReason::Disabled);
        }),
        Case::new("of a user who was disabled once", revoked(RevocationReason::Disabled), |case| {
            revokes(case, RevocationReason::Disabled);
        }),
        Case::new("of a disabled user, after a logout", revoked(RevocationReason::Logout), |case| {
            disabled(case);
            revokes(case, RevocationReason::Logout);
        }),
        Case::new("of a disabled user, and expired", expired, |case| {
            disabled(case);
            idle_until(case, NOW);
        }),
        Case::new("of a disabled user, and old", reuse(1), |case| {
            disabled(case);
            case.presented.generation = generation(99);
        }),
    ]
}
