//! What stands on an agenda, when it goes out, and what becomes of what is left.
//!
//! Deliberately absent: what is answered to it (`results`).

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::desk::{Access, Meeting};
use crate::ticket::caps::{self, Held};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::{ReplyTo, Timer};
use crate::ticket::later;
use crate::ticket::matter::{AgendaItem, Matter};
use crate::ticket::meeting::{program, record, sheets, sitting_of};
use crate::ticket::procedure::agenda::{self as requests, called};
use crate::ticket::sitting::{ItemState, Sitting, SittingChange};
use crate::ticket::state::{Change, Status};
use crate::ticket::tell;
use crate::types::{Locale, PersonId, TicketId};

/// So long an agenda waits for more where it is late already.
const SETTLE_SPAN: SignedDuration = SignedDuration::from_mins(10);
/// What is left goes to the next agenda so long before that goes out.
const CARRY_SPAN: SignedDuration = SignedDuration::from_mins(1);
/// So long after a meeting results are awaited at least.
const RECORD_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// Puts a request on the next agenda of a meeting, once; says when that meeting is. Nothing where
/// there is no such meeting, or none takes place any more.
pub(crate) fn table(
    draft: &mut Draft<'_>,
    item: TicketId,
    origin: &Origin,
    name: &str,
) -> Result<Option<Timestamp>, Missing> {
    let origin = program(origin);
    let Some(id) = upcoming(draft, &origin, name)? else { return Ok(None) };
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(None) };
    let known = sitting.item(item).map(|known| &known.state);
    if matches!(known, Some(ItemState::Open | ItemState::Awaited(..))) {
        return Ok(Some(sitting.begins_at));
    }
    record(draft, id, &origin, SittingChange::Add { item });
    requests::tabled(draft, item, &origin, name.to_owned(), id);
    if sitting.called_at.is_some() {
        send(draft, id, &origin, &[item])?;
    }
    Ok(Some(sitting.begins_at))
}

/// A request leaves the agenda of a sitting.
pub(crate) fn drop_item(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    item: TicketId,
) -> Result<(), Missing> {
    let is_open = sitting_of(draft, id)?.is_some_and(|sitting| sitting.open().any(|at| at == item));
    if is_open {
        record(draft, id, &program(origin), SittingChange::Drop { item });
        settle(draft, id, origin)?;
    }
    Ok(())
}

/// The next date of a meeting as a ticket, planned if it is not yet; nothing if there is none.
fn upcoming(
    draft: &mut Draft<'_>,
    origin: &Origin,
    name: &str,
) -> Result<Option<TicketId>, Missing> {
    let desk = draft.desk;
    let Some(meeting) = desk.site.meeting(name) else { return Ok(None) };
    if let Some(last) = draft.case().meeting(name)?
        && let Some(sitting) = sitting_of(draft, last)?
        && sitting.begins_at > draft.now
    {
        revive(draft, last, origin, meeting, &sitting)?;
        return Ok(Some(last));
    }
    let Some(begins_at) = meeting.next(draft.now, desk.site.days()) else { return Ok(None) };
    let locale = tell::queue_locale(desk, &meeting.queue);
    let id = draft.create(
        origin,
        Change::Create {
            queue: meeting.queue.clone(),
            subject: meeting.shown(locale).to_owned(),
            requestors: Vec::new(),
            locale,
            linked: None,
            suspect: false,
            message_id: None,
        },
    );
    let owner = Some(meeting.chair.clone());
    draft.record_inside(id, origin, Change::Owner { owner });
    draft.record_inside(id, origin, Change::Status { status: Status::Open });
    record(draft, id, origin, SittingChange::Plan { meeting: name.to_owned(), begins_at });
    arm_agenda(draft, id, origin, meeting, begins_at);
    draft.convene(name, id);
    Ok(Some(id))
}

/// A sitting that had nothing left to decide has something again.
fn revive(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting: &Meeting,
    sitting: &Sitting,
) -> Result<(), Missing> {
    if draft.ticket(id)?.is_none_or(|ticket| ticket.status.is_active()) {
        return Ok(());
    }
    draft.record_inside(id, origin, Change::Status { status: Status::Open });
    match sitting.called_at {
        None => arm_agenda(draft, id, origin, meeting, sitting.begins_at),
        Some(_) => arm_carry(draft, id, origin, meeting, sitting.begins_at),
    }
    Ok(())
}

fn arm_agenda(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting: &Meeting,
    begins_at: Timestamp,
) {
    let due = meeting.agenda_at(begins_at, draft.desk.site.days());
    let at = due.max(later(draft.now, SETTLE_SPAN)).min(begins_at);
    draft.arm(id, origin, Timer::Meeting(id), at);
}

/// What is left goes on shortly before the next agenda goes out, a day after the meeting at least.
fn arm_carry(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting: &Meeting,
    begins_at: Timestamp,
) {
    let days = draft.desk.site.days();
    let earliest = later(meeting.ends(begins_at, days), RECORD_SPAN);
    let next = meeting.next(begins_at, days);
    let at = next.map_or(earliest, |next| later(meeting.agenda_at(next, days), -CARRY_SPAN));
    draft.arm(id, origin, Timer::Meeting(id), at.max(earliest));
}

/// The time of a sitting's timer has come.
pub(super) fn due(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(()) };
    let desk = draft.desk;
    let Some(meeting) = desk.site.meeting(&sitting.meeting) else {
        return abandon(draft, id, origin);
    };
    if sitting.called_at.is_some() {
        return carry(draft, id, origin, &sitting);
    }
    let begins = sitting.begins_at.to_zoned(desk.site.time_zone.clone());
    let is_planned = meeting.is_on(begins.date(), desk.site.days()) && begins.time() == meeting.at;
    if !is_planned {
        // The calendar changed since: the same agenda is for the next date there is.
        let Some(begins_at) = meeting.next(draft.now, desk.site.days()) else {
            return abandon(draft, id, origin);
        };
        let name = sitting.meeting.clone();
        record(draft, id, origin, SittingChange::Plan { meeting: name, begins_at });
        arm_agenda(draft, id, origin, meeting, begins_at);
        return Ok(());
    }
    call(draft, id, origin, meeting)
}

/// The agenda goes out, if anything stands on it.
fn call(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    meeting: &Meeting,
) -> Result<(), Missing> {
    let items = still_open(draft, id, origin)?;
    if items.is_empty() {
        return settle(draft, id, origin);
    }
    send(draft, id, origin, &items)?;
    if let Some(sitting) = sitting_of(draft, id)? {
        arm_carry(draft, id, origin, meeting, sitting.begins_at);
    }
    Ok(())
}

/// What still waits for a decision; what was closed, withdrawn or decided elsewhere leaves.
fn still_open(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
) -> Result<Vec<TicketId>, Missing> {
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(Vec::new()) };
    let mut open = Vec::new();
    for item in sitting.open() {
        if draft.ticket(item)?.is_some_and(|ticket| requests::waits_for(ticket, id)) {
            open.push(item);
        } else {
            record(draft, id, origin, SittingChange::Drop { item });
        }
    }
    Ok(open)
}

/// Sends the agenda with these items: to who records with the fields, to the others without.
fn send(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    items: &[TicketId],
) -> Result<(), Missing> {
    let Some(before) = sitting_of(draft, id)? else { return Ok(()) };
    let desk = draft.desk;
    let Some(meeting) = desk.site.meeting(&before.meeting) else { return Ok(()) };
    record(draft, id, origin, SittingChange::Call);
    for person in &readers(draft, meeting) {
        let Some(to) = tell::member(desk, person) else { continue };
        let address = to.mailbox.address.clone();
        let records = meeting.records(person);
        let held = caps::spend(draft, &address)?.err();
        // Who records must have it, whatever was sent there today.
        if held.is_some_and(|held| !records || held != Held::Count) {
            draft.record_inside(id, origin, Change::NotSent { address, why: "cap".to_owned() });
            continue;
        }
        let shown = shown(draft, items, to.locale)?;
        let matter = Matter::Agenda {
            meeting: meeting.shown(to.locale).to_owned(),
            begins_at: before.begins_at,
            ends_at: meeting.ends(before.begins_at, desk.site.days()),
            place: meeting.place.clone(),
            items: shown,
            records,
            adds: before.called_at.is_some(),
            revision: before.calls,
        };
        let (sequence, reply_to) = if records {
            let change = SittingChange::Question { by: person.clone(), address: address.clone() };
            let question = record(draft, id, origin, change);
            (Some(question), ReplyTo::Question(question, address))
        } else {
            (None, ReplyTo::Internal(person.clone()))
        };
        let Some(ticket) = draft.ticket(id)?.cloned() else { continue };
        let mut notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        notice.sequence = sequence.unwrap_or(notice.sequence);
        draft.notify(notice);
    }
    Ok(())
}

/// The chair, who keeps the minutes, and everybody else who meets.
fn readers(draft: &Draft<'_>, meeting: &Meeting) -> Vec<PersonId> {
    let members = draft.desk.register.members(&meeting.queue).iter();
    let members = members.filter(|member| member.access > Access::Suspended);
    let members = members.map(|member| &member.person);
    let mut known = BTreeSet::new();
    let all = [&meeting.chair].into_iter().chain(meeting.minutes.as_ref()).chain(members);
    all.filter(|person| known.insert((*person).clone())).cloned().collect()
}

fn shown(
    draft: &Draft<'_>,
    items: &[TicketId],
    locale: Locale,
) -> Result<Vec<AgendaItem>, Missing> {
    let mut shown = Vec::new();
    for item in items {
        let Some(ticket) = draft.ticket(*item)? else { continue };
        shown.extend(requests::item(draft, ticket, locale));
    }
    Ok(shown)
}

/// What remains without a result stands on the next agenda.
fn carry(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    sitting: &Sitting,
) -> Result<(), Missing> {
    for item in still_open(draft, id, origin)? {
        pass_on(draft, id, origin, (&sitting.meeting, item))?;
    }
    sheets::send(draft, (id, origin), None, &[])?;
    settle(draft, id, origin)
}

/// An item goes from one sitting to the next; says when that is.
pub(super) fn pass_on(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (meeting, item): (&str, TicketId),
) -> Result<Option<Timestamp>, Missing> {
    let origin = program(origin);
    let Some(next) = upcoming(draft, &origin, meeting)? else {
        record(draft, id, &origin, SittingChange::Drop { item });
        requests::left_to_coordinators(draft, item, &origin);
        return Ok(None);
    };
    record(draft, id, &origin, SittingChange::Carry { item, to: next });
    table(draft, item, &origin, meeting)
}

/// The meeting is no longer one of the site's: the coordinators decide what stood on its agenda.
fn abandon(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    for item in still_open(draft, id, origin)? {
        record(draft, id, origin, SittingChange::Drop { item });
        requests::left_to_coordinators(draft, item, origin);
    }
    settle(draft, id, origin)
}

/// A sitting with nothing left to decide is over.
pub(super) fn settle(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    let Some(ticket) = draft.ticket(id)? else { return Ok(()) };
    let is_over = ticket.sitting.as_deref().is_some_and(|sitting| sitting.open().next().is_none());
    if is_over && ticket.status.is_active() {
        let origin = program(origin);
        draft.disarm(id, &origin, &Timer::Meeting(id));
        draft.record_inside(id, &origin, Change::Status { status: Status::Resolved });
    }
    Ok(())
}

/// What a meeting is called for a reader, also one that is no longer configured.
pub(super) fn title(draft: &Draft<'_>, sitting: &Sitting, locale: Locale) -> String {
    called(draft.desk.site.meeting(&sitting.meeting), &sitting.meeting, locale)
}
