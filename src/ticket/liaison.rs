//! Liaison tasks: on its day a ticket is made in the other team's queue, its members are asked; an
//! answer settles it and is passed on, silence reminds, and is then told (000-06).
//!
//! Which date was asked last is kept as that of a meeting is, so that none is asked twice; of those
//! that an outage missed, the last is caught up with. Deliberately absent: when it is asked
//! (`desk::liaison`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::desk::{Access, Desk, Liaison};
use crate::ticket::caps;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{Effect, ReplyTo, Timer};
use crate::ticket::matter::{Excerpt, Matter};
use crate::ticket::state::{Actor, Change, Status};
use crate::ticket::tell::{self, Recipient};
use crate::types::{PersonId, QueueName, TicketId};

/// How far one date of a liaison task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The team was asked.
    Asked,
    /// It was reminded.
    Reminded,
    /// Nobody answered in time, and others were told.
    Overdue,
    /// Somebody answered.
    Answered,
    /// The next date came, and nobody had answered.
    Missed,
}

impl Stage {
    /// Whether an answer is awaited.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Reminded | Self::Overdue)
    }
}

/// One date of a liaison task, as its ticket has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The short name of the task.
    pub name: String,
    /// The date.
    pub on: Date,
    /// How far it is.
    pub stage: Stage,
    /// Until when an answer is awaited.
    pub until: Timestamp,
}

/// Under which name the last date is kept; no meeting has such a name.
#[must_use]
pub fn key(name: &str) -> String {
    format!("liaison/{name}")
}

/// The timers of the next dates; the same for the same time, however often it is asked.
pub fn first_timers(desk: &Desk, now: Timestamp) -> impl Iterator<Item = (Timer, Timestamp)> {
    let days = desk.site.days();
    desk.site.liaisons.iter().filter_map(move |liaison| {
        Some((Timer::Liaison(liaison.name.clone()), liaison.next(now, days)?))
    })
}

/// A date has come: the team is asked, if it was not.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn ask(draft: &mut Draft<'_>, name: &str, due_at: Timestamp) -> Result<(), Missing> {
    let desk = draft.desk;
    let timer = Timer::Liaison(name.to_owned());
    draft.push(Effect::Disarm(timer.clone(), due_at));
    if draft.now < due_at {
        draft.push(Effect::Arm(timer, due_at));
        return Ok(());
    }
    let Some(liaison) = desk.site.liaison(name) else { return Ok(()) };
    let days = desk.site.days();
    if let Some(next) = liaison.next(draft.now, days) {
        draft.push(Effect::Arm(timer, next));
    }
    let Some(on) = liaison.latest(due_at, draft.now, days) else { return Ok(()) };
    let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
    if let Some(last) = draft.case().meeting(&key(name))?
        && let Some(asked) = draft.ticket(last)?.and_then(|ticket| ticket.liaison.clone())
    {
        if asked.on >= on {
            return Ok(());
        }
        miss(draft, last, &origin, *asked)?;
    }
    begin(draft, &origin, liaison, on)
}

/// The next date came before an answer: the last one is over.
fn miss(draft: &mut Draft<'_>, id: TicketId, origin: &Origin, asked: Asked) -> Result<(), Missing> {
    if asked.stage.is_open() && draft.ticket(id)?.is_some_and(|one| one.status.is_active()) {
        draft.disarm(id, origin, &Timer::Answer(id));
        let asked = Asked { stage: Stage::Missed, ..asked };
        draft.record_inside(id, origin, Change::Liaison { asked });
        draft.record_inside(id, origin, Change::Status { status: Status::Resolved });
    }
    Ok(())
}

fn begin(
    draft: &mut Draft<'_>,
    origin: &Origin,
    liaison: &Liaison,
    on: Date,
) -> Result<(), Missing> {
    let desk = draft.desk;
    if desk.register.queue(&liaison.to).is_none() {
        return Ok(());
    }
    let locale = tell::queue_locale(desk, &liaison.to);
    let create = Change::Create {
        queue: liaison.to.clone(),
        subject: liaison.shown(locale).to_owned(),
        requestors: Vec::new(),
        locale,
        linked: None,
        suspect: false,
        message_id: None,
    };
    let id = draft.create(origin, create);
    let until = working(draft, Liaison::after(draft.now, liaison.answer_within, desk.site.days()));
    let asked = Asked { name: liaison.name.clone(), on, stage: Stage::Asked, until };
    draft.record_inside(id, origin, Change::Liaison { asked });
    draft.convene(&key(&liaison.name), id);
    draft.arm(id, origin, Timer::Answer(id), until);
    let team = writers(desk, &liaison.to);
    tell(draft, id, team, &Told { stage: Stage::Asked, by: None, words: None })
}

/// Nobody has answered: the team is reminded; later, the team that asked and who coordinates the
/// other are told.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn due(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    let timer = Timer::Answer(id);
    let Some(origin) = draft.due(id, &timer, due_at)? else { return Ok(()) };
    let desk = draft.desk;
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let (queue, is_active) = (ticket.queue.clone(), ticket.status.is_active());
    let asked = ticket.liaison.as_deref().cloned();
    let Some(asked) = asked.filter(|asked| asked.stage.is_open() && is_active) else {
        return Ok(());
    };
    let Some(liaison) = desk.site.liaison(&asked.name) else { return Ok(()) };
    let is_reminder = asked.stage == Stage::Asked;
    let stage = if is_reminder { Stage::Reminded } else { Stage::Overdue };
    let until = if is_reminder {
        working(draft, Liaison::after(draft.now, liaison.overdue_after, desk.site.days()))
    } else {
        asked.until
    };
    draft.record_inside(id, &origin, Change::Liaison { asked: Asked { stage, until, ..asked } });
    let mut people = writers(desk, &queue);
    if is_reminder {
        draft.arm(id, &origin, timer, until);
    } else {
        people = writers(desk, &liaison.from);
        people.extend(tell::overseers(desk, &queue));
    }
    tell(draft, id, people, &Told { stage, by: None, words: None })
}

/// What a mail did to a liaison task: words of the team settle it and go to the team that asked,
/// closing it settles it without words.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn answered(draft: &mut Draft<'_>, id: TicketId) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let asked = ticket.liaison.as_deref().cloned();
    let Some(asked) = asked.filter(|asked| asked.stage.is_open()) else { return Ok(()) };
    let (is_active, queue) = (ticket.status.is_active(), ticket.queue.clone());
    let mut by = None;
    let mut words = None;
    for (_, line) in draft.records().filter(|(ticket, _)| *ticket == id) {
        let Actor::Person(person) = &line.by else { continue };
        let serves = draft.desk.register.access(person, &queue) == Some(Access::Write);
        let is_closed = matches!(line.change, Change::Status { status: Status::Resolved });
        if let Change::Comment { text } = &line.change
            && serves
            && line.rung > 0
        {
            words = Some(text.clone());
        } else if !is_closed {
            continue;
        }
        by = Some(person.clone());
    }
    let Some(by) = by else { return Ok(()) };
    let desk = draft.desk;
    let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
    draft.disarm(id, &origin, &Timer::Answer(id));
    let name = asked.name.clone();
    let asked = Asked { stage: Stage::Answered, ..asked };
    draft.record_inside(id, &origin, Change::Liaison { asked });
    if is_active {
        draft.record_inside(id, &origin, Change::Status { status: Status::Resolved });
    }
    let Some(liaison) = desk.site.liaison(&name) else { return Ok(()) };
    let people = writers(desk, &liaison.from).into_iter().filter(|(id, _)| *id != by).collect();
    tell(draft, id, people, &Told { stage: Stage::Answered, by: Some(by), words })
}

/// What is told of a liaison task.
struct Told {
    stage: Stage,
    by: Option<PersonId>,
    words: Option<Excerpt>,
}

fn tell(
    draft: &mut Draft<'_>,
    id: TicketId,
    people: BTreeMap<PersonId, Recipient>,
    told: &Told,
) -> Result<(), Missing> {
    let desk = draft.desk;
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(asked) = ticket.liaison.as_deref() else { return Ok(()) };
    let Some(liaison) = desk.site.liaison(&asked.name) else { return Ok(()) };
    let origin = Origin { by: Actor::Program, rung: 0, at: draft.now, message: None };
    let title = |queue: &QueueName| {
        desk.register.queue(queue).map_or(queue.as_str(), |queue| queue.shown()).to_owned()
    };
    for (person, to) in people {
        let address = to.mailbox.address.clone();
        if caps::spend(draft, &address)?.is_err() {
            draft.record_inside(id, &origin, Change::NotSent { address, why: "cap".to_owned() });
            continue;
        }
        let matter = Matter::Liaison {
            stage: told.stage,
            title: liaison.shown(to.locale).to_owned(),
            asks: liaison.asks(to.locale).to_owned(),
            from: title(&liaison.from),
            to: title(&liaison.to),
            asked_at: ticket.created_at,
            until: asked.until,
            by: told.by.as_ref().map(|by| desk.register.name_of(by)),
            words: told.words.clone(),
        };
        let reply_to = tell::reply_inside(desk, &ticket, &person);
        let reply_to = if told.stage.is_open() { reply_to } else { ReplyTo::Queue };
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}

/// Those of a queue who may answer.
fn writers(desk: &Desk, queue: &QueueName) -> BTreeMap<PersonId, Recipient> {
    tell::coordinators(desk, queue).into_iter().collect()
}

/// The first moment at or after `at` in which people work.
fn working(draft: &Draft<'_>, at: Timestamp) -> Timestamp {
    let days = draft.desk.site.days();
    days.calendar.working_from(at, days.zone).unwrap_or(at)
}
