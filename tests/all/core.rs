//! The pure core with a memory: mails go in as bytes, what follows is applied, mails come out.
//!
//! A test is a conversation: whatever is sent must be read with [`Core::told`] or one of the
//! `answer` functions, or the test fails. Deliberately absent: doors, stores, the network, a clock
//! that runs by itself.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use lotse::desk::{Desk, Organization, Register, Site};
use lotse::mail::authres::AuthResult;
use lotse::mail::{self, ReversePath, Verdicts};
use lotse::notice::{Content, Contents, Renderer, words_of};
use lotse::ticket::case::Sent;
use lotse::ticket::inbox::Inbox;
use lotse::ticket::matter::ResultLine;
use lotse::ticket::quarantine::SetAside;
use lotse::ticket::seal::Seal;
use lotse::ticket::shelf::{self, Counts, Shelf, Shelved, Tally, Trouble};
use lotse::ticket::{
    Case, Correspondent, Decision, Effect, Event, Filing, Lookups, MailEvent, Matter, Notice, Seen,
    SeenKey, ThreadEntry, Ticket, Timer, Transaction, decide, fingerprint, identity, key, needs,
};
use lotse::types::{
    Address, Keyring, Locale, Mailbox, OutboxId, PersonId, Position, QueueName, Secret, TicketId,
};

/// Rounds of look-ups after which a decision must stand.
const ROUNDS_MAX: usize = 50;

/// Everything that a daemon would keep.
pub(crate) struct Core {
    pub(crate) desk: Desk,
    pub(crate) now: Timestamp,
    pub(crate) tickets: BTreeMap<TicketId, Ticket>,
    pub(crate) histories: BTreeMap<TicketId, Vec<Transaction>>,
    pub(crate) correspondents: BTreeMap<Address, Correspondent>,
    pub(crate) inboxes: BTreeMap<PersonId, Inbox>,
    pub(crate) trouble: Trouble,
    pub(crate) threads: BTreeMap<String, Vec<ThreadEntry>>,
    pub(crate) seen: BTreeMap<SeenKey, Vec<Seen>>,
    pub(crate) outbox: Vec<Notice>,
    /// Rows that stay until a decision lets them go.
    pub(crate) staying: Vec<Notice>,
    pub(crate) timers: BTreeMap<Timer, Timestamp>,
    pub(crate) filings: Vec<Filing>,
    /// Every effect, in order.
    pub(crate) followed: Vec<Effect>,
    pub(crate) contents: Contents,
    /// What the next mails carry: verdicts of trusted servers.
    pub(crate) verdicts: Verdicts,
    read: usize,
}

fn renderer() -> &'static Renderer {
    static RENDERER: std::sync::OnceLock<Renderer> = std::sync::OnceLock::new();
    RENDERER.get_or_init(|| Renderer::new(&BTreeMap::new()).expect("the shipped texts are whole"))
}

/// An organization in few words: people by name, whose id is the first name and whose address is
/// at `members.example`, and queues with members such as `anna write` or `dora write digest`.
pub(crate) fn organization(people: &[&str], queues: &[(&str, &[&str])]) -> String {
    let mut text = String::new();
    for name in people {
        let id = name.split(' ').next().unwrap().to_lowercase();
        text += &format!(
            "[[person]]\nid = \"{id}\"\nname = \"{name}\"\naddresses = [\"{id}@members.example\"]\n"
        );
    }
    for (queue, members) in queues {
        text += &format!("[[queue]]\nname = \"{queue}\"\naddresses = [\"{queue}@nrw.example\"]\n");
        for member in *members {
            let mut words = member.split(' ');
            let (person, access) = (words.next().unwrap(), words.next().unwrap());
            text += &format!("[[queue.member]]\nperson = \"{person}\"\naccess = \"{access}\"\n");
            if let Some(notify) = words.next() {
                text += &format!("notify = \"{notify}\"\n");
            }
        }
    }
    text
}

/// The site `nrw` with this organization, German, on a Saturday morning.
pub(crate) fn desk(organization: &str) -> Desk {
    let mut register = Register::default();
    let organization: Organization = toml::from_str(organization).expect("an organization");
    for change in organization.changes(&register) {
        register.apply(&change);
    }
    Desk {
        site: Site {
            name: "nrw".into(),
            address: Address::parse("desk@nrw.example").unwrap(),
            separator: "+".into(),
            domains: vec!["nrw.example".into()],
            dispatcher: QueueName::new("kontakt"),
            control: None,
            locale: Locale::De,
            time_zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
            calendar: lotse::desk::Calendar::default(),
            authserv_ids: Vec::new(),
            rungs: BTreeMap::new(),
            privacy_url: None,
            digest_hour: 8,
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
        keyring: Keyring::new(vec![Secret {
            id: 'k',
            made_on: "2026-11-01".into(),
            value: "a secret for tests, never used elsewhere".into(),
        }]),
        procedures: BTreeMap::new(),
        register,
    }
}

/// A shelf as a full walk over all tickets finds it.
pub(crate) fn shelved(tickets: &BTreeMap<TicketId, Ticket>, shelf: &Shelf) -> (Shelf, Shelved) {
    let places = tickets.values().flat_map(|ticket| {
        shelf::places(ticket).into_iter().map(move |(shelf, since)| (shelf, since, ticket.id))
    });
    let on_it = places.filter(|(known, ..)| known == shelf);
    let mut tickets: Vec<_> = on_it.map(|(_, since, id)| (since, id)).collect();
    tickets.sort_unstable();
    (shelf.clone(), Shelved { tickets, more: false })
}

/// A count as a full walk over all tickets finds it.
pub(crate) fn tallied(tickets: &BTreeMap<TicketId, Ticket>, tally: &Tally) -> (Tally, Counts) {
    let counts = tickets.values().filter_map(|ticket| shelf::counts(ticket).remove(tally));
    (tally.clone(), counts.fold(Counts::default(), Counts::plus))
}

impl Core {
    pub(crate) fn new(organization: &str) -> Self {
        Self::at_desk(desk(organization))
    }

    pub(crate) fn at_desk(desk: Desk) -> Self {
        Self {
            desk,
            now: "2026-11-21T09:00:00Z".parse().unwrap(),
            tickets: BTreeMap::new(),
            histories: BTreeMap::new(),
            correspondents: BTreeMap::new(),
            inboxes: BTreeMap::new(),
            trouble: Trouble::default(),
            threads: BTreeMap::new(),
            seen: BTreeMap::new(),
            outbox: Vec::new(),
            staying: Vec::new(),
            timers: BTreeMap::new(),
            filings: Vec::new(),
            followed: Vec::new(),
            contents: Contents::new(),
            verdicts: Verdicts::default(),
            read: 0,
        }
    }

    /// A first mail: from a mailbox to an address.
    pub(crate) fn write(&mut self, from: &str, to: &str, subject: &str, text: &str) {
        let number = self.contents.len() + 1;
        let raw = format!(
            "From: {from}\nTo: {to}\nSubject: {subject}\nMessage-ID: <m{number}@outside.example>\n\
             Content-Type: text/plain; charset=utf-8\n\n{text}\n"
        );
        self.accept(&[to], &raw);
    }

    /// An answer to a notice, as a mail program writes it, without quoting.
    pub(crate) fn answer(&mut self, notice: &Notice, from: &str, text: &str) {
        self.answer_with(notice, from, "", text);
    }

    /// An answer with more header fields, each ended by LF.
    pub(crate) fn answer_with(&mut self, notice: &Notice, from: &str, fields: &str, text: &str) {
        let to = key::reply_address(&self.desk, notice).expect("it can be answered");
        let number = self.contents.len() + 1;
        let raw = format!(
            "From: {from}\nTo: {to}\nSubject: AW: {}\nMessage-ID: <m{number}@members.example>\n\
             In-Reply-To: <{}>\n{fields}Content-Type: text/plain; charset=utf-8\n\n{text}\n",
            self.subject(notice),
            self.message_id(notice),
        );
        self.accept(&[to.as_str()], &raw);
    }

    /// Takes a raw message and decides it.
    pub(crate) fn accept(&mut self, recipients: &[&str], raw: &str) {
        self.accept_of(recipients, raw, None);
    }

    /// The same, or the header of a message that has so many octets and is too big.
    pub(crate) fn accept_of(&mut self, recipients: &[&str], raw: &str, whole: Option<u64>) {
        self.now = self.now.checked_add(SignedDuration::from_mins(3)).unwrap();
        let message = mail::parse(raw.as_bytes(), &ReversePath::Unknown);
        let position = Position(u64::try_from(self.contents.len()).unwrap() + 1);
        let content = Content { text: message.text.clone(), html: None, attachments: Vec::new() };
        self.contents.insert(position, content);
        let fingerprint = fingerprint::of(&message, raw.as_bytes());
        let read = lotse::ticket::words::unaided(position, &message);
        let mail = MailEvent {
            position,
            received_at: self.now,
            door: "test".into(),
            is_backlog: false,
            whole_bytes: whole,
            reverse_path: ReversePath::Unknown,
            recipients: recipients.iter().map(|to| Address::parse(to).unwrap()).collect(),
            words: read.words,
            language: read.language,
            is_only_thanks: read.is_only_thanks,
            message,
            verdicts: self.verdicts,
            fingerprint,
        };
        self.assert_signature_is_asked_for(&mail);
        self.decide(&Event::Mail(Box::new(mail)));
    }

    /// A signature that nobody verifies, because its author can gain nothing, changes nothing.
    fn assert_signature_is_asked_for(&self, mail: &MailEvent) {
        if identity::gains_by_signature(&self.desk, mail) {
            return;
        }
        let with = |dkim_aligned| {
            let verdicts = Verdicts { dkim_aligned, ..mail.verdicts };
            self.decided(&Event::Mail(Box::new(MailEvent { verdicts, ..mail.clone() })))
        };
        assert_eq!(with(AuthResult::Pass), with(AuthResult::Unknown));
    }

    /// Lets time pass; timers fire at their due times, in order.
    pub(crate) fn pass(&mut self, span: SignedDuration) {
        let end = self.now.checked_add(span).unwrap();
        loop {
            let due = self.timers.iter().map(|(timer, at)| (*at, timer.clone())).min();
            let Some((due_at, timer)) = due.filter(|(at, _)| *at <= end) else { break };
            self.now = self.now.max(due_at);
            self.timers.remove(&timer);
            self.decide(&Event::timer(timer, due_at));
        }
        self.now = end;
    }

    /// Decides an event with as many look-ups as it asks for, and applies what follows.
    pub(crate) fn decide(&mut self, event: &Event) -> Vec<Effect> {
        let effects = self.decided(event);
        effects.iter().for_each(|effect| self.apply(effect));
        self.followed.extend(effects.iter().cloned());
        effects
    }

    /// What follows from an event, not applied.
    fn decided(&self, event: &Event) -> Vec<Effect> {
        let mut lookups = needs(&self.desk, event);
        for _ in 0..ROUNDS_MAX {
            let case = self.case(&lookups);
            match decide(&self.desk, &case, event, self.now) {
                Decision::Effects(effects) => {
                    let again = decide(&self.desk, &case, event, self.now);
                    assert_eq!(again, Decision::Effects(effects.clone()), "a decision is pure");
                    return effects;
                }
                Decision::Needs(more) => {
                    let before = lookups.clone();
                    lookups.merge(*more);
                    assert_ne!(before, lookups, "asked again for what was looked up");
                }
            }
        }
        panic!("a decision never came: {lookups:?}");
    }

    fn case(&self, lookups: &Lookups) -> Case {
        let tickets = lookups.tickets.iter();
        let known = |address: &Address| self.correspondents.get(address).cloned();
        let thread = |id: &String| self.threads.get(id).cloned().unwrap_or_default();
        let last = self.tickets.keys().next_back().map_or(0, |ticket| ticket.0);
        Case {
            tickets: tickets.map(|id| (*id, self.tickets.get(id).cloned())).collect(),
            histories: lookups
                .histories
                .iter()
                .map(|id| (*id, self.histories.get(id).cloned().unwrap_or_default()))
                .collect(),
            threads: lookups.threads.iter().map(|id| (id.clone(), thread(id))).collect(),
            seen: lookups
                .seen
                .iter()
                .map(|key| (*key, self.seen.get(key).cloned().unwrap_or_default()))
                .collect(),
            correspondents: lookups
                .correspondents
                .iter()
                .map(|address| (address.clone(), known(address).unwrap_or_default()))
                .collect(),
            sent: lookups.sent.iter().map(|id| (id.clone(), self.sent(id))).collect(),
            seals: lookups.seals.iter().map(|id| (*id, Seal::default())).collect(),
            shelves: lookups.shelves.iter().map(|shelf| shelved(&self.tickets, shelf)).collect(),
            pages: lookups
                .pages
                .iter()
                .map(|page| {
                    let (_, mut shelved) = shelved(&self.tickets, &page.0);
                    shelved.tickets.retain(|ticket| *ticket > page.1);
                    shelved.more = shelved.tickets.len() > 200;
                    shelved.tickets.truncate(200);
                    (page.clone(), shelved)
                })
                .collect(),
            tallies: lookups.tallies.iter().map(|tally| tallied(&self.tickets, tally)).collect(),
            trouble: lookups.trouble.map(|_| self.trouble.clone()),
            inboxes: lookups
                .inboxes
                .iter()
                .map(|id| (id.clone(), self.inboxes.get(id).cloned().unwrap_or_default()))
                .collect(),
            way_out: Some(lotse::ticket::way_out::WayOut::default()),
            found: lookups
                .searches
                .iter()
                .map(|one| (one.clone(), Some((Vec::new(), 0))))
                .collect(),
            asides: lookups.asides.iter().map(|at| (*at, self.aside(*at))).collect(),
            meetings: lookups.meetings.iter().map(|name| (name.clone(), None)).collect(),
            first_facts: None,
            next_ticket: TicketId(last.max(16) + 1),
            next_outbox: OutboxId(self.last_row() + 1),
        }
    }

    fn last_row(&self) -> u64 {
        let rows = self.followed.iter().filter_map(|effect| match effect {
            Effect::Notify(notice) => Some(notice.id.0),
            _ => None,
        });
        rows.max().unwrap_or_default()
    }

    /// What lies aside by the troubles of the site.
    fn aside(&self, message: Position) -> Option<SetAside> {
        let lying = self.trouble.quarantined.iter().find(|lying| lying.message == message)?;
        Some(SetAside { at: lying.at, why: lying.why.clone(), dropped_at: None })
    }

    fn sent(&self, message_id: &str) -> Option<Sent> {
        let row = message_id.strip_prefix("row:");
        let notice = self.outbox.iter().find(|notice| match row {
            Some(row) => notice.id.to_string() == row,
            None => self.message_id(notice) == message_id,
        })?;
        Some(Sent { id: notice.id, notice: notice.clone(), text: self.text(notice) })
    }

    fn apply(&mut self, effect: &Effect) {
        match effect {
            Effect::Record(id, transaction) => {
                let at = transaction.at;
                let ticket = self.tickets.entry(*id).or_insert_with(|| Ticket::begin(*id, at));
                assert_eq!(transaction.sequence, ticket.next_sequence(), "a gap in a history");
                ticket.apply(transaction);
                self.histories.entry(*id).or_default().push(transaction.clone());
            }
            Effect::Enroll(change) => self.desk.register.apply(change),
            Effect::Notify(notice) => {
                assert!(!self.desk.is_own(&notice.to.address), "mail to ourselves: {notice:?}");
                let ours = self.text(notice);
                // A person's own words go out as written; nobody outside is read for keywords.
                let is_words = matches!(notice.matter, Matter::Answer { .. });
                let mut lines = ours.lines().filter(|_| !is_words);
                let marked = lines.find(|line| line.trim_start().starts_with('!'));
                assert_eq!(marked, None, "a line of ours begins with the marker");
                let is_staying = notice.leaves_at.is_some();
                let rows = if is_staying { &mut self.staying } else { &mut self.outbox };
                rows.push((**notice).clone());
            }
            Effect::Settle(id, change) => {
                let left = self.staying.extract_if(.., |notice| notice.id == *id);
                let left: Vec<Notice> = left.collect();
                self.outbox.extend(left.into_iter().filter(|_| change.next_at.is_some()));
            }
            Effect::Arm(timer, at) => {
                self.timers.insert(timer.clone(), *at);
            }
            Effect::Disarm(timer, at) => {
                if self.timers.get(timer) == Some(at) {
                    self.timers.remove(timer);
                }
            }
            Effect::Keep(person, inbox) => {
                self.inboxes.insert(person.clone(), inbox.clone());
            }
            Effect::Remember(address, state) => {
                self.correspondents.insert(address.clone(), state.clone());
            }
            Effect::Thread(id, entries) => {
                self.threads.insert(id.clone(), entries.clone());
            }
            Effect::See(key, seen) => {
                self.seen.insert(*key, seen.clone());
            }
            Effect::File(filing) => self.filings.push(filing.clone()),
            Effect::Erase(_)
            | Effect::WayOut(_)
            | Effect::Run(_)
            | Effect::Aside(..)
            | Effect::Note(_)
            | Effect::Errand(_)
            | Effect::Convene(..) => {}
        }
    }

    /// The text of a notice as it leaves.
    pub(crate) fn text(&self, notice: &Notice) -> String {
        renderer().text(&self.desk, notice, &self.contents)
    }

    fn subject(&self, notice: &Notice) -> String {
        renderer().render(&self.desk, notice, &self.contents).subject
    }

    pub(crate) fn message_id(&self, notice: &Notice) -> String {
        key::message_id(&self.desk, notice.ticket, notice.sequence, notice.id)
    }

    /// A ticket that must be there.
    pub(crate) fn ticket(&self, number: u64) -> &Ticket {
        &self.tickets[&TicketId(number)]
    }

    /// The last notice to an address, read or not, that `Core::told` would name `what`.
    pub(crate) fn last(&self, to: &str, what: &str) -> Notice {
        let found = self.outbox.iter().rev().find(|notice| {
            notice.to.address.local() == to && self.describe(notice).starts_with(what)
        });
        found.cloned().unwrap_or_else(|| panic!("no {what} to {to}"))
    }

    /// What was sent since it was last asked: to whom and what, a line each.
    pub(crate) fn told(&mut self) -> Vec<String> {
        let new = self.outbox.get(self.read..).unwrap_or_default();
        let lines = new
            .iter()
            .map(|notice| format!("{}: {}", notice.to.address.local(), self.describe(notice)))
            .collect();
        self.read = self.outbox.len();
        lines
    }

    fn describe(&self, notice: &Notice) -> String {
        let words = |excerpt| words_of(excerpt, &self.contents).replace('\n', " / ");
        match &notice.matter {
            Matter::Receipt { .. } => "receipt".into(),
            Matter::Copy { text, doubt, reopened, .. } => {
                let doubt = doubt.map(|doubt| format!(" {doubt:?}")).unwrap_or_default();
                let reopened = if *reopened { " reopened" } else { "" };
                format!("copy{doubt}{reopened}: {}", words(text))
            }
            Matter::Answer { text, .. } => format!("answer: {}", words(text)),
            Matter::AnswerCopy { text, .. } => format!("shown: {}", words(text)),
            Matter::Comment { text, .. } => format!("comment: {}", words(text)),
            Matter::Held { line, meant, .. } => {
                format!("held: {line} -> {}", meant.as_deref().unwrap_or("?"))
            }
            Matter::HeldColleague { colleague, text, .. } => {
                format!("held, {colleague} wrote: {}", words(text))
            }
            Matter::HeldInternal { .. } => "held, internal".into(),
            Matter::HeldOther { author, text, line, meant, .. } => {
                let meant = meant.as_deref().unwrap_or("?");
                format!("held of {author}: {line} -> {meant}: {}", words(text))
            }
            Matter::Result { lines, answered } => result(lines, *answered),
            Matter::Digest { items, more, .. } => {
                let items: Vec<String> = items
                    .iter()
                    .map(|item| format!("{}{}", item.ticket, if item.held { " held" } else { "" }))
                    .collect();
                format!("digest: {}, {more} more", items.join(", "))
            }
            Matter::WasItYou { claimed, lines, .. } => {
                format!("was it you: {claimed}: {}", lines.join(", "))
            }
            Matter::Again { occasion, .. } => format!("again, {occasion:?}"),
            Matter::Breach { inside: true, .. } => "told of a breach".into(),
            Matter::MayAdd { stranger } => format!("may add: {}", stranger.address),
            other => format!("{other:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
        }
    }

    /// The requestors of a ticket, by address.
    pub(crate) fn requestors(&self, number: u64) -> Vec<String> {
        let address = |mailbox: &Mailbox| mailbox.address.to_string();
        self.ticket(number).requestors.iter().map(address).collect()
    }
}

fn result(lines: &[ResultLine], answered: bool) -> String {
    let mut said: Vec<String> = Vec::new();
    if answered {
        said.push("sent".into());
    }
    for line in lines {
        let number = line.ticket.map(|ticket| format!(" {ticket}")).unwrap_or_default();
        let detail = if line.detail.is_empty() { "" } else { " by " };
        let tried = if line.aside.tried.is_some() { "try " } else { "" };
        said.push(format!("{tried}{:?}{number}{detail}{}", line.outcome, line.detail));
    }
    format!("result: {}", said.join(", "))
}

impl Drop for Core {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let unread = self.told();
            assert_eq!(unread, Vec::<String>::new(), "sent and never read");
        }
    }
}
