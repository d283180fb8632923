//! Registers derived from live data: who there is, what they belong to, what they agreed to.
//!
//! Each is a list of rows for a table, JSON or CSV. Deliberately absent: lists kept by hand.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::desk::{Desk, Person, Unit};
use crate::types::PersonId;

/// The people, with their queues and units.
#[must_use]
pub fn people(desk: &Desk) -> Vec<Value> {
    desk.register.people().map(|person| user(desk, person)).collect()
}

fn user(desk: &Desk, person: &Person) -> Value {
    let register = &desk.register;
    let queues: Vec<Value> = register
        .queues()
        .filter_map(|queue| Some((queue, queue.member(&person.id)?)))
        .map(|(queue, member)| {
            json!({ "queue": queue.name, "access": member.access, "role": member.role })
        })
        .collect();
    let units: Vec<Value> = register
        .units()
        .flat_map(|unit| duties(unit, &person.id).into_iter().map(move |duty| (unit, duty)))
        .map(|(unit, (duty, until))| json!({ "unit": unit.id, "as": duty, "until": until }))
        .collect();
    json!({
        "id": person.id,
        "name": person.name,
        "addresses": person.addresses,
        "locale": person.locale,
        "queues": queues,
        "units": units,
    })
}

/// What a person is in a unit, and until when.
fn duties(unit: &Unit, person: &PersonId) -> Vec<(&'static str, Option<Date>)> {
    let speaker = unit.speaker.iter().filter(|id| *id == person).map(|_| ("speaker", None));
    let delegates = unit.delegates.iter().filter(|one| &one.person == person);
    let delegates = delegates.map(|delegate| ("delegate", delegate.until));
    let coordinators = unit.coordinators.iter().filter(|id| *id == person);
    let coordinators = coordinators.map(|_| ("coordinator", None));
    speaker.chain(delegates).chain(coordinators).collect()
}

/// The units as they are on a day.
#[must_use]
pub fn units(desk: &Desk, day: Date) -> Vec<Value> {
    let register = &desk.register;
    let row = |unit: &Unit| {
        let delegates: Vec<Value> = unit
            .delegates
            .iter()
            .map(|delegate| {
                json!({
                    "person": delegate.person,
                    "until": delegate.until,
                    "valid": delegate.is_valid(day),
                })
            })
            .collect();
        let above = register.units_up(&unit.id).skip(1).map(|up| up.id.clone());
        json!({
            "unit": unit.id,
            "name": unit.name,
            "parent": unit.parent,
            "above": above.collect::<Vec<_>>(),
            "addresses": unit.addresses,
            "speaker": unit.speaker,
            "delegates": delegates,
            "coordinators": register.coordinators(&unit.id),
            "responsible": unit.responsible(day),
            "minimum": unit.minimum,
            "lacking": unit.lacking(day),
        })
    };
    register.units().map(row).collect()
}

/// The rule texts in all versions, with the sums that consents name.
#[must_use]
pub fn texts(desk: &Desk) -> Vec<Value> {
    let mut rows = Vec::new();
    for text in desk.register.texts() {
        for locale in text.content.keys() {
            rows.push(json!({
                "text": text.name,
                "version": text.version,
                "locale": locale,
                "title": text.shown(*locale),
                "effective": text.effective,
                "approved_by": text.approved_by,
                "hash": text.hash(*locale),
            }));
        }
    }
    rows
}

/// The roles.
#[must_use]
pub fn roles(desk: &Desk) -> Vec<Value> {
    let roles = desk.register.roles();
    roles.map(|role| serde_json::to_value(role).unwrap_or_default()).collect()
}
