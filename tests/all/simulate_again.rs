//! Every decision once more, on what was so when its batch came to be: none may rest on what
//! another daemon had changed meanwhile.
//!
//! Deliberately absent: looking at conditions. How a stale decision is held back is the store's
//! affair; that none gets through is the law.

use std::sync::Arc;

use lotse::daemon::ledger::Ledger;
use lotse::daemon::serve::read_register;
use lotse::desk::Desk;
use lotse::store::memory::MemoryStore;
use lotse::store::{Batch, Keyspace, Store};
use lotse::ticket::Effect;

use super::laws::Broken;
use super::world::{Handed, World, now};

const LAW: &str = "decisions_stand_on_what_is_so";

/// What is committed is what would be decided on the store as it was right before.
pub(crate) fn decisions_stand(world: &World) -> Result<(), Broken> {
    let store = MemoryStore::new();
    let mut desk = Arc::clone(&world.desk);
    let mut waiting: Vec<&Handed> = world.handed.iter().collect();
    for (number, batch) in world.store.committed().into_iter().enumerate() {
        let found = waiting.iter().position(|handed| handed.batch == batch);
        if let Some(place) = found {
            stands(world, &store, &desk, (number, waiting.remove(place)))?;
        }
        let changes_register = batch.operations.iter().any(|operation| {
            let (keyspace, _) = operation.target();
            keyspace == Keyspace::Register
        });
        commit(&store, number, batch)?;
        if changes_register || number == 0 {
            let register = now(read_register(&store)).unwrap();
            desk = Arc::new(Desk { register, ..(*world.desk).clone() });
        }
    }
    Ok(())
}

fn commit(store: &MemoryStore, number: usize, batch: Batch) -> Result<(), Broken> {
    let applied = now(store.commit(batch));
    applied.map_err(|error| Broken::new(LAW, format!("batch {number} does not apply: {error}")))
}

fn stands(
    world: &World,
    store: &MemoryStore,
    desk: &Desk,
    (number, handed): (usize, &Handed),
) -> Result<(), Broken> {
    let Some(event) = &handed.event else { return Ok(()) };
    let ledger = Ledger::new(store.clone());
    let casework = world.casework(&ledger, desk);
    let mut loaded = now(ledger.begin()).unwrap();
    let again = now(casework.decide(&mut loaded, event, handed.at)).unwrap();
    let again = again.map_err(|why| Broken::new(LAW, why))?;
    if again == handed.effects {
        return Ok(());
    }
    let shown = |effects: &[Effect]| super::shown(event, effects);
    let what = format!(
        "batch {number} of {}:\nwas {}\nand would be {}",
        handed.at,
        shown(&handed.effects),
        shown(&again)
    );
    Err(Broken::new(LAW, what))
}
