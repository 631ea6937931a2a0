//! One line of generations for each family, and documented answers to everything.

use std::collections::HashMap;
use std::time::Duration;

use super::case::Case;
use super::{Promise, Verdict};
use crate::kit::record::{Actor, Ask, Exchange, Token};

pub fn check(case: &Case, verdict: &mut Verdict) {
    let mut texts = HashMap::new();
    for exchange in case.exchanges {
        answer(case, exchange, verdict);
        if matches!(exchange.by, Actor::Forger(_)) {
            forgery(exchange, verdict);
            continue;
        }
        let Some(grant) = exchange.grant() else { continue };
        let (family, generation, delivery) = match &exchange.ask {
            Ask::Login { delivery, .. } => (grant.refresh.family, 1, *delivery),
            Ask::Refresh(shown) => (shown.family, shown.generation + 1, shown.delivery),
            Ask::ChangePassword { access, .. } => {
                let is_another = grant.refresh.family != access.family;
                verdict.test(Promise::OneLine, is_another, exchange, || "the session was to be another".to_owned());
                let before = case.families.get(&access.family);
                (grant.refresh.family, 1, before.map_or(grant.refresh.delivery, |before| before.delivery))
            }
            _ => continue,
        };
        let given = (&grant.refresh, &grant.access);
        let is_next = (given.0.family, given.0.generation, given.0.delivery) == (family, generation, delivery)
            && (given.1.family, given.1.generation) == (family, generation);
        verdict.test(Promise::OneLine, is_next, exchange, || format!("generation {generation} was to be given"));
        // Another secret makes another token of the same generation.
        let text = texts.entry((family, generation, given.0.key_id)).or_insert(&given.0.text);
        verdict.test(Promise::OneLine, *text == &given.0.text, exchange, || {
            format!("two different tokens of generation {generation}")
        });
    }
}

fn forgery(exchange: &Exchange, verdict: &mut Verdict) {
    let is_refused = match &exchange.answer {
        Some(answer) => answer.has_code("refresh_token_invalid") || answer.status == 503,
        None => true,
    };
    verdict.test(Promise::ForgeriesFail, is_refused, exchange, || "a forged token".to_owned());
}

fn answer(case: &Case, exchange: &Exchange, verdict: &mut Verdict) {
    let Some(answer) = &exchange.answer else { return };
    let documented: &[(u16, &[&str])] = match &exchange.ask {
        Ask::Register { .. } => &[(201, &[]), (409, &["email_taken"])],
        Ask::Login { .. } => &[(200, &[]), (401, &["invalid_credentials"])],
        Ask::Refresh(_) => &[
            (200, &[]),
            (401, &["refresh_token_reused", "session_revoked", "refresh_token_expired", "refresh_token_invalid"]),
        ],
        Ask::Logout(_) => &[(200, &[])],
        Ask::WhoAmI(_) | Ask::LogoutAll(_) => &[(200, &[]), (401, ACCESS)],
        Ask::EndSession { .. } => &[(204, &[]), (401, ACCESS), (404, &["session_not_found"])],
        Ask::ChangePassword { .. } => &[(200, &[]), (401, ACCESS), (403, &["invalid_credentials"])],
    };
    // A try that broke off with the database may stay counted.
    let is_throttled = answer.has_code("too_many_attempts") && matches!(exchange.ask, Ask::Login { .. });
    let is_away = answer.status == 503 && (answer.has_code("unavailable") || answer.has_code("overloaded"));
    let is_documented = is_away
        || (is_throttled && case.is_disturbed(exchange.sent.saturating_sub(COUNTED), exchange.ended))
        || documented.iter().any(|(status, codes)| {
            *status == answer.status && answer.code.as_deref().map_or(codes.is_empty(), |code| codes.contains(&code))
        });
    verdict.test(Promise::Answers, is_documented, exchange, || "no such answer is documented".to_owned());
    let may_clear = match &exchange.ask {
        Ask::Refresh(token) => answer.status == 401 && !was_just_replaced(case, token, exchange),
        Ask::Logout(_) | Ask::LogoutAll(_) => answer.is_good(),
        _ => false,
    };
    verdict.test(Promise::Answers, !answer.clears_cookie || may_clear, exchange, || {
        "the cookie was taken away from a session that may live".to_owned()
    });
}

/// Whether the client that showed this token had another session in its place a moment ago, and may have that one's cookie.
fn was_just_replaced(case: &Case, token: &Token, exchange: &Exchange) -> bool {
    let shown = case.families.get(&token.family).into_iter().flat_map(|family| &family.shown);
    shown.filter(|change| matches!(change.ask, Ask::ChangePassword { .. }) && change.is_good()).any(|change| {
        let clocks = case.clocks(change.sent, exchange.ended);
        change.ended < exchange.sent && exchange.ended + clocks < change.sent + REPLACED_RECENTLY
    })
}

const REPLACED_RECENTLY: Duration = Duration::from_secs(60);

/// How long tries that broke off are felt.
const COUNTED: Duration = Duration::from_secs(30);

const ACCESS: &[&str] = &["access_token_invalid", "access_token_expired", "session_revoked"];
