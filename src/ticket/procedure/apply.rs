//! The step that changes the register: people, queues, places in queues, addresses.
//!
//! Each change is made once and says nothing where it is so already. What cannot be applied as it
//! was asked for waits for people. Deliberately absent: whether a bound address works (`bind`).

use crate::desk::procedure::Need;
use crate::desk::step::{Alter, Apply, Create};
use crate::desk::{Access, Member, NotifyChoice, Person, Queue, Register, RegisterChange, Unit};
use crate::ticket::case::Missing;
use crate::ticket::draft::{Draft, Origin};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::request::{Request, RequestChange};
use crate::ticket::procedure::{bind, record, request_of, steps};
use crate::ticket::state::Ticket;
use crate::types::{Address, PersonId, QueueName, TicketId, UnitId};

/// The name of no fact: who asks.
const REQUESTOR: &str = "requestor";

/// A reason why something cannot be applied, as a word of the table.
type Why = &'static str;

/// Changes the register, once; says whether the request goes on.
pub(super) fn enter(
    draft: &mut Draft<'_>,
    id: TicketId,
    origin: &Origin,
    apply: &Apply,
) -> Result<bool, Missing> {
    let Some(ticket) = draft.ticket(id)?.cloned() else { return Ok(false) };
    let Some(request) = ticket.request.as_deref() else { return Ok(false) };
    let is_bind = apply.create == Some(Create::Bind);
    if is_bind && is_unwanted(request, apply) {
        return Ok(true);
    }
    if request.applied.contains(&request.step) {
        return if is_bind { bind::enter(draft, id, origin, apply) } else { Ok(true) };
    }
    let register = draft.register();
    let asked = Asked { register: &register, ticket: &ticket, request, apply };
    match asked.changes() {
        Ok(changes) => {
            let person = asked.made();
            for change in changes {
                draft.enroll(change);
            }
            if let Some((name, person)) = person {
                let value = request.facts.get(&name).cloned().unwrap_or_default();
                let change =
                    RequestChange::Fact { name, value, person: Some(person), unfit: false };
                record(draft, id, origin, change);
            }
        }
        Err(why) => {
            steps::left_to_people(draft, id, origin, why);
            return Ok(false);
        }
    }
    let step = request_of(draft, id)?.map_or(0, |request| request.step);
    record(draft, id, origin, RequestChange::Applied { step });
    if is_bind { bind::enter(draft, id, origin, apply) } else { Ok(true) }
}

/// Whether an address may be bound, and nobody asked for one (000-27).
fn is_unwanted(request: &Request, apply: &Apply) -> bool {
    let fact = apply.address.as_ref().and_then(|name| request.procedure.fact(name));
    fact.is_some_and(|fact| fact.need != Need::Required && !request.facts.contains_key(&fact.name))
}

/// What a request asks to be changed, beside the register as it is.
struct Asked<'a> {
    register: &'a Register,
    ticket: &'a Ticket,
    request: &'a Request,
    apply: &'a Apply,
}

impl Asked<'_> {
    fn changes(&self) -> Result<Vec<RegisterChange>, Why> {
        match (self.apply.create, self.apply.change) {
            (Some(Create::Person), _) => self.new_person(),
            (Some(Create::Queue), _) => self.new_queue(),
            (Some(Create::Membership), _) => self.joins(),
            (Some(Create::Bind), _) => self.binds(),
            (Some(Create::Role), _) => self.gives_role(),
            (Some(Create::Unit), _) => self.new_unit(),
            (None, Some(Alter::Suspend)) => self.rests(),
            (None, Some(Alter::Revoke)) => self.leaves(),
            (None, Some(Alter::Archive)) => self.archives(),
            (None, Some(Alter::Transfer)) => self.hands_over(),
            (None, None) => Ok(Vec::new()),
        }
    }

    fn value(&self, fact: Option<&String>) -> Option<&str> {
        self.request.facts.get(fact?).map(String::as_str)
    }

    /// Who asks, if known.
    fn requestor(&self) -> Option<&Person> {
        let asks = self.ticket.requestors.first()?;
        self.register.person_at(&asks.address)
    }

    fn person(&self, fact: Option<&String>) -> Result<PersonId, Why> {
        let Some(name) = fact else { return Err("person") };
        if name == REQUESTOR {
            return self.requestor().map(|person| person.id.clone()).ok_or("person");
        }
        let is_there = |person: &&PersonId| self.register.person(person).is_some();
        if let Some(person) = self.request.people.get(name).filter(is_there) {
            return Ok(person.clone());
        }
        match people::find(self.register, self.value(fact).ok_or("person")?) {
            Named::One(person) => Ok(person),
            Named::Nobody(_) => Err("person"),
        }
    }

    /// The queues that are meant: one by its own name, or those that a fact names.
    fn queues(&self) -> Result<Vec<&Queue>, Why> {
        let Some(name) = &self.apply.queue else { return Err("queue") };
        let named = if self.request.procedure.fact(name).is_some() {
            self.value(Some(name)).ok_or("queue")?
        } else {
            name.as_str()
        };
        let names = named.split(',').map(str::trim).filter(|name| !name.is_empty());
        let queues: Option<Vec<&Queue>> =
            names.map(|name| self.register.queue(&QueueName::new(name))).collect();
        queues.filter(|queues| !queues.is_empty()).ok_or("queue")
    }

    /// A queue that exists, or the one that another step of the request made.
    fn queue(&self) -> Result<&Queue, Why> {
        self.queues()?.first().copied().ok_or("queue")
    }

    fn name(&self) -> String {
        let parts = self.apply.name.iter().filter_map(|fact| self.value(Some(fact)));
        parts.collect::<Vec<_>>().join(" ")
    }

    fn address(&self) -> Option<Address> {
        Address::parse(self.value(self.apply.address.as_ref())?).ok()
    }

    /// The address of a new person: the one that was given, else the requestor's.
    fn own_address(&self) -> Option<Address> {
        let asks = self.ticket.requestors.first().map(|mailbox| mailbox.address.clone());
        self.address().or(asks)
    }

    fn access(&self) -> Result<Access, Why> {
        let Some(access) = &self.apply.access else { return Ok(Access::Write) };
        let is_fact = self.request.procedure.fact(access).is_some();
        match if is_fact { self.value(Some(access)) } else { Some(access.as_str()) } {
            Some("read") => Ok(Access::Read),
            Some("write") | None => Ok(Access::Write),
            Some(_) => Err("access"),
        }
    }

    /// The person that a step makes, by the fact that holds the new short name.
    fn made(&self) -> Option<(String, PersonId)> {
        let fact = self.apply.person.as_ref().filter(|_| self.apply.create == Some(Create::Person));
        let known = self.own_address().and_then(|address| self.register.person_at(&address));
        let new = || PersonId::new(self.value(self.apply.person.as_ref()).unwrap_or_default());
        Some((fact?.clone(), known.map_or_else(new, |person| person.id.clone())))
    }

    fn new_person(&self) -> Result<Vec<RegisterChange>, Why> {
        let address = self.own_address().ok_or("address")?;
        if self.register.person_at(&address).is_some() {
            return Ok(Vec::new());
        }
        let id = self.value(self.apply.person.as_ref()).filter(|id| !id.is_empty());
        let id = PersonId::new(id.ok_or("person")?);
        let is_ours = self.register.queue_at(&address).is_some();
        if self.register.person(&id).is_some() || is_ours {
            return Err("person");
        }
        let name = self.name();
        let asks = self.ticket.requestors.first().map_or("", |mailbox| mailbox.name.as_str());
        let name = if name.is_empty() { asks.to_owned() } else { name };
        let locale = Some(self.ticket.locale);
        Ok(vec![RegisterChange::Person(Person {
            id,
            name,
            addresses: vec![address],
            locale,
            time_zone: None,
            digests: Vec::new(),
            mails_per_day: None,
            absence: None,
            next_absence: None,
        })])
    }

    fn new_queue(&self) -> Result<Vec<RegisterChange>, Why> {
        let Some(name) = self.value(self.apply.queue.as_ref()) else { return Err("queue") };
        let name = QueueName::new(name);
        if self.register.queue(&name).is_some() {
            return Ok(Vec::new());
        }
        let mut members = Vec::new();
        if self.apply.person.is_some() {
            let person = self.person(self.apply.person.as_ref())?;
            members.push(member(person, Access::Write));
        }
        for person in self.speakers() {
            if !members.iter().any(|known| known.person == person) {
                members.push(member(person, Access::Write));
            }
        }
        let like = self.request.procedure.queue.as_ref().and_then(|own| self.register.queue(own));
        Ok(vec![RegisterChange::Queue(Queue {
            name,
            title: self.name(),
            addresses: Vec::new(),
            parent: None,
            notify: Vec::new(),
            forms: Vec::new(),
            address_form: like.map(|queue| queue.address_form).unwrap_or_default(),
            locale: like.and_then(|queue| queue.locale),
            size_notice: true,
            answer_days: None,
            hold: None,
            signature: None,
            unit: None,
            minimum: 0,
            members,
        })])
    }

    /// Who speaks for the unit that a new queue is for.
    fn speakers(&self) -> Vec<PersonId> {
        let named = self.value(self.apply.unit.as_ref());
        let unit = named.and_then(|name| people::unit(self.register, name));
        let day = self.ticket.updated_at.to_zoned(jiff::tz::TimeZone::UTC).date();
        unit.map(|unit| unit.speakers(day).cloned().collect()).unwrap_or_default()
    }

    fn joins(&self) -> Result<Vec<RegisterChange>, Why> {
        let (person, access) = (self.person(self.apply.person.as_ref())?, self.access()?);
        let queues = self.queues()?;
        let lacks = queues.into_iter().filter(|queue| match queue.member(&person) {
            Some(known) => known.access < access,
            None => true,
        });
        let join = |queue: &Queue| self.joined(queue, &person, access);
        Ok(lacks.filter_map(join).collect())
    }

    fn joined(&self, queue: &Queue, person: &PersonId, access: Access) -> Option<RegisterChange> {
        let known = queue.member(person).filter(|known| known.access != Access::Suspended);
        let new = known
            .cloned()
            .map_or_else(|| member(person.clone(), access), |known| Member { access, ..known });
        self.register.joined(&queue.name, new)
    }

    /// One role for each person and queue: a new one takes the place of the old.
    fn gives_role(&self) -> Result<Vec<RegisterChange>, Why> {
        let (person, access) = (self.person(self.apply.person.as_ref())?, self.access()?);
        let role = self.named(self.apply.role.as_ref()).ok_or("role")?;
        let role = self.register.role(role).ok_or("role")?;
        let changes = self.queues()?.into_iter().filter_map(|queue| {
            let known = queue.member(&person).cloned();
            let known = known.unwrap_or_else(|| member(person.clone(), access));
            let new = Member { role: Some(role.name.clone()), ..known };
            let is_so = queue.member(&person) == Some(&new);
            if is_so { None } else { self.register.joined(&queue.name, new) }
        });
        Ok(changes.collect())
    }

    /// What a fact of this name says; the name itself where there is no such fact.
    fn named<'a>(&'a self, name: Option<&'a String>) -> Option<&'a str> {
        let is_fact = self.request.procedure.fact(name?).is_some();
        if is_fact { self.value(name) } else { name.map(String::as_str) }
    }

    fn new_unit(&self) -> Result<Vec<RegisterChange>, Why> {
        let name = self.value(self.apply.unit.as_ref()).ok_or("unit")?;
        if people::unit(self.register, name).is_some() {
            return Ok(Vec::new());
        }
        let id = UnitId::new(fold(name).replace(' ', "-"));
        let parent = match self.named(self.apply.parent.as_ref()) {
            Some(parent) => Some(people::unit(self.register, parent).ok_or("unit")?.id.clone()),
            None => None,
        };
        let speaker = match &self.apply.person {
            Some(_) => Some(self.person(self.apply.person.as_ref())?),
            None => None,
        };
        let address = self.address();
        let is_taken = |address: &Address| {
            self.register.queue_at(address).is_some()
                || self.register.person_at(address).is_some()
                || self.register.unit_at(address).is_some()
        };
        if address.as_ref().is_some_and(is_taken) {
            return Err("address");
        }
        Ok(vec![RegisterChange::Unit(Unit {
            id,
            name: name.to_owned(),
            parent,
            addresses: address.into_iter().collect(),
            speaker,
            coordinators: Vec::new(),
            minimum: 0,
            delegates: Vec::new(),
        })])
    }

    fn binds(&self) -> Result<Vec<RegisterChange>, Why> {
        let (queue, address) = (self.queue()?, self.address().ok_or("address")?);
        if queue.addresses.contains(&address) {
            return Ok(Vec::new());
        }
        let is_taken = self.register.queue_at(&address).is_some()
            || self.register.person_at(&address).is_some();
        if is_taken {
            return Err("address");
        }
        let mut queue = queue.clone();
        queue.addresses.push(address);
        Ok(vec![RegisterChange::Queue(queue)])
    }

    /// The places of a person: in the queues that are named, else in all.
    fn places(&self, person: &PersonId) -> Result<Vec<&Queue>, Why> {
        let has = |queue: &&Queue| queue.member(person).is_some();
        if self.apply.queue.is_some() {
            return Ok(self.queues()?.into_iter().filter(has).collect());
        }
        Ok(self.register.queues().filter(has).collect())
    }

    fn rests(&self) -> Result<Vec<RegisterChange>, Why> {
        let person = self.person(self.apply.person.as_ref())?;
        let places = self.places(&person)?.into_iter();
        let rest = |queue: &Queue| {
            let known = queue.member(&person)?.clone();
            let is_new = known.access != Access::Suspended;
            let rests = Member { access: Access::Suspended, ..known };
            is_new.then(|| self.register.joined(&queue.name, rests)).flatten()
        };
        Ok(places.filter_map(rest).collect())
    }

    fn leaves(&self) -> Result<Vec<RegisterChange>, Why> {
        let person = self.person(self.apply.person.as_ref())?;
        let places = self.places(&person)?.into_iter();
        Ok(places.filter_map(|queue| self.register.left(&queue.name, &person)).collect())
    }

    fn archives(&self) -> Result<Vec<RegisterChange>, Why> {
        let mut queue = self.queue()?.clone();
        let is_used = self.request.procedure.queue.as_ref() == Some(&queue.name);
        if is_used {
            return Err("queue");
        }
        let is_open = |member: &Member| member.access > Access::Read;
        if queue.addresses.is_empty() && !queue.members.iter().any(is_open) {
            return Ok(Vec::new());
        }
        queue.addresses.clear();
        for member in queue.members.iter_mut().filter(|member| member.access > Access::Read) {
            member.access = Access::Read;
        }
        Ok(vec![RegisterChange::Queue(queue)])
    }

    fn hands_over(&self) -> Result<Vec<RegisterChange>, Why> {
        let from = self.person(self.apply.person.as_ref())?;
        let to = self.person(self.apply.to.as_ref())?;
        if from == to {
            return Ok(Vec::new());
        }
        let hand = |queue: &Queue| {
            let access = queue.member(&from)?.access;
            let best = queue.member(&to).map_or(access, |known| known.access.max(access));
            let mut queue = queue.clone();
            let known = queue.member(&to).cloned();
            let new = known.unwrap_or_else(|| member(to.clone(), best));
            queue.members.retain(|known| known.person != from && known.person != to);
            queue.members.push(Member { access: best, ..new });
            Some(RegisterChange::Queue(queue))
        };
        Ok(self.places(&from)?.into_iter().filter_map(hand).collect())
    }
}

fn member(person: PersonId, access: Access) -> Member {
    Member { person, access, notify: NotifyChoice::default(), role: None }
}
