//! The decision sheets of a meeting: one mail with all of them, once no question about a result is
//! open.
//!
//! It is the receipt of the results as well. Deliberately absent: what a sheet holds
//! (`procedure::sheet`).

use std::collections::BTreeMap;

use crate::ticket::caps::{self, Held};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Matter, MinuteLine};
use crate::ticket::meeting::{agenda, record, sitting_of};
use crate::ticket::procedure::sheet;
use crate::ticket::sitting::{ItemState, Sitting, SittingChange};
use crate::ticket::state::Change;
use crate::ticket::tally::Verdict;
use crate::ticket::tell;
use crate::types::{PersonId, TicketId};

/// Sends the sheets that wait to who records results and to who keeps the papers; says whether
/// any went out. `by` recorded the last of them, `recorded` is what was recorded with it.
pub(super) fn send(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    by: Option<&PersonId>,
    recorded: &[MinuteLine],
) -> Result<bool, Missing> {
    let Some(sitting) = sitting_of(draft, id)? else { return Ok(false) };
    let asks = |item: &crate::ticket::sitting::Item| matches!(item.state, ItemState::Awaited(..));
    if sitting.sheets.is_empty() || sitting.items.iter().any(asks) {
        return Ok(false);
    }
    let readers = readers(draft, &sitting, by)?;
    record(draft, id, origin, SittingChange::SheetsSent);
    for (person, items) in &readers {
        send_to(draft, (id, origin), (person, items), (&sitting, by, recorded))?;
    }
    Ok(true)
}

/// Who reads which sheets: all of them who may record, its own who keeps papers.
fn readers(
    draft: &Draft<'_>,
    sitting: &Sitting,
    by: Option<&PersonId>,
) -> Result<Vec<(PersonId, Vec<TicketId>)>, Missing> {
    let meeting = draft.desk.site.meeting(&sitting.meeting);
    let may =
        meeting.into_iter().flat_map(|meeting| [Some(&meeting.chair), meeting.minutes.as_ref()]);
    let mut records: Vec<PersonId> = Vec::new();
    for person in by.into_iter().chain(may.flatten()) {
        if !records.contains(person) {
            records.push(person.clone());
        }
    }
    let mut keeps: BTreeMap<PersonId, Vec<TicketId>> = BTreeMap::new();
    for item in &sitting.sheets {
        let request = draft.ticket(*item)?.and_then(|ticket| ticket.request.as_deref());
        let sheet = request.and_then(|request| request.sheet.as_deref());
        for keeper in sheet.into_iter().flat_map(sheet::custodians) {
            let kept = keeps.entry(keeper.clone()).or_default();
            if !records.contains(keeper) && !kept.contains(item) {
                kept.push(*item);
            }
        }
    }
    keeps.retain(|_, kept| !kept.is_empty());
    let all = |person| (person, sitting.sheets.clone());
    Ok(records.into_iter().map(all).chain(keeps).collect())
}

fn send_to(
    draft: &mut Draft<'_>,
    (id, origin): (TicketId, &Origin),
    (person, items): (&PersonId, &[TicketId]),
    (sitting, by, recorded): (&Sitting, Option<&PersonId>, &[MinuteLine]),
) -> Result<(), Missing> {
    let Some(to) = tell::member(draft.desk, person) else { return Ok(()) };
    let address = to.mailbox.address.clone();
    if caps::spend(draft, &address)?.err().is_some_and(|held| held != Held::Count) {
        draft.record_inside(id, origin, Change::NotSent { address, why: "cap".to_owned() });
        return Ok(());
    }
    let mut pages = Vec::new();
    for item in items {
        let Some(ticket) = draft.ticket(*item)? else { continue };
        pages.extend(sheet::page(draft, ticket, to.locale));
    }
    let may_record =
        draft.desk.site.meeting(&sitting.meeting).is_some_and(|meeting| meeting.records(person));
    let mut postponed = Vec::new();
    for line in recorded.iter().filter(|line| line.verdict == Some(Verdict::Postponed)) {
        let mut line = line.clone();
        if let Some(ticket) = line.ticket
            && let Some(request) = draft.ticket(ticket)?.and_then(|one| one.request.as_deref())
        {
            request.procedure.shown(to.locale).clone_into(&mut line.title);
        }
        postponed.extend(Some(line).filter(|_| may_record));
    }
    let matter = Matter::Sheet {
        meeting: Some((agenda::title(draft, sitting, to.locale), sitting.begins_at)),
        by: by.filter(|by| *by != person).map(|by| draft.desk.register.name_of(by)),
        postponed,
        pages,
    };
    let question = may_record.then(|| {
        let change = SittingChange::Question { by: person.clone(), address: address.clone() };
        record(draft, id, origin, change)
    });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let reply_to = question.map_or_else(
        || tell::reply_inside(draft.desk, &ticket, person),
        |question| ReplyTo::Question(question, address),
    );
    let mut notice = tell::notice(draft, &ticket, &to, reply_to, matter);
    notice.sequence = question.unwrap_or(notice.sequence);
    draft.notify(notice);
    Ok(())
}
