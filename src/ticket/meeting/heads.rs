//! Where results begin in a line: the numbers that something is said of.
//!
//! Deliberately absent: what is said of them (`clause`).

use crate::ticket::meeting::clause::{Token, between, clause, tokens};
use crate::ticket::meeting::minutes::Target;
use crate::ticket::meeting::result_words::{ABSTAIN, FILLERS, NO, OR, PLACES, REQUESTS, YES};
use crate::ticket::tally::Verdict;
use crate::types::TicketId;

/// Where a result begins in a line: what for, and the words about it.
pub(super) struct Head<'l> {
    pub(super) targets: Vec<Target>,
    pub(super) verdict: Option<Verdict>,
    pub(super) rest: &'l str,
}

/// The results of a line. A number in the midst counts where it stands on the agenda and a result
/// is said of it.
pub(super) fn heads<'l>(line: &'l str, items: &[TicketId]) -> Vec<Head<'l>> {
    let begin = line.trim_start_matches(['-', '*', '\u{2022}', ' ']);
    let unmarked = begin.strip_prefix(['!', '\u{ff01}']);
    let is_marked = unmarked.is_some();
    let begin = unmarked.unwrap_or(begin);
    let words = tokens(begin);
    let is_item =
        |token: &Token| token.digits().is_some_and(|number| items.contains(&TicketId(number)));
    let Some(first) = words.first() else { return Vec::new() };
    let verdict = first.verdict();
    let lead = usize::from(verdict.is_some() || first.is(&PLACES) || first.is(&REQUESTS));
    let mut heads = Vec::new();
    let mut at = lead;
    if words.get(lead).is_some_and(|token| token.digits().is_some()) {
        let (targets, next) = targets(&words, lead, items, first.is(&PLACES));
        at = next;
        let end = next_head(&words, at, &is_item).unwrap_or(words.len());
        let rest = between(begin, &words, at, end);
        let is_said = clause(rest, verdict).verdict.is_some();
        let is_on = words.get(lead).is_some_and(&is_item);
        if is_said || is_marked || is_on {
            heads.push(Head { targets, verdict, rest });
        }
        at = end;
    }
    while let Some(next) = next_head(&words, at, &is_item) {
        let (targets, behind) = targets(&words, next, items, false);
        let end = next_head(&words, behind, &is_item).unwrap_or(words.len());
        heads.push(Head { targets, verdict: None, rest: between(begin, &words, behind, end) });
        at = end;
    }
    heads
}

/// The next number of the agenda of which a result is said, before another such number.
fn next_head(words: &[Token], from: usize, is_item: &impl Fn(&Token) -> bool) -> Option<usize> {
    (from..words.len()).find(|at| {
        let Some(token) = words.get(*at).filter(|token| is_item(token)) else { return false };
        let is_vote = at
            .checked_sub(1)
            .and_then(|before| words.get(before))
            .is_some_and(|before| before.digits().is_some() || before.is(FILLERS));
        let behind = words.get(at + 1..).unwrap_or_default();
        let until = behind.iter().take_while(|token| !is_item(token)).take(6);
        let is_labeled = behind.first().is_some_and(|next| {
            next.is(YES)
                || next.is(NO)
                || next.is(ABSTAIN)
                || next.begin == token.end + 1 && next.digits().is_some()
        });
        let joined = behind.iter().skip_while(|token| is_item(token) || token.is(&OR)).take(4);
        let is_said = until.into_iter().chain(joined).any(|token| token.verdict().is_some());
        is_said
            && !is_labeled
            && !(is_vote && words.get(at - 1).is_some_and(|w| w.digits().is_some()))
    })
}

/// The targets that begin at a word, and the first word behind them.
fn targets(
    words: &[Token],
    from: usize,
    items: &[TicketId],
    is_place: bool,
) -> (Vec<Target>, usize) {
    let mut targets = Vec::new();
    let mut at = from;
    while let Some(number) = words.get(at).and_then(Token::digits) {
        let is_item = items.contains(&TicketId(number));
        if !targets.is_empty() && !is_item {
            break;
        }
        targets.push(match u16::try_from(number) {
            Ok(place) if is_place && !is_item => Target::Position(place),
            _ => Target::Ticket(TicketId(number)),
        });
        at += 1;
        let is_and = words.get(at).is_some_and(|word| word.is(&OR));
        let next = at + usize::from(is_and);
        let goes_on = words
            .get(next)
            .and_then(Token::digits)
            .is_some_and(|number| items.contains(&TicketId(number)));
        if !goes_on {
            break;
        }
        at = next;
    }
    (targets, at)
}
