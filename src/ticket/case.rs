//! What a decision reads beyond the desk: tickets, correspondents, the thread index.
//!
//! Core code asks the case; what is missing comes back as [`Missing`] and travels up by `?` until
//! [`decide`](super::decide()) names it to the shell. Absent records are present in the case as
//! absent, so that a second round never asks for them again.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ticket::effect::Notice;
use crate::ticket::query::Search;
use crate::ticket::seal::Seal;
use crate::ticket::state::Ticket;
use crate::ticket::way_out::WayOut;
use crate::types::{Address, Locale, OutboxId, Position, QueueName, TicketId};

/// What must be looked up before an event can be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Tickets by number.
    pub tickets: BTreeSet<TicketId>,
    /// Foreign Message-IDs, without brackets.
    pub threads: BTreeSet<String>,
    /// Fingerprints.
    pub seen: BTreeSet<SeenKey>,
    /// Addresses.
    pub correspondents: BTreeSet<Address>,
    /// Message-IDs of ours: the row of the outbox and the text that was sent.
    pub sent: BTreeSet<String>,
    /// Active tickets of a queue, oldest first, for a digest.
    pub queues: BTreeSet<QueueName>,
    /// What is remembered of the way out.
    pub way_out: bool,
    /// The site's root, with how far these tickets are sealed by it.
    pub seals: BTreeSet<TicketId>,
    /// Meetings, by name: the last date that was planned.
    pub meetings: BTreeSet<String>,
    /// Tickets by their words.
    pub searches: BTreeSet<Search>,
}

impl Lookups {
    /// Whether nothing is asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self == &Self::default()
    }

    /// Adds what another asks for.
    pub fn merge(&mut self, other: Self) {
        self.tickets.extend(other.tickets);
        self.threads.extend(other.threads);
        self.seen.extend(other.seen);
        self.correspondents.extend(other.correspondents);
        self.sent.extend(other.sent);
        self.queues.extend(other.queues);
        self.way_out |= other.way_out;
        self.seals.extend(other.seals);
        self.meetings.extend(other.meetings);
        self.searches.extend(other.searches);
    }
}

/// A decision stopped because the case lacks this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing(pub Box<Lookups>);

/// The key under which a message is recognized again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SeenKey(pub [u8; 16]);

/// A message that was accepted before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Where it stands.
    pub position: Position,
    /// Its author as claimed; nobody where a list hid the author.
    pub author: Option<Address>,
    /// Hash of its content.
    pub content: u64,
    /// Hashes of the lines of its text, bounded.
    pub lines: Vec<u32>,
    /// The queues it reached: by a ticket, or as a recipient.
    pub queues: Vec<QueueName>,
    /// The tickets it stands on.
    pub tickets: Vec<TicketId>,
}

/// A ticket that a Message-ID belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreadEntry {
    /// Which.
    pub ticket: TicketId,
    /// Whether the message itself was accepted from somebody who takes part; else it was only
    /// named in the References of one that was.
    pub accepted: bool,
}

/// What is remembered about an address, so that mail to it stays bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correspondent {
    /// The day that the counters below count.
    #[serde(default)]
    pub day: Date,
    /// Automatic mails sent there that day.
    #[serde(default)]
    pub automatic: u16,
    /// Results of keywords sent there that day.
    #[serde(default)]
    pub results: u16,
    /// Hashes of the subjects that had a receipt that day.
    #[serde(default)]
    pub receipts: Vec<u64>,
    /// When the first automatic mail of that day went there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automatic_since: Option<Timestamp>,
    /// Receipts that a cap held back that day.
    #[serde(default)]
    pub held: u16,
    /// When the first of these was held back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_since: Option<Timestamp>,
    /// When the last automatic mail went there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_automatic_at: Option<Timestamp>,
    /// When the first of a row of automatic mails that were answered at once went there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_quick_at: Option<Timestamp>,
    /// How many automatic mails in a row were answered at once.
    #[serde(default)]
    pub quick: u16,
    /// When the last of these went there: two answers to one mail count once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quick_of: Option<Timestamp>,
    /// Automatic mail to it has stopped until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_until: Option<Timestamp>,
    /// The day on which coordinators were last told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reported_on: Option<Date>,
    /// The address is dead since then: nothing is sent until somebody writes from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// Wrong keys within the hour that began at `wrong_keys_at`.
    #[serde(default)]
    pub wrong_keys: u16,
    /// Begin of that hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_keys_at: Option<Timestamp>,
    /// The language last recognized.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The requests by this address that are being collected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collecting: Vec<TicketId>,
}

/// A notice of ours that somebody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The row of the outbox.
    pub id: OutboxId,
    /// What was sent.
    pub notice: Notice,
    /// The text that was sent, as rendered.
    pub text: String,
}

/// Everything a decision has looked up.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// Tickets; `None` is known to be absent.
    pub tickets: BTreeMap<TicketId, Option<Ticket>>,
    /// Tickets of foreign Message-IDs.
    pub threads: BTreeMap<String, Vec<ThreadEntry>>,
    /// What was seen under a fingerprint.
    pub seen: BTreeMap<SeenKey, Vec<Seen>>,
    /// Addresses.
    pub correspondents: BTreeMap<Address, Correspondent>,
    /// Messages of ours; `None` is known to be absent.
    pub sent: BTreeMap<String, Option<Sent>>,
    /// Active tickets of queues, oldest first, bounded, and how many there are in all.
    pub queues: BTreeMap<QueueName, (Vec<Ticket>, u32)>,
    /// What is remembered of the way out.
    pub way_out: Option<WayOut>,
    /// The site's root, with how far tickets are sealed by it.
    pub seals: BTreeMap<TicketId, Seal>,
    /// The last date of each meeting that was planned, as a ticket; `None` is known to be absent.
    pub meetings: BTreeMap<String, Option<TicketId>>,
    /// What was found by its words: the newest tickets, bounded, and how many more there are at
    /// least.
    pub found: BTreeMap<Search, (Vec<Ticket>, usize)>,
    /// The number that the next new ticket gets.
    pub next_ticket: TicketId,
    /// The row that the next notice gets.
    pub next_outbox: OutboxId,
}

impl Case {
    /// A ticket, if it exists and was not erased.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn ticket(&self, id: TicketId) -> Result<Option<&Ticket>, Missing> {
        let found = self.tickets.get(&id).map(Option::as_ref).ok_or_else(|| {
            Missing(Box::new(Lookups { tickets: [id].into(), ..Lookups::default() }))
        })?;
        Ok(found.filter(|ticket| !ticket.is_erased))
    }

    /// The tickets that a foreign Message-ID belongs to.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn thread(&self, message_id: &str) -> Result<&[ThreadEntry], Missing> {
        self.threads.get(message_id).map(Vec::as_slice).ok_or_else(|| {
            let threads = [message_id.to_owned()].into();
            Missing(Box::new(Lookups { threads, ..Lookups::default() }))
        })
    }

    /// What was seen under a fingerprint.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn seen(&self, key: SeenKey) -> Result<&[Seen], Missing> {
        self.seen
            .get(&key)
            .map(Vec::as_slice)
            .ok_or_else(|| Missing(Box::new(Lookups { seen: [key].into(), ..Lookups::default() })))
    }

    /// What is remembered about an address; nothing remembered is the default.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn correspondent(&self, address: &Address) -> Result<&Correspondent, Missing> {
        self.correspondents.get(address).ok_or_else(|| {
            let correspondents = [address.clone()].into();
            Missing(Box::new(Lookups { correspondents, ..Lookups::default() }))
        })
    }

    /// A message of ours by its Message-ID.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn sent(&self, message_id: &str) -> Result<Option<&Sent>, Missing> {
        self.sent.get(message_id).map(Option::as_ref).ok_or_else(|| {
            let sent = [message_id.to_owned()].into();
            Missing(Box::new(Lookups { sent, ..Lookups::default() }))
        })
    }

    /// What is remembered of the way out.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn way_out(&self) -> Result<WayOut, Missing> {
        self.way_out
            .ok_or_else(|| Missing(Box::new(Lookups { way_out: true, ..Lookups::default() })))
    }

    /// The site's root, with how far a ticket is sealed by it.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn seal(&self, ticket: TicketId) -> Result<Seal, Missing> {
        self.seals.get(&ticket).copied().ok_or_else(|| {
            Missing(Box::new(Lookups { seals: [ticket].into(), ..Lookups::default() }))
        })
    }

    /// The last date of a meeting that was planned.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn meeting(&self, name: &str) -> Result<Option<TicketId>, Missing> {
        self.meetings.get(name).copied().ok_or_else(|| {
            let meetings = [name.to_owned()].into();
            Missing(Box::new(Lookups { meetings, ..Lookups::default() }))
        })
    }

    /// What was found by its words.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked for.
    pub fn search(&self, search: &Search) -> Result<&(Vec<Ticket>, usize), Missing> {
        self.found.get(search).ok_or_else(|| {
            let searches = [search.clone()].into();
            Missing(Box::new(Lookups { searches, ..Lookups::default() }))
        })
    }

    /// The active tickets of a queue, oldest first, and how many there are.
    ///
    /// # Errors
    /// [`Missing`] if they were not looked up.
    pub fn queue(&self, name: &QueueName) -> Result<&(Vec<Ticket>, u32), Missing> {
        self.queues.get(name).ok_or_else(|| {
            Missing(Box::new(Lookups { queues: [name.clone()].into(), ..Lookups::default() }))
        })
    }
}
