//! Requests of procedures: what mail, timers and silence do to them.
//!
//! The steps are interpreted in `steps`, facts are gathered in `collect`, objections heard in
//! `objection`; every transition is a [`RequestChange`], and the request is their fold.
//! Deliberately absent: any knowledge of a particular procedure.

pub(crate) mod agenda;
mod agreement;
pub mod ahead;
mod announce;
mod apply;
mod asking;
mod author_name;
mod bind;
mod chase;
mod checklist;
mod clause;
mod clause_words;
mod collect;
mod declare;
mod duty;
mod entry;
mod handle;
mod handover;
mod help;
mod label;
mod label_short;
mod lists;
mod names;
mod names_words;
mod objection;
mod outcome;
mod paper;
mod playbook;
mod progress;
mod prose;
mod prose_words;
mod queues;
mod recant;
mod remark;
mod remind;
mod round;
mod ruling;
mod run;
mod signature;
mod silence;
mod spoken;
mod stance_aside;
mod stance_turns;
mod stance_words;
mod steps;
mod support;
mod table;
mod task;
mod token;
mod told;
mod value;
mod value_aside;
mod value_date;
mod value_known;
mod value_name;
mod value_words;
mod verdict;
mod vote;
mod waiting;
mod which;
mod word;

pub mod change;
pub mod facts;
pub mod outlook;
pub mod people;
pub mod proofs;
pub mod renew;
pub mod request;
pub mod sheet;
pub mod stance;
pub mod window;

pub(crate) use value_date::date as date_in;

pub use crate::types::fold;

pub use bind::{came_back, refused as probe_refused};
pub use handover::{ESCALATE, HandedOver, escalate};
pub use outlook::{Outlook, Waits, digest_line};
pub use playbook::may_read as may_read_playbook;
pub use remind::TAKE_UP_SPAN;
pub use request::{Request, RequestChange};
pub use run::ended as ran;
pub use task::report;
pub use verdict::is_reason as says_why;
pub use word::{Ruled, rule};

use std::sync::Arc;

use jiff::Timestamp;

use crate::desk::Desk;
use crate::desk::procedure::{Step, objectors_queue};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::event::{MailEvent, Outage};
use crate::ticket::identity::{self, Author};
use crate::ticket::matter::FactLine;
use crate::ticket::procedure::request::{About, Question};
use crate::ticket::procedure::stance::Stance;
use crate::ticket::proof::{self, Purpose, Waiting};
use crate::ticket::state::{Change, Ticket};
use crate::ticket::{caps, first, key, receive};
use crate::types::{Locale, PersonId, Sequence, TicketId};

/// A first mail came to a procedure's address: a request begins, or the mail belongs to the one
/// of its author that is being collected.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn begin(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    name: &str,
) -> Result<Vec<TicketId>, Missing> {
    let dispatcher = draft.desk.dispatcher().clone();
    let named = |name: &str| draft.desk.procedures.get(name).cloned();
    let is_queue = |queue: &_| draft.desk.register.queue(queue).is_some();
    let queue =
        named(name).and_then(|known| known.queue.clone()).filter(is_queue).unwrap_or(dispatcher);
    let meant = which::meant(draft, mail, author, name)?;
    let Some(procedure) = meant.as_deref().and_then(named) else {
        return first::inquiry(draft, mail, author, &queue, None);
    };
    let name = procedure.name.as_str();
    let queue = procedure.queue.clone().filter(is_queue).unwrap_or(queue);
    if !caps::may_answer(draft, mail, author) {
        return first::inquiry(draft, mail, author, &queue, None);
    }
    let open = collect::open_requests(draft, author, name)?;
    match open.as_slice() {
        [] => {}
        [id] if !collect::is_another(draft, mail, *id)? => {
            collect::receive(draft, mail, author, *id)?;
            return Ok(vec![*id]);
        }
        [_] => {}
        [first, ..] => return first::inquiry(draft, mail, author, &queue, Some(*first)),
    }
    let id = first::open(draft, mail, Some(author), &queue, None)?;
    let origin = receive::origin(mail, Some(author));
    record(draft, id, &origin, RequestChange::Begin { procedure: Arc::clone(&procedure) });
    collect::remember(draft, id, true)?;
    collect::take_first(draft, mail, id, &origin)?;
    Ok(vec![id])
}

/// The requestor of a running or expired request wrote.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn receive(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<(), Missing> {
    collect::receive(draft, mail, author, id)
}

/// A question of a request that somebody answers.
#[derive(Debug)]
struct Answered {
    asked: Question,
    /// The transaction that asked.
    question: Sequence,
    /// How surely the answer is proven for what was asked.
    rung: u8,
}

/// Somebody else wrote on the ticket of a request: on a question that was put to him, in the
/// thread of what was published, or an objection on a member's key. Says whether the mail is
/// settled with it; what is not goes the way of any ticket.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn hears(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    holder: Option<&ReplyTo>,
) -> Result<bool, Missing> {
    let Some(request) = &ticket.request else { return Ok(false) };
    let person = author.person.as_ref();
    let objects = |id: &PersonId| may_object(draft.desk, ticket, id);
    match holder {
        Some(ReplyTo::Question(question, _)) => {
            on_question(draft, mail, ticket, author, (*question, holder))
        }
        Some(ReplyTo::Member(_) | ReplyTo::Internal(_)) => {
            let is_clear = objection::stance_of(mail, None).1 == Stance::Objection;
            let counts = is_clear && person.is_some_and(objects) && request.open_window().is_some();
            if counts {
                objection::hear(draft, mail, author, ticket.id)?;
            }
            Ok(counts)
        }
        Some(ReplyTo::Requestor(_) | ReplyTo::Digest(..)) => Ok(false),
        Some(ReplyTo::Queue | ReplyTo::None) | None => {
            let asked = asked_in(draft.desk, mail, ticket, author);
            if let Some(question) = asked.or_else(|| vote::ballot_of(mail, request, author)) {
                return on_question(draft, mail, ticket, author, (question, None));
            }
            let is_published = !request.announcements.is_empty();
            let takes_part = ticket.takes_part(&author.mailbox.address);
            let is_member = person
                .is_some_and(|id| draft.desk.register.access(id, &ticket.queue).is_some())
                && !person.is_some_and(objects);
            let counts = is_published && !takes_part && !is_member;
            if counts {
                objection::hear(draft, mail, author, ticket.id)?;
            }
            Ok(counts)
        }
    }
}

/// Somebody wrote on a question of a request: as sure as its code makes it, if it came back by the
/// address that was made for it.
fn on_question(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    ticket: &Ticket,
    author: &Author,
    (question, holder): (Sequence, Option<&ReplyTo>),
) -> Result<bool, Missing> {
    let request = ticket.request.as_ref();
    let Some(asked) = request.and_then(|request| request.questions.get(&question)).cloned() else {
        return Ok(false);
    };
    let id = ticket.id;
    let (address, person) = (&author.mailbox.address, author.person.as_ref());
    let is_for = holder.is_some_and(|holder| identity::is_for(holder, address, person));
    let purpose = asked.about.purpose().unwrap_or(Purpose::Object);
    let rung = proof::rung(ticket, author, holder, (purpose, mail.received_at));
    // Who objects may withdraw next, which takes a code of its own: so no raised author there.
    let proven = &Author { rung, ..author.clone() };
    match asked.about {
        About::Ballot => vote::hear(draft, mail, proven, id, (&asked, is_for))?,
        About::Duty { step, seat }
        | About::Reason { step, seat }
        | About::Unclear { step, seat } => {
            duty::answer(draft, mail, proven, id, (step, seat))?;
        }
        About::Support => {
            let step = request.map_or(0, |request| request.step);
            duty::answer(draft, mail, proven, id, (step, duty::SUPPORTER))?;
        }
        About::Signature => signature::answer(draft, mail, proven, id, (&asked, is_for))?,
        About::Ruling => {
            ruling::answer(draft, mail, author, id, (&Answered { asked, question, rung }, is_for))?;
        }
        About::Objection | About::Withdrawal | About::Noted if is_for => {
            objection::answer(draft, mail, author, id, &Answered { asked, question, rung })?;
        }
        About::Objection | About::Withdrawal | About::Noted => {
            objection::hear(draft, mail, author, id)?;
        }
    }
    Ok(true)
}

/// The question to its author that a mail answers by its Message-ID alone: it says what the words
/// are about, and proves nothing.
fn asked_in(desk: &Desk, mail: &MailEvent, ticket: &Ticket, author: &Author) -> Option<Sequence> {
    let questions = &ticket.request.as_ref()?.questions;
    let by = author.actor();
    let answered = mail.message.in_reply_to.iter().filter_map(|id| key::own_id(desk, id));
    let own = answered.filter(|own| own.ticket == Some(ticket.id)).map(|own| own.sequence);
    own.into_iter().find(|own| questions.get(own).is_some_and(|question| question.by == by))
}

/// Something that waited for its author's proof is proven: it is done now, under `origin`, as the
/// mail of `waiting.received_at` asked for it. Other purposes never wait here: a vote waits for its
/// ballot, results wait for the question about them, and words wait as a member's letter.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn proven(
    draft: &mut Draft<'_>,
    id: TicketId,
    waiting: &Waiting,
    origin: &Origin,
) -> Result<(), Missing> {
    match waiting.purpose {
        Purpose::Object => objection::confirm(draft, id, origin, &waiting.whom),
        Purpose::Withdraw => objection::withdraw(draft, id, origin, &waiting.whom),
        Purpose::Grant | Purpose::Confirm => duty::proven(draft, id, waiting, origin),
        Purpose::Cosign => signature::proven(draft, id, waiting, origin),
        Purpose::Answer
        | Purpose::Rule
        | Purpose::Consent
        | Purpose::Vote
        | Purpose::Minutes
        | Purpose::Keep
        | Purpose::Erase => Ok(()),
    }
}

/// A timer of a request is due. Early, twice or late does nothing that is not due.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn fire(
    draft: &mut Draft<'_>,
    timer: &Timer,
    due_at: Timestamp,
    outages: &[Outage],
) -> Result<(), Missing> {
    let Some(id) = timer.ticket() else { return Ok(()) };
    let Some(origin) = draft.due(id, timer, due_at)? else { return Ok(()) };
    if was_closed_by_people(draft, id)? {
        return end_quietly(draft, id, &origin);
    }
    match timer {
        Timer::Settle(_) => steps::advance(draft, id, &origin),
        Timer::Remind(_, number) => remind::remind(draft, id, &origin, *number),
        Timer::Window(_) => silence::close(draft, id, &origin, outages),
        Timer::Unconfirmed(_) => ruling::unconfirmed(draft, id, &origin),
        Timer::Due(_, number) => chase::fire(draft, id, &origin, *number),
        Timer::Run(_) => run::lost(draft, id, &origin),
        Timer::Vote(_) => vote::close(draft, id, &origin, outages),
        Timer::Held(..)
        | Timer::Leave(..)
        | Timer::Proof(..)
        | Timer::Digest(_)
        | Timer::Return(_) => Ok(()),
        Timer::Erase(_) | Timer::Outbox(_) | Timer::Wake(_) | Timer::Deadline(_) => Ok(()),
        Timer::Changes | Timer::Neglect | Timer::Liaison(_) | Timer::Answer(_) => Ok(()),
        Timer::Practice(_) | Timer::Meeting(_) | Timer::Erased(_) | Timer::Renew(..) => Ok(()),
        Timer::Breach(_) => Ok(()),
    }
}

/// Whether a requestor's words settle a question for help that the request was granted with.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn helps(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<bool, Missing> {
    help::answer(draft, mail, author, id)
}

/// The requestor of a request that was refused wrote: says whether a higher body looks at it now.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn appeals(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<bool, Missing> {
    handover::appeal(draft, mail, author, id)
}

/// A request has settled: it goes on, unless people closed its ticket meanwhile.
fn goes_on(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    if was_closed_by_people(draft, id)? {
        return end_quietly(draft, id, origin);
    }
    steps::advance(draft, id, origin)
}

fn end_quietly(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    record(draft, id, origin, RequestChange::End { granted: false });
    collect::remember(draft, id, false)
}

/// A member says until when the step may take where a request waits; says whether it waits for
/// anybody.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(crate) fn put_off(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    until: Timestamp,
) -> Result<bool, Missing> {
    let waits = request_of(draft, id)?.is_some_and(|request| request.waits().is_some());
    if waits {
        record(draft, id, origin, RequestChange::Await { due_at: Some(until) });
        chase::arm(draft, id, origin)?;
    }
    Ok(waits)
}

/// Whether a member closed the ticket while its request was running: nothing of it goes on.
fn was_closed_by_people(draft: &Draft<'_>, id: TicketId) -> Result<bool, Missing> {
    Ok(draft.ticket(id)?.is_some_and(|ticket| {
        let is_running = ticket
            .request
            .as_ref()
            .is_some_and(|request| !request.is_ended() && request.expired_at.is_none());
        is_running && !ticket.status.is_active()
    }))
}

/// A known person votes by keyword. Says whether there is a vote in which that counts; what came
/// of it stands in a mail of its own: where it takes more proof, the ballot once more.
pub(crate) fn vote_by_keyword(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    person: &PersonId,
    words: &str,
) -> Result<bool, Missing> {
    let is_voter = request_of(draft, id)?
        .and_then(|request| request.polling)
        .is_some_and(|polling| polling.voters.contains(person));
    if is_voter {
        let origin = Origin { message: None, ..origin.clone() };
        let is_open = request_of(draft, id)?.is_some_and(|request| request.open_poll().is_some());
        if is_open && origin.rung < proof::needed(draft.desk, Purpose::Vote) {
            vote::ask_again(draft, id, &origin, person)?;
            return Ok(true);
        }
        vote::cast(draft, id, &origin, person, vote::choice_of(words))?;
    }
    Ok(is_voter)
}

/// Whether a message of ours with this transaction's number is what a request published: an
/// answer to it may come from anybody.
#[must_use]
pub fn is_announcement(ticket: &Ticket, sequence: Sequence) -> bool {
    ticket.request.as_ref().is_some_and(|request| request.announcements.contains(&sequence))
}

/// Whether the request of a ticket expired and waits to be taken up.
#[must_use]
pub fn is_expired(ticket: &Ticket) -> bool {
    ticket.request.as_ref().is_some_and(|request| request.expired_at.is_some())
}

/// Whether a person's objection counts in some window of this ticket's request.
#[must_use]
pub fn may_object(desk: &Desk, ticket: &Ticket, person: &PersonId) -> bool {
    let Some(request) = &ticket.request else { return false };
    request.procedure.steps.iter().any(|step| {
        let Step::Window { objectors, .. } = step else { return false };
        objectors_queue(objectors)
            .is_some_and(|queue| desk.register.access(person, &queue).is_some())
    })
}

/// What is known of a request, and the labels of what is missing, for a reader of `locale`.
#[must_use]
pub fn stand(draft: &Draft<'_>, request: &Request, locale: Locale) -> (Vec<FactLine>, Vec<String>) {
    let missing = collect::lines(draft, request, facts::missing(request), locale);
    let labels = missing.into_iter().map(|line| line.label).collect();
    let is_open = request.is_collecting();
    let known = collect::known_lines(request, locale);
    (known, if is_open { labels } else { Vec::new() })
}

fn record(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, change: RequestChange) -> Sequence {
    draft.record(id, origin, Change::Request { change })
}

/// The request of a ticket as it stands.
fn request_of(draft: &Draft<'_>, id: TicketId) -> Result<Option<Request>, Missing> {
    Ok(draft.ticket(id)?.and_then(|ticket| ticket.request.as_deref()).cloned())
}

/// The text of ours that a mail answers, if it is known.
pub(crate) fn collect_answered(
    draft: &Draft<'_>,
    mail: &MailEvent,
) -> Result<Option<String>, Missing> {
    collect::answered_text(draft, mail)
}

pub(in crate::ticket) fn title(request: &Request, locale: Locale) -> String {
    let called = &request.procedure.called;
    let text = called.get(&locale).or_else(|| called.values().next());
    let named = text.map(|text| asking::filled_with(request, text, locale));
    named
        .filter(|name| !name.contains('{'))
        .unwrap_or_else(|| request.procedure.shown(locale).to_owned())
}
