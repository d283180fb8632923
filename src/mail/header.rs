//! A block of header fields, cut out of octets (RFC 5322 section 2.2).
//!
//! Deliberately absent: what the values mean (`field`).

use std::borrow::Cow;

use crate::mail::Defect;

/// Fields that are looked at; a message with more is not written by anybody's mail program.
const FIELDS_MAX: usize = 1_000;
/// Octets of header that are looked at.
const HEADER_BYTES_MAX: usize = 256 * 1024;
/// Octets of one field that are looked at.
const VALUE_BYTES_MAX: usize = 64 * 1024;
const NAME_BYTES_MAX: usize = 128;
const DEFECTS_MAX: usize = 32;

/// What was found broken, each kind once.
#[derive(Debug, Default)]
pub(super) struct Defects(Vec<Defect>);

impl Defects {
    /// Notes a defect.
    pub(super) fn note(&mut self, defect: impl Into<String>) {
        let defect = Defect(defect.into());
        if self.0.len() < DEFECTS_MAX && !self.0.contains(&defect) {
            self.0.push(defect);
        }
    }

    /// All that was noted.
    pub(super) fn into_list(self) -> Vec<Defect> {
        self.0
    }
}

/// A field as it came, its value with folds.
#[derive(Debug, Clone, Copy)]
pub(super) struct RawField<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a [u8],
}

/// A header and what stands below it.
#[derive(Debug)]
pub(super) struct Block<'a> {
    pub(super) fields: Vec<RawField<'a>>,
    pub(super) body: &'a [u8],
}

impl<'a> Block<'a> {
    /// The first value of a field, case aside.
    pub(super) fn value(&self, name: &str) -> Option<&'a [u8]> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|f| f.value)
    }
}

/// The octets with LF in place of CR where a message knows no other line end.
pub(super) fn with_line_ends<'a>(raw: &'a [u8], defects: &mut Defects) -> Cow<'a, [u8]> {
    if raw.contains(&b'\n') || !raw.contains(&b'\r') {
        return Cow::Borrowed(raw);
    }
    defects.note("line ends are bare CR");
    Cow::Owned(raw.iter().map(|&byte| if byte == b'\r' { b'\n' } else { byte }).collect())
}

/// Cuts the header off. Never fails: a line that is no field ends it, unless fields follow.
pub(super) fn split<'a>(raw: &'a [u8], defects: &mut Defects) -> Block<'a> {
    let mut fields: Vec<RawField<'a>> = Vec::new();
    let mut at = 0;
    let mut open: Option<(&'a str, usize)> = None;
    loop {
        let rest = raw.get(at..).unwrap_or_default();
        if rest.is_empty() {
            close(&mut fields, open.take(), raw, at);
            break;
        }
        let (line, next) = first_line(rest);
        if line.is_empty() {
            close(&mut fields, open.take(), raw, at);
            at += next;
            break;
        }
        if is_continuation(line) && open.is_some() {
            at += next;
            continue;
        }
        if fields.len() + usize::from(open.is_some()) >= FIELDS_MAX || at > HEADER_BYTES_MAX {
            close(&mut fields, open.take(), raw, at);
            defects.note("too many header fields: the rest of them was not read");
            at = end_of_header(raw, at);
            break;
        }
        if let Some((name, value_at)) = field_start(line) {
            close(&mut fields, open.take(), raw, at);
            open = Some((name, at + value_at));
        } else if is_mailbox_mark(line) && at == 0 {
            // A mailbox file leaves its `From ` line above what it stores.
        } else if is_known_field(first_line(rest.get(next..).unwrap_or_default()).0) {
            close(&mut fields, open.take(), raw, at);
            defects.note("a line in the header is no field");
        } else {
            close(&mut fields, open.take(), raw, at);
            defects.note("no empty line ends the header");
            break;
        }
        at += next;
    }
    for field in &mut fields {
        if field.value.len() > VALUE_BYTES_MAX {
            defects.note(format!("{} is too long: its end was not read", field.name));
            field.value = field.value.get(..VALUE_BYTES_MAX).unwrap_or_default();
        }
    }
    Block { fields, body: raw.get(at..).unwrap_or_default() }
}

fn close<'a>(
    fields: &mut Vec<RawField<'a>>,
    open: Option<(&'a str, usize)>,
    raw: &'a [u8],
    end: usize,
) {
    if let Some((name, start)) = open {
        fields.push(RawField { name, value: raw.get(start..end).unwrap_or_default() });
    }
}

/// The first line without its end, and where the next begins.
pub(super) fn first_line(bytes: &[u8]) -> (&[u8], usize) {
    let (mut line, next) = match bytes.iter().position(|&byte| byte == b'\n') {
        Some(at) => (bytes.get(..at).unwrap_or_default(), at + 1),
        None => (bytes, bytes.len()),
    };
    while let Some(shorter) = line.strip_suffix(b"\r") {
        line = shorter;
    }
    (line, next)
}

fn is_continuation(line: &[u8]) -> bool {
    line.first().is_some_and(|&byte| byte == b' ' || byte == b'\t')
}

fn is_mailbox_mark(line: &[u8]) -> bool {
    line.starts_with(b"From ") || line.starts_with(b">From ")
}

/// The field's name and where its value begins in the line.
fn field_start(line: &[u8]) -> Option<(&str, usize)> {
    let colon = line.iter().take(NAME_BYTES_MAX).position(|&byte| byte == b':')?;
    let name = line.get(..colon)?.trim_ascii_end();
    if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    Some((std::str::from_utf8(name).ok()?, colon + 1))
}

/// Whether a line begins with a field that only mail programs write.
fn is_known_field(line: &[u8]) -> bool {
    const KNOWN: [&str; 22] = [
        "from",
        "to",
        "cc",
        "subject",
        "date",
        "sender",
        "reply-to",
        "received",
        "message-id",
        "in-reply-to",
        "references",
        "mime-version",
        "return-path",
        "delivered-to",
        "precedence",
        "auto-submitted",
        "dkim-signature",
        "user-agent",
        "importance",
        "thread-topic",
        "thread-index",
        "authentication-results",
    ];
    field_start(line).is_some_and(|(name, _)| {
        let name = name.to_ascii_lowercase();
        KNOWN.contains(&name.as_str())
            || ["x-", "content-", "list-", "arc-"].iter().any(|start| name.starts_with(start))
    })
}

fn end_of_header(raw: &[u8], mut at: usize) -> usize {
    loop {
        let rest = raw.get(at..).unwrap_or_default();
        if rest.is_empty() {
            return raw.len();
        }
        let (line, next) = first_line(rest);
        at += next;
        if line.is_empty() {
            return at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(raw: &str) -> (Vec<String>, String, usize) {
        let mut defects = Defects::default();
        let block = split(raw.as_bytes(), &mut defects);
        let names = block.fields.iter().map(|field| field.name.to_owned()).collect();
        (names, String::from_utf8_lossy(block.body).into_owned(), defects.into_list().len())
    }

    #[test]
    fn header_ends_where_its_author_meant_it() {
        let two = vec!["From".to_owned(), "Subject".to_owned()];
        for (raw, defects) in [
            ("From: a@b.example\nSubject: x\n y\n\nHallo\n", 0),
            ("From a@b.example Sat Nov 21\nFrom: a@b.example\r\nSubject : x\r\n\r\nHallo\n", 0),
            ("From: a@b.example\nSubject: x\nHallo\n", 1),
            ("From: a@b.example\nwhat is this\nSubject: x\n\nHallo\n", 1),
        ] {
            let (found, body, noted) = names(raw);
            assert_eq!((&found, body.as_str(), noted), (&two, "Hallo\n", defects), "{raw}");
        }
    }

    #[test]
    fn endless_header_costs_little() {
        let (found, body, noted) = names(&("X-A: b\n".repeat(50_000) + "\nHallo"));
        assert_eq!((found.len(), body.as_str(), noted), (FIELDS_MAX, "Hallo", 1));
        let long = format!("References: {}\n\nHallo", "<a@b>".repeat(100_000));
        let mut defects = Defects::default();
        let block = split(long.as_bytes(), &mut defects);
        assert_eq!((block.fields[0].value.len(), block.body), (VALUE_BYTES_MAX, &b"Hallo"[..]));
        assert_eq!(defects.into_list().len(), 1);
    }
}
