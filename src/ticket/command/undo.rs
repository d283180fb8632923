//! Taking back, and trying out.
//!
//! A deed is what one mail of one person did to a ticket. Taking it back puts the ticket where it
//! stood before, as far as nobody changed the same since; what left is named. Deliberately absent:
//! an inverse for each keyword, because every one follows from the history (`standing`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::desk::{Access, Desk};
use crate::ticket::breach;
use crate::ticket::case::Missing;
use crate::ticket::command::{
    Act, Argument, Aside, By, Keyword, Left, Outcome, Plain, Stand, Undo, bond,
};
use crate::ticket::draft::Draft;
use crate::ticket::effect::Timer;
use crate::ticket::later;
use crate::ticket::matter::ResultKind;
use crate::ticket::standing::Standing;
use crate::ticket::state::{Actor, Change, Status, Ticket, Transaction};
use crate::ticket::{stay, tell};
use crate::types::{Mailbox, PersonId, Position, Sequence, TicketId};

/// The keyword that takes back.
pub const UNDO: &str = "undo";
/// The keyword that tries out.
pub const TRY: &str = "try";

/// The keywords of this file.
pub static KEYWORDS: &[Keyword] = &[
    Keyword {
        name: UNDO,
        names: [&["rückgängig", "zurücknehmen"], &["undo"], &["kumoa", "kumoaminen"], &["ångra"]],
        phrases: [
            &["rückgängig", "mach das rückgängig", "bitte rückgängig machen"],
            &["undo", "undo that", "undo it"],
            &["kumoa", "kumoa se"],
            &["ångra", "ångra det"],
        ],
        undo: Undo::Again,
        plain: Plain::Done,
        help: [
            "nimmt zurück, was du hier zuletzt getan hast",
            "takes back what you did here last",
            "kumoaa sen, mitä teit täällä viimeksi",
            "tar tillbaka det du gjorde här senast",
        ],
        run: undo,
        ..Keyword::BASE
    },
    Keyword {
        name: TRY,
        names: [&["probe", "probiere"], &["try"], &["kokeile"], &["prova"]],
        argument: Argument::Line,
        help: [
            "vor einer solchen Zeile: zeigt, was geschähe, und tut nichts",
            "before such a line: shows what would happen, and does nothing",
            "tällaisen rivin edessä: näyttää, mitä tapahtuisi, eikä tee mitään",
            "framför en sådan rad: visar vad som skulle hända och gör inget",
        ],
        run: tried,
        ..Keyword::BASE
    },
];

/// Whether a word is the keyword that tries out.
#[must_use]
pub fn is_try(word: &str) -> bool {
    super::find(word, super::Reader::Member).is_some_and(|keyword| keyword.name == TRY)
}

#[expect(clippy::unnecessary_wraps, reason = "the signature of every keyword")]
const fn tried(_: &mut Draft<'_>, _: &Act<'_>) -> Result<Outcome, Missing> {
    Ok(Outcome::plain(ResultKind::OnlyTried))
}

/// What one mail of one person did to a ticket, without a gap.
struct Deed {
    first: Sequence,
    last: Sequence,
    at: Timestamp,
    message: Position,
}

/// What a line of history is to a deed.
enum Part {
    /// It changed how the ticket stands.
    Stands,
    /// It said something to somebody.
    Said(Left),
    /// Others act on it already.
    Lasts,
    /// Nothing that could be taken back.
    Beside,
    /// It ends a deed: a beginning, words from outside, or an earlier taking back.
    Border,
}

fn part(change: &Change) -> Part {
    match change {
        Change::Owner { .. }
        | Change::Status { .. }
        | Change::Due { .. }
        | Change::Spam
        | Change::Queue { .. }
        | Change::Retitle { .. }
        | Change::AddCc { .. }
        | Change::AddRequestor { .. }
        | Change::KnownAs { .. }
        | Change::Priority { .. }
        | Change::Link { .. }
        | Change::Merge { .. }
        | Change::Absorb { .. }
        | Change::Split { .. }
        | Change::Watch { .. } => Part::Stands,
        Change::Correspond { .. } => Part::Said(Left::Answer(String::new())),
        Change::Comment { .. } => Part::Said(Left::Words),
        Change::Request { .. }
        | Change::Sitting { .. }
        | Change::Liaison { .. }
        | Change::TaskOf { .. } => Part::Lasts,
        Change::Hold { .. }
        | Change::Release { .. }
        | Change::Automatic { .. }
        | Change::Undeliverable { .. }
        | Change::NotSent { .. }
        | Change::AskedAddition { .. }
        | Change::Prove { .. }
        | Change::Answered { .. }
        | Change::Lapsed { .. }
        | Change::Arm { .. }
        | Change::Disarm { .. }
        | Change::Leave { .. }
        | Change::Practice { .. } => Part::Beside,
        Change::Create { .. } | Change::Receive { .. } | Change::Undo { .. } | Change::Erased => {
            Part::Border
        }
    }
}

/// Whether a line of history changes how a ticket stands, or answers its requestor.
#[must_use]
pub fn moves(change: &Change) -> bool {
    matches!(part(change), Part::Stands | Part::Said(Left::Answer(_)))
        || matches!(change, Change::Undo { .. })
}

/// The last deed of a person on a ticket that was not taken back.
fn last_deed(history: &[Transaction], person: &PersonId) -> Option<Deed> {
    let by = Actor::Person(person.clone());
    let mut undone: Vec<(Sequence, Sequence)> = Vec::new();
    let mut found: Option<Deed> = None;
    let mut counts = false;
    for line in history.iter().rev() {
        if let Change::Undo { first, last, .. } = &line.change {
            undone.push((*first, *last));
        }
        let is_undone =
            undone.iter().any(|(first, last)| (*first..=*last).contains(&line.sequence));
        let is_border = matches!(part(&line.change), Part::Border);
        let message = line.message.filter(|_| line.by == by && !is_undone && !is_border);
        let goes_on = found.as_ref().is_some_and(|deed| message == Some(deed.message));
        if found.is_some() && !goes_on {
            if counts {
                return found;
            }
            found = None;
        }
        let Some(message) = message else { continue };
        counts = (goes_on && counts) || !matches!(part(&line.change), Part::Beside);
        let last = found.as_ref().map_or(line.sequence, |deed| deed.last);
        found = Some(Deed { first: line.sequence, last, at: line.at, message });
    }
    found.filter(|_| counts)
}

/// A ticket as it stood after the line of this number; before the first for number nothing.
fn as_of(id: TicketId, history: &[Transaction], last: Sequence) -> Ticket {
    let at = history.first().map_or(Timestamp::UNIX_EPOCH, |line| line.at);
    let mut ticket = Ticket::begin(id, at);
    let lines = history.iter().take_while(|line| line.sequence <= last);
    lines.for_each(|line| ticket.apply(line));
    ticket
}

/// A ticket before and after a deed.
fn around(id: TicketId, history: &[Transaction], deed: &Deed) -> (Ticket, Ticket) {
    let before = Sequence(deed.first.0.saturating_sub(1));
    (as_of(id, history, before), as_of(id, history, deed.last))
}

/// What a person may do on a ticket that the person's own last deed took away.
///
/// # Errors
/// [`Missing`] if its history was not looked up.
pub fn lost_access(
    draft: &Draft<'_>,
    person: &PersonId,
    id: TicketId,
) -> Result<Option<Access>, Missing> {
    if draft.ticket(id)?.is_none() {
        return Ok(None);
    }
    let history = draft.case().history(id)?;
    let Some(deed) = last_deed(history, person) else { return Ok(None) };
    let (before, _) = around(id, history, &deed);
    Ok(draft.desk.register.access(person, &before.queue))
}

/// What takes back on a ticket what a message of a person did there; nothing where that was changed
/// once more since.
///
/// # Errors
/// [`Missing`] if the ticket or its history was not looked up.
pub(super) fn inverse(
    draft: &Draft<'_>,
    id: TicketId,
    person: &PersonId,
    message: Option<Position>,
) -> Result<Option<Change>, Missing> {
    let Some(now) = draft.ticket(id)? else { return Ok(None) };
    let history = draft.case().history(id)?;
    let deed = last_deed(history, person).filter(|deed| Some(deed.message) == message);
    let Some(deed) = deed else { return Ok(None) };
    let (before, after) = around(id, history, &deed);
    let standing = Standing::of(now).without(&Standing::of(&before), &Standing::of(&after));
    let (first, last) = (deed.first, deed.last);
    Ok(standing.map(|standing| Change::Undo { first, last, standing: Box::new(standing) }))
}

fn undo(draft: &mut Draft<'_>, act: &Act<'_>) -> Result<Outcome, Missing> {
    let By::Member(person) = act.by else { return Ok(Outcome::plain(ResultKind::NotAllowed)) };
    let Some(now) = draft.ticket(act.id)?.cloned() else {
        return Ok(Outcome::plain(ResultKind::NoTicket));
    };
    let history = draft.case().history(act.id)?.to_vec();
    let span = draft.desk.site.undo_span;
    let since = later(draft.now, -span);
    let deed = last_deed(&history, person).filter(|deed| deed.at >= since);
    let deed_at = deed.as_ref().map(|deed| deed.at);
    let warned = breach::undo(draft, act, (person, since, deed_at))?;
    match (deed, warned) {
        // The mail that warned also did something here: one undo takes both back.
        (Some(deed), Some((ticket, at, warned))) if at == deed.at && ticket != act.id => {
            let rest = take_back(draft, act, (person, &now, &history), &deed)?;
            let Aside { mut left, .. } = warned.aside;
            left.extend(rest.aside.left);
            Ok(Outcome { aside: Aside { left, ..rest.aside }, ..warned })
        }
        (_, Some((_, _, warned))) => Ok(warned),
        (Some(deed), None) => take_back(draft, act, (person, &now, &history), &deed),
        (None, None) => {
            let hours = span.as_hours().to_string();
            Ok(Outcome::of(ResultKind::NothingToUndo, hours))
        }
    }
}

/// Takes back what somebody did last on a ticket, as far as it has not left.
fn take_back(
    draft: &mut Draft<'_>,
    act: &Act<'_>,
    (person, now, history): (&PersonId, &Ticket, &[Transaction]),
    deed: &Deed,
) -> Result<Outcome, Missing> {
    let lines: Vec<&Transaction> =
        history.iter().filter(|line| (deed.first..=deed.last).contains(&line.sequence)).collect();
    let (before, after) = around(act.id, history, deed);
    let reports = now.task_of.is_some() && before.status != after.status;
    if reports || lines.iter().any(|line| matches!(part(&line.change), Part::Lasts)) {
        return Ok(Outcome::plain(ResultKind::Lasts));
    }
    if !bond::may_loosen(draft, person, &lines)? {
        return Ok(Outcome::plain(ResultKind::Lasts));
    }
    let shown = bond::shown(draft, person, &lines)?;
    let is_caught = |line: &&&Transaction| now.staying.contains_key(&line.sequence);
    let caught: Vec<Sequence> = lines.iter().filter(is_caught).map(|line| line.sequence).collect();
    let left = left(draft.desk, person, (&lines, &caught), ((&before, &after), shown));
    let mut target = Standing::of(&before);
    if left.iter().any(|left| matches!(left, Left::Answer(_))) {
        // Who answered has the ticket, and it is open: that follows from what left.
        target.owner = target.owner.or_else(|| after.owner.clone());
        if target.status == Status::New {
            target.status = Status::Open;
        }
    }
    let standing = Standing::of(now).without(&target, &Standing::of(&after));
    // What has not left is caught, whatever became of the ticket since.
    let standing = standing.or_else(|| (!caught.is_empty()).then(|| Standing::of(now)));
    let Some(standing) = standing else {
        let since = history.iter().rev().find(|line| line.sequence > deed.last);
        let by = since.map(|line| line.by.clone());
        let by = match by {
            Some(Actor::Person(id)) if &id != person => draft.desk.register.name_of(&id),
            _ => String::new(),
        };
        return Ok(Outcome::of(ResultKind::ChangedSince, by));
    };
    let stands = stands(draft.desk, &Standing::of(now), &standing);
    let (first, last) = (deed.first, deed.last);
    stay::catch(draft, now, act.origin, &caught);
    draft.record_inside(
        act.id,
        act.origin,
        Change::Undo { first, last, standing: Box::new(standing) },
    );
    set_timers(draft, act, (&before, &after));
    let mut left = left;
    left.extend(bond::loosen(draft, act, person, &lines)?.into_iter().map(Left::Caught));
    let is_only_said = stands.is_empty() && caught.is_empty();
    let kind = if is_only_said { ResultKind::OnlySaid } else { ResultKind::Undone };
    Ok(Outcome::plain(kind).with(Aside { stands, left, ..Aside::NONE }))
}

/// What left with a deed, or was read.
fn left(
    desk: &Desk,
    person: &PersonId,
    (lines, caught): (&[&Transaction], &[Sequence]),
    ((before, after), shown): ((&Ticket, &Ticket), Vec<PersonId>),
) -> Vec<Left> {
    let mut left: Vec<Left> = Vec::new();
    for line in lines {
        let Part::Said(said) = part(&line.change) else { continue };
        let said = match said {
            Left::Answer(_) => {
                let to = after.requestors.first().map_or("", Mailbox::shown).to_owned();
                let is_caught = caught.contains(&line.sequence);
                if is_caught { Left::Caught(to) } else { Left::Answer(to) }
            }
            other => other,
        };
        if !left.contains(&said) {
            left.push(said);
        }
    }
    let had = tell::told(desk, before, &BTreeSet::new());
    let told = tell::told(desk, after, &BTreeSet::new());
    let is_moved = after.queue != before.queue;
    let newcomers = told.iter().filter(|id| is_moved && !had.contains(id));
    // Whose a merged ticket was has the other one without a mail.
    let is_merged = lines.iter().any(|line| matches!(line.change, Change::Absorb { .. }));
    let is_given = after.owner != before.owner && !is_merged;
    let given = after.owner.as_ref().filter(|_| is_given);
    let people = newcomers.chain(given).chain(&shown).filter(|id| *id != person);
    let people: BTreeSet<&PersonId> = people.collect();
    let names: Vec<String> = people.into_iter().map(|id| desk.register.name_of(id)).collect();
    if !names.is_empty() {
        left.push(Left::Shown(names));
    }
    left
}

/// How a ticket stands where that differs from before.
fn stands(desk: &Desk, before: &Standing, now: &Standing) -> Vec<Stand> {
    let mut stands = Vec::new();
    if now.owner != before.owner {
        stands.push(Stand::Owner(now.owner.as_ref().map(|id| desk.register.name_of(id))));
    }
    if now.status != before.status {
        stands.push(Stand::Status(now.status));
    }
    if now.queue != before.queue {
        stands.push(Stand::Queue(now.queue.to_string()));
    }
    if now.subject != before.subject {
        stands.push(Stand::Subject(now.subject.clone()));
    }
    if now.priority != before.priority {
        stands.push(Stand::Priority(now.priority));
    }
    if now.links != before.links || now.merged != before.merged {
        stands.push(Stand::Bonds);
    }
    if now.due_at != before.due_at {
        stands.push(Stand::Due(now.due_at));
    }
    let people = |one: &Standing| {
        (one.cc.clone(), one.requestors.clone(), one.watchers.clone(), one.aliases.clone())
    };
    if people(now) != people(before) {
        stands.push(Stand::People);
    }
    if stands.is_empty() && now != before {
        stands.push(Stand::Rest);
    }
    stands
}

/// Sets the timers that keywords set as they were before a deed; what is over by now fires at once.
fn set_timers(draft: &mut Draft<'_>, act: &Act<'_>, (before, after): (&Ticket, &Ticket)) {
    let of = |ticket: &Ticket, timer: &Timer| {
        ticket.timers.iter().find(|(known, _)| known == timer).map(|(_, at)| *at)
    };
    for timer in [Timer::Wake(act.id), Timer::Deadline(act.id)] {
        let (was, became) = (of(before, &timer), of(after, &timer));
        if was == became {
            continue;
        }
        match was {
            Some(at) => draft.arm(act.id, act.origin, timer, at.max(draft.now)),
            None => draft.disarm(act.id, act.origin, &timer),
        }
    }
}

/// How long a deed can be taken back where the site says nothing.
#[must_use]
pub const fn default_span() -> SignedDuration {
    SignedDuration::from_hours(24)
}
