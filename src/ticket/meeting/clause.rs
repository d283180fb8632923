//! What a few words say of one request: a result, votes, where a reason begins.
//!
//! Deliberately absent: for which request they are (`minutes`), the words (`result_words`).

use crate::ticket::meeting::result_words::{
    ABSTAIN, ACCEPTED, FILLERS, NO, NOT, NUMBERS, OR, POSTPONED, REJECTED, THANKS, UNANIMOUS, YES,
};
use crate::ticket::procedure::fold::fold;
use crate::ticket::tally::{Verdict, Votes};
use crate::types::typo::distance;

pub(super) fn is_in(table: &[&str], folded: &str) -> bool {
    table.iter().any(|word| fold(word) == folded)
}

/// A word of a line, folded, and where it stands.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) word: String,
    pub(super) begin: usize,
    pub(super) end: usize,
}

impl Token {
    pub(super) fn digits(&self) -> Option<u64> {
        self.word.parse().ok()
    }

    fn number(&self) -> Option<u16> {
        let named = NUMBERS.iter().find(|(names, _)| is_in(names, &self.word));
        self.word.parse().ok().or_else(|| named.map(|(_, number)| *number))
    }

    pub(super) fn is(&self, table: &[&str]) -> bool {
        is_in(table, &self.word)
    }

    pub(super) fn verdict(&self) -> Option<Verdict> {
        let near = |name: &&&str| {
            let name = fold(name);
            let most = usize::from(name.len() >= 8);
            distance(&self.word, &name, most).is_some()
        };
        [
            (ACCEPTED, Verdict::Accepted),
            (REJECTED, Verdict::Rejected),
            (POSTPONED, Verdict::Postponed),
        ]
        .into_iter()
        .find(|(table, _)| self.is(table))
        .or_else(|| {
            [(ACCEPTED, Verdict::Accepted), (REJECTED, Verdict::Rejected)]
                .into_iter()
                .find(|(table, _)| table.iter().any(|name| near(&name)))
        })
        .map(|(_, verdict)| verdict)
    }
}

pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut begin = None;
    let ends = text.char_indices().chain([(text.len(), ' ')]);
    for (at, c) in ends {
        if c.is_alphanumeric() {
            begin = begin.or(Some(at));
        } else if let Some(from) = begin.take() {
            let word = fold(text.get(from..at).unwrap_or_default());
            tokens.push(Token { word, begin: from, end: at });
        }
    }
    tokens
}

/// The text from a word to before another.
pub(super) fn between<'l>(text: &'l str, words: &[Token], from: usize, to: usize) -> &'l str {
    let begin = from.checked_sub(1).and_then(|before| words.get(before)).map_or(0, |word| word.end);
    let end =
        if to >= words.len() { text.len() } else { words.get(to).map_or(0, |word| word.begin) };
    text.get(begin..end).unwrap_or_default()
}

/// What is said of one request.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Clause {
    pub(super) verdict: Option<Verdict>,
    pub(super) is_unclear: bool,
    pub(super) votes: Option<Votes>,
    /// Where the reason begins.
    pub(super) reason: Option<usize>,
}

pub(super) fn clause(text: &str, given: Option<Verdict>) -> Clause {
    let words = tokens(text);
    let mut clause = Clause { verdict: given, ..Clause::default() };
    let mut behind = 0;
    if given.is_none() {
        match words.iter().position(|word| word.verdict().is_some()) {
            Some(at) => {
                let before = at.checked_sub(1).and_then(|before| words.get(before));
                let is_negated = before.is_some_and(|before| before.is(&NOT));
                let said = words.get(at).and_then(Token::verdict);
                clause.verdict = match (said, is_negated) {
                    (Some(Verdict::Accepted), true) => Some(Verdict::Rejected),
                    (said, _) => said,
                };
                clause.is_unclear = is_negated && said != Some(Verdict::Accepted);
                let next = words.get(at + 1).filter(|next| next.is(&OR));
                clause.is_unclear |= next
                    .and_then(|_| words.get(at + 2)?.verdict())
                    .is_some_and(|other| clause.verdict != Some(other));
                clause.votes = votes_of(between(text, &words, 0, at));
                behind = at + 1;
            }
            None => {
                clause.verdict = match words.as_slice() {
                    [one] if one.is(YES) => Some(Verdict::Accepted),
                    [one] if one.is(NO) => Some(Verdict::Rejected),
                    _ => None,
                };
                if clause.verdict.is_some() {
                    return clause;
                }
            }
        }
    }
    let mut last = behind;
    for (at, word) in words.iter().enumerate().skip(behind) {
        let counts = word.number().is_some() || word.is(YES) || word.is(NO) || word.is(ABSTAIN);
        if counts || word.is(UNANIMOUS) {
            last = at + 1;
        } else if !word.is(FILLERS) {
            break;
        }
    }
    let votes = votes_of(between(text, &words, behind, last));
    let is_unanimous =
        words.get(behind..last).is_some_and(|some| some.iter().any(|word| word.is(UNANIMOUS)));
    clause.votes = clause.votes.or(votes);
    let behind = if votes.is_some() || is_unanimous { last } else { behind };
    clause.reason = words.get(behind).map(|word| word.begin).filter(|begin| {
        let words = fold(text.get(*begin..).unwrap_or_default());
        !THANKS.iter().any(|thanks| words == *thanks || words.starts_with(&format!("{thanks} an ")))
    });
    let asks = text.trim_end().ends_with('?');
    clause.is_unclear |=
        asks && (clause.reason.is_none() || clause.verdict != Some(Verdict::Rejected));
    clause
}

/// `7:2:1`, `7 zu 2, eine Enthaltung`, `7 yes 2 no 1 abstain`, `ja 7, nein 2`.
#[must_use]
pub(super) fn votes_of(text: &str) -> Option<Votes> {
    let words = tokens(text);
    let label = |word: &Token| [YES, NO, ABSTAIN].iter().position(|table| word.is(table));
    let is_vote = |word: &Token| {
        label(word).is_some() || word.number().is_some() || word.is(FILLERS) || word.is(UNANIMOUS)
    };
    if !words.iter().all(is_vote) {
        return None;
    }
    let first = words.iter().find(|word| label(word).is_some() || word.number().is_some())?;
    let labels_first = label(first).is_some();
    let mut found: [Option<u16>; 3] = [None; 3];
    let mut loose = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let Some(number) = word.number().filter(|_| label(word).is_none()) else { continue };
        let beside = if labels_first { at.checked_sub(1) } else { Some(at + 1) };
        let skipped = |at: usize| match words.get(at) {
            Some(word) if !labels_first && word.is(&["stimmen", "votes", "stimme", "vote"]) => {
                at + 1
            }
            _ => at,
        };
        let named = beside.map(skipped).and_then(|beside| words.get(beside)).and_then(&label);
        match named.and_then(|named| found.get_mut(named)) {
            Some(slot) if slot.is_none() => *slot = Some(number),
            _ => loose.push(number),
        }
    }
    if loose.len() == 1 && found.iter().all(Option::is_none) {
        return None;
    }
    let mut loose = loose.into_iter();
    for slot in &mut found {
        if slot.is_none() {
            *slot = loose.next();
        }
    }
    let [yes, no, abstain] = found;
    let is_given = (yes.is_some() || no.is_some()) && loose.next().is_none();
    is_given.then(|| Votes {
        yes: yes.unwrap_or_default(),
        no: no.unwrap_or_default(),
        abstain: abstain.unwrap_or_default(),
    })
}
