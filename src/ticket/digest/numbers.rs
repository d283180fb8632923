//! How things stand, in numbers: from counts that are kept, so that none is made by walking over
//! tickets.
//!
//! Deliberately absent: drawing them (`notice`), keeping them (`shelf`, the shell).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::desk::{Access, Consenting, Desk, Every, Renewal, Scope, Unit, readership};
use crate::ticket::case::Missing;
use crate::ticket::digest::{Occasion, local_day};
use crate::ticket::draft::Draft;
use crate::ticket::report::{Lacking, Neglected, Numbers, QueueLine, Renewing, Week};
use crate::ticket::shelf::{Counts, Shelf, Tally, week_of};
use crate::types::{QueueName, TicketId};

/// Weeks that a chart shows, this one included.
const WEEKS: i64 = 13;
/// Queues that have a line of their own.
const QUEUES_MAX: usize = 40;

/// The last weeks of queues.
pub(super) fn of(
    draft: &Draft<'_>,
    occasion: &Occasion<'_>,
    queues: &[QueueName],
) -> Result<Numbers, Missing> {
    let this_week = week_of(occasion.at);
    let back = |weeks: i64| this_week.checked_sub((7 * weeks).days()).unwrap_or(this_week);
    let mondays: Vec<Date> = (0..WEEKS).rev().map(back).collect();
    let span = if occasion.every() == Every::Month { 4 } else { 1 };
    let of_weeks = queues
        .iter()
        .flat_map(|queue| mondays.iter().map(move |monday| Tally::Week(queue.clone(), *monday)));
    let wanted: BTreeSet<Tally> =
        queues.iter().cloned().map(Tally::Queue).chain(of_weeks).collect();
    let counts = draft.case().counts(&wanted)?;
    let standing = sum(counts.iter().filter(|(tally, _)| matches!(tally, Tally::Queue(_))));
    let weeks = weeks(&counts, &mondays, standing.open);
    let is_in = |monday: &Date| *monday < this_week && *monday >= back(span);
    let lately = sum(counts.iter().filter(|(tally, _)| match tally {
        Tally::Week(_, monday) => is_in(monday),
        Tally::Queue(_) | Tally::Person(_) => false,
    }));
    let before = weeks.iter().rfind(|week| week.monday < back(span));
    Ok(Numbers {
        opened: lately.opened,
        closed: lately.closed,
        open: standing.open,
        before: before.map_or(0, |week| week.open),
        answered: lately.answered,
        oldest: oldest(draft, queues)?,
        queues: lines(&counts, queues, is_in),
        weeks,
    })
}

fn sum<'a>(counts: impl Iterator<Item = (&'a Tally, &'a Counts)>) -> Counts {
    counts.fold(Counts::default(), |sum, (_, counts)| sum.plus(*counts))
}

/// Each week, with what was open at its end: counted back from what is open now.
fn weeks(counts: &BTreeMap<Tally, Counts>, mondays: &[Date], open: u32) -> Vec<Week> {
    let mut open = open;
    let mut weeks = Vec::new();
    for monday in mondays.iter().rev() {
        let of_week = |tally: &Tally| matches!(tally, Tally::Week(_, week) if week == monday);
        let week = sum(counts.iter().filter(|(tally, _)| of_week(tally)));
        weeks.push(Week { monday: *monday, opened: week.opened, closed: week.closed, open });
        open = open.saturating_add(week.closed).saturating_sub(week.opened);
    }
    weeks.reverse();
    weeks
}

/// A line for each queue, where there are several; the fullest first.
fn lines(
    counts: &BTreeMap<Tally, Counts>,
    queues: &[QueueName],
    is_in: impl Fn(&Date) -> bool,
) -> Vec<QueueLine> {
    if queues.len() < 2 {
        return Vec::new();
    }
    let mut lines: BTreeMap<&QueueName, QueueLine> = BTreeMap::new();
    for (tally, counts) in counts {
        let (Tally::Queue(queue) | Tally::Week(queue, _)) = tally else { continue };
        let line = lines.entry(queue).or_insert_with(|| QueueLine {
            queue: queue.clone(),
            open: 0,
            nobodys: 0,
            opened: 0,
            closed: 0,
        });
        match tally {
            Tally::Week(_, monday) if is_in(monday) => {
                line.opened = line.opened.saturating_add(counts.opened);
                line.closed = line.closed.saturating_add(counts.closed);
            }
            Tally::Queue(_) => {
                line.open = counts.open;
                line.nobodys = counts.nobodys;
            }
            Tally::Week(..) | Tally::Person(_) => {}
        }
    }
    let mut lines: Vec<QueueLine> = lines.into_values().collect();
    lines.retain(|line| line.open + line.opened + line.closed > 0);
    lines.sort_by(|one, other| (other.open, &one.queue).cmp(&(one.open, &other.queue)));
    lines.truncate(QUEUES_MAX);
    lines
}

/// What has been nobody's for longest.
fn oldest(
    draft: &Draft<'_>,
    queues: &[QueueName],
) -> Result<Option<(TicketId, Timestamp)>, Missing> {
    let shelves: BTreeSet<Shelf> = queues.iter().cloned().map(Shelf::Nobodys).collect();
    let shelved = draft.case().shelves(&shelves)?;
    let first = shelved.filter_map(|(_, shelved)| shelved.tickets.first()).min();
    Ok(first.map(|(since, ticket)| (*ticket, *since)))
}

/// Queues in which answers are promised and somebody has waited longer.
pub(crate) fn neglected(
    draft: &Draft<'_>,
    queues: &[QueueName],
) -> Result<Vec<Neglected>, Missing> {
    let promise = |queue: &QueueName| draft.desk.register.queue(queue)?.answer_days;
    let promising = queues.iter().filter(|queue| promise(queue).is_some());
    let shelves: BTreeSet<Shelf> = promising.cloned().map(Shelf::Unanswered).collect();
    let mut neglected = Vec::new();
    for (shelf, shelved) in draft.case().shelves(&shelves)? {
        let Shelf::Unanswered(queue) = shelf else { continue };
        let Some(promised) = promise(queue) else { continue };
        let span = SignedDuration::from_hours(24 * i64::from(promised));
        let is_late = |(since, _): &&(Timestamp, TicketId)| draft.now.duration_since(*since) > span;
        let late = shelved.tickets.iter().take_while(is_late).count();
        let Some((since, ticket)) = shelved.tickets.first().filter(|_| late > 0) else { continue };
        neglected.push(Neglected {
            queue: queue.clone(),
            promised,
            count: u32::try_from(late).unwrap_or(u32::MAX),
            more: shelved.more && late == shelved.tickets.len(),
            oldest: (*ticket, *since),
        });
    }
    neglected.sort_by_key(|one| one.oldest.1);
    Ok(neglected)
}

/// Renewals of consents that are not whole yet, for those who read the registers.
pub(super) fn renewals(draft: &Draft<'_>, occasion: &Occasion<'_>) -> Vec<Renewing> {
    let (desk, reader) = (draft.desk, occasion.person);
    if desk.register.renewals().next().is_none() || !readership::readers(desk).contains(&reader.id)
    {
        return Vec::new();
    }
    let locale = reader.locale.unwrap_or(desk.site.locale);
    let line = |renewal: &Renewal| {
        let missing: Vec<String> =
            renewal.open(&desk.register).map(|asked| named(desk, &asked.who)).collect();
        let text = desk.register.text(&renewal.text, renewal.version)?;
        (!missing.is_empty()).then(|| Renewing {
            title: text.shown(locale).to_owned(),
            version: renewal.version,
            agreed: renewal.asked.len().saturating_sub(missing.len()),
            asked: renewal.asked.len(),
            missing,
        })
    };
    desk.register.renewals().filter_map(line).collect()
}

fn named(desk: &Desk, who: &Consenting) -> String {
    match who {
        Consenting::Person(id) => desk.register.name_of(id),
        Consenting::Unit(id) => {
            desk.register.unit(id).map_or_else(|| id.to_string(), |unit| unit.name.clone())
        }
        Consenting::Address(address) => address.to_string(),
    }
}

/// Queues and units that have fewer responsible people than they need.
pub(super) fn lacking(
    draft: &Draft<'_>,
    occasion: &Occasion<'_>,
    queues: &[QueueName],
) -> Vec<Lacking> {
    let register = &draft.desk.register;
    let day = local_day(draft.desk, occasion.person, occasion.at);
    let of_queues = queues.iter().filter_map(|name| {
        let queue = register.queue(name)?;
        let members = register.members(name).iter();
        let writers = members.filter(|member| member.access == Access::Write);
        let people: Vec<String> = writers.map(|member| register.name_of(&member.person)).collect();
        let lacks = people.len() < usize::from(queue.minimum);
        let name = queue.shown().to_owned();
        lacks.then_some(Lacking { name, is_unit: false, people, minimum: queue.minimum })
    });
    let is_about = |unit: &&Unit| {
        occasion.choices.iter().any(|choice| match &choice.scope {
            Scope::Unit(id) => register.units_up(&unit.id).any(|up| &up.id == id),
            Scope::All => true,
            Scope::Own | Scope::Queue(_) => unit.coordinators.contains(&occasion.person.id),
        })
    };
    let of_units = register.units().filter(is_about).filter(|unit| unit.lacking(day) > 0);
    let of_units = of_units.map(|unit| Lacking {
        name: unit.name.clone(),
        is_unit: true,
        people: unit.responsible(day).into_iter().map(|id| register.name_of(id)).collect(),
        minimum: unit.minimum,
    });
    of_queues.chain(of_units).collect()
}
