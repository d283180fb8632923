//! The bare samples: every matter with none of its optional parts.

use crate::notice::sample::digest::digest_item;
use crate::notice::sample::duty::{confirm, item, overdue, review, settled, task};
use crate::notice::sample::keep::{LYING, lying};
use crate::notice::sample::request::{bare_page, complete, outcome};
use crate::notice::sample::{address, at, fact, otto, rest, words};
use crate::ticket::Matter;
use crate::ticket::erasing::{Plan, Target};
use crate::ticket::matter::{
    Aside, Asking, Cause, DigestItem, Job, Occasion, ResultKind, ResultLine, SheetPage,
};
use crate::ticket::proof::Purpose;
use crate::ticket::state::Priority;
use crate::types::{Mailbox, TicketId};

/// One notice without its optional parts of every matter.
pub(super) fn every_matter() -> Vec<Matter> {
    let mut matters = bare_talk();
    matters.extend(bare_work());
    matters.extend(bare_procedure());
    matters.extend(bare_duty());
    matters.extend(super::meeting::bare());
    matters.extend(super::register::bare());
    matters.extend(super::upkeep::bare());
    matters
}

fn bare_talk() -> Vec<Matter> {
    let copy = |goes_to| Matter::Copy {
        author: Mailbox { name: String::new(), address: address("otto", "outside.example") },
        doubt: None,
        is_new: false,
        owner: None,
        goes_to,
        besides: Vec::new(),
        text: words(1),
        attachments: Vec::new(),
        reopened: false,
        linked: None,
        links: Vec::new(),
        also: Vec::new(),
        parked: false,
    };
    vec![
        Matter::Receipt { answer_days: None, also: Vec::new(), rest: None },
        Matter::Receipt { answer_days: Some(3), also: Vec::new(), rest: None },
        copy(Some(otto())),
        copy(None),
        Matter::Comment { author: "Bernd".into(), text: words(1), attachments: Vec::new() },
        Matter::AnswerCopy {
            author: "Bernd".into(),
            to: "Otto".into(),
            text: words(2),
            canned: None,
        },
        Matter::Again { occasion: Occasion::Rested, owner: None, goes_to: None, last: None },
        Matter::Answer { text: words(2), canned: None, attachments: Vec::new(), quoted: None },
        Matter::MayAdd {
            stranger: Mailbox { name: String::new(), address: address("ida", "outside.example") },
        },
        Matter::Refusal {},
    ]
}

fn bare_work() -> Vec<Matter> {
    let line = ResultLine {
        ticket: None,
        line: "!nehme".into(),
        outcome: ResultKind::Taken,
        detail: String::new(),
        until: None,
        aside: Aside::NONE,
        meant: None,
    };
    let bare_item = DigestItem {
        excerpt: None,
        doubt: None,
        priority: Priority::Normal,
        ..digest_item(19, "", false)
    };
    vec![
        Matter::Held { to: "Otto".into(), line: "!x".into(), meant: None },
        Matter::HeldColleague { to: "Otto".into(), colleague: "Bernd".into(), text: words(2) },
        Matter::HeldInternal { to: "Otto".into() },
        Matter::HeldOther {
            author: "Bernd".into(),
            to: "Otto".into(),
            text: words(2),
            line: String::new(),
            meant: None,
        },
        Matter::Result { lines: vec![line], answered: false },
        Matter::Result { lines: Vec::new(), answered: false },
        Matter::Practice {
            begins: false,
            lines: Vec::new(),
            answered: false,
            next: None,
            requestor: "Paula Probe".into(),
        },
        Matter::Help,
        Matter::Undeliverable {
            to: Mailbox { name: String::new(), address: address("otto", "outside.example") },
            status: String::new(),
            diagnostic: String::new(),
            written_at: at(0),
        },
        Matter::ErasePlan { target: Target::Ticket(TicketId(17)), plan: Box::new(Plan::default()) },
        Matter::Quarantine { lying: vec![lying(LYING[1])], more: 0 },
        Matter::Breaker {
            address: "orders@parcels.example".into(),
            cause: Cause::AtOnce,
            count: 1,
            first_at: at(0),
            last_at: at(0),
            subject: String::new(),
            until: at(24),
        },
        Matter::OverBudget { per_day: false, limit: 1, opens_at: at(1) },
        Matter::Digest { items: vec![bare_item], more: 0, report: None },
        Matter::Digest { items: Vec::new(), more: 0, report: Some(Box::default()) },
        Matter::WasItYou {
            claimed: "anna@elsewhere.example".into(),
            at: at(0),
            lines: Vec::new(),
            said: Some((Purpose::Vote, "no".into())),
        },
    ]
}

fn sheet_of(page: SheetPage) -> Matter {
    Matter::Sheet { meeting: None, by: None, postponed: Vec::new(), pages: vec![page] }
}

fn bare_procedure() -> Vec<Matter> {
    let title = || "Schlüssel".to_owned();
    vec![
        Matter::Question {
            title: title(),
            missing: vec![fact("Grund", "")],
            understood: Vec::new(),
            remarks: Vec::new(),
            texts: Vec::new(),
            again: false,
            remind_at: None,
            until: None,
        },
        complete(None, None, false),
        complete(None, None, true),
        complete(None, rest(), false),
        complete(Some(at(6 * 24 + 14)), None, false),
        Matter::Why { explained: Box::default() },
        sheet_of(bare_page(41, false)),
        sheet_of(bare_page(41, true)),
        Matter::SignatureAsked { title: title(), requestor: "otto".into(), facts: Vec::new() },
        Matter::Announcement {
            title: title(),
            facts: Vec::new(),
            ends_at: None,
            since: None,
            done_at: None,
        },
        Matter::Objection { title: title(), at: at(0), text: words(1), meeting_at: None },
        Matter::ObjectionAsked { title: title(), at: at(0), text: words(1) },
        Matter::Withdrawn { title: title(), ends_at: None },
        Matter::Reminder { title: title(), missing: vec![fact("Grund", "")], until: at(24) },
        Matter::Stopped { title: title(), meeting_at: None },
        Matter::ObjectionUnclear {
            title: title(),
            author: String::new(),
            at: at(0),
            text: words(1),
        },
        Matter::Decided { title: title(), granted: true, facts: Vec::new(), left_out: false },
        Matter::Decided { title: title(), granted: false, facts: Vec::new(), left_out: false },
        outcome(true, false),
        outcome(false, false),
        Matter::Escalated { title: title(), body: None, until: None },
    ]
}

fn bare_duty() -> Vec<Matter> {
    vec![
        review(Asking::First, false),
        confirm(Asking::First, false),
        confirm(Asking::Support, false),
        Matter::ReasonAsked {
            title: "Schlüssel".into(),
            applicant: "Kim Sommer".into(),
            unclear: true,
        },
        settled(false, None, false),
        task(Job::Text(String::new()), Asking::First, false),
        item(Asking::First, false),
        overdue(false, false),
        Matter::Probe { address: "koeln@nrw.example".into() },
        Matter::Playbook { title: "Schlüssel".into(), text: String::new(), address: None },
    ]
}
