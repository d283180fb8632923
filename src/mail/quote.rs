//! What is new in an answer, and what is quoted, attributed, signed or old.
//!
//! Lines are sorted in this order: quote marks, our own text found again (`answered`), history
//! below header blocks (`history`), attribution lines (`attribution`), signatures (`signature`).
//! A forwarded message below its separator is what its sender wants to be read, so it stays new
//! text; where it begins is said, because its words are somebody else's.
//! Deliberately absent: HTML (`html` makes `>` of its quotes), keywords, subjects.

use crate::mail::answered::{Answered, Found, Match};
use crate::mail::{attribution, history, signature};

/// Lines that are sorted one by one; what lies below is one line of history.
const LINES_MAX: usize = 100_000;

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
    /// The first line of a forwarded message: what follows is to be read and is not the author's.
    forward_at: Option<usize>,
    /// Whether lines of the answered message were found: then no new text means no new text.
    knows_ours: bool,
}

impl Reply<'_> {
    /// Whether the line at `index` stands in a forwarded message.
    #[must_use]
    pub fn is_forwarded(&self, index: usize) -> bool {
        self.forward_at.is_some_and(|begin| begin <= index)
    }

    /// The new text, trimmed, runs of blank lines made one; the whole text if nothing else would
    /// remain, but not where the rest was recognized as our own.
    #[must_use]
    pub fn text(&self) -> String {
        let new = self.joined(|part| part == Part::New);
        if new.is_empty() && !self.knows_ours { self.joined(|_| true) } else { new }
    }

    /// The signature block, or empty.
    #[must_use]
    pub fn signature(&self) -> String {
        self.joined(|part| part == Part::Signature)
    }

    fn joined(&self, is_wanted: impl Fn(Part) -> bool) -> String {
        let mut text = String::new();
        let mut is_gap = false;
        for line in self.lines.iter().filter(|line| is_wanted(line.part)) {
            if line.is_blank() {
                is_gap = true;
                continue;
            }
            if !text.is_empty() {
                text.push_str(if is_gap { "\n\n" } else { "\n" });
            }
            is_gap = false;
            text.push_str(line.text.trim_end());
        }
        text.trim().to_owned()
    }
}

/// Takes `text` apart. `answered` is the text of our own message that is being answered, if it
/// is known: its lines are found again whatever the program did to quote marks.
#[must_use]
pub fn split<'a>(text: &'a str, answered: Option<&str>) -> Reply<'a> {
    let (mut lines, rest) = cut(text);
    mark_quotes(&mut lines);
    let found = answered.map(|ours| Answered::new(ours).find(&lines)).unwrap_or_default();
    for (line, is) in lines.iter_mut().zip(&found.matches) {
        if *is == Match::Ours {
            line.part = Part::Quoted;
        }
    }
    attribution::mark(&mut lines);
    history::mark(&mut lines);
    restore_typed(&mut lines, &found);
    signature::mark(&mut lines);
    let knows_ours = is_all_ours(&lines, &found);
    let begins = |line: &Line<'_>| line.part == Part::New && history::is_forward(line.text);
    let forward_at = lines.iter().position(begins);
    lines.extend(rest.map(|text| Line { text, part: Part::History }));
    Reply { lines, forward_at, knows_ours }
}

/// The first lines, and whatever is below them as one.
fn cut(text: &str) -> (Vec<Line<'_>>, Option<&str>) {
    let end = text.match_indices('\n').nth(LINES_MAX - 1).map_or(text.len(), |(at, _)| at + 1);
    let (head, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    let lines = head.lines().map(|text| Line { text, part: Part::New }).collect();
    (lines, (!rest.is_empty()).then_some(rest))
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
        let is_open = index.checked_sub(1).and_then(|at| lines.get(at)).is_some_and(|line| {
            let (open, close) = (line.text.rfind('<'), line.text.rfind('>'));
            line.part == Part::New && open.is_some() && open > close
        });
        if let Some(line) = lines.get_mut(index)
            && is_open
            && line.text.trim_end().ends_with(':')
        {
            line.part = Part::New;
        }
    }
}

/// A quote mark: `>`, also full-width, behind few spaces.
fn is_marked(text: &str) -> bool {
    text.trim_start().starts_with(['>', '\u{ff1e}'])
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
