//! A running daemon: opened in the right order, watched, drained.
//!
//! Size: every part is put together here, once, in the order in which it may be opened.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::Timestamp;
use serde_json::Value;
use tokio::net::UnixListener;
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::{ClockKind, Config, Door, secrets};
use crate::daemon::alive;
use crate::daemon::allowance::Allowance;
use crate::daemon::clock::Clock;
use crate::daemon::control;
use crate::daemon::decider::{Command, Decider, Inputs, Progress, Surroundings};
use crate::daemon::ended;
use crate::daemon::explain::Explainer;
use crate::daemon::ledger::Ledger;
use crate::daemon::look::{self, Looker, Request};
use crate::daemon::marker::Marker;
use crate::daemon::outbox::Outbox;
use crate::daemon::program::Programs;
use crate::daemon::reader::{self, Read, Reader};
use crate::daemon::recipients;
use crate::daemon::records;
use crate::daemon::spool::{Acceptor, Doors};
use crate::daemon::texts::Texts;
use crate::desk::{Desk, Person, Queue, Register, RegisterChange};
use crate::intake::imap::{FileState, ImapDoor, ImapSettings};
use crate::intake::lmtp::{self, LmtpSettings};
use crate::intake::pipe;
use crate::notice::Renderer;
use crate::store::any::AnyStore;
use crate::store::archive::{Archive, ArchiveLimits};
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::submit::Submit;
use crate::ticket;
use crate::ticket::budget::Budget;
use crate::ticket::way_out::WayOut;
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
    folder: PathBuf,
    marker: Marker,
    under_way: Arc<AtomicUsize>,
    rows: Arc<Notify>,
    closing: watch::Sender<bool>,
    tasks: Mutex<Vec<JoinHandle<()>>>,
    failures: Mutex<mpsc::Receiver<StoreError>>,
    looking: std::sync::Mutex<Option<UnixListener>>,
}

/// What is there before the store is: enough for the doors.
struct Front {
    archive: Archive,
    clock: Clock,
    acceptor: Acceptor,
    published: watch::Sender<Option<Arc<Desk>>>,
    closing: watch::Sender<bool>,
    doors: Vec<JoinHandle<()>>,
    looking: UnixListener,
}

/// Opens archive and store, reads the register, starts doors, decider and outbox.
///
/// # Errors
/// What could not be opened, as a sentence.
pub async fn start(config: &Config) -> Result<Daemon, DaemonError> {
    let front = open_front(config).await?;
    let (store, folded) = AnyStore::open(&config.store, front.archive.clone())?;
    if folded.batches > 0 {
        tracing::info!(batches = folded.batches, "batches were applied again after the last end");
    }
    let desk = Arc::new(Desk {
        site: config.site.clone(),
        keyring: secrets::load(&config.store.path, front.clock.now())
            .map_err(at(&config.store.path))?,
        procedures: config.procedures.clone(),
        register: read_register(&store).await?,
    });
    let daemon = start_back(config, front, store, desk).await?;
    daemon.settle_organization(config).await?;
    Ok(daemon)
}

/// The archive and the doors: they open at once, and answer 451 until the register is read.
async fn open_front(config: &Config) -> Result<Front, DaemonError> {
    std::fs::create_dir_all(&config.store.path).map_err(at(&config.store.path))?;
    let limits = ArchiveLimits { free_floor: config.store.free_floor, ..ArchiveLimits::default() };
    let (archive, recovery) = Archive::open_with(&config.store.path, limits)?;
    for damage in &recovery.damaged {
        tracing::error!(%damage, "the archive is damaged there; what stood there is not served");
    }
    let clock = clock(config);
    let (published, desk) = watch::channel(None);
    let (closing, closed) = watch::channel(false);
    let acceptor = Acceptor {
        archive: archive.clone(),
        clock: clock.clone(),
        desk,
        places: recipients::load(config),
        doors: doors(config, &clock),
        arrived: Arc::new(Notify::new()),
        closing: closed.clone(),
        domains: Arc::new(config.domains()),
        progress: Arc::new(Progress::default()),
    };
    // Whoever finds a door open finds this one too; who looks now waits until there is an answer.
    // The archive is ours by now, so no running daemon's socket is taken away.
    let looking = control::bind(&config.look_socket())?;
    let doors = open_doors(config, &acceptor, &closed).await?;
    Ok(Front { archive, clock, acceptor, published, closing, doors, looking })
}

/// Decider, reader and outbox.
async fn start_back(
    config: &Config,
    front: Front,
    store: AnyStore,
    desk: Arc<Desk>,
) -> Result<Daemon, DaemonError> {
    let Front { archive, clock, acceptor, published, closing, doors: mut tasks, looking } = front;
    let renderer = renderer(config)?;
    let ledger = Ledger::new(store.clone());
    let (events, outcomes) = mpsc::channel(1024);
    let under_way = Arc::new(AtomicUsize::new(0));
    let programs = Programs::new(&clock, &events, &under_way);
    let around = surroundings(config, &acceptor, renderer, programs)?;
    tasks.extend(keep_files(&config.store.path, &acceptor));
    let (failed, failures) = mpsc::channel(4);
    let (commands, wishes) = mpsc::channel(16);
    let (parsed, mail) = reader::channel();
    let closed = acceptor.closing.clone();
    tasks.push(watched(poisoned(archive.clone(), store.clone(), closed.clone()), failed.clone()));
    let reader = Reader {
        decided: resume(&ledger, &archive, &around.progress).await?,
        archive,
        arrived: Arc::clone(&acceptor.arrived),
        authserv_ids: Arc::new(config.site.authserv_ids.clone()),
        marker: around.marker.clone(),
        progress: Arc::clone(&around.progress),
        decider: parsed,
    };
    tasks.push(tokio::spawn(reader::until_closing(reader.run(), closed.clone())));
    let outbox = Outbox {
        store,
        ledger: ledger.clone(),
        desk: acceptor.desk.clone(),
        texts: around.texts.clone(),
        renderer: Arc::clone(&around.renderer),
        submit: Submit::open(&config.submit, &config.folder)
            .map_err(|error| DaemonError::Io(error.to_string()))?,
        clock: clock.clone(),
        rows: Arc::clone(&around.rows),
        allowance: allowance(config, &ledger).await?,
        events,
        under_way: Arc::clone(&under_way),
        progress: Arc::clone(&around.progress),
    };
    let rows = Arc::clone(&around.rows);
    let (progress, texts) = (Arc::clone(&around.progress), around.texts.clone());
    let (renderer, marker) = (Arc::clone(&around.renderer), around.marker.clone());
    let decider = Decider::new(desk, published, ledger.clone(), around, failed.clone());
    let inputs = Inputs { mail, submitted: outcomes, commands: wishes, closing: closed.clone() };
    tasks.push(alone(noted(decider.run(inputs), failed.clone())));
    tasks.push(watched(outbox.run(closed), failed));
    Ok(Daemon {
        clock,
        progress,
        desk: acceptor.desk,
        ledger,
        texts,
        renderer,
        commands,
        folder: config.store.path.clone(),
        marker,
        under_way,
        rows,
        closing,
        tasks: Mutex::new(tasks),
        failures: Mutex::new(failures),
        looking: std::sync::Mutex::new(Some(looking)),
    })
}

/// What the decider shares with the tasks around it.
fn surroundings(
    config: &Config,
    acceptor: &Acceptor,
    renderer: Renderer,
    programs: Programs,
) -> Result<Surroundings, DaemonError> {
    Ok(Surroundings {
        clock: acceptor.clock.clone(),
        doors: acceptor.doors.clone(),
        texts: Texts::new(acceptor.archive.clone()),
        renderer: Arc::new(renderer),
        progress: Arc::clone(&acceptor.progress),
        marker: Marker::open(&config.store.path).map_err(at(&config.store.path))?,
        rows: Arc::new(Notify::new()),
        programs,
    })
}

/// Keeps the small files that say who is known and that a daemon runs.
fn keep_files(folder: &Path, acceptor: &Acceptor) -> [JoinHandle<()>; 2] {
    let Acceptor { desk, doors, closing, .. } = acceptor.clone();
    let keeping = recipients::keep(folder.to_path_buf(), desk, closing.clone());
    let noting = alive::keep(folder.to_path_buf(), doors, closing);
    [tokio::spawn(keeping), tokio::spawn(noting)]
}

fn at(path: &Path) -> impl Fn(io::Error) -> DaemonError {
    let path = path.display().to_string();
    move |error| DaemonError::Io(format!("{path}: {error}"))
}

/// The clock of the settings; a moved one goes on where it stood.
fn clock(config: &Config) -> Clock {
    match config.clock {
        ClockKind::Real => Clock::Real,
        ClockKind::Moved => {
            let kept = look::kept_time(&config.store.path);
            Clock::moved(kept.unwrap_or_else(|| Clock::Real.now()))
        }
    }
}

/// Doors as far as they were at the last end; a moved clock jumps, and nobody was silent.
fn doors(config: &Config, clock: &Clock) -> Doors {
    let names = door_names(config);
    let before = alive::heard(&config.store.path, &names);
    let doors = Doors::expecting(names, &before);
    if clock.is_moved() { doors.without_outages() } else { doors }
}

/// The doors of the settings, and the one that is always open.
fn door_names(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = config.doors.iter().map(Door::name).collect();
    names.push(pipe::NAME.to_owned());
    names
}

async fn open_doors(
    config: &Config,
    acceptor: &Acceptor,
    closed: &watch::Receiver<bool>,
) -> Result<Vec<JoinHandle<()>>, DaemonError> {
    let own = config.doors.iter().find_map(|door| match door {
        Door::Pipe(pipe) => Some(pipe.clone()),
        Door::Lmtp(_) | Door::Imap(_) => None,
    });
    let socket = own.unwrap_or_default().door(config.mail_socket());
    let mut tasks = vec![open_lmtp(socket, acceptor, closed).await?];
    for door in &config.doors {
        tasks.push(match door {
            Door::Lmtp(settings) => open_lmtp(settings.clone(), acceptor, closed).await?,
            Door::Imap(settings) => open_imap(config, (**settings).clone(), acceptor, closed),
            Door::Pipe(_) => continue,
        });
    }
    Ok(tasks)
}

async fn open_lmtp(
    settings: LmtpSettings,
    acceptor: &Acceptor,
    closed: &watch::Receiver<bool>,
) -> Result<JoinHandle<()>, DaemonError> {
    let listen = settings.listen.to_string();
    let failed = |error: io::Error| DaemonError::Io(format!("door {listen}: {error}"));
    let listener = settings.bind().await.map_err(failed)?;
    let (spool, closed) = (acceptor.clone(), closed.clone());
    Ok(tokio::spawn(async move {
        if let Err(error) = lmtp::serve(listener, settings, spool, closed).await {
            tracing::error!(%error, listen, "a door failed");
        }
    }))
}

fn open_imap(
    config: &Config,
    settings: ImapSettings,
    acceptor: &Acceptor,
    closed: &watch::Receiver<bool>,
) -> JoinHandle<()> {
    let state = FileState::new(config.store.path.clone());
    let desk = acceptor.desk.clone();
    let carries_key = move |header: &[u8]| {
        desk.borrow().as_ref().is_some_and(|desk| ticket::carries_key(desk, header))
    };
    let door = ImapDoor::new(settings, acceptor.clone(), state, carries_key, closed.clone());
    tokio::spawn(async move {
        if let Err(error) = door.serve().await {
            tracing::error!(%error, "a door failed");
        }
    })
}

fn watched(
    task: impl Future<Output = Result<(), StoreError>> + Send + 'static,
    failed: mpsc::Sender<StoreError>,
) -> JoinHandle<()> {
    tokio::spawn(noted(task, failed))
}

async fn noted(
    task: impl Future<Output = Result<(), StoreError>>,
    failed: mpsc::Sender<StoreError>,
) {
    if let Err(error) = task.await
        && failed.send(error).await.is_err()
    {
        tracing::debug!("nobody waits for failures any more");
    }
}

/// A task that is never done for long gets a thread of its own: what it wakes would otherwise wait
/// behind it on one of the runtime's.
fn alone(task: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || runtime.block_on(task))
}

/// The register as the store has it.
///
/// # Errors
/// What the store says.
pub async fn read_register<S: Store>(store: &S) -> Result<Register, StoreError> {
    let mut register = Register::default();
    let all = Range { from: &[], to: &[], limit: usize::MAX, reverse: false };
    for (key, value) in store.scan(Keyspace::Register, all).await? {
        let change = match key.first() {
            Some(b'p') => RegisterChange::Person(record::decode::<Person>(&value)?.record),
            Some(b'u') => RegisterChange::Unit(record::decode(&value)?.record),
            Some(b't') => RegisterChange::Text(record::decode(&value)?.record),
            Some(b'r') => RegisterChange::Role(record::decode(&value)?.record),
            Some(b'c') => RegisterChange::Consent(record::decode(&value)?.record),
            _ => RegisterChange::Queue(record::decode::<Queue>(&value)?.record),
        };
        register.apply(&change);
    }
    let revision = store.get(Keyspace::Meta, records::REGISTER).await?;
    Ok(register.at_revision(revision.as_deref().and_then(record::version).unwrap_or_default()))
}

fn renderer(config: &Config) -> Result<Renderer, DaemonError> {
    Renderer::new(&config.templates)
        .map_err(|problems| DaemonError::Io(format!("templates: {problems:?}")))
}

/// What the way out allows, from where the record of it stands.
async fn allowance<S: Store>(config: &Config, ledger: &Ledger<S>) -> Result<Allowance, StoreError> {
    let way_out: Option<WayOut> = ledger.read(Keyspace::Meta, records::WAY_OUT).await?;
    let budget = Budget { per_day: config.submit.per_day, per_hour: config.submit.per_hour };
    Ok(Allowance::new(budget, way_out.unwrap_or_default()))
}

/// The last message that is decided. Progress begins there, and with the newest that is not: a
/// timer that fell due meanwhile must not go before it.
async fn resume<S: Store>(
    ledger: &Ledger<S>,
    archive: &Archive,
    progress: &Progress,
) -> Result<Option<Position>, StoreError> {
    let decided: Option<Position> = ledger.read(Keyspace::Meta, records::DECIDED).await?;
    let archive = archive.clone();
    let newest = tokio::task::spawn_blocking(move || reader::newest(&archive, decided)).await;
    let newest = newest.map_err(|error| StoreError::Poisoned(error.to_string()))?;
    let number = |position: Option<Position>| position.map_or(0, |position| position.0);
    progress.decided.fetch_max(number(decided), Ordering::AcqRel);
    progress.newest.fetch_max(number(newest.max(decided)), Ordering::AcqRel);
    Ok(decided)
}

/// Returns an error once archive or store failed: doors would answer 451 for ever.
async fn poisoned(
    archive: Archive,
    store: AnyStore,
    mut closing: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let reason = tokio::select! {
        () = ended(&mut closing) => return Ok(()),
        reason = archive.poisoned() => reason,
        reason = store.poisoned() => reason,
    };
    Err(StoreError::Poisoned(reason))
}

impl Daemon {
    /// The socket that looks, bound before the doors were; the first caller gets it.
    #[must_use]
    pub fn looking(&self) -> Option<UnixListener> {
        self.looking.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
    }

    /// Loads the organization into an empty register, and says how they differ otherwise.
    async fn settle_organization(&self, config: &Config) -> Result<(), DaemonError> {
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
            Ok(result) => result.map_err(DaemonError::Io),
            Err(_closed) => Err(gone()),
        }
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
                let to = look::parse_time(to, self.clock.now())?;
                self.move_clock(to).await.map_err(|error| error.to_string())?;
                look::keep_time(&self.folder, to).map_err(|error| error.to_string())?;
                Ok(vec![serde_json::json!({ "now": to })])
            }
            Request::Apply(changes) => {
                self.enroll(changes.clone()).await.map_err(|error| error.to_string())?;
                Ok(vec![serde_json::json!({ "changes": changes.len() })])
            }
            Request::Retry(position) => self.retry(*position).await,
            Request::Arrived { .. } => self.looker(desk).answer(request).await,
            Request::Explain(sample) => {
                let explainer = Explainer {
                    desk: &desk,
                    ledger: &self.ledger,
                    texts: &self.texts,
                    renderer: &self.renderer,
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
        Looker { ledger: self.ledger.clone(), texts: self.texts.clone(), desk }
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
        let frame = self.texts.archive().read(position).map_err(|error| error.to_string())?;
        let desk = self.desk.borrow().clone();
        let ids = desk.map(|desk| desk.site.authserv_ids.clone()).unwrap_or_default();
        let understood =
            tokio::task::spawn_blocking(move || reader::understand(position, &frame, &ids));
        let mail = match understood.await {
            Ok(Read::Mail(mail)) => mail,
            Ok(Read::Unreadable(_, why)) => return Err(why),
            Err(error) => return Err(error.to_string()),
        };
        let gone = || "the daemon is ending".to_owned();
        let (answer, decided) = tokio::sync::oneshot::channel();
        if self.commands.send(Command::Retry(mail, answer)).await.is_err() {
            return Err(gone());
        }
        let Ok(filing) = decided.await else { return Err(gone()) };
        self.progress.durable().await;
        Ok(vec![serde_json::to_value(filing?).unwrap_or_default()])
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
