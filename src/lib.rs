//! Heirloom: a session backend for browser apps. `docs/architecture.md` is the map of the modules, and
//! `tests/architecture.rs` checks which may import which.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod config;
pub mod connections;
pub mod crypto;
pub mod db;
pub mod delivery;
pub mod domain;
pub mod embedded_postgres;
pub mod http;
pub mod metrics;
pub mod rotation_batcher;
pub mod service;
pub mod telemetry;
