//! The program as people run it: its exit codes, its output, its signals, and what it leaves behind when it is killed.
#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests, and a panic is how these fail")]

mod algorithm;
mod another_language;
mod attacks;
mod behind_pgbouncer;
mod canaries;
mod client;
mod commands;
mod compose;
mod connection;
mod deaths;
mod dotenv;
mod external_database;
mod field_connections;
mod field_origins;
mod forward_auth;
mod german_postgres;
mod home;
mod libpq;
mod logs;
mod mail_server;
mod needs;
mod operators;
mod outbox;
mod outbox_receiver;
mod pausing;
mod pgbouncer;
mod program;
mod role_settings;
mod secrets;
mod service_keys;
mod serving;
mod settings;
mod smtp;
mod stopping;
mod terminal;
