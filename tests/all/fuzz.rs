//! Mails nobody wrote: our own, cut up, joined and broken, read by everything that reads bytes.
//!
//! What is read in a way that no mail was read before is cut up further, so that the mails wander
//! to where readers branch (an engine for stable Rust, without instrumented code); some are put
//! where a reader finds them at once: a status part, a field with verdicts, HTML, flowed text.
//!
//! The usual run is short and always the same. `contrib/fuzz` runs it as long as is wanted, from a
//! seed that it prints; what panics is kept below `target/fuzz`, to become a fixture.
//! Deliberately absent: what should be understood of a mail (`mail`, `reading`).

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lotse::mail::quote::Part;
use lotse::mail::{
    Message, ReversePath, attachment_content, authres, html, language, parse, quote, return_path,
    subject,
};

/// Mails of the usual run.
const MAILS: usize = 500;
/// Octets of a mail.
const BYTES_MAX: usize = 60_000;
/// Mails that are cut up further because they were read in a new way.
const NEW_WAYS_MAX: usize = 4_000;
/// How long one of that size may take, also in a slow build on a machine that is full.
const SPAN_MAX: Duration = Duration::from_secs(20);

/// What a mutation may put anywhere: what readers look for.
const TOKENS: [&str; 44] = [
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\0",
    ">",
    "> ",
    ">>>",
    "-- \n",
    "--b\n",
    "--b--\n",
    "=?utf-8?q?",
    "?=",
    "=?iso-2022-jp?b?",
    "=C3",
    "=\n",
    "<",
    "</",
    "<!--",
    "<blockquote>",
    "</blockquote>",
    "<table><tr><td>",
    "&#x",
    "Content-Type: multipart/mixed; boundary=b\n",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n",
    "Content-Type: message/rfc822\n\n",
    "Content-Type: message/delivery-status\n\n",
    "Content-Type: message/feedback-report\n\n",
    "Content-Type: application/ms-tnef\n\n",
    "Content-Type: application/pkcs7-mime\n\n",
    "Content-Type: text/html; charset=utf-7\n\n",
    "Content-Transfer-Encoding: base64\n",
    "Content-Disposition: attachment; filename*0*=utf-8''%",
    "Final-Recipient: rfc822;",
    "Action: failed\n",
    "Status: 5.",
    "<a@b.example>: 550 ",
    "On Fri, 20 Nov 2026 at 9:14 Anna <a@x.example> wrote:\n",
    "From: Anna\nSent: 20.11.2026 09:14\nTo: Otto\nSubject: x\n",
    "Authentication-Results: mx; dkim=pass (",
    "\u{1b}$B",
    "\u{feff}",
    "\u{202e}",
    "!take\n",
];

/// Chance that can be repeated (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut paths: Vec<PathBuf> = ["mail", "reading"]
        .iter()
        .flat_map(|folder| fs::read_dir(root.join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "eml" || end == "txt"))
        .collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// One mail, changed in some places.
fn mutated(seeds: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut raw = seeds[dice.below(seeds.len())].clone();
    for _ in 0..=dice.below(12) {
        let at = dice.below(raw.len() + 1);
        let end = (at + dice.below(400)).min(raw.len());
        match dice.below(9) {
            0 => raw.truncate(at),
            1 => drop(raw.drain(at..end)),
            2 => {
                let piece = raw[at..end].to_vec();
                let times = dice.below(40);
                raw.splice(at..at, piece.repeat(times));
            }
            3 => {
                let other = &seeds[dice.below(seeds.len())];
                let from = dice.below(other.len());
                let piece = other[from..(from + dice.below(2_000)).min(other.len())].to_vec();
                raw.splice(at..at, piece);
            }
            4 if at < raw.len() => raw[at] = u8::try_from(dice.below(256)).unwrap(),
            5 if at < raw.len() => raw[at] ^= 1 << dice.below(8),
            6 => raw[at..end].reverse(),
            7 => {
                let token = TOKENS[dice.below(TOKENS.len())].repeat(1 + dice.below(60));
                raw.splice(at..at, token.into_bytes());
            }
            _ => {
                let token = TOKENS[dice.below(TOKENS.len())].as_bytes().to_vec();
                raw.splice(at..end, token);
            }
        }
        raw.truncate(BYTES_MAX);
    }
    raw
}

/// Octets as a mail in which one reader finds them at once.
fn wrapped(raw: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    const REPORT: &str = "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\
        Content-Type: multipart/report; report-type=delivery-status; boundary=fz\n\n\
        --fz\nContent-Type: text/plain\n\nfailed\n\n--fz\nContent-Type: ";
    let start = match dice.below(40) {
        0 => format!("{REPORT}message/delivery-status\n\n"),
        1 => format!("{REPORT}text/rfc822-headers\n\n"),
        2 => "Return-Path: <>\nFrom: MAILER-DAEMON@x.example\nSubject: failure notice\n\n".into(),
        3 => "From: a@x.example\nContent-Type: text/html; charset=utf-8\n\n".into(),
        4 => "From: a@x.example\nContent-Type: application/ms-tnef\n\n".into(),
        5 => "From: a@x.example\nContent-Type: application/pkcs7-mime\n\n".into(),
        6 => "From: a@x.example\nAuthentication-Results: mx; ".into(),
        7 => "From: a@x.example\nContent-Type: text/plain; format=flowed; delsp=yes\n\n".into(),
        _ => return raw,
    };
    let mut mail = start.into_bytes();
    mail.extend_from_slice(&raw);
    mail.truncate(BYTES_MAX);
    mail
}

/// Reads a mail in every way there is; what must hold of any. Returns the way it was read.
fn read(raw: &[u8]) -> String {
    let message = parse(raw, &ReversePath::Unknown);
    let again = parse(raw, &ReversePath::Unknown);
    assert_eq!(message, again, "one mail, two readings");
    assert!(!parse(raw, &ReversePath::Null).may_answer, "a null reverse-path is answered");
    assert!(!message.text.contains(['\r', '\0']), "line ends or NUL in the text");
    let is_plain = |value: &str| !value.chars().any(char::is_control);
    assert!(message.fields.iter().all(|field| is_plain(&field.value)), "control characters");
    assert!(message.attachments.iter().all(|one| is_plain(&one.name)), "control characters");
    for attachment in &message.attachments {
        let content = attachment_content(raw, attachment.part).map(|content| content.len());
        assert_eq!(content, Some(attachment.bytes), "{}", attachment.name);
    }
    let path = return_path(&message);
    assert!(path != ReversePath::Null || !message.may_answer, "a null reverse-path is answered");
    for answered in [None, Some("Kommst du am Dienstag?\nName:\nAnna\n"), Some(&*message.text)] {
        let reply = quote::split_message(&message, answered);
        assert!(reply.lines.len() <= message.text.lines().count(), "lines were added");
        let shown = reply.text();
        assert!(shown.len() <= message.text.len(), "text was added");
        assert!(reply.in_context().len() <= message.text.len(), "text was added");
        black_box(language::recognize(&shown));
    }
    let mut way = way(&message);
    black_box(subject::split(&message.subject));
    way.push_str(&format!("{:?}", authres::verdicts(&message, &["mx".to_owned()])));
    let text = String::from_utf8_lossy(raw);
    way.push_str(if authres::parse(&text).is_some() { " results" } else { "" });
    assert!(html::to_text(&text).len() <= 20 * text.len() + 200, "HTML grew");
    way
}

/// What readers decided about a mail, without its words.
fn way(message: &Message) -> String {
    let mut parts: Vec<Part> =
        quote::split_message(message, None).lines.iter().map(|line| line.part).collect();
    parts.dedup();
    parts.truncate(12);
    let actions = message.bounce.iter().flat_map(|bounce| &bounce.recipients);
    let actions: Vec<_> = actions.map(|one| (one.action, one.status.len())).take(4).collect();
    let types = message.attachments.iter().map(|one| one.media_type.len()).take(4);
    let types: Vec<usize> = types.collect();
    let (kind, defects) = (message.kind, &message.defects);
    format!("{kind:?} {} {defects:?} {parts:?} {actions:?} {types:?}", message.may_answer)
}

/// Reads mutations until `is_enough` of their number; the files that hold what failed.
fn run(seed: u64, is_enough: impl Fn(usize) -> bool) -> Vec<PathBuf> {
    let mut seeds = seeds();
    let seeds_max = seeds.len() + NEW_WAYS_MAX;
    let mut dice = Dice(seed);
    let mut failed = Vec::new();
    let mut ways = BTreeSet::new();
    for number in 0.. {
        if is_enough(number) {
            break;
        }
        let mutant = mutated(&seeds, &mut dice);
        let raw = wrapped(mutant, &mut dice);
        let start = now();
        let way = catch_unwind(AssertUnwindSafe(|| read(&raw)));
        let is_well = way.is_ok() && now().duration_since(start) <= SPAN_MAX;
        let is_new = way.is_ok_and(|way| ways.insert(way));
        if is_new && is_well && seeds.len() < seeds_max {
            seeds.push(raw.clone());
        }
        if !is_well {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/fuzz");
            fs::create_dir_all(&folder).unwrap();
            let file = folder.join(format!("{seed}-{number}.eml"));
            fs::write(&file, &raw).unwrap();
            failed.push(file);
        }
    }
    failed
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "what is measured is how long reading takes")]
    Instant::now()
}

#[test]
fn broken_mail_is_read_in_every_way() {
    #[expect(clippy::disallowed_methods, reason = "contrib/fuzz says how long and from where")]
    let wanted = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let failed = match wanted("FUZZ_SECONDS") {
        Some(seconds) => {
            let (start, span) = (now(), Duration::from_secs(seconds));
            run(wanted("FUZZ_SEED").unwrap_or(1), |_| now().duration_since(start) > span)
        }
        None => run(1, |number| number >= MAILS),
    };
    assert!(failed.is_empty(), "{failed:#?}");
}
