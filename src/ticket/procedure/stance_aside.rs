//! Sentences beside a request: leave, why somebody asks, what went to the wrong place.
//!
//! What is not plainly one of these is not: an objection must not be taken for it, and what people
//! talk about besides has no list. Deliberately absent: what a sentence says of the request
//! (`stance`).

use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::stance_words::ONLY_THANKS;

/// Words of a line that takes leave or thanks.
const LEAVE_WORDS_MAX: usize = 5;
/// Words of a sentence that says why its author asks.
const REASON_WORDS_MAX: usize = 7;
/// First words of such a line.
const LEAVES: [&str; 16] = [
    "danke",
    "dank",
    "lg",
    "vg",
    "gruss",
    "gruesse",
    "thanks",
    "cheers",
    "regards",
    "kiitos",
    "terveisin",
    "terv",
    "tack",
    "mvh",
    "haelsningar",
    "vaenligen",
];
/// Words beside them.
const LEAVES_BESIDE: [&str; 8] =
    ["im", "voraus", "in", "advance", "etukaeteen", "pa", "foerhand", "von"];
/// Ends and whole words that are no name, alone in a last line.
const NO_NAMES: [&str; 24] = [
    "heit",
    "keit",
    "ung",
    "sinn",
    "mus",
    "tion",
    "quatsch",
    "schade",
    "pfui",
    "skandal",
    "katastrophe",
    "nonsense",
    "rubbish",
    "ridiculous",
    "outrageous",
    "shame",
    "poelyae",
    "haepeae",
    "jaerjetoentae",
    "struntprat",
    "skam",
    "loejligt",
    "vansinne",
    "trams",
];
/// Beginnings of sentences that say why somebody asks, and only that.
const REASONS: [&str; 13] = [
    "ich bin neu",
    "bin neu hier",
    "ich bin hier neu",
    "bei mir war kein anhang",
    "bei mir ist kein anhang",
    "im new",
    "i am new",
    "there was no attachment",
    "i am asking because",
    "olen uusi",
    "jag aer ny",
    "liite puuttui",
    "bilagan saknas",
];
/// Verbs of who looks for a paper and does not see it.
const SEEKS: [&str; 10] = [
    "hittar inte",
    "hittade inte",
    "cant find",
    "cannot find",
    "couldnt find",
    "en loeydae",
    "en loeytaenyt",
    "ich finde",
    "finde",
    "dont see",
];
/// What is looked for.
const SOUGHT: [&str; 16] = [
    "protokoll",
    "protokollet",
    "anhang",
    "link",
    "minutes",
    "attachment",
    "the",
    "das",
    "den",
    "poeytaekirjaa",
    "liitettae",
    "linkkiae",
    "bilagan",
    "laenken",
    "filen",
    "nicht",
];
/// Words that hold whether there is such a thing in doubt.
const ANY_AT_ALL: [&str; 8] = [
    "ueberhaupt",
    "at all",
    "even",
    "edes",
    "ylipaeaetaeaen",
    "oeverhuvudtaget",
    "ens",
    "verkligen",
];

/// What a mail says that went to the wrong place.
const MISDIRECTED: [&str; 7] = [
    "wrong list",
    "wrong thread",
    "falsche liste",
    "falscher verteiler",
    "vaeaeraelle listalle",
    "vaeaerae lista",
    "fel lista",
];
fn has(folded: &str, phrase: &str) -> bool {
    format!(" {folded} ").contains(&format!(" {phrase} "))
}

/// Whether a sentence that leans to nothing says nothing of the request.
pub(super) fn is_it(sentence: &str, is_last: bool) -> bool {
    !sentence.contains(char::is_alphanumeric)
        || is_leave(sentence)
        || is_reason(sentence)
        || (is_last && is_name(sentence.trim()))
}

/// Whether a sentence only thanks or takes leave, a name behind it.
pub(super) fn is_leave(sentence: &str) -> bool {
    let folded = fold(sentence);
    let words: Vec<&str> = folded.split(' ').collect();
    let is_known = |word: &&str| {
        LEAVES.contains(word) || LEAVES_BESIDE.contains(word) || ONLY_THANKS.contains(word)
    };
    let begins = words.first().is_some_and(|word| LEAVES.contains(word));
    let Some((last, inside)) = words.split_last() else { return false };
    let written = sentence.split_whitespace().next_back().unwrap_or_default();
    begins
        && words.len() <= LEAVE_WORDS_MAX
        && inside.iter().all(is_known)
        && (is_known(last) || is_name(written))
}

/// Whether a text that stands alone in a last line is a name.
pub(super) fn is_name(word: &str) -> bool {
    let folded = fold(word);
    (2..=14).contains(&word.chars().count())
        && word.starts_with(char::is_uppercase)
        && word.chars().skip(1).all(char::is_lowercase)
        && !NO_NAMES.iter().any(|end| folded.ends_with(end))
}

/// Whether a sentence only says why its author asks: "I am new here."
pub(super) fn is_reason(sentence: &str) -> bool {
    let folded = fold(sentence);
    let begins =
        REASONS.iter().any(|phrase| format!("{folded} ").starts_with(&format!("{phrase} ")));
    begins && folded.split(' ').count() <= REASON_WORDS_MAX && !sentence.contains(',')
}

/// A question without the clause that says what its author looks for and does not see: "I can't
/// find the minutes, could somebody send them?"
pub(super) fn without_search(question: &str) -> &str {
    let Some((clause, rest)) = question.split_once(',') else { return question };
    let folded = fold(clause);
    let is_search = |phrase: &&str| {
        let Some((before, behind)) = folded.split_once(*phrase) else { return false };
        let is_all = behind.split(' ').filter(|word| !word.is_empty());
        let denies = !phrase.ends_with("finde") || folded.ends_with("nicht");
        before.split(' ').count() <= 2
            && denies
            && behind.split(' ').count() >= 2
            && is_all.into_iter().all(|word| SOUGHT.contains(&word))
    };
    let asks_whether = || ANY_AT_ALL.iter().any(|phrase| has(&fold(rest), phrase));
    if SEEKS.iter().any(is_search) && !asks_whether() { rest } else { question }
}

/// Whether a folded sentence only says that a mail went to the wrong place.
pub(super) fn is_misdirected(folded: &str) -> bool {
    let is_short = folded.split(' ').count() <= 4;
    is_short && MISDIRECTED.iter().any(|phrase| folded.ends_with(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Message;

    #[test]
    fn leave_and_names() {
        for text in ["Danke, Pascal", "Kiitos etukäteen Mervi", "LG Bine", "Tack på förhand"] {
            assert!(is_leave(text), "{text}");
        }
        for text in ["Danke nein", "Tack men nej tack", "Danke für nichts", "Das reicht"] {
            assert!(!is_leave(text), "{text}");
        }
        assert!(is_name("Jussi") && !is_name("Wahnsinn") && !is_name("Quatsch"));
    }

    #[test]
    fn only_who_looks_for_a_paper_looks_for_it() {
        let rest = without_search("I can't find the minutes, could somebody send them?");
        assert_eq!(rest.trim(), "could somebody send them?");
        for text in [
            "I can't find any decision in the minutes, why is it here?",
            "Ich finde das nicht gut, wer will das?",
            "Ich finde das Protokoll nicht, gibt es überhaupt eins?",
        ] {
            assert_eq!(without_search(text), text);
        }
    }

    #[test]
    fn what_only_looks_off_topic_is_still_asked_about() {
        use crate::ticket::procedure::stance::{Stance, of};
        let read = |text: &str| of(text, &Message { text: text.to_owned(), ..Message::default() });
        for text in [
            "Drei Leute reichen.",
            "Das ist Schnee von gestern.",
            "Vi har det bra som det är, halsduken är min.\nKerstin, nej",
            "Am Samstag im Auto haben wir darüber gesprochen: lieber nicht.",
            "Könnt ihr das erklären? Das war anders verabredet.\nHeike",
            "Wer will das?\nWahnsinn",
            "Sorry, wrong list of queues, she asked for something else.",
            "Nehmt das von der Liste, das kostet zu viel.",
            "Jag hittar inte beslutet i protokollet, varför finns det här?",
        ] {
            assert_eq!(read(text), Stance::Possible, "{text}");
        }
        for text in [
            "Könnt ihr kurz erklären, was das ist? Ich bin neu hier.\nDanke, Pascal",
            "Mistä tuon pöytäkirjan voi lukea?\nKiitos etukäteen\nMervi",
            "Where can I read the minutes?\nLeonie",
        ] {
            assert_eq!(read(text), Stance::Question, "{text}");
        }
        assert_eq!(read("I am on leave. Three people are enough."), Stance::Beside);
        assert_eq!(read("Sorry, wrong list!"), Stance::Nothing);
    }
}
