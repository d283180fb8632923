//! Who may read which rows of a register.
//!
//! Rule texts and roles are for everybody who is known here. The rest is for those whose role has
//! the right `register`, for coordinators of units about their branch, for who keeps papers about
//! those, and for everybody about himself. Where neither a role nor a unit names anybody, those who
//! work at the dispatcher's queue read them, who get the reports about the site as well. Breaches
//! are for those whose role has the right `warn` in its place.
//! Deliberately absent: outsiders, who never read any.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::desk::{Access, Desk, Person, Queue, Table, Unit, breach};
use crate::types::{PersonId, UnitId};

/// The right of a role to read every register.
pub const RIGHT: &str = "register";

/// How much of a register somebody may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    Whole,
    /// What concerns these units: they, their queues, and the people of both.
    Branch(BTreeSet<UnitId>),
    /// What is about the reader.
    Own,
}

/// How much a person may read.
#[must_use]
pub fn reach(desk: &Desk, person: &PersonId, table: Table) -> Reach {
    let is_open = matches!(table, Table::Rules | Table::Roles);
    if is_open || holders(desk, right(table)).contains(person) {
        return Reach::Whole;
    }
    branch(desk, person)
}

/// The right that lets somebody read a register whole.
const fn right(table: Table) -> &'static str {
    if matches!(table, Table::Breaches) { breach::RIGHT } else { RIGHT }
}

/// What a person coordinates.
fn branch(desk: &Desk, person: &PersonId) -> Reach {
    let register = &desk.register;
    let coordinates =
        |unit: &&Unit| register.units_up(&unit.id).any(|up| up.coordinators.contains(person));
    let units: BTreeSet<UnitId> =
        register.units().filter(coordinates).map(|unit| unit.id.clone()).collect();
    if units.is_empty() { Reach::Own } else { Reach::Branch(units) }
}

/// Who may read every register whole, but that of breaches.
#[must_use]
pub fn readers(desk: &Desk) -> BTreeSet<PersonId> {
    holders(desk, RIGHT)
}

/// Who may read a register whole.
#[must_use]
pub fn readers_of(desk: &Desk, table: Table) -> BTreeSet<PersonId> {
    holders(desk, right(table))
}

/// Whether somebody has a right about a person: for the whole site, or as who coordinates the
/// person's branch.
#[must_use]
pub fn may_about(desk: &Desk, right: &str, reader: &PersonId, person: &PersonId) -> bool {
    if holders(desk, right).contains(reader) {
        return true;
    }
    let Reach::Branch(units) = branch(desk, reader) else { return false };
    Shown::of(desk, reader, &units).people.contains(person.as_str())
}

/// Whether somebody has a right about anybody.
#[must_use]
pub fn may_at_all(desk: &Desk, right: &str, reader: &PersonId) -> bool {
    holders(desk, right).contains(reader) || branch(desk, reader) != Reach::Own
}

/// Who has a right for the whole site: by a role, as coordinators of the units on top, or, where
/// neither names anybody, as who works at the dispatcher's queue.
#[must_use]
pub fn holders(desk: &Desk, right: &str) -> BTreeSet<PersonId> {
    let register = &desk.register;
    let may = |role: &Option<String>| {
        role.as_ref().and_then(|name| register.role(name)).is_some_and(|role| role.may(right))
    };
    let members = register.queues().flat_map(|queue| &queue.members);
    let by_role = members.filter(|one| one.access > Access::Suspended && may(&one.role));
    let is_top = |unit: &&Unit| unit.parent.is_none();
    let by_unit = register.units().filter(is_top).flat_map(|unit| &unit.coordinators);
    let named: BTreeSet<PersonId> =
        by_role.map(|one| &one.person).chain(by_unit).cloned().collect();
    let is_declared = register.roles().any(|role| role.may(right));
    if !named.is_empty() || is_declared {
        return named;
    }
    let dispatchers = register.members(desk.dispatcher()).iter();
    let writers = dispatchers.filter(|one| one.access == Access::Write);
    writers.map(|one| one.person.clone()).collect()
}

/// Leaves the rows that somebody may read.
pub fn restrict(desk: &Desk, table: Table, person: &PersonId, rows: &mut Vec<Value>) {
    let shown = match reach(desk, person, table) {
        Reach::Whole => return,
        Reach::Branch(units) => Shown::of(desk, person, &units),
        Reach::Own => Shown::of(desk, person, &BTreeSet::new()),
    };
    rows.retain(|row| shown.has(table, row));
}

/// What somebody may read about.
struct Shown {
    units: BTreeSet<String>,
    queues: BTreeSet<String>,
    people: BTreeSet<String>,
    reader: String,
}

impl Shown {
    fn of(desk: &Desk, reader: &PersonId, units: &BTreeSet<UnitId>) -> Self {
        let register = &desk.register;
        let is_theirs =
            |queue: &&Queue| queue.unit.as_ref().is_some_and(|unit| units.contains(unit));
        let queues: Vec<&Queue> = register.queues().filter(is_theirs).collect();
        let serves = |person: &&Person| {
            let in_queue = queues.iter().any(|queue| queue.member(&person.id).is_some());
            let mut named = units.iter().filter_map(|unit| register.unit(unit));
            in_queue || named.any(|unit| !super::listing::duties(unit, &person.id).is_empty())
        };
        let people = register.people().filter(serves).map(|person| person.id.to_string());
        Self {
            people: people.collect(),
            queues: queues.iter().map(|queue| queue.name.to_string()).collect(),
            units: units.iter().map(ToString::to_string).collect(),
            reader: reader.to_string(),
        }
    }

    fn has(&self, table: Table, row: &Value) -> bool {
        let of = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let is_own = |name: &str| of(name) == self.reader;
        match table {
            Table::Users => {
                let queue = of("queue");
                let is_theirs = queue.is_empty() || self.queues.contains(queue);
                is_own("id") || (self.people.contains(of("id")) && is_theirs)
            }
            Table::Units => self.units.contains(of("unit")),
            Table::Queues => self.queues.contains(of("queue")),
            Table::Breaches => is_own("who") || self.people.contains(of("who")),
            Table::Consents | Table::Renewals => {
                let who = of("who");
                is_own("who") || self.people.contains(who) || self.units.contains(who)
            }
            Table::Declarations => {
                let who = of("who");
                is_own("who") || is_own("custodian") || self.people.contains(who)
            }
            Table::Rules | Table::Roles => true,
            Table::Evidence => false,
        }
    }
}
