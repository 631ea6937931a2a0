//! A history, put in order: by family and by account, with what is certain about when things took effect.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use uuid::Uuid;

use super::Terms;
use crate::kit::record::{Actor, Ask, Delivery, Exchange, Fault, Moment};

pub struct Case<'a> {
    pub terms: &'a Terms,
    pub exchanges: &'a [Exchange],
    pub faults: &'a [Fault],
    pub families: BTreeMap<Uuid, Family<'a>>,
    /// What may have ended many sessions of an account at once, by its address.
    pub account_endings: HashMap<&'a str, Vec<&'a Exchange>>,
}

/// A session whose first tokens arrived, and every exchange in which one of its genuine tokens was shown, as sent.
pub struct Family<'a> {
    pub id: Uuid,
    pub email: &'a str,
    /// The login, or the change of password, that it began with.
    pub begun: &'a Exchange,
    pub delivery: Delivery,
    pub shown: Vec<&'a Exchange>,
}

/// What a generation takes from the credit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Price {
    /// It was answered after the overlap.
    Late,
    /// It was answered to two networks.
    Elsewhere,
}

impl<'a> Case<'a> {
    pub fn new(terms: &'a Terms, exchanges: &'a [Exchange], faults: &'a [Fault]) -> Self {
        let mut families: BTreeMap<Uuid, Family> = BTreeMap::new();
        for exchange in exchanges {
            let Some(grant) = exchange.grant() else { continue };
            let (email, delivery) = match &exchange.ask {
                Ask::Login { email, delivery, .. } => (&**email, *delivery),
                Ask::ChangePassword { access, .. } => match families.get(&access.family) {
                    Some(before) => (before.email, before.delivery),
                    None => continue,
                },
                _ => continue,
            };
            let id = grant.refresh.family;
            families.entry(id).or_insert(Family { id, email, begun: exchange, delivery, shown: Vec::new() });
        }
        let mut account_endings: HashMap<&str, Vec<&Exchange>> = HashMap::new();
        for exchange in exchanges.iter().filter(|exchange| !matches!(exchange.by, Actor::Forger(_))) {
            let Some(family) = exchange.family().and_then(|id| families.get_mut(&id)) else { continue };
            family.shown.push(exchange);
            if matches!(exchange.ask, Ask::LogoutAll(_) | Ask::ChangePassword { .. } | Ask::EndSession { .. }) {
                account_endings.entry(family.email).or_default().push(exchange);
            }
        }
        Self { terms, exchanges, faults, families, account_endings }
    }

    /// The endings of many sessions, or of one from another, that may concern this family.
    pub fn endings_from_elsewhere(&self, family: &Family<'a>) -> impl Iterator<Item = &'a Exchange> {
        let (id, begun) = (family.id, family.begun);
        let endings = self.account_endings.get(family.email).into_iter().flatten().copied();
        endings.filter(move |ending| match &ending.ask {
            Ask::LogoutAll(_) => true,
            Ask::EndSession { family, .. } => *family == id,
            Ask::ChangePassword { .. } => ending.grant().is_none_or(|grant| grant.refresh.family != id),
            _ => false,
        } && ending.ended > begun.sent)
    }

    /// The last moment at which an exchange can have taken effect. A 503 says that nobody knows.
    pub fn effect_by(&self, exchange: &Exchange) -> Moment {
        match exchange.status() {
            Some(status) if status != 503 => exchange.ended,
            _ => exchange.ended + self.terms.settle,
        }
    }

    /// Whether what an answer of this exchange told, unflushed, may have been gone again by `when`.
    pub fn may_be_lost(&self, exchange: &Exchange, when: Moment) -> bool {
        self.faults.iter().any(|fault| {
            fault.loses_since.is_some_and(|since| since <= exchange.ended)
                && exchange.sent <= fault.to
                && fault.from <= when
        })
    }

    pub fn is_disturbed(&self, from: Moment, to: Moment) -> bool {
        self.faults.iter().any(|fault| fault.from <= to && from <= fault.to)
    }

    /// How far apart the clocks of two processes can have been between two moments.
    pub fn clocks(&self, from: Moment, to: Moment) -> Duration {
        let during = self.faults.iter().filter(|fault| fault.from <= to && from <= fault.to);
        self.terms.clocks + during.map(|fault| fault.clocks).max().unwrap_or_default()
    }

    /// Whether the credit covers what these generations took from it, in their order.
    pub fn is_covered(&self, taken: impl IntoIterator<Item = (u32, Price)>) -> bool {
        let (every, burst) = (u64::from(self.terms.recovery_every), u64::from(self.terms.recovery_burst));
        let mut tat = 0_u64;
        taken.into_iter().all(|(generation, price)| {
            let now = u64::from(generation);
            tat = tat.max(now)
                + match price {
                    Price::Late => every,
                    Price::Elsewhere => (2 * every).div_ceil(3),
                };
            tat - now <= every * burst
        })
    }
}

impl<'a> Family<'a> {
    /// Every exchange in which generation `shown` was presented to be exchanged.
    pub fn showings(&self, generation: u32) -> impl Iterator<Item = &'a Exchange> {
        let all = self.shown.iter().copied();
        all.filter(move |exchange| exchange.refreshes().is_some_and(|token| token.generation == generation))
    }

    /// Whether generation `shown` was presented from more than one network.
    pub fn is_in_two_networks(&self, shown: u32) -> bool {
        let mut networks = self.showings(shown).map(|exchange| exchange.from);
        let first = networks.next();
        networks.any(|network| Some(network) != first)
    }

    pub fn refreshes(&self) -> impl Iterator<Item = (&'a Exchange, u32)> {
        self.shown.iter().filter_map(|exchange| Some((*exchange, exchange.refreshes()?.generation)))
    }
}
