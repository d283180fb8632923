//! What the templates may name: the slots of each matter, in the reader's language.
//!
//! Every slot of a matter is always there, empty where there is nothing to say, so that a template
//! can be checked against one full set. Words of messages are not slots: a slot holds the number
//! of an excerpt, and the page puts the words in (`page`). Deliberately absent: wording, the slots
//! of requests (`requests`, `duties`) and meetings (`meeting`).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::desk::{AddressForm, Desk, Queue};
use crate::mail::Attachment;
use crate::notice::date::Moment;
use crate::notice::outcome;
use crate::notice::page::{self, Style};
use crate::notice::words::{Words, fill, list, words};
use crate::notice::{Contents, words_of};
use crate::ticket::bounce;
use crate::ticket::effect::ReplyTo;
use crate::ticket::matter::{Cause, Doubt, FactLine, Occasion, Quoted, Rest, ResultLine};
use crate::ticket::{Excerpt, Matter, Notice};
use crate::types::Mailbox;

/// Lines of results, facts and tickets that one mail holds.
pub(super) const ROWS_MAX: usize = 60;

/// A notice with all that its texts are made from.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Site, people, queues.
    pub desk: &'a Desk,
    /// The notice.
    pub notice: &'a Notice,
    /// Words of messages.
    pub contents: &'a Contents,
    /// The words of the reader's language.
    pub words: &'static Words,
    /// The queue, if it still exists.
    pub queue: Option<&'a Queue>,
    /// The words that slots refer to by their number.
    pub excerpts: Vec<Vec<String>>,
}

impl<'a> Scene<'a> {
    /// Gathers what a notice needs.
    #[must_use]
    pub fn new(desk: &'a Desk, notice: &'a Notice, contents: &'a Contents) -> Self {
        Self {
            desk,
            notice,
            contents,
            words: words(notice.locale),
            queue: desk.register.queue(&notice.queue),
            excerpts: Vec::new(),
        }
    }

    /// The name that the public knows us by here.
    #[must_use]
    pub fn sender_name(&self) -> String {
        self.queue.map_or_else(
            || format!("lotse {}", self.desk.site.name),
            |queue| page::clean(queue.shown()),
        )
    }

    /// A moment as this reader reads it.
    #[must_use]
    pub fn moment(&self, at: Timestamp) -> Moment {
        Moment::new(at, self.zone(), self.notice.locale)
    }

    /// The zone in which dates stand: the site's; in a digest, which names it, the reader's.
    pub(super) fn zone(&self) -> &TimeZone {
        let reader = match self.notice.matter {
            Matter::Digest { .. } => self.notice.person.as_ref(),
            _ => None,
        };
        let reader = reader.and_then(|id| self.desk.register.person(id));
        let own = reader.and_then(|person| person.time_zone.as_ref());
        own.unwrap_or(&self.desk.site.time_zone)
    }

    pub(super) const fn is_to_requestor(&self) -> bool {
        matches!(self.notice.reply_to, ReplyTo::Requestor(_))
    }

    fn greeting(&self) -> String {
        let phrases = &self.words.phrases;
        let is_formal = self.notice.form == AddressForm::Formal;
        if is_formal {
            return phrases.greeting_formal.to_owned();
        }
        let person = self.notice.person.as_ref().and_then(|id| self.desk.register.person(id));
        let address = &self.notice.to.address;
        let is_unit = || self.desk.register.units().any(|unit| unit.addresses.contains(address));
        if person.is_none() && is_unit() {
            return phrases.greeting.to_owned();
        }
        let known = person.map_or(self.notice.to.name.as_str(), |person| person.name.as_str());
        let is_name = |word: &&str| word.chars().all(char::is_alphabetic);
        let is_known = person.is_some();
        let is_named = is_known || !matches!(self.notice.matter, Matter::Receipt { .. });
        let first = known.split_whitespace().next().filter(|_| is_named);
        let first = first.filter(|word| is_known || is_name(word));
        first.map_or_else(
            || phrases.greeting.to_owned(),
            |name| fill(phrases.greeting_name, &[&page::clean(name)]),
        )
    }

    fn signature(&self) -> Vec<String> {
        match self.queue.and_then(|queue| queue.signature.as_deref()) {
            Some(signature) if !signature.trim().is_empty() => {
                signature.trim().lines().map(page::clean).collect()
            }
            _ => vec![self.sender_name()],
        }
    }

    /// All slots of the notice's template.
    #[must_use]
    pub fn slots(&mut self) -> Value {
        let mut slots = self.matter();
        if let Some(slots) = slots.as_object_mut() {
            let notice = self.notice;
            slots.insert("greeting".into(), self.greeting().into());
            slots.insert("formal".into(), (notice.form == AddressForm::Formal).into());
            let is_outward = matches!(notice.reply_to, ReplyTo::Member(_));
            slots.insert("inside".into(), (!is_outward).into());
            slots.insert("to_requestor".into(), self.is_to_requestor().into());
            let is_list = notice.reply_to == ReplyTo::Queue;
            slots.insert("to_list".into(), is_list.into());
            slots.insert("queue".into(), self.sender_name().into());
            slots.insert("site".into(), self.desk.site.name.clone().into());
            slots.insert("ticket".into(), notice.ticket.map(|ticket| ticket.0).into());
            slots.insert("subject".into(), notice.subject.clone().into());
            slots.insert("signature".into(), self.signature().into());
            slots.insert("privacy".into(), self.desk.site.privacy_url.clone().into());
        }
        slots
    }

    fn matter(&mut self) -> Value {
        let notice = self.notice;
        match &notice.matter {
            Matter::Receipt { answer_days, also, rest } => json!({
                "answer_days": answer_days, "also": self.list(also),
                "rest": self.rest(rest.as_ref()),
            }),
            Matter::Copy { .. } => self.copy(),
            Matter::Again { .. } => self.again(),
            Matter::Comment { author, text, attachments } => json!({
                "author": author, "text": self.shown(text, Style::Words),
                "attached": self.attached(attachments),
            }),
            Matter::AnswerCopy { author, to, text, canned } => json!({
                "author": author, "to": to,
                "text": self.worded(text, canned.as_deref(), Style::Words),
            }),
            Matter::Answer { text, canned, quoted, .. } => json!({
                "text": self.worded(text, canned.as_deref(), Style::Verbatim),
                "quoted": quoted.as_ref().map(|quoted| self.quoted(quoted)),
            }),
            Matter::Held { .. }
            | Matter::HeldColleague { .. }
            | Matter::HeldInternal { .. }
            | Matter::HeldOther { .. } => self.held(),
            Matter::Result { lines, answered } => self.result(lines, *answered),
            Matter::Register { .. } | Matter::Renewal { .. } => self.registers(),
            Matter::Practice { .. } => self.practice(),
            Matter::Help => json!({"commands": self.commands(), "meetings": self.meetings()}),
            Matter::Undeliverable { .. } => self.undeliverable(),
            Matter::Breaker { .. } => self.breaker(),
            Matter::Quarantine { lying, more } => self.quarantine(lying, *more),
            Matter::Changes { lines, more } => self.changes(lines, *more),
            Matter::ErasePlan { target, plan } => self.erase_plan(target, plan),
            Matter::OverBudget { per_day, limit, opens_at } => json!({
                "per_day": per_day, "limit": limit, "opens": self.moment(*opens_at).slot(),
            }),
            Matter::Digest { items, more, report } => self.digest(items, *more, report.as_deref()),
            Matter::MayAdd { stranger } => json!({"stranger": stranger.address.as_str()}),
            Matter::WasItYou { .. } => self.was_it_you(),
            Matter::Question { .. }
            | Matter::Reminder { .. }
            | Matter::Expired { .. }
            | Matter::ObjectionAsked { .. }
            | Matter::ObjectionNotCounted { .. }
            | Matter::WithdrawalAsked { .. }
            | Matter::Withdrawn { .. }
            | Matter::Complete { .. }
            | Matter::Extended { .. }
            | Matter::Unreached { .. }
            | Matter::Announcement { .. }
            | Matter::Objection { .. }
            | Matter::ObjectionUnclear { .. }
            | Matter::Stopped { .. }
            | Matter::Decided { .. }
            | Matter::SignatureAsked { .. }
            | Matter::Outcome { .. } => self.procedure(),
            Matter::Sheet { .. } => self.sheet(),
            Matter::Why { explained } => self.why(explained),
            Matter::Agenda { .. }
            | Matter::Minutes { .. }
            | Matter::Ruling { .. }
            | Matter::Decides { .. }
            | Matter::Ballot { .. }
            | Matter::BallotTaken { .. }
            | Matter::Polled { .. } => self.meeting(),
            Matter::Refusal {} => json!({}),
            Matter::Breach { .. } => self.breach(),
            _ => self.duty(),
        }
    }

    fn result(&self, lines: &[ResultLine], answered: bool) -> Value {
        json!({
            "lines": self.sentences(lines), "answered": answered,
            "meant": lines.iter().any(|line| line.meant.is_some()),
            "undoable": lines.iter().any(ResultLine::is_undoable),
        })
    }

    fn undeliverable(&mut self) -> Value {
        let Matter::Undeliverable { to, status, diagnostic, written_at } = &self.notice.matter
        else {
            return json!({});
        };
        json!({
            "to": to.shown(), "address": to.address.as_str(), "status": filled(status),
            "too_big": bounce::is_too_big(status),
            "limit": self.desk.site.outgoing_bytes_max >> 20,
            "diagnostic": filled(&short(diagnostic, 300)),
            "written": self.moment(*written_at).slot(),
        })
    }

    fn breaker(&mut self) -> Value {
        let Matter::Breaker { address, cause, count, first_at, last_at, subject, until } =
            &self.notice.matter
        else {
            return json!({});
        };
        json!({
            "address": address, "count": count,
            "at_once": *cause == Cause::AtOnce, "most": *cause == Cause::Count,
            "held": *cause == Cause::Held, "echo": *cause == Cause::Echo,
            "thread": *cause == Cause::Thread, "results": *cause == Cause::Results,
            "complaint": *cause == Cause::Complaint,
            "last_subject": filled(subject).map(|subject| self.quote(&subject)),
            "first": self.moment(*first_at).slot(), "last": self.moment(*last_at).slot(),
            "until": self.moment(*until).slot(),
        })
    }

    fn held(&mut self) -> Value {
        match &self.notice.matter {
            Matter::Held { to, line, meant } => {
                json!({"to": to, "line": self.quote(line), "meant": meant})
            }
            Matter::HeldColleague { to, colleague, text } => {
                let text = self.shown(text, Style::Words);
                json!({"to": to, "colleague": colleague, "text": text})
            }
            Matter::HeldOther { author, to, text, line, meant } => {
                let text = self.shown(text, Style::Words);
                let line = filled(line).map(|line| self.quote(&line));
                json!({"author": author, "to": to, "text": text, "line": line, "meant": meant})
            }
            Matter::HeldInternal { to } => json!({ "to": to }),
            _ => json!({}),
        }
    }

    pub(super) fn rest(&self, rest: Option<&Rest>) -> Value {
        let rest = rest.map(|rest| (&rest.name, self.moment(rest.back_at).slot()));
        rest.map_or(Value::Null, |(name, back)| json!({"name": name, "back": back}))
    }

    pub(super) fn sentences(&self, lines: &[ResultLine]) -> Vec<String> {
        let notice = self.notice;
        let sentence = |line| {
            if self.is_to_requestor() {
                outcome::sentence_outside(line, notice.locale, notice.form)
            } else {
                outcome::sentence(line, notice, self.zone())
            }
        };
        lines.iter().take(ROWS_MAX).map(sentence).collect()
    }

    fn copy(&mut self) -> Value {
        let Matter::Copy {
            author,
            doubt,
            is_new,
            owner,
            goes_to,
            besides,
            text,
            attachments,
            reopened,
            linked,
            links,
            also,
            parked,
        } = &self.notice.matter
        else {
            return json!({});
        };
        // Who answers a post to a list has no key: the words stay inside.
        let is_post = self.notice.reply_to == ReplyTo::Queue;
        json!({
            "author": shown_name(author),
            "doubt": doubt.map(|doubt| json!({
                "suspect": doubt == Doubt::Suspect,
                "claims_ticket": doubt == Doubt::ClaimsTicket,
                "other_address": doubt == Doubt::OtherAddress,
                "unproven": doubt == Doubt::Unproven,
            })),
            "is_new": is_new,
            "owner": owner,
            "is_mine": self.is_reader(owner.as_deref()),
            "requestor": goes_to.as_ref().map(shown_name),
            "goes_to": goes_to.as_ref().filter(|_| !is_post).and_then(|to| self.all(to, besides)),
            "text": self.shown(text, Style::Words),
            "attached": self.attached(attachments),
            "parked": parked,
            "reopened": reopened,
            "linked": linked.map(|ticket| ticket.0),
            "links": self.tickets(links),
            "also": self.list(also),
        })
    }

    fn again(&mut self) -> Value {
        let Matter::Again { occasion, owner, goes_to, last } = &self.notice.matter else {
            return json!({});
        };
        let (given, until) = match occasion {
            Occasion::Given(by) => (Some(by.clone()), None),
            Occasion::Due(at) => (None, Some(*at)),
            Occasion::Rested | Occasion::Unanswered => (None, None),
        };
        let last = last.as_ref().map(|last| {
            let text = self.shown(&last.text, Style::Words);
            json!({"author": last.author, "at": self.moment(last.at).slot(), "text": text})
        });
        json!({
            "given": given, "is_due": until.is_some(),
            "until": self.moment(until.unwrap_or(self.notice.at)).slot(),
            "rested": *occasion == Occasion::Rested,
            "owner": owner, "is_mine": self.is_reader(owner.as_deref()),
            "goes_to": goes_to.as_ref().map(ToString::to_string), "last": last,
        })
    }

    /// Everybody who gets an answer.
    fn all(&self, first: &Mailbox, besides: &[Mailbox]) -> Option<String> {
        let all: Vec<String> =
            std::iter::once(first).chain(besides).map(ToString::to_string).collect();
        self.list(&all)
    }

    fn tickets(&self, tickets: &[crate::types::TicketId]) -> Option<String> {
        let numbers: Vec<String> = tickets.iter().map(ToString::to_string).collect();
        self.list(&numbers)
    }

    /// Whether a name is the reader's own.
    fn is_reader(&self, name: Option<&str>) -> bool {
        let reader = self.notice.person.as_ref().and_then(|id| self.desk.register.person(id));
        reader.is_some_and(|reader| name == Some(reader.name.as_str()))
    }

    /// The same, and below it the words that were written before, where there are any.
    fn worded(&mut self, text: &Excerpt, canned: Option<&str>, style: Style) -> Option<String> {
        match canned {
            Some(canned) => {
                let own = words_of(text, self.contents);
                let gap = if own.is_empty() { "" } else { "\n\n" };
                Some(self.written(&[&own, gap, canned].concat(), style))
            }
            None => self.shown(text, style),
        }
    }

    /// Keeps words that stand in no message and names them by number.
    pub(super) fn written(&mut self, words: &str, style: Style) -> String {
        let lines: Vec<&str> = words.lines().collect();
        let cut = self.words.phrases.cut;
        self.excerpts.push(page::excerpt(&lines, style, page::WORDS_CHARS_MAX, cut));
        (self.excerpts.len() - 1).to_string()
    }

    /// Keeps the words of a message and names them by number; nothing if there are none.
    pub(super) fn shown(&mut self, excerpt: &Excerpt, style: Style) -> Option<String> {
        let chars_max =
            if style == Style::Quote { page::QUOTE_CHARS_MAX } else { page::WORDS_CHARS_MAX };
        let words = words_of(excerpt, self.contents);
        let lines: Vec<&str> = words.lines().collect();
        let lines = page::excerpt(&lines, style, chars_max, self.words.phrases.cut);
        if lines.is_empty() {
            return None;
        }
        self.excerpts.push(lines);
        Some((self.excerpts.len() - 1).to_string())
    }

    fn quoted(&mut self, quoted: &Quoted) -> Value {
        json!({
            "author": quoted.author, "at": self.moment(quoted.at).slot(),
            "text": self.shown(&quoted.text, Style::Quote),
        })
    }

    pub(super) fn quotes(&self, lines: &[String]) -> Vec<String> {
        lines.iter().take(ROWS_MAX).map(|line| self.quote(line)).collect()
    }

    pub(super) fn quote(&self, words: &str) -> String {
        outcome::quote(&short(words, 200), self.notice.locale)
    }

    pub(super) fn list(&self, names: &[String]) -> Option<String> {
        filled(&list(names, self.words.phrases.and))
    }

    pub(super) fn attached(&self, attachments: &[Attachment]) -> Option<String> {
        let names: Vec<String> = attachments
            .iter()
            .take(ROWS_MAX)
            .map(|part| format!("{} ({})", part.name, self.size(part.bytes)))
            .collect();
        self.list(&names)
    }

    fn size(&self, bytes: usize) -> String {
        let is_finnish = self.notice.locale == crate::types::Locale::Fi;
        let (kilo, mega) = if is_finnish { ("kt", "Mt") } else { ("kB", "MB") };
        if bytes < 1_000_000 {
            format!("{} {kilo}", bytes.div_ceil(1000))
        } else {
            format!("{} {mega}", bytes.div_ceil(1_000_000))
        }
    }
}

pub(super) fn facts(lines: &[FactLine]) -> Vec<Value> {
    let fact = |line: &FactLine| json!({"label": line.label, "value": short(&line.value, 300)});
    lines.iter().take(ROWS_MAX).map(fact).collect()
}

pub(super) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// The name to show for a mailbox. A name that looks like an address is no name.
#[must_use]
pub fn shown_name(mailbox: &Mailbox) -> String {
    let name = short(&mailbox.name, 60);
    if name.is_empty() || name.contains('@') { mailbox.address.local().to_owned() } else { name }
}

/// A text in one line of at most `chars_max` characters, cut between words.
#[must_use]
pub fn short(text: &str, chars_max: usize) -> String {
    let text = page::clean(text);
    let mut short = String::new();
    let mut length = 0;
    for word in text.split_whitespace() {
        let width = word.chars().count() + usize::from(length > 0);
        if length + width > chars_max {
            if length == 0 {
                short.extend(word.chars().take(chars_max.saturating_sub(1)));
            }
            short.push('…');
            break;
        }
        if length > 0 {
            short.push(' ');
        }
        short.push_str(word);
        length += width;
    }
    short
}
