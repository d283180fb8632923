//! What goes along with a digest: its numbers as tables, its deadlines for a calendar.
//!
//! Deliberately absent: the chart (`chart`), which stands in the mail itself.

use jiff::ToSpan;
use jiff::civil::Date;

use crate::desk::{Desk, Every};
use crate::mail::compose::OutgoingPart;
use crate::notice::{csv, ics};
use crate::ticket::report::{Deadline, Ends, Numbers, Report};
use crate::ticket::{Notice, key};
use crate::types::Locale;

/// The names of files and columns in a language.
struct Names {
    weeks: &'static str,
    queues: &'static str,
    deadlines: &'static str,
    of_weeks: [&'static str; 4],
    of_queues: [&'static str; 5],
    /// What ends: the time for objections, for an answer, for facts, for votes.
    ends: [&'static str; 4],
}

const fn names(locale: Locale) -> Names {
    match locale {
        Locale::De => Names {
            weeks: "wochen.csv",
            queues: "queues.csv",
            deadlines: "fristen.ics",
            of_weeks: ["Woche ab", "neu", "erledigt", "offen"],
            of_queues: ["Queue", "offen", "bei niemandem", "neu", "erledigt"],
            ends: [
                "letzter Tag für Einwände",
                "es wartet",
                "Angaben fehlen",
                "Ende der Abstimmung",
            ],
        },
        Locale::En => Names {
            weeks: "weeks.csv",
            queues: "queues.csv",
            deadlines: "deadlines.ics",
            of_weeks: ["week from", "new", "closed", "open"],
            of_queues: ["queue", "open", "with nobody", "new", "closed"],
            ends: ["last day for objections", "it waits", "facts are missing", "end of the vote"],
        },
        Locale::Fi => Names {
            weeks: "viikot.csv",
            queues: "jonot.csv",
            deadlines: "maaraajat.ics",
            of_weeks: ["viikko alkaen", "uusia", "suljettu", "avoinna"],
            of_queues: ["jono", "avoinna", "ei kenelläkään", "uusia", "suljettu"],
            ends: ["viimeinen vastalausepäivä", "odottaa", "tietoja puuttuu", "äänestys päättyy"],
        },
        Locale::Sv => Names {
            weeks: "veckor.csv",
            queues: "koer.csv",
            deadlines: "frister.ics",
            of_weeks: ["vecka från", "nya", "stängda", "öppna"],
            of_queues: ["kö", "öppna", "hos ingen", "nya", "stängda"],
            ends: [
                "sista dag för invändningar",
                "det väntar",
                "uppgifter saknas",
                "omröstningen slutar",
            ],
        },
    }
}

/// The files of a digest.
pub(super) fn files(desk: &Desk, notice: &Notice, report: &Report) -> Vec<OutgoingPart> {
    let names = names(notice.locale);
    let tables = report.numbers.as_ref().map(|numbers| tables(&names, numbers, notice.locale));
    tables.into_iter().flatten().chain(dates(desk, notice, report, &names)).collect()
}

fn tables(names: &Names, numbers: &Numbers, locale: Locale) -> Vec<OutgoingPart> {
    let weeks = numbers.weeks.iter().map(|week| {
        let counts = [week.opened, week.closed, week.open].map(|count| count.to_string());
        std::iter::once(week.monday.to_string()).chain(counts)
    });
    let mut tables = vec![table(names.weeks, locale, &names.of_weeks, weeks)];
    if !numbers.queues.is_empty() {
        let queues = numbers.queues.iter().map(|line| {
            let counts = [line.open, line.nobodys, line.opened, line.closed];
            std::iter::once(line.queue.to_string()).chain(counts.map(|count| count.to_string()))
        });
        tables.push(table(names.queues, locale, &names.of_queues, queues));
    }
    tables
}

/// A table as the table programs of a language open it: where the comma is the decimal sign, cells
/// are apart by semicolons, and the mark in front says that the letters are UTF-8.
fn table<Row>(
    name: &str,
    locale: Locale,
    columns: &[&str],
    rows: impl IntoIterator<Item = Row>,
) -> OutgoingPart
where
    Row: IntoIterator<Item = String>,
{
    let separator = if locale == Locale::En { b',' } else { b';' };
    let text = csv::table(separator, columns, rows);
    OutgoingPart {
        name: name.to_owned(),
        media_type: "text/csv".to_owned(),
        content: format!("\u{FEFF}{text}").into_bytes(),
    }
}

/// The deadlines as days, in digests of a week or more: who reads daily sees them daily. A meeting
/// has an entry of its own, with its agenda.
fn dates(desk: &Desk, notice: &Notice, report: &Report, names: &Names) -> Option<OutgoingPart> {
    if report.every < Every::Week {
        return None;
    }
    let entries =
        report.deadlines.iter().filter_map(|deadline| entry(desk, notice, deadline, names));
    let entries: Vec<ics::Entry> = entries.collect();
    (!entries.is_empty()).then(|| ics::part(&entries, names.deadlines))
}

fn entry(desk: &Desk, notice: &Notice, deadline: &Deadline, names: &Names) -> Option<ics::Entry> {
    let [window, step, facts, vote] = names.ends;
    let (kind, what) = match deadline.what {
        Ends::Window => ("window", window),
        Ends::Step => ("step", step),
        Ends::Facts => ("facts", facts),
        Ends::Vote => ("vote", vote),
        Ends::Meeting | Ends::Objection | Ends::Overdue => return None,
    };
    // Its midnight belongs to the day before.
    let last = deadline.at.checked_sub(1.second()).unwrap_or(deadline.at);
    let day = last.to_zoned(desk.site.time_zone.clone()).date();
    Some(ics::Entry {
        uid: format!("{kind}.{}", key::root_id(desk, deadline.ticket)),
        // The later mail is right: a date that moved replaces the one it had.
        revision: days(notice.at.to_zoned(desk.site.time_zone.clone()).date()),
        made_at: notice.at,
        when: ics::When::Day(day),
        title: format!("{}, {}: {what}", deadline.ticket, deadline.title),
        place: None,
        description: deadline.names.join(", "),
    })
}

/// Days since 2026 began.
fn days(day: Date) -> u32 {
    let begin = Date::constant(2026, 1, 1);
    u32::try_from(day.duration_since(begin).as_hours() / 24).unwrap_or(0)
}
