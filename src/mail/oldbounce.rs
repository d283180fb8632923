//! Delivery reports in words: qmail (QSBMF), Postfix, Exim, Exchange, Gmail and their kin.
//!
//! Two signs are asked for, who sent it and what it says, because a person who writes about a
//! bounce uses the same words, and quotes them.
//! Deliberately absent: reports with a status part (`dsn`).

use crate::mail::Message;
use crate::mail::dsn::{Action, BouncedRecipient, action_of, status_code};
use crate::types::Address;

/// Lines of the report that are read, above the returned message.
const LINES_MAX: usize = 400;
/// Octets of a line that are read.
const LINE_BYTES_MAX: usize = 1_000;
/// Recipients of one report.
const RECIPIENTS_MAX: usize = 200;
/// Lines of the server's words that are kept for one recipient.
const DIAGNOSTIC_LINES_MAX: usize = 4;

/// Whom the report is about, if it is one.
pub(super) fn recipients(message: &Message) -> Option<Vec<BouncedRecipient>> {
    let failed = message.field("X-Failed-Recipients");
    let is_from_server = is_from_server(message);
    if !is_from_server && failed.is_none() && !has_null_path(message) {
        return None;
    }
    let lines = report_lines(&message.text);
    // Without a server's name, what the subject says must do: bodies may quote anything.
    let words = words_of(&message.subject, if is_from_server { &lines } else { &[] });
    let is_delayed = DELAYED.iter().any(|phrase| words.contains(phrase));
    if failed.is_none() && !is_delayed && !FAILED.iter().any(|phrase| words.contains(phrase)) {
        return None;
    }
    let words = words_of(&message.subject, &lines);
    let is_delayed = DELAYED.iter().any(|phrase| words.contains(phrase));
    let named = failed.map(|value| {
        let addresses = value.split([',', ' ']).filter_map(|text| Address::parse(text).ok());
        let named = addresses.take(RECIPIENTS_MAX).map(|address| {
            let at = lines.iter().position(|line| line.contains(address.as_str()));
            (address, at.unwrap_or(lines.len()))
        });
        named.collect()
    });
    let author = message.author().map(|author| &author.address);
    let mut found: Vec<(Address, usize)> = named.unwrap_or_else(|| addresses(&lines));
    found.retain(|(address, _)| Some(address) != author && !is_server(address));
    let gave_up = GAVE_UP.iter().any(|phrase| words.contains(phrase));
    let read = found.into_iter().map(|(address, at)| {
        let diagnostic = diagnostic(&lines, at, &address);
        let status = status_code(&diagnostic).unwrap_or_default();
        let action = match action_of(&status) {
            Action::Delayed if gave_up || !is_delayed => Action::Failed,
            _ if is_delayed && !gave_up => Action::Delayed,
            _ => Action::Failed,
        };
        BouncedRecipient { address: address.to_string(), action, status, diagnostic }
    });
    Some(read.collect())
}

/// Whether it comes from where reports come from.
pub(super) fn is_from_server(message: &Message) -> bool {
    let Some(author) = message.author() else {
        let from = message.field("From").unwrap_or_default().to_lowercase();
        return from.contains("mailer-daemon") || from.contains("postmaster");
    };
    let name = author.name.to_lowercase();
    is_server(&author.address)
        || ["mail delivery", "mailer-daemon", "mail administrator", "postmaster"]
            .iter()
            .any(|known| name.contains(known))
        || name == "microsoft outlook"
        || name == "system administrator"
}

/// Whether the trace says that nobody is to be told when this is lost.
fn has_null_path(message: &Message) -> bool {
    message.field("Return-Path").is_some_and(|path| {
        let path = path.trim().to_lowercase();
        path == "<>" || path.starts_with("<mailer-daemon@")
    })
}

fn is_server(address: &Address) -> bool {
    let local = address.local().to_lowercase();
    matches!(
        local.as_str(),
        "mailer-daemon"
            | "postmaster"
            | "mail-daemon"
            | "mailerdaemon"
            | "mail.daemon"
            | "mdaemon"
            | "microsoftexchange"
            | "mailadmin"
            | "mail-delivery"
            | "maildaemon"
            | "mailer_daemon"
    ) || local.starts_with("microsoftexchange")
        || local.starts_with("mailer-daemon")
        || local.starts_with("postmaster")
}

/// The lines above the returned message.
fn report_lines(text: &str) -> Vec<&str> {
    let is_returned = |line: &&str| {
        let line = line.trim().to_lowercase();
        let is_heading = line.starts_with("--") || line.starts_with("==") || line.ends_with(':');
        let starts_message = line.starts_with("return-path:") || line.starts_with("received:");
        starts_message
            || line.starts_with("--- below this line is a copy")
            || is_heading
                && (line.contains("copy of the message")
                    || line.contains("copy of your message")
                    || line.contains("unsent message follows")
                    || line.contains("original message follows")
                    || line.contains("original message")
                    || line.contains("returned message")
                    || line.contains("kopie der nachricht"))
    };
    let lines = text.lines().take(LINES_MAX).filter(|line| line.len() <= LINE_BYTES_MAX);
    lines.take_while(|line| !is_returned(line)).collect()
}

fn words_of(subject: &str, lines: &[&str]) -> String {
    let mut words = subject.to_lowercase();
    for line in lines {
        words.push(' ');
        words.push_str(&line.to_lowercase());
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Addresses that stand where reports name the recipient, each with its line.
fn addresses(lines: &[&str]) -> Vec<(Address, usize)> {
    let mut found: Vec<(Address, usize)> = Vec::new();
    let announces = lines.iter().position(|line| announces_recipients(line));
    for (at, line) in lines.iter().enumerate() {
        let is_announced = announces.is_some_and(|start| at > start);
        let Some(address) = leading_address(line, is_announced) else { continue };
        if found.len() < RECIPIENTS_MAX && !found.iter().any(|(known, _)| *known == address) {
            found.push((address, at));
        }
    }
    if found.is_empty() {
        let named = || {
            let lines = lines.iter().enumerate();
            lines.filter_map(|(at, line)| Some((any_address(line)?, at, *line)))
        };
        let telling = named().find(|(_, at, line)| {
            announces.is_some_and(|start| *at >= start)
                || status_code(line).is_some()
                || tells(line)
        });
        found.extend(telling.or_else(|| named().next()).map(|(address, at, _)| (address, at)));
    }
    found
}

/// "The following address failed:" and the like.
fn announces_recipients(line: &str) -> bool {
    let line = line.to_lowercase();
    ANNOUNCED.iter().any(|phrase| line.contains(phrase))
}

fn tells(line: &str) -> bool {
    let line = line.to_lowercase();
    FAILED.iter().any(|phrase| line.contains(phrase))
}

/// `<otto@x>:`, or, below an announcement, an address at the start of the line.
fn leading_address(line: &str, is_announced: bool) -> Option<Address> {
    let bare = line.trim().trim_start_matches(['*', '-', '>', ' ', '\u{2022}']);
    let is_boxed = bare.starts_with('<');
    let bare = bare.trim_start_matches('<');
    let end = bare.find(|c: char| c.is_whitespace() || "<>,;:()\"'".contains(c));
    let (address, rest) = bare.split_at_checked(end.unwrap_or(bare.len()))?;
    let address = address.trim_end_matches('.');
    let rest = rest.trim_start_matches('>').trim_start();
    let is_coded = rest.starts_with(':') && (is_boxed || status_code(rest).is_some());
    let is_named = is_announced || is_coded || rest.starts_with("...");
    is_named.then(|| Address::parse(address).ok()).flatten().filter(is_complete)
}

fn is_complete(address: &Address) -> bool {
    address.domain().contains('.')
}

fn any_address(line: &str) -> Option<Address> {
    line.split(|c: char| c.is_whitespace() || "<>,;:()\"'[]".contains(c))
        .filter(|word| word.contains('@'))
        .find_map(|word| Address::parse(word.trim_matches(['.', '*', '`'])).ok())
        .filter(is_complete)
}

/// What the server said below the address, in one line.
fn diagnostic(lines: &[&str], at: usize, address: &Address) -> String {
    let mut said = Vec::new();
    for (index, line) in lines.iter().skip(at).take(DIAGNOSTIC_LINES_MAX + 1).enumerate() {
        if index > 0 && line.trim().is_empty() && !said.is_empty() {
            break;
        }
        let line = if index == 0 {
            line.split_once(address.as_str()).map_or("", |(_, rest)| rest)
        } else {
            line
        };
        said.extend(line.trim_matches(['<', '>', ':', ' ', '\t']).split_whitespace());
    }
    said.join(" ")
}

/// That a server gives up, whatever else is said.
const GAVE_UP: &[&str] = &[
    "permanent error",
    "permanent fatal",
    "giving up",
    "i've given up",
    "retry timeout exceeded",
    "could not be delivered",
    "fatal error",
    "has been deleted",
    "endgültig",
];

/// That a server goes on trying.
const DELAYED: &[&str] = &[
    "has not yet been delivered",
    "will be retried",
    "will continue to",
    "delivery delayed",
    "delayed mail",
    "warning: message",
    "still being retried",
    "no action is required",
    "delivery is delayed",
    "will keep trying",
    "is delayed",
    "temporarily deferred",
    "you do not need to resend",
    "warning: could not send",
    "delivery status notification (delay)",
    "noch nicht zugestellt",
    "wird weiter versucht",
    "zustellung verzögert",
    "verzögerte",
    "will try to deliver",
    "delivery attempts will continue",
];

/// That a server could not deliver.
const FAILED: &[&str] = &[
    "could not be delivered",
    "couldn't be delivered",
    "wasn't able to deliver",
    "undeliver",
    "unable to deliver",
    "delivery failed",
    "delivery failure",
    "failure notice",
    "returned mail",
    "mail failed",
    "failed mail",
    "delivery problems",
    "could not deliver",
    "mailbox is full",
    "mailbox full",
    "unknown host",
    "no valid recipients",
    "user not known",
    "non remis",
    "failed recipients",
    "delivery status notification",
    "delivery has failed",
    "mail delivery failed",
    "user unknown",
    "unknown user",
    "not delivered",
    "did not reach",
    "cannot be delivered",
    "no such user",
    "mailbox unavailable",
    "delivery to the following",
    "was not delivered",
    "failed to deliver",
    "permanent error",
    "permanent fatal errors",
    "delivery error",
    "mail system error",
    "unzustellbar",
    "nicht zugestellt",
    "zustellung fehlgeschlagen",
    "konnte nicht zugestellt",
    "nicht zustellbar",
    "ei voitu toimittaa",
    "toimitus epäonnistui",
    "kunde inte levereras",
    "n'a pas pu être remis",
    "non remis",
    "échec de",
    "no se ha podido entregar",
    "no se pudo",
    "non è stato possibile",
    "mancata consegna",
    "kon niet worden",
    "onbestelbaar",
    "nie można dostarczyć",
    "niedostarczon",
    "kunne ikke leveres",
    "não foi possível entregar",
    "не доставлено",
    "не удалось доставить",
    "недоставлен",
    "配信できません",
    "无法投递",
    "退信",
];

/// That the next lines name recipients.
const ANNOUNCED: &[&str] = &[
    "following address",
    "following recipient",
    "to these recipients",
    "following destination",
    "to the following",
    "for the following",
    "recipients of your message",
    "following user",
    "these recipients or",
    "unable to deliver your message to",
    "permanent fatal errors",
    "could not be delivered to",
    "failed recipient",
    "failed addresses",
    "folgende",
    "folgenden",
    "seuraaville",
    "following mail",
    "following person",
    "below addresses",
    "addresses had",
    "not delivered to",
    "intended recipient",
    "did not reach",
    "has not yet been delivered is",
    "not yet been delivered are",
];
