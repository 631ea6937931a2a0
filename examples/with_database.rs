//! Runs a command with `DATABASE_URL` set to a new, migrated database, and exits with its status:
//! `cargo run --example with_database -- psql`.
#![allow(clippy::unwrap_used, reason = "a command-line tool of this repository")]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use heirloom::db::migrations::Migrator;
use heirloom::embedded_postgres::{EmbeddedPostgres, Options};

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next().expect("a command to run");
    let directory = tempfile::tempdir().unwrap();
    // Started by root, Postgres runs as another user, who needs access.
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let options = Options { directory: directory.path().join("postgres"), durable: false, settings: Vec::new() };
    let server = EmbeddedPostgres::start(options).unwrap();
    Migrator::connect(&server.database_url("postgres").into(), true).unwrap().create_database("heirloom").unwrap();
    let url = server.database_url("heirloom");
    Migrator::connect(&url.clone().into(), true).unwrap().run().unwrap();
    let status = Command::new(program).args(arguments).env("DATABASE_URL", url).status().unwrap();
    drop((server, directory));
    std::process::exit(status.code().unwrap_or(1));
}
