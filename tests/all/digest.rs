//! Digests: who gets which tickets, how a yes does what was meant, how the rest is fetched.

use jiff::SignedDuration;
use lotse::ticket::{Matter, Notice, Status};
use lotse::types::{PersonId, QueueName};

use crate::core::{Core, organization};

/// A queue with a member at once and one by digest, and one whose member wants nothing.
fn nrw() -> String {
    let people = ["Anna Muster", "Dora Digest", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] =
        [("kontakt", &["anna write", "dora write digest"]), ("technik", &["tina write none"])];
    organization(&people, &queues)
}

const ANNA: &str = "Anna Muster <anna@members.example>";
const DORA: &str = "Dora Digest <dora@members.example>";

/// Mails of `count` people, an empty `told`, and digests armed; it is Monday, 9 in the morning.
fn asked(count: usize) -> Core {
    let mut core = Core::new(&nrw());
    core.now = "2026-11-23T08:00:00Z".parse().unwrap();
    for number in 0..count {
        let from = format!("Sam{number} <sam{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie?");
    }
    core.told();
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core
}

fn until(core: &mut Core, at: &str) -> Vec<String> {
    let at: jiff::Timestamp = at.parse().unwrap();
    core.pass(at.duration_since(core.now));
    core.told()
}

#[test]
fn who_gets_each_mail_is_reminded_of_what_is_nobodys_for_a_day() {
    let mut core = asked(1);
    assert_eq!(until(&mut core, "2026-11-24T08:00:00Z"), ["dora: digest: 17, 0 more"]);
    assert_eq!(
        until(&mut core, "2026-11-25T08:00:00Z"),
        ["anna: digest: 17, 0 more", "dora: digest: 17, 0 more"]
    );
    // Sam writes again: Anna has that as a mail of its own.
    let copy = core.last("anna", "copy");
    core.write(
        "Sam0 <sam0@outside.example>",
        "kontakt@nrw.example",
        "Re: [nrw #17] Frage 0",
        "Ja?",
    );
    assert_eq!(core.told(), ["anna: copy: Ja?"]);
    assert_eq!(until(&mut core, "2026-11-26T08:00:00Z"), ["dora: digest: 17, 0 more"]);
    core.answer(&copy, ANNA, "!nehme");
    assert_eq!(core.told(), ["anna: result: Taken 17"]);
    // It is Anna's now: only she is reminded, while Sam waits.
    assert_eq!(until(&mut core, "2026-11-27T08:00:00Z"), ["anna: digest: 17, 0 more"]);
    let digest = core.last("anna", "digest");
    assert!(core.text(&digest).contains("Das liegt bei dir, und eine Antwort fehlt."));
}

#[test]
fn what_a_filter_condemned_was_copied_to_nobody_and_is_listed_for_all() {
    let mut core = asked(0);
    core.verdicts.dmarc = lotse::mail::authres::AuthResult::Fail;
    core.write("Sam <sam@outside.example>", "kontakt@nrw.example", "Rechnung", "Siehe Anhang.");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(
        until(&mut core, "2026-11-24T08:00:00Z"),
        ["anna: digest: 17, 0 more", "dora: digest: 17, 0 more"]
    );
}

/// Dora's digest of the next morning.
fn digest(count: usize) -> (Core, Notice) {
    let mut core = asked(count);
    until(&mut core, "2026-11-24T07:30:00Z");
    let digest = core.last("dora", "digest");
    (core, digest)
}

#[test]
fn a_yes_to_the_result_does_what_was_meant() {
    for yes in ["ja", "Ja.", "!ja", "yes", "18 ja", "Hallo,\nja\nDora"] {
        let (mut core, list) = digest(2);
        core.answer(&list, DORA, "17 nehme\n18 spma");
        assert_eq!(core.told(), ["dora: result: Taken 17, NotUnderstood 18 by spam"]);
        let result = core.last("dora", "result");
        let text = core.text(&result);
        assert!(text.contains("War spam gemeint?") && text.contains("Antworte mit ja,"), "{text}");
        core.answer(&result, DORA, yes);
        assert_eq!(core.told(), ["dora: result: Spam 18"], "{yes}");
        assert_eq!(core.ticket(18).status, Status::Rejected);
        core.answer(&result, DORA, yes);
        assert_eq!(core.told(), ["dora: result: Already 18 by Dora Digest"], "{yes}");
    }
}

#[test]
fn a_yes_keeps_the_argument_and_the_words() {
    let (mut core, list) = digest(2);
    core.answer(&list, DORA, "17 mvoe technik\n18 erldigt: Das steht auf der Seite.");
    assert_eq!(
        core.told(),
        ["dora: result: NotUnderstood 17 by nach, NotUnderstood 18 by erledigt"]
    );
    let result = core.last("dora", "result");
    core.answer(&result, DORA, "ja");
    assert_eq!(
        core.told(),
        [
            "sam1: answer: Das steht auf der Seite.",
            "dora: result: Moved 17 by technik, Answered 18 by Sam1, Closed 18"
        ]
    );
    assert_eq!(core.ticket(17).queue, QueueName::new("technik"));
    core.answer(&result, DORA, "ja");
    // Neither is done twice: the answer is out, and 17 is in a queue that is not hers.
    assert_eq!(core.told(), ["dora: result: NoTicket 17, Already 18"]);
}

#[test]
fn a_no_to_the_result_changes_nothing_and_says_nothing() {
    let (mut core, list) = digest(1);
    core.answer(&list, DORA, "17 spma");
    core.told();
    let result = core.last("dora", "result");
    core.answer(&result, DORA, "nein");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn somebody_elses_yes_to_the_result_does_nothing() {
    let (mut core, list) = digest(1);
    core.answer(&list, DORA, "17 spma");
    core.told();
    let result = core.last("dora", "result");
    core.answer(&result, ANNA, "ja");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn a_yes_to_the_result_on_a_ticket_does_what_was_meant() {
    for (yes, told) in [("ja", vec!["anna: result: Taken 17"]), ("nein", vec![])] {
        let mut core = asked(1);
        let copy = core.last("anna", "copy");
        core.answer(&copy, ANNA, "!nehem");
        assert_eq!(core.told(), ["anna: result: NotUnderstood 17 by nehme"]);
        let result = core.last("anna", "result");
        core.answer(&result, ANNA, yes);
        assert_eq!(core.told(), told);
        let owner = (yes == "ja").then(|| PersonId::new("anna"));
        assert_eq!(core.ticket(17).owner, owner);
    }
    let mut core = asked(1);
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!nach tecnik");
    assert_eq!(core.told(), ["anna: result: NotUnderstood 17 by nach technik"]);
    let result = core.last("anna", "result");
    core.answer(&result, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Moved 17 by technik"]);
}

#[test]
fn more_gives_the_rest_page_by_page() {
    for word in ["mehr", "More.", "!mehr", "17 nehme\nmehr"] {
        let (mut core, list) = digest(33);
        let text = core.text(&list);
        assert!(text.contains("18 weitere warten: antworte mit mehr."), "{text}");
        core.answer(&list, DORA, word);
        let told = core.told();
        let first = told.iter().find(|line| line.contains("digest")).unwrap();
        assert!(first.starts_with("dora: digest: 32, 33, 34,"), "{first}");
        assert!(first.ends_with(" 46, 3 more"), "{first}");
        let second = core.last("dora", "digest");
        core.answer(&second, DORA, "mehr\n47 nehme");
        assert_eq!(core.told(), ["dora: digest: 48, 49, 0 more", "dora: result: Taken 47"]);
        let third = core.last("dora", "digest");
        core.answer(&third, DORA, "mehr");
        assert_eq!(core.told(), ["dora: result: NoMore"]);
    }
}

#[test]
fn a_line_of_words_is_still_without_effect() {
    let (mut core, list) = digest(1);
    core.answer(&list, DORA, "mehr Zeit bräuchte man");
    assert_eq!(core.told(), ["dora: result: NoEffect"]);
    core.answer(&list, DORA, "ja");
    assert_eq!(core.told(), ["dora: result: NoEffect"]);
    core.pass(SignedDuration::from_mins(1));
}

#[test]
fn words_and_a_comment_are_one_comment() {
    let organization = nrw().replace("notify = \"digest\"", "notify = \"each\"");
    let mut core = Core::new(&organization);
    core.write("Sam <sam@outside.example>", "kontakt@nrw.example", "Frage", "Wie?");
    core.told();
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!intern Wer weiß das?");
    assert_eq!(core.told(), ["dora: comment: Wer weiß das?", "anna: result: Commented 17"]);
    let comment = core.last("dora", "comment");
    core.answer(&comment, DORA, "Ich glaube, Tina.\n!intern Frag sie mal.\nSie ist da.\n!nehme");
    assert_eq!(
        core.told(),
        [
            "anna: comment: Ich glaube, Tina. / Frag sie mal. / Sie ist da.",
            "dora: result: Commented 17, Taken 17"
        ]
    );
}

#[test]
fn lines_of_a_forwarded_message_work_nothing() {
    let (mut core, list) = digest(2);
    core.answer(&list, DORA, "17 nehme\n\n---------- Forwarded message ---------\n18 spam\nText");
    assert_eq!(core.told(), ["dora: result: Taken 17, NoEffect"]);
    assert_eq!(core.ticket(18).status, Status::New);
}

#[test]
fn what_is_over_the_bound_of_a_day_stands_in_the_next_digest() {
    let mut core = Core::new(&nrw());
    core.desk.site.mails_per_day = 10;
    core.now = "2026-11-23T08:00:00Z".parse().unwrap();
    for number in 0..14 {
        let from = format!("Sam{number} <sam{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie?");
    }
    let to_anna = core.told().iter().filter(|line| line.starts_with("anna: copy")).count();
    assert_eq!(to_anna, 8, "the last fifth is left to what cannot wait");
    let told = until(&mut core, "2026-11-24T07:30:00Z");
    let digest = told.iter().find(|line| line.starts_with("anna: digest")).unwrap();
    for number in 17..=30 {
        assert!(digest.contains(&number.to_string()), "{number} is lost: {digest}");
    }
}

#[test]
fn a_weekly_digest_of_all_tells_how_things_stand() {
    let weekly = "id = \"dora\"\n[[person.digest]]\nevery = \"week\"\nhour = 7\nscope = \"all\"\n";
    let organization = nrw().replacen("id = \"dora\"\n", "", 1).replacen(
        "addresses = [\"dora@members.example\"]\n",
        &format!("addresses = [\"dora@members.example\"]\n{weekly}"),
        1,
    );
    let mut core = Core::new(&organization);
    core.write("Sam <sam@outside.example>", "kontakt@nrw.example", "Frage", "Wie?");
    core.told();
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    let told = until(&mut core, "2026-11-23T06:30:00Z");
    assert_eq!(told, ["dora: digest: 17, 0 more"]);
    let text = core.text(&core.last("dora", "digest"));
    assert!(text.contains("Neu 1, erledigt 0, offen 1, davor 0."), "{text}");
    assert!(text.contains("Einmal in der Woche um 7 Uhr"), "{text}");
}

/// However much is nobody's, every ticket stands on one page, and the rest is counted on each.
#[test]
fn pages_reach_everything_that_is_nobodys() {
    let (mut core, mut list) = digest(300);
    let mut listed = Vec::new();
    for page in 1.. {
        let Matter::Digest { items, more, .. } = &list.matter else { panic!() };
        assert!(items.len() <= 15, "{}", items.len());
        listed.extend(items.iter().map(|item| item.ticket.0));
        let rest = u32::try_from(300 - listed.len()).unwrap();
        assert_eq!(*more, rest, "page {page}");
        core.answer(&list, DORA, "mehr");
        core.told();
        let next = core.outbox.last().cloned().unwrap();
        if !matches!(next.matter, Matter::Digest { .. }) {
            break;
        }
        list = next;
    }
    assert_eq!(listed, (17..317).collect::<Vec<u64>>());
}
