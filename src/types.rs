//! Values that every layer shares: addresses, numbers that must not be mixed up, languages,
//! secrets.
//!
//! Deliberately absent: mail formats (`mail`), people and queues (`desk`), a clock.

pub mod address;
pub mod id;
pub mod locale;
pub mod secret;

pub use address::{Address, AddressError, Mailbox};
pub use id::{OutboxId, PersonId, Position, QueueName, Sequence, TicketId};
pub use locale::Locale;
pub use secret::{Keyring, Secret};
