//! Clauses of free words: what is said in each, and what is denied, past, conditional or asked.
//!
//! A value counts only in a clause that says it. Deliberately absent: which value (`names`,
//! `handle`, `queues`), the words by which a mood is known (`clause_words`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::ticket::procedure::clause_words::{
    ALTERNATIVES, BEGINS, CONDITIONS, CONTRASTS, DENIALS, INSTEAD, JOINS, ONLY, PAST, POLITE,
    REPORTS, SWEDISH, TURNS, VAGUE,
};
use crate::ticket::procedure::fold::fold;

/// Words of a sentence in which somebody else would have put a sign.
const UNPARTED_WORDS_MIN: usize = 18;

/// What a clause does with what it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// It says it.
    Said,
    /// It says no to it.
    Denied,
    /// It says that it was so, or is already.
    Had,
    /// It names it beside another one: "or web".
    Alternative,
    /// It asks, reports, supposes or makes it depend on something.
    Unsure,
}

/// Words between two signs, without the signs.
#[derive(Debug, Clone)]
pub(super) struct Clause<'a> {
    /// As they are written.
    pub(super) words: Vec<&'a str>,
    /// As they are compared.
    pub(super) folded: Vec<String>,
    /// What it does with what it names.
    pub(super) mood: Mood,
    /// Which sentence it belongs to, counted over all words.
    pub(super) sentence: usize,
    /// Whether its sentence asks, were it only for politeness.
    pub(super) asks: bool,
}

impl Clause<'_> {
    /// Whether it says what it names.
    pub(super) fn is_said(&self) -> bool {
        self.mood == Mood::Said
    }

    /// Whether it has one of these folded words.
    pub(super) fn has(&self, words: &[&str]) -> bool {
        self.folded.iter().any(|word| words.contains(&word.as_str()))
    }

    /// Whether it begins as people do who take back what they just said.
    pub(super) fn turns(&self) -> bool {
        self.folded.iter().take(2).any(|word| TURNS.contains(&word.as_str()))
    }

    /// Where a folded phrase ends in it.
    pub(super) fn behind(&self, phrase: &str) -> Option<usize> {
        (0..self.folded.len()).find_map(|at| end_of(&self.folded, at, phrase))
    }
}

/// Where a phrase ends that begins at a folded word. Neither is split, because hundreds of phrases
/// are searched at every word; a word that is folded into two is no word of a phrase.
pub(super) fn end_of(folded: &[String], at: usize, phrase: &str) -> Option<usize> {
    let mut rest = phrase;
    for (count, word) in folded.get(at..)?.iter().enumerate() {
        rest = rest.strip_prefix(word.as_str())?;
        if word.contains(' ') {
            return None;
        }
        if rest.is_empty() {
            return (!word.is_empty()).then_some(at + count + 1);
        }
        rest = rest.strip_prefix(' ')?;
    }
    None
}

/// What a phrase says of the clause that it stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cue {
    Conditional,
    Polite,
    Vague,
}

/// The phrases of all cues by their first word, so that a word is looked up once for all of them.
static CUES: LazyLock<BTreeMap<&str, Vec<(&str, Cue)>>> = LazyLock::new(|| {
    let conditions = CONDITIONS.iter().map(|phrase| (*phrase, Cue::Conditional));
    let polite = POLITE.iter().map(|phrase| (*phrase, Cue::Polite));
    let vague = VAGUE.iter().map(|phrase| (*phrase, Cue::Vague));
    let mut cues: BTreeMap<&str, Vec<(&str, Cue)>> = BTreeMap::new();
    for (phrase, cue) in conditions.chain(polite).chain(vague) {
        let first = phrase.split(' ').next().unwrap_or_default();
        cues.entry(first).or_default().push((phrase, cue));
    }
    cues
});

/// The cues of a clause.
fn cues(clause: &Clause<'_>) -> Vec<Cue> {
    let here = |(at, word): (usize, &String)| {
        let known = CUES.get(word.as_str()).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter(move |(phrase, _)| end_of(&clause.folded, at, phrase).is_some())
    };
    clause.folded.iter().enumerate().flat_map(here).map(|(_, cue)| *cue).collect()
}

/// One word of a text, and whether a clause or a sentence ends behind it.
struct Token<'a> {
    word: &'a str,
    folded: String,
    opens: bool,
    closes: bool,
    end: End,
}

/// What ends behind a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Nothing,
    Clause,
    Sentence,
    Question,
}

/// Signs around a word that do not belong to it.
const SIGNS: [char; 18] =
    [',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '*', '"', '„', '“', '”', '«', '»', '…'];

fn token(written: &str) -> Token<'_> {
    let word = written.trim_matches(SIGNS);
    let tail = written.trim_end_matches(['"', '“', '”', '*', '«', '»']);
    // "St. Georg", "Dr. Muster", an initial: such a stop ends no sentence.
    let is_short = word.chars().count() <= 2 && word.starts_with(char::is_uppercase);
    let stops = tail.ends_with('.') && !is_short;
    let end = if tail.trim_end_matches(')').ends_with('?') {
        End::Question
    } else if stops || tail.ends_with(['!', '…']) {
        End::Sentence
    } else if tail.ends_with([',', ';', ':', ')', ']']) {
        End::Clause
    } else {
        End::Nothing
    };
    Token {
        word,
        folded: fold(word),
        opens: written.starts_with(['(', '[']),
        closes: tail.trim_end_matches([',', '.', ';', ':', '!', '?']).ends_with([')', ']']),
        end,
    }
}

/// The clauses of a text in order; lines are joined, an empty one parts.
pub(super) fn clauses(text: &str) -> Vec<Clause<'_>> {
    let is_swedish = {
        let folded = fold(text);
        folded.split(' ').any(|word| SWEDISH.contains(&word))
    };
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    let mut number = 0;
    for paragraph in text.split("\n\n") {
        let mut sentence: Vec<Token<'_>> = Vec::new();
        for written in paragraph.split_whitespace() {
            let token = token(written);
            let is_end = matches!(token.end, End::Sentence | End::Question);
            sentence.push(token);
            if is_end {
                clauses.extend(parted(std::mem::take(&mut sentence), number, is_swedish));
                number += 1;
            }
        }
        clauses.extend(parted(sentence, number, is_swedish));
        number += 1;
    }
    clauses
}

/// The clauses of one sentence.
fn parted(sentence: Vec<Token<'_>>, number: usize, is_swedish: bool) -> Vec<Clause<'_>> {
    let asks = sentence.last().is_some_and(|token| token.end == End::Question);
    let is_unparted = is_unparted(&sentence);
    let mut parts: Vec<(Vec<Token<'_>>, bool)> = Vec::new();
    let (mut is_begun, mut is_inserted) = (false, false);
    let mut rest = sentence.into_iter().peekable();
    while let Some(token) = rest.next() {
        let next = rest.peek().map(|next| next.folded.as_str()).unwrap_or_default();
        let joins_denial = JOINS.contains(&token.folded.as_str()) && is_denial(next, is_swedish);
        let starts = token.opens
            || token.folded.is_empty()
            || joins_denial
            || ["eikae", "eivaetkae"].contains(&token.folded.as_str())
            || (is_unparted && BEGINS.contains(&token.folded.as_str()))
            || CONTRASTS.contains(&token.folded.as_str())
            || ALTERNATIVES.contains(&token.folded.as_str())
            || INSTEAD.iter().any(|(first, second)| {
                *first == token.folded && (second.is_empty() || *second == next)
            });
        is_inserted |= token.opens;
        if starts || !is_begun {
            parts.push((Vec::new(), is_inserted));
        }
        is_begun = token.end == End::Nothing;
        is_inserted &= !token.closes;
        if let Some((part, _)) = parts.last_mut().filter(|_| !token.folded.is_empty()) {
            part.push(token);
        }
    }
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    for (part, is_inserted) in parts.into_iter().filter(|(part, _)| !part.is_empty()) {
        let (words, folded) = part.into_iter().map(|token| (token.word, token.folded)).unzip();
        let mut clause = Clause { words, folded, mood: Mood::Said, sentence: number, asks };
        let cues = cues(&clause);
        clause.mood = mood(&clause, &cues, clauses.last(), (is_inserted, is_swedish));
        if cues.contains(&Cue::Conditional) && !is_courtesy(&clause) {
            // What it was an alternative to stands.
            alternatives_become_unsure(&mut clauses);
        }
        clauses.push(clause);
    }
    clauses
}

/// Whether somebody speaks to a program that writes down no signs: nothing parts a long sentence.
fn is_unparted(sentence: &[Token<'_>]) -> bool {
    let inside = sentence.split_last().map(|(_, inside)| inside).unwrap_or_default();
    sentence.len() >= UNPARTED_WORDS_MIN && inside.iter().all(|token| token.end == End::Nothing)
}

fn alternatives_become_unsure(clauses: &mut [Clause<'_>]) {
    for clause in clauses.iter_mut().filter(|clause| clause.mood == Mood::Alternative) {
        clause.mood = Mood::Unsure;
    }
}

/// "If possible" asks for nothing less.
fn is_courtesy(clause: &Clause<'_>) -> bool {
    let is_easy = clause.has(&["moeglich", "possible", "mahdollista", "moejligt", "geht", "ok"])
        || clause.has(&["okay"]);
    // "If it is free" leaves nothing open either: whether a name is free is asked by nobody else.
    let is_free =
        (clause.has(&["frei", "free", "available", "vapaa", "vapaana", "ledig", "ledigt"])
            && !clause.has(&DENIALS))
            || (clause.has(&[
                "niemand",
                "keiner",
                "nobody",
                "noone",
                "kukaan",
                "kellaekaeaen",
                "ingen",
            ]) && clause.has(&["hat", "has", "on", "ole", "har"]));
    (is_easy && clause.words.len() <= 4) || (is_free && clause.words.len() <= 6)
}

fn is_denial(word: &str, is_swedish: bool) -> bool {
    DENIALS.contains(&word) && !(is_swedish && word == "en")
}

fn mood(
    clause: &Clause<'_>,
    cues: &[Cue],
    before: Option<&Clause<'_>>,
    (is_inserted, is_swedish): (bool, bool),
) -> Mood {
    let word = |at: usize| clause.folded.get(at).map(String::as_str).unwrap_or_default();
    let is_denied = (0..clause.folded.len())
        .any(|at| is_denial(word(at), is_swedish) && !ONLY.contains(&word(at + 1)));
    let is_instead = INSTEAD
        .iter()
        .any(|(first, second)| *first == word(0) && (second.is_empty() || *second == word(1)));
    let is_conditional = cues.contains(&Cue::Conditional);
    let is_polite = cues.contains(&Cue::Polite);
    let is_unsure = (clause.asks && !is_polite && !before.is_some_and(Clause::is_said))
        || (is_conditional && !is_courtesy(clause))
        || clause.has(&REPORTS)
        || cues.contains(&Cue::Vague);
    // What follows a condition in its sentence depends on it.
    let depends =
        before.is_some_and(|one| one.mood == Mood::Unsure) && !CONTRASTS.contains(&word(0));
    let inherited = before.map(|one| one.mood).filter(|_| is_inserted);
    // "Jo" is a name, "jo" says that something is there already.
    let is_small = |(at, word): (usize, &&str)| at == 0 || word.starts_with(char::is_lowercase);
    let is_past = clause
        .words
        .iter()
        .enumerate()
        .any(|(at, written)| PAST.contains(&word(at)) && is_small((at, written)));
    let is_alternative = ALTERNATIVES.contains(&word(0));
    match inherited {
        _ if is_denied || is_instead => Mood::Denied,
        _ if is_unsure || depends => Mood::Unsure,
        _ if is_past => Mood::Had,
        Some(mood) => mood,
        None if is_alternative => Mood::Alternative,
        None => Mood::Said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        clauses(text).iter().filter(|one| one.is_said()).map(|one| one.words.join(" ")).collect()
    }

    #[test]
    fn only_what_is_said_counts() {
        for (text, expected) in [
            ("Ich brauche presse, nicht web.", vec!["Ich brauche presse"]),
            ("Not presse but web.", vec!["but web"]),
            ("Zugang (bisher nur presse), jetzt web", vec!["Zugang", "jetzt web"]),
            ("gern amuster oder, falls der weg ist, amu", vec!["gern amuster"]),
            ("Vill du ha presse?", vec![]),
            ("orienteering instead of youth-o", vec!["orienteering"]),
            ("Jag vill ha en kö", vec!["Jag vill ha en kö"]),
            ("En tarvitse vorstand-jonoa, vaan web", vec!["vaan web"]),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
    }

    #[test]
    fn abbreviation_ends_no_sentence() {
        assert_eq!(clauses("Posaunenchor St. Georg bittet").len(), 1);
    }
}
