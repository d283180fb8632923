//! One full and one bare notice of every matter: what each text is filled with before it is used.
//!
//! Full has every optional part, bare has none. The words are chosen to be hostile: markers at the
//! beginning of lines, names that look like addresses, long lines. Deliberately absent: the checks
//! (`template`), and anything that a real notice would not hold.

mod bare;
mod digest;
mod duty;
mod keep;
mod meeting;
mod register;
mod request;
mod upkeep;
mod work;

pub use work::RESULTS;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use crate::desk::calendar::Calendar;
use crate::desk::{AddressForm, Desk, Person, Queue, Register, RegisterChange, Site};
use crate::mail::Attachment;
use crate::mail::compose::OutgoingPart;
use crate::notice::sample::keep::{LYING, erase_plan, lying, set_aside};
use crate::notice::{Content, Contents};
use crate::ticket::effect::ReplyTo;
use crate::ticket::erasing::Target;
use crate::ticket::matter::{Cause, Doubt, FactLine, KeptLine, Quoted, Rest, ResultLine};
use crate::ticket::{self, Excerpt, Matter, Notice};
use crate::types::{
    Address, Keyring, Locale, Mailbox, OutboxId, PersonId, Position, QueueName, Secret, Sequence,
    TicketId,
};

/// A notice to be tried.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The notice.
    pub notice: Notice,
    /// Whether every optional part is there.
    pub is_full: bool,
}

#[expect(clippy::expect_used, reason = "the addresses are constants of this file")]
fn address(local: &str, domain: &str) -> Address {
    Address::parse(&format!("{local}@{domain}")).expect("a sample is an address")
}

/// 21 November 2026, 10:00 in Berlin, and `hours` after it.
fn at(hours: i64) -> Timestamp {
    let noon = date(2026, 11, 21).at(9, 0, 0, 0).to_zoned(TimeZone::UTC);
    let start = noon.map(|zoned| zoned.timestamp().as_second()).unwrap_or_default();
    Timestamp::from_second(start + hours * 3600).unwrap_or_default()
}

/// A site with one queue and one member.
#[must_use]
pub fn desk() -> Desk {
    let mut register = Register::default();
    register.apply(&RegisterChange::Person(Person {
        id: PersonId::new("anna"),
        name: "Anna Muster".into(),
        addresses: vec![address("anna", "members.example")],
        locale: None,
        time_zone: None,
        digests: Vec::new(),
        mails_per_day: None,
        absence: None,
        next_absence: None,
    }));
    register.apply(&RegisterChange::Queue(Queue {
        size_notice: true,
        name: QueueName::new("kontakt"),
        title: "Kontakt NRW".into(),
        addresses: vec![address("kontakt", "nrw.example")],
        parent: None,
        notify: Vec::new(),
        forms: Vec::new(),
        address_form: AddressForm::Formal,
        locale: None,
        answer_days: Some(3),
        hold: None,
        signature: None,
        unit: None,
        minimum: 0,
        members: Vec::new(),
    }));
    let secret = Secret {
        id: 'k',
        made_on: "2026-11-21".into(),
        value: "a sample secret of thirty-two octets".into(),
    };
    Desk {
        site: site(),
        keyring: Keyring::new(vec![secret]),
        procedures: BTreeMap::new(),
        register,
    }
}

fn site() -> Site {
    Site {
        name: "nrw".into(),
        address: address("desk", "nrw.example"),
        separator: "+".into(),
        domains: vec!["nrw.example".into()],
        dispatcher: QueueName::new("kontakt"),
        control: None,
        locale: Locale::De,
        time_zone: TimeZone::get("Europe/Berlin").unwrap_or(TimeZone::UTC),
        calendar: Calendar::default(),
        authserv_ids: Vec::new(),
        rungs: BTreeMap::new(),
        privacy_url: Some("https://nrw.example/datenschutz".into()),
        digest_hour: 8,
        mails_per_day: 40,
        outgoing_bytes_max: 26_214_400,
        undo_span: jiff::SignedDuration::from_hours(24),
        canned: crate::desk::canned::Canned::default(),
        meetings: Vec::new(),
        liaisons: Vec::new(),
        settings: BTreeMap::new(),
        changes: None,
        breaches: crate::desk::breach::Settings::default(),
    }
}

fn rest() -> Option<Rest> {
    Some(Rest { name: "Weihnachtspause".into(), back_at: at(24 * 43) })
}

const OTTO: &str = "Hallo, wann ist der nächste Stammtisch in Köln? Ich sitze im Rollstuhl, gibt \
                    es am Eingang eine Stufe?\n!!! bitte schnell\nGruß Otto\n";
const ANNA: &str = "Hallo Herr Normal,\n\nder nächste Stammtisch ist am Dienstag, 24. November, um \
                    19 Uhr im Café Beispiel.\n\nViele Grüße\nAnna\n";

/// The words that the samples show.
#[must_use]
pub fn contents() -> Contents {
    let plan = OutgoingPart {
        name: "Lageplan.pdf".into(),
        media_type: "application/pdf".into(),
        content: b"%PDF-1.7".to_vec(),
    };
    [(1, OTTO, vec![plan]), (2, ANNA, Vec::new())]
        .into_iter()
        .map(|(position, text, attachments)| {
            (Position(position), Content { text: text.into(), html: None, attachments })
        })
        .chain([(Position(LYING[0]), set_aside())])
        .collect()
}

fn words(message: u64) -> Excerpt {
    ticket::words::whole(Position(message), "")
}

fn whole(message: u64) -> Excerpt {
    ticket::words::whole(Position(message), if message == 1 { OTTO } else { ANNA })
}

fn otto() -> Mailbox {
    Mailbox::new("Otto Normal", address("otto", "outside.example"))
}

fn plan() -> Attachment {
    Attachment {
        name: "Lageplan.pdf".into(),
        media_type: "application/pdf".into(),
        bytes: 84_000,
        part: 1,
        content_id: None,
        summary: String::new(),
        hash: None,
    }
}

fn fact(label: &str, value: &str) -> FactLine {
    FactLine { label: label.into(), value: value.into() }
}

fn facts() -> Vec<FactLine> {
    vec![fact("Name", "Kim Sommer"), fact("Grund", "!!! ich brauche ihn für den Aufbau")]
}

/// A full and a bare notice of every matter.
#[must_use]
pub fn notices(locale: Locale) -> Vec<Sample> {
    let full = every_full_matter().into_iter().map(|matter| (matter, true));
    let bare = bare::every_matter().into_iter().map(|matter| (matter, false));
    let mut samples: Vec<Sample> =
        full.chain(bare).map(|(matter, is_full)| sample(locale, matter, is_full)).collect();
    samples.extend(to_requestor(&samples));
    samples
}

/// What members and requestors both get: the same as a requestor gets it.
fn to_requestor(samples: &[Sample]) -> Vec<Sample> {
    let is_both =
        |sample: &&Sample| matches!(sample.notice.matter, Matter::Result { .. } | Matter::Help);
    let turned = |sample: &Sample| {
        let otto = otto();
        let reply_to = ReplyTo::Requestor(otto.address.clone());
        let form = if sample.is_full { AddressForm::Formal } else { AddressForm::Informal };
        let notice = Notice { to: otto, person: None, reply_to, form, ..sample.notice.clone() };
        Sample { notice, is_full: sample.is_full }
    };
    samples.iter().filter(is_both).map(turned).collect()
}

fn sample(locale: Locale, matter: Matter, is_full: bool) -> Sample {
    let otto = otto();
    let anna = PersonId::new("anna");
    let (to_member, reply_to) = reply(&matter, &otto.address, &anna);
    let is_of_site = matches!(
        matter,
        Matter::Digest { .. }
            | Matter::Breaker { .. }
            | Matter::Quarantine { .. }
            | Matter::OverBudget { .. }
            | Matter::Changes { .. }
            | Matter::Neglect { .. }
    );
    let has_ticket = is_full || !is_of_site;
    let form = if is_full { AddressForm::Formal } else { AddressForm::Informal };
    let notice = Notice {
        id: OutboxId(7),
        to: if to_member {
            Mailbox::new("Anna Muster", address("anna", "members.example"))
        } else {
            otto
        },
        person: to_member.then_some(anna),
        locale,
        form: if to_member { AddressForm::Informal } else { form },
        queue: QueueName::new("kontakt"),
        ticket: has_ticket.then_some(TicketId(17)),
        sequence: Sequence(2),
        subject: if is_full { "Frage zum Stammtisch".into() } else { String::new() },
        subject_day: Some(at(0)),
        reply_to,
        in_reply_to: is_full.then(|| "abc@outside.example".to_owned()),
        at: at(1),
        best_before: None,
        leaves_at: None,
        matter,
    };
    Sample { notice, is_full }
}

/// Whether a member reads it, and what an answer does.
fn reply(matter: &Matter, requestor: &Address, member: &PersonId) -> (bool, ReplyTo) {
    let question = |is_member: bool| {
        let of = if is_member { address("anna", "members.example") } else { requestor.clone() };
        (is_member, ReplyTo::Question(Sequence(2), of))
    };
    match matter {
        Matter::Undeliverable { status, .. } if status == "5.3.4" => {
            (true, ReplyTo::Member(member.clone()))
        }
        Matter::Practice { .. } => (true, ReplyTo::Member(member.clone())),
        Matter::Liaison { .. }
        | Matter::Copy { goes_to: None, .. }
        | Matter::Comment { .. }
        | Matter::Settled { .. }
        | Matter::Task { .. }
        | Matter::Playbook { .. }
        | Matter::Result { .. }
        | Matter::Help
        | Matter::Unreached { .. }
        | Matter::Undeliverable { .. } => (true, ReplyTo::Internal(member.clone())),
        Matter::Again { goes_to: None, .. } => (true, ReplyTo::Internal(member.clone())),
        Matter::Copy { .. } | Matter::AnswerCopy { .. } | Matter::Again { .. } => {
            (true, ReplyTo::Member(member.clone()))
        }
        Matter::Held { .. }
        | Matter::HeldColleague { .. }
        | Matter::HeldInternal { .. }
        | Matter::HeldOther { .. }
        | Matter::Breaker { .. }
        | Matter::ObjectionUnclear { .. }
        | Matter::Review { .. }
        | Matter::Confirm { .. }
        | Matter::ReasonAsked { .. }
        | Matter::Item { .. }
        | Matter::Overdue { .. }
        | Matter::Agenda { records: true, .. }
        | Matter::Minutes { .. }
        | Matter::Ballot { .. }
        | Matter::BallotTaken { .. }
        | Matter::ErasePlan { .. }
        | Matter::WasItYou { .. } => question(true),
        Matter::Agenda { .. } => (true, ReplyTo::Internal(member.clone())),
        Matter::Polled { .. } => (true, ReplyTo::Queue),
        Matter::Digest { .. }
        | Matter::Quarantine { .. }
        | Matter::OverBudget { .. }
        | Matter::Changes { .. }
        | Matter::Neglect { .. }
        | Matter::Register { .. } => (true, ReplyTo::Digest(member.clone(), date(2026, 11, 21))),
        Matter::MayAdd { .. }
        | Matter::Question { .. }
        | Matter::Objection { .. }
        | Matter::ObjectionAsked { .. }
        | Matter::WithdrawalAsked { .. }
        | Matter::SignatureAsked { .. }
        | Matter::Withdrawn { .. } => question(false),
        Matter::Announcement { .. }
        | Matter::Decided { .. }
        | Matter::Ruling { by: None, .. }
        | Matter::ObjectionNotCounted { .. } => (false, ReplyTo::Queue),
        Matter::Refusal { .. } | Matter::Probe { .. } => (false, ReplyTo::None),
        _ => (false, ReplyTo::Requestor(requestor.clone())),
    }
}

fn every_full_matter() -> Vec<Matter> {
    let (talk, work) = ([full_talk(), full_work(), work::practice()], work::full());
    let more =
        [work, request::full(), duty::full(), meeting::full(), register::full(), upkeep::full()];
    talk.into_iter().chain(more).flatten().collect()
}

fn stopped(cause: Cause, count: u16) -> Matter {
    Matter::Breaker {
        address: "orders@parcels.example".into(),
        cause,
        count,
        first_at: at(0),
        last_at: at(1),
        subject: "Automatic reply: Re: Your order".into(),
        until: at(7 * 24),
    }
}

fn full_talk() -> Vec<Matter> {
    let copy = |doubt, is_new: bool, owner: Option<&str>| Matter::Copy {
        author: otto(),
        doubt,
        is_new,
        owner: owner.map(str::to_owned),
        goes_to: Some(otto()),
        besides: vec![Mailbox::new("Dana Doe", address("dana", "elsewhere.example"))],
        text: whole(1),
        attachments: vec![plan(), plan()],
        reopened: !is_new,
        linked: Some(TicketId(3)),
        links: vec![TicketId(5), TicketId(9)],
        also: vec!["Technik".into(), "Presse".into()],
        parked: owner.is_some(),
    };
    vec![
        Matter::Receipt { answer_days: Some(3), also: vec!["Technik".into()], rest: rest() },
        copy(Some(Doubt::Unproven), true, None),
        copy(Some(Doubt::Suspect), true, None),
        copy(Some(Doubt::ClaimsTicket), false, Some("Bernd Beispiel")),
        copy(Some(Doubt::OtherAddress), false, Some("Anna Muster")),
        Matter::Comment {
            author: "Bernd Beispiel".into(),
            text: whole(1),
            attachments: vec![plan()],
        },
        Matter::AnswerCopy {
            author: "Bernd Beispiel".into(),
            to: "Otto Normal".into(),
            text: whole(2),
            canned: None,
        },
        Matter::Answer {
            text: whole(2),
            canned: None,
            attachments: Vec::new(),
            quoted: Some(Quoted { author: "Otto Normal".into(), at: at(0), text: whole(1) }),
        },
        Matter::MayAdd { stranger: Mailbox::new("Ida", address("ida", "outside.example")) },
        Matter::Refusal {},
    ]
}

fn full_work() -> Vec<Matter> {
    let line = |outcome, detail: &str, ticket| ResultLine {
        ticket,
        line: "!clsoe !now".into(),
        outcome,
        detail: detail.into(),
        until: Some(at(24)),
        aside: work::aside(),
        meant: Some(KeptLine { line: "!18 close".into(), text: None, quotes: None }),
    };
    let lines = RESULTS
        .into_iter()
        .flat_map(|kind| [line(kind, "Bernd", Some(TicketId(18))), line(kind, "", None)]);
    let held = |to: &str| to.to_owned();
    vec![
        Matter::Held {
            to: held("Otto Normal"),
            line: "!clsoe".into(),
            meant: Some("erledigt".into()),
        },
        Matter::HeldColleague {
            to: held("Otto Normal"),
            colleague: "Bernd Beispiel".into(),
            text: whole(2),
        },
        Matter::HeldInternal { to: held("Otto Normal") },
        Matter::HeldOther {
            author: "Bernd Beispiel".into(),
            to: held("Otto Normal"),
            text: whole(2),
            line: "!clsoe".into(),
            meant: Some("erledigt".into()),
        },
        Matter::Result { lines: lines.collect(), answered: true },
        Matter::Help,
        Matter::Undeliverable {
            to: otto(),
            status: "5.1.1".into(),
            diagnostic: "550 5.1.1 <otto@outside.example>: mailbox does not exist".into(),
            written_at: at(0),
        },
        Matter::Undeliverable {
            to: otto(),
            status: "5.3.4".into(),
            diagnostic: String::new(),
            written_at: at(0),
        },
        stopped(Cause::AtOnce, 3),
        Matter::ErasePlan {
            target: Target::Person("otto@outside.example".into()),
            plan: Box::new(erase_plan()),
        },
        Matter::ErasePlan { target: Target::Ticket(TicketId(17)), plan: Box::new(erase_plan()) },
        Matter::Quarantine { lying: vec![lying(LYING[0])], more: 3 },
        Matter::Quarantine { lying: vec![lying(LYING[0])], more: 0 },
        stopped(Cause::Count, 10),
        stopped(Cause::Held, 5),
        stopped(Cause::Echo, 1),
        stopped(Cause::Thread, 31),
        stopped(Cause::Results, 41),
        stopped(Cause::Complaint, 1),
        Matter::OverBudget { per_day: true, limit: 180, opens_at: at(14) },
        digest::full(),
        Matter::WasItYou {
            claimed: "anna@elsewhere.example".into(),
            at: at(0),
            lines: vec!["!erledigt".into()],
            said: None,
        },
    ]
}
