//! Whom a requestor names: by address, id or name, also in part or misspelled.

use crate::desk::{Person, Register, Unit};
use crate::ticket::procedure::fold::fold;
use crate::types::{Address, PersonId, distance};

/// Names that are suggested for one that is not known.
const NEAREST_MAX: usize = 2;

/// Whom a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// This person.
    One(PersonId),
    /// Nobody known; these are nearest, at most two.
    Nobody(Vec<PersonId>),
}

/// Finds the person that `text` names.
#[must_use]
pub fn find(register: &Register, text: &str) -> Named {
    if let Some(address) = address_in(text) {
        let person = register.person_at(&address);
        return person.map_or(Named::Nobody(Vec::new()), |person| Named::One(person.id.clone()));
    }
    let wanted = fold(text);
    if wanted.is_empty() {
        return Named::Nobody(Vec::new());
    }
    let exact =
        |person: &&Person| fold(&person.name) == wanted || fold(person.id.as_str()) == wanted;
    if let Some(person) = only(register.people().filter(exact)) {
        return Named::One(person.id.clone());
    }
    let has_words = |person: &&Person| {
        let name = fold(&person.name);
        wanted.split(' ').all(|word| name.split(' ').any(|known| known == word))
    };
    if let Some(person) = only(register.people().filter(has_words)) {
        return Named::One(person.id.clone());
    }
    nearest(register, &wanted)
}

/// The unit of this id or name, case and umlauts aside.
#[must_use]
pub fn unit<'a>(register: &'a Register, text: &str) -> Option<&'a Unit> {
    let wanted = fold(text);
    let mut units = register.units();
    units.find(|unit| fold(unit.id.as_str()) == wanted || fold(&unit.name) == wanted)
}

/// One slip is forgiven where it leaves one person; further off is only suggested.
fn nearest(register: &Register, wanted: &str) -> Named {
    let most = (wanted.chars().count() / 3).max(1);
    let apart = |person: &Person| {
        let name = fold(&person.name);
        let words = name.split(' ').filter_map(|word| distance(word, wanted, most)).min();
        let whole = distance(&name, wanted, most);
        whole.into_iter().chain(words).min().or_else(|| {
            let shares = wanted.split(' ').any(|word| name.split(' ').any(|known| known == word));
            shares.then_some(most + 1)
        })
    };
    let mut near: Vec<(usize, &Person)> =
        register.people().filter_map(|person| Some((apart(person)?, person))).collect();
    near.sort_by_key(|(apart, person)| (*apart, person.id.clone()));
    let is_long = wanted.chars().count() >= 5;
    match near.as_slice() {
        [(1, person)] if is_long => Named::One(person.id.clone()),
        [(1, person), (second, _), ..] if is_long && *second > 1 => Named::One(person.id.clone()),
        near => {
            let near = near.iter().take(NEAREST_MAX).map(|(_, person)| person.id.clone());
            Named::Nobody(near.collect())
        }
    }
}

fn only<'a>(mut people: impl Iterator<Item = &'a Person>) -> Option<&'a Person> {
    let first = people.next()?;
    people.next().is_none().then_some(first)
}

/// The first addr-spec in a text.
#[must_use]
pub fn address_in(text: &str) -> Option<Address> {
    text.split(|c: char| c.is_whitespace() || "<>()[],;\"'".contains(c))
        .map(|word| word.trim_start_matches("mailto:").trim_end_matches(['.', ':', '!', '?']))
        .filter(|word| word.contains('@'))
        .find_map(|word| Address::parse(word).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::RegisterChange;

    fn register() -> Register {
        let mut register = Register::default();
        for (id, name) in
            [("anna", "Anna Muster"), ("robin", "Robin Muster"), ("kim", "Kim Sommer")]
        {
            register.apply(&RegisterChange::Person(Person {
                id: PersonId::new(id),
                name: name.to_owned(),
                addresses: vec![Address::parse(&format!("{id}@members.example")).unwrap()],
                locale: None,
                time_zone: None,
                digests: Vec::new(),
                mails_per_day: None,
                absence: None,
                next_absence: None,
            }));
        }
        register
    }

    #[test]
    fn people_are_found_by_what_people_write() {
        let one = |id: &str| Named::One(PersonId::new(id));
        for (text, id) in [
            ("Kim Sommer", "kim"),
            ("sommer, kim", "kim"),
            ("anna", "anna"),
            ("Ana Muster", "anna"),
            ("<robin@members.example>", "robin"),
        ] {
            assert_eq!(find(&register(), text), one(id), "{text}");
        }
    }

    #[test]
    fn unknown_names_are_met_with_the_nearest() {
        let near = |ids: &[&str]| Named::Nobody(ids.iter().map(|id| PersonId::new(*id)).collect());
        assert_eq!(find(&register(), "Muster"), near(&["anna", "robin"]));
        assert_eq!(find(&register(), "Zoe Fremd"), near(&[]));
        assert_eq!(find(&register(), "zoe@elsewhere.example"), near(&[]));
    }
}
