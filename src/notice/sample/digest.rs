//! The full sample of a digest that tells how things stand.

use jiff::civil::date;

use crate::desk::{Every, Scope};
use crate::notice::sample::keep::{LYING, lying};
use crate::notice::sample::{address, at, whole};
use crate::ticket::Matter;
use crate::ticket::inbox::{News, Waiting};
use crate::ticket::matter::{DigestItem, Doubt};
use crate::ticket::report::{
    Deadline, Ends, Following, Lacking, Need, Neglected, Numbers, QueueLine, Renewing, Report,
    Troubles, Week,
};
use crate::ticket::state::Priority;
use crate::types::{QueueName, TicketId};

/// Every need, every section, every kind of line.
pub(super) fn full() -> Matter {
    let title = || "Schlüssel für den Vereinsraum".to_owned();
    let with = |ticket, need| DigestItem { need, ..digest_item(ticket, "Zugang", false) };
    let until = Some(at(24));
    Matter::Digest {
        items: vec![
            with(23, Need::Asked { title: title(), until }),
            with(24, Need::Asked { title: title(), until: None }),
            with(41, Need::Undecided { title: title(), of: Some("Ute Beispiel".into()) }),
            with(42, Need::Undecided { title: title(), of: None }),
            with(12, Need::Yours),
            with(13, Need::Due { until: at(24) }),
            with(14, Need::Away { name: "Bernd Beispiel".into(), until: at(24) }),
            digest_item(17, "Frage zum Stammtisch", true),
            digest_item(18, "!!! DRINGEND", false),
        ],
        more: 11,
        report: Some(Box::new(Report {
            every: Every::Week,
            scope: Scope::All,
            hour: 7,
            is_whole: false,
            news: news(),
            deadlines: deadlines(),
            lacking: lacking(),
            renewals: vec![Renewing {
                title: "Regeln".into(),
                version: 5,
                agreed: 3,
                asked: 17,
                missing: (0..14).map(|number| format!("Jo {number}")).collect(),
            }],
            breaches: following(),
            neglected: neglected(),
            numbers: Some(numbers()),
            trouble: Some(Troubles {
                quarantined: 2,
                lying: LYING.map(lying).into(),
                stopped: vec![address("orders", "parcels.example")],
                suspended: vec![address("dana", "old.example")],
                is_new: true,
            }),
        })),
    }
}

fn news() -> Vec<Waiting> {
    let kinds = [News::Letter, News::Answer, News::Comment, News::Held, News::Other];
    let line = |(number, news): (u64, News)| Waiting {
        ticket: TicketId(50 + number),
        subject: "Raum am Freitag".into(),
        news,
        from: "Bernd Beispiel".into(),
        at: at(-3),
        text: Some(whole(1)),
        count: 2,
    };
    (0..).zip(kinds).map(line).collect()
}

fn deadlines() -> Vec<Deadline> {
    let kinds = [
        Ends::Window,
        Ends::Step,
        Ends::Facts,
        Ends::Vote,
        Ends::Meeting,
        Ends::Objection,
        Ends::Overdue,
    ];
    let line = |(number, what): (i64, Ends)| Deadline {
        ticket: TicketId(60 + number.unsigned_abs()),
        title: "Queue crew-koeln".into(),
        at: at(24 * number + 14),
        what,
        names: vec!["Ute Beispiel".into()],
    };
    (0..).zip(kinds).map(line).collect()
}

fn lacking() -> Vec<Lacking> {
    let line = |is_unit, people: &[&str]| Lacking {
        name: "Technik".into(),
        is_unit,
        people: people.iter().map(|name| (*name).to_owned()).collect(),
        minimum: 2,
    };
    vec![line(false, &["Bernd Beispiel"]), line(true, &[])]
}

fn following() -> Vec<Following> {
    let one = |suspension: bool| Following {
        ticket: TicketId(31),
        name: "!!! Anna Muster".into(),
        suspension,
        at: at(0),
        answered_at: Some(at(2)),
        warnings: 2,
    };
    vec![one(false), one(true)]
}

fn neglected() -> Vec<Neglected> {
    let line = |count, more| Neglected {
        queue: QueueName::new("presse"),
        promised: 3,
        count,
        more,
        oldest: (TicketId(9), at(-24 * 34)),
    };
    vec![line(4, false), line(200, true)]
}

fn numbers() -> Numbers {
    let week = |(number, opened, closed, open): (i8, u32, u32, u32)| Week {
        monday: date(2026, 11, number),
        opened,
        closed,
        open,
    };
    let line = |queue: &str, open| QueueLine {
        queue: QueueName::new(queue),
        open,
        nobodys: 1,
        opened: 5,
        closed: 3,
    };
    Numbers {
        opened: 14,
        closed: 11,
        open: 9,
        before: 6,
        answered: [5, 3, 1, 1],
        oldest: Some((TicketId(9), at(-24 * 34))),
        weeks: [(2, 9, 10, 6), (9, 14, 11, 9), (16, 3, 3, 9)].map(week).into(),
        queues: vec![line("kontakt", 6), line("presse", 3)],
    }
}

/// A line of a digest.
pub(super) fn digest_item(ticket: u64, subject: &str, held: bool) -> DigestItem {
    DigestItem {
        ticket: TicketId(ticket),
        from: "Otto Normal".into(),
        subject: subject.into(),
        at: at(-2),
        excerpt: Some(whole(1)),
        doubt: Some(Doubt::Unproven),
        held,
        held_by: held.then(|| "Bernd Beispiel".into()),
        priority: if held { Priority::Low } else { Priority::High },
        need: Need::Nobodys,
    }
}
