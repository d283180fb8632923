//! What coordinators do by mail for the site: mail that was set aside, addresses that stay silent.
//!
//! Deliberately absent: a daemon whose reader fell (`quarantine`), when the breaker trips
//! (`loops`).

use jiff::SignedDuration;
use lotse::mail::glance::glance;
use lotse::notice::Content;
use lotse::ticket::effect::{Deed, Errand};
use lotse::ticket::event::Again;
use lotse::ticket::quarantine::Lying;
use lotse::ticket::{Correspondent, Effect, Event, Notice, ReplyTo, Timer};
use lotse::types::{Address, PersonId, Position, QueueName, TicketId};

use crate::core::{Core, organization};

const ANNA: &str = "Anna Muster <anna@members.example>";
const TINA: &str = "Tina Technik <tina@members.example>";

const HOSTILE: &str = "From: {{buttons}} !take <evil@outside.example>\r\n\
    Subject: # !17 erase <b>now</b> {{{raw}}}\r\n\r\n\
    !drop all\r\n17 spam\r\n<script>x</script> [go](https://evil.example/!yes)\r\n";

fn lying(number: u64) -> Lying {
    Lying {
        message: Position(number),
        at: "2026-11-21T08:00:00Z".parse().unwrap(),
        why: "deciding it panicked".into(),
    }
}

/// Anna and Bernd look after the site; Tina serves another queue. So many mails lie aside.
fn world(numbers: &[u64]) -> Core {
    let people = ["Anna Muster", "Bernd Beispiel", "Tina Technik"];
    let kontakt = ["anna write", "bernd write"];
    let queues: [(&str, &[&str]); 2] = [("kontakt", &kontakt), ("technik", &["tina write"])];
    let mut core = Core::new(&organization(&people, &queues));
    let text = glance(HOSTILE.as_bytes()).to_text();
    for number in numbers {
        let content = Content { text: text.clone(), html: None, attachments: Vec::new() };
        core.contents.insert(Position(*number), content);
    }
    core.trouble.quarantined = numbers.iter().map(|number| lying(*number)).collect();
    core
}

/// A mail of the site to somebody, with the key of a digest.
fn list_of(core: &Core, person: &str) -> Notice {
    let person = PersonId::new(person);
    let to = lotse::ticket::tell::member(&core.desk, &person).unwrap();
    let day = core.now.to_zoned(core.desk.site.time_zone.clone()).date();
    let report = core.outbox.iter().find(|notice| notice.ticket.is_none()).cloned();
    Notice {
        to: to.mailbox,
        person: Some(person.clone()),
        reply_to: ReplyTo::Digest(person, day),
        ..report.unwrap()
    }
}

/// What follows from an answer, beside mail.
fn answer(core: &mut Core, notice: &Notice, from: &str, text: &str) -> (Vec<Errand>, Vec<String>) {
    let before = core.followed.len();
    core.answer(notice, from, text);
    let new = &core.followed[before..];
    let errands = new.iter().filter_map(|effect| match effect {
        Effect::Errand(errand) => Some((**errand).clone()),
        _ => None,
    });
    let deeds = new.iter().filter_map(|effect| match effect {
        Effect::Note(Deed { by, what, .. }) => Some(format!("{by} {what}")),
        _ => None,
    });
    (errands.collect(), deeds.collect())
}

fn again(number: u64, queue: Option<&str>) -> Errand {
    Errand::Again {
        message: Position(number),
        queue: queue.map(QueueName::new),
        by: PersonId::new("anna"),
    }
}

#[test]
fn coordinators_hear_of_the_first_at_once_and_of_the_others_in_digests() {
    let mut core = world(&[90, 80]);
    core.decide(&Event::Aside(Position(80)));
    assert_eq!(core.told(), ["anna: Quarantine", "bernd: Quarantine"]);
    let storm = (0..40).map(|number| lying(100 + number));
    core.trouble.quarantined.extend(storm);
    for number in 0..40 {
        core.decide(&Event::Aside(Position(100 + number)));
    }
    assert_eq!(core.told(), Vec::<String>::new(), "a storm is one mail");
    core.pass(SignedDuration::from_hours(24));
    core.told();
    core.decide(&Event::Aside(Position(100)));
    assert_eq!(core.told(), ["anna: Quarantine", "bernd: Quarantine"], "the next day");
}

#[test]
fn what_is_shown_of_it_can_do_nothing() {
    let mut core = world(&[80]);
    core.decide(&Event::Aside(Position(80)));
    core.told();
    let report = core.last("anna", "Quarantine");
    let text = core.text(&report);
    assert!(text.contains("q80") && text.contains("evil@outside.example"), "{text}");
    assert!(text.contains("deciding it panicked"), "{text}");
    let marked = |line: &str| line.trim_start_matches(['>', ' ']).starts_with('!');
    assert!(!text.lines().any(marked) && !text.contains("{{") && !text.contains("<b>"), "{text}");
    assert!(!text.contains("://"), "{text}");
    // Quoted whole, and by a program that sets no marks, it does nothing.
    for quoted in [text.clone(), text.lines().map(|line| format!("> {line}\n")).collect()] {
        let (errands, deeds) = answer(&mut core, &report, ANNA, &quoted);
        assert_eq!((errands, deeds), (vec![], vec![]));
        core.told();
    }
}

#[test]
fn word_is_enough_where_one_lies_aside() {
    for (text, queue) in [
        ("erneut", None),
        ("!retry", None),
        ("q80 retry", None),
        ("uudelleen q80", None),
        ("Ablegen in technik", Some("technik")),
        ("file q80 in technik", Some("technik")),
    ] {
        let mut core = world(&[80]);
        core.decide(&Event::Aside(Position(80)));
        core.told();
        let report = core.last("anna", "Quarantine");
        let (errands, deeds) = answer(&mut core, &report, ANNA, text);
        assert_eq!(errands, [again(80, queue)], "{text}");
        let what = queue
            .map_or_else(|| "anna retry q80".to_owned(), |to| format!("anna file q80 in {to}"));
        assert_eq!(deeds, [what], "{text}");
        assert_eq!(core.told(), Vec::<String>::new(), "what became of it is told by itself");
    }
}

#[test]
fn sentence_that_begins_with_a_word_of_the_site_does_nothing() {
    for text in ["Drop me a line when it works.", "Weiter so, danke", "Igen, tack för hjälpen"] {
        let mut core = world(&[80]);
        core.decide(&Event::Aside(Position(80)));
        core.told();
        let report = core.last("anna", "Quarantine");
        assert_eq!(answer(&mut core, &report, ANNA, text), (vec![], vec![]), "{text}");
        core.told();
    }
}

#[test]
fn of_several_one_is_named_or_all() {
    let mut core = world(&[90, 80]);
    core.decide(&Event::Aside(Position(80)));
    core.told();
    let report = core.last("anna", "Quarantine");
    assert_eq!(answer(&mut core, &report, ANNA, "erneut").0, []);
    assert_eq!(core.told(), ["anna: result: WhichAside by q90"]);
    assert_eq!(answer(&mut core, &report, ANNA, "erneut q80").0, [again(80, None)]);
    let (all, deeds) = answer(&mut core, &report, ANNA, "!erneut alle");
    assert_eq!(all, [again(90, None), again(80, None)]);
    assert_eq!(deeds, ["anna retry q90", "anna retry q80"]);
    assert_eq!(answer(&mut core, &report, ANNA, "weglegen q7").0, []);
    assert_eq!(core.told(), ["anna: result: NothingLies"], "or a colleague was faster");
    answer(&mut core, &report, ANNA, "ablegen q80 in tehcnik");
    assert_eq!(core.told(), ["anna: result: BadArgument by technik"]);
}

#[test]
fn dropped_mail_is_erased_after_a_week_and_not_before() {
    let mut core = world(&[80]);
    core.decide(&Event::Aside(Position(80)));
    core.told();
    let report = core.last("anna", "Quarantine");
    let (errands, deeds) = answer(&mut core, &report, ANNA, "weglegen");
    assert_eq!((errands.len(), deeds), (0, vec!["anna drop q80".to_owned()]));
    assert_eq!(core.told(), ["anna: result: Discarded"]);
    let erased_at = core.timers[&Timer::Erase(Position(80))];
    assert_eq!(erased_at.duration_since(core.now), SignedDuration::from_hours(7 * 24));
}

#[test]
fn who_does_not_look_after_the_site_or_is_not_proven_does_nothing() {
    let mut core = world(&[80]);
    core.decide(&Event::Aside(Position(80)));
    core.told();
    let tinas = list_of(&core, "tina");
    assert_eq!(answer(&mut core, &tinas, TINA, "erneut q80").0, []);
    assert_eq!(core.told(), ["tina: result: NotAllowed"]);
    // Anna's key in another's hands, and Anna's name without her key.
    let annas = core.last("anna", "Quarantine");
    assert_eq!(answer(&mut core, &annas, "Max <max@outside.example>", "erneut q80").0, []);
    core.verdicts.dmarc = lotse::mail::authres::AuthResult::Fail;
    assert_eq!(answer(&mut core, &annas, ANNA, "weglegen q80"), (vec![], vec![]));
    core.told();
    // Where the site wants more proof, the key of a list is not enough.
    core.verdicts.dmarc = lotse::mail::authres::AuthResult::Unknown;
    core.desk.site.rungs.insert("keep".into(), 2);
    assert_eq!(answer(&mut core, &annas, ANNA, "weglegen q80"), (vec![], vec![]));
    assert_eq!(core.told(), ["anna: result: NotAllowed"]);
}

#[test]
fn result_says_what_became_of_it() {
    let mut core = world(&[]);
    let again = |queue: Option<&str>, outcome| {
        Event::Again(Box::new(Again {
            message: Position(80),
            queue: queue.map(QueueName::new),
            by: PersonId::new("anna"),
            outcome,
        }))
    };
    core.decide(&again(None, Ok(vec![TicketId(17)])));
    core.decide(&again(None, Err("deciding it panicked".into())));
    assert_eq!(
        core.told(),
        ["anna: result: Reread by 17", "anna: result: StillAside by deciding it panicked"]
    );
    let text = core.text(&core.last("anna", "result"));
    assert!(text.contains("„q80“ liegt weiter beiseite"), "{text}");
}

#[test]
fn silent_address_is_written_to_again_from_any_list_and_once() {
    let mut core = world(&[]);
    let otto = Address::parse("otto@outside.example").unwrap();
    let silent = Correspondent { suspended_at: Some(core.now), ..Correspondent::default() };
    core.correspondents.insert(otto.clone(), silent);
    core.desk.site.control = Some(Address::parse("control@nrw.example").unwrap());
    core.verdicts.dmarc = lotse::mail::authres::AuthResult::Pass;
    let said = |core: &mut Core, from: &str, text: &str| {
        core.write(from, "control@nrw.example", "", text);
        core.told()
    };
    let tina = said(&mut core, TINA, "resume otto@outside.example");
    assert_eq!(tina, ["tina: result: NotAllowed"]);
    let first = said(&mut core, ANNA, "weiter otto@outside.example");
    assert_eq!(first, ["anna: result: Resumed by otto@outside.example"]);
    assert!(core.correspondents[&otto].suspended_at.is_none());
    let bernd = "Bernd Beispiel <bernd@members.example>";
    assert_eq!(said(&mut core, bernd, "resume otto@outside.example"), ["bernd: result: Already"]);
    let stopped = said(&mut core, ANNA, "sperre otto@outside.example");
    assert_eq!(stopped, ["anna: result: Blocked by otto@outside.example"]);
    assert!(core.correspondents[&otto].stopped_until.is_some());
    assert_eq!(said(&mut core, ANNA, "weiter"), ["anna: result: BadArgument by name@example.org"]);
}
