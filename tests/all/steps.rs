//! Steps of procedures that wait for people, teams, time and programs.
//!
//! Conversations in the model of `procedure`, whose laws are looked at after every event.

use jiff::SignedDuration;
use lotse::desk::procedure::Procedure;
use lotse::desk::{Access, NotifyChoice, RegisterChange};
use lotse::ticket::event::Ran;
use lotse::ticket::procedure::request::{Ending, HelpKind};
use lotse::ticket::state::{Change, RequestChange};
use lotse::ticket::{Event, Matter, Status, Ticket, Timer};
use lotse::types::{Locale, PersonId, QueueName, TicketId, UnitId};
use proptest::prelude::*;

use crate::procedure::{DAY, HOUR, KIM, World, address, at, letter};

const HEAD: &str = r#"
name = "account"
addresses = ["rt-admin@nrw.example"]
title.de = "Zugang zum RT"
title.en = "Account"
queue = "kontakt"
[[fact]]
name = "holder"
type = "user-name"
need = "required"
label.de = ["Benutzername"]
label.en = ["user name"]
[[fact]]
name = "start"
type = "date"
need = "optional"
label.de = ["Beginn"]
[[fact]]
name = "note"
type = "text"
need = "optional"
label.de = ["Quittung"]
[[step]]
kind = "collect"
"#;

const UTE: &str = "ute@members.example";
const MAX: &str = "max@members.example";
const JO: &str = "jo@members.example";

/// A world with these steps, whose request is complete since Tuesday 10:05.
fn world(steps: &str) -> World {
    let mut world = World::of(&format!("{HEAD}{steps}"), "2026-11-24T10:00:00+01:00");
    let mut mail = letter(KIM, "rt-admin@nrw.example", "Benutzername: kimso\nBeginn: 2026-12-10\n");
    mail.from.name = "Kim Sommer".to_owned();
    world.write(&mail);
    world.wait(SignedDuration::from_mins(5));
    world
}

fn granted(world: &World) -> Option<bool> {
    world.request().granted
}

fn outcome(world: &World) -> Matter {
    let last = world.last_to(KIM).matter;
    assert!(matches!(last, Matter::Outcome { .. }), "{last:?}");
    last
}

const REVIEW: &str = r#"
[[step]]
kind = "review"
by = "queue:vorstand"
target = "3 days"
[[step]]
kind = "tell"
"#;

#[test]
fn first_of_those_asked_grants_and_the_others_hear_of_it() {
    let mut world = world(REVIEW);
    assert_eq!(world.matters_to(UTE), ["review"]);
    assert_eq!(world.matters_to(MAX), ["review"]);
    assert_eq!(world.matters_to(KIM), ["complete"]);
    world.answer(UTE, "bewilligt\n");
    assert_eq!(granted(&world), Some(true));
    let Matter::Outcome { by, granted: true, .. } = outcome(&world) else { panic!() };
    assert_eq!(by.as_deref(), Some("Ute Beispiel"));
    assert_eq!(world.matters_to(MAX), ["review", "settled"]);
    assert_eq!(world.matters_to(UTE), ["review", "sheet"]);
}

#[test]
fn refusal_carries_the_reason_in_the_reviewers_words() {
    let mut world = world(REVIEW);
    world.answer(MAX, "abgelehnt: das Protokoll nennt nur die AG\n\nGruß\nMax\n");
    assert_eq!(granted(&world), Some(false));
    let Matter::Outcome { reason: Some(reason), by, .. } = outcome(&world) else { panic!() };
    assert_eq!(reason.lines, [(0, 1)]);
    assert_eq!(reason.cuts, [(0, 11)]);
    assert_eq!(by.as_deref(), Some("Max Malli"));
    assert_eq!(world.ticket(1).status, Status::Resolved);
}

#[test]
fn refusal_without_a_reason_is_asked_for_it_and_nobody_hears_of_it_before() {
    let mut world = world(REVIEW);
    let asked = world.last_to(UTE);
    world.reply_to(&asked, UTE, "abgelehnt\n");
    assert_eq!(granted(&world), None);
    assert_eq!(world.matters_to(UTE), ["review", "reason-asked"]);
    world.reply_to(&asked, UTE, "abgelehnt\n");
    assert_eq!(world.matters_to(UTE), ["review", "reason-asked"], "asked once");
    assert_eq!(world.matters_to(KIM), ["complete"]);
    world.answer(UTE, "Es fehlt der Beschluss der AG.\n");
    assert_eq!(granted(&world), Some(false));
    let Matter::Outcome { reason: Some(_), .. } = outcome(&world) else { panic!() };
}

#[test]
fn unclear_words_decide_nothing_and_are_asked_about() {
    let mut world = world(REVIEW);
    world.answer(UTE, "Was steht denn im Protokoll?\n");
    assert_eq!(world.matters_to(UTE), ["review", "reason-asked"]);
    assert_eq!(granted(&world), None);
    world.answer(UTE, "Ja\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn stranger_on_a_reviewers_key_decides_nothing() {
    let mut world = world(REVIEW);
    let asked = world.last_to(UTE);
    world.reply_to(&asked, "mallory@elsewhere.example", "bewilligt\n");
    world.reply_to(&asked, "pia@members.example", "bewilligt\n");
    world.reply_to(&asked, MAX, "bewilligt\n");
    assert_eq!(granted(&world), None, "Max is not proven on the key of Ute");
    assert_eq!(world.matters_to(MAX), ["review", "other"], "was it he, at his own address");
    world.answer(MAX, "ja\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn nobody_reviews_the_own_request() {
    let mut world = World::of(&format!("{HEAD}{REVIEW}"), "2026-11-24T10:00:00+01:00");
    world.write(&letter(UTE, "rt-admin@nrw.example", "Benutzername: utebe\n"));
    world.wait(HOUR);
    assert_eq!(world.matters_to(UTE), ["complete"]);
    assert_eq!(world.matters_to(MAX), ["review"]);
}

#[test]
fn target_is_reminded_twice_and_decides_nothing() {
    let mut world = world(REVIEW);
    world.wait(DAY * 30);
    assert_eq!(world.matters_to(UTE), ["review", "review", "review"]);
    assert_eq!(granted(&world), None);
    world.answer(UTE, "bewilligt\n");
    assert_eq!(granted(&world), None, "a code is good for 14 days");
    world.answer(UTE, "ja\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn broken_promise_goes_to_the_body_that_is_named() {
    let mut world = world(
        "[[step]]\nkind = \"review\"\nby = \"person:pia\"\npromise = \"3 days\"\n\
         escalate_to = \"queue:vorstand\"\n[[step]]\nkind = \"tell\"\n",
    );
    assert!(world.matters_to(UTE).is_empty());
    world.wait(DAY * 6);
    assert_eq!(world.matters_to("pia@members.example"), ["review", "review"]);
    assert_eq!(world.matters_to(UTE), ["review"]);
    world.answer(UTE, "bewilligt\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn all_of_a_joint_decision_must_say_yes() {
    let joint = "[[step]]\nkind = \"joint\"\nby = [\"person:ute\", \"person:pia\"]\n\
                 [[step]]\nkind = \"confirm\"\nby = \"person:jo\"\nabout.de = \"Liegt vor.\"\n";
    let mut world = world(joint);
    world.answer(UTE, "ja\n");
    assert_eq!(world.request().step, 1);
    world.answer("pia@members.example", "Ja, gern.\n");
    assert_eq!(world.request().step, 2);
    assert_eq!(world.matters_to(JO), ["confirm"]);
    world.answer(JO, "ja\n");
    assert_eq!(granted(&world), Some(true));
    let mut world = self::world(joint);
    world.answer(UTE, "nein, das kostet zu viel\n");
    assert_eq!(granted(&world), Some(false));
    assert_eq!(world.matters_to("pia@members.example"), ["confirm", "settled"]);
}

#[test]
fn who_sits_twice_in_a_joint_decision_is_asked_once_and_answers_for_both() {
    let mut world = world(
        "[[step]]\nkind = \"joint\"\n\
         by = [\"queue:vorstand\", \"person:ute\", \"person:pia\"]\n",
    );
    assert_eq!(world.matters_to(UTE), ["confirm"]);
    world.answer(UTE, "ja\n");
    assert_eq!(granted(&world), None, "Pia has not answered");
    world.answer("pia@members.example", "ja\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn broken_promise_without_a_body_goes_to_the_coordinators() {
    let mut world = world(
        "[[step]]\nkind = \"review\"\nby = \"person:pia\"\npromise = \"3 days\"\n\
         [[step]]\nkind = \"tell\"\n",
    );
    let before = world.outbox.len();
    world.wait(DAY * 6);
    let is_overdue = |notice: &&lotse::ticket::Notice| {
        let Matter::Review { asking, .. } = &notice.matter else { return false };
        *asking == lotse::ticket::matter::Asking::Overdue
    };
    let told = world.outbox[before..].iter().filter(is_overdue).count();
    assert!(told > 0, "nobody hears of it");
}

#[test]
fn promise_whose_reminder_fires_after_its_end_is_handed_on_with_the_time_of_the_end() {
    let mut world = world(
        "[[step]]\nkind = \"review\"\nby = \"person:pia\"\npromise = \"2 days\"\n\
         escalate_to = \"queue:vorstand\"\n[[step]]\nkind = \"tell\"\n",
    );
    let timer = Timer::Due(TicketId(1), 1);
    let due_at = world.timers[&timer];
    assert_eq!(due_at, at("2026-11-26T08:00:00+01:00"), "the day before");
    world.now = at("2026-11-29T10:00:00+01:00");
    world.timers.remove(&timer);
    world.fire(&timer, due_at);
    assert_eq!(world.matters_to(UTE), ["review"]);
    let chased = world.history[&TicketId(1)].iter().rev().find(|line| {
        let change = RequestChange::Chased { escalated: true };
        line.change == Change::Request { change }
    });
    assert_eq!(chased.unwrap().at, at("2026-11-27T08:00:00+01:00"));
}

#[test]
fn request_that_waits_for_no_more_mails_is_asked_about_at_once() {
    let procedure = HEAD.replace("queue = ", "settle_span = \"0 s\"\nqueue = ");
    let mut world = World::of(&format!("{procedure}{REVIEW}"), "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "rt-admin@nrw.example", "Hallo, ich brauche einen Zugang.\n"));
    assert_eq!(world.matters_to(KIM), ["question"]);
    world.answer(KIM, "Benutzername: kimso\n");
    assert_eq!(world.matters_to(KIM), ["question", "complete"]);
    assert_eq!(world.matters_to(UTE), ["review"]);
}

#[test]
fn fact_that_is_waited_for_is_reminded_of_and_expires() {
    let mut world =
        world("[[step]]\nkind = \"wait\"\nfact = \"note\"\n[[step]]\nkind = \"tell\"\n");
    assert_eq!(world.matters_to(KIM), ["question"]);
    world.wait(DAY * 12);
    assert_eq!(world.matters_to(KIM), ["question", "reminder", "reminder"]);
    world.wait(DAY * 14);
    assert_eq!(world.matters_to(KIM).last(), Some(&"expired"));
    world.answer(KIM, "Quittung: Nummer 12\n");
    world.wait(HOUR);
    assert_eq!(granted(&world), Some(true));
    assert!(world.timers.is_empty(), "{:?}", world.timers);
}

const TASK: &str = r#"
[[step]]
kind = "task"
queue = "schluessel"
text.de = "Leg {holder} an."
promise = "3 days"
escalate_to = "queue:vorstand"
[[step]]
kind = "tell"
ask_help = true
help = { procedure = "vorstand", technical = "schluessel" }
"#;

fn task(world: &World) -> &Ticket {
    world.tickets.values().find(|ticket| ticket.task_of.is_some()).unwrap()
}

#[test]
fn team_that_closes_its_ticket_reports_back() {
    let mut world = world(TASK);
    assert_eq!(task(&world).queue, QueueName::new("schluessel"));
    let Matter::Task { job, .. } = world.last_to(MAX).matter else { panic!() };
    assert_eq!(job, lotse::ticket::matter::Job::Text("Leg kimso an.".into()));
    assert_eq!(world.matters_to(KIM), ["complete"]);
    world.answer(MAX, "!erledigt\n");
    assert_eq!(granted(&world), Some(true));
    assert_eq!(task(&world).status, Status::Resolved);
    assert_eq!(world.matters_to(KIM), ["complete", "outcome"]);
}

#[test]
fn task_that_cannot_be_done_goes_to_people() {
    let mut world = world(TASK);
    world.answer(MAX, "!abgelehnt\n");
    assert_eq!(world.matters_to(MAX), ["task", "reason-asked"]);
    world.answer(MAX, "!abgelehnt: den Server gibt es nicht mehr\n");
    assert_eq!(granted(&world), None);
    assert_eq!(world.matters_to(JO), ["overdue"]);
    world.answer(JO, "erledigt, hab ich selbst gemacht\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn task_that_is_late_is_reminded_and_handed_on() {
    let mut world = world(TASK);
    world.wait(DAY * 7);
    assert_eq!(world.matters_to(UTE), ["overdue"]);
    assert!(world.matters_to(MAX).starts_with(&["task", "task"]));
    world.answer(UTE, "abgelehnt: wir haben dafür niemanden\n");
    assert_eq!(granted(&world), Some(false));
    assert_eq!(task(&world).status, Status::Rejected);
}

#[test]
fn answers_about_help_are_routed_and_kept() {
    for (text, kind, queue) in [
        ("Nein danke\n", HelpKind::None, None),
        ("Mein Passwort geht nicht\n", HelpKind::Technical, Some("schluessel")),
        ("Wer darf denn eine Queue schließen?\n", HelpKind::Procedure, Some("vorstand")),
        ("Kann mich jemand anrufen?\n", HelpKind::Undecided, Some("kontakt")),
    ] {
        let mut world = world(TASK);
        world.answer(MAX, "!erledigt\n");
        world.answer(KIM, text);
        assert_eq!(world.request().help.map(|(kind, _)| kind), Some(kind), "{text}");
        let asked = world.tickets.values().find(|ticket| ticket.id == TicketId(3));
        assert_eq!(asked.map(|ticket| ticket.queue.as_str()), queue, "{text}");
        assert_eq!(world.ticket(1).status, Status::Resolved);
    }
}

#[test]
fn checklist_ends_with_its_last_thing() {
    let mut world = world(
        "[[step]]\nkind = \"checklist\"\n[[step.item]]\ntext.de = \"Schlüssel ausgeben\"\n\
         by = \"person:ute\"\nspan = \"2 days\"\n[[step.item]]\ntext.de = \"Liste führen\"\n\
         by = \"person:max\"\nspan = \"7 days\"\n",
    );
    world.answer(UTE, "erledigt\n");
    assert_eq!(granted(&world), None);
    world.wait(DAY * 9);
    assert_eq!(world.matters_to(UTE), ["item"]);
    assert_eq!(world.matters_to(MAX), ["item", "item"]);
    world.answer(MAX, "!erledigt\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn waits_end_by_themselves() {
    let world_of = |wait: &str| world(&format!("[[step]]\nkind = \"wait\"\n{wait}\n"));
    let mut world = world_of("span = \"7 days\"");
    world.wait(DAY * 7);
    assert_eq!(granted(&world), None);
    world.wait(DAY);
    assert_eq!(granted(&world), Some(true));
    let mut world = world_of("date = \"start\"");
    world.wait(DAY * 15);
    assert_eq!(granted(&world), None);
    world.wait(DAY);
    assert_eq!(granted(&world), Some(true), "on the tenth of December");
}

const RUN: &str = "[[step]]\nkind = \"run\"\nprogram = [\"/bin/make\", \"it\"]\n\
                   timeout = \"60 s\"\nteam = \"schluessel\"\n";

fn ended(world: &World, attempt: u16, ending: Ending) -> Event {
    let output = "no such group".to_owned();
    let at = world.now;
    Event::Ran(Box::new(Ran { ticket: TicketId(1), step: 1, attempt, ending, output, at }))
}

#[test]
fn program_is_recorded_before_it_starts_and_its_end_counts_once() {
    let mut world = world(RUN);
    assert_eq!(world.runs.len(), 1);
    assert_eq!(world.runs[0].facts["holder"], "kimso");
    let started = world.history[&TicketId(1)].iter().any(|transaction| {
        let change = RequestChange::Started { step: 1, attempt: 1 };
        transaction.change == Change::Request { change }
    });
    assert!(started);
    let event = ended(&world, 1, Ending::Exited(0));
    world.play(&event);
    world.play(&event);
    assert_eq!(granted(&world), Some(true));
    assert_eq!(world.runs.len(), 1);
}

#[test]
fn program_that_nobody_heard_of_again_is_perhaps_done() {
    let mut world = world(RUN);
    world.wait(HOUR);
    assert_eq!(world.runs.len(), 1, "never started again");
    let Matter::Task { job, .. } = world.last_to(MAX).matter else { panic!() };
    let lotse::ticket::matter::Job::Program { is_unknown: true, .. } = job else { panic!() };
    world.answer(MAX, "!erledigt\n");
    assert_eq!(granted(&world), Some(true));
}

#[test]
fn repeatable_program_starts_again_three_times_at_most() {
    let mut world = world(&format!("{RUN}repeatable = true\n"));
    for attempt in 1..=3 {
        assert_eq!(world.runs.last().unwrap().attempt, attempt);
        let event = ended(&world, attempt, Ending::Exited(1));
        world.play(&event);
    }
    assert_eq!(world.runs.len(), 3);
    assert!(world.tickets.values().any(|ticket| ticket.task_of.is_some()));
}

const APPLY: &str = r#"
[[step]]
kind = "apply"
create = "person"
person = "holder"
[[step]]
kind = "apply"
create = "membership"
person = "holder"
queue = "vorstand"
access = "read"
"#;

#[test]
fn person_and_place_are_made_once() {
    let mut world = world(APPLY);
    assert_eq!(granted(&world), Some(true));
    let kim = PersonId::new("kimso");
    assert_eq!(world.desk.register.person(&kim).unwrap().name, "Kim Sommer");
    let board = QueueName::new("vorstand");
    assert_eq!(world.desk.register.access(&kim, &board), Some(Access::Read));
    assert_eq!(world.enrolled, 2);
    let mut again = letter(KIM, "rt-admin@nrw.example", "Benutzername: kimsi\n");
    again.from.name = "Kim Sommer".to_owned();
    world.write(&again);
    world.wait(HOUR);
    assert_eq!(world.ticket(2).request.as_ref().unwrap().granted, Some(true));
    assert_eq!(world.enrolled, 2, "the same person has it already");
}

fn change(what: &str, more: &str) -> World {
    let steps = format!("[[step]]\nkind = \"apply\"\nchange = \"{what}\"\n{more}");
    let mut world = World::of(&format!("{HEAD}{steps}"), "2026-11-24T10:00:00+01:00");
    world.write(&letter(MAX, "rt-admin@nrw.example", "Benutzername: maxma\n"));
    world.wait(HOUR);
    assert_eq!(granted(&world), Some(true));
    world
}

#[test]
fn access_rests_or_goes_and_queues_are_archived() {
    let (max, key) = (PersonId::new("max"), QueueName::new("schluessel"));
    let of = |world: &World| world.desk.register.access(&max, &key);
    let world = change("suspend", "person = \"requestor\"\n");
    assert_eq!(of(&world), None);
    let queue = world.desk.register.queue(&key).unwrap();
    assert_eq!(queue.member(&max).unwrap().access, Access::Suspended);
    assert_eq!(queue.member(&max).unwrap().notify, NotifyChoice::Each);
    let world = change("revoke", "person = \"requestor\"\nqueue = \"schluessel\"\n");
    assert!(world.desk.register.queue(&key).unwrap().member(&max).is_none());
    assert!(world.desk.register.access(&max, &QueueName::new("vorstand")).is_some());
    let world = change("archive", "queue = \"schluessel\"\n");
    assert!(world.desk.register.queue_at(&address("queue-schluessel@nrw.example")).is_none());
    assert_eq!(of(&world), Some(Access::Read));
}

/// A role is given in the queues that are named, once; a unit is made with who speaks for it.
#[test]
fn role_is_given_and_unit_is_made() {
    let role =
        "create = \"role\"\nperson = \"requestor\"\nqueue = \"schluessel\"\nrole = \"keeper\"\n";
    let unit = "create = \"unit\"\nunit = \"note\"\nperson = \"requestor\"\nparent = \"nrw\"\n";
    let head = HEAD.replace(
        "need = \"optional\"\nlabel.de = [\"Quittung\"]",
        "need = \"required\"\nlabel.de = [\"Einheit\"]",
    );
    let steps = format!(
        "[[step]]\nkind = \"apply\"\n{role}[[step]]\nkind = \"apply\"\n{unit}[[step]]\n\
         kind = \"tell\"\n"
    );
    let mut world = World::of(&format!("{head}{steps}"), "2026-11-24T10:00:00+01:00");
    let role: lotse::desk::Role = toml::from_str("name = \"keeper\"").unwrap();
    world.desk.register.apply(&RegisterChange::Role(role));
    let parent: lotse::desk::Unit = toml::from_str("id = \"nrw\"\nname = \"NRW\"").unwrap();
    world.desk.register.apply(&RegisterChange::Unit(parent));
    let procedure = &world.desk.procedures["account"];
    let problems = procedure.check(Locale::De, &world.desk.register);
    assert!(!problems.iter().any(|problem| problem.starts_with("step")), "{problems:?}");
    world.write(&letter(MAX, "rt-admin@nrw.example", "Benutzername: maxma\nEinheit: Crew Ulm\n"));
    world.wait(HOUR);
    assert_eq!(granted(&world), Some(true));
    let (max, register) = (PersonId::new("max"), &world.desk.register);
    let member = register.queue(&QueueName::new("schluessel")).unwrap().member(&max).unwrap();
    assert_eq!(member.role.as_deref(), Some("keeper"));
    let unit = register.unit(&UnitId::new("crew-ulm")).unwrap();
    assert_eq!((unit.name.as_str(), unit.speaker.as_ref()), ("Crew Ulm", Some(&max)));
    assert_eq!(unit.parent, Some(UnitId::new("nrw")));
    assert_eq!(world.enrolled, 2);
    world.write(&letter(MAX, "rt-admin@nrw.example", "Benutzername: maxmb\nEinheit: Crew Ulm\n"));
    world.wait(HOUR);
    assert_eq!(world.ticket(2).request.as_ref().unwrap().granted, Some(true));
    assert_eq!(world.enrolled, 2, "both are so already");
}

const BIND: &str = r#"
[[fact]]
name = "address"
type = "address"
need = "optional"
label.de = ["Adresse"]
[[step]]
kind = "collect"
[[step]]
kind = "apply"
create = "bind"
queue = "vorstand"
address = "address"
server = "schluessel"
[[step]]
kind = "tell"
"#;

#[test]
fn bound_address_takes_mail_at_once_and_is_done_when_a_mail_came_through() {
    let head = HEAD.replace("[[step]]\nkind = \"collect\"\n", "");
    let mut world = World::of(&format!("{head}{BIND}"), "2026-11-24T10:00:00+01:00");
    let text = "Benutzername: kimso\nAdresse: koeln@nrw.example\n";
    world.write(&letter(KIM, "rt-admin@nrw.example", text));
    world.wait(SignedDuration::from_mins(6));
    let bound = address("koeln@nrw.example");
    let queue = world.desk.register.queue_at(&bound).unwrap();
    assert_eq!(queue.name, QueueName::new("vorstand"));
    assert_eq!(world.matters_to("koeln@nrw.example"), ["probe"]);
    assert_eq!(granted(&world), None);
    world.wait(HOUR);
    assert_eq!(world.matters_to(MAX), ["task"], "who runs the mail server");
    world.answer(MAX, "!erledigt\n");
    assert_eq!(granted(&world), None, "done is what came through");
    let probe = world.last_to("koeln@nrw.example");
    let mut back = letter("desk@nrw.example", "koeln@nrw.example", "x\n");
    back.in_reply_to = None;
    let Event::Mail(mut mail) = world.accepted(&back) else { panic!() };
    mail.message.message_id = Some(world.message_id(&probe));
    world.play(&Event::Mail(mail));
    assert_eq!(granted(&world), Some(true));
    assert_eq!(world.last_to(KIM).matter, outcome(&world));
}

/// A mail server may remember for a while that there was no such address: a probe that it refuses
/// goes out again after a minute, and nobody is asked to look after it before ten are over.
#[test]
fn refused_probe_is_sent_again_soon_and_asks_nobody() {
    let head = HEAD.replace("[[step]]\nkind = \"collect\"\n", "");
    let mut world = World::of(&format!("{head}{BIND}"), "2026-11-24T10:00:00+01:00");
    let text = "Benutzername: kimso\nAdresse: koeln@nrw.example\n";
    world.write(&letter(KIM, "rt-admin@nrw.example", text));
    world.wait(SignedDuration::from_mins(5));
    let refuse = |world: &mut World| {
        let notice = world.last_to("koeln@nrw.example");
        world.play(&Event::Submitted(Box::new(lotse::ticket::event::Submitted {
            id: notice.id,
            notice,
            attempts: 1,
            outcome: lotse::ticket::event::SubmitOutcome::Permanent(
                "5.1.1".into(),
                "there is nobody under this address".into(),
            ),
        })));
    };
    for probes in 1..=3 {
        assert_eq!(world.matters_to("koeln@nrw.example").len(), probes);
        refuse(&mut world);
        world.wait(SignedDuration::from_mins(1));
    }
    assert!(world.matters_to(MAX).is_empty());
    world.wait(SignedDuration::from_mins(8));
    assert_eq!(world.matters_to(MAX), ["task"], "after ten minutes who runs the server looks");
}

#[test]
fn higher_body_reads_the_history_and_decides() {
    let mut world = world(
        "[[step]]\nkind = \"review\"\nby = \"person:pia\"\n[[step]]\nkind = \"escalate\"\n\
         to = \"queue:vorstand\"\nspan = \"14 days\"\n[[step]]\nkind = \"tell\"\n",
    );
    world.answer("pia@members.example", "bewilligt, ich kenne Kim\n");
    let Matter::Review { history, .. } = world.last_to(UTE).matter else { panic!() };
    assert_eq!(history.len(), 2);
    world.answer(UTE, "Abgelehnt. Das geht den Vorstand nichts an.\n");
    assert_eq!(granted(&world), Some(false));
}

#[test]
fn spans_of_asking_are_settings() {
    let head = HEAD.replace(
        "queue = \"kontakt\"",
        "queue = \"kontakt\"\nsettle_span = \"1 h\"\nremind = [\"2 days\"]\nexpire = \"4 days\"",
    );
    let mut world = World::of(&head, "2026-11-23T10:00:00+01:00");
    world.write(&letter(KIM, "rt-admin@nrw.example", "Hallo, ich hätte gern einen Zugang.\n"));
    world.wait(SignedDuration::from_mins(59));
    assert!(world.matters_to(KIM).is_empty());
    world.wait(SignedDuration::from_mins(2));
    assert_eq!(world.matters_to(KIM), ["question"]);
    world.wait(DAY * 5);
    assert_eq!(world.matters_to(KIM), ["question", "reminder", "expired"]);
}

#[test]
fn ticket_of_an_older_version_still_folds() {
    let older = r#"{"sequence":3,"at":"2026-11-24T09:05:00Z","by":"program","rung":0,
        "change":{"kind":"request","change":{"what":"begin","procedure":{"name":"club-key",
        "fact":[{"name":"holder","type":"person","need":"required"}],
        "step":[{"kind":"collect"},{"kind":"announce","to":["a@lists.nrw.example"]},
        {"kind":"window","span":"4 days","objectors":"queue:vorstand","on_objection":"agenda"},
        {"kind":"apply","create":"membership","queue":"schluessel","person":"holder"},
        {"kind":"tell"}]}}}}"#;
    let begin: lotse::ticket::Transaction = serde_json::from_str(older).unwrap();
    let mut ticket = Ticket::begin(TicketId(1), begin.at);
    ticket.apply(&begin);
    let request = ticket.request.as_deref().unwrap();
    assert_eq!(request.procedure.steps.len(), 5);
    let kept = serde_json::to_string(&request).unwrap();
    assert!(!kept.contains("pending") && !kept.contains("verdicts"));
    let asked = r#"{"what":"question","by":{"person":"ute"},"address":"ute@x.example",
        "about":"ruling"}"#;
    serde_json::from_str::<RequestChange>(asked).unwrap();
}

#[derive(Debug, Clone)]
enum Move {
    Says(usize, usize),
    Waits(i64),
    Again,
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => (0..3_usize, 0..7_usize).prop_map(|(who, what)| Move::Says(who, what)),
        2 => (1..96_i64).prop_map(Move::Waits),
        1 => Just(Move::Again),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// Whatever people write in whatever order: no refusal without a reason, nothing granted that
    /// nobody proven granted, an end once.
    #[test]
    fn no_refusal_without_a_reason_and_no_grant_without_its_rung(
        moves in proptest::collection::vec(moves(), 1..8)
    ) {
        let people = [UTE, MAX, "mallory@elsewhere.example"];
        let words = [
            "bewilligt\n", "abgelehnt\n", "abgelehnt: es fehlt der Beschluss\n", "vielleicht\n",
            "ja, aber nur lesend\n", "nein\n", "Das Protokoll fehlt.\n",
        ];
        let mut world = world(REVIEW);
        let first = world.last_to(UTE);
        for step in moves {
            match step {
                Move::Says(2, what) => world.reply_to(&first, people[2], words[what]),
                Move::Says(who, what) => world.answer(people[who], words[what]),
                Move::Waits(hours) => world.wait(HOUR * i32::try_from(hours).unwrap()),
                Move::Again => world.reply_to(&first, UTE, "bewilligt\n"),
            }
        }
        let request = world.request();
        let history = &world.history[&TicketId(1)];
        let ends = history.iter().filter(|transaction| {
            matches!(&transaction.change, Change::Request { change: RequestChange::End { .. } })
        });
        prop_assert!(ends.count() <= 1);
        for transaction in history {
            if let Change::Request { change: RequestChange::Verdict { granted, reason, .. } } =
                &transaction.change
            {
                prop_assert!(transaction.rung >= lotse::ticket::identity::CONFIRMED);
                prop_assert!(*granted || reason.is_some());
            }
        }
        if let Some(granted) = request.granted {
            prop_assert_eq!(request.verdicts.last().map(|verdict| verdict.granted), Some(granted));
        }
    }
}

#[test]
fn shipped_words_of_a_step_are_read() {
    let text = format!("{HEAD}{REVIEW}{TASK}{RUN}{APPLY}");
    assert!(Procedure::parse(&text).is_ok());
    let wrong = text.replace("by = \"queue:vorstand\"", "by = \"team:vorstand\"");
    let problem = Procedure::parse(&wrong).unwrap_err();
    assert!(problem.contains("names nobody"), "{problem}");
}

const ASKS: &str = r#"
name = "queue"
addresses = ["rt-admin@nrw.example"]
title.de = "Queue"
[asks]
who = "speaker"
unit = "unit"
[[fact]]
name = "unit"
type = "unit"
need = "required"
label.de = ["Einheit"]
[[step]]
kind = "collect"
[[step]]
kind = "review"
by = "person:jo"
"#;

fn asked_for_a_unit(from: &str, signed: bool) -> World {
    use lotse::desk::{RegisterChange, Unit};
    let unit: Unit = serde_json::from_str(
        r#"{"id":"crew-koeln","name":"Crew Köln","speaker":"ute","coordinators":["jo"],
        "delegate":[{"person":"pia","until":"2026-11-30"}]}"#,
    )
    .unwrap();
    let mut world = World::of(ASKS, "2026-11-24T10:00:00+01:00");
    world.desk.register.apply(&RegisterChange::Unit(unit));
    let mut mail = letter(from, "rt-admin@nrw.example", "Einheit: Crew Köln\n");
    mail.signed = signed;
    world.write(&mail);
    world.wait(SignedDuration::from_mins(5));
    world
}

#[test]
fn request_of_anybody_else_waits_for_who_speaks_for_the_unit() {
    let mut world = asked_for_a_unit("crew@provider.example", false);
    assert_eq!(world.matters_to(UTE), ["confirm"]);
    assert_eq!(world.matters_to("pia@members.example"), ["confirm"]);
    assert!(world.matters_to(JO).is_empty());
    world.answer(UTE, "ja\n");
    assert_eq!(world.matters_to(JO), ["review"]);
    let mut world = asked_for_a_unit("crew@provider.example", false);
    world.answer(UTE, "nein\n");
    assert_eq!(granted(&world), None);
    world.answer(UTE, "Das haben wir nicht beschlossen.\n");
    assert_eq!(granted(&world), Some(false));
}

#[test]
fn who_speaks_for_the_unit_needs_nobodys_word_once_proven() {
    let world = asked_for_a_unit(UTE, true);
    assert_eq!(world.matters_to(JO), ["review"]);
    let mut world = asked_for_a_unit(UTE, false);
    assert!(world.matters_to(JO).is_empty(), "only From says so");
    world.wait(DAY * 10);
    let asked = world.matters_to(UTE).iter().filter(|name| **name == "confirm").count();
    assert_eq!(asked, 2);
    world.answer(UTE, "ja\n");
    assert_eq!(world.matters_to(JO), ["review"]);
}
