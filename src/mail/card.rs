//! Calendar entries (RFC 5545) and business cards (RFC 6350) in one line each.
//!
//! Deliberately absent: answering an invitation; repetitions; time zones other than by their names.

/// Octets of a part that are looked at.
const BYTES_MAX: usize = 64 * 1024;
const LINE_CHARS_MAX: usize = 200;

/// An invitation or a card in a line: what, when, where; or who and how to reach.
pub(super) fn summary(media_type: &str, text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(BYTES_MAX)).unwrap_or_default();
    let lines = unfolded(text);
    let pieces = match media_type {
        "text/calendar" | "application/ics" => entry(&lines),
        "text/vcard" | "text/x-vcard" | "text/directory" => card(&lines),
        _ => Vec::new(),
    };
    pieces.join(", ").chars().take(LINE_CHARS_MAX).collect()
}

/// Name, parameters and value of each line.
struct Line<'a> {
    name: String,
    parameters: &'a str,
    value: String,
}

fn unfolded(text: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for line in text.lines() {
        if let Some(more) = line.strip_prefix([' ', '\t']) {
            if let Some(open) = lines.last_mut() {
                open.value.push_str(more.trim_end());
            }
            continue;
        }
        let Some((head, value)) = line.split_once(':') else { continue };
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        // Cards group their lines: `item1.EMAIL`.
        let name = name.rsplit('.').next().unwrap_or_default().trim().to_ascii_uppercase();
        lines.push(Line { name, parameters, value: value.trim_end().to_owned() });
    }
    lines
}

fn entry(lines: &[Line<'_>]) -> Vec<String> {
    let start = lines.iter().position(|line| {
        line.name == "BEGIN" && ["VEVENT", "VTODO"].iter().any(|what| line.value == *what)
    });
    let lines = start.and_then(|start| lines.get(start + 1..)).unwrap_or_default();
    // An alarm inside the entry has a summary of its own.
    let end = lines.iter().position(|line| matches!(line.name.as_str(), "BEGIN" | "END"));
    let lines = lines.get(..end.unwrap_or(lines.len())).unwrap_or_default();
    let value = |name: &str| lines.iter().find(|line| line.name == name);
    let shown = |name: &str| value(name).map(|line| unescaped(&line.value)).unwrap_or_default();
    let time = value("DTSTART").map(|start| span(start, value("DTEND"))).unwrap_or_default();
    let pieces = [shown("SUMMARY"), time, shown("LOCATION")];
    pieces.into_iter().filter(|piece| !piece.is_empty()).collect()
}

fn span(start: &Line<'_>, end: Option<&Line<'_>>) -> String {
    let zone = start.parameters.split(';').find_map(|one| one.strip_prefix("TZID="));
    let zone = if start.value.ends_with('Z') { Some("UTC") } else { zone };
    let mut shown = moment(&start.value);
    let end = end.map(|end| moment(&end.value)).unwrap_or_default();
    // A whole day ends where the next begins; to show that confuses.
    if end.contains(' ') && end != shown {
        let is_same_day = end.split(' ').next() == shown.split(' ').next();
        let end = if is_same_day { end.rsplit(' ').next().unwrap_or_default() } else { &end };
        shown = format!("{shown} - {end}");
    }
    match zone {
        Some(zone) if shown.contains(' ') => format!("{shown} {}", zone.trim_matches('"')),
        _ => shown,
    }
}

/// `20261125T190000` as `2026-11-25 19:00`.
fn moment(value: &str) -> String {
    let (day, time) = value.trim_end_matches('Z').split_once('T').unwrap_or((value, ""));
    let piece = |text: &str, from, to| text.get(from..to).unwrap_or_default().to_owned();
    if day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
        return String::new();
    }
    let day = format!("{}-{}-{}", piece(day, 0, 4), piece(day, 4, 6), piece(day, 6, 8));
    if time.len() < 4 || !time.bytes().all(|byte| byte.is_ascii_digit()) {
        return day;
    }
    format!("{day} {}:{}", piece(time, 0, 2), piece(time, 2, 4))
}

fn card(lines: &[Line<'_>]) -> Vec<String> {
    let all = |name: &'static str| {
        let named = lines.iter().filter(move |line| line.name == name);
        named.map(|line| unescaped(&line.value)).filter(|value| !value.is_empty()).take(2)
    };
    let mut pieces: Vec<String> = all("FN").take(1).collect();
    pieces.extend(all("ORG").take(1).map(|unit| unit.trim_end_matches(';').replace(';', ", ")));
    pieces.extend(all("EMAIL").chain(all("TEL")));
    pieces
}

/// A value as people read it, in one line.
fn unescaped(value: &str) -> String {
    let plain = value.replace("\\n", " ").replace("\\N", " ").replace("\\,", ",");
    let plain = plain.replace("\\;", ";").replace("\\\\", "\\");
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_and_cards_are_one_line() {
        let entry = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\n\
                     DTSTART:19700101T000000\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT\r\n\
                     DTSTART;TZID=Europe/Berlin:20261125T190000\r\n\
                     DTEND;TZID=Europe/Berlin:20261125T210000\r\nSUMMARY:Vorstand\\, mit\r\n  \
                     Kasse\r\nLOCATION:Bonn\r\nBEGIN:VALARM\r\nEND:VALARM\r\nEND:VEVENT\r\n";
        let shown = "Vorstand, mit Kasse, 2026-11-25 19:00 - 21:00 Europe/Berlin, Bonn";
        assert_eq!(summary("text/calendar", entry), shown);
        for (start, shown) in [
            ("DTSTART:20261125T180000Z", "2026-11-25 18:00 UTC"),
            ("DTSTART;VALUE=DATE:20261125", "2026-11-25"),
            ("DTSTART:soon", ""),
        ] {
            let entry = format!("BEGIN:VEVENT\n{start}\nEND:VEVENT\n");
            assert_eq!(summary("text/calendar", &entry), shown);
        }
        let card = "BEGIN:VCARD\nVERSION:4.0\nFN:Otto Normal\nORG:Verein;Vorstand\n\
                    item1.EMAIL;TYPE=work:otto@outside.example\nTEL:+49 228 1\nEND:VCARD\n";
        let shown = "Otto Normal, Verein, Vorstand, otto@outside.example, +49 228 1";
        assert_eq!(summary("text/vcard", card), shown);
        assert_eq!(summary("text/plain", card), "");
    }
}
