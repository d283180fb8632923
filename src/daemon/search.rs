//! Keeps the search index behind the decider, and answers what is looked for.
//!
//! What was decided and is durable is handed over with its words and costs the decider nothing;
//! what a crash, a rebuild or an erasure left out is read from the archive. Deliberately absent:
//! the files (`store::index`), what a query is (`ticket::query`), who may read what is found.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::daemon::ledger::Ledger;
use crate::daemon::records;
use crate::mail::{self, ReversePath};
use crate::store::archive::Archive;
use crate::store::frame::FrameKind;
use crate::store::index::{Index, Term};
use crate::store::{Keyspace, Store, StoreError};
use crate::ticket::event::MailEvent;
use crate::ticket::query::{self, Query, Search};
use crate::ticket::words::unaided;
use crate::ticket::{Effect, Event, Filing, Ticket};
use crate::types::{Position, TicketId};

/// Tickets that one look reads to see whether they meet its conditions.
const READ_MAX: usize = 2000;
/// Tickets that a mail shows.
const SHOWN_MAX: usize = 20;
/// Messages that wait for the index; what is over is read from the archive behind them.
const WAITING_MAX: usize = 16_384;

/// A message that is to be found.
#[derive(Debug)]
struct Decided {
    position: Position,
    tickets: Vec<TicketId>,
    mail: Box<MailEvent>,
}

/// Where decided messages are handed over; clones lead to the same index.
#[derive(Debug, Clone)]
pub struct Indexer {
    sender: mpsc::SyncSender<Decided>,
    /// The first message that found no room; none is 0. Once nobody has it but the keeper, the
    /// daemon ends.
    skipped: Arc<AtomicU64>,
}

impl Indexer {
    /// Starts the thread that keeps the index. It first reads what the index lacks, and ends when
    /// nobody hands over any more: until then it keeps store and archive open.
    #[must_use]
    pub fn start<S: Store>(
        index: Index,
        ledger: Ledger<S>,
        archive: Archive,
    ) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::sync_channel(WAITING_MAX);
        let skipped = Arc::new(AtomicU64::new(0));
        let keeper = Keeper {
            index,
            ledger,
            archive,
            runtime: Handle::current(),
            skipped: Arc::clone(&skipped),
        };
        let keeping = tokio::task::spawn_blocking(move || keeper.run(&receiver));
        (Self { sender, skipped }, keeping)
    }

    /// Hands over what was decided, if it is a message that stands on a ticket.
    pub fn note(&self, event: Event, effects: &[Effect]) {
        let Event::Mail(mail) = event else { return };
        let filing = effects
            .iter()
            .find_map(|effect| if let Effect::File(filing) = effect { Some(filing) } else { None });
        let Some(filing) = filing.filter(|filing| !filing.tickets.is_empty()) else { return };
        let (position, tickets) = (filing.position, filing.tickets.clone());
        if self.sender.try_send(Decided { position, tickets, mail }).is_err() {
            // The first that is skipped stays noted: the keeper reads on from there.
            let noted =
                self.skipped.compare_exchange(0, position.0, Ordering::AcqRel, Ordering::Relaxed);
            tracing::debug!(is_first = noted.is_ok(), "the search index is behind");
        }
    }
}

/// Keeps the index in a thread of its own.
struct Keeper<S: Store> {
    index: Index,
    ledger: Ledger<S>,
    archive: Archive,
    runtime: Handle,
    skipped: Arc<AtomicU64>,
}

impl<S: Store> Keeper<S> {
    fn run(self, decided: &mpsc::Receiver<Decided>) {
        self.told(self.read_from(self.index.last()));
        // An end while it read leaves a gap, which the next start would not see behind what came.
        let is_cut = !self.is_wanted();
        while let Some(next) = decided.recv().ok().filter(|_| !is_cut) {
            let terms = query::terms(&next.mail.message, &next.mail.words);
            self.told(
                self.index.add(next.position, &next.tickets, terms).map_err(|error| failed(&error)),
            );
            let skipped = self.skipped.swap(0, Ordering::AcqRel);
            if skipped > 0 {
                self.told(self.read_from(Position(skipped - 1)));
            }
        }
        self.told(self.index.flush().map_err(|error| failed(&error)));
    }

    fn told(&self, result: Result<(), StoreError>) {
        if let Err(error) = result {
            tracing::warn!(%error, "the search index lacks some messages until the next start");
        }
    }

    fn read_from(&self, from: Position) -> Result<(), StoreError> {
        let Self { index, ledger, archive, .. } = self;
        self.runtime.block_on(catch_up(index, ledger, archive, from, || self.is_wanted()))
    }

    /// Whether anybody still hands over.
    fn is_wanted(&self) -> bool {
        Arc::strong_count(&self.skipped) > 1
    }
}

fn failed(error: &io::Error) -> StoreError {
    StoreError::Damaged(format!("the search index: {error}"))
}

/// Reads into the index what was decided behind a message, as long as it is wanted.
///
/// # Errors
/// What the store or the file system says.
pub async fn catch_up<S: Store>(
    index: &Index,
    ledger: &Ledger<S>,
    archive: &Archive,
    from: Position,
    is_wanted: impl Fn() -> bool,
) -> Result<(), StoreError> {
    let decided: Option<Position> = ledger.read(Keyspace::Meta, records::DECIDED).await?;
    let Some(decided) = decided.filter(|decided| *decided > from) else { return Ok(()) };
    let frames = archive
        .scan(from)
        .take_while(|found| found.as_ref().map_or(true, |(position, _)| *position <= decided));
    for (position, frame) in frames.filter_map(Result::ok) {
        if !is_wanted() {
            return Ok(());
        }
        if frame.kind != FrameKind::Message || position <= from {
            continue;
        }
        let key = records::message(position);
        let filing: Option<Filing> = ledger.read(Keyspace::Message, &key).await?;
        let tickets = filing.map(|filing| filing.tickets).unwrap_or_default();
        if tickets.is_empty() {
            continue;
        }
        let message = mail::parse(&frame.body, &ReversePath::Unknown);
        let words = unaided(position, &message).words;
        index
            .add(position, &tickets, query::terms(&message, &words))
            .map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// What somebody looks for who may read some queues; nothing where no index is kept.
///
/// # Errors
/// What the store or the file system says.
pub async fn found<S: Store>(
    ledger: &Ledger<S>,
    search: &Search,
) -> Result<Option<(Vec<Ticket>, usize)>, StoreError> {
    let Some(index) = ledger.index() else { return Ok(None) };
    let admits =
        |ticket: &Ticket| search.queues.contains(&ticket.queue) && search.query.admits(ticket);
    find(index, ledger, &search.query, admits, SHOWN_MAX).await.map(Some)
}

/// The newest tickets that hold what is looked for, and how many were left out at least.
///
/// # Errors
/// What the store or the file system says.
pub async fn find<S: Store>(
    index: &Index,
    ledger: &Ledger<S>,
    query: &Query,
    admits: impl Fn(&Ticket) -> bool,
    limit: usize,
) -> Result<(Vec<Ticket>, usize), StoreError> {
    let terms: Vec<Term> = query.words.iter().map(|word| term(word)).collect();
    let mut found = Vec::new();
    let mut more = 0;
    for id in index.find(&terms).map_err(|error| failed(&error))?.into_iter().rev().take(READ_MAX) {
        let ticket: Option<Ticket> = ledger.read(Keyspace::Ticket, &records::ticket(id)).await?;
        let Some(ticket) = ticket.filter(|ticket| admits(ticket)) else { continue };
        if found.len() < limit {
            found.push(ticket);
        } else {
            more += 1;
        }
    }
    Ok((found, more))
}

fn term(word: &str) -> Term {
    match word.strip_suffix('*') {
        Some(start) => Term::Prefix(start.to_owned()),
        None => Term::Whole(word.to_owned()),
    }
}
