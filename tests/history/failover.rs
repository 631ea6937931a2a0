//! A standby takes the primary's place, and the last that was written never reached it. Rotations need no standby that is
//! waited for; whatever is to stay acknowledged does.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::kit::checker::Terms;
use crate::kit::clients::{Fate, Server as _};
use crate::kit::record::{Access, Answer, Ask, Delivery, Grant, Network, Token};
use crate::kit::rig::{Rig, Wire, until};

const TERMS: Terms = Terms {
    overlap: Duration::from_secs(10),
    recovery_burst: 3,
    recovery_every: 10,
    idle: Duration::from_secs(3600),
    absolute: Duration::from_secs(7200),
    clocks: Duration::ZERO,
    settle: Duration::from_secs(8),
    confirm: Duration::from_secs(2),
    access_lag: Duration::from_secs(1),
};

/// A native app of one user.
struct App {
    wire: Wire,
    email: Arc<str>,
    refresh: Token,
    access: Access,
}

impl App {
    async fn begins(rig: &Rig, email: &str) -> Self {
        let wire = Wire { proxy: rig.proxy.address };
        let (email, password): (Arc<str>, Arc<str>) = (email.into(), "three lamps on the stairs".into());
        insists(&wire, Ask::Register { email: email.clone(), password }).await;
        let Grant { refresh, access } = log_in(&wire, &email).await.grant.unwrap();
        Self { wire, email, refresh, access }
    }

    async fn refreshes(&mut self) -> Answer {
        let answer = insists(&self.wire, Ask::Refresh(self.refresh.clone())).await;
        if let Some(Grant { refresh, access }) = answer.grant.clone() {
            (self.refresh, self.access) = (refresh, access);
        }
        answer
    }

    async fn is_let_in(&self) -> bool {
        insists(&self.wire, Ask::WhoAmI(self.access.clone())).await.is_good()
    }

    /// One attempt: the status that is answered, if any.
    async fn tries(&self, ask: Ask) -> Option<u16> {
        self.wire.answer(Network(0), &ask, Fate::Pass).await.map(|answer| answer.status)
    }

    fn logout(&self) -> Ask {
        Ask::Logout(self.refresh.clone())
    }
}

async fn log_in(wire: &Wire, email: &Arc<str>) -> Answer {
    let password = "three lamps on the stairs".into();
    insists(wire, Ask::Login { email: email.clone(), password, delivery: Delivery::Body }).await
}

/// Until the database answers.
async fn insists(wire: &Wire, ask: Ask) -> Answer {
    let mut decided = None;
    let answers = async || {
        decided = wire.answer(Network(0), &ask, Fate::Pass).await.filter(|answer| answer.status != 503);
        decided.is_some()
    };
    until("the database answers", answers).await;
    decided.unwrap()
}

async fn rig(is_standby_waited_for: bool) -> Rig {
    let mut rig = Rig::start(Path::new(env!("CARGO_BIN_EXE_heirloom")), &TERMS).await;
    rig.gets_a_standby(is_standby_waited_for).await;
    rig
}

async fn standby_has_everything(rig: &Rig) {
    let behind = "SELECT count(*) AS value FROM pg_stat_replication WHERE replay_lsn < pg_current_wal_insert_lsn()";
    until("the standby has everything", async || rig.postgres.counts(behind) == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sessions_go_on_from_the_generation_that_their_clients_hold_when_the_last_rotations_are_missing() {
    let mut rig = rig(false).await;
    let mut alice = App::begins(&rig, "alice@example.com").await;
    let mut bob = App::begins(&rig, "bob@example.com").await;
    assert!(alice.refreshes().await.is_good() && bob.refreshes().await.is_good());
    standby_has_everything(&rig).await;
    rig.standby_falls_behind();
    for _ in 0..5 {
        assert!(alice.refreshes().await.is_good() && bob.refreshes().await.is_good());
    }
    assert_eq!(alice.refresh.generation, 7);
    rig.fails_over();
    // Alice proves what is missing by her refresh token, Bob by his access token.
    assert!(alice.refreshes().await.is_good());
    assert_eq!(alice.refresh.generation, 8);
    // Before the standby is there a server can only forget what it has seen; his next request tells it again.
    until("what is missing has been proved", async || bob.is_let_in().await && rig.generations_caught_up() == 10).await;
    assert!(bob.refreshes().await.is_good());
    assert_eq!((bob.refresh.generation, rig.generations_caught_up()), (8, 10));
    assert!(alice.is_let_in().await);
}

/// Not a promise, but the reason for the one below: what has not reached the standby is gone with the primary.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_that_a_standby_was_not_waited_for_is_gone_with_the_primary() {
    let mut rig = rig(false).await;
    let mut alice = App::begins(&rig, "alice@example.com").await;
    standby_has_everything(&rig).await;
    rig.standby_falls_behind();
    assert_eq!(alice.tries(alice.logout()).await, Some(200));
    rig.fails_over();
    assert!(alice.refreshes().await.is_good());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_survives_the_primary_when_the_standby_is_waited_for_and_refreshes_do_not_wait() {
    let mut rig = rig(true).await;
    let mut alice = App::begins(&rig, "alice@example.com").await;
    let mut bob = App::begins(&rig, "bob@example.com").await;
    let mut carol = App::begins(&rig, "carol@example.com").await;
    let mut dave = App::begins(&rig, "dave@example.com").await;
    // Nobody waits for the standby to catch up: the answers have.
    assert_eq!(alice.tries(alice.logout()).await, Some(200));
    let old = bob.refresh.clone();
    assert!(bob.refreshes().await.is_good() && bob.refreshes().await.is_good());
    bob.refresh = old;
    assert!(bob.refreshes().await.has_code("refresh_token_reused"));
    rig.standby_falls_behind();
    let password: Arc<str> = "three lamps on the stairs".into();
    let login = Ask::Login { email: dave.email.clone(), password, delivery: Delivery::Body };
    let (logout, login) = futures_util::future::join(carol.tries(carol.logout()), dave.tries(login)).await;
    assert_eq!((logout, login), (Some(503), Some(503)), "nothing is acknowledged that the standby does not have");
    assert!(dave.refreshes().await.is_good(), "a rotation waits for nobody");
    rig.fails_over();
    assert!(alice.refreshes().await.has_code("session_revoked"));
    assert!(bob.refreshes().await.has_code("session_revoked"));
    assert!(dave.refreshes().await.is_good());
    assert_eq!(dave.refresh.generation, 3);
    // She was told that it is not known whether she is logged out, and tries again.
    assert_eq!(insists(&carol.wire, carol.logout()).await.status, 200);
    assert!(carol.refreshes().await.has_code("session_revoked"));
    assert!(log_in(&dave.wire, &dave.email).await.is_good());
}

/// No proxy helps: each server finds the new primary by the URL, while the old one neither responds nor breaks a connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_primary_that_is_frozen_is_noticed_and_left_for_the_standby_that_is_promoted() {
    let mut rig = rig(true).await;
    let mut alice = App::begins(&rig, "alice@example.com").await;
    let mut bob = App::begins(&rig, "bob@example.com").await;
    let mut carol = App::begins(&rig, "carol@example.com").await;
    assert!(alice.refreshes().await.is_good() && bob.refreshes().await.is_good());
    assert_eq!(carol.tries(carol.logout()).await, Some(200));
    standby_has_everything(&rig).await;
    rig.is_ready().await;
    rig.primary_freezes();
    let (before, old) = (alice.refresh.generation, bob.refresh.clone());
    // Requests that are under way are not answered before the promotion.
    let under_way = [alice.tries(Ask::Refresh(alice.refresh.clone())), alice.tries(Ask::WhoAmI(alice.access.clone()))];
    let (under_way, ready) =
        futures_util::future::join(futures_util::future::join_all(under_way), rig.readiness()).await;
    assert_eq!(ready.0, [false; 3], "after {:?}", ready.1);
    assert!(ready.1 < Duration::from_secs(5), "{:?}", ready.1);
    assert!(matches!(under_way[0], Some(503)), "{under_way:?}");
    let mut frozen = rig.replaces_the_frozen();
    let promoted = Instant::now();
    assert!(alice.refreshes().await.is_good() && bob.refreshes().await.is_good());
    let waited = promoted.elapsed();
    assert!(waited < Duration::from_secs(2), "{waited:?}");
    assert_eq!((alice.refresh.generation, bob.refresh.generation), (before + 1, old.generation + 1));
    rig.is_ready().await;
    // The old one wakes up and takes itself for the primary. It carries out what it had received, and gets nothing more.
    frozen.wake();
    for _ in 0..10 {
        assert!(alice.refreshes().await.is_good());
    }
    let newest = "SELECT max(generation)::bigint AS value FROM token_families";
    assert_eq!(rig.postgres.counts(newest), i64::from(before + 11));
    assert!(frozen.counts(newest) <= i64::from(before + 1));
    assert!(carol.refreshes().await.has_code("session_revoked"));
    assert_eq!(rig.generations_caught_up(), 0, "nothing was lost");
}
