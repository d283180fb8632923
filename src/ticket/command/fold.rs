//! Words as people type them: case, umlauts and typing errors aside.

use crate::types;

/// The ways in which one word may be written: umlauts as two letters, and without their marks.
#[must_use]
pub fn forms(text: &str) -> [String; 2] {
    let text = text.trim().to_lowercase();
    let mut two = String::with_capacity(text.len() + 4);
    let mut bare = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let letter = composed(letter, &mut letters);
        let (as_two, as_bare) = match letter {
            'ä' => ("ae", "a"),
            'å' => ("aa", "a"),
            'ö' => ("oe", "o"),
            'ü' => ("ue", "u"),
            'ß' => ("ss", "ss"),
            _ => {
                two.push(letter);
                bare.push(letter);
                continue;
            }
        };
        two.push_str(as_two);
        bare.push_str(as_bare);
    }
    [two, bare]
}

/// A letter and the mark behind it as one letter: some systems write them apart.
fn composed(letter: char, rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> char {
    let whole = match (letter, rest.peek()) {
        ('a', Some('\u{308}')) => 'ä',
        ('o', Some('\u{308}')) => 'ö',
        ('u', Some('\u{308}')) => 'ü',
        ('a', Some('\u{30a}')) => 'å',
        _ => return letter,
    };
    rest.next();
    whole
}

/// Whether two words are the same in one of their forms.
#[must_use]
pub fn is_same(one: &[String; 2], other: &[String; 2]) -> bool {
    one.iter().any(|form| other.contains(form))
}

/// How many letters a mistyped word is away from a name; nothing if it is too far to be meant.
///
/// See [`types::distance`]; short words may be away less.
#[must_use]
pub fn distance(word: &str, name: &str) -> Option<usize> {
    let near = |one: &String, other: &String| {
        let most = match other.chars().count() {
            0..=2 => 0,
            3..=4 => 1,
            _ => 2,
        };
        types::distance(one, other, most)
    };
    let (word, name) = (forms(word), forms(name));
    word.iter().zip(&name).filter_map(|(one, other)| near(one, other)).min()
}

/// The words of a text: letters and digits, folded, the rest aside.
fn words(text: &str) -> Vec<String> {
    let [two, _] = forms(text);
    two.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect()
}

/// Words that begin a line of greeting, which may hold a name as well; folded.
const GREETINGS: [&str; 17] = [
    "hallo", "hi", "hey", "hej", "hei", "moin", "servus", "hello", "dear", "liebe", "lieber",
    "guten", "good", "terve", "moi", "god", "sehr",
];
/// Words of a line that closes a letter; folded.
const CLOSINGS: [&str; 40] = [
    "gruss",
    "gruesse",
    "gruessen",
    "viele",
    "liebe",
    "lieben",
    "beste",
    "besten",
    "herzliche",
    "freundlichen",
    "mit",
    "mfg",
    "lg",
    "vg",
    "tschau",
    "ciao",
    "tschuess",
    "danke",
    "dank",
    "vielen",
    "schoen",
    "bitte",
    "thanks",
    "thank",
    "you",
    "please",
    "regards",
    "best",
    "kind",
    "cheers",
    "kiitos",
    "terveisin",
    "terv",
    "ystavallisin",
    "tack",
    "mvh",
    "haelsningar",
    "vaenliga",
    "med",
    "haelsning",
];

/// The words of a whole text, greeting, thanks and closing aside, and whether there were any.
#[must_use]
pub fn core(text: &str, signer: &str) -> (String, bool) {
    let signer = words(signer);
    let mut kept: Vec<Vec<String>> = Vec::new();
    let mut polite = false;
    for line in text.lines() {
        let mut line = words(line);
        let is_greeting = kept.is_empty()
            && line.len() <= 4
            && line.first().is_some_and(|word| GREETINGS.contains(&word.as_str()));
        let is_polite = |word: &String| CLOSINGS.contains(&word.as_str()) || signer.contains(word);
        let is_closing = !line.is_empty() && line.iter().all(is_polite);
        if is_greeting || is_closing {
            polite = true;
            continue;
        }
        let length = line.len();
        while line.last().is_some_and(is_polite) {
            line.pop();
        }
        polite |= line.len() < length;
        if !line.is_empty() {
            kept.push(line);
        }
    }
    let text: Vec<String> = kept.into_iter().flatten().collect();
    (text.join(" "), polite)
}

/// A one-word answer to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Send it as it stands.
    Text,
}

const YES: [&str; 18] = [
    "ja", "jawohl", "jo", "jep", "jup", "klar", "yes", "y", "yep", "yeah", "ok", "okay", "kyllae",
    "kylla", "joo", "juu", "japp", "jajamen",
];
const NO: [&str; 8] = ["nein", "nee", "noe", "no", "nope", "ei", "nej", "n"];
const TEXT: [&str; 4] = ["text", "teksti", "als text", "as text"];

/// The one-word answer that a whole text is, greeting, closing and a marker aside.
#[must_use]
pub fn one_word(text: &str, signer: &str) -> Option<Word> {
    let (core, _) = core(text, signer);
    let is = |words: &[&str]| words.contains(&core.as_str());
    if is(&YES) {
        Some(Word::Yes)
    } else if is(&NO) {
        Some(Word::No)
    } else {
        is(&TEXT).then_some(Word::Text)
    }
}

const MORE: [&str; 9] =
    ["mehr", "weiter", "weitere", "rest", "more", "lisaeae", "lisaa", "mer", "fler"];

/// Whether a text asks for the rest of what was shown.
#[must_use]
pub fn is_more(text: &str) -> bool {
    let (core, _) = core(text, "");
    MORE.contains(&core.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_the_same_in_any_writing() {
        for (one, other) in [
            ("Übernehmen", "uebernehmen"),
            ("schliessen", "schließen"),
            ("siirra", "siirrä"),
            ("OEFFNE", "öffne"),
            ("a\u{30a}terta", "återta"),
        ] {
            assert!(is_same(&forms(one), &forms(other)), "{one} {other}");
        }
    }

    #[test]
    fn distance_counts_what_fingers_do() {
        assert_eq!(distance("clsoe", "close"), Some(1));
        assert_eq!(distance("spma", "spam"), Some(1));
        assert_eq!(distance("tkae", "take"), Some(1));
        assert_eq!(distance("wichtig", "erledigt"), None);
        assert_eq!(distance("c", "cc"), None);
    }

    #[test]
    fn whole_text_is_one_word_with_greeting_and_closing() {
        assert_eq!(one_word("Hallo,\n\nja.\n\nViele Grüße\nAnna", "Anna Muster"), Some(Word::Yes));
        assert_eq!(one_word("Kyllä", ""), Some(Word::Yes));
        assert_eq!(one_word("!nej", ""), Some(Word::No));
        assert_eq!(one_word("ja, aber erst morgen", ""), None);
        assert_eq!(one_word("joo, sopii. Siunattua adventin aikaa!", ""), None);
    }
}
