//! Consents: to which text in which version, and from when one counts.
//!
//! A consent counts only for a text that was sent to this person before; given earlier it is noted,
//! and the next question brings the text and asks for one word. Deliberately absent: the register
//! of consents, which this writes (`desk::consent`).

use std::sync::Arc;

use crate::desk::consent::Consenting;
use crate::desk::procedure::{Fact, FactType};
use crate::desk::{Consent, Desk, RuleText};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::procedure::proofs::SentText;
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{people, record, renew, request_of};
use crate::ticket::proof::{self, Purpose};
use crate::ticket::state::Actor;
use crate::types::{Address, Locale, TicketId};

/// The version of the text that a fact asks consent to, as it holds today.
fn current<'a>(draft: &'a Draft<'_>, fact: &Fact) -> Option<&'a Arc<RuleText>> {
    let today = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
    draft.desk.register.text_on(fact.text.as_deref()?, today)
}

/// Whose consent a fact is: the unit's that another fact names, or the author's own.
fn whose(draft: &Draft<'_>, request: &Request, fact: &Fact, by: &Actor) -> Option<Consenting> {
    if let Some(unit) = &fact.unit {
        let named = request.facts.get(unit)?;
        return people::unit(&draft.desk.register, named)
            .map(|unit| Consenting::Unit(unit.id.clone()));
    }
    match by {
        Actor::Person(person) => Some(Consenting::Person(person.clone())),
        Actor::Outside(address) => Some(Consenting::Address(address.clone())),
        Actor::Program => None,
    }
}

/// The text that was sent to an author, the last version first.
fn sent_to<'a>(desk: &Desk, request: &'a Request, text: &str, by: &Actor) -> Option<&'a SentText> {
    let is_author = |to: &Address| match by {
        Actor::Person(person) => {
            desk.register.person_at(to).is_some_and(|known| &known.id == person)
        }
        Actor::Outside(address) => address == to,
        Actor::Program => false,
    };
    request.proofs.sent.iter().rev().find(|sent| sent.text == text && is_author(&sent.to))
}

/// Somebody says yes to a text: it counts if he has it and is known to be who he says; else it is
/// noted.
pub(super) fn take(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    fact: &Fact,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let name = fact.name.clone();
    let text = fact.text.as_deref().unwrap_or_default();
    let sent = sent_to(draft.desk, &request, text, &origin.by);
    let whose = whose(draft, &request, fact, &origin.by);
    match (sent, whose) {
        (Some(sent), Some(by)) if origin.rung >= proof::needed(draft.desk, Purpose::Consent) => {
            let consent = Consent {
                by,
                text: sent.text.clone(),
                version: sent.version,
                locale: sent.locale,
                hash: sent.hash,
                at: origin.at,
                rung: origin.rung,
                message: origin.message,
                ticket: Some(id),
                withdrawn_at: None,
            };
            draft.enroll(crate::desk::RegisterChange::Consent(consent.clone()));
            renew::agreed(draft, &consent);
            let consent = Box::new(consent);
            record(draft, id, origin, RequestChange::Agreed { name, consent });
        }
        _ => {
            record(draft, id, origin, RequestChange::AgreementNoted { name });
        }
    }
    Ok(())
}

/// Consents that the register has already are not asked for again.
pub(super) fn recall(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let Some(requestor) = ticket.requestors.first() else { return Ok(()) };
    let author = draft.desk.register.person_at(&requestor.address);
    let by = author.map_or_else(
        || Actor::Outside(requestor.address.clone()),
        |person| Actor::Person(person.id.clone()),
    );
    let mut known = Vec::new();
    for fact in open(&request) {
        let Some(text) = current(draft, fact) else { continue };
        let Some(whose) = whose(draft, &request, fact, &by) else { continue };
        let said = |by: &Consenting| draft.desk.register.consent(&text.name, text.version, by);
        // Given before the register knew the author, it stands under the address.
        let earlier = Consenting::Address(requestor.address.clone());
        let is_own = fact.unit.is_none();
        let consent = said(&whose).or_else(|| said(&earlier).filter(|_| is_own));
        known.extend(consent.map(|consent| (fact.name.clone(), Box::new(consent.clone()))));
    }
    for (name, consent) in known {
        record(draft, id, origin, RequestChange::Agreed { name, consent });
    }
    Ok(())
}

/// The consents to texts that a request still lacks.
pub(super) fn open(request: &Request) -> impl Iterator<Item = &Fact> {
    request.procedure.facts.iter().filter(|fact| {
        let lacks = !request.proofs.consents.contains_key(&fact.name);
        fact.kind == FactType::Consent && fact.text.is_some() && lacks
    })
}

/// The texts that go along with a question to an address: each version once.
pub(super) fn to_send(
    draft: &Draft<'_>,
    request: &Request,
    to: &Address,
    locale: Locale,
) -> Vec<SentText> {
    let mut texts: Vec<SentText> = Vec::new();
    for text in open(request).filter_map(|fact| current(draft, fact)) {
        let Some(locale) = text.locale_for(locale) else { continue };
        let is_it = |sent: &SentText| {
            sent.text == text.name && sent.version == text.version && sent.to == *to
        };
        let hash = text.hash(locale).unwrap_or_default();
        if !request.proofs.sent.iter().chain(&texts).any(is_it) {
            texts.push(SentText {
                text: text.name.clone(),
                version: text.version,
                locale,
                hash,
                to: to.clone(),
            });
        }
    }
    texts
}
