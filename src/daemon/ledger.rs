//! The books: looks up what a decision needs, and writes what follows as one batch.
//!
//! No rule about tickets stands here: effects are sorted into records, one to one. Reads go
//! through the view, so that a decision sees everything decided before it.
//!
//! Size: what is read and what is written of each kind of record stand side by side.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::daemon::ahead::Ahead;
use crate::daemon::records::{self, Counters, Due};
use crate::daemon::search;
use crate::daemon::sheet::{self, OpenSheet, OutboxRow, Outline, Sheet, SheetWriter};
use crate::daemon::tallies::{self, Deltas};
use crate::desk::{Desk, Register, RegisterChange};
use crate::store::index::Index;
use crate::store::view::View;
use crate::store::{Batch, Condition, Key, Keyspace, Operation, Range, Store, StoreError};
use crate::store::{Value, record};
use crate::ticket::effect::Deed;
use crate::ticket::event::SubmitOutcome;
use crate::ticket::quarantine::SetAside;
use crate::ticket::{
    Case, Correspondent, Effect, Event, Filing, Lookups, Ticket, Timer, Transaction,
};
use crate::types::{Address, OutboxId, Position, TicketId};

/// Sheets of the outbox that are read at once.
const SHEETS_MAX: usize = 256;

/// A case, and the versions of the records it was read from.
#[derive(Debug, Clone, Default)]
pub struct Loaded {
    /// What was looked up.
    pub case: Case,
    versions: BTreeMap<(Keyspace, Key), Option<u64>>,
    sheets: Vec<OpenSheet>,
    ahead: Option<Ahead>,
    seals: Vec<(Key, serde_json::Value)>,
}

impl Loaded {
    /// The same, with what was looked up ahead.
    #[must_use]
    pub fn with(self, ahead: Option<Ahead>) -> Self {
        Self { ahead, ..self }
    }

    /// What is to be looked up first, if the same desk found it out already; the facts of a first
    /// mail, if it read them, stand in the case then.
    pub fn first_lookups(&mut self, desk: &Desk) -> Option<Lookups> {
        let (lookups, first_facts) = self.ahead.as_mut()?.lookups(desk)?;
        self.case.first_facts = first_facts;
        Some(lookups)
    }

    /// That the decision is made by a register of this revision.
    pub fn stands_on(&mut self, register: &Register) {
        let revision = register.revision();
        let place = (Keyspace::Meta, records::REGISTER.to_vec());
        self.versions.insert(place, (revision > 0).then_some(revision));
    }

    /// What a sealing writes with the batch.
    pub fn sealing(&mut self, writes: Vec<(Key, serde_json::Value)>) {
        self.seals = writes;
    }

    /// That what was read and is not written is still as it was read. Numbers that were not drawn
    /// were not read: others may draw them.
    fn conditions_of_reads(&mut self, written: &[Condition]) -> Vec<Condition> {
        let is_written =
            |place: &(Keyspace, Key)| written.iter().any(|one| one.target() == (place.0, &place.1));
        let is_drawn = |place: &(Keyspace, Key)| place.1 == records::COUNTERS;
        std::mem::take(&mut self.versions)
            .into_iter()
            .filter(|(place, _)| !is_drawn(place) && !is_written(place))
            .map(|((keyspace, key), version)| condition(keyspace, key, version))
            .collect()
    }

    /// That a record is still as it was read; nothing if it was not read.
    #[must_use]
    pub fn condition(&self, keyspace: Keyspace, key: &[u8]) -> Option<Condition> {
        let version = self.versions.get(&(keyspace, key.to_vec()))?;
        Some(condition(keyspace, key.to_vec(), *version))
    }

    fn sheet(&mut self, row: OutboxId) -> Option<&mut OpenSheet> {
        self.sheets.iter_mut().find(|sheet| sheet.standing(row).is_some())
    }
}

const fn condition(keyspace: Keyspace, key: Key, version: Option<u64>) -> Condition {
    match version {
        Some(version) => Condition::Version(keyspace, key, version),
        None => Condition::Absent(keyspace, key),
    }
}

/// The books over one view.
#[derive(Debug, Clone)]
pub struct Ledger<S: Store> {
    view: View<S>,
    index: Option<Index>,
}

impl<S: Store> Ledger<S> {
    /// Books over a store.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self { view: View::new(store), index: None }
    }

    /// The same, with an index of words beside it.
    #[must_use]
    pub fn with_index(self, index: Option<Index>) -> Self {
        Self { index, ..self }
    }

    /// The index of words, if one is kept.
    #[must_use]
    pub const fn index(&self) -> Option<&Index> {
        self.index.as_ref()
    }

    /// The view, to read by.
    #[must_use]
    pub const fn view(&self) -> &View<S> {
        &self.view
    }

    /// Reads one record.
    ///
    /// # Errors
    /// What the store says, or that the record is damaged.
    pub async fn read<T: DeserializeOwned>(
        &self,
        keyspace: Keyspace,
        key: &[u8],
    ) -> Result<Option<T>, StoreError> {
        let value = self.view.get(keyspace, key).await?;
        value.map(|value| record::decode(&value).map(|versioned| versioned.record)).transpose()
    }

    pub(super) async fn load_one<T: DeserializeOwned>(
        &self,
        loaded: &mut Loaded,
        keyspace: Keyspace,
        key: Key,
    ) -> Result<Option<T>, StoreError> {
        let place = (keyspace, key);
        let ahead = loaded.ahead.as_mut();
        let value = match ahead.and_then(|ahead| ahead.still_so(&self.view, &place)) {
            Some(value) => value,
            None => self.view.get(keyspace, &place.1).await?,
        };
        let version = value.as_deref().and_then(record::version);
        loaded.versions.insert(place, version);
        value.map(|value| record::decode(&value).map(|versioned| versioned.record)).transpose()
    }

    /// Reads a record of [`Keyspace::Meta`] that the batch stands on.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load_meta<T: DeserializeOwned>(
        &self,
        loaded: &mut Loaded,
        key: Key,
    ) -> Result<Option<T>, StoreError> {
        self.load_one(loaded, Keyspace::Meta, key).await
    }

    /// Begins a case with the numbers that are drawn next.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin(&self) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        let counters: Option<Counters> =
            self.load_one(&mut loaded, Keyspace::Meta, records::COUNTERS.to_vec()).await?;
        let counters = counters.unwrap_or_default();
        loaded.case.next_ticket = counters.ticket;
        loaded.case.next_outbox = counters.outbox;
        Ok(loaded)
    }

    /// Reads what says whether an event still waits to be decided: a message by its filing, a timer
    /// by its mark, a row by its count of attempts. What was read becomes a condition of the batch,
    /// so that an event acts once, however often and by however many daemons it is seen.
    ///
    /// # Errors
    /// What the store says.
    pub async fn claim(&self, loaded: &mut Loaded, event: &Event) -> Result<bool, StoreError> {
        match event {
            Event::Mail(mail) => self.claim_message(loaded, mail.position).await,
            Event::Timer { timer, due_at, .. } => {
                let key = records::due(*due_at, &Due::Timer(timer.clone()));
                let mark: Option<()> = self.load_one(loaded, Keyspace::Due, key).await?;
                Ok(mark.is_some())
            }
            // The ticket knows whether it still waits for it.
            Event::WayOut(_)
            | Event::Ran(_)
            | Event::Aside(_)
            | Event::File(..)
            | Event::Again(_)
            | Event::Surveyed(_) => Ok(true),
            Event::Submitted(row) => {
                self.load_sheet(loaded, row.id).await?;
                let found = loaded.sheet(row.id).and_then(|sheet| sheet.standing(row.id));
                // What has left has left, whatever another daemon wrote about the row meanwhile.
                let is_sent = matches!(row.outcome, SubmitOutcome::Sent(_));
                Ok(found.is_some_and(|found| {
                    found.next_at.is_some() && (is_sent || found.attempts + 1 == row.attempts)
                }))
            }
        }
    }

    /// As [`Self::claim`], for a message that may be unreadable.
    ///
    /// The mark of what is decided is read as well: were it free to move, a batch that stands
    /// behind a failed one would carry it past a message that nobody decided.
    ///
    /// # Errors
    /// What the store says.
    pub async fn claim_message(
        &self,
        loaded: &mut Loaded,
        position: Position,
    ) -> Result<bool, StoreError> {
        let mark = records::DECIDED.to_vec();
        let _decided: Option<Position> = self.load_one(loaded, Keyspace::Meta, mark).await?;
        let key = records::message(position);
        let filing: Option<Filing> = self.load_one(loaded, Keyspace::Message, key).await?;
        Ok(filing.is_none())
    }

    /// Adds what `lookups` ask for, [`Lookups::sent`] aside: those need texts (see `decider`).
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(&self, loaded: &mut Loaded, lookups: &Lookups) -> Result<(), StoreError> {
        for id in &lookups.tickets {
            let ticket = self.load_one(loaded, Keyspace::Ticket, records::ticket(*id)).await?;
            loaded.case.tickets.insert(*id, ticket);
        }
        for id in &lookups.histories {
            let from = records::ticket(*id);
            let to = records::behind(&from);
            let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
            let lines = self.view.scan(Keyspace::Transaction, range).await?;
            let lines = lines.iter().map(|(_, value)| Ok(record::decode(value)?.record));
            let lines: Result<Vec<Transaction>, StoreError> = lines.collect();
            loaded.case.histories.insert(*id, lines?);
        }
        for message_id in &lookups.threads {
            let key = records::thread(message_id);
            let entries = self.load_one(loaded, Keyspace::Thread, key).await?;
            loaded.case.threads.insert(message_id.clone(), entries.unwrap_or_default());
        }
        for seen in &lookups.seen {
            let found = self.load_one(loaded, Keyspace::Seen, records::seen(*seen)).await?;
            loaded.case.seen.insert(*seen, found.unwrap_or_default());
        }
        for address in &lookups.correspondents {
            let key = records::correspondent(address);
            let state = self.load_one(loaded, Keyspace::Correspondent, key).await?;
            loaded.case.correspondents.insert(address.clone(), state.unwrap_or_default());
        }
        if lookups.way_out {
            let key = records::WAY_OUT.to_vec();
            let found = self.load_one(loaded, Keyspace::Meta, key).await?;
            loaded.case.way_out = Some(found.unwrap_or_default());
        }
        for name in &lookups.meetings {
            let found = self.load_one(loaded, Keyspace::Meta, records::meeting(name)).await?;
            loaded.case.meetings.insert(name.clone(), found);
        }
        for message in &lookups.asides {
            let key = records::message(*message);
            let aside = self.load_one(loaded, Keyspace::Quarantine, key).await?;
            loaded.case.asides.insert(*message, aside);
        }
        for wanted in &lookups.searches {
            let found = search::found(self, wanted).await?;
            loaded.case.found.insert(wanted.clone(), found);
        }
        self.load_digest(loaded, lookups).await
    }

    /// A row of the outbox.
    ///
    /// # Errors
    /// What the store says, or that the record is damaged.
    pub async fn row(&self, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        let Some((first, value)) = self.sheet_of(id).await? else { return Ok(None) };
        let sheet: Sheet = record::decode(&value)?.record;
        let standings = self.read(Keyspace::Outbox, &sheet::standings_key(first)).await?;
        Ok(sheet.rows(standings).into_iter().find(|row| row.notice.id == id))
    }

    /// Shows every row of the outbox, by number.
    ///
    /// # Errors
    /// What the store says, or that a record is damaged.
    pub async fn rows(&self, mut seen: impl FnMut(OutboxRow)) -> Result<(), StoreError> {
        let (mut from, to) = sheet::all_sheets();
        loop {
            let range = Range { from: &from, to: &to, limit: SHEETS_MAX, reverse: false };
            let page = self.view.scan(Keyspace::Outbox, range).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = last.iter().copied().chain([0]).collect();
            for (key, value) in page {
                let Some(first) = sheet::first_of(&key) else { continue };
                let sheet: Sheet = record::decode(&value)?.record;
                let standings = self.read(Keyspace::Outbox, &sheet::standings_key(first)).await?;
                sheet.rows(standings).into_iter().for_each(&mut seen);
            }
        }
    }

    /// The last sheet on which a row may stand, and its number.
    async fn sheet_of(&self, row: OutboxId) -> Result<Option<(OutboxId, Value)>, StoreError> {
        let (from, to) = sheet::sheets_of(row);
        let range = Range { from: &from, to: &to, limit: 1, reverse: true };
        let found = self.view.scan(Keyspace::Outbox, range).await?.pop();
        Ok(found.and_then(|(key, value)| Some((sheet::first_of(&key)?, value))))
    }

    /// Reads how the rows of a sheet stand, so that they may be changed.
    async fn load_sheet(&self, loaded: &mut Loaded, row: OutboxId) -> Result<(), StoreError> {
        if loaded.sheet(row).is_some() {
            return Ok(());
        }
        let Some((first, value)) = self.sheet_of(row).await? else { return Ok(()) };
        let outline: Outline = record::decode(&value)?.record;
        let place = (Keyspace::Outbox, sheet::sheet_key(first));
        loaded.versions.insert(place, record::version(&value));
        let key = sheet::standings_key(first);
        let standings = self.load_one(loaded, Keyspace::Outbox, key).await?;
        let sheet = OpenSheet::new(first, &outline, standings);
        if sheet.standing(row).is_some() {
            loaded.sheets.push(sheet);
        }
        Ok(())
    }

    /// Sorts effects into one batch; rows that effects settle are read here. Everything that was
    /// read is a condition of it, written or not: it is to hold when the batch is committed.
    ///
    /// # Errors
    /// What the store says, or that a record has no encoding.
    pub async fn batch(
        &self,
        loaded: &mut Loaded,
        effects: &[Effect],
        event: &impl Serialize,
    ) -> Result<Batch, StoreError> {
        for effect in effects {
            if let Effect::Settle(id, _) = effect {
                self.load_sheet(loaded, *id).await?;
            }
        }
        let mut writer = Writer {
            loaded,
            batch: Batch::default(),
            changed: BTreeSet::new(),
            deltas: Deltas::default(),
        };
        writer.effects(effects)?;
        let Writer { mut batch, deltas, .. } = writer;
        self.tally(loaded, &mut batch, deltas).await?;
        batch.conditions.extend(loaded.conditions_of_reads(&batch.conditions));
        batch.event = serde_json::to_vec(event)
            .map_err(|error| StoreError::Refused(format!("an event that has no JSON: {error}")))?;
        Ok(batch)
    }
}

/// A batch while it is being written.
struct Writer<'a> {
    loaded: &'a mut Loaded,
    batch: Batch,
    /// Sheets some of whose rows stand otherwise now.
    changed: BTreeSet<OutboxId>,
    deltas: Deltas,
}

impl Writer<'_> {
    fn effects(&mut self, effects: &[Effect]) -> Result<(), StoreError> {
        let mut tickets: BTreeMap<TicketId, Option<Ticket>> = BTreeMap::new();
        let before =
            Counters { ticket: self.loaded.case.next_ticket, outbox: self.loaded.case.next_outbox };
        let mut counters = before;
        let mut enrolled = Vec::new();
        let mut sheets = SheetWriter::default();
        for effect in effects {
            match effect {
                Effect::Record(id, transaction) => {
                    let start = || self.loaded.case.tickets.get(id).cloned().flatten();
                    let ticket = tickets.entry(*id).or_insert_with(start);
                    let ticket = ticket.get_or_insert_with(|| Ticket::begin(*id, transaction.at));
                    ticket.apply(transaction);
                    counters.ticket = counters.ticket.max(TicketId(id.0 + 1));
                    self.transaction(*id, transaction)?;
                }
                Effect::Notify(notice) => {
                    counters.outbox = counters.outbox.max(OutboxId(notice.id.0 + 1));
                    sheets.push(notice)?;
                }
                Effect::Enroll(change) => {
                    enrolled.push(change);
                    self.enroll(change)?;
                }
                Effect::Arm(timer, at) => self.arm(timer, *at)?,
                Effect::Disarm(timer, at) => self.disarm(timer, *at),
                Effect::Keep(person, inbox) => {
                    self.put(Keyspace::Digest, records::inbox(person), inbox)?;
                }
                Effect::Remember(address, state) => self.remember(address, state)?,
                Effect::Thread(message_id, entries) => {
                    self.put(Keyspace::Thread, records::thread(message_id), entries)?;
                }
                Effect::See(key, seen) => {
                    self.put(Keyspace::Seen, records::seen(*key), seen)?;
                }
                Effect::File(filing) => self.file(filing)?,
                // The archive's, and done before; the shell's, and done behind.
                Effect::Erase(_) | Effect::Run(_) | Effect::Errand(_) => {}
                Effect::Aside(message, aside) => self.aside(*message, aside.as_ref())?,
                Effect::Note(deed) => self.deed(deed)?,
                Effect::Settle(id, change) => {
                    if let Some(sheet) = self.loaded.sheet(*id) {
                        sheet.change(*id, change);
                        self.changed.insert(sheet.first);
                    }
                }
                Effect::WayOut(state) => {
                    self.put(Keyspace::Meta, records::WAY_OUT.to_vec(), state)?;
                }
                Effect::Convene(name, id) => {
                    self.put(Keyspace::Meta, records::meeting(name), id)?;
                }
            }
        }
        for (id, ticket) in tickets {
            if let Some(ticket) = ticket {
                self.ticket(id, &ticket)?;
            }
        }
        if !enrolled.is_empty() {
            self.revise(&enrolled)?;
        }
        self.batch.operations.extend(sheets.finish());
        if counters != before {
            self.put(Keyspace::Meta, records::COUNTERS.to_vec(), &counters)?;
        }
        self.standings()?;
        self.seals()
    }

    /// Several deeds of one mail are numbered.
    fn deed(&mut self, deed: &Deed) -> Result<(), StoreError> {
        let mut number = 0;
        let is_taken = |key: &Key| {
            let mut operations = self.batch.operations.iter();
            operations.any(|operation| operation.target() == (Keyspace::Meta, key))
        };
        while is_taken(&records::deed(deed, number)) {
            number += 1;
        }
        self.put(Keyspace::Meta, records::deed(deed, number), deed)
    }

    fn aside(&mut self, message: Position, aside: Option<&SetAside>) -> Result<(), StoreError> {
        let key = records::message(message);
        if let Some(aside) = aside {
            return self.put(Keyspace::Quarantine, key, aside);
        }
        self.batch.conditions.extend(self.loaded.condition(Keyspace::Quarantine, &key));
        self.batch.operations.push(Operation::Delete(Keyspace::Quarantine, key));
        Ok(())
    }

    fn remember(&mut self, address: &Address, state: &Correspondent) -> Result<(), StoreError> {
        let before = self.loaded.case.correspondents.get(address);
        tallies::mark(&mut self.batch, address, before, state);
        self.put(Keyspace::Correspondent, records::correspondent(address), state)
    }

    fn seals(&mut self) -> Result<(), StoreError> {
        for (key, value) in std::mem::take(&mut self.loaded.seals) {
            self.put(Keyspace::Meta, key, &value)?;
        }
        Ok(())
    }

    fn arm(&mut self, timer: &Timer, at: Timestamp) -> Result<(), StoreError> {
        let key = records::due(at, &Due::Timer(timer.clone()));
        let value = record::encode(records::SCHEMA, 1, &())?;
        self.batch.operations.push(Operation::Put(Keyspace::Due, key, value));
        Ok(())
    }

    fn disarm(&mut self, timer: &Timer, at: Timestamp) {
        let key = records::due(at, &Due::Timer(timer.clone()));
        self.batch.operations.push(Operation::Delete(Keyspace::Due, key));
    }

    fn transaction(&mut self, id: TicketId, transaction: &Transaction) -> Result<(), StoreError> {
        let key = records::transaction(id, transaction.sequence);
        let value = record::encode(records::SCHEMA, 1, transaction)?;
        self.batch.operations.push(Operation::Put(Keyspace::Transaction, key, value));
        Ok(())
    }

    /// The ticket itself, and where it waits.
    fn ticket(&mut self, id: TicketId, ticket: &Ticket) -> Result<(), StoreError> {
        let before = self.loaded.case.tickets.get(&id).and_then(Option::as_ref);
        tallies::shelve(&mut self.batch, &mut self.deltas, before, ticket);
        self.put(Keyspace::Ticket, records::ticket(id), ticket)
    }

    /// How the rows of changed sheets stand, and when they are due: on condition that the sheet
    /// itself is the one that was read, for nothing else tells where its mark stands.
    fn standings(&mut self) -> Result<(), StoreError> {
        let sheets = std::mem::take(&mut self.loaded.sheets);
        let changed = std::mem::take(&mut self.changed);
        for sheet in sheets.iter().filter(|sheet| changed.contains(&sheet.first)) {
            let key = sheet::sheet_key(sheet.first);
            self.batch.conditions.extend(self.loaded.condition(Keyspace::Outbox, &key));
            self.batch.operations.extend(sheet.marks());
            self.put(Keyspace::Outbox, sheet::standings_key(sheet.first), &sheet.standings())?;
        }
        self.loaded.sheets = sheets;
        Ok(())
    }

    fn enroll(&mut self, change: &RegisterChange) -> Result<(), StoreError> {
        match change {
            RegisterChange::Person(person) => {
                self.put(Keyspace::Register, records::person(&person.id), person)
            }
            RegisterChange::Queue(queue) => {
                self.put(Keyspace::Register, records::queue(&queue.name), queue)
            }
            RegisterChange::Unit(unit) => {
                self.put(Keyspace::Register, records::unit(&unit.id), unit)
            }
            RegisterChange::Text(text) => {
                self.put(Keyspace::Register, records::rule_text(text), text)
            }
            RegisterChange::Role(role) => {
                self.put(Keyspace::Register, records::role(&role.name), role)
            }
            RegisterChange::Consent(consent) => {
                self.put(Keyspace::Register, records::consent(consent), consent)
            }
            RegisterChange::Declaration(declaration) => {
                self.put(Keyspace::Register, records::declaration(declaration), declaration)
            }
            RegisterChange::Renewal(renewal) => {
                self.put(Keyspace::Register, records::renewal(renewal), renewal)
            }
            RegisterChange::Account(account) => {
                self.put(Keyspace::Register, records::ACCOUNT.to_vec(), &**account)
            }
            RegisterChange::Breach(breach) => {
                let key = records::breach(breach.ticket, &breach.person);
                self.put(Keyspace::Register, key, breach)
            }
            RegisterChange::Forgotten(ticket, person) => {
                let key = records::breach(*ticket, person);
                self.batch.operations.push(Operation::Delete(Keyspace::Register, key));
                Ok(())
            }
        }
    }

    /// Marks the register as changed, so that what is decided by an older one does not pass.
    fn revise(&mut self, changes: &[&RegisterChange]) -> Result<(), StoreError> {
        let place = (Keyspace::Meta, records::REGISTER.to_vec());
        let before = self.loaded.versions.get(&place).copied().flatten().unwrap_or_default();
        let revision = changes.iter().fold(before, |revision, change| change.revise(revision));
        let value = record::encode(records::SCHEMA, revision, &())?;
        self.batch.operations.push(Operation::Put(place.0, place.1, value));
        Ok(())
    }

    fn file(&mut self, filing: &Filing) -> Result<(), StoreError> {
        self.put(Keyspace::Message, records::message(filing.position), filing)?;
        self.put(Keyspace::Meta, records::DECIDED.to_vec(), &filing.position)
    }

    /// Writes a record that was looked up: on condition that it is still the same.
    fn put<T: Serialize>(
        &mut self,
        keyspace: Keyspace,
        key: Key,
        record: &T,
    ) -> Result<(), StoreError> {
        put_record(self.loaded, &mut self.batch, (keyspace, key), record)
    }
}

/// Writes a record that was looked up: on condition that it is still the same.
pub(super) fn put_record<T: Serialize>(
    loaded: &Loaded,
    batch: &mut Batch,
    (keyspace, key): (Keyspace, Key),
    record: &T,
) -> Result<(), StoreError> {
    let condition = loaded.condition(keyspace, &key);
    let before = match &condition {
        Some(Condition::Version(_, _, version)) => Some(*version),
        Some(Condition::Absent(..)) | None => None,
    };
    batch.conditions.extend(condition);
    let value = record::encode_next(records::SCHEMA, before, record)?;
    batch.operations.push(Operation::Put(keyspace, key, value));
    Ok(())
}
