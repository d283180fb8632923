//! The sticky mark of a failed write: once set it stays until the process ends.
//!
//! Deliberately absent: a way to take it back. What a failed write or sync left behind is known
//! only after the next start has looked.

use tokio::sync::watch;

use super::StoreError;

/// Set once, seen by everybody who holds it.
#[derive(Debug, Clone)]
pub(crate) struct Poison {
    reason: watch::Sender<Option<String>>,
}

impl Poison {
    pub(crate) fn new() -> Self {
        Self { reason: watch::Sender::new(None) }
    }

    /// Marks the store as failed; the first reason stays.
    pub(crate) fn set(&self, reason: &str) {
        self.reason.send_if_modified(|current| {
            let is_first = current.is_none();
            if is_first {
                *current = Some(reason.to_owned());
            }
            is_first
        });
    }

    /// The error that every caller gets from now on, if a write failed.
    pub(crate) fn error(&self) -> Option<StoreError> {
        self.reason.borrow().clone().map(StoreError::Poisoned)
    }

    /// The error for an answer that never came because its writer ended.
    pub(crate) fn error_of_silence(&self) -> StoreError {
        self.error().unwrap_or_else(|| StoreError::Poisoned("the writer ended".into()))
    }

    /// Returns once a write failed, with the reason.
    pub(crate) async fn wait(&self) -> String {
        let mut receiver = self.reason.subscribe();
        match receiver.wait_for(Option::is_some).await {
            Ok(reason) => reason.clone().unwrap_or_default(),
            Err(closed) => closed.to_string(),
        }
    }
}
