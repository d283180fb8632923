//! The circuit breaker: when automatic mail to an address stops, who is told, and what the answer
//! does (design section 9, failures 1 and 2).
//!
//! Coordinators hear of one address at most once a day. Deliberately absent: the counts (`caps`).

use jiff::{SignedDuration, Timestamp};

use crate::mail::{quote, subject};
use crate::ticket::caps::{self, AUTOMATIC_PER_DAY, STOP_SPAN, THREAD_MAX};
use crate::ticket::case::{Missing, Sent};
use crate::ticket::command::fold;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Deed, Effect};
use crate::ticket::event::MailEvent;
use crate::ticket::identity::{Author, KNOWN};
use crate::ticket::matter::{Aside, Cause, Matter, ResultKind, ResultLine};
use crate::ticket::{key, later, tell, words};
use crate::types::{Address, OutboxId, PersonId, TicketId};

/// Answers that come sooner than this after an automatic mail look like a machine's.
const QUICK_SPAN: SignedDuration = SignedDuration::from_mins(2);
/// So many in a row, and automatic mail stops.
const QUICK_MAX: u16 = 3;
/// So many receipts held back in a day are no person's way of writing.
const HELD_MAX: u16 = 5;
/// A day, where the calendar has none.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Characters of a subject that a report quotes.
const SUBJECT_CHARS: usize = 120;

/// What a coordinator answers to write there again, and to never do so by machine.
const RESUME: [&str; 5] = ["resume", "weiter", "jatka", "fortsaett", "fortsatt"];
const BLOCK: [&str; 7] = ["block", "sperre", "sperren", "estae", "esta", "spaerra", "sparra"];

/// Automatic mail to an address stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Which address.
    pub address: Address,
    /// What was noticed.
    pub cause: Cause,
    /// How many mails went there, or came from there.
    pub count: u16,
    /// When the first went or came.
    pub first_at: Timestamp,
    /// When the last did.
    pub last_at: Timestamp,
    /// When it starts again.
    pub until: Timestamp,
}

/// What a person's mail tells of the addresses at which automatic mail for its author is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    addresses: Vec<Address>,
    stop: Option<Stop>,
    quick_of: Option<Timestamp>,
    held: u16,
}

/// A person's message came: its author's address is alive, and perhaps it answers by machine.
///
/// # Errors
/// [`Missing`] if an address was not looked up.
pub fn heard_from(draft: &mut Draft<'_>, author: &Author, at: Timestamp) -> Result<Heard, Missing> {
    revive(draft, &author.mailbox.address)?;
    let addresses = caps::counted(draft.desk, author);
    let mut heard = Heard { addresses, stop: None, quick_of: None, held: 0 };
    for address in heard.addresses.clone() {
        let (stop, quick_of) = hear(draft, &address, at)?;
        heard.stop = heard.stop.or(stop);
        heard.quick_of = heard.quick_of.or(quick_of);
    }
    heard.held = held(draft, &heard)?.1;
    Ok(heard)
}

fn revive(draft: &mut Draft<'_>, address: &Address) -> Result<(), Missing> {
    let mut state = draft.case().correspondent(address)?.clone();
    if state.suspended_at.take().is_some() {
        draft.remember(address, state);
    }
    Ok(())
}

/// Notes how soon after an automatic mail to `address` this one came; when that was, if it was at
/// once, and what stops now.
fn hear(
    draft: &mut Draft<'_>,
    address: &Address,
    at: Timestamp,
) -> Result<(Option<Stop>, Option<Timestamp>), Missing> {
    let before = draft.case().correspondent(address)?.clone();
    let mut state = caps::today(draft, address)?;
    let answered = state.last_automatic_at.filter(|sent| {
        let span = at.duration_since(*sent);
        !span.is_negative() && span < QUICK_SPAN
    });
    if answered.is_none() {
        (state.quick, state.first_quick_at, state.quick_of) = (0, None, None);
    } else if state.quick_of != answered {
        state.quick = state.quick.saturating_add(1);
        state.first_quick_at = state.first_quick_at.or(answered);
        state.quick_of = answered;
    }
    let is_stopped = state.stopped_until.is_some_and(|until| until > draft.now);
    let is_full = state.automatic >= AUTOMATIC_PER_DAY;
    let (cause, count, first_at, until) = if is_full {
        (Cause::Count, state.automatic, state.automatic_since, tomorrow(draft))
    } else {
        (Cause::AtOnce, state.quick, state.first_quick_at, later(draft.now, STOP_SPAN))
    };
    let stops = !is_stopped && (is_full || state.quick >= QUICK_MAX);
    let first_at = first_at.unwrap_or(at);
    let stop = Stop { address: address.clone(), cause, count, first_at, last_at: at, until };
    if state != before {
        draft.remember(address, state);
    }
    Ok((stops.then_some(stop), answered))
}

/// The address whose receipts were held back most today, and how many that were.
fn held(draft: &Draft<'_>, heard: &Heard) -> Result<(Option<Address>, u16), Missing> {
    let mut most = (None, 0);
    for address in &heard.addresses {
        let count = caps::today(draft, address)?.held;
        if count > most.1 {
            most = (Some(address.clone()), count);
        }
    }
    Ok(most)
}

/// Stops what is to be stopped once the mail is decided, and tells the coordinators.
///
/// What is answered at once for the third time still gets its receipt: at the other end may be a
/// program that counts as this one does, one mail behind, and its people want to know as well.
///
/// # Errors
/// [`Missing`] if an address was not looked up.
pub fn settle(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    heard: &Heard,
    is_new: bool,
) -> Result<(), Missing> {
    let stop = match &heard.stop {
        Some(stop) => Some(stop.clone()),
        None => held_back(draft, mail, heard, is_new)?,
    };
    match stop {
        Some(found) => stop_all(draft, mail, heard, &found),
        None => Ok(()),
    }
}

fn stop_all(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    heard: &Heard,
    found: &Stop,
) -> Result<(), Missing> {
    stop(draft, found, &heard.addresses, &mail.message.subject)
}

/// Whether the caps that held a receipt of this mail back are worth a report: always where it is
/// an answer that came at once, to no reply address, and with a number of a desk in its subject,
/// as another desk's receipt does; else when it has happened too often for a person.
fn held_back(
    draft: &Draft<'_>,
    mail: &MailEvent,
    heard: &Heard,
    is_new: bool,
) -> Result<Option<Stop>, Missing> {
    let (Some(address), count) = held(draft, heard)? else { return Ok(None) };
    if count <= heard.held || caps::is_silent(draft, &address)? {
        return Ok(None);
    }
    let state = caps::today(draft, &address)?;
    let subject = subject::split_for(&mail.message.subject, &draft.desk.site.name);
    let is_tagged = subject.tag.is_some() || !subject.other_tags.is_empty();
    let (cause, count, first_at) = match heard.quick_of {
        Some(sent) if is_new && subject.is_reply && is_tagged => (Cause::Echo, 1, Some(sent)),
        _ if count >= HELD_MAX => (Cause::Held, count, state.held_since),
        _ => return Ok(None),
    };
    let first_at = first_at.unwrap_or(mail.received_at);
    let (last_at, until) = (mail.received_at, tomorrow(draft));
    Ok(Some(Stop { address, cause, count, first_at, last_at, until }))
}

/// Stops automatic mail to an address and tells the coordinators, unless they heard today of it
/// or of another address `known` to be the same correspondent's.
///
/// # Errors
/// [`Missing`] if an address was not looked up.
pub fn stop(
    draft: &mut Draft<'_>,
    stop: &Stop,
    known: &[Address],
    subject: &str,
) -> Result<(), Missing> {
    let mut state = caps::today(draft, &stop.address)?;
    if stop.cause != Cause::Thread {
        state.stopped_until = state.stopped_until.max(Some(stop.until));
    }
    draft.remember(&stop.address, state);
    if is_reported(draft, known)? {
        return Ok(());
    }
    let matter = Matter::Breaker {
        address: stop.address.to_string(),
        cause: stop.cause,
        count: stop.count,
        first_at: stop.first_at,
        last_at: stop.last_at,
        subject: subject.chars().take(SUBJECT_CHARS).collect(),
        until: stop.until,
    };
    tell::report(draft, &matter, stop.last_at);
    Ok(())
}

/// A person at `address` reported mail of ours as spam, which stopped all automatic mail there:
/// tells the coordinators, once a day.
///
/// # Errors
/// [`Missing`] if an address was not looked up.
pub fn complained(
    draft: &mut Draft<'_>,
    address: &Address,
    (written_at, told_at): (Timestamp, Timestamp),
    subject: &str,
) -> Result<(), Missing> {
    if is_reported(draft, std::slice::from_ref(address))? {
        return Ok(());
    }
    let matter = Matter::Breaker {
        address: address.to_string(),
        cause: Cause::Complaint,
        count: 1,
        first_at: written_at,
        last_at: told_at,
        subject: subject.chars().take(SUBJECT_CHARS).collect(),
        until: told_at,
    };
    tell::report(draft, &matter, told_at);
    Ok(())
}

/// Whether one of these was reported today already; from now on all were.
fn is_reported(draft: &mut Draft<'_>, known: &[Address]) -> Result<bool, Missing> {
    let today = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
    let mut is_told = false;
    for address in known {
        let mut state = caps::today(draft, address)?;
        is_told |= state.reported_on == Some(today);
        state.reported_on = Some(today);
        draft.remember(address, state);
    }
    Ok(is_told)
}

/// Words from outside came to a ticket: says so, once, where its members get no more copies.
///
/// # Errors
/// [`Missing`] if the author was not looked up.
pub fn thread(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    id: TicketId,
    author: &Author,
) -> Result<(), Missing> {
    let Some(last) = draft.ticket(id)?.and_then(|ticket| ticket.last_received.as_ref()) else {
        return Ok(());
    };
    let ((count, first_at), last_at) = (last.row, last.at);
    if count != THREAD_MAX + 1 {
        return Ok(());
    }
    let until = later(last_at, SignedDuration::from_hours(1));
    let address = author.mailbox.address.clone();
    let known = [address.clone()];
    let found = Stop { address, cause: Cause::Thread, count, first_at, last_at, until };
    stop(draft, &found, &known, &mail.message.subject)
}

/// A coordinator answered a report, or named an address in an answer to a digest: automatic mail
/// goes there again, or never more. False: this is no such answer.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn answer(
    draft: &mut Draft<'_>,
    mail: &MailEvent,
    author: &Author,
    person: &PersonId,
) -> Result<bool, Missing> {
    let coordinators = tell::coordinators(draft.desk, &draft.desk.dispatcher().clone());
    let is_coordinator = coordinators.iter().any(|(id, _)| id == person);
    if author.rung < KNOWN || author.person.as_ref() != Some(person) || !is_coordinator {
        return Ok(false);
    }
    let sent = reported(draft, mail)?;
    let text = sent.as_ref().map(|sent| sent.text.as_str()).filter(|text| !text.is_empty());
    let reply = quote::split(&mail.message.text, text);
    let written = words::of(&words::excerpt(mail.position, &reply, |_| false), &mail.message.text);
    let (word, told) = with_address(&written);
    let (core, _) = fold::core(word, &author.mailbox.name);
    let resumes = RESUME.contains(&core.as_str());
    if !resumes && !BLOCK.contains(&core.as_str()) {
        return Ok(false);
    }
    let named = match sent.map(|sent| sent.notice.matter) {
        _ if told.is_some() => told,
        Some(Matter::Breaker { address, .. }) => Address::parse(&address).ok(),
        Some(_) => return Ok(false),
        None => named(&mail.message.subject),
    };
    let Some(address) = named else { return Ok(false) };
    if set(draft, &address, resumes)? {
        let what = format!("{} {address}", if resumes { "resume" } else { "block" });
        let (at, rung, message) = (mail.received_at, author.rung, Some(mail.position));
        draft.push(Effect::Note(Deed { at, by: person.clone(), rung, what, message }));
    }
    let outcome = if resumes { ResultKind::Resumed } else { ResultKind::Blocked };
    let line = ResultLine {
        ticket: None,
        line: written,
        outcome,
        detail: address.to_string(),
        until: None,
        aside: Aside::NONE,
        meant: None,
    };
    let to = tell::member(draft.desk, person).map(|to| to.mailbox.address);
    if let Some(to) = to
        && caps::spend_result(draft, &to, &mail.message.subject)?
    {
        let matter = Matter::Result { lines: vec![line], answered: false };
        tell::to_coordinator(draft, mail, person, matter);
    }
    Ok(true)
}

/// Lets automatic mail go to an address again, or never more; says whether that changed anything.
///
/// # Errors
/// [`Missing`] if the address was not looked up.
pub fn set(draft: &mut Draft<'_>, address: &Address, resumes: bool) -> Result<bool, Missing> {
    let before = draft.case().correspondent(address)?.clone();
    let mut state = caps::today(draft, address)?;
    if resumes {
        (state.stopped_until, state.suspended_at) = (None, None);
        (state.quick, state.first_quick_at, state.quick_of) = (0, None, None);
        (state.automatic, state.results, state.held) = (0, 0, 0);
    } else {
        state.stopped_until = Some(Timestamp::MAX);
    }
    let was_silent = before.stopped_until.is_some() || before.suspended_at.is_some();
    let is_changed =
        if resumes { was_silent } else { before.stopped_until != Some(Timestamp::MAX) };
    draft.remember(address, state);
    Ok(is_changed)
}

/// A word and the address behind it, where nothing else was written: so a coordinator names any
/// address in an answer to any digest.
fn with_address(written: &str) -> (&str, Option<Address>) {
    let mut words = written.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some(word), Some(address), None) => match Address::parse(address) {
            Ok(address) => (word, Some(address)),
            Err(_) => (written, None),
        },
        _ => (written, None),
    }
}

/// What the mail answers, if that is ours.
fn reported(draft: &Draft<'_>, mail: &MailEvent) -> Result<Option<Sent>, Missing> {
    let ours = |id: &&String| key::own_id(draft.desk, id).is_some_and(|own| own.row != OutboxId(0));
    match mail.message.in_reply_to.iter().find(ours) {
        Some(message_id) => Ok(draft.case().sent(message_id)?.cloned()),
        None => Ok(None),
    }
}

/// The address that a report's subject names: a button's mail answers no message.
fn named(subject: &str) -> Option<Address> {
    let mut words = subject.split_whitespace().filter(|word| word.contains('@'));
    words.find_map(|word| Address::parse(word.trim_matches(['<', '>', ',', ';', ':'])).ok())
}

/// The next midnight of the site: counters begin anew then.
fn tomorrow(draft: &Draft<'_>) -> Timestamp {
    let today = draft.now.to_zoned(draft.desk.site.time_zone.clone());
    let midnight = today.tomorrow().and_then(|day| day.start_of_day());
    midnight.map_or_else(|_| later(draft.now, DAY), |day| day.timestamp())
}
