//! Limits, and the addresses that they are counted by.

pub mod bounded_store;
pub mod client_address;
pub mod quota;
pub mod rate_limits;
