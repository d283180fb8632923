//! The family of talk, fourth part: answers that are written already.
//!
//! What is sent stands in the history as it was sent, because the file may read differently
//! tomorrow. Deliberately absent: the files (`desk::canned`, `config`).

use std::collections::BTreeSet;

use crate::desk::Access;
use crate::desk::canned::{Filling, fill};
use crate::ticket::answer::{self, Answer};
use crate::ticket::case::Missing;
use crate::ticket::command::work::is_running;
use crate::ticket::command::{Act, Argument, By, Keyword, Outcome, Undo, fold, read};
use crate::ticket::draft::Draft;
use crate::ticket::matter::{Aside, ResultKind};
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::tell;
use crate::types::{Mailbox, PersonId, TicketId};

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[Keyword {
    name: "answer",
    names: [
        &["antwort", "baustein", "textbaustein"],
        &["answer", "canned"],
        &["vastaa", "vastauspohja"],
        &["svara", "svar"],
    ],
    member: Some(Access::Write),
    argument: Argument::Canned,
    undo: Undo::Inside,
    help: [
        "und ein Name: diese fertige Antwort geht hinaus; allein: welche es gibt",
        "and a name: that ready answer goes out; alone: which there are",
        "ja nimi: tämä valmis vastaus lähtee; yksin: mitä vastauksia on",
        "och ett namn: det färdiga svaret skickas; ensamt: vilka som finns",
    ],
    run: answer,
    ..Keyword::BASE
}];

fn answer(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let (site, register) = (&draft.desk.site, &draft.desk.register);
    let names = site.canned.names(register, &ticket.queue);
    if act.argument.trim().is_empty() {
        let kind = if names.is_empty() { ResultKind::NoAnswers } else { ResultKind::Answers };
        return Ok(Outcome::of(kind, names.join(", ")));
    }
    let Some(name) = named(&names, act.argument) else {
        return Ok(Outcome::of(ResultKind::NoSuchAnswer, names.join(", ")));
    };
    if is_running(&ticket) {
        return Ok(Outcome::plain(ResultKind::Runs));
    }
    let Some(to) = ticket.requestors.first().cloned() else {
        return Ok(Outcome::plain(ResultKind::NoRequestor));
    };
    let text = written(draft, &ticket, person, name);
    let aside = Aside { text: Some(text.clone()), ..Aside::NONE };
    match went_out(draft, act, &text) {
        // Below the words of the same mail.
        Some(true) => return Ok(Outcome::of(ResultKind::Answered, to.shown()).with(aside)),
        Some(false) => return Ok(Outcome::plain(ResultKind::OwnWords)),
        None => {}
    }
    let answer = Answer {
        text: act.words.cloned().unwrap_or_else(|| nothing(act)),
        canned: Some(text),
        attachments: Vec::new(),
        has_it: BTreeSet::new(),
    };
    answer::send(draft, act.id, act.origin, person, &answer)?;
    take(draft, act, person)?;
    Ok(Outcome::of(ResultKind::Answered, to.shown()).with(aside))
}

/// The text that goes out below the words of a mail, where its line names a ready answer that can
/// go out.
///
/// # Errors
/// [`Missing`] if the ticket was not looked up.
pub fn below(
    draft: &Draft<'_>,
    id: TicketId,
    person: &PersonId,
    argument: &str,
) -> Result<Option<String>, Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(None) };
    let names = draft.desk.site.canned.names(&draft.desk.register, &ticket.queue);
    let name = named(&names, argument).filter(|_| !argument.trim().is_empty());
    let name = name.filter(|_| !is_running(ticket) && !ticket.requestors.is_empty());
    Ok(name.map(|name| written(draft, ticket, person, name)))
}

/// A ready answer in the requestor's language, filled.
fn written(draft: &Draft<'_>, ticket: &Ticket, person: &PersonId, name: &str) -> String {
    let (site, register) = (&draft.desk.site, &draft.desk.register);
    let locales = (ticket.locale, tell::queue_locale(draft.desk, &ticket.queue));
    let text = site.canned.find(register, &ticket.queue, name, locales).unwrap_or_default();
    let Some(to) = ticket.requestors.first() else { return String::new() };
    filled(draft, ticket, text, (person, to))
}

/// Whether words of the same mail went out already, and this text below them.
fn went_out(draft: &Draft<'_>, act: &Act<'_>, text: &str) -> Option<bool> {
    let mut answers = draft.records().filter_map(|(id, line)| match &line.change {
        Change::Correspond { canned, .. } if id == act.id => {
            (line.message == act.origin.message).then_some(canned.as_deref())
        }
        _ => None,
    });
    answers.find_map(|canned| match canned {
        Some(canned) => (canned == text).then_some(true),
        None => Some(false),
    })
}

/// No words of the mail itself.
fn nothing(act: &Act<'_>) -> crate::ticket::Excerpt {
    read::excerpt(act.origin.message.unwrap_or(crate::types::Position(0)), &[])
}

/// The one name that is meant: written out, or the only one that begins so or is a slip away.
fn named<'a>(names: &[&'a str], argument: &str) -> Option<&'a str> {
    let argument = argument.trim().trim_end_matches(['.', ',']);
    let forms = fold::forms(argument);
    let same = names.iter().find(|name| fold::is_same(&forms, &fold::forms(name)));
    let near = || {
        let is_near = |name: &&&str| {
            let begins = fold::forms(name).iter().any(|name| name.starts_with(&forms[0]));
            (begins && argument.chars().count() > 2) || fold::distance(argument, name).is_some()
        };
        let mut near = names.iter().filter(is_near);
        near.next().filter(|_| near.next().is_none())
    };
    same.or_else(near).copied()
}

fn filled(
    draft: &Draft<'_>,
    ticket: &Ticket,
    text: &str,
    (person, to): (&PersonId, &Mailbox),
) -> String {
    let register = &draft.desk.register;
    let queue = register.queue(&ticket.queue).map_or("", |queue| queue.shown());
    let member = register.name_of(person);
    let filling =
        Filling { requestor: to.shown(), member: &member, queue, subject: &ticket.subject };
    fill(text, &filling)
}

/// Whoever answers has the ticket, and it is open.
fn take(draft: &mut Draft<'_>, act: &Act<'_>, person: &PersonId) -> Result<(), Missing> {
    let id: TicketId = act.id;
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    if ticket.status == Status::New {
        draft.record_inside(id, act.origin, Change::Status { status: Status::Open });
    }
    if ticket.owner.is_none() && !draft.gives(id) {
        draft.record_inside(id, act.origin, Change::Owner { owner: Some(person.clone()) });
    }
    Ok(())
}
