//! The embedded server as its owner sees it: each test has a directory of its own, and looks at the machine's processes to
//! tell what is really there.
#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests, and a panic is how these fail")]

mod deaths;
mod directories;
mod life;
mod owner;
mod place;
mod processes;
