//! Request mails and list answers of our own: what is read right, what is missed, and that nothing
//! wrong is taken in silence.
//!
//! The mails and their truth stand in `fixtures/requests` and `fixtures/stances`; the README there
//! says how. Wanted are 97 of 100 facts right, of mails that were never seen 90; `RIGHT_MIN` and
//! `STRANGERS_MIN` are what is reached and only go up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use lotse::desk::procedure::{Fact, Need, Procedure};
use lotse::desk::{Person, Queue, Register, RegisterChange};
use lotse::mail::quote;
use lotse::mail::{Message, ReversePath, parse};
use lotse::ticket::procedure::facts;
use lotse::ticket::procedure::fold::fold;
use lotse::ticket::procedure::request::Request;
use lotse::ticket::procedure::stance::{self, Stance};
use lotse::types::{Address, Locale, PersonId};

/// Facts read right, of a thousand that our own mails give. It only goes up.
const RIGHT_MIN: usize = 1000;
/// The same for mails of those who do not know the reader. It only goes up while none is added.
const STRANGERS_MIN: usize = 960;
/// The files that hold those.
const STRANGERS: [&str; 6] = ["eighth", "fifth", "fourth", "ninth", "seventh", "sixth"];
/// Files that hold no mails.
const NO_MAILS: [&str; 1] = ["questions"];

/// One mail of a case.
struct Letter {
    body: String,
    attachments: Vec<String>,
    answers: Option<String>,
    is_html: bool,
}

/// One block of a fixture file: truth and mails.
struct Case {
    name: String,
    procedure: String,
    truth: BTreeMap<String, String>,
    missing: BTreeSet<String>,
    near: Option<(String, String)>,
    refused: Vec<String>,
    from: String,
    subject: String,
    letters: Vec<Letter>,
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/requests")
}

/// Head lines and body of every `## ` block of a file.
fn blocks(text: &str) -> Vec<(String, Vec<String>, String)> {
    let text = format!("\n{text}");
    let block = |block: &str| {
        let (name, rest) = block.split_once('\n').unwrap();
        let (head, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
        let head = head.lines().map(str::to_owned).collect();
        (name.to_owned(), head, body.trim_matches('\n').to_owned())
    };
    text.split("\n## ").skip(1).map(block).collect()
}

fn list(value: &str, sign: char) -> Vec<String> {
    value.split(sign).map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

fn letter(head: &BTreeMap<String, String>, body: &str) -> Letter {
    Letter {
        body: body.to_owned(),
        attachments: head.get("attach").map(|value| list(value, ';')).unwrap_or_default(),
        answers: head.get("answers").cloned(),
        is_html: head.get("format").is_some_and(|format| format == "html"),
    }
}

fn pairs(lines: &[String]) -> BTreeMap<String, String> {
    let pair = |line: &String| {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("no pair: {line}"));
        (name.to_owned(), value.trim().to_owned())
    };
    lines.iter().map(pair).collect()
}

fn case((name, head, body): (String, Vec<String>, String)) -> Case {
    let first = head.first().unwrap_or_else(|| panic!("{name}: no truth"));
    let procedure = first.split(' ').next().unwrap().to_owned();
    // `from` is a fact, and who wrote where it holds an address.
    let is_from = |line: &&String| line.starts_with("from: ") && line.contains('@');
    let from = head.iter().find(is_from).and_then(|line| line.strip_prefix("from: "));
    let given: Vec<String> = head[1..].iter().filter(|line| !is_from(line)).cloned().collect();
    let mut truth = pairs(&given);
    let body = body.replace("\n---\n", "\n--- \n");
    let mut bodies = body.split("\n--- ");
    let mut letters = vec![letter(&truth, bodies.next().unwrap())];
    for body in bodies {
        let (head, body) = body.split_once('\n').unwrap();
        let head: Vec<String> = list(head, ';');
        letters.push(letter(&pairs(&head), body));
    }
    let mut taken = |name: &str| truth.remove(name);
    let missing = taken("missing").map(|value| list(&value, ',')).unwrap_or_default();
    let near = taken("near").map(|value| {
        let (fact, near) = value.split_once(" = ").unwrap();
        (fact.to_owned(), near.to_owned())
    });
    let refused = taken("not").map(|value| list(&value, '|')).unwrap_or_default();
    let from = from.unwrap_or("Jemand <jemand@provider.example>").to_owned();
    let mut taken = |name: &str| truth.remove(name);
    let subject = taken("subject").unwrap_or_else(|| "rt-admin".to_owned());
    for name in ["answers", "attach", "format"] {
        taken(name);
    }
    let missing = missing.into_iter().collect();
    Case { name, procedure, truth, missing, near, refused, from, subject, letters }
}

/// The mails of each file by its name, with the queues that its head line names beside ours.
fn cases() -> Vec<(String, Register, Vec<Case>)> {
    let mut themes = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let theme = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_mails = path.extension().is_some_and(|extension| extension == "txt");
        if is_mails && !NO_MAILS.contains(&theme.as_str()) {
            let text = fs::read_to_string(&path).unwrap();
            let head = text.lines().next().and_then(|line| line.strip_prefix("queues: "));
            let register = register(&head.map(|names| list(names, ',')).unwrap_or_default());
            themes.push((theme, register, blocks(&text).into_iter().map(case).collect()));
        }
    }
    themes.sort_by(|one: &(String, Register, Vec<Case>), other| one.0.cmp(&other.0));
    themes
}

/// Facts that were known, facts that were asked for, and the text that asked.
type Question = (BTreeMap<String, String>, Vec<String>, String);
/// Questions by name.
type Questions = BTreeMap<String, Question>;

fn questions() -> Questions {
    let text = fs::read_to_string(folder().join("questions.txt")).unwrap();
    let question = |(name, head, body): (String, Vec<String>, String)| {
        let mut head = pairs(&head);
        let asked = list(&head.remove("asked").unwrap(), ',');
        let known = head
            .into_iter()
            .map(|(name, value)| (name.strip_prefix("known ").unwrap().to_owned(), value))
            .collect();
        (name, (known, asked, body))
    };
    blocks(&text).into_iter().map(question).collect()
}

fn procedure(name: &str) -> Procedure {
    let text = fs::read_to_string(folder().join(format!("{name}.toml"))).unwrap();
    Procedure::parse(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// People and queues of ours, and queues of these names.
fn register(more: &[String]) -> Register {
    let mut register = Register::default();
    for (id, name) in [("jo", "Jo Beispiel"), ("robin", "Robin Vorbild"), ("ute", "Ute Beispiel")] {
        register.apply(&RegisterChange::Person(Person {
            id: PersonId::new(id),
            name: name.to_owned(),
            addresses: vec![Address::parse(&format!("{id}@members.example")).unwrap()],
            locale: None,
            time_zone: None,
            digests: Vec::new(),
            mails_per_day: None,
            absence: None,
            next_absence: None,
        }));
    }
    let ours = [
        ("presse", "Presse NRW"),
        ("technik", "Technik NRW"),
        ("mitglieder", "Mitgliederverwaltung"),
        ("finanzen", "Finanzen NRW"),
        ("vorstand", "Vorstand NRW"),
        ("web", "Webseite"),
        ("termine", "Termine NRW"),
        ("jugend", "Jugend NRW"),
        ("archiv", "Archiv NRW"),
        ("infostand", "Infostand NRW"),
    ];
    let is_new = |name: &&str| ours.iter().all(|(known, _)| known != name);
    let more = more.iter().map(String::as_str).filter(is_new).map(|name| (name, name));
    for (name, title) in ours.into_iter().chain(more) {
        let text = format!(
            "name = \"{name}\"\ntitle = \"{title}\"\naddresses = [\"{name}@nrw.example\"]\n"
        );
        let queue: Queue = toml::from_str(&text).unwrap();
        register.apply(&RegisterChange::Queue(queue));
    }
    register
}

/// The mail as it comes in.
fn message(case: &Case, letter: &Letter) -> Message {
    let kind = if letter.is_html { "text/html" } else { "text/plain" };
    let part = format!("Content-Type: {kind}; charset=utf-8\n\n{}\n", letter.body);
    let mut raw = format!(
        "From: {}\nTo: rt-admin@nrw.example\nSubject: {}\nMessage-ID: <1@provider.example>\n\
         MIME-Version: 1.0\n",
        case.from, case.subject
    );
    if letter.attachments.is_empty() {
        raw.push_str(&part);
    } else {
        write!(raw, "Content-Type: multipart/mixed; boundary=b\n\n--b\n{part}").unwrap();
        for name in &letter.attachments {
            write!(
                raw,
                "\n--b\nContent-Type: application/octet-stream\n\
                 Content-Disposition: attachment; filename=\"{name}\"\n\nx\n"
            )
            .unwrap();
        }
        raw.push_str("\n--b--\n");
    }
    parse(raw.as_bytes(), &ReversePath::Null)
}

/// What the reader makes of a case.
fn read(case: &Case, questions: &Questions, register: &Register) -> Request {
    let mut request = Request::new(std::sync::Arc::new(procedure(&case.procedure)));
    let mut answered: Option<&str> = None;
    for (number, letter) in case.letters.iter().enumerate() {
        if let Some(name) = &letter.answers {
            let (known, asked, text) =
                questions.get(name).unwrap_or_else(|| panic!("no question {name}"));
            if number == 0 {
                request.facts.extend(known.clone());
            }
            request.asked = Some((asked.clone(), Timestamp::UNIX_EPOCH));
            answered = Some(text);
        }
        let message = message(case, letter);
        for found in facts::read(&request, register, &message, answered) {
            if found.is_fit {
                request.unfit.remove(&found.name);
                request.facts.insert(found.name, found.value);
            } else {
                request.facts.remove(&found.name);
                request.unfit.insert(found.name, found.value);
            }
        }
    }
    request
}

/// Figures of one theme.
#[derive(Default)]
struct Score {
    mails: usize,
    whole: usize,
    facts: usize,
    right: usize,
    /// Facts with another value than the truth, and facts that are none.
    wrong: Vec<String>,
    missed: Vec<String>,
}

/// Whether two lists of queues are the same in another order.
fn is_same_list(fact: &str, read: &str, value: &str) -> bool {
    let sorted = |text: &str| text.split(", ").map(str::to_owned).collect::<BTreeSet<_>>();
    fact == "queues" && sorted(read) == sorted(value)
}

/// Compares; what was known before and stays so counts for nothing.
fn judge(case: &Case, read: (&Request, &Register), questions: &Questions, score: &mut Score) {
    let (request, register) = read;
    let Case { name, truth, .. } = case;
    let before = (score.wrong.len(), score.missed.len());
    score.mails += 1;
    let answered = case.letters.iter().find_map(|letter| letter.answers.as_ref());
    let known = |fact: &String| questions.get(answered?)?.0.get(fact);
    score.facts += truth.iter().filter(|(fact, value)| known(fact) != Some(value)).count();
    for (fact, value) in truth {
        match request.facts.get(fact) {
            Some(read)
                if read == value
                    || is_same_list(fact, read, value)
                    || (fact == "justification" && fold(read) == fold(value)) =>
            {
                score.right += usize::from(known(fact) != Some(value));
            }
            Some(read) => score.wrong.push(format!("{name}: {fact} is {value}, read {read}")),
            None => score.missed.push(format!("{name}: {fact}: {value}")),
        }
    }
    for (fact, read) in request.facts.iter().filter(|(fact, _)| !truth.contains_key(*fact)) {
        score.wrong.push(format!("{name}: {fact} is not given, read {read}"));
    }
    for refused in &case.refused {
        if let Some((fact, read)) = request.facts.iter().find(|(_, read)| *read == refused) {
            score.wrong.push(format!("{name}: {fact} must not be {read}"));
        }
    }
    if let Some((fact, near)) = &case.near {
        let fact = request.procedure.fact(fact).unwrap();
        let label = facts::question_label(request, register, fact, Locale::De);
        if !label.contains(near.as_str()) {
            score.missed.push(format!("{name}: `{label}` does not suggest {near}"));
        }
    }
    if before == (score.wrong.len(), score.missed.len()) {
        score.whole += 1;
    }
}

#[test]
fn truth_is_consistent() {
    let questions = questions();
    let register = register(&[]);
    let mut mails = 0;
    for (theme, _, cases) in cases() {
        for case in &cases {
            mails += 1;
            let procedure = procedure(&case.procedure);
            for name in case.truth.keys().chain(&case.missing) {
                assert!(procedure.fact(name).is_some(), "{theme}: {}: no fact {name}", case.name);
            }
            let is_required = |fact: &&Fact| fact.need == Need::Required;
            for fact in procedure.facts.iter().filter(is_required) {
                assert_ne!(
                    case.truth.contains_key(&fact.name),
                    case.missing.contains(&fact.name),
                    "{theme}: {}: {} is either given or missing",
                    case.name,
                    fact.name
                );
            }
        }
    }
    assert!(mails >= 150, "{mails} mails");
    for name in ["account", "queue"] {
        for locale in Locale::ALL {
            assert_eq!(procedure(name).check(locale, &register), Vec::<String>::new(), "{name}");
        }
    }
    assert!(questions.len() >= 6);
}

#[test]
fn facts_are_read_and_none_wrong_in_silence() {
    let questions = questions();
    let mut all = Score::default();
    let (mut own, mut strangers) = ((0, 0), (0, 0));
    let mut table = String::from("theme         mails  whole  facts  right  wrong\n");
    for (theme, register, cases) in cases() {
        let mut score = Score::default();
        for case in &cases {
            let request = read(case, &questions, &register);
            judge(case, (&request, &register), &questions, &mut score);
        }
        let Score { mails, whole, facts, right, wrong, missed } = score;
        writeln!(table, "{theme:12} {mails:6} {whole:6} {facts:6} {right:6} {:6}", wrong.len())
            .unwrap();
        let count = if STRANGERS.contains(&&*theme) { &mut strangers } else { &mut own };
        *count = (count.0 + right, count.1 + facts);
        all.mails += mails;
        all.whole += whole;
        all.facts += facts;
        all.right += right;
        all.wrong.extend(wrong.into_iter().map(|line| format!("{theme}: {line}")));
        all.missed.extend(missed.into_iter().map(|line| format!("{theme}: {line}")));
    }
    let rate = all.right * 1000 / all.facts;
    println!("{table}all: {} mails, {} whole, {rate} of 1000 right", all.mails, all.whole);
    println!("asked for although given:\n{}", all.missed.join("\n"));
    assert!(all.wrong.is_empty(), "wrong in silence:\n{}", all.wrong.join("\n"));
    for ((right, facts), reached) in [(own, RIGHT_MIN), (strangers, STRANGERS_MIN)] {
        let rate = right * 1000 / facts;
        assert!(rate >= reached, "{rate} of 1000 facts right, {reached} were reached before");
    }
}

/// The stance of every answer of `fixtures/stances`, as it should be and as it is read.
fn stances() -> Vec<(String, Stance, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/stances");
    let mut stances = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        for block in format!("\n{text}").split("\n## ").skip(1) {
            let (truth, body) = block.split_once('\n').unwrap();
            let message = Message { text: body.trim().to_owned(), ..Message::default() };
            let reply = quote::split(&message.text, None);
            let words = stance::own_words(&reply, &message);
            let read = stance::of(&words, &message);
            stances.push((truth.to_owned(), read, body.trim().to_owned()));
        }
    }
    stances
}

#[test]
fn no_objection_is_missed_and_few_others_are_asked() {
    let stances = stances();
    assert!(stances.len() >= 60, "only {} answers", stances.len());
    let (mut missed, mut asked, mut wrong, mut others) = (vec![], vec![], vec![], 0);
    for (truth, read, text) in &stances {
        let line = format!("{truth} read as {read:?}: {text}");
        let is_stopped = matches!(read, Stance::Objection | Stance::Possible);
        if truth == "objection" {
            missed.extend((!is_stopped).then_some(line));
            continue;
        }
        others += 1;
        match (truth.as_str(), read) {
            (_, Stance::Possible) => asked.push(line),
            ("question", Stance::Question)
            | ("support", Stance::Support)
            | ("withdrawal", Stance::Withdrawal)
            // Words or questions about something else stop nothing and ask nobody.
            | ("nothing", Stance::Nothing | Stance::Beside | Stance::Question) => {}
            _ => wrong.push(line),
        }
    }
    println!("{} answers, {others} no objections, {} asked about", stances.len(), asked.len());
    println!("{}", asked.join("\n"));
    assert!(missed.is_empty(), "missed objections:\n{}", missed.join("\n"));
    assert!(wrong.is_empty(), "taken for something else:\n{}", wrong.join("\n"));
    assert!(asked.len() * 10 <= others, "asked about too many:\n{}", asked.join("\n"));
}
