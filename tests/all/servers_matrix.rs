//! Every row of the matrix of outgoing mail, as its reader's mailbox has it: over a server that
//! takes every sender, and over one that takes the site's own address only.
//!
//! Time begins in the past, on a clock that stands still, so that digest and procedure are due
//! when the real servers come. Deliberately absent: words.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::parts::wait_for;
use crate::postfix::say;
use crate::servers_lotse::Lotse;
use crate::servers_reader::{Letter, PATIENCE, Reader};
use crate::servers_world::{DESK, ORGANIZATION, Ports, Town, World, settings};

/// Whom `Reply-To` leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// A key for this person and ticket.
    Key,
    /// A key that belongs to no ticket.
    Digest,
    /// The queue's address, without a key: lists.
    Queue,
    /// No field at all.
    Nobody,
}

/// A row: what a mail carries, by the name of its matter.
struct Row {
    matter: &'static str,
    /// The address of `From`, and the name; `*` stands for any author.
    from: (&'static str, &'static str),
    answers: Answers,
    is_null: bool,
    automatic: &'static str,
    /// Whether it belongs to a ticket: its root id leads `References`.
    has_root: bool,
}

const QUEUE: (&str, &str) = ("kontakt@nrw.example", "Kontakt NRW");
const AUTHOR: (&str, &str) = ("kontakt@nrw.example", "* (kontakt)");
const SITE: (&str, &str) = (DESK, "lotse nrw");

const fn row(
    matter: &'static str,
    from: (&'static str, &'static str),
    automatic: &'static str,
) -> Row {
    Row { matter, from, answers: Answers::Key, is_null: false, automatic, has_root: true }
}

const fn of_site(matter: &'static str) -> Row {
    Row { answers: Answers::Digest, has_root: false, ..row(matter, SITE, "auto-generated") }
}

/// The matrix. What a person wrote carries no `Auto-Submitted`.
const ROWS: [Row; 18] = [
    row("answer", QUEUE, ""),
    row("copy", AUTHOR, "auto-generated"),
    row("comment", AUTHOR, "auto-generated"),
    row("answer-copy", AUTHOR, "auto-generated"),
    row("receipt", QUEUE, "auto-replied"),
    row("result", QUEUE, "auto-replied"),
    row("help", QUEUE, "auto-replied"),
    row("held", QUEUE, "auto-generated"),
    row("held-colleague", QUEUE, "auto-generated"),
    row("held-other", QUEUE, "auto-generated"),
    row("may-add", QUEUE, "auto-generated"),
    row("was-it-you", QUEUE, "auto-generated"),
    row("question", QUEUE, "auto-generated"),
    row("complete", QUEUE, "auto-generated"),
    Row { answers: Answers::Queue, ..row("announcement", QUEUE, "auto-generated") },
    of_site("digest"),
    of_site("breaker"),
    Row {
        answers: Answers::Nobody,
        is_null: true,
        has_root: false,
        ..row("refusal", SITE, "auto-replied")
    },
];

/// A Postfix that takes no envelope but with the address of the login: not the null reverse-path,
/// nor one made for a mail.
const OWN_PATH_ONLY: &str = "\
smtpd_sender_restrictions = check_sender_access inline:{ \
{ <> = REJECT an empty sender is not allowed here }, { desk@nrw.example = OK } }, reject
";
/// One that looks into the header: a queue's address in `From` is not the login's.
const OWN_FROM_ONLY: &str = "\
header_checks = regexp:{ { /^From:.*kontakt@nrw\\.example/ \
REJECT From: sender address rejected: not owned by user desk } }
";

/// What the server behind lotse refuses, and what it says then.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Behind {
    /// Lines of its `main.cf`.
    lines: &'static str,
    /// Whether the site's address must stand for every reverse-path.
    own_path: bool,
    /// Whether the site's address must stand in every `From`.
    own_from: bool,
    /// What its log shows then.
    says: &'static [&'static str],
}

/// One that takes every sender.
pub(crate) const OPEN: Behind = Behind { lines: "", own_path: false, own_from: false, says: &[] };

/// Checks a mail against the row of its matter.
pub(crate) fn check(matter: &str, letter: &Letter, recipient: &str, behind: Behind) {
    let row = ROWS.iter().find(|row| row.matter == matter);
    let row = row.unwrap_or_else(|| panic!("no row for {matter}: {}", letter.raw));
    row.check(letter, recipient, behind);
}

impl Row {
    fn check(&self, letter: &Letter, recipient: &str, behind: Behind) {
        let raw = &letter.raw;
        let from = &letter.message.from[0];
        let (address, name) = self.from;
        let address = if behind.own_from { DESK } else { address };
        assert_eq!(from.address.as_str(), address, "From: {raw}");
        match name.strip_prefix('*') {
            Some(end) => assert!(from.name.ends_with(end) && from.name.len() > end.len(), "{raw}"),
            None => assert_eq!(from.name, name, "{raw}"),
        }
        assert_eq!(letter.to(), [recipient], "one visible recipient: {raw}");
        assert_eq!((letter.field("Cc"), letter.field("Bcc")), ("", ""), "{raw}");
        self.check_answers(letter);
        let path = letter.field("Return-Path");
        match (behind.own_path, self.is_null) {
            (false, true) => assert_eq!(path, "<>", "{raw}"),
            (false, false) => assert!(path.starts_with("<desk+b"), "VERP: {raw}"),
            (true, _) => assert_eq!(path, format!("<{DESK}>"), "{raw}"),
        }
        assert_eq!(letter.field("Auto-Submitted"), self.automatic, "{raw}");
        assert_eq!(letter.field("Precedence"), "", "{raw}");
        assert_eq!(letter.field("x-ms-reactions"), "disallow", "{raw}");
        let is_digest = self.matter == "digest";
        for name in ["List-Id", "List-Unsubscribe"] {
            assert_eq!(!letter.field(name).is_empty(), is_digest, "{name}: {raw}");
        }
        let root = letter.message.references.first();
        let is_root = |id: &String| id.split('.').skip(1).take(2).all(|number| number == "0");
        assert_eq!(root.is_some_and(is_root), self.has_root, "the root id: {raw}");
    }

    fn check_answers(&self, letter: &Letter) {
        let raw = &letter.raw;
        let Some(reply_to) = letter.message.reply_to.first() else {
            assert_eq!(self.answers, Answers::Nobody, "{raw}");
            return;
        };
        assert!(!reply_to.name.is_empty(), "it says where an answer goes: {raw}");
        let address = reply_to.address.as_str();
        let detail = address.strip_prefix("desk+").unwrap_or_default();
        let found = match detail.split_once('.') {
            Some(("d", _)) => Answers::Digest,
            Some(_) => Answers::Key,
            None if address == "kontakt@nrw.example" => Answers::Queue,
            None => panic!("{raw}"),
        };
        assert_eq!(found, self.answers, "{raw}");
    }
}

/// The settings: a folder of procedures, and a mailbox beside LMTP that takes small mails only.
fn written(world: &World<'_>, ports: &Ports) -> String {
    let Ports { imap, .. } = ports;
    settings(world, ports)
        + &format!(
            "[[door]]\nkind = \"imap\"\nhost = \"127.0.0.1\"\nport = {imap}\ntls = \"none\"\n\
             user = \"{DESK}\"\npassword_file = \"imap.password\"\npoll_span = \"200 ms\"\n\
             retry_span = \"50 ms\"\nmessage_bytes_max = 20000\n"
        )
}

/// The same in a past that stands still: no server, no mailbox.
fn past(world: &World<'_>, ports: &Ports) -> String {
    let text = settings(world, ports).replace("[store]", "clock = \"moved\"\n[store]");
    let (before, _) = text.split_once("[submit]").unwrap();
    format!("{before}[submit]\nkind = \"maildir\"\npath = \"past\"\n")
}

/// A request that lacks its reason, one that is whole, and something for a digest, last Thursday;
/// then the real clock and the real servers.
fn begin(world: &World<'_>, ports: &Ports) -> Lotse {
    let vera = "[[queue.member]]\nperson = \"vera\"\naccess = \"write\"\nnotify = \"digest\"\n";
    let organization = ORGANIZATION.replacen(
        "\n[[queue]]\nname = \"vorstand\"",
        &format!("{vera}{VORSTAND}"),
        1,
    ) + "[[person]]\nid = \"vera\"\nname = \"Vera\"\naddresses = [\"vera@members.example\"]\n";
    let mut lotse = Lotse::furnish(&past(world, ports), &organization);
    let club_key = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/scenarios/club-key/procedures/club-key.toml");
    let club_key = fs::read_to_string(club_key).unwrap();
    let club_key = club_key.replace("runde@lists.nrw.example", "runde@lists.example");
    fs::create_dir_all(lotse.path("procedures")).unwrap();
    fs::write(lotse.path("procedures/club-key.toml"), club_key).unwrap();
    fs::write(lotse.path("imap.password"), crate::dovecot::PASSWORD).unwrap();
    fs::create_dir_all(lotse.path("data")).unwrap();
    set_clock(&lotse);
    lotse.serve();
    for (number, from, to, text) in [
        (1, "kim@outside.example", "schluessel@nrw.example", "Name: Kim Sommer"),
        (2, "eva@outside.example", "schluessel@nrw.example", "Name: Eva\nGrund: Bastelgruppe"),
        (3, "kim@outside.example", "kontakt@nrw.example", "Was kostet der Saal?"),
    ] {
        hand_over(ports.lmtp, from, to, &format!("Message-ID: <past{number}@x.example>\n\n{text}"));
    }
    wait_for("three tickets", PATIENCE, || (lotse.tickets() == 3).then_some(()));
    lotse.wait_for_rows("sent", 2);
    lotse.end();
    fs::write(lotse.config(), written(world, ports)).unwrap();
    lotse.serve();
    lotse
}

/// How the next queue begins.
const VORSTAND: &str = "\n[[queue]]\nname = \"vorstand\"";

/// A mail by LMTP, as the server before lotse does it.
fn hand_over(port: u16, from: &str, to: &str, rest: &str) {
    let mail = format!("From: Kim Sommer <{from}>\nTo: {to}\nSubject: Anfrage\n{rest}\n.");
    let (path, recipient) = (format!("MAIL FROM:<{from}>"), format!("RCPT TO:<{to}>"));
    let data = mail.replace('\n', "\r\n");
    let said = say(port, &["LHLO client.example", &path, &recipient, "DATA", &data]);
    assert!(said.last().unwrap().starts_with("250 "), "{said:?}");
}

/// Ten o'clock on the day before the last working day whose digest hour is past.
fn set_clock(lotse: &Lotse) {
    #[expect(clippy::disallowed_methods, reason = "the daemon of this test has a real clock")]
    let now = jiff::Zoned::now().in_tz("Europe/Berlin").unwrap();
    let mut day = now.date();
    let is_due = |day: jiff::civil::Date| {
        use jiff::civil::Weekday::{Saturday, Sunday};
        let is_working = !matches!(day.weekday(), Saturday | Sunday);
        is_working && day.at(8, 0, 0, 0).in_tz("Europe/Berlin").unwrap() < now
    };
    while !is_due(day) {
        day = day.yesterday().unwrap();
    }
    let begin = day.yesterday().unwrap().at(10, 0, 0, 0).in_tz("Europe/Berlin").unwrap();
    fs::write(lotse.path("data/clock"), format!("{}\n", begin.timestamp())).unwrap();
}

/// The newest mail of ours in a mailbox about this matter.
fn last(town: &Town, reader: &Reader, matter: &str) -> Letter {
    wait_for(&format!("{matter} for {}", reader.address), PATIENCE, || {
        let matters = matters(&town.lotse);
        let letters = reader.letters();
        letters.into_iter().rfind(|letter| {
            row_of(letter).is_some_and(|row| matters.get(&row).is_some_and(|one| one == matter))
        })
    })
}

/// The row of the outbox that a mail of ours was.
fn row_of(letter: &Letter) -> Option<u64> {
    letter.field("X-Lotse-Mark").split_once('.')?.0.parse().ok()
}

/// What each row of the outbox is about.
fn matters(lotse: &Lotse) -> BTreeMap<u64, String> {
    let rows = lotse.outbox();
    let pairs = rows
        .iter()
        .map(|row| (row["id"].as_u64().unwrap(), row["matter"].as_str().unwrap().to_owned()));
    pairs.collect()
}

/// Somebody writes, and the site's own server takes it.
fn write(town: &Town, from: &str, to: &str, mail: &str) {
    town.post(from, to, mail);
}

/// Otto and the members of kontakt: every mail of an ordinary ticket.
fn converse(town: &mut Town) {
    let (otto, bernd, anna) = (town.otto.address, town.bernd.address, town.anna.address);
    let question = town.otto.letter("kontakt@nrw.example", "Saal", "Ist der Saal frei?");
    write(town, otto, "kontakt@nrw.example", &question);
    let receipt = last(town, &town.otto, "receipt");
    let copy = last(town, &town.bernd, "copy");
    let reply = |town: &mut Town, text: &str| {
        let mail = town.bernd.answer(&copy, text);
        write(town, bernd, copy.answers_to(), &mail);
    };
    reply(town, "!cc eva@outside.example");
    last(town, &town.bernd, "result");
    reply(town, "!hilfe");
    last(town, &town.bernd, "help");
    reply(town, "Am Freitag ist er frei.");
    last(town, &town.otto, "answer");
    reply(town, "Am Samstag auch.\n\n!schlisen");
    last(town, &town.bernd, "held");
    let shown = last(town, &town.anna, "copy");
    let inside = town.anna.answer(&shown, "!intern Am Freitag ist doch Chor.");
    write(town, anna, shown.answers_to(), &inside);
    last(town, &town.bernd, "comment");
    let late = town.anna.answer(&shown, "Am Freitag leider doch nicht.");
    write(town, anna, shown.answers_to(), &late);
    let question = last(town, &town.anna, "held-colleague");
    last(town, &town.bernd, "held-other");
    let yes = town.anna.answer(&question, "ja");
    write(town, anna, question.answers_to(), &yes);
    last(town, &town.bernd, "answer-copy");
    // Two keys in the hands of others.
    let mut shop = Reader::new("Shop", "shop@outside.example", town.dovecot.port);
    let mail = shop.answer(&receipt, "Otto hat mir das weitergegeben.");
    write(town, shop.address, receipt.answers_to(), &mail);
    last(town, &town.otto, "may-add");
    let mail = shop.answer(&copy, "Der Saal ist frei.");
    write(town, shop.address, copy.answers_to(), &mail);
    last(town, &town.bernd, "was-it-you");
}

/// A machine that answers every receipt, and a mail that is too big for the mailbox.
fn disturb(town: &mut Town) {
    let mut machine = Reader::new("Automat", "shop@outside.example", town.dovecot.port);
    for (number, word) in ["rot", "blau", "gelb", "lila"].iter().enumerate() {
        let mail = machine.letter("kontakt@nrw.example", &format!("Eingang {word}"), "Danke.");
        let mail = mail.replace("Message-ID: <", "Message-ID: <machine.");
        write(town, machine.address, "kontakt@nrw.example", &mail);
        wait_for("a receipt", PATIENCE, || {
            // In this order: what lies in a mailbox has its row by then.
            let ours = machine.letters();
            let matters = matters(&town.lotse);
            let receipts = ours.iter().filter_map(row_of).filter(|row| matters[row] == "receipt");
            (receipts.count() > number).then_some(())
        });
    }
    last(town, &town.anna, "breaker");
    let big = town.otto.letter("kontakt@nrw.example", "Plan", &"Zeile\n".repeat(8_000));
    Reader::new("", DESK, town.dovecot.port).keep(&big);
    last(town, &town.otto, "refusal");
}

fn check_every_mail(town: &Town, behind: Behind) {
    let matters = matters(&town.lotse);
    let mut seen = BTreeSet::new();
    for address in [
        "otto@outside.example",
        "anna@members.example",
        "bernd@members.example",
        "eva@outside.example",
        "kim@outside.example",
        "shop@outside.example",
        "runde@lists.example",
        "vera@members.example",
    ] {
        let reader = Reader::new("", address, town.dovecot.port);
        for letter in reader.letters() {
            let Some(number) = row_of(&letter) else { continue };
            let matter = &matters[&number];
            check(matter, &letter, address, behind);
            seen.insert(matter.clone());
        }
    }
    let unseen: Vec<_> = ROWS.iter().filter(|row| !seen.contains(row.matter)).collect();
    assert!(unseen.is_empty(), "{:?}", unseen.iter().map(|row| row.matter).collect::<Vec<_>>());
}

fn play(behind: Behind) {
    let world =
        World { site: "procedures = \"procedures\"", behind: behind.lines, ..World::default() };
    let mut town = Town::start_around(&world, |port| port, |ports| begin(&world, ports));
    converse(&mut town);
    disturb(&mut town);
    for (address, matter) in [
        ("kim@outside.example", "question"),
        ("runde@lists.example", "announcement"),
        ("eva@outside.example", "complete"),
        ("vera@members.example", "digest"),
    ] {
        last(&town, &Reader::new("", address, town.dovecot.port), matter);
    }
    check_every_mail(&town, behind);
    let rows = town.lotse.outbox();
    let is_left = |row: &&serde_json::Value| row["state"] != "sent" && row["state"] != "dropped";
    assert_eq!(rows.iter().filter(is_left).count(), 0, "{rows:#?}");
    let log = town.behind.log();
    for said in behind.says {
        assert!(log.contains(said), "Postfix refused it: {log}");
    }
}

#[test]
fn every_row_of_the_matrix_over_a_server_that_takes_all_senders() {
    play(OPEN);
}

/// lotse cannot tell which of the two a server means, and gives up the queue's `From` first.
#[test]
fn every_row_of_the_matrix_over_a_server_that_takes_its_own_reverse_path_only() {
    let says = &["an empty sender is not allowed here", "Sender address rejected: Access denied"];
    play(Behind { lines: OWN_PATH_ONLY, own_path: true, own_from: true, says });
}

#[test]
fn every_row_of_the_matrix_over_a_server_that_takes_its_own_from_only() {
    let says = &["not owned by user desk"];
    play(Behind { lines: OWN_FROM_ONLY, own_path: false, own_from: true, says });
}
