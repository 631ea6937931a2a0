//! Refreshes that arrive at random times, as those of many independent clients do: how many share a statement and its
//! transaction id, and how long they take. `cargo run --release --example open_load`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how this fails, and telling is what it is for"
)]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::BigInt;
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};
use heirloom::db::migrations::Migrator;
use heirloom::db::{Database, DatabaseOptions};
use heirloom::domain::client::Client;
use heirloom::domain::clock::Clock;
use heirloom::domain::family::Delivery;
use heirloom::domain::outbox::Outgoing;
use heirloom::domain::policy::Lifetimes;
use heirloom::domain::refresh_token::PresentedToken;
use heirloom::domain::rotation::Generation;
use heirloom::embedded_postgres::{EmbeddedPostgres, Options};
use heirloom::rotation_batcher::{BatchOutcome, RotationBatcher};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use uuid::Uuid;

const FAMILIES: u32 = 100_000;

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

fn main() {
    let directory = tempfile::Builder::new().prefix("heirloom-load-").tempdir().unwrap();
    let place = directory.path().join("postgres");
    std::fs::set_permissions(directory.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let settings = vec![("max_wal_size".to_owned(), "4GB".to_owned()), ("autovacuum".to_owned(), "off".to_owned())];
    let postgres = EmbeddedPostgres::start(Options { directory: place, durable: true, settings }).unwrap();
    Migrator::connect(&postgres.database_url("postgres").into(), true).unwrap().create_database("load").unwrap();
    let url = postgres.database_url("load");
    Migrator::connect(&url.clone().into(), true).unwrap().run().unwrap();
    let mut connection = PgConnection::establish(&url).unwrap();
    connection
        .batch_execute(
            &format!(
                "INSERT INTO users (id, email, password_hash, created_at) VALUES ('{}', 'load@example.com', '', now()); \
             INSERT INTO token_families (id, user_id, delivery, generation, rotated_at, created_at, authenticated_at, \
                    idle_expires_at, expires_at) \
             SELECT lpad(to_hex(n), 32, '0')::uuid, '{}', 'cookie', 1, now(), now(), now(), now() + interval '7 days', \
                    now() + interval '30 days' FROM generate_series(1, {FAMILIES}) AS n; VACUUM ANALYZE",
                Uuid::from_u128(1),
                Uuid::from_u128(1)
            )
            .replace("; VACUUM ANALYZE", ""),
        )
        .unwrap();
    connection.batch_execute("VACUUM ANALYZE").unwrap();
    let database = Database::new(&DatabaseOptions {
        url: url.into(),
        connections: 2,
        prepare: true,
        timeout: Duration::from_secs(5),
        outgoing: Outgoing::default(),
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let batcher = Arc::new(RotationBatcher::start(NonZeroUsize::MIN, &database, Lifetimes::default()));
    println!("| refreshes per second | p50 | p99 | rows per statement | transaction ids per refresh |");
    println!("| --- | --- | --- | --- | --- |");
    let mut generations = vec![1_u32; FAMILIES as usize];
    for rate in [100.0, 1_000.0, 2_000.0, 5_000.0, 10_000.0, 15_000.0] {
        let ids = |connection: &mut PgConnection| {
            let sql = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS number";
            sql_query(sql).get_result::<Number>(connection).unwrap().number
        };
        let (before, load) = (ids(&mut connection), batcher.load());
        let mut times = runtime.block_on(arrive(&batcher, &mut generations, rate));
        let (after, now) = (ids(&mut connection), batcher.load());
        times.sort();
        let at = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        let count = times.len() as f64;
        println!(
            "| {rate:.0} | {:.2} ms | {:.2} ms | {:.1} | {:.3} |",
            at(0.5),
            at(0.99),
            (now.taken - load.taken) as f64 / (now.batches - load.batches) as f64,
            (after - before) as f64 / count
        );
    }
    drop(runtime);
    postgres.stop();
}

/// For five seconds, each family in turn.
#[expect(clippy::disallowed_methods, reason = "this measures")]
async fn arrive(batcher: &Arc<RotationBatcher>, generations: &mut [u32], rate: f64) -> Vec<Duration> {
    let mut rng = StdRng::seed_from_u64(1);
    let (began, clock) = (Instant::now(), Clock::system());
    let (mut due, mut running, mut next) = (0.0, Vec::new(), 0);
    while due < 5.0 {
        due += -f64::ln(1.0 - rng.random::<f64>()) / rate;
        let at = Duration::from_secs_f64(due);
        if let Some(wait) = at.checked_sub(began.elapsed()) {
            // A timer of Tokio is as coarse as a millisecond.
            if wait > Duration::from_millis(2) {
                tokio::time::sleep(wait - Duration::from_millis(1)).await;
            }
            while began.elapsed() < at {
                tokio::task::yield_now().await;
            }
        }
        let presented = PresentedToken {
            family_id: Uuid::from_u128(next as u128 + 1).into(),
            generation: Generation::new(generations[next]).unwrap(),
            delivery: Delivery::Cookie,
            at: clock.now(),
            client: Client::default(),
        };
        generations[next] += 1;
        next = (next + 1) % generations.len();
        let batcher = Arc::clone(batcher);
        running.push(tokio::spawn(async move {
            let outcome = batcher.rotate(presented).await;
            assert!(matches!(outcome, Ok(BatchOutcome::Rotated(_))), "{outcome:?}");
            began.elapsed() - at
        }));
    }
    let mut times = Vec::new();
    for one in running {
        times.push(one.await.unwrap());
    }
    times
}
