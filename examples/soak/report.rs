//! What a fault did, as clients saw it, and the table that `docs/reliability.md` holds of it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::kit::checker::Verdict;
use crate::kit::record::{Exchange, Fault, Moment, Record};
use crate::kit::rig::faults::Trouble;

/// How long after a fault its consequences are counted.
pub const AFTERMATH: Duration = Duration::from_secs(5);

/// What became of one fault.
pub struct Struck {
    pub trouble: Trouble,
    pub from: Moment,
    pub until: Moment,
    refreshes_per_second: f64,
    unanswered: usize,
    unavailable: usize,
    longest_gap: Duration,
    /// Rotations that had been answered and were gone, as far as their clients came back and proved it.
    pub caught_up: i64,
    /// Postgres was free to lose them.
    pub may_lose: bool,
}

impl Struck {
    /// Looks back at a fault whose [`AFTERMATH`] is over.
    pub fn by(trouble: Trouble, fault: &Fault, record: &Record) -> Self {
        let (from, until) = (fault.from, fault.to + AFTERMATH);
        let calm = Duration::from_secs(8);
        record.look(|exchanges| {
            let during = || exchanges.iter().filter(|exchange| from <= exchange.ended && exchange.ended <= until);
            let before = exchanges
                .iter()
                .filter(|exchange| is_refreshed(exchange) && exchange.ended < from && exchange.ended + calm >= from);
            Self {
                trouble,
                from,
                until,
                refreshes_per_second: before.count() as f64 / calm.as_secs_f64(),
                unanswered: during().filter(|exchange| exchange.answer.is_none()).count(),
                unavailable: during().filter(|exchange| exchange.status() == Some(503)).count(),
                longest_gap: longest_gap(exchanges, from, until),
                may_lose: fault.loses_since.is_some(),
                caught_up: 0,
            }
        })
    }

    pub fn told(&self) -> String {
        format!(
            "{}: {} without a response, {} with 503, {} rotations lost and recovered, longest gap between successful refreshes {}",
            name(self.trouble),
            self.unanswered,
            self.unavailable,
            self.caught_up,
            seconds(self.longest_gap)
        )
    }
}

fn is_refreshed(exchange: &Exchange) -> bool {
    exchange.refreshes().is_some() && exchange.is_good()
}

/// The longest time in which nobody's refresh was answered.
fn longest_gap(exchanges: &[Exchange], from: Moment, until: Moment) -> Duration {
    let answered = exchanges.iter().filter(|exchange| is_refreshed(exchange)).map(|exchange| exchange.ended);
    let mut last = from;
    let mut longest = Duration::ZERO;
    for at in answered.filter(|at| (from..=until).contains(at)).chain([until]) {
        longest = longest.max(at.saturating_sub(last));
        last = at;
    }
    longest
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// The table: a row for each kind of fault.
pub fn table(all: &[Struck], verdict: &Verdict) -> String {
    let mut kinds: BTreeMap<Trouble, Vec<&Struck>> = BTreeMap::new();
    for struck in all {
        kinds.entry(struck.trouble).or_default().push(struck);
    }
    let mut text = String::from(
        "| fault | what was done | times | refreshes per second before | no response | 503 | rotations lost and recovered | \
         acknowledged and lost | longest gap between successful refreshes |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for (trouble, struck) in kinds {
        let sum = |of: fn(&Struck) -> usize| struck.iter().map(|one| of(one)).sum::<usize>();
        let broken = verdict
            .violations
            .iter()
            .filter(|violation| struck.iter().any(|one| one.from <= violation.at && violation.at <= one.until));
        let rate = struck.iter().map(|one| one.refreshes_per_second).sum::<f64>() / struck.len() as f64;
        let gap = struck.iter().map(|one| one.longest_gap).max().unwrap_or_default();
        text += &format!(
            "| {} | {} | {} | {rate:.0} | {} | {} | {} | {} | {} |\n",
            name(trouble),
            what_is_done(trouble),
            struck.len(),
            sum(|one| one.unanswered),
            sum(|one| one.unavailable),
            struck.iter().map(|one| one.caught_up).sum::<i64>(),
            match broken.count() {
                0 => "nothing".to_owned(),
                count => format!("**{count} promises broken**"),
            },
            seconds(gap),
        );
    }
    text
}

fn what_is_done(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::KillServer => "one of three processes killed, restarted after 3 s",
        Trouble::KillPostgres => "the postmaster killed, restarted immediately",
        Trouble::StopPostgresAtOnce => "SIGQUIT, restarted after 2 s",
        Trouble::CutConnections => "every client and database connection cut, five times within 2 s",
        Trouble::ExhaustPools => "`token_families` locked for 6 s; every pooled connection waits",
        Trouble::FillDisk => "the file system of the database full for 8 s",
        Trouble::TurnClocks => "one process's clock 30 s ahead for 5 s, then 30 s behind for 5 s",
        Trouble::PauseServer => {
            "SIGSTOP for 20 s; removed from the load balancer and disconnected after 1 s, added again with SIGCONT"
        }
        Trouble::RollingRestart => "SIGTERM and restart, one process after the other",
        Trouble::Migrate => {
            "columns and an index added to `token_families` and `users`, behind another transaction of 3 s"
        }
        Trouble::RotateSecrets => "`old,new` on one process after the other, then `new,old`",
        Trouble::FailOver => "the standby disconnected for 4 s, the primary killed, the standby promoted",
        Trouble::BreakReceiver => {
            "the receiver of webhooks down, failing, breaking connections after taking a message, redirecting, slow, stalling, 410"
        }
    }
}

/// What a fault is called.
pub fn name(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::KillServer => "`kill -9` of a server",
        Trouble::KillPostgres => "`kill -9` of Postgres",
        Trouble::StopPostgresAtOnce => "immediate stop of Postgres",
        Trouble::CutConnections => "connections cut",
        Trouble::ExhaustPools => "pools exhausted",
        Trouble::FillDisk => "disk full",
        Trouble::TurnClocks => "clock jumps",
        Trouble::PauseServer => "a paused server",
        Trouble::RollingRestart => "rolling restart",
        Trouble::Migrate => "migration",
        Trouble::RotateSecrets => "new secret",
        Trouble::FailOver => "failover",
        Trouble::BreakReceiver => "a broken receiver of webhooks",
    }
}
