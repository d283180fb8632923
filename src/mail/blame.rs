//! Whom a delivery report in words is about.
//!
//! Reports name many addresses: who wrote, who helps, where it was forwarded. Those that stand
//! where reports put the recipient are taken; else those beside a code; else those alone on their
//! line. Deliberately absent: whether it is a report at all (`oldbounce`).

use crate::mail::dsn::status_code;
use crate::mail::field;
use crate::mail::servertalk::{self, Telling, Tells};
use crate::types::Address;

/// Recipients of one report.
const RECIPIENTS_MAX: usize = 200;
/// Lines below an announcement in which a bare name is taken for a recipient.
const NAMES_BELOW: usize = 4;

/// A report and what its lines tell.
pub(super) struct Report<'a> {
    pub(super) lines: &'a [&'a str],
    pub(super) heard: &'a Telling,
    /// Who wrote it and whom it went to.
    pub(super) own: Vec<Address>,
}

/// An address in a line, and where it stands in it.
struct Place<'a> {
    address: Address,
    before: &'a str,
    after: &'a str,
}

/// How surely an address is the recipient; the surest kind that occurs is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ground {
    /// Where reports put the recipient.
    Named,
    /// Beside a code or the words for a failure.
    Coded,
    /// Alone on its line.
    Alone,
    /// In a sentence that tells of a failure.
    Told,
    /// Anywhere.
    Mentioned,
}

/// Whom a report names.
#[derive(Debug, Default)]
pub(super) struct Blamed {
    /// Each with its line.
    pub(super) recipients: Vec<(Address, usize)>,
    /// How sure that is.
    pub(super) ground: Option<Ground>,
}

/// The recipients that a report names.
pub(super) fn recipients(report: &Report<'_>) -> Blamed {
    let mut found: Vec<Found> = Vec::new();
    let mut section = Section::default();
    for (at, line) in report.lines.iter().enumerate() {
        section.enter(report, at, line);
        for place in places(line) {
            let is_own = report.own.contains(&place.address);
            if is_server(&place.address) || found.len() >= RECIPIENTS_MAX {
                continue;
            }
            let Some(ground) = ground(report, at, &place, &section) else { continue };
            let ground = if is_own && ground > Ground::Named { continue } else { ground };
            let beside = found.last().filter(|one| one.at == at && is_joined(place.before));
            let (is_joined, address) = (beside.is_some(), place.address);
            let ground = beside.map_or(ground, |one| one.ground.min(ground));
            found.push(Found { ground, address, at, is_joined });
        }
        if let Some(opened_at) = section.opened_at
            && let Some(address) = bare_name(report, at, line, opened_at)
        {
            found.push(Found { ground: Ground::Coded, address, at, is_joined: false });
        }
    }
    best(report, found)
}

/// An address that a report names.
struct Found {
    ground: Ground,
    address: Address,
    at: usize,
    /// It stands beside another, and nothing but a comma or "and" between them.
    is_joined: bool,
}

/// Whether the words before an address end in another one and what joins two.
fn is_joined(before: &str) -> bool {
    let mut words = before.trim_end_matches(['<', '"', '\'', ' ']).rsplit(' ');
    let last = words.next().unwrap_or_default();
    let another = if AND.contains(&last) { words.next().unwrap_or_default() } else { last };
    another.contains('@') && (another != last || last.ends_with([',', ';']))
}

/// "And" in the languages of servers.
const AND: &[&str] = &["and", "und", "et", "y", "e", "en", "i", "och", "og", "ja", "и", "&"];

/// All of the surest ground; of sentences only the first address, and what is joined to it.
fn best(report: &Report<'_>, found: Vec<Found>) -> Blamed {
    let is_strange = |address: &Address| !report.own.contains(address);
    let has_stranger = found.iter().any(|one| is_strange(&one.address));
    let Some(surest) = found
        .iter()
        .filter(|one| !has_stranger || is_strange(&one.address))
        .map(|one| one.ground)
        .min()
    else {
        return Blamed::default();
    };
    let mut best: Vec<(Address, usize)> = Vec::new();
    for Found { ground, address, at, is_joined } in found {
        let is_new = !best.iter().any(|(known, _)| *known == address);
        let is_meant = !has_stranger || is_strange(&address);
        let has_room = surest < Ground::Told || best.is_empty() || is_joined;
        if ground == surest && is_new && is_meant && has_room {
            best.push((address, at));
        }
    }
    Blamed { recipients: best, ground: Some(surest) }
}

/// Whether lines below name recipients.
#[derive(Default)]
struct Section {
    /// The line that announced them.
    opened_at: Option<usize>,
    /// A dialog with another server: what it names may be somebody further on.
    is_transcript: bool,
    /// The line above said that it failed, or ended in the word for an address.
    is_expected: bool,
}

impl Section {
    fn enter(&mut self, report: &Report<'_>, at: usize, line: &str) {
        let bare = line.trim();
        if bare.is_empty() {
            return;
        }
        let above = report.lines.get(..at).unwrap_or_default();
        let above = above.iter().rposition(|line| !line.trim().is_empty());
        self.is_expected = above.is_some_and(|above| {
            let line = report.lines.get(above).map(|line| line.trim()).unwrap_or_default();
            let ends = line.ends_with([':', '\u{ff1a}']);
            ends && report.heard.line(above, Tells::Recipient)
                || report.heard.line(above, Tells::Failed)
                    && (ends || !line.ends_with(['.', '!', '\u{3002}']) && places(line).is_empty())
        });
        let is_heading = bare.starts_with("--") || bare.starts_with("==") || bare.starts_with("__");
        let is_rule = bare.chars().all(|c| !c.is_alphanumeric());
        let announces = report.heard.line(at, Tells::Announced);
        if announces {
            (self.opened_at, self.is_transcript) = (Some(at), false);
        } else if is_heading && !is_rule && places(line).is_empty() {
            self.opened_at = None;
        }
        let lower = bare.to_ascii_lowercase();
        if !announces && (lower.contains("transcript") || lower.contains("while talking to"))
            || is_dialog(bare)
        {
            self.is_transcript = true;
        }
    }
}

/// A line of an SMTP dialog (RFC 5321 section 4.1): an order behind `>>>`, an answer behind `<<<`.
fn is_dialog(line: &str) -> bool {
    let order = line.strip_prefix(">>>").and_then(|rest| rest.split_whitespace().next());
    let orders = ["rcpt", "mail", "data", "ehlo", "helo", "quit"];
    line.starts_with("<<<")
        || order.is_some_and(|order| orders.iter().any(|known| order.eq_ignore_ascii_case(known)))
}

fn ground(report: &Report<'_>, at: usize, place: &Place<'_>, section: &Section) -> Option<Ground> {
    let before = servertalk::folded(place.before);
    if ["expanded from", "generated from", "generated by"]
        .iter()
        .any(|known| label(&before).ends_with(known))
    {
        // An alias was resolved: the alias is what was written to.
        return Some(Ground::Named);
    }
    let rest = place.after.trim_start_matches(['>', '"', '\'', ')', ' ', '\t']);
    let has_code = has_code(place.after);
    let ends_sentence = rest.trim_end().ends_with(['.', '!', '?', ':']);
    let goes_on = !rest.trim().is_empty() && !ends_sentence;
    let tells = report.heard.line(at, Tells::Failed)
        || goes_on && report.heard.line(at + 1, Tells::Failed) && !starts_anew(report, at + 1);
    if is_about_others(&before) {
        return None;
    }
    if section.is_transcript {
        let is_addressee = place.after.trim_start_matches('>').starts_with("...");
        let is_meant = has_code || self::has_code(place.before) || tells || is_addressee;
        return is_meant.then_some(Ground::Coded);
    }
    let label = label(&before);
    let leads = before.chars().all(|c| !c.is_alphanumeric()) || is_type(label);
    let is_above = |what| at > 0 && report.heard.line(at - 1, what);
    if leads && !has_code && is_above(Tells::Help) && !is_above(Tells::Announced) {
        return None;
    }
    let is_boxed = place.before.trim_end().ends_with(['<', '"', '\'']);
    let ends = rest.chars().all(|c| !c.is_alphanumeric()) || places(rest).len() == 1 && ends(rest);
    let is_reason = rest.starts_with([':', '(', '-', ',', '#', '.', '[']) || has_code || tells;
    let below = section.opened_at.filter(|&opened_at| opened_at < at);
    let is_below = below.is_some_and(|opened_at| opened_at + 3 >= at);
    if leads && (place.after.starts_with("...") || is_boxed && rest.starts_with(':')) {
        return Some(Ground::Named);
    }
    if leads && rest.starts_with(':') && has_code {
        return Some(Ground::Named);
    }
    if leads && below.is_some() && (ends || is_reason || is_below) {
        return Some(Ground::Named);
    }
    if leads && section.is_expected && (ends || is_reason) {
        return Some(Ground::Named);
    }
    let above = report.lines.get(at.wrapping_sub(1)).copied().unwrap_or_default();
    let sentence = if leads { format!("{} {before}", servertalk::folded(above)) } else { before };
    if LABELS.iter().any(|known| self::label(&sentence).ends_with(known)) {
        return Some(Ground::Named);
    }
    if report.heard.line(at, Tells::Help) && !has_code {
        return None;
    }
    if has_code || self::has_code(place.before) || tells && leads {
        return Some(Ground::Coded);
    }
    if leads && ends {
        return Some(Ground::Alone);
    }
    Some(if tells { Ground::Told } else { Ground::Mentioned })
}

/// Whether a line begins with an address, and so tells of another.
fn starts_anew(report: &Report<'_>, at: usize) -> bool {
    let line = report.lines.get(at).copied().unwrap_or_default();
    let is_first = |place: &Place<'_>| place.before.chars().all(|c| !c.is_alphanumeric());
    places(line).first().is_some_and(is_first)
}

fn ends(rest: &str) -> bool {
    places(rest).first().is_some_and(|place| place.after.chars().all(|c| !c.is_alphanumeric()))
}

/// Words that stand right before somebody who is not the recipient.
fn is_about_others(before: &str) -> bool {
    let label = label(before);
    let last = label.rsplit(' ').next().unwrap_or_default();
    if OWNED.iter().any(|owned| label.ends_with(owned)) {
        return false;
    }
    OTHERS.contains(&last)
        || ["mail from", "sender", "reply-to", "message-id", "forwarded to"]
            .iter()
            .any(|known| label.ends_with(known))
}

/// Somebody's mailbox, where the word before the address is one of [`OTHERS`].
const OWNED: &[&str] = &[
    "postfach von",
    "konto von",
    "mailbox von",
    "boite de",
    "buzon de",
    "caixa de",
    "casella di",
    "postvak van",
    "brevlada fran",
    "ящик от",
];

const OTHERS: &[&str] = &[
    "from",
    "by",
    "contact",
    "von",
    "vom",
    "de",
    "da",
    "von:",
    "van",
    "fran",
    "fra",
    "od",
    "от",
    "sent-by",
    "return-path",
];

/// The words before an address without what leads over to it.
fn label(before: &str) -> &str {
    let is_mark = |c: char| c.is_whitespace() || "<\"':;,=*([-\u{2022}|&".contains(c);
    before.trim_end_matches(is_mark)
}

/// What stands before an address to tell its type, or as the head of a table.
fn is_type(label: &str) -> bool {
    ["smtp", "rfc822", "mailto", "dda:smtp", "utf-8"].iter().any(|known| label.ends_with(known))
}

const LABELS: &[&str] = &[
    "recipient address",
    "failed recipient",
    "final-recipient: rfc822",
    "original-recipient: rfc822",
    "recipient",
    "recipients",
    "recipient(s)",
    "unknown user",
    "unknown recipient",
    "invalid recipient",
    "no such user",
    "user unknown",
    "addressed to",
    "was addressed",
    "email address",
    "e-mail address",
    "the address",
    "mailbox for",
    "mail to",
    "message to",
    "messages to",
    "email to",
    "e-mail to",
    "delivery to",
    "deliver to",
    "delivered to",
    "delivering to",
    "sent to",
    "send to",
    "sending to",
    "rejected by",
    "deliver message to",
    "deliver mail to",
    "rcpt to",
    "error-for",
    "userid",
    "user id",
    "user name",
    "nachricht an",
    "e-mail an",
    "mail an",
    "zustellung an",
    "empfanger",
    "adresse",
    "message a",
    "message pour",
    "destinataire",
    "mensaje a",
    "correo a",
    "destinatario",
    "mensagem para",
    "e-mail para",
    "messaggio a",
    "bericht aan",
    "ontvanger",
    "wiadomosci do",
    "wiadomosc do",
    "odbiorca",
    "meddelandet till",
    "meddelande till",
    "mottagare",
    "meddelelse til",
    "melding til",
    "beskeden til",
    "meldingen til",
    "modtager",
    "mottaker",
    "vastaanottaja",
    "osoite",
    "получатель",
    "получателю",
    "адресу",
    "адрес",
    "адресату",
    "宛先",
    "受信者",
    "收件人",
    "收件者",
    "收信人",
];

/// A user without a domain below an announcement: the server's own.
fn bare_name(report: &Report<'_>, at: usize, line: &str, opened_at: usize) -> Option<Address> {
    let name = line.trim();
    let is_indented = line.starts_with([' ', '\t']);
    let is_name = (2..=40).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && name.starts_with(|c: char| c.is_ascii_alphabetic());
    let is_near = at > opened_at && at <= opened_at + NAMES_BELOW;
    if !(is_name && is_indented && is_near) {
        return None;
    }
    let domain = report.own.first()?.domain();
    Address::parse(&format!("{name}@{domain}")).ok()
}

/// An SMTP code (RFC 5321 section 4.2) that tells of a failure, or a status code (RFC 3463).
fn has_code(text: &str) -> bool {
    let mut before = None;
    for word in text.split(|c: char| c.is_whitespace() || "-:()[],;<>\"#=".contains(c)) {
        let is_code = word.len() == 3
            && word.starts_with(['4', '5'])
            && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_code && before != Some("port") {
            return true;
        }
        before = Some(word);
    }
    status_code(text).is_some_and(|code| !code.starts_with('2'))
}

/// The addresses of a line.
fn places(line: &str) -> Vec<Place<'_>> {
    const IN_LINE_MAX: usize = 20;
    if !line.contains('@') {
        return Vec::new();
    }
    let is_edge = |c: char| c.is_whitespace() || "<>,;:()\"'[]|".contains(c) || is_wide_mark(c);
    let mut found = Vec::new();
    let mut at = 0;
    for word in line.split(is_edge) {
        let start = at;
        let end = start + word.len();
        at = end + line.get(end..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        if !word.contains('@') || found.len() >= IN_LINE_MAX {
            continue;
        }
        let bare = word.trim_start_matches(['*', '`', '=']);
        // Exchange names the type of an address.
        let bare = match bare.split_once('=') {
            Some((kind, rest)) if kind.eq_ignore_ascii_case("smtp") => rest,
            _ => bare,
        };
        let bare = bare.trim_end_matches(|c: char| {
            ".*`!?".contains(c) || !c.is_ascii() && c.is_ascii_punctuation()
        });
        let from = end - word.len() + word.find(bare).unwrap_or_default();
        let Ok(address) = Address::parse(bare) else { continue };
        if !address.domain().contains('.') {
            continue;
        }
        found.push(Place {
            address,
            before: line.get(..from).unwrap_or_default(),
            after: line.get(from + bare.len()..).unwrap_or_default(),
        });
    }
    found
}

/// Quotes, brackets and stops that stand beside addresses in print and in Chinese and Japanese.
fn is_wide_mark(c: char) -> bool {
    let ranges = ['\u{2018}'..='\u{201f}', '\u{3001}'..='\u{301f}', '\u{ff08}'..='\u{ff0f}'];
    "\u{ab}\u{bb}\u{2039}\u{203a}\u{ff1a}\u{ff1b}\u{ff1c}\u{ff1e}\u{ff3b}\u{ff3d}".contains(c)
        || ranges.iter().any(|range| range.contains(&c))
}

fn is_server(address: &Address) -> bool {
    let local: String =
        address.local().to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
    ["mailerdaemon", "postmaster", "maildaemon", "mdaemon", "microsoftexchange", "abuse"]
        .iter()
        .any(|server| local.starts_with(server))
}

/// The addresses of a line, servers left out.
pub(super) fn addresses(line: &str) -> Vec<Address> {
    let all = places(line).into_iter().map(|place| place.address);
    all.filter(|address| !is_server(address)).collect()
}

/// Whom the header of a returned message was addressed to.
pub(super) fn header_recipients(header: &str) -> Vec<Address> {
    let mut found: Vec<Address> = Vec::new();
    let mut is_open = false;
    for line in header.lines().skip_while(|line| line.trim().is_empty()) {
        if line.trim().is_empty() {
            break;
        }
        let is_more = line.starts_with([' ', '\t']);
        let (name, value) = line.split_once(':').unwrap_or_default();
        let is_recipients = ["to", "cc"].iter().any(|known| name.eq_ignore_ascii_case(known));
        is_open = if is_more { is_open } else { is_recipients };
        if is_open {
            let value = if is_more { line } else { value };
            let words = value.split(|c: char| c.is_whitespace() || "<>,;\"".contains(c));
            found.extend(words.filter(|word| word.contains('@')).filter_map(field::address));
        }
    }
    found.truncate(RECIPIENTS_MAX);
    found
}
