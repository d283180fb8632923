//! What the outbox may hand to the way out now: counts and refusals, shared by all that leaves.
//!
//! It is ahead of the record in the store by what is under way. Deliberately absent: the rules
//! (`ticket::budget`), the record itself (`ticket::way_out`).

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::ticket::budget::{self, Bound, Budget, Class};
use crate::ticket::way_out::{Finding, Refused, WayOut};

/// The budget of the way out, and what is known of it.
#[derive(Debug)]
pub struct Allowance {
    budget: Budget,
    state: Mutex<WayOut>,
}

impl Allowance {
    /// Begins where the record stands.
    #[must_use]
    pub const fn new(budget: Budget, recorded: WayOut) -> Self {
        Self { budget, state: Mutex::new(recorded) }
    }

    fn state(&self) -> MutexGuard<'_, WayOut> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether anything is counted.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.budget != Budget::default()
    }

    /// Counts a mail that is about to leave.
    ///
    /// # Errors
    /// The bound that holds it back, as a finding to be recorded.
    pub fn take(&self, class: Class, now: Timestamp, zone: &TimeZone) -> Result<(), Finding> {
        if !self.is_bounded() {
            return Ok(());
        }
        let mut state = self.state();
        let Some(bound) = budget::held_by(self.budget, state.spent(now, zone), class) else {
            state.spend(now, zone);
            return Ok(());
        };
        let limit = match bound {
            Bound::Hour => self.budget.per_hour,
            Bound::Day => self.budget.per_day,
        };
        Err(Finding::Over { bound, limit, opens_at: budget::opens_at(bound, now, zone) })
    }

    /// A mail that was counted did not leave.
    pub fn give_back(&self) {
        self.state().give_back();
    }

    /// Which senders were refused so far.
    #[must_use]
    pub fn refused(&self) -> Refused {
        self.state().refused
    }

    /// Remembers which senders were refused; whether that is new.
    pub fn concede(&self, refused: Refused) -> bool {
        let mut state = self.state();
        let merged = state.refused.merged(refused);
        let is_new = merged != state.refused;
        state.refused = merged;
        is_new
    }
}
