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
    if has_answered(draft, act) {
        return Ok(Outcome::plain(ResultKind::OwnWords));
    }
    let locales = (ticket.locale, tell::queue_locale(draft.desk, &ticket.queue));
    let text = site.canned.find(register, &ticket.queue, name, locales).unwrap_or_default();
    let text = filled(draft, &ticket, text, (person, &to));
    let answer = Answer {
        text: act.words.cloned().unwrap_or_else(|| nothing(act)),
        canned: Some(text.clone()),
        attachments: Vec::new(),
        has_it: BTreeSet::new(),
    };
    answer::send(draft, act.id, act.origin, person, &answer)?;
    take(draft, act, person)?;
    let aside = Aside { text: Some(text), ..Aside::NONE };
    Ok(Outcome::of(ResultKind::Answered, to.shown()).with(aside))
}

/// Whether words of the same mail went out already.
fn has_answered(draft: &Draft<'_>, act: &Act<'_>) -> bool {
    draft.records().any(|(id, line)| {
        id == act.id
            && line.message == act.origin.message
            && matches!(line.change, Change::Correspond { canned: None, .. })
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
