//! Meetings and votes by mail, played as conversations.
//!
//! Deliberately absent: how minutes are read in every wording (`ticket::meeting::minutes`).

use lotse::desk::Meeting;
use lotse::ticket::matter::SheetPage;
use lotse::ticket::sitting::{ItemState, Query};
use lotse::ticket::tally::{Poll, Verdict, Votes};

use super::*;

const JO: &str = "jo@members.example";
const MAX: &str = "max@members.example";
const UTE: &str = "ute@members.example";

const AG: &str = r#"
name = "ag"
title.de = "AG-Treffen"
chair = "jo"
minutes = "max"
queue = "vorstand"
every = "second Tuesday"
at = "20:00"
agenda_before = "7 days"
"#;

/// The procedure of the other tests with other steps behind `collect`.
fn procedure(steps: &str) -> String {
    let (facts, _) = CLUB_KEY.split_once("[[step]]").unwrap();
    format!("{facts}[[step]]\nkind = \"collect\"\n{steps}[[step]]\nkind = \"tell\"\n")
}

fn world(steps: &str, now: &str) -> World {
    let mut world = World::new(now);
    let procedure = Procedure::parse(&procedure(steps)).unwrap();
    let meeting: Meeting = toml::from_str(AG).unwrap();
    assert_eq!(procedure.meeting_problems(std::slice::from_ref(&meeting)), Vec::<String>::new());
    world.desk.procedures = [(procedure.name.clone(), Arc::new(procedure))].into();
    world.desk.site.meetings = vec![meeting];
    world
}

const WINDOW: &str = "[[step]]\nkind = \"announce\"\nto = [\"vorstand@lists.nrw.example\"]\n\
    [[step]]\nkind = \"window\"\nspan = \"4 days\"\nobjectors = \"queue:vorstand\"\n\
    on_objection = \"agenda\"\nmeeting = \"ag\"\n";
const AGENDA: &str = "[[step]]\nkind = \"agenda\"\nmeeting = \"ag\"\n";
const MEETING: &str = "2026-12-08T20:00:00+01:00";

fn vote(rest: &str) -> String {
    format!("[[step]]\nkind = \"vote\"\nby = \"queue:vorstand\"\nspan = \"7 days\"\n{rest}")
}

/// A request of somebody that is complete.
fn request(world: &mut World, from: &str) {
    let text = "Name: Kim Sommer\nGrund: Chorprobe\n";
    world.write(&letter(from, "schluessel@nrw.example", text));
    world.wait(SignedDuration::from_mins(6));
}

/// Ute is against the request that was announced last.
fn objects(world: &mut World) {
    let mut objection = letter(UTE, "queue-kontakt@nrw.example", "!einwand Kim hat schon zwei");
    objection.signed = true;
    objection.in_reply_to = Some(world.message_id(&world.last_to(LIST)));
    world.write(&objection);
}

/// Requests wait for the meeting of 8 December, whose agenda is out.
fn called(count: usize) -> World {
    let mut world = world(AGENDA, "2026-11-24T10:00:00+01:00");
    for number in 0..count {
        request(&mut world, &format!("kim{number}@mail.example"));
    }
    world.until(at(MEETING));
    world
}

fn asked(world: &World) -> Vec<Option<Query>> {
    let Matter::Minutes { asked, .. } = world.last_to(JO).matter else { panic!() };
    asked.iter().map(|line| line.query).collect()
}

fn recorded(world: &World, to: &str) -> Vec<(Option<Verdict>, Option<Votes>)> {
    match world.last_to(to).matter {
        Matter::Minutes { recorded, .. } => {
            recorded.iter().map(|line| (line.verdict, line.votes)).collect()
        }
        Matter::Sheet { pages, .. } => {
            let verdict = |granted| if granted { Verdict::Accepted } else { Verdict::Rejected };
            let of = |page: &SheetPage| {
                let votes = page.sheet.ruling.as_ref().and_then(|ruling| ruling.votes);
                (Some(verdict(page.sheet.granted)), votes)
            };
            pages.iter().map(of).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn request_at(world: &World, number: u64) -> &Request {
    world.ticket(number).request.as_ref().unwrap()
}

fn kinds(world: &World, to: &str) -> Vec<&'static str> {
    let to = address(to);
    let notices = world.outbox.iter().filter(|notice| notice.to.address == to);
    notices.map(|notice| lotse::notice::matrix::of(&notice.matter).template).collect()
}

/// What holds whatever is answered: a request is ruled on at most once, and nobody hears of a
/// result before that.
fn check_rulings(world: &World) {
    for (id, history) in &world.history {
        let is_ruled = |transaction: &&Transaction| {
            matches!(transaction.change, Change::Request { change: RequestChange::Ruled { .. } })
        };
        let rulings = history.iter().filter(is_ruled).count();
        assert!(rulings <= 1, "#{id} was ruled on {rulings} times");
        let hears = |notice: &&Notice| {
            notice.ticket == Some(*id)
                && matches!(notice.matter, Matter::Ruling { .. } | Matter::Outcome { .. })
        };
        let told = world.outbox.iter().filter(hears).count();
        assert!(rulings == 1 || told == 0, "#{id} is told before it is decided");
    }
}

#[test]
fn objection_stands_on_the_agenda_and_the_meeting_decides() {
    let mut world = world(WINDOW, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    objects(&mut world);
    let Matter::Objection { meeting_at, .. } = world.last_to(UTE).matter else { panic!() };
    assert_eq!(meeting_at, Some(at(MEETING)));
    world.until(at("2026-12-01T19:59:59+01:00"));
    assert_eq!(kinds(&world, JO), Vec::<&str>::new());
    world.until(at("2026-12-01T20:00:00+01:00"));
    assert_eq!(kinds(&world, JO), ["agenda"]);
    assert_eq!(kinds(&world, MAX), ["agenda"]);
    let Matter::Agenda { items, records, .. } = world.last_to(JO).matter else { panic!() };
    assert_eq!((items.len(), items[0].objections.len(), records), (1, 1, true));
    let Matter::Agenda { records, .. } = world.last_to(UTE).matter else { panic!() };
    assert!(!records, "the others get it without the fields");
    world.until(at("2026-12-08T22:10:00+01:00"));
    world.answer(JO, "1 angenommen mit 7 zu 2, eine Enthaltung");
    assert_eq!(request_at(&world, 1).granted, Some(true), "the request went on");
    let votes = Some(Votes { yes: 7, no: 2, abstain: 1 });
    assert_eq!(recorded(&world, JO), [(Some(Verdict::Accepted), votes)]);
    assert_eq!(recorded(&world, MAX), [(Some(Verdict::Accepted), votes)]);
    assert_eq!(kinds(&world, KIM), ["complete", "stopped", "outcome"]);
    assert_eq!(kinds(&world, UTE), ["objection", "agenda"], "the list says the rest");
    assert_eq!(kinds(&world, LIST), ["announcement", "stopped", "ruling"]);
    assert_eq!(world.ticket(2).status, Status::Resolved);
    assert!(world.timers.is_empty(), "{:?}", world.timers);
    check_rulings(&world);
}

#[test]
fn withdrawn_objection_leaves_the_agenda_and_the_list_hears_three_times() {
    let mut world = world(WINDOW, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    objects(&mut world);
    world.wait(DAY);
    world.answer(UTE, "hat sich erledigt, ziehe ich zurück");
    world.answer(UTE, "ja");
    assert_eq!(request_at(&world, 1).tabled, None);
    assert_eq!(world.ticket(2).status, Status::Resolved);
    assert!(!world.stopped());
    world.wait(DAY * 20);
    assert_eq!(request_at(&world, 1).granted, Some(true));
    assert_eq!(kinds(&world, LIST), ["announcement", "stopped", "decided"]);
    assert_eq!(kinds(&world, JO), ["sheet"], "nothing stood on the agenda");
}

#[test]
fn agenda_that_was_empty_takes_what_comes_later() {
    let mut world = world(WINDOW, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    objects(&mut world);
    world.answer(UTE, "hat sich erledigt, ziehe ich zurück");
    world.answer(UTE, "ja");
    world.wait(DAY);
    objects(&mut world);
    assert_eq!(world.ticket(2).status, Status::Open);
    world.until(at(MEETING));
    assert_eq!(kinds(&world, JO), ["agenda"]);
    assert_eq!(world.tickets.len(), 2, "one date is one ticket");
}

#[test]
fn refusal_without_a_reason_comes_back_as_a_question_and_nobody_hears_of_it() {
    let mut world = called(2);
    assert_eq!(kinds(&world, "kim0@mail.example"), ["decides"]);
    world.wait(HOUR * 2);
    world.answer(JO, "1 angenommen 7:2:1\ntop 2 abgelehnt\n");
    assert_eq!(asked(&world), [Some(Query::PositionAndReason)]);
    assert_eq!(recorded(&world, JO).len(), 1);
    assert_eq!(kinds(&world, "kim0@mail.example"), ["decides", "outcome"]);
    assert_eq!(kinds(&world, "kim1@mail.example"), ["decides"]);
    world.answer(JO, "das protokoll nennt nur die AG, nicht robin");
    let first = (Some(Verdict::Accepted), Some(votes(7, 2, 1)));
    assert_eq!(recorded(&world, JO), [first, (Some(Verdict::Rejected), None)]);
    assert_eq!(kinds(&world, "kim1@mail.example"), ["decides", "ruling"]);
    let Matter::Ruling { reason, by, granted, .. } = world.last_to("kim1@mail.example").matter
    else {
        panic!()
    };
    assert!(reason.is_some() && by.as_deref() == Some("Jo Beispiel") && !granted);
    assert_eq!(kinds(&world, JO), ["agenda", "minutes", "sheet"], "three mails a meeting");
    assert_eq!(request_at(&world, 3).granted, Some(false));
    check_rulings(&world);
}

#[test]
fn result_that_its_votes_contradict_is_asked_about_and_a_yes_settles_it() {
    let mut world = called(1);
    world.wait(HOUR);
    world.answer(JO, "!accept 1: 2 yes 7 no");
    assert_eq!(asked(&world), [Some(Query::Votes)]);
    assert_eq!(kinds(&world, "kim0@mail.example"), ["decides"]);
    world.answer(JO, "2 zu 7 war falsch, es war umgekehrt?");
    assert!(request_at(&world, 1).ruling.is_none());
    world.answer(JO, "1 angenommen 7:2");
    assert_eq!(kinds(&world, "kim0@mail.example"), ["decides", "outcome"]);
    let mut world = called(1);
    world.wait(HOUR);
    world.answer(JO, "1 abgelehnt 5:4: zwei Drittel waren nötig");
    assert_eq!(asked(&world), [Some(Query::Votes)]);
    world.answer(JO, "ja");
    assert_eq!(request_at(&world, 1).granted, Some(false));
}

#[test]
fn numbers_that_stand_elsewhere_and_results_before_the_meeting_are_not_taken() {
    let mut world = called(1);
    world.answer(JO, "12 angenommen");
    assert_eq!(asked(&world), [Some(Query::NotHere)]);
    let mut early = world_before_the_meeting();
    early.answer(JO, "1 angenommen");
    assert_eq!(asked(&early), [Some(Query::TooEarly)]);
    assert!(request_at(&early, 1).ruling.is_none());
}

fn world_before_the_meeting() -> World {
    let mut world = world(AGENDA, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    world.until(at("2026-12-02T10:00:00+01:00"));
    world
}

#[test]
fn what_remains_without_a_result_stands_on_the_next_agenda() {
    let mut world = called(3);
    world.wait(HOUR * 2);
    world.answer(JO, "1 angenommen\n3 vertagt\n");
    let Matter::Sheet { postponed, pages, .. } = world.last_to(JO).matter else { panic!() };
    assert_eq!(postponed[0].next_at, Some(at("2027-01-12T20:00:00+01:00")));
    assert_eq!(pages.len(), 1);
    world.until(at("2027-01-05T20:00:00+01:00"));
    let Matter::Agenda { items, adds, .. } = world.last_to(JO).matter else { panic!() };
    let mut numbers: Vec<u64> = items.iter().map(|item| item.ticket.0).collect();
    numbers.sort_unstable();
    assert_eq!((numbers, adds), (vec![3, 4], false));
    // Late minutes of the first meeting still count, once.
    let first = world.outbox.iter().find(|one| one.to.address == address(JO)).unwrap().clone();
    world.reply_to(&first, JO, "4 angenommen");
    assert_eq!(request_at(&world, 4).granted, Some(true));
    world.until(at("2027-01-12T21:00:00+01:00"));
    world.answer(JO, "3 angenommen\n4 abgelehnt: doch nicht");
    assert_eq!(request_at(&world, 3).granted, Some(true));
    assert_eq!(request_at(&world, 4).granted, Some(true));
    check_rulings(&world);
}

#[test]
fn request_that_comes_after_the_agenda_is_sent_as_an_addition() {
    let mut world = world_before_the_meeting();
    request(&mut world, "robin@mail.example");
    let Matter::Agenda { items, adds, revision, .. } = world.last_to(JO).matter else { panic!() };
    assert_eq!((items[0].ticket, adds, revision), (TicketId(3), true, 1));
    assert_eq!(kinds(&world, UTE), ["agenda", "agenda"]);
}

#[test]
fn who_keeps_the_minutes_records_too_and_the_chair_is_told() {
    let mut world = called(1);
    world.wait(HOUR);
    world.answer(MAX, "1 angenommen einstimmig");
    assert_eq!(request_at(&world, 1).granted, Some(true));
    let Matter::Sheet { by, .. } = world.last_to(JO).matter else { panic!() };
    assert_eq!(by.as_deref(), Some("Max Malli"));
    world.answer(JO, "1 abgelehnt: anders besprochen");
    assert_eq!(asked(&world), [Some(Query::Already)]);
    assert_eq!(request_at(&world, 1).granted, Some(true));
    world.answer(JO, "1 angenommen 8:0");
    assert_eq!(recorded(&world, JO), [(Some(Verdict::Accepted), Some(votes(8, 0, 0)))]);
    check_rulings(&world);
}

const fn votes(yes: u16, no: u16, abstain: u16) -> Votes {
    Votes { yes, no, abstain }
}

#[test]
fn results_of_others_and_without_proof_record_nothing() {
    let mut world = called(1);
    world.wait(HOUR);
    world.answer(UTE, "1 angenommen 7:2:1");
    let agenda = world.last_to(JO);
    world.reply_to(&agenda, "pia@members.example", "1 angenommen 7:2:1");
    assert!(request_at(&world, 1).ruling.is_none());
    let to = key::reply_address(&world.desk, &world.last_to(MAX)).unwrap();
    let mut forged = letter(JO, to.as_str(), "1 angenommen");
    forged.in_reply_to = None;
    world.write(&forged);
    assert!(request_at(&world, 1).ruling.is_none());
    check_rulings(&world);
}

#[test]
fn keyword_records_from_any_mail_about_the_request() {
    let mut world = called(1);
    world.answer("kim0@mail.example", "Wann höre ich davon?");
    assert_eq!(kinds(&world, JO).last(), Some(&"copy"));
    world.wait(HOUR);
    world.answer(JO, "!reject 1: das Protokoll fehlt");
    assert_eq!(request_at(&world, 1).granted, Some(false));
    assert_eq!(kinds(&world, "kim0@mail.example"), ["decides", "ruling"]);
    let Matter::Ruling { reason: Some(reason), .. } = world.last_to("kim0@mail.example").matter
    else {
        panic!()
    };
    assert_eq!(
        lotse::ticket::words::of(&reason, "!reject 1: das Protokoll fehlt"),
        "das Protokoll fehlt"
    );
}

#[test]
fn meeting_that_is_no_longer_configured_leaves_its_requests_to_people() {
    let mut world = world(AGENDA, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    world.desk.site.meetings.clear();
    world.until(at(MEETING));
    assert_eq!(request_at(&world, 1).agenda.as_deref(), Some("no-meeting"));
    assert_eq!(world.ticket(2).status, Status::Resolved);
}

#[test]
fn meeting_that_moved_takes_its_agenda_along() {
    let mut world = world(AGENDA, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    world.desk.site.meetings[0].except = ["2026-12-08".parse().unwrap()].into();
    world.until(at("2027-01-05T19:00:00+01:00"));
    assert_eq!(kinds(&world, JO), Vec::<&str>::new());
    world.until(at("2027-01-05T20:00:00+01:00"));
    assert_eq!(kinds(&world, JO), ["agenda"]);
}

#[test]
fn request_that_ends_before_the_agenda_leaves_it() {
    let mut world = world(AGENDA, "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    request(&mut world, "robin@mail.example");
    world.answer(KIM, "!zurückziehen");
    world.until(at(MEETING));
    let Matter::Agenda { items, .. } = world.last_to(JO).matter else { panic!() };
    assert_eq!(items.iter().map(|item| item.ticket).collect::<Vec<_>>(), [TicketId(3)]);
    let sitting = world.ticket(2).sitting.as_ref().unwrap();
    assert_eq!(sitting.item(TicketId(1)).unwrap().state, ItemState::Dropped);
}

fn polled(world: &World, to: &str) -> (Poll, Votes) {
    let to = address(to);
    let mut told = world.outbox.iter().rev().filter(|notice| notice.to.address == to);
    let result = told.find_map(|notice| match &notice.matter {
        Matter::Polled { poll, votes, .. } => Some((*poll, *votes)),
        _ => None,
    });
    result.unwrap()
}

/// A vote of Ute and Max has begun.
fn voting(rest: &str) -> World {
    let mut world = world(&vote(rest), "2026-11-24T10:00:00+01:00");
    request(&mut world, KIM);
    assert_eq!(kinds(&world, UTE), ["ballot"]);
    assert_eq!(kinds(&world, KIM), ["decides"]);
    world
}

#[test]
fn votes_are_one_a_person_changeable_and_shown_to_nobody_before_the_close() {
    let play = |first: &str, second: &str| {
        let mut world = voting("quorum = 2\n");
        world.answer(UTE, first);
        world.wait(DAY);
        world.answer(UTE, second);
        world.answer(MAX, first);
        world.until(at("2026-12-01T23:59:59+01:00"));
        world
    };
    let (yes, no) = (play("nein", "ja"), play("ja", "nein"));
    let sent = |world: &World| serde_json::to_string(&world.outbox).unwrap();
    assert_eq!(sent(&yes), sent(&no), "no mail depends on how somebody voted");
    let mut world = yes;
    assert_eq!(kinds(&world, UTE), ["ballot", "ballot-taken", "ballot-taken"]);
    world.wait(HOUR);
    assert_eq!(polled(&world, UTE), (Poll::Tied, votes(1, 1, 0)));
    assert_eq!(kinds(&world, KIM), ["decides", "ruling"]);
    assert!(request_at(&world, 1).polling.as_ref().unwrap().ballots.is_empty());
    let Matter::Polled { names, .. } = world.last_to(UTE).matter else { panic!() };
    assert!(names.is_empty());
    world.answer(UTE, "ja");
    let late = world.outbox.len();
    world.wait(DAY);
    assert_eq!(late, world.outbox.len());
    check_rulings(&world);
}

#[test]
fn vote_is_carried_by_its_majority_and_says_names_only_where_it_is_open() {
    let mut world = voting("quorum = 2\nmajority = \"absolute\"\nopen = true\n");
    world.answer(UTE, "ja");
    world.answer(MAX, "!ja");
    world.wait(DAY * 9);
    assert_eq!(polled(&world, MAX), (Poll::Carried, votes(2, 0, 0)));
    let Matter::Polled { names, .. } = world.last_to(MAX).matter else { panic!() };
    assert_eq!(names.len(), 2);
    assert_eq!(kinds(&world, KIM), ["decides", "outcome"]);
}

#[test]
fn quorum_that_is_missed_leads_to_the_meeting_or_to_people() {
    let mut world = voting("quorum = 2\nmeeting = \"ag\"\n");
    world.answer(UTE, "ja");
    world.wait(DAY * 9);
    assert_eq!(polled(&world, UTE), (Poll::Quorum, votes(1, 0, 0)));
    assert!(request_at(&world, 1).tabled.is_some());
    world.until(at(MEETING) + HOUR);
    world.answer(JO, "1 angenommen");
    assert_eq!(request_at(&world, 1).granted, Some(true));
    let mut world = voting("quorum = 1\n");
    world.wait(DAY * 9);
    assert_eq!(polled(&world, UTE), (Poll::Quorum, votes(0, 0, 0)));
    assert_eq!(request_at(&world, 1).agenda.as_deref(), Some("quorum"));
    assert_eq!(request_at(&world, 1).granted, None);
}

#[test]
fn vote_that_proves_nothing_or_says_nothing_clear_does_not_count() {
    let mut world = voting("quorum = 1\n");
    let ballot = world.last_to(UTE);
    world.reply_to(&ballot, "pia@members.example", "nein");
    world.answer(UTE, "ja oder doch nein?");
    let Matter::Ballot { again, .. } = world.last_to(UTE).matter else { panic!() };
    assert_eq!(again, Some(lotse::ticket::matter::BallotAgain::Unclear));
    let polling = request_at(&world, 1).polling.as_ref().unwrap();
    assert!(polling.ballots.is_empty());
    world.wait(DAY * 9);
    assert_eq!(polled(&world, UTE).0, Poll::Quorum);
}

#[test]
fn words_of_a_ballot_stand_on_no_ticket() {
    let mut world = voting("quorum = 1\n");
    let before = world.history[&TicketId(1)].len();
    world.answer(UTE, "ja, unbedingt");
    for transaction in &world.history[&TicketId(1)][before..] {
        assert_eq!(transaction.message, None, "{:?}", transaction.change);
    }
}

#[test]
fn outage_at_the_end_of_a_vote_lengthens_it() {
    let mut world = voting("quorum = 1\n");
    world.silent_span = HOUR;
    world.until(at("2026-12-02T00:00:01+01:00"));
    let polling = request_at(&world, 1).polling.as_ref().unwrap();
    assert!(polling.result.is_none());
    assert_eq!(polling.ends_at, at("2026-12-03T00:00:00+01:00"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_answered_a_request_is_decided_once_and_told_after(
        answers in proptest::collection::vec((0..3_usize, 0..10_usize, 0..40_i64), 1..12)
    ) {
        let lines = [
            "1 angenommen", "1 abgelehnt", "1 abgelehnt: kein Bedarf", "3 angenommen 2:7",
            "3 angenommen 7:2", "3 vertagt", "top 1 abgelehnt", "ja", "danke",
            "1 angenommen\n3 abgelehnt",
        ];
        let mut world = called(2);
        for (who, line, hours) in answers {
            world.wait(HOUR * i32::try_from(hours * 10).unwrap());
            world.answer([JO, MAX, UTE][who], lines[line]);
            check_rulings(&world);
        }
    }
}
