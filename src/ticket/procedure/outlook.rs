//! What a request waits for, in one line: data for digests and for looking.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::procedure::Step;
use crate::ticket::effect::Timer;
use crate::ticket::later;
use crate::ticket::procedure::facts;
use crate::ticket::procedure::request::{About, Request, Standing};
use crate::ticket::procedure::ruling::CONFIRM_SPAN;
use crate::ticket::procedure::title;
use crate::ticket::state::{Actor, Ticket};
use crate::types::{Locale, TicketId};

/// What a request waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "waits-for", rename_all = "kebab-case")]
pub enum Waits {
    /// Its author, for these facts.
    Facts {
        /// Their labels, in the reader's language.
        missing: Vec<String>,
    },
    /// The end of a window in which nobody has objected yet.
    Silence,
    /// Somebody, to say whether words are an objection.
    Confirmation {
        /// Whom.
        of: Actor,
    },
    /// A meeting: somebody's objection stands.
    Decision {
        /// Who objects.
        objectors: Vec<Actor>,
    },
    /// People, for another reason.
    Agenda {
        /// Which, as a word of the table.
        why: String,
    },
    /// People who were asked something, or a team.
    People {
        /// Who was asked and has not answered.
        of: Vec<Actor>,
        /// The team's ticket.
        task: Option<TicketId>,
    },
    /// A meeting on whose agenda it stands, where nobody is against it.
    Meeting,
    /// Those who vote by mail.
    Votes,
}

/// One line about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outlook {
    /// Its ticket.
    pub ticket: TicketId,
    /// What the procedure is called, in the reader's language.
    pub title: String,
    /// What it waits for.
    pub waits: Waits,
    /// Until when, or since when where nothing ends it by itself.
    pub until: Option<Timestamp>,
    /// Whether a coordinator must do something.
    pub needs_coordinator: bool,
}

/// What the request of a ticket waits for; nothing if it has none or waits for nothing.
#[must_use]
pub fn digest_line(ticket: &Ticket, locale: Locale, now: Timestamp) -> Option<Outlook> {
    let request = ticket.request.as_deref()?;
    let (waits, until, needs_coordinator) = waits(ticket, request, locale, now)?;
    // What a meeting will decide is nothing to do for a coordinator.
    let needs_coordinator = needs_coordinator && request.tabled.is_none();
    Some(Outlook {
        ticket: ticket.id,
        title: title(request, locale),
        waits,
        until,
        needs_coordinator,
    })
}

fn waits(
    ticket: &Ticket,
    request: &Request,
    locale: Locale,
    now: Timestamp,
) -> Option<(Waits, Option<Timestamp>, bool)> {
    if let Some(why) = &request.agenda {
        return Some((Waits::Agenda { why: why.clone() }, None, true));
    }
    if request.is_ended() || request.expired_at.is_some() || !ticket.status.is_active() {
        return None;
    }
    if let Some(polling) = request.open_poll() {
        return Some((Waits::Votes, Some(polling.ends_at), false));
    }
    if request.tabled.is_some() && request.open_window().is_none() {
        return Some((Waits::Meeting, None, false));
    }
    if let Some(pending) = request.waits() {
        let is_here =
            |about: &About| matches!(about, About::Duty { step, .. } if *step == request.step);
        let asked = request.questions.values().filter(|one| is_here(&one.about));
        let has_said = |by: &Actor| request.verdicts_here().any(|one| &one.by == by);
        let of: BTreeSet<Actor> =
            asked.map(|one| one.by.clone()).filter(|by| !has_said(by)).collect();
        let task = pending.task.map(|(task, _)| task);
        let is_late = pending.due_at.is_some_and(|due_at| due_at <= now);
        let of = of.into_iter().collect();
        return Some((Waits::People { of, task }, pending.due_at, is_late));
    }
    if let Some(window) = request.open_window() {
        let standing = |wanted| window.objections.iter().filter(move |o| o.standing == wanted);
        let objectors: Vec<Actor> =
            standing(Standing::Stands).map(|objection| objection.by.clone()).collect();
        if !objectors.is_empty() {
            return Some((Waits::Decision { objectors }, None, true));
        }
        if let Some(objection) = standing(Standing::Unclear).next() {
            let of = objection.by.clone();
            return Some((Waits::Confirmation { of }, None, true));
        }
        if let Some(objection) = standing(Standing::Asked).next() {
            let until = later(objection.at, CONFIRM_SPAN);
            let of = objection.by.clone();
            return Some((Waits::Confirmation { of }, Some(until), now >= until));
        }
        return Some((Waits::Silence, Some(window.ends_at), false));
    }
    if !matches!(request.procedure.step(request.step), Some(Step::Collect {})) {
        return None;
    }
    let missing = facts::missing(request).into_iter().map(|f| f.shown(locale).to_owned());
    let next = ticket.timers.iter().filter(|(timer, _)| matches!(timer, Timer::Remind(..)));
    let until = next.map(|(_, at)| *at).min();
    Some((Waits::Facts { missing: missing.collect() }, until, false))
}
