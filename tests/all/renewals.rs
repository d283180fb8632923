//! Renewals: a new version of a rule text asks exactly those concerned, once, on its first day.
//!
//! Deliberately absent: the mails (the scenarios), how consents are understood (`proofs`).

use std::fs;

use jiff::SignedDuration;
use lotse::desk::{
    Access, Consent, Consenting, Procedure, RegisterChange, RuleText, Table, listing,
};
use lotse::ticket::matter::RenewalStage;
use lotse::ticket::procedure::renew::first_renewals;
use lotse::ticket::{Matter, Notice, Timer};
use lotse::types::{Locale, PersonId, QueueName};
use proptest::prelude::*;

use crate::daemon::{Plan, Site};
use crate::procedure::{DAY, World, at};

const RENEWAL: &str = r#"
name = "renewal"
title.de = "Zustimmung zu den neuen Regeln"
remind = ["7 days"]
expire = "14 days"
[renews]
text = "rules"
suspend = true
[[fact]]
name = "consent"
type = "consent"
need = "required"
text = "rules"
label.de = ["Einverstanden, ja oder nein", "Regeln"]
[[step]]
kind = "collect"
"#;

const KIM: &str = "kim@members.example";
const MAX: &str = "max@members.example";
const PIA: &str = "pia@members.example";

fn text(version: u16, effective: &str) -> RegisterChange {
    RegisterChange::Text(RuleText {
        name: "rules".into(),
        version,
        title: [(Locale::De, "Regeln".to_owned())].into(),
        effective: effective.parse().unwrap(),
        approved_by: "Treffen".into(),
        file: Default::default(),
        content: [(Locale::De, format!("Fassung {version}\n"))].into(),
    })
}

fn consent(world: &World, person: &str, version: u16) -> RegisterChange {
    let text = world.desk.register.text("rules", version).unwrap();
    RegisterChange::Consent(Consent {
        by: Consenting::Person(PersonId::new(person)),
        text: "rules".into(),
        version,
        locale: Locale::De,
        hash: text.hash(Locale::De).unwrap(),
        at: world.now,
        rung: 1,
        message: None,
        ticket: None,
        withdrawn_at: None,
    })
}

/// Jo, Ute and Max work in queues, Kim agreed to version 4, Pia did neither; version 5 holds from
/// Tuesday 1 December on. Ute agreed to it already.
fn world() -> World {
    let mut world = World::of(RENEWAL, "2026-11-23T10:00:00+01:00");
    let register = &mut world.desk.register;
    register.apply(&text(4, "2026-10-01"));
    register.apply(&text(5, "2026-12-01"));
    for (person, version) in [("kim", 4), ("ute", 5)] {
        let change = consent(&world, person, version);
        world.desk.register.apply(&change);
    }
    arm(&mut world);
    world
}

/// What a daemon does that begins.
fn arm(world: &mut World) {
    world.timers.extend(first_renewals(&world.desk, world.now));
}

fn renewals(world: &World) -> Vec<&Notice> {
    let is_it = |notice: &&Notice| matches!(notice.matter, Matter::Renewal { .. });
    world.outbox.iter().filter(is_it).collect()
}

fn stages(world: &World, to: &str) -> Vec<RenewalStage> {
    let own = renewals(world).into_iter().filter(|notice| notice.to.address.as_str() == to);
    own.map(|notice| match &notice.matter {
        Matter::Renewal { stage, .. } => *stage,
        other => panic!("{other:?}"),
    })
    .collect()
}

fn access(world: &World, person: &str, queue: &str) -> Access {
    let queue = world.desk.register.queue(&QueueName::new(queue)).unwrap();
    queue.member(&PersonId::new(person)).unwrap().access
}

fn asked(world: &World) -> Vec<String> {
    let mut asked: Vec<String> =
        renewals(world).iter().map(|notice| notice.to.address.to_string()).collect();
    asked.sort();
    asked
}

#[test]
fn on_the_first_day_exactly_those_concerned_are_asked_once() {
    let mut world = world();
    world.until(at("2026-12-01T06:59:59+01:00"));
    assert!(renewals(&world).is_empty(), "not before the day, and by nobody's mail");
    world.until(at("2026-12-01T12:00:00+01:00"));
    let those = ["jo@members.example", KIM, MAX];
    assert_eq!(asked(&world), those, "not Ute, who agreed, nor Pia, who works nowhere");
    assert_eq!(stages(&world, PIA), []);
    let Matter::Renewal { version, texts, suspends, .. } = &renewals(&world)[0].matter else {
        panic!("asked otherwise");
    };
    assert_eq!((*version, texts.len(), *suspends), (5, 1, true));
    // A daemon that begins anew, and a timer that fires once more, ask nobody again.
    arm(&mut world);
    assert!(!world.timers.keys().any(|timer| matches!(timer, Timer::Renew(..))));
    world.fire(&Timer::Renew("renewal".into(), 5), at("2026-12-01T07:00:00+01:00"));
    assert_eq!(asked(&world), those);
}

#[test]
fn yes_is_a_consent_in_the_register_and_ends_the_request() {
    let mut world = world();
    world.until(at("2026-12-01T12:00:00+01:00"));
    world.answer(MAX, "ja");
    world.wait(SignedDuration::from_mins(10));
    let by = Consenting::Person(PersonId::new("max"));
    let given = world.desk.register.consent("rules", 5, &by).unwrap();
    assert!(given.ticket.is_some() && given.rung >= 1, "{given:?}");
    assert_eq!(stages(&world, MAX), [RenewalStage::First, RenewalStage::Agreed]);
    world.until(at("2027-01-15T12:00:00+01:00"));
    assert_eq!(stages(&world, MAX).len(), 2, "nothing more is asked");
    assert_eq!(access(&world, "max", "vorstand"), Access::Write);
}

#[test]
fn without_an_answer_places_rest_and_come_back_with_the_consent() {
    let mut world = world();
    world.until(at("2026-12-20T12:00:00+01:00"));
    let all = [RenewalStage::First, RenewalStage::Reminder, RenewalStage::Lapsed];
    assert_eq!(stages(&world, MAX), all);
    assert_eq!(access(&world, "max", "vorstand"), Access::Suspended);
    assert_eq!(access(&world, "max", "schluessel"), Access::Write, "the last who writes there");
    assert_eq!(access(&world, "jo", "kontakt"), Access::Write, "the last who writes there");
    let day = jiff::civil::date(2026, 12, 20);
    let state = |world: &World, who: &str| {
        let rows = listing::rows(&world.desk, Table::Renewals, day);
        let row = rows.iter().find(|row| row["who"] == who).unwrap().clone();
        row["state"].as_str().unwrap().to_owned()
    };
    assert_eq!((state(&world, "max"), state(&world, "kim")), ("resting".into(), "lapsed".into()));
    world.answer(MAX, "Ja, einverstanden");
    world.wait(SignedDuration::from_mins(10));
    assert_eq!(access(&world, "max", "vorstand"), Access::Write);
    assert_eq!(stages(&world, MAX).last(), Some(&RenewalStage::Agreed));
    let Matter::Renewal { places, .. } = &world.last_to(MAX).matter else { panic!("no word") };
    assert_eq!(places, &["vorstand"], "he reads what is open again");
    assert_eq!(state(&world, "max"), "agreed");
    world.until(at("2027-02-15T12:00:00+01:00"));
    assert_eq!(access(&world, "max", "vorstand"), Access::Write, "and stays open");
}

#[test]
fn no_to_what_has_lapsed_is_one_mail() {
    let mut world = world();
    world.until(at("2026-12-20T12:00:00+01:00"));
    assert_eq!(stages(&world, MAX).last(), Some(&RenewalStage::Lapsed));
    let before = stages(&world, MAX).len();
    world.answer(MAX, "nein");
    world.wait(SignedDuration::from_mins(10));
    assert_eq!(stages(&world, MAX)[before..], [RenewalStage::Declined], "and asks no second time");
    assert_eq!(access(&world, "max", "vorstand"), Access::Suspended);
    world.until(at("2027-01-20T12:00:00+01:00"));
    assert_eq!(stages(&world, MAX).last(), Some(&RenewalStage::Lapsed), "its time is over again");
    world.answer(MAX, "ja");
    world.wait(SignedDuration::from_mins(10));
    assert_eq!(access(&world, "max", "vorstand"), Access::Write);
}

#[test]
fn report_on_its_way_is_dropped_where_its_reader_rests() {
    let mut world = world();
    let samples = lotse::notice::sample::notices(Locale::De).into_iter();
    let mut samples = samples.map(|sample| sample.notice);
    let mut report = samples.find(|one| matches!(one.matter, Matter::Breaker { .. })).unwrap();
    report.person = Some(PersonId::new("jo"));
    let case = lotse::ticket::Case::default();
    let leaves = |world: &World| lotse::ticket::may_leave(&world.desk, &case, &report, report.at);
    assert_eq!(leaves(&world), None);
    let mut contact = world.desk.register.queue(&QueueName::new("kontakt")).unwrap().clone();
    contact.members.iter_mut().for_each(|member| member.access = Access::Suspended);
    world.desk.register.apply(&RegisterChange::Queue(contact));
    assert_eq!(leaves(&world), Some("left-queue"), "it shows what a stranger wrote");
}

#[test]
fn who_rests_reads_no_digest_of_the_queue() {
    let mut world = world();
    world.until(at("2026-12-20T12:00:00+01:00"));
    assert_eq!(access(&world, "max", "vorstand"), Access::Suspended);
    let letter = crate::procedure::letter("otto@mail.example", "queue-vorstand@nrw.example", "?");
    world.write(&letter);
    world.now = at("2026-12-22T07:00:00+01:00");
    for person in ["ute", "max"] {
        world.fire(&Timer::Digest(PersonId::new(person)), world.now);
    }
    let digests = world.outbox.iter().filter(|one| matches!(one.matter, Matter::Digest { .. }));
    let readers: Vec<&str> = digests.map(|one| one.to.address.as_str()).collect();
    assert_eq!(readers, ["ute@members.example"], "what waits there is none of his while he rests");
}

#[test]
fn no_is_noted_and_may_become_a_yes() {
    let mut world = world();
    world.until(at("2026-12-01T12:00:00+01:00"));
    world.answer(KIM, "nein");
    world.wait(SignedDuration::from_mins(10));
    assert_eq!(stages(&world, KIM), [RenewalStage::First, RenewalStage::Declined]);
    let by = Consenting::Person(PersonId::new("kim"));
    assert!(world.desk.register.consent("rules", 5, &by).is_none());
    let rows = listing::rows(&world.desk, Table::Renewals, jiff::civil::date(2026, 12, 1));
    let kim = rows.iter().find(|row| row["who"] == "kim").unwrap();
    assert_eq!(kim["state"], "declined", "the coordinators see it");
    let Matter::Renewal { until, .. } = &world.last_to(KIM).matter else { panic!("no word") };
    assert!(until.is_some_and(|until| until < at("2026-12-17T00:00:00+01:00")), "{until:?}");
    world.answer(KIM, "ja");
    world.wait(SignedDuration::from_mins(10));
    assert!(world.desk.register.consent("rules", 5, &by).is_some());
    assert_eq!(stages(&world, KIM).last(), Some(&RenewalStage::Agreed));
}

#[test]
fn consent_that_was_given_elsewhere_is_not_asked_for_again() {
    let mut world = world();
    world.until(at("2026-12-01T12:00:00+01:00"));
    let change = consent(&world, "max", 5);
    world.desk.register.apply(&change);
    world.until(at("2027-01-15T12:00:00+01:00"));
    assert!(!stages(&world, MAX).contains(&RenewalStage::Reminder));
    assert!(!stages(&world, MAX).contains(&RenewalStage::Lapsed));
    assert_eq!(access(&world, "max", "vorstand"), Access::Write);
}

#[test]
fn version_that_held_before_the_site_began_renews_nothing() {
    let mut world = World::of(RENEWAL, "2026-12-10T10:00:00+01:00");
    for change in [text(4, "2026-10-01"), text(5, "2026-12-01"), text(6, "2027-02-01")] {
        world.desk.register.apply(&change);
    }
    let timers = first_renewals(&world.desk, world.now);
    let versions: Vec<&Timer> = timers.iter().map(|(timer, _)| timer).collect();
    assert_eq!(versions, [&Timer::Renew("renewal".into(), 6)]);
    let alone = World::of(RENEWAL, "2026-09-10T10:00:00+01:00");
    let mut alone = alone;
    alone.desk.register.apply(&text(4, "2026-10-01"));
    assert!(first_renewals(&alone.desk, alone.now).is_empty(), "the first version renews nothing");
}

#[test]
fn text_that_is_put_off_is_asked_for_on_the_later_day() {
    let mut world = world();
    world.desk.register.apply(&text(5, "2026-12-15"));
    arm(&mut world);
    world.until(at("2026-12-14T12:00:00+01:00"));
    assert!(renewals(&world).is_empty(), "{:?}", asked(&world));
    world.until(at("2026-12-15T12:00:00+01:00"));
    assert_eq!(asked(&world).len(), 3);
}

/// More than are asked at once: all are, a minute apart, nobody twice.
#[test]
fn many_are_asked_in_turns() {
    let mut world = world();
    let mut queue = world.desk.register.queue(&QueueName::new("kontakt")).unwrap().clone();
    for number in 0..120 {
        let id = format!("p{number}");
        world.desk.register.apply(&crate::procedure::person(&id, "Person"));
        let member = queue.members[0].clone();
        queue.members.push(lotse::desk::Member { person: PersonId::new(id), ..member });
    }
    world.desk.register.apply(&RegisterChange::Queue(queue));
    world.until(at("2026-12-01T12:00:00+01:00"));
    let all = asked(&world);
    assert_eq!(all.len(), 123);
    let unique: std::collections::BTreeSet<_> = all.iter().collect();
    assert_eq!(unique.len(), 123);
    assert_eq!(world.desk.register.renewal("renewal", 5).unwrap().asked.len(), 123);
}

#[test]
fn what_is_missing_in_the_settings_is_said() {
    let problems = |text: &str| {
        let procedure = Procedure::parse(text).unwrap();
        procedure.check(Locale::De, &world().desk.register)
    };
    assert!(problems(RENEWAL).is_empty(), "{:?}", problems(RENEWAL));
    let unknown = problems(&RENEWAL.replace("text = \"rules\"\nsuspend", "text = \"x\"\nsuspend"));
    assert!(
        unknown.iter().any(|one| one.contains("renews `x`, which is no [[text]]")),
        "{unknown:?}"
    );
    assert!(unknown.iter().any(|one| one.contains("asks nobody for consent")), "{unknown:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// However often the daemon begins anew and whoever answers what in between, each is asked for
    /// the first time exactly once, and who agreed has every place as before.
    #[test]
    fn each_is_asked_once_and_nobody_who_agreed_rests(
        steps in proptest::collection::vec((0_i64..6, 0_usize..3, any::<bool>()), 1..12)
    ) {
        let mut world = world();
        world.until(at("2026-11-30T12:00:00+01:00"));
        for (days, who, agrees) in steps {
            world.wait(DAY * i32::try_from(days).unwrap());
            arm(&mut world);
            let who = ["jo@members.example", KIM, MAX][who];
            if !stages(&world, who).is_empty() {
                world.answer(who, if agrees { "ja" } else { "nein" });
            }
        }
        world.wait(DAY * 2);
        for who in ["jo@members.example", KIM, MAX] {
            let first = stages(&world, who).into_iter().filter(|one| *one == RenewalStage::First);
            prop_assert!(first.count() <= 1);
            let id = PersonId::new(who.split('@').next().unwrap());
            let by = Consenting::Person(id.clone());
            if world.desk.register.agreed("rules", 5, &by).is_some() {
                let rests = world.desk.register.queues().filter_map(|queue| queue.member(&id));
                prop_assert!(rests.into_iter().all(|member| member.access == Access::Write));
            }
        }
    }
}

/// A renewal survives the books: as it was written, so it is read.
#[test]
fn renewal_is_read_as_it_was_written() {
    let mut world = world();
    world.until(at("2026-12-20T12:00:00+01:00"));
    let changes = world.desk.register.as_changes();
    let mut again = lotse::desk::Register::default();
    for change in changes {
        let text = serde_json::to_string(&change).unwrap();
        again.apply(&serde_json::from_str(&text).unwrap());
    }
    assert_eq!(
        again.renewals().collect::<Vec<_>>(),
        world.desk.register.renewals().collect::<Vec<_>>()
    );
}

/// A real daemon that was down over the whole first day asks late, once; begun anew, nobody again.
#[test]
fn daemon_that_was_down_on_the_day_asks_late_and_once() {
    let mut site = Site::new(Plan::new("nrw", "sled"));
    let path = site.path("organization.toml");
    let before = fs::read_to_string(&path).unwrap();
    let texts = [(4, "2026-10-01"), (5, "2026-12-01")].map(|(version, effective)| {
        fs::write(site.path(&format!("rules-{version}.txt")), format!("{version}\n")).unwrap();
        format!(
            "[[text]]\nname = \"rules\"\nversion = {version}\ntitle.de = \"Regeln\"\n\
             effective = {effective}\nfile.de = \"rules-{version}.txt\"\n"
        )
    });
    fs::write(&path, format!("{before}\n{}", texts.concat())).unwrap();
    fs::create_dir_all(site.path("procedures")).unwrap();
    fs::write(site.path("procedures/renewal.toml"), RENEWAL).unwrap();
    let settings = fs::read_to_string(site.path("lotse.toml")).unwrap();
    let settings = settings.replacen("[site]\n", "[site]\nprocedures = \"procedures\"\n", 1);
    fs::write(site.path("lotse.toml"), settings).unwrap();
    site.start().unwrap();
    site.move_clock("2026-11-30T12:00:00+01:00");
    assert_eq!(site.count_outgoing(), 0);
    assert_eq!(site.stop().code(), Some(0));
    site.start().unwrap();
    site.move_clock("2026-12-03T12:00:00+01:00");
    let asked = |site: &Site| site.look(&["register", "renewals"]).len();
    assert_eq!((asked(&site), site.count_outgoing()), (2, 2), "both members, late, once each");
    for _ in 0..2 {
        assert_eq!(site.stop().code(), Some(0));
        site.start().unwrap();
        site.move_clock("2026-12-04T12:00:00+01:00");
        assert_eq!((asked(&site), site.count_outgoing()), (2, 2));
    }
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    site.start().unwrap();
    assert_eq!((asked(&site), site.count_outgoing()), (2, 2), "the same over a rebuild");
}
