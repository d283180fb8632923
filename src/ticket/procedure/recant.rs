//! What becomes of a known value when free words say another one, or take it back.
//!
//! A value that its author doubts does not stand: the new one is taken where it is said as such,
//! else both are asked about. Deliberately absent: corrections behind a label (`facts`).

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType};
use crate::ticket::procedure::clause::{Clause, Mood, clauses};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::handle::labels_in;
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::prose::Told;
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::value::{self, Reading, understand};
use crate::ticket::procedure::value_name::is_handle;
use crate::ticket::procedure::{label, names, queues};

/// Words of a remark that is nothing but another value.
const REMARK_WORDS_MAX: usize = 2;
/// Words that ask kindly.
const COURTESY: [&str; 8] =
    ["bitte", "danke", "please", "thanks", "kiitos", "tack", "gern", "gerne"];
/// Words by which somebody confirms what stands above.
const CONFIRMS: [&str; 34] = [
    "staemmer",
    "stimmt",
    "passt",
    "richtig",
    "korrekt",
    "so",
    "bleibt",
    "genau",
    "gut",
    "alles",
    "bleiben",
    "right",
    "correct",
    "fine",
    "good",
    "that",
    "this",
    "is",
    "stays",
    "as",
    "it",
    "oikein",
    "pitaeae",
    "paikkansa",
    "hyvae",
    "raett",
    "aer",
    "det",
    "bra",
    "danke",
    "thanks",
    "kiitos",
    "tack",
    "ist",
];

/// A value that free words give, beside what is known of the fact.
pub(super) fn settled<'a>(
    request: &Request,
    fact: &'a Fact,
    given: Option<String>,
    clauses: &[Clause<'_>],
) -> Option<Told<'a>> {
    let told = |value: String, corrects, is_fit| Some(Told { fact, value, corrects, is_fit });
    let Some(known) = request.facts.get(&fact.name) else {
        return told(given?, false, true);
    };
    if matches!(fact.kind, FactType::Text | FactType::Consent | FactType::Evidence) {
        return None;
    }
    let is_corrected = clauses.iter().any(|clause| clause.has(Lists::CORRECTS));
    let is_denied = mentions(known, clauses, Mood::Denied);
    match given.or_else(|| contrasted(fact, known, clauses)) {
        Some(value) if value == *known => None,
        Some(value) if is_corrected || is_denied => told(value, true, true),
        Some(value) => told(format!("{known} / {value}"), true, false),
        None if is_denied || is_doubted(request, fact, clauses) => told(known.clone(), true, false),
        None => None,
    }
}

/// Whether clauses of this mood name a value.
fn mentions(value: &str, clauses: &[Clause<'_>], mood: Mood) -> bool {
    let value = fold(value);
    let mut of_mood = clauses.iter().filter(|clause| clause.mood == mood);
    of_mood.any(|clause| clause.behind(&value).is_some())
}

/// Whether a sentence names the fact and says that it is another one now.
fn is_doubted(request: &Request, fact: &Fact, clauses: &[Clause<'_>]) -> bool {
    let is_named = |clause: &&Clause<'_>| !labels_in(&request.procedure, fact, clause).is_empty();
    let mut named = clauses.iter().filter(is_named);
    named.any(|clause| {
        // The next sentence may correct without naming it again.
        let is_near = |one: &&Clause<'_>| {
            one.sentence == clause.sentence || one.sentence == clause.sentence + 1
        };
        clauses.iter().filter(is_near).any(|one| one.has(Lists::CORRECTS))
    })
}

/// The value that stands against the one that is denied: "not youth-o but juniors".
fn contrasted(fact: &Fact, known: &str, clauses: &[Clause<'_>]) -> Option<String> {
    let known = fold(known);
    let denied = clauses
        .iter()
        .find(|clause| clause.mood == Mood::Denied && clause.behind(&known).is_some())?;
    let is_kind = |word: &&&str| match fact.kind {
        FactType::Address => word.contains('@'),
        FactType::UserName | FactType::QueueName => is_handle(word) && !is_courtesy(word),
        FactType::Name => names::is_name(word) && !is_courtesy(word),
        _ => false,
    };
    let same = clauses.iter().filter(|one| one.sentence == denied.sentence && one.is_said());
    let is_short = |one: &&Clause<'_>| {
        one.words.iter().filter(|word| !is_courtesy(word)).count() <= 2
            || fact.kind == FactType::Address
    };
    let short = same.filter(is_short);
    let mut values = short.filter_map(|one| one.words.iter().rfind(is_kind));
    let first = values.next()?;
    values.next().is_none().then(|| (*first).to_owned())
}

/// Whether a word only asks kindly, or takes back.
fn is_courtesy(word: &str) -> bool {
    let word = fold(word);
    Lists::of(&word).has(Lists::CORRECTS) || COURTESY.contains(&word.as_str())
}

/// The queues that are wanted now.
pub(super) fn queues<'a>(
    request: &Request,
    register: &Register,
    fact: &'a Fact,
    clauses: &[Clause<'_>],
) -> Option<Told<'a>> {
    let wanted = queues::read((&request.procedure, register), fact, clauses);
    let told = |names: &[&str], corrects, is_fit| {
        let value = names.join(", ");
        (!names.is_empty()).then_some(Told { fact, value, corrects, is_fit })
    };
    let said: Vec<&str> = wanted.said.iter().map(String::as_str).collect();
    let Some(known) = request.facts.get(&fact.name) else {
        return if wanted.unsure.is_empty() { told(&said, false, true) } else { None };
    };
    let known: Vec<&str> = known.split(", ").collect();
    let is_denied = |name: &&&str| wanted.denied.iter().any(|one| one == **name);
    let kept: Vec<&str> = known.iter().filter(|name| !is_denied(name)).copied().collect();
    let is_taken_back = kept.len() < known.len();
    let new: Vec<&str> = said.iter().filter(|name| !known.contains(name)).copied().collect();
    let all = [kept.as_slice(), new.as_slice()].concat();
    let is_corrected = clauses.iter().any(|clause| clause.has(Lists::CORRECTS));
    if new.is_empty() && !is_taken_back {
        return None;
    }
    if !wanted.unsure.is_empty() || all.is_empty() {
        let doubted = if all.is_empty() { known } else { all };
        return told(&doubted, true, false);
    }
    match (is_taken_back, wanted.adds, is_corrected) {
        (true, ..) | (_, true, _) => told(&all, true, true),
        (_, _, true) => told(&said, true, true),
        _ => told(&all, true, false),
    }
}

/// What own words say right below a known value that we had written: nothing where they confirm
/// it; else another one, or that it is doubted.
pub(super) fn remark<'a>(
    request: &Request,
    register: &Register,
    fact: &'a Fact,
    text: &str,
) -> Option<Told<'a>> {
    let known = request.facts.get(&fact.name)?;
    let folded = fold(text);
    let confirms = |word: &str| CONFIRMS.contains(&word) || value::agrees(word);
    if folded.is_empty() || folded.split(' ').all(confirms) {
        return None;
    }
    let told = |value: String, is_fit| Some(Told { fact, value, corrects: true, is_fit });
    if fact.kind == FactType::Queues {
        let text = format!("{} {text}", label::labels(fact).next().unwrap_or_default());
        let clauses = clauses(&text);
        let joins = ["und", "and", "ja", "och", "plus", "sekae"];
        let first = folded.split(' ').next().unwrap_or_default();
        let found = queues(request, register, fact, &clauses);
        return match found {
            Some(found) if found.is_fit || joins.contains(&first) => told(found.value, true),
            Some(found) => told(found.value, false),
            None => told(known.clone(), false),
        };
    }
    let is_short = folded.split(' ').count() <= REMARK_WORDS_MAX;
    match understand(fact, register, text) {
        Reading::Fit(value, _) if is_short && fact.kind != FactType::Text => told(value, true),
        _ if fact.kind == FactType::Text => None,
        _ => told(known.clone(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::procedure::Procedure;
    use crate::desk::{Queue, RegisterChange};
    use crate::mail::{ReversePath, parse};
    use crate::ticket::procedure::facts;

    /// What a mail says where user name `amuster` and queue `presse` are known.
    fn said(text: &str) -> Vec<(String, bool)> {
        let procedure =
            Procedure::parse(include_str!("../../../fixtures/requests/account.toml")).unwrap();
        let mut request = Request::new(procedure);
        for (name, value) in
            [("last-name", "Muster"), ("user-name", "amuster"), ("queues", "presse")]
        {
            request.facts.insert(name.to_owned(), value.to_owned());
        }
        let mut register = Register::default();
        for name in ["presse", "web"] {
            let queue = format!("name = \"{name}\"\naddresses = [\"{name}@nrw.example\"]\n");
            let queue: Queue = toml::from_str(&queue).unwrap();
            register.apply(&RegisterChange::Queue(queue));
        }
        let raw = format!("From: a@b.example\nContent-Type: text/plain; charset=utf-8\n\n{text}\n");
        let message = parse(raw.as_bytes(), &ReversePath::Null);
        let found = facts::read(&request, &register, &message, None);
        found.into_iter().map(|found| (found.value, found.is_fit)).collect()
    }

    #[test]
    fn known_value_that_is_taken_back_does_not_stand() {
        for (text, value, is_fit) in [
            ("Nicht presse, sondern web.", "web", true),
            ("Dazu brauche ich auch die Queue web.", "presse, web", true),
            ("Ich brauche die Queue web.", "presse, web", false),
            ("Den Benutzernamen kann keiner tippen. Also doch lieber muster2.", "muster2", true),
            ("The user name should be sunny instead of amuster.", "sunny", true),
            ("Sorry, der Benutzername ist falsch.", "amuster", false),
        ] {
            assert_eq!(said(text), vec![(value.to_owned(), is_fit)], "{text}");
        }
    }

    #[test]
    fn what_confirms_changes_nothing() {
        for text in ["Danke, presse stimmt.", "amuster is right.", "Ich melde mich."] {
            assert_eq!(said(text), vec![], "{text}");
        }
    }
}
