//! `contrib/nrw` between real servers: Postfix hands mail over and carries it away, Dovecot has the
//! mailboxes, a small list brings an objection; the clock is moved, so that weeks take seconds.
//!
//! The way out is the maildir that a moved clock needs; from there the test's postman hands every
//! mail to Postfix, envelope and all. Deliberately absent: what the mails say (`scenario`).

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{Timestamp, Zoned};
use lotse::daemon::clock;
use serde_json::Value;

use crate::parts::wait_for;
use crate::postfix::send;
use crate::servers_lotse::Lotse;
use crate::servers_reader::{Letter, PATIENCE, Reader};
use crate::servers_world::{Ports, Town, World};

const LIST: &str = "koordination@lists.nrw.example";
const BOUNCES: &str = "koordination-bounces@lists.nrw.example";
/// Who reads the list; lotse does by its request address.
const READERS: [&str; 3] = ["ute@provider.example", "jo@members.example", "rt-admin@nrw.example"];
const BOUND: &str = "crew-koeln@nrw.example";
const BEGIN: &str = "2026-11-20T18:00:00+01:00[Europe/Berlin]";

/// What the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    /// Lines of Postfix: everybody gets the mail as it is.
    Alias,
    /// A program that writes its own address into `From`, as Mailman does for DMARC.
    Rewriting,
}

/// Everything that runs, and who takes part.
struct Chapter {
    town: Town,
    list: List,
    now: Zoned,
    /// Mails of the list's mailbox that it has passed on.
    passed_on: usize,
    crew: Reader,
    nele: Reader,
    ute: Reader,
    jo: Reader,
    tara: Reader,
}

impl Chapter {
    fn open(list: List) -> Self {
        let aliases =
            format!("virtual_alias_maps = inline:{{ {{ {LIST} = {} }} }}\n", READERS.join(", "));
        let behind = if list == List::Alias { aliases.as_str() } else { "" };
        let world = World { behind, ..World::default() };
        let town = Town::start_around(&world, |port| port, serve);
        let reader = |name, address| Reader::new(name, address, town.dovecot.port);
        Self {
            crew: reader("Crew Koeln", "crew-koeln@provider.example"),
            nele: reader("Nele Rhein", "nele@members.example"),
            ute: reader("Ute Beispiel", "ute@provider.example"),
            jo: reader("Jo Brook", "jo@members.example"),
            tara: reader("Tara Technik", "tara@members.example"),
            list,
            now: BEGIN.parse().unwrap(),
            passed_on: 0,
            town,
        }
    }

    /// Moves the clock to a time of that zone, and carries away what was due meanwhile.
    fn at(&mut self, time: &str) {
        self.now = format!("{time}[Europe/Berlin]").parse().unwrap();
        let to = self.now.timestamp().to_string();
        let (code, said) = self.town.lotse.run(&["clock", &to]);
        assert_eq!(code, 0, "{said}");
        self.carry();
    }

    /// The postman: what lies in the maildir goes to Postfix, what lies at the list to its readers.
    fn carry(&mut self) {
        let folder = self.town.lotse.path("outgoing/new");
        let Ok(entries) = fs::read_dir(&folder) else { return };
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let raw = fs::read_to_string(&file).unwrap().replace("\r\n", "\n");
            fs::remove_file(&file).unwrap();
            let (from, rest) = field(&raw, "Return-Path: ");
            let (to, mail) = field(rest, "Delivered-To: ");
            self.submit(from, to, mail);
        }
        if self.list == List::Rewriting {
            self.pass_on();
        }
    }

    fn submit(&self, from: &str, to: &str, mail: &str) {
        let answer = send(self.town.behind.submit_port, from, to, mail);
        assert!(answer.starts_with("250 "), "{to}: {answer}\n{}", self.town.behind.log());
    }

    /// What a list server does that must not break DMARC: new `From`, the author in `Reply-To`.
    fn pass_on(&mut self) {
        let mailbox = Reader::new("", LIST, self.town.dovecot.port);
        for letter in mailbox.letters().into_iter().skip(self.passed_on) {
            self.passed_on += 1;
            let raw = letter.raw.replace("\r\n", "\n");
            let (head, body) = raw.split_once("\n\n").unwrap();
            let ours = letter.from().ends_with("@nrw.example");
            let name = letter.message.from[0].name.clone();
            let fields = head.split("\n").filter(|line| !is_trace(line));
            let fields: Vec<String> = fields
                .map(|line| match line.strip_prefix("From: ") {
                    Some(author) if !ours => {
                        format!("From: {name} via Koordination <{LIST}>\nReply-To: {author}")
                    }
                    _ => line.to_owned(),
                })
                .collect();
            let mail = format!(
                "{}\nList-Id: <koordination.lists.nrw.example>\n\
                 List-Post: <mailto:{LIST}>\n\n{body}",
                fields.join("\n")
            );
            for reader in READERS {
                self.submit(BOUNCES, reader, &mail);
            }
        }
    }

    /// Carries mail until something is so.
    fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        wait_for(what, PATIENCE, || {
            self.carry();
            look(self)
        })
    }

    /// Waits for the mail in a mailbox that says this.
    fn letter(&mut self, reader: fn(&Self) -> &Reader, words: &str) -> Letter {
        self.until(words, |chapter| {
            let letters = reader(chapter).letters();
            letters.into_iter().rfind(|letter| says(letter, words))
        })
    }

    /// Somebody writes a mail: its date is the moved clock's.
    fn post(&self, from: &str, to: &[&str], mail: &str) {
        let date = jiff::fmt::rfc2822::to_string(&self.now).unwrap();
        let dated: Vec<String> = mail
            .split("\n")
            .map(|line| match line.strip_prefix("Date: ") {
                Some(_) => format!("Date: {date}"),
                None => line.to_owned(),
            })
            .collect();
        for to in to {
            self.submit(from, to, &dated.join("\n"));
        }
    }

    fn request(&self) -> Value {
        self.town.lotse.ticket(1)["request"].clone()
    }

    /// How many objections stand or wait for a word.
    fn objections(&self) -> usize {
        self.request()["window"]["objections"].as_array().map_or(0, Vec::len)
    }
}

/// The shipped settings with the doors of this test.
fn serve(ports: &Ports) -> Lotse {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("contrib/nrw");
    let settings = fs::read_to_string(shipped.join("lotse.toml")).unwrap();
    let changed = settings
        .replace("127.0.0.1:2424", &format!("127.0.0.1:{}", ports.lmtp))
        .replace("[site]\n", "[site]\nclock = \"moved\"\n")
        .replace("[authentication]\n", "[authentication]\nresolver = \"none\"\n");
    let organization = fs::read_to_string(shipped.join("organization.toml")).unwrap();
    let mut lotse = Lotse::furnish(&changed, &organization);
    for folder in ["procedures", "texts"] {
        fs::create_dir(lotse.path(folder)).unwrap();
        for entry in fs::read_dir(shipped.join(folder)).unwrap() {
            let file = entry.unwrap().path();
            fs::copy(&file, lotse.path(folder).join(file.file_name().unwrap())).unwrap();
        }
    }
    fs::create_dir(lotse.path("data")).unwrap();
    let begin: Zoned = BEGIN.parse().unwrap();
    clock::keep_time(&lotse.path("data"), Timestamp::from(begin)).unwrap();
    lotse.serve();
    lotse
}

/// The value of the first line, and what follows it.
fn field<'a>(raw: &'a str, name: &str) -> (&'a str, &'a str) {
    let (line, rest) = raw.split_once('\n').unwrap();
    let value = line.strip_prefix(name).unwrap_or_else(|| panic!("{line}"));
    (value.trim_matches(['<', '>']), rest)
}

/// Whether a mail says these words, wherever its lines break.
fn says(letter: &Letter, words: &str) -> bool {
    let text: Vec<&str> = letter.message.text.split_whitespace().collect();
    text.join(" ").contains(words)
}

/// Whether a line was put there on the way to the list.
fn is_trace(line: &str) -> bool {
    ["Return-Path:", "Received:", "Delivered-To:", "\t", " by ", " for "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// A mail with a file beside its text.
fn with_file(mail: &str, name: &str) -> String {
    let plain = "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n";
    let (head, text) = mail.split_once(plain).unwrap();
    format!(
        "{head}Content-Type: multipart/mixed; boundary=\"part\"\n\n--part\n{plain}{text}\n\
         --part\nContent-Type: application/pdf; name=\"{name}\"\n\
         Content-Disposition: attachment; filename=\"{name}\"\n\
         Content-Transfer-Encoding: base64\n\nUHJvdG9rb2xs\n--part--\n"
    )
}

/// Crew Köln asks in three mails; its speaker says yes; the list reads of it.
fn ask(chapter: &mut Chapter) {
    let crew = chapter.crew.address;
    let text = "Moin, wir haetten gern eine eigene Queue, \"crew-koeln\".\nGruss, die Crew";
    let mail = chapter.crew.letter("rt-admin@nrw.example", "Queue fuer uns", text);
    chapter.post(crew, &["rt-admin@nrw.example"], &mail);
    chapter.until("the request", |chapter| (chapter.town.lotse.tickets() == 1).then_some(()));
    chapter.at("2026-11-20T18:10:00+01:00");
    let question = chapter.letter(|chapter| &chapter.crew, "Mailadresse:");
    let support = chapter.letter(|chapter| &chapter.nele, "Unterstützt du ihn?");
    let yes = chapter.nele.answer(&support, "ja");
    chapter.post("nele@members.example", &[support.answers_to()], &yes);

    let text = "Mailadresse: crew-koeln@nrw.example\nBegründung: etwa acht Anfragen im Monat";
    let mail = chapter.crew.answer(&question, text);
    chapter.post(crew, &[question.answers_to()], &mail);
    chapter.until("the reason", |chapter| {
        chapter.request()["facts"]["reason"].is_string().then_some(())
    });
    chapter.at("2026-11-20T18:30:00+01:00");
    let question = chapter.letter(|chapter| &chapter.crew, "acht Anfragen");
    assert!(!question.message.text.contains("Mailadresse:\n"), "{}", question.raw);

    let mail = chapter.crew.answer(&question, "Das Protokoll hängt an.");
    let mail = with_file(&mail, "Protokoll.pdf");
    chapter.post(crew, &[question.answers_to()], &mail);
    chapter.until("the minutes", |chapter| {
        chapter.request()["missing"].as_array().is_some_and(Vec::is_empty).then_some(())
    });
    chapter.at("2026-11-20T18:50:00+01:00");
    chapter.letter(|chapter| &chapter.crew, "24. November 2026, 24 Uhr");
}

/// Ute objects in plain words, to the list and to lotse at once.
fn object(chapter: &mut Chapter) {
    let post = chapter.letter(|chapter| &chapter.ute, "Wer dagegen ist");
    chapter.at("2026-11-23T21:48:00+01:00");
    let text = "Nee, find ich nicht gut. Mit zwei Adressen weiss keiner mehr, wohin.\nUte";
    let mail = chapter.ute.answer(&post, text);
    let mail = mail.replacen(
        "To: rt-admin@nrw.example",
        &format!("To: {LIST}\nCc: rt-admin@nrw.example"),
        1,
    );
    chapter.post(chapter.ute.address, &[LIST, "rt-admin@nrw.example"], &mail);
    let asked = chapter.letter(|chapter| &chapter.ute, "als Einwand verstanden");
    // The other copy has come as well before it is looked whether it acted.
    chapter.until("both copies", |chapter| {
        let traced = chapter.town.lotse.look(&["trace", "ute.1@provider.example"]);
        let copies = traced.iter().filter(|row| row.get("in").is_some()).count();
        (copies == 2).then_some(())
    });
    assert_eq!(chapter.objections(), 1);
    let yes = chapter.ute.answer(&asked, "ja");
    chapter.post(chapter.ute.address, &[asked.answers_to()], &yes);
    chapter.letter(|chapter| &chapter.crew, "gibt es einen Einwand");
    let questions = chapter.ute.letters();
    let questions = questions.iter().filter(|one| says(one, "als Einwand verstanden"));
    assert_eq!((questions.count(), chapter.objections()), (1, 1));
}

/// The meeting grants it, the technical team does its part, the address takes mail.
fn decide(chapter: &mut Chapter) {
    chapter.at("2026-12-01T20:05:00+01:00");
    let agenda = chapter.letter(|chapter| &chapter.jo, "du trägst sie ein");
    chapter.at("2026-12-08T22:10:00+01:00");
    let minutes = chapter.jo.answer(&agenda, "1 angenommen mit 7 zu 2, eine Enthaltung");
    chapter.post(chapter.jo.address, &[agenda.answers_to()], &minutes);
    let task = chapter.letter(|chapter| &chapter.tara, "eine Aufgabe für euch");
    let to_queue = |chapter: &Chapter| {
        let mail = "From: otto@outside.example\nSubject: Frage\n\nWann trefft ihr euch?\n";
        send(chapter.town.front.smtp_port, "otto@outside.example", BOUND, mail)
    };
    assert!(!to_queue(chapter).starts_with("250 "));
    let done = chapter.tara.answer(&task, "erledigt");
    chapter.post(chapter.tara.address, &[task.answers_to()], &done);
    // Postfix remembers for half a minute that there was no such address.
    wait_for("an address that takes mail", Duration::from_secs(60), || {
        chapter.carry();
        to_queue(chapter).starts_with("250 ").then_some(())
    });
    // Where the first probe met what Postfix remembered, the next goes out a minute later.
    let is_done = |chapter: &Chapter| {
        let mut letters = chapter.crew.letters().into_iter();
        letters.any(|letter| says(&letter, "Brauchst du Hilfe"))
    };
    chapter.until("the first probe, there or back", |chapter| {
        let ticket = chapter.town.lotse.ticket(1);
        let history = ticket["transactions"].as_array().cloned().unwrap_or_default();
        let is_back = history.iter().any(|one| one["kind"] == "undeliverable");
        (is_back || is_done(chapter)).then_some(())
    });
    chapter.at("2026-12-08T22:12:00+01:00");
    chapter.letter(|chapter| &chapter.crew, "Brauchst du Hilfe");
    chapter.letter(|chapter| &chapter.nele, "Wann trefft ihr euch?");
}

fn play(list: List) {
    let mut chapter = Chapter::open(list);
    ask(&mut chapter);
    object(&mut chapter);
    decide(&mut chapter);
}

#[test]
fn chapter_runs_between_real_servers_with_an_alias_as_list() {
    play(List::Alias);
}

#[test]
fn chapter_runs_between_real_servers_with_a_list_that_rewrites_from() {
    play(List::Rewriting);
}
