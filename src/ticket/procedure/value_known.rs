//! Names behind labels that the register knows, queues, units and roles, and the nearest to one
//! that it does not.
//!
//! Deliberately absent: people (`people`).

use crate::desk::procedure::{Fact, FactType};
use crate::desk::{Queue, Register, Role, Unit};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label::without_bullet;
use crate::ticket::procedure::people;
use crate::ticket::procedure::value_aside::without_asides;
use crate::ticket::procedure::value_words::{CONNECTORS, QUEUE_WORDS};
use crate::types::distance;

/// Queue names that are suggested.
const NEAREST_MAX: usize = 2;

/// The queues that a text names, each known; nothing if one is not.
pub(super) fn queues(register: &Register, value: &str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let at = |word: &str| {
        let queue = people::address_in(word).and_then(|address| register.queue_at(&address));
        queue.map_or_else(|| word.to_owned(), |queue| format!("{},", queue.name))
    };
    let value = value.split(' ').map(at).collect::<Vec<_>>().join(" ");
    for item in items(&value) {
        let name = queue(register, &item)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn items(value: &str) -> Vec<String> {
    let mut value = format!(" {} ", without_asides(value)).replace([';', '/', '|', '#'], ",");
    for connector in CONNECTORS {
        value = value.replace(connector, ",");
    }
    let bare = |item: &str| {
        let folded = fold(without_bullet(item));
        let words = folded.split(' ').filter(|word| !QUEUE_WORDS.contains(word));
        words.collect::<Vec<_>>().join(" ")
    };
    value.split(',').map(bare).filter(|item| !item.is_empty()).collect()
}

/// The queue of a folded name or title: exactly, by one slip where only one is so near.
fn queue<'a>(register: &'a Register, item: &str) -> Option<&'a str> {
    let known = |queue: &Queue| [queue.name.as_str(), queue.title.as_str()].map(fold);
    let exact = register.queues().find(|queue| known(queue).iter().any(|known| known == item));
    if let Some(queue) = exact {
        return Some(queue.name.as_str());
    }
    let is_near = |queue: &&Queue| {
        item.chars().count() >= 5
            && known(queue).iter().any(|known| distance(known, item, 1).is_some())
    };
    let mut near = register.queues().filter(is_near);
    let first = near.next()?;
    near.next().is_none().then(|| first.name.as_str())
}

/// The queues nearest to what was given and is none, at most two for each.
pub(super) fn nearest_queues(register: &Register, given: &str) -> Vec<String> {
    let mut nearest: Vec<String> = Vec::new();
    for item in items(given).into_iter().filter(|item| queue(register, item).is_none()) {
        let most = (item.chars().count() / 3).max(1);
        let apart = |queue: &Queue| {
            let name = fold(queue.name.as_str());
            let begins = item.chars().zip(name.chars()).take_while(|(one, other)| one == other);
            let is_long = begins.count() >= 4;
            let words = item.split(' ').filter_map(|word| distance(word, &name, most)).min();
            let apart = distance(&item, &name, most).into_iter().chain(words).min();
            apart
                .or_else(|| is_long.then_some(most + 1))
                .map(|apart| (apart, queue.name.to_string()))
        };
        let mut near: Vec<(usize, String)> = register.queues().filter_map(apart).collect();
        near.sort();
        nearest.extend(near.into_iter().take(NEAREST_MAX).map(|(_, name)| name));
    }
    nearest.dedup();
    nearest
}

/// The unit of this id, name or shared address: exactly, or by one slip where one is so near.
pub(super) fn unit<'a>(register: &'a Register, value: &str) -> Option<&'a Unit> {
    let at = people::address_in(value).and_then(|address| register.unit_at(&address));
    let bare = without_asides(value);
    at.or_else(|| people::unit(register, &bare)).or_else(|| {
        let wanted = fold(&bare);
        let is_near = |unit: &&Unit| {
            wanted.chars().count() >= 5
                && [unit.id.as_str(), &unit.name].iter().any(|known| {
                    let known = fold(known);
                    distance(&known, &wanted, 1).is_some()
                        || known.strip_suffix(&wanted).is_some_and(|head| head.ends_with(' '))
                })
        };
        only(register.units().filter(is_near))
    })
}

pub(super) fn role<'a>(register: &'a Register, value: &str) -> Option<&'a Role> {
    let wanted = fold(&without_asides(value));
    let names = |role: &Role| {
        role.title.values().map(|title| fold(title)).chain([fold(&role.name)]).collect::<Vec<_>>()
    };
    let exact = register.roles().find(|role| names(role).contains(&wanted));
    exact.or_else(|| {
        let is_near = |role: &&Role| {
            wanted.chars().count() >= 5
                && names(role).iter().any(|known| distance(known, &wanted, 1).is_some())
        };
        only(register.roles().filter(is_near))
    })
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The names nearest to what was given for a unit or role and is none, at most two.
pub(super) fn nearest_names(fact: &Fact, register: &Register, given: &str) -> Vec<String> {
    let names: Vec<String> = match fact.kind {
        FactType::Queue | FactType::Queues => return nearest_queues(register, given),
        FactType::Unit => register.units().map(|unit| unit.name.clone()).collect(),
        FactType::Role => register.roles().map(|role| role.name.clone()).collect(),
        _ => return Vec::new(),
    };
    let wanted = fold(given);
    let most = (wanted.chars().count() / 3).max(1);
    let apart = |name: String| {
        let known = fold(&name);
        let shares = || known.split(' ').any(|one| wanted.split(' ').any(|word| word == one));
        let words = wanted.split(' ').flat_map(|word| {
            known.split(' ').filter_map(move |one| distance(one, word, 2)).collect::<Vec<_>>()
        });
        let apart = distance(&known, &wanted, most).into_iter().chain(words).min();
        apart.or_else(|| shares().then_some(most + 1)).map(|apart| (apart, name))
    };
    let mut near: Vec<(usize, String)> = names.into_iter().filter_map(apart).collect();
    near.sort();
    near.into_iter().take(NEAREST_MAX).map(|(_, name)| name).collect()
}
