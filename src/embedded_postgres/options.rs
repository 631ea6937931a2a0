//! How a server is run.

use std::path::PathBuf;

#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything of the server is. Created if it does not exist.
    pub directory: PathBuf,
    /// `false` gives up all safety against crashes of the machine, for fast tests.
    pub durable: bool,
    /// Further settings of Postgres. They override ours.
    pub settings: Vec<(String, String)>,
}
