//! Reminders of what is missing, the expiry of a request, and until when it is taken up again.
//!
//! A reminder comes in working hours and in no pause; each span is counted from the one before it.
//! Deliberately absent: what is missing and how it is asked for (`collect`).

use jiff::{SignedDuration, Timestamp};

use crate::desk::procedure::Fact;
use crate::desk::step::{self, EXPIRE_SPAN};
use crate::desk::{Desk, Procedure};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::Timer;
use crate::ticket::later;
use crate::ticket::matter::{FactLine, Matter, RenewalStage};
use crate::ticket::procedure::collect::{lines, remember, to_requestor};
use crate::ticket::procedure::renew::{self, Say};
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{
    agreement, facts, goes_on, proofs, record, request_of, signature, title, waiting,
};
use crate::ticket::state::{Change, Status};
use crate::types::{Locale, TicketId};

/// From the question to each reminder, where the procedure says nothing.
const REMIND_SPANS: [SignedDuration; 2] = [days(3), days(7)];

/// For so long an answer takes an expired request up where it stood.
pub const TAKE_UP_SPAN: SignedDuration = days(365);

const fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

/// From the question to each reminder in order, and at last to expiry.
fn spans(procedure: &Procedure) -> Vec<SignedDuration> {
    let declared = procedure.remind.as_ref();
    let mut spans: Vec<SignedDuration> = declared.map_or_else(
        || REMIND_SPANS.to_vec(),
        |spans| spans.iter().filter_map(|span| step::length(span).ok()).collect(),
    );
    let expire = procedure.expire.as_ref().and_then(|span| step::length(span).ok());
    let expire = expire.unwrap_or(EXPIRE_SPAN);
    spans.retain(|span| *span < expire);
    spans.push(expire);
    spans
}

/// From the mail before each reminder, or the expiry, to it: by its number, from 1.
fn span_to(procedure: &Procedure, number: u16) -> Option<SignedDuration> {
    let spans = spans(procedure);
    let at = usize::from(number.checked_sub(1)?);
    let before = at.checked_sub(1).and_then(|before| spans.get(before)).copied();
    spans.get(at)?.checked_sub(before.unwrap_or_default())
}

/// The number of the timer that expires a request.
fn expiry(procedure: &Procedure) -> u16 {
    u16::try_from(spans(procedure).len()).unwrap_or(u16::MAX)
}

/// Somebody was asked for facts: the reminders, and the expiry, are counted from now.
pub(super) fn remind_later(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    disarm_reminders(draft, id, origin)?;
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let first = span_to(&request.procedure, 1).unwrap_or(EXPIRE_SPAN);
    let at = reminded_at(draft.desk, draft.now, first);
    draft.arm(id, origin, Timer::Remind(id, 1), at);
    Ok(())
}

/// When a question of now is reminded of, and when the request is closed without an answer.
pub(super) fn deadlines(
    draft: &Draft<'_>,
    procedure: &Procedure,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let spans = (1..=expiry(procedure)).filter_map(|next| span_to(procedure, next));
    let mut at = draft.now;
    let mut all: Vec<Timestamp> = Vec::new();
    for span in spans {
        at = reminded_at(draft.desk, at, span);
        all.push(at);
    }
    let until = all.pop();
    (all.first().copied(), until)
}

/// When the request of a ticket is closed without an answer.
pub(super) fn expires_at(
    draft: &Draft<'_>,
    id: TicketId,
    procedure: &Procedure,
) -> Option<Timestamp> {
    let timers = draft.case().ticket(id).ok().flatten().map(|ticket| ticket.timers.as_slice());
    let next = timers.unwrap_or_default().iter().find_map(|(timer, at)| match timer {
        Timer::Remind(_, number) => Some((*number, *at)),
        _ => None,
    });
    let (number, at) = next?;
    let spans =
        (number.saturating_add(1)..=expiry(procedure)).filter_map(|n| span_to(procedure, n));
    Some(spans.fold(at, |at, span| reminded_at(draft.desk, at, span)))
}

/// Nothing is asked for any more.
pub(super) fn disarm_reminders(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<(), Missing> {
    let timers = draft.ticket(id)?.map(|ticket| ticket.timers.clone()).unwrap_or_default();
    for (timer, _) in timers.iter().filter(|(timer, _)| matches!(timer, Timer::Remind(..))) {
        draft.disarm(id, origin, timer);
    }
    Ok(())
}

/// When a reminder arrives that is wanted after a span: in working hours, in no pause.
fn reminded_at(desk: &Desk, since: Timestamp, span: SignedDuration) -> Timestamp {
    let wanted = later(since, span);
    let days = desk.site.days();
    days.calendar.working_from(wanted, days.zone).unwrap_or(wanted)
}

/// The facts that a request waits for: all that are missing, or the one of a later step.
fn asked_for(request: &Request) -> Vec<&Fact> {
    if request.is_collecting() {
        return facts::missing(request);
    }
    let fact = waiting::fact(request).and_then(|name| request.procedure.fact(name));
    fact.into_iter().collect()
}

/// A reminder is due, or the expiry.
pub(super) fn remind(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    number: u16,
) -> Result<(), Missing> {
    // A consent may have been given elsewhere meanwhile.
    agreement::recall(draft, id, origin)?;
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    if request.expired_at.is_some() {
        return Ok(());
    }
    if asked_for(&request).is_empty() {
        return if request.is_collecting() { goes_on(draft, id, origin) } else { Ok(()) };
    }
    let last = expiry(&request.procedure);
    if number >= last {
        return expire(draft, id, origin);
    }
    let mut spans = (number + 1..=last).filter_map(|next| span_to(&request.procedure, next));
    let until = spans.clone().fold(draft.now, |at, span| reminded_at(draft.desk, at, span));
    signature::remind(draft, id, origin)?;
    // Who asks has nothing to do while nothing but somebody else's word is missing.
    if asked_for(&request).iter().any(|fact| !proofs::is_waited_for(&request, fact)) {
        to_requestor(draft, id, origin, |draft, request, locale| {
            let missing = lines(draft, request, asked_for(request), locale);
            let say = Say { missing, ..Say::of(RenewalStage::Reminder, Some(until)) };
            renew::matter(draft, (id, request), locale, &say).unwrap_or_else(|| Matter::Reminder {
                title: title(request, locale),
                missing: say.missing,
                until,
            })
        })?;
    }
    let at = reminded_at(draft.desk, draft.now, spans.next().unwrap_or(EXPIRE_SPAN));
    draft.arm(id, origin, Timer::Remind(id, number + 1), at);
    Ok(())
}

fn expire(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    draft.disarm(id, origin, &Timer::Settle(id));
    record(draft, id, origin, RequestChange::Expire);
    draft.record(id, origin, Change::Status { status: Status::Resolved });
    remember(draft, id, false)?;
    if let Some(request) = request_of(draft, id)? {
        renew::lapse(draft, id, origin, &request);
    }
    let until = later(origin.at, TAKE_UP_SPAN);
    to_requestor(draft, id, origin, |draft, request, locale| {
        let missing = lines(draft, request, asked_for(request), locale);
        let say = Say { missing, ..Say::of(RenewalStage::Lapsed, Some(until)) };
        renew::matter(draft, (id, request), locale, &say).unwrap_or_else(|| Matter::Expired {
            title: title(request, locale),
            missing: [say.missing, silent(request, locale)].concat(),
            until,
        })
    })
}

/// Who was asked for a signature and has said nothing.
fn silent(request: &Request, locale: Locale) -> Vec<FactLine> {
    let waited_for = |fact: &&Fact| proofs::is_waited_for(request, fact);
    let line = |fact: &Fact| FactLine {
        label: fact.shown(locale).to_owned(),
        value: request.facts.get(&fact.name).cloned().unwrap_or_default(),
    };
    request.procedure.facts.iter().filter(waited_for).map(line).collect()
}
