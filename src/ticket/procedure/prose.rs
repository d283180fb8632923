//! Facts in free words, where they are clear: "ich heiße Anna Muster", "the user name rsample".
//!
//! A sentence that asks, denies or puts off gives nothing: what is not read is asked for, what is
//! read wrongly would stand. Deliberately absent: anything behind a label (`label`).

use crate::desk::Register;
use crate::desk::labels::Label;
use crate::desk::procedure::{Fact, FactType, Procedure};
use crate::ticket::procedure::clause::{Clause, clauses_of, words_of};
use crate::ticket::procedure::fold::{fold, folds_to};
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::names::{self, Writer};
use crate::ticket::procedure::names_words::{I_AM, OWN_NAME};
use crate::ticket::procedure::prose_words::{AGREED, HEDGES};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::token::{Paragraph, Token, paragraphs};
use crate::ticket::procedure::{handle, recant, spoken, told, value, value_date};

/// One sentence.
struct Sentence<'t, 'a> {
    words: &'t [Token<'a>],
    /// The lists that any of its words stands in.
    all: Lists,
}

impl<'t, 'a> Sentence<'t, 'a> {
    fn of(words: &'t [Token<'a>]) -> Self {
        let all = words.iter().fold(Lists::default(), |all, word| all.and(word.lists));
        Self { words, all }
    }

    fn folded(&self, from: usize) -> impl Iterator<Item = &'t str> {
        self.words.iter().skip(from).map(|word| word.folded.as_str())
    }

    /// Its folded words with one space between.
    fn text(&self) -> String {
        self.folded(0).collect::<Vec<_>>().join(" ")
    }

    fn corrects(&self) -> bool {
        self.all.has(Lists::CORRECTS)
    }
}

/// Whether whole words of a folded text are this phrase.
fn has(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let (before, rest) = text.split_at_checked(at).unwrap_or_default();
        let behind = rest.strip_prefix(phrase).unwrap_or_default();
        (before.is_empty() || before.ends_with(' '))
            && (behind.is_empty() || behind.starts_with(' '))
    })
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
    let mut all = paragraphs(words.subject);
    let own = all.len();
    all.extend(paragraphs(words.text));
    let sentences = all.get(own..).unwrap_or_default();
    let mut found = by_sentence(request, register, words.text, sentences);
    for told in by_clause(request, register, words, all) {
        if !found.iter().any(|one| one.fact.name == told.fact.name) {
            found.push(told);
        }
    }
    found
}

/// What sentences of a known form give.
fn by_sentence<'a>(
    request: &'a Request,
    register: &Register,
    words: &str,
    paragraphs: &[Paragraph<'_>],
) -> Vec<Told<'a>> {
    let facts = &request.procedure.facts;
    let mut found: Vec<Told<'_>> = Vec::new();
    let asked = request.asked.as_ref().map(|(asked, _)| asked.as_slice()).unwrap_or_default();
    // A line of its own answers where agreement was asked for.
    let agrees_alone = || words.lines().any(|line| AGREED.contains(&fold(line).as_str()));
    let is_consent = |fact: &&Fact| fact.kind == FactType::Consent && asked.contains(&fact.name);
    if let Some(fact) = facts.iter().find(is_consent).filter(|_| agrees_alone()) {
        found.push(Told { fact, value: "yes".to_owned(), corrects: false, is_fit: true });
    }
    for sentence in sentences(paragraphs) {
        let mut names = called(&sentence).into_iter().flatten();
        for fact in facts {
            let value = match fact.kind {
                FactType::Name => names.next().or_else(|| renamed(fact, &sentence)),
                FactType::Consent => {
                    (agrees(&sentence) || agrees_unparted(&sentence)).then(|| "yes".to_owned())
                }
                _ => spoken::read(request, register, fact, sentence.words),
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
    words: &Words<'_>,
    paragraphs: Vec<Paragraph<'_>>,
) -> Vec<Told<'a>> {
    let facts = &request.procedure.facts;
    let (clauses, writer) = (clauses_of(paragraphs), &words.writer);
    let text = || format!("{}\n\n{}", words.subject, words.text);
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
    let pieces = names::Pieces::of(names.iter().map(String::as_str));
    let known = handle::Known { request, register, names: &names, pieces };
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
            FactType::Text => told::read(&request.procedure, fact, &text, &clauses),
            FactType::Consent => agreed(&clauses).then(|| "yes".to_owned()),
            FactType::Choice => chosen(fact, &clauses),
            FactType::Date => dated(&request.procedure, fact, &clauses),
            FactType::Number => counted(&request.procedure, fact, &clauses),
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
            let day =
                (1..=rest.len()).find_map(|count| value_date::date(&rest.get(..count)?.join(" ")));
            found.extend(day.map(|day| day.to_string()));
        }
    }
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// The only number of the clauses that name a label of the fact.
fn counted(procedure: &Procedure, fact: &Fact, clauses: &[Clause<'_>]) -> Option<String> {
    let is_named = |clause: &&Clause<'_>| !handle::labels_in(procedure, fact, clause).is_empty();
    let named = clauses.iter().filter(|clause| clause.is_said()).filter(is_named);
    let mut numbers =
        named.flat_map(|clause| &clause.words).filter_map(|word| word.parse::<u32>().ok());
    let first = numbers.next()?;
    numbers.next().is_none().then(|| first.to_string())
}

/// Words around an option that leave it as it is: "but read only is plenty, please".
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
            text.contains(' ') && words.any(|word| folds_to(word, text))
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
    if !clause.is_said() || clause.folded.len() <= 6 || clause.has(Lists::HEDGES) {
        return false;
    }
    let words: Vec<(&str, Lists)> = clause.folded().collect();
    let mut runs = words.split(|(word, lists)| !is_consent(word, *lists));
    runs.any(|run| {
        let rules = ["regeln", "rules", "saeaennoet", "reglerna"];
        run.iter().any(|(word, _)| rules.contains(word))
            && run.iter().any(|(_, lists)| lists.has(Lists::FIRST_PERSON))
            && run.iter().any(|(word, _)| value::agrees(word))
    })
}

/// Whether a folded word is one that people agree with.
fn is_consent(word: &str, lists: Lists) -> bool {
    lists.has(Lists::CONSENT) || (word.contains(' ') && value::is_consent(word))
}

/// Whether clauses that hold nothing but words of agreement agree to the rules.
fn agreed(clauses: &[Clause<'_>]) -> bool {
    if clauses.iter().any(agrees_in_passing) {
        return true;
    }
    let is_plain = |clause: &&Clause<'_>| {
        clause.is_said() && clause.folded().all(|(word, lists)| is_consent(word, lists))
    };
    let agrees = |clause: &Clause<'_>| clause.folded.iter().any(|word| value::agrees(word));
    let is_about = |clause: &Clause<'_>| {
        let stems = ["regel", "rules", "saeaen", "regler"];
        clause.folded.iter().any(|word| stems.iter().any(|stem| word.starts_with(stem)))
    };
    clauses.iter().enumerate().filter(|(_, clause)| is_about(clause)).any(|(at, clause)| {
        let rest = clauses.iter().skip(at).take_while(|one| one.sentence == clause.sentence);
        rest.take_while(is_plain).any(agrees)
    }) || clauses.windows(2).any(|pair| match pair {
        // "The rules? I accept."
        [asks, answer] => {
            asks.asks
                && asks.words.len() <= 2
                && is_about(asks)
                && is_plain(&answer)
                && agrees(answer)
        }
        _ => false,
    })
}

/// Sentences that are no questions.
fn sentences<'t, 'a>(paragraphs: &'t [Paragraph<'a>]) -> Vec<Sentence<'t, 'a>> {
    let mut sentences = Vec::new();
    for paragraph in paragraphs {
        let mut start = 0;
        for (at, word) in paragraph.iter().enumerate() {
            let is_question = word.written.ends_with('?');
            if !is_question && word.written.ends_with(['.', '!']) {
                sentences.extend(paragraph.get(start..=at));
            }
            if is_question || word.written.ends_with(['.', '!']) {
                start = at + 1;
            }
        }
        sentences.extend(paragraph.get(start..).filter(|words| !words.is_empty()));
    }
    sentences.into_iter().map(Sentence::of).collect()
}

/// First and last name behind "my name is", where both are there.
fn called(sentence: &Sentence<'_, '_>) -> Option<[String; 2]> {
    if !sentence.all.has(Lists::CALLED) {
        return None;
    }
    let end = |at: usize, phrase: &&str| Some(at + words_of(sentence.folded(at), phrase)?);
    let start = (0..sentence.words.len())
        .find_map(|at| OWN_NAME.iter().chain(&I_AM).find_map(|phrase| end(at, phrase)))?;
    let mut names: Vec<String> = Vec::new();
    for word in sentence.words.iter().skip(start).map(|word| word.written) {
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
fn renamed(fact: &Fact, sentence: &Sentence<'_, '_>) -> Option<String> {
    if !sentence.corrects() {
        return None;
    }
    let end = |at: usize| {
        let is_here = |label: &&Label| {
            let words = sentence.words.get(at..at + label.words).unwrap_or_default();
            let here: Vec<&str> = words.iter().map(|word| word.folded.as_str()).collect();
            !words.is_empty() && here.join(" ") == label.folded
        };
        // "Name" alone may be either.
        let label = fact.labels().iter().filter(|label| label.folded != "name").find(is_here)?;
        Some(at + label.words)
    };
    let start = (0..sentence.words.len()).find_map(end)?;
    let is = ["is", "ist", "lautet", "on", "aer", "heisst", "should", "be", "soll", "sein"];
    let mut rest = sentence.words.iter().enumerate().skip(start);
    let at = rest.find(|(_, word)| !is.contains(&word.folded.as_str()))?.0;
    let bare = sentence.words.get(at)?.written.trim_end_matches([',', '.', '!', ';']);
    let is_name = bare.starts_with(char::is_uppercase)
        && bare.chars().all(|c| c.is_alphabetic() || c == '-')
        && at > start;
    is_name.then(|| bare.to_owned())
}

/// Whether a sentence without signs agrees in so many words.
fn agrees_unparted(sentence: &Sentence<'_, '_>) -> bool {
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
    let inside = sentence.words.split_last().map(|(_, inside)| inside).unwrap_or_default();
    if inside.iter().any(|word| word.written.ends_with([',', ';', ':', '.', '?'])) {
        return false;
    }
    let text = format!(" {} ", sentence.text());
    let is_plain = |phrase: &str| {
        let Some((before, behind)) = text.split_once(&format!(" {phrase} ")) else { return false };
        let before = before.split(' ').next_back().unwrap_or_default();
        let mut behind = behind.split(' ').take(2);
        !HEDGES.contains(&before) && !behind.any(|word| HEDGES.contains(&word))
    };
    IN_FULL.into_iter().any(is_plain)
}

/// Whether the author agrees, in the first person and without "if" and "when".
fn agrees(sentence: &Sentence<'_, '_>) -> bool {
    let is_about = ["regel", "rules", "saeaen", "saeaent", "regler"];
    let is_rules = |word: &Token<'_>| is_about.iter().any(|stem| word.folded.starts_with(stem));
    if sentence.all.has(Lists::HEDGES) || !sentence.words.iter().any(is_rules) {
        return false;
    }
    let text = sentence.text();
    let has = |phrase: &str| has(&text, phrase);
    let says = has("bin") && has("einverstanden")
        || has("stimme ich") && has("zu")
        || has("ich stimme") && has("zu")
        || ["ich akzeptiere", "akzeptiere ich", "i agree to", "i accept", "hyvaeksyn"]
            .iter()
            .any(|phrase| has(phrase))
        || has("jag") && (has("godkaenner") || has("accepterar"));
    let quotes = |word: &Token<'_>| word.written.contains(['"', '„', '“', '”', '«', '»']);
    says && !sentence.words.iter().any(quotes)
}
