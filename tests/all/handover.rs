//! Requests that go to a higher body: a refusal that is not accepted, people who cannot agree.
//!
//! Conversations in the model of `procedure`, whose laws are looked at after every event.

use jiff::SignedDuration;
use lotse::ticket::matter::{Happened, ResultKind};
use lotse::ticket::{Matter, Status};

use crate::procedure::{DAY, KIM, World, letter};

const PROCEDURE: &str = r#"
name = "account"
addresses = ["rt-admin@nrw.example"]
title.de = "Zugang zum RT"
queue = "kontakt"
[appeal]
to = "queue:vorstand"
within = "10 days"
span = "14 days"
[[fact]]
name = "holder"
type = "user-name"
need = "required"
label.de = ["Benutzername"]
[[step]]
kind = "collect"
[[step]]
kind = "review"
by = "person:jo"
target = "3 days"
[[step]]
kind = "tell"
"#;

const JO: &str = "jo@members.example";
const UTE: &str = "ute@members.example";
const MAX: &str = "max@members.example";

fn world(procedure: &str) -> World {
    let mut world = World::of(procedure, "2026-11-24T10:00:00+01:00");
    let mut mail = letter(KIM, "rt-admin@nrw.example", "Benutzername: kimso\n");
    mail.from.name = "Kim Sommer".to_owned();
    world.write(&mail);
    world.wait(SignedDuration::from_mins(5));
    world
}

fn refused() -> World {
    let mut world = world(PROCEDURE);
    world.answer(JO, "abgelehnt: das Protokoll nennt nur die AG\n");
    assert_eq!(world.request().granted, Some(false));
    world
}

#[test]
fn answer_to_a_refusal_leads_to_the_higher_body_with_the_whole_history() {
    let mut world = refused();
    let Matter::Outcome { appeal: Some(appeal), .. } = world.last_to(KIM).matter else { panic!() };
    assert_eq!(appeal.body, "vorstand");
    assert_eq!(appeal.until, "2026-12-05T00:00:00+01:00".parse().unwrap());
    world.answer(KIM, "Das stimmt nicht, auf Seite 2 stehe ich.\n");
    assert_eq!((world.request().granted, world.ticket(1).status), (None, Status::Open));
    assert_eq!(world.matters_to(KIM), ["complete", "outcome", "escalated"]);
    let Matter::Escalated { until, .. } = world.last_to(KIM).matter else { panic!() };
    assert_eq!(until, Some("2026-12-09T00:00:00+01:00".parse().unwrap()));
    let Matter::Review { history, until: due, .. } = world.last_to(UTE).matter else { panic!() };
    assert_eq!(due, until);
    let what: Vec<Happened> = history.iter().map(|line| line.what).collect();
    assert_eq!(what, [Happened::Complete, Happened::Refused, Happened::HandedOn]);
    assert!(history[2].text.is_some(), "the words of who asks for it");
    world.answer(UTE, "bewilligt\n");
    assert_eq!(world.request().granted, Some(true));
    let Matter::Outcome { by, granted: true, .. } = world.last_to(KIM).matter else { panic!() };
    assert_eq!(by.as_deref(), Some("Ute Beispiel"));
    assert_eq!(world.matters_to(MAX), ["review", "settled"]);
    let sheet = world.request().sheet.clone().unwrap();
    assert!(sheet.granted && sheet.verdicts.len() == 2, "{sheet:?}");
    assert!(world.timers.is_empty(), "{:?}", world.timers);
}

#[test]
fn word_of_the_higher_body_ends_the_matter() {
    let mut world = refused();
    world.answer(KIM, "Bitte noch einmal prüfen.\n");
    world.answer(MAX, "abgelehnt: wir sehen es genauso\n");
    assert_eq!(world.request().granted, Some(false));
    let Matter::Outcome { appeal, reason: Some(_), .. } = world.last_to(KIM).matter else {
        panic!()
    };
    assert_eq!(appeal, None);
    world.answer(KIM, "Und noch einmal, bitte.\n");
    assert_eq!(world.request().granted, Some(false), "people read it, as any answer");
}

#[test]
fn higher_body_is_reminded_of_its_deadline() {
    let mut world = refused();
    world.answer(KIM, "Bitte noch einmal prüfen.\n");
    world.wait(DAY * 30);
    assert_eq!(world.matters_to(UTE), ["review", "review", "review"]);
    assert_eq!(world.request().granted, None, "silence decides nothing");
}

#[test]
fn thanks_questions_and_late_words_are_no_appeal() {
    for (text, wait) in [
        ("Vielen Dank!\n", 1),
        ("Welches Protokoll ist gemeint?\n", 1),
        ("nein\n", 1),
        ("Das stimmt nicht, auf Seite 2 stehe ich.\n", 11),
    ] {
        let mut world = refused();
        world.wait(DAY * wait);
        world.answer(KIM, text);
        assert_eq!(world.request().granted, Some(false), "{text}");
        assert_eq!(world.request().body, None, "{text}");
    }
}

#[test]
fn member_hands_a_conflict_to_the_higher_body_and_nobody_else_decides_then() {
    let mut world = world(PROCEDURE);
    let asked = world.last_to(JO);
    world.reply_to(&asked, JO, "!eskaliere wir sind uns nicht einig\n");
    assert_eq!(world.matters_to(UTE), ["review"]);
    assert_eq!(world.matters_to(KIM), ["complete", "escalated"]);
    world.reply_to(&asked, JO, "!bewilligt\n");
    assert_eq!(world.request().granted, None);
    world.answer(UTE, "bewilligt\n");
    assert_eq!(world.request().granted, Some(true));
}

#[test]
fn conflict_without_a_higher_body_is_said_to_who_wrote_it() {
    let head = PROCEDURE.replace(
        "[appeal]\nto = \"queue:vorstand\"\nwithin = \"10 days\"\nspan = \"14 days\"\n",
        "",
    );
    let mut world = world(&head);
    let asked = world.last_to(JO);
    world.reply_to(&asked, JO, "!eskaliere wir sind uns nicht einig\n");
    let Matter::Result { lines, .. } = world.last_to(JO).matter else { panic!() };
    assert_eq!(lines[0].outcome, ResultKind::NoBody);
    assert_eq!(world.request().granted, None);
}
