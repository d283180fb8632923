//! The real binary on a real mailbox that has a past, breaks down and is read by others; and
//! behind the programs of a real Postfix.
//!
//! With `LOTSE_FULL=1` the counts are those of a busy site: 10 000 and 5 000 mails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::Duration;

use crate::dovecot::{Dovecot, PASSWORD, Wish};
use crate::parts::wait_for;
use crate::postfix::{Postfix, Setup, send};
use crate::servers_lotse::{Lotse, PROGRAM};
use crate::servers_reader::{Imap, PATIENCE};
use crate::servers_world::dovecot;

/// One queue whose member looks into the digest: what leaves at once is receipts.
const ORGANIZATION: &str = r#"
[[person]]
id = "anna"
name = "Anna Muster"
addresses = ["anna@members.example"]

[[queue]]
name = "kontakt"
addresses = ["kontakt@nrw.example", "kontakt@pipe.nrw.example", "kontakt@local.example"]
[[queue.member]]
person = "anna"
access = "write"
notify = "digest"
"#;

fn settings(door: &str) -> String {
    format!(
        "[site]\nname = \"nrw\"\naddress = \"desk@nrw.example\"\n\
         domains = [\"nrw.example\", \"pipe.nrw.example\", \"local.example\"]\n\
         dispatcher = \"kontakt\"\norganization = \"organization.toml\"\n\n\
         [store]\npath = \"data\"\n\n[[door]]\n{door}\n"
    )
}

fn mailbox(server: &Dovecot, more: &str) -> Lotse {
    let port = server.port;
    let lotse = Lotse::furnish(
        &settings(&format!(
            "kind = \"imap\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n\
             user = \"desk\"\npassword_file = \"password\"\npoll_span = \"100 ms\"\n\
             retry_span = \"50 ms\"\n{more}"
        )),
        ORGANIZATION,
    );
    fs::write(lotse.path("password"), PASSWORD).unwrap();
    lotse
}

fn count(usual: u32, full: u32) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "the whole count is asked for by hand")]
    let is_full = std::env::var("LOTSE_FULL").is_ok();
    if is_full { full } else { usual }
}

fn mail(number: u32) -> String {
    #[expect(clippy::disallowed_methods, reason = "an old mail would get no receipt")]
    let date = jiff::fmt::rfc2822::to_string(&jiff::Zoned::now()).unwrap();
    format!(
        "Return-Path: <p{number}@outside.example>\r\nDelivered-To: kontakt@nrw.example\r\n\
         Received: from outside.example by mx.nrw.example\r\n\
         From: Person {number} <p{number}@outside.example>\r\nTo: kontakt@nrw.example\r\n\
         Subject: Mail {number}x\r\nDate: {date}\r\nMessage-ID: <m{number}@outside.example>\r\n\
         \r\nText {number}.\r\n"
    )
}

/// How often each subject has a ticket.
fn subjects(lotse: &Lotse) -> BTreeMap<String, u32> {
    let mut subjects = BTreeMap::new();
    for ticket in lotse.look(&["ticket", "list"]) {
        *subjects.entry(ticket["subject"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    subjects
}

fn left(lotse: &Lotse) -> usize {
    let folder = fs::read_dir(lotse.path("outgoing/new"));
    folder.map_or(0, Iterator::count)
}

fn restart(server: &mut Dovecot) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(server.restart());
}

/// How long thousands of mails may take.
const LONG: Duration = Duration::from_secs(600);

fn wait_for_tickets(lotse: &Lotse, least: usize) {
    wait_for(&format!("{least} tickets"), LONG, || (lotse.tickets() >= least).then_some(()));
}

/// Waits until so many mails have left the mailbox. Who asks lotse waits until all is decided, and
/// comes too late to be in its way.
fn wait_for_taken(server: &Dovecot, all: u32, least: u32) {
    let left = usize::try_from(all - least).unwrap();
    let taken = || (server.files("").len() <= left).then_some(());
    wait_for(&format!("{least} mails to be taken"), LONG, taken);
}

fn wait_for_empty(server: &Dovecot) {
    wait_for("an empty mailbox", LONG, || server.files("").is_empty().then_some(()));
}

#[test]
fn each_mail_has_one_effect_whatever_happens_to_the_mailbox() {
    let mails = count(3_000, 10_000);
    let mut server = dovecot(&Wish::default());
    let mut lotse = mailbox(&server, "");
    lotse.serve();
    wait_for("first contact", PATIENCE, || lotse.log().contains("first contact").then_some(()));
    lotse.end();
    (1..=mails).for_each(|number| drop(server.deliver("", &mail(number))));
    lotse.serve();

    wait_for_taken(&server, mails, 50);
    server.kill();
    restart(&mut server);
    wait_for_taken(&server, mails, 150);
    // Somebody else deletes mail that lotse is about to fetch.
    let mut other = Imap::login(server.port, "desk");
    other.say("SELECT INBOX");
    let answer = other.say("UID SEARCH ALL");
    let uids: Vec<&str> = answer
        .lines
        .iter()
        .find(|line| line.starts_with("* SEARCH"))
        .unwrap()
        .split(' ')
        .skip(2)
        .collect();
    let victims: Vec<&str> = uids.iter().rev().take(20).copied().collect();
    assert_eq!(victims.len(), 20, "mails are still there: {uids:?}");
    let victims = victims.join(",");
    other.say(&format!("UID STORE {victims} +FLAGS.SILENT (\\Deleted)"));
    other.say(&format!("UID EXPUNGE {victims}"));
    wait_for_taken(&server, mails, 300);
    server.kill();
    server.renumber(4_711);
    restart(&mut server);
    wait_for_empty(&server);
    let kept = usize::try_from(mails - 20).unwrap();
    wait_for_tickets(&lotse, kept);

    let subjects = subjects(&lotse);
    let twice: Vec<_> = subjects.iter().filter(|(_, count)| **count > 1).collect();
    assert_eq!(twice, Vec::new());
    let expected: BTreeSet<String> =
        (1..=mails - 20).map(|number| format!("Mail {number}x")).collect();
    let missing: Vec<_> =
        expected.iter().filter(|subject| !subjects.contains_key(*subject)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "{}", lotse.log());
    let receipts = subjects.len();
    wait_for("the receipts", LONG, || (left(&lotse) == receipts).then_some(()));
}

#[test]
fn past_years_cause_no_mail() {
    let mails = count(500, 5_000);
    for (backlog, tickets) in [("leave", 0), ("take", usize::try_from(mails).unwrap())] {
        let mut server = dovecot(&Wish::default());
        (1..=mails).for_each(|number| drop(server.deliver("", &mail(number))));
        let mut lotse = mailbox(&server, &format!("backlog = \"{backlog}\""));
        lotse.serve();
        wait_for("first contact", PATIENCE, || lotse.log().contains("first contact").then_some(()));
        wait_for_tickets(&lotse, tickets);
        // A mail that came after the first contact is answered: all before it is decided.
        server.deliver("", &mail(mails + 1));
        wait_for("a receipt", PATIENCE, || (left(&lotse) > 0).then_some(()));
        assert_eq!((lotse.tickets(), left(&lotse)), (tickets + 1, 1), "{backlog}");
        let stay = if backlog == "leave" { usize::try_from(mails).unwrap() } else { 0 };
        wait_for("the mailbox", PATIENCE, || (server.files("").len() == stay).then_some(()));
    }
}

#[test]
fn pipe_and_alias_deliver_to_the_daemon_and_wait_for_it() {
    let door = "kind = \"pipe\"\nsocket = \"mail.sock\"\nmode = 0o666";
    let mut lotse = Lotse::start(&settings(door), ORGANIZATION);
    let config = lotse.config();
    let config = config.to_str().unwrap();
    let postfix = Postfix::start(&Setup { program: PROGRAM, config, ..Setup::default() });
    let offer = |to: &str, number: u32| {
        let text = mail(number).replace("\r\n", "\n");
        let from = format!("p{number}@outside.example");
        let answer = send(postfix.submit_port, &from, to, &text);
        assert!(answer.starts_with("250 "), "{answer}\n{}", postfix.log());
    };
    offer("kontakt@pipe.nrw.example", 1);
    offer("kontakt@local.example", 2);
    wait_for("two tickets", PATIENCE, || (lotse.tickets() == 2).then_some(()));
    let traced = lotse.look(&["trace", "p2@outside.example"]);
    assert_eq!(traced[0]["in"]["door"], "pipe", "{traced:?}");

    lotse.end();
    offer("kontakt@pipe.nrw.example", 3);
    offer("kontakt@local.example", 4);
    wait_for("two refusals", PATIENCE, || {
        (postfix.log().matches("status=deferred").count() == 2).then_some(())
    });
    lotse.serve();
    postfix.flush();
    wait_for("four tickets", PATIENCE, || (lotse.tickets() == 4).then_some(()));
    offer("nobody@pipe.nrw.example", 5);
    wait_for("a refusal for good", PATIENCE, || postfix.log().contains("dsn=5.1.1").then_some(()));
    wait_for("the receipts", PATIENCE, || (left(&lotse) == 4).then_some(()));
    assert_eq!(lotse.tickets(), 4);
}
