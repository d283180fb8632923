//! Registers derived from live data: who there is, what they belong to, what they agreed to.
//!
//! Each is a list of rows for a table, JSON or CSV. Deliberately absent: lists kept by hand.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::desk::{Consenting, Desk, Person, Unit};
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

/// A row for each delegate of each unit, or one for a unit without.
#[must_use]
pub fn unit_rows(desk: &Desk, day: Date) -> Vec<Value> {
    let mut rows = Vec::new();
    for unit in units(desk, day) {
        let delegates = unit.get("delegates").and_then(Value::as_array).cloned();
        let delegates = delegates.filter(|all| !all.is_empty()).unwrap_or_else(|| vec![json!({})]);
        for delegate in delegates {
            let mut row = unit.clone();
            if let Some(row) = row.as_object_mut() {
                row.remove("delegates");
                let of = |name: &str| delegate.get(name).cloned().unwrap_or_default();
                row.insert("delegate".into(), of("person"));
                row.insert("until".into(), of("until"));
            }
            rows.push(row);
        }
    }
    rows
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

/// Which register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Register {
    /// Who agreed to which rule text, and who has not.
    Consents,
    /// Papers of requests, with their sums and who keeps them.
    Evidence,
    /// People and queues.
    Users,
    /// Units, and who speaks for them.
    Units,
}

impl Register {
    /// The register that a word names.
    #[must_use]
    pub fn find(word: &str) -> Option<Self> {
        match word {
            "consents" => Some(Self::Consents),
            "evidence" => Some(Self::Evidence),
            "users" => Some(Self::Users),
            "units" => Some(Self::Units),
            _ => None,
        }
    }

    /// The columns of its table.
    #[must_use]
    pub const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Consents => &[
                "text",
                "version",
                "who",
                "name",
                "agreed_at",
                "rung",
                "ticket",
                "hash",
                "taken_back",
            ],
            Self::Evidence => &[
                "ticket",
                "procedure",
                "fact",
                "proves",
                "kind",
                "name",
                "hash",
                "at",
                "by",
                "rung",
                "until",
                "custodian",
            ],
            Self::Users => &["id", "name", "addresses", "locale", "queue", "access", "role"],
            Self::Units => &[
                "unit",
                "name",
                "parent",
                "speaker",
                "delegate",
                "until",
                "coordinators",
                "minimum",
                "lacking",
            ],
        }
    }
}

/// Who agreed to which text; of the version that holds on a day also who has not.
#[must_use]
pub fn consents(desk: &Desk, day: Date) -> Vec<Value> {
    let register = &desk.register;
    let name = |by: &Consenting| match by {
        Consenting::Person(id) => register.name_of(id),
        Consenting::Address(address) => address.to_string(),
        Consenting::Unit(id) => register.unit(id).map(|unit| unit.name.clone()).unwrap_or_default(),
    };
    let mut rows: Vec<Value> = register
        .consents()
        .map(|consent| {
            json!({
                "text": consent.text, "version": consent.version, "who": consent.by.to_string(),
                "name": name(&consent.by), "agreed_at": consent.at, "rung": consent.rung,
                "ticket": consent.ticket, "hash": consent.hash,
                "taken_back": consent.withdrawn_at,
            })
        })
        .collect();
    let mut texts: Vec<&str> = register.texts().map(|text| text.name.as_str()).collect();
    texts.dedup();
    let people = register.people().map(|person| Consenting::Person(person.id.clone()));
    let units = register.units().map(|unit| Consenting::Unit(unit.id.clone()));
    let all: Vec<Consenting> = people.chain(units).collect();
    for text in texts.iter().filter_map(|text| register.text_on(text, day)) {
        for by in &all {
            if register.consent(&text.name, text.version, by).is_none() {
                rows.push(json!({
                    "text": text.name, "version": text.version, "who": by.to_string(),
                    "name": name(by), "agreed_at": null, "rung": null, "ticket": null,
                    "hash": null, "taken_back": null,
                }));
            }
        }
    }
    rows
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

/// A row for each queue of each person.
#[must_use]
pub fn users(desk: &Desk) -> Vec<Value> {
    let each = |person: &Person| {
        let queues = desk.register.queues();
        let mut rows: Vec<Value> = queues
            .filter_map(|queue| Some((queue, queue.member(&person.id)?)))
            .map(|(queue, member)| {
                flat(
                    person,
                    json!({
                        "queue": queue.name, "access": member.access, "role": member.role,
                    }),
                )
            })
            .collect();
        if rows.is_empty() {
            rows.push(flat(person, json!({"queue": null, "access": null, "role": null})));
        }
        rows
    };
    desk.register.people().flat_map(each).collect()
}

fn flat(person: &Person, mut row: Value) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.insert("id".into(), json!(person.id));
        row.insert("name".into(), json!(person.name));
        row.insert("addresses".into(), json!(person.addresses));
        row.insert("locale".into(), json!(person.locale));
    }
    row
}

/// Rows as comma-separated values, harmless in a table program.
#[must_use]
pub fn csv(columns: &[&str], rows: &[Value]) -> String {
    let cells = |row: &Value| columns.iter().map(|name| cell(row.get(*name))).collect::<Vec<_>>();
    table(b',', columns, rows.iter().map(cells))
}

fn cell(value: Option<&Value>) -> String {
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
