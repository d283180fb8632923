//! Samples of what those get who are asked for a decision or for work.
//!
//! Deliberately absent: anything that a real notice would not hold.

use crate::notice::sample::{at, facts, plan, whole};
use crate::ticket::Matter;
use crate::ticket::matter::{Asking, Enclosed, Happened, HistoryLine, Job};
use crate::types::{Position, TicketId};

pub(super) fn history() -> Vec<HistoryLine> {
    let kinds = [
        Happened::Complete,
        Happened::Announced,
        Happened::Objected,
        Happened::Granted,
        Happened::Refused,
    ];
    let line = |what| HistoryLine { at: at(0), what, who: "Ute".into(), text: Some(whole(1)) };
    kinds.into_iter().map(line).collect()
}

pub(super) fn review(asking: Asking, is_full: bool) -> Matter {
    Matter::Review {
        title: "Schlüssel für den Vereinsraum".into(),
        applicant: "Kim Sommer".into(),
        facts: if is_full { facts() } else { Vec::new() },
        until: is_full.then(|| at(3 * 24 + 14)),
        asking,
        history: if is_full { history() } else { Vec::new() },
        playbook: if is_full {
            "Lies das Protokoll.\n\n!!! Frag nach.".into()
        } else {
            String::new()
        },
        files: if is_full { files() } else { Vec::new() },
    }
}

pub(super) fn confirm(asking: Asking, is_full: bool) -> Matter {
    Matter::Confirm {
        title: "Schlüssel für den Vereinsraum".into(),
        applicant: "Kim Sommer".into(),
        about: if is_full { "Die Erklärung liegt vor.".into() } else { String::new() },
        facts: if is_full { facts() } else { Vec::new() },
        until: is_full.then(|| at(3 * 24 + 14)),
        asking,
        files: if is_full { files() } else { Vec::new() },
    }
}

fn files() -> Vec<Enclosed> {
    vec![Enclosed { message: Position(1), attachment: plan() }]
}

pub(super) fn settled(granted: bool, by: Option<&str>, own: bool) -> Matter {
    Matter::Settled {
        title: "Schlüssel für den Vereinsraum".into(),
        applicant: "Kim Sommer".into(),
        granted,
        by: by.map(str::to_owned),
        own,
        reason: (!granted && by.is_some()).then(|| whole(1)),
    }
}

pub(super) fn task(job: Job, asking: Asking, is_full: bool) -> Matter {
    Matter::Task {
        title: "Schlüssel für den Vereinsraum".into(),
        job,
        facts: if is_full { facts() } else { Vec::new() },
        until: is_full.then(|| at(3 * 24 + 14)),
        asking,
        request: TicketId(16),
        playbook: if is_full { "Erst prüfen, dann anlegen.".into() } else { String::new() },
    }
}

pub(super) fn overdue(cannot: bool, is_full: bool) -> Matter {
    Matter::Overdue {
        title: "Schlüssel für den Vereinsraum".into(),
        team: "Technik NRW".into(),
        until: is_full.then(|| at(0)),
        cannot,
        reason: is_full.then(|| whole(1)),
        history: if is_full { history() } else { Vec::new() },
    }
}

pub(super) fn item(asking: Asking, is_full: bool) -> Matter {
    Matter::Item {
        title: "Schlüssel für den Vereinsraum".into(),
        text: "Trag den Namen in die Liste ein.".into(),
        until: is_full.then(|| at(3 * 24 + 14)),
        asking,
    }
}

pub(super) fn full() -> Vec<Matter> {
    let program = |is_unknown| Job::Program {
        program: "/usr/local/bin/make-account".into(),
        is_unknown,
        output: "!!! no such group".into(),
    };
    vec![
        review(Asking::First, true),
        review(Asking::Again, true),
        review(Asking::Overdue, true),
        review(Asking::Body, true),
        confirm(Asking::First, true),
        confirm(Asking::Again, true),
        confirm(Asking::Overdue, true),
        confirm(Asking::Support, true),
        Matter::ReasonAsked {
            title: "Schlüssel für den Vereinsraum".into(),
            applicant: "Kim Sommer".into(),
            unclear: false,
        },
        settled(true, Some("Bernd Beispiel"), true),
        settled(false, Some("Bernd Beispiel"), true),
        settled(true, Some("Bernd Beispiel"), false),
        settled(false, Some("Bernd Beispiel"), false),
        task(Job::Text("Leg die Queue koeln an.".into()), Asking::First, true),
        task(Job::Bind("koeln@nrw.example".into()), Asking::Again, true),
        task(program(true), Asking::First, true),
        task(program(false), Asking::First, true),
        item(Asking::First, true),
        item(Asking::Again, true),
        overdue(true, true),
        overdue(false, true),
        Matter::Probe { address: "koeln@nrw.example".into() },
        Matter::Playbook {
            title: "Schlüssel für den Vereinsraum".into(),
            text: "Lies das Protokoll.\n!!! Frag nach.".into(),
        },
    ]
}
