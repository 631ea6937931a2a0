//! A token family: one login and everything that descends from it.

use std::net::IpAddr;

use super::Timestamp;
use super::client::Client;
use super::ids::{FamilyId, UserId};
use super::place::Place;
use super::policy::Lifetimes;
use super::rotation::{FamilyState, Generation};
use super::stored_text::stored_as_text;

/// A family, with all of its data.
#[derive(Clone, Debug)]
pub struct Family {
    pub id: FamilyId,
    pub user_id: UserId,
    /// How its refresh tokens travel. Never changes.
    pub delivery: Delivery,
    /// What the rule judges by.
    pub state: FamilyState,
    pub created_at: Timestamp,
    /// When the user last proved who they are (the JWT claim `auth_time`).
    pub authenticated_at: Timestamp,
    /// The address of the last use, if the client had one.
    pub ip: Option<IpAddr>,
    pub user_agent: Option<String>,
}

impl Family {
    /// The idle expiry after a use at `now`, never past the absolute expiry (draft-ietf-oauth-browser-based-apps
    /// §6.3.2.3).
    pub fn idle_expiry(now: Timestamp, expires_at: Timestamp, lifetimes: &Lifetimes) -> Timestamp {
        (now + lifetimes.idle).min(expires_at)
    }

    /// Records who the newest generation is issued to.
    pub fn issue_to(&mut self, client: &Client) {
        self.ip = client.ip;
        self.state.rotated_from = Place::of(client);
    }

    /// A new family, right after a login at `now`.
    pub fn begin(id: FamilyId, user_id: UserId, delivery: Delivery, now: Timestamp, lifetimes: &Lifetimes) -> Self {
        let expires_at = now + lifetimes.absolute;
        Self {
            id,
            user_id,
            delivery,
            state: FamilyState {
                generation: Generation::FIRST,
                rotated_at: now,
                rotated_from: Place::default(),
                confirmed: Generation::NONE,
                recovered: Generation::NONE,
                recovery_tat: 0,
                idle_expires_at: Self::idle_expiry(now, expires_at, lifetimes),
                expires_at,
                revoked: None,
            },
            created_at: now,
            authenticated_at: now,
            ip: None,
            user_agent: None,
        }
    }
}

/// How a family's refresh tokens travel. A token is not accepted by the other delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// In an HttpOnly cookie, and nowhere else.
    Cookie,
    /// In JSON bodies, for clients that have no cookies.
    Body,
}

stored_as_text!(Delivery, "delivery", Cookie = "cookie", Body = "body");

#[cfg(test)]
mod tests {
    use super::Delivery;

    #[test]
    fn every_delivery_reads_back_from_its_text() {
        for &delivery in Delivery::ALL {
            assert_eq!(delivery.as_str().parse::<Delivery>().unwrap(), delivery);
        }
    }
}
