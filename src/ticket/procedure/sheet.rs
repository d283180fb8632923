//! The decision sheet: one record and one mail for every decision.
//!
//! It holds what was asked, what proved it, who was told when, who was against it, what was decided
//! by whom with how many votes and why, and the site's root. The sheets of a meeting go out in one
//! mail (`meeting::sheets`). Deliberately absent: words (`notice`), sums (`seal`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Consent;
use crate::desk::step::Step;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::matter::{Excerpt, FactLine, Matter, Milestone as Shown, Said, SheetPage};
use crate::ticket::procedure::proofs::Paper;
use crate::ticket::procedure::request::{Request, RequestChange, Ruling, Verdict};
use crate::ticket::procedure::{agenda, collect, duty, record, request_of, title};
use crate::ticket::seal::Seal;
use crate::ticket::state::{Actor, Ticket, Transaction};
use crate::ticket::tally::{Poll, Votes};
use crate::ticket::tell;
use crate::types::{Address, Locale, PersonId, TicketId};

/// Milestones that are kept of a request.
const COURSE_MAX: usize = 100;

/// What happened, for the course of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// It began.
    Begun,
    /// Its author was asked for something.
    Asked,
    /// Everything was there.
    Complete,
    /// It was published.
    Announced,
    /// Silence counts, until then.
    Opened,
    /// It counts longer.
    Extended,
    /// Somebody objected.
    Objected,
    /// He confirmed it.
    Confirmed,
    /// He withdrew it, or it never was.
    Withdrawn,
    /// Nobody was against it.
    Silent,
    /// It waited for people.
    Agenda,
    /// The register was changed.
    Applied,
    /// Somebody signed as well.
    Signed,
    /// An address could not be reached.
    Unreached,
    /// A higher body was asked to decide.
    Handed,
}

/// One point of the course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: What,
    /// Who did it.
    pub by: Actor,
    /// Who was told, or could not be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<Address>,
    /// The words, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Excerpt>,
}

/// What came of a vote by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Polled {
    /// The votes.
    pub votes: Votes,
    /// What they say.
    pub poll: Poll,
    /// How many might vote.
    pub voters: u16,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// The record of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionSheet {
    /// The procedure, by its short name.
    pub procedure: String,
    /// Whether it was granted.
    pub granted: bool,
    /// When.
    pub at: Timestamp,
    /// Who decided, and on which rung; lotse where nobody was against it.
    pub by: Actor,
    /// The rung of the proof ladder.
    pub rung: u8,
    /// What the meeting decided, or those who voted by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ruling: Option<Ruling>,
    /// What came of a vote by mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<Polled>,
    /// What those said who were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Verdict>,
    /// The facts, by name.
    pub facts: Vec<(String, String)>,
    /// The papers with their sums.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub papers: Vec<Paper>,
    /// The consents.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<Consent>,
    /// What happened when, and who was told.
    pub course: Vec<Milestone>,
    /// The site's root, and how far this ticket was sealed.
    pub seal: Seal,
}

/// The milestone that a transaction is, if it is one.
fn milestone(change: &RequestChange) -> Option<(What, Vec<Address>, Option<Excerpt>)> {
    let plain = |what| Some((what, Vec::new(), None));
    match change {
        RequestChange::Begin { .. } => plain(What::Begun),
        RequestChange::Asked { .. } => plain(What::Asked),
        RequestChange::Complete { .. } => plain(What::Complete),
        RequestChange::Announced { to } => Some((What::Announced, to.clone(), None)),
        RequestChange::Open { .. } => plain(What::Opened),
        RequestChange::Extend { .. } | RequestChange::Repeated { .. } => plain(What::Extended),
        RequestChange::Unreached { to } => Some((What::Unreached, to.clone(), None)),
        RequestChange::Object { text, .. } => {
            Some((What::Objected, Vec::new(), Some(text.clone())))
        }
        RequestChange::Confirm { .. } => plain(What::Confirmed),
        RequestChange::Deny { .. } | RequestChange::Withdraw { .. } => plain(What::Withdrawn),
        RequestChange::Close => plain(What::Silent),
        RequestChange::Agenda { .. } => plain(What::Agenda),
        RequestChange::Applied { .. } => plain(What::Applied),
        RequestChange::Escalate { reason, .. } => Some((What::Handed, Vec::new(), reason.clone())),
        RequestChange::Signature { signature, .. } if signature.signed.is_some() => {
            plain(What::Signed)
        }
        _ => None,
    }
}

/// Adds to the course what a change means for it.
pub(super) fn note(course: &mut Vec<Milestone>, change: &RequestChange, said: &Transaction) {
    let Some((what, to, text)) = milestone(change).filter(|_| course.len() < COURSE_MAX) else {
        return;
    };
    let by = match change {
        RequestChange::Object { by, .. } => by.clone(),
        _ => said.by.clone(),
    };
    course.push(Milestone { at: said.at, what, by, to, text });
}

/// Who decided a request, and on which rung: who recorded the meeting's result, else the last of
/// those who were asked, else nobody.
fn decider(request: &Request, origin: &Origin, granted: bool) -> (Actor, u8) {
    let ruling = request.ruling.as_deref().filter(|ruling| ruling.granted == granted);
    if let Some(ruling) = ruling {
        let by = ruling.by.clone().map(Actor::Person);
        return by.map_or((Actor::Program, 0), |by| (by, origin.rung));
    }
    let decides = |verdict: &&Verdict| {
        verdict.granted == granted
            && match request.procedure.step(verdict.step) {
                Some(Step::Task(_) | Step::Checklist(_)) => verdict.seat == duty::BODY,
                step => step.is_some(),
            }
    };
    match request.verdicts.iter().rev().find(decides) {
        Some(verdict) => (verdict.by.clone(), verdict.rung),
        None => (Actor::Program, 0),
    }
}

/// Records the sheet of a decision; if it `goes_out` by itself, to who decided, or answers for the
/// queue where nobody had to, and to who keeps the papers.
pub(super) fn make(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    (granted, goes_out): (bool, bool),
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let seal = draft.case().seal(id)?;
    let (by, rung) = decider(&request, origin, granted);
    let ruling = request.ruling.clone().filter(|ruling| ruling.granted == granted);
    let polling = request.polling.as_deref();
    let poll = polling.and_then(|polling| {
        let (votes, poll) = polling.result?;
        let voters = u16::try_from(polling.voters.len()).unwrap_or(u16::MAX);
        Some(Polled { votes, poll, voters, ended_at: polling.ends_at })
    });
    let sheet = DecisionSheet {
        procedure: request.procedure.name.clone(),
        granted,
        at: origin.at,
        by,
        rung,
        ruling: ruling.map(|ruling| *ruling),
        poll,
        verdicts: request.verdicts.clone(),
        facts: request.facts.clone().into_iter().collect(),
        papers: request.proofs.papers.clone(),
        consents: request.proofs.consents.values().cloned().collect(),
        course: request.course.clone(),
        seal,
    };
    record(draft, id, origin, RequestChange::Sheet { sheet: Box::new(sheet.clone()) });
    if !goes_out {
        return Ok(());
    }
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    for person in readers(draft, &ticket, &sheet) {
        let Some(to) = tell::member(draft.desk, &person) else { continue };
        let pages = page(draft, &ticket, to.locale).into_iter().collect();
        let matter = Matter::Sheet { meeting: None, by: None, postponed: Vec::new(), pages };
        let reply_to = tell::reply_inside(draft.desk, &ticket, &person);
        let notice = tell::notice(draft, &ticket, &to, reply_to, matter);
        draft.notify(notice);
    }
    Ok(())
}

/// Who reads a sheet that goes out by itself.
fn readers(draft: &Draft<'_>, ticket: &Ticket, sheet: &DecisionSheet) -> Vec<PersonId> {
    let decider = match &sheet.by {
        Actor::Person(person) => Some(person.clone()),
        Actor::Outside(_) | Actor::Program => {
            let first = tell::coordinators(draft.desk, &ticket.queue).into_iter().next();
            first.map(|(person, _)| person)
        }
    };
    let mut readers: Vec<PersonId> = decider.into_iter().collect();
    for keeper in custodians(sheet) {
        if !readers.contains(keeper) {
            readers.push(keeper.clone());
        }
    }
    readers
}

/// Who keeps the papers that prove a decision.
pub(crate) fn custodians(sheet: &DecisionSheet) -> impl Iterator<Item = &PersonId> {
    sheet.papers.iter().filter_map(|paper| paper.custodian.as_ref())
}

/// The sheet of what was decided last about a request, for a reader.
pub(crate) fn page(draft: &Draft<'_>, ticket: &Ticket, locale: Locale) -> Option<SheetPage> {
    let request = ticket.request.as_deref()?;
    let sheet = request.sheet.clone()?;
    let register = &draft.desk.register;
    let meeting = sheet.ruling.as_ref().and_then(|ruling| ruling.meeting.as_deref());
    let meeting = meeting.map(|name| {
        let known = draft.desk.site.meeting(name);
        let chair = known.map(|meeting| register.name_of(&meeting.chair)).unwrap_or_default();
        (agenda::called(known, name, locale), chair)
    });
    let said = |verdict: &Verdict| Said {
        who: named(draft, &verdict.by).unwrap_or_default(),
        granted: verdict.granted,
        at: verdict.at,
        reason: verdict.reason.clone(),
    };
    Some(SheetPage {
        ticket: ticket.id,
        title: title(request, locale),
        meeting,
        decider: named(draft, &sheet.by),
        said: sheet.verdicts.iter().map(said).collect(),
        facts: collect::known_lines(request, locale),
        papers: papers(request),
        course: course(draft, &sheet.course),
        sheet,
    })
}

fn named(draft: &Draft<'_>, by: &Actor) -> Option<String> {
    match by {
        Actor::Person(person) => Some(draft.desk.register.name_of(person)),
        Actor::Outside(address) => Some(address.to_string()),
        Actor::Program => None,
    }
}

/// The papers, each with the beginning of its sum.
fn papers(request: &Request) -> Vec<FactLine> {
    let line = |paper: &Paper| FactLine {
        label: paper.name.clone(),
        value: paper.hash.map(|hash| hash.short()).unwrap_or_default(),
    };
    let mut lines: Vec<FactLine> = Vec::new();
    for line in request.proofs.papers.iter().map(line) {
        // One file may prove several facts.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

fn course(draft: &Draft<'_>, course: &[Milestone]) -> Vec<Shown> {
    let line = |one: &Milestone| Shown {
        at: one.at,
        what: one.what,
        who: named(draft, &one.by),
        to: one.to.iter().map(ToString::to_string).collect(),
        text: one.text.clone(),
    };
    course.iter().map(line).collect()
}
