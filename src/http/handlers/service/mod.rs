//! The service API: what trusted backends do with a service key. A file for each resource.

pub mod changes;
pub mod document;
pub mod ended;
pub mod events;
pub mod logins;
pub mod sessions;
pub mod users;
