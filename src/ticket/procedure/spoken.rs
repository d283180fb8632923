//! Values in free words that mark themselves: a quoted name behind "Queue", an address behind
//! "Adresse", a link where one paper lacks.
//!
//! Deliberately absent: values that need a whole sentence to be understood (`prose`).

use crate::desk::Register;
use crate::desk::procedure::{Fact, FactType};
use crate::ticket::procedure::request::Request;
use crate::ticket::procedure::token::Token;
use crate::ticket::procedure::value::{Reading, understand};
use crate::ticket::procedure::value_name::is_handle;
use crate::ticket::procedure::{label, proofs};

/// Marks around a quoted name.
const QUOTES: [char; 7] = ['"', '\u{201e}', '\u{201c}', '\u{201d}', '\u{ab}', '\u{bb}', '\''];

/// Words between "queue" and its quoted name.
const BETWEEN: [&str; 20] = [
    "soll",
    "sollte",
    "wuerde",
    "koennte",
    "heisst",
    "namens",
    "mit",
    "dem",
    "namen",
    "should",
    "be",
    "called",
    "named",
    "with",
    "the",
    "name",
    "nimeltaeaen",
    "nimi",
    "som",
    "heter",
];

/// Words by which a name is only an idea.
const VAGUE: [&str; 4] = ["oder", "or", "tai", "eller"];

/// What one sentence of plain words gives for a fact, as it is written.
pub(super) fn read(
    request: &Request,
    register: &Register,
    fact: &Fact,
    words: &[Token<'_>],
) -> Option<String> {
    if proofs::is_by_paper(fact) {
        return link(request, fact, words);
    }
    let said = match fact.kind {
        FactType::QueueName => quoted_behind(fact, words)?,
        FactType::Address => address_behind(fact, words)?,
        _ => return None,
    };
    match understand(fact, register, &said) {
        Reading::Fit(value, _) => Some(value),
        Reading::Nothing | Reading::Unfit(_) => None,
    }
}

/// Where a label of the fact ends, also as the end of the word before: "eine eigene Queue,".
fn behind<'t, 'a>(fact: &Fact, words: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    let at = words.iter().position(|word| label::is(fact, &word.folded))?;
    words.get(at + 1..)
}

fn quoted_behind(fact: &Fact, words: &[Token<'_>]) -> Option<String> {
    let behind = behind(fact, words)?;
    let between = behind.iter().take_while(|word| BETWEEN.contains(&word.folded.as_str()));
    let behind = behind.get(between.count()..)?;
    let bare = behind.first()?.written.trim_end_matches([',', '.', '!', ';']);
    let inside = bare.strip_prefix(QUOTES)?.strip_suffix(QUOTES)?;
    // "oder so" is no name yet, and what would have to be changed is asked for.
    let is_vague = behind.get(1).is_some_and(|word| VAGUE.contains(&word.folded.as_str()));
    (is_handle(inside) && !is_vague).then(|| inside.to_owned())
}

fn address_behind(fact: &Fact, words: &[Token<'_>]) -> Option<String> {
    let next = behind(fact, words)?.first()?.written;
    let bare = next.trim_end_matches([',', '.', '!', ';']);
    bare.contains('@').then(|| bare.to_owned())
}

/// The only link of a sentence, where only one fact of the request lacks a paper.
fn link(request: &Request, fact: &Fact, words: &[Token<'_>]) -> Option<String> {
    let is_link = |word: &&str| word.starts_with("https://") || word.starts_with("http://");
    let mut links = words.iter().map(|word| word.written).filter(is_link);
    let (only, None) = (links.next()?, links.next()) else { return None };
    let lacks = |one: &&Fact| {
        proofs::is_by_paper(one)
            && (!request.facts.contains_key(&one.name) || proofs::is_lacking(request, one))
    };
    let mut open = request.procedure.facts.iter().filter(lacks);
    let is_its = open.next().is_some_and(|one| one.name == fact.name) && open.next().is_none();
    is_its.then(|| only.trim_end_matches([',', '.', ';', ')']).to_owned())
}
