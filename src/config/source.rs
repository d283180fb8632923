//! A TOML file read for people who make mistakes: every mistake of form at once, and the line that
//! a sentence is about.
//!
//! The parser stops at the first mistake. So what it refuses is cut out and the rest is read again,
//! until nothing is left to refuse. The checks of the edges speak in sentences that name a setting
//! or quote its value; its line is found by these words. Deliberately absent: what settings mean.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

use crate::types::nearest;

/// A mistake and its line, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) line: usize,
    pub(super) sentence: String,
}

/// The part of a file that a sentence is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Within<'a> {
    /// All of it, or the part that the sentence itself begins with: "person `anna`", "step 2".
    File,
    /// `[site]`
    Table(&'a str),
    /// One `[[door]]`, counted from 0.
    Item(&'a str, usize),
}

/// Items of an array that are tried for the one with a mistake.
const ITEMS_MAX: usize = 64;

type Node<'a> = Spanned<DeValue<'a>>;

/// Reads a file.
///
/// # Errors
/// Every mistake of form, in the order of the file.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Result<T, Vec<Flaw>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let at = |span: &Range<usize>, sentence: String| Flaw { line: line(text, span), sentence };
    let broken = |error: &toml::de::Error| {
        let said = error.message().replace('\n', ", ");
        at(&error.span().unwrap_or_default(), format!("{said}: does a text stand without quotes?"))
    };
    let mut flaws: Vec<Flaw> = errors.iter().map(broken).collect();
    let mut root = Spanned::new(root.span(), DeValue::Table(root.into_inner()));
    let mut gone = BTreeSet::new();
    while errors.is_empty() {
        let error = match T::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(value) if flaws.is_empty() => return Ok(value),
            Ok(_) => break,
            Err(error) => error,
        };
        let (span, message) = (error.span().unwrap_or_default(), error.message());
        let cuts = (0..ITEMS_MAX).map_while(|item| {
            let mut rest = root.clone();
            cut_out(&mut rest, &span, message, item).map(|cut| (rest, cut))
        });
        let found = { cuts }.find(|(rest, _)| !fails_alike::<T>(rest, &error));
        let cut = found.map(|(rest, cut)| {
            root = rest;
            cut
        });
        let is_ours = missing(message).is_some_and(|name| gone.contains(name));
        if !is_ours {
            let (key, place) = cut.as_ref().map_or(("", &span), |cut| (&cut.key, &cut.span));
            flaws.push(at(place, worded(message, key)));
        }
        let Some(cut) = cut else { break };
        gone.insert(cut.key);
    }
    flaws.sort_by_key(|flaw| flaw.line);
    Err(flaws)
}

/// Whether the same mistake is still there.
fn fails_alike<T: DeserializeOwned>(root: &Node<'_>, error: &toml::de::Error) -> bool {
    let again = T::deserialize(ValueDeserializer::from(root.clone()));
    again.is_err_and(|again| again.span() == error.span() && again.message() == error.message())
}

/// The name in the parser's words for a setting that is not there.
fn missing(message: &str) -> Option<&str> {
    message.strip_prefix("missing field `")?.split('`').next()
}

/// The parser's words, with the setting and what to do.
fn worded(message: &str, key: &str) -> String {
    let mut message = message.trim_end().replace('\n', " ");
    for number in ["i8", "u16", "u32", "u64", "usize"] {
        message = message.replace(&format!("expected {number}"), "expected a whole number");
    }
    if missing(&message).is_some() {
        return format!("{message}: add it");
    }
    if let Some(near) = near(&message) {
        message = format!("{message}; did you mean `{near}`?");
    }
    let is_named = key.is_empty() || message.contains(&format!("`{key}`"));
    if is_named { message } else { format!("{key}: {message}") }
}

/// The name that was probably meant, of those that the parser's words list behind the unknown one.
fn near(message: &str) -> Option<&str> {
    let mut quoted = message.strip_prefix("unknown ")?.split('`').skip(1).step_by(2);
    let name = quoted.next()?;
    nearest(name, quoted)
}

/// What was cut out.
struct Cut {
    key: String,
    span: Range<usize>,
}

/// Cuts out what stands at `span`, the innermost where several do; of a table whose mistake the
/// parser only knows by name, the setting of that name. Of the items of an array it may only know
/// where the first begins, so `item` says how many are left alone.
fn cut_out(node: &mut Node<'_>, span: &Range<usize>, message: &str, item: usize) -> Option<Cut> {
    match node.get_mut() {
        DeValue::Table(table) => {
            let mut found = None;
            for (key, value) in table.iter_mut() {
                let name = key.get_ref().to_string();
                if let Some(cut) = cut_out(value, span, message, item) {
                    let key = if cut.key.is_empty() { name } else { cut.key };
                    return Some(Cut { key, ..cut });
                }
                if key.span() == *span || value.span() == *span {
                    if let Some(cut) = cut_named(value, message) {
                        return Some(cut);
                    }
                    found = Some(name);
                    break;
                }
            }
            let key = found?;
            table.remove(key.as_str());
            Some(Cut { key, span: span.clone() })
        }
        DeValue::Array(array) => {
            if let Some(cut) = array.iter_mut().find_map(|one| cut_out(one, span, message, item)) {
                return Some(cut);
            }
            let first = array.iter().position(|one| one.span() == *span)?;
            if let Some(cut) = array.iter_mut().find_map(|one| cut_named(one, message)) {
                return Some(cut);
            }
            let place = first + item;
            let span = array.get(place)?.span();
            let items = std::mem::replace(array, DeArray::new()).into_iter();
            let kept = items.enumerate().filter(|(at, _)| *at != place);
            *array = kept.map(|(_, item)| item).collect();
            Some(Cut { key: String::new(), span })
        }
        _ => None,
    }
}

/// Cuts out of a table the setting that the parser's words quote.
fn cut_named(node: &mut Node<'_>, message: &str) -> Option<Cut> {
    let place = place_in(node.get_ref(), quoted(message)?)?;
    cut_out(node, &place, "", 0)
}

/// The first word that a sentence quotes, unless it is about what is not there.
fn quoted(message: &str) -> Option<&str> {
    if missing(message).is_some() { None } else { message.split('`').nth(1) }
}

/// Where a table has a key, or else a value, of this name.
fn place_in(value: &DeValue<'_>, word: &str) -> Option<Range<usize>> {
    let table = value.as_table()?;
    let by_key = table.iter().find(|(key, _)| key.get_ref() == word).map(|(key, _)| key.span());
    by_key.or_else(|| {
        let is_it = |value: &&Node<'_>| value.get_ref().as_str() == Some(word);
        table.values().find(is_it).map(Spanned::span)
    })
}

/// The line that a sentence about a part of the file is about.
pub(super) fn line_of(text: &str, within: Within<'_>, sentence: &str) -> Option<usize> {
    let root = DeTable::parse(text).ok()?;
    let (span, root) = (root.span(), DeValue::Table(root.into_inner()));
    let root = Spanned::new(span, root);
    let part = match within {
        Within::File => named(&root, sentence),
        Within::Table(name) => root.get_ref().get(name),
        Within::Item(name, number) => root.get_ref().get(name)?.get_ref().get(number),
    };
    let part = part.unwrap_or(&root);
    let words: Vec<&str> = sentence.split(is_between).map(|word| word.trim_matches('.')).collect();
    // A sentence that begins with a value is about it, wherever it stands last.
    let first = valued(part, words.get(..1).unwrap_or_default());
    let keyed = words.iter().enumerate().find_map(|(place, word)| {
        let (key, value) = part.get_ref().as_table()?.get_key_value(*word)?;
        let later = words.get(place + 1..).unwrap_or_default();
        Some(valued(value, later).unwrap_or_else(|| key.span()))
    });
    let is_named = within == Within::File && part.span() != root.span();
    let span = first.or(keyed).or_else(|| (!is_named).then(|| valued(part, &words)).flatten());
    Some(line(text, &span.unwrap_or_else(|| part.span())))
}

const fn is_between(character: char) -> bool {
    matches!(character, ' ' | '`' | '"' | ',' | ';' | ':' | '=' | '[' | ']' | '(' | ')')
}

/// The part that a sentence begins with, such as "person `anna`" or "step 2".
fn named<'a, 'b>(root: &'a Node<'b>, sentence: &str) -> Option<&'a Node<'b>> {
    let mut words = sentence.split(is_between).filter(|word| !word.is_empty());
    let (kind, name) = (words.next()?, words.next()?);
    let array = root.get_ref().get(kind)?.get_ref().as_array()?;
    if let Ok(number) = name.parse::<usize>() {
        return array.get(number.checked_sub(1)?);
    }
    let is_it = |item: &&Node<'_>| {
        let has = |key: &str| item.get_ref().get(key).and_then(|value| value.get_ref().as_str());
        has("id").or_else(|| has("name")) == Some(name)
    };
    array.iter().rfind(is_it)
}

/// The last value in the order of the file that is one of the words.
fn valued(node: &Node<'_>, words: &[&str]) -> Option<Range<usize>> {
    let last = |found: Vec<Range<usize>>| found.into_iter().max_by_key(|span| span.start);
    match node.get_ref() {
        DeValue::Table(table) => {
            last(table.values().filter_map(|value| valued(value, words)).collect())
        }
        DeValue::Array(array) => {
            last(array.iter().filter_map(|value| valued(value, words)).collect())
        }
        value => {
            let text = value.as_str().filter(|text| !text.is_empty())?;
            words.contains(&text).then(|| node.span())
        }
    }
}

/// The line at which a span begins.
fn line(text: &str, span: &Range<usize>) -> usize {
    let before = text.as_bytes().get(..span.start).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() + 1
}
