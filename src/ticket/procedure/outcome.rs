//! The step that tells the requestor the outcome, and a refusal with its reason.
//!
//! Deliberately absent: what becomes of an answer about help (`help`).

use crate::desk::step::{Step, Tell};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::matter::Matter;
use crate::ticket::procedure::request::{Request, Verdict};
use crate::ticket::procedure::{announce, collect, request_of, steps, title};
use crate::ticket::state::Actor;
use crate::types::TicketId;

/// Tells that it is granted.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    tell: &Tell,
) -> Result<bool, Missing> {
    collect::to_requestor(draft, id, origin, |draft, request, locale| {
        let granted = request.verdicts.iter().rev().find(|verdict| verdict.granted);
        Matter::Outcome {
            title: title(request, locale),
            granted: true,
            facts: collect::known_lines(request, locale),
            by: granted.and_then(|verdict| name_of(draft, verdict)),
            at: granted.map(|verdict| verdict.at),
            reason: None,
            ask_help: tell.ask_help,
            appeal: false,
        }
    })?;
    let request = request_of(draft, id)?;
    if request.is_some_and(|one| one.ruling.is_none() && goes_on(&one, one.step)) {
        announce::decided(draft, id, true)?;
    }
    Ok(true)
}

/// Whether other steps follow one that tells.
fn goes_on(request: &Request, step: u16) -> bool {
    usize::from(step) + 1 < request.procedure.steps.len()
}

/// Whether the outcome was told by a step that others follow: what they do is no decision.
pub(super) fn was_told_before_its_end(request: &Request) -> bool {
    (0..request.step).any(|step| {
        matches!(request.procedure.step(step), Some(Step::Tell(_))) && goes_on(request, step)
    })
}

/// Somebody said no, and why: the requestor reads the reason, and the request ends.
pub(super) fn refuse(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    collect::to_requestor(draft, id, origin, |draft, request, locale| {
        let refused = refusal(request);
        Matter::Outcome {
            title: title(request, locale),
            granted: false,
            facts: collect::known_lines(request, locale),
            by: refused.and_then(|verdict| name_of(draft, verdict)),
            at: refused.map(|verdict| verdict.at),
            reason: refused.and_then(|verdict| verdict.reason.clone()),
            ask_help: false,
            appeal: false,
        }
    })?;
    steps::end(draft, id, origin, false)
}

/// The no that ended a request.
#[must_use]
pub(super) fn refusal(request: &Request) -> Option<&Verdict> {
    request.verdicts.iter().rev().find(|verdict| !verdict.granted)
}

fn name_of(draft: &Draft<'_>, verdict: &Verdict) -> Option<String> {
    match &verdict.by {
        Actor::Person(person) => Some(draft.desk.register.name_of(person)),
        Actor::Outside(_) | Actor::Program => None,
    }
}
