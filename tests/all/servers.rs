//! Whole conversations through the real binary and real servers on both sides of it.
//!
//! Deliberately absent: what the doors and ways out do by themselves (`imap`, `postfix`, `submit`).

use std::collections::BTreeSet;

use crate::parts::wait_for;
use crate::servers_matrix;
use crate::servers_proxy::{self, Journal, Rules};
use crate::servers_reader::{Letter, PATIENCE, Reader};
use crate::servers_world::{Town, Way, World};

/// What a mail of this conversation says beyond its row of the matrix.
struct Words<'a> {
    /// The row.
    matter: &'a str,
    name: &'a str,
    reply_name: &'a str,
}

const RECEIPT: Words<'_> =
    Words { matter: "receipt", name: "Kontakt NRW", reply_name: "Kontakt NRW" };
const COPY: Words<'_> =
    Words { matter: "copy", name: "Otto Normal (kontakt)", reply_name: "Antwort an Otto Normal" };
const ANSWER: Words<'_> = Words { matter: "answer", ..RECEIPT };

/// Checks a mail of ticket 1 against its row of the matrix, and its words.
fn check(letter: &Letter, reader: &Reader, words: &Words<'_>) {
    let raw = &letter.raw;
    servers_matrix::check(words.matter, letter, reader.address, servers_matrix::OPEN);
    assert_eq!(letter.message.from[0].name, words.name, "{raw}");
    let reply_to = &letter.message.reply_to[0];
    assert_eq!(reply_to.name, words.reply_name, "{raw}");
    assert!(reply_to.address.as_str().starts_with("desk+1."), "{raw}");
    assert!(letter.message.subject.contains("[nrw #1] Öffnungszeiten"), "{raw}");
    let is_marker = |line: &str| line.starts_with('!');
    assert!(!letter.message.text.lines().any(is_marker), "{raw}");
}

/// Every keyed address that stands anywhere in a mail.
fn keys(letter: &Letter) -> BTreeSet<String> {
    let text =
        format!("{}\n{}", letter.raw, letter.message.text).replace("=\n", "").replace("%2B", "+");
    let ends = |character: char| !(character.is_ascii_alphanumeric() || character == '.');
    let details = text.split("desk+").skip(1).filter_map(|rest| rest.split(ends).next());
    details.filter(|detail| detail.starts_with("1.")).map(str::to_owned).collect()
}

pub(crate) fn is_ours(letter: &Letter) -> bool {
    !letter.field("X-Lotse-Mark").is_empty()
}

fn all_keys(reader: &Reader) -> BTreeSet<String> {
    let ours = reader.letters().into_iter().filter(is_ours);
    ours.flat_map(|letter| keys(&letter)).collect()
}

/// Otto asks, Anna answers, Otto asks back, Anna answers; who keeps what he sent in his mailbox.
pub(crate) fn converse(town: &mut Town) {
    let question = town.otto.letter(
        "Kontakt <kontakt@nrw.example>",
        "=?utf-8?q?=C3=96ffnungszeiten?=",
        "Guten Tag,\n\nwann ist die Geschäftsstelle offen?\n\nOtto Normal",
    );
    town.otto.keep(&question);
    town.post("otto@outside.example", "kontakt@nrw.example", &question);
    let copy = town.anna.wait_for(1);
    town.bernd.wait_for(1);
    town.otto.wait_for(2);
    exchange(town, &copy, "Dienstags von 16 bis 18 Uhr.", "Auch in den Ferien?");
    let copy = last(&town.anna, 3);
    exchange(town, &copy, "In den Ferien nicht.", "Vielen Dank, und am Feiertag?");
    last(&town.anna, 5);
}

/// Anna answers a copy, Otto answers her answer.
fn exchange(town: &mut Town, copy: &Letter, answer: &str, question: &str) {
    let had = town.otto.letters().len();
    let mail = town.anna.answer(copy, answer);
    town.anna.keep(&mail);
    town.post("anna@members.example", copy.answers_to(), &mail);
    let answered = last(&town.otto, had + 1);
    assert!(answered.message.text.contains(answer), "{}", answered.raw);
    let mail = town.otto.answer(&answered, question);
    town.otto.keep(&mail);
    town.post("otto@outside.example", answered.answers_to(), &mail);
}

/// Waits until the mailbox holds `count`, and returns the newest that came from lotse.
fn last(reader: &Reader, count: usize) -> Letter {
    reader.wait_for(count);
    reader.letters().into_iter().rfind(is_ours).unwrap()
}

fn matters(town: &Town, recipient: &str) -> Vec<String> {
    let rows = town.lotse.outbox();
    let to = rows.iter().filter(|row| row["recipient"] == recipient);
    to.map(|row| row["matter"].as_str().unwrap().to_owned()).collect()
}

/// What must be so after a conversation, whatever door and way out it took.
pub(crate) fn check_conversation(town: &Town) {
    assert_eq!(town.lotse.tickets(), 1, "{:?}", town.lotse.look(&["ticket", "list"]));
    let history = town.lotse.history(1);
    let spoken: Vec<&str> = history
        .iter()
        .map(String::as_str)
        .filter(|kind| ["receive", "correspond"].contains(kind))
        .collect();
    assert_eq!(spoken, ["receive", "correspond", "receive", "correspond", "receive"]);
    assert_eq!(matters(town, "otto@outside.example"), ["receipt", "answer", "answer"]);
    for reader in [&town.otto, &town.anna, &town.bernd] {
        let count = reader.letters().len();
        assert_eq!(reader.threads(), (1, count), "threads of {}", reader.address);
    }
}

fn check_matrix(town: &Town) {
    for (reader, rows) in
        [(&town.otto, vec![&RECEIPT, &ANSWER, &ANSWER]), (&town.anna, vec![&COPY, &COPY, &COPY])]
    {
        let letters = reader.letters();
        let ours: Vec<&Letter> = letters.iter().filter(|letter| is_ours(letter)).collect();
        assert_eq!(ours.len(), rows.len(), "{}", reader.address);
        let roots: BTreeSet<&str> =
            ours.iter().map(|letter| letter.message.references[0].as_str()).collect();
        assert_eq!(roots.len(), 1);
        for (letter, row) in ours.into_iter().zip(rows) {
            check(letter, reader, row);
        }
    }
    let (otto, anna, bernd) = (all_keys(&town.otto), all_keys(&town.anna), all_keys(&town.bernd));
    assert!(otto.is_disjoint(&anna) && otto.is_disjoint(&bernd) && anna.is_disjoint(&bernd));
    assert_eq!((otto.len(), anna.len()), (1, 1), "{otto:?} {anna:?}");
}

#[test]
fn conversation_by_lmtp_between_real_servers() {
    let mut town = Town::start(&World::default(), |port| port);
    converse(&mut town);
    check_conversation(&town);
    check_matrix(&town);
}

#[test]
fn conversation_by_mailbox_between_real_servers() {
    let mut town = Town::start(&World { way: Way::Imap, ..World::default() }, |port| port);
    converse(&mut town);
    check_conversation(&town);
    check_matrix(&town);
    wait_for("an empty mailbox", PATIENCE, || {
        let mailbox = Reader::new("", crate::servers_world::DESK, town.dovecot.port);
        mailbox.letters().is_empty().then_some(())
    });
}

/// What everybody gets who lives with a provider that knows no subaddresses and rewrites mail.
#[test]
fn conversation_without_separator_through_a_provider_that_rewrites() {
    let world = World {
        way: Way::Imap,
        has_inbox_prefix: true,
        site: "separator = \"\"",
        ..World::default()
    };
    let rules = Rules { rewrites: true, ..Rules::default() };
    let mut town = Town::start(&world, |port| servers_proxy::start(rules, port).0);
    converse(&mut town);
    check_conversation(&town);
    for reader in [&town.otto, &town.anna] {
        for letter in reader.letters().iter().filter(|letter| is_ours(letter)) {
            let raw = &letter.raw;
            assert_eq!(letter.from(), "desk@nrw.example", "{raw}");
            assert_eq!(letter.answers_to(), "kontakt@nrw.example", "{raw}");
            assert_eq!(letter.field("Return-Path"), "<desk@nrw.example>", "{raw}");
            assert!(letter.field("Message-ID").ends_with("smtp.hoster.example>"), "{raw}");
            assert!(letter.message.text.contains("Vorgang nrw-1-"), "{raw}");
        }
    }
}

/// Otto's address is wrong: the receipt's report is only recorded, the answer's is told to Anna.
#[test]
fn dead_address_is_recorded_and_its_writer_told_once() {
    for (way, site) in [(Way::Lmtp, ""), (Way::Imap, "separator = \"\"")] {
        let world = World { way, site, ..World::default() };
        let rules = Rules { rewrites: way == Way::Imap, ..Rules::default() };
        let mut town = Town::start(&world, |port| servers_proxy::start(rules, port).0);
        let mut ghost = Reader::new("Otto Normal", "ghost@outside.example", town.dovecot.port);
        let mail = ghost.letter("kontakt@nrw.example", "Ein Schluessel", "Bitte um Antwort.");
        town.post(ghost.address, "kontakt@nrw.example", &mail);
        let copy = town.anna.wait_for(1);
        let undelivered = |count: usize| {
            wait_for("delivery reports", PATIENCE, || {
                let history = town.lotse.history(1);
                let kinds = history.iter().filter(|kind| *kind == "undeliverable").count();
                (kinds >= count).then_some(kinds)
            })
        };
        assert_eq!(undelivered(1), 1, "the receipt");
        assert_eq!(town.anna.letters().len(), 1, "nobody is told of a dead receipt");

        let mail = town.anna.answer(&copy, "Gern.");
        town.post(town.anna.address, copy.answers_to(), &mail);
        assert_eq!(undelivered(2), 2, "the answer");
        let told = town.anna.wait_for(2);
        assert!(told.message.text.contains("ghost@outside.example"), "{}", told.raw);
        assert_eq!(matters(&town, town.anna.address), ["copy", "undeliverable"]);
        assert_eq!(matters(&town, ghost.address), ["receipt", "answer"]);
        assert_eq!(town.lotse.tickets(), 1);
    }
}

/// A provider that takes mail from the login's address only, and 20 a day.
#[test]
fn provider_that_refuses_senders_gets_its_own_address() {
    let rules = Rules { refuses_null: true, refuses_foreign: true, ..Rules::default() };
    let world = World { submit: "per_day = 20", ..World::default() };
    let mut journal = None;
    let mut town = Town::start(&world, |port| {
        let (port, notes) = servers_proxy::start(rules, port);
        journal = Some(notes);
        port
    });
    let journal = journal.unwrap();
    converse(&mut town);
    check_conversation(&town);
    let receipt = town.otto.letters().into_iter().find(is_ours).unwrap();
    let from = &receipt.message.from[0];
    assert_eq!((from.name.as_str(), from.address.as_str()), ("Kontakt NRW", "desk@nrw.example"));
    assert!(receipt.answers_to().starts_with("desk+1."), "{}", receipt.raw);
    let refused = journal.count("refused");
    assert!(refused <= 6, "three mails at once met two refusals: {:?}", journal.lines());

    town.lotse.end();
    town.lotse.serve();
    exhaust(&mut town, &journal);
    assert_eq!(journal.count("refused"), refused, "it is remembered: {:?}", journal.lines());
    assert_eq!(journal.count("sent"), 20, "{:?}", journal.lines());
}

/// More people write than 20 mails a day can serve, then Anna answers.
fn exhaust(town: &mut Town, journal: &Journal) {
    let copy = last(&town.anna, 3);
    for number in 0..8 {
        let mail = town.otto.letter("kontakt@nrw.example", &format!("Frage {number}x"), "Und?");
        let from = format!("person{number}@outside.example");
        let mail = mail.replace("otto@outside.example", &from);
        town.post(&from, "kontakt@nrw.example", &mail);
    }
    // Seven mails had left, so nine of the 24 leave, and a fifth is kept for what people write.
    town.lotse.wait_for_rows("deferred", 15);
    let told =
        |person: &str| matters(town, person).iter().filter(|one| *one == "over-budget").count();
    assert_eq!((told("anna@members.example"), told("bernd@members.example")), (1, 1));
    for text in ["Das Kontingent reicht noch.", "Auch hierfuer.", "Hierfuer nicht mehr."] {
        let answer = town.anna.answer(&copy, text);
        town.post("anna@members.example", copy.answers_to(), &answer);
    }
    town.lotse.wait_for_rows("deferred", 16);
    wait_for("the last mails", PATIENCE, || (journal.count("sent") == 20).then_some(()));
    // What the server said is recorded a moment after it was said.
    wait_for("four answers sent, and one kept", PATIENCE, || {
        let rows = town.lotse.outbox();
        let answers = rows.iter().filter(|row| row["matter"] == "answer");
        let states: Vec<_> = answers.map(|row| row["state"].as_str().unwrap()).collect();
        (states == ["sent", "sent", "sent", "sent", "deferred"]).then_some(())
    });
}
