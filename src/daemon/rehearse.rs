//! Plays a scenario: the real daemon over a throw-away store, with a clock that is moved.
//!
//! Keys are made with one fixed secret, so that the same scenario gives the same mails. Nothing
//! leaves the folder. Deliberately absent: how scenarios are written (`scenario`).

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;
use serde_json::Value;

use crate::config::{ClockKind, Config};
use crate::daemon::clock;
use crate::daemon::look::Request;
use crate::daemon::records;
use crate::daemon::running::{Daemon, DaemonError};
use crate::daemon::scenario::{self, Block, Entry, ScenarioError};
use crate::daemon::serve;
use crate::intake::pipe;
use crate::mail::{self, ReversePath};
use crate::store::{Key, Keyspace, Range};
use crate::submit::settings::{Kind, SubmitSettings};
use crate::ticket::Filing;
use crate::types::{Address, TicketId};

/// The secret of every rehearsal: worth nothing, because nothing leaves.
const SECRETS: &str = "[[secret]]\nid = \"a\"\nmade_on = \"2026-01-01\"\n\
    value = \"REHEARSALREHEARSALREHEARSALREHEARSAL\"\n";
/// Who says in a rehearsal that a mail is signed; the name belongs to nobody.
const VERIFIER: &str = "rehearsal.invalid";
/// Octets that one message may have.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// Why a scenario was not played to its end.
#[derive(Debug, thiserror::Error)]
pub enum RehearseError {
    /// It cannot be read.
    #[error(transparent)]
    Scenario(#[from] ScenarioError),
    /// The daemon.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// Files of the throw-away folder.
    #[error("{0}")]
    Folder(String),
}

/// What happened, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A message was taken, or refused at the door.
    Taken(Box<Taken>),
    /// A mail left.
    Sent(Block),
}

/// What became of an incoming message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// When it came.
    pub at: Timestamp,
    /// Its reverse-path; empty is the null one.
    pub from: String,
    /// Its forward-paths.
    pub to: Vec<Address>,
    /// The message, its slots filled.
    pub message: Vec<u8>,
    /// What it was taken for; nothing where the door refused it.
    pub filing: Option<Filing>,
    /// The door's sentence, where it refused all or some.
    pub refusal: Option<String>,
}

/// A scenario that was played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Play {
    /// What happened.
    pub steps: Vec<Step>,
    /// All tickets at the end, as `ticket show --json` prints them.
    pub tickets: Vec<Value>,
}

impl Play {
    /// The mails that left.
    #[must_use]
    pub fn blocks(self) -> Vec<Block> {
        let sent = self.steps.into_iter().filter_map(|step| match step {
            Step::Sent(block) => Some(block),
            Step::Taken(_) => None,
        });
        sent.collect()
    }
}

/// The mails that leave when `scenario` is played with these settings.
///
/// # Errors
/// The scenario's fault with its line, or why the daemon did not run.
pub async fn simulate(config: &Config, scenario: &[u8]) -> Result<Vec<Block>, RehearseError> {
    Ok(play(config, scenario).await?.blocks())
}

/// Plays `scenario` with these settings; store, doors, way out and clock are replaced.
///
/// # Errors
/// The scenario's fault with its line, or why the daemon did not run.
pub async fn play(config: &Config, scenario: &[u8]) -> Result<Play, RehearseError> {
    play_after(None, config, scenario).await
}

/// The same on a site that was served `before` with other settings: at the first time of the
/// scenario the daemon begins with the new ones, and what the organization's file says is applied.
///
/// # Errors
/// The scenario's fault with its line, or why the daemon did not run.
pub async fn play_after(
    before: Option<&Config>,
    config: &Config,
    scenario: &[u8],
) -> Result<Play, RehearseError> {
    let entries = scenario::parse(scenario)?;
    let Some(first) = entries.first() else { return Ok(Play::default()) };
    let folder = Folder::make()?;
    make_site(&folder, first.at)?;
    if let Some(before) = before {
        let daemon = serve::start(&rehearsal(before, &folder)).await?;
        daemon.move_clock(first.at).await?;
        daemon.drain().await;
    }
    let config = rehearsal(config, &folder);
    let daemon = serve::start(&config).await?;
    if before.is_some() {
        daemon.apply_organization(&config).await?;
    }
    let mut player = Player {
        daemon: &daemon,
        config: &config,
        outgoing: folder.0.join("outgoing/new"),
        filed: Vec::new(),
        sent: Vec::new(),
        play: Play::default(),
    };
    let played = player.play(&entries).await;
    let play = player.play;
    daemon.drain().await;
    played.map(|()| play)
}

/// The settings with everything that reaches outside taken out.
fn rehearsal(config: &Config, folder: &Folder) -> Config {
    let mut config = config.clone();
    config.store.path = folder.0.join("data");
    config.store.free_floor = 0;
    config.store.search = false;
    config.submit = SubmitSettings::new(Kind::Maildir);
    config.submit.path = Some(folder.0.join("outgoing"));
    config.doors.clear();
    config.site.authserv_ids.push(VERIFIER.to_owned());
    config.clock = ClockKind::Moved;
    config
}

/// The folder of a site that has not begun, at a time.
fn make_site(folder: &Folder, at: Timestamp) -> Result<(), RehearseError> {
    let path = folder.0.join("data");
    let failed = failed(&path);
    DirBuilder::new().mode(0o700).create(&path).map_err(&failed)?;
    let mut options = OpenOptions::new();
    let secrets = options.write(true).create_new(true).mode(0o600).open(path.join("secrets.toml"));
    secrets.and_then(|mut file| file.write_all(SECRETS.as_bytes())).map_err(&failed)?;
    clock::keep_time(&path, at).map_err(&failed)
}

fn failed(path: &Path) -> impl Fn(io::Error) -> RehearseError {
    let path = path.display().to_string();
    move |error| RehearseError::Folder(format!("{path}: {error}"))
}

/// A folder that is gone when the play is over.
#[derive(Debug)]
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, RehearseError> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("lotse-rehearsal-{}-{count}", std::process::id());
            let path = std::env::temp_dir().join(name);
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(&path)(error)),
            }
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, path = %self.0.display(), "a rehearsal's folder stays");
        }
    }
}

struct Player<'a> {
    daemon: &'a Daemon,
    config: &'a Config,
    outgoing: PathBuf,
    filed: Key,
    sent: Vec<Block>,
    play: Play,
}

impl Player<'_> {
    async fn play(&mut self, entries: &[Entry]) -> Result<(), RehearseError> {
        for entry in entries {
            self.daemon.move_clock(entry.at).await?;
            self.collect()?;
            if let Some(envelope) = &entry.envelope {
                self.deliver(entry, envelope).await?;
                self.collect()?;
            }
        }
        for line in self.look(&Request::Tickets).await? {
            let number = line.get("ticket").and_then(Value::as_u64).unwrap_or_default();
            let shown = self.look(&Request::Ticket(TicketId(number))).await?;
            self.play.tickets.extend(shown);
        }
        Ok(())
    }

    async fn look(&self, request: &Request) -> Result<Vec<Value>, RehearseError> {
        let answer = self.daemon.answer(request).await;
        answer.map_err(|sentence| RehearseError::Daemon(DaemonError::Io(sentence)))
    }

    async fn deliver(&mut self, entry: &Entry, envelope: &str) -> Result<(), RehearseError> {
        let wrong = |sentence| ScenarioError { line: entry.line, sentence };
        let mut message = scenario::fill(&entry.message, &self.sent).map_err(wrong)?;
        if entry.is_signed {
            message = [verdict(&message).into_bytes(), message].concat();
        }
        let envelope = scenario::fill(envelope.as_bytes(), &self.sent).map_err(wrong)?;
        let envelope = String::from_utf8_lossy(&envelope);
        let (from, to) = scenario::envelope(&envelope).map_err(wrong)?;
        let socket = self.config.mail_socket();
        let outcome =
            pipe::deliver(&socket, &from, &to, message.as_slice(), MESSAGE_BYTES_MAX).await;
        self.daemon.settled().await?;
        let filing = self.filing().await?;
        let refusal = (outcome.exit != pipe::EXIT_ACCEPTED).then_some(outcome.sentence);
        let from = match from {
            ReversePath::Address(address) => address.to_string(),
            ReversePath::Null | ReversePath::Unknown => String::new(),
        };
        let taken = Taken { at: entry.at, from, to, message, filing, refusal };
        self.play.steps.push(Step::Taken(Box::new(taken)));
        Ok(())
    }

    /// What became of the message that came last.
    async fn filing(&mut self) -> Result<Option<Filing>, RehearseError> {
        let range = Range { from: &self.filed, to: &[], limit: usize::MAX, reverse: false };
        let ledger = &self.daemon.ledger;
        let found = ledger.view().scan(Keyspace::Message, range).await;
        let found = found.map_err(DaemonError::Store)?;
        let Some((key, _)) = found.last() else { return Ok(None) };
        let filing: Option<Filing> =
            ledger.read(Keyspace::Message, key).await.map_err(DaemonError::Store)?;
        self.filed =
            filing.as_ref().map(|filing| records::message(filing.position)).unwrap_or_default();
        self.filed.push(0);
        Ok(filing)
    }

    /// Mails that have left since the last time, in the order of their rows.
    fn collect(&mut self) -> Result<(), RehearseError> {
        let failed = failed(&self.outgoing);
        let entries = fs::read_dir(&self.outgoing).map_err(&failed)?;
        let mut files: Vec<PathBuf> =
            entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let raw = fs::read(&file).map_err(&failed)?;
            fs::remove_file(&file).map_err(&failed)?;
            let block = block(&raw, self.sent.len() + 1, self.daemon.clock.now());
            self.sent.push(block.clone());
            self.play.steps.push(Step::Sent(block));
        }
        Ok(())
    }
}

/// The field that a trusted server writes above a mail that its author's domain signed.
fn verdict(message: &[u8]) -> String {
    let message = mail::parse(message, &ReversePath::Unknown);
    let domain = message.author().map_or("", |author| author.address.domain());
    format!("Authentication-Results: {VERIFIER}; dkim=pass header.d={domain}\n")
}

/// A file of the maildir: two lines of envelope, then the message.
fn block(raw: &[u8], number: usize, now: Timestamp) -> Block {
    let (from, rest) = field(raw, "Return-Path:");
    let (to, message) = field(rest, "Delivered-To:");
    let date = mail::parse(message, &ReversePath::Unknown).date;
    let from = from.trim_matches(['<', '>']).to_owned();
    Block { number, at: date.unwrap_or(now), from, to, message: message.to_vec() }
}

/// The value of the first line, if it is this field, and what follows it.
fn field<'a>(raw: &'a [u8], name: &str) -> (String, &'a [u8]) {
    let end = raw.iter().position(|byte| *byte == b'\n').map_or(raw.len(), |at| at + 1);
    let (line, rest) = raw.split_at_checked(end).unwrap_or((raw, &[]));
    match String::from_utf8_lossy(line).strip_prefix(name) {
        Some(value) => (value.trim().to_owned(), rest),
        None => (String::new(), raw),
    }
}
