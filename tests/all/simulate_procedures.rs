//! The procedures of the simulated world, the steps of one of them drawn by the seed, its meeting,
//! and what people answer who are asked by a step, a vote or an agenda.
//!
//! Deliberately absent: who reads what when (`people`).

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::SignedDuration;
use lotse::desk::{Meeting, Procedure, Unit};
use lotse::ticket::{Matter, Notice};

use super::letters::{self, Random};
use super::world::World;

/// Requests with a window go here.
pub(crate) const KEY: &str = "schluessel@nrw.example";
/// Requests with drawn steps go here.
pub(crate) const DRAWN: &str = "antrag@nrw.example";
const CLUB_KEY: &str = r#"
name = "club-key"
addresses = ["schluessel@nrw.example"]
title.de = "Schlüssel für den Vereinsraum"
title.en = "Key for the club room"
[[fact]]
name = "holder"
type = "person"
need = "required"
label.de = ["Inhaber", "Person"]
label.en = ["name", "person"]
[[fact]]
name = "reason"
type = "text"
need = "required"
label.de = ["Grund"]
label.en = ["reason"]
[[step]]
kind = "collect"
[[step]]
kind = "announce"
to = ["board@lists.example"]
[[step]]
kind = "window"
span = "4 days"
objectors = "queue:technik"
on_objection = "agenda"
[[step]]
kind = "apply"
create = "membership"
queue = "keller"
person = "holder"
[[step]]
kind = "tell"
"#;
const HEAD: &str = r#"
name = "drawn"
addresses = ["antrag@nrw.example"]
title.de = "Antrag"
title.en = "Application"
"#;
const FACTS: &str = r#"
[[fact]]
name = "holder"
type = "person"
need = "required"
label.de = ["Inhaber", "Person"]
label.en = ["name", "person"]
[[fact]]
name = "reason"
type = "text"
need = "required"
label.de = ["Grund"]
label.en = ["reason"]
[[fact]]
name = "address"
type = "address"
need = "required"
label.de = ["Adresse"]
label.en = ["address"]
[[fact]]
name = "day"
type = "date"
need = "required"
label.de = ["Tag"]
label.en = ["day"]
[[fact]]
name = "extra"
type = "text"
need = "optional"
label.de = ["Quittung"]
label.en = ["voucher"]
[[fact]]
name = "unit"
type = "unit"
need = "required"
label.de = ["Crew"]
label.en = ["crew"]
[[step]]
kind = "collect"
"#;
const ASKS: &str = "[asks]\nwho = \"speaker\"\nunit = \"unit\"\n";
const UNIT: &str = "id = \"crew\"\nname = \"Crew Hafen\"\nspeaker = \"bob\"\n";
const TELL: &str = "[[step]]\nkind = \"tell\"\nask_help = true\n";

/// Steps that may be drawn, each with how often.
const STEPS: [(u64, &str); 16] = [
    (
        3,
        r#"
kind = "review"
by = "queue:technik"
promise = "2 days"
escalate_to = "queue:kontakt"
"#,
    ),
    (
        2,
        r#"
kind = "review"
by = "person:anna"
target = "2 days"
count = "working"
"#,
    ),
    (
        2,
        r#"
kind = "confirm"
by = "person:bob"
about.de = "Stimmt es?"
about.en = "Is it so?"
promise = "1 day"
"#,
    ),
    (
        3,
        r#"
kind = "joint"
by = ["queue:kontakt", "person:cleo", "speaker:unit"]
about.de = "Es ist nötig."
about.en = "It is needed."
promise = "3 days"
"#,
    ),
    (
        3,
        r#"
kind = "task"
queue = "technik"
text.de = "Für {holder}."
text.en = "For {holder}."
promise = "2 days"
escalate_to = "queue:kontakt"
"#,
    ),
    (
        1,
        r#"
kind = "task"
queue = "keller"
text.de = "Für {holder}."
text.en = "For {holder}."
target = "2 days"
"#,
    ),
    (
        3,
        r#"
kind = "checklist"
[[step.item]]
text.de = "Tür"
text.en = "Door"
by = "person:anna"
span = "2 days"
[[step.item]]
text.de = "Licht"
text.en = "Light"
by = "fact:holder"
span = "3 days"
"#,
    ),
    (
        1,
        r#"
kind = "wait"
span = "2 days"
"#,
    ),
    (
        1,
        r#"
kind = "wait"
date = "day"
"#,
    ),
    (
        1,
        r#"
kind = "wait"
fact = "extra"
"#,
    ),
    (
        2,
        r#"
kind = "escalate"
to = "queue:kontakt"
span = "5 days"
"#,
    ),
    (
        3,
        r#"
kind = "agenda"
meeting = "ag"
"#,
    ),
    (
        4,
        r#"
kind = "vote"
by = "queue:technik"
span = "2 days"
majority = "absolute"
meeting = "ag"
"#,
    ),
    (
        3,
        r#"
kind = "run"
program = ["/bin/make", "account"]
timeout = "60 s"
team = "technik"
"#,
    ),
    (
        1,
        r#"
kind = "run"
program = ["/bin/make", "again"]
timeout = "60 s"
repeatable = true
"#,
    ),
    (
        2,
        r#"
kind = "apply"
create = "bind"
queue = "keller"
address = "address"
"#,
    ),
];
/// Silence that a meeting ends where somebody is against it.
const WINDOW: &str = "[[step]]\nkind = \"announce\"\nto = [\"board@lists.example\"]\n[[step]]\n\
    kind = \"window\"\nspan = \"2 days\"\nobjectors = \"queue:technik\"\non_objection = \
    \"agenda\"\nmeeting = \"ag\"\n";
const MEETING: &str = "name = \"ag\"\ntitle.de = \"AG\"\ntitle.en = \"Board\"\nchair = \
    \"bob\"\nminutes = \"cleo\"\nqueue = \"technik\"\nevery = \"every week from \
    2026-10-20\"\nat = \"20:00\"\nagenda_before = \"2 days\"\n";

/// Every procedure as the seed wants it.
pub(crate) fn procedures(random: &mut Random) -> BTreeMap<String, Arc<Procedure>> {
    let asks = if random.percent(20) { ASKS } else { "" };
    let span = if random.percent(30) { "settle_span = \"0 s\"\n" } else { "" };
    let mut drawn = format!("{HEAD}{span}{asks}{FACTS}");
    for _ in 0..=random.below(3) {
        if random.percent(8) && !drawn.contains("announce") {
            drawn += WINDOW;
        } else {
            drawn += &format!("[[step]]{}", random.weighted(&STEPS));
        }
    }
    drawn += TELL;
    let procedures = [CLUB_KEY, &drawn].map(|text| Arc::new(Procedure::parse(text).unwrap()));
    procedures.into_iter().map(|procedure| (procedure.name.clone(), procedure)).collect()
}

pub(crate) fn meetings() -> Vec<Meeting> {
    vec![toml::from_str(MEETING).unwrap()]
}

pub(crate) fn unit() -> Unit {
    toml::from_str(UNIT).unwrap()
}

/// What a request says; some of it is missing now and then.
pub(crate) fn request(world: &mut World, word: &str, is_drawn: bool) -> String {
    let name = *world.random.pick(&["Cleo Probe", "Cleo Probe", "Bob Beispiel"]);
    let reason = if world.random.percent(70) { "reason: order\n" } else { "" };
    let rest = if is_drawn { rest(world) } else { String::new() };
    format!("Hello,\nname: {name}\n{reason}{rest}\nThanks {word}\n")
}

/// The facts that only a drawn procedure wants.
fn rest(world: &mut World) -> String {
    let days = SignedDuration::from_hours(24 * world.random.below(6).cast_signed());
    let day = (world.at + days).to_zoned(world.desk.site.time_zone.clone()).date();
    let number = world.authored;
    format!("address: neu-{number}@nrw.example\nday: {day}\ncrew: Crew Hafen\n")
}

/// Whether somebody is asked for something on which a request waits.
pub(crate) fn asks(notice: &Notice) -> bool {
    match &notice.matter {
        Matter::Review { .. }
        | Matter::Confirm { .. }
        | Matter::ReasonAsked { .. }
        | Matter::Item { .. }
        | Matter::Task { .. }
        | Matter::Overdue { .. }
        | Matter::Ballot { .. }
        | Matter::Probe { .. }
        | Matter::WasItYou { .. } => true,
        Matter::Agenda { records, .. } => *records,
        Matter::Minutes { asked, .. } => !asked.is_empty(),
        _ => false,
    }
}

/// What somebody says who is asked by a step, a vote or a meeting; nothing for other notices.
pub(crate) fn words(world: &mut World, notice: &Notice, authored: u32) -> Option<String> {
    // What is said of a request may reach who asked; what is said of a task or a vote may not.
    let is_secret = matches!(notice.matter, Matter::Task { .. } | Matter::Ballot { .. });
    let reason = letters::token(authored, false);
    let word = letters::token(authored, is_secret);
    let random = &mut world.random;
    let said = match &notice.matter {
        Matter::Review { .. } | Matter::Confirm { .. } | Matter::Overdue { .. } => {
            random.weighted(&[
                (6, "granted"),
                (2, "yes"),
                (1, "refused"),
                (1, "!refuse"),
                (1, "What is it for?"),
                (1, "!grant"),
                (2, ""),
            ])
        }
        Matter::Item { .. } => random.weighted(&[(6, "done"), (1, "What is meant?"), (1, "")]),
        Matter::ReasonAsked { .. } => random.weighted(&[(3, ""), (1, "yes"), (1, "refused")]),
        Matter::Task { .. } => {
            random.weighted(&[(4, "!close"), (3, "!done"), (1, "!refuse"), (1, "!take"), (1, "")])
        }
        Matter::Ballot { .. } => random.weighted(&[
            (5, "yes"),
            (3, "no"),
            (1, "abstain"),
            (1, "perhaps"),
            (1, "!vote no"),
        ]),
        Matter::BallotTaken { .. } => random.weighted(&[(1, "no"), (2, "yes"), (1, "Thanks")]),
        Matter::Outcome { ask_help: true, .. } => {
            random.weighted(&[(2, "No, thank you."), (2, "How do I log in?"), (1, "Thanks")])
        }
        Matter::Question { .. } if notice.queue.as_str() == "kontakt" => {
            let all = rest(world);
            return Some(format!("name: Cleo Probe\nreason: order {word}\nvoucher: twelve\n{all}"));
        }
        Matter::Agenda { items, .. } => {
            let numbers: Vec<u64> = items.iter().map(|item| item.ticket.0).collect();
            return Some(results(random, &numbers, &reason));
        }
        Matter::Minutes { asked, .. } if !asked.is_empty() => {
            let numbers = asked.iter().filter_map(|line| Some(line.ticket?.0)).collect::<Vec<_>>();
            return Some(results(random, &numbers, &reason));
        }
        _ => return None,
    };
    Some(match said {
        "" => format!("refused: it is too full in there {reason}"),
        "!refuse" if random.percent(70) => format!("!refuse it is too full in there {reason}"),
        "yes" | "no" | "done" | "!close" | "refused" | "!refuse" => said.to_owned(),
        said => format!("{said}\n\n{word}"),
    })
}

/// Results of a meeting, some of them doubtful.
fn results(random: &mut Random, numbers: &[u64], reason: &str) -> String {
    let mut lines = String::new();
    for number in numbers {
        let result = random.weighted(&[
            (5, "accepted 7 to 2"),
            (2, "accepted"),
            (2, "rejected: it costs too much"),
            (1, "rejected"),
            (1, "accepted 2 to 7"),
            (1, "postponed"),
            (1, "rejected 1 to 4: too dear"),
        ]);
        let why = if result.contains(": ") { reason } else { "" };
        lines += &format!("{number} {result} {why}\n");
    }
    if random.percent(10) {
        lines += "999 accepted\n";
    }
    lines
}
