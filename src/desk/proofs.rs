//! What a procedure says of evidence, consents and co-signatures, checked beside the register.
//!
//! Deliberately absent: all other checks (`procedure`).

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType, Procedure};

/// Every mistake, as a sentence that says what to do.
pub(super) fn problems(procedure: &Procedure, register: &Register) -> Vec<String> {
    procedure.facts.iter().flat_map(|fact| of(procedure, register, fact)).collect()
}

fn of(procedure: &Procedure, register: &Register, fact: &Fact) -> Vec<String> {
    let (name, mut problems) = (&fact.name, Vec::new());
    let mut belongs = |is_set: bool, key: &str, kind: FactType, shown: &str| {
        if is_set && fact.kind != kind {
            problems.push(format!("fact `{name}` has `{key}` and is no `{shown}`: remove one"));
        }
    };
    belongs(fact.text.is_some(), "text", FactType::Consent, "consent");
    belongs(fact.unit.is_some(), "unit", FactType::Consent, "consent");
    belongs(fact.each.is_some(), "each", FactType::Evidence, "evidence");
    belongs(fact.custodian.is_some(), "custodian", FactType::Evidence, "evidence");
    belongs(fact.valid_days.is_some(), "valid_days", FactType::Evidence, "evidence");
    if let Some(text) = &fact.text
        && !register.texts().any(|known| &known.name == text)
    {
        problems.push(format!(
            "fact `{name}` is a consent to `{text}`, which is no [[text]] of the organization: \
             add it, or correct the name"
        ));
    }
    if let Some(custodian) = fact.custodian.as_ref().filter(|id| register.person(id).is_none()) {
        problems.push(format!(
            "fact `{name}` has the custodian `{custodian}`, who is no person: add a [[person]] or \
             correct the name"
        ));
    }
    let kind_of = |other: &String| procedure.fact(other).map(|other| other.kind);
    if let Some(other) = fact
        .each
        .as_ref()
        .filter(|other| !matches!(kind_of(other), Some(FactType::Queues | FactType::Queue)))
    {
        problems.push(format!(
            "fact `{name}` is wanted for each of `{other}`, which is no fact of type `queues`: \
             name one"
        ));
    }
    if let Some(other) = fact.unit.as_ref().filter(|other| kind_of(other) != Some(FactType::Unit)) {
        problems.push(format!(
            "fact `{name}` is agreed to by the unit of `{other}`, which is no fact of type `unit`: \
             name one"
        ));
    }
    problems
}
