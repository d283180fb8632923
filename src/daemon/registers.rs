//! Registers derived from live data: who there is, what they belong to, what they agreed to.
//!
//! Each is a list of rows for a table, JSON or CSV. Deliberately absent: lists kept by hand.

use jiff::civil::Date;
use serde_json::{Value, json};

use crate::desk::listing::{cell, duties};
use crate::desk::{Desk, Person, Unit};
use crate::notice::csv::table;
use crate::ticket::Ticket;
use crate::ticket::procedure::proofs::Paper;
use crate::types::{PersonId, QueueName};

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

/// The papers of a ticket's request.
#[must_use]
pub fn evidence(ticket: &Ticket) -> Vec<Value> {
    let Some(request) = &ticket.request else { return Vec::new() };
    let row = |paper: &Paper| {
        json!({
            "ticket": ticket.id, "procedure": request.procedure.name, "fact": paper.fact,
            "proves": paper.things, "kind": paper.kind, "name": paper.name, "hash": paper.hash,
            "at": paper.at, "by": paper.by, "rung": paper.rung, "until": paper.until,
            "custodian": paper.custodian,
        })
    };
    request.proofs.papers.iter().map(row).collect()
}

/// Rows as comma-separated values, harmless in a table program.
#[must_use]
pub fn csv(columns: &[&str], rows: &[Value]) -> String {
    let cells = |row: &Value| columns.iter().map(|name| cell(row.get(*name))).collect::<Vec<_>>();
    table(b',', columns, rows.iter().map(cells))
}

/// The queues and who serves them.
#[must_use]
pub fn queues(desk: &Desk) -> Vec<Value> {
    let register = &desk.register;
    let members = |queue: &crate::desk::Queue| -> Vec<Value> {
        let served_by = register.members(&queue.name).iter();
        served_by
            .map(|member| {
                json!({
                    "person": member.person,
                    "access": member.access,
                    "notify": member.notify,
                    "role": member.role,
                    "inherited": queue.members.is_empty(),
                })
            })
            .collect()
    };
    register
        .queues()
        .map(|queue| {
            json!({
                "queue": queue.name,
                "title": queue.shown(),
                "addresses": queue.addresses,
                "parent": queue.parent,
                "members": members(queue),
            })
        })
        .collect()
}

/// What a person may do in a queue, and by which membership.
#[must_use]
pub fn access(desk: &Desk, queue: &str, person: &str) -> Vec<Value> {
    let register = &desk.register;
    let mut at = register.queue(&QueueName::new(queue));
    let mut way = Vec::new();
    while let Some(found) = at {
        way.push(found.name.to_string());
        if !found.members.is_empty() || way.len() > register.queues().count() {
            break;
        }
        at = found.parent.as_ref().and_then(|up| register.queue(up));
    }
    let (person, queue) = (PersonId::new(person), QueueName::new(queue));
    let access = register.access(&person, &queue);
    vec![json!({
        "queue": queue,
        "person": person,
        "access": access,
        "members_of": way.last(),
        "role": register.members(&queue).iter().find(|one| one.person == person)
            .and_then(|member| member.role.clone()),
        "way": way,
    })]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_missing_values_are_cells_of_a_table() {
        let rows = [json!({"name": "Anna, \"A\"", "rung": -1, "ids": ["a", "b"]}), json!({})];
        let text = csv(&["name", "rung", "ids"], &rows);
        assert_eq!(text, "name,rung,ids\r\n\"Anna, \"\"A\"\"\",-1,a; b\r\n,,\r\n");
    }
}
