//! The daily digest: what is nobody's or waits for a word, workable by answer.
//!
//! It reads and records nothing on tickets; what it lists today and nobody settles it lists again.
//! Deliberately absent: the weekly digest of a coordinator, charts, deadlines as attachments.

use jiff::{SignedDuration, Timestamp};

use crate::desk::{Desk, NotifyChoice};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Effect, Notice, ReplyTo, Timer};
use crate::ticket::matter::{DigestItem, Doubt, Matter};
use crate::ticket::state::Ticket;
use crate::ticket::tell;
use crate::types::{Mailbox, OutboxId, PersonId, QueueName, Sequence};

/// Tickets that a digest lists; what is more is counted.
const ITEMS_MAX: usize = 15;

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
    let queues = read(desk, person);
    let day = due_at.to_zoned(desk.site.time_zone.clone()).date();
    if !desk.site.calendar.is_working(day)
        || draft.case().correspondent(&to.mailbox.address)?.suspended_at.is_some()
    {
        return Ok(());
    }
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut beyond = 0;
    for queue in &queues {
        let (known, count) = draft.case().queue(queue)?;
        let loaded = u32::try_from(known.len()).unwrap_or(u32::MAX);
        beyond += count.saturating_sub(loaded);
        tickets.extend(known.iter().filter(|ticket| waits(ticket)).cloned());
    }
    let Some(queue) = queues.into_iter().next().filter(|_| !tickets.is_empty()) else {
        return Ok(());
    };
    tickets.sort_by_key(|ticket| (ticket.created_at, ticket.id));
    let listed = tickets.len().min(ITEMS_MAX);
    let more = u32::try_from(tickets.len() - listed).unwrap_or(u32::MAX).saturating_add(beyond);
    let items = tickets.iter().take(listed).map(item).collect();
    draft.notify(Notice {
        id: OutboxId(0),
        to: to.mailbox,
        person: to.person,
        locale: to.locale,
        form: to.form,
        queue,
        ticket: None,
        sequence: Sequence(0),
        subject: String::new(),
        subject_day: None,
        reply_to: ReplyTo::Digest(person.clone(), day),
        in_reply_to: None,
        at: draft.now,
        best_before: Some(next_at),
        matter: Matter::Digest { items, more },
    });
    Ok(())
}

/// The queues whose digest a person reads: served, and not chosen to hear nothing of.
fn read(desk: &Desk, person: &PersonId) -> Vec<QueueName> {
    let queues = desk.register.queues().map(|queue| &queue.name);
    let is_read = |name: &&QueueName| {
        let mut members = desk.register.members(name).iter();
        members.any(|member| &member.person == person && member.notify != NotifyChoice::None)
    };
    queues.filter(is_read).cloned().collect()
}

/// Whether a ticket needs somebody: nobody has it, or an answer on it is held back. Requests of
/// procedures ask for whom they need themselves.
fn waits(ticket: &Ticket) -> bool {
    let is_nobodys = ticket.owner.is_none() && ticket.request.is_none();
    ticket.status.is_active() && (is_nobodys || !ticket.held.is_empty())
}

fn item(ticket: &Ticket) -> DigestItem {
    let requestor = ticket.requestors.first();
    DigestItem {
        ticket: ticket.id,
        from: requestor.map_or("", Mailbox::shown).to_owned(),
        subject: ticket.subject.clone(),
        at: ticket.created_at,
        excerpt: ticket.last_received.as_ref().map(|last| last.text.clone()),
        doubt: ticket.suspect.then_some(Doubt::Suspect),
        held: !ticket.held.is_empty(),
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
    at.checked_add(SignedDuration::from_hours(24)).unwrap_or(Timestamp::MAX)
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
                privacy_url: None,
                digest_hour: 8,
                outgoing_bytes_max: 26_214_400,
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
