//! Whether the books are right after a run: read from the store itself, once the daemon has ended.
//!
//! Deliberately absent: what `lotse audit` checks.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use lotse::daemon::sheet::{self, OutboxRow, Sheet, Standing};
use lotse::store::archive::Archive;
use lotse::store::embedded::Engine;
use lotse::store::journal;
use lotse::store::{EngineKind, Keyspace, Range, StoreError, StoreSettings, any, record};
use lotse::ticket::effect::RowState;
use lotse::ticket::{Filing, Matter};

/// Records that are read at once.
const PAGE: usize = 4096;

/// What stands in the books.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// Positions of messages, and how many tickets each is on.
    pub(crate) filed: BTreeMap<String, usize>,
    /// Tickets.
    pub(crate) tickets: usize,
    /// Receipts in the outbox.
    pub(crate) receipts: usize,
    /// Questions for what is missing.
    pub(crate) questions: usize,
    /// Rows of the outbox.
    pub(crate) rows: usize,
    /// Those of them that the next server has.
    pub(crate) sent: usize,
}

/// Reads the books of a data folder that nobody has open.
///
/// # Errors
/// What the store says.
pub(crate) fn read(folder: &Path, engine: EngineKind) -> io::Result<Books> {
    let settings = StoreSettings { path: folder.to_owned(), engine, ..StoreSettings::default() };
    let engine = any::open_engine(&settings, engine).map_err(io::Error::other)?;
    // A daemon that was killed leaves batches that only the archive has.
    let (archive, _) = Archive::open(folder).map_err(io::Error::other)?;
    journal::redo(&archive, engine.as_ref()).map_err(io::Error::other)?;
    let mut books = Books::default();
    let found = each(engine.as_ref(), Keyspace::Message, |value| {
        let filing = record::decode::<Filing>(value)?.record;
        books.filed.insert(filing.position.to_string(), filing.tickets.len());
        Ok(())
    });
    found.map_err(io::Error::other)?;
    each(engine.as_ref(), Keyspace::Ticket, |_| {
        books.tickets += 1;
        Ok(())
    })
    .map_err(io::Error::other)?;
    let found = each_row(engine.as_ref(), |row| {
        books.rows += 1;
        books.receipts += usize::from(matches!(row.notice.matter, Matter::Receipt { .. }));
        books.questions += usize::from(matches!(row.notice.matter, Matter::Question { .. }));
        books.sent += usize::from(row.state == RowState::Sent);
    });
    found.map_err(io::Error::other)?;
    Ok(books)
}

fn each_row(engine: &dyn Engine, mut look: impl FnMut(OutboxRow)) -> Result<(), StoreError> {
    let place = |key: &[u8]| [&[Keyspace::Outbox.number()], key].concat();
    let (from, to) = sheet::all_sheets();
    let (mut from, to) = (place(&from), place(&to));
    loop {
        let range = Range { from: &from, to: &to, limit: PAGE, reverse: false };
        let page = engine.scan(range)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = last.iter().copied().chain([0]).collect();
        for (key, value) in &page {
            let Some(first) = key.get(1..).and_then(sheet::first_of) else { continue };
            let standings = engine.get(&place(&sheet::standings_key(first)))?;
            let standings = standings.map(|value| record::decode::<Vec<Standing>>(&value));
            let standings = standings.transpose()?.map(|found| found.record);
            record::decode::<Sheet>(value)?.record.rows(standings).into_iter().for_each(&mut look);
        }
    }
}

fn each(
    engine: &dyn Engine,
    keyspace: Keyspace,
    mut look: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let (mut from, to) = (vec![keyspace.number()], vec![keyspace.number() + 1]);
    loop {
        let range = Range { from: &from, to: &to, limit: PAGE, reverse: false };
        let page = engine.scan(range)?;
        let Some((last, _)) = page.last() else { return Ok(()) };
        from = last.iter().copied().chain([0]).collect();
        for (_, value) in &page {
            look(value)?;
        }
    }
}
