//! Keyword lines in a text: which there are, which words belong to them, which words are left.
//!
//! Only the author's new lines count; a keyword elsewhere is named and not obeyed (failure 12).
//! Deliberately absent: rights, tickets, what a keyword does.

use crate::desk::Person;
use crate::mail::quote::{Part, Reply};
use crate::ticket::command::{self, Argument, Keyword};
use crate::ticket::matter::Excerpt;
use crate::types::{Locale, Position, TicketId};

/// Characters of a line that are shown in a result.
const SHOWN_MAX: usize = 60;

/// For whom keywords are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody who serves a queue: a marker without a known word is asked about.
    Member,
    /// Who asked: whatever is no keyword of his is text.
    Requestor,
}

/// A line of a text and how many of its characters are left out at the begin.
pub type Place = (u32, u32);

/// What a marked line is.
#[derive(Debug, Clone)]
pub enum What {
    /// A keyword and what stands behind it.
    Known(&'static Keyword, String),
    /// Not understood: what may have been meant, with what stands behind it.
    Unknown(Option<&'static Keyword>, String),
    /// A keyword where none counts: in a signature, a quote, an old or forwarded message.
    NotCounted,
}

/// A marked line.
#[derive(Debug, Clone)]
pub struct Line {
    /// The ticket it names.
    pub ticket: Option<TicketId>,
    /// As it was written, shortened.
    pub written: String,
    /// Where it stands.
    pub at: u32,
    /// What it is.
    pub what: What,
    /// The words that belong to it.
    pub words: Vec<Place>,
    /// Whether those words go to the requestor: a colon stands before them.
    pub is_answer: bool,
    /// Whether it is only tried.
    pub tried: bool,
}

impl Line {
    /// A charge goes on with the next lines, up to a blank one.
    fn go_on(&mut self, text: &str) {
        if let What::Known(keyword, argument) = &mut self.what
            && keyword.argument == Argument::Charge
            && !argument.ends_with('\n')
        {
            let text = text.trim();
            argument.push_str(if text.is_empty() { "\n" } else { " " });
            argument.push_str(text);
        }
    }

    /// Whether what is quoted above it belongs to it.
    fn takes_part(&self) -> bool {
        matches!(&self.what, What::Known(keyword, _) if keyword.argument == Argument::Part)
    }
}

/// A text, read for keywords.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The marked lines in order.
    pub lines: Vec<Line>,
    /// All other new words, with the answers of lines that name no other ticket.
    pub words: Vec<Place>,
}

impl Reading {
    /// Whether any marked line stood there, counted or not.
    #[must_use]
    pub const fn has_marker(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Leaves out keywords that do not count and that stood in our own notice: its reader quoted
    /// them and wrote none.
    pub fn forget(&mut self, ours: &str) {
        let ours: Vec<String> = ours.lines().map(|line| shorten(unquoted(line))).collect();
        let is_ours =
            |line: &Line| matches!(line.what, What::NotCounted) && ours.contains(&line.written);
        self.lines.retain(|line| !is_ours(line));
    }
}

/// Who reads, as far as reading depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Eyes<'a> {
    /// For whom.
    pub reader: Reader,
    /// In which language the nearest word is looked for first.
    pub locale: Locale,
    /// Who wrote, where the pseudo-headers of Request Tracker are understood.
    pub pseudo: Option<&'a Person>,
}

/// Reads the new lines of a reply.
#[must_use]
pub fn read(reply: &Reply<'_>, eyes: &Eyes<'_>) -> Reading {
    let mut reading = Reading::default();
    let block = eyes.pseudo.map_or(0..0, |person| pseudo(reply, person, &mut reading));
    let mut inside: Option<usize> = None;
    for (at, line) in reply.lines.iter().enumerate() {
        if block.contains(&at) {
            continue;
        }
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        if line.part == Part::New {
            let count = reading.lines.len();
            new_line(&mut reading, &mut inside, at, line.text, eyes);
            if let Some(new) = reading.lines.get_mut(count).filter(|new| new.takes_part()) {
                new.words = quoted_above(reply, at);
            }
            continue;
        }
        if line.part == Part::Forwarded {
            words_of(&mut reading, inside).push((at, 0));
        }
        reading.lines.extend(not_counted(at, line.text, eyes));
    }
    reading
}

/// The quoted lines right above a line, blank ones between aside.
fn quoted_above(reply: &Reply<'_>, at: u32) -> Vec<Place> {
    let above = usize::try_from(at).unwrap_or(usize::MAX);
    let mut places = Vec::new();
    for (place, line) in reply.lines.iter().enumerate().take(above).rev() {
        let is_blank = unquoted(line.text).trim().is_empty();
        if line.part != Part::Quoted && !(is_blank && line.part == Part::New) {
            break;
        }
        if line.part == Part::Quoted {
            let mark = line.text.len() - unquoted(line.text).len();
            let mark = line.text.get(..mark).map_or(0, |mark| mark.chars().count());
            let place = u32::try_from(place).unwrap_or(u32::MAX);
            places.push((place, u32::try_from(mark).unwrap_or(0)));
        }
    }
    places.reverse();
    places
}

/// A keyword of members that stands where none counts.
fn not_counted(at: u32, text: &str, eyes: &Eyes<'_>) -> Option<Line> {
    let text = unquoted(text);
    let marked = marked(text, eyes.reader).filter(|_| eyes.reader == Reader::Member)?;
    command::find(marked.word, eyes.reader)?;
    Some(Line {
        ticket: marked.ticket,
        written: shorten(text),
        at,
        what: What::NotCounted,
        words: Vec::new(),
        is_answer: false,
        tried: false,
    })
}

/// Where words go: to the comment that began above, or to all other words.
fn words_of(reading: &mut Reading, inside: Option<usize>) -> &mut Vec<Place> {
    let Reading { lines, words } = reading;
    inside.and_then(|place| lines.get_mut(place)).map_or(words, |line| &mut line.words)
}

fn new_line(
    reading: &mut Reading,
    inside: &mut Option<usize>,
    at: u32,
    text: &str,
    eyes: &Eyes<'_>,
) {
    let marked = marked(text, eyes.reader);
    let known = marked.map(|marked| (command::find(marked.word, eyes.reader), marked));
    let is_text = match &known {
        None => true,
        Some((None, _)) => eyes.reader == Reader::Requestor || inside.is_some(),
        Some((Some(_), _)) => false,
    };
    let Some((keyword, marked)) = known.filter(|_| !is_text) else {
        if let Some(line) = inside.and_then(|place| reading.lines.get_mut(place)) {
            line.go_on(text);
        }
        words_of(reading, *inside).push((at, 0));
        return;
    };
    let Some(keyword) = keyword else {
        let near = command::nearest(marked.word, eyes.reader, eyes.locale);
        let what = What::Unknown(near, marked.argument.to_owned());
        let meant = near.map(|near| line_of(near, &marked, at));
        let is_answer = meant.as_ref().is_some_and(|line| line.is_answer);
        let words = meant.map(|line| line.words).unwrap_or_default();
        let (written, ticket, tried) = (shorten(text), marked.ticket, marked.tried);
        reading.lines.push(Line { ticket, written, at, what, words, is_answer, tried });
        return;
    };
    let mut line = line_of(keyword, &marked, at);
    line.written = shorten(text);
    if line.is_answer && line.ticket.is_none() {
        reading.words.push((at, marked.cut));
    }
    if matches!(keyword.argument, Argument::Words | Argument::Because | Argument::Charge) {
        *inside = Some(reading.lines.len());
    }
    reading.lines.push(line);
}

fn line_of(keyword: &'static Keyword, marked: &Marked<'_>, at: u32) -> Line {
    let takes_words = matches!(
        keyword.argument,
        Argument::Reason | Argument::Words | Argument::Because | Argument::Charge
    );
    let alone = number(marked.argument).filter(|_| {
        !matches!(
            keyword.argument,
            Argument::Words
                | Argument::Title
                | Argument::Query
                | Argument::Tickets
                | Argument::Level
                | Argument::Absence
                | Argument::Charge
        )
    });
    let ticket = marked.ticket.or(alone);
    let argument = if marked.ticket.is_none() && alone.is_some() { "" } else { marked.argument };
    let words = if takes_words && !argument.is_empty() { vec![(at, marked.cut)] } else { vec![] };
    let is_answer =
        keyword.argument == Argument::Reason && marked.has_colon && !argument.is_empty();
    let argument = if takes_words { argument } else { argument.trim_end_matches('.') };
    let argument = spoken(keyword, argument, marked.has_colon);
    let what = What::Known(keyword, argument);
    let written = String::new();
    Line { ticket, written, at, what, words, is_answer, tried: marked.tried }
}

/// An argument as its keyword reads it: whom a charge is about stands before its colon, or nobody.
#[must_use]
pub(crate) fn spoken(keyword: &Keyword, argument: &str, has_colon: bool) -> String {
    let is_unnamed = keyword.argument == Argument::Charge && has_colon;
    if is_unnamed { format!(": {argument}") } else { argument.to_owned() }
}

/// Reads a kept line again, such as `!17 close`.
#[must_use]
pub fn kept(text: &str) -> Option<Line> {
    let marked = marked(text, Reader::Member)?;
    let keyword = command::find(marked.word, Reader::Member)?;
    let mut line = line_of(keyword, &marked, 0);
    line.written = shorten(text);
    line.words.clear();
    Some(line)
}

/// A marked line taken apart.
#[derive(Debug)]
struct Marked<'a> {
    ticket: Option<TicketId>,
    word: &'a str,
    argument: &'a str,
    has_colon: bool,
    /// Characters before the argument.
    cut: u32,
    /// Whether it is only tried.
    tried: bool,
}

/// The marker, perhaps a number, a letter: everything else is text. What a line tries stands
/// behind the keyword for that.
fn marked(text: &str, reader: Reader) -> Option<Marked<'_>> {
    let rest = text.trim_start().strip_prefix(['!', '\u{ff01}'])?;
    let first = piece(text, rest)?;
    if reader != Reader::Member || !command::undo::is_try(first.word) {
        return Some(first);
    }
    let rest = first.argument.strip_prefix(['!', '\u{ff01}']).unwrap_or(first.argument);
    Some(match piece(text, rest) {
        Some(inner) => Marked { ticket: inner.ticket.or(first.ticket), tried: true, ..inner },
        None => Marked { tried: true, ..first },
    })
}

/// A number, if one stands there, a word, and what stands behind it; `rest` is the end of `text`.
fn piece<'a>(text: &'a str, rest: &'a str) -> Option<Marked<'a>> {
    let rest = rest.trim_start();
    let (ticket, rest) = match rest.strip_prefix('#').unwrap_or(rest) {
        numbered if numbered.starts_with(|c: char| c.is_ascii_digit()) => {
            let end = numbered.find(|c: char| !c.is_ascii_digit())?;
            let (digits, behind) = numbered.split_at_checked(end)?;
            (
                Some(TicketId(digits.parse().ok()?)),
                behind.trim_start_matches([':', '.']).trim_start(),
            )
        }
        _ => (None, rest),
    };
    if !rest.starts_with(char::is_alphabetic) {
        return None;
    }
    let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    let (word, behind) = rest.split_at_checked(end)?;
    let argument = behind.trim_start().trim_start_matches(['.', ',']).trim_start();
    let unmarked = argument.trim_start_matches([':', '\u{ff1a}']);
    let has_colon = unmarked.len() < argument.len();
    let argument = unmarked.trim_start();
    let before = text.trim_end().len().saturating_sub(argument.trim_end().len());
    let cut = text.get(..before).map_or(0, |start| start.chars().count());
    let cut = u32::try_from(cut).unwrap_or(u32::MAX);
    let argument = argument.trim_end();
    Some(Marked { ticket, word, argument, has_colon, cut, tried: false })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || ('\u{300}'..='\u{36f}').contains(&c)
}

/// A ticket's number standing alone.
fn number(text: &str) -> Option<TicketId> {
    let text = text.trim().trim_end_matches('.');
    let digits = text.strip_prefix('#').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    is_number.then(|| digits.parse().ok().map(TicketId)).flatten()
}

fn unquoted(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '\u{ff1e}'))
}

/// A line as a result shows it.
#[must_use]
pub fn shorten(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let mut short: String = text.chars().take(SHOWN_MAX).collect();
    if short.len() < text.len() {
        short.push_str("..");
    }
    short
}

/// An excerpt of these places of a message.
#[must_use]
pub fn excerpt(message: Position, places: &[Place]) -> Excerpt {
    let mut places = places.to_vec();
    places.sort_unstable();
    let mut excerpt = Excerpt { message, lines: Vec::new(), cuts: Vec::new() };
    for (at, cut) in places {
        match excerpt.lines.last_mut() {
            Some((_, end)) if *end == at => *end += 1,
            Some((_, end)) if *end > at => {}
            _ => excerpt.lines.push((at, at.saturating_add(1))),
        }
        if cut > 0 {
            excerpt.cuts.push((at, cut));
        }
    }
    excerpt
}

/// Request Tracker's pseudo-headers: the first block, if every line of it is one. Says which lines
/// they are.
fn pseudo(reply: &Reply<'_>, person: &Person, reading: &mut Reading) -> std::ops::Range<usize> {
    let is_blank = |line: &crate::mail::quote::Line<'_>| line.text.trim().is_empty();
    let Some(from) = reply.lines.iter().position(|line| !is_blank(line)) else { return 0..0 };
    let block: Vec<_> = reply.lines.iter().skip(from).take_while(|line| !is_blank(line)).collect();
    let mut lines = Vec::new();
    for (offset, line) in block.iter().enumerate() {
        let at = u32::try_from(from + offset).unwrap_or(u32::MAX);
        let read = (line.part == Part::New).then(|| pseudo_line(line.text, person)).flatten();
        let Some(what) = read else { return 0..0 };
        let written = shorten(line.text);
        let words = Vec::new();
        let line = Line { ticket: None, written, at, what, words, is_answer: false, tried: false };
        lines.push(line);
    }
    reading.lines.extend(lines);
    from..from + block.len()
}

fn pseudo_line(text: &str, person: &Person) -> Option<What> {
    let (name, value) = text.split_once(':')?;
    let value = value.trim();
    let word = match name.trim().to_lowercase().as_str() {
        "status" => match value.to_lowercase().as_str() {
            "resolved" | "closed" => "close",
            "open" | "new" => "reopen",
            "rejected" | "deleted" | "spam" => "spam",
            "stalled" => "wait",
            _ => "",
        },
        "owner" => {
            if is_named(person, value) {
                "take"
            } else {
                "assign"
            }
        }
        "due" => "due",
        "addadmincc" if is_named(person, value) => "watch",
        "deladmincc" if is_named(person, value) => "unwatch",
        "queue" => "move",
        "addcc" | "cc" => "cc",
        "subject" => "retitle",
        "priority" => "priority",
        "refersto" | "referredtoby" | "dependson" | "dependedonby" | "memberof" | "hasmember" => {
            "link"
        }
        "mergeinto" => "merge",
        "addadmincc" | "deladmincc" | "timeworked" | "delcc" | "addrequestor" => "",
        _ => return None,
    };
    let keyword = command::keywords().find(|keyword| keyword.name == word);
    Some(match keyword {
        Some(keyword) => {
            let takes = matches!(
                keyword.argument,
                Argument::Queue
                    | Argument::Address
                    | Argument::Title
                    | Argument::Person
                    | Argument::Day
                    | Argument::Level
                    | Argument::Tickets
            );
            What::Known(keyword, if takes { value.to_owned() } else { String::new() })
        }
        None => What::Unknown(None, value.to_owned()),
    })
}

/// Whether a value names the person, by id, name or address.
fn is_named(person: &Person, value: &str) -> bool {
    let value = value.to_lowercase();
    value == person.id.as_str().to_lowercase()
        || value == person.name.to_lowercase()
        || person.addresses.iter().any(|address| address.folded() == value)
}
