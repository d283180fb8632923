//! The step that tells the requestor the outcome, and a refusal with its reason.
//!
//! Deliberately absent: what becomes of an answer about help (`help`).

use crate::desk::step::Tell;
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::matter::Matter;
use crate::ticket::procedure::request::{Request, Verdict};
use crate::ticket::procedure::{collect, handover, steps, title};
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
            appeal: None,
        }
    })?;
    Ok(true)
}

/// Somebody said no, and why: the requestor reads the reason, and the request ends.
pub(super) fn refuse(draft: &mut Draft<'_>, id: TicketId, origin: &Origin) -> Result<(), Missing> {
    collect::to_requestor(draft, id, origin, |draft, request, locale| {
        let refused = refusal(request);
        let appeal = handover::recourse(draft, request, origin.at);
        Matter::Outcome {
            title: title(request, locale),
            granted: false,
            facts: collect::known_lines(request, locale),
            by: refused.and_then(|verdict| name_of(draft, verdict)),
            at: refused.map(|verdict| verdict.at),
            reason: refused.and_then(|verdict| verdict.reason.clone()),
            ask_help: false,
            appeal,
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
