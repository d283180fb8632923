//! Work that goes to somebody, or comes back later: `assign`, `stall`, `wait`, `due`; what somebody
//! is told of, and what waits: `watch`, `list`; lines for what moved since.
//!
//! Deliberately absent: how days are read, which stands beside the reading.

use jiff::SignedDuration;
use lotse::ticket::matter::ResultKind;
use lotse::ticket::{Matter, Notice, ReplyTo, Status, Timer};
use lotse::types::{PersonId, TicketId};

use crate::core::{Core, organization};
use crate::procedure::{KIM, World, letter};

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";
const RITA: &str = "Rita Lesen <rita@members.example>";

/// Otto asked on a Saturday; Anna has her copy.
fn asked() -> (Core, Notice) {
    let people = ["Anna Muster", "Bernd Beispiel", "Rita Lesen", "Tina Technik"];
    let kontakt = ["anna write", "bernd write mine", "rita read digest"];
    let queues: [(&str, &[&str]); 2] = [("kontakt", &kontakt), ("technik", &["tina write"])];
    let mut core = Core::new(&organization(&people, &queues));
    core.write(OTTO, "kontakt@nrw.example", "Beamer", "Kann ich ihn leihen?");
    core.told();
    let copy = core.last("anna", "copy");
    (core, copy)
}

fn anna_says(text: &str) -> (Core, Vec<String>) {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, text);
    let told = core.told();
    (core, told)
}

fn owner(core: &Core) -> Option<&str> {
    core.ticket(17).owner.as_ref().map(PersonId::as_str)
}

#[test]
fn ticket_is_given_to_a_colleague_who_is_told() {
    for text in ["!zuweisen bernd", "!assign Bernd Beispiel", "!osoita bernd.", "zuweisen bernd"] {
        let (mut core, mut told) = anna_says(text);
        if told == [format!("anna: held: {text} -> zuweisen bernd")] {
            let held = core.last("anna", "held");
            core.answer(&held, ANNA, "ja");
            told = core.told();
        }
        let expected =
            ["bernd: again, Given(\"Anna Muster\")", "anna: result: Assigned 17 by Bernd Beispiel"];
        assert_eq!(told, expected, "{text}");
        assert_eq!((owner(&core), core.ticket(17).status), (Some("bernd"), Status::Open));
    }
}

#[test]
fn ticket_is_given_to_oneself_and_to_nobody() {
    let (mut core, told) = anna_says("!assign me");
    assert_eq!((owner(&core), told), (Some("anna"), vec!["anna: result: Taken 17".to_owned()]));
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!zuweisen niemand");
    assert_eq!(core.told(), ["anna: result: Unassigned 17"]);
    core.answer(&copy, ANNA, "!zuweisen niemand");
    assert_eq!(core.told(), ["anna: result: Already 17"]);
}

#[test]
fn ticket_is_given_only_to_who_may_write_there() {
    let (core, told) = anna_says("!zuweisen Tina\n!zuweisen rita\n!zuweisen Zoe Fremd");
    let expected = "anna: result: NotServing 17 by Tina Technik, NotServing 17 by Rita Lesen, \
                    NoPerson 17";
    assert_eq!((owner(&core), told), (None, vec![expected.to_owned()]));
}

#[test]
fn mistyped_name_is_met_with_the_nearest() {
    let (mut core, told) = anna_says("!zuweisen bern");
    assert_eq!(told, ["anna: result: NotUnderstood 17 by zuweisen Bernd Beispiel"]);
    let result = core.last("anna", "result");
    core.answer(&result, ANNA, "ja");
    assert_eq!(core.told().last().unwrap(), "anna: result: Assigned 17 by Bernd Beispiel");
}

#[test]
fn reader_gives_and_rests_nothing() {
    let (mut core, copy) = asked();
    let mut key = copy.clone();
    let person = PersonId::new("rita");
    key.to = lotse::ticket::tell::member(&core.desk, &person).unwrap().mailbox;
    key.person = Some(person.clone());
    key.reply_to = ReplyTo::Member(person);
    core.answer(&key, RITA, "!zuweisen bernd\n!ruht Freitag\n!warten\n!frist Freitag");
    let refused = "NotAllowed 17, NotAllowed 17, NotAllowed 17, NotAllowed 17";
    assert_eq!(core.told(), [format!("rita: result: {refused}")]);
    assert_eq!((owner(&core), core.ticket(17).status), (None, Status::New));
}

#[test]
fn ticket_rests_until_its_day_and_stands_in_no_digest() {
    let (mut core, told) = anna_says("!ruht bis Donnerstag");
    assert_eq!(told, ["anna: result: Resting 17"]);
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core.pass(SignedDuration::from_hours(4 * 24));
    assert_eq!((core.told(), core.ticket(17).status), (Vec::new(), Status::Stalled));
    core.pass(SignedDuration::from_hours(24));
    assert_eq!(core.told(), ["anna: again, Rested"]);
    assert_eq!(core.ticket(17).status, Status::Open);
    assert!(core.ticket(17).timers.is_empty());
}

#[test]
fn ticket_that_waits_is_open_again_with_the_answer() {
    let (mut core, told) = anna_says("Für welchen Tag?\n!warten");
    assert_eq!(told, ["otto: answer: Für welchen Tag?", "anna: result: sent, Awaiting 17"]);
    assert_eq!(core.ticket(17).status, Status::Stalled);
    let answer = core.last("otto", "answer");
    core.answer(&answer, OTTO, "Dienstag.");
    assert_eq!(core.told(), ["anna: copy: Dienstag."]);
    assert_eq!(core.ticket(17).status, Status::Open);
    core.pass(SignedDuration::from_hours(20 * 24));
    assert_eq!(core.told(), Vec::<String>::new());
    assert!(!core.timers.contains_key(&Timer::Wake(TicketId(17))));
}

#[test]
fn ticket_waits_for_no_day_that_is_not_to_come() {
    for text in ["!warten heute", "!warten keine", "!wait yesterday", "!warten 1.11.2026"] {
        let (core, told) = anna_says(text);
        assert_eq!(told, ["anna: result: NoDay 17"], "{text}");
        assert_eq!(core.ticket(17).status, Status::New, "{text}");
    }
}

#[test]
fn ticket_that_waits_in_vain_comes_back_after_two_weeks() {
    let (mut core, _) = anna_says("Für welchen Tag?\n!warten");
    core.pass(SignedDuration::from_hours(13 * 24));
    assert_eq!(core.told(), Vec::<String>::new());
    core.pass(SignedDuration::from_hours(3 * 24));
    assert_eq!(core.told(), ["anna: again, Unanswered"]);
    assert_eq!(core.ticket(17).status, Status::Open);
}

#[test]
fn resting_ticket_is_woken_by_hand() {
    let (mut core, _) = anna_says("!ruht Donnerstag");
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!öffne");
    assert_eq!(core.told(), ["anna: result: Reopened 17"]);
    assert_eq!(core.ticket(17).status, Status::Open);
    assert!(!core.timers.contains_key(&Timer::Wake(TicketId(17))));
}

#[test]
fn day_that_is_none_changes_nothing() {
    for text in ["!ruht irgendwann", "!ruht", "!ruht heute", "!frist gestern", "!warten bald"] {
        let (core, told) = anna_says(text);
        assert_eq!(told, ["anna: result: NoDay 17"], "{text}");
        assert_eq!((core.ticket(17).status, core.ticket(17).due_at), (Status::New, None), "{text}");
    }
}

#[test]
fn closed_ticket_does_not_rest_and_has_no_deadline() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "!erledigt");
    core.told();
    core.answer(&copy, ANNA, "!ruht Freitag\n!warten\n!frist Freitag\n!zuweisen bernd");
    assert_eq!(core.told(), ["anna: result: Ended 17, Ended 17, Ended 17, Ended 17"]);
}

#[test]
fn deadline_reminds_its_owner_in_the_morning_of_its_last_day() {
    let (mut core, told) = anna_says("!nehme\n!frist Freitag");
    assert_eq!(told, ["anna: result: Taken 17, DueSet 17"]);
    let end: jiff::Timestamp = "2026-11-28T00:00:00+01:00".parse().unwrap();
    assert_eq!(core.ticket(17).due_at, Some(end));
    core.pass(SignedDuration::from_hours(5 * 24));
    assert_eq!(core.told(), Vec::<String>::new());
    core.pass(SignedDuration::from_hours(24));
    assert_eq!(core.told(), [format!("anna: again, Due({end})")]);
}

#[test]
fn deadline_is_moved_and_taken_away() {
    let (mut core, _) = anna_says("!nehme\n!frist Freitag");
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!frist 4.12.");
    assert_eq!(core.told(), ["anna: result: DueSet 17"]);
    core.answer(&copy, ANNA, "!frist keine");
    assert_eq!(core.told(), ["anna: result: DueUnset 17"]);
    assert!(core.ticket(17).timers.is_empty());
}

#[test]
fn who_watches_is_told_while_somebody_else_has_it() {
    let (mut core, told) = anna_says("!beobachte\n!zuweisen bernd\n!beobachte");
    let result = "anna: result: Watching 17, Assigned 17 by Bernd Beispiel, Already 17";
    assert_eq!(told[1], result);
    let receipt = core.last("otto", "receipt");
    core.answer(&receipt, OTTO, "Hat jemand Zeit?");
    assert_eq!(core.told(), ["bernd: copy: Hat jemand Zeit?", "anna: copy: Hat jemand Zeit?"]);
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!loslassen");
    assert_eq!(core.told(), ["anna: result: Unwatched 17"]);
    core.answer(&receipt, OTTO, "Und morgen?");
    assert_eq!(core.told(), ["bernd: copy: Und morgen?"]);
}

#[test]
fn list_is_a_digest_of_now_that_can_be_worked() {
    let (mut core, told) = anna_says("!liste");
    assert_eq!(told, ["anna: digest: 17, 0 more"]);
    let list = core.last("anna", "digest");
    core.answer(&list, ANNA, "17 erledigt\nliste");
    assert_eq!(core.told(), ["anna: result: Closed 17, NothingWaits"]);
}

/// Anna's list, and Bernd took the ticket on it since, by the mail that is returned.
fn taken_by_bernd() -> (Core, Notice, Notice) {
    let (mut core, _) = anna_says("!liste");
    let list = core.last("anna", "digest");
    let mut key = core.last("anna", "copy");
    let bernd = PersonId::new("bernd");
    key.to = lotse::ticket::tell::member(&core.desk, &bernd).unwrap().mailbox;
    key.person = Some(bernd.clone());
    key.reply_to = ReplyTo::Member(bernd);
    core.answer(&key, BERND, "!nehme");
    core.told();
    (core, list, key)
}

#[test]
fn list_goes_on_with_what_came_today() {
    let (mut core, _) = asked();
    for number in 18..=35 {
        core.write(OTTO, "kontakt@nrw.example", &format!("Frage {number}"), "Geht das?");
    }
    core.told();
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!liste");
    let first = core.last("anna", "digest");
    core.told();
    core.answer(&first, ANNA, "mehr");
    assert_eq!(core.told(), ["anna: digest: 32, 33, 34, 35, 0 more"]);
    let rest = core.last("anna", "digest");
    let Matter::Digest { items: shown, .. } = &first.matter else { panic!("a digest") };
    let Matter::Digest { items, .. } = &rest.matter else { panic!("a digest") };
    let all: Vec<u64> = shown.iter().chain(items).map(|item| item.ticket.0).collect();
    assert_eq!(all, (17..=35).collect::<Vec<u64>>());
}

#[test]
fn line_that_can_do_nothing_is_answered_though_its_ticket_moved() {
    let (mut core, list, _) = taken_by_bernd();
    core.answer(&list, ANNA, "17 zuweisen Zoe Fremd\n17 ruht gestern\n17 zuweisen tina");
    let told = "NoPerson 17, NoDay 17, NotServing 17 by Tina Technik";
    assert_eq!(core.told(), [format!("anna: result: {told}")]);
}

#[test]
fn line_for_what_moved_since_is_asked_about_and_yes_does_it_once() {
    let (mut core, list, key) = taken_by_bernd();
    core.answer(&list, ANNA, "17 spam");
    assert_eq!(core.told(), ["anna: result: MovedOn 17 by Bernd Beispiel"]);
    assert_eq!(core.ticket(17).status, Status::Open);
    let asked = core.last("anna", "result");
    // It moves once more before the yes: that is asked about as well.
    core.answer(&key, BERND, "!betreff Beamer, Dienstag");
    core.told();
    core.answer(&asked, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: MovedOn 17 by Bernd Beispiel"]);
    let again = core.last("anna", "result");
    core.answer(&again, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Spam 17"]);
    // What nothing is left to do for is not asked about.
    core.answer(&list, ANNA, "17 spam");
    assert_eq!(core.told(), ["anna: result: Already 17 by Anna Muster"]);
}

const PROCEDURE: &str = r#"
name = "account"
addresses = ["rt-admin@nrw.example"]
title.de = "Zugang zum RT"
queue = "kontakt"
[[step]]
kind = "collect"
[[step]]
kind = "review"
by = "person:jo"
target = "3 days"
[[step]]
kind = "tell"
"#;

#[test]
fn deadline_of_a_request_is_that_of_its_step_and_it_does_not_rest() {
    let mut world = World::of(PROCEDURE, "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "rt-admin@nrw.example", "Ein Zugang bitte\n"));
    world.wait(SignedDuration::from_mins(6));
    assert!(world.request().waits().is_some());
    let review = world.last_to("jo@members.example");
    let inside = Notice { reply_to: ReplyTo::Internal(PersonId::new("jo")), ..review };
    world.reply_to(&inside, "jo@members.example", "!frist 12.12.\n!ruht Freitag\n");
    let Matter::Result { lines, .. } = world.last_to("jo@members.example").matter else { panic!() };
    let outcomes: Vec<ResultKind> = lines.iter().map(|line| line.outcome).collect();
    assert_eq!(outcomes, [ResultKind::DueSet, ResultKind::Runs]);
    let due = world.request().waits().and_then(|pending| pending.due_at);
    assert_eq!(due, Some("2026-12-13T00:00:00+01:00".parse().unwrap()));
}
