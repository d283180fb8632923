//! What a digest lists: gathered from the shelves of its reader and of the queues it is about.
//!
//! Deliberately absent: counts (`numbers`), when and whether it is sent (`digest`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::desk::breach::{self, Level};
use crate::desk::{Access, Breach, Desk, Every, NotifyChoice, Person, Scope};
use crate::ticket::case::Missing;
use crate::ticket::digest::{Digest, Occasion, numbers, rank, read};
use crate::ticket::draft::Draft;
use crate::ticket::inbox::Inbox;
use crate::ticket::later;
use crate::ticket::liaison::{self, Stage};
use crate::ticket::matter::Doubt;
use crate::ticket::procedure::{Outlook, Waits, digest_line};
use crate::ticket::quarantine;
use crate::ticket::report::{Deadline, DigestItem, Ends, Following, Need, Report, Troubles};
use crate::ticket::shelf::{Shelf, Tally, unanswered_since, waits_for};
use crate::ticket::state::{Actor, Held, Status, Ticket};
use crate::ticket::tell;
use crate::types::{Locale, PersonId, QueueName, TicketId};

/// Tickets of nobody that are looked up for one digest.
const NOBODYS_MAX: usize = 120;
/// Tickets of the reader, and requests, that are looked up for one.
const OTHERS_MAX: usize = 60;
/// Who had a mail of its own about a ticket is not shown it again before.
pub(super) const FRESH_SPAN: SignedDuration = SignedDuration::from_hours(24);
/// Deadlines and addresses that one digest names.
const NAMED_MAX: usize = 20;

/// Everything that a digest says.
pub(super) fn digest(
    draft: &Draft<'_>,
    occasion: &Occasion<'_>,
    inbox: &Inbox,
) -> Result<Digest, Missing> {
    let mut digest = needs_only(draft, occasion, inbox, None)?;
    let scope = queues_of(draft.desk, occasion);
    let (undecided, mut deadlines) = requests(draft, occasion, &scope)?;
    digest.items.extend(undecided);
    digest.items.sort_by_key(rank);
    digest.items.dedup_by_key(|item| item.ticket);
    deadlines.retain(|line| digest.items.iter().all(|item| item.ticket != line.ticket));
    let mut breaches = following(draft, occasion)?;
    breaches.retain(|line| digest.items.iter().all(|item| item.ticket != line.ticket));
    let widest = occasion.choices.iter().map(|choice| &choice.scope).max();
    let is_report = occasion.is_report();
    let hour = draft.desk.site.digest_hour;
    digest.report = Report {
        every: occasion.every(),
        scope: widest.cloned().unwrap_or_default(),
        hour: occasion.choices.iter().find_map(|choice| choice.hour).unwrap_or(hour),
        is_whole: inbox.is_over,
        news: news(&digest.items, inbox),
        deadlines,
        lacking: if is_report { numbers::lacking(draft, occasion, &scope) } else { Vec::new() },
        renewals: numbers::renewals(draft, occasion),
        breaches,
        neglected: if is_report { numbers::neglected(draft, &scope)? } else { Vec::new() },
        numbers: if is_report { Some(numbers::of(draft, occasion, &scope)?) } else { None },
        trouble: trouble(draft, occasion)?,
    };
    Ok(digest)
}

/// Breaches of the rules that are to be looked at again, for those who may record them: what
/// rests needs nobody, and what is closed is settled.
fn following(draft: &Draft<'_>, occasion: &Occasion<'_>) -> Result<Vec<Following>, Missing> {
    let (desk, reader) = (draft.desk, &occasion.person.id);
    let register = &desk.register;
    let is_mine = |one: &&Breach| &one.person != reader && one.level != Level::Note;
    let open = register.breaches().filter(|one| one.stands()).filter(is_mine);
    let ids: Vec<TicketId> = open.map(|one| one.ticket).collect();
    if ids.is_empty() || !breach::coordinators(desk).contains(reader) {
        return Ok(Vec::new());
    }
    let is_due = |ticket: &&Ticket| ticket.status.is_active() && ticket.status != Status::Stalled;
    let mut lines = Vec::new();
    for ticket in draft.case().tickets(&ids)?.into_iter().filter(is_due).take(NAMED_MAX) {
        let Some(one) = register.breach(ticket.id) else { continue };
        let settings = &desk.site.breaches;
        let open = breach::open_warnings(register, &one.person, (draft.now, settings)).len();
        lines.push(Following {
            ticket: ticket.id,
            name: register.name_of(&one.person),
            suspension: one.level == Level::Suspension,
            at: one.at,
            answered_at: ticket.last_received.as_ref().map(|last| last.at),
            warnings: u16::try_from(open).unwrap_or(u16::MAX),
        });
    }
    Ok(lines)
}

/// What needs the reader, and nothing else; of what is nobody's only what stands behind a ticket.
pub(super) fn needs_only(
    draft: &Draft<'_>,
    occasion: &Occasion<'_>,
    inbox: &Inbox,
    after: Option<(Timestamp, TicketId)>,
) -> Result<Digest, Missing> {
    let desk = draft.desk;
    let person = &occasion.person.id;
    let queues = read(desk, person);
    let (nobodys, beyond) = nobodys(draft, &queues, after)?;
    let away = away(desk, person);
    let shelves = away.iter().map(|id| (*id).clone()).chain([person.clone()]);
    let own = shelf(draft, &shelves.map(Shelf::Persons).collect(), OTHERS_MAX)?;
    let ids: Vec<TicketId> = nobodys.iter().chain(&own).copied().collect();
    let mut items = Vec::new();
    for ticket in draft.case().tickets(&ids)? {
        let choice = queues.iter().find(|(queue, _)| queue == &ticket.queue);
        let is_read = choice
            .is_some_and(|(_, choice)| inbox.is_over || !is_fresh(ticket, *choice, occasion.at));
        let need = need(draft, occasion, ticket)
            .or_else(|| need_of(occasion, desk, ticket, &away))
            .or_else(|| (is_read && waits(ticket)).then_some(Need::Nobodys));
        items.extend(need.map(|need| item(desk, person, ticket, need)));
    }
    items.sort_by_key(rank);
    items.dedup_by_key(|item| item.ticket);
    let first = queues.into_iter().map(|(queue, _)| queue).next();
    let queue = first.unwrap_or_else(|| desk.dispatcher().clone());
    let hour = occasion.choices.iter().find_map(|choice| choice.hour);
    let report = Report { hour: hour.unwrap_or(desk.site.digest_hour), ..Report::default() };
    Ok(Digest { queue, items, beyond, report })
}

/// The tickets of shelves, oldest first.
fn shelf(
    draft: &Draft<'_>,
    shelves: &BTreeSet<Shelf>,
    tickets_max: usize,
) -> Result<Vec<TicketId>, Missing> {
    let mut tickets: Vec<(Timestamp, TicketId)> = Vec::new();
    for (_, shelved) in draft.case().shelves(shelves)? {
        tickets.extend(shelved.tickets.iter().copied());
    }
    tickets.sort_unstable();
    Ok(tickets.into_iter().take(tickets_max).map(|(_, id)| id).collect())
}

/// What is nobody's in queues, oldest first, behind the last of the page before if there was one,
/// and how many more there are; behind a page before only whether there are any.
fn nobodys(
    draft: &Draft<'_>,
    queues: &[(QueueName, NotifyChoice)],
    after: Option<(Timestamp, TicketId)>,
) -> Result<(Vec<TicketId>, u32), Missing> {
    let names = || queues.iter().map(|(queue, _)| queue.clone());
    let shelves: BTreeSet<Shelf> = names().map(Shelf::Nobodys).collect();
    if let Some(after) = after {
        let pages: BTreeSet<_> = shelves.into_iter().map(|shelf| (shelf, after)).collect();
        let found = draft.case().pages(&pages)?;
        let mut tickets: Vec<(Timestamp, TicketId)> = Vec::new();
        let mut is_cut = false;
        for (_, shelved) in found {
            tickets.extend(shelved.tickets.iter().copied());
            is_cut |= shelved.more;
        }
        tickets.sort_unstable();
        is_cut |= tickets.len() > NOBODYS_MAX;
        let tickets = tickets.into_iter().take(NOBODYS_MAX).map(|(_, id)| id).collect();
        return Ok((tickets, u32::from(is_cut)));
    }
    let counts = draft.case().counts(&names().map(Tally::Queue).collect())?;
    let mut total: u32 = 0;
    for (shelf, shelved) in draft.case().shelves(&shelves)? {
        let known = u32::try_from(shelved.tickets.len()).unwrap_or(u32::MAX);
        let counted = match shelf {
            Shelf::Nobodys(queue) if shelved.more => counts.get(&Tally::Queue(queue.clone())),
            _ => None,
        };
        total = total.saturating_add(counted.map_or(known, |counts| counts.nobodys.max(known)));
    }
    let tickets = shelf(draft, &shelves, NOBODYS_MAX)?;
    let shown = u32::try_from(tickets.len()).unwrap_or(u32::MAX);
    Ok((tickets, total.saturating_sub(shown)))
}

/// Whether a reader had it as a mail of its own within the last day: whoever gets each mail is
/// reminded only of what nobody took since. What a filter condemned was copied to nobody.
fn is_fresh(ticket: &Ticket, choice: NotifyChoice, at: Timestamp) -> bool {
    let had_copy = choice == NotifyChoice::Each && !ticket.suspect && ticket.held.is_empty();
    let came_at = ticket.last_received.as_ref().map_or(ticket.created_at, |last| last.at);
    had_copy && at.duration_since(came_at) < FRESH_SPAN
}

fn waits(ticket: &Ticket) -> bool {
    crate::ticket::shelf::needs_somebody(ticket)
}

/// What a ticket wants of the reader in person: a word that was asked for, an answer that its
/// requestor has waited for since yesterday.
fn need(draft: &Draft<'_>, occasion: &Occasion<'_>, ticket: &Ticket) -> Option<Need> {
    let desk = draft.desk;
    let person = &occasion.person.id;
    desk.register.access(person, &ticket.queue)?;
    let line = digest_line(ticket, locale_of(desk, occasion.person), occasion.at);
    if let Some(Outlook { title, waits: Waits::People { of, .. }, until, .. }) = line
        && of.contains(&Actor::Person(person.clone()))
    {
        let pending = ticket.request.as_ref().and_then(|request| request.waits());
        let is_old = |since: Timestamp| occasion.at.duration_since(since) >= FRESH_SPAN;
        let is_due = pending.is_none_or(|pending| is_old(pending.since));
        return is_due.then_some(Need::Asked { title, until });
    }
    let is_own = ticket.owner.as_ref() == Some(person) && ticket.status != Status::Stalled;
    // On its last day the reader has a mail of its own about it.
    if let Some(until) = ticket.due_at.filter(|until| is_own && *until <= occasion.at) {
        return Some(Need::Due { until });
    }
    let came_at = ticket.last_received.as_ref().map_or(ticket.created_at, |last| last.at);
    let is_old = occasion.at.duration_since(came_at) >= FRESH_SPAN;
    (is_own && is_old && unanswered_since(ticket).is_some()).then_some(Need::Yours)
}

/// Those who are away: the reader stands in for them, or may write where nobody does.
fn away<'a>(desk: &'a Desk, reader: &PersonId) -> Vec<&'a PersonId> {
    let others = desk.register.people().filter(|one| &one.id != reader && one.absence.is_some());
    others.map(|one| &one.id).collect()
}

/// What a ticket wants of somebody who is away: the reader stands in, or may write there and nobody
/// stands in.
fn need_of(
    occasion: &Occasion<'_>,
    desk: &Desk,
    ticket: &Ticket,
    away: &[&PersonId],
) -> Option<Need> {
    let reader = &occasion.person.id;
    let waits = waits_for(ticket);
    let whose = away.iter().find(|id| waits.contains(**id))?;
    let is_for_reader = match desk.register.stand_in(whose, &ticket.queue) {
        Some(stand_in) => stand_in == reader,
        None => desk.register.access(reader, &ticket.queue) == Some(Access::Write),
    };
    let is_due = ticket.due_at.is_some_and(|until| until <= occasion.at);
    let is_pressing = is_due || ticket.owner.is_none() || unanswered_since(ticket).is_some();
    let until = desk.register.person(whose)?.absence.as_ref()?.until;
    let name = desk.register.name_of(whose);
    let is_awake = ticket.status != Status::Stalled;
    (is_for_reader && is_awake && is_pressing).then_some(Need::Away { name, until })
}

fn locale_of(desk: &Desk, person: &Person) -> Locale {
    person.locale.unwrap_or(desk.site.locale)
}

fn item(desk: &Desk, reader: &PersonId, ticket: &Ticket, need: Need) -> DigestItem {
    let requestor = ticket.requestors.first();
    let may = desk.register.access(reader, &ticket.queue) == Some(Access::Write);
    let held = ticket.held.values().next().filter(|_| may);
    let name = |held: &Held| desk.register.name_of(&held.by);
    let at = match need {
        Need::Yours | Need::Away { .. } => unanswered_since(ticket).unwrap_or(ticket.created_at),
        _ => ticket.created_at,
    };
    DigestItem {
        ticket: ticket.id,
        // A task of a request has nobody who asks but us.
        from: requestor.map_or_else(
            || format!("lotse {}", desk.site.name),
            |requestor| requestor.shown().to_owned(),
        ),
        subject: ticket.subject.clone(),
        at,
        excerpt: ticket.last_received.as_ref().map(|last| last.text.clone()),
        doubt: ticket.suspect.then_some(Doubt::Suspect),
        held: !ticket.held.is_empty(),
        held_by: held.map(name),
        priority: ticket.priority,
        need,
    }
}

/// What waited, without what stands above it anyway.
fn news(items: &[DigestItem], inbox: &Inbox) -> Vec<crate::ticket::inbox::Waiting> {
    let is_listed = |ticket: TicketId| items.iter().any(|item| item.ticket == ticket);
    inbox.lines.iter().filter(|line| !is_listed(line.ticket)).cloned().collect()
}

/// The queues that a digest is about.
fn queues_of(desk: &Desk, occasion: &Occasion<'_>) -> Vec<QueueName> {
    let own = read(desk, &occasion.person.id);
    let is_about = |queue: &&crate::desk::Queue| {
        occasion.choices.iter().any(|choice| match &choice.scope {
            Scope::Own => own.iter().any(|(name, _)| name == &queue.name),
            Scope::Queue(name) => name == &queue.name,
            Scope::Unit(unit) => {
                let up = queue.unit.as_ref();
                let mut up = up.into_iter().flat_map(|own| desk.register.units_up(own));
                up.any(|above| &above.id == unit)
            }
            Scope::All => true,
        })
    };
    desk.register.queues().filter(is_about).map(|queue| queue.name.clone()).collect()
}

/// Requests of queues: what is undecided there and the reader may decide, and what ends when.
fn requests(
    draft: &Draft<'_>,
    occasion: &Occasion<'_>,
    queues: &[QueueName],
) -> Result<(Vec<DigestItem>, Vec<Deadline>), Missing> {
    let desk = draft.desk;
    let person = occasion.person;
    let shelves = queues.iter().cloned().map(Shelf::Requests).collect();
    let ids = shelf(draft, &shelves, OTHERS_MAX)?;
    let (mut undecided, mut deadlines) = (Vec::new(), meetings(draft, occasion)?);
    deadlines.extend(liaisons(draft, occasion, queues)?);
    for ticket in draft.case().tickets(&ids)? {
        let Some(line) = digest_line(ticket, locale_of(desk, person), occasion.at) else {
            continue;
        };
        let may = desk.register.access(&person.id, &ticket.queue) == Some(Access::Write);
        if may && line.needs_coordinator {
            let of = match &line.waits {
                Waits::Confirmation { of } => Some(name_of(desk, of)),
                Waits::Decision { objectors } => objectors.first().map(|by| name_of(desk, by)),
                _ => None,
            };
            let need = Need::Undecided { title: line.title, of };
            undecided.push(item(desk, &person.id, ticket, need));
        } else {
            deadlines.extend(deadline(desk, occasion, ticket, line));
        }
    }
    deadlines.sort_by_key(|deadline| (deadline.at, deadline.ticket));
    deadlines.truncate(NAMED_MAX);
    Ok((undecided, deadlines))
}

fn deadline(
    desk: &Desk,
    occasion: &Occasion<'_>,
    ticket: &Ticket,
    line: Outlook,
) -> Option<Deadline> {
    let names = |people: Vec<Actor>| people.iter().map(|by| name_of(desk, by)).collect();
    let (what, names) = match line.waits {
        Waits::Silence => (Ends::Window, Vec::new()),
        Waits::Decision { objectors } => (Ends::Objection, names(objectors)),
        Waits::Confirmation { of } => (Ends::Objection, names(vec![of])),
        Waits::People { of, .. } => (Ends::Step, names(of)),
        Waits::Facts { missing } => (Ends::Facts, missing),
        Waits::Votes => (Ends::Vote, Vec::new()),
        Waits::Agenda { .. } | Waits::Meeting => return None,
    };
    let at = if what == Ends::Objection { ticket.created_at } else { line.until? };
    let is_near = what == Ends::Objection || at <= horizon(occasion);
    let deadline = Deadline { ticket: ticket.id, title: line.title, at, what, names };
    is_near.then_some(deadline)
}

/// How far ahead a digest looks.
fn horizon(occasion: &Occasion<'_>) -> Timestamp {
    let days = match occasion.every() {
        Every::Day | Every::Never => 3,
        Every::Week => 14,
        Every::Month => 45,
    };
    later(occasion.at, SignedDuration::from_hours(24 * days))
}

/// Meetings that are planned, with what is on their agenda.
fn meetings(draft: &Draft<'_>, occasion: &Occasion<'_>) -> Result<Vec<Deadline>, Missing> {
    let desk = draft.desk;
    let mut found = Vec::new();
    for meeting in desk.site.meetings.iter().filter(|_| occasion.is_report()) {
        let Some(id) = draft.case().meeting(&meeting.name)? else { continue };
        let sitting = draft.case().ticket(id)?.and_then(|ticket| ticket.sitting.as_ref());
        let Some(sitting) = sitting else { continue };
        if sitting.begins_at >= occasion.at && sitting.begins_at <= horizon(occasion) {
            found.push(Deadline {
                ticket: id,
                title: meeting.shown(locale_of(desk, occasion.person)).to_owned(),
                at: sitting.begins_at,
                what: Ends::Meeting,
                names: sitting.open().map(|item| item.to_string()).collect(),
            });
        }
    }
    Ok(found)
}

/// What teams were asked and have not answered, for those who ask or look after either.
fn liaisons(
    draft: &Draft<'_>,
    occasion: &Occasion<'_>,
    queues: &[QueueName],
) -> Result<Vec<Deadline>, Missing> {
    let desk = draft.desk;
    let is_about = |queue| queues.contains(queue);
    let mut found = Vec::new();
    for liaison in desk.site.liaisons.iter().filter(|_| occasion.is_report()) {
        if !is_about(&liaison.from) && !is_about(&liaison.to) {
            continue;
        }
        let Some(id) = draft.case().meeting(&liaison::key(&liaison.name))? else { continue };
        let Some(ticket) = draft.case().ticket(id)? else { continue };
        let asked = ticket.liaison.as_deref().filter(|asked| asked.stage.is_open());
        let Some(asked) = asked.filter(|_| ticket.status.is_active()) else { continue };
        let is_overdue = asked.stage == Stage::Overdue;
        let team = desk.register.queue(&liaison.to);
        found.push(Deadline {
            ticket: id,
            title: liaison.shown(locale_of(desk, occasion.person)).to_owned(),
            at: asked.until,
            what: if is_overdue { Ends::Overdue } else { Ends::Step },
            names: team.map(|team| team.shown().to_owned()).into_iter().collect(),
        });
    }
    Ok(found)
}

fn name_of(desk: &Desk, by: &Actor) -> String {
    match by {
        Actor::Person(person) => desk.register.name_of(person),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => desk.site.name.clone(),
    }
}

/// What goes wrong, for those who look after the site: who may write in the dispatcher's queue,
/// and whoever reads of everything.
fn trouble(draft: &Draft<'_>, occasion: &Occasion<'_>) -> Result<Option<Troubles>, Missing> {
    let desk = draft.desk;
    let person = &occasion.person.id;
    let all = occasion.choices.iter().any(|choice| choice.scope == Scope::All);
    let is_watcher = tell::coordinators(desk, desk.dispatcher()).iter().any(|(id, _)| id == person);
    if !is_watcher && !all {
        return Ok(None);
    }
    let known = draft.case().trouble(draft.now)?;
    let last =
        occasion.choices.iter().map(|choice| choice.before(desk, occasion.person, occasion.at));
    let last = last.min().unwrap_or(occasion.at);
    let troubles = Troubles {
        quarantined: u32::try_from(known.quarantined.len()).unwrap_or(u32::MAX),
        lying: known.quarantined.iter().take(quarantine::SHOWN_MAX).cloned().collect(),
        stopped: known.stopped.iter().take(NAMED_MAX).map(|(at, _)| at.clone()).collect(),
        suspended: known.suspended.iter().take(NAMED_MAX).map(|(at, _)| at.clone()).collect(),
        is_new: known.quarantined.iter().any(|lying| lying.at >= last),
    };
    Ok(Some(troubles).filter(|troubles| !troubles.is_empty()))
}
