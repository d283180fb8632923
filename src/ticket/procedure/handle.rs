//! One-word values in free words: user names, names of new queues, addresses.
//!
//! Two that differ give nothing, however they are said. Deliberately absent: values behind a label
//! and a colon (`label`).

use crate::desk::Register;
use crate::desk::labels::Label;
use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::ticket::procedure::clause::{Clause, Mood};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label;
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::names::Pieces;
use crate::ticket::procedure::names_words::ACCESS;
use crate::ticket::procedure::prose_words::{AFTER, BETWEEN, COMMON, CORRECTS, WANTS, WISHES};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::value::{Reading, understand};
use crate::ticket::procedure::value_aside::is_undecided;
use crate::ticket::procedure::value_name::is_handle;

/// Words of a clause that is only a label and its value.
const BARE_WORDS_MAX: usize = 3;
/// Words of a sentence that only corrects.
const ELLIPTIC_WORDS_MAX: usize = 5;
/// Words between a value and the label behind it: "rsample as my user name".
const JOINTS: [&str; 22] = [
    "als", "as", "som", "for", "fuer", "my", "the", "a", "his", "her", "mein", "meinen", "meine",
    "den", "der", "ihren", "seinen", "mitt", "min", "kuin", "sitt", "our",
];
/// The first of them.
const AS: [&str; 4] = ["als", "as", "som", "kuin"];
/// Verbs behind the name of a thing.
const CALLED: [&str; 14] = [
    "heissen",
    "heisst",
    "heisse",
    "nennen",
    "lauten",
    "lautet",
    "called",
    "named",
    "heta",
    "heter",
    "nimeltaeaen",
    "nimeksi",
    "nimi",
    "kalla",
];
/// Wishes to have something, with which a word behind the label is what is wished.
const WISHES_TO_HAVE: [&str; 14] = [
    "haette gern",
    "haette ich gern",
    "haette ich gerne",
    "haette gerne",
    "moechte den",
    "would like the",
    "id like the",
    "i want the",
    "haluaisin",
    "haluan",
    "vill ha",
    "skulle vilja ha",
    "moechte als",
    "would like as",
];
/// Verbs right behind a label that give its value.
const SHALL: [&str; 20] = [
    "soll", "sollte", "ist", "lautet", "waere", "bitte", "doch", "should", "is", "would", "olisi",
    "voisi", "on", "ska", "aer", "blir", "please", "nehme", "haette", "jetzt",
];
/// How a label is bent at most.
const BENT_CHARS_MAX: usize = 4;
/// How a Finnish label is bent at most that ends with "s".
const FINNISH_CHARS_MAX: usize = 8;

/// What is known beside the words.
pub(super) struct Known<'a> {
    pub(super) request: &'a Request,
    pub(super) register: &'a Register,
    /// Folded words of the names that the request is about, and of who wrote.
    pub(super) names: &'a [String],
    /// The pieces of these.
    pub(super) pieces: Pieces,
}

impl Known<'_> {
    fn is_asked(&self, fact: &Fact) -> bool {
        self.request.asked.as_ref().is_some_and(|(asked, _)| asked.contains(&fact.name))
    }
}

/// The value that the clauses give for a fact, and whether it replaces another.
pub(super) fn read(known: &Known<'_>, fact: &Fact, clauses: &[Clause<'_>]) -> Option<String> {
    let candidates = |clause: &Clause<'_>| -> Vec<String> {
        let words = match fact.kind {
            FactType::UserName => user_names(known, fact, clause, clauses),
            FactType::QueueName => queue_names(known, fact, clause, clauses),
            FactType::Address => addresses(known, fact, clause),
            _ => Vec::new(),
        };
        let understood =
            words.into_iter().filter_map(|word| match understand(fact, known.register, &word) {
                Reading::Fit(value, _) => Some(value),
                Reading::Nothing | Reading::Unfit(_) => None,
            });
        understood.collect()
    };
    let mut found: Vec<String> = Vec::new();
    let mut last = None;
    for (at, clause) in clauses.iter().enumerate().filter(|(_, clause)| clause.is_said()) {
        let values = candidates(clause);
        if clause.turns() || is_elliptic(&known.request.procedure, fact, clause, clauses) {
            // What is taken back in the same breath is none, whatever stands in its place.
            let is_same = last.is_some_and(|at: usize| {
                clauses.get(at).is_some_and(|one| one.sentence + 1 >= clause.sentence)
            });
            if is_same || !values.is_empty() {
                found.clear();
            }
        }
        last = if values.is_empty() { last } else { Some(at) };
        found.extend(values);
    }
    found.sort();
    found.dedup();
    // "amuster or annam" leaves both open.
    let next = last.and_then(|at| clauses.get(at + 1));
    let is_address = fact.kind == FactType::Address;
    let is_open = next.is_some_and(|next| {
        let is_same = last.and_then(|at| clauses.get(at)).is_some_and(|one| {
            is_address && (one.sentence == next.sentence || one.sentence + 1 == next.sentence)
        });
        next.mood == Mood::Alternative || (is_same && is_undecided(&next.words.join(" ")))
    });
    match found.as_slice() {
        [one] if !is_open => Some(one.clone()),
        _ => None,
    }
}

/// Where labels of a fact stand in a clause: start and end of each.
pub(super) fn labels_in(
    procedure: &Procedure,
    fact: &Fact,
    clause: &Clause<'_>,
) -> Vec<(usize, usize)> {
    let own = places(fact, clause);
    if own.is_empty() {
        return own;
    }
    let others = procedure.facts.iter().filter(|one| one.name != fact.name);
    let others: Vec<(usize, usize)> = others.flat_map(|one| places(one, clause)).collect();
    // "Name" inside "last name" is no label of its own.
    let is_inside = |(start, end): &(usize, usize)| {
        let is_longer =
            |(from, to): &(usize, usize)| from <= start && end <= to && to - from > end - start;
        others.iter().any(is_longer)
    };
    own.into_iter().filter(|place| !is_inside(place)).collect()
}

/// Where labels of a fact stand in a clause, whatever else stands there.
fn places(fact: &Fact, clause: &Clause<'_>) -> Vec<(usize, usize)> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for label in fact.labels() {
        let stem = stem(label);
        // Most words are no beginning of a label, and most labels begin like none of them.
        let is_begun = |word: &str| stem.starts_with(word) || word.starts_with(stem);
        for (at, first) in clause.folded.iter().enumerate() {
            if first.as_bytes().first() != label.folded.as_bytes().first() || !is_begun(first) {
                continue;
            }
            let Some(words) = clause.folded.get(at..at + label.words) else { break };
            let is_here = match words {
                [word] => is_bent(label, word),
                words => is_bent(label, &words.join(" ")),
            };
            if is_here {
                places.push((at, at + label.words));
            }
        }
    }
    places.sort_by_key(|(start, end)| (*start, std::cmp::Reverse(*end)));
    places.dedup_by_key(|(start, _)| *start);
    places
}

/// A label without what bending it changes: all of a short one.
fn stem(label: &Label) -> &str {
    let last = label.folded.chars().next_back().filter(|_| label.chars > 4);
    last.and_then(|last| label.folded.strip_suffix(last)).unwrap_or(&label.folded)
}

/// Whether a word is a label, or the label as German, Finnish and Swedish bend it.
fn is_bent(label: &Label, word: &str) -> bool {
    if label.folded == word {
        return true;
    }
    let most = if label.folded.ends_with('s') { FINNISH_CHARS_MAX } else { BENT_CHARS_MAX };
    label.chars >= 3 && word.starts_with(stem(label)) && word.chars().count() <= label.chars + most
}

fn is_common(word: &str) -> bool {
    COMMON.contains(&fold(word).as_str())
}

fn user_names(
    known: &Known<'_>,
    fact: &Fact,
    clause: &Clause<'_>,
    clauses: &[Clause<'_>],
) -> Vec<String> {
    if clause.names(&["wiki", "sonst", "elsewhere", "muualla", "annanstans"]) {
        return Vec::new();
    }
    let is_label = |word: &str| label::is_label(&known.request.procedure, &fold(word));
    let is_made = |word: &str| known.pieces.make(word);
    let is_own_name = |word: &str| known.names.contains(&fold(word));
    let is_usable = |word: &&&str| is_handle(word) && !is_common(word) && !is_label(word);
    let labels = labels_in(&known.request.procedure, fact, clause);
    let made: Vec<String> = clause
        .words
        .iter()
        .filter(|word| is_made(word) && is_usable(word) && !is_own_name(word))
        .map(|word| (*word).to_owned())
        .collect();
    let is_cued = || {
        let has_access = |one: &Clause<'_>| {
            one.sentence == clause.sentence
                && one.folded.iter().any(|word| ACCESS.iter().any(|stem| word.starts_with(stem)))
        };
        let is_joint = |(at, word): (usize, &String)| {
            ["als", "as", "som", "namens", "named", "called"].contains(&word.as_str())
                && clause.words.get(at + 1).is_some_and(|next| is_made(next))
        };
        clause.folded.iter().enumerate().any(is_joint) && clauses.iter().any(has_access)
    };
    // A word made of the names is the user name wherever it stands beside the label.
    if !made.is_empty() && (!labels.is_empty() || clause.words.len() == 1 || is_cued()) {
        return made;
    }
    let is_bare = clause.words.len() <= BARE_WORDS_MAX;
    let is_odd = |word: &str| word.contains(|c: char| c.is_ascii_digit() || "._".contains(c));
    let wants = (is_bare && known.is_asked(fact))
        || WISHES_TO_HAVE.iter().any(|phrase| clause.behind(phrase).is_some());
    let is_between = |(_, end): &(usize, usize)| {
        clause.folded.get(*end).is_some_and(|word| SHALL.contains(&word.as_str()))
    };
    let wants = wants || labels.iter().any(is_between);
    let joined = joined(clause, &labels);
    let is_backed = |word: &String| {
        let small = word.to_lowercase();
        is_usable(&&small.as_str()) && (*word == small || is_made(&small))
    };
    if let Some(word) = joined.into_iter().find(is_backed) {
        return vec![word];
    }
    if let Some(word) = wished(clause).filter(|word| known.is_asked(fact) && is_usable(&word)) {
        return vec![word.to_owned()];
    }
    let beside = beside(clause, &labels, true);
    if let Some(elliptic) = elliptic(known, fact, clause, clauses).filter(|_| labels.is_empty()) {
        return made.into_iter().chain([elliptic]).take(1).collect();
    }
    let is_its = |word: &String| {
        is_usable(&&word.as_str()) && (wants || is_odd(word)) && !is_queue(known.register, word)
    };
    beside.into_iter().filter(is_its).collect()
}

/// The value of a sentence that only corrects what the one before it is about: "Then rather
/// sunny3."
fn elliptic(
    known: &Known<'_>,
    fact: &Fact,
    clause: &Clause<'_>,
    clauses: &[Clause<'_>],
) -> Option<String> {
    let is_elliptic = || is_elliptic(&known.request.procedure, fact, clause, clauses);
    let last = clause.words.last().filter(|word| is_handle(word) && !is_common(word))?;
    let is_value = !CORRECTS.contains(&fold(last).as_str());
    (is_value && is_elliptic()).then(|| (*last).to_owned())
}

/// Whether a short clause only corrects what stands before it.
fn is_elliptic(
    procedure: &Procedure,
    fact: &Fact,
    clause: &Clause<'_>,
    clauses: &[Clause<'_>],
) -> bool {
    let is_before =
        |one: &&Clause<'_>| one.sentence + 1 == clause.sentence || one.sentence == clause.sentence;
    let mut before = clauses.iter().filter(is_before);
    let is_short = clause.words.len() <= ELLIPTIC_WORDS_MAX;
    is_short
        && clause.has(Lists::CORRECTS)
        && before.any(|one| !labels_in(procedure, fact, one).is_empty())
        && labels_in(procedure, fact, clause).is_empty()
}

fn is_queue(register: &Register, word: &str) -> bool {
    register.queues().any(|queue| queue.name.as_str() == word)
}

/// The word at the end of a clause behind a label and joints, or before a label with "as".
/// Where the label is no name for a name, "queue", a word must stand between.
fn beside(clause: &Clause<'_>, labels: &[(usize, usize)], is_name: bool) -> Vec<String> {
    let mut found = Vec::new();
    for (start, end) in labels {
        let rest = clause.folded.iter().skip(*end);
        let between = rest.take_while(|word| BETWEEN.contains(&word.as_str())).count();
        let at = end + between;
        let next = clause.folded.get(at + 1).map(String::as_str);
        let is_end = next.is_none_or(|next| CALLED.contains(&next) || AFTER.contains(&next));
        if is_end && (is_name || between > 0 || end - start > 1) {
            found.extend(clause.words.get(at).map(|word| (*word).to_owned()));
        }
    }
    found
}

/// The word before "as" and a label: "rsample as my user name".
fn joined(clause: &Clause<'_>, labels: &[(usize, usize)]) -> Vec<String> {
    let value = |(start, _): &(usize, usize)| {
        let head = clause.folded.get(..*start)?;
        let joints = head.iter().rev().take_while(|word| JOINTS.contains(&word.as_str())).count();
        let at = start.checked_sub(joints + 1).filter(|_| joints > 0)?;
        clause.folded.get(at + 1).filter(|word| AS.contains(&word.as_str()))?;
        clause.words.get(at).map(|word| (*word).to_owned())
    };
    labels.iter().filter_map(value).collect()
}

/// The word that somebody says would be good, where one was asked for.
fn wished<'a>(clause: &Clause<'a>) -> Option<&'a str> {
    let rest = clause.folded.get(1..)?.join(" ");
    let is_wish = WISHES.iter().any(|wish| rest.starts_with(wish));
    clause.words.first().filter(|_| is_wish).copied()
}

fn queue_names(
    known: &Known<'_>,
    fact: &Fact,
    clause: &Clause<'_>,
    clauses: &[Clause<'_>],
) -> Vec<String> {
    let labels = labels_in(&known.request.procedure, fact, clause);
    let is_about = !labels.is_empty()
        || clauses.iter().any(|one| {
            one.sentence + 1 >= clause.sentence
                && one.sentence <= clause.sentence
                && !labels_in(&known.request.procedure, fact, one).is_empty()
        });
    if !is_about {
        return Vec::new();
    }
    let is_usable = |word: &String| {
        is_handle(word)
            && !is_common(word)
            && !WANTS.contains(&fold(word).as_str())
            && !label::is_label(&known.request.procedure, &fold(word))
    };
    let mut found: Vec<String> = Vec::new();
    for (at, folded) in clause.folded.iter().enumerate() {
        if !CALLED.contains(&folded.as_str()) {
            continue;
        }
        // "the queue to be called garden", "die Queue soll garten heissen".
        let is_last = at + 1 == clause.words.len();
        let next = clause.words.get(at + 1).filter(|_| at + 2 == clause.words.len());
        let before = at.checked_sub(1).and_then(|at| clause.words.get(at)).filter(|_| is_last);
        found.extend(next.or(before).map(|word| (*word).to_owned()));
    }
    if found.is_empty()
        && clauses.iter().any(|one| one.sentence == clause.sentence && one.has(Lists::WANTS))
        || clause.words.len() <= BARE_WORDS_MAX
    {
        found.extend(beside(clause, &labels, false));
        found.extend(joined(clause, &labels));
    }
    found.retain(is_usable);
    found
}

/// The only address of a clause that names the label of this fact, and of no other one closer.
fn addresses(known: &Known<'_>, fact: &Fact, clause: &Clause<'_>) -> Vec<String> {
    // A person's own address is not the one that is asked for.
    let own = [
        "my",
        "mein",
        "meine",
        "meiner",
        "privat",
        "private",
        "personal",
        "min",
        "mina",
        "privata",
        "oma",
        "omasta",
        "minun",
        "personlig",
        "persoenliche",
    ];
    let mut addresses = clause.words.iter().filter(|word| word.contains('@'));
    let (Some(address), None) = (addresses.next(), addresses.next()) else { return Vec::new() };
    let letters = |fact: &Fact| {
        let places = places(fact, clause);
        places.iter().map(|(start, end)| end - start).max()
    };
    let Some(own_letters) = letters(fact).filter(|_| !clause.names(&own)) else {
        return Vec::new();
    };
    let facts = known.request.procedure.facts.iter();
    let is_other_closer = facts
        .filter(|one| one.kind == FactType::Address && one.name != fact.name)
        .any(|one| letters(one).is_some_and(|other| other >= own_letters));
    if is_other_closer { Vec::new() } else { vec![(*address).to_owned()] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::procedure::clause::clauses;

    fn user_name(text: &str) -> Option<String> {
        let procedure =
            Procedure::parse(include_str!("../../../fixtures/requests/account.toml")).unwrap();
        let request = Request::new(procedure);
        let names = ["anna".to_owned(), "muster".to_owned()];
        let pieces = Pieces::of(names.iter().map(String::as_str));
        let register = Register::default();
        let known = Known { request: &request, register: &register, names: &names, pieces };
        let fact = request.procedure.fact("user-name").unwrap();
        read(&known, fact, &clauses(text))
    }

    #[test]
    fn user_name_is_made_of_names_or_said_to_be_one() {
        for (text, name) in [
            ("Zugang bitte, am liebsten als amuster.", "amuster"),
            ("Käyttäjätunnukseksi sopisi amus.", "amus"),
            ("I'd like sunny as my user name.", "sunny"),
            ("Benutzername soll sonne3 sein.", "sonne3"),
            ("Als Benutzernamen gern amuster oder, falls der weg ist, annam.", "amuster"),
        ] {
            assert_eq!(user_name(text).as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn address_that_is_not_decided_is_none() {
        let procedure =
            Procedure::parse(include_str!("../../../fixtures/requests/queue.toml")).unwrap();
        let request = Request::new(procedure);
        let (register, pieces) = (Register::default(), Pieces::of(std::iter::empty()));
        let known = Known { request: &request, register: &register, names: &[], pieces };
        let fact = request.procedure.fact("address").unwrap();
        let address = |text| read(&known, fact, &clauses(text));
        let text = "The mail address is tee@x.example";
        assert_eq!(address(text).as_deref(), Some("tee@x.example"));
        assert_eq!(address(&format!("{text}, but that is not settled yet.")), None);
    }

    #[test]
    fn other_words_beside_the_label_are_none() {
        for text in [
            "Benutzername vergessen.",
            "Tunnus tarvitaan.",
            "Ich habe schon den Benutzernamen amuster.",
            "Als Benutzernamen amuster oder annam.",
            "I will think about the user name.",
            "Not amuster as user name, please.",
        ] {
            assert_eq!(user_name(text), None, "{text}");
        }
    }
}
