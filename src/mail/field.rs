//! Values of header fields: text (RFC 2047), parameters (RFC 2231), mailboxes, Message-IDs, dates.
//!
//! Deliberately absent: which field means what (`parse`).

use jiff::Timestamp;
use mail_parser::parsers::MessageStream;
use mail_parser::{Address as ParsedAddress, DateTime, HeaderValue};

use crate::mail::charset::{self, Hint};
use crate::mail::transfer::{self, Transfer};
use crate::types::{Address, Mailbox};

/// Mailboxes of one field that are looked at.
const MAILBOXES_MAX: usize = 500;
const NAME_CHARS_MAX: usize = 200;
/// RFC 5322 section 2.1.1: a longer one cannot stand in a line.
const MESSAGE_ID_BYTES_MAX: usize = 996;
const MESSAGE_IDS_MAX: usize = 100;

/// A value in one line: unfolded, decoded, without control characters. `hint` tells what raw octets
/// may be in.
pub(super) fn text(value: &[u8], hint: Hint<'_>) -> String {
    let unfolded = unfolded(value, hint);
    let decoded = if unfolded.contains("=?") { words_decoded(&unfolded) } else { unfolded };
    // Nearly every field is its own line: nothing is copied then.
    let is_one_line = decoded.trim().len() == decoded.len() && !decoded.contains(char::is_control);
    if is_one_line { decoded } else { one_line(&decoded) }
}

/// A value in one line with its encoded words as they are.
fn unfolded(value: &[u8], hint: Hint<'_>) -> String {
    // The space behind the colon and the line's end are most values' only ones.
    let decoded = charset::decode(value.trim_ascii(), None, hint).text;
    if !decoded.contains('\n') && !decoded.contains('\r') {
        return decoded;
    }
    let mut line = String::with_capacity(decoded.len());
    for piece in decoded.split(['\n', '\r']) {
        let piece = if line.is_empty() { piece } else { piece.trim_start_matches([' ', '\t']) };
        if !line.is_empty() && !piece.is_empty() && !line.ends_with(' ') {
            line.push(' ');
        }
        line.push_str(piece);
    }
    line
}

/// The text without line ends and other control characters, trimmed.
pub(super) fn one_line(text: &str) -> String {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim().into()
    } else {
        text.to_owned()
    }
}

/// An encoded word (RFC 2047 section 2) cut out of a text.
struct Word<'a> {
    charset: &'a str,
    octets: Vec<u8>,
    rest: &'a str,
}

fn encoded_word(from: &str) -> Option<Word<'_>> {
    let (charset, rest) = from.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (data, rest) = word_data(encoding, rest)?;
    // RFC 2231 section 5 puts a language behind the charset.
    let charset = charset.split('*').next().unwrap_or_default().trim();
    if charset.is_empty() || charset.len() > 40 || charset.contains(char::is_whitespace) {
        return None;
    }
    let octets = if encoding.eq_ignore_ascii_case("b") {
        transfer::base64_decoded(data.as_bytes())
    } else if encoding.eq_ignore_ascii_case("q") {
        let spaced = data.replace('_', " ");
        // The end mark keeps a trailing space, which is a letter here and no end of line.
        let mut octets = Transfer::QuotedPrintable.decode((spaced + "=5F").as_bytes()).into_owned();
        octets.pop();
        octets
    } else {
        return None;
    };
    Some(Word { charset, octets, rest })
}

/// What stands between the last question mark of a word's head and its end. A question mark that
/// was not escaped before an escape is not the end; an end that was cut off is forgiven.
fn word_data<'a>(encoding: &str, rest: &'a str) -> Option<(&'a str, &'a str)> {
    /// RFC 2047 allows 75; what is longer than this was not meant as a word.
    const WORD_BYTES_MAX: usize = 8 * 1024;
    let is_quoted = encoding.eq_ignore_ascii_case("q");
    let whole = rest.len() <= WORD_BYTES_MAX;
    let searched = rest.get(..rest.floor_char_boundary(WORD_BYTES_MAX)).unwrap_or(rest);
    let mut from = 0;
    while let Some(at) = searched.get(from..).and_then(|rest| rest.find("?=")) {
        let (data, after) = (rest.get(..from + at)?, rest.get(from + at + 2..)?);
        let is_escape = after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        let more = searched.get(from + at + 2..).unwrap_or_default();
        let goes_on = || more.split_once("?=").is_some_and(|(word, _)| !word.contains([' ', '?']));
        if !(is_quoted && is_escape && goes_on()) {
            return Some((data, after));
        }
        from += at + 2;
    }
    let is_cut = whole && !rest.is_empty() && !rest.contains([' ', '?']);
    is_cut.then_some((rest, ""))
}

/// Decodes the encoded words of a text. Neighbors of one charset are decoded together, because
/// many programs cut characters in two; other glue than white space between words stays.
fn words_decoded(text: &str) -> String {
    words_replaced(text, |decoded, _| decoded)
}

/// The text with every run of encoded words replaced by what `write` makes of the decoded run and
/// of whether the run stands inside quotes.
fn words_replaced(text: &str, write: impl Fn(String, bool) -> String) -> String {
    if !text.contains("=?") {
        return text.to_owned();
    }
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_quoted = false;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        written.push_str(before);
        is_quoted ^= before.matches('"').count() % 2 == 1;
        if let Some(first) = encoded_word(from) {
            let (decoded, after) = run_decoded(first);
            written.push_str(&write(decoded, is_quoted));
            rest = after;
        } else {
            written.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
        }
    }
    written.push_str(rest);
    written
}

fn run_decoded(first: Word<'_>) -> (String, &str) {
    let mut decoded = String::new();
    let mut open = first;
    loop {
        let next = open.rest.trim_start();
        match encoded_word(next) {
            Some(word) if word.charset.eq_ignore_ascii_case(open.charset) => {
                open.octets.extend_from_slice(&word.octets);
                open.rest = word.rest;
            }
            Some(word) => {
                decoded.push_str(&octets_decoded(&open));
                open = word;
            }
            None => {
                decoded.push_str(&octets_decoded(&open));
                return (decoded, open.rest);
            }
        }
    }
}

fn octets_decoded(word: &Word<'_>) -> String {
    charset::decode(&word.octets, Some(word.charset), Hint::default()).text
}

/// The mailboxes of an address field, groups opened, and how many entries were none.
pub(super) fn mailboxes(value: &[u8], hint: Hint<'_>) -> (Vec<Mailbox>, usize) {
    let text = words_replaced(&unfolded(value, hint), |decoded, is_quoted| {
        let escaped = one_line(&decoded).replace('\\', "\\\\").replace('"', "\\\"");
        if is_quoted { escaped } else { format!("\"{escaped}\"") }
    });
    let line = format!("{}\n", one_line(&text));
    let parsed = match MessageStream::new(line.as_bytes()).parse_address() {
        HeaderValue::Address(ParsedAddress::List(list)) => list,
        HeaderValue::Address(ParsedAddress::Group(groups)) => {
            groups.into_iter().flat_map(|group| group.addresses).collect()
        }
        _ => Vec::new(),
    };
    let count = parsed.len();
    let found: Vec<Mailbox> = parsed
        .into_iter()
        .take(MAILBOXES_MAX)
        .filter_map(|entry| {
            let address = address(entry.address.as_deref()?)?;
            Some(Mailbox::new(name(entry.name.as_deref().unwrap_or_default(), &address), address))
        })
        .collect();
    if found.is_empty() {
        let quoted = quoted_address(&text).map(|address| Mailbox::new("", address));
        let found = quoted.map_or_else(|| bare_addresses(&text), |mailbox| vec![mailbox]);
        let wrong = usize::from(found.is_empty() && !text.trim().is_empty());
        return (found, wrong);
    }
    let wrong = count.saturating_sub(found.len());
    (found, wrong)
}

fn bare_addresses(text: &str) -> Vec<Mailbox> {
    text.split(|c: char| c.is_whitespace() || "<>,;\"'()".contains(c))
        .filter(|token| token.contains('@'))
        .filter_map(address)
        .take(MAILBOXES_MAX)
        .map(|address| Mailbox::new("", address))
        .collect()
}

/// An address however it was written: in brackets, as a `mailto:`, with a stray dot.
pub(super) fn address(text: &str) -> Option<Address> {
    let text = text.trim().trim_matches(['<', '>', '\'']).trim_end_matches(['.', ',', ';']);
    let text = match text.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => {
            text.get(7..).unwrap_or_default().split('?').next().unwrap_or_default()
        }
        _ => text,
    };
    Address::parse(text).ok().or_else(|| Address::parse(text.split_whitespace().next_back()?).ok())
}

/// A quoted local-part (RFC 5322 section 3.4.1), which the mail library takes for a name.
fn quoted_address(text: &str) -> Option<Address> {
    let (before, after) = text.split_once("\"@")?;
    let (_, local) = before.rsplit_once('"')?;
    let domain = after.split(|c: char| c.is_whitespace() || ">,;".contains(c)).next()?;
    Address::parse(&format!("\"{local}\"@{domain}")).ok()
}

fn name(name: &str, address: &Address) -> String {
    let name = one_line(name);
    let name = name.trim_matches(['"', '\'']).trim();
    if name.eq_ignore_ascii_case(address.as_str()) {
        return String::new();
    }
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// Message-IDs without brackets, in order. In prose only what holds an `@` is taken; of very many
/// the first and the last.
pub(super) fn message_ids(text: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut rest = text;
    while let Some((_, from)) = rest.split_once('<') {
        let (inside, after) = from.split_once('>').unwrap_or((from, ""));
        // An id that lost its end swallows the next one's beginning.
        let inside = inside.rsplit('<').next().unwrap_or_default();
        push_id(&mut ids, inside);
        rest = after;
    }
    if ids.is_empty() {
        for token in text.split(|c: char| c.is_whitespace() || "<>,;\"()".contains(c)) {
            if token.contains('@') {
                push_id(&mut ids, token);
            }
        }
    }
    if ids.len() > MESSAGE_IDS_MAX {
        ids.drain(1..=ids.len() - MESSAGE_IDS_MAX);
    }
    ids
}

fn push_id(ids: &mut Vec<String>, id: &str) {
    let id: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
    let is_known = ids.iter().rev().take(MESSAGE_IDS_MAX).any(|known| *known == id);
    if !id.is_empty() && id.len() <= MESSAGE_ID_BYTES_MAX && !is_known {
        ids.push(id);
    }
}

/// The Message-ID of a `Message-ID` field, which some programs write without `@` or brackets.
pub(super) fn message_id(text: &str) -> Option<String> {
    message_ids(text).into_iter().next().or_else(|| {
        let mut ids = Vec::new();
        push_id(&mut ids, text.split_whitespace().next().unwrap_or_default().trim_matches('<'));
        ids.pop()
    })
}

/// A date (RFC 5322 section 3.3 with its obsolete forms).
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let date = DateTime::parse_rfc822(text).filter(DateTime::is_valid)?;
    Timestamp::from_second(date.to_timestamp()).ok()
}

/// A value with parameters, such as `Content-Type` (RFC 2045 section 5.1, RFC 2231).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Structured {
    /// What stands before the first semicolon, in lower case.
    pub(super) value: String,
    parameters: Vec<(String, String)>,
}

/// One piece of a parameter, before the pieces are joined.
struct Segment {
    name: String,
    index: u32,
    is_encoded: bool,
    value: String,
}

impl Structured {
    /// Takes a value apart; what is broken is left out.
    pub(super) fn parse(value: &[u8], hint: Hint<'_>) -> Self {
        let text = unfolded(value, hint);
        let mut pieces = semicolon_pieces(&text).into_iter();
        let value = pieces.next().unwrap_or_default();
        let value = value.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        let mut segments: Vec<Segment> = pieces.filter_map(segment).collect();
        segments.sort_by_key(|segment| segment.index);
        let mut parameters: Vec<(String, String)> = Vec::new();
        for segment in &segments {
            if parameters.iter().all(|(name, _)| *name != segment.name) {
                let of_name: Vec<&Segment> =
                    segments.iter().filter(|other| other.name == segment.name).collect();
                parameters.push((segment.name.clone(), joined(&of_name)));
            }
        }
        Self { value, parameters }
    }

    /// A parameter by its lower-case name, decoded.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

/// Cuts at semicolons outside quotes.
fn semicolon_pieces(text: &str) -> Vec<&str> {
    const PIECES_MAX: usize = 64;
    let mut pieces = Vec::new();
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            b';' if !is_quoted => {
                pieces.extend(text.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
        if pieces.len() >= PIECES_MAX {
            return pieces;
        }
    }
    pieces.extend(text.get(start..));
    pieces
}

fn segment(piece: &str) -> Option<Segment> {
    let (name, value) = piece.split_once('=')?;
    let name = name.trim().to_ascii_lowercase();
    let (name, is_encoded) = match name.strip_suffix('*') {
        Some(name) => (name.to_owned(), true),
        None => (name, false),
    };
    let (name, index) = match name.split_once('*') {
        Some((base, index)) => (base.to_owned(), index.parse::<u32>().ok()? + 1),
        None => (name, 0),
    };
    // A plain value beside an extended one is for old readers: it comes last and is not joined.
    let index = if !is_encoded && index == 0 { u32::MAX } else { index };
    (!name.is_empty()).then(|| Segment { name, index, is_encoded, value: unquoted(value.trim()) })
}

fn unquoted(value: &str) -> String {
    let Some(inside) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let mut plain = String::with_capacity(inside.len());
    let mut characters = inside.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' => break,
            // Only quotes and backslashes are escaped; else it is the path of another system.
            '\\' if characters.peek().is_some_and(|&next| next == '"' || next == '\\') => {
                plain.extend(characters.next());
            }
            _ => plain.push(character),
        }
    }
    plain
}

fn joined(segments: &[&Segment]) -> String {
    let is_plain = |segment: &Segment| segment.index == u32::MAX;
    if let Some(first) = segments.first()
        && is_plain(first)
    {
        return one_line(&plain_value(&first.value));
    }
    if segments.iter().all(|segment| is_plain(segment) || !segment.is_encoded) {
        let pieces = segments.iter().filter(|segment| !is_plain(segment));
        let whole: String = pieces.map(|segment| segment.value.as_str()).collect();
        return one_line(&plain_value(&whole));
    }
    let mut charset = None;
    let mut octets = Vec::new();
    for (position, segment) in segments.iter().filter(|segment| !is_plain(segment)).enumerate() {
        let mut value = segment.value.as_str();
        if position == 0
            && segment.is_encoded
            && let Some((label, rest)) = value.split_once('\'')
            && let Some((_, rest)) = rest.split_once('\'')
        {
            charset = Some(label);
            value = rest;
        }
        if segment.is_encoded {
            percent_decoded(value, &mut octets);
        } else {
            octets.extend_from_slice(value.as_bytes());
        }
    }
    one_line(&charset::decode(&octets, charset, Hint::default()).text)
}

/// A value that is not marked as extended: some write encoded words into it, some an extended
/// value.
fn plain_value(value: &str) -> String {
    let mut pieces = value.splitn(3, '\'');
    let (label, language, rest) = (pieces.next(), pieces.next(), pieces.next());
    if let (Some(label), Some(language), Some(rest)) = (label, language, rest)
        && language.len() <= 8
        && rest.contains('%')
        && charset::named(label).is_some()
    {
        let mut octets = Vec::new();
        percent_decoded(rest, &mut octets);
        return charset::decode(&octets, Some(label), Hint::default()).text;
    }
    words_decoded(value)
}

fn percent_decoded(value: &str, octets: &mut Vec<u8>) {
    let mut rest = value.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%'
            && let [high, low, tail @ ..] = after
            && let (Some(high), Some(low)) = (transfer::nibble(*high), transfer::nibble(*low))
        {
            octets.push((high << 4) | low);
            rest = tail;
        } else {
            octets.push(byte);
            rest = after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_as_people_wrote_it() {
        for (value, decoded) in [
            (" Schl=?utf-8?q?=C3=BC?=ssel", "Schlüssel"),
            (" =?iso-8859-1?Q?Gr=FC=DFe_?=\r\n =?iso-8859-1?Q?aus_Bonn?=", "Grüße aus Bonn"),
            (" =?utf-8?B?w4RyZw==?= =?utf-8?B?ZXI=?=", "Ärger"),
            (" =?utf-8?Q?halb_=C3?= =?utf-8?Q?=A4hnlich?=", "halb ähnlich"),
            (" =?utf-8*de?Q?ja?= nein", "ja nein"),
            (" =?utf-8?X?ja?= =?", "=?utf-8?X?ja?= =?"),
            (" =?utf-8?Q?Wer=3F_ja?=", "Wer? ja"),
            (" =?utf-8?Q?Wer?=3F_ja?=", "Wer?? ja"),
            (" =?utf-8?Q?Kommt ihr mit??=", "Kommt ihr mit?"),
            (" =?utf-8 ?Q?J=C3=B6rg?=", "Jörg"),
            (" =?utf-8?B?w4RyZ2Vy", "Ärger"),
            (" =?us-ascii?Q?Gr=FC=DFe?=", "Grüße"),
            (" =?iso-2022-jp?B?GyRCMnEbKEI=?= =?iso-2022-jp?B?GyRCNUQbKEI=?=", "会議"),
            (" one\r\n\ttwo\0", "one two"),
            (" a\u{1b}b", "a b"),
        ] {
            assert_eq!(text(value.as_bytes(), Hint::default()), decoded, "{value}");
        }
        assert_eq!(text(b" Gr\xfc\xdfe", Hint::default()), "Grüße");
    }

    #[test]
    fn mailboxes_of_every_shape() {
        for (value, shown) in [
            ("Otto Normal <otto@x.example>", "Otto Normal <otto@x.example>"),
            ("\"Normal, Otto\" <otto@x.example>", "Normal, Otto <otto@x.example>"),
            ("otto@x.example (Otto Normal)", "Otto Normal <otto@x.example>"),
            ("=?utf-8?q?J=C3=B6rg?= <j@x.example>", "Jörg <j@x.example>"),
            ("\"=?utf-8?q?J=C3=B6rg=2C_K?=\" <j@x.example>", "Jörg, K <j@x.example>"),
            ("=?utf-8?q?A=2C_B?= <a@x.example>, c@x.example", "A, B <a@x.example>|c@x.example"),
            ("team: a@x.example, B <b@x.example>;", "a@x.example|B <b@x.example>"),
            ("<mailto:otto@x.example>", "otto@x.example"),
            ("'otto@x.example' <otto@x.example>", "otto@x.example"),
            ("Otto otto@x.example", "otto@x.example"),
            ("undisclosed-recipients:;", ""),
            ("\"otto normal\"@x.example", "\"otto normal\"@x.example"),
        ] {
            let (found, _) = mailboxes(value.as_bytes(), Hint::default());
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found.join("|"), shown, "{value}");
        }
    }

    #[test]
    fn message_ids_survive_prose_and_lost_brackets() {
        for (text, ids) in [
            ("<a@x> <b@x>", vec!["a@x", "b@x"]),
            ("<a@x><b@x> <a@x>", vec!["a@x", "b@x"]),
            ("Your mail of Friday <a@x>", vec!["a@x"]),
            ("Your mail a@x of Friday", vec!["a@x"]),
            ("<a b@x>", vec!["ab@x"]),
            ("<a@x <b@x>", vec!["b@x"]),
            ("nothing here", vec![]),
        ] {
            assert_eq!(message_ids(text), ids, "{text}");
        }
        assert_eq!(message_id("20261121.17 (by hand)").as_deref(), Some("20261121.17"));
        let many: String = (0..500).map(|n| format!("<{n}@x> ")).collect();
        let kept = message_ids(&many);
        assert_eq!((kept.len(), kept[0].as_str(), kept[99].as_str()), (100, "0@x", "499@x"));
    }

    #[test]
    fn parameters_are_joined_and_decoded() {
        for (value, name) in [
            ("attachment; filename=\"a b.pdf\"", "a b.pdf"),
            ("attachment; filename=\r\n \"a b.pdf\"", "a b.pdf"),
            ("attachment; filename=a b.pdf", "a b.pdf"),
            ("attachment; filename=\"C:\\temp\\a.pdf\"", "C:\\temp\\a.pdf"),
            ("attachment; filename*=iso-8859-1'de'%C4rger.pdf", "Ärger.pdf"),
            (
                "attachment; filename*0*=iso-8859-1''%C4rger%20im;\r\n filename*1*=%20B%FC; \
                 filename*2=\"ro.pdf\"",
                "Ärger im Büro.pdf",
            ),
            ("attachment; filename=\"_rger.pdf\"; filename*=utf-8''%C3%84rger.pdf", "Ärger.pdf"),
            ("attachment; filename=\"=?utf-8?q?=C3=84rger=2Epdf?=\"", "Ärger.pdf"),
            ("attachment; filename=\"utf-8''%C3%84rger.pdf\"", "Ärger.pdf"),
            (
                "attachment; filename*0=\"=?utf-8?q?=C3=84r\"; filename*1=\"ger=2Epdf?=\"",
                "Ärger.pdf",
            ),
            ("attachment; filename*=%C3%84rger.pdf", "Ärger.pdf"),
            ("attachment; FileName = \"a;b\\\".pdf\"; x", "a;b\".pdf"),
        ] {
            let parsed = Structured::parse(value.as_bytes(), Hint::default());
            assert_eq!(parsed.parameter("filename"), Some(name), "{value}");
            assert_eq!(parsed.value, "attachment");
        }
    }
}
