//! Keyed addresses and Message-IDs: made here, found again here.
//!
//! A key binds a ticket, a person and a purpose together ([`ReplyTo`]); it names none of them, so
//! whoever holds the secrets finds the purpose by trying those that the ticket allows, which are
//! few. A key routes; what right it lends is decided in `identity`. The key of a question is a
//! one-time code: longer, and bound to the transaction that asked, which names person and purpose
//! for good. Deliberately absent: whether a code is used up or too old (`proof`), counting wrong
//! keys (`identity`), where secrets are kept (`config`).

use jiff::civil::Date;

use crate::desk::Desk;
use crate::ticket::effect::{Notice, ReplyTo};
use crate::ticket::matter::Matter;
use crate::types::secret::{CODE_CHARS, KEY_CHARS};
use crate::types::{Address, OutboxId, Sequence, TicketId};

/// Days for which the key of a digest is good.
pub const DIGEST_DAYS: i32 = 14;

/// What the detail of a reply address says, before any key is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    /// `17.KEY`: an answer on a ticket; `m12.KEY`, where that is the date of a meeting.
    Ticket(TicketId, String),
    /// `d.KEY`: an answer to a digest.
    Digest(String),
    /// `b45.KEY`: a delivery report about a row of the outbox (VERP).
    Bounce(OutboxId, String),
}

/// Takes the detail of a reply address apart.
#[must_use]
pub fn parse_detail(detail: &str) -> Option<Detail> {
    let detail = detail.to_ascii_lowercase();
    let (what, key) = detail.split_once('.')?;
    if what == "d" {
        return Some(Detail::Digest(key.to_owned()));
    }
    if let Some(row) = what.strip_prefix('b') {
        return Some(Detail::Bounce(OutboxId(row.parse().ok()?), key.to_owned()));
    }
    let number = what.strip_prefix('m').unwrap_or(what);
    Some(Detail::Ticket(TicketId(number.parse().ok()?), key.to_owned()))
}

/// The key for an answer; nothing where none is made.
#[must_use]
pub fn reply_key(desk: &Desk, ticket: Option<TicketId>, reply_to: &ReplyTo) -> Option<String> {
    parts(ticket, reply_to).map(|parts| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if is_code(reply_to) { desk.keyring.code(&parts) } else { desk.keyring.key(&parts) }
    })
}

/// Whether `key` was made for exactly this ticket, person and purpose. In constant time.
#[must_use]
pub fn is_reply_key(desk: &Desk, key: &str, ticket: Option<TicketId>, reply_to: &ReplyTo) -> bool {
    parts(ticket, reply_to).is_some_and(|parts| {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if is_code(reply_to) {
            desk.keyring.verifies_code(key, &parts)
        } else {
            desk.keyring.verifies(key, &parts)
        }
    })
}

const fn is_code(reply_to: &ReplyTo) -> bool {
    matches!(reply_to, ReplyTo::Question(..))
}

/// Whether a word is as long as a key for an answer, or as a one-time code.
#[must_use]
pub const fn may_be_key(word: &str) -> bool {
    matches!(word.len(), KEY_CHARS | CODE_CHARS)
}

fn parts(ticket: Option<TicketId>, reply_to: &ReplyTo) -> Option<Vec<String>> {
    let ticket = || ticket.map(|ticket| ticket.to_string());
    let parts = match reply_to {
        ReplyTo::Requestor(address) => {
            vec!["requestor".into(), ticket()?, address.folded().into()]
        }
        ReplyTo::Member(person) => vec!["member".into(), ticket()?, person.to_string()],
        ReplyTo::Internal(person) => vec!["internal".into(), ticket()?, person.to_string()],
        ReplyTo::Question(sequence, address) => {
            vec!["question".into(), ticket()?, sequence.to_string(), address.folded().into()]
        }
        ReplyTo::Digest(person, day) => vec!["digest".into(), person.to_string(), day.to_string()],
        ReplyTo::Queue | ReplyTo::None => return None,
    };
    Some(parts)
}

/// The address that answers to a notice go to: keyed where the site has a separator, else the
/// site's plain address, or the queue's own.
#[must_use]
pub fn reply_address(desk: &Desk, notice: &Notice) -> Option<Address> {
    let bare = || desk.sender(&notice.queue).cloned();
    match &notice.reply_to {
        ReplyTo::None => None,
        ReplyTo::Queue => Some(bare().unwrap_or_else(|| desk.site.address.clone())),
        purpose if desk.site.separator.is_empty() => {
            let is_digest = matches!(purpose, ReplyTo::Digest(..));
            (!is_digest).then(bare).flatten().or_else(|| Some(desk.site.address.clone()))
        }
        purpose => {
            let key = reply_key(desk, notice.ticket, purpose)?;
            let detail = match (purpose, notice.ticket) {
                (ReplyTo::Digest(..), _) | (_, None) => format!("d.{key}"),
                (_, Some(ticket)) if is_of_meeting(notice) => format!("m{ticket}.{key}"),
                (_, Some(ticket)) => format!("{ticket}.{key}"),
            };
            desk.site.address.with_detail(&desk.site.separator, &detail)
        }
    }
}

const fn is_of_meeting(notice: &Notice) -> bool {
    matches!(
        notice.matter,
        Matter::Agenda { .. } | Matter::Minutes { .. } | Matter::Sheet { meeting: Some(_), .. }
    )
}

/// The key of a digest made for `person` lately, if `key` is one: the day it was made on.
#[must_use]
pub fn digest_day(
    desk: &Desk,
    key: &str,
    person: &crate::types::PersonId,
    today: Date,
) -> Option<Date> {
    let mut day = today;
    for _ in 0..=DIGEST_DAYS {
        if is_reply_key(desk, key, None, &ReplyTo::Digest(person.clone(), day)) {
            return Some(day);
        }
        day = day.yesterday().ok()?;
    }
    None
}

/// The Message-ID of a notice, without brackets.
#[must_use]
pub fn message_id(
    desk: &Desk,
    ticket: Option<TicketId>,
    sequence: Sequence,
    row: OutboxId,
) -> String {
    let head = format!("{}.{sequence}.{row}", ticket.unwrap_or_default());
    let key = desk.keyring.key(&["message", &head]);
    format!("{head}.{key}@{}", desk.site.address.domain())
}

/// The id that every mail of a ticket carries in References and that is never itself sent.
#[must_use]
pub fn root_id(desk: &Desk, ticket: TicketId) -> String {
    let key = desk.keyring.key(&["root", &ticket.to_string()]);
    format!("{ticket}.0.0.{key}@{}", desk.site.address.domain())
}

/// A Message-ID of ours, taken apart and verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnId {
    /// Its ticket, if it has one.
    pub ticket: Option<TicketId>,
    /// Its transaction; 0 in a root id.
    pub sequence: Sequence,
    /// Its row of the outbox; 0 in a root id.
    pub row: OutboxId,
}

/// Takes a Message-ID apart, if its key says that it is ours.
#[must_use]
pub fn own_id(desk: &Desk, message_id: &str) -> Option<OwnId> {
    let (local, _) = message_id.rsplit_once('@')?;
    let (head, key) = local.rsplit_once('.')?;
    let mut numbers = head.split('.').map(str::parse::<u64>);
    let (ticket, sequence, row) =
        (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
    if numbers.next().is_some() {
        return None;
    }
    let is_ours = desk.keyring.verifies(key, &["message", head])
        || (sequence == 0 && desk.keyring.verifies(key, &["root", &ticket.to_string()]));
    is_ours.then_some(OwnId {
        ticket: (ticket > 0).then_some(TicketId(ticket)),
        sequence: Sequence(u32::try_from(sequence).ok()?),
        row: OutboxId(row),
    })
}

/// The reverse-path of a notice: VERP where the site has a separator, else the site's address.
#[must_use]
pub fn reverse_path(desk: &Desk, row: OutboxId) -> Address {
    let key = desk.keyring.key(&["bounce", &row.to_string()]);
    desk.site
        .address
        .with_detail(&desk.site.separator, &format!("b{row}.{key}"))
        .filter(|_| !desk.site.separator.is_empty())
        .unwrap_or_else(|| desk.site.address.clone())
}

/// Whether the key of a reverse-path was made for this row.
#[must_use]
pub fn is_bounce_key(desk: &Desk, key: &str, row: OutboxId) -> bool {
    desk.keyring.verifies(key, &["bounce", &row.to_string()])
}

/// The value of our mark field `X-Lotse-Mark`: proves that a message left from here.
#[must_use]
pub fn mark(desk: &Desk, row: OutboxId) -> String {
    format!("{row}.{}", desk.keyring.key(&["mark", &row.to_string()]))
}

/// Whether a mark field is ours.
#[must_use]
pub fn is_mark(desk: &Desk, mark: &str) -> bool {
    mark.trim().split_once('.').is_some_and(|(row, key)| desk.keyring.verifies(key, &["mark", row]))
}

/// The reference line's token for sites without a separator: `nrw-17-KEY`.
#[must_use]
pub fn reference(desk: &Desk, ticket: TicketId, reply_to: &ReplyTo) -> Option<String> {
    let key = reply_key(desk, Some(ticket), reply_to)?;
    Some(format!("{}-{ticket}-{key}", desk.site.name))
}

/// Finds reference tokens in a text: ticket and key, in order.
#[must_use]
pub fn references_in(desk: &Desk, text: &str) -> Vec<(TicketId, String)> {
    let start = format!("{}-", desk.site.name.to_lowercase());
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter_map(|word| {
            let word = word.to_lowercase();
            let (ticket, key) = word.strip_prefix(&start)?.split_once('-')?;
            Some((TicketId(ticket.parse().ok()?), key.to_owned()))
        })
        .take(8)
        .collect()
}
