//! The ticket that a message belongs to: five independent keys in one order of precedence, read
//! from top to bottom.
//!
//! Deliberately absent: what overrules a key, and where a message without one goes (`route`).

use std::collections::BTreeSet;

use jiff::SignedDuration;

use crate::desk::{Desk, Place};
use crate::mail::subject::Subject;
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::event::MailEvent;
use crate::ticket::identity;
use crate::ticket::key::{self, Detail};
use crate::ticket::later;
use crate::ticket::procedure;
use crate::ticket::route::{By, Route, addresses, answered, own_tag};
use crate::ticket::state::{Question, Ticket};
use crate::types::{Address, OutboxId, TicketId};

/// A search for the ticket that a message belongs to.
pub(super) struct Search<'a> {
    pub(super) draft: &'a Draft<'a>,
    pub(super) mail: &'a MailEvent,
    pub(super) subject: &'a Subject,
    /// So many wrong keys came from the author lately that none is tried.
    pub(super) is_unkeyed: bool,
    /// A key that did not verify was tried.
    pub(super) wrong_key: bool,
}

type Found = Option<(Route, String)>;

impl Search<'_> {
    /// The strongest key that finds one.
    pub(super) fn ticket(&mut self) -> Result<Found, Missing> {
        if let Some(found) = self.by_reply_address()? {
            return Ok(Some(found));
        }
        if let Some(found) = self.by_own_message_id()? {
            return self.with_holder(found).map(Some);
        }
        if let Some(found) = self.by_subject()? {
            return self.with_holder(found).map(Some);
        }
        if let Some(found) = self.by_references()? {
            return Ok(Some(found));
        }
        self.by_reference_line()
    }

    fn desk(&self) -> &Desk {
        self.draft.desk
    }

    fn by_reply_address(&mut self) -> Result<Found, Missing> {
        for address in addresses(self.mail) {
            let Some(Place::Site(Some(detail))) = self.desk().place(address) else { continue };
            let found = match key::parse_detail(&detail) {
                Some(Detail::Ticket(id, key)) => self.keyed(id, &key, By::ReplyKey)?,
                Some(Detail::Digest(key)) => self.digest(&key),
                Some(Detail::Bounce(..)) | None => None,
            };
            match found {
                Some(found) => return Ok(Some(found)),
                None => self.wrong_key = true,
            }
        }
        Ok(None)
    }

    fn keyed(&self, id: TicketId, key: &str, by: By) -> Result<Found, Missing> {
        if self.is_unkeyed {
            return Ok(None);
        }
        let Some(ticket) = self.draft.ticket(id)? else { return Ok(None) };
        let holder = holders(self.desk(), ticket)
            .into_iter()
            .find(|holder| key::is_reply_key(self.desk(), key, Some(id), holder));
        Ok(holder.map(|holder| {
            let why = match by {
                By::SubjectKey => "the key in the subject tag belongs to",
                By::ReferenceLine => "the reference line belongs to",
                _ => "the reply address belongs to",
            };
            (Route::Ticket { id, by, holder: Some(holder) }, format!("{why} #{id}"))
        }))
    }

    fn digest(&self, key: &str) -> Found {
        if self.is_unkeyed {
            return None;
        }
        let zone = &self.desk().site.time_zone;
        let today = self.mail.received_at.to_zoned(zone.clone()).date();
        let author =
            identity::identify(self.desk(), self.mail, None, None).and_then(|author| author.person);
        let register = &self.desk().register;
        let people = author.iter().chain(register.people().map(|person| &person.id));
        let person = people
            .into_iter()
            .find(|person| key::digest_day(self.desk(), key, person, today).is_some())?;
        let why = format!("the reply address belongs to a digest of {person}");
        Some((Route::Digest { person: person.clone() }, why))
    }

    fn by_own_message_id(&self) -> Result<Found, Missing> {
        for message_id in answered(self.mail) {
            let Some(own) = key::own_id(self.desk(), message_id) else { continue };
            let Some(id) = own.ticket else {
                match self.by_digest(message_id)? {
                    Some(found) => return Ok(Some(found)),
                    None => continue,
                }
            };
            let Some(ticket) = self.draft.ticket(id)? else { continue };
            let holder = if own.row == OutboxId(0) {
                None
            } else {
                self.draft.case().sent(message_id)?.map(|sent| sent.notice.reply_to.clone())
            };
            if procedure::is_announcement(ticket, own.sequence) {
                let why = format!("it answers what #{id} published");
                return Ok(Some((Route::Ticket { id, by: By::OwnMessageId, holder: None }, why)));
            }
            let is_private = self.desk().site.separator.is_empty()
                && holder.as_ref().is_some_and(|holder| *holder != ReplyTo::Queue);
            if is_private || self.takes_part(ticket) {
                let holder = holder.filter(|holder| is_private || self.is_held_by_author(holder));
                let why = format!("it answers a message of ours of #{id}");
                let holder = holder.filter(|_| self.desk().site.separator.is_empty());
                return Ok(Some((Route::Ticket { id, by: By::OwnMessageId, holder }, why)));
            }
        }
        Ok(None)
    }

    /// Without a separator a digest is answered by its Message-ID, which one person alone got.
    fn by_digest(&self, message_id: &str) -> Result<Found, Missing> {
        if !self.desk().site.separator.is_empty() {
            return Ok(None);
        }
        let Some(sent) = self.draft.case().sent(message_id)? else { return Ok(None) };
        let ReplyTo::Digest(person, _) = &sent.notice.reply_to else { return Ok(None) };
        let days = SignedDuration::from_hours(i64::from(key::DIGEST_DAYS) * 24);
        let is_fresh = self.mail.received_at <= later(sent.notice.at, days);
        let why = format!("it answers a digest of {person}");
        Ok(is_fresh.then(|| (Route::Digest { person: person.clone() }, why)))
    }

    fn is_held_by_author(&self, holder: &ReplyTo) -> bool {
        identity::identify(self.desk(), self.mail, None, None).is_some_and(|author| {
            identity::is_for(holder, &author.mailbox.address, author.person.as_ref())
        })
    }

    fn takes_part(&self, ticket: &Ticket) -> bool {
        identity::identify(self.desk(), self.mail, Some(ticket), None).is_some_and(|author| {
            ticket.takes_part(&author.mailbox.address)
                || author.person.is_some_and(|id| {
                    self.desk().register.access(&id, &ticket.queue).is_some()
                        || procedure::may_object(self.desk(), ticket, &id)
                })
        })
    }

    fn by_subject(&mut self) -> Result<Found, Missing> {
        let Some(tag) = own_tag(self.desk(), self.subject) else { return Ok(None) };
        if let Some(key) = &tag.key {
            if let Some(found) = self.keyed(tag.ticket, key, By::SubjectKey)? {
                return Ok(Some(found));
            }
            self.wrong_key = true;
        }
        let id = tag.ticket;
        let Some(ticket) = self.draft.ticket(id)? else { return Ok(None) };
        let why = format!("its subject names #{id} and its author takes part there");
        let route = Route::Ticket { id, by: By::SubjectTag, holder: None };
        Ok(self.takes_part(ticket).then_some((route, why)))
    }

    fn by_references(&self) -> Result<Found, Missing> {
        let mut tickets = BTreeSet::new();
        for message_id in answered(self.mail) {
            if key::own_id(self.desk(), message_id).is_some() {
                continue;
            }
            for entry in self.draft.case().thread(message_id)? {
                let Some(ticket) = self.draft.ticket(entry.ticket)? else { continue };
                if entry.accepted || self.takes_part(ticket) {
                    tickets.insert(entry.ticket);
                }
            }
        }
        let mut tickets = tickets.into_iter();
        Ok(match (tickets.next(), tickets.next()) {
            (Some(id), None) => {
                let why = format!("it answers a message that stands on #{id}");
                Some((Route::Ticket { id, by: By::References, holder: None }, why))
            }
            (Some(id), Some(other)) => {
                let why = format!("it answers #{id} and #{other}, so it goes to the dispatcher");
                let queues = vec![self.desk().dispatcher().clone()];
                Some((Route::New { queues, claims: None, linked: Some(id) }, why))
            }
            (None, _) => None,
        })
    }

    fn by_reference_line(&mut self) -> Result<Found, Missing> {
        if !self.desk().site.separator.is_empty() {
            return Ok(None);
        }
        let named = key::references_in(self.desk(), &self.mail.message.text);
        let mut first = None;
        for (id, key) in &named {
            match self.keyed(*id, key, By::ReferenceLine)? {
                // An answer to an answer quotes several lines: the author's own tells most.
                Some(found) if self.is_authors(&found.0) => return Ok(Some(found)),
                Some(found) => first = first.or(Some(found)),
                None => {}
            }
        }
        self.wrong_key |= first.is_none() && !named.is_empty();
        Ok(first)
    }

    fn is_authors(&self, route: &Route) -> bool {
        let Route::Ticket { holder: Some(holder), .. } = route else { return false };
        self.is_held_by_author(holder)
    }

    /// A provider that puts its own Message-ID in the place of ours leaves only the root id of the
    /// ticket, and a program that names none only its subject. Whom the mail was for, and for what,
    /// then stands in the subject or in the reference line.
    fn with_holder(&mut self, found: (Route, String)) -> Result<(Route, String), Missing> {
        let Route::Ticket { id, by, holder: None } = found.0 else { return Ok(found) };
        if !self.desk().site.separator.is_empty() {
            return Ok(found);
        }
        let tag = own_tag(self.desk(), self.subject).filter(|tag| tag.ticket == id);
        let by_tag = match tag.and_then(|tag| tag.key) {
            Some(key) => self.keyed(id, &key, By::SubjectKey)?,
            None => None,
        };
        let held = match by_tag {
            Some(held) => Some(held),
            None => self.by_reference_line()?,
        };
        Ok(match held {
            Some((Route::Ticket { id: named, holder, .. }, _)) if named == id => {
                let why = format!("{}, and quotes a key of #{id}", found.1);
                let by = if by == By::SubjectTag { By::ReferenceLine } else { by };
                (Route::Ticket { id, by, holder }, why)
            }
            _ => found,
        })
    }
}

/// Everyone whom a key of this ticket may have been made for, and for what.
#[must_use]
pub fn holders(desk: &Desk, ticket: &Ticket) -> Vec<ReplyTo> {
    let outside = ticket.requestors.iter().chain(&ticket.cc).map(|mailbox| &mailbox.address);
    let mut holders: Vec<_> = outside.clone().cloned().map(ReplyTo::Requestor).collect();
    let members = desk.register.members(&ticket.queue).iter().map(|member| &member.person);
    let people: BTreeSet<_> = members.collect();
    for person in &people {
        holders.push(ReplyTo::Member((*person).clone()));
        holders.push(ReplyTo::Internal((*person).clone()));
    }
    let addresses: Vec<Address> = people
        .iter()
        .filter_map(|person| desk.register.person(person)?.addresses.first().cloned())
        .chain(outside.cloned())
        .collect();
    for sequence in ticket.questions.iter().chain(&ticket.settled) {
        for address in &addresses {
            holders.push(ReplyTo::Question(*sequence, address.clone()));
        }
        if let Some(Question::Proof(waiting)) = ticket.asked.get(sequence) {
            holders.push(ReplyTo::Question(*sequence, waiting.address.clone()));
        }
    }
    if let Some(request) = &ticket.request {
        let questions = request.questions.iter();
        holders
            .extend(questions.map(|(sequence, question)| {
                ReplyTo::Question(*sequence, question.address.clone())
            }));
    }
    if let Some(sitting) = &ticket.sitting {
        let questions = sitting.questions.iter();
        holders.extend(
            questions.map(|(sequence, (_, address))| ReplyTo::Question(*sequence, address.clone())),
        );
    }
    holders
}
