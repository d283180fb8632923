//! A store that holds many tickets, made quickly: real mails, really decided, written in large
//! groups.
//!
//! Deliberately absent: the archive. Its frames would take hours and nothing reads them: rows of
//! the outbox are written as if they had left, so that no text is needed.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use lotse::config::{self, secrets};
use lotse::daemon::ledger::Ledger;
use lotse::daemon::reader::{self, Read};
use lotse::daemon::records::DUE_ROWS;
use lotse::daemon::serve::read_register;
use lotse::daemon::spool::Accepted;
use lotse::desk::Desk;
use lotse::mail::ReversePath;
use lotse::store::embedded::Engine;
use lotse::store::frame::{Frame, FrameKind};
use lotse::store::index::Index;
use lotse::store::journal::{self, Changes};
use lotse::store::{Batch, EngineKind, Key, Keyspace, Operation, Range, Store, StoreError, Value};
use lotse::store::{any, view::View};
use lotse::ticket::{self, Decision, Event};
use lotse::types::{Address, Position, TicketId};

use crate::search;

/// Changes that are written at once.
const GROUP: usize = 20_000;
/// Mails that are decided between two looks at the size of the group.
const STEP: usize = 100;

/// What a store is filled with.
#[derive(Debug, Clone)]
pub(crate) struct Filling {
    /// So many tickets, each of a mail of its own.
    pub(crate) tickets: usize,
    /// Where the mails went.
    pub(crate) to: &'static str,
    /// When.
    pub(crate) at: Timestamp,
    /// Where made-up words of each are kept, to be found by them.
    pub(crate) index: Option<Index>,
}

/// Fills the store of a furnished folder whose daemon has ended.
///
/// # Errors
/// The settings or the store cannot be read, or a mail cannot be decided.
pub(crate) async fn fill(folder: &Path, kind: EngineKind, filling: Filling) -> io::Result<()> {
    let config = config::load(&folder.join("lotse.toml"))
        .map_err(|problems| io::Error::other(format!("{problems:?}")))?;
    let now = filling.at;
    let store = opened(folder, kind)?;
    let desk = Desk {
        site: config.site.clone(),
        keyring: secrets::load(&config.store.path, now)?,
        procedures: config.procedures.clone(),
        register: read_register(&store).await.map_err(io::Error::other)?,
    };
    let ledger = Ledger::new(store.clone());
    for number in 0..filling.tickets {
        let event = mail(number, &filling)?;
        file(&desk, &ledger, &event, now).await?;
        if let Some(index) = &filling.index {
            let ticket = number as u64 + 1;
            index.add(Position(ticket), &[TicketId(ticket)], search::words_of(ticket))?;
        }
        if number.is_multiple_of(STEP) && store.changes().len() > GROUP {
            store.write().map_err(io::Error::other)?;
        }
    }
    store.write().map_err(io::Error::other)?;
    filling.index.map_or(Ok(()), |index| index.flush())
}

/// The store of a folder whose daemon has ended.
///
/// # Errors
/// The settings or the store cannot be read.
pub(crate) fn opened(folder: &Path, kind: EngineKind) -> io::Result<Filled> {
    let config = config::load(&folder.join("lotse.toml"))
        .map_err(|problems| io::Error::other(format!("{problems:?}")))?;
    let engine = any::open_engine(&config.store, kind).map_err(io::Error::other)?;
    Ok(Filled { engine: Arc::from(engine), changes: Arc::default() })
}

/// A short mail of its own author, at a place before the archive's first frame.
fn mail(number: usize, Filling { to, at, .. }: &Filling) -> io::Result<Event> {
    let address = |text: String| Address::parse(&text).map_err(io::Error::other);
    let accepted = Accepted {
        received_at: *at,
        door: "fill".to_owned(),
        reverse_path: ReversePath::Address(address(format!("old-{number}@outside.example"))?),
        recipients: vec![address((*to).to_owned())?],
        is_backlog: false,
        whole_bytes: None,
    };
    let body = format!(
        "From: Old {number} <old-{number}@outside.example>\r\nTo: {to}\r\n\
         Subject: an old question {number}\r\nMessage-ID: <old.{number}@outside.example>\r\n\
         Date: {}\r\n\r\nHello,\r\n\r\nwho has the key of the boat house?\r\n\r\nOld {number}\r\n",
        at.strftime("%a, %d %b %Y %H:%M:%S +0000")
    );
    let head = serde_json::to_vec(&accepted)?;
    let frame = Frame { kind: FrameKind::Message, head, body: body.into_bytes() };
    match reader::understand(Position(number as u64 + 1), &frame, &[]) {
        Read::Mail(mail) => Ok(Event::Mail(mail)),
        Read::Unreadable(position, why) => Err(io::Error::other(format!("{position}: {why}"))),
    }
}

async fn file(
    desk: &Desk,
    ledger: &Ledger<Filled>,
    event: &Event,
    now: Timestamp,
) -> io::Result<()> {
    let mut loaded = ledger.begin().await.map_err(io::Error::other)?;
    let mut lookups = ticket::needs(desk, event);
    let effects = loop {
        ledger.load(&mut loaded, &lookups).await.map_err(io::Error::other)?;
        match ticket::decide(desk, &loaded.case, event, now) {
            Decision::Effects(effects) => break effects,
            Decision::Needs(more) => lookups = *more,
        }
    };
    let batch = ledger.batch(&mut loaded, &effects, &"fill").await.map_err(io::Error::other)?;
    let view: &View<Filled> = ledger.view();
    view.hand_over(batch).await.map_err(io::Error::other)
}

/// An engine behind changes that are not written yet; its writes are not archived.
#[derive(Clone)]
pub(crate) struct Filled {
    engine: Arc<dyn Engine>,
    changes: Arc<Mutex<Changes>>,
}

impl Filled {
    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> Result<(), StoreError> {
        let changes = std::mem::take(&mut *self.changes());
        self.engine.write_durable(&journal::last_of([&changes]))
    }
}

fn place(keyspace: Keyspace, key: &[u8]) -> Key {
    [&[keyspace.number()], key].concat()
}

impl Store for Filled {
    async fn get(&self, keyspace: Keyspace, key: &[u8]) -> Result<Option<Value>, StoreError> {
        let place = place(keyspace, key);
        if let Some(changed) = self.changes().get(&place) {
            return Ok(changed.clone());
        }
        self.engine.get(&place)
    }

    /// Only what was written: nobody scans for what is being filled in.
    async fn scan(
        &self,
        keyspace: Keyspace,
        range: Range<'_>,
    ) -> Result<Vec<(Key, Value)>, StoreError> {
        let from = place(keyspace, range.from);
        let to = if range.to.is_empty() {
            vec![keyspace.number() + 1]
        } else {
            place(keyspace, range.to)
        };
        let found = self.engine.scan(Range { from: &from, to: &to, ..range })?;
        let found: BTreeMap<Key, Value> = found.into_iter().collect();
        Ok(found
            .into_iter()
            .map(|(key, value)| (key.into_iter().skip(1).collect(), value))
            .collect())
    }

    fn commit(
        &self,
        batch: Batch,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> + 'static {
        let mut changes = self.changes();
        for operation in batch.operations {
            match operation {
                Operation::Put(Keyspace::Due, key, _) if key.first() == Some(&DUE_ROWS) => {}
                Operation::Put(keyspace, key, value) => {
                    changes.insert(place(keyspace, &key), Some(value));
                }
                Operation::Delete(keyspace, key) => {
                    changes.insert(place(keyspace, &key), None);
                }
            }
        }
        drop(changes);
        std::future::ready(Ok(()))
    }
}
