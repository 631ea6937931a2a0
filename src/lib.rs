//! Heirloom: a session backend for browser apps. `docs/design.md` tells what it decides and why; the modules are the
//! rooms of that house, and `tests/architecture.rs` holds which may import which.
#![forbid(unsafe_code)]

pub mod app;
pub mod cli;
pub mod config;
pub mod connections;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod embedded_postgres;
pub mod http;
pub mod metrics;
pub mod rotation_batcher;
pub mod service;
pub mod telemetry;
