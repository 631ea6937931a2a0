//! The program as people run it: its exit codes, its output, its signals, and what it leaves behind when it is killed.
#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests, and a panic is how these fail")]

mod attacks;
mod canaries;
mod client;
mod commands;
mod connection;
mod deaths;
mod dotenv;
mod external_database;
mod home;
mod libpq;
mod logs;
mod pausing;
mod program;
mod secrets;
mod serving;
mod settings;
mod stopping;
