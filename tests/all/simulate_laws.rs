//! What holds in every world, each law a function that names itself.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use lotse::daemon::ledger::Ledger;
use lotse::daemon::records::{self, Due};
use lotse::daemon::serve::read_register;
use lotse::daemon::sheet::{self, OutboxRow};
use lotse::daemon::spool::Accepted;
use lotse::desk::step::{Step, days};
use lotse::desk::{Desk, Register};
use lotse::mail::{self, ReversePath};
use lotse::notice::matrix::{self, Automatic};
use lotse::store::memory::MemoryStore;
use lotse::store::{Key, Keyspace, Range, Store, Value, record};
use lotse::ticket::effect::RowState;
use lotse::ticket::procedure::{Request, RequestChange};
use lotse::ticket::quarantine::SetAside;
use lotse::ticket::{
    Case, Change, Decision, Effect, Event, Filing, Matter, Notice, Ticket, Timer, Transaction, caps,
};
use lotse::types::{Address, OutboxId, PersonId, Position, QueueName, TicketId};

use super::letters::{self, Nature};
use super::world::{Submission, World, now};

/// Notices that one event may cause here: fewer people live in the world.
const NOTICES_MAX: usize = 16;

/// A law that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) law: &'static str,
    pub(crate) what: String,
}

impl Broken {
    pub(crate) const fn new(law: &'static str, what: String) -> Self {
        Self { law, what }
    }
}

pub(crate) type Held = Result<(), Broken>;

pub(crate) fn hold(is_held: bool, law: &'static str, what: impl FnOnce() -> String) -> Held {
    if is_held { Ok(()) } else { Err(Broken::new(law, what())) }
}

/// What is looked at when an event was decided.
pub(crate) fn at_decision(
    world: &World,
    desk: &Desk,
    event: &Event,
    (case, effects): (&Case, &[Effect]),
) -> Held {
    event_causes_few_notices(effects)?;
    notices(effects).try_for_each(|notice| nothing_goes_to_ourselves(desk, notice))?;
    windows_close_in_time(world, case, effects)?;
    objections_in_time_count(world, desk, event, (case, effects))?;
    digests_show_what_is_served(desk, case, effects)?;
    nothing_answers_a_machine(world, desk, event, effects)
}

/// What is looked at when a row leaves.
pub(crate) fn at_submission(
    world: &World,
    desk: &Desk,
    submission: &Submission,
    before: Option<&Submission>,
) -> Held {
    nothing_goes_to_ourselves(desk, &submission.notice)?;
    no_notice_changes(world, submission, before)?;
    if is_inside(desk, &submission.notice) {
        return Ok(());
    }
    // Of two daemons one may not know yet who joined by the other.
    let register = now(read_register(&world.store)).unwrap_or_default();
    let known = Desk { register, ..desk.clone() };
    if is_inside(&known, &submission.notice) {
        return Ok(());
    }
    outsiders_read_what_is_theirs(world, &submission.notice, &submission.bytes)
}

/// What holds of the store at every moment, also right after the power failed.
pub(crate) fn after_crash(world: &World) -> Held {
    let books = Books::read(world);
    ticket_is_its_fold(&books)?;
    timers_agree(&books)?;
    outbox_agrees_with_due(&books)?;
    batches_are_whole(&books)
}

/// What holds once nothing is under way.
pub(crate) fn at_rest(world: &World) -> Held {
    let books = Books::read(world);
    ticket_is_its_fold(&books)?;
    timers_agree(&books)?;
    outbox_agrees_with_due(&books)?;
    batches_are_whole(&books)?;
    super::again::decisions_stand(world)?;
    super::steps::at_rest(world, &books.history, &books.tickets)?;
    super::codes::hold(&books.history)?;
    super::programs::hold(world)?;
    message_ends_in_one_place(world, &books)?;
    authored_message_acts_once(world, &books)?;
    no_notice_is_lost(world, &books)?;
    caps_hold(world, &books)?;
    no_timer_is_left_behind(world, &books)?;
    objections_are_heard(&books)?;
    super::counts::hold(world)?;
    replay_gives_the_same(world)
}

/// Everything that stands in the store.
struct Books {
    tickets: BTreeMap<TicketId, Ticket>,
    history: BTreeMap<TicketId, Vec<Transaction>>,
    rows: BTreeMap<OutboxId, OutboxRow>,
    /// The first row of each sheet.
    firsts: BTreeSet<OutboxId>,
    due: BTreeSet<Key>,
    filings: BTreeMap<Position, Filing>,
    quarantined: BTreeSet<Key>,
    counters: records::Counters,
}

pub(crate) fn all(store: &MemoryStore, keyspace: Keyspace) -> Vec<(Key, Value)> {
    let range = Range { from: &[], to: &[], limit: usize::MAX, reverse: false };
    now(store.scan(keyspace, range)).unwrap_or_default()
}

fn number(key: &[u8]) -> u64 {
    u64::from_be_bytes(key[..8].try_into().unwrap())
}

impl Books {
    fn read(world: &World) -> Self {
        let store = &world.store;
        let mut history: BTreeMap<TicketId, Vec<Transaction>> = BTreeMap::new();
        for (key, value) in all(store, Keyspace::Transaction) {
            let transaction = record::decode(&value).unwrap().record;
            history.entry(TicketId(number(&key))).or_default().push(transaction);
        }
        let decoded = all(store, Keyspace::Ticket).into_iter();
        let tickets = decoded.map(|(key, value)| (TicketId(number(&key)), read(&value))).collect();
        let rows = sheet::rows(&all(store, Keyspace::Outbox)).unwrap().into_iter();
        let filings = all(store, Keyspace::Message).into_iter();
        let ledger = Ledger::new(store.clone());
        Self {
            tickets,
            history,
            rows: rows.map(|row| (row.notice.id, row)).collect(),
            firsts: all(store, Keyspace::Outbox)
                .iter()
                .filter_map(|(key, _)| sheet::first_of(key))
                .collect(),
            due: all(store, Keyspace::Due).into_iter().map(|(key, _)| key).collect(),
            filings: filings.map(|(key, value)| (Position(number(&key)), read(&value))).collect(),
            quarantined: all(store, Keyspace::Quarantine)
                .into_iter()
                .map(|(key, value)| {
                    let _entry: SetAside = read(&value);
                    key
                })
                .collect(),
            counters: now(ledger.read(Keyspace::Meta, records::COUNTERS))
                .unwrap_or_default()
                .unwrap_or_default(),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(value: &[u8]) -> T {
    record::decode(value).unwrap().record
}

pub(crate) fn ticket_exists(world: &World, id: TicketId) -> bool {
    now(world.store.get(Keyspace::Ticket, &records::ticket(id))).is_ok_and(|found| found.is_some())
}

fn notices(effects: &[Effect]) -> impl Iterator<Item = &Notice> {
    effects.iter().filter_map(|effect| match effect {
        Effect::Notify(notice) => Some(&**notice),
        _ => None,
    })
}

/// Whether a notice goes to somebody who works in its queue, or to the queue's list.
pub(crate) fn is_inside(desk: &Desk, notice: &Notice) -> bool {
    is_inside_address(desk, notice, &notice.to.address)
}

fn is_inside_address(desk: &Desk, notice: &Notice, address: &Address) -> bool {
    let is_digest = matches!(notice.matter, Matter::Digest { .. });
    let serves = |person: &PersonId| {
        let mut queues = desk.register.queues().map(|queue| &queue.name);
        if is_digest {
            // It holds what stood in all queues of its reader, wherever the first is now.
            return queues.any(|queue| desk.register.access(person, queue).is_some());
        }
        desk.register.access(person, &notice.queue).is_some()
    };
    let works_there = desk.register.person_at(address).is_some_and(|person| serves(&person.id));
    let queue = desk.register.queue(&notice.queue);
    works_there || queue.is_some_and(|queue| queue.notify.contains(address))
}

/// What is recorded on tickets.
fn recorded(effects: &[Effect]) -> impl Iterator<Item = (&TicketId, &Change)> {
    effects.iter().filter_map(|effect| match effect {
        Effect::Record(id, transaction) => Some((id, &transaction.change)),
        _ => None,
    })
}

/// Whose objections count.
fn objectors() -> QueueName {
    QueueName::new("technik")
}

fn message_id(bytes: &[u8]) -> String {
    let lines = bytes.split(|byte| *byte == b'\n');
    let mut named = lines.filter(|line| line.starts_with(b"Message-ID:"));
    named.next().map(|line| String::from_utf8_lossy(line).into_owned()).unwrap_or_default()
}

pub(crate) fn deciding_is_pure(effects: &[Effect], again: &Decision) -> Held {
    let is_same = World::is_same(effects, again);
    hold(is_same, "deciding_is_pure", || format!("{effects:?}\n and then {again:?}"))
}

fn event_causes_few_notices(effects: &[Effect]) -> Held {
    const LAW: &str = "event_causes_few_notices";
    let count = notices(effects).count();
    hold(count <= NOTICES_MAX, LAW, || format!("{count} notices of one event"))?;
    let mut seen: Vec<&Notice> = Vec::new();
    for notice in notices(effects) {
        let is_same = |known: &&&Notice| {
            let is_here = known.to.address == notice.to.address && known.ticket == notice.ticket;
            is_here && known.matter == notice.matter
        };
        let kind = matrix::of(&notice.matter).template;
        hold(seen.iter().find(is_same).is_none(), LAW, || {
            format!("{} gets {kind} twice", notice.to.address)
        })?;
        seen.push(notice);
    }
    Ok(())
}

/// Only a probe goes to an address of ours, to see whether it comes back.
fn nothing_goes_to_ourselves(desk: &Desk, notice: &Notice) -> Held {
    let is_probe = matches!(notice.matter, Matter::Probe { .. });
    let is_own = desk.is_own(&notice.to.address);
    hold(is_probe || !is_own, "nothing_goes_to_ourselves", || format!("{notice:?}"))
}

fn nothing_answers_a_machine(
    world: &World,
    desk: &Desk,
    event: &Event,
    effects: &[Effect],
) -> Held {
    let Event::Mail(mail) = event else { return Ok(()) };
    let letter = &world.letters[&mail.position];
    let is_machine = letter.nature == Nature::Machine || mail.reverse_path == ReversePath::Null;
    if !is_machine {
        return Ok(());
    }
    for notice in notices(effects) {
        let to = &notice.to.address;
        let is_answer = *to == letter.author || !is_inside(desk, notice);
        hold(!is_answer, "nothing_answers_a_machine", || {
            let kind = matrix::of(&notice.matter).template;
            format!("{to} gets {kind} because of letter {} at {}", letter.authored, mail.position)
        })?;
    }
    Ok(())
}

fn no_notice_changes(world: &World, now: &Submission, before: Option<&Submission>) -> Held {
    const LAW: &str = "no_notice_changes";
    let row = now.row;
    if let Some(before) = before {
        hold(before.may_repeat, LAW, || format!("row {row} leaves again"))?;
        hold(before.notice == now.notice, LAW, || {
            format!("row {row}: {:?}\n is not {:?}", before.notice, now.notice)
        })?;
        // What members get is not rendered, and who is one may change.
        let is_same = before.bytes == now.bytes || before.bytes.is_empty() || now.bytes.is_empty();
        return hold(is_same, LAW, || {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (one, other) = (text(&before.bytes), text(&now.bytes));
            let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
            format!("row {row} differs: {differs:?}")
        });
    }
    if now.bytes.is_empty() {
        return Ok(());
    }
    let id = message_id(&now.bytes);
    let other = world.submissions.iter().find(|one| message_id(&one.bytes) == id);
    hold(other.is_none() && !id.is_empty(), LAW, || {
        format!("{id} of row {row} was used by {:?}", other.map(|other| other.row))
    })
}

/// Every token in a mail to an outsider was said to outsiders on the same ticket.
fn outsiders_read_what_is_theirs(world: &World, notice: &Notice, bytes: &[u8]) -> Held {
    let message = mail::parse(bytes, &ReversePath::Unknown);
    let text = format!(
        "{}\n{}\n{}",
        message.subject,
        message.text,
        message.html.as_deref().unwrap_or_default()
    );
    let said: BTreeSet<(u32, bool)> = letters::tokens(&text).into_iter().collect();
    if said.is_empty() {
        return Ok(());
    }
    let history = history(world, notice.ticket);
    let positions = |counts: &dyn Fn(&Transaction) -> bool| -> BTreeSet<Position> {
        history.iter().filter(|one| counts(one)).filter_map(|one| one.message).collect()
    };
    let mut public = positions(&|one| !one.internal);
    // Words that waited for a yes came with another message than the yes.
    public.extend(history.iter().filter_map(|one| match &one.change {
        Change::Correspond { text, .. } => Some(text.message),
        _ => None,
    }));
    let internal = positions(&|one| one.internal);
    let outside =
        positions(&|one| matches!(one.change, Change::Create { .. } | Change::Receive { .. }));
    let own = |known: &BTreeSet<Position>, token: u32| {
        known.iter().any(|position| world.letters[position].authored == token)
    };
    let shown: BTreeSet<u32> = public
        .iter()
        .flat_map(|position| {
            letters::tokens(&String::from_utf8_lossy(&world.letters[position].raw))
        })
        .map(|(token, _)| token)
        .collect();
    let to = &notice.to.address;
    let is_same_person = |author: &Address| {
        let mut registers = world.desks.iter().map(|desk| &desk.register);
        let person = |register: &Register, at| register.person_at(at).map(|one| one.id.clone());
        registers.any(|known| person(known, author).is_some_and(|id| person(known, to) == Some(id)))
    };
    let is_own = |token: u32| {
        let mut letters = world.letters.values().filter(|letter| letter.authored == token);
        letters.any(|letter| letter.author == *to || is_same_person(&letter.author))
    };
    for (token, is_inside) in said.into_iter().filter(|(token, _)| !is_own(*token)) {
        let kind = matrix::of(&notice.matter).template;
        let is_public = own(if is_inside { &outside } else { &public }, token);
        let is_secret = own(&internal, token) && !is_public;
        hold(!is_secret, "inside_stays_inside", || {
            format!("{kind} to {to} on {:?} holds the words of letter {token}", notice.ticket)
        })?;
        let is_theirs = if is_inside { is_public } else { shown.contains(&token) };
        hold(is_theirs, "words_stay_on_their_ticket", || {
            format!("{kind} to {to} on {:?} holds the words of letter {token}", notice.ticket)
        })?;
    }
    Ok(())
}

pub(crate) fn history(world: &World, ticket: Option<TicketId>) -> Vec<Transaction> {
    let Some(id) = ticket else { return Vec::new() };
    let from = records::ticket(id);
    let to = records::behind(&from);
    let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
    let found = now(world.store.scan(Keyspace::Transaction, range)).unwrap_or_default();
    found.iter().map(|(_, value)| read(value)).collect()
}

fn ticket_is_its_fold(books: &Books) -> Held {
    const LAW: &str = "ticket_is_its_fold";
    for (id, ticket) in &books.tickets {
        let history = books.history.get(id).map(Vec::as_slice).unwrap_or_default();
        let Some(first) = history.first() else {
            return Err(Broken::new(LAW, format!("#{id} has no history")));
        };
        let mut folded = Ticket::begin(*id, first.at);
        for transaction in history {
            hold(transaction.sequence == folded.next_sequence(), LAW, || {
                format!("#{id} lacks the transaction before {}", transaction.sequence)
            })?;
            folded.apply(transaction);
        }
        hold(folded == *ticket, LAW, || format!("#{id}: {folded:?}\n is not {ticket:?}"))?;
    }
    let orphan = books.history.keys().find(|id| !books.tickets.contains_key(id));
    hold(orphan.is_none(), LAW, || format!("{orphan:?} has a history only"))
}

fn timers_agree(books: &Books) -> Held {
    const LAW: &str = "timers_agree";
    for (id, ticket) in &books.tickets {
        for (timer, at) in &ticket.timers {
            let key = records::due(*at, &Due::Timer(timer.clone()));
            hold(books.due.contains(&key), LAW, || {
                format!("#{id} waits for {timer:?} at {at}, which is not due then")
            })?;
        }
    }
    for key in &books.due {
        let Some((at, Due::Timer(timer))) = records::read_due(key) else { continue };
        let Some(id) = timer.ticket() else { continue };
        let is_known = books.tickets.get(&id).is_some_and(|ticket| {
            let mut timers = ticket.timers.iter();
            timers.any(|(known, due_at)| {
                *known == timer && records::due(*due_at, &Due::Timer(timer.clone())) == *key
            })
        });
        hold(is_known, LAW, || format!("{timer:?} is due at {at}, and #{id} does not know"))?;
    }
    Ok(())
}

fn outbox_agrees_with_due(books: &Books) -> Held {
    const LAW: &str = "outbox_agrees_with_due";
    let mut sheets: BTreeMap<OutboxId, Timestamp> = BTreeMap::new();
    for (id, row) in &books.rows {
        if let (Some(first), Some(at)) = (books.firsts.range(..=id).next_back(), row.next_at) {
            sheets.entry(*first).and_modify(|next_at| *next_at = at.min(*next_at)).or_insert(at);
        }
    }
    let expected: BTreeSet<Key> =
        sheets.iter().map(|(first, at)| records::due(*at, &Due::Row(*first))).collect();
    let found: BTreeSet<Key> =
        books.due.iter().filter(|key| key.first() == Some(&records::DUE_ROWS)).cloned().collect();
    hold(expected == found, LAW, || {
        let shown = |keys: &BTreeSet<Key>, other: &BTreeSet<Key>| {
            let missing = keys.difference(other).filter_map(|key| records::read_due(key));
            format!("{:?}", missing.collect::<Vec<_>>())
        };
        format!("only rows {}, only due {}", shown(&expected, &found), shown(&found, &expected))
    })?;
    let is_settled = |row: &OutboxRow| {
        matches!(row.state, RowState::Sent | RowState::Failed | RowState::Dropped | RowState::Held)
            == row.next_at.is_none()
    };
    let odd = books.rows.iter().find(|(_, row)| !is_settled(row));
    hold(odd.is_none(), LAW, || format!("{odd:?}"))
}

/// What a filing says to be new stands there: the ticket has a line of this message. An answer may
/// leave no line: who takes what is already his gets a result and nothing else.
fn batches_are_whole(books: &Books) -> Held {
    const LAW: &str = "batches_are_whole";
    for (position, filing) in &books.filings {
        if filing.taken_for != "new" {
            continue;
        }
        for id in &filing.tickets {
            let history = books.history.get(id).map(Vec::as_slice).unwrap_or_default();
            let is_there = history.iter().any(|one| one.message == Some(*position));
            hold(is_there, LAW, || format!("{position} was filed on #{id} and is not there"))?;
        }
    }
    for history in books.history.values() {
        for position in history.iter().filter_map(|one| one.message) {
            let is_filed = books.filings.contains_key(&position);
            hold(is_filed, "message_ends_in_one_place", || {
                format!("{position} acts and is not filed")
            })?;
        }
    }
    let rows = u64::try_from(books.rows.len()).unwrap();
    hold(rows + 1 == books.counters.outbox.0, LAW, || {
        format!("{rows} rows stand where {:?} is next", books.counters.outbox)
    })
}

fn message_ends_in_one_place(world: &World, books: &Books) -> Held {
    const LAW: &str = "message_ends_in_one_place";
    for position in world.archive.positions() {
        let Some(filing) = books.filings.get(&position) else {
            return Err(Broken::new(LAW, format!("{position} stands nowhere")));
        };
        let is_aside = books.quarantined.contains(&records::message(position));
        hold(is_aside == (filing.taken_for == "quarantine"), LAW, || {
            format!("{position} is filed as {} and quarantined {is_aside}", filing.taken_for)
        })?;
    }
    let known = world.archive.positions();
    let invented = books.filings.keys().find(|position| !known.contains(position));
    hold(invented.is_none(), LAW, || format!("{invented:?} was never accepted"))
}

/// Whether a line of history is somebody's act, not only a note.
const fn is_act(change: &Change) -> bool {
    matches!(
        change,
        Change::Create { .. }
            | Change::Receive { .. }
            | Change::Correspond { .. }
            | Change::Comment { .. }
            | Change::Hold { .. }
            | Change::Owner { .. }
            | Change::Status { .. }
            | Change::Queue { .. }
            | Change::Request { .. }
    )
}

fn authored_message_acts_once(world: &World, books: &Books) -> Held {
    const LAW: &str = "authored_message_acts_once";
    let mut opened: BTreeMap<(u32, String), TicketId> = BTreeMap::new();
    for (id, history) in &books.history {
        let mut acted: BTreeMap<u32, Position> = BTreeMap::new();
        for transaction in history.iter().filter(|one| is_act(&one.change)) {
            let Some(position) = transaction.message else { continue };
            let authored = world.letters[&position].authored;
            let first = *acted.entry(authored).or_insert(position);
            hold(first == position, LAW, || {
                format!("letter {authored} acts on #{id} as {first} and as {position}")
            })?;
            if let Change::Create { queue, .. } = &transaction.change {
                let other = opened.insert((authored, queue.to_string()), *id);
                hold(other.is_none(), LAW, || {
                    format!("letter {authored} opens #{id} and {other:?} in {queue}")
                })?;
            }
        }
    }
    Ok(())
}

fn no_notice_is_lost(world: &World, books: &Books) -> Held {
    const LAW: &str = "no_notice_is_lost";
    let given: BTreeSet<OutboxId> = world.submissions.iter().map(|one| one.row).collect();
    for (id, row) in &books.rows {
        let is_given = given.contains(id);
        let is_settled = match row.state {
            RowState::Waiting | RowState::Uncertain | RowState::Deferred | RowState::Held => false,
            RowState::Sent => is_given,
            RowState::Failed => is_given || !row.said.is_empty(),
            RowState::Dropped => !row.said.is_empty(),
        };
        hold(is_settled, LAW, || {
            let (to, kind) = (&row.notice.to.address, matrix::of(&row.notice.matter).template);
            format!("row {id}, {kind} to {to}, is {:?} and was given: {is_given}", row.state)
        })?;
    }
    Ok(())
}

fn caps_hold(world: &World, books: &Books) -> Held {
    let zone = &world.desk.site.time_zone;
    let mut counts: BTreeMap<(Address, jiff::civil::Date), u16> = BTreeMap::new();
    for row in books.rows.values() {
        let notice = &row.notice;
        let is_automatic = matrix::of(&notice.matter).automatic != Automatic::No;
        let was_inside = world.desks.iter().any(|desk| is_inside(desk, notice));
        if !is_automatic || was_inside {
            continue;
        }
        let day = notice.at.to_zoned(zone.clone()).date();
        let address = notice.to.address.clone();
        let count = counts.entry((address, day)).or_default();
        *count += 1;
        let count = *count;
        hold(count <= caps::AUTOMATIC_PER_DAY, "caps_hold", || {
            format!("{} gets {count} automatic mails on {day}", notice.to.address)
        })?;
    }
    Ok(())
}

fn no_timer_is_left_behind(world: &World, books: &Books) -> Held {
    let late = books.due.iter().find_map(|key| match records::read_due(key) {
        Some((_, Due::Timer(Timer::Digest(_)))) => None,
        Some((at, Due::Timer(timer))) if at < world.at => Some((at, timer)),
        _ => None,
    });
    hold(late.is_none(), "no_timer_is_left_behind", || format!("{late:?}"))
}

/// A digest lists tickets of queues that its reader serves.
fn digests_show_what_is_served(desk: &Desk, case: &Case, effects: &[Effect]) -> Held {
    for notice in notices(effects) {
        let (Matter::Digest { items, .. }, Some(person)) = (&notice.matter, &notice.person) else {
            continue;
        };
        for item in items {
            let ticket = case.tickets.get(&item.ticket).and_then(Option::as_ref);
            let is_served =
                ticket.is_some_and(|ticket| desk.register.access(person, &ticket.queue).is_some());
            hold(is_served, "digests_show_what_is_served", || {
                format!("{person} reads of #{} in a digest", item.ticket)
            })?;
        }
    }
    Ok(())
}

/// The end that was promised is over when a window closes, and nobody is against it.
fn windows_close_in_time(world: &World, case: &Case, effects: &[Effect]) -> Held {
    const LAW: &str = "windows_close_in_time";
    for effect in effects {
        let Effect::Record(id, Transaction { change: Change::Request { change }, .. }) = effect
        else {
            continue;
        };
        if *change != RequestChange::Close {
            continue;
        }
        let ticket = case.tickets.get(id).and_then(Option::as_ref);
        let request = ticket.and_then(|ticket| ticket.request.as_deref());
        let known =
            request.and_then(|request| Some((request.complete_at?, request.window.clone()?)));
        let Some((complete_at, window)) = known else {
            return Err(Broken::new(LAW, format!("#{id} closes a window that is not open")));
        };
        let days = request.map_or(0, days_of_silence);
        let days = SignedDuration::from_hours(24 * i64::from(days) - 1);
        // A window that begins anew has all its days once more.
        let since = if window.restarts > 0 { window.opens_at } else { complete_at };
        let is_over = world.at >= window.ends_at && world.at >= since + days;
        hold(is_over && window.objections.is_empty(), LAW, || {
            format!("#{id} closes at {} the window {window:?}", world.at)
        })?;
    }
    Ok(())
}

/// How long the window is where a request stands.
pub(crate) fn days_of_silence(request: &Request) -> u16 {
    match request.procedure.step(request.step) {
        Some(Step::Window { span, .. }) => days(span).unwrap_or(0),
        _ => 0,
    }
}

/// What a clear objection does to a running window depends on nothing but when it was received.
fn objections_in_time_count(
    world: &World,
    desk: &Desk,
    event: &Event,
    (case, effects): (&Case, &[Effect]),
) -> Held {
    const LAW: &str = "objections_in_time_count";
    let Event::Mail(mail) = event else { return Ok(()) };
    let letter = &world.letters[&mail.position];
    let words = format!("I object. {}", letters::token(letter.authored, false));
    let objector = desk.register.person_at(&letter.author);
    let may_object =
        objector.is_some_and(|one| desk.register.access(&one.id, &objectors()).is_some());
    if !may_object || !String::from_utf8_lossy(&letter.raw).contains(&words) {
        return Ok(());
    }
    let frame = world.archive.read(mail.position).unwrap();
    let accepted: Accepted = serde_json::from_slice(&frame.head).unwrap();
    let here: Vec<(&TicketId, &Change)> = recorded(effects).collect();
    for (id, _) in here.iter().filter(|(_, change)| matches!(change, Change::Comment { .. })) {
        let ticket = case.tickets.get(id).and_then(Option::as_ref);
        let window = ticket.and_then(|ticket| ticket.request.as_ref()?.open_window());
        let Some(window) = window.filter(|window| window.stopped_at.is_none()) else { continue };
        let is_objection = |change: &Change| {
            matches!(change, Change::Request { change: RequestChange::Object { .. } })
        };
        let stops = here.iter().any(|(other, change)| other == id && is_objection(change));
        hold(stops == (accepted.received_at < window.ends_at), LAW, || {
            let at = accepted.received_at;
            format!("an objection of {at} stops #{id}, which ends {}: {stops}", window.ends_at)
        })?;
    }
    Ok(())
}

/// An objection that was received before the end of a window is heard before the window closes.
fn objections_are_heard(books: &Books) -> Held {
    for (id, history) in &books.history {
        let changes = history.iter().filter_map(|one| match &one.change {
            Change::Request { change } => Some(change),
            _ => None,
        });
        let mut end = None;
        let mut is_closed = false;
        for change in changes {
            match change {
                RequestChange::Open { ends_at, .. }
                | RequestChange::Extend { ends_at, .. }
                | RequestChange::Resume { ends_at } => end = Some(*ends_at),
                RequestChange::Close => is_closed = true,
                RequestChange::Object { at, .. } => {
                    let is_late = is_closed && end.is_some_and(|end| *at < end);
                    hold(!is_late, "objections_are_heard", || {
                        format!("#{id} closed for {end:?} before an objection of {at} was heard")
                    })?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

fn replay_gives_the_same(world: &World) -> Held {
    let replayed = MemoryStore::new();
    for (number, mut batch) in world.store.committed().into_iter().enumerate() {
        super::faults::replayed(world, number, &mut batch);
        if let Err(error) = now(replayed.commit(batch)) {
            let what = format!("batch {number} does not apply: {error}");
            return Err(Broken::new("replay_gives_the_same", what));
        }
    }
    for keyspace in Keyspace::ALL {
        let is_same = all(&replayed, keyspace) == all(&world.store, keyspace);
        hold(is_same, "replay_gives_the_same", || format!("{keyspace:?} differs"))?;
    }
    Ok(())
}

/// A message that stands on this ticket inside only, for a planted fault.
pub(crate) fn commented(world: &World, ticket: Option<TicketId>) -> Option<Position> {
    let books = Books::read(world);
    let history = books.history.get(&ticket?)?;
    let comment = history.iter().find(|one| matches!(one.change, Change::Comment { .. }))?;
    comment.message
}

/// A message that stands on another ticket, for a planted fault.
pub(crate) fn elsewhere(world: &World, ticket: Option<TicketId>) -> Option<Position> {
    let books = Books::read(world);
    let other = books.history.iter().find(|(id, _)| Some(**id) != ticket)?;
    other.1.first()?.message
}

/// What happened in a world, counted: kinds of transactions, of filings, of notices.
pub(crate) fn happened(world: &World) -> BTreeMap<String, u32> {
    let books = Books::read(world);
    let mut counts = BTreeMap::new();
    let mut count = |kind: String| *counts.entry(kind).or_default() += 1;
    for transaction in books.history.values().flatten() {
        let change = serde_json::to_value(&transaction.change).unwrap();
        count(format!("does {}", change["kind"].as_str().unwrap_or_default()));
        if let Some(what) = change["change"]["what"].as_str() {
            count(format!("asks {what}"));
        }
    }
    for filing in books.filings.values() {
        count(format!("takes for {}", filing.taken_for));
    }
    for row in books.rows.values() {
        count(format!("sends {}", matrix::of(&row.notice.matter).template));
        count(format!("ends {:?}", row.state));
    }
    counts
}
