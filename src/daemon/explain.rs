//! What would happen to a message now, in sentences, without doing it.
//!
//! The same look-ups, decision and texts as in the daemon's loop; nothing is committed.
//! Deliberately absent: rules. What is said here is read from the decision.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use crate::daemon::casework::Casework;
use crate::daemon::course::{self, Telling};
use crate::daemon::ledger::Ledger;
use crate::daemon::reader::{self, Read};
use crate::daemon::spool::Accepted;
use crate::daemon::texts::{Frames, Texts};
use crate::daemon::verify::{self, Verifier};
use crate::desk::{Desk, Procedure};
use crate::mail::authres::AuthResult;
use crate::mail::{self, ReversePath};
use crate::notice::Renderer;
use crate::store::archive::Archive;
use crate::store::frame::{Frame, FrameKind};
use crate::store::{Store, StoreError};
use crate::ticket::identity::{self, Author};
use crate::ticket::route::{self, Route, Routed};
use crate::ticket::{
    Actor, Case, Change, Draft, Effect, Event, Filing, MailEvent, Notice, Ticket, Transaction,
};
use crate::types::{Address, Position, TicketId};

/// Where the message stands that was never accepted.
const NOWHERE: Position = Position(u64::MAX);

/// A message as a door would take it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Where a delivery report would go.
    pub from: ReversePath,
    /// The recipients of the envelope.
    pub to: Vec<Address>,
    /// The bytes.
    pub message: Vec<u8>,
}

/// What an explanation is made with.
#[derive(Debug, Clone, Copy)]
pub struct Explainer<'a, S: Store> {
    /// Settings, people, queues.
    pub desk: &'a Desk,
    /// The books.
    pub ledger: &'a Ledger<S>,
    /// Words of messages.
    pub texts: &'a Texts,
    /// Texts of notices.
    pub renderer: &'a Renderer,
    /// Who verifies signatures.
    pub verifier: &'a Arc<Verifier>,
}

/// An archive with one message more.
struct WithSample<'a> {
    archive: &'a Archive,
    frame: Frame,
}

impl Frames for WithSample<'_> {
    fn frame(&self, position: Position) -> Option<Frame> {
        if position == NOWHERE { Some(self.frame.clone()) } else { self.archive.frame(position) }
    }
}

impl<S: Store> Explainer<'_, S> {
    /// What would happen to the message at `now`: one object with the data and `sentences`.
    ///
    /// # Errors
    /// What the store says, or a fault of ours, as words.
    pub async fn explain(&self, sample: &Sample, now: Timestamp) -> Result<Value, String> {
        let accepted = Accepted {
            received_at: now,
            door: "explain".into(),
            reverse_path: sample.from.clone(),
            recipients: sample.to.clone(),
            is_backlog: false,
            whole_bytes: None,
        };
        let head = serde_json::to_vec(&accepted).map_err(|error| error.to_string())?;
        let frame = Frame { kind: FrameKind::Message, head, body: sample.message.clone() };
        let read = reader::understand(NOWHERE, &frame, &self.desk.site.authserv_ids);
        let verifying = self.verifier.begin(&read, sample.message.clone(), &Handle::current());
        let mail = match verify::finished(read, verifying).await {
            Read::Mail(mail) => mail,
            Read::Unreadable(_, why) => return Err(why),
        };
        let texts = Texts::new(WithSample { archive: self.texts.archive(), frame });
        let casework = Casework {
            desk: self.desk,
            ledger: self.ledger,
            texts: &texts,
            renderer: self.renderer,
        };
        let decided = decided(&casework, &mail, now).await.map_err(|error| error.to_string())?;
        let (case, effects) = decided?;
        let sends = sends(&casework, &effects, now).await.map_err(|error| error.to_string())?;
        Ok(Explanation { desk: self.desk, mail: &mail, case: &case, effects: &effects }
            .told(&sends, now))
    }
}

async fn decided<S: Store, F: Frames>(
    casework: &Casework<'_, S, F>,
    mail: &MailEvent,
    now: Timestamp,
) -> Result<Result<(Case, Vec<Effect>), String>, StoreError> {
    let mut loaded = casework.ledger.begin().await?;
    let event = Event::Mail(Box::new(mail.clone()));
    let decided = casework.decide(&mut loaded, &event, now).await?;
    Ok(decided.map(|effects| (loaded.case, effects)))
}

/// Every mail that would leave, as it would.
async fn sends<S: Store, F: Frames>(
    casework: &Casework<'_, S, F>,
    effects: &[Effect],
    now: Timestamp,
) -> Result<Vec<Value>, StoreError> {
    let mut sends = Vec::new();
    for effect in effects {
        let Effect::Notify(notice) = effect else { continue };
        let sent = match casework.parcel(notice, now).await? {
            Ok(parcel) => send(notice, &parcel.bytes),
            Err(why) => json!({ "to": notice.to.address, "matter": matter(notice), "held": why }),
        };
        sends.push(sent);
    }
    Ok(sends)
}

fn matter(notice: &Notice) -> Value {
    let matter = serde_json::to_value(&notice.matter).unwrap_or_default();
    matter.get("matter").cloned().unwrap_or_default()
}

fn send(notice: &Notice, bytes: &[u8]) -> Value {
    let message = mail::parse(bytes, &ReversePath::Unknown);
    json!({
        "to": notice.to.address,
        "ticket": notice.ticket,
        "matter": matter(notice),
        "from": message.author().map(ToString::to_string),
        "reply_to": message.reply_to.first().map(ToString::to_string),
        "subject": message.subject,
        "text": message.text,
    })
}

/// A decision, to be told.
struct Explanation<'a> {
    desk: &'a Desk,
    mail: &'a MailEvent,
    case: &'a Case,
    effects: &'a [Effect],
}

impl Explanation<'_> {
    fn told(&self, sends: &[Value], now: Timestamp) -> Value {
        let filing = self.filing();
        let routed = self.routed(filing, now);
        let author = self.author(routed.as_ref());
        let mut sentences = vec![self.kind()];
        if let Some(filing) = filing {
            sentences.push(format!("Taken for {}: {}.", filing.taken_for, filing.why));
        }
        sentences.push(self.who(author.as_ref(), routed.as_ref()));
        let records: Vec<Value> = self.effects.iter().filter_map(record).collect();
        let tickets = self.afterwards();
        sentences.extend(self.effects.iter().filter_map(|effect| self.happened(effect, &tickets)));
        sentences.extend(tickets.values().filter_map(|ticket| {
            let request = ticket.request.as_deref()?;
            Some(format!("Request #{} {}.", ticket.id, course::standing(request)))
        }));
        sentences.extend(sends.iter().map(sent));
        if sends.is_empty() {
            sentences.push("Nobody is sent anything.".to_owned());
        }
        sentences.extend(self.effects.iter().filter_map(|effect| self.timer(effect)));
        json!({
            "taken_for": filing.map(|filing| &filing.taken_for),
            "why": filing.map(|filing| &filing.why),
            "tickets": filing.map(|filing| &filing.tickets),
            "author": author.as_ref().map(|author| json!({
                "mailbox": author.mailbox.to_string(),
                "person": author.person,
                "rung": author.rung,
                "suspect": author.suspect,
                "answers_to": author.answers_to.as_ref().map(ToString::to_string),
            })),
            "records": records,
            "sends": sends,
            "sentences": sentences,
        })
    }

    /// The tickets that were changed, as they are then.
    fn afterwards(&self) -> BTreeMap<TicketId, Ticket> {
        let mut tickets: BTreeMap<TicketId, Ticket> = BTreeMap::new();
        for effect in self.effects {
            let Effect::Record(id, transaction) = effect else { continue };
            let ticket = tickets.entry(*id).or_insert_with(|| {
                let known = self.case.ticket(*id).ok().flatten().cloned();
                known.unwrap_or_else(|| Ticket::begin(*id, transaction.at))
            });
            ticket.apply(transaction);
        }
        tickets
    }

    /// What is recorded, in a sentence; of a request in the words of its procedure.
    fn happened(&self, effect: &Effect, tickets: &BTreeMap<TicketId, Ticket>) -> Option<String> {
        if let Effect::Record(id, transaction) = effect
            && let Change::Request { change } = &transaction.change
            && let Some(request) = tickets.get(id).and_then(|ticket| ticket.request.as_deref())
        {
            let said = self.telling(Some(&request.procedure)).said(change)?;
            return Some(format!("Request #{id}: {said}."));
        }
        record(effect).as_ref().map(recorded)
    }

    const fn telling<'a>(&'a self, procedure: Option<&'a Procedure>) -> Telling<'a> {
        Telling { procedure, zone: &self.desk.site.time_zone }
    }

    fn timer(&self, effect: &Effect) -> Option<String> {
        let Effect::Arm(timer, at) = effect else { return None };
        self.telling(None).timer(timer, *at).or_else(|| {
            let timer = serde_json::to_value(timer).unwrap_or_default();
            Some(format!("Set for {at}: {timer}."))
        })
    }

    fn filing(&self) -> Option<&Filing> {
        self.effects.iter().find_map(|effect| {
            let Effect::File(filing) = effect else { return None };
            Some(filing)
        })
    }

    /// Where the message belongs; nothing for what is not routed: our own mail, reports, copies.
    fn routed(&self, filing: Option<&Filing>, now: Timestamp) -> Option<Routed> {
        let is_routed = !matches!(filing?.taken_for.as_str(), "own" | "bounce" | "copy");
        let draft = Draft::new(self.desk, self.case, now);
        is_routed.then(|| route::route(&draft, self.mail).ok()).flatten()
    }

    fn author(&self, routed: Option<&Routed>) -> Option<Author> {
        match routed.map(|routed| &routed.route) {
            Some(Route::Ticket { id, holder, .. }) => {
                let ticket = self.case.ticket(*id).ok().flatten();
                identity::identify(self.desk, self.mail, ticket, holder.as_ref())
            }
            _ => identity::identify(self.desk, self.mail, None, None),
        }
    }

    fn kind(&self) -> String {
        let message = &self.mail.message;
        let kind = serde_json::to_value(message.kind).unwrap_or_default();
        let kind = match kind.as_str() {
            Some("human") => "A person wrote it".to_owned(),
            Some(kind) => format!("No person wrote it ({kind})"),
            None => "Nothing says who wrote it".to_owned(),
        };
        let list = message.via_list.as_ref();
        let list = list.map(|list| format!(", through the list {}", list.id)).unwrap_or_default();
        let answer =
            if message.may_answer { "a machine may answer it" } else { "no machine may answer it" };
        format!("{kind}{list}; {answer}.")
    }

    fn who(&self, author: Option<&Author>, routed: Option<&Routed>) -> String {
        let Some(author) = author else { return "It names no author.".to_owned() };
        let person = author.person.as_ref();
        let person = person.map(|person| format!(", the person `{person}`")).unwrap_or_default();
        let rung = match author.rung {
            identity::CLAIMED => "claimed only",
            _ => "known",
        };
        let because = self.because(author, routed);
        let answers = author.answers_to.as_ref();
        let answers = answers.map(|to| format!(" Answers go to {to}.")).unwrap_or_default();
        let suspect =
            if author.suspect { " It is suspect: filed, answered by nobody." } else { "" };
        let rung = format!("rung {}, {rung}", author.rung);
        format!("Author: {}{person}; {rung}: {because}.{answers}{suspect}", author.mailbox)
    }

    /// Why the author stands on this rung.
    fn because(&self, author: &Author, routed: Option<&Routed>) -> &'static str {
        let verdicts = &self.mail.verdicts;
        let address = &author.mailbox.address;
        let (ticket, holder) = match routed.map(|routed| &routed.route) {
            Some(Route::Ticket { id, holder, .. }) => {
                (self.case.ticket(*id).ok().flatten(), holder.as_ref())
            }
            _ => (None, None),
        };
        let takes_part = ticket.is_some_and(|ticket: &Ticket| ticket.takes_part(address));
        let is_held =
            holder.is_some_and(|holder| identity::is_for(holder, address, author.person.as_ref()));
        let is_signed =
            verdicts.dmarc == AuthResult::Pass || verdicts.dkim_aligned == AuthResult::Pass;
        let list = self.mail.message.via_list.as_ref();
        if verdicts.dmarc == AuthResult::Fail {
            "a trusted server says that the author's domain did not send it"
        } else if list.is_some_and(|list| list.author_munged) {
            "a list put its own address into From"
        } else if author.person.is_none() && !takes_part {
            "nobody is registered with this address, and it takes no part in the ticket"
        } else if is_signed && verdicts.verified_here {
            "a signature of the author's domain was verified here"
        } else if is_signed {
            "a trusted server says that the author's domain signed it"
        } else if is_held {
            "it came to the reply address that was made for exactly this person"
        } else if holder.is_some() {
            "it came to a reply address that was made for somebody else"
        } else {
            "no trusted verdict and no reply address of theirs proves it"
        }
    }
}

fn record(effect: &Effect) -> Option<Value> {
    let Effect::Record(id, transaction) = effect else { return None };
    let Transaction { by, rung, internal, change, .. } = transaction;
    let mut data = serde_json::to_value(change).unwrap_or_default();
    let kind = data.as_object_mut().and_then(|data| data.remove("kind"));
    if let Some(data) = data.as_object_mut() {
        data.remove("text");
    }
    let by = match by {
        Actor::Person(person) => person.to_string(),
        Actor::Outside(address) => address.to_string(),
        Actor::Program => "lotse".into(),
    };
    Some(json!({
        "ticket": id, "kind": kind, "by": by, "rung": rung, "internal": internal, "change": data,
    }))
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn recorded(record: &Value) -> String {
    let ticket = record.get("ticket").and_then(Value::as_u64).unwrap_or_default();
    let is_inside = record.get("internal").and_then(Value::as_bool).unwrap_or_default();
    let inside = if is_inside { ", inside only" } else { "" };
    format!("Recorded on #{ticket}: {} by {}{inside}.", text(record, "kind"), text(record, "by"))
}

fn sent(send: &Value) -> String {
    let (to, matter) = (text(send, "to"), text(send, "matter"));
    if let Some(why) = send.get("held").and_then(Value::as_str) {
        return format!("Not sent to {to}: {matter}, because of {why}.");
    }
    let (from, subject) = (text(send, "from"), text(send, "subject"));
    let answers = match send.get("reply_to").and_then(Value::as_str) {
        Some(reply_to) => format!("answers go to {reply_to}"),
        None => "answers go nowhere".to_owned(),
    };
    format!("Sent to {to}: {matter}, from {from}, \"{subject}\"; {answers}.")
}
