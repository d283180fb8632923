//! Outgoing messages: values to RFC 5322 bytes.
//!
//! The same values give the same bytes. Whatever a value holds, it cannot end its field.
//! Deliberately absent: the clock, chance (Message-ID and boundaries come from the values),
//! signing, addresses with letters beyond ASCII in their local-part (RFC 6531).

use std::borrow::Cow;
use std::iter::once;

use jiff::Timestamp;
use mail_builder::MessageBuilder;
use mail_builder::headers::HeaderType;
use mail_builder::headers::address::{Address, EmailAddress};
use mail_builder::headers::content_type::ContentType;
use mail_builder::headers::date::Date;
use mail_builder::headers::message_id::MessageId;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use mail_builder::mime::{BodyPart, MimePart};
use sha2::{Digest, Sha256};

use crate::mail::transfer;
use crate::types::Mailbox;

/// A part to be attached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingPart {
    /// The file name.
    pub name: String,
    /// Type and subtype.
    pub media_type: String,
    /// The decoded bytes.
    pub content: Vec<u8>,
}

/// A picture that the HTML shows where it names it `cid:` (RFC 2392).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Without brackets; no other message has it.
    pub content_id: String,
    /// The picture.
    pub part: OutgoingPart,
}

/// A message to be sent, every choice made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The author.
    pub from: Mailbox,
    /// The one visible recipient.
    pub to: Mailbox,
    /// Where answers go.
    pub reply_to: Option<Mailbox>,
    /// The subject.
    pub subject: String,
    /// Without brackets.
    pub message_id: String,
    /// Without brackets.
    pub in_reply_to: Option<String>,
    /// Without brackets, oldest first.
    pub references: Vec<String>,
    /// The moment it was made.
    pub date: Timestamp,
    /// Further fields, such as `Auto-Submitted`; values in one line.
    pub fields: Vec<(String, String)>,
    /// The text with LF line ends.
    pub text: String,
    /// The same words as HTML.
    pub html: Option<String>,
    /// What the HTML shows; without HTML they are left out.
    pub pictures: Vec<Picture>,
    /// What is attached.
    pub attachments: Vec<OutgoingPart>,
}

/// Octets of a line that RFC 5321 section 4.5.3.1.6 lets travel unencoded.
const LINE_BYTES_MAX: usize = 998;
/// Letters of a word that still fit behind a fold.
const WORD_BYTES_MAX: usize = 72;

/// Fields that are made from the other values; in [`Outgoing::fields`] they are left out.
const OWN_FIELDS: [&str; 15] = [
    "Date",
    "From",
    "To",
    "Cc",
    "Bcc",
    "Reply-To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Return-Path",
];

/// Composes the bytes, with CRLF line ends.
///
/// The header in the order Date, From, To, Reply-To, Subject, Message-ID, In-Reply-To, References,
/// further fields, MIME; its lines at most 78 octets where words allow. Text is 7bit where it can
/// be, else quoted-printable, else (where few letters are Latin) base64.
#[must_use]
pub fn compose(outgoing: &Outgoing) -> Vec<u8> {
    let boundary = boundary(outgoing);
    let mut builder = MessageBuilder::new()
        .header("Date", Date::new(outgoing.date.as_second()))
        .header("From", mailbox(&outgoing.from))
        .header("To", mailbox(&outgoing.to));
    if let Some(reply_to) = &outgoing.reply_to {
        builder = builder.header("Reply-To", mailbox(reply_to));
    }
    builder = builder
        .header("Subject", subject(&outgoing.subject))
        .header("Message-ID", ids(std::slice::from_ref(&outgoing.message_id)));
    if let Some(in_reply_to) = &outgoing.in_reply_to {
        builder = builder.header("In-Reply-To", ids(std::slice::from_ref(in_reply_to)));
    }
    if !outgoing.references.is_empty() {
        builder = builder.header("References", ids(&outgoing.references));
    }
    for (name, value) in outgoing.fields.iter().filter(|(name, _)| is_free(name)) {
        builder = builder.header(name.as_str(), free(value));
    }
    let mut bytes = Vec::new();
    builder.body(body(outgoing, &boundary)).serialize(&mut bytes);
    bytes
}

/// A boundary that no part can hold: `=_` never stands in an encoded one, and a part where it
/// might stand has its share in the hash.
fn boundary(outgoing: &Outgoing) -> String {
    let mut hash = Sha256::new();
    hash.update(&outgoing.message_id);
    let texts = [outgoing.text.as_str(), outgoing.html.as_deref().unwrap_or_default()];
    for text in texts.into_iter().filter(|text| text.contains("=_")) {
        hash.update(text);
    }
    for attachment in outgoing.attachments.iter().filter(|part| is_message(part)) {
        hash.update(&attachment.content);
    }
    let digest = hash.finalize();
    let mut boundary = String::with_capacity(28);
    boundary.push_str("=_");
    for byte in digest.iter().take(12) {
        boundary.push(char::from(b'a' + (byte >> 4)));
        boundary.push(char::from(b'a' + (byte & 15)));
    }
    boundary
}

fn is_free(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':')
        && !OWN_FIELDS.iter().any(|own| own.eq_ignore_ascii_case(name))
}

fn mailbox(mailbox: &Mailbox) -> Address<'_> {
    let name = harmless(&mailbox.name);
    let name = (!name.is_empty()).then_some(name);
    Address::Address(EmailAddress { name, email: Cow::Borrowed(mailbox.address.as_str()) })
}

/// One line that no reader takes for an encoded word.
fn harmless(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    if !trimmed.contains("=?") && !trimmed.chars().any(char::is_control) {
        return Cow::Borrowed(trimmed);
    }
    let line: String = trimmed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Cow::Owned(line.replace("=?", "= ?"))
}

/// Text as it is where ASCII can say it, folded at its spaces; else in encoded words.
fn subject(text: &str) -> HeaderType<'_> {
    let text = harmless(text);
    if text.is_ascii() && text.split(' ').all(|word| word.len() <= WORD_BYTES_MAX) {
        Raw::new(text).into()
    } else {
        Text::new(text).into()
    }
}

/// The value of any field: ASCII stays, because it may have a structure.
fn free(text: &str) -> HeaderType<'_> {
    let text = harmless(text);
    if text.is_ascii() { Raw::new(text).into() } else { Text::new(text).into() }
}

fn ids(ids: &[String]) -> MessageId<'_> {
    let clean = |id: &String| -> String {
        id.chars().filter(|&c| c.is_ascii_graphic() && c != '<' && c != '>').collect()
    };
    let is_clean = |id: &String| id.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>');
    let id = ids
        .iter()
        .map(|id| if is_clean(id) { Cow::Borrowed(id.as_str()) } else { Cow::Owned(clean(id)) })
        .filter(|id| !id.is_empty())
        .collect();
    MessageId { id }
}

fn body<'a>(outgoing: &'a Outgoing, boundary: &str) -> MimePart<'a> {
    let plain = text_part("text/plain", &outgoing.text);
    let words = match &outgoing.html {
        Some(html) => {
            let html = with_pictures(text_part("text/html", html), outgoing, boundary);
            multipart("multipart/alternative", boundary, 'a', vec![plain, html])
        }
        None => plain,
    };
    if outgoing.attachments.is_empty() {
        return words;
    }
    let mut parts = vec![words];
    let mut has_8bit = false;
    for attachment in &outgoing.attachments {
        let carried = attached(attachment);
        has_8bit |= carried.is_8bit;
        parts.push(carried.part);
    }
    let mixed = multipart("multipart/mixed", boundary, 'm', parts);
    if has_8bit { mixed.transfer_encoding("8bit") } else { mixed }
}

/// HTML with the pictures that it shows (RFC 2387).
fn with_pictures<'a>(html: MimePart<'a>, outgoing: &'a Outgoing, boundary: &str) -> MimePart<'a> {
    if outgoing.pictures.is_empty() {
        return html;
    }
    let pictures = outgoing.pictures.iter().map(|picture| {
        let part = &picture.part;
        let content = BodyPart::Binary(part.content.as_slice().into());
        let typed = ContentType::new(media_type(part).to_owned())
            .attribute("name", harmless(&part.name).into_owned());
        MimePart::new(typed, content).inline().cid(picture.content_id.as_str())
    });
    multipart("multipart/related", boundary, 'r', once(html).chain(pictures).collect())
}

fn multipart<'a>(
    media_type: &'static str,
    boundary: &str,
    mark: char,
    parts: Vec<MimePart<'a>>,
) -> MimePart<'a> {
    MimePart::new(
        ContentType::new(media_type).attribute("boundary", format!("{boundary}{mark}")),
        parts,
    )
}

fn text_part<'a>(media_type: &'static str, text: &str) -> MimePart<'a> {
    let text = if text.contains(['\r', '\0']) {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', ""))
    } else {
        Cow::Borrowed(text)
    };
    let typed = ContentType::new(media_type).attribute("charset", "utf-8");
    if is_7bit(&text) {
        let text = crlf(text.as_bytes());
        return MimePart::new(typed, text).transfer_encoding("7bit");
    }
    if is_mostly_latin(&text) {
        let encoded = transfer::quoted_printable(&text);
        return MimePart::new(typed, encoded).transfer_encoding("quoted-printable");
    }
    // The builder takes base64, which is the shorter one here.
    MimePart::new(typed, BodyPart::Text(text.replace('\n', "\r\n").into()))
}

/// Whether a text can travel as it is: ASCII in short lines, without what programs on the way
/// damage (`From ` at a line's start, a lone dot, spaces at a line's end but a signature's mark).
fn is_7bit(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'\n' | b'\t' | b' '..=b'~'))
        && text.split('\n').all(|line| {
            line.len() <= LINE_BYTES_MAX
                && !line.starts_with("From ")
                && line != "."
                && (line == "-- " || !line.ends_with([' ', '\t']))
        })
}

fn is_mostly_latin(text: &str) -> bool {
    let foreign = text.chars().filter(|&c| c >= '\u{250}').count();
    foreign * 5 <= text.chars().count()
}

fn crlf(content: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(content.len() + content.len() / 32 + 16);
    for (index, line) in content.split(|&byte| byte == b'\n').enumerate() {
        if index > 0 {
            lines.extend_from_slice(b"\r\n");
        }
        lines.extend_from_slice(line.strip_suffix(b"\r").unwrap_or(line));
    }
    lines
}

struct Attached<'a> {
    part: MimePart<'a>,
    is_8bit: bool,
}

fn is_message(part: &OutgoingPart) -> bool {
    part.media_type.eq_ignore_ascii_case("message/rfc822")
}

fn attached(attachment: &OutgoingPart) -> Attached<'_> {
    let name = harmless(&attachment.name);
    let content = attachment.content.as_slice();
    let can_travel = !content.contains(&0)
        && content.split(|&byte| byte == b'\n').all(|line| line.len() <= LINE_BYTES_MAX);
    if is_message(attachment) && can_travel {
        // RFC 2046 section 5.2.1: a message is never encoded as a whole.
        let is_8bit = !content.is_ascii();
        let part = MimePart::new(ContentType::new("message/rfc822"), crlf(content))
            .attachment(name)
            .transfer_encoding(if is_8bit { "8bit" } else { "7bit" });
        return Attached { part, is_8bit };
    }
    let media_type = media_type(attachment);
    // Octets are always base64, so that no line end of somebody's file is changed.
    let part =
        MimePart::new(typed(media_type, &attachment.content), BodyPart::Binary(content.into()))
            .attachment(name);
    Attached { part, is_8bit: false }
}

/// The type of a file. Of a calendar entry it names the method that the entry has (RFC 6047
/// section 2.4), without which programs show none.
fn typed<'a>(media_type: &'a str, content: &[u8]) -> ContentType<'a> {
    let typed = ContentType::new(media_type);
    let Ok(text) = std::str::from_utf8(content) else { return typed };
    if !media_type.eq_ignore_ascii_case("text/calendar") {
        return typed;
    }
    let is_word = |value: &&str| value.bytes().all(|byte| byte.is_ascii_alphabetic());
    let method = text.lines().find_map(|line| line.strip_prefix("METHOD:")).filter(is_word);
    let typed = typed.attribute("charset", "utf-8");
    match method {
        Some(method) => typed.attribute("method", method.to_owned()),
        None => typed,
    }
}

fn media_type(attachment: &OutgoingPart) -> &str {
    let media_type = attachment.media_type.as_str();
    let is_token = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-+._".contains(&byte))
    };
    match media_type.split_once('/') {
        Some((kind, subtype))
            if is_token(kind)
                && is_token(subtype)
                && !["multipart", "message"].iter().any(|no| kind.eq_ignore_ascii_case(no)) =>
        {
            media_type
        }
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Address as MailAddress;

    fn outgoing() -> Outgoing {
        let mailbox =
            |name: &str, address: &str| Mailbox::new(name, MailAddress::parse(address).unwrap());
        Outgoing {
            from: mailbox("Otto Müller (kontakt)", "kontakt@nrw.example"),
            to: mailbox("", "anna@members.example"),
            reply_to: Some(mailbox("Antwort an Otto", "desk+17.k3f9w2hq7mza@nrw.example")),
            subject: "[nrw #17] Schlüssel für den Vereinsraum".into(),
            message_id: "17.1.anna@nrw.example".into(),
            in_reply_to: Some("root.17@nrw.example".into()),
            references: vec!["root.17@nrw.example".into()],
            date: Timestamp::from_second(1_795_255_200).unwrap(),
            fields: vec![("Auto-Submitted".into(), "auto-generated".into())],
            text: "Otto schreibt:\n\nHallo\n".into(),
            html: None,
            pictures: Vec::new(),
            attachments: Vec::new(),
        }
    }

    fn composed(outgoing: &Outgoing) -> String {
        String::from_utf8(compose(outgoing)).unwrap()
    }

    #[test]
    fn message_is_what_an_administrator_expects() {
        assert_eq!(
            composed(&outgoing()),
            "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\n\
             From: =?utf-8?Q?Otto_M=C3=BCller_=28kontakt=29?= <kontakt@nrw.example>\r\n\
             To: <anna@members.example>\r\n\
             Reply-To: \"Antwort an Otto\" <desk+17.k3f9w2hq7mza@nrw.example>\r\n\
             Subject: =?utf-8?Q?[nrw_#17]_Schl=C3=BCssel_f=C3=BCr_den_Vereinsraum?=\r\n\
             Message-ID: <17.1.anna@nrw.example>\r\n\
             In-Reply-To: <root.17@nrw.example>\r\n\
             References: <root.17@nrw.example>\r\n\
             Auto-Submitted: auto-generated\r\n\
             MIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=\"utf-8\"\r\n\
             Content-Transfer-Encoding: 7bit\r\n\
             \r\n\
             Otto schreibt:\r\n\r\nHallo\r\n"
        );
    }

    #[test]
    fn no_value_ends_its_field() {
        let evil = "x\r\nBcc: victim@x.example\r\n\r\nbody";
        let mut mail = outgoing();
        mail.from.name = evil.into();
        mail.to.name = evil.into();
        mail.subject = evil.into();
        mail.message_id = evil.into();
        mail.in_reply_to = Some(evil.into());
        mail.references = vec![evil.into(), evil.into()];
        mail.fields = vec![
            ("X-Test".into(), evil.into()),
            ("X-Evil\r\nBcc".into(), "victim@x.example".into()),
            ("Bcc".into(), "victim@x.example".into()),
            ("Content-Type".into(), "text/html".into()),
        ];
        mail.attachments = vec![OutgoingPart {
            name: evil.into(),
            media_type: format!("text/plain\r\nBcc: victim@x.example {evil}"),
            content: evil.into(),
        }];
        let bytes = composed(&mail);
        assert!(!bytes.contains("\nBcc:"), "{bytes}");
        assert_eq!(bytes.matches("\r\nContent-Type:").count(), 3);
    }

    #[test]
    fn picture_stands_beside_the_html_that_shows_it() {
        let mut mail = outgoing();
        mail.html = Some("<img src=\"cid:chart.1@nrw.example\">".into());
        let part = OutgoingPart {
            name: "chart.png".into(),
            media_type: "image/png".into(),
            content: vec![0x89, b'P', b'N', b'G', 0],
        };
        mail.pictures = vec![Picture { content_id: "chart.1@nrw.example".into(), part }];
        let bytes = composed(&mail);
        let order =
            ["multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png"];
        let places: Vec<_> = order.iter().map(|kind| bytes.find(kind).unwrap()).collect();
        assert!(places.is_sorted(), "{bytes}");
        assert!(bytes.contains("\r\nContent-ID: <chart.1@nrw.example>\r\n"), "{bytes}");
        assert!(bytes.contains("Content-Disposition: inline"), "{bytes}");
        mail.html = None;
        assert!(!composed(&mail).contains("image/png"));
    }

    #[test]
    fn header_lines_stay_short() {
        let mut mail = outgoing();
        mail.subject = "Ein sehr langer Betreff ".repeat(12);
        mail.references =
            (0..20).map(|n| format!("message-number-{n}@lists.nrw.example")).collect();
        mail.fields.push(("List-Unsubscribe".into(), "word ".repeat(60)));
        let long = "äöü ".repeat(60);
        mail.to.name = long;
        let bytes = composed(&mail);
        let header = bytes.split("\r\n\r\n").next().unwrap();
        assert!(header.lines().all(|line| line.len() <= 78), "{header}");
        assert!(header.contains("Subject: Ein sehr langer"));
    }

    #[test]
    fn text_stays_readable_on_the_wire() {
        for (text, encoding, shown) in [
            ("plain\n-- \nx", "7bit", "plain\r\n-- \r\nx"),
            ("für\n", "quoted-printable", "f=C3=BCr\r\n"),
            ("From here\n", "quoted-printable", "=46rom here\r\n"),
            ("Добрый день", "base64", "0JTQvtCx0YDRi9C5INC00LXQvdGM"),
        ] {
            let mail = Outgoing { text: text.into(), ..outgoing() };
            let bytes = composed(&mail);
            let (header, body) = bytes.split_once("\r\n\r\n").unwrap();
            assert!(header.ends_with(encoding), "{header}");
            assert_eq!(body.trim_end(), shown.trim_end());
        }
    }

    #[test]
    fn attached_message_is_not_encoded() {
        let mut mail = outgoing();
        mail.attachments = vec![OutgoingPart {
            name: "Schlüssel.eml".into(),
            media_type: "message/rfc822".into(),
            content: "Subject: x\n\nGrüße\n".into(),
        }];
        let bytes = composed(&mail);
        assert!(
            bytes.contains("Content-Transfer-Encoding: 8bit\r\n\r\nSubject: x\r\n\r\nGrüße\r\n")
        );
        let top = bytes.split("\r\n\r\n").next().unwrap();
        assert!(top.ends_with("Content-Transfer-Encoding: 8bit"), "{top}");
        assert_eq!(compose(&mail), bytes.as_bytes());
    }
}
