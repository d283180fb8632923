//! The family of work, third part: what tickets have to do with each other.
//!
//! Whatever is said of one ticket and another is recorded on both; who says it may read both.
//! Deliberately absent: what goes where once tickets are merged (`merge`), taking back (`undo`).

use crate::desk::Access;
use crate::ticket::case::Missing;
use crate::ticket::command::work::is_running;
use crate::ticket::command::{self, Act, Argument, By, Family, Keyword, Outcome, Undo, undo};
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Matter, ResultKind};
use crate::ticket::merge::{self, Merged};
use crate::ticket::shelf::unanswered_since;
use crate::ticket::state::{Change, LastReceived, Status, Ticket, Transaction};
use crate::ticket::{stay, tell};
use crate::types::{Address, Mailbox, PersonId, Position, QueueName, TicketId};

/// Tickets that one line links.
const LINKS_MAX: usize = 20;

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: "link",
        names: [
            &["verknüpfe", "verknüpfen", "verbinde"],
            &["link"],
            &["linkitä", "liitä"],
            &["länka", "koppla"],
        ],
        argument: Argument::Tickets,
        help: [
            "und Nummern: das Ticket hat mit diesen zu tun, sie nennen einander",
            "and numbers: the ticket has to do with these, each names the other",
            "ja numeroita: asia liittyy näihin, ne mainitsevat toisensa",
            "och nummer: ärendet hör ihop med dem, de nämner varandra",
        ],
        run: link,
        ..WORK
    },
    Keyword {
        name: "unlink",
        names: [&["entknüpfe", "entknüpfen"], &["unlink"], &["irrota"], &["frikoppla"]],
        argument: Argument::Tickets,
        help: [
            "und Nummern: das Ticket hat mit diesen nichts mehr zu tun",
            "and numbers: the ticket has nothing to do with these any more",
            "ja numeroita: asia ei enää liity näihin",
            "och nummer: ärendet hör inte längre ihop med dem",
        ],
        run: unlink,
        ..WORK
    },
    Keyword {
        name: "merge",
        names: [
            &["zusammenführen", "zusammenlegen", "vereinige"],
            &["merge"],
            &["yhdistä"],
            &["sammanfoga"],
        ],
        argument: Argument::Tickets,
        help: [
            "und eine Nummer: alles Weitere steht dort, Antworten gehen an alle",
            "and a number: all that follows stands there, answers go to everybody",
            "ja numero: kaikki myöhempi tulee sinne, vastaukset menevät kaikille",
            "och ett nummer: allt senare hamnar där, svaren går till alla",
        ],
        run: merge_into,
        ..WORK
    },
    Keyword {
        name: "split",
        names: [
            &["abtrennen", "trenne", "abspalten"],
            &["split"],
            &["erota"],
            &["dela", "bryt-ut"],
        ],
        argument: Argument::Part,
        undo: Undo::Inside,
        help: [
            "ein zitierter Absatz darüber, oder die Mail, wird ein neues Ticket",
            "a paragraph quoted above it, or the whole mail, becomes a new ticket",
            "yllä lainatusta kappaleesta, tai koko viestistä, tulee uusi asia",
            "ett stycke citerat ovanför, eller hela mejlet, blir ett nytt ärende",
        ],
        run: split,
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

/// The numbers of tickets in an argument, in order, whatever stands between them.
#[must_use]
pub fn numbers(argument: &str) -> Vec<TicketId> {
    let words = argument.split(|c: char| !c.is_alphanumeric());
    let mut found: Vec<TicketId> = Vec::new();
    for id in words.filter_map(|word| word.parse().ok()).map(TicketId) {
        if !found.contains(&id) {
            found.push(id);
        }
    }
    found.truncate(LINKS_MAX);
    found
}

/// The other tickets that a line names, or why it cannot be done with them.
fn others(
    draft: &Draft<'_>,
    act: &Act<'_>,
    needed: Access,
) -> Result<Result<Vec<TicketId>, ResultKind>, Missing> {
    let By::Member(person) = act.by else { return Ok(Err(ResultKind::NotAllowed)) };
    let mut found = Vec::new();
    for named in numbers(act.argument) {
        let id = merge::last(draft, named)?;
        let queue = draft.ticket(id)?.map(|ticket| &ticket.queue);
        match queue.and_then(|queue| draft.desk.register.access(person, queue)) {
            None => return Ok(Err(ResultKind::NoTicket)),
            Some(access) if access < needed => return Ok(Err(ResultKind::NotAllowed)),
            Some(_) if id == act.id => return Ok(Err(ResultKind::Itself)),
            Some(_) => found.push(id),
        }
    }
    Ok(if found.is_empty() { Err(ResultKind::NoOther) } else { Ok(found) })
}

fn named(tickets: &[TicketId]) -> String {
    let names: Vec<String> = tickets.iter().map(ToString::to_string).collect();
    names.join(", ")
}

fn link(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    set(draft, act, true)
}

fn unlink(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    set(draft, act, false)
}

fn set(draft: &mut Draft<'_>, act: &Act<'_>, on: bool) -> Result<Outcome, Missing> {
    let others = match others(draft, act, Access::Read)? {
        Ok(others) => others,
        Err(kind) => return Ok(Outcome::plain(kind)),
    };
    let Some(known) = draft.ticket(act.id)?.map(|ticket| ticket.links.clone()) else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let new: Vec<TicketId> = others.into_iter().filter(|id| known.contains(id) != on).collect();
    if new.is_empty() {
        return Ok(Outcome::plain(ResultKind::Already));
    }
    for other in &new {
        draft.record_inside(act.id, act.origin, Change::Link { ticket: *other, on });
        mirror(draft, act, *other, on);
    }
    let kind = if on { ResultKind::Linked } else { ResultKind::Unlinked };
    Ok(Outcome::of(kind, named(&new)))
}

/// The same link on the other ticket. It is no deed of its own there: it is taken back where it
/// was said.
fn mirror(draft: &mut Draft<'_>, act: &Act<'_>, other: TicketId, on: bool) {
    let origin = Origin { message: None, ..act.origin.clone() };
    draft.record_inside(other, &origin, Change::Link { ticket: act.id, on });
}

/// Whether its own steps say what becomes of a ticket.
fn is_procedural(ticket: &Ticket) -> bool {
    is_running(ticket)
        || ticket.request.is_some()
        || ticket.sitting.is_some()
        || ticket.task_of.is_some()
}

fn merge_into(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let into = match others(draft, act, Access::Write)? {
        Ok(others) if others.len() == 1 => others,
        Ok(_) => return Ok(Outcome::plain(ResultKind::OneOnly)),
        Err(kind) => return Ok(Outcome::plain(kind)),
    };
    let shown = named(&into);
    let (Some(into), Some(ticket)) = (into.first().copied(), draft.ticket(act.id)?.cloned()) else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let Some(target) = draft.ticket(into)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if is_procedural(&ticket) {
        return Ok(Outcome::plain(ResultKind::Runs));
    }
    if is_procedural(&target) {
        return Ok(Outcome::of(ResultKind::RunsThere, shown));
    }
    if target.status == Status::Rejected {
        return Ok(Outcome::of(ResultKind::EndedThere, shown));
    }
    draft.record_inside(act.id, act.origin, Change::Merge { into });
    draft.record_inside(into, act.origin, absorb(&ticket, &target));
    let is_awake = matches!(ticket.status, Status::New | Status::Open);
    if is_awake && !matches!(target.status, Status::New | Status::Open) {
        draft.record_inside(into, act.origin, Change::Status { status: Status::Open });
    }
    if target.owner.is_none() && ticket.owner.is_some() {
        draft.record_inside(into, act.origin, Change::Owner { owner: ticket.owner });
    }
    Ok(Outcome::of(ResultKind::Merged, shown))
}

/// What a ticket takes over from one that is merged into it.
fn absorb(ticket: &Ticket, target: &Ticket) -> Change {
    let is_new = |mailbox: &&Mailbox| !target.takes_part(&mailbox.address);
    let requestors: Vec<Mailbox> = ticket.requestors.iter().filter(is_new).cloned().collect();
    let cc: Vec<Mailbox> = ticket.cc.iter().filter(is_new).cloned().collect();
    let new = || requestors.iter().chain(&cc).map(|mailbox| mailbox.address.clone());
    let older = ticket.merged.iter().flat_map(|merged| &merged.people);
    let older: Vec<&Address> = older.collect();
    let own = new().filter(|address| !older.contains(&address)).collect();
    let waits = unanswered_since(ticket).map(|since| (target.next_sequence(), since));
    let mut merged = vec![Merged { ticket: ticket.id, people: own, waits }];
    merged.extend(ticket.merged.iter().map(|merged| {
        let people = new().filter(|address| merged.people.contains(address)).collect();
        Merged { ticket: merged.ticket, people, waits: None }
    }));
    Change::Absorb { merged, requestors, cc, watchers: ticket.watchers.clone() }
}

/// A part of a ticket: who wrote it, when, and the words.
///
/// Words of which nobody can say who wrote them, where several asked, become nobody's ticket: the
/// next answer would quote them to somebody else.
fn part(
    draft: &Draft<'_>,
    ticket: &Ticket,
    act: &Act<'_>,
) -> Result<Option<LastReceived>, Missing> {
    let Some(last) = ticket.last_received.clone() else { return Ok(None) };
    let Some(words) = act.words else { return Ok(Some(last)) };
    if words.message == last.text.message {
        return Ok(Some(last));
    }
    let all = ticket.merged.iter().map(|merged| merged.ticket);
    for id in std::iter::once(ticket.id).chain(all) {
        let wanted = act.quotes.unwrap_or(words.message);
        let history = draft.case().history(id)?;
        let Some(found) = history.iter().find_map(|line| received(line, wanted)) else { continue };
        let is_whole = act.quotes.is_none();
        let quoted = LastReceived { text: words.clone(), attachments: Vec::new(), ..found.clone() };
        return Ok(Some(if is_whole { found } else { quoted }));
    }
    let is_last = act.quotes.is_none() && ticket.merged.is_empty();
    let quoted = LastReceived { text: words.clone(), attachments: Vec::new(), ..last };
    Ok(is_last.then_some(quoted))
}

/// Words from outside as a line of history recorded them, if they came in this message.
fn received(line: &Transaction, wanted: Position) -> Option<LastReceived> {
    let Change::Receive { from, text, attachments, message_id, .. } = &line.change else {
        return None;
    };
    (text.message == wanted).then(|| LastReceived {
        sequence: line.sequence,
        from: from.clone(),
        at: line.at,
        text: text.clone(),
        attachments: attachments.clone(),
        message_id: message_id.clone(),
        row: (1, line.at),
    })
}

fn split(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(ticket) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    if is_procedural(&ticket) {
        return Ok(Outcome::plain(ResultKind::Runs));
    }
    let queue = match act.argument.trim() {
        "" => ticket.queue.clone(),
        name => match command::queue_of(draft.desk, name) {
            Ok(queue) => queue,
            Err(near) => {
                let near: Vec<&str> = near.iter().map(QueueName::as_str).collect();
                return Ok(Outcome::of(ResultKind::BadArgument, near.join(", ")));
            }
        },
    };
    let Some(part) = part(draft, &ticket, act)? else {
        return Ok(Outcome::plain(ResultKind::NoPart));
    };
    let new = begin(draft, act, &ticket, (&queue, &part));
    draft.record_inside(act.id, act.origin, Change::Split { into: new });
    show(draft, person, new, &part)?;
    Ok(Outcome::of(ResultKind::Split, format!("{new} ({queue})")))
}

/// The new ticket of a part, in the name of who wrote that.
fn begin(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    ticket: &Ticket,
    (queue, part): (&QueueName, &LastReceived),
) -> TicketId {
    let is_ours = draft.desk.is_own(&part.from.address);
    let requestors = if is_ours { ticket.requestors.clone() } else { vec![part.from.clone()] };
    let create = Change::Create {
        queue: queue.clone(),
        subject: ticket.subject.clone(),
        requestors,
        locale: ticket.locale,
        linked: None,
        suspect: ticket.suspect,
        message_id: None,
    };
    let origin = Origin { message: None, ..act.origin.clone() };
    let new = draft.create(&origin, create);
    let receive = Change::Receive {
        from: part.from.clone(),
        text: part.text.clone(),
        attachments: part.attachments.clone(),
        message_id: part.message_id.clone(),
        key_of: None,
    };
    draft.record_inside(new, &origin, receive);
    mirror(draft, act, new, true);
    new
}

/// Shows a new ticket to those who are told of its queue, but for who made it.
fn show(
    draft: &mut Draft<'_>,
    author: &PersonId,
    id: TicketId,
    part: &LastReceived,
) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let people = tell::told(draft.desk, &ticket, &std::collections::BTreeSet::new());
    for person in people.into_iter().filter(|person| person != author) {
        let Some(to) = tell::member(draft.desk, &person) else { continue };
        if draft.case().correspondent(&to.mailbox.address)?.suspended_at.is_some() {
            continue;
        }
        let matter = Matter::Copy {
            author: part.from.clone(),
            doubt: None,
            is_new: true,
            owner: None,
            goes_to: ticket.requestors.first().cloned(),
            besides: Vec::new(),
            text: part.text.clone(),
            attachments: part.attachments.clone(),
            reopened: false,
            linked: None,
            links: ticket.links.clone(),
            also: Vec::new(),
            parked: tell::is_too_big(draft.desk, &part.attachments),
        };
        let mut copy = tell::notice(draft, &ticket, &to, ReplyTo::Member(person), matter);
        copy.in_reply_to.clone_from(&part.message_id);
        draft.notify(copy);
    }
    Ok(())
}

/// Whether what lines of a ticket did to others can be taken back with them: nobody works there.
pub(super) fn may_loosen(
    draft: &Draft<'_>,
    person: &PersonId,
    lines: &[&Transaction],
) -> Result<bool, Missing> {
    for line in lines {
        let is_free = match &line.change {
            Change::Split { into } => draft.ticket(*into)?.is_none_or(|ticket| {
                ticket.owner.is_none()
                    && ticket.last_answer.is_none()
                    && ticket.merged.is_empty()
                    && ticket.status == Status::New
            }),
            Change::Absorb { merged, .. } => match merged.first() {
                Some(first) => undo::inverse(draft, first.ticket, person, line.message)?.is_some(),
                None => true,
            },
            _ => true,
        };
        if !is_free {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Takes back on other tickets what lines of this one did there: a link goes, a merged ticket is
/// one of its own again, and what was split off is merged back. Returns to whom answers would have
/// gone that had not left yet.
pub(super) fn loosen(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    person: &PersonId,
    lines: &[&Transaction],
) -> Result<Vec<String>, Missing> {
    let mut caught = Vec::new();
    for line in lines {
        match &line.change {
            Change::Link { ticket, on } if draft.ticket(*ticket)?.is_some() => {
                mirror(draft, act, *ticket, !on);
            }
            Change::Split { into } => {
                draft.record_inside(*into, act.origin, Change::Merge { into: act.id });
            }
            Change::Absorb { merged, .. } => {
                let Some(first) = merged.first() else { continue };
                let inverse = undo::inverse(draft, first.ticket, person, line.message)?;
                if let Some(inverse) = inverse {
                    caught.extend(stay::catch_undone(draft, first.ticket, act.origin, &inverse)?);
                    draft.record_inside(first.ticket, act.origin, inverse);
                }
            }
            _ => {}
        }
    }
    Ok(caught)
}

/// The people who were shown what lines of a ticket split off.
pub(super) fn shown(
    draft: &Draft<'_>,
    person: &PersonId,
    lines: &[&Transaction],
) -> Result<Vec<PersonId>, Missing> {
    let mut people = Vec::new();
    for line in lines {
        let Change::Split { into } = line.change else { continue };
        let Some(ticket) = draft.ticket(into)? else { continue };
        people.extend(tell::told(draft.desk, ticket, &std::collections::BTreeSet::new()));
    }
    people.retain(|id| id != person);
    Ok(people)
}
