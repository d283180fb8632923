//! Declarations: papers that somebody keeps stand in the register once their request is complete,
//! and as acknowledged once who keeps them says so (000-22).
//!
//! Deliberately absent: the question to the custodian, which is a step of its own (`duty`).

use crate::desk::{Consenting, Declaration, RegisterChange};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::procedure::proofs::Paper;
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::request_of;
use crate::ticket::state::Actor;
use crate::types::{PersonId, TicketId};

/// A request is complete: the register shows its papers that somebody keeps.
pub(super) fn given(draft: &mut Draft<'_>, id: TicketId) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    for paper in &request.proofs.papers {
        let Some(declaration) = of(id, &request, paper) else { continue };
        draft.enroll(RegisterChange::Declaration(declaration));
    }
    Ok(())
}

/// Somebody said yes at a step: the papers that he keeps are there.
pub(super) fn acknowledged(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    person: &PersonId,
) -> Result<(), Missing> {
    let Some(request) = request_of(draft, id)? else { return Ok(()) };
    for paper in request.proofs.papers.iter().filter(|one| one.custodian.as_ref() == Some(person)) {
        let Some(declaration) = of(id, &request, paper) else { continue };
        let acknowledged = Some((origin.at, origin.rung));
        draft.enroll(RegisterChange::Declaration(Declaration { acknowledged, ..declaration }));
    }
    Ok(())
}

fn of(id: TicketId, request: &Request, paper: &Paper) -> Option<Declaration> {
    let fact = request.procedure.fact(&paper.fact)?;
    let by = match &paper.by {
        Actor::Person(person) => Consenting::Person(person.clone()),
        Actor::Outside(address) => Consenting::Address(address.clone()),
        Actor::Program => return None,
    };
    Some(Declaration {
        by,
        fact: fact.name.clone(),
        title: fact.label.keys().map(|at| (*at, fact.known_as(*at).to_owned())).collect(),
        name: paper.name.clone(),
        hash: paper.hash,
        at: paper.at,
        rung: paper.rung,
        message: paper.message,
        ticket: Some(id),
        until: paper.until,
        custodian: paper.custodian.clone()?,
        acknowledged: None,
    })
}
