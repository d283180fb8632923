//! Where every door ends: envelope and bytes into the archive, durable before the answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, watch};

use crate::daemon::clock::Clock;
use crate::daemon::decider::Progress;
use crate::desk::Desk;
use crate::intake::{Envelope, RecipientVerdict, Spool, SpoolError};
use crate::mail::ReversePath;
use crate::store::StoreError;
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
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

/// How far each door has come: silence counts only up to where all are.
#[derive(Debug, Clone, Default)]
pub struct Doors {
    reached: Arc<std::sync::Mutex<std::collections::BTreeMap<String, Timestamp>>>,
    changed: Arc<Notify>,
}

impl Doors {
    /// Doors that must report before silence counts.
    #[must_use]
    pub fn expecting(names: impl IntoIterator<Item = String>) -> Self {
        let doors = Self::default();
        if let Ok(mut reached) = doors.reached.lock() {
            reached.extend(names.into_iter().map(|name| (name, Timestamp::MIN)));
        }
        doors
    }

    fn report(&self, door: &str, at: Timestamp) {
        if let Ok(mut reached) = self.reached.lock() {
            let known = reached.entry(door.to_owned()).or_insert(at);
            *known = at.max(*known);
        }
        self.changed.notify_waiters();
    }

    /// The time up to which every door has taken everything.
    #[must_use]
    pub fn caught_up(&self) -> Timestamp {
        let reached = self.reached.lock();
        reached.ok().and_then(|reached| reached.values().min().copied()).unwrap_or(Timestamp::MAX)
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
