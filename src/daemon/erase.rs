//! Erasing a person or a ticket for good (design section 10): what it would do, and doing it.
//!
//! The store is made anew without the words, as a new base of the archive, whose messages and
//! batches lose theirs (`store::remake`). That needs archive and store for itself, so an order is
//! written, the daemon ends what it is in, and whoever opens the data folder next carries the order
//! out before anything else; killed at any point, it is carried out anew or is done. Deliberately
//! absent: what is outside of the data folder. Backups have a life of their own.

pub mod mask;
pub mod records;
pub mod survey;
pub mod words;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::config::{Config, secrets};
use crate::daemon::erase::records::{Changed, Rewriting};
use crate::daemon::erase::survey::Survey;
use crate::daemon::ledger::Ledger;
use crate::daemon::records::{Due, due};
use crate::daemon::running::DaemonError;
use crate::daemon::serve::read_register;
use crate::desk::Desk;
use crate::mail::{self, ReversePath};
use crate::store::any::{self, AnyStore};
use crate::store::archive::{Archive, ArchiveLimits};
use crate::store::remake::{Fate, Remake};
use crate::store::{Key, Keyspace, Store, StoreError, record};
use crate::ticket::Timer;
use crate::ticket::erasing::Plan;
pub use crate::ticket::erasing::Target;
use crate::types::{OutboxId, Position, TicketId};

/// The file in the data folder that says what is to be erased.
const ORDER: &str = "erase.order";

/// What an administrator asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// What it would do.
    Plan(Target),
    /// To do it.
    Do(Order),
}

/// An order to erase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What.
    pub target: Target,
    /// Who ordered it, as the audit shows.
    pub by: String,
    /// The ticket that asked for it, if it was asked for by mail.
    #[serde(default)]
    pub ticket: Option<TicketId>,
    /// The mails that asked for it: they go as well where they stand on no other ticket.
    #[serde(default)]
    pub asked: Vec<Position>,
}

/// What was erased, as the audit shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erased {
    /// Which erasure of the site.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
    /// A ticket, or what stands in a person's place.
    pub what: String,
    /// Tickets that were erased.
    pub tickets: Vec<TicketId>,
    /// Messages that were erased.
    pub messages: usize,
    /// Messages of others that lost words.
    pub masked: usize,
    /// Other tickets that read otherwise.
    pub changed: usize,
}

impl Erased {
    /// Under which key of Meta it stands.
    #[must_use]
    pub fn key(number: u64) -> Key {
        [b"erased/".as_slice(), &number.to_be_bytes()].concat()
    }

    fn of(survey: &Survey, order: &Order, at: Timestamp) -> Self {
        Self {
            number: survey.number,
            at,
            by: survey.words.cleaned(&order.by).unwrap_or_else(|| order.by.clone()),
            what: match &order.target {
                Target::Ticket(id) => format!("ticket {id}"),
                Target::Person(_) => survey.words.pseudonym().to_owned(),
            },
            tickets: survey.tickets.iter().copied().collect(),
            messages: survey.gone.len(),
            masked: survey.masked.len(),
            changed: 0,
        }
    }
}

/// Every erasure so far, the first first.
///
/// # Errors
/// What the store says.
pub async fn log<S: Store>(ledger: &Ledger<S>) -> Result<Vec<Erased>, StoreError> {
    let prefix = b"erased/";
    let to = crate::daemon::records::behind(prefix);
    let range = crate::store::Range { from: prefix, to: &to, limit: usize::MAX, reverse: false };
    let found = ledger.view().scan(Keyspace::Meta, range).await?;
    found.iter().map(|(_, value)| record::decode(value).map(|found| found.record)).collect()
}

/// What an erasure would do, as one row; the inner error is a sentence for who asked.
///
/// # Errors
/// What the store says.
pub async fn plan<S: Store>(
    ledger: &Ledger<S>,
    archive: &Archive,
    desk: &Desk,
    target: &Target,
) -> Result<Result<Value, String>, StoreError> {
    let plan = match planned(ledger, archive, desk, target).await? {
        Ok(plan) => plan,
        Err(sentence) => return Ok(Err(sentence)),
    };
    Ok(Ok(json!({
        "tickets": plan.tickets,
        "messages": plan.messages,
        "first": plan.span.map(|(first, _)| first),
        "last": plan.span.map(|(_, last)| last),
        "masked": plan.masked,
        "touched": plan.touched,
        "person": plan.person,
    })))
}

/// What an erasure would do; the inner error is a sentence for who asked.
///
/// # Errors
/// What the store says.
pub async fn planned<S: Store>(
    ledger: &Ledger<S>,
    archive: &Archive,
    desk: &Desk,
    target: &Target,
) -> Result<Result<Plan, String>, StoreError> {
    let survey = survey::survey(ledger, archive, desk, target).await?;
    Ok(survey.map(|survey| Plan {
        tickets: survey.tickets.into_iter().collect(),
        messages: survey.gone.len(),
        span: survey.span,
        masked: survey.masked.len(),
        touched: survey.touched.into_iter().collect(),
        person: survey.person,
    }))
}

/// Writes an order, durably: from here on it is carried out before the next daemon starts.
///
/// # Errors
/// What the file system says.
pub fn order(folder: &Path, order: &Order) -> io::Result<()> {
    let new = folder.join("erase.order.new");
    let mut file = File::create(&new)?;
    file.write_all(&serde_json::to_vec(order)?)?;
    file.sync_all()?;
    std::fs::rename(&new, folder.join(ORDER))?;
    File::open(folder)?.sync_all()
}

/// The order that waits, if one does.
#[must_use]
pub fn pending(folder: &Path) -> Option<Order> {
    serde_json::from_slice(&std::fs::read(folder.join(ORDER)).ok()?).ok()
}

fn withdraw(folder: &Path) -> io::Result<()> {
    std::fs::remove_file(folder.join(ORDER))?;
    File::open(folder)?.sync_all()
}

/// Carries out the order that waits, if one does. An order that cannot be carried out is
/// withdrawn, and everything stays as it was.
///
/// # Errors
/// Why it could not.
pub async fn carry_out(config: &Config, now: Timestamp) -> Result<Option<Erased>, DaemonError> {
    let folder = &config.store.path;
    let Some(order) = pending(folder) else { return Ok(None) };
    let limits = ArchiveLimits { free_floor: config.store.free_floor, ..ArchiveLimits::default() };
    let (archive, _) = Archive::open_with(folder, limits)?;
    let done = erase(config, &archive, &order, now).await;
    let failed = |error: io::Error| DaemonError::Io(format!("{}: {error}", folder.display()));
    withdraw(folder).map_err(failed)?;
    drop(archive);
    done
}

async fn erase(
    config: &Config,
    archive: &Archive,
    order: &Order,
    now: Timestamp,
) -> Result<Option<Erased>, DaemonError> {
    let (store, _) = AnyStore::open(&config.store, archive.clone())?;
    let desk = Desk {
        site: config.site.clone(),
        keyring: secrets::load(&config.store.path, now)
            .map_err(|error| DaemonError::Io(error.to_string()))?,
        procedures: config.procedures.clone(),
        register: read_register(&store).await?,
    };
    let ledger = Ledger::new(store);
    let Ok(mut survey) = survey::survey(&ledger, archive, &desk, &order.target).await? else {
        return Ok(None);
    };
    survey.add_asked(&ledger, order).await?;
    let survey = Arc::new(survey);
    let done = Erased::of(&survey, order, now);
    let head = serde_json::to_vec(&json!({ "event": "erase", "now": now, "number": done.number }));
    let head = head.map_err(|error| DaemonError::Io(error.to_string()))?;
    let mut remake = Remake::begin(&config.store, archive, head, |position, frame| {
        if survey.gone.contains(&position) {
            return Fate::Erase;
        }
        if !survey.masked.contains(&position) {
            return Fate::Keep;
        }
        let is_related = survey.related.contains(&position);
        mask::masked(frame, &survey.words, &survey.quotes, is_related)
            .map_or(Fate::Keep, Fate::Replace)
    })?;
    let rewriting = Rewriting { ledger: &ledger, survey: &survey, keyring: &desk.keyring, now };
    let mut put = |keyspace, key, value| remake.put(keyspace, key, value);
    let changed = rewriting.run(&done, &mut put).await?;
    if let Some(ticket) = order.ticket {
        let key = due(now, &Due::Timer(Timer::Erased(ticket)));
        put(Keyspace::Due, key, record::encode(crate::daemon::records::SCHEMA, 1, &())?)?;
    }
    drop(ledger);
    clear_outgoing(config, &survey, &changed)
        .map_err(|error| DaemonError::Io(error.to_string()))?;
    any::forget_search(&config.store)?;
    remake.exchange()?;
    Ok(Some(Erased { changed: changed.tickets.len(), ..done }))
}

/// Takes what was rehearsed out of the maildir where it holds the words, and the doors' copy of
/// the register, which the next start makes anew.
fn clear_outgoing(config: &Config, survey: &Survey, changed: &Changed) -> io::Result<()> {
    for file in outgoing(config) {
        let name = file.file_name().map(|name| name.to_string_lossy().into_owned());
        let row = name.and_then(|name| name.split('.').next()?.parse().ok().map(OutboxId));
        let is_gone = row.is_some_and(|row| changed.rows.contains(&row));
        if is_gone || holds(&std::fs::read(&file)?, survey) {
            std::fs::remove_file(&file)?;
        }
    }
    match std::fs::remove_file(config.store.path.join("recipients")) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn holds(octets: &[u8], survey: &Survey) -> bool {
    let message = mail::parse(octets, &ReversePath::Unknown);
    let fields = message.fields.iter().map(|field| field.value.as_str());
    let texts = [message.text.as_str(), &message.subject, message.html.as_deref().unwrap_or("")];
    let words = &survey.words;
    fields.chain(texts).any(|text| words.are_in(text)) || words.is_subject(&message.subject)
}

/// The files of the maildir that lotse submits to, if it does.
fn outgoing(config: &Config) -> Vec<PathBuf> {
    let Some(path) = config.submit.path.as_ref() else { return Vec::new() };
    let folders = ["tmp", "new", "cur"].map(|name| config.folder.join(path).join(name));
    let entries = folders.iter().filter_map(|folder| std::fs::read_dir(folder).ok());
    entries.flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}
