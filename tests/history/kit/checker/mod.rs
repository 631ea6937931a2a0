//! Judges a recorded history by the promises of `docs/reliability.md`. It knows nothing but what clients saw and when something
//! was broken; where that leaves open what the servers did, it gives them the benefit of the doubt, and no further.

mod accounts;
mod case;
mod endings;
mod honest;
mod line;
mod old_tokens;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::record::{Exchange, Fault, Moment};
use case::Case;

/// What the servers are run under, and how sure the checker can be of times.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    pub overlap: Duration,
    pub recovery_burst: u32,
    pub recovery_every: u32,
    pub idle: Duration,
    pub absolute: Duration,
    /// How far the clocks of two processes are apart when nothing is broken.
    pub clocks: Duration,
    /// After its client has given up, or been told 503, a request may still take effect for so long.
    pub settle: Duration,
    /// The use of an access token is on record after so long, unless something breaks.
    pub confirm: Duration,
    /// How long an access token of a session that has ended may still be accepted elsewhere.
    pub access_lag: Duration,
}

/// A promise that can be broken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Promise {
    /// Generation p is exchanged for p + 1, the same token for whoever asks: one line of generations.
    OneLine,
    /// No token of an ended session is accepted after the answer that ended it.
    EndedStaysEnded,
    /// Nor any of its access tokens, a second later at most.
    AccessEndsWithSession,
    /// A session is over when its time is, and not before.
    Lifetimes,
    /// An old token is refused, and ends its family.
    OldTokensEndFamilies,
    /// Answers that come late, or go to two networks, are given within the credit only: a thief who follows is caught.
    Credit,
    /// No honest client is logged out except where the rule says so.
    HonestStay,
    /// Whatever registration, login and change of password was acknowledged stays.
    NothingLost,
    /// A forged token is refused, and touches nothing.
    ForgeriesFail,
    /// Every answer is a documented one, and a cookie is cleared only where its token is dead.
    Answers,
}

impl Promise {
    pub const ALL: [Self; 10] = [
        Self::OneLine,
        Self::EndedStaysEnded,
        Self::AccessEndsWithSession,
        Self::Lifetimes,
        Self::OldTokensEndFamilies,
        Self::Credit,
        Self::HonestStay,
        Self::NothingLost,
        Self::ForgeriesFail,
        Self::Answers,
    ];
}

pub struct Violation {
    pub promise: Promise,
    pub at: Moment,
    pub story: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {:.3} s: {}", self.promise, self.at.as_secs_f64(), self.story)
    }
}

/// What the checker has made of a history.
#[derive(Default)]
pub struct Verdict {
    pub violations: Vec<Violation>,
    /// How often each promise was put to the test.
    pub tested: BTreeMap<Promise, usize>,
    /// How many honest clients were logged out where the rule says so, and why it may.
    pub excused: BTreeMap<&'static str, usize>,
}

impl Verdict {
    fn test(&mut self, promise: Promise, is_kept: bool, exchange: &Exchange, story: impl FnOnce() -> String) {
        *self.tested.entry(promise).or_default() += 1;
        if !is_kept {
            let told = format!(
                "{}; {:?} sent at {:.3} s: {}",
                story(),
                exchange.by,
                exchange.sent.as_secs_f64(),
                told(exchange)
            );
            self.violations.push(Violation { promise, at: exchange.ended, story: told });
        }
    }
}

/// Judges a history whose exchanges are in the order in which they were sent.
pub fn check(terms: &Terms, exchanges: &[Exchange], faults: &[Fault]) -> Verdict {
    let case = Case::new(terms, exchanges, faults);
    let mut verdict = Verdict::default();
    line::check(&case, &mut verdict);
    endings::check(&case, &mut verdict);
    old_tokens::check(&case, &mut verdict);
    honest::check(&case, &mut verdict);
    accounts::check(&case, &mut verdict);
    verdict.violations.sort_by_key(|violation| violation.at);
    verdict
}

/// An exchange in a line, for a person; no token whole.
pub fn told(exchange: &Exchange) -> String {
    use super::record::Ask;
    let asked = match &exchange.ask {
        Ask::Register { email, .. } => format!("register {email}"),
        Ask::Login { email, .. } => format!("log in as {email}"),
        Ask::Refresh(token) => format!("refresh {} of {}", token.generation, token.family),
        Ask::Logout(token) => format!("log out with {} of {}", token.generation, token.family),
        Ask::WhoAmI(access) => format!("use the access token {} of {}", access.generation, access.family),
        Ask::LogoutAll(access) => format!("log out everywhere from {}", access.family),
        Ask::EndSession { family, .. } => format!("end the session {family}"),
        Ask::ChangePassword { access, .. } => format!("change the password from {}", access.family),
    };
    let answered = match &exchange.answer {
        None => "no answer".to_owned(),
        Some(answer) => {
            let granted = answer.grant.as_ref().map(|grant| format!(" generation {}", grant.refresh.generation));
            let code = answer.code.as_deref().unwrap_or_default();
            let reason = answer.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            format!("{} {code}{reason}{}", answer.status, granted.unwrap_or_default())
        }
    };
    format!("{asked} -> {} by {:.3} s", answered.trim_end(), exchange.ended.as_secs_f64())
}
