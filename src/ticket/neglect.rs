//! Neglect: where a queue breaks its promise, or nobody works in it, those who work there, who
//! coordinates it and who waits are told once; and once more when it is well again (000-29).
//!
//! Looked at each morning. What was told stands in the site's account, in the batch that tells it.
//! Deliberately absent: the promise of a single ticket; the digests, which list it as well.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use crate::desk::{Access, Account, Desk, RegisterChange};
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::digest::neglected;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, ReplyTo, Timer};
use crate::ticket::later;
use crate::ticket::matter::{Matter, Plight};
use crate::ticket::report::Neglected;
use crate::ticket::shelf::Shelf;
use crate::ticket::state::{Actor, Change};
use crate::ticket::tell::{self, Recipient};
use crate::types::{PersonId, QueueName, TicketId};

/// Those who wait and are told on one day, for each queue.
const WAITING_MAX: usize = 50;

/// The queues that promise an answer: only what is promised can be neglected.
fn promising(desk: &Desk) -> Vec<QueueName> {
    let queues = desk.register.queues().filter(|queue| queue.answer_days.is_some());
    queues.map(|queue| queue.name.clone()).collect()
}

/// The timer of the next morning, if any queue promises anything.
#[must_use]
pub fn first_timer(desk: &Desk, now: Timestamp) -> Option<(Timer, Timestamp)> {
    if promising(desk).is_empty() {
        return None;
    }
    let today = now.to_zoned(desk.site.time_zone.clone()).date();
    let morning = |day: jiff::civil::Date| {
        let at = day.at(desk.site.digest_hour, 0, 0, 0).to_zoned(desk.site.time_zone.clone());
        at.ok().map(|zoned| zoned.timestamp()).filter(|at| *at > now)
    };
    let at = morning(today).or_else(|| morning(today.tomorrow().ok()?))?;
    // Who works here reads it when people work.
    let days = desk.site.days();
    Some((Timer::Neglect, days.calendar.working_from(at, days.zone).unwrap_or(at)))
}

/// A morning: what is neglected since is told, and what is well again.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn check(draft: &mut Draft<'_>, due_at: Timestamp) -> Result<(), Missing> {
    let desk = draft.desk;
    draft.push(Effect::Disarm(Timer::Neglect, due_at));
    if draft.now < due_at {
        draft.push(Effect::Arm(Timer::Neglect, due_at));
        return Ok(());
    }
    if let Some((timer, at)) = first_timer(desk, draft.now) {
        draft.push(Effect::Arm(timer, at));
    }
    let before = desk.register.account().cloned().unwrap_or_else(|| Account::of(desk));
    let queues = promising(desk);
    let late = neglected(draft, &queues)?;
    let mut now = BTreeMap::new();
    for queue in &queues {
        let found = late.iter().find(|one| one.queue == *queue);
        let known = before.neglected.get(queue.as_str()).copied();
        let plight = plight(draft, queue, found);
        if let Some(plight) = plight {
            if known.is_none() {
                tell_inside(draft, queue, &plight)?;
            }
            now.insert(queue.to_string(), draft.now);
            tell_waiting(draft, queue, known)?;
        } else if known.is_some() {
            tell_inside(draft, queue, &Plight::Well)?;
        }
    }
    if now != before.neglected {
        let account = Account { neglected: now, ..before };
        draft.enroll(RegisterChange::Account(Box::new(account)));
    }
    Ok(())
}

/// What is wrong with a queue, if anything.
fn plight(draft: &Draft<'_>, queue: &QueueName, late: Option<&Neglected>) -> Option<Plight> {
    let is_deserted = active(draft.desk, queue).next().is_none();
    let late = late.map(|late| (late.count, late.more, late.oldest));
    match (is_deserted, late) {
        (false, None) => None,
        (is_deserted, late) => Some(Plight::Neglected {
            promised: draft.desk.register.queue(queue)?.answer_days.unwrap_or_default(),
            count: late.map(|(count, ..)| count).unwrap_or_default(),
            more: late.is_some_and(|(_, more, _)| more),
            oldest: late.map(|(.., oldest)| oldest),
            is_deserted,
        }),
    }
}

/// Those who may answer in a queue, can be reached and are not away.
fn active(desk: &Desk, queue: &QueueName) -> impl Iterator<Item = (PersonId, Recipient)> {
    let members = desk.register.members(queue).iter();
    let writers = members.filter(|member| member.access == Access::Write);
    let here = writers.filter(|member| {
        desk.register.person(&member.person).is_some_and(|person| person.absence.is_none())
    });
    let people: Vec<_> = here
        .filter_map(|member| Some((member.person.clone(), tell::member(desk, &member.person)?)))
        .collect();
    people.into_iter()
}

/// Those who work in a queue, who speaks for its unit, and who looks after it: each once.
fn tell_inside(draft: &mut Draft<'_>, queue: &QueueName, plight: &Plight) -> Result<(), Missing> {
    let desk = draft.desk;
    let day = draft.now.to_zoned(desk.site.time_zone.clone()).date();
    let unit = desk.register.queue(queue).and_then(|queue| queue.unit.as_ref());
    let unit = unit.and_then(|unit| desk.register.unit(unit));
    let speakers = unit.into_iter().flat_map(|unit| unit.speakers(day));
    let speakers = speakers.filter_map(|id| Some((id.clone(), tell::member(desk, id)?)));
    let mut people: BTreeMap<PersonId, Recipient> = active(desk, queue).collect();
    people.extend(speakers);
    people.extend(tell::overseers(desk, queue));
    let title = desk.register.queue(queue).map_or(queue.as_str(), |queue| queue.shown());
    for (person, to) in people {
        if caps::spend(draft, &to.mailbox.address)?.is_err() {
            continue;
        }
        let serves = desk.register.access(&person, queue) == Some(Access::Write);
        let matter = Matter::Neglect { title: title.to_owned(), plight: plight.clone(), serves };
        let at = draft.now;
        let told = tell::of_the_site(draft, &person, to, at, matter);
        draft.notify(told);
    }
    Ok(())
}

/// Who has waited longer than was promised, since the last morning on which that was told.
fn tell_waiting(
    draft: &mut Draft<'_>,
    queue: &QueueName,
    known: Option<Timestamp>,
) -> Result<(), Missing> {
    let desk = draft.desk;
    let Some(days) = desk.register.queue(queue).and_then(|queue| queue.answer_days) else {
        return Ok(());
    };
    let span = SignedDuration::from_hours(24 * i64::from(days));
    let wanted = BTreeSet::from([Shelf::Unanswered(queue.clone())]);
    let mut waiting: Vec<TicketId> = Vec::new();
    for (_, shelved) in draft.case().shelves(&wanted)? {
        let late = shelved.tickets.iter().filter(|(since, _)| {
            let late_at = later(*since, span);
            late_at < draft.now && known.is_none_or(|known| late_at >= known)
        });
        waiting.extend(late.map(|(_, id)| *id).take(WAITING_MAX));
    }
    for ticket in draft.case().tickets(&waiting)?.into_iter().cloned().collect::<Vec<_>>() {
        let Some(requestor) = ticket.requestors.first() else { continue };
        let to = tell::outsider(desk, &ticket, requestor);
        let address = to.mailbox.address.clone();
        // Who had no receipt, a claim or a copy, is answered by people alone.
        let last = draft.case().correspondent(&address)?.last_automatic_at;
        if last.is_none_or(|last| last < ticket.created_at) {
            continue;
        }
        let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
        if desk.is_own(&address) || caps::spend(draft, &address)?.is_err() {
            let why = "cap".to_owned();
            draft.record_inside(ticket.id, &origin, Change::NotSent { address, why });
            continue;
        }
        let reply_to = ReplyTo::Requestor(address);
        let told = tell::notice(draft, &ticket, &to, reply_to, Matter::Delayed { promised: days });
        draft.notify(told);
    }
    Ok(())
}
