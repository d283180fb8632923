//! Sentences beside a request: leave, why somebody asks, matters of everyday life.
//!
//! What is not plainly one of these is not: an objection must not be taken for it. Deliberately
//! absent: what a sentence says of the request (`stance`).

use crate::mail::Message;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::stance;
use crate::ticket::procedure::stance_words::ONLY_THANKS;

/// Words of a line that takes leave or thanks.
const LEAVE_WORDS_MAX: usize = 5;
/// Words of a sentence that says why its author asks.
const REASON_WORDS_MAX: usize = 7;
/// Letters of a word by which two texts are about the same.
const SHARED_LETTERS_MIN: usize = 4;
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
const REASONS: [&str; 14] = [
    "ich bin neu",
    "bin neu hier",
    "ich bin hier neu",
    "ich komme aus",
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
/// Everyday things, as words begin: nothing that a request is about.
const THINGS: [&str; 38] = [
    "halsduk",
    "schal",
    "scarf",
    "kaulahuivi",
    "handschuh",
    "gloves",
    "hanska",
    "hanskat",
    "vantar",
    "regenschirm",
    "umbrella",
    "sateenvarjo",
    "paraply",
    "bollerwagen",
    "mitfahr",
    "carpool",
    "kimppakyy",
    "samakning",
    "talkoot",
    "talkoisiin",
    "makkara",
    "kaffet",
    "kahvia",
    "kuchen",
    "pullaa",
    "bullar",
    "krokus",
    "krookuks",
    "lunta",
    "schnee",
    "snoen",
    "fundbuero",
    "fundsache",
    "brotdose",
    "lunchbox",
    "moessa",
    "muetze",
    "jacka",
];
/// Phrases of everyday life.
const PHRASES: [&str; 14] = [
    "plaetze frei",
    "platz im auto",
    "platz frei",
    "mit dem auto",
    "seats left",
    "lift to",
    "tack foer senast",
    "en trevlig kvaell",
    "schoener abend",
    "lovely evening",
    "kiitos viimeisestae",
    "mukava ilta",
    "paikkoja autossa",
    "plats i bilen",
];
/// Words by which something is brought to mind, not denied.
const REMINDERS: [&str; 5] =
    ["gloem inte", "dont forget", "do not forget", "vergesst nicht", "aelkaeae unohtako"];
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
/// Words that only Swedish has.
const SWEDISH: [&str; 6] = ["det", "foer", "och", "nagon", "har", "var"];

fn has(folded: &str, phrase: &str) -> bool {
    format!(" {folded} ").contains(&format!(" {phrase} "))
}

/// What a message answers, as far as it says: its subject and what it quotes.
pub(super) fn request_words(message: &Message) -> String {
    let quoted = message.text.lines().filter(|line| line.trim_start().starts_with('>'));
    quoted.fold(message.subject.clone(), |all, line| format!("{all} {line}"))
}

/// Whether a sentence that leans to nothing says nothing of the request.
pub(super) fn is_it(sentence: &str, about: &str, is_last: bool) -> bool {
    !sentence.contains(char::is_alphanumeric)
        || is_leave(sentence)
        || is_reason(sentence)
        || is_everyday(sentence, about)
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

/// Whether a sentence is about a matter of everyday life that `request`, the words it answers,
/// does not name.
pub(super) fn is_everyday(sentence: &str, request: &str) -> bool {
    let folded = fold(sentence);
    let is_thing = |word: &str| THINGS.iter().any(|thing| word.starts_with(thing));
    let is_about =
        folded.split(' ').any(is_thing) || PHRASES.iter().any(|phrase| has(&folded, phrase));
    let request = fold(request);
    let is_shared = |word: &str| {
        word.chars().count() >= SHARED_LETTERS_MIN && request.split(' ').any(|one| one == word)
    };
    is_about && !folded.split(' ').any(is_shared)
}

/// Whether a word of a clause that denies does not here: "don't forget the gloves", the Swedish
/// article before an everyday thing.
pub(super) fn denies_nothing(clause: &str) -> bool {
    let folded = fold(clause);
    let words: Vec<&str> = folded.split(' ').collect();
    let is_swedish = words.iter().any(|word| SWEDISH.contains(word));
    let is_article = |word: &&str| *word == "en" || !stance::is_negation(word);
    let is_plain = is_swedish && words.iter().all(is_article);
    let is_reminder = REMINDERS.iter().any(|phrase| has(&folded, phrase));
    (is_plain || is_reminder) && is_everyday(clause, "")
}

/// Whether a folded sentence only says that a mail went to the wrong place.
pub(super) fn is_misdirected(folded: &str) -> bool {
    let is_short = folded.split(' ').count() <= 4;
    is_short && MISDIRECTED.iter().any(|phrase| folded.ends_with(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn everyday_is_not_what_the_request_is_about() {
        let text = "Muistakaa talkoot sunnuntaina.";
        assert!(is_everyday(text, "Oma jono"));
        assert!(!is_everyday(text, "Oma jono: talkoot"));
        assert!(!is_everyday("Drei Leute reichen.", ""));
    }
    #[test]
    fn what_only_looks_off_topic_is_still_asked_about() {
        use crate::ticket::procedure::stance::{Stance, of};
        let read = |text: &str| of(text, &Message { text: text.to_owned(), ..Message::default() });
        for text in [
            "Drei Leute reichen.",
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
        for text in ["Sorry, wrong list!", "Någon glömde en blå halsduk, den ligger i köket."] {
            assert_eq!(read(text), Stance::Nothing, "{text}");
        }
    }
}
