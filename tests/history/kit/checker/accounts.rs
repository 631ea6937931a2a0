//! What an account was promised stays: its registration, and the password that was acknowledged last.

use std::collections::HashMap;

use super::case::Case;
use super::{Promise, Verdict};
use crate::kit::record::{Ask, Exchange};

/// Something that may have set an account's password.
struct Setting<'a> {
    password: &'a str,
    exchange: &'a Exchange,
    /// It was acknowledged.
    is_certain: bool,
}

pub fn check(case: &Case, verdict: &mut Verdict) {
    let mut settings: HashMap<&str, Vec<Setting>> = HashMap::new();
    for exchange in case.exchanges {
        let (email, password) = match &exchange.ask {
            Ask::Register { email, password } => (&**email, password),
            Ask::ChangePassword { access, new, .. } => match case.families.get(&access.family) {
                Some(family) => (family.email, new),
                None => continue,
            },
            _ => continue,
        };
        let is_certain = exchange.is_good();
        if is_certain || exchange.status().is_none_or(|status| status == 503) {
            settings.entry(email).or_default().push(Setting { password, exchange, is_certain });
        }
    }
    for exchange in case.exchanges {
        let Ask::Login { email, password, .. } = &exchange.ask else { continue };
        let possible = possible(case, settings.get(&**email).map_or(&[], Vec::as_slice), exchange);
        if exchange.is_good() {
            verdict.test(Promise::NothingLost, possible.contains(&&**password), exchange, || {
                "a password let somebody in that was not the account's any more".to_owned()
            });
        } else if exchange.status() == Some(401) {
            let is_right = possible == [&**password];
            verdict.test(Promise::NothingLost, !is_right, exchange, || {
                "the right password of an account was refused".to_owned()
            });
        }
    }
}

/// The passwords that an account may have had during an exchange.
fn possible<'a>(case: &Case, settings: &[Setting<'a>], during: &Exchange) -> Vec<&'a str> {
    let is_replaced = |setting: &Setting| {
        let by = case.effect_by(setting.exchange);
        let mut later = settings.iter().filter(|later| later.is_certain && later.exchange.ended < during.sent);
        later.any(|later| later.exchange.sent > by)
    };
    let begun = settings.iter().filter(|setting| setting.exchange.sent < during.ended);
    let mut possible: Vec<&str> =
        begun.filter(|setting| !is_replaced(setting)).map(|setting| setting.password).collect();
    // An attempt that nobody answered may never have happened.
    if !settings.iter().any(|setting| setting.is_certain && setting.exchange.ended < during.sent) {
        possible.push("");
    }
    possible.dedup();
    possible
}
