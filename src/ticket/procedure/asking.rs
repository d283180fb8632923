//! What those read who are asked something by a step, and the requestor meanwhile.
//!
//! Deliberately absent: who is asked (`duty`), when again (`chase`), the words (`templates/`).

use crate::desk::Desk;
use crate::desk::procedure::Texts;
use crate::desk::step::{By, Step};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::matter::{Asking, Enclosed, FactLine, Happened, HistoryLine, Matter};
use crate::ticket::procedure::proofs::Paper;
use crate::ticket::procedure::request::{About, Request};
use crate::ticket::procedure::{agenda, collect, duty, remark, task, title};
use crate::ticket::state::{Actor, Ticket};
use crate::types::{Locale, Mailbox, PersonId, TicketId};

/// Why somebody is asked when a step begins.
pub(super) const fn first(step: &Step) -> Asking {
    match step {
        Step::Escalate(_) => Asking::Body,
        _ => Asking::First,
    }
}

/// What a body is called where people read of it: the queue's name, or the person's.
pub(super) fn called(desk: &Desk, request: &Request, by: &By) -> String {
    let named = |person: &PersonId| desk.register.name_of(person);
    match by {
        By::Queue(queue) => {
            let known = desk.register.queue(queue);
            known.map_or_else(|| queue.to_string(), |queue| queue.shown().to_owned())
        }
        By::Person(person) => named(person),
        By::Fact(name) => request.people.get(name).map(named).unwrap_or_default(),
        By::Speaker(_) | By::Coordinators => {
            let queue = request.procedure.queue.as_ref().unwrap_or_else(|| desk.dispatcher());
            called(desk, request, &By::Queue(queue.clone()))
        }
    }
}

/// Who asks, as a reader inside knows them.
pub(super) fn applicant(ticket: &Ticket) -> String {
    ticket.requestors.first().map_or("", Mailbox::shown).to_owned()
}

/// A text of the procedure in a reader's language.
pub(super) fn said(texts: &Texts, locale: Locale) -> String {
    texts.get(&locale).or_else(|| texts.values().next()).cloned().unwrap_or_default()
}

/// The same with every `{fact}` replaced by what is known; an unknown name stays as it stands.
pub(super) fn filled(request: &Request, texts: &Texts, locale: Locale) -> String {
    let text = said(texts, locale);
    let known = filled_with(request, &text, locale);
    let names = || request.procedure.facts.iter().map(|fact| format!("{{{}}}", fact.name));
    names().fold(known, |text, name| text.replace(&name, ""))
}

/// Every `{fact}` that is known replaced by its value; the others stay as they stand.
pub(super) fn filled_with(request: &Request, text: &str, locale: Locale) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let value = behind.split_once('}').and_then(|(name, after)| {
            let fact = request.procedure.fact(name)?;
            Some((fact.said(request.facts.get(name)?, locale), after))
        });
        if let Some((value, after)) = value {
            filled.push_str(&value);
            rest = after;
        } else {
            filled.push('{');
            rest = behind;
        }
    }
    filled.push_str(rest);
    filled
}

/// What somebody reads who is asked.
pub(super) fn matter(
    desk: &Desk,
    ticket: &Ticket,
    about: About,
    (asking, locale): (Asking, Locale),
) -> Matter {
    let applicant = applicant(ticket);
    let Some(request) = ticket.request.as_deref() else {
        return Matter::ReasonAsked { title: String::new(), applicant, unclear: true };
    };
    let title = title(request, locale);
    let (step, seat) = match about {
        About::Duty { step, seat } => (step, seat),
        About::Support => {
            let (about, until, files) = (String::new(), None, Vec::new());
            let facts = facts(request, locale);
            return Matter::Confirm { title, applicant, about, facts, until, asking, files };
        }
        _ => {
            let unclear = matches!(about, About::Unclear { .. });
            return Matter::ReasonAsked { title, applicant, unclear };
        }
    };
    let until = request.waits().and_then(|pending| pending.due_at);
    match request.procedure.step(step) {
        _ if seat == duty::BODY => review(desk, ticket, request, (asking, locale)),
        Some(Step::Confirm(confirm)) => {
            let about = filled(request, &confirm.about, locale);
            let facts = facts(request, locale);
            let files = kept_by(request, &confirm.by);
            Matter::Confirm { title, applicant, about, facts, until, asking, files }
        }
        Some(Step::Joint(joint)) => {
            let about = filled(request, &joint.about, locale);
            let (facts, files) = (facts(request, locale), Vec::new());
            Matter::Confirm { title, applicant, about, facts, until, asking, files }
        }
        Some(Step::Checklist(list)) => {
            let item = list.items.get(usize::from(seat));
            let text = item.map(|item| filled(request, &item.text, locale)).unwrap_or_default();
            Matter::Item { title, text, until: None, asking }
        }
        Some(Step::Task(task)) => task::overdue(desk, request, task, locale),
        _ => review(desk, ticket, request, (asking, locale)),
    }
}

fn review(
    desk: &Desk,
    ticket: &Ticket,
    request: &Request,
    (asking, locale): (Asking, Locale),
) -> Matter {
    let needs_history = matches!(asking, Asking::Body | Asking::Overdue);
    Matter::Review {
        title: title(request, locale),
        applicant: applicant(ticket),
        facts: facts(request, locale),
        until: request.waits().and_then(|pending| pending.due_at),
        asking,
        history: if needs_history { history(desk, request) } else { Vec::new() },
        playbook: said(&request.procedure.playbook, locale),
        files: enclosed(ticket, request),
    }
}

/// The papers of a request, each once; without any, the files of the applicant's last mail.
fn enclosed(ticket: &Ticket, request: &Request) -> Vec<Enclosed> {
    let files = papers(request, |_| true);
    let Some(last) = ticket.last_received.as_ref().filter(|_| files.is_empty()) else {
        return files;
    };
    let message = last.text.message;
    let of_last = last.attachments.iter().cloned();
    of_last.map(|attachment| Enclosed { message, attachment }).collect()
}

/// The papers that somebody keeps.
fn kept_by(request: &Request, by: &By) -> Vec<Enclosed> {
    let By::Person(person) = by else { return Vec::new() };
    papers(request, |paper| paper.custodian.as_ref() == Some(person))
}

fn papers(request: &Request, is_wanted: impl Fn(&Paper) -> bool) -> Vec<Enclosed> {
    let mut files: Vec<Enclosed> = Vec::new();
    for paper in request.proofs.papers.iter().filter(|paper| is_wanted(paper)) {
        let (Some(message), Some(attachment)) = (paper.message, paper.file.clone()) else {
            continue;
        };
        let is_it = |known: &Enclosed| {
            let sum = known.attachment.hash;
            sum.is_some() && sum == attachment.hash || known.attachment == attachment
        };
        if !files.iter().any(is_it) {
            files.push(Enclosed { message, attachment });
        }
    }
    files
}

/// What is known, for those who work on it.
pub(super) fn facts(request: &Request, locale: Locale) -> Vec<FactLine> {
    collect::known_lines(request, locale)
}

/// What happened to a request so far, in order.
pub(super) fn history(desk: &Desk, request: &Request) -> Vec<HistoryLine> {
    let name = |by: &Actor| match by {
        Actor::Person(person) => desk.register.name_of(person),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => String::new(),
    };
    let line = |at, what| HistoryLine { at, what, who: String::new(), text: None };
    let mut lines: Vec<HistoryLine> =
        request.complete_at.map(|at| line(at, Happened::Complete)).into_iter().collect();
    if let Some(window) = &request.window {
        lines.push(line(window.opens_at, Happened::Announced));
        for objection in &window.objections {
            let (who, text) = (name(&objection.by), Some(objection.text.clone()));
            let what = Happened::Objected;
            lines.push(HistoryLine { at: objection.at, what, who, text });
        }
    }
    for verdict in &request.verdicts {
        let what = if verdict.granted { Happened::Granted } else { Happened::Refused };
        let (who, text) = (name(&verdict.by), verdict.reason.clone());
        lines.push(HistoryLine { at: verdict.at, what, who, text });
    }
    let before = request.handed.as_ref().and_then(|handed| handed.ruling.as_ref());
    for ruling in before.into_iter().chain(request.ruling.as_deref()) {
        let what = if ruling.granted { Happened::Granted } else { Happened::Refused };
        let meeting = ruling.meeting.as_deref();
        let who =
            meeting.map(|name| agenda::called(desk.site.meeting(name), name, desk.site.locale));
        let (who, text) = (who.unwrap_or_default(), ruling.reason.clone());
        lines.push(HistoryLine { at: ruling.at, what, who, text });
    }
    if let Some(handed) = &request.handed {
        let (who, text) = (name(&handed.by), handed.reason.clone());
        lines.push(HistoryLine { at: handed.at, what: Happened::HandedOn, who, text });
    }
    lines.sort_by_key(|line| line.at);
    lines
}

/// The requestor hears once that everything is there, who decides, and by when.
pub(super) fn tell_requestor(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    step: &Step,
) -> Result<(), Missing> {
    let by = match step {
        Step::Review(review) => Some(&review.by),
        _ => None,
    };
    let by = by.and_then(|by| match by {
        By::Queue(queue) => draft.desk.register.queue(queue).map(|queue| queue.shown().to_owned()),
        _ => None,
    });
    let was_told =
        draft.ticket(id)?.and_then(|ticket| ticket.request.as_deref()).is_none_or(|one| {
            let before = one.procedure.steps.iter().take(usize::from(one.step));
            before.into_iter().any(is_told)
        });
    if was_told {
        return Ok(());
    }
    collect::to_requestor(draft, id, origin, |draft, request, locale| Matter::Complete {
        title: title(request, locale),
        ends_at: None,
        anew: false,
        done_at: None,
        rest: None,
        by: by.clone(),
        until: request.waits().and_then(|pending| pending.due_at),
        remarks: remark::of(draft, request, &[], locale),
    })
}

/// Whether the requestor heard something when this step began.
const fn is_told(step: &Step) -> bool {
    match step {
        Step::Window { .. }
        | Step::Review(_)
        | Step::Confirm(_)
        | Step::Joint(_)
        | Step::Task(_)
        | Step::Checklist(_)
        | Step::Wait(_)
        | Step::Escalate(_)
        | Step::Agenda { .. }
        | Step::Vote(_) => true,
        Step::Collect {}
        | Step::Announce { .. }
        | Step::Apply(_)
        | Step::Tell(_)
        | Step::Run(_) => false,
    }
}
