//! Messages that could not be decided: who is told of them, and what a coordinator's word does.
//!
//! Coordinators hear of the first at once, of a day's others in their digests: a storm is one mail.
//! Deliberately absent: reading a message anew, which is an errand of the shell, and the keywords
//! (`command::site`).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ticket::case::Missing;
use crate::ticket::draft::Draft;
use crate::ticket::event::{Again, MailEvent};
use crate::ticket::filing::{self, remember};
use crate::ticket::first::{First, begin};
use crate::ticket::matter::{Matter, ResultKind};
use crate::ticket::member::remark;
use crate::ticket::{caps, identity, later, tell};
use crate::types::{Position, QueueName, TicketId};

/// Messages that one mail shows.
pub const SHOWN_MAX: usize = 5;
/// So long a message that was dropped can be fetched back; then its text is erased.
pub const DROPPED_SPAN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A message that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetAside {
    /// When.
    pub at: Timestamp,
    /// What went wrong.
    pub why: String,
    /// When somebody dropped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped_at: Option<Timestamp>,
}

impl SetAside {
    /// When its text is erased, if it was dropped.
    #[must_use]
    pub fn erased_at(&self) -> Option<Timestamp> {
        self.dropped_at.map(|at| later(at, DROPPED_SPAN))
    }
}

/// A message that lies aside; what can be said of it is looked at when that is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lying {
    /// Which.
    pub message: Position,
    /// Since when.
    pub at: Timestamp,
    /// What went wrong.
    pub why: String,
}

/// Bits of a position that count within its upper part: both parts are short to type.
const PART_BITS: u32 = 40;

/// What a message that lies aside is called in mails: `q1-8612`, or `q80` where that is all.
#[must_use]
pub fn name(message: Position) -> String {
    let (upper, lower) = (message.0 >> PART_BITS, message.0 & ((1 << PART_BITS) - 1));
    if upper == 0 { format!("q{lower}") } else { format!("q{upper}-{lower}") }
}

/// The message of this name.
#[must_use]
pub fn named(word: &str) -> Option<Position> {
    let digits = word.strip_prefix(['q', 'Q'])?;
    let (upper, lower) = digits.split_once('-').unwrap_or(("0", digits));
    let upper: u64 = upper.parse().ok().filter(|upper| *upper < 1 << (u64::BITS - PART_BITS))?;
    let lower: u64 = lower.parse().ok().filter(|lower| *lower < 1 << PART_BITS)?;
    Some(Position((upper << PART_BITS) | lower))
}

/// A message was set aside: the coordinators hear of it, once a day.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn tell(draft: &mut Draft<'_>, message: Position) -> Result<(), Missing> {
    let lying = draft.case().trouble(draft.now)?.quarantined.clone();
    let today = draft.now.to_zoned(draft.desk.site.time_zone.clone()).date();
    // What is remembered of an address of ours is remembered of the site.
    let own = draft.desk.site.address.clone();
    let mut state = caps::today(draft, &own)?;
    if state.reported_on == Some(today) || !lying.iter().any(|one| one.message == message) {
        return Ok(());
    }
    state.reported_on = Some(today);
    draft.remember(&own, state);
    let more = u32::try_from(lying.len().saturating_sub(SHOWN_MAX)).unwrap_or(u32::MAX);
    let lying = lying.into_iter().take(SHOWN_MAX).collect();
    tell::report(draft, &Matter::Quarantine { lying, more }, draft.now);
    Ok(())
}

/// Files a message in a queue, for people to read: nothing automatic follows from it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn file(draft: &mut Draft<'_>, mail: &MailEvent, queue: &QueueName) -> Result<(), Missing> {
    let author = identity::identify(draft.desk, mail, None, None);
    let first = First { queues: vec![queue.clone()], claims: None, linked: None, receipt: false };
    let tickets = begin(draft, mail, author.as_ref(), &first)?;
    let before = draft.case().seen(mail.fingerprint.key)?.to_vec();
    remember(draft, mail, before, &tickets)?;
    let why = format!("it lay in the quarantine and was filed in {queue}");
    filing::file(draft, mail, "new", why, tickets);
    Ok(())
}

/// A message was decided anew, or was not: who said so reads what became of it.
///
/// # Errors
/// [`Missing`] names what must be looked up first.
pub fn told(draft: &mut Draft<'_>, again: &Again) -> Result<(), Missing> {
    let Some(to) = tell::member(draft.desk, &again.by) else { return Ok(()) };
    let subject = name(again.message);
    if !caps::spend_result(draft, &to.mailbox.address, &subject)? {
        return Ok(());
    }
    let (outcome, detail) = match &again.outcome {
        Ok(tickets) => (ResultKind::Reread, numbers(tickets)),
        Err(why) => (ResultKind::StillAside, why.clone()),
    };
    let line = remark(None, &subject, outcome, &detail);
    let matter = Matter::Result { lines: vec![line], answered: false };
    tell::to_person(draft, &again.by, &subject, matter);
    Ok(())
}

fn numbers(tickets: &[TicketId]) -> String {
    let numbers: Vec<String> = tickets.iter().map(ToString::to_string).collect();
    numbers.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for number in [0, 80, 1 << 40, (1 << 40) + 32, (7 << 40) + 53_422_080, u64::MAX] {
            assert_eq!(named(&name(Position(number))), Some(Position(number)));
        }
        assert_eq!(name(Position((1 << 40) + 32)), "q1-32");
        for word in ["q", "17", "q-1", "q1-", "q1-1-1", "q99999999-1", "quelle"] {
            assert_eq!(named(word), None, "{word}");
        }
    }
}
