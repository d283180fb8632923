//! Declarations: papers that somebody keeps, in the register (000-21, 000-22).
//!
//! Deliberately absent: how papers are recognized (`proofs`), the mails (the scenarios).

use lotse::desk::{Declaration, Table, listing};
use lotse::mail::Attachment;

use crate::procedure::{HOUR, World, letter};

const ACCOUNT: &str = r#"
name = "account"
addresses = ["rt-admin@nrw.example"]
title.de = "Zugang"
[[fact]]
name = "declaration"
type = "evidence"
need = "required"
custodian = "ute"
label.de = ["Datenschutzerklärung, unterschrieben", "Erklärung"]
[[step]]
kind = "collect"
[[step]]
kind = "confirm"
by = "person:ute"
[[step]]
kind = "tell"
"#;

const ZOE: &str = "zoe@mail.example";

fn declared(world: &World) -> Vec<Declaration> {
    world.desk.register.declarations().cloned().collect()
}

fn rows(world: &World) -> Vec<serde_json::Value> {
    listing::rows(&world.desk, Table::Declarations, jiff::civil::date(2026, 11, 23))
}

fn paper(name: &str) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: "application/pdf".to_owned(),
        bytes: 2_000,
        part: 1,
        content_id: None,
        summary: String::new(),
        hash: Some(lotse::types::Hash::of(name.as_bytes())),
    }
}

#[test]
fn declaration_is_in_the_register_and_there_once_its_keeper_says_so() {
    let mut world = World::of(ACCOUNT, "2026-11-23T09:00:00+01:00");
    let lacking = rows(&world);
    assert!(lacking.iter().all(|row| row["given_at"].is_null()), "who works and has given none");
    let mut first = letter(ZOE, "rt-admin@nrw.example", "Anbei meine Erklärung.");
    first.attachments = vec![paper("erklaerung.pdf")];
    world.write(&first);
    assert!(declared(&world).is_empty(), "the request is not complete yet");
    world.wait(HOUR);
    let given = declared(&world);
    assert_eq!(given.len(), 1, "{given:?}");
    assert_eq!(given[0].by.to_string(), ZOE);
    assert_eq!(given[0].custodian.as_str(), "ute");
    assert_eq!((given[0].name.as_str(), given[0].acknowledged), ("erklaerung.pdf", None));
    world.answer("ute@members.example", "ja");
    let given = declared(&world);
    assert_eq!(given.len(), 1);
    assert!(given[0].acknowledged.is_some(), "{given:?}");
    let rows = rows(&world);
    assert_eq!(rows.len(), lacking.len() + 1);
    assert_eq!((&rows[0]["who"], &rows[0]["custodian"]), (&ZOE.into(), &"ute".into()));
    assert!(!rows[0]["acknowledged_at"].is_null());
}

#[test]
fn keeper_who_says_no_has_acknowledged_nothing() {
    let mut world = World::of(ACCOUNT, "2026-11-23T09:00:00+01:00");
    let mut first = letter(ZOE, "rt-admin@nrw.example", "Anbei.");
    first.attachments = vec![paper("erklaerung.pdf")];
    world.write(&first);
    world.wait(HOUR);
    world.answer("ute@members.example", "nein, sie ist nicht unterschrieben");
    assert!(declared(&world).iter().all(|one| one.acknowledged.is_none()));
}
