//! What Postgres does meanwhile, and what it does by itself: `pgbench` with the statement that rotates one session.

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use diesel::sql_types::{BigInt, Double};
use diesel::{Connection as _, PgConnection, QueryableByName, RunQueryDsl as _, sql_query};
use heirloom::embedded_postgres::program;
use tempfile::TempDir;

use crate::sessions::family_id_in_sql;

/// The state of Postgres's own counters.
#[derive(QueryableByName, Clone, Copy)]
pub struct Counters {
    /// Bytes of WAL since the cluster was made.
    #[diesel(sql_type = Double)]
    pub wal: f64,
    #[diesel(sql_type = BigInt)]
    pub updates: i64,
    #[diesel(sql_type = BigInt)]
    pub heap_only: i64,
    /// Of the table of sessions, without its indexes.
    #[diesel(sql_type = BigInt)]
    pub table_bytes: i64,
    #[diesel(sql_type = BigInt)]
    pub index_bytes: i64,
}

pub fn counters(url: &str) -> Counters {
    let mut connection = PgConnection::establish(url).expect("the database answers");
    sql_query(
        "SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS wal, n_tup_upd AS updates, n_tup_hot_upd AS heap_only, \
         pg_table_size(relid) AS table_bytes, pg_indexes_size(relid) AS index_bytes \
         FROM pg_stat_user_tables WHERE relname = 'token_families'",
    )
    .get_result(&mut connection)
    .expect("the counters")
}

/// How many sessions have been over for longer than they are kept.
pub fn expired(url: &str) -> i64 {
    #[derive(QueryableByName)]
    struct Count {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let mut connection = PgConnection::establish(url).expect("the database answers");
    let query = "SELECT count(*) AS number FROM token_families WHERE expires_at < now() - interval '2 days'";
    sql_query(query).get_result::<Count>(&mut connection).expect("a count").number
}

/// What a run of `pgbench` came to.
pub struct Pgbench {
    pub throughput: f64,
    /// In milliseconds, where it was asked for.
    pub p50: f64,
}

/// A script that rotates one of the sessions from `first` to `last`, as a server without workers would.
pub struct Script {
    directory: TempDir,
}

impl Script {
    pub fn write(first: usize, last: usize) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let id = family_id_in_sql(":n");
        let mut file = std::fs::File::create(directory.path().join("rotate.sql")).expect("a file");
        writeln!(
            file,
            "\\set n random({first}, {last})\n\
             UPDATE token_families SET generation = generation + 1, rotated_at = now(), \
             idle_expires_at = least(now() + interval '7 days', expires_at), ip = '127.0.0.1' WHERE id = {id} \
             AND generation >= 1 AND delivery = 'cookie' AND revoked_at IS NULL AND idle_expires_at > now() \
             AND expires_at > now() AND EXISTS (SELECT FROM users WHERE users.id = user_id AND is_active) \
             RETURNING user_id, authenticated_at, idle_expires_at, expires_at;"
        )
        .expect("a file");
        Self { directory }
    }

    /// Runs it on so many connections. `flush`: each commit waits for the disk.
    pub fn run(&self, url: &str, connections: usize, flush: bool, duration: Duration, is_timed: bool) -> Pgbench {
        let mut command = Command::new(program("pgbench").expect("pgbench comes with Postgres"));
        command
            .current_dir(self.directory.path())
            .args(["-n", "-M", "prepared", "-f", "rotate.sql", "-T", &duration.as_secs().max(1).to_string()])
            .args(["-c", &connections.to_string(), "-j", &connections.min(2).to_string()])
            .env("PGOPTIONS", format!("-c synchronous_commit={}", if flush { "on" } else { "off" }))
            .arg(url);
        if is_timed {
            command.args(["-l", "--log-prefix", "times"]);
        }
        let output = command.output().expect("pgbench runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "pgbench: {text}{}", String::from_utf8_lossy(&output.stderr));
        let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
        Pgbench { throughput: tps.expect("pgbench prints it"), p50: if is_timed { self.p50() } else { f64::NAN } }
    }

    /// The third column of its log is a transaction's time in microseconds.
    fn p50(&self) -> f64 {
        let mut times: Vec<u32> = Vec::new();
        for entry in std::fs::read_dir(self.directory.path()).expect("our own directory").flatten() {
            if entry.file_name().to_string_lossy().starts_with("times") {
                let text = std::fs::read_to_string(entry.path()).expect("a log");
                times.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u32>().ok()));
                std::fs::remove_file(entry.path()).expect("our own file");
            }
        }
        times.sort_unstable();
        f64::from(times[times.len() / 2]) / 1000.0
    }
}
