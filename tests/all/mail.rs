//! The corpus: every mail of `fixtures/mail`, with LF and with CRLF, against what must be
//! understood of it; and laws over mails that nobody wrote.
//!
//! Deliberately absent: what is done with a mail.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use lotse::mail::compose::{Outgoing, OutgoingPart};
use lotse::mail::{
    Attachment, Message, ReversePath, attachment_content, compose, parse, quote, return_path,
    subject,
};
use lotse::notice::html::{self as notice_html, Buttons};
use lotse::notice::page::{Block, Page, Style};
use lotse::ticket::command::read::{self, Eyes, Reader, What};
use lotse::types::{Address, Locale, Mailbox};
use proptest::prelude::*;
use serde_json::{Value, json};

/// The keyword lines of the new text.
fn keywords<'a>(reply: &quote::Reply<'a>) -> Vec<&'a str> {
    let eyes = Eyes { reader: Reader::Member, locale: Locale::default(), pseudo: None };
    let lines = read::read(reply, &eyes).lines;
    let counted = lines.iter().filter(|line| !matches!(line.what, What::NotCounted));
    counted.map(|line| reply.lines[usize::try_from(line.at).unwrap()].text.trim()).collect()
}

/// What was understood, under the names that `lotse inspect --json` uses and some more.
fn understood(message: &Message) -> Value {
    let subject = subject::split(&message.subject);
    let reply = quote::split_message(message, None);
    let shown = |list: &[Mailbox]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let attachment = |one: &Attachment| {
        let (name, media_type) = (&one.name, &one.media_type);
        json!({"name": name, "type": media_type, "bytes": one.bytes})
    };
    json!({
        "message_id": message.message_id,
        "kind": message.kind,
        "may_answer": message.may_answer,
        "via_list": message.via_list,
        "return_path": return_path(message),
        "from": shown(&message.from),
        "sender": message.sender.as_ref().map(ToString::to_string),
        "reply_to": shown(&message.reply_to),
        "to": shown(&message.to),
        "cc": shown(&message.cc),
        "date": message.date,
        "subject": message.subject,
        "subject_tag": subject.tag.as_ref().map(|t| json!({"site": t.site, "ticket": t.ticket})),
        "bare": subject.bare,
        "tokens": subject.tokens,
        "is_reply": subject.is_reply,
        "is_forward": subject::is_forward(message),
        "in_reply_to": message.in_reply_to,
        "references": message.references,
        "text": message.text,
        "html": message.html,
        "reply": reply.text(),
        "signature": reply.signature(),
        "keywords": keywords(&reply),
        "bounce": message.bounce,
        "recipients": message.bounce.iter().flat_map(|bounce| &bounce.recipients)
            .map(|one| {
                let action = serde_json::to_value(one.action).expect("a word");
                let words = [action.as_str().unwrap_or_default(), &one.address, &one.status];
                words.join(" ").trim_end().to_owned()
            })
            .collect::<Vec<_>>(),
        "attachments": message.attachments.iter().map(attachment).collect::<Vec<_>>(),
        "files": message.attachments.iter().map(|one| &one.name).collect::<Vec<_>>(),
        "summaries": message.attachments.iter().map(|one| &one.summary).collect::<Vec<_>>(),
        "content_ids": message.attachments.iter().map(|a| &a.content_id).collect::<Vec<_>>(),
        "defects": message.defects,
        "original": message.original.as_ref().map(|file| &file.name),
    })
}

fn with_crlf(raw: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for &byte in raw {
        if byte == b'\n' && bytes.last() != Some(&b'\r') {
            bytes.push(b'\r');
        }
        bytes.push(byte);
    }
    bytes
}

/// The size of an unencoded text file differs with its line ends.
fn without_sizes(mut value: Value) -> Value {
    let attachments = value.get_mut("attachments").and_then(Value::as_array_mut);
    for attachment in attachments.into_iter().flatten() {
        attachment["bytes"] = Value::Null;
    }
    value
}

fn differences(file: &Path, found: &Value, expected: &Value) -> Vec<String> {
    let expected = expected.as_object().expect("an object");
    expected
        .iter()
        .filter(|(key, value)| !is_found(found, key, value))
        .map(|(key, value)| {
            format!("{}: {key}\n  expected {value}\n  found    {}", file.display(), found[key])
        })
        .collect()
}

/// Whether a name has the value that it should; `contains` lists lines of the new text.
fn is_found(found: &Value, key: &str, value: &Value) -> bool {
    if key != "contains" {
        return found.get(key) == Some(value);
    }
    let text = found["reply"].as_str().unwrap_or_default();
    let mut lines = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    lines.all(|line| text.contains(line))
}

fn mails() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/mail");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the corpus")
        .map(|entry| entry.expect("a file").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_mail_is_understood_with_either_line_end() {
    let files = mails();
    assert!(files.len() >= 40, "only {} mails", files.len());
    let mut wrong = Vec::new();
    for file in files {
        let raw = std::fs::read(&file).expect("a mail");
        let expected = std::fs::read_to_string(file.with_extension("json")).expect("its reading");
        let expected: Value = serde_json::from_str(&expected).expect("JSON");
        let message = parse(&raw, &ReversePath::Unknown);
        wrong.extend(differences(&file, &understood(&message), &expected));
        let message = parse(&with_crlf(&raw), &ReversePath::Unknown);
        let found = without_sizes(understood(&message));
        wrong.extend(differences(&file, &found, &without_sizes(expected)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whether a name fits a pattern with at most one `*`.
fn fits(name: &str, pattern: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end)),
        None => name == pattern,
    }
}

#[test]
fn every_kind_of_mail_is_there_as_often_as_the_table_says() {
    let table = include_str!("../../fixtures/mail/README.md");
    let names: Vec<String> =
        mails().iter().map(|path| path.file_stem().unwrap().to_string_lossy().into()).collect();
    let rows = table.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut counted = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [what, least, patterns] = cells[..] else { panic!("{row}") };
        let patterns: Vec<&str> =
            patterns.split('`').map(str::trim).filter(|pattern| !pattern.is_empty()).collect();
        for pattern in &patterns {
            assert!(names.iter().any(|name| fits(name, pattern)), "no mail is named {pattern}");
        }
        let is_meant = |name: &&String| patterns.iter().any(|pattern| fits(name, pattern));
        let count = names.iter().filter(is_meant).count();
        assert!(count >= least.parse().unwrap(), "{what}: {count} of {least}");
        counted += 1;
    }
    assert!(counted >= 15, "only {counted} rows");
}

#[test]
fn every_attachment_is_found_again_by_its_part() {
    for file in mails() {
        let raw = std::fs::read(&file).expect("a mail");
        for attachment in parse(&raw, &ReversePath::Unknown).attachments {
            let content = attachment_content(&raw, attachment.part).expect("content");
            assert_eq!(content.len(), attachment.bytes, "{}: {}", file.display(), attachment.name);
        }
    }
}

/// Notices quote strangers by words only: whatever their HTML holds, ours holds our elements, and
/// nothing that is fetched.
#[test]
fn html_of_strangers_never_becomes_html_of_ours() {
    for file in mails() {
        let raw = std::fs::read(&file).expect("a mail");
        let message = parse(&raw, &ReversePath::Unknown);
        let sources = [message.html.as_deref().unwrap_or_default(), &message.text];
        for source in sources {
            let lines: Vec<String> = source.lines().take(400).map(str::to_owned).collect();
            let quoted = [Style::Words, Style::Quote, Style::Verbatim]
                .map(|style| (false, Block::Excerpt(style, lines.clone())));
            let blocks = quoted.into_iter().chain([(false, Block::Lines(lines))]).collect();
            let page = Page { body: blocks, ..Page::default() };
            let html = notice_html::body(&page, &Buttons::default(), None);
            let elements = html
                .split('<')
                .skip(1)
                .filter_map(|piece| piece.trim_start_matches('/').split([' ', '>']).next());
            for element in elements {
                let is_ours = ["p", "br", "blockquote", "div", "span"].contains(&element);
                assert!(is_ours, "{}: <{element}>", file.display());
            }
            let attributes = html.split('<').filter_map(|piece| piece.split_once('>'));
            for (inside, _) in attributes {
                let is_plain = !inside.contains("src") && !inside.contains("href");
                assert!(is_plain, "{}: {inside}", file.display());
            }
        }
    }
}

#[test]
fn mail_cut_off_anywhere_is_still_read() {
    for file in mails() {
        let raw = std::fs::read(&file).expect("a mail");
        for end in (0..raw.len()).step_by(97) {
            let message = parse(&raw[..end], &ReversePath::Null);
            assert!(!message.may_answer, "{} up to {end}", file.display());
        }
    }
}

/// Reports, charsets and containers that were made to cost: each is some megabytes.
#[test]
fn hostile_mails_take_linear_time() {
    let head = "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n";
    let certificate = format!(
        "Content-Type: application/pkcs7-mime\n\n{}",
        "\u{30}\u{80}".repeat(1_000_000).replace('\u{80}', "\u{0}")
    );
    for body in [
        format!("\n{}", "a@b.example ".repeat(200_000)),
        format!("\n{}", "<a@b.example>: 550\n".repeat(200_000)),
        format!("\n{}", "could not be delivered to:\n".repeat(100_000)),
        format!("\n{}", "Final-Recipient: rfc822; a@b.example\n\n".repeat(100_000)),
        format!("X: {}\n\n", "=?utf-8?q?a?=3F".repeat(100_000)),
        format!("X: {}\n\n", "=?a?q?".repeat(100_000)),
        format!("\n{}", "\u{1b}$B".repeat(500_000)),
        certificate,
    ] {
        let message = parse(format!("{head}{body}").as_bytes(), &ReversePath::Unknown);
        assert!(!message.may_answer);
    }
}

#[test]
fn reverse_path_of_the_envelope_beats_the_field() {
    let raw = b"Return-Path: <>\nFrom: a@x.example\n\nHallo\n";
    assert_eq!(return_path(&parse(raw, &ReversePath::Unknown)), ReversePath::Null);
    let late = b"Received: by x\nReturn-Path: <>\nFrom: a@x.example\n\nHallo\n";
    assert_eq!(return_path(&parse(late, &ReversePath::Unknown)), ReversePath::Unknown);
}

fn mailbox() -> impl Strategy<Value = Mailbox> {
    ("[a-zA-Z0-9][a-z0-9.+_-]{0,18}[a-z0-9]", "[a-z]{1,10}\\.example", "\\PC{0,30}")
        .prop_filter_map("an address", |(local, domain, name)| {
            let address = Address::parse(&format!("{local}@{domain}")).ok()?;
            let is_dotted = local.contains("..");
            (!is_dotted).then(|| Mailbox::new(name, address))
        })
}

fn outgoing() -> impl Strategy<Value = Outgoing> {
    let text = prop_oneof!["[ -~\n]{0,400}", "[a-zäöüß .\n]{0,400}", "(?s).{0,200}"];
    let html = proptest::option::of("<p>[a-zäöü ]{0,40}</p>");
    let attachments = proptest::collection::vec(
        (
            "[a-zäöü]([a-zäöü ]{0,40}[a-zäöü])?\\.pdf",
            proptest::collection::vec(any::<u8>(), 0..200),
        ),
        0..3,
    );
    (mailbox(), mailbox(), proptest::option::of(mailbox()), "\\PC{0,160}", text, html, attachments)
        .prop_map(|(from, to, reply_to, subject, text, html, attachments)| Outgoing {
            from,
            to,
            reply_to,
            subject,
            message_id: "17.1.k3f9@nrw.example".into(),
            in_reply_to: Some("a@x.example".into()),
            references: vec!["root.17@nrw.example".into(), "a@x.example".into()],
            date: Timestamp::from_second(1_795_255_200).expect("a date"),
            fields: vec![("Auto-Submitted".into(), "auto-generated".into())],
            text,
            html,
            pictures: Vec::new(),
            attachments: attachments
                .into_iter()
                .map(|(name, content)| OutgoingPart {
                    name,
                    media_type: "application/pdf".into(),
                    content,
                })
                .collect(),
        })
}

/// Text as a reader sees it: white space at ends and control characters say nothing.
fn seen(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n").replace(['\0', '\u{feff}'], "");
    text.trim_end().trim_start_matches('\n').to_owned()
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Fields with anything in them, folded or not.
const FIELDS: &str = "((From|To|Subject|Content-Type|List-Id|References|X): \
                      [ -~äé<>@\\\",;=?'()\\r\\t]{0,80}\\n[ \\t]?){0,8}";
/// Lines that parts are made of.
const LINES: &str = "(--b(--)?\\n|Content-Type: (text|multipart)/[a-z]{1,9}; boundary=b\\n|\\n|\
                     [ -~]{0,20}\\n){0,30}";

proptest! {
    #[test]
    fn any_octets_are_read(raw: Vec<u8>, part in 0_u32..4) {
        let message = parse(&raw, &ReversePath::Unknown);
        let is_attached = message.attachments.iter().any(|one| one.part == part);
        prop_assert!(!is_attached || attachment_content(&raw, part).is_some());
    }

    #[test]
    fn any_header_and_parts_are_read(
        header in FIELDS,
        body in LINES,
    ) {
        let raw = format!("Content-Type: multipart/mixed; boundary=b\n{header}\n{body}");
        let message = parse(raw.as_bytes(), &ReversePath::Unknown);
        prop_assert!(!message.text.contains(['\r', '\0']));
        prop_assert!(message.fields.iter().all(|f| !f.value.chars().any(char::is_control)));
        for attachment in message.attachments {
            let content = attachment_content(raw.as_bytes(), attachment.part);
            prop_assert_eq!(content.map(|content| content.len()), Some(attachment.bytes));
        }
    }

    #[test]
    fn what_is_composed_is_read_again(mail in outgoing()) {
        let raw = compose(&mail);
        let message = parse(&raw, &ReversePath::Unknown);
        prop_assert_eq!(&message.from[0].address, &mail.from.address);
        prop_assert_eq!(&message.to[0].address, &mail.to.address);
        prop_assert_eq!(message.from.len() + message.to.len(), 2);
        if !mail.from.name.contains(['"', '\'', '?', '@', '<', '>']) {
            prop_assert_eq!(words(&message.from[0].name), words(&mail.from.name));
        }
        prop_assert_eq!(
            message.reply_to.iter().map(|one| &one.address).collect::<Vec<_>>(),
            mail.reply_to.iter().map(|one| &one.address).collect::<Vec<_>>()
        );
        if !mail.subject.contains("=?") {
            prop_assert_eq!(words(&message.subject), words(&mail.subject));
        }
        prop_assert_eq!(message.message_id.as_deref(), Some(mail.message_id.as_str()));
        prop_assert_eq!(&message.references, &mail.references);
        prop_assert_eq!(message.date, Some(mail.date));
        if !mail.text.trim().is_empty() {
            prop_assert_eq!(seen(&message.text), seen(&mail.text));
        }
        prop_assert_eq!(message.attachments.len(), mail.attachments.len());
        for (one, part) in message.attachments.iter().zip(&mail.attachments) {
            prop_assert_eq!(words(&one.name), words(&part.name));
            let content = attachment_content(&raw, one.part);
            prop_assert_eq!(content.as_ref(), Some(&part.content));
        }
        prop_assert!(message.defects.is_empty(), "{:?}", message.defects);
    }

    #[test]
    fn no_header_line_is_wider_than_a_terminal(mail in outgoing()) {
        let raw = compose(&mail);
        let raw = String::from_utf8_lossy(&raw);
        let header = raw.split("\r\n\r\n").next().unwrap_or_default();
        prop_assert!(header.is_ascii());
        prop_assert!(header.split("\r\n").all(|line| line.len() <= 78), "{}", header);
    }
}
