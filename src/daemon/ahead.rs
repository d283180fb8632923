//! What a message's decision needs first, looked up before its turn comes, by whoever has time.
//!
//! It counts where no batch has touched the record since; then a look in its turn would find the
//! same. Everything that was read so is a condition of the batch like all else. Deliberately
//! absent: numbers and marks that every event moves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::daemon::records;
use crate::desk::Desk;
use crate::store::view::{Moment, View};
use crate::store::{Key, Keyspace, Store, StoreError, Value, record};
use crate::ticket::procedure::ahead::FirstFacts;
use crate::ticket::{self, Lookups, MailEvent, ThreadEntry};
use crate::types::{Position, TicketId};

type Place = (Keyspace, Key);

/// What was looked up for a message ahead of its decision.
#[derive(Debug, Clone)]
pub struct Ahead {
    desk: Arc<Desk>,
    lookups: Lookups,
    first_facts: Option<Arc<FirstFacts>>,
    since: Moment,
    found: BTreeMap<Place, Option<Value>>,
}

impl Ahead {
    /// Looks up what a message will need.
    ///
    /// # Errors
    /// What the store says.
    pub async fn look<S: Store>(
        view: &View<S>,
        desk: Arc<Desk>,
        mail: &MailEvent,
    ) -> Result<Self, StoreError> {
        let lookups = ticket::mail_needs(&desk, mail);
        let first_facts = FirstFacts::read(&desk, mail).map(Arc::new);
        let since = view.moment();
        let places = first_places(&lookups, mail.position);
        let values = view.read_all(&places).await?;
        let mut found: BTreeMap<_, _> = places.into_iter().zip(values).collect();
        let answered = answered_tickets(&found);
        let values = view.read_all(&answered).await?;
        found.extend(answered.into_iter().zip(values));
        Ok(Self { desk, lookups, first_facts, since, found })
    }

    /// What is to be looked up first, and the facts of a first mail, if that was found out by the
    /// same desk; once.
    pub fn lookups(&mut self, desk: &Desk) -> Option<(Lookups, Option<Arc<FirstFacts>>)> {
        let is_same = std::ptr::eq(&raw const *self.desk, desk);
        is_same.then(|| (std::mem::take(&mut self.lookups), self.first_facts.take()))
    }

    /// What was found there, if a look now would find the same; once.
    pub fn still_so<S: Store>(&mut self, view: &View<S>, place: &Place) -> Option<Option<Value>> {
        let value = self.found.remove(place)?;
        view.is_untouched(place.0, &place.1, self.since).then_some(value)
    }
}

/// The records that are read first for a message.
fn first_places(lookups: &Lookups, position: Position) -> Vec<Place> {
    let mut places = vec![(Keyspace::Message, records::message(position))];
    let tickets = lookups.tickets.iter().map(|id| records::ticket(*id));
    places.extend(tickets.map(|key| (Keyspace::Ticket, key)));
    let threads = lookups.threads.iter().map(|id| records::thread(id));
    places.extend(threads.map(|key| (Keyspace::Thread, key)));
    let seen = lookups.seen.iter().map(|key| records::seen(*key));
    places.extend(seen.map(|key| (Keyspace::Seen, key)));
    let addresses = lookups.correspondents.iter().map(records::correspondent);
    places.extend(addresses.map(|key| (Keyspace::Correspondent, key)));
    places
}

/// The tickets of the messages that a message answers, as far as they were not looked up.
fn answered_tickets(found: &BTreeMap<Place, Option<Value>>) -> Vec<Place> {
    let threads = found.iter().filter(|((keyspace, _), _)| *keyspace == Keyspace::Thread);
    let entries = threads.filter_map(|(_, value)| {
        Some(record::decode::<Vec<ThreadEntry>>(value.as_ref()?).ok()?.record)
    });
    let tickets: BTreeSet<TicketId> = entries.flatten().map(|entry| entry.ticket).collect();
    let places = tickets.into_iter().map(|id| (Keyspace::Ticket, records::ticket(id)));
    places.filter(|place| !found.contains_key(place)).collect()
}
