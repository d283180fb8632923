//! Delivery reports in words: qmail (QSBMF), Postfix, Exim, Exchange, Gmail and their kin.
//!
//! Signs are counted, and words alone are never enough: a person who writes about a bounce uses the
//! same words, and quotes them. At least one sign must be something that people do not make.
//! Deliberately absent: reports with a status part (`dsn`); whom a report names (`blame`).

use crate::mail::blame::{self, Blamed, Ground, Report};
use crate::mail::dsn::{Action, BouncedRecipient, action_of, status_code};
use crate::mail::phrases::{self, Likeness};
use crate::mail::servertalk::{self, Telling, Tells};
use crate::mail::{Message, challenge};
use crate::types::Address;

/// Lines of the report that are read, above the returned message.
const LINES_MAX: usize = 400;
/// Octets of a line that are read.
const LINE_BYTES_MAX: usize = 1_000;
/// Recipients that `X-Failed-Recipients` may name.
const RECIPIENTS_MAX: usize = 200;
/// Lines of the server's words that are kept for one recipient.
const DIAGNOSTIC_LINES_MAX: usize = 4;
/// How many signs make a report.
const SIGNS_MIN: u32 = 4;

/// Whom the report is about, if it is one. `original` is the returned message, as far as it came
/// back; `is_report` says that the message calls itself a report by its type (RFC 6522).
pub(super) fn recipients(
    message: &Message,
    original: Option<&str>,
    is_report: bool,
) -> Option<Vec<BouncedRecipient>> {
    let failed: Vec<&str> = message.fields_named("X-Failed-Recipients").collect();
    let standing = standing(message) + if is_report { SIGNS_MIN } else { 0 };
    if standing == 0 && failed.is_empty() {
        return None;
    }
    let is_answer_of_absence =
        phrases::auto_reply(&message.subject) > Likeness::None || challenge::is_challenge(message);
    if is_answer_of_absence && !is_report && failed.is_empty() {
        return None;
    }
    let subject = servertalk::listen(&[&message.subject]);
    let lines = report_lines(&message.text);
    let heard = servertalk::listen(&lines);
    if is_success(&subject, &heard, lines.len()) && failed.is_empty() {
        return None;
    }
    let report = Report { lines: &lines, heard: &heard, own: own_addresses(message) };
    let named = named(&failed, &lines);
    let blamed = if named.is_empty() { blame::recipients(&report) } else { Blamed::default() };
    let spoken = spoken(message, &subject, &report, &blamed);
    let signs = standing + spoken;
    let is_enough = (spoken > 0 || is_report)
        && signs >= SIGNS_MIN
        && (standing >= 3
            || is_titled(&subject)
            || has_code(&blamed)
            || signs > SIGNS_MIN && standing >= 2);
    if !is_enough && failed.is_empty() {
        return None;
    }
    let mut found = if named.is_empty() { blamed.recipients } else { named };
    if found.is_empty() {
        let titled = blame::addresses(&message.subject);
        found = titled.into_iter().map(|address| (address, lines.len())).collect();
        found.retain(|(address, _)| !report.own.contains(address));
    }
    if found.is_empty() {
        found = further_down(message, report.own, lines.len());
    }
    if found.is_empty() {
        found = of_original(message, original, &lines);
    }
    if found.is_empty() && !is_report && challenge::tells_absence(message) {
        return None;
    }
    let is_warning = certified(message).is_some_and(|receipt| receipt.starts_with("preavviso"));
    let is_delayed = is_warning || is_delayed(&subject, &heard, lines.len());
    let only = found.len() == 1;
    Some(found.iter().map(|(address, at)| told(&lines, address, *at, is_delayed, only)).collect())
}

/// Whether a mail server tells in words that a message arrived, and nothing else.
pub(super) fn tells_success(message: &Message) -> bool {
    if !is_from_server(message) {
        return false;
    }
    let lines = report_lines(&message.text);
    let subject = servertalk::listen(&[&message.subject]);
    is_success(&subject, &servertalk::listen(&lines), lines.len())
}

fn is_success(subject: &Telling, heard: &Telling, count: usize) -> bool {
    let is_bad = |heard: &Telling, count: usize| {
        [Tells::Failed, Tells::Retries, Tells::Late].iter().any(|what| heard.any(count, *what))
    };
    subject.line(0, Tells::Succeeded)
        || heard.any(count, Tells::Succeeded) && !is_bad(heard, count) && !is_bad(subject, 1)
}

/// Whether it comes from where reports come from.
pub(super) fn is_from_server(message: &Message) -> bool {
    standing(message) >= 2
}

/// What no person makes: the name of a mail system, a null reverse-path, fields of mail servers, an
/// answer to a reverse-path. 0 if there is nothing of the kind.
fn standing(message: &Message) -> u32 {
    let mut signs = author_sign(message);
    if has_null_path(message) {
        signs += 2;
    }
    let has = |name: &str| message.field(name).is_some();
    if ["X-DSNContext", "X-MS-Embedded-Report", "X-Mimecast-Originator"].iter().any(|n| has(n)) {
        signs += 2;
    }
    if message.field("Auto-Submitted").is_some_and(|value| !value.trim().eq_ignore_ascii_case("no"))
    {
        signs += 1;
    }
    let to = message.to.first().map(|to| to.address.local().to_lowercase());
    if to.is_some_and(|local| is_reverse_path(&local)) {
        signs += 1;
    }
    if certified(message).is_some_and(|receipt| receipt.contains("err") || receipt.contains("non-"))
    {
        signs += 3;
    }
    signs
}

/// What a receipt of certified mail (RFC 6109) is for, in lower case.
pub(super) fn certified(message: &Message) -> Option<String> {
    message.field("X-Ricevuta").map(|value| value.trim().to_ascii_lowercase())
}

/// Addresses that only stand in envelopes, where reports go: of lists, and of programs (VERP).
fn is_reverse_path(local: &str) -> bool {
    local.contains("-bounces")
        || local.ends_with("-bounce")
        || ["bounce", "return-", "prvs=", "verp"].iter().any(|start| local.starts_with(start))
        || local.ends_with("-errors")
}

fn author_sign(message: &Message) -> u32 {
    let Some(author) = message.author() else {
        // Nothing but a mail server writes without an author; some leave a bare name.
        let from = message.field("From").unwrap_or_default().to_lowercase();
        let is_named = ["mailer-daemon", "postmaster", "mail delivery"];
        return if is_named.iter().any(|name| from.contains(name)) { 3 } else { 1 };
    };
    let local: String =
        author.address.local().to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    let name = servertalk::folded(&author.name);
    let is_named = DAEMON_NAMES.iter().any(|known| name.contains(known))
        || ["microsoft outlook", "system administrator", "systemadministrator"]
            .contains(&name.as_str());
    if is_named || DAEMONS.iter().any(|daemon| local.starts_with(daemon)) {
        return 3;
    }
    // A postmaster may be a person, and then writes answers.
    let is_answer =
        !message.in_reply_to.is_empty() && servertalk::folded(&message.subject).starts_with("re:");
    if local.starts_with("postmaster") || local == "mailadmin" || name.contains("postmaster") {
        return if is_answer { 1 } else { 2 };
    }
    u32::from(MACHINES.iter().any(|word| local.contains(word)))
}

/// Local parts of programs that report, without their punctuation.
const DAEMONS: &[&str] = &[
    "mailerdaemon",
    "maildaemon",
    "mdaemon",
    "microsoftexchange",
    "maildelivery",
    "mailsystem",
    "systemadministrator",
    "bouncehandler",
];

/// Names of programs that report, in many languages.
const DAEMON_NAMES: &[&str] = &[
    "mail delivery",
    "mailer-daemon",
    "mailer daemon",
    "mail administrator",
    "mail system",
    "delivery subsystem",
    "mailzustell",
    "systeme de messagerie",
    "sous-systeme",
    "sistema de correo",
    "sistema de entrega",
    "メール配信システム",
    "メール配送",
    "邮件系统",
    "郵件系統",
    "系统管理员",
];

/// What local parts of gateways and scanners hold.
const MACHINES: &[&str] =
    &["smtp", "antivirus", "virusscan", "mailscan", "mailgateway", "mailsweeper", "mailserver"];

/// Whether the trace says that nobody is to be told when this is lost.
fn has_null_path(message: &Message) -> bool {
    message.field("Return-Path").is_some_and(|path| {
        let path = path.trim().to_lowercase();
        path == "<>" || path.starts_with("<mailer-daemon")
    })
}

/// Whether the subject tells of a failure or a delay.
fn is_titled(subject: &Telling) -> bool {
    [Tells::Failed, Tells::Retries, Tells::Late].iter().any(|what| subject.line(0, *what))
}

fn has_code(blamed: &Blamed) -> bool {
    blamed.ground == Some(Ground::Coded)
}

/// What words and layout say.
fn spoken(message: &Message, subject: &Telling, report: &Report<'_>, blamed: &Blamed) -> u32 {
    let count = report.lines.len();
    let first = report.lines.iter().position(|line| !line.trim().is_empty()).unwrap_or_default();
    let opens_with_it = report.lines.get(first).is_some_and(|line| {
        let bare = line.trim();
        let is_banner =
            bare.starts_with("***") || bare.starts_with("---") || bare.starts_with("===");
        is_banner || report.heard.line(first, Tells::Failed)
    });
    let tells = [Tells::Failed, Tells::Retries].iter().any(|what| report.heard.any(count, *what));
    let names_one = matches!(blamed.ground, Some(Ground::Named | Ground::Coded));
    let signs = u32::from(is_titled(subject))
        + u32::from(tells)
        + u32::from(opens_with_it)
        + u32::from(names_one);
    let subject = servertalk::folded(&message.subject);
    let is_answer = ["re:", "aw:", "fwd:", "fw:", "wg:", "sv:", "vs:", "antw:", "tr:"]
        .iter()
        .any(|prefix| subject.starts_with(prefix));
    let to = message.to.first().map(|to| to.address.local().to_lowercase());
    let goes_to_envelope = to.is_some_and(|local| is_reverse_path(&local));
    let is_sure = standing(message) >= SIGNS_MIN;
    if is_answer && !goes_to_envelope && !is_sure { signs.saturating_sub(2) } else { signs }
}

/// Addresses of who wrote this and whom it went to: the report is not about them.
fn own_addresses(message: &Message) -> Vec<Address> {
    let all = message.from.iter().chain(&message.to).chain(&message.cc);
    all.take(RECIPIENTS_MAX).map(|mailbox| mailbox.address.clone()).collect()
}

/// The recipients that Exim and Gmail name in a field, each with its line.
fn named(failed: &[&str], lines: &[&str]) -> Vec<(Address, usize)> {
    let addresses = failed
        .iter()
        .flat_map(|value| value.split([',', ' ']))
        .filter_map(|text| Address::parse(text.trim_matches(['<', '>', ';'])).ok());
    let named = addresses.take(RECIPIENTS_MAX).map(|address| {
        let at = lines.iter().position(|line| line.contains(address.as_str()));
        (address, at.unwrap_or(lines.len()))
    });
    named.collect()
}

/// Whom a report names below what it tells of the returned message, as some do; `end` is their
/// line.
fn further_down(message: &Message, own: Vec<Address>, end: usize) -> Vec<(Address, usize)> {
    let lines = lines_read(&message.text);
    if lines.len() <= end {
        return Vec::new();
    }
    let heard = servertalk::listen(&lines);
    let blamed = blame::recipients(&Report { lines: &lines, heard: &heard, own });
    let is_told = blamed.ground.is_some_and(|ground| ground != Ground::Mentioned);
    let found = blamed.recipients.into_iter().filter(|_| is_told);
    found.map(|(address, _)| (address, end)).collect()
}

/// The only recipient of the returned message, where the report names none.
fn of_original(message: &Message, original: Option<&str>, lines: &[&str]) -> Vec<(Address, usize)> {
    let from_text = || {
        let start = message.text.lines().position(|line| line.starts_with("Received: "))?;
        Some(message.text.lines().skip(start).take(LINES_MAX).collect::<Vec<_>>().join("\n"))
    };
    let Some(header) = original.map(str::to_owned).or_else(from_text) else { return Vec::new() };
    let recipients = blame::header_recipients(&header);
    match recipients.as_slice() {
        [only] => vec![(only.clone(), lines.len())],
        _ => Vec::new(),
    }
}

fn is_delayed(subject: &Telling, heard: &Telling, count: usize) -> bool {
    let gave_up = heard.any(count, Tells::GaveUp) || subject.line(0, Tells::GaveUp);
    let retries = heard.any(count, Tells::Retries) || subject.line(0, Tells::Retries);
    let is_late = heard.any(count, Tells::Late) && !heard.any(count, Tells::Failed);
    !gave_up && (retries || is_late || subject.line(0, Tells::Late))
}

/// What is told of one recipient.
fn told(
    lines: &[&str],
    address: &Address,
    at: usize,
    is_delayed: bool,
    only: bool,
) -> BouncedRecipient {
    let mut diagnostic = diagnostic(lines, at, address);
    let mut status = status_code(&diagnostic);
    if status.is_none() {
        // Exchange says it in words first and in codes for administrators further below.
        let mut below = lines.iter().enumerate().skip(at + 1);
        let again = below.find(|(_, line)| line.contains(address.as_str())).map(|(at, _)| at);
        let said = again.map(|at| self::diagnostic(lines, at, address));
        if let Some(said) = said.filter(|said| status_code(said).is_some()) {
            status = status_code(&said);
            diagnostic = said;
        } else if only {
            status = lines.iter().find_map(|line| status_code(line));
        }
    }
    let status = status.unwrap_or_default();
    let action = match action_of(&status) {
        _ if is_delayed => Action::Delayed,
        Action::Delivered if lines.is_empty() => Action::Delivered,
        _ => Action::Failed,
    };
    BouncedRecipient { address: address.to_string(), action, status, diagnostic }
}

/// The lines that are read at all.
fn lines_read(text: &str) -> Vec<&str> {
    text.lines().take(LINES_MAX).filter(|line| line.len() <= LINE_BYTES_MAX).collect()
}

/// The lines above the returned message.
fn report_lines(text: &str) -> Vec<&str> {
    let lines = lines_read(text);
    let heard = servertalk::listen(&lines);
    let is_returned = |(at, line): (usize, &&str)| {
        let bare = line.trim();
        let lower = line.get(..12).unwrap_or(line).to_ascii_lowercase();
        let starts_message = lower.starts_with("return-path:") || lower.starts_with("received:");
        let is_heading = bare.starts_with(['-', '=', '_', '*', '#'])
            || bare.ends_with([':', '-', '\u{ff1a}'])
            || bare.len() < 60 && servertalk::is_returned_heading(bare);
        let names_more = heard.line(at, Tells::Announced) && !bare.starts_with(['-', '=']);
        let tells_why = heard.line(at, Tells::Recipient) && heard.line(at, Tells::Failed);
        starts_message
            || at > 0 && is_heading && heard.line(at, Tells::Returned) && !names_more && !tells_why
    };
    let end = lines.iter().enumerate().position(is_returned).unwrap_or(lines.len());
    lines.into_iter().take(end).collect()
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
        said.extend(line.trim_matches(['<', '>', ':', '"', ' ', '\t']).split_whitespace());
    }
    said.join(" ")
}
