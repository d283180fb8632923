//! The control address: lists of keywords by mail.

use lotse::mail::authres::AuthResult;
use lotse::ticket::Status;
use lotse::types::{Address, PersonId, QueueName};

use crate::core::{Core, organization};

/// Two queues with a member each, who get no mail at once.
fn nrw() -> String {
    let people = ["Anna Muster", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] =
        [("kontakt", &["anna write digest"]), ("technik", &["tina write digest"])];
    organization(&people, &queues)
}

const ANNA: &str = "Anna Muster <anna@members.example>";

/// Four tickets in kontakt, and Anna's provider signs for her.
fn core() -> Core {
    let mut desk = crate::core::desk(&nrw());
    desk.site.control = Some(Address::parse("control@nrw.example").unwrap());
    let mut core = Core::at_desk(desk);
    for number in 0..4 {
        let from = format!("Sam{number} <sam{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie?");
    }
    core.told();
    core.verdicts.dmarc = AuthResult::Pass;
    core
}

#[test]
fn each_line_is_done_and_one_mail_says_what_became_of_it() {
    let mut core = core();
    core.write(
        ANNA,
        "control@nrw.example",
        "stuff",
        "# Monday\nclose 17\nretitle 18 Where is the key\n\n!take 19\n20 move technik\nthanks\n\
         spam 19\nThank you for reading this.",
    );
    assert_eq!(
        core.told(),
        ["anna: result: Closed 17, Retitled 18 by Where is the key, Taken 19, Moved 20 by technik"]
    );
    assert_eq!(core.ticket(17).status, Status::Resolved);
    assert_eq!(core.ticket(18).subject, "Where is the key");
    assert_eq!(core.ticket(19).owner, Some(PersonId::new("anna")));
    assert_eq!(core.ticket(20).queue, QueueName::new("technik"));
    assert_eq!(core.filings.last().unwrap().taken_for, "control");
}

#[test]
fn what_is_not_understood_is_named_and_a_yes_does_it() {
    let mut core = core();
    core.write(
        ANNA,
        "control@nrw.example",
        "",
        "clsoe 17\nclose\nretitle 18\nclose 99\nblubber 17\ntake 20\nja\n-- \nAnna",
    );
    assert_eq!(
        core.told(),
        ["anna: result: NotUnderstood 17 by erledigt, NoNumber, BadArgument 18, \
             NoTicket 99, NotUnderstood 17, Taken 20, NotUnderstood"]
    );
    let result = core.last("anna", "result");
    core.answer(&result, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Closed 17"]);
}

#[test]
fn tickets_of_other_queues_are_none_of_the_writers() {
    let mut core = core();
    core.write("Tina Technik <tina@members.example>", "control@nrw.example", "x", "close 17");
    assert_eq!(core.told(), ["tina: result: NoTicket 17"]);
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn an_unproven_list_does_nothing_and_its_member_is_asked() {
    let mut core = core();
    core.verdicts.dmarc = lotse::mail::Verdicts::default().dmarc;
    core.write(ANNA, "control@nrw.example", "x", "close 17\nspam 18\nclose 4711");
    assert_eq!(core.told(), ["anna: was it you: anna@members.example: close 17, spam 18"]);
    assert_eq!(core.ticket(17).status, Status::New);
    let question = core.last("anna", "was it you");
    core.answer(&question, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Closed 17, Spam 18"]);
    core.verdicts.dmarc = AuthResult::Fail;
    core.write(ANNA, "control@nrw.example", "y", "close 19");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(19).status, Status::New);
}

#[test]
fn a_stranger_writes_to_people_there() {
    let mut core = core();
    core.write("Max <max@outside.example>", "control@nrw.example", "Hello", "close 17");
    assert_eq!(core.told(), ["max: receipt"]);
    assert_eq!(core.ticket(17).status, Status::New);
    assert_eq!(core.ticket(21).queue, QueueName::new("kontakt"));
}

#[test]
fn words_behind_a_colon_go_out() {
    let mut core = core();
    core.write(
        ANNA,
        "control@nrw.example",
        "",
        "close 17: It is on the page.\ncomment 18 Who knows?",
    );
    assert_eq!(
        core.told(),
        [
            "sam0: answer: It is on the page.",
            "anna: result: Answered 17 by Sam0, Closed 17, Commented 18"
        ]
    );
}
