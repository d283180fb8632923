//! The series of `contrib/bench/facts`: what it costs to read facts from a mail, and what is read.
//!
//! Each figure is the least of several runs of one thread, so that what others do on the machine
//! stays out of it. With `--list` what was read is written down, so that two builds can be
//! compared over mails by the thousand. Deliberately absent: whether it is right
//! (`tests/all/requests` knows).

use std::fmt::Write as _;
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use lotse::desk::{Procedure, Queue, Register, RegisterChange};
use lotse::mail::{self, Message, ReversePath};
use lotse::ticket::procedure::facts;
use lotse::ticket::procedure::request::Request;

use crate::machine;
use crate::mails::Source;
use crate::read::{fastest, files};
use crate::servers;
use crate::table::median;

/// The procedures that are read for, beside the small one of `requests`.
const PROCEDURES: [&str; 2] = [
    include_str!("../../fixtures/requests/account.toml"),
    include_str!("../../fixtures/requests/queue.toml"),
];
/// Queues that mails may name.
const QUEUES: [(&str, &str); 10] = [
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
/// What is known already of a request that was asked about.
const KNOWN: [(&str, &str); 4] =
    [("first-name", "Anna"), ("user-name", "amuster"), ("queues", "presse"), ("queue", "garten")];

/// What is read.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The mails of this folder instead of our own
    #[arg(long, value_name = "DIR")]
    mails: Option<PathBuf>,
    /// How many mails are read
    #[arg(long, default_value_t = 1000)]
    count: usize,
    /// Runs of each, of which the fastest counts
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Writes down what was read, first mails and answers alike
    #[arg(long, value_name = "FILE")]
    list: Option<PathBuf>,
}

/// Reads everything and prints a line for each procedure.
///
/// # Errors
/// The folder holds no mail, or a procedure cannot be read.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    let raw = match &options.mails {
        Some(folder) => files(folder, options.count)?,
        None => Source::seeded(1).raw_requests("f", &machine::date(), options.count),
    };
    let mails: Vec<Message> =
        raw.iter().map(|raw| mail::parse(raw, &ReversePath::Unknown)).collect();
    let register = register()?;
    let own = servers::procedure("0 s");
    let mut list = String::new();
    for text in std::iter::once(own.as_str()).chain(PROCEDURES) {
        let procedure = Procedure::parse(text).map_err(io::Error::other)?;
        let request = Request::new(procedure);
        let read = |message: &Message| facts::read(&request, &register, message, None);
        if options.list.is_some() {
            let asked = asked(&request);
            for (place, message) in mails.iter().enumerate() {
                for request in [&request, &asked] {
                    let found = facts::read(request, &register, message, None);
                    let name = &request.procedure.name;
                    writeln!(list, "{name} {place} {found:?}").map_err(io::Error::other)?;
                }
            }
            continue;
        }
        let micros: Vec<f64> = mails
            .iter()
            .map(|message| fastest(options.runs, || black_box(read(message))))
            .collect();
        let mean = micros.iter().sum::<f64>() / micros.len() as f64;
        let name = &request.procedure.name;
        let middle = median(micros);
        writeln!(io::stdout(), "{name:8} {middle:7.1} µs in the middle, {mean:7.1} µs on average")?;
    }
    options.list.as_ref().map_or(Ok(()), |path| fs::write(path, list))
}

/// The same request after it was asked for what it lacks.
fn asked(request: &Request) -> Request {
    let mut asked = request.clone();
    for (name, value) in KNOWN {
        if request.procedure.fact(name).is_some() {
            asked.facts.insert(name.to_owned(), value.to_owned());
        }
    }
    let open = request.procedure.facts.iter().map(|fact| fact.name.clone());
    let open = open.filter(|name| !asked.facts.contains_key(name)).collect();
    asked.asked = Some((open, Timestamp::UNIX_EPOCH));
    asked
}

fn register() -> io::Result<Register> {
    let mut register = Register::default();
    for (name, title) in QUEUES {
        let text = format!(
            "name = \"{name}\"\ntitle = \"{title}\"\naddresses = [\"{name}@nrw.example\"]\n"
        );
        let queue: Queue = toml::from_str(&text).map_err(io::Error::other)?;
        register.apply(&RegisterChange::Queue(queue));
    }
    Ok(register)
}
