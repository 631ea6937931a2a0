//! Heirloom is a session backend for browser apps: it registers users, logs them in, and keeps them logged in with a refresh
//! token that rotates on every use. Replaying a stolen token ends the session.
//!
//! It is a program of its own (`heirloom serve`), and this library, which puts the same server into your actix-web app:
//!
//! ```no_run
//! use actix_web::{App, HttpServer, Responder, web};
//! use heirloom::{Caller, Config, Heirloom};
//!
//! async fn orders(caller: Caller) -> impl Responder {
//!     format!("the orders of {}", caller.user_id())
//! }
//!
//! #[actix_web::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let heirloom = Heirloom::connect(Config::from_env()).await?;
//!     let routes = heirloom.clone();
//!     let app = move || App::new().configure(routes.routes("/auth")).route("/orders", web::get().to(orders));
//!     HttpServer::new(app).bind(("127.0.0.1", 8000))?.run().await?;
//!     heirloom.stop().await;
//!     Ok(())
//! }
//! ```
//!
//! - [`Heirloom::connect`] opens Postgres and starts the background work, which ends with [`Heirloom::stop`].
//! - [`Heirloom::routes`] mounts `/auth/register`, `/auth/login`, `/auth/refresh`, `/auth/logout` and all other routes. Their
//!   middleware, error responses and CORS do not reach the rest of your app.
//! - [`Caller`] is the user in your own handlers. When a session ends, they refuse its access token immediately, or within a
//!   second if another process ended it.
//! - [`Config`] has all settings of the program. Several processes of your app can share one database, also with
//!   `heirloom serve`, and the commands of the program (`heirloom user disable`) work on it.
//! - Sessions, requests and errors are logged with `tracing`, whose subscriber your app installs.
//!
//! # Versions
//!
//! The crate follows [semantic versioning](https://semver.org), as Cargo reads it: before 1.0, a minor version may change what
//! a patch version may not. The public interface of the crate is what this documentation lists: [`Heirloom`], [`Config`],
//! [`ConnectError`], [`Caller`] and [`CallerError`]. The modules of the crate can be reached, because the program and its tests
//! are built from them, but they are not documented here and change in every version.
//!
//! The HTTP interface, the names of settings and metrics, and the stored data belong to the version too: a change that breaks
//! a client, a setting or a rolling deployment is a breaking change of the crate. `actix-web` 4 is part of the interface, and
//! so are `uuid` 1, `time` 0.3 and `serde_json` 1. The minimum version of Rust may rise in a minor version.
#![forbid(unsafe_code)]

#[doc(hidden)]
pub mod app;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod config;
#[doc(hidden)]
pub mod connections;
#[doc(hidden)]
pub mod crypto;
#[doc(hidden)]
pub mod db;
#[doc(hidden)]
pub mod delivery;
#[doc(hidden)]
pub mod domain;
#[doc(hidden)]
pub mod embedded_postgres;
#[doc(hidden)]
pub mod http;
#[doc(hidden)]
pub mod metrics;
#[doc(hidden)]
pub mod rotation_batcher;
#[doc(hidden)]
pub mod service;
#[doc(hidden)]
pub mod telemetry;

#[doc(inline)]
pub use app::{Config, ConnectError, Heirloom};
#[doc(inline)]
pub use http::{Caller, CallerError};
