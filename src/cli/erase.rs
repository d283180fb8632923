//! `lotse erase`: shows what it would do, asks, has it done by the daemon or without one.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use crate::cli::serve::load;
use crate::cli::{EXIT_CONFIG, EXIT_TRY_AGAIN, looks, out};
use crate::config::{ClockKind, Config, Door};
use crate::daemon::clock::{self, Clock};
use crate::daemon::control;
use crate::daemon::erase::{self, Ask, Order, Target};
use crate::daemon::look::Request;
use crate::types::{Address, TicketId};

/// How often it is looked whether a daemon has done it.
const LOOK_SPAN: Duration = Duration::from_millis(100);

/// `lotse erase`
pub(super) async fn run(
    path: &Path,
    whom: (Option<String>, Option<u64>),
    only_plan: bool,
    yes: bool,
) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let target = match whom {
        (Some(person), _) => Target::Person(person),
        (None, ticket) => Target::Ticket(TicketId(ticket.unwrap_or_default())),
    };
    let plan = Request::Erase(Ask::Plan(target.clone()));
    match looks::answer(&config, &plan).await {
        Ok(rows) => rows.iter().for_each(print_plan),
        Err(sentence) => return out::refuse(1, &sentence),
    }
    outside(&config, &target).iter().for_each(|sentence| out::line(sentence));
    if only_plan {
        return 0;
    }
    if !yes && !looks::confirmed("erase this for good? yes or no") {
        out::line("nothing was erased");
        return 0;
    }
    let by = format!("user {}", user());
    let order = Order { target, by, ticket: None, asked: Vec::new() };
    match control::ask(&config.look_socket(), &Request::Erase(Ask::Do(order.clone()))).await {
        Ok(None) => alone(&config, &order).await,
        // The daemon ends for it, perhaps before it has answered.
        Ok(Some(_)) => by_daemon(&config, &plan).await,
        Err(_) if erase::pending(&config.store.path).is_some() => by_daemon(&config, &plan).await,
        Err(error) => out::refuse(1, &error.to_string()),
    }
}

/// Without a daemon: the data folder is ours.
async fn alone(config: &Config, order: &Order) -> u8 {
    if let Err(error) = erase::order(&config.store.path, order) {
        return out::refuse(1, &error.to_string());
    }
    match erase::carry_out(config, now(config)).await {
        Ok(Some(erased)) => {
            let row = serde_json::to_value(&erased).unwrap_or_default();
            print_erased(&row);
            0
        }
        Ok(None) => out::refuse(1, "nothing here is about that any more"),
        Err(error) => out::refuse(EXIT_TRY_AGAIN, &format!("nothing was erased: {error}")),
    }
}

/// By the daemon, which starts anew for it: awaited until it answers again.
async fn by_daemon(config: &Config, plan: &Request) -> u8 {
    while erase::pending(&config.store.path).is_some() {
        tokio::time::sleep(LOOK_SPAN).await;
    }
    loop {
        match control::ask(&config.look_socket(), plan).await {
            Ok(Some(_)) => return out::refuse(1, "nothing was erased: the daemon's log says why"),
            Err(error) if error.kind() == std::io::ErrorKind::Other => {
                if error.to_string().contains("not read yet") {
                    tokio::time::sleep(LOOK_SPAN).await;
                    continue;
                }
                out::line("erased; `lotse audit` says what and when");
                return 0;
            }
            Ok(None) | Err(_) => tokio::time::sleep(LOOK_SPAN).await,
        }
    }
}

/// The time by the clock of the settings.
pub(super) fn now(config: &Config) -> Timestamp {
    let moved = match config.clock {
        ClockKind::Real => None,
        ClockKind::Moved => clock::kept_time(&config.store.path),
    };
    moved.unwrap_or_else(|| Clock::Real.now())
}

/// Whose command line this is.
fn user() -> u32 {
    std::fs::metadata("/proc/self").map_or(0, |own| own.uid())
}

fn print_plan(plan: &Value) {
    let show = |name: &str| out::cell(plan.get(name));
    let is_some =
        |name: &str| plan.get(name).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if is_some("tickets") {
        out::line(&format!("tickets erased: {}", show("tickets")));
    }
    let (messages, first, last) = (show("messages"), show("first"), show("last"));
    out::line(&format!("messages erased: {messages} ({first} to {last})"));
    out::line(&format!("messages of others that lose words: {}", show("masked")));
    if is_some("touched") {
        out::line(&format!("other tickets that lose messages: {}", show("touched")));
    }
    if plan.get("person").is_some_and(Value::is_string) {
        let person = show("person");
        out::line(&format!("{person} leaves the register, all queues and all offices"));
    }
}

/// A line of what was erased.
pub(super) fn print_erased(erased: &Value) {
    let show = |name: &str| out::cell(erased.get(name));
    let (at, by, what) = (show("at"), show("by"), show("what"));
    let (tickets, messages, masked) = (show("tickets"), show("messages"), show("masked"));
    out::line(&format!(
        "{what} was erased on {at} by {by}: tickets {tickets}, messages {messages}, others \
         without some words {masked}"
    ));
}

/// What is not reached from here, as sentences.
fn outside(config: &Config, target: &Target) -> Vec<String> {
    let mut sentences =
        vec!["not reached: what was mailed out, and backups; erase there as well".to_owned()];
    for door in &config.doors {
        if let Door::Imap(imap) = door {
            let name = door.name();
            sentences.push(format!("not reached: the folder {} of {name}", imap.done));
        }
    }
    let (Target::Person(who), Some(file)) = (target, &config.organization) else {
        return sentences;
    };
    let address = Address::parse(who).ok();
    let is_named = file.people.iter().any(|person| {
        person.id.as_str() == who
            || address.as_ref().is_some_and(|one| person.addresses.contains(one))
    });
    if is_named {
        sentences.push(format!("not reached: organization.toml names {who}; take it out there"));
    }
    sentences
}
