//! Arguments in, exit code out.
//!
//! 75 asks whoever started us to try again, so that a mail server keeps the message and systemd
//! starts the daemon anew.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lotse::cli::main()
}
