//! Many clients, honest and not, on a bad network against several servers that are being broken; and a checker that
//! judges what they saw. Here is its short run, and proof that it would notice. The long run is `make soak`.
#![allow(clippy::unwrap_used, reason = "the helpers are part of the tests, and a panic is how these fail")]

mod failover;
mod kit;
mod model;
mod model_answers;
mod mutants;
mod noticed;
mod short;
