//! The sessions that are refreshed: rows that stand in the table as if their logins had been, and the tokens that the
//! secret gives for them.

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, PgConnection, RunQueryDsl as _, sql_query};
use heirloom::crypto::keys::Keyring;
use heirloom::crypto::refresh_token::RefreshTokens;
use heirloom::domain::ids::FamilyId;
use heirloom::domain::secret::Secret;
use indicatif::ProgressBar;
use uuid::Uuid;

pub const SECRET: &str = "a secret of the benchmark that guards nothing";

/// One user has so many sessions.
const SESSIONS_OF_A_USER: usize = 4;

/// So many rows are made by one statement.
const PORTION: usize = 100_000;

pub struct Sessions {
    pub tokens: RefreshTokens,
    /// The newest generation of each.
    pub generations: Vec<u32>,
    /// Where in its share each client goes on, so that one load after the other gets through all of them.
    pub positions: Vec<usize>,
    /// What the access tokens of each say besides, as JSON.
    pub claims: Option<String>,
}

impl Sessions {
    /// None so far.
    pub fn none() -> Self {
        let secret = Secret::new(SECRET).expect("it is long enough");
        let tokens = RefreshTokens::new(&Keyring::derive(&[secret]).expect("one secret"));
        Self { tokens, generations: Vec::new(), positions: Vec::new(), claims: None }
    }

    /// Puts sessions into the table, all at their first generation, until there are `count`.
    pub fn make(&mut self, url: &str, count: usize, progress: &ProgressBar) {
        let mut connection = PgConnection::establish(url).expect("the database answers");
        // Nobody checks ten million times that a user is there who has just been made.
        let quick = "SET synchronous_commit = off; SET session_replication_role = replica";
        connection.batch_execute(quick).expect("the owner may");
        for first in (self.generations.len()..count).step_by(PORTION) {
            let last = (first + PORTION).min(count) - 1;
            let users = make_users(first / SESSIONS_OF_A_USER, last / SESSIONS_OF_A_USER);
            sql_query(users).execute(&mut connection).expect("users");
            let families = make_families(first, last, "now()", self.claims.as_deref());
            sql_query(families).execute(&mut connection).expect("families");
            progress.inc((last + 1 - first) as u64);
        }
        self.generations.resize(count.max(self.generations.len()), 1);
        settle(&mut connection);
    }
}

/// Puts sessions into the table that were over two months ago, from number `first` on.
pub fn make_expired(url: &str, first: usize, count: usize, progress: &ProgressBar) {
    let mut connection = PgConnection::establish(url).expect("the database answers");
    let quick = "SET synchronous_commit = off; SET session_replication_role = replica";
    connection.batch_execute(quick).expect("the owner may");
    for first in (first..first + count).step_by(PORTION) {
        let families = make_families(first, first + PORTION - 1, "now() - interval '60 days'", None);
        sql_query(families).execute(&mut connection).expect("families");
        progress.inc(PORTION as u64);
    }
}

fn settle(connection: &mut PgConnection) {
    for command in ["VACUUM ANALYZE users", "VACUUM ANALYZE token_families", "CHECKPOINT"] {
        connection.batch_execute(command).expect("the owner may");
    }
}

/// UUIDs of version 7 whose last twelve digits count: rows lie in the order of their logins, as they do in life.
pub fn family_id(n: usize) -> FamilyId {
    Uuid::from_u128(0x0190_0000_0000_7000_9000_0000_0000_0000 + n as u128).into()
}

/// The same in SQL, of an expression for the number.
pub fn family_id_in_sql(n: &str) -> String {
    format!("('01900000-0000-7000-9000-' || lpad(to_hex(({n})::bigint), 12, '0'))::uuid")
}

fn user_id_in_sql(n: &str) -> String {
    format!("('01900000-0000-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid")
}

fn make_users(first: usize, last: usize) -> String {
    let id = user_id_in_sql("n");
    format!(
        "INSERT INTO users (id, email, password_hash, created_at) \
         SELECT {id}, 'user' || n || '@example.com', 'none', now() FROM generate_series({first}, {last}) AS n \
         ON CONFLICT DO NOTHING"
    )
}

fn make_families(first: usize, last: usize, began: &str, claims: Option<&str>) -> String {
    // A build from before there were claims has no column for them.
    let (column, claims) = claims.map_or_else(Default::default, |claims| (", claims", format!(", '{claims}'")));
    let (id, user_id) = (family_id_in_sql("n"), user_id_in_sql(&format!("n / {SESSIONS_OF_A_USER}")));
    format!(
        "INSERT INTO token_families (id, user_id, created_at, authenticated_at, expires_at, idle_expires_at, rotated_at, \
         generation, delivery, ip, user_agent{column}) SELECT {id}, {user_id}, began, began, began + interval '30 days', \
         began + interval '7 days', began, 1, 'cookie', '127.0.0.1', \
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'{claims} \
         FROM generate_series({first}, {last}) AS n, (SELECT {began} AS began) AS time"
    )
}
