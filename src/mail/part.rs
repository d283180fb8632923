//! The tree of a message's parts (RFC 2046), cut out of its octets without copying them.
//!
//! Deliberately absent: which part is the message's text (`body`). An attached message is one
//! part and is not taken apart.

use memchr::memmem::Finder;

use crate::mail::charset::Hint;
use crate::mail::field::{self, Structured};
use crate::mail::header::{self, Block, Defects};
use crate::mail::transfer::Transfer;

/// Parts of one message that are told apart.
const PARTS_MAX: u32 = 200;
/// How deep parts may stand in parts.
const DEPTH_MAX: u32 = 12;

/// A part of a message; its root is the message itself.
#[derive(Debug)]
pub(super) struct Part<'a> {
    /// Its place in reading order, the root being 0.
    pub(super) number: u32,
    /// Type and subtype in lower case, as far as they were readable.
    pub(super) media_type: String,
    /// All of `Content-Type`.
    pub(super) content_type: Structured,
    /// All of `Content-Disposition`.
    pub(super) disposition: Structured,
    /// The Content-ID without brackets.
    pub(super) content_id: Option<String>,
    transfer: Transfer,
    pub(super) encoded: &'a [u8],
    /// Its parts, if it is a multipart.
    pub(super) children: Vec<Self>,
}

/// What is shared while a tree grows.
struct Growth<'d> {
    next: u32,
    hint: Hint<'d>,
    defects: &'d mut Defects,
}

/// Grows the tree of a message. Never fails; beyond the limits parts stay unsplit. `hint` tells
/// what raw octets in names may be in.
pub(super) fn tree<'a>(block: &Block<'a>, hint: Hint<'_>, defects: &mut Defects) -> Part<'a> {
    let mut growth = Growth { next: 0, hint, defects };
    grow(block, "text/plain", 0, &mut growth)
}

impl<'a> Part<'a> {
    /// The decoded octets.
    pub(super) fn content(&self) -> std::borrow::Cow<'a, [u8]> {
        self.transfer.decode(self.encoded)
    }

    /// How many octets [`Part::content`] gives.
    pub(super) fn content_len(&self) -> usize {
        self.transfer.decoded_len(self.encoded)
    }

    /// The file name that the part's author gave.
    pub(super) fn file_name(&self) -> Option<&str> {
        self.disposition.parameter("filename").or_else(|| self.content_type.parameter("name"))
    }

    /// Finds a part by its number.
    pub(super) fn find(&self, number: u32) -> Option<&Self> {
        if self.number == number {
            return Some(self);
        }
        self.children.iter().rev().find(|child| child.number <= number)?.find(number)
    }
}

fn grow<'a>(block: &Block<'a>, default: &str, depth: u32, growth: &mut Growth<'_>) -> Part<'a> {
    let number = growth.next;
    growth.next += 1;
    let hint = growth.hint;
    let structured = |name: &str| {
        block.value(name).map(|value| Structured::parse(value, hint)).unwrap_or_default()
    };
    let content_type = structured("Content-Type");
    let disposition = structured("Content-Disposition");
    let has_name = disposition.parameter("filename").is_some();
    let encoding = block.value("Content-Transfer-Encoding").unwrap_or_default();
    let mut part = Part {
        number,
        media_type: media_type(&content_type.value, default, has_name),
        content_type,
        disposition,
        content_id: block
            .value("Content-ID")
            .and_then(|value| field::message_id(&field::text(value, hint))),
        transfer: Transfer::parse(&field::text(encoding, hint)),
        encoded: block.body,
        children: Vec::new(),
    };
    if part.media_type.starts_with("multipart/") {
        part.transfer = Transfer::Identity;
        part.children = children(&part, depth, growth);
        if part.children.is_empty() {
            growth.defects.note("a multipart has no parts");
            "text/plain".clone_into(&mut part.media_type);
        }
    }
    part
}

/// RFC 2045 section 5.2: what is no type is plain text, unless it calls itself a file.
fn media_type(value: &str, default: &str, has_name: bool) -> String {
    let (kind, subtype) = value.split_once('/').unwrap_or_default();
    let is_token =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
    if is_token(kind) && is_token(subtype) {
        format!("{kind}/{subtype}")
    } else if value.is_empty() {
        default.to_owned()
    } else if has_name {
        "application/octet-stream".to_owned()
    } else {
        "text/plain".to_owned()
    }
}

fn children<'a>(parent: &Part<'a>, depth: u32, growth: &mut Growth<'_>) -> Vec<Part<'a>> {
    if depth >= DEPTH_MAX {
        growth.defects.note("parts stand too deep in parts: they were not told apart");
        return Vec::new();
    }
    let Some(boundary) = parent.content_type.parameter("boundary") else {
        growth.defects.note("a multipart names no boundary");
        return Vec::new();
    };
    let default =
        if parent.media_type == "multipart/digest" { "message/rfc822" } else { "text/plain" };
    let mut children = Vec::new();
    let mut sections = Sections::new(parent.encoded, boundary);
    while let Some(section) = sections.next_section(growth.next + 1 >= PARTS_MAX) {
        if growth.next >= PARTS_MAX {
            growth.defects.note("too many parts: the rest was not told apart");
            break;
        }
        let block = header::split(section, growth.defects);
        children.push(grow(&block, default, depth + 1, growth));
    }
    if !sections.is_ended {
        growth.defects.note("a multipart has no end");
    }
    children
}

/// The sections of a multipart between its delimiters.
struct Sections<'a> {
    body: &'a [u8],
    /// Finds what a delimiter begins with, at the speed of memory: this reads every attachment.
    opening: Finder<'static>,
    at: usize,
    is_ended: bool,
}

/// A delimiter line found in a body.
struct Delimiter {
    /// Where the content before it ends: the line end above belongs to the delimiter.
    content_end: usize,
    /// Where the next line begins.
    next: usize,
    is_last: bool,
}

impl<'a> Sections<'a> {
    fn new(body: &'a [u8], boundary: &str) -> Self {
        let opening = Finder::new(&format!("--{boundary}")).into_owned();
        let mut sections = Self { body, opening, at: 0, is_ended: false };
        match sections.delimiter(0) {
            Some(first) => {
                sections.at = first.next;
                sections.is_ended = first.is_last;
            }
            None => sections.at = usize::MAX,
        }
        sections
    }

    /// The next section; the last one may be asked to take the rest unsplit.
    fn next_section(&mut self, takes_rest: bool) -> Option<&'a [u8]> {
        if self.is_ended || self.at > self.body.len() {
            return None;
        }
        let start = self.at;
        let found = if takes_rest { None } else { self.delimiter(start) };
        let end = if let Some(found) = found {
            self.at = found.next;
            self.is_ended = found.is_last;
            found.content_end
        } else {
            self.at = usize::MAX;
            self.body.len()
        };
        let section = self.body.get(start..end).unwrap_or_default();
        // A body cut off right behind a delimiter has no further part.
        (found_or_filled(end, start, self.at)).then_some(section)
    }

    fn delimiter(&self, from: usize) -> Option<Delimiter> {
        let searched = self.body.get(from..)?;
        self.opening.find_iter(searched).find_map(|found| {
            let is_first = searched.get(..found)?.last().is_none_or(|&before| before == b'\n');
            let behind = found + self.opening.needle().len();
            let (line, next) = header::first_line(searched.get(behind..).filter(|_| is_first)?);
            let tail = line.strip_prefix(b"--").unwrap_or(line);
            tail.trim_ascii().is_empty().then(|| Delimiter {
                content_end: self.content_end(from, from + found),
                next: from + behind + next,
                is_last: line.starts_with(b"--"),
            })
        })
    }

    fn content_end(&self, from: usize, at: usize) -> usize {
        let before = self.body.get(from..at).unwrap_or_default();
        let before = before.strip_suffix(b"\n").unwrap_or(before);
        let before = before.strip_suffix(b"\r").unwrap_or(before);
        from + before.len()
    }
}

fn found_or_filled(end: usize, start: usize, next: usize) -> bool {
    next != usize::MAX || end > start
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(part: &Part<'_>) -> String {
        let inner: Vec<String> = part.children.iter().map(shape).collect();
        if inner.is_empty() {
            format!("{}={}", part.media_type, String::from_utf8_lossy(&part.content()).trim())
        } else {
            format!("{}({})", part.media_type, inner.join(", "))
        }
    }

    fn read(raw: &str) -> (String, usize) {
        let mut defects = Defects::default();
        let block = header::split(raw.as_bytes(), &mut defects);
        (shape(&tree(&block, Hint::default(), &mut defects)), defects.into_list().len())
    }

    #[test]
    fn parts_are_told_apart_by_whole_delimiter_lines() {
        let raw = "Content-Type: multipart/mixed; boundary=b\n\npreamble\n--b\n\none --b two\n--bb\
                   \n--b  \nContent-Type: text/html\n\n<p>\n--b--\nepilogue\n--b\n\nthree\n";
        assert_eq!(
            read(raw),
            ("multipart/mixed(text/plain=one --b two\n--bb, text/html=<p>)".into(), 0)
        );
    }

    #[test]
    fn inner_multipart_without_end_does_not_swallow_the_outer_one() {
        let raw = "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/x; \
                   boundary=i\n\n--i\n\none\n--o\n\ntwo\n--o--\n";
        assert_eq!(
            read(raw),
            ("multipart/mixed(multipart/x(text/plain=one), text/plain=two)".into(), 1)
        );
    }

    #[test]
    fn multipart_without_parts_is_text() {
        assert_eq!(
            read("Content-Type: multipart/mixed; boundary=b\n\nHallo\n").0,
            "text/plain=Hallo"
        );
        assert_eq!(read("Content-Type: multipart/mixed\n\nHallo\n").0, "text/plain=Hallo");
    }

    #[test]
    fn depth_and_number_of_parts_are_bounded() {
        let mut deep = String::new();
        for level in 0..5_000 {
            deep += &format!("Content-Type: multipart/mixed; boundary=b{level}x\n\n--b{level}x\n");
        }
        let mut defects = Defects::default();
        let block = header::split(deep.as_bytes(), &mut defects);
        let root = tree(&block, Hint::default(), &mut defects);
        let mut levels = 0;
        let mut part = &root;
        while let Some(child) = part.children.first() {
            part = child;
            levels += 1;
        }
        assert_eq!(levels, DEPTH_MAX);
        let wide = "Content-Type: multipart/mixed; boundary=b\n\n".to_owned()
            + &"--b\n\nx\n".repeat(5_000);
        let mut defects = Defects::default();
        let block = header::split(wide.as_bytes(), &mut defects);
        assert_eq!(tree(&block, Hint::default(), &mut defects).children.len(), 199);
    }

    #[test]
    fn part_is_found_by_its_number() {
        let raw = "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: multipart/x; \
                   boundary=i\n\n--i\n\none\n--i--\n--o\n\ntwo\n--o--\n";
        let mut defects = Defects::default();
        let block = header::split(raw.as_bytes(), &mut defects);
        let root = tree(&block, Hint::default(), &mut defects);
        for (number, content) in [(2, Some("one")), (3, Some("two")), (4, None)] {
            let found =
                root.find(number).map(|p| String::from_utf8_lossy(&p.content()).into_owned());
            assert_eq!(found.as_deref(), content);
        }
    }
}
