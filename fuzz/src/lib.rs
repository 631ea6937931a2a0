//! What the targets are aimed at: the functions that `tests/fuzzing` puts the kept inputs through.

#[path = "../../tests/fuzzing/bodies.rs"]
pub mod bodies;
#[path = "../../tests/fuzzing/cookies.rs"]
pub mod cookies;
#[path = "../../tests/fuzzing/forwarded.rs"]
pub mod forwarded;
#[path = "../../tests/fuzzing/import_lines.rs"]
pub mod import_lines;
#[path = "../../tests/fuzzing/server.rs"]
pub mod server;
#[path = "../../tests/fuzzing/service_keys.rs"]
pub mod service_keys;
#[path = "../../tests/fuzzing/tickets.rs"]
pub mod tickets;
#[path = "../../tests/fuzzing/tokens.rs"]
pub mod tokens;
