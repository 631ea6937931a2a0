//! What breaks in a cluster of Patroni.

use std::time::Duration;

use clap::ValueEnum;
use rustix::process::Signal;
use tokio::time::sleep;

use crate::cluster::{Cluster, signal};
use crate::kit::record::{Fault, Moment, Record};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Trouble {
    KillPrimary,
    KillNode,
    FreezeNode,
    LoseQuorum,
    SwitchOver,
    LagBehind,
    KillPgbouncer,
}

/// The furthest that a rotation may be from the standbys.
const UNSENT: Duration = Duration::from_secs(8);

impl Trouble {
    pub fn name(self) -> &'static str {
        match self {
            Self::KillPrimary => "`kill -9` of the primary's Postgres",
            Self::KillNode => "the primary's node killed",
            Self::FreezeNode => "the primary's node frozen",
            Self::LoseQuorum => "etcd without a quorum",
            Self::SwitchOver => "switchover",
            Self::LagBehind => "a standby that lags",
            Self::KillPgbouncer => "`kill -9` of PgBouncer",
        }
    }

    pub fn what_is_done(self) -> &'static str {
        match self {
            Self::KillPrimary => "the postmaster killed; Patroni starts it again or replaces it",
            Self::KillNode => "Patroni and Postgres killed together, started again after 40 s",
            Self::FreezeNode => "SIGSTOP of Patroni and Postgres, SIGCONT after 45 s",
            Self::LoseQuorum => "two of three members of etcd killed, started again after 30 s",
            Self::SwitchOver => "`patronictl switchover`, under load",
            Self::LagBehind => "SIGSTOP of the synchronous standby's Postgres for 15 s",
            Self::KillPgbouncer => "one of three servers loses it for 2 s",
        }
    }

    /// Breaks and mends, and puts on record when that was.
    pub async fn strikes(self, cluster: &mut Cluster, record: &Record) -> Fault {
        let from = record.now();
        let mut loses_since: Option<Moment> = Some(from.saturating_sub(UNSENT));
        let primary = cluster.leader().await.expect("a leader");
        match self {
            Self::KillPrimary => signal(&cluster.postgres(primary)[..1], Signal::KILL),
            Self::KillNode => {
                cluster.nodes[primary].kill();
                signal(&cluster.postgres(primary), Signal::KILL);
                sleep(Duration::from_secs(40)).await;
                cluster.nodes[primary].again();
            }
            Self::FreezeNode => {
                let mut pids = cluster.postgres(primary);
                pids.extend(cluster.nodes[primary].pid());
                signal(&pids, Signal::STOP);
                sleep(Duration::from_secs(45)).await;
                signal(&pids, Signal::CONT);
            }
            Self::LoseQuorum => {
                cluster.etcd[..2].iter_mut().for_each(|etcd| etcd.kill());
                sleep(Duration::from_secs(30)).await;
                cluster.etcd[..2].iter_mut().for_each(|etcd| etcd.again());
            }
            Self::SwitchOver => cluster.switch_over().await,
            Self::LagBehind => {
                loses_since = None;
                let standby = cluster.with_role("sync_standby").await.expect("a synchronous standby");
                let pids = cluster.postgres(standby);
                signal(&pids, Signal::STOP);
                sleep(Duration::from_secs(15)).await;
                signal(&pids, Signal::CONT);
            }
            Self::KillPgbouncer => {
                loses_since = None;
                cluster.pgbouncer.kill();
                sleep(Duration::from_secs(2)).await;
                cluster.pgbouncer.again();
            }
        }
        // Patroni has to notice before it can be whole again.
        sleep(Duration::from_secs(5)).await;
        cluster.is_ready().await;
        let fault = Fault { from, to: record.now(), clocks: Duration::ZERO, loses_since };
        record.add_fault(fault.clone());
        fault
    }
}
