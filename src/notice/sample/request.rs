//! Samples of what is sent about requests.
//!
//! Deliberately absent: anything that a real notice would not hold.

use jiff::Timestamp;

use crate::notice::sample::{address, at, fact, facts, rest, whole};
use crate::ticket::matter::{
    Because, CountedDay, Explained, Milestone, MinuteLine, Recourse, Remark, Rest, Said, SheetPage,
};
use crate::ticket::procedure::request::Ruling;
use crate::ticket::procedure::sheet::{DecisionSheet, Polled, What};
use crate::ticket::seal::Seal;
use crate::ticket::tally::{Poll, Verdict, Votes};
use crate::ticket::{self, Matter};
use crate::types::TicketId;

pub(super) fn sheet(granted: bool) -> DecisionSheet {
    DecisionSheet {
        procedure: "club-key".into(),
        granted,
        at: at(0),
        by: ticket::Actor::Program,
        rung: 0,
        ruling: None,
        poll: None,
        verdicts: Vec::new(),
        facts: vec![("reason".into(), "!take".into())],
        papers: Vec::new(),
        consents: Vec::new(),
        course: Vec::new(),
        seal: Seal::default(),
    }
}

pub(super) fn full_explained() -> Explained {
    let day = |hours, counts, pause: Option<&str>| CountedDay {
        at: at(hours),
        counts,
        pause: pause.map(str::to_owned),
    };
    Explained {
        title: Some("Schlüssel für den Vereinsraum".into()),
        facts: vec![fact("Grund", "!take")],
        missing: vec!["Name".into()],
        waits: Some("silence".into()),
        until: Some(at(100)),
        since: Some(at(0)),
        days: vec![day(24, true, None), day(48, false, Some("Weihnachtspause"))],
        extended: true,
        stopped_at: Some(at(20)),
        because: Some(Because::Each),
        access: Some((false, "vorstand".into(), true)),
    }
}

pub(super) fn full_sheet() -> Matter {
    let all = [
        What::Begun,
        What::Asked,
        What::Complete,
        What::Announced,
        What::Opened,
        What::Extended,
        What::Objected,
        What::Confirmed,
        What::Withdrawn,
        What::Silent,
        What::Agenda,
        What::Applied,
        What::Signed,
        What::Unreached,
        What::Handed,
    ];
    let milestone = |what| Milestone {
        at: at(0),
        what,
        who: Some("Ute Beispiel".into()),
        to: vec!["vorstand@lists.nrw.example".into()],
        text: Some(whole(1)),
    };
    let votes = Votes { yes: 7, no: 2, abstain: 1 };
    let ruling = Ruling {
        granted: true,
        meeting: Some("ag".into()),
        at: at(0),
        votes: Some(votes),
        reason: Some(whole(1)),
        by: None,
    };
    let poll = Polled { votes, poll: Poll::Carried, voters: 12, ended_at: at(0) };
    let record = DecisionSheet { ruling: Some(ruling), poll: Some(poll), ..sheet(true) };
    let said =
        |granted| Said { who: "Bernd Beispiel".into(), granted, at: at(0), reason: Some(whole(1)) };
    let page = SheetPage {
        meeting: Some(("AG-Treffen".into(), "Jo Beispiel".into())),
        decider: Some("Jo Beispiel".into()),
        said: vec![said(true), said(false)],
        facts: vec![fact("Grund", "!take")],
        papers: vec![fact("Protokoll.pdf", "9f31c07a1b2c")],
        course: all.into_iter().map(milestone).collect(),
        sheet: Box::new(record),
        ..bare_page(41, true)
    };
    let next = MinuteLine {
        ticket: Some(TicketId(36)),
        title: "Schlüssel für den Vereinsraum".into(),
        verdict: Some(Verdict::Postponed),
        votes: None,
        query: None,
        line: "36 vertagt".into(),
        next_at: Some(at(17 * 24)),
    };
    Matter::Sheet {
        meeting: Some(("AG-Treffen".into(), at(0))),
        by: Some("Anna Muster".into()),
        postponed: vec![next],
        pages: vec![page, bare_page(35, true)],
    }
}

/// A sheet that says no more than it must.
pub(super) fn bare_page(ticket: u64, granted: bool) -> SheetPage {
    SheetPage {
        ticket: TicketId(ticket),
        title: "Schlüssel für den Vereinsraum".into(),
        meeting: None,
        decider: None,
        said: Vec::new(),
        facts: Vec::new(),
        papers: Vec::new(),
        course: Vec::new(),
        sheet: Box::new(sheet(granted)),
    }
}

/// Every remark once.
pub(super) fn remarks() -> Vec<Remark> {
    vec![
        Remark::NothingAttached,
        Remark::Contested {
            label: "Benutzername".into(),
            known: "kimso".into(),
            value: "!kim".into(),
            by: "otto@outside.example".into(),
        },
        Remark::TextAttached { title: "Regeln".into(), version: 4, noted: true },
        Remark::Agreed { title: "Regeln".into(), version: 4, at: at(0) },
        Remark::CountsForAll {
            paper: "Protokoll.pdf".into(),
            things: vec!["technik".into(), "presse".into()],
        },
        Remark::CopyWanted { label: "Protokoll".into() },
        Remark::Unfit { label: "Benutzername".into(), value: "!kim".into() },
        Remark::SupportAsked,
        Remark::SignatureAsked { name: "Nele Nord".into() },
    ]
}

pub(super) fn full() -> Vec<Matter> {
    let title = || "Schlüssel für den Vereinsraum".to_owned();
    let until = Some(at(6 * 24 + 14));
    vec![
        Matter::Question {
            title: title(),
            missing: vec![fact("Grund", ""), fact("Person, die den Schlüssel bekommt", "")],
            understood: facts(),
            remarks: remarks(),
            texts: Vec::new(),
            again: false,
            remind_at: Some(at(3 * 24)),
            until: Some(at(21 * 24)),
        },
        complete(until, rest(), true),
        full_sheet(),
        Matter::Why { explained: Box::new(full_explained()) },
        Matter::SignatureAsked { title: title(), requestor: "Otto Normal".into(), facts: facts() },
        Matter::Extended { title: title(), ends_at: at(7 * 24 + 14), unreached: true },
        Matter::Extended { title: title(), ends_at: at(7 * 24 + 14), unreached: false },
        Matter::Unreached {
            title: title(),
            to: vec![address("vorstand", "lists.nrw.example")],
            ends_at: at(7 * 24 + 14),
        },
        Matter::Announcement {
            title: title(),
            facts: facts(),
            ends_at: until,
            since: Some(at(0)),
            done_at: Some(at(9 * 24 + 14)),
        },
        Matter::Objection {
            title: title(),
            at: at(0),
            text: whole(1),
            meeting_at: Some(at(17 * 24)),
        },
        Matter::ObjectionAsked { title: title(), at: at(0), text: whole(1) },
        Matter::ObjectionNotCounted { title: title() },
        Matter::WithdrawalAsked { title: title() },
        Matter::Withdrawn { title: title(), ends_at: until },
        Matter::Reminder { title: title(), missing: facts(), until: at(14 * 24) },
        Matter::Expired { title: title(), missing: facts(), until: at(365 * 24) },
        Matter::Stopped { title: title(), meeting_at: Some(at(17 * 24)) },
        Matter::ObjectionUnclear {
            title: title(),
            author: "Ute Beispiel".into(),
            at: at(0),
            text: whole(1),
        },
        Matter::Decided { title: title(), granted: true, facts: facts(), left_out: true },
        Matter::Decided { title: title(), granted: false, facts: facts(), left_out: true },
        outcome(true, true),
        outcome(false, true),
        Matter::Escalated {
            title: title(),
            body: Some("Landesvorstand".into()),
            until: Some(at(14 * 24 + 14)),
        },
    ]
}

pub(super) fn complete(ends_at: Option<Timestamp>, rest: Option<Rest>, is_full: bool) -> Matter {
    let has_rest = rest.is_some();
    Matter::Complete {
        title: "Schlüssel für den Vereinsraum".into(),
        ends_at,
        anew: ends_at.is_some() && !is_full,
        done_at: ends_at.filter(|_| is_full).map(|_| at(9 * 24 + 14)),
        rest,
        by: is_full.then(|| "Leitungskreis".into()),
        until: is_full.then(|| at(3 * 24 + 14)),
        remarks: if has_rest && is_full { remarks() } else { Vec::new() },
    }
}

/// The way to a higher body.
pub(super) fn recourse() -> Recourse {
    Recourse { body: "Landesvorstand".into(), until: at(14 * 24 + 14) }
}

pub(super) fn outcome(granted: bool, is_full: bool) -> Matter {
    Matter::Outcome {
        title: "Schlüssel für den Vereinsraum".into(),
        granted,
        facts: if is_full { facts() } else { Vec::new() },
        by: is_full.then(|| "Bernd Beispiel".into()),
        at: is_full.then(|| at(0)),
        reason: (is_full && !granted).then(|| whole(1)),
        ask_help: is_full && granted,
        appeal: is_full.then(recourse),
    }
}
