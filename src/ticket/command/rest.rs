//! The family of work, second part: whose something is from now on, and when it comes back.
//!
//! What rests, or waits for words from outside, stands in no digest until it comes back.
//! Deliberately absent: deadlines that procedures set and chase by themselves (`procedure`).

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::{Access, Desk};
use crate::ticket::case::Missing;
use crate::ticket::command::work::{already, is_running};
use crate::ticket::command::{Act, Argument, By, Family, Keyword, Outcome, Undo, day, fold};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::matter::{Matter, Occasion, Quoted, ResultKind};
use crate::ticket::procedure;
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::state::{Change, Status, Ticket};
use crate::ticket::{caps, command, tell};
use crate::types::{PersonId, TicketId};

/// Days after which a ticket comes back that waits for words from outside, where its keyword names
/// no day.
const WAIT_DAYS: i64 = 14;
/// Words for oneself and for nobody behind `assign`.
const MYSELF: [&str; 9] = ["mir", "mich", "ich", "me", "myself", "minä", "minulle", "mig", "jag"];
const NOBODY: [&str; 7] =
    ["niemand", "niemandem", "nobody", "none", "ei kukaan", "kukaan", "ingen"];

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "assign",
        names: [
            &["zuweisen", "zugewiesen", "gib"],
            &["assign", "assigned", "give"],
            &["osoita", "osoitettu"],
            &["tilldela", "tilldelad", "ge"],
        ],
        argument: Argument::Person,
        undo: Undo::Inside,
        help: [
            "und ein Name: das Ticket ist bei dieser Person, oder bei niemand",
            "and a name: the ticket is with that person, or with nobody",
            "ja nimi: asia siirtyy hänen hoitoonsa; tai ei kukaan",
            "och ett namn: ärendet är hos den personen, eller hos ingen",
        ],
        run: assign,
        ..WORK
    },
    Keyword {
        name: "stall",
        names: [
            &["ruhen", "ruht", "zurückstellen"],
            &["stall", "stalled", "snooze"],
            &["lepää", "lepuuta"],
            &["vila", "vilar"],
        ],
        argument: Argument::Day,
        help: [
            "und ein Tag, etwa Freitag, 12.12., 3 Tage: dann kommt es wieder",
            "and a day, such as friday, 12 December, 3 days: then it comes back",
            "ja päivä, esim. perjantai, 12.12., 3 päivää: silloin se palaa",
            "och en dag, t.ex. fredag, 12.12., 3 dagar: då kommer det igen",
        ],
        run: stall,
        ..WORK
    },
    Keyword {
        name: "wait",
        names: [
            &["warten", "wartet"],
            &["wait", "waiting"],
            &["odota", "odottaa"],
            &["vänta", "väntar"],
        ],
        argument: Argument::AnyDay,
        help: [
            "es wartet auf eine Antwort von außen, zwei Wochen oder bis zu einem Tag",
            "it waits for an answer from outside, two weeks or until a day",
            "se odottaa vastausta ulkopuolelta, kaksi viikkoa tai päivään asti",
            "det väntar på svar utifrån, två veckor eller till en dag",
        ],
        run: wait,
        ..WORK
    },
    Keyword {
        name: "due",
        names: [
            &["fällig", "frist"],
            &["due", "deadline"],
            &["määräaika", "määräpäivä"],
            &["förfaller", "förfallodag"],
        ],
        argument: Argument::Day,
        help: [
            "und ein Tag: bis dahin soll es erledigt sein; keine löscht die Frist",
            "and a day: it should be done by then; none unsets it",
            "ja päivä: siihen mennessä se pitäisi hoitaa; ei poistaa määräajan",
            "och en dag: till dess ska det vara klart; ingen tar bort fristen",
        ],
        run: due,
        ..WORK
    },
];

/// What the keywords of this file have in common.
const WORK: Keyword = Keyword {
    family: Family::Work,
    member: Some(Access::Write),
    undo: Undo::Whole,
    ..Keyword::BASE
};

/// Whom the argument of `assign` names.
enum Whom {
    Myself,
    Nobody,
    Person(PersonId),
}

fn whom(desk: &Desk, argument: &str) -> Result<Whom, Vec<PersonId>> {
    let argument = argument.trim().trim_end_matches(['.', '!', ',']);
    let forms = fold::forms(argument);
    let is = |table: &[&str]| table.iter().any(|word| fold::is_same(&forms, &fold::forms(word)));
    if is(&MYSELF) {
        return Ok(Whom::Myself);
    }
    if is(&NOBODY) {
        return Ok(Whom::Nobody);
    }
    match people::find(&desk.register, argument) {
        Named::One(person) => Ok(Whom::Person(person)),
        Named::Nobody(near) => Err(near),
    }
}

/// Whether the argument of a keyword names somebody.
///
/// # Errors
/// The nearest names.
pub(super) fn check_person(desk: &Desk, argument: &str) -> Result<(), Vec<String>> {
    let names = |near: Vec<PersonId>| near.iter().map(|id| desk.register.name_of(id)).collect();
    whom(desk, argument).map(|_| ()).map_err(names)
}

/// Whether the argument of a keyword names a day to come, or says that there is none any more.
pub(super) fn is_day(draft: &Draft<'_>, argument: &str) -> bool {
    day::is_never(argument) || day::parse(argument, command::today(draft)).is_some()
}

fn assign(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(author) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let register = &draft.desk.register;
    let person = match whom(draft.desk, act.argument) {
        Ok(Whom::Myself) => Some(author.clone()),
        Ok(Whom::Nobody) => None,
        Ok(Whom::Person(person)) => Some(person),
        Err(near) => {
            let near: Vec<String> = near.iter().map(|id| register.name_of(id)).collect();
            return Ok(Outcome::of(ResultKind::NoPerson, near.join(", ")));
        }
    };
    let Some(before) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if before.owner == person {
        return Ok(already(draft, act, None));
    }
    if !before.status.is_active() {
        return Ok(Outcome::plain(ResultKind::Ended));
    }
    let name = person.as_ref().map(|person| register.name_of(person)).unwrap_or_default();
    let access = person.as_ref().map(|person| register.access(person, &before.queue));
    if access.is_some_and(|access| access != Some(Access::Write)) {
        return Ok(Outcome::of(ResultKind::NotServing, name));
    }
    draft.record_inside(act.id, act.origin, Change::Owner { owner: person.clone() });
    let Some(person) = person else { return Ok(Outcome::plain(ResultKind::Unassigned)) };
    if before.status == Status::New {
        draft.record_inside(act.id, act.origin, Change::Status { status: Status::Open });
    }
    if &person == author {
        return Ok(Outcome::plain(ResultKind::Taken));
    }
    let by = draft.desk.register.name_of(author);
    let stand_in = draft.desk.register.stand_in(&person, &before.queue).cloned();
    let reader = stand_in.unwrap_or_else(|| person.clone());
    if &reader != author {
        show_again(draft, act.id, &[reader], &Occasion::Given(by))?;
    }
    let absence = draft.desk.register.person(&person).and_then(|known| known.absence.as_ref());
    Ok(match absence {
        Some(absence) => {
            let outcome = Outcome::until(ResultKind::AssignedAway, absence.until);
            Outcome { detail: name, ..outcome }
        }
        None => Outcome::of(ResultKind::Assigned, name),
    })
}

/// Shows a ticket to people once more, with the last words from outside.
pub(crate) fn show_again(
    draft: &mut Draft<'_>,
    id: TicketId,
    people: &[PersonId],
    occasion: &Occasion,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let last = ticket.last_received.as_ref().map(|last| Quoted {
        author: last.from.shown().to_owned(),
        at: last.at,
        text: last.text.clone(),
    });
    let goes_to = ticket.requestors.first().cloned();
    for person in people {
        let Some(to) = tell::member(draft.desk, person) else { continue };
        if caps::is_silent(draft, &to.mailbox.address)? {
            continue;
        }
        let matter = Matter::Again {
            occasion: occasion.clone(),
            owner: ticket.owner.as_ref().map(|owner| draft.desk.register.name_of(owner)),
            goes_to: goes_to.clone(),
            last: last.clone(),
        };
        let reply_to = match &goes_to {
            Some(_) => ReplyTo::Member(person.clone()),
            None => ReplyTo::Internal(person.clone()),
        };
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}

/// Why a ticket cannot rest: it is closed, or a procedure decides about it.
fn refusal(draft: &Draft<'_>, act: &Act<'_>) -> Result<Option<ResultKind>, Missing> {
    let Some(ticket) = draft.ticket(act.id)? else { return Ok(Some(ResultKind::NoTicket)) };
    if !ticket.status.is_active() {
        return Ok(Some(ResultKind::Ended));
    }
    Ok(is_running(ticket).then_some(ResultKind::Runs))
}

/// The first moment of a day, or after it, in which people work.
fn morning(draft: &Draft<'_>, day: Date) -> Timestamp {
    let days = draft.desk.site.days();
    let begins = day.to_zoned(days.zone.clone()).map_or(draft.now, |begins| begins.timestamp());
    days.calendar.working_from(begins, days.zone).unwrap_or(begins)
}

/// Lets a ticket rest until people work on a day.
pub(crate) fn rest(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    until: Date,
) -> Timestamp {
    let at = morning(draft, until).max(draft.now);
    draft.record_inside(id, origin, Change::Status { status: Status::Stalled });
    draft.arm(id, origin, Timer::Wake(id), at);
    at
}

fn stall(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    if let Some(refusal) = refusal(draft, act)? {
        return Ok(Outcome::plain(refusal));
    }
    let today = command::today(draft);
    let day = day::parse(act.argument, today).filter(|day| *day > today);
    let Some(day) = day else { return Ok(Outcome::plain(ResultKind::NoDay)) };
    let at = rest(draft, (act.id, act.origin), day);
    Ok(Outcome::until(ResultKind::Resting, at))
}

fn wait(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    if let Some(refusal) = refusal(draft, act)? {
        return Ok(Outcome::plain(refusal));
    }
    let today = command::today(draft);
    let day = if act.argument.trim().is_empty() {
        today.checked_add(jiff::Span::new().days(WAIT_DAYS)).ok()
    } else {
        day::parse(act.argument, today).filter(|day| *day > today)
    };
    let Some(day) = day else { return Ok(Outcome::plain(ResultKind::NoDay)) };
    let at = rest(draft, (act.id, act.origin), day);
    Ok(Outcome::until(ResultKind::Awaiting, at))
}

fn due(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if !ticket.status.is_active() {
        return Ok(Outcome::plain(ResultKind::Ended));
    }
    let timer = Timer::Deadline(act.id);
    if day::is_never(act.argument) && !is_running(&ticket) {
        if ticket.due_at.is_none() {
            return Ok(already(draft, act, None));
        }
        draft.record_inside(act.id, act.origin, Change::Due { at: None });
        draft.disarm(act.id, act.origin, &timer);
        return Ok(Outcome::plain(ResultKind::DueUnset));
    }
    let day = day::parse(act.argument, command::today(draft));
    let zone = draft.desk.site.time_zone.clone();
    let ends = day.and_then(|day| day.tomorrow().ok()?.to_zoned(zone).ok());
    let (Some(day), Some(ends)) = (day, ends) else {
        return Ok(Outcome::plain(ResultKind::NoDay));
    };
    let ends = ends.timestamp();
    if is_running(&ticket) {
        let is_set = procedure::put_off(draft, act.id, act.origin, ends)?;
        let kind = if is_set { ResultKind::DueSet } else { ResultKind::Runs };
        return Ok(Outcome::until(kind, ends));
    }
    draft.record_inside(act.id, act.origin, Change::Due { at: Some(ends) });
    let at = morning(draft, day);
    if at > draft.now && at < ends {
        draft.arm(act.id, act.origin, timer, at);
    } else {
        draft.disarm(act.id, act.origin, &timer);
    }
    Ok(Outcome::until(ResultKind::DueSet, ends))
}

/// The day has come until which a ticket rested or waited: it is open again, and who would read
/// its mail has the last words once more.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn wake(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    let Some(origin) = draft.due(id, &Timer::Wake(id), due_at)? else { return Ok(()) };
    if draft.ticket(id)?.is_none_or(|ticket| ticket.status != Status::Stalled) {
        return Ok(());
    }
    draft.record_inside(id, &origin, Change::Status { status: Status::Open });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let people = tell::told(draft.desk, &ticket, &BTreeSet::new());
    let occasion = if has_last_word(&ticket) { Occasion::Unanswered } else { Occasion::Rested };
    show_again(draft, id, &people, &occasion)
}

/// Whether the last words were ours, so that an answer from outside was to come.
fn has_last_word(ticket: &Ticket) -> bool {
    let last = ticket.last_received.as_ref().map(|last| last.sequence);
    ticket.last_answer.as_ref().is_some_and(|(ours, _)| last.is_none_or(|last| *ours > last))
}

/// The last day has come on which a ticket should be done: who has it is told in the morning.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn due_today(draft: &mut Draft<'_>, id: TicketId, due_at: Timestamp) -> Result<(), Missing> {
    if draft.due(id, &Timer::Deadline(id), due_at)?.is_none() {
        return Ok(());
    }
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let Some(until) = ticket.due_at.filter(|_| ticket.status.is_active()) else { return Ok(()) };
    let people = tell::told(draft.desk, &ticket, &BTreeSet::new());
    show_again(draft, id, &people, &Occasion::Due(until))
}
