//! The slots of notices about requests: questions, windows, outcomes, sheets, explanations.
//!
//! Deliberately absent: wording (`templates/`), who is asked for a decision or work (`duties`).

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::notice::meeting::votes;
use crate::notice::page::Style;
use crate::notice::slots::{ROWS_MAX, Scene, facts};
use crate::ticket::Matter;
use crate::ticket::matter::{
    Because, CountedDay, Explained, Milestone, Recourse, Remark, Said, SheetPage,
};
use crate::ticket::procedure::sheet::What;

impl Scene<'_> {
    fn question(&self) -> Value {
        let Matter::Question {
            title, missing, understood, remarks, again, remind_at, until, ..
        } = &self.notice.matter
        else {
            return json!({});
        };
        json!({
            "title": title, "missing": facts(missing), "missing_count": missing.len(),
            "understood": facts(understood), "understood_count": understood.len(),
            "nothing_attached": remarks.contains(&Remark::NothingAttached),
            "remarks": self.remarks(remarks), "again": again,
            "remind": remind_at.map(|at| self.moment(at).slot()),
            "until": until.map(|at| self.moment(at).slot()),
        })
    }

    pub(super) fn procedure(&mut self) -> Value {
        match &self.notice.matter {
            Matter::Question { .. } => self.question(),
            Matter::Reminder { title, missing, until }
            | Matter::Expired { title, missing, until } => json!({
                "title": title, "missing": facts(missing), "missing_count": missing.len(),
                "until": self.moment(*until).slot(),
            }),
            Matter::Complete { title, ends_at, anew, done_at, rest, by, until, remarks } => json!({
                "title": title, "ends": ends_at.map(|at| self.moment(at).slot()),
                "anew": anew, "done": done_at.map(|at| self.moment(at).slot()),
                "rest": self.rest(rest.as_ref()), "by": by,
                "until": until.map(|at| self.moment(at).slot()),
                "remarks": self.remarks(remarks),
            }),
            Matter::SignatureAsked { title, requestor, facts: known } => {
                json!({"title": title, "requestor": requestor, "facts": facts(known)})
            }
            Matter::Withdrawn { title, ends_at } => {
                json!({"title": title, "ends": ends_at.map(|at| self.moment(at).slot())})
            }
            Matter::Extended { title, ends_at, unreached } => json!({
                "title": title, "ends": self.moment(*ends_at).slot(), "unreached": unreached,
            }),
            Matter::Unreached { title, to, ends_at } => {
                let to: Vec<String> = to.iter().map(ToString::to_string).collect();
                json!({"title": title, "to": self.list(&to), "ends": self.moment(*ends_at).slot()})
            }
            Matter::Announcement { title, facts: known, ends_at, since, done_at } => json!({
                "title": title, "facts": facts(known),
                "since": since.map(|at| self.moment(at).slot()),
                "done": done_at.map(|at| self.moment(at).slot()),
                "ends": ends_at.map(|at| self.moment(at).slot()),
            }),
            Matter::Objection { title, at, text, meeting_at } => json!({
                "title": title, "at": self.moment(*at).slot(),
                "text": self.shown(text, Style::Quote),
                "meeting": meeting_at.map(|at| self.moment(at).slot()),
            }),
            Matter::ObjectionAsked { title, at, text } => json!({
                "title": title, "at": self.moment(*at).slot(),
                "text": self.shown(text, Style::Quote),
            }),
            Matter::ObjectionUnclear { title, author, at, text } => json!({
                "title": title, "author": author, "at": self.moment(*at).slot(),
                "text": self.shown(text, Style::Words),
            }),
            Matter::Decided { title, granted, facts: known, left_out } => json!({
                "title": title, "granted": granted, "facts": facts(known), "left_out": left_out,
            }),
            Matter::Stopped { title, meeting_at } => {
                json!({"title": title, "meeting": meeting_at.map(|at| self.moment(at).slot())})
            }
            Matter::ObjectionNotCounted { title } | Matter::WithdrawalAsked { title } => {
                json!({ "title": title })
            }
            Matter::Outcome { title, granted, facts: known, by, at, reason, ask_help, appeal } => {
                json!({
                    "title": title, "granted": granted, "facts": facts(known),
                    "fact_count": known.len(), "by": by, "ask_help": ask_help,
                    "appeal": self.recourse(appeal.as_ref()),
                    "at": at.map(|at| self.moment(at).slot()),
                    "reason": reason.as_ref().map(|text| self.shown(text, Style::Quote)),
                })
            }
            _ => json!({}),
        }
    }

    pub(super) fn sheet(&mut self) -> Value {
        let Matter::Sheet { meeting, by, postponed, pages } = &self.notice.matter else {
            return json!({});
        };
        let sheets: Vec<Value> = pages.iter().map(|page| self.sheet_page(page)).collect();
        let shown = meeting.as_ref();
        json!({
            "meeting": shown.map(|(name, _)| name), "by": by, "sheets": sheets,
            "begins": shown.map(|(_, begins_at)| self.moment(*begins_at).slot()),
            "several": pages.len() > 1, "postponed": self.lines(postponed),
        })
    }

    fn sheet_page(&mut self, page: &SheetPage) -> Value {
        let sheet = &page.sheet;
        let course: Vec<Value> =
            page.course.iter().take(ROWS_MAX).map(|one| self.milestone(one)).collect();
        let said: Vec<Value> = page.said.iter().take(ROWS_MAX).map(|one| self.said(one)).collect();
        let ruling = sheet.ruling.as_ref();
        let reason = ruling.and_then(|ruling| ruling.reason.as_ref());
        let reason = reason.and_then(|text| self.shown(text, Style::Quote));
        let ended = sheet.poll.as_ref().map(|poll| self.moment(poll.ended_at).slot());
        let poll = sheet.poll.as_ref();
        let counted = ruling.and_then(|ruling| ruling.votes);
        let counted = counted.or_else(|| poll.map(|poll| poll.votes));
        let silent = page.decider.is_none() && page.meeting.is_none() && poll.is_none();
        json!({
            "ticket": page.ticket.0, "title": page.title, "granted": sheet.granted,
            "body": page.meeting.as_ref().map(|(body, _)| body),
            "chair": page.meeting.as_ref().map(|(_, chair)| chair),
            "held": ruling.map(|ruling| self.moment(ruling.at).slot()),
            "votes": votes(counted),
            "voters": poll.map(|poll| poll.voters), "ended": ended, "reason": reason,
            "decider": page.decider, "rung": sheet.rung, "silent": silent && sheet.granted,
            "said": said, "at": self.moment(sheet.at).slot(),
            "facts": facts(&page.facts), "papers": facts(&page.papers), "course": course,
            "number": sheet.seal.number, "root": sheet.seal.root.short(),
        })
    }

    fn said(&mut self, said: &Said) -> Value {
        json!({
            "who": said.who, "granted": said.granted, "at": self.moment(said.at).slot(),
            "reason": said.reason.as_ref().and_then(|text| self.shown(text, Style::Quote)),
        })
    }

    pub(super) fn why(&self, explained: &Explained) -> Value {
        let day = |one: &CountedDay| {
            let day = self.moment(one.at).on();
            json!({"day": day, "counts": one.counts, "pause": one.pause})
        };
        let waits = |word: &str| explained.waits.as_deref() == Some(word);
        let is = |because: Because| explained.because == Some(because);
        let slot = |at: Option<Timestamp>| at.map(|at| self.moment(at).slot());
        let access = explained.access.as_ref();
        json!({
            "title": explained.title, "facts": facts(&explained.facts),
            "missing": explained.missing, "until": slot(explained.until),
            "since": slot(explained.since), "stopped": slot(explained.stopped_at),
            "days": explained.days.iter().take(ROWS_MAX).map(day).collect::<Vec<_>>(),
            "extended": explained.extended,
            "waits_facts": waits("facts"), "waits_silence": waits("silence"),
            "waits_confirmation": waits("confirmation"), "waits_decision": waits("decision"),
            "waits_people": waits("people"),
            "requestor": is(Because::Requestor), "owner": is(Because::Owner),
            "watcher": is(Because::Watcher), "each": is(Because::Each),
            "owned": is(Because::Owned), "mine": is(Because::Mine),
            "digest": is(Because::Digest), "nothing": is(Because::Nothing),
            "asked": is(Because::Asked),
            "may_write": access.map(|(write, ..)| *write),
            "member_of": access.map(|(_, queue, _)| queue),
            "inherited": access.map(|(.., inherited)| *inherited),
        })
    }

    /// The way to a higher body.
    pub(super) fn recourse(&self, appeal: Option<&Recourse>) -> Value {
        let appeal = appeal.map(|appeal| (&appeal.body, self.moment(appeal.until).slot()));
        appeal.map_or(Value::Null, |(body, until)| json!({"body": body, "until": until}))
    }

    fn milestone(&mut self, one: &Milestone) -> Value {
        let is = |what: What| one.what == what;
        json!({
            "at": self.moment(one.at).slot(), "who": one.who, "to": self.list(&one.to),
            "text": one.text.as_ref().and_then(|text| self.shown(text, Style::Quote)),
            "begun": is(What::Begun), "asked": is(What::Asked), "complete": is(What::Complete),
            "announced": is(What::Announced), "opened": is(What::Opened),
            "extended": is(What::Extended), "objected": is(What::Objected),
            "confirmed": is(What::Confirmed), "withdrawn": is(What::Withdrawn),
            "silent": is(What::Silent), "agenda": is(What::Agenda), "applied": is(What::Applied),
            "signed": is(What::Signed), "unreached": is(What::Unreached),
            "handed": is(What::Handed),
        })
    }

    /// Each remark with every slot of all of them: the text asks which it is.
    fn remarks(&self, remarks: &[Remark]) -> Vec<Value> {
        let one = |remark: &Remark| {
            let mut slots = json!({
                "contested": false, "attached_text": false, "agreed": false, "for_all": false,
                "copy_wanted": false, "support": false, "unfit": false, "signature": false,
                "label": null, "known": null,
                "value": null, "by": null, "title": null, "version": null, "noted": false,
                "day": null, "paper": null, "things": null, "name": null,
            });
            let filled = match remark {
                Remark::NothingAttached => return None,
                Remark::Contested { label, known, value, by } => json!({
                    "contested": true, "label": label, "known": known, "value": value, "by": by,
                }),
                Remark::TextAttached { title, version, noted } => json!({
                    "attached_text": true, "title": title, "version": version, "noted": noted,
                }),
                Remark::Agreed { title, version, at } => json!({
                    "agreed": true, "title": title, "version": version,
                    "day": self.moment(*at).on(),
                }),
                Remark::CountsForAll { paper, things } => {
                    json!({"for_all": true, "paper": paper, "things": self.list(things)})
                }
                Remark::CopyWanted { label } => json!({"copy_wanted": true, "label": label}),
                Remark::Unfit { label, value } => {
                    json!({"unfit": true, "label": label, "value": value})
                }
                Remark::SupportAsked => json!({"support": true}),
                Remark::SignatureAsked { name } => json!({"signature": true, "name": name}),
            };
            if let (Some(slots), Value::Object(filled)) = (slots.as_object_mut(), filled) {
                slots.extend(filled);
            }
            Some(slots)
        };
        remarks.iter().filter_map(one).take(ROWS_MAX).collect()
    }
}
