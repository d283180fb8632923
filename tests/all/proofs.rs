//! Evidence, consents, co-signatures, units: what proves a request, and what does not.

use std::sync::Arc;

use jiff::SignedDuration;
use lotse::desk::procedure::Procedure;
use lotse::desk::{Consenting, Organization, RegisterChange};
use lotse::mail::Attachment;
use lotse::ticket::matter::Remark;
use lotse::ticket::procedure::proofs::PaperKind;
use lotse::ticket::state::Request;
use lotse::ticket::{Matter, Notice, key};
use lotse::types::{Address, Hash, Mailbox, PersonId, UnitId};

use crate::procedure::{World, letter};

const ACCOUNT: &str = r#"
name = "club-key"
addresses = ["schluessel@nrw.example"]
queue = "schluessel"
title.de = "Zugang"
title.en = "Account"
[[fact]]
name = "queues"
type = "queues"
need = "required"
label.de = ["Queues"]
label.en = ["Queues"]
[[fact]]
name = "minutes"
type = "evidence"
need = "required"
each = "queues"
custodian = "jo"
valid_days = 365
label.de = ["Protokoll"]
label.en = ["Minutes"]
[[fact]]
name = "rules"
type = "consent"
need = "required"
text = "rules"
label.de = ["Regeln"]
label.en = ["Rules"]
[[step]]
kind = "collect"
[[step]]
kind = "tell"
"#;

const UNIT: &str = r#"
name = "club-key"
addresses = ["schluessel@nrw.example"]
queue = "schluessel"
title.de = "Queue"
[[fact]]
name = "unit"
type = "unit"
need = "required"
label.de = ["Einheit"]
[[fact]]
name = "role"
type = "role"
need = "optional"
label.de = ["Rolle"]
[[fact]]
name = "signer"
type = "co-signature"
need = "required"
label.de = ["Mitzeichnung"]
[[step]]
kind = "collect"
[[step]]
kind = "tell"
"#;

const MORE: &str = r#"
[[unit]]
id = "crew-koeln"
name = "Crew Köln"
[[unit]]
id = "crew-ulm"
name = "Crew Ulm"
[[role]]
name = "speaker"
title.de = "Sprecherin"
[[text]]
name = "rules"
version = 4
title.de = "Regeln"
effective = 2026-10-01
content.de = "Wer eine Queue hat, liest sie."
"#;

const UTE: &str = "ute@members.example";
const OTTO: &str = "otto@mail.example";
const DESK: &str = "schluessel@nrw.example";

fn world(procedure: &str) -> World {
    let mut world = World::new("2026-11-24T09:00:00+01:00");
    let more: Organization = toml::from_str(MORE).unwrap();
    for change in more.changes(&world.desk.register.clone()) {
        world.desk.register.apply(&change);
    }
    let procedure = Procedure::parse(procedure).unwrap();
    let problems = procedure.check(lotse::types::Locale::De, &world.desk.register);
    assert_eq!(problems, Vec::<String>::new());
    world.desk.procedures = [(procedure.name.clone(), Arc::new(procedure))].into();
    world
}

fn settle(world: &mut World) {
    world.wait(SignedDuration::from_mins(6));
}

fn request(world: &World) -> Request {
    let mut requests = world.tickets.values().filter_map(|ticket| ticket.request.as_deref());
    requests.next().unwrap().clone()
}

fn file(name: &str) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 11,
        part: 1,
        content_id: None,
        summary: String::new(),
        hash: Some(Hash::of(name.as_bytes())),
    }
}

fn write(world: &mut World, text: &str, files: &[&str]) {
    let mut mail = letter(OTTO, DESK, text);
    mail.attachments = files.iter().map(|name| file(name)).collect();
    world.write(&mail);
    settle(world);
}

/// Labels that a question asks for, what it says beside, how many texts go along.
fn asked(notice: &Notice) -> (Vec<String>, Vec<Remark>, usize) {
    let Matter::Question { missing, remarks, texts, .. } = &notice.matter else {
        panic!("no question: {notice:?}")
    };
    let labels = missing.iter().map(|line| line.label.clone()).collect();
    (labels, remarks.clone(), texts.len())
}

#[test]
fn one_paper_is_wanted_for_each_queue_and_named_by_its_file() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt, vorstand", &["Protokoll-vorstand.pdf"]);
    let (labels, _, _) = asked(&world.last_to(OTTO));
    assert_eq!(labels, ["Protokoll, kontakt", "Regeln"]);
    let paper = &request(&world).proofs.papers[0];
    assert_eq!(paper.things, ["vorstand"]);
    assert_eq!(paper.kind, PaperKind::File);
    assert_eq!(paper.hash, Some(Hash::of(b"Protokoll-vorstand.pdf")));
    assert_eq!(paper.custodian, Some(PersonId::new("jo")));
    assert_eq!(paper.until.unwrap().to_string(), "2027-11-24");
}

#[test]
fn paper_without_a_word_for_what_counts_for_all_and_is_shown_so() {
    let mut world = world(ACCOUNT);
    let text = "Queues: kontakt, vorstand\nFoto vom Protokoll h\u{e4}ngt an.";
    write(&mut world, text, &["IMG_2041.HEIC"]);
    let (labels, remarks, _) = asked(&world.last_to(OTTO));
    assert_eq!(labels, ["Regeln"], "a photo is as good as any file");
    let things = vec!["kontakt".to_owned(), "vorstand".to_owned()];
    let shown = Remark::CountsForAll { paper: "IMG_2041.HEIC".into(), things };
    assert!(remarks.contains(&shown), "{remarks:?}");
}

#[test]
fn paper_that_is_sent_again_is_listed_once() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt, vorstand", &["p.pdf"]);
    let mut again = letter(OTTO, DESK, "Hier noch einmal.\n\nRegeln: ja");
    again.attachments = vec![file("p.pdf")];
    again.to = key::reply_address(&world.desk, &world.last_to(OTTO)).unwrap();
    world.write(&again);
    settle(&mut world);
    assert_eq!(request(&world).proofs.papers.len(), 1);
    let sheet = world.outbox.iter().find_map(|notice| match &notice.matter {
        Matter::Sheet { pages, .. } => pages.first(),
        _ => None,
    });
    assert_eq!(sheet.unwrap().papers.len(), 1);
}

#[test]
fn link_is_noted_and_a_copy_asked_for() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt\nProtokoll: https://pad.example/1811", &[]);
    let (labels, remarks, _) = asked(&world.last_to(OTTO));
    assert_eq!(labels, ["Regeln"]);
    assert!(remarks.contains(&Remark::CopyWanted { label: "Protokoll".into() }), "{remarks:?}");
    assert_eq!(request(&world).proofs.papers[0].kind, PaperKind::Link);
}

#[test]
fn pasted_minutes_are_kept_with_the_sum_of_their_message() {
    let mut world = world(ACCOUNT);
    let text = "Queues: kontakt\nProtokoll: Treffen vom 18.11., TOP 3: Die Crew beschließt \
                einstimmig,\ndass Otto Zugang bekommt.";
    write(&mut world, text, &[]);
    let (labels, _, _) = asked(&world.last_to(OTTO));
    assert_eq!(labels, ["Regeln"]);
    let paper = &request(&world).proofs.papers[0];
    assert_eq!((paper.kind, paper.hash), (PaperKind::Minutes, Some(Hash::of(text.as_bytes()))));
}

#[test]
fn forgotten_attachment_is_asked_about_first() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt\n\nDas Protokoll ist anbei.", &[]);
    let (labels, remarks, _) = asked(&world.last_to(OTTO));
    assert_eq!(remarks.first(), Some(&Remark::NothingAttached));
    assert_eq!(labels, ["Protokoll, kontakt", "Regeln"]);
    world.answer(OTTO, "Hier ist es, siehe https://pad.example/1");
    settle(&mut world);
    assert!(!request(&world).proofs.nothing_attached, "said once");
}

#[test]
fn consent_before_the_text_is_noted_and_counts_once_confirmed() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt\nRegeln: ja", &["p.pdf"]);
    let (labels, remarks, texts) = asked(&world.last_to(OTTO));
    assert_eq!((labels, texts), (vec!["Regeln".to_owned()], 1), "the text goes along");
    let attached = Remark::TextAttached { title: "Regeln".into(), version: 4, noted: true };
    assert!(remarks.contains(&attached), "{remarks:?}");
    assert_eq!(world.desk.register.consents().count(), 0);
    world.answer(OTTO, "ja");
    settle(&mut world);
    let by = Consenting::Address(Address::parse(OTTO).unwrap());
    let consent = world.desk.register.consent("rules", 4, &by).unwrap();
    assert_eq!(consent.rung, 1);
    assert_eq!(consent.hash, Hash::of("Wer eine Queue hat, liest sie.".as_bytes()));
    assert!(consent.message.is_some() && consent.ticket.is_some());
    assert_eq!(request(&world).granted, Some(true));
}

#[test]
fn who_agreed_to_this_version_is_not_asked_again() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt", &["p.pdf"]);
    world.answer(OTTO, "Regeln: ja");
    settle(&mut world);
    write(&mut world, "Queues: vorstand", &["q.pdf"]);
    let ended = world.tickets.values().filter(|ticket| {
        ticket.request.as_ref().is_some_and(|request| request.granted == Some(true))
    });
    assert_eq!(ended.count(), 2);
    let questions = world.matters_to(OTTO);
    let questions = questions.iter().filter(|name| **name == "question").count();
    assert_eq!(questions, 1);
}

#[test]
fn new_version_is_agreed_to_anew() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt", &["p.pdf"]);
    world.answer(OTTO, "Regeln: ja");
    settle(&mut world);
    let mut next = (**world.desk.register.text("rules", 4).unwrap()).clone();
    next.version = 5;
    world.desk.register.apply(&RegisterChange::Text(next));
    write(&mut world, "Queues: vorstand", &["q.pdf"]);
    let (labels, _, texts) = asked(&world.last_to(OTTO));
    assert_eq!((labels, texts), (vec!["Regeln".to_owned()], 1));
}

#[test]
fn units_and_roles_are_known_by_name_or_answered_with_the_nearest() {
    let mut world = world(UNIT);
    write(&mut world, "Einheit: Crew Koeln\nRolle: sprecherin\nMitzeichnung: Ute Beispiel", &[]);
    let facts = request(&world).facts;
    assert_eq!(facts["unit"], "Crew Köln");
    assert_eq!(facts["role"], "speaker");
    let found = lotse::ticket::procedure::people::unit(&world.desk.register, &facts["unit"]);
    assert_eq!(found.map(|unit| unit.id.clone()), Some(UnitId::new("crew-koeln")));
    let mut world = self::world(UNIT);
    write(&mut world, "Einheit: Crew Bonn\nMitzeichnung: Ute Beispiel", &[]);
    let (labels, _, _) = asked(&world.last_to(OTTO));
    assert!(labels[0].starts_with("Einheit, Crew "), "{labels:?}");
}

#[test]
fn who_is_asked_to_sign_is_reminded_and_not_who_asks() {
    let mut world = world(UNIT);
    world.write(&letter(OTTO, DESK, "Einheit: Crew Ulm\nMitzeichnung: Ute Beispiel"));
    settle(&mut world);
    let count = |world: &World, to: &str| world.matters_to(to).len();
    let (asks, signs) = (count(&world, OTTO), count(&world, UTE));
    world.wait(SignedDuration::from_hours(24 * 9));
    assert_eq!((count(&world, OTTO), count(&world, UTE)), (asks, signs + 2));
    world.wait(SignedDuration::from_hours(24 * 20));
    let Matter::Expired { missing, .. } = world.last_to(OTTO).matter else { panic!() };
    let missing: Vec<_> =
        missing.iter().map(|line| (line.label.as_str(), line.value.as_str())).collect();
    assert_eq!(missing, [("Mitzeichnung", "Ute Beispiel")]);
}

#[test]
fn signature_is_read_with_its_greeting() {
    let mut world = world(UNIT);
    world.write(&letter(OTTO, DESK, "Einheit: Crew Ulm\nMitzeichnung: Ute Beispiel"));
    settle(&mut world);
    world.answer(UTE, "Ja, gern. Gruß Ute");
    settle(&mut world);
    assert_eq!(request(&world).granted, Some(true));
}

#[test]
fn who_is_named_or_alone_in_cc_signs_by_one_word() {
    for is_named in [true, false] {
        let mut world = world(UNIT);
        let text = if is_named {
            "Einheit: Crew Ulm\nMitzeichnung: Ute Beispiel"
        } else {
            "Einheit: Crew Ulm"
        };
        let mut mail = letter(OTTO, DESK, text);
        if !is_named {
            mail.cc = vec![Mailbox::new("", Address::parse(UTE).unwrap())];
        }
        world.write(&mail);
        settle(&mut world);
        assert_eq!(request(&world).granted, None);
        let asked = world.last_to(UTE);
        assert!(matches!(asked.matter, Matter::SignatureAsked { .. }), "{asked:?}");
        world.answer(UTE, "ja");
        settle(&mut world);
        assert_eq!(request(&world).granted, Some(true), "named: {is_named}");
        let signature = &request(&world).proofs.signatures["signer"];
        assert_eq!(signature.signed.map(|(_, rung)| rung), Some(2));
    }
}

#[test]
fn refused_signature_leaves_the_request_open() {
    let mut world = world(UNIT);
    write(&mut world, "Einheit: Crew Ulm\nMitzeichnung: Ute Beispiel", &[]);
    world.answer(UTE, "nein");
    settle(&mut world);
    assert_eq!(request(&world).granted, None);
    let (labels, _, _) = asked(&world.last_to(OTTO));
    assert_eq!(labels, ["Mitzeichnung"]);
}

#[test]
fn change_that_nobody_proves_is_asked_about_and_not_taken() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt", &["p.pdf"]);
    write(&mut world, "Queues: vorstand", &[]);
    assert_eq!(request(&world).facts["queues"], "kontakt");
    let (labels, remarks, _) = asked(&world.last_to(OTTO));
    assert!(labels.contains(&"Queues".to_owned()), "{labels:?}");
    let contested = remarks.iter().any(|remark| {
        matches!(remark, Remark::Contested { known, value, .. }
            if known == "kontakt" && value == "vorstand")
    });
    assert!(contested, "{remarks:?}");
    world.answer(OTTO, "Queues: vorstand");
    settle(&mut world);
    assert_eq!(request(&world).facts["queues"], "vorstand");
}

#[test]
fn every_request_ends_with_one_sheet_that_holds_what_proved_it() {
    let mut world = world(ACCOUNT);
    write(&mut world, "Queues: kontakt", &["p.pdf"]);
    world.answer(OTTO, "Regeln: ja");
    settle(&mut world);
    let sheets: Vec<&Notice> = world
        .outbox
        .iter()
        .filter(|notice| matches!(notice.matter, Matter::Sheet { .. }))
        .collect();
    // Who answers for the queue has it, and who keeps the papers.
    let readers: Vec<&str> = sheets.iter().map(|sheet| sheet.to.address.local()).collect();
    assert_eq!(readers, ["max", "jo"]);
    let Matter::Sheet { pages, .. } = &sheets[0].matter else { panic!("no sheet") };
    let sheet = &pages[0].sheet;
    assert!(sheet.granted);
    assert_eq!(sheet.papers[0].hash, Some(Hash::of(b"p.pdf")));
    assert_eq!(sheet.consents[0].version, 4);
    assert!(sheet.course.len() > 2, "{:?}", sheet.course);
}

#[test]
fn why_counts_the_days_of_a_window_one_by_one_for_its_requestor() {
    for word in ["!warum", "!why"] {
        let mut world = World::new("2026-11-24T09:00:00+01:00");
        let text = "Name: Kim Sommer\nGrund: ich leite die Bastelgruppe";
        let mut mail = letter("kim@mail.example", DESK, text);
        mail.signed = true;
        world.write(&mail);
        settle(&mut world);
        world.answer("kim@mail.example", word);
        let notice = world.last_to("kim@mail.example");
        let Matter::Why { explained } = &notice.matter else { panic!("{notice:?}") };
        assert_eq!(explained.days.iter().filter(|day| day.counts).count(), 4);
        assert_eq!(explained.waits.as_deref(), Some("silence"));
        assert_eq!(explained.until.unwrap().to_string(), "2026-11-28T23:00:00Z");
        assert!(explained.because.is_some() && !explained.extended);
    }
}
