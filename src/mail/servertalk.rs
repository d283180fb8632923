//! Words of mail servers about delivery, in many languages, found in one pass.
//!
//! They prove nothing alone; `oldbounce` asks for more.
//! Deliberately absent: the words themselves (`words`), subjects of vacation programs and lists
//! (`phrases`).

mod words;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::mail::servertalk::words::{
    ANNOUNCED, FAILED, GAVE_UP, HELP, LATE, NEGATIONS, RECIPIENT, RETRIES, RETURNED, SUCCEEDED,
};

/// What a phrase tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tells {
    /// It could not be delivered.
    Failed,
    /// It arrived, or went on to a server that sends no reports.
    Succeeded,
    /// The server goes on trying, whatever else it says.
    Retries,
    /// It takes longer; also said where a server gave up.
    Late,
    /// The server gave up, whatever else it says.
    GaveUp,
    /// The next lines name recipients.
    Announced,
    /// The word for a recipient or an address.
    Recipient,
    /// The returned message begins, if it is a heading.
    Returned,
    /// The line is about help, not about a recipient.
    Help,
}

/// What the lines of a text tell, and the text as it was compared.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// The flags of each line; a phrase that was wrapped counts for the line where it ends.
    lines: Vec<u16>,
}

impl Telling {
    /// Whether a line tells this.
    pub(super) fn line(&self, at: usize, what: Tells) -> bool {
        self.lines.get(at).is_some_and(|flags| flags & flag(what) != 0)
    }

    /// Whether any of the first `count` lines tells this.
    pub(super) fn any(&self, count: usize, what: Tells) -> bool {
        self.lines.iter().take(count).any(|flags| flags & flag(what) != 0)
    }
}

const fn flag(what: Tells) -> u16 {
    1 << what as u16
}

/// Looks for phrases in all lines at once.
pub(super) fn listen(lines: &[&str]) -> Telling {
    let mut joined = String::new();
    let mut starts = Vec::with_capacity(lines.len());
    for line in lines {
        starts.push(joined.len());
        fold_into(line, &mut joined);
        if !joined.ends_with(' ') {
            joined.push(' ');
        }
    }
    let mut found = vec![0_u16; lines.len()];
    let (finder, kinds) = &*PHRASES;
    for hit in finder.find_overlapping_iter(&joined) {
        let line = starts.partition_point(|&start| start < hit.end()).saturating_sub(1);
        if let (Some(flags), Some(&kind)) =
            (found.get_mut(line), kinds.get(hit.pattern().as_usize()))
        {
            let is_denied = kind == Tells::Succeeded
                && is_denied(joined.get(..hit.start()).unwrap_or_default());
            *flags |= flag(if is_denied { Tells::Failed } else { kind });
        }
    }
    Telling { lines: found }
}

/// Whether the last word says that what follows was not so.
fn is_denied(before: &str) -> bool {
    let word = before.trim_end().rsplit([' ', '\'']).next().unwrap_or_default();
    NEGATIONS.contains(&word)
}

/// Whether a line holds little but the words above a returned message.
pub(super) fn is_returned_heading(line: &str) -> bool {
    const MORE_BYTES_MAX: usize = 4;
    let line = folded(line);
    RETURNED
        .iter()
        .any(|phrase| line.strip_prefix(phrase).is_some_and(|more| more.len() <= MORE_BYTES_MAX))
}

/// A text as phrases are written: lower case, without accents, white space as one space.
pub(super) fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    fold_into(text, &mut plain);
    plain.truncate(plain.trim_end().len());
    plain
}

fn fold_into(text: &str, plain: &mut String) {
    for character in text.chars() {
        if character.is_whitespace() {
            if !plain.ends_with(' ') && !plain.is_empty() {
                plain.push(' ');
            }
        } else {
            plain.extend(character.to_lowercase().map(without_accent));
        }
    }
}

fn without_accent(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ę' | 'ě' => 'e',
        'ì' | 'í' | 'î' | 'ï' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' => 's',
        'ť' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ů' | 'ű' => 'u',
        'ý' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        'ё' => 'е',
        '’' | '`' | '´' | '‘' => '\'',
        '：' => ':',
        other => other,
    }
}

static PHRASES: LazyLock<(AhoCorasick, Vec<Tells>)> = LazyLock::new(|| {
    let tables: [(Tells, &[&str]); 9] = [
        (Tells::Failed, FAILED),
        (Tells::Succeeded, SUCCEEDED),
        (Tells::Retries, RETRIES),
        (Tells::Late, LATE),
        (Tells::GaveUp, GAVE_UP),
        (Tells::Announced, ANNOUNCED),
        (Tells::Recipient, RECIPIENT),
        (Tells::Returned, RETURNED),
        (Tells::Help, HELP),
    ];
    let all = tables.iter().flat_map(|(kind, phrases)| phrases.iter().map(|one| (*kind, *one)));
    let (kinds, phrases): (Vec<Tells>, Vec<&str>) = all.unzip();
    #[expect(
        clippy::expect_used,
        reason = "built from the tables of words, which a test builds too"
    )]
    let finder = AhoCorasick::new(phrases).expect("phrases");
    (finder, kinds)
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_wrapped_and_without_accents() {
        let lines = ["Votre message n'a pas pu être", "  délivré aux adresses suivantes :", "x"];
        let heard = listen(&lines);
        assert!(!heard.line(0, Tells::Failed) && heard.line(1, Tells::Failed));
        assert!(heard.line(1, Tells::Announced) && !heard.line(2, Tells::Announced));
        assert!(!heard.any(1, Tells::Failed) && heard.any(3, Tells::Failed));
        assert_eq!(folded("  Écheć \n d’ENVOI"), "echec d'envoi");
    }

    #[test]
    fn every_phrase_is_written_as_texts_are_compared() {
        for table in
            [FAILED, SUCCEEDED, RETRIES, LATE, GAVE_UP, ANNOUNCED, RECIPIENT, RETURNED, HELP]
        {
            for phrase in table {
                assert_eq!(folded(phrase), phrase.trim_end(), "{phrase}");
            }
        }
    }
}
