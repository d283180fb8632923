//! What somebody says who was asked to grant something: a yes, a no with its reason, or neither.
//!
//! A yes with a condition is none, and a no counts only with words that say why. Deliberately
//! absent: who may say it (`duty`).

use crate::mail::Message;
use crate::mail::quote::Reply;
use crate::ticket::command::read::Place;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::stance::{self, Word};

/// Words before a verdict on its line: "das ist von mir aus bewilligt".
const BEFORE_MAX: usize = 5;
/// Letters of a single word that says why.
const REASON_CHARS_MIN: usize = 6;

const GRANTS: [&str; 27] = [
    "bewilligt",
    "bewillige",
    "bewilligen",
    "genehmigt",
    "genehmige",
    "genehmigen",
    "zugestimmt",
    "einverstanden",
    "grant",
    "granted",
    "approve",
    "approved",
    "agreed",
    "accepted",
    "hyvaeksytty",
    "hyvaeksyn",
    "hyvaeksy",
    "myoennetty",
    "myoennae",
    "bevilja",
    "beviljad",
    "beviljat",
    "beviljas",
    "godkaend",
    "godkaent",
    "godkaenn",
    "godkaenns",
];
const REFUSALS: [&str; 22] = [
    "abgelehnt",
    "ablehnen",
    "lehne",
    "verweigert",
    "refuse",
    "refused",
    "reject",
    "rejected",
    "deny",
    "denied",
    "declined",
    "hylaetty",
    "hylkaeaen",
    "hylkaeae",
    "hylaetaeaen",
    "avslagen",
    "avslaget",
    "avslag",
    "avslas",
    "avsla",
    "neka",
    "nekas",
];
/// What belongs to the verdict and not to the reason.
const TAILS: [&str; 12] =
    ["ab", "das", "es", "den", "die", "antrag", "it", "this", "the", "request", "sen", "det"];
/// Words that are no reason.
const EMPTY: [&str; 40] = [
    "danke",
    "bitte",
    "gruss",
    "gruesse",
    "viele",
    "liebe",
    "lg",
    "vg",
    "mfg",
    "sorry",
    "leider",
    "tut",
    "mir",
    "leid",
    "ohne",
    "kein",
    "keine",
    "keinen",
    "grund",
    "begruendung",
    "no",
    "reason",
    "none",
    "nothing",
    "without",
    "einfach",
    "so",
    "thanks",
    "thank",
    "you",
    "please",
    "regards",
    "best",
    "kiitos",
    "tack",
    "hei",
    "hallo",
    "hi",
    "ei",
    "nej",
];

/// What was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// Yes, without a condition.
    Yes,
    /// No.
    No,
    /// It is done.
    Done,
    /// Neither is clear.
    Unclear,
}

/// What was said, and the words that say why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) says: Says,
    /// Where the other words stand in the message.
    pub(super) words: Vec<Place>,
    /// Whether they say anything.
    pub(super) has_reason: bool,
}

/// A verdict within a line, and the characters up to the words behind it.
struct Found {
    says: Says,
    cut: usize,
    is_alone: bool,
}

/// Reads the author's own words.
pub(super) fn read(reply: &Reply<'_>, message: &Message) -> Said {
    read_without(reply, message, &[])
}

/// Reads the author's own words without lines that are keywords for something else.
pub(super) fn read_without(reply: &Reply<'_>, message: &Message, aside: &[String]) -> Said {
    let mut lines = stance::own_lines(reply, message);
    lines.retain(|(_, line)| !aside.iter().any(|written| written.trim() == line.trim()));
    let is_filled = |line: &&(u32, &str)| !line.1.trim().is_empty();
    let first = lines.iter().find(is_filled);
    let last = lines.iter().rfind(is_filled);
    let at_first = first.and_then(|(at, text)| Some((*at, find(text)?)));
    let at_last = || {
        let (at, text) = last?;
        Some((*at, find(text).filter(|found| found.is_alone)?))
    };
    let found = at_first.or_else(at_last);
    let place = |found: Option<&(u32, Found)>| {
        let mut words: Vec<Place> = Vec::new();
        let mut text = String::new();
        for (at, line) in &lines {
            let cut = found.filter(|(verdict, _)| verdict == at).map_or(0, |(_, one)| one.cut);
            let rest: String = line.chars().skip(cut).collect();
            if !rest.trim().is_empty() {
                words.push((*at, u32::try_from(cut).unwrap_or(u32::MAX)));
            }
            text.push_str(&rest);
            text.push('\n');
        }
        (words, text)
    };
    let (words, text) = place(found.as_ref());
    let has_reason = is_reason(&text);
    let asks = lines.iter().any(|(_, line)| line.contains('?'));
    let says = match found.map(|(_, found)| found.says) {
        Some(Says::Yes) if stance::hesitates(&text) || asks => Says::Unclear,
        Some(says) => says,
        None => Says::Unclear,
    };
    Said { says, words, has_reason }
}

/// Whether words say why.
#[must_use]
pub fn is_reason(text: &str) -> bool {
    let folded = fold(text);
    let counts = |word: &&str| !EMPTY.contains(word) && word.chars().any(char::is_alphabetic);
    let mut words = folded.split(' ').filter(counts);
    let Some(first) = words.next() else { return false };
    words.next().is_some() || first.chars().count() >= REASON_CHARS_MIN
}

fn find(line: &str) -> Option<Found> {
    let tokens = tokens(line);
    let counts = |word: &str| !word.is_empty() && !word.chars().all(|c| c.is_ascii_digit());
    let words: Vec<&(usize, String)> = tokens.iter().filter(|(_, word)| counts(word)).collect();
    let at = words.iter().take(BEFORE_MAX).position(|(_, word)| says(word).is_some())?;
    let (end, word) = words.get(at)?;
    let mut said = says(word)?;
    let before = words.get(..at).unwrap_or_default();
    if before.iter().any(|(_, word)| stance::is_negation(word)) {
        said = match said {
            Says::Yes => Says::No,
            Says::No | Says::Done | Says::Unclear => Says::Unclear,
        };
    }
    let mut end = *end;
    let mut rest = words.get(at + 1..).unwrap_or_default();
    while let Some(((tail_end, tail), behind)) = rest.split_first().map(|(one, rest)| (*one, rest))
        && TAILS.contains(&tail.as_str())
        && line.chars().skip(end).take(1).all(|c| c == ' ')
    {
        (end, rest) = (*tail_end, behind);
    }
    // "Ja, bewilligt" says one thing twice.
    while let Some(((again_end, again), behind)) =
        rest.split_first().map(|(one, rest)| (*one, rest))
        && (GRANTS.contains(&again.as_str()) || REFUSALS.contains(&again.as_str()))
        && says(again) == Some(said)
    {
        (end, rest) = (*again_end, behind);
    }
    // "Ja, abgelehnt" and "nein, bewilligt" say two things.
    let next = rest.iter().take(2).find_map(|(_, word)| says(word));
    if next.is_some_and(|next| next != said && next != Says::Done) {
        said = Says::Unclear;
    }
    let is_sign = |c: &char| !c.is_alphanumeric();
    let cut = end + line.chars().skip(end).take_while(is_sign).count();
    Some(Found { says: said, cut, is_alone: at + 1 == words.len() && words.len() <= 3 })
}

/// The words of a line, folded, each with the place behind its last character.
fn tokens(line: &str) -> Vec<(usize, String)> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    for (at, c) in line.chars().chain([' ']).enumerate() {
        if c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c) {
            word.push(c);
        } else if !word.is_empty() {
            tokens.push((at, fold(&std::mem::take(&mut word))));
        }
    }
    tokens
}

fn says(word: &str) -> Option<Says> {
    if GRANTS.contains(&word) {
        return Some(Says::Yes);
    }
    if REFUSALS.contains(&word) {
        return Some(Says::No);
    }
    stance::word(word).map(|word| match word {
        Word::Yes => Says::Yes,
        Word::No => Says::No,
        Word::Done => Says::Done,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::quote;
    use crate::ticket::command::read::excerpt;
    use crate::ticket::words;
    use crate::types::Position;

    fn of(text: &str) -> (Says, String) {
        let message = Message { text: text.to_owned(), ..Message::default() };
        let said = read(&quote::split(text, None), &message);
        let words = words::of(&excerpt(Position(1), &said.words), text);
        (said.says, if said.has_reason { words } else { String::new() })
    }

    #[test]
    fn a_yes_is_read_in_every_language() {
        for text in [
            "Bewilligt",
            "!bewilligt",
            "! 23 bewilligt",
            "Hallo,\n\nist genehmigt, danke.\n\nViele Grüße\nJo",
            "Ja",
            "granted.",
            "Hyväksytty",
            "Beviljas",
            "Von mir aus bewilligt",
        ] {
            assert_eq!(of(text).0, Says::Yes, "{text}");
        }
    }

    #[test]
    fn a_no_has_the_reason_behind_it() {
        for (text, reason) in [
            ("abgelehnt: das Protokoll nennt nur die AG", "das Protokoll nennt nur die AG"),
            ("!abgelehnt: zu spät", "zu spät"),
            ("Ich lehne ab, weil das Protokoll fehlt.", "weil das Protokoll fehlt."),
            ("nicht bewilligt, Kim ist kein Mitglied", "Kim ist kein Mitglied"),
            ("Nein.\n\nEs fehlt der Beschluss.\n\nGruß\nJo", "Es fehlt der Beschluss."),
            ("Das Protokoll nennt Kim nicht.\nAbgelehnt.", "Das Protokoll nennt Kim nicht."),
            ("refused: no minutes", "no minutes"),
            ("Nein, abgelehnt. Kim ist kein Mitglied.", "Kim ist kein Mitglied."),
            ("avslag: vi är redan fyra", "vi är redan fyra"),
        ] {
            assert_eq!(of(text), (Says::No, reason.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_no_without_words_has_no_reason() {
        for text in
            ["abgelehnt", "Nein danke", "nein, sorry", "!refuse", "abgelehnt: -", "hylätty."]
        {
            assert_eq!(of(text), (Says::No, String::new()), "{text}");
        }
    }

    #[test]
    fn what_is_not_clear_is_no_verdict() {
        for text in [
            "Was steht denn im Protokoll?",
            "Bewilligt, aber nur lesend",
            "ja?",
            "nein, bewilligt",
            "Kannst du das übernehmen",
            "",
        ] {
            assert_eq!(of(text).0, Says::Unclear, "{text}");
        }
    }
}
