//! `organization.toml`: people, units, queues, roles and rule texts for an empty register, and
//! what differs later.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::desk::register::{Person, Queue, Register, RegisterChange};
use crate::desk::step::length;
use crate::desk::{Role, RuleText, Unit};
use crate::types::{Address, Locale, PersonId, UnitId};

/// The longest time that answers stay before they leave.
const HOLD_MAX: SignedDuration = SignedDuration::from_hours(1);

impl Queue {
    /// How long people's answers stay in the outbox before they leave; nothing: they leave at once.
    #[must_use]
    pub fn hold_span(&self) -> Option<SignedDuration> {
        let span = length(self.hold.as_deref()?).ok()?;
        (span > SignedDuration::ZERO).then_some(span.min(HOLD_MAX))
    }
}

/// The file as it is written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// The people.
    #[serde(default, rename = "person")]
    pub people: Vec<Person>,
    /// The units.
    #[serde(default, rename = "unit")]
    pub units: Vec<Unit>,
    /// The rule texts, each version for itself.
    #[serde(default, rename = "text")]
    pub texts: Vec<RuleText>,
    /// The roles.
    #[serde(default, rename = "role")]
    pub roles: Vec<Role>,
    /// The queues with their members.
    #[serde(default, rename = "queue")]
    pub queues: Vec<Queue>,
}

impl Organization {
    /// What would make `register` as the file says: people first, queues last.
    ///
    /// What the register holds beyond the file stays; memberships are as the file says.
    #[must_use]
    pub fn changes(&self, register: &Register) -> Vec<RegisterChange> {
        let people = self
            .people
            .iter()
            .map(|person| {
                let known = register.person(&person.id);
                let absence = known.and_then(|known| known.absence.clone());
                let next_absence = known.and_then(|known| known.next_absence.clone());
                Person { absence, next_absence, ..person.clone() }
            })
            .filter(|person| register.person(&person.id) != Some(person))
            .map(RegisterChange::Person);
        let units = self
            .units
            .iter()
            .filter(|unit| register.unit(&unit.id) != Some(unit))
            .map(|unit| RegisterChange::Unit(unit.clone()));
        let known = |text: &RuleText| register.text(&text.name, text.version).cloned();
        let texts = self
            .texts
            .iter()
            .filter(|text| known(text).is_none_or(|known| *known != **text))
            .map(|text| RegisterChange::Text(text.clone()));
        let roles = self
            .roles
            .iter()
            .filter(|role| register.role(&role.name) != Some(role))
            .map(|role| RegisterChange::Role(role.clone()));
        let queues = self
            .queues
            .iter()
            .filter(|queue| register.queue(&queue.name) != Some(queue))
            .map(|queue| RegisterChange::Queue(queue.clone()));
        people.chain(units).chain(texts).chain(roles).chain(queues).collect()
    }

    /// What may not be changed as the file says: a registered version of a rule text reads as it
    /// was registered for ever, because consents name it.
    #[must_use]
    pub fn refused(&self, register: &Register) -> Vec<String> {
        let is_other = |text: &&RuleText| {
            let known = register.text(&text.name, text.version);
            known.is_some_and(|known| !known.reads_like(text))
        };
        let say = |text: &RuleText| {
            let (name, version) = (&text.name, text.version);
            format!(
                "text `{name}`: version {version} is registered in other words, which people may \
                 have agreed to: give these words the version {}",
                version.saturating_add(1)
            )
        };
        self.texts.iter().filter(is_other).map(say).collect()
    }

    /// Every mistake in the file, as a sentence that names what is wrong and what to do.
    #[must_use]
    pub fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
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
            problems.extend(self.queue_problems(queue));
        }
        for (number, unit) in self.units.iter().enumerate() {
            if self.units.iter().take(number).any(|earlier| earlier.id == unit.id) {
                problems.push(format!("unit `{}` stands twice: remove one", unit.id));
            }
            problems.extend(self.unit_problems(unit));
        }
        problems.extend(self.text_problems());
        problems.extend(self.role_problems());
        problems.extend(self.address_problems());
        problems
    }

    fn is_person(&self, id: &PersonId) -> bool {
        self.people.iter().any(|person| &person.id == id)
    }

    fn queue_problems(&self, queue: &Queue) -> Vec<String> {
        let (name, mut problems) = (&queue.name, Vec::new());
        for member in &queue.members {
            if !self.is_person(&member.person) {
                problems.push(format!(
                    "queue `{name}` has the member `{}`, who is no person of this file: add a \
                     [[person]] or correct the name",
                    member.person
                ));
            }
            let role = member.role.as_ref();
            if let Some(role) = role.filter(|role| !self.roles.iter().any(|one| one.name == **role))
            {
                problems.push(format!(
                    "queue `{name}` has a member with the role `{role}`, which is none of this \
                     file: add a [[role]] or correct the name"
                ));
            }
        }
        if let Some(hold) = &queue.hold
            && !length(hold).is_ok_and(|span| span <= HOLD_MAX)
        {
            problems.push(format!(
                "queue `{name}` has `hold = \"{hold}\"`: write minutes, such as `2 min`, an \
                 hour at most"
            ));
        }
        if let Some(parent) = &queue.parent
            && !self.queues.iter().any(|other| &other.name == parent)
        {
            problems.push(format!(
                "queue `{name}` has the parent `{parent}`, which is no queue of this file: \
                     add it, or correct the name"
            ));
        }
        problems
    }

    fn unit_problems(&self, unit: &Unit) -> Vec<String> {
        let (id, mut problems) = (&unit.id, Vec::new());
        let delegates = unit.delegates.iter().map(|delegate| ("delegate", &delegate.person));
        let coordinators = unit.coordinators.iter().map(|person| ("coordinator", person));
        let speaker = unit.speaker.iter().map(|person| ("speaker", person));
        for (what, person) in speaker.chain(delegates).chain(coordinators) {
            if !self.is_person(person) {
                problems.push(format!(
                    "unit `{id}` has the {what} `{person}`, who is no person of this file: add a \
                     [[person]] or correct the name"
                ));
            }
        }
        if let Some(parent) = &unit.parent
            && !self.units.iter().any(|other| &other.id == parent)
        {
            problems.push(format!(
                "unit `{id}` has the parent `{parent}`, which is no unit of this file: add it, \
                 or correct the name"
            ));
        }
        if self.is_in_ring(unit) {
            problems.push(format!("unit `{id}` is part of itself: correct `parent`"));
        }
        problems
    }

    fn is_in_ring(&self, unit: &Unit) -> bool {
        let find = |id: &UnitId| self.units.iter().find(|unit| &unit.id == id);
        let up = |unit: &&Unit| unit.parent.as_ref().and_then(find);
        std::iter::successors(up(&unit), up).take(self.units.len()).any(|up| up.id == unit.id)
    }

    fn text_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (number, text) in self.texts.iter().enumerate() {
            let (name, version) = (&text.name, text.version);
            let is_same = |other: &RuleText| other.name == *name && other.version == version;
            if self.texts.iter().take(number).any(is_same) {
                problems.push(format!(
                    "text `{name}` stands twice in version {version}: give one another version"
                ));
            }
            if text.content.is_empty() && text.file.is_empty() {
                problems.push(format!(
                    "text `{name}` has no words in version {version}: name its file, such as \
                     file.de = \"texts/{name}-{version}.de.txt\""
                ));
            }
            if text.title.is_empty() {
                problems.push(format!(
                    "text `{name}` has no title in version {version}: add `title` by language"
                ));
            }
            let has_words = |locale: &&Locale| {
                text.file.contains_key(locale) || text.content.contains_key(locale)
            };
            for locale in text.title.keys().filter(|locale| !has_words(locale)) {
                problems.push(format!(
                    "text `{name}` has a title and no words in `{locale}` in version {version}: \
                     add `file.{locale}`, or leave out the title"
                ));
            }
        }
        problems
    }

    fn role_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for (number, role) in self.roles.iter().enumerate() {
            let name = &role.name;
            if self.roles.iter().take(number).any(|earlier| earlier.name == *name) {
                problems.push(format!("role `{name}` stands twice: remove one"));
            }
            for other in role.invites.iter().chain(&role.gives) {
                if !self.roles.iter().any(|known| &known.name == other) {
                    problems.push(format!(
                        "role `{name}` names the role `{other}`, which is none of this file: add \
                         a [[role]] or correct the name"
                    ));
                }
            }
        }
        problems
    }

    fn address_problems(&self) -> Vec<String> {
        fn owned(owner: String, addresses: &[Address]) -> impl Iterator<Item = (&Address, String)> {
            addresses.iter().map(move |address| (address, owner.clone()))
        }
        let people =
            self.people.iter().map(|one| owned(format!("person `{}`", one.id), &one.addresses));
        let queues =
            self.queues.iter().map(|one| owned(format!("queue `{}`", one.name), &one.addresses));
        let units =
            self.units.iter().map(|one| owned(format!("unit `{}`", one.id), &one.addresses));
        let mut owners = BTreeMap::new();
        let mut problems = Vec::new();
        for (address, owner) in people.chain(queues).chain(units).flatten() {
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
