//! Whose request it is, in free words: "Gareth Pugh here", "an account for our treasurer Jo Doe".
//!
//! A name that only might be the right one is not taken: who is named in passing gets nothing.
//! Deliberately absent: names behind a label and a colon (`label`).

use crate::desk::labels::plain;
use crate::desk::procedure::{Fact, FactType};
use crate::ticket::procedure::clause::Clause;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::lists::Lists;
use crate::ticket::procedure::names_words::{
    ACCESS, CALLED_AFTER, FOR_US, HERE, NAMED, OWN_NAME, THERE,
};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::stance_words::GREETINGS;
use crate::ticket::procedure::{label, table};

/// Letters of a user name that show whose it is.
const PIECES_CHARS_MIN: usize = 4;
/// Letters of its longest piece.
const PIECE_CHARS_MIN: usize = 3;
/// Words of a name.
const RUN_WORDS: std::ops::RangeInclusive<usize> = 2..=4;

/// What is known of who wrote, beside the words.
#[derive(Debug, Clone, Default)]
pub(super) struct Writer {
    /// The name in the head of the mail.
    pub(super) name: String,
    /// Names that stand behind labels.
    pub(super) names: Vec<String>,
    /// User names that stand behind labels.
    pub(super) handles: Vec<String>,
    /// Folded words below the leave, and of lines that are nothing but a name.
    pub(super) signed: Vec<String>,
    /// The whole name right below the leave.
    pub(super) signature: Option<String>,
}

impl Writer {
    /// Whether a name stands in the head of the mail or below it.
    fn is_called(&self, name: &str) -> bool {
        let head = fold(&self.name);
        fold(name).split(' ').any(|word| self.signed.iter().any(|one| one == word))
            || fold(name).split(' ').all(|word| head.split(' ').any(|one| one == word))
    }
}

/// A name in a clause.
struct Run {
    start: usize,
    end: usize,
    name: String,
}

impl Run {
    /// The name in the head of the mail, where this one begins with it: "I am Eetu Malli
    /// Haukiputaalta".
    fn cut_to(self, head: &str) -> Self {
        let is_whole = head.split_whitespace().count() >= *RUN_WORDS.start();
        let rest = self.name.strip_prefix(head).filter(|rest| rest.starts_with(' '));
        match rest.map(|rest| rest.split_whitespace().count()).filter(|_| is_whole) {
            Some(count) => Self { end: self.end - count, name: head.to_owned(), ..self },
            None => self,
        }
    }
}

/// First and last name of whose request it is.
pub(super) fn whose(clauses: &[Clause<'_>], writer: &Writer) -> Option<[String; 2]> {
    let is_usable = |clause: &&Clause<'_>| clause.is_said() || clause.asks;
    let is_handled = |name: &String| {
        let folded = fold(name);
        let names = Pieces::of(folded.split(' '));
        has_handle_of(clauses, name) || writer.handles.iter().any(|one| names.make(one))
    };
    let speaks_of_others = speaks_of_others(clauses);
    let mut own: Vec<String> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    let mut rows: Vec<String> = Vec::new();
    for clause in clauses.iter().filter(is_usable) {
        for run in runs(clause).into_iter().map(|run| run.cut_to(&writer.name)) {
            let is_shown = || writer.is_called(&run.name) || is_handled(&run.name);
            let is_told = is_strong(clause, &run) || is_announced(clauses, clause, &run);
            if is_told || (is_weak(clause, &run) && is_shown()) {
                own.push(run.name);
            } else if let Some(name) = for_whom(clause, &run, (clauses, speaks_of_others)) {
                others.push(name);
            } else if run.start == 0 && run.end == clause.words.len() && is_handled(&run.name) {
                rows.push(run.name);
            }
        }
    }
    if is_small(clauses) {
        own.extend(dictated(clauses));
    }
    for names in [&mut own, &mut others, &mut rows] {
        names.dedup();
    }
    let name = match (own.as_slice(), others.as_slice(), rows.as_slice()) {
        ([], [one], _) | ([one], [], _) | ([], [], [one]) => one.clone(),
        // Who introduces himself and asks for somebody else asks for that one.
        ([_], [one], _) if speaks_of_others => one.clone(),
        ([], [], []) => signed(clauses, writer).filter(|_| !speaks_of_others)?,
        _ => return None,
    };
    first_and_last(&name)
}

/// The name of who wrote: what the head of the mail and its end agree on, or what stands below the
/// leave where the head has no whole name.
fn signed(clauses: &[Clause<'_>], writer: &Writer) -> Option<String> {
    let is_plain = |word: &str| is_name(word) && !word.contains('.');
    let words: Vec<&str> = writer.name.split_whitespace().collect();
    let is_own = clauses.iter().any(|clause| clause.has(Lists::SELF));
    if words.len() < *RUN_WORDS.start() {
        return writer.signature.clone().filter(|_| is_own);
    }
    let is_whole = words.len() == 2
        && words.iter().all(|word| is_plain(word))
        && words.iter().all(|word| writer.signed.contains(&fold(word)));
    (is_whole && is_own).then(|| writer.name.clone())
}

/// Whether a mail speaks of somebody else who is to get something.
fn speaks_of_others(clauses: &[Clause<'_>]) -> bool {
    let is_for_ours = |clause: &Clause<'_>| {
        let mut pairs = clause.lists.iter().zip(clause.lists.iter().skip(1));
        let is_for = |(one, next): (&Lists, &Lists)| one.has(Lists::FOR) && next.has(Lists::OURS);
        (clause.has(Lists::FOR) && pairs.any(is_for))
            || clause.folded.iter().any(|word| FOR_US.iter().any(|end| word.ends_with(end)))
    };
    clauses.iter().any(|clause| clause.has(Lists::OTHERS) || is_for_ours(clause))
}

fn first_and_last(name: &str) -> Option<[String; 2]> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let is_particle = |word: &&str| word.starts_with(char::is_lowercase);
    let at = words.iter().skip(1).position(is_particle).map_or(words.len() - 1, |at| at + 1);
    let (first, last) = words.split_at_checked(at)?;
    (!first.is_empty()).then(|| [first.join(" "), last.join(" ")])
}

/// Whether a word is written as names are.
pub(super) fn is_name(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(char::is_uppercase)
        && word.chars().any(char::is_lowercase)
        && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '\u{2019}'))
}

/// Words in capitals that stand together, particles between them included.
fn runs(clause: &Clause<'_>) -> Vec<Run> {
    let mut runs = Vec::new();
    let mut start = 0;
    while start < clause.words.len() {
        let mut end = start;
        while let Some(word) = clause.words.get(end) {
            let is_particle = end > start && table::is_particle(word);
            if !is_name(word) && !is_particle {
                break;
            }
            end += 1;
        }
        // One word is no whole name, however it is cut.
        if end - start < *RUN_WORDS.start() {
            start = end.max(start + 1);
            continue;
        }
        start = begun(clause, start, end);
        let mut run = clause.words.get(start..end).unwrap_or_default();
        while run.last().is_some_and(|word| table::is_particle(word)) {
            run = run.get(..run.len() - 1).unwrap_or_default();
        }
        let (from, run) = without_noun(clause, start, run);
        if RUN_WORDS.contains(&run.len()) {
            runs.push(Run { start: from, end: from + run.len(), name: run.join(" ") });
        }
        start = end.max(start + 1);
    }
    runs
}

/// Where a name begins behind words that only stand in capitals because a sentence begins.
fn begun(clause: &Clause<'_>, start: usize, end: usize) -> usize {
    let lists = Lists::NAMED.and(Lists::HERE).and(Lists::GREETINGS);
    let ends = || {
        let phrases = OWN_NAME.iter().chain(&NAMED).chain(&HERE).chain(&GREETINGS);
        let ends = phrases.filter_map(|phrase| clause.behind(phrase));
        ends.filter(|at| start < *at && *at < end).max()
    };
    let start = if clause.has(lists) { ends() } else { None }.unwrap_or(start);
    let small = [Lists::OURS, Lists::IS, Lists::WISHED, Lists::COMMON];
    let small = small.into_iter().fold(Lists::FOR, Lists::and);
    let is_word = |(word, lists): &(&str, Lists)| {
        lists.has(small) || ACCESS.iter().any(|stem| word.starts_with(stem))
    };
    start + clause.folded().take(end).skip(start).take_while(is_word).count()
}

/// The name without the noun before it, which German writes with a capital: "unsere neue Kollegin
/// Jo Doe".
fn without_noun<'a, 'b>(
    clause: &Clause<'_>,
    start: usize,
    run: &'b [&'a str],
) -> (usize, &'b [&'a str]) {
    let before = start.checked_sub(1).and_then(|at| clause.folded.get(at));
    let is_noun = before.is_some_and(|word| {
        let is_joint = clause.lists_at(start - 1).has(Lists::FOR.and(Lists::IS));
        let is_article = table::is_particle(word) || ["ich", "i", "mit", "nach"].contains(&&**word);
        !is_joint && !is_article
    });
    let is_title = run.first().is_some_and(|word| ["Herr", "Herrn", "Frau"].contains(word));
    match run.split_first() {
        Some((_, rest)) if run.len() > 2 && (is_noun || is_title) => (start + 1, rest),
        _ => (start, run),
    }
}

/// Whether words around a name say that it is the one.
fn is_strong(clause: &Clause<'_>, run: &Run) -> bool {
    let is_before = clause.has(Lists::NAMED)
        && OWN_NAME
            .iter()
            .chain(&NAMED)
            .any(|phrase| clause.behind(phrase).is_some_and(|end| end == run.start));
    let is_behind = || {
        let behind = clause.folded.get(run.end..).unwrap_or_default().join(" ");
        CALLED_AFTER.iter().any(|phrase| behind.starts_with(phrase))
    };
    is_before || (clause.lists_at(run.end).has(Lists::CALLED_AFTER) && is_behind())
}

/// Whether words around a name say so that also mean other things: "ich bin Erste Vorsitzende".
fn is_weak(clause: &Clause<'_>, run: &Run) -> bool {
    let is_before = clause.has(Lists::HERE)
        && HERE.iter().any(|phrase| clause.behind(phrase).is_some_and(|end| end == run.start));
    let next = clause.folded.get(run.end).map(String::as_str).unwrap_or_default();
    is_before || (["hier", "here", "taessae", "haer"].contains(&next) && run.start == 0)
}

/// Whether the clause before says that now a name comes: "Ich bins, der Jo Doe".
fn is_announced(clauses: &[Clause<'_>], clause: &Clause<'_>, run: &Run) -> bool {
    let is_here = |one: &Clause<'_>| {
        one.sentence == clause.sentence
            && one.lists_at(0).has(Lists::THERE)
            && THERE.contains(&one.folded.join(" ").as_str())
    };
    run.start <= 1
        && clauses.windows(2).any(|pair| match pair {
            [before, here] => std::ptr::eq(here, clause) && is_here(before),
            _ => false,
        })
}

/// The name behind "for", where something is to be set up.
fn for_whom(
    clause: &Clause<'_>,
    run: &Run,
    (clauses, speaks_of_others): (&[Clause<'_>], bool),
) -> Option<String> {
    let is_about = |one: &Clause<'_>| {
        one.sentence == clause.sentence
            && one.folded.iter().any(|word| ACCESS.iter().any(|stem| word.starts_with(stem)))
    };
    let is_access = || clauses.iter().any(is_about);
    let is_for = run.start > 0 && clause.lists_at(run.start - 1).has(Lists::FOR);
    let ours =
        clause.folded().take(run.start).skip(run.start.saturating_sub(4)).any(|(word, lists)| {
            lists.has(Lists::OURS) || FOR_US.iter().any(|end| word.ends_with(end))
        });
    let is_others = speaks_of_others && clause.is_said();
    if let Some(plain) = unbent(&run.name, clauses) {
        return (ours || is_access()).then_some(plain);
    }
    ((ours && is_others) || ((is_for || ours) && is_access())).then(|| run.name.clone())
}

/// A Finnish name for whom something is: "Eero Lampiselle".
fn unbent(name: &str, clauses: &[Clause<'_>]) -> Option<String> {
    let (first, last) = name.rsplit_once(' ')?;
    if let Some(stem) = last.strip_suffix("selle") {
        return Some(format!("{first} {stem}nen"));
    }
    let stem = last.strip_suffix("lle").filter(|stem| !stem.is_empty())?;
    let name = format!("{first} {stem}");
    has_handle_of(clauses, &name).then_some(name)
}

/// Whether a user name made of pieces of a name stands in a text.
fn has_handle_of(clauses: &[Clause<'_>], name: &str) -> bool {
    let folded = fold(name);
    let names = Pieces::of(folded.split(' '));
    let is_its =
        |word: &str, bare: &str| names.make(word) && !folded.split(' ').any(|one| one == bare);
    let words = clauses.iter().flat_map(|clause| clause.words.iter().zip(&clause.folded));
    { words }.any(|(word, folded)| is_its(word, folded))
}

/// The pieces of names that a user name may be made of.
pub(super) struct Pieces {
    /// Sorted, each once, also without umlauts.
    names: Vec<String>,
}

impl Pieces {
    /// The pieces of folded names.
    pub(super) fn of<'n, N: Iterator<Item = &'n str>>(names: N) -> Self {
        let mut names: Vec<String> = names
            .flat_map(|name| name.split([' ', '-']))
            .flat_map(|name| [name.to_owned(), plain(name)])
            .collect();
        names.sort();
        names.dedup();
        Self { names }
    }

    /// Whether a word in small letters is made of them: "ruewo" of Rüdiger Wollschläger.
    pub(super) fn make(&self, word: &str) -> bool {
        let is_sign = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'_' | b'-');
        let is_handle = word.bytes().all(|byte| byte.is_ascii_lowercase() || is_sign(byte));
        let first = word.bytes().find(u8::is_ascii_lowercase);
        // Most words begin like none of them.
        let is_begun = |name: &String| first.is_some() && name.bytes().next() == first;
        if !is_handle || !self.names.iter().any(is_begun) {
            return false;
        }
        let letters: String = word.chars().filter(char::is_ascii_lowercase).collect();
        letters.len() >= PIECES_CHARS_MIN && pieces(&letters, &self.names, 0, 3)
    }
}

/// Whether at most so many beginnings of names make these letters, one of them long.
fn pieces(letters: &str, names: &[String], longest: usize, most: usize) -> bool {
    if letters.is_empty() {
        return longest >= PIECE_CHARS_MIN;
    }
    let begun = |name: &String| {
        let same = letters.bytes().zip(name.bytes()).take_while(|(one, other)| one == other);
        let same = same.count();
        (1..=same).rev().any(|length| {
            letters
                .get(length..)
                .is_some_and(|rest| pieces(rest, names, longest.max(length), most - 1))
        })
    };
    most > 0 && names.iter().any(begun)
}

/// A name behind its label in a clause: "etunimeni on Saara", "Vorname Anna".
pub(super) fn labelled(request: &Request, fact: &Fact, clauses: &[Clause<'_>]) -> Option<String> {
    if fact.kind != FactType::Name {
        return None;
    }
    let is_small = is_small(clauses);
    let is_label = |word: &str| {
        let facts = label::single(&request.procedure, word);
        matches!(facts.as_slice(), [one] if one.name == fact.name)
    };
    let is_any_label = |word: &str| !label::single(&request.procedure, word).is_empty();
    let mut found: Vec<String> = Vec::new();
    for clause in clauses.iter().filter(|clause| clause.is_said()) {
        let is_here = |at: usize, count: usize| {
            let words = clause.folded.get(at..at + count);
            words.and_then(|words| label::may_be(fact, words)).is_some_and(|it| is_label(&it))
        };
        for at in 0..clause.folded.len() {
            let Some(length) = [2, 1].into_iter().find(|count| is_here(at, *count)) else {
                continue;
            };
            let rest = clause.lists.iter().skip(at + length);
            let between = rest.take_while(|lists| lists.has(Lists::IS)).count();
            let from = at + length + between;
            let word = clause.words.get(from).filter(|word| {
                is_name(word) || (is_small && word.chars().all(char::is_alphabetic))
            });
            // "Mac Giolla": a name goes on to the end of its clause, or to the next label.
            let rest = clause.words.get(from + 1..).unwrap_or_default();
            let goes_on = rest.len() < *RUN_WORDS.end()
                && rest.iter().all(|word| is_name(word) && !is_any_label(word));
            let rest = rest.iter().filter(|_| goes_on && !is_small).copied();
            found.extend(
                word.map(|word| {
                    [in_capitals(word)]
                        .into_iter()
                        .chain(rest.map(str::to_owned))
                        .collect::<Vec<_>>()
                })
                .map(|words| words.join(" ")),
            );
        }
    }
    found.dedup();
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whether a text is written, or was dictated, without any capital letter.
fn is_small(clauses: &[Clause<'_>]) -> bool {
    let mut words = clauses.iter().flat_map(|clause| clause.words.iter());
    words.all(|word| !word.chars().any(char::is_uppercase))
}

/// A name as it is written.
fn in_capitals(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Two small words that say who is there, of which a user name in the text is made: "it's jo doe".
fn dictated(clauses: &[Clause<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    let lists = Lists::HERE.and(Lists::NAMED).and(Lists::THERE);
    for clause in clauses.iter().filter(|clause| clause.is_said() && clause.has(lists)) {
        let cues = HERE.iter().chain(&OWN_NAME).chain(&NAMED).chain(&THERE);
        for at in cues.filter_map(|phrase| clause.behind(phrase)) {
            let rest = clause.words.get(at..).unwrap_or_default();
            let articles = rest.iter().take_while(|word| table::is_particle(word)).count();
            let articles = articles + usize::from(rest.first().is_some_and(|word| *word == "die"));
            let Some([first, last]) = rest.get(articles..articles + 2) else { continue };
            let name = format!("{} {}", in_capitals(first), in_capitals(last));
            if has_handle_of(clauses, &name) {
                found.push(name);
            }
        }
    }
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ticket::procedure::clause::clauses;

    fn of(text: &str, head: &str, signed: &str) -> Option<String> {
        let signed = fold(signed).split(' ').map(str::to_owned).collect();
        let writer = Writer { name: head.to_owned(), signed, ..Writer::default() };
        whose(&clauses(text), &writer).map(|names| names.join(" "))
    }

    #[test]
    fn name_is_found_where_it_is_said_whose() {
        for (text, head, signed, name) in [
            ("Ich bin Anna Muster und brauche Zugang.", "", "Anna", "Anna Muster"),
            ("Account please - Robin Sample, rsample, web", "", "", "Robin Sample"),
            (
                "Könntet ihr für unsere Kollegin Jo Muster einen Zugang anlegen?",
                "",
                "",
                "Jo Muster",
            ),
            ("An account for Robin Sample please.", "Jo Doe", "Jo", "Robin Sample"),
            ("Tunnus Eero Malliselle, kiitos.", "", "", "Eero Mallinen"),
            ("I need access.", "Robin Sample", "Robin Sample", "Robin Sample"),
            ("Mattias Holm heter jag.", "", "", "Mattias Holm"),
            ("Ich bins, der Jo Muster aus der Crew.", "", "", "Jo Muster"),
            ("hi it's mia muster here please give me the user name mmuster", "", "", "Mia Muster"),
        ] {
            assert_eq!(of(text, head, signed).as_deref(), Some(name), "{text}");
        }
    }

    #[test]
    fn who_is_named_in_passing_is_nobody() {
        for (text, head, signed) in [
            ("Ich bin Erste Vorsitzende der Crew.", "", "Anna"),
            ("Jo Beispiel hat mir das gesagt.", "", ""),
            ("I need access for our new member.", "Robin Sample", "Robin Sample"),
        ] {
            assert_eq!(of(text, head, signed), None, "{text}");
        }
    }

    #[test]
    fn user_names_show_whose_they_are() {
        let names = Pieces::of(["ruediger", "wollschlaeger"].into_iter());
        for word in ["ruewo", "rwollschlaeger", "r.wollschlager", "wolls77"] {
            assert!(names.make(word), "{word}");
        }
        for word in ["wo", "vorstand", "Wollschlaeger", "finanzen"] {
            assert!(!names.make(word), "{word}");
        }
    }
}
