//! How surely somebody must be known for what he does: each purpose at its rung, by default and as
//! the site sets it.
//!
//! Deliberately absent: how codes are made, sent and used up (`proof`).

use jiff::SignedDuration;
use lotse::ticket::Matter;
use lotse::ticket::effect::Notice;
use lotse::ticket::procedure::request::Choice;
use lotse::ticket::state::{Actor, Change, RequestChange};
use lotse::types::{PersonId, TicketId};

use crate::procedure::{DAY, KIM, World, letter};

const HEAD: &str = r#"
name = "account"
addresses = ["rt-admin@nrw.example"]
title.de = "Zugang zum RT"
queue = "vorstand"
[[fact]]
name = "holder"
type = "user-name"
need = "required"
label.de = ["Benutzername"]
[[step]]
kind = "collect"
"#;
const REVIEW: &str = "[[step]]\nkind = \"review\"\nby = \"queue:vorstand\"\n";
const CONFIRM: &str =
    "[[step]]\nkind = \"confirm\"\nby = \"person:ute\"\nabout.de = \"Das Protokoll liegt vor.\"\n";
const VOTE: &str = "[[step]]\nkind = \"vote\"\nby = \"queue:vorstand\"\nspan = \"20 days\"\n";

const UTE: &str = "ute@members.example";
const MAX: &str = "max@members.example";

/// A complete request with one step, where the site sets these rungs.
fn world(step: &str, rungs: &[(&str, u8)]) -> World {
    let procedure = format!("{HEAD}{step}[[step]]\nkind = \"tell\"\n");
    let mut world = World::of(&procedure, "2026-11-24T10:00:00+01:00");
    world.desk.site.rungs = rungs.iter().map(|(name, rung)| ((*name).into(), *rung)).collect();
    world.write(&letter(KIM, "rt-admin@nrw.example", "Benutzername: kimso\n"));
    world.wait(SignedDuration::from_mins(6));
    world
}

/// A mail whose domain signed it, in the thread of the last notice to somebody: rung 1, no code.
fn signed(world: &mut World, from: &str, text: &str) {
    let notice = world.last_to(from);
    let mut letter = letter(from, "queue-vorstand@nrw.example", text);
    letter.in_reply_to = Some(world.message_id(&notice));
    letter.signed = true;
    world.write(&letter);
}

fn ballots(world: &World) -> Vec<Choice> {
    let polling = world.request().polling.clone().unwrap();
    polling.ballots.values().copied().collect()
}

#[test]
fn signature_alone_grants_nothing_and_the_yes_to_the_question_does() {
    let mut world = world(REVIEW, &[]);
    signed(&mut world, UTE, "!bewilligt\n");
    assert_eq!(world.request().granted, None);
    assert_eq!(world.matters_to(UTE), ["review", "other"]);
    world.answer(UTE, "ja\n");
    assert_eq!(world.request().granted, Some(true));
    let by = &world.request().verdicts[0].by;
    assert_eq!(by, &Actor::Person(PersonId::new("ute")));
    let recorded = world.history[&TicketId(1)].iter().filter(|one| {
        matches!(&one.change, Change::Request { change: RequestChange::Verdict { .. } })
    });
    assert_eq!(recorded.map(|one| one.rung).collect::<Vec<_>>(), [2]);
}

/// Max says yes to one step and proves it when the request stands at another that waits for him.
#[test]
fn proof_of_a_yes_counts_for_the_step_that_asked_and_for_no_other() {
    let confirm = "[[step]]\nkind = \"confirm\"\nby = \"person:max\"\nabout.de = \"So ist es.\"\n";
    let mut world = world(&format!("{REVIEW}{confirm}"), &[]);
    let asked = world.last_to(UTE);
    let to = lotse::ticket::key::reply_address(&world.desk, &asked).unwrap();
    let mut letter = letter(MAX, to.as_str(), "bewilligt\n");
    letter.signed = true;
    world.write(&letter);
    let challenge = world.last_to(MAX);
    assert!(matches!(challenge.matter, Matter::WasItYou { .. }), "{challenge:?}");
    world.reply_to(&asked, UTE, "bewilligt\n");
    assert_eq!(world.request().step, 2);
    world.reply_to(&challenge, MAX, "ja\n");
    assert_eq!((world.request().step, world.request().granted), (2, None));
    world.answer(MAX, "ja\n");
    assert_eq!(world.request().granted, Some(true));
}

#[test]
fn reason_of_a_refusal_that_waited_for_proof_is_not_asked_for_again() {
    let mut world = world(REVIEW, &[]);
    signed(&mut world, UTE, "!abgelehnt: es fehlt das Protokoll\n");
    assert_eq!(world.request().granted, None);
    world.answer(UTE, "ja\n");
    assert_eq!(world.request().granted, Some(false));
    assert!(world.request().verdicts[0].reason.is_some());
}

#[test]
fn site_may_let_a_signature_grant() {
    let mut world = world(REVIEW, &[("grant", 1)]);
    signed(&mut world, UTE, "!bewilligt\n");
    assert_eq!(world.request().granted, Some(true));
}

#[test]
fn member_on_the_key_of_another_is_asked_at_the_own_address() {
    let mut world = world(REVIEW, &[]);
    let key = world.last_to(UTE);
    let to = lotse::ticket::key::reply_address(&world.desk, &key).unwrap();
    let mut mail = letter(MAX, to.as_str(), "bewilligt\n");
    mail.signed = true;
    world.write(&mail);
    assert_eq!(world.request().granted, None);
    assert!(matches!(world.last_to(MAX).matter, Matter::WasItYou { .. }));
    world.answer(MAX, "ja\n");
    assert_eq!(world.request().granted, Some(true));
    assert_eq!(world.request().verdicts[0].by, Actor::Person(PersonId::new("max")));
}

#[test]
fn answer_to_an_old_question_is_asked_about_and_not_lost() {
    let mut world = world(REVIEW, &[]);
    let old = world.last_to(UTE);
    world.wait(DAY * 30);
    let before = world.matters_to(UTE).len();
    world.reply_to(&old, UTE, "bewilligt\n");
    assert_eq!(world.request().granted, None);
    assert_eq!(world.matters_to(UTE).len(), before + 1);
    world.reply_to(&old, UTE, "bewilligt\n");
    assert_eq!(world.matters_to(UTE).len(), before + 1, "asked once for the same");
    world.answer(UTE, "ja\n");
    assert_eq!(world.request().granted, Some(true));
}

#[test]
fn claim_that_decides_nothing_makes_no_mail() {
    let mut world = world(REVIEW, &[]);
    let asked = world.last_to(UTE);
    for words in ["abgelehnt\n", "vielleicht\n"] {
        world.reply_to(&asked, MAX, words);
    }
    assert_eq!(world.matters_to(MAX), ["review"]);
}

#[test]
fn confirmation_is_ordinary_work_unless_the_site_says_otherwise() {
    for (rungs, granted) in [(&[][..], Some(true)), (&[("confirm", 2)][..], None)] {
        let mut world = world(CONFIRM, rungs);
        let old = world.last_to(UTE);
        world.wait(DAY * 30);
        world.reply_to(&old, UTE, "ja\n");
        assert_eq!(world.request().granted, granted);
        if granted.is_none() {
            world.answer(UTE, "ja\n");
            assert_eq!(world.request().granted, Some(true));
        }
    }
}

#[test]
fn vote_needs_its_ballot_and_the_ballot_comes_again() {
    let mut world = world(VOTE, &[]);
    signed(&mut world, UTE, "!stimme ja\n");
    assert_eq!(ballots(&world), []);
    let is_ballot = |one: &&Notice| matches!(one.matter, Matter::Ballot { .. });
    let to_ute = world.outbox.iter().filter(|one| one.to.address.as_str() == UTE);
    assert_eq!(to_ute.filter(is_ballot).count(), 2);
    world.answer(UTE, "ja\n");
    assert_eq!(ballots(&world), [Choice::Yes]);
    world.answer(UTE, "nein\n");
    assert_eq!(ballots(&world), [Choice::No], "changed until the close");
}

#[test]
fn ballot_that_is_older_than_a_code_lives_comes_again() {
    let mut world = world(VOTE, &[]);
    let old = world.last_to(MAX);
    world.wait(DAY * 15);
    world.reply_to(&old, MAX, "ja\n");
    assert_eq!(ballots(&world), []);
    world.answer(MAX, "ja\n");
    assert_eq!(ballots(&world), [Choice::Yes]);
}

#[test]
fn site_may_let_a_signature_vote() {
    let mut world = world(VOTE, &[("vote", 1)]);
    signed(&mut world, UTE, "!stimme nein\n");
    assert_eq!(ballots(&world), [Choice::No]);
}

#[test]
fn signature_alone_hands_nothing_to_the_higher_body_and_the_yes_to_the_question_does() {
    let appeal = "[appeal]\nto = \"person:max\"\nwithin = \"14 days\"\nspan = \"7 days\"\n";
    let mut world = world(&format!("{REVIEW}[[step]]\nkind = \"tell\"\n{appeal}"), &[]);
    signed(&mut world, UTE, "!eskaliere: wir sind uns uneins\n");
    assert!(world.request().body.is_none());
    let asked = world.last_to(UTE);
    let Matter::WasItYou { said: Some((_, said)), .. } = asked.matter else { panic!("{asked:?}") };
    assert_eq!(said, "escalate");
    world.answer(UTE, "ja\n");
    assert!(world.request().body.is_some());
    assert!(world.matters_to(MAX).contains(&"review"), "{:?}", world.matters_to(MAX));
}

#[test]
fn site_that_wants_a_confirmed_answer_asks_whoever_only_signs() {
    let mut world = world(REVIEW, &[("answer", 2)]);
    world.write(&letter(KIM, "queue-vorstand@nrw.example", "Wann trefft ihr euch?\n"));
    let copy = world.last_to(UTE);
    assert!(matches!(copy.matter, Matter::Copy { .. }), "{copy:?}");
    let before = world.matters_to(KIM).len();
    signed(&mut world, UTE, "Am Dienstag um 19 Uhr.\n");
    assert_eq!(world.matters_to(KIM).len(), before);
    world.answer(UTE, "ja\n");
    assert_eq!(world.matters_to(KIM).len(), before + 1);
}

/// A question that stood only in a digest could not be answered, though the request waits for it.
#[test]
fn bound_of_mails_a_day_holds_no_question_back() {
    let mut world = World::of(
        &format!("{HEAD}{REVIEW}[[step]]\nkind = \"tell\"\n"),
        "2026-11-24T10:00:00+01:00",
    );
    world.desk.site.mails_per_day = 0;
    world.write(&letter(KIM, "rt-admin@nrw.example", "Benutzername: kimso\n"));
    world.wait(SignedDuration::from_mins(6));
    assert_eq!(world.matters_to(UTE), ["review"]);
    world.answer(UTE, "bewilligt\n");
    assert_eq!(world.request().granted, Some(true));
}
