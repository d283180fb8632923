//! `lotse inspect`: what is understood of a message, without settings.
//!
//! Deliberately absent: whether a message is our own, which takes the site's secrets (`explain`).

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::out;
use crate::mail::quote::{self, Reply};
use crate::mail::{self, Bounce, Defect, Kind, Message, ReversePath, ViaList, subject};
use crate::ticket::command::read::{self, Eyes, Reader, What};
use crate::types::{Locale, Mailbox, TicketId};

/// What is understood, member by member in the order of the contract.
#[derive(Debug, Serialize)]
struct Inspected<'a> {
    file: String,
    message_id: Option<&'a str>,
    kind: Kind,
    may_answer: bool,
    via_list: Option<&'a ViaList>,
    from: Option<String>,
    to: Vec<String>,
    subject: &'a str,
    subject_tag: Option<Tag>,
    in_reply_to: &'a [String],
    references: &'a [String],
    is_forward: bool,
    text: &'a str,
    reply: String,
    signature: String,
    keywords: Vec<&'a str>,
    bounce: Option<&'a Bounce>,
    attachments: Vec<Attached<'a>>,
    defects: &'a [Defect],
}

#[derive(Debug, Serialize)]
struct Tag {
    site: String,
    ticket: TicketId,
}

#[derive(Debug, Serialize)]
struct Attached<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    media_type: &'a str,
    bytes: usize,
    #[serde(skip_serializing_if = "str::is_empty")]
    summary: &'a str,
}

/// Prints what is understood of each file; 1 if one could not be read.
pub(super) fn run(json: bool, files: &[PathBuf]) -> u8 {
    let mut code = 0;
    for (place, file) in files.iter().enumerate() {
        let raw = match read_file(file) {
            Ok(raw) => raw,
            Err(error) => {
                code = out::refuse(1, &format!("{}: {error}", file.display()));
                continue;
            }
        };
        let message = mail::parse(&raw, &ReversePath::Unknown);
        let reply = quote::split_message(&message, None);
        let inspected = inspect(file, &message, &reply);
        if json {
            match serde_json::to_string(&inspected) {
                Ok(text) => out::line(&text),
                Err(error) => code = out::refuse(1, &format!("{}: {error}", file.display())),
            }
        } else {
            if place > 0 {
                out::line("");
            }
            print(&inspected, &reply.in_context());
        }
    }
    code
}

/// The bytes of a file; `-` is standard input.
pub(super) fn read_file(file: &Path) -> std::io::Result<Vec<u8>> {
    if file.as_os_str() != "-" {
        return std::fs::read(file);
    }
    let mut raw = Vec::new();
    std::io::stdin().lock().read_to_end(&mut raw)?;
    Ok(raw)
}

fn inspect<'a>(file: &Path, message: &'a Message, reply: &Reply<'a>) -> Inspected<'a> {
    let tag = subject::split(&message.subject).tag;
    let attachments = message.attachments.iter().map(|part| Attached {
        name: &part.name,
        media_type: &part.media_type,
        bytes: part.bytes,
        summary: &part.summary,
    });
    Inspected {
        file: file.display().to_string(),
        message_id: message.message_id.as_deref(),
        kind: message.kind,
        may_answer: message.may_answer,
        via_list: message.via_list.as_ref(),
        from: message.author().map(Mailbox::to_string),
        to: message.to.iter().map(Mailbox::to_string).collect(),
        subject: &message.subject,
        subject_tag: tag.map(|tag| Tag { site: tag.site, ticket: tag.ticket }),
        in_reply_to: &message.in_reply_to,
        references: &message.references,
        is_forward: subject::is_forward(message),
        text: &message.text,
        reply: reply.text(),
        signature: reply.signature(),
        keywords: keywords(reply),
        bounce: message.bounce.as_ref(),
        attachments: attachments.collect(),
        defects: &message.defects,
    }
}

/// Keyword lines of the new text as they are written; without a register nobody's rights matter.
fn keywords<'a>(reply: &Reply<'a>) -> Vec<&'a str> {
    let eyes = Eyes { reader: Reader::Member, locale: Locale::default(), pseudo: None };
    let reading = read::read(reply, &eyes);
    let counted = reading.lines.iter().filter(|line| !matches!(line.what, What::NotCounted));
    let places = counted.filter_map(|line| usize::try_from(line.at).ok());
    places.filter_map(|at| Some(reply.lines.get(at)?.text.trim())).collect()
}

/// A table, and the new text with the quoted lines that it answers.
fn print(inspected: &Inspected<'_>, text: &str) {
    out::line(&inspected.file);
    for (name, value) in rows(inspected) {
        if !value.is_empty() {
            out::line(&format!("  {name:<12} {value}"));
        }
    }
    out::line("");
    for line in text.lines() {
        out::line(format!("  {line}").trim_end());
    }
}

fn rows(inspected: &Inspected<'_>) -> Vec<(&'static str, String)> {
    let kind = serde_json::to_value(inspected.kind).unwrap_or_default();
    let answer = if inspected.may_answer { "" } else { ", no machine may answer it" };
    let tag = inspected.subject_tag.as_ref();
    let forward = if inspected.is_forward { "yes" } else { "" };
    let attached = inspected.attachments.iter();
    let attached = attached.map(|at| {
        let summary = if at.summary.is_empty() { "" } else { ": " };
        format!("{} ({}, {} octets){summary}{}", at.name, at.media_type, at.bytes, at.summary)
    });
    vec![
        ("kind", format!("{}{answer}", kind.as_str().unwrap_or_default())),
        ("from", inspected.from.clone().unwrap_or_else(|| "nobody".into())),
        ("to", inspected.to.join(", ")),
        ("subject", inspected.subject.to_owned()),
        ("subject tag", tag.map(|tag| format!("{} #{}", tag.site, tag.ticket)).unwrap_or_default()),
        ("forward", forward.to_owned()),
        ("message id", inspected.message_id.unwrap_or_default().to_owned()),
        ("answers", inspected.in_reply_to.join(" ")),
        ("references", inspected.references.join(" ")),
        ("list", inspected.via_list.map(shown_list).unwrap_or_default()),
        ("report", inspected.bounce.map(shown_bounce).unwrap_or_default()),
        ("attachments", attached.collect::<Vec<_>>().join(", ")),
        ("keywords", inspected.keywords.join(" | ")),
        ("signature", inspected.signature.lines().collect::<Vec<_>>().join(" | ")),
        (
            "defects",
            inspected.defects.iter().map(|found| found.0.as_str()).collect::<Vec<_>>().join("; "),
        ),
    ]
}

fn shown_list(list: &ViaList) -> String {
    let munged = if list.author_munged { ", which put its own address into From" } else { "" };
    format!("{}{munged}", list.id)
}

fn shown_bounce(bounce: &Bounce) -> String {
    let recipients = bounce.recipients.iter();
    let shown = recipients.map(|one| {
        let action = serde_json::to_value(one.action).unwrap_or_default();
        let action = action.as_str().unwrap_or_default();
        format!("{} {action} {} {}", one.address, one.status, one.diagnostic)
    });
    let shown: Vec<String> = shown.map(|line| line.trim_end().to_owned()).collect();
    let about = bounce.original_message_id.as_deref();
    let about = about.map(|id| format!("about {id}: ")).unwrap_or_default();
    format!("{about}{}", shown.join("; "))
}
