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
/// The version of the field and of every method that is known (RFC 8601 section 2.2).
const VERSION: &str = "1";

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Verdicts {
    /// DMARC (RFC 7489) for the author's domain.
    pub dmarc: AuthResult,
    /// DKIM with a domain aligned to the author's.
    pub dkim_aligned: AuthResult,
    /// SPF (RFC 7208).
    pub spf: AuthResult,
    /// Whether the site's filter called it spam.
    pub spam: bool,
    /// Whether the signature was verified here, and not by a server that the site trusts.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub verified_here: bool,
}

impl Verdicts {
    /// Whether nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
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
    /// What stood in brackets: DMARC's policy stands there in many a server's field.
    pub comment: String,
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

    /// DMARC's result. Where the author's domain asks nobody to act on a failure, a failure says
    /// nothing: mail of such domains fails on every second list.
    fn dmarc(&self) -> AuthResult {
        match self.outcome() {
            AuthResult::Fail if self.has_no_policy() => AuthResult::Unknown,
            outcome => outcome,
        }
    }

    /// `policy.dmarc=none`, `policy.p=none`, `action=none` of Exchange, `(p=none ..)` of the rest.
    fn has_no_policy(&self) -> bool {
        let is_none = |value: &str| value.eq_ignore_ascii_case("none");
        let mut stated = ["policy.dmarc", "policy.p", "policy.published-domain-policy", "action"]
            .into_iter()
            .filter_map(|name| self.property(name));
        if let Some(value) = stated.next() {
            return is_none(value);
        }
        let comment = self.comment.to_lowercase();
        let mut words = comment.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        words.find_map(|word| word.strip_prefix("p=")).is_some_and(is_none)
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
                "dmarc" if is_about(result, author) => raise(&mut verdicts.dmarc, result.dmarc()),
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
#[must_use]
pub fn is_aligned(domain: &str, author: &str) -> bool {
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

/// Takes a field's value apart. A field that breaks off is read as far as it goes; one of another
/// version than 1 is not read (RFC 8601 section 2.2), nor is a method of another version.
#[must_use]
pub fn parse(value: &str) -> Option<Results> {
    let tokens = tokens(value);
    let mut parts = tokens.split(|token| *token == Token::Mark(';'));
    let mut head = parts.next()?.iter().filter(|token| !matches!(token, Token::Comment(_)));
    let Some(Token::Word(authserv_id)) = head.next() else { return None };
    let is_known = match head.next() {
        None => true,
        Some(Token::Word(version)) => version == VERSION,
        Some(_) => false,
    };
    if authserv_id.is_empty() || !is_known || head.next().is_some() {
        return None;
    }
    let results = parts.take(RESULTS_MAX).filter_map(method_result).collect();
    Some(Results { authserv_id: authserv_id.to_lowercase(), results })
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Mark(char),
    Comment(String),
}

/// `method[/version]=result [reason=..] [ptype.property=value ..]`.
fn method_result(tokens: &[Token]) -> Option<MethodResult> {
    let mut pairs = pairs(tokens).into_iter();
    let (method, result) = pairs.next()?;
    let (method, version) = method.split_once('/').unwrap_or((&method, VERSION));
    if version != VERSION {
        return None;
    }
    let comments = tokens.iter().filter_map(|token| match token {
        Token::Comment(comment) => Some(comment.as_str()),
        Token::Word(_) | Token::Mark(_) => None,
    });
    let comment = comments.collect::<Vec<_>>().join(" ");
    let (method, result) = (method.to_lowercase(), result.to_lowercase());
    let mut found = MethodResult { method, result, comment, ..Default::default() };
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
            Token::Comment(_) => {}
            Token::Mark('=') => is_value = !name.is_empty(),
            Token::Mark(mark) => name.push(*mark),
            Token::Word(word) if is_value => {
                pairs.push((std::mem::take(&mut name), word.clone()));
                is_value = false;
            }
            Token::Word(word)
                if name.ends_with(['/', '.']) || (word.starts_with('.') && !name.is_empty()) =>
            {
                name.push_str(word);
            }
            Token::Word(word) => name.clone_from(word),
        }
    }
    pairs
}

/// Words, quoted strings as words, marks, and comments (RFC 5322 section 3.2).
fn tokens(value: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut chars = value.chars();
    let mut is_value = false;
    while let Some(c) = chars.next() {
        match c {
            '(' => {
                end_word(&mut tokens, &mut word);
                tokens.push(Token::Comment(comment(&mut chars)));
            }
            // One that was never opened.
            ')' => {}
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

/// The rest of a comment, those inside it included; its opening bracket is taken already.
fn comment(chars: &mut std::str::Chars<'_>) -> String {
    let mut text = String::new();
    let mut depth = 0_usize;
    while let Some(c) = chars.next() {
        match c {
            '\\' => text.extend(chars.next()),
            '(' => depth += 1,
            ')' if depth == 0 => break,
            ')' => depth -= 1,
            c => text.push(c),
        }
    }
    text
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
