//! A tree of HTML as lines that a person reads and `quote` takes apart.
//!
//! What mail programs say with names of elements is said with the marks of plain text: `> ` before
//! quotes and the attributions that belong to them, Outlook's rule above a header block, `-- `
//! above a signature. What nobody sees is left out.
//! Deliberately absent: colors, sizes, pictures.

use crate::mail::html::role::{Look, Role, Style, first_words, role};
use crate::mail::html::tables;
use crate::mail::html::tree::{Content, Element, NodeId, Tree, is_block};

/// Marks before a line; deeper quotes have no more, so that work stays linear.
const QUOTES_MAX: usize = 9;
/// Lists in lists that are indented.
const INDENTS_MAX: usize = 8;
/// The rule that Outlook's plain text has above its header block.
pub(in crate::mail) const RULE: &str = "________________________________";

/// A drawn line.
const LINE: &str = "----------------------------------------";

/// The text of a tree, and of a part of it for a cell of a table.
#[derive(Debug, Default)]
pub(super) struct Writer {
    out: String,
    line: String,
    quotes: usize,
    /// Whether the quote that is open is only the head of an answered message.
    is_head: bool,
    indent: String,
    marker: Option<String>,
    has_gap: bool,
    white: White,
    size: Size,
}

/// What becomes of white space.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum White {
    /// Whatever there is becomes one space.
    #[default]
    Folded,
    /// So does what was just read.
    Waiting,
    /// It stays as it is.
    Kept,
}

/// Whether letters can be seen.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Size {
    #[default]
    Some,
    None,
}

/// The lines of a document, without blank ones at its ends.
pub(super) fn lines(tree: &Tree<'_>) -> String {
    let mut writer = Writer::default();
    writer.children(tree, Tree::root());
    writer.end_line();
    writer.out
}

impl Writer {
    /// The lines of one element's children.
    pub(super) fn cell(tree: &Tree<'_>, id: NodeId) -> String {
        let mut writer = Self::default();
        writer.children(tree, id);
        writer.end_line();
        writer.out
    }

    pub(super) fn children(&mut self, tree: &Tree<'_>, id: NodeId) {
        for child in tree.children(id) {
            self.node(tree, child);
        }
    }

    fn node(&mut self, tree: &Tree<'_>, id: NodeId) {
        match tree.content(id) {
            Some(Content::Text(text)) if self.size == Size::Some => self.text(text),
            Some(Content::Element(element)) => self.element(tree, id, element),
            _ => {}
        }
    }

    fn element(&mut self, tree: &Tree<'_>, id: NodeId, element: &Element<'_>) {
        let style = Style::of(element);
        let outer = self.size;
        self.size = match style.has_no_size {
            Some(true) => Size::None,
            Some(false) => Size::Some,
            None => outer,
        };
        match role(tree, id, element, &style) {
            Role::Hidden => {}
            Role::Plain => self.plain(tree, id, element, &style),
            Role::Quote => self.quote(tree, id, element),
            Role::Answered => self.answered(tree, id),
            Role::History => {
                self.gap();
                self.drawn(RULE);
                self.plain(tree, id, element, &style);
            }
            Role::Signature => self.signature(tree, id, element),
        }
        self.size = outer;
    }

    fn plain(&mut self, tree: &Tree<'_>, id: NodeId, element: &Element<'_>, style: &Style) {
        match &*element.name {
            "br" => self.line_break(),
            "hr" => {
                self.gap();
                self.drawn(LINE);
                self.gap();
            }
            "img" => self.image(element),
            "a" => self.link(tree, id, element),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if !style.is_tight => {
                self.gap();
                self.children(tree, id);
                self.gap();
            }
            "ul" | "ol" | "menu" | "dir" => self.list(tree, id, element),
            "li" => self.item(tree, id, "* "),
            "pre" => {
                self.gap();
                self.drawn_text(tree, id);
                self.gap();
            }
            "table" if tables::write(self, tree, id) => {}
            "td" | "th" => {
                self.end_line();
                self.children(tree, id);
                self.end_line();
            }
            name if is_block(name) => {
                self.end_line();
                self.children(tree, id);
                self.end_line();
            }
            _ => self.children(tree, id),
        }
    }

    /// A rule; of two above each other one is enough.
    fn drawn(&mut self, rule: &str) {
        if self.out.ends_with(RULE) {
            return;
        }
        if self.out.ends_with(LINE) {
            let above = self.out.rfind('\n').unwrap_or_default();
            self.out.truncate(above);
            self.out.truncate(self.out.trim_end_matches('\n').len());
        }
        self.whole_line(rule);
    }

    /// A quote: one more mark before each of its lines.
    fn quote(&mut self, tree: &Tree<'_>, id: NodeId, element: &Element<'_>) {
        let is_block_quote = element.name == "blockquote";
        let was_head = self.is_head && is_block_quote;
        self.gap();
        if was_head {
            // It takes the head's place, and what follows it is no longer the head.
            self.is_head = false;
        } else {
            self.quotes += 1;
        }
        self.children(tree, id);
        self.gap();
        self.quotes = self.quotes.saturating_sub(1);
        self.has_gap = true;
    }

    /// The head of an answered message is quoted up to the end of its first quote.
    fn answered(&mut self, tree: &Tree<'_>, id: NodeId) {
        if self.is_head {
            return self.children(tree, id);
        }
        self.gap();
        self.quotes += 1;
        let was_head = std::mem::replace(&mut self.is_head, true);
        self.children(tree, id);
        self.gap();
        if self.is_head {
            self.quotes = self.quotes.saturating_sub(1);
        }
        self.is_head = was_head;
        self.has_gap = true;
    }

    fn signature(&mut self, tree: &Tree<'_>, id: NodeId, element: &Element<'_>) {
        self.end_line();
        let text = first_words(tree, id);
        let last = self.out.lines().next_back().unwrap_or_default();
        let is_marked = last.trim_start_matches(['>', ' ']).trim_end() == "--";
        if !text.is_empty() && !text.starts_with("--") && !is_marked {
            self.gap();
            self.whole_line("-- ");
        }
        if element.name == "pre" {
            self.drawn_text(tree, id);
        } else {
            self.children(tree, id);
        }
        self.end_line();
    }

    /// Text whose white space stays as it is.
    fn drawn_text(&mut self, tree: &Tree<'_>, id: NodeId) {
        let outer = std::mem::replace(&mut self.white, White::Kept);
        self.children(tree, id);
        self.end_line();
        self.white = outer;
    }

    fn list(&mut self, tree: &Tree<'_>, id: NodeId, element: &Element<'_>) {
        let is_nested = !self.indent.is_empty();
        self.edge(is_nested);
        let start = element.attribute("start").and_then(|start| start.trim().parse::<u32>().ok());
        let mut number = start.unwrap_or(1);
        for child in tree.children(id) {
            match tree.content(child) {
                Some(Content::Element(item)) if item.name == "li" => {
                    if Style::of(item).look == Look::Hidden {
                        continue;
                    }
                    let marker =
                        if element.name == "ol" { format!("{number}. ") } else { "* ".to_owned() };
                    self.item(tree, child, &marker);
                    number = number.saturating_add(1);
                }
                _ => self.node(tree, child),
            }
        }
        self.edge(is_nested);
    }

    /// Above and below a list: a blank line, but not inside another.
    fn edge(&mut self, is_nested: bool) {
        self.end_line();
        self.has_gap |= !is_nested;
    }

    fn item(&mut self, tree: &Tree<'_>, id: NodeId, marker: &str) {
        self.end_line();
        self.marker = Some(marker.to_owned());
        let length = self.indent.len();
        if length < INDENTS_MAX * 3 {
            self.indent.extend(std::iter::repeat_n(' ', marker.len()));
        }
        self.children(tree, id);
        self.end_line();
        self.has_gap = false;
        self.indent.truncate(length);
        self.marker = None;
    }

    fn image(&mut self, element: &Element<'_>) {
        let words = element.attribute("alt").unwrap_or_default();
        let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
        if !words.is_empty() {
            self.text(&format!("[{words}]"));
        }
    }

    fn link(&mut self, tree: &Tree<'_>, id: NodeId, element: &Element<'_>) {
        let (lines, start) = (self.out.len(), self.line.len());
        self.children(tree, id);
        let target = element.attribute("href").unwrap_or_default();
        let is_far = target.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        let start = if self.out.len() == lines { start } else { 0 };
        let words = self.line.get(start..).unwrap_or_default().trim();
        let bare = |address: &str| {
            let address = address.split_once("://").map_or(address, |(_, bare)| bare);
            address.trim_end_matches('/').to_lowercase()
        };
        if is_far && !words.is_empty() && bare(words) != bare(&target) {
            self.read();
            self.line.push_str(" <");
            self.line.extend(target.chars().filter(|c| !c.is_whitespace()));
            self.line.push('>');
        }
    }

    /// Words; white space between them is one space, unless it was drawn as it stands.
    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' if self.white == White::Kept => self.line_break(),
                '\r' | '\u{feff}' => {}
                ' ' | '\t' if self.white == White::Kept => self.line.push(c),
                ' ' | '\t' | '\n' | '\u{c}' => self.white = White::Waiting,
                c => {
                    if self.white == White::Waiting
                        && !self.line.is_empty()
                        && !self.line.ends_with(' ')
                    {
                        self.line.push(' ');
                    }
                    self.read();
                    self.line.push(if c == '\u{a0}' { ' ' } else { c });
                }
            }
        }
    }

    /// White space that was read has become a space, or stood at the end of a line.
    fn read(&mut self) {
        if self.white == White::Waiting {
            self.white = White::Folded;
        }
    }

    fn line_break(&mut self) {
        if self.line.trim().is_empty() {
            self.line.clear();
            self.read();
            self.has_gap = true;
        } else {
            self.end_line();
        }
    }

    /// Ends the line, with a blank one before the next.
    pub(super) fn gap(&mut self) {
        self.end_line();
        // A paragraph in an item stands behind its marker.
        self.has_gap |= self.marker.is_none();
    }

    /// Ends the line, if there is one.
    pub(super) fn end_line(&mut self) {
        self.read();
        let line = std::mem::take(&mut self.line);
        if line.trim().is_empty() {
            self.has_gap |= !line.is_empty();
            return;
        }
        self.whole_line(&line);
    }

    /// A line of its own.
    pub(super) fn whole_line(&mut self, line: &str) {
        let marks = self.quotes.min(QUOTES_MAX);
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        if self.has_gap && !self.out.is_empty() {
            let above = self.out.trim_end_matches('\n').lines().next_back().unwrap_or_default();
            let above = above.bytes().take_while(|byte| matches!(byte, b'>' | b' '));
            let shared = above.filter(|byte| *byte == b'>').count().min(marks);
            self.out.push_str("> ".repeat(shared).trim_end());
            self.out.push('\n');
        }
        self.has_gap = false;
        self.out.push_str(&"> ".repeat(marks));
        if let Some(marker) = self.marker.take() {
            let outer = self.indent.len().saturating_sub(marker.len());
            self.out.push_str(self.indent.get(..outer).unwrap_or_default());
            self.out.push_str(&marker);
        } else {
            self.out.push_str(&self.indent);
        }
        let line = if self.white == White::Kept { line } else { line.trim_start_matches(' ') };
        self.out.push_str(line.trim_end());
    }
}
