//! Tickets are found by their words: by mail, on the command line, after a crash, a rebuild and an
//! erasure; and what is kept about one person is handed out.

use serde_json::{Value, json};

use crate::daemon::{Plan, Site, await_some};

fn letter(from: &str, id: &str, subject: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: kontakt@nrw.example\r\nSubject: {subject}\r\n\
         Message-ID: <{id}@mail.example>\r\nDate: Mon, 23 Nov 2026 10:00:00 +0100\r\n\
         MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 8bit\r\n\r\n{text}\r\n"
    )
}

/// Otto and Ute wrote; the second mail quotes the first.
fn world(engine: &'static str) -> Site {
    let store = "search = true".to_owned();
    let site = Site::started(Plan { store, ..Plan::new("nrw", engine) });
    let queue = site.plan.queue();
    let mails = [
        (
            "Otto Normal <otto@outside.example>",
            "a",
            "Stammtisch",
            "Wo trifft sich die Straßenrunde?",
        ),
        (
            "Ute Beispiel <ute@outside.example>",
            "b",
            "Der Raum",
            "Gibt es einen Schlüssel?\r\n\r\nAm 23.11.2026 schrieb Otto:\r\n> Straßenrunde?",
        ),
        (
            "Ute Beispiel <ute@outside.example>",
            "c",
            "Dank",
            "Der SCHLÜSSEL ist da.\r\nFrom here on",
        ),
    ];
    for (from, id, subject, text) in mails {
        let address = from.split(['<', '>']).nth(1).unwrap();
        assert_eq!(site.deliver(address, &queue, &letter(from, id, subject, text)).unwrap(), 250);
    }
    site.move_clock("+1min");
    site
}

fn found(site: &Site, words: &[&str]) -> Vec<u64> {
    let rows = site.look(&[&["search"], words].concat());
    rows.iter().map(|row| row["ticket"].as_u64().unwrap()).collect()
}

/// Waits until the index, which follows the decider, knows the last mail.
fn await_found(site: &Site, words: &[&str], tickets: &[u64]) {
    await_some("the index", || (found(site, words) == tickets).then_some(()));
}

fn assert_all_found(site: &Site) {
    await_found(site, &["schlüssel"], &[3, 2]);
    assert_eq!(found(site, &["straßen*"]), [1], "what is quoted counts once");
    assert_eq!(found(site, &["STRASSENRUNDE"]), [0; 0], "letters are as they are written");
    assert_eq!(found(site, &["ute", "dank"]), [3]);
    assert_eq!(found(site, &["schlüssel", "queue:kontakt", "status:new"]), [3, 2]);
    assert_eq!(found(site, &["schlüssel", "queue:technik"]), [0; 0]);
    assert_eq!(found(site, &["schlüssel", "since:2099-01"]), [0; 0]);
    assert_eq!(found(site, &["schlüssel", "bis:2099"]), [3, 2]);
}

#[test]
fn tickets_are_found_after_a_crash_a_rebuild_and_an_erasure() {
    for engine in ["sled", "redb"] {
        let mut site = world(engine);
        assert_all_found(&site);
        let refused = site.run(&["search", "since:gestern"]);
        assert!(String::from_utf8_lossy(&refused.stderr).contains("since:gestern"));
        site.kill();
        assert_all_found(&site);
        site.start().unwrap();
        assert_all_found(&site);
        assert_eq!(site.stop().code(), Some(0));
        assert!(site.run(&["rebuild"]).status.success());
        assert_all_found(&site);
        assert!(site.run(&["erase", "--ticket", "3", "--yes"]).status.success());
        site.start().unwrap();
        await_found(&site, &["schlüssel"], &[2]);
    }
}

#[test]
fn member_finds_by_mail_what_she_may_read() {
    let site = world("redb");
    await_found(&site, &["schlüssel"], &[3, 2]);
    let copy = |to: &str| {
        let all = site.outgoing();
        let mut copies = all.into_values().filter(|sent| sent.forward_path.starts_with(to));
        copies.next().unwrap()
    };
    let key = copy("anna@").field("Reply-To").unwrap();
    let key = key.split(['<', '>']).nth(1).unwrap().to_owned();
    let ask = |id: &str, line: &str| {
        let mail = letter("anna <anna@members.nrw.example>", id, "Re: x", line);
        assert_eq!(site.deliver("anna@members.nrw.example", &key, &mail).unwrap(), 250);
        site.move_clock("+1min");
        let all = site.outgoing();
        let last = all.into_values().rfind(|sent| sent.forward_path.starts_with("anna@"));
        let octets = last.unwrap().message.into_bytes();
        let text = lotse::mail::parse(&octets, &lotse::mail::ReversePath::Unknown).text;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let said = ask("s1", "!suche Schlüssel seit:2020");
    assert!(said.contains("Gefunden: #3 Dank (kontakt); #2 Der Raum (kontakt)"), "{said}");
    let said = ask("s2", "!suche Nashorn");
    assert!(said.contains("nichts zu finden"), "{said}");
}

#[test]
fn everything_about_a_person_is_exported() {
    let site = world("redb");
    let folder = site.path("export");
    let row = site.look(&["export", "--person", "ute@outside.example", folder.to_str().unwrap()]);
    assert_eq!((&row[0]["messages"], &row[0]["tickets"]), (&json!(2), &json!([2, 3])), "{row:?}");
    let mbox = std::fs::read_to_string(folder.join("messages.mbox")).unwrap();
    assert_eq!(mbox.matches("\nFrom ute@outside.example ").count() + 1, 2, "{mbox}");
    assert!(mbox.starts_with("From ute@outside.example "), "{mbox}");
    assert!(mbox.contains("\n>From here on\n") && !mbox.contains("otto@outside"), "{mbox}");
    let person = std::fs::read_to_string(folder.join("person.json")).unwrap();
    let person: Value = serde_json::from_str(&person).unwrap();
    assert_eq!(person["tickets"][1]["subject"], "Dank");
    assert_eq!(person["notices"][0]["recipient"], "ute@outside.example");
    assert_eq!(person["register"], Value::Null);
}
