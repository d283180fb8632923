//! Ways in. Every door ends at one [`Spool::accept`] and says yes only after that returned.
//!
//! Deliberately absent: what a message means. A door knows envelopes and bytes, nothing of tickets.

pub mod data;
pub mod imap;
mod imap_answer;
mod imap_connect;
mod imap_envelope;
mod imap_error;
mod imap_health;
mod imap_junk;
mod imap_name;
mod imap_session;
mod imap_settings;
mod imap_state;
mod imap_survey;
mod imap_take;
pub mod lmtp;
pub mod lmtp_listen;
pub mod lmtp_reply;
pub mod lmtp_session;
pub mod pipe;

use std::future::Future;

use jiff::Timestamp;

use crate::mail::ReversePath;
use crate::types::{Address, Position};

/// What came with the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// Where a delivery report would go.
    pub reverse_path: ReversePath,
    /// The accepted recipients; may be empty where a mailbox tells none.
    pub recipients: Vec<Address>,
    /// The door's name in log and `trace`, such as `lmtp` or `imap:desk/INBOX`.
    pub door: String,
    /// When it came, where the door knows better than the clock (INTERNALDATE).
    pub received_at: Option<Timestamp>,
    /// A mail that lay in the mailbox before lotse came: filed without one automatic mail.
    pub is_backlog: bool,
    /// How many octets the whole message has, where the bytes are its header only: it is too big
    /// to be taken.
    pub whole_bytes: Option<u64>,
}

/// Whether a door may take a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipientVerdict {
    /// Take it; what follows the separator is judged later.
    Accept,
    /// A domain of ours, and nobody there: 550 5.1.1.
    Unknown,
    /// Not a domain of ours: 550 5.7.1.
    Relay,
    /// The register is not read yet: 451.
    TryAgain,
}

/// Why nothing was accepted. The sender keeps the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpoolError {
    /// Below the floor of free space: 452 4.3.1.
    #[error("not enough free space to accept mail")]
    Full,
    /// A write or sync failed; the process ends and starts anew: 451 4.3.0.
    #[error("the archive failed and waits for a restart: {0}")]
    Poisoned(String),
    /// The daemon drains: 421 4.3.2.
    #[error("the daemon is shutting down")]
    Closing,
}

/// What a door needs of the daemon.
pub trait Spool: Clone + Send + Sync + 'static {
    /// Stores envelope and bytes durably. `Ok` means: a power cut loses nothing of it.
    fn accept(
        &self,
        envelope: Envelope,
        message: Vec<u8>,
    ) -> impl Future<Output = Result<Position, SpoolError>> + Send;

    /// Whether this recipient may be taken.
    fn recipient(&self, address: &Address) -> RecipientVerdict;

    /// Whether there is room for a message of this many octets.
    fn has_room(&self, bytes: u64) -> bool;

    /// The door says that it has taken everything that was there at `at`.
    fn caught_up(&self, door: &str, at: Timestamp);

    /// What the clock says.
    fn now(&self) -> Timestamp;
}
