//! When a daemon last ran: what nobody listened to must not count as silence.
//!
//! A small file, written every minute and not synced: losing a minute lengthens a deadline, never
//! shortens one.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::sync::watch;

use crate::daemon::clock::Clock;
use crate::daemon::ended;

/// How often it is noted that the daemon runs.
const EVERY: std::time::Duration = std::time::Duration::from_mins(1);
/// A gap up to this long is no outage.
const GAP_MAX: jiff::SignedDuration = jiff::SignedDuration::from_mins(3);

fn file(folder: &Path) -> PathBuf {
    folder.join("alive")
}

/// From when to when no daemon ran, if that was longer than a restart takes.
#[must_use]
pub fn outage(folder: &Path, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let last: Timestamp = std::fs::read_to_string(file(folder)).ok()?.trim().parse().ok()?;
    (now.duration_since(last) > GAP_MAX).then_some((last, now))
}

/// Notes every minute that the daemon runs, until `closing` is set.
pub async fn keep(folder: PathBuf, clock: Clock, mut closing: watch::Receiver<bool>) {
    let mut minutes = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = ended(&mut closing) => return,
            _ = minutes.tick() => {
                if let Err(error) = std::fs::write(file(&folder), format!("{}\n", clock.now())) {
                    tracing::warn!(%error, "it was not noted that the daemon runs");
                }
            }
        }
    }
}
