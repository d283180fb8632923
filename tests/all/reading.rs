//! How mail is read: new text and quotes, kinds, delivery reports, trusted verdicts.
//!
//! Cases stand in `fixtures/reading`, a few to a file, each below a line `=== name`. In texts every
//! line begins with what it must be taken for: `N` new, `Q` quoted, `A` attribution, `S` signature,
//! `H` history, `W` forwarded, `F` new behind its quote mark, `.` whatever; `O` lines are the text
//! of ours that is being answered.

use std::fs;
use std::path::Path;

use lotse::mail::authres::{self, AuthResult, Verdicts};
use lotse::mail::automatic::{self, Kind};
use lotse::mail::dsn::{self, Action, Report};
use lotse::mail::quote::{self, Part};
use lotse::mail::{Attachment, Field, Message, ReversePath};
use lotse::types::{Address, Mailbox};
use proptest::prelude::*;

/// Name and lines of every case in files of `fixtures/reading` that begin with `prefix`.
fn cases(prefix: &str) -> Vec<(String, Vec<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reading");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases: Vec<(String, Vec<String>)> = Vec::new();
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with(prefix) {
            continue;
        }
        let before = cases.len();
        for line in fs::read_to_string(&file).unwrap().lines() {
            if let Some(title) = line.strip_prefix("=== ") {
                cases.push((format!("{name}: {title}"), Vec::new()));
            } else if cases.len() > before {
                cases.last_mut().unwrap().1.push(line.to_owned());
            }
        }
        assert!(cases.len() > before, "{name} holds no case");
    }
    cases
}

fn mark(part: Part) -> char {
    match part {
        Part::New => 'N',
        Part::Quoted => 'Q',
        Part::Attribution => 'A',
        Part::Signature => 'S',
        Part::History => 'H',
        Part::Forwarded => 'W',
    }
}

/// The marked lines of a case: marks, text, and our own text if there is one.
fn marked(lines: &[String]) -> (Vec<char>, Vec<&str>, Option<String>) {
    let (mut marks, mut text, mut ours) = (Vec::new(), Vec::new(), None);
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let mark = line.chars().next().unwrap();
        let rest = line.get(1..).unwrap();
        let rest = rest.strip_prefix(' ').unwrap_or(rest);
        if mark == 'O' {
            let ours: &mut String = ours.get_or_insert_default();
            ours.push_str(rest);
            ours.push('\n');
        } else {
            assert!("NQASHFW.".contains(mark), "unknown mark in `{line}`");
            marks.push(mark);
            text.push(rest);
        }
    }
    (marks, text, ours)
}

#[test]
fn every_line_is_taken_for_what_it_is() {
    let cases = cases("text-");
    assert!(cases.len() >= 60, "only {} cases", cases.len());
    let mut wrong = String::new();
    for (name, lines) in &cases {
        let (marks, text, ours) = marked(lines);
        let text = text.join("\n");
        let reply = quote::split(&text, ours.as_deref());
        assert_eq!(reply.lines.len(), marks.len(), "{name}");
        for (wanted, line) in marks.iter().zip(&reply.lines) {
            let is_right = match wanted {
                '.' => true,
                'F' => line.part == Part::New && !line.text.starts_with('>'),
                wanted => mark(line.part) == *wanted,
            };
            if !is_right {
                wrong.push_str(&format!("{name}: {wanted} {:?} {}\n", line.part, line.text));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn line_ends_of_windows_change_nothing() {
    for (name, lines) in cases("text-") {
        let (_, text, ours) = marked(&lines);
        let (unix, windows) = (text.join("\n"), text.join("\r\n"));
        let (unix, windows) =
            (quote::split(&unix, ours.as_deref()), quote::split(&windows, ours.as_deref()));
        assert_eq!(unix, windows, "{name}");
    }
}

#[test]
fn text_is_trimmed_and_its_gaps_are_one_line() {
    let reply = quote::split("\n\nHallo,\n\n\n> alt\n\n\ndanke  \n\n-- \nOtto", None);
    assert_eq!(reply.text(), "Hallo,\n\ndanke");
    assert_eq!(reply.signature(), "-- \nOtto".replace("-- ", "--"));
}

#[test]
fn whole_text_stays_where_nothing_new_is_found() {
    let reply = quote::split("> only a quote\n\n-- \nOtto", None);
    assert_eq!(reply.text(), "> only a quote\n\n--\nOtto");
}

#[test]
fn our_own_text_alone_is_no_new_text() {
    let ours = "Hallo Kim,\nbitte nenne uns noch den Grund für deinen Antrag.\nViele Grüße\nlotse";
    let quoted =
        "Hallo Kim,\nbitte nenne uns noch den Grund\nfür deinen Antrag.\nViele Grüße\nlotse";
    assert_eq!(quote::split(quoted, Some(ours)).text(), "");
    let marked = format!("> {}", ours.replace('\n', "\n> "));
    assert_eq!(quote::split(&marked, Some(ours)).text(), "");
}

#[test]
fn an_answer_below_our_unmarked_text_is_shown_with_the_whole() {
    let ours = "Hallo Kim,\nbitte nenne uns noch den Grund für deinen Antrag.\nViele Grüße\nlotse";
    let text = format!(
        "Von: lotse <desk@nrw.example>\nGesendet: 20. November 2026 10:01\n\
         An: Kim <kim@mail.example>\nBetreff: Antrag\n\n{ours}\n\nfür die Presse"
    );
    let reply = quote::split(&text, Some(ours));
    assert!(reply.text().ends_with("für die Presse"));
    assert!(reply.lines.iter().all(|line| line.part != Part::New || line.is_blank()));
}

#[test]
fn hostile_texts_take_linear_time() {
    let deep = (1..=300).map(|depth| format!("{} text {depth}\n", ">".repeat(depth)));
    let ours = "a a a a a a a a ".repeat(4_000);
    for text in [
        ">\n".repeat(1_000_000),
        "> On Fri, 20 Nov 2026 Anna wrote:\n".repeat(20_000),
        "On Fri, 20 Nov 2026 at 10:00, Anna <a@b.example> wrote:\n".repeat(20_000),
        "Von: x\n".repeat(20_000),
        "---------- Forwarded message\n".repeat(20_000),
        "--\n".repeat(20_000),
        "a a a\n".repeat(20_000),
        "<mailto:".repeat(20_000),
        "|\n\n".repeat(20_000),
        "x On Fri, 20 Nov 2026 at 10:00, Anna <a@b.example> wrote:\n> a\n".repeat(5_000),
        "---- Original Message ----\n".repeat(20_000),
        "________________________________\n".repeat(20_000),
        "              To\n".repeat(20_000),
        "confidential, sent in error\n\n".repeat(20_000),
        "> http://x (\n a)\n".repeat(20_000),
        "> a\n\n\n\n\n".repeat(20_000),
        "a ".repeat(12_500_000),
        ">".repeat(25_000_000),
        deep.collect(),
    ] {
        let reply = quote::split(&text, Some(&ours));
        assert!(!reply.lines.is_empty());
        assert!(reply.in_context().len() <= text.len());
    }
}

/// From, Sent, To and Subject as Outlook writes them, and how a message is called.
const BLOCKS: [(&str, &str, &str, &str, &str); 15] = [
    ("From", "Sent", "To", "Subject", "Original Message"),
    ("Von", "Gesendet", "An", "Betreff", "Ursprüngliche Nachricht"),
    ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe", "Alkuperäinen viesti"),
    ("Från", "Skickat", "Till", "Ämne", "Ursprungligt meddelande"),
    ("De", "Envoyé", "À", "Objet", "Message d'origine"),
    ("De", "Enviado el", "Para", "Asunto", "Mensaje original"),
    ("Da", "Inviato", "A", "Oggetto", "Messaggio originale"),
    ("Van", "Verzonden", "Aan", "Onderwerp", "Oorspronkelijk bericht"),
    ("Od", "Wysłano", "Do", "Temat", "Oryginalna wiadomość"),
    ("Fra", "Sendt", "Til", "Emne", "Oprindelig meddelelse"),
    ("Fra", "Sendt", "Til", "Emne", "Opprinnelig melding"),
    ("De", "Enviada em", "Para", "Assunto", "Mensagem original"),
    ("От", "Отправлено", "Кому", "Тема", "Исходное сообщение"),
    ("差出人", "送信日時", "宛先", "件名", "元のメッセージ"),
    ("发件人", "发送时间", "收件人", "主题", "原始邮件"),
];

#[test]
fn histories_of_all_languages_and_programs_are_told() {
    let mut wrong = String::new();
    for (from, sent, to, subject, original) in BLOCKS {
        for colon in [":", " :", "\u{a0}:"] {
            let block = format!(
                "{from}{colon} Desk <desk@nrw.example>\n{sent}{colon} 20.11.2026 10:01\n\
                 {to}{colon} Kim <kim@mail.example>\n{subject}{colon} Lamp\n"
            );
            let bold = block.replace(&format!("{from}{colon}"), &format!("*{from}{colon}*"));
            let below = [
                format!("\n{block}\n!close\n"),
                format!("\n{bold}\n!close\n"),
                format!("\n________________________________\n{block}\n!close\n"),
                format!("\n-----{original}-----\n{block}\n!close\n"),
                format!("\n-------- {original} --------\n!close\n"),
                format!("\n\n{}\n!close\n", block.replace('\n', "\r\n")),
            ];
            for history in below {
                let text = format!("!take\n\n{history}");
                let reply = quote::split(&text, None);
                if reply.text() != "!take" {
                    wrong.push_str(&format!("{text}\n=> {}\n\n", reply.text()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_without_loss(text in "(?s).{0,400}", ours in "(?s).{0,200}") {
        let reply = quote::split(&text, Some(&ours));
        prop_assert!(reply.lines.iter().all(|line| text.contains(line.text)));
        prop_assert_eq!(quote::split(&text, None).lines.len(), text.lines().count());
    }

    #[test]
    fn a_quoted_keyword_is_never_new(
        above in "[a-zA-Z .:!\n]{0,80}",
        below in "[a-zA-Z .:!\n]{0,80}",
        ours in "[a-z :!\n]{0,80}",
    ) {
        let text = format!("{above}\n> !close\n{below}");
        let reply = quote::split(&text, Some(&ours));
        let is_new = reply.lines.iter().any(|line| {
            line.part == Part::New && line.text.contains("> !close")
        });
        prop_assert!(!is_new);
        prop_assert_eq!(
            reply.lines.iter().filter(|line| line.text == "!close").count(),
            text.lines().filter(|line| *line == "!close").count()
        );
    }

    #[test]
    fn a_keyword_in_a_quote_of_html_is_quoted_whatever_stands_around(
        before in "(<(b|p|div|font|span|td|table|tr|li|ul|a x='>'|center)>|x| ){0,12}",
        inside in "(<(b|p|div|font|span|li|ul|i|br)>|</(b|font|span|i)>|x| ){0,12}",
        after in "(</(b|p|div|font|span|td|table|li|ul)>|x| ){0,12}",
    ) {
        let html = format!("{before}<blockquote>{inside}<p>!close</p></blockquote>{after}");
        let text = lotse::mail::html::to_text(&html);
        let reply = quote::split(&text, None);
        let runs = |line: &quote::Line<'_>| line.part == Part::New && line.text.trim() == "!close";
        prop_assert!(!reply.lines.iter().any(runs), "{} {}", html, text);
        prop_assert!(text.contains("!close"));
    }

    #[test]
    fn any_html_becomes_text_of_its_size(html in "(?s)(<[a-z!/]{0,3}[^>]{0,8}>?|.){0,200}") {
        let text = lotse::mail::html::to_text(&html);
        prop_assert!(text.len() <= 20 * html.len() + 200);
    }

    #[test]
    fn an_answer_between_quotes_is_shown_with_what_it_answers(
        question in "[a-z]{1,20}", answer in "[a-z]{1,20}", rest in "[a-z]{1,20}",
    ) {
        let text = format!("> {rest}\n>\n> {question}\n{answer}\n> {rest}\n");
        let reply = quote::split(&text, None);
        prop_assert_eq!(reply.text(), answer.clone());
        prop_assert_eq!(reply.in_context(), format!("> {question}\n{answer}"));
    }

    #[test]
    fn any_field_of_results_is_read(value in "(?s).{0,200}") {
        if let Some(results) = authres::parse(&value) {
            prop_assert!(!results.authserv_id.is_empty());
        }
    }
}

fn mailboxes(value: &str) -> Vec<Mailbox> {
    value
        .split(',')
        .filter_map(|one| {
            let (name, address) = match one.split_once('<') {
                Some((name, address)) => (name.trim(), address.trim_end_matches(['>', ' '])),
                None => ("", one.trim()),
            };
            Some(Mailbox::new(name.trim_matches('"'), Address::parse(address).ok()?))
        })
        .collect()
}

/// A message of header lines, a blank line and a text.
fn message(lines: &[String]) -> Message {
    let mut message = Message::default();
    let mut lines = lines.iter();
    for line in lines.by_ref().take_while(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("no field: {line}"));
        let value = value.trim().to_owned();
        match name {
            "From" => message.from = mailboxes(&value),
            "Sender" => message.sender = mailboxes(&value).pop(),
            "Reply-To" => message.reply_to = mailboxes(&value),
            "Subject" => message.subject.clone_from(&value),
            "In-Reply-To" => message.in_reply_to = vec![value.trim_matches(['<', '>']).to_owned()],
            "Attachment" => message.attachments.push(Attachment {
                name: value.clone(),
                media_type: "application/octet-stream".to_owned(),
                bytes: 1,
                part: 1,
                content_id: None,
                summary: String::new(),
                hash: None,
            }),
            _ => {}
        }
        message.fields.push(Field { name: name.to_owned(), value });
    }
    message.text = lines.cloned().collect::<Vec<_>>().join("\n");
    message
}

#[test]
fn machines_are_told_from_people() {
    let mut wrong = String::new();
    for (name, lines) in cases("kinds") {
        let (_, wanted) = name.rsplit_once(" -> ").unwrap();
        let message = message(&lines);
        let reverse_path = match message.field("Return-Path") {
            None => ReversePath::Unknown,
            Some("<>") => ReversePath::Null,
            Some(path) => {
                ReversePath::Address(Address::parse(path.trim_matches(['<', '>'])).unwrap())
            }
        };
        let (kind, may_answer) = automatic::classify(&message, &reverse_path);
        let kind = serde_json::to_value(kind).unwrap();
        let found = format!(
            "{}, {}",
            kind.as_str().unwrap(),
            if may_answer { "may be answered" } else { "never answered" }
        );
        if found != wanted {
            wrong.push_str(&format!("{name}: {found}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn delivery_reports_are_read() {
    let mut wrong = String::new();
    for (name, lines) in cases("bounces") {
        let sections: Vec<&[String]> = lines.split(|line| line.starts_with("%%% ")).collect();
        let titles: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("%%% ")).collect();
        let section = |title: &str| {
            let at = titles.iter().position(|known| *known == title)?;
            Some(sections[at + 1].join("\n"))
        };
        let status = section("status");
        let original = section("original");
        let report = Report {
            delivery_status: status.as_ref().map(String::as_bytes),
            original: original.as_ref().map(String::as_bytes),
            disposition: None,
        };
        let wanted = section("expect").unwrap_or_else(|| panic!("{name}: nothing expected"));
        let found = match dsn::read(&message(sections[0]), &report) {
            None => "no report".to_owned(),
            Some(bounce) => {
                let shown = bounce.recipients.iter().map(|recipient| {
                    let action = serde_json::to_value(recipient.action).unwrap();
                    let action = action.as_str().unwrap().to_owned();
                    let words = [&action, &recipient.address, &recipient.status];
                    let line = words.map(String::as_str).join(" ");
                    format!("{} | {}", line.trim_end(), recipient.diagnostic)
                });
                let id = bounce.original_message_id.iter().map(|id| format!("id {id}"));
                shown.chain(id).collect::<Vec<_>>().join("\n")
            }
        };
        if found.trim() != wanted.trim() {
            wrong.push_str(&format!("{name}\nfound:\n{found}\nwanted:\n{}\n\n", wanted.trim()));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_report_of_success_is_no_bounce() {
    let status = b"Reporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; a@b.example\n\
        Action: delivered\nStatus: 2.0.0\n";
    let lines = [
        "From: MAILER-DAEMON@mx.example".to_owned(),
        "Content-Type: multipart/report; report-type=delivery-status".to_owned(),
    ];
    let mut message = message(&lines);
    let report = Report { delivery_status: Some(status), ..Report::default() };
    message.bounce = dsn::read(&message, &report);
    assert_eq!(message.bounce.as_ref().unwrap().recipients[0].action, Action::Delivered);
    let kind = automatic::classify(&message, &ReversePath::Null);
    assert_eq!(kind, (Kind::Report, false));
}

#[test]
fn only_trusted_verdicts_count() {
    let mut wrong = String::new();
    for (name, lines) in cases("authres") {
        let (_, wanted) = name.rsplit_once(" -> ").unwrap();
        let Verdicts { dmarc, dkim_aligned, spf, spam, .. } =
            authres::verdicts(&message(&lines), &["mx.nrw.example".to_owned()]);
        let word = |result| match result {
            AuthResult::Unknown => "unknown",
            AuthResult::Pass => "pass",
            AuthResult::Fail => "fail",
        };
        let (dmarc, dkim, spf) = (word(dmarc), word(dkim_aligned), word(spf));
        let spam = if spam { " spam" } else { "" };
        let found = format!("dmarc {dmarc}, dkim {dkim}, spf {spf}{spam}");
        if found != wanted {
            wrong.push_str(&format!("{name}: {found}\n"));
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
