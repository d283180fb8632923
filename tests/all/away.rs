//! Who is away: what waits goes to who stands in, or stands in the others' digests, until it ends.
//!
//! Deliberately absent: how sentences are read, which stands beside the reading; automatic replies.

use jiff::SignedDuration;
use lotse::mail::authres::AuthResult;
use lotse::ticket::{Notice, Timer};
use lotse::types::{Address, PersonId};

use crate::core::{Core, organization};

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";

/// On a Saturday Otto's question is Bernd's; Anna and Jo serve with him.
fn bernds() -> Core {
    let people = ["Anna Muster", "Bernd Beispiel", "Jo Probe", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] = [
        ("kontakt", &["anna write", "bernd write mine", "jo write mine"]),
        ("technik", &["tina write"]),
    ];
    let mut desk = crate::core::desk(&organization(&people, &queues));
    desk.site.control = Some(Address::parse("control@nrw.example").unwrap());
    let mut core = Core::at_desk(desk);
    core.verdicts.dmarc = AuthResult::Pass;
    core.write(OTTO, "kontakt@nrw.example", "Beamer", "Kann ich ihn leihen?");
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!zuweisen bernd");
    core.told();
    core
}

fn bernd_says(core: &mut Core, text: &str) -> Vec<String> {
    core.write(BERND, "control@nrw.example", "", text);
    core.told()
}

fn receipt(core: &Core) -> Notice {
    core.last("otto", "receipt")
}

#[test]
fn what_waits_goes_to_who_stands_in_until_the_day_is_over() {
    let mut core = bernds();
    let told = bernd_says(&mut core, "Ich bin bis 3. Dezember im Urlaub, Vertretung: Jo Probe");
    assert_eq!(told, ["bernd: result: Away by Jo Probe"]);
    let text = core.text(core.outbox.last().unwrap());
    let said = "Du bist bis Donnerstag, 3. Dezember 2026, 24 Uhr abwesend.";
    assert!(text.replace('\n', " ").contains(said), "{text}");
    let receipt = receipt(&core);
    core.answer(&receipt, OTTO, "Und?");
    assert_eq!(core.told(), ["jo: copy: Und?"]);
    // The day itself still counts; at its end the person is there again, and nobody says so.
    let timer = Timer::Return(PersonId::new("bernd"));
    assert_eq!(core.timers[&timer].to_string(), "2026-12-03T23:00:00Z");
    core.pass(SignedDuration::from_hours(13 * 24));
    core.told();
    core.answer(&receipt, OTTO, "Jetzt?");
    assert_eq!(core.told(), ["bernd: copy: Jetzt?"]);
}

#[test]
fn what_waits_stands_in_the_digest_of_the_others_where_nobody_stands_in() {
    let mut core = bernds();
    assert_eq!(bernd_says(&mut core, "!abwesend bis 3.12."), ["bernd: result: Away"]);
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!liste");
    assert_eq!(core.told(), ["anna: digest: 17, 0 more"]);
    let text = core.text(core.outbox.last().unwrap()).replace('\n', " ");
    assert!(text.contains("Das liegt bei Bernd Beispiel, abwesend bis Donnerstag"), "{text}");
    // Who is away gets no digest by itself; who is back has it again.
    let digest = Timer::Digest(PersonId::new("bernd"));
    let due = core.now.checked_add(SignedDuration::from_hours(72)).unwrap();
    core.timers.insert(digest, due);
    core.pass(SignedDuration::from_hours(80));
    assert!(core.told().iter().all(|line| !line.starts_with("bernd")));
    assert_eq!(bernd_says(&mut core, "back"), ["bernd: result: Back"]);
    core.answer(&copy, ANNA, "!liste");
    assert_eq!(core.told(), ["anna: result: NothingWaits 17"]);
}

#[test]
fn assigning_to_somebody_away_says_so_and_shows_it_to_who_stands_in() {
    let mut core = bernds();
    bernd_says(&mut core, "away until friday, deputy jo");
    core.write(OTTO, "kontakt@nrw.example", "Saal", "Frei?");
    let copy = core.last("anna", "copy: Frei");
    core.told();
    core.answer(&copy, ANNA, "!zuweisen bernd");
    assert_eq!(
        core.told(),
        ["jo: again, Given(\"Anna Muster\")", "anna: result: AssignedAway 18 by Bernd Beispiel"]
    );
    let text = core.text(core.outbox.last().unwrap()).replace('\n', " ");
    assert!(text.contains("Bernd Beispiel ist bis Freitag, 27. November 2026"), "{text}");
}

#[test]
fn who_said_another_day_since_comes_back_then() {
    let mut core = bernds();
    bernd_says(&mut core, "away until 27.11.");
    bernd_says(&mut core, "away until 4.12.");
    let first = Timer::Return(PersonId::new("bernd"));
    core.decide(&lotse::ticket::Event::timer(first, "2026-11-27T23:00:00Z".parse().unwrap()));
    assert!(core.desk.register.person(&PersonId::new("bernd")).unwrap().absence.is_some());
    core.pass(SignedDuration::from_hours(24 * 20));
    core.told();
    assert!(core.desk.register.person(&PersonId::new("bernd")).unwrap().absence.is_none());
}

#[test]
fn absence_to_come_begins_on_its_first_day_and_ends_after_its_last() {
    let mut core = bernds();
    let told =
        bernd_says(&mut core, "Ich bin vom 3. bis 12. Dezember im Urlaub, Vertretung: Jo Probe");
    assert_eq!(told, ["bernd: result: AwayLater by Jo Probe"]);
    let text = core.text(core.outbox.last().unwrap()).replace('\n', " ");
    let said = "Deine Abwesenheit bis Samstag, 12. Dezember 2026, 24 Uhr ist vorgemerkt: ab \
                Donnerstag, 3. Dezember";
    assert!(text.contains(said), "{text}");
    let receipt = receipt(&core);
    core.answer(&receipt, OTTO, "Und?");
    assert_eq!(core.told(), ["bernd: copy: Und?"], "he is still there");
    core.pass(SignedDuration::from_hours(12 * 24));
    core.told();
    core.answer(&receipt, OTTO, "Heute?");
    assert_eq!(core.told(), ["jo: copy: Heute?"]);
    core.pass(SignedDuration::from_hours(10 * 24));
    core.told();
    core.answer(&receipt, OTTO, "Jetzt?");
    assert_eq!(core.told(), ["bernd: copy: Jetzt?"]);
    bernd_says(&mut core, "away from 3.1. until 12.1.");
    assert_eq!(bernd_says(&mut core, "back"), ["bernd: result: Back"]);
    assert_eq!(core.desk.register.person(&PersonId::new("bernd")).unwrap().next_absence, None);
}

#[test]
fn what_cannot_be_is_said_and_a_trial_changes_nothing() {
    let mut core = bernds();
    let told =
        bernd_says(&mut core, "away\naway until friday, deputy Nobody\ntry away until friday");
    assert_eq!(told, ["bernd: result: NoDay, NoPerson, try Away"]);
    assert_eq!(bernd_says(&mut core, "back"), ["bernd: result: Already"]);
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!abwesend bis Freitag, Vertretung Anna Muster");
    assert_eq!(core.told(), ["anna: result: Away 17"]);
}

#[test]
fn automatic_reply_of_who_is_away_is_no_answer_and_ends_nothing() {
    let mut core = bernds();
    let copy = core.last("bernd", "again");
    core.answer_with(&copy, BERND, "Auto-Submitted: auto-replied\n", "Ich bin nicht da.");
    assert_eq!(core.told(), Vec::<String>::new());
    assert!(core.ticket(17).last_answer.is_none());
}
