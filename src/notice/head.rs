//! The head of a notice: who it is from, where answers go, its subject, its fields, its buttons.
//!
//! Which mail carries what stands in `matrix`; here it is made. Deliberately absent: Message-IDs
//! and keys (`ticket::key`), encoding (`mail::compose`).

use jiff::Timestamp;

use crate::desk::Desk;
use crate::notice::html::{Button, Buttons, mailto};
use crate::notice::matrix::{Row, Sender, Title};
use crate::notice::page::clean;
use crate::notice::quarantine;
use crate::notice::slots::{Scene, short, shown_name};
use crate::notice::words::{fill, list};
use crate::ticket::command;
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{BallotAgain, Cause, DigestItem, Plight, RenewalStage, ResultLine};
use crate::ticket::report::Need;
use crate::ticket::{Matter, key};
use crate::types::{Address, Mailbox, TicketId};

/// Characters of a subject's own words.
const SUBJECT_CHARS_MAX: usize = 120;
/// Characters of a name beside an address.
const NAME_CHARS_MAX: usize = 60;

/// `From`: an address of ours under the name that the table asks for.
#[must_use]
pub fn from(scene: &Scene<'_>, row: Row) -> Mailbox {
    let site = || scene.desk.site.address.clone();
    let queue_address = || {
        let own = scene.desk.sender(&scene.notice.queue).cloned();
        own.unwrap_or_else(site)
    };
    // What answers a digest comes from where the digest came from.
    let is_digest = matches!(scene.notice.reply_to, ReplyTo::Digest(..));
    let sender = if is_digest { Sender::Site } else { row.sender };
    match sender {
        Sender::Site => Mailbox::new(format!("lotse {}", scene.desk.site.name), site()),
        Sender::Queue => Mailbox::new(scene.sender_name(), queue_address()),
        Sender::Author => {
            let name = match &scene.notice.matter {
                Matter::Copy { author, .. } => shown_name(author),
                Matter::Comment { author, .. } | Matter::AnswerCopy { author, .. } => {
                    short(author, NAME_CHARS_MAX)
                }
                _ => scene.sender_name(),
            };
            Mailbox::new(format!("{name} ({})", scene.notice.queue), queue_address())
        }
    }
}

/// `Reply-To`: the keyed address, with a name that says where an answer goes.
#[must_use]
pub fn reply_to(scene: &Scene<'_>) -> Option<Mailbox> {
    let address = key::reply_address(scene.desk, scene.notice)?;
    Some(Mailbox::new(reply_name(scene), address))
}

fn reply_name(scene: &Scene<'_>) -> String {
    let (phrases, answers) = (&scene.words.phrases, &scene.words.answers);
    let either = |one: &str, other: &str| {
        let words = fill(phrases.either, &[one, other]);
        scene.notice.ticket.map_or_else(|| words.clone(), |ticket| format!("{words}, {ticket}"))
    };
    match (&scene.notice.matter, &scene.notice.reply_to) {
        (Matter::Breaker { .. }, _) => fill(phrases.either, &[answers.resume, answers.block]),
        (Matter::Quarantine { .. }, _) => {
            let keyword = |name| command::shown(name, scene.notice.locale);
            fill(phrases.either, &[keyword("retry"), keyword("drop")])
        }
        (Matter::Held { .. }, _) => either(answers.yes, answers.text),
        (Matter::HeldOther { line, .. }, _) if !line.is_empty() => {
            either(answers.yes, answers.text)
        }
        (
            Matter::HeldColleague { .. }
            | Matter::HeldInternal { .. }
            | Matter::HeldOther { .. }
            | Matter::MayAdd { .. }
            | Matter::WasItYou { .. }
            | Matter::ErasePlan { .. }
            | Matter::ObjectionUnclear { .. }
            | Matter::Confirm { .. },
            _,
        ) => either(answers.yes, answers.no),
        (Matter::Review { .. } | Matter::ReasonAsked { .. }, _) => {
            let keyword = |name| command::shown(name, scene.notice.locale);
            either(keyword("grant"), keyword("refuse"))
        }
        (Matter::Objection { .. } | Matter::ObjectionAsked { .. }, _) => {
            fill(phrases.only_us, &[&scene.sender_name()])
        }
        (
            Matter::Agenda { .. } | Matter::Minutes { .. } | Matter::Sheet { .. },
            ReplyTo::Question(..),
        ) => phrases.record.to_owned(),
        (Matter::Ballot { .. } | Matter::BallotTaken { .. }, _) => phrases.vote.to_owned(),
        (_, ReplyTo::Digest(..)) => phrases.work.to_owned(),
        (_, ReplyTo::Internal(_)) => match scene.notice.ticket {
            Some(ticket) => fill(phrases.inside, &[&ticket.to_string()]),
            None => phrases.inside_bare.to_owned(),
        },
        (Matter::Again { goes_to: Some(to), .. }, ReplyTo::Member(_)) => {
            fill(phrases.answer_to, &[&shown_name(to)])
        }
        (Matter::Practice { requestor, .. }, ReplyTo::Member(_)) => {
            fill(phrases.answer_to, &[requestor])
        }
        (Matter::Copy { author, goes_to, besides, .. }, ReplyTo::Member(_)) => {
            let all = std::iter::once(goes_to.as_ref().unwrap_or(author)).chain(besides);
            let names = list(&all.map(shown_name).collect::<Vec<_>>(), phrases.and);
            fill(phrases.answer_to, &[&short(&names, NAME_CHARS_MAX)])
        }
        (Matter::Undeliverable { to, .. }, ReplyTo::Member(_)) => {
            fill(phrases.answer_to, &[&shown_name(to)])
        }
        (Matter::AnswerCopy { to, .. }, ReplyTo::Member(_)) => {
            fill(phrases.answer_to, &[&short(to, NAME_CHARS_MAX)])
        }
        _ => scene.sender_name(),
    }
}

/// The subject: one and the same for the life of a ticket, with the tag in front.
#[must_use]
pub fn subject(scene: &Scene<'_>, row: Row) -> String {
    let tag = tag(scene.desk, tagged(scene), None);
    // A list never reads what the requestor wrote above the mail.
    if let (ReplyTo::Queue, Matter::Stopped { title, .. } | Matter::Ruling { title, .. }) =
        (&scene.notice.reply_to, &scene.notice.matter)
    {
        return format!("{tag} {}", short(title, SUBJECT_CHARS_MAX));
    }
    let answers_agenda = matches!(
        scene.notice.matter,
        Matter::Minutes { .. } | Matter::Sheet { meeting: Some(_), .. }
    );
    if answers_agenda {
        return format!("Re: {tag} {}", subject_of_its_own(scene));
    }
    match row.title {
        Title::Plain => format!("{tag} {}", own_words(scene)),
        Title::Reply => format!("Re: {tag} {}", own_words(scene)),
        Title::Own => format!("{tag} {}", subject_of_its_own(scene)),
    }
}

/// The ticket that the subject names: mail about several, or about an address, names none.
const fn tagged(scene: &Scene<'_>) -> Option<TicketId> {
    match &scene.notice.matter {
        Matter::Digest { .. }
        | Matter::Breaker { .. }
        | Matter::Quarantine { .. }
        | Matter::OverBudget { .. }
        | Matter::Changes { .. }
        | Matter::Neglect { .. }
        | Matter::Register { .. }
        | Matter::Agenda { .. }
        | Matter::Minutes { .. }
        | Matter::Sheet { meeting: Some(_), .. } => None,
        _ => scene.notice.ticket,
    }
}

fn tag(desk: &Desk, ticket: Option<TicketId>, key: Option<&str>) -> String {
    let site = &desk.site.name;
    match (ticket, key) {
        (Some(ticket), Some(key)) => format!("[{site} #{ticket} {key}]"),
        (Some(ticket), None) => format!("[{site} #{ticket}]"),
        (None, _) => format!("[{site}]"),
    }
}

fn own_words(scene: &Scene<'_>) -> String {
    let (notice, phrases) = (scene.notice, &scene.words.phrases);
    let words = short(&notice.subject, SUBJECT_CHARS_MAX);
    if !words.is_empty() {
        return words;
    }
    let Some(day) = notice.subject_day else { return phrases.mail.to_owned() };
    let pattern = match (&notice.reply_to, notice.form) {
        (ReplyTo::Member(_) | ReplyTo::Internal(_) | ReplyTo::Digest(..), _) => phrases.mail_of,
        _ if is_for_members(&notice.matter) => phrases.mail_of,
        (_, crate::desk::AddressForm::Formal) => phrases.your_mail_formal,
        (_, crate::desk::AddressForm::Informal) => phrases.your_mail,
    };
    fill(pattern, &[&scene.moment(day).short()])
}

const fn is_for_members(matter: &Matter) -> bool {
    matches!(
        matter,
        Matter::Copy { .. }
            | Matter::Again { .. }
            | Matter::Held { .. }
            | Matter::HeldColleague { .. }
            | Matter::HeldInternal { .. }
            | Matter::HeldOther { .. }
            | Matter::Undeliverable { .. }
            | Matter::WasItYou { .. }
            | Matter::Review { .. }
            | Matter::Confirm { .. }
            | Matter::ReasonAsked { .. }
            | Matter::Settled { .. }
            | Matter::Task { .. }
            | Matter::Item { .. }
            | Matter::Overdue { .. }
            | Matter::Probe { .. }
            | Matter::Playbook { .. }
    )
}

fn subject_of_its_own(scene: &Scene<'_>) -> String {
    let phrases = &scene.words.phrases;
    match &scene.notice.matter {
        Matter::Digest { items, more, report } => {
            let breaches = report.as_ref().map_or(0, |report| report.breaches.len());
            let day = scene.moment(scene.notice.at).heading();
            let is_plain = breaches == 0 && items.iter().all(|item| item.need == Need::Nobodys);
            match u64::from(*more) + u64::try_from(items.len() + breaches).unwrap_or(u64::MAX) {
                0 => fill(phrases.nothing_needs, &[&day]),
                1 if !is_plain => fill(phrases.one_needs, &[&day]),
                count if !is_plain => fill(phrases.many_need, &[&day, &count.to_string()]),
                1 => fill(phrases.one_waits, &[&day]),
                count => fill(phrases.many_wait, &[&day, &count.to_string()]),
            }
        }
        Matter::OverBudget { .. } => phrases.over_budget.to_owned(),
        Matter::Neglect { title, plight: Plight::Well, .. } => fill(phrases.well, &[title]),
        Matter::Neglect { title, .. } => fill(phrases.neglected, &[title]),
        Matter::Changes { .. } => {
            fill(phrases.changes, &[&scene.moment(scene.notice.at).heading()])
        }
        Matter::Quarantine { lying, more } => quarantine::subject(scene, lying, *more),
        Matter::Register { page } => {
            let name = command::register::shown(page.table, scene.notice.locale);
            fill(phrases.register, &[name])
        }
        Matter::Breaker { address, cause: Cause::Thread, .. } => {
            fill(phrases.not_shown, &[&short(address, 100)])
        }
        Matter::Breaker { address, .. } => fill(phrases.stopped, &[&short(address, 100)]),
        Matter::Announcement { title, ends_at: Some(ends_at), .. } => {
            let title = short(title, SUBJECT_CHARS_MAX);
            fill(phrases.objections_until, &[&title, &scene.moment(*ends_at).on_short()])
        }
        Matter::Announcement { title, ends_at: None, .. }
        | Matter::Decided { title, .. }
        | Matter::BallotTaken { title, .. }
        | Matter::Polled { title, .. } => short(title, SUBJECT_CHARS_MAX),
        Matter::Ballot { title, ends_at, .. } => {
            let title = short(title, SUBJECT_CHARS_MAX);
            fill(phrases.vote_until, &[&title, &scene.moment(*ends_at).on_short()])
        }
        Matter::Agenda { meeting, begins_at, items, adds, .. } => {
            let meeting = meeting_on(scene, meeting, *begins_at);
            match (adds, items.len()) {
                (true, _) => fill(phrases.agenda_adds, &[&meeting]),
                (false, 1) => fill(phrases.agenda_one, &[&meeting]),
                (false, count) => fill(phrases.agenda_many, &[&meeting, &count.to_string()]),
            }
        }
        Matter::Minutes { meeting, begins_at, .. }
        | Matter::Sheet { meeting: Some((meeting, begins_at)), .. } => {
            meeting_on(scene, meeting, *begins_at)
        }
        _ => own_words(scene),
    }
}

fn meeting_on(scene: &Scene<'_>, meeting: &str, begins_at: Timestamp) -> String {
    let day = scene.moment(begins_at).on_short();
    fill(scene.words.phrases.meeting_on, &[&short(meeting, SUBJECT_CHARS_MAX), &day])
}

/// The fields beside the usual ones.
#[must_use]
pub fn fields(scene: &Scene<'_>, row: Row, subject: &str) -> Vec<(String, String)> {
    let mut fields = vec![
        ("X-Lotse-Mark".to_owned(), key::mark(scene.desk, scene.notice.id)),
        ("x-ms-reactions".to_owned(), "disallow".to_owned()),
        ("Content-Language".to_owned(), scene.notice.locale.to_string()),
    ];
    if let Some(value) = row.automatic.value() {
        fields.push(("Auto-Submitted".to_owned(), value.to_owned()));
        fields.push(("X-Auto-Response-Suppress".to_owned(), "OOF, AutoReply".to_owned()));
    }
    if matches!(scene.notice.matter, Matter::Digest { .. }) {
        let domain = scene.desk.site.address.domain();
        fields.push(("List-Id".to_owned(), format!("<digest.{}.{domain}>", scene.desk.site.name)));
        if let Some(address) = key::reply_address(scene.desk, scene.notice) {
            let answers = &scene.words.answers;
            let notify = command::shown("notify", scene.notice.locale);
            let body = format!("!{} {}", notify, answers.none);
            let link = mailto(address.as_str(), subject, &body);
            fields.push(("List-Unsubscribe".to_owned(), format!("<{link}>")));
        }
    }
    fields
}

/// The line that names the ticket, where the site's addresses cannot.
#[must_use]
pub fn reference(scene: &Scene<'_>) -> Option<String> {
    if !scene.desk.site.separator.is_empty() {
        return None;
    }
    let reference = key::reference(scene.desk, scene.notice.ticket?, &scene.notice.reply_to)?;
    Some(fill(scene.words.phrases.reference, &[&reference]))
}

/// The buttons of a notice: what one tap answers.
#[must_use]
pub fn buttons(scene: &Scene<'_>, address: Option<&Address>, subject: &str) -> Buttons {
    let notice = scene.notice;
    if notice.reply_to == ReplyTo::Queue {
        return Buttons::default();
    }
    let plain = tag(scene.desk, tagged(scene), None);
    let key = key::reply_key(scene.desk, notice.ticket, &notice.reply_to)
        .filter(|_| scene.desk.site.separator.is_empty());
    Buttons {
        address: address.map(|address| address.as_str().to_owned()),
        subject: match key {
            Some(key) if notice.ticket.is_some() => {
                clean(subject).replacen(&plain, &tag(scene.desk, notice.ticket, Some(&key)), 1)
            }
            _ => clean(subject),
        },
        buttons: choices(scene),
    }
}

/// A button that answers with one word.
fn button(label: &'static str, word: &str) -> (Option<u64>, Button) {
    (None, Button { label, body: format!("!{word}") })
}

fn choices(scene: &Scene<'_>) -> Vec<(Option<u64>, Button)> {
    let (labels, answers) = (&scene.words.labels, &scene.words.answers);
    let keyword = |name| command::shown(name, scene.notice.locale);
    let (yes, no) = (button(labels.yes, answers.yes), button(labels.no, answers.no));
    let text = button(labels.text, answers.text);
    match &scene.notice.matter {
        Matter::Copy { .. } | Matter::Again { .. } => on_ticket(scene),
        Matter::Digest { items, .. } => items.iter().flat_map(|item| line(scene, item)).collect(),
        Matter::Renewal { stage, .. } => unless_agreed(*stage, vec![yes, no]),
        Matter::Held { .. } => vec![yes, text],
        Matter::HeldOther { line, .. } if !line.is_empty() => vec![yes, text],
        Matter::Result { lines, .. } | Matter::Practice { lines, .. } => meant(scene, lines),
        Matter::HeldColleague { .. }
        | Matter::HeldInternal { .. }
        | Matter::HeldOther { .. }
        | Matter::MayAdd { .. }
        | Matter::WasItYou { .. }
        | Matter::ErasePlan { .. }
        | Matter::ObjectionAsked { .. }
        | Matter::ObjectionUnclear { .. }
        | Matter::Confirm { .. }
        | Matter::SignatureAsked { .. }
        | Matter::WithdrawalAsked { .. } => vec![yes, no],
        Matter::Breaker { .. } => {
            vec![button(labels.resume, answers.resume), button(labels.block, answers.block)]
        }
        Matter::Quarantine { lying, more } => quarantine::buttons(scene, lying, *more),
        Matter::Question { .. } => vec![button(labels.withdraw, keyword("withdraw"))],
        Matter::Review { .. }
        | Matter::ReasonAsked { .. }
        | Matter::Task { .. }
        | Matter::Overdue { .. }
        | Matter::Item { .. } => decisions(scene),
        Matter::Ballot { again: Some(BallotAgain::Late), .. } => Vec::new(),
        Matter::Ballot { .. } => vec![yes, no, button(labels.abstain, answers.abstain)],
        // What is only told has none.
        _ => Vec::new(),
    }
}

/// Who has agreed is asked nothing.
fn unless_agreed<T>(stage: RenewalStage, buttons: Vec<T>) -> Vec<T> {
    if stage == RenewalStage::Agreed { Vec::new() } else { buttons }
}

/// What one tap does to a ticket that is shown.
fn on_ticket(scene: &Scene<'_>) -> Vec<(Option<u64>, Button)> {
    let labels = &scene.words.labels;
    let keyword = |name| command::shown(name, scene.notice.locale);
    let button =
        |label: &'static str, name| (None, Button { label, body: format!("!{}", keyword(name)) });
    match &scene.notice.matter {
        Matter::Copy { owner: None, .. } => vec![
            button(labels.take, "take"),
            (None, Button { label: labels.move_to, body: format!("!{} ", keyword("move")) }),
            button(labels.spam, "spam"),
        ],
        Matter::Again { owner: None, .. } => {
            vec![button(labels.take, "take"), button(labels.close, "close")]
        }
        _ => vec![button(labels.close, "close")],
    }
}

/// What one tap does to a line of a digest.
fn line(scene: &Scene<'_>, item: &DigestItem) -> Vec<(Option<u64>, Button)> {
    let (labels, answers) = (&scene.words.labels, &scene.words.answers);
    let keyword = |name| command::shown(name, scene.notice.locale);
    let of = |label: &'static str, word: &str| {
        (Some(item.ticket.0), Button { label, body: format!("!{} {word}", item.ticket) })
    };
    match (&item.need, item.held, &item.held_by) {
        (Need::Asked { .. }, ..) => {
            vec![of(labels.grant, keyword("grant")), of(labels.refuse, keyword("refuse"))]
        }
        (Need::Undecided { .. }, ..) => vec![of(labels.show, keyword("show"))],
        (_, true, Some(_)) => vec![of(labels.yes, answers.yes)],
        (_, true, None) => Vec::new(),
        (Need::Due { .. } | Need::Yours, false, _) => {
            vec![of(labels.show, keyword("show")), of(labels.close, keyword("close"))]
        }
        (Need::Nobodys | Need::Away { .. }, false, _) => vec![
            of(labels.take, keyword("take")),
            of(labels.show, keyword("show")),
            of(labels.spam, keyword("spam")),
        ],
    }
}

/// What one tap says about a request, or about a task for one.
fn decisions(scene: &Scene<'_>) -> Vec<(Option<u64>, Button)> {
    let labels = &scene.words.labels;
    let button = |label: &'static str, name| {
        let body = format!("!{}", command::shown(name, scene.notice.locale));
        (None, Button { label, body })
    };
    match &scene.notice.matter {
        Matter::Review { .. } => {
            vec![button(labels.grant, "grant"), refusal(scene, labels.refuse)]
        }
        Matter::Task { .. } | Matter::Overdue { .. } => {
            vec![button(labels.close, "close"), refusal(scene, labels.cannot)]
        }
        Matter::Item { .. } => vec![button(labels.close, "close")],
        _ => vec![refusal(scene, labels.refuse)],
    }
}

/// The button of a refusal: its keyword with a colon, behind which the reason is typed.
fn refusal(scene: &Scene<'_>, label: &'static str) -> (Option<u64>, Button) {
    let body = format!("!{}: ", command::shown("refuse", scene.notice.locale));
    (None, Button { label, body })
}

/// A yes to the only line that may have meant something: what it does stands in the button, so
/// that it works from a program that says nothing of what it answers.
fn meant(scene: &Scene<'_>, lines: &[ResultLine]) -> Vec<(Option<u64>, Button)> {
    let mut meant = lines.iter().filter_map(|line| line.meant.as_ref());
    let (Some(kept), None) = (meant.next(), meant.next()) else { return Vec::new() };
    let body = kept.line.clone();
    if kept.text.is_some() {
        Vec::new()
    } else {
        vec![(None, Button { label: scene.words.labels.yes, body })]
    }
}
