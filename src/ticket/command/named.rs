//! Queues as people name them: by their short name, their title, or nearly so.
//!
//! Deliberately absent: people (`procedure::people`).

use crate::desk::Desk;
use crate::ticket::command::fold;
use crate::types::QueueName;

/// The queue of this name or title, or the names nearest to it, two at most.
///
/// # Errors
/// The nearest names; none if nothing is near.
pub fn queue_of(desk: &Desk, argument: &str) -> Result<QueueName, Vec<QueueName>> {
    let wanted = fold::forms(argument);
    let is_named = |queue: &&crate::desk::Queue| {
        fold::is_same(&wanted, &fold::forms(queue.name.as_str()))
            || fold::is_same(&wanted, &fold::forms(queue.shown()))
    };
    if let Some(queue) = desk.register.queues().find(is_named) {
        return Ok(queue.name.clone());
    }
    let mut near: Vec<(usize, QueueName)> = desk
        .register
        .queues()
        .filter_map(|queue| {
            let name = queue.name.as_str();
            let is_part = argument.len() > 2 && wanted.iter().any(|form| form.contains(name));
            let distance = if is_part { Some(0) } else { fold::distance(argument, name) };
            distance.map(|distance| (distance, queue.name.clone()))
        })
        .collect();
    near.sort();
    let best = near.first().map_or(0, |(distance, _)| *distance);
    near.retain(|(distance, _)| *distance == best);
    Err(near.into_iter().take(2).map(|(_, name)| name).collect())
}
