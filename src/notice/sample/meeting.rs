//! Samples of what meetings and votes send.
//!
//! Deliberately absent: anything that a real notice would not hold.

use crate::notice::sample::{at, fact, facts, whole};
use crate::ticket::Matter;
use crate::ticket::matter::{AgendaItem, BallotAgain, FactLine, MinuteLine, Quoted};
use crate::ticket::sitting::Query;
use crate::ticket::tally::{Poll, Verdict, Votes};
use crate::types::TicketId;

fn agenda(items: Vec<AgendaItem>, records: bool, adds: bool) -> Matter {
    Matter::Agenda {
        meeting: "AG-Treffen".into(),
        begins_at: at(17 * 24),
        ends_at: at(17 * 24 + 2),
        place: records.then(|| "Café Beispiel".to_owned()),
        items,
        records,
        adds,
        revision: 0,
    }
}

fn agenda_item(ticket: u64) -> AgendaItem {
    AgendaItem {
        ticket: TicketId(ticket),
        title: "Schlüssel für den Vereinsraum".into(),
        from: "Kim Sommer".into(),
        facts: facts(),
        objections: vec![Quoted { author: "Ute Beispiel".into(), at: at(0), text: whole(1) }],
        since: Some(at(0)),
    }
}

/// A line about every verdict and everything that may be asked.
fn minute_lines(queries: &[Option<Query>]) -> Vec<MinuteLine> {
    let verdicts =
        [Some(Verdict::Accepted), Some(Verdict::Rejected), Some(Verdict::Postponed), None];
    let line = |(verdict, query): (Option<Verdict>, Option<Query>)| MinuteLine {
        ticket: Some(TicketId(41)),
        title: "Schlüssel für den Vereinsraum".into(),
        verdict,
        votes: Some(Votes { yes: 7, no: 2, abstain: 1 }),
        query,
        line: "top 2 abgelehnt".into(),
        next_at: Some(at(45 * 24)),
    };
    let all =
        verdicts.into_iter().flat_map(|verdict| queries.iter().map(move |one| (verdict, *one)));
    all.map(line).collect()
}

const QUERIES: [Option<Query>; 9] = [
    Some(Query::Reason),
    Some(Query::Votes),
    Some(Query::Unclear),
    Some(Query::Position),
    Some(Query::PositionAndReason),
    Some(Query::NotHere),
    Some(Query::Already),
    Some(Query::TooEarly),
    Some(Query::Unproven),
];

fn ruling(granted: bool, meeting: Option<&str>, is_full: bool) -> Matter {
    Matter::Ruling {
        title: "Schlüssel für den Vereinsraum".into(),
        granted,
        meeting: meeting.map(str::to_owned),
        at: at(17 * 24),
        votes: is_full.then_some(Votes { yes: 2, no: 7, abstain: 1 }),
        by: is_full.then(|| "Jo Probe".to_owned()),
        reason: is_full.then(|| whole(1)),
        facts: if is_full { facts() } else { Vec::new() },
        left_out: is_full,
    }
}

/// What the requestor reads of a meeting that granted what is not yet carried out.
fn granted() -> Matter {
    let ruling = ruling(true, Some("AG-Treffen"), true);
    match ruling {
        Matter::Ruling { title, granted, meeting, at, votes, by, facts, .. } => Matter::Ruling {
            title,
            granted,
            meeting,
            at,
            votes,
            by,
            reason: None,
            facts,
            left_out: false,
        },
        other => other,
    }
}

fn ballot(again: Option<BallotAgain>, open: bool) -> Matter {
    let title = "Schlüssel für den Vereinsraum".to_owned();
    Matter::Ballot { title, facts: facts(), ends_at: at(7 * 24 + 14), open, again }
}

fn polled(poll: Poll, names: Vec<FactLine>) -> Matter {
    Matter::Polled {
        title: "Schlüssel für den Vereinsraum".into(),
        poll,
        votes: Votes { yes: 3, no: 2, abstain: 1 },
        voters: 9,
        names,
    }
}

/// One notice of every matter with every optional part, some in several states.
pub(super) fn full() -> Vec<Matter> {
    let title = || "Schlüssel für den Vereinsraum".to_owned();
    vec![
        agenda(vec![agenda_item(41), agenda_item(35)], true, false),
        agenda(vec![agenda_item(41)], false, true),
        Matter::Minutes {
            meeting: "AG-Treffen".into(),
            begins_at: at(0),
            recorded: minute_lines(&[None]),
            asked: minute_lines(&QUERIES),
            by: Some("Anna Muster".into()),
        },
        ruling(true, Some("AG-Treffen"), true),
        ruling(false, Some("AG-Treffen"), true),
        ruling(false, None, true),
        Matter::Decides { title: title(), meeting: Some("AG-Treffen".into()), at: at(17 * 24) },
        ballot(None, true),
        ballot(Some(BallotAgain::Unclear), false),
        ballot(Some(BallotAgain::Unproven), false),
        ballot(Some(BallotAgain::Late), false),
        Matter::BallotTaken { title: title(), ends_at: at(7 * 24 + 14) },
        polled(Poll::Carried, vec![fact("Anna Muster", "yes"), fact("Bernd Beispiel", "abstain")]),
        polled(Poll::Lost, vec![fact("Anna Muster", "no")]),
        polled(Poll::Tied, vec![fact("Anna Muster", "no")]),
        polled(Poll::Quorum, vec![fact("Anna Muster", "no")]),
    ]
}

/// One notice of every matter with nothing that may be left out.
pub(super) fn bare() -> Vec<Matter> {
    let title = || "Schlüssel".to_owned();
    let bare = AgendaItem {
        from: String::new(),
        facts: Vec::new(),
        objections: Vec::new(),
        since: None,
        ..agenda_item(41)
    };
    let line = |query| MinuteLine {
        ticket: None,
        title: String::new(),
        votes: None,
        verdict: None,
        query,
        line: String::new(),
        next_at: None,
    };
    let minutes = |recorded, asked| Matter::Minutes {
        meeting: "AG".into(),
        begins_at: at(0),
        recorded,
        asked,
        by: None,
    };
    let bare_lines = QUERIES.into_iter().map(line).collect();
    let refused =
        MinuteLine { verdict: Some(Verdict::Postponed), ticket: Some(TicketId(4)), ..line(None) };
    vec![
        agenda(vec![bare.clone()], false, false),
        agenda(vec![bare], true, true),
        minutes(Vec::new(), bare_lines),
        minutes(vec![refused], Vec::new()),
        ruling(true, Some("AG-Treffen"), false),
        ruling(true, None, false),
        ruling(false, None, false),
        granted(),
        Matter::Decides { title: title(), meeting: None, at: at(24) },
        ballot(None, false),
        Matter::BallotTaken { title: title(), ends_at: at(24) },
        polled(Poll::Carried, Vec::new()),
        polled(Poll::Quorum, Vec::new()),
    ]
}
