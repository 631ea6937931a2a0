//! Servers, databases and people for the tests.

pub mod answer;
pub mod app;
pub mod backend;
pub mod browser;
pub mod database;
pub mod foreign;
mod frozen;
mod layout;
pub mod monitor;
pub mod native;
pub mod page;
pub mod postgres;
pub mod receiver;
mod rows;
pub mod statements;
pub mod wire;

pub use answer::Answer;
pub use app::App;
