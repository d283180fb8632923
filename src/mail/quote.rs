//! What is new in an answer, and what is quoted, attributed, signed or old.

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
    /// The line without its end.
    pub text: &'a str,
    /// What it is.
    pub part: Part,
}

/// A text taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reply<'a> {
    /// All lines in order.
    pub lines: Vec<Line<'a>>,
}

impl Reply<'_> {
    /// The new text, trimmed; the whole text if nothing else would remain.
    #[must_use]
    pub fn text(&self) -> String {
        String::new()
    }

    /// The signature block, or empty.
    #[must_use]
    pub fn signature(&self) -> String {
        String::new()
    }
}

/// Takes `text` apart. `answered` is the text of our own message that is being answered, if it
/// is known: its lines are found again whatever the program did to quote marks.
#[must_use]
pub fn split<'a>(text: &'a str, _answered: Option<&str>) -> Reply<'a> {
    Reply { lines: text.lines().map(|text| Line { text, part: Part::New }).collect() }
}
