//! Values: what stands behind a label, as the type of its fact understands it.
//!
//! A value that does not do is kept for the question about it and never taken. Deliberately
//! absent: which fact a line is about (`label`).
//! Size: a third of it is tables of words in four languages.

use jiff::civil::Date;

use crate::desk::procedure::{Fact, FactType};
use crate::desk::{Queue, Register, Role, Unit};
use crate::ticket::procedure::clause::{Clause, Mood, clauses};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::label::without_bullet;
use crate::ticket::procedure::people::{self, Named};
use crate::ticket::procedure::{paper, stance};
use crate::types::{PersonId, distance, month_number};

/// Characters of a value that are kept.
const VALUE_CHARS_MAX: usize = 2000;
/// Words of a name.
const NAME_WORDS_MAX: usize = 4;
/// Words of what follows a name as a sentence.
const SENTENCE_WORDS_MIN: usize = 3;
/// Characters of a user name or a queue's name.
const HANDLE_CHARS: std::ops::RangeInclusive<usize> = 2..=32;
/// Queue names that are suggested.
const NEAREST_MAX: usize = 2;
/// What stands where a value should and is none.
const NO_ANSWERS: [&str; 40] = [
    "egal",
    "folgt",
    "folgen",
    "kommt noch",
    "siehe unten",
    "siehe oben",
    "s u",
    "keine",
    "keiner",
    "keins",
    "keine ahnung",
    "weiss nicht",
    "weiss ich nicht",
    "noch nicht",
    "noch unklar",
    "ueberlegen",
    "spaeter",
    "offen",
    "unbekannt",
    "tbd",
    "n a",
    "none",
    "no idea",
    "don t know",
    "dont know",
    "not yet",
    "later",
    "see below",
    "will follow",
    "to follow",
    "any",
    "whatever",
    "en tiedae",
    "ei vielae",
    "myoehemmin",
    "vet inte",
    "inte aen",
    "senare",
    "bitte eintragen",
    "hier eintragen",
];
/// How a value begins that only says where it stands.
const ELSEWHERE: [&str; 26] = [
    "wie",
    "siehe",
    "s o",
    "ist bekannt",
    "habt ihr",
    "kennt ihr",
    "wisst ihr",
    "same as",
    "as before",
    "as above",
    "as last",
    "as usual",
    "see above",
    "see my",
    "see the",
    "see attachment",
    "you have",
    "you know",
    "kuten",
    "sama kuin",
    "katso",
    "samma som",
    "som tidigare",
    "som foerra",
    "se ovan",
    "se bilaga",
];
/// Words that stand in no person's name.
const NO_NAMES: [&str; 24] = [
    "ich", "bin", "mein", "meine", "ist", "bitte", "nicht", "kein", "keine", "und", "oder", "the",
    "my", "is", "please", "not", "and", "minun", "nimeni", "jag", "heter", "inte", "och", "tai",
];
/// Words of courtesy around a value.
const COURTESY: [&str; 24] = [
    "bitte",
    "danke",
    "hallo",
    "hi",
    "moin",
    "please",
    "thanks",
    "hello",
    "kiitos",
    "hei",
    "tack",
    "hej",
    "gern",
    "gerne",
    "vielen",
    "dank",
    "am",
    "liebsten",
    "lieber",
    "waere",
    "ich",
    "haette",
    "moechte",
    "preferably",
];
/// What begins the rest of a value that only explains it.
const ASIDES: [&str; 12] = [
    " statt ",
    " anstatt ",
    " anstelle ",
    " instead of ",
    " rather than ",
    " sijaan ",
    " i stället för ",
    ", falls ",
    ", wenn ",
    ", if ",
    ", jos ",
    ", om ",
];
/// What stands between two values of which only one is meant.
const OR: [&str; 6] = ["oder", "or", "tai", "vai", "eller", "either"];
/// Words by which a value is still open.
const OPEN: [&str; 35] = [
    "abstimmen",
    "diskutieren",
    "ueberlegen",
    "unentschieden",
    "unklar",
    "unsicher",
    "undecided",
    "unsure",
    "voting",
    "vote",
    "debating",
    "discussing",
    "aeaenestaemme",
    "aeaenestetaeaen",
    "paeaetaemme",
    "paeaetetaeaen",
    "mietimme",
    "roestar",
    "roesta",
    "diskuterar",
    "obestaemt",
    "oklart",
    "osaeker",
    "funderar",
    "auki",
    "ehkae",
    "kanske",
    "vielleicht",
    "maybe",
    "perhaps",
    "probably",
    "wahrscheinlich",
    "luultavasti",
    "moeglicherweise",
    "eventuell",
];
/// Words that with a denial say the same.
const SETTLED: [&str; 24] = [
    "entschieden",
    "geklaert",
    "sicher",
    "fest",
    "festgelegt",
    "einig",
    "settled",
    "decided",
    "sure",
    "certain",
    "fixed",
    "final",
    "agreed",
    "paeaetetty",
    "paeaetetaeae",
    "sovittu",
    "varma",
    "varmaa",
    "selvillae",
    "bestaemt",
    "bestaemd",
    "beslutat",
    "saeker",
    "avgjort",
];
const CONNECTORS: [&str; 9] =
    [" und ", " and ", " ja ", " och ", " sowie ", " sekä ", " & ", " + ", " samt "];
const QUEUE_WORDS: [&str; 22] = [
    "nur",
    "only",
    "vain",
    "bara",
    "queue",
    "queues",
    "warteschlange",
    "the",
    "die",
    "der",
    "zur",
    "to",
    "jono",
    "jonot",
    "koe",
    "koen",
    "koeer",
    "koeerna",
    "bitte",
    "please",
    "und",
    "and",
];
/// Words that agree.
const YES: [&str; 26] = [
    "ja",
    "jawohl",
    "yes",
    "yep",
    "kyllae",
    "joo",
    "einverstanden",
    "zugestimmt",
    "agreed",
    "accepted",
    "agree",
    "hyvaeksyn",
    "godkaenner",
    "ok",
    "akzeptiert",
    "akzeptiere",
    "hyvaeksytty",
    "hyvaeksytyt",
    "godkaent",
    "godkaenda",
    "godkaenns",
    "accepterar",
    "accepteras",
    "anerkannt",
    "hyvaeksytaeaen",
    "hyvaeksynnaen",
];
/// Words that may stand beside them; any other makes it less than a yes.
const YES_BESIDE: [&str; 89] = [
    "klar",
    "gern",
    "gerne",
    "natuerlich",
    "selbstverstaendlich",
    "danke",
    "bitte",
    "ich",
    "bin",
    "mit",
    "den",
    "regeln",
    "damit",
    "stimme",
    "zu",
    "hiermit",
    "gelesen",
    "und",
    "sure",
    "of",
    "course",
    "i",
    "to",
    "the",
    "rules",
    "please",
    "thanks",
    "read",
    "and",
    "accept",
    "them",
    "saeaennoet",
    "ne",
    "kiitos",
    "jag",
    "reglerna",
    "dem",
    "tack",
    "och",
    "laest",
    "doch",
    "fine",
    "by",
    "me",
    "luettu",
    "olen",
    "lukenut",
    "have",
    "all",
    "alle",
    "alles",
    "sind",
    "regler",
    "har",
    "habe",
    "die",
    "alla",
    "okay",
    "with",
    "selbstredend",
    "absolutely",
    "totta",
    "kai",
    "saeaentoejaesi",
    "regelwerk",
    "am",
    "es",
    "geht",
    "wird",
    "werden",
    "von",
    "mir",
    "av",
    "mig",
    "minae",
    "mina",
    "minun",
    "puolestani",
    "sjaelvklart",
    "naturligtvis",
    "garna",
    "gaerna",
    "naturally",
    "certainly",
    "kenne",
    "noch",
    "bekannt",
    "passt",
    "tuttuja",
];
const NO: [&str; 4] = ["nein", "no", "ei", "nej"];

/// A value as its type understands it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
    /// It says nothing.
    Nothing,
    /// It does.
    Fit(String, Option<PersonId>),
    /// It does not do: it is asked about.
    Unfit(String),
}

/// Reads a value.
pub(super) fn understand(fact: &Fact, register: &Register, value: &str) -> Reading {
    let is_text = fact.kind == FactType::Text;
    let lines = value.replace('\n', if fact.kind == FactType::Queues { "," } else { " " });
    let value = clean(&lines);
    if !value.chars().any(char::is_alphanumeric) || says_nothing(&value, is_text) {
        return Reading::Nothing;
    }
    if fact.kind == FactType::Address && value.contains('@') && is_undecided(&value) {
        return Reading::Unfit(value);
    }
    let value = match fact.kind {
        FactType::UserName | FactType::QueueName | FactType::Address => {
            settled(fact, &value).unwrap_or(value)
        }
        _ => value,
    };
    let fit = |fit: Option<String>| match fit {
        Some(value) => Reading::Fit(value, None),
        None => Reading::Unfit(value.clone()),
    };
    match fact.kind {
        FactType::Text => Reading::Fit(value, None),
        FactType::Address => {
            let bare = without_asides(&value);
            let text = if bare.contains('@') { &bare } else { &value };
            let mut words = text.split_whitespace().filter_map(people::address_in);
            match (words.next(), words.next()) {
                (Some(one), None) => fit(Some(one.to_string())),
                (Some(one), Some(other)) if one == other => fit(Some(one.to_string())),
                (Some(_), Some(_)) => fit(None),
                (None, _) => Reading::Nothing,
            }
        }
        FactType::Person => match people::find(register, &value) {
            Named::One(id) => {
                let name = register.person(&id).map(|person| person.name.clone());
                Reading::Fit(name.unwrap_or(value), Some(id))
            }
            Named::Nobody(_) => Reading::Fit(value, None),
        },
        FactType::Name => fit(name(&value)),
        FactType::UserName => fit(user_name(fact, register, &value)),
        FactType::Date => fit(date(&value).map(|date| date.to_string())),
        FactType::Number => fit(number(&value)),
        FactType::Choice => fit(choice(fact, &value)),
        FactType::Queue => fit(queues(register, &value).filter(|names| !names.contains(','))),
        FactType::Queues => fit(queues(register, &value)),
        FactType::QueueName => fit(queue_name(register, &value)),
        FactType::Evidence => evidence(&value).map_or(Reading::Nothing, |one| fit(Some(one))),
        FactType::Unit => fit(unit(register, &value).map(|unit| unit.name.clone())),
        FactType::Role => fit(role(register, &value).map(|role| role.name.clone())),
        FactType::CoSignature => match people::find(register, &value) {
            Named::One(id) => {
                let name = register.person(&id).map(|person| person.name.clone());
                Reading::Fit(name.unwrap_or(value), Some(id))
            }
            Named::Nobody(_) => match people::address_in(&value) {
                Some(address) => Reading::Fit(address.to_string(), None),
                None => Reading::Unfit(value),
            },
        },
        FactType::Consent => consent(&value),
    }
}

fn clean(value: &str) -> String {
    let words: Vec<&str> = value.split_whitespace().collect();
    let value = words.join(" ");
    let value = value.trim_matches(['*', '_', '"', '„', '“', '”', ' ', ',', ';']);
    value.chars().take(VALUE_CHARS_MAX).collect()
}

/// The first sentence behind a label, and what follows it without being the value: only a text
/// goes on, and what takes something back of an agreement belongs to it.
pub(super) fn first_sentence<'v>(fact: &Fact, value: &'v str) -> (&'v str, &'v str) {
    let goes_on = matches!(fact.kind, FactType::Text | FactType::Evidence);
    let is_end = |(at, sign): (usize, &str)| {
        let (head, rest) = value.split_at_checked(at)?;
        let rest = rest.strip_prefix(sign)?;
        let last = head.split_whitespace().next_back().unwrap_or_default();
        let is_short = last.chars().count() <= 2 && last.starts_with(char::is_uppercase);
        let is_sentence = rest.starts_with(|c: char| c.is_uppercase() || c == '(')
            && (rest.ends_with('?') || rest.split_whitespace().count() >= 2);
        let is_ordinal = (1..=2).contains(&last.len()) && last.chars().all(|c| c.is_ascii_digit());
        // "Quatsch. Richtig ist .." goes on with the same.
        let turns =
            clauses(rest).iter().any(Clause::turns) || clauses(head).iter().any(Clause::turns);
        (is_sentence && !is_short && !is_ordinal && !turns).then_some((head, rest))
    };
    let ends = [". ", "! "].into_iter().flat_map(|sign| value.match_indices(sign));
    let first = ends.filter_map(is_end).min_by_key(|(head, _)| head.len());
    match first.filter(|_| !goes_on) {
        Some((_, rest)) if fact.kind == FactType::Consent && stance::hesitates(rest) => (value, ""),
        Some((head, rest)) => (head, rest),
        None => (value, ""),
    }
}

/// Whether a value only says that there is none yet, or asks.
fn says_nothing(value: &str, is_text: bool) -> bool {
    // What stands in brackets only explains: "web (not presse any more)".
    let bare = without_asides(value);
    let folded = fold(if bare.is_empty() { value } else { &bare });
    if NO_ANSWERS.contains(&folded.as_str()) {
        return true;
    }
    let padded = format!(" {folded} ");
    let is_elsewhere = |words: &str| padded.starts_with(&format!(" {words} "));
    if !is_text && ELSEWHERE.iter().any(|words| is_elsewhere(words)) {
        return true;
    }
    let has = |words: &str| padded.contains(&format!(" {words} "));
    !is_text && (value.ends_with('?') || NO_ANSWERS.iter().any(|words| has(words)))
}

/// The value without brackets and without what only explains it.
fn without_asides(value: &str) -> String {
    let mut bare = String::new();
    let mut depth = 0_u32;
    for c in value.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => bare.push(c),
            _ => {}
        }
    }
    for aside in ASIDES {
        if let Some((head, _)) = bare.split_once(aside) {
            bare = head.to_owned();
        }
    }
    without_fallback(bare.trim()).trim_end_matches(['.', ',']).to_owned()
}

/// The one word that stands in the end where somebody takes another one back behind the same
/// label: "rob, no, rather robin2", "rob (the old one was rs)".
fn settled(fact: &Fact, value: &str) -> Option<String> {
    let clauses = clauses(value);
    let is_value = |word: &&&str| {
        let is_address = people::address_in(word).is_some();
        if fact.kind == FactType::Address { is_address } else { is_handle(word) && !is_address }
    };
    if let Some(turn) = clauses.iter().rposition(Clause::turns) {
        let last = clauses.get(turn..)?.iter().rfind(|clause| clause.is_said())?;
        return last.words.last().filter(|word| is_value(word)).map(|word| (*word).to_owned());
    }
    let is_over = |clause: &Clause<'_>| matches!(clause.mood, Mood::Denied | Mood::Had);
    let is_plain = clauses.iter().all(|clause| clause.is_said() || is_over(clause));
    if !is_plain || !clauses.iter().any(is_over) {
        return None;
    }
    let said = clauses.iter().filter(|clause| clause.is_said());
    let is_single =
        |clause: &&Clause<'_>| fact.kind == FactType::Address || clause.words.len() == 1;
    let mut values = said.filter(is_single).flat_map(|clause| clause.words.iter().filter(is_value));
    let first = values.next()?;
    values.next().is_none().then(|| (*first).to_owned())
}

/// Whether words leave open which value it will be: an alternative that depends on nothing, or
/// that nothing is settled.
pub(super) fn is_undecided(value: &str) -> bool {
    let bare = without_asides(value);
    let is_or = |word: &str| OR.contains(&fold(word).as_str());
    let words: Vec<String> =
        value.split_whitespace().filter(|word| !word.contains('@')).map(fold).collect();
    let has = |table: &[&str]| words.iter().any(|word| table.contains(&word.as_str()));
    let denies = words.iter().any(|word| stance::is_negation(word));
    let is_open = has(&OPEN) || (denies && has(&SETTLED));
    is_open || (value.contains('@') && bare.split(' ').any(is_or))
}

/// The value without another one that is only meant if the first cannot be: "rob, or rsample if
/// that is taken".
fn without_fallback(value: &str) -> &str {
    let words: Vec<String> = value.split(' ').map(fold).collect();
    let is_or = |word: &String| OR.contains(&word.as_str());
    let is_if = |word: &String| {
        ["falls", "wenn", "sofern", "if", "jos", "om", "ifall"].contains(&word.as_str())
    };
    let Some(at) = words.iter().position(is_or).filter(|at| *at > 0) else { return value };
    let is_open = words.iter().any(|word| OPEN.contains(&word.as_str()));
    if is_open || !words.iter().skip(at).any(is_if) {
        return value;
    }
    let end: usize = value.split(' ').take(at).map(|word| word.len() + 1).sum();
    value.get(..end.saturating_sub(1)).unwrap_or(value)
}

fn name(value: &str) -> Option<String> {
    let value = without_asides(value);
    // "Muster-Rennert, I married in autumn".
    let value = value.split_once(", ").map_or(value.as_str(), |(head, rest)| {
        let is_sentence = rest.split(' ').count() >= SENTENCE_WORDS_MIN
            && rest.starts_with(char::is_lowercase)
            && clauses(rest).iter().all(|one| !one.turns() && one.mood != Mood::Denied);
        if is_sentence { head } else { &value }
    });
    let words: Vec<&str> = value.split_whitespace().collect();
    let is_letter = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '\u{2019}' | '.');
    let is_name = (1..=NAME_WORDS_MAX).contains(&words.len())
        && words.iter().all(|word| word.chars().all(is_letter))
        && !words.iter().any(|word| NO_NAMES.contains(&fold(word).as_str()))
        && value.chars().any(char::is_alphabetic);
    is_name.then(|| words.join(" "))
}

fn user_name(fact: &Fact, register: &Register, value: &str) -> Option<String> {
    let value = without_asides(value);
    let mut words = value
        .split(|c: char| c.is_whitespace() || c == ',')
        .map(|word| word.trim_matches(['"', '„', '“', '”', '\'', '.', '!', ';', ':']))
        .filter(|word| !word.is_empty() && !COURTESY.contains(&fold(word).as_str()));
    let (name, None) = (words.next()?.to_lowercase(), words.next()) else { return None };
    let is_taken = register.people().any(|person| person.id.as_str() == name)
        || register.queues().any(|queue| queue.name.as_str() == name)
        || fact.reserved.contains(&name);
    (is_handle(&name) && !is_taken).then_some(name)
}

/// Whether a word can be a user name, whoever has it.
pub(super) fn is_handle(name: &str) -> bool {
    HANDLE_CHARS.contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.ends_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-'))
}

fn queue_name(register: &Register, value: &str) -> Option<String> {
    let value = without_asides(value);
    let value = value.trim_end_matches(" oder so").trim_matches(['"', '„', '“', '”']);
    let folded = fold(value);
    let name = folded.replace(' ', "-");
    let is_known = register.queues().any(|queue| {
        queue.name.as_str() == name || (!queue.title.is_empty() && fold(&queue.title) == folded)
    });
    let is_short = folded.split(' ').count() <= 3;
    (is_short && is_handle(&name) && !is_known && !value.contains('@')).then_some(name)
}

/// The queues that a text names, each known; nothing if one is not.
fn queues(register: &Register, value: &str) -> Option<String> {
    let mut names: Vec<&str> = Vec::new();
    let at = |word: &str| {
        let queue = people::address_in(word).and_then(|address| register.queue_at(&address));
        queue.map_or_else(|| word.to_owned(), |queue| format!("{},", queue.name))
    };
    let value = value.split(' ').map(at).collect::<Vec<_>>().join(" ");
    for item in items(&value) {
        let name = queue(register, &item)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    (!names.is_empty()).then(|| names.join(", "))
}

fn items(value: &str) -> Vec<String> {
    let mut value = format!(" {} ", without_asides(value)).replace([';', '/', '|', '#'], ",");
    for connector in CONNECTORS {
        value = value.replace(connector, ",");
    }
    let bare = |item: &str| {
        let folded = fold(without_bullet(item));
        let words = folded.split(' ').filter(|word| !QUEUE_WORDS.contains(word));
        words.collect::<Vec<_>>().join(" ")
    };
    value.split(',').map(bare).filter(|item| !item.is_empty()).collect()
}

/// The queue of a folded name or title: exactly, by one slip where only one is so near.
fn queue<'a>(register: &'a Register, item: &str) -> Option<&'a str> {
    let known = |queue: &Queue| [queue.name.as_str(), queue.title.as_str()].map(fold);
    let exact = register.queues().find(|queue| known(queue).iter().any(|known| known == item));
    if let Some(queue) = exact {
        return Some(queue.name.as_str());
    }
    let is_near = |queue: &&Queue| {
        item.chars().count() >= 5
            && known(queue).iter().any(|known| distance(known, item, 1).is_some())
    };
    let mut near = register.queues().filter(is_near);
    let first = near.next()?;
    near.next().is_none().then(|| first.name.as_str())
}

/// The queues nearest to what was given and is none, at most two for each.
pub(super) fn nearest_queues(register: &Register, given: &str) -> Vec<String> {
    let mut nearest: Vec<String> = Vec::new();
    for item in items(given).into_iter().filter(|item| queue(register, item).is_none()) {
        let most = (item.chars().count() / 3).max(1);
        let apart = |queue: &Queue| {
            let name = fold(queue.name.as_str());
            let begins = item.chars().zip(name.chars()).take_while(|(one, other)| one == other);
            let is_long = begins.count() >= 4;
            let words = item.split(' ').filter_map(|word| distance(word, &name, most)).min();
            let apart = distance(&item, &name, most).into_iter().chain(words).min();
            apart
                .or_else(|| is_long.then_some(most + 1))
                .map(|apart| (apart, queue.name.to_string()))
        };
        let mut near: Vec<(usize, String)> = register.queues().filter_map(apart).collect();
        near.sort();
        nearest.extend(near.into_iter().take(NEAREST_MAX).map(|(_, name)| name));
    }
    nearest.dedup();
    nearest
}

/// What proves something: a link, a message or ticket, minutes that stand there themselves.
fn evidence(value: &str) -> Option<String> {
    let minutes = || paper::is_minutes(value).then(|| value.to_owned());
    link(value).or_else(|| paper::reference(value)).or_else(minutes)
}

/// The unit of this id, name or shared address: exactly, or by one slip where one is so near.
fn unit<'a>(register: &'a Register, value: &str) -> Option<&'a Unit> {
    let at = people::address_in(value).and_then(|address| register.unit_at(&address));
    let bare = without_asides(value);
    at.or_else(|| people::unit(register, &bare)).or_else(|| {
        let wanted = fold(&bare);
        let is_near = |unit: &&Unit| {
            wanted.chars().count() >= 5
                && [unit.id.as_str(), &unit.name].iter().any(|known| {
                    let known = fold(known);
                    distance(&known, &wanted, 1).is_some()
                        || known.strip_suffix(&wanted).is_some_and(|head| head.ends_with(' '))
                })
        };
        only(register.units().filter(is_near))
    })
}

fn role<'a>(register: &'a Register, value: &str) -> Option<&'a Role> {
    let wanted = fold(&without_asides(value));
    let names = |role: &Role| {
        role.title.values().map(|title| fold(title)).chain([fold(&role.name)]).collect::<Vec<_>>()
    };
    let exact = register.roles().find(|role| names(role).contains(&wanted));
    exact.or_else(|| {
        let is_near = |role: &&Role| {
            wanted.chars().count() >= 5
                && names(role).iter().any(|known| distance(known, &wanted, 1).is_some())
        };
        only(register.roles().filter(is_near))
    })
}

fn only<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The names nearest to what was given for a unit or role and is none, at most two.
pub(super) fn nearest_names(fact: &Fact, register: &Register, given: &str) -> Vec<String> {
    let names: Vec<String> = match fact.kind {
        FactType::Queue | FactType::Queues => return nearest_queues(register, given),
        FactType::Unit => register.units().map(|unit| unit.name.clone()).collect(),
        FactType::Role => register.roles().map(|role| role.name.clone()).collect(),
        _ => return Vec::new(),
    };
    let wanted = fold(given);
    let most = (wanted.chars().count() / 3).max(1);
    let apart = |name: String| {
        let known = fold(&name);
        let shares = || known.split(' ').any(|one| wanted.split(' ').any(|word| word == one));
        let words = wanted.split(' ').flat_map(|word| {
            known.split(' ').filter_map(move |one| distance(one, word, 2)).collect::<Vec<_>>()
        });
        let apart = distance(&known, &wanted, most).into_iter().chain(words).min();
        apart.or_else(|| shares().then_some(most + 1)).map(|apart| (apart, name))
    };
    let mut near: Vec<(usize, String)> = names.into_iter().filter_map(apart).collect();
    near.sort();
    near.into_iter().take(NEAREST_MAX).map(|(_, name)| name).collect()
}

fn number(value: &str) -> Option<String> {
    let bare = without_asides(value);
    // "87, last year 92": what stands behind a comma only tells more, unless it takes back.
    let value = bare.split_once(", ").map_or(bare.as_str(), |(head, rest)| {
        let turns = || clauses(rest).iter().any(|one| one.turns() || !one.is_said());
        if head.contains(|c: char| c.is_ascii_digit()) && !turns() { head } else { &bare }
    });
    let mut numbers = value
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .filter_map(|digits| digits.parse::<u32>().ok());
    let (number, None) = (numbers.next()?, numbers.next()) else { return None };
    Some(number.to_string())
}

/// A day with its year: `1.2.2027`, `2027-02-01`, `1 February 2027`. Strokes are not read,
/// because nobody knows which number is the month.
pub(crate) fn date(value: &str) -> Option<Date> {
    if let Ok(date) = value.trim().parse::<Date>() {
        return Some(date);
    }
    if value.contains('/') {
        return None;
    }
    let folded = fold(value);
    let mut numbers = Vec::new();
    let mut month = None;
    for word in folded.split(' ') {
        if let Ok(number) = word.parse::<i16>() {
            numbers.push(number);
        } else if let Some(named) = month_number(|name| fold(name) == word) {
            month = Some(named);
        }
    }
    let (day, month, year) = match (numbers.as_slice(), month) {
        // "4 March 2027" and "March 4, 2027" name the month, so the day is the other one.
        ([day, year], Some(month)) => (*day, month, *year),
        ([day, month, year], None) => (*day, i8::try_from(*month).ok()?, *year),
        _ => return None,
    };
    let is_year = (1900..=2999).contains(&year);
    Date::new(year, month, i8::try_from(day).ok()?).ok().filter(|_| is_year)
}

/// The short name of the option that is named, in any language.
fn choice(fact: &Fact, value: &str) -> Option<String> {
    let folded = fold(value);
    let words = |name: &str| {
        let words = fact.options.get(name).into_iter().flat_map(|words| words.values().flatten());
        words.map(|word| fold(word)).chain([fold(name)]).collect::<Vec<_>>()
    };
    let pick = |fits: &dyn Fn(&String) -> bool| {
        let mut fitting = fact.options.keys().filter(|name| words(name).iter().any(fits));
        let first = fitting.next()?;
        fitting.next().is_none().then(|| first.clone())
    };
    pick(&|word| *word == folded)
        .or_else(|| pick(&|word| word.chars().count() >= 5 && distance(word, &folded, 1).is_some()))
}

/// The first link in a text.
fn link(value: &str) -> Option<String> {
    let word = value
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"'))
        .find(|word| word.starts_with("https://") || word.starts_with("http://"))?;
    Some(word.trim_end_matches(['.', ',', ')', ';']).to_owned())
}

/// Whether folded words hold nothing but what people agree with.
pub(super) fn is_consent(folded: &str) -> bool {
    folded.split(' ').all(|word| YES.contains(&word) || YES_BESIDE.contains(&word))
}

/// Whether one of the folded words agrees.
pub(super) fn agrees(folded: &str) -> bool {
    folded.split(' ').any(|word| YES.contains(&word))
}

fn consent(value: &str) -> Reading {
    let folded = fold(value);
    let is_refused = folded.split(' ').next().is_some_and(|word| NO.contains(&word));
    match (agrees(&folded), is_consent(&folded), is_refused) {
        (true, true, _) => Reading::Fit("yes".to_owned(), None),
        (true, false, _) | (_, _, true) => Reading::Unfit(value.to_owned()),
        (false, _, false) => Reading::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Locale, day};

    #[test]
    fn fallback_is_no_second_value() {
        assert_eq!(without_fallback("rob, or rsample if that is taken"), "rob,");
        assert_eq!(without_fallback("amuster oder annam"), "amuster oder annam");
    }

    #[test]
    fn address_that_is_not_decided_is_asked_about() {
        use crate::desk::procedure::Procedure;
        let text = include_str!("../../../fixtures/requests/queue.toml");
        let procedure = Procedure::parse(text).unwrap();
        let fact = procedure.fact("address").unwrap();
        for text in [
            "tee@x.example oder bar@x.example, wir stimmen am Montag ab",
            "tee@x.example or maybe something else",
            "tee@x.example, but that is not settled yet",
            "tee@x.example, vi röstar om det på söndag",
        ] {
            let reading = understand(fact, &Register::default(), text);
            assert!(!matches!(reading, Reading::Fit(..)), "{text}: {reading:?}");
        }
        for text in ["vote@x.example", "tee@x.example, or bar@x.example if that is taken"] {
            let reading = understand(fact, &Register::default(), text);
            assert!(matches!(reading, Reading::Fit(..)), "{text}: {reading:?}");
        }
    }

    #[test]
    fn value_that_is_taken_back_behind_its_label_is_none() {
        use crate::desk::procedure::Procedure;
        let text = include_str!("../../../fixtures/requests/account.toml");
        let procedure = Procedure::parse(text).unwrap();
        let fact = procedure.fact("user-name").unwrap();
        for (text, value) in [
            ("rob, no wait, rather robin2", Some("robin2")),
            ("ruth, vanha oli rs eikä sitä tarvita", Some("ruth")),
            ("rob or robin2", None),
            ("rob", None),
        ] {
            assert_eq!(settled(fact, text).as_deref(), value, "{text}");
        }
        let value = "rob. Quatsch. Richtig ist rs.";
        assert_eq!(first_sentence(fact, value), (value, ""));
        assert_eq!(first_sentence(fact, "rob. Thanks so much"), ("rob", "Thanks so much"));
    }

    #[test]
    fn day_is_read_as_it_is_shown() {
        let first: Date = "2026-01-31".parse().unwrap();
        for date in first.series(jiff::Span::new().days(17)).take(24) {
            for locale in Locale::ALL {
                let shown = day(date, locale);
                assert_eq!(super::date(&shown), Some(date), "{shown}");
            }
        }
    }
}
