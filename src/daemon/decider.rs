//! The only task that decides: one event after the other, each one batch, never waiting for a
//! disk in between.
//!
//! Size: one loop and the few things that it does, all on the same fields.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, watch};

use crate::daemon::clock::Clock;
use crate::daemon::ended;
use crate::daemon::ledger::{self, Ledger, Loaded};
use crate::daemon::marker::Marker;
use crate::daemon::reader::{Parsing, Read};
use crate::daemon::records::{self, Due, Quarantined};
use crate::daemon::spool::Doors;
use crate::daemon::texts::Texts;
use crate::desk::{Desk, RegisterChange};
use crate::notice::Renderer;
use crate::store::{Batch, Keyspace, Operation, Range, Store, StoreError, record};
use crate::ticket::case::Sent;
use crate::ticket::event::{MailEvent, Submitted};
use crate::ticket::{self, Case, Decision, Effect, Event, Filing, Timer};
use crate::types::{OutboxId, Position};

/// Batches that may be on their way to the disk.
const IN_FLIGHT_MAX: usize = 1024;
/// Rounds of look-ups for one event; more is a fault of ours.
const ROUNDS_MAX: usize = 24;
/// Timers that are read at once.
const TIMERS_MAX: usize = 256;

/// How far the daemon has come; `lotse clock` waits until nothing is left to do.
#[derive(Debug, Default)]
pub struct Progress {
    /// The newest accepted message.
    pub newest: AtomicU64,
    /// The last decided message.
    pub decided: AtomicU64,
    /// Batches handed over.
    pub handed_over: AtomicU64,
    /// Batches that are durable.
    pub durable: AtomicU64,
    /// Told at every change.
    pub changed: Notify,
}

impl Progress {
    /// Whether every accepted message is decided and every batch durable.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.decided.load(Ordering::Acquire) >= self.newest.load(Ordering::Acquire)
            && self.is_durable()
    }

    /// Whether every batch is durable.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable.load(Ordering::Acquire) >= self.handed_over.load(Ordering::Acquire)
    }

    /// Returns once every batch is durable.
    pub async fn durable(&self) {
        loop {
            let changed = self.changed.notified();
            if self.is_durable() {
                return;
            }
            changed.await;
        }
    }

    /// Returns once this message is decided.
    pub async fn decided(&self, position: Position) {
        loop {
            let changed = self.changed.notified();
            if self.decided.load(Ordering::Acquire) >= position.0 {
                return;
            }
            changed.await;
        }
    }
}

/// What an administrator asks the decider to do.
#[derive(Debug)]
pub enum Command {
    /// Changes the register.
    Enroll(Vec<RegisterChange>, tokio::sync::oneshot::Sender<Result<(), String>>),
    /// A new rule book: settings and procedures; the register stays.
    Reload(Box<Desk>),
    /// Decides a message anew that lies in the quarantine.
    Retry(Box<MailEvent>, tokio::sync::oneshot::Sender<Result<Filing, String>>),
}

/// What reaches the decider.
#[derive(Debug)]
pub struct Inputs {
    /// Accepted messages.
    pub mail: mpsc::Receiver<Parsing>,
    /// What ways out said.
    pub submitted: mpsc::Receiver<Submitted>,
    /// What an administrator asks.
    pub commands: mpsc::Receiver<Command>,
    /// Set to end.
    pub closing: watch::Receiver<bool>,
}

/// What the decider shares with the tasks around it.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// Time.
    pub clock: Clock,
    /// How far the doors are.
    pub doors: Doors,
    /// Words of messages.
    pub texts: Texts,
    /// Texts of notices.
    pub renderer: Arc<Renderer>,
    /// How far everything is.
    pub progress: Arc<Progress>,
    /// Where it is noted what is being decided.
    pub marker: Marker,
    /// Told when rows of the outbox became durable.
    pub rows: Arc<Notify>,
}

/// The deciding task.
#[derive(Debug)]
pub struct Decider<S: Store> {
    desk: Arc<Desk>,
    published: watch::Sender<Option<Arc<Desk>>>,
    ledger: Ledger<S>,
    around: Surroundings,
    in_flight: Arc<Semaphore>,
    settling: mpsc::UnboundedSender<Settling>,
}

type Durable = std::pin::Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// A batch on its way to the disk.
struct Settling {
    durable: Durable,
    has_rows: bool,
    _permit: OwnedSemaphorePermit,
}

/// An event as it is recorded with its batch.
#[derive(Debug, Serialize)]
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
}

impl<S: Store> Decider<S> {
    /// A decider over these books; `failed` is told when a batch could not be made durable.
    #[must_use]
    pub fn new(
        desk: Arc<Desk>,
        published: watch::Sender<Option<Arc<Desk>>>,
        ledger: Ledger<S>,
        around: Surroundings,
        failed: mpsc::Sender<StoreError>,
    ) -> Self {
        published.send_replace(Some(Arc::clone(&desk)));
        let (settling, batches) = mpsc::unbounded_channel();
        tokio::spawn(settle(
            batches,
            Arc::clone(&around.progress),
            Arc::clone(&around.rows),
            failed,
        ));
        let in_flight = Arc::new(Semaphore::new(IN_FLIGHT_MAX));
        Self { desk, published, ledger, around, in_flight, settling }
    }

    /// Decides until `closing` is set; what was accepted stays in the archive.
    ///
    /// # Errors
    /// What the store says: the process ends and starts anew.
    pub async fn run(mut self, mut inputs: Inputs) -> Result<(), StoreError> {
        let mut timers = self.next_timer().await?;
        loop {
            while let Ok(mail) = inputs.mail.try_recv() {
                self.mail(mail).await?;
                while let Ok(row) = inputs.submitted.try_recv() {
                    self.submitted(row).await?;
                }
                timers = None;
            }
            if timers.is_none() {
                timers = self.next_timer().await?;
            }
            if self.may_fire() && timers.is_some_and(|at| at <= self.around.clock.now()) {
                let fired = self.fire_due().await?;
                timers = self.next_timer().await?;
                if fired > 0 {
                    continue;
                }
            }
            let wake_at = timers.filter(|at| *at > self.around.clock.now());
            tokio::select! {
                biased;
                () = ended(&mut inputs.closing) => return self.drain(inputs).await,
                mail = inputs.mail.recv() => match mail {
                    Some(mail) => {
                        self.mail(mail).await?;
                        timers = None;
                    }
                    None => return self.drain(inputs).await,
                },
                row = inputs.submitted.recv() => if let Some(row) = row {
                    self.submitted(row).await?;
                    timers = None;
                },
                command = inputs.commands.recv() => if let Some(command) = command {
                    self.command(command).await?;
                    timers = None;
                },
                () = self.around.clock.wait_until(wake_at) => timers = None,
                () = self.around.progress.changed.notified() => {},
                () = self.around.doors.changed() => {},
            }
        }
    }

    /// Records what the outbox still learns before it ends, so that nothing is sent again.
    async fn drain(&mut self, mut inputs: Inputs) -> Result<(), StoreError> {
        drop(inputs.mail);
        while let Some(row) = inputs.submitted.recv().await {
            self.submitted(row).await?;
        }
        Ok(())
    }

    /// Whether timers may fire: a mail goes before a timer of the same instant.
    fn may_fire(&self) -> bool {
        let progress = &self.around.progress;
        progress.decided.load(Ordering::Acquire) >= progress.newest.load(Ordering::Acquire)
    }

    async fn mail(&mut self, parsing: Parsing) -> Result<(), StoreError> {
        let position = parsing.position;
        match parsing.finished().await {
            Read::Mail(mail) => {
                let event = Event::Mail(mail);
                self.event(&event, None).await?;
            }
            Read::Unreadable(position, why) => self.quarantine(position, &why).await?,
        }
        self.around.progress.decided.fetch_max(position.0, Ordering::AcqRel);
        self.around.progress.changed.notify_waiters();
        Ok(())
    }

    async fn submitted(&mut self, row: Submitted) -> Result<(), StoreError> {
        let event = Event::Submitted(Box::new(row));
        self.event(&event, None).await
    }

    async fn command(&mut self, command: Command) -> Result<(), StoreError> {
        match command {
            Command::Enroll(changes, answer) => {
                let mut effects: Vec<Effect> = changes.into_iter().map(Effect::Enroll).collect();
                self.enroll(&effects);
                effects.extend(self.first_timers());
                let mut loaded = self.ledger.begin().await?;
                let record = self.record("operator", None, None);
                let batch = self.ledger.batch(&mut loaded, &effects, &record).await?;
                let result = self.commit(batch, false).await;
                if answer.send(result.map_err(|error| error.to_string())).is_err() {
                    tracing::debug!("who asked for the change is gone");
                }
            }
            Command::Reload(desk) => {
                let register = self.desk.register.clone();
                self.desk = Arc::new(Desk { register, ..*desk });
                self.published.send_replace(Some(Arc::clone(&self.desk)));
            }
            Command::Retry(mail, answer) => {
                let result = self.retry(*mail).await?;
                if answer.send(result).is_err() {
                    tracing::debug!("who asked to decide a message anew is gone");
                }
            }
        }
        Ok(())
    }

    /// Decides a message of the quarantine anew; what cannot be decided stays there.
    async fn retry(&mut self, mail: MailEvent) -> Result<Result<Filing, String>, StoreError> {
        let position = mail.position;
        let key = records::message(position);
        let entry: Option<Quarantined> = self.ledger.read(Keyspace::Quarantine, &key).await?;
        if entry.is_none() {
            return Ok(Err(format!("no message {position} lies in the quarantine")));
        }
        let event = Event::Mail(Box::new(mail));
        let (mut batch, effects) = match self.prepare(&event).await? {
            Ok(prepared) => prepared,
            Err(why) => return Ok(Err(why)),
        };
        // How far messages are decided is not known from one that came long before.
        batch.operations.retain(
            |change| !matches!(change.target(), (Keyspace::Meta, key) if key == records::DECIDED),
        );
        batch.operations.push(Operation::Delete(Keyspace::Quarantine, key));
        self.enroll(&effects);
        self.commit(batch, tells_outbox(&effects)).await?;
        let filed = effects
            .into_iter()
            .find_map(|effect| if let Effect::File(filing) = effect { Some(filing) } else { None });
        Ok(filed.ok_or_else(|| format!("message {position} was decided, and filed nowhere")))
    }

    /// Digests of members; a timer that is set already is set to the same time again.
    fn first_timers(&self) -> Vec<Effect> {
        let now = self.around.clock.now();
        let timers = ticket::digest::first_timers(&self.desk, now).into_iter();
        timers.map(|(timer, at)| Effect::Arm(timer, at)).collect()
    }

    async fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        let from = [records::DUE_TIMERS];
        let to = records::behind(&from);
        let range = Range { from: &from, to: &to, limit: 1, reverse: false };
        let found = self.ledger.view().scan(Keyspace::Due, range).await?;
        Ok(found.first().and_then(|(key, _)| records::read_due(key)).map(|(at, _)| at))
    }

    /// Fires every timer whose time has come, in order; a silence that counts waits for the doors.
    async fn fire_due(&mut self) -> Result<usize, StoreError> {
        let now = self.around.clock.now();
        let (from, to) = records::due_until(records::DUE_TIMERS, now);
        let range = Range { from: &from, to: &to, limit: TIMERS_MAX, reverse: false };
        let mut fired = 0;
        for (key, _) in self.ledger.view().scan(Keyspace::Due, range).await? {
            let Some((due_at, Due::Timer(timer))) = records::read_due(&key) else { continue };
            let waits = matches!(timer, Timer::Window(_)) && self.around.doors.caught_up() < due_at;
            if waits {
                continue;
            }
            let event = Event::Timer { timer, due_at };
            self.event(&event, Some(Operation::Delete(Keyspace::Due, key))).await?;
            fired += 1;
        }
        Ok(fired)
    }

    fn record<'a>(
        &self,
        event: &'a str,
        position: Option<Position>,
        timer: Option<(&'a Timer, Timestamp)>,
    ) -> EventRecord<'a> {
        EventRecord {
            event,
            now: self.around.clock.now(),
            position,
            timer: timer.map(|(timer, _)| timer),
            row: None,
            due_at: timer.map(|(_, at)| at),
        }
    }

    /// One event: look up, decide, sort into a batch, hand over.
    async fn event(&mut self, event: &Event, also: Option<Operation>) -> Result<(), StoreError> {
        let (mut batch, effects) = match self.prepare(event).await? {
            Ok(prepared) => prepared,
            Err(why) => return self.failed(event, &why, also).await,
        };
        batch.operations.extend(also);
        self.enroll(&effects);
        if batch.operations.is_empty() {
            return Ok(());
        }
        self.commit(batch, tells_outbox(&effects)).await
    }

    /// Decides an event: the batch, and the effects that it holds. The inner error is a fault of
    /// ours, which costs this event only.
    async fn prepare(
        &self,
        event: &Event,
    ) -> Result<Result<(Batch, Vec<Effect>), String>, StoreError> {
        let mut record = match event {
            Event::Mail(mail) => self.record("mail", Some(mail.position), None),
            Event::Timer { timer, due_at } => self.record("timer", None, Some((timer, *due_at))),
            Event::Submitted(_) => self.record("submitted", None, None),
        };
        if let Event::Submitted(row) = event {
            record.row = Some(row.id);
        }
        let now = record.now;
        let mut loaded = self.ledger.begin().await?;
        let effects = match self.decide(&mut loaded, event, now).await? {
            Ok(effects) => effects,
            Err(why) => return Ok(Err(why)),
        };
        let batch = match self.ledger.batch(&mut loaded, &effects, &record).await {
            Err(StoreError::Refused(why)) => return Ok(Err(why)),
            batch => batch?,
        };
        Ok(batch.check().map(|()| (batch, effects)).map_err(|refused| refused.to_string()))
    }

    /// Looks up and decides until nothing is missing. The inner error is a fault of ours.
    async fn decide(
        &self,
        loaded: &mut Loaded,
        event: &Event,
        now: Timestamp,
    ) -> Result<Result<Vec<Effect>, String>, StoreError> {
        let mut lookups = ticket::needs(&self.desk, event);
        for _ in 0..ROUNDS_MAX {
            self.ledger.load(loaded, &lookups).await?;
            self.load_sent(&mut loaded.case, &lookups.sent).await?;
            let decide = || ticket::decide(&self.desk, &loaded.case, event, now);
            let decide = || catch_unwind(AssertUnwindSafe(decide));
            let decided = match event {
                Event::Mail(mail) => self.around.marker.alone(mail.position, decide),
                Event::Timer { .. } | Event::Submitted(_) => decide(),
            };
            match decided {
                Ok(Decision::Effects(effects)) => return Ok(Ok(effects)),
                Ok(Decision::Needs(more)) => lookups = more,
                Err(_) => return Ok(Err("deciding it panicked".to_owned())),
            }
        }
        Ok(Err(format!("deciding it asks for ever: {lookups:?}")))
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
                .or_else(|| ticket::key::own_id(&self.desk, id).map(|own| own.row));
            let found = match row {
                Some(row) => self.ledger.row(row).await?.map(|found| (row, found.notice)),
                None => None,
            };
            let sent = found.map(|(id, notice)| {
                let contents = self.around.texts.contents(&notice);
                let text = self.around.renderer.text(&self.desk, &notice, &contents);
                Sent { id, notice, text }
            });
            case.sent.insert(id.clone(), sent);
        }
        Ok(())
    }

    fn enroll(&mut self, effects: &[Effect]) {
        let changes = effects.iter().filter_map(|effect| {
            if let Effect::Enroll(change) = effect { Some(change) } else { None }
        });
        let mut desk = None;
        for change in changes {
            desk.get_or_insert_with(|| (*self.desk).clone()).register.apply(change);
        }
        if let Some(desk) = desk {
            self.desk = Arc::new(desk);
            self.published.send_replace(Some(Arc::clone(&self.desk)));
        }
    }

    /// What cannot be decided costs one message, or is logged; the next goes on.
    async fn failed(
        &mut self,
        event: &Event,
        why: &str,
        also: Option<Operation>,
    ) -> Result<(), StoreError> {
        tracing::error!(why, "an event could not be decided");
        if let Event::Mail(mail) = event {
            return self.quarantine(mail.position, why).await;
        }
        let operations = also.into_iter().collect();
        self.commit(Batch { operations, ..Batch::default() }, false).await
    }

    /// Puts a message aside, durable and listed.
    pub(crate) async fn quarantine(
        &mut self,
        position: Position,
        why: &str,
    ) -> Result<(), StoreError> {
        tracing::error!(%position, why, "a message went to quarantine");
        let now = self.around.clock.now();
        let entry = Quarantined { at: now, why: why.to_owned() };
        let key = records::message(position);
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
        let mut loaded = self.ledger.begin().await?;
        let record = self.record("quarantine", Some(position), None);
        let effects = [Effect::File(filing)];
        let mut batch = self.ledger.batch(&mut loaded, &effects, &record).await?;
        let value = record::encode(records::SCHEMA, 1, &entry)?;
        batch.operations.push(Operation::Put(Keyspace::Quarantine, key, value));
        batch.operations.push(ledger::decided(position)?);
        self.commit(batch, false).await
    }

    async fn commit(&self, batch: Batch, has_rows: bool) -> Result<(), StoreError> {
        let permit = Arc::clone(&self.in_flight).acquire_owned().await;
        let Ok(permit) = permit else { return Err(StoreError::Poisoned("closed".into())) };
        self.around.progress.handed_over.fetch_add(1, Ordering::AcqRel);
        let durable = Box::pin(self.ledger.view().hand_over(batch));
        let settling = Settling { durable, has_rows, _permit: permit };
        self.settling
            .send(settling)
            .map_err(|unsent| StoreError::Poisoned(format!("a batch failed before: {unsent}")))
    }
}

/// Whether the outbox has something new to look at: a row, or a later time of one.
fn tells_outbox(effects: &[Effect]) -> bool {
    let tells = |effect: &Effect| {
        matches!(effect, Effect::Notify(_))
            || matches!(effect, Effect::Settle(_, change) if change.next_at.is_some())
    };
    effects.iter().any(tells)
}

/// Awaits batches in the order in which they were handed over.
async fn settle(
    mut batches: mpsc::UnboundedReceiver<Settling>,
    progress: Arc<Progress>,
    rows: Arc<Notify>,
    failed: mpsc::Sender<StoreError>,
) {
    while let Some(batch) = batches.recv().await {
        if let Err(error) = batch.durable.await {
            if failed.send(error).await.is_err() {
                tracing::debug!("nobody waits for failures any more");
            }
            return;
        }
        progress.durable.fetch_add(1, Ordering::AcqRel);
        progress.changed.notify_waiters();
        if batch.has_rows {
            rows.notify_one();
        }
    }
}

impl std::fmt::Debug for Settling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settling").field("has_rows", &self.has_rows).finish_non_exhaustive()
    }
}
