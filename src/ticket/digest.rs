//! The daily digest: what is nobody's, workable by answer.

use jiff::Timestamp;

use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::types::PersonId;

/// Sends a person's digest, if anything waits, and arms the next.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn send(_draft: &mut Draft<'_>, _person: &PersonId, _due_at: Timestamp) -> Result<(), Missing> {
    Ok(())
}

/// The digests of all members, for a daemon's start.
#[must_use]
pub fn first_timers(
    _desk: &crate::desk::Desk,
    _now: Timestamp,
) -> Vec<(crate::ticket::Timer, Timestamp)> {
    Vec::new()
}
