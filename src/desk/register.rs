//! The register: people, units, queues, memberships, rule texts, consents. It changes only by
//! [`RegisterChange`].
//!
//! Deliberately absent: what a unit, a text or a consent is (files of their own).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::serde::tz;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::desk::breach::Breach;
use crate::desk::calendar::Absence;
use crate::desk::consent::{Consent, ConsentKey, Consenting};
use crate::desk::declaration::{Declaration, DeclarationKey};
use crate::desk::member::{Access, Member};
use crate::desk::renewal::{Renewal, RenewalKey};
use crate::desk::{Account, AddressForm, DigestChoice, Role, RuleText, Unit};
use crate::types::{Address, Locale, PersonId, QueueName, TicketId, UnitId};

/// Somebody known by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// The short name that settings and keywords use.
    pub id: PersonId,
    /// The name that people read.
    pub name: String,
    /// The addresses this person writes from; mail goes to the first.
    pub addresses: Vec<Address>,
    /// The language this person reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// The zone this person lives in; the site's where none is given.
    #[serde(default, with = "tz::optional", skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<TimeZone>,
    /// Which digests this person gets; one each working day where none is named.
    #[serde(default, rename = "digest", skip_serializing_if = "Vec::is_empty")]
    pub digests: Vec<DigestChoice>,
    /// Mails of ours in a day beyond which what can wait goes into the digest; the site's where
    /// none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mails_per_day: Option<u16>,
    /// While the person is away. Said by mail, so that no file of the organization sets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absence: Option<Absence>,
    /// An absence to come, behind the begin of its first day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_absence: Option<(Timestamp, Absence)>,
}

/// A queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// The short name: lower case, in keywords and digests.
    pub name: QueueName,
    /// The name the public knows: "Kontakt NRW". The short name where none is given.
    #[serde(default)]
    pub title: String,
    /// Where mail to it goes; answers leave from the first.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// The queue whose members serve this one while it has none of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<QueueName>,
    /// Addresses such as a team's list: they get copies with the bare queue address and no key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Address>,
    /// Senders of contact forms: their Reply-To is the requestor.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forms: Vec<Address>,
    /// How the public is addressed.
    #[serde(default)]
    pub address_form: AddressForm,
    /// The language where nothing says another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// Whether the author of a mail that is too big to be taken from the mailbox is told so.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub size_notice: bool,
    /// Days within which an answer is promised; told in receipts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_days: Option<u16>,
    /// How long people's answers stay before they leave, such as `2 min`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// What stands below answers to the public; the title where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The unit it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<UnitId>,
    /// How many members who may write it needs (000-01).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minimum: u16,
    /// Who works in it.
    #[serde(default, rename = "member", skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Member>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(number: &u16) -> bool {
    *number == 0
}

const fn yes() -> bool {
    true
}

impl Queue {
    /// The name the public reads.
    #[must_use]
    pub fn shown(&self) -> &str {
        if self.title.is_empty() { self.name.as_str() } else { &self.title }
    }

    /// The membership of a person, if the queue has it itself.
    #[must_use]
    pub fn member(&self, person: &PersonId) -> Option<&Member> {
        self.members.iter().find(|member| &member.person == person)
    }
}

/// One change of the register.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RegisterChange {
    /// A person as it is from now on.
    Person(Person),
    /// A queue as it is from now on.
    Queue(Queue),
    /// A unit as it is from now on.
    Unit(Unit),
    /// One version of a rule text.
    Text(RuleText),
    /// A role as it is from now on.
    Role(Role),
    /// Somebody agreed to a rule text, or took it back.
    Consent(Consent),
    /// Somebody gave a signed paper, or who keeps it has it.
    Declaration(Declaration),
    /// How far the renewal of a version of a rule text has come.
    Renewal(Renewal),
    /// What the site ran with when that was told last.
    Account(Box<Account>),
    /// A breach of the rules as it is from now on.
    Breach(Breach),
    /// The breach on this ticket, of this person, is forgotten.
    Forgotten(TicketId, PersonId),
}

impl RegisterChange {
    /// The revision of a register after this change, from the one before.
    ///
    /// The upper half counts, the lower is a checksum of the change: two who both change the same
    /// register do not arrive at the same revision unless they changed the same.
    #[must_use]
    pub fn revise(&self, before: u64) -> u64 {
        let checksum = crc32fast::hash(&serde_json::to_vec(self).unwrap_or_default());
        ((before >> 32).wrapping_add(1) << 32) | u64::from(checksum)
    }
}

/// People, units and queues, found by name and by address; texts and who agreed to them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Register {
    revision: u64,
    units: BTreeMap<UnitId, Unit>,
    texts: BTreeMap<(String, u16), Arc<RuleText>>,
    roles: BTreeMap<String, Role>,
    consents: BTreeMap<ConsentKey, Consent>,
    declarations: BTreeMap<DeclarationKey, Declaration>,
    renewals: BTreeMap<RenewalKey, Renewal>,
    pub(super) account: Option<Account>,
    breaches: BTreeMap<TicketId, Breach>,
    people: BTreeMap<PersonId, Person>,
    queues: BTreeMap<QueueName, Queue>,
    person_addresses: BTreeMap<Address, PersonId>,
    queue_addresses: BTreeMap<Address, QueueName>,
}

impl Register {
    /// Changes the register. The only way it changes.
    pub fn apply(&mut self, change: &RegisterChange) {
        self.revision = change.revise(self.revision);
        match change {
            RegisterChange::Person(person) => self.put_person(person.clone()),
            RegisterChange::Queue(queue) => self.put_queue(queue.clone()),
            RegisterChange::Unit(unit) => {
                self.units.insert(unit.id.clone(), unit.clone());
            }
            RegisterChange::Text(text) => {
                let key = (text.name.clone(), text.version);
                self.texts.insert(key, Arc::new(text.clone()));
            }
            RegisterChange::Role(role) => {
                self.roles.insert(role.name.clone(), role.clone());
            }
            RegisterChange::Consent(consent) => {
                self.consents.insert(consent.key(), consent.clone());
            }
            RegisterChange::Declaration(declaration) => {
                self.declarations.insert(declaration.key(), declaration.clone());
            }
            RegisterChange::Renewal(renewal) => {
                self.renewals.insert(renewal.key(), renewal.clone());
            }
            RegisterChange::Account(account) => self.account = Some((**account).clone()),
            RegisterChange::Breach(breach) => {
                self.breaches.insert(breach.ticket, breach.clone());
            }
            RegisterChange::Forgotten(ticket, _) => {
                self.breaches.remove(ticket);
            }
        }
    }

    /// Which changes made it: what is decided by it stands only while there are no others.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The same register, known to be of this revision.
    #[must_use]
    pub const fn at_revision(mut self, revision: u64) -> Self {
        self.revision = revision;
        self
    }

    /// The change by which a person joins a queue, or joins it differently.
    #[must_use]
    pub fn joined(&self, queue: &QueueName, member: Member) -> Option<RegisterChange> {
        let mut queue = self.queues.get(queue)?.clone();
        queue.members.retain(|known| known.person != member.person);
        queue.members.push(member);
        Some(RegisterChange::Queue(queue))
    }

    /// The change by which a person leaves a queue.
    #[must_use]
    pub fn left(&self, queue: &QueueName, person: &PersonId) -> Option<RegisterChange> {
        let mut queue = self.queues.get(queue)?.clone();
        queue.members.retain(|known| &known.person != person);
        Some(RegisterChange::Queue(queue))
    }

    fn put_person(&mut self, person: Person) {
        self.person_addresses.retain(|_, id| id != &person.id);
        for address in &person.addresses {
            self.person_addresses.insert(address.clone(), person.id.clone());
        }
        self.people.insert(person.id.clone(), person);
    }

    fn put_queue(&mut self, queue: Queue) {
        self.queue_addresses.retain(|_, name| name != &queue.name);
        for address in &queue.addresses {
            self.queue_addresses.insert(address.clone(), queue.name.clone());
        }
        self.queues.insert(queue.name.clone(), queue);
    }

    /// The person with this id.
    #[must_use]
    pub fn person(&self, id: &PersonId) -> Option<&Person> {
        self.people.get(id)
    }

    /// What a reader inside calls a person: the name, or the id of somebody who is gone.
    #[must_use]
    pub fn name_of(&self, id: &PersonId) -> String {
        self.person(id).map_or_else(|| id.to_string(), |person| person.name.clone())
    }

    /// The person who writes from this address.
    #[must_use]
    pub fn person_at(&self, address: &Address) -> Option<&Person> {
        self.person_addresses.get(address).and_then(|id| self.people.get(id))
    }

    /// The queue of this name.
    #[must_use]
    pub fn queue(&self, name: &QueueName) -> Option<&Queue> {
        self.queues.get(name)
    }

    /// The queue that mail to this address goes to.
    #[must_use]
    pub fn queue_at(&self, address: &Address) -> Option<&Queue> {
        self.queue_addresses.get(address).and_then(|name| self.queues.get(name))
    }

    /// All people, by id.
    pub fn people(&self) -> impl Iterator<Item = &Person> {
        self.people.values()
    }

    /// All queues, by name.
    pub fn queues(&self) -> impl Iterator<Item = &Queue> {
        self.queues.values()
    }

    /// The unit of this id.
    #[must_use]
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.units.get(id)
    }

    /// All units, by id.
    pub fn units(&self) -> impl Iterator<Item = &Unit> {
        self.units.values()
    }

    /// The unit that a shared address writes for.
    #[must_use]
    pub fn unit_at(&self, address: &Address) -> Option<&Unit> {
        self.units().find(|unit| unit.addresses.contains(address))
    }

    /// A unit and all above it, the nearest first.
    pub fn units_up(&self, id: &UnitId) -> impl Iterator<Item = &Unit> {
        let up = |unit: &&Unit| unit.parent.as_ref().and_then(|up| self.units.get(up));
        std::iter::successors(self.units.get(id), up).take(self.units.len())
    }

    /// Who coordinates a unit: its own coordinators, or those of the nearest above that has any.
    #[must_use]
    pub fn coordinators(&self, id: &UnitId) -> &[PersonId] {
        let named = self.units_up(id).find(|unit| !unit.coordinators.is_empty());
        named.map_or(&[], |unit| &unit.coordinators)
    }

    /// Whether a person speaks for a unit on a day.
    #[must_use]
    pub fn speaks_for(&self, person: &PersonId, unit: &UnitId, day: Date) -> bool {
        self.unit(unit).is_some_and(|unit| unit.is_spoken_for_by(person, day))
    }

    /// One version of a rule text.
    #[must_use]
    pub fn text(&self, name: &str, version: u16) -> Option<&Arc<RuleText>> {
        self.texts.get(&(name.to_owned(), version))
    }

    /// The version of a rule text that holds on a day: the highest that is in effect, else the
    /// first that will be.
    #[must_use]
    pub fn text_on(&self, name: &str, day: Date) -> Option<&Arc<RuleText>> {
        let versions = || self.texts.values().filter(|text| text.name == name);
        versions().rfind(|text| text.effective <= day).or_else(|| versions().next())
    }

    /// All versions of all rule texts.
    pub fn texts(&self) -> impl Iterator<Item = &Arc<RuleText>> {
        self.texts.values()
    }

    /// The role of this name.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.roles.get(name)
    }

    /// All roles, by name.
    pub fn roles(&self) -> impl Iterator<Item = &Role> {
        self.roles.values()
    }

    /// Whether and how somebody agreed to a version of a rule text; nothing once taken back.
    #[must_use]
    pub fn consent(&self, text: &str, version: u16, by: &Consenting) -> Option<&Consent> {
        let consent = self.consents.get(&(text.to_owned(), version, by.clone()))?;
        consent.withdrawn_at.is_none().then_some(consent)
    }

    /// The same, also where a person agreed before the register knew more than an address.
    #[must_use]
    pub fn agreed(&self, text: &str, version: u16, by: &Consenting) -> Option<&Consent> {
        let own = self.consent(text, version, by);
        let Consenting::Person(id) = by else { return own };
        let addresses = self.person(id).into_iter().flat_map(|person| &person.addresses);
        let mut earlier = addresses.map(|address| Consenting::Address(address.clone()));
        own.or_else(|| earlier.find_map(|by| self.consent(text, version, &by)))
    }

    /// All consents, by text, version and who; also those that were taken back.
    pub fn consents(&self) -> impl Iterator<Item = &Consent> {
        self.consents.values()
    }

    /// All declarations, by fact and who.
    pub fn declarations(&self) -> impl Iterator<Item = &Declaration> {
        self.declarations.values()
    }

    /// How far the renewal of a version by a procedure has come, once it began.
    #[must_use]
    pub fn renewal(&self, procedure: &str, version: u16) -> Option<&Renewal> {
        self.renewals.get(&(procedure.to_owned(), version))
    }

    /// All renewals, by procedure and version.
    pub fn renewals(&self) -> impl Iterator<Item = &Renewal> {
        self.renewals.values()
    }

    /// The breach that its person is heard about on a ticket.
    #[must_use]
    pub fn breach(&self, ticket: TicketId) -> Option<&Breach> {
        self.breaches.get(&ticket)
    }

    /// All breaches, by ticket; also those that were withdrawn.
    pub fn breaches(&self) -> impl Iterator<Item = &Breach> {
        self.breaches.values()
    }

    /// The register as the changes that would make it.
    #[must_use]
    pub fn as_changes(&self) -> Vec<RegisterChange> {
        let people = self.people.values().cloned().map(RegisterChange::Person);
        let units = self.units.values().cloned().map(RegisterChange::Unit);
        let texts = self.texts.values().map(|text| RegisterChange::Text(RuleText::clone(text)));
        let roles = self.roles.values().cloned().map(RegisterChange::Role);
        let queues = self.queues.values().cloned().map(RegisterChange::Queue);
        let consents = self.consents.values().cloned().map(RegisterChange::Consent);
        let declarations = self.declarations.values().cloned().map(RegisterChange::Declaration);
        let renewals = self.renewals.values().cloned().map(RegisterChange::Renewal);
        let breaches = self.breaches.values().cloned().map(RegisterChange::Breach);
        let declared = people.chain(units).chain(texts).chain(roles).chain(queues);
        let account = self.account.iter().cloned().map(Box::new).map(RegisterChange::Account);
        let kept = consents.chain(declarations).chain(renewals);
        declared.chain(kept).chain(account).chain(breaches).collect()
    }

    /// Who serves a queue: its own members, or those of its nearest ancestor that has any
    /// (fallback inheritance, 001-10..16). Access only: flags are never inherited.
    #[must_use]
    pub fn members(&self, name: &QueueName) -> &[Member] {
        let mut at = self.queues.get(name);
        for _ in 0..=self.queues.len() {
            match at {
                Some(queue) if !queue.members.is_empty() => return &queue.members,
                Some(queue) => at = queue.parent.as_ref().and_then(|up| self.queues.get(up)),
                None => break,
            }
        }
        &[]
    }

    /// Who stands in for a person who is away, among those who serve a queue.
    #[must_use]
    pub fn stand_in(&self, person: &PersonId, queue: &QueueName) -> Option<&PersonId> {
        let deputy = self.person(person)?.absence.as_ref()?.deputy.as_ref()?;
        let is_here = self.person(deputy).is_some_and(|deputy| deputy.absence.is_none());
        let serves = self.access(deputy, queue).is_some_and(|access| access >= Access::Read);
        (is_here && serves).then_some(deputy)
    }

    /// What a person may do in a queue, by own or inherited membership.
    #[must_use]
    pub fn access(&self, person: &PersonId, queue: &QueueName) -> Option<Access> {
        self.members(queue)
            .iter()
            .find(|member| &member.person == person)
            .map(|member| member.access)
            .filter(|access| *access != Access::Suspended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::NotifyChoice;

    fn queue(name: &str, parent: Option<&str>, members: &[&str]) -> RegisterChange {
        let members = members.iter().map(|id| Member {
            person: PersonId::new(*id),
            access: Access::Write,
            notify: NotifyChoice::Each,
            role: None,
        });
        RegisterChange::Queue(Queue {
            name: QueueName::new(name),
            title: String::new(),
            addresses: vec![Address::parse(&format!("{name}@nrw.example")).unwrap()],
            parent: parent.map(QueueName::new),
            notify: Vec::new(),
            forms: Vec::new(),
            address_form: AddressForm::Formal,
            locale: None,
            size_notice: true,
            answer_days: None,
            hold: None,
            signature: None,
            unit: None,
            minimum: 0,
            members: members.collect(),
        })
    }

    #[test]
    fn queue_without_members_is_served_by_its_nearest_ancestor_that_has_any() {
        let mut register = Register::default();
        for change in
            [queue("a", None, &["anna"]), queue("b", Some("a"), &[]), queue("c", Some("b"), &[])]
        {
            register.apply(&change);
        }
        let anna = PersonId::new("anna");
        assert_eq!(register.access(&anna, &QueueName::new("c")), Some(Access::Write));
        register.apply(&queue("c", Some("b"), &["bob"]));
        assert_eq!(register.access(&anna, &QueueName::new("c")), None);
    }

    #[test]
    fn ring_of_parents_ends() {
        let mut register = Register::default();
        register.apply(&queue("a", Some("b"), &[]));
        register.apply(&queue("b", Some("a"), &[]));
        assert!(register.members(&QueueName::new("a")).is_empty());
    }

    #[test]
    fn moved_address_is_found_at_its_new_queue_only() {
        let mut register = Register::default();
        register.apply(&queue("a", None, &[]));
        let address = Address::parse("a@nrw.example").unwrap();
        assert!(register.queue_at(&address).is_some());
        let RegisterChange::Queue(mut moved) = queue("a", None, &[]) else { return };
        moved.addresses.clear();
        register.apply(&RegisterChange::Queue(moved));
        assert!(register.queue_at(&address).is_none());
    }
}
