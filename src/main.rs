//! The command line: parse, run, turn what went wrong into a message and an exit status.

use std::process::ExitCode;

use clap::Parser;
use ticclip::cli::Cli;

fn main() -> ExitCode {
    ticclip::command::run(Cli::parse())
}
