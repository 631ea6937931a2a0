#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    heirloom::cli::run(std::env::args_os())
}
