//! The outbox in the books: sheets of rows, written once, and how their rows stand.
//!
//! The rows that one event makes stand on one sheet, under the number of the first; one mark says
//! when the first of them is due. What becomes of them is another, small record, so that an outcome
//! does not write notices again. Deliberately absent: sending (`outbox`), deciding (`ticket`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::daemon::records::{self, Due};
use crate::store::{Key, Keyspace, Operation, StoreError, Value, record};
use crate::ticket::Notice;
use crate::ticket::effect::{OutboxChange, RowState};
use crate::types::OutboxId;

/// How far the numbers of one sheet reach.
const SPAN: u64 = 64;
/// Octets of notices on one sheet, if there are several.
const SHEET_BYTES_MAX: usize = 32 << 10;
/// Octets that a sheet has as a rule: a mail's copies to its members and its receipt.
const EXPECTED_BYTES: usize = 6 << 10;
/// The first byte of keys of sheets.
const SHEETS: u8 = b'n';
/// The first byte of keys of standings.
const STANDINGS: u8 = b's';

/// Rows that one event made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// What they send, by number.
    pub notices: Vec<Notice>,
}

/// What is read of a sheet where its words are not needed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Outline {
    notices: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Line {
    id: OutboxId,
    at: Timestamp,
    #[serde(default)]
    leaves_at: Option<Timestamp>,
}

/// How a row stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How it stands.
    pub state: RowState,
    /// How often it was handed to a server.
    pub attempts: u32,
    /// When it is handed over next, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// The server's last words, or why it was dropped.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// What it sends.
    pub notice: Notice,
    /// How it stands.
    pub state: RowState,
    /// How often it was handed to a server.
    pub attempts: u32,
    /// When it is handed over next, while it waits.
    pub next_at: Option<Timestamp>,
    /// The server's last words, or why it was dropped.
    pub said: String,
}

impl OutboxRow {
    /// When it leaves, if it has not.
    #[must_use]
    pub fn leaves_at(&self) -> Option<Timestamp> {
        if self.state == RowState::Held { self.notice.leaves_at } else { self.next_at }
    }
}

impl Standing {
    /// How a row stands that was made at this time: it leaves at once, unless it stays until a
    /// decision lets it go.
    #[must_use]
    pub const fn first(at: Timestamp, leaves_at: Option<Timestamp>) -> Self {
        let (state, next_at) = match leaves_at {
            Some(_) => (RowState::Held, None),
            None => (RowState::Waiting, Some(at)),
        };
        Self { state, attempts: 0, next_at, said: String::new() }
    }

    fn change(&mut self, change: &OutboxChange) {
        let is_try = !matches!(change.state, RowState::Dropped | RowState::Deferred);
        let was_tried = is_try && self.next_at.is_some();
        self.attempts += u32::from(was_tried);
        self.state = change.state;
        self.next_at = change.next_at;
        self.said = change.said.chars().take(300).collect();
    }
}

impl Sheet {
    /// Its rows, if they stand like this; as they were made if nothing became of them yet.
    #[must_use]
    pub fn rows(self, standings: Option<Vec<Standing>>) -> Vec<OutboxRow> {
        let mut standings = standings.unwrap_or_default().into_iter();
        let notices = self.notices.into_iter();
        notices
            .map(|notice| {
                let standing = standings
                    .next()
                    .unwrap_or_else(|| Standing::first(notice.at, notice.leaves_at));
                let Standing { state, attempts, next_at, said } = standing;
                OutboxRow { notice, state, attempts, next_at, said }
            })
            .collect()
    }
}

/// The key of a sheet by its first row.
#[must_use]
pub fn sheet_key(first: OutboxId) -> Key {
    key(SHEETS, first)
}

/// The key of how the rows of a sheet stand.
#[must_use]
pub fn standings_key(first: OutboxId) -> Key {
    key(STANDINGS, first)
}

/// The keys of the sheets on which a row may stand, the last first: from, and the first behind.
#[must_use]
pub fn sheets_of(row: OutboxId) -> (Key, Key) {
    let from = OutboxId(row.0.saturating_sub(SPAN - 1));
    (key(SHEETS, from), key(SHEETS, OutboxId(row.0.saturating_add(1))))
}

/// The keys of all sheets: from, and the first behind.
#[must_use]
pub fn all_sheets() -> (Key, Key) {
    (vec![SHEETS], vec![SHEETS + 1])
}

/// The first row of the sheet with this key.
#[must_use]
pub fn first_of(key: &[u8]) -> Option<OutboxId> {
    let (&tag, id) = key.split_first()?;
    let id = id.try_into().ok().map(u64::from_be_bytes)?;
    (tag == SHEETS).then_some(OutboxId(id))
}

fn key(tag: u8, first: OutboxId) -> Key {
    let mut key = vec![tag];
    key.extend(first.0.to_be_bytes());
    key
}

/// All rows among the records of [`Keyspace::Outbox`].
///
/// # Errors
/// [`StoreError::Damaged`] if a record cannot be read.
pub fn rows(records: &[(Key, Value)]) -> Result<Vec<OutboxRow>, StoreError> {
    let standings: BTreeMap<&[u8], &Value> =
        records.iter().map(|(key, value)| (key.as_slice(), value)).collect();
    let mut rows = Vec::new();
    for (key, value) in records {
        let Some(first) = first_of(key) else { continue };
        let sheet: Sheet = record::decode(value)?.record;
        let standing = standings.get(standings_key(first).as_slice());
        let standing = standing.map(|value| record::decode(value)).transpose()?;
        rows.extend(sheet.rows(standing.map(|found| found.record)));
    }
    Ok(rows)
}

/// A sheet whose rows an event may change.
#[derive(Debug, Clone)]
pub struct OpenSheet {
    /// The number under which it stands.
    pub first: OutboxId,
    ids: Vec<OutboxId>,
    standings: Vec<Standing>,
    due_at: Option<Timestamp>,
}

impl OpenSheet {
    /// A sheet as it was read.
    #[must_use]
    pub fn new(first: OutboxId, outline: &Outline, standings: Option<Vec<Standing>>) -> Self {
        let lines = &outline.notices;
        let begin = |line: &Line| Standing::first(line.at, line.leaves_at);
        let standings = standings.unwrap_or_else(|| lines.iter().map(begin).collect());
        let ids = lines.iter().map(|line| line.id).collect();
        let mut sheet = Self { first, ids, standings, due_at: None };
        sheet.due_at = sheet.next_at();
        sheet
    }

    /// How a row of it stands.
    #[must_use]
    pub fn standing(&self, id: OutboxId) -> Option<&Standing> {
        self.standings.get(self.place(id)?)
    }

    /// Changes how a row stands.
    pub fn change(&mut self, id: OutboxId, change: &OutboxChange) {
        if let Some(place) = self.place(id)
            && let Some(standing) = self.standings.get_mut(place)
        {
            standing.change(change);
        }
    }

    /// How all its rows stand.
    #[must_use]
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    /// Marks by which the outbox finds it, where they changed.
    #[must_use]
    pub fn marks(&self) -> Vec<Operation> {
        let next_at = self.next_at();
        if next_at == self.due_at {
            return Vec::new();
        }
        let due = |at| records::due(at, &Due::Row(self.first));
        let old = self.due_at.map(|at| Operation::Delete(Keyspace::Due, due(at)));
        let new = next_at.map(|at| Operation::Put(Keyspace::Due, due(at), Vec::new()));
        old.into_iter().chain(new).collect()
    }

    fn next_at(&self) -> Option<Timestamp> {
        self.standings.iter().filter_map(|standing| standing.next_at).min()
    }

    fn place(&self, id: OutboxId) -> Option<usize> {
        self.ids.iter().position(|found| *found == id)
    }
}

/// Notices of one event on their way to sheets.
#[derive(Debug, Default)]
pub struct SheetWriter {
    ids: Option<(OutboxId, OutboxId)>,
    due_at: Option<Timestamp>,
    /// The sheet that is begun, as it will be stored.
    value: Value,
    operations: Vec<Operation>,
}

impl SheetWriter {
    /// Adds a notice.
    ///
    /// # Errors
    /// [`StoreError::Refused`] if it has no JSON.
    pub fn push(&mut self, notice: &Notice) -> Result<(), StoreError> {
        let end = self.value.len();
        self.begin_or_go_on();
        let start = self.value.len();
        serde_json::to_writer(&mut self.value, notice)
            .map_err(|error| StoreError::Refused(format!("a notice that has no JSON: {error}")))?;
        if !self.has_room(notice.id) {
            let json = self.value.split_off(start);
            self.value.truncate(end);
            self.end_sheet();
            self.begin_or_go_on();
            self.value.extend(json);
        }
        self.ids = Some((self.ids.map_or(notice.id, |(first, _)| first), notice.id));
        let due_at = Standing::first(notice.at, notice.leaves_at).next_at;
        self.due_at = self.due_at.into_iter().chain(due_at).min();
        Ok(())
    }

    /// What stands before a notice.
    fn begin_or_go_on(&mut self) {
        if self.ids.is_some() {
            self.value.push(b',');
        } else {
            self.value = record::open(records::SCHEMA, EXPECTED_BYTES);
            self.value.extend_from_slice(b"{\"notices\":[");
        }
    }

    /// Whether the notice of this number, written last, stays on the sheet that is begun.
    fn has_room(&self, id: OutboxId) -> bool {
        self.ids.is_none_or(|(first, last)| {
            let is_in_order = last < id && id.0 - first.0 < SPAN;
            is_in_order && self.value.len() <= SHEET_BYTES_MAX
        })
    }

    /// What is to be written.
    #[must_use]
    pub fn finish(mut self) -> Vec<Operation> {
        self.end_sheet();
        self.operations
    }

    fn end_sheet(&mut self) {
        let Some((first, _)) = self.ids.take() else { return };
        let mut value = std::mem::take(&mut self.value);
        value.extend_from_slice(b"]}");
        record::close(&mut value, None);
        self.operations.push(Operation::Put(Keyspace::Outbox, sheet_key(first), value));
        if let Some(at) = self.due_at.take() {
            let due = records::due(at, &Due::Row(first));
            self.operations.push(Operation::Put(Keyspace::Due, due, Vec::new()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(state: RowState, next_at: Option<Timestamp>) -> OutboxChange {
        OutboxChange { state, next_at, said: "250 2.0.0 taken".into() }
    }

    #[test]
    fn sheet_is_due_when_the_first_of_its_rows_is() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let line = |id| Line { id: OutboxId(id), at: at(1), leaves_at: None };
        let outline = Outline { notices: vec![line(7), line(8)] };
        let mut sheet = OpenSheet::new(OutboxId(7), &outline, None);
        assert_eq!(sheet.marks(), []);
        sheet.change(OutboxId(8), &change(RowState::Waiting, Some(at(60))));
        assert_eq!(sheet.marks(), [], "the other one still leaves at once");
        sheet.change(OutboxId(7), &change(RowState::Sent, None));
        let due = |second| records::due(at(second), &Due::Row(OutboxId(7)));
        let moved = [
            Operation::Delete(Keyspace::Due, due(1)),
            Operation::Put(Keyspace::Due, due(60), vec![]),
        ];
        assert_eq!(sheet.marks(), moved);
        let standings = Some(sheet.standings().to_vec());
        let mut sheet = OpenSheet::new(OutboxId(7), &outline, standings);
        sheet.change(OutboxId(8), &change(RowState::Sent, None));
        assert_eq!(sheet.marks(), [Operation::Delete(Keyspace::Due, due(60))]);
        assert_eq!(sheet.standing(OutboxId(8)).unwrap().attempts, 2);
    }

    #[test]
    fn key_of_a_sheet_is_found_by_each_of_its_rows() {
        for row in [OutboxId(1), OutboxId(100), OutboxId(100 + SPAN - 1)] {
            let (from, to) = sheets_of(row);
            let first = sheet_key(OutboxId(row.0.min(100)));
            assert!(from <= first && first < to, "{row}");
            assert!(standings_key(OutboxId(1)) > to);
        }
    }
}
