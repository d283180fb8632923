//! `organization.toml`: people and queues for an empty register, and what differs later.

use serde::Deserialize;

use crate::desk::register::{Person, Queue, Register, RegisterChange};

/// The file as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// The people.
    #[serde(default, rename = "person")]
    pub people: Vec<Person>,
    /// The queues with their members.
    #[serde(default, rename = "queue")]
    pub queues: Vec<Queue>,
}

impl Organization {
    /// What would make `register` as the file says: people first, then queues.
    ///
    /// What the register holds beyond the file stays; memberships are as the file says.
    #[must_use]
    pub fn changes(&self, register: &Register) -> Vec<RegisterChange> {
        let people = self
            .people
            .iter()
            .filter(|person| register.person(&person.id) != Some(person))
            .map(|person| RegisterChange::Person(person.clone()));
        let queues = self
            .queues
            .iter()
            .filter(|queue| register.queue(&queue.name) != Some(queue))
            .map(|queue| RegisterChange::Queue(queue.clone()));
        people.chain(queues).collect()
    }

    /// Every mistake in the file, as a sentence that names what is wrong and what to do.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let is_person = |id| self.people.iter().any(|person| &person.id == id);
        for (number, person) in self.people.iter().enumerate() {
            if person.addresses.is_empty() {
                problems.push(format!("person `{}` has no address: add `addresses`", person.id));
            }
            if self.people.iter().take(number).any(|earlier| earlier.id == person.id) {
                problems.push(format!("person `{}` stands twice: remove one", person.id));
            }
        }
        for (number, queue) in self.queues.iter().enumerate() {
            if self.queues.iter().take(number).any(|earlier| earlier.name == queue.name) {
                problems.push(format!("queue `{}` stands twice: remove one", queue.name));
            }
            for member in queue.members.iter().filter(|member| !is_person(&member.person)) {
                problems.push(format!(
                    "queue `{}` has the member `{}`, who is no person of this file: \
                     add a [[person]] or correct the name",
                    queue.name, member.person
                ));
            }
            if let Some(parent) = &queue.parent
                && !self.queues.iter().any(|other| &other.name == parent)
            {
                problems.push(format!(
                    "queue `{}` has the parent `{parent}`, which is no queue of this file",
                    queue.name
                ));
            }
        }
        problems.extend(self.address_problems());
        problems
    }

    fn address_problems(&self) -> Vec<String> {
        let people = self.people.iter().flat_map(|person| {
            person.addresses.iter().map(move |address| (address, format!("person `{}`", person.id)))
        });
        let queues = self.queues.iter().flat_map(|queue| {
            queue.addresses.iter().map(move |address| (address, format!("queue `{}`", queue.name)))
        });
        let mut owners = std::collections::BTreeMap::new();
        let mut problems = Vec::new();
        for (address, owner) in people.chain(queues) {
            if let Some(earlier) = owners.insert(address, owner.clone()) {
                problems.push(format!(
                    "{address} belongs to {earlier} and to {owner}: mail would run in a circle \
                     or go to the wrong place; leave it with one"
                ));
            }
        }
        problems
    }
}
