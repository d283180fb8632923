//! List mail that belongs to nothing: its text is gone from the disk after seven days.

use std::path::Path;

use serde_json::{Value, json};

use crate::daemon::{Plan, Site};

/// Whether any file of a folder holds these words.
fn holds(folder: &Path, words: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return holds(&path, words);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(words.len()).any(|window| window == words.as_bytes())
    })
}

fn post(number: usize, to: &str, words: &str) -> String {
    format!(
        "From: Otto <otto@outside.example>\r\nTo: {to}\r\nSubject: Rundbrief {number}\r\n\
         Message-ID: <p{number}@outside.example>\r\nList-Id: <rund.lists.example>\r\n\
         List-Post: <mailto:rund@lists.example>\r\n\r\nLiebe Leute, {words}.\r\n"
    )
}

#[test]
fn text_of_stray_list_mail_is_erased_after_seven_days() {
    for engine in ["sled", "redb"] {
        let plan = Plan::new("nrw", engine);
        let queue = plan.queue();
        let mut site = Site::started(plan);
        let (stray, kept) = ("unverwechselbarer Unsinn", "eine bleibende Frage");
        let send = |site: &Site, number, to: &str, words| {
            let from = "rund-bounces@lists.example";
            assert_eq!(site.deliver(from, &queue, &post(number, to, words)).unwrap(), 250);
        };
        send(&site, 1, "rund@lists.example", stray);
        send(&site, 1, "rund@lists.example", stray);
        send(&site, 2, &queue.clone(), kept);
        site.move_clock("+6d");
        let data = site.path("data");
        assert_eq!(site.look(&["ticket", "list"]).len(), 1, "a post to a list opens no ticket");
        assert!(holds(&data, stray) && holds(&data, kept));
        site.move_clock("+25h");
        assert!(!holds(&data, stray), "{engine}: the words are still there");
        assert!(holds(&data, kept), "{engine}: what stands on a ticket stays");
        let trace = site.look(&["trace", "p1@outside.example"]);
        assert!(!trace.is_empty(), "what it was taken for can still be told");
        assert_eq!(site.stop().code(), Some(0));
        let rebuilt = site.run(&["rebuild"]);
        assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
        site.start().unwrap();
        let audit = site.look(&["audit"]);
        assert_eq!(audit[0]["broken"], json!([]), "{audit:?}");
        assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
        assert_eq!(site.look(&["ticket", "list"]).len(), 1);
        assert!(!holds(&data, stray));
        let text = site.look(&["ticket", "show", "1"]);
        assert!(format!("{text:?}").contains(kept), "{text:?}");
    }
}
