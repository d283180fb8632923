//! Places in queues that rest for a while, and come back: for consents that did not come, and for
//! suspensions.
//!
//! Deliberately absent: why and until when (`ticket`), places that a request gives up (`apply`).

use crate::desk::{Access, Member, Register, RegisterChange};
use crate::types::{PersonId, QueueName};

/// Places of a person that rest, with the access that comes back.
pub type Resting = Vec<(QueueName, Access)>;

/// What lets all places of a person rest, and what comes back. A queue keeps its last writer, so
/// that somebody is left who may act; those queues come last.
#[must_use]
pub fn rest(
    register: &Register,
    person: &PersonId,
) -> (Resting, Vec<RegisterChange>, Vec<QueueName>) {
    let (mut resting, mut changes, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for queue in register.queues() {
        let Some(member) = queue.member(person) else { continue };
        if member.access == Access::Suspended {
            continue;
        }
        let is_other = |one: &Member| one.access == Access::Write && one.person != *person;
        if member.access == Access::Write && !queue.members.iter().any(is_other) {
            kept.push(queue.name.clone());
            continue;
        }
        resting.push((queue.name.clone(), member.access));
        let rests = Member { access: Access::Suspended, ..member.clone() };
        changes.extend(register.joined(&queue.name, rests));
    }
    (resting, changes, kept)
}

/// What lets places of a person come back, where they still rest.
#[must_use]
pub fn come_back(
    register: &Register,
    person: &PersonId,
    resting: &[(QueueName, Access)],
) -> Vec<RegisterChange> {
    let back = |(queue, access): &(QueueName, Access)| {
        let member = register.queue(queue)?.member(person)?;
        let rests = member.access == Access::Suspended;
        let back = Member { access: *access, ..member.clone() };
        rests.then(|| register.joined(queue, back)).flatten()
    };
    resting.iter().filter_map(back).collect()
}
