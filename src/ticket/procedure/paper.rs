//! Papers: which a mail brings, what each is said to prove, whether one was forgotten.
//!
//! A photo is as good as any file where the mail speaks of a paper; a link is noted and never
//! fetched. Deliberately absent: what is inside a file.

use crate::desk::labels::{Label, plain};
use crate::desk::procedure::{Fact, FactType};
use crate::mail::{Attachment, Message};
use crate::ticket::draft::Origin;
use crate::ticket::event::MailEvent;
use crate::ticket::later;
use crate::ticket::procedure::fold::fold;
use crate::ticket::procedure::proofs::{self, Paper, PaperKind};
use crate::ticket::procedure::request::Request;

/// Characters of minutes that name them.
const NAME_CHARS_MAX: usize = 60;
/// Words of minutes at least.
const MINUTES_WORDS_MIN: usize = 8;
/// Words that minutes hold and that little else does.
const MINUTES: [&str; 24] = [
    "top",
    "beschluss",
    "beschlossen",
    "beschliesst",
    "einstimmig",
    "enthaltung",
    "enthaltungen",
    "abstimmung",
    "protokoll",
    "anwesend",
    "minutes",
    "resolved",
    "unanimously",
    "carried",
    "abstentions",
    "present",
    "paeaetettiin",
    "paeaetti",
    "poeytaekirja",
    "laesnae",
    "beslutade",
    "beslut",
    "enhaelligt",
    "naervarande",
];
/// Words by which several files are meant.
const BOTH: [&str; 9] =
    ["beide", "beides", "beiden", "both", "molemmat", "kumpikin", "bada", "bade", "each"];
/// Words in names of files that stand for minutes.
const SHORT_MINUTES: [&str; 14] = [
    "ptk", "pk", "prot", "mins", "min", "besl", "mv", "jhv", "sitzung", "meeting", "kokous",
    "moete", "mote", "agm",
];
/// Words by which something is only promised.
const PROMISES: [&str; 28] = [
    "wird",
    "werden",
    "folgt",
    "nachgereicht",
    "kommt",
    "spaeter",
    "sobald",
    "noch",
    "will",
    "later",
    "soon",
    "once",
    "follow",
    "follows",
    "myoehemmin",
    "pian",
    "tulee",
    "senare",
    "snart",
    "kommer",
    "ska",
    "anbei",
    "wenn",
    "when",
    "kun",
    "naer",
    "schicke",
    "bringe",
];
/// Words that speak of an attachment.
const ATTACHED: [&str; 26] = [
    "anbei",
    "anhang",
    "angehaengt",
    "angehangen",
    "anhaenge",
    "beigefuegt",
    "anlage",
    "attached",
    "attachment",
    "attachments",
    "enclosed",
    "liite",
    "liitteenae",
    "liitteessae",
    "liitetty",
    "ohessa",
    "oheisena",
    "bifogad",
    "bifogat",
    "bifogade",
    "bifogar",
    "bilaga",
    "bilagan",
    "bilagd",
    "bilagt",
    "beiliegend",
];
/// Words by which a paper is not there.
const LACKS: [&str; 6] = ["fehlt", "fehlen", "missing", "lacking", "puuttuu", "saknas"];
/// Characters of a label that is looked for inside other words.
const LABEL_CHARS_MIN: usize = 5;
/// Ends of the names of pictures.
const PICTURES: [&str; 8] = ["png", "jpg", "jpeg", "gif", "svg", "heic", "heif", "webp"];
/// Ends of sentences that speak of an attachment.
const HANGS: [&str; 3] = [" haengt an", " haengen an", " haenge ich an"];
/// Words by which such a sentence says that there is none.
const DENIALS: [&str; 25] = [
    "nicht", "kein", "keine", "keinen", "ohne", "wie", "not", "no", "without", "cannot", "cant",
    "dont", "couldnt", "how", "ei", "en", "ilman", "miten", "inte", "ingen", "inget", "utan",
    "hur", "folgt", "spaeter",
];

/// Whether a text is what a meeting wrote down: long enough, in words of minutes, with a date or
/// a count, and no promise.
pub(super) fn is_minutes(text: &str) -> bool {
    let folded = fold(text);
    let words: Vec<&str> = folded.split(' ').collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
    words.len() >= MINUTES_WORDS_MIN
        && has(&MINUTES)
        && !has(&PROMISES)
        && text.chars().any(|c| c.is_ascii_digit())
}

/// Whether a value begins like minutes, so that the lines below belong to it.
pub(super) fn begins_minutes(text: &str) -> bool {
    let folded = fold(text);
    let mut words = folded.split(' ');
    words.clone().count() >= 4 && words.any(|word| MINUTES.contains(&word))
}

/// A message or ticket that a text refers to: `<id@host>`, `#17`.
pub(super) fn reference(text: &str) -> Option<String> {
    let is_end = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | '(');
    text.split(is_end).find_map(|word| {
        let word = word.trim_end_matches(['.', ':', '!']);
        let inside = word.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
        let is_id = inside.is_some_and(|id| id.contains('@') && !id.starts_with("mailto:"));
        let number = word.strip_prefix('#').filter(|digits| !digits.is_empty());
        let is_ticket = number.is_some_and(|digits| digits.chars().all(|c| c.is_ascii_digit()));
        (is_id || is_ticket).then(|| word.to_owned())
    })
}

/// Whether words speak of an attachment as of one that is there.
pub(super) fn speaks_of_attachment(words: &str) -> bool {
    words.split(['.', '!', '?', '\n']).any(|sentence| {
        let folded = fold(sentence);
        let words: Vec<&str> = folded.split(' ').collect();
        let has = |list: &[&str]| words.iter().any(|word| list.contains(word));
        let hangs = HANGS.iter().any(|end| folded.ends_with(end));
        (has(&ATTACHED) || hangs) && !has(&DENIALS)
    })
}

/// Whether an attachment may be a paper: no picture inside the text, nor one of a signature.
pub(super) fn is_paper(message: &Message, attachment: &Attachment) -> bool {
    let name = fold(&attachment.name);
    let is_picture = is_picture(&attachment.name);
    let is_shown = message.html.as_ref().is_some_and(|html| {
        html.contains(&format!("cid:{}\"", attachment.name))
            || html.contains(&format!("cid:{}@", attachment.name))
    });
    let is_ornament = ["image0", "logo", "banner"].iter().any(|start| name.starts_with(start));
    attachment.content_id.is_none() && !(is_picture && (is_shown || is_ornament))
}

fn is_picture(name: &str) -> bool {
    let end = name.rsplit_once('.').map(|(_, end)| end.to_lowercase()).unwrap_or_default();
    PICTURES.contains(&end.as_str())
}

/// The papers behind a value that was understood as evidence.
pub(super) fn given(
    request: &Request,
    fact: &Fact,
    value: &str,
    mail: &MailEvent,
    origin: &Origin,
) -> Vec<Paper> {
    let message = &mail.message;
    let new = |kind: PaperKind, name: &str| {
        let things = named(request, fact, name, &message.text);
        let until = fact.valid_days.map(|days| {
            let span = jiff::SignedDuration::from_hours(24 * i64::from(days));
            later(origin.at, span).to_zoned(jiff::tz::TimeZone::UTC).date()
        });
        Paper {
            fact: fact.name.clone(),
            for_all: things.is_empty(),
            things,
            kind,
            name: name.to_owned(),
            hash: None,
            bytes: 0,
            file: None,
            message: origin.message,
            at: origin.at,
            by: origin.by.clone(),
            rung: origin.rung,
            until,
            custodian: fact.custodian.clone(),
        }
    };
    let is_named = |file: &&Attachment| value.split("; ").any(|name| name == file.name);
    let files: Vec<Paper> = message
        .attachments
        .iter()
        .filter(|file| is_paper(message, file))
        .filter(is_named)
        .map(|file| Paper {
            hash: file.hash,
            bytes: file.bytes,
            file: Some(file.clone()),
            ..new(PaperKind::File, &file.name)
        })
        .collect();
    if !files.is_empty() {
        return files;
    }
    if value.starts_with("https://") || value.starts_with("http://") {
        return vec![new(PaperKind::Link, value)];
    }
    if reference(value).as_deref() == Some(value) {
        return vec![new(PaperKind::Reference, value)];
    }
    let name: String = value.chars().take(NAME_CHARS_MAX).collect();
    vec![Paper { hash: message.hash, ..new(PaperKind::Minutes, &name) }]
}

/// Whether the same paper came before and proves at least the same: who sends it again proves
/// nothing more, and who decides would read it twice.
pub(super) fn is_known(request: &Request, fact: &Fact, paper: &Paper) -> bool {
    // Without a word for what, it counts for all that still lacks one.
    let is_needed = paper.for_all && proofs::is_lacking(request, fact);
    let is_same = |known: &Paper| {
        known.fact == paper.fact
            && known.hash.is_some()
            && known.hash == paper.hash
            && paper.things.iter().all(|thing| known.things.contains(thing))
    };
    !is_needed && request.proofs.papers.iter().any(is_same)
}

/// The things that a paper is said to prove: named in its file name, or in a line that names it.
fn named(request: &Request, fact: &Fact, name: &str, text: &str) -> Vec<String> {
    let mentions = |text: &str, thing: &str| {
        let (text, thing) = (format!(" {} ", fold(text)), format!(" {} ", fold(thing)));
        text.contains(&thing)
    };
    let lines: Vec<&str> = text.lines().filter(|line| line.contains(name)).collect();
    let mut things = proofs::things(request, fact);
    things.retain(|thing| mentions(name, thing) || lines.iter().any(|line| mentions(line, thing)));
    things
}

/// Whether some paper still lacks.
pub(super) fn is_wanted(request: &Request) -> bool {
    request.procedure.facts.iter().any(|fact| {
        fact.kind == FactType::Evidence
            && (!request.facts.contains_key(&fact.name) || proofs::is_lacking(request, fact))
    })
}

/// Texts that still lack and come as a file with the label as its name; papers that still lack,
/// or that the author's words are about.
pub(super) fn files<'a>(
    request: &'a Request,
    message: &Message,
    words: &str,
) -> Vec<(&'a Fact, String)> {
    let mut named = Vec::new();
    let papers: Vec<&Attachment> =
        message.attachments.iter().filter(|file| is_paper(message, file)).collect();
    if papers.is_empty() {
        return named;
    }
    for attachment in &papers {
        let stem =
            attachment.name.rsplit_once('.').map_or(attachment.name.as_str(), |(stem, _)| stem);
        let stem = fold(stem);
        let is_named = |fact: &&Fact| {
            fact.kind == FactType::Text
                && !request.facts.contains_key(&fact.name)
                && fact.labels().iter().any(|label| {
                    label.chars >= 4 && stem.split(' ').any(|word| word == label.folded)
                })
        };
        if let Some(fact) = request.procedure.facts.iter().find(is_named) {
            named.push((fact, attachment.name.clone()));
        }
    }
    let text = format!("{words} {}", message.text);
    let is_meant = |fact: &Fact| is_named_in(fact, &text);
    let is_proven_by_paper = |fact: &&Fact| {
        let lacks = !request.facts.contains_key(&fact.name) || proofs::is_lacking(request, fact);
        proofs::is_by_paper(fact) && (lacks || is_meant(fact))
    };
    let facts: Vec<&Fact> = request.procedure.facts.iter().filter(is_proven_by_paper).collect();
    let told = told_apart(&facts, &papers, words);
    for fact in facts {
        let is_its = |paper: &&&Attachment| {
            told.iter().any(|(one, file)| one.name == fact.name && *file == paper.name)
        };
        let names: Vec<&str> = papers.iter().filter(is_its).map(|paper| &*paper.name).collect();
        let names = the_paper_among(request, fact, names, &message.text);
        if !names.is_empty() {
            named.push((fact, names.join("; ")));
        }
    }
    named
}

/// Of several files the ones that are the paper by their name, or that the text calls so; all
/// where none is.
fn the_paper_among<'b>(
    request: &Request,
    fact: &Fact,
    names: Vec<&'b str>,
    text: &str,
) -> Vec<&'b str> {
    let units = units(text);
    let is_said = |name: &str| {
        units.iter().any(|unit| unit.contains(name) && calls_it_so(fact, &unit.replace(name, " ")))
    };
    let is_it = |name: &&str| is_named_inside(fact, name) || is_said(name);
    let its: Vec<&str> = names.iter().copied().filter(is_it).collect();
    if fact.kind != FactType::Evidence {
        return names;
    }
    if its.is_empty() {
        return without_pictures(request, fact, names, &units);
    }
    // A file named after one of several things proves that thing.
    let is_for_one =
        |name: &str| fact.each.is_some() && !named(request, fact, name, text).is_empty();
    names.into_iter().filter(|name| its.contains(name) || is_for_one(name)).collect()
}

/// Files of which nothing is said, without pictures beside other files. A picture alone is the
/// paper where the mail speaks of one, or where we asked for it. Which of several files it is
/// nobody can tell, so that it is asked.
fn without_pictures<'b>(
    request: &Request,
    fact: &Fact,
    mut names: Vec<&'b str>,
    units: &[String],
) -> Vec<&'b str> {
    let is_spoken_of = || units.iter().any(|unit| calls_it_so(fact, unit));
    let has_both = |unit: &String| fold(unit).split(' ').any(|word| BOTH.contains(&word));
    if names.len() > 1 && units.iter().any(has_both) {
        return names;
    }
    let is_asked = || request.asked.as_ref().is_some_and(|(asked, _)| asked.contains(&fact.name));
    if names.iter().any(|name| !is_picture(name)) || !(is_spoken_of() || is_asked()) {
        names.retain(|name| !is_picture(name));
    }
    let mut short = names.iter().copied().filter(|name| is_shortened(name));
    match (names.len(), fact.each.is_some(), short.next(), short.next()) {
        (0 | 1, ..) | (_, true, ..) => names,
        (_, _, Some(one), None) => vec![one],
        _ => Vec::new(),
    }
}

/// Whether a file's name says in short that it is what a meeting wrote down.
fn is_shortened(name: &str) -> bool {
    fold(name).split(' ').any(|word| SHORT_MINUTES.contains(&word))
}

/// Whether a file's name holds a label of the fact, its umlauts as they are typed without.
fn is_named_inside(fact: &Fact, name: &str) -> bool {
    let name = plain(&fold(name));
    let is_inside = |label: &Label| label.chars >= LABEL_CHARS_MIN && name.contains(&label.plain);
    fact.labels().iter().any(is_inside)
}

/// Whether a sentence that names a file calls it by a label of the fact, and as one that is there.
fn calls_it_so(fact: &Fact, sentence: &str) -> bool {
    let folded = fold(sentence);
    let has = |list: &[&str]| folded.split(' ').any(|word| list.contains(&word) && word != "anbei");
    let is_called = fact.labels().iter().any(|label| {
        let is_it = |word: &str| word.starts_with(&label.folded);
        label.chars >= LABEL_CHARS_MIN && folded.split(' ').any(is_it)
    });
    let is_called = is_called || has(&["minute"]);
    is_called && !has(&DENIALS) && !has(&PROMISES) && !has(&LACKS)
}

/// Sentences, wrapped lines joined; a line with a bullet or a colon begins one.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = vec![String::new()];
    for line in text.lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['-', '*', '•']) || line.contains(": ") {
            units.push(String::new());
        }
        for word in line.split_whitespace() {
            if let Some(unit) = units.last_mut() {
                unit.push_str(word);
                unit.push(' ');
            }
            if word.ends_with(['.', '!', '?']) {
                units.push(String::new());
            }
        }
    }
    units
}

/// Whether words name a fact by one of its labels, a long one also bent: "das Protokolls".
fn is_named_in(fact: &Fact, words: &str) -> bool {
    let words = format!(" {} ", fold(words));
    fact.labels().iter().any(|label| {
        let end = if label.chars >= LABEL_CHARS_MIN { "" } else { " " };
        words.contains(&format!(" {}{end}", label.folded))
    })
}

/// Which paper is for which fact: what its name says, else what the author's own words say; for
/// every one where neither tells.
fn told_apart<'a, 'b>(
    facts: &[&'a Fact],
    papers: &[&'b Attachment],
    words: &str,
) -> Vec<(&'a Fact, &'b str)> {
    let by_name = |paper: &Attachment| -> Vec<&'a Fact> {
        facts.iter().copied().filter(|fact| is_named_in(fact, &paper.name)).collect()
    };
    let claimed: Vec<&Fact> = papers.iter().flat_map(|paper| by_name(paper)).collect();
    let is_claimed = |fact: &Fact| claimed.iter().any(|one| one.name == fact.name);
    let free = facts.iter().copied().filter(|fact| !is_claimed(fact));
    let spoken: Vec<&Fact> = free.clone().filter(|fact| is_named_in(fact, words)).collect();
    let rest: Vec<&Fact> = if spoken.is_empty() { free.collect() } else { spoken };
    let rest = if rest.is_empty() { facts.to_vec() } else { rest };
    let its = |paper: &&'b Attachment| {
        let own = by_name(paper);
        let its = if own.is_empty() { rest.clone() } else { own };
        let name: &'b str = paper.name.as_str();
        its.into_iter().map(move |fact| (fact, name)).collect::<Vec<_>>()
    };
    papers.iter().flat_map(its).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_told_from_promises() {
        for text in [
            "Protokoll vom 18.11.: TOP 3, die Crew beschließt einstimmig eine eigene Queue",
            "18 November, present 7. Resolved unanimously that Kim gets access to press",
            "Pöytäkirja 18.11.: päätettiin hakea oma jono, läsnä 7 henkeä ja puheenjohtaja",
        ] {
            assert!(is_minutes(text), "{text}");
        }
        for text in [
            "das Protokoll vom 18.11. wird beim nächsten Treffen beschlossen und nachgereicht",
            "beschlossen haben wir das am 18.11.",
            "minutes will follow once they are approved on 20 November, sorry",
        ] {
            assert!(!is_minutes(text), "{text}");
        }
    }

    #[test]
    fn of_several_files_the_paper_is_the_one_that_is_called_so() {
        let text = include_str!("../../../fixtures/requests/account.toml");
        let request = Request::new(crate::desk::Procedure::parse(text).unwrap());
        let fact = request.procedure.fact("evidence").unwrap();
        for (files, text, its) in [
            (vec!["kuva.jpg", "poytakirja_4.2.pdf"], "", vec!["poytakirja_4.2.pdf"]),
            (vec!["Sitzungsprotokoll.odt", "plan.pdf"], "", vec!["Sitzungsprotokoll.odt"]),
            (
                vec!["MV.pdf", "foto.jpg"],
                "Das Protokoll ist\nMV.pdf. Und foto.jpg.",
                vec!["MV.pdf"],
            ),
            (vec!["a.pdf", "b.jpg"], "- a.pdf: minutes\n- b.jpg: us", vec!["a.pdf"]),
            (vec!["a.pdf", "b.jpg"], "Das Protokoll fehlt in b.jpg.", vec!["a.pdf"]),
            (vec!["a.pdf", "b.pdf"], "Das Protokoll fehlt in b.pdf.", vec![]),
            (vec!["a.jpg"], "Auf dem Bild ist unser Schaukasten.", vec![]),
            (vec!["a.jpg"], "Siehe Foto vom Protokoll.", vec!["a.jpg"]),
            (vec!["a.pdf", "b.jpg"], "beides anbei", vec!["a.pdf", "b.jpg"]),
        ] {
            assert_eq!(the_paper_among(&request, fact, files, text), its, "{text}");
        }
    }

    #[test]
    fn attachments_that_are_spoken_of() {
        for text in [
            "Das Protokoll hängt an.",
            "Protokoll anbei.",
            "Minutes attached",
            "liitteenä pöytäkirja",
            "bifogar det",
        ] {
            assert!(speaks_of_attachment(text), "{text}");
        }
        for text in [
            "Der Anhang folgt später",
            "Wie hänge ich das an?",
            "no attachment yet",
            "Es hängt an mir",
        ] {
            assert!(!speaks_of_attachment(text), "{text}");
        }
    }

    #[test]
    fn messages_and_tickets_are_referred_to() {
        assert_eq!(reference("siehe <a1@mail.example>, danke"), Some("<a1@mail.example>".into()));
        assert_eq!(reference("as in #17."), Some("#17".into()));
        assert_eq!(reference("Protokoll 17"), None);
    }
}
