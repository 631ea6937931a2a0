//! No honest client is logged out, except where the rule says so.

use super::case::{Case, Family, Price};
use super::{Promise, Verdict};
use crate::kit::record::{Actor, Ask, Exchange, Moment};

pub fn check(case: &Case, verdict: &mut Verdict) {
    for family in case.families.values() {
        let refused = family.shown.iter().find(|exchange| exchange.by == family.begun.by && is_logged_out(exchange));
        let Some(refused) = refused else {
            *verdict.tested.entry(Promise::HonestStay).or_default() += 1;
            continue;
        };
        if has_ended_it(case, family, refused) || is_robbed(family, refused) || has_expired(refused) {
            continue;
        }
        // Whatever had taken effect by then has not ended it.
        let alive = family.shown.iter().filter(|other| other.is_good() && other.sent < refused.sent);
        let alive = alive.map(|other| other.sent).max().unwrap_or_default();
        let excuse = family.refreshes().find_map(|(showing, generation)| {
            let may_have = showing.sent < refused.ended && case.effect_by(showing) > alive;
            may_have.then(|| may_be_reuse(case, family, showing, generation)).flatten()
        });
        if let Some(excuse) = excuse {
            *verdict.excused.entry(excuse).or_default() += 1;
            continue;
        }
        let last: Vec<String> = family
            .shown
            .iter()
            .rev()
            .skip_while(|other| other.sent > refused.sent)
            .take(12)
            .map(|other| super::told(other))
            .collect();
        verdict.test(Promise::HonestStay, false, refused, || {
            format!(
                "an honest client was logged out; before that, latest first:\n      {}\n     ",
                last.join("\n      ")
            )
        });
    }
}

fn is_logged_out(exchange: &Exchange) -> bool {
    match &exchange.ask {
        Ask::Refresh(_) => exchange.status() == Some(401),
        _ => exchange.access().is_some() && exchange.has_code("session_revoked"),
    }
}

/// Whether its owner did it, or may have.
fn has_ended_it<'a>(case: &Case<'a>, family: &Family<'a>, refused: &Exchange) -> bool {
    let own = family.shown.iter().any(|other| matches!(other.ask, Ask::Logout(_)) && other.sent < refused.ended);
    own || case
        .endings_from_elsewhere(family)
        .any(|ending| ending.sent < refused.ended && !std::ptr::eq(ending, refused))
}

fn is_robbed(family: &Family, refused: &Exchange) -> bool {
    family.shown.iter().any(|other| matches!(other.by, Actor::Thief(_)) && other.sent < refused.ended)
}

/// Whether it was time is judged with the lifetimes.
fn has_expired(refused: &Exchange) -> bool {
    refused.has_code("refresh_token_expired")
}

/// Why the rule may have taken this showing for theft, seeing what the servers cannot have known or told apart.
fn may_be_reuse(case: &Case, family: &Family, showing: &Exchange, generation: u32) -> Option<&'static str> {
    let by = case.effect_by(showing);
    if family.refreshes().any(|(other, shown)| shown > generation && other.sent < by) {
        return Some("a request without a response was overtaken");
    }
    if !may_be_late(case, family, showing, generation) {
        let is_reuse = may_be_elsewhere(case, family, generation) && !is_affordable(case, family, generation);
        return is_reuse.then_some("from two networks, and the credits were used up");
    }
    let is_next_in_use = family
        .shown
        .iter()
        .any(|other| other.access().is_some_and(|access| access.generation > generation) && other.sent < by);
    if is_next_in_use {
        Some("a tab refreshed after the overlap window, and another tab had used the new token")
    } else if !is_confirmed(case, family, showing, generation) {
        Some("a late retry whose generation had not been confirmed")
    } else if !is_affordable(case, family, generation) {
        Some("a late retry without a recovery credit")
    } else {
        None
    }
}

/// Whether the overlap may have been over, as the clocks of two processes measure it.
fn may_be_late(case: &Case, family: &Family, showing: &Exchange, generation: u32) -> bool {
    let others = family.showings(generation).filter(|other| !std::ptr::eq(*other, showing));
    let by = case.effect_by(showing);
    let twin = showing.is_doubled.then_some(showing.sent);
    let first: Option<Moment> = others.map(|other| other.sent).chain(twin).min().filter(|&first| first < by);
    first.is_some_and(|first| by.saturating_sub(first) + case.clocks(first, by) >= case.terms.overlap)
}

/// Whether the servers certainly knew that this generation had arrived.
fn is_confirmed(case: &Case, family: &Family, showing: &Exchange, generation: u32) -> bool {
    family.shown.iter().any(|other| {
        let by = other.ended + case.terms.confirm;
        other.access().is_some_and(|access| access.generation == generation)
            && other.is_good()
            && by < showing.sent
            && !case.is_disturbed(other.sent, by)
            && !case.may_be_lost(other, showing.ended)
    })
}

/// Whether the credit was certainly left, counting all that may have been taken from it.
fn is_affordable(case: &Case, family: &Family, generation: u32) -> bool {
    let mut shown: Vec<u32> = family.refreshes().map(|(_, shown)| shown).filter(|&shown| shown <= generation).collect();
    shown.sort_unstable();
    shown.dedup();
    let price = |shown: u32| {
        if family.showings(shown).any(|showing| may_be_late(case, family, showing, shown)) {
            return Some((shown + 1, Price::Late));
        }
        may_be_elsewhere(case, family, shown).then_some((shown + 1, Price::Elsewhere))
    };
    case.is_covered(shown.into_iter().filter_map(price))
}

/// Whether the servers may have seen this generation shown elsewhere than where the last rotation came from. A row that has
/// lost rotations and caught up by an access token knows the place of an older one.
fn may_be_elsewhere(case: &Case, family: &Family, generation: u32) -> bool {
    let knows_older = || {
        let mut before = family.refreshes().filter(|(_, shown)| *shown <= generation);
        let is_shown_twice = family.showings(generation).nth(1).is_some();
        is_shown_twice
            && before
                .any(|(other, shown)| family.is_in_two_networks(shown) && case.is_disturbed(other.sent, Moment::MAX))
    };
    family.is_in_two_networks(generation) || knows_older()
}
