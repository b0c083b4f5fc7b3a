//! The command line: parse, run, turn what went wrong into a message and an exit status.

mod headless;

use std::process::ExitCode;

use ticclip::cli::Cli;

/// Keeps freed memory at hand. An update allocates and frees hundreds of megabytes outside the kernels' own pool, which
/// the system's allocator would give back and have cleared again page by page.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    headless::declare();
    ticclip::command::run(Cli::read())
}
