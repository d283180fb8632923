//! Bytes to a [`Message`]: never fails, lists defects.
//!
//! Deliberately absent: the details of fields (`field`), parts (`part`) and texts (`body`), which
//! are brought together here.

use crate::mail::charset::{self, Hint};
use crate::mail::field::{self, Structured};
use crate::mail::header::{self, Block, Defects, RawField};
use crate::mail::part::Part;
use crate::mail::{
    Field, Message, ReversePath, automatic, body, challenge, dsn, list, original, part,
};
use crate::types::{Hash, Mailbox};

const SUBJECT_CHARS_MAX: usize = 500;
/// Octets of the body that help to guess the charset of the header.
const GUESS_BYTES_MAX: usize = 8 * 1024;

/// Understands a raw message. `reverse_path` helps to tell machines from people; where the door
/// knows none, the message's own `Return-Path` stands for it ([`return_path`]).
///
/// Never fails: what is broken is in [`Message::defects`]. Work is bounded: 1000 fields or 256 KiB
/// of header, 64 KiB of one field, 200 parts, 12 levels of parts, 2 MiB of text.
#[must_use]
pub fn parse(raw: &[u8], reverse_path: &ReversePath) -> Message {
    parse_with_sums(raw, reverse_path, |_| true)
}

/// The same, with the sums by which papers are known only where `are_wanted` says so of what the
/// header alone told: they take as long as all the rest of a message with attachments.
#[must_use]
pub fn parse_with_sums(
    raw: &[u8],
    reverse_path: &ReversePath,
    are_wanted: impl FnOnce(&Message) -> bool,
) -> Message {
    let mut defects = Defects::default();
    let octets = raw;
    let raw = header::with_line_ends(raw, &mut defects);
    let block = block(&raw, &mut defects);
    let hint = hint(&block);
    let mut message = envelope(&block, hint, &mut defects);
    let has_sums = are_wanted(&message);
    let root = part::tree(&block, hint, &mut defects);
    let body = body::read(&root, hint, has_sums, &mut defects);
    message.text = body.text;
    message.html = body.html;
    message.attachments = body.attachments;
    message.via_list = list::via_list(&message);
    message.hash = has_sums.then(|| Hash::of(octets));
    message.defects = defects.into_list();
    message.original = original::file(octets, &block, &message.defects);
    message.bounce = bounce(&message, &root);
    message.complaint = complaint(&root).filter(|_| message.bounce.is_none());
    let own = return_path(&message);
    let reverse_path = if *reverse_path == ReversePath::Unknown { &own } else { reverse_path };
    (message.kind, message.may_answer) = automatic::classify(&message, reverse_path);
    message.attachments.retain(|part| part.media_type != challenge::REACTION);
    message
}

/// The decoded bytes of an attachment, by its part number.
#[must_use]
pub fn attachment_content(raw: &[u8], part: u32) -> Option<Vec<u8>> {
    let mut defects = Defects::default();
    let octets = raw;
    let raw = header::with_line_ends(raw, &mut defects);
    let block = block(&raw, &mut defects);
    if part == original::PART {
        return Some(original::octets(octets, &block));
    }
    let root = part::tree(&block, Hint::default(), &mut defects);
    body::content(&root, part)
}

/// The reverse-path that the topmost `Return-Path` above the first `Received` names
/// (RFC 5321 section 4.4); unknown if there is none.
#[must_use]
pub fn return_path(message: &Message) -> ReversePath {
    let above = message
        .fields
        .iter()
        .take_while(|field| !field.name.eq_ignore_ascii_case("Received"))
        .find(|field| field.name.eq_ignore_ascii_case("Return-Path"));
    let Some(field) = above else {
        return ReversePath::Unknown;
    };
    let inside = field.value.trim().trim_matches(['<', '>']).trim();
    if inside.is_empty() && field.value.contains('<') {
        return ReversePath::Null;
    }
    field::address(inside).map_or(ReversePath::Unknown, ReversePath::Address)
}

fn block<'a>(raw: &'a [u8], defects: &mut Defects) -> Block<'a> {
    let start = raw.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or_default();
    let skipped = raw.get(start..).unwrap_or_default();
    let mut ignored = Defects::default();
    if start > 0 && !header::split(skipped, &mut ignored).fields.is_empty() {
        defects.note("empty lines stand above the header");
        return header::split(skipped, defects);
    }
    header::split(raw, defects)
}

/// What raw octets of the header and of unlabeled text may be in: the charset that the message
/// names for its text, the author's country, else a guess from all of them together.
fn hint<'a>(block: &Block<'a>) -> Hint<'a> {
    let country = block.value("From").and_then(country);
    let is_raw = |value: &[u8]| !value.is_ascii() && std::str::from_utf8(value).is_err();
    let raw: Vec<&[u8]> =
        block.fields.iter().map(|field| field.value).filter(|value| is_raw(value)).collect();
    if raw.is_empty() {
        return Hint { charset: None, country };
    }
    let named = block.value("Content-Type").map(|value| {
        Structured::parse(value, Hint::default()).parameter("charset").and_then(charset::named)
    });
    let named = named.flatten().or_else(|| first_charset(block.body));
    let charset = named.unwrap_or_else(|| {
        let body = block.body.get(..GUESS_BYTES_MAX).unwrap_or(block.body);
        let body = if is_raw(body) { body } else { b"" };
        charset::guess(&[&raw.join(&b' '), body].join(&b' '), country)
    });
    Hint { charset: Some(charset), country }
}

/// The top-level domain of the last address of a field.
fn country(value: &[u8]) -> Option<&str> {
    let after = value.rsplit(|&byte| byte == b'@').next()?;
    let end = after.iter().position(|byte| !byte.is_ascii_alphanumeric() && !b".-".contains(byte));
    let domain = std::str::from_utf8(after.get(..end.unwrap_or(after.len()))?).ok()?;
    domain.rsplit_once('.').map(|(_, top)| top).filter(|top| !top.is_empty())
}

/// The charset that the first part of a multipart names, without taking it apart.
fn first_charset(body: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    const SEARCHED_BYTES_MAX: usize = 4 * 1024;
    let head = String::from_utf8_lossy(body.get(..SEARCHED_BYTES_MAX).unwrap_or(body));
    let head = head.to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label = after.split(|c: char| c.is_whitespace() || c == ';').next()?;
    charset::named(label)
}

fn envelope(block: &Block<'_>, hint: Hint<'_>, defects: &mut Defects) -> Message {
    let fields: Vec<Field> = block.fields.iter().map(|field| decoded(field, hint)).collect();
    if block.fields.iter().any(|field| field.value.contains(&0)) {
        defects.note("the header holds NUL");
    }
    let mut message = Message { fields, ..Message::default() };
    for name in ["From", "Sender", "Subject", "Date", "Message-ID", "Reply-To", "In-Reply-To"] {
        if message.fields_named(name).nth(1).is_some() {
            defects.note(format!("{name} stands there more than once: the first counts"));
        }
    }
    let first = |name: &str, defects: &mut Defects| {
        let value = block.value(name).unwrap_or_default();
        mailboxes(name, value, hint, defects)
    };
    message.from = first("From", defects);
    message.sender = first("Sender", defects).into_iter().next();
    message.reply_to = first("Reply-To", defects);
    message.to = all_mailboxes(block, "To", hint, defects);
    message.cc = all_mailboxes(block, "Cc", hint, defects);
    message.subject =
        message.field("Subject").unwrap_or_default().chars().take(SUBJECT_CHARS_MAX).collect();
    message.message_id = message.field("Message-ID").and_then(field::message_id);
    message.date = message.field("Date").and_then(field::date);
    message.in_reply_to = message.field("In-Reply-To").map(field::message_ids).unwrap_or_default();
    message.references = message.field("References").map(field::message_ids).unwrap_or_default();
    note_missing(&message, defects);
    message
}

fn decoded(field: &RawField<'_>, hint: Hint<'_>) -> Field {
    Field { name: field.name.to_owned(), value: field::text(field.value, hint) }
}

fn mailboxes(name: &str, value: &[u8], hint: Hint<'_>, defects: &mut Defects) -> Vec<Mailbox> {
    let (found, wrong) = field::mailboxes(value, hint);
    if wrong > 0 {
        defects.note(format!("{name} holds something that is no address"));
    }
    found
}

fn all_mailboxes(
    block: &Block<'_>,
    name: &str,
    hint: Hint<'_>,
    defects: &mut Defects,
) -> Vec<Mailbox> {
    let named = block.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    named.flat_map(|field| mailboxes(name, field.value, hint, defects)).collect()
}

fn note_missing(message: &Message, defects: &mut Defects) {
    if message.from.is_empty() {
        defects.note("no author");
    }
    if message.message_id.is_none() {
        defects.note("no Message-ID");
    }
    if message.date.is_none() {
        defects.note("no date that can be read");
    }
}

/// What a delivery report says, read from the parts that RFC 6522 gives it. Some gateways wrap the
/// whole report into a message of their own.
fn bounce(message: &Message, root: &Part<'_>) -> Option<dsn::Bounce> {
    let status = find(root, STATUS).or_else(|| flattened(root)).map(Part::content);
    let original = find(root, ORIGINAL).map(Part::content);
    let disposition = find(root, &["message/disposition-notification"]).map(Part::content);
    let report = dsn::Report {
        delivery_status: status.as_deref(),
        original: original.as_deref(),
        disposition: disposition.as_deref(),
    };
    if let (None, Some(wrapped)) = (&status, &original) {
        let mut defects = Defects::default();
        let block = header::split(wrapped, &mut defects);
        let is_report = block.value("Content-Type").is_some_and(|value| {
            Structured::parse(value, Hint::default()).value == "multipart/report"
        });
        let inner = is_report.then(|| part::tree(&block, Hint::default(), &mut defects));
        let status = inner.as_ref().and_then(|inner| find(inner, STATUS)).map(Part::content);
        let original = inner.as_ref().and_then(|inner| find(inner, ORIGINAL)).map(Part::content);
        if status.is_some() {
            let report = dsn::Report {
                delivery_status: status.as_deref(),
                original: original.as_deref(),
                disposition: None,
            };
            return dsn::read(message, &report);
        }
    }
    dsn::read(message, &report)
}

/// A complaint, with the message that it returns.
fn complaint(root: &Part<'_>) -> Option<dsn::Complaint> {
    let feedback = find(root, &["message/feedback-report"])?.content();
    let original = find(root, ORIGINAL).map(Part::content);
    dsn::complaint(&feedback, original.as_deref())
}

const STATUS: &[&str] = &["message/delivery-status", "message/global-delivery-status"];
const ORIGINAL: &[&str] =
    &["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"];

/// A status part that a gateway made plain text, as a file of its own.
fn flattened<'p, 'a>(part: &'p Part<'a>) -> Option<&'p Part<'a>> {
    let is_one = part.media_type == "text/plain"
        && part.number > 0
        && part.encoded.trim_ascii_start().starts_with(b"Reporting-MTA:");
    if is_one {
        return Some(part);
    }
    part.children.iter().find_map(flattened)
}

fn find<'p, 'a>(part: &'p Part<'a>, types: &[&str]) -> Option<&'p Part<'a>> {
    if types.contains(&part.media_type.as_str()) {
        return Some(part);
    }
    part.children.iter().find_map(|child| find(child, types))
}
