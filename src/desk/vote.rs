//! Votes by mail as they are declared.
//!
//! Deliberately absent: who voted how (`ticket::procedure::vote`), counting (`ticket::tally`).

use serde::{Deserialize, Serialize};

use crate::desk::procedure::{objectors_queue, window_days};
use crate::desk::{Access, Member, Register, soundness};

/// A vote by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vote {
    /// Who votes: `queue:NAME` is those who may write there.
    pub by: String,
    /// How long, in whole days.
    pub span: String,
    /// How many must vote, abstentions included.
    #[serde(default = "one")]
    pub quorum: u16,
    /// How many must be for it.
    #[serde(default)]
    pub majority: Majority,
    /// Whether the result says who voted how.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
    /// The meeting that decides where too few voted; the coordinators where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub meeting: Option<String>,
}

const fn one() -> u16 {
    1
}

/// How many must be for it. A tie is no majority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Majority {
    /// More yes than no.
    #[default]
    Simple,
    /// More than half of all who may vote.
    Absolute,
    /// Two thirds of those who said yes or no.
    TwoThirds,
}

impl Vote {
    /// Every mistake, as a sentence that says what to do.
    #[must_use]
    pub fn problems(&self, register: &Register) -> Vec<String> {
        let mut problems: Vec<String> = window_days(&self.span).err().into_iter().collect();
        let Some(queue) = objectors_queue(&self.by) else {
            problems.push(format!("`by` is `{}`: write `queue:` and a queue's name", self.by));
            return problems;
        };
        if register.queue(&queue).is_none() {
            let remedy = soundness::queue_meant(register, &queue);
            problems.push(format!("`by` names `{queue}`, which is no queue: {remedy}"));
            return problems;
        }
        let may_write = |member: &&Member| member.access == Access::Write;
        let voters = register.members(&queue).iter().filter(may_write).count();
        if usize::from(self.quorum) > voters {
            problems.push(format!(
                "`quorum` is {} and queue `{queue}` has {voters} who may vote: it would never be \
                 reached; lower it or add members",
                self.quorum
            ));
        }
        if self.quorum == 0 {
            problems.push("`quorum` is 0: nobody would have to vote; write 1 or more".to_owned());
        }
        problems
    }
}
