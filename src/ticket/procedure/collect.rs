//! Collecting facts: what mails say, the one question, taking up again.
//!
//! Deliberately absent: what follows when everything is there (`steps`), reminders and expiry
//! (`remind`).

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::desk::Procedure;
use crate::desk::procedure::{Fact, FactType};
use crate::desk::step;
use crate::mail::quote;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Notice, ReplyTo, Timer};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::matter::{Doubt, FactLine, Matter, RenewalStage};
use crate::ticket::procedure::facts::Found;
use crate::ticket::procedure::proofs::{self, Contested, Paper};
use crate::ticket::procedure::renew::{self, Say};
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::stance::{self, Stance};
use crate::ticket::procedure::{agreement, ahead, author_name, paper, remark, remind, signature};
use crate::ticket::procedure::{declare, duty, steps, support, title, waiting};
use crate::ticket::procedure::{facts, goes_on, objection, record, request_of};
use crate::ticket::receive::{letter, origin, words_of};
use crate::ticket::state::{Actor, Change, Status, Ticket};
use crate::ticket::tell::{self, CopyNote};
use crate::ticket::{caps, key, later, route, thanks};
use crate::types::{Locale, TicketId};

/// How long a request waits after its author's last mail before it asks or goes on, where the
/// procedure says nothing.
const SETTLE_SPAN: SignedDuration = SignedDuration::from_mins(5);
/// The author's requests of a procedure that are being collected.
pub(super) fn open_requests(
    draft: &Draft<'_>,
    author: &Author,
    name: &str,
) -> Result<Vec<TicketId>, Missing> {
    let mut open = Vec::new();
    let state = draft.case().correspondent(&author.reachable().address)?;
    for id in &state.collecting {
        let ticket = draft.ticket(*id)?.filter(|ticket| ticket.status.is_active());
        let request = ticket.and_then(|ticket| ticket.request.as_ref());
        if request.is_some_and(|request| {
            request.is_collecting()
                && request.expired_at.is_none()
                && request.procedure.name == name
        }) {
            open.push(*id);
        }
    }
    Ok(open)
}

/// Whether a fresh mail is whole in itself and says something else than the request it might
/// join: then it is another one.
pub(super) fn is_another(
    draft: &Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(true) };
    let mut alone = Request::new(Arc::clone(&request.procedure));
    let found = alone_in(draft, mail, &request.procedure);
    let differs = found
        .iter()
        .any(|fact| request.facts.get(&fact.name).is_some_and(|known| *known != fact.value));
    for fact in found.into_iter().filter(|fact| fact.is_fit) {
        alone.people.extend(fact.person.map(|person| (fact.name.clone(), person)));
        alone.facts.insert(fact.name, fact.value);
    }
    Ok(differs && facts::missing(&alone).is_empty())
}

/// What a mail alone says of a request that would begin with this procedure.
fn alone_in(draft: &Draft<'_>, mail: &MailEvent, procedure: &Arc<Procedure>) -> Vec<Found> {
    let ahead = draft.case().first_facts.as_deref().and_then(|ahead| ahead.found(procedure));
    ahead.map_or_else(|| ahead::of(procedure, &draft.desk.register, mail), <[Found]>::to_vec)
}

/// Remembers, or forgets, that the requestor's fresh mails may belong to this request.
pub(super) fn remember(draft: &mut Draft<'_>, id: TicketId, is_open: bool) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    for address in ticket.requestors.iter().map(|one| one.address.clone()).collect::<Vec<_>>() {
        let mut state = draft.case().correspondent(&address)?.clone();
        let before = state.collecting.len();
        state.collecting.retain(|known| *known != id);
        if is_open {
            state.collecting.push(id);
        }
        if state.collecting.len() != before || is_open {
            draft.remember(&address, state);
        }
    }
    Ok(())
}

/// The requestor wrote: facts are taken down, other words go to people.
pub(super) fn receive(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<(), Missing> {
    let origin = origin(mail, Some(author));
    draft.record(id, &origin, letter(mail, author.mailbox.clone(), words_of(mail), None));
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if author.suspect || thanks::is_only_thanks(&mail.message) {
        return Ok(());
    }
    let is_withdrawn = objection::stance_of(mail, None).1 == Stance::Withdrawal;
    if is_withdrawn && author.rung >= KNOWN && request.expired_at.is_none() {
        duty::call_off(draft, id, &origin)?;
        return steps::end(draft, id, &origin, false);
    }
    if request.expired_at.is_some() {
        record(draft, id, &origin, RequestChange::TakeUp);
        draft.record(id, &origin, Change::Status { status: Status::Open });
        remember(draft, id, true)?;
        take_down(draft, mail, id, &origin)?;
        return settle_later(draft, id, &origin, &request.procedure);
    }
    let is_read = request.is_collecting() || waiting::fact(&request).is_some();
    if !is_read || !take_down(draft, mail, id, &origin)? {
        shown_to_people(draft, mail, author, id)?;
    }
    Ok(())
}

/// Words that no step reads are read by people.
pub(super) fn shown_to_people(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<(), Missing> {
    let is_unproven = author.person.is_some() && author.rung == 0;
    let doubt =
        if author.suspect { Some(Doubt::Suspect) } else { is_unproven.then_some(Doubt::Unproven) };
    let note = CopyNote {
        author: author.mailbox.clone(),
        text: words_of(mail),
        is_new: false,
        reopened: false,
        doubt,
        linked: None,
        also: Vec::new(),
    };
    tell::copies(draft, id, mail, &note)
}

/// Takes down the facts of a mail. Says whether the mail was settled with it: it brought a fact,
/// or belongs to the mails before the first question.
pub(super) fn take_down(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    origin: &Origin,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    let answered = answered_text(draft, mail)?;
    let register = &draft.desk.register;
    let found = facts::read(&request, register, &mail.message, answered.as_deref());
    take_found(draft, mail, (id, origin), (request, found, answered))
}

/// Takes down the facts of the mail that began the request.
pub(super) fn take_first(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if answered_text(draft, mail)?.is_some() {
        return take_down(draft, mail, id, origin).map(drop);
    }
    let found = alone_in(draft, mail, &request.procedure);
    take_found(draft, mail, (id, origin), (request, found, None)).map(drop)
}

/// Takes down what was read in a mail.
fn take_found(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    (id, origin): (TicketId, &Origin),
    (request, mut found, answered): (Request, Vec<Found>, Option<String>),
) -> Result<bool, Missing> {
    found.retain(|fact| {
        let known = if fact.is_fit { &request.facts } else { &request.unfit };
        known.get(&fact.name) != Some(&fact.value)
            || request.people.get(&fact.name) != fact.person.as_ref()
    });
    let mut is_settled = !found.is_empty() || request.asked.is_none();
    for fact in found {
        take_fact(draft, mail, id, origin, fact)?;
    }
    is_settled |= signature::from_cc(draft, mail, id, origin)?;
    let request = request_of(draft, id)?.unwrap_or(request);
    let is_paper = |file| paper::is_paper(&mail.message, file);
    let has_files = mail.message.attachments.iter().any(is_paper);
    let speaks = || paper::speaks_of_attachment(&own_words(mail, answered.as_deref()));
    if !has_files && paper::is_wanted(&request) && speaks() {
        record(draft, id, origin, RequestChange::NothingAttached);
        is_settled = true;
    }
    if is_settled {
        settle_later(draft, id, origin, &request.procedure)?;
    }
    Ok(is_settled)
}

fn own_words(mail: &MailEvent, answered: Option<&str>) -> String {
    let reply = quote::split_message(&mail.message, answered);
    stance::own_words(&reply, &mail.message)
}

/// Takes down one fact. What somebody else gives otherwise than it is known is asked about.
fn take_fact(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    origin: &Origin,
    found: Found,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let Some(fact) = request.procedure.fact(&found.name).cloned() else { return Ok(()) };
    let is_known = request.facts.contains_key(&found.name);
    let is_foreign = !is_requestor(draft, id, origin)?;
    let unproven = origin.rung < KNOWN && request.asked.is_some();
    if is_known && (is_foreign || unproven) && fact.kind != FactType::Evidence {
        let by = mail.message.author().map(|author| author.address.clone());
        let by = by.unwrap_or_else(crate::types::Address::unknown);
        let contested = Contested { value: found.value, by };
        let name = found.name;
        record(draft, id, origin, RequestChange::Contested { name, contested });
        return Ok(());
    }
    let unfit = !found.is_fit;
    let Found { name, value, person, .. } = found;
    if fact.kind == FactType::Consent && fact.text.is_some() && !unfit {
        if value != "yes" {
            take_papers(draft, mail, id, origin, (&fact, &value))?;
        }
        return agreement::take(draft, id, origin, &fact);
    }
    let change = RequestChange::Fact { name, value: value.clone(), person, unfit };
    record(draft, id, origin, change);
    match fact.kind {
        FactType::Consent if unfit => renew::tell_declined(draft, id, origin),
        FactType::Evidence if !unfit => take_papers(draft, mail, id, origin, (&fact, &value)),
        FactType::CoSignature if !unfit => signature::named(draft, id, origin, &fact, &value),
        _ => Ok(()),
    }
}

fn take_papers(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    origin: &Origin,
    (fact, value): (&Fact, &str),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let given = paper::given(&request, fact, value, mail, origin).into_iter();
    for paper in given.filter(|paper| !paper::is_known(&request, fact, paper)) {
        record(draft, id, origin, RequestChange::Paper { paper: Box::new(paper) });
    }
    Ok(())
}

/// Whether who acts is the requestor, by whichever of his addresses.
fn is_requestor(draft: &Draft<'_>, id: TicketId, origin: &Origin) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(true) };
    let requestors = ticket.requestors.iter().map(|mailbox| &mailbox.address);
    let mut known = requestors.chain(&ticket.aliases);
    Ok(match &origin.by {
        Actor::Outside(address) => known.any(|one| one == address),
        Actor::Person(person) => known
            .any(|one| draft.desk.register.person_at(one).is_some_and(|known| &known.id == person)),
        Actor::Program => true,
    })
}

/// Waits for more mails of the author; where the procedure does not wait, it goes on at once.
fn settle_later(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    procedure: &Procedure,
) -> Result<(), Missing> {
    let span = procedure.settle_span.as_ref().and_then(|span| step::length(span).ok());
    // A yes or no to us is all there is to wait for.
    let own = if procedure.renews.is_some() { SignedDuration::ZERO } else { SETTLE_SPAN };
    let span = span.unwrap_or(own);
    if span.is_zero() {
        let origin = Origin { by: Actor::Program, rung: 0, at: origin.at, message: None };
        return goes_on(draft, id, &origin);
    }
    draft.arm(id, origin, Timer::Settle(id), later(origin.at, span));
    Ok(())
}

/// The text of ours that a mail answers, if it is known.
pub(super) fn answered_text(
    draft: &Draft<'_>,
    mail: &MailEvent,
) -> Result<Option<String>, Missing> {
    for message_id in route::answered(mail) {
        if key::own_id(draft.desk, message_id).is_some_and(|own| own.row.0 > 0) {
            return Ok(draft.case().sent(message_id)?.map(|sent| sent.text.clone()));
        }
    }
    Ok(None)
}

/// The request has settled: says whether everything is there; else it asks, once for the same.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if request.expired_at.is_some() {
        return Ok(false);
    }
    author_name::take(draft, id, origin)?;
    support::ask(draft, id, origin)?;
    agreement::recall(draft, id, origin)?;
    signature::ask(draft, id, origin)?;
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if facts::missing(&request).is_empty() {
        let since = request.filled_at.unwrap_or(origin.at);
        remind::disarm_reminders(draft, id, origin)?;
        record(draft, id, origin, RequestChange::Complete { since });
        draft.record(id, origin, Change::Status { status: Status::Open });
        remember(draft, id, false)?;
        declare::given(draft, id)?;
        renew::tell_agreed(draft, id, origin)?;
        return Ok(true);
    }
    let wanted: Vec<String> =
        facts::wanted(&request).into_iter().map(|fact| fact.name.clone()).collect();
    let is_waited_for = |name: &String| {
        request.procedure.fact(name).is_some_and(|fact| proofs::is_waited_for(&request, fact))
    };
    let is_same = wanted.iter().all(is_waited_for) && request.asked.is_some();
    let is_same = is_same
        || renew::is_declined(&request)
        || request.asked.as_ref().is_some_and(|(asked, at)| {
            *asked == wanted && request.filled_at.unwrap_or(Timestamp::MIN) < *at
        });
    if !is_same {
        ask(draft, id, origin, &wanted)?;
    }
    if !renew::is_declined(&request) {
        remind::remind_later(draft, id, origin)?;
    }
    Ok(false)
}

/// Asks the requestor for these facts.
pub(super) fn ask(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    missing: &[String],
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let (Some(request), Some(requestor)) = (&ticket.request, ticket.requestors.first()) else {
        return Ok(());
    };
    let to = tell::outsider(draft.desk, ticket, requestor);
    let sent = agreement::to_send(draft, request, &requestor.address, to.locale);
    let was_silent = !request.proofs.nothing_attached;
    let is_first = request.asked.is_none();
    let again = request.asked.as_ref().is_some_and(|(_, at)| *at != Timestamp::MIN);
    for sent in &sent {
        record(draft, id, origin, RequestChange::TextSent { sent: sent.clone() });
    }
    record(draft, id, origin, RequestChange::Asked { missing: missing.to_vec() });
    to_requestor(draft, id, origin, |draft, request, locale| {
        let facts = missing.iter().filter_map(|name| request.procedure.fact(name)).collect();
        let (remind_at, until) = remind::deadlines(draft, &request.procedure);
        let missing = lines(draft, request, facts, locale);
        let texts = remark::parts(&sent);
        let stage = if is_first { RenewalStage::First } else { RenewalStage::Reminder };
        let say = Say { missing, texts, remind_at, until, stage };
        renew::matter(draft, (id, request), locale, &say).unwrap_or_else(|| Matter::Question {
            title: title(request, locale),
            missing: say.missing,
            understood: known_lines(request, locale),
            remarks: remark::of(draft, request, &sent, locale),
            texts: say.texts,
            again,
            remind_at,
            until,
        })
    })?;
    if !was_silent {
        record(draft, id, origin, RequestChange::AttachmentAsked);
    }
    Ok(())
}

/// Sends what a request has to say to its requestor, if the caps allow; else the ticket says so.
pub(super) fn to_requestor(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    matter: impl Fn(&Draft<'_>, &Request, Locale) -> Matter,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let (Some(request), Some(requestor)) = (&ticket.request, ticket.requestors.first()) else {
        return Ok(());
    };
    let to = tell::outsider(draft.desk, &ticket, requestor);
    let matter = matter(draft, request, to.locale);
    let held = caps::spend(draft, &requestor.address)?.err();
    let is_outcome = matches!(matter, Matter::Outcome { .. });
    if held.is_some_and(|held| !is_outcome || held != caps::Held::Count) {
        let address = requestor.address.clone();
        draft.record_inside(id, origin, Change::NotSent { address, why: "cap".to_owned() });
        return Ok(());
    }
    let reply_to = ReplyTo::Requestor(requestor.address.clone());
    let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    draft.notify(threaded(notice, &ticket));
    Ok(())
}

fn threaded(mut notice: Notice, ticket: &Ticket) -> Notice {
    notice.in_reply_to = ticket.last_received.as_ref().and_then(|last| last.message_id.clone());
    notice
}

/// Labels to be filled in.
pub(super) fn lines(
    draft: &Draft<'_>,
    request: &Request,
    facts: Vec<&Fact>,
    locale: Locale,
) -> Vec<FactLine> {
    let line = |label: String| FactLine { label, value: String::new() };
    let mut lines = Vec::new();
    for fact in facts.into_iter().filter(|fact| !proofs::is_waited_for(request, fact)) {
        let things = proofs::lacking(request, fact);
        if things.is_empty() {
            let label = facts::question_label(request, &draft.desk.register, fact, locale);
            lines.push(line(label));
        }
        let label = fact.shown(locale);
        lines.extend(things.iter().map(|thing| line(format!("{label}, {thing}"))));
    }
    lines
}

/// What is known, in the order of the procedure.
pub(super) fn known_lines(request: &Request, locale: Locale) -> Vec<FactLine> {
    let missing = facts::missing(request);
    let mut lines = Vec::new();
    for fact in &request.procedure.facts {
        let label = fact.known_as(locale);
        if fact.kind == FactType::Evidence && fact.each.is_some() {
            lines.extend(paper_lines(request, fact, label));
            continue;
        }
        // A consent to a text is told in a sentence with its version.
        let is_told = fact.kind == FactType::Consent && fact.text.is_some();
        let is_missing = missing.iter().any(|open| open.name == fact.name);
        let known = request.facts.get(&fact.name).filter(|_| !is_missing && !is_told);
        lines.extend(known.map(|value| FactLine {
            label: label.to_owned(),
            value: fact.said(value, locale).into_owned(),
        }));
    }
    lines
}

/// What proves each of several things.
fn paper_lines(request: &Request, fact: &Fact, label: &str) -> Vec<FactLine> {
    let line = |thing: String| {
        let is_it = |paper: &&Paper| paper.fact == fact.name && paper.things.contains(&thing);
        let papers = request.proofs.papers.iter().filter(is_it);
        let names: Vec<&str> = papers.map(|paper| paper.name.as_str()).collect();
        let value = names.join("; ");
        (!value.is_empty()).then(|| FactLine { label: format!("{label}, {thing}"), value })
    };
    proofs::things(request, fact).into_iter().filter_map(line).collect()
}
