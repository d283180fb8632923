//! The loop: event, look up, decide, commit; and everything around it that touches the world.
//!
//! ```text
//! doors -> spool (archive, synced) -> reader (parses ahead) -> decider -> view -> store
//!                                                     ^                      |
//!                                  timers, outcomes --+        outbox -> submit
//! ```
//!
//! Deliberately absent: rules about tickets, people or time. A rule that stands here stands in
//! the wrong room.

pub mod ahead;
pub mod alive;
pub mod allowance;
pub mod alone;
pub mod casework;
pub mod clock;
pub mod control;
pub mod course;
pub mod decider;
pub mod due;
pub mod erase;
pub mod errand;
pub mod explain;
pub mod export;
pub mod kept;
pub mod ledger;
pub mod look;
pub mod marker;
pub mod outbox;
pub mod pool;
pub mod postbag;
pub mod probe;
pub mod program;
pub mod progress;
pub mod reader;
pub mod recipients;
pub mod records;
pub mod registers;
pub mod rehearse;
pub mod running;
pub mod scenario;
pub mod seal;
pub mod search;
pub mod serve;
mod settling;
pub mod sheet;
pub mod spool;
mod tallies;
pub mod texts;
pub mod verify;

/// Returns once the daemon is told to end, or nobody is left to tell it.
pub(crate) async fn ended(closing: &mut tokio::sync::watch::Receiver<bool>) {
    let told = closing.wait_for(|closing| *closing).await.map(|closing| *closing);
    tracing::trace!(?told, "a task ends");
}
