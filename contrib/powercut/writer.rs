//! A daemon without doors: accepts mails into the archive, decides them, says what is durable.
//!
//! Everything below the doors is lotse's own, with small segments so that many begin. It lives
//! several times, and dies once in the midst of everything, so that the power is also cut while a
//! folder is opened and what a crash left is made good. Each acknowledgement is one line:
//! `engine sled`, `secrets CHECKSUM`, `accepted NUMBER POSITION`, `decided POSITION` and, said by
//! the engine itself, `applied POSITION`.
//! Deliberately absent: outbox, timers, and looking at what is left (`verifier.rs`).

use std::fmt::Display;
use std::fs::{self, File};
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::slice;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use lotse::config::{self, Config, secrets};
use lotse::daemon::casework::Casework;
use lotse::daemon::ledger::Ledger;
use lotse::daemon::reader::{self, Read};
use lotse::daemon::records;
use lotse::daemon::serve::read_register;
use lotse::daemon::spool::Accepted;
use lotse::daemon::texts::Texts;
use lotse::desk::Desk;
use lotse::mail::ReversePath;
use lotse::notice::Renderer;
use lotse::store::any;
use lotse::store::archive::{Archive, ArchiveLimits};
use lotse::store::embedded::{EmbeddedStore, Engine};
use lotse::store::frame::{Frame, FrameKind};
use lotse::store::journal::{APPLIED, Writes};
use lotse::store::redb::RedbEngine;
use lotse::store::sled::SledEngine;
use lotse::store::{EngineKind, Key, Keyspace, Range as Keys, Store, StoreError, Value};
use lotse::ticket::{Effect, Event};
use lotse::types::{Address, Position};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// Octets of a segment.
const SEGMENT_BYTES: u64 = 128 << 10;
/// Mails that are accepted at the same time.
const DOORS: usize = 6;
/// Batches on their way to the disk.
const IN_FLIGHT: usize = 16;
/// One mail in so many answers an earlier one.
const FOLLOWS: usize = 4;

/// Sizes of the archive, for whoever opens it.
pub(crate) const LIMITS: ArchiveLimits =
    ArchiveLimits { segment_bytes: SEGMENT_BYTES, free_floor: 0 };

/// Says in any error's words what went wrong.
pub(crate) fn failed(error: impl Display) -> io::Error {
    io::Error::other(error.to_string())
}

/// Settings of a site that keeps its data in `folder`; they stand `beside` it.
///
/// # Errors
/// They cannot be written.
pub(crate) fn furnish(beside: &Path, folder: &Path, engine: EngineKind) -> io::Result<Config> {
    fs::create_dir_all(beside)?;
    let settings = format!(
        "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\ndomains = [\"nrw.example\"]\n\
         dispatcher = \"kontakt\"\nlocale = \"de\"\ntime_zone = \"Europe/Berlin\"\n\
         organization = \"organization.toml\"\nclock = \"moved\"\n\
         mails_per_day = 65535\n\n\
         [store]\npath = \"{}\"\nengine = \"{}\"\nfree_floor = 0\n\n\
         [[door]]\nkind = \"pipe\"\n\n[submit]\nkind = \"maildir\"\npath = \"outgoing\"\n",
        folder.display(),
        engine.name()
    );
    fs::write(beside.join("lotse.toml"), settings)?;
    let organization = "[[person]]\nid = \"anna\"\nname = \"Anna\"\n\
        addresses = [\"anna@members.example\"]\n\n[[queue]]\nname = \"kontakt\"\n\
        addresses = [\"kontakt@nrw.example\"]\n[[queue.member]]\nperson = \"anna\"\n\
        access = \"write\"\n";
    fs::write(beside.join("organization.toml"), organization)?;
    config::load(&beside.join("lotse.toml")).map_err(|problems| failed(format!("{problems:?}")))
}

/// When everything happens.
pub(crate) fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 57)
}

/// The mail of a number as the archive takes it; the same number gives the same mail.
///
/// # Errors
/// None that a number can bring about.
pub(crate) fn frame(number: usize) -> io::Result<Frame> {
    let first = if number % FOLLOWS == FOLLOWS - 1 { number + 1 - FOLLOWS } else { number };
    let author = format!("otto.{first}@outside.example");
    let accepted = Accepted {
        received_at: now(),
        door: "powercut".to_owned(),
        reverse_path: ReversePath::Address(Address::parse(&author).map_err(failed)?),
        recipients: vec![Address::parse("kontakt@nrw.example").map_err(failed)?],
        is_backlog: false,
        whole_bytes: None,
    };
    let answers = match first {
        _ if first == number => String::new(),
        first => format!("In-Reply-To: <m{first}@outside.example>\r\n"),
    };
    let lines = number.wrapping_mul(2_654_435_761) % 150;
    let body = format!(
        "From: Otto {first} <{author}>\r\nTo: kontakt@nrw.example\r\n\
         Subject: Frage zu Schild {first}\r\nMessage-ID: <m{number}@outside.example>\r\n{answers}\
         \r\nGuten Tag,\r\n\r\nes geht um Schild {number}.\r\n{}",
        format!("Es ist das Schild mit der Nummer {number} am Haus.\r\n").repeat(lines)
    );
    let head = serde_json::to_vec(&accepted)?;
    Ok(Frame { kind: FrameKind::Message, head, body: body.into_bytes() })
}

/// Works on so many mails in `folder`: a first process dies in the midst of its third of them, and
/// whoever finds its acknowledgements does the rest in two lives.
///
/// # Errors
/// What cannot be opened, accepted or decided.
pub(crate) fn write_in_turn(
    folder: &Path,
    acks: &Path,
    engine: EngineKind,
    mails: usize,
) -> io::Result<()> {
    let third = mails / 3;
    if acks.exists() {
        write(folder, acks, engine, &[third..third * 2, third * 2..mails], usize::MAX)
    } else {
        write(folder, acks, engine, slice::from_ref(&(0..third)), third / 2)
    }
}

/// Accepts and decides mails in `folder`, life by life; dies once so many are decided.
///
/// # Errors
/// What cannot be opened, accepted or decided.
pub(crate) fn write(
    folder: &Path,
    acks: &Path,
    engine: EngineKind,
    lives: &[Range<usize>],
    ends_after: usize,
) -> io::Result<()> {
    let acks = File::options().create(true).append(true).open(acks)?;
    let beside = folder.with_extension("settings");
    let config = furnish(&beside, folder, engine)?;
    let life = Life { config, acks: Arc::new(acks), ends_after };
    life.say(&format!("engine {}", engine.name()))?;
    for mails in lives {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let engine = any::engine_folder(&life.config.store, engine);
        runtime.block_on(async {
            match life.config.store.engine {
                EngineKind::Sled => life.live(mails.clone(), || SledEngine::open(&engine)).await,
                EngineKind::Redb => life.live(mails.clone(), || RedbEngine::open(&engine)).await,
            }
        })?;
    }
    Ok(())
}

/// One run of the program.
struct Life {
    config: Config,
    acks: Arc<File>,
    ends_after: usize,
}

type Durable = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

impl Life {
    fn say(&self, line: &str) -> io::Result<()> {
        say(&self.acks, line)
    }

    async fn live<E: Engine>(
        &self,
        mails: Range<usize>,
        open: impl FnOnce() -> Result<E, StoreError>,
    ) -> io::Result<()> {
        let path = &self.config.store.path;
        let (archive, _) = Archive::open_with(path, LIMITS).map_err(failed)?;
        let engine = Telling { engine: open().map_err(failed)?, acks: Arc::clone(&self.acks) };
        let (store, _) = EmbeddedStore::open(engine, archive.clone()).map_err(failed)?;
        let keyring = secrets::load(path, now())?;
        let checksum = crc32fast::hash(&fs::read(path.join("secrets.toml"))?);
        self.say(&format!("secrets {checksum}"))?;
        let mut desk = Desk {
            site: self.config.site.clone(),
            keyring,
            procedures: self.config.procedures.clone(),
            register: read_register(&store).await.map_err(failed)?,
        };
        let renderer = Renderer::new(&self.config.templates);
        let renderer = renderer.map_err(|problems| failed(format!("{problems:?}")))?;
        let (ledger, texts) = (Ledger::new(store), Texts::new(archive.clone()));
        self.enroll(&mut desk, &ledger, &renderer, &texts).await?;
        let casework =
            Casework { desk: &desk, ledger: &ledger, texts: &texts, renderer: &renderer };
        let begin = ledger.read(Keyspace::Meta, records::DECIDED).await.map_err(failed)?;
        let begin = begin.unwrap_or(Position(0));
        let (arrived, arrivals) = mpsc::unbounded_channel();
        let (durable, batches) = mpsc::channel(IN_FLIGHT);
        let mut tasks = JoinSet::new();
        for door in 0..DOORS {
            let mails = mails.clone().skip(door).step_by(DOORS);
            tasks.spawn(accept(archive.clone(), mails, arrived.clone(), Arc::clone(&self.acks)));
        }
        // What the life before left is decided whether or not anything arrives.
        arrived.send(()).map_err(failed)?;
        drop(arrived);
        tasks.spawn(settle(batches, Arc::clone(&self.acks), self.ends_after));
        decide(&casework, (archive, begin), arrivals, durable).await?;
        while let Some(ended) = tasks.join_next().await {
            ended.map_err(failed)??;
        }
        Ok(())
    }

    /// Loads the organization into an empty register, as a daemon does.
    async fn enroll<S: Store>(
        &self,
        desk: &mut Desk,
        ledger: &Ledger<S>,
        renderer: &Renderer,
        texts: &Texts<Archive>,
    ) -> io::Result<()> {
        let organization = self.config.organization.as_ref();
        let changes = organization.map(|file| file.changes(&desk.register)).unwrap_or_default();
        let effects: Vec<Effect> = changes.iter().cloned().map(Effect::Enroll).collect();
        let casework = Casework { desk, ledger, texts, renderer };
        let batch = casework.enroll(&effects, now()).await.map_err(failed)?;
        changes.iter().for_each(|change| desk.register.apply(change));
        ledger.view().hand_over(batch).await.map_err(failed)
    }
}

/// An engine that acknowledges what it calls durable: the store does so once the archive has it.
struct Telling<E> {
    engine: E,
    acks: Arc<File>,
}

impl<E: Engine> Engine for Telling<E> {
    fn get(&self, key: &[u8]) -> Result<Option<Value>, StoreError> {
        self.engine.get(key)
    }

    fn scan(&self, range: Keys<'_>) -> Result<Vec<(Key, Value)>, StoreError> {
        self.engine.scan(range)
    }

    fn write_durable(&self, changes: &Writes<'_>) -> Result<(), StoreError> {
        self.engine.write_durable(changes)?;
        let applied = changes.get([&[Keyspace::Meta.number()], APPLIED].concat().as_slice());
        let position = applied.copied().flatten().and_then(|value| <[u8; 8]>::try_from(value).ok());
        let said = position
            .map(|value| say(&self.acks, &format!("applied {}", u64::from_be_bytes(value))));
        said.transpose().map_err(|error| StoreError::Unusable(error.to_string()))?;
        Ok(())
    }
}

/// One line in one write, so that it is one acknowledgement.
fn say(mut acks: &File, line: &str) -> io::Result<()> {
    acks.write_all(format!("{line}\n").as_bytes())
}

/// What a door does: one mail after the other, each acknowledged once it is durable.
async fn accept(
    archive: Archive,
    mails: impl Iterator<Item = usize>,
    arrived: mpsc::UnboundedSender<()>,
    acks: Arc<File>,
) -> io::Result<()> {
    for number in mails {
        archive.ready().await;
        let position = archive.append(frame(number)?).await.map_err(failed)?;
        say(&acks, &format!("accepted {number} {}", position.0))?;
        arrived.send(()).map_err(failed)?;
    }
    Ok(())
}

/// What the decider does: in the order of the archive, never waiting for the disk.
async fn decide<S: Store>(
    casework: &Casework<'_, S, Archive>,
    (archive, mut next): (Archive, Position),
    mut arrivals: mpsc::UnboundedReceiver<()>,
    durable: mpsc::Sender<(Position, Durable)>,
) -> io::Result<()> {
    while arrivals.recv().await.is_some() {
        let mut scan = archive.scan(next);
        for found in scan.by_ref() {
            let (position, frame) = found.map_err(failed)?;
            if frame.kind != FrameKind::Message {
                continue;
            }
            let event = match reader::understand(position, &frame, &[]) {
                Read::Mail(mail) => Event::Mail(mail),
                Read::Unreadable(_, why) => return Err(failed(why)),
            };
            let mut loaded = casework.ledger.begin().await.map_err(failed)?;
            let decided = casework.decide(&mut loaded, &event, now()).await.map_err(failed)?;
            let effects = decided.map_err(failed)?;
            let batch = casework.batch(&mut loaded, &event, &effects, now()).await;
            let batch = batch.map_err(failed)?;
            if batch.operations.is_empty() {
                continue;
            }
            let committed = casework.ledger.view().hand_over(batch);
            durable.send((position, Box::pin(committed))).await.map_err(failed)?;
        }
        next = scan.at();
    }
    Ok(())
}

/// Awaits batches in the order in which they were handed over, and acknowledges each.
async fn settle(
    mut batches: mpsc::Receiver<(Position, Durable)>,
    acks: Arc<File>,
    ends_after: usize,
) -> io::Result<()> {
    let mut decided = 0;
    while let Some((position, durable)) = batches.recv().await {
        durable.await.map_err(failed)?;
        say(&acks, &format!("decided {}", position.0))?;
        decided += 1;
        if decided == ends_after {
            std::process::abort();
        }
    }
    Ok(())
}
