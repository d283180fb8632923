//! What an erasure leaves of sealed histories, so that the chain stays whole without what it hid.
//!
//! Of a history that was sealed, the commitments stay and the salt is replaced: without it they
//! tell nothing. A sum over the history as it reads now is chained behind them, so that it cannot
//! be changed again in silence. Deliberately absent: what is erased, and how records then read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::daemon::ledger::Ledger;
use crate::daemon::seal::{ROOT, Root, Sealed, Writes, leaf_key, sealed_key, value};
use crate::store::{Key, Keyspace, Store, StoreError};
use crate::ticket::seal::{self, Leaf};
use crate::types::{Hash, Keyring, TicketId};

/// What one erasure left of a history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Commitments of what was sealed since the erasure before.
    commitments: Vec<Hash>,
    /// Over all that was sealed, as it reads after this erasure.
    sum: Hash,
}

/// Under which key of Meta it stands.
#[must_use]
pub fn key(id: TicketId) -> Key {
    [b"seal/e/".as_slice(), &id.0.to_be_bytes()].concat()
}

/// Transactions by number, as the octets in which they are stored.
pub type History = BTreeMap<u32, Vec<u8>>;

/// Whether a head stands over the first transactions of a history: what erasures left of it, then
/// what was sealed since.
#[must_use]
pub fn is_head(
    kept: &[Kept],
    salt: &Hash,
    records: &History,
    transactions: u32,
    head: Hash,
) -> bool {
    let (mut sum, mut at) = (Hash::default(), 0);
    for one in kept {
        for commitment in &one.commitments {
            sum = seal::head(sum, commitment);
            at += 1;
            if at == transactions && sum == head {
                return true;
            }
        }
        sum = seal::head(sum, &one.sum);
        if at == transactions && sum == head {
            return kept.last() != Some(one) || one.sum == sum_of(salt, records, at);
        }
    }
    if kept.last().is_some_and(|last| last.sum != sum_of(salt, records, at)) || at > transactions {
        return false;
    }
    for (sequence, record) in records.range(at + 1..=transactions) {
        sum = seal::head(sum, &seal::commitment(salt, *sequence, record));
    }
    sum == head
}

fn sum_of(salt: &Hash, records: &History, transactions: u32) -> Hash {
    records.range(..=transactions).fold(Hash::default(), |sum, (sequence, record)| {
        seal::head(sum, &seal::commitment(salt, *sequence, record))
    })
}

/// Seals of histories that an erasure changes, while it does.
#[derive(Debug)]
pub struct Resealing {
    root: Root,
    writes: Writes,
}

impl Resealing {
    /// Begins with the root as it stands.
    ///
    /// # Errors
    /// What the store says.
    pub async fn begin<S: Store>(ledger: &Ledger<S>) -> Result<Self, StoreError> {
        let root: Option<Root> = ledger.read(Keyspace::Meta, ROOT).await?;
        Ok(Self { root: root.unwrap_or_default(), writes: Writes::new() })
    }

    /// A history that reads otherwise from now on; nothing follows if it was never sealed.
    ///
    /// # Errors
    /// What the store says.
    pub async fn change<S: Store>(
        &mut self,
        ledger: &Ledger<S>,
        keyring: &Keyring,
        id: TicketId,
        (before, after): (&History, &History),
    ) -> Result<(), StoreError> {
        let known: Option<Sealed> = ledger.read(Keyspace::Meta, &sealed_key(id)).await?;
        let Some(known) = known else { return Ok(()) };
        let kept: Option<Vec<Kept>> = ledger.read(Keyspace::Meta, &key(id)).await?;
        let mut kept = kept.unwrap_or_default();
        let erased: usize = kept.iter().map(|one| one.commitments.len()).sum();
        let erased = u32::try_from(erased).unwrap_or(u32::MAX);
        let sealed = before.range(erased + 1..=known.transactions);
        let commitments = sealed
            .map(|(sequence, record)| seal::commitment(&known.salt, *sequence, record))
            .collect();
        let times = (kept.len() + 1).to_string();
        let salt = Hash::of(keyring.key(&["salt", &id.to_string(), &times]).as_bytes());
        let sum = sum_of(&salt, after, known.transactions);
        kept.push(Kept { commitments, sum });
        let head = seal::head(known.head, &sum);
        let leaf = Leaf { ticket: id, transactions: known.transactions, head };
        self.root.root = leaf.root(self.root.root);
        self.writes.push((leaf_key(self.root.number), value(&leaf)));
        self.root.number += 1;
        self.writes.push((sealed_key(id), value(&Sealed { head, salt, ..known })));
        self.writes.push((key(id), value(&kept)));
        Ok(())
    }

    /// What is to be written, as JSON under keys of Meta.
    #[must_use]
    pub fn finish(mut self) -> Writes {
        if !self.writes.is_empty() {
            self.writes.push((ROOT.to_vec(), value(&self.root)));
        }
        self.writes
    }
}
