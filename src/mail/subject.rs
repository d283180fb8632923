//! Subjects: tags, and prefixes of replies and forwards in many languages.
//!
//! Deliberately absent: which tickets there are, and what a wrong key means.

use std::sync::LazyLock;

use regex::Regex;

use crate::mail::Message;
use crate::types::TicketId;

/// A subject taken apart.
#[expect(clippy::struct_excessive_bools, reason = "three independent things a prefix may say")]
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// `[nrw #17]`: the site's name in lower case and the number, with the key behind it if any.
    pub tag: Option<Tag>,
    /// The first tag of every other site; they stay in [`Subject::bare`] when [`split_for`] a site.
    pub other_tags: Vec<Tag>,
    /// Other words in brackets, in order: `technik` of `[technik]`.
    pub tokens: Vec<String>,
    /// Whether the outermost prefix says that it is a forward (Fwd, WG, VS, VL ..).
    pub is_forward: bool,
    /// Whether a prefix says that it is a reply (Re, AW, SV, Vs, Antw ..).
    pub is_reply: bool,
    /// Whether the outermost prefix is `VS`: a reply in Finnish, a forward in Danish and Norwegian.
    /// With a tag it is taken for a reply, else for a forward.
    pub is_ambiguous: bool,
    /// What remains: the author's own words.
    pub bare: String,
}

/// A subject tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The site's name, in lower case.
    pub site: String,
    /// The ticket's number.
    pub ticket: TicketId,
    /// The key of buttons and challenges on sites without a separator: `[nrw #17 k3f9w2hq7mza]`.
    pub key: Option<String>,
}

/// Prefixes of replies in de, en, fi, sv, fr, es, it, nl, pl, da, no, pt, ru, zh.
const REPLY: &str = "Re|Ré|AW|Antw|Antwort|SV|Svar|Vast|Vastaus|Réf|Réponse|Resp|Respuesta|RIF|\
                     Odp|RES|Ответ|Отв|На|回复|回覆|答复";
/// Prefixes of forwards in the same languages.
const FORWARD: &str = "Fwd?|WG|Wtr|Weitergeleitet|VL|VB|Videresendt|Videresend|TR|Trans|RV|\
                       Reenviado|Inoltro|Doorst|Doorgestuurd|PD|ENC|Пересл|转发|轉寄";
/// What every tag holds, every prefix ends with and every token begins with: most subjects hold
/// none, and need no search for them.
const SIGNS: [char; 5] = ['#', '＃', ':', '：', '['];
/// What every tag holds.
const NUMBER_SIGNS: [char; 2] = ['#', '＃'];
const TOKENS_MAX: usize = 10;
const PREFIXES_MAX: usize = 50;

#[expect(clippy::unwrap_used, reason = "the pattern is a constant that a test compiles")]
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?ix) [\[［【] \s* ([\p{L}\p{N}] [\p{L}\p{N}._\x20-]{0,40}?) \s*
            [\#＃] \s* ([0-9]{1,12}) (?:\s+ ([a-z0-9]{8,40}))? \s* (?: [\]］】] | $ )",
    )
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "the pattern is a constant that a test compiles")]
static PREFIX: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?x) ^ \s*
            (?: (?<both>VS|vs) | (?<reply>(?i:Vs|{REPLY})|R) | (?<forward>(?i:{FORWARD})|I) )
            \s* (?: \[\d+\] | \(\d+\) | \^\d+ | \d{{1,2}} )? \s* [:：] \s*",
    ))
    .unwrap()
});

#[expect(clippy::unwrap_used, reason = "the pattern is a constant that a test compiles")]
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\[\s*([^\[\]]{1,60}?)\s*\]").unwrap());

/// Takes a decoded subject apart. Tolerant: text glued to the tag, any case, spaces.
#[must_use]
pub fn split(subject: &str) -> Subject {
    parted(subject, None)
}

/// Takes a subject apart as `site` sees it: tags of other trackers are the author's own words,
/// because those trackers need them in the answer.
#[must_use]
pub fn split_for(subject: &str, site: &str) -> Subject {
    parted(subject, Some(site))
}

/// Whether a message calls itself a forward. `VS` with an `In-Reply-To` is a Finnish reply.
#[must_use]
pub fn is_forward(message: &Message) -> bool {
    let subject = split(&message.subject);
    let is_finnish_reply = subject.is_ambiguous && !message.in_reply_to.is_empty();
    subject.is_forward && !is_finnish_reply
}

fn parted(text: &str, site: Option<&str>) -> Subject {
    let text = single_spaced(text);
    if !text.contains(SIGNS) {
        return Subject { bare: text, ..Subject::default() };
    }
    let mut subject = Subject::default();
    let rest = without_tags(&text, site, &mut subject);
    let rest = without_prefixes(&rest, &mut subject);
    if subject.is_ambiguous && subject.tag.is_some() {
        subject.is_forward = false;
        subject.is_reply = true;
    }
    subject.bare = rest;
    subject
}

fn without_tags(text: &str, site: Option<&str>, subject: &mut Subject) -> String {
    if !text.contains(NUMBER_SIGNS) {
        return text.to_owned();
    }
    let mut rest = String::with_capacity(text.len());
    let mut at = 0;
    for captures in TAG.captures_iter(text) {
        let (Some(whole), Some(name), Some(number)) =
            (captures.get(0), captures.get(1), captures.get(2))
        else {
            continue;
        };
        let Ok(number) = number.as_str().parse() else {
            continue;
        };
        let key = captures.get(3).map(|key| key.as_str().to_lowercase());
        let tag = Tag { site: name.as_str().to_lowercase(), ticket: TicketId(number), key };
        let is_ours = site.is_none_or(|site| site.to_lowercase() == tag.site);
        if is_ours {
            rest.push_str(text.get(at..whole.start()).unwrap_or_default());
            rest.push(' ');
            at = whole.end();
        }
        if is_ours && subject.tag.is_none() {
            subject.tag = Some(tag);
        } else if subject.tag.iter().chain(&subject.other_tags).all(|one| one.site != tag.site) {
            subject.other_tags.push(tag);
        }
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    rest
}

/// What stands behind prefixes and leading brackets.
fn without_prefixes(text: &str, subject: &mut Subject) -> String {
    let mut rest = text.trim_start();
    let mut is_outermost = true;
    let mut behind_prefixes = rest;
    for _ in 0..PREFIXES_MAX {
        if let Some(found) = PREFIX.captures(rest) {
            let is_both = found.name("both").is_some();
            let is_forward = is_both || found.name("forward").is_some();
            if is_outermost {
                subject.is_forward = is_forward;
                subject.is_ambiguous = is_both;
            }
            subject.is_reply |= found.name("reply").is_some();
            is_outermost = false;
            rest = rest.get(found.get(0).map_or(0, |whole| whole.end())..).unwrap_or_default();
            behind_prefixes = rest;
        } else if let Some(found) = TOKEN.captures(rest)
            && let (Some(whole), Some(word)) = (found.get(0), found.get(1))
            && whole.start() == 0
            && !TAG.is_match(whole.as_str())
        {
            push_token(subject, word.as_str());
            rest = rest.get(whole.end()..).unwrap_or_default().trim_start();
        } else {
            break;
        }
    }
    for word in TOKEN.captures_iter(rest).filter_map(|found| found.get(1)) {
        if !TAG.is_match(&format!("[{}]", word.as_str())) {
            push_token(subject, word.as_str());
        }
    }
    // A subject that is nothing but brackets is its author's whole subject.
    let bare = if rest.is_empty() { behind_prefixes } else { rest };
    single_spaced(bare)
}

/// The words with one space between them.
fn single_spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    spaced
}

fn push_token(subject: &mut Subject, word: &str) {
    if subject.tokens.len() < TOKENS_MAX && !subject.tokens.iter().any(|token| token == word) {
        subject.tokens.push(word.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(subject: &str) -> (Option<(String, u64)>, String) {
        let split = split(subject);
        (split.tag.map(|tag| (tag.site, tag.ticket.0)), split.bare)
    }

    #[test]
    fn tag_is_found_whatever_was_done_to_it() {
        for subject in [
            "[nrw #17] Drucker",
            "Re: [nrw #17] Drucker",
            "RE:[NRW#17]Drucker",
            "AW: Re: [ nrw # 17 ] Drucker",
            "Sv: [nrw #17]  Drucker",
            "Vs: [nrw #17]Drucker",
            "Drucker [nrw #17]",
            "Antw: [Koordination] Re: [nrw #17] Drucker",
            "[Koordination] [nrw #17] Re: Drucker",
            "RE[2]: [nrw #17] Re(3): Drucker",
            "回复：[nrw #17] Drucker",
            "[nrw #17] AW: [nrw #17] Drucker",
            "【nrw ＃17】Drucker",
        ] {
            assert_eq!(told(subject), (Some(("nrw".into(), 17)), "Drucker".into()), "{subject}");
        }
    }

    #[test]
    fn tag_carries_a_key_and_knows_other_sites() {
        let split = split("[nrw #17 K3F9W2HQ7MZA] [Bezirk Köln-Süd #4] ja [nrw #18]");
        assert_eq!(split.tag.unwrap().key.as_deref(), Some("k3f9w2hq7mza"));
        assert_eq!(split.other_tags.len(), 1);
        assert_eq!(split.other_tags[0].site, "bezirk köln-süd");
        let ours = split_for("Re: [rt.example.org #123] [nrw #17] Login", "NRW");
        assert_eq!(ours.tag.unwrap().ticket, TicketId(17));
        assert_eq!(ours.other_tags[0].ticket, TicketId(123));
        assert_eq!(ours.bare, "[rt.example.org #123] Login");
    }

    #[test]
    fn no_tag_where_there_is_none() {
        for subject in ["#17", "[nrw 17]", "[#17]", "nrw #17", "[nrw #x]", ""] {
            assert_eq!(split(subject).tag, None, "{subject}");
        }
    }

    #[test]
    fn prefixes_of_many_languages() {
        for reply in [
            "Re: x",
            "RE : x",
            "AW: x",
            "Antw: x",
            "Antwort: x",
            "SV: x",
            "Sv: x",
            "Vs: x",
            "R: x",
            "RIF: x",
            "Odp: x",
            "RES: x",
            "Réf: x",
            "Ответ: x",
            "Re^2: x",
            "RE：x",
        ] {
            let split = split(reply);
            assert!(split.is_reply && !split.is_forward && !split.is_ambiguous, "{reply}");
            assert_eq!(split.bare, "x", "{reply}");
        }
        for forward in [
            "Fwd: x",
            "FW: x",
            "WG: x",
            "VL: x",
            "VB: x",
            "TR : x",
            "RV: x",
            "I: x",
            "Doorst: x",
            "PD: x",
            "ENC: x",
            "Пересл: x",
            "Fwd: Re: x",
            "转发: x",
        ] {
            let split = split(forward);
            assert!(split.is_forward, "{forward}");
            assert_eq!(split.bare, "x", "{forward}");
        }
        for own in ["Resultat: x", "Trauer: x", "Is: x", "Fwdx", "Vsx: y", "AW x"] {
            let split = split(own);
            assert!(!split.is_reply && !split.is_forward, "{own}");
            assert_eq!(split.bare, own);
        }
    }

    #[test]
    fn capital_vs_is_a_reply_with_a_tag_and_a_forward_without() {
        let with = split("VS: [nrw #17] x");
        assert!(with.is_reply && !with.is_forward && with.is_ambiguous);
        let without = split("VS: x");
        assert!(without.is_forward && !without.is_reply && without.is_ambiguous);
        let reply = Message {
            subject: "VS: x".into(),
            in_reply_to: vec!["a@b".into()],
            ..Message::default()
        };
        assert!(!is_forward(&reply));
    }

    #[test]
    fn brackets_are_tokens_and_leave_only_when_they_lead() {
        let split = split("[technik] AW: [Koordination] Login [dringend] geht nicht");
        assert_eq!(split.tokens, ["technik", "Koordination", "dringend"]);
        assert_eq!(split.bare, "Login [dringend] geht nicht");
        assert_eq!(super::split("Re: [technik]").bare, "[technik]");
    }
}
