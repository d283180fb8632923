//! Timers whose time has come: which of them fire now, and when the next does.
//!
//! However many wait, only those that are due are read. Deliberately absent: what a timer does
//! (`ticket`), rows of the outbox (`outbox`).

use jiff::Timestamp;

use crate::daemon::ledger::Ledger;
use crate::daemon::records::{self, Due};
use crate::store::{Keyspace, Range, Store, StoreError};
use crate::ticket::Timer;

/// Timers that are read at once.
const PAGE: usize = 256;

/// What is due at `now`, in order: some of it, and all that waits for nothing comes in the end if
/// this is asked again once they fired. A silence that counts waits until every door has taken
/// everything up to its end; what is due behind it does not wait along.
///
/// # Errors
/// What the store says.
pub async fn timers<S: Store>(
    ledger: &Ledger<S>,
    now: Timestamp,
    caught_up: Timestamp,
) -> Result<Vec<(Timestamp, Timer)>, StoreError> {
    let (mut from, to) = records::due_until(records::DUE_TIMERS, now);
    loop {
        let range = Range { from: &from, to: &to, limit: PAGE, reverse: false };
        let page = ledger.view().scan(Keyspace::Due, range).await?;
        let due = page.iter().filter_map(|(key, _)| match records::read_due(key)? {
            (at, Due::Timer(timer)) if !timer.is_silence() || at <= caught_up => Some((at, timer)),
            _ => None,
        });
        let due: Vec<(Timestamp, Timer)> = due.collect();
        let is_last = page.len() < PAGE;
        match page.into_iter().next_back() {
            Some((last, _)) if due.is_empty() && !is_last => {
                from = last;
                from.push(0);
            }
            _ => return Ok(due),
        }
    }
}

/// When the next timer is due, of all or of those that are not due at `after`.
///
/// # Errors
/// What the store says.
pub async fn next<S: Store>(
    ledger: &Ledger<S>,
    after: Option<Timestamp>,
) -> Result<Option<Timestamp>, StoreError> {
    let first = [records::DUE_TIMERS];
    let from = match after {
        Some(after) => records::due_until(records::DUE_TIMERS, after).1,
        None => first.to_vec(),
    };
    let to = records::behind(&first);
    let range = Range { from: &from, to: &to, limit: 1, reverse: false };
    let found = ledger.view().scan(Keyspace::Due, range).await?;
    Ok(found.first().and_then(|(key, _)| records::read_due(key)).map(|(at, _)| at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::MemoryStore;
    use crate::store::{Batch, Operation};
    use crate::types::TicketId;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + minute * 60).unwrap()
    }

    async fn armed(timers: impl IntoIterator<Item = (i64, Timer)>) -> Ledger<MemoryStore> {
        let store = MemoryStore::new();
        let put = |(minute, timer)| {
            Operation::Put(Keyspace::Due, records::due(at(minute), &Due::Timer(timer)), Vec::new())
        };
        let operations = timers.into_iter().map(put).collect();
        store.commit(Batch { operations, ..Batch::default() }).await.unwrap();
        Ledger::new(store)
    }

    /// Failure 39: hundreds of windows end at the same 24:00 while a mailbox is out of reach. What
    /// is due later fires all the same.
    #[tokio::test]
    async fn failure_39_silences_that_wait_for_a_door_hold_nothing_else_up() {
        let windows = (1..=1000).map(|number| (0, Timer::Window(TicketId(number))));
        let others = [(1, Timer::Settle(TicketId(7))), (9, Timer::Settle(TicketId(8)))];
        let ledger = armed(windows.chain(others)).await;
        let due = timers(&ledger, at(5), at(-1)).await.unwrap();
        assert_eq!(due, [(at(1), Timer::Settle(TicketId(7)))]);
        assert_eq!(next(&ledger, None).await.unwrap(), Some(at(0)));
        assert_eq!(next(&ledger, Some(at(5))).await.unwrap(), Some(at(9)));
        assert_eq!(next(&ledger, Some(at(9))).await.unwrap(), None);
        let due = timers(&ledger, at(5), at(0)).await.unwrap();
        assert_eq!((due.len(), due[0].0), (PAGE, at(0)), "the door is back");
    }
}
