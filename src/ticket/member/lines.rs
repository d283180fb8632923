//! Lines of an answer to a digest: the number or the keyword first, a marker or none.
//!
//! Whatever begins with a number is for that ticket, whatever does not is nobody's. Deliberately
//! absent: who may do what, and what comes of it (`worklist`).

use crate::desk::Desk;
use crate::mail::quote::{Part, Reply};
use crate::ticket::command::fold::Word;
use crate::ticket::command::read::{Place, excerpt, shorten, spoken};
use crate::ticket::command::{
    self, Argument, Family, Keyword, Reader, away, fold, register, site, train, undo, watch,
};
use crate::ticket::event::MailEvent;
use crate::ticket::member::task::Task;
use crate::ticket::quarantine;
use crate::types::{Locale, TicketId};

/// A line this long was broken by a mail program: the next one goes on.
const WRAPPED_CHARS: usize = 60;
/// Tickets that one answer may work on.
const TICKETS_MAX: usize = 60;

/// What the lines stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// An answer to a digest: a line of other words is a person's.
    Digest,
    /// A mail to the control address: every line is a command, until one that says thanks.
    Control,
}

/// Words that end a list of commands.
const ENDS: [&str; 10] = [
    "thanks",
    "thank you",
    "thx",
    "quit",
    "stop",
    "danke",
    "vielen dank",
    "ende",
    "kiitos",
    "tack",
];

fn is_end(text: &str) -> bool {
    let line = text.trim().trim_end_matches(['.', '!', ',']).to_lowercase();
    line.starts_with("--") || ENDS.contains(&line.as_str())
}

/// A line of the answer.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of a line")]
pub(crate) struct Item {
    /// The tickets it is for; none for words that stand alone.
    pub(crate) tickets: Vec<TicketId>,
    /// As it was written, shortened.
    pub(crate) written: String,
    /// Without a keyword: nothing, or what may have been meant.
    pub(crate) keyword: Result<&'static Keyword, Option<&'static Keyword>>,
    /// What stands behind it.
    pub(crate) argument: String,
    words: Vec<Place>,
    is_answer: bool,
    /// Whether it is only tried.
    pub(crate) tried: bool,
    /// The one word that it says instead of a keyword.
    pub(crate) word: Option<Word>,
    /// Whether its last line was probably broken by a mail program.
    wraps: bool,
}

/// The lines for tickets, and those for none.
pub(crate) fn read(
    desk: &Desk,
    reply: &Reply<'_>,
    locale: Locale,
    list: List,
) -> (Vec<Item>, Vec<String>) {
    let mut items: Vec<Item> = Vec::new();
    let mut rest = Vec::new();
    let mut tickets = 0;
    for (at, line) in reply.lines.iter().enumerate() {
        if !line.part.is_shown() || line.text.trim().is_empty() {
            continue;
        }
        let is_forwarded = line.part == Part::Forwarded;
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let wraps = line.text.chars().count() >= WRAPPED_CHARS;
        let is_control = list == List::Control;
        if is_control && is_end(line.text) {
            break;
        }
        if is_control && line.text.trim_start().starts_with('#') {
            continue;
        }
        let is_word = fold::is_more(line.text) || fold::one_word(line.text, "").is_some();
        let is_none = is_word && !is_control;
        let is_sentence =
            is_control && command::find(first_word(line.text).0, Reader::Member).is_none();
        let is_rest = items.last().is_some_and(|item| item.is_charged(at))
            && command::find(first_word(unmarked(line.text)).0, Reader::Member).is_none();
        let item = match away::stated(line.text).filter(|_| is_sentence) {
            _ if is_rest => None,
            Some(argument) => away_of(line.text, argument),
            None if is_none => None,
            None => item_of(desk, locale, (at, line.text), list),
        };
        if is_forwarded {
            let is_named = item.is_some_and(|item| item.keyword.is_ok());
            rest.extend(is_named.then(|| shorten(line.text)));
        } else if let Some(item) = item {
            tickets += item.tickets.len();
            if tickets > TICKETS_MAX {
                break;
            }
            items.push(Item { wraps, ..item });
        } else if let Some(item) = items.last_mut().filter(|item| is_rest || item.goes_on(at)) {
            item.words.push((at, 0));
            item.wraps = wraps;
            item.argue(line.text);
        } else {
            rest.push(shorten(line.text));
        }
    }
    (items, rest)
}

/// A line without the sign of a list and the marker.
fn unmarked(text: &str) -> &str {
    let rest = text.trim_start().trim_start_matches(['-', '*', '\u{2022}']).trim_start();
    rest.strip_prefix(['!', '\u{ff01}']).unwrap_or(rest).trim_start()
}

/// A sentence that says until when its author is away.
fn away_of(text: &str, argument: String) -> Option<Item> {
    let keyword = command::find(away::AWAY, Reader::Member)?;
    Some(Item {
        tickets: Vec::new(),
        written: shorten(text),
        keyword: Ok(keyword),
        argument,
        words: Vec::new(),
        is_answer: false,
        tried: false,
        word: None,
        wraps: false,
    })
}

fn item_of(desk: &Desk, locale: Locale, (at, text): (u32, &str), list: List) -> Option<Item> {
    let rest = text.trim_start().trim_start_matches(['-', '*', '\u{2022}']).trim_start();
    let unmarked = rest.strip_prefix(['!', '\u{ff01}']);
    if let Some(turned) = turned(unmarked.unwrap_or(rest).trim_start()) {
        let item = item_of(desk, locale, (at, &turned), list)?;
        return Some(Item { written: shorten(text), ..item });
    }
    let (start, tried_first) = untried(unmarked.unwrap_or(rest).trim_start());
    let (mut tickets, behind) = numbers(start, TICKETS_MAX);
    let (mut behind, tried_then) = untried(behind);
    let mut found = None;
    if tickets.is_empty() {
        let (word, rest) = first_word(start);
        let keyword = command::find(word, Reader::Member);
        // "merge 17 12": the others are what it says of the first.
        let most = match keyword.map(|keyword| keyword.argument) {
            Some(Argument::Tickets) => 1,
            Some(Argument::Absence) => 0,
            _ => TICKETS_MAX,
        };
        let (named, after) = numbers(rest.trim_start(), most);
        let stands_alone = keyword.is_some_and(|keyword| {
            (keyword.family == Family::Site && site::is_meant(desk, rest))
                || matches!(
                    keyword.name,
                    "help"
                        | "notify"
                        | undo::UNDO
                        | watch::LIST
                        | register::REGISTER
                        | away::AWAY
                        | away::BACK
                        | train::PRACTICE
                )
        });
        let is_command = list == List::Control || unmarked.is_some();
        if !is_command && (keyword.is_none() || (named.is_empty() && !stands_alone)) {
            return None;
        }
        tickets = named;
        behind = if tickets.is_empty() { rest } else { after };
        found =
            Some((keyword.ok_or_else(|| command::nearest(word, Reader::Member, locale)), behind));
    }
    let word = fold::one_word(behind, "").filter(|_| !tickets.is_empty());
    let (keyword, argument) = found.unwrap_or_else(|| keyword_of(desk, locale, behind));
    let argument = argument.trim_start();
    let words = argument.trim_start_matches([':', '\u{ff1a}']);
    let has_colon = words.len() < argument.len();
    let words = words.trim_start();
    let meant = keyword.as_ref().map_or_else(|near| *near, |keyword| Some(*keyword));
    let takes = meant.map(|keyword| keyword.argument);
    let is_words = matches!(
        takes,
        Some(Argument::Reason | Argument::Words | Argument::Because | Argument::Charge)
    ) && !words.is_empty();
    let cut = text.get(..text.len() - words.len()).map_or(0, |start| start.chars().count());
    let place = (at, u32::try_from(cut).unwrap_or(u32::MAX));
    Some(Item {
        tickets,
        written: shorten(text),
        keyword,
        argument: meant.map_or_else(String::new, |one| spoken(one, words.trim_end(), has_colon)),
        words: if is_words { vec![place] } else { Vec::new() },
        is_answer: is_words && has_colon && takes == Some(Argument::Reason),
        tried: tried_first || tried_then,
        word: word.filter(|_| keyword.is_err()),
        wraps: false,
    })
}

/// A line that begins with the name of a message that lies aside, its keyword first.
fn turned(text: &str) -> Option<String> {
    let (name, behind) = first_word(text);
    quarantine::named(name)?;
    let (word, rest) = first_word(behind.trim_start_matches([':', ',', ' ']));
    let keyword = command::find(word, Reader::Member)?;
    (keyword.family == Family::Site).then(|| format!("{word} {name}{rest}"))
}

/// The rest of a line behind the keyword that tries it out, and whether that stood there.
fn untried(text: &str) -> (&str, bool) {
    let bare = text.trim_start_matches([':', '.', ' ']);
    let (word, rest) = first_word(bare);
    let is_tried = !word.is_empty() && !rest.trim().is_empty() && undo::is_try(word);
    let rest = rest.trim_start();
    let rest = rest.strip_prefix(['!', '\u{ff01}']).unwrap_or(rest);
    if is_tried { (rest.trim_start(), true) } else { (text, false) }
}

/// The keyword behind the numbers and its argument: by a phrase, by its name, or a queue's name.
fn keyword_of<'a>(
    desk: &Desk,
    locale: Locale,
    behind: &'a str,
) -> (Result<&'static Keyword, Option<&'static Keyword>>, &'a str) {
    let behind = behind.trim_start_matches([':', '.', ')', ',', '-', '\u{2013}', ' ']);
    let behind = behind.strip_prefix(['!', '\u{ff01}']).unwrap_or(behind).trim_start();
    let (core, _) = fold::core(behind, "");
    let phrase = command::find_plain(&core, Reader::Member);
    if let Some(keyword) = phrase.filter(|_| !behind.contains('?')) {
        return (Ok(keyword), "");
    }
    let (word, rest) = first_word(behind);
    if let Some(keyword) = command::find(word, Reader::Member) {
        let is_queue = keyword.argument == Argument::Queue;
        let (name, _) = first_word(rest.trim_start());
        let is_short = is_queue && command::queue_of(desk, name).is_ok();
        return (Ok(keyword), if is_short { name } else { rest });
    }
    let move_to = command::keywords().find(|keyword| keyword.argument == Argument::Queue);
    if let Some(keyword) = move_to.filter(|_| command::queue_of(desk, word).is_ok()) {
        return (Ok(keyword), word);
    }
    (Err(command::nearest(word, Reader::Member, locale)), rest)
}

fn first_word(text: &str) -> (&str, &str) {
    let is_part = |c: char| {
        c.is_alphanumeric() || matches!(c, '-' | '_') || ('\u{300}'..='\u{36f}').contains(&c)
    };
    let end = text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// So many ticket numbers at most at the begin of a line: `17`, `#17`, `20 und 21`, `1, 2 & 3`.
fn numbers(text: &str, most: usize) -> (Vec<TicketId>, &str) {
    let mut tickets = Vec::new();
    let mut rest = text;
    let mut next = text;
    while tickets.len() < most {
        let digits = next.strip_prefix('#').unwrap_or(next);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let Some((number, behind)) = digits.split_at_checked(end) else { break };
        let Ok(number) = number.parse() else { break };
        tickets.push(TicketId(number));
        rest = behind;
        let trimmed = behind.trim_start_matches([' ', ',', '&', '+', '/', ';']);
        let (word, after) = first_word(trimmed);
        let is_and =
            ["und", "and", "ja", "och", "sekä", "u"].contains(&word.to_lowercase().as_str());
        next = if is_and { after.trim_start() } else { trimmed };
    }
    (tickets, rest)
}

impl Item {
    /// Whether it is a charge, and the line at `at` is the next: its reason goes on up to a blank
    /// one, however short the lines are.
    fn is_charged(&self, at: u32) -> bool {
        let is_charge = |keyword: &Keyword| keyword.argument == Argument::Charge;
        let last = self.words.last().map(|(last, _)| *last);
        self.keyword.is_ok_and(is_charge) && last.is_some_and(|last| last.saturating_add(1) == at)
    }

    /// What a charge says goes on.
    fn argue(&mut self, text: &str) {
        let is_charge = |keyword: &Keyword| keyword.argument == Argument::Charge;
        if self.keyword.is_ok_and(is_charge) {
            self.argument = format!("{} {}", self.argument, text.trim());
        }
    }

    /// Whether the line at `at` goes on with the words of this one.
    fn goes_on(&self, at: u32) -> bool {
        let last = self.words.last().map(|(last, _)| *last);
        self.wraps && last.is_some_and(|last| last.saturating_add(1) == at)
    }

    /// What is to be done, on each ticket; nothing without a keyword.
    pub(crate) fn tasks(&self, mail: &MailEvent) -> Vec<Task> {
        let Ok(keyword) = self.keyword else { return Vec::new() };
        self.tickets.iter().map(|id| self.task(keyword, *id, mail)).collect()
    }

    /// The same line with this keyword, on one ticket.
    pub(crate) fn task(&self, keyword: &'static Keyword, id: TicketId, mail: &MailEvent) -> Task {
        let words = (!self.words.is_empty()).then(|| excerpt(mail.position, &self.words));
        Task {
            ticket: Some(id),
            keyword,
            argument: self.argument.clone(),
            written: self.written.clone(),
            words,
            quotes: None,
            is_answer: self.is_answer,
            tried: self.tried,
        }
    }
}
