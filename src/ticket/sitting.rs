//! One date of a meeting as a ticket: its agenda, and what came of each item.
//!
//! The sitting is the fold of its [`SittingChange`]s. Deliberately absent: when meetings take
//! place (`desk::meeting`), why something happens (`meeting`).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ticket::history::Transaction;
use crate::ticket::matter::Excerpt;
use crate::ticket::tally::{Verdict, Votes};
use crate::types::{Address, PersonId, Sequence, TicketId};

/// What happens to a sitting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum SittingChange {
    /// It will take place, or at another time than was planned.
    Plan {
        /// The meeting's short name.
        meeting: String,
        /// When it begins.
        begins_at: Timestamp,
    },
    /// A request comes on the agenda.
    Add {
        /// Which.
        item: TicketId,
    },
    /// A request leaves it: nothing is left to decide.
    Drop {
        /// Which.
        item: TicketId,
    },
    /// The agenda went out; it did before where items were added.
    Call,
    /// Somebody may record results by answering; the transaction's number stands in the address.
    Question {
        /// Who.
        by: PersonId,
        /// At which address.
        address: Address,
    },
    /// A result was given that something is wrong with: nobody hears of it before it is answered.
    Await {
        /// For which request.
        item: TicketId,
        /// The result as given.
        given: Given,
        /// What is asked.
        query: Query,
    },
    /// A result stands.
    Result {
        /// For which request.
        item: TicketId,
        /// What.
        given: Given,
    },
    /// A request goes to the next sitting.
    Carry {
        /// Which.
        item: TicketId,
        /// To which sitting.
        to: TicketId,
    },
    /// It was said once which words of an answer were no results.
    Told,
    /// The decision sheet of a request is to go out with the others of the sitting.
    Sheet {
        /// Of which request.
        item: TicketId,
    },
    /// They went out.
    SheetsSent,
}

/// A result as somebody gave it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Given {
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// With how many votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub votes: Option<Votes>,
    /// The words that give the reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Excerpt>,
}

/// What is asked about a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Query {
    /// A refusal lacks its reason.
    Reason,
    /// The votes say something else than the result.
    Votes,
    /// It says two things, or nothing that is a result.
    Unclear,
    /// A place in the list was named instead of the number, and this one stands there.
    Position,
    /// As `Position`, and the reason is missing too.
    PositionAndReason,
    /// It does not stand on this agenda.
    NotHere,
    /// Something else was recorded before, and told.
    Already,
    /// The meeting has not begun.
    TooEarly,
    /// Somebody wrote in the reader's name without proof.
    Unproven,
}

/// An item of an agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// The request's ticket.
    pub ticket: TicketId,
    /// Where it stands.
    pub state: ItemState,
}

/// Where an item stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ItemState {
    /// Nothing was recorded.
    Open,
    /// A result waits for the answer to a question.
    Awaited(Given, Query),
    /// It is decided; when it was recorded.
    Decided(Given, Timestamp),
    /// It left the agenda.
    Dropped,
    /// The sitting that it went to.
    Carried(TicketId),
}

/// A sitting as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sitting {
    /// The meeting's short name.
    pub meeting: String,
    /// When it begins.
    pub begins_at: Timestamp,
    /// How often the agenda was sent, additions included.
    #[serde(default)]
    pub calls: u32,
    /// When the agenda went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub called_at: Option<Timestamp>,
    /// What stands on it, in the order in which it came.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Who may answer at which address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub questions: BTreeMap<Sequence, (PersonId, Address)>,
    /// Whether it was said that an answer held no result.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// The requests whose decision sheets have not gone out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<TicketId>,
}

impl Sitting {
    /// A sitting that is planned.
    #[must_use]
    pub const fn new(meeting: String, begins_at: Timestamp) -> Self {
        Self {
            meeting,
            begins_at,
            calls: 0,
            called_at: None,
            items: Vec::new(),
            questions: BTreeMap::new(),
            told: false,
            sheets: Vec::new(),
        }
    }

    /// The item of a request, if it stands or stood here.
    #[must_use]
    pub fn item(&self, ticket: TicketId) -> Option<&Item> {
        self.items.iter().find(|item| item.ticket == ticket)
    }

    /// The requests that still wait for a result here.
    pub fn open(&self) -> impl Iterator<Item = TicketId> + '_ {
        let waits = |item: &&Item| matches!(item.state, ItemState::Open | ItemState::Awaited(..));
        self.items.iter().filter(waits).map(|item| item.ticket)
    }

    /// Changes the sitting by a transaction of its ticket. The only way a sitting changes.
    pub(crate) fn apply(&mut self, change: &SittingChange, transaction: &Transaction) {
        match change {
            SittingChange::Plan { meeting, begins_at } => {
                self.meeting.clone_from(meeting);
                self.begins_at = *begins_at;
            }
            SittingChange::Add { item } => self.set(*item, ItemState::Open),
            SittingChange::Drop { item } => self.set(*item, ItemState::Dropped),
            SittingChange::Call => {
                self.calls = self.calls.saturating_add(1);
                self.called_at.get_or_insert(transaction.at);
            }
            SittingChange::Question { by, address } => {
                self.questions.insert(transaction.sequence, (by.clone(), address.clone()));
            }
            SittingChange::Await { item, given, query } => {
                self.set(*item, ItemState::Awaited(given.clone(), *query));
            }
            SittingChange::Result { item, given } => {
                self.set(*item, ItemState::Decided(given.clone(), transaction.at));
            }
            SittingChange::Carry { item, to } => self.set(*item, ItemState::Carried(*to)),
            SittingChange::Told => self.told = true,
            SittingChange::Sheet { item } => {
                self.sheets.retain(|known| known != item);
                self.sheets.push(*item);
            }
            SittingChange::SheetsSent => self.sheets.clear(),
        }
    }

    fn set(&mut self, ticket: TicketId, state: ItemState) {
        match self.items.iter_mut().find(|item| item.ticket == ticket) {
            Some(item) => item.state = state,
            None => self.items.push(Item { ticket, state }),
        }
    }
}
