//! Authentication-Results (RFC 8601) of the servers that the site trusts.
//!
//! Only the topmost field of each trusted authserv-id counts, because everything below our own
//! servers' fields came with the message and may be invented. The spam filter's verdict is read
//! from `X-Spam`, `X-Spam-Flag`, `X-Spam-Status` and `X-Rspamd-Action` wherever they stand: a
//! stranger who calls his own mail spam gains nothing.
//! Deliberately absent: verification of signatures, DNS, policy.

use serde::{Deserialize, Serialize};

use crate::mail::Message;

/// Results of one field that are read.
const RESULTS_MAX: usize = 100;

/// Outcome of one method, as far as it matters here (RFC 8601 section 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum AuthResult {
    /// Nothing was said, or nothing that decides: none, neutral, policy, temperror, permerror.
    #[default]
    Unknown,
    /// The method passed.
    Pass,
    /// The method failed.
    Fail,
}

/// What a trusted server says of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Verdicts {
    /// DMARC (RFC 7489) for the author's domain.
    pub dmarc: AuthResult,
    /// DKIM with a domain aligned to the author's.
    pub dkim_aligned: AuthResult,
    /// SPF (RFC 7208).
    pub spf: AuthResult,
    /// Whether the site's filter called it spam.
    pub spam: bool,
}

/// One field taken apart (RFC 8601 section 2.2), names in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Results {
    /// Who speaks.
    pub authserv_id: String,
    /// What it says, in order.
    pub results: Vec<MethodResult>,
}

/// What one method found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MethodResult {
    /// `dkim`, `spf`, `dmarc` ..., without its version.
    pub method: String,
    /// `pass`, `fail`, `none` ...
    pub result: String,
    /// Why, in words.
    pub reason: String,
    /// `header.d` and the like with their values.
    pub properties: Vec<(String, String)>,
}

impl MethodResult {
    /// The value of a property such as `header.d`.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn outcome(&self) -> AuthResult {
        match self.result.as_str() {
            "pass" => AuthResult::Pass,
            "fail" | "hardfail" => AuthResult::Fail,
            _ => AuthResult::Unknown,
        }
    }
}

/// What the servers named in `authserv_ids` say of the message. All others are ignored.
///
/// Several results of one method: one pass outweighs a fail, because mail is often signed twice.
/// A softfail of SPF decides nothing.
#[must_use]
pub fn verdicts(message: &Message, authserv_ids: &[String]) -> Verdicts {
    let mut verdicts = Verdicts { spam: is_spam(message), ..Verdicts::default() };
    let author = message.author().map(|mailbox| mailbox.address.domain()).unwrap_or_default();
    for id in authserv_ids {
        let ours = message
            .fields_named("Authentication-Results")
            .filter_map(parse)
            .find(|results| results.authserv_id.eq_ignore_ascii_case(id));
        for result in ours.iter().flat_map(|results| &results.results) {
            let outcome = result.outcome();
            match result.method.as_str() {
                "dmarc" if is_about(result, author) => raise(&mut verdicts.dmarc, outcome),
                "dkim" if is_signed_for(result, author) => {
                    raise(&mut verdicts.dkim_aligned, outcome);
                }
                "spf" => raise(&mut verdicts.spf, outcome),
                _ => {}
            }
        }
    }
    verdicts
}

fn raise(known: &mut AuthResult, outcome: AuthResult) {
    match (*known, outcome) {
        (AuthResult::Pass, _) | (_, AuthResult::Unknown) => {}
        (AuthResult::Unknown | AuthResult::Fail, AuthResult::Pass | AuthResult::Fail) => {
            *known = outcome;
        }
    }
}

/// A DMARC result names the author's domain, or none.
fn is_about(result: &MethodResult, author: &str) -> bool {
    result.property("header.from").is_none_or(|from| {
        let domain = from.rsplit('@').next().unwrap_or_default();
        is_aligned(domain.trim_end_matches('.'), author)
    })
}

fn is_signed_for(result: &MethodResult, author: &str) -> bool {
    let identity = result.property("header.i").and_then(|id| id.rsplit('@').next());
    let domain = result.property("header.d").or(identity);
    domain.is_some_and(|domain| is_aligned(domain, author))
}

/// The author's domain itself or a parent of it, both of two labels at least. Relaxed alignment
/// (RFC 7489 section 3.1.1) would also take a sibling, which needs the list of public suffixes.
fn is_aligned(domain: &str, author: &str) -> bool {
    let domain = domain.trim_end_matches('.').to_lowercase();
    let author = author.trim_end_matches('.').to_lowercase();
    let is_parent =
        author.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    domain.contains('.') && author.contains('.') && is_parent
}

fn is_spam(message: &Message) -> bool {
    let says = |name: &str, words: &[&str]| {
        message.fields_named(name).any(|value| {
            let value = value.trim().to_lowercase();
            let first = value.split(|c: char| c == ',' || c == ';' || c.is_whitespace()).next();
            first.is_some_and(|first| words.contains(&first)) || words.contains(&value.as_str())
        })
    };
    says("X-Spam-Flag", &["yes", "true"])
        || says("X-Spam-Status", &["yes"])
        || says("X-Spam", &["yes"])
        || says("X-Rspamd-Action", &["add header", "rewrite subject", "reject"])
}

/// Takes a field's value apart. A field that breaks off is read as far as it goes.
#[must_use]
pub fn parse(value: &str) -> Option<Results> {
    let tokens = tokens(value);
    let mut parts = tokens.split(|token| *token == Token::Mark(';'));
    let Some(Token::Word(authserv_id)) = parts.next()?.first() else { return None };
    if authserv_id.is_empty() {
        return None;
    }
    let results = parts.take(RESULTS_MAX).filter_map(method_result).collect();
    Some(Results { authserv_id: authserv_id.to_lowercase(), results })
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Mark(char),
}

/// `method[/version]=result [reason=..] [ptype.property=value ..]`.
fn method_result(tokens: &[Token]) -> Option<MethodResult> {
    let mut pairs = pairs(tokens).into_iter();
    let (method, result) = pairs.next()?;
    let method = method.split('/').next().unwrap_or_default().to_lowercase();
    let mut found = MethodResult { method, result: result.to_lowercase(), ..Default::default() };
    for (name, value) in pairs {
        if name.eq_ignore_ascii_case("reason") {
            found.reason = value;
        } else {
            found.properties.push((name.to_lowercase(), value));
        }
    }
    Some(found)
}

/// `name = value`, a `/` of a version joined to the name, also where blanks stand between.
fn pairs(tokens: &[Token]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut name = String::new();
    let mut is_value = false;
    for token in tokens {
        match token {
            Token::Mark('=') => is_value = !name.is_empty(),
            Token::Mark(mark) => name.push(*mark),
            Token::Word(word) if is_value => {
                pairs.push((std::mem::take(&mut name), word.clone()));
                is_value = false;
            }
            Token::Word(word) if name.ends_with(['/', '.']) => name.push_str(word),
            Token::Word(word) => name.clone_from(word),
        }
    }
    pairs
}

/// Words, quoted strings as words, and marks; comments are left out (RFC 5322 section 3.2).
fn tokens(value: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut depth = 0_usize;
    let mut chars = value.chars();
    let mut is_value = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if depth > 0 => drop(chars.next()),
            '(' => {
                end_word(&mut tokens, &mut word);
                depth += 1;
            }
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '"' => {
                end_word(&mut tokens, &mut word);
                tokens.push(Token::Word(quoted(&mut chars)));
                is_value = false;
            }
            ';' => {
                end_word(&mut tokens, &mut word);
                tokens.push(Token::Mark(c));
                is_value = false;
            }
            // A value may hold `=` and `/`, as tags of ARC and base64 do; a name may not.
            '=' | '/' if !is_value || word.is_empty() => {
                end_word(&mut tokens, &mut word);
                tokens.push(Token::Mark(c));
                is_value = c == '=';
            }
            c if c.is_whitespace() => {
                is_value &= word.is_empty();
                end_word(&mut tokens, &mut word);
            }
            c => word.push(c),
        }
    }
    end_word(&mut tokens, &mut word);
    tokens
}

fn end_word(tokens: &mut Vec<Token>, word: &mut String) {
    if !word.is_empty() {
        tokens.push(Token::Word(std::mem::take(word)));
    }
}

/// The rest of a quoted string; its opening quote is taken already.
fn quoted(chars: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => text.extend(chars.next()),
            c => text.push(c),
        }
    }
    text
}
