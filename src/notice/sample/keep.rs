//! Samples of what those get who look after the site.

use crate::mail::Glance;
use crate::notice::Content;
use crate::notice::sample::at;
use crate::ticket::erasing::Plan;
use crate::ticket::quarantine::Lying;
use crate::types::{PersonId, Position, TicketId};

pub(super) fn erase_plan() -> Plan {
    Plan {
        tickets: vec![TicketId(17), TicketId(18)],
        messages: 5,
        span: Some((at(-24), at(0))),
        masked: 2,
        touched: vec![TicketId(3)],
        person: Some(PersonId::new("anna")),
    }
}

/// Messages that lie aside: of the first something can be said.
pub(super) const LYING: [u64; 2] = [8612, 9044];

pub(super) fn lying(number: u64) -> Lying {
    Lying { message: Position(number), at: at(-2), why: "understanding it panicked".into() }
}

pub(super) fn set_aside() -> Content {
    let seen = Glance {
        from: "Otto Normal otto@outside.example".into(),
        subject: "Frage zum Stammtisch".into(),
        words: "Wann ist der nächste Stammtisch in Köln".into(),
    };
    Content { text: seen.to_text(), html: None, attachments: Vec::new() }
}
