//! A running daemon as others see it: asked, told, waited for, ended.
//!
//! Deliberately absent: how its parts are opened and put together (`serve`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::Value;
use tokio::net::UnixListener;
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::daemon::clock::{self, Clock};
use crate::daemon::decider::Command;
use crate::daemon::erase::{self, Ask};
use crate::daemon::errand::Errands;
use crate::daemon::explain::Explainer;
use crate::daemon::kept;
use crate::daemon::ledger::Ledger;
use crate::daemon::look::{Looker, Request};
use crate::daemon::marker::Marker;
use crate::daemon::progress::Progress;
use crate::daemon::records;
use crate::daemon::texts::Texts;
use crate::desk::{Desk, Procedure, RegisterChange};
use crate::notice::Renderer;
use crate::store::any::AnyStore;
use crate::store::{Keyspace, Range, StoreError};
use crate::ticket::changes;
use crate::types::Position;

/// How long whoever looks waits for messages that are accepted and not decided.
const LOOK_SPAN: std::time::Duration = std::time::Duration::from_secs(1);

/// Why a daemon did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    /// A file or socket.
    #[error("{0}")]
    Io(String),
    /// The archive or the store: the process ends and starts anew.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A daemon that runs.
#[derive(Debug)]
pub struct Daemon {
    /// Time.
    pub clock: Clock,
    /// How far it is.
    pub progress: Arc<Progress>,
    /// The settings, people and queues as they are.
    pub desk: watch::Receiver<Option<Arc<Desk>>>,
    /// The books, to look at.
    pub ledger: Ledger<AnyStore>,
    /// Words of messages, to look at.
    pub texts: Texts,
    /// Texts of notices, to explain with.
    pub renderer: Arc<Renderer>,
    /// Where an administrator's wishes go.
    pub commands: mpsc::Sender<Command>,
    pub(super) folder: PathBuf,
    pub(super) errands: Errands,
    pub(super) marker: Marker,
    pub(super) under_way: Arc<AtomicUsize>,
    pub(super) rows: Arc<Notify>,
    pub(super) closing: watch::Sender<bool>,
    pub(super) tasks: Mutex<Vec<JoinHandle<()>>>,
    pub(super) failures: Mutex<mpsc::Receiver<StoreError>>,
    pub(super) looking: std::sync::Mutex<Option<UnixListener>>,
}

impl Daemon {
    /// The socket that looks, bound before the doors were; the first caller gets it.
    #[must_use]
    pub fn looking(&self) -> Option<UnixListener> {
        self.looking.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// Loads the organization into an empty register, and says how they differ otherwise.
    pub(super) async fn settle_organization(&self, config: &Config) -> Result<(), DaemonError> {
        let Some(organization) = &config.organization else { return Ok(()) };
        let register =
            self.desk.borrow().as_ref().map(|desk| desk.register.clone()).unwrap_or_default();
        let changes = organization.changes(&register);
        let is_empty = register.queues().next().is_none();
        if is_empty {
            self.enroll(changes).await?;
        } else if !changes.is_empty() {
            tracing::warn!(
                differences = changes.len(),
                "organization.toml and the register differ; `lotse apply` shows and settles it"
            );
        }
        Ok(())
    }

    /// Sets what a daemon wakes for by itself, where something is new since the last time.
    ///
    /// # Errors
    /// The decider is gone.
    pub async fn arm_first(&self) -> Result<(), DaemonError> {
        let desk = self.desk.borrow().clone();
        let now = self.clock.now();
        let is_new = desk.is_some_and(|desk| changes::first_timer(&desk, now).is_some());
        if is_new { self.enroll(Vec::new()).await } else { Ok(()) }
    }

    /// Settles in what the organization's file and the register differ, as `lotse apply` does.
    ///
    /// # Errors
    /// The decider is gone.
    pub(super) async fn apply_organization(&self, config: &Config) -> Result<(), DaemonError> {
        let Some(organization) = &config.organization else { return Ok(()) };
        let register =
            self.desk.borrow().as_ref().map(|desk| desk.register.clone()).unwrap_or_default();
        self.enroll(organization.changes(&register)).await
    }

    /// Says in the log which running requests began with another text than `procedures` have.
    pub async fn tell_kept(&self, procedures: &BTreeMap<String, Arc<Procedure>>) {
        match kept::running(&self.ledger).await {
            Ok(rows) => {
                for said in kept::sentences(&rows, procedures) {
                    tracing::info!("{said}");
                }
            }
            Err(error) => tracing::warn!(%error, "running requests were not counted"),
        }
    }

    /// Changes the register.
    ///
    /// # Errors
    /// The decider is gone.
    pub async fn enroll(&self, changes: Vec<RegisterChange>) -> Result<(), DaemonError> {
        let gone = || DaemonError::Io("the daemon is ending".into());
        let (answer, done) = tokio::sync::oneshot::channel();
        let command = Command::Enroll(changes, answer);
        if self.commands.send(command).await.is_err() {
            return Err(gone());
        }
        match done.await {
            Ok(result) => result.map_err(DaemonError::Io)?,
            Err(_closed) => return Err(gone()),
        }
        // Who is told that it is done may pull the plug.
        self.progress.durable().await;
        Ok(())
    }

    /// Moves a moved clock to `to`, stopping at every time at which something is due, and returns
    /// when all work then due is durable and submitted.
    ///
    /// # Errors
    /// What the store says, or that the clock is the machine's.
    pub async fn move_clock(&self, to: Timestamp) -> Result<(), DaemonError> {
        if !self.clock.is_moved() {
            let sentence = "the clock is the machine's: set clock = \"moved\" for a rehearsal";
            return Err(DaemonError::Io(sentence.into()));
        }
        self.settled().await?;
        while let Some(at) = self.next_due().await?.filter(|at| *at <= to) {
            self.clock.move_to(at);
            self.settled().await?;
        }
        self.clock.move_to(to);
        self.settled().await
    }

    /// When something is due next.
    async fn next_due(&self) -> Result<Option<Timestamp>, DaemonError> {
        let now = self.clock.now();
        let mut next: Option<Timestamp> = None;
        for tag in [records::DUE_TIMERS, records::DUE_ROWS] {
            let (_, from) = records::due_until(tag, now);
            let to = records::behind(&[tag]);
            let range = Range { from: &from, to: &to, limit: 1, reverse: false };
            let found = self.ledger.view().scan(Keyspace::Due, range).await?;
            let at = found.first().and_then(|(key, _)| records::read_due(key)).map(|(at, _)| at);
            next = [next, at].into_iter().flatten().min();
        }
        Ok(next)
    }

    /// Returns when nothing is left to do at the present time.
    ///
    /// # Errors
    /// What the store says.
    pub async fn settled(&self) -> Result<(), DaemonError> {
        loop {
            let changed = self.progress.changed.notified();
            if self.is_settled().await? {
                return Ok(());
            }
            self.rows.notify_one();
            let pause = std::time::Duration::from_millis(20);
            if tokio::time::timeout(pause, changed).await.is_err() {
                tracing::trace!("still waiting for work to settle");
            }
        }
    }

    async fn is_settled(&self) -> Result<bool, DaemonError> {
        if !self.progress.is_settled() || self.under_way.load(Ordering::Acquire) > 0 {
            return Ok(false);
        }
        let now = self.clock.now();
        for tag in [records::DUE_TIMERS, records::DUE_ROWS] {
            let (from, to) = records::due_until(tag, now);
            let range = Range { from: &from, to: &to, limit: 1, reverse: false };
            if !self.ledger.view().scan(Keyspace::Due, range).await?.is_empty() {
                return Ok(false);
            }
        }
        Ok(self.progress.is_settled() && self.under_way.load(Ordering::Acquire) == 0)
    }

    /// Answers a request of the socket that looks.
    ///
    /// # Errors
    /// A sentence for the one who asked.
    pub async fn answer(&self, request: &Request) -> Result<Vec<Value>, String> {
        let Some(desk) = self.desk.borrow().clone() else {
            return Err("the register is not read yet: ask again in a moment".into());
        };
        match request {
            Request::Clock(to) => {
                let to = clock::parse_time(to, self.clock.now())?;
                self.move_clock(to).await.map_err(|error| error.to_string())?;
                clock::keep_time(&self.folder, to).map_err(|error| error.to_string())?;
                Ok(vec![serde_json::json!({ "now": to })])
            }
            Request::Apply(changes) => {
                self.enroll(changes.clone()).await.map_err(|error| error.to_string())?;
                Ok(vec![serde_json::json!({ "changes": changes.len() })])
            }
            Request::Retry(position) => self.retry(*position).await,
            Request::Erase(Ask::Do(order)) => {
                erase::order(&self.folder, order).map_err(|error| error.to_string())?;
                self.errands.erasing.notify_one();
                Ok(Vec::new())
            }
            Request::Arrived { .. } => self.looker(desk).answer(request).await,
            Request::Explain(sample) => {
                let explainer = Explainer {
                    desk: &desk,
                    ledger: &self.ledger,
                    texts: &self.texts,
                    renderer: &self.renderer,
                    verifier: &self.errands.verifier,
                };
                Ok(vec![explainer.explain(sample, self.clock.now()).await?])
            }
            Request::Progress => {
                let is_settled = self.is_settled().await.map_err(|error| error.to_string())?;
                let under_way = self.under_way.load(Ordering::Acquire);
                Ok(vec![self.progress.shown(is_settled, under_way)])
            }
            looking => {
                self.caught_up().await;
                self.looker(desk).answer(looking).await
            }
        }
    }

    fn looker(&self, desk: Arc<Desk>) -> Looker<AnyStore> {
        Looker {
            ledger: self.ledger.clone(),
            texts: self.texts.clone(),
            desk,
            now: self.clock.now(),
        }
    }

    /// Waits a moment for what is accepted by now: whoever delivers a mail and looks, finds it.
    async fn caught_up(&self) {
        let newest = Position(self.progress.newest.load(Ordering::Acquire));
        let decided = self.progress.decided(newest);
        if tokio::time::timeout(LOOK_SPAN, decided).await.is_err() {
            tracing::debug!("who looks does not see the newest messages");
        }
    }

    /// Decides a message of the quarantine anew; what became of it.
    async fn retry(&self, position: Position) -> Result<Vec<Value>, String> {
        let filing = self.errands.again(position, None).await?;
        self.progress.durable().await;
        Ok(vec![serde_json::to_value(filing).unwrap_or_default()])
    }

    /// Returns when something is to be erased: time to end, and to start anew.
    pub async fn erasing(&self) {
        self.errands.erasing.notified().await;
    }

    /// Returns when a write or sync failed: time to end.
    pub async fn failed(&self) -> StoreError {
        let gone = || StoreError::Poisoned("a task of the daemon ended".into());
        let error = self.failures.lock().await.recv().await.unwrap_or_else(gone);
        if matches!(error, StoreError::Poisoned(_) | StoreError::Full | StoreError::Unusable(_)) {
            self.marker.clear();
        }
        error
    }

    /// Ends: doors finish what they are in, batches become durable, the outbox what it is in.
    pub async fn drain(&self) {
        self.closing.send_replace(true);
        for task in self.tasks.lock().await.drain(..) {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task of the daemon panicked");
            }
        }
        // What tells of failures is gone when the last batch is settled.
        while let Some(error) = self.failures.lock().await.recv().await {
            tracing::error!(%error, "not everything became durable");
        }
        self.marker.clear();
    }
}
