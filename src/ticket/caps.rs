//! How much automatic mail an address gets, and when it stops (design section 9, failures 1 and 2).
//!
//! Counted for *all* automatic mail, error mail included; people's answers are never counted.

use jiff::{SignedDuration, Timestamp};

use crate::ticket::case::{Correspondent, Missing};
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, is_machine_address};
use crate::ticket::matter::Matter;
use crate::ticket::state::Ticket;
use crate::ticket::tell;
use crate::types::Address;

/// Automatic mails to one address in a day.
pub const AUTOMATIC_PER_DAY: u16 = 10;
/// Results of keywords to one member in a day.
pub const RESULTS_PER_DAY: u16 = 40;
/// Words from outside on one ticket without an hour of silence, behind which members get no more
/// copies at once: machines that answer each other through a ticket end there.
pub const THREAD_MAX: u16 = 30;
/// Answers that come sooner than this after an automatic mail look like a machine's.
const QUICK_SPAN: SignedDuration = SignedDuration::from_mins(2);
/// So many in a row, and automatic mail stops.
const QUICK_MAX: u16 = 3;
/// For so long.
const STOP_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A day, where the calendar has none.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// A mail older than this when it is accepted gets no receipt.
const STALE_SPAN: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Wrong keys within an hour, after which mail from there is taken as unkeyed.
pub const WRONG_KEYS_PER_HOUR: u16 = 10;

/// Why an automatic mail is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// The day's count is reached.
    Count,
    /// The breaker is open.
    Stopped,
    /// The address is dead.
    Suspended,
    /// The same subject had its receipt today.
    SameSubject,
    /// It must not be answered at all.
    Never,
}

/// What to report, once, if copies of words from outside on this ticket stop now.
#[must_use]
pub fn thread_stop(ticket: &Ticket) -> Option<Stop> {
    let last = ticket.last_received.as_ref()?;
    let (count, first_at) = last.row;
    (count == THREAD_MAX + 1).then(|| Stop {
        count,
        first_at,
        last_at: last.at,
        until: last.at.checked_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX),
    })
}

/// Whether copies of words from outside on this ticket go to nobody at once.
#[must_use]
pub fn is_thread_stopped(ticket: &Ticket) -> bool {
    ticket.last_received.as_ref().is_some_and(|last| last.row.0 > THREAD_MAX)
}

/// Whether automatic mail to this address is stopped, or it is dead.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn is_silent(draft: &Draft<'_>, address: &Address) -> Result<bool, Missing> {
    let state = draft.case().correspondent(address)?;
    Ok(state.suspended_at.is_some() || state.stopped_until.is_some_and(|until| until > draft.now))
}

/// Whether the message allows an automatic answer at all.
#[must_use]
pub fn may_answer(draft: &Draft<'_>, mail: &MailEvent, author: &Author) -> bool {
    let to = &author.reachable().address;
    let written_at = mail.message.date.unwrap_or(mail.received_at);
    let is_stale = mail.received_at.duration_since(written_at) > STALE_SPAN;
    mail.message.may_answer
        && !mail.is_backlog
        && !author.suspect
        && !is_stale
        && !is_machine_address(to)
        && !draft.desk.is_own(to)
}

/// Counts one automatic mail to `address`, or says why it is not sent.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn spend(draft: &mut Draft<'_>, address: &Address) -> Result<Result<(), Held>, Missing> {
    let mut state = today(draft, address)?;
    let held = if state.suspended_at.is_some() {
        Some(Held::Suspended)
    } else if state.stopped_until.is_some_and(|until| until > draft.now) {
        Some(Held::Stopped)
    } else if state.automatic >= AUTOMATIC_PER_DAY {
        Some(Held::Count)
    } else if is_machine_address(address) || draft.desk.is_own(address) {
        Some(Held::Never)
    } else {
        None
    };
    if let Some(held) = held {
        return Ok(Err(held));
    }
    state.automatic += 1;
    state.last_automatic_at = Some(draft.now);
    draft.remember(address, state);
    Ok(Ok(()))
}

/// Counts a result for a member: people get as many as they ask for, a machine that answers each
/// does not. False: it is not sent; the first time the coordinators are told, and automatic mail
/// to this member stops.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn spend_result(
    draft: &mut Draft<'_>,
    address: &Address,
    subject: &str,
) -> Result<bool, Missing> {
    if is_silent(draft, address)? {
        return Ok(false);
    }
    let mut state = today(draft, address)?;
    state.results += 1;
    let stops = state.results > RESULTS_PER_DAY;
    if stops {
        let until = draft.now.checked_add(STOP_SPAN).unwrap_or(Timestamp::MAX);
        state.stopped_until = Some(until);
        let matter = Matter::Breaker {
            address: address.to_string(),
            count: state.results,
            first_at: state.last_automatic_at.unwrap_or(draft.now),
            last_at: draft.now,
            subject: subject.chars().take(120).collect(),
            until,
        };
        tell::report(draft, &matter, draft.now);
    } else if state.results == 1 {
        state.last_automatic_at = Some(draft.now);
    }
    draft.remember(address, state);
    Ok(!stops)
}

/// Counts a receipt: one a day for near-identical subjects, and one automatic mail.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn spend_receipt(
    draft: &mut Draft<'_>,
    address: &Address,
    subject: &str,
) -> Result<Result<(), Held>, Missing> {
    let hash = near_identical(subject);
    if today(draft, address)?.receipts.contains(&hash) {
        return Ok(Err(Held::SameSubject));
    }
    let spent = spend(draft, address)?;
    if spent.is_ok() {
        let mut state = today(draft, address)?;
        state.receipts.push(hash);
        draft.remember(address, state);
    }
    Ok(spent)
}

/// What is remembered, its counters set back if a new day began.
fn today(draft: &Draft<'_>, address: &Address) -> Result<Correspondent, Missing> {
    let mut state = draft.case().correspondent(address)?.clone();
    let day = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
    if state.day != day {
        state.day = day;
        state.automatic = 0;
        state.results = 0;
        state.receipts.clear();
    }
    Ok(state)
}

/// A hash that numbers, case, prefixes and spaces do not change.
fn near_identical(subject: &str) -> u64 {
    let bare = crate::mail::subject::split(subject).bare;
    let letters: String =
        bare.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    u64::from(crc32fast::hash(letters.as_bytes()))
}

/// A person's message came from `address`: it is alive, and perhaps it answers by machine.
/// Returns what to report, once, if automatic mail to it stops now.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn heard_from(
    draft: &mut Draft<'_>,
    address: &Address,
    at: Timestamp,
) -> Result<Option<Stop>, Missing> {
    let before = draft.case().correspondent(address)?.clone();
    let mut state = today(draft, address)?;
    state.suspended_at = None;
    let answered_at = state.last_automatic_at;
    let is_quick = answered_at.is_some_and(|sent| {
        let span = at.duration_since(sent);
        !span.is_negative() && span < QUICK_SPAN
    });
    if is_quick {
        state.quick += 1;
        state.first_quick_at = state.first_quick_at.or(answered_at);
    } else {
        state.quick = 0;
        state.first_quick_at = None;
    }
    let is_stopped = state.stopped_until.is_some_and(|until| until > draft.now);
    let is_full = state.automatic >= AUTOMATIC_PER_DAY;
    let stops = !is_stopped && (state.quick >= QUICK_MAX || is_full);
    let stop = stops.then(|| Stop {
        count: if is_full { state.automatic } else { state.quick },
        first_at: state.first_quick_at.unwrap_or(at),
        last_at: at,
        until: if is_full { tomorrow(draft) } else { later(draft.now, STOP_SPAN) },
    });
    if let Some(stop) = &stop {
        state.stopped_until = Some(stop.until);
    }
    if state != before {
        draft.remember(address, state);
    }
    Ok(stop)
}

/// The next midnight of the site: counters begin anew then.
fn tomorrow(draft: &Draft<'_>) -> Timestamp {
    let today = draft.now.to_zoned(draft.desk.site.time_zone.clone());
    let midnight = today.tomorrow().and_then(|day| day.start_of_day());
    midnight.map_or_else(|_| later(draft.now, DAY), |day| day.timestamp())
}

fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}

/// Automatic mail to an address stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// How many went there.
    pub count: u16,
    /// When the first was answered at once.
    pub first_at: Timestamp,
    /// When the last came.
    pub last_at: Timestamp,
    /// When it starts again.
    pub until: Timestamp,
}

/// Counts a wrong key. From then on, for an hour, too many make mail from there unkeyed.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn wrong_key(draft: &mut Draft<'_>, address: &Address) -> Result<(), Missing> {
    let mut state = draft.case().correspondent(address)?.clone();
    let hour = SignedDuration::from_hours(1);
    let is_running =
        state.wrong_keys_at.is_some_and(|since| draft.now.duration_since(since) < hour);
    if is_running {
        state.wrong_keys = state.wrong_keys.saturating_add(1);
    } else {
        state.wrong_keys = 1;
        state.wrong_keys_at = Some(draft.now);
    }
    draft.remember(address, state);
    Ok(())
}

/// Whether keys from this address no longer count.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn is_unkeyed(draft: &Draft<'_>, address: &Address) -> Result<bool, Missing> {
    let state = draft.case().correspondent(address)?;
    let hour = SignedDuration::from_hours(1);
    let is_running =
        state.wrong_keys_at.is_some_and(|since| draft.now.duration_since(since) < hour);
    Ok(is_running && state.wrong_keys >= WRONG_KEYS_PER_HOUR)
}
