//! Change notices: what changed in how the site runs is told once, and no secret with it (000-07).
//!
//! Deliberately absent: what is compared (`desk::account`), the mail's words (the scenario).

use std::fs;

use crate::daemon::{Plan, Site};

const START: &str = "2026-11-23T09:00:00+01:00";
const LATER: &str = "2026-11-23T09:30:00+01:00";

/// A site that was served once, for some minutes.
fn served() -> Site {
    let mut site = Site::new(Plan::new("nrw", "sled"));
    site.start().unwrap();
    site.move_clock(START);
    assert_eq!(site.stop().code(), Some(0));
    assert_eq!(site.count_outgoing(), 0, "the first start tells nothing");
    site
}

fn rewrite(site: &Site, file: &str, old: &str, new: &str) {
    let text = fs::read_to_string(site.path(file)).unwrap();
    assert!(text.contains(old), "{file}: {old}");
    fs::write(site.path(file), text.replacen(old, new, 1)).unwrap();
}

fn body(site: &Site) -> String {
    let sent = site.outgoing();
    let first = sent.values().next().expect("a mail");
    let raw = first.message.clone();
    lotse::mail::parse(raw.as_bytes(), &lotse::mail::ReversePath::Unknown).text
}

#[test]
fn settings_that_changed_are_told_once_to_who_looks_after_the_site() {
    let mut site = served();
    rewrite(&site, "lotse.toml", "locale = \"de\"", "locale = \"de\"\ndigest_hour = 9");
    let checked = site.run(&["check"]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    let expected = "since the daemon last began: setting site.digest_hour is new: 9";
    assert!(said.contains(expected), "{said}");
    site.start().unwrap();
    site.move_clock(LATER);
    assert_eq!(site.count_outgoing(), 2, "Anna and Bruno look after the dispatcher's queue");
    let text = body(&site);
    assert!(text.contains("Einstellung site.digest_hour: 9 (neu)"), "{text}");
    for _ in 0..2 {
        assert_eq!(site.stop().code(), Some(0));
        site.start().unwrap();
        site.move_clock("2026-11-23T11:00:00+01:00");
        assert_eq!(site.count_outgoing(), 2, "nothing changed since");
    }
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    site.start().unwrap();
    site.move_clock("2026-11-23T12:00:00+01:00");
    assert_eq!(site.count_outgoing(), 2, "the same over a rebuild");
}

#[test]
fn restart_and_apply_are_one_mail_and_a_crash_between_loses_none() {
    let mut site = served();
    rewrite(&site, "lotse.toml", "locale = \"de\"", "locale = \"de\"\ndigest_hour = 9");
    site.start().unwrap();
    site.kill();
    rewrite(
        &site,
        "organization.toml",
        "name = \"kontakt\"",
        "name = \"kontakt\"\nanswer_days = 3",
    );
    site.start().unwrap();
    let file = site.path("organization.toml");
    let applied = site.run(&["apply", "--yes", file.to_str().unwrap()]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    site.kill();
    site.start().unwrap();
    site.move_clock(LATER);
    assert_eq!(site.count_outgoing(), 2, "one mail to each of the two");
    let text = body(&site).replace('\n', " ");
    for said in [
        "Einstellung site.digest_hour: 9 (neu)",
        "Die Queue kontakt verspricht eine Antwort in 3 Tagen (vorher ohne Zusage).",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    site.kill();
    site.start().unwrap();
    site.move_clock("2026-11-23T12:00:00+01:00");
    assert_eq!(site.count_outgoing(), 2);
}

#[test]
fn settings_read_anew_are_told_as_well() {
    let mut site = served();
    site.start().unwrap();
    rewrite(&site, "lotse.toml", "locale = \"de\"", "locale = \"de\"\ndigest_hour = 7");
    crate::daemon::await_some("a daemon that hears signals", || {
        (site.log().matches("mail is taken").count() == 2).then_some(())
    });
    site.signal("HUP");
    crate::daemon::await_some("the settings read anew", || {
        site.log().contains("settings were read anew").then_some(())
    });
    site.move_clock(LATER);
    assert_eq!(site.count_outgoing(), 2);
    assert!(body(&site).contains("Einstellung site.digest_hour: 7 (neu)"));
}

#[test]
fn queue_of_changes_must_have_members() {
    let site = Site::new(Plan::new("nrw", "sled"));
    rewrite(&site, "lotse.toml", "locale = \"de\"", "locale = \"de\"\nchanges = \"tecnik\"");
    let checked = site.run(&["check"]);
    let said = String::from_utf8_lossy(&checked.stdout).into_owned()
        + &String::from_utf8_lossy(&checked.stderr);
    let expected = "changes = \"tecnik\": name a queue that has members, or leave it out";
    assert!(!checked.status.success() && said.contains(expected), "{said}");
    assert!(said.contains("lotse.toml:7:"), "with its line: {said}");
}
