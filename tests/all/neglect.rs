//! Neglect: a queue that breaks its promise is told of once, to those inside and to who waits, and
//! once more when it is well again (000-29).
//!
//! Deliberately absent: the mails' words (the scenario), the digest's lines (`digest`).

use std::fs;

use crate::daemon::{Plan, Sent, Site};

/// kontakt@ promises an answer within three days; Anna and Bruno work there.
fn promising() -> Site {
    let mut site = Site::new(Plan::new("nrw", "sled"));
    let path = site.path("organization.toml");
    let text = fs::read_to_string(&path).unwrap();
    let promised = text.replace("name = \"kontakt\"", "name = \"kontakt\"\nanswer_days = 3");
    fs::write(&path, promised).unwrap();
    site.start().unwrap();
    site.move_clock("2026-11-30T10:00:00+01:00");
    site
}

fn write(site: &Site, from: &str, to: &str, subject: &str, number: u32) {
    let message = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nMessage-ID: <{number}@test.example>\r\n\
         Date: Mon, 30 Nov 2026 10:00:00 +0100\r\n\r\nWann ist das nächste Treffen?\r\n"
    );
    assert_eq!(site.deliver(from, to, &message).unwrap(), 250);
}

/// Mails that left whose text has these words, to an address.
fn told(site: &Site, to: &str, words: &str) -> Vec<Sent> {
    let text = |sent: &Sent| {
        let message = sent.message.as_bytes();
        lotse::mail::parse(message, &lotse::mail::ReversePath::Unknown).text.replace('\n', " ")
    };
    let all = site.outgoing().into_values();
    all.filter(|sent| sent.forward_path == to && text(sent).contains(words)).collect()
}

const ANNA: &str = "anna@members.nrw.example";
const BRUNO: &str = "bruno@members.nrw.example";
const OTTO: &str = "otto@outside.example";
const LATE: &str = "wartet eine Nachricht länger auf eine Antwort als versprochen";
const WELL: &str = "läuft es wieder";
const DELAYED: &str = "wartet noch auf eine Antwort, länger als die versprochenen 3 Tage";

#[test]
fn broken_promise_is_told_once_to_each_whom_it_concerns() {
    let mut site = promising();
    write(&site, OTTO, "kontakt@nrw.example", "Treffen", 1);
    site.move_clock("2026-12-03T09:59:00+01:00");
    let counts = |site: &Site| {
        let of = |to, words| told(site, to, words).len();
        [of(ANNA, LATE), of(BRUNO, LATE), of(OTTO, DELAYED), of(ANNA, WELL), of(BRUNO, WELL)]
    };
    assert_eq!(counts(&site), [0; 5], "not while the promise can be kept");
    site.move_clock("2026-12-04T08:30:00+01:00");
    assert_eq!(counts(&site), [1, 1, 1, 0, 0]);
    site.kill();
    site.start().unwrap();
    site.move_clock("2026-12-08T12:00:00+01:00");
    assert_eq!(counts(&site), [1, 1, 1, 0, 0], "and not again, over a crash and days");
    let copy = told(&site, ANNA, "Wann ist das nächste Treffen?").remove(0);
    let reply_to = copy.field("Reply-To").unwrap();
    let key = reply_to.rsplit('<').next().unwrap().trim_end_matches('>').to_owned();
    write(&site, ANNA, &key, "Re: Treffen", 2);
    site.move_clock("2026-12-09T08:30:00+01:00");
    assert_eq!(counts(&site), [1, 1, 1, 1, 1], "well again, once");
    assert_eq!(site.stop().code(), Some(0));
    assert!(site.run(&["rebuild"]).status.success());
    site.start().unwrap();
    site.move_clock("2026-12-14T12:00:00+01:00");
    assert_eq!(counts(&site), [1, 1, 1, 1, 1], "the same over a rebuild");
}

#[test]
fn who_waits_too_long_later_is_told_alone() {
    let site = promising();
    write(&site, OTTO, "kontakt@nrw.example", "Treffen", 1);
    site.move_clock("2026-12-01T12:00:00+01:00");
    write(&site, "gerda@outside.example", "kontakt@nrw.example", "Flyer", 2);
    site.move_clock("2026-12-09T12:00:00+01:00");
    let of = |to, words| told(&site, to, words).len();
    assert_eq!([of(OTTO, DELAYED), of("gerda@outside.example", DELAYED)], [1, 1]);
    assert_eq!([of(ANNA, LATE), of(BRUNO, LATE)], [1, 1]);
}

#[test]
fn queue_without_a_promise_is_not_watched() {
    let site = Site::started(Plan::new("nrw", "sled"));
    site.move_clock("2026-11-30T10:00:00+01:00");
    write(&site, OTTO, "kontakt@nrw.example", "Treffen", 1);
    site.move_clock("2026-12-20T12:00:00+01:00");
    assert_eq!(told(&site, ANNA, LATE).len() + told(&site, OTTO, "noch auf eine Antwort").len(), 0);
}
