//! Erasing a ticket or a person: no file of the site holds the words afterwards, whatever the
//! engine, and whenever the process is killed.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::{Plan, Site, pause};

/// What stands in Otto's mails and about him, as it is written and as it is encoded.
const WORDS: [&str; 6] = [
    "otto@outside.example",
    "Otto Unverwechselbar",
    "Kaninchenzuchtordnung",
    "Marmeladenkontingent",
    // "Geheimrezept" in base64, three times shifted: once it stands at the begin of the part.
    "R2VoZWltcmV6ZXB0",
    "Geheimrezept",
];

/// The files below a folder that hold one of these words.
pub(crate) fn holders(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holders(&path, words));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap_or_default().to_ascii_lowercase();
        for word in words {
            let folded = word.to_ascii_lowercase();
            if bytes.windows(folded.len()).any(|window| window == folded.as_bytes()) {
                found.push(format!("{} holds {word}", path.display()));
            }
        }
    }
    found
}

pub(crate) fn letter(from: &str, id: &str, subject: &str, fields: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: kontakt@nrw.example\r\nSubject: {subject}\r\n\
         Message-ID: <{id}>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n{fields}\r\n{text}\r\n"
    )
}

/// The reply address of a copy that left for Anna.
pub(crate) fn key_of(site: &Site, words: &str) -> String {
    let all = site.outgoing();
    let is_copy = |sent: &&crate::daemon::Sent| {
        sent.forward_path.starts_with("anna@") && sent.message.contains(words)
    };
    let copy = all.values().find(is_copy).unwrap();
    let reply_to = copy.field("Reply-To").unwrap();
    reply_to.split(['<', '>']).nth(1).unwrap().to_owned()
}

/// A site where Otto wrote twice, once encoded, and Ute once; Anna answered both.
fn world(engine: &'static str) -> Site {
    let site = Site::started(Plan::new("nrw", engine));
    let queue = site.plan.queue();
    let otto = "Otto Unverwechselbar <otto@outside.example>";
    let first = letter(
        otto,
        "a1@otto.example",
        "Kaninchenzuchtordnung",
        "",
        "Guten Tag,\r\nmein Marmeladenkontingent ist leider wieder aufgebraucht.\r\nOtto",
    );
    assert_eq!(site.deliver("otto@outside.example", &queue, &first).unwrap(), 250);
    let encoded = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: base64\r\n";
    let second = letter(otto, "a2@otto.example", "Noch etwas", encoded, "R2VoZWltcmV6ZXB0IQo=");
    assert_eq!(site.deliver("otto@outside.example", &queue, &second).unwrap(), 250);
    let ute = "Ute Nachbarin <ute@outside.example>";
    let other = letter(ute, "b1@ute.example", "Stammtisch", "", "Wann trifft sich die Runde?");
    assert_eq!(site.deliver("ute@outside.example", &queue, &other).unwrap(), 250);
    site.move_clock("+1min");
    let answer = |words: &str, id: &str, text: &str| {
        let key = key_of(&site, words);
        let fields = "In-Reply-To: <x@nrw.example>\r\n";
        let anna = "anna <anna@members.nrw.example>";
        let mail = letter(anna, id, "Re: etwas", fields, text);
        assert_eq!(site.deliver("anna@members.nrw.example", &key, &mail).unwrap(), 250);
    };
    let quoting = "Das tut uns leid.\r\n\r\nAm 23.11.2026 schrieb Otto Unverwechselbar:\r\n\
        > Guten Tag,\r\n> mein Marmeladenkontingent ist leider wieder aufgebraucht.";
    answer("Marmeladenkontingent", "c1@anna.example", quoting);
    let naming = "Am Dienstag. Otto Unverwechselbar kommt auch.";
    answer("Wann trifft sich", "c2@anna.example", naming);
    site.move_clock("+1min");
    site
}

fn said(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// That Otto is nowhere, Ute is still there, and the histories are whole.
fn assert_gone(site: &Site, by_whom: &str) {
    let folder = site.path("");
    let none: [String; 0] = [];
    assert_eq!(holders(&folder.join("data"), &WORDS), none);
    assert_eq!(holders(&folder.join("outgoing"), &WORDS), none);
    let audit = site.look(&["audit"]);
    assert_eq!((&audit[0]["broken"], &audit[1]["broken"]), (&json!([]), &json!([])), "{audit:?}");
    let erased = &audit[2]["erased"];
    assert_eq!(erased["what"], by_whom, "{audit:?}");
    assert!(erased["by"].as_str().unwrap().starts_with("user "), "{audit:?}");
    let ute = format!("{:?}", site.look(&["ticket", "show", "3"]));
    assert!(ute.contains("Wann trifft sich die Runde?") && ute.contains("Am Dienstag."), "{ute}");
    assert!(ute.contains("ute@outside.example") && !ute.contains("Unverwechselbar"), "{ute}");
}

#[test]
fn person_is_erased_from_every_file_while_the_daemon_runs() {
    for engine in ["sled", "redb"] {
        let mut site = world(engine);
        let id = site.id();
        assert!(!holders(&site.path("data"), &WORDS).is_empty());
        let plan = site.run(&["erase", "--person", "otto@outside.example", "--plan"]);
        let shown = said(&plan);
        assert!(plan.status.success() && shown.contains("tickets erased: 1, 2"), "{shown}");
        assert!(shown.contains("messages of others that lose words: 1"), "{shown}");
        let unasked = site.run(&["erase", "--person", "otto@outside.example"]);
        assert!(said(&unasked).contains("nothing was erased"), "{}", said(&unasked));
        let done = site.run(&["erase", "--person", "otto@outside.example", "--yes"]);
        assert!(done.status.success(), "{}", said(&done));
        assert_eq!(site.id(), id, "the same process goes on");
        assert_gone(&site, "erased-1");
        let again = site.run(&["erase", "--person", "otto@outside.example", "--yes"]);
        assert!(!again.status.success(), "{}", said(&again));
        assert_eq!(site.stop().code(), Some(0));
        let rebuilt = site.run(&["rebuild"]);
        assert!(rebuilt.status.success(), "{}", said(&rebuilt));
        assert_gone(&site, "erased-1");
        site.start().unwrap();
        let late = letter(
            "Karl <karl@outside.example>",
            "d1@karl.example",
            "[nrw #1] Hallo",
            "References: <a1@otto.example>\r\n",
            "Was wurde daraus?",
        );
        let queue = site.plan.queue();
        assert_eq!(site.deliver("karl@outside.example", &queue, &late).unwrap(), 250);
        site.move_clock("+1min");
        let tickets = site.tickets();
        assert_eq!(tickets.len(), 4, "nothing leads to an erased ticket");
        assert_eq!(tickets[&1]["subject"], "");
    }
}

#[test]
fn ticket_is_erased_without_a_daemon_and_its_sibling_stays() {
    let mut site = world("redb");
    assert_eq!(site.stop().code(), Some(0));
    let done = site.run(&["erase", "--ticket", "1", "--yes"]);
    assert!(done.status.success(), "{}", said(&done));
    let words = ["Kaninchenzuchtordnung", "Marmeladenkontingent"];
    assert_eq!(holders(&site.path("data"), &words), Vec::<String>::new());
    assert_eq!(holders(&site.path("outgoing"), &words), Vec::<String>::new());
    let audit = site.look(&["audit"]);
    assert_eq!(audit[0]["broken"], json!([]), "{audit:?}");
    assert_eq!(audit[2]["erased"]["what"], "ticket 1", "{audit:?}");
    let sibling = format!("{:?}", site.look(&["ticket", "show", "2"]));
    assert!(sibling.contains("Geheimrezept") && sibling.contains("otto@outside"), "{sibling}");
    let unknown = site.run(&["erase", "--ticket", "9", "--yes"]);
    assert!(said(&unknown).contains("there is no ticket 9"), "{}", said(&unknown));
}

#[test]
fn member_is_erased_and_leaves_the_queue() {
    let mut site = world("sled");
    let done = site.run(&["erase", "--person", "anna", "--yes"]);
    assert!(done.status.success(), "{}", said(&done));
    let words = ["anna@members.nrw.example", "Das tut uns leid", "Am Dienstag."];
    assert_eq!(holders(&site.path("data"), &words), Vec::<String>::new());
    let people = site.look(&["person"]);
    assert!(people.iter().all(|person| person["id"] != "anna"), "{people:?}");
    let queues = format!("{:?}", site.look(&["queue"]));
    assert!(queues.contains("bruno") && !queues.contains("anna"), "{queues}");
    let audit = site.look(&["audit"]);
    assert_eq!((&audit[0]["broken"], &audit[1]["broken"]), (&json!([]), &json!([])), "{audit:?}");
    assert_eq!(site.tickets().len(), 3, "what others asked stays");
    assert_eq!(site.stop().code(), Some(0));
}

/// Copies a folder.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else if path.is_file() {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

#[test]
fn erasure_that_is_killed_is_carried_on_or_was_not_begun() {
    let mut site = world("redb");
    assert_eq!(site.stop().code(), Some(0));
    let before = tempfile::tempdir().unwrap();
    copy(&site.path("data"), before.path());
    let outgoing = tempfile::tempdir().unwrap();
    copy(&site.path("outgoing"), outgoing.path());
    let mut fates = [0, 0];
    for round in 0..24_u64 {
        for (name, kept) in [("data", &before), ("outgoing", &outgoing)] {
            std::fs::remove_dir_all(site.path(name)).unwrap();
            copy(kept.path(), &site.path(name));
        }
        let mut erase = Command::new(env!("CARGO_BIN_EXE_lotse"));
        erase.args(["erase", "--ticket", "1", "--yes", "--config"]).arg(site.path("lotse.toml"));
        let mut child = erase.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        pause(Duration::from_millis(20 + round * 12));
        // It may be done already.
        drop(child.kill());
        child.wait().unwrap();
        let was_begun = site.path("data/erase.order").exists();
        site.start().unwrap();
        let audit: Vec<Value> = site.look(&["audit"]);
        assert_eq!(audit[0]["broken"], json!([]), "round {round}: {audit:?}");
        let is_erased = audit.len() > 2;
        assert!(is_erased || !was_begun, "round {round}: begun and not carried on");
        let holding = holders(&site.path("data"), &["Kaninchenzuchtordnung"]);
        assert_eq!(holding.is_empty(), is_erased, "round {round}: half: {holding:?}");
        assert_eq!(site.tickets().len(), 3, "round {round}");
        for left in ["archive-new", "archive-gone", "redb-gone", "exchange", "erase.order"] {
            assert!(!site.path("data").join(left).exists(), "round {round}: {left} is left");
        }
        fates[usize::from(is_erased)] += 1;
        assert_eq!(site.stop().code(), Some(0));
    }
    assert!(fates[1] > 0, "some kills came behind the begin: {fates:?}");
}

/// The last mail to Anna that holds some words: its text, and where its answers go.
/// The last mail to Anna that says these words; the errand that leads to it takes its time.
fn last_to_anna(site: &Site, words: &str) -> (String, String) {
    crate::daemon::await_some(words, || find_to_anna(site, words))
}

fn find_to_anna(site: &Site, words: &str) -> Option<(String, String)> {
    let all = site.outgoing();
    let is_it = |sent: &&crate::daemon::Sent| {
        let octets = sent.message.as_bytes();
        let text = lotse::mail::parse(octets, &lotse::mail::ReversePath::Null).text;
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        sent.forward_path.starts_with("anna@") && text.contains(words)
    };
    let sent = all.values().rfind(is_it)?;
    let text = lotse::mail::parse(sent.message.as_bytes(), &lotse::mail::ReversePath::Null).text;
    let reply_to = sent.field("Reply-To")?.split(['<', '>']).nth(1)?.to_owned();
    Some((text, reply_to))
}

fn anna_writes(site: &Site, key: &str, number: u32, text: &str) {
    let anna = "anna <anna@members.nrw.example>";
    let fields = "In-Reply-To: <x@nrw.example>\r\n";
    let mail = letter(anna, &format!("e{number}@anna.example"), "Re: etwas", fields, text);
    assert_eq!(site.deliver("anna@members.nrw.example", key, &mail).unwrap(), 250);
    site.move_clock("+1min");
}

#[test]
fn person_is_erased_by_mail_after_a_plan_and_a_yes_with_its_code() {
    for engine in ["sled", "redb"] {
        let site = world(engine);
        let key = key_of(&site, "Wann trifft sich");
        anna_writes(&site, &key, 1, "!lösche person otto@outside.example");
        let (plan, code) = last_to_anna(&site, "soll gelöscht werden");
        assert!(plan.contains("Zeiten: 1 und 2"), "{plan}");
        assert!(plan.contains("otto@outside.example"), "{plan}");
        let audit = |site: &Site| site.look(&["audit"]);
        assert!(audit(&site).iter().all(|row| row.get("erased").is_none()), "not before a yes");
        // Somebody else's yes, and one without the code.
        let bruno = "bruno <bruno@members.nrw.example>";
        let mail = letter(bruno, "f1@bruno.example", "Re: etwas", "", "ja");
        assert_eq!(site.deliver("bruno@members.nrw.example", &code, &mail).unwrap(), 250);
        anna_writes(&site, &key, 2, "ja");
        assert!(audit(&site).iter().all(|row| row.get("erased").is_none()));
        assert!(!holders(&site.path("data"), &WORDS).is_empty());

        let quoting = format!("ja\r\n\r\n> {}", plan.trim().replace('\n', "\r\n> "));
        let anna = "anna <anna@members.nrw.example>";
        let yes = letter(anna, "e3@anna.example", "Re: etwas", "", &quoting);
        assert_eq!(site.deliver("anna@members.nrw.example", &code, &yes).unwrap(), 250);
        crate::daemon::await_some("the erasure", || {
            let output = site.run(&["audit", "--json"]);
            String::from_utf8_lossy(&output.stdout).contains("\"erased\"").then_some(())
        });
        site.move_clock("+1min");
        let none: [String; 0] = [];
        assert_eq!(holders(&site.path("data"), &WORDS), none, "{engine}");
        assert_eq!(holders(&site.path("outgoing"), &WORDS), none, "{engine}");
        let rows = audit(&site);
        assert_eq!((&rows[0]["broken"], &rows[1]["broken"]), (&json!([]), &json!([])), "{rows:?}");
        assert_eq!(rows[2]["erased"]["by"], "anna by mail");
        let deed = rows.iter().find_map(|row| row.get("deed")).unwrap();
        assert_eq!((&deed["by"], &deed["rung"]), (&json!("anna"), &json!(2)));
        assert_eq!(deed["what"], "erase person erased-1@erased.invalid");
        last_to_anna(&site, "gelöscht. Was, wann und von wem");
        let erasure = site.tickets().into_values().find(|ticket| ticket["subject"] == "Löschung");
        assert_eq!(erasure.unwrap()["status"], "resolved");
        let ute = format!("{:?}", site.look(&["ticket", "show", "3"]));
        assert!(ute.contains("Wann trifft sich die Runde?"), "{ute}");
    }
}

#[test]
fn ticket_is_not_erased_by_a_no_nor_by_who_may_not() {
    let site = world("redb");
    let key = key_of(&site, "Marmeladenkontingent");
    anna_writes(&site, &key, 1, "!erase");
    let (plan, code) = last_to_anna(&site, "Ticket 1 soll gelöscht werden");
    assert!(plan.contains("Zeiten: 1\n"), "{plan}");
    anna_writes(&site, &code, 2, "nein");
    last_to_anna(&site, "Nichts wurde gelöscht");
    anna_writes(&site, &code, 3, "ja");
    assert!(!holders(&site.path("data"), &["Marmeladenkontingent"]).is_empty(), "the code is used");
    anna_writes(&site, &key, 4, "!erase ticket 99");
    last_to_anna(&site, "there is no ticket 99");
    anna_writes(&site, &key, 5, "!erase person nobody");
    last_to_anna(&site, "ticket 17, person name@example.org");
    let audit = site.look(&["audit"]);
    assert!(audit.iter().all(|row| row.get("erased").is_none()), "{audit:?}");
}
