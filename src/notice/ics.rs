//! Dates for a reader's calendar (RFC 5545), published (RFC 5546 section 3.2.1), no invitation.
//!
//! Times are written in UTC, so that no zone has to be described and none can be described wrong:
//! a calendar shows them in its own. Deliberately absent: reading calendars (`mail::card`).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::mail::compose::OutgoingPart;

/// Octets of a content line (RFC 5545 section 3.1), its end aside.
const LINE_BYTES_MAX: usize = 75;

/// When an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From a moment to another.
    Between(Timestamp, Timestamp),
    /// A whole day, wherever its reader is.
    Day(Date),
}

/// What a calendar shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The same for the same date, however often it is sent.
    pub uid: String,
    /// How often it was sent before.
    pub revision: u32,
    /// When this was made.
    pub made_at: Timestamp,
    /// When it is.
    pub when: When,
    /// What it is called.
    pub title: String,
    /// Where, if it is known.
    pub place: Option<String>,
    /// What is on the agenda.
    pub description: String,
}

/// Entries as a part to be attached.
#[must_use]
pub fn part(entries: &[Entry], name: &str) -> OutgoingPart {
    OutgoingPart {
        name: name.to_owned(),
        media_type: "text/calendar".to_owned(),
        content: text(entries).into_bytes(),
    }
}

/// Entries as RFC 5545 writes them, with CRLF line ends.
#[must_use]
pub fn text(entries: &[Entry]) -> String {
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//lotse//lotse//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
    ];
    entries.iter().for_each(|entry| event(entry, &mut lines));
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn event(entry: &Entry, lines: &mut Vec<String>) {
    lines.extend([
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", escaped(&entry.uid)),
        format!("SEQUENCE:{}", entry.revision),
        format!("DTSTAMP:{}", utc(entry.made_at)),
    ]);
    match entry.when {
        When::Between(begins_at, ends_at) => {
            lines.push(format!("DTSTART:{}", utc(begins_at)));
            lines.push(format!("DTEND:{}", utc(ends_at)));
        }
        // Without an end it is the whole day, and occupies nobody (RFC 5545 section 3.6.1).
        When::Day(day) => {
            lines.push(format!("DTSTART;VALUE=DATE:{}", day.strftime("%Y%m%d")));
            lines.push("TRANSP:TRANSPARENT".to_owned());
        }
    }
    lines.push(format!("SUMMARY:{}", escaped(&entry.title)));
    lines.extend(entry.place.as_ref().map(|place| format!("LOCATION:{}", escaped(place))));
    if !entry.description.is_empty() {
        lines.push(format!("DESCRIPTION:{}", escaped(&entry.description)));
    }
    lines.push("END:VEVENT".to_owned());
}

fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value (RFC 5545 section 3.3.11); other control characters are left out.
fn escaped(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => value.extend(['\\', c]),
            '\n' => value.push_str("\\n"),
            c if c.is_control() => {}
            c => value.push(c),
        }
    }
    value
}

/// A line with its end, folded between letters.
fn folded(line: &str) -> String {
    let mut folded = String::with_capacity(line.len() + 8);
    let mut width = 0;
    for c in line.chars() {
        if width + c.len_utf8() > LINE_BYTES_MAX {
            folded.push_str("\r\n ");
            width = 1;
        }
        width += c.len_utf8();
        folded.push(c);
    }
    folded.push_str("\r\n");
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(begins: &str, ends: &str) -> When {
        When::Between(begins.parse().unwrap(), ends.parse().unwrap())
    }

    fn entry() -> Entry {
        Entry {
            uid: "57.0.0.key@nrw.example".into(),
            revision: 1,
            made_at: "2026-12-01T19:00:00Z".parse().unwrap(),
            when: between("2026-12-08T20:00:00+01:00", "2026-12-08T22:00:00+01:00"),
            title: "AG-Treffen, Köln; Saal\\2".into(),
            place: Some("Café\nBeispiel".into()),
            description: "41, Schlüssel für den Vereinsraum\n35, ".repeat(4),
        }
    }

    #[test]
    fn entry_is_published_in_utc_with_a_stable_name() {
        let text = text(&[entry()]);
        for line in [
            "METHOD:PUBLISH",
            "UID:57.0.0.key@nrw.example",
            "SEQUENCE:1",
            "DTSTART:20261208T190000Z",
            "DTEND:20261208T210000Z",
            "SUMMARY:AG-Treffen\\, Köln\\; Saal\\\\2",
            "LOCATION:Café\\nBeispiel",
        ] {
            assert!(text.split("\r\n").any(|known| known == line), "{line}\n{text}");
        }
        let when = between("2026-07-07T20:00:00+02:00", "2026-07-07T21:00:00+02:00");
        let summer = Entry { when, ..entry() };
        assert!(super::text(&[summer]).contains("DTSTART:20260707T180000Z"));
    }

    #[test]
    fn day_stands_in_no_zone_and_several_entries_in_one_file() {
        let day = Entry { when: When::Day(jiff::civil::date(2026, 12, 24)), ..entry() };
        let text = text(&[day, entry()]);
        assert!(text.contains("\r\nDTSTART;VALUE=DATE:20261224\r\nTRANSP:TRANSPARENT\r\n"));
        assert_eq!(text.matches("BEGIN:VEVENT").count(), 2);
        assert_eq!(text.matches("BEGIN:VCALENDAR").count(), 1);
    }

    #[test]
    fn long_lines_are_folded_between_letters() {
        let text = text(&[entry()]);
        assert!(text.ends_with("END:VCALENDAR\r\n"));
        for line in text.split("\r\n") {
            assert!(line.len() <= LINE_BYTES_MAX && !line.contains('\n'), "{line}");
        }
        let unfolded = text.replace("\r\n ", "");
        assert!(unfolded.contains("41\\, Schlüssel für den Vereinsraum\\n35\\, 41"));
    }

    #[test]
    fn nothing_ends_its_line() {
        let evil = Entry { title: "x\r\nATTENDEE:mailto:a@b.example".into(), ..entry() };
        assert!(!text(&[evil]).contains("\r\nATTENDEE"));
    }
}
