//! A token family: one login and everything that descends from it.

use std::net::IpAddr;
use std::time::Duration;

use super::Timestamp;
use super::claims::Claims;
use super::client::Client;
use super::ids::{FamilyId, UserId};
use super::place::Place;
use super::policy::Lifetimes;
use super::rotation::{FamilyState, Generation};
use super::session_content::SessionContent;
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
    /// What its access tokens say.
    pub content: SessionContent,
    /// Those of the claims in `content` that are the session's own.
    pub session_claims: Claims,
    /// Whether a browser keeps the cookies when it is closed.
    pub remember: bool,
    /// How long the session may be idle, if not as long as the server allows.
    pub idle_ttl: Option<Duration>,
}

impl Family {
    /// The idle expiry after a use at `now`, never past the absolute expiry (draft-ietf-oauth-browser-based-apps
    /// §6.3.2.3).
    pub fn idle_expiry(now: Timestamp, expires_at: Timestamp, lifetimes: &Lifetimes) -> Timestamp {
        (now + lifetimes.idle).min(expires_at)
    }

    /// How long this session may be idle where the server's sessions may be idle for `lifetimes.idle`.
    pub fn lifetimes(&self, lifetimes: &Lifetimes) -> Lifetimes {
        let idle = self.idle_ttl.map_or(lifetimes.idle, |ttl| ttl.min(lifetimes.idle));
        Lifetimes { idle, ..*lifetimes }
    }

    /// Whether the session has neither ended nor expired.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let state = &self.state;
        state.revoked.is_none() && state.expires_at.min(state.idle_expires_at) > now
    }

    /// Takes over what another session of the same user says and permits.
    pub fn inherit(&mut self, other: &Self) {
        self.content = other.content.clone();
        self.session_claims = other.session_claims.clone();
        self.remember = other.remember;
        self.idle_ttl = other.idle_ttl;
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
            content: SessionContent::default(),
            session_claims: Claims::default(),
            remember: true,
            idle_ttl: None,
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
