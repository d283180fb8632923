//! The one place that reads the clock; or a clock that stands still until it is moved.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{Span, Timestamp};
use tokio::sync::watch;
use tokio::time::{Duration, sleep};

/// Longest sleep before the clock is read again: a machine may have been suspended.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// A clock; clones are the same clock.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's.
    Real,
    /// Stands still until [`Clock::move_to`].
    Moved(Arc<watch::Sender<Timestamp>>),
}

impl Clock {
    /// A clock that stands still at `at`.
    #[must_use]
    pub fn moved(at: Timestamp) -> Self {
        Self::Moved(Arc::new(watch::Sender::new(at)))
    }

    /// What it says.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::Real => Timestamp::now(),
            Self::Moved(at) => *at.borrow(),
        }
    }

    /// Moves it forward; a real clock and a step back are not moved.
    pub fn move_to(&self, to: Timestamp) {
        if let Self::Moved(at) = self {
            at.send_if_modified(|at| {
                let moves = to > *at;
                if moves {
                    *at = to;
                }
                moves
            });
        }
    }

    /// Whether it is one that is moved.
    #[must_use]
    pub const fn is_moved(&self) -> bool {
        matches!(self, Self::Moved(_))
    }

    /// Returns at or after `at`; with `None` only once the clock was moved.
    pub async fn wait_until(&self, at: Option<Timestamp>) {
        match self {
            Self::Real => self.sleep_until(at).await,
            Self::Moved(moved) => {
                let mut moves = moved.subscribe();
                let reached = |now: &Timestamp| at.is_some_and(|at| *now >= at);
                if moves.wait_for(reached).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        }
    }

    async fn sleep_until(&self, at: Option<Timestamp>) {
        let Some(at) = at else { return std::future::pending().await };
        loop {
            let left = at.duration_since(self.now());
            let Ok(left) = Duration::try_from(left) else { return };
            if left.is_zero() {
                return;
            }
            sleep(left.min(SLEEP_MAX)).await;
        }
    }
}

/// The time that `lotse clock` names: `2026-11-25T10:00:00+01:00`, or `+4d`.
///
/// # Errors
/// A sentence that says how a time or span is written.
pub fn parse_time(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Some(span) = text.strip_prefix('+') {
        let span: Span = span
            .parse()
            .map_err(|error| format!("`{text}` is no span: {error}; write +4d or +90min"))?;
        let zoned = now.to_zoned(jiff::tz::TimeZone::UTC);
        let moved = zoned.checked_add(span).map_err(|error| format!("`{text}`: {error}"))?;
        return Ok(moved.timestamp());
    }
    text.parse().map_err(|error| {
        format!("`{text}` is no time: {error}; write 2026-11-25T10:00:00+01:00 or +4d")
    })
}

/// The file that keeps the time of a moved clock over restarts.
fn time_file(folder: &Path) -> PathBuf {
    folder.join("clock")
}

/// The time at which a moved clock stood, if it was kept.
#[must_use]
pub fn kept_time(folder: &Path) -> Option<Timestamp> {
    std::fs::read_to_string(time_file(folder)).ok()?.trim().parse().ok()
}

/// Keeps the time of a moved clock.
///
/// # Errors
/// The file cannot be written.
pub fn keep_time(folder: &Path, at: Timestamp) -> io::Result<()> {
    std::fs::write(time_file(folder), format!("{at}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn moved_clock_wakes_who_waits_for_its_time() {
        let start: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
        let clock = Clock::moved(start);
        let waiter = tokio::spawn({
            let clock = clock.clone();
            async move { clock.wait_until(Some(later)).await }
        });
        clock.move_to(later);
        waiter.await.unwrap();
        clock.move_to(start);
        assert_eq!(clock.now(), later);
    }
}
