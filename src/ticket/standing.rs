//! How a ticket stands, as far as a deed can be taken back: taken down before and after it.
//!
//! The inverse of a deed is made of both, so that no keyword needs one of its own. Deliberately
//! absent: words that were said or sent, questions, steps of procedures; who may take back what
//! (`command::undo`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ticket::history::{Actor, Priority, Status};
use crate::ticket::merge::Merged;
use crate::ticket::state::Ticket;
use crate::types::{Address, Locale, Mailbox, PersonId, QueueName, TicketId};

/// One field each, and the list of those that are no part of it: a new field of [`Ticket`] belongs
/// to one of the two.
macro_rules! standing {
    ($($(#[$about:meta])* $field:ident: $type:ty,)+; $($other:ident),+) => {
        /// How a ticket stands, as far as a deed can be taken back.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct Standing {
            $($(#[$about])* pub $field: $type,)+
        }

        impl Standing {
            /// How a ticket stands now.
            #[must_use]
            pub fn of(ticket: &Ticket) -> Self {
                let Ticket { $($field,)+ $($other: _),+ } = ticket;
                Self { $($field: $field.clone(),)+ }
            }

            /// The same with what a deed changed as it was before the deed; nothing where it was
            /// changed once more since.
            #[must_use]
            pub fn without(self, before: &Self, after: &Self) -> Option<Self> {
                $(let $field = without(self.$field, &before.$field, &after.$field)?;)+
                Some(Self { $($field,)+ })
            }

            /// Puts a ticket there.
            pub(super) fn put(self, ticket: &mut Ticket) {
                $(ticket.$field = self.$field;)+
            }
        }
    };
}

standing! {
    /// Where it works.
    queue: QueueName,
    /// How it stands.
    status: Status,
    /// What it is called.
    subject: String,
    /// Who asks.
    requestors: Vec<Mailbox>,
    /// Addresses that the requestors write from besides.
    aliases: Vec<Address>,
    /// Who gets the answers as well.
    cc: Vec<Mailbox>,
    /// Whose it is.
    owner: Option<PersonId>,
    /// Who wants to be told of everything.
    watchers: Vec<PersonId>,
    /// By when it should be done.
    due_at: Option<Timestamp>,
    /// The language of what goes to the requestors.
    locale: Locale,
    /// Condemned by a filter or verdict, and not yet cleared.
    suspect: bool,
    /// A ticket it is linked to.
    linked: Option<TicketId>,
    /// Tickets that have to do with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<TicketId>,
    /// How soon it wants somebody.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    priority: Priority,
    /// Tickets for which it takes everything that comes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    merged: Vec<Merged>,
    /// The ticket that takes everything that comes for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merged_into: Option<TicketId>,
    /// When it was resolved or rejected.
    ended_at: Option<Timestamp>,
    /// Who resolved or rejected it.
    ended_by: Option<Actor>,
    ;
    id, is_erased, created_at, updated_at, transactions, last_received, last_answer,
    first_answer_at, last_words, staying, held, questions, settled, asked, asked_additions, timers,
    request, task_of, sitting, practice, liaison
}

fn without<T: PartialEq + Clone>(now: T, before: &T, after: &T) -> Option<T> {
    if before == after {
        return Some(now);
    }
    (&now == after || &now == before).then(|| before.clone())
}
