//! The words of a mail, each taken apart, folded and looked up once for everybody who reads them.
//!
//! Deliberately absent: which of them belong together (`clause`, `prose`).

use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::lists::Lists;

/// One word of a text, and whether a clause or a sentence ends behind it.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    /// As it is written, signs with it.
    pub(super) written: &'a str,
    /// Without the signs around it.
    pub(super) word: &'a str,
    /// As it is compared; nothing where it is signs alone.
    pub(super) folded: String,
    /// The lists that it stands in.
    pub(super) lists: Lists,
    /// Whether a bracket opens before it.
    pub(super) opens: bool,
    /// Whether a bracket closes behind it.
    pub(super) closes: bool,
    /// What ends behind it.
    pub(super) end: End,
}

/// What ends behind a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing.
    Nothing,
    /// A clause.
    Clause,
    /// A sentence.
    Sentence,
    /// A sentence that asks.
    Question,
}

/// Signs around a word that do not belong to it.
const SIGNS: [char; 18] =
    [',', '.', ';', ':', '!', '?', '(', ')', '[', ']', '*', '"', '„', '“', '”', '«', '»', '…'];

/// Words that nothing parts but signs: lines are joined, an empty one parts.
pub(super) type Paragraph<'a> = Vec<Token<'a>>;

/// The paragraphs of a text in order.
pub(super) fn paragraphs(text: &str) -> Vec<Paragraph<'_>> {
    text.split("\n\n").map(|text| text.split_whitespace().map(token).collect()).collect()
}

fn token(written: &str) -> Token<'_> {
    let bytes = written.as_bytes();
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    // Most words have no sign at either end.
    if is_plain(bytes.first()) && is_plain(bytes.last()) {
        let folded = fold(written);
        let lists = Lists::of(&folded);
        let end = End::Nothing;
        return Token { written, word: written, folded, lists, opens: false, closes: false, end };
    }
    let word = written.trim_matches(SIGNS);
    let tail = written.trim_end_matches(['"', '“', '”', '*', '«', '»']);
    // "St. Georg", "Dr. Muster", an initial: such a stop ends no sentence.
    let is_short = word.chars().count() <= 2 && word.starts_with(char::is_uppercase);
    let stops = tail.ends_with('.') && !is_short;
    let end = if tail.trim_end_matches(')').ends_with('?') {
        End::Question
    } else if stops || tail.ends_with(['!', '…']) {
        End::Sentence
    } else if tail.ends_with([',', ';', ':', ')', ']']) {
        End::Clause
    } else {
        End::Nothing
    };
    let folded = fold(word);
    Token {
        written,
        word,
        lists: Lists::of(&folded),
        folded,
        opens: written.starts_with(['(', '[']),
        closes: tail.trim_end_matches([',', '.', ';', ':', '!', '?']).ends_with([')', ']']),
        end,
    }
}
