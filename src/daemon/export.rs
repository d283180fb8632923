//! Everything that is kept about one person, for who asks to see it: mbox and JSON.
//!
//! Deliberately absent: what others wrote on tickets of the person to each other, and how somebody
//! voted.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use crate::daemon::erase::{Target, survey};
use crate::daemon::ledger::Ledger;
use crate::daemon::records;
use crate::daemon::spool::Accepted;
use crate::desk::Desk;
use crate::mail::ReversePath;
use crate::store::archive::Archive;
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::ticket::{Change, Ticket, Transaction};
use crate::types::{Position, TicketId};

/// Writes `messages.mbox` and `person.json` into a folder; the inner error is a sentence for who
/// asked.
///
/// # Errors
/// What the store says.
pub async fn export<S: Store>(
    ledger: &Ledger<S>,
    archive: &Archive,
    desk: &Desk,
    (who, folder): (&str, &Path),
) -> Result<Result<Value, String>, StoreError> {
    let target = Target::Person(who.to_owned());
    let survey = match survey::survey(ledger, archive, desk, &target).await? {
        Ok(survey) => survey,
        Err(sentence) => return Ok(Err(sentence)),
    };
    let mut tickets = Vec::new();
    for id in &survey.tickets {
        tickets.push(ticket(ledger, *id).await?);
    }
    let mut notices = Vec::new();
    ledger
        .rows(|row| {
            let notice = &row.notice;
            if survey.words.is_address(&notice.to.address) {
                notices.push(json!({
                    "at": notice.at,
                    "ticket": notice.ticket,
                    "recipient": notice.to.address,
                    "subject": notice.subject,
                    "state": row.state,
                }));
            }
        })
        .await?;
    let register = &desk.register;
    let is_theirs = |by: String| survey.words.is_id(&by) || survey.words.cleaned(&by).is_some();
    let consents: Vec<_> =
        register.consents().filter(|consent| is_theirs(consent.by.to_string())).collect();
    let declarations = register.declarations();
    let declarations: Vec<_> = declarations.filter(|one| is_theirs(one.by.to_string())).collect();
    let breaches = register.breaches();
    let breaches: Vec<_> = breaches.filter(|one| survey.words.is_id(one.person.as_str())).collect();
    let queues: Vec<Value> = register
        .queues()
        .filter_map(|queue| {
            let member = queue.member(survey.person.as_ref()?)?;
            Some(json!({ "queue": queue.name, "access": member.access, "role": member.role }))
        })
        .collect();
    let person = json!({
        "register": survey.person.as_ref().and_then(|id| register.person(id)),
        "queues": queues,
        "consents": consents,
        "declarations": declarations,
        "breaches": breaches,
        "tickets": tickets,
        "mentioned_on": survey.touched,
        "notices": notices,
    });
    let written = write(archive, folder, &survey.authored, &person);
    let count = survey.authored.len();
    Ok(written
        .map(|()| json!({ "messages": count, "tickets": survey.tickets, "notices": notices.len() }))
        .map_err(|error| format!("{}: {error}", folder.display())))
}

/// A ticket with its history; ballots stay secret.
async fn ticket<S: Store>(ledger: &Ledger<S>, id: TicketId) -> Result<Value, StoreError> {
    let found: Option<Ticket> = ledger.read(Keyspace::Ticket, &records::ticket(id)).await?;
    let from = records::ticket(id);
    let to = records::behind(&from);
    let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
    let mut history = Vec::new();
    for (_, value) in ledger.view().scan(Keyspace::Transaction, range).await? {
        let transaction = record::decode::<Transaction>(&value)?.record;
        if !matches!(transaction.change, Change::Request { .. }) {
            history.push(json!(transaction));
            continue;
        }
        let line = json!({ "at": transaction.at, "by": transaction.by, "change": "request" });
        history.push(line);
    }
    let facts = found.as_ref().and_then(|ticket| ticket.request.as_ref());
    let facts = facts.map(|request| json!(request.facts));
    Ok(json!({
        "ticket": id,
        "queue": found.as_ref().map(|ticket| &ticket.queue),
        "status": found.as_ref().map(|ticket| ticket.status),
        "subject": found.as_ref().map(|ticket| &ticket.subject),
        "facts": facts,
        "history": history,
    }))
}

fn write(
    archive: &Archive,
    folder: &Path,
    messages: &std::collections::BTreeSet<Position>,
    person: &Value,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut mbox = io::BufWriter::new(fs::File::create(folder.join("messages.mbox"))?);
    for position in messages {
        let Ok(frame) = archive.read(*position) else { continue };
        let accepted: Option<Accepted> = serde_json::from_slice(&frame.head).ok();
        mbox.write_all(separator(accepted.as_ref()).as_bytes())?;
        for line in frame.body.split_inclusive(|octet| *octet == b'\n') {
            // mboxrd: a line that looks like a separator, quoted or not, gets one more mark.
            let unmarked = line.iter().position(|octet| *octet != b'>').unwrap_or(0);
            if line.get(unmarked..).is_some_and(|rest| rest.starts_with(b"From ")) {
                mbox.write_all(b">")?;
            }
            let text = line.strip_suffix(b"\r\n").or_else(|| line.strip_suffix(b"\n"));
            mbox.write_all(text.unwrap_or(line))?;
            mbox.write_all(b"\n")?;
        }
        mbox.write_all(b"\n")?;
    }
    mbox.flush()?;
    mbox.get_ref().sync_all()?;
    let text = serde_json::to_string_pretty(person)?;
    fs::write(folder.join("person.json"), text + "\n")
}

/// The line before a message (RFC 4155).
fn separator(accepted: Option<&Accepted>) -> String {
    let from = match accepted.map(|accepted| &accepted.reverse_path) {
        Some(ReversePath::Address(address)) => address.to_string(),
        Some(ReversePath::Null | ReversePath::Unknown) | None => "MAILER-DAEMON".to_owned(),
    };
    let at = accepted.map(|accepted| accepted.received_at).unwrap_or_default();
    format!("From {from} {}\n", at.strftime("%a %b %e %H:%M:%S %Y"))
}
