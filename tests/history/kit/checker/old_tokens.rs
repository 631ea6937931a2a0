//! An old token is refused and ends its family. Answers that come late or go to two networks are given within the credit
//! only.

use super::case::{Case, Family, Price};
use super::{Promise, Verdict};
use crate::kit::record::{Exchange, Moment};

pub fn check(case: &Case, verdict: &mut Verdict) {
    for family in case.families.values() {
        for (exchange, generation) in family.refreshes() {
            let Some(why) = is_old(case, family, exchange, generation) else { continue };
            verdict.test(Promise::OldTokensEndFamilies, !exchange.is_good(), exchange, || {
                format!("{why}, and it was honoured")
            });
            // `expired` and what ended before are judged elsewhere.
            let is_invalid = exchange.has_code("refresh_token_invalid");
            verdict.test(Promise::OldTokensEndFamilies, !is_invalid, exchange, || {
                format!("{why}, and its family was not ended")
            });
        }
        credit(case, family, verdict);
    }
}

/// Why a presented token is certainly an old one, if it is.
fn is_old(case: &Case, family: &Family, exchange: &Exchange, generation: u32) -> Option<String> {
    let later = family.refreshes().find(|(other, shown)| {
        *shown > generation
            && other.is_good()
            && other.ended < exchange.sent
            && !case.may_be_lost(other, exchange.ended)
    });
    if let Some((other, shown)) = later {
        let at = other.ended.as_secs_f64();
        return Some(format!("generation {} had been given by {at:.3} s", shown + 1));
    }
    if !is_late(case, family, exchange, generation) {
        return None;
    }
    let used = family.shown.iter().find(|other| {
        let is_of_next = other.access().is_some_and(|access| access.generation > generation) && other.is_good();
        let by = other.ended + case.terms.confirm;
        is_of_next
            && by < exchange.sent
            && !case.is_disturbed(other.sent, by)
            && !case.may_be_lost(other, exchange.ended)
    });
    let at = used?.ended.as_secs_f64();
    Some(format!("generation {} had been in use since {at:.3} s, and the overlap was over", generation + 1))
}

/// Whether the successor was certainly issued longer ago than the overlap, and not given again since.
fn is_late(case: &Case, family: &Family, exchange: &Exchange, generation: u32) -> bool {
    let before: Vec<&Exchange> = family.showings(generation).filter(|other| other.sent < exchange.sent).collect();
    let is_issued = before.iter().any(|other| other.is_good() && other.ended < exchange.sent);
    let last = before.iter().map(|other| case.effect_by(other)).max().unwrap_or(Moment::MAX);
    let first = before.first().map_or(exchange.sent, |other| other.sent);
    is_issued && last.saturating_add(case.terms.overlap + case.clocks(first, exchange.ended)) < exchange.sent
}

fn credit(case: &Case, family: &Family, verdict: &mut Verdict) {
    let mut taken: Vec<(u32, Price)> = Vec::new();
    for (exchange, generation) in family.refreshes() {
        let is_known = taken.last().is_some_and(|(known, _)| *known == generation + 1);
        if !exchange.is_good()
            || is_known
            || case.may_be_lost(exchange, Moment::MAX)
            || family.showings(generation).any(|other| case.may_be_lost(other, Moment::MAX))
        {
            continue;
        }
        let is_shared = family.showings(generation).any(|other| other.is_good() && other.from != exchange.from);
        if !is_shared && !is_late(case, family, exchange, generation) {
            continue;
        }
        // The lower price, where both are possible: after it a late answer is free.
        let price = if family.is_in_two_networks(generation) { Price::Elsewhere } else { Price::Late };
        taken.push((generation + 1, price));
        verdict.test(Promise::Credit, case.is_covered(taken.iter().copied()), exchange, || {
            format!("answers late or in two networks, beyond the credit: generations {taken:?}")
        });
    }
}
