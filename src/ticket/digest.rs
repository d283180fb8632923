//! Digests: what needs their reader, what waited for them, and how things stand; workable by
//! answer.
//!
//! A digest reads and records nothing on tickets: what it lists and nobody settles it lists again.
//! It walks over nothing but what waits: see `shelf`. Deliberately absent: when who is due one
//! (`desk::digest`), words and charts (`notice`).

mod gather;
mod numbers;

pub(crate) use numbers::neglected;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::desk::digest::{due_at, next_after, zone_of};
use crate::desk::{Access, Desk, DigestChoice, Every, NotifyChoice, Person};
use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::effect::{Notice, ReplyTo, Timer};
use crate::ticket::history::Priority;
use crate::ticket::inbox::Inbox;
use crate::ticket::later;
use crate::ticket::matter::Matter;
use crate::ticket::report::{DigestItem, Need, Report};
use crate::ticket::tell;
use crate::types::{OutboxId, PersonId, QueueName, Sequence, TicketId};

/// Tickets that a digest lists; what is more is counted.
pub const ITEMS_MAX: usize = 15;

/// The timers of everybody who is due a digest, for a daemon that begins: the same timer for the
/// same time, however often it is asked.
#[must_use]
pub fn first_timers(desk: &Desk, now: Timestamp) -> Vec<(Timer, Timestamp)> {
    let is_reader =
        |person: &&Person| !person.digests.is_empty() || !read(desk, &person.id).is_empty();
    let people = desk.register.people().filter(is_reader);
    let timer =
        |person: &Person| Some((Timer::Digest(person.id.clone()), next_after(desk, person, now)?));
    people.filter_map(timer).collect()
}

/// Sees to it that what waits for a person is told: with the digest the person chose, or, where
/// there is none or the day's bound was reached, on the next working day.
pub(super) fn wake(draft: &mut Draft<'_>, person: &PersonId, is_over: bool) {
    let desk = draft.desk;
    let Some(person) = desk.register.person(person) else { return };
    let own = next_after(desk, person, draft.now);
    if own.is_some() && !is_over {
        return;
    }
    let daily = DigestChoice::default().next_after(desk, person, draft.now);
    if let Some(at) = own.into_iter().chain(daily).min() {
        draft.arm_digest(&person.id, at);
    }
}

/// Why a digest is made, and for whom.
#[derive(Debug)]
struct Occasion<'a> {
    person: &'a Person,
    /// The choices that are due; at least one.
    choices: Vec<&'a DigestChoice>,
    at: Timestamp,
}

impl Occasion<'_> {
    /// The rarest of what is due names the digest.
    fn every(&self) -> Every {
        self.choices.iter().map(|choice| choice.every).max().unwrap_or_default()
    }

    /// Whether it tells how things stand, and not only what waits.
    fn is_report(&self) -> bool {
        let own = crate::desk::Scope::Own;
        self.every() >= Every::Week || self.choices.iter().any(|choice| choice.scope != own)
    }
}

/// Sends a person's digest, if there is something to say, and arms the next.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn send(draft: &mut Draft<'_>, person: &PersonId, at: Timestamp) -> Result<(), Missing> {
    let desk = draft.desk;
    let (Some(to), Some(known)) = (tell::member(desk, person), desk.register.person(person)) else {
        return Ok(());
    };
    let next_at = next_after(desk, known, at.max(draft.now));
    if let Some(next_at) = next_at {
        draft.arm_digest(person, next_at);
    }
    // What waits is told to who is away once that is over.
    let is_away = known.absence.is_some();
    if is_away || draft.case().correspondent(&to.mailbox.address)?.suspended_at.is_some() {
        return Ok(());
    }
    let inbox = draft.case().inbox(person)?.clone();
    let each_day = DigestChoice::default();
    let mut due = due_at(desk, known, at);
    if due.is_empty() && !inbox.is_empty() {
        due.push(&each_day);
    }
    if due.is_empty() {
        return Ok(());
    }
    let occasion = Occasion { person: known, choices: due, at };
    let digest = gather::digest(draft, &occasion, &inbox)?;
    if digest.is_empty() && !occasion.choices.iter().any(|choice| choice.empty) {
        return Ok(());
    }
    let notice = page(draft, to, &digest, occasion.person);
    draft.notify(Notice { best_before: next_at, ..notice });
    let told = draft.case().inbox(person)?.told();
    if told != inbox {
        draft.keep(person, told);
    }
    Ok(())
}

/// Sends what waits for a person now, whatever is told of it otherwise; says whether anything does.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn send_now(draft: &mut Draft<'_>, person: &PersonId) -> Result<bool, Missing> {
    let desk = draft.desk;
    let (Some(to), Some(known)) = (tell::member(desk, person), desk.register.person(person)) else {
        return Ok(false);
    };
    let inbox = Inbox { is_over: true, ..draft.case().inbox(person)?.clone() };
    let each_day = DigestChoice::default();
    // What came within a day is left out of a digest that comes by itself, and asked for here.
    let at = later(draft.now, gather::FRESH_SPAN);
    let occasion = Occasion { person: known, choices: vec![&each_day], at };
    let mut digest = gather::needs_only(draft, &occasion, &inbox, None)?;
    if digest.items.is_empty() {
        return Ok(false);
    }
    digest.report.is_whole = true;
    let notice = page(draft, to, &digest, known);
    draft.send_asked(notice);
    Ok(true)
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
    let desk = draft.desk;
    let (Some(to), Some(known)) = (tell::member(desk, person), desk.register.person(person)) else {
        return Ok(false);
    };
    let told = draft.case().inbox(person)?.told();
    let before = answered.and_then(|notice| match &notice.matter {
        Matter::Digest { items, report, more } => Some((items, report, *more)),
        _ => None,
    });
    let report = before.and_then(|(_, report, _)| report.as_deref());
    let inbox = Inbox { is_over: report.is_some_and(|report| report.is_whole), ..told };
    let each_day = DigestChoice::default();
    let at = answered.map_or(draft.now, |notice| notice.at);
    let at = if inbox.is_over { later(at, gather::FRESH_SPAN) } else { at };
    let occasion = Occasion { person: known, choices: vec![&each_day], at };
    let last = before.and_then(|(items, ..)| items.last());
    let nobodys = last.filter(|item| item.need == Need::Nobodys);
    let after = nobodys.map(|item| (item.at, item.ticket));
    let mut digest = gather::needs_only(draft, &occasion, &inbox, after)?;
    match last.map(rank) {
        Some(last) => digest.items.retain(|item| rank(item) > last),
        None => drop(digest.items.drain(..digest.items.len().min(ITEMS_MAX))),
    }
    if digest.items.is_empty() {
        return Ok(false);
    }
    if let Some((_, _, more)) = before.filter(|_| after.is_some() && digest.beyond > 0) {
        // What was counted before, without what this page has.
        let here = u32::try_from(digest.items.len()).unwrap_or(u32::MAX);
        digest.beyond = more.saturating_sub(here).max(1);
    }
    digest.report.is_whole = inbox.is_over;
    let notice = page(draft, to, &digest, known);
    draft.notify(Notice { in_reply_to, ..notice });
    Ok(true)
}

/// The order of lines: what was asked of the reader, what is undecided, the own, what is nobody's;
/// of each what is urgent, then the oldest first.
fn rank(item: &DigestItem) -> (u8, Priority, Timestamp, TicketId) {
    let rank = match item.need {
        Need::Asked { .. } => 0,
        Need::Undecided { .. } => 1,
        Need::Due { .. } | Need::Yours | Need::Away { .. } => 2,
        Need::Nobodys => 3,
    };
    (rank, item.priority, item.at, item.ticket)
}

/// A digest before it is a mail.
#[derive(Debug)]
struct Digest {
    /// A queue of the reader, which lends the digest its name.
    queue: QueueName,
    /// What needs the reader, in order.
    items: Vec<DigestItem>,
    /// How many more there are that were not looked up.
    beyond: u32,
    /// The rest of it.
    report: Report,
}

impl Digest {
    /// Whether there is nothing to say. Deadlines of others and troubles that were told before are
    /// no reason for a mail of a day.
    fn is_empty(&self) -> bool {
        let report = &self.report;
        let is_rare = report.every >= Every::Week;
        let has_numbers = report
            .numbers
            .as_ref()
            .is_some_and(|numbers| numbers.open + numbers.opened + numbers.closed > 0);
        self.items.is_empty()
            && report.news.is_empty()
            && report.lacking.is_empty()
            && report.neglected.is_empty()
            && report.breaches.is_empty()
            && (!is_rare || report.renewals.is_empty())
            && !(has_numbers || is_rare && !report.deadlines.is_empty())
            && report.trouble.as_ref().is_none_or(|trouble| !trouble.is_new)
    }
}

/// A digest as a mail, the first lines of it.
fn page(draft: &Draft<'_>, to: tell::Recipient, digest: &Digest, reader: &Person) -> Notice {
    let listed = digest.items.len().min(ITEMS_MAX);
    let rest = u32::try_from(digest.items.len() - listed).unwrap_or(u32::MAX);
    Notice {
        id: OutboxId(0),
        to: to.mailbox,
        person: to.person,
        locale: to.locale,
        form: to.form,
        queue: digest.queue.clone(),
        ticket: None,
        sequence: Sequence(0),
        subject: String::new(),
        subject_day: None,
        reply_to: ReplyTo::Digest(reader.id.clone(), day_of(draft.desk, draft.now)),
        in_reply_to: None,
        at: draft.now,
        best_before: None,
        leaves_at: None,
        matter: Matter::Digest {
            items: digest.items.iter().take(listed).cloned().collect(),
            more: rest.saturating_add(digest.beyond),
            report: Some(Box::new(digest.report.clone())),
        },
    }
}

fn day_of(desk: &Desk, at: Timestamp) -> Date {
    at.to_zoned(desk.site.time_zone.clone()).date()
}

/// The queues whose digest a person reads, and what was chosen there: served, and not chosen to
/// hear nothing of. A place that rests reads nothing.
fn read(desk: &Desk, person: &PersonId) -> Vec<(QueueName, NotifyChoice)> {
    let chosen = |name: &QueueName| {
        let mut members = desk.register.members(name).iter();
        let member = members.find(|member| &member.person == person)?;
        (member.access > Access::Suspended).then_some(member.notify)
    };
    let queues = desk.register.queues().map(|queue| &queue.name);
    let queues = queues.filter_map(|name| Some((name.clone(), chosen(name)?)));
    queues.filter(|(_, choice)| *choice != NotifyChoice::None).collect()
}

/// The first digest after a change of the choices, so that it is armed.
#[must_use]
pub fn first_after(desk: &Desk, person: &Person, now: Timestamp) -> Option<(Timer, Timestamp)> {
    let at = next_after(desk, person, now)?;
    Some((Timer::Digest(person.id.clone()), at))
}

/// The day that a reader's calendar shows at a moment.
fn local_day(desk: &Desk, person: &Person, at: Timestamp) -> Date {
    at.to_zoned(zone_of(desk, person)).date()
}
