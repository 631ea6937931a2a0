//! The service API: what trusted backends do with a service key. A file for each resource.

pub mod document;
pub mod sessions;
pub mod users;
