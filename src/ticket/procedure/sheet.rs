//! The decision sheet: one record and one mail at the end of every request.
//!
//! It holds what was asked, what proved it, who was told when, who was against it, what was decided
//! and by whom, and the site's root. Deliberately absent: words (`notice`), sums (`seal`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::desk::Consent;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Excerpt, FactLine, Matter, Milestone as Shown};
use crate::ticket::procedure::proofs::Paper;
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{collect, record, request_of, title};
use crate::ticket::seal::Seal;
use crate::ticket::state::{Actor, Transaction};
use crate::ticket::tell;
use crate::types::{Address, TicketId};

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
        RequestChange::Extend { .. } => plain(What::Extended),
        RequestChange::Object { text, .. } => {
            Some((What::Objected, Vec::new(), Some(text.clone())))
        }
        RequestChange::Confirm { .. } => plain(What::Confirmed),
        RequestChange::Deny { .. } | RequestChange::Withdraw { .. } => plain(What::Withdrawn),
        RequestChange::Close => plain(What::Silent),
        RequestChange::Agenda { .. } => plain(What::Agenda),
        RequestChange::Applied { .. } => plain(What::Applied),
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

/// Records the sheet of a request that ends now, and sends it to who decided, or answers for the
/// queue where nobody had to.
pub(super) fn make(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    granted: bool,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    let seal = draft.case().seal(id)?;
    let sheet = DecisionSheet {
        procedure: request.procedure.name.clone(),
        granted,
        at: origin.at,
        by: origin.by.clone(),
        rung: origin.rung,
        facts: request.facts.clone().into_iter().collect(),
        papers: request.proofs.papers.clone(),
        consents: request.proofs.consents.values().cloned().collect(),
        course: request.course.clone(),
        seal,
    };
    record(draft, id, origin, RequestChange::Sheet { sheet: Box::new(sheet.clone()) });
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(()) };
    let deciders = tell::coordinators(draft.desk, &ticket.queue);
    let decider = |person: &crate::types::PersonId| origin.by == Actor::Person(person.clone());
    let chosen = deciders.iter().find(|(person, _)| decider(person)).or_else(|| deciders.first());
    let Some((person, to)) = chosen.cloned() else { return Ok(()) };
    let locale = to.locale;
    let matter = Matter::Sheet {
        title: title(&request, locale),
        decider: named(draft, &origin.by),
        facts: collect::known_lines(&request, locale),
        papers: papers(&request),
        course: course(draft, &sheet.course),
        sheet: Box::new(sheet),
    };
    let notice = tell::notice(draft, &ticket, &to, ReplyTo::Internal(person), matter);
    draft.notify(notice);
    Ok(())
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
    request.proofs.papers.iter().map(line).collect()
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
