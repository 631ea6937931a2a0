//! What is learned from Heirloom over HTTP, in threads of their own: the keys, and the sessions that have ended.

mod client;
mod feed;
mod keys;

pub(crate) use feed::follow;
pub(crate) use keys::KeyFetcher;
