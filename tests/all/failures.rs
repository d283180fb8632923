//! Failures of other mail gateways: each that this house must not have is named by a test, a
//! scenario or a dialog; those that are about sizes and about sending twice are played here.
//!
//! Deliberately absent: those that stand beside what they are about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lotse::ticket::effect::{OutboxChange, RowState};
use lotse::ticket::event::{SubmitOutcome, Submitted};
use lotse::ticket::{Effect, Event, Matter, Notice};
use lotse::types::Address;
use regex::Regex;

use crate::core::Core;

/// Those that mail, tickets and requests must not have.
const FAILURES: [std::ops::RangeInclusive<u16>; 3] = [1..=31, 33..=35, 37..=40];
/// Ways in which a key or an author comes under another address; a scenario each.
const OTHER_ADDRESSES: [&str; 9] = [
    "members-key-elsewhere",
    "requestors-key-elsewhere",
    "forwarded-digest",
    "lost-membership",
    "ten-wrong-keys",
    "answering-address",
    "contact-form",
    "list-hides-the-author",
    "post-to-a-list",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every file below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// What a test, a scenario or a dialog says of itself: doc comments above a test, and remarks
/// above the first block.
fn remarks(path: &Path) -> String {
    let text = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&text).into_owned();
    if path.extension().is_some_and(|extension| extension == "rs") {
        let lines = text.lines().map(str::trim_start).filter(|line| line.starts_with("//"));
        return lines
            .map(|line| line.trim_start_matches(['/', '!', ' ']))
            .collect::<Vec<_>>()
            .join("\n");
    }
    let is_remark = |line: &&str| !line.starts_with("## at ");
    let lines = text.lines().take_while(is_remark).map(|line| line.trim_start_matches(['#', ' ']));
    lines.collect::<Vec<_>>().join("\n")
}

/// Which failure is named where.
fn named() -> BTreeMap<u16, BTreeSet<String>> {
    let numbers = Regex::new(r"\b[Ff]ailures? (\d+(?:(?:, | and )\d+)*)").unwrap();
    let mut paths = Vec::new();
    for folder in ["tests/all", "fixtures/scenarios", "fixtures/dialogs"] {
        files(&root().join(folder), &mut paths);
    }
    let is_told = |path: &&PathBuf| !path.ends_with("transcript.txt");
    let mut named: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for path in paths.iter().filter(is_told) {
        let text = remarks(path).replace('\n', " ");
        for found in numbers.captures_iter(&text) {
            let digits = found[1].split(|c: char| !c.is_ascii_digit());
            for number in digits.filter_map(|digits| digits.parse().ok()) {
                named.entry(number).or_default().insert(path.display().to_string());
            }
        }
    }
    named
}

#[test]
fn every_failure_is_named_by_a_test_a_scenario_or_a_dialog() {
    let named = named();
    let all = FAILURES.into_iter().flatten();
    let missing: Vec<u16> = all.filter(|number| !named.contains_key(number)).collect();
    assert_eq!(missing, Vec::<u16>::new(), "named are {:?}", named.keys());
}

#[test]
fn every_case_of_another_address_has_a_scenario() {
    for name in OTHER_ADDRESSES {
        let folder = root().join("fixtures/scenarios").join(name);
        let remark = remarks(&folder.join("scenario.txt"));
        assert!(
            remark.starts_with("Another address:") || name == "contact-form",
            "{name}: {remark}"
        );
        assert!(folder.join("transcript.txt").exists(), "{name} was never played");
    }
}

const ORGANIZATION: &str = r#"
[[person]]
id = "anna"
name = "Anna Muster"
addresses = ["anna@members.example"]
[[queue]]
name = "kontakt"
title = "Kontakt NRW"
addresses = ["kontakt@nrw.example"]
[[queue.member]]
person = "anna"
access = "write"
[[queue]]
name = "presse"
addresses = ["presse@nrw.example"]
size_notice = false
"#;
const OTTO: &str = "Otto Normal <otto@outside.example>";
const ANNA: &str = "Anna Muster <anna@members.example>";
/// Octets that a mail may have here: no attachment goes along.
const NOTHING_BIG: u64 = 10_000;

/// A mail with a plan of some octets attached, to these addresses.
fn with_plan(fields: &str, text: &str) -> String {
    format!(
        "{fields}MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n\
         --b\nContent-Type: text/plain; charset=utf-8\n\n{text}\n\
         --b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=plan.pdf\n\
         Content-Transfer-Encoding: base64\n\nUExBTiBQTEFOIFBMQU4=\n--b--\n"
    )
}

/// Otto asked; Anna has her copy.
fn asked() -> (Core, Notice) {
    let mut core = Core::new(ORGANIZATION);
    core.write(OTTO, "kontakt@nrw.example", "Saal", "Ist er frei?");
    assert_eq!(core.told(), ["anna: copy: Ist er frei?", "otto: receipt"]);
    let copy = core.last("anna", "copy");
    (core, copy)
}

fn answer_with_plan(core: &mut Core, copy: &Notice, number: u32) {
    let to = lotse::ticket::key::reply_address(&core.desk, copy).unwrap();
    let fields = format!(
        "From: {ANNA}\nTo: {to}\nSubject: Re: Saal\nMessage-ID: <plan{number}@members.example>\n\
         In-Reply-To: <{}>\n",
        core.message_id(copy)
    );
    core.accept(&[to.as_str()], &with_plan(&fields, "Hier der Plan."));
}

/// Failure 35: replies above the limit vanished. What is too big is seen before it is queued, and
/// who wrote it is asked for something smaller; the answer to that goes out.
#[test]
fn failure_35_answer_that_is_too_big_is_not_queued_and_its_writer_told() {
    let (mut core, copy) = asked();
    core.desk.site.outgoing_bytes_max = NOTHING_BIG;
    answer_with_plan(&mut core, &copy, 1);
    assert_eq!(core.told(), ["anna: Undeliverable"], "nothing to Otto");
    let told = core.last("anna", "Undeliverable");
    let text = core.text(&told);
    assert!(text.contains("zu groß") && text.contains("otto@outside.example"), "{text}");
    assert!(core.ticket(17).last_answer.is_none(), "it is not answered");

    core.answer(&told, ANNA, "Der Plan haengt im Flur.");
    assert_eq!(core.told(), ["otto: answer: Der Plan haengt im Flur."]);

    core.desk.site.outgoing_bytes_max = 26_214_400;
    answer_with_plan(&mut core, &copy, 2);
    assert_eq!(core.told(), ["otto: answer: Hier der Plan."]);
}

/// Failure 35 for members: a copy that no server would take names what stays behind.
#[test]
fn failure_35_attachments_too_big_for_a_copy_stay_with_the_ticket() {
    let mut core = Core::new(ORGANIZATION);
    core.desk.site.outgoing_bytes_max = NOTHING_BIG;
    let fields = format!(
        "From: {OTTO}\nTo: kontakt@nrw.example\nSubject: Plan\nMessage-ID: <p@outside.example>\n"
    );
    core.accept(&["kontakt@nrw.example"], &with_plan(&fields, "Bitte ansehen."));
    assert_eq!(core.told(), ["anna: copy: Bitte ansehen.", "otto: receipt"]);
    let copy = core.last("anna", "copy");
    let Matter::Copy { parked, .. } = &copy.matter else { panic!("{copy:?}") };
    let text = core.text(&copy);
    assert!(*parked && text.contains("Zu groß") && text.contains("plan.pdf"), "{text}");
}

/// Failure 15: people typed inside the quote, and the ticket showed an empty answer. What they
/// typed reaches the member wherever it stands, quote marks or not; where nothing is new, all is
/// shown.
#[test]
fn failure_15_words_typed_inside_the_quote_are_read_and_an_empty_answer_is_shown_whole() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "Am Freitag ist er frei.\n\nWelche Zeit passt?");
    assert_eq!(core.told(), ["otto: answer: Am Freitag ist er frei. /  / Welche Zeit passt?"]);
    let answer = core.last("otto", "answer");
    let (text, typed) = (core.text(&answer), "Um acht, wir sind zehn.");
    let marked = |with: &str| {
        let quoted = text.lines().map(|line| format!("> {line}").trim_end().to_owned());
        let lines = quoted.map(|line| match line.contains("Welche Zeit") {
            true => format!("{line}\n{with}"),
            false => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    let bare = text.replace("Welche Zeit passt?", &format!("Welche Zeit passt?\n\n{typed}"));
    let head = "Am 21.11.26 um 10:00 schrieb Kontakt NRW:";
    for said in [
        format!("{head}\n{}\n", marked(typed)),
        format!("{head}\n{}\n", marked(&format!("> {typed}"))),
        format!("{head}\n{}\n", marked(&format!(">\n> {typed}\n>"))),
        format!("{bare}\n"),
    ] {
        core.answer(&answer, OTTO, &said);
        let [told] = core.told().try_into().unwrap();
        assert!(told.starts_with("anna: copy: ") && told.contains(typed), "{told}");
    }
    core.answer(&answer, OTTO, &format!("{head}\n{}\n", marked(">")));
    let [told] = core.told().try_into().unwrap();
    assert!(told.contains("Welche Zeit passt?"), "nothing is new, so all is shown: {told}");
}

fn too_big(core: &mut Core, from: &str, to: &str, fields: &str) {
    let raw = format!(
        "From: {from}\nTo: {to}\nSubject: Plan\nMessage-ID: <{}@outside.example>\n{fields}\n",
        core.filings.len()
    );
    core.accept_of(&[to], &raw, Some(90_000_000));
}

/// Failure 35 in a mailbox, where nothing can be refused: who wrote it is told, once, unless the
/// queue wants nobody told; no machine ever is.
#[test]
fn failure_35_author_of_what_is_too_big_is_told_where_the_queue_says_so() {
    let mut core = Core::new(ORGANIZATION);
    too_big(&mut core, OTTO, "kontakt@nrw.example", "");
    assert_eq!(core.told(), ["otto: Refusal"]);
    let refusal = core.last("otto", "Refusal");
    assert_eq!(lotse::notice::reverse_path(&core.desk, &refusal), None, "the null reverse-path");
    too_big(&mut core, OTTO, "kontakt@nrw.example", "");
    too_big(&mut core, "rita@outside.example", "presse@nrw.example", "");
    too_big(
        &mut core,
        "robot@outside.example",
        "kontakt@nrw.example",
        "Auto-Submitted: auto-replied\n",
    );
    assert_eq!(core.told(), Vec::<String>::new());
    assert_eq!(core.tickets.len(), 0, "it waits where the door put it");
    assert!(core.filings.iter().all(|filing| filing.taken_for == "too-big"), "{:?}", core.filings);
}

fn settled(effects: &[Effect]) -> Vec<(u64, OutboxChange)> {
    let rows = effects.iter().filter_map(|effect| match effect {
        Effect::Settle(id, change) => Some((id.0, change.clone())),
        _ => None,
    });
    rows.collect()
}

fn submitted(
    core: &mut Core,
    notice: &Notice,
    attempts: u32,
    outcome: SubmitOutcome,
) -> Vec<Effect> {
    let row = Submitted { id: notice.id, notice: notice.clone(), attempts, outcome };
    core.decide(&Event::Submitted(Box::new(row)))
}

fn permanent(status: &str) -> SubmitOutcome {
    SubmitOutcome::Permanent(status.into(), "no".into())
}

/// Failure 35: a refusal for size is about one mail; the next one to the same address leaves.
#[test]
fn failure_35_refusal_for_size_suspends_nobody() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "Ja.");
    assert_eq!(core.told(), ["otto: answer: Ja."]);
    let answer = core.last("otto", "answer");
    let otto = Address::parse("otto@outside.example").unwrap();
    submitted(&mut core, &answer, 1, permanent("5.3.4"));
    assert_eq!(core.told(), ["anna: Undeliverable"]);
    let is_suspended = |core: &Core| {
        core.correspondents.get(&otto).is_some_and(|state| state.suspended_at.is_some())
    };
    assert!(!is_suspended(&core));
    submitted(&mut core, &answer, 1, permanent("5.1.1"));
    assert_eq!(core.told(), ["anna: Undeliverable"]);
    assert!(is_suspended(&core));
}

/// Failure 37: the same mail came up to thirteen times. A row for each recipient; what may have
/// been taken is held for a quarter of an hour and sent once more, under the same Message-ID, and
/// never again; what another recipient's server says changes nothing for this one.
#[test]
fn failure_37_uncertain_mail_is_sent_once_more_and_no_recipient_twice() {
    let (mut core, copy) = asked();
    core.answer(&copy, ANNA, "!cc eva@outside.example");
    assert_eq!(core.told(), ["anna: result: CcAdded 17 by eva@outside.example"]);
    core.answer(&copy, ANNA, "Am Freitag.");
    assert_eq!(core.told(), ["otto: answer: Am Freitag.", "eva: answer: Am Freitag."]);
    let (otto, eva) = (core.last("otto", "answer"), core.last("eva", "answer"));
    assert_ne!(otto.id, eva.id);
    let ids = [core.message_id(&otto), core.message_id(&eva)];

    let unsure = || SubmitOutcome::Uncertain("the connection ended after the data".into());
    let effects = submitted(&mut core, &otto, 1, unsure());
    let [(row, change)] = settled(&effects).try_into().unwrap();
    assert_eq!((row, change.state), (otto.id.0, RowState::Uncertain));
    let again = change.next_at.unwrap().duration_since(core.now);
    assert_eq!(again.as_mins(), 15);
    assert_eq!(effects.len(), 1, "nobody is told, nothing else is sent: {effects:?}");

    let effects = submitted(&mut core, &eva, 1, SubmitOutcome::Sent("250 kept".into()));
    let [(row, change)] = settled(&effects).try_into().unwrap();
    assert_eq!((row, change.state, change.next_at), (eva.id.0, RowState::Sent, None));

    let effects = submitted(&mut core, &otto, 2, unsure());
    let [(row, change)] = settled(&effects).try_into().unwrap();
    assert_eq!((row, change.state, change.next_at), (otto.id.0, RowState::Sent, None));
    assert_eq!(ids, [core.message_id(&otto), core.message_id(&eva)], "whenever it is tried");
    assert_eq!(core.told(), Vec::<String>::new());
}
