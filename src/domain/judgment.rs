//! Judging a presented token: the rule of [`rotation`](super::rotation), and the two conditions beside it.

use super::account::User;
use super::family::Family;
use super::place::Place;
use super::policy::RotationPolicy;
use super::refresh_token::PresentedToken;
use super::revocation::RevocationReason;
use super::rotation::{Decision, decide};

/// What a presented token is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgment {
    /// The token does not travel as its family's tokens do.
    WrongDelivery,
    /// The rule accepts the token, or would if the account had not been disabled. Nothing is to be written: the token
    /// is good again once the account is.
    AccountDisabled,
    /// The rule decides.
    Decided(Decision),
}

/// Judges a token against its family and the family's owner. Pure.
pub fn judge(presented: &PresentedToken, family: &Family, owner: &User, policy: &RotationPolicy) -> Judgment {
    if presented.delivery != family.delivery {
        return Judgment::WrongDelivery;
    }
    match decide(&family.state, presented.generation, Place::of(&presented.client), presented.at, policy) {
        Decision::Revoked(RevocationReason::Disabled) if !owner.is_active => Judgment::AccountDisabled,
        // A disabled account hides neither the end of a session nor a theft.
        refusal @ (Decision::Revoked(_) | Decision::Expired | Decision::Reuse { .. }) => Judgment::Decided(refusal),
        _ if !owner.is_active => Judgment::AccountDisabled,
        grant => Judgment::Decided(grant),
    }
}
