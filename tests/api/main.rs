//! Heirloom through its HTTP interface, on a real Postgres. Each test has a server and a database of its own and moves its
//! own clock.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

mod support;
mod surface;

mod access_cookie;
mod account;
mod authorization;
mod base_path;
mod batched_statements;
mod bodies;
mod clocks;
mod commands_page;
mod connections;
mod contract;
mod devices;
mod documents;
mod elsewhere;
mod ended;
mod event_log;
mod headers;
mod keys;
mod liveness;
mod lock_order;
mod login;
mod metrics;
mod new_devices;
mod new_session;
mod operator;
mod operators_pages;
mod outage;
mod pages;
mod password;
mod problems;
mod races;
mod reuse;
mod rotation;
mod rotation_batcher;
mod sandbox;
mod service_authorization;
mod service_keys;
mod service_sessions;
mod service_surface;
mod session_list;
mod sessions;
mod several_cookies;
mod storage;
mod throttling;
mod users_from_elsewhere;
mod walk_through;
mod web_app;
