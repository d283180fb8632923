//! Bytes to a [`Message`]: never fails, lists defects.
//!
//! Deliberately absent: the details of fields (`field`), parts (`part`) and texts (`body`), which
//! are brought together here.

use crate::mail::field::{self};
use crate::mail::header::{self, Block, Defects, RawField};
use crate::mail::part::Part;
use crate::mail::{Field, Message, ReversePath, automatic, body, dsn, list, part};
use crate::types::Mailbox;

const SUBJECT_CHARS_MAX: usize = 500;

/// Understands a raw message. `reverse_path` helps to tell machines from people; where the door
/// knows none, the message's own `Return-Path` stands for it ([`return_path`]).
///
/// Never fails: what is broken is in [`Message::defects`]. Work is bounded: 1000 fields or 256 KiB
/// of header, 64 KiB of one field, 200 parts, 12 levels of parts, 2 MiB of text.
#[must_use]
pub fn parse(raw: &[u8], reverse_path: &ReversePath) -> Message {
    let mut defects = Defects::default();
    let raw = header::with_line_ends(raw, &mut defects);
    let block = block(&raw, &mut defects);
    let mut message = envelope(&block, &mut defects);
    let root = part::tree(&block, &mut defects);
    let body = body::read(&root, &mut defects);
    message.text = body.text;
    message.html = body.html;
    message.attachments = body.attachments;
    message.via_list = list::via_list(&message);
    message.defects = defects.into_list();
    message.bounce = bounce(&message, &root);
    let own = return_path(&message);
    let reverse_path = if *reverse_path == ReversePath::Unknown { &own } else { reverse_path };
    (message.kind, message.may_answer) = automatic::classify(&message, reverse_path);
    message
}

/// The decoded bytes of an attachment, by its part number.
#[must_use]
pub fn attachment_content(raw: &[u8], part: u32) -> Option<Vec<u8>> {
    let mut defects = Defects::default();
    let raw = header::with_line_ends(raw, &mut defects);
    let block = block(&raw, &mut defects);
    part::tree(&block, &mut defects).find(part).map(|part| part.content().into_owned())
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

fn envelope(block: &Block<'_>, defects: &mut Defects) -> Message {
    let fields: Vec<Field> = block.fields.iter().map(decoded).collect();
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
        mailboxes(name, value, defects)
    };
    message.from = first("From", defects);
    message.sender = first("Sender", defects).into_iter().next();
    message.reply_to = first("Reply-To", defects);
    message.to = all_mailboxes(block, "To", defects);
    message.cc = all_mailboxes(block, "Cc", defects);
    message.subject =
        message.field("Subject").unwrap_or_default().chars().take(SUBJECT_CHARS_MAX).collect();
    message.message_id = message.field("Message-ID").and_then(field::message_id);
    message.date = message.field("Date").and_then(field::date);
    message.in_reply_to = message.field("In-Reply-To").map(field::message_ids).unwrap_or_default();
    message.references = message.field("References").map(field::message_ids).unwrap_or_default();
    note_missing(&message, defects);
    message
}

fn decoded(field: &RawField<'_>) -> Field {
    Field { name: field.name.to_owned(), value: field::text(field.value) }
}

fn mailboxes(name: &str, value: &[u8], defects: &mut Defects) -> Vec<Mailbox> {
    let (found, wrong) = field::mailboxes(value);
    if wrong > 0 {
        defects.note(format!("{name} holds something that is no address"));
    }
    found
}

fn all_mailboxes(block: &Block<'_>, name: &str, defects: &mut Defects) -> Vec<Mailbox> {
    let named = block.fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    named.flat_map(|field| mailboxes(name, field.value, defects)).collect()
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

/// What a delivery report says, read from the parts that RFC 6522 gives it.
fn bounce(message: &Message, root: &Part<'_>) -> Option<dsn::Bounce> {
    let content = |types: &[&str]| find(root, types).map(Part::content);
    let status = content(&["message/delivery-status", "message/global-delivery-status"]);
    let original = content(&[
        "message/rfc822",
        "message/global",
        "text/rfc822-headers",
        "message/global-headers",
    ]);
    let report = dsn::Report { delivery_status: status.as_deref(), original: original.as_deref() };
    dsn::read(message, &report)
}

fn find<'p, 'a>(part: &'p Part<'a>, types: &[&str]) -> Option<&'p Part<'a>> {
    if types.contains(&part.media_type.as_str()) {
        return Some(part);
    }
    part.children.iter().find_map(|child| find(child, types))
}
