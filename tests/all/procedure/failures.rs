//! Failures of other mail gateways that requests, windows and timers must not have.
//!
//! Numbers are those of the list of failures of other gateways that the README names. Deliberately
//! absent: failures of ordinary tickets (`command`, `failures`), those of doors and ways out.

use lotse::ticket::procedure::request::Standing;

use super::*;

const JO: &str = "jo@members.example";
const UTE: &str = "ute@members.example";
const PIA: &str = "pia@members.example";

/// An answer to a notice that a program wrote, in its owner's name and well signed.
fn automatic(world: &mut World, notice: &Notice, from: &str, text: &str) {
    let to = key::reply_address(&world.desk, notice).unwrap();
    let mut letter = letter(from, to.as_str(), text);
    letter.in_reply_to = Some(world.message_id(notice));
    letter.kind = Kind::AutoReplied;
    letter.signed = true;
    world.write(&letter);
}

fn objectors(world: &World) -> Vec<lotse::ticket::Actor> {
    let window = world.request().window.as_ref().unwrap();
    window.objections.iter().map(|one| one.by.clone()).collect()
}

/// The club key with other steps behind the facts.
fn stepped(steps: &str) -> World {
    let (facts, _) = CLUB_KEY.split_once("[[step]]").unwrap();
    let text = format!("{facts}[[step]]\nkind = \"collect\"\n{steps}");
    let mut world = World::of(&text, "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer\nGrund: Chorprobe\n"));
    world.wait(SignedDuration::from_mins(5));
    world
}

/// Failure 6: an out-of-office note became somebody's statement. It is no fact, no objection, no
/// answer to the question about one, no grant and no vote, whatever words it holds.
#[test]
fn failure_6_what_a_program_says_counts_for_nothing() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer"));
    world.wait(HOUR);
    let question = world.last_to(KIM);
    automatic(&mut world, &question, KIM, "Grund: Ich bin bis Montag nicht da.");
    world.wait(HOUR);
    assert!(!world.request().facts.contains_key("reason"));
    assert_eq!(world.matters_to(KIM), ["question"], "and nobody answers it");

    let mut world = announced();
    let announcement = world.last_to(LIST);
    automatic(&mut world, &announcement, UTE, "!einwand\nIch bin dagegen.");
    assert!(!world.stopped());
    world.write(&world.post("Ute Beispiel", Some(UTE), "Ich bin dagegen."));
    let question = world.last_to(UTE);
    for text in ["nein", "ja"] {
        automatic(&mut world, &question, UTE, text);
    }
    let window = world.request().window.clone().unwrap();
    assert!(window.stopped_at.is_some(), "{window:?}");
    assert_eq!(window.objections[0].standing, Standing::Asked);

    let review = "[[step]]\nkind = \"review\"\nby = \"queue:vorstand\"\n";
    let vote = "[[step]]\nkind = \"vote\"\nby = \"queue:vorstand\"\nspan = \"7 days\"\n";
    for (step, text) in [(review, "bewilligt"), (vote, "ja")] {
        let mut world = stepped(step);
        let asked = world.last_to(UTE);
        automatic(&mut world, &asked, UTE, text);
        assert_eq!(world.request().granted, None);
        let polling = world.request().polling.as_ref();
        assert!(polling.is_none_or(|polling| polling.ballots.is_empty()), "{polling:?}");
        assert_eq!(world.matters_to(UTE).len(), 1, "nobody answers a program");
    }
}

/// Failure 11: behind a list that rewrites From, all mails seemed to come from the list, and
/// people's names were overwritten. The person is taken from Reply-To or the name, is asked at the
/// registered address, and nothing that is known of anybody changes.
#[test]
fn failure_11_author_behind_a_rewriting_list_is_found_asked_and_never_overwritten() {
    for reply_to in [Some(UTE), None] {
        let mut world = announced();
        let before = world.desk.register.clone();
        world.write(&world.post("Ute Beispiel", reply_to, "Ich bin dagegen."));
        assert!(world.stopped(), "an objection must not be lost because a list hides its author");
        assert_eq!(objectors(&world), [lotse::ticket::Actor::Person(PersonId::new("ute"))]);
        assert_eq!(world.matters_to(UTE), ["asked"]);
        assert_eq!(world.matters_to(LIST), ["announcement"], "the list itself is never asked");
        assert_eq!(world.desk.register, before);
        let requestors = &world.ticket(1).requestors;
        assert_eq!(requestors.len(), 1, "and the list joins nothing: {requestors:?}");
        assert_eq!(requestors[0].address, address(KIM));
    }
}

/// Failure 12 on lists: quoted lines were executed. Who quotes an objection does not object.
#[test]
fn failure_12_quoted_objection_is_nobodys() {
    let mut world = announced();
    for text in [
        "Ich finde den Antrag gut.\n\nUte Beispiel schrieb:\n> Ich bin dagegen.\n> !einwand\n",
        "> !einwand die Adresse gibt es schon\n\nStimmt das denn?\n",
    ] {
        world.write(&world.post("Max Malli", Some("max@members.example"), text));
    }
    assert!(!world.stopped());
    assert_eq!(objectors(&world), []);
}

/// Failure 17: what lacked something was dropped, and only a log line told. It is kept as it came,
/// its author asked for exactly what is missing, and what comes later is put to it.
#[test]
fn failure_17_what_lacks_something_is_kept_asked_about_and_completed_by_the_answers() {
    let labels = |world: &World| {
        let Matter::Question { missing, .. } = world.last_to(KIM).matter else {
            panic!("{:?}", world.matters_to(KIM))
        };
        missing.into_iter().map(|line| line.label).collect::<Vec<_>>()
    };
    for text in ["", "?", "hi, ich bräuchte einen schlüssel"] {
        let mut world = World::new("2026-11-24T10:00:00+01:00");
        world.write(&letter(KIM, "schluessel@nrw.example", text));
        world.wait(HOUR);
        assert_eq!(world.tickets.len(), 1, "{text}");
        let keeps = |one: &Transaction| one.message == Some(Position(100));
        assert!(world.history[&TicketId(1)].iter().any(keeps), "its words stand on it: {text}");
        assert_eq!(world.matters_to(KIM), ["question"], "{text}");
        assert_eq!(labels(&world), ["Name", "Grund"], "{text}");
        world.answer(KIM, "Name: Kim Sommer\n");
        world.wait(HOUR);
        assert_eq!(labels(&world), ["Grund"], "{text}");
        world.answer(KIM, "Wir proben dort.\n");
        world.wait(HOUR);
        assert_eq!(world.tickets.len(), 1, "{text}");
        assert_eq!(world.matters_to(KIM), ["question", "question", "complete"], "{text}");
        assert_eq!(world.request().facts["holder"], "Kim Sommer");
        assert_eq!(world.request().facts["reason"], "Wir proben dort.");
    }
}

/// Failure 38: an objection was raised and resolved inside the window, and the proposal accepted
/// after three days instead of ten, because the job of the first end looked at nothing but how
/// things stood. The days begin anew in full, and the old job, whoever still has it, does nothing.
#[test]
fn failure_38_resolved_objection_gives_all_ten_days_again() {
    let text = CLUB_KEY.replace("span = \"4 days\"", "span = \"10 days\"");
    let mut world = World::of(&text, "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer\nGrund: Chorprobe\n"));
    world.wait(SignedDuration::from_mins(5));
    let promised = world.ends_at();
    assert_eq!(promised, at("2026-12-05T00:00:00+01:00"));
    world.until(at("2026-11-27T12:00:00+01:00"));
    object_and_withdraw(&mut world);
    let anew = at("2026-12-08T00:00:00+01:00");
    assert_eq!(world.ends_at(), anew);
    let timer = Timer::Window(TicketId(1));
    for time in ["2026-11-30T00:00:00+01:00", "2026-12-05T00:00:00+01:00"] {
        world.until(at(time));
        world.fire(&timer, promised);
        assert!(!world.is_member(), "the job of the first end, at {time}");
    }
    world.until(at("2026-12-07T23:59:59+01:00"));
    assert!(!world.is_member());
    world.until(anew);
    assert!(world.is_member());
    world.fire(&timer, promised);
    world.fire(&timer, anew);
    assert_eq!(world.enrolled, 1, "carried out once");
    assert_eq!(world.matters_to(KIM), ["complete", "stopped", "complete", "outcome"]);
}

/// Failure 39: decisions never closed because a job outside had to wake the program, and ran twice.
/// Timers are kept here, fire late once after days in which nothing ran, and again do nothing.
#[test]
fn failure_39_after_days_of_downtime_everything_due_happens_once() {
    let mut world = World::new("2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "schluessel@nrw.example", "Name: Kim Sommer"));
    world.wait(HOUR);
    assert_eq!(world.matters_to(KIM), ["question"]);
    // Nothing runs on the third and on the seventh day.
    world.now += DAY * 9;
    let due = world.timers.clone();
    world.wait(HOUR);
    assert_eq!(world.matters_to(KIM), ["question", "reminder"], "one mail, not one for each day");
    for (timer, due_at) in due {
        world.fire(&timer, due_at);
    }
    assert_eq!(world.matters_to(KIM), ["question", "reminder"]);
    world.wait(DAY * 30);
    assert_eq!(world.matters_to(KIM).last(), Some(&"expired"));

    let mut world = announced();
    let (timer, promised) = (Timer::Window(TicketId(1)), world.ends_at());
    world.now = promised + DAY * 9;
    world.wait(HOUR);
    world.fire(&timer, promised);
    assert_eq!((world.is_member(), world.enrolled), (true, 1), "closed, late and once");
    assert_eq!(world.matters_to(KIM), ["complete", "outcome"]);
}

/// Failure 39: reminders were sent to those who had voted.
#[test]
fn failure_39_only_who_has_not_answered_is_reminded() {
    let mut world = stepped(
        "[[step]]\nkind = \"joint\"\nby = [\"person:ute\", \"person:pia\", \"person:jo\"]\n\
         target = \"3 days\"\n",
    );
    let asked = |world: &World| {
        [UTE, PIA, JO].map(|person| {
            let told = world.matters_to(person);
            told.iter().filter(|name| **name == "confirm").count()
        })
    };
    assert_eq!(asked(&world), [1, 1, 1]);
    world.answer(UTE, "ja\n");
    world.wait(DAY * 7);
    assert_eq!(asked(&world), [1, 2, 2]);
    world.answer(PIA, "ja\n");
    world.wait(DAY * 30);
    assert_eq!(asked(&world), [1, 2, 3]);
}

/// Failure 40: reminders came at midnight, and nobody could tell how a deadline was counted. They
/// come when people work.
#[test]
fn failure_40_reminders_come_in_working_hours() {
    let steps = "[[step]]\nkind = \"review\"\nby = \"queue:vorstand\"\ntarget = \"3 days\"\n";
    let mut world = stepped(steps);
    world.wait(DAY * 30);
    let reviews: Vec<Timestamp> = world
        .outbox
        .iter()
        .filter(|notice| notice.to.address == address(UTE))
        .map(|notice| notice.at)
        .collect();
    assert_eq!(reviews.len(), 3);
    let days = world.desk.site.days();
    for at in &reviews[1..] {
        assert_eq!(days.calendar.working_from(*at, days.zone), Some(*at), "{at}");
    }
}
