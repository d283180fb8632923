//! Liaison tasks: asked once on each date, settled by an answer, reminded, told (000-06).
//!
//! Deliberately absent: the mails' words (the scenario).

use std::fs;

use jiff::Timestamp;
use lotse::desk::{Liaison, Register};
use lotse::ticket::liaison::Stage;
use lotse::ticket::{Matter, Notice, Status, Timer, first_timers};
use lotse::types::Locale;

use crate::daemon::{Plan, Site};
use crate::procedure::{World, at};

const PROCEDURE: &str = "name = \"key\"\ntitle.de = \"Schlüssel\"\n[[step]]\nkind = \"collect\"\n";

const LIAISON: &str = r#"
name = "board"
title.de = "Kontakt zum Vorstand"
text.de = "Was steht an?"
from = "kontakt"
to = "vorstand"
every = "first Monday"
answer_within = "7 days"
overdue_after = "3 days"
"#;

const JO: &str = "jo@members.example";
const MAX: &str = "max@members.example";

fn liaison(text: &str) -> Liaison {
    toml::from_str(text).unwrap()
}

/// Kontakt asks the board on the first Monday of each month.
fn world() -> World {
    let mut world = World::of(PROCEDURE, "2026-10-28T10:00:00+01:00");
    world.desk.site.liaisons = vec![liaison(LIAISON)];
    arm(&mut world);
    world
}

/// What a daemon does that begins.
fn arm(world: &mut World) {
    let timers: Vec<(Timer, Timestamp)> = first_timers(&world.desk, world.now).collect();
    let ours = timers.into_iter().filter(|(timer, _)| matches!(timer, Timer::Liaison(_)));
    world.timers.extend(ours);
}

fn told(world: &World) -> Vec<(Stage, String)> {
    let stage = |notice: &Notice| match &notice.matter {
        Matter::Liaison { stage, .. } => Some((*stage, notice.to.address.to_string())),
        _ => None,
    };
    world.outbox.iter().filter_map(stage).collect()
}

fn count(world: &World, stage: Stage) -> usize {
    told(world).iter().filter(|(known, _)| *known == stage).count()
}

#[test]
fn team_is_asked_on_the_day_and_its_answer_goes_to_who_asked() {
    let mut world = world();
    world.until(at("2026-11-02T08:59:59+01:00"));
    assert!(told(&world).is_empty(), "not before the day");
    world.until(at("2026-11-02T12:00:00+01:00"));
    let team = count(&world, Stage::Asked);
    assert!(team > 0 && told(&world).contains(&(Stage::Asked, MAX.to_owned())));
    arm(&mut world);
    world.fire(&Timer::Liaison("board".into()), at("2026-11-02T09:00:00+01:00"));
    assert_eq!(count(&world, Stage::Asked), team, "a second start and a second timer ask nobody");
    world.answer(MAX, "Am Samstag ist Sitzung, sonst nichts Neues.");
    assert!(told(&world).contains(&(Stage::Answered, JO.to_owned())), "{:?}", told(&world));
    let ticket = world.ticket(1);
    assert_eq!(ticket.status, Status::Resolved);
    world.until(at("2026-12-06T12:00:00+01:00"));
    assert_eq!(count(&world, Stage::Reminded) + count(&world, Stage::Overdue), 0);
    world.until(at("2026-12-07T12:00:00+01:00"));
    assert_eq!(count(&world, Stage::Asked), 2 * team, "and again in December");
}

#[test]
fn silence_reminds_once_and_is_then_told_once() {
    let mut world = world();
    world.until(at("2026-11-02T12:00:00+01:00"));
    let team = count(&world, Stage::Asked);
    world.until(at("2026-11-09T12:00:00+01:00"));
    assert_eq!((count(&world, Stage::Reminded), count(&world, Stage::Overdue)), (team, 0));
    world.until(at("2026-11-12T12:00:00+01:00"));
    assert!(told(&world).contains(&(Stage::Overdue, JO.to_owned())), "{:?}", told(&world));
    let overdue = count(&world, Stage::Overdue);
    world.until(at("2026-12-01T12:00:00+01:00"));
    assert_eq!((count(&world, Stage::Reminded), count(&world, Stage::Overdue)), (team, overdue));
    assert!(world.ticket(1).status.is_active(), "a late answer still counts");
    world.until(at("2026-12-07T12:00:00+01:00"));
    assert_eq!(world.ticket(1).status, Status::Resolved, "until it is asked again");
    assert_eq!(world.ticket(1).liaison.as_deref().unwrap().stage, Stage::Missed);
    assert_eq!(count(&world, Stage::Asked), 2 * team);
}

#[test]
fn closing_without_words_settles_it() {
    let mut world = world();
    world.until(at("2026-11-02T12:00:00+01:00"));
    world.answer(MAX, "!erledigt");
    assert_eq!(world.ticket(1).liaison.as_deref().unwrap().stage, Stage::Answered);
    world.until(at("2026-12-01T12:00:00+01:00"));
    assert_eq!(count(&world, Stage::Reminded) + count(&world, Stage::Overdue), 0);
}

#[test]
fn dates_that_an_outage_missed_are_one_question() {
    let mut world = world();
    world.now = at("2027-03-10T12:00:00+01:00");
    world.fire(&Timer::Liaison("board".into()), at("2026-11-02T09:00:00+01:00"));
    let team = count(&world, Stage::Asked);
    assert!(team > 0 && world.tickets.len() == 1, "{:?}", told(&world));
    let asked = world.ticket(1).liaison.as_deref().unwrap();
    assert_eq!(asked.on, jiff::civil::date(2027, 3, 1), "the last of them");
    arm(&mut world);
    world.until(at("2027-03-11T12:00:00+01:00"));
    assert_eq!(count(&world, Stage::Asked), team);
    // A clock that was set back asks nothing a second time.
    world.now = at("2027-02-10T12:00:00+01:00");
    arm(&mut world);
    world.fire(&Timer::Liaison("board".into()), at("2027-03-01T09:00:00+01:00"));
    world.until(at("2027-03-02T12:00:00+01:00"));
    assert_eq!(count(&world, Stage::Asked), team);
}

#[test]
fn mistakes_of_the_settings_are_sentences() {
    let world = world();
    let check = |text: &str, register: Option<&Register>| {
        liaison(text).check(Locale::De, register, world.desk.site.days())
    };
    let register = Some(&world.desk.register);
    assert_eq!(check(LIAISON, register), Vec::<String>::new());
    let says = |old: &str, new: &str, expected: &str| {
        let said = check(&LIAISON.replace(old, new), register);
        assert!(said.iter().any(|one| one.contains(expected)), "{said:?}");
    };
    says("to = \"vorstand\"", "to = \"vorstnd\"", "`to` names `vorstnd`, which is no queue");
    says("to = \"vorstand\"", "to = \"kontakt\"", "`from` and `to` are both `kontakt`");
    says("title.de", "title.en", "it has no title in the site's language: add `title.de`");
    says("\"7 days\"", "\"27 days\"", "shorten them, or ask less often");
    says("\nname = \"board\"", "\nname = \"b d\"", "use letters, digits and hyphens");
}

/// A real daemon that is killed again and again asks once.
#[test]
fn daemon_that_is_killed_asks_once() {
    let mut site = Site::new(Plan::new("nrw", "sled"));
    let path = site.path("organization.toml");
    let text = fs::read_to_string(&path).unwrap();
    let technik = "\n[[queue]]\nname = \"technik\"\naddresses = [\"technik@nrw.example\"]\n\
        [[queue.member]]\nperson = \"bruno\"\naccess = \"write\"\n";
    fs::write(&path, format!("{text}{technik}")).unwrap();
    let settings = fs::read_to_string(site.path("lotse.toml")).unwrap();
    let liaison = LIAISON
        .replace("\"vorstand\"", "\"technik\"")
        .replace("first Monday", "every week from 2026-11-30");
    fs::write(
        site.path("lotse.toml"),
        format!("{settings}\n[[liaison]]\n{}", liaison.replace("\"7 days\"", "\"2 days\"")),
    )
    .unwrap();
    site.start().unwrap();
    site.move_clock("2026-11-29T12:00:00+01:00");
    site.kill();
    site.start().unwrap();
    site.move_clock("2026-11-30T12:00:00+01:00");
    assert_eq!((site.tickets().len(), site.count_outgoing()), (1, 1), "Bruno is asked");
    for _ in 0..2 {
        site.kill();
        site.start().unwrap();
        site.move_clock("2026-11-30T13:00:00+01:00");
        assert_eq!((site.tickets().len(), site.count_outgoing()), (1, 1));
    }
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    site.start().unwrap();
    site.move_clock("2026-12-01T12:00:00+01:00");
    assert_eq!((site.tickets().len(), site.count_outgoing()), (1, 1), "the same over a rebuild");
}
