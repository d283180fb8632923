//! Votes counted, and what they say: for a meeting's minutes and for votes by mail.
//!
//! Deliberately absent: who voted how (`procedure::vote`), how votes are written (`minutes`).

use serde::{Deserialize, Serialize};

use crate::desk::vote::Majority;

/// How many said what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Votes {
    /// For it.
    pub yes: u16,
    /// Against it.
    pub no: u16,
    /// Neither.
    pub abstain: u16,
}

/// What a meeting decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is granted.
    Accepted,
    /// It is refused.
    Rejected,
    /// The next meeting decides.
    Postponed,
}

/// What came of a vote by mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Poll {
    /// The majority was reached.
    Carried,
    /// It was not.
    Lost,
    /// As many were for it as against it.
    Tied,
    /// Too few voted: nothing is decided.
    Quorum,
}

impl Votes {
    /// How many voted, abstentions included.
    #[must_use]
    pub const fn cast(self) -> u16 {
        self.yes.saturating_add(self.no).saturating_add(self.abstain)
    }

    /// Whether a result may have come of these votes as a simple majority reads them.
    #[must_use]
    pub const fn fit(self, verdict: Verdict) -> bool {
        match verdict {
            Verdict::Accepted => self.yes > self.no,
            Verdict::Rejected => self.yes <= self.no && self.cast() > 0,
            Verdict::Postponed => true,
        }
    }

    /// What came of a vote among `voters`.
    #[must_use]
    pub const fn poll(self, majority: Majority, quorum: u16, voters: u16) -> Poll {
        let (yes, no) = (self.yes as u32, self.no as u32);
        let is_carried = match majority {
            Majority::Simple => yes > no,
            Majority::Absolute => yes * 2 > voters as u32,
            Majority::TwoThirds => yes > 0 && yes * 3 >= (yes + no) * 2,
        };
        if self.cast() < quorum || self.cast() == 0 {
            Poll::Quorum
        } else if is_carried {
            Poll::Carried
        } else if yes == no {
            Poll::Tied
        } else {
            Poll::Lost
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn votes(yes: u16, no: u16, abstain: u16) -> Votes {
        Votes { yes, no, abstain }
    }

    #[test]
    fn majorities_are_counted_as_they_are_named() {
        let simple = |votes: Votes| votes.poll(Majority::Simple, 3, 7);
        assert_eq!(simple(votes(2, 1, 0)), Poll::Carried);
        assert_eq!(simple(votes(1, 0, 2)), Poll::Carried);
        assert_eq!(simple(votes(1, 2, 0)), Poll::Lost);
        assert_eq!(simple(votes(2, 2, 1)), Poll::Tied);
        assert_eq!(simple(votes(2, 0, 0)), Poll::Quorum);
        assert_eq!(votes(0, 0, 0).poll(Majority::Simple, 0, 7), Poll::Quorum);
        let absolute = |votes: Votes| votes.poll(Majority::Absolute, 1, 7);
        assert_eq!(absolute(votes(3, 0, 0)), Poll::Lost);
        assert_eq!(absolute(votes(4, 3, 0)), Poll::Carried);
        let thirds = |votes: Votes| votes.poll(Majority::TwoThirds, 1, 9);
        assert_eq!(thirds(votes(4, 2, 3)), Poll::Carried);
        assert_eq!(thirds(votes(5, 3, 0)), Poll::Lost);
    }

    #[test]
    fn result_that_its_votes_contradict_is_seen() {
        assert!(votes(7, 2, 1).fit(Verdict::Accepted));
        assert!(!votes(2, 7, 0).fit(Verdict::Accepted));
        assert!(!votes(2, 2, 0).fit(Verdict::Accepted));
        assert!(votes(2, 2, 0).fit(Verdict::Rejected));
        assert!(!votes(5, 4, 0).fit(Verdict::Rejected));
        assert!(votes(5, 4, 0).fit(Verdict::Postponed));
    }
}
