//! The crate as a service uses it, against the vectors and a stub of Heirloom.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[cfg(feature = "actix")]
mod in_actix;
#[cfg(feature = "tower")]
mod in_axum;
#[cfg(feature = "http")]
mod keeping_up;
#[cfg(feature = "http")]
mod stub;
mod vectors;
