//! The series of `contrib/bench/requests`: plain mails and requests in turn, of the same sizes
//! under the same load. A request is asked for what it lacks, so that its event and its timer's
//! are both counted.
//!
//! Deliberately absent: Dovecot, which knows no requests.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use lotse::store::EngineKind;

use crate::check::{self, Books};
use crate::ingest::{self, Load, Run};
use crate::machine;
use crate::mails::{Mail, Source};
use crate::million::say;
use crate::servers::{self, Out, Server, WayOut};
use crate::table;

/// Nothing more follows if no batch came for so long.
const QUIET: Duration = Duration::from_millis(400);

/// What is run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Runs of each kind, in turn
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Connections at once
    #[arg(long, default_value_t = 16)]
    connections: usize,
    /// Mails of a run
    #[arg(long, default_value_t = 4500)]
    count: usize,
    /// What keeps the records
    #[arg(long, default_value = "sled", value_parser = ingest::engine)]
    engine: EngineKind,
    /// The daemon
    #[arg(long, default_value = "target/release/lotse")]
    program: PathBuf,
    /// Where servers keep their files
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

/// Runs everything, prints the table and the ratio.
///
/// # Errors
/// A server fails, or the books of a run are wrong.
pub(crate) fn measure(options: &Options) -> io::Result<()> {
    let source = Source::seeded(1);
    let mut done = Vec::new();
    for number in 0..options.runs {
        let (name, date) = (format!("r{number}"), machine::date());
        for (kind, mails) in [
            ("plain", source.mails(&name, &date, options.count)),
            ("requests", source.requests(&name, &date, options.count)),
        ] {
            done.push(run(options, kind, &mails)?);
        }
    }
    table::print(&done)?;
    let median = |kind: &str| {
        let of = done.iter().filter(|run| run.server == kind);
        table::median(of.map(|run| run.per_second).collect())
    };
    say(&format!("requests beside plain mails: {:.2}", median("requests") / median("plain")))?;
    let faults: Vec<&str> = done.iter().flat_map(|run| &run.faults).map(String::as_str).collect();
    if faults.is_empty() { Ok(()) } else { Err(io::Error::other(faults.join("; "))) }
}

fn run(options: &Options, kind: &str, mails: &[Mail]) -> io::Result<Run> {
    let folder = ingest::fresh(&options.folder, "requests")?;
    let way_out = WayOut::open(Out::Silent, &folder)?;
    let port = servers::furnish_lotse(&folder, options.engine.name(), &way_out)?;
    servers::add_procedure(&folder, "0 s")?;
    let mut server = servers::start_lotse(&options.program, &folder, port)?;
    server.await_greeting()?;
    ingest::await_register(&server)?;
    let load = Load { mails, connections: options.connections };
    let mut run = ingest::measured_until(&server, &way_out, load, quiet)?;
    kind.clone_into(&mut run.server);
    server.kill()?;
    let books = check::read(&folder.join("data"), options.engine)?;
    run.faults.extend(faults(&books, kind, mails));
    say(&table::line(&run))?;
    Ok(run)
}

/// Waits until no batch comes any more; how long ago the last came.
///
/// # Errors
/// The daemon does not answer.
pub(crate) fn quiet(server: &Server) -> io::Result<Duration> {
    let (mut batches, mut since) = (0, machine::now());
    loop {
        let progress = server.progress()?;
        if progress.batches != batches || !progress.is_decided {
            (batches, since) = (progress.batches, machine::now());
        }
        if since.elapsed() >= QUIET {
            return Ok(since.elapsed());
        }
        machine::pause(Duration::from_millis(5));
    }
}

fn faults(books: &Books, kind: &str, mails: &[Mail]) -> Vec<String> {
    let wanted = if kind == "requests" { mails.len() } else { 0 };
    let on_one = books.filed.values().filter(|tickets| **tickets == 1).count();
    let wanted =
        [("mails on one ticket", on_one, mails.len()), ("questions", books.questions, wanted)];
    let wrong = wanted.iter().filter(|(_, found, wanted)| found != wanted);
    wrong.map(|(what, found, wanted)| format!("{found} {what} instead of {wanted}")).collect()
}
