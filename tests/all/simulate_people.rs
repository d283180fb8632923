//! Who lives in the simulated world, and what they write: first mails, answers, mails of machines,
//! copies, forgeries.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use lotse::desk::{
    Access, AddressForm, Desk, Member, NotifyChoice, Person, Queue, Register, RegisterChange, Site,
};
use lotse::mail::{Message, ReversePath};
use lotse::ticket::{Matter, Notice};
use lotse::types::secret::Secret;
use lotse::types::{Address, Keyring, Locale, PersonId, QueueName};

use super::letters::{self, Letter, Nature, Quoting, Random, Sheet};
use super::outages;
use super::procedures;
use super::world::{Delivered, Transit, World};

const OUTSIDERS: [&str; 4] =
    ["otto@out.example", "emil@out.example", "rosa@elsewhere.example", "gone@dead.example"];
/// The address of the last is dead for days.
const MEMBERS: [&str; 4] =
    ["anna@members.example", "bob@members.example", "cleo@members.example", "dora@dead.example"];
const QUEUES: [&str; 3] = ["kontakt@nrw.example", "technik@nrw.example", "keller@nrw.example"];
const RESPONDER: &str = "auto@shop.example";
const LIST: &str = "team@lists.example";

/// What kind of mail begins something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum First {
    Plain,
    TwoQueues,
    Stranger,
    Machine,
    Undisclosed,
    Form,
    Forged,
    OwnName,
    Inside,
    Old,
    Listed,
    Nonsense,
    Request,
    Drawn,
}

const FIRST_MAILS: [(u64, First); 14] = [
    (36, First::Plain),
    (6, First::TwoQueues),
    (8, First::Stranger),
    (8, First::Machine),
    (12, First::Undisclosed),
    (4, First::Form),
    (6, First::Forged),
    (3, First::OwnName),
    (10, First::Inside),
    (4, First::Old),
    (6, First::Listed),
    (3, First::Nonsense),
    (36, First::Request),
    (30, First::Drawn),
];

pub(crate) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// Zones whose clocks change, one of them at midnight.
fn zone(random: &mut Random) -> TimeZone {
    let zones = [(4, "Europe/Berlin"), (1, "Europe/Helsinki"), (1, "Africa/Cairo")];
    TimeZone::get(random.weighted(&zones)).unwrap()
}

fn notify(random: &mut Random) -> NotifyChoice {
    random.weighted(&[
        (4, NotifyChoice::Each),
        (1, NotifyChoice::Mine),
        (1, NotifyChoice::Digest),
        (1, NotifyChoice::None),
    ])
}

/// The organization, as the seed wants it.
pub(crate) fn desk(random: &mut Random) -> Desk {
    let mut register = Register::default();
    for (number, text) in MEMBERS.iter().enumerate() {
        let id = text.split('@').next().unwrap();
        let locale = random.weighted(&[(2, None), (1, Some(Locale::De)), (1, Some(Locale::Fi))]);
        register.apply(&RegisterChange::Person(Person {
            id: PersonId::new(id),
            name: ["Anna Muster", "Bob Beispiel", "Cleo Probe", "Dora Fern"][number].into(),
            addresses: vec![address(text)],
            locale,
            time_zone: None,
            digests: Vec::new(),
            mails_per_day: None,
            absence: None,
            next_absence: None,
        }));
    }
    let with_dora = random.percent(50);
    let contact: &[&str] = if with_dora { &["anna", "bob", "dora"] } else { &["anna", "bob"] };
    let people: [&[&str]; 3] = [contact, &["cleo", "bob"], &[]];
    for (number, text) in QUEUES.iter().enumerate() {
        let name = text.split('@').next().unwrap();
        let members = people[number].iter().enumerate().map(|(place, id)| Member {
            person: PersonId::new(*id),
            access: if place == 0 || random.percent(70) { Access::Write } else { Access::Read },
            notify: if place == 1 { notify(random) } else { NotifyChoice::Each },
            role: None,
        });
        let members = members.collect();
        let has_list = number == 1 && random.percent(50);
        let queue = Queue {
            size_notice: true,
            name: QueueName::new(name),
            title: format!("{name} in NRW"),
            addresses: vec![address(text)],
            parent: (number == 2).then(|| QueueName::new("technik")),
            notify: if has_list { vec![address(LIST)] } else { Vec::new() },
            forms: if random.percent(30) { vec![address("form@nrw-web.example")] } else { vec![] },
            address_form: AddressForm::Formal,
            locale: None,
            answer_days: random.percent(30).then_some(3),
            hold: None,
            signature: None,
            unit: None,
            minimum: 0,
            members,
        };
        register.apply(&RegisterChange::Queue(queue));
    }
    register.apply(&RegisterChange::Unit(procedures::unit()));
    let secret = Secret { id: 'a', made_on: "2026-11-01".into(), value: "0123456789".repeat(4) };
    Desk {
        site: site(random),
        keyring: Keyring::new(vec![secret]),
        procedures: procedures::procedures(random),
        register,
    }
}

fn site(random: &mut Random) -> Site {
    Site {
        name: "nrw".into(),
        address: address("desk@nrw.example"),
        separator: if random.percent(70) { "+".into() } else { String::new() },
        domains: vec!["nrw.example".into()],
        dispatcher: QueueName::new("kontakt"),
        control: None,
        locale: random.weighted(&[(1, Locale::De), (1, Locale::En)]),
        time_zone: zone(random),
        calendar: lotse::desk::Calendar::default(),
        authserv_ids: vec!["mx.nrw.example".into()],
        rungs: BTreeMap::new(),
        privacy_url: None,
        digest_hour: 7,
        mails_per_day: 20,
        outgoing_bytes_max: 26_214_400,
        undo_span: SignedDuration::from_hours(24),
        canned: lotse::desk::canned::Canned::default(),
        meetings: procedures::meetings(),
        liaisons: Vec::new(),
        settings: BTreeMap::new(),
        changes: None,
        breaches: lotse::desk::breach::Settings::default(),
    }
}

/// What an administrator changes: somebody joins, leaves, or writes from other addresses.
pub(crate) fn changes(random: &mut Random, register: &Register) -> Vec<RegisterChange> {
    let name = QueueName::new(random.pick(&QUEUES).split('@').next().unwrap());
    let person = PersonId::new(random.pick(&MEMBERS).split('@').next().unwrap());
    let change = match random.below(3) {
        0 => {
            let access = random.weighted(&[(3, Access::Write), (1, Access::Read)]);
            let notify = NotifyChoice::default();
            register.joined(&name, Member { person, access, notify, role: None })
        }
        1 => register.left(&name, &person),
        _ => register.person(&person).cloned().map(|mut known| {
            if known.addresses.len() > 1 {
                known.addresses.remove(0);
            } else {
                known.addresses.insert(0, address(&format!("{person}@new.example")));
            }
            RegisterChange::Person(known)
        }),
    };
    change.into_iter().collect()
}

/// Whether a request wants an answer to this mail.
fn asks(delivered: &Delivered) -> bool {
    matches!(
        delivered.notice.matter,
        Matter::Announcement { .. }
            | Matter::ObjectionAsked { .. }
            | Matter::WithdrawalAsked { .. }
            | Matter::Objection { .. }
    ) || procedures::asks(&delivered.notice)
}

impl World {
    fn author(&mut self) -> u32 {
        self.authored += 1;
        self.authored
    }

    /// A sheet with Message-ID, date and a token.
    fn sheet(&mut self, from: &str, authored: u32) -> Sheet {
        let host = from.rsplit('@').next().unwrap_or("x.example").trim_end_matches('>').to_owned();
        let mut fields = Vec::new();
        match self.random.below(10) {
            0..5 => fields.push((
                "Authentication-Results",
                format!("mx.nrw.example; dkim=pass header.d={host}; dmarc=pass header.from={host}"),
            )),
            5 => fields.push((
                "Authentication-Results",
                format!("mx.nrw.example; dmarc=fail header.from={host}"),
            )),
            _ => {}
        }
        Sheet {
            from: from.to_owned(),
            message_id: (!self.random.percent(6)).then(|| format!("m{authored}.{host}@{host}")),
            date: Some(self.at - SignedDuration::from_secs(20)),
            fields,
            ..Sheet::default()
        }
    }

    fn send(&mut self, sheet: &Sheet, letter: Letter) {
        let letter = Letter { raw: sheet.bytes(), ..letter };
        self.post(&letter, 0);
    }

    /// Puts a letter on its way, now or late, and perhaps once more by another door.
    fn post(&mut self, letter: &Letter, least: i64) {
        let delay = match self.random.below(20) {
            0 => SignedDuration::from_hours(24 * self.random.below(9).cast_signed()),
            1..4 => SignedDuration::from_mins(self.random.below(200).cast_signed()),
            4..8 => SignedDuration::from_secs(self.random.below(20).cast_signed()),
            _ => SignedDuration::ZERO,
        };
        let door = self.random.weighted(&[(3, "lmtp"), (1, "imap"), (1, "pipe")]);
        let at = self.at + delay + SignedDuration::from_secs(least);
        let is_backlog = door == "imap" && self.random.percent(10);
        let fetched_at = self.fetched_at(door, at);
        self.transit.push(Transit { letter: letter.clone(), at, fetched_at, door, is_backlog });
        if self.random.percent(15) {
            let mut copy = letter.clone();
            let mut raw = b"Received: from relay.example by mx.nrw.example\r\n".to_vec();
            if self.random.percent(30) {
                raw.extend(b"X-Spam-Status: No\r\nReceived-SPF: none\r\n");
            }
            raw.append(&mut copy.raw);
            copy.raw = raw;
            let at = at + SignedDuration::from_secs(self.random.below(4000).cast_signed());
            let (door, is_backlog, fetched_at) = ("imap", false, self.fetched_at("imap", at));
            self.transit.push(Transit { letter: copy, at, fetched_at, door, is_backlog });
        }
    }

    /// A mailbox may be out of reach for days; what came meanwhile has its time from the mailbox.
    fn fetched_at(&mut self, door: &str, at: Timestamp) -> Timestamp {
        let is_late = door == "imap" && self.random.percent(25);
        let hours = if is_late { self.random.below(150).cast_signed() } else { 0 };
        at + SignedDuration::from_hours(hours)
    }

    /// The same letter as a mailing list passes it on, perhaps under its own name.
    fn through_list(&mut self, sheet: &Sheet, letter: &Letter) {
        // Without a Message-ID nobody could know it for the same.
        if sheet.message_id.is_none() {
            return;
        }
        let mut sheet = sheet.clone();
        let is_munged = self.random.percent(50);
        sheet.fields.push(("List-Id", "<team.lists.example>".into()));
        sheet.fields.push(("List-Post", format!("<mailto:{LIST}>")));
        if is_munged {
            sheet.fields.push(("X-Original-From", sheet.from.clone()));
            sheet.fields.retain(|(name, _)| *name != "Authentication-Results");
            sheet.from = format!("\"Somebody via team\" <{LIST}>");
        }
        sheet.subject = format!("[team] {}", sheet.subject);
        sheet.text.push_str("\n_______________\nteam mailing list\n");
        let mut copy = letter.clone();
        copy.raw = sheet.bytes();
        copy.reverse_path = ReversePath::Address(address("team-bounces@lists.example"));
        self.post(&copy, 30);
    }

    /// Somebody or something writes to us without being asked.
    pub(crate) fn write(&mut self) {
        let what = self.random.weighted(&FIRST_MAILS);
        let authored = self.author();
        let word = letters::token(authored, what == First::Inside);
        let from = match what {
            First::Undisclosed => RESPONDER.to_owned(),
            First::Form => "form@nrw-web.example".to_owned(),
            First::Forged | First::Inside => (*self.random.pick(&MEMBERS)).to_owned(),
            First::OwnName => (*self.random.pick(&QUEUES)).to_owned(),
            _ => (*self.random.pick(&OUTSIDERS)).to_owned(),
        };
        let mut sheet = self.sheet(&from, authored);
        let mut queue = (*self.random.pick(&QUEUES)).to_owned();
        if self.random.percent(10) || what == First::Inside {
            queue = self.desk.site.address.to_string();
        }
        sheet.to = vec![queue];
        sheet.subject = format!("Frage {word}");
        sheet.text = format!("Guten Tag,\nmeine Worte sind {word} und mehr nicht.\n");
        let mut letter = Letter {
            authored,
            nature: Nature::Person,
            author: address(&from),
            reverse_path: ReversePath::Address(address(&from)),
            recipients: Vec::new(),
            raw: Vec::new(),
        };
        if !self.vary(what, &word, &mut sheet, &mut letter) {
            return;
        }
        letter.recipients = sheet.to.iter().map(|to| address(to)).collect();
        letter.raw = sheet.bytes();
        if what == First::Listed {
            sheet.cc = vec![LIST.into()];
            self.through_list(&sheet, &letter);
        }
        self.post(&letter, 0);
    }

    /// What makes a first mail of this kind; false if there is nothing to write about.
    fn vary(&mut self, what: First, word: &str, sheet: &mut Sheet, letter: &mut Letter) -> bool {
        let number = self.random.below(6) + 1;
        match what {
            First::TwoQueues => sheet.to = vec![QUEUES[0].into(), QUEUES[1].into()],
            First::Stranger => sheet.subject = format!("Re: [nrw #{number}] {word}"),
            First::Machine => {
                letter.nature = Nature::Machine;
                match self.random.below(3) {
                    0 => letter.reverse_path = ReversePath::Null,
                    1 => sheet.fields.push(("Auto-Submitted", "auto-generated".into())),
                    _ => sheet.fields.push(("Auto-Submitted", "auto-replied (away)".into())),
                }
            }
            First::Undisclosed => letter.nature = Nature::Undisclosed,
            First::Form => {
                let asker = *self.random.pick(&OUTSIDERS);
                sheet.fields.push(("Reply-To", asker.into()));
            }
            First::Forged => sheet.fields.retain(|(name, _)| *name != "Authentication-Results"),
            First::Inside => {
                sheet.subject = format!("Re: [nrw #{number}] Frage");
                sheet.text = format!("Nur unter uns: {word}.\n");
                return self.knows(number);
            }
            First::Old => sheet.date = Some(self.at - SignedDuration::from_hours(24 * 9)),
            First::Request | First::Drawn => {
                let is_drawn = what == First::Drawn;
                let to = if is_drawn { procedures::DRAWN } else { procedures::KEY };
                sheet.to = vec![to.into()];
                sheet.text = procedures::request(self, word, is_drawn);
            }
            First::Nonsense => sheet.fields.push(("Content-Type", "multipart/mixed".into())),
            First::Plain | First::OwnName | First::Listed => {}
        }
        true
    }

    /// Whether the ticket of this number exists, so that a member may write on it.
    fn knows(&self, number: u64) -> bool {
        super::laws::ticket_exists(self, lotse::types::TicketId(number))
    }

    /// Somebody reads a mail of ours and does something with it.
    pub(crate) fn react(&mut self) {
        if self.inbox.is_empty() {
            let is_idle = self.transit.is_empty();
            if is_idle {
                self.write();
            }
            return;
        }
        let robots: Vec<usize> = (0..self.inbox.len())
            .filter(|place| self.inbox[*place].to.as_str() == RESPONDER)
            .collect();
        let place = match robots.first() {
            Some(place) if self.random.percent(50) => *place,
            _ => self.random.index(self.inbox.len()),
        };
        let delivered = if self.random.percent(75) {
            self.inbox.remove(place)
        } else {
            self.inbox[place].clone()
        };
        let parcel = self.rendered(&delivered.notice);
        let message = lotse::mail::parse(&parcel.bytes, &ReversePath::Unknown);
        if matches!(delivered.notice.matter, Matter::Probe { .. }) {
            return self.come_through(&delivered, parcel.bytes);
        }
        let is_robot = [RESPONDER, "form@nrw-web.example"].contains(&delivered.to.as_str());
        let kind = if is_robot { 50 } else { self.random.below(100) };
        match kind {
            0..46 => self.reply(&delivered, &message),
            46..58 => self.answer_by_machine(&delivered.to, &message, None),
            58..66 => self.answer_by_machine(&delivered.to, &message, parcel.reverse_path),
            66..74 => self.return_undelivered(&delivered, &message, parcel.reverse_path),
            74..82 => self.forward(&delivered, &message),
            82..86 => self.return_own(&delivered.to, parcel.bytes),
            _ => {}
        }
    }

    /// Whether somebody has a mail that wants an answer.
    pub(crate) fn is_anybody_asked(&self) -> bool {
        self.inbox.iter().any(asks)
    }

    /// What requests ask and publish is answered even when all else is quiet, some of it late.
    pub(crate) fn answer_requests(&mut self, patience: &mut u32) {
        let all = std::mem::take(&mut self.inbox);
        let (asked, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(asks);
        self.inbox = rest;
        for delivered in asked {
            let is_public = matches!(delivered.notice.matter, Matter::Announcement { .. });
            let is_answered = self.random.percent(if is_public { 60 } else { 85 });
            // Whoever was asked answers; on a list people fall silent in the end.
            if is_answered && (*patience > 0 || !is_public) {
                *patience = patience.saturating_sub(u32::from(is_public));
                let parcel = self.rendered(&delivered.notice);
                let message = lotse::mail::parse(&parcel.bytes, &ReversePath::Unknown);
                if matches!(delivered.notice.matter, Matter::Probe { .. }) {
                    self.come_through(&delivered, parcel.bytes);
                } else if is_public && self.random.percent(10) {
                    self.return_undelivered(&delivered, &message, parcel.reverse_path);
                } else {
                    self.reply(&delivered, &message);
                }
            }
        }
    }

    fn reply(&mut self, delivered: &Delivered, message: &Message) {
        let authored = self.author();
        let word = letters::token(authored, false);
        let from = self.writer(delivered);
        let Some(to) = message.reply_to.first().or_else(|| message.from.first()) else { return };
        let to = to.address.clone();
        let mut sheet = self.sheet(&from, authored);
        sheet.to = vec![to.to_string()];
        let mut recipients = vec![to];
        let is_vote =
            matches!(delivered.notice.matter, Matter::Ballot { .. } | Matter::BallotTaken { .. });
        if is_vote {
            self.votes.insert(authored);
        }
        if self.random.percent(20) && !is_vote {
            let queue = *self.random.pick(&QUEUES);
            sheet.cc = vec![queue.into()];
            recipients.push(address(queue));
        }
        self.answers(&mut sheet, message);
        let words = self.words(&delivered.notice, &word, authored);
        let quoting = self.random.weighted(&[
            (4, Quoting::Below),
            (2, Quoting::Above),
            (2, Quoting::Outlook),
            (2, Quoting::None),
        ]);
        sheet.text = letters::quoted(&words, message, quoting);
        let is_listed = self.random.percent(6);
        let letter = Letter {
            authored,
            nature: Nature::Person,
            author: address(&from),
            reverse_path: ReversePath::Address(address(&from)),
            recipients,
            raw: sheet.bytes(),
        };
        if is_listed && letter.recipients.len() > 1 {
            self.through_list(&sheet, &letter);
        }
        let is_public = matches!(delivered.notice.matter, Matter::Announcement { .. });
        if !is_public && !is_vote {
            return self.post(&letter, 0);
        }
        let hours = self.random.below(130).cast_signed();
        if self.random.percent(50) {
            return self.post(&letter, hours * 3600);
        }
        let later = self.at + SignedDuration::from_hours(hours);
        let at = self.at_the_end().unwrap_or(later);
        let fetched_at = at + SignedDuration::from_hours(self.random.below(150).cast_signed());
        let (door, is_backlog) = ("imap", false);
        self.transit.push(Transit { letter, at, fetched_at, door, is_backlog });
    }

    /// Now and then the last second in which an objection is in time, or the first in which not.
    fn at_the_end(&mut self) -> Option<Timestamp> {
        let end = outages::next_end(self).filter(|_| self.random.percent(20))?;
        let second = self.random.weighted(&[(2, 1), (1, 0)]);
        Some(end - SignedDuration::from_secs(second))
    }

    /// Who answers: the reader, now and then from another address; on a list anybody.
    fn writer(&mut self, delivered: &Delivered) -> String {
        if matches!(delivered.notice.matter, Matter::Announcement { .. }) {
            let people = [MEMBERS[1], MEMBERS[1], MEMBERS[2], MEMBERS[2], OUTSIDERS[2]];
            return (*self.random.pick(&people)).to_owned();
        }
        let is_other = self.random.percent(18);
        if is_other { "other@phone.example".into() } else { delivered.to.to_string() }
    }

    /// What somebody says to a notice.
    fn words(&mut self, notice: &Notice, word: &str, authored: u32) -> String {
        if let Some(words) = procedures::words(self, notice, authored) {
            return words;
        }
        let inside = letters::token(authored, true);
        match &notice.matter {
            Matter::Announcement { .. } => match self.random.below(6) {
                0..3 => format!("I object. {word}"),
                3 => format!("!object {word}"),
                4 => "I support this.".to_owned(),
                _ => format!("What is it for? {word}"),
            },
            Matter::Question { .. } => format!("name: Cleo Probe\nreason: order {word}"),
            Matter::WithdrawalAsked { .. } => {
                (*self.random.pick(&["yes", "yes", "yes", "ja", "no"])).to_owned()
            }
            Matter::ObjectionAsked { .. } => {
                (*self.random.pick(&["yes", "no", "no", "ja", "!object"])).to_owned()
            }
            Matter::Objection { .. } => {
                (*self.random.pick(&["!withdraw", "!withdraw", "!withdraw", "!object"])).to_owned()
            }
            Matter::MayAdd { .. } | Matter::WasItYou { .. } | Matter::Held { .. } => {
                let answers = ["yes", "no", "ja", "text", "!withdraw", "!object"];
                (*self.random.pick(&answers)).to_owned()
            }
            Matter::Copy { .. } | Matter::Comment { .. } | Matter::AnswerCopy { .. } => {
                let said = format!("Dazu sage ich {word}.\nUnd noch eine Zeile.");
                match self.random.below(14) {
                    0 => format!("{said}\n!close"),
                    1 => "!close".to_owned(),
                    2 => "!take".to_owned(),
                    3 => format!("!comment {inside}"),
                    4 => format!("{said}\n!comment {inside}"),
                    5 => format!("{said}\n!clsoe"),
                    6 => format!("!move technik\n{said}"),
                    7 => "!spam".to_owned(),
                    8 => format!("!cc emil@out.example\n{said}"),
                    _ => said,
                }
            }
            _ => match self.random.below(10) {
                0 => "Vielen Dank!".to_owned(),
                1 => format!("!close\n{word}"),
                _ => format!("Dazu sage ich {word}.\nUnd noch eine Zeile."),
            },
        }
    }

    fn answers(&mut self, sheet: &mut Sheet, message: &Message) {
        sheet.subject = format!("Re: {}", message.subject.trim_start_matches("Re: "));
        if self.random.percent(90) {
            sheet.in_reply_to.clone_from(&message.message_id);
            sheet.references.clone_from(&message.references);
            sheet.references.extend(message.message_id.clone());
        }
    }

    /// An absence notice, with the fields of RFC 3834 or without.
    ///
    /// A program that keeps to them answers the reverse-path.
    fn answer_by_machine(&mut self, from: &Address, message: &Message, path: Option<Address>) {
        let authored = self.author();
        let says_so = path.is_some();
        let from = from.to_string();
        let mut sheet = self.sheet(&from, authored);
        self.answers(&mut sheet, message);
        let answers = message.reply_to.first().or_else(|| message.from.first());
        let Some(to) = path.or_else(|| answers.map(|mailbox| mailbox.address.clone())) else {
            return;
        };
        sheet.to = vec![to.to_string()];
        sheet.text = format!("Ich bin nicht da. {}\n", letters::token(authored, false));
        let mut reverse_path = ReversePath::Address(address(&from));
        if says_so {
            sheet.subject = format!("Automatic reply: {}", message.subject);
            if self.random.percent(50) {
                sheet.fields.push(("Auto-Submitted", "auto-replied".into()));
            } else {
                reverse_path = ReversePath::Null;
            }
        }
        let nature = if says_so { Nature::Machine } else { Nature::Undisclosed };
        let author = address(&from);
        let recipients = vec![to];
        let raw = Vec::new();
        self.send(&sheet, Letter { authored, nature, author, reverse_path, recipients, raw });
    }

    fn return_undelivered(
        &mut self,
        delivered: &Delivered,
        message: &Message,
        path: Option<Address>,
    ) {
        let Some(path) = path else { return };
        let authored = self.author();
        let action = self.random.weighted(&[(3, "failed"), (1, "delayed")]);
        let sheet = Sheet {
            to: vec![path.to_string()],
            message_id: Some(format!("b{authored}@out.example")),
            date: Some(self.at),
            ..letters::bounce(message, &delivered.to, action)
        };
        self.send(
            &sheet,
            Letter {
                authored,
                nature: Nature::Machine,
                author: address("MAILER-DAEMON@out.example"),
                reverse_path: ReversePath::Null,
                recipients: vec![path],
                raw: Vec::new(),
            },
        );
    }

    /// A mail of ours goes on to another queue, or to somebody who then writes on its key.
    fn forward(&mut self, delivered: &Delivered, message: &Message) {
        if self.random.percent(50) {
            let other = if self.random.percent(50) { OUTSIDERS[1] } else { MEMBERS[2] };
            let forwarded = Delivered { to: address(other), ..delivered.clone() };
            return self.inbox.push(forwarded);
        }
        let authored = self.author();
        let from = delivered.to.to_string();
        let queue = *self.random.pick(&QUEUES);
        let mut sheet = self.sheet(&from, authored);
        sheet.to = vec![queue.into()];
        sheet.subject = format!("Fwd: {}", message.subject);
        let word = letters::token(authored, false);
        sheet.text = format!(
            "Das ist wohl für euch: {word}\n\n---------- Forwarded message ----------\n{}\n",
            message.text
        );
        if self.random.percent(50) {
            sheet.references.extend(message.message_id.clone());
        }
        self.send(
            &sheet,
            Letter {
                authored,
                nature: Nature::Person,
                author: address(&from),
                reverse_path: ReversePath::Address(address(&from)),
                recipients: vec![address(queue)],
                raw: Vec::new(),
            },
        );
    }

    /// A mail to an address of ours comes back by a door, if the mail server leads it there.
    fn come_through(&mut self, delivered: &Delivered, raw: Vec<u8>) {
        if self.random.percent(60) {
            let to = delivered.to.clone();
            self.return_to(Nature::Probe, &to, &to, raw);
        }
    }

    /// A list or an alias brings our own mail back.
    fn return_own(&mut self, to: &Address, raw: Vec<u8>) {
        let queue = address(QUEUES[self.random.index(QUEUES.len())]);
        self.return_to(Nature::Machine, to, &queue, raw);
    }

    fn return_to(&mut self, nature: Nature, author: &Address, to: &Address, raw: Vec<u8>) {
        let authored = self.author();
        let letter = Letter {
            authored,
            nature,
            author: author.clone(),
            reverse_path: ReversePath::Unknown,
            recipients: vec![to.clone()],
            raw,
        };
        self.post(&letter, 0);
    }
}
