//! Facts in free words, where they are clear: "ich heiße Anna Muster", "the user name rsample".
//!
//! A sentence that asks, denies or puts off gives nothing: what is not read is asked for, what is
//! read wrongly would stand. Deliberately absent: anything behind a label (`label`).

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::prose_words::{
    AFTER, AGREED, BETWEEN, CALLED, COMMON, CORRECTS, HEDGES, WANTS, WISHES,
};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::value::{Reading, is_handle, understand};
use crate::ticket::procedure::{label, spoken};

/// Words of a sentence that is only a label and its value.
const BARE_WORDS_MAX: usize = 3;

/// One sentence: its words as written and as they are compared.
struct Sentence<'a> {
    words: Vec<&'a str>,
    folded: Vec<String>,
    text: String,
}

impl Sentence<'_> {
    fn has(&self, phrase: &str) -> bool {
        format!(" {} ", self.text).contains(&format!(" {phrase} "))
    }

    fn corrects(&self) -> bool {
        self.folded.iter().any(|word| CORRECTS.contains(&word.as_str()))
    }

    fn is_hedged(&self) -> bool {
        self.folded.iter().any(|word| HEDGES.contains(&word.as_str()))
    }
}

/// What free words say of a fact.
#[derive(Debug, Clone)]
pub(super) struct Told<'a> {
    pub(super) fact: &'a Fact,
    pub(super) value: String,
    /// Whether it replaces what was said before.
    pub(super) corrects: bool,
}

/// The facts that free words give for certain.
pub(super) fn read<'a>(request: &'a Request, register: &Register, words: &str) -> Vec<Told<'a>> {
    let facts = &request.procedure.facts;
    let mut found: Vec<Told<'_>> = Vec::new();
    let asked = request.asked.as_ref().map(|(asked, _)| asked.as_slice()).unwrap_or_default();
    // A line of its own answers where agreement was asked for.
    let agrees_alone = words.lines().any(|line| AGREED.contains(&fold(line).as_str()));
    let is_consent = |fact: &&Fact| fact.kind == FactType::Consent && asked.contains(&fact.name);
    if let Some(fact) = facts.iter().find(is_consent).filter(|_| agrees_alone) {
        found.push(Told { fact, value: "yes".to_owned(), corrects: false });
    }
    for sentence in sentences(words) {
        let mut names = called(&sentence).into_iter().flatten();
        for fact in facts {
            let value = match fact.kind {
                FactType::Name => names.next().or_else(|| renamed(fact, &sentence)),
                FactType::UserName => user_name(request, fact, register, &sentence),
                FactType::Queues => queues(register, &sentence),
                FactType::Consent => agrees(&sentence).then(|| "yes".to_owned()),
                _ => spoken::read(request, register, fact, &sentence.words),
            };
            // Only who names the label again corrects; a consent is asked about.
            let is_named =
                matches!(fact.kind, FactType::UserName | FactType::Queues | FactType::Name);
            let corrects = is_named && sentence.corrects();
            found.extend(value.map(|value| Told { fact, value, corrects }));
        }
    }
    found
}

/// Sentences that are no questions; lines are joined, an empty one parts.
fn sentences(words: &str) -> Vec<Sentence<'_>> {
    let mut sentences = Vec::new();
    for paragraph in words.split("\n\n") {
        let mut current: Vec<&str> = Vec::new();
        for word in paragraph.split_whitespace() {
            current.push(word);
            let is_question = word.ends_with('?');
            if is_question {
                current.clear();
            } else if word.ends_with(['.', '!']) {
                sentences.push(std::mem::take(&mut current));
            }
        }
        sentences.push(current);
    }
    sentences.retain(|words| !words.is_empty());
    sentences
        .into_iter()
        .map(|words| {
            let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
            let text = folded.join(" ");
            Sentence { words, folded, text }
        })
        .collect()
}

/// First and last name behind "my name is", where both are there.
fn called(sentence: &Sentence<'_>) -> Option<[String; 2]> {
    let start = (0..sentence.words.len()).find_map(|at| {
        CALLED.iter().find_map(|phrase| {
            let length = phrase.split(' ').count();
            let here = sentence.folded.get(at..at + length)?.join(" ");
            (here == *phrase).then_some(at + length)
        })
    })?;
    let mut names: Vec<String> = Vec::new();
    for word in sentence.words.iter().skip(start) {
        let bare = word.trim_end_matches([',', '.', '!', ';']);
        if !bare.starts_with(char::is_uppercase)
            || !bare.chars().all(|c| c.is_alphabetic() || c == '-')
        {
            break;
        }
        names.push(bare.to_owned());
        if bare.len() < word.len() {
            break;
        }
    }
    let (last, first) = names.split_last()?;
    (!first.is_empty() && first.len() <= 2).then(|| [first.join(" "), last.clone()])
}

/// A name behind its label in a sentence that corrects: "sorry, my surname is Simple".
fn renamed(fact: &Fact, sentence: &Sentence<'_>) -> Option<String> {
    if !sentence.corrects() {
        return None;
    }
    let labels: Vec<String> = label::labels(fact).collect();
    let end = |at: usize| {
        let is_here = |label: &&String| {
            let length = label.split(' ').count();
            let here = sentence.folded.get(at..at + length).map(|words| words.join(" "));
            here.as_ref() == Some(*label)
        };
        // "Name" alone may be either.
        let label = labels.iter().filter(|label| *label != "name").find(is_here)?;
        Some(at + label.split(' ').count())
    };
    let start = (0..sentence.words.len()).find_map(end)?;
    let is = ["is", "ist", "lautet", "on", "aer", "heisst", "should", "be", "soll", "sein"];
    let rest = sentence.folded.iter().enumerate().skip(start);
    let at = rest.into_iter().find(|(_, word)| !is.contains(&word.as_str()))?.0;
    let bare = sentence.words.get(at)?.trim_end_matches([',', '.', '!', ';']);
    let is_name = bare.starts_with(char::is_uppercase)
        && bare.chars().all(|c| c.is_alphabetic() || c == '-')
        && at > start;
    is_name.then(|| bare.to_owned())
}

fn user_name(
    request: &Request,
    fact: &Fact,
    register: &Register,
    sentence: &Sentence<'_>,
) -> Option<String> {
    let denials = ["nicht", "kein", "keinen", "not", "no", "inte", "ingen", "ei", "en", "anders"];
    if denials.iter().chain(&["wiki", "sonst", "elsewhere"]).any(|word| sentence.has(word)) {
        return None;
    }
    let is_asked = request.asked.as_ref().is_some_and(|(asked, _)| asked.contains(&fact.name));
    let wished = || {
        let rest = sentence.folded.get(1..)?.join(" ");
        let is_wish = WISHES.iter().any(|wish| rest.starts_with(wish));
        sentence.words.first().filter(|_| is_asked && is_wish).copied()
    };
    // "Benutzername kimso." says nothing else.
    let is_bare = sentence.words.len() <= BARE_WORDS_MAX;
    let is_wish = sentence.folded.iter().any(|word| WANTS.contains(&word.as_str()));
    let wants = is_asked || is_bare || is_wish;
    // A label that stands below an empty one is no name.
    let is_label = |word: &str| !label::exact(&request.procedure, &fold(word)).is_empty();
    let named = named(fact, sentence).filter(|word| wants && !is_label(word));
    let word = named.or_else(wished)?;
    match understand(fact, register, word) {
        Reading::Fit(name, _) => Some(name),
        Reading::Nothing | Reading::Unfit(_) => None,
    }
}

/// The word behind "user name", also bent as German, Finnish and Swedish bend it.
fn named<'a>(fact: &Fact, sentence: &Sentence<'a>) -> Option<&'a str> {
    let labels: Vec<String> =
        label::labels(fact).filter(|label| label.chars().count() >= 5).collect();
    let ends = |at: usize, label: &String| {
        let length = label.split(' ').count();
        let here = sentence.folded.get(at..at + length)?.join(" ");
        let mut stem = label.chars();
        stem.next_back();
        let is_bent = here.starts_with(stem.as_str()) && here.len() <= label.len() + 4;
        is_bent.then_some(at + length)
    };
    let start =
        (0..sentence.words.len()).find_map(|at| labels.iter().find_map(|label| ends(at, label)))?;
    let rest = sentence.folded.iter().enumerate().skip(start);
    let at = rest.into_iter().find(|(_, word)| !BETWEEN.contains(&word.as_str()))?.0;
    let (word, folded) = (sentence.words.get(at)?, sentence.folded.get(at)?);
    let bare = word.trim_end_matches([',', '.', '!', ';']);
    let next = sentence.folded.get(at + 1);
    let is_end = bare.len() < word.len() || next.is_none_or(|next| AFTER.contains(&next.as_str()));
    let is_name = is_handle(&bare.to_lowercase()) && !COMMON.contains(&folded.as_str());
    (is_end && is_name).then_some(bare)
}

/// The queues that stand behind the word, as the register writes them.
fn queues(register: &Register, sentence: &Sentence<'_>) -> Option<String> {
    if !sentence.folded.iter().any(|word| WANTS.contains(&word.as_str())) {
        return None;
    }
    let known = |word: &str| {
        register.queues().find(|queue| fold(queue.name.as_str()) == word).map(|queue| &queue.name)
    };
    let mut names: Vec<String> = Vec::new();
    let mut is_behind = false;
    for word in &sentence.folded {
        if HEDGES.contains(&word.as_str()) {
            break;
        }
        let joined = word.strip_suffix(" queue").and_then(known);
        let found = joined.or_else(|| known(word).filter(|_| is_behind));
        if let Some(name) = found.map(ToString::to_string).filter(|name| !names.contains(name)) {
            names.push(name);
        }
        let is_cue = ["queue", "queues", "koen", "koeerna", "jonoon", "jonoihin", "warteschlange"]
            .contains(&word.as_str());
        let joins = ["und", "and", "ja", "och", "sowie"].contains(&word.as_str());
        is_behind = is_cue || (is_behind && (joins || found.is_some()));
    }
    (!names.is_empty()).then(|| names.join(", "))
}

/// Whether the author agrees, in the first person and without "if" and "when".
fn agrees(sentence: &Sentence<'_>) -> bool {
    let is_about = ["regel", "rules", "saeaen", "saeaent", "regler"];
    let is_rules =
        sentence.folded.iter().any(|word| is_about.iter().any(|stem| word.starts_with(stem)));
    let says = sentence.has("bin") && sentence.has("einverstanden")
        || sentence.has("stimme ich") && sentence.has("zu")
        || sentence.has("ich stimme") && sentence.has("zu")
        || ["ich akzeptiere", "akzeptiere ich", "i agree to", "i accept", "hyvaeksyn"]
            .iter()
            .any(|phrase| sentence.has(phrase))
        || sentence.has("jag") && (sentence.has("godkaenner") || sentence.has("accepterar"));
    let quotes = |word: &&str| word.contains(['"', '„', '“', '”', '«', '»']);
    is_rules && says && !sentence.is_hedged() && !sentence.words.iter().any(quotes)
}
