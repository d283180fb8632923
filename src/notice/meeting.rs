//! What the templates of meetings and votes may name.
//!
//! Deliberately absent: wording, which stands in the templates; calendar entries (`ics`).

use serde_json::{Value, json};

use crate::desk::Meeting;
use crate::notice::page::{self, Style};
use crate::notice::slots::{Scene, facts, filled};
use crate::ticket::Matter;
use crate::ticket::matter::{AgendaItem, BallotAgain, FactLine, MinuteLine};
use crate::ticket::sitting::Query;
use crate::ticket::tally::{Poll, Verdict, Votes};

impl Scene<'_> {
    /// The slots of a meeting's or a vote's notice; none of any other.
    pub(super) fn meeting(&mut self) -> Value {
        match &self.notice.matter {
            Matter::Agenda { .. } => self.agenda(),
            Matter::Minutes { meeting, begins_at, recorded, asked, by } => {
                let open = |query: Option<Query>| {
                    matches!(query, Some(Query::Reason | Query::PositionAndReason))
                };
                json!({
                    "meeting": meeting, "begins": self.moment(*begins_at).slot(), "by": by,
                    "recorded": self.lines(recorded), "asked": self.lines(asked),
                    "reasons": asked.iter().any(|line| open(line.query)),
                    "waits": asked.iter().any(|line| line.query.is_some_and(is_question)),
                })
            }
            Matter::Ruling { .. } => self.ruling(),
            Matter::Decides { title, meeting, at } => {
                json!({"title": title, "meeting": meeting, "at": self.moment(*at).slot()})
            }
            Matter::Ballot { title, facts: known, ends_at, open, again } => json!({
                "title": title, "facts": facts(known), "ends": self.moment(*ends_at).slot(),
                "open": open, "again": again.is_some(),
                "unclear": *again == Some(BallotAgain::Unclear),
                "unproven": *again == Some(BallotAgain::Unproven),
                "late": *again == Some(BallotAgain::Late),
            }),
            Matter::BallotTaken { title, ends_at } => {
                json!({"title": title, "ends": self.moment(*ends_at).slot()})
            }
            Matter::Polled { title, poll, votes: counted, voters, names } => json!({
                "title": title, "carried": *poll == Poll::Carried, "lost": *poll == Poll::Lost,
                "tied": *poll == Poll::Tied, "quorum": *poll == Poll::Quorum,
                "votes": votes(Some(*counted)), "voters": voters, "names": self.names(names),
            }),
            _ => json!({}),
        }
    }

    fn ruling(&mut self) -> Value {
        let Matter::Ruling {
            title,
            granted,
            meeting,
            at,
            votes: given,
            by,
            reason,
            facts: known,
            left_out,
        } = &self.notice.matter
        else {
            return json!({});
        };
        json!({
            "title": title, "granted": granted, "meeting": meeting,
            "at": self.moment(*at).slot(), "votes": votes(*given), "by": by,
            "reason": reason.as_ref().and_then(|text| self.shown(text, Style::Quote)),
            "facts": facts(known), "left_out": left_out,
        })
    }

    /// When the site's meetings take place next, for members.
    pub(super) fn meetings(&self) -> Vec<String> {
        let site = &self.desk.site;
        let line = |meeting: &Meeting| {
            let at = meeting.next(self.notice.at, site.days())?;
            let title = page::clean(meeting.shown(self.notice.locale));
            Some(format!("{title}: {}", self.moment(at).full()))
        };
        site.meetings.iter().filter_map(line).collect()
    }

    fn agenda(&mut self) -> Value {
        let Matter::Agenda { meeting, begins_at, ends_at, place, items, records, adds, .. } =
            &self.notice.matter
        else {
            return json!({});
        };
        let shown: Vec<Value> = items.iter().map(|item| self.agenda_item(item)).collect();
        json!({
            "meeting": meeting, "begins": self.moment(*begins_at).slot(),
            "ends": self.moment(*ends_at).slot(), "place": place, "items": shown,
            "count": items.len(), "records": records, "adds": adds,
            "example": items.first().map(|item| item.ticket.0),
        })
    }

    fn agenda_item(&mut self, item: &AgendaItem) -> Value {
        let objections: Vec<Value> = item
            .objections
            .iter()
            .map(|one| {
                json!({
                    "author": one.author, "at": self.moment(one.at).slot(),
                    "text": self.shown(&one.text, Style::Quote),
                })
            })
            .collect();
        json!({
            "ticket": item.ticket.0, "title": item.title, "from": filled(&item.from),
            "facts": facts(&item.facts), "objections": objections,
            "since": item.since.map(|at| self.moment(at).slot()),
        })
    }

    pub(super) fn lines(&self, lines: &[MinuteLine]) -> Vec<Value> {
        let is = |line: &MinuteLine, query| line.query == Some(query);
        let slot = |line: &MinuteLine| {
            json!({
                "ticket": line.ticket.map(|ticket| ticket.0), "title": filled(&line.title),
                "line": filled(&line.line).map(|line| self.quote(&line)),
                "accepted": line.verdict == Some(Verdict::Accepted),
                "rejected": line.verdict == Some(Verdict::Rejected),
                "postponed": line.verdict == Some(Verdict::Postponed),
                "votes": votes(line.votes), "next": line.next_at.map(|at| self.moment(at).slot()),
                "no_reason": is(line, Query::Reason) || is(line, Query::PositionAndReason),
                "position": is(line, Query::Position) || is(line, Query::PositionAndReason),
                "position_only": is(line, Query::Position),
                "contradicts": is(line, Query::Votes), "unclear": is(line, Query::Unclear),
                "not_here": is(line, Query::NotHere), "already": is(line, Query::Already),
                "too_early": is(line, Query::TooEarly), "unproven": is(line, Query::Unproven),
            })
        };
        lines.iter().map(slot).collect()
    }

    /// Who voted how, in the reader's words.
    fn names(&self, names: &[FactLine]) -> Vec<Value> {
        let answers = &self.words.answers;
        let line = |line: &FactLine| {
            let choice = match line.value.as_str() {
                "yes" => answers.yes,
                "no" => answers.no,
                _ => answers.abstain,
            };
            json!({"label": line.label, "value": choice})
        };
        names.iter().map(line).collect()
    }
}

/// Whether something waits for the reader's answer, and nobody hears of it before.
const fn is_question(query: Query) -> bool {
    match query {
        Query::Reason
        | Query::Votes
        | Query::Unclear
        | Query::Position
        | Query::PositionAndReason => true,
        Query::NotHere | Query::Already | Query::TooEarly | Query::Unproven => false,
    }
}

pub(super) fn votes(votes: Option<Votes>) -> Value {
    votes.map_or(
        Value::Null,
        |votes| json!({"yes": votes.yes, "no": votes.no, "abstain": votes.abstain}),
    )
}
