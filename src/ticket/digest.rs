//! The daily digest: what is nobody's or waits for a word, workable by answer.
//!
//! It reads and records nothing on tickets; what it lists today and nobody settles it lists again.
//! Whoever gets each mail at once is reminded here of what is still nobody's after a day.
//! Deliberately absent: the weekly digest of a coordinator, charts, deadlines as attachments.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::desk::{Access, Desk, NotifyChoice};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Effect, Notice, ReplyTo, Timer};
use crate::ticket::later;
use crate::ticket::matter::{DigestItem, Doubt, Matter};
use crate::ticket::state::{Held, Ticket};
use crate::ticket::tell;
use crate::types::{OutboxId, PersonId, QueueName, Sequence};

/// Tickets that a digest lists; what is more is counted.
const ITEMS_MAX: usize = 15;
/// Who had a mail of its own about a ticket is not shown it again before.
const FRESH_SPAN: SignedDuration = SignedDuration::from_hours(24);

/// The timers of everybody who is due a digest, for a daemon that begins: the same timer for the
/// same time, however often it is asked.
#[must_use]
pub fn first_timers(desk: &Desk, now: Timestamp) -> Vec<(Timer, Timestamp)> {
    let people = desk.register.people().filter(|person| !read(desk, &person.id).is_empty());
    people.map(|person| (Timer::Digest(person.id.clone()), next_after(desk, now))).collect()
}

/// Sends a person's digest, if anything waits, and arms the next.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn send(draft: &mut Draft<'_>, person: &PersonId, due_at: Timestamp) -> Result<(), Missing> {
    let desk = draft.desk;
    let Some(to) = tell::member(desk, person) else { return Ok(()) };
    let next_at = next_after(desk, due_at.max(draft.now));
    draft.push(Effect::Arm(Timer::Digest(person.clone()), next_at));
    let day = day_of(desk, due_at);
    if !desk.site.calendar.is_working(day)
        || draft.case().correspondent(&to.mailbox.address)?.suspended_at.is_some()
    {
        return Ok(());
    }
    let Some(waiting) = waiting(draft, person, due_at)? else { return Ok(()) };
    let notice = page(draft, person, to, &waiting);
    draft.notify(Notice {
        reply_to: ReplyTo::Digest(person.clone(), day),
        best_before: Some(next_at),
        ..notice
    });
    Ok(())
}

/// Sends the part of a digest behind the one that is answered; says whether there was any. Where
/// it is not known which one that was, the first.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn send_rest(
    draft: &mut Draft<'_>,
    person: &PersonId,
    answered: Option<&Notice>,
    in_reply_to: Option<String>,
) -> Result<bool, Missing> {
    let Some(to) = tell::member(draft.desk, person) else { return Ok(false) };
    let at = answered.map_or(draft.now, |notice| notice.at);
    let Some(mut waiting) = waiting(draft, person, at)? else { return Ok(false) };
    let last = answered.and_then(|notice| match &notice.matter {
        Matter::Digest { items, .. } => items.last().map(|item| (item.at, item.ticket)),
        _ => None,
    });
    match last {
        Some(last) => waiting.tickets.retain(|ticket| (ticket.created_at, ticket.id) > last),
        None => drop(waiting.tickets.drain(..waiting.tickets.len().min(ITEMS_MAX))),
    }
    if waiting.tickets.is_empty() {
        return Ok(false);
    }
    let notice = page(draft, person, to, &waiting);
    draft.notify(Notice { in_reply_to, ..notice });
    Ok(true)
}

/// What waits for a reader.
#[derive(Debug)]
struct Waiting {
    /// The first of the reader's queues, which lends the digest its name.
    queue: QueueName,
    /// Oldest first.
    tickets: Vec<Ticket>,
    /// How many more there are that were not looked up.
    beyond: u32,
}

/// What waits for a person at a time; nothing if nothing does.
fn waiting(
    draft: &Draft<'_>,
    person: &PersonId,
    at: Timestamp,
) -> Result<Option<Waiting>, Missing> {
    let queues = read(draft.desk, person);
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut beyond = 0;
    for (queue, choice) in &queues {
        let (known, count) = draft.case().queue(queue)?;
        let loaded = u32::try_from(known.len()).unwrap_or(u32::MAX);
        beyond += count.saturating_sub(loaded);
        let is_listed = |ticket: &&Ticket| waits(ticket) && !is_fresh(ticket, *choice, at);
        tickets.extend(known.iter().filter(is_listed).cloned());
    }
    let queue = queues.into_iter().map(|(queue, _)| queue).next();
    tickets.sort_by_key(|ticket| (ticket.created_at, ticket.id));
    let some = |queue| Waiting { queue, tickets, beyond };
    Ok(queue.map(some).filter(|waiting| !waiting.tickets.is_empty()))
}

/// The first tickets of what waits, as a mail.
fn page(draft: &Draft<'_>, person: &PersonId, to: tell::Recipient, waiting: &Waiting) -> Notice {
    let desk = draft.desk;
    let listed = waiting.tickets.len().min(ITEMS_MAX);
    let rest = u32::try_from(waiting.tickets.len() - listed).unwrap_or(u32::MAX);
    let items = waiting.tickets.iter().take(listed).map(|ticket| item(desk, person, ticket));
    Notice {
        id: OutboxId(0),
        to: to.mailbox,
        person: to.person,
        locale: to.locale,
        form: to.form,
        queue: waiting.queue.clone(),
        ticket: None,
        sequence: Sequence(0),
        subject: String::new(),
        subject_day: None,
        reply_to: ReplyTo::Digest(person.clone(), day_of(desk, draft.now)),
        in_reply_to: None,
        at: draft.now,
        best_before: None,
        matter: Matter::Digest {
            items: items.collect(),
            more: rest.saturating_add(waiting.beyond),
        },
    }
}

fn day_of(desk: &Desk, at: Timestamp) -> Date {
    at.to_zoned(desk.site.time_zone.clone()).date()
}

/// The queues whose digest a person reads, and what was chosen there: served, and not chosen to
/// hear nothing of.
fn read(desk: &Desk, person: &PersonId) -> Vec<(QueueName, NotifyChoice)> {
    let chosen = |name: &QueueName| {
        let mut members = desk.register.members(name).iter();
        members.find(|member| &member.person == person).map(|member| member.notify)
    };
    let queues = desk.register.queues().map(|queue| &queue.name);
    let queues = queues.filter_map(|name| Some((name.clone(), chosen(name)?)));
    queues.filter(|(_, choice)| *choice != NotifyChoice::None).collect()
}

/// Whether a reader had it as a mail of its own within the last day: whoever gets each mail is
/// reminded only of what nobody took since. What a filter condemned was copied to nobody.
fn is_fresh(ticket: &Ticket, choice: NotifyChoice, at: Timestamp) -> bool {
    let had_copy = choice == NotifyChoice::Each && !ticket.suspect && ticket.held.is_empty();
    let came_at = ticket.last_received.as_ref().map_or(ticket.created_at, |last| last.at);
    had_copy && at.duration_since(came_at) < FRESH_SPAN
}

/// Whether a ticket needs somebody: nobody has it, or an answer on it is held back. Requests of
/// procedures ask for whom they need themselves.
fn waits(ticket: &Ticket) -> bool {
    let is_people = ticket.request.is_none() && ticket.sitting.is_none();
    let is_nobodys = ticket.owner.is_none() && is_people;
    ticket.status.is_active() && (is_nobodys || !ticket.held.is_empty())
}

fn item(desk: &Desk, reader: &PersonId, ticket: &Ticket) -> DigestItem {
    let requestor = ticket.requestors.first();
    let may = desk.register.access(reader, &ticket.queue) == Some(Access::Write);
    let held = ticket.held.values().next().filter(|_| may);
    let name = |held: &Held| desk.register.name_of(&held.by);
    DigestItem {
        ticket: ticket.id,
        // A task of a request has nobody who asks but us.
        from: requestor.map_or_else(
            || format!("lotse {}", desk.site.name),
            |requestor| requestor.shown().to_owned(),
        ),
        subject: ticket.subject.clone(),
        at: ticket.created_at,
        excerpt: ticket.last_received.as_ref().map(|last| last.text.clone()),
        doubt: ticket.suspect.then_some(Doubt::Suspect),
        held: !ticket.held.is_empty(),
        held_by: held.map(name),
    }
}

/// The next working day's hour strictly after `at`, in the site's zone; tomorrow's where the
/// calendar has no working day within a year.
fn next_after(desk: &Desk, at: Timestamp) -> Timestamp {
    let zone = &desk.site.time_zone;
    let mut day = at.to_zoned(zone.clone()).date();
    for _ in 0..366 {
        let due = day
            .at(desk.site.digest_hour.clamp(0, 23), 0, 0, 0)
            .to_zoned(zone.clone())
            .map(|due| due.timestamp());
        match due {
            Ok(due) if due > at && desk.site.calendar.is_working(day) => return due,
            _ => {}
        }
        let Ok(tomorrow) = day.tomorrow() else { break };
        day = tomorrow;
    }
    later(at, SignedDuration::from_hours(24))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Address, Keyring, Locale};
    use jiff::tz::TimeZone;

    fn desk() -> Desk {
        Desk {
            site: crate::desk::Site {
                name: "nrw".into(),
                address: Address::parse("desk@nrw.example").unwrap(),
                separator: "+".into(),
                domains: vec![],
                dispatcher: QueueName::new("kontakt"),
                control: None,
                locale: Locale::De,
                time_zone: TimeZone::get("Europe/Berlin").unwrap(),
                calendar: crate::desk::Calendar::default(),
                authserv_ids: vec![],
                rungs: std::collections::BTreeMap::new(),
                privacy_url: None,
                digest_hour: 8,
                outgoing_bytes_max: 26_214_400,
                meetings: Vec::new(),
            },
            keyring: Keyring::default(),
            procedures: std::collections::BTreeMap::new(),
            register: crate::desk::Register::default(),
        }
    }

    #[test]
    fn next_digest_is_on_the_next_working_day_at_the_local_hour() {
        let desk = desk();
        for (at, next) in [
            ("2026-11-20T06:59:59Z", "2026-11-20T07:00:00Z"),
            ("2026-11-20T07:00:00Z", "2026-11-23T07:00:00Z"),
            ("2026-11-22T12:00:00Z", "2026-11-23T07:00:00Z"),
            // Summer time ends in the night to Sunday.
            ("2026-10-23T06:00:00Z", "2026-10-26T07:00:00Z"),
        ] {
            assert_eq!(next_after(&desk, at.parse().unwrap()), next.parse().unwrap(), "{at}");
        }
    }
}
