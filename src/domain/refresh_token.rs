//! A refresh token on its way in and out: what a client presents, and what the tokens of a generation are made of.

use std::sync::Arc;

use uuid::Uuid;

use super::Timestamp;
use super::client::Client;
use super::family::{Delivery, Family};
use super::ids::{FamilyId, UserId};
use super::rotation::Generation;
use super::session_content::SessionContent;

/// A refresh token that a client presents. Its tag has been verified, so this generation was issued.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    pub family_id: FamilyId,
    pub generation: Generation,
    /// How the token travelled. A family accepts its own delivery only.
    pub delivery: Delivery,
    /// When it arrived.
    pub at: Timestamp,
    pub client: Client,
}

impl PresentedToken {
    /// A token of no family. A statement that rotates it does everything but change a row.
    pub fn of_no_family(at: Timestamp) -> Self {
        Self {
            family_id: Uuid::nil().into(),
            generation: Generation::FIRST,
            delivery: Delivery::Cookie,
            at,
            client: Client::default(),
        }
    }
}

/// A generation of a family that is on record, with everything that its tokens are made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedGeneration {
    pub family_id: FamilyId,
    pub user_id: UserId,
    pub delivery: Delivery,
    pub generation: Generation,
    /// When the user last proved who they are (the JWT claim `auth_time`).
    pub authenticated_at: Timestamp,
    pub idle_expires_at: Timestamp,
    pub expires_at: Timestamp,
    /// What the access token says, if anything.
    pub content: Option<Arc<SessionContent>>,
    /// Whether a browser keeps the cookies when it is closed.
    pub remember: bool,
}

impl IssuedGeneration {
    /// The newest generation of `family`.
    pub fn newest_of(family: &Family) -> Self {
        Self {
            family_id: family.id,
            user_id: family.user_id,
            delivery: family.delivery,
            generation: family.state.generation,
            authenticated_at: family.authenticated_at,
            idle_expires_at: family.state.idle_expires_at,
            expires_at: family.state.expires_at,
            content: family.content.clone().shared(),
            remember: family.remember,
        }
    }
}
