//! What is new in an answer, and what is quoted, attributed, signed or old.
//!
//! Lines are sorted in this order: quote marks, our own text found again (`answered`), history
//! below header blocks (`history`), attribution lines (`attribution`), signatures (`signature`).
//! A forwarded message is what its sender wants to be read, so it is shown with the new text, and
//! is nobody's new words all the same: what it says asks for nothing.
//! Deliberately absent: HTML (`html` makes `>` of its quotes), keywords, subjects.

use crate::mail::answered::{Answered, Found, Match};
use crate::mail::{Message, attribution, history, signature, subject};

/// Lines that are sorted one by one; what lies below is one line of history.
const LINES_MAX: usize = 100_000;

/// Octets of what is broken off a quoted line.
const WRAPPED_BYTES_MAX: usize = 300;
/// Characters of a quoted line that was too long with its mark.
const FULL_MIN: usize = 70;

/// Characters of initials, or of a name in their place.
const INITIALS_MAX: usize = 16;
/// Octets of the line that names who is quoted.
const NAMING_BYTES_MAX: usize = 400;

/// What a line of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The author's own new words.
    New,
    /// Quoted from an earlier message, with a mark or recognized as ours.
    Quoted,
    /// "On .. wrote:", in any language, also over several lines.
    Attribution,
    /// The signature block, and "sent from my phone".
    Signature,
    /// Unmarked history below a header block such as Outlook's.
    History,
    /// A forwarded message: to be read, but not its sender's own words.
    Forwarded,
}

impl Part {
    /// Whether a reader wants to see it: new words, and what was forwarded with them.
    #[must_use]
    pub const fn is_shown(self) -> bool {
        matches!(self, Self::New | Self::Forwarded)
    }
}

/// One line of the text and what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<'a> {
    /// The line without its end; without its quote mark where a person filled in a quoted line.
    pub text: &'a str,
    /// What it is.
    pub part: Part,
}

impl Line<'_> {
    /// Whether nothing can be seen on the line.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        is_blank(self.text)
    }
}

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply<'a> {
    /// All lines in order.
    pub lines: Vec<Line<'a>>,
    /// Whether lines of the answered message were found: then no new text means no new text.
    knows_ours: bool,
}

impl Reply<'_> {
    /// The new text with what was forwarded below it, trimmed, one blank line where something was
    /// left out; the whole text if nothing else would remain, but not where the rest was
    /// recognized as our own.
    #[must_use]
    pub fn text(&self) -> String {
        let new = self.joined(Part::is_shown);
        if new.is_empty() && !self.knows_ours { self.joined(|_| true) } else { new }
    }

    /// The signature block, or empty.
    #[must_use]
    pub fn signature(&self) -> String {
        self.joined(|part| part == Part::Signature)
    }

    /// The new text; below each quoted line that somebody answered, the answer. Where no answer
    /// stands below a quote, this is [`Reply::text`].
    #[must_use]
    pub fn in_context(&self) -> String {
        let last = self.lines.iter().rposition(|line| line.part == Part::New && !line.is_blank());
        let is_quoted = |line: &Line<'_>| line.part == Part::Quoted && !line.is_blank();
        let answers = |at: usize| {
            let below = self.lines.get(at + 1..).unwrap_or_default();
            let next = below.iter().find(|line| !line.is_blank());
            next.is_some_and(|line| line.part == Part::New)
        };
        let mut is_wanted = vec![false; self.lines.len()];
        for (at, line) in self.lines.iter().enumerate().take(last.unwrap_or_default()) {
            if !is_quoted(line) || !answers(at) {
                continue;
            }
            let above = is_wanted.get_mut(..=at).unwrap_or_default().iter_mut().rev();
            for (wanted, line) in above.zip(self.lines.get(..=at).unwrap_or_default().iter().rev())
            {
                let is_asked = is_quoted(line) && !without_marks(line.text).is_empty();
                if !is_asked || *wanted {
                    break;
                }
                *wanted = true;
            }
        }
        let lines = self.lines.iter().zip(is_wanted);
        joined(lines.map(|(line, is_wanted)| (line, is_wanted || line.part.is_shown())))
    }

    fn joined(&self, is_wanted: impl Fn(Part) -> bool) -> String {
        joined(self.lines.iter().map(|line| (line, is_wanted(line.part))))
    }
}

/// The wanted lines: blank ones between them as they stand, one where something was left out.
fn joined<'l>(lines: impl Iterator<Item = (&'l Line<'l>, bool)>) -> String {
    let mut text = String::new();
    let mut gap = 0;
    let mut is_cut = false;
    for (line, is_wanted) in lines {
        if line.is_blank() {
            gap += 1;
            continue;
        }
        if !is_wanted {
            is_cut = true;
            continue;
        }
        if !text.is_empty() {
            text.push('\n');
            text.extend(std::iter::repeat_n('\n', if is_cut { gap.min(1) } else { gap }));
        }
        (gap, is_cut) = (0, false);
        text.push_str(line.text.trim_end());
    }
    text.trim().to_owned()
}

/// Takes `text` apart. `answered` is the text of our own message that is being answered, if it
/// is known: its lines are found again whatever the program did to quote marks.
///
/// Without its message, it is taken for an answer, and a forward is known by its separator only:
/// see [`split_message`].
#[must_use]
pub fn split<'a>(text: &'a str, answered: Option<&str>) -> Reply<'a> {
    parted(text, answered, Stance::Answer)
}

/// Takes the text of `message` apart, as [`split`]; what a forward holds is shown, and so is what
/// is quoted in a mail that answers nothing.
#[must_use]
pub fn split_message<'a>(message: &'a Message, answered: Option<&str>) -> Reply<'a> {
    let is_answer = !message.in_reply_to.is_empty()
        || !message.references.is_empty()
        || subject::split(&message.subject).is_reply;
    let stance = if subject::is_forward(message) {
        Stance::Forward
    } else if is_answer {
        Stance::Answer
    } else {
        Stance::First
    };
    parted(&message.text, answered, stance)
}

/// What a message is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stance {
    Answer,
    Forward,
    /// It answers nothing: what is quoted in it and attributed to nobody is what it is about.
    First,
}

fn parted<'a>(text: &'a str, answered: Option<&str>, stance: Stance) -> Reply<'a> {
    let (mut lines, rest) = cut(text);
    mark_quotes(&mut lines);
    mark_initials(&mut lines);
    let found = answered.map(|ours| Answered::new(ours).find(&lines)).unwrap_or_default();
    for (line, is) in lines.iter_mut().zip(&found.matches) {
        if *is == Match::Ours {
            line.part = Part::Quoted;
        }
    }
    mark_wrapped(&mut lines);
    attribution::mark(&mut lines);
    history::mark(&mut lines);
    let is_forward =
        stance == Stance::Forward || stance == Stance::First && is_unattributed(&lines);
    history::mark_forward(&mut lines, is_forward && found.matches.is_empty());
    restore_typed(&mut lines, &found);
    signature::mark(&mut lines);
    let knows_ours = is_all_ours(&lines, &found);
    lines.extend(rest.map(|text| Line { text, part: Part::History }));
    Reply { lines, knows_ours }
}

/// The first lines, and whatever is below them as one.
fn cut(text: &str) -> (Vec<Line<'_>>, Option<&str>) {
    let end = text.match_indices('\n').nth(LINES_MAX - 1).map_or(text.len(), |(at, _)| at + 1);
    let (head, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let lines = head.lines().map(|text| Line { text, part: Part::New }).collect();
    (lines, (!rest.is_empty()).then_some(rest))
}

/// Whether nothing says whose words the quoted ones are.
fn is_unattributed(lines: &[Line<'_>]) -> bool {
    !lines.iter().any(|line| matches!(line.part, Part::Attribution | Part::History))
}

/// Whether our text was found and nobody's words stand in a history below it, where somebody may
/// have answered at the very end.
fn is_all_ours(lines: &[Line<'_>], found: &Found) -> bool {
    let Some(last) = found.matches.iter().rposition(|is| *is == Match::Ours) else { return false };
    let mut below = lines.iter().zip(&found.matches).skip(last + 1);
    !below.any(|(line, is)| line.part == Part::History && *is == Match::Foreign)
}

/// What people typed between our own lines is theirs, also in an unmarked history, and so is
/// what they filled in behind a label of ours, even inside quote marks.
fn restore_typed(lines: &mut [Line<'_>], found: &Found) {
    let is_ours = |(_, is): &(usize, &Match)| **is == Match::Ours;
    let ours = || found.matches.iter().enumerate().filter(is_ours).map(|(index, _)| index);
    let history = lines.iter().position(|line| line.part == Part::History).unwrap_or(lines.len());
    let (Some(first), Some(last)) = (ours().next(), ours().next_back()) else { return };
    let first_old = ours().find(|index| *index >= history).unwrap_or(lines.len());
    for (index, (line, is)) in lines.iter_mut().zip(&found.matches).enumerate() {
        match (is, line.part) {
            (Match::FilledIn, Part::Quoted) if first < index => {
                line.text = without_marks(line.text);
                line.part = Part::New;
            }
            (Match::FilledIn, Part::History) if first_old < index => line.part = Part::New,
            (Match::Foreign, Part::History)
                if found.is_complete && first_old < index && index < last =>
            {
                line.part = Part::New;
            }
            (Match::Similar, Part::New | Part::History) if first < index && index < last => {
                line.part = Part::Quoted;
            }
            (Match::Ours, Part::History) => line.part = Part::Quoted,
            _ => {}
        }
    }
}

fn mark_quotes(lines: &mut [Line<'_>]) {
    for line in &mut *lines {
        if is_marked(line.text) {
            line.part = Part::Quoted;
        }
    }
    let mut above = false;
    for index in 0..lines.len() {
        let below = lines.get(index + 1).is_some_and(|line| is_barred(line.text));
        let Some(line) = lines.get_mut(index) else { return };
        let is_bar = is_barred(line.text);
        if is_bar && (above || below) {
            line.part = Part::Quoted;
        }
        above = is_bar;
    }
    for index in 0..lines.len() {
        let is_alone = |at: Option<usize>| {
            at.and_then(|at| lines.get(at)).is_none_or(|line| line.part != Part::Quoted)
        };
        let is_alone = is_alone(index.checked_sub(1)) && is_alone(Some(index + 1));
        // mbox files put a mark before "From " (RFC 4155); it is no quote when it stands alone.
        if let Some(line) = lines.get_mut(index)
            && is_alone
            && line.text.starts_with(">From ")
        {
            line.part = Part::New;
        }
        // Gmail breaks a long attribution before its last bracket.
        if !lines.get(index).is_some_and(|line| line.text.trim_end().ends_with(':')) {
            continue;
        }
        let is_open = index.checked_sub(1).and_then(|at| lines.get(at)).is_some_and(|line| {
            let (open, close) = (line.text.rfind('<'), line.text.rfind('>'));
            line.part == Part::New && open.is_some() && open > close
        });
        if let Some(line) = lines.get_mut(index)
            && is_open
        {
            line.part = Part::New;
        }
    }
}

/// Marks quotes that begin with the initials or the name of who is quoted: `AM> `. The line above
/// the first must name the person, so that nobody's prompt is taken for one.
fn mark_initials(lines: &mut [Line<'_>]) {
    let mut known: Option<&str> = None;
    let mut above = "";
    for line in lines {
        let named = initials(line.text).filter(|name| known == Some(*name) || names(above, name));
        if let Some(name) = named
            && line.part == Part::New
        {
            known = Some(name);
            line.part = Part::Quoted;
        }
        if !line.is_blank() {
            above = line.text;
        }
    }
}

/// What stands before the mark of such a line.
fn initials(text: &str) -> Option<&str> {
    let (name, _) = text.trim_start().split_once('>')?;
    let is_name = name.chars().take(INITIALS_MAX + 1).count() <= INITIALS_MAX
        && name.starts_with(char::is_uppercase)
        && name.chars().all(char::is_alphabetic);
    is_name.then_some(name)
}

/// Whether a line that ends in a colon names somebody by these letters, or by this name.
fn names(line: &str, name: &str) -> bool {
    let words = || line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let is_initial = |letter: char| words().any(|word| word.starts_with(letter));
    line.trim_end().ends_with([':', '\u{ff1a}'])
        && line.len() <= NAMING_BYTES_MAX
        && (words().any(|word| word == name)
            || name.chars().all(|c| c.is_uppercase() && is_initial(c)))
}

/// Marks what a program broke off a quoted line without a mark: the rest of a link or bracket, and
/// small letters below a line that was full. An answer begins otherwise.
fn mark_wrapped(lines: &mut [Line<'_>]) {
    for index in 1..lines.len() {
        let part = |at: usize| lines.get(at).map(|line| line.part);
        let is_between = part(index - 1) == Some(Part::Quoted)
            && matches!(part(index + 1), Some(Part::Quoted) | None);
        let (Some(above), Some(line)) = (lines.get(index - 1), lines.get(index)) else { return };
        let text = line.text.trim();
        let is_open = is_between && line.part == Part::New && !line.is_blank();
        if !is_open || text.len() > WRAPPED_BYTES_MAX || text.starts_with(['!', '\u{ff01}']) {
            continue;
        }
        let quoted = without_marks(above.text).trim_end();
        let is_bracket_open =
            |open, close| quoted.rfind(open) > quoted.rfind(close) && text.contains(close);
        let is_rest =
            quoted.contains("http") && (is_bracket_open('(', ')') || is_bracket_open('<', '>'));
        let link = text.trim_matches(['(', '<', '[', ' ', '>', ']', ')']);
        let is_link =
            text.starts_with(['(', '<', '[']) && link.starts_with("http") && !link.contains(' ');
        let is_full = above.text.chars().count() >= FULL_MIN
            && !quoted.ends_with(['.', '!', '?', ':'])
            && text.starts_with(char::is_lowercase);
        if (is_rest || is_link || is_full)
            && let Some(line) = lines.get_mut(index)
        {
            line.part = Part::Quoted;
        }
    }
}

/// A quote mark: `>`, also full-width, behind few spaces.
fn is_marked(text: &str) -> bool {
    text.trim_start().starts_with(['>', '\u{ff1e}']) && !is_ornament(text)
}

/// `>>> here <<<`.
fn is_ornament(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(">>") && text.ends_with("<<")
}

/// A bar as quote mark; a second one makes it a row of a table.
fn is_barred(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('|') && text.bytes().filter(|byte| *byte == b'|').take(2).count() == 1
}

/// The line behind its quote marks.
pub(super) fn without_marks(text: &str) -> &str {
    text.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '|' | '\u{ff1e}'))
}

/// Whether nothing can be seen: spaces, no-break and zero-width ones too.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || matches!(c, '\u{200b}' | '\u{feff}' | '\u{2060}'))
}

/// The index of the next line below `index` that is not blank.
pub(super) fn next_seen(lines: &[Line<'_>], index: usize) -> Option<usize> {
    let below = lines.get(index + 1..)?;
    // More blank lines than any program leaves end the search, so that it stays linear.
    below.iter().take(40).position(|line| !line.is_blank()).map(|at| index + 1 + at)
}
