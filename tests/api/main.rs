//! Heirloom through its HTTP interface, on a real Postgres. Each test has a server and a database of its own and moves its
//! own clock.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod support;

mod account;
mod devices;
mod documents;
mod login;
mod outage;
mod problems;
mod races;
mod reuse;
mod rotation;
mod storage;
mod throttling;
mod walk_through;
