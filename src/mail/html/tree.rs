//! HTML of strangers as a tree of elements and texts, whatever is broken in it.
//!
//! Follows the tokenizer of the HTML standard where mail needs it. Work and depth are bounded:
//! each octet is looked at a few times, and what stands too deep becomes a child of what stands
//! higher. An end tag of a word never closes a block, and nothing that begins ends a quote.
//! Deliberately absent: styles, adoption of misnested words, what comes of a script.

use std::borrow::Cow;
use std::collections::BTreeSet;

use mail_parser::decoders::html::add_html_token;

/// How deep elements stand in elements; what is deeper is flattened.
const DEPTH_MAX: usize = 256;
/// Octets of the longest name of a character.
const ENTITY_BYTES_MAX: usize = 32;

/// The number of a node in its [`Tree`].
pub(super) type NodeId = usize;

/// A document.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

#[derive(Debug)]
struct Node<'a> {
    content: Content<'a>,
    first_child: Option<NodeId>,
    last_child: Option<NodeId>,
    next: Option<NodeId>,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Content<'a> {
    /// An element.
    Element(Element<'a>),
    /// A text, its characters decoded.
    Text(Cow<'a, str>),
}

/// An element: its name in lower case, and its attributes as they were written.
#[derive(Debug)]
pub(super) struct Element<'a> {
    pub(super) name: Cow<'a, str>,
    attributes: &'a str,
}

impl Element<'_> {
    /// Whether it has any.
    pub(super) fn has_attributes(&self) -> bool {
        !self.attributes.trim_ascii().is_empty()
    }

    /// The decoded value of an attribute; empty if it has none.
    pub(super) fn attribute(&self, wanted: &str) -> Option<Cow<'_, str>> {
        let mut rest = self.attributes;
        while let Some((name, value, behind)) = next_attribute(rest) {
            if name.eq_ignore_ascii_case(wanted) {
                return Some(decoded(value));
            }
            rest = behind;
        }
        None
    }
}

impl<'a> Tree<'a> {
    /// Reads a document; never fails.
    pub(super) fn parse(html: &'a str) -> Self {
        let root = Element { name: Cow::Borrowed("body"), attributes: "" };
        let mut builder = Builder { tree: Self { nodes: Vec::new() }, open: vec![0], too_deep: 0 };
        builder.tree.nodes.push(Node::new(Content::Element(root)));
        let mut reader =
            Reader { endless: BTreeSet::new(), has_tag_ends: true, has_quote_ends: true };
        let mut rest = html;
        while !rest.is_empty() {
            rest = reader.next(rest, &mut builder);
        }
        builder.tree
    }

    /// The node that holds all others.
    pub(super) const fn root() -> NodeId {
        0
    }

    /// What a node is.
    pub(super) fn content(&self, id: NodeId) -> Option<&Content<'a>> {
        self.nodes.get(id).map(|node| &node.content)
    }

    /// The children of a node in order.
    pub(super) fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let first = self.nodes.get(id).and_then(|node| node.first_child);
        std::iter::successors(first, |id| self.nodes.get(*id).and_then(|node| node.next))
    }

    fn append(&mut self, parent: NodeId, content: Content<'a>) -> NodeId {
        let id = self.nodes.len();
        self.nodes.push(Node::new(content));
        let last = self.nodes.get(parent).and_then(|node| node.last_child);
        if let Some(before) = last.and_then(|last| self.nodes.get_mut(last)) {
            before.next = Some(id);
        }
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.first_child = parent.first_child.or(Some(id));
            parent.last_child = Some(id);
        }
        id
    }
}

impl<'a> Node<'a> {
    const fn new(content: Content<'a>) -> Self {
        Self { content, first_child: None, last_child: None, next: None }
    }
}

/// What is known of the rest of a document, so that nothing is searched for in vain twice.
struct Reader {
    /// Names of elements whose text has no end.
    endless: BTreeSet<String>,
    /// Whether a `>` may follow.
    has_tag_ends: bool,
    /// Whether a tag ends outside of quotes.
    has_quote_ends: bool,
}

impl Reader {
    /// Reads one text, tag or comment; what is behind it.
    fn next<'a>(&mut self, rest: &'a str, builder: &mut Builder<'a>) -> &'a str {
        let (text, rest) =
            rest.split_at_checked(rest.find('<').unwrap_or(rest.len())).unwrap_or((rest, ""));
        builder.text(text);
        let Some(inner) = rest.strip_prefix('<') else { return rest };
        let starts_name = |text: &str| text.starts_with(|c: char| c.is_ascii_alphabetic());
        if let Some(comment) = inner.strip_prefix("!--") {
            let end = if comment.starts_with('>') {
                Some(1)
            } else {
                comment.find("-->").map(|at| at + 3)
            };
            return end.and_then(|end| comment.get(end..)).unwrap_or_default();
        }
        if let Some(name) = inner.strip_prefix('/').filter(|name| starts_name(name)) {
            let (name, behind) = split_tag(name);
            builder.end(&lower(name));
            return behind.split_once('>').map_or("", |(_, behind)| behind);
        }
        if inner.starts_with(['!', '?', '/']) {
            return inner.split_once('>').map_or("", |(_, behind)| behind);
        }
        if starts_name(inner) && self.has_tag_ends {
            self.has_tag_ends = inner.contains('>');
        }
        if !starts_name(inner) || !self.has_tag_ends {
            builder.text("<");
            return inner;
        }
        self.tag(inner, builder)
    }

    fn tag<'a>(&mut self, inner: &'a str, builder: &mut Builder<'a>) -> &'a str {
        let (name, behind) = split_tag(inner);
        let tag = if self.has_quote_ends { split_attributes(behind) } else { None };
        self.has_quote_ends = tag.is_some();
        let (attributes, behind) = tag.or_else(|| behind.split_once('>')).unwrap_or((behind, ""));
        let name = lower(name);
        let is_raw = RAW.contains(&&*name);
        let element = Element { name: name.clone(), attributes };
        builder.start(element);
        if !is_raw || self.endless.contains(&*name) {
            return behind;
        }
        let Some(end) = end_of_raw(behind, &name) else {
            self.endless.insert(name.into_owned());
            return behind;
        };
        let (raw, behind) = behind.split_at_checked(end).unwrap_or((behind, ""));
        builder.text(raw);
        behind
    }
}

/// Elements whose text holds no tags.
const RAW: [&str; 8] =
    ["script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes"];

fn end_of_raw(text: &str, name: &str) -> Option<usize> {
    text.match_indices("</").map(|(at, _)| at).find(|at| {
        let behind = text.get(at + 2..).unwrap_or_default();
        behind.get(..name.len()).is_some_and(|found| found.eq_ignore_ascii_case(name))
    })
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

fn split_tag(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>'));
    text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, ""))
}

/// The attributes, and what is behind the tag; nothing if it ends only inside of quotes.
fn split_attributes(text: &str) -> Option<(&str, &str)> {
    let mut rest = text;
    while let Some(at) = rest.find(['>', '=']) {
        let (_, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if from.starts_with('>') {
            let end = text.len() - from.len();
            return Some((text.get(..end)?, from.get(1..)?));
        }
        let value = from.get(1..).unwrap_or_default().trim_ascii_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let end = quote.and_then(|quote| value.get(1..)?.split_once(quote));
        rest = end.map_or(value, |(_, behind)| behind);
    }
    None
}

/// Name, value and what follows.
fn next_attribute(text: &str) -> Option<(&str, &str, &str)> {
    let is_gap = |c: char| c.is_ascii_whitespace() || c == '/';
    let text = text.trim_start_matches(is_gap);
    let end = text.char_indices().skip(1).find(|(_, c)| is_gap(*c) || *c == '=');
    let (name, behind) = text.split_at_checked(end.map_or(text.len(), |(at, _)| at))?;
    if name.is_empty() {
        return None;
    }
    let Some(value) = behind.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start) else {
        return Some((name, "", behind));
    };
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some((value, behind)) = quote.and_then(|quote| value.get(1..)?.split_once(quote)) {
        return Some((name, value, behind));
    }
    let end = value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len());
    let (value, behind) = value.split_at_checked(end)?;
    Some((name, value, behind))
}

/// Text with its character references replaced.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let end = from
            .bytes()
            .take(ENTITY_BYTES_MAX)
            .skip(1)
            .position(|byte| !byte.is_ascii_alphanumeric() && byte != b'#')
            .map_or_else(|| from.len().min(ENTITY_BYTES_MAX), |end| end + 1);
        let name = from.get(..end).unwrap_or_default();
        let is_closed = from.get(end..).is_some_and(|behind| behind.starts_with(';'));
        if name.len() < 2 || !is_closed && !is_known_open(name) {
            out.push('&');
            rest = from.get(1..).unwrap_or_default();
            continue;
        }
        push_character(name, &mut out);
        rest = from.get(end + usize::from(is_closed)..).unwrap_or_default();
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Names that old programs write without their semicolon.
fn is_known_open(name: &str) -> bool {
    name.starts_with("&#") || matches!(name, "&nbsp" | "&amp" | "&lt" | "&gt" | "&quot")
}

fn push_character(name: &str, out: &mut String) {
    let code = name.strip_prefix("&#").and_then(|code| code.parse::<u8>().ok());
    if let Some(code @ 0x80..=0x9f) = code {
        // The standard reads these numbers as windows-1252.
        let octet = [code];
        let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&octet);
        out.push_str(&text);
        return;
    }
    let from = out.len();
    add_html_token(out, format!("{name};").as_bytes(), false);
    if out.get(from..) == Some("\0") {
        out.truncate(from);
    }
}

struct Builder<'a> {
    tree: Tree<'a>,
    /// The root, and every element that is open inside it.
    open: Vec<NodeId>,
    /// Elements that were opened below the deepest one.
    too_deep: usize,
}

impl<'a> Builder<'a> {
    fn text(&mut self, text: &'a str) {
        if !text.is_empty() {
            let parent = self.parent();
            self.tree.append(parent, Content::Text(decoded(text)));
        }
    }

    fn start(&mut self, element: Element<'a>) {
        let name = element.name.clone();
        if matches!(&*name, "html" | "head" | "body") {
            return;
        }
        self.close_implied(&name);
        let parent = self.parent();
        let id = self.tree.append(parent, Content::Element(element));
        if is_void(&name) {
            return;
        }
        if self.open.len() > DEPTH_MAX {
            self.too_deep += 1;
        } else {
            self.open.push(id);
        }
    }

    fn end(&mut self, name: &str) {
        if name == "br" {
            let line_break = Element { name: Cow::Borrowed("br"), attributes: "" };
            self.start(line_break);
            return;
        }
        if matches!(name, "html" | "head" | "body") || is_void(name) {
            return;
        }
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let is_word = !is_block(name);
        self.close(&[name], |open| is_scope(open) && !is_table(name) || is_word && is_block(open));
    }

    /// Ends what may not hold an element of this name.
    fn close_implied(&mut self, name: &str) {
        if self.too_deep > 0 {
            return;
        }
        let is_row = |open: &str| matches!(open, "table" | "blockquote");
        match name {
            "li" => self.close(&["li"], |open| is_wall(open) || matches!(open, "ul" | "ol")),
            "dd" | "dt" => self.close(&["dd", "dt"], |open| is_wall(open) || open == "dl"),
            "td" | "th" => self.close(&["td", "th"], |open| is_row(open) || open == "tr"),
            "tr" => self.close(&["tr"], is_row),
            "tbody" | "thead" | "tfoot" => self.close(&["tbody", "thead", "tfoot"], is_row),
            "option" => self.close(&["option"], |open| open == "select"),
            _ => {}
        }
        if is_block(name) {
            let is_end = |open: &str| is_scope(open) || open != "p" && is_block(open);
            self.close(&["p"], is_end);
        }
    }

    /// Closes the innermost open element of these names, unless one that `is_end` stands before.
    fn close(&mut self, names: &[&str], is_end: impl Fn(&str) -> bool) {
        for (at, id) in self.open.iter().enumerate().skip(1).rev() {
            let Some(Content::Element(element)) = self.tree.content(*id) else { return };
            if names.contains(&&*element.name) {
                self.open.truncate(at);
                return;
            }
            if is_end(&element.name) {
                return;
            }
        }
    }

    fn parent(&self) -> NodeId {
        self.open.last().copied().unwrap_or_default()
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
            | "o:p"
    )
}

/// Elements in which a tag outside is not seen.
fn is_scope(name: &str) -> bool {
    matches!(name, "td" | "th" | "table" | "caption" | "button" | "object")
}

/// Elements whose inside no list outside is seen from.
fn is_wall(name: &str) -> bool {
    is_scope(name) || name == "blockquote"
}

fn is_table(name: &str) -> bool {
    matches!(name, "td" | "th" | "tr" | "table" | "tbody" | "thead" | "tfoot" | "caption")
}

/// Elements that begin on a line of their own.
pub(super) fn is_block(name: &str) -> bool {
    is_table(name)
        || matches!(
            name,
            "address"
                | "article"
                | "aside"
                | "blockquote"
                | "center"
                | "dd"
                | "details"
                | "dir"
                | "div"
                | "dl"
                | "dt"
                | "fieldset"
                | "figcaption"
                | "figure"
                | "footer"
                | "form"
                | "h1"
                | "h2"
                | "h3"
                | "h4"
                | "h5"
                | "h6"
                | "header"
                | "hr"
                | "includetail"
                | "li"
                | "main"
                | "menu"
                | "nav"
                | "ol"
                | "p"
                | "pre"
                | "section"
                | "ul"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(tree: &Tree<'_>) -> usize {
        let (mut deepest, mut waiting) = (0, vec![(Tree::root(), 1)]);
        while let Some((id, depth)) = waiting.pop() {
            deepest = deepest.max(depth);
            waiting.extend(tree.children(id).map(|child| (child, depth + 1)));
        }
        deepest
    }

    #[test]
    fn nodes_are_no_more_than_octets_and_not_deep() {
        for piece in [
            "<",
            "<a",
            "<a ",
            "<a x=\">\" ",
            "<a x=\"",
            "<div>",
            "</div>",
            "<blockquote>x",
            "<title>",
            "<style></x>",
            "<!--",
            "<table><tr><td>",
            "<p><b id=1></p>",
            "&amp;",
            "&",
            "<ul><li>a",
            "<br>",
            "</br>",
            "<textarea>",
            "<!x",
            "<?",
            "</",
            "<x y=z w='",
            "<o:p>",
            "\0<\u{feff}>",
        ] {
            let html = piece.repeat(40_000);
            let tree = Tree::parse(&html);
            assert!(tree.nodes.len() <= html.len() + 1, "{piece}: {} nodes", tree.nodes.len());
            assert!(depth(&tree) <= DEPTH_MAX + 3, "{piece}: {} deep", depth(&tree));
        }
        let many = format!("<a {}>x</a>", "b='c' ".repeat(100_000));
        assert_eq!(Tree::parse(&many).nodes.len(), 3);
    }

    #[test]
    fn attributes_are_found_however_they_are_written() {
        for (html, value) in [
            ("<a b=c>", Some("c")),
            ("<a x y='>' B = \"c &amp; d\">", Some("c & d")),
            ("<a b>", Some("")),
            ("<a b='c>", Some("'c")),
            ("<a/b=c/>", Some("c/")),
            ("<a bb=c>", None),
        ] {
            let tree = Tree::parse(html);
            let first = tree.children(Tree::root()).next();
            let Some(Content::Element(element)) = first.and_then(|id| tree.content(id)) else {
                panic!("{html} is no element")
            };
            assert_eq!(element.attribute("b").as_deref(), value, "{html}");
        }
    }

    #[test]
    fn characters_are_decoded_as_browsers_do() {
        for (text, wanted) in [
            ("a &amp; b &lt;c&gt;", "a & b <c>"),
            ("&auml;&#228;&#xE4;", "äää"),
            ("&#8364; &euro; &#128;", "€ € €"),
            ("&nbsp", "\u{a0}"),
            ("a&b &copy x; &unknown; &;", "a&b &copy x; &unknown; &;"),
        ] {
            assert_eq!(decoded(text), wanted);
        }
    }
}
