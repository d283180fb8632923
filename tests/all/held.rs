//! Answers that wait: who sees them, who releases them, when they are asked about again.

use jiff::SignedDuration;
use lotse::ticket::{Actor, Change, Notice, Status};
use lotse::types::{Locale, PersonId};

use crate::core::{Core, organization};

/// One queue: two who write, one whose digest tells, one who reads.
fn nrw() -> String {
    let people = ["Anna Muster", "Bernd Beispiel", "Dora Digest", "Rita Lesen"];
    let queues: [(&str, &[&str]); 1] =
        [("kontakt", &["anna write", "bernd write", "dora write digest", "rita read"])];
    organization(&people, &queues)
}

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";
const DORA: &str = "Dora Digest <dora@members.example>";
const RITA: &str = "Rita Lesen <rita@members.example>";

/// Otto asked on a Monday at 9, Anna answered with a line that nobody understands.
fn held() -> Core {
    let mut core = Core::new(&nrw());
    core.now = "2026-11-23T08:00:00Z".parse().unwrap();
    core.write(OTTO, "kontakt@nrw.example", "Stammtisch", "Wann ist er?");
    core.told();
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Am Dienstag.\n!clsoe");
    assert_eq!(
        core.told(),
        [
            "anna: held: !clsoe -> erledigt",
            "bernd: held of Anna Muster: !clsoe -> erledigt: Am Dienstag. / !clsoe",
        ],
        "those who would answer see it; whoever chose the digest, or may only read, does not"
    );
    core
}

#[test]
fn any_writer_releases_a_held_answer_in_its_authors_name() {
    let mut core = held();
    let shown = core.last("bernd", "held of");
    core.answer(&shown, BERND, "ja");
    assert_eq!(
        core.told(),
        [
            "otto: answer: Am Dienstag.",
            "anna: result: ReleasedBy 17 by Bernd Beispiel, Closed 17",
            "bernd: result: Released 17 by Anna Muster, Closed 17",
        ]
    );
    let ticket = core.ticket(17).clone();
    assert_eq!(ticket.owner, Some(PersonId::new("anna")));
    assert_eq!(ticket.status, Status::Resolved);
    let by = |wanted: fn(&Change) -> bool| {
        let found = core.histories[&ticket.id].iter().find(|line| wanted(&line.change));
        found.map(|line| line.by.clone()).unwrap()
    };
    let person = |id: &str| Actor::Person(PersonId::new(id));
    assert_eq!(by(|change| matches!(change, Change::Release { .. })), person("bernd"));
    assert_eq!(by(|change| matches!(change, Change::Correspond { .. })), person("anna"));
    assert!(core.timers.is_empty(), "nobody is asked about it again");
}

#[test]
fn a_released_answer_is_not_released_again() {
    let mut core = held();
    let (mine, theirs) = (core.last("anna", "held"), core.last("bernd", "held of"));
    core.answer(&mine, ANNA, "ja");
    assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    core.answer(&theirs, BERND, "ja");
    assert_eq!(core.told(), ["bernd: result: Already 17"]);
}

#[test]
fn text_from_a_colleague_sends_it_as_it_stands_and_words_are_no_release() {
    let mut core = held();
    let shown = core.last("bernd", "held of");
    core.answer(&shown, BERND, "Stimmt das mit Dienstag?");
    let said = |who: &str| format!("{who}: comment: Stimmt das mit Dienstag?");
    assert_eq!(core.told(), [said("anna"), said("rita")]);
    core.answer(&shown, BERND, "text");
    assert_eq!(
        core.told(),
        [
            "otto: answer: Am Dienstag. / !clsoe",
            "anna: result: ReleasedBy 17 by Bernd Beispiel",
            "bernd: result: Released 17 by Anna Muster",
        ]
    );
}

#[test]
fn who_may_only_read_releases_nothing() {
    let mut core = held();
    let theirs = core.last("bernd", "held of");
    let rita = lotse::ticket::tell::member(&core.desk, &PersonId::new("rita")).unwrap();
    let hers = Notice {
        reply_to: lotse::ticket::ReplyTo::Question(
            *core.ticket(17).held.keys().next().unwrap(),
            rita.mailbox.address.clone(),
        ),
        to: rita.mailbox,
        person: rita.person,
        id: lotse::types::OutboxId(900),
        ..theirs
    };
    core.answer(&hers, RITA, "ja");
    assert_eq!(core.told(), ["rita: result: NotAllowed 17"]);
    assert_eq!(core.ticket(17).held.len(), 1);
}

#[test]
fn the_author_is_asked_once_more_after_four_working_hours() {
    let mut core = held();
    core.pass(SignedDuration::from_mins(3 * 60 + 59));
    assert_eq!(core.told(), Vec::<String>::new());
    core.pass(SignedDuration::from_mins(5));
    assert_eq!(core.told(), ["anna: held: !clsoe -> erledigt"]);
    core.pass(SignedDuration::from_hours(100));
    assert_eq!(core.told(), Vec::<String>::new());
}

#[test]
fn what_is_held_on_a_friday_evening_is_asked_about_on_monday() {
    let mut core = Core::new(&nrw());
    core.now = "2026-11-20T15:30:00Z".parse().unwrap();
    core.write(OTTO, "kontakt@nrw.example", "Stammtisch", "Wann ist er?");
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Am Dienstag.\n!clsoe");
    core.told();
    let at = *core.timers.values().next().unwrap();
    // Half an hour of Friday is left, less the six minutes that the two mails took.
    assert_eq!(at, "2026-11-23T10:36:00Z".parse().unwrap());
    core.pass(SignedDuration::from_hours(66));
    assert_eq!(core.told(), Vec::<String>::new());
    core.pass(SignedDuration::from_hours(2));
    assert_eq!(core.told(), ["anna: held: !clsoe -> erledigt"]);
}

/// The digest of everybody, the next morning.
fn digests(core: &mut Core) {
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core.pass(SignedDuration::from_hours(24));
}

#[test]
fn everybodys_digest_shows_it_and_a_line_releases_it() {
    for answer in ["17 ja", "!17 ja", "17: ja, bitte", "ja"] {
        let mut core = held();
        digests(&mut core);
        let told = core.told();
        let digest = |who: &str| format!("{who}: digest: 17 held, 0 more");
        let asked = "anna: held: !clsoe -> erledigt".to_owned();
        assert_eq!(told, [asked, digest("anna"), digest("bernd"), digest("dora"), digest("rita")]);
        let list = core.last("dora", "digest");
        let text = core.text(&list);
        assert!(text.contains("Eine Antwort von Anna Muster wartet hier: „17 ja“"), "{text}");
        let readers = core.text(&core.last("rita", "digest"));
        assert!(!readers.contains("17 ja"), "{readers}");
        core.answer(&list, DORA, answer);
        assert_eq!(
            core.told(),
            [
                "otto: answer: Am Dienstag.",
                "anna: result: ReleasedBy 17 by Dora Digest, Closed 17",
                "dora: result: Released 17 by Anna Muster, Closed 17",
            ],
            "{answer}"
        );
        let list = core.last("rita", "digest");
        core.answer(&list, RITA, "17 ja");
        assert_eq!(core.told(), ["rita: result: NoEffect 17"]);
    }
}

#[test]
fn an_answer_of_somebody_who_left_is_still_released_by_others() {
    let mut core = held();
    core.desk = crate::core::desk(&nrw().replacen(
        "[[queue.member]]\nperson = \"anna\"\naccess = \"write\"\n",
        "",
        1,
    ));
    core.pass(SignedDuration::from_hours(5));
    let shown = "bernd: held of Anna Muster: !clsoe -> erledigt: Am Dienstag. / !clsoe";
    assert_eq!(core.told(), [shown]);
    let shown = core.last("bernd", "held of");
    core.answer(&shown, BERND, "ja");
    // What she wanted done beside it is no longer hers to do.
    assert_eq!(
        core.told(),
        ["otto: answer: Am Dienstag.", "bernd: result: Released 17 by Anna Muster, NoTicket 17"]
    );
}

#[test]
fn a_colleague_keeps_an_answer_inside_that_came_too_late() {
    let mut core = Core::new(&nrw());
    core.write(OTTO, "kontakt@nrw.example", "Stammtisch", "Wann ist er?");
    core.told();
    let (annas, bernds) = (core.last("anna", "copy"), core.last("bernd", "copy"));
    core.answer(&bernds, BERND, "Am Montag.");
    assert_eq!(core.told(), ["otto: answer: Am Montag."]);
    core.answer(&annas, ANNA, "Am Dienstag.");
    assert_eq!(
        core.told(),
        [
            "anna: held, Bernd Beispiel wrote: Am Montag.",
            "bernd: held of Anna Muster:  -> ?: Am Dienstag.",
        ]
    );
    let shown = core.last("bernd", "held of");
    core.answer(&shown, BERND, "nein");
    assert_eq!(
        core.told(),
        ["anna: result: NotSent 17 by Bernd Beispiel", "bernd: result: Withheld 17 by Anna Muster",]
    );
}

#[test]
fn it_reads_as_a_person_would_say_it_in_every_language() {
    for (locale, first, yes) in [
        (Locale::De, "Eine Antwort von Anna Muster an Otto Normal ist noch nicht", "ja"),
        (Locale::En, "An answer of Anna Muster to Otto Normal has not gone out", "yes"),
        (Locale::Fi, "Vastaus ei ole vielä lähtenyt, kirjoittaja Anna Muster", "kyllä"),
        (Locale::Sv, "Ett svar från Anna Muster till Otto Normal har inte", "ja"),
    ] {
        let mut core = held();
        let mut shown = core.last("bernd", "held of");
        shown.locale = locale;
        let text = core.text(&shown).replace('\n', " ");
        assert!(text.contains(first) && text.contains(yes), "{text}");
        core.answer(&shown, BERND, yes);
        assert_eq!(core.told().len(), 3, "{yes}");
    }
}
