//! What waits for somebody's proof, and which rung of the ladder each purpose needs.
//!
//! Data, and one table. Deliberately absent: asking, and what an answer does (`proof`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::ticket::command::Keyword;
use crate::ticket::erasing::Target;
use crate::ticket::history::Claim;
use crate::ticket::identity::{CONFIRMED, KNOWN};
use crate::ticket::matter::Excerpt;
use crate::ticket::state::Actor;
use crate::types::{Address, Position};

/// What somebody wants to do that needs proof, as a code is bound to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// Words to a requestor, or keywords that no other purpose covers.
    Answer,
    /// To say that words are an objection, or are none.
    Object,
    /// To withdraw an objection: a clock starts.
    Withdraw,
    /// To decide, as a coordinator, whether somebody's objection stands.
    Rule,
    /// To consent to a text.
    Consent,
    /// To sign what somebody else asks for.
    Cosign,
    /// To confirm, where a procedure asks a person by name.
    Confirm,
    /// To grant or refuse.
    Grant,
    /// To vote.
    Vote,
    /// To record what a meeting decided.
    Minutes,
    /// To look after the site: what was set aside, who gets no automatic mail.
    Keep,
    /// To erase for good; always by a code, whatever the site says.
    Erase,
}

impl Purpose {
    /// Every purpose, in the order of the table.
    pub const ALL: [Self; 12] = [
        Self::Answer,
        Self::Object,
        Self::Withdraw,
        Self::Rule,
        Self::Consent,
        Self::Cosign,
        Self::Confirm,
        Self::Grant,
        Self::Vote,
        Self::Minutes,
        Self::Keep,
        Self::Erase,
    ];

    /// Its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Object => "object",
            Self::Withdraw => "withdraw-objection",
            Self::Rule => "rule",
            Self::Consent => "consent",
            Self::Cosign => "cosign",
            Self::Confirm => "confirm",
            Self::Grant => "grant",
            Self::Vote => "vote",
            Self::Minutes => "minutes",
            Self::Keep => "keep",
            Self::Erase => "erase",
        }
    }

    /// The rung that it needs where the site says nothing. Whoever is below is asked, and reaches
    /// rung 2 by the answer.
    #[must_use]
    pub const fn rung(self) -> u8 {
        match self {
            Self::Answer
            | Self::Object
            | Self::Rule
            | Self::Consent
            | Self::Cosign
            | Self::Confirm
            | Self::Minutes
            | Self::Keep => KNOWN,
            Self::Withdraw | Self::Grant | Self::Vote | Self::Erase => CONFIRMED,
        }
    }
}

/// Something that waits until the registered address says yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// In whose name it came.
    pub whom: Actor,
    /// The registered address that the code went to, and no other.
    pub address: Address,
    /// What for. The code is good for nothing else.
    pub purpose: Purpose,
    /// The mail that asks for it.
    pub message: Position,
    /// When that mail was accepted.
    pub received_at: Timestamp,
    /// From then on the code counts no more.
    pub expires_at: Timestamp,
    /// What is done on a yes.
    pub deed: Deed,
}

/// What is done once it is proven.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// A member's words and keywords.
    Letter(Box<Claim>),
    /// This is erased.
    Erase(Target),
    /// What a step of a procedure takes; `procedure::proven` gets it back as it is.
    Step {
        /// The step's own word for it, such as `yes`, `abstain`, `refused`.
        value: String,
        /// The author's words that belong to it, such as a reason.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<Excerpt>,
        /// Which step, and which of those who must answer there, where that matters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seat: Option<(u16, u16)>,
    },
}

impl Deed {
    /// What a step of a procedure takes.
    #[must_use]
    pub fn step(value: impl Into<String>, text: Option<Excerpt>) -> Self {
        Self::Step { value: value.into(), text, seat: None }
    }

    /// What somebody says who must answer at a step.
    #[must_use]
    pub fn verdict(granted: bool, reason: Option<Excerpt>, seat: (u16, u16)) -> Self {
        let value = if granted { "yes" } else { "no" }.to_owned();
        Self::Step { value, text: reason, seat: Some(seat) }
    }

    /// Whether two ask for the same, in whatever words.
    #[must_use]
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Step { value: one, seat: here, .. },
                Self::Step { value: two, seat: there, .. },
            ) => one == two && here == there,
            (one, two) => one == two,
        }
    }
}

/// The rung that a purpose needs on this site.
#[must_use]
pub fn needed(desk: &Desk, purpose: Purpose) -> u8 {
    desk.site.rungs.get(purpose.name()).copied().unwrap_or_else(|| purpose.rung())
}

/// The rung that a keyword needs on this site: what stands under its own name, else what it is
/// said for needs. A name that it shares with a purpose is the purpose's.
#[must_use]
pub fn needed_by(desk: &Desk, keyword: &Keyword) -> u8 {
    own(desk, keyword).unwrap_or_else(|| needed(desk, keyword.purpose))
}

/// The rung that a keyword needs on a team's task for a request: a report is ordinary work.
#[must_use]
pub fn needed_to_report(desk: &Desk, keyword: &Keyword) -> u8 {
    own(desk, keyword).unwrap_or_else(|| needed(desk, Purpose::Answer))
}

fn own(desk: &Desk, keyword: &Keyword) -> Option<u8> {
    let is_purpose = Purpose::ALL.iter().any(|purpose| purpose.name() == keyword.name);
    desk.site.rungs.get(keyword.name).copied().filter(|_| !is_purpose)
}
