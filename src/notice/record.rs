//! The record of a decision as a file: the same for every reader, with the full sums.
//!
//! The lines `root` and `ticket-head` are what `lotse audit --anchor` reads. Deliberately absent:
//! words of a language; the mail around it has them.

use std::fmt::Write as _;

use crate::desk::Desk;
use crate::mail::compose::OutgoingPart;
use crate::ticket::procedure::sheet::DecisionSheet;
use crate::ticket::seal::Seal;
use crate::types::{Hash, TicketId};

/// What the first line of the file says.
const HEAD: &str = "lotse decision sheet, version 1";

/// The file.
#[must_use]
pub fn file(desk: &Desk, ticket: TicketId, sheet: &DecisionSheet) -> OutgoingPart {
    OutgoingPart {
        name: format!("{}-{ticket}.txt", desk.site.name),
        media_type: "text/plain".to_owned(),
        content: text(desk, ticket, sheet).into_bytes(),
    }
}

fn text(desk: &Desk, ticket: TicketId, sheet: &DecisionSheet) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let value = value.replace(['\n', '\r'], " ");
        let written = writeln!(text, "{name}: {value}");
        debug_assert!(written.is_ok(), "a string takes every line");
    };
    line("sheet", HEAD);
    line("site", &desk.site.name);
    line("ticket", &ticket.to_string());
    line("procedure", &sheet.procedure);
    line("granted", if sheet.granted { "yes" } else { "no" });
    line("decided", &sheet.at.to_string());
    line("decided-by", &json(&sheet.by));
    line("rung", &sheet.rung.to_string());
    if let Some(ruling) = &sheet.ruling {
        line("ruling", &json(ruling));
    }
    if let Some(poll) = &sheet.poll {
        line("poll", &json(poll));
    }
    for verdict in &sheet.verdicts {
        line("verdict", &json(verdict));
    }
    for (name, value) in &sheet.facts {
        line("fact", &format!("{name} = {value}"));
    }
    for paper in &sheet.papers {
        line("paper", &json(paper));
    }
    for consent in &sheet.consents {
        line("consent", &json(consent));
    }
    for one in &sheet.course {
        line("course", &json(one));
    }
    line("ticket-transactions", &sheet.seal.transactions.to_string());
    line("ticket-head", &sheet.seal.head.to_string());
    line("root-number", &sheet.seal.number.to_string());
    line("root", &sheet.seal.root.to_string());
    text
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Ticket and seal of a record that was mailed out; nothing if this is none.
#[must_use]
pub fn read(text: &str) -> Option<(TicketId, Seal)> {
    let value = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::trim)
    };
    (value("sheet")? == HEAD).then_some(())?;
    let seal = Seal {
        number: value("root-number")?.parse().ok()?,
        root: Hash::parse(value("root")?)?,
        transactions: value("ticket-transactions")?.parse().ok()?,
        head: Hash::parse(value("ticket-head")?)?,
    };
    Some((TicketId(value("ticket")?.parse().ok()?), seal))
}
