//! Programs of the simulated world: they start once a batch is durable, end some time later, and
//! nobody learns how if the daemon that started them has ended.
//!
//! Deliberately absent: what follows from an end (`lotse::ticket::procedure`).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lotse::ticket::effect::RunOrder;
use lotse::ticket::event::Ran;
use lotse::ticket::procedure::RequestChange;
use lotse::ticket::procedure::request::Ending;
use lotse::ticket::{Change, Effect};
use lotse::types::TicketId;

use super::laws::{self, Held};
use super::world::World;

/// A start of a program.
#[derive(Debug, Clone)]
pub(crate) struct Execution {
    order: RunOrder,
    /// Whether the ticket said so before.
    is_recorded: bool,
}

/// A program of a daemon that has not been heard of.
#[derive(Debug, Clone)]
pub(crate) struct Running {
    pub(crate) order: RunOrder,
    ends_at: Timestamp,
    ending: Ending,
}

/// What an event wants started.
pub(crate) fn orders(effects: &[Effect]) -> Vec<RunOrder> {
    let order = |effect: &Effect| match effect {
        Effect::Run(order) => Some((**order).clone()),
        _ => None,
    };
    effects.iter().filter_map(order).collect()
}

/// Programs start.
pub(crate) fn start(world: &mut World, daemon: usize, orders: Vec<RunOrder>) {
    for order in orders {
        let history = laws::history(world, Some(order.ticket));
        let is_this = |change: &Change| {
            let Change::Request { change } = change else { return false };
            *change == RequestChange::Started { step: order.step, attempt: order.attempt }
        };
        let is_recorded = history.iter().any(|one| is_this(&one.change));
        let ending = world.random.weighted(&[
            (6, Ending::Exited(0)),
            (2, Ending::Exited(1)),
            (1, Ending::TimedOut),
            (1, Ending::NotStarted),
            (1, Ending::Unknown),
        ]);
        let span = SignedDuration::from_secs(world.random.below(60).cast_signed());
        let span = if ending == Ending::TimedOut { order.timeout } else { span };
        world.note(|| format!("daemon {daemon} starts {:?} of #{}", order.program, order.ticket));
        world.executions.push(Execution { order: order.clone(), is_recorded });
        let running = Running { order, ends_at: world.at + span, ending };
        world.daemons[daemon].running.push(running);
    }
}

/// A program of this daemon that has ended, heard of once.
pub(crate) fn ended(world: &mut World, daemon: usize) -> Option<Ran> {
    let at = world.at;
    let running = &mut world.daemons[daemon].running;
    let place = running.iter().position(|one| one.ends_at <= at)?;
    let Running { order, ending, .. } = running.remove(place);
    let RunOrder { ticket, step, attempt, .. } = order;
    Some(Ran { ticket, step, attempt, ending, output: "said the program".to_owned(), at })
}

/// When a program ends next.
pub(crate) fn next_at(world: &World) -> Option<Timestamp> {
    let running = world.daemons.iter().flat_map(|daemon| &daemon.running);
    running.map(|one| one.ends_at).min()
}

/// What holds of everything that was ever started.
pub(crate) fn hold(world: &World) -> Held {
    let mut starts: BTreeMap<(TicketId, u16, u16), u32> = BTreeMap::new();
    for Execution { order, is_recorded } in &world.executions {
        laws::hold(*is_recorded, "program_starts_when_recorded", || format!("{order:?}"))?;
        let count = starts.entry((order.ticket, order.step, order.attempt)).or_default();
        *count += 1;
        let count = *count;
        laws::hold(count == 1, "program_starts_once", || format!("{order:?} for {count} times"))?;
        let is_repeatable = order.program.iter().any(|word| word == "again");
        laws::hold(is_repeatable || order.attempt == 1, "program_starts_once", || {
            format!("{order:?} is started again")
        })?;
    }
    Ok(())
}
