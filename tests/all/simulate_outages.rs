//! Doors of the simulated world that are down for a while, and what must hold of windows then.
//!
//! A mailbox keeps what comes meanwhile with its time; a mail server behind LMTP or the pipe tries
//! again, and its mail is received late. Deliberately absent: what daemons know of it, which is
//! what they report to [`Doors`] themselves.

use jiff::{SignedDuration, Timestamp};
use lotse::daemon::records::{self, Due};
use lotse::daemon::spool::{Accepted, Doors, Heard};
use lotse::store::{Keyspace, Range, Store};
use lotse::ticket::procedure::RequestChange;
use lotse::ticket::{Case, Change, Effect, Matter, Ticket, Transaction};
use lotse::types::{Address, Position};

use super::laws::Broken;
use super::world::{World, now};

/// No daemon runs.
pub(crate) const ALL: &str = "all";
const NAMES: [(&str, &str); 3] = [("lmtp", "lmtp:mx"), ("imap", "imap:INBOX"), ("pipe", "pipe")];
/// A shorter one needs not be noticed.
const NOTICED_SPAN: SignedDuration = SignedDuration::from_mins(16);

/// A time in which a door is down, or all is.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) door: &'static str,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    has_begun: bool,
    has_ended: bool,
}

/// What the doors are called where daemons wait for them.
pub(crate) fn names() -> impl Iterator<Item = String> {
    NAMES.into_iter().map(|(_, name)| name.to_owned())
}

/// Every door has taken everything up to now.
pub(crate) fn all_heard(world: &mut World) {
    let reached = names().map(|name| (name, world.at)).collect();
    world.doors = Doors::expecting(names(), &Heard { reached, outages: Vec::new() });
}

/// Until when a door is down, if it is.
pub(crate) fn up_at(world: &World, door: &str) -> Option<Timestamp> {
    let mut down = world.planned.iter().filter(|one| one.from <= world.at && world.at < one.to);
    down.find(|one| one.door == door || one.door == ALL).map(|one| one.to)
}

/// Whether a door is down.
pub(crate) fn is_down(world: &World, door: &str) -> bool {
    up_at(world, door).is_some()
}

/// When an outage begins or ends next.
pub(crate) fn next_at(world: &World) -> Option<Timestamp> {
    let times = world.planned.iter().flat_map(|one| [one.from, one.to]);
    times.filter(|at| *at > world.at).min()
}

/// Something will be down: at once, or when the next window ends.
pub(crate) fn plan(world: &mut World) {
    // A few, one after the other: a life has an end.
    if world.planned.len() >= 3 || world.planned.iter().any(|one| one.to > world.at) {
        return;
    }
    let door = world.random.weighted(&[(3, "imap"), (2, "lmtp"), (2, ALL)]);
    let from = match next_end(world) {
        Some(end) if world.random.percent(80) => {
            let before = SignedDuration::from_mins(world.random.below(30 * 60).cast_signed());
            (end - before).max(world.at)
        }
        _ => world.at,
    };
    let minutes = match world.random.below(4) {
        0 => 1 + world.random.below(20),
        1 | 2 => 20 + world.random.below(20 * 60),
        _ => 24 * 60 + world.random.below(60 * 60),
    };
    let to = from + SignedDuration::from_mins(minutes.cast_signed());
    world.note(|| format!("{door} will be down from {from} to {to}"));
    world.planned.push(Planned { door, from, to, has_begun: false, has_ended: false });
}

/// When the next window or vote ends.
pub(crate) fn next_end(world: &World) -> Option<Timestamp> {
    let (from, to) = records::due_until(records::DUE_TIMERS, Timestamp::MAX);
    let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
    let found = now(world.store.scan(Keyspace::Due, range)).unwrap_or_default();
    let mut due = found.iter().filter_map(|(key, _)| records::read_due(key));
    due.find_map(|(at, what)| match what {
        Due::Timer(timer) if timer.is_silence() && at > world.at => Some(at),
        _ => None,
    })
}

/// What doors report while nothing happens, and what happens when an outage begins or ends.
pub(crate) fn pass(world: &mut World) {
    let at = world.at;
    for place in 0..world.planned.len() {
        let one = world.planned[place].clone();
        if !one.has_begun && at >= one.from {
            world.planned[place].has_begun = true;
            // Up to then everything was taken: the doors reported all along.
            heard_without_a_gap(world, one.from);
            if one.door == ALL {
                world.note(|| "everything is down".into());
                world.end_all();
            } else {
                world.note(|| format!("{} is down", one.door));
            }
        }
        if !one.has_ended && at >= one.to {
            world.planned[place].has_ended = true;
            world.note(|| format!("{} is up again", one.door));
            // The door takes what waits; with its first report the daemon learns of the gap.
            report(world);
        }
    }
    heard_without_a_gap(world, at);
}

/// Up to when a door has taken everything.
fn reached(world: &World, door: &str) -> Timestamp {
    let waits = world.transit.iter().filter(|one| one.door == door && one.door == "imap");
    waits.map(|one| one.at).min().map_or(world.at, |at| at.min(world.at))
}

/// Doors that are up and have nothing that waits report, as they do all the time.
pub(crate) fn report(world: &World) {
    for (door, name) in NAMES {
        if !is_down(world, door) && reached(world, door) == world.at {
            world.doors.report(name, world.at);
        }
    }
}

/// As if every door that is up had reported every minute up to `at`.
fn heard_without_a_gap(world: &mut World, at: Timestamp) {
    let mut heard = world.doors.heard();
    for (door, name) in NAMES {
        let was_down = world.planned.iter().any(|one| {
            let concerns = one.door == door || one.door == ALL;
            let known = heard.reached.get(name).copied().unwrap_or(Timestamp::MIN);
            concerns && one.from < at && one.to > known
        });
        if !was_down && reached(world, door) == world.at {
            heard.reached.insert(name.to_owned(), at);
        }
    }
    world.doors = Doors::expecting(names(), &heard);
}

/// What is looked at when an event was decided.
pub(crate) fn at_decision(
    world: &World,
    next: Position,
    case: &Case,
    effects: &[Effect],
) -> Result<(), Broken> {
    for effect in effects {
        let Effect::Record(id, Transaction { change: Change::Request { change }, .. }) = effect
        else {
            continue;
        };
        let Some(ticket) = case.tickets.get(id).and_then(Option::as_ref) else { continue };
        match change {
            RequestChange::Close => {
                let Some(span) = window(ticket) else { continue };
                everything_is_heard(world, next, (ticket, span.ends_at), "objections_are_heard")?;
                outages_lengthen_windows(world, ticket, &span)?;
                silence_counts_where_it_arrived(ticket, effects)?;
            }
            RequestChange::Repeated { to, ends_at } => {
                repeated_in_full(ticket, (to, *ends_at), effects)?;
            }
            RequestChange::PollClosed { .. } => {
                let Some(span) = poll(ticket) else { continue };
                everything_is_heard(world, next, (ticket, span.ends_at), "votes_are_heard")?;
                outages_lengthen_windows(world, ticket, &span)?;
            }
            RequestChange::Extend { ends_at, silent_span, .. } => {
                extensions_are_long_enough(world, ticket, (*ends_at, *silent_span))?;
                extension_is_told(ticket, effects)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A time in which silence counts.
#[derive(Debug)]
struct Span {
    opens_at: Timestamp,
    ends_at: Timestamp,
    heard_at: Option<Timestamp>,
}

fn window(ticket: &Ticket) -> Option<Span> {
    let window = ticket.request.as_ref()?.window.as_ref()?;
    let (opens_at, ends_at, heard_at) = (window.opens_at, window.ends_at, window.heard_at);
    Some(Span { opens_at, ends_at, heard_at })
}

fn poll(ticket: &Ticket) -> Option<Span> {
    let polling = ticket.request.as_ref()?.polling.as_ref()?;
    let (opens_at, ends_at, heard_at) = (polling.opens_at, polling.ends_at, polling.heard_at);
    Some(Span { opens_at, ends_at, heard_at })
}

/// Silence counts only when everything is heard that was received before the end.
fn everything_is_heard(
    world: &World,
    next: Position,
    (ticket, ends_at): (&Ticket, Timestamp),
    law: &'static str,
) -> Result<(), Broken> {
    let in_mailbox = world.transit.iter().find(|one| one.door == "imap" && one.at < ends_at);
    if let Some(one) = in_mailbox.filter(|one| one.at <= world.at) {
        let what = format!("#{} closes while a mail of {} lies in its mailbox", ticket.id, one.at);
        return Err(Broken::new(law, what));
    }
    let undecided = world.archive.positions().into_iter().filter(|position| *position >= next);
    for position in undecided {
        let Some(frame) = world.archive.read(position) else { continue };
        let accepted: Accepted = serde_json::from_slice(&frame.head).unwrap();
        let key = records::message(position);
        let filed = now(world.store.get(Keyspace::Message, &key)).ok().flatten();
        if filed.is_none() && accepted.received_at < ends_at {
            let what = format!("#{} closes while {position} is undecided", ticket.id);
            return Err(Broken::new(law, what));
        }
    }
    Ok(())
}

const ARRIVAL: &str = "silence_counts_where_it_arrived";

/// A window closes only after it was published again to all who had not been reached, and names
/// those who were not reached then.
fn silence_counts_where_it_arrived(ticket: &Ticket, effects: &[Effect]) -> Result<(), Broken> {
    let Some(request) = ticket.request.as_ref() else { return Ok(()) };
    let is_unreached = |to: &&Address| request.unreached.iter().any(|known| known == to.folded());
    let unreached: Vec<&Address> = request.announced_to.iter().filter(is_unreached).collect();
    let is_named = effects.iter().any(|effect| match effect {
        Effect::Record(id, Transaction { change: Change::Request { change }, .. }) => {
            *id == ticket.id
                && matches!(change, RequestChange::Unreached { to }
                    if to.iter().collect::<Vec<_>>() == unreached)
        }
        _ => false,
    });
    let is_repeated = request.window.as_ref().is_some_and(|window| window.repeated);
    if unreached.is_empty() || (is_repeated && is_named) {
        return Ok(());
    }
    let what = format!("#{} closes, and {unreached:?} were not reached", ticket.id);
    Err(Broken::new(ARRIVAL, what))
}

/// Once, for the whole span, and to everybody who was not reached.
fn repeated_in_full(
    ticket: &Ticket,
    (to, ends_at): (&[Address], Timestamp),
    effects: &[Effect],
) -> Result<(), Broken> {
    let Some(request) = ticket.request.as_ref() else { return Ok(()) };
    let Some(window) = request.window.as_ref() else { return Ok(()) };
    let days = super::laws::days_of_silence(request);
    let span = SignedDuration::from_hours(24 * i64::from(days) - 1);
    let goes_to = |address: &Address| {
        effects.iter().any(|effect| match effect {
            Effect::Notify(notice) => {
                notice.ticket == Some(ticket.id)
                    && notice.to.address == *address
                    && matches!(notice.matter, Matter::Announcement { .. })
            }
            _ => false,
        })
    };
    let is_full = ends_at.duration_since(window.ends_at) >= span;
    if is_full && !window.repeated && to.iter().all(goes_to) {
        return Ok(());
    }
    let what = format!("#{} is published again to {to:?} until {ends_at}", ticket.id);
    Err(Broken::new(ARRIVAL, what))
}

/// A window or a vote in whose last day something was down closes later than promised.
fn outages_lengthen_windows(world: &World, ticket: &Ticket, span: &Span) -> Result<(), Broken> {
    let last_day = span.ends_at - SignedDuration::from_hours(24);
    let ignored = world.planned.iter().find(|one| {
        let from = one.from.max(span.opens_at);
        let to = one.to.min(span.ends_at);
        let is_last = one.to > last_day && to.duration_since(from) > NOTICED_SPAN;
        is_last && span.heard_at.is_none_or(|heard_at| heard_at < one.to)
    });
    match ignored {
        None => Ok(()),
        Some(one) => {
            let what = format!("#{} closes {span:?} in spite of {one:?}", ticket.id);
            Err(Broken::new("outages_lengthen_windows", what))
        }
    }
}

/// An extension ends at 24:00, after what was lost and six hours.
fn extensions_are_long_enough(
    world: &World,
    ticket: &Ticket,
    (ends_at, silent_span): (Timestamp, SignedDuration),
) -> Result<(), Broken> {
    let Some(window) = ticket.request.as_ref().and_then(|one| one.window.as_ref()) else {
        return Ok(());
    };
    let lost = world.planned.iter().filter(|one| {
        let last_day = window.ends_at - SignedDuration::from_hours(24);
        one.to > last_day && window.heard_at.is_none_or(|heard_at| heard_at < one.to)
    });
    let lost =
        lost.map(|one| one.to.min(window.ends_at).duration_since(one.from.max(window.opens_at)));
    let lost = lost.max().filter(|lost| *lost > NOTICED_SPAN).unwrap_or_default();
    let zone = &world.desk.site.time_zone;
    let day = ends_at.to_zoned(zone.clone());
    let is_midnight = day.start_of_day().is_ok_and(|start| start.timestamp() == ends_at);
    let is_enough = silent_span >= lost
        && ends_at >= window.ends_at + silent_span + SignedDuration::from_hours(6)
        && ends_at > world.at;
    if is_midnight && is_enough {
        return Ok(());
    }
    let what = format!(
        "#{} is extended from {} by {silent_span:#} to {ends_at}, lost are {lost:#}",
        ticket.id, window.ends_at
    );
    Err(Broken::new("extensions_are_long_enough", what))
}

/// Its requestor hears of an extension, unless mail to him has stopped; then the ticket says so.
fn extension_is_told(ticket: &Ticket, effects: &[Effect]) -> Result<(), Broken> {
    let is_told = effects.iter().any(|effect| match effect {
        Effect::Notify(notice) => {
            notice.ticket == Some(ticket.id) && matches!(notice.matter, Matter::Extended { .. })
        }
        Effect::Record(id, transaction) => {
            *id == ticket.id && matches!(transaction.change, Change::NotSent { .. })
        }
        _ => false,
    });
    if is_told {
        return Ok(());
    }
    let what = format!("#{} is extended and nobody hears of it", ticket.id);
    Err(Broken::new("extension_is_told", what))
}
