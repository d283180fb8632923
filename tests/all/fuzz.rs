//! Mails nobody wrote: our own, cut up, joined and broken, read by everything that reads bytes.
//!
//! The usual run is short and always the same. `contrib/fuzz` runs it as long as is wanted, from a
//! seed that it prints; what panics is kept below `target/fuzz`, to become a fixture.
//! Deliberately absent: what should be understood of a mail (`mail`, `reading`).

use std::fs;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use lotse::mail::{
    ReversePath, attachment_content, authres, html, language, parse, quote, return_path, subject,
};

/// Mails of the usual run.
const MAILS: usize = 500;
/// Octets of a mail.
const BYTES_MAX: usize = 60_000;
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

/// Reads a mail in every way there is; what must hold of any.
fn read(raw: &[u8]) {
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
    black_box(subject::split(&message.subject));
    black_box(authres::verdicts(&message, &["mx".to_owned()]));
    let text = String::from_utf8_lossy(raw);
    black_box(authres::parse(&text));
    assert!(html::to_text(&text).len() <= 20 * text.len() + 200, "HTML grew");
}

/// Reads mutations until `is_enough` of their number; the files that hold what failed.
fn run(seed: u64, is_enough: impl Fn(usize) -> bool) -> Vec<PathBuf> {
    let seeds = seeds();
    let mut dice = Dice(seed);
    let mut failed = Vec::new();
    for number in 0.. {
        if is_enough(number) {
            break;
        }
        let raw = mutated(&seeds, &mut dice);
        let start = now();
        let is_well = catch_unwind(AssertUnwindSafe(|| read(&raw))).is_ok();
        if !is_well || now().duration_since(start) > SPAN_MAX {
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
