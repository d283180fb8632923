//! The bounded queue in front of a writer thread: filled in call order, emptied in groups.
//!
//! Filling never blocks, because the order of calls must be the order of writes and callers are
//! async. Who can wait asks [`Queue::ready`] first; who does not is refused at the bound.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::StoreError;

/// How much may wait, and how much one group may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) waiting_count: usize,
    pub(crate) waiting_bytes: usize,
    pub(crate) group_count: usize,
    pub(crate) group_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct Queue<T> {
    bounds: Bounds,
    state: Mutex<State<T>>,
    filled: Condvar,
    emptied: Notify,
}

#[derive(Debug)]
struct State<T> {
    items: VecDeque<(T, usize)>,
    bytes: usize,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(crate) fn new(bounds: Bounds) -> Self {
        let state = State { items: VecDeque::new(), bytes: 0, is_closed: false };
        Self { bounds, state: Mutex::new(state), filled: Condvar::new(), emptied: Notify::new() }
    }

    /// Enqueues all items, next to each other, or none.
    ///
    /// At the bound this answers [`StoreError::Full`]; an empty queue takes anything.
    pub(crate) fn push(&self, items: Vec<(T, usize)>) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.is_closed {
            return Err(StoreError::Poisoned("the store is closed".into()));
        }
        if !state.has_room(&self.bounds) {
            return Err(StoreError::Full);
        }
        state.bytes += items.iter().map(|(_, bytes)| bytes).sum::<usize>();
        state.items.extend(items);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes what waits, up to the bounds of a group; blocks while nothing does.
    ///
    /// `None` once the queue is closed and empty.
    pub(crate) fn drain(&self) -> Option<Vec<T>> {
        let mut state = self.lock();
        while state.items.is_empty() {
            if state.is_closed {
                return None;
            }
            state = self.filled.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut group = Vec::new();
        let mut group_bytes = 0;
        while let Some((item, bytes)) = state.items.pop_front() {
            if !group.is_empty() && group_bytes + bytes > self.bounds.group_bytes {
                state.items.push_front((item, bytes));
                break;
            }
            group_bytes += bytes;
            group.push(item);
            if group.len() == self.bounds.group_count {
                break;
            }
        }
        state.bytes -= group_bytes;
        drop(state);
        self.emptied.notify_waiters();
        Some(group)
    }

    /// Returns once there is room for more.
    pub(crate) async fn ready(&self) {
        loop {
            let mut emptied = std::pin::pin!(self.emptied.notified());
            emptied.as_mut().enable();
            if self.lock().has_room(&self.bounds) {
                return;
            }
            emptied.await;
        }
    }

    /// Refuses what comes from now on; what waits is still taken.
    pub(crate) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> State<T> {
    fn has_room(&self, bounds: &Bounds) -> bool {
        self.is_closed
            || (self.items.len() < bounds.waiting_count && self.bytes < bounds.waiting_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds =
        Bounds { waiting_count: 4, waiting_bytes: 100, group_count: 3, group_bytes: 10 };

    #[test]
    fn groups_keep_order_and_bounds() {
        let queue = Queue::new(BOUNDS);
        for item in [(1, 4), (2, 6), (3, 1), (4, 90)] {
            queue.push(vec![item]).unwrap();
        }
        assert_eq!(queue.push(vec![(5, 1)]), Err(StoreError::Full));
        queue.close();
        assert_eq!(queue.drain(), Some(vec![1, 2]));
        assert_eq!(queue.drain(), Some(vec![3]));
        assert_eq!(queue.drain(), Some(vec![4]), "one item larger than a group goes alone");
        assert_eq!(queue.drain(), None);
    }

    #[tokio::test]
    async fn who_waits_for_room_is_woken() {
        let queue = std::sync::Arc::new(Queue::new(BOUNDS));
        queue.push(vec![(1, 100)]).unwrap();
        let waiter = tokio::spawn({
            let queue = std::sync::Arc::clone(&queue);
            async move { queue.ready().await }
        });
        tokio::task::yield_now().await;
        assert!(!waiter.is_finished());
        queue.drain();
        waiter.await.unwrap();
    }
}
