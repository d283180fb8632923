//! How far the daemon has come, for whoever waits for it.
//!
//! Deliberately absent: what is still due, which stands in the store (`running`).

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::types::Position;

/// How far the daemon has come; `lotse clock` waits until nothing is left to do.
#[derive(Debug, Default)]
pub struct Progress {
    /// The newest accepted message.
    pub newest: AtomicU64,
    /// The last decided message.
    pub decided: AtomicU64,
    /// Batches handed over.
    pub handed_over: AtomicU64,
    /// Batches that are durable.
    pub durable: AtomicU64,
    /// Told at every change.
    pub changed: Notify,
}

impl Progress {
    /// Whether an accepted message waits to be decided.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.decided.load(Ordering::Acquire) < self.newest.load(Ordering::Acquire)
    }

    /// Whether every accepted message is decided and every batch durable.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        !self.is_behind() && self.is_durable()
    }

    /// What `Request::Progress` shows of it: positions, batches, rows on their way to a server, and
    /// whether nothing at all is left to do.
    #[must_use]
    pub fn shown(&self, is_settled: bool, under_way: usize) -> Value {
        json!({
            "newest": self.newest.load(Ordering::Acquire),
            "decided": self.decided.load(Ordering::Acquire),
            "handed_over": self.handed_over.load(Ordering::Acquire),
            "durable": self.durable.load(Ordering::Acquire),
            "under_way": under_way,
            "settled": is_settled,
        })
    }

    /// Whether every batch is durable.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.durable.load(Ordering::Acquire) >= self.handed_over.load(Ordering::Acquire)
    }

    /// Returns once every batch that is handed over now is durable.
    pub async fn durable(&self) {
        let handed_over = self.handed_over.load(Ordering::Acquire);
        loop {
            let changed = self.changed.notified();
            if self.durable.load(Ordering::Acquire) >= handed_over {
                return;
            }
            changed.await;
        }
    }

    /// Returns once this message is decided.
    pub async fn decided(&self, position: Position) {
        loop {
            let changed = self.changed.notified();
            if self.decided.load(Ordering::Acquire) >= position.0 {
                return;
            }
            changed.await;
        }
    }
}
