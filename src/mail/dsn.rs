//! Delivery reports (RFC 3464, RFC 6522, RFC 3463, RFC 6533).
//!
//! Reports in older forms, which say in words what failed, are read by `oldbounce`.
//! Deliberately absent: what follows for an address or a ticket.

use serde::{Deserialize, Serialize};

use crate::mail::{Message, oldbounce};

/// Recipients of one report that are read.
const RECIPIENTS_MAX: usize = 1_000;
/// Octets of a status part and of returned headers that are read.
const BYTES_MAX: usize = 1_000_000;

/// What a mail server did with one recipient (RFC 3464 section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It gave up.
    Failed,
    /// It goes on trying.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went to a server that sends no reports.
    Relayed,
    /// It went to several, for instance of a list.
    Expanded,
}

/// One recipient of a delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BouncedRecipient {
    /// The final or original recipient as the report writes it.
    pub address: String,
    /// What happened.
    pub action: Action,
    /// The status code such as `5.1.1`, empty if none is given.
    pub status: String,
    /// The remote server's words, in one line.
    pub diagnostic: String,
}

/// A delivery report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounce {
    /// Whom it is about.
    pub recipients: Vec<BouncedRecipient>,
    /// The Message-ID of the message it is about, without brackets.
    pub original_message_id: Option<String>,
    /// Our mark field of that message: a provider may have replaced its Message-ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original_mark: Option<String>,
}

/// A person's complaint about a message of ours, told by the person's provider (RFC 5965).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Complaint {
    /// `abuse`, `fraud`, `opt-out`; in lower case.
    pub feedback: String,
    /// The Message-ID of the message it is about, without brackets.
    pub original_message_id: Option<String>,
    /// Our mark field of that message.
    pub original_mark: Option<String>,
}

/// Reads the message/feedback-report part and the returned message; `None` for feedback that is no
/// complaint of a person.
pub(super) fn complaint(feedback: &[u8], original: Option<&[u8]>) -> Option<Complaint> {
    let kind = header_field(&lossy(feedback), "feedback-type")?.to_ascii_lowercase();
    if !["abuse", "fraud", "opt-out", "opt-out-list"].contains(&kind.as_str()) {
        return None;
    }
    let original = original.map(lossy).unwrap_or_default();
    Some(Complaint {
        feedback: kind,
        original_message_id: message_id(&original, Limit::Header),
        original_mark: header_field(&original, "x-lotse-mark"),
    })
}

/// The decoded parts of a report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report<'a> {
    /// The message/delivery-status part.
    pub delivery_status: Option<&'a [u8]>,
    /// The message/rfc822 or text/rfc822-headers part.
    pub original: Option<&'a [u8]>,
    /// The message/disposition-notification part (RFC 8098).
    pub disposition: Option<&'a [u8]>,
}

/// What a delivery report says, if the message is one. Without a status part, reports in older
/// forms are recognized from who sent them and from their words, never from the words alone.
#[must_use]
pub fn read(message: &Message, report: &Report<'_>) -> Option<Bounce> {
    let is_report = is_delivery_report(message);
    let is_from_server = oldbounce::is_from_server(message);
    // A person may attach a report to ask about it; then the message as a whole is none.
    let status = report.delivery_status.filter(|_| is_report || is_from_server).map(lossy);
    let original = report.original.map(lossy);
    let disposition = report.disposition.map(lossy);
    let read = status.as_deref().map(recipients).unwrap_or_default();
    let recipients = if !read.is_empty() {
        read
    } else if let Some(refused) = disposition.as_deref().and_then(|told| refused(message, told)) {
        vec![refused]
    } else if is_other_report(message) {
        return None;
    } else {
        let in_words = || oldbounce::recipients(message, original.as_deref(), is_report);
        in_text(message, is_report || is_from_server).or_else(in_words)?
    };
    let header = original.as_deref();
    let original_mark = header.and_then(|header| header_field(header, "x-lotse-mark"));
    let original_message_id = header
        .and_then(|header| message_id(header, Limit::Header))
        .or_else(|| disposition.as_deref().and_then(|told| named_id(told, "original-message-id")))
        .or_else(|| message.field("X-Riferimento-Message-ID").map(bare_id))
        .or_else(|| message_id(&message.text, Limit::All))
        .or_else(|| message.in_reply_to.first().cloned());
    Some(Bounce { recipients, original_message_id, original_mark })
}

/// A status part that stands in the text, as gateways flatten it.
fn in_text(message: &Message, is_from_server: bool) -> Option<Vec<BouncedRecipient>> {
    const LINES_MAX: usize = 400;
    if !is_from_server {
        return None;
    }
    let is_name = |line: &str| {
        line.get(..16).is_some_and(|start| start.eq_ignore_ascii_case("final-recipient:"))
    };
    let lines: Vec<&str> = message.text.lines().take(LINES_MAX).collect();
    let start = lines.iter().position(|line| is_name(line))?;
    let found = recipients(&lines.get(start..)?.join("\n"));
    (!found.is_empty()).then_some(found)
}

/// A mailbox that refused the message through a notice about its disposition (RFC 5429 section
/// 2.2), written by its server and not by its reader.
fn refused(message: &Message, disposition: &str) -> Option<BouncedRecipient> {
    let what = header_field(disposition, "disposition")?.to_ascii_lowercase();
    let is_by_rule = what.contains("automatic-action")
        && ["deleted", "denied", "failed"].iter().any(|end| what.contains(end));
    let says_so = message
        .field("Auto-Submitted")
        .is_some_and(|value| value.to_ascii_lowercase().contains("reject"));
    let recipient = header_field(disposition, "final-recipient")?;
    let address = address(&recipient, false);
    let is_by_reader = message.author().is_some_and(|author| author.address.as_str() == address);
    if !is_by_rule || is_by_reader || !(says_so || oldbounce::is_from_server(message)) {
        return None;
    }
    let diagnostic = words(message.text.get(..message.text.floor_char_boundary(300))?);
    let status = status_code(&diagnostic).unwrap_or_default();
    Some(BouncedRecipient { address, action: Action::Failed, status, diagnostic })
}

/// A Message-ID in a field of a report, without its brackets.
fn named_id(fields: &str, name: &str) -> Option<String> {
    header_field(fields, name).map(|value| bare_id(&value)).filter(|id| !id.is_empty())
}

fn bare_id(value: &str) -> String {
    value.trim_matches(['<', '>', ' ']).to_owned()
}

/// The value of a short field of a returned header section.
fn header_field(header: &str, name: &str) -> Option<String> {
    header
        .lines()
        .skip_while(|line| line.trim().is_empty())
        .take_while(|line| !line.trim().is_empty())
        .filter_map(|line| line.split_once(':'))
        .find(|(known, _)| known.trim().eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim().to_owned())
}

/// `Content-Type` in lower case without spaces and quotes.
fn bare_type(message: &Message) -> String {
    let value = message.field("Content-Type").unwrap_or_default().to_ascii_lowercase();
    value.chars().filter(|c| !c.is_whitespace() && *c != '"').collect()
}

/// Whether the message calls itself a delivery report (RFC 6522); some gateways keep the parameter
/// and change the type.
fn is_delivery_report(message: &Message) -> bool {
    let bare = bare_type(message);
    bare.starts_with("message/delivery-status")
        || bare.contains("report-type=delivery-status")
        || bare.starts_with("multipart/report") && !bare.contains("report-type=")
}

/// Whether it calls itself a report of another kind: ARF, MDN, TLS-RPT.
fn is_other_report(message: &Message) -> bool {
    let bare = bare_type(message);
    bare.starts_with("multipart/report")
        && bare.contains("report-type=")
        && !bare.contains("report-type=delivery-status")
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes.get(..BYTES_MAX).unwrap_or(bytes)).into_owned()
}

/// The groups of a delivery-status part that are about a recipient (RFC 3464 section 2.3).
fn recipients(status: &str) -> Vec<BouncedRecipient> {
    let mut found = Vec::new();
    let mut group: Vec<(String, String)> = Vec::new();
    for line in status.lines().chain([""]) {
        let is_folded = line.starts_with([' ', '\t']);
        if line.trim().is_empty() {
            found.extend(recipient(&std::mem::take(&mut group)));
        } else if let Some((_, value)) = group.last_mut().filter(|_| is_folded) {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((name, value)) = line.split_once(':') {
            group.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
        if found.len() >= RECIPIENTS_MAX {
            break;
        }
    }
    found
}

fn recipient(group: &[(String, String)]) -> Option<BouncedRecipient> {
    let field =
        |name: &str| group.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    // The original recipient is who we wrote to; the final one may be where it was forwarded.
    let original = field("original-recipient").map(|value| address(value, true));
    let last = ["final-recipient", "x-actual-recipient", "x-original-recipient"]
        .into_iter()
        .filter_map(field)
        .map(|value| address(value, false));
    let mut all = original.into_iter().chain(last);
    let address = all.clone().find(|address| address.contains('@')).or_else(|| all.next())?;
    let diagnostic = field("diagnostic-code").map(words).unwrap_or_default();
    let status = field("status")
        .and_then(status_code)
        .or_else(|| status_code(&diagnostic))
        .unwrap_or_default();
    let action = field("action").and_then(action).unwrap_or_else(|| action_of(&status));
    Some(BouncedRecipient { address, action, status, diagnostic })
}

fn action(value: &str) -> Option<Action> {
    let word = value.split(|c: char| !c.is_ascii_alphabetic()).find(|word| !word.is_empty())?;
    Some(match word.to_ascii_lowercase().as_str() {
        "failed" | "failure" => Action::Failed,
        "delayed" => Action::Delayed,
        "delivered" => Action::Delivered,
        "relayed" => Action::Relayed,
        "expanded" => Action::Expanded,
        _ => return None,
    })
}

/// The class of a status code (RFC 3463 section 3.1) as an action.
pub(super) fn action_of(status: &str) -> Action {
    match status.chars().next() {
        Some('2') => Action::Delivered,
        Some('4') => Action::Delayed,
        _ => Action::Failed,
    }
}

/// `rfc822; otto@x`, `utf-8; \x{F6}tto@x`: the address without its type.
fn address(value: &str, is_original: bool) -> String {
    let (kind, address) = value.split_once(';').unwrap_or(("", value));
    let address = address.trim().trim_start_matches('<').trim_end_matches('>').trim();
    let address = address.trim_matches(['"', '\'']);
    if kind.trim().eq_ignore_ascii_case("utf-8") {
        return unicode(address);
    }
    if is_original { xtext(address) } else { address.to_owned() }
}

/// `\x{F6}` is a character (RFC 6533 section 3).
fn unicode(address: &str) -> String {
    let mut parts = address.split("\\x{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let character = part.split_once('}').and_then(|(digits, rest)| {
            let code = u32::from_str_radix(digits, 16).ok()?;
            char::from_u32(code).filter(|c| !c.is_control()).map(|c| (c, rest))
        });
        match character {
            Some((c, rest)) => {
                text.push(c);
                text.push_str(rest);
            }
            None => {
                text.push_str("\\x{");
                text.push_str(part);
            }
        }
    }
    text
}

/// `+2B` and `+3D` are a plus and an equals sign (RFC 3461 section 4). No other character of an
/// address needs it, and `desk+17@` is a subaddress.
fn xtext(address: &str) -> String {
    address.replace("+3D", "=").replace("+2B", "+")
}

/// The first `5.1.1` (RFC 3463 section 2) in a text.
pub(super) fn status_code(text: &str) -> Option<String> {
    let is_outside = |c: char| !c.is_ascii_digit() && c != '.';
    text.split(is_outside).take(2_000).find(|code| is_status(code)).map(str::to_owned)
}

fn is_status(code: &str) -> bool {
    let mut parts = code.split('.');
    let is_number = |part: Option<&str>, digits_max: usize| {
        part.is_some_and(|part| (1..=digits_max).contains(&part.len()))
    };
    code.starts_with(['2', '4', '5'])
        && is_number(parts.next(), 1)
        && is_number(parts.next(), 3)
        && is_number(parts.next(), 3)
        && parts.next().is_none()
}

/// A diagnostic without its type (`smtp;`), in one line.
fn words(value: &str) -> String {
    let words = match value.split_once(';') {
        Some((kind, words)) if !kind.trim().contains(' ') => words,
        _ => value,
    };
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Limit {
    /// Up to the first blank line.
    Header,
    All,
}

/// The Message-ID of returned header lines.
fn message_id(text: &str, limit: Limit) -> Option<String> {
    let mut is_next = false;
    for line in text.lines().skip_while(|line| line.trim().is_empty()) {
        if limit == Limit::Header && line.trim().is_empty() {
            return None;
        }
        let bare = line.trim_start_matches(['>', ' ', '\t']);
        let named = bare
            .split_once(':')
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("message-id"))
            .map(|(_, value)| value);
        // Long Message-IDs are folded onto the next line.
        let value = named.or_else(|| is_next.then_some(bare)).unwrap_or_default();
        if let Some((id, _)) = value.split_once('<').and_then(|(_, id)| id.split_once('>')) {
            return Some(id.trim().to_owned()).filter(|id| !id.is_empty());
        }
        is_next = named.is_some_and(|value| value.trim().is_empty());
    }
    None
}
