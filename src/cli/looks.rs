//! Commands that look at what a daemon, or the store of one that does not run, holds.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use jiff::civil::Date;
use serde_json::Value;

use crate::cli::serve::load;
use crate::cli::{EXIT_CONFIG, Look, out};
use crate::config::{self, ClockKind, Config, secrets};
use crate::daemon::clock::{self, Clock};
use crate::daemon::control;
use crate::daemon::kept;
use crate::daemon::ledger::Ledger;
use crate::daemon::look::{Looker, Request};
use crate::daemon::registers;
use crate::daemon::seal;
use crate::daemon::search;
use crate::daemon::serve::{index, read_register};
use crate::daemon::texts::Texts;
use crate::desk::{Account, Desk, Register, RegisterChange, Table};
use crate::store::any::AnyStore;
use crate::store::archive::Archive;
use crate::ticket;
use crate::types::PersonId;

/// What a data folder has that was ever served from.
const ARCHIVE: &str = "archive";

/// Asks the running daemon, or opens the store if none runs.
pub(super) async fn look(look: &Look, request: Request) -> u8 {
    let Some(config) = load(&look.settings.config) else { return EXIT_CONFIG };
    let rows = match answer(&config, &request).await {
        Ok(rows) => rows,
        Err(sentence) => return out::refuse(1, &sentence),
    };
    if look.json {
        out::json(&rows);
    } else {
        print(&request, &rows);
    }
    match &request {
        Request::Ticket(id) if rows.is_empty() => {
            out::refuse(1, &format!("there is no ticket {id}"))
        }
        Request::Audit | Request::AuditAnchor(..) => u8::from(rows.iter().any(is_broken)),
        _ => 0,
    }
}

/// The units as they are today, by the clock of the settings.
pub(super) async fn units(look: &Look) -> u8 {
    let Some(config) = load(&look.settings.config) else { return EXIT_CONFIG };
    self::look(look, Request::Units(today(&config))).await
}

/// `lotse register`
pub(super) async fn register_list(look: &Look, csv: bool, table: Table) -> u8 {
    let Some(config) = load(&look.settings.config) else { return EXIT_CONFIG };
    let request = Request::List(table, today(&config));
    if !csv {
        return self::look(look, request).await;
    }
    match answer(&config, &request).await {
        Ok(rows) => {
            out::text(&registers::csv(table.columns(), &rows));
            0
        }
        Err(sentence) => out::refuse(1, &sentence),
    }
}

/// `lotse export`
pub(super) async fn export(look: &Look, person: String, to: &Path) -> u8 {
    match std::path::absolute(to) {
        Ok(folder) => self::look(look, Request::Export(person, folder)).await,
        Err(error) => out::refuse(1, &error.to_string()),
    }
}

/// `lotse audit`
pub(super) async fn audit(look: &Look, anchor: Option<&Path>) -> u8 {
    let Some(file) = anchor else { return self::look(look, Request::Audit).await };
    let Some(config) = load(&look.settings.config) else { return EXIT_CONFIG };
    let read = std::fs::read(file).map_err(|error| error.to_string()).and_then(|octets| {
        let keyring = secrets::load(&config.store.path, Clock::Real.now())
            .map_err(|error| error.to_string())?;
        let desk = Desk {
            site: config.site.clone(),
            keyring,
            procedures: BTreeMap::new(),
            register: Register::default(),
        };
        seal::anchor(&octets, |id| ticket::key::own_id(&desk, id).is_some())
    });
    match read {
        Ok((ticket, seal)) => self::look(look, Request::AuditAnchor(ticket, seal)).await,
        Err(sentence) => out::refuse(1, &format!("{}: {sentence}", file.display())),
    }
}

fn print_audit(row: &Value) {
    if let Some(erased) = row.get("erased") {
        return super::erase::print_erased(erased);
    }
    let show = |name: &str| out::cell(row.get(name));
    let broken = row.get("broken").and_then(Value::as_array).cloned().unwrap_or_default();
    if row.get("tickets").is_some() {
        let (tickets, transactions) = (show("tickets"), show("transactions"));
        out::line(&format!("tickets {tickets}, transactions {transactions}"));
        for id in &broken {
            out::line(&format!("ticket {id} is not the fold of its history"));
        }
        return;
    }
    out::line(&format!("sealed: {} leaves", show("leaves")));
    let anchor = row.get("anchor").filter(|anchor| !anchor.is_null());
    for said in broken.iter().filter_map(Value::as_str) {
        out::line(said);
    }
    match anchor {
        Some(anchor) if broken.is_empty() => {
            let number = out::cell(anchor.get("number"));
            out::line(&format!("the data is what the mail says: root {number}"));
        }
        Some(_) | None => {}
    }
}

/// The day it is for the site.
fn today(config: &Config) -> Date {
    let moved = match config.clock {
        ClockKind::Real => None,
        ClockKind::Moved => clock::kept_time(&config.store.path),
    };
    let now = moved.unwrap_or_else(|| Clock::Real.now());
    now.to_zoned(config.site.time_zone.clone()).date()
}

fn is_broken(row: &Value) -> bool {
    row.get("broken").and_then(Value::as_array).is_some_and(|broken| !broken.is_empty())
}

pub(super) async fn answer(config: &Config, request: &Request) -> Result<Vec<Value>, String> {
    match control::ask(&config.look_socket(), request).await {
        Ok(Some(rows)) => return Ok(rows),
        Ok(None) => {}
        Err(error) => return Err(error.to_string()),
    }
    closed(config, request).await
}

/// Looks into a store that no daemon has open.
async fn closed(config: &Config, request: &Request) -> Result<Vec<Value>, String> {
    let looker = open(config).await?;
    if let (Request::Search(_), Some(index)) = (request, looker.ledger.index()) {
        let (ledger, archive) = (&looker.ledger, looker.texts.archive());
        let caught_up = search::catch_up(index, ledger, archive, index.last(), || true).await;
        caught_up.map_err(|error| error.to_string())?;
    }
    looker.answer(request).await
}

/// Opens a store that no daemon has open.
pub(super) async fn open(config: &Config) -> Result<Looker<AnyStore>, String> {
    let (archive, _) = Archive::open(&config.store.path).map_err(|error| error.to_string())?;
    let (store, _) =
        AnyStore::open(&config.store, archive.clone()).map_err(|error| error.to_string())?;
    let register = read_register(&store).await.map_err(|error| error.to_string())?;
    let keyring =
        secrets::load(&config.store.path, Clock::Real.now()).map_err(|error| error.to_string())?;
    let desk = Arc::new(Desk {
        site: config.site.clone(),
        keyring,
        procedures: config.procedures.clone(),
        register,
    });
    let now = clock::kept_time(&config.store.path).unwrap_or_else(|| Clock::Real.now());
    let index = index(config).map_err(|error| error.to_string())?;
    let ledger = Ledger::new(store).with_index(index);
    Ok(Looker { ledger, texts: Texts::new(archive), desk, now })
}

fn print(request: &Request, rows: &[Value]) {
    let columns: &[&str] = match request {
        Request::Tickets | Request::Search(_) => {
            &["ticket", "queue", "status", "owner", "requestors", "updated_at", "subject"]
        }
        Request::Ticket(_) => return rows.iter().for_each(print_ticket),
        Request::Outbox { .. } => {
            &["id", "ticket", "recipient", "matter", "state", "attempts", "next_at", "said"]
        }
        Request::Quarantine => &["message", "at", "why"],
        Request::Retry(_) => &["position", "from", "taken_for", "why", "tickets"],
        Request::Queues => return rows.iter().for_each(print_queue),
        Request::People => return rows.iter().for_each(print_person),
        Request::Units(_) => return rows.iter().for_each(print_unit),
        Request::Texts => {
            &["text", "version", "locale", "effective", "title", "approved_by", "hash"]
        }
        Request::List(which, _) => which.columns(),
        Request::Roles => &["name", "title", "rights", "denials", "invites", "gives", "sees"],
        Request::Access { .. } => &["queue", "person", "access", "role", "members_of", "way"],
        Request::Due => &["at", "timer", "outbox", "meeting"],
        Request::Trace(_) => return rows.iter().for_each(print_trace),
        Request::Audit | Request::AuditAnchor(..) => return rows.iter().for_each(print_audit),
        Request::Clock(_) => &["now"],
        Request::Export(..) => &["messages", "tickets", "notices"],
        Request::Register
        | Request::Apply(_)
        | Request::Explain(_)
        | Request::Arrived { .. }
        | Request::Erase(_)
        | Request::Running
        | Request::Progress => return out::json(rows),
    };
    if rows.is_empty() {
        out::note("nothing");
    } else {
        out::table(columns, rows);
    }
}

fn print_ticket(ticket: &Value) {
    let show = |name: &str| out::cell(ticket.get(name));
    out::line(&format!("#{} {}", show("ticket"), show("subject")));
    for name in ["queue", "status", "owner", "requestors", "created_at", "updated_at"] {
        out::line(&format!("{:<11} {}", name.replace('_', " "), show(name)));
    }
    if let Some(request) = ticket.get("request").filter(|request| !request.is_null()) {
        out::line(&format!("{:<11} {request}", "request"));
    }
    let history = ticket.get("transactions").and_then(Value::as_array);
    for transaction in history.into_iter().flatten() {
        let show = |name: &str| out::cell(transaction.get(name));
        let is_inside = transaction.get("internal").and_then(Value::as_bool).unwrap_or_default();
        let inside = if is_inside { ", inside" } else { "" };
        let (at, kind, by, rung) = (show("at"), show("kind"), show("by"), show("rung"));
        let leaves_at = transaction.get("leaves_at").and_then(Value::as_str);
        let stays = leaves_at.map(|at| format!(", leaves at {at}")).unwrap_or_default();
        out::line(&format!("\n{at}  {kind} by {by} (rung {rung}{inside}){stays}"));
        let text = transaction.get("text").and_then(Value::as_str).unwrap_or_default();
        for line in text.lines() {
            out::line(&format!("  {line}"));
        }
    }
}

fn print_queue(queue: &Value) {
    let show = |name: &str| out::cell(queue.get(name));
    out::line(&format!("{}  {}  {}", show("queue"), show("title"), show("addresses")));
    let members = queue.get("members").and_then(Value::as_array);
    for member in members.into_iter().flatten() {
        let show = |name: &str| out::cell(member.get(name));
        let from = if show("inherited") == "true" { "  inherited" } else { "" };
        let (person, access, notify) = (show("person"), show("access"), show("notify"));
        let role = member.get("role").and_then(Value::as_str);
        let role = role.map(|role| format!("  {role}")).unwrap_or_default();
        out::line(&format!("  {person:<20} {access:<6} {notify}{role}{from}"));
    }
}

fn print_person(person: &Value) {
    let show = |name: &str| out::cell(person.get(name));
    let (id, name, addresses) = (show("id"), show("name"), show("addresses"));
    out::line(&format!("{id}  {name}  {addresses}  {}", show("locale")));
    let of = |name: &str| person.get(name).and_then(Value::as_array).into_iter().flatten();
    for row in of("queues") {
        let show = |name: &str| out::cell(row.get(name));
        let role = row.get("role").and_then(Value::as_str).unwrap_or_default();
        let (queue, access) = (show("queue"), show("access"));
        out::line(format!("  queue {queue:<20} {access:<6} {role}").trim_end());
    }
    for row in of("units") {
        let show = |name: &str| out::cell(row.get(name));
        let until = row.get("until").and_then(Value::as_str);
        let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
        out::line(&format!("  unit  {:<20} {}{until}", show("unit"), show("as")));
    }
}

fn print_unit(unit: &Value) {
    let show = |name: &str| out::cell(unit.get(name));
    let below = unit.get("parent").and_then(Value::as_str);
    let below = below.map(|up| format!(", part of {up}")).unwrap_or_default();
    out::line(&format!("{}  {}{below}  {}", show("unit"), show("name"), show("addresses")));
    out::line(&format!("  speaker       {}", show("speaker")));
    let delegates = unit.get("delegates").and_then(Value::as_array);
    for delegate in delegates.into_iter().flatten() {
        let is_valid = delegate.get("valid").and_then(Value::as_bool).unwrap_or_default();
        let over = if is_valid { "" } else { ", which is over" };
        let until = delegate.get("until").and_then(Value::as_str);
        let until = until.map(|until| format!(" until {until}{over}")).unwrap_or_default();
        out::line(&format!("  delegate      {}{until}", out::cell(delegate.get("person"))));
    }
    out::line(&format!("  coordinators  {}", show("coordinators")));
    let lacking = unit.get("lacking").and_then(Value::as_u64).unwrap_or_default();
    if lacking > 0 {
        let minimum = show("minimum");
        out::line(&format!("  responsible   {lacking} of {minimum} are missing"));
    }
}

fn print_trace(row: &Value) {
    if let Some(filing) = row.get("in") {
        let show = |name: &str| out::cell(filing.get(name));
        out::line(&format!(
            "{}  in by {}, from {}, taken for {}: {} (tickets {})",
            show("received_at"),
            show("door"),
            show("from"),
            show("taken_for"),
            show("why"),
            show("tickets")
        ));
    }
    if let Some(sent) = row.get("out") {
        let show = |name: &str| out::cell(sent.get(name));
        let tries = match show("attempts").as_str() {
            "1" => "1 try".to_owned(),
            attempts => format!("{attempts} tries"),
        };
        out::line(&format!(
            "{}  out as {} to {}, {} after {}, row {}, ticket {}: {}",
            show("at"),
            show("matter"),
            show("recipient"),
            show("state"),
            tries,
            show("id"),
            show("ticket"),
            show("said")
        ));
    }
}

/// `lotse clock`
pub(super) async fn clock(path: &Path, to: String) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    match answer(&config, &Request::Clock(to)).await {
        Ok(rows) => {
            print(&Request::Clock(String::new()), &rows);
            0
        }
        Err(sentence) => out::refuse(1, &sentence),
    }
}

/// `lotse apply`
pub(super) async fn apply(path: &Path, yes: bool, file: &Path) -> u8 {
    let Some(config) = load(path) else { return EXIT_CONFIG };
    let organization = match config::organization(file) {
        Ok(organization) => organization,
        Err(problems) => {
            problems.iter().for_each(|problem| out::note(&format!("lotse: {problem}")));
            return 1;
        }
    };
    let register = match register(&config).await {
        Ok(register) => register,
        Err(sentence) => return out::refuse(1, &sentence),
    };
    let refused = organization.refused(&register);
    if !refused.is_empty() {
        let file = file.display();
        refused.iter().for_each(|said| out::note(&format!("lotse: {file}: {said}")));
        return 1;
    }
    let changes = organization.changes(&register);
    if changes.is_empty() {
        out::line("nothing differs");
        return 0;
    }
    changes.iter().for_each(|change| out::line(&planned(change, &register)));
    if !yes && !confirmed("change this? yes or no") {
        out::line("nothing was changed");
        return 0;
    }
    match answer(&config, &Request::Apply(changes)).await {
        Ok(_) => {
            out::line("done");
            0
        }
        Err(sentence) => out::refuse(1, &sentence),
    }
}

/// What a start with these settings would tell the coordinating team, as sentences.
fn untold(config: &Config, register: &Register) -> Result<Vec<String>, String> {
    let Some(before) = register.account() else { return Ok(Vec::new()) };
    let path = &config.store.path;
    let keyring = secrets::load(path, Clock::Real.now())
        .map_err(|error| format!("{}: {error}", path.display()))?;
    let desk = Desk {
        site: config.site.clone(),
        keyring,
        procedures: config.procedures.clone(),
        register: register.clone(),
    };
    let differences = Account::of(&desk).since(before).into_iter();
    Ok(differences.map(|one| format!("since the daemon last began: {one}")).collect())
}

/// What the settings and the store of a site that has one say differently, as sentences.
pub(super) async fn differences(config: &Config) -> Result<Vec<String>, String> {
    if !config.store.path.join(ARCHIVE).exists() {
        return Ok(Vec::new());
    }
    let rows = answer(config, &Request::Running).await?;
    let mut said = kept::sentences(&rows, &config.procedures);
    let register = register(config).await?;
    if let Some(organization) = &config.organization {
        let differences = organization.changes(&register).len();
        if differences > 0 && register.queues().next().is_some() {
            said.push(format!(
                "organization and register differ in {differences}: `lotse apply` shows and \
                 settles it"
            ));
        }
    }
    said.extend(untold(config, &register)?);
    if register.queues().next().is_some() {
        for procedure in config.procedures.values() {
            let problems = procedure.check(config.site.locale, &register).into_iter();
            let name = &procedure.name;
            said.extend(
                problems.map(|one| format!("procedure `{name}`, as the register is: {one}")),
            );
        }
    }
    Ok(said)
}

/// The register as the running daemon, or the store, has it.
async fn register(config: &Config) -> Result<Register, String> {
    let mut register = Register::default();
    for change in answer(config, &Request::Register).await? {
        let change = serde_json::from_value(change).map_err(|error| error.to_string())?;
        register.apply(&change);
    }
    Ok(register)
}

fn planned(change: &RegisterChange, register: &Register) -> String {
    match change {
        RegisterChange::Person(person) => {
            let verb = if register.person(&person.id).is_some() { "change" } else { "add" };
            format!("{verb} person {} ({})", person.id, person.name)
        }
        RegisterChange::Queue(queue) => {
            let verb = if register.queue(&queue.name).is_some() { "change" } else { "add" };
            let members: Vec<&str> =
                queue.members.iter().map(|member| member.person.as_str()).collect();
            format!("{verb} queue {}, members: {}", queue.name, members.join(", "))
        }
        RegisterChange::Unit(unit) => {
            let verb = if register.unit(&unit.id).is_some() { "change" } else { "add" };
            let speaker = unit.speaker.as_ref().map_or("nobody", PersonId::as_str);
            format!("{verb} unit {} ({}), speaker: {speaker}", unit.id, unit.name)
        }
        RegisterChange::Text(text) => {
            let (name, version) = (&text.name, text.version);
            let known = register.text(name, version);
            let verb = if known.is_some() { "change" } else { "add" };
            format!("{verb} text {name}, version {version}, in effect from {}", text.effective)
        }
        RegisterChange::Role(role) => {
            let verb = if register.role(&role.name).is_some() { "change" } else { "add" };
            format!("{verb} role {}", role.name)
        }
        RegisterChange::Consent(consent) => {
            format!("note consent of {} to {} {}", consent.by, consent.text, consent.version)
        }
        RegisterChange::Declaration(one) => {
            format!("note {} of {}, kept by {}", one.fact, one.by, one.custodian)
        }
        RegisterChange::Account(one) => {
            format!("note what runs: version {}, {} settings", one.version, one.settings.len())
        }
        RegisterChange::Renewal(one) => {
            format!("renew consents to {} {}: {} asked", one.text, one.version, one.asked.len())
        }
        RegisterChange::Breach(one) => {
            format!("note {} of {} on ticket {}", one.level.name(), one.person, one.ticket)
        }
        RegisterChange::Forgotten(ticket, person) => {
            format!("forget the breach of {person} on ticket {ticket}")
        }
    }
}

pub(super) fn confirmed(question: &str) -> bool {
    out::line(question);
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == "yes"
}
