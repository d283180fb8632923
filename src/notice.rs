//! From what a notice is about to the mail that says so, in the reader's language.
//!
//! A [`Renderer`] holds every text, checked when it was made. A notice is laid out once, as a page
//! of blocks; its text and its HTML are both made from them and so say the same words. Deliberately
//! absent: files (`config` reads a site's own texts), the archive (the shell looks up
//! [`Contents`]), who is told what (`ticket`), encoding (`mail::compose`).

mod breaches;
mod changes;
pub mod chart;
pub mod check;
pub mod csv;
pub mod date;
mod digest;
mod digest_files;
mod duties;
pub mod head;
mod help;
pub mod html;
pub mod ics;
pub mod matrix;
mod meeting;
pub mod outcome;
pub mod page;
mod practice;
pub mod purpose;
mod quarantine;
pub mod record;
pub mod registers;
mod registers_words;
mod requests;
pub mod sample;
pub mod slots;
pub mod template;
mod upkeep;
pub mod words;

pub use template::TemplateProblem;

use std::collections::BTreeMap;
use std::iter::once;

use handlebars::{Context, Handlebars};
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::mail::Outgoing;
use crate::mail::compose::OutgoingPart;
use crate::notice::chart::Charts;
use crate::notice::page::{Block, Page, Style};
use crate::notice::slots::Scene;
use crate::ticket::inbox::Waiting;
use crate::ticket::matter::{
    AgendaItem, DigestItem, Enclosed, HistoryLine, Quoted, SheetPage, TextPart,
};
use crate::ticket::report::Report;
use crate::ticket::way_out::Refused;
use crate::ticket::{self, Excerpt, Matter, Notice, key};
use crate::types::{Address, Locale, Mailbox, Position};

/// What the shell looked up of one accepted message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// The whole text with LF line ends; excerpts count its lines from 0.
    pub text: String,
    /// Its HTML, if it has any.
    pub html: Option<String>,
    /// What is attached to it, decoded.
    pub attachments: Vec<OutgoingPart>,
}

/// Words of messages, by where they stand in the archive.
pub type Contents = BTreeMap<Position, Content>;

/// The messages whose words a notice shows: to be looked up before it is rendered.
#[must_use]
pub fn positions(notice: &Notice) -> Vec<Position> {
    let mut positions = Vec::new();
    let shown = excerpts(&notice.matter).into_iter().map(|excerpt| excerpt.message);
    let enclosed = enclosed(&notice.matter).iter().map(|file| file.message);
    for message in shown.chain(enclosed) {
        if !positions.contains(&message) {
            positions.push(message);
        }
    }
    positions
}

/// The messages that lie aside and of which a notice says what can be seen without reading them:
/// nothing of that is copied into it.
#[must_use]
pub fn lying(notice: &Notice) -> Vec<Position> {
    let lying = match &notice.matter {
        Matter::Quarantine { lying, .. } => Some(lying),
        Matter::Digest { report: Some(report), .. } => {
            report.trouble.as_ref().map(|trouble| &trouble.lying)
        }
        _ => None,
    };
    lying.into_iter().flatten().map(|one| one.message).collect()
}

/// The files that go along with a notice, from whichever messages.
#[must_use]
pub fn enclosed(matter: &Matter) -> &[Enclosed] {
    match matter {
        Matter::Review { files, .. } | Matter::Confirm { files, .. } => files,
        _ => &[],
    }
}

const fn news_text(line: &Waiting) -> Option<&Excerpt> {
    line.text.as_ref()
}

fn excerpts(matter: &Matter) -> Vec<&Excerpt> {
    match matter {
        Matter::Copy { text, .. }
        | Matter::Comment { text, .. }
        | Matter::AnswerCopy { text, .. }
        | Matter::HeldColleague { text, .. }
        | Matter::HeldOther { text, .. }
        | Matter::Objection { text, .. }
        | Matter::ObjectionAsked { text, .. }
        | Matter::ObjectionUnclear { text, .. } => vec![text],
        Matter::Answer { text, quoted, .. } => of_answer(text, quoted.as_ref()),
        Matter::Liaison { words, .. } => words.iter().collect(),
        Matter::Again { last, .. } => last.iter().map(|quoted| &quoted.text).collect(),
        Matter::Outcome { reason, .. }
        | Matter::Settled { reason, .. }
        | Matter::Ruling { reason, .. } => reason.iter().collect(),
        Matter::Review { history, .. } => of_history(history).collect(),
        Matter::Overdue { reason: text, history, .. } => {
            text.iter().chain(of_history(history)).collect()
        }
        Matter::Digest { items, report, .. } => of_digest(items, report.as_deref()),
        Matter::Sheet { pages, .. } => pages.iter().flat_map(page_excerpts).collect(),
        Matter::Agenda { items, .. } => objections(items).collect(),
        Matter::Receipt { .. }
        | Matter::Held { .. }
        | Matter::HeldInternal { .. }
        | Matter::Result { .. }
        | Matter::Practice { .. }
        | Matter::Help
        | Matter::Register { .. }
        | Matter::Renewal { .. }
        | Matter::Undeliverable { .. }
        | Matter::Breaker { .. }
        | Matter::Quarantine { .. }
        | Matter::Changes { .. }
        | Matter::Neglect { .. }
        | Matter::Delayed { .. }
        | Matter::ErasePlan { .. }
        | Matter::OverBudget { .. }
        | Matter::MayAdd { .. }
        | Matter::WasItYou { .. }
        | Matter::Question { .. }
        | Matter::Reminder { .. }
        | Matter::Expired { .. }
        | Matter::ObjectionNotCounted { .. }
        | Matter::WithdrawalAsked { .. }
        | Matter::Withdrawn { .. }
        | Matter::Complete { .. }
        | Matter::Extended { .. }
        | Matter::Unreached { .. }
        | Matter::Announcement { .. }
        | Matter::Stopped { .. }
        | Matter::Decided { .. }
        | Matter::Confirm { .. }
        | Matter::ReasonAsked { .. }
        | Matter::Task { .. }
        | Matter::Item { .. }
        | Matter::Probe { .. }
        | Matter::Playbook { .. }
        | Matter::Escalated { .. }
        | Matter::Minutes { .. }
        | Matter::Decides { .. }
        | Matter::Ballot { .. }
        | Matter::BallotTaken { .. }
        | Matter::Polled { .. }
        | Matter::SignatureAsked { .. }
        | Matter::Why { .. }
        | Matter::Breach { .. }
        | Matter::Refusal { .. } => Vec::new(),
    }
}

/// The first words of what a digest lists.
fn of_digest<'a>(items: &'a [DigestItem], report: Option<&'a Report>) -> Vec<&'a Excerpt> {
    let news = report.into_iter().flat_map(|report| &report.news).filter_map(news_text);
    items.iter().filter_map(|item| item.excerpt.as_ref()).chain(news).collect()
}

/// An answer, and what it answers.
fn of_answer<'a>(text: &'a Excerpt, quoted: Option<&'a Quoted>) -> Vec<&'a Excerpt> {
    once(text).chain(quoted.map(|quoted| &quoted.text)).collect()
}

/// The words of those who object to what an agenda lists.
fn objections(items: &[AgendaItem]) -> impl Iterator<Item = &Excerpt> {
    items.iter().flat_map(|item| &item.objections).map(|one| &one.text)
}

/// What people said of a request so far.
fn of_history(history: &[HistoryLine]) -> impl Iterator<Item = &Excerpt> {
    history.iter().filter_map(|line| line.text.as_ref())
}

/// The words that the sheet of one decision shows.
fn page_excerpts(page: &SheetPage) -> impl Iterator<Item = &Excerpt> {
    let course = page.course.iter().filter_map(|one| one.text.as_ref());
    let said = page.said.iter().filter_map(|said| said.reason.as_ref());
    course.chain(said).chain(page.sheet.ruling.iter().filter_map(|ruling| ruling.reason.as_ref()))
}

/// The reverse-path of a notice; nothing is the null reverse-path (RFC 5321 section 4.5.5).
#[must_use]
pub fn reverse_path(desk: &Desk, notice: &Notice) -> Option<Address> {
    let row = matrix::of(&notice.matter);
    row.has_reverse_path.then(|| key::reverse_path(desk, notice.id))
}

/// The reverse-path for a way out that refuses some.
#[must_use]
pub fn reverse_path_under(desk: &Desk, refused: Refused, notice: &Notice) -> Option<Address> {
    match reverse_path(desk, notice) {
        None if !refused.null_path => None,
        Some(own) if !refused.own_path => Some(own),
        _ => Some(desk.site.address.clone()),
    }
}

/// The author for a way out that refuses addresses of queues: the site's, under the same name.
#[must_use]
pub fn from_under(desk: &Desk, refused: Refused, from: Mailbox) -> Mailbox {
    if refused.queue_from { Mailbox { address: desk.site.address.clone(), ..from } } else { from }
}

/// The words of an excerpt; none where its message is not at hand.
#[must_use]
pub fn words_of(excerpt: &Excerpt, contents: &Contents) -> String {
    let content = contents.get(&excerpt.message);
    content.map(|content| ticket::words::of(excerpt, &content.text)).unwrap_or_default()
}

/// Every text in every language, ready to be filled.
#[derive(Debug)]
pub struct Renderer {
    texts: BTreeMap<Locale, Handlebars<'static>>,
    frame: Handlebars<'static>,
    charts: Charts,
    /// What is shipped, where a site has texts of its own: one of them may fail in a way that no
    /// sample showed, and the mail must leave all the same.
    shipped: Option<Box<Self>>,
}

impl Renderer {
    /// Takes the shipped texts and what the site puts in their place, by file below the folder of
    /// templates (`de/receipt.txt`, `base.html`), and fills each for every use.
    ///
    /// # Errors
    /// Every problem in every text, with file and line.
    pub fn new(overrides: &BTreeMap<String, String>) -> Result<Self, Vec<TemplateProblem>> {
        let mut problems = check::strays(overrides);
        let mut texts = BTreeMap::new();
        for locale in Locale::ALL {
            let mut registry = template::registry();
            for name in template::names() {
                let source = template::source(overrides, locale, name).unwrap_or_default();
                let registered = template::register(&mut registry, locale, name, source);
                problems.extend(registered.err());
            }
            texts.insert(locale, registry);
        }
        let mut frame = template::frame_registry();
        let source = template::frame_source(overrides);
        problems.extend(template::register_frame(&mut frame, source).err());
        let renderer = Self { texts, frame, charts: Charts::default(), shipped: None };
        if problems.is_empty() {
            problems = renderer.check();
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let shipped =
            if overrides.is_empty() { None } else { Some(Box::new(Self::new(&BTreeMap::new())?)) };
        Ok(Self { shipped, ..renderer })
    }

    /// Fills every text for every use.
    fn check(&self) -> Vec<TemplateProblem> {
        let mut problems = Vec::new();
        for (locale, registry) in &self.texts {
            let rings = check::ring_problems(registry, *locale);
            let may_fill = rings.is_empty();
            problems.extend(rings);
            if may_fill {
                problems.extend(check_fills(registry, *locale));
            }
        }
        if let Err(error) = self.frame.render(template::FRAME_NAME, &frame_slots("en", "", "")) {
            problems.push(TemplateProblem {
                file: "base.html".to_owned(),
                line: error.line_no,
                what: format!("it cannot be filled: {}", error.reason()),
            });
        }
        problems.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
        problems.dedup();
        problems
    }

    /// The mail that a notice is, every choice made.
    #[must_use]
    pub fn render(&self, desk: &Desk, notice: &Notice, contents: &Contents) -> Outgoing {
        let row = matrix::of(&notice.matter);
        let mut scene = Scene::new(desk, notice, contents);
        let page = self.page(&mut scene);
        let subject = head::subject(&scene, row);
        let reply_to = head::reply_to(&scene);
        let message_id = key::message_id(desk, notice.ticket, notice.sequence, notice.id);
        let picture = page.has_picture().then(|| scene.chart(&self.charts, &message_id)).flatten();
        let html = row.has_html.then(|| {
            let address = reply_to.as_ref().map(|mailbox| &mailbox.address);
            let buttons = head::buttons(&scene, address, &subject);
            let shown = picture.as_ref().map(|(shown, _)| shown);
            self.framed(notice.locale, &subject, &html::body(&page, &buttons, shown))
        });
        let root = notice.ticket.map(|ticket| key::root_id(desk, ticket));
        Outgoing {
            from: head::from(&scene, row),
            to: notice.to.clone(),
            reply_to,
            message_id,
            in_reply_to: notice.in_reply_to.clone(),
            references: root.into_iter().chain(notice.in_reply_to.clone()).collect(),
            date: notice.leaves_at.unwrap_or(notice.at),
            fields: head::fields(&scene, row, &subject),
            text: page.text(),
            html,
            pictures: picture.into_iter().map(|(_, picture)| picture).collect(),
            attachments: attachments(desk, notice, contents),
            subject,
        }
    }

    /// Only the text part: what an answer to this notice may quote.
    #[must_use]
    pub fn text(&self, desk: &Desk, notice: &Notice, contents: &Contents) -> String {
        self.page(&mut Scene::new(desk, notice, contents)).text()
    }

    fn page(&self, scene: &mut Scene<'_>) -> Page {
        let slots = Context::from(scene.slots());
        let rendered = self.filled(scene.notice, &slots).unwrap_or_default();
        let mut page = Page::read(&rendered, &scene.excerpts);
        if let Some(reference) = head::reference(scene) {
            let at = reference_place(scene.notice, &page);
            page.body.insert(at, (true, Block::Lines(vec![reference])));
        }
        page
    }

    fn filled(&self, notice: &Notice, slots: &Context) -> Option<String> {
        let name = matrix::of(&notice.matter).template;
        let registry = self.texts.get(&notice.locale)?;
        registry
            .render_with_context(name, slots)
            .ok()
            .or_else(|| self.shipped.as_ref()?.filled(notice, slots))
    }

    fn framed(&self, locale: Locale, title: &str, body: &str) -> String {
        let slots = Context::from(frame_slots(locale.code(), title, body));
        self.frame
            .render_with_context(template::FRAME_NAME, &slots)
            .unwrap_or_else(|_| body.to_owned())
    }
}

fn check_fills(registry: &Handlebars<'static>, locale: Locale) -> Vec<TemplateProblem> {
    let mut problems = Vec::new();
    let desk = sample::desk();
    let contents = sample::contents();
    for sample in sample::notices(locale) {
        let name = matrix::of(&sample.notice.matter).template;
        let slots = Scene::new(&desk, &sample.notice, &contents).slots();
        if sample.is_full {
            problems.extend(check::slot_problems(registry, locale, name, &slots));
        }
        if let Err(error) = registry.render(name, &slots) {
            problems.push(template::unfilled(locale, name, &error));
        }
    }
    problems
}

fn frame_slots(locale: &str, title: &str, body: &str) -> Value {
    json!({"locale": locale, "title": title, "body": body})
}

/// Where the reference line goes: last, but above the words that an answer quotes.
fn reference_place(notice: &Notice, page: &Page) -> usize {
    let is_quote = |(_, block): &(bool, Block)| matches!(block, Block::Excerpt(Style::Quote, _));
    match page.body.iter().position(is_quote) {
        Some(at) if matches!(notice.matter, Matter::Answer { .. }) => at.saturating_sub(1),
        _ => page.body.len(),
    }
}

/// A rule text as the file that people agree to.
fn rule_text(desk: &Desk, part: &TextPart) -> Option<OutgoingPart> {
    let text = desk.register.text(&part.text, part.version)?;
    let words = text.content.get(&part.locale)?;
    Some(OutgoingPart {
        name: text.file_name(part.locale),
        media_type: "text/plain".to_owned(),
        content: words.clone().into_bytes(),
    })
}

/// The files that go along: those of the message that the notice shows, a meeting's date.
fn attachments(desk: &Desk, notice: &Notice, contents: &Contents) -> Vec<OutgoingPart> {
    if let Matter::Sheet { pages, .. } = &notice.matter {
        return pages.iter().map(|page| record::file(desk, page.ticket, &page.sheet)).collect();
    }
    if let Matter::Agenda { .. } = &notice.matter {
        return meeting_date(desk, notice).into_iter().collect();
    }
    if let Matter::Digest { report: Some(report), .. } = &notice.matter {
        return digest_files::files(desk, notice, report);
    }
    if let Matter::Register { page } = &notice.matter {
        return vec![registers::file(notice.locale, page)];
    }
    if let Matter::Question { texts, .. } | Matter::Renewal { texts, .. } = &notice.matter {
        return texts.iter().filter_map(|part| rule_text(desk, part)).collect();
    }
    if let Matter::Breach { page, .. } = &notice.matter {
        return page.texts.iter().filter_map(|part| rule_text(desk, part)).collect();
    }
    let files = enclosed(&notice.matter);
    if !files.is_empty() {
        return files.iter().filter_map(|file| file_of(file, contents)).collect();
    }
    let (Matter::Copy { text, attachments: names, parked: false, .. }
    | Matter::Comment { text, attachments: names, .. }
    | Matter::Answer { text, attachments: names, .. }) = &notice.matter
    else {
        return Vec::new();
    };
    let Some(content) = contents.get(&text.message) else { return Vec::new() };
    let is_named = |part: &&OutgoingPart| names.iter().any(|known| known.name == part.name);
    content.attachments.iter().filter(is_named).cloned().collect()
}

fn file_of(file: &Enclosed, contents: &Contents) -> Option<OutgoingPart> {
    let mut parts = contents.get(&file.message)?.attachments.iter();
    parts.find(|part| part.name == file.attachment.name).cloned()
}

/// The date of a meeting for the reader's calendar: the same entry, however often it is sent.
fn meeting_date(desk: &Desk, notice: &Notice) -> Option<OutgoingPart> {
    let Matter::Agenda { meeting, begins_at, ends_at, place, items, revision, .. } = &notice.matter
    else {
        return None;
    };
    let description: Vec<String> =
        items.iter().map(|item| format!("{}, {}", item.ticket, item.title)).collect();
    let entry = ics::Entry {
        uid: key::root_id(desk, notice.ticket?),
        revision: *revision,
        made_at: notice.at,
        when: ics::When::Between(*begins_at, *ends_at),
        title: meeting.clone(),
        place: place.clone(),
        description: description.join("\n"),
    };
    let day = begins_at.to_zoned(desk.site.time_zone.clone()).date();
    let is_plain = |c: &char| c.is_alphanumeric() || *c == '-';
    let name: String = meeting.replace(' ', "-").chars().filter(is_plain).collect();
    Some(ics::part(&[entry], &format!("{name}-{day}.ics")))
}
