//! A daemon's ordinary life: drained, read anew, started twice.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::daemon::{Lmtp, Plan, Site, await_some};

fn mail(number: usize) -> String {
    format!(
        "From: Otto <otto{number}@outside.example>\r\nTo: kontakt@nrw.example\r\n\
         Subject: Frage\r\nMessage-ID: <l{number}@outside.example>\r\n\r\nGuten Tag {number}\r\n"
    )
}

fn deliver(door: &mut Lmtp, number: usize) {
    let from = format!("otto{number}@outside.example");
    assert_eq!(door.send(&from, "kontakt@nrw.example", &mail(number)).unwrap(), 250);
}

#[expect(clippy::disallowed_methods, reason = "systemd waits in real time as well")]
fn now() -> Instant {
    Instant::now()
}

#[test]
fn terminated_daemon_drains_and_forgets_nothing() {
    let mut site = Site::started(Plan { clock: "real", ..Plan::new("nrw", "sled") });
    let mut door = Lmtp::connect(&site.socket()).unwrap();
    (0..120).for_each(|number| deliver(&mut door, number));
    let asked_at = now();
    let status = site.stop();
    let took = now() - asked_at;
    assert_eq!(status.code(), Some(0));
    assert!(took < Duration::from_secs(5), "it took {took:?}");
    assert!(!site.log().contains("ERROR"), "a clean end is none: {}", site.log());
    site.start().unwrap();
    await_some("every notice", || {
        let rows = site.ask(&json!({ "outbox": { "all": true } }));
        let is_sent = rows.iter().all(|row| row["state"] == "sent" && row["attempts"] == 1);
        (rows.len() == 360 && is_sent).then_some(())
    });
    assert_eq!(site.look(&["ticket", "list"]).len(), 120);
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
}

#[test]
fn hangup_reads_the_settings_anew_and_mail_goes_on() {
    let mut site = Site::started(Plan::new("nrw", "redb"));
    let mut door = Lmtp::connect(&site.socket()).unwrap();
    deliver(&mut door, 0);
    let read_anew = |site: &Site| site.log().matches("settings were read anew").count();
    site.signal("HUP");
    await_some("settings read anew", || (read_anew(&site) == 1).then_some(()));
    deliver(&mut door, 1);
    std::fs::write(site.path("lotse.toml"), "[site]\nname = 7\n").unwrap();
    site.signal("HUP");
    await_some("a refusal", || site.log().contains("the settings stay as they were").then_some(()));
    deliver(&mut door, 2);
    site.write_settings();
    site.move_clock("+1s");
    assert_eq!(site.look(&["ticket", "list"]).len(), 3);
    assert_eq!(site.stop().code(), Some(0));
}

#[test]
fn second_daemon_on_the_same_folder_says_so_and_ends_with_75() {
    let site = Site::started(Plan::new("nrw", "sled"));
    let second = site.run(&["serve"]);
    assert_eq!(second.status.code(), Some(75));
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another lotse works in the folder"), "{said}");
    assert_eq!(site.deliver("a@a.example", "kontakt@nrw.example", &mail(0)).unwrap(), 250);
}

#[test]
fn whoever_finds_a_door_open_can_look() {
    let mut site = Site::new(Plan::new("nrw", "redb"));
    for _ in 0..5 {
        site.spawn();
        await_some("an open door", || std::os::unix::net::UnixStream::connect(site.socket()).ok());
        let look = std::os::unix::net::UnixStream::connect(site.path("data/look.sock"));
        assert!(look.is_ok(), "{look:?}");
        site.kill();
    }
}

#[test]
fn whoever_delivers_a_mail_and_looks_finds_it() {
    let site = Site::started(Plan { clock: "real", ..Plan::new("nrw", "sled") });
    let mut door = Lmtp::connect(&site.socket()).unwrap();
    for number in 0..40 {
        deliver(&mut door, number);
        assert_eq!(site.look(&["ticket", "list"]).len(), number + 1);
    }
}

const KEY: &str = "name = \"key\"\naddresses = [\"key@nrw.example\"]\nqueue = \"kontakt\"\n\
    title.de = \"Schlüssel\"\n\n[[fact]]\nname = \"reason\"\ntype = \"text\"\n\
    need = \"required\"\nlabel.de = [\"Grund\"]\n\n[[step]]\nkind = \"collect\"\n\n\
    [[step]]\nkind = \"tell\"\n";

fn request(number: usize) -> String {
    format!(
        "From: Kim <kim{number}@mail.example>\r\nTo: key@nrw.example\r\nSubject: Anfrage\r\n\
         Message-ID: <r{number}@mail.example>\r\n\r\nGuten Tag\r\n"
    )
}

/// Who changes a procedure is told how many requests keep the text that they began with: at
/// reload, by `check` while the daemon runs, and without one.
#[test]
fn changed_procedure_says_how_many_running_requests_keep_the_old_text() {
    let mut site = Site::new(Plan::new("nrw", "sled"));
    let path = site.path("lotse.toml");
    let settings = std::fs::read_to_string(&path).unwrap();
    let settings =
        settings.replace("organization = ", "procedures = \"procedures\"\norganization = ");
    std::fs::write(&path, settings).unwrap();
    std::fs::create_dir(site.path("procedures")).unwrap();
    std::fs::write(site.path("procedures/key.toml"), KEY).unwrap();
    let check = |site: &Site| {
        let checked = site.run(&["check"]);
        let said = String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap();
        assert!(checked.status.success(), "{said}");
        said
    };
    assert!(!check(&site).contains("running") && !site.path("data").exists());
    site.start().unwrap();
    for number in 1..=3 {
        let from = format!("kim{number}@mail.example");
        assert_eq!(site.deliver(&from, "key@nrw.example", &request(number)).unwrap(), 250);
    }
    site.move_clock("+1s");
    assert!(!check(&site).contains("running"), "{}", check(&site));
    let changed =
        KEY.replace("[[step]]\nkind = \"tell\"", "[[step]]\nkind = \"tell\"\nask_help = true");
    std::fs::write(site.path("procedures/key.toml"), &changed).unwrap();
    let old = "procedure `key`: 3 running requests keep the old text: 1, 2, 3";
    assert!(check(&site).contains(old), "{}", check(&site));
    site.signal("HUP");
    await_some("what the reload says", || site.log().contains(old).then_some(()));
    assert_eq!(site.deliver("k@mail.example", "key@nrw.example", &request(4)).unwrap(), 250);
    site.move_clock("+1s");
    assert_eq!(site.stop().code(), Some(0));
    assert!(check(&site).contains(old), "the fourth has the new text: {}", check(&site));
    std::fs::remove_file(site.path("procedures/key.toml")).unwrap();
    let gone = "procedure `key` has no file any more: 4 running requests keep its last text";
    assert!(check(&site).contains(gone), "{}", check(&site));
    let people = std::fs::read_to_string(site.path("organization.toml")).unwrap();
    let people = people.replace("name = \"anna\"", "name = \"Anna Muster\"");
    std::fs::write(site.path("organization.toml"), people).unwrap();
    assert!(check(&site).contains("organization and register differ in 1: "), "{}", check(&site));
}
