//! Requests of procedures played as conversations, with a clock we own.
//!
//! The world is a small model of the daemon: it looks up what a decision needs, applies what
//! follows and keeps timers. Deliberately absent: texts, stores, doors.

mod failures;
mod meeting;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lotse::desk::procedure::Procedure;
use lotse::desk::{Access, AddressForm, Desk, Member, NotifyChoice, Person, Queue};
use lotse::desk::{Register, RegisterChange, Site};
use lotse::mail::authres::{AuthResult, Verdicts};
use lotse::mail::{Attachment, Kind, Message, ReversePath, ViaList};
use lotse::ticket::case::{Case, Correspondent, Lookups, Seen, SeenKey, Sent, ThreadEntry};
use lotse::ticket::event::Outage;
use lotse::ticket::procedure::ahead::FirstFacts;
use lotse::ticket::procedure::sheet::What;
use lotse::ticket::procedure::{Waits, digest_line};
use lotse::ticket::seal::Seal;
use lotse::ticket::state::{Change, Request, RequestChange};
use lotse::ticket::{Decision, Effect, Event, MailEvent, Matter, Notice, Status, Ticket, Timer};
use lotse::ticket::{Transaction, decide, fingerprint, key, needs};
use lotse::types::{Address, Keyring, Locale, Mailbox, OutboxId, PersonId, Position, QueueName};
use lotse::types::{Hash, Secret, TicketId};
use proptest::prelude::*;

const CLUB_KEY: &str = r#"
name = "club-key"
addresses = ["schluessel@nrw.example"]
title.de = "Schlüssel für den Vereinsraum"
title.en = "Key for the club room"
[[fact]]
name = "holder"
type = "person"
need = "required"
label.de = ["Name", "Person"]
label.en = ["name", "person"]
[[fact]]
name = "reason"
type = "text"
need = "required"
label.de = ["Grund", "Begründung"]
label.en = ["reason"]
public = true
[[step]]
kind = "collect"
[[step]]
kind = "announce"
to = ["vorstand@lists.nrw.example"]
[[step]]
kind = "window"
span = "4 days"
objectors = "queue:vorstand"
on_objection = "agenda"
[[step]]
kind = "apply"
create = "membership"
queue = "schluessel"
person = "holder"
[[step]]
kind = "tell"
"#;

pub(crate) const LIST: &str = "vorstand@lists.nrw.example";
pub(crate) const KIM: &str = "kim@mail.example";

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn person(id: &str, name: &str) -> RegisterChange {
    RegisterChange::Person(Person {
        id: PersonId::new(id),
        name: name.to_owned(),
        addresses: vec![address(&format!("{id}@members.example"))],
        locale: Some(Locale::De),
        time_zone: None,
        digests: Vec::new(),
        mails_per_day: None,
        absence: None,
        next_absence: None,
    })
}

pub(crate) fn queue(name: &str, members: &[&str]) -> RegisterChange {
    let member = |id: &&str| Member {
        person: PersonId::new(*id),
        access: Access::Write,
        notify: NotifyChoice::Each,
        role: None,
    };
    RegisterChange::Queue(Queue {
        size_notice: true,
        name: QueueName::new(name),
        title: String::new(),
        addresses: vec![address(&format!("queue-{name}@nrw.example"))],
        parent: None,
        notify: Vec::new(),
        forms: Vec::new(),
        address_form: AddressForm::Formal,
        locale: None,
        answer_days: None,
        hold: None,
        signature: None,
        unit: None,
        minimum: 0,
        members: members.iter().map(member).collect(),
    })
}

pub(crate) fn desk(procedure: &str) -> Desk {
    let mut register = Register::default();
    for (id, name) in [
        ("jo", "Jo Beispiel"),
        ("ute", "Ute Beispiel"),
        ("max", "Max Malli"),
        ("kim", "Kim Sommer"),
        ("pia", "Pia Fremd"),
    ] {
        register.apply(&person(id, name));
    }
    register.apply(&queue("kontakt", &["jo"]));
    register.apply(&queue("vorstand", &["ute", "max"]));
    register.apply(&queue("schluessel", &["max"]));
    let procedure = Procedure::parse(procedure).unwrap();
    let secret =
        Secret { id: 'a', made_on: "2026-01-01".into(), value: "0123456789abcdef".repeat(2) };
    Desk {
        site: Site {
            name: "nrw".into(),
            address: address("desk@nrw.example"),
            separator: "+".into(),
            domains: vec!["nrw.example".into()],
            dispatcher: QueueName::new("kontakt"),
            control: None,
            locale: Locale::De,
            time_zone: TimeZone::get("Europe/Berlin").unwrap(),
            calendar: lotse::desk::Calendar::default(),
            authserv_ids: Vec::new(),
            rungs: BTreeMap::new(),
            privacy_url: None,
            digest_hour: 7,
            mails_per_day: 200,
            outgoing_bytes_max: 26_214_400,
            undo_span: SignedDuration::from_hours(24),
            canned: lotse::desk::canned::Canned::default(),
            meetings: Vec::new(),
            liaisons: Vec::new(),
            settings: BTreeMap::new(),
            changes: None,
            breaches: lotse::desk::breach::Settings::default(),
        },
        keyring: Keyring::new(vec![secret]),
        procedures: [(procedure.name.clone(), Arc::new(procedure))].into(),
        register,
    }
}

/// What a mail of the conversation is made of.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: Mailbox,
    pub(crate) to: Address,
    pub(crate) text: String,
    pub(crate) cc: Vec<Mailbox>,
    pub(crate) attachments: Vec<Attachment>,
    pub(crate) in_reply_to: Option<String>,
    pub(crate) reply_to: Vec<Mailbox>,
    pub(crate) via_list: Option<ViaList>,
    pub(crate) kind: Kind,
    pub(crate) signed: bool,
}

pub(crate) fn letter(from: &str, to: &str, text: &str) -> Letter {
    Letter {
        from: Mailbox::new("", address(from)),
        to: address(to),
        text: text.to_owned(),
        cc: Vec::new(),
        attachments: Vec::new(),
        in_reply_to: None,
        reply_to: Vec::new(),
        via_list: None,
        kind: Kind::Human,
        signed: false,
    }
}

/// The daemon's model.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) desk: Desk,
    pub(crate) now: Timestamp,
    pub(crate) tickets: BTreeMap<TicketId, Ticket>,
    pub(crate) history: BTreeMap<TicketId, Vec<Transaction>>,
    pub(crate) threads: BTreeMap<String, Vec<ThreadEntry>>,
    pub(crate) seen: BTreeMap<SeenKey, Vec<Seen>>,
    pub(crate) correspondents: BTreeMap<Address, Correspondent>,
    pub(crate) outbox: Vec<Notice>,
    pub(crate) timers: BTreeMap<Timer, Timestamp>,
    pub(crate) enrolled: usize,
    pub(crate) position: u64,
    pub(crate) silent_span: SignedDuration,
    pub(crate) meetings: BTreeMap<String, TicketId>,
    pub(crate) runs: Vec<lotse::ticket::effect::RunOrder>,
}

impl World {
    pub(crate) fn new(now: &str) -> Self {
        Self::of(CLUB_KEY, now)
    }

    /// A world with another procedure.
    pub(crate) fn of(procedure: &str, now: &str) -> Self {
        Self {
            desk: desk(procedure),
            now: at(now),
            tickets: BTreeMap::new(),
            history: BTreeMap::new(),
            threads: BTreeMap::new(),
            seen: BTreeMap::new(),
            correspondents: BTreeMap::new(),
            outbox: Vec::new(),
            timers: BTreeMap::new(),
            enrolled: 0,
            position: 0,
            silent_span: SignedDuration::ZERO,
            runs: Vec::new(),
            meetings: BTreeMap::new(),
        }
    }

    pub(crate) fn fill(&self, case: &mut Case, lookups: &Lookups) {
        for id in &lookups.histories {
            case.histories.insert(*id, self.history.get(id).cloned().unwrap_or_default());
        }
        for id in &lookups.tickets {
            case.tickets.insert(*id, self.tickets.get(id).cloned());
        }
        for id in &lookups.threads {
            case.threads.insert(id.clone(), self.threads.get(id).cloned().unwrap_or_default());
        }
        for key in &lookups.seen {
            case.seen.insert(*key, self.seen.get(key).cloned().unwrap_or_default());
        }
        for known in &lookups.correspondents {
            let state = self.correspondents.get(known).cloned().unwrap_or_default();
            case.correspondents.insert(known.clone(), state);
        }
        for id in &lookups.seals {
            case.seals.insert(*id, Seal::default());
        }
        for name in &lookups.meetings {
            case.meetings.insert(name.clone(), self.meetings.get(name).copied());
        }
        for shelf in &lookups.shelves {
            case.shelves.extend([crate::core::shelved(&self.tickets, shelf)]);
        }
        for tally in &lookups.tallies {
            case.tallies.extend([crate::core::tallied(&self.tickets, tally)]);
        }
        for person in &lookups.inboxes {
            case.inboxes.entry(person.clone()).or_default();
        }
        if lookups.trouble.is_some() {
            case.trouble = Some(lotse::ticket::shelf::Trouble::default());
        }
        for id in &lookups.sent {
            let is_meant = |notice: &&Notice| {
                self.message_id(notice) == *id || format!("row:{}", notice.id) == *id
            };
            let notice = self.outbox.iter().find(is_meant);
            let sent = notice.map(|notice| Sent {
                id: notice.id,
                notice: notice.clone(),
                text: rendered(notice),
            });
            case.sent.insert(id.clone(), sent);
        }
    }

    pub(crate) fn decided(&self, event: &Event) -> Vec<Effect> {
        let mut case = Case {
            next_ticket: TicketId(self.tickets.len() as u64 + 1),
            next_outbox: OutboxId(self.outbox.len() as u64 + 1),
            ..Case::default()
        };
        self.fill(&mut case, &needs(&self.desk, event));
        for _ in 0..40 {
            match decide(&self.desk, &case, event, self.now) {
                Decision::Effects(effects) => {
                    let again = decide(&self.desk, &self.read_ahead(case, event), event, self.now);
                    assert_eq!(again, Decision::Effects(effects.clone()), "deciding is pure");
                    return effects;
                }
                Decision::Needs(lookups) => self.fill(&mut case, &lookups),
            }
        }
        panic!("looked up forty times and still not decided");
    }

    /// The same, with what a reader beside the decider would have read before.
    fn read_ahead(&self, case: Case, event: &Event) -> Case {
        let Event::Mail(mail) = event else { return case };
        Case { first_facts: FirstFacts::read(&self.desk, mail).map(Arc::new), ..case }
    }

    pub(crate) fn play(&mut self, event: &Event) {
        for effect in self.decided(event) {
            self.apply(effect);
        }
        self.check_laws();
    }

    pub(crate) fn apply(&mut self, effect: Effect) {
        match effect {
            Effect::Record(id, transaction) => {
                let ticket =
                    self.tickets.entry(id).or_insert_with(|| Ticket::begin(id, transaction.at));
                if let Change::Request { change: RequestChange::Close } = &transaction.change {
                    let request = ticket.request.as_ref().unwrap();
                    let window = request.window.as_ref().unwrap();
                    assert!(self.now >= window.ends_at, "closed before its promised time");
                    assert!(window.objections.is_empty(), "closed over an objection");
                    assert!(!window.closed, "closed twice");
                }
                ticket.apply(&transaction);
                self.history.entry(id).or_default().push(transaction);
            }
            Effect::Enroll(change) => {
                self.enrolled += 1;
                self.desk.register.apply(&change);
            }
            Effect::Notify(notice) => self.outbox.push(*notice),
            Effect::Arm(timer, at) => {
                self.timers.insert(timer, at);
            }
            Effect::Disarm(timer, at) => {
                if self.timers.get(&timer) == Some(&at) {
                    self.timers.remove(&timer);
                }
            }
            Effect::Remember(known, state) => {
                self.correspondents.insert(known, state);
            }
            Effect::Thread(id, entries) => {
                self.threads.insert(id, entries);
            }
            Effect::See(key, seen) => {
                self.seen.insert(key, seen);
            }
            Effect::Run(order) => self.runs.push(*order),
            Effect::File(_)
            | Effect::Erase(_)
            | Effect::Aside(..)
            | Effect::Note(_)
            | Effect::Errand(_)
            | Effect::Settle(..)
            | Effect::Keep(..)
            | Effect::WayOut(_) => {}
            Effect::Convene(name, id) => {
                self.meetings.insert(name, id);
            }
        }
    }

    /// What holds after every event.
    pub(crate) fn check_laws(&self) {
        for (id, ticket) in &self.tickets {
            let history = &self.history[id];
            let mut folded = Ticket::begin(*id, history[0].at);
            for transaction in history {
                let text = serde_json::to_string(transaction).unwrap();
                folded.apply(&serde_json::from_str(&text).unwrap());
            }
            assert_eq!(&folded, ticket, "a ticket is the fold of its transactions");
            let armed: BTreeMap<Timer, Timestamp> = ticket.timers.iter().cloned().collect();
            let kept: BTreeMap<Timer, Timestamp> = self
                .timers
                .iter()
                .filter(|(timer, _)| timer.ticket() == Some(*id))
                .map(|(timer, at)| (timer.clone(), *at))
                .collect();
            assert_eq!(armed, kept, "the ticket knows its timers");
            if let Some(request) = &ticket.request {
                let is_over = request.is_ended() || request.expired_at.is_some();
                // A member's letter waits for its author's yes whatever becomes of the request.
                let mut timers = armed.keys();
                let is_left = timers.any(|timer| !matches!(timer, Timer::Proof(..)));
                assert!(!is_over || !is_left, "a timer is left on an ended request");
                let runs = request.open_window().is_some_and(|window| window.stopped_at.is_none());
                let waits = runs && request.agenda.is_none();
                assert_eq!(waits, armed.contains_key(&Timer::Window(*id)), "a window wakes us");
            }
        }
        let ids: std::collections::BTreeSet<_> =
            self.outbox.iter().map(|notice| self.message_id(notice)).collect();
        assert_eq!(ids.len(), self.outbox.len(), "one Message-ID per notice");
    }

    pub(crate) fn message_id(&self, notice: &Notice) -> String {
        key::message_id(&self.desk, notice.ticket, notice.sequence, notice.id)
    }

    /// The event of a letter that is accepted now.
    pub(crate) fn accepted(&mut self, letter: &Letter) -> Event {
        self.position += 100;
        let id = format!("{}@elsewhere.example", self.position);
        let references = letter.in_reply_to.iter().cloned().collect();
        let message = Message {
            message_id: Some(id.clone()),
            from: vec![letter.from.clone()],
            reply_to: letter.reply_to.clone(),
            to: vec![Mailbox::new("", letter.to.clone())],
            subject: "Schlüssel".to_owned(),
            date: Some(self.now),
            in_reply_to: letter.in_reply_to.iter().cloned().collect(),
            references,
            text: letter.text.clone(),
            cc: letter.cc.clone(),
            attachments: letter.attachments.clone(),
            hash: Some(Hash::of(letter.text.as_bytes())),
            kind: letter.kind,
            may_answer: letter.kind == Kind::Human,
            via_list: letter.via_list.clone(),
            ..Message::default()
        };
        let read = lotse::ticket::words::unaided(Position(self.position), &message);
        let dkim_aligned = if letter.signed { AuthResult::Pass } else { AuthResult::Unknown };
        Event::Mail(Box::new(MailEvent {
            position: Position(self.position),
            received_at: self.now,
            door: "lmtp".to_owned(),
            is_backlog: false,
            whole_bytes: None,
            reverse_path: ReversePath::Address(letter.from.address.clone()),
            recipients: vec![letter.to.clone()],
            fingerprint: fingerprint::of(&message, id.as_bytes()),
            words: read.words,
            language: read.language,
            is_only_thanks: read.is_only_thanks,
            message,
            verdicts: Verdicts { dkim_aligned, ..Verdicts::default() },
        }))
    }

    pub(crate) fn write(&mut self, letter: &Letter) {
        let event = self.accepted(letter);
        self.play(&event);
    }

    /// The last notice to an address.
    pub(crate) fn last_to(&self, to: &str) -> Notice {
        self.outbox.iter().rev().find(|notice| notice.to.address == address(to)).unwrap().clone()
    }

    pub(crate) fn matters_to(&self, to: &str) -> Vec<&'static str> {
        let to = address(to);
        let notices = self.outbox.iter().filter(|notice| notice.to.address == to);
        notices.map(|notice| name(&notice.matter)).collect()
    }

    /// An answer to the last notice that somebody got.
    pub(crate) fn answer(&mut self, from: &str, text: &str) {
        let notice = self.last_to(from);
        self.reply_to(&notice, from, text);
    }

    pub(crate) fn reply_to(&mut self, notice: &Notice, from: &str, text: &str) {
        let to = key::reply_address(&self.desk, notice).unwrap();
        let mut letter = letter(from, to.as_str(), text);
        letter.in_reply_to = Some(self.message_id(notice));
        self.write(&letter);
    }

    /// A post of the list in the thread of the last announcement, carried by the list.
    pub(crate) fn post(&self, name: &str, reply_to: Option<&str>, text: &str) -> Letter {
        let announced = self.last_to(LIST);
        let mut letter = letter(LIST, "queue-kontakt@nrw.example", text);
        letter.from.name = format!("{name} via Vorstand");
        letter.reply_to =
            reply_to.map(|one| Mailbox::new(name, address(one))).into_iter().collect();
        letter.in_reply_to = Some(self.message_id(&announced));
        letter.via_list = Some(ViaList {
            id: "vorstand.lists.nrw.example".into(),
            post: Some(address(LIST)),
            author_munged: true,
        });
        letter
    }

    pub(crate) fn fire(&mut self, timer: &Timer, due_at: Timestamp) {
        let silent_span = std::mem::take(&mut self.silent_span);
        let outage = Outage { from: due_at - silent_span, to: due_at };
        let outages = if silent_span.is_zero() { Vec::new() } else { vec![outage] };
        self.play(&Event::Timer { timer: timer.clone(), due_at, outages });
    }

    /// Moves the clock; what becomes due on the way fires, in order.
    pub(crate) fn until(&mut self, time: Timestamp) {
        for _ in 0..200 {
            let due = self.timers.iter().min_by_key(|(_, at)| **at);
            match due.map(|(timer, at)| (timer.clone(), *at)) {
                Some((timer, due_at)) if due_at <= time => {
                    self.now = self.now.max(due_at);
                    self.fire(&timer, due_at);
                }
                _ => {
                    self.now = self.now.max(time);
                    return;
                }
            }
        }
        panic!("timers never end");
    }

    pub(crate) fn wait(&mut self, span: SignedDuration) {
        self.until(self.now + span);
    }

    pub(crate) fn ticket(&self, number: u64) -> &Ticket {
        &self.tickets[&TicketId(number)]
    }

    pub(crate) fn request(&self) -> &Request {
        self.ticket(1).request.as_ref().unwrap()
    }

    pub(crate) fn ends_at(&self) -> Timestamp {
        self.request().window.as_ref().unwrap().ends_at
    }

    pub(crate) fn stopped(&self) -> bool {
        self.request().window.as_ref().unwrap().stopped_at.is_some()
    }

    pub(crate) fn is_member(&self) -> bool {
        let queue = QueueName::new("schluessel");
        self.desk.register.queue(&queue).unwrap().member(&PersonId::new("kim")).is_some()
    }
}

pub(crate) fn name(matter: &Matter) -> &'static str {
    match matter {
        Matter::Question { .. } => "question",
        Matter::Reminder { .. } => "reminder",
        Matter::Expired { .. } => "expired",
        Matter::Complete { .. } => "complete",
        Matter::Extended { .. } => "extended",
        Matter::Announcement { .. } => "announcement",
        Matter::Objection { .. } => "objection",
        Matter::ObjectionAsked { .. } => "asked",
        Matter::ObjectionNotCounted { .. } => "not-counted",
        Matter::ObjectionUnclear { .. } => "unclear",
        Matter::Decided { .. } => "decided",
        Matter::WithdrawalAsked { .. } => "withdrawal",
        Matter::Withdrawn { .. } => "withdrawn",
        Matter::Stopped { .. } => "stopped",
        Matter::Outcome { .. } => "outcome",
        Matter::Copy { .. } => "copy",
        Matter::Receipt { .. } => "receipt",
        Matter::Review { .. } => "review",
        Matter::Confirm { .. } => "confirm",
        Matter::ReasonAsked { .. } => "reason-asked",
        Matter::Settled { .. } => "settled",
        Matter::Sheet { .. } => "sheet",
        Matter::Escalated { .. } => "escalated",
        Matter::Task { .. } => "task",
        Matter::Item { .. } => "item",
        Matter::Overdue { .. } => "overdue",
        Matter::Probe { .. } => "probe",
        _ => "other",
    }
}

/// The text of a notice, as far as an answer quotes it.
fn rendered(notice: &Notice) -> String {
    match &notice.matter {
        Matter::Question { missing, understood, .. } => {
            let mut text = "Hallo Kim,\n\nzwei Angaben fehlen noch.\n\n".to_owned();
            for line in missing {
                text.push_str(&format!("{}:\n\n", line.label));
            }
            text.push_str("Verstanden haben wir bisher\n");
            for line in understood {
                text.push_str(&format!("{}: {}\n", line.label, line.value));
            }
            text
        }
        _ => "Das steht hier.\n".to_owned(),
    }
}

pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);
pub(crate) const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A world in which Kim's request is complete since Tuesday 10:00 and announced.
pub(crate) fn announced() -> World {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer\nGrund: Chorprobe\n"));
    world.wait(SignedDuration::from_mins(5));
    assert_eq!(world.matters_to(LIST), ["announcement"]);
    world
}

#[test]
fn request_is_collected_announced_and_granted_by_silence() {
    let mut world = World::new("2026-11-24T09:50:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Hallo,\n\nName: Kim Sommer\n\nlg Kim"));
    assert!(world.outbox.is_empty(), "no receipt where a question follows");
    world.wait(SignedDuration::from_mins(4));
    assert!(world.outbox.is_empty());
    world.wait(SignedDuration::from_mins(1));
    let question = world.last_to(KIM);
    let Matter::Question { title, missing, understood, .. } = &question.matter else { panic!() };
    assert_eq!(title, "Schlüssel für den Vereinsraum");
    assert_eq!(missing.iter().map(|line| line.label.as_str()).collect::<Vec<_>>(), ["Grund"]);
    assert_eq!(understood[0].value, "Kim Sommer");
    world.now = at("2026-11-24T10:00:00+01:00");
    world.answer(KIM, "Wir proben dort mit dem Chor.\n\nLiebe Grüße\nKim\n");
    world.wait(SignedDuration::from_mins(5));
    assert_eq!(world.request().facts["reason"], "Wir proben dort mit dem Chor.");
    assert_eq!(world.matters_to(KIM), ["question", "complete"]);
    assert_eq!(world.matters_to(LIST), ["announcement"]);
    assert_eq!(world.ends_at(), at("2026-11-29T00:00:00+01:00"));
    let line = digest_line(world.ticket(1), Locale::De, world.now).unwrap();
    assert_eq!((line.waits, line.until), (Waits::Silence, Some(world.ends_at())));
    world.until(at("2026-11-28T23:59:59+01:00"));
    assert!(!world.is_member());
    world.until(at("2026-11-29T00:00:00+01:00"));
    assert!(world.is_member());
    assert_eq!(world.enrolled, 1);
    assert_eq!(world.matters_to(KIM), ["question", "complete", "outcome"]);
    assert_eq!(world.ticket(1).status, Status::Resolved);
    assert!(world.timers.is_empty());
    assert_eq!(digest_line(world.ticket(1), Locale::De, world.now), None);
    assert!(world.correspondents[&address(KIM)].collecting.is_empty());
}

#[test]
fn complete_first_mail_needs_no_question() {
    let world = announced();
    assert_eq!(world.matters_to(KIM), ["complete"]);
    assert_eq!(world.matters_to("jo@members.example"), Vec::<&str>::new());
}

#[test]
fn mails_within_minutes_are_one_request_and_one_question() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "hi, ich bräuchte einen schlüssel"));
    world.wait(SignedDuration::from_mins(2));
    world.write(&letter(KIM, "schluessel@nrw.example", "ups: \n* Begrundung : Chorprobe"));
    world.wait(SignedDuration::from_mins(4));
    assert!(world.outbox.is_empty());
    world.wait(HOUR);
    assert_eq!(world.tickets.len(), 1);
    assert_eq!(world.matters_to(KIM), ["question"]);
    assert_eq!(world.request().facts["reason"], "Chorprobe");
}

/// Failure 15: what was typed inside the quote was thrown away.
#[test]
fn facts_typed_inside_the_quoted_question_count() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "bitte einen schlüssel"));
    world.wait(HOUR);
    world.answer(
        KIM,
        "siehe unten\n\n> Hallo Kim,\n>\n> zwei Angaben fehlen noch.\n>\n> Name: Kim Sommer\n>\n\
         > Grund: Chorprobe am Montag\n>\n> Verstanden haben wir bisher\n",
    );
    world.wait(HOUR);
    assert_eq!(world.request().facts["holder"], "Kim Sommer");
    assert_eq!(world.request().facts["reason"], "Chorprobe am Montag");
    assert_eq!(world.matters_to(KIM), ["question", "complete"]);
}

#[test]
fn unknown_person_is_asked_about_with_the_nearest_names() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    let text = "Person: Kim Somrnerr\nreason: choir\n";
    world.write(&letter(KIM, "schluessel@nrw.example", text));
    world.wait(HOUR);
    let Matter::Question { missing, .. } = world.last_to(KIM).matter else { panic!() };
    assert_eq!(missing[0].label, "Name, Kim Sommer");
    world.answer(KIM, "Kim Sommer");
    world.wait(HOUR);
    assert!(world.request().window.is_some());
}

#[test]
fn several_open_requests_are_not_guessed_among() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    let mut state = Correspondent::default();
    world.write(&letter(KIM, "schluessel@nrw.example", "einen schlüssel bitte"));
    state.collecting.clone_from(&world.correspondents[&address(KIM)].collecting);
    world.correspondents.insert(address(KIM), Correspondent::default());
    world.write(&letter(KIM, "schluessel@nrw.example", "noch einen schlüssel bitte"));
    state.collecting.push(TicketId(2));
    world.correspondents.insert(address(KIM), state);
    world.write(&letter(KIM, "schluessel@nrw.example", "Grund: Chorprobe"));
    assert_eq!(world.tickets.len(), 3);
    assert!(world.ticket(3).request.is_none());
    assert_eq!(world.matters_to("jo@members.example"), ["copy"]);
}

#[test]
fn request_without_answer_is_reminded_expires_and_is_taken_up() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer"));
    world.wait(DAY * 30);
    assert_eq!(world.matters_to(KIM), ["question", "reminder", "reminder", "expired"]);
    let days: Vec<i64> = world
        .outbox
        .iter()
        .map(|notice| notice.at.duration_since(world.outbox[0].at).as_hours() / 24)
        .collect();
    assert_eq!(days, [0, 3, 7, 21]);
    assert!(world.timers.is_empty());
    world.wait(DAY * 200);
    world.answer(KIM, "Chorprobe\n");
    world.wait(HOUR);
    assert_eq!(world.tickets.len(), 1);
    assert_eq!(world.request().facts["reason"], "Chorprobe");
    assert!(world.request().window.is_some());
    assert_eq!(world.ticket(1).status, Status::Open);
}

#[test]
fn objection_received_before_the_end_counts_however_late_it_is_decided() {
    let mut world = announced();
    world.now = at("2026-11-28T23:59:40+01:00");
    let mut objection = letter("ute@members.example", "queue-kontakt@nrw.example", "!einwand nein");
    objection.signed = true;
    objection.in_reply_to = Some(world.message_id(&world.last_to(LIST)));
    let event = world.accepted(&objection);
    world.now = at("2026-11-29T00:00:10+01:00");
    world.play(&event);
    let (sent, history) = (world.outbox.len(), world.history[&TicketId(1)].len());
    world.play(&event);
    assert_eq!((sent, history), (world.outbox.len(), world.history[&TicketId(1)].len()));
    world.wait(DAY * 30);
    assert!(!world.is_member());
    assert!(world.stopped());
    assert_eq!(world.matters_to("ute@members.example"), ["objection"]);
    assert_eq!(world.matters_to(KIM), ["complete", "stopped"]);
    assert_eq!(world.matters_to(LIST), ["announcement", "stopped"]);
    let line = digest_line(world.ticket(1), Locale::De, world.now).unwrap();
    assert!(matches!(line.waits, Waits::Decision { .. }) && line.needs_coordinator);
}

#[test]
fn objection_at_the_end_itself_is_too_late() {
    let mut world = announced();
    world.now = at("2026-11-29T00:00:00+01:00");
    let mut late = letter("ute@members.example", "queue-kontakt@nrw.example", "ich bin dagegen");
    late.in_reply_to = Some(world.message_id(&world.last_to(LIST)));
    world.write(&late);
    world.wait(HOUR);
    assert!(world.is_member());
}

#[test]
fn objection_on_the_list_by_a_munged_author_stops_and_is_asked_once() {
    let mut world = announced();
    world.until(at("2026-11-25T21:48:00+01:00"));
    let text = "Nee, find ich nicht gut. Köln hat doch schon eine Adresse.\nUte\n";
    let post = world.post("Ute Beispiel", Some("ute@members.example"), text);
    world.write(&post);
    assert!(world.stopped());
    assert_eq!(world.matters_to("ute@members.example"), ["asked"]);
    assert_eq!(world.matters_to(LIST), ["announcement"], "nothing automatic goes to the list");
    let again = world.post("Ute Beispiel", Some("ute@members.example"), "Das geht so nicht.");
    world.write(&again);
    assert_eq!(world.matters_to("ute@members.example"), ["asked"]);
    world.wait(HOUR);
    world.answer("ute@members.example", "ja");
    assert_eq!(world.matters_to(LIST), ["announcement", "stopped"]);
    world.wait(DAY * 60);
    assert!(!world.is_member());
}

/// Failure 11: a list hides who wrote.
#[test]
fn author_whom_the_list_hid_still_stops_the_clock() {
    let mut world = announced();
    world.write(&world.post("Ute Beispiel", None, "Ich bin dagegen."));
    assert_eq!(world.matters_to("ute@members.example"), ["asked"]);
    let mut world = announced();
    world.write(&world.post("Nobody Known", None, "Ich bin dagegen."));
    assert!(world.stopped());
    assert_eq!(world.matters_to("jo@members.example"), ["unclear"]);
    world.write(&world.post("Nobody Else", None, "Ich bin auch dagegen."));
    assert_eq!(world.matters_to("jo@members.example"), ["unclear", "copy"]);
    world.until(at("2026-11-27T09:00:00+01:00"));
    let question = world.outbox.iter().find(|notice| name(&notice.matter) == "unclear").cloned();
    world.reply_to(&question.unwrap(), "jo@members.example", "nein, das war ein Versehen");
    assert!(!world.stopped());
    world.wait(DAY * 5);
    assert!(world.is_member());
}

#[test]
fn denied_objection_never_was() {
    let mut world = announced();
    world.until(at("2026-11-28T20:00:00+01:00"));
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen."));
    world.until(at("2026-11-30T09:00:00+01:00"));
    world.answer("ute@members.example", "Nein");
    assert!(!world.stopped());
    assert_eq!(world.ends_at(), at("2026-12-01T00:00:00+01:00"));
    assert_eq!(world.matters_to(LIST), ["announcement"]);
    world.wait(DAY);
    assert!(world.is_member());
}

#[test]
fn unanswered_question_leaves_the_clock_stopped_for_the_coordinator() {
    let mut world = announced();
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen."));
    let line = digest_line(world.ticket(1), Locale::De, world.now).unwrap();
    assert!(!line.needs_coordinator);
    world.wait(DAY * 3);
    let line = digest_line(world.ticket(1), Locale::De, world.now).unwrap();
    assert!(matches!(line.waits, Waits::Confirmation { .. }) && line.needs_coordinator);
    world.wait(DAY * 30);
    assert!(world.stopped() && !world.is_member());
}

/// Ute objected through the list and never said whether it was her; three days are over.
fn unconfirmed() -> World {
    let mut world = announced();
    world.until(at("2026-11-25T21:48:00+01:00"));
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen."));
    world.until(at("2026-11-28T21:47:00+01:00"));
    assert!(world.matters_to("jo@members.example").is_empty());
    world.until(at("2026-11-28T21:48:00+01:00"));
    assert_eq!(world.matters_to("jo@members.example"), ["unclear"]);
    let Matter::ObjectionUnclear { author, .. } = world.last_to("jo@members.example").matter else {
        panic!()
    };
    assert_eq!(author, "Ute Beispiel");
    world.wait(DAY * 4);
    assert_eq!(world.matters_to("jo@members.example"), ["unclear"], "asked once");
    assert!(world.stopped());
    world
}

#[test]
fn the_coordinator_decides_that_an_unconfirmed_objection_stands() {
    let mut world = unconfirmed();
    world.answer("jo@members.example", "ja");
    assert_eq!(world.matters_to(LIST), ["announcement", "stopped"]);
    world.wait(DAY * 30);
    assert!(world.stopped() && !world.is_member());
}

#[test]
fn the_coordinator_decides_that_an_unconfirmed_objection_does_not_stand() {
    let mut world = unconfirmed();
    world.answer("jo@members.example", "vielleicht später");
    assert!(world.stopped(), "words that are no answer decide nothing");
    world.answer("jo@members.example", "Nein, Ute war das nicht.");
    assert!(!world.stopped());
    assert_eq!(world.matters_to("ute@members.example"), ["asked", "not-counted"]);
    // What was left: from Wednesday evening to Saturday 24:00, then to the end of that day.
    world.answer("jo@members.example", "ja");
    assert!(!world.stopped(), "the first answer counts");
    world.wait(DAY * 5);
    assert!(world.is_member());
    assert_eq!(world.matters_to(LIST), ["announcement", "decided"]);
}

#[test]
fn a_late_yes_of_the_author_counts_after_the_coordinator_was_asked() {
    let mut world = unconfirmed();
    world.answer("ute@members.example", "ja");
    assert_eq!(world.matters_to(LIST), ["announcement", "stopped"]);
    world.answer("jo@members.example", "nein");
    assert!(world.stopped(), "what its author confirmed is not for the coordinator");
}

#[test]
fn the_list_hears_what_was_decided_and_reads_public_facts_only() {
    let mut world = announced();
    world.wait(DAY * 6);
    assert_eq!(world.matters_to(LIST), ["announcement", "decided"]);
    for notice in world.outbox.iter().filter(|notice| notice.to.address == address(LIST)) {
        let (Matter::Announcement { facts, .. } | Matter::Decided { facts, .. }) = &notice.matter
        else {
            panic!("{notice:?}")
        };
        let labels: Vec<&str> = facts.iter().map(|fact| fact.label.as_str()).collect();
        assert_eq!(labels, ["Grund"]);
    }
    let mut world = announced();
    world.answer(KIM, "!zurückziehen");
    world.wait(HOUR);
    assert_eq!(world.matters_to(LIST), ["announcement", "decided"]);
    let Matter::Decided { granted, .. } = world.last_to(LIST).matter else { panic!() };
    assert!(!granted);
}

#[test]
fn the_list_hears_once_that_a_request_stopped() {
    let mut world = announced();
    object_and_withdraw(&mut world);
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin doch dagegen."));
    world.wait(HOUR);
    world.answer("ute@members.example", "ja");
    assert!(world.stopped());
    let stopped = world.matters_to(LIST).into_iter().filter(|name| *name == "stopped").count();
    assert_eq!(stopped, 1, "{:?}", world.matters_to(LIST));
}

#[test]
fn support_questions_and_machines_do_not_stop_the_clock() {
    let mut world = announced();
    for text in ["+1 für die Queue, kein Einwand von mir", "Was heißt Queue?", "Danke!"] {
        world.write(&world.post("Max Malli", Some("max@members.example"), text));
    }
    let mut absent = world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen.");
    absent.kind = Kind::AutoReplied;
    world.write(&absent);
    assert!(!world.stopped());
    assert_eq!(world.matters_to("max@members.example"), Vec::<&str>::new());
    world.until(at("2026-11-29T00:00:00+01:00"));
    assert!(world.is_member());
}

#[test]
fn who_may_not_object_is_told_once() {
    let mut world = announced();
    for _ in 0..2 {
        let mut post =
            letter("pia@members.example", "queue-kontakt@nrw.example", "Ich bin dagegen.");
        post.in_reply_to = Some(world.message_id(&world.last_to(LIST)));
        world.write(&post);
    }
    assert!(!world.stopped());
    assert_eq!(world.matters_to("pia@members.example"), ["not-counted"]);
    assert_eq!(world.matters_to("jo@members.example"), ["copy", "copy"]);
}

/// Ute objects with a proven mail, withdraws on the list, and confirms that.
fn object_and_withdraw(world: &mut World) {
    let mut objection = letter("ute@members.example", "queue-kontakt@nrw.example", "!object no");
    objection.signed = true;
    objection.in_reply_to = Some(world.message_id(&world.last_to(LIST)));
    world.write(&objection);
    assert!(world.stopped());
    world.wait(HOUR);
    let text = "Hab mit Nele telefoniert, passt für mich jetzt, zieh ich zurück.";
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), text));
    assert!(world.stopped(), "a withdrawal waits for its confirmation");
    world.answer("ute@members.example", "Ja");
}

/// Failure 38: a resolved objection left the first end standing.
#[test]
fn withdrawal_begins_the_window_anew_in_full_and_at_most_twice() {
    let mut world = announced();
    world.until(at("2026-11-28T12:00:00+01:00"));
    object_and_withdraw(&mut world);
    assert!(!world.stopped());
    assert_eq!(world.ends_at(), at("2026-12-03T00:00:00+01:00"));
    assert_eq!(world.matters_to(LIST), ["announcement", "stopped"], "three at most");
    let mine = world.matters_to("ute@members.example");
    assert_eq!(mine, ["objection", "withdrawal", "withdrawn"]);
    world.wait(DAY);
    object_and_withdraw(&mut world);
    assert_eq!(world.request().window.as_ref().unwrap().restarts, 2);
    world.wait(DAY);
    object_and_withdraw(&mut world);
    assert_eq!(world.request().agenda.as_deref(), Some("restarts"));
    world.wait(DAY * 60);
    assert!(!world.is_member());
}

/// Failure 39: jobs ran twice, or never.
#[test]
fn window_timer_early_twice_and_late_closes_once() {
    let mut world = announced();
    let timer = Timer::Window(TicketId(1));
    let ends_at = world.ends_at();
    world.now = ends_at - HOUR;
    world.fire(&timer, ends_at);
    world.fire(&timer, world.now);
    assert!(!world.is_member());
    world.now = ends_at + DAY * 9;
    world.fire(&timer, ends_at);
    world.fire(&timer, ends_at);
    assert!(world.is_member());
    assert_eq!(world.enrolled, 1);
    assert_eq!(world.matters_to(KIM), ["complete", "outcome"]);
}

#[test]
fn silence_of_the_daemon_makes_the_window_longer() {
    let mut world = announced();
    world.silent_span = HOUR * 2;
    world.until(at("2026-11-29T00:00:00+01:00"));
    assert!(!world.is_member());
    assert_eq!(world.ends_at(), at("2026-11-30T00:00:00+01:00"));
    world.until(at("2026-11-30T00:00:00+01:00"));
    assert!(world.is_member());
    assert_eq!(world.matters_to(KIM), ["complete", "extended", "outcome"]);
}

#[test]
fn announcement_that_leaves_late_takes_no_days_from_the_window() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer\nGrund: Chorprobe\n"));
    let (timer, due_at) = world.timers.first_key_value().map(|(t, at)| (t.clone(), *at)).unwrap();
    world.now = at("2026-11-26T08:00:00+01:00");
    world.fire(&timer, due_at);
    assert_eq!(world.ends_at(), at("2026-12-01T00:00:00+01:00"));
}

#[test]
fn recommended_facts_are_asked_along_and_not_waited_for() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    let text = CLUB_KEY.replacen(
        "need = \"required\"\nlabel.de = [\"Grund\"",
        "need = \"recommended\"\nlabel.de = [\"Grund\"",
        1,
    );
    let procedure = Procedure::parse(&text).unwrap();
    world.desk.procedures.insert(procedure.name.clone(), Arc::new(procedure));
    world.write(&letter(KIM, "schluessel@nrw.example", "ein schlüssel?"));
    world.wait(HOUR);
    let Matter::Question { missing, .. } = world.last_to(KIM).matter else { panic!() };
    assert_eq!(missing.len(), 2);
    world.answer(KIM, "Name: Kim Sommer");
    world.wait(HOUR);
    assert!(world.request().window.is_some());
}

#[test]
fn requestor_withdraws_by_the_button() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer"));
    world.wait(HOUR);
    world.answer(KIM, "!zurückziehen");
    assert_eq!(world.request().granted, Some(false));
    assert!(world.timers.is_empty());
}

#[test]
fn ticket_that_a_member_closed_ends_its_request() {
    let mut world = announced();
    let id = TicketId(1);
    let transaction = Transaction {
        sequence: world.ticket(1).next_sequence(),
        at: world.now,
        by: lotse::ticket::Actor::Person(PersonId::new("jo")),
        rung: 1,
        internal: false,
        message: None,
        change: Change::Status { status: Status::Resolved },
    };
    world.apply(Effect::Record(id, transaction));
    world.wait(DAY * 30);
    assert!(!world.is_member());
    assert_eq!(world.request().granted, Some(false));
}

#[test]
fn answer_to_an_answer_on_the_list_reaches_the_request() {
    let mut world = announced();
    world.write(&world.post("Max Malli", Some("max@members.example"), "Was kostet das?"));
    let first = format!("{}@elsewhere.example", world.position);
    let mut second = world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen.");
    second.in_reply_to = Some(first);
    world.write(&second);
    assert!(world.stopped());
    assert_eq!(world.tickets.len(), 1);
}

#[test]
fn site_without_separator_hears_answers_and_objections_too() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.desk.site.separator = String::new();
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer"));
    world.wait(HOUR);
    world.answer(KIM, "Chorprobe");
    world.wait(HOUR);
    assert_eq!(world.matters_to(LIST), ["announcement"]);
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen."));
    assert!(world.stopped());
    world.answer("ute@members.example", "nein");
    assert!(!world.stopped());
    assert_eq!(world.tickets.len(), 1);
}

#[test]
fn somebody_else_on_the_key_of_a_question_decides_nothing() {
    let mut world = announced();
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen."));
    let notice = world.last_to("ute@members.example");
    let to = key::reply_address(&world.desk, &notice).unwrap();
    world.write(&letter("pia@members.example", to.as_str(), "nein"));
    world.write(&letter("max@members.example", to.as_str(), "nein"));
    assert!(world.stopped());
    let of = world.request().window.as_ref().unwrap().objections.clone();
    assert_eq!(of[0].by, lotse::ticket::Actor::Person(PersonId::new("ute")));
}

#[test]
fn dead_list_is_no_silence() {
    let mut world = announced();
    let notice = world.last_to(LIST);
    world.play(&Event::Submitted(Box::new(lotse::ticket::event::Submitted {
        id: notice.id,
        notice,
        attempts: 1,
        outcome: lotse::ticket::event::SubmitOutcome::Permanent("5.1.1".into(), "no list".into()),
    })));
    world.until(at("2026-11-29T00:00:00+01:00"));
    assert!(!world.is_member());
    let window = world.request().window.clone().unwrap();
    assert!(window.repeated && !window.closed);
    // Four days more, in full.
    assert_eq!(window.ends_at, at("2026-12-03T00:00:00+01:00"));
}

/// A list refuses the last notice to it.
pub(crate) fn refused(world: &mut World, attempts: u32) {
    let notice = world.last_to(LIST);
    assert!(matches!(notice.matter, Matter::Announcement { .. }));
    world.play(&Event::Submitted(Box::new(lotse::ticket::event::Submitted {
        id: notice.id,
        notice,
        attempts,
        outcome: lotse::ticket::event::SubmitOutcome::Permanent("5.1.1".into(), "no list".into()),
    })));
}

/// Whom the sheet of the decision names as not reached.
pub(crate) fn named_as_unreached(world: &World) -> Vec<String> {
    let sheet = world.request().sheet.clone().unwrap();
    let unreached = sheet.course.iter().filter(|one| one.what == What::Unreached);
    unreached.flat_map(|one| &one.to).map(ToString::to_string).collect()
}

#[test]
fn notice_that_arrives_at_the_second_time_is_heard() {
    let mut world = announced();
    refused(&mut world, 1);
    world.until(at("2026-11-29T00:00:00+01:00"));
    let again = world.last_to(LIST);
    assert!(matches!(again.matter, Matter::Announcement { ends_at: Some(until), .. }
        if until == at("2026-12-03T00:00:00+01:00")));
    world.until(at("2026-12-02T23:59:59+01:00"));
    assert!(!world.is_member());
    world.until(at("2026-12-03T00:00:00+01:00"));
    assert!(world.is_member());
    assert!(named_as_unreached(&world).is_empty());
}

#[test]
fn list_that_stays_dead_blocks_no_decision_for_ever() {
    let mut world = announced();
    refused(&mut world, 1);
    world.until(at("2026-11-29T00:00:00+01:00"));
    refused(&mut world, 1);
    world.until(at("2026-12-03T00:00:00+01:00"));
    assert!(world.is_member(), "published again once, not for ever");
    assert_eq!(named_as_unreached(&world), [LIST]);
}

#[test]
fn objection_counts_in_the_second_time_as_in_the_first() {
    let mut world = announced();
    refused(&mut world, 1);
    world.until(at("2026-11-29T00:00:00+01:00"));
    world.until(at("2026-12-02T12:00:00+01:00"));
    world.write(&world.post("Ute Beispiel", Some("ute@members.example"), "Ich bin dagegen."));
    assert!(world.stopped());
    world.wait(DAY * 30);
    assert!(!world.is_member());
}

#[test]
fn running_request_keeps_the_procedure_it_began_with() {
    let mut world = announced();
    let other = CLUB_KEY.replace("queue = \"schluessel\"", "queue = \"vorstand\"");
    let procedure = Procedure::parse(&other).unwrap();
    world.desk.procedures.insert(procedure.name.clone(), Arc::new(procedure));
    world.until(at("2026-11-29T00:00:00+01:00"));
    assert!(world.is_member());
}

#[test]
fn mistakes_in_a_procedure_are_named() {
    let unknown = CLUB_KEY.replace("span = \"4 days\"", "spam = \"4 days\"");
    let said = Procedure::parse(&unknown).unwrap_err();
    let line = unknown.lines().position(|line| line.starts_with("spam")).unwrap() + 1;
    assert!(said.starts_with(&format!("line {line}: unknown field `spam`")), "{said}");
    let said = Procedure::parse("name = \"x\"\nadresses = []\n").unwrap_err();
    assert!(said.starts_with("line 2: unknown field `adresses`"), "{said}");
    let register = desk(CLUB_KEY).register;
    let check = |from: &str, to: &str| {
        assert!(CLUB_KEY.contains(from), "{from}");
        let procedure = Procedure::parse(&CLUB_KEY.replace(from, to)).unwrap();
        procedure.check(Locale::De, &register).join("\n")
    };
    assert_eq!(check("4 days", "4 days"), "");
    for (from, to, said) in [
        ("4 days", "36 hours", "write whole days"),
        ("queue:vorstand", "queue:nobody", "`nobody`, which is no queue"),
        ("queue = \"schluessel\"", "queue = \"nix\"", "names `nix`"),
        ("person = \"holder\"", "person = \"keeper\"", "the fact `keeper`"),
        ("title.de = \"Schlüssel für den Vereinsraum\"\n", "", "title.de"),
        ("label.de = [\"Name\", \"Person\"]\n", "", "label.de"),
        ("kind = \"collect\"", "kind = \"tell\"", "never be complete"),
        ("to = [\"vorstand@lists.nrw.example\"]", "to = []", "to nobody"),
    ] {
        assert!(check(from, to).contains(said), "{to}: {}", check(from, to));
    }
    let bare = CLUB_KEY.split("[[step]]").next().unwrap();
    let problems = Procedure::parse(bare).unwrap().check(Locale::De, &register);
    assert!(problems.join("\n").contains("never end"));
    let unannounced = CLUB_KEY
        .replace("[[step]]\nkind = \"announce\"\nto = [\"vorstand@lists.nrw.example\"]\n", "");
    let problems = Procedure::parse(&unannounced).unwrap().check(Locale::De, &register);
    assert!(problems.join("\n").contains("without an announce step"));
}

/// What may happen at random.
#[derive(Debug, Clone, Copy)]
enum Move {
    /// Kim writes this line to the procedure's address.
    Tell(usize),
    /// Kim answers her last notice.
    Answer(usize),
    /// A member of the board writes about it, proven or rewritten by the list.
    Speak { who: usize, what: usize, proven: bool },
    /// A member of the board answers the last notice with a word.
    Word { who: usize, word: usize },
    /// Somebody whose objection does not count objects.
    Stranger,
    /// A machine answers the list.
    Absence,
    /// The clock stands twenty seconds before the end of the window, if one runs.
    Edge,
    /// A timer of the request fires out of turn, with any due time.
    Spurious(usize),
    /// The daemon was silent before the window ended.
    Silence,
    /// The list's address bounces.
    Bounce,
}

const TOLD: [&str; 4] =
    ["Name: Kim Sommer", "Grund: Chorprobe", "reason: choir", "wie lange noch?"];
const SPOKEN: [&str; 6] = [
    "!einwand",
    "Ich bin dagegen.",
    "Das passt nicht zu uns.",
    "+1, kein Einwand",
    "zieh ich zurück",
    "Wann genau?",
];
const BOARD: [(&str, &str); 2] =
    [("Ute Beispiel", "ute@members.example"), ("Max Malli", "max@members.example")];
const WORDS: [&str; 4] = ["ja", "nein", "erledigt", "ich bin dagegen"];

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => (0..TOLD.len()).prop_map(Move::Tell),
        3 => (0..TOLD.len()).prop_map(Move::Answer),
        4 => (0..BOARD.len(), 0..SPOKEN.len(), any::<bool>())
            .prop_map(|(who, what, proven)| Move::Speak { who, what, proven }),
        4 => (0..BOARD.len(), 0..WORDS.len()).prop_map(|(who, word)| Move::Word { who, word }),
        2 => Just(Move::Edge),
        1 => Just(Move::Stranger),
        1 => Just(Move::Absence),
        2 => (0..5_usize).prop_map(Move::Spurious),
        1 => Just(Move::Silence),
        1 => Just(Move::Bounce),
    ]
}

/// Who is clearly against the request and has neither denied nor withdrawn it, by our own count.
type Against = std::collections::BTreeSet<&'static str>;

/// Plays one move. The mail is accepted now and decided `delay` later, timers held back.
fn make(world: &mut World, step: Move, delay: SignedDuration, against: &mut Against) {
    let published = world.outbox.iter().any(|notice| notice.to.address == address(LIST));
    let letter = match step {
        Move::Tell(line) if world.tickets.is_empty() || is_collecting(world) => {
            letter(KIM, "schluessel@nrw.example", TOLD[line])
        }
        Move::Answer(line) => match reply(world, KIM, TOLD[line]) {
            Some(letter) => letter,
            None => return,
        },
        Move::Word { who, word } => match reply(world, BOARD[who].1, WORDS[word]) {
            Some(letter) => letter,
            None => return,
        },
        Move::Speak { who, what, proven } if published => {
            spoken(world, BOARD[who], SPOKEN[what], proven)
        }
        Move::Stranger if published => {
            spoken(world, ("Pia Fremd", "pia@members.example"), SPOKEN[1], true)
        }
        Move::Absence if published => {
            let mut absence = spoken(world, BOARD[0], SPOKEN[1], true);
            absence.kind = Kind::AutoReplied;
            absence
        }
        Move::Spurious(place) => return spurious(world, place),
        Move::Edge => {
            let ends_at = world.timers.get(&Timer::Window(TicketId(1))).copied();
            return ends_at.into_iter().for_each(|at| world.until(at - HOUR / 180));
        }
        Move::Silence => {
            world.silent_span = HOUR;
            return;
        }
        Move::Bounce if published => {
            let notice = world.last_to(LIST);
            let outcome = lotse::ticket::event::SubmitOutcome::Permanent("5.1.1".into(), "".into());
            let (id, attempts) = (notice.id, 1);
            let row = lotse::ticket::event::Submitted { id, notice, attempts, outcome };
            return world.play(&Event::Submitted(Box::new(row)));
        }
        Move::Tell(_) | Move::Speak { .. } | Move::Stranger | Move::Absence | Move::Bounce => {
            return;
        }
    };
    let event = world.accepted(&letter);
    count(world, step, &letter, against);
    world.now += delay;
    world.play(&event);
}

fn reply(world: &World, from: &str, text: &str) -> Option<Letter> {
    let notice = world.outbox.iter().rev().find(|notice| notice.to.address == address(from))?;
    let to = key::reply_address(&world.desk, notice)?;
    let mut letter = letter(from, to.as_str(), text);
    letter.in_reply_to = Some(world.message_id(notice));
    Some(letter)
}

fn spoken(world: &World, (name, from): (&str, &str), text: &str, proven: bool) -> Letter {
    if !proven {
        return world.post(name, Some(from), text);
    }
    let mut letter = letter(from, "queue-kontakt@nrw.example", text);
    letter.signed = true;
    letter.in_reply_to = Some(world.message_id(&world.last_to(LIST)));
    letter
}

/// Any timer of the request, armed or not, early or twice.
fn spurious(world: &mut World, place: usize) {
    let id = TicketId(1);
    let timers = [
        Timer::Settle(id),
        Timer::Remind(id, 1),
        Timer::Remind(id, 3),
        Timer::Window(id),
        Timer::Window(id),
    ];
    let timer = timers[place].clone();
    let due_at = if place == 4 { world.now } else { world.now - DAY };
    world.fire(&timer, due_at);
}

/// Our own count of who is against it, from what is written alone.
fn count(world: &World, step: Move, letter: &Letter, against: &mut Against) {
    let Some(request) = world.tickets.get(&TicketId(1)).and_then(|one| one.request.as_ref()) else {
        return;
    };
    let Some(window) = request.open_window() else { return };
    let is_in_time = world.now < window.ends_at || window.stopped_at.is_some();
    match step {
        Move::Speak { who, what: 0 | 1, .. } if is_in_time => {
            against.insert(BOARD[who].1);
        }
        Move::Word { who, word } => {
            let asked = world.last_to(BOARD[who].1);
            let settles = matches!(
                (&asked.matter, WORDS[word]),
                (Matter::ObjectionAsked { .. }, "nein")
                    | (Matter::WithdrawalAsked { .. }, "ja" | "erledigt")
            );
            if settles {
                against.remove(BOARD[who].1);
            } else if WORDS[word] == "ich bin dagegen"
                && is_in_time
                && letter.to.as_str().contains('+')
            {
                against.insert(BOARD[who].1);
            }
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// The world checks after every event: ticket and fold, timers, promised ends, Message-IDs.
    #[test]
    fn no_order_of_events_breaks_a_law(
        is_announced in prop::bool::weighted(0.8),
        steps in prop::collection::vec((moves(), -1200_i64..60 * 30, 0_i64..60 * 9), 1..40),
    ) {
        let begins = World::new("2026-10-22T18:00:00+02:00");
        let mut world = if is_announced { announced() } else { begins };
        let mut against = Against::new();
        for (step, minutes, delay) in steps {
            let was_closed = closed(&world);
            world.wait(SignedDuration::from_mins(minutes.max(0)));
            prop_assert!(was_closed || !closed(&world) || against.is_empty());
            let delay = SignedDuration::from_mins(if delay < 300 { 0 } else { delay });
            make(&mut world, step, delay, &mut against);
            prop_assert!(world.enrolled <= 1);
            prop_assert_eq!(world.is_member(), closed(&world));
        }
        let was_closed = closed(&world);
        world.wait(DAY * 400);
        prop_assert!(was_closed || !closed(&world) || against.is_empty());
        let silent = world.timers.keys().all(|timer| timer.ticket() != Some(TicketId(1)));
        prop_assert!(silent, "after a year nothing is left armed");
    }
}

/// One request at a time, so that what is said belongs to it.
fn is_collecting(world: &World) -> bool {
    let request = world.tickets.get(&TicketId(1)).and_then(|ticket| ticket.request.as_ref());
    request.is_some_and(|request| request.is_collecting() && request.expired_at.is_none())
}

fn closed(world: &World) -> bool {
    let request = world.tickets.get(&TicketId(1)).and_then(|ticket| ticket.request.as_ref());
    request.and_then(|request| request.window.as_ref()).is_some_and(|window| window.closed)
}
