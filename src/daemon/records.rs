//! Which records there are, under which keys: the one place that knows both.
//!
//! Numbers in keys are big-endian, so that order on disk is order of meaning. Deliberately absent:
//! what records mean (`ticket`), how they are framed (`store::record`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::{Consent, Consenting, Declaration, Renewal, RuleText};
use crate::store::Key;
use crate::ticket::effect::Deed;
use crate::ticket::shelf::{Shelf, Tally};
use crate::ticket::{SeenKey, Timer};
use crate::types::{Address, OutboxId, PersonId, Position, QueueName, Sequence, TicketId, UnitId};

/// The schema that records are written with. Older ones are read by their serde defaults.
pub const SCHEMA: u16 = 1;
/// Meta: numbers that the next ticket and the next row get.
pub const COUNTERS: &[u8] = b"counters";
/// Meta: messages up to and with this position are decided.
pub const DECIDED: &[u8] = b"decided";
/// Meta: what is remembered of the way out.
pub const WAY_OUT: &[u8] = b"way-out";
/// Meta: says by its version of which revision the register is.
pub const REGISTER: &[u8] = b"register";

/// Numbers that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// What the next ticket gets.
    pub ticket: TicketId,
    /// What the next row of the outbox gets.
    pub outbox: OutboxId,
}

impl Default for Counters {
    fn default() -> Self {
        Self { ticket: TicketId(1), outbox: OutboxId(1) }
    }
}

/// What is due at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Due {
    /// A timer.
    Timer(Timer),
    /// A sheet of the outbox, by its first row: see `sheet`.
    Row(OutboxId),
}

/// The key of a ticket.
#[must_use]
pub fn ticket(id: TicketId) -> Key {
    id.0.to_be_bytes().to_vec()
}

/// The key of a transaction.
#[must_use]
pub fn transaction(id: TicketId, sequence: Sequence) -> Key {
    let mut key = ticket(id);
    key.extend(sequence.0.to_be_bytes());
    key
}

/// The key of a foreign Message-ID.
#[must_use]
pub fn thread(message_id: &str) -> Key {
    message_id.as_bytes().iter().take(400).copied().collect()
}

/// The key of a fingerprint.
#[must_use]
pub fn seen(key: SeenKey) -> Key {
    key.0.to_vec()
}

/// The key of an address.
#[must_use]
pub fn correspondent(address: &Address) -> Key {
    address.folded().as_bytes().to_vec()
}

/// The key of what became of a message, and of its place in the quarantine.
#[must_use]
pub fn message(position: Position) -> Key {
    position.0.to_be_bytes().to_vec()
}

/// The start of the keys in Meta of what people did for the site, oldest first.
pub const DEEDS: &[u8] = b"deed/";

/// The key in Meta of something that somebody did for the site: the `number`th of its mail.
#[must_use]
pub fn deed(deed: &Deed, number: u32) -> Key {
    let at = milliseconds(deed.at).to_be_bytes();
    let message = deed.message.unwrap_or_default().0.to_be_bytes();
    [DEEDS, &at, &message, &number.to_be_bytes()].concat()
}

/// The key in Meta of the last date of a meeting that was planned.
#[must_use]
pub fn meeting(name: &str) -> Key {
    format!("meeting/{name}").into_bytes()
}

/// The key of a person in the register.
#[must_use]
pub fn person(id: &PersonId) -> Key {
    format!("p/{id}").into_bytes()
}

/// The key of a queue in the register.
#[must_use]
pub fn queue(name: &QueueName) -> Key {
    format!("q/{name}").into_bytes()
}

/// The key of a unit in the register.
#[must_use]
pub fn unit(id: &UnitId) -> Key {
    format!("u/{id}").into_bytes()
}

/// The key of one version of a rule text in the register.
#[must_use]
pub fn rule_text(text: &RuleText) -> Key {
    format!("t/{}/{}", text.name, text.version).into_bytes()
}

/// The key of a role in the register.
#[must_use]
pub fn role(name: &str) -> Key {
    format!("r/{name}").into_bytes()
}

/// The key of a consent in the register: one for each person or unit, text and version.
#[must_use]
pub fn consent(consent: &Consent) -> Key {
    format!("c/{}/{}/{}", consent.text, consent.version, who(&consent.by)).into_bytes()
}

/// The key of a declaration in the register: one for each person and fact.
#[must_use]
pub fn declaration(declaration: &Declaration) -> Key {
    format!("d/{}/{}", declaration.fact, who(&declaration.by)).into_bytes()
}

/// The key in the register of what the site ran with.
pub const ACCOUNT: &[u8] = b"a/account";

/// The key of a renewal in the register: one for each procedure and version.
#[must_use]
pub fn renewal(renewal: &Renewal) -> Key {
    format!("n/{}/{}", renewal.procedure, renewal.version).into_bytes()
}

/// The key of a breach in the register: one for each ticket, with its person.
#[must_use]
pub fn breach(ticket: TicketId, person: &PersonId) -> Key {
    format!("b/{ticket}/{person}").into_bytes()
}

fn who(by: &Consenting) -> String {
    let kind = match by {
        Consenting::Person(_) => 'p',
        Consenting::Address(_) => 'a',
        Consenting::Unit(_) => 'u',
    };
    format!("{kind}/{by}")
}

/// The start of the keys in Index of all tickets of a shelf.
#[must_use]
pub fn shelf(shelf: &Shelf) -> Key {
    let (tag, name) = match shelf {
        Shelf::Nobodys(queue) => ("n/", queue.as_str()),
        Shelf::Persons(person) => ("p/", person.as_str()),
        Shelf::Unanswered(queue) => ("u/", queue.as_str()),
        Shelf::Requests(queue) => ("r/", queue.as_str()),
    };
    named(tag, name)
}

fn named(tag: &str, name: &str) -> Key {
    tag.bytes().chain(name.bytes()).chain([0]).collect()
}

/// The start of the keys in Index of all requests that have not ended.
pub const SHELVES_OF_REQUESTS: &[u8] = b"r/";

/// The key in Index of a ticket on a shelf, oldest first.
#[must_use]
pub fn shelved(of: &Shelf, since: Timestamp, id: TicketId) -> Key {
    let mut key = shelf(of);
    key.extend(milliseconds(since).to_be_bytes());
    key.extend(id.0.to_be_bytes());
    key
}

/// What a key of [`shelved`] says.
#[must_use]
pub fn read_shelved(key: &[u8]) -> Option<(Timestamp, TicketId)> {
    let (rest, id) = key.split_last_chunk::<8>()?;
    let (_, since) = rest.split_last_chunk::<8>()?;
    Some((moment(since)?, TicketId(u64::from_be_bytes(*id))))
}

/// The start of the keys in Digest of what is counted by week.
pub const TALLIES_OF_WEEKS: &[u8] = b"w/";

/// The key in Digest of a count.
#[must_use]
pub fn tally(tally: &Tally) -> Key {
    match tally {
        Tally::Queue(queue) => named("q/", queue.as_str()),
        Tally::Person(person) => named("p/", person.as_str()),
        Tally::Week(queue, monday) => {
            let mut key = named("w/", queue.as_str());
            key.extend(monday.to_string().bytes());
            key
        }
    }
}

/// Whether a key of Index or Digest says what a walk over all tickets would say as well.
#[must_use]
pub fn is_counted(key: &[u8]) -> bool {
    matches!(key, [b'n' | b'p' | b'q' | b'r' | b'u' | b'w', b'/', ..])
}

/// The key in Digest of what waits for a person.
#[must_use]
pub fn inbox(person: &PersonId) -> Key {
    named("i/", person.as_str())
}

/// The key in Index of an address that gets no automatic mail until then.
#[must_use]
pub fn stopped(until: Timestamp, address: &Address) -> Key {
    marked("b/", until, address)
}

/// The key in Index of an address that mail did not reach since then.
#[must_use]
pub fn suspended(since: Timestamp, address: &Address) -> Key {
    marked("s/", since, address)
}

fn marked(tag: &str, at: Timestamp, address: &Address) -> Key {
    let mut key = tag.as_bytes().to_vec();
    key.extend(milliseconds(at).to_be_bytes());
    key.extend(address.folded().as_bytes());
    key
}

/// The keys of [`stopped`] that still hold after `now`.
#[must_use]
pub fn stopped_after(now: Timestamp) -> (Key, Key) {
    let mut from = b"b/".to_vec();
    from.extend((milliseconds(now) + 1).to_be_bytes());
    (from, behind(b"b/"))
}

/// All keys of [`suspended`].
#[must_use]
pub fn all_suspended() -> (Key, Key) {
    (b"s/".to_vec(), behind(b"s/"))
}

/// What a key of [`stopped`] or [`suspended`] says.
#[must_use]
pub fn read_marked(key: &[u8]) -> Option<(Address, Timestamp)> {
    let (at, address) = key.get(2..)?.split_first_chunk::<8>()?;
    let address = Address::parse(std::str::from_utf8(address).ok()?).ok()?;
    Some((address, moment(at)?))
}

fn moment(at: &[u8; 8]) -> Option<Timestamp> {
    Timestamp::from_millisecond(i64::try_from(u64::from_be_bytes(*at)).ok()?).ok()
}

/// The first key behind all keys that begin with `prefix`; empty if there is none.
#[must_use]
pub fn behind(prefix: &[u8]) -> Key {
    let mut key = prefix.to_vec();
    while let Some(last) = key.pop() {
        if last < u8::MAX {
            key.push(last + 1);
            return key;
        }
    }
    key
}

/// The first byte of keys of timers in [`Keyspace::Due`](crate::store::Keyspace::Due).
pub const DUE_TIMERS: u8 = b't';
/// The first byte of keys of sheets of rows there.
pub const DUE_ROWS: u8 = b'r';

/// The key of something due.
#[must_use]
pub fn due(at: Timestamp, what: &Due) -> Key {
    let tag = match what {
        Due::Timer(_) => DUE_TIMERS,
        Due::Row(_) => DUE_ROWS,
    };
    let mut key = vec![tag];
    key.extend(milliseconds(at).to_be_bytes());
    match what {
        Due::Timer(timer) => key.extend(serde_json::to_vec(timer).unwrap_or_default()),
        Due::Row(id) => key.extend(id.0.to_be_bytes()),
    }
    key
}

/// What a key of [`due`] says.
#[must_use]
pub fn read_due(key: &[u8]) -> Option<(Timestamp, Due)> {
    let (tag, rest) = key.split_first()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let at = moment(at)?;
    match *tag {
        DUE_TIMERS => Some((at, Due::Timer(serde_json::from_slice(rest).ok()?))),
        DUE_ROWS => Some((at, Due::Row(OutboxId(u64::from_be_bytes(rest.try_into().ok()?))))),
        _ => None,
    }
}

/// The keys of what is due up to and at `at`: the first, and the first behind.
#[must_use]
pub fn due_until(tag: u8, at: Timestamp) -> (Key, Key) {
    let mut to = vec![tag];
    to.extend((at.as_millisecond().max(0).unsigned_abs() + 1).to_be_bytes());
    (vec![tag], to)
}

/// Rounded up, so that nothing fires before its time.
fn milliseconds(at: Timestamp) -> u64 {
    let whole = at.as_millisecond();
    let rounds_up = at.subsec_nanosecond() % 1_000_000 != 0;
    u64::try_from(whole + i64::from(rounds_up)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn due_keys_are_ordered_by_time_and_read_back() {
        let at = |millisecond| Timestamp::from_millisecond(millisecond).unwrap();
        let timer = Due::Timer(Timer::Window(TicketId(7)));
        let row = Due::Row(OutboxId(9));
        for what in [&timer, &row] {
            assert!(due(at(1_000), what) < due(at(1_001), what));
            assert_eq!(read_due(&due(at(5), what)), Some((at(5), what.clone())));
        }
        let (from, to) = due_until(DUE_ROWS, at(5));
        assert!(from < due(at(0), &row) && due(at(5), &row) < to && to <= due(at(6), &row));
    }

    #[test]
    fn nothing_is_due_before_its_time() {
        let at: Timestamp = "2026-11-21T10:00:00.0000001Z".parse().unwrap();
        let (read, _) = read_due(&due(at, &Due::Row(OutboxId(1)))).unwrap();
        assert!(read >= at);
    }

    #[test]
    fn key_behind_a_prefix_follows_all_its_keys() {
        assert_eq!(behind(b"w/a\x00"), b"w/a\x01");
        assert_eq!(behind(&[1, 255, 255]), [2]);
        assert!(behind(&[255]).is_empty());
    }
}
