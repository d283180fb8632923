//! The only task that decides: one event after the other, each one batch, never waiting for a
//! disk in between.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore, mpsc, watch};

use crate::daemon::ahead::Ahead;
use crate::daemon::casework::Casework;
use crate::daemon::clock::Clock;
use crate::daemon::due;
use crate::daemon::ended;
use crate::daemon::errand::Errands;
use crate::daemon::ledger::Ledger;
use crate::daemon::marker::Marker;
use crate::daemon::program::Programs;
use crate::daemon::progress::Progress;
use crate::daemon::reader::{Parsing, Read};
use crate::daemon::search::Indexer;
use crate::daemon::settling::{Settling, Spent, settle};
use crate::daemon::spool::Doors;
use crate::daemon::texts::Texts;
use crate::desk::{Desk, RegisterChange};
use crate::notice::Renderer;
use crate::store::archive::Archive;
use crate::store::{Batch, Store, StoreError};
use crate::ticket::event::MailEvent;
use crate::ticket::{self, Effect, Event, Filing};
use crate::types::{Position, QueueName};

/// Batches that may be on their way to the disk.
const IN_FLIGHT_MAX: usize = 1024;

/// What an administrator asks the decider to do.
#[derive(Debug)]
pub enum Command {
    /// Changes the register.
    Enroll(Vec<RegisterChange>, tokio::sync::oneshot::Sender<Result<(), String>>),
    /// A new rule book: settings and procedures; the register stays.
    Reload(Box<Desk>),
    /// Decides a message anew that lies in the quarantine, or files it in a queue.
    Retry(Box<MailEvent>, Option<QueueName>, tokio::sync::oneshot::Sender<Result<Filing, String>>),
}

/// What reaches the decider.
#[derive(Debug)]
pub struct Inputs {
    /// Accepted messages.
    pub mail: mpsc::Receiver<Parsing>,
    /// What ways out said.
    pub submitted: mpsc::Receiver<Event>,
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
    /// Where programs are started from.
    pub programs: Programs,
    /// Who runs errands.
    pub errands: Errands,
    /// Where messages are handed over that are to be found by their words.
    pub indexer: Option<Indexer>,
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
            (
                Arc::clone(&around.rows),
                (around.programs.clone(), around.errands.clone()),
                around.indexer.clone(),
            ),
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
        let mut timers = due::next(&self.ledger, None).await?;
        loop {
            while let Ok(mail) = inputs.mail.try_recv() {
                if self.mail(mail).await? {
                    timers = None;
                }
                while let Ok(event) = inputs.submitted.try_recv() {
                    self.event(event).await?;
                    timers = None;
                }
            }
            if timers.is_none() {
                timers = due::next(&self.ledger, None).await?;
            }
            if self.may_fire() && timers.is_some_and(|at| at <= self.around.clock.now()) {
                let now = self.around.clock.now();
                if self.fire_due(now).await? > 0 {
                    timers = None;
                    continue;
                }
                // What is due waits for a door, and holds nothing else up.
                timers = due::next(&self.ledger, Some(now)).await?;
            }
            let wake_at = timers.filter(|at| *at > self.around.clock.now());
            tokio::select! {
                biased;
                () = ended(&mut inputs.closing) => return self.drain(inputs).await,
                mail = inputs.mail.recv() => match mail {
                    Some(mail) => if self.mail(mail).await? {
                        timers = None;
                    },
                    None => return self.drain(inputs).await,
                },
                event = inputs.submitted.recv() => if let Some(event) = event {
                    self.event(event).await?;
                    timers = None;
                },
                command = inputs.commands.recv() => if let Some(command) = command {
                    self.command(command).await?;
                    timers = None;
                },
                () = self.around.clock.wait_until(wake_at) => timers = None,
                () = self.around.progress.changed.notified() => {},
                () = self.around.doors.changed() => timers = None,
            }
        }
    }

    /// Records what the outbox still learns before it ends, so that nothing is sent again.
    async fn drain(&mut self, mut inputs: Inputs) -> Result<(), StoreError> {
        drop(inputs.mail);
        while let Some(event) = inputs.submitted.recv().await {
            self.event(event).await?;
        }
        Ok(())
    }

    /// Whether timers may fire: a mail goes before a timer of the same instant.
    fn may_fire(&self) -> bool {
        !self.around.progress.is_behind()
    }

    /// Decides a message; says whether a timer may have moved because of it.
    async fn mail(&mut self, parsing: Parsing) -> Result<bool, StoreError> {
        let position = parsing.position;
        let moves_timers = match parsing.finished().await {
            (Read::Mail(mail), ahead) => self.event_after(Event::Mail(mail), ahead).await?,
            (Read::Unreadable(position, why), _) => {
                self.quarantine(position, &why).await?;
                false
            }
        };
        self.around.progress.decided.fetch_max(position.0, Ordering::AcqRel);
        self.around.progress.changed.notify_waiters();
        Ok(moves_timers)
    }

    async fn command(&mut self, command: Command) -> Result<(), StoreError> {
        match command {
            Command::Enroll(changes, answer) => {
                let mut effects: Vec<Effect> = changes.into_iter().map(Effect::Enroll).collect();
                let before = Arc::clone(&self.desk);
                self.enroll(&effects);
                effects.extend(self.first_timers());
                let casework = Casework { desk: &before, ..self.casework() };
                let batch = casework.enroll(&effects, self.around.clock.now()).await?;
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
            Command::Retry(mail, queue, answer) => {
                let result = self.retry(mail, queue).await?;
                if answer.send(result).is_err() {
                    tracing::debug!("who asked to decide a message anew is gone");
                }
            }
        }
        Ok(())
    }

    /// Decides a message of the quarantine anew; what cannot be decided stays there.
    async fn retry(
        &mut self,
        mail: Box<MailEvent>,
        queue: Option<QueueName>,
    ) -> Result<Result<Filing, String>, StoreError> {
        let position = mail.position;
        let event = match queue {
            None => Event::Mail(mail),
            Some(queue) => Event::File(mail, queue),
        };
        let retried = self.casework().retry(&event, position, self.around.clock.now()).await?;
        let (batch, effects) = match retried {
            Ok(retried) => retried,
            Err(why) => return Ok(Err(why)),
        };
        self.enroll(&effects);
        self.commit(batch, effects.iter().any(is_row)).await?;
        let filed = effects
            .into_iter()
            .find_map(|effect| if let Effect::File(filing) = effect { Some(filing) } else { None });
        Ok(filed.ok_or_else(|| format!("message {position} was decided, and filed nowhere")))
    }

    /// What a daemon wakes for by itself; what is set already is set to the same time again.
    fn first_timers(&self) -> Vec<Effect> {
        let now = self.around.clock.now();
        let timers = ticket::first_timers(&self.desk, now);
        timers.map(|(timer, at)| Effect::Arm(timer, at)).collect()
    }

    /// Fires timers whose time has come, in order; says how many.
    async fn fire_due(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let due = due::timers(&self.ledger, now, self.around.doors.caught_up()).await?;
        let count = due.len();
        for (due_at, timer) in due {
            let is_silence = timer.is_silence();
            let outages = if is_silence { self.around.doors.outages() } else { Vec::new() };
            self.event(Event::Timer { timer, due_at, outages }).await?;
        }
        Ok(count)
    }

    fn casework(&self) -> Casework<'_, S, Archive> {
        Casework {
            desk: &self.desk,
            ledger: &self.ledger,
            texts: &self.around.texts,
            renderer: &self.around.renderer,
        }
    }

    /// One event: look up, decide, sort into a batch, hand over.
    async fn event(&mut self, event: Event) -> Result<(), StoreError> {
        self.event_after(event, None).await.map(drop)
    }

    /// The same, some of it looked up ahead; says whether a timer was set or taken back.
    async fn event_after(
        &mut self,
        event: Event,
        ahead: Option<Ahead>,
    ) -> Result<bool, StoreError> {
        let now = self.around.clock.now();
        let mut loaded = self.ledger.begin().await?.with(ahead);
        let marker = Some(&self.around.marker);
        let decided = self.casework().decide_noted(&mut loaded, &event, now, marker).await?;
        let effects = match decided {
            Ok(effects) => effects,
            Err(why) => return self.failed(&event, &why).await.map(|()| true),
        };
        let batch = self.casework().batch(&mut loaded, &event, &effects, now).await;
        let batch = match batch.and_then(|batch| batch.check().map(|()| batch)) {
            Err(StoreError::Refused(why)) => {
                return self.failed(&event, &why).await.map(|()| true);
            }
            batch => batch?,
        };
        self.enroll(&effects);
        let has_rows = effects.iter().any(is_row);
        let moves_timers = effects.iter().any(moves_timer);
        if batch.operations.is_empty() {
            return Ok(moves_timers);
        }
        let spent = Spent { event, effects, loaded };
        self.commit_spent(batch, has_rows, Some(spent)).await.map(|()| moves_timers)
    }

    fn enroll(&mut self, effects: &[Effect]) {
        let changes = effects.iter().filter_map(|effect| {
            let Effect::Enroll(change) = effect else { return None };
            Some(change)
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
    async fn failed(&mut self, event: &Event, why: &str) -> Result<(), StoreError> {
        tracing::error!(why, "an event could not be decided");
        if let Event::Mail(mail) = event {
            return self.quarantine(mail.position, why).await;
        }
        let mut loaded = self.ledger.begin().await?;
        let now = self.around.clock.now();
        let batch = self.casework().batch(&mut loaded, event, &[], now).await?;
        self.commit(batch, false).await
    }

    /// Puts a message aside, durable and listed.
    async fn quarantine(&mut self, position: Position, why: &str) -> Result<(), StoreError> {
        tracing::error!(%position, why, "a message went to quarantine");
        let now = self.around.clock.now();
        let batch = self.casework().quarantine(position, why, now).await?;
        if batch.operations.is_empty() {
            return Ok(());
        }
        self.commit(batch, false).await?;
        // Not within itself: what cannot be decided about this event is logged and goes nowhere.
        Box::pin(self.event(Event::Aside(position))).await
    }

    async fn commit(&self, batch: Batch, has_rows: bool) -> Result<(), StoreError> {
        self.commit_spent(batch, has_rows, None).await
    }

    async fn commit_spent(
        &self,
        batch: Batch,
        has_rows: bool,
        spent: Option<Spent>,
    ) -> Result<(), StoreError> {
        let permit = Arc::clone(&self.in_flight).acquire_owned().await;
        let Ok(permit) = permit else { return Err(StoreError::Poisoned("closed".into())) };
        self.around.progress.handed_over.fetch_add(1, Ordering::AcqRel);
        let durable = Box::pin(self.ledger.view().hand_over(batch));
        let runs = spent.as_ref().map(Spent::runs).unwrap_or_default();
        let errands = spent.as_ref().map(Spent::errands).unwrap_or_default();
        let settling = Settling { durable, has_rows, runs, errands, spent, permit };
        self.settling
            .send(settling)
            .map_err(|unsent| StoreError::Poisoned(format!("a batch failed before: {unsent}")))
    }
}

/// Whether a timer is set or taken back by an effect.
const fn moves_timer(effect: &Effect) -> bool {
    match effect {
        Effect::Arm(..) | Effect::Disarm(..) => true,
        Effect::Record(..)
        | Effect::Enroll(_)
        | Effect::Notify(_)
        | Effect::Remember(..)
        | Effect::Keep(..)
        | Effect::Thread(..)
        | Effect::See(..)
        | Effect::File(_)
        | Effect::Erase(_)
        | Effect::Settle(..)
        | Effect::Run(_)
        | Effect::Aside(..)
        | Effect::Note(_)
        | Effect::Errand(_)
        | Effect::WayOut(_)
        | Effect::Convene(..) => false,
    }
}

/// Whether the outbox has something to look at because of an effect.
const fn is_row(effect: &Effect) -> bool {
    match effect {
        Effect::Notify(_) => true,
        Effect::Settle(_, change) => change.next_at.is_some(),
        Effect::Record(..)
        | Effect::Enroll(_)
        | Effect::Arm(..)
        | Effect::Disarm(..)
        | Effect::Remember(..)
        | Effect::Keep(..)
        | Effect::Thread(..)
        | Effect::See(..)
        | Effect::File(_)
        | Effect::Erase(_)
        | Effect::Run(_)
        | Effect::Aside(..)
        | Effect::Note(_)
        | Effect::Errand(_)
        | Effect::WayOut(_)
        | Effect::Convene(..) => false,
    }
}
