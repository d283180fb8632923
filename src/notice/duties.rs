//! The slots of notices that ask for a decision or for work, and say what became of it.
//!
//! Deliberately absent: wording (`templates/`), the slots of all other notices (`slots`).

use serde_json::{Value, json};

use crate::notice::outcome;
use crate::notice::page::Style;
use crate::notice::slots::{Scene, facts, filled, short};
use crate::ticket::Matter;
use crate::ticket::matter::{Asking, Enclosed, Happened, HistoryLine, Job};

/// Lines of a text that a procedure shows.
const LINES_MAX: usize = 60;

impl Scene<'_> {
    pub(super) fn duty(&mut self) -> Value {
        let notice = self.notice;
        match &notice.matter {
            Matter::Review { title, applicant, facts: known, until, asking, .. } => {
                let mut slots = json!({
                    "title": title, "applicant": applicant, "facts": facts(known),
                    "until": until.map(|at| self.moment(at).slot()),
                });
                add(&mut slots, asked(*asking));
                add(&mut slots, self.review());
                slots
            }
            Matter::Confirm { title, applicant, about, facts: known, until, asking, files } => {
                let mut slots = json!({
                    "title": title, "applicant": applicant, "about": filled(&short(about, 600)),
                    "facts": facts(known), "until": until.map(|at| self.moment(at).slot()),
                    "attached": self.enclosed(files),
                });
                add(&mut slots, asked(*asking));
                slots
            }
            Matter::ReasonAsked { title, applicant, unclear } => {
                json!({"title": title, "applicant": applicant, "unclear": unclear})
            }
            Matter::Settled { title, applicant, granted, by, own, reason } => json!({
                "title": title, "applicant": applicant, "granted": granted, "by": by, "own": own,
                "reason": reason.as_ref().map(|text| self.shown(text, Style::Quote)),
            }),
            Matter::Task { title, job, facts: known, until, asking, request, playbook } => {
                let mut slots = json!({
                    "title": title, "facts": facts(known), "request": request.0,
                    "until": until.map(|at| self.moment(at).slot()), "playbook": lines(playbook),
                });
                add(&mut slots, asked(*asking));
                add(&mut slots, self.job(job));
                slots
            }
            Matter::Item { title, text, until, asking } => {
                let mut slots = json!({
                    "title": title, "text": short(text, 600),
                    "until": until.map(|at| self.moment(at).slot()),
                });
                add(&mut slots, asked(*asking));
                slots
            }
            Matter::Overdue { title, team, until, cannot, reason, history } => json!({
                "title": title, "team": team, "cannot": cannot,
                "until": until.map(|at| self.moment(at).slot()),
                "reason": reason.as_ref().map(|text| self.shown(text, Style::Quote)),
                "history": self.history(history),
            }),
            Matter::Probe { address } => json!({ "address": address }),
            Matter::Playbook { title, text, address } => {
                json!({"title": title, "lines": lines(text), "address": address})
            }
            Matter::Escalated { title, body, until } => json!({
                "title": title, "body": body,
                "until": until.map(|at| self.moment(at).slot()),
            }),
            _ => self.upkeep(),
        }
    }

    fn review(&mut self) -> Value {
        let Matter::Review { history, playbook, files, .. } = &self.notice.matter else {
            return json!({});
        };
        json!({
            "history": self.history(history), "playbook": lines(playbook),
            "attached": self.enclosed(files),
        })
    }

    fn enclosed(&self, files: &[Enclosed]) -> Option<String> {
        let attachments: Vec<_> = files.iter().map(|file| file.attachment.clone()).collect();
        self.attached(&attachments)
    }

    fn job(&self, job: &Job) -> Value {
        let (text, bind, program, unknown, output) = match job {
            Job::Text(text) => (filled(&short(text, 600)), None, None, false, None),
            Job::Bind(address) => (None, Some(address), None, false, None),
            Job::Program { program, is_unknown, output } => {
                let output = filled(&short(output, 300));
                let output = output.map(|output| outcome::quote(&output, self.notice.locale));
                (None, None, Some(program), *is_unknown, output)
            }
        };
        json!({
            "text": text, "bind": bind, "program": program, "unknown": unknown, "output": output,
        })
    }

    fn history(&mut self, history: &[HistoryLine]) -> Vec<Value> {
        let mut shown = Vec::new();
        for line in history.iter().take(LINES_MAX) {
            let text = line.text.as_ref().and_then(|text| self.shown(text, Style::Quote));
            shown.push(json!({
                "at": self.moment(line.at).slot(), "who": line.who, "text": text,
                "complete": line.what == Happened::Complete,
                "announced": line.what == Happened::Announced,
                "objected": line.what == Happened::Objected,
                "granted": line.what == Happened::Granted,
                "refused": line.what == Happened::Refused,
                "handed": line.what == Happened::HandedOn,
            }));
        }
        shown
    }
}

fn asked(asking: Asking) -> Value {
    json!({
        "first": asking == Asking::First, "again": asking == Asking::Again,
        "overdue": asking == Asking::Overdue, "body": asking == Asking::Body,
        "support": asking == Asking::Support,
    })
}

fn add(slots: &mut Value, more: Value) {
    if let (Some(slots), Value::Object(more)) = (slots.as_object_mut(), more) {
        slots.extend(more);
    }
}

/// The lines of a text, blank ones aside.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.take(LINES_MAX).map(|line| short(line, 600)).collect()
}
