//! Where unmarked history begins: header blocks as Outlook writes them, and its separators.
//!
//! A forward's separator ends the search, because what follows it is the forwarded message, and
//! that is what its sender wants to be read.
//! Deliberately absent: the values of the header lines.

mod names;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::mail::attribution::{self, is_clocked};
use crate::mail::history::names::{ABOVE, MESSAGES, NAMES, OLD};
use crate::mail::html::text::RULE;
use crate::mail::quote::{Line, Part, next_seen};

/// Lines in which a header block must be complete; recipients may fill some.
const BLOCK_LINES_MAX: usize = 12;
/// Lines of such a block that is drawn as a chart.
const CHART_LINES_MAX: usize = 14;
/// Words of the date in a card.
const CARD_DATE_WORDS_MAX: usize = 5;
/// Characters of the longest header name.
const NAME_MAX: usize = 24;
/// Octets above which a line is a paragraph, no separator.
const BYTES_MAX: usize = 400;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Header {
    From,
    Sent,
    To,
    Subject,
    Other,
}

/// Marks all below the first header block or separator as history.
pub(super) fn mark(lines: &mut [Line<'_>]) {
    mark_heads(lines);
    let Some(start) = find(lines) else { return };
    for line in lines.get_mut(start..).unwrap_or_default() {
        if matches!(line.part, Part::New | Part::Attribution) || is_arrowed(line.text) {
            line.part = Part::History;
        }
    }
}

/// A separator above a marked quote or an attribution belongs to it, and starts nothing itself.
fn mark_heads(lines: &mut [Line<'_>]) {
    for index in 0..lines.len() {
        let is_new = |line: &&Line<'_>| line.part == Part::New;
        let is_head = lines.get(index).filter(is_new).is_some_and(|line| is_separator(line.text))
            && leads_to_marked(lines, index);
        if let Some(line) = lines.get_mut(index)
            && is_head
        {
            line.part = Part::Attribution;
        }
    }
}

/// Marks what was forwarded: all below a forward's separator, and in a message that calls itself a
/// forward whatever looks old.
pub(super) fn mark_forward(lines: &mut [Line<'_>], is_forward_message: bool) {
    let mut is_below = false;
    for line in lines {
        is_below |= line.part == Part::New && is_forward(line.text);
        is_below |= is_forward_message && line.part == Part::History;
        let is_old = matches!(line.part, Part::Quoted | Part::Attribution | Part::History);
        if is_below || is_forward_message && is_old {
            line.part = Part::Forwarded;
        }
    }
}

fn find(lines: &[Line<'_>]) -> Option<usize> {
    for (index, line) in lines.iter().enumerate() {
        if line.part == Part::Quoted && is_arrowed(line.text) {
            return Some(index);
        }
        if line.part != Part::New || line.text.len() > BYTES_MAX {
            continue;
        }
        if is_forward(line.text) {
            return None;
        }
        let is_separator = is_separator(line.text) && !leads_to_marked(lines, index);
        if is_separator || is_marker(line.text) || is_ruled(lines, index) {
            return Some(with_rule_above(lines, index));
        }
        if is_flat(line.text)
            || is_block(lines, index)
            || is_chart(lines, index)
            || is_card(lines, index)
        {
            return Some(with_rule_above(lines, index));
        }
    }
    None
}

/// Outlook's rule with a label below it, in whatever language; `html` writes it for others too.
fn is_ruled(lines: &[Line<'_>], index: usize) -> bool {
    lines.get(index).is_some_and(|line| line.text.trim() == RULE)
        && next_seen(lines, index)
            .and_then(|at| lines.get(at))
            .is_some_and(|line| line.part == Part::New && label(line.text).is_some())
}

/// Novell's way: `>>> Anna <anna@x.example> 20.11.2026 10:01 >>>`, and no marks below it.
fn is_arrowed(text: &str) -> bool {
    let text = text.trim();
    text.len() <= BYTES_MAX
        && text.starts_with(">>>")
        && text.ends_with(">>>")
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(char::is_alphabetic)
}

/// The line above which other systems want their answers: it stands in their mail, not in the
/// answer.
fn is_marker(text: &str) -> bool {
    let text = text.trim();
    let is_drawn = |c: char| matches!(c, '#' | '-' | '=' | '_' | '*' | '+' | '~' | ' ');
    let bare = text.trim_matches(is_drawn);
    let is_drawn =
        text.len() >= bare.len() + 4 && text.starts_with(is_drawn) && text.ends_with(is_drawn);
    is_drawn && {
        let bare = bare.to_lowercase();
        ABOVE.iter().any(|words| bare.contains(words))
    }
}

/// Whether an attribution or marked quote follows, as Proton writes it: then the marks count.
fn leads_to_marked(lines: &[Line<'_>], index: usize) -> bool {
    next_seen(lines, index).is_some_and(|next| {
        let is_marked = lines
            .get(next)
            .is_some_and(|line| matches!(line.part, Part::Quoted | Part::Attribution));
        is_marked || attribution::is_certain_at(lines, next)
    })
}

/// Outlook draws a rule above its header block, Yahoo writes an attribution.
fn with_rule_above(lines: &[Line<'_>], index: usize) -> usize {
    let above = lines.get(..index).unwrap_or_default();
    let seen = above.iter().rev().take(3).position(|line| !line.is_blank());
    match seen.map(|back| index - 1 - back) {
        Some(at)
            if lines.get(at).is_some_and(|line| is_rule(line.text) || is_heading(line.text)) =>
        {
            at
        }
        Some(at) if attribution::is_one_at(lines, at) => at,
        _ => index,
    }
}

/// "Original Message" above a header block, as phones write it without dashes.
fn is_heading(text: &str) -> bool {
    let text = text.trim().trim_end_matches(':').to_lowercase();
    let is_old = OLD.iter().any(|word| text.starts_with(word));
    is_old
        && text.split_whitespace().count() <= 3
        && MESSAGES.iter().any(|noun| text.ends_with(noun))
}

/// A line of nothing but dashes or underscores.
pub(super) fn is_rule(text: &str) -> bool {
    let text = text.trim();
    text.chars().take(3).count() == 3
        && text.chars().all(|c| matches!(c, '_' | '-' | '=' | '*' | ' ' | '\u{2500}' | '\u{2014}'))
}

/// Whether a header block begins here: From and Sent with a date, and Subject or To, such that
/// somebody's own lines "Von: .. Bis: .." are none.
fn is_block(lines: &[Line<'_>], index: usize) -> bool {
    let starts = lines.get(index).and_then(|line| header(line.text));
    if !starts.is_some_and(|(name, _)| name != Header::Other) {
        return false;
    }
    let (mut has_from, mut has_sent, mut has_to, mut has_subject) = (false, false, false, false);
    let (mut has_address, mut has_clock, mut has_seconds) = (false, false, false);
    let (mut names_author, mut names_reader) = (false, false);
    let is_tight = (0..3).all(|at| lines.get(index + at).is_some_and(|l| header(l.text).is_some()));
    for (at, line) in lines.iter().skip(index).take(BLOCK_LINES_MAX).enumerate() {
        if line.part == Part::Quoted && !has_from {
            return false;
        }
        let Some((name, value)) = header(line.text) else {
            if line.is_blank() && (has_from && has_sent || !goes_on(lines, index + at)) {
                break;
            }
            continue;
        };
        match name {
            Header::From => has_from = !value.is_empty(),
            Header::Sent => {
                has_sent |= is_instant(value);
                has_clock |= is_instant(value) && is_clocked(&value.replace('\u{200e}', ""));
                has_seconds |= has_clock && value.matches(':').count() >= 2;
            }
            Header::To => has_to = true,
            Header::Subject => has_subject = true,
            Header::Other => {}
        }
        names_author |= name == Header::From && value.contains('@');
        names_reader |= name == Header::To && value.contains('@');
        has_address = names_author || names_reader;
    }
    // Some programs leave the date out; nobody types three such lines with two addresses.
    if is_tight && names_author && names_reader && has_subject {
        return true;
    }
    // Nobody who fills in a form writes seconds.
    let is_dated = has_address && has_seconds || has_to && has_clock && is_tight;
    let is_block = has_subject && (has_to || has_address) || has_to && has_address || is_dated;
    has_sent && (has_from && is_block || is_dated && has_to)
}

/// Whether a header line follows the blank ones at `index`: some programs put them between.
fn goes_on(lines: &[Line<'_>], index: usize) -> bool {
    let next = next_seen(lines, index).and_then(|at| lines.get(at));
    next.is_some_and(|line| header(line.text).is_some())
}

/// A header block that lost its line ends: "From: .. Date: ..", with an address and a time.
fn is_flat(text: &str) -> bool {
    let Some((Header::From, value)) = header(text) else { return false };
    let is_name = |(_, name): (&str, &str)| named(&name.to_lowercase()) == Some(Header::Sent);
    let pieces = value.split([':', '\u{ff1a}']).map(str::trim_end);
    let mut names = pieces.filter_map(|piece| piece.rsplit_once(' '));
    value.contains('@') && is_instant(value) && is_clocked(value) && names.any(is_name)
}

/// Lotus Notes draws its header as a chart, with the names of the fields at the right.
fn is_chart(lines: &[Line<'_>], index: usize) -> bool {
    let is_far = |text: &str| text.starts_with("          ");
    if !lines.get(index).is_some_and(|line| is_far(line.text) && !line.is_blank()) {
        return false;
    }
    let names = lines.iter().skip(index).take(CHART_LINES_MAX).filter_map(|line| {
        let (_, name) = line.text.trim_end().rsplit_once("  ")?;
        is_far(line.text).then(|| named(&name.trim().to_lowercase()))?
    });
    let names: Vec<Header> = names.collect();
    names.contains(&Header::To) && names.contains(&Header::Subject)
}

/// Lotus Notes draws its header as a card, which others write down without its columns: author,
/// date, then names and values, each where it fell.
fn is_card(lines: &[Line<'_>], index: usize) -> bool {
    let Some(author) = lines.get(index).map(|line| line.text.trim()) else { return false };
    let date = next_seen(lines, index).and_then(|at| lines.get(at)).map(|line| line.text.trim());
    let is_headed = author.ends_with('>')
        && author.contains('@')
        && date.is_some_and(|date| {
            date.split_whitespace().count() <= CARD_DATE_WORDS_MAX
                && is_instant(date)
                && is_clocked(date)
        });
    if !is_headed {
        return false;
    }
    let below = lines.iter().skip(index + 1).take(BLOCK_LINES_MAX);
    let names = below.filter_map(|line| {
        let name = line.text.trim().split("  ").next().unwrap_or_default();
        named(&name.trim_end_matches([':', ' ']).to_lowercase())
    });
    let names: Vec<Header> = names.collect();
    names.contains(&Header::To) && names.contains(&Header::Subject)
}

/// A date as programs write it: a year, or a time of day.
fn is_instant(value: &str) -> bool {
    // Windows Mail puts marks of direction around each number.
    let value = value.replace(['\u{200e}', '\u{200f}'], "");
    let mut groups = value.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty());
    let has_year = groups.clone().any(|group| group.len() == 4);
    has_year || groups.by_ref().take(3).count() == 3
}

/// Name and value of a header line: emphasis, no-break spaces and full-width colons forgiven.
fn header(text: &str) -> Option<(Header, &str)> {
    let (name, value) = label(text)?;
    Some((named(&name.to_lowercase())?, value))
}

/// A short name, a colon, whatever.
fn label(text: &str) -> Option<(&str, &str)> {
    let is_around = |c: char| c.is_whitespace() || matches!(c, '*' | '|');
    // A rule above it may have lost its line end.
    let text = text.trim_start_matches('_').trim_matches(is_around);
    if !text.starts_with(char::is_alphabetic) {
        return None;
    }
    let (at, colon) =
        text.char_indices().take(NAME_MAX).find(|(_, c)| matches!(c, ':' | '\u{ff1a}'))?;
    let value = text.get(at + colon.len_utf8()..)?;
    Some((text.get(..at)?.trim_matches(is_around), value.trim_matches(is_around)))
}

static KNOWN: LazyLock<BTreeMap<&str, Header>> = LazyLock::new(|| {
    let each = |(header, names): &(Header, &[&'static str])| {
        names.iter().map(|name| (*name, *header)).collect::<Vec<_>>()
    };
    NAMES.iter().rev().flat_map(each).collect()
});

fn named(name: &str) -> Option<Header> {
    KNOWN.get(name).copied()
}

/// "-----Original Message-----": dashes on both sides, few words between them, and one of them
/// means a message.
fn is_separator(text: &str) -> bool {
    let ends_in_dashes = text.trim_end().ends_with(['-', '_', '=', '*', '\u{2014}']);
    dashed(text).is_some_and(|words| {
        let is_short = words.split_whitespace().count() <= 4 && words.chars().count() <= 40;
        let is_message = MESSAGES.iter().any(|noun| words.contains(noun));
        let is_old = ["original", "reply message", "元の", "原始", "原邮件", "исходн"];
        let is_old = is_old.iter().any(|word| words.starts_with(word));
        is_short && (is_message && (ends_in_dashes || is_old) || words == "original")
    })
}

/// Whether a forwarded message begins here.
pub(super) fn is_forward(text: &str) -> bool {
    if text.len() > BYTES_MAX {
        return false;
    }
    let is_apple = text.trim().ends_with(':')
        && matches!(
            text.trim().trim_end_matches(':').to_lowercase().trim(),
            "begin forwarded message"
                | "anfang der weitergeleiteten nachricht"
                | "anfang der weitergeleiteten e-mail"
                | "début du message réexpédié"
                | "début du message transféré"
                | "välitetty viesti alkaa"
                | "aloita välitetty viesti"
                | "vidarebefordrat brev"
                | "inicio del mensaje reenviado"
                | "inizio messaggio inoltrato"
                | "begin doorgestuurd bericht"
                | "start på videresendt besked"
                | "start på videresendt melding"
                | "początek przekazywanej wiadomości"
                | "início da mensagem reencaminhada"
                | "início da mensagem encaminhada"
                | "начало переадресованного сообщения"
                | "転送されたメッセージ"
                | "开始转发的邮件"
        );
    is_apple
        || dashed(text).is_some_and(|words| {
            matches!(
                words.as_str(),
                "forwarded message"
                    | "weitergeleitete nachricht"
                    | "weitergeleitete mail"
                    | "weitergeleitete e-mail"
                    | "edelleenlähetetty viesti"
                    | "välitetty viesti"
                    | "vidarebefordrat meddelande"
                    | "message transféré"
                    | "forwarded by"
                    | "mensaje reenviado"
                    | "messaggio inoltrato"
                    | "doorgestuurd bericht"
                    | "forwarded mail"
                    | "wiadomość przekazana dalej"
                    | "przekazana wiadomość"
                    | "treść przekazanej wiadomości"
                    | "videresendt besked"
                    | "forwarded email"
                    | "videresendt meddelelse"
                    | "videresendt melding"
                    | "mensagem encaminhada"
                    | "mensagem reencaminhada"
                    | "пересылаемое сообщение"
                    | "转发的邮件"
                    | "пересланное сообщение"
                    | "přeposlaná zpráva"
                    | "转发邮件信息"
                    | "轉寄郵件"
                    | "転送メッセージ"
                    | "forwarded message from"
                    | "message réexpédié"
            )
        })
}

/// The words between dashes, in lower case; both sides need two at least, the right one may fail
/// where "Forwarded message from .." says more.
fn dashed(text: &str) -> Option<String> {
    let text = text.trim();
    let is_dash = |c: char| matches!(c, '-' | '_' | '*' | '=' | '\u{2014}' | '\u{2500}' | ' ');
    let dashes = text.chars().take_while(|c| matches!(c, '-' | '_' | '*' | '=' | '\u{2014}'));
    if dashes.count() < 2 || text.len() > BYTES_MAX {
        return None;
    }
    let words = text.trim_matches(|c: char| is_dash(c) || c == ':').to_lowercase();
    Some(words.split_whitespace().collect::<Vec<_>>().join(" "))
}
