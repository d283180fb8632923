//! Every text in every language, filled for every use: what all of them keep, and which mistakes in
//! a site's own texts are found at start.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use lotse::desk::Desk;
use lotse::mail::Outgoing;
use lotse::notice::sample::{self, Sample};
use lotse::notice::{Renderer, TemplateProblem, matrix, reverse_path, template};
use lotse::ticket::effect::ReplyTo;
use lotse::ticket::{Matter, key};
use lotse::types::{Locale, Mailbox};

struct Mail {
    name: String,
    sample: Sample,
    outgoing: Outgoing,
}

fn renderer() -> &'static Renderer {
    static RENDERER: std::sync::OnceLock<Renderer> = std::sync::OnceLock::new();
    RENDERER
        .get_or_init(|| Renderer::new(&BTreeMap::new()).unwrap_or_else(|problems| fail(&problems)))
}

fn mails() -> Vec<Mail> {
    mails_of(&sample::desk())
}

fn mails_of(desk: &Desk) -> Vec<Mail> {
    let renderer = renderer();
    let contents = sample::contents();
    let every = Locale::ALL.into_iter().flat_map(sample::notices);
    every
        .enumerate()
        .map(|(number, sample)| {
            let template = matrix::of(&sample.notice.matter).template;
            let name = format!("{}/{template}, sample {number}", sample.notice.locale);
            let outgoing = renderer.render(desk, &sample.notice, &contents);
            assert_eq!(outgoing.text, renderer.text(desk, &sample.notice, &contents), "{name}");
            Mail { name, sample, outgoing }
        })
        .collect()
}

fn fail(problems: &[TemplateProblem]) -> ! {
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    panic!("{}", lines.join("\n"))
}

/// The text of an HTML part without its buttons, as a browser shows it.
fn shown(html: &str) -> String {
    let mut shown = String::new();
    let body = html.split_once("<body").unwrap().1;
    let mut rest = body.split_once('>').unwrap().1;
    while let Some((text, tail)) = rest.split_once('<') {
        shown.push_str(text);
        if tail.starts_with("a role=\"button\"") {
            rest = tail.split_once("</a>").unwrap().1;
        } else {
            rest = tail.split_once('>').unwrap().1;
        }
    }
    shown.push_str(rest);
    let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(shown, |shown, (entity, plain)| shown.replace(entity, plain))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text as a program shows it that breaks lines at `width`, joined paragraphs or not.
fn rewrapped(text: &str, width: usize, joins: bool) -> Vec<String> {
    let joined;
    let lines: Vec<&str> = if joins {
        joined = text.split("\n\n").map(|part| part.replace('\n', " ")).collect::<Vec<_>>();
        joined.iter().map(String::as_str).collect()
    } else {
        text.lines().collect()
    };
    let mut wrapped = Vec::new();
    for line in lines {
        let mut part = String::new();
        for word in line.split(' ') {
            if !part.is_empty() && part.chars().count() + 1 + word.chars().count() > width {
                wrapped.push(std::mem::take(&mut part));
            }
            if !part.is_empty() {
                part.push(' ');
            }
            part.push_str(word);
        }
        wrapped.push(part);
    }
    wrapped
}

/// Texts that are only included by others.
const INCLUDED: [&str; 2] = ["closing", "remarks"];

#[test]
fn lines_are_at_most_72_columns() {
    for mail in mails() {
        for line in mail.outgoing.text.lines() {
            let max = if line.starts_with('>') { 78 } else { 72 };
            let is_whole = !line.contains(' ');
            assert!(is_whole || line.chars().count() <= max, "{}: {line}", mail.name);
        }
    }
}

#[test]
fn no_line_begins_with_the_marker_at_any_width() {
    for mail in mails() {
        let html = mail.outgoing.html.as_deref().map(shown).unwrap_or_default();
        if matches!(mail.sample.notice.matter, Matter::Answer { .. }) {
            continue; // a person's own words go out as they stand
        }
        for (width, joins) in [(40, false), (60, false), (72, false), (40, true), (60, true)] {
            for part in [&mail.outgoing.text, &html] {
                for line in rewrapped(part, width, joins) {
                    let begins = line.trim_start_matches(' ').starts_with(['!', '！']);
                    assert!(!begins, "{} at {width}: {line}", mail.name);
                }
            }
        }
    }
}

#[test]
fn only_keywords_have_an_exclamation_mark() {
    for (file, source) in template::shipped() {
        let rest = source
            .replace("<!DOCTYPE", "")
            .replace("!{{keyword.", "")
            .replace("!17 {{keyword.", "");
        assert!(!rest.contains('!'), "{file}");
    }
}

/// Failure 15: people took a line that said where to type for an order; no text of ours has one.
#[test]
fn text_holds_no_keyed_address_and_no_web_link() {
    for mail in mails() {
        let privacy = "https://nrw.example/datenschutz";
        let text = mail.outgoing.text.replace(privacy, "");
        assert!(!text.contains("desk+"), "{}", mail.name);
        assert!(!text.contains("http") && !text.contains("www."), "{}", mail.name);
        assert!(!text.contains("---") && !text.contains("==="), "{}", mail.name);
        let is_receipt = matches!(mail.sample.notice.matter, Matter::Receipt { .. });
        assert_eq!(is_receipt, mail.outgoing.text.contains(privacy), "{}", mail.name);
    }
}

#[test]
fn first_sentence_ends_within_200_characters() {
    for mail in mails() {
        if matches!(mail.sample.notice.matter, Matter::Answer { .. }) {
            continue;
        }
        let paragraphs = mail.outgoing.text.split("\n\n");
        let first = paragraphs.map(flat).find(|part| !part.ends_with(',')).unwrap();
        let head: String = first.chars().take(200).collect();
        let ends = [". ", "? ", ": ", "; "].iter().any(|end| head.contains(end));
        assert!(ends || first.chars().count() <= 200, "{}: {first}", mail.name);
    }
}

fn words(text: &str) -> Vec<String> {
    let text = text.replace('>', " ");
    text.split_whitespace().filter(|word| *word != "--").map(str::to_owned).collect()
}

#[test]
fn text_and_html_say_the_same_words() {
    for mail in mails() {
        if let Some(html) = &mail.outgoing.html {
            assert_eq!(words(&mail.outgoing.text), words(&shown(html)), "{}", mail.name);
        }
    }
}

#[test]
fn every_date_of_ours_has_its_weekday() {
    let weekdays = [
        "tag,",
        "woch,",
        "day ",
        "tai",
        "torsdagen",
        "daina",
        "dagen",
        "klona",
        "tina",
        "taina",
        "kkona",
    ];
    for mail in mails() {
        // The days of a register are no days to act by.
        if matches!(mail.sample.notice.matter, Matter::Answer { .. } | Matter::Register { .. }) {
            continue;
        }
        let text = flat(&mail.outgoing.text);
        for (at, _) in text.match_indices("2026") {
            let before: String = text.split_at(at).0.chars().rev().take(30).collect();
            let before: String = before.chars().rev().collect();
            let found = weekdays.iter().any(|weekday| before.contains(weekday));
            assert!(found, "{}: ..{before}2026", mail.name);
        }
    }
}

#[test]
fn mail_to_a_member_says_where_an_answer_goes() {
    for mail in mails() {
        let notice = &mail.sample.notice;
        if notice.person.is_none() {
            continue;
        }
        let reply_to = mail.outgoing.reply_to.as_ref();
        let is_breaker_without_ticket =
            matches!(notice.matter, Matter::Breaker { .. }) && notice.ticket.is_none();
        assert!(
            is_breaker_without_ticket || reply_to.is_some_and(|mailbox| !mailbox.name.is_empty()),
            "{}",
            mail.name
        );
        let word = match notice.locale {
            Locale::De => "ntwort",
            Locale::En => "nswer",
            Locale::Fi => "astau",
            Locale::Sv => "var",
        };
        let says = mail.outgoing.text.contains(word) || mail.outgoing.text.contains("astaa");
        assert!(says, "{}", mail.name);
    }
}

#[test]
fn labels_to_fill_in_end_in_a_colon_and_nothing_follows() {
    for mail in mails() {
        let Matter::Question { missing, .. } = &mail.sample.notice.matter else { continue };
        for fact in missing {
            let label = format!("{}:", fact.label);
            let lines: Vec<&str> = mail.outgoing.text.lines().collect();
            let at = lines.iter().position(|line| *line == label);
            let at = at.unwrap_or_else(|| panic!("{}: {label}", mail.name));
            assert_eq!((lines[at - 1], lines[at + 1]), ("", ""), "{}", mail.name);
        }
    }
}

#[test]
fn every_file_is_used_and_none_is_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            for file in std::fs::read_dir(entry.path()).unwrap().map(Result::unwrap) {
                found.insert(format!("{name}/{}", file.file_name().into_string().unwrap()));
            }
        } else {
            found.insert(name);
        }
    }
    let known: BTreeSet<String> = template::shipped().map(|(file, _)| file).collect();
    assert_eq!(found, known);
    let filled: BTreeSet<&str> =
        mails().iter().map(|mail| matrix::of(&mail.sample.notice.matter).template).collect();
    let whole: BTreeSet<&str> = template::names().filter(|name| !INCLUDED.contains(name)).collect();
    assert_eq!(filled, whole);
}

#[test]
fn head_follows_the_matrix() {
    let desk = sample::desk();
    for mail in mails() {
        let (notice, outgoing) = (&mail.sample.notice, &mail.outgoing);
        let field = |name: &str| {
            let found = outgoing.fields.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str())
        };
        assert_eq!(field("x-ms-reactions"), Some("disallow"), "{}", mail.name);
        assert!(key::is_mark(&desk, field("X-Lotse-Mark").unwrap()), "{}", mail.name);
        assert_eq!(field("Content-Language"), Some(notice.locale.code()));
        assert_eq!(field("Precedence"), None);
        let expected = match &notice.matter {
            Matter::Answer { .. } => None,
            Matter::Receipt { .. }
            | Matter::Result { .. }
            | Matter::Help
            | Matter::Register { .. }
            | Matter::Minutes { .. }
            | Matter::BallotTaken { .. }
            | Matter::Refusal { .. } => Some("auto-replied"),
            _ => Some("auto-generated"),
        };
        assert_eq!(field("Auto-Submitted"), expected, "{}", mail.name);
        let is_refusal = matches!(notice.matter, Matter::Refusal { .. });
        assert_eq!(reverse_path(&desk, notice).is_none(), is_refusal, "{}", mail.name);
        let is_digest = matches!(notice.matter, Matter::Digest { .. });
        assert_eq!(field("List-Id").is_some(), is_digest, "{}", mail.name);
        assert_eq!(field("List-Unsubscribe").is_some(), is_digest, "{}", mail.name);
        assert!(outgoing.from.address.domain() == "nrw.example", "{}", mail.name);
        let own = key::own_id(&desk, &outgoing.message_id).unwrap();
        assert_eq!((own.ticket, own.row), (notice.ticket, notice.id), "{}", mail.name);
        let root = notice.ticket.map(|ticket| key::root_id(&desk, ticket));
        assert_eq!(outgoing.references.first(), root.as_ref(), "{}", mail.name);
        for (_, value) in &outgoing.fields {
            assert!(value.is_ascii() && !value.contains(['\r', '\n']), "{}: {value}", mail.name);
        }
        assert!(!outgoing.subject.contains('\n') && outgoing.subject.chars().count() < 200);
    }
}

fn german(matches: impl Fn(&Matter) -> bool, is_full: bool) -> Mail {
    let wanted = |mail: &Mail| {
        mail.sample.notice.locale == Locale::De
            && mail.sample.is_full == is_full
            && matches(&mail.sample.notice.matter)
    };
    mails().into_iter().find(wanted).unwrap()
}

#[test]
fn names_and_subjects_read_as_people_expect() {
    let copy = german(|matter| matches!(matter, Matter::Copy { .. }), true).outgoing;
    assert_eq!(copy.from.to_string(), "Otto Normal (kontakt) <kontakt@nrw.example>");
    assert_eq!(copy.reply_to.unwrap().name, "Antwort an Otto Normal und Dana Doe");
    assert_eq!(copy.subject, "[nrw #17] Frage zum Stammtisch");
    let receipt = german(|matter| matches!(matter, Matter::Receipt { .. }), false).outgoing;
    assert_eq!(receipt.from.to_string(), "Kontakt NRW <kontakt@nrw.example>");
    assert_eq!(receipt.subject, "Re: [nrw #17] Deine Nachricht vom 21. November");
    assert!(receipt.html.is_none());
    let digest = german(|matter| matches!(matter, Matter::Digest { .. }), false).outgoing;
    assert_eq!(digest.from.to_string(), "lotse nrw <desk@nrw.example>");
    assert_eq!(digest.subject, "[nrw] Samstag, 21. November: eine Nachricht wartet");
    assert_eq!(digest.reply_to.unwrap().name, "Zum Arbeiten antworten");
    let result = german(|matter| matches!(matter, Matter::Result { .. }), true).outgoing;
    assert_eq!(result.reply_to.unwrap().name, "Nur intern, 17");
    let list = german(|matter| matches!(matter, Matter::Announcement { .. }), true).outgoing;
    assert_eq!(
        list.subject,
        "[nrw #17] Schlüssel für den Vereinsraum: Einwand bis Freitag, 27. November"
    );
    assert_eq!(list.reply_to.unwrap().address.as_str(), "kontakt@nrw.example");
}

#[test]
fn receipt_repeats_nothing_of_its_mail_but_the_subject() {
    let renderer = renderer();
    let desk = sample::desk();
    let receipt = german(|matter| matches!(matter, Matter::Receipt { .. }), true);
    let mut notice = receipt.sample.notice;
    notice.to = Mailbox::new("Kauft bei spam.example", notice.to.address.clone());
    let outgoing = renderer.render(&desk, &notice, &BTreeMap::new());
    assert!(!outgoing.text.contains("spam.example"));
}

#[test]
fn buttons_lead_to_the_keyed_address_and_hold_one_keyword() {
    for mail in mails() {
        let Some(html) = &mail.outgoing.html else { continue };
        let links = html.split("href=\"").skip(1).map(|tail| tail.split('"').next().unwrap());
        for link in links {
            let address = mail.outgoing.reply_to.as_ref().unwrap().address.as_str();
            let start = format!("mailto:{}?subject=", address.replace('+', "%2B"));
            assert!(link.starts_with(&start), "{}: {link}", mail.name);
            let body = link.split_once("body=").unwrap().1;
            assert!(body.starts_with("%21") && body.len() < 60, "{}: {link}", mail.name);
            assert!(!link.contains(' '), "{}: {link}", mail.name);
        }
        let has_buttons = html.contains("role=\"button\"");
        let is_queue = mail.sample.notice.reply_to == ReplyTo::Queue;
        assert!(!(is_queue && has_buttons), "{}", mail.name);
    }
    let copy = german(|matter| matches!(matter, Matter::Copy { .. }), true).outgoing;
    assert!(copy.html.unwrap().contains("&amp;body=%21nehme\">Nehme ich</a>"));
}

/// Failure 16: links that were wrapped broke, and programs that look at links before people do
/// approved things. No link leads to the web but to the privacy note, texts hold none that could be
/// wrapped, no line of a mail is long enough for a server to break it, and what is read out of one
/// has the links as they were made. What a button does, its one keyword does when typed.
#[test]
fn failure_16_no_link_acts_and_none_is_broken_on_its_way() {
    let mut links = 0;
    for mail in mails() {
        assert!(!mail.outgoing.text.contains("mailto:"), "{}", mail.name);
        let bytes = lotse::mail::compose(&mail.outgoing);
        let lines = bytes.split(|byte| *byte == b'\n');
        let longest = lines.map(<[u8]>::len).max().unwrap_or_default();
        assert!(longest <= 998, "{}: a line of {longest} octets", mail.name);
        let Some(html) = &mail.outgoing.html else { continue };
        let read = lotse::mail::parse(&bytes, &lotse::mail::ReversePath::Unknown);
        let read = read.html.unwrap_or_default();
        for link in html.split("href=\"").skip(1).map(|tail| tail.split('"').next().unwrap()) {
            let (kind, rest) = link.split_once(':').unwrap();
            assert_eq!(kind, "mailto", "{}: {link}", mail.name);
            assert!(read.contains(&format!("href=\"{link}\"")), "{}: {link}", mail.name);
            let keyword = rest.split_once("body=%21").unwrap().1;
            let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"%.-".contains(&byte);
            assert!(keyword.bytes().all(is_word), "{}: {keyword}", mail.name);
            links += 1;
        }
        // What the mail itself brings is fetched from nowhere.
        let own =
            mail.outgoing.pictures.iter().map(|one| format!("src=\"cid:{}\"", one.content_id));
        let html = own.fold(html.replace("https://nrw.example/datenschutz", ""), |html, own| {
            html.replace(&own, "")
        });
        for scheme in ["http:", "https:", "src=", "action="] {
            assert!(!html.contains(scheme), "{}: {scheme}", mail.name);
        }
    }
    assert!(links > 100, "{links} links");
}

#[test]
fn site_without_separator_names_the_ticket_in_text_and_buttons() {
    let mut desk = sample::desk();
    desk.site.separator.clear();
    for mail in mails_of(&desk) {
        let (notice, outgoing) = (&mail.sample.notice, &mail.outgoing);
        let Some(ticket) = notice.ticket else { continue };
        let Some(reference) = key::reference(&desk, ticket, &notice.reply_to) else { continue };
        let parts = outgoing.text.split_once(&reference);
        let after = parts.unwrap_or_else(|| panic!("{}", mail.name)).1;
        let is_last = after.trim().is_empty() || after.trim_start().starts_with("-- ");
        assert!(is_last || after.contains("\n> "), "{}: {after}", mail.name);
        assert_eq!(key::references_in(&desk, &outgoing.text)[0].0, ticket, "{}", mail.name);
        let key = key::reply_key(&desk, Some(ticket), &notice.reply_to).unwrap();
        let html = outgoing.html.as_deref().unwrap_or_default();
        let is_digest = matches!(notice.matter, Matter::Digest { .. });
        let tag = format!("%5Bnrw%20%23{ticket}%20{key}%5D");
        assert!(is_digest || !html.contains("href=") || html.contains(&tag), "{}", mail.name);
    }
}

fn problems(file: &str, source: &str) -> Vec<String> {
    problems_of(&[(file, source)])
}

fn problems_of(files: &[(&str, &str)]) -> Vec<String> {
    let overrides =
        files.iter().map(|(file, source)| ((*file).to_owned(), (*source).to_owned())).collect();
    match Renderer::new(&overrides) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn own_text_of_a_site_is_used() {
    let overrides = [("de/receipt.txt".to_owned(), "Moin,\n\nist da.\n\n--\nBot\n".to_owned())];
    let renderer = Renderer::new(&overrides.into()).unwrap();
    let receipt = german(|matter| matches!(matter, Matter::Receipt { .. }), true);
    let text = renderer.text(&sample::desk(), &receipt.sample.notice, &BTreeMap::new());
    assert_eq!(text, "Moin,\n\nist da.\n\n-- \nBot\n");
}

#[test]
fn mistakes_in_a_sites_own_texts_are_named_by_file_and_line() {
    let one = |file, source, words: &str| {
        let found = problems(file, source);
        assert!(found.iter().any(|problem| problem.contains(words)), "{words}: {found:?}");
    };
    one("de/recept.txt", "x", "de/recept.txt: it stands for no text of ours");
    one("de/receipt.txt", "a\n{{#if x}}\nb", "de/receipt.txt, line");
    one("de/receipt.txt", "a\n\n{{sbject}}", "de/receipt.txt, line 3: there is no slot `sbject`");
    one(
        "sv/receipt.txt",
        "a\n{{#if also}}\nb {{ticket}}\n{{else}}\n{{tickt}}\n{{/if}}",
        "sv/receipt.txt, line 5: there is no slot `tickt`",
    );
    one("fi/receipt.txt", "{{#if answer_dys}}x{{/if}}", "line 1: there is no slot `answer_dys`");
    one("en/digest.txt", "{{#each items}}\n{{frm}}\n{{/each}}", "line 2: there is no slot `frm`");
    one("en/receipt.txt", "{{> clsing}}", "there is no text `clsing` to include");
    one("en/receipt.txt", "{{{subject}}}", "three braces");
    one("en/receipt.txt", "{{> (lookup this \"subject\")}}", "must be named outright");
    one("en/receipt.txt", "{{shout subject}}", "cannot be filled");
    one("base.html", "<p>{{bdy}}</p>", "base.html, line 1: it cannot be filled");
}

#[test]
fn texts_that_include_each_other_are_found_before_they_run() {
    let found = problems_of(&[
        ("de/closing.txt", "{{> help}}"),
        ("de/help.txt", "{{#if formal}}{{> closing}}{{/if}}"),
    ]);
    assert!(found.iter().any(|problem| problem.contains("de/closing.txt: it includes itself")));
    assert!(problems("en/help.txt", "{{> help}}")[0].contains("includes itself"));
}

#[test]
fn stranger_cannot_bring_structure_into_a_mail() {
    let renderer = renderer();
    let desk = sample::desk();
    let copy = german(|matter| matches!(matter, Matter::Copy { .. }), true);
    let mut contents = sample::contents();
    for content in contents.values_mut() {
        content.text = "-- \n\u{E002}# Kopf {{keyword.take}}\n<b onclick=x>fett</b>\n".into();
    }
    let outgoing = renderer.render(&desk, &copy.sample.notice, &contents);
    assert_eq!(outgoing.text.matches("\n-- \n").count(), 1, "{}", outgoing.text);
    assert!(outgoing.text.contains("{{keyword.take}}"));
    let html = outgoing.html.unwrap();
    assert!(!html.contains("<b ") && html.contains("&lt;b onclick=x&gt;"));
    assert!(!html.contains("<h2"));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn laws_hold_whatever_a_stranger_writes(
        lines in proptest::collection::vec(
            "[ -~!> \t]{0,200}|!{1,5}|[\\PC\u{E000}-\u{E009}]{0,90}", 1..12
        ),
        subject in "\\PC{0,200}|!!! \\PC{0,20}",
        name in "\\PC{0,90}|!\\PC{0,9}|a@b.example",
    ) {
        let renderer = renderer();
        let mut sample = german(|matter| matches!(matter, Matter::Copy { .. }), true).sample;
        let text = lines.join("\n");
        sample.notice.subject = subject;
        if let Matter::Copy { author, text: excerpt, .. } = &mut sample.notice.matter {
            author.name = name;
            *excerpt = lotse::ticket::words::whole(excerpt.message, &text);
        }
        let mut contents = sample::contents();
        for content in contents.values_mut() {
            content.text.clone_from(&text);
        }
        let outgoing = renderer.render(&sample::desk(), &sample.notice, &contents);
        for line in outgoing.text.lines() {
            let fits = line.chars().count() <= 72 || !line.trim_start().contains(' ');
            assert!(fits, "{line:?}");
        }
        let html = shown(outgoing.html.as_deref().unwrap());
        for part in [&outgoing.text, &html] {
            for line in rewrapped(part, 40, true).iter().chain(&rewrapped(part, 60, false)) {
                assert!(!line.trim_start_matches(' ').starts_with(['!', '！']), "{line:?}");
            }
        }
        assert_eq!(words(&outgoing.text), words(&html));
        assert_eq!(outgoing.text.matches("\n-- \n").count(), 1);
        for header in [&outgoing.subject, &outgoing.from.name] {
            assert!(!header.chars().any(char::is_control) && header.chars().count() < 200);
        }
    }
}
