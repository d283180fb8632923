//! A message that ends the process: what a crash leaves on disk, and what the next start does.
//!
//! Deliberately absent: a message that really ends the process. None is known, so the file
//! `deciding` is written as ends within one message would leave it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lotse::daemon::alone;
use lotse::daemon::marker::ENDS_MAX;
use lotse::store::frame::{Frame, FrameKind};
use serde_json::{Value, json};

use crate::daemon::{Plan, Site};

fn mail(number: u64, subject: &str) -> String {
    format!(
        "From: Otto <otto{number}@outside.example>\r\nTo: kontakt@nrw.example\r\n\
         Subject: {subject}\r\nMessage-ID: <q{number}@outside.example>\r\n\r\n\
         Guten Tag {number}\r\n"
    )
}

fn deliver(site: &Site, number: u64, subject: &str) {
    let from = format!("otto{number}@outside.example");
    assert_eq!(site.deliver(&from, &site.plan.queue(), &mail(number, subject)).unwrap(), 250);
}

/// The note of a process that ended `ends` times within the message `alone`.
fn note(site: &Site, begun: u64, alone: u64, ends: u64) {
    let bytes: Vec<u8> = [begun, alone, ends].into_iter().flat_map(u64::to_be_bytes).collect();
    fs::write(site.path("data/deciding"), bytes).unwrap();
}

/// A site with four messages, killed.
fn killed() -> Site {
    let mut site = Site::started(Plan::new("nrw", "sled"));
    for number in 0..4 {
        deliver(&site, number, "Frage");
    }
    site.move_clock("+1s");
    site.kill();
    site
}

/// Takes the store and every batch away, so that the archive holds
/// messages that nobody decided: what a crash right behind the 250 leaves.
fn forget_decisions(site: &Site) {
    use lotse::store::archive::Archive;
    use lotse::types::Position;
    let (data, kept) = (site.path("data"), site.path("kept"));
    fs::rename(&data, &kept).unwrap();
    fs::create_dir(&data).unwrap();
    for name in ["secrets.toml", "clock"] {
        fs::copy(kept.join(name), data.join(name)).unwrap();
    }
    let (old, _) = Archive::open(&kept).unwrap();
    let (new, _) = Archive::open(&data).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for (_, frame) in old.scan(Position(0)).map(Result::unwrap) {
        if frame.kind == FrameKind::Message {
            runtime.block_on(new.append(frame)).unwrap();
        }
    }
}

fn positions(site: &Site) -> Vec<u64> {
    use lotse::store::archive::Archive;
    use lotse::types::Position;
    let (archive, _) = Archive::open(&site.path("data")).unwrap();
    archive.scan(Position(0)).map(|found| found.unwrap().0.0).collect()
}

/// Failure 28: what cannot be decided is put aside, named and tried again when somebody says so.
#[test]
fn message_that_ends_the_process_is_put_aside_unread_and_can_be_retried() {
    let mut site = killed();
    forget_decisions(&site);
    let at = positions(&site);
    assert_eq!(at.len(), 4);
    note(&site, at[3], at[0], ENDS_MAX);
    site.start().unwrap();
    site.move_clock("+1s");
    let subjects = |site: &Site| site.look(&["ticket", "list"]).len();
    assert_eq!(subjects(&site), 3, "the others are not delayed by it");
    let quarantine = site.look(&["quarantine"]);
    assert_eq!(quarantine.len(), 1);
    assert_eq!(quarantine[0]["message"], json!(at[0]));
    assert!(quarantine[0]["why"].as_str().unwrap().contains("ended the program 4 times"));

    let receipts_to = |site: &Site| {
        let to = "otto0@outside.example";
        site.outgoing().values().filter(|sent| sent.forward_path == to).count()
    };
    assert_eq!(receipts_to(&site), 0);
    let filed = site.look(&["quarantine", "retry", &at[0].to_string()]);
    assert_eq!(filed[0]["taken_for"], "new");
    site.move_clock("+1s");
    assert_eq!(subjects(&site), 4);
    assert_eq!(receipts_to(&site), 1, "a receipt as usual");
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
    let again = site.run(&["quarantine", "retry", &at[0].to_string()]);
    assert!(!again.status.success(), "it lies there no more");

    // How far messages are decided did not move back.
    site.kill();
    site.start().unwrap();
    site.move_clock("+1s");
    assert_eq!((subjects(&site), site.look(&["quarantine"]).len()), (4, 0));
    assert_eq!(site.look(&["audit"])[0]["broken"], json!([]));
}

/// A kill takes no notice of messages, and may fall into the same one again and again.
#[test]
fn message_that_kills_fell_into_is_decided_with_care() {
    let mut site = killed();
    forget_decisions(&site);
    let at = positions(&site);
    note(&site, at[3], at[0], 3);
    site.start().unwrap();
    site.move_clock("+1s");
    assert_eq!(site.look(&["ticket", "list"]).len(), 4);
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
    assert_eq!(site.stop().code(), Some(0));
    assert_eq!(fs::read(site.path("data/deciding")).unwrap(), b"", "a clean end asks for no care");
}

/// A program that does with a message what the line says.
fn program(folder: &Path, line: &str) -> PathBuf {
    let path = folder.join("reader");
    fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[test]
fn message_is_at_fault_only_if_it_ends_a_process_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = json!({
        "received_at": "2026-11-21T10:00:00Z", "door": "pipe", "recipients": [],
        "reverse_path": "unknown",
    });
    let frame = Frame {
        kind: FrameKind::Message,
        head: accepted.to_string().into(),
        body: mail(1, "Frage").into_bytes(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ends = |program: &Path| {
        let ids = ["mx.nrw.example".to_owned()];
        runtime.block_on(alone::ends_its_reader(program, &frame, &ids))
    };
    let does = |line: &str| ends(&program(folder.path(), line));
    assert!(does("kill -ABRT $$"), "stack overflow, or no memory");
    assert!(does("kill -SEGV $$"));
    assert!(!does("cat >/dev/null"));
    assert!(!does("exit 2"), "a program that does not know the command");
    assert!(!ends(Path::new("/nowhere")));
    let once = "test -e $0.was || { touch $0.was; kill -9 $$; }";
    assert!(!does(once), "somebody killed it");
    assert!(does("kill -9 $$"), "whenever it is read, the kernel ends who reads it");
    assert!(!ends(Path::new(crate::servers_lotse::PROGRAM)), "it can be read");
}

#[test]
fn killed_daemon_goes_on_behind_what_it_decided() {
    let mut site = killed();
    site.start().unwrap();
    deliver(&site, 4, "Frage");
    site.move_clock("+1s");
    assert_eq!(site.look(&["ticket", "list"]).len(), 5);
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
    for row in site.look(&["outbox", "--all"]) {
        assert_eq!((&row["state"], &row["attempts"]), (&json!("sent"), &json!(1)), "{row}");
    }
}

/// The mails of a matter to a member since the site began, by their subject's words.
fn to(site: &Site, who: &str, words: &str) -> Vec<crate::daemon::Sent> {
    let all = site.outgoing().into_values();
    all.filter(|sent| sent.forward_path.starts_with(who) && sent.message.contains(words)).collect()
}

fn key_in(sent: &crate::daemon::Sent) -> String {
    let field = sent.field("Reply-To").unwrap();
    field.rsplit('<').next().unwrap().trim_end_matches('>').to_owned()
}

/// A site with a message that lies aside, its name, and the key of Anna's report of it.
fn told() -> (Site, String, String) {
    let mut site = killed();
    forget_decisions(&site);
    let at = positions(&site);
    note(&site, at[3], at[0], ENDS_MAX);
    site.start().unwrap();
    site.move_clock("+1s");
    let name = lotse::ticket::quarantine::name(lotse::types::Position(at[0]));
    for who in ["anna@", "bruno@"] {
        let [report] = &to(&site, who, &name)[..] else { panic!("one report to {who}") };
        assert!(report.message.contains("otto0@outside.example"), "{}", report.message);
        assert!(report.message.contains("Guten Tag 0"), "{}", report.message);
    }
    let key = key_in(&to(&site, "anna@", &name)[0]);
    (site, name, key)
}

fn say(site: &Site, who: &str, key: &str, number: u32, words: &str) {
    let from = format!("{who}@members.nrw.example");
    let mail = format!(
        "From: {from}\r\nTo: {key}\r\nSubject: Re: [nrw] Beiseite\r\n\
         Message-ID: <k{number}@members.nrw.example>\r\n\r\n{words}\r\n"
    );
    assert_eq!(site.deliver(&from, key, &mail).unwrap(), 250);
    site.move_clock("+1s");
}

fn deeds(site: &Site) -> Vec<String> {
    let audit = site.look(&["audit"]);
    let deeds = audit.iter().filter_map(|row| row.get("deed"));
    deeds.map(|deed| format!("{} {}", deed["by"], deed["what"]).replace('"', "")).collect()
}

#[test]
fn message_is_retried_by_mail_and_the_slower_coordinator_hears_so() {
    let (site, name, key) = told();
    let brunos = key_in(&to(&site, "bruno@", &name)[0]);
    say(&site, "anna", &key, 1, &format!("erneut {name}"));
    assert_eq!(site.tickets().len(), 4);
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
    assert_eq!(to(&site, "anna@", "war jetzt lesbar und ist Ticket").len(), 1);
    say(&site, "bruno", &brunos, 2, &format!("weglegen {name}"));
    assert_eq!(to(&site, "bruno@", "oder jemand war schneller").len(), 1);
    assert_eq!(site.tickets().len(), 4);
    assert_eq!(deeds(&site), [format!("anna retry {name}")]);
    let done = site.run(&["erase", "--ticket", "4", "--yes"]);
    assert!(done.status.success(), "{done:?}");
    for folder in ["data", "outgoing"] {
        let found = crate::erase_whole::holders(&site.path(folder), &["Guten Tag 0", "otto0@"]);
        assert_eq!(found, Vec::<String>::new(), "nor in what was shown of it");
    }
    assert_eq!(site.look(&["audit"])[0]["broken"], json!([]));
}

#[test]
fn message_is_filed_by_mail_with_nothing_automatic() {
    let (site, name, key) = told();
    let before = to(&site, "otto0@", "").len();
    say(&site, "anna", &key, 1, &format!("!ablegen {name} in kontakt"));
    let tickets = site.tickets();
    assert_eq!(tickets.len(), 4);
    assert_eq!(tickets[&4]["requestors"], json!(["otto0@outside.example"]));
    assert_eq!(to(&site, "otto0@", "").len(), before, "no receipt");
    let trace = site.look(&["trace", "otto0@outside.example"]);
    assert!(format!("{trace:?}").contains("filed in kontakt"), "{trace:?}");
}

#[test]
fn dropped_message_is_fetched_back_within_a_week_and_erased_then() {
    let (site, name, key) = told();
    say(&site, "anna", &key, 1, "weglegen");
    assert!(site.look(&["quarantine"])[0]["dropped_at"].is_string());
    assert_eq!(to(&site, "anna@", "weggelegt.").len(), 1);
    site.move_clock("+6d");
    say(&site, "anna", &key, 2, &format!("erneut {name}"));
    assert_eq!(site.tickets().len(), 4, "fetched back");
    site.move_clock("+2d");
    let texts = site.look(&["ticket", "show", "4"]);
    assert!(format!("{texts:?}").contains("Guten Tag 0"), "no timer is left: {texts:?}");

    let (site, name, key) = told();
    say(&site, "anna", &key, 1, "weglegen");
    site.move_clock("+8d");
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
    say(&site, "anna", &key, 2, &format!("erneut {name}"));
    assert_eq!(site.tickets().len(), 3);
    let found = crate::erase_whole::holders(&site.path("data/archive"), &["Guten Tag 0"]);
    assert_eq!(found, Vec::<String>::new());
}
