//! Forged and misused access tokens, and what a right one looks like.
#![allow(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod forge;
mod forged;
mod form;
mod issued;
mod times;
mod vector_list;
mod vectors;
