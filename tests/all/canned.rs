//! Answers that are written already: what goes out, in which language, and what stays of it.
//!
//! Deliberately absent: how a text is filled, which stands beside the filling.

use std::fs;

use lotse::config;
use lotse::ticket::Status;
use lotse::types::{Locale, QueueName};

use crate::core::{Core, organization};

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";

fn asked() -> Core {
    let people = ["Anna Muster", "Bernd Beispiel"];
    let mut core = Core::new(&organization(&people, &[("kontakt", &["anna write"])]));
    let mut add = |name: &str, locale, text: &str| {
        core.desk.site.canned.add(QueueName::new("kontakt"), name, locale, text);
    };
    add("zeiten", Locale::De, "Guten Tag {{requestor}},\n\ndienstags.\n\n{{member}}\n");
    add("zeiten", Locale::En, "Hello {{requestor}},\n\non Tuesdays.\n");
    add("passwort", Locale::De, "Setzen Sie es neu.");
    core.write(OTTO, "kontakt@nrw.example", "Zeiten", "Wann ist offen?");
    core.told();
    core
}

fn anna(core: &mut Core, text: &str) -> Vec<String> {
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, text);
    core.told()
}

#[test]
fn text_goes_out_filled_and_its_ticket_is_open_with_its_sender() {
    let mut core = asked();
    let told = anna(&mut core, "!antwort zeiten");
    assert_eq!(told, ["otto: answer: ", "anna: result: Answered 17 by Otto Normal"]);
    let text = core.text(&core.last("otto", "answer"));
    assert!(text.starts_with("Guten Tag Otto Normal,\n\ndienstags.\n\nAnna Muster"), "{text}");
    assert!(text.contains("> Wann ist offen?"), "{text}");
    let ticket = core.ticket(17);
    assert_eq!((ticket.status, ticket.owner.is_some()), (Status::Open, true));
    assert!(ticket.first_answer_at.is_some());
}

#[test]
fn names_are_listed_and_a_slip_is_forgiven() {
    let mut core = asked();
    assert_eq!(anna(&mut core, "!antwort"), ["anna: result: Answers 17 by passwort, zeiten"]);
    let told = anna(&mut core, "!antwort urlaub");
    assert_eq!(told, ["anna: result: NoSuchAnswer 17 by passwort, zeiten"]);
    assert_eq!(anna(&mut core, "!answer Zeitn")[0], "otto: answer: ");
    core.desk.site.canned = lotse::desk::canned::Canned::default();
    assert_eq!(anna(&mut core, "!antwort"), ["anna: result: NoAnswers 17"]);
}

#[test]
fn trying_shows_the_text_and_own_words_stand_above_it() {
    let mut core = asked();
    let told = anna(&mut core, "!probe antwort zeiten");
    assert_eq!(told, ["anna: result: try Answered 17 by Otto Normal"]);
    let text = core.text(core.outbox.last().unwrap()).replace('\n', " ");
    assert!(text.contains("„Guten Tag Otto Normal, dienstags. Anna Muster“"), "{text}");
    let told = anna(&mut core, "Am Dienstag.\n!antwort zeiten");
    assert_eq!(
        told,
        ["otto: answer: Am Dienstag.", "anna: result: sent, Answered 17 by Otto Normal"]
    );
    let text = core.text(&core.last("otto", "answer"));
    let both = "Am Dienstag.\n\nGuten Tag Otto Normal,\n\ndienstags.\n\nAnna Muster";
    assert!(text.starts_with(both), "{text}");
}

#[test]
fn every_mistake_in_a_file_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("templates/answers/kontakt");
    fs::create_dir_all(&below).unwrap();
    let settings = "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\n\
        domains = [\"nrw.example\"]\ndispatcher = \"kontakt\"\n\
        organization = \"organization.toml\"\ntemplates = \"templates\"\n";
    fs::write(folder.path().join("lotse.toml"), settings).unwrap();
    let organization = organization(&["Anna Muster"], &[("kontakt", &["anna write"])]);
    fs::write(folder.path().join("organization.toml"), organization).unwrap();
    fs::write(below.join("zeiten.de.txt"), "Hallo {{requestor}},\n{{wer}} kommt.\n").unwrap();
    fs::write(below.join("zeiten.txt"), "Hallo\n").unwrap();
    fs::write(below.join("leer.de.txt"), "\n").unwrap();
    let problems = config::load(&folder.path().join("lotse.toml")).unwrap_err();
    let mut found: Vec<String> = problems
        .iter()
        .map(|problem| {
            let name = problem.file.file_name().unwrap().to_string_lossy().into_owned();
            let sentence: String = problem.sentence.chars().take(24).collect();
            format!("{name}:{:?}: {sentence}", problem.line)
        })
        .collect();
    found.sort();
    assert_eq!(
        found,
        [
            "leer.de.txt:Some(1): the text is empty; write",
            "zeiten.de.txt:Some(2): `{{wer` is nothing that ",
            "zeiten.txt:None: its name says no languag"
        ]
    );
}
