//! A rendered template as blocks, and the blocks as text of 72 columns.
//!
//! Text and HTML are made from the same blocks, so that they say the same words. Structure is told
//! by characters of the private use area, which no value can bring in: [`clean`] takes them out of
//! every slot. No word begins with the marker of keywords where a mail program may wrap a line:
//! the space before it does not break. Deliberately absent: HTML (`html`), templates (`template`).

/// Columns of a line.
pub const COLUMNS: usize = 72;
/// Characters shown of a message; more is cut, and said so.
pub const WORDS_CHARS_MAX: usize = 60_000;
/// Characters quoted of the message that an answer answers.
pub const QUOTE_CHARS_MAX: usize = 4_000;

/// Begins a heading.
pub const HEADING: char = '\u{E001}';
/// Stands alone: the signature mark.
pub const FOOT: char = '\u{E002}';
/// Begins a reference to words that are shown, guarded against the marker.
pub const WORDS: char = '\u{E003}';
/// Begins a reference to words that are quoted with `> `.
pub const QUOTE: char = '\u{E004}';
/// Begins a reference to words that go out as they stand.
pub const VERBATIM: char = '\u{E005}';
/// Stands for the buttons of a mail, or of the ticket whose number follows.
pub const BUTTONS: char = '\u{E006}';

/// Stands for the picture of a mail.
pub const PICTURE: char = '\u{E007}';

/// How words of a message are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As they stand, guarded against the marker.
    Words,
    /// With `> ` before each line.
    Quote,
    /// As they stand: a person's own mail.
    Verbatim,
}

/// A piece of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading.
    Heading(String),
    /// Lines of our own; each may be wrapped, none is joined.
    Lines(Vec<String>),
    /// Lines of a message.
    Excerpt(Style, Vec<String>),
    /// Buttons: of the mail, or of one ticket. Nothing in the text.
    Buttons(Option<u64>),
    /// The picture of the mail. Nothing in the text.
    Picture,
}

/// A mail before it is text or HTML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// What stands above the signature mark; whether a blank line goes before each block.
    pub body: Vec<(bool, Block)>,
    /// What stands below it.
    pub foot: Vec<(bool, Block)>,
    /// Whether there is a signature mark.
    pub has_foot: bool,
}

impl Page {
    /// Reads a rendered template; `excerpts` are the words that it refers to by number.
    #[must_use]
    pub fn read(rendered: &str, excerpts: &[Vec<String>]) -> Self {
        let mut page = Self::default();
        let mut gap = false;
        for line in rendered.lines().map(str::trim_end) {
            if line.is_empty() {
                gap = true;
                continue;
            }
            page.take(line, gap, excerpts);
            gap = false;
        }
        page
    }

    fn take(&mut self, line: &str, gap: bool, excerpts: &[Vec<String>]) {
        let mut rest = line.chars();
        let number = |rest: &str| rest.parse::<usize>().ok();
        let block = match rest.next() {
            Some(FOOT) => {
                self.has_foot = true;
                return;
            }
            Some(HEADING) => Block::Heading(guard(rest.as_str().trim())),
            Some(BUTTONS) => Block::Buttons(rest.as_str().parse().ok()),
            Some(PICTURE) => Block::Picture,
            Some(mark @ (WORDS | QUOTE | VERBATIM)) => {
                let style = match mark {
                    QUOTE => Style::Quote,
                    VERBATIM => Style::Verbatim,
                    _ => Style::Words,
                };
                let lines = number(rest.as_str()).and_then(|number| excerpts.get(number));
                Block::Excerpt(style, lines.cloned().unwrap_or_default())
            }
            _ => return self.line(&guard(line), gap),
        };
        self.side().push((gap, block));
    }

    fn line(&mut self, line: &str, gap: bool) {
        let side = self.side();
        match side.last_mut() {
            Some((_, Block::Lines(lines))) if !gap => lines.push(line.to_owned()),
            _ => side.push((gap, Block::Lines(vec![line.to_owned()]))),
        }
    }

    const fn side(&mut self) -> &mut Vec<(bool, Block)> {
        if self.has_foot { &mut self.foot } else { &mut self.body }
    }

    /// Whether it has a place for a picture.
    #[must_use]
    pub fn has_picture(&self) -> bool {
        self.body.iter().chain(&self.foot).any(|(_, block)| *block == Block::Picture)
    }

    /// The page as text with LF line ends.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(2048);
        blocks_to_text(&self.body, &mut text);
        if self.has_foot {
            text.push_str("\n-- \n");
            blocks_to_text(&self.foot, &mut text);
        }
        text
    }
}

fn blocks_to_text(blocks: &[(bool, Block)], text: &mut String) {
    let mut is_first = true;
    for (gap, block) in blocks {
        let is_empty = matches!(block, Block::Excerpt(_, lines) if lines.is_empty());
        if is_empty || matches!(block, Block::Buttons(_) | Block::Picture) {
            continue;
        }
        if *gap && !is_first {
            text.push('\n');
        }
        is_first = false;
        match block {
            Block::Heading(heading) => wrap(heading, "", text),
            Block::Lines(lines) => lines.iter().for_each(|line| wrap(line, "", text)),
            Block::Excerpt(Style::Quote, lines) => {
                for line in lines {
                    wrap(line, "> ", text);
                }
            }
            Block::Excerpt(Style::Words | Style::Verbatim, lines) => {
                lines.iter().for_each(|line| wrap(line, "", text));
            }
            Block::Buttons(_) | Block::Picture => {}
        }
    }
}

/// Takes what no slot may bring in out of a value: line ends, control and private characters.
#[must_use]
pub fn clean(value: &str) -> String {
    let is_plain = |c: char| !c.is_control() && !is_private(c);
    if value.chars().all(is_plain) {
        return value.to_owned();
    }
    value
        .chars()
        .filter(|c| !is_private(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_marker(c: char) -> bool {
    matches!(c, '!' | '\u{FF01}')
}

/// Whether a line begins as a keyword would.
#[must_use]
pub fn is_marker_first(line: &str) -> bool {
    line.starts_with(is_marker)
}

/// A line in which no wrap can put the marker first.
fn guard(line: &str) -> String {
    if !line.contains(is_marker) {
        return line.to_owned();
    }
    let quote = if line.trim_start().starts_with(is_marker) { ">\u{A0}" } else { "" };
    let line = line.replace(" !", "\u{A0}!").replace(" \u{FF01}", "\u{A0}\u{FF01}");
    format!("{quote}{}", line.trim_start_matches('\u{A0}'))
}

/// The lines of a message's text as a mail shows them: bounded, without blank ends, without what
/// acts on a terminal; `cut` says that something was left out.
#[must_use]
pub fn excerpt(lines: &[&str], style: Style, chars_max: usize, cut: &str) -> Vec<String> {
    let mut shown: Vec<String> = Vec::with_capacity(lines.len());
    let mut left = chars_max;
    for line in lines {
        let line = clean(line.trim_end());
        if line.is_empty() && shown.last().is_none_or(String::is_empty) {
            continue;
        }
        let length = line.chars().count();
        if length > left {
            shown.push(cut.to_owned());
            return shown;
        }
        left -= length;
        shown.push(match style {
            Style::Verbatim => line,
            Style::Words => guard(&line),
            Style::Quote => no_break(&line),
        });
    }
    while shown.last().is_some_and(String::is_empty) {
        shown.pop();
    }
    shown
}

fn no_break(line: &str) -> String {
    line.replace(" !", "\u{A0}!").replace(" \u{FF01}", "\u{A0}\u{FF01}")
}

/// Puts a line into `text`, at most [`COLUMNS`] wide where it has spaces, each part after `prefix`.
fn wrap(line: &str, prefix: &str, text: &mut String) {
    if line.is_empty() {
        text.push_str(prefix.trim_end());
        text.push('\n');
        return;
    }
    let room = COLUMNS - prefix.len();
    if line.chars().count() <= room {
        put(line, prefix, text);
        return;
    }
    let mut part = String::with_capacity(COLUMNS);
    let mut width = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let word_width = word.chars().count();
        if width > 0 && width + 1 + word_width > room {
            put(&part, prefix, text);
            part.clear();
            width = 0;
        }
        if width > 0 {
            part.push(' ');
            width += 1;
        }
        part.push_str(word);
        width += word_width;
    }
    put(&part, prefix, text);
}

fn put(part: &str, prefix: &str, text: &mut String) {
    if is_marker_first(part) && !prefix.is_empty() {
        text.push_str(">\u{A0}");
    } else {
        text.push_str(prefix);
    }
    text.push_str(part);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rendered: &str, words: &[&str], style: Style) -> String {
        Page::read(rendered, &[excerpt(words, style, 100, "[cut]")]).text()
    }

    #[test]
    fn long_lines_are_wrapped_and_urls_stay_whole() {
        let url = format!("https://nrw.example/{}", "x".repeat(80));
        let text = shown(&format!("{} {url} end", "word ".repeat(20).trim()), &[], Style::Words);
        assert!(text.lines().any(|line| line == url), "{text}");
        assert!(text.lines().all(|line| line == url || line.chars().count() <= COLUMNS));
    }

    #[test]
    fn marker_never_begins_a_line_of_words() {
        let text = shown("\u{E003}0", &["!!! bitte", "jetzt !erledigt ！nehme"], Style::Words);
        assert_eq!(text, ">\u{A0}!!! bitte\njetzt\u{A0}!erledigt\u{A0}！nehme\n");
        let text = shown("\u{E004}0", &["!nehme"], Style::Quote);
        assert_eq!(text, ">\u{A0}!nehme\n");
    }

    #[test]
    fn excerpt_is_bounded_and_has_no_blank_ends() {
        let lines = excerpt(&["", "a", "", "", "b\u{7}\u{E002}", ""], Style::Words, 100, "[cut]");
        assert_eq!(lines, ["a", "", "b "]);
        assert_eq!(excerpt(&["abc", "defg"], Style::Words, 4, "[cut]"), ["abc", "[cut]"]);
    }

    #[test]
    fn blocks_keep_their_blank_lines_and_the_signature_mark() {
        let text = shown(
            "Hallo,\n\nOtto schrieb:\n\u{E004}0\n\u{E006}\n\u{E002}\nfoot",
            &["x", "", "y"],
            Style::Quote,
        );
        assert_eq!(text, "Hallo,\n\nOtto schrieb:\n> x\n>\n> y\n\n-- \nfoot\n");
    }
}
