//! What a person's words say about a request: against it, for it, a question, a withdrawal.
//!
//! Two mistakes are not equal: an objection that is not recognized lets silence count that was
//! none, support that is taken for an objection costs one question. So words that say nothing
//! clear are possible objections. Deliberately absent: whose words count (`objection`), the words
//! themselves (`stance_words`).

use crate::mail::Message;
use crate::mail::quote::{Part, Reply};
use crate::ticket::procedure::clause_words::SWEDISH;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::stance_aside as aside;
use crate::ticket::procedure::stance_turns::{
    AWAY, BACK, CONDITIONS, DENYING_QUESTIONS, DOUBTING, DOUBTS, GO_AHEAD, MEANWHILE, NO_LONGER,
    NO_REASON, NOTHING_TO_SAY, RHETORICAL, WAITING, WITHDRAWS,
};
use crate::ticket::procedure::stance_words::{
    AGAINST, CLOSINGS, DONE, FILLERS, FOR, GREETINGS, HESITATIONS, NEGATIONS, NO, OBJECT,
    ONLY_THANKS, STRONG, WITHDRAW, YES,
};
use crate::ticket::thanks;

/// Words of a clause in which "ja" says yes.
const YES_WORDS_MAX: usize = 4;
/// Words of a sentence that says nothing but that its author is away; a longer one may go on.
const AWAY_WORDS_MAX: usize = 10;

/// What words say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stance {
    /// Against it, by keyword or in words that say nothing else.
    Objection,
    /// Perhaps against it: its author is asked.
    Possible,
    /// An objection is taken back.
    Withdrawal,
    /// For it, or not against it.
    Support,
    /// Nothing but a question.
    Question,
    /// Words about something else, as far as they say: people read them, nobody is asked.
    Beside,
    /// Nothing: thanks, absence, or no words.
    Nothing,
}

/// A one-word answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// It is so.
    Yes,
    /// It is not.
    No,
    /// It has settled.
    Done,
}

/// Whether a line takes leave: nothing below it belongs to what stands above it.
#[must_use]
pub fn is_closing(line: &str) -> bool {
    if line.trim_end() == "--" {
        return true;
    }
    let line = fold(line);
    CLOSINGS.contains(&line.as_str()) || is_leave(&line)
}

/// Whether a short folded line begins or ends as people take leave, with a name or without.
fn is_leave(line: &str) -> bool {
    let starts = [
        "gruss ",
        "viele gruesse ",
        "lg ",
        "vg ",
        "best ",
        "terveisin ",
        "haelsningar ",
        "mvh ",
        "mfg ",
        "t ",
        "terv ",
        "med vaenlig",
        "yours ",
        "vaenligen",
        "ystaevaellisesti",
    ];
    let ends = [
        "gruss",
        "gruesse",
        "gruessen",
        "regards",
        "wishes",
        "terveisin",
        "haelsningar",
        "haelsning",
        "sincerely",
        "blessing",
        "blessings",
        "vaenligen",
    ];
    let words = line.split(' ').count();
    let is_short = words <= 4;
    let is_from = ["viele gruesse aus ", "liebe gruesse aus ", "gruesse aus ", "greetings from "];
    (words <= 6 && is_from.iter().any(|start| line.starts_with(start)))
        || is_short
            && (starts.iter().any(|start| line.starts_with(start))
                || ends.iter().any(|end| line.ends_with(end)))
}

/// The author's own words without greeting, leave and what stands below it.
#[must_use]
pub fn own_words(reply: &Reply<'_>, message: &Message) -> String {
    let mut words = String::new();
    for (_, text) in own_lines(reply, message) {
        words.push_str(text.trim());
        words.push('\n');
    }
    words.trim().to_owned()
}

/// The same lines as they stand, each with its place in the message.
#[must_use]
pub fn own_lines<'a>(reply: &Reply<'a>, message: &Message) -> Vec<(u32, &'a str)> {
    let signer = message.author().map(|author| fold(&author.name)).unwrap_or_default();
    let mut lines: Vec<(u32, &str)> = Vec::new();
    for (place, line) in reply.lines.iter().enumerate() {
        let text = line.text.trim();
        if line.part != Part::New || text.starts_with(['>', '\u{ff1e}']) {
            continue;
        }
        let is_first = lines.is_empty();
        if is_first && text.is_empty() {
            continue;
        }
        if is_closing(text) && !is_first {
            break;
        }
        let folded = fold(text);
        let is_greeting = is_first
            && folded.split(' ').count() <= 4
            // "Hallo, ich bin dagegen" greets and goes on.
            && !text.trim_end_matches([',', '!', '.']).contains([',', '.', '!', '?', ':'])
            && folded.split(' ').next().is_some_and(|word| GREETINGS.contains(&word));
        let is_signed =
            !is_first && !folded.is_empty() && signer.split(' ').any(|name| name == folded);
        if !is_greeting && !is_signed {
            lines.push((u32::try_from(place).unwrap_or(u32::MAX), line.text));
        }
    }
    lines
}

/// Whether words take something back of what stands before them: "but only", "first".
#[must_use]
pub fn hesitates(words: &str) -> bool {
    fold(words).split(' ').any(|word| HESITATIONS.contains(&word))
}

/// Whether a folded word denies.
#[must_use]
pub fn is_negation(word: &str) -> bool {
    NEGATIONS.contains(&word)
}

/// A one-word answer that a folded word is, if it is one.
#[must_use]
pub fn word(word: &str) -> Option<Word> {
    word_of(word)
}

/// What the author's own words say.
#[must_use]
pub fn of(words: &str, message: &Message) -> Stance {
    let words = aside::without_signature(words);
    if let Some(stance) = words.lines().find_map(keyword) {
        return stance;
    }
    let is_thanks = || fold(words).split(' ').all(|word| ONLY_THANKS.contains(&word));
    if words.trim().is_empty() || thanks::is_only_thanks(message) || is_thanks() {
        return Stance::Nothing;
    }
    if is_withdrawal(words) {
        return Stance::Withdrawal;
    }
    if let Some(stance) = away(words) {
        return stance;
    }
    if aside::is_appointment(words) && sentences(words).iter().all(is_neutral) {
        let asks = sentences(words).iter().any(|(_, is_question)| *is_question);
        return if asks { Stance::Question } else { Stance::Beside };
    }
    let (mut is_for, mut is_against, mut is_other, mut asks) = (false, false, false, false);
    let mut hesitates = false;
    let sentences = sentences(words);
    let count = sentences.len();
    for (at, (sentence, is_question)) in sentences.into_iter().enumerate() {
        let folded = fold(&sentence);
        if has_phrase(&folded, &STRONG) {
            return Stance::Objection;
        }
        match leaning(&sentence) {
            _ if is_question => asks = true,
            Some(true) => is_for = true,
            Some(false) => is_against = true,
            None => is_other |= !aside::is_it(&sentence, at > 0 && at + 1 == count),
        }
        let has = |table: &[&str]| folded.split(' ').any(|word| table.contains(&word));
        hesitates |= !is_question && has(&HESITATIONS);
        // A question that doubts wants no answer: "Muss das sein?"
        hesitates |= is_question && doubts_by_question(&fold(aside::without_search(&sentence)));
        hesitates |= !is_question && (has(&DOUBTS) || has_phrase(&folded, &DOUBTING));
        // "Super Idee! Der Beschluss ist nicht gültig" is no support.
        hesitates |= !is_question && !aside::is_reason(&sentence) && denies_something(&sentence);
    }
    match (is_against, is_for, is_other, asks) {
        (true, ..) => Stance::Possible,
        (false, true, ..) if !hesitates => Stance::Support,
        (false, false, false, true) if !hesitates => Stance::Question,
        (false, false, false, false) if !hesitates => Stance::Beside,
        _ => Stance::Possible,
    }
}

fn denies_something(sentence: &str) -> bool {
    sentence.split(CLAUSE_ENDS).any(denies_only)
}

/// A keyword of ours on a line, or the word alone with a colon behind it.
fn keyword(line: &str) -> Option<Stance> {
    let line = line.trim();
    let marked = line.strip_prefix(['!', '\u{ff01}']);
    let rest = marked
        .unwrap_or(line)
        .trim_start()
        .trim_start_matches(|c: char| marked.is_some() && (c.is_ascii_digit() || c == ' '));
    let end = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
    let (word, behind) = rest.split_at_checked(end)?;
    let word = fold(word);
    let counts = marked.is_some() || behind.trim().is_empty() || behind.starts_with(':');
    if !counts {
        return None;
    }
    if OBJECT.contains(&word.as_str()) {
        return Some(Stance::Objection);
    }
    WITHDRAW.contains(&word.as_str()).then_some(Stance::Withdrawal)
}

/// Whether a sentence takes an objection back: its verb and the word that belongs to it, in any
/// order, and nothing that makes it depend on something.
fn is_withdrawal(words: &str) -> bool {
    sentences(words).iter().any(|(sentence, is_question)| {
        let folded = fold(sentence);
        let words: Vec<&str> = folded.split(' ').collect();
        let has = |table: &[&str]| words.iter().any(|word| table.contains(word));
        let is_pair = |(verbs, ends): &(&[&str], &[&str])| has(verbs) && has(ends);
        let is_said = has_phrase(&folded, &WITHDRAWS) || BACK.iter().any(is_pair);
        // "My no" is a thing.
        let is_thing = |at: usize| {
            let before = at.checked_sub(1).and_then(|at| words.get(at));
            let far = at.checked_sub(2).and_then(|at| words.get(at));
            let is_own = |word: &&str| ["mein", "my", "mitt", "min"].contains(word);
            before.is_some_and(is_own) || far.is_some_and(is_own)
        };
        let mut denials = words
            .iter()
            .enumerate()
            .filter(|(at, word)| NEGATIONS.contains(word) && !is_thing(*at));
        // "I no longer object" denies the objection itself.
        let is_over = has_phrase(&folded, &NO_LONGER);
        let is_plain = is_over || (is_said && denials.next().is_none());
        let is_open = has(&CONDITIONS) || has(&HESITATIONS) && !is_over;
        !is_question && is_plain && !is_open
    })
}

/// Whether a sentence leans nowhere, doubts nothing and takes nothing back.
fn is_neutral((sentence, is_question): &(String, bool)) -> bool {
    let folded = fold(sentence);
    let has = |table: &[&str]| folded.split(' ').any(|word| table.contains(&word));
    let doubts = has(&HESITATIONS) || has(&DOUBTS) || has_phrase(&folded, &DOUBTING);
    let asks_in_doubt = *is_question && doubts_by_question(&folded);
    leaning(sentence).is_none() && !doubts && !asks_in_doubt && !denies_something(sentence)
}

/// What words say that name an absence or the list itself and lean to nothing: nothing if each
/// sentence does, else words that people read.
fn away(words: &str) -> Option<Stance> {
    let is_away = |sentence: &str| {
        let folded = fold(sentence);
        has_phrase(&folded, &AWAY) || has_phrase(&folded, &MEANWHILE)
    };
    if !has_phrase(&fold(words), &AWAY) {
        return None;
    }
    let is_harmless = |(sentence, is_question): &(String, bool)| {
        let is_away = is_away(sentence);
        // "Away until May" only says how long.
        let how_long = ["until", "tills", "vasta"];
        let folded = fold(sentence);
        let mut words = folded.split(' ').filter(|word| !(is_away && how_long.contains(word)));
        let leans = (leaning(sentence) == Some(false) && !aside::is_misdirected(&folded))
            || words.any(|word| HESITATIONS.contains(&word) || DOUBTS.contains(&word))
            || has_phrase(&folded, &DOUBTING);
        let denies = || sentence.split(CLAUSE_ENDS).any(denies_only);
        !is_question && !leans && (is_away || !denies())
    };
    let sentences = sentences(words);
    if !sentences.iter().all(is_harmless) {
        return None;
    }
    let is_short = |sentence: &str| sentence.split_whitespace().count() <= AWAY_WORDS_MAX;
    let is_all =
        sentences.iter().all(|(one, _)| is_away(one) && is_short(one) || aside::is_leave(one));
    Some(if is_all { Stance::Nothing } else { Stance::Beside })
}

fn has_phrase(folded: &str, phrases: &[&str]) -> bool {
    let padded = format!(" {folded} ");
    phrases.iter().any(|phrase| padded.contains(&format!(" {phrase} ")))
}

/// Sentences, and whether each is a question; wrapped lines are joined.
fn sentences(words: &str) -> Vec<(String, bool)> {
    let mut sentences = Vec::new();
    let mut sentence = String::new();
    let mut rest = words.chars().peekable();
    while let Some(c) = rest.next() {
        let ends_line = c == '\n' && rest.peek() == Some(&'\n');
        let ends = matches!(c, '.' | '!' | '?') && rest.peek().is_none_or(|c| !c.is_alphanumeric());
        sentence.push(if c == '\n' { ' ' } else { c });
        if ends || ends_line {
            sentences.push((std::mem::take(&mut sentence), c == '?'));
        }
    }
    sentences.push((sentence, false));
    sentences.retain(|(sentence, _)| sentence.contains(|c: char| !c.is_whitespace()));
    sentences
}

/// What parts a sentence.
const CLAUSE_ENDS: [char; 5] = [',', ';', ':', '–', '('];

fn doubts_by_question(folded: &str) -> bool {
    let has = |table: &[&str]| folded.split(' ').any(|word| table.contains(&word));
    let is_harmless = has_phrase(folded, &["or not", "oder nicht", "vai ei", "eller inte"]);
    let denies = has(&DENYING_QUESTIONS) && !is_harmless;
    denies || has(&WAITING) || has_phrase(folded, &RHETORICAL)
}

/// Whether a clause denies something that is neither for nor against: "nicht mittragen".
fn denies_only(clause: &str) -> bool {
    let folded = fold(clause);
    let has = |table: &[&str]| folded.split(' ').any(|word| table.contains(&word));
    let is_harmless =
        has(&NOTHING_TO_SAY) || has_phrase(&folded, &GO_AHEAD) || has_phrase(&folded, &NO_REASON);
    has(&NEGATIONS) && leaning(clause).is_none() && !is_harmless
}

/// Whether a sentence is for something, against it, or neither: the last clause that leans
/// against outweighs what is for it.
fn leaning(sentence: &str) -> Option<bool> {
    let is_plus = ["+1", "👍", "✅"].iter().any(|sign| sentence.contains(sign));
    let is_minus = ["-1", "👎"].iter().any(|sign| sentence.contains(sign));
    let (mut is_for, mut is_against) = (is_plus, is_minus);
    let whole = fold(sentence);
    // "En" is an article in Swedish, and says no in Finnish.
    let is_swedish = whole.split(' ').any(|word| SWEDISH.contains(&word));
    for clause in sentence.split(CLAUSE_ENDS) {
        let folded = fold(clause);
        let words: Vec<&str> = folded.split(' ').collect();
        // "Happy with that" is for it, "not happy with that" is not; "why not" is.
        if let Some(phrase) = GO_AHEAD.iter().find(|phrase| has_phrase(&folded, &[phrase])) {
            let before = folded.split_once(*phrase).map(|(before, _)| before).unwrap_or_default();
            let is_denied = before.split(' ').any(|word| NEGATIONS.contains(&word));
            (is_for, is_against) = (is_for || !is_denied, is_against || is_denied);
        }
        let has = |table: &[&str]| words.iter().any(|word| table.contains(word));
        is_for |= has(&NOTHING_TO_SAY) && has(&NEGATIONS) && words.len() <= 6;
        let denies = |word: &&str| NEGATIONS.contains(word) && !(is_swedish && *word == "en");
        // "Dagegen habe ich nichts" denies behind the word.
        let is_none = |word: &&str| ["nichts", "nothing", "inget", "mitaeaen"].contains(word);
        let mut is_denied = words.iter().any(denies);
        for (at, word) in words.iter().enumerate().filter(|(_, word)| AGAINST.contains(word)) {
            let before = words.get(at.saturating_sub(3)..at).unwrap_or_default();
            let behind = words.iter().skip(at + 1).take(3);
            let is_negated = before.iter().any(&denies)
                || has_phrase(&whole, &NO_REASON)
                || (*word == "dagegen" && behind.into_iter().any(&is_none));
            (is_for, is_against) = (is_for || is_negated, is_against || !is_negated);
            is_denied &= !is_negated;
        }
        // Inside a clause "ja" is a filler in German and says "and" in Finnish, "gern" only wishes.
        let is_short = words.len() <= YES_WORDS_MAX;
        let is_said = |word: &&str| ["ja", "gern", "gerne"].contains(word);
        let is_yes =
            is_short && (words.first().is_some_and(is_said) || words.last().is_some_and(is_said));
        if is_yes || words.iter().any(|word| FOR.contains(word)) {
            (is_for, is_against) = (is_for || !is_denied, is_against || is_denied);
        }
    }
    match (is_for, is_against) {
        (_, true) => Some(false),
        (true, false) => Some(true),
        (false, false) => None,
    }
}

/// A one-word answer, if the words are nothing else.
#[must_use]
pub fn answer(words: &str) -> Option<Word> {
    let folded = fold(words);
    let mut rest = folded.split(' ').filter(|word| !word.is_empty());
    let first = rest.by_ref().find(|word| word_of(word).is_some() || !FILLERS.contains(word))?;
    let word = word_of(first)?;
    rest.all(|other| FILLERS.contains(&other) || word_of(other) == Some(word)).then_some(word)
}

/// Whether the words begin with a yes, whatever follows.
#[must_use]
pub fn begins_with_yes(words: &str) -> bool {
    fold(words).split(' ').next().is_some_and(|word| YES.contains(&word))
}

/// Whether the words begin with a no, whatever follows.
#[must_use]
pub fn begins_with_no(words: &str) -> bool {
    fold(words).split(' ').next().is_some_and(|word| NO.contains(&word))
}

fn word_of(word: &str) -> Option<Word> {
    if YES.contains(&word) {
        Some(Word::Yes)
    } else if NO.contains(&word) {
        Some(Word::No)
    } else {
        DONE.contains(&word).then_some(Word::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_text(text: &str) -> Stance {
        let message = Message { text: text.to_owned(), ..Message::default() };
        let reply = crate::mail::quote::split(text, None);
        of(&own_words(&reply, &message), &message)
    }

    #[test]
    fn objections_are_recognized() {
        for text in [
            "!object the name is taken",
            "!17 einwand",
            "!Invaendning",
            "Vastalause: nimi on varattu",
            "Hallo zusammen,\n\nich bin\ndagegen, weil wir schon eine haben.\n",
            "No, I object. Who asked for this?",
            "Ich widerspreche.",
        ] {
            assert_eq!(of_text(text), Stance::Objection, "{text}");
        }
    }

    #[test]
    fn doubtful_words_are_possible_objections() {
        for text in [
            "Nee, find ich nicht gut. Köln hat doch schon eine Adresse beim Kreisverband.",
            "Das kostet uns zu viel.",
            "Da habe ich Bedenken.",
            "Ich ziehe den Einwand nicht zurück.",
            "I withdraw my objection if the name changes.",
            "Super Idee! So etwas gibt es schon.",
            "Muss das sein?",
            "Haben wir nicht eine Adresse beim Verband?",
            "Bin im Urlaub, aber das geht so nicht.",
        ] {
            assert_eq!(of_text(text), Stance::Possible, "{text}");
        }
    }

    #[test]
    fn what_is_no_objection_is_none() {
        for text in [
            "+1 für die Queue, kein Einwand von mir",
            "Ich habe keine grundsätzlichen Einwände.",
            "nichts dagegen",
            "No objection from me",
            "I don't object.",
            "Ei vastalausetta.",
            "Ingen invändning.",
            "Ich sehe keinen Grund, der dagegen spricht.",
            "Find ich gut. Das brauchen wir schon lange.",
        ] {
            assert_eq!(of_text(text), Stance::Support, "{text}");
        }
        for text in ["Was heißt Queue?", "Hat jemand was dagegen?"] {
            assert_eq!(of_text(text), Stance::Question, "{text}");
        }
        for text in ["Danke!", "> ich bin dagegen\n", ""] {
            assert_eq!(of_text(text), Stance::Nothing, "{text}");
        }
        for text in [
            "Ich bin bis Montag im Urlaub.",
            "Unsubscribe me, please.",
            "Out of office: on annual leave until May.",
        ] {
            assert_eq!(of_text(text), Stance::Nothing, "{text}");
        }
        let text = "Ich bin bis Montag im Urlaub und finde, drei Leute reichen für die Queue.";
        assert_eq!(of_text(text), Stance::Beside);
        for text in [
            "Ich ziehe meinen Einwand von gestern zurück.",
            "Efter det drar jag tillbaka mitt nej.",
            "OK then. Please ignore my veto.",
            "En vastusta enää.",
            "Scrap my earlier no.",
        ] {
            assert_eq!(of_text(text), Stance::Withdrawal, "{text}");
        }
        let text = "Hab mit Nele telefoniert, passt für mich jetzt, zieh ich zurück.";
        assert_eq!(of_text(text), Stance::Withdrawal);
    }

    #[test]
    fn answers_count_when_they_are_the_whole_text() {
        for (text, word) in [
            ("Ja", Some(Word::Yes)),
            ("ja, das ist richtig", Some(Word::Yes)),
            ("Nein danke", Some(Word::No)),
            ("erledigt", Some(Word::Done)),
            ("Ei.", Some(Word::No)),
            ("ja, aber nein", None),
            ("Nein, so geht das nicht", None),
            ("vielleicht", None),
        ] {
            assert_eq!(answer(text), word, "{text}");
        }
    }
}
