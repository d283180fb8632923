//! Taking back, and trying out: the whole table of keywords, and what each of them says then.
//!
//! Deliberately absent: what keywords do, which their own tests say.

use jiff::SignedDuration;
use lotse::desk::{Queue, RegisterChange};
use lotse::ticket::command::{Argument, Keyword, Undo, keywords};
use lotse::ticket::matter::{Left, ResultKind, ResultLine, Stand};
use lotse::ticket::{Matter, Notice, ReplyTo, Status, Ticket};
use lotse::types::{PersonId, TicketId};
use proptest::prelude::*;

use crate::core::{Core, organization};
use crate::procedure::{KIM, World, letter};

const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
const BERND: &str = "Bernd Beispiel <bernd@members.example>";

/// Otto asked; Anna and Bernd serve the queue, Bernd and Tina the other one.
fn asked() -> Core {
    let people = ["Anna Muster", "Bernd Beispiel", "Tina Technik"];
    let kontakt = ["anna write", "bernd write mine"];
    let queues: [(&str, &[&str]); 2] =
        [("kontakt", &kontakt), ("technik", &["tina write", "bernd write mine"])];
    let mut core = Core::new(&organization(&people, &queues));
    core.write(OTTO, "kontakt@nrw.example", "Beamer", "Kann ich ihn leihen?");
    core.write("Ida <ida@outside.example>", "kontakt@nrw.example", "Saal", "Ist er frei?");
    core.told();
    core
}

/// The same, where answers stay for two minutes; mails come three minutes apart.
fn asked_with_hold(span: &str) -> Core {
    let mut core = asked();
    let queues: Vec<_> = core.desk.register.queues().cloned().collect();
    for queue in queues {
        let hold = Some(span.to_owned());
        core.desk.register.apply(&RegisterChange::Queue(Queue { hold, ..queue }));
    }
    core
}

/// A notice that only carries a member's key.
fn key_of(core: &Core, person: &str) -> Notice {
    let person = PersonId::new(person);
    let to = lotse::ticket::tell::member(&core.desk, &person).unwrap();
    let copies = core.outbox.iter().filter(|notice| notice.ticket == Some(TicketId(17)));
    let copy = copies.into_iter().find(|notice| matches!(notice.matter, Matter::Copy { .. }));
    let copy = copy.cloned().unwrap();
    let reply_to = ReplyTo::Member(person.clone());
    Notice { to: to.mailbox, person: Some(person), reply_to, ..copy }
}

/// Anna answers the last result that she got, or her copy where she got none.
fn anna_answers(core: &mut Core, text: &str) -> Vec<ResultLine> {
    let results = core.outbox.iter().rev().filter(|notice| {
        let is_result = matches!(notice.matter, Matter::Result { .. });
        is_result && notice.to.address.local() == "anna"
    });
    let last = results.into_iter().next().cloned().unwrap_or_else(|| key_of(core, "anna"));
    let before = core.outbox.len();
    core.answer(&last, ANNA, text);
    core.told();
    let mut new = core.outbox.iter().skip(before);
    let result = new.find_map(|notice| match &notice.matter {
        Matter::Result { lines, .. } if notice.to.address.local() == "anna" => Some(lines.clone()),
        _ => None,
    });
    result.unwrap_or_default()
}

fn bernd_says(core: &mut Core, text: &str) {
    let key = key_of(core, "bernd");
    core.answer(&key, BERND, text);
    core.told();
}

/// A ticket without what every line of history changes.
fn bare(core: &Core) -> Ticket {
    let mut ticket = core.ticket(17).clone();
    ticket.transactions = 0;
    ticket.updated_at = ticket.created_at;
    ticket.timers.sort();
    ticket
}

/// A line with the keyword and something that fits behind it.
fn line(keyword: &Keyword) -> String {
    let argument = match keyword.argument {
        Argument::None
        | Argument::Reason
        | Argument::AnyDay
        | Argument::Canned
        | Argument::Site => "",
        Argument::Words => "nur für uns",
        Argument::Because => "Weil es so ist.",
        Argument::Address => "neu@outside.example",
        Argument::Queue => "technik",
        Argument::Person => "bernd",
        Argument::Day => "Freitag",
        Argument::Tickets => "18",
        Argument::Part => "technik",
        Argument::Level => "hoch",
        Argument::Absence => "bis Freitag",
        Argument::Title => "Ein neuer Betreff",
        Argument::Query => "beamer",
        Argument::Table => "users",
        Argument::Line => "close",
        Argument::Choice => "mine",
        Argument::Charge => "tina: Hat es weitererzählt.",
    };
    format!("!{} {argument}", keyword.name).trim_end().to_owned()
}

fn of_members() -> Vec<&'static Keyword> {
    keywords().filter(|keyword| keyword.member.is_some()).collect()
}

fn any_line() -> impl Strategy<Value = String> {
    proptest::sample::select(of_members()).prop_map(line)
}

/// What asks for proof stands beside the ticket, and is no deed before it is proven.
fn any_undoable() -> impl Strategy<Value = String> {
    let keywords: Vec<_> =
        of_members().into_iter().filter(|keyword| keyword.undo != Undo::Never).collect();
    proptest::sample::select(keywords).prop_map(line)
}

/// Whether mail went to others than Anna since so many notices.
fn told_others(core: &Core, before: usize) -> bool {
    core.outbox.iter().skip(before).any(|notice| notice.to.address.local() != "anna")
}

/// What the table says of a keyword, on a ticket that stands somehow.
fn keeps_its_word(prior: &[String], keyword: &Keyword) {
    let mut core = asked();
    prior.iter().for_each(|line| bernd_says(&mut core, line));
    let (before, count) = (bare(&core), core.outbox.len());
    let line = line(keyword);
    let done = anna_answers(&mut core, &line);
    let (after, was_told) = (bare(&core), told_others(&core, count));
    let undone = anna_answers(&mut core, "!undo");
    let stands = bare(&core);
    let about = format!("{prior:?}, then {line}: {done:?}, then {undone:?}");
    match keyword.undo {
        Undo::Whole | Undo::Inside => {
            assert_eq!(stands, before, "{about}");
            let left = undone.iter().any(|line| !line.aside.left.is_empty());
            let is_inside = keyword.undo == Undo::Inside;
            assert!(is_inside || !(was_told || left), "{about}");
            // Words that nobody was told of are named as well.
            assert!(left || !was_told, "{about}");
        }
        Undo::Again | Undo::Never | Undo::Nothing => assert_eq!(stands, after, "{about}"),
    }
    core.told();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Acceptance: every keyword undone leaves the ticket as before; what has left is named.
    #[test]
    fn undo_keeps_what_the_table_says_of_every_keyword(
        prior in proptest::collection::vec(any_line(), 0..4)
    ) {
        for keyword in of_members() {
            keeps_its_word(&prior, keyword);
        }
    }

    /// An answer that stays is no word to anybody: taken back with every keyword beside it.
    #[test]
    fn caught_answer_never_was(prior in any_line(), beside in any_undoable()) {
        let mut core = asked_with_hold("30 min");
        bernd_says(&mut core, &prior);
        prop_assume!(core.ticket(17).queue.as_str() == "kontakt");
        let (before, count) = (bare(&core), core.outbox.len());
        core.answer(&key_of(&core, "anna"), ANNA, &format!("Ja, am Dienstag.\n{beside}"));
        core.told();
        let undone = anna_answers(&mut core, "!17 undo");
        let about = format!("{prior:?}, then {beside}: {undone:?}");
        let left = |wanted: &Left| undone.iter().any(|line| line.aside.left.contains(wanted));
        let otto = "Otto Normal".to_owned();
        let (was_caught, is_gone) = (left(&Left::Caught(otto.clone())), left(&Left::Answer(otto)));
        // A line that is not understood here, or an answer that is asked about, sends nothing.
        prop_assume!(!undone.iter().any(|line| line.outcome == ResultKind::NothingToUndo));
        prop_assert!(!is_gone, "{}", about);
        prop_assert_eq!(&bare(&core), &before, "{}", about);
        core.pass(SignedDuration::from_hours(1));
        core.told();
        let mut new = core.outbox.iter().skip(count);
        let answer = new.find(|notice| matches!(notice.matter, Matter::Answer { .. }));
        prop_assert!(answer.is_none() || !was_caught, "{}: {:?}", about, answer);
    }

    #[test]
    fn as_many_undos_as_deeds_lead_back_to_the_begin(
        lines in proptest::collection::vec(any_undoable(), 1..6)
    ) {
        let mut core = asked();
        let before = bare(&core);
        for line in &lines {
            anna_answers(&mut core, &line.replacen('!', "!17 ", 1));
        }
        for _ in 0..=lines.len() {
            anna_answers(&mut core, "!17 undo");
        }
        let left = anna_answers(&mut core, "!17 undo");
        assert!(left.iter().all(|line| line.outcome == ResultKind::NothingToUndo), "{left:?}");
        assert_eq!(bare(&core), before, "{lines:?}");
    }

    #[test]
    fn trying_changes_nothing(line in any_line(), prior in any_line()) {
        let mut core = asked();
        bernd_says(&mut core, &prior);
        // Who lost the ticket has no key of it.
        prop_assume!(core.ticket(17).queue.as_str() == "kontakt");
        let (before, count) = (core.ticket(17).clone(), core.outbox.len());
        let tried = anna_answers(&mut core, &format!("!try {line}"));
        assert!(!tried.is_empty(), "{line}");
        assert_eq!(core.ticket(17), &before, "{line}: {tried:?}");
        let is_result = |notice: &Notice| matches!(notice.matter, Matter::Result { .. });
        assert!(core.outbox.iter().skip(count).all(is_result), "{line}");
    }
}

#[test]
fn undo_names_how_the_ticket_stands_again() {
    let mut core = asked();
    anna_answers(&mut core, "!nehme\n!betreff Der Beamer\n!frist Freitag");
    let undone = anna_answers(&mut core, "rückgängig");
    assert_eq!(undone[0].outcome, ResultKind::Undone);
    let stands = [
        Stand::Owner(None),
        Stand::Status(Status::New),
        Stand::Subject("Beamer".into()),
        Stand::Due(None),
    ];
    assert_eq!(undone[0].aside.stands, stands);
    assert!(core.timers.is_empty(), "{:?}", core.timers);
}

#[test]
fn answer_that_left_is_named_and_its_ticket_stays_open_with_its_writer() {
    let mut core = asked();
    anna_answers(&mut core, "!frist Freitag");
    let key = key_of(&core, "anna");
    core.answer(&key, ANNA, "Ja, am Dienstag.\n!erledigt");
    core.told();
    let undone = anna_answers(&mut core, "!undo");
    assert_eq!(undone[0].outcome, ResultKind::Undone);
    assert_eq!(undone[0].aside.left, [Left::Answer("Otto Normal".into())]);
    assert_eq!(undone[0].aside.stands, [Stand::Status(Status::Open)]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
    assert!(core.ticket(17).due_at.is_some());
}

#[test]
fn answer_that_stays_leaves_once_when_its_time_has_come() {
    let mut core = asked_with_hold("2 min");
    bernd_says(&mut core, "!watch");
    core.answer(&key_of(&core, "anna"), ANNA, "Ja, am Dienstag.\n!erledigt");
    assert_eq!(core.told(), ["anna: result: Leaves 17, Closed 17"], "nobody has it yet");
    assert_eq!(core.ticket(17).status, Status::Resolved);
    core.pass(SignedDuration::from_secs(119));
    assert_eq!(core.told(), [""; 0]);
    core.pass(SignedDuration::from_secs(1));
    assert_eq!(core.told(), ["otto: answer: Ja, am Dienstag.", "bernd: shown: Ja, am Dienstag."]);
    assert!(core.staying.is_empty() && core.timers.is_empty(), "{:?}", core.timers);
    let undone = anna_answers(&mut core, "!17 undo");
    assert_eq!(undone[0].aside.left, [Left::Answer("Otto Normal".into())]);
}

#[test]
fn answer_that_stays_is_caught_and_the_ticket_is_as_before() {
    let mut core = asked_with_hold("5 min");
    bernd_says(&mut core, "!watch");
    let before = bare(&core);
    core.answer(&key_of(&core, "anna"), ANNA, "Ja, am Dienstag.\n!erledigt");
    core.told();
    let undone = anna_answers(&mut core, "!17 undo");
    assert_eq!(undone[0].outcome, ResultKind::Undone);
    assert_eq!(undone[0].aside.left, [Left::Caught("Otto Normal".into())]);
    assert_eq!(bare(&core), before);
    core.pass(SignedDuration::from_hours(1));
    assert_eq!(core.told(), [""; 0], "nobody hears of it");
    assert!(core.staying.is_empty() && core.timers.is_empty(), "{:?}", core.timers);
}

#[test]
fn answer_is_caught_where_a_colleague_changed_the_ticket_since() {
    let mut core = asked_with_hold("30 min");
    core.answer(&key_of(&core, "anna"), ANNA, "Ja, am Dienstag.");
    core.told();
    bernd_says(&mut core, "!take");
    let undone = anna_answers(&mut core, "!17 undo");
    assert_eq!(undone[0].outcome, ResultKind::Undone);
    assert_eq!(undone[0].aside.left, [Left::Caught("Otto Normal".into())]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("bernd")), "who has it keeps it");
    assert!(core.ticket(17).last_answer.is_none());
    core.pass(SignedDuration::from_hours(1));
    assert_eq!(core.told(), [""; 0]);
}

#[test]
fn automatic_mail_never_stays() {
    let mut core = asked_with_hold("5 min");
    core.write("Eva <eva@outside.example>", "kontakt@nrw.example", "Saal", "Ist er frei?");
    let told = core.told();
    assert!(told.contains(&"eva: receipt".to_owned()), "{told:?}");
}

#[test]
fn ticket_that_was_moved_away_is_fetched_back_and_who_had_mail_is_named() {
    let mut core = asked();
    anna_answers(&mut core, "!nach technik");
    let undone = anna_answers(&mut core, "!rückgängig");
    assert_eq!(undone[0].outcome, ResultKind::Undone);
    assert_eq!(undone[0].aside.left, [Left::Shown(vec!["Tina Technik".into()])]);
    assert_eq!(core.ticket(17).queue.as_str(), "kontakt");
}

#[test]
fn what_a_colleague_changed_since_stays() {
    let mut core = asked();
    anna_answers(&mut core, "!erledigt");
    bernd_says(&mut core, "!öffne");
    bernd_says(&mut core, "!spam");
    let undone = anna_answers(&mut core, "!undo");
    assert_eq!(undone[0].outcome, ResultKind::ChangedSince);
    assert_eq!(undone[0].detail, "Bernd Beispiel");
    assert_eq!(core.ticket(17).status, Status::Rejected);
}

#[test]
fn what_a_colleague_did_besides_is_no_hindrance() {
    let mut core = asked();
    anna_answers(&mut core, "!nehme");
    bernd_says(&mut core, "!betreff Der Beamer");
    let undone = anna_answers(&mut core, "!undo");
    assert_eq!(undone[0].aside.stands, [Stand::Owner(None), Stand::Status(Status::New)]);
    assert_eq!(core.ticket(17).subject, "Der Beamer");
}

#[test]
fn deed_is_taken_back_within_its_span_only() {
    let mut core = asked();
    anna_answers(&mut core, "!erledigt");
    core.pass(SignedDuration::from_hours(25));
    core.told();
    let undone = anna_answers(&mut core, "!undo");
    assert_eq!((undone[0].outcome, undone[0].detail.as_str()), (ResultKind::NothingToUndo, "24"));
    core.desk.site.undo_span = SignedDuration::from_hours(48);
    assert_eq!(anna_answers(&mut core, "!undo")[0].outcome, ResultKind::Undone);
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn words_inside_stay_said() {
    let mut core = asked();
    anna_answers(&mut core, "!intern Der ruft jede Woche an.");
    let undone = anna_answers(&mut core, "!undo");
    assert_eq!(undone[0].outcome, ResultKind::OnlySaid);
    assert_eq!(undone[0].aside.left, [Left::Words]);
}

#[test]
fn nobody_takes_back_what_others_did() {
    let mut core = asked();
    bernd_says(&mut core, "!erledigt");
    assert_eq!(anna_answers(&mut core, "!undo")[0].outcome, ResultKind::NothingToUndo);
    assert_eq!(core.ticket(17).status, Status::Resolved);
}

#[test]
fn what_a_request_went_on_with_is_not_taken_back() {
    const PROCEDURE: &str = "name = \"account\"\naddresses = [\"rt-admin@nrw.example\"]\n\
        title.de = \"Zugang\"\nqueue = \"kontakt\"\n[[step]]\nkind = \"collect\"\n[[step]]\n\
        kind = \"review\"\nby = \"person:jo\"\n[[step]]\nkind = \"tell\"\n";
    const JO: &str = "jo@members.example";
    let mut world = World::of(PROCEDURE, "2026-11-24T10:00:00+01:00");
    world.write(&letter(KIM, "rt-admin@nrw.example", "Ein Zugang bitte\n"));
    world.wait(SignedDuration::from_mins(6));
    let review = world.last_to(JO);
    world.answer(JO, "bewilligt\n");
    assert_eq!(world.request().granted, Some(true));
    let inside = Notice { reply_to: ReplyTo::Internal(PersonId::new("jo")), ..review };
    world.reply_to(&inside, JO, "!undo\n");
    let Matter::Result { lines, .. } = world.last_to(JO).matter else { panic!("no result") };
    assert_eq!(lines[0].outcome, ResultKind::Lasts);
    assert_eq!(world.request().granted, Some(true));
}

#[test]
fn trying_says_who_would_get_mail_and_sends_no_words() {
    let mut core = asked();
    let key = key_of(&core, "anna");
    core.answer(&key, ANNA, "Das gebe ich weiter.\n!probe !nach technik");
    let Matter::Result { lines, answered } = core.last("anna", "result").matter else { panic!() };
    core.told();
    let kinds: Vec<ResultKind> = lines.iter().map(|line| line.outcome).collect();
    assert_eq!((kinds, answered), (vec![ResultKind::WouldAnswer, ResultKind::Moved], false));
    assert_eq!(lines[1].aside.tried, Some(vec!["Tina Technik".to_owned()]));
    assert!(core.ticket(17).last_answer.is_none());
}

#[test]
fn whole_mail_is_tried_where_the_keyword_stands_alone() {
    let mut core = asked();
    let tried = anna_answers(&mut core, "!probe\n!nehme\n!erledigt");
    let kinds: Vec<ResultKind> = tried.iter().map(|line| line.outcome).collect();
    assert_eq!(kinds, [ResultKind::OnlyTried, ResultKind::Taken, ResultKind::Closed]);
    assert_eq!(core.ticket(17).status, Status::New);
}

#[test]
fn digest_lines_are_tried_and_taken_back() {
    let mut core = asked();
    let mut digest = key_of(&core, "anna");
    let day = core.now.to_zoned(core.desk.site.time_zone.clone()).date();
    digest.ticket = None;
    digest.reply_to = ReplyTo::Digest(PersonId::new("anna"), day);
    core.answer(&digest, ANNA, "17 probe spam\nprobe 17 nehme");
    assert_eq!(core.told(), ["anna: result: try Spam 17, try Taken 17"]);
    assert_eq!(core.ticket(17).status, Status::New);
    core.answer(&digest, ANNA, "17 spam");
    core.told();
    core.answer(&digest, ANNA, "17 rückgängig");
    assert_eq!(core.told(), ["anna: result: Undone 17"]);
    assert_eq!(core.ticket(17).status, Status::New);
    assert_eq!(core.tickets.keys().next_back(), Some(&TicketId(18)));
}

#[test]
fn requestor_tries_and_takes_back_nothing() {
    let mut core = asked();
    anna_answers(&mut core, "!nehme");
    let receipt = core.last("otto", "receipt");
    core.answer(&receipt, OTTO, "!undo");
    assert_eq!(core.told(), ["anna: copy: !undo"]);
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("anna")));
}
