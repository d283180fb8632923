//! Who may read what a procedure tells those who work on its requests (000-23).
//!
//! Deliberately absent: the words, which are the procedure's; the mails that carry them.

use crate::desk::step::{By, Step};
use crate::desk::{Desk, Procedure};
use crate::ticket::procedure::duty;
use crate::types::{PersonId, QueueName};

/// Whether a person works on requests of a procedure: serves their queue, or a queue or person
/// that one of its steps asks.
#[must_use]
pub fn may_read(desk: &Desk, procedure: &Procedure, person: &PersonId) -> bool {
    let serves = |queue: &QueueName| desk.register.access(person, queue).is_some();
    let own = procedure.queue.as_ref().unwrap_or_else(|| desk.dispatcher());
    let is_meant = |by: &By| match by {
        By::Queue(queue) => serves(queue),
        By::Person(named) => named == person,
        By::Coordinators => serves(own),
        By::Fact(_) | By::Speaker(_) => false,
    };
    let asks = |step: &Step| {
        let higher = step.deadline().and_then(|deadline| deadline.escalate_to);
        duty::bys(step).into_iter().chain(higher).any(is_meant)
            || matches!(step, Step::Task(task) if serves(&task.queue))
    };
    serves(own) || procedure.steps.iter().any(asks)
}
