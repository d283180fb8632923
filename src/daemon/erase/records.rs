//! Every record of the store as it reads after an erasure, family by family.
//!
//! What has nothing of what is erased is handed on octet by octet: seals are over octets.
//! Deliberately absent: where the records go (`store::remake`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::daemon::erase::Erased;
use crate::daemon::erase::survey::{Survey, each, positions};
use crate::daemon::ledger::Ledger;
use crate::daemon::records::{self, Due};
use crate::daemon::seal::kept::{History, Resealing};
use crate::daemon::sheet::{self, Sheet, Standing};
use crate::daemon::tallies::Counted;
use crate::store::{Key, Keyspace, Range, Store, StoreError, Value as Octets, record};
use crate::ticket::case::{Seen, ThreadEntry};
use crate::ticket::inbox::Inbox;
use crate::ticket::{Actor, Change, Filing, Ticket, Timer, Transaction};
use crate::types::{Keyring, OutboxId, Position, Sequence, TicketId};

/// Where a record goes.
pub type Put<'a> = dyn FnMut(Keyspace, Key, Octets) -> Result<(), StoreError> + 'a;

/// What was changed, beside tickets that are erased.
#[derive(Debug, Default)]
pub struct Changed {
    /// Tickets that stay and read otherwise.
    pub tickets: BTreeSet<TicketId>,
    /// Rows of the outbox that are gone.
    pub rows: BTreeSet<OutboxId>,
    /// Where tickets wait and what they count for, counted anew.
    counted: Counted,
    /// Marks of sheets that moved: gone, and new.
    marks: (BTreeSet<Key>, BTreeSet<Key>),
    /// Records of Meta that are written anew.
    meta: BTreeMap<Key, Octets>,
}

/// Rewrites a store.
#[derive(Debug)]
pub struct Rewriting<'a, S: Store> {
    /// The books as they are.
    pub ledger: &'a Ledger<S>,
    /// What is erased.
    pub survey: &'a Survey,
    /// Makes the salts of seals.
    pub keyring: &'a Keyring,
    /// When.
    pub now: Timestamp,
}

impl<S: Store> Rewriting<'_, S> {
    /// Hands every record on as it reads from now on; `done` is recorded with them.
    ///
    /// # Errors
    /// What the store or `put` says.
    pub async fn run(&self, done: &Erased, put: &mut Put<'_>) -> Result<Changed, StoreError> {
        let mut changed = Changed::default();
        self.tickets(&mut changed, put).await?;
        self.outbox(&mut changed, put).await?;
        let done = Erased { changed: changed.tickets.len(), ..done.clone() };
        changed.meta.insert(Erased::key(done.number), record::encode(records::SCHEMA, 1, &done)?);
        for keyspace in Keyspace::ALL {
            if matches!(keyspace, Keyspace::Ticket | Keyspace::Transaction | Keyspace::Outbox) {
                continue;
            }
            each(self.ledger, keyspace, |key, value| {
                match self.kept(keyspace, &key, value, &changed)? {
                    Some(value) => put(keyspace, key, value),
                    None => Ok(()),
                }
            })
            .await?;
        }
        for (key, value) in &changed.meta {
            put(Keyspace::Meta, key.clone(), value.clone())?;
        }
        changed.counted.write(put)?;
        for key in &changed.marks.1 {
            put(Keyspace::Due, key.clone(), Vec::new())?;
        }
        Ok(changed)
    }

    async fn tickets(&self, changed: &mut Changed, put: &mut Put<'_>) -> Result<(), StoreError> {
        let mut all = Vec::new();
        each(self.ledger, Keyspace::Ticket, |key, value| {
            all.push((key, value));
            Ok(())
        })
        .await?;
        let mut seals = Resealing::begin(self.ledger).await?;
        for (key, value) in all {
            let before = record::decode::<Ticket>(&value)?.record;
            let from = records::ticket(before.id);
            let to = records::behind(&from);
            let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
            let history = self.ledger.view().scan(Keyspace::Transaction, range).await?;
            let Some(after) = self.history(&before, &history)? else {
                changed.counted.add(&before);
                put(Keyspace::Ticket, key, value)?;
                for (key, value) in history {
                    put(Keyspace::Transaction, key, value)?;
                }
                continue;
            };
            let octets = (contents(&history), contents(&after.records));
            seals.change(self.ledger, self.keyring, before.id, (&octets.0, &octets.1)).await?;
            changed.counted.add(&after.ticket);
            if !after.ticket.is_erased {
                changed.tickets.insert(before.id);
            }
            put(Keyspace::Ticket, key, next(&value, &after.ticket)?)?;
            for (key, value) in after.records {
                put(Keyspace::Transaction, key, value)?;
            }
        }
        for (key, value) in seals.finish() {
            let before = self.ledger.view().get(Keyspace::Meta, &key).await?;
            let version = before.as_deref().and_then(record::version);
            changed.meta.insert(key, record::encode_next(records::SCHEMA, version, &value)?);
        }
        Ok(())
    }

    /// A ticket and its history as they read from now on; nothing if they stay as they are.
    fn history(
        &self,
        before: &Ticket,
        history: &[(Key, Octets)],
    ) -> Result<Option<After>, StoreError> {
        let is_erased = self.survey.tickets.contains(&before.id);
        let mut any = is_erased;
        let mut ticket: Option<Ticket> = None;
        let mut records = Vec::with_capacity(history.len() + 1);
        for (key, value) in history {
            let mut value = value.clone();
            let mut transaction = record::decode::<Transaction>(&value)?.record;
            if is_erased {
                transaction = blanked(before, &transaction);
                value = record::encode(records::SCHEMA, 1, &transaction)?;
            } else if let Some(clean) = self.transaction(&value)? {
                any = true;
                transaction = record::decode::<Transaction>(&clean)?.record;
                value = clean;
            }
            let begun = ticket.get_or_insert_with(|| Ticket::begin(before.id, transaction.at));
            begun.apply(&transaction);
            records.push((key.clone(), value));
        }
        let Some(mut ticket) = ticket.filter(|_| any) else { return Ok(None) };
        if let Some(change) = self.closing(&ticket, is_erased) {
            let transaction = Transaction {
                sequence: ticket.next_sequence(),
                at: self.now,
                by: Actor::Program,
                rung: 0,
                internal: true,
                message: None,
                change,
            };
            ticket.apply(&transaction);
            let key = records::transaction(ticket.id, transaction.sequence);
            records.push((key, record::encode(records::SCHEMA, 1, &transaction)?));
        }
        Ok(Some(After { ticket, records }))
    }

    /// What is recorded behind a history that was changed: nobody owns what an erased person did.
    fn closing(&self, ticket: &Ticket, is_erased: bool) -> Option<Change> {
        if is_erased {
            return Some(Change::Erased);
        }
        let owner = ticket.owner.as_ref().filter(|_| ticket.status.is_active())?;
        let is_theirs = owner.as_str() == self.survey.words.pseudonym();
        is_theirs.then_some(Change::Owner { owner: None })
    }

    /// A transaction of a ticket that stays; nothing if it stays as it is.
    fn transaction(&self, value: &[u8]) -> Result<Option<Octets>, StoreError> {
        let mut json = record::decode::<Value>(value)?.record;
        let mut found = BTreeSet::new();
        positions(&json, &mut found);
        let mut any = self.survey.words.clean(&mut json, false);
        if found.iter().any(|position| self.survey.gone.contains(position)) {
            any |= strip_message(&mut json);
        }
        any.then(|| next(value, &json)).transpose()
    }

    async fn outbox(&self, changed: &mut Changed, put: &mut Put<'_>) -> Result<(), StoreError> {
        let mut standings = BTreeMap::new();
        let mut sheets = Vec::new();
        each(self.ledger, Keyspace::Outbox, |key, value| {
            match sheet::first_of(&key) {
                Some(first) => sheets.push((first, value)),
                None => drop(standings.insert(key, value)),
            }
            Ok(())
        })
        .await?;
        for (first, value) in sheets {
            let key = sheet::standings_key(first);
            let standing = standings.remove(&key);
            match self.sheet(first, &value, standing.as_deref(), changed)? {
                None => {
                    put(Keyspace::Outbox, sheet::sheet_key(first), value)?;
                    if let Some(standing) = standing {
                        put(Keyspace::Outbox, key, standing)?;
                    }
                }
                Some(Some((value, standing))) => {
                    put(Keyspace::Outbox, sheet::sheet_key(first), value)?;
                    put(Keyspace::Outbox, key, standing)?;
                }
                Some(None) => {}
            }
        }
        Ok(())
    }

    /// A sheet of the outbox: nothing if it stays as it is, nothing within if it is gone.
    fn sheet(
        &self,
        first: OutboxId,
        value: &[u8],
        standing: Option<&[u8]>,
        changed: &mut Changed,
    ) -> Result<Option<Option<(Octets, Octets)>>, StoreError> {
        let standings: Option<Vec<Standing>> =
            standing.map(|value| record::decode(value).map(|found| found.record)).transpose()?;
        let rows = record::decode::<Sheet>(value)?.record.rows(standings);
        let mut json = record::decode::<Value>(value)?.record;
        let notices = json.get_mut("notices").and_then(Value::as_array_mut);
        let notices = notices.map(std::mem::take).unwrap_or_default();
        let before = rows.iter().filter_map(|row| row.next_at).min();
        let (mut any, mut kept, mut kept_standings) = (false, Vec::new(), Vec::new());
        for (row, mut notice) in rows.into_iter().zip(notices) {
            let words = &self.survey.words;
            let is_theirs = words.is_address(&row.notice.to.address)
                || row.notice.ticket.is_some_and(|id| self.survey.tickets.contains(&id));
            let is_touched = is_theirs || words.clean(&mut notice, true);
            any |= is_touched;
            if is_theirs || (is_touched && row.leaves_at().is_none()) {
                changed.rows.insert(row.notice.id);
                continue;
            }
            kept.push(notice);
            let (state, attempts, next_at, said) = (row.state, row.attempts, row.next_at, row.said);
            kept_standings.push(Standing { state, attempts, next_at, said });
        }
        if !any {
            return Ok(None);
        }
        let after = kept_standings.iter().filter_map(|one| one.next_at).min();
        if before != after {
            let mark = |at| records::due(at, &Due::Row(first));
            changed.marks.0.extend(before.map(mark));
            changed.marks.1.extend(after.map(mark));
        }
        if kept.is_empty() {
            return Ok(Some(None));
        }
        let standings = record::encode(records::SCHEMA, 1, &kept_standings)?;
        Ok(Some(Some((next(value, &serde_json::json!({ "notices": kept }))?, standings))))
    }

    /// A record of another family; nothing if it goes.
    fn kept(
        &self,
        keyspace: Keyspace,
        key: &[u8],
        value: Octets,
        changed: &Changed,
    ) -> Result<Option<Octets>, StoreError> {
        let words = &self.survey.words;
        let is_gone =
            |key: &[u8]| position_of(key).is_some_and(|at| self.survey.gone.contains(&at));
        match keyspace {
            Keyspace::Meta if changed.meta.contains_key(key) => Ok(None),
            Keyspace::Seen => {
                self.seen(value).map(Some).map(|kept| kept.filter(|it| !it.is_empty()))
            }
            Keyspace::Thread => self.thread(key, value),
            Keyspace::Correspondent if words.is_in_key(key) => Ok(None),
            Keyspace::Register => self.register(key, value),
            Keyspace::Due => Ok(self.is_due(key, changed).then_some(value)),
            Keyspace::Index if records::is_counted(key) || words.is_in_key(key) => Ok(None),
            Keyspace::Quarantine if is_gone(key) => Ok(None),
            Keyspace::Message if is_gone(key) => filing(&value).map(Some),
            Keyspace::Digest if records::is_counted(key) || words.is_in_key(key) => Ok(None),
            Keyspace::Digest => self.inbox(key, value),
            Keyspace::Meta
            | Keyspace::Ticket
            | Keyspace::Transaction
            | Keyspace::Correspondent
            | Keyspace::Outbox
            | Keyspace::Index
            | Keyspace::Quarantine
            | Keyspace::Message => self.clean(value).map(Some),
        }
    }

    /// A record of which only strings are looked at.
    fn clean(&self, value: Octets) -> Result<Octets, StoreError> {
        let Ok(found) = record::decode::<Value>(&value) else { return Ok(value) };
        let mut json = found.record;
        let lost = collecting(&mut json, &self.survey.tickets);
        if self.survey.words.clean(&mut json, true) | lost {
            next(&value, &json)
        } else {
            Ok(value)
        }
    }

    fn seen(&self, value: Octets) -> Result<Octets, StoreError> {
        let seen = record::decode::<Vec<Seen>>(&value)?.record;
        let count = seen.len();
        let is_kept = |one: &Seen| !self.survey.gone.contains(&one.position);
        let kept: Vec<Seen> = seen.into_iter().filter(is_kept).collect();
        match kept.len() {
            0 => Ok(Octets::new()),
            left if left == count => Ok(value),
            _ => next(&value, &kept),
        }
    }

    fn thread(&self, key: &[u8], value: Octets) -> Result<Option<Octets>, StoreError> {
        let is_theirs = self.survey.message_ids.iter().any(|id| records::thread(id) == key);
        let entries = record::decode::<Vec<ThreadEntry>>(&value)?.record;
        let count = entries.len();
        let is_kept = |entry: &ThreadEntry| !self.survey.tickets.contains(&entry.ticket);
        let kept: Vec<ThreadEntry> = entries.into_iter().filter(is_kept).collect();
        match kept.len() {
            _ if is_theirs => Ok(None),
            0 => Ok(None),
            left if left == count => Ok(Some(value)),
            _ => next(&value, &kept).map(Some),
        }
    }

    /// What waits for somebody's digest, without what is erased.
    fn inbox(&self, key: &[u8], value: Octets) -> Result<Option<Octets>, StoreError> {
        let is_whose = |key: &[u8]| {
            let name = key.strip_prefix(b"i/").and_then(|rest| rest.strip_suffix(&[0]));
            name.and_then(|name| std::str::from_utf8(name).ok()).map(str::to_owned)
        };
        if is_whose(key).is_some_and(|person| self.survey.words.is_id(&person)) {
            return Ok(None);
        }
        let before = record::decode::<Inbox>(&value)?.record;
        let mut inbox = before.clone();
        inbox.lines.retain(|line| {
            let message = line.text.as_ref().map(|text| text.message);
            let is_gone = message.is_some_and(|message| self.survey.gone.contains(&message));
            !is_gone && !self.survey.tickets.contains(&line.ticket)
        });
        let value = if inbox == before { value } else { next(&value, &inbox)? };
        self.clean(value).map(Some)
    }

    fn register(&self, key: &[u8], value: Octets) -> Result<Option<Octets>, StoreError> {
        let words = &self.survey.words;
        let key = String::from_utf8_lossy(key);
        let last = key.rsplit('/').next().unwrap_or_default();
        let is_theirs = words.is_id(last) || words.is_in_key(last.as_bytes());
        if is_theirs && ["p/", "c/", "d/", "b/"].iter().any(|start| key.starts_with(start)) {
            return Ok(None);
        }
        let mut json = record::decode::<Value>(&value)?.record;
        let names = |text: &str| words.is_id(text) || words.cleaned(text).is_some();
        let left = leave(&mut json, &names);
        if words.clean(&mut json, false) | left {
            next(&value, &json).map(Some)
        } else {
            Ok(Some(value))
        }
    }

    fn is_due(&self, key: &[u8], changed: &Changed) -> bool {
        if changed.marks.0.contains(key) {
            return false;
        }
        let Some((_, Due::Timer(timer))) = records::read_due(key) else { return true };
        let is_theirs = match &timer {
            Timer::Digest(person) | Timer::Return(person) => {
                self.survey.words.is_id(person.as_str())
            }
            Timer::Erase(position) => self.survey.gone.contains(position),
            other => other.ticket().is_some_and(|id| self.survey.tickets.contains(&id)),
        };
        !is_theirs
    }
}

struct After {
    ticket: Ticket,
    records: Vec<(Key, Octets)>,
}

/// A line of history of which only its place and time stay; the first keeps the queue.
fn blanked(before: &Ticket, transaction: &Transaction) -> Transaction {
    let change = match transaction.sequence {
        Sequence(1) => Change::Create {
            queue: before.queue.clone(),
            subject: String::new(),
            requestors: Vec::new(),
            locale: before.locale,
            linked: None,
            suspect: false,
            message_id: None,
        },
        _ => Change::Erased,
    };
    let (sequence, at) = (transaction.sequence, transaction.at);
    Transaction {
        sequence,
        at,
        by: Actor::Program,
        rung: 0,
        internal: false,
        message: None,
        change,
    }
}

/// A message that is gone, as it is listed: when it came, and which tickets it stood on.
fn filing(value: &[u8]) -> Result<Octets, StoreError> {
    let filing = record::decode::<Filing>(value)?.record;
    let why = "it was erased".to_owned();
    next(value, &Filing { message_id: None, from: None, why, ..filing })
}

/// Takes what a message brought out of a line of history: attachments and its Message-ID.
fn strip_message(json: &mut Value) -> bool {
    match json {
        Value::Object(fields) => {
            let names = ["attachments", "message_id"];
            let any = names.iter().fold(false, |any, name| fields.remove(*name).is_some() | any);
            fields.values_mut().fold(any, |any, value| strip_message(value) | any)
        }
        Value::Array(items) => items.iter_mut().fold(false, |any, item| strip_message(item) | any),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Takes tickets out of what an address is collecting facts for.
fn collecting(json: &mut Value, tickets: &BTreeSet<TicketId>) -> bool {
    let Some(list) = json.get_mut("collecting").and_then(Value::as_array_mut) else { return false };
    let count = list.len();
    list.retain(|id| id.as_u64().is_none_or(|id| !tickets.contains(&TicketId(id))));
    list.len() < count
}

/// Takes a person out of lists, memberships and offices of the register.
fn leave(json: &mut Value, is_them: &impl Fn(&str) -> bool) -> bool {
    let is_named = |value: &Value| match value {
        Value::String(text) => is_them(text),
        Value::Object(fields) => fields.get("person").and_then(Value::as_str).is_some_and(is_them),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => false,
    };
    match json {
        Value::Array(items) => {
            let count = items.len();
            items.retain(|item| !is_named(item));
            let any = items.len() < count;
            items.iter_mut().fold(any, |any, item| leave(item, is_them) | any)
        }
        Value::Object(fields) => {
            let count = fields.len();
            fields.retain(|name, value| name != "speaker" || !is_named(value));
            let any = fields.len() < count;
            fields.values_mut().fold(any, |any, value| leave(value, is_them) | any)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// A record in the place of another: its version goes on.
fn next<T: Serialize>(before: &[u8], after: &T) -> Result<Octets, StoreError> {
    record::encode_next(records::SCHEMA, record::version(before), after)
}

fn contents(history: &[(Key, Octets)]) -> History {
    let entries = history.iter().filter_map(|(key, value)| {
        let (_, number) = key.split_last_chunk::<4>()?;
        Some((u32::from_be_bytes(*number), record::content(value)?.to_vec()))
    });
    entries.collect()
}

fn position_of(key: &[u8]) -> Option<Position> {
    key.try_into().ok().map(u64::from_be_bytes).map(Position)
}
