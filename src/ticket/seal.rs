//! Seals: sums over histories, chained, and the site's root over all of them.
//!
//! A ticket's head is chained over commitments, `H(before, H(salt, record))`, so that a record and
//! its salt can be erased and the chain stays whole. The root is chained over leaves, each of which
//! says how far a ticket had come and what its head was then. Deliberately absent: where they are
//! kept and when the root advances (`daemon::seal`).

use serde::{Deserialize, Serialize};

use crate::types::{Hash, TicketId};

/// The site's root as it stood, and how far one ticket was sealed with it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// How many leaves the root stands over.
    pub number: u64,
    /// The root.
    pub root: Hash,
    /// How many transactions of the ticket are in its head.
    pub transactions: u32,
    /// The ticket's head.
    pub head: Hash,
}

/// How far a ticket had come when it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Which ticket.
    pub ticket: TicketId,
    /// How many transactions.
    pub transactions: u32,
    /// The head over them.
    pub head: Hash,
}

impl Leaf {
    /// The root over this leaf and all before it.
    #[must_use]
    pub fn root(&self, before: Hash) -> Hash {
        let (ticket, transactions) = (self.ticket.0.to_be_bytes(), self.transactions.to_be_bytes());
        let parts: [&[u8]; 4] = [before.octets(), &ticket, &transactions, self.head.octets()];
        Hash::over("lotse.root", &parts)
    }
}

/// The commitment to a record as it is stored.
#[must_use]
pub fn commitment(salt: &Hash, sequence: u32, record: &[u8]) -> Hash {
    Hash::over("lotse.record", &[salt.octets(), &sequence.to_be_bytes(), record])
}

/// The head over a commitment and all before it.
#[must_use]
pub fn head(before: Hash, commitment: &Hash) -> Hash {
    Hash::over("lotse.history", &[before.octets(), commitment.octets()])
}
