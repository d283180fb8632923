//! What is kept beside tickets is what a walk over all of them would find: shelves, counts, marks.

use std::collections::{BTreeMap, BTreeSet};

use lotse::daemon::records;
use lotse::store::{Key, Keyspace, Value, record};
use lotse::ticket::shelf::{self, Counts, Tally};
use lotse::ticket::{Correspondent, Ticket};

use super::laws::{Broken, Held, all};
use super::world::World;

const LAW: &str = "what_is_kept_is_what_a_walk_finds";

/// Compares what is kept with what all tickets and addresses say.
pub(crate) fn hold(world: &World) -> Held {
    let tickets: Vec<Ticket> = records_of(world, Keyspace::Ticket);
    same("shelves and marks", &marks(world), &expected_marks(world, &tickets))?;
    let mut expected: BTreeMap<Tally, Counts> = BTreeMap::new();
    for (tally, counts) in tickets.iter().flat_map(shelf::counts) {
        let sum = expected.entry(tally).or_default();
        *sum = sum.plus(counts);
    }
    expected.retain(|_, counts| *counts != Counts::default());
    let expected: BTreeMap<Key, Counts> =
        expected.into_iter().map(|(tally, counts)| (records::tally(&tally), counts)).collect();
    let kept = all(&world.store, Keyspace::Digest).into_iter();
    let kept = kept.filter(|(key, _)| !key.starts_with(b"i/"));
    let kept: BTreeMap<Key, Counts> =
        kept.map(|(key, value)| (key, record::decode(&value).unwrap().record)).collect();
    same("counts", &kept, &expected)
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, kept: &T, expected: &T) -> Held {
    if kept == expected {
        return Ok(());
    }
    Err(Broken::new(LAW, format!("{what} are\n{kept:?}\nand should be\n{expected:?}")))
}

fn records_of<T: serde::de::DeserializeOwned>(world: &World, keyspace: Keyspace) -> Vec<T> {
    let read = |(_, value): (Key, Value)| record::decode(&value).unwrap().record;
    all(&world.store, keyspace).into_iter().map(read).collect()
}

fn marks(world: &World) -> BTreeSet<Key> {
    all(&world.store, Keyspace::Index).into_iter().map(|(key, _)| key).collect()
}

fn expected_marks(world: &World, tickets: &[Ticket]) -> BTreeSet<Key> {
    let shelved = tickets.iter().flat_map(|ticket| {
        let places = shelf::places(ticket).into_iter();
        places.map(move |(shelf, since)| records::shelved(&shelf, since, ticket.id))
    });
    let mut marks: BTreeSet<Key> = shelved.collect();
    for (key, value) in all(&world.store, Keyspace::Correspondent) {
        let address = std::str::from_utf8(&key).unwrap();
        let address = lotse::types::Address::parse(address).unwrap();
        let state: Correspondent = record::decode(&value).unwrap().record;
        marks.extend(state.stopped_until.map(|until| records::stopped(until, &address)));
        marks.extend(state.suspended_at.map(|since| records::suspended(since, &address)));
    }
    marks
}
