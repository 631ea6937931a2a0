//! Judging a presented token: the rule of [`rotation`](super::rotation), and the condition beside it.

use super::family::Family;
use super::place::Place;
use super::policy::RotationPolicy;
use super::refresh_token::PresentedToken;
use super::rotation::{Decision, decide};

/// What a presented token is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Judgment {
    /// The token does not travel as its family's tokens do.
    WrongDelivery,
    /// The rule decides.
    Decided(Decision),
}

/// Judges a token against its family. Pure.
pub fn judge(presented: &PresentedToken, family: &Family, policy: &RotationPolicy) -> Judgment {
    if presented.delivery != family.delivery {
        return Judgment::WrongDelivery;
    }
    let (generation, place) = (presented.generation, Place::of(&presented.client));
    Judgment::Decided(decide(&family.state, generation, place, presented.at, policy))
}
