//! The keyword that explains: why a mail came, what its reader may do, how a deadline was counted.
//!
//! Deliberately absent: words (`notice`), the arithmetic itself (`procedure::window`).

use jiff::Timestamp;

use crate::desk::procedure::{Step, window_days};
use crate::desk::{Access, Desk, NotifyChoice};
use crate::ticket::case::Missing;
use crate::ticket::command::{Act, By, Keyword, Outcome};
use crate::ticket::draft::Draft;
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Because, CountedDay, Explained, Matter, ResultKind};
use crate::ticket::procedure::{self, Waits, digest_line, stand, window};
use crate::ticket::state::{Request, Ticket};
use crate::ticket::tell;
use crate::types::{Locale, PersonId};

/// Days of a window that are told one by one.
const DAYS_MAX: u16 = 40;

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: "why",
    names: [&["warum", "wieso"], &["why"], &["miksi"], &["varför"]],
    phrases: [&["warum"], &["why"], &["miksi"], &["varför"]],
    requestor: true,
    help: [
        "warum die Mail kam, wie eine Frist gerechnet ist",
        "why the mail came, how a deadline was counted",
        "miksi viesti tuli, miten määräaika on laskettu",
        "varför mejlet kom, hur en frist har räknats",
    ],
    run: why,
    ..Keyword::BASE
}];

/// Whether a text begins with this keyword, marker and all: then it is no fact.
#[must_use]
pub fn is_asked(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix('!') else { return false };
    let word: String = rest.trim_start().chars().take_while(|c| c.is_alphabetic()).collect();
    let word = word.to_lowercase();
    let mut names = KEYWORDS.iter().flat_map(|keyword| keyword.names).flatten();
    names.any(|name| *name == word)
}

fn why(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    send(draft, act, true)
}

/// Sends how a ticket stands; with `reasons`, also why the reader gets mail of it and may do what.
pub(super) fn send(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    reasons: bool,
) -> Result<Outcome, Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let (to, reply_to, because) = match act.by {
        By::Member(person) => (
            tell::member(draft.desk, person),
            ReplyTo::Internal(person.clone()),
            because(draft.desk, &ticket, person),
        ),
        By::Requestor(mailbox) => (
            Some(tell::outsider(draft.desk, &ticket, mailbox)),
            ReplyTo::Requestor(mailbox.address.clone()),
            Because::Requestor,
        ),
    };
    let Some(to) = to else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let mut explained = explained(draft, &ticket, to.locale);
    if reasons {
        explained.because = Some(because);
        if let By::Member(person) = act.by {
            explained.access = access(draft.desk, &ticket, person);
        }
    } else {
        explained.days.clear();
    }
    let matter = Matter::Why { explained: Box::new(explained) };
    let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    draft.notify(notice);
    Ok(Outcome::told())
}

/// Why a member is told of a ticket, by the rules of `tell::told`.
fn because(desk: &Desk, ticket: &Ticket, person: &PersonId) -> Because {
    if ticket.owner.as_ref() == Some(person) {
        return Because::Owner;
    }
    if ticket.watchers.contains(person) {
        return Because::Watcher;
    }
    let members = desk.register.members(&ticket.queue);
    let choice = members.iter().find(|member| &member.person == person).map(|one| one.notify);
    match choice {
        Some(NotifyChoice::Each) if ticket.owner.is_none() => Because::Each,
        Some(NotifyChoice::Each) => Because::Owned,
        Some(NotifyChoice::Mine) => Because::Mine,
        Some(NotifyChoice::Digest) => Because::Digest,
        Some(NotifyChoice::None) => Because::Nothing,
        None => Because::Asked,
    }
}

/// What a member may do, and in which queue the membership stands.
fn access(desk: &Desk, ticket: &Ticket, person: &PersonId) -> Option<(bool, String, bool)> {
    let access = desk.register.access(person, &ticket.queue)?;
    let mut at = desk.register.queue(&ticket.queue)?;
    let own = at.name.clone();
    for _ in 0..desk.register.queues().count() {
        if !at.members.is_empty() {
            break;
        }
        at = at.parent.as_ref().and_then(|up| desk.register.queue(up))?;
    }
    Some((access == Access::Write, at.name.to_string(), at.name != own))
}

fn explained(draft: &Draft<'_>, ticket: &Ticket, locale: Locale) -> Explained {
    let Some(request) = ticket.request.as_deref() else { return Explained::default() };
    let outlook = digest_line(ticket, locale, draft.now);
    let waits = outlook.as_ref().map(|outlook| match outlook.waits {
        Waits::Facts { .. } => "facts",
        Waits::Silence => "silence",
        Waits::Confirmation { .. } => "confirmation",
        Waits::Decision { .. } => "decision",
        Waits::Agenda { .. } | Waits::Meeting | Waits::Votes | Waits::People { .. } => "people",
    });
    let (facts, missing) = stand(draft, request, locale);
    let mut explained = Explained {
        title: Some(procedure::title(request, locale)),
        facts,
        missing,
        waits: waits.map(str::to_owned),
        until: outlook.and_then(|outlook| outlook.until),
        ..Explained::default()
    };
    count(draft, request, locale, &mut explained);
    explained
}

/// The days of the open window, one by one, and what came on top of them.
fn count(draft: &Draft<'_>, request: &Request, locale: Locale, explained: &mut Explained) {
    let Some(window) = request.open_window() else { return };
    let Some(Step::Window { span, count, .. }) = request.procedure.step(request.step) else {
        return;
    };
    let days = draft.desk.site.days();
    let since = match request.complete_at {
        Some(complete_at) if window.restarts == 0 => complete_at,
        _ => window.opens_at,
    };
    let wanted = window_days(span).unwrap_or(1).min(DAYS_MAX);
    let counted = window::end(since, wanted, *count, days);
    let mut day = since.to_zoned(days.zone.clone()).date();
    explained.since = Some(since);
    while let Ok(next) = day.tomorrow() {
        day = next;
        let noon = day.at(12, 0, 0, 0).to_zoned(days.zone.clone());
        let Ok(noon) = noon.map(|noon| noon.timestamp()) else { break };
        if noon >= counted || explained.days.len() > usize::from(DAYS_MAX) * 2 {
            break;
        }
        let pause = days.calendar.pause(day);
        let pause = pause.map(|pause| {
            let name = pause.name.get(&locale).or_else(|| pause.name.values().next());
            name.cloned().unwrap_or_default()
        });
        let counts = days.calendar.counts(day, *count);
        explained.days.push(CountedDay { at: noon, counts, pause });
    }
    explained.extended = window.ends_at > counted;
    explained.stopped_at = window.stopped_at;
    let is_known = window.ends_at > Timestamp::MIN;
    explained.until = is_known.then_some(window.ends_at);
}
