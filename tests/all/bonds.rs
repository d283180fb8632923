//! Tickets that have to do with each other: linked, merged, split; and how soon one wants somebody.
//!
//! Deliberately absent: taking back over the whole table (`undo`).

use lotse::ticket::matter::{ResultKind, ResultLine};
use lotse::ticket::state::Priority;
use lotse::ticket::{Matter, Notice, ReplyTo, Status};
use lotse::types::{PersonId, TicketId};

use crate::core::{Core, organization};

const OTTO: &str = "Otto Normal <otto@outside.example>";
const DANA: &str = "Dana Doe <dana@elsewhere.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
const TINA: &str = "Tina Technik <tina@members.example>";

/// Dana asked 17, Otto 18; Anna serves kontakt, Tina technik.
fn asked() -> Core {
    let people = ["Anna Muster", "Bernd Beispiel", "Tina Technik"];
    let queues: [(&str, &[&str]); 2] =
        [("kontakt", &["anna write", "bernd write mine"]), ("technik", &["tina write"])];
    let mut core = Core::new(&organization(&people, &queues));
    core.write(DANA, "kontakt@nrw.example", "Beamer kaputt", "Der Beamer geht nicht an.");
    core.write(OTTO, "kontakt@nrw.example", "Projektor", "Das Bild ist blau.\n\nUnd wo parke ich?");
    core.told();
    core
}

/// The copy of a ticket that Anna got.
fn copy(core: &Core, ticket: u64) -> Notice {
    let is_it = |notice: &&Notice| {
        notice.ticket == Some(TicketId(ticket))
            && matches!(notice.matter, Matter::Copy { .. })
            && notice.to.address.local() == "anna"
    };
    core.outbox.iter().find(is_it).cloned().unwrap()
}

fn anna(core: &mut Core, ticket: u64, text: &str) -> Vec<ResultLine> {
    let key = copy(core, ticket);
    let before = core.outbox.len();
    core.answer(&key, ANNA, text);
    let mut new = core.outbox.iter().skip(before);
    let result = new.find_map(|notice| match &notice.matter {
        Matter::Result { lines, .. } if notice.to.address.local() == "anna" => Some(lines.clone()),
        _ => None,
    });
    result.unwrap_or_default()
}

fn kinds(lines: &[ResultLine]) -> Vec<(ResultKind, &str)> {
    lines.iter().map(|line| (line.outcome, line.detail.as_str())).collect()
}

fn requestors_key(core: &Core, to: &str) -> Notice {
    let is_it = |notice: &&Notice| notice.to.address.local() == to;
    core.outbox.iter().find(is_it).cloned().unwrap()
}

#[test]
fn link_stands_on_both_sides_until_it_goes_from_both() {
    let mut core = asked();
    core.write(OTTO, "kontakt@nrw.example", "Saal", "Frei?");
    let done = anna(&mut core, 17, "!verknüpfe mit 18 und #19");
    assert_eq!(kinds(&done), [(ResultKind::Linked, "18, 19")]);
    assert_eq!(core.ticket(17).links, [TicketId(18), TicketId(19)]);
    assert_eq!(core.ticket(18).links, [TicketId(17)]);
    anna(&mut core, 18, "!zeige");
    let shown = core.text(core.outbox.last().unwrap());
    assert!(shown.contains("Verknüpft mit 17."), "{shown}");
    assert_eq!(kinds(&anna(&mut core, 18, "!link 17")), [(ResultKind::Already, "")]);
    assert_eq!(kinds(&anna(&mut core, 18, "!unlink 17")), [(ResultKind::Unlinked, "17")]);
    assert_eq!(core.ticket(17).links, [TicketId(19)]);
    assert_eq!(kinds(&anna(&mut core, 17, "!link")), [(ResultKind::NoOther, "")]);
    assert_eq!(kinds(&anna(&mut core, 17, "!link 17")), [(ResultKind::Itself, "")]);
    assert_eq!(kinds(&anna(&mut core, 17, "!link 99")), [(ResultKind::NoTicket, "")]);
    core.told();
}

#[test]
fn link_is_taken_back_on_both_sides() {
    let mut core = asked();
    anna(&mut core, 17, "!link 18");
    assert_eq!(anna(&mut core, 17, "!undo")[0].outcome, ResultKind::Undone);
    assert!(core.ticket(17).links.is_empty() && core.ticket(18).links.is_empty());
    assert_eq!(anna(&mut core, 18, "!undo")[0].outcome, ResultKind::NothingToUndo);
    core.told();
}

#[test]
fn both_are_answered_in_their_own_thread_and_quoted_their_own_words() {
    let mut core = asked();
    assert_eq!(kinds(&anna(&mut core, 18, "!merge 17")), [(ResultKind::Merged, "17")]);
    assert_eq!(core.ticket(18).status, Status::Resolved);
    core.told();
    anna(&mut core, 17, "Der Beamer ist morgen wieder da.");
    let answers: Vec<Notice> = core
        .outbox
        .iter()
        .filter(|notice| matches!(notice.matter, Matter::Answer { .. }))
        .cloned()
        .collect();
    assert_eq!(answers.len(), 2);
    for (answer, name, ticket, own, foreign) in [
        (&answers[0], "dana", 17, "geht nicht an", "Bild ist blau"),
        (&answers[1], "otto", 18, "Bild ist blau", "geht nicht an"),
    ] {
        let text = core.text(answer);
        assert_eq!(answer.to.address.local(), name);
        assert_eq!(answer.ticket, Some(TicketId(ticket)));
        assert!(text.contains(own) && !text.contains(foreign), "{text}");
    }
    assert_eq!(answers[1].subject, "Projektor");
    core.told();
}

#[test]
fn what_comes_later_goes_to_the_ticket_that_took_over() {
    let mut core = asked();
    anna(&mut core, 18, "!merge 17");
    core.told();
    let receipt = requestors_key(&core, "otto");
    core.answer(&receipt, OTTO, "Es eilt übrigens.");
    assert_eq!(core.told(), ["anna: copy: Es eilt übrigens."]);
    assert_eq!(core.ticket(18).status, Status::Resolved);
    let last = core.last("anna", "copy");
    assert_eq!(last.ticket, Some(TicketId(17)));
    assert!(core.text(&last).contains("Dana Doe"), "an answer goes to both");
    // Dana is never quoted what Otto wrote.
    core.answer(&last, ANNA, "Wir sehen nach.\n!17 nehme\n!18 priorität hoch");
    let told = core.told();
    assert_eq!(
        told,
        [
            "dana: answer: Wir sehen nach.",
            "otto: answer: Wir sehen nach.",
            "anna: result: sent, Taken 17, Urgent 17"
        ]
    );
    assert!(!core.text(&core.last("dana", "answer")).contains("eilt"));
    assert!(core.text(&core.last("otto", "answer")).contains("eilt"));
}

#[test]
fn one_of_two_who_asked_does_not_end_what_both_asked() {
    let mut core = asked();
    anna(&mut core, 18, "!merge 17");
    core.told();
    let receipt = requestors_key(&core, "otto");
    core.answer(&receipt, OTTO, "erledigt");
    assert_eq!(core.told(), ["anna: copy: erledigt"]);
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn merged_tickets_are_merged_again_and_none_into_itself() {
    let mut core = asked();
    core.write(DANA, "kontakt@nrw.example", "Noch einmal", "Hallo?");
    anna(&mut core, 18, "!merge 17");
    assert_eq!(kinds(&anna(&mut core, 17, "!merge 18")), [(ResultKind::Itself, "")]);
    assert_eq!(kinds(&anna(&mut core, 17, "!merge 19")), [(ResultKind::Merged, "19")]);
    core.told();
    let receipt = requestors_key(&core, "otto");
    core.answer(&receipt, OTTO, "Und?");
    assert_eq!(core.told(), ["anna: copy: Und?"]);
    assert_eq!(core.last("anna", "copy").ticket, Some(TicketId(19)));
    assert_eq!(core.requestors(19), ["dana@elsewhere.example", "otto@outside.example"]);
    // Undone, each stands where it stood, and Otto's thread is 17's again.
    assert_eq!(anna(&mut core, 19, "!undo")[0].outcome, ResultKind::Undone);
    assert_eq!(core.requestors(19), ["dana@elsewhere.example"]);
    assert_eq!(core.ticket(17).merged_into, None);
    assert_eq!(core.ticket(17).status, Status::New);
    core.told();
}

#[test]
fn merge_that_is_taken_back_leaves_both_as_before() {
    let mut core = asked();
    let before = (core.ticket(17).clone(), core.ticket(18).clone());
    anna(&mut core, 18, "!merge 17");
    let undone = anna(&mut core, 18, "!undo");
    assert_eq!(undone[0].outcome, ResultKind::Undone, "{undone:?}");
    let (one, two) = (core.ticket(17), core.ticket(18));
    assert_eq!((one.requestors.clone(), one.merged.clone()), (before.0.requestors, Vec::new()));
    assert_eq!((two.status, two.merged_into, two.ended_at), (Status::New, None, None));
    core.told();
}

#[test]
fn what_was_unanswered_is_unanswered_where_it_went() {
    let mut core = asked();
    anna(&mut core, 17, "Schon in Arbeit.");
    anna(&mut core, 18, "!merge 17");
    let waits = lotse::ticket::shelf::unanswered_since(core.ticket(17));
    assert_eq!(waits, Some(core.ticket(18).created_at));
    anna(&mut core, 17, "Alles gut.");
    assert_eq!(lotse::ticket::shelf::unanswered_since(core.ticket(17)), None);
    core.told();
}

#[test]
fn words_of_who_does_not_serve_the_other_queue_stay_inside() {
    let mut core = asked();
    core.write(OTTO, "technik@nrw.example", "Steckdose", "Locker.");
    let tinas = core.last("tina", "copy");
    core.told();
    // Only who may write in both merges them.
    core.answer(&tinas, TINA, "!merge 17");
    assert_eq!(core.told(), ["tina: result: NoTicket 19"]);
    core.desk.register = {
        let people = ["Anna Muster", "Bernd Beispiel", "Tina Technik"];
        let queues: [(&str, &[&str]); 2] =
            [("kontakt", &["anna write"]), ("technik", &["tina write", "anna write mine"])];
        crate::core::desk(&organization(&people, &queues)).register
    };
    let key = copy(&core, 17);
    core.answer(&key, ANNA, "!19 merge 17");
    assert_eq!(core.told(), ["anna: result: Merged 19 by 17"]);
    core.answer(&tinas, TINA, "Ich komme morgen vorbei.");
    assert_eq!(core.told(), ["anna: comment: Ich komme morgen vorbei."]);
}

#[test]
fn quoted_paragraph_becomes_a_ticket_of_its_own() {
    let mut core = asked();
    let key = copy(&core, 18);
    core.answer(
        &key,
        ANNA,
        "> Das Bild ist blau.\nDas Kabel ist locker.\n\n> Und wo parke ich?\n!abtrennen technik",
    );
    assert_eq!(
        core.told(),
        [
            "otto: answer: Das Kabel ist locker.",
            "tina: copy: Und wo parke ich?",
            "anna: result: sent, Split 18 by 19 (technik)"
        ]
    );
    let new = core.ticket(19);
    assert_eq!((new.queue.as_str(), new.subject.as_str()), ("technik", "Projektor"));
    assert_eq!((&new.links, &core.ticket(18).links), (&vec![TicketId(18)], &vec![TicketId(19)]));
    assert_eq!(core.requestors(19), ["otto@outside.example"]);
    let copy = core.last("tina", "copy");
    core.answer(&copy, TINA, "Im Hof.");
    assert_eq!(core.told(), ["otto: answer: Im Hof."]);
    assert!(core.text(&core.last("otto", "answer")).contains("> Und wo parke ich?"));
}

#[test]
fn whole_mail_that_is_answered_becomes_a_ticket_of_its_own() {
    let mut core = asked();
    let first = copy(&core, 18);
    let receipt = requestors_key(&core, "otto");
    core.answer(&receipt, OTTO, "Was kostet der Saal?");
    let second = core.last("anna", "copy: Was kostet");
    core.told();
    let ours = core.text(&second);
    let quoted: Vec<String> = ours.lines().map(|line| format!("> {line}")).collect();
    core.answer(&second, ANNA, &format!("{}\n!split", quoted.join("\n")));
    assert_eq!(core.told(), ["anna: result: Split 18 by 19 (kontakt)"]);
    assert_eq!(core.ticket(19).last_received.as_ref().unwrap().from.shown(), "Otto Normal");
    core.answer(&first, ANNA, "!split technik");
    let told = core.told();
    assert_eq!(told[0], "tina: copy: Das Bild ist blau. /  / Und wo parke ich?");
}

/// Dana's words are the last of 17, which Otto's 18 was merged into.
fn merged() -> Core {
    let mut core = asked();
    anna(&mut core, 18, "!merge 17");
    core.told();
    core
}

#[test]
fn what_is_split_off_a_merged_ticket_belongs_to_who_wrote_it() {
    let mut core = merged();
    anna(&mut core, 18, "!split technik");
    assert_eq!(core.requestors(19), ["otto@outside.example"]);
    anna(&mut core, 18, "> Und wo parke ich?\n!split technik");
    assert_eq!(core.requestors(20), ["otto@outside.example"]);
    anna(&mut core, 17, "> Der Beamer geht nicht an.\n!split technik");
    assert_eq!(core.requestors(21), ["dana@elsewhere.example"]);
    core.told();
    for (part, name, own) in [(19, "otto", "blau"), (20, "otto", "parke"), (21, "dana", "Beamer")] {
        let is_copy = |notice: &&Notice| {
            notice.ticket == Some(TicketId(part)) && notice.to.address.local() == "tina"
        };
        let copy = core.outbox.iter().find(is_copy).cloned().unwrap();
        core.answer(&copy, TINA, "Ist gut.");
        assert_eq!(core.told(), [format!("{name}: answer: Ist gut.")]);
        assert!(core.text(&core.last(name, "answer")).contains(own));
    }
}

#[test]
fn nobody_gets_a_quoted_part_of_which_nobody_knows_who_wrote_it() {
    let mut core = merged();
    anna(&mut core, 17, "!assign bernd");
    let task = core.outbox.iter().rev().find(|notice| notice.to.address.local() == "bernd");
    let task = task.cloned().unwrap();
    anna(&mut core, 17, "!watch");
    core.answer(&task, "Bernd Beispiel <bernd@members.example>", "!comment Er hat nie bezahlt.");
    let comment = core.last("anna", "comment");
    core.told();
    core.answer(&comment, ANNA, "> Er hat nie bezahlt.\n!split technik");
    assert_eq!(core.told(), ["anna: result: NoPart 17"]);
}

#[test]
fn split_that_is_taken_back_goes_home_unless_somebody_works_there() {
    let mut core = asked();
    anna(&mut core, 18, "!split technik");
    let undone = anna(&mut core, 18, "!undo");
    assert_eq!(undone[0].outcome, ResultKind::Undone);
    assert_eq!(core.ticket(19).merged_into, Some(TicketId(18)));
    assert!(core.ticket(18).links.is_empty());
    anna(&mut core, 18, "!split technik");
    let copy = core.last("tina", "copy");
    core.answer(&copy, TINA, "!nehme");
    let undone = anna(&mut core, 18, "!undo");
    assert_eq!(undone[0].outcome, ResultKind::Lasts);
    core.told();
}

#[test]
fn digest_lists_what_is_urgent_first_and_what_has_time_last() {
    let mut core = asked();
    core.write(OTTO, "kontakt@nrw.example", "Saal", "Frei?");
    anna(&mut core, 17, "!priorität niedrig");
    anna(&mut core, 18, "Priority: 50\nSubject: Beamer");
    let done = anna(&mut core, 17, "!19 prio dringend\n!19 priorität sofort");
    assert_eq!(kinds(&done), [(ResultKind::Urgent, ""), (ResultKind::NoPriority, "")]);
    assert_eq!(core.ticket(19).priority, Priority::High);
    core.told();
    anna(&mut core, 17, "!liste");
    assert_eq!(core.told(), ["anna: digest: 19, 18, 17, 0 more"]);
    let text = core.text(core.outbox.last().unwrap());
    assert!(text.contains("dringend") && text.contains("hat Zeit"), "{text}");
}

#[test]
fn control_lines_name_the_first_ticket_and_then_the_other() {
    let mut core = asked();
    let mut digest = copy(&core, 17);
    let day = core.now.to_zoned(core.desk.site.time_zone.clone()).date();
    digest.ticket = None;
    digest.reply_to = ReplyTo::Digest(PersonId::new("anna"), day);
    core.answer(&digest, ANNA, "link 17 18\nmerge 17 in 18\n17 priority high");
    assert_eq!(core.told(), ["anna: result: Linked 17 by 18, Merged 17 by 18, Urgent 18"]);
}
