//! Duties: people who must say yes or no before a request goes on.
//!
//! Each step of this kind has seats, one answer for each; who may answer for a seat stands in the
//! procedure, and the first of them decides. Nobody decides about the own request. Deliberately
//! absent: how answers are read (`verdict`), reminders and broken promises (`chase`).

use std::collections::BTreeSet;

use crate::desk::step::{By, Step};
use crate::desk::{Access, Desk};
use crate::mail::quote;
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::command::read::excerpt;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::matter::{Asking, Excerpt, Matter};
use crate::ticket::member;
use crate::ticket::procedure::handover::{ESCALATE, Wish};
use crate::ticket::procedure::request::{About, Request, RequestChange};
use crate::ticket::procedure::round::{Round, ask_round, is_joint};
use crate::ticket::procedure::verdict::{self, Says};
use crate::ticket::procedure::{
    asking, chase, checklist, collect, declare, handover, objection, outcome, record, request_of,
    steps, support, task, title,
};
use crate::ticket::proof::{self, Deed, Demand, Purpose, Waiting};
use crate::ticket::receive::{origin, words_of};
use crate::ticket::state::{Actor, Change, Ticket};
use crate::ticket::tell;
use crate::types::{PersonId, TicketId};

/// The seat of a higher body that a request was handed to.
pub(super) const BODY: u16 = u16::MAX;

/// The seat of who supports a request.
pub(super) const SUPPORTER: u16 = u16::MAX - 1;

/// The step and the seat that a question was about.
pub(super) type Seat = (u16, u16);

/// Asks all who must answer, once; says whether they have.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    step: &Step,
) -> Result<bool, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(false) };
    if request.waits().is_some() {
        return Ok(is_settled(&request, step));
    }
    let due_at = chase::due_at(draft, &request, step);
    record(draft, id, origin, RequestChange::Await { due_at });
    chase::arm(draft, id, origin)?;
    asking::tell_requestor(draft, id, origin, step)?;
    let seats: Vec<u16> = (0..seats(step)).collect();
    let why = asking::first(step);
    ask_round(draft, id, origin, &Round { step: request.step, seats: &seats, why, only: None })?;
    Ok(false)
}

fn seats(step: &Step) -> u16 {
    u16::try_from(bys(step).len()).unwrap_or(BODY - 1)
}

/// Who must answer at a step, one for each seat.
pub(super) fn bys(step: &Step) -> Vec<&By> {
    match step {
        Step::Review(review) => vec![&review.by],
        Step::Confirm(confirm) => vec![&confirm.by],
        Step::Joint(joint) => joint.by.iter().collect(),
        Step::Escalate(escalate) => vec![&escalate.to],
        Step::Checklist(list) => list.items.iter().map(|item| &item.by).collect(),
        _ => Vec::new(),
    }
}

/// Whether everybody who must has said yes.
pub(super) fn is_settled(request: &Request, step: &Step) -> bool {
    let has_yes = |seat| request.verdicts_here().any(|one| one.seat == seat && one.granted);
    has_yes(BODY) || (0..seats(step)).all(has_yes)
}

/// Asks everybody who may answer for a seat.
pub(super) fn ask_seat(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (seat, why): (Seat, Asking),
) -> Result<(), Missing> {
    ask_round(draft, id, origin, &Round { step: seat.0, seats: &[seat.1], why, only: None })
}

/// Asks one person; where a cap holds the mail back, the ticket says so and the digest has it.
pub(super) fn ask(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (person, about, why): (&PersonId, About, Asking),
) -> Result<bool, Missing> {
    let Some(to) = tell::member(draft.desk, person) else { return Ok(false) };
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.is_err() {
        let change = Change::NotSent { address, why: "cap".to_owned() };
        draft.record_inside(id, origin, change);
        return Ok(false);
    }
    let by = Actor::Person(person.clone());
    let change = RequestChange::Question { by, address: address.clone(), about, of: None };
    let question = record(draft, id, origin, change);
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(false) };
    let desk = draft.desk;
    objection::send(draft, id, &to, (question, address), |_, locale| {
        asking::matter(desk, &ticket, about, (why, locale))
    })?;
    Ok(true)
}

/// Who may answer for a seat: never the applicant, and where nobody is left, the coordinators.
pub(super) fn holders(desk: &Desk, ticket: &Ticket, (step, seat): Seat) -> Vec<PersonId> {
    let Some(request) = ticket.request.as_deref() else { return Vec::new() };
    let Some(declared) = request.procedure.step(step) else { return Vec::new() };
    if seat == SUPPORTER {
        return support::holders(desk, ticket, request);
    }
    let by = if seat == BODY {
        request.body.as_ref()
    } else {
        bys(declared).get(usize::from(seat)).copied()
    };
    let mut people: Vec<PersonId> =
        by.map(|by| people(desk, ticket, request, by)).unwrap_or_default();
    if request.waits().is_some_and(|pending| pending.escalated) {
        people.extend(self::people(desk, ticket, request, chase::higher(declared)));
    }
    let decides = matches!(declared, Step::Review(_) | Step::Escalate(_)) || seat == BODY;
    let is_own = |person: &PersonId| {
        let addresses = desk.register.person(person).map(|known| known.addresses.as_slice());
        let mut addresses = addresses.unwrap_or_default().iter();
        decides && addresses.any(|address| ticket.takes_part(address))
    };
    people.retain(|person| !is_own(person));
    if people.is_empty() {
        people = self::people(desk, ticket, request, &By::Coordinators);
        people.retain(|person| !is_own(person));
    }
    let mut seen = BTreeSet::new();
    people.retain(|person| seen.insert(person.clone()));
    people
}

/// Whom a procedure means.
pub(super) fn people(desk: &Desk, ticket: &Ticket, request: &Request, by: &By) -> Vec<PersonId> {
    let writers = |queue| {
        let members = desk.register.members(queue).iter();
        let writers = members.filter(|member| member.access == Access::Write);
        writers.map(|member| member.person.clone()).collect::<Vec<_>>()
    };
    let known = |person: &PersonId| desk.register.person(person).is_some();
    match by {
        By::Queue(queue) => writers(queue),
        By::Person(person) => vec![person.clone()].into_iter().filter(known).collect(),
        By::Fact(name) => request.people.get(name).cloned().into_iter().filter(known).collect(),
        By::Speaker(fact) => {
            let day = ticket.updated_at.to_zoned(desk.site.time_zone.clone()).date();
            let unit = support::unit(desk, request, fact);
            unit.map(|unit| unit.speakers(day).cloned().collect()).unwrap_or_default()
        }
        By::Coordinators => {
            let own = request.procedure.queue.as_ref().unwrap_or(&ticket.queue);
            let writers = writers(own);
            let is_none = writers.is_empty();
            if is_none { people(desk, ticket, request, &dispatchers(desk)) } else { writers }
        }
    }
}

fn dispatchers(desk: &Desk) -> By {
    By::Queue(desk.dispatcher().clone())
}

/// What a yes or no for a seat is, and the rung that it needs on this site.
fn purpose(desk: &Desk, request: &Request, (step, seat): Seat) -> (Purpose, u8) {
    let grants = matches!(
        request.procedure.step(step),
        Some(Step::Review(_) | Step::Joint(_) | Step::Escalate(_))
    );
    let purpose = if (grants && seat != SUPPORTER) || seat == BODY {
        Purpose::Grant
    } else {
        Purpose::Confirm
    };
    (purpose, proof::needed(desk, purpose))
}

/// Whether a question waits for somebody's yes or no at the step where the request stands.
fn is_open(request: &Request, (step, seat): Seat) -> bool {
    if seat == SUPPORTER {
        return request.support.is_none() && !request.is_ended();
    }
    let is_said = request.verdicts_here().any(|one| one.seat == seat);
    // Once a higher body has it, nobody else decides.
    let is_theirs = request.body.is_none() || seat == BODY;
    is_theirs
        && request.step == step
        && request.waits().is_some()
        && request.agenda.is_none()
        && !is_said
}

/// Somebody answered a question about a duty, or wrote on the key of such a question.
pub(super) fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
    seat: Seat,
) -> Result<(), Missing> {
    let from = origin(mail, Some(author));
    draft.record_inside(id, &from, Change::Comment { text: words_of(mail) });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let is_holder = |person: &&PersonId| holders(draft.desk, &ticket, seat).contains(person);
    let Some(person) = author.person.as_ref().filter(is_holder).cloned() else {
        return collect::shown_to_people(draft, mail, author, id);
    };
    if !is_open(request, seat) {
        return Ok(());
    }
    if author.suspect {
        return Ok(());
    }
    let answered = collect::answered_text(draft, mail)?;
    let reply = quote::split_message(&mail.message, answered.as_deref());
    if let Some(wish) = handover::wish(draft.desk, mail, &person, &reply) {
        let Wish { written, reason, rung } = wish;
        if author.rung < rung {
            let deed = Deed::Step { value: ESCALATE.to_owned(), text: reason, seat: Some(seat) };
            let purpose = Purpose::Grant;
            let demand = Demand { id, mail, author, holder: None, purpose, rung, deed };
            return proof::demand(draft, &demand).map(|_| ());
        }
        return handover::granted(draft, (id, &from), &person, (Some(written), reason));
    }
    let aside = if author.rung < KNOWN {
        Vec::new()
    } else {
        member::beside(draft, mail, (author, &person), id, &reply)?
    };
    let said = verdict::read_without(&reply, &mail.message, &aside);
    let is_all = said.says == Says::Unclear && said.words.is_empty();
    if is_all && !aside.is_empty() {
        return Ok(());
    }
    let words = said.has_reason.then(|| excerpt(mail.position, &said.words));
    let is_reason = owes_reason(request, &person, seat) && !mail.message.text.contains('?');
    let (granted, reason) = match (said.says, words) {
        (Says::Yes | Says::Done, words) => (true, words),
        (Says::No, Some(reason)) => (false, Some(reason)),
        (Says::Unclear, Some(reason)) if is_reason => (false, Some(reason)),
        // Words that decide nothing, of somebody who only claims to be the person: no mail.
        _ if author.rung < KNOWN => return Ok(()),
        (says, _) => {
            let unclear = says == Says::Unclear && !owes_reason(request, &person, seat);
            return ask_reason(draft, id, &from, (&person, seat, unclear));
        }
    };
    let (purpose, rung) = purpose(draft.desk, request, seat);
    if author.rung < rung {
        let deed = Deed::verdict(granted, reason, seat);
        let demand = Demand { id, mail, author, holder: None, purpose, rung, deed };
        return proof::demand(draft, &demand).map(|_| ());
    }
    settle(draft, id, &from, (&person, seat, granted, reason))
}

/// The registered person said yes to what came in the own name: it counts, where the request still
/// waits for it.
pub(super) fn proven(
    draft: &mut Draft<'_>,
    id: TicketId,
    waiting: &Waiting,
    origin: &Origin,
) -> Result<(), Missing> {
    let Actor::Person(person) = &waiting.whom else { return Ok(()) };
    let Deed::Step { value, text, seat } = &waiting.deed else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let may = |seat: &Seat| {
        is_open(request, *seat) && holders(draft.desk, &ticket, *seat).contains(person)
    };
    // What was proven is a yes to what was asked, not to whatever the request waits for by now.
    let seat = match *seat {
        Some(seat) => Some(seat).filter(may),
        None => seat_of(draft.desk, &ticket, person)
            .or_else(|| Some((request.step, SUPPORTER)).filter(may)),
    };
    let Some(seat) = seat else { return Ok(()) };
    if value == ESCALATE {
        return handover::granted(draft, (id, origin), person, (None, text.clone()));
    }
    settle(draft, id, origin, (person, seat, value == "yes", text.clone()))
}

/// Whether a person said no and owes the reason.
fn owes_reason(request: &Request, person: &PersonId, (step, seat): Seat) -> bool {
    let by = Actor::Person(person.clone());
    let is_reason = |about: About| match about {
        About::Reason { step: of, seat: at } => at == seat && (of == step || seat == SUPPORTER),
        _ => false,
    };
    request.questions.values().any(|one| one.by == by && is_reason(one.about))
}

/// Asks for the reason, or for a clear word; once for each.
pub(super) fn ask_reason(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (person, seat, unclear): (&PersonId, Seat, bool),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let (step, place) = seat;
    let by = Actor::Person(person.clone());
    let about = if unclear {
        About::Unclear { step, seat: place }
    } else {
        About::Reason { step, seat: place }
    };
    let was_asked = request.questions.values().any(|one| one.by == by && one.about == about);
    if was_asked {
        return Ok(());
    }
    ask(draft, id, origin, (person, about, Asking::First)).map(|_| ())
}

/// A proven person's yes or no counts: the others hear of it, and the request goes on or ends.
pub(super) fn settle(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (person, (step, seat), granted, reason): (&PersonId, Seat, bool, Option<Excerpt>),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let is_item = matches!(request.procedure.step(step), Some(Step::Checklist(_))) && seat != BODY;
    if seat == SUPPORTER {
        record(draft, id, origin, RequestChange::Support { granted });
        draft.disarm(id, origin, &Timer::Due(id, chase::SUPPORT));
        if granted {
            let goes_on = !request.is_collecting();
            return if goes_on { steps::advance(draft, id, origin) } else { Ok(()) };
        }
    }
    for seat in seats_of_one(draft, id, (person, (step, seat), granted))? {
        let change = RequestChange::Verdict { step, seat, granted, reason: reason.clone() };
        record(draft, id, origin, change);
    }
    if is_item {
        return checklist::said(draft, id, origin, granted);
    }
    let whole = !granted;
    if granted {
        declare::acknowledged(draft, id, origin, person)?;
        if seat == BODY {
            task::forget(draft, id, origin)?;
            steps::leave(draft, id, origin)?;
        }
        steps::advance(draft, id, origin)?;
    } else {
        outcome::refuse(draft, id, origin)?;
    }
    tell_settled(draft, id, origin, (Some(person), (step, seat), (granted, whole), reason))
}

/// The seats that an answer is for: the one it was asked about, and of a joint decision every open
/// one that the person may answer for. Whoever says no ends the request with one.
fn seats_of_one(
    draft: &Draft<'_>,
    id: TicketId,
    (person, (step, seat), granted): (&PersonId, Seat, bool),
) -> Result<Vec<u16>, Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(Vec::new()) };
    let request = ticket.request.as_deref().filter(|_| granted && is_joint(ticket, step));
    let Some(request) = request else { return Ok(vec![seat]) };
    let is_own = |other: &u16| {
        let may = holders(draft.desk, ticket, (step, *other)).contains(person);
        *other == seat || (may && is_open(request, (step, *other)))
    };
    let count = request.procedure.step(step).map_or(0, seats);
    Ok(if seat < count { (0..count).filter(is_own).collect() } else { vec![seat] })
}

/// Who answered, and the others who were asked the same, read that it is settled; with a no, all
/// who were asked at the step.
fn tell_settled(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (by, (step, seat), (granted, whole), reason): (
        Option<&PersonId>,
        Seat,
        (bool, bool),
        Option<Excerpt>,
    ),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let is_about = |about: About| match about {
        About::Duty { step: of, seat: at } => of == step && (whole || at == seat),
        _ => false,
    };
    let mut told: BTreeSet<PersonId> = by.cloned().into_iter().collect();
    for question in request.questions.values().filter(|question| is_about(question.about)) {
        if let Actor::Person(person) = &question.by {
            told.insert(person.clone());
        }
    }
    let name = by.map(|person| draft.desk.register.name_of(person));
    for person in told {
        let Some(to) = tell::member(draft.desk, &person) else { continue };
        let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
        // Who has the decision sheet knows already.
        if draft.tells(id, &to.mailbox.address) {
            continue;
        }
        if caps::spend(draft, &to.mailbox.address)?.is_err() {
            let (address, why) = (to.mailbox.address.clone(), "cap".to_owned());
            draft.record_inside(id, origin, Change::NotSent { address, why });
            continue;
        }
        let matter = Matter::Settled {
            title: title(&request, to.locale),
            applicant: asking::applicant(&ticket),
            granted,
            by: name.clone(),
            own: by == Some(&person),
            reason: reason.clone(),
        };
        let reply_to = tell::reply_inside(draft.desk, &ticket, &person);
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}

/// The request ended otherwise: who was asked and has not answered need not any more.
pub(super) fn call_off(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if request.waits().is_none() {
        return Ok(());
    }
    let seat = (request.step, 0);
    tell_settled(draft, id, origin, (None, seat, (false, true), None))
}

/// The seat that a person may answer for now, if there is one.
pub(crate) fn seat_of(desk: &Desk, ticket: &Ticket, person: &PersonId) -> Option<Seat> {
    let request = ticket.request.as_deref()?;
    let step = request.procedure.step(request.step)?;
    let body = request.body.is_some().then_some(BODY);
    body.into_iter()
        .chain(0..seats(step))
        .map(|seat| (request.step, seat))
        .filter(|seat| is_open(request, *seat))
        .find(|seat| holders(desk, ticket, *seat).contains(person))
}
