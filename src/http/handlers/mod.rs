//! The handlers: a file for each resource. They call the use cases and turn outcomes into responses.

pub mod dev_mail;
pub mod documents;
pub mod events;
pub mod fallback;
pub mod forward_auth;
pub mod health;
pub mod jwks;
pub mod login;
pub mod logout;
pub mod metrics;
pub mod offer;
pub mod reauthenticate;
pub mod recovery;
pub mod refresh;
pub mod register;
pub mod sandbox;
pub mod service;
pub mod sessions;
pub mod ticket_login;
pub mod token_response;
pub mod users;
pub mod web_app;
