//! Every decision: what follows from an event, for which ticket, told to whom.
//!
//! [`decide()`] is pure: the same desk, case, event and time give the same decision. What it reads
//! beyond the desk stands in the [`Case`]; what it lacks it names ([`Decision::Needs`]), and the
//! shell looks it up and asks again. Deliberately absent: clock, store, templates, the network.

pub mod answer;
pub mod bounce;
pub mod breach;
pub mod breaker;
pub mod budget;
pub mod caps;
pub mod case;
pub mod changes;
pub mod command;
pub mod decide;
pub mod digest;
pub mod draft;
pub mod effect;
pub mod erasing;
pub mod event;
pub mod filing;
pub mod fingerprint;
pub mod first;
pub mod history;
pub mod identity;
pub mod inbox;
pub mod key;
pub mod liaison;
pub mod matter;
pub mod meeting;
pub mod member;
pub mod merge;
pub mod neglect;
pub mod outbox;
pub mod practice;
pub mod procedure;
pub mod proof;
pub mod quarantine;
pub mod query;
pub mod receive;
pub mod report;
pub mod route;
pub mod seal;
pub mod shelf;
pub mod sitting;
pub mod standing;
pub mod state;
pub mod stay;
pub mod tally;
pub mod tell;
pub mod thanks;
pub mod way_out;
pub mod words;

use jiff::{SignedDuration, Timestamp};

pub use case::{Case, Correspondent, Lookups, Missing, Seen, SeenKey, ThreadEntry};
pub use decide::{decide, first_timers, mail_needs, needs};
pub use draft::Draft;
pub use effect::{Decision, Effect, Filing, Notice, ReplyTo, Timer};
pub use event::{Event, MailEvent};
pub use matter::{Excerpt, Matter};
pub use outbox::may_leave;
pub use route::carries_key;
pub use state::{Actor, Change, Status, Ticket, Transaction};

/// A moment and a span later, or the end of time.
pub(crate) fn later(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(Timestamp::MAX)
}
