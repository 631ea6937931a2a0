//! Requests and responses. A request with an unknown field is refused. None of these is a row or a domain value.

pub mod account;
pub mod claims;
pub mod event;
pub mod feed;
pub mod login;
pub mod logout;
pub mod operation;
pub mod password;
pub mod recovery;
pub mod service_login;
pub mod service_session;
pub mod service_user;
pub mod session;
pub mod step_up;
pub mod token;
