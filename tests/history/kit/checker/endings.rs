//! What has ended stays ended, and lives no longer than it may.

use super::case::{Case, Family};
use super::{Promise, Verdict};
use crate::kit::record::{Ask, Exchange, Moment};

pub fn check(case: &Case, verdict: &mut Verdict) {
    for family in case.families.values() {
        if let Some((ended, how)) = ended(case, family) {
            for exchange in family.shown.iter().filter(|exchange| exchange.sent > ended) {
                let story = || format!("the session had ended by {:.3} s ({how})", ended.as_secs_f64());
                if exchange.refreshes().is_some() {
                    verdict.test(Promise::EndedStaysEnded, !exchange.is_good(), exchange, story);
                } else if exchange.access().is_some() && exchange.sent > ended + case.terms.access_lag {
                    verdict.test(Promise::AccessEndsWithSession, !exchange.is_good(), exchange, story);
                }
            }
        }
        for exchange in &family.shown {
            lifetimes(case, family, exchange, verdict);
        }
    }
}

/// When the first answer arrived after which the session is over, and what it was.
fn ended<'a>(case: &Case<'a>, family: &Family<'a>) -> Option<(Moment, String)> {
    let own = family.shown.iter().copied().filter(|exchange| match &exchange.ask {
        Ask::Logout(_) => exchange.status() == Some(200),
        // Seen before it was safe, an ending may be gone after a failover; whoever asked for it was not told of it yet.
        Ask::Refresh(_) if exchange.has_code("session_revoked") => !case.may_be_lost(exchange, Moment::MAX),
        Ask::Refresh(_) => exchange.has_code("refresh_token_reused"),
        _ => false,
    });
    // A login that was under way may have come after it.
    let elsewhere =
        case.endings_from_elsewhere(family).filter(|ending| ending.is_good() && family.begun.ended < ending.sent);
    let first = own.chain(elsewhere).min_by_key(|exchange| exchange.ended)?;
    Some((first.ended, super::told(first)))
}

fn lifetimes(case: &Case, family: &Family, exchange: &Exchange, verdict: &mut Verdict) {
    if exchange.refreshes().is_none() {
        return;
    }
    let terms = case.terms;
    let before = || family.shown.iter().filter(|other| other.refreshes().is_some() && other.sent < exchange.sent);
    let clocks = case.clocks(family.begun.sent, exchange.ended);
    if exchange.is_good() {
        let renewed = before().map(|other| case.effect_by(other)).max().unwrap_or_default().max(family.begun.ended);
        let over = (renewed + terms.idle).min(family.begun.ended + terms.absolute) + clocks;
        verdict.test(Promise::Lifetimes, exchange.sent <= over, exchange, || {
            format!("the session had been over since {:.3} s", over.as_secs_f64())
        });
    } else if exchange.has_code("refresh_token_expired") {
        // A request that was still under way may have been judged later, when the session was over at its limit.
        let finished = before().filter(|other| other.ended <= exchange.sent);
        let granted = finished.filter(|other| other.is_good() && !case.may_be_lost(other, exchange.ended));
        // The overlap and a late answer do not move the idle expiry, but the rotation that they repeat did.
        let rotated = granted.filter(|other| {
            let shown = other.refreshes().map(|token| token.generation);
            shown.is_some_and(|shown| family.showings(shown).next().is_some_and(|first| first.sent == other.sent))
        });
        let renewed = rotated.map(|other| other.sent).max().unwrap_or_default().max(family.begun.sent);
        let over = (renewed + terms.idle).min(family.begun.sent + terms.absolute);
        verdict.test(Promise::Lifetimes, exchange.ended + clocks >= over, exchange, || {
            format!("the session was to live until {:.3} s", over.as_secs_f64())
        });
    }
}
