//! How much automatic mail an address gets (design section 9, failures 1 and 2).
//!
//! Counted for *all* automatic mail, error mail included; people's answers are never counted.
//! Deliberately absent: when it stops, and who is told (`breaker`).

use jiff::SignedDuration;

use crate::desk::Desk;
use crate::ticket::breaker::{self, Stop};
use crate::ticket::case::{Correspondent, Missing};
use crate::ticket::draft::Draft;
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, is_machine_address};
use crate::ticket::later;
use crate::ticket::matter::Cause;
use crate::ticket::state::Ticket;
use crate::types::Address;

/// Automatic mails to one address in a day.
pub const AUTOMATIC_PER_DAY: u16 = 10;
/// Results of keywords to one member in a day.
pub const RESULTS_PER_DAY: u16 = 40;
/// Words from outside on one ticket without an hour of silence, behind which members get no more
/// copies at once: machines that answer each other through a ticket end there.
pub const THREAD_MAX: u16 = 30;
/// For so long automatic mail stops where a machine answers.
pub(crate) const STOP_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);
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
    if let Some(held) = refusal(draft, address, &state) {
        return Ok(Err(held));
    }
    count(draft, &mut state);
    draft.remember(address, state);
    Ok(Ok(()))
}

/// Why no automatic mail goes there now.
fn refusal(draft: &Draft<'_>, address: &Address, state: &Correspondent) -> Option<Held> {
    if state.suspended_at.is_some() {
        Some(Held::Suspended)
    } else if state.stopped_until.is_some_and(|until| until > draft.now) {
        Some(Held::Stopped)
    } else if state.automatic >= AUTOMATIC_PER_DAY {
        Some(Held::Count)
    } else if is_machine_address(address) || draft.desk.is_own(address) {
        Some(Held::Never)
    } else {
        None
    }
}

fn count(draft: &Draft<'_>, state: &mut Correspondent) {
    state.automatic += 1;
    state.automatic_since = state.automatic_since.or(Some(draft.now));
    state.last_automatic_at = Some(draft.now);
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
    let count = state.results;
    let first_at = *state.automatic_since.get_or_insert(draft.now);
    if count == 1 {
        state.last_automatic_at = Some(draft.now);
    }
    draft.remember(address, state);
    if stops {
        let stop = Stop {
            address: address.clone(),
            cause: Cause::Results,
            count,
            first_at,
            last_at: draft.now,
            until: later(draft.now, STOP_SPAN),
        };
        breaker::stop(draft, &stop, std::slice::from_ref(address), subject)?;
    }
    Ok(!stops)
}

/// The addresses at which automatic mail for an author is counted: where it goes, and who asked
/// for it, because either may be a new one in every mail. Everybody writes by a contact form's
/// address, so that counts nothing.
#[must_use]
pub fn counted(desk: &Desk, author: &Author) -> Vec<Address> {
    let from = &author.mailbox.address;
    let mut addresses = vec![author.reachable().address.clone()];
    let is_form = desk.register.queues().any(|queue| queue.forms.contains(from));
    if !is_form && !addresses.contains(from) {
        addresses.push(from.clone());
    }
    addresses
}

/// Counts a receipt: one a day for near-identical subjects, and one automatic mail.
///
/// # Errors
/// [`Missing`] if an address was not looked up.
pub fn spend_receipt(
    draft: &mut Draft<'_>,
    author: &Author,
    subject: &str,
) -> Result<Result<(), Held>, Missing> {
    let addresses = counted(draft.desk, author);
    let hash = near_identical(subject);
    let mut held = None;
    for address in &addresses {
        let state = today(draft, address)?;
        let is_same = state.receipts.contains(&hash).then_some(Held::SameSubject);
        held = held.or(is_same).or_else(|| refusal(draft, address, &state));
    }
    for address in &addresses {
        let mut state = today(draft, address)?;
        if held.is_some() {
            state.held = state.held.saturating_add(1);
            state.held_since = state.held_since.or(Some(draft.now));
        } else {
            count(draft, &mut state);
            state.receipts.push(hash);
        }
        draft.remember(address, state);
    }
    Ok(held.map_or(Ok(()), Err))
}

/// What is remembered, its counters set back if a new day began.
pub(crate) fn today(draft: &Draft<'_>, address: &Address) -> Result<Correspondent, Missing> {
    let mut state = draft.case().correspondent(address)?.clone();
    let day = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
    if state.day != day {
        state.day = day;
        state.automatic = 0;
        state.automatic_since = None;
        state.results = 0;
        state.held = 0;
        state.held_since = None;
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
