//! Answers to digests as mail programs lay them out act on exactly the lines meant.
//!
//! The layouts are written by hand after what the programs do; the digest that they quote is ours.

use lotse::ticket::{Notice, Status};
use lotse::types::{PersonId, TicketId};

use crate::core::{Core, organization};

const DORA: &str = "Dora Digest <dora@members.example>";

/// Four tickets of nobody and Dora's digest of them.
fn asked(locale: &str) -> (Core, Notice) {
    let people = ["Dora Digest", "Bernd Beispiel"];
    let text = organization(&people, &[("kontakt", &["dora write digest", "bernd write digest"])]);
    let text = text.replacen("[[queue]]", &format!("locale = \"{locale}\"\n[[queue]]"), 1);
    let text = text.replacen("\n[[person]]", &format!("\nlocale = \"{locale}\"\n[[person]]"), 1);
    let mut core = Core::new(&text);
    core.now = "2026-11-23T08:00:00Z".parse().unwrap();
    for number in 0..4 {
        let from = format!("Sam{number} <sam{number}@outside.example>");
        core.write(&from, "kontakt@nrw.example", &format!("Frage {number}"), "Wie geht das?");
    }
    for (timer, at) in lotse::ticket::digest::first_timers(&core.desk, core.now) {
        core.timers.insert(timer, at);
    }
    core.pass("2026-11-24T07:30:00Z".parse::<jiff::Timestamp>().unwrap().duration_since(core.now));
    core.told();
    let digest = core.last("dora", "digest");
    (core, digest)
}

/// What the quoted digest looks like in an answer.
fn quoted(core: &Core, digest: &Notice, mark: &str) -> String {
    core.text(digest).lines().map(|line| format!("{mark}{line}\n")).collect()
}

fn history(core: &Core, digest: &Notice, names: [&str; 4]) -> String {
    let [from, sent, to, subject] = names;
    format!(
        "________________________________\n{from}: lotse nrw <desk@nrw.example>\n{sent}: Dienstag, \
         24. November 2026 08:00\n{to}: Dora Digest <dora@members.example>\n{subject}: [nrw] \
         Dienstag, 24. November\n\n{}",
        quoted(core, digest, "")
    )
}

/// 17 is Dora's, 18 is spam, 19 stands as it was with a question about it, 20 is untouched.
fn acted(core: &mut Core) {
    let told = core.told();
    let result = told.iter().find(|line| line.starts_with("dora: result")).cloned();
    let result = result.unwrap_or_else(|| panic!("no result in {told:?}"));
    assert!(result.contains("Taken 17") && result.contains("Spam 18"), "{told:?}");
    assert!(result.contains("NotUnderstood 19 by spam"), "{told:?}");
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("dora")));
    assert_eq!(core.ticket(18).status, Status::Rejected);
    assert_eq!((core.ticket(19).status, &core.ticket(19).owner), (Status::New, &None));
    assert_eq!((core.ticket(20).status, &core.ticket(20).owner), (Status::New, &None));
    assert_eq!(core.tickets.len(), 4, "no line opened {:?}", TicketId(21));
}

const LINES: [(&str, &str); 2] =
    [("de", "17 nehme ich\n!18 spam\n19 spma\n"), ("en", "take 17\n18: spam\n#19 spma\n")];

#[test]
fn outlook_above_its_unmarked_history() {
    for (locale, lines) in LINES {
        let (mut core, digest) = asked(locale);
        let names = if locale == "de" {
            ["Von", "Gesendet", "An", "Betreff"]
        } else {
            ["From", "Sent", "To", "Subject"]
        };
        let text = format!("{lines}\n{}", history(&core, &digest, names));
        core.answer(&digest, DORA, &text);
        acted(&mut core);
    }
}

#[test]
fn gmail_and_thunderbird_above_marked_quotes() {
    for (locale, lines) in LINES {
        for attribution in [
            "Am Di., 24. Nov. 2026 um 08:00 Uhr schrieb lotse nrw <desk@nrw.example>:",
            "On Tue, Nov 24, 2026 at 8:00 AM lotse nrw <desk@nrw.example> wrote:",
            "Am 24.11.26 um 08:00 schrieb lotse nrw:",
            "On 24/11/2026 08:00, lotse nrw wrote:",
        ] {
            let (mut core, digest) = asked(locale);
            let text = format!("{lines}\n{attribution}\n{}", quoted(&core, &digest, "> "));
            core.answer(&digest, DORA, &text);
            acted(&mut core);
        }
    }
}

#[test]
fn apple_mail_and_k9_below_marked_quotes() {
    for (locale, lines) in LINES {
        for (attribution, foot) in [
            ("> Am 24.11.2026 um 08:00 schrieb lotse nrw <desk@nrw.example>:\n", ""),
            ("> On 24 Nov 2026, at 08:00, lotse nrw <desk@nrw.example> wrote:\n", ""),
            (
                "Am 24. November 2026 08:00:00 MEZ schrieb lotse nrw <desk@nrw.example>:\n",
                "-- \nDiese Nachricht wurde von meinem Gerät mit K-9 Mail gesendet.\n",
            ),
        ] {
            let (mut core, digest) = asked(locale);
            let text = format!("{attribution}{}\n{lines}\n{foot}", quoted(&core, &digest, "> "));
            core.answer(&digest, DORA, &text);
            acted(&mut core);
        }
    }
}

#[test]
fn between_the_quoted_lines() {
    for (locale, lines) in LINES {
        let (mut core, digest) = asked(locale);
        let mut lines = lines.lines();
        let mut text = String::new();
        for line in core.text(&digest).lines() {
            text += &format!("> {line}\n");
            if ["17, ", "18, ", "19, "].iter().any(|begin| line.starts_with(begin)) {
                text += &format!("\n{}\n\n", lines.next().unwrap());
            }
        }
        core.answer(&digest, DORA, &text);
        acted(&mut core);
    }
}

#[test]
fn html_only_from_a_phone() {
    for (locale, lines) in LINES {
        let (mut core, digest) = asked(locale);
        let to = lotse::ticket::key::reply_address(&core.desk, &digest).unwrap();
        let new: String = lines.lines().map(|line| format!("<div>{line}</div>")).collect();
        let old = core.text(&digest).replace('&', "&amp;").replace('<', "&lt;");
        let old = old.lines().collect::<Vec<_>>().join("<br>");
        let id = core.message_id(&digest);
        let raw = format!(
            "From: {DORA}\nTo: {to}\nSubject: AW: Digest\nMessage-ID: <h@members.example>\n\
             In-Reply-To: <{id}>\nContent-Type: text/html; charset=utf-8\n\n<html><body>{new}\
             <div><br></div><div>Von meinem iPhone gesendet</div><blockquote type=\"cite\">Am \
             24.11.2026 um 08:00 schrieb lotse nrw &lt;desk@nrw.example&gt;:<br><br></blockquote>\
             <blockquote type=\"cite\">{old}</blockquote></body></html>\n"
        );
        core.accept(&[to.as_str()], &raw);
        acted(&mut core);
    }
}

#[test]
fn last_weeks_digest_does_nothing_to_what_moved_since() {
    let (mut core, digest) = asked("de");
    core.answer(&digest, "Bernd Beispiel <bernd@members.example>", "17 nehme");
    core.told();
    let list = core.last("bernd", "digest");
    core.answer(&list, "Bernd Beispiel <bernd@members.example>", "17 nehme\n18 erledigt");
    core.told();
    core.pass(jiff::SignedDuration::from_hours(24 * 6));
    core.told();
    core.answer(&digest, DORA, "17 spam\n18 spam\n20 nehme");
    let told = core.told();
    let result = told.iter().find(|line| line.contains("result")).unwrap();
    assert!(result.contains("MovedOn 17 by Bernd Beispiel"), "{told:?}");
    assert!(result.contains("Taken 20"), "{told:?}");
    assert_eq!(core.ticket(17).owner, Some(PersonId::new("bernd")));
    assert_eq!(core.ticket(18).status, Status::Resolved);
}
