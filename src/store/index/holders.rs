//! The tickets that hold a word, and what of them is left where other words are looked for as well.
//!
//! Deliberately absent: the files that the lists come from (`index`).

use crate::store::index::tickets_of;

/// A list so many times shorter than another is looked up in it, ticket by ticket.
const SPARSE: usize = 16;

/// The tickets of one term: lists as they stand in files, and those still in memory.
pub(super) struct Holders {
    pub(super) filed: Vec<Vec<u8>>,
    pub(super) here: Vec<u64>,
}

impl Holders {
    /// Octets that must be read to know them all.
    pub(super) fn octets(&self) -> usize {
        self.filed.iter().map(Vec::len).sum::<usize>() + self.here.len()
    }

    pub(super) fn all(&self) -> Vec<u64> {
        let filed = self.filed.iter().flat_map(|octets| tickets_of(octets));
        let mut all: Vec<u64> = filed.chain(self.here.iter().copied()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Keeps of ascending tickets those that are among these.
    pub(super) fn keep(&self, common: &mut Vec<u64>) {
        let mut holds = vec![false; common.len()];
        for octets in &self.filed {
            note(common, &mut holds, octets.len(), tickets_of(octets));
        }
        for ticket in &self.here {
            note(common, &mut holds, 1, std::iter::once(*ticket));
        }
        let mut holds = holds.into_iter();
        common.retain(|_| holds.next() == Some(true));
    }
}

/// Notes which of the ascending `common` are among the ascending `tickets`, some `count` of them.
fn note(common: &[u64], holds: &mut [bool], count: usize, tickets: impl Iterator<Item = u64>) {
    let mark = |holds: &mut [bool], at: usize| {
        if let Some(hold) = holds.get_mut(at) {
            *hold = true;
        }
    };
    if count < common.len() / SPARSE {
        for ticket in tickets {
            if let Ok(at) = common.binary_search(&ticket) {
                mark(holds, at);
            }
        }
        return;
    }
    let mut at = 0;
    for ticket in tickets {
        while common.get(at).is_some_and(|next| *next < ticket) {
            at += 1;
        }
        match common.get(at) {
            Some(next) if *next == ticket => mark(holds, at),
            Some(_) => {}
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(tickets: &[u64]) -> Vec<u8> {
        let mut octets = Vec::new();
        let mut before = 0;
        for ticket in tickets {
            crate::store::index::push_varint(&mut octets, ticket - before);
            before = *ticket;
        }
        octets
    }

    #[test]
    fn what_is_left_is_what_every_list_holds() {
        let every: Vec<u64> = (1..2000).collect();
        let odd: Vec<u64> = (1..2000).step_by(2).collect();
        let few = [5, 6, 700, 1999, 4000];
        let holders = |filed: &[&[u64]], here: &[u64]| Holders {
            filed: filed.iter().map(|tickets| list(tickets)).collect(),
            here: here.to_vec(),
        };
        let mut common = holders(&[&every], &[2500]).all();
        assert_eq!(common.len(), 2000);
        holders(&[&odd, &few], &[2500]).keep(&mut common);
        assert_eq!(common.len(), 1000 + 3, "odd ones, 6, 700 and the one in memory");
        holders(&[&few], &[]).keep(&mut common);
        assert_eq!(common, [5, 6, 700, 1999], "a short list is looked up");
        holders(&[], &[]).keep(&mut common);
        assert!(common.is_empty());
    }
}
