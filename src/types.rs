//! Values that every layer shares: addresses, numbers that must not be mixed up, languages,
//! months, slips of a finger, folded words, secrets, sums.
//!
//! Deliberately absent: mail formats (`mail`), people and queues (`desk`), a clock.

pub mod address;
pub mod fold;
pub mod hash;
pub mod id;
pub mod locale;
pub mod month;
pub mod secret;
pub mod typo;

pub use address::{Address, AddressError, Mailbox};
pub use hash::Hash;
pub use id::{OutboxId, PersonId, Position, QueueName, Sequence, TicketId, UnitId};
pub use locale::Locale;
pub use month::{day, month_number, months, short_day};
pub use secret::{Keyring, Secret};
pub use typo::{distance, is_slip, nearest};
