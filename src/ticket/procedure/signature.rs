//! Co-signatures: somebody besides the requestor must say yes.
//!
//! Who is named, or stands alone in Cc, is asked at once, at the address that the register or the
//! mail's header has. Deliberately absent: decisions (`review`, `joint`), which come after.

use crate::desk::procedure::{Fact, FactType};
use crate::mail::quote;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::Matter;
use crate::ticket::procedure::proofs::Signature;
use crate::ticket::procedure::request::{About, Question, Request, RequestChange};
use crate::ticket::procedure::verdict::{self, Says};
use crate::ticket::procedure::{collect, people, record, request_of, title};
use crate::ticket::proof::{self, Deed, Demand, Proof, Purpose, Waiting};
use crate::ticket::receive::{origin, words_of};
use crate::ticket::state::{Actor, Change};
use crate::ticket::tell::{self, Recipient};
use crate::types::{Address, Mailbox, TicketId};

/// Somebody is named as co-signer, at this address if he is nobody of the register.
pub(super) fn named(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    fact: &Fact,
    given: &str,
) -> Result<(), Missing> {
    let register = &draft.desk.register;
    let person = match people::find(register, given) {
        people::Named::One(person) => register.person(&person),
        people::Named::Nobody(_) => None,
    };
    let address = person
        .and_then(|person| person.addresses.first().cloned())
        .or_else(|| people::address_in(given));
    let Some(address) = address else { return Ok(()) };
    let person = person.map(|person| person.id.clone());
    let is_author = match &origin.by {
        Actor::Person(by) => Some(by) == person.as_ref(),
        Actor::Outside(by) => *by == address,
        Actor::Program => false,
    };
    let signed = (is_author && origin.rung >= proof::needed(draft.desk, Purpose::Cosign))
        .then_some((origin.at, origin.rung));
    let signature = Signature { address, person, signed, refused_at: None, asked_at: None };
    let name = fact.name.clone();
    record(draft, id, origin, RequestChange::Signature { name, signature: Box::new(signature) });
    Ok(())
}

/// Who stands alone in Cc is the co-signer where nobody is named.
pub(super) fn from_cc(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    origin: &Origin,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let is_open = |fact: &&Fact| {
        fact.kind == FactType::CoSignature && !request.proofs.signatures.contains_key(&fact.name)
    };
    let Some(fact) = request.procedure.facts.iter().find(is_open).cloned() else {
        return Ok(false);
    };
    let is_free = |mailbox: &&Mailbox| !draft.desk.is_own(&mailbox.address);
    let mut copies = mail.message.cc.iter().filter(is_free);
    let (Some(one), None) = (copies.next().cloned(), copies.next()) else { return Ok(false) };
    let person = draft.desk.register.person_at(&one.address);
    let value = person.map_or_else(|| one.address.to_string(), |person| person.name.clone());
    let person = person.map(|person| person.id.clone());
    let change = RequestChange::Fact { name: fact.name.clone(), value, person, unfit: false };
    record(draft, id, origin, change);
    named(draft, id, origin, &fact, one.address.as_str())?;
    Ok(true)
}

/// Asks everybody who is named and was not asked.
pub(super) fn ask(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let is_new = |signature: &Signature| signature.asked_at.is_none();
    ask_each(draft, id, origin, is_new)
}

/// Asks everybody once more who was asked and has said nothing.
pub(super) fn remind(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let is_silent = |one: &Signature| one.asked_at.is_some() && one.refused_at.is_none();
    ask_each(draft, id, origin, is_silent)
}

fn ask_each(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    is_asked: impl Fn(&Signature) -> bool,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    for (name, signature) in &request.proofs.signatures {
        if signature.signed.is_none() && is_asked(signature) {
            ask_one(draft, id, origin, &request, (name, signature))?;
        }
    }
    Ok(())
}

fn ask_one(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    request: &Request,
    (name, signature): (&String, &Signature),
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let person = signature.person.as_ref().and_then(|id| draft.desk.register.person(id));
    let mailbox =
        Mailbox::new(person.map_or("", |person| person.name.as_str()), signature.address.clone());
    let known = match person {
        Some(person) => tell::member(draft.desk, &person.id),
        None => None,
    };
    let outside = || Recipient { person: None, ..tell::outsider(draft.desk, &ticket, &mailbox) };
    let to = known.unwrap_or_else(outside);
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.is_err() {
        let change = Change::NotSent { address, why: "cap".to_owned() };
        draft.record_inside(id, origin, change);
        return Ok(());
    }
    let by =
        signature.person.clone().map_or_else(|| Actor::Outside(address.clone()), Actor::Person);
    let about = About::Signature;
    let change = RequestChange::Question { by, address: address.clone(), about, of: None };
    let question = record(draft, id, origin, change);
    let asked = Signature { asked_at: Some(draft.now), ..signature.clone() };
    let change = RequestChange::Signature { name: name.clone(), signature: Box::new(asked) };
    record(draft, id, origin, change);
    let requestor = ticket.requestors.first().map(Mailbox::shown).unwrap_or_default();
    let matter = Matter::SignatureAsked {
        title: title(request, to.locale),
        requestor: requestor.to_owned(),
        facts: collect::known_lines(request, to.locale),
    };
    let reply_to = ReplyTo::Question(question, address);
    let mut notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    notice.sequence = question;
    draft.notify(notice);
    Ok(())
}

/// Who was asked answers. Anything but a clear yes or no is read by people.
pub(super) fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    (asked, is_for): (&Question, bool),
) -> Result<(), Missing> {
    let origin = origin(mail, Some(author));
    draft.record_inside(id, &origin, Change::Comment { text: words_of(mail) });
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let of = |(_, signature): &(&String, &Signature)| same(signature, &asked.address, &asked.by);
    let Some((name, signature)) = request.proofs.signatures.iter().find(of) else {
        return Ok(());
    };
    let text = collect::answered_text(draft, mail)?;
    let reply = quote::split_message(&mail.message, text.as_deref());
    let says = verdict::read(&reply, &mail.message).says;
    let purpose = Purpose::Cosign;
    let rung = proof::needed(draft.desk, purpose);
    let is_asked = is_for || author.actor() == asked.by;
    let signs = match says {
        Says::Yes if is_asked && !author.suspect => true,
        Says::No if is_asked && !author.suspect => false,
        _ => return collect::shown_to_people(draft, mail, author, id),
    };
    if author.rung < rung {
        let deed = Deed::step(if signs { "yes" } else { "no" }, None);
        let demand = Demand { id, mail, author, holder: None, purpose, rung, deed };
        return match proof::demand(draft, &demand)? {
            Proof::Refused(_) => collect::shown_to_people(draft, mail, author, id),
            Proof::Asked(_) | Proof::Proven(_) => Ok(()),
        };
    }
    let (name, signature) = (name.clone(), signature.clone());
    take(draft, id, &origin, (name, signature, signs))
}

/// Who was asked said yes to what came in the own name.
pub(super) fn proven(
    draft: &mut Draft<'_>,
    id: TicketId,
    waiting: &Waiting,
    origin: &Origin,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Deed::Step { value, .. } = &waiting.deed else { return Ok(()) };
    let of = |(_, one): &(&String, &Signature)| same(one, &waiting.address, &waiting.whom);
    let Some((name, signature)) = request.proofs.signatures.iter().find(of) else {
        return Ok(());
    };
    let origin = Origin { at: waiting.received_at, ..origin.clone() };
    take(draft, id, &origin, (name.clone(), signature.clone(), value == "yes"))
}

/// Keeps a proven yes or no, and goes on.
fn take(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (name, signature, signs): (String, Signature, bool),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let said = Some((origin.at, origin.rung));
    let signature = if signs {
        Signature { signed: said, ..signature }
    } else {
        Signature { refused_at: Some(origin.at), ..signature }
    };
    let change = RequestChange::Signature { name: name.clone(), signature: Box::new(signature) };
    record(draft, id, origin, change);
    if !signs {
        let value = request.facts.get(&name).cloned().unwrap_or_default();
        record(draft, id, origin, RequestChange::Fact { name, value, person: None, unfit: true });
    }
    draft.arm(id, origin, Timer::Settle(id), draft.now.max(origin.at));
    Ok(())
}

fn same(signature: &Signature, address: &Address, by: &Actor) -> bool {
    let person = signature.person.clone().map(Actor::Person);
    signature.address == *address || person.as_ref() == Some(by)
}
