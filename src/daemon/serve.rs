//! The parts of a daemon, opened in the right order, put together and watched.
//!
//! Deliberately absent: what a running daemon is asked and told (`running`).

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::UnixListener;
use tokio::sync::{Mutex, Notify, mpsc, watch};
use tokio::task::JoinHandle;

use crate::config::{ClockKind, Config, Door, secrets};
use crate::daemon::alive;
use crate::daemon::allowance::Allowance;
use crate::daemon::clock::{self, Clock};
use crate::daemon::control;
use crate::daemon::decider::{Command, Decider, Inputs, Surroundings};
use crate::daemon::ended;
use crate::daemon::errand::Errands;
use crate::daemon::ledger::Ledger;
use crate::daemon::marker::Marker;
use crate::daemon::outbox::Outbox;
use crate::daemon::pool::Pool;
use crate::daemon::program::Programs;
use crate::daemon::progress::Progress;
use crate::daemon::reader::{self, Reader};
use crate::daemon::recipients;
use crate::daemon::records;
use crate::daemon::running::{Daemon, DaemonError};
use crate::daemon::search::Indexer;
use crate::daemon::spool::{Acceptor, Doors};
use crate::daemon::texts::Texts;
use crate::daemon::verify::Verifier;
use crate::desk::{Desk, Person, Queue, Register, RegisterChange};
use crate::intake::imap::{FileState, ImapDoor, ImapSettings};
use crate::intake::lmtp::{self, LmtpSettings};
use crate::intake::pipe;
use crate::notice::Renderer;
use crate::store::any::AnyStore;
use crate::store::archive::{Archive, ArchiveLimits};
use crate::store::index::Index;
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::submit::Submit;
use crate::ticket;
use crate::ticket::budget::Budget;
use crate::ticket::way_out::WayOut;
use crate::types::Position;

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
    let counted = Ledger::new(store.clone()).settle_counts().await?;
    if counted > 0 {
        tracing::info!(tickets = counted, "counted for digests: the store was written before");
    }
    let daemon = start_back(config, front, store, desk).await?;
    daemon.settle_organization(config).await?;
    daemon.arm_first().await?;
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
    let (ledger, indexer) = indexed(config, Ledger::new(store.clone()), &archive, &mut tasks)?;
    let (events, outcomes) = mpsc::channel(1024);
    let under_way = Arc::new(AtomicUsize::new(0));
    let (commands, wishes) = mpsc::channel(16);
    let errands = errands(config, &acceptor, (&commands, &events), (&ledger, &under_way));
    let runners = (Programs::new(&clock, &events, &under_way), errands.clone());
    let around = Surroundings { indexer, ..surroundings(config, &acceptor, runners)? };
    tasks.extend(keep_files(&config.store.path, &acceptor));
    let (failed, failures) = mpsc::channel(4);
    let (parsed, mail) = reader::channel();
    let closed = acceptor.closing.clone();
    tasks.push(watched(poisoned(archive.clone(), store.clone(), closed.clone()), failed.clone()));
    let reader = Reader {
        pool: Pool::start("reader").map_err(|error| DaemonError::Io(error.to_string()))?,
        ledger: ledger.clone(),
        desk: acceptor.desk.clone(),
        decided: resume(&ledger, &archive, &around.progress).await?,
        archive,
        arrived: Arc::clone(&acceptor.arrived),
        authserv_ids: Arc::new(config.site.authserv_ids.clone()),
        verifier: Arc::clone(&errands.verifier),
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
        errands,
        marker,
        under_way,
        rows,
        closing,
        tasks: Mutex::new(tasks),
        failures: Mutex::new(failures),
        looking: std::sync::Mutex::new(Some(looking)),
    })
}

/// Who runs errands.
fn errands(
    config: &Config,
    acceptor: &Acceptor,
    (commands, events): (&mpsc::Sender<Command>, &mpsc::Sender<ticket::Event>),
    (ledger, under_way): (&Ledger<AnyStore>, &Arc<AtomicUsize>),
) -> Errands {
    Errands {
        archive: acceptor.archive.clone(),
        desk: acceptor.desk.clone(),
        verifier: Arc::new(Verifier::new(config.resolver)),
        commands: commands.downgrade(),
        events: events.downgrade(),
        ledger: ledger.clone(),
        folder: config.store.path.clone(),
        erasing: Arc::new(Notify::new()),
        under_way: Arc::clone(under_way),
    }
}

/// What the decider shares with the tasks around it.
fn surroundings(
    config: &Config,
    acceptor: &Acceptor,
    (programs, errands): (Programs, Errands),
) -> Result<Surroundings, DaemonError> {
    Ok(Surroundings {
        clock: acceptor.clock.clone(),
        doors: acceptor.doors.clone(),
        texts: Texts::new(acceptor.archive.clone()),
        renderer: Arc::new(renderer(config)?),
        progress: Arc::clone(&acceptor.progress),
        marker: Marker::open(&config.store.path).map_err(at(&config.store.path))?,
        rows: Arc::new(Notify::new()),
        programs,
        errands,
        indexer: None,
    })
}

/// The books with the index of words, and who keeps it.
fn indexed(
    config: &Config,
    ledger: Ledger<AnyStore>,
    archive: &Archive,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<(Ledger<AnyStore>, Option<Indexer>), DaemonError> {
    let Some(index) = index(config)? else { return Ok((ledger, None)) };
    let ledger = ledger.with_index(Some(index.clone()));
    let (indexer, keeping) = Indexer::start(index, ledger.clone(), archive.clone());
    tasks.push(keeping);
    Ok((ledger, Some(indexer)))
}

/// The index of words, if the settings want one.
///
/// # Errors
/// It cannot be opened.
pub fn index(config: &Config) -> Result<Option<Index>, DaemonError> {
    let folder = config.store.path.join("search");
    config.store.search.then(|| Index::open(&folder).map_err(at(&folder))).transpose()
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
            let kept = clock::kept_time(&config.store.path);
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
            Some(b'd') => RegisterChange::Declaration(record::decode(&value)?.record),
            Some(b'b') => RegisterChange::Breach(record::decode(&value)?.record),
            Some(b'n') => RegisterChange::Renewal(record::decode(&value)?.record),
            Some(b'a') => RegisterChange::Account(Box::new(record::decode(&value)?.record)),
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
