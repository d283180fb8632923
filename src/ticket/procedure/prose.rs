//! Facts in free words, where they are clear: "ich heiße Anna Muster", "the user name rsample".
//!
//! A sentence that asks, denies or puts off gives nothing: what is not read is asked for, what is
//! read wrongly would stand. Deliberately absent: anything behind a label (`label`).

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::ticket::procedure::clause::{Clause, clauses, end_of};
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::names::{self, Writer};
use crate::ticket::procedure::prose_words::{AGREED, CALLED, CORRECTS, FIRST_PERSON, HEDGES};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::{handle, label, recant, spoken, told, value};

/// One sentence: its words as written and as they are compared.
struct Sentence<'a> {
    words: Vec<&'a str>,
    folded: Vec<String>,
    text: String,
}

impl Sentence<'_> {
    fn has(&self, phrase: &str) -> bool {
        self.text.match_indices(phrase).any(|(at, _)| {
            let (before, rest) = self.text.split_at_checked(at).unwrap_or_default();
            let behind = rest.strip_prefix(phrase).unwrap_or_default();
            (before.is_empty() || before.ends_with(' '))
                && (behind.is_empty() || behind.starts_with(' '))
        })
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
    /// Whether it does; else it only shows that what is known may be wrong.
    pub(super) is_fit: bool,
}

/// The free words of a mail, and what stands around them.
#[derive(Debug, Clone, Default)]
pub(super) struct Words<'a> {
    /// Own lines without a label, without leave and signature.
    pub(super) text: &'a str,
    /// The subject of a mail that answers nothing.
    pub(super) subject: &'a str,
    /// Who wrote them.
    pub(super) writer: Writer,
}

/// The facts that free words give for certain, and the known ones that they put in doubt.
pub(super) fn read<'a>(
    request: &'a Request,
    register: &Register,
    words: &Words<'_>,
) -> Vec<Told<'a>> {
    let mut found = by_sentence(request, register, words.text);
    let text = format!("{}\n\n{}", words.subject, words.text);
    for told in by_clause(request, register, &text, &words.writer) {
        if !found.iter().any(|one| one.fact.name == told.fact.name) {
            found.push(told);
        }
    }
    found
}

/// What sentences of a known form give.
fn by_sentence<'a>(request: &'a Request, register: &Register, words: &str) -> Vec<Told<'a>> {
    let facts = &request.procedure.facts;
    let mut found: Vec<Told<'_>> = Vec::new();
    let asked = request.asked.as_ref().map(|(asked, _)| asked.as_slice()).unwrap_or_default();
    // A line of its own answers where agreement was asked for.
    let agrees_alone = words.lines().any(|line| AGREED.contains(&fold(line).as_str()));
    let is_consent = |fact: &&Fact| fact.kind == FactType::Consent && asked.contains(&fact.name);
    if let Some(fact) = facts.iter().find(is_consent).filter(|_| agrees_alone) {
        found.push(Told { fact, value: "yes".to_owned(), corrects: false, is_fit: true });
    }
    for sentence in sentences(words) {
        let mut names = called(&sentence).into_iter().flatten();
        for fact in facts {
            let value = match fact.kind {
                FactType::Name => names.next().or_else(|| renamed(fact, &sentence)),
                FactType::Consent => {
                    (agrees(&sentence) || agrees_unparted(&sentence)).then(|| "yes".to_owned())
                }
                _ => spoken::read(request, register, fact, &sentence.words),
            };
            // Only who names the label again corrects; a consent is asked about.
            let is_named = matches!(fact.kind, FactType::UserName | FactType::Name);
            let corrects = is_named && sentence.corrects();
            found.extend(value.map(|value| Told { fact, value, corrects, is_fit: true }));
        }
    }
    found
}

/// What clauses give, each by what it does with what it names.
fn by_clause<'a>(
    request: &'a Request,
    register: &Register,
    text: &str,
    writer: &Writer,
) -> Vec<Told<'a>> {
    let facts = &request.procedure.facts;
    let clauses = clauses(text);
    let whose = names::whose(&clauses, writer);
    let named = facts.iter().filter(|fact| fact.kind == FactType::Name);
    let by_label: Vec<Option<String>> =
        named.map(|fact| names::labelled(request, fact, &clauses)).collect();
    let mut labelled: Vec<String> = by_label.iter().flatten().cloned().collect();
    labelled.extend(writer.names.iter().cloned());
    let known_names = facts.iter().filter(|fact| fact.kind == FactType::Name);
    let mut names: Vec<String> = known_names
        .filter_map(|fact| request.facts.get(&fact.name))
        .chain(whose.iter().flatten())
        .chain(&labelled)
        .map(|name| fold(name))
        .collect();
    if names.is_empty() {
        names.extend(fold(&writer.name).split(' ').map(str::to_owned));
        names.extend(writer.signed.iter().cloned());
    }
    let known = handle::Known { request, register, names: &names };
    let mut whose = whose.into_iter().flatten();
    let mut by_label = by_label.into_iter();
    let mut found = Vec::new();
    for fact in facts {
        let given = match fact.kind {
            FactType::Name => {
                let whole = whose.next();
                by_label.next().flatten().or(whole)
            }
            FactType::Queues => {
                found.extend(recant::queues(request, register, fact, &clauses));
                continue;
            }
            FactType::Text => told::read(&request.procedure, fact, text),
            FactType::Consent => agreed(&clauses).then(|| "yes".to_owned()),
            FactType::Choice => chosen(fact, &clauses),
            FactType::Date => dated(&request.procedure, fact, &clauses),
            _ => handle::read(&known, fact, &clauses),
        };
        found.extend(recant::settled(request, fact, given, &clauses));
    }
    found
}

/// The only day behind a label of the fact, or behind a word that says from when.
fn dated(procedure: &Procedure, fact: &Fact, clauses: &[Clause<'_>]) -> Option<String> {
    const FROM: [&str; 7] = ["ab", "from", "starting", "alkaen", "fran", "med", "per"];
    const IS: [&str; 12] =
        ["is", "ist", "on", "aer", "should", "be", "soll", "sein", "ska", "vara", "olisi", "doch"];
    let mut found: Vec<String> = Vec::new();
    for clause in clauses.iter().filter(|clause| clause.is_said()) {
        let labels = handle::labels_in(procedure, fact, clause).into_iter().map(|(_, end)| end);
        let cues = clause.folded.iter().enumerate();
        let cues = cues.filter(|(_, word)| FROM.contains(&word.as_str())).map(|(at, _)| at + 1);
        for at in labels.chain(cues) {
            let is_verb = |word: &&String| IS.contains(&word.as_str());
            let at = at + clause.folded.iter().skip(at).take_while(is_verb).count();
            let rest: Vec<&str> = clause.words.iter().skip(at).take(3).copied().collect();
            let day = (1..=rest.len()).find_map(|count| value::date(&rest.get(..count)?.join(" ")));
            found.extend(day.map(|day| day.to_string()));
        }
    }
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Words around an option that leave it as it is: "but read only is plenty for now".
const BESIDE_OPTIONS: [&str; 26] = [
    "aber",
    "bitte",
    "vorerst",
    "erstmal",
    "reicht",
    "genuegt",
    "mir",
    "but",
    "please",
    "for",
    "now",
    "is",
    "plenty",
    "enough",
    "fine",
    "mutta",
    "toistaiseksi",
    "riittaeae",
    "aluksi",
    "men",
    "tack",
    "raecker",
    "tills",
    "vidare",
    "foerst",
    "snaella",
];

/// The option that a clause consists of, or names behind a label.
fn chosen(fact: &Fact, clauses: &[Clause<'_>]) -> Option<String> {
    let options = |text: &str| {
        let is_it = |name: &&String| {
            let words = fact.options.get(*name).into_iter();
            let mut words = words.flat_map(|words| words.values().flatten());
            text.contains(' ') && words.any(|word| fold(word) == text)
        };
        fact.options.keys().find(is_it).cloned()
    };
    let said = clauses.iter().filter(|clause| clause.is_said());
    let bare = |clause: &Clause<'_>| {
        let is_option = |word: &&str| !BESIDE_OPTIONS.contains(word);
        let words = clause.folded.iter().map(String::as_str);
        words.filter(is_option).collect::<Vec<_>>().join(" ")
    };
    let mut found: Vec<String> = said.filter_map(|clause| options(&bare(clause))).collect();
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whether a clause holds a run of nothing but words of agreement to the rules, with nothing before
/// or behind that takes it back.
fn agrees_in_passing(clause: &Clause<'_>) -> bool {
    let is_plain = |word: &String| value::is_consent(word);
    let mut runs = clause.folded.split(|word| !is_plain(word));
    let is_whole = |run: &[String]| {
        let text = run.join(" ");
        let rules = ["regeln", "rules", "saeaennoet", "reglerna"];
        run.iter().any(|word| rules.contains(&word.as_str()))
            && run.iter().any(|word| FIRST_PERSON.contains(&word.as_str()))
            && value::agrees(&text)
    };
    clause.is_said() && clause.folded.len() > 6 && runs.any(is_whole) && !clause.has(&HEDGES)
}

/// Whether clauses that hold nothing but words of agreement agree to the rules.
fn agreed(clauses: &[Clause<'_>]) -> bool {
    if clauses.iter().any(agrees_in_passing) {
        return true;
    }
    let is_plain =
        |clause: &&Clause<'_>| clause.is_said() && value::is_consent(&clause.folded.join(" "));
    let is_about = |clause: &Clause<'_>| {
        let stems = ["regel", "rules", "saeaen", "regler"];
        clause.folded.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)))
    };
    clauses.iter().enumerate().any(|(at, clause)| {
        let rest = clauses.iter().skip(at).take_while(|one| one.sentence == clause.sentence);
        let run: Vec<&Clause<'_>> = rest.take_while(is_plain).collect();
        is_about(clause)
            && !run.is_empty()
            && run.iter().any(|one| value::agrees(&one.folded.join(" ")))
    }) || clauses.windows(2).any(|pair| match pair {
        // "The rules? I accept."
        [asks, answer] => {
            asks.asks
                && asks.words.len() <= 2
                && is_about(asks)
                && is_plain(&answer)
                && value::agrees(&answer.folded.join(" "))
        }
        _ => false,
    })
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
    let start = (0..sentence.words.len())
        .find_map(|at| CALLED.iter().find_map(|phrase| end_of(&sentence.folded, at, phrase)))?;
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

/// Whether a sentence without signs agrees in so many words.
fn agrees_unparted(sentence: &Sentence<'_>) -> bool {
    const IN_FULL: [&str; 7] = [
        "i agree to the rules",
        "i accept the rules",
        "mit den regeln bin ich einverstanden",
        "ich bin mit den regeln einverstanden",
        "hyvaeksyn saeaennoet",
        "saeaennoet hyvaeksyn",
        "jag godkaenner reglerna",
    ];
    if sentence.words.len() <= 18 {
        return false;
    }
    let text = format!(" {} ", sentence.text);
    let is_plain = |phrase: &str| {
        let Some((before, behind)) = text.split_once(&format!(" {phrase} ")) else { return false };
        let before = before.split(' ').next_back().unwrap_or_default();
        let mut behind = behind.split(' ').take(2);
        !HEDGES.contains(&before) && !behind.any(|word| HEDGES.contains(&word))
    };
    let inside = sentence.words.split_last().map(|(_, inside)| inside).unwrap_or_default();
    let is_unparted = inside.iter().all(|word| !word.ends_with([',', ';', ':', '.', '?']));
    is_unparted && IN_FULL.into_iter().any(is_plain)
}

/// Whether the author agrees, in the first person and without "if" and "when".
fn agrees(sentence: &Sentence<'_>) -> bool {
    let is_about = ["regel", "rules", "saeaen", "saeaent", "regler"];
    let is_rules =
        sentence.folded.iter().any(|word| is_about.iter().any(|stem| word.starts_with(stem)));
    if !is_rules {
        return false;
    }
    let says = sentence.has("bin") && sentence.has("einverstanden")
        || sentence.has("stimme ich") && sentence.has("zu")
        || sentence.has("ich stimme") && sentence.has("zu")
        || ["ich akzeptiere", "akzeptiere ich", "i agree to", "i accept", "hyvaeksyn"]
            .iter()
            .any(|phrase| sentence.has(phrase))
        || sentence.has("jag") && (sentence.has("godkaenner") || sentence.has("accepterar"));
    let quotes = |word: &&str| word.contains(['"', '„', '“', '”', '«', '»']);
    says && !sentence.is_hedged() && !sentence.words.iter().any(quotes)
}
