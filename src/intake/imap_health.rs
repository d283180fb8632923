//! How a door is, for whoever watches it.
//!
//! Deliberately absent: telling people. The daemon reads this and decides whom to tell.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// What is known about a door at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DoorReport {
    /// When the server last answered as it should.
    pub last_contact_at: Option<Timestamp>,
    /// Since when it fails; before the first contact, since the first failure.
    pub silent_since: Option<Timestamp>,
    /// Why the last connection ended, while there is no new one.
    pub failure: Option<String>,
    /// Whether it has been silent for longer than its `alarm_span`.
    pub is_alarming: bool,
    /// Messages from before first contact that stay in the folder.
    pub left: u64,
    /// Messages taken since the start.
    pub taken: u64,
    /// Messages in the failed folder, or noted as failed, since the start.
    pub failed: u64,
    /// Messages in the junk folder that carried no key, since the start.
    pub junk: u64,
}

/// A door's state, shared between the door and its watchers.
#[derive(Debug, Clone, Default)]
pub struct DoorHealth(Arc<Mutex<DoorReport>>);

impl DoorHealth {
    /// The state at this moment.
    #[must_use]
    pub fn report(&self) -> DoorReport {
        self.lock().clone()
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut DoorReport)) {
        change(&mut self.lock());
    }

    /// Notes that the server answered as it should.
    pub(super) fn contact(&self, door: &str, now: Timestamp) {
        let mut report = self.lock();
        if report.is_alarming || report.failure.is_some() {
            tracing::info!(door, "door works again");
        }
        report.last_contact_at = Some(now);
        report.silent_since = None;
        report.failure = None;
        report.is_alarming = false;
    }

    /// Notes a failure; says it aloud once, and raises the alarm once.
    pub(super) fn failure(&self, door: &str, words: String, silence: (Timestamp, SignedDuration)) {
        let (now, alarm_span) = silence;
        let mut report = self.lock();
        if report.failure.as_ref() == Some(&words) {
            tracing::debug!(door, words, "door still fails");
        } else {
            tracing::warn!(door, words, "door fails and tries again");
        }
        report.failure = Some(words);
        let since = report.silent_since.or(report.last_contact_at).unwrap_or(now);
        report.silent_since = Some(since);
        if !report.is_alarming && now.duration_since(since) >= alarm_span {
            report.is_alarming = true;
            tracing::warn!(door, %since, "ALARM: no mail comes in by this door");
        }
    }

    fn lock(&self) -> MutexGuard<'_, DoorReport> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
