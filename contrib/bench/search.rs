//! What the search index costs a mail, and how soon it answers over many tickets.
//!
//! One thread, no servers; each made-up ticket has one mail of words as people use them: few words
//! often, many words once.

use std::io::{self, Write};
use std::path::PathBuf;

use lotse::mail::{self, ReversePath};
use lotse::store::index::{Index, Term};
use lotse::ticket::{query, words};
use lotse::types::{Position, TicketId};

use crate::mails::Source;
use crate::{ingest, machine};

/// Different words that there are beside names and numbers.
const WORDS: f64 = 200_000.0;
/// Words of one mail that differ.
const WORDS_OF_MAIL: u64 = 60;

/// What is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Tickets in the index
    #[arg(long, default_value_t = 1_000_000)]
    tickets: u64,
    /// Mails whose words are taken apart
    #[arg(long, default_value_t = 2000)]
    count: usize,
    /// Where the index lies
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

/// Fills, looks, prints.
///
/// # Errors
/// What the file system says.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    apart(options.count)?;
    let folder = ingest::fresh(&options.folder, "search")?;
    let index = Index::open(&folder)?;
    let (started, used) = (machine::now(), machine::thread_millis());
    for number in 1..=options.tickets {
        index.add(Position(number), &[TicketId(number)], words_of(number))?;
    }
    index.flush()?;
    let mut bytes = 0;
    for file in std::fs::read_dir(&folder)? {
        bytes += file?.metadata()?.len();
    }
    say(&format!(
        "{} tickets: {:.1} us of CPU a mail to keep, {:.0} s in all, {} MB on disk",
        options.tickets,
        (machine::thread_millis() - used) * 1000.0 / number(options.tickets),
        started.elapsed().as_secs_f64(),
        bytes >> 20
    ))?;
    let index = Index::open(&folder)?;
    let whole = |word: &str| Term::Whole(word.to_owned());
    let looks = [
        ("in every ticket", vec![whole("w1")]),
        ("in one ticket", vec![whole("n777")]),
        ("two, each in many", vec![whole("w2"), whole("w3")]),
        ("five, four in many", ["w1", "w2", "w3", "w4", "n999"].map(whole).to_vec()),
        ("a beginning of thousands", vec![Term::Prefix("w12".to_owned())]),
        ("nowhere", vec![whole("nowhere")]),
    ];
    for (what, terms) in looks {
        let mut spans = Vec::new();
        let mut count = 0;
        for _ in 0..50 {
            let began = machine::now();
            count = index.find(&terms)?.len();
            spans.push(began.elapsed().as_secs_f64() * 1000.0);
        }
        spans.sort_by(f64::total_cmp);
        let of = |share: usize| spans.get(spans.len() * share / 100).copied().unwrap_or_default();
        say(&format!("{what}: {count} found, p50 {:.1} ms, p98 {:.1} ms", of(50), of(98)))?;
    }
    std::fs::remove_dir_all(&folder)
}

/// What it costs to take the words of a mail apart, behind the decision.
fn apart(count: usize) -> io::Result<()> {
    let mails = Source::seeded(1).raw("search", &machine::date(), count);
    let parsed = mails.iter().map(|raw| {
        let message = mail::parse(raw, &ReversePath::Unknown);
        let words = words::unaided(Position(1), &message).words;
        (message, words)
    });
    let parsed: Vec<_> = parsed.collect();
    let used = machine::thread_millis();
    let terms: usize =
        parsed.iter().map(|(message, words)| query::terms(message, words).len()).sum();
    let micros = (machine::thread_millis() - used) * 1000.0;
    let mails = parsed.len().max(1);
    say(&format!(
        "{:.1} us of CPU a mail to take apart, {} different words",
        micros / number(mails as u64),
        terms / mails
    ))
}

/// Words by Zipf's law, and two that are the ticket's own.
pub(crate) fn words_of(ticket: u64) -> Vec<String> {
    let mut state = ticket.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut words = vec![format!("n{ticket}"), format!("otto{}", ticket % 50_000), "w1".to_owned()];
    for _ in 0..WORDS_OF_MAIL {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let share = number(state >> 11) / number(1 << 53);
        words.push(format!("w{:.0}", WORDS.powf(share)));
    }
    words
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn number(of: u64) -> f64 {
    of as f64
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
