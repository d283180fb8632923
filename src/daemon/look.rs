//! What an administrator may look at: one short answer for each request.
//!
//! The same requests are answered by a running daemon and without one, from a store that nobody
//! has open. Deliberately absent: the socket that carries them (`control`).

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::daemon::erase::{self, Ask};
use crate::daemon::explain::Sample;
use crate::daemon::export;
use crate::daemon::kept;
use crate::daemon::ledger::Ledger;
use crate::daemon::records;
use crate::daemon::registers;
use crate::daemon::seal;
use crate::daemon::search;
use crate::daemon::sheet::OutboxRow;
use crate::daemon::texts::Texts;
use crate::desk::{Desk, RegisterChange, Table, listing};
use crate::store::frame::FrameKind;
use crate::store::{Keyspace, Range, Store, StoreError, record};
use crate::ticket::effect::Deed;
use crate::ticket::merge;
use crate::ticket::procedure::RequestChange;
use crate::ticket::quarantine::SetAside;
use crate::ticket::query::Query;
use crate::ticket::seal::Seal;
use crate::ticket::{Actor, Change, Excerpt, Filing, Ticket, Transaction, key, words};
use crate::types::{Position, TicketId};

/// Records that one page of a listing reads.
const PAGE: usize = 1024;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// All tickets, by number.
    Tickets,
    /// One ticket with its history.
    Ticket(TicketId),
    /// The outbox: rows that have not left, or all.
    Outbox {
        /// Also those that are settled.
        all: bool,
    },
    /// What lies in the quarantine.
    Quarantine,
    /// Decides a message of the quarantine anew.
    Retry(Position),
    /// The queues and their members.
    Queues,
    /// The people, and what they belong to.
    People,
    /// The units as they are on a day.
    Units(Date),
    /// A register derived from live data, as of a day.
    List(Table, Date),
    /// The rule texts in all versions.
    Texts,
    /// The roles.
    Roles,
    /// What may a person do where, and by which membership.
    Access {
        /// The queue.
        queue: String,
        /// The person.
        person: String,
    },
    /// What is due when.
    Due,
    /// Where a message is, by Message-ID, address or ticket.
    Trace(String),
    /// Whether every ticket is the fold of its history, and every sealed one what it was.
    Audit,
    /// The same, and whether it is as a sheet says that was mailed out.
    AuditAnchor(TicketId, Seal),
    /// What was accepted behind a place of the archive and holds these words: probes that came
    /// back. The last line says where to go on.
    Arrived {
        /// The place; nothing begins at the end.
        after: Option<Position>,
        /// The words.
        words: String,
    },
    /// How far the running daemon has come; costs it next to nothing.
    Progress,
    /// Moves a moved clock to this time, or by this span.
    Clock(String),
    /// The register as the changes that would make it.
    Register,
    /// Changes the register.
    Apply(Vec<RegisterChange>),
    /// What would happen to a message now.
    Explain(Box<Sample>),
    /// What an erasure would do, or to do it.
    Erase(Ask),
    /// Writes everything about a person into a folder.
    Export(String, std::path::PathBuf),
    /// Tickets by their words.
    Search(String),
    /// The procedures that running requests began with, each with its requests.
    Running,
}

/// What a look is taken at.
#[derive(Debug, Clone)]
pub struct Looker<S: Store> {
    /// The books.
    pub ledger: Ledger<S>,
    /// Words of messages.
    pub texts: Texts,
    /// Settings, people, queues.
    pub desk: std::sync::Arc<Desk>,
    /// When it is taken.
    pub now: Timestamp,
}

impl<S: Store> Looker<S> {
    /// Answers a request that only looks.
    ///
    /// # Errors
    /// What the store says, or that the request needs the daemon.
    pub async fn answer(&self, request: &Request) -> Result<Vec<Value>, String> {
        let answered = match request {
            Request::Tickets => self.tickets().await,
            Request::Ticket(id) => self.ticket(*id).await,
            Request::Outbox { all } => self.outbox(*all).await,
            Request::Quarantine => self.quarantine().await,
            Request::Queues => Ok(registers::queues(&self.desk)),
            Request::People => Ok(registers::people(&self.desk)),
            Request::Units(day) => Ok(registers::units(&self.desk, *day)),
            Request::List(which, day) => self.list(*which, *day).await,
            Request::Texts => Ok(registers::texts(&self.desk)),
            Request::Roles => Ok(registers::roles(&self.desk)),
            Request::Access { queue, person } => Ok(registers::access(&self.desk, queue, person)),
            Request::Register => Ok(self.register()),
            Request::Due => self.due().await,
            Request::Running => kept::running(&self.ledger).await,
            Request::Trace(what) => self.trace(what).await,
            Request::Arrived { after, words } => Ok(self.arrived(*after, words)),
            Request::Audit => self.audit(None).await,
            Request::AuditAnchor(ticket, seal) => self.audit(Some((*ticket, *seal))).await,
            Request::Search(words) => return self.search(words).await,
            Request::Export(who, folder) => {
                let wanted = (who.as_str(), folder.as_path());
                let (ledger, archive) = (&self.ledger, self.texts.archive());
                match export::export(ledger, archive, &self.desk, wanted).await {
                    Ok(row) => return row.map(|row| vec![row]),
                    Err(error) => Err(error),
                }
            }
            Request::Erase(Ask::Plan(target)) => return self.plan(target).await,
            Request::Erase(Ask::Do(_))
            | Request::Clock(_)
            | Request::Apply(_)
            | Request::Explain(_)
            | Request::Retry(_)
            | Request::Progress => {
                return Err("the daemon must be running for this: `lotse serve`".into());
            }
        };
        answered.map_err(|error| error.to_string())
    }

    async fn search(&self, words: &str) -> Result<Vec<Value>, String> {
        let query = Query::parse(words, &self.desk.site.time_zone)
            .map_err(|part| format!("this cannot be looked for: `{part}`"))?;
        let index = self.ledger.index().ok_or("no index is kept: set search = true in [store]")?;
        let admits = |ticket: &Ticket| query.admits(ticket);
        let found = search::find(index, &self.ledger, &query, admits, PAGE).await;
        let (tickets, _) = found.map_err(|error| error.to_string())?;
        Ok(tickets.iter().map(line).collect())
    }

    async fn plan(&self, target: &erase::Target) -> Result<Vec<Value>, String> {
        let plan = erase::plan(&self.ledger, self.texts.archive(), &self.desk, target).await;
        Ok(vec![plan.map_err(|error| error.to_string())??])
    }

    /// Every record of a family, page by page.
    async fn each<T: serde::de::DeserializeOwned>(
        &self,
        keyspace: Keyspace,
        mut seen: impl FnMut(Vec<u8>, T),
    ) -> Result<(), StoreError> {
        let mut from = Vec::new();
        loop {
            let range = Range { from: &from, to: &[], limit: PAGE, reverse: false };
            let page = self.ledger.view().scan(keyspace, range).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            from = last.iter().copied().chain([0]).collect();
            for (key, value) in page {
                seen(key, record::decode::<T>(&value)?.record);
            }
        }
    }

    async fn tickets(&self) -> Result<Vec<Value>, StoreError> {
        let mut rows = Vec::new();
        self.each(Keyspace::Ticket, |_, ticket: Ticket| rows.push(line(&ticket))).await?;
        Ok(rows)
    }

    async fn history(&self, id: TicketId) -> Result<Vec<Transaction>, StoreError> {
        let from = records::ticket(id);
        let to = records::behind(&from);
        let range = Range { from: &from, to: &to, limit: usize::MAX, reverse: false };
        let found = self.ledger.view().scan(Keyspace::Transaction, range).await?;
        found
            .iter()
            .map(|(_, value)| record::decode(value).map(|versioned| versioned.record))
            .collect()
    }

    async fn ticket(&self, id: TicketId) -> Result<Vec<Value>, StoreError> {
        let ticket: Option<Ticket> =
            self.ledger.read(Keyspace::Ticket, &records::ticket(id)).await?;
        let Some(ticket) = ticket else { return Ok(Vec::new()) };
        let mut shown = line(&ticket);
        let history = self.history(id).await?;
        let transactions: Vec<Value> =
            history.iter().map(|transaction| self.transaction(&ticket, transaction)).collect();
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("transactions".into(), transactions.into());
            shown.insert("request".into(), request(&ticket));
            shown.insert("links".into(), json!(merge::links(&ticket)));
            shown.insert("merged_into".into(), json!(ticket.merged_into));
        }
        Ok(vec![shown])
    }

    fn transaction(&self, ticket: &Ticket, transaction: &Transaction) -> Value {
        let change = serde_json::to_value(&transaction.change).unwrap_or_default();
        let kind = change.get("kind").cloned().unwrap_or_default();
        let leaves_at = ticket.staying.get(&transaction.sequence).map(|one| one.stay.until);
        json!({
            "at": transaction.at,
            "kind": kind,
            "by": actor(&transaction.by),
            "rung": transaction.rung,
            "text": self.words(&transaction.change),
            "internal": transaction.internal,
            "leaves_at": leaves_at,
        })
    }

    fn words(&self, change: &Change) -> Value {
        let excerpt = match change {
            Change::Receive { text, .. }
            | Change::Correspond { text, canned: None, .. }
            | Change::Comment { text } => text,
            Change::Correspond { text, canned: Some(canned), .. } => {
                return [self.excerpt(text), canned.clone()].join("\n").trim_start().into();
            }
            // How somebody voted is shown to nobody.
            Change::Request { change: RequestChange::Ballot { .. } } => return "".into(),
            other => return plain(other).into(),
        };
        self.excerpt(excerpt).into()
    }

    fn excerpt(&self, excerpt: &Excerpt) -> String {
        self.texts.whole(excerpt.message).map_or_else(String::new, |text| words::of(excerpt, &text))
    }

    async fn outbox(&self, all: bool) -> Result<Vec<Value>, StoreError> {
        let mut rows = Vec::new();
        self.ledger
            .rows(|row| {
                if all || row.leaves_at().is_some() {
                    rows.push(self.row(&row));
                }
            })
            .await?;
        Ok(rows)
    }

    fn row(&self, row: &OutboxRow) -> Value {
        let notice = &row.notice;
        json!({
            "id": notice.id,
            "ticket": notice.ticket,
            "recipient": notice.to.address,
            "state": row.state,
            "attempts": row.attempts,
            "next_at": row.leaves_at(),
            "message_id":
                key::message_id(&self.desk, notice.ticket, notice.sequence, notice.id),
            "matter": serde_json::to_value(&notice.matter)
                .ok()
                .and_then(|matter| matter.get("matter").cloned()),
            "said": row.said,
            "at": notice.at,
        })
    }

    async fn quarantine(&self) -> Result<Vec<Value>, StoreError> {
        let mut rows = Vec::new();
        self.each(Keyspace::Quarantine, |key, entry: SetAside| {
            let position = key.as_slice().try_into().map_or(0, u64::from_be_bytes);
            rows.push(json!({
                "message": position, "at": entry.at, "why": entry.why,
                "dropped_at": entry.dropped_at,
            }));
        })
        .await?;
        Ok(rows)
    }

    fn register(&self) -> Vec<Value> {
        let changes = self.desk.register.as_changes().into_iter();
        changes.map(|change| serde_json::to_value(change).unwrap_or_default()).collect()
    }

    async fn list(&self, table: Table, day: Date) -> Result<Vec<Value>, StoreError> {
        if table != Table::Evidence {
            return Ok(listing::rows(&self.desk, table, day));
        }
        let mut rows = Vec::new();
        self.each(Keyspace::Ticket, |_, ticket: Ticket| {
            rows.extend(registers::evidence(&ticket));
        })
        .await?;
        Ok(rows)
    }

    async fn due(&self) -> Result<Vec<Value>, StoreError> {
        let all = Range { from: &[], to: &[], limit: usize::MAX, reverse: false };
        let found = self.ledger.view().scan(Keyspace::Due, all).await?;
        let due = found.iter().filter_map(|(key, _)| records::read_due(key));
        let due = due.map(|(at, what)| match what {
            records::Due::Timer(timer) => json!({ "at": at, "timer": timer }),
            records::Due::Row(id) => json!({ "at": at, "outbox": id }),
        });
        Ok(due.chain(self.meetings()).collect())
    }

    /// When each meeting takes place next.
    fn meetings(&self) -> Vec<Value> {
        let site = &self.desk.site;
        let next = site.meetings.iter().filter_map(|meeting| {
            let at = meeting.next(self.now, site.days())?;
            Some(json!({ "at": at, "meeting": meeting.shown(site.locale) }))
        });
        next.collect()
    }

    async fn trace(&self, what: &str) -> Result<Vec<Value>, StoreError> {
        let what = what.trim().trim_start_matches('<').trim_end_matches('>').to_lowercase();
        let number = what.trim_start_matches('#').parse().ok().map(TicketId);
        let mut found = Vec::new();
        self.each(Keyspace::Message, |_, filing: Filing| {
            let is_id = filing.message_id.as_ref().is_some_and(|id| id.to_lowercase() == what);
            let is_from = filing.from.as_ref().is_some_and(|from| from.folded() == what);
            let is_ticket = number.is_some_and(|number| filing.tickets.contains(&number));
            if is_id || is_from || is_ticket {
                found.push((filing.received_at, json!({ "in": filing })));
            }
        })
        .await?;
        let tickets: Vec<TicketId> = found
            .iter()
            .filter_map(|(_, value)| value.get("in")?.get("tickets")?.as_array().cloned())
            .flatten()
            .filter_map(|id| id.as_u64().map(TicketId))
            .collect();
        self.ledger
            .rows(|row| {
                let notice = &row.notice;
                let is_to = notice.to.address.folded() == what;
                let is_ticket =
                    notice.ticket.is_some_and(|id| Some(id) == number || tickets.contains(&id));
                let shown = self.row(&row);
                let is_id = shown.get("message_id").and_then(Value::as_str) == Some(&what);
                if is_to || is_ticket || is_id {
                    found.push((notice.at, json!({ "out": shown })));
                }
            })
            .await?;
        found.sort_by_key(|(at, _)| *at);
        Ok(found.into_iter().map(|(_, value)| value).collect())
    }

    fn arrived(&self, after: Option<Position>, words: &str) -> Vec<Value> {
        let archive = self.texts.archive();
        let mut scan = archive.scan(after.unwrap_or_else(|| archive.end()));
        let mut found = Vec::new();
        for (_, frame) in scan.by_ref().filter_map(Result::ok) {
            let message = String::from_utf8_lossy(&frame.body);
            if frame.kind == FrameKind::Message && message.contains(words) {
                let accepted: Value = serde_json::from_slice(&frame.head).unwrap_or_default();
                found.push(json!({ "accepted": accepted, "message": message }));
            }
        }
        found.push(json!({ "after": scan.at() }));
        found
    }

    /// Folds every history anew and compares.
    async fn audit(&self, anchor: Option<(TicketId, Seal)>) -> Result<Vec<Value>, StoreError> {
        let mut tickets = Vec::new();
        self.each(Keyspace::Ticket, |_, ticket: Ticket| tickets.push(ticket)).await?;
        let mut transactions = 0;
        let mut broken = Vec::new();
        for ticket in &tickets {
            let history = self.history(ticket.id).await?;
            transactions += history.len();
            let begin = history.first().map_or(ticket.created_at, |first| first.at);
            let mut folded = Ticket::begin(ticket.id, begin);
            let mut is_whole = true;
            for (place, transaction) in history.iter().enumerate() {
                is_whole &= usize::try_from(transaction.sequence.0).ok() == Some(place + 1);
                folded.apply(transaction);
            }
            if !is_whole || &folded != ticket {
                broken.push(ticket.id);
            }
        }
        let found = seal::check(&self.ledger, anchor).await?;
        let erased = erase::log(&self.ledger).await?.into_iter();
        let rows = [
            json!({ "tickets": tickets.len(), "transactions": transactions, "broken": broken }),
            seal::row(&found, anchor),
        ];
        let mut rows: Vec<Value> =
            rows.into_iter().chain(erased.map(|one| json!({ "erased": one }))).collect();
        let to = records::behind(records::DEEDS);
        let range = Range { from: records::DEEDS, to: &to, limit: usize::MAX, reverse: false };
        for (_, value) in self.ledger.view().scan(Keyspace::Meta, range).await? {
            rows.push(json!({ "deed": record::decode::<Deed>(&value)?.record }));
        }
        Ok(rows)
    }
}

/// A ticket as one line of `ticket list`.
fn line(ticket: &Ticket) -> Value {
    let requestors: Vec<_> =
        ticket.requestors.iter().map(|mailbox| mailbox.address.as_str()).collect();
    json!({
        "ticket": ticket.id,
        "queue": ticket.queue,
        "status": ticket.status,
        "subject": ticket.subject,
        "requestors": requestors,
        "owner": ticket.owner,
        "priority": ticket.priority,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
    })
}

fn request(ticket: &Ticket) -> Value {
    let Some(request) = &ticket.request else { return Value::Null };
    let missing: Vec<&str> = request
        .procedure
        .facts
        .iter()
        .filter(|fact| fact.need == crate::desk::procedure::Need::Required)
        .map(|fact| fact.name.as_str())
        .filter(|name| !request.facts.contains_key(*name))
        .collect();
    let step = request.procedure.steps.get(usize::from(request.step));
    let step = step.and_then(|step| serde_json::to_value(step).ok());
    let window = request.window.as_ref().map(|window| {
        let objections: Vec<Value> = window
            .objections
            .iter()
            .map(|objection| serde_json::to_value(objection).unwrap_or_default())
            .collect();
        json!({ "opens_at": window.opens_at, "ends_at": window.ends_at, "objections": objections })
    });
    json!({
        "procedure": request.procedure.name,
        "step": step.and_then(|step| step.get("kind").cloned()),
        "facts": request.facts,
        "missing": missing,
        "window": window,
    })
}

fn actor(actor: &Actor) -> String {
    match actor {
        Actor::Person(person) => person.to_string(),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => "lotse".into(),
    }
}

/// What a change says without words of a message: its data, kind aside.
fn plain(change: &Change) -> String {
    let Ok(Value::Object(mut data)) = serde_json::to_value(change) else { return String::new() };
    data.remove("kind");
    if data.is_empty() { String::new() } else { Value::Object(data).to_string() }
}
