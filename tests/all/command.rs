//! Conversations with members and requestors: keywords, held answers, questions, digests.
//!
//! Numbers of failures are those of the list of failures of other gateways that the README names.

use jiff::SignedDuration;
use lotse::desk::NotifyChoice;
use lotse::mail::authres::AuthResult;
use lotse::ticket::command::{self, Reader, fold};
use lotse::ticket::{Change, Notice, Status, Timer};
use lotse::types::{Locale, PersonId, QueueName};

use crate::core::Core;

const ORGANIZATION: &str = r#"
[[person]]
id = "anna"
name = "Anna Muster"
addresses = ["anna@members.example", "anna.privat@members.example"]
locale = "de"
[[person]]
id = "bernd"
name = "Bernd Beispiel"
addresses = ["bernd@members.example"]
locale = "de"
[[person]]
id = "rita"
name = "Rita Lesen"
addresses = ["rita@members.example"]
locale = "en"
[[person]]
id = "tina"
name = "Tina Technik"
addresses = ["tina@members.example"]
[[queue]]
name = "kontakt"
title = "Kontakt NRW"
addresses = ["kontakt@nrw.example"]
[[queue.member]]
person = "anna"
access = "write"
[[queue.member]]
person = "bernd"
access = "write"
notify = "mine"
[[queue.member]]
person = "rita"
access = "read"
notify = "digest"
[[queue]]
name = "technik"
addresses = ["technik@nrw.example"]
[[queue.member]]
person = "tina"
access = "write"
[[queue.member]]
person = "bernd"
access = "write"
notify = "mine"
"#;

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";
const RITA: &str = "Rita Lesen <rita@members.example>";
const STRANGER: &str = "Max Fremd <max@elsewhere.example>";

/// Otto asked; Anna has her copy.
fn asked() -> (Core, Notice) {
    asked_in(ORGANIZATION)
}

fn asked_in(organization: &str) -> (Core, Notice) {
    let mut core = Core::new(organization);
    core.write(OTTO, "kontakt@nrw.example", "Frage zum Stammtisch", "Wann ist der Stammtisch?");
    let told = core.told();
    assert_eq!(told, ["anna: copy: Wann ist der Stammtisch?", "otto: receipt"]);
    let copy = core.last("anna", "copy");
    (core, copy)
}

/// What follows from one answer of Anna's to her copy.
fn anna_says(text: &str) -> (Core, Vec<String>) {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, text);
    let told = core.told();
    (core, told)
}

#[test]
fn an_answer_goes_out_and_the_ticket_is_its_writers() {
    let (core, told) = anna_says("Am Dienstag.\n\nGruß Anna");
    assert_eq!(told, ["otto: answer: Am Dienstag. /  / Gruß Anna"]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
    assert_eq!(core.ticket(17).status, Status::Open);
}

#[test]
fn a_keyword_below_an_answer_is_done_and_not_sent() {
    let (core, told) = anna_says("Am Dienstag.\n!erledigt\n\n-- \nAnna Muster\n0151 0000000");
    assert_eq!(told, ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    assert_eq!(core.ticket(17).status, Status::Resolved);
}

#[test]
fn keywords_alone_send_nothing_to_the_requestor() {
    for text in [
        "!nehme",
        "!NEHME",
        "! nehme",
        "\u{ff01}nehme",
        "!nehme.",
        "!take",
        "!otan",
        "!tar",
        "!uebernehme",
        "!17 take",
        "!#17 take",
        "  !take",
        "!take bitte",
        "!take #17",
    ] {
        let (core, told) = anna_says(text);
        assert_eq!(told, ["anna: result: Taken 17"], "{text}");
        assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")), "{text}");
        assert_eq!(core.ticket(17).status, Status::Open, "{text}");
    }
}

#[test]
fn the_same_keywords_close_in_every_language() {
    for text in ["!erledigt", "!schliessen", "!done", "!Close", "!valmis", "!klart", "!stang"] {
        let (core, told) = anna_says(text);
        assert_eq!(told, ["anna: result: Closed 17"], "{text}");
        assert_eq!(core.ticket(17).status, Status::Resolved, "{text}");
    }
}

#[test]
fn exclamations_are_text() {
    let (_, told) = anna_says("!!! DRINGEND\nBitte kommen.\n!\n!17");
    assert_eq!(told, ["otto: answer: !!! DRINGEND / Bitte kommen. / ! / !17"]);
}

#[test]
fn an_outsiders_marker_is_text_and_so_are_exclamations() {
    let (mut core, _) = anna_says("Am Dienstag.");
    let answer = core.last("otto", "answer");
    core.answer(&answer, OTTO, "!!! bitte schnell\n!take\n!wichtig");
    assert_eq!(core.told(), ["anna: copy: !!! bitte schnell / !take / !wichtig"]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
}

/// Failure 13: a mistyped keyword vanished, with only a log line.
#[test]
fn failure_13_a_mistyped_keyword_holds_the_answer_and_asks() {
    let (mut core, told) = anna_says("Am Dienstag.\n!clsoe");
    assert_eq!(told, ["anna: held: !clsoe -> erledigt"]);
    assert_eq!(core.ticket(17).status, Status::New);
    assert_eq!(core.ticket(17).held.len(), 1);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    assert!(core.ticket(17).held.is_empty());
    assert!(core.timers.is_empty());
}

#[test]
fn a_held_answer_goes_out_as_it_stands_with_the_word_text() {
    let (mut core, told) = anna_says("Am Dienstag.\n!Wichtig: Ausweis!\n!take");
    assert_eq!(told, ["anna: held: !Wichtig: Ausweis! -> ?"]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "Text.\n\nGruß\nAnna");
    assert_eq!(
        core.told(),
        ["otto: answer: Am Dienstag. / !Wichtig: Ausweis!", "anna: result: sent, Taken 17"]
    );
}

#[test]
fn yes_in_every_language_and_as_a_button_releases() {
    for word in
        ["ja", "Ja!", "yes", "Yes.", "kyllä", "kylla", "joo", "!ja", "Hallo,\nja\nGruß Anna"]
    {
        let (mut core, _) = anna_says("Am Dienstag.\n!clsoe");
        let held = core.last("anna", "held");
        core.answer(&held, ANNA, word);
        let told = core.told();
        assert_eq!(told.first().unwrap(), "otto: answer: Am Dienstag.", "{word}");
    }
}

#[test]
fn more_than_a_word_to_a_question_stays_inside_and_is_asked_again() {
    let (mut core, _) = anna_says("Am Dienstag.\n!clsoe");
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja, aber erst morgen");
    assert_eq!(core.told(), ["anna: held: !clsoe -> erledigt"]);
    assert_eq!(core.ticket(17).held.len(), 1);
}

#[test]
fn a_held_answer_is_asked_about_once_more_and_then_in_digests() {
    let (mut core, _) = anna_says("Am Dienstag.\n!clsoe");
    // It is Saturday: four working hours are over on Monday at noon.
    core.pass(SignedDuration::from_hours(49));
    assert_eq!(core.told(), Vec::<String>::new());
    core.pass(SignedDuration::from_hours(1));
    assert_eq!(core.told(), ["anna: held: !clsoe -> erledigt"]);
    core.pass(SignedDuration::from_hours(48));
    assert_eq!(core.told(), Vec::<String>::new());
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "yes");
    assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
}

#[test]
fn a_wrong_argument_alone_is_met_with_the_nearest() {
    let (core, told) = anna_says("!nach technick\n!nach irgendwohin");
    assert_eq!(told, ["anna: result: NotUnderstood 17 by nach technik, BadArgument 17"]);
    assert_eq!(core.ticket(17).queue, QueueName::new("kontakt"));
}

/// The conversation of a mistyped keyword, in the reader's language, in every language.
#[test]
fn a_member_is_asked_and_answers_in_every_language() {
    for (locale, typo, meant, yes, first) in [
        ("de", "!eredigt", "erledigt", "ja", "Deine Antwort an Otto Normal"),
        ("en", "!doen", "done", "yes", "Your answer to Otto Normal"),
        ("fi", "!vamlis", "valmis", "kyllä", "Vastauksesi"),
        ("sv", "!klrat", "klart", "ja", "Ditt svar till Otto Normal"),
    ] {
        let organization = ORGANIZATION.replacen("\"de\"", &format!("\"{locale}\""), 1);
        let (mut core, copy) = asked_in(&organization);
        core.answer(&copy, ANNA, &format!("Am Dienstag.\n{typo}"));
        assert_eq!(core.told(), [format!("anna: held: {typo} -> {meant}")]);
        let held = core.last("anna", "held");
        let text = core.text(&held);
        assert!(text.contains(first) && text.contains(meant), "{text}");
        core.answer(&held, ANNA, yes);
        assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    }
}

/// A site without a separator: keys travel in Message-IDs.
#[test]
fn a_plain_address_carries_answers_questions_and_digests() {
    let mut desk = crate::core::desk(ORGANIZATION);
    desk.site.separator = String::new();
    let mut core = Core::at_desk(desk);
    core.write(OTTO, "kontakt@nrw.example", "Frage zum Stammtisch", "Wann?");
    core.told();
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Am Dienstag.\n!clsoe");
    assert_eq!(core.told(), ["anna: held: !clsoe -> erledigt"]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    core.answer(&held, ANNA, "ja, wirklich!");
    core.answer(&held, ANNA, "Ja.");
    assert_eq!(core.told(), ["anna: result: Already 17"]);
    core.write(STRANGER, "kontakt@nrw.example", "Noch etwas", "Und wo?");
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core.pass(SignedDuration::from_hours(48));
    core.told();
    let digest = core.last("bernd", "digest");
    core.answer(&digest, BERND, "18 nehme");
    assert_eq!(core.told(), ["bernd: result: Taken 18"]);
}

#[test]
fn an_unknown_keyword_alone_is_named_with_the_nearest() {
    let (_, told) = anna_says("!tkae\n!blubber");
    assert_eq!(told, ["anna: result: NotUnderstood 17 by nehme, NotUnderstood 17"]);
}

#[test]
fn a_wrong_argument_holds_an_answer_and_yes_does_what_was_meant() {
    let (mut core, told) = anna_says("Ich gebe das weiter.\n!nach technick");
    assert_eq!(told, ["anna: held: !nach technick -> nach technik"]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    assert_eq!(
        core.told(),
        [
            "otto: answer: Ich gebe das weiter.",
            "tina: copy: Wann ist der Stammtisch?",
            "anna: result: sent, Moved 17 by technik"
        ]
    );
}

#[test]
fn words_of_a_comment_stay_inside_and_so_does_what_follows() {
    let (core, told) =
        anna_says("Am Dienstag.\n!intern Der ruft jede Woche an.\nBitte freundlich.");
    assert_eq!(told, ["otto: answer: Am Dienstag.", "anna: result: sent, Commented 17"]);
    let comments = core.histories[&core.ticket(17).id].iter();
    let comment = comments.filter(|line| matches!(line.change, Change::Comment { .. })).count();
    assert_eq!(comment, 1);
}

#[test]
fn a_comment_reaches_the_owner_without_its_keyword() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "!take");
    core.write(OTTO, "kontakt@nrw.example", "Noch etwas", "Zweite Frage");
    let second = core.last("anna", "copy: Zweite");
    core.told();
    core.answer(&second, ANNA, "!17 intern: nur für uns");
    assert_eq!(core.told(), ["anna: result: Commented 17"]);
    let copy = key_of(&core, 17, "bernd");
    core.answer(&copy, BERND, "!intern Weiß wer mehr?");
    assert_eq!(core.told(), ["anna: comment: Weiß wer mehr?", "bernd: result: Commented 17"]);
}

/// A notice that only carries a member's key of a ticket.
fn key_of(core: &Core, ticket: u64, person: &str) -> Notice {
    let mut notice = core.last("anna", "copy");
    let person = PersonId::new(person);
    let to = lotse::ticket::tell::member(&core.desk, &person).unwrap();
    notice.ticket = Some(lotse::types::TicketId(ticket));
    notice.to = to.mailbox;
    notice.person = Some(person.clone());
    notice.reply_to = lotse::ticket::ReplyTo::Member(person);
    notice.id = lotse::types::OutboxId(900);
    notice
}

/// Failure 25: an answer to an internal note went to the customer.
#[test]
fn failure_25_an_answer_to_what_is_internal_stays_internal() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "!take");
    core.told();
    let bernds = key_of(&core, 17, "bernd");
    core.answer(&bernds, BERND, "!intern Wer hat den Schlüssel?");
    core.told();
    let comment = core.last("anna", "comment");
    core.answer(&comment, ANNA, "Ich, aber sag es Otto nicht.");
    assert_eq!(core.told(), Vec::<String>::new());
    let fields = "Cc: otto@outside.example\n";
    core.answer_with(&comment, ANNA, fields, "Ich auch.");
    assert_eq!(core.told(), ["anna: result: CopyLeft 17 by Otto Normal"]);
    core.answer(&comment, ANNA, "!erledigt: Ist verteilt");
    assert_eq!(core.told(), ["anna: result: Commented 17, Closed 17"]);
}

#[test]
fn a_comment_without_its_words_holds_the_text_above_it() {
    let (mut core, told) = anna_says("Der nervt.\n!intern");
    assert_eq!(told, ["anna: held: !intern -> intern"]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Commented 17"]);
    assert!(core.ticket(17).last_answer.is_none());
}

#[test]
fn a_comment_without_its_marker_is_asked_about() {
    let (mut core, told) = anna_says("Intern: der nervt.\nBitte nicht antworten.");
    assert_eq!(told, ["anna: held: Intern: der nervt. Bitte nicht antworten. -> intern"]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Commented 17"]);
    assert!(core.ticket(17).last_answer.is_none());
}

#[test]
fn a_keyword_without_its_marker_as_the_whole_text_is_done() {
    for (text, result) in [
        ("erledigt", "Closed 17"),
        ("Erledigt.", "Closed 17"),
        ("done", "Closed 17"),
        ("Valmis", "Closed 17"),
        ("klart!", "Closed 17"),
        ("nehm ich", "Taken 17"),
        ("Nehme ich.\n\nVon meinem iPhone gesendet", "Taken 17"),
        ("otan", "Taken 17"),
        ("spam", "Spam 17"),
        ("nach technik", "Moved 17 by technik"),
    ] {
        let (_, mut told) = anna_says(text);
        assert_eq!(told.pop().unwrap(), format!("anna: result: {result}"), "{text}");
        told.retain(|line| !line.starts_with("tina: copy"));
        assert_eq!(told, Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_plain_keyword_that_may_be_meant_for_the_requestor_is_asked_about() {
    for text in [
        "Hallo Otto,\nerledigt.\nGruß\nAnna",
        "Erledigt, danke",
        "hilfe",
        "cc max@elsewhere.example",
    ] {
        let (mut core, told) = anna_says(text);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].starts_with("anna: held: "), "{text}: {told:?}");
        let held = core.last("anna", "held");
        core.answer(&held, ANNA, "text");
        let told = core.told();
        assert!(told[0].starts_with("otto: answer: "), "{text}: {told:?}");
    }
}

#[test]
fn a_question_or_a_sentence_is_an_answer_and_no_keyword() {
    for text in ["erledigt?", "Ist das erledigt?", "Das ist erledigt, kommen Sie vorbei.", "ja"] {
        let (_, told) = anna_says(text);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].starts_with("otto: answer: "), "{text}: {told:?}");
    }
}

#[test]
fn close_with_words_behind_a_colon_sends_them() {
    let (core, told) = anna_says("!erledigt: Am Dienstag.");
    assert_eq!(told, ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    assert_eq!(core.ticket(17).status, Status::Resolved);
    let (_, told) = anna_says("!erledigt am Telefon geklärt");
    assert_eq!(told, ["anna: result: Closed 17"]);
}

#[test]
fn a_signature_is_no_answer_and_its_keywords_do_not_count() {
    let (core, told) = anna_says("!nehme\n\n-- \nAnna Muster\n!erledigt");
    assert_eq!(told, ["anna: result: Taken 17, NotCounted 17"]);
    assert_eq!(core.ticket(17).status, Status::Open);
}

/// Failure 12: quoted lines were executed.
#[test]
fn failure_12_quoted_keywords_are_named_and_not_obeyed() {
    let (core, told) = anna_says("Am Dienstag.\n\n> !close\n> mehr");
    assert_eq!(told, ["otto: answer: Am Dienstag.", "anna: result: sent, NotCounted 17"]);
    assert_eq!(core.ticket(17).status, Status::Open);
}

/// An outsider's keyword in the quoted notice is neither obeyed nor held against the member.
/// Failure 12: a mail that was forwarded closed a ticket.
#[test]
fn keywords_of_a_forwarded_message_are_named_and_not_obeyed() {
    for separator in [
        "---------- Forwarded message ---------",
        "-------- Weitergeleitete Nachricht --------",
        "Begin forwarded message:",
    ] {
        let forward = format!(
            "{separator}\nFrom: Kim <kim@outside.example>\nSubject: x\n\nSiehe\n!close\n!wow"
        );
        let (core, told) = anna_says(&format!("Das schrieb Kim.\n!take\n\n{forward}"));
        let [answer, result] = told.as_slice() else { panic!("{told:?}") };
        assert!(answer.starts_with("otto: answer: Das schrieb Kim. / "), "{answer}");
        assert!(answer.ends_with("Siehe / !close / !wow"), "{answer}");
        assert_eq!(result, "anna: result: sent, Taken 17, NotCounted 17");
        assert_eq!(core.ticket(17).status, Status::Open);
    }
}

#[test]
fn an_inside_note_above_a_forwarded_message_keeps_all_of_it_inside() {
    let (_, told) = anna_says("!intern\nSeht mal.\n\n-------- Forwarded Message --------\n!close");
    assert_eq!(told, ["anna: result: Commented 17, NotCounted 17"]);
}

#[test]
fn an_outsiders_keyword_that_comes_back_quoted_is_nothing() {
    let mut core = Core::new(ORGANIZATION);
    core.write(OTTO, "kontakt@nrw.example", "Frage", "Wann?\n!close\n!17 spam\nDanke");
    core.told();
    let copy = core.last("anna", "copy");
    let notice = core.text(&copy);
    let quoted: Vec<String> = notice.lines().map(|line| format!("> {line}")).collect();
    for history in [quoted.join("\n"), notice] {
        core.answer(&copy, ANNA, &format!("Am Dienstag.\n\n{history}"));
        assert_eq!(core.told(), ["otto: answer: Am Dienstag."]);
        assert_eq!(core.ticket(17).status, Status::Open);
    }
}

/// Playthrough 1: Outlook quotes without marks, and the whole notice comes back.
#[test]
fn otto_gets_two_mails_and_nothing_of_the_notice() {
    let mut core = Core::new(ORGANIZATION);
    let first = "Hallo wann ist der nächste stammtisch in köln???\n!!! bitte schnell";
    core.write(OTTO, "kontakt@nrw.example", "", first);
    let copy = core.last("anna", "copy");
    let notice = core.text(&copy);
    let text = format!(
        "Hallo Herr Normal, der nächste Stammtisch ist am Dienstag.\nViele Grüße\nAnna\n\
         !erledigt\n\n\
         Anna Muster, 0151 0000000\nOutlook für Android herunterladen\n\
         ________________________________\n\
         Von: Otto Normal (kontakt) <kontakt@nrw.example>\n\
         Gesendet: Samstag, 21. November 2026 10:01\nAn: Anna Muster <anna@members.example>\n\
         Betreff: [nrw #17] Ihre Nachricht\n\n{notice}"
    );
    core.told();
    core.answer(&copy, ANNA, &text);
    let told = core.told();
    let words = "Hallo Herr Normal, der nächste Stammtisch ist am Dienstag. / Viele Grüße / Anna";
    assert_eq!(told, [format!("otto: answer: {words}"), "anna: result: sent, Closed 17".into()]);
    let answer = core.last("otto", "answer");
    core.answer(&answer, OTTO, "Super danke 👍 bis dienstag!");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::Resolved);
    core.answer(&answer, "Olga Normal <olga@outside.example>", "und Parken?");
    let told = core.told();
    assert_eq!(
        told,
        ["anna: copy OtherAddress reopened: und Parken?", "otto: may add: olga@outside.example"]
    );
}

#[test]
fn a_colleague_who_was_faster_holds_the_answer_back() {
    let (mut core, copy) = asked();
    let bernds = key_of(&core, 17, "bernd");
    core.answer(&bernds, BERND, "Am Montag.");
    assert_eq!(core.told(), ["otto: answer: Am Montag."]);
    core.answer(&copy, ANNA, "Am Dienstag.\n!erledigt");
    let asked = "anna: held, Bernd Beispiel wrote: Am Montag.";
    assert_eq!(core.told(), [asked, "bernd: held of Anna Muster:  -> ?: Am Dienstag."]);
    assert_eq!(core.ticket(17).status, Status::Open);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "nein");
    assert_eq!(core.told(), ["anna: result: NotSent 17"]);
    core.answer(&copy, ANNA, "Doch am Dienstag.\n!erledigt");
    assert_eq!(core.told(), [asked, "bernd: held of Anna Muster:  -> ?: Doch am Dienstag."]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    assert_eq!(
        core.told(),
        [
            "otto: answer: Doch am Dienstag.",
            "bernd: shown: Doch am Dienstag.",
            "anna: result: sent, Closed 17"
        ]
    );
}

#[test]
fn taking_tells_whose_it_was() {
    let (mut core, copy) = asked();
    let bernds = key_of(&core, 17, "bernd");
    core.answer(&bernds, BERND, "!nehme");
    core.answer(&copy, ANNA, "!nehme\n!nehme\n!öffne");
    assert_eq!(
        core.told(),
        [
            "bernd: result: Taken 17",
            "anna: result: TakenFrom 17 by Bernd Beispiel, Already 17 by Anna Muster, Already 17"
        ]
    );
}

#[test]
fn closing_twice_names_who_was_first_and_reopening_works() {
    let (mut core, copy) = asked();
    let bernds = key_of(&core, 17, "bernd");
    core.answer(&bernds, BERND, "!valmis");
    core.answer(&copy, ANNA, "!close\n!reopen");
    assert_eq!(
        core.told(),
        ["bernd: result: Closed 17", "anna: result: Already 17 by Bernd Beispiel, Reopened 17"]
    );
    assert_eq!(core.ticket(17).status, Status::Open);
}

#[test]
fn spam_closes_in_silence_and_takes_words_inside() {
    let (core, told) = anna_says("Was für ein Unsinn\n!spam");
    assert_eq!(told, ["anna: result: Commented 17, Spam 17"]);
    assert_eq!(core.ticket(17).status, Status::Rejected);
}

#[test]
fn cc_is_served_from_then_on() {
    let (mut core, told) = anna_says("!cc Max Fremd <max@elsewhere.example>\n!kopie nonsens");
    assert_eq!(
        told,
        ["anna: result: CcAdded 17 by max@elsewhere.example, BadArgument 17 by name@example.org"]
    );
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Am Dienstag.");
    assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "max: answer: Am Dienstag."]);
}

#[test]
fn an_address_of_ours_is_never_served() {
    let (core, told) = anna_says("!cc kontakt@nrw.example");
    assert_eq!(told, ["anna: result: BadArgument 17 by name@example.org"]);
    assert!(core.ticket(17).cc.is_empty());
}

#[test]
fn notices_are_chosen_where_the_membership_stands() {
    let organization = format!(
        "{ORGANIZATION}\n[[queue]]\nname = \"kurse\"\nparent = \"kontakt\"\n\
         addresses = [\"kurse@nrw.example\"]\n"
    );
    let mut core = Core::new(&organization);
    core.write(OTTO, "kurse@nrw.example", "Kurs", "Wann?");
    core.told();
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "!melde digest");
    assert_eq!(core.told(), ["anna: result: NotifySet 17 by digest"]);
    let register = &core.desk.register;
    let anna = PersonId::new("anna");
    let kontakt = register.queue(&QueueName::new("kontakt")).unwrap();
    assert_eq!(kontakt.member(&anna).unwrap().notify, NotifyChoice::Digest);
    assert!(register.access(&PersonId::new("bernd"), &QueueName::new("kurse")).is_some());
    core.answer(&copy, ANNA, "!notify digest\n!notify sometimes");
    let choices = "each, mine, digest, none, daily, weekly 7, monthly, never";
    assert_eq!(core.told(), [format!("anna: result: Already 17, BadArgument 17 by {choices}")]);
}

#[test]
fn help_comes_as_one_mail() {
    let (_, told) = anna_says("!hilfe");
    assert_eq!(told, ["anna: Help"]);
    let (_, told) = anna_says("!apua\n!otan");
    assert_eq!(told, ["anna: Help", "anna: result: Taken 17"]);
}

#[test]
fn moving_tells_those_who_are_new_to_it() {
    let (core, told) = anna_says("!nach Technik.");
    assert_eq!(told, ["tina: copy: Wann ist der Stammtisch?", "anna: result: Moved 17 by technik"]);
    assert_eq!(core.ticket(17).queue, QueueName::new("technik"));
}

#[test]
fn an_owner_without_access_to_the_new_queue_lets_go() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "!take\n!move technik");
    let told = "anna: result: Taken 17, Moved 17 by technik";
    assert_eq!(core.told(), ["tina: copy: Wann ist der Stammtisch?", told]);
    assert_eq!(core.ticket(17).owner, None);
    core.answer(&copy, ANNA, "!take");
    // The key died with the access: nothing happens, nobody is told of the ticket.
    assert_eq!(core.ticket(17).owner, None);
    core.told();
}

/// Failure 14: rights belong to a person and a keyword.
#[test]
fn failure_14_who_may_only_read_comments_and_nothing_else() {
    let (mut core, _) = asked();
    let ritas = key_of(&core, 17, "rita");
    core.answer(&ritas, RITA, "!take\n!close");
    assert_eq!(core.told(), ["rita: result: NotAllowed 17, NotAllowed 17"]);
    core.answer(&ritas, RITA, "Ask Otto for his number.");
    assert_eq!(
        core.told(),
        ["anna: comment: Ask Otto for his number.", "rita: result: NotAllowed 17, Commented 17"]
    );
    assert_eq!(core.ticket(17).status, Status::New);
}

/// Failure 10: a number alone proves nothing, and reveals nothing.
#[test]
fn failure_10_a_number_of_another_queue_is_no_ticket_for_the_writer() {
    let (mut core, copy) = asked();
    core.write(OTTO, "technik@nrw.example", "Drucker", "Der Drucker brennt");
    core.told();
    core.answer(&copy, ANNA, "!18 take\n!99 close\n!18 intern hm");
    assert_eq!(core.told(), ["anna: result: NoTicket 18, NoTicket 99, NoTicket 18"]);
    assert_eq!(core.ticket(18).owner, None);
}

#[test]
fn another_ticket_is_worked_by_its_number() {
    let (mut core, copy) = asked();
    core.write(OTTO, "kontakt@nrw.example", "Noch etwas", "Zweite Frage");
    core.told();
    core.answer(&copy, ANNA, "Am Dienstag.\n!18 erledigt: Steht auf der Seite.\n!close");
    assert_eq!(
        core.told(),
        [
            "otto: answer: Am Dienstag.",
            "otto: answer: Steht auf der Seite.",
            "anna: result: sent, Answered 18 by Otto Normal, Closed 18, Closed 17"
        ]
    );
}

#[test]
fn pseudo_headers_of_request_tracker_are_understood_as_a_whole_block() {
    let (core, told) = anna_says("Status: resolved\nOwner: anna\n\nAm Dienstag.");
    assert_eq!(told, ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17, Taken 17"]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
    let (_, told) = anna_says("Status: resolved\nHinweis: ruf mich an\n\nAm Dienstag.");
    let words = "Status: resolved / Hinweis: ruf mich an /  / Am Dienstag.";
    assert_eq!(told, [format!("otto: answer: {words}")]);
    let (_, told) = anna_says("Owner: bernd\n\nAm Dienstag.");
    assert_eq!(
        told,
        [
            "otto: answer: Am Dienstag.",
            "bernd: again, Given(\"Anna Muster\")",
            "anna: result: sent, Assigned 17 by Bernd Beispiel"
        ]
    );
    let (core, told) = anna_says("Am Dienstag.\n!nehme\n!zuweisen niemand");
    assert_eq!(told[1], "anna: result: sent, Taken 17, Unassigned 17");
    assert_eq!(core.ticket(17).owner, None);
    let block = "Status: stalled\nOwner: nobody\nDue: 2026-12-01\nAddAdminCc: anna\n\nHm.";
    let (core, told) = anna_says(block);
    let said = "Awaiting 17, Already 17, DueSet 17, Watching 17";
    assert_eq!(told, ["otto: answer: Hm.".to_owned(), format!("anna: result: sent, {said}")]);
    assert_eq!(core.ticket(17).status, Status::Stalled);
    let (_, told) = anna_says("Priority: 90\n\nAm Dienstag.");
    assert_eq!(told, ["otto: answer: Am Dienstag.", "anna: result: sent, Urgent 17"]);
    let (_, told) = anna_says("TimeWorked: 50\n\nAm Dienstag.");
    assert_eq!(told, ["anna: held: TimeWorked: 50 -> ?"]);
}

#[test]
fn an_empty_answer_is_told_to_have_done_nothing() {
    let (_, told) = anna_says("\n\n");
    assert_eq!(told, ["anna: result: NoEffect 17"]);
}

/// Failure 6: an out-of-office note became a member's answer.
#[test]
fn failure_6_an_automatic_answer_says_and_does_nothing() {
    let (mut core, copy) = asked();
    core.answer_with(&copy, ANNA, "Auto-Submitted: auto-replied\n", "Bin weg.\n!close");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::New);
}

/// Failures 8 and 9: From and Reply-To are claims.
#[test]
fn failure_9_a_member_without_key_and_proof_is_asked_at_the_registered_address() {
    let (mut core, _) = asked();
    let raw = "From: Anna Muster <anna@members.example>\nReply-To: max@elsewhere.example\n\
               To: kontakt@nrw.example\nSubject: Re: [nrw #17] Frage zum Stammtisch\n\
               Message-ID: <forged@elsewhere.example>\n\nKommt nicht!\n!close\n";
    core.accept(&["kontakt@nrw.example"], raw);
    let told = core.told();
    assert_eq!(told, ["anna: was it you: anna@members.example: erledigt"]);
    assert_eq!(core.ticket(17).status, Status::New);
    let question = core.last("anna", "was it you");
    core.answer(&question, ANNA, "nein");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::New);
    core.accept(&["kontakt@nrw.example"], &raw.replace("forged", "again"));
    core.told();
    let question = core.last("anna", "was it you");
    core.answer(&question, ANNA, "ja");
    assert_eq!(core.told(), ["anna: result: Closed 17"]);
}

#[test]
fn what_a_trusted_server_failed_asks_nobody() {
    let (mut core, copy) = asked();
    core.verdicts.dmarc = AuthResult::Fail;
    core.answer(&copy, ANNA, "Kommt nicht!\n!close");
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn a_signed_member_without_key_works_but_speaks_inside() {
    let (mut core, _) = asked();
    core.verdicts.dmarc = AuthResult::Pass;
    let raw = "From: Anna Muster <anna@members.example>\nTo: kontakt@nrw.example\n\
               Subject: [nrw #17]\nMessage-ID: <x1@members.example>\n\nIch kümmere mich.\n!take\n";
    core.accept(&["kontakt@nrw.example"], raw);
    assert_eq!(core.told(), ["anna: result: Commented 17, Taken 17"]);
}

#[test]
fn another_address_on_a_members_key_is_asked_about_and_added_by_yes() {
    let (mut core, copy) = asked();
    core.answer(&copy, "Anna <anna@work.example>", "Am Dienstag.\n!erledigt");
    assert_eq!(core.told(), ["anna: was it you: anna@work.example: erledigt"]);
    assert_eq!(core.ticket(17).status, Status::New);
    let question = core.last("anna", "was it you");
    core.answer(&question, ANNA, "Ja");
    assert_eq!(core.told(), ["otto: answer: Am Dienstag.", "anna: result: sent, Closed 17"]);
    let anna = core.desk.register.person(&PersonId::new("anna")).unwrap();
    assert_eq!(anna.addresses.last().unwrap().as_str(), "anna@work.example");
}

#[test]
fn a_stranger_on_a_members_key_does_nothing_and_questions_are_capped() {
    let (mut core, copy) = asked();
    for number in 0..15 {
        core.answer(&copy, STRANGER, &format!("Kommt nicht! {number}\n!close"));
    }
    let told = core.told();
    assert!(told.iter().all(|line| line.starts_with("anna: was it you: max@")), "{told:?}");
    assert!(told.len() <= 10, "{}", told.len());
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn a_proven_colleague_on_anothers_key_works_in_the_own_right() {
    let (mut core, copy) = asked();
    core.verdicts.dkim_aligned = AuthResult::Pass;
    core.answer(&copy, BERND, "!nehme");
    assert_eq!(core.told(), ["bernd: result: Taken 17"]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("bernd")));
}

/// Otto has his answer, and the ticket is closed.
fn answered() -> (Core, Notice) {
    let (core, _) = anna_says("Am Dienstag.\n!erledigt");
    let answer = core.last("otto", "answer");
    (core, answer)
}

#[test]
fn a_requestor_withdraws_in_plain_words_or_by_keyword() {
    for text in [
        "Hat sich erledigt",
        "Hallo,\nhat sich erledigt.\nGruß Otto",
        "Erledigt, danke!",
        "never mind",
        "Asia on hoidettu.",
        "Det har löst sig, tack",
        "zurückgezogen",
    ] {
        let (mut core, _) = asked();
        let receipt = core.last("otto", "receipt");
        core.answer(&receipt, OTTO, text);
        let told = core.told();
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].starts_with("anna: copy: "), "{text}: {told:?}");
        assert_eq!(core.ticket(17).status, Status::Resolved, "{text}");
    }
    let (mut core, _) = asked();
    let receipt = core.last("otto", "receipt");
    core.answer(&receipt, OTTO, "!zurückziehen");
    assert_eq!(core.told(), ["anna: copy: !zurückziehen", "otto: result: Closed 17"]);
}

#[test]
fn a_requestor_reopens_asks_how_it_stands_and_for_help() {
    let (mut core, answer) = answered();
    core.answer(&answer, OTTO, "!reopen");
    assert_eq!(core.told(), ["anna: copy reopened: !reopen", "otto: result: Reopened 17"]);
    core.answer(&answer, OTTO, "!status");
    assert_eq!(core.told(), ["otto: result: Stands 17 by open"]);
    core.answer(&answer, OTTO, "status");
    assert_eq!(core.told(), ["otto: result: Stands 17 by open", "anna: copy: status"]);
    core.answer(&answer, OTTO, "!help");
    assert_eq!(core.told(), ["otto: Help"]);
    let help = core.last("otto", "Help");
    assert!(!core.text(&help).contains("spam"), "{}", core.text(&help));
}

#[test]
fn a_requestor_may_not_what_members_may_and_a_cry_for_help_is_read_by_people() {
    let (mut core, answer) = answered();
    core.answer(&answer, OTTO, "!spam\n!take\n!17 move technik");
    assert_eq!(core.told(), ["anna: copy reopened: !spam / !take / !17 move technik"]);
    core.answer(&answer, OTTO, "Hilfe!");
    assert_eq!(core.told(), ["otto: Help", "anna: copy: Hilfe!"]);
}

#[test]
fn a_question_of_a_requestor_is_no_keyword() {
    let (mut core, answer) = answered();
    core.answer(&answer, OTTO, "Erledigt?");
    assert_eq!(core.told(), ["anna: copy reopened: Erledigt?"]);
    core.answer(&answer, OTTO, "Hat sich erledigt, aber wo ist die Tür");
    assert_eq!(core.told(), ["anna: copy: Hat sich erledigt, aber wo ist die Tür"]);
}

#[test]
fn an_unproven_requestor_only_writes() {
    let (mut core, _) = asked();
    let raw = format!(
        "From: {OTTO}\nTo: kontakt@nrw.example\nSubject: Re: [nrw #17] Frage zum Stammtisch\n\
         Message-ID: <y1@outside.example>\n\n!close\n"
    );
    core.accept(&["kontakt@nrw.example"], &raw);
    assert_eq!(core.told(), ["anna: copy: !close"]);
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn a_requestor_says_whether_another_address_may_be_added() {
    for (word, count) in [("ja", 2), ("Nein.", 1), ("kyllä", 2)] {
        let (mut core, answer) = answered();
        core.answer(&answer, "Olga Normal <olga@outside.example>", "und Parken?");
        core.told();
        let question = core.last("otto", "may add");
        core.answer(&question, OTTO, word);
        assert_eq!(core.told(), Vec::<String>::new());
        assert_eq!(core.requestors(17).len(), count, "{word}");
    }
    let (mut core, answer) = answered();
    core.answer(&answer, "Olga Normal <olga@outside.example>", "und Parken?");
    core.told();
    let question = core.last("otto", "may add");
    core.answer(&question, OTTO, "Ja, das ist meine Frau. Wo parkt man?");
    assert_eq!(core.told(), ["anna: copy: Ja, das ist meine Frau. Wo parkt man?"]);
    assert_eq!(core.requestors(17).len(), 1);
}

/// Seven tickets wait on Monday morning.
fn monday() -> (Core, Notice) {
    let mut core = Core::new(ORGANIZATION);
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    for number in 17..=23 {
        let from = format!("Sam{number} <sam{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie geht das?");
    }
    core.told();
    core.pass(SignedDuration::from_hours(46));
    let told = core.told();
    let list = "digest: 17, 18, 19, 20, 21, 22, 23, 0 more";
    let everybody = ["anna", "bernd", "rita"].map(|who| format!("{who}: {list}"));
    assert_eq!(told, everybody);
    let digest = core.last("bernd", "digest");
    (core, digest)
}

/// Playthrough 6: a volunteer, three minutes a day.
#[test]
fn a_digest_is_worked_by_lines() {
    let (mut core, digest) = monday();
    let twentyone = key_of(&core, 21, "anna");
    core.answer(&twentyone, ANNA, "!close");
    core.told();
    let text = "17 nehm ich\n#18 spam\n19 technik bitte\n20 und 21 erledigt\n\
                22 erledigt: steht auf der seite unter termine\n23 ?\ntschau\n\n\
                Von meinem iPhone gesendet";
    core.answer(&digest, BERND, text);
    assert_eq!(
        core.told(),
        [
            "tina: copy: Wie geht das?",
            "sam22: answer: steht auf der seite unter termine",
            "bernd: result: Taken 17, Spam 18, Moved 19 by technik, Closed 20, \
             Already 21 by Anna Muster, Answered 22 by Sam22, Closed 22, NotUnderstood 23, NoEffect"
        ]
    );
}

#[test]
fn a_digest_is_worked_in_every_language_and_order() {
    let (mut core, digest) = monday();
    let text =
        "take 17\n!18 otan\nclose 19, 20\n21: klart\n* #22 valmis\nsiirra 23 technik\n99 take";
    core.answer(&digest, BERND, text);
    assert_eq!(
        core.told(),
        [
            "tina: copy: Wie geht das?",
            "bernd: result: Taken 17, Taken 18, Closed 19, Closed 20, Closed 21, Closed 22, \
             Moved 23 by technik, NoTicket 99"
        ]
    );
}

#[test]
fn a_mistyped_line_of_a_digest_is_met_with_the_nearest_word() {
    let (mut core, digest) = monday();
    core.answer(&digest, BERND, "18 spma\n!hilfe\n17 intern: bitte warten");
    assert_eq!(
        core.told(),
        [
            "bernd: Help",
            "anna: comment: bitte warten",
            "bernd: result: NotUnderstood 18 by spam, Commented 17"
        ]
    );
}

#[test]
fn an_old_line_does_nothing_to_what_is_somebodys_since() {
    let (mut core, digest) = monday();
    let seventeen = key_of(&core, 17, "anna");
    core.answer(&seventeen, ANNA, "!take");
    core.told();
    core.answer(&digest, BERND, "17 nehme\n18 nehme");
    assert_eq!(core.told(), ["bernd: result: MovedOn 17 by Anna Muster, Taken 18"]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
    core.pass(SignedDuration::from_hours(24));
    // What is somebody's stands in that person's digest only, as long as its requestor waits.
    let list = "19, 20, 21, 22, 23, 0 more";
    let own = [("anna", "17, "), ("bernd", "18, "), ("rita", "")];
    assert_eq!(core.told(), own.map(|(who, own)| format!("{who}: digest: {own}{list}")));
}

#[test]
fn words_broken_by_the_mail_program_stay_together() {
    let (mut core, digest) = monday();
    let text = "17 erledigt: das steht auf der Seite unter Termine, und der Eingang\n\
                ist im Hof.\n18 take\nmehr nicht";
    core.answer(&digest, BERND, text);
    assert_eq!(
        core.told(),
        [
            "sam17: answer: das steht auf der Seite unter Termine, und der Eingang / ist im Hof.",
            "bernd: result: Answered 17 by Sam17, Closed 17, Taken 18, NoEffect"
        ]
    );
}

#[test]
fn a_forwarded_digest_lends_no_right_and_asks_its_reader() {
    let (mut core, digest) = monday();
    core.answer(&digest, STRANGER, "17 spam\n18 nehme");
    assert_eq!(core.told(), ["bernd: was it you: max@elsewhere.example: 17 spam, 18 nehme"]);
    assert_eq!(core.ticket(17).status, Status::New);
    let question = core.last("bernd", "was it you");
    core.answer(&question, BERND, "ja");
    assert_eq!(core.told(), ["bernd: result: Spam 17, Taken 18"]);
}

#[test]
fn notices_are_chosen_in_a_digest_for_every_queue() {
    let (mut core, digest) = monday();
    core.answer(&digest, BERND, "!notify none");
    assert_eq!(core.told(), ["bernd: result: NotifySet by none"]);
    core.pass(SignedDuration::from_hours(24));
    let told = core.told();
    assert!(told.iter().all(|line| !line.starts_with("bernd")), "{told:?}");
    assert!(core.timers.contains_key(&Timer::Digest(PersonId::new("bernd"))));
}

#[test]
fn a_digest_shows_held_answers_to_everybody_and_is_silent_when_nothing_waits() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "!take");
    core.answer(&copy, ANNA, "Am Dienstag.\n!clsoe");
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core.told();
    core.pass(SignedDuration::from_hours(48));
    let told = core.told();
    let list = |who: &str| format!("{who}: digest: 17 held, 0 more");
    assert_eq!(told, [list("anna"), list("bernd"), list("rita")]);
    let held = core.last("anna", "held");
    core.answer(&held, ANNA, "ja");
    core.told();
    core.pass(SignedDuration::from_hours(24));
    assert_eq!(core.told(), Vec::<String>::new());
}

#[test]
fn a_digest_lists_fifteen_and_counts_the_rest() {
    let mut core = Core::new(ORGANIZATION);
    for number in 0..18 {
        let from = format!("Sam{number} <sam{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie?");
    }
    core.told();
    let (timer, at) = lotse::ticket::digest::first_timers(&core.desk, core.now).remove(0);
    assert_eq!(at, "2026-11-23T07:00:00Z".parse().unwrap());
    core.timers.insert(timer, at);
    core.pass(SignedDuration::from_hours(48));
    let told = core.told();
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("anna: digest: 17, 18, 19,") && told[0].ends_with(" 31, 3 more"));
}

/// Failure 24: one mail to two queues, answered once by each.
#[test]
fn failure_24_each_queue_works_its_own_ticket_of_one_mail() {
    let mut core = Core::new(ORGANIZATION);
    let raw = format!(
        "From: {OTTO}\nTo: kontakt@nrw.example, technik@nrw.example\nSubject: Frage\n\
         Message-ID: <two@outside.example>\n\nWer ist zuständig?\n"
    );
    core.accept(&["kontakt@nrw.example", "technik@nrw.example"], &raw);
    let told = core.told();
    assert_eq!(
        told,
        ["anna: copy: Wer ist zuständig?", "otto: receipt", "tina: copy: Wer ist zuständig?"]
    );
    let copy = core.last("anna", "copy");
    core.answer(&copy, ANNA, "Wir.\n!18 close");
    assert_eq!(core.told(), ["otto: answer: Wir.", "anna: result: sent, NoTicket 18"]);
    assert_eq!(core.ticket(18).status, Status::New);
}

#[test]
fn every_name_stands_for_one_keyword_in_all_languages() {
    let mut known: Vec<([String; 2], &str)> = Vec::new();
    for keyword in command::keywords() {
        for locale in Locale::ALL {
            assert!(!keyword.names_in(locale).is_empty(), "{} {locale}", keyword.name);
            for name in keyword.names_in(locale).iter().chain([&keyword.name]) {
                let forms = fold::forms(name);
                assert!(!name.contains(' ') && *name == name.to_lowercase(), "{name}");
                let other = known
                    .iter()
                    .find(|(known, other)| fold::is_same(known, &forms) && *other != keyword.name);
                assert!(other.is_none(), "{name} is {} and {other:?}", keyword.name);
                known.push((forms, keyword.name));
            }
        }
    }
}

#[test]
fn every_phrase_stands_for_one_keyword_and_is_no_one_word_answer() {
    let mut known: Vec<([String; 2], &str)> = Vec::new();
    for keyword in command::keywords() {
        for phrase in keyword.phrases.iter().flat_map(|phrases| phrases.iter()) {
            let forms = fold::forms(phrase);
            let (core, _) = fold::core(phrase, "");
            assert!(fold::is_same(&forms, &fold::forms(&core)), "{phrase} is read as {core}");
            assert_eq!(fold::one_word(phrase, ""), None, "{phrase}");
            let other = known
                .iter()
                .find(|(known, other)| fold::is_same(known, &forms) && *other != keyword.name);
            assert!(other.is_none(), "{phrase}: {other:?}");
            known.push((forms, keyword.name));
        }
    }
}

#[test]
fn every_keyword_has_help_in_every_language_and_somebody_who_may_use_it() {
    for keyword in command::keywords() {
        for locale in Locale::ALL {
            let help = keyword.help_in(locale);
            assert!(!help.is_empty() && help.chars().count() <= 72, "{} {locale}", keyword.name);
            assert!(!help.contains('!'), "{} {locale}", keyword.name);
        }
        assert!(keyword.member.is_some() || keyword.requestor, "{}", keyword.name);
        assert!(keyword.purpose.rung() >= 1, "{}", keyword.name);
        let named = command::find(keyword.name, Reader::Member).is_some();
        assert_eq!(named, keyword.member.is_some(), "{}", keyword.name);
    }
    let lines = command::help(Locale::Sv, Reader::Requestor).count();
    assert_eq!(lines, 6);
}

/// What notices offer as keywords and buttons is what is understood.
#[test]
fn every_word_that_notices_offer_is_understood() {
    for words in [
        ["nehme", "erledigt", "öffne", "intern", "cc", "spam", "melde", "hilfe", "nach"],
        ["take", "done", "reopen", "comment", "cc", "spam", "notify", "help", "move"],
        ["otan", "valmis", "avaa", "sisäinen", "cc", "spam", "ilmoita", "apua", "siirrä"],
        ["tar", "klart", "öppna", "internt", "cc", "spam", "meddela", "hjälp", "flytta"],
    ] {
        for word in words {
            assert!(command::find(word, Reader::Member).is_some(), "{word}");
        }
    }
    for word in ["zurückziehen", "withdraw", "peru", "återta"] {
        let found = command::find(word, Reader::Requestor).unwrap();
        assert_eq!(found.name, "withdraw");
    }
}

/// Lines as people and others may write them.
fn any_lines() -> impl proptest::strategy::Strategy<Value = String> {
    use proptest::prelude::*;
    let line = prop_oneof![
        Just(String::new()),
        "[!\u{ff01}]{0,3} ?#?[0-9]{0,3} ?(close|take|intern|erledigt|clsoe|x)[:. ]{0,2}[a-z ]{0,6}",
        "(> ?){0,2}[ -~äöüß!\u{301}]{0,30}",
        "\\PC{0,40}",
        Just("-- ".to_owned()),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Whatever is written: nothing panics, every new line is words, a keyword or a keyword's
    /// words, no keyword goes out, and nothing leaves that was not said.
    #[test]
    fn every_new_line_has_one_place(text in any_lines()) {
        use lotse::mail::quote::{self, Part};
        let reply = quote::split(&text, None);
        for reader in [Reader::Member, Reader::Requestor] {
            let eyes = command::Eyes { reader, locale: Locale::De, pseudo: None };
            let reading = command::read(&reply, &eyes);
            let mut places: Vec<u32> = reading.words.iter().map(|(at, _)| *at).collect();
            for line in &reading.lines {
                places.extend(line.words.iter().map(|(at, _)| *at));
                if !matches!(line.what, command::What::NotCounted) {
                    places.push(line.at);
                }
            }
            for (at, line) in reply.lines.iter().enumerate() {
                let at = u32::try_from(at).unwrap();
                proptest::prop_assert_eq!(places.contains(&at), line.part == Part::New);
            }
        }
    }

    /// Whatever a member answers, at most one mail goes to the requestor and two to the member,
    /// and whatever a digest is answered, nobody is told of a stranger's ticket.
    #[test]
    fn any_answer_is_bounded(text in any_lines()) {
        let (mut core, copy) = asked();
        core.answer(&copy, ANNA, &text);
        let told = core.told();
        let to = |who: &str| told.iter().filter(|line| line.starts_with(who)).count();
        proptest::prop_assert!(to("otto:") <= 1, "{:?}", told);
        proptest::prop_assert!(to("anna:") <= 2, "{:?}", told);
    }
}
