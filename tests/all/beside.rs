//! What stands in a mail beside what was asked: keyword lines next to a yes, another person's words
//! below one's own.
//!
//! Deliberately absent: what a yes leads to (`steps`), consents of their authors (`proofs`).

use lotse::desk::{RegisterChange, RuleText};
use lotse::ticket::matter::ResultKind;
use lotse::ticket::{Actor, Change, Matter};
use lotse::types::{Locale, PersonId};

use crate::procedure::{HOUR, KIM, World, at, letter};

const UTE: &str = "ute@members.example";
const REVIEW: &str = r#"
name = "review"
queue = "vorstand"
addresses = ["schluessel@nrw.example"]
title.de = "Schlüssel"
[[fact]]
name = "reason"
type = "text"
need = "required"
label.de = ["Grund"]
[[step]]
kind = "collect"
[[step]]
kind = "review"
by = "queue:vorstand"
target = "3 days"
[[step]]
kind = "review"
by = "person:jo"
target = "3 days"
[[step]]
kind = "tell"
"#;

/// The board is asked on Tuesday.
fn asked() -> World {
    let mut world = World::of(REVIEW, "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Grund: Chorprobe\n"));
    world.wait(HOUR);
    assert!(matches!(world.last_to(UTE).matter, Matter::Review { .. }));
    world
}

fn results(world: &World) -> Vec<ResultKind> {
    let own = world.outbox.iter().filter(|notice| notice.to.address.as_str() == UTE);
    own.filter_map(|notice| match &notice.matter {
        Matter::Result { lines, .. } => Some(lines.iter().map(|line| line.outcome)),
        _ => None,
    })
    .flatten()
    .collect()
}

#[test]
fn keyword_alone_in_an_answer_to_a_question_is_done_and_decides_nothing() {
    let mut world = asked();
    world.answer(UTE, "!frist 4.12.2026");
    let request = world.request();
    assert!(request.verdicts.is_empty());
    let due_at = request.waits().unwrap().due_at;
    assert_eq!(due_at, Some(at("2026-12-05T00:00:00+01:00")), "the step may take until then");
    assert_eq!(results(&world).len(), 1, "and she reads what became of the line");
    let unclear = world.outbox.iter().any(|one| matches!(one.matter, Matter::ReasonAsked { .. }));
    assert!(!unclear, "she is not asked what she meant");
}

#[test]
fn keyword_and_verdict_in_one_answer_both_act() {
    for text in ["bewilligt\n!frist 4.12.2026", "!frist 4.12.2026\nbewilligt"] {
        let mut world = asked();
        world.answer(UTE, text);
        let request = world.request();
        assert_eq!(request.step, 2, "{text}: granted, and Jo is asked");
        assert_eq!(results(&world).len(), 1, "{text}: the line has its result");
    }
}

#[test]
fn keyword_is_no_part_of_the_reason() {
    let mut world = asked();
    world.answer(UTE, "abgelehnt, der Raum ist vergeben\n!frist 4.12.2026");
    let Matter::Outcome { reason: Some(reason), .. } = &world.last_to(KIM).matter else {
        panic!("{:?}", world.last_to(KIM).matter);
    };
    let text = "abgelehnt, der Raum ist vergeben\n!frist 4.12.2026";
    let said = lotse::ticket::words::of(reason, text);
    assert!(said.contains("vergeben") && !said.contains("frist"), "{said}");
}

const CONSENT: &str = r#"
name = "account"
addresses = ["schluessel@nrw.example"]
title.de = "Zugang"
[[fact]]
name = "holder"
type = "name"
need = "required"
label.de = ["Name"]
[[fact]]
name = "terms"
type = "consent"
need = "required"
text = "rules"
label.de = ["Regeln", "Einverstanden"]
[[step]]
kind = "collect"
[[step]]
kind = "tell"
"#;

/// Ute asks for an account in Kim's name; the rules go to her with the question.
fn forwarding() -> World {
    let mut world = World::of(CONSENT, "2026-11-24T10:00:00+01:00");
    world.desk.register.apply(&RegisterChange::Text(RuleText {
        name: "rules".into(),
        version: 1,
        title: [(Locale::De, "Regeln".to_owned())].into(),
        effective: "2026-10-01".parse().unwrap(),
        approved_by: "Treffen".into(),
        file: Default::default(),
        content: [(Locale::De, "Fassung 1\n".to_owned())].into(),
    }));
    let mut first = letter(UTE, "schluessel@nrw.example", "Name: Kim Sommer\n");
    first.signed = true;
    world.write(&first);
    world.wait(HOUR);
    assert!(matches!(world.last_to(UTE).matter, Matter::Question { .. }));
    world
}

const FORWARDED: &str = "---------- Weitergeleitete Nachricht ----------\n\
    Von: Kim Sommer <kim@mail.example>\nDatum: Di., 24. Nov. 2026 um 09:00\n\
    Betreff: Zugang\nAn: Ute Beispiel <ute@members.example>\n\n\
    Hallo Ute,\n\nRegeln: ja, ich bin mit den Regeln einverstanden.\n\nViele Grüße\nKim\n";

#[test]
fn consent_in_a_forwarded_mail_is_not_the_senders() {
    let mut world = forwarding();
    world.answer(UTE, &format!("Hier die Antwort von Kim.\n\n{FORWARDED}"));
    world.wait(HOUR);
    let ute = Actor::Person(PersonId::new("ute"));
    let history = world.history.values().flatten();
    let agreed = history.filter(|line| match &line.change {
        Change::Request { change } => {
            matches!(change, lotse::ticket::procedure::RequestChange::Agreed { .. })
        }
        _ => false,
    });
    let by_ute: Vec<_> = agreed.filter(|line| line.by == ute).collect();
    assert!(by_ute.is_empty(), "Kim's words are no consent of hers: {by_ute:?}");
    assert_ne!(world.request().granted, Some(true));
}

#[test]
fn own_consent_above_a_forwarded_mail_is_the_senders() {
    let mut world = forwarding();
    world.answer(UTE, &format!("Regeln: ja\n\n{FORWARDED}"));
    world.wait(HOUR);
    assert_eq!(world.request().granted, Some(true));
}
