//! One event from its look-ups to its batch: what the daemon, a dry run and the simulation share.
//!
//! Deliberately absent: channels, the clock, waiting for a disk, what happens when a batch fails.

use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use serde::Serialize;

use crate::daemon::ledger::{Ledger, Loaded};
use crate::daemon::marker::Marker;
use crate::daemon::records::{self, Due};
use crate::daemon::seal;
use crate::daemon::texts::{Frames, Texts};
use crate::desk::Desk;
use crate::mail::{Verdicts, compose};
use crate::notice::{self, Renderer};
use crate::store::{Batch, Key, Keyspace, Operation, Store, StoreError, record};
use crate::submit::Parcel;
use crate::ticket::case::Sent;
use crate::ticket::event::Outage;
use crate::ticket::quarantine::SetAside;
use crate::ticket::way_out::Refused;
use crate::ticket::{self, Case, Decision, Effect, Event, Filing, Lookups, Notice, Timer};
use crate::types::{OutboxId, Position};

/// Rounds of look-ups for one event; more is a fault of ours.
const ROUNDS_MAX: usize = 24;

/// What a decision is made with.
#[derive(Debug)]
pub struct Casework<'a, S: Store, F: Frames> {
    /// Settings, people, queues.
    pub desk: &'a Desk,
    /// The books.
    pub ledger: &'a Ledger<S>,
    /// Words of messages.
    pub texts: &'a Texts<F>,
    /// Texts of notices.
    pub renderer: &'a Renderer,
}

/// An event as it is recorded with its batch.
#[derive(Debug, Default, Serialize)]
struct EventRecord<'a> {
    event: &'a str,
    now: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timer: Option<&'a Timer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    row: Option<OutboxId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "<[Outage]>::is_empty")]
    outages: &'a [Outage],
    /// What a mail was decided on: a name server may say something else tomorrow.
    #[serde(skip_serializing_if = "Verdicts::is_empty")]
    verdicts: Verdicts,
}

impl<S: Store, F: Frames> Casework<'_, S, F> {
    /// Looks up and decides until nothing is missing; `loaded` then holds what was read.
    ///
    /// Nothing follows from an event that does not wait any more: see [`Ledger::claim`]. The inner
    /// error is a fault of ours, as words for the log.
    ///
    /// # Errors
    /// What the store says.
    pub async fn decide(
        &self,
        loaded: &mut Loaded,
        event: &Event,
        now: Timestamp,
    ) -> Result<Result<Vec<Effect>, String>, StoreError> {
        self.decide_noted(loaded, event, now, None).await
    }

    /// The same, noting meanwhile which message is being decided; only meanwhile, because look-ups
    /// take as long again, and no message is to blame for an end within them.
    ///
    /// # Errors
    /// What the store says.
    pub async fn decide_noted(
        &self,
        loaded: &mut Loaded,
        event: &Event,
        now: Timestamp,
        marker: Option<&Marker>,
    ) -> Result<Result<Vec<Effect>, String>, StoreError> {
        if !self.ledger.claim(loaded, event).await? {
            return Ok(Ok(Vec::new()));
        }
        self.decide_claimed(loaded, event, now, marker).await
    }

    async fn decide_claimed(
        &self,
        loaded: &mut Loaded,
        event: &Event,
        now: Timestamp,
        marker: Option<&Marker>,
    ) -> Result<Result<Vec<Effect>, String>, StoreError> {
        let ahead = loaded.first_lookups(self.desk);
        let mut lookups = ahead.unwrap_or_else(|| ticket::needs(self.desk, event));
        for _ in 0..ROUNDS_MAX {
            self.ledger.load(loaded, &lookups).await?;
            self.load_sent(&mut loaded.case, &lookups.sent).await?;
            if !lookups.seals.is_empty() {
                // All of an event at once: there is one root for it.
                let known = loaded.case.seals.keys().chain(&lookups.seals).copied().collect();
                let seals = seal::seal(self.ledger, loaded, &self.desk.keyring, &known).await?;
                loaded.case.seals.extend(seals);
            }
            let decide = || ticket::decide(self.desk, &loaded.case, event, now);
            let decide = || catch_unwind(AssertUnwindSafe(decide));
            let noted = if let Event::Mail(mail) = event { marker.zip(Some(mail)) } else { None };
            let decided = match noted {
                Some((marker, mail)) => marker.alone(mail.position, decide),
                None => decide(),
            };
            match decided {
                Ok(Decision::Effects(effects)) => return Ok(Ok(effects)),
                Ok(Decision::Needs(more)) => lookups = *more,
                Err(_) => return Ok(Err("deciding it panicked".to_owned())),
            }
        }
        Ok(Err(format!("deciding it asks for ever: {lookups:?}")))
    }

    /// The batch of an event; without operations if nothing follows. A timer that fired is taken
    /// out first, so that it may be set anew.
    ///
    /// # Errors
    /// What the store says.
    pub async fn batch(
        &self,
        loaded: &mut Loaded,
        event: &Event,
        effects: &[Effect],
        now: Timestamp,
    ) -> Result<Batch, StoreError> {
        // Before the batch: if the process ends in between, the timer is still there.
        for effect in effects {
            if let Effect::Erase(position) = effect {
                self.texts.erase(*position)?;
            }
        }
        let record = recorded(event, now);
        loaded.stands_on(&self.desk.register);
        let mut batch = self.ledger.batch(loaded, effects, &record).await?;
        if let Event::Timer { timer, due_at, .. } = event {
            let key = records::due(*due_at, &Due::Timer(timer.clone()));
            batch.operations.insert(0, Operation::Delete(Keyspace::Due, key));
        }
        Ok(batch)
    }

    /// The batch of a change of the register as the desk has it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn enroll(&self, effects: &[Effect], now: Timestamp) -> Result<Batch, StoreError> {
        let record = EventRecord { event: "operator", now, ..EventRecord::default() };
        let mut loaded = self.ledger.begin().await?;
        loaded.stands_on(&self.desk.register);
        self.ledger.batch(&mut loaded, effects, &record).await
    }

    /// The batch that puts a message aside, listed and marked as decided; without operations if
    /// the message is decided already.
    ///
    /// # Errors
    /// What the store says.
    pub async fn quarantine(
        &self,
        position: Position,
        why: &str,
        now: Timestamp,
    ) -> Result<Batch, StoreError> {
        let entry = SetAside { at: now, why: why.to_owned(), dropped_at: None };
        let filing = Filing {
            position,
            received_at: now,
            door: String::new(),
            message_id: None,
            from: None,
            taken_for: "quarantine".into(),
            why: why.to_owned(),
            tickets: Vec::new(),
        };
        let record = EventRecord {
            event: "quarantine",
            now,
            position: Some(position),
            ..EventRecord::default()
        };
        let mut loaded = self.ledger.begin().await?;
        if !self.ledger.claim_message(&mut loaded, position).await? {
            return Ok(Batch::default());
        }
        let mut batch = self.ledger.batch(&mut loaded, &[Effect::File(filing)], &record).await?;
        let value = record::encode(records::SCHEMA, 1, &entry)?;
        let key = records::message(position);
        batch.operations.push(Operation::Put(Keyspace::Quarantine, key, value));
        Ok(batch)
    }

    /// Decides a message of the quarantine anew: the batch that takes it out of there, and what
    /// follows. The inner error says why it stays.
    ///
    /// # Errors
    /// What the store says.
    pub async fn retry(
        &self,
        event: &Event,
        position: Position,
        now: Timestamp,
    ) -> Result<Result<(Batch, Vec<Effect>), String>, StoreError> {
        let key = records::message(position);
        let entry: Option<SetAside> = self.ledger.read(Keyspace::Quarantine, &key).await?;
        if entry.is_none() {
            return Ok(Err(format!("no message {position} lies in the quarantine")));
        }
        let mut loaded = self.ledger.begin().await?;
        self.ledger.claim_message(&mut loaded, position).await?;
        let effects = match self.decide_claimed(&mut loaded, event, now, None).await? {
            Ok(effects) => effects,
            Err(why) => return Ok(Err(why)),
        };
        let mut batch = match self.batch(&mut loaded, event, &effects, now).await {
            Err(StoreError::Refused(why)) => return Ok(Err(why)),
            batch => batch?,
        };
        // A message that came long before does not say how far messages are decided.
        let is_mark = |(keyspace, key): (Keyspace, &Key)| {
            keyspace == Keyspace::Meta && key == records::DECIDED
        };
        batch.operations.retain(|operation| !is_mark(operation.target()));
        batch.conditions.retain(|condition| !is_mark(condition.target()));
        batch.operations.push(Operation::Delete(Keyspace::Quarantine, key));
        Ok(batch.check().map(|()| (batch, effects)).map_err(|refused| refused.to_string()))
    }

    /// A row of the outbox as it leaves, or why it does not, as a word for its ticket.
    ///
    /// # Errors
    /// What the store says.
    pub async fn parcel(
        &self,
        notice: &Notice,
        now: Timestamp,
    ) -> Result<Result<Parcel, &'static str>, StoreError> {
        self.parcel_under(notice, now, Refused::default()).await
    }

    /// The same, for a way out that refuses some senders.
    ///
    /// # Errors
    /// What the store says.
    pub async fn parcel_under(
        &self,
        notice: &Notice,
        now: Timestamp,
        refused: Refused,
    ) -> Result<Result<Parcel, &'static str>, StoreError> {
        let stays = self.refused(notice, now).await?;
        Ok(stays.map_or_else(|| Ok(self.rendered_under(notice, refused)), Err))
    }

    /// Why a row does not leave now, if it does not.
    ///
    /// # Errors
    /// What the store says.
    pub async fn refused(
        &self,
        notice: &Notice,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        let mut loaded = self.ledger.begin().await?;
        let mut lookups = Lookups::default();
        lookups.tickets.extend(notice.ticket);
        lookups.correspondents.insert(notice.to.address.clone());
        self.ledger.load(&mut loaded, &lookups).await?;
        Ok(ticket::may_leave(self.desk, &loaded.case, notice, now))
    }

    /// A row as it leaves.
    #[must_use]
    pub fn rendered(&self, notice: &Notice) -> Parcel {
        self.rendered_under(notice, Refused::default())
    }

    fn rendered_under(&self, notice: &Notice, refused: Refused) -> Parcel {
        let contents = self.texts.contents(notice);
        let mut outgoing = self.renderer.render(self.desk, notice, &contents);
        outgoing.from = notice::from_under(self.desk, refused, outgoing.from);
        Parcel {
            id: notice.id,
            reverse_path: notice::reverse_path_under(self.desk, refused, notice),
            forward_path: notice.to.address.clone(),
            bytes: compose(&outgoing),
        }
    }

    /// Messages of ours that are answered: their row, and the text that was sent.
    async fn load_sent(
        &self,
        case: &mut Case,
        ids: &std::collections::BTreeSet<String>,
    ) -> Result<(), StoreError> {
        for id in ids {
            let row = id
                .strip_prefix("row:")
                .and_then(|row| row.parse().ok().map(OutboxId))
                .or_else(|| ticket::key::own_id(self.desk, id).map(|own| own.row));
            let found = match row {
                Some(row) => self.ledger.row(row).await?.map(|found| (row, found.notice)),
                None => None,
            };
            let sent = found.map(|(id, notice)| {
                let contents = self.texts.contents(&notice);
                let text = self.renderer.text(self.desk, &notice, &contents);
                Sent { id, notice, text }
            });
            case.sent.insert(id.clone(), sent);
        }
        Ok(())
    }
}

fn recorded(event: &Event, now: Timestamp) -> EventRecord<'_> {
    match event {
        Event::Mail(mail) => EventRecord {
            event: "mail",
            now,
            position: Some(mail.position),
            verdicts: mail.verdicts,
            ..EventRecord::default()
        },
        Event::Timer { timer, due_at, outages } => EventRecord {
            event: "timer",
            now,
            timer: Some(timer),
            due_at: Some(*due_at),
            outages,
            ..EventRecord::default()
        },
        Event::WayOut(_) => EventRecord { event: "way-out", now, ..EventRecord::default() },
        Event::Ran(_) => EventRecord { event: "ran", now, ..EventRecord::default() },
        Event::Aside(position) => {
            let position = Some(*position);
            EventRecord { event: "aside", now, position, ..EventRecord::default() }
        }
        Event::File(mail, _) => EventRecord {
            event: "file",
            now,
            position: Some(mail.position),
            verdicts: mail.verdicts,
            ..EventRecord::default()
        },
        Event::Surveyed(_) => EventRecord { event: "surveyed", now, ..EventRecord::default() },
        Event::Again(again) => EventRecord {
            event: "again",
            now,
            position: Some(again.message),
            ..EventRecord::default()
        },
        Event::Submitted(row) => {
            EventRecord { event: "submitted", now, row: Some(row.id), ..EventRecord::default() }
        }
    }
}
