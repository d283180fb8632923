//! Facts of a request, read from what people write.
//!
//! `Label: value` in any order and language (`label`), in bullets and tables (`table`), behind
//! and below our own labels inside a quoted question; files; a plain answer where one fact is
//! open; free words where they are clear (`prose`). What does not do is kept for the question
//! about it. Deliberately absent: the contents of attachments, which are known by name only.

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType, Need, Procedure};
use crate::mail::Message;
use crate::mail::quote::{self, Part, Reply};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label::{self, Said};
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::value::{self, Reading, understand};
use crate::ticket::procedure::{paper, proofs, prose, stance, table};
use crate::types::{Locale, PersonId};

/// Words of somebody who wants what another has.
const LIKEWISE: [&str; 12] = [
    "auch",
    "ebenfalls",
    "ebenso",
    "genauso",
    "same",
    "too",
    "also",
    "likewise",
    "myoes",
    "samoin",
    "ocksa",
    "likadant",
];
/// Lines of so many characters or more were cut by a program.
const WIDE: usize = 45;

/// A fact that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub name: String,
    /// What, for a reader.
    pub value: String,
    /// Whom of the register it names.
    pub person: Option<PersonId>,
    /// Whether the value does; else it is asked about and not taken.
    pub is_fit: bool,
}

/// Reads what `message` says about a request; `answered` is the text of ours that it answers.
#[must_use]
pub fn read(
    request: &Request,
    register: &Register,
    message: &Message,
    answered: Option<&str>,
) -> Vec<Found> {
    let reply = quote::split_message(message, answered);
    let entries = Entries::of(request, &reply, answered.is_some());
    let mut found: Vec<Found> = Vec::new();
    let mut names: Vec<&str> = entries.own.iter().map(|entry| entry.fact.name.as_str()).collect();
    names.dedup();
    for name in names {
        if !found.iter().any(|known| known.name == name) {
            found.extend(settled(&entries.own, name, register));
        }
    }
    let is_open =
        |fact: &Fact| is_asked(request, &fact.name) && !request.facts.contains_key(&fact.name);
    for entry in entries.filled_in.iter().filter(|entry| is_open(entry.fact)) {
        if !found.iter().any(|known| known.name == entry.fact.name) {
            found.extend(understood(entry.fact, register, &entry.value));
        }
    }
    for (fact, value) in paper::files(request, message, &entries.words) {
        if !found.iter().any(|known| known.name == fact.name && known.is_fit) {
            found.push(fit(fact, value));
        }
    }
    if found.is_empty() && !entries.has_labels() {
        found.extend(plain_answer(request, register, message, &reply));
    }
    for prose::Told { fact, value, corrects } in prose::read(request, register, &entries.words) {
        let is_new = corrects || !request.facts.contains_key(&fact.name);
        if is_new && !found.iter().any(|known| known.name == fact.name) {
            found.push(fit(fact, value));
        }
    }
    found
}

fn fit(fact: &Fact, value: String) -> Found {
    Found { name: fact.name.clone(), value, person: None, is_fit: true }
}

fn is_asked(request: &Request, name: &String) -> bool {
    request.asked.as_ref().is_some_and(|(asked, _)| asked.contains(name))
}

fn understood(fact: &Fact, register: &Register, value: &str) -> Option<Found> {
    let (value, person, is_fit) = match understand(fact, register, value) {
        Reading::Nothing => return None,
        Reading::Fit(value, person) => (value, person, true),
        Reading::Unfit(value) => (value, None, false),
    };
    Some(Found { name: fact.name.clone(), value, person, is_fit })
}

/// What a mail says about one fact: the last correction, else the only value. Two that differ
/// are asked about.
fn settled(entries: &[Entry<'_>], name: &str, register: &Register) -> Option<Found> {
    let of_fact = || entries.iter().filter(|entry| entry.fact.name == name);
    let read = |entry: &Entry<'_>| {
        understood(entry.fact, register, &entry.value).filter(|found| found.is_fit || entry.is_sure)
    };
    if let Some(found) = of_fact().rev().filter(|entry| entry.corrects).find_map(read) {
        return Some(found);
    }
    let kind = of_fact().next()?.fact.kind;
    let mut values: Vec<Found> = of_fact().filter_map(read).collect();
    values.dedup();
    let mut values = values.into_iter();
    let mut first = values.next()?;
    for other in values.filter(|_| kind != FactType::Text) {
        if kind == FactType::Queues {
            first.value = format!("{}, {}", first.value, other.value);
            first.is_fit &= other.is_fit;
        } else {
            first.value = format!("{} / {}", first.value, other.value);
            first.is_fit = false;
        }
    }
    Some(first)
}

/// A value behind a label.
struct Entry<'a> {
    fact: &'a Fact,
    value: String,
    corrects: bool,
    /// Whether the author's own label stands before it.
    is_sure: bool,
}

/// What the lines of a mail give.
#[derive(Default)]
struct Entries<'a> {
    own: Vec<Entry<'a>>,
    filled_in: Vec<Entry<'a>>,
    /// Own lines without a label.
    words: String,
    /// How many entries at the end of `own` may go on in the next line.
    open: usize,
    /// Whether the value of the last entry began below its label.
    is_below: bool,
    /// Characters of the longest line of that value, its label with it.
    width: usize,
}

impl<'a> Entries<'a> {
    fn of(request: &'a Request, reply: &Reply<'_>, is_answer: bool) -> Self {
        let procedure = &request.procedure;
        let mut entries = Self::default();
        let bare: Vec<&str> = reply.lines.iter().map(|line| without_marks(line.text)).collect();
        let is_own = |at: usize| {
            let quoted = |text: &str| text.trim_start().starts_with(['>', '\u{ff1e}']);
            reply.lines.get(at).is_some_and(|line| line.part == Part::New && !quoted(line.text))
        };
        let own: Vec<&str> = bare
            .iter()
            .enumerate()
            .map(|(at, line)| if is_own(at) { *line } else { "" })
            .take_while(|line| !table::is_forward(line))
            .collect();
        let (tabled, taken) = table::read(procedure, &own);
        for (fact, value) in tabled {
            entries.own.push(Entry { fact, value, corrects: false, is_sure: true });
        }
        for (at, line) in bare.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            let part = reply.lines.get(at).map_or(Part::History, |line| line.part);
            let is_old =
                matches!(part, Part::Quoted | Part::History) || (part == Part::New && !is_own(at));
            if at >= own.len() {
                break;
            }
            let said = label::said(procedure, line);
            let is_next = entries.is_waiting() && said.is_empty();
            if is_own(at) && is_next && is_bare_label(procedure, line) {
                // The next label is no value of the one above, whose cell is empty.
                entries.open = 0;
            } else if is_own(at) {
                entries.own_line(line, said);
            } else if is_old {
                entries.old_line(request, line, said, is_answer);
            } else {
                entries.open = 0;
            }
        }
        entries.own.retain(|entry| !entry.value.trim().is_empty());
        let forwarded = reply.lines.iter().position(|line| line.part == Part::Forwarded);
        let cut = || (own.len() < bare.len()).then_some(own.len());
        // What stands below a mail that answers nothing of ours is passed on with it.
        let below = || reply.lines.iter().position(|line| line.part == Part::History);
        let is_note = !is_answer && !wants_the_same(&entries.words);
        let first = forwarded.or_else(cut).or_else(|| below().filter(|_| is_note));
        if let Some(first) = first.filter(|_| !entries.has_labels()) {
            entries.passed_on(request, bare.get(first..).unwrap_or_default());
        }
        entries
    }

    /// What a mail that is passed on says: its labels are taken where nothing is known, because a
    /// person sends them and is shown what was understood. What only its author may say, a
    /// consent, is not.
    fn passed_on(&mut self, request: &'a Request, lines: &[&str]) {
        let mut inner = Self::default();
        let mut is_head = true;
        for line in lines {
            is_head &= !line.trim().is_empty() || inner.words.trim().is_empty();
            let is_field = is_head
                && line.split_once(':').is_some_and(|(name, _)| !name.trim().contains(' '))
                && label::said(&request.procedure, line).is_empty();
            if !is_field {
                inner.own_line(line, label::said(&request.procedure, line));
            }
        }
        let is_takable = |entry: &Entry<'_>| {
            let is_personal = matches!(entry.fact.kind, FactType::Consent | FactType::CoSignature);
            let is_filled = !entry.value.trim().is_empty();
            is_filled && !is_personal && !request.facts.contains_key(&entry.fact.name)
        };
        self.own.extend(inner.own.into_iter().filter(is_takable));
    }

    fn own_line(&mut self, line: &str, said: Vec<Said<'a>>) {
        if !said.is_empty() {
            let before = self.own.len();
            self.is_below = false;
            self.width = line.chars().count();
            self.words.push_str("\n\n");
            for one in said {
                self.push(one);
            }
            self.open = self.own.len() - before;
            return;
        }
        let goes_on = self.goes_on(line);
        if goes_on {
            self.extend(line);
        } else {
            self.open = 0;
            self.words.push_str(line);
            self.words.push('\n');
        }
    }

    /// A line of an old text: behind our label stands an answer, or below it.
    fn old_line(&mut self, request: &Request, line: &str, said: Vec<Said<'a>>, is_answer: bool) {
        let is_blank = line.trim().is_empty();
        if is_blank && self.own.last().is_some_and(|entry| !entry.is_sure && entry.value.is_empty())
        {
            return;
        }
        self.open = 0;
        for Said { facts, value, .. } in said {
            let ([fact], true) = (facts.as_slice(), is_answer || !value.is_empty()) else {
                continue;
            };
            if !value.is_empty() {
                self.filled_in.push(Entry { fact, value, corrects: false, is_sure: true });
            } else if is_asked(request, &fact.name) {
                self.own.push(Entry { fact, value, corrects: false, is_sure: false });
                self.open = 1;
            }
        }
    }

    fn push(&mut self, said: Said<'a>) {
        let Said { facts, value, corrects, is_shared } = said;
        if let [fact] = facts.as_slice() {
            self.own.push(Entry { fact, value, corrects, is_sure: true });
            return;
        }
        let values = table::distributed(&facts, &value, is_shared);
        for (fact, value) in facts.into_iter().zip(values) {
            self.own.push(Entry { fact, value, corrects, is_sure: true });
        }
    }

    /// Whether an own line without a label goes on what stands above it.
    fn goes_on(&self, line: &str) -> bool {
        let Some(entry) = self.own.last().filter(|_| self.open == 1) else { return false };
        let is_blank = line.trim().is_empty();
        if stance::is_closing(line) {
            return false;
        }
        let is_empty = entry.value.is_empty();
        if is_blank {
            return is_empty && !entry.is_sure;
        }
        let is_bullet = label::without_bullet(line).len() < line.trim().len();
        match entry.fact.kind {
            FactType::Text => self.wraps(entry, line) && !paper::speaks_of_attachment(line),
            FactType::Evidence => is_empty || paper::begins_minutes(&entry.value),
            FactType::Queues => {
                let is_short = line.split_whitespace().count() <= 2;
                is_empty
                    || is_bullet
                    || (self.is_below && is_short)
                    || entry.value.trim_end().ends_with([',', '+', '&'])
            }
            _ => is_empty,
        }
    }

    /// Whether a label stands above whose value has not come.
    fn is_waiting(&self) -> bool {
        self.open == 1 && self.own.last().is_some_and(|entry| entry.value.is_empty())
    }

    /// Whether a line can be the rest of a text above it: a program wraps long lines, a person who
    /// begins a sentence after a short one has begun something else.
    fn wraps(&self, entry: &Entry<'_>, line: &str) -> bool {
        let is_begun = line.trim_start().starts_with(char::is_uppercase);
        let ends_open = entry.value.trim_end().ends_with([',', ';', ':', '-', '(']);
        entry.value.is_empty() || self.is_below || !is_begun || ends_open || self.width >= WIDE
    }

    fn extend(&mut self, line: &str) {
        self.width = self.width.max(line.chars().count());
        let Some(entry) = self.own.last_mut() else { return };
        self.is_below |= entry.value.is_empty();
        let is_text = entry.fact.kind == FactType::Text;
        let line = if is_text { line.trim() } else { label::without_bullet(line) };
        if !entry.value.is_empty() && !line.is_empty() {
            entry.value.push(if is_text { ' ' } else { '\n' });
        }
        entry.value.push_str(line);
    }

    fn has_labels(&self) -> bool {
        self.own.iter().any(|entry| entry.is_sure)
    }
}

fn is_bare_label(procedure: &Procedure, line: &str) -> bool {
    !label::exact(procedure, &fold(label::without_bullet(line))).is_empty()
}

/// Whether somebody shows what another wrote because the same is wanted: then it is not passed on.
fn wants_the_same(words: &str) -> bool {
    let words = fold(words);
    words.split(' ').any(|word| LIKEWISE.contains(&word))
}

fn without_marks(text: &str) -> &str {
    let text = text.trim();
    text.trim_start_matches(['>', '\u{ff1e}', ' '])
}

/// The whole new text, where exactly one fact was asked for and is open.
fn plain_answer(
    request: &Request,
    register: &Register,
    message: &Message,
    reply: &Reply<'_>,
) -> Option<Found> {
    let (asked, _) = request.asked.as_ref()?;
    let wanted = wanted(request);
    let is_open = |name: &&String| wanted.iter().any(|fact| fact.name == **name);
    let mut open = asked.iter().filter(is_open);
    let (fact, None) = (request.procedure.fact(open.next()?)?, open.next()) else { return None };
    let words = stance::own_words(reply, message);
    if words.trim_end().ends_with('?') || crate::ticket::thanks::is_only_thanks(message) {
        return None;
    }
    let found = understood(fact, register, &words)?;
    let is_short = words.split_whitespace().count() <= 4;
    let is_fit = match fact.kind {
        FactType::Text => true,
        // Who is asked by us and not the other way round may say no.
        FactType::Consent => found.is_fit || (request.procedure.renews.is_some() && is_short),
        FactType::Person | FactType::CoSignature => found.person.is_some() || is_short,
        FactType::Unit | FactType::Role => found.is_fit || is_short,
        FactType::UserName | FactType::Queue | FactType::Queues => found.is_fit || is_short,
        _ => found.is_fit,
    };
    is_fit.then_some(found)
}

/// Required facts that are not known, or name nobody where somebody is needed.
#[must_use]
pub fn missing(request: &Request) -> Vec<&Fact> {
    let procedure = &request.procedure;
    let is_missing = |fact: &&Fact| {
        let is_known = request.facts.contains_key(&fact.name);
        let needs_person = procedure.applies_to(&fact.name);
        fact.need == Need::Required
            && (!is_known
                || proofs::is_lacking(request, fact)
                || (needs_person && !request.people.contains_key(&fact.name)))
    };
    procedure.facts.iter().filter(is_missing).collect()
}

/// What a question asks for: what is missing, and what is recommended and not known.
#[must_use]
pub fn wanted(request: &Request) -> Vec<&Fact> {
    let mut wanted = missing(request);
    let is_recommended =
        |fact: &&Fact| fact.need == Need::Recommended && !request.facts.contains_key(&fact.name);
    wanted.extend(request.procedure.facts.iter().filter(is_recommended));
    wanted
}

/// What a question says before the colon: the label, and the nearest names where one was given
/// that nobody has.
#[must_use]
pub fn question_label(
    request: &Request,
    register: &Register,
    fact: &Fact,
    locale: Locale,
) -> String {
    let label = fact.shown(locale);
    if let Some(given) = request.unfit.get(&fact.name) {
        let near = value::nearest_names(fact, register, given);
        return if near.is_empty() {
            label.to_owned()
        } else {
            format!("{label}, {}", near.join(" / "))
        };
    }
    let Some(given) = request.facts.get(&fact.name) else {
        return match proposal(request, register, fact) {
            Some(name) => format!("{label}, {} {name}", proposed(locale)),
            None => label.to_owned(),
        };
    };
    if !matches!(fact.kind, FactType::Person | FactType::Text) {
        return label.to_owned();
    }
    let Named::Nobody(near) = people::find(register, given) else { return label.to_owned() };
    let names: Vec<&str> =
        near.iter().filter_map(|id| Some(register.person(id)?.name.as_str())).collect();
    if names.is_empty() { label.to_owned() } else { format!("{label}, {}", names.join(" / ")) }
}

/// A name for a new queue that nobody named: the unit's, as queues are written.
fn proposal(request: &Request, register: &Register, fact: &Fact) -> Option<String> {
    let mut facts = request.procedure.facts.iter().filter(|_| fact.kind == FactType::QueueName);
    let unit = facts.find(|one| one.kind == FactType::Unit)?;
    match understand(fact, register, request.facts.get(&unit.name)?) {
        Reading::Fit(name, _) => Some(name),
        Reading::Nothing | Reading::Unfit(_) => None,
    }
}

const fn proposed(locale: Locale) -> &'static str {
    match locale {
        Locale::De => "Vorschlag",
        Locale::En => "for example",
        Locale::Fi => "ehdotus",
        Locale::Sv => "förslag",
    }
}
