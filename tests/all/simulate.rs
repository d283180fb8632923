//! The simulation: worlds that live from one seed, with one daemon and with two over one store, and
//! the laws that hold in all of them.
//!
//! `LOTSE_SEED=17 cargo test --test all simulate` lives one seed again and shows its course;
//! `LOTSE_SEEDS=20000` lives so many.
//! Deliberately absent: sockets, files, threads, the clock.

#[path = "simulate_again.rs"]
mod again;
#[path = "simulate_codes.rs"]
mod codes;
#[path = "simulate_counts.rs"]
mod counts;
#[path = "simulate_decisions.rs"]
mod decisions;
#[path = "simulate_faults.rs"]
mod faults;
#[path = "simulate_laws.rs"]
mod laws;
#[path = "simulate_letters.rs"]
mod letters;
#[path = "simulate_outages.rs"]
mod outages;
#[path = "simulate_people.rs"]
mod people;
#[path = "simulate_procedures.rs"]
mod procedures;
#[path = "simulate_programs.rs"]
mod programs;
#[path = "simulate_spoilt.rs"]
mod spoilt;
#[path = "simulate_steps.rs"]
mod steps;
#[path = "simulate_world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;

use faults::{FAULTS, Fault};
use laws::Broken;
use lotse::notice::matrix;
use lotse::ticket::{Effect, Event, Notice};
use world::World;

/// Steps of a life before it comes to rest: few, and now and then many.
const STEPS: std::ops::Range<u64> = 20..50;
const STEPS_LONG: u64 = 120;
/// Seeds of the test run, in four parts that run side by side.
const SEEDS: u64 = 2000;
/// Seeds within which a planted fault must be noticed.
const FAULT_SEEDS: u64 = 1200;

/// A notice in a word, for the trace.
fn matter(notice: &Notice) -> &'static str {
    matrix::of(&notice.matter).template
}

/// An event and what follows, in one line, for the trace.
fn shown(event: &Event, effects: &[Effect]) -> String {
    let what = match event {
        Event::Mail(mail) => format!("mail {}", mail.position),
        Event::Timer { timer, due_at, .. } => format!("{timer:?} of {due_at}"),
        Event::Submitted(row) => format!("row {} {:?}", row.id, row.outcome),
        Event::Ran(ran) => format!("program of #{} {:?}", ran.ticket, ran.ending),
        Event::Aside(position) => format!("aside {position}"),
        Event::File(mail, queue) => format!("file {} in {queue}", mail.position),
        Event::Again(again) => format!("again {}: {:?}", again.message, again.outcome),
        Event::Surveyed(survey) => format!("surveyed for #{}: {:?}", survey.ticket, survey.plan),
        Event::WayOut(finding) => format!("way out: {finding:?}"),
    };
    let follows: Vec<String> = effects.iter().map(effect).collect();
    format!("{what}: {}", follows.join(", "))
}

fn effect(effect: &Effect) -> String {
    match effect {
        Effect::Record(id, transaction) => {
            let change = format!("{:?}", transaction.change);
            let name = change.split(' ').next().unwrap_or_default();
            format!("#{id}/{} {name}", transaction.sequence)
        }
        Effect::Notify(notice) => {
            format!("row {} {} to {}", notice.id, matter(notice), notice.to.address)
        }
        Effect::File(filing) => format!("filed as {} ({})", filing.taken_for, filing.why),
        Effect::Settle(_, change) => format!("{:?} until {:?}", change.state, change.next_at),
        Effect::Arm(timer, at) => format!("arms {timer:?} for {at}"),
        Effect::Disarm(timer, _) => format!("disarms {timer:?}"),
        Effect::Remember(address, _) => format!("remembers {address}"),
        Effect::Keep(person, inbox) => format!("keeps {} for {person}", inbox.lines.len()),
        Effect::Enroll(_) => "changes the register".to_owned(),
        Effect::Thread(..) => "thread".to_owned(),
        Effect::See(..) => "seen".to_owned(),
        Effect::WayOut(_) => "way out".to_owned(),
        Effect::Run(order) => format!("starts {:?}", order.program),
        Effect::Convene(meeting, id) => format!("convenes {meeting} as #{id}"),
        Effect::Erase(position) => format!("erase {position}"),
        Effect::Aside(position, aside) => format!("aside {position} {}", aside.is_some()),
        Effect::Note(deed) => format!("notes {}", deed.what),
        Effect::Errand(errand) => format!("sends out for {errand:?}"),
    }
}

/// Lives a seed; its course is told if that is wanted.
fn lived(
    (seed, daemons): (u64, usize),
    fault: Option<Fault>,
    is_told: bool,
) -> (World, Result<(), Broken>) {
    let mut world = World::new(seed, daemons, fault);
    world.is_told = is_told;
    let few = STEPS.start + seed % (STEPS.end - STEPS.start);
    let steps = if seed % 16 == 15 { STEPS_LONG } else { few };
    let held = world.run(steps);
    (world, held)
}

fn live(seed: u64, daemons: usize, fault: Option<Fault>) -> Result<World, Broken> {
    let (world, held) = lived((seed, daemons), fault, false);
    held.map(|()| world)
}

/// The same life once more, told.
fn told(seed: u64, daemons: usize) -> String {
    let (world, held) = lived((seed, daemons), None, true);
    let what = held.err().map(|broken| broken.what).unwrap_or_default();
    let letter = world.last_letter();
    let course: Vec<String> = world.trace.into_iter().collect();
    let course = course.join("\n");
    format!("LOTSE_SEED={seed}, {daemons} daemons\n{what}\n\n{course}\n\n{letter}")
}

/// Lives these seeds with one and with two daemons. Of every law that breaks the first life is
/// told, and how many more there are.
fn hold(seeds: impl Iterator<Item = u64>) {
    let mut broken: BTreeMap<&str, (u32, u64, usize)> = BTreeMap::new();
    for seed in seeds {
        for daemons in [1, 2] {
            let Err(Broken { law, .. }) = live(seed, daemons, None) else { continue };
            broken.entry(law).or_insert((0, seed, daemons)).0 += 1;
        }
    }
    let shown: Vec<String> = broken
        .iter()
        .map(|(law, (count, seed, daemons))| {
            format!("{law} does not hold in {count} lives:\n{}", told(*seed, *daemons))
        })
        .collect();
    assert!(broken.is_empty(), "{}", shown.join("\n\n"));
}

#[expect(clippy::disallowed_methods, reason = "a seed to live again is no setting of the program")]
fn wish(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn part(number: u64) {
    match wish("LOTSE_SEED") {
        Some(seed) if number == 0 => hold(std::iter::once(seed)),
        Some(_) => {}
        None => {
            let seeds = wish("LOTSE_SEEDS").unwrap_or(SEEDS);
            hold((0..seeds).filter(|seed| seed % 4 == number));
        }
    }
}

#[test]
fn laws_hold_in_the_first_quarter_of_seeds() {
    part(0);
}

#[test]
fn laws_hold_in_the_second_quarter_of_seeds() {
    part(1);
}

#[test]
fn laws_hold_in_the_third_quarter_of_seeds() {
    part(2);
}

#[test]
fn laws_hold_in_the_fourth_quarter_of_seeds() {
    part(3);
}

#[test]
fn same_seed_lives_the_same_life() {
    for seed in [3, 4] {
        let [(one, held), (other, _)] = [(), ()].map(|()| lived((seed, 2), None, true));
        assert_eq!(held, Ok(()), "seed {seed}");
        assert_eq!(one.store.committed(), other.store.committed());
        assert_eq!(one.trace, other.trace);
    }
}

/// What at least must happen now and then: a world in which nothing does proves nothing.
const HAPPENS: [&str; 67] = [
    "asks add",
    "asks agenda",
    "asks announced",
    "asks applied",
    "asks asked",
    "asks await",
    "asks ballot",
    "asks begin",
    "asks bound",
    "asks call",
    "asks carry",
    "asks chased",
    "asks close",
    "asks complete",
    "asks confirm",
    "asks deny",
    "asks end",
    "asks expire",
    "asks extend",
    "asks fact",
    "asks object",
    "asks open",
    "asks plan",
    "asks poll-closed",
    "asks poll-extended",
    "asks poll-opened",
    "asks probed",
    "asks question",
    "asks ran",
    "asks repeated",
    "asks reported",
    "asks result",
    "asks resume",
    "asks ruled",
    "asks sheet",
    "asks sheets-sent",
    "asks started",
    "asks step",
    "asks support",
    "asks tabled",
    "asks tasked",
    "asks verdict",
    "asks withdraw",
    "does answered",
    "does asked-addition",
    "does automatic",
    "does comment",
    "does correspond",
    "does create",
    "does hold",
    "does lapsed",
    "does not-sent",
    "does prove",
    "does receive",
    "does sitting",
    "does task-of",
    "does undeliverable",
    "ends Dropped",
    "ends Failed",
    "sends answer",
    "sends breaker",
    "sends may-add",
    "sends undeliverable",
    "takes for answer",
    "takes for bounce",
    "takes for copy",
    "takes for own",
];

#[test]
fn much_happens() {
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    // Only long lives.
    for seed in (0..100).map(|number| number * 16 + 15) {
        let Ok(world) = live(seed, 1, None) else { panic!("seed {seed} breaks a law") };
        for (kind, count) in laws::happened(&world) {
            *counts.entry(kind).or_default() += count;
        }
    }
    let missing: Vec<_> =
        HAPPENS.iter().filter(|kind| counts.get(**kind).is_none_or(|count| *count < 2)).collect();
    assert!(missing.is_empty(), "{missing:?} in {counts:#?}");
}

/// Every law by its name as it stands in the source: nothing else there has an underscore.
fn laws() -> BTreeSet<&'static str> {
    const SOURCES: [&str; 9] = [
        include_str!("simulate_again.rs"),
        include_str!("simulate_codes.rs"),
        include_str!("simulate_counts.rs"),
        include_str!("simulate_decisions.rs"),
        include_str!("simulate_laws.rs"),
        include_str!("simulate_outages.rs"),
        include_str!("simulate_programs.rs"),
        include_str!("simulate_steps.rs"),
        include_str!("simulate_world.rs"),
    ];
    let quoted = SOURCES.iter().flat_map(|source| source.lines()).flat_map(|line| {
        // Every second piece stands between quotation marks.
        line.split('"').skip(1).step_by(2)
    });
    let is_law = |word: &&str| {
        let is_name = word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        is_name && word.contains('_')
    };
    quoted.filter(is_law).collect()
}

#[test]
fn every_law_has_a_planted_fault_of_its_own() {
    let planted: BTreeSet<&str> = FAULTS.iter().map(|(_, law, _)| *law).collect();
    let laws = laws();
    let without: Vec<_> = laws.difference(&planted).collect();
    assert!(without.is_empty(), "laws without a planted fault: {without:?}");
    let unknown: Vec<_> = planted.difference(&laws).collect();
    assert!(unknown.is_empty(), "faults that no law is for: {unknown:?}");
    for (place, (fault, ..)) in FAULTS.iter().enumerate() {
        assert!(!FAULTS[..place].iter().any(|(other, ..)| other == fault), "{fault:?} twice");
    }
}

/// Every fourth fault, so that four threads share them; `LOTSE_FAULT=3` plants one alone and says
/// where it was noticed.
fn planted(number: usize) {
    let mut unnoticed = Vec::new();
    let only = wish("LOTSE_FAULT").map(|place| usize::try_from(place).unwrap());
    for (place, (fault, law, hint)) in FAULTS.into_iter().enumerate().skip(number).step_by(4) {
        if only.is_some_and(|only| only != place) {
            continue;
        }
        let noticed = std::iter::once(hint).chain(0..FAULT_SEEDS).find_map(|seed| {
            let daemons = 1 + usize::try_from(seed % 2).unwrap();
            live(seed, daemons, Some(fault)).err().map(|broken| (seed, broken))
        });
        if let (Some((seed, broken)), true) = (&noticed, only.is_some()) {
            writeln!(std::io::stderr(), "{place} {fault:?} at {seed}: {}", broken.law).unwrap();
        }
        if noticed.as_ref().map(|(_, broken)| broken.law) != Some(law) {
            unnoticed.push((place, fault, law, noticed));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
}

#[test]
fn planted_faults_of_the_first_quarter_break_their_laws() {
    planted(0);
}

#[test]
fn planted_faults_of_the_second_quarter_break_their_laws() {
    planted(1);
}

#[test]
fn planted_faults_of_the_third_quarter_break_their_laws() {
    planted(2);
}

#[test]
fn planted_faults_of_the_fourth_quarter_break_their_laws() {
    planted(3);
}
