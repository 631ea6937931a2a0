//! The text of the batched statements, as Postgres gets it, beside their source.

use std::path::Path;

use diesel::deserialize::QueryableByName;
use diesel::sql_types::Text;
use diesel::{RunQueryDsl as _, sql_query};
use heirloom::db::{Connection, DbError, rotation_batch};
use heirloom::domain::client::Client;
use heirloom::domain::family::Delivery;
use heirloom::domain::ids::FamilyId;
use heirloom::domain::policy::Lifetimes;
use heirloom::domain::refresh_token::PresentedToken;
use heirloom::domain::rotation::Generation;
use uuid::Uuid;

use crate::support::postgres::TestDatabase;

/// Whether the files are to be written instead of compared. `make sql` sets the variable.
#[expect(clippy::disallowed_methods, reason = "no setting of the program, but an order to this test")]
fn is_writing() -> bool {
    std::env::var("HEIRLOOM_TEST_WRITE_SQL").is_ok_and(|value| value == "1")
}

#[derive(QueryableByName)]
struct Prepared {
    #[diesel(sql_type = Text)]
    statement: String,
}

/// What the connection has prepared about families, in the order of preparing.
fn prepared(connection: &mut Connection) -> Result<Vec<String>, DbError> {
    let sql = "SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%token_families%' \
               AND statement NOT LIKE '%pg_prepared_statements%' ORDER BY prepare_time";
    let rows: Vec<Prepared> = sql_query(sql).load(connection.pg())?;
    Ok(rows.into_iter().map(|row| row.statement).collect())
}

/// Runs each statement several times, on batches of several lengths.
fn run_each(connection: &mut Connection) -> Result<(), DbError> {
    let token = |n: u128| PresentedToken {
        family_id: Uuid::from_u128(n).into(),
        generation: Generation::FIRST,
        delivery: Delivery::Cookie,
        at: time::macros::datetime!(2026-03-01 12:00:00 UTC),
        client: Client::default(),
    };
    let tokens: Vec<PresentedToken> = (0..64).map(token).collect();
    let tokens: Vec<&PresentedToken> = tokens.iter().collect();
    for length in [1, 1, 2, 64] {
        rotation_batch::rotate(connection, &tokens[..length], &Lifetimes::default())?;
    }
    let seen: Vec<(FamilyId, Generation)> = tokens.iter().map(|token| (token.family_id, token.generation)).collect();
    for length in [1, 64] {
        rotation_batch::confirm(connection, &seen[..length])?;
    }
    Ok(())
}

#[test]
fn the_statements_are_those_of_the_files_beside_their_source_and_are_prepared_once() {
    let statements = TestDatabase::create().runs(|connection| {
        run_each(connection)?;
        prepared(connection)
    });
    let names = ["rotate_one", "rotate_many", "confirm"];
    assert_eq!(statements.len(), names.len(), "each is to be prepared once for all its lengths: {statements:#?}");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/rotation_batch");
    for (name, statement) in names.into_iter().zip(statements) {
        let (file, text) = (directory.join(name).with_extension("sql"), format!("{statement};\n"));
        if is_writing() {
            std::fs::write(&file, &text).unwrap();
        }
        let expected = std::fs::read_to_string(&file).unwrap_or_default();
        assert!(
            text == expected,
            "Postgres gets another statement than {} says. If that is intended, run `make sql` and look at the difference.\n\
             It gets:\n{text}\nThe file says:\n{expected}",
            file.display()
        );
    }
}

#[test]
fn without_the_setting_nothing_is_prepared() {
    let statements = TestDatabase::create().runs_with(false, |connection| {
        run_each(connection)?;
        prepared(connection)
    });
    assert!(statements.is_empty(), "{statements:#?}");
}
