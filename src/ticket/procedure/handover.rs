//! Handing a request to a higher body: because who asked does not accept a refusal, or because
//! people inside cannot agree (000-37).
//!
//! The body reads the whole history and has a deadline; its word ends the matter. Deliberately
//! absent: how it answers (`duty`), the step of a procedure that asks a body anyway (`duty` too).

use jiff::Timestamp;

use crate::desk::Desk;
use crate::desk::calendar::Counting;
use crate::desk::procedure::{Appeal, Step};
use crate::desk::step::{self, By};
use crate::mail::quote::{self, Reply};
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::command::read::excerpt;
use crate::ticket::command::{self, Eyes, Reader, What};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::Author;
use crate::ticket::matter::{Asking, Excerpt, Matter, Recourse, ResultKind};
use crate::ticket::member::remark;
use crate::ticket::procedure::request::{About, Request, RequestChange};
use crate::ticket::procedure::stance::{self, Word};
use crate::ticket::procedure::{
    agenda, asking, chase, collect, duty, record, request_of, steps, task, title, window,
};
use crate::ticket::proof;
use crate::ticket::receive::{letter, origin, words_of};
use crate::ticket::state::{Change, Status};
use crate::ticket::{tell, thanks};
use crate::types::{PersonId, TicketId};

/// By when a body is expected to decide where the procedure says nothing.
const SPAN: &str = "14 days";

/// Whether and until when who asked may go to a higher body with a refusal of `at`.
pub(super) fn recourse(draft: &Draft<'_>, request: &Request, at: Timestamp) -> Option<Recourse> {
    let appeal = request.procedure.appeal.as_ref().filter(|_| request.body.is_none())?;
    let until = ends(draft, appeal, at)?;
    Some(Recourse { body: asking::called(draft.desk, request, &appeal.to), until })
}

fn ends(draft: &Draft<'_>, appeal: &Appeal, at: Timestamp) -> Option<Timestamp> {
    let days = step::days(&appeal.within).ok()?;
    Some(window::end(at, days, Counting::default(), draft.desk.site.days()))
}

/// The requestor of a refused request wrote: says whether that hands it to the higher body.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub(super) fn appeal(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    id: TicketId,
) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(false) };
    let Some(request) = ticket.request.as_deref() else { return Ok(false) };
    let ended_at = ticket.ended_at.filter(|_| request.granted == Some(false));
    let declared = request.procedure.appeal.clone().filter(|_| request.body.is_none());
    let (Some(appeal), Some(ended_at)) = (declared, ended_at) else { return Ok(false) };
    let is_late = ends(draft, &appeal, ended_at).is_none_or(|ends| ends <= mail.received_at);
    let is_own = ticket.requestors.iter().any(|one| one.address == author.mailbox.address);
    let is_thanks = mail.is_only_thanks || thanks::is_only_thanks(&mail.message);
    if is_late || !is_own || author.suspect || is_thanks || !has_reason(request) {
        return Ok(false);
    }
    let answered = collect::answered_text(draft, mail)?;
    let reply = quote::split_message(&mail.message, answered.as_deref());
    let words = stance::own_words(&reply, &mail.message);
    let says_no = stance::answer(&words) == Some(Word::No);
    if says_no || words.trim().is_empty() || words.trim_end().ends_with('?') {
        return Ok(false);
    }
    let origin = origin(mail, Some(author));
    let text = words_of(mail);
    draft.record(id, &origin, letter(mail, author.mailbox.clone(), text.clone(), None));
    hand_over(draft, id, &origin, (appeal.to, &appeal.span, Some(text)))?;
    Ok(true)
}

/// Whether somebody refused the request: only then is there something to look at once more. What
/// a member closed by hand, or a requestor withdrew, has no decision.
fn has_reason(request: &Request) -> bool {
    let ruled = request.ruling.as_ref().is_some_and(|ruling| !ruling.granted);
    ruled || request.verdicts.iter().any(|verdict| !verdict.granted)
}

/// The body that a request goes to where people cannot agree: the one for appeals, else that of a
/// step to come, else that which a broken promise of this step goes to.
fn body_of(request: &Request) -> Option<(By, String)> {
    let appeal = request.procedure.appeal.as_ref();
    let appeal = appeal.map(|appeal| (appeal.to.clone(), appeal.span.clone()));
    let declared = || {
        request.procedure.steps.iter().find_map(|step| match step {
            Step::Escalate(escalate) => Some((escalate.to.clone(), escalate.span.clone())),
            _ => None,
        })
    };
    let promise = || {
        let step = request.procedure.step(request.step)?;
        let to = step.deadline()?.escalate_to?.clone();
        Some((to, SPAN.to_owned()))
    };
    appeal.or_else(declared).or_else(promise)
}

/// What became of a wish that a higher body decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandedOver {
    /// The body was asked.
    Done,
    /// It has the request already.
    Already,
    /// Nothing waits for a decision there.
    NotOpen,
    /// The procedure names no such body.
    NoBody,
}

impl HandedOver {
    /// What is told to whom wished it.
    #[must_use]
    pub const fn told(self) -> ResultKind {
        match self {
            Self::Done => ResultKind::Escalated,
            Self::Already => ResultKind::Already,
            Self::NotOpen => ResultKind::NotAllowed,
            Self::NoBody => ResultKind::NoBody,
        }
    }
}

/// A member hands a request to the higher body.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn escalate(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    reason: Option<Excerpt>,
) -> Result<HandedOver, Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(HandedOver::NotOpen) };
    if request.is_ended() || request.is_collecting() || request.expired_at.is_some() {
        return Ok(HandedOver::NotOpen);
    }
    if request.body.is_some() {
        return Ok(HandedOver::Already);
    }
    let Some((to, span)) = body_of(&request) else { return Ok(HandedOver::NoBody) };
    hand_over(draft, id, origin, (to, &span, reason))?;
    Ok(HandedOver::Done)
}

/// The word of a step for [`escalate`], where it waits for proof.
pub const ESCALATE: &str = "escalate";

/// What hands a request on.
#[derive(Debug)]
pub(super) struct Wish {
    /// The line as it was written.
    pub(super) written: String,
    pub(super) reason: Option<Excerpt>,
    /// The rung that it needs on this site.
    pub(super) rung: u8,
}

/// What somebody who is asked for a decision writes to hand the request on, if that is the answer.
pub(super) fn wish(
    desk: &Desk,
    mail: &MailEvent,
    person: &PersonId,
    reply: &Reply<'_>,
) -> Option<Wish> {
    let locale = tell::member(desk, person)?.locale;
    let eyes = Eyes { reader: Reader::Member, locale, pseudo: None };
    command::read(reply, &eyes).lines.into_iter().find_map(|line| match line.what {
        What::Known(keyword, _) if keyword.name == ESCALATE => Some(Wish {
            reason: (!line.words.is_empty()).then(|| excerpt(mail.position, &line.words)),
            written: line.written,
            rung: proof::needed_by(desk, keyword),
        }),
        What::Known(..) | What::Unknown(..) | What::NotCounted => None,
    })
}

/// Somebody who is asked for a decision hands the request on, proven as surely as that needs.
/// What came of it is a mail of its own.
pub(super) fn granted(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    person: &PersonId,
    (written, reason): (Option<String>, Option<Excerpt>),
) -> Result<(), Missing> {
    let outcome = escalate(draft, id, origin, reason)?.told();
    let Some(to) = tell::member(draft.desk, person) else { return Ok(()) };
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    if caps::spend_result(draft, &to.mailbox.address, &ticket.subject)? {
        let line = written.unwrap_or_else(|| format!("!{}", command::shown(ESCALATE, to.locale)));
        let line = remark(Some(id), &line, outcome, "");
        let matter = Matter::Result { lines: vec![line], answered: false };
        let reply_to = tell::reply_inside(draft.desk, &ticket, person);
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}

fn hand_over(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (to, span, reason): (By, &str, Option<Excerpt>),
) -> Result<(), Missing> {
    task::forget(draft, id, origin)?;
    agenda::take_off(draft, id, origin)?;
    steps::disarm(draft, id, origin)?;
    record(draft, id, origin, RequestChange::Escalate { to, reason });
    if draft.ticket(id)?.is_some_and(|ticket| !ticket.status.is_active()) {
        draft.record(id, origin, Change::Status { status: Status::Open });
    }
    let due_at = Some(chase::after(draft, span, Counting::default()));
    record(draft, id, origin, RequestChange::Await { due_at });
    chase::arm(draft, id, origin)?;
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(request) = ticket.request.as_deref() else { return Ok(()) };
    let seat = (request.step, duty::BODY);
    let about = About::Duty { step: seat.0, seat: seat.1 };
    for person in duty::holders(draft.desk, &ticket, seat) {
        duty::ask(draft, id, origin, (&person, about, Asking::Body))?;
    }
    collect::to_requestor(draft, id, origin, |draft, request, locale| Matter::Escalated {
        title: title(request, locale),
        body: request.body.as_ref().map(|by| asking::called(draft.desk, request, by)),
        until: due_at,
    })
}
