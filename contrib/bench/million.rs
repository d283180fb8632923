//! A store with many tickets: how fast mail comes in then, and how soon after a start.

use std::io;

/// What is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {}

/// Fills, measures, prints.
///
/// # Errors
/// A server fails.
pub(crate) fn measure(_options: &Options) -> io::Result<()> {
    Ok(())
}
