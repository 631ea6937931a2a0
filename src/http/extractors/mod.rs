//! What a handler takes from a request besides credentials.

pub mod client;
pub mod connected;
pub mod creation;
pub mod json_body;
pub mod mail;
pub mod query;
pub mod rate;
pub mod session_id;
pub mod user_id;
