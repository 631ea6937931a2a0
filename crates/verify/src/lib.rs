#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod cache;
mod claims;
mod keys;
mod refusal;
mod token;

#[cfg(feature = "http")]
mod bearer;
#[cfg(feature = "http")]
mod builder;
#[cfg(feature = "http")]
mod clock;
#[cfg(feature = "http")]
mod ended;
#[cfg(feature = "http")]
mod remote;
#[cfg(feature = "http")]
mod verifier;

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "tower")]
pub mod tower;

pub use claims::{Actor, Claims};
pub use keys::{KeySetError, VerificationKey, parse_key_set};
pub use refusal::Refusal;
pub use token::{CLOCK_TOLERANCE, MAX_LENGTH, TYP, TokenError, TokenVerifier};

#[cfg(feature = "http")]
pub use bearer::token_of;
#[cfg(feature = "http")]
pub use builder::{Builder, BuilderError};
#[cfg(feature = "http")]
pub use clock::Clock;
#[cfg(feature = "http")]
pub use verifier::{Session, Verifier, WhenUnknown};
