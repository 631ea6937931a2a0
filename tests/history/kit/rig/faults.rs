//! Breaking things while the clients run, and mending them.

use std::time::Duration;

use clap::ValueEnum;
use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use rustix::process::Signal;
use tokio::time::sleep;

use super::{Mood, Rig, secret};
use crate::kit::record::{Fault, Moment, Record};

/// Something that can break.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
pub enum Trouble {
    KillServer,
    KillPostgres,
    StopPostgresAtOnce,
    CutConnections,
    ExhaustPools,
    FillDisk,
    TurnClocks,
    PauseServer,
    RollingRestart,
    Migrate,
    RotateSecrets,
    FailOver,
    BreakReceiver,
}

/// The furthest that a rotation may be from the disk: three times `wal_writer_delay`, and room for a slow machine.
const UNFLUSHED: Duration = Duration::from_secs(8);

impl Trouble {
    /// Breaks and mends, and puts on record when that was. `None` where it cannot be done here.
    pub async fn strikes(self, rig: &mut Rig, record: &Record, number: usize) -> Option<Fault> {
        if self == Self::FillDisk && rig.small_disk.is_none() {
            return None;
        }
        let from = record.now();
        let mut clocks = Duration::ZERO;
        let mut loses_since: Option<Moment> = None;
        match self {
            Self::KillServer => {
                rig.ends(number, Signal::KILL);
                sleep(Duration::from_secs(3)).await;
                rig.starts(number);
            }
            Self::KillPostgres => {
                loses_since = Some(from.saturating_sub(UNFLUSHED));
                rig.postgres.kill(Signal::KILL);
                rig.postgres.ended();
                rig.postgres.start().await;
            }
            Self::StopPostgresAtOnce => {
                loses_since = Some(from.saturating_sub(UNFLUSHED));
                rig.postgres.kill(Signal::QUIT);
                rig.postgres.ended();
                sleep(Duration::from_secs(2)).await;
                rig.postgres.start().await;
            }
            Self::CutConnections => {
                for _ in 0..5 {
                    for at in 0..super::SERVERS {
                        rig.proxy.cut(at);
                        rig.relays[at].cut();
                    }
                    rig.to_standby.cut();
                    sleep(Duration::from_millis(400)).await;
                }
            }
            Self::ExhaustPools => {
                let mut connection = rig.postgres.connect();
                connection.batch_execute("BEGIN; LOCK TABLE token_families IN ACCESS EXCLUSIVE MODE").unwrap();
                sleep(Duration::from_secs(6)).await;
                connection.batch_execute("ROLLBACK").unwrap();
            }
            Self::FillDisk => {
                loses_since = Some(from.saturating_sub(UNFLUSHED));
                fills_the_disk(rig).await;
            }
            Self::TurnClocks => {
                clocks = Duration::from_secs(30) + rig.terms.clocks;
                for micros in [30_000_000, -30_000_000] {
                    rig.jumps(number, micros);
                    sleep(Duration::from_secs(5)).await;
                }
                rig.set_clock_back(number);
            }
            Self::PauseServer => pauses(rig, number).await,
            Self::RollingRestart => restarts(rig).await,
            Self::Migrate => migrates(rig).await,
            Self::RotateSecrets => {
                let new = secret(u32::try_from(rig.setup.secrets.len()).unwrap());
                rig.setup.secrets.insert(1, new);
                restarts(rig).await;
                rig.setup.secrets.swap(0, 1);
                restarts(rig).await;
            }
            Self::FailOver => {
                if rig.standby.is_none() {
                    rig.gets_a_standby(true).await;
                }
                let from = record.now();
                rig.standby_falls_behind();
                loses_since = Some(from.saturating_sub(UNFLUSHED));
                sleep(Duration::from_secs(4)).await;
                rig.fails_over();
                rig.is_ready().await;
                rig.gets_a_standby(true).await;
            }
            Self::BreakReceiver => breaks_the_receiver(rig).await,
        }
        rig.is_ready().await;
        let mut to = record.now();
        if clocks > Duration::ZERO {
            // What a clock that was ahead has written is measured by the others for as long.
            to += clocks;
        }
        let fault = Fault { from, to, clocks, loses_since };
        record.add_fault(fault.clone());
        Some(Fault { to: record.now().min(fault.to), ..fault })
    }
}

async fn fills_the_disk(rig: &mut Rig) {
    let ballast = rig.small_disk.as_ref().expect("a disk that can be filled").join("ballast");
    let mut file = std::fs::File::create(&ballast).unwrap();
    let mut block = vec![1_u8; 1 << 20];
    while !block.is_empty() {
        if std::io::Write::write_all(&mut file, &block).is_err() {
            block.truncate(block.len() / 2);
        }
    }
    drop(file);
    for _ in 0..16 {
        // Segments that are kept for reuse would last for hours here.
        rig.postgres.tries("SELECT pg_switch_wal()");
        sleep(Duration::from_millis(500)).await;
    }
    std::fs::remove_file(ballast).unwrap();
    // It starts again by itself after a panic, unless there was no room for that either.
    rig.postgres.start().await;
    if let Some(standby) = &mut rig.standby {
        standby.start().await;
    }
}

/// In every way, while it gets messages.
async fn breaks_the_receiver(rig: &Rig) {
    for (mood, time) in [
        (Mood::IsDown, 3_000),
        (Mood::Fails, 2_000),
        (Mood::BreaksOff, 2_000),
        (Mood::Redirects, 2_000),
        (Mood::IsSlow(Duration::from_secs(2)), 2_000),
        // Longer than a server waits.
        (Mood::IsSlow(Duration::from_secs(17)), 1_000),
        (Mood::IsGone, 500),
    ] {
        rig.receiver.is(mood);
        sleep(Duration::from_millis(time)).await;
    }
    rig.receiver.is(Mood::Takes);
}

async fn pauses(rig: &mut Rig, number: usize) {
    rig.signals(number, Signal::STOP);
    sleep(Duration::from_secs(1)).await;
    rig.proxy.set_in(number, false);
    rig.proxy.cut(number);
    rig.relays[number].cut();
    sleep(Duration::from_secs(19)).await;
    rig.signals(number, Signal::CONT);
    rig.proxy.set_in(number, true);
}

async fn restarts(rig: &mut Rig) {
    for number in 0..super::SERVERS {
        rig.proxy.set_in(number, false);
        rig.ends(number, Signal::TERM);
        rig.starts(number);
        rig.is_ready().await;
        rig.proxy.set_in(number, true);
    }
}

/// What a later version's migrations may do while this version serves; a server that starts finds them applied. A
/// transaction of somebody's is in the way, and a migration that waits for it would make everybody else wait.
async fn migrates(rig: &mut Rig) {
    let mut slow = rig.postgres.connect();
    slow.batch_execute("BEGIN; SELECT count(*) FROM token_families").unwrap();
    let mut migration = rig.postgres.connect();
    let altering = tokio::task::spawn_blocking(move || {
        insists(&mut migration, "ALTER TABLE token_families ADD COLUMN added text DEFAULT 'x'");
        insists(&mut migration, "ALTER TABLE users ADD COLUMN added integer");
        insists(&mut migration, "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000001')");
        migration.batch_execute("CREATE INDEX CONCURRENTLY added_idx ON token_families (created_at)").unwrap();
    });
    sleep(Duration::from_secs(3)).await;
    slow.batch_execute("COMMIT").unwrap();
    altering.await.unwrap();
    rig.heirloom(&["migrate", "run"]);
    rig.ends(0, Signal::TERM);
    rig.starts(0);
    rig.is_ready().await;
    // The next time there has to be something to do again.
    let mut migration = rig.postgres.connect();
    let undone = tokio::task::spawn_blocking(move || {
        insists(&mut migration, "DROP INDEX added_idx");
        insists(&mut migration, "ALTER TABLE token_families DROP COLUMN added");
        insists(&mut migration, "ALTER TABLE users DROP COLUMN added");
        insists(&mut migration, "DELETE FROM __diesel_schema_migrations WHERE version = '99991231000001'");
    });
    undone.await.unwrap();
}

/// One table in a transaction, and no long wait for its lock: as migrations under load have to be.
fn insists(connection: &mut PgConnection, sql: &str) {
    connection.batch_execute("SET lock_timeout = '500ms'").unwrap();
    while let Err(error) = connection.batch_execute(sql) {
        assert!(error.to_string().contains("lock timeout"), "{sql}: {error}");
        std::thread::yield_now();
    }
}
