//! Where every door ends: envelope and bytes into the archive, durable before the answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

use crate::daemon::clock::Clock;
use crate::daemon::progress::Progress;
use crate::desk::Desk;
use crate::intake::{Envelope, RecipientVerdict, Spool, SpoolError};
use crate::mail::ReversePath;
use crate::store::StoreError;
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
use crate::ticket::event::Outage;
use crate::types::{Address, Position};

/// What stands before the bytes of an accepted message in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// When it was accepted.
    pub received_at: Timestamp,
    /// By which door.
    pub door: String,
    /// Where a delivery report would go.
    pub reverse_path: ReversePath,
    /// The recipients of the envelope.
    pub recipients: Vec<Address>,
    /// It lay in the mailbox before lotse came.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_backlog: bool,
    /// The octets of the whole message, where only its header was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whole_bytes: Option<u64>,
}

/// How far each door has come, and when one was silent: silence of people counts only up to where
/// all doors are. What was heard is kept over restarts by `alive`.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    heard: Arc<Mutex<Heard>>,
    changed: Arc<Notify>,
    keeps_outages: bool,
}

/// What doors took, and when they could not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heard {
    /// By the name of a door: up to when it has taken everything.
    pub reached: BTreeMap<String, Timestamp>,
    /// When doors were silent for longer than they are between two reports, in order of noting.
    #[serde(default)]
    pub outages: Vec<Outage>,
}

/// Outages that are kept. Of more the two oldest become one, which lengthens deadlines only.
const OUTAGES_MAX: usize = 64;
/// A silence up to this long is no outage: a restart, or a busy minute.
const SILENT_SPAN_MAX: SignedDuration = SignedDuration::from_mins(3);
/// The same for a mailbox, which is looked at every few minutes.
const MAILBOX_SILENT_SPAN_MAX: SignedDuration = SignedDuration::from_mins(15);

impl Heard {
    /// A door has taken everything up to `at`; a gap behind what it had taken before is an outage.
    fn report(&mut self, door: &str, at: Timestamp, keeps_outages: bool) {
        let Some(reached) = self.reached.get_mut(door) else {
            self.reached.insert(door.to_owned(), at);
            return;
        };
        let before = *reached;
        *reached = at.max(before);
        let is_mailbox = door.starts_with("imap:");
        let span_max = if is_mailbox { MAILBOX_SILENT_SPAN_MAX } else { SILENT_SPAN_MAX };
        // A door that never took anything was not silent, it is new.
        let is_known = before > Timestamp::MIN;
        if keeps_outages && is_known && at.duration_since(before) > span_max {
            self.outages.push(Outage { from: before, to: at });
        }
        if self.outages.len() > OUTAGES_MAX {
            let first = self.outages.remove(0);
            if let Some(second) = self.outages.first_mut() {
                *second = Outage { from: first.from.min(second.from), to: first.to.max(second.to) };
            }
        }
    }
}

impl Doors {
    /// Doors that must report before silence counts, and what was heard before this start.
    #[must_use]
    pub fn expecting(names: impl IntoIterator<Item = String>, before: &Heard) -> Self {
        let known = |name: &String| before.reached.get(name).copied().unwrap_or(Timestamp::MIN);
        let reached = names.into_iter().map(|name| (name.clone(), known(&name))).collect();
        let heard = Heard { reached, outages: before.outages.clone() };
        Self { heard: Arc::new(Mutex::new(heard)), keeps_outages: true, ..Self::default() }
    }

    /// The same, where time is moved by hand: a jump is no outage.
    #[must_use]
    pub fn without_outages(self) -> Self {
        Self { keeps_outages: false, ..self }
    }

    /// A door has taken everything that came up to `at`.
    pub fn report(&self, door: &str, at: Timestamp) {
        self.lock().report(door, at, self.keeps_outages);
        self.changed.notify_waiters();
    }

    /// The time up to which every door has taken everything.
    #[must_use]
    pub fn caught_up(&self) -> Timestamp {
        self.lock().reached.values().min().copied().unwrap_or(Timestamp::MAX)
    }

    /// When doors were silent.
    #[must_use]
    pub fn outages(&self) -> Vec<Outage> {
        self.lock().outages.clone()
    }

    /// Everything that was heard, to be kept.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns once a door has reported again.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// The spool of a running daemon; clones are the same spool.
#[derive(Debug, Clone)]
pub struct Acceptor {
    /// Where frames go.
    pub archive: Archive,
    /// What stamps them.
    pub clock: Clock,
    /// Whose recipients are known; nothing until the register is read.
    pub desk: watch::Receiver<Option<Arc<Desk>>>,
    /// Places as they were at the last end, until then.
    pub places: Option<Arc<Desk>>,
    /// How far the doors are.
    pub doors: Doors,
    /// Told after each accepted message.
    pub arrived: Arc<Notify>,
    /// Set while the daemon drains.
    pub closing: watch::Receiver<bool>,
    /// Domains of ours, known before the register is.
    pub domains: Arc<BTreeSet<String>>,
    /// Where the newest message is noted.
    pub progress: Arc<Progress>,
}

impl Spool for Acceptor {
    async fn accept(&self, envelope: Envelope, message: Vec<u8>) -> Result<Position, SpoolError> {
        if *self.closing.borrow() {
            return Err(SpoolError::Closing);
        }
        if !self.archive.has_room(u64::try_from(message.len()).unwrap_or(u64::MAX)) {
            return Err(SpoolError::Full);
        }
        let now = self.clock.now();
        let accepted = Accepted {
            received_at: envelope.received_at.map_or(now, |at| at.min(now)),
            door: envelope.door,
            reverse_path: envelope.reverse_path,
            recipients: envelope.recipients,
            is_backlog: envelope.is_backlog,
            whole_bytes: envelope.whole_bytes,
        };
        let head = serde_json::to_vec(&accepted)
            .map_err(|error| SpoolError::Poisoned(error.to_string()))?;
        self.archive.ready().await;
        let frame = Frame { kind: FrameKind::Message, head, body: message };
        let position = self.archive.append(frame).await.map_err(refused)?;
        self.progress.newest.fetch_max(position.0, Ordering::AcqRel);
        self.arrived.notify_one();
        Ok(position)
    }

    fn recipient(&self, address: &Address) -> RecipientVerdict {
        let is_ours = self.domains.contains(address.domain());
        let desk = self.desk.borrow();
        match (desk.as_ref(), &self.places) {
            (Some(desk), _) if desk.place(address).is_some() => RecipientVerdict::Accept,
            (Some(_), _) if is_ours => RecipientVerdict::Unknown,
            (Some(_), _) => RecipientVerdict::Relay,
            (None, Some(places)) if places.place(address).is_some() => RecipientVerdict::Accept,
            (None, _) => RecipientVerdict::TryAgain,
        }
    }

    fn has_room(&self, bytes: u64) -> bool {
        self.archive.has_room(bytes)
    }

    fn caught_up(&self, door: &str, at: Timestamp) {
        self.doors.report(door, at);
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

fn refused(error: StoreError) -> SpoolError {
    match error {
        StoreError::Full => SpoolError::Full,
        other => SpoolError::Poisoned(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn silence_of_a_door_or_of_everything_is_an_outage_and_outlives_a_restart() {
        let names = || ["lmtp:inner".to_owned(), "imap:box".to_owned()];
        let doors = Doors::expecting(names(), &Heard::default());
        for door in names() {
            doors.report(&door, at("2026-11-28T20:00:00Z"));
        }
        assert_eq!(doors.outages(), [], "a new door was not silent");
        doors.report("lmtp:inner", at("2026-11-28T20:02:00Z"));
        doors.report("imap:box", at("2026-11-28T20:14:00Z"));
        assert_eq!(doors.outages(), []);
        // The mailbox is out of reach, and the daemon starts anew meanwhile.
        let doors = Doors::expecting(names(), &doors.heard());
        doors.report("lmtp:inner", at("2026-11-28T20:04:00Z"));
        assert_eq!(doors.caught_up(), at("2026-11-28T20:04:00Z"));
        doors.report("lmtp:inner", at("2026-11-28T20:30:00Z"));
        doors.report("imap:box", at("2026-11-28T22:14:00Z"));
        let daemon = Outage { from: at("2026-11-28T20:04:00Z"), to: at("2026-11-28T20:30:00Z") };
        let mailbox = Outage { from: at("2026-11-28T20:14:00Z"), to: at("2026-11-28T22:14:00Z") };
        assert_eq!(doors.outages(), [daemon, mailbox]);
        assert_eq!(Doors::expecting([], &doors.heard()).outages(), [daemon, mailbox]);
    }

    #[test]
    fn many_outages_become_longer_and_none_is_forgotten() {
        let doors = Doors::expecting(["lmtp:inner".to_owned()], &Heard::default());
        for hour in 0..100 {
            doors.report(
                "lmtp:inner",
                at("2026-11-01T00:00:00Z") + SignedDuration::from_hours(hour),
            );
        }
        let outages = doors.outages();
        assert_eq!(outages.len(), OUTAGES_MAX);
        assert_eq!(outages[0].from, at("2026-11-01T00:00:00Z"));
        assert!(outages.windows(2).all(|pair| pair[0].to == pair[1].from));
    }

    #[test]
    fn moved_clock_makes_no_outages() {
        let doors = Doors::expecting(["lmtp:a".to_owned()], &Heard::default()).without_outages();
        doors.report("lmtp:a", at("2026-11-01T00:00:00Z"));
        doors.report("lmtp:a", at("2026-11-09T00:00:00Z"));
        assert_eq!(doors.outages(), []);
    }
}
