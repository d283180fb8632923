//! `kill -9` at random moments under load, and what must still be true behind it.
//!
//! `contrib/crash` runs the same with more rounds. Deliberately absent: power cuts, in which
//! un-synced writes are lost too (`powercut`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::daemon::{Lmtp, PATIENCE, Plan, Site, await_or, await_some, pause};

const CONNECTIONS: u64 = 32;
/// Longest load of one round before the kill.
const LOAD_MAX: u64 = 400;
/// Mails that one connection hands over in one round at most.
const MAILS_PER_ROUND: u64 = 3;
/// One mail in so many is a second one of its author, in answer to the first.
const FOLLOWS: u64 = 5;

/// Random numbers of a seed (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % bound
    }
}

/// A mail that somebody hands over until it is answered 250, as a mail server does.
#[derive(Debug, Clone)]
struct Mail {
    number: u64,
    /// The first mail of the same author that this one answers.
    answers: Option<u64>,
}

impl Mail {
    fn sender(&self) -> String {
        format!("otto.{}@outside.example", self.answers.unwrap_or(self.number))
    }

    /// A word that stands in no other mail.
    fn word(&self) -> String {
        word(self.number)
    }

    fn text(&self) -> String {
        let Self { number, answers } = self;
        let (sender, word) = (self.sender(), self.word());
        let first = answers.unwrap_or(*number);
        let answer = answers
            .map(|first| format!("In-Reply-To: <m{first}@outside.example>\r\n"))
            .unwrap_or_default();
        format!(
            "From: Otto {first} <{sender}>\r\nTo: kontakt@nrw.example\r\n\
             Subject: Frage zu Schild {first}\r\nMessage-ID: <m{number}@outside.example>\r\n\
             {answer}\r\nGuten Tag,\r\nes geht um {word}.\r\n"
        )
    }
}

fn word(number: u64) -> String {
    format!("zq{number}qz")
}

/// All mail of a run: what was answered 250, and what a dying daemon left unanswered.
#[derive(Default)]
struct Load {
    drawn: AtomicU64,
    accepted: Mutex<Vec<Mail>>,
    unanswered: Mutex<Vec<Mail>>,
}

impl Load {
    /// One connection until the daemon dies, or enough was handed over.
    fn run(&self, site: &std::path::Path, queue: &str) {
        let Ok(mut door) = Lmtp::connect(site) else { return };
        let mut first = None;
        for _ in 0..MAILS_PER_ROUND {
            let number = self.drawn.fetch_add(1, Ordering::Relaxed);
            let answers = first.filter(|_| number.is_multiple_of(FOLLOWS));
            let mail = Mail { number, answers };
            match door.send(&mail.sender(), queue, &mail.text()) {
                Ok(250) => {
                    first = first.or(Some(number)).filter(|_| mail.answers.is_none());
                    self.accepted.lock().unwrap().push(mail);
                }
                Ok(code) => panic!("{mail:?} was answered {code}"),
                Err(_) => return self.unanswered.lock().unwrap().push(mail),
            }
        }
    }

    /// What a mail server does with unanswered mail: it hands it over once more.
    fn repeat(&self, site: &Site) {
        let mails = std::mem::take(&mut *self.unanswered.lock().unwrap());
        let mut door = Lmtp::connect(&site.socket()).unwrap();
        for mail in mails {
            let code = door.send(&mail.sender(), &site.plan.queue(), &mail.text()).unwrap();
            assert_eq!(code, 250, "{mail:?}");
            self.accepted.lock().unwrap().push(mail);
        }
    }
}

/// Number of rounds and seed, where `contrib/crash` sets them.
fn setting(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "contrib/crash asks for a longer run")]
    let found = std::env::var(name);
    found.ok().map(|text| text.parse().unwrap())
}

/// Kills a daemon under load again and again; the site with its last daemon settled, and its mail.
fn killed_again_and_again(engine: &'static str) -> (Site, Vec<Mail>) {
    let rounds = setting("LOTSE_CRASH_ROUNDS").unwrap_or(20);
    let seed = setting("LOTSE_CRASH_SEED").unwrap_or(4);
    println!("engine {engine}, {rounds} rounds, LOTSE_CRASH_SEED={seed}");
    let mut dice = Dice(seed);
    let mut site = Site::new(Plan { clock: "real", ..Plan::new("nrw", engine) });
    let load = Load::default();
    let (mut ids, mut most_ends) = (BTreeMap::new(), 0);
    for round in 0..rounds {
        site.spawn();
        if round % 4 == 3 {
            // Also while it takes up what the last one left.
            pause(Duration::from_millis(dice.below(LOAD_MAX)));
            site.kill();
            most_ends = most_ends.max(ends(&site));
            continue;
        }
        site.await_ready().unwrap();
        std::thread::scope(|threads| {
            for _ in 0..CONNECTIONS {
                threads.spawn(|| load.run(&site.socket(), "kontakt@nrw.example"));
            }
            pause(Duration::from_millis(dice.below(LOAD_MAX)));
            site.signal("KILL");
        });
        site.await_end();
        most_ends = most_ends.max(ends(&site));
        keep_ids(&site, &mut ids);
    }
    println!("at most {most_ends} kills in a row fell into the same message");
    site.start().unwrap();
    load.repeat(&site);
    let mails = load.accepted.into_inner().unwrap();
    settle(&site, &mails);
    keep_ids(&site, &mut ids);
    println!("{} mails, {} notices", mails.len(), ids.len());
    (site, mails)
}

/// How often in a row kills fell into the decision on one message, by the note that is left.
fn ends(site: &Site) -> u64 {
    let note = std::fs::read(site.path("data/deciding")).unwrap_or_default();
    note.get(16..24).map_or(0, |ends| u64::from_be_bytes(ends.try_into().unwrap()))
}

/// Every file of the maildir keeps its Message-ID for ever.
fn keep_ids(site: &Site, ids: &mut BTreeMap<String, String>) {
    for (name, sent) in site.outgoing() {
        let id = sent.field("Message-ID").unwrap();
        let known = ids.entry(name.clone()).or_insert_with(|| id.clone());
        assert_eq!(known, &id, "{name} was sent under two Message-IDs");
    }
}

fn firsts(mails: &[Mail]) -> usize {
    mails.iter().filter(|mail| mail.answers.is_none()).count()
}

/// Waits until everything accepted is decided and everything decided has left; as long as more
/// and more leaves, it may take its time.
fn settle(site: &Site, mails: &[Mail]) {
    let expected = mails.len() * 2 + firsts(mails);
    let mut left = 0;
    loop {
        let before = left;
        let moves = || {
            left = site.count_outgoing();
            (left > before || left >= expected).then_some(())
        };
        let is_moving = await_or(PATIENCE, moves);
        let aside = || site.look(&["quarantine"]);
        assert!(is_moving, "{left} of {expected} notices left; in quarantine: {:?}", aside());
        if left >= expected {
            break;
        }
    }
    await_some("what became of every notice to be recorded", || {
        site.ask(&json!({ "outbox": { "all": false } })).is_empty().then_some(())
    });
}

fn rows(site: &Site) -> Vec<Value> {
    site.ask(&json!({ "outbox": { "all": true } }))
}

fn prove_each_mail_in_one_ticket(site: &Site, mails: &[Mail]) {
    let mut places: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for (number, ticket) in site.tickets() {
        for transaction in ticket["transactions"].as_array().unwrap() {
            let text = transaction["text"].as_str().unwrap();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            for word in words.filter(|word| word.starts_with("zq") && word.ends_with("qz")) {
                places.entry(word.to_owned()).or_default().push(number);
            }
        }
    }
    for mail in mails {
        let at = places.get(&mail.word());
        assert!(at.is_some_and(|at| at.len() == 1), "{mail:?} stands in tickets {at:?}");
        if let Some(first) = mail.answers {
            assert_eq!(at, places.get(&word(first)), "{mail:?} joined another ticket");
        }
    }
    let accepted: BTreeSet<String> = mails.iter().map(Mail::word).collect();
    let found: BTreeSet<String> = places.into_keys().collect();
    assert_eq!(found, accepted, "a ticket holds what nobody handed over");
}

fn prove_each_notice_left_under_one_id(site: &Site, mails: &[Mail]) {
    let rows = rows(site);
    assert_eq!(rows.len(), mails.len() * 2 + firsts(mails), "two copies a mail, one receipt each");
    let outgoing = site.outgoing();
    assert_eq!(outgoing.len(), rows.len());
    let mut receipts: BTreeMap<(String, u64), BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        assert_eq!(row["state"], "sent", "{row}");
        let name = format!("{:020}.lotse", row["id"].as_u64().unwrap());
        let sent = &outgoing[&name];
        let id = sent.field("Message-ID").unwrap();
        assert_eq!(id.trim_matches(['<', '>']), row["message_id"].as_str().unwrap());
        assert_eq!(sent.forward_path, row["recipient"].as_str().unwrap());
        if row["matter"] == "receipt" {
            let key = (sent.forward_path.clone(), row["ticket"].as_u64().unwrap());
            receipts.entry(key).or_default().insert(id);
        }
    }
    assert_eq!(receipts.len(), firsts(mails));
    assert!(receipts.values().all(|ids| ids.len() == 1), "{receipts:?}");
}

fn prove_audit_clean(site: &Site) {
    let audit = site.look(&["audit"]);
    assert_eq!(audit[0]["broken"], json!([]), "{audit:?}");
    assert_eq!(site.look(&["quarantine"]), Vec::<Value>::new());
}

fn prove_rebuild_gives_the_same(site: &mut Site) {
    let look = |site: &Site| {
        (site.look(&["ticket", "list"]), site.tickets(), site.look(&["outbox", "--all"]))
    };
    let before = look(site);
    assert_eq!(site.stop().code(), Some(0));
    let rebuilt = site.run(&["rebuild"]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    site.start().unwrap();
    let after = look(site);
    assert_eq!(before.0, after.0);
    assert!(before.1 == after.1, "ticket show differs");
    assert!(before.2 == after.2, "outbox --all differs");
}

fn prove_nothing_is_lost(engine: &'static str) {
    let (mut site, mails) = killed_again_and_again(engine);
    prove_each_mail_in_one_ticket(&site, &mails);
    prove_each_notice_left_under_one_id(&site, &mails);
    prove_audit_clean(&site);
    prove_rebuild_gives_the_same(&mut site);
}

#[test]
fn killed_daemon_over_sled_loses_and_doubles_nothing() {
    prove_nothing_is_lost("sled");
}

#[test]
fn killed_daemon_over_redb_loses_and_doubles_nothing() {
    prove_nothing_is_lost("redb");
}
