//! What goes along with a digest that tells how things stand: its chart, its tables, its dates.
//!
//! Deliberately absent: its words (`templates`), who gets one (`digest`).

use std::collections::BTreeMap;

use jiff::civil::date;
use lotse::desk::Every;
use lotse::mail::{Outgoing, ReversePath, compose, parse};
use lotse::notice::{Renderer, sample};
use lotse::ticket::report::{Report, Week};
use lotse::ticket::{Matter, Notice};
use lotse::types::Locale;

/// The full digest of a week, with as many weeks in its chart as a site has.
fn weekly(locale: Locale) -> Notice {
    let is_full = |one: &sample::Sample| {
        matches!(&one.notice.matter, Matter::Digest { report: Some(report), .. }
            if one.is_full && report.every == Every::Week)
    };
    let mut notice = sample::notices(locale).into_iter().find(is_full).unwrap().notice;
    let report = report(&mut notice);
    let counts = [4, 9, 7, 3, 12, 6, 8, 8, 2, 10, 14, 9, 3_u32];
    let mondays = date(2026, 8, 24).series(jiff::ToSpan::week(1));
    let week = |(monday, opened): (_, u32)| Week {
        monday,
        opened,
        closed: (opened * 5) % 11,
        open: 10 + (opened * 7) % 13,
    };
    report.numbers.as_mut().unwrap().weeks = mondays.zip(counts).map(week).collect();
    notice
}

fn report(digest: &mut Notice) -> &mut Report {
    let Matter::Digest { report, .. } = &mut digest.matter else { panic!("no digest") };
    report.as_mut().unwrap()
}

fn render(notice: &Notice) -> Outgoing {
    let renderer = Renderer::new(&BTreeMap::new()).unwrap();
    renderer.render(&sample::desk(), notice, &sample::contents())
}

fn file<'a>(mail: &'a Outgoing, name: &str) -> &'a str {
    let part = mail.attachments.iter().find(|part| part.name == name);
    std::str::from_utf8(&part.unwrap_or_else(|| panic!("{name}")).content).unwrap()
}

#[test]
fn chart_stands_in_the_mail_and_is_named_for_those_who_do_not_see_it() {
    for locale in Locale::ALL {
        let mail = render(&weekly(locale));
        let html = mail.html.as_deref().unwrap();
        let [picture] = &mail.pictures[..] else { panic!("{locale}: {}", mail.pictures.len()) };
        assert!(html.contains(&format!("src=\"cid:{}\" alt=\"", picture.content_id)), "{html}");
        assert_eq!(picture.content_id, format!("chart.{}", mail.message_id));
        assert!(picture.part.content.starts_with(b"\x89PNG"));
        assert!(picture.part.content.len() < 80_000, "{}", picture.part.content.len());
        let octets = compose(&mail);
        let read = parse(&octets, &ReversePath::Null);
        assert_eq!(read.text.trim(), mail.text.trim());
    }
}

#[test]
fn numbers_go_along_as_tables_that_a_table_program_opens() {
    let mail = render(&weekly(Locale::De));
    let weeks = file(&mail, "wochen.csv");
    assert!(weeks.starts_with("\u{FEFF}Woche ab;neu;erledigt;offen\r\n2026-08-24;4;9;12\r\n"));
    assert_eq!(weeks.lines().count(), 14);
    assert!(file(&mail, "queues.csv").contains("\r\nkontakt;6;1;5;3\r\n"));
    let english = render(&weekly(Locale::En));
    assert!(file(&english, "weeks.csv").contains("\r\n2026-08-24,4,9,12\r\n"));
}

#[test]
fn deadlines_go_along_as_days_and_come_again_under_the_same_name() {
    let notice = weekly(Locale::Sv);
    let mail = render(&notice);
    let calendar = file(&mail, "frister.ics");
    assert_eq!(calendar.matches("BEGIN:VEVENT").count(), 4, "{calendar}");
    let named = |calendar: &str, field: &str| -> Vec<String> {
        calendar.lines().filter(|line| line.starts_with(field)).map(str::to_owned).collect()
    };
    let days = named(calendar, "DTSTART;VALUE=DATE:");
    assert!(days.len() == 4 && days.is_sorted(), "{calendar}");
    let mut later = notice.clone();
    later.at += jiff::SignedDuration::from_hours(7 * 24);
    let again = render(&later);
    let again = file(&again, "frister.ics");
    assert_eq!(named(again, "UID:"), named(calendar, "UID:"));
    assert!(named(again, "SEQUENCE:") > named(calendar, "SEQUENCE:"), "{again}");
}

#[test]
fn daily_digest_brings_no_files() {
    let mut notice = weekly(Locale::De);
    let report = report(&mut notice);
    report.every = Every::Day;
    report.numbers = None;
    let mail = render(&notice);
    assert!(mail.attachments.is_empty() && mail.pictures.is_empty());
    assert!(!mail.html.unwrap().contains("<img"));
}
