//! Answers that stay in the outbox: over a kill exactly once, shown with their time, erased with
//! their ticket.
//!
//! Deliberately absent: catching them (`undo`), crashes at every seam (`simulate`).

use crate::daemon::{Plan, Site, await_some};
use crate::erase_whole::{key_of, letter};

/// A site whose queue keeps answers for two minutes; Anna has just answered Otto.
fn answered(engine: &'static str) -> Site {
    let mut site = Site::new(Plan::new("nrw", engine));
    let path = site.path("organization.toml");
    let organization = std::fs::read_to_string(&path).unwrap();
    let organization = organization.replace("\nnotify = ", "\nhold = \"2 min\"\nnotify = ");
    std::fs::write(&path, organization).unwrap();
    site.start().unwrap();
    let otto = "Otto Normal <otto@outside.example>";
    let first = letter(otto, "a1@otto.example", "Beamer", "", "Kann ich ihn leihen?");
    assert_eq!(site.deliver("otto@outside.example", &site.plan.queue(), &first).unwrap(), 250);
    site.move_clock("+1min");
    let (key, anna) = (key_of(&site, "Kann ich ihn leihen"), "anna <anna@members.nrw.example>");
    let fields = "In-Reply-To: <x@nrw.example>\r\n";
    let answer = letter(anna, "c1@anna.example", "Re: Beamer", fields, "Am Dienstag.");
    assert_eq!(site.deliver("anna@members.nrw.example", &key, &answer).unwrap(), 250);
    // The time is counted from the decision.
    await_some("an answer that stays", || (!site.look(&["outbox"]).is_empty()).then_some(()));
    site.move_clock("+1min");
    site
}

fn answers(site: &Site) -> usize {
    let all = site.outgoing();
    let to_otto = all.values().filter(|sent| sent.forward_path == "otto@outside.example");
    to_otto.filter(|sent| sent.message.contains("Am Dienstag.")).count()
}

#[test]
fn answer_that_stays_leaves_once_over_a_kill_and_shows_its_time() {
    for engine in ["sled", "redb"] {
        let mut site = answered(engine);
        let rows = site.look(&["outbox"]);
        assert_eq!((rows.len(), &rows[0]["state"]), (1, &"held".into()), "{rows:?}");
        let shown = site.look(&["ticket", "show", "1"]).remove(0);
        let lines = shown["transactions"].as_array().unwrap().iter();
        let leaves_at: Vec<_> = lines.map(|line| line["leaves_at"].clone()).collect();
        assert!(leaves_at.contains(&rows[0]["next_at"]), "{leaves_at:?}, {rows:?}");
        site.kill();
        site.start().unwrap();
        assert_eq!(answers(&site), 0);
        site.move_clock("+59s");
        assert_eq!(answers(&site), 0, "{engine}: not before its time");
        site.move_clock("+2s");
        assert_eq!(answers(&site), 1);
        site.kill();
        site.start().unwrap();
        site.move_clock("+1h");
        assert_eq!((answers(&site), site.look(&["outbox"]).len()), (1, 0));
        assert_eq!(site.stop().code(), Some(0));
        let rebuilt = site.run(&["rebuild"]);
        assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
        site.start().unwrap();
        site.move_clock("+1h");
        assert_eq!(answers(&site), 1);
    }
}

#[test]
fn answer_that_stays_is_erased_with_its_ticket_and_with_its_reader() {
    for what in [["--ticket", "1"], ["--person", "otto@outside.example"]] {
        let site = answered("redb");
        let erased = site.run(&["erase", what[0], what[1], "--yes"]);
        assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
        site.move_clock("+1h");
        assert_eq!((answers(&site), site.look(&["outbox"]).len()), (0, 0), "{what:?}");
        let audit = site.look(&["audit"]);
        assert_eq!(audit[0]["broken"], serde_json::json!([]), "{audit:?}");
    }
}
