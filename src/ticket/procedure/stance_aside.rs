//! Sentences beside a request: leave, why somebody asks, what went to the wrong place.
//!
//! What is not plainly one of these is not: an objection must not be taken for it, and what people
//! talk about besides has no list. Deliberately absent: what a sentence says of the request
//! (`stance`).

use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::stance;
use crate::ticket::procedure::stance_words::{AGAINST, FOR, GREETINGS, HESITATIONS, ONLY_THANKS};

/// Words of a line that takes leave or thanks.
const LEAVE_WORDS_MAX: usize = 7;
/// Words of a sentence that says why its author asks.
const REASON_WORDS_MAX: usize = 7;
/// First words of such a line.
const LEAVES: [&str; 23] = [
    "viele",
    "schoenes",
    "schoenen",
    "have",
    "ha",
    "trevlig",
    "hyvaeae",
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
const LEAVES_BESIDE: [&str; 16] = [
    "im",
    "voraus",
    "in",
    "advance",
    "etukaeteen",
    "pa",
    "foerhand",
    "von",
    "got",
    "it",
    "allerseits",
    "zusammen",
    "och",
    "und",
    "and",
    "allihop",
];
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
/// Phrases by which somebody says that he only asks.
const ONLY_ASKS: [&str; 9] = [
    "just asking",
    "just curious",
    "out of curiosity",
    "frage nur",
    "nur interessehalber",
    "aus neugier",
    "uteliaisuudesta",
    "undrar bara",
    "bara nyfiken",
];
/// Beginnings of words that say when people meet.
const DAYS: [&str; 27] = [
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "maanantai",
    "tiistai",
    "keskiviik",
    "torstai",
    "perjantai",
    "lauantai",
    "sunnuntai",
    "tisdag",
    "onsdag",
    "torsdag",
    "fredag",
    "loerdag",
];
/// Words that point at what is announced, or are about what is decided.
const POINTS: [&str; 26] = [
    "das", "dies", "diese", "dieser", "dieses", "es", "davon", "dafuer", "dazu", "darueber",
    "damit", "this", "that", "these", "it", "se", "sen", "sitae", "siitae", "taemae", "tuo", "det",
    "den", "detta", "denna", "daerom",
];
/// Beginnings of such words.
const MATTERS: [&str; 38] = [
    "queue",
    "jono",
    "koe",
    "list",
    "adress",
    "address",
    "osoit",
    "postfach",
    "zugang",
    "konto",
    "tunnu",
    "account",
    "antrag",
    "hakem",
    "ansoek",
    "request",
    "beschl",
    "beslut",
    "paeaet",
    "entscheid",
    "decid",
    "decision",
    "abstimm",
    "vote",
    "voting",
    "aeaenest",
    "roest",
    "vorstand",
    "board",
    "hallitu",
    "styrelse",
    "kost",
    "cost",
    "geld",
    "money",
    "sprech",
    "talk",
    "discuss",
];
/// More of them.
const TALKS: [&str; 8] = ["reden", "klaer", "puhu", "keskust", "prata", "diskut", "raha", "pengar"];
/// Words beside a greeting.
const GREETED: [&str; 29] = [
    "zusammen",
    "alle",
    "allerseits",
    "all",
    "everyone",
    "everybody",
    "folks",
    "there",
    "kaikki",
    "kaikille",
    "alla",
    "allihop",
    "paa",
    "er",
    "abend",
    "morgen",
    "tag",
    "leute",
    "morning",
    "evening",
    "afternoon",
    "runde",
    "morgon",
    "dag",
    "kvaell",
    "eftermiddag",
    "iltaa",
    "paeivaeae",
    "huomenta",
];
/// Beginnings of words for a file that came with the mail, or did not.
const FILES: [&str; 12] = [
    "anhang",
    "anlage",
    "datei",
    "attachment",
    "file",
    "pdf",
    "link",
    "liitt",
    "liite",
    "liitett",
    "bilag",
    "laenk",
];
/// Words of who cannot open or find one.
const UNOPENED: [&str; 37] = [
    "oeffnen",
    "auf",
    "finde",
    "finden",
    "sehe",
    "sehen",
    "bekomme",
    "lesen",
    "laden",
    "fehlt",
    "war",
    "open",
    "find",
    "see",
    "load",
    "loading",
    "missing",
    "loeydae",
    "loeytaenyt",
    "naey",
    "aukea",
    "saa",
    "puuttuu",
    "oeppna",
    "hittar",
    "hittade",
    "ser",
    "saknas",
    "fungerade",
    "fungerar",
    "funktioniert",
    "funktionierte",
    "works",
    "work",
    "worked",
    "toimi",
    "toiminut",
];
/// Words of a sentence about such a file.
const FILE_WORDS_MAX: usize = 10;
/// Words of a line below a mail that is a name or where somebody belongs.
const SIGNED_WORDS_MAX: usize = 4;

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
fn has_phrase(folded: &str, phrase: &str) -> bool {
    format!(" {folded} ").contains(&format!(" {phrase} "))
}

/// Whether a sentence that leans to nothing says nothing of the request.
pub(super) fn is_it(sentence: &str, is_last: bool) -> bool {
    !sentence.contains(char::is_alphanumeric)
        || is_leave(sentence)
        || is_greeting(sentence)
        || is_reason(sentence)
        || (is_last && is_name(sentence.trim()))
}

/// Whether a sentence only greets, by name or not.
fn is_greeting(sentence: &str) -> bool {
    let words: Vec<&str> = sentence.split_whitespace().map(bare).collect();
    let Some((first, rest)) = words.split_first() else { return false };
    let is_known = |word: &&str| GREETED.contains(&fold(word).as_str()) || is_name(word);
    GREETINGS.contains(&fold(first).as_str()) && rest.len() <= 3 && rest.iter().all(is_known)
}

fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// The words without the name, and what its owner belongs to, below them.
pub(super) fn without_signature(words: &str) -> &str {
    let Some((text, last)) = words.trim_end().rsplit_once("\n\n") else { return words };
    let mut lines = last.lines().map(str::trim);
    let is_named = lines.next().is_some_and(|line| is_name(bare(line)));
    let is_line = |line: &str| {
        let begun = line.split_whitespace().map(bare).filter(|word| !word.is_empty());
        line.split_whitespace().count() <= SIGNED_WORDS_MAX && !line.ends_with(['.', '!', '?']) && {
            begun
        }
        .all(|word| word.starts_with(char::is_uppercase) && !leans(word))
    };
    if is_named && lines.all(is_line) { text } else { words }
}

/// Whether a word says something of what stands above it.
fn leans(word: &str) -> bool {
    let folded = fold(word);
    stance::is_negation(&folded)
        || stance::word(&folded).is_some()
        || [&AGAINST[..], &FOR, &HESITATIONS].iter().any(|table| table.contains(&folded.as_str()))
        || NO_NAMES.iter().any(|end| folded.ends_with(end))
}

/// Whether words say when people meet, and point at nothing that is announced or decided.
pub(super) fn is_appointment(words: &str) -> bool {
    let folded = fold(words);
    let begins = |table: &[&str], word: &str| table.iter().any(|stem| word.starts_with(stem));
    let points =
        |word: &str| POINTS.contains(&word) || begins(&MATTERS, word) || begins(&TALKS, word);
    folded.split(' ').any(|word| begins(&DAYS, word)) && !folded.split(' ').any(points)
}

/// Whether a sentence only thanks or takes leave, a name behind it.
pub(super) fn is_leave(sentence: &str) -> bool {
    let folded = fold(sentence);
    let words: Vec<&str> = folded.split(' ').collect();
    let is_known = |word: &&str| {
        LEAVES.contains(word) || LEAVES_BESIDE.contains(word) || ONLY_THANKS.contains(word)
    };
    let begins = words.first().is_some_and(|word| LEAVES.contains(word));
    let written: Vec<&str> = sentence.split_whitespace().map(bare).collect();
    let strangers = written.iter().filter(|word| !is_known(&fold(word).as_str()));
    let mut strangers = strangers.filter(|word| !word.is_empty());
    begins
        && words.len() <= LEAVE_WORDS_MAX
        && strangers.next().is_none_or(|word| is_name(word))
        && strangers.next().is_none()
}

/// Whether a text that stands alone in a last line is a name.
pub(super) fn is_name(word: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(char::is_uppercase) && part.chars().skip(1).all(char::is_lowercase)
    };
    (2..=14).contains(&word.chars().count()) && word.split('-').all(is_part) && !leans(word)
}

/// Whether a sentence only says why its author asks: "I am new here", "the file does not open".
pub(super) fn is_reason(sentence: &str) -> bool {
    let folded = fold(sentence);
    let has = |table: &[&str]| folded.split(' ').any(|word| table.contains(&word));
    let is_file = |word: &str| FILES.iter().any(|stem| word.starts_with(stem));
    let is_short = folded.split(' ').count() <= FILE_WORDS_MAX && !sentence.contains(',');
    let only_asks = is_short && ONLY_ASKS.iter().any(|phrase| has_phrase(&folded, phrase));
    if only_asks && !has(&AGAINST) {
        return true;
    }
    if is_short && folded.split(' ').any(is_file) && has(&UNOPENED) && !has(&AGAINST) {
        return true;
    }
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
    let asks_whether = || ANY_AT_ALL.iter().any(|phrase| has_phrase(&fold(rest), phrase));
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
            "Darüber reden wir am Samstag.",
            "Der Vorstand trifft sich am Samstag.",
            "Am Samstag kommt keiner.",
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
        let text = "Am Samstag ab 9 Uhr Arbeitseinsatz, bitte Handschuhe mitbringen!";
        assert_eq!(read(text), Stance::Beside);
        assert_eq!(read("I am on leave. Three people are enough."), Stance::Beside);
        assert_eq!(read("Sorry, wrong list!"), Stance::Nothing);
    }
}
