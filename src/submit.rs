//! Ways out: one message to one recipient, and what became of it.
//!
//! Deliberately absent: retries, caps and deadlines (the outbox decides them), templates.

pub mod maildir;
pub mod sendmail;
pub mod smtp;

use crate::types::{Address, OutboxId};

/// One message to one recipient, ready to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its outbox row; the file name of the maildir is made from it.
    pub id: OutboxId,
    /// Where delivery reports go; `None` is the null reverse-path.
    pub reverse_path: Option<Address>,
    /// Where it goes.
    pub forward_path: Address,
    /// The message with CRLF line ends.
    pub bytes: Vec<u8>,
}

/// What became of a parcel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The next server took it; its words, which may hold its own id for the message.
    Sent(String),
    /// Not now (4yz, no connection): the outbox tries again. Nothing was taken.
    Transient(String),
    /// Never (5yz): status code if given, and the server's words.
    Permanent {
        /// RFC 3463 code such as `5.1.1`, or empty.
        status: String,
        /// The server's words in one line.
        diagnostic: String,
    },
    /// The end of the data went out and no answer came: it may have been taken.
    Uncertain(String),
}
