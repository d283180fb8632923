//! The rows of registers, derived from live data: who there is, what they belong to, what they
//! agreed to.
//!
//! A row is a flat object by the columns of its table. Deliberately absent: lists kept by hand,
//! tickets, who may read what (`readership`).

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::desk::procedure::FactType;
use crate::desk::{Breach, Consenting, Desk, Person, Queue, Renewal, Role, Table, Unit};
use crate::types::PersonId;

/// The rows of a register as they are on a day; none of what stands on tickets.
#[must_use]
pub fn rows(desk: &Desk, table: Table, day: Date) -> Vec<Value> {
    match table {
        Table::Users => desk.register.people().flat_map(|person| user(desk, person)).collect(),
        Table::Units => desk.register.units().flat_map(|unit| of_unit(desk, unit, day)).collect(),
        Table::Queues => desk.register.queues().flat_map(|queue| of_queue(desk, queue)).collect(),
        Table::Consents => consents(desk, day),
        Table::Declarations => declarations(desk),
        Table::Renewals => desk.register.renewals().flat_map(|one| renewed(desk, one)).collect(),
        Table::Rules => rules(desk, day),
        Table::Roles => desk.register.roles().map(role).collect(),
        Table::Evidence => Vec::new(),
        Table::Breaches => breaches(desk),
    }
}

/// A row for each queue of a person, or one without.
fn user(desk: &Desk, person: &Person) -> Vec<Value> {
    let units: Vec<String> = desk
        .register
        .units()
        .flat_map(|unit| duties(unit, &person.id).into_iter().map(move |duty| (unit, duty)))
        .map(|(unit, (duty, until))| match until {
            Some(until) => format!("{} {duty} {until}", unit.id),
            None => format!("{} {duty}", unit.id),
        })
        .collect();
    let row = |queue: Value, access: Value, role: Value| {
        json!({
            "id": person.id, "name": person.name, "addresses": person.addresses,
            "locale": person.locale, "queue": queue, "access": access, "role": role,
            "units": units,
        })
    };
    let places =
        desk.register.queues().filter_map(|queue| Some((queue, queue.member(&person.id)?)));
    let rows: Vec<Value> = places
        .map(|(queue, member)| row(json!(queue.name), json!(member.access), json!(member.role)))
        .collect();
    if rows.is_empty() { vec![row(Value::Null, Value::Null, Value::Null)] } else { rows }
}

/// What a person is in a unit, and until when.
#[must_use]
pub fn duties(unit: &Unit, person: &PersonId) -> Vec<(&'static str, Option<Date>)> {
    let speaker = unit.speaker.iter().filter(|id| *id == person).map(|_| ("speaker", None));
    let delegates = unit.delegates.iter().filter(|one| &one.person == person);
    let delegates = delegates.map(|delegate| ("delegate", delegate.until));
    let coordinators = unit.coordinators.iter().filter(|id| *id == person);
    let coordinators = coordinators.map(|_| ("coordinator", None));
    speaker.chain(delegates).chain(coordinators).collect()
}

/// A row for each delegate of a unit, or one without.
fn of_unit(desk: &Desk, unit: &Unit, day: Date) -> Vec<Value> {
    let row = |delegate: Value, until: Value| {
        json!({
            "unit": unit.id, "name": unit.name, "parent": unit.parent,
            "addresses": unit.addresses, "speaker": unit.speaker, "delegate": delegate,
            "until": until, "coordinators": desk.register.coordinators(&unit.id),
            "minimum": unit.minimum, "lacking": unit.lacking(day),
        })
    };
    let delegates = unit.delegates.iter();
    let rows: Vec<Value> = delegates.map(|one| row(json!(one.person), json!(one.until))).collect();
    if rows.is_empty() { vec![row(Value::Null, Value::Null)] } else { rows }
}

/// A row for each who serves a queue, or one without.
fn of_queue(desk: &Desk, queue: &Queue) -> Vec<Value> {
    let register = &desk.register;
    let members = register.members(&queue.name);
    let writers = members.iter().filter(|one| one.access == crate::desk::Access::Write).count();
    let lacking = queue.minimum.saturating_sub(u16::try_from(writers).unwrap_or(u16::MAX));
    let row = |person: Value, name: Value, access: Value, role: Value| {
        json!({
            "queue": queue.name, "title": queue.shown(), "addresses": queue.addresses,
            "parent": queue.parent, "unit": queue.unit, "person": person, "name": name,
            "access": access, "role": role, "minimum": queue.minimum, "lacking": lacking,
            "inherited": queue.members.is_empty() && !members.is_empty(),
        })
    };
    let rows: Vec<Value> = members
        .iter()
        .map(|member| {
            let name = json!(register.name_of(&member.person));
            row(json!(member.person), name, json!(member.access), json!(member.role))
        })
        .collect();
    let none = || vec![row(Value::Null, Value::Null, Value::Null, Value::Null)];
    if rows.is_empty() { none() } else { rows }
}

/// Who agreed to which text; of the version that holds on a day also who has not.
fn consents(desk: &Desk, day: Date) -> Vec<Value> {
    let register = &desk.register;
    let mut rows: Vec<Value> = Vec::new();
    for text in register.texts() {
        let is_it =
            |one: &&crate::desk::Consent| one.text == text.name && one.version == text.version;
        let mut given: Vec<(String, Value)> = register
            .consents()
            .filter(is_it)
            .map(|consent| {
                let (who, name) = named(desk, &consent.by);
                let row = json!({
                    "text": consent.text, "version": consent.version, "who": who, "name": name,
                    "agreed_at": consent.at, "rung": consent.rung, "ticket": consent.ticket,
                    "hash": consent.hash, "taken_back": consent.withdrawn_at,
                });
                (name, row)
            })
            .collect();
        let holds = register.text_on(&text.name, day).is_some_and(|now| now == text);
        let asked = asked_for(desk, &text.name).into_iter().filter(|_| holds);
        let missing = asked.filter(|by| register.agreed(&text.name, text.version, by).is_none());
        given.extend(missing.map(|by| {
            let (who, name) = named(desk, &by);
            let row = json!({
                "text": text.name, "version": text.version, "who": who, "name": name,
                "agreed_at": null, "rung": null, "ticket": null, "hash": null,
                "taken_back": null,
            });
            (name, row)
        }));
        given.sort_by_key(|(name, row)| (row["agreed_at"].is_null(), name.to_lowercase()));
        rows.extend(given.into_iter().map(|(_, row)| row));
    }
    rows
}

/// Who is expected to agree to a text: everybody who works in a queue, and units with a queue
/// where a procedure asks units for it.
fn asked_for(desk: &Desk, text: &str) -> Vec<Consenting> {
    let is_of_units = desk.procedures.values().flat_map(|procedure| &procedure.facts).any(|fact| {
        let is_it = fact.kind == FactType::Consent && fact.text.as_deref() == Some(text);
        is_it && fact.unit.is_some()
    });
    let people = working(desk).map(|person| Consenting::Person(person.id.clone()));
    let uses = |unit: &&Unit| desk.register.queues().any(|one| one.unit.as_ref() == Some(&unit.id));
    let units = desk.register.units().filter(uses).filter(|_| is_of_units);
    people.chain(units.map(|unit| Consenting::Unit(unit.id.clone()))).collect()
}

/// Everybody who works in a queue.
fn working(desk: &Desk) -> impl Iterator<Item = &Person> {
    let register = &desk.register;
    register.people().filter(|person| register.queues().any(|one| one.member(&person.id).is_some()))
}

/// Who gave which signed paper; of those who work here also who has given none.
fn declarations(desk: &Desk) -> Vec<Value> {
    let register = &desk.register;
    let kept = desk.procedures.values().flat_map(|procedure| &procedure.facts);
    let kept = kept.filter(|fact| fact.kind == FactType::Evidence && fact.custodian.is_some());
    let mut facts: BTreeMap<&str, Value> = kept
        .map(|fact| {
            let titles = fact.label.keys().map(|at| (at.to_string(), fact.known_as(*at)));
            let titles: BTreeMap<String, &str> = titles.collect();
            (fact.name.as_str(), json!(titles))
        })
        .collect();
    for given in register.declarations() {
        facts.entry(&given.fact).or_insert_with(|| json!(given.title));
    }
    facts.iter().flat_map(|(fact, title)| declared(desk, fact, title)).collect()
}

fn declared(desk: &Desk, fact: &str, title: &Value) -> Vec<Value> {
    let given = desk.register.declarations().filter(|given| given.fact == fact);
    let mut rows: Vec<(bool, String, Value)> = given
        .map(|given| {
            let (who, name) = named(desk, &given.by);
            let row = json!({
                "declaration": fact, "title": title, "who": who, "name": name,
                "given_at": given.at, "rung": given.rung, "file": given.name,
                "hash": given.hash, "ticket": given.ticket, "until": given.until,
                "custodian": given.custodian,
                "acknowledged_at": given.acknowledged.map(|(at, _)| at),
            });
            (false, name, row)
        })
        .collect();
    let has =
        |person: &&Person| rows.iter().any(|(.., row)| row.get("who") == Some(&json!(person.id)));
    let missing: Vec<&Person> = working(desk).filter(|person| !has(person)).collect();
    rows.extend(missing.into_iter().map(|person| {
        let row = json!({
            "declaration": fact, "title": title, "who": person.id, "name": person.name,
        });
        (true, person.name.clone(), row)
    }));
    rows.sort_by_key(|(is_missing, name, _)| (*is_missing, name.to_lowercase()));
    rows.into_iter().map(|(.., row)| row).collect()
}

/// The id and the name of who agreed; a person who was known by an address then, by the id.
fn named(desk: &Desk, by: &Consenting) -> (String, String) {
    let register = &desk.register;
    let name = match by {
        Consenting::Person(id) => register.name_of(id),
        Consenting::Address(address) => match register.person_at(address) {
            Some(person) => return (person.id.to_string(), person.name.clone()),
            None => address.to_string(),
        },
        Consenting::Unit(id) => {
            register.unit(id).map_or_else(|| id.to_string(), |unit| unit.name.clone())
        }
    };
    (by.to_string(), name)
}

/// Who was asked by a renewal: who has not agreed first.
fn renewed(desk: &Desk, renewal: &Renewal) -> Vec<Value> {
    let mut rows: Vec<(bool, String, Value)> = renewal
        .asked
        .iter()
        .map(|asked| {
            let given = desk.register.agreed(&renewal.text, renewal.version, &asked.who);
            let state = match (given, asked.lapsed_at, asked.resting.is_empty()) {
                (Some(_), ..) => "agreed",
                (None, None, _) if asked.declined_at.is_some() => "declined",
                (None, None, _) => "asked",
                (None, Some(_), true) => "lapsed",
                (None, Some(_), false) => "resting",
            };
            let (who, name) = named(desk, &asked.who);
            let resting: Vec<String> =
                asked.resting.iter().map(|(queue, _)| queue.to_string()).collect();
            let row = json!({
                "procedure": renewal.procedure, "text": renewal.text, "version": renewal.version,
                "begun_at": renewal.begun_at, "who": who, "name": name, "asked_at": asked.at,
                "ticket": asked.ticket, "state": state,
                "agreed_at": given.map(|consent| consent.at), "declined_at": asked.declined_at,
                "lapsed_at": asked.lapsed_at,
                "resting": resting,
            });
            (given.is_some(), name, row)
        })
        .collect();
    rows.sort_by_key(|(is_given, name, _)| (*is_given, name.to_lowercase()));
    rows.into_iter().map(|(.., row)| row).collect()
}

/// The breaches that are on record: person by person, the last first.
fn breaches(desk: &Desk) -> Vec<Value> {
    let register = &desk.register;
    let mut found: Vec<(String, &Breach)> =
        register.breaches().map(|one| (register.name_of(&one.person), one)).collect();
    found.sort_by_key(|(name, one)| {
        (name.to_lowercase(), one.person.clone(), std::cmp::Reverse((one.at, one.ticket)))
    });
    let row = |(name, one): (String, &Breach)| {
        let resting: Vec<String> = one.resting.iter().map(|(queue, _)| queue.to_string()).collect();
        json!({
            "who": one.person, "name": name, "level": one.level, "state": one.state(),
            "at": one.at, "text": one.rule.as_ref().map(|(text, _)| text),
            "version": one.rule.as_ref().map(|(_, version)| version), "reason": one.reason,
            "by": one.by, "rung": one.rung, "ticket": one.ticket, "follow_up": one.follow_up,
            "until": one.until, "resting": resting,
            "ended_at": one.withdrawn_at.or(one.returned_at), "expires_at": one.expires_at,
        })
    };
    found.into_iter().map(row).collect()
}

/// The rule texts in all versions and languages, with the sums that consents name.
fn rules(desk: &Desk, day: Date) -> Vec<Value> {
    let register = &desk.register;
    let mut rows = Vec::new();
    for text in register.texts() {
        let holds = register.text_on(&text.name, day).is_some_and(|now| now == text);
        let agreed = register.consents().filter(|one| {
            one.text == text.name && one.version == text.version && one.withdrawn_at.is_none()
        });
        let agreed = agreed.count();
        for locale in text.content.keys() {
            rows.push(json!({
                "text": text.name, "version": text.version, "locale": locale,
                "title": text.shown(*locale), "effective": text.effective, "holds": holds,
                "approved_by": text.approved_by, "hash": text.hash(*locale), "agreed": agreed,
            }));
        }
    }
    rows
}

fn role(role: &Role) -> Value {
    json!({
        "role": role.name, "title": role.title, "rights": role.rights, "denials": role.denials,
        "invites": role.invites, "gives": role.gives, "sees": role.sees,
    })
}

/// A value as the cell of a table: lists in one line, nothing for what is missing.
#[must_use]
pub fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let items = items.iter().map(|item| match item {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            });
            items.collect::<Vec<_>>().join("; ")
        }
        Some(other) => other.to_string(),
    }
}
