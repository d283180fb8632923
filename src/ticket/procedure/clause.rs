//! Clauses of free words: what is said in each, and what is denied, past, conditional or asked.
//!
//! A value counts only in a clause that says it. Deliberately absent: which value (`names`,
//! `handle`, `queues`), the words by which a mood is known (`clause_words`).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::ticket::procedure::clause_words::{CONDITIONS, POLITE, REPLACES, VAGUE};
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::token::{self, End, Paragraph, Token};

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
    /// The lists that each of them stands in.
    pub(super) lists: Vec<Lists>,
    /// The lists that any of them stands in.
    pub(super) all: Lists,
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

    /// Whether a word of it stands in one of these lists, or a phrase of them may begin in it.
    pub(super) const fn has(&self, lists: Lists) -> bool {
        self.all.has(lists)
    }

    /// Whether it has one of these folded words.
    pub(super) fn names(&self, words: &[&str]) -> bool {
        self.folded.iter().any(|word| words.contains(&word.as_str()))
    }

    /// Its folded words, each with the lists that it stands in.
    pub(super) fn folded(&self) -> impl Iterator<Item = (&str, Lists)> {
        self.folded.iter().map(String::as_str).zip(self.lists.iter().copied())
    }

    /// The lists of the word at a place.
    pub(super) fn lists_at(&self, at: usize) -> Lists {
        self.lists.get(at).copied().unwrap_or_default()
    }

    /// Whether it begins as people do who take back what they just said.
    pub(super) fn turns(&self) -> bool {
        self.lists.iter().take(2).any(|lists| lists.has(Lists::TURNS))
    }

    /// Where a folded phrase ends in it.
    pub(super) fn behind(&self, phrase: &str) -> Option<usize> {
        (0..self.folded.len()).find_map(|at| end_of(&self.folded, at, phrase))
    }
}

/// Where a phrase ends that begins at a folded word. Neither is split, because hundreds of phrases
/// are searched at every word; a word that is folded into two is no word of a phrase.
pub(super) fn end_of(folded: &[String], at: usize, phrase: &str) -> Option<usize> {
    let words = folded.get(at..)?.iter().map(String::as_str);
    Some(at + words_of(words, phrase)?)
}

/// How many folded words at the beginning of these make a phrase.
pub(super) fn words_of<'w, W>(words: W, phrase: &str) -> Option<usize>
where
    W: Iterator<Item = &'w str>,
{
    let mut rest = phrase;
    for (count, word) in words.enumerate() {
        rest = rest.strip_prefix(word)?;
        if word.contains(' ') {
            return None;
        }
        if rest.is_empty() {
            return (!word.is_empty()).then_some(count + 1);
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
    if !clause.has(Lists::CUES) {
        return Vec::new();
    }
    let here = |(at, word): (usize, &String)| {
        let known = CUES.get(word.as_str()).map(Vec::as_slice).unwrap_or_default();
        known.iter().filter(move |(phrase, _)| end_of(&clause.folded, at, phrase).is_some())
    };
    clause.folded.iter().enumerate().flat_map(here).map(|(_, cue)| *cue).collect()
}

/// The clauses of a text in order; lines are joined, an empty one parts.
pub(super) fn clauses(text: &str) -> Vec<Clause<'_>> {
    clauses_of(token::paragraphs(text))
}

/// The clauses of paragraphs in order.
pub(super) fn clauses_of(paragraphs: Vec<Paragraph<'_>>) -> Vec<Clause<'_>> {
    let is_swedish = paragraphs.iter().flatten().any(|token| {
        let folded = token.folded.as_str();
        let is_any = |word: &str| Lists::of(word).has(Lists::SWEDISH);
        token.lists.has(Lists::SWEDISH) || (folded.contains(' ') && folded.split(' ').any(is_any))
    });
    let mut clauses: Vec<Clause<'_>> = Vec::new();
    let mut number = 0;
    for paragraph in paragraphs {
        let mut sentence: Vec<Token<'_>> = Vec::new();
        for token in paragraph {
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
        let next = rest.peek();
        let joins_denial = token.lists.has(Lists::JOINS)
            && next.is_some_and(|next| is_denial(&next.folded, next.lists, is_swedish));
        let next = next.map(|next| next.folded.as_str()).unwrap_or_default();
        let starts = token.opens
            || token.folded.is_empty()
            || joins_denial
            || ["eikae", "eivaetkae"].contains(&token.folded.as_str())
            || (is_unparted && token.lists.has(Lists::BEGINS))
            || token.lists.has(Lists::CONTRASTS.and(Lists::ALTERNATIVES))
            || (token.lists.has(Lists::REPLACES) && replaces(&token.folded, next));
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
        let mut clause = clause(part, number, asks);
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

/// A clause of words that are not weighed yet.
fn clause(part: Vec<Token<'_>>, sentence: usize, asks: bool) -> Clause<'_> {
    let lists: Vec<Lists> = part.iter().map(|token| token.lists).collect();
    let all = lists.iter().fold(Lists::default(), |all, lists| all.and(*lists));
    let (words, folded) = part.into_iter().map(|token| (token.word, token.folded)).unzip();
    Clause { words, folded, lists, all, mood: Mood::Said, sentence, asks }
}

/// Whether a word, with the one behind it, stands before that which is replaced.
fn replaces(word: &str, next: &str) -> bool {
    REPLACES.iter().any(|phrase| match phrase.split_once(' ') {
        Some((first, second)) => first == word && second == next,
        None => *phrase == word,
    })
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
    let is_easy = clause.names(&["moeglich", "possible", "mahdollista", "moejligt", "geht", "ok"])
        || clause.names(&["okay"]);
    // "If it is free" leaves nothing open either: whether a name is free is asked by nobody else.
    let is_free =
        (clause.names(&["frei", "free", "available", "vapaa", "vapaana", "ledig", "ledigt"])
            && !clause.has(Lists::DENIALS))
            || (clause.names(&[
                "niemand",
                "keiner",
                "nobody",
                "noone",
                "kukaan",
                "kellaekaeaen",
                "ingen",
            ]) && clause.names(&["hat", "has", "on", "ole", "har"]));
    (is_easy && clause.words.len() <= 4) || (is_free && clause.words.len() <= 6)
}

fn is_denial(word: &str, lists: Lists, is_swedish: bool) -> bool {
    lists.has(Lists::DENIALS) && !(is_swedish && word == "en")
}

fn mood(
    clause: &Clause<'_>,
    cues: &[Cue],
    before: Option<&Clause<'_>>,
    (is_inserted, is_swedish): (bool, bool),
) -> Mood {
    let word = |at: usize| clause.folded.get(at).map(String::as_str).unwrap_or_default();
    let is_denied = clause.has(Lists::DENIALS)
        && (0..clause.folded.len()).any(|at| {
            let is_only = clause.lists_at(at + 1).has(Lists::ONLY);
            is_denial(word(at), clause.lists_at(at), is_swedish) && !is_only
        });
    let is_instead = clause.lists_at(0).has(Lists::REPLACES) && replaces(word(0), word(1));
    let is_conditional = cues.contains(&Cue::Conditional);
    let is_polite = cues.contains(&Cue::Polite);
    let is_unsure = (clause.asks && !is_polite && !before.is_some_and(Clause::is_said))
        || (is_conditional && !is_courtesy(clause))
        || clause.has(Lists::REPORTS)
        || cues.contains(&Cue::Vague);
    // What follows a condition in its sentence depends on it.
    let depends = before.is_some_and(|one| one.mood == Mood::Unsure)
        && !clause.lists_at(0).has(Lists::CONTRASTS);
    let inherited = before.map(|one| one.mood).filter(|_| is_inserted);
    // "Jo" is a name, "jo" says that something is there already.
    let is_small = |(at, word): (usize, &&str)| at == 0 || word.starts_with(char::is_lowercase);
    let is_past =
        clause.has(Lists::PAST)
            && clause.words.iter().enumerate().any(|(at, written)| {
                clause.lists_at(at).has(Lists::PAST) && is_small((at, written))
            });
    let is_alternative = clause.lists_at(0).has(Lists::ALTERNATIVES);
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
