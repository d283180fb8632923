//! What an erasure concerns, found before anything is done: tickets, messages, words.
//!
//! Every accepted message is read, because nothing else tells whose name stands in it. Deliberately
//! absent: what then becomes of records (`records`) and messages (`mask`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use crate::daemon::erase::mask::{self, Quotes};
use crate::daemon::erase::words::Words;
use crate::daemon::erase::{Order, Target, log};
use crate::daemon::ledger::Ledger;
use crate::daemon::records;
use crate::desk::Desk;
use crate::mail::{self, Message, ReversePath};
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
use crate::store::{Keyspace, Range, Store, StoreError, Value as Octets, record};
use crate::ticket::{Filing, Ticket, key};
use crate::types::{Address, Mailbox, PersonId, Position, TicketId};

/// Records that are read at once.
const PAGE: usize = 1024;

/// What is erased.
#[derive(Debug, Default)]
pub struct Survey {
    /// Which erasure of this site it is.
    pub number: u64,
    /// The words.
    pub words: Words,
    /// Who it is in the register.
    pub person: Option<PersonId>,
    /// Tickets of which nothing stays but number, queue and times.
    pub tickets: BTreeSet<TicketId>,
    /// Messages that go.
    pub gone: BTreeSet<Position>,
    /// Of these, what the person wrote.
    pub authored: BTreeSet<Position>,
    /// Their Message-IDs.
    pub message_ids: BTreeSet<String>,
    /// Messages of others that stay without some of their words.
    pub masked: BTreeSet<Position>,
    /// Of these, which were searched for what they quote.
    pub related: BTreeSet<Position>,
    /// Tickets that stay and lose messages.
    pub touched: BTreeSet<TicketId>,
    /// When the first and the last of the messages came.
    pub span: Option<(Timestamp, Timestamp)>,
    /// What is known again in others' messages.
    pub quotes: Quotes,
}

/// Reads every record of a family.
pub(super) async fn each<S: Store>(
    ledger: &Ledger<S>,
    keyspace: Keyspace,
    mut seen: impl FnMut(Vec<u8>, Octets) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut from = Vec::new();
    loop {
        let range = Range { from: &from, to: &[], limit: PAGE, reverse: false };
        let page = ledger.view().scan(keyspace, range).await?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = last.iter().copied().chain([0]).collect();
        for (key, value) in page {
            seen(key, value)?;
        }
    }
}

/// Finds all that an erasure concerns; the inner error is a sentence for who asked.
///
/// # Errors
/// What the store says.
pub async fn survey<S: Store>(
    ledger: &Ledger<S>,
    archive: &Archive,
    desk: &Desk,
    target: &Target,
) -> Result<Result<Survey, String>, StoreError> {
    let mut survey = Survey { number: log(ledger).await?.len() as u64 + 1, ..Survey::default() };
    survey.words = Words::new(survey.number);
    let mut all = Vec::new();
    each(ledger, Keyspace::Ticket, |_, value| {
        all.push(record::decode::<Ticket>(&value)?.record);
        Ok(())
    })
    .await?;
    let begun = match target {
        Target::Ticket(id) => survey.begin_ticket(desk, &all, *id),
        Target::Person(who) => survey.begin_person(desk, &all, who),
    };
    if let Err(sentence) = begun {
        return Ok(Err(sentence));
    }
    drop(all);
    for id in survey.tickets.clone() {
        survey.messages_of(ledger, id).await?;
    }
    let desk = desk.clone();
    let archive = archive.clone();
    let filings = filings(ledger).await?;
    let surveyed = tokio::task::spawn_blocking(move || survey.read(&archive, &desk, &filings));
    let surveyed = surveyed.await.map_err(|error| StoreError::Poisoned(error.to_string()))?;
    match surveyed {
        Ok(survey) if survey.is_nobody() => Ok(Err("nothing here is about that".to_owned())),
        Ok(survey) => Ok(Ok(survey)),
        Err(error) => Err(error),
    }
}

/// Where each message stands.
type Filings = Vec<(Position, Timestamp, Vec<TicketId>)>;

async fn filings<S: Store>(ledger: &Ledger<S>) -> Result<Filings, StoreError> {
    let mut found = Filings::new();
    each(ledger, Keyspace::Message, |_, value| {
        let filing = record::decode::<Filing>(&value)?.record;
        found.push((filing.position, filing.received_at, filing.tickets));
        Ok(())
    })
    .await?;
    Ok(found)
}

/// All positions of messages that a record names.
pub(super) fn positions(value: &Value, found: &mut BTreeSet<Position>) {
    match value {
        Value::Object(fields) => {
            found.extend(fields.get("message").and_then(Value::as_u64).map(Position));
            fields.values().for_each(|value| positions(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| positions(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

impl Survey {
    fn is_nobody(&self) -> bool {
        self.tickets.is_empty()
            && self.gone.is_empty()
            && self.masked.is_empty()
            && self.person.is_none()
    }

    /// A ticket, and who asked or was served with it and is known by nothing else.
    fn begin_ticket(&mut self, desk: &Desk, all: &[Ticket], id: TicketId) -> Result<(), String> {
        let is_it = |ticket: &&Ticket| ticket.id == id && !ticket.is_erased;
        let Some(ticket) = all.iter().find(is_it) else {
            return Err(format!("there is no ticket {id}"));
        };
        self.add_ticket(ticket);
        let people = ticket.requestors.iter().chain(&ticket.cc);
        for mailbox in people.chain(ticket.last_received.as_ref().map(|last| &last.from)) {
            let address = &mailbox.address;
            let is_elsewhere = |other: &Ticket| other.id != id && other.takes_part(address);
            if desk.register.person_at(address).is_none()
                && !is_ours(desk, address)
                && !all.iter().any(is_elsewhere)
            {
                self.add_mailbox(desk, mailbox);
            }
        }
        Ok(())
    }

    /// A person of the register or an address, and the tickets where nobody else asks.
    fn begin_person(&mut self, desk: &Desk, all: &[Ticket], who: &str) -> Result<(), String> {
        let register = &desk.register;
        let address = Address::parse(who).ok();
        let person = match &address {
            Some(address) => register.person_at(address),
            None => register.person(&PersonId::new(who)),
        };
        match (person, &address) {
            (Some(person), _) => {
                let id = person.id.as_str();
                if register.queues().any(|queue| queue.name.as_str() == id) {
                    return Err(format!("the queue `{id}` has the same name: rename it first"));
                }
                self.words.set_id(&person.id);
                self.person = Some(person.id.clone());
                person.addresses.iter().for_each(|address| self.words.add_address(address));
                self.add_name(desk, &person.name);
            }
            (None, Some(address)) if is_ours(desk, address) => {
                return Err(format!("{address} is an address of this site"));
            }
            (None, Some(address)) => self.words.add_address(address),
            (None, None) => {
                return Err(format!("the register knows no `{who}`: name an address, or an id"));
            }
        }
        for ticket in all.iter().filter(|ticket| !ticket.is_erased) {
            let people = ticket.requestors.iter().chain(&ticket.cc);
            let is_them = |mailbox: &&Mailbox| self.words.is_address(&mailbox.address);
            let named: Vec<Mailbox> = people.filter(is_them).cloned().collect();
            named.iter().for_each(|mailbox| self.add_name(desk, &mailbox.name));
            let asks = !ticket.requestors.is_empty()
                && ticket.requestors.iter().all(|one| self.words.is_address(&one.address));
            if asks {
                self.add_ticket(ticket);
            }
        }
        Ok(())
    }

    fn add_ticket(&mut self, ticket: &Ticket) {
        self.tickets.insert(ticket.id);
        self.words.add_subject(&ticket.subject);
    }

    fn add_mailbox(&mut self, desk: &Desk, mailbox: &Mailbox) {
        self.words.add_address(&mailbox.address);
        self.add_name(desk, &mailbox.name);
    }

    /// A name that nobody else of the register has, and no queue.
    fn add_name(&mut self, desk: &Desk, name: &str) {
        let folded = name.trim().to_lowercase();
        let register = &desk.register;
        let is_other = register.people().any(|other| {
            self.person.as_ref() != Some(&other.id) && other.name.to_lowercase() == folded
        });
        let is_queue = register
            .queues()
            .any(|queue| queue.shown().to_lowercase() == folded || queue.name.as_str() == folded);
        if !is_other && !is_queue {
            self.words.add_name(name);
        }
    }

    /// Adds the mails that asked for it, where they stand on no ticket but that of the erasure.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn add_asked<S: Store>(
        &mut self,
        ledger: &Ledger<S>,
        order: &Order,
    ) -> Result<(), StoreError> {
        for message in &order.asked {
            let key = records::message(*message);
            let filing: Option<Filing> = ledger.read(Keyspace::Message, &key).await?;
            let is_elsewhere = |id: &TicketId| Some(*id) != order.ticket;
            if filing.is_none_or(|filing| !filing.tickets.iter().any(is_elsewhere)) {
                self.gone.insert(*message);
                self.masked.remove(message);
            }
        }
        Ok(())
    }

    async fn messages_of<S: Store>(
        &mut self,
        ledger: &Ledger<S>,
        id: TicketId,
    ) -> Result<(), StoreError> {
        let from = records::ticket(id);
        let to = records::behind(&from);
        let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
        for (_, value) in ledger.view().scan(Keyspace::Transaction, range).await? {
            positions(&record::decode::<Value>(&value)?.record, &mut self.gone);
        }
        Ok(())
    }

    /// Reads the archive twice: whose messages go, then what the others have of them.
    fn read(
        mut self,
        archive: &Archive,
        desk: &Desk,
        filings: &Filings,
    ) -> Result<Self, StoreError> {
        for (position, _, tickets) in filings {
            if tickets.iter().any(|id| self.tickets.contains(id)) {
                self.gone.insert(*position);
            }
        }
        self.read_own(archive, desk);
        for (position, at, tickets) in filings {
            if !self.gone.contains(position) {
                continue;
            }
            let (first, last) = self.span.unwrap_or((*at, *at));
            self.span = Some((first.min(*at), last.max(*at)));
            self.touched.extend(tickets.iter().filter(|id| !self.tickets.contains(id)));
        }
        let near = |id: &TicketId| self.tickets.contains(id) || self.touched.contains(id);
        let related = filings.iter().filter(|(_, _, tickets)| tickets.iter().any(near));
        self.related.extend(related.map(|(position, _, _)| *position));
        self.related.retain(|position| !self.gone.contains(position));
        for (position, frame) in messages(archive) {
            let is_related = self.related.contains(&position);
            if !self.gone.contains(&position)
                && mask::masked(&frame, &self.words, &self.quotes, is_related).is_some()
            {
                self.masked.insert(position);
            }
        }
        Ok(self)
    }

    fn read_own(&mut self, archive: &Archive, desk: &Desk) {
        for (position, frame) in messages(archive) {
            let message = mail::parse(&frame.body, &ReversePath::Unknown);
            let is_author = message.from.iter().any(|one| self.words.is_address(&one.address));
            if is_author {
                self.authored.insert(position);
            }
            if is_author || self.is_of_ticket(desk, &message) {
                self.gone.insert(position);
            }
            if self.gone.contains(&position) {
                let authors = message.from.iter();
                let named: Vec<Mailbox> =
                    authors.filter(|one| self.words.is_address(&one.address)).cloned().collect();
                named.iter().for_each(|one| self.add_name(desk, &one.name));
                self.quotes.add(&message.text);
                self.message_ids.extend(message.message_id);
            } else if self.answers(desk, &message) {
                self.related.insert(position);
            }
        }
    }

    /// A mail of ours that came back, or a report about one, of a ticket that is erased.
    fn is_of_ticket(&self, desk: &Desk, message: &Message) -> bool {
        let bounced = message.bounce.as_ref().and_then(|one| one.original_message_id.as_ref());
        let mut ids = message.message_id.iter().chain(bounced);
        ids.any(|id| self.is_ticket_id(desk, id))
    }

    fn answers(&self, desk: &Desk, message: &Message) -> bool {
        let mut ids = message.in_reply_to.iter().chain(&message.references);
        ids.any(|id| self.is_ticket_id(desk, id) || self.message_ids.contains(id))
    }

    fn is_ticket_id(&self, desk: &Desk, id: &str) -> bool {
        let ticket = key::own_id(desk, id).and_then(|own| own.ticket);
        ticket.is_some_and(|id| self.tickets.contains(&id))
    }
}

fn messages(archive: &Archive) -> impl Iterator<Item = (Position, Frame)> {
    let frames = archive.scan(Position(0)).filter_map(Result::ok);
    frames.filter(|(_, frame)| frame.kind == FrameKind::Message)
}

/// Whether mail to an address comes here.
fn is_ours(desk: &Desk, address: &Address) -> bool {
    let (local, _) = address.subaddress(&desk.site.separator);
    let (own, _) = desk.site.address.subaddress(&desk.site.separator);
    let is_site = local.eq_ignore_ascii_case(own) && address.domain() == desk.site.address.domain();
    is_site || desk.register.queues().any(|queue| queue.addresses.contains(address))
}
