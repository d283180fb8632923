//! What a decision reads beyond the desk: tickets, correspondents, the thread index.
//!
//! Core code asks the case; what is missing comes back as [`Missing`] and travels up by `?` until
//! [`decide`](super::decide()) names it to the shell. Absent records are present in the case as
//! absent, so that a second round never asks for them again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ticket::effect::Notice;
use crate::ticket::inbox::Inbox;
use crate::ticket::procedure::ahead::FirstFacts;
use crate::ticket::quarantine::SetAside;
use crate::ticket::query::Search;
use crate::ticket::seal::Seal;
use crate::ticket::shelf::{Counts, Shelf, Shelved, Tally, Trouble};
use crate::ticket::state::{Ticket, Transaction};
use crate::ticket::way_out::WayOut;
use crate::types::{Address, Locale, OutboxId, PersonId, Position, QueueName, TicketId};

/// A place where tickets wait, behind the one that came then.
pub type Page = (Shelf, (Timestamp, TicketId));

/// What must be looked up before an event can be decided.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lookups {
    /// Tickets by number.
    pub tickets: BTreeSet<TicketId>,
    /// Histories of tickets.
    pub histories: BTreeSet<TicketId>,
    /// Foreign Message-IDs, without brackets.
    pub threads: BTreeSet<String>,
    /// Fingerprints.
    pub seen: BTreeSet<SeenKey>,
    /// Addresses.
    pub correspondents: BTreeSet<Address>,
    /// Message-IDs of ours: the row of the outbox and the text that was sent.
    pub sent: BTreeSet<String>,
    /// Where tickets wait, for a digest.
    pub shelves: BTreeSet<Shelf>,
    /// Counts that are kept.
    pub tallies: BTreeSet<Tally>,
    /// What goes wrong on the site, as of when.
    pub trouble: Option<Timestamp>,
    /// What waits for the next digest of people, and how much mail each had.
    pub inboxes: BTreeSet<PersonId>,
    /// What is remembered of the way out.
    pub way_out: bool,
    /// The site's root, with how far these tickets are sealed by it.
    pub seals: BTreeSet<TicketId>,
    /// Meetings, by name: the last date that was planned.
    pub meetings: BTreeSet<String>,
    /// Tickets by their words.
    pub searches: BTreeSet<Search>,
    /// Messages that may have been set aside.
    pub asides: BTreeSet<Position>,
    /// Where tickets wait behind one that is known: when that came, and which it is.
    pub pages: BTreeSet<Page>,
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
        self.histories.extend(other.histories);
        self.threads.extend(other.threads);
        self.seen.extend(other.seen);
        self.correspondents.extend(other.correspondents);
        self.sent.extend(other.sent);
        self.shelves.extend(other.shelves);
        self.tallies.extend(other.tallies);
        self.trouble = self.trouble.or(other.trouble);
        self.inboxes.extend(other.inboxes);
        self.way_out |= other.way_out;
        self.seals.extend(other.seals);
        self.meetings.extend(other.meetings);
        self.searches.extend(other.searches);
        self.asides.extend(other.asides);
        self.pages.extend(other.pages);
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
    /// Histories of tickets, with what was decided so far.
    pub histories: BTreeMap<TicketId, Vec<Transaction>>,
    /// Tickets of foreign Message-IDs.
    pub threads: BTreeMap<String, Vec<ThreadEntry>>,
    /// What was seen under a fingerprint.
    pub seen: BTreeMap<SeenKey, Vec<Seen>>,
    /// Addresses.
    pub correspondents: BTreeMap<Address, Correspondent>,
    /// Messages of ours; `None` is known to be absent.
    pub sent: BTreeMap<String, Option<Sent>>,
    /// Where tickets wait.
    pub shelves: BTreeMap<Shelf, Shelved>,
    /// Counts that are kept; nothing counted is the default.
    pub tallies: BTreeMap<Tally, Counts>,
    /// What goes wrong on the site.
    pub trouble: Option<Trouble>,
    /// What waits for the next digest of people; nothing is the default.
    pub inboxes: BTreeMap<PersonId, Inbox>,
    /// What is remembered of the way out.
    pub way_out: Option<WayOut>,
    /// The site's root, with how far tickets are sealed by it.
    pub seals: BTreeMap<TicketId, Seal>,
    /// The last date of each meeting that was planned, as a ticket; `None` is known to be absent.
    pub meetings: BTreeMap<String, Option<TicketId>>,
    /// What was found by its words: the newest tickets, bounded, and how many more there are at
    /// least.
    pub found: BTreeMap<Search, Option<(Vec<Ticket>, usize)>>,
    /// Where tickets wait behind one that is known.
    pub pages: BTreeMap<Page, Shelved>,
    /// What a first mail says of the request that it would begin, if that was read ahead.
    pub first_facts: Option<Arc<FirstFacts>>,
    /// Messages that were set aside; `None` is known to be no such message.
    pub asides: BTreeMap<Position, Option<SetAside>>,
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

    /// The history of a ticket.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn history(&self, id: TicketId) -> Result<&[Transaction], Missing> {
        self.histories.get(&id).map(Vec::as_slice).ok_or_else(|| {
            Missing(Box::new(Lookups { histories: [id].into(), ..Lookups::default() }))
        })
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

    /// What was found by its words; nothing where no index is kept.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked for.
    pub fn search(&self, search: &Search) -> Result<Option<&(Vec<Ticket>, usize)>, Missing> {
        self.found.get(search).map(Option::as_ref).ok_or_else(|| {
            let searches = [search.clone()].into();
            Missing(Box::new(Lookups { searches, ..Lookups::default() }))
        })
    }

    /// Several tickets at once, those that exist, in the order asked for.
    ///
    /// # Errors
    /// [`Missing`] names all that were not looked up.
    pub fn tickets(&self, ids: &[TicketId]) -> Result<Vec<&Ticket>, Missing> {
        let missing: BTreeSet<TicketId> =
            ids.iter().filter(|id| !self.tickets.contains_key(id)).copied().collect();
        if !missing.is_empty() {
            return Err(Missing(Box::new(Lookups { tickets: missing, ..Lookups::default() })));
        }
        Ok(ids.iter().filter_map(|id| self.tickets.get(id)?.as_ref()).collect())
    }

    /// Several shelves at once.
    ///
    /// # Errors
    /// [`Missing`] names all that were not looked up.
    pub fn shelves<'a>(
        &'a self,
        wanted: &'a BTreeSet<Shelf>,
    ) -> Result<impl Iterator<Item = (&'a Shelf, &'a Shelved)>, Missing> {
        let is_missing = |shelf: &&Shelf| !self.shelves.contains_key(shelf);
        let shelves: BTreeSet<Shelf> = wanted.iter().filter(is_missing).cloned().collect();
        if shelves.is_empty() {
            Ok(wanted.iter().filter_map(|shelf| Some((shelf, self.shelves.get(shelf)?))))
        } else {
            Err(Missing(Box::new(Lookups { shelves, ..Lookups::default() })))
        }
    }

    /// Several shelves at once, behind a ticket.
    ///
    /// # Errors
    /// [`Missing`] names all that were not looked up.
    pub fn pages<'a>(
        &'a self,
        wanted: &'a BTreeSet<Page>,
    ) -> Result<impl Iterator<Item = (&'a Shelf, &'a Shelved)>, Missing> {
        let is_missing = |page: &&Page| !self.pages.contains_key(page);
        let pages: BTreeSet<Page> = wanted.iter().filter(is_missing).cloned().collect();
        if pages.is_empty() {
            Ok(wanted.iter().filter_map(|page| Some((&page.0, self.pages.get(page)?))))
        } else {
            Err(Missing(Box::new(Lookups { pages, ..Lookups::default() })))
        }
    }

    /// Several counts at once, in the order of their tallies.
    ///
    /// # Errors
    /// [`Missing`] names all that were not looked up.
    pub fn counts(&self, wanted: &BTreeSet<Tally>) -> Result<BTreeMap<Tally, Counts>, Missing> {
        let is_missing = |tally: &&Tally| !self.tallies.contains_key(tally);
        let tallies: BTreeSet<Tally> = wanted.iter().filter(is_missing).cloned().collect();
        if !tallies.is_empty() {
            return Err(Missing(Box::new(Lookups { tallies, ..Lookups::default() })));
        }
        let count = |tally: &Tally| Some((tally.clone(), *self.tallies.get(tally)?));
        Ok(wanted.iter().filter_map(count).collect())
    }

    /// What goes wrong on the site.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn trouble(&self, now: Timestamp) -> Result<&Trouble, Missing> {
        self.trouble
            .as_ref()
            .ok_or_else(|| Missing(Box::new(Lookups { trouble: Some(now), ..Lookups::default() })))
    }

    /// A message that was set aside.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn aside(&self, message: Position) -> Result<Option<&SetAside>, Missing> {
        self.asides.get(&message).map(Option::as_ref).ok_or_else(|| {
            let asides = [message].into();
            Missing(Box::new(Lookups { asides, ..Lookups::default() }))
        })
    }

    /// What waits for a person's next digest.
    ///
    /// # Errors
    /// [`Missing`] if it was not looked up.
    pub fn inbox(&self, person: &PersonId) -> Result<&Inbox, Missing> {
        self.inboxes.get(person).ok_or_else(|| {
            let inboxes = [person.clone()].into();
            Missing(Box::new(Lookups { inboxes, ..Lookups::default() }))
        })
    }
}
